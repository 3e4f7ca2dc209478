"""`[predict]` of a node file: the numbers that prediction goes by, each with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from skydas.errors import ConfigError

HORIZON_S_MAX: Final = 21_600.0


class PredictParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`docs/prediction.md` has what was measured with the defaults."""

    path_every_s: float = 5.0  # a point of a track's path is kept this often, and ever more rarely as the path grows
    history_share: float = 0.15  # what the geometry counts, in flights that ended before and flew just so
    history_radius_m: float = 5_000.0  # a track that ends so near to a place, and low, has arrived there
    history_height_m: float = 600.0  # above the place
    destinations_every_s: int = 10  # a confirmed track is asked where it goes once in so long
    destination_probability_min: float = 0.1  # of its likeliest place: from there on it is told

    # Lost tracks. One that a sensor should still see, had it flown on as it did, went down or hid.
    search_automatically: bool = True
    search_height_m_max: float = 300.0  # above the ground, when last seen
    search_age_s_min: float = 60.0  # tracked for so long before: what is shorter may have been clutter
    search_near_airport_m: float = 3_000.0  # what is lost so near to an airport landed there
    search_hours: float = 12.0  # then a search is over by itself
    elsewhere: float = 0.1  # that it is nowhere on the map, before any search
    ground_hae_m: float = 0.0  # where no height above ground is known

    # Balloons: told once a minute each.
    balloon_probability_min: float = 0.5  # of the class, in the mean
    balloon_s: float = 30.0  # over so long, from nothing when the track begins
    balloon_horizon_s: float = 7_200.0
    balloon_ceiling_m: tuple[float, float] = (3_000.0, 33_000.0)  # between these a climbing one bursts
    closure_margin_m: float = 5_000.0  # around an airport's own area
    closure_probability_min: float = 0.05

    # What falls freely: told every two seconds while it is tracked.
    ballistic_probability_min: float = 0.5  # of the class

    # Not as others fly. The threshold follows from the traffic itself.
    anomaly_alarms_per_hour: float = 1.0  # false ones; 0: none at all


def predict_params(table: dict[str, Any]) -> PredictParams:
    """Return the parameters in a table of a node file. Raises ConfigError."""
    try:
        return msgspec.convert(table, PredictParams)
    except msgspec.ValidationError as error:
        raise ConfigError(f"predict: {error}") from error


def range_faults(params: PredictParams) -> Iterator[str]:
    """Yield what is of the right type but cannot be meant."""
    for name in (
        "elsewhere",
        "destination_probability_min",
        "balloon_probability_min",
        "closure_probability_min",
        "ballistic_probability_min",
    ):
        if not 0.0 < getattr(params, name) < 1.0:
            yield f"predict.{name}: must be above 0 and below 1, got {getattr(params, name)}"
    for name in ("path_every_s", "history_share", "history_radius_m", "search_hours", "balloon_s"):
        if getattr(params, name) <= 0.0:
            yield f"predict.{name}: must be above 0, got {getattr(params, name)}"
    for name in ("search_height_m_max", "search_age_s_min", "closure_margin_m", "anomaly_alarms_per_hour"):
        if getattr(params, name) < 0.0:
            yield f"predict.{name}: must not be below 0, got {getattr(params, name)}"
    if not 1 <= params.destinations_every_s <= 3_600:
        yield f"predict.destinations_every_s: must be 1 to 3600, got {params.destinations_every_s}"
    if not 600.0 <= params.balloon_horizon_s <= HORIZON_S_MAX:
        yield f"predict.balloon_horizon_s: must be 600 to {HORIZON_S_MAX:.0f}, got {params.balloon_horizon_s}"
    low_m, high_m = params.balloon_ceiling_m
    if not 0.0 <= low_m < high_m:
        yield f"predict.balloon_ceiling_m: must be two heights, the lower one first, got {[low_m, high_m]}"
