"""ADS-B, bearings, sound, arrival times, Remote ID, people, and what links do to messages."""

from __future__ import annotations

import math
from collections import Counter
from types import ModuleType

import numpy as np
import pytest
from scipy import stats

from skydas.formats import asterix, plots, sbs
from skydas.geo import TangentPlane, distance_m
from skydas.model import (
    NS_PER_S,
    SPEED_OF_SOUND_MPS,
    PlotFlag,
    PlotKind,
    Rows,
    sensor_key_of,
)
from skydas.sim import Scenario, simulate
from skydas.sim.population import address_of
from tests.unit.sim_scenes import SEED, radar, scene, traffic, truth_rows

AIRLINERS = traffic("airliner", 40, 120_000, "height_agl_m = [9000, 11000]")


def adsb(more: str = "") -> str:
    return f"""
[[adsb_receivers]]
name = "adsb"
sac = 1
sic = 20
latitude_deg = 55.0
longitude_deg = 24.0
latency_uncompensated_s = 0.0
{more}
"""


def decoded(scenario: Scenario, module: ModuleType, source: str, seed: int = SEED) -> Rows:
    """Return the plots of one stream."""
    decoder = module.Decoder(module.Params())
    parts = []
    for emission in simulate(scenario, seed):
        if emission.source == source:
            found = decoder.decode(emission.t_ns, emission.payload)
            assert not found.rejected
            parts.append(found.plots)
    return np.concatenate(parts)


def claim_errors_m(scenario: Scenario, claims: Rows) -> np.ndarray:
    """Return how far each claim is from the true aircraft of that address, NaN where there is none."""
    rows = truth_rows(scenario)
    errors = np.full(len(claims), np.nan)
    for target_no in np.unique(rows["target_no"]):
        path = rows[rows["target_no"] == target_no]
        of_it = np.flatnonzero(claims["mode_s"] == address_of(int(target_no)))
        after_s = (claims["t_ns"][of_it] - path["t_ns"][0]) / NS_PER_S
        known = (after_s >= 0) & (after_s <= (path["t_ns"][-1] - path["t_ns"][0]) / NS_PER_S)
        place = [
            np.radians(np.interp(after_s, (path["t_ns"] - path["t_ns"][0]) / NS_PER_S, path[name]))
            for name in ("latitude_deg", "longitude_deg")
        ]
        away_m = distance_m(*place, claims["latitude_rad"][of_it], claims["longitude_rad"][of_it])
        errors[of_it] = np.where(known, away_m, np.nan)
    return errors


def test_claims_err_as_their_stated_quality_says() -> None:
    scenario = scene(AIRLINERS, adsb(), duration_s=60)
    claims = decoded(scenario, asterix, "adsb")
    assert len(claims) == pytest.approx(40 * 60 * 0.9, rel=0.05)
    assert np.all(claims["flags"] & PlotFlag.CLAIM)
    errors_m = claim_errors_m(scenario, claims)
    assert np.count_nonzero(np.isfinite(errors_m)) > 2_000
    for nacp, limit_m in ((8, 92.6), (9, 30.0), (10, 10.0)):
        of_it = claims["quality"][:, 1] == nacp
        assert np.nanmean(errors_m[of_it] < limit_m + 1.0) > 0.8  # 95% of aircraft; here are a dozen


def test_uncompensated_latency_puts_claims_behind_the_aircraft() -> None:
    text = adsb().replace("latency_uncompensated_s = 0.0", "latency_uncompensated_s = 1.0")
    scenario = scene(AIRLINERS, text, duration_s=30)
    errors_m = claim_errors_m(scenario, decoded(scenario, asterix, "adsb"))
    assert np.nanmedian(errors_m) == pytest.approx(225.0, rel=0.15)


def test_sbs_lines_hold_the_same_aircraft() -> None:
    scenario = scene(AIRLINERS, adsb('format = "sbs"'), duration_s=30)
    claims = decoded(scenario, sbs, "adsb")
    placed = claims[np.isfinite(claims["latitude_rad"])]
    errors_m = claim_errors_m(scenario, placed)
    assert np.count_nonzero(np.isfinite(errors_m)) > 900
    assert np.nanmax(errors_m) < 250.0


def test_ghosts_are_claimed_and_are_not_in_the_truth() -> None:
    ghost = """
[[spoofs]]
kind = "ghost"
latitude_deg = 55.0
longitude_deg = 24.0
radius_m = 50_000
count = 3
from_s = 10
"""
    scenario = scene(AIRLINERS, adsb(), ghost, duration_s=40)
    claims = decoded(scenario, asterix, "adsb")
    numbers = np.unique(truth_rows(scenario)["target_no"])
    false = ~np.isin(claims["mode_s"], [address_of(int(number)) for number in numbers])
    first = claims["t_ns"] < scenario.scene.start_ns + 13 * NS_PER_S
    assert len(np.unique(claims["mode_s"][false & first])) == 3
    assert (claims["t_ns"][false].min() - scenario.scene.start_ns) / NS_PER_S >= 10.0


