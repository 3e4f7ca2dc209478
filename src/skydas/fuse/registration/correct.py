"""Taking biases off plots, and saying how sure what is left is."""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from skydas.fuse.measure import POLAR
from skydas.fuse.records import Records
from skydas.model import TAU, FloatArray, PlotKind

_TDOA: Final = int(PlotKind.TDOA)


@njit(cache=True)
def take_off(plots: Records, shift: FloatArray, variance: FloatArray) -> None:
    """Correct each plot (PLOT_NUMBERS) in place.

    shift, variance : (s, 4) of range (m), azimuth, elevation (rad), time (s); sensors from row s on have none
    """
    for j in range(len(plots)):
        s = np.int64(plots[j].sensor)
        if s >= len(shift) or plots[j].kind == _TDOA:
            continue
        late_ns = np.int64(np.rint(shift[s, 3] * 1e9))
        if late_ns != 0:
            # Nothing is received before it is measured.
            plots[j].t_ns = min(plots[j].t_ns - late_ns, max(plots[j].rx_ns, plots[j].t_ns))
        if plots[j].kind != POLAR:
            continue
        plots[j].range_m -= shift[s, 0]
        azimuth = plots[j].azimuth_true_rad - shift[s, 1]
        if azimuth < 0.0:
            azimuth += TAU
        elif azimuth >= TAU:
            azimuth -= TAU
        plots[j].azimuth_true_rad = azimuth
        plots[j].elevation_rad -= shift[s, 2]
        cov = plots[j].cov
        cov[0] += variance[s, 0]
        cov[3] += variance[s, 1]
        cov[5] += variance[s, 2]
