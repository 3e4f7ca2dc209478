"""Which alert is about which object and cause: found by track, by group, and by rule and asset."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from skydas.model import PROVISIONAL_NO, Cause, IntArray
from skydas.respond.record import Key, Record

NO_OBJECT: Final = 0


class Index:
    """Alerts by object: a track by its number, a group by its number below 0, NO_OBJECT for what is about neither."""

    def __init__(self) -> None:
        self._by_object: dict[int, dict[Key, int]] = {}
        self._open: dict[Key, dict[int, None]] = {}
        self._group_of: dict[int, int] = {}  # of tracks
        self.open_count = 0

    def objects(self, cause: Cause) -> list[int]:
        """Return what a cause is about, groups first."""
        track_nos = [no for no in cause.track_nos if 0 < no < PROVISIONAL_NO]
        groups = [-cause.group] if cause.group > 0 else []
        if self._group_of:
            groups += [-self._group_of[no] for no in track_nos if no in self._group_of]
        return list(dict.fromkeys([*groups, *track_nos])) or [NO_OBJECT]

    def find(self, key: Key, objects: list[int]) -> list[int]:
        """Return the alerts of a rule and asset that are about any of these objects, the oldest first."""
        by_object = self._by_object
        return sorted({by_object[one][key] for one in objects if one in by_object and key in by_object[one]})

    def about(self, one: int) -> dict[Key, int]:
        """Return the alerts about one object, by rule and asset."""
        return self._by_object.get(one, {})

    @property
    def object_count(self) -> int:
        """Return how many objects lead to an alert."""
        return len(self._by_object)

    def open(self, key: Key) -> dict[int, None]:
        """Return the open alerts of a rule and asset, the oldest first."""
        return self._open.get(key, {})

    def note(self, alert: Record) -> None:
        """Note whether an alert is open."""
        numbers = self._open.setdefault(alert.key, {})
        if alert.is_open and alert.number not in numbers:
            numbers[alert.number] = None
            self.open_count += 1
        elif not alert.is_open and alert.number in numbers:
            del numbers[alert.number]
            self.open_count -= 1
        if not numbers:
            del self._open[alert.key]

    def rename(self, alert: Record, asset: str) -> None:
        """Let an alert be about another asset."""
        objects = [one for one in alert.objects if self._by_object.get(one, {}).get(alert.key) == alert.number]
        self.unpoint(objects, alert)
        numbers = self._open.get(alert.key, {})
        if alert.number in numbers:
            del numbers[alert.number]
            self.open_count -= 1
            if not numbers:
                del self._open[alert.key]
        alert.asset, alert.objects = asset, []
        self.point(objects, alert)
        self.note(alert)

    def point(self, objects: list[int], alert: Record) -> None:
        """Let these objects lead to an alert."""
        for one in objects:
            by_key = self._by_object.setdefault(one, {})
            if by_key.get(alert.key) != alert.number:
                by_key[alert.key] = alert.number
                alert.objects.append(one)

    def unpoint(self, objects: list[int], alert: Record) -> None:
        """Let these objects lead to an alert no more."""
        for one in objects:
            by_key = self._by_object.get(one, {})
            if by_key.get(alert.key) == alert.number:
                del by_key[alert.key]
                if not by_key:
                    del self._by_object[one]

    def take(self, one: int) -> dict[Key, int]:
        """Return the alerts about one object, which is no more."""
        return self._by_object.pop(one, {})

    def group(self, groups: Iterable[tuple[int, int]]) -> None:
        """Take (track, group); group 0: it is alone."""
        for track_no, group in groups:
            if group:
                self._group_of[track_no] = group
            else:
                self._group_of.pop(track_no, None)

    @property
    def has_groups(self) -> bool:
        """Return whether any track is in a group."""
        return bool(self._group_of)

    def grouped(self) -> IntArray:
        """Return the numbers of the tracks that are in a group."""
        return np.fromiter(self._group_of, np.int64, len(self._group_of))

    def state(self) -> dict[str, Any]:
        """Return what a snapshot must hold."""
        return {
            "by_object": [[one, [[*key, no] for key, no in by.items()]] for one, by in self._by_object.items()],
            "open": [[*key, list(numbers)] for key, numbers in self._open.items()],
            "group_of": list(self._group_of.items()),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self._by_object = {one: {(rule, asset): no for rule, asset, no in by} for one, by in state["by_object"]}
        self._open = {(rule, asset): dict.fromkeys(numbers) for rule, asset, numbers in state["open"]}
        self._group_of = dict(state["group_of"])
        self.open_count = sum(len(numbers) for numbers in self._open.values())
