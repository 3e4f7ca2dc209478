"""What cannot be known is said, what lies is contained, and what is known is taken off."""

from __future__ import annotations

import numpy as np
import pytest

from skydas.fuse.registration import BiasEstimate
from skydas.fuse.registration.estimates import (
    ALONE,
    CLAIMS_ALONE,
    COMMON_TIME,
    CONTRADICTS,
    FEW,
    NOT_LEARNED,
    NOT_MEASURED,
    SLOW,
    SWITCHED_OFF,
    column_of,
)
from skydas.fuse.registration.records import TRACKS_MAX
from skydas.model import NS_PER_S, FloatArray, PlotKind, SensorConfig
from tests.registration_scenes import (
    PLANE,
    START_NS,
    Registration,
    RegistrationParams,
    Scene,
    feed,
    quiet_tracks,
    run,
    scene,
)


def ranges_and_azimuths(registration: Registration) -> FloatArray:
    """Return the estimated range (m) and azimuth (deg) biases of the three radars, (3, 2)."""
    assert registration.last is not None
    registered = registration._around.registered
    columns = [[column_of(registered, s, part) for part in (0, 1)] for s in range(3)]
    return registration.last.mean[np.array(columns)] * [1.0, np.degrees(1.0)]


def radars_only(made: Scene) -> Scene:
    radar = made.plots["kind"] == PlotKind.POLAR
    return made._replace(plots=made.plots[radar], track_no=made.track_no[radar])


@pytest.mark.parametrize("spoof_m", [30.0, 60.0, 100.0, 200.0, 400.0, 1000.0])
@pytest.mark.parametrize("spoofed", [2, 4, 6])
@pytest.mark.parametrize("together", [False, True])
def test_spoofed_claims_do_not_move_what_the_radars_found(spoof_m: float, spoofed: int, together: bool) -> None:
    for seed in range(3):
        made = scene(seed, kind="radar_2d", spoofed=spoofed, spoof_m=spoof_m, spoof_together=together)
        moved = np.abs(ranges_and_azimuths(run(made)) - ranges_and_azimuths(run(radars_only(made))))
        assert moved[:, 0].max() < 10.0
        assert moved[:, 1].max() < 0.012


def test_honest_claims_are_used_in_most_scenes() -> None:
    used = [run(scene(seed)).estimates()[0].claims for seed in range(12)]
    assert used.count("used") >= 8


def test_all_claims_shifted_alike_are_seen_to_contradict() -> None:
    for seed in range(5):
        made = scene(seed, spoofed=6, spoof_m=100.0, spoof_together=True)
        assert run(made).estimates()[0].claims == "contradicted"


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_radar_that_stands_elsewhere_is_excluded_and_the_others_are_registered(seed: int) -> None:
    made = scene(seed, place_error_m=500.0, radar_count=4, seconds=600.0, claiming=0)
    registration = run(made)
    estimates = registration.estimates()
    assert estimates[1].range_m.reason == CONTRADICTS
    assert not estimates[1].range_m.is_applied
    assert registration.correct(made.plots)["range_m"][made.plots["sensor"] == 1].tolist() == (
        made.plots["range_m"][made.plots["sensor"] == 1].tolist()
    )
    for s in (0, 2, 3):
        assert estimates[s].range_m.is_applied
        assert abs(estimates[s].range_m.value - made.biases[s, 0]) < 15.0
        assert abs(np.degrees(estimates[s].azimuth_rad.value - made.biases[s, 1])) < 0.02


def test_honest_radars_are_never_excluded() -> None:
    for seed in range(12):
        for kind in ("radar_2d", "radar_3d"):
            registration = run(scene(seed, kind=kind, turning=0.6))
            assert not any(each.range_m.reason == CONTRADICTS for each in registration.estimates())


def test_an_excluded_radar_is_tried_again_later() -> None:
    made = scene(1, place_error_m=500.0, radar_count=4, seconds=400.0, claiming=0)
    registration = Registration(RegistrationParams(excluded_s=60.0), made.sensors, PLANE)
    reasons = []
    for at_s in range(0, 400, 20):
        feed(registration, made, at_s, at_s + 20.0)
        reasons.append(registration.estimates()[1].range_m.reason == CONTRADICTS)
    first = reasons.index(True)
    assert False in reasons[first:]


