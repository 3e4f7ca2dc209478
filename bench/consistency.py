"""Is the stated covariance true? NEES and NIS in matched scenes, by model and sensor.

    python -m bench.consistency [--seeds 10] [--json] [--no-write]

It writes docs/accuracy/consistency.md.

Matched: targets move exactly as the model says, sensors err exactly as the tracker assumes. NEES is of position and
velocity at the last scan, one value a target, so values are independent; NIS is of every plot of the second half
against the prediction from before it. Targets carry a code, so that a value is never of another's track.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from bench.accuracy import header, table, write_page
from bench.machine import machine
from skydas.evaluate.consistency import normalised_error, summarise
from skydas.fuse import FuseParams, warm_up
from skydas.library import PLANE, Paths, Sensor, Tracker
from skydas.model import FloatArray, IntArray, PlotKind, Rows, empty_plots, sensor_key_of

TARGETS: Final = 100
SCANS: Final = 24
PARAMS: Final = FuseParams()
SHARES: Final = np.array([PARAMS.share_quiet, PARAMS.share_manoeuvre, PARAMS.share_hover])
STEP_S: Final = 0.25  # of the truth, where its model changes
Motion = Callable[[np.random.Generator, FloatArray, IntArray, float], tuple[FloatArray, IntArray]]


def white(q: float) -> Motion:
    """Return motion under white acceleration of density `q`, the vertical share of it upwards."""

    def move(rng: np.random.Generator, state: FloatArray, mode: IntArray, dt_s: float) -> tuple[FloatArray, IntArray]:
        return _kicked(rng, state, np.full(len(state), q), dt_s), mode

    return move


def switching(rng: np.random.Generator, state: FloatArray, mode: IntArray, dt_s: float) -> tuple[FloatArray, IntArray]:
    """Move by the three models of the tracker and change between them as it assumes, in steps of STEP_S."""
    for _ in range(round(dt_s / STEP_S)):
        changes = rng.uniform(size=len(mode)) > np.exp(-PARAMS.switch_rate_hz * STEP_S)
        mode = np.where(changes, rng.choice(3, len(mode), p=SHARES), mode)
        hover = mode == 2
        q = np.where(mode == 1, PARAMS.q_manoeuvre_m2ps3, PARAMS.q_quiet_m2ps3)
        moved = _kicked(rng, state, q, STEP_S)
        keep = np.exp(-STEP_S / PARAMS.hover_tau_s)
        axes = PARAMS.hover_sigma_mps * np.sqrt((1.0 - keep**2) * np.array([1.0, 1.0, PARAMS.q_vertical_share]))
        slowed = state.copy()
        slowed[:, 3:] = keep * state[:, 3:] + rng.normal(size=(len(state), 3)) * axes
        slowed[:, :3] += 0.5 * STEP_S * (state[:, 3:] + slowed[:, 3:])
        state = np.where(hover[:, None], slowed, moved)
    return state, mode


def _kicked(rng: np.random.Generator, state: FloatArray, q: FloatArray, dt_s: float) -> FloatArray:
    root = np.linalg.cholesky(np.array([[dt_s**3 / 3.0, dt_s**2 / 2.0], [dt_s**2 / 2.0, dt_s]]))
    kick = np.einsum("ab,nkb->nka", root, rng.normal(size=(len(state), 3, 2)))
    kick *= np.sqrt(q)[:, None, None] * np.sqrt([1.0, 1.0, PARAMS.q_vertical_share])[None, :, None]
    moved = state.copy()
    moved[:, :3] += dt_s * state[:, 3:] + kick[..., 0]
    moved[:, 3:] += kick[..., 1]
    return moved


class Eye(NamedTuple):
    """A sensor and what it measures of a state: `sigma` of each row of the values that `see` returns."""

    sensor: Sensor
    see: Callable[[FloatArray], FloatArray]  # (n, 6) -> (n, rows)
    sigma: FloatArray
    plots: Callable[[float, FloatArray], Rows]  # t_s, (n, rows) -> PLOT (n,)


def local(sensor: Sensor, state: FloatArray) -> FloatArray:
    """Return states relative to a sensor in its own east, north, up, (n, 6)."""
    own = sensor.config(1)
    assert own.latitude_deg is not None
    assert own.longitude_deg is not None
    turn = PLANE.rotation_from(float(np.radians(own.latitude_deg)), float(np.radians(own.longitude_deg)))
    return np.concatenate(((state[:, :3] - np.array(sensor.at_m)) @ turn, state[:, 3:] @ turn), axis=1)


def polar(state: FloatArray) -> FloatArray:
    """Return range, azimuth, elevation and range rate of local states, (n, 4)."""
    ground = np.hypot(state[:, 0], state[:, 1])
    range_m = np.hypot(ground, state[:, 2])
    rate = (state[:, :3] * state[:, 3:]).sum(axis=1) / range_m
    return np.column_stack((range_m, np.arctan2(state[:, 0], state[:, 1]), np.arctan2(state[:, 2], ground), rate))


def radar_3d(name: str = "radar", doppler: bool = False, at_m: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Eye:
    """Return a 3-D radar."""
    sensor = Sensor(name=name, kind="radar_3d", at_m=at_m, sigma_elevation_deg=0.2, range_m_max=300_000.0)
    sigma = np.array([50.0, np.radians(0.1), np.radians(0.2), 1.0][: 4 if doppler else 3])

    def plots(t_s: float, z: FloatArray) -> Rows:
        return sensor.polar(t_s, z[:, 0], z[:, 1], z[:, 2], range_rate_mps=z[:, 3] if doppler else None)

    return Eye(sensor, lambda state: polar(local(sensor, state))[:, : len(sigma)], sigma, plots)


def radar_2d(name: str, at_m: tuple[float, float, float]) -> Eye:
    """Return a 2-D radar without any height."""
    sensor = Sensor(name=name, kind="radar_2d", at_m=at_m, range_m_max=300_000.0)
    sigma = np.array([50.0, np.radians(0.1)])
    return Eye(
        sensor,
        lambda state: polar(local(sensor, state))[:, :2],
        sigma,
        lambda t_s, z: sensor.polar(t_s, z[:, 0], z[:, 1]),
    )


def position(kind: str = "mlat") -> Eye:
    """Return a sensor of places; a claim's errors are as large as the tracker takes them to be."""
    factor = PARAMS.claim_covariance_factor if kind == "adsb" else 1.0
    sensor = Sensor(name="places", kind=kind, sigma_position_m=30.0, sigma_height_m=30.0)  # type: ignore[arg-type]
    sigma = np.full(3, 30.0) * np.sqrt(factor)
    return Eye(sensor, lambda state: state[:, :3], sigma, lambda t_s, z: sensor.position(t_s, z))


