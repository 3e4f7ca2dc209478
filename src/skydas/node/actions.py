"""What a person may do to a node. Each is a function on the node that returns the number of the track it made, or 0.

RefusedError carries the reason back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from skydas.errors import RefusedError
from skydas.fuse.corrections import MERGE, RENUMBER, SPLIT
from skydas.model import PROVISIONAL_NO, Action

if TYPE_CHECKING:
    from skydas.node.step import Node

REMARK_OCTETS_MAX: Final = 2_000


def remark(node: Node, action: Action) -> int:
    """Put a remark into the record: `text`."""
    text = action.fields.get("text", "").strip()
    if not text:
        raise RefusedError("a remark needs a text")
    if len(text.encode()) > REMARK_OCTETS_MAX:
        raise RefusedError(f"a remark holds at most {REMARK_OCTETS_MAX} octets, got {len(text.encode())}")
    node.notice("info", "remark_made", f"{action.who}: {text}")
    return 0


def merge_tracks(node: Node, action: Action) -> int:
    """Say that two tracks are one object: `track_no` stays, `ended_no` ends."""
    track_no, ended_no = _number(action, "track_no"), _number(action, "ended_no")
    node.correct(MERGE, track_no, ended_no)
    node.notice("info", "tracks_merged", f"{action.who}: track {ended_no} is track {track_no}")
    return 0


def split_track(node: Node, action: Action) -> int:
    """Say that a track is two objects: `track_no` stays, a second one begins beside it."""
    track_no = _number(action, "track_no")
    second_no = node.correct(SPLIT, track_no)
    node.notice("info", "track_split", f"{action.who}: track {track_no} is two: {track_no} and {second_no}")
    return second_no


def renumber_track(node: Node, action: Action) -> int:
    """Give `track_no` the number `new_no`, one that was given before and is free now; without it, the next new one."""
    track_no = _number(action, "track_no")
    new_no = _number(action, "new_no") if "new_no" in action.fields else 0
    given_no = node.correct(RENUMBER, track_no, new_no)
    node.notice("info", "track_renumbered", f"{action.who}: track {track_no} is track {given_no} from now on")
    return given_no


def _number(action: Action, field: str) -> int:
    """Return a track's number out of the action's fields."""
    text = action.fields.get(field, "")
    if not (text.isascii() and text.isdecimal() and len(text) <= 10 and 1 <= int(text) < PROVISIONAL_NO):
        raise RefusedError(f"{action.what} needs {field}, the number of a track, got {text!r}")
    return int(text)


ACTIONS: Final[dict[str, Callable[[Node, Action], int]]] = {
    "remark": remark,
    "merge_tracks": merge_tracks,
    "split_track": split_track,
    "renumber_track": renumber_track,
}
