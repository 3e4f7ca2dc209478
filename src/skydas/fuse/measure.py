"""Plots as scalar measurements: checked, whitened, and as rows h(x), H at a track's state.

`prepare` does once per plot what does not depend on a track; `rows` makes up to six scalar measurements of plot and
state. The rows that the sensor measures together are whitened by the Cholesky factor of their covariance, so each has
variance 1 and they can be absorbed one after the other.
"""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from skydas.fuse.records import ROWS_MAX, Records
from skydas.geo import TangentPlane
from skydas.geo.frames import SEMI_MAJOR_M, SEMI_MINOR_M
from skydas.model import PLOT, FloatArray, PlotFlag, PlotKind

# A view of PLOT in which the eight octets of the callsign are one number: kernels compare numbers.
PLOT_NUMBERS: Final = np.dtype([(name, "<u8" if name == "callsign" else PLOT[name]) for name in PLOT.names or ()])

HPA_M: Final = 8.23  # metres of height for one hectopascal near the ground
HEIGHT_EXTENT_M: Final = 10_000.0  # so much height,
_RANGE_RATE_EXTENT_MPS: Final = 600.0  # so much range rate,
_SOUND_ROUNDS: Final = 3

POLAR: Final = int(PlotKind.POLAR)
POSITION: Final = int(PlotKind.POSITION)
BEARING: Final = int(PlotKind.BEARING)
TDOA: Final = int(PlotKind.TDOA)
TRACK_REPORT: Final = int(PlotKind.TRACK)
NOT_EVIDENCE: Final = int(PlotFlag.COASTED | PlotFlag.DERIVED | PlotFlag.TRACK_END)
NOT_A_TARGET: Final = int(PlotFlag.TEST | PlotFlag.FIELD_MONITOR)
CLAIM: Final = int(PlotFlag.CLAIM)
SOUND: Final = int(PlotFlag.SOUND)
CODE_DOUBTFUL: Final = int(PlotFlag.CODE_GARBLED | PlotFlag.CODE_NOT_VALID)

ADDRESS_MAX: Final = 0xFFFFFF  # Mode S; a code with a bit above these stands for a name

# Why a plot was refused; the names are in counters.py, in this order.
ACCEPTED: Final = 0
REFUSED_SENSOR: Final = 1
REFUSED_LATE: Final = 2
REFUSED_FUTURE: Final = 3
REFUSED_NOT_FINITE: Final = 4
REFUSED_RANGE: Final = 5
REFUSED_COVARIANCE: Final = 6
REFUSED_NOT_EVIDENCE: Final = 7
REFUSED_TEST: Final = 8
REFUSED_KIND: Final = 9


def plane_numbers(plane: TangentPlane) -> FloatArray:
    """Return the plane as (12,): origin in ECEF, rotation to ECEF by rows."""
    return np.concatenate((plane.origin_ecef_m, plane.rotation_enu_to_ecef.ravel()))


@njit(cache=True)
def height_of(plane: FloatArray, x: float, y: float, z: float, up: FloatArray) -> float:
    """Return the height above the ellipsoid (m) of a point of the plane, and the local vertical in `up` (3,).

    The height is taken along the radius instead of the normal: under 0.1 m of difference up to 15 km.
    """
    ex = plane[0] + plane[3] * x + plane[4] * y + plane[5] * z
    ey = plane[1] + plane[6] * x + plane[7] * y + plane[8] * z
    ez = plane[2] + plane[9] * x + plane[10] * y + plane[11] * z
    p2, z2 = ex * ex + ey * ey, ez * ez
    r2 = p2 + z2
    a2, b2 = SEMI_MAJOR_M * SEMI_MAJOR_M, SEMI_MINOR_M * SEMI_MINOR_M
    radius = np.sqrt(a2 * b2 * r2 / (b2 * p2 + a2 * z2))
    nx, ny, nz = ex / a2, ey / a2, ez / b2
    n = 1.0 / np.sqrt(nx * nx + ny * ny + nz * nz)
    nx, ny, nz = nx * n, ny * n, nz * n
    up[0] = plane[3] * nx + plane[6] * ny + plane[9] * nz
    up[1] = plane[4] * nx + plane[7] * ny + plane[10] * nz
    up[2] = plane[5] * nx + plane[8] * ny + plane[11] * nz
    return np.sqrt(r2) - radius


