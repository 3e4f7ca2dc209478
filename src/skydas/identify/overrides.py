"""What a person says of a track: it holds for the track's number until it is released, over gaps and restarts."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import numpy as np

from skydas.model import CLASS_COUNT, CLASS_WORDS, FloatArray, Identity, IntArray

OVERRIDES_MAX: Final = 2_000


class Override(msgspec.Struct, frozen=True):
    """One person's word."""

    who: str
    reason: str
    since_ns: int
    identity: int = -1  # Identity; -1: nothing is said of it
    class_no: int = -1  # ObjectClass; -1: nothing is said of it

    def text(self) -> str:
        """Return what was said, in words."""
        said = [] if self.identity < 0 else [Identity(self.identity).name.lower().replace("_", " ")]
        said += [] if self.class_no < 0 else [CLASS_WORDS[self.class_no].replace("_", " ")]
        return f"{', '.join(said)}: {self.reason}"


class Overrides:
    """The words that hold, by number of the track."""

    def __init__(self) -> None:
        self._held: dict[int, Override] = {}

    def __len__(self) -> int:
        return len(self._held)

    def numbers(self) -> list[int]:
        """Return the tracks that bear a word, as they were said."""
        return list(self._held)

    def of(self, track_no: int) -> Override | None:
        """Return what a person says of a track."""
        return self._held.get(track_no)

    def put(self, track_no: int, override: Override) -> bool:
        """Let a word hold; False: there is no room."""
        if track_no not in self._held and len(self._held) >= OVERRIDES_MAX:
            return False
        self._held[track_no] = override
        return True

    def release(self, track_no: int) -> Override | None:
        """End a word; return it, or None where there was none."""
        return self._held.pop(track_no, None)

    def identities(self, numbers: IntArray) -> IntArray:
        """Return the identity that a person gave each track, -1 where nobody did, (k,)."""
        out = np.full(len(numbers), -1, np.int64)
        if self._held:
            for k, number in enumerate(numbers.tolist()):
                if (override := self._held.get(number)) is not None:
                    out[k] = override.identity
        return out

    def set_classes(self, numbers: IntArray, probability: FloatArray) -> None:
        """Put the class that a person gave in the place of what is assessed, (k, 12)."""
        if self._held:
            for k, number in enumerate(numbers.tolist()):
                override = self._held.get(number)
                if override is not None and override.class_no >= 0:
                    probability[k] = np.eye(CLASS_COUNT)[override.class_no]

    def state(self) -> list[Any]:
        """Return what a snapshot must hold."""
        return [[number, msgspec.to_builtins(override)] for number, override in self._held.items()]

    def restore(self, state: list[Any]) -> None:
        """Take back what `state` returned."""
        self._held = {number: msgspec.convert(held, Override) for number, held in state}
