"""What the calibration tracker keeps: a record a track, and for each track two banks.

Bank 0 learns from what sensors measured; bank 1 also from what objects claim. They are the same until the first claim.

Global columns: 0 is the common error of pressure heights; then those of each registered sensor, in its row's order:
    RADAR_2D  range (m), azimuth (rad), time (s)
    RADAR_3D  range (m), azimuth (rad), elevation (rad), time (s)
    PLACED    time (s)
A track has only the columns of the sensors that saw it: its own numbers for them, 0 again the pressure's.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from skydas.fuse.records import ROWS_MAX, Records
from skydas.model import FloatArray, IntArray

TRACKS_MAX: Final = 200
SENSORS_MAX: Final = 100  # registered; sensors after these are not
COLUMNS_MAX: Final = 24  # of one track: five 3-D radars and three placed sources
SLOTS: Final = 8  # sensors of one track
BUCKETS: Final = 1024  # of the index by number
NONE: Final = -1

NOT_REGISTERED: Final = 0
RADAR_2D: Final = 1
RADAR_3D: Final = 2
PLACED: Final = 3
WIDTH: Final = (0, 3, 4, 1)
PRESSURE: Final = 0  # column

MEASURED: Final = 0  # bank
CLAIMED: Final = 1

CALIBRATED: Final = np.dtype(
    [
        ("number", "<i8"),  # the operational track's; 0 free
        ("is_quiet", "<i8"),  # as last reported
        ("is_ended", "<i8"),
        ("is_forked", "<i8"),  # 1: a claim was used, so bank 1 counts
        ("started_ns", "<i8"),
        ("claim_ns", "<i8"),  # last claim used
        ("column_count", "<i8"),
        ("column", "<i8", (COLUMNS_MAX,)),  # its global number
        ("slot_count", "<i8"),
        ("slot_sensor", "<i8", (SLOTS,)),
        ("slot_first", "<i8", (SLOTS,)),  # first column of that sensor, in this track's numbers
        ("slot_plots", "<f8", (SLOTS,)),  # that taught something
    ]
)

BANK: Final = np.dtype(
    [
        ("x", "<f8", (6,)),  # position and velocity in the node's plane, at the reference biases
        ("p", "<f8", (21,)),
        ("v", "<f8", (6, COLUMNS_MAX)),  # dx/db
        ("info", "<f8", (COLUMNS_MAX, COLUMNS_MAX)),  # L
        ("score", "<f8", (COLUMNS_MAX,)),  # e
        ("chi2", "<f8"),  # of the same plots, at the reference biases
        ("rows", "<f8"),  # and how many scalars they were
        ("t_ns", "<i8"),
        ("hits", "<i8"),  # since the filter was last begun; 0: it has no state
        ("strikes", "<i8"),  # plots outside the gate, in a row
    ]
)

REGISTERED: Final = np.dtype(
    [
        ("kind", "<i8"),
        ("first", "<i8"),  # global column
        ("width", "<i8"),
        ("claims", "<i8"),  # 1: all it says are claims
    ]
)

TUNING: Final = np.dtype(  # `RegistrationParams` as the kernels want them
    [
        ("q", "<f8"),
        ("q_vertical", "<f8"),
        ("quiet_min", "<f8"),
        ("hits_before", "<i8"),
        ("claim_variance", "<f8"),
        ("claim_every_ns", "<i8"),
        ("claim_latency_variance", "<f8"),
        ("sensor_bits", "<u8"),  # as TRACK `sensors`: those that are registered
    ]
)

OWN: Final = np.dtype(
    [
        ("solve_ns", "<i8"),  # when it was last solved; 0 never
        ("solutions", "<i8"),  # so far
        ("suspect", "<i8"),  # sensor that contradicts the others, plus one; 0 none
        ("looks", "<i8"),  # at so many looks in a row
        ("free", "<i8"),  # no row below this is free
        ("plots", "<i8"),  # used
        ("outside", "<i8"),  # of the gate
    ]
)

BENCH: Final = np.dtype(  # scratch of one plot and one bank, one record
    [
        ("x", "<f8", (6,)),
        ("p", "<f8", (21,)),
        ("v", "<f8", (6, COLUMNS_MAX)),
        ("u", "<f8", (ROWS_MAX, COLUMNS_MAX)),
        ("y", "<f8", (ROWS_MAX,)),
    ]
)


class Store(NamedTuple):
    """What lasts from step to step."""

    tracks: Records  # CALIBRATED (TRACKS_MAX,)
    banks: Records  # BANK (2 TRACKS_MAX,): those of track i are 2 i and 2 i + 1
    buckets: IntArray  # (BUCKETS,) rows of tracks by number
    own: Records  # OWN (1,)
    reference: FloatArray  # (n,) biases that states, scores and residuals are about
    spread: FloatArray  # (n,) variances of what the biases may be besides, for the gate
    excluded_ns: IntArray  # (s,) until when a sensor that contradicted the others is not learned from; 0 it is
    is_settled: IntArray  # (s,) 1: its biases were known once
    folded_info: FloatArray  # (2, n, n) what ended tracks left behind, for each bank
    folded_score: FloatArray  # (2, n)


class Around(NamedTuple):
    """What never changes, and scratch."""

    sensors: Records  # SENSOR (s,) of the tracker's kind; `bias` is kept at the reference
    registered: Records  # REGISTERED (s,)
    tuning: Records  # TUNING (1,)
    setup: Records  # SETUP (1,)
    desk: Records  # DESK (1,)
    bench: Records  # BENCH (1,)
