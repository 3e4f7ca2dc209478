"""From the rows of TDOA groups to positions: put together what belongs together, solve it, learn the receivers' clocks.

The receivers of one signal report it one by one, over links of different speed: rows are held until their group is
`wait_s` old, by arrival, as one puts packets together; then the group is solved once. A solved group becomes one
position with its covariance, at the time of the signal; the rows of one that cannot be solved are given back as they
are: each may still update a track that exists. So what is late is the position, and a replay of late plots repeats it;
the clocks are what is known by now, like the sensors' biases.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from skydas.fuse.measure import NOT_A_TARGET, NOT_EVIDENCE, PLOT_NUMBERS, plane_numbers
from skydas.fuse.multilateration.clocks import Clocks
from skydas.fuse.multilateration.solve import (
    HUBER,
    REFUSED_COST,
    REFUSED_MIRROR,
    SOLVED,
    solve_group,
)
from skydas.fuse.params import FuseParams
from skydas.fuse.records import Records
from skydas.geo import TangentPlane
from skydas.model import NS_PER_S, FloatArray, IntArray, PlotFlag, PlotKind, Rows

GROUPS_MAX: Final = 4_096  # held at once; beyond it the oldest is solved before its time
GROUP_ROWS_MAX: Final = 15  # with the reference 16 receivers: more add nothing, and are left out
RECEIVERS_MIN: Final = 4  # three and a height leave nothing to tell a mirror by
SIGMA_FACTOR: Final = 1.4  # errors of one group have more in common than its rows tell: docs/multilateration.md
_SIGMA_M_MAX: Final = 5_000.0  # a place less sure than this is none
_UNUSABLE: Final = NOT_EVIDENCE | NOT_A_TARGET
_VARIANCE_M2_MIN, _VARIANCE_M2_MAX = 1e-2, 1e8
_HEIGHT_M_MIN, _HEIGHT_M_MAX = -500.0, 40_000.0

NAMES: Final = (
    "groups_solved",
    "groups_too_small",
    "groups_mirrored",  # another place explains the times as well
    "groups_inconsistent",  # no place explains them
    "groups_unobservable",
    "group_rows_left_out",
    "group_copies",
    "receivers_restarted",
)

GroupKey = tuple[int, int, int]  # key of the reference receiver, number of the group, time


class Held(msgspec.Struct, array_like=True):
    """A group that is being put together."""

    since_ns: int
    rows: list[bytes]  # PLOT_NUMBERS (1,) each


class Groups:
    """Rows of TDOA groups on their way to positions."""

    def __init__(
        self, params: FuseParams, sensors: Records, receivers: Records, plane: TangentPlane, setup: Records
    ) -> None:
        """`sensors`: SENSOR (s,); `receivers`: RECEIVER (r,), those with a place; `setup`: SETUP (1,)."""
        self._wait_ns = round(params.tdoa_wait_s * NS_PER_S)
        self._sensors = sensors
        self._receivers: dict[int, int] = dict(receivers.tolist())
        self._placed = np.array(sorted(set(self._receivers.values())), np.int64)
        self._plane = plane
        self._setup = setup[0]
        self._height_noise = params.mode_c_sigma_m**2
        self.clocks = Clocks(self._height_noise * max(params.mode_c_common - 1.0, 0.0))
        self._held: dict[GroupKey, Held] = {}
        self.counts = dict.fromkeys(NAMES, 0)

    @property
    def waiting(self) -> int:
        """Return how many groups are held."""
        return len(self._held)

    def hold(self, now_ns: int, plots: Rows) -> None:
        """Take rows of groups, PLOT_NUMBERS (n,)."""
        for at in range(len(plots)):
            row = plots[at]
            key = int(row["object"]), int(row["seq"]), int(row["t_ns"])
            held = self._held.get(key)
            if held is None:
                held = self._held[key] = Held(now_ns, [])
            if len(held.rows) >= GROUP_ROWS_MAX:
                self.counts["group_rows_left_out"] += 1
                continue
            held.rows.append(row.tobytes())

    def ripe(self, now_ns: int) -> Rows | None:
        """Return positions of groups that waited long enough, and rows that made none; None where nothing is ripe."""
        made: list[Rows] = []
        while self._held:
            key = next(iter(self._held))
            if len(self._held) <= GROUPS_MAX and 0 <= now_ns - self._held[key].since_ns < self._wait_ns:
                break
            rows = np.frombuffer(b"".join(self._held.pop(key).rows), PLOT_NUMBERS)
            made.append(self._position(rows))
        return np.concatenate(made) if made else None

    def _position(self, rows: Rows) -> Rows:
        """Return a group's position and the rows that are no part of it, or its rows as they are."""
        rows = self._without_copies(rows)
        usable = self._usable(rows)
        if len(usable) < RECEIVERS_MIN - 1:
            self.counts["groups_too_small"] += 1
            return rows
        reference = self._receivers[int(rows["object"][0])]
        members = np.concatenate(([reference], rows["sensor"][usable].astype(np.int64)))
        slots = self.clocks.slots(members)
        if slots is None:
            self.counts["groups_too_small"] += 1
            return rows
        variance = self._noise(rows["cov"][usable, 0])
        height_m, height_variance, height_slot = self._height(rows, reference)
        slot = np.append(slots, height_slot)
        noise = np.append(variance, height_variance)
        measured = np.concatenate(([0.0], rows["range_m"][usable], [height_m]))
        self.clocks.pass_time(int(rows["t_ns"][0]))
        measured -= self.clocks.offset[slot]
        total = noise + self.clocks.cov[slot, slot]
        count = len(members)
        best, cov = np.empty(4), np.empty((3, 3))
        r, h = np.empty(count + 1), np.empty((count + 1, 4))
        site = np.ascontiguousarray(self._sensors["origin"][members])
        plane = np.ascontiguousarray(self._setup["plane"])
        verdict = solve_group(site, measured[:-1], total[:-1], measured[-1], total[-1], plane, best, cov, r, h)
        if verdict != SOLVED:
            if verdict == REFUSED_COST:
                self.counts["groups_inconsistent"] += 1
                self.counts["receivers_restarted"] += self.clocks.blame(slots[int(np.argmax(np.abs(r[:-1])))])
            else:
                self.counts["groups_mirrored" if verdict == REFUSED_MIRROR else "groups_unobservable"] += 1
            return rows
        cov = _covariance(self.clocks.cov[np.ix_(slot, slot)], noise, total, r, h)
        self.clocks.learn(slot, total, r, h)
        if not cov[0, 0] + cov[1, 1] < _SIGMA_M_MAX**2:
            self.counts["groups_unobservable"] += 1
            return rows
        self.counts["groups_solved"] += 1
        position = self._plot(rows[usable], members, best[:3], SIGMA_FACTOR**2 * cov)
        return np.concatenate((position, np.delete(rows, usable)))

    def _without_copies(self, rows: Rows) -> Rows:
        """Leave out a receiver's second row: the same again is a copy, another one cannot be of the same signal."""
        _, first = np.unique(rows["sensor"], return_index=True)
        self.counts["group_copies"] += len(rows) - len(first)
        return rows[np.sort(first)]

    def _usable(self, rows: Rows) -> IntArray:
        """Return which rows can be solved with; the others are given back, and refused where they are checked."""
        reference = self._receivers.get(int(rows["object"][0]), -1)
        placed = np.isin(rows["sensor"], self._placed)
        variance = rows["cov"][:, 0]
        good = placed & (rows["sensor"] != reference) & np.isfinite(rows["range_m"])
        good &= (variance >= _VARIANCE_M2_MIN) & (variance <= _VARIANCE_M2_MAX)
        good &= (rows["flags"].astype(np.int64) & _UNUSABLE) == 0
        return np.flatnonzero(good if reference >= 0 else np.zeros(len(rows), np.bool_))

    def _noise(self, variance: FloatArray) -> FloatArray:
        """Return each receiver's variance, the reference first, from those of the differences: sums of two.

        What all differences share is the reference's; at most half of the least of them can be.
        """
        reference = 0.5 * float(variance.min())
        return np.concatenate(([reference], variance - reference))

    def _height(self, rows: Rows, reference: int) -> tuple[float, float, int]:
        """Return the height above the ellipsoid that the group is solved with, its variance, the slot of its bias."""
        pressure_m = rows["height_pressure_m"]
        known = np.flatnonzero((pressure_m > _HEIGHT_M_MIN) & (pressure_m < _HEIGHT_M_MAX))
        if len(known):
            return float(pressure_m[known[0]] + self._setup["pressure_m"]), self._height_noise, Clocks.PRESSURE
        height_m, sigma_m = self._sensors["height"][reference]
        return float(height_m), float(self._setup["height_pull"] * sigma_m**2), Clocks.NONE

    def _plot(self, rows: Rows, members: IntArray, place_m: FloatArray, cov: FloatArray) -> Rows:
        """Return one position, PLOT_NUMBERS (1,), that says what the rows said besides."""
        plot = rows[:1].copy()
        plot["kind"] = PlotKind.POSITION
        plot["sensor"] = members.min()  # one and the same for most groups of one network
        plot["flags"] = np.bitwise_or.reduce(rows["flags"]) | np.uint32(PlotFlag.MLAT)
        plot["range_m"] = np.nan
        plot["object"] = 0
        latitude, longitude, height = self._plane.geodetic_from_enu(place_m)
        plot["latitude_rad"], plot["longitude_rad"], plot["height_hae_m"] = latitude, longitude, height
        turn = self._plane.rotation_from(float(latitude), float(longitude)).T
        plot["cov"] = (turn @ cov @ turn.T)[np.triu_indices(3)]
        return plot

    def state(self) -> bytes:
        """Return everything that the next group depends on."""
        return msgspec.msgpack.encode((list(self._held.items()), self.counts, self.clocks.state()))

    def restore(self, octets: bytes) -> None:
        """Go on from `octets` of a tracker with the same sensors."""
        kind = tuple[list[tuple[GroupKey, Held]], dict[str, int], bytes]
        held, self.counts, clocks = msgspec.msgpack.decode(octets, type=kind)
        self._held = dict(held)
        self.clocks.restore(clocks)


