"""Deception in a node: what the room `identify.deception` finds becomes facts, and causes for the stages after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec
import numpy as np

from skydas.errors import ConfigError
from skydas.identify.deception import Checker, DeceptionParams
from skydas.identify.deception.gathered import Gathering
from skydas.model import Action, Cause, ClaimFigures, Deception, InterferenceArea, TrackStatus
from skydas.respond.record import CLAIMANT_GROUPS_FROM

if TYPE_CHECKING:
    from skydas.node.judging import Desk, Seen

CLAIMANTS_TOLD_APART: Final = 1 << 61  # the key of a Remote ID is of 64 bits, that of an object's group of fewer


class Deceiving:
    """The stage `deceive` of one node: it only gathers plots, and judges them once a second."""

    ACTIONS: ClassVar[dict[str, Callable[[Any, Action], None]]] = {}

    def __init__(self, desk: Desk) -> None:
        try:
            params = msgspec.convert(desk.config.deceive, DeceptionParams)
        except msgspec.ValidationError as error:
            raise ConfigError(f"deceive: {error}") from error
        self._desk = desk
        self.checker = Checker(params, desk.sensors)

    def step(self, seen: Seen) -> None:
        """Put plots by; forget tracks that dropped."""
        self.checker.take(seen.plots, seen.owner)
        for track_no in seen.tracks["track_no"][seen.tracks["status"] == TrackStatus.DROPPED].tolist():
            self.checker.lost(track_no)

    def second(self, seen: Seen) -> None:
        """Judge the last second, tell what begins, changed and is over, and hand causes on."""
        changes = self.checker.second(seen.now_ns)
        for fields in changes.deceptions:
            self._desk.tell(Deception, **fields)
            if fields["track_nos"]:
                seen.causes.append(_evidence(fields, seen.now_ns))
        seen.causes.extend(_cause(gathering, seen.now_ns) for gathering in changes.gathered)
        for fields in changes.areas:
            self._desk.tell(InterferenceArea, **fields)
            seen.causes.append(_cause_of_area(fields, seen.now_ns))

        if (figures := self.checker.figures(seen.now_ns)) is not None:
            self._desk.tell(ClaimFigures, **figures)

    def renumber(self, now_ns: int, old_no: int, new_no: int) -> None:
        """Note that a person said of a track that it is another one."""
        self.checker.renumber(old_no, new_no)

    def numbers(self) -> dict[str, int]:
        """Return the next number of each kind."""
        return {"deception": self.checker.next_number, "interference_area": self.checker.next_area}

    def number_from(self, numbers: dict[str, int]) -> None:
        """Give no number below these."""
        self.checker.next_number, self.checker.next_area = numbers["deception"], numbers["interference_area"]

    def state(self) -> dict[str, Any]:
        """Return everything that the next step depends on."""
        return self.checker.state()

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self.checker.restore(state)


def _evidence(fields: dict[str, Any], now_ns: int) -> Cause:
    return Cause(
        rule=fields["what"],
        track_nos=fields["track_nos"],
        score=0.0 if fields.get("is_over") else fields["strength"],
        text=fields["text"],
        latitude_deg=fields["latitude_deg"],
        longitude_deg=fields["longitude_deg"],
        plot_ns=now_ns,
        is_evidence=True,
    )


def _cause(gathering: Gathering, now_ns: int) -> Cause:
    latitude_deg, longitude_deg = gathering.place_deg or (None, None)
    return Cause(
        rule="deception" if gathering.claimant else "deception_of_many",
        track_nos=gathering.track_nos,
        group=CLAIMANT_GROUPS_FROM + gathering.claimant % CLAIMANTS_TOLD_APART,
        score=gathering.strength,
        text=gathering.text,
        latitude_deg=latitude_deg,
        longitude_deg=longitude_deg,
        plot_ns=now_ns,
    )


def _cause_of_area(fields: dict[str, Any], now_ns: int) -> Cause:
    latitude_deg, longitude_deg = np.mean(fields["ring"], axis=0).tolist()
    return Cause(
        rule="interference",
        track_nos=(),
        asset=f"area {fields['number']}",
        score=0.0 if fields.get("is_over") else fields["probability"],
        text=fields["text"],
        latitude_deg=latitude_deg,
        longitude_deg=longitude_deg,
        plot_ns=now_ns,
    )
