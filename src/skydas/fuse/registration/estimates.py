"""What is said of each sensor's biases: value, sigma, whether it can be known, whether it is taken off, and why not."""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec
import numpy as np

from skydas.fuse.registration.params import RegistrationParams
from skydas.fuse.registration.records import NONE, NOT_REGISTERED, RADAR_2D, RADAR_3D
from skydas.fuse.registration.solution import Outcome
from skydas.model import BoolArray, FloatArray, IntArray, Rows

RANGE: Final = 0
AZIMUTH: Final = 1
ELEVATION: Final = 2
TIME: Final = 3
PARTS: Final = 4
_OBSERVED_SHARE: Final = 0.5  # of the prior sigma: a bias known no better is not observed

NOT_LEARNED: Final = "its measurements are not registered"
NOT_MEASURED: Final = "it does not measure this"
CONTRADICTS: Final = "it contradicts the others by more than biases explain: check its place"
ALONE: Final = "no other sensor shares its targets"
FEW: Final = "too few targets are shared"
COMMON_TIME: Final = "the time of all sensors together cannot be observed without an outside clock"
SLOW: Final = "the shared targets are too few or too slow to tell the time"
WEAK: Final = "too little was seen, or all from one side"
LEARNING: Final = "not sure enough yet"
CLAIMS_ALONE: Final = "it rests on the targets' own claims alone"
SWITCHED_OFF: Final = "taking biases off is switched off"


class Bias(msgspec.Struct, frozen=True):
    """One bias of one sensor, beyond what its configuration states: measured less true."""

    value: float
    sigma: float
    is_observed: bool
    is_applied: bool
    reason: str = ""  # why it is not observed, or not applied


class BiasEstimate(msgspec.Struct, frozen=True):
    """The biases of one sensor."""

    sensor: int  # row of the sensor table
    range_m: Bias
    azimuth_rad: Bias
    elevation_rad: Bias
    time_s: Bias  # stamped less true, or less the clock's
    clock: int  # row of the sensor whose clock `time_s` is told by; its own: it is that clock
    has_outside_clock: bool  # `time_s` is told by claims' clock, with their latency as configured
    track_count: int  # shared tracks it rests on
    claims: str  # "none", "used", "contradicted": what became of the targets' own claims


class Judgement(NamedTuple):
    """What `correct` takes off and adds, and how it is explained."""

    estimates: tuple[BiasEstimate, ...]
    shift: FloatArray  # (s, PARTS) taken off: m, rad, rad, s
    variance: FloatArray  # (s, PARTS) added to the plot's own
    applied: BoolArray  # (s, PARTS)


def judge(
    params: RegistrationParams,
    registered: Rows,
    noise: FloatArray,
    outcome: Outcome,
    measured: Outcome,
    claims: str,
    before: BoolArray,
) -> Judgement:
    """Decide for every bias of every sensor.

    noise    : (s, PARTS) sigma of one measurement
    outcome  : the estimate to go by; `measured` is the one from measurements alone
    before   : (s, PARTS) what was applied until now
    """
    sensors = len(registered)
    shift, variance = np.zeros((sensors, PARTS)), np.zeros((sensors, PARTS))
    applied = np.zeros((sensors, PARTS), np.bool_)
    prior = _priors(params)
    parts: list[list[Bias]] = []
    clocks = [_outside_clock(params, registered, outcome, s) for s in range(sensors)]
    for s in range(sensors):
        row: list[Bias] = []
        for part in range(PARTS):
            column = column_of(registered, s, part)
            value, sigma = _value(params, registered, outcome, s, part, column, clocks[s])
            reason = _not_observed(params, registered, outcome, s, part, column, clocks[s], sigma / prior[part])
            is_observed = reason == ""
            if is_observed:
                share = params.sigma_share_lost if before[s, part] else params.sigma_share_good
                is_good = sigma < share * noise[s, part]
                rests = claims == "used" and not registered[s]["claims"]
                if rests and not params.trusts_claims_alone and not _holds(params, measured, s, column, noise[s, part]):
                    reason = CLAIMS_ALONE
                elif not params.is_applied:
                    reason = SWITCHED_OFF
                elif is_good:
                    applied[s, part] = True
                    shift[s, part], variance[s, part] = value, sigma**2
                else:
                    reason = LEARNING
                    variance[s, part] = value**2 + sigma**2
            row.append(Bias(value, sigma, is_observed, bool(applied[s, part]), reason))
        parts.append(row)
    estimates = tuple(
        BiasEstimate(
            sensor=s,
            range_m=row[RANGE],
            azimuth_rad=row[AZIMUTH],
            elevation_rad=row[ELEVATION],
            time_s=row[TIME],
            clock=int(outcome.clock[s]),
            has_outside_clock=clocks[s] != NONE,
            track_count=int(outcome.tracks[s]),
            claims=claims,
        )
        for s, row in enumerate(parts)
    )
    return Judgement(estimates, shift, variance, applied)


