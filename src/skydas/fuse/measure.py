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
from skydas.model import MODE_3A_UNKNOWN, PLOT, TAU, FloatArray, PlotFlag, PlotKind

# A view of PLOT in which the eight octets of the callsign are one number: kernels compare numbers.
PLOT_NUMBERS: Final = np.dtype([(name, "<u8" if name == "callsign" else PLOT[name]) for name in PLOT.names or ()])

HPA_M: Final = 8.23  # metres of height for one hectopascal near the ground
_ELEVATION_EXTENT_RAD: Final = 0.35  # false plots are spread over so much elevation,
HEIGHT_EXTENT_M: Final = 10_000.0  # so much height,
_RANGE_RATE_EXTENT_MPS: Final = 600.0  # so much range rate,
_TDOA_EXTENT_M: Final = 100_000.0  # and so much difference of ranges
_SIGMA_MIN_M: Final = 0.01
_SIGMA_MAX_M: Final = 100_000.0
_SIGMA_MIN_RAD: Final = 1e-6
_SINE_MAX: Final = 0.999  # of an elevation that is made of a height: nearer to overhead a height says little of it
_SOUND_ROUNDS: Final = 3
_NOTHING: Final[FloatArray] = np.zeros(3)

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
def row_of_receiver(receivers: Records, key: int) -> int:
    """Return the row of the sensor with this key in a table (RECEIVER) sorted by key, or -1."""
    low, high = 0, len(receivers)
    while low < high:
        middle = (low + high) // 2
        if receivers[middle].key < key:
            low = middle + 1
        else:
            high = middle
    return receivers[low].row if low < len(receivers) and receivers[low].key == key else -1


@njit(cache=True)
def partner_key(s: int, partner_object: int) -> int:
    """Return 62 bits, never 0, that stand for a track of the tracker that is sensor `s`."""
    mixed = np.uint64(partner_object) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(31)
    mixed = (mixed ^ np.uint64(s + 1)) * np.uint64(0xC2B2AE3D27D4EB4F)
    return np.int64(mixed >> np.uint64(2)) | 1  # type: ignore[return-value]


@njit(cache=True)
def prepare(
    now_ns: int, plots: Records, receivers: Records, sensors: Records, sensor_count: int, setups: Records, out: Records
) -> None:
    """Check every plot (PLOT_NUMBERS) and complete it. `receivers`: RECEIVER, the second ones of TDOAs by key."""
    setup = setups[0]
    for j in range(len(plots)):
        s = np.int64(plots[j].sensor)
        kind = np.int64(plots[j].kind)
        flags = np.int64(plots[j].flags)
        out[j].sensor = s
        out[j].kind = kind
        out[j].flags = flags
        out[j].other = row_of_receiver(receivers, np.int64(plots[j].object)) if kind == TDOA else -1
        is_partner = kind == TRACK_REPORT and plots[j].object != 0
        out[j].partner = partner_key(s, np.uint64(plots[j].object)) if is_partner else 0
        if s < 0 or s >= sensor_count:
            out[j].verdict = REFUSED_SENSOR
            continue
        t_ns = np.int64(plots[j].t_ns) - sensors[s].bias_ns
        out[j].t_ns = t_ns
        if t_ns > now_ns + setup.future_ns:
            out[j].verdict = REFUSED_FUTURE
            continue
        if t_ns < now_ns - setup.late_ns:
            out[j].verdict = REFUSED_LATE
            continue
        if flags & NOT_EVIDENCE:
            out[j].verdict = REFUSED_NOT_EVIDENCE
            continue
        if flags & NOT_A_TARGET:
            out[j].verdict = REFUSED_TEST
            continue
        out[j].mode_s = np.int64(plots[j].mode_s)
        if out[j].mode_s == 0 and flags & CLAIM and kind == POSITION:  # a drone's own name is as good as an address
            out[j].mode_s = np.int64(plots[j].object >> np.uint64(2)) & ~ADDRESS_MAX
        code = np.int64(plots[j].mode_3a)
        out[j].mode_3a = MODE_3A_UNKNOWN if flags & CODE_DOUBTFUL else code
        out[j].callsign = np.int64(plots[j].callsign)
        pressure_m = plots[j].height_pressure_m
        # Within what flies; a Mode C reply that is not is no height, but the plot still is a plot.
        is_height = -500.0 < pressure_m < 40_000.0 and not flags & CODE_DOUBTFUL
        out[j].height = pressure_m + setup.pressure_m if is_height else np.nan
        out[j].has_height = 1 if is_height else 0
        rate = plots[j].range_rate_mps
        out[j].range_rate = rate if abs(rate) < 15_000.0 else np.nan
        if kind == POLAR:
            out[j].verdict = _prepare_polar(plots, j, s, sensors, setup.plane, out)
        elif kind in (POSITION, TRACK_REPORT):
            out[j].verdict = _prepare_position(plots, j, s, sensors, setup, out)
        elif kind == BEARING:
            if sensors[s].is_acoustic:
                out[j].flags |= SOUND
            out[j].verdict = _prepare_bearing(plots, j, s, sensors, setup.plane, out)
        elif kind == TDOA:
            out[j].verdict = _prepare_tdoa(plots, j, s, sensor_count, out)
        else:
            out[j].verdict = REFUSED_KIND