def test_offset_spoofing_moves_what_aircraft_claim() -> None:
    offset = """
[[spoofs]]
kind = "offset"
latitude_deg = 55.0
longitude_deg = 24.0
radius_m = 500_000
east_m = 3_000
north_m = 4_000
from_s = 20
"""
    scenario = scene(AIRLINERS, adsb(), offset, duration_s=40)
    claims = decoded(scenario, asterix, "adsb")
    errors_m = claim_errors_m(scenario, claims)
    spoofed = claims["t_ns"] >= scenario.scene.start_ns + 20 * NS_PER_S
    assert np.nanmedian(errors_m[spoofed]) == pytest.approx(5_000.0, rel=0.02)
    assert np.nanmedian(errors_m[~spoofed]) < 60.0


DRONE = """
[[targets]]
name = "drone"
kind = "one_way_drone"
waypoints = [
  { latitude_deg = 55.00, longitude_deg = 24.00, speed_mps = 50, height_agl_m = 100 },
  { latitude_deg = 55.20, longitude_deg = 24.00 },
]
"""


def bearing(kind: str, more: str = "") -> str:
    return f"""
[[bearing_sensors]]
name = "ear"
kind = "{kind}"
latitude_deg = 55.05
longitude_deg = 24.02
false_per_hour = 0
detection_probability = 1.0
{more}
"""


def test_sound_tells_where_the_drone_was_when_it_made_it() -> None:
    scenario = scene(DRONE, bearing("acoustic", "sigma_azimuth_deg = 0.01"), duration_s=200)
    heard = decoded(scenario, plots, "ear")
    assert len(heard) > 100
    assert np.all(heard["flags"] & PlotFlag.SOUND)
    assert np.all(heard["kind"] == PlotKind.BEARING)
    path = truth_rows(scenario, step_s=0.1)
    enu_m = TangentPlane(55.05, 24.02, 30.0).enu_from_geodetic(
        np.radians(path["latitude_deg"]), np.radians(path["longitude_deg"]), path["height_hae_m"]
    )
    azimuth_deg = np.degrees(np.unwrap(np.arctan2(enu_m[:, 0], enu_m[:, 1])))
    arrival_ns = path["t_ns"] + np.linalg.norm(enu_m, axis=1) / SPEED_OF_SOUND_MPS * NS_PER_S
    after_s = (heard["t_ns"] - path["t_ns"][0]) / NS_PER_S
    wanted_deg = np.interp(after_s, (arrival_ns - path["t_ns"][0]) / NS_PER_S, azimuth_deg)
    off_deg = (np.degrees(heard["azimuth_true_rad"]) - wanted_deg + 180.0) % 360.0 - 180.0
    assert np.abs(off_deg).max() < 0.2


def test_bearings_err_as_stated() -> None:
    scenario = scene(
        """
[[targets]]
name = "still"
kind = "multirotor"
waypoints = [
  { latitude_deg = 55.0, longitude_deg = 24.0, height_agl_m = 60, speed_mps = 1 },
  { latitude_deg = 55.0, longitude_deg = 24.0, height_agl_m = 60, hold_s = 2_000 },
]
""",
        bearing("camera", "sigma_azimuth_deg = 2.0\nsigma_elevation_deg = 0.5\nrange_m_max = 9_000"),
        duration_s=900,
    )
    seen = decoded(scenario, plots, "ear")
    assert len(seen) == pytest.approx(900, abs=2)
    for name, sigma_deg in (("azimuth_true_rad", 2.0), ("elevation_rad", 0.5)):
        errors_deg = np.degrees(seen[name] - np.median(seen[name]))
        low, high = stats.chi2.ppf((5e-5, 1 - 5e-5), len(seen) - 1)
        assert low < np.sum((errors_deg / sigma_deg) ** 2) < high


def test_arrival_times_of_a_group_differ_by_the_ways() -> None:
    scenario = scene(
        traffic("multirotor", 1, 2_000, "renew = false"),
        """
[[tdoa_groups]]
name = "net"
receivers = [[55.0, 24.05], [55.04, 24.0], [54.96, 24.0], [55.0, 23.94]]
sigma_toa_ns = 20
detection_probability = 1.0
""",
        duration_s=120,
    )
    rows = decoded(scenario, plots, "net")
    assert np.all(rows["kind"] == PlotKind.TDOA)
    _, sizes = np.unique(rows["seq"], return_counts=True)
    assert np.all(sizes == 3)
    path = truth_rows(scenario)
    places = [
        TangentPlane(latitude, longitude, 30.0)
        for latitude, longitude in ((55.0, 24.05), (55.04, 24.0), (54.96, 24.0), (55.0, 23.94))
    ]
    for row in rows:
        after_s = (row["t_ns"] - path["t_ns"][0]) / NS_PER_S
        where = [
            np.interp(after_s, (path["t_ns"] - path["t_ns"][0]) / NS_PER_S, path[name])
            for name in ("latitude_deg", "longitude_deg", "height_hae_m")
        ]
        ways_m = [
            float(np.linalg.norm(one.enu_from_geodetic(np.radians(where[0]), np.radians(where[1]), where[2])))
            for one in places
        ]
        other = next(at for at in range(1, 4) if sensor_key_of(f"net-{at + 1}") in (int(row["sensor"]),))
        assert abs(abs(row["range_m"]) - abs(ways_m[other] - ways_m[0])) < 60.0


