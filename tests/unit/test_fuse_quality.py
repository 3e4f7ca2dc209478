"""How good the tracker is: honest covariances, few false tracks, quick ones, against simulated truth of many seeds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from skydas.model import FloatArray, Rows
from tests import reference
from tests.unit.fuse_scenes import PLANE, at_ns, confirmed, polar_plots, position_plots, radar, tracker_of

SCANS = 20
TARGETS = 120


def wandering(rng: np.random.Generator, q: FloatArray, period_s: float) -> list[FloatArray]:
    """Return the states (n, 6) of targets under white acceleration of density q (3,), at each scan."""
    side = np.arange(TARGETS) * 6_000.0
    state = np.zeros((TARGETS, 6))
    state[:, 0], state[:, 1] = side % 66_000.0 - 33_000.0, side // 66_000.0 * 6_000.0 + 20_000.0
    state[:, 2] = rng.uniform(3_000.0, 9_000.0, TARGETS)
    state[:, 3:5] = rng.normal(0.0, 60.0, (TARGETS, 2))
    noise = np.array([[period_s**3 / 3.0, period_s**2 / 2.0], [period_s**2 / 2.0, period_s]])
    root = np.linalg.cholesky(noise)
    out = []
    for _ in range(SCANS):
        out.append(state.copy())
        kick = np.einsum("ab,nkb->nka", root, rng.normal(size=(TARGETS, 3, 2))) * np.sqrt(q)[:, None]
        state[:, :3] += period_s * state[:, 3:] + kick[..., 0]
        state[:, 3:] += kick[..., 1]
    return out


def nees(tracks: Rows, truth: FloatArray) -> FloatArray:
    """Return the squared error of each target's nearest track in units of its own covariance, over all six."""
    out = []
    for state in truth:
        near = tracks[np.argmin(np.linalg.norm(tracks["position_enu_m"] - state[:3], axis=1))]
        turn = PLANE.rotation_from(np.radians(near["latitude_deg"]), np.radians(near["longitude_deg"]))
        error = np.concatenate((near["position_enu_m"], turn @ near["velocity_mps"])) - state
        out.append(error @ np.linalg.solve(reference.unpacked(near["cov"]), error))
    return np.array(out)


@pytest.mark.parametrize("sensor", ["radar_3d", "position"])
def test_errors_are_what_the_covariance_says_in_a_matched_scene(sensor: str) -> None:
    q = np.array([1.0, 1.0, 0.05])
    found = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        station = radar(period_s=4.0)
        tracker = tracker_of(station, motion="constant_velocity")
        for scan, truth in enumerate(wandering(rng, q, 4.0)):
            if sensor == "radar_3d":
                plots = polar_plots(station, 0, 4.0 * scan, truth, rng.normal(size=(TARGETS, 4)))
            else:
                plots = position_plots(0, 4.0 * scan, truth[:, :3] + rng.normal(0.0, 40.0, (TARGETS, 3)), 40.0)
            tracker.step(at_ns(4.0 * scan), plots)
        tracks = confirmed(tracker.picture(at_ns(4.0 * scan)))
        found.append(nees(tracks, truth))
    values = np.concatenate(found)
    values = values[values < 60.0]  # a target whose track is another's, or none, is no error of the filter
    assert len(values) > 0.97 * 6 * TARGETS
    low, high = chi2.ppf([0.0005, 0.9995], 6 * len(values)) / len(values)
    assert low < values.mean() < high


def test_clutter_alone_confirms_almost_nothing_in_an_hour() -> None:
    false = 0
    for seed in range(2):
        rng = np.random.default_rng(seed)
        tracker = tracker_of(radar(kind="radar_2d", range_m_max=71_000.0))
        for scan in range(900):
            place = np.concatenate((rng.uniform(-50e3, 50e3, (rng.poisson(62.5), 2)), np.zeros((0, 2))))
            plots = position_plots(0, 4.0 * scan, np.pad(place, ((0, 0), (0, 1))), 50.0)
            plots["height_hae_m"] = np.nan
            tracker.step(at_ns(4.0 * scan), plots)
        false += tracker.counters()["confirmed"]
    assert false <= 2  # 10,000 km2, 20% clutter among 250 targets: at most one an hour is wanted


def test_half_of_the_targets_in_clutter_are_confirmed_within_five_turns() -> None:
    rng = np.random.default_rng(7)
    tracker = tracker_of(radar(kind="radar_2d", range_m_max=71_000.0))
    course, speed = rng.uniform(0.0, 2.0 * np.pi, 60), rng.uniform(20.0, 250.0, 60)
    start = rng.uniform(-40e3, 40e3, (60, 2))
    velocity = np.stack((speed * np.cos(course), speed * np.sin(course)), axis=1)
    born = rng.integers(60, 100, 60)
    turns = np.full(60, 99)
    for scan in range(130):
        alive = born <= scan
        place = start + velocity * (4.0 * (scan - born))[:, None]
        seen = place[alive & (rng.uniform(size=60) < 0.9)]
        clutter = rng.uniform(-50e3, 50e3, (rng.poisson(62.5), 2))
        plots = np.concatenate((seen + rng.normal(0.0, 50.0, seen.shape), clutter))
        reports = position_plots(0, 4.0 * scan, np.pad(plots, ((0, 0), (0, 1))), 50.0)
        reports["height_hae_m"] = np.nan
        tracker.step(at_ns(4.0 * scan), reports)
        tracks = confirmed(tracker.picture(at_ns(4.0 * scan)))
        for target in np.nonzero(alive & (turns == 99))[0]:
            away = np.hypot(*(tracks["position_enu_m"][:, :2] - place[target]).T)
            if len(away) and away.min() < 600.0:
                turns[target] = scan - born[target] + 1
    assert np.median(turns) <= 5.0
    assert (turns < 99).mean() > 0.9