@njit(cache=True)
def place_of(plane: FloatArray, latitude: float, longitude: float, height: float, out: FloatArray) -> None:
    """Write a place on the ellipsoid (rad, m) to `out` (3,), in the node's plane."""
    sin_lat, cos_lat = np.sin(latitude), np.cos(latitude)
    ratio = (SEMI_MINOR_M / SEMI_MAJOR_M) ** 2
    normal = SEMI_MAJOR_M / np.sqrt(1.0 - (1.0 - ratio) * sin_lat * sin_lat)
    d0 = (normal + height) * cos_lat * np.cos(longitude) - plane[0]
    d1 = (normal + height) * cos_lat * np.sin(longitude) - plane[1]
    d2 = (normal * ratio + height) * sin_lat - plane[2]
    for a in range(3):
        out[a] = plane[3 + a] * d0 + plane[6 + a] * d1 + plane[9 + a] * d2


@njit(cache=True)
def whitening(cov: FloatArray, added: FloatArray, first: int, size: int, out: FloatArray) -> float:
    """Write the inverse Cholesky factor of a covariance (packed 3 x 3) as 3 x 3 by rows to `out` (9,).

    added : (3,) more variance, on the diagonal
    Only the `size` rows from `first` (0 or 1) on count; they come first in `out`. Return the log of the factor's
    determinant, or NaN where the covariance is none.
    """
    for k in range(9):
        out[k] = 0.0
    c00 = cov[0] + added[0] if first == 0 else cov[3] + added[1]
    c01 = cov[1] if first == 0 else cov[4]
    c11 = cov[3] + added[1] if first == 0 else cov[5] + added[2]
    if not c00 > 0.0:
        return np.nan
    l00 = np.sqrt(c00)
    out[0] = 1.0 / l00
    if size == 1:
        return np.log(l00)
    l10 = c01 / l00
    d1 = c11 - l10 * l10
    if not d1 > 0.0:
        return np.nan
    l11 = np.sqrt(d1)
    out[3] = -l10 / (l00 * l11)
    out[4] = 1.0 / l11
    if size == 2:
        return np.log(l00 * l11)
    l20 = cov[2] / l00
    l21 = (cov[4] - l20 * l10) / l11
    d2 = cov[5] + added[2] - l20 * l20 - l21 * l21
    if not d2 > 0.0:
        return np.nan
    l22 = np.sqrt(d2)
    out[6] = (l10 * l21 - l20 * l11) / (l00 * l11 * l22)
    out[7] = -l21 / (l11 * l22)
    out[8] = 1.0 / l22
    return np.log(l00 * l11 * l22)


