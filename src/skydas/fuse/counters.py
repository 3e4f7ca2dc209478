"""What the tracker counts."""

from __future__ import annotations

from typing import Final

# Reasons for which a plot is refused stand at the numbers of measure.py.
NAMES: Final = (
    "plots",
    "refused_sensor_unknown",
    "refused_late",
    "refused_future",
    "refused_not_finite",
    "refused_out_of_range",
    "refused_covariance",
    "refused_not_a_measurement",
    "refused_test_target",
    "refused_kind",
    "copies",
    "births",
    "births_without_room",
    "confirmed",
    "coasted",
    "dropped_tentative",
    "dropped_confirmed",
    "code_implausible",
    "code_restarted",
    "pairs_left_out",
    "candidates_left_out",
    "cluster_rounds_cut",
    "late_replays",
    "events_replayed",
    "reacquired",
    "branches",
    "begun_by_bearings",
    "bearings_not_crossing",
    "bearings_ambiguous",
    "bearing_threads_left_out",
    "bearing_fits_left_out",
)
(
    PLOTS, _SENSOR, _LATE, _FUTURE, _FINITE, _RANGE, _COVARIANCE, _EVIDENCE, _TEST, _KIND,
    COPIES, BIRTHS, BIRTHS_WITHOUT_ROOM, CONFIRMED_COUNT, COASTED_COUNT, DROPPED_TENTATIVE, DROPPED_CONFIRMED,
    CODE_IMPLAUSIBLE, CODE_RESTARTED, PAIRS_LEFT_OUT, CANDIDATES_LEFT_OUT, CLUSTER_ROUNDS_CUT,
    LATE_REPLAYS, EVENTS_REPLAYED, REACQUIRED, BRANCHES,
    BEGUN_BY_BEARINGS, BEARINGS_NOT_CROSSING, BEARINGS_AMBIGUOUS, BEARING_THREADS_LEFT_OUT, BEARING_FITS_LEFT_OUT,
) = range(len(NAMES))  # fmt: skip