def camera(name: str, at_m: tuple[float, float, float]) -> Eye:
    """Return a camera: azimuth and elevation."""
    sensor = Sensor(
        name=name, kind="camera", at_m=at_m, sigma_azimuth_deg=0.05, sigma_elevation_deg=0.05, range_m_max=300_000.0
    )
    sigma = np.radians([0.05, 0.05])
    return Eye(
        sensor,
        lambda state: polar(local(sensor, state))[:, 1:3],
        sigma,
        lambda t_s, z: sensor.bearing(t_s, z[:, 0], z[:, 1]),
    )


def tdoa(first: Sensor, second: Sensor) -> Eye:
    """Return a pair of receivers: the difference of their ranges."""

    def see(state: FloatArray) -> FloatArray:
        ranges = [np.linalg.norm(state[:, :3] - np.array(one.at_m), axis=1) for one in (first, second)]
        return np.asarray(ranges[0] - ranges[1])[:, None]

    def plots(t_s: float, z: FloatArray) -> Rows:
        made = first.position(t_s, np.zeros((len(z), 3)))
        rows = empty_plots(len(z))
        rows["t_ns"] = rows["rx_ns"] = made["t_ns"]
        rows["sensor"], rows["object"] = sensor_key_of(first.name), sensor_key_of(second.name)
        rows["kind"], rows["range_m"] = PlotKind.TDOA, z[:, 0]
        rows["cov"] = 0.0
        rows["cov"][:, 0] = 20.0**2
        return rows

    return Eye(first, see, np.array([20.0]), plots)


RECEIVERS: Final = tuple(
    Sensor(name=f"receiver-{number}", kind="tdoa", at_m=at_m, range_m_max=400_000.0)
    for number, at_m in enumerate(((-80e3, -80e3, 0.0), (80e3, -80e3, 0.0), (80e3, 80e3, 0.0), (-80e3, 80e3, 0.0)))
)


