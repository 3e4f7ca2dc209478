"""The numbers that sensor health is judged by, each with its reason."""

from __future__ import annotations

import msgspec


class HealthParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[health]` of a node file."""

    forget_s: float = 1800.0  # what was counted weighs e times less after this: what is shown is of the last half hour
    baseline_forget_s: float = 14_400.0  # what a sensor is held against: its own last hours
    # A change is told when its evidence passes ln(blocks of ten seconds in this many days). By Lorden's bound a sensor
    # that has not changed then alarms less often than once in this time, for each thing that is tested.
    days_between_false_alarms: float = 30.0
    # Misses and clutter come in runs. Before anything is known, the sums over three minutes are taken to spread so many
    # times wider than those of independent counts; that weighs as much as so many measured windows of three minutes.
    spread_before: float = 5.0
    spread_windows: float = 3.0
    recovery_odds: float = 10_000.0  # in favour of the old state again, before an alarm is taken back
    detection_odds_factor: float = 0.25  # the loss that is looked for: 0.90 becomes 0.69
    clutter_factor: float = 2.0  # and so many times more clutter
    baseline_due_min: float = 400.0  # turns of targets before there is anything to hold against
    cell_due_min: float = 20.0  # and in one cell
    baseline_turns_min: float = 60.0  # of the antenna, for clutter
    bias_sigmas: float = 5.0  # a bias that moved further than this and than half of the sensor's noise has drifted
    bias_noise_share: float = 0.5
    bias_reference_s: float = 900.0  # against what it was so long before
    period_share: float = 0.2  # a period that differs more than this from the node file is told
    intervals_min: float = 200.0  # plots of objects seen again before that
    # Let the tracker take the measured detection probability of a radar instead of the stated one, within these limits.
    # Off: on the Baltic scene it raises completeness by 0.3 points and takes 5 % of the extra tracks away, but GOSPA
    # gets 0.1 % worse (docs/health.md).
    tracker_uses_detection: bool = False
    tracker_due_min: float = 200.0
    tracker_detection_min: float = 0.3
    tracker_detection_max: float = 0.95
    # A sensor whose own tracks are those of the others, moved (see `misplaced.py`).
    doubts_misplaced: bool = True  # what it alone sees is then neither confirmed nor kept
    doubted_s: float = 1800.0  # for so long; then it is looked at anew
