"""The receivers' constant errors, learnt blind from the groups themselves: what no place of the sender can explain.

Every receiver has an offset o_k (m): its clock, cable and antenna; and the pressure height has one common to all
aircraft. They are one Gaussian, mean o and covariance C, changing slowly (a first-order Gauss-Markov process). A solved
group of m receivers gives m + 1 rows, linear about the solution:
    y = E o + H x + noise R,      x = place and instant of sending, of which nothing is known beforehand
Leaving x free projects it out: with S = E C E' + R,
    Q = S^-1 - S^-1 H (H' S^-1 H)^-1 H' S^-1,   o += C E' Q y,   C -= C E' Q E C
so two rows of five receivers and a height remain, and the covariance says what was not observed: an offset that all
receivers share, or what always looks like a displaced sender. Twin: tests/reference_multilateration.py.
"""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
from numba import njit

from skydas.fuse.cholesky import factor, solve_factored
from skydas.fuse.multilateration.solve import HUBER
from skydas.model import NS_PER_S, FloatArray, IntArray

RECEIVERS_MAX: Final = 256  # whose clocks are learnt; groups with further ones are not solved
OFFSET_SIGMA_M: Final = 20.0  # of receivers synchronised by satellite, before anything is known
OFFSET_LOST_M: Final = 3_000.0  # of one that is not
STRIKES_MAX: Final = 5  # times in a row that a receiver spoils a group: then its offset is as good as unknown
TIME_CONSTANT_S: Final = 3.0 * 86_400.0  # offsets of real receivers changed within weeks
_FIXED: Final = 2  # slots that are no receiver's


class Clocks:
    """The offsets of all receivers heard so far, one Gaussian; state here, arithmetic in the kernels below."""

    PRESSURE: Final = 0  # slot of the pressure height's error
    NONE: Final = 1  # slot of a row without an offset

    def __init__(self, pressure_variance: float) -> None:
        self._slot: dict[int, int] = {}  # by row of the sensor table
        self.prior = np.array([pressure_variance, 0.0])
        self.offset = np.zeros(_FIXED)
        self.cov = np.diag(self.prior)
        self._strikes = [0, 0]
        self._t_ns = 0

    def slots(self, sensors: IntArray) -> IntArray | None:
        """Return the slots of these sensors, new ones where needed; None where there is no room for all."""
        fresh = [row for row in sensors.tolist() if row not in self._slot]
        if len(self.offset) + len(fresh) > RECEIVERS_MAX:
            return None
        if fresh:
            for row in fresh:
                self._slot[row] = len(self._slot) + _FIXED
                self._strikes.append(0)
            self.prior = np.append(self.prior, np.full(len(fresh), OFFSET_SIGMA_M**2))
            self.offset = np.append(self.offset, np.zeros(len(fresh)))
            cov = np.diag(self.prior)
            cov[: -len(fresh), : -len(fresh)] = self.cov
            self.cov = cov
        return np.array([self._slot[row] for row in sensors.tolist()])

    def pass_time(self, t_ns: int) -> None:
        """Forget as much as the time up to `t_ns` asks for."""
        if self._t_ns:
            forget(self.offset, self.cov, self.prior, (t_ns - self._t_ns) / NS_PER_S, TIME_CONSTANT_S)
        self._t_ns = max(self._t_ns, t_ns)

    def learn(self, slot: IntArray, variance: FloatArray, r: FloatArray, h: FloatArray) -> None:
        """Learn from a solved group; see the kernel `learn`."""
        for k, residual in zip(slot.tolist(), r.tolist(), strict=True):
            if abs(residual) < 2.0 * HUBER:
                self._strikes[k] = 0
        learn(self.offset, self.cov, slot, variance, r, h)

    def blame(self, slot: int) -> int:
        """Note that this receiver agrees least in a group that no place explains; return 1 if it starts anew.

        One whose clock jumped would otherwise spoil its groups for good: its own offset is set free, so that it has no
        say until it is learnt again.
        """
        self._strikes[slot] += 1
        if self._strikes[slot] < STRIKES_MAX:
            return 0
        self._strikes[slot] = 0
        self.offset[slot] = 0.0
        self.cov[slot, :] = self.cov[:, slot] = 0.0
        self.cov[slot, slot] = OFFSET_LOST_M**2
        return 1

    def known(self) -> list[tuple[int, float, float]]:
        """Return row of the sensor, offset and its sigma (m) of every receiver heard so far."""
        return [
            (row, float(self.offset[slot]), float(np.sqrt(self.cov[slot, slot]))) for row, slot in self._slot.items()
        ]

    def state(self) -> bytes:
        """Return everything that the next group depends on."""
        kept = list(self._slot), self.offset.tobytes(), self.cov.tobytes(), self._strikes, self._t_ns
        return msgspec.msgpack.encode(kept)

    def restore(self, octets: bytes) -> None:
        """Go on from `octets`."""
        kind = tuple[list[int], bytes, bytes, list[int], int]
        rows, offset, cov, self._strikes, self._t_ns = msgspec.msgpack.decode(octets, type=kind)
        self._slot = {row: at + _FIXED for at, row in enumerate(rows)}
        self.offset = np.frombuffer(bytearray(offset))
        self.cov = np.frombuffer(bytearray(cov)).reshape(len(self.offset), -1)
        self.prior = np.append(self.prior[:_FIXED], np.full(len(rows), OFFSET_SIGMA_M**2))