@njit(cache=True)
def elevation_at(
    plane: FloatArray, sensor: Records, range_m: float, azimuth: float, height_m: float, up: FloatArray
) -> float:
    """Return the elevation (rad) at which `sensor` sees, in `range_m`, what is `height_m` above the ellipsoid.

    A 3-D radar that sends a height (CAT048 I048/110) has measured this angle, and made the height of it. By the law of
    cosines on a sphere, then one Newton step on the ellipsoid: within a metre of height up to 400 km. NaN where nothing
    in this range is so high or so low. up : (3,) scratch
    """
    above, below = SEMI_MAJOR_M + height_m, SEMI_MAJOR_M + sensor.height_hae
    sin_el = (above * above - below * below - range_m * range_m) / (2.0 * range_m * below)
    if not abs(sin_el) < _SINE_MAX:
        return np.nan
    cos_el = np.sqrt(1.0 - sin_el * sin_el)
    l0, l1, l2 = range_m * cos_el * np.sin(azimuth), range_m * cos_el * np.cos(azimuth), range_m * sin_el
    m, o = sensor.rotation, sensor.origin
    x = o[0] + m[0, 0] * l0 + m[1, 0] * l1 + m[2, 0] * l2
    y = o[1] + m[0, 1] * l0 + m[1, 1] * l1 + m[2, 1] * l2
    z = o[2] + m[0, 2] * l0 + m[1, 2] * l1 + m[2, 2] * l2
    missing = height_m - height_of(plane, x, y, z, up)
    return np.arctan2(sin_el, cos_el) + missing / (range_m * cos_el)


@njit(cache=True)
def _prepare_polar(plots: Records, j: int, s: int, sensors: Records, plane: FloatArray, out: Records) -> int:
    elevation = plots[j].elevation_rad
    if np.isnan(elevation) and np.isfinite(plots[j].height_hae_m) and plots[j].cov[5] > 0.0 and plots[j].range_m > 1.0:
        # The height is made of the angle as the radar measured it, so the angle has the radar's bias.
        elevation = elevation_at(
            plane, sensors[s], plots[j].range_m, plots[j].azimuth_true_rad, plots[j].height_hae_m, out[j].place
        )
    range_m = plots[j].range_m - sensors[s].bias[0]
    azimuth = plots[j].azimuth_true_rad - sensors[s].bias[1]
    elevation -= sensors[s].bias[2]
    if not (np.isfinite(range_m) and np.isfinite(azimuth)) or np.isinf(elevation):
        return REFUSED_NOT_FINITE
    if not (max(sensors[s].limits_m[0], 1.0) <= range_m <= sensors[s].limits_m[1]):
        return REFUSED_RANGE
    has_elevation = not np.isnan(elevation)
    cov = plots[j].cov
    if has_elevation and not cov[5] > 0.0:
        return REFUSED_COVARIANCE
    if not (_SIGMA_MIN_M**2 <= cov[0] <= _SIGMA_MAX_M**2) or not cov[3] >= _SIGMA_MIN_RAD**2:
        return REFUSED_COVARIANCE
    count = 3 if has_elevation else 2
    log_det = whitening(cov, sensors[s].bias_variance, 0, count, out[j].axes)
    if not np.isfinite(log_det):
        return REFUSED_COVARIANCE
    if has_elevation:
        sin_el, cos_el = np.sin(elevation), np.cos(elevation)
        out[j].has_height = 1
    else:  # the elevation at which something in its height would be seen: earth's curvature to second order
        height = out[j].height if out[j].has_height else sensors[s].height[0]
        sin_el = (height - sensors[s].height_hae) / range_m - range_m / (2.0 * SEMI_MAJOR_M)
        sin_el = min(max(sin_el, -0.98), 0.98)
        cos_el = np.sqrt(1.0 - sin_el * sin_el)
    l0 = range_m * cos_el * np.sin(azimuth)
    l1 = range_m * cos_el * np.cos(azimuth)
    l2 = range_m * sin_el
    for a in range(3):
        m = sensors[s].rotation
        out[j].place[a] = sensors[s].origin[a] + m[0, a] * l0 + m[1, a] * l1 + m[2, a] * l2
    out[j].z[0], out[j].z[1], out[j].z[2] = range_m, azimuth, elevation
    out[j].count = count
    # Where the height is unknown, slant range does not say ground range: the bound is the sine times its sigma.
    unsure = (
        0.0 if has_elevation else abs(sin_el) / cos_el * sensors[s].height[1] * (0.05 if out[j].has_height else 1.0)
    )
    added = sensors[s].bias_variance
    steep = range_m * abs(sin_el) * np.sqrt(cov[5] + added[2]) if has_elevation else 0.0
    across = range_m * range_m * (cov[3] + added[1])
    out[j].sigma = np.sqrt(max(cov[0] + added[0], across) + unsure * unsure + steep * steep)
    out[j].log_unit = log_det + np.log(range_m)
    if has_elevation:
        out[j].log_unit -= np.log(_ELEVATION_EXTENT_RAD)
    return ACCEPTED