def _covariance(offsets: FloatArray, noise: FloatArray, total: FloatArray, r: FloatArray, h: FloatArray) -> FloatArray:
    """Return the covariance of the place, (3, 3), with what is not known of the offsets (m + 1, m + 1) in common.

    r, h: residuals and rows at the solution, divided by the roots of `total`; a row that Huber's weight holds back
    counts as less sure
    """
    whole = np.sqrt(total)
    s = offsets / np.outer(whole, whole)
    s[np.diag_indices_from(s)] += noise / total / np.minimum(HUBER / np.maximum(np.abs(r), 1e-9), 1.0)
    cov: FloatArray = np.linalg.inv(h.T @ np.linalg.solve(s, h))[:3, :3].astype(np.float64)
    return cov


def warm_up() -> None:
    """Compile what a group needs, or load it from the cache."""
    plane = plane_numbers(TangentPlane(0.0, 0.0))
    site = np.array([[3e4, 0.0, 0.0], [0.0, 3e4, 0.0], [-3e4, 0.0, 0.0], [0.0, -3e4, 0.0], [9e3, 9e3, 0.0]])
    r, h = np.empty(6), np.empty((6, 4))
    z = np.linalg.norm(site - np.array([5e3, -2e3, 5e3]), axis=1)
    solve_group(site, z, np.full(5, 400.0), 5e3, 900.0, plane, np.empty(4), np.empty((3, 3)), r, h)
    clocks = Clocks(1.0)
    slots = clocks.slots(np.arange(5))
    assert slots is not None
    clocks.pass_time(NS_PER_S)
    clocks.pass_time(2 * NS_PER_S)
    clocks.learn(np.append(slots, Clocks.PRESSURE), np.full(6, 400.0), r, h)
