"""Truth and tracks at common instants.

Truth is interpolated between two rows no farther apart than `truth_gap_s_max`, by the cubic through both places and
velocities where velocities are known, on a straight line where not. A track is its last row moved on with its
velocity, for at most `age_s_max`; a tentative or dropped row is no track.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numba import njit

from skydas.errors import ConfigError
from skydas.evaluate.options import INSTANTS_MAX, SAMPLES_MAX, Options
from skydas.evaluate.tables import States
from skydas.model import NS_PER_S, BoolArray, FloatArray, IntArray, TrackStatus


class Samples(msgspec.Struct, frozen=True):
    """Objects at instants, sorted by instant, then object; `first[k] : first[k + 1]` are the rows of instant k."""

    first: IntArray  # (instants + 1,)
    object: IntArray  # (n,)
    row: IntArray  # (n,) row of the States it comes from
    position_m: FloatArray  # (n, 3)
    velocity_mps: FloatArray  # (n, 3)

    @property
    def instant(self) -> IntArray:
        """The instant of each row, (n,)."""
        return np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))

    def only(self, keep: BoolArray) -> Samples:
        """Return the rows of `keep`."""
        before = np.concatenate(([0], np.cumsum(keep)))
        return Samples(
            before[self.first], self.object[keep], self.row[keep], self.position_m[keep], self.velocity_mps[keep]
        )


def instants_of(truth: States, tracks: States, options: Options) -> IntArray:
    """Return the scoring instants, ns: from the first truth to the last, of the tracks where there is no truth."""
    some = truth if len(truth.t_ns) else tracks
    if not len(some.t_ns):
        return np.zeros(0, np.int64)
    step_ns = round(options.step_s * NS_PER_S)
    start_ns, stop_ns = int(some.t_ns.min()), int(some.t_ns.max())
    count = (stop_ns - start_ns) // max(step_ns, 1) + 1
    if step_ns < 1 or count > INSTANTS_MAX:
        raise ConfigError(f"step_s {options.step_s} makes {count} instants, at most {INSTANTS_MAX} are scored")
    return start_ns + step_ns * np.arange(count, dtype=np.int64)


def sample_truth(
    states: States, position_m: FloatArray, velocity_mps: FloatArray, instants_ns: IntArray, gap_s_max: float
) -> Samples:
    """Return the truth at the instants; position and velocity are of the rows of `states`, in the plane."""
    count = _count_truth(states.first, states.t_ns, instants_ns, round(gap_s_max * NS_PER_S))
    _check(int(count.sum()), "truth")
    first = np.concatenate(([0], np.cumsum(count)))
    made = _empty(int(first[-1]))
    _fill_truth(
        states.first, states.t_ns, position_m, velocity_mps, instants_ns, round(gap_s_max * NS_PER_S),
        first[:-1].copy(), *made,
    )  # fmt: skip
    return Samples(first, *made)


def sample_tracks(
    states: States, position_m: FloatArray, velocity_mps: FloatArray, instants_ns: IntArray, options: Options
) -> Samples:
    """Return the tracks at the instants; position and velocity are of the rows of `states`, in the plane."""
    live = states.status != int(TrackStatus.DROPPED)
    if not options.include_tentative:
        live &= states.status != int(TrackStatus.TENTATIVE)
    age_ns_max = round(options.age_s_max * NS_PER_S)
    count = _count_tracks(states.first, states.t_ns, live, instants_ns, age_ns_max)
    _check(int(count.sum()), "track")
    first = np.concatenate(([0], np.cumsum(count)))
    made = _empty(int(first[-1]))
    _fill_tracks(
        states.first, states.t_ns, live, position_m, np.nan_to_num(velocity_mps), instants_ns, age_ns_max,
        first[:-1].copy(), *made,
    )  # fmt: skip
    return Samples(first, *made)


def truth_at(
    states: States,
    position_m: FloatArray,
    velocity_mps: FloatArray,
    objects: IntArray,
    t_ns: IntArray,
    gap_s_max: float,
) -> tuple[FloatArray, FloatArray]:
    """Return where object `objects[i]` was at `t_ns[i]`, position and velocity (n, 3); NaN: not known."""
    found_m, found_mps = np.full((len(t_ns), 3), np.nan), np.full((len(t_ns), 3), np.nan)
    _truth_at(
        states.first,
        states.t_ns,
        position_m,
        velocity_mps,
        objects,
        t_ns,
        round(gap_s_max * NS_PER_S),
        found_m,
        found_mps,
    )
    return found_m, found_mps


def _empty(count: int) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
    return np.empty(count, np.int64), np.empty(count, np.int64), np.empty((count, 3)), np.empty((count, 3))


def _check(count: int, what: str) -> None:
    if count > SAMPLES_MAX:
        raise ConfigError(f"{count} {what} samples, at most {SAMPLES_MAX} are scored at once: take a longer --step-s")


@njit(cache=True)
def _row_before(t_ns: IntArray, low: int, high: int, at_ns: int) -> int:
    """Return the last row in low .. high with t_ns <= at_ns, or low - 1."""
    while low < high:
        middle = (low + high) // 2
        if t_ns[middle] <= at_ns:
            low = middle + 1
        else:
            high = middle
    return low - 1


@njit(cache=True)
def _between(t_ns: IntArray, row: int, high: int, at_ns: int, gap_ns_max: int) -> bool:
    """Return whether the truth says where its object was at `at_ns`, `row` being the last row not after it."""
    if t_ns[row] == at_ns:
        return True
    return row + 1 < high and t_ns[row + 1] - t_ns[row] <= gap_ns_max


@njit(cache=True)
def _interpolate(
    t_ns: IntArray,
    position: FloatArray,
    velocity: FloatArray,
    row: int,
    at_ns: int,
    out_m: FloatArray,
    out_mps: FloatArray,
    to: int,
) -> None:
    if t_ns[row] == at_ns:
        for axis in range(3):
            out_m[to, axis] = position[row, axis]
            out_mps[to, axis] = velocity[row, axis]
        return
    span_s = (t_ns[row + 1] - t_ns[row]) * 1e-9
    u = (at_ns - t_ns[row]) * 1e-9 / span_s
    for axis in range(3):
        p0, p1 = position[row, axis], position[row + 1, axis]
        slope0, slope1 = velocity[row, axis] * span_s, velocity[row + 1, axis] * span_s
        if np.isnan(slope0) or np.isnan(slope1):
            slope0 = slope1 = p1 - p0
        # cubic Hermite polynomial and its derivative
        out_m[to, axis] = (
            (1.0 + 2.0 * u) * (1.0 - u) ** 2 * p0
            + u * (1.0 - u) ** 2 * slope0
            + u * u * (3.0 - 2.0 * u) * p1
            + u * u * (u - 1.0) * slope1
        )
        out_mps[to, axis] = (
            6.0 * u * (u - 1.0) * (p0 - p1) + (1.0 - u) * (1.0 - 3.0 * u) * slope0 + u * (3.0 * u - 2.0) * slope1
        ) / span_s


@njit(cache=True)
def _count_truth(first: IntArray, t_ns: IntArray, instants: IntArray, gap_ns_max: int) -> IntArray:
    count = np.zeros(len(instants), np.int64)
    for item in range(len(first) - 1):
        low, high = first[item], first[item + 1]
        if low == high:
            continue
        row = low
        for instant in range(_row_before(instants, 0, len(instants), t_ns[low] - 1) + 1, len(instants)):
            at_ns = instants[instant]
            if at_ns > t_ns[high - 1]:
                break
            while row + 1 < high and t_ns[row + 1] <= at_ns:
                row += 1
            if _between(t_ns, row, high, at_ns, gap_ns_max):
                count[instant] += 1
    return count


@njit(cache=True)
def _fill_truth(
    first: IntArray,
    t_ns: IntArray,
    position: FloatArray,
    velocity: FloatArray,
    instants: IntArray,
    gap_ns_max: int,
    place: IntArray,
    out_object: IntArray,
    out_row: IntArray,
    out_m: FloatArray,
    out_mps: FloatArray,
) -> None:
    for item in range(len(first) - 1):
        low, high = first[item], first[item + 1]
        if low == high:
            continue
        row = low
        for instant in range(_row_before(instants, 0, len(instants), t_ns[low] - 1) + 1, len(instants)):
            at_ns = instants[instant]
            if at_ns > t_ns[high - 1]:
                break
            while row + 1 < high and t_ns[row + 1] <= at_ns:
                row += 1
            if _between(t_ns, row, high, at_ns, gap_ns_max):
                to = place[instant]
                place[instant] += 1
                out_object[to] = item
                out_row[to] = row
                _interpolate(t_ns, position, velocity, row, at_ns, out_m, out_mps, to)


@njit(cache=True)
def _truth_at(
    first: IntArray,
    t_ns: IntArray,
    position: FloatArray,
    velocity: FloatArray,
    objects: IntArray,
    at_ns: IntArray,
    gap_ns_max: int,
    out_m: FloatArray,
    out_mps: FloatArray,
) -> None:
    for k in range(len(at_ns)):
        item = objects[k]
        if item < 0:
            continue
        low, high = first[item], first[item + 1]
        row = _row_before(t_ns, low, high, at_ns[k])
        if row >= low and _between(t_ns, row, high, at_ns[k], gap_ns_max):
            _interpolate(t_ns, position, velocity, row, at_ns[k], out_m, out_mps, k)


@njit(cache=True)
def _count_tracks(first: IntArray, t_ns: IntArray, live: BoolArray, instants: IntArray, age_ns_max: int) -> IntArray:
    count = np.zeros(len(instants), np.int64)
    for item in range(len(first) - 1):
        low, high = first[item], first[item + 1]
        if low == high:
            continue
        row = low
        for instant in range(_row_before(instants, 0, len(instants), t_ns[low] - 1) + 1, len(instants)):
            at_ns = instants[instant]
            while row + 1 < high and t_ns[row + 1] <= at_ns:
                row += 1
            if at_ns - t_ns[row] > age_ns_max:
                if row + 1 == high:
                    break
                continue
            if live[row]:
                count[instant] += 1
    return count


@njit(cache=True)
def _fill_tracks(
    first: IntArray,
    t_ns: IntArray,
    live: BoolArray,
    position: FloatArray,
    velocity: FloatArray,
    instants: IntArray,
    age_ns_max: int,
    place: IntArray,
    out_object: IntArray,
    out_row: IntArray,
    out_m: FloatArray,
    out_mps: FloatArray,
) -> None:
    for item in range(len(first) - 1):
        low, high = first[item], first[item + 1]
        if low == high:
            continue
        row = low
        for instant in range(_row_before(instants, 0, len(instants), t_ns[low] - 1) + 1, len(instants)):
            at_ns = instants[instant]
            while row + 1 < high and t_ns[row + 1] <= at_ns:
                row += 1
            if at_ns - t_ns[row] > age_ns_max:
                if row + 1 == high:
                    break
                continue
            if live[row]:
                to = place[instant]
                place[instant] += 1
                out_object[to] = item
                out_row[to] = row
                age_s = (at_ns - t_ns[row]) * 1e-9
                for axis in range(3):
                    out_m[to, axis] = position[row, axis] + velocity[row, axis] * age_s
                    out_mps[to, axis] = velocity[row, axis]
