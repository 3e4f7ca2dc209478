"""A value for each key that was heard lately: bounded, and forgetful."""

from __future__ import annotations

from typing import Final, Generic, TypeVar

from skydas.model import NS_PER_S

RECENT_MAX: Final = 16_384
RECENT_AGE_NS_MAX: Final = 600 * NS_PER_S

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """Values by key, the one put last at the end."""

    def __init__(self) -> None:
        self._values: dict[int, tuple[int, Value]] = {}

    def get(self, key: int, t_ns: int) -> Value | None:
        """Return the value of `key`, or None if there is none or it is too old."""
        found = self._values.get(key)
        if found is None or abs(t_ns - found[0]) > RECENT_AGE_NS_MAX:
            return None
        return found[1]

    def last_ns(self, key: int) -> int | None:
        """Return when the value of `key` was put, or None if there is none."""
        found = self._values.get(key)
        return None if found is None else found[0]

    def put(self, key: int, t_ns: int, value: Value) -> int:
        """Keep `value`; return how many others had to go that were not too old (0 or 1)."""
        self._values.pop(key, None)
        self._values[key] = (t_ns, value)
        if len(self._values) <= RECENT_MAX:
            return 0
        oldest = next(iter(self._values))
        last_ns, _ = self._values.pop(oldest)
        return int(abs(t_ns - last_ns) <= RECENT_AGE_NS_MAX)

    def rows(self) -> list[tuple[int, int, Value]]:
        """Return (key, t_ns, value) in the order they were put."""
        return [(key, t_ns, value) for key, (t_ns, value) in self._values.items()]

    def restore(self, rows: list[tuple[int, int, Value]]) -> None:
        """Take what `rows()` returned."""
        self._values = {key: (t_ns, value) for key, t_ns, value in rows}
