"""The tracker's private store: what the kernels read and write, one record a track, a sensor, a plot, an edge.

A plot touches one track and everything of it, so a track is one block of memory (a record of a NumPy array), not a row
in thirty columns: it is one pointer to a kernel, comes with two or three reads of memory, and is copied and saved as it
is. All fields are eight octets wide. The covariances are packed: the upper triangle by rows, 21 numbers of a 6 x 6.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

from skydas.model import IntArray

# An array of records, or one of them: the kernels read fields by name (`tracks[i].llr`), which mypy cannot follow.
Records: TypeAlias = Any

TRACKS_MAX: Final = 1 << 21
MODELS: Final = 3  # quiet, manoeuvring, hovering
SLOTS: Final = 8  # sensors remembered of each track
FREE: Final = -1
MAP_CELLS: Final = 128  # of a side of a sensor's clutter map
MAP_PARENTS: Final = 16
SECTORS: Final = 36  # of a sensor's map of what it sees: so many in azimuth,
RINGS: Final = 10  # and so many in range, from 0 to its furthest
INTERVALS: Final = 64  # bins of the time between two plots of one object, from 1/16 to 16 periods
LEVELS: Final = 7
PARTNERS_MAX: Final = 4096  # partners' tracks remembered; the one longest unheard of its bucket is forgotten
GROUP_TRACKS_MIN: Final = 3
GROUPS_MAX: Final = 128
CROWD_MAX: Final = 2048  # tracks looked at together for groups
MERGED_MAX: Final = 128  # merges by a person that are remembered; the oldest is forgotten
ROWS_MAX: Final = 6  # scalar measurements in one plot
RUN_MAX: Final = 16_384  # plots associated together
CANDIDATES_MAX: Final = 256  # tracks looked at for one plot
LOST_MAX: Final = 512  # confirmed tracks remembered after they dropped; the oldest is forgotten
BEARINGS_KEPT_MAX: Final = 256  # of one sensor

TRACK_STATE: Final = np.dtype(
    [
        # What every search reads comes first.
        ("status", "<i8"),  # TrackStatus or FREE
        ("mode_s", "<i8"),
        ("t_ns", "<i8"),  # instant of the state
        ("centre", "<f8", (6,)),  # mean over the models
        ("flat", "<f8", (10,)),  # covariance over the models of the horizontal state (0, 1, 3, 4), packed
        ("spread", "<f8", (2,)),  # bounds of the sigmas over the models: horizontal position (m), velocity (m/s)
        ("slot_sensor", "<i8", (SLOTS,)),  # rows of the sensor table, FREE where none
        ("slot_ns", "<i8", (SLOTS,)),  # when that sensor last saw it, or last should have
        ("mode_3a", "<i8"),
        ("flags", "<i8"),  # TrackFlag
        ("llr", "<f8"),  # log-likelihood ratio that it exists
        ("bar", "<f8"),  # and where it is confirmed
        ("member", "<i8"),  # its number in the pass at work, FREE outside of one
        ("is_touched", "<i8"),  # 1: it will be reported
        ("last_ns", "<i8"),  # newest plot
        ("hits", "<i8"),  # plots
        ("index_ns", "<i8"),  # instant of its place in the index
        ("weight", "<f8", (MODELS,)),  # probability of each model
        ("mean", "<f8", (MODELS, 6)),  # position and velocity in the node's plane, m and m/s
        ("cov", "<f8", (MODELS, 21)),
        ("first_ns", "<i8"),
        ("number", "<i8"),  # as shown: provisional until it is confirmed
        ("serial", "<i8"),  # hash of the plot that it began with: the same again in a replay
        ("support", "<i8"),  # directions that agree with it while it is tentative,
        ("support_ns", "<i8"),  # and when the last one did
        ("strikes", "<i8"),  # plots with its own code that it cannot have reached, in a row
        ("callsign", "<i8"),  # eight octets as one number
        ("sensors", "<i8"),  # bit set over the sensor table
        ("plot_sigma", "<f8"),  # bound of the horizontal sigma of its newest plot, m
        ("group", "<i8"),  # number of its group, 0 none
        ("crowd_ns", "<i8"),  # when it last shared plots with enough others to be a group
        ("near_ns", "<i8"),  # since when it has been near them, 0 not
        ("far_ns", "<i8"),  # since when it has been far from the rest of its group, 0 not
        ("slot_seen_ns", "<i8", (SLOTS,)),  # newest plot of that sensor,
        ("slot_hits", "<i8", (SLOTS,)),  # and how many since `watched_ns`
        ("watched_ns", "<i8"),  # since when it tells what its sensors see; 0 not yet
    ]
)

PLACE: Final = np.dtype(  # a track in the index: apart from the track, so that a search stays in the cache
    [
        ("cell", "<i8"),  # key of its cell
        ("after", "<i8"),  # next row in the same bucket
        ("before", "<i8"),
        ("centre", "<f8", (2,)),  # where it is expected,
        ("reach_m", "<f8"),  # and how far from there it may be; FREE where there is no track
    ]
)

CODE: Final = np.dtype(
    [
        ("code", "<i8"),  # what an object says it is: a Mode S address; 0 empty
        ("row", "<i8"),  # row of the track that has it,
        ("serial", "<i8"),  # if this is still its serial: otherwise it was dropped
        ("number", "<i8"),  # number of the last confirmed track with it, 0 none
        ("t_ns", "<i8"),  # when it was last heard
    ]
)

LOST: Final = np.dtype(  # a confirmed track without a code that was dropped: its number may be found again
    [
        ("number", "<i8"),  # 0 empty
        ("serial", "<i8"),
        ("t_ns", "<i8"),  # instant of the state
        ("last_ns", "<i8"),  # newest plot
        ("hits", "<i8"),
        ("mode_3a", "<i8"),
        ("flags", "<i8"),  # TrackFlag
        ("mean", "<f8", (6,)),  # over the models
        ("cov", "<f8", (21,)),
    ]
)

PARTNER: Final = np.dtype(  # which of our tracks another tracker's track is
    [
        ("key", "<i8"),  # of the sender and its track; 0 empty
        ("sensor", "<i8"),
        ("row", "<i8"),  # of our track,
        ("serial", "<i8"),  # if this is still its serial
        ("agreed", "<i8"),  # reports in a row that went there of themselves
        ("strikes", "<i8"),  # reports in a row that contradict it
        ("t_ns", "<i8"),  # newest report
    ]
)

GROUP: Final = np.dtype(  # tracks that cannot be told apart
    [
        ("number", "<i8"),  # of one of its tracks when it was formed; 0 empty
        ("formed_ns", "<i8"),
        ("t_ns", "<i8"),
        ("tracks", "<i8"),  # that live
        ("least", "<i8"),  # objects that it holds at least: tracks that are seen now, and one in any case
        ("most", "<i8"),  # objects that were seen to join and not seen to leave
        ("hidden_ns", "<i8"),  # since when fewer tracks than `most` live, 0 not
        ("centre", "<f8", (6,)),  # mean state
        ("extent", "<f8", (3,)),  # scatter beyond noise: east-east, east-north, north-north, m2
    ]
)

MERGED: Final = np.dtype(  # a person said that a track is the same as another
    [
        ("row", "<i8"),  # of the track that was kept,
        ("serial", "<i8"),  # if this is still its serial; 0 empty
        ("sensors", "<i8"),  # bit set: those that saw the one that ended,
        ("offset", "<f8", (3,)),  # so far from the one that was kept
    ]
)

# What is counted in each cell of a sensor's surroundings,
SEEN: Final = 0  # plots of tracks that another sensor saw too,
DUE: Final = 1  # of so many turns;
OWN_SEEN: Final = 2  # plots of tracks that it saw again,
OWN_DUE: Final = 3  # of so many turns since it last did
# and of the times between two plots of one object, in periods.
COUNT: Final = 0
SUM: Final = 1
SQUARES: Final = 2

# How far a sensor is believed alone: what it alone sees is confirmed,
BELIEVED: Final = 0
NEEDS_SUPPORT: Final = 1  # only where a direction finder agrees,
DOUBTED: Final = 2  # never, and not kept either: it contradicts the others

SENSOR: Final = np.dtype(
    [
        ("rotation", "<f8", (3, 3)),  # from the node's plane to the sensor's east, north, up
        ("origin", "<f8", (3,)),  # in the node's plane
        ("kind", "<i8"),  # RADAR, COOPERATIVE or OTHER
        ("period_ns", "<i8"),
        ("detection", "<f8"),
        ("trust", "<i8"),  # BELIEVED, NEEDS_SUPPORT or DOUBTED
        ("crowd", "<f8"),  # radars that look at where it looks, itself with them
        ("limits_m", "<f8", (2,)),  # nearest and furthest range
        ("bias", "<f8", (3,)),  # range (m), azimuth, elevation (rad), taken off every plot
        ("bias_ns", "<i8"),
        ("bias_variance", "<f8", (3,)),  # of what is left of `bias`, added to every plot's own
        ("sigma_range_rate", "<f8"),
        ("height", "<f8", (2,)),  # height above the ellipsoid before it is measured, and its sigma
        ("velocity_sigma", "<f8"),  # horizontal, before it is measured
        ("height_hae", "<f8"),  # of the sensor
        ("newest_ns", "<i8"),  # its newest plot
        ("is_acoustic", "<i8"),  # 1: its bearings are heard
        ("kept", "<i8"),  # its bearings are kept from this row on, FREE: they are not
        ("kept_count", "<i8"),  # how many ever were
        ("scan", "<i8"),  # turn of the antenna that the clutter map has reached
        ("map", "<f4", (MAP_CELLS, MAP_CELLS)),  # unclaimed plots, in units of `map_unit`
        ("map_parent", "<f8", (MAP_PARENTS, MAP_PARENTS)),
        ("map_shape", "<f8", (MAP_PARENTS, MAP_PARENTS)),  # of the prior of a parent's cells: low where they differ
        ("map_total", "<f8"),
        ("map_parents", "<f8"),  # of the parent cells, how many have any plots
        ("map_unit", "<f8"),  # what one plot counts now: it grows, so that older ones shrink
        ("map_scans", "<f8"),  # turns seen, in the same unit
        # What it saw and should have seen, counted since the start; `fuse/health` makes estimates of it.
        ("watched", "<f8", (SECTORS, RINGS, 4)),
        ("interval", "<f8", (INTERVALS, 3)),
        ("false_plots", "<f8"),  # that no confirmed track explains
        ("turns", "<f8"),  # of its antenna in which it said something
    ]
)

KEPT: Final = np.dtype(  # a bearing of the last seconds, for tracks that begin with bearings alone
    [
        ("t_ns", "<i8"),  # 0: none
        ("sensor", "<i8"),
        ("is_used", "<i8"),  # 1: a track took it
        ("is_sound", "<i8"),
        ("site", "<f8", (3,)),  # where the sensor was, in the node's plane
        ("azimuth", "<f8"),
        ("elevation", "<f8"),  # NaN: not measured
        ("sigma_azimuth", "<f8"),
        ("sigma_elevation", "<f8"),
    ]
)

RECEIVER: Final = np.dtype([("key", "<i8"), ("row", "<i8")])  # what a TDOA calls its second receiver; sorted by key

OWN: Final = np.dtype(  # the tracker's own numbers, one record
    [
        ("next_number", "<i8"),
        ("free_count", "<i8"),
        ("high", "<i8"),  # rows from here on were never used
        ("alive", "<i8"),
        ("codes", "<i8"),  # entries of the two tables
        ("births", "<i8"),
        ("swept_ns", "<i8"),
        ("ticked_ns", "<i8"),
        ("newest_ns", "<i8"),
        ("watched_ns", "<i8"),  # when the sensors were last watched
        ("partners", "<i8"),  # 1: there was one
        ("groups", "<i8"),  # that exist
        ("lost_next", "<i8"),  # entry of the lost tracks that is written next,
        ("merged_next", "<i8"),  # and of the merges
        ("level", "<i8", (LEVELS,)),  # tracks in each level of the index
    ]
)

PREPARED: Final = np.dtype(  # what is known of each plot before any track is looked at, and how it fares
    [
        ("t_ns", "<i8"),  # measured, the sensor's time bias taken off
        ("sensor", "<i8"),
        ("kind", "<i8"),
        ("flags", "<i8"),
        ("mode_s", "<i8"),
        ("mode_3a", "<i8"),
        ("callsign", "<i8"),
        ("verdict", "<i8"),  # ACCEPTED or why it was refused
        ("partner", "<i8"),  # key of the sender's own track, 0 none
        ("other", "<i8"),  # TDOA: row of the second receiver
        ("place", "<f8", (3,)),  # where it is or may be, in the node's plane
        ("sigma", "<f8"),  # bound of its horizontal sigma there, m
        ("z", "<f8", (3,)),  # polar: range, azimuth, elevation; position: whitened values
        ("axes", "<f8", (9,)),  # polar: the whitening matrix, by rows; position: whitened axes, by rows
        ("count", "<i8"),  # whitened rows
        ("range_rate", "<f8"),
        ("height", "<f8"),  # scalar height above the ellipsoid from pressure, or NaN
        ("has_height", "<i8"),  # 1: something in it measures height
        ("log_unit", "<f8"),  # log of the false plots per unit of the whitened rows for one per m2
        ("owner", "<i8"),  # FREE outside of a pass
        ("plot_sum", "<f8"),
        ("claimed", "<f8"),  # how much of it tracks explain
        ("known", "<f8"),  # how surely it is of an object, and no clutter: 0 to 1
        ("row", "<i8"),  # of the track that it mainly went to or began, FREE none
        ("share", "<f8"),  # how much of it that track took
        ("number", "<i8"),  # of that track at the end of the step, 0 none
        ("sure", "<i8"),  # the same, if that track is confirmed and took nearly all of it, otherwise -1
        ("density", "<f8"),  # false plots per m2 and turn there; not of bearings and TDOAs
        ("kept", "<i8"),  # bearing: where it is kept, FREE nowhere
    ]
)

PAIR: Final = np.dtype(
    [("plot", "<i8"), ("row", "<i8"), ("miss", "<f8")]
)  # within the coarse gate; distance over reach

EDGE: Final = np.dtype(  # a plot in the gate of a track
    [
        ("plot", "<i8"),
        ("member", "<i8"),
        ("weight", "<f8"),  # w over the models
        ("mu", "<f8"),
        ("nu", "<f8"),
        ("ratio", "<f8", (MODELS,)),  # w of each model
        ("mean", "<f8", (MODELS, 6)),  # the track as updated by this plot alone
        ("cov", "<f8", (MODELS, 21)),
    ]
)

MEMBER: Final = np.dtype(  # a track of the pass at work
    [
        ("row", "<i8"),
        ("t_ns", "<i8"),  # instant it is moved to
        ("miss", "<f8"),
        ("parent", "<i8"),
        ("cluster", "<i8"),
        ("start", "<i8"),  # its edges are edge_list[start:end]
        ("end", "<i8"),
        ("cluster_start", "<i8"),  # of the cluster with this number
        ("cluster_end", "<i8"),
        ("order", "<i8"),  # members sorted by cluster; nothing to do with this member
        ("plot", "<i8"),  # that it mainly took, FREE none
    ]
)

DESK: Final = np.dtype(  # scratch of one plot and one track, one record
    [
        ("found", "<i8", (CANDIDATES_MAX,)),
        ("h", "<f8", (ROWS_MAX, 6)),
        ("residual", "<f8", (ROWS_MAX,)),
        ("variance", "<f8", (ROWS_MAX,)),
        ("log_unit", "<f8"),
        ("g", "<f8", (3, 3)),
        ("r", "<f8", (3,)),
        ("up", "<f8", (3,)),
        ("x", "<f8", (6,)),
        ("p", "<f8", (21,)),
        ("mean", "<f8", (MODELS, 6)),
        ("cov", "<f8", (MODELS, 21)),
        ("weight", "<f8", (MODELS,)),
        ("touched", "<i8"),
        ("promoted", "<i8"),
        ("oldest_ns", "<i8"),  # of the accepted plots of this step, and its sensor
        ("oldest_sensor", "<i8"),
    ]
)

SETUP: Final = np.dtype(  # what never changes, one record: `FuseParams` as the kernels want it
    [
        ("models", "<i8"),  # 1: constant velocity only; MODELS: all of them
        ("q_quiet", "<f8"),
        ("q_manoeuvre", "<f8"),
        ("q_vertical", "<f8"),
        ("hover_tau_s", "<f8"),
        ("hover_variance", "<f8"),
        ("switch_rate_hz", "<f8"),
        ("share", "<f8", (MODELS,)),
        ("velocity_vertical_variance", "<f8"),
        ("late_ns", "<i8"),
        ("tolerance_ns", "<i8"),
        ("future_ns", "<i8"),
        ("pressure_m", "<f8"),  # added to a pressure height to get the height above the ellipsoid
        ("mode_c_variance", "<f8"),
        ("height_pull", "<f8"),
        ("tracker_factor", "<f8"),
        ("claim_factor", "<f8"),
        ("gate_probability", "<f8"),
        ("assigns", "<i8"),  # 1: the single best assignment instead of marginals
        ("sound_slowness", "<f8"),  # s/m
        ("false_per_hour", "<f8"),  # A: what Ville's bound is set at
        ("tentative_llr_min", "<f8"),
        ("tentative_periods_max", "<f8"),
        ("coast_after_periods", "<f8"),
        ("coast_periods_max", "<f8"),
        ("coast_ns_min", "<i8"),
        ("coast_ns_max", "<i8"),
        ("clutter_plots", "<f8"),
        ("clutter_scans", "<f8"),
        ("clutter_forget", "<f8"),
        ("relink_ns_max", "<i8"),
        ("relink_sigma_m_max", "<f8"),
        ("relink_q", "<f8"),
        ("relink_hits_min", "<i8"),
        ("relink_log_odds_min", "<f8"),
        ("relink_log_ratio_min", "<f8"),
        ("group_hidden_ns_max", "<i8"),
        ("newcomer_rate", "<f8"),  # new tracks per second and m2
        ("plane", "<f8", (12,)),  # origin in ECEF, rotation to ECEF by rows
    ]
)


class Store(NamedTuple):
    """What lasts from step to step."""

    tracks: Records  # TRACK_STATE (k,)
    stack: IntArray  # (k,) free rows, the next to be used on top: the first own.free_count count
    places: Records  # PLACE (k,)
    buckets: IntArray  # (b,) first row of each bucket of the index
    codes: Records  # CODE (c,) by Mode S address
    births: Records  # CODE (c,) by serial: the number that it got; a replay finds it again
    lost: Records  # LOST (LOST_MAX,)
    partners: Records  # PARTNER (PARTNERS_MAX,)
    groups: Records  # GROUP (GROUPS_MAX,)
    merged: Records  # MERGED (MERGED_MAX,)
    sensors: Records  # SENSOR (s,)
    own: Records  # OWN (1,)
    counts: IntArray  # (len(counters.NAMES),)
    bearings: Records  # KEPT (r,) BEARINGS_KEPT_MAX rows for each sensor whose bearings are kept


class Work(NamedTuple):
    """Scratch: made once, used by every step, never part of the state."""

    desk: Records  # DESK (1,)
    pairs: Records  # PAIR (e,)
    edges: Records  # EDGE (e,)
    members: Records  # MEMBER (e + 1,)
    edge_list: IntArray  # (e,) edges sorted by member
    crowd: IntArray  # (CROWD_MAX,) rows that may be in a group
    starts: IntArray  # (n + 1,) where the tracks near each plot of a run begin in
    near: IntArray  # (m,) rows of tracks
    touched: IntArray  # (k,) rows to report, each once
    promoted: IntArray  # (k, 2) provisional numbers that got a lasting one, and their rows