@njit(cache=True)
def rows(
    prepared: Records,
    sensors: Records,
    setup: Records,
    j: int,
    x: FloatArray,
    shift_s: float,
    assumed: bool,
    desk: Records,
) -> int:
    """Write plot `j` as scalar measurements of the state `x` (6,) to desk.h (ROWS_MAX, 6), .residual and .variance.

    shift_s  : the plot's time less the state's; the place is taken along the velocity
    assumed  : the track's height was never measured: its prior is held by a weak row, the last one
    desk.log_unit receives the log of the false plots per unit of the rows that count, for one per m2
    Returns the number of rows; the last is the prior's, and no evidence, if the plot measures no height.
    """
    kind, s = prepared[j].kind, prepared[j].sensor
    count = prepared[j].count
    h, residual, variance = desk.h, desk.residual, desk.variance
    desk.log_unit = prepared[j].log_unit
    x0, x1, x2 = x[0] + shift_s * x[3], x[1] + shift_s * x[4], x[2] + shift_s * x[5]
    for k in range(ROWS_MAX):
        h[k, 3] = h[k, 4] = h[k, 5] = 0.0
    slope = 0.0
    if kind == BEARING and prepared[j].flags & SOUND:
        shift_s, slope = _heard(prepared, j, x, shift_s, setup.sound_slowness)
        x0, x1, x2 = x[0] + shift_s * x[3], x[1] + shift_s * x[4], x[2] + shift_s * x[5]
    if kind in (POSITION, TRACK_REPORT):
        for k in range(count):
            a0, a1, a2 = prepared[j].axes[k * 3], prepared[j].axes[k * 3 + 1], prepared[j].axes[k * 3 + 2]
            h[k, 0], h[k, 1], h[k, 2] = a0, a1, a2
            residual[k] = prepared[j].z[k] - (a0 * x0 + a1 * x1 + a2 * x2)
            variance[k] = 1.0
    elif kind == TDOA:
        count = _tdoa_row(prepared, sensors, j, x0, x1, x2, desk)
    else:
        count = _polar_rows(prepared, sensors, j, x, x0, x1, x2, desk)
    if slope != 0.0:  # a place further away is heard as it was earlier
        d0, d1, d2 = x0 - prepared[j].place[0], x1 - prepared[j].place[1], x2 - prepared[j].place[2]
        for k in range(count):
            along = slope * (h[k, 0] * x[3] + h[k, 1] * x[4] + h[k, 2] * x[5])
            h[k, 0] += along * d0
            h[k, 1] += along * d1
            h[k, 2] += along * d2
    has_scalar = not np.isnan(prepared[j].height)
    holds_prior = assumed and prepared[j].has_height == 0
    if has_scalar or holds_prior:
        height = height_of(setup.plane, x0, x1, x2, desk.up)
        h[count, 0], h[count, 1], h[count, 2] = desk.up[0], desk.up[1], desk.up[2]
        if has_scalar:
            residual[count] = prepared[j].height - height
            variance[count] = setup.mode_c_variance
            desk.log_unit -= np.log(HEIGHT_EXTENT_M)
        else:
            residual[count] = sensors[s].height[0] - height
            variance[count] = setup.height_pull * sensors[s].height[1] ** 2
        count += 1
    if shift_s != 0.0:
        for k in range(count):
            h[k, 3] += shift_s * h[k, 0]
            h[k, 4] += shift_s * h[k, 1]
            h[k, 5] += shift_s * h[k, 2]
    return count


@njit(cache=True)
def _heard(prepared: Records, j: int, x: FloatArray, shift_s: float, slowness: float) -> tuple[float, float]:
    """Return when what is heard set out, as a shift from the state's instant, and its slope by place, over the way.

    te = shift - |x + te v - s| / c by Newton: d te / d x = slope (x + te v - s)
    """
    place = prepared[j].place
    te, slope = shift_s, 0.0
    for _ in range(_SOUND_ROUNDS):
        d0, d1, d2 = x[0] + te * x[3] - place[0], x[1] + te * x[4] - place[1], x[2] + te * x[5] - place[2]
        way = max(np.sqrt(d0 * d0 + d1 * d1 + d2 * d2), 1.0)
        steep = max(1.0 + slowness * (d0 * x[3] + d1 * x[4] + d2 * x[5]) / way, 0.05)
        te -= (te - shift_s + slowness * way) / steep
        slope = -slowness / (steep * way)
    return te, slope