class Case(NamedTuple):
    """Who sees what moves how."""

    model: str
    sensors: str
    motion: Motion
    eyes: tuple[Eye, ...]
    start: tuple[Eye, ...] = ()  # what gives tracks to those that cannot begin one, for the first scans
    axes: tuple[int, ...] = (0, 1, 2, 3, 4, 5)
    is_imm: bool = False


_TDOA: Final = tuple(tdoa(RECEIVERS[0], other) for other in RECEIVERS[1:])
_CAMERAS: Final = tuple(camera(f"camera-{k}", at) for k, at in enumerate(((-60e3, 0.0, 0.0), (60e3, -10e3, 0.0))))
_TWO_D: Final = tuple(radar_2d(f"2d-{k}", at) for k, at in enumerate(((-50e3, 0.0, 0.0), (50e3, 0.0, 0.0))))
_HORIZONTAL: Final = (0, 1, 3, 4)
_CV, _QUIET = white(PARAMS.q_constant_velocity_m2ps3), white(PARAMS.q_quiet_m2ps3)
CASES: Final = (
    Case("constant velocity", "3-D radar", _CV, (radar_3d(),)),
    Case("constant velocity", "3-D radar with Doppler", _CV, (radar_3d(doppler=True),)),
    Case("constant velocity", "two 2-D radars, horizontal", _CV, _TWO_D, (), _HORIZONTAL),
    Case("constant velocity", "position", _CV, (position(),)),
    Case("constant velocity", "claim (ADS-B)", _CV, (position("adsb"),)),
    Case("constant velocity", "two cameras", _CV, _CAMERAS, (position(),)),
    Case("constant velocity", "TDOA, four receivers, horizontal", _CV, _TDOA, (position(),), _HORIZONTAL),
    Case("three models, all quiet", "3-D radar", _QUIET, (radar_3d(),), is_imm=True),
    Case("three models, all quiet", "position", _QUIET, (position(),), is_imm=True),
    Case("three models, changing", "3-D radar", switching, (radar_3d(),), is_imm=True),
    Case("three models, changing", "3-D radar with Doppler", switching, (radar_3d(doppler=True),), is_imm=True),
    Case("three models, changing", "two 2-D radars, horizontal", switching, _TWO_D, (), _HORIZONTAL, True),
    Case("three models, changing", "position", switching, (position(),), is_imm=True),
    Case("three models, changing", "two cameras", switching, _CAMERAS, (position(),), is_imm=True),
)


def measure(case: Case, seeds: int) -> dict[str, Any]:
    """Return NEES and NIS of one case over the seeds."""
    nees: list[FloatArray] = []
    nis: list[FloatArray] = []
    found = 0
    for seed in range(1, seeds + 1):
        rng = np.random.default_rng(seed)
        sensors = {eye.sensor.name: eye.sensor for eye in (*case.start, *case.eyes)}
        if case.eyes is _TDOA:
            sensors |= {one.name: one for one in RECEIVERS}
        tracker = Tracker(
            list(sensors.values()), registration=False, motion="imm" if case.is_imm else "constant_velocity"
        )
        state, mode = _start(rng), rng.choice(3, TARGETS, p=SHARES)
        for scan in range(SCANS):
            t_s = 4.0 * scan
            for eye in case.start if case.start and scan < SCANS // 3 else case.eyes:
                seen = np.flatnonzero(rng.uniform(size=TARGETS) < 0.9)
                z = eye.see(state[seen]) + rng.normal(size=(len(seen), len(eye.sigma))) * eye.sigma
                if scan >= SCANS // 2:
                    nis.append(_nis(tracker.picture(t_s), _codes(tracker, t_s), eye, seen, z))
                plots = eye.plots(t_s, z)
                plots["mode_s"] = seen + 1
                tracker.take(plots)
            last, state, mode = state, *case.motion(rng, state, mode, 4.0)
        picture, codes = tracker.picture(t_s), _codes(tracker, t_s)
        rows = np.flatnonzero(codes > 0)
        assert picture.cov is not None
        axes = np.array(case.axes)
        error = np.concatenate((picture.position_m, picture.velocity_mps), axis=1)[rows] - last[codes[rows] - 1]
        nees.append(normalised_error(error[:, axes], picture.cov[rows][:, axes][:, :, axes]))
        found += len(rows)
    values, innovations = np.concatenate(nees), np.concatenate(nis)
    degrees = float(len(case.eyes[0].sigma))
    return {
        "model": case.model,
        "sensors": case.sensors,
        "share_tracked": found / (seeds * TARGETS),
        "nees": summarise(values, np.full(len(values), float(len(case.axes)))),
        "nis": summarise(innovations, np.full(len(innovations), degrees)),
    }


