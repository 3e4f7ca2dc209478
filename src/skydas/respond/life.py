"""The life of one alert: it asks, is answered, returns, is put aside, ends. Each function is one step of it.

    unacknowledged -> acknowledged -> closed                  answered, then its cause is over
    unacknowledged -> returned_unacknowledged -> closed       its cause is over, then answered
    shelved, suppressed, out_of_service                       shown, but nobody is asked

An urgent alert latches: answered and over, it stays acknowledged until somebody resets it.
"""

from __future__ import annotations

from typing import Final

from skydas.model import NS_PER_S
from skydas.respond.flood import CHATTER_COUNT, Load
from skydas.respond.params import RespondParams, Rule
from skydas.respond.priority import priority_of
from skydas.respond.record import QUIET, WAITING, Record

GROWTH_MIN: Final = 3  # objects more, before an acknowledged alert asks again because of them


def ask(alert: Record, now_ns: int, load: Load, quiet: tuple[str, str] | None) -> None:
    """Let an alert ask for an answer, unless it has to be quiet.

    quiet : the state and the reason that it has to be quiet for
    """
    alert.is_active, alert.is_silenced, alert.is_rejected = True, False, False
    alert.changed_ns, alert.over_ns, alert.until_ns, alert.escalated = now_ns, 0, 0, 0
    if quiet is not None:
        alert.state, alert.reason = quiet
        alert.who = ""
        return
    alert.state, alert.who, alert.reason = "unacknowledged", "", ""
    alert.waits_ns = now_ns
    alert.activation_count += 1
    alert.activations_ns = [*alert.activations_ns, now_ns][-CHATTER_COUNT:]
    load.activated(now_ns, alert)


def weigh(alert: Record, rule: Rule) -> bool:
    """Let score and priority follow the objects that stand; return whether it became more urgent."""
    standing = alert.standing()
    if not standing:
        return False
    alert.score = max(member.score for member in standing)
    before = alert.priority
    alert.priority = priority_of(alert.score, rule, before)
    return alert.priority < before


def must_ask_again(alert: Record, params: RespondParams) -> bool:
    """Return whether what was answered, shelved or rejected is no longer what stands: more urgent, or many more."""
    if alert.state not in ("acknowledged", "shelved", "closed") or not alert.standing():
        return False
    if alert.answered_priority and alert.priority < alert.answered_priority:
        return True
    grown = alert.object_count() - alert.answered_count
    return (
        alert.state == "acknowledged"
        and grown >= GROWTH_MIN
        and alert.object_count() >= params.growth_factor * alert.answered_count
    )


def come_back(alert: Record, now_ns: int, load: Load, quiet: tuple[str, str] | None) -> None:
    """Let an alert whose cause stands again go on where that leaves it."""
    if alert.state == "returned_unacknowledged":
        ask(alert, now_ns, load, quiet)
    elif alert.state == "closed" and not alert.is_rejected:
        # It was answered and ended a moment ago: it is known, so nobody is asked again.
        alert.state, alert.is_active, alert.changed_ns, alert.over_ns = "acknowledged", True, now_ns, 0
        alert.reason = ""
    elif alert.is_open:
        alert.is_active = True


def is_over(alert: Record, now_ns: int, off_s: float, lost_s: float) -> bool:
    """Return whether the cause of every object has been over for long enough."""
    for member in alert.members:
        wait_s = max(off_s, lost_s) if member.is_lost else off_s
        if member.over_ns == 0 or now_ns - member.over_ns < wait_s * NS_PER_S:
            return False
    return True


def return_(alert: Record, now_ns: int, latch_priority: int) -> None:
    """Note that the cause is over."""
    alert.is_active = False
    alert.changed_ns = now_ns
    if alert.state == "unacknowledged":
        alert.state = "returned_unacknowledged"
    elif alert.state in ("suppressed", "out_of_service") or (
        alert.state == "acknowledged" and alert.priority > latch_priority
    ):
        close(alert, now_ns, alert.reason)


def close(alert: Record, now_ns: int, reason: str) -> None:
    """End an alert."""
    alert.state, alert.reason = "closed", reason
    alert.changed_ns = alert.over_ns = now_ns
    alert.is_silenced, alert.until_ns = False, 0


def answer(alert: Record, now_ns: int, who: str, load: Load) -> None:
    """Note that a person answered."""
    if alert.state in WAITING:
        load.answered(now_ns, alert)
    alert.who, alert.changed_ns, alert.is_silenced, alert.escalated = who, now_ns, False, 0
    alert.answered_priority, alert.answered_count = alert.priority, alert.object_count()


def escalate(alert: Record, now_ns: int, steps_s: tuple[float, ...]) -> bool:
    """Note that nobody answered in time; return whether a step was taken."""
    if alert.state not in WAITING or alert.escalated >= len(steps_s):
        return False
    if now_ns - alert.waits_ns < steps_s[alert.escalated] * NS_PER_S:
        return False
    alert.escalated += 1
    alert.changed_ns = now_ns
    return True


def hush(alert: Record, now_ns: int, quiet: tuple[str, str]) -> None:
    """Let an alert that is open be quiet, as its state is to say."""
    if alert.state in QUIET and alert.state == quiet[0]:
        return
    alert.state, alert.reason = quiet
    alert.changed_ns, alert.is_silenced = now_ns, False