@njit(cache=True)
def _prepare_position(plots: Records, j: int, s: int, sensors: Records, setup: Records, out: Records) -> int:
    latitude, longitude, height = plots[j].latitude_rad, plots[j].longitude_rad, plots[j].height_hae_m
    if not (np.isfinite(latitude) and np.isfinite(longitude)) or np.isinf(height):
        return REFUSED_NOT_FINITE
    if abs(latitude) > 0.25 * TAU or abs(longitude) > TAU:
        return REFUSED_NOT_FINITE
    plane = setup.plane
    has_height = not np.isnan(height)
    if has_height and not -500.0 <= height <= 2e6:
        return REFUSED_RANGE
    cov = plots[j].cov
    if not (_SIGMA_MIN_M**2 <= cov[0] <= _SIGMA_MAX_M**2 and _SIGMA_MIN_M**2 <= cov[3] <= _SIGMA_MAX_M**2):
        return REFUSED_COVARIANCE
    if has_height and not _SIGMA_MIN_M**2 <= cov[5] <= _SIGMA_MAX_M**2:
        return REFUSED_COVARIANCE
    count = 3 if has_height else 2
    white = out[j].axes
    log_det = whitening(cov, _NOTHING, 0, count, white)
    if not np.isfinite(log_det):
        return REFUSED_COVARIANCE
    used = height if has_height else out[j].height if out[j].has_height else sensors[s].height[0]
    place_of(plane, latitude, longitude, used, out[j].place)
    sin_lat, cos_lat = np.sin(latitude), np.cos(latitude)
    sin_lon, cos_lon = np.sin(longitude), np.cos(longitude)
    dx, dy = out[j].place[0] - sensors[s].origin[0], out[j].place[1] - sensors[s].origin[1]
    if dx * dx + dy * dy > sensors[s].limits_m[1] ** 2:
        return REFUSED_RANGE
    shrink = 1.0
    if out[j].kind == TRACK_REPORT:
        shrink = 1.0 / np.sqrt(setup.tracker_factor)
    elif out[j].flags & CLAIM:
        shrink = 1.0 / np.sqrt(setup.claim_factor)
    log_det -= count * np.log(shrink)
    w00, w10, w11 = white[0] * shrink, white[3] * shrink, white[4] * shrink
    w20, w21, w22 = white[6] * shrink, white[7] * shrink, white[8] * shrink
    for k in range(3):
        out[j].z[k] = 0.0
    for a in range(3):  # east, north, up at the plot's place, in the node's plane, then whitened
        r0, r1, r2 = plane[3 + a], plane[6 + a], plane[9 + a]
        east = -r0 * sin_lon + r1 * cos_lon
        north = -r0 * sin_lat * cos_lon - r1 * sin_lat * sin_lon + r2 * cos_lat
        up = r0 * cos_lat * cos_lon + r1 * cos_lat * sin_lon + r2 * sin_lat
        place = out[j].place[a]
        white[a] = w00 * east
        white[3 + a] = w10 * east + w11 * north
        white[6 + a] = w20 * east + w21 * north + w22 * up
        out[j].z[0] += white[a] * place
        out[j].z[1] += white[3 + a] * place
        out[j].z[2] += white[6 + a] * place
    out[j].count = count
    out[j].sigma = np.sqrt(max(cov[0], cov[3])) / shrink
    out[j].log_unit = log_det
    if has_height:
        out[j].has_height = 1
        out[j].height = np.nan  # the geometric height is the better one of the same thing
        out[j].log_unit -= np.log(HEIGHT_EXTENT_M)
    return ACCEPTED


