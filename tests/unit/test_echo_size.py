"""From the amplitude of an echo to the size of what gave it: simulated, sent, read and weighed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from skydas.formats.asterix import Decoder, Encoder
from skydas.model import FloatArray, NodeConfig, PlotFlag, PlotKind, Rows, SensorConfig, empty_plots, utc_ns
from skydas.model.config import NodeSection
from skydas.node.intake import Intake, SensorTable
from skydas.sim import Scenario, node_config
from skydas.sim.sensing import echo_power
from tests.unit.sim_scenes import decoded_048, radar, scene, traffic

NOON_NS = utc_ns("2026-06-01T12:00:00Z")
RADAR = SensorConfig(
    id=1, name="radar", kind="radar_2d", sac=1, sic=1, latitude_deg=55.0, longitude_deg=24.0,
    echo_1m2_db=0.0, echo_min_db=-120.0,
)  # fmt: skip


def sizes_db(scenario: Scenario) -> FloatArray:
    """Return what the node makes of the size of each plot of a scenario, dBsm."""
    plots, _ = decoded_048(scenario)
    intake = Intake(SensorTable(node_config(scenario)))
    return intake.step(int(plots["t_ns"].max()), "radar", plots, {}).plots["rcs_db"].astype(float)


def taken(sensor: SensorConfig, **fields: float) -> Rows:
    """Return one echo as the node takes it in from a sensor."""
    plots = empty_plots(1)
    plots["t_ns"] = plots["rx_ns"] = NOON_NS
    plots["sensor"], plots["kind"], plots["azimuth_true_rad"] = 0x101, PlotKind.POLAR, 1.0
    for name, value in fields.items():
        plots[name] = value
    config = NodeConfig(node=NodeSection(name="test"), sensors=[sensor])
    return Intake(SensorTable(config)).step(NOON_NS, "radar", plots, {}).plots


@pytest.mark.parametrize(("range_half_m", "detected"), [(400_000, "nearly always"), (60_000, "one time in five")])
def test_echoes_speak_of_the_true_size_however_rarely_they_are_detected(range_half_m: int, detected: str) -> None:
    targets = traffic("light_aircraft", 120, 80_000, "rcs_m2 = 1\ntransponder = false\nheight_agl_m = [3000, 4000]")
    sizes = sizes_db(scene(targets, radar(f"range_half_m = {range_half_m}\nsecondary = false"), duration_s=56))
    assert len(sizes) > 300, detected
    # 3 dB from object to object and 120 of them: three sigmas of their mean are less than one decibel
    assert abs(float(sizes.mean())) < 1.2
    assert 5.0 < float(sizes.std()) < 7.5  # Swerling 1 (5.6 dB) and that spread


def test_an_echo_that_passed_the_threshold_is_above_it() -> None:
    passed = np.linspace(0.001, 0.999, 500)
    power = echo_power(np.full(500, 3.0), passed, 1e-6)
    assert power.min() > -math.log(1e-6)
    assert float((power - -math.log(1e-6)).mean()) == pytest.approx(4.0, rel=0.02)  # exponential, 1 + snr


def test_strength_falls_with_the_fourth_power_of_range() -> None:
    near = taken(RADAR, snr_db=-30.0, range_m=10_000.0)["rcs_db"][0]
    far = taken(RADAR, snr_db=-30.0, range_m=20_000.0)["rcs_db"][0]
    assert far - near == pytest.approx(40.0 * math.log10(2.0), abs=0.01)


def test_a_sensor_of_which_no_constant_is_known_says_nothing_of_size() -> None:
    nameless = SensorConfig(id=1, name="radar", kind="radar_2d", sac=1, sic=1, latitude_deg=55.0, longitude_deg=24.0)
    assert np.isnan(taken(nameless, snr_db=-30.0, range_m=10_000.0)["rcs_db"][0])


def test_a_size_that_the_sensor_states_itself_stays() -> None:
    assert taken(RADAR, snr_db=-30.0, rcs_db=-7.0, range_m=10_000.0)["rcs_db"][0] == -7.0


@pytest.mark.parametrize("amplitude_dbm", [-128, -97, 0, 127])
def test_amplitudes_are_sent_in_whole_dbm_and_read_again(amplitude_dbm: int) -> None:
    plots = empty_plots(1)
    plots["t_ns"], plots["range_m"], plots["azimuth_true_rad"] = NOON_NS, 20_000.0, 1.0
    plots["flags"], plots["snr_db"] = int(PlotFlag.PRIMARY), amplitude_dbm + 0.3
    block = b"".join(Encoder().encode_048(plots, 1, 1))
    assert Decoder().decode(NOON_NS, block).plots["snr_db"][0] == min(amplitude_dbm, 127)
    plots["flags"] = int(PlotFlag.SECONDARY)  # a reply without an echo has no amplitude of an echo
    reply = b"".join(Encoder().encode_048(plots, 1, 1))
    assert np.isnan(Decoder().decode(NOON_NS, reply).plots["snr_db"][0])


@pytest.mark.parametrize(
    ("characteristics", "amplitude_dbm"),
    [
        (b"\x08\xb0", -80.0),  # PAM alone
        (b"\xf8\x10\x02\xc4\x11\xb0", -80.0),  # SRL, SRR, SAM, PRL before it
        (b"\x28\xc4\xb0", -80.0),  # SAM before it
        (b"\xf6\x10\x02\xc4\x11\x01\x02", math.nan),  # all but PAM
    ],
)
def test_the_amplitude_is_found_wherever_it_stands(characteristics: bytes, amplitude_dbm: float) -> None:
    # FSPEC 0xF2: 010, 140, 020, 040, 130
    record = (
        b"\xf2" + bytes((1, 1)) + (43_200 * 128).to_bytes(3, "big") + b"\x20" + b"\x10\x00\x20\x00" + characteristics
    )
    block = b"\x30" + (len(record) + 3).to_bytes(2, "big") + record
    decoded = Decoder().decode(NOON_NS, block)
    assert not decoded.rejected
    assert np.array_equal(decoded.plots["snr_db"], np.array([amplitude_dbm], np.float32), equal_nan=True)
