"""`[assess]`: what the assessment is made with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

_ABOVE_0: Final = ("horizon_s", "near_s", "near_value_min", "wander_deg", "turn_s", "told_every_s", "sweep_s", "scale")
_SHARES: Final = ("threshold", "cause_score_min", "watch_score_min")
TOLD_MAX: Final = 1_000


class AssessParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Numbers of the assessment; `docs/assess.md` says where each comes from."""

    assets_file: str = ""  # GeoJSON, or the name of a set that comes with skydas; read when the node file is read
    horizon_s: float = 600.0  # arrivals within this
    wander_deg: float = 4.0  # of a course in a minute, 1 sigma; it grows with the root of time
    turn_s: float = 600.0  # mean time between two turns to somewhere else
    told_max: int = 50  # tracks whose assessment is told, the highest scores
    told_every_s: float = 1.0  # each at most so often, and at once when it crosses `threshold`
    threshold: float = 0.15  # told at once when it crosses this, from which on `respond` raises an alert
    cause_score_min: float = 0.1  # from here on `respond` gets a cause
    watch_score_min: float = 0.05  # from here on a track is assessed at its own plots
    near_s: float = 180.0  # what is expected at an asset so soon is a cause from `watch_score_min` on,
    near_value_min: float = 0.8  # if the asset has this value at least; above 1: never
    sweep_s: float = 4.0  # every other track is assessed once in so long
    bias_log_odds: float = -4.2  # of the whole before any rule has spoken
    scale: float = 1.0  # of the sum of log odds: fitted so that scores are frequencies
    recurrence_days: int = 14  # so long corridors are remembered


def params_faults(given: dict[str, Any]) -> Iterator[str]:
    """Yield what of `[assess]` is well-formed but cannot be meant."""
    numbers = {key: value for key, value in given.items() if isinstance(value, int | float)}
    for key in _ABOVE_0:
        if not numbers.get(key, 1.0) > 0.0:
            yield f"assess.{key}: must be above 0, got {given[key]}"
    for key in _SHARES:
        if not 0.0 <= numbers.get(key, 0.5) <= 1.0:
            yield f"assess.{key}: must be 0 to 1, got {given[key]}"
    if not 0 <= numbers.get("told_max", 0) <= TOLD_MAX:
        yield f"assess.told_max: must be 0 to {TOLD_MAX}, got {given['told_max']}"
    if not 0 <= numbers.get("recurrence_days", 0) <= 62:
        yield f"assess.recurrence_days: must be 0 to 62, got {given['recurrence_days']}"
