"""The stage `warn`: what people report comes in, what people are warned of is drafted; nothing leaves unapproved."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
import numpy as np

from skydas.errors import ConfigError, RefusedError
from skydas.model import Action, PublicWarning, TrackStatus
from skydas.model.personal import ERASE_PHOTO, VIEW_PHOTO
from skydas.node.witnessing import Witnessing
from skydas.respond.warning.asked import Cone, change_of, cone_ahead
from skydas.respond.warning.drafts import Drafts, Warned
from skydas.respond.warning.params import WarnParams

if TYPE_CHECKING:
    from skydas.node.judging import Desk, Seen


class Warn:
    """Warnings and sightings of one node."""

    def __init__(self, desk: Desk) -> None:
        try:
            params = msgspec.convert(desk.config.warn, WarnParams)
        except msgspec.ValidationError as error:
            raise ConfigError(f"warn: {error}") from error
        self._desk = desk
        self._drafts = Drafts(params, desk.config.node.name, desk.config.node.origin)
        self._witnessing = Witnessing(desk, params.people)

    def step(self, seen: Seen) -> None:
        """Take what one input brought."""
        self._witnessing.step(seen)

    def second(self, seen: Seen) -> None:
        """Let a second pass."""
        self._witnessing.second(seen.now_ns)
        self._tell(self._drafts.expire(seen.now_ns))

    def draft_warning(self, action: Action) -> None:
        """Draft a warning: `level` and an area (see `respond/warning/asked.py`), or the `track_no` it is about."""
        change = change_of(action.fields, self._ahead(action))
        self._tell(self._drafts.draft(action.who, self._desk.now_ns(), change))

    def edit_warning(self, action: Action) -> None:
        """Change the draft `number`."""
        change = change_of(action.fields, self._ahead(action))
        self._tell(self._drafts.edit(action.who, self._desk.now_ns(), _number(action), change))

    def approve_warning(self, action: Action) -> None:
        """Let the draft `number` leave, as it was read: `cap_sha256`."""
        sha256 = action.fields.get("cap_sha256", "")
        self._tell(self._drafts.approve(action.who, self._desk.now_ns(), _number(action), sha256))

    def reject_warning(self, action: Action) -> None:
        """End the draft `number`, with a `reason`."""
        self._tell(self._drafts.reject(action.who, _number(action), action.fields.get("reason", "")))

    def update_warning(self, action: Action) -> None:
        """Draft an update of the warning `number`: what is not said stays as it was."""
        change = change_of(action.fields, self._ahead(action))
        self._tell(
            self._drafts.draft(action.who, self._desk.now_ns(), change, replaces=_number(action), message="Update")
        )

    def cancel_warning(self, action: Action) -> None:
        """Draft the message that ends the warning `number`, with a `reason`."""
        reason = action.fields.get("reason", "")
        self._tell(self._drafts.cancel(action.who, self._desk.now_ns(), _number(action), reason))

    def report_sighting(self, action: Action) -> None:
        """Take what a person saw or heard: the fields of `PersonReport`."""
        self._witnessing.report(action, self._desk.now_ns())

    def judge_sighting(self, action: Action) -> None:
        """Say of sighting `number` whether it was `judged` true or false."""
        self._witnessing.judge(action)

    def view_photo(self, action: Action) -> None:
        """Say that a person looked at the photo of a sighting."""
        self._witnessing.view_photo(action)

    def erase_photo(self, action: Action) -> None:
        """Erase the photo of a sighting, for good."""
        self._witnessing.erase_photo(action)

    def _ahead(self, action: Action) -> Cone | None:
        """Return where the track that an action names goes, where no area is given."""
        text = action.fields.get("track_no", "")
        if not text or any(key in action.fields for key in ("ring", "circle", "cone")):
            return None
        picture = self._desk.picture(self._desk.now_ns())
        living = np.isin(picture["status"], (TrackStatus.CONFIRMED, TrackStatus.COASTING))
        is_number = text.isascii() and text.isdecimal() and len(text) <= 10
        rows = np.flatnonzero(living & (picture["track_no"] == (int(text) if is_number else 0)))
        if len(rows) == 0:
            raise RefusedError(f"there is no track {text[:20]!r} in the picture")
        track = picture[rows[0]]
        cov = track["cov"]
        return cone_ahead(
            float(track["latitude_deg"]),
            float(track["longitude_deg"]),
            float(track["velocity_mps"][0]),
            float(track["velocity_mps"][1]),
            math.sqrt(max(cov[0], cov[6])),
            math.sqrt(max(cov[15], cov[18])),
        )

    def _tell(self, warned: list[Warned]) -> None:
        for one in warned:
            self._desk.tell(PublicWarning, **msgspec.structs.asdict(one))

    def numbers(self) -> dict[str, int]:
        """Return the next number of each kind."""
        return {"warning": self._drafts.last_number + 1, "sighting": self._witnessing.last_number + 1}

    def number_from(self, numbers: dict[str, int]) -> None:
        """Give no number below these."""
        self._drafts.last_number = numbers["warning"] - 1
        self._witnessing.last_number = numbers["sighting"] - 1

    def state(self) -> dict[str, Any]:
        """Return what a snapshot must hold."""
        return {"drafts": self._drafts.state(), "witnessing": self._witnessing.state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self._drafts.restore(state["drafts"])
        self._witnessing.restore(state["witnessing"])

    take_over = restore  # what people said and approved outlives a changed configuration

    def started(self, now_ns: int) -> None:
        """Tell what stands: the pages are new."""
        self._tell(self._drafts.standing(now_ns))
        self._witnessing.tell_latest()

    ACTIONS: ClassVar[dict[str, Callable[[Any, Action], None]]] = {
        "draft_warning": draft_warning,
        "edit_warning": edit_warning,
        "approve_warning": approve_warning,
        "reject_warning": reject_warning,
        "update_warning": update_warning,
        "cancel_warning": cancel_warning,
        "report_sighting": report_sighting,
        "judge_sighting": judge_sighting,
        VIEW_PHOTO: view_photo,
        ERASE_PHOTO: erase_photo,
    }


def _number(action: Action) -> int:
    text = action.fields.get("number", "")
    if not (text.isascii() and text.isdecimal() and len(text) <= 15):
        raise RefusedError(f"{action.what} needs number, that of a warning, got {text[:20]!r}")
    return int(text)
