"""What people do about alerts. Each is a function on the table of alerts; RefusedError carries the reason back.

Silence, acknowledge and reset are three commands (ISA-18.2): silence ends the tone, acknowledge says that somebody has
seen it, reset ends what latched.
"""

from __future__ import annotations

from collections.abc import Mapping

from skydas.errors import RefusedError
from skydas.respond.alerts import Alerts
from skydas.respond.life import answer, ask, hush
from skydas.respond.record import NAME_SIGNS_MAX, WAITING, Record
from skydas.respond.table import OUT_OF_SERVICE_MAX, Out
from skydas.respond.wording import end_of, needed, numbers_of, text_of

Fields = Mapping[str, str]


def acknowledge_alert(alerts: Alerts, now_ns: int, who: str, fields: Fields) -> None:
    """Say that somebody has seen it: `number`, one or several with commas."""
    chosen = _chosen(alerts, fields, "acknowledge_alert")
    for alert in chosen:
        if alert.state not in WAITING:
            raise RefusedError(f"alert {alert.number} is {_word(alert)}: there is nothing to acknowledge")
    for alert in chosen:
        answer(alert, now_ns, who, alerts.load)
        if alert.state == "unacknowledged" or alert.priority <= alerts.rule(alert.rule).latch_priority:
            alert.state = "acknowledged"
        else:
            alerts.end(now_ns, alert, "its cause is over")
        alerts.tell(alert)


def reject_alert(alerts: Alerts, now_ns: int, who: str, fields: Fields) -> None:
    """Say that it is none: `number`, `reason`. The same cause is quiet until it is over, or more urgent."""
    reason = needed(fields, "reason", "reject_alert")
    chosen = _chosen(alerts, fields, "reject_alert")
    for alert in chosen:
        answer(alert, now_ns, who, alerts.load)
        alert.is_rejected = True
        alerts.end(now_ns, alert, reason)


def shelve_alert(alerts: Alerts, now_ns: int, who: str, fields: Fields) -> None:
    """Put it aside for a while: `number`, `reason`, and `minutes` or `until_utc`."""
    reason = needed(fields, "reason", "shelve_alert")
    until_ns = end_of(fields, now_ns, alerts.params.shelve_s_max, "shelve_alert")
    chosen = _chosen(alerts, fields, "shelve_alert")
    for alert in chosen:
        if alert.state == "out_of_service":
            raise RefusedError(f"alert {alert.number} is out of service; return_to_service first")
    for alert in chosen:
        answer(alert, now_ns, who, alerts.load)
        alert.state, alert.reason, alert.until_ns = "shelved", reason, until_ns
        alerts.tell(alert)


def unshelve_alert(alerts: Alerts, now_ns: int, who: str, fields: Fields) -> None:
    """Take it off the shelf before its time: `number`."""
    chosen = _chosen(alerts, fields, "unshelve_alert")
    for alert in chosen:
        if alert.state != "shelved":
            raise RefusedError(f"alert {alert.number} is {_word(alert)}, it is not shelved")
    for alert in chosen:
        if alert.is_active:
            ask(alert, now_ns, alerts.load, alerts.quiet(alert))
            alerts.tell(alert)
        else:
            alerts.end(now_ns, alert, f"its cause is over; {who} took it off the shelf")


def silence(alerts: Alerts, now_ns: int, who: str, fields: Fields) -> None:
    """End the tone, of all that ask, or of `number`. It answers nothing: they go on asking, and escalate."""
    chosen = _chosen(alerts, fields, "silence") if fields.get("number") else alerts.open_alerts()
    for alert in chosen:
        if alert.state in WAITING and not alert.is_silenced:
            alert.is_silenced, alert.changed_ns = True, now_ns
            alerts.tell(alert)


def reset_alert(alerts: Alerts, now_ns: int, who: str, fields: Fields) -> None:
    """End what latched: `number`. Its cause must be over and somebody must have answered."""
    chosen = _chosen(alerts, fields, "reset_alert")
    for alert in chosen:
        if alert.state in WAITING:
            raise RefusedError(f"alert {alert.number} is not answered yet; acknowledge_alert first")
        if alert.is_active:
            raise RefusedError(f"the cause of alert {alert.number} stands; shelve_alert puts it aside for a while")
    for alert in chosen:
        alert.who = who
        alerts.end(now_ns, alert, "reset")


def out_of_service(alerts: Alerts, now_ns: int, who: str, fields: Fields) -> None:
    """Take a rule, of one asset or of all, out of service: `rule`, `asset`, `reason`.

    Its alerts are shown, and ask nobody.
    """
    key = _key(fields, "out_of_service")
    reason = needed(fields, "reason", "out_of_service")
    if key not in alerts.out_of_service and len(alerts.out_of_service) >= OUT_OF_SERVICE_MAX:
        raise RefusedError(f"{OUT_OF_SERVICE_MAX} are out of service already; return_to_service some")
    alerts.out_of_service[key] = Out(who, reason, now_ns)
    for alert in alerts.open_alerts():
        quiet = alerts.quiet(alert)
        if quiet is not None and quiet[0] == "out_of_service":
            alert.who = who
            hush(alert, now_ns, quiet)
            alerts.tell(alert)


def return_to_service(alerts: Alerts, now_ns: int, who: str, fields: Fields) -> None:
    """Take it back into service: `rule`, `asset` as they were taken out. What stands asks again."""
    key = _key(fields, "return_to_service")
    if alerts.out_of_service.pop(key, None) is None:
        there_are = ", ".join(" ".join(one).strip() for one in alerts.out_of_service) or "none"
        raise RefusedError(f"{' '.join(key).strip()} is not out of service; out of service: {there_are}")
    for alert in alerts.open_alerts():
        if alert.state == "out_of_service" and alerts.quiet(alert) is None:
            if alert.is_active:
                ask(alert, now_ns, alerts.load, None)
                alerts.tell(alert)
            else:
                alerts.end(now_ns, alert, f"its cause is over; {who} returned it to service")


def _chosen(alerts: Alerts, fields: Fields, what: str) -> list[Record]:
    """Return the open alerts that `number` names."""
    chosen = []
    for number in numbers_of(fields, "number", what):
        alert = alerts.get(number)
        if alert is None or not alert.is_open:
            joined = f"; it is part of alert {alert.joined_to}" if alert is not None and alert.joined_to else ""
            raise RefusedError(f"there is no open alert {number}{joined}")
        chosen.append(alert)
    return chosen


def _key(fields: Fields, what: str) -> tuple[str, str]:
    return needed(fields, "rule", what, NAME_SIGNS_MAX), text_of(fields, "asset", NAME_SIGNS_MAX)


def _word(alert: Record) -> str:
    return alert.state.replace("_", " ")
