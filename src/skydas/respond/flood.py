"""How the alerts load the people: counted as EEMUA 191 and ISA-18.2 do, over the running node.

Activations are counted, not alerts: one that comes back asks again. Periods are ten minutes of the clock; empty ones
count too. A flood begins with more than ten activations in ten minutes for each position; fewer than five end it.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from typing import Any, Final

from skydas.model import NS_PER_S, AlertFigures
from skydas.respond.params import RespondParams
from skydas.respond.record import Record

PERIOD_NS: Final = 600 * NS_PER_S
PERIODS_MAX: Final = 1_008  # a week; older ones are forgotten
RECENT_MAX: Final = 10_000  # activations whose instants are kept; more than that in ten minutes are a flood anyway
KEYS_MAX: Final = 1_000  # rules and assets that are counted apart; the rest is counted under OTHERS
OTHERS: Final = "others"
ANSWERS_MAX: Final = 1_000  # of one priority
TOP_COUNT: Final = 10
STALE_NS: Final = 24 * 3_600 * NS_PER_S
CHATTER_NS: Final = 60 * NS_PER_S
CHATTER_COUNT: Final = 3
NUMBERS_TOLD_MAX: Final = 50

# What people can bear, of EEMUA 191 and ISA-18.2 as secondary texts agree on.
PER_PERIOD_MAX: Final = 2.0
CROWDED: Final = 10  # activations in one period
CROWDED_SHARE_MAX: Final = 0.01
FLOOD_SHARE_MAX: Final = 0.01
TOP_SHARE_MAX: Final = 0.05
STALE_MAX: Final = 5
SHARES_MAX: Final = {"1": 0.05, "2": 0.15}
COUNTED_MIN: Final = 20  # activations before shares mean anything


class Load:
    """Activations and answers of one node."""

    def __init__(self, params: RespondParams) -> None:
        self._params = params
        self.in_flood = False
        self.refused: Counter[str] = Counter()
        self.bundled_count = 0
        self.joined_count = 0
        self._since_ns = 0  # the first period
        self._periods: deque[int] = deque(maxlen=PERIODS_MAX)  # activations of each, the present one last
        self._recent: deque[int] = deque(maxlen=RECENT_MAX)
        self._keys: Counter[str] = Counter()
        self._counts = [0, 0, 0]
        self._answers: list[deque[float]] = [deque(maxlen=ANSWERS_MAX) for _ in range(3)]
        self._answered = [0, 0, 0]
        self._flood_s = 0
        self._seconds = 0
        self._flood_count = 0

    def activated(self, now_ns: int, alert: Record) -> None:
        """Count an alert that asks for an answer."""
        self._reach(now_ns)
        self._periods[-1] += 1
        self._recent.append(now_ns)
        name = f"{alert.rule} {alert.asset}".strip()
        self._keys[name if name in self._keys or len(self._keys) < KEYS_MAX else OTHERS] += 1
        self._counts[alert.priority - 1] += 1
        if not self.in_flood and self.last_period(now_ns) > self._params.flood_begins:
            self.in_flood = True
            self._flood_count += 1

    def answered(self, now_ns: int, alert: Record) -> None:
        """Count an answer, with how long it took."""
        self._answered[alert.priority - 1] += 1
        self._answers[alert.priority - 1].append((now_ns - alert.waits_ns) / NS_PER_S)

    def second(self, now_ns: int) -> None:
        """Let a second pass."""
        self._reach(now_ns)
        self._seconds += 1
        self._flood_s += self.in_flood
        if self.in_flood and self.last_period(now_ns) < self._params.flood_ends:
            self.in_flood = False

    def last_period(self, now_ns: int) -> float:
        """Return the activations in the last ten minutes, for each position."""
        recent = self._recent
        while recent and recent[0] <= now_ns - PERIOD_NS:
            recent.popleft()
        return len(recent) / self._params.positions

    def _reach(self, now_ns: int) -> None:
        """Begin the periods up to this instant, empty ones too."""
        if not self._periods:
            self._since_ns = now_ns - now_ns % PERIOD_NS
            self._periods.append(0)
        last = self._since_ns // PERIOD_NS + len(self._periods) - 1
        for _ in range(min(now_ns // PERIOD_NS - last, PERIODS_MAX)):
            if len(self._periods) == PERIODS_MAX:
                self._since_ns += PERIOD_NS
            self._periods.append(0)
        self._since_ns = (now_ns // PERIOD_NS - len(self._periods) + 1) * PERIOD_NS

    def told(self, now_ns: int, alerts: Iterable[Record], out_of_service: Iterable[str]) -> dict[str, Any]:
        """Return the fields of an `AlertPerformance`.

        alerts         : every alert that is not closed
        out_of_service : rule and asset of what a person took out
        """
        self._reach(now_ns)
        open_alerts = list(alerts)
        positions, total = self._params.positions, sum(self._counts)
        top = self._keys.most_common(TOP_COUNT)
        fields: dict[str, Any] = {
            "since_ns": self._since_ns,
            "positions": positions,
            "activation_count": total,
            "per_period": sum(self._periods) / len(self._periods) / positions,
            "last_period": self.last_period(now_ns),
            "worst_period": max(self._periods) / positions,
            "period_count": len(self._periods),
            "crowded_share": sum(count > CROWDED * positions for count in self._periods) / len(self._periods),
            "flood_share": self._flood_s / self._seconds if self._seconds else 0.0,
            "in_flood": self.in_flood,
            "flood_count": self._flood_count,
            "top": tuple(top),
            "top_share": sum(count for _, count in top) / total if total else 0.0,
            "chattering": numbers(alert for alert in open_alerts if chatters(now_ns, alert)),
            "stale": numbers(alert for alert in open_alerts if alert.is_active and is_stale(now_ns, alert)),
            "priorities": {str(k + 1): self._figures(k, total) for k in range(3)},
            "open_count": len(open_alerts),
            "unanswered_count": sum(alert.state.endswith("unacknowledged") for alert in open_alerts),
            "shelved_count": sum(alert.state == "shelved" for alert in open_alerts),
            "suppressed_count": sum(alert.state == "suppressed" for alert in open_alerts),
            "out_of_service": tuple(out_of_service),
            "bundled_count": self.bundled_count,
            "joined_count": self.joined_count,
            "refused": dict(sorted(self.refused.items())),
        }
        return fields | {"findings": findings(fields)}

    def _figures(self, k: int, total: int) -> AlertFigures:
        answers = sorted(self._answers[k])
        return AlertFigures(
            activation_count=self._counts[k],
            share=self._counts[k] / total if total else 0.0,
            answered_count=self._answered[k],
            answer_median_s=answers[len(answers) // 2] if answers else None,
            answer_p95_s=answers[min(int(0.95 * len(answers)), len(answers) - 1)] if answers else None,
        )

    def state(self) -> dict[str, Any]:
        """Return what a snapshot must hold."""
        return {
            "in_flood": self.in_flood,
            "refused": sorted(self.refused.items()),
            "bundled": self.bundled_count,
            "joined": self.joined_count,
            "since_ns": self._since_ns,
            "periods": list(self._periods),
            "recent": list(self._recent),
            "keys": list(self._keys.items()),
            "counts": self._counts,
            "answers": [list(answers) for answers in self._answers],
            "answered": self._answered,
            "seconds": [self._flood_s, self._seconds, self._flood_count],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self.in_flood, self._since_ns = state["in_flood"], state["since_ns"]
        self.bundled_count, self.joined_count = state["bundled"], state["joined"]
        self.refused, self._keys = Counter(dict(state["refused"])), Counter(dict(state["keys"]))
        self._periods.extend(state["periods"])
        self._recent.extend(state["recent"])
        self._counts, self._answered = list(state["counts"]), list(state["answered"])
        for held, answers in zip(self._answers, state["answers"], strict=True):
            held.extend(answers)
        self._flood_s, self._seconds, self._flood_count = state["seconds"]


def chatters(now_ns: int, alert: Record) -> bool:
    """Return whether an alert came three times within a minute, the last within the last ten."""
    times_ns = alert.activations_ns
    return len(times_ns) >= CHATTER_COUNT and times_ns[-1] - times_ns[0] <= CHATTER_NS and (
        now_ns - times_ns[-1] <= PERIOD_NS
    )  # fmt: skip


def is_stale(now_ns: int, alert: Record) -> bool:
    """Return whether an alert stands for more than a day."""
    return now_ns - alert.raised_ns > STALE_NS


def numbers(alerts: Iterable[Record]) -> tuple[int, ...]:
    """Return the numbers of the first so many alerts."""
    return tuple(alert.number for alert in alerts)[:NUMBERS_TOLD_MAX]


def findings(fields: dict[str, Any]) -> tuple[str, ...]:
    """Return which limits are broken, each as a line with its figure."""
    found = []
    if fields["in_flood"]:
        found.append(f"flood: {fields['last_period']:.0f} alerts in the last ten minutes a position")
    if fields["per_period"] > PER_PERIOD_MAX:
        found.append(
            f"{fields['per_period']:.1f} alerts in ten minutes and position, {PER_PERIOD_MAX:.0f} can be borne"
        )
    if fields["crowded_share"] > CROWDED_SHARE_MAX:
        found.append(f"{fields['crowded_share']:.0%} of the periods have more than {CROWDED} alerts, 1% may")
    if fields["flood_share"] > FLOOD_SHARE_MAX:
        found.append(f"{fields['flood_share']:.0%} of the time is flood, 1% may be")
    if fields["chattering"]:
        found.append(f"{len(fields['chattering'])} alerts come and go")
    if len(fields["stale"]) > STALE_MAX:
        found.append(f"{len(fields['stale'])} alerts stand for more than a day, {STALE_MAX} may")
    if fields["activation_count"] >= COUNTED_MIN:
        if fields["top_share"] > TOP_SHARE_MAX and len(fields["top"]) == TOP_COUNT:
            found.append(f"the ten most frequent are {fields['top_share']:.0%} of all, {TOP_SHARE_MAX:.0%} may be")
        for priority, share_max in SHARES_MAX.items():
            share = fields["priorities"][priority].share
            if share > share_max:
                found.append(f"{share:.0%} have priority {priority}, {share_max:.0%} should")
    return tuple(found)