def test_the_time_of_all_radars_is_not_claimed_without_an_outside_clock() -> None:
    registration = run(scene(1, claiming=0))
    first, second = registration.estimates()[:2]
    assert first.clock == second.clock == 0
    assert first.time_s.reason == COMMON_TIME
    assert not first.time_s.is_observed
    assert second.time_s.is_applied
    assert not second.has_outside_clock


def test_claims_are_an_outside_clock() -> None:
    made = scene(2)
    estimates = run(made).estimates()
    assert estimates[0].claims == "used"
    for s in range(3):
        assert estimates[s].has_outside_clock
        assert abs(estimates[s].time_s.value - made.biases[s, 3]) < 3.0 * estimates[s].time_s.sigma
        assert estimates[s].time_s.sigma < 0.15


def test_a_radar_alone_is_told_that_it_is() -> None:
    made = scene(1, claiming=0)
    alone = made.plots["sensor"] == 0
    registration = run(made._replace(plots=made.plots[alone], track_no=made.track_no[alone]))
    estimate = registration.estimates()[0]
    for bias in (estimate.range_m, estimate.azimuth_rad, estimate.elevation_rad, estimate.time_s):
        assert bias.reason == ALONE
        assert not bias.is_observed
    assert registration.correct(made.plots) is made.plots


def test_slow_targets_do_not_tell_the_time() -> None:
    made = scene(1, speed_mps=(0.5, 2.0), area_m=20e3, claiming=0, turning=0.0)
    estimate = run(made).estimates()[1]
    assert estimate.range_m.is_observed
    assert estimate.time_s.reason == SLOW


def test_two_shared_targets_are_too_few() -> None:
    estimate = run(scene(1, targets=2, claiming=0)).estimates()[1]
    assert estimate.range_m.reason == FEW


def test_a_radar_that_only_claims_can_judge_is_not_corrected_unless_they_are_trusted() -> None:
    made = scene(1, claiming=20)
    kept = (made.plots["sensor"] == 0) | (made.plots["sensor"] == 3)
    made = made._replace(plots=made.plots[kept], track_no=made.track_no[kept])
    careful, trusting = run(made), run(made, RegistrationParams(trusts_claims_alone=True))
    assert careful.estimates()[0].range_m.reason == CLAIMS_ALONE
    assert careful.estimates()[0].range_m.is_observed
    assert not careful.estimates()[0].range_m.is_applied
    trusted = trusting.estimates()[0].range_m
    assert trusted.is_applied
    assert abs(trusted.value - made.biases[0, 0]) < 4.0 * trusted.sigma


def test_sensors_and_parts_that_are_not_registered_say_so() -> None:
    camera = SensorConfig(id=9, name="camera", kind="camera", latitude_deg=55.0, longitude_deg=24.0)
    made = scene(1, kind="radar_2d")
    registration = Registration(RegistrationParams(), [*made.sensors, camera], PLANE)
    estimates = registration.estimates()
    assert estimates[4].azimuth_rad.reason == NOT_LEARNED
    assert estimates[0].elevation_rad.reason == NOT_MEASURED
    assert estimates[3].range_m.reason == NOT_MEASURED


def test_corrected_plots_lie_where_the_targets_were() -> None:
    made = scene(4, seconds=300.0)
    registration = run(made)
    corrected = registration.correct(made.plots)
    polar = made.plots["kind"] == PlotKind.POLAR
    for s in range(3):
        own = polar & (made.plots["sensor"] == s)
        taken_m = made.plots["range_m"][own] - corrected["range_m"][own]
        np.testing.assert_allclose(taken_m, made.biases[s, 0], atol=12.0)
        turned = (made.plots["azimuth_true_rad"] - corrected["azimuth_true_rad"])[own]
        turned = (turned + np.pi) % (2.0 * np.pi) - np.pi
        np.testing.assert_allclose(np.degrees(turned), np.degrees(made.biases[s, 1]), atol=0.015)
        assert (corrected["cov"][own, 0] > made.plots["cov"][own, 0]).all()
    assert (corrected["azimuth_true_rad"][polar] >= 0.0).all()
    assert (corrected["azimuth_true_rad"][polar] < 2.0 * np.pi).all()
    was_possible = made.plots["t_ns"] <= made.plots["rx_ns"]
    assert (corrected["t_ns"][was_possible] <= corrected["rx_ns"][was_possible]).all()


