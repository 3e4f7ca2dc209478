"""When an asset counts or a zone is in force: pairs of instants, or of times of day that come every day; UTC."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from skydas.model.units import NS_PER_S, S_PER_DAY, utc_ns

HOURS_MAX: Final = 100  # pairs of one asset
_DAY_NS: Final = S_PER_DAY * NS_PER_S
_TIME_OF_DAY: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")


class Hours(NamedTuple):
    """Spans of time; those of a day are told from instants by `is_daily`."""

    spans: tuple[tuple[bool, int, int], ...]  # is_daily, from, to (ns of the day or since 1970)

    def is_open(self, now_ns: int) -> bool:
        """Return whether one of the spans holds `now_ns`; without any it always does."""
        if not self.spans:
            return True
        day_ns = now_ns % _DAY_NS
        return any(_holds(day_ns if is_daily else now_ns, start, end) for is_daily, start, end in self.spans)


def _holds(at: int, start: int, end: int) -> bool:
    return start <= at < end if start < end else at >= start or at < end  # from 22:00 to 06:00 goes over midnight


def hours_of(pairs: Sequence[Sequence[str]]) -> Hours:
    """Return pairs of texts as spans. Raises ValueError where `hours_faults` finds something."""
    return Hours(tuple(_span(str(pair[0]), str(pair[1])) for pair in pairs))


def _span(start: str, end: str) -> tuple[bool, int, int]:
    is_daily = _is_time_of_day(start)
    if is_daily != _is_time_of_day(end):
        raise ValueError(f"expected two times of day or two instants, got {start!r} and {end!r}")
    if is_daily:
        return True, _of_day_ns(start), _of_day_ns(end)
    start_ns, end_ns = utc_ns(start), utc_ns(end)
    if start_ns >= end_ns:
        raise ValueError(f"{start} is not before {end}")
    return False, start_ns, end_ns


def _is_time_of_day(text: str) -> bool:
    return _TIME_OF_DAY.fullmatch(text) is not None


def _of_day_ns(text: str) -> int:
    hours, minutes = text.split(":")
    return (int(hours) * 3600 + int(minutes) * 60) * NS_PER_S


def hours_faults(pairs: object) -> Iterator[str]:
    """Yield what is wrong with pairs as JSON gives them."""
    if not isinstance(pairs, list | tuple):
        yield f"expected a list of pairs of times, got {pairs!r}"
        return
    if len(pairs) > HOURS_MAX:
        yield f"expected at most {HOURS_MAX} pairs, got {len(pairs)}"
        return
    for pair in pairs:
        if not (isinstance(pair, list | tuple) and len(pair) == 2 and all(isinstance(one, str) for one in pair)):
            yield f"expected a pair of times as text, got {pair!r}"
            continue
        try:
            _span(*pair)
        except (ValueError, OverflowError) as error:
            yield f"{error}: expected times of day as 06:30, or instants as 2026-07-01T18:00:00Z"
