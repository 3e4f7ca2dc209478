"""How urgent an alert is: three priorities, and no flicker between them."""

from __future__ import annotations

from typing import Literal, cast

from skydas.respond.params import Rule

Priority = Literal[1, 2, 3]


def priority_of(score: float, rule: Rule, before: Priority | None = None) -> Priority:
    """Return the priority of a score, 1 the most urgent.

    before : what it was. More urgent it becomes at once, less urgent once the score is lower by the hysteresis.
    """
    bars = (rule.priority_1_score_min, rule.priority_2_score_min)
    now = 1 if score >= bars[0] else 2 if score >= bars[1] else 3
    if before is not None and now > before and score >= bars[before - 1] - rule.hysteresis:
        now = before
    return cast(Priority, max(now, rule.priority_max))