def column_of(registered: Rows, s: int, part: int) -> int:
    """Return the global column of one bias, NONE where the sensor does not have it."""
    kind, first, width = (int(registered[s][name]) for name in ("kind", "first", "width"))
    if kind == NOT_REGISTERED:
        return NONE
    if part == TIME:
        return first + width - 1
    if kind in (RADAR_2D, RADAR_3D) and (part != ELEVATION or kind == RADAR_3D):
        return first + part
    return NONE


def _priors(params: RegistrationParams) -> tuple[float, float, float, float]:
    return (
        params.prior_range_m,
        np.radians(params.prior_azimuth_deg),
        np.radians(params.prior_elevation_deg),
        params.prior_time_s,
    )


def _outside_clock(params: RegistrationParams, registered: Rows, outcome: Outcome, s: int) -> int:
    """Return the claims' sensor that tells sensor `s` the time, NONE without one."""
    for other in range(len(registered)):
        if not registered[other]["claims"] or outcome.group[other] != outcome.group[s]:
            continue
        column = column_of(registered, other, TIME)
        sigma = np.sqrt(outcome.cov[column, column])
        if outcome.tracks[other] >= params.tracks_min and sigma < _OBSERVED_SHARE * params.prior_time_s:
            return other
    return NONE


def _value(
    params: RegistrationParams, registered: Rows, outcome: Outcome, s: int, part: int, column: int, outside: int
) -> tuple[float, float]:
    """Return the bias and its sigma; that of time by the outside clock where there is one."""
    if column == NONE:
        return np.nan, np.nan
    value, variance = outcome.mean[column], outcome.cov[column, column]
    if part == TIME and outside != NONE:
        other = column_of(registered, outside, TIME)
        value += params.claim_latency_s - outcome.mean[other]
        variance += outcome.cov[other, other] - 2.0 * outcome.cov[column, other]
        variance = max(variance, 0.0) + params.claim_latency_sigma_s**2
    return float(value), float(np.sqrt(variance))


def _not_observed(
    params: RegistrationParams,
    registered: Rows,
    outcome: Outcome,
    s: int,
    part: int,
    column: int,
    outside: int,
    share: float,
) -> str:
    """Return why a bias cannot be known, "" if it can. share: its sigma over the prior's."""
    if registered[s]["kind"] == NOT_REGISTERED:
        return NOT_LEARNED
    if column == NONE:
        return NOT_MEASURED
    if outcome.contradicts[s]:
        return CONTRADICTS
    if np.count_nonzero(outcome.group == outcome.group[s]) < 2:
        return ALONE
    if part == TIME and outcome.clock[s] == s and outside == NONE:
        return COMMON_TIME
    if outcome.tracks[s] < params.tracks_min:
        return FEW
    if not share < _OBSERVED_SHARE:
        return SLOW if part == TIME else WEAK
    return ""


def _holds(params: RegistrationParams, measured: Outcome, s: int, column: int, noise: float) -> bool:
    """Return whether a bias would be known well enough without any claim."""
    if measured.tracks[s] < params.tracks_min or measured.contradicts[s]:
        return False
    return bool(np.sqrt(measured.cov[column, column]) < params.sigma_share_lost * noise)


def first_estimates(params: RegistrationParams, registered: Rows) -> Judgement:
    """Return what is said before anything was seen."""
    sensors = len(registered)
    columns = 1 + int(registered["width"].sum())
    lone: IntArray = np.arange(sensors)
    nothing = Outcome(
        np.zeros(columns), np.eye(columns), lone, lone, np.zeros(sensors, np.int64), np.zeros(sensors, np.bool_),
        np.zeros(0, np.bool_), 1.0,
    )  # fmt: skip
    before = np.zeros((sensors, PARTS), np.bool_)
    return judge(params, registered, np.ones((sensors, PARTS)), nothing, nothing, "none", before)