@njit(cache=True)
def _prepare_bearing(plots: Records, j: int, s: int, sensors: Records, plane: FloatArray, out: Records) -> int:
    azimuth = plots[j].azimuth_true_rad - sensors[s].bias[1]
    elevation = plots[j].elevation_rad - sensors[s].bias[2]
    if not np.isfinite(azimuth) or np.isinf(elevation):
        return REFUSED_NOT_FINITE
    cov = plots[j].cov
    count = 1 if np.isnan(elevation) else 2
    if not cov[3] >= _SIGMA_MIN_RAD**2 or (count == 2 and not cov[5] > 0.0):
        return REFUSED_COVARIANCE
    log_det = whitening(cov, sensors[s].bias_variance, 1, count, out[j].axes)
    if not np.isfinite(log_det):
        return REFUSED_COVARIANCE
    for a in range(3):
        out[j].place[a] = sensors[s].origin[a]
    latitude, longitude = plots[j].latitude_rad, plots[j].longitude_rad
    if np.isfinite(latitude) and np.isfinite(longitude):  # where a sensor that moves was
        height = plots[j].height_hae_m
        place_of(plane, latitude, longitude, height if np.isfinite(height) else sensors[s].height_hae, out[j].place)
        azimuth += _north_there(plane, sensors[s].rotation, latitude, longitude)
    out[j].z[0], out[j].z[1], out[j].z[2] = azimuth, elevation, 0.0
    out[j].count = count
    if count == 2:
        out[j].has_height = 1
    out[j].sigma = np.sqrt(cov[3] + sensors[s].bias_variance[1])
    out[j].log_unit = log_det - np.log(TAU)  # for one false bearing a scan
    if count == 2:
        out[j].log_unit -= np.log(_ELEVATION_EXTENT_RAD)
    return ACCEPTED


@njit(cache=True)
def _north_there(plane: FloatArray, m: FloatArray, latitude: float, longitude: float) -> float:
    """Return the azimuth, in the axes `m` (3, 3) of a sensor's declared place, of true north at another place."""
    n0, n1, n2 = -np.sin(latitude) * np.cos(longitude), -np.sin(latitude) * np.sin(longitude), np.cos(latitude)
    e = plane[3] * n0 + plane[6] * n1 + plane[9] * n2
    f = plane[4] * n0 + plane[7] * n1 + plane[10] * n2
    g = plane[5] * n0 + plane[8] * n1 + plane[11] * n2
    return np.arctan2(m[0, 0] * e + m[0, 1] * f + m[0, 2] * g, m[1, 0] * e + m[1, 1] * f + m[1, 2] * g)


@njit(cache=True)
def _prepare_tdoa(plots: Records, j: int, s: int, sensor_count: int, out: Records) -> int:
    difference = plots[j].range_m
    if not np.isfinite(difference):
        return REFUSED_NOT_FINITE
    if out[j].other < 0 or out[j].other >= sensor_count or out[j].other == s:
        return REFUSED_SENSOR
    variance = plots[j].cov[0]
    if not _SIGMA_MIN_M**2 <= variance <= _SIGMA_MAX_M**2:
        return REFUSED_COVARIANCE
    out[j].z[0] = difference
    out[j].axes[0] = 1.0 / np.sqrt(variance)
    out[j].count = 1
    out[j].sigma = np.sqrt(variance)
    out[j].log_unit = 0.5 * np.log(variance) - np.log(_TDOA_EXTENT_M)
    return ACCEPTED


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