def test_remote_id_is_a_claim_of_a_named_object() -> None:
    receiver = """
[[remote_id_receivers]]
name = "rid"
latitude_deg = 55.0
longitude_deg = 24.0
"""
    scenario = scene(traffic("multirotor", 3, 1_000), receiver, duration_s=40)
    claims = decoded(scenario, plots, "rid")
    assert len(np.unique(claims["object"])) == 3
    assert np.all(claims["flags"] & PlotFlag.CLAIM)
    assert len(claims) == pytest.approx(3 * 40 * 0.7, abs=4 * math.sqrt(3 * 40 * 0.7 * 0.3))


def test_people_report_later_and_only_once_each_for_an_object() -> None:
    people = """
[[people]]
name = "witnesses"
latitude_deg = 55.05
longitude_deg = 24.0
radius_m = 6_000
count = 30
report_probability = 1.0
false_per_hour = 0
delay_s = [30, 60]
"""
    scenario = scene(DRONE, people, duration_s=400)
    reports = [one for one in simulate(scenario, SEED) if one.source == "witnesses"]
    rows = decoded(scenario, plots, "witnesses")
    assert len(rows) == len(reports) > 3
    assert max(Counter(rows["object"].tolist()).values()) == 1
    delays_s = np.array([one.t_ns for one in reports]) / NS_PER_S - rows["t_ns"] / NS_PER_S
    assert np.all((delays_s >= 30.0) & (delays_s <= 60.1))


def test_a_staring_radar_sees_its_sector_only() -> None:
    staring = """
[[staring_radars]]
name = "stare"
latitude_deg = 55.0
longitude_deg = 24.0
facing_deg = 0
width_deg = 90
clutter_per_scan = 0
range_half_m = 60_000
"""
    scenario = scene(traffic("multirotor", 40, 6_000), staring, duration_s=30)
    seen = decoded(scenario, plots, "stare")
    path = truth_rows(scenario)
    north_m, east_m = path["latitude_deg"] - 55.0, (path["longitude_deg"] - 24.0) * math.cos(math.radians(55.0))
    looked_at = np.count_nonzero(north_m > np.abs(east_m))
    off_deg = (np.degrees(seen["azimuth_true_rad"]) + 180.0) % 360.0 - 180.0
    assert len(seen) == pytest.approx(0.9 * looked_at, rel=0.1)
    assert np.abs(off_deg).max() < 48.0
    assert np.isfinite(seen["range_rate_mps"]).all()


def test_links_lose_copy_and_delay_as_often_as_stated() -> None:
    link = "link = { latency_s = 0.1, loss_probability = 0.2, copy_probability = 0.5, late_probability = 0.3 }"
    plain, faulty = (
        list(simulate(scene(AIRLINERS, radar(one), duration_s=200), SEED))
        for one in ("link = { latency_s = 0.1 }", link)
    )
    sent = {one.payload: one.t_ns for one in plain}
    kept = Counter(one.payload for one in faulty)
    count = len(plain)
    # what is under way at the end does not arrive, so the late ones of the last seconds are missing
    assert len(kept) == pytest.approx(0.8 * count, abs=4 * math.sqrt(0.16 * count) + 0.01 * count)
    assert sum(kept.values()) == pytest.approx(1.2 * count, rel=0.05)
    late = [one for one in faulty if one.t_ns - sent[one.payload] > 10_000_000]
    assert len(late) == pytest.approx(0.3 * len(faulty), rel=0.1)
    assert max(one.t_ns - sent[one.payload] for one in late) <= 5.01e9
    arrivals = [one.t_ns for one in faulty]
    assert arrivals == sorted(arrivals)


def test_a_clock_that_jumps_changes_the_stamps_and_not_the_arrivals() -> None:
    jump = "link = { clock_jumps = [{ at_s = 20, by_s = 30.0, until_s = 40 }] }"
    straight, wrong = (scene(AIRLINERS, radar(one), duration_s=60) for one in ("", jump))
    rows, jumped = decoded(straight, asterix, "radar"), decoded(wrong, asterix, "radar")
    assert len(rows) == len(jumped)
    off_s = np.rint((jumped["t_ns"] - rows["t_ns"]) / NS_PER_S)
    after_s = (rows["t_ns"] - straight.scene.start_ns) / NS_PER_S
    assert np.all(off_s[(after_s > 20.1) & (after_s < 39.9)] == 30.0)
    assert np.all(off_s[(after_s < 19.9) | (after_s > 40.1)] == 0.0)
    assert [one.t_ns for one in simulate(straight, SEED)] == [one.t_ns for one in simulate(wrong, SEED)]
