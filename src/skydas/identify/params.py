"""`[identify]` of a node file: the numbers that identity and class are judged by, each with its reason."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from skydas.model import CLASS_WORDS


class IdentifyParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The defaults hold where nothing is known of the traffic; `docs/identify.md` says what follows from each."""

    flights_file: str = ""  # CSV beside the node file: flights that are expected
    # What is expected before any evidence, class word -> share; words left out keep theirs. Even, but for what is rare.
    prior: dict[str, float] = {}
    # Sensor's name -> how often the class word it reports is right; without it, what its kind has.
    word_accuracy: dict[str, float] = {}

    pending_s: float = 10.0  # a track is so old before it is called unknown
    corroborated_s: float = 60.0  # a measurement supports a claim for so long
    corroborated_min: int = 3  # measurements
    aircraft_probability: float = 0.8  # of being an aircraft with people in it, for neutral
    bird_probability: float = 0.9  # for neutral
    threat_probability: float = 0.8  # one-way drone, cruise or ballistic object, for suspect
    threat_kinds_min: int = 2  # kinds of evidence that must speak for it, each for itself
    hysteresis: float = 0.1  # what is called so already stays so until the probability is lower by this
    contradiction_score: float = 0.5  # of a deception check, for suspect
    window_margin_s: float = 900.0  # flights are early and late
    area_margin_m: float = 500.0
    told_again_s: float = 60.0  # unchanged findings, while evidence goes on


def params_faults(params: IdentifyParams, sensor_names: set[str]) -> Iterator[str]:
    """Yield what is well-formed but cannot be meant."""
    for word, share in params.prior.items():
        if word not in CLASS_WORDS:
            yield f"identify.prior: there is no class {word!r}; there are: {', '.join(CLASS_WORDS)}"
        elif not 0.0 < share <= 1.0:
            yield f"identify.prior: {word} must be above 0 and at most 1, got {share}"
    for name, accuracy in params.word_accuracy.items():
        if name not in sensor_names:
            yield f"identify.word_accuracy: there is no sensor {name!r}; there are: {', '.join(sorted(sensor_names))}"
        elif not 0.0 < accuracy < 1.0:
            yield f"identify.word_accuracy: {name} must be above 0 and below 1, got {accuracy}"
    for name in ("aircraft_probability", "bird_probability", "threat_probability", "contradiction_score"):
        if not 0.5 <= getattr(params, name) <= 1.0:
            yield f"identify.{name}: must be 0.5 to 1, got {getattr(params, name)}"
    for name in ("pending_s", "corroborated_s", "window_margin_s", "area_margin_m", "hysteresis"):
        if getattr(params, name) < 0.0:
            yield f"identify.{name}: must not be below 0, got {getattr(params, name)}"
    for name in ("corroborated_min", "threat_kinds_min", "told_again_s"):
        if getattr(params, name) < 1:
            yield f"identify.{name}: must be 1 or more, got {getattr(params, name)}"
