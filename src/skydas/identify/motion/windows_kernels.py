"""The kernel that keeps a sample of every track whose turn it is in the track's ring of samples."""

from __future__ import annotations

import math
from typing import Any, Final

from numba import njit

EAST, NORTH, UP, V_EAST, V_NORTH = 0, 6, 11, 15, 18  # diagonal of TRACK's packed covariance
HEIGHT_ASSUMED: Final = 1  # TrackFlag


@njit(cache=True)
def keep(
    tracks: Any, at: Any, rows: Any, gap_ns: int, silent_ns_max: int, t_ns: Any, values: Any, newest: Any, count: Any,
    last_plot_ns: Any,
) -> None:  # fmt: skip
    """Keep a sample of those of TRACK (k,) that a plot has renewed since their last sample, `gap_ns` ago or more.

    at, rows     : (m,) which of them, and the ring of each, below 0: none; t_ns (rows, n), values (rows, n, VALUES),
                   newest, count and last_plot_ns (rows,) are the rings
    silent_ns_max: after a longer silence the window begins again
    """
    size = t_ns.shape[1]
    for m in range(len(at)):
        track, row = tracks[at[m]], rows[m]
        if row < 0:
            continue
        since_ns = track.t_ns - t_ns[row, newest[row]]
        if count[row] > 0 and (track.last_plot_ns <= last_plot_ns[row] or since_ns < gap_ns):
            continue
        if since_ns > silent_ns_max:
            count[row] = 0
        slot = (newest[row] + 1) % size
        newest[row] = slot
        count[row] = min(count[row] + 1, size)
        last_plot_ns[row] = track.last_plot_ns
        t_ns[row, slot] = track.t_ns
        _sample(track, values[row, slot])


@njit(cache=True)
def _sample(track: Any, out: Any) -> None:
    """Write what is kept of a TRACK row, in the order of VALUES."""
    out[0], out[1], out[2] = track.position_enu_m[0], track.position_enu_m[1], track.height_hae_m
    for axis in range(3):
        out[3 + axis] = track.velocity_mps[axis]
    out[6] = math.sqrt(0.5 * (track.cov[EAST] + track.cov[NORTH]))
    out[7] = math.sqrt(0.5 * (track.cov[V_EAST] + track.cov[V_NORTH]))
    out[8] = math.nan if track.flags & HEIGHT_ASSUMED else math.sqrt(track.cov[UP])
    out[9], out[10] = track.mode_probability[1], track.mode_probability[2]
    out[11] = track.height_agl_m