@njit(cache=True)
def _polar_rows(
    prepared: Records, sensors: Records, j: int, x: FloatArray, x0: float, x1: float, x2: float, desk: Records
) -> int:
    h, residual, variance, g, r = desk.h, desk.residual, desk.variance, desk.g, desk.r
    s, count = prepared[j].sensor, prepared[j].count
    m = sensors[s].rotation
    site = sensors[s].origin if prepared[j].kind == POLAR else prepared[j].place
    d0, d1, d2 = x0 - site[0], x1 - site[1], x2 - site[2]
    l0 = m[0, 0] * d0 + m[0, 1] * d1 + m[0, 2] * d2
    l1 = m[1, 0] * d0 + m[1, 1] * d1 + m[1, 2] * d2
    l2 = m[2, 0] * d0 + m[2, 1] * d1 + m[2, 2] * d2
    ground2 = max(l0 * l0 + l1 * l1, 1.0)
    ground = np.sqrt(ground2)
    slant = np.sqrt(ground2 + l2 * l2)
    is_polar = prepared[j].kind == POLAR
    first = 1 if is_polar else 0  # a bearing's values and whitening begin with the azimuth
    azimuth = prepared[j].z[first]
    sin_z, cos_z = np.sin(azimuth), np.cos(azimuth)
    turn = np.arctan2(sin_z * l1 - cos_z * l0, cos_z * l1 + sin_z * l0)  # wrapped by itself
    if is_polar:
        r[0] = prepared[j].z[0] - slant
        g[0, 0], g[0, 1], g[0, 2] = l0 / slant, l1 / slant, l2 / slant
    r[first] = turn
    g[first, 0], g[first, 1], g[first, 2] = l1 / ground2, -l0 / ground2, 0.0
    if count == first + 2:
        r[first + 1] = prepared[j].z[first + 1] - np.arctan2(l2, ground)
        w = l2 / (slant * slant * ground)
        g[first + 1, 0], g[first + 1, 1], g[first + 1, 2] = -l0 * w, -l1 * w, ground / (slant * slant)
    for k in range(count):
        g0 = g1 = g2 = value = 0.0
        for b in range(k + 1):
            white = prepared[j].axes[k * 3 + b]
            g0 += white * g[b, 0]
            g1 += white * g[b, 1]
            g2 += white * g[b, 2]
            value += white * r[b]
        h[k, 0] = m[0, 0] * g0 + m[1, 0] * g1 + m[2, 0] * g2
        h[k, 1] = m[0, 1] * g0 + m[1, 1] * g1 + m[2, 1] * g2
        h[k, 2] = m[0, 2] * g0 + m[1, 2] * g1 + m[2, 2] * g2
        residual[k] = value
        variance[k] = 1.0
    rate = prepared[j].range_rate
    if is_polar and not np.isnan(rate):
        u0, u1, u2 = d0 / slant, d1 / slant, d2 / slant
        predicted = u0 * x[3] + u1 * x[4] + u2 * x[5]
        h[count, 0] = (x[3] - predicted * u0) / slant
        h[count, 1] = (x[4] - predicted * u1) / slant
        h[count, 2] = (x[5] - predicted * u2) / slant
        h[count, 3], h[count, 4], h[count, 5] = u0, u1, u2
        residual[count] = rate - predicted
        variance[count] = sensors[s].sigma_range_rate ** 2
        desk.log_unit -= np.log(_RANGE_RATE_EXTENT_MPS)
        count += 1
    return count


@njit(cache=True)
def _tdoa_row(prepared: Records, sensors: Records, j: int, x0: float, x1: float, x2: float, desk: Records) -> int:
    h, residual, variance = desk.h, desk.residual, desk.variance
    s, other, white = prepared[j].sensor, prepared[j].other, prepared[j].axes[0]
    a0, a1, a2 = x0 - sensors[s].origin[0], x1 - sensors[s].origin[1], x2 - sensors[s].origin[2]
    b0, b1, b2 = x0 - sensors[other].origin[0], x1 - sensors[other].origin[1], x2 - sensors[other].origin[2]
    a = max(np.sqrt(a0 * a0 + a1 * a1 + a2 * a2), 1.0)
    b = max(np.sqrt(b0 * b0 + b1 * b1 + b2 * b2), 1.0)
    h[0, 0], h[0, 1], h[0, 2] = white * (a0 / a - b0 / b), white * (a1 / a - b1 / b), white * (a2 / a - b2 / b)
    residual[0] = white * (prepared[j].z[0] - (a - b))
    variance[0] = 1.0
    return 1