@njit(cache=True)
def forget(offset: FloatArray, cov: FloatArray, prior: FloatArray, dt_s: float, time_constant_s: float) -> None:
    """Let `dt_s` pass: offsets (k,) drift towards 0, their covariance (k, k) towards the prior's diagonal (k,)."""
    if dt_s <= 0.0:
        return
    keep = np.exp(-dt_s / time_constant_s)
    for a in range(len(offset)):
        offset[a] *= keep
        for b in range(len(offset)):
            cov[a, b] *= keep * keep
        cov[a, a] += (1.0 - keep * keep) * prior[a]


@njit(cache=True)
def learn(
    offset: FloatArray, cov: FloatArray, member: IntArray, variance: FloatArray, r: FloatArray, h: FloatArray
) -> None:
    """Update offsets (k,) and their covariance (k, k) by one solved group.

    member (m + 1,)   : rows of the offsets that the group's rows have; the last is the height's
    variance (m + 1,) : by which `r` (m + 1,) and `h` (m + 1, 4) were divided: noise and offsets' uncertainty together;
    noise is what is left of it without the diagonal of `cov`
    """
    count, size = len(member), len(offset)
    s = np.empty((count, count))
    q = np.zeros((count, count))
    n = np.zeros((4, 4))
    t = np.empty((count, 4))
    column = np.empty(count)
    inner = np.empty(4)
    for a in range(count):
        wa = 1.0 / np.sqrt(variance[a])
        for b in range(count):
            s[a, b] = cov[member[a], member[b]] * wa / np.sqrt(variance[b])
        weight = min(HUBER / max(abs(r[a]), 1e-9), 1.0)
        s[a, a] += max(1.0 - cov[member[a], member[a]] * wa * wa, 0.01) / weight
    if not factor(s, count):
        return
    for c in range(4):  # t = S^-1 H
        column[:] = h[:, c]
        solve_factored(s, count, column)
        t[:, c] = column
    for c in range(4):
        for d in range(4):
            for a in range(count):
                n[c, d] += h[a, c] * t[a, d]
    if not factor(n, 4):
        return
    for b in range(count):
        column[:] = 0.0
        column[b] = 1.0
        solve_factored(s, count, column)
        for c in range(4):
            inner[c] = t[b, c]
        solve_factored(n, 4, inner)
        for a in range(count):
            q[a, b] = column[a]
            for c in range(4):
                q[a, b] -= t[a, c] * inner[c]
    for a in range(count):
        for b in range(count):
            q[a, b] /= np.sqrt(variance[a] * variance[b])
    gain = np.zeros((size, count))  # C E' Q
    for a in range(size):
        for c in range(count):
            through = cov[a, member[c]]
            for b in range(count):
                gain[a, b] += through * q[c, b]
    across = np.empty((count, size))  # E C, as it was
    for b in range(count):
        across[b, :] = cov[member[b], :]
    for a in range(size):
        for b in range(count):
            offset[a] += gain[a, b] * r[b] * np.sqrt(variance[b])
            for d in range(size):
                cov[a, d] -= gain[a, b] * across[b, d]
    for a in range(size):
        for d in range(a):
            cov[a, d] = cov[d, a] = 0.5 * (cov[a, d] + cov[d, a])
