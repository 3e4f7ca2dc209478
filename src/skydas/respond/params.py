"""`[respond]`: when an alert is raised, how urgent it is, who hears of it next, and what counts as too much."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple, TypeVar

import msgspec

T = TypeVar("T")


class Rule(NamedTuple):
    """What holds for one rule."""

    score_min: float
    priority_2_score_min: float
    priority_1_score_min: float
    hysteresis: float
    on_s: float
    off_s: float
    priority_max: int
    joins: bool
    latch_priority: int
    suppressed_by: tuple[str, ...]


class RuleParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[respond.rules.NAME]`: what is different for the causes of one rule. None: as for all."""

    score_min: float | None = None
    priority_2_score_min: float | None = None
    priority_1_score_min: float | None = None
    hysteresis: float | None = None
    on_s: float | None = None  # the cause must have stood for so long
    off_s: float | None = None  # and must have been over for so long
    priority_max: int | None = None  # never more urgent than this: 1, 2 or 3
    joins: bool | None = None  # objects that move alike are one alert
    latches: bool | None = None  # it stays until somebody resets it
    suppressed_by: tuple[str, ...] = ()  # rules whose alert about the same object says it already


# Codes of distress are whole in themselves: two aircraft in distress are two alerts. A pilot who changes the code dials
# through others, so it must stand for some seconds.
_CODE: Final = RuleParams(on_s=3.0, off_s=15.0, joins=False)
# The assessment's score is a frequency: of a hundred tracks with 0.15 some fifteen are threats (docs/assess.md).
_FREQUENCY: Final = RuleParams(score_min=0.15, priority_2_score_min=0.3, priority_1_score_min=0.5, hysteresis=0.05)
USUAL_RULES: Final = {
    "assessment": _FREQUENCY,
    # One claimant is one alert, however near another flies; what the alert about all of them says, it need not say too.
    "deception": RuleParams(joins=False, suppressed_by=("deception_of_many",)),
    "deception_of_many": RuleParams(joins=False),
    "not_as_usual": RuleParams(priority_max=3),  # rare is no threat: somebody may look when there is time
    "emergency_7500": _CODE,
    "emergency_7600": _CODE,
    "emergency_7700": _CODE,
    "emergency_declared": msgspec.structs.replace(
        _CODE, suppressed_by=("emergency_7500", "emergency_7600", "emergency_7700")
    ),
}


class RespondParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[respond]`."""

    score_min: float = 0.3  # a cause of less raises nothing
    priority_2_score_min: float = 0.5
    priority_1_score_min: float = 0.8
    hysteresis: float = 0.1  # it is over, or less urgent, once the score is so much lower
    on_s: float = 0.0
    off_s: float = 10.0
    lost_s: float = 30.0  # a cause whose tracks are all lost is over after this
    rearm_s: float = 180.0  # the same cause within this time is the same alert (a lost track is found again in 120 s)
    latch_priority: int = 1  # alerts as urgent as this stay until they are reset; 0: none
    swarm_m: float = 2_000.0  # objects nearer than this that move alike are one alert
    swarm_mps: float = 15.0  # what alike is
    growth_factor: float = 2.0  # an acknowledged alert asks again when it has so many times the objects
    escalate_1_s: tuple[float, ...] = (60.0, 180.0)  # without an answer for so long
    escalate_2_s: tuple[float, ...] = (300.0, 900.0)
    escalate_3_s: tuple[float, ...] = ()
    escalate_to: tuple[str, ...] = ("shift leader", "duty officer")  # whom each step tells
    shelve_s_max: float = 28_800.0
    positions: int = 1  # people who share the alerts
    flood_begins: int = 10  # activations in ten minutes and position: more than this is a flood (EEMUA 191)
    flood_ends: int = 5  # fewer than this ends it
    repeat_s: float = 5.0  # new text and place of an alert that is otherwise the same
    duplicate_m: float = 5_000.0  # incidents of one category so near may be the same
    duplicate_s: float = 1_800.0  # and so near in time
    report_due_h: float = 72.0  # to the authority (EU 376/2014)
    rules: dict[str, RuleParams] = {}

    def of(self, rule: str) -> Rule:
        """Return what holds for one rule: the file's word, then the usual, then what holds for all."""
        own, usual = self.rules.get(rule, _NOTHING), USUAL_RULES.get(rule, _NOTHING)
        return Rule(
            score_min=_first(own.score_min, usual.score_min, self.score_min),
            priority_2_score_min=_first(
                own.priority_2_score_min, usual.priority_2_score_min, self.priority_2_score_min
            ),
            priority_1_score_min=_first(
                own.priority_1_score_min, usual.priority_1_score_min, self.priority_1_score_min
            ),
            hysteresis=_first(own.hysteresis, usual.hysteresis, self.hysteresis),
            on_s=_first(own.on_s, usual.on_s, self.on_s),
            off_s=_first(own.off_s, usual.off_s, self.off_s),
            priority_max=_first(own.priority_max, usual.priority_max, 1),
            joins=_first(own.joins, usual.joins, True),
            latch_priority=_latch_priority(_either(own.latches, usual.latches), self.latch_priority),
            suppressed_by=own.suppressed_by or usual.suppressed_by,
        )

    def escalate_s(self, priority: int) -> tuple[float, ...]:
        """Return after how many seconds each step is due."""
        return (self.escalate_1_s, self.escalate_2_s, self.escalate_3_s)[priority - 1]

    def faults(self, where: str) -> Iterator[str]:
        """Yield what is well-formed but cannot be meant."""
        if not 0.0 < self.score_min <= self.priority_2_score_min <= self.priority_1_score_min <= 1.0:
            yield (
                f"{where}: expected 0 < score_min <= priority_2_score_min <= priority_1_score_min <= 1, "
                f"got {self.score_min}, {self.priority_2_score_min}, {self.priority_1_score_min}"
            )
        for name in _NOT_NEGATIVE:
            if getattr(self, name) < 0:
                yield f"{where}.{name}: must be 0 or more, got {getattr(self, name)}"
        if self.positions < 1:
            yield f"{where}.positions: must be 1 or more, got {self.positions}"
        if not 0 <= self.latch_priority <= 3:
            yield f"{where}.latch_priority: must be 0 to 3, got {self.latch_priority}"
        if self.growth_factor <= 1.0:
            yield f"{where}.growth_factor: must be above 1, got {self.growth_factor}"
        if not 0 < self.flood_ends <= self.flood_begins:
            yield f"{where}: expected 0 < flood_ends <= flood_begins, got {self.flood_ends}, {self.flood_begins}"
        for priority in (1, 2, 3):
            steps = self.escalate_s(priority)
            if list(steps) != sorted(steps) or any(step <= 0 for step in steps):
                yield f"{where}.escalate_{priority}_s: expected rising times above 0, got {list(steps)}"
        for name, rule in self.rules.items():
            if rule.priority_max not in (None, 1, 2, 3):
                yield f"{where}.rules.{name}.priority_max: must be 1, 2 or 3, got {rule.priority_max}"
            whole = self.of(name)
            if not whole.score_min <= whole.priority_2_score_min <= whole.priority_1_score_min <= 1.0:
                yield (
                    f"{where}.rules.{name}: expected score_min <= priority_2_score_min <= priority_1_score_min <= 1, "
                    f"got {whole.score_min}, {whole.priority_2_score_min}, {whole.priority_1_score_min}"
                )
            for key in ("score_min", "hysteresis", "on_s", "off_s"):
                if (value := getattr(rule, key)) is not None and value < 0:
                    yield f"{where}.rules.{name}.{key}: must be 0 or more, got {value}"
            if name in rule.suppressed_by:
                yield f"{where}.rules.{name}.suppressed_by: a rule cannot suppress itself"


_NOTHING: Final = RuleParams()
_NOT_NEGATIVE: Final = (
    "hysteresis",
    "on_s",
    "off_s",
    "lost_s",
    "rearm_s",
    "swarm_m",
    "swarm_mps",
    "shelve_s_max",
    "repeat_s",
    "duplicate_m",
    "duplicate_s",
    "report_due_h",
)


def _first(own: T | None, usual: T | None, otherwise: T) -> T:
    """Return the first that is said."""
    return own if own is not None else usual if usual is not None else otherwise


def _latch_priority(latches: bool | None, otherwise: int) -> int:
    """Return from which priority on the alerts of a rule stay until they are reset; 0: none does."""
    return otherwise if latches is None else 3 if latches else 0


def _either(own: bool | None, usual: bool | None) -> bool | None:
    return own if own is not None else usual