def _start(rng: np.random.Generator) -> FloatArray:
    """Return states 6 km apart in a square of 60 km, (TARGETS, 6)."""
    side = np.arange(TARGETS)
    state = np.zeros((TARGETS, 6))
    state[:, 0], state[:, 1] = 6e3 * (side % 10) - 27e3, 6e3 * (side // 10) + 20e3
    state[:, 2] = rng.uniform(3e3, 9e3, TARGETS)
    state[:, 3:5] = rng.normal(0.0, 60.0, (TARGETS, 2))
    state[:, 5] = rng.normal(0.0, 2.0, TARGETS)
    return state


def _codes(tracker: Tracker, t_s: float) -> IntArray:
    """Return the code of each living track in the order of the picture."""
    rows = tracker.engine.picture(tracker.now_ns)
    held: IntArray = np.where(rows["status"] == 1, rows["mode_s"], 0).astype(np.int64)
    return held


def _nis(picture: Paths, codes: IntArray, eye: Eye, seen: IntArray, z: FloatArray) -> FloatArray:
    """Return the normalised innovation squared of plots against the picture moved on to them."""
    row_of = np.full(TARGETS + 1, -1)
    row_of[codes] = np.arange(len(codes))
    rows = row_of[seen + 1]
    has = rows >= 0
    rows, z = rows[has], z[has]
    assert picture.cov is not None
    state = np.concatenate((picture.position_m, picture.velocity_mps), axis=1)[rows]
    predicted = eye.see(state)
    h = np.empty((len(rows), z.shape[1], 6))
    for axis in range(6):
        step = np.zeros(6)
        step[axis] = 1.0 if axis < 3 else 0.1
        h[:, :, axis] = (eye.see(state + step) - eye.see(state - step)) / (2.0 * step[axis])
    cov = h @ picture.cov[rows] @ h.transpose(0, 2, 1) + np.diag(eye.sigma**2)
    return normalised_error(z - predicted, cov)


def page(found: dict[str, Any]) -> str:
    """Return docs/accuracy/consistency.md."""
    rows = []
    for case in found["cases"]:
        cells = [case["model"], case["sensors"], f"{case['share_tracked']:.0%}"]
        for name in ("nees", "nis"):
            one = case[name]
            inside = "yes" if one.low <= one.mean <= one.high else "**above**" if one.mean > one.high else "below"
            cells += [f"{one.mean:.2f} of {one.dof:.0f}", f"{one.low:.2f} - {one.high:.2f}", inside]
            cells += [f"{one.inside:.1%}"]
        rows.append(cells)
    heads = (
        "motion", "sensors", "tracked", "NEES", "95% band of the mean", "inside", "values in their 95%", "NIS",
        "95% band of the mean", "inside", "values in their 95%",
    )  # fmt: skip
    return "\n".join(
        (
            header("Is the covariance true?", "python -m bench.consistency", found, "simulated"),
            f"{TARGETS} targets, {found['seeds']} seeds, a scan of 4 s, 90% seen, no clutter. Motion and noise are",
            "those that the tracker assumes. NEES: position and velocity at the last scan (\"horizontal\": without",
            "heights), one value a target. NIS: each plot of the second half against the prediction before it.",
            "\"Below\": the tracker is better than it says; \"above\": it claims too much. Cameras and TDOA begin with",
            "the tracks of a position sensor.",
            "",
            table(heads, rows),
            "",
            "Three models that change: the true posterior is a mixture, of which NEES sees mean and covariance:",
            "its mean stays near its freedom while single values spread more than chi-square does. All quiet is no",
            "matched scene for three models: they keep the chance of a change that never comes, and say so.",
            "",
        )
    )  # fmt: skip


def main() -> None:
    """Run the cases; write the page, or print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seeds", type=int, default=10)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--no-write", action="store_true")
    given = arguments.parse_args()
    warm_up()
    cases = [measure(case, given.seeds) for case in CASES]
    found = {"bench": "consistency", "machine": machine(), "seeds": given.seeds, "cases": cases}
    if not given.no_write:
        write_page("consistency", page(found))
    if given.json:
        print(json.dumps(msgspec.to_builtins(found)))
    else:
        print(page(found))


if __name__ == "__main__":
    main()