def test_until_a_bias_is_known_well_the_plots_are_wider_instead() -> None:
    made = scene(4, targets=4, claiming=0, turning=0.0)
    widened = 0
    registration = Registration(RegistrationParams(), made.sensors, PLANE)
    for at_s in range(0, 300, 10):
        feed(registration, made, at_s, at_s + 10.0)
        for s, estimate in enumerate(registration.estimates()[:3]):
            bias = estimate.range_m
            own = made.plots[made.plots["sensor"] == s][:1]
            corrected = registration.correct(own)
            if bias.is_observed and not bias.is_applied:
                widened += 1
                assert corrected["range_m"] == own["range_m"]
                assert corrected["cov"][0, 0] == pytest.approx(2500.0 + bias.value**2 + bias.sigma**2)
            elif not bias.is_observed:
                assert corrected["cov"][0, 0] == 2500.0
    assert widened > 0


def test_switched_off_it_finds_and_touches_nothing() -> None:
    made = scene(4)
    registration = run(made, RegistrationParams(is_applied=False))
    assert registration.estimates()[0].range_m.reason == SWITCHED_OFF
    assert registration.correct(made.plots) is made.plots


def told(registration: Registration) -> tuple[bytes, tuple[BiasEstimate, ...]]:
    return registration.state(), registration.estimates()


def test_a_restored_registration_goes_on_to_the_bit() -> None:
    made = scene(6)
    whole, first = (Registration(RegistrationParams(), made.sensors, PLANE) for _ in range(2))
    feed(whole, made, 0.0, 300.0)
    feed(first, made, 0.0, 125.0)
    second = Registration(RegistrationParams(), made.sensors, PLANE)
    second.restore(first.state())
    assert repr(told(second)) == repr(told(first))
    feed(second, made, 125.0, 300.0)
    assert repr(told(second)) == repr(told(whole))
    assert second.correct(made.plots).tobytes() == whole.correct(made.plots).tobytes()


def test_a_state_that_is_none_or_of_other_sensors_is_refused() -> None:
    made = scene(6, seconds=20.0)
    registration = Registration(RegistrationParams(), made.sensors[:2], PLANE)
    for octets in (b"", b"nonsense", run(made).state()):
        with pytest.raises(ValueError, match="state of a registration"):
            registration.restore(octets)


def test_tracks_are_bounded_and_rows_are_given_back() -> None:
    made = scene(8, seconds=20.0)
    registration = Registration(RegistrationParams(), made.sensors, PLANE)
    no_plots, no_numbers = made.plots[:0], made.track_no[:0]
    many = quiet_tracks(START_NS, np.arange(1, 1001), made.sensors)
    registration.step(START_NS, no_plots, no_numbers, many)
    assert registration.counters()["tracks"] == TRACKS_MAX
    for at_s in range(0, 100, 10):
        registration.step(START_NS + at_s * NS_PER_S, no_plots, no_numbers, many[:0])
    assert registration.counters()["tracks"] == 0
    size = len(registration.state())
    feed(registration, made, 0.0, 20.0)
    assert len(registration.state()) < size + 5_000


def test_plots_that_cannot_be_true_teach_nothing() -> None:
    made = scene(9)
    spoilt = made.plots.copy()
    rng = np.random.default_rng(9)
    bad = rng.uniform(size=len(spoilt)) < 0.05
    spoilt["range_m"][bad] = rng.choice([np.nan, np.inf, -5.0, 1e300, 250_000.0], np.count_nonzero(bad))
    worse = rng.uniform(size=len(spoilt)) < 0.03
    spoilt["cov"][worse] = rng.choice([np.nan, -1.0, 0.0], (np.count_nonzero(worse), 6))
    strange = rng.uniform(size=len(spoilt)) < 0.02
    spoilt["azimuth_true_rad"][strange] = rng.choice([np.nan, 3.0, 700.0], np.count_nonzero(strange))
    registration = run(made._replace(plots=spoilt))
    clean = run(made)
    moved = np.abs(ranges_and_azimuths(registration) - ranges_and_azimuths(clean))
    assert moved[:, 0].max() < 8.0
    assert moved[:, 1].max() < 0.01
