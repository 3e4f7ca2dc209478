"""From a plot to what does not depend on a track: checked, corrected by its sensor's biases, whitened, placed."""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from skydas.fuse.measure import (
    ACCEPTED,
    ADDRESS_MAX,
    BEARING,
    CLAIM,
    CODE_DOUBTFUL,
    HEIGHT_EXTENT_M,
    NOT_A_TARGET,
    NOT_EVIDENCE,
    POLAR,
    POSITION,
    REFUSED_COVARIANCE,
    REFUSED_FUTURE,
    REFUSED_KIND,
    REFUSED_LATE,
    REFUSED_NOT_EVIDENCE,
    REFUSED_NOT_FINITE,
    REFUSED_RANGE,
    REFUSED_SENSOR,
    REFUSED_TEST,
    SOUND,
    TDOA,
    TRACK_REPORT,
    height_of,
    place_of,
    whitening,
)
from skydas.fuse.records import Records
from skydas.geo.frames import SEMI_MAJOR_M
from skydas.model import MODE_3A_UNKNOWN, TAU, FloatArray

_NOTHING: Final[FloatArray] = np.zeros(3)
_SIGMA_MAX_M: Final = 100_000.0
_SINE_MAX: Final = 0.999  # of an elevation that is made of a height: nearer to overhead a height says little of it
_SIGMA_MIN_M: Final = 0.01
_SIGMA_MIN_RAD: Final = 1e-6
_ELEVATION_EXTENT_RAD: Final = 0.35  # false plots are spread over so much elevation,
_TDOA_EXTENT_M: Final = 100_000.0  # and so much difference of ranges


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
