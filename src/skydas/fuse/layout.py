"""Making and growing the private store, and turning parameters and sensors into what the kernels read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from skydas.fuse import counters as c
from skydas.fuse.life import COOPERATIVE, MAP_PRIOR, OTHER, PEOPLE, RADAR
from skydas.fuse.measure import HPA_M, plane_numbers
from skydas.fuse.params import FuseParams
from skydas.fuse.records import (
    BEARINGS_KEPT_MAX,
    BELIEVED,
    CANDIDATES_MAX,
    CODE,
    CROWD_MAX,
    DESK,
    EDGE,
    FREE,
    GROUP,
    GROUPS_MAX,
    KEPT,
    LOST,
    LOST_MAX,
    MEMBER,
    MERGED,
    MERGED_MAX,
    MODELS,
    NEEDS_SUPPORT,
    OWN,
    PAIR,
    PARTNER,
    PARTNERS_MAX,
    PLACE,
    PREPARED,
    RECEIVER,
    RUN_MAX,
    SENSOR,
    SETUP,
    TRACK_STATE,
    Store,
    Work,
)
from skydas.geo import TangentPlane
from skydas.model import NS_PER_S, FloatArray, IntArray, Rows, SensorConfig, TrackStatus, sensor_key, sensor_key_of

TRACKS_MIN: Final = 1024
FALSE_SHARE: Final = 0.7  # of what is wanted: the density of clutter is an estimate, which makes its errors unequal
CODES_MAX: Final = 1 << 23  # entries of a table of codes; half of them are used at most
EDGES_MAX: Final = 65_536  # pairs of plot and track looked at together; beyond it they are left out and counted
PLANE_REACH_M: Final = 2_000_000.0  # from the origin, of reports by a sensor without a place
_EDGES_PER_PLOT: Final = 64  # in crowds, most are of branches; memory that is never written is never taken
_NEAR_PER_PLOT: Final = 32  # tracks, in the mean of a run; beyond it each plot looks for itself
_SLOTS_PER_TRACK: Final = 4  # of the tables of codes: they stay three quarters empty
_LOW_KINDS: Final = ("remote_id", "rf", "acoustic", "camera", "people")
_COOPERATIVE_KINDS: Final = ("adsb", "mlat", "remote_id", "tracker")
_BEARING_KINDS: Final = ("acoustic", "rf", "camera", "people")
BEARING_SENSORS_MAX: Final = 256  # whose bearings are kept, so that tracks may begin with them
_DETECTION_MIN: Final = 0.3  # an assumed probability within these limits is harmless even when it is wrong
_DETECTION_MAX: Final = 0.95


def empty_tracks_state(rows: int) -> Rows:
    """Return `rows` free rows, TRACK_STATE."""
    tracks = np.zeros(rows, TRACK_STATE)
    tracks["status"] = FREE
    tracks["member"] = FREE
    return tracks


def table_size(rows: int) -> int:
    """Return the size of a table of codes for a store of `rows`: a power of two."""
    return 1 << (rows * _SLOTS_PER_TRACK - 1).bit_length()


def empty_places(rows: int) -> Rows:
    """Return the places of `rows` free rows, PLACE."""
    places = np.zeros(rows, PLACE)
    places["reach_m"] = FREE
    return places


def empty_buckets(rows: int) -> IntArray:
    """Return an empty index: buckets for half of the rows, most of which wait for use."""
    return np.full(rows // 2, FREE, np.int64)


def empty_codes(rows: int) -> Rows:
    """Return an empty table of codes."""
    return np.zeros(table_size(rows), CODE)


def empty_store(sensors: Rows) -> Store:
    """Return a store without tracks."""
    own = np.zeros(1, OWN)
    own["next_number"] = 1
    own["free_count"] = TRACKS_MIN
    keeping = int(np.count_nonzero(sensors["kept"] != FREE))
    return Store(
        tracks=empty_tracks_state(TRACKS_MIN),
        stack=np.arange(TRACKS_MIN - 1, -1, -1),
        places=empty_places(TRACKS_MIN),
        buckets=empty_buckets(TRACKS_MIN),
        codes=empty_codes(TRACKS_MIN),
        births=empty_codes(TRACKS_MIN),
        lost=np.zeros(LOST_MAX, LOST),
        partners=np.zeros(PARTNERS_MAX, PARTNER),
        groups=np.zeros(GROUPS_MAX, GROUP),
        merged=np.zeros(MERGED_MAX, MERGED),
        sensors=sensors,
        own=own,
        counts=np.zeros(len(c.NAMES), np.int64),
        bearings=np.zeros(keeping * BEARINGS_KEPT_MAX, KEPT),
    )


def grown_tracks(tracks: Rows, rows: int) -> Rows:
    """Return a store of `rows` rows with the same tracks in the same rows."""
    bigger = grown(tracks, rows)
    bigger["status"][len(tracks) :] = FREE
    bigger["member"][len(tracks) :] = FREE
    return bigger


def grown(array: Rows, rows: int) -> Rows:
    """Return the same rows, and after them zeros up to `rows`. NumPy would copy records field by field."""
    bigger = np.zeros(rows, array.dtype)
    bigger.view(np.uint8)[: array.nbytes] = array.view(np.uint8)
    return bigger


def living_numbers(store: Store) -> IntArray:
    """Return the number of every living track, in the order of the rows."""
    tracks = store.tracks[: int(store.own[0]["high"])]
    numbers: IntArray = tracks["number"][(tracks["status"] >= 0) & (tracks["status"] < TrackStatus.DROPPED)]
    return numbers


def used_part(store: Store) -> Store:
    """Return the store without the rows at the end of its tables that were never used."""
    own = store.own[0]
    high, lost = int(own["high"]), store.lost
    return store._replace(
        tracks=store.tracks[:high],
        places=store.places[:high],
        codes=store.codes if own["codes"] else store.codes[:0],
        lost=lost if lost[-1]["serial"] else lost[: int(own["lost_next"])],
        partners=store.partners if own["partners"] else store.partners[:0],
    )


def whole(used: Store) -> Store:
    """Return the store of which this is the used part, with tables of as many rows as they have in it at least."""
    rows = len(used.stack)
    return used._replace(
        tracks=grown_tracks(used.tracks, rows),
        places=grown(used.places, rows),
        codes=used.codes if len(used.codes) else empty_codes(rows),
        lost=grown(used.lost, LOST_MAX),
        partners=grown(used.partners, PARTNERS_MAX),
    )


def grown_stack(stack: IntArray, rows: int, free_count: int) -> IntArray:
    """Return the free rows of a store that grew to `rows` rows: those that were free before are used first."""
    new = np.arange(rows - 1, len(stack) - 1, -1)
    return np.concatenate((new, stack[:free_count], np.zeros(len(stack) - free_count, np.int64)))


def empty_work(plots: int, rows: int) -> Work:
    """Return scratch for steps of `plots` plots and a store of `rows` rows."""
    edges = min(plots * _EDGES_PER_PLOT + 4 * CANDIDATES_MAX, EDGES_MAX)
    together = min(plots, RUN_MAX)
    return Work(
        desk=np.zeros(1, DESK),
        pairs=np.zeros(edges, PAIR),
        edges=np.zeros(edges + 1, EDGE),
        members=np.zeros(edges + 1, MEMBER),
        edge_list=np.zeros(edges, np.int64),
        crowd=np.zeros(CROWD_MAX, np.int64),
        starts=np.zeros(together + 1, np.int64),
        near=np.zeros(together * _NEAR_PER_PLOT, np.int64),
        touched=np.zeros(rows, np.int64),
        promoted=np.zeros((rows, 2), np.int64),
    )


def empty_prepared(plots: int) -> Rows:
    """Return room for what is known of `plots` plots."""
    return np.zeros(plots, PREPARED)


def setup_of(params: FuseParams, plane: TangentPlane) -> Rows:
    """Return the parameters as the kernels want them, SETUP (1,)."""
    is_imm = params.motion == "imm"
    shares = np.array([params.share_quiet, params.share_manoeuvre, params.share_hover])
    setup = np.zeros(1, SETUP)
    setup["models"] = MODELS if is_imm else 1
    setup["q_quiet"] = params.q_quiet_m2ps3 if is_imm else params.q_constant_velocity_m2ps3
    setup["q_manoeuvre"] = params.q_manoeuvre_m2ps3 if is_imm else params.q_constant_velocity_m2ps3
    setup["q_vertical"] = params.q_vertical_share
    setup["hover_tau_s"] = params.hover_tau_s
    setup["hover_variance"] = params.hover_sigma_mps**2
    setup["switch_rate_hz"] = params.switch_rate_hz
    setup["share"] = shares / shares.sum()
    setup["velocity_vertical_variance"] = params.velocity_vertical_sigma_mps**2
    setup["late_ns"] = round(params.late_s_max * NS_PER_S)
    setup["tolerance_ns"] = round(params.late_tolerance_s * NS_PER_S)
    setup["future_ns"] = round(params.future_s_max * NS_PER_S)
    setup["pressure_m"] = (params.qnh_hpa - 1013.25) * HPA_M + params.geoid_m
    setup["mode_c_variance"] = params.mode_c_sigma_m**2 * params.mode_c_common
    setup["height_pull"] = params.height_pull
    setup["tracker_factor"] = params.tracker_covariance_factor
    setup["claim_factor"] = params.claim_covariance_factor
    setup["gate_probability"] = params.gate_probability
    setup["assigns"] = params.association == "assignment"
    setup["sound_slowness"] = 1.0 / params.sound_mps
    setup["false_per_hour"] = FALSE_SHARE * params.false_tracks_per_hour
    setup["tentative_llr_min"] = params.tentative_llr_min
    setup["tentative_periods_max"] = params.tentative_periods_max
    setup["coast_after_periods"] = params.coast_after_periods
    setup["coast_periods_max"] = params.coast_periods_max
    setup["coast_ns_min"] = round(params.coast_s_min * NS_PER_S)
    setup["coast_ns_max"] = round(params.coast_s_max * NS_PER_S)
    setup["clutter_plots"] = params.clutter_plots_per_scan
    setup["clutter_scans"] = params.clutter_scans
    setup["clutter_forget"] = params.clutter_forget
    setup["relink_ns_max"] = round(params.relink_s_max * NS_PER_S)
    setup["relink_sigma_m_max"] = params.relink_sigma_m_max
    setup["relink_q"] = params.relink_q_m2ps3
    setup["relink_hits_min"] = params.relink_hits_min
    setup["relink_log_odds_min"] = math.log(params.relink_odds_min)
    setup["relink_log_ratio_min"] = math.log(params.relink_ratio_min)
    setup["newcomer_rate"] = params.newcomers_per_hour / 3600.0 / 1e10
    setup["group_hidden_ns_max"] = round(params.group_hidden_s_max * NS_PER_S)
    setup["plane"] = plane_numbers(plane)
    return setup


def sensor_rows(params: FuseParams, sensors: Sequence[SensorConfig], plane: TangentPlane) -> Rows:
    """Return the sensor table, SENSOR (s,); a sensor without a place stands at the plane's origin."""
    table = np.zeros(max(len(sensors), 1), SENSOR)
    table["map_unit"] = 1.0
    table["map_shape"] = MAP_PRIOR
    table["period_ns"] = 1
    table["kept"] = FREE
    keeping = 0
    for row, sensor in zip(table, sensors, strict=False):
        latitude_deg, longitude_deg = sensor.latitude_deg, sensor.longitude_deg
        reach_m = max(sensor.range_m_max, 1.0)
        if latitude_deg is None or longitude_deg is None:
            latitude_deg, longitude_deg = plane.latitude_deg, plane.longitude_deg
            reach_m = max(reach_m, PLANE_REACH_M)  # from where it stands is not known
        latitude, longitude = math.radians(latitude_deg), math.radians(longitude_deg)
        height = np.array(sensor.height_hae_m)
        row["origin"] = plane.enu_from_geodetic(np.array(latitude), np.array(longitude), height)
        row["rotation"] = plane.rotation_from(latitude, longitude).T
        is_radar = sensor.kind in ("radar_2d", "radar_3d")
        row["kind"] = RADAR if is_radar else COOPERATIVE if sensor.kind in _COOPERATIVE_KINDS else OTHER
        if sensor.kind == "people":
            row["kind"] = PEOPLE
        row["period_ns"] = max(round(sensor.period_s * NS_PER_S), 1_000_000)
        row["detection"] = min(max(sensor.detection_probability, _DETECTION_MIN), _DETECTION_MAX)
        row["trust"] = NEEDS_SUPPORT if sensor.needs_support else BELIEVED
        row["limits_m"] = sensor.range_m_min, reach_m
        row["bias"] = (
            sensor.bias_range_m,
            np.radians(sensor.bias_azimuth_deg),
            np.radians(sensor.bias_elevation_deg),
        )
        row["bias_ns"] = round(sensor.bias_time_s * NS_PER_S)
        row["sigma_range_rate"] = max(sensor.sigma_range_rate_mps, 0.01)
        row["height_hae"] = sensor.height_hae_m
        row["is_acoustic"] = sensor.kind == "acoustic"
        if sensor.kind in _BEARING_KINDS and keeping < BEARING_SENSORS_MAX:
            row["kept"] = keeping * BEARINGS_KEPT_MAX
            keeping += 1
        is_low = sensor.kind in _LOW_KINDS or (is_radar and sensor.range_m_max <= params.low_range_m)
        row["velocity_sigma"] = params.velocity_sigma_low_mps if is_low else params.velocity_sigma_mps
        if is_low:
            row["height"] = sensor.height_hae_m + params.height_low_m, params.height_low_sigma_m
        else:
            row["height"] = params.height_m, params.height_sigma_m
    table["crowd"] = _crowds(table)
    return table


def _crowds(table: Rows) -> FloatArray:
    """Return of each sensor how many radars reach where it stands, itself counted; 1 of what is no radar, (s,)."""
    is_radar = table["kind"] == RADAR
    away_m = np.hypot(*(table["origin"][:, None, :2] - table["origin"][None, :, :2]).transpose(2, 0, 1))
    reached = (away_m <= table["limits_m"][:, 1]) & is_radar
    np.fill_diagonal(reached, val=True)
    crowds: FloatArray = np.where(is_radar, reached.sum(axis=1), 1).astype(float)
    return crowds


def receiver_rows(sensors: Sequence[SensorConfig]) -> Rows:
    """Return the rows of sensors with a place by what a TDOA may call them, RECEIVER (k,) sorted by key."""
    rows: dict[int, int] = {}
    for row, sensor in enumerate(sensors):
        if sensor.latitude_deg is None or sensor.longitude_deg is None:
            continue
        rows[sensor_key_of(sensor.name)] = row
        if sensor.sac is not None and sensor.sic is not None:
            rows[sensor_key(sensor.sac, sensor.sic)] = row
    return np.array(sorted(rows.items()), RECEIVER)
