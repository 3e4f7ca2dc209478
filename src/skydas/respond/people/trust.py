"""How far a reporter is believed: a beta distribution over "this one's reports are right".

It begins at 2 : 2. A report that agrees with a track which other sensors see counts as right; so does one that a person
on watch confirms, and one that is judged false counts against. What no track explains counts neither way: people are
asked for just what no radar sees. Old experience fades, so that a phone that changed hands does not stay trusted.
"""

from __future__ import annotations

from typing import Final

import msgspec

REPORTERS_MAX: Final = 20_000  # remembered; the one longest silent is forgotten first
PRIOR: Final = 2.0  # right, and wrong: 0.5, not sure
AGREED: Final = 1.0
AGREED_WITH_PEOPLE: Final = 0.25  # a track that only people see: they may all look at the same star
JUDGED_TRUE: Final = 2.0
JUDGED_FALSE: Final = 3.0
EXPERIENCE_MAX: Final = 50.0  # right and wrong together; then both shrink


class Experience(msgspec.Struct, array_like=True):
    """What is known of one reporter."""

    right: float = PRIOR
    wrong: float = PRIOR
    reports: int = 0

    @property
    def trust(self) -> float:
        """Return the mean of the distribution, 0 .. 1."""
        return self.right / (self.right + self.wrong)


class Reporters:
    """Everybody who reported, by pseudonym."""

    def __init__(self) -> None:
        self._known: dict[str, Experience] = {}

    def trust(self, reporter: str) -> float:
        """Return how far a reporter is believed, 0 .. 1."""
        known = self._known.get(reporter)
        return known.trust if known is not None else 0.5

    def reported(self, reporter: str) -> Experience:
        """Note one more report and return what is known of its reporter."""
        known = self._known.pop(reporter, None) or Experience()
        if len(self._known) >= REPORTERS_MAX:
            del self._known[next(iter(self._known))]
        known.reports += 1
        self._known[reporter] = known
        return known

    def learn(self, reporter: str, right: float = 0.0, wrong: float = 0.0) -> None:
        """Add to a reporter's experience; one who was forgotten stays so."""
        known = self._known.get(reporter)
        if known is None:
            return
        known.right += right
        known.wrong += wrong
        scale = EXPERIENCE_MAX / (known.right + known.wrong)
        if scale < 1.0:
            known.right *= scale
            known.wrong *= scale

    def state(self) -> list[tuple[str, float, float, int]]:
        """Return what a snapshot must hold, in order."""
        return [(name, known.right, known.wrong, known.reports) for name, known in self._known.items()]

    def restore(self, state: list[tuple[str, float, float, int]]) -> None:
        """Take back what `state` returned."""
        self._known = {name: Experience(right, wrong, reports) for name, right, wrong, reports in state}


def doubted_sigma(sigma: float, trust: float) -> float:
    """Return the sigma of a doubted measurement: a stranger's is as stated, and nobody's is better than that.

    With half of a stranger's trust it is twice as wide, a quarter of the weight in a fit.
    """
    return sigma * max(1.0, PRIOR / (PRIOR + PRIOR) / max(trust, 0.05))
