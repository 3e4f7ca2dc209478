"""Covariance intersection: a partner's report, whose errors may be our own, never makes a track surer than it is.

A partner's tracker may have heard the same radars as we, or us. With prior P and report R of unknown correlation,
    P+^-1 = w P^-1 + (1 - w) H' R^-1 H        (Julier and Uhlmann, 1997)
is honest for every w in (0, 1], if both are. w is chosen for the least determinant of P+ of place and velocity: at
least 1/2, and 1, which uses nothing, unless the report's variance is under about half of our own.
"""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from skydas.fuse.filters import absorb
from skydas.fuse.measure import rows
from skydas.fuse.records import Records
from skydas.model import FloatArray

_W_MIN: Final = 0.5  # no smaller one has a smaller determinant
_W_STEPS: Final = 20


@njit(cache=True)
def has_other_evidence(tracks: Records, i: int, s: int) -> bool:
    """Return whether any sensor but `s` has seen track `i`: a sole partner's report has nothing to count twice."""
    return tracks[i].sensors & ~(np.int64(1) << min(s, 63)) != 0


@njit(cache=True)
def prior_share(flat: FloatArray, variance: float) -> float:
    """Return the w of covariance intersection for a report of place.

    flat     : (10,) packed covariance of (east, north, v_east, v_north), of which the place counts
    variance : of the report on each horizontal axis, m2
    det P+ ~ 1 / (w^2 det((1 - w) P + w R)) for a state twice as long as the report.
    """
    best, most = 1.0, variance * variance
    for k in range(_W_STEPS):
        w = _W_MIN + (1.0 - _W_MIN) * k / _W_STEPS
        p00, p11, p01 = (1.0 - w) * flat[0], (1.0 - w) * flat[4], (1.0 - w) * flat[1]
        value = w * w * ((p00 + w * variance) * (p11 + w * variance) - p01 * p01)
        if value > most:
            best, most = w, value
    return best


@njit(cache=True)
def intersect(
    tracks: Records,
    sensors: Records,
    setup: Records,
    desk: Records,
    edges: Records,
    prepared: Records,
    e: int,
    i: int,
    j: int,
) -> None:
    """Write every model of track `i`, intersected with report `j`, to edge `e`."""
    shift_s = (prepared[j].t_ns - tracks[i].t_ns) * 1e-9
    # As stated: the factor for errors that last is not needed where any correlation is allowed for.
    variance = prepared[j].sigma ** 2 / setup.tracker_factor
    w = prior_share(tracks[i].flat, variance)
    centre = desk.x
    for m in range(setup.models):
        x, p = edges[e].mean[m], edges[e].cov[m]
        for a in range(6):
            x[a] = centre[a] = tracks[i].mean[m, a]
        for a in range(21):
            p[a] = tracks[i].cov[m, a] / w
        if w == 1.0:
            continue
        count = rows(prepared, sensors, setup, j, centre, shift_s, False, desk)
        for k in range(count):
            scale = 1.0 / (1.0 - w)
            if k < prepared[j].count:
                scale /= setup.tracker_factor
            residual = desk.residual[k]
            for a in range(6):
                residual -= desk.h[k, a] * (x[a] - centre[a])
            absorb(x, p, desk.h[k], residual, desk.variance[k] * scale)
