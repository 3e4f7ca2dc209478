"""The tracker's private store: columns of tracks and sensors that the kernels work on.

A NamedTuple of arrays is one argument to a kernel and still has names. A row of `Tracks` is one track; a row whose
`status` is FREE is nobody's. The covariances are packed: the upper triangle by rows, 21 numbers of a 6 x 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeVar

import numpy as np

from skydas.fuse.params import FuseParams
from skydas.geo import TangentPlane
from skydas.model import FloatArray, IntArray, SensorConfig

MODELS: Final = 3  # quiet, manoeuvring, hovering
SLOTS: Final = 8  # sensors remembered of each track
FREE: Final = -1
TRACKS_MIN: Final = 1024
TRACKS_MAX: Final = 1 << 21
MAP_CELLS: Final = 128  # of a side of a sensor's clutter map
MAP_PARENTS: Final = 16
LEVELS: Final = 4
CODES_PER_TRACK: Final = 4  # slots of the table of codes for each row of the store: it stays three quarters empty

# What may set a sensor apart in the kernels.
RADAR: Final = 0
COOPERATIVE: Final = 1
OTHER: Final = 2


class Tracks(NamedTuple):
    """One row a track."""

    mean: FloatArray  # (k, MODELS, 6) position and velocity in the node's plane, m and m/s
    cov: FloatArray  # (k, MODELS, 21)
    weight: FloatArray  # (k, MODELS) probability of each model
    centre: FloatArray  # (k, 6) mean over the models
    spread: FloatArray  # (k, 2) sigma over the models: of horizontal position (m) and velocity (m/s), bounds
    llr: FloatArray  # (k,) logarithm of the odds that it exists
    t_ns: IntArray  # (k,) instant of the state
    first_ns: IntArray  # (k,)
    last_ns: IntArray  # (k,) newest plot
    number: IntArray  # (k,)
    status: IntArray  # (k,) TrackStatus or FREE
    flags: IntArray  # (k,) TrackFlag
    hits: IntArray  # (k,) plots
    strikes: IntArray  # (k,) plots with its own code that it cannot have reached, in a row
    mode_s: IntArray  # (k,)
    mode_3a: IntArray  # (k,)
    callsign: IntArray  # (k,) eight octets as one number
    sensors: IntArray  # (k,) bit set over the sensor table
    slot_sensor: IntArray  # (k, SLOTS) row of the sensor table, FREE where none
    slot_ns: IntArray  # (k, SLOTS) when that sensor last saw it, or last should have
    cell: IntArray  # (k,) key of its cell in the index
    after: IntArray  # (k,) next row in the same bucket
    before: IntArray  # (k,)
    index_ns: IntArray  # (k,) instant of its place in the index
    stack: IntArray  # (k,) free rows, the next to be used on top


class Table(NamedTuple):
    """What belongs to all tracks together."""

    bucket: IntArray  # (b,) first row of each bucket of the index
    code: IntArray  # (c,) mode_s, 0 empty
    code_row: IntArray  # (c,) row of the track that has it, FREE: dropped
    code_number: IntArray  # (c,) its number, kept when it is dropped
    code_ns: IntArray  # (c,) when it was last alive


class Sensors(NamedTuple):
    """One row a sensor: where it stands, what it may do, what was learned of it."""

    rotation: FloatArray  # (s, 3, 3) from the node's plane to the sensor's east, north, up
    origin: FloatArray  # (s, 3) in the node's plane
    kind: IntArray  # (s,) RADAR, COOPERATIVE or OTHER
    period_ns: IntArray  # (s,)
    detection: FloatArray  # (s,)
    limits_m: FloatArray  # (s, 2) nearest and furthest range
    bias: FloatArray  # (s, 3) range (m), azimuth, elevation (rad), taken off every plot
    bias_ns: IntArray  # (s,)
    sigma_range_rate: FloatArray  # (s,)
    height: FloatArray  # (s, 2) height above the ellipsoid before it is measured, and its sigma
    velocity_sigma: FloatArray  # (s,) horizontal, before it is measured
    height_hae: FloatArray  # (s,) of the sensor
    newest_ns: IntArray  # (s,) its newest plot
    scan: IntArray  # (s,) turn of the antenna that the clutter map has reached
    map: FloatArray  # (s, MAP_CELLS, MAP_CELLS) unclaimed plots, in units of `map_unit`
    map_parent: FloatArray  # (s, MAP_PARENTS, MAP_PARENTS)
    map_total: FloatArray  # (s,)
    map_unit: FloatArray  # (s,) what one plot counts now: it grows, so that older ones shrink
    map_scans: FloatArray  # (s,) turns seen, in the same unit


AnyColumns = TypeVar("AnyColumns", Tracks, Table, Sensors)


def empty_store(capacity: int) -> Tracks:
    """Return a store of `capacity` free rows."""

    def whole(*shape: int) -> IntArray:
        return np.zeros((capacity, *shape), np.int64)

    def real(*shape: int) -> FloatArray:
        return np.zeros((capacity, *shape))

    tracks = Tracks(
        mean=real(MODELS, 6), cov=real(MODELS, 21), weight=real(MODELS), centre=real(6), spread=real(2), llr=real(),
        t_ns=whole(), first_ns=whole(), last_ns=whole(), number=whole(), status=whole(), flags=whole(), hits=whole(),
        strikes=whole(), mode_s=whole(), mode_3a=whole(), callsign=whole(), sensors=whole(),
        slot_sensor=whole(SLOTS), slot_ns=whole(SLOTS), cell=whole(), after=whole(), before=whole(),
        index_ns=whole(), stack=whole(),
    )  # fmt: skip
    tracks.status[:] = FREE
    tracks.stack[:] = np.arange(capacity - 1, -1, -1)
    return tracks


def grown(tracks: Tracks, capacity: int, free_count: int) -> Tracks:
    """Return `tracks` with room for `capacity` rows; new rows lie under those that are free already."""
    old = len(tracks.status)
    bigger = empty_store(capacity)
    for target, source in zip(bigger, tracks, strict=True):
        target[:old] = source
    added = capacity - old
    bigger.stack[added : added + free_count] = tracks.stack[:free_count]
    bigger.stack[:added] = np.arange(capacity - 1, old - 1, -1)
    return bigger


def empty_table(capacity: int) -> Table:
    """Return the index and the table of codes for `capacity` tracks, both sizes powers of two."""
    size = 1 << (capacity * CODES_PER_TRACK - 1).bit_length()
    return Table(
        bucket=np.full(size, FREE, np.int64),
        code=np.zeros(size, np.int64),
        code_row=np.full(size, FREE, np.int64),
        code_number=np.zeros(size, np.int64),
        code_ns=np.zeros(size, np.int64),
    )


_LOW_KINDS: Final = ("remote_id", "rf", "acoustic", "camera")
_COOPERATIVE_KINDS: Final = ("adsb", "mlat", "remote_id", "tracker")


def sensor_columns(params: FuseParams, sensors: Sequence[SensorConfig], plane: TangentPlane) -> Sensors:
    """Return the columns of the sensor table; a sensor without a place stands at the plane's origin."""
    count = max(len(sensors), 1)
    columns = Sensors(
        rotation=np.tile(np.eye(3), (count, 1, 1)), origin=np.zeros((count, 3)), kind=np.zeros(count, np.int64),
        period_ns=np.ones(count, np.int64), detection=np.full(count, 0.9), limits_m=np.zeros((count, 2)),
        bias=np.zeros((count, 3)), bias_ns=np.zeros(count, np.int64), sigma_range_rate=np.ones(count),
        height=np.zeros((count, 2)), velocity_sigma=np.zeros(count), height_hae=np.zeros(count),
        newest_ns=np.zeros(count, np.int64), scan=np.zeros(count, np.int64),
        map=np.zeros((count, MAP_CELLS, MAP_CELLS)), map_parent=np.zeros((count, MAP_PARENTS, MAP_PARENTS)),
        map_total=np.zeros(count), map_unit=np.ones(count), map_scans=np.zeros(count),
    )  # fmt: skip
    for row, sensor in enumerate(sensors):
        has_place = sensor.latitude_deg is not None and sensor.longitude_deg is not None
        latitude = np.radians(sensor.latitude_deg if has_place else plane.latitude_deg)
        longitude = np.radians(sensor.longitude_deg if has_place else plane.longitude_deg)
        columns.origin[row] = plane.enu_from_geodetic(latitude, longitude, np.float64(sensor.height_hae_m))
        columns.rotation[row] = plane.rotation_from(float(latitude), float(longitude)).T
        is_radar = sensor.kind in ("radar_2d", "radar_3d")
        columns.kind[row] = RADAR if is_radar else COOPERATIVE if sensor.kind in _COOPERATIVE_KINDS else OTHER
        columns.period_ns[row] = max(round(sensor.period_s * 1e9), 1_000_000)
        columns.detection[row] = min(max(sensor.detection_probability, 0.3), 0.95)
        columns.limits_m[row] = sensor.range_m_min, sensor.range_m_max
        columns.bias[row] = (
            sensor.bias_range_m,
            np.radians(sensor.bias_azimuth_deg),
            np.radians(sensor.bias_elevation_deg),
        )
        columns.bias_ns[row] = round(sensor.bias_time_s * 1e9)
        columns.sigma_range_rate[row] = sensor.sigma_range_rate_mps
        columns.height_hae[row] = sensor.height_hae_m
        is_low = sensor.kind in _LOW_KINDS or (is_radar and sensor.range_m_max <= params.low_range_m)
        columns.velocity_sigma[row] = params.velocity_sigma_low_mps if is_low else params.velocity_sigma_mps
        if is_low:
            columns.height[row] = sensor.height_hae_m + params.height_low_m, params.height_low_sigma_m
        else:
            columns.height[row] = params.height_m, params.height_sigma_m
    return columns
