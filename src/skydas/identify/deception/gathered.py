"""What is said of one claimant is one thing, and what is said of many claimants at once is one thing about all of them.

Checks find their own: one address that is led astray jumps, then radars have it elsewhere, one after another and under
one track number after another. And where satellite navigation is deceived, every aircraft that comes by is. People are
asked once for each claimant, and once for all of them while there are many.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

MANY: Final = 4  # claimants of whom something stands: from then on it is one thing
MANY_ENDS: Final = 2  # fewer than these: each is its own again
NAMED_MAX: Final = 5  # addresses in one line


class Gathering(NamedTuple):
    """What stands of one claimant, or of many."""

    claimant: int  # its key; 0: of many
    track_nos: tuple[int, ...]
    strength: float  # 0: over
    text: str
    place_deg: tuple[float, float] | None


class Gathered:
    """Which claimants are told by themselves, and whether many are told together."""

    def __init__(self) -> None:
        self.is_many = False
        self._alone: dict[int, tuple[int, ...]] = {}  # claimants that are told by themselves, and their tracks
        self._many_nos: tuple[int, ...] = ()  # tracks of those that are told together

    def step(self, standing: dict[int, list[dict[str, Any]]], touched: Iterable[int]) -> list[Gathering]:
        """Return what begins, changed and is over.

        standing : fields of Deception that stand, by claimant; only those of a track
        touched  : claimants of whom something began, changed or is over
        """
        touched = dict.fromkeys(touched)
        was_many, count = self.is_many, len(standing)
        self.is_many = count >= MANY or (was_many and count >= MANY_ENDS)
        if was_many and not self.is_many:
            touched |= dict.fromkeys(standing)  # each is its own again
        told = []
        if self.is_many and (touched or not was_many):
            told.append(_of_many(standing))
            self._many_nos = told[-1].track_nos
        elif was_many and not self.is_many:
            told.append(Gathering(0, self._many_nos, 0.0, "no longer so many claims are contradicted at once", None))
        for key in touched:
            if key in standing and (key in self._alone or not self.is_many):
                told.append(_of_one(key, standing[key]))
                self._alone[key] = told[-1].track_nos
            elif key not in standing and key in self._alone:
                told.append(Gathering(key, self._alone.pop(key), 0.0, "nothing speaks against its claims now", None))
        return told

    def state(self) -> list[Any]:
        """Return everything that the next step depends on."""
        return [self.is_many, [[key, list(numbers)] for key, numbers in self._alone.items()], list(self._many_nos)]

    def restore(self, state: list[Any]) -> None:
        """Take back what `state` returned."""
        self.is_many, alone, many_nos = state
        self._alone, self._many_nos = {key: tuple(numbers) for key, numbers in alone}, tuple(many_nos)


def _of_one(key: int, found: list[dict[str, Any]]) -> Gathering:
    worst = max(found, key=lambda fields: fields["strength"])
    others = dict.fromkeys(fields["what"].replace("_", " ") for fields in found if fields["what"] != worst["what"])
    text = f"{worst['text']}; also: {', '.join(others)}" if others else worst["text"]
    return Gathering(key, _tracks(found), worst["strength"], text, _place(found))


def _of_many(standing: dict[int, list[dict[str, Any]]]) -> Gathering:
    found = [fields for one in standing.values() for fields in one]
    named = list(dict.fromkeys(f"{fields['mode_s']:06x}" for fields in found if fields["mode_s"]))
    more = f" and {len(named) - NAMED_MAX} more" if len(named) > NAMED_MAX else ""
    who = f": {', '.join(named[:NAMED_MAX])}{more}" if named else ""
    text = (
        f"{len(standing)} claimants at once are not where they say, or say what cannot be{who}; "
        "satellite navigation may be deceived there, or claims are made up"
    )
    return Gathering(0, _tracks(found), max(fields["strength"] for fields in found), text, _place(found))


def _tracks(found: list[dict[str, Any]]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(no for fields in found for no in fields["track_nos"]))


def _place(found: list[dict[str, Any]]) -> tuple[float, float] | None:
    """Return latitude and longitude (degrees) of the claim in the middle: a mean of far places would be nowhere."""
    placed = sorted((one["longitude_deg"], one["latitude_deg"]) for one in found if one["latitude_deg"] is not None)
    return placed[len(placed) // 2][::-1] if placed else None
