"""The life of a warning: drafted, changed, approved or rejected; then updated, cancelled or expired.

Nothing leaves but by `approve`, which names the hash of the draft that was read: what somebody changed in between is
not what was approved. An update and a cancellation are drafts of their own, and go through the same gate.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from skydas.errors import RefusedError
from skydas.model import NS_PER_S
from skydas.respond.warning import texts
from skydas.respond.warning.areas import Ring, ring_fault
from skydas.respond.warning.cap import Content, cap_identifier, cap_message, cap_sha256, reference
from skydas.respond.warning.eu_alert import CERTAINTIES, LEVELS
from skydas.respond.warning.municipalities import within
from skydas.respond.warning.params import EXPIRES_MIN_MAX, WarnParams

DRAFTS_MAX: Final = 50  # that wait for a person
KEPT_MAX: Final = 500  # warnings remembered; those that are over are forgotten first
TEXT_MAX: Final = 1_500  # characters of one part in one language
REASON_MAX: Final = 500
NAMES_MAX: Final = 60  # municipalities named in a text; more are only in the area


class Warned(msgspec.Struct):
    """One warning as it stands: the fields of `PublicWarning`, and what is not told."""

    number: int
    level: str
    state: str
    is_exercise: bool
    cause: str
    ring: tuple[tuple[float, float], ...]
    municipalities: tuple[tuple[str, str], ...]
    texts: dict[str, dict[str, str]]
    effective_ns: int
    expires_ns: int
    drafted_by: str
    approved_by: str = ""
    cap_id: str = ""
    references: tuple[str, ...] = ()
    message: str = "Alert"
    certainty: str = "likely"
    areas: tuple[tuple[str, str], ...] = ()
    replaces: int = 0
    cap: str = ""
    cap_sha256: str = ""
    reason: str = ""
    is_over: bool = False


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a person wants of a draft; None: as it is."""

    level: str | None = None
    certainty: str | None = None
    ring: Ring | None = None
    areas: tuple[tuple[str, str], ...] | None = None
    expires_min: float | None = None
    cause: str | None = None
    texts: dict[tuple[str, str], str] = {}  # (language, part) -> text


class Drafts:
    """Every warning of a node. Each method returns those that changed, to be told."""

    def __init__(self, params: WarnParams, node_name: str, origin: str) -> None:
        self._params = params
        self._sender = params.sender or node_name
        self._status = {"live": "Actual", "exercise": "Exercise", "simulated": "Test"}[origin]
        self._kept: dict[int, Warned] = {}
        self.last_number = 0
        self._references: dict[int, str] = {}  # of those that left: how a later message names them
        self._written_ns: dict[int, int] = {}  # of each warning: the time of sending in the message that people read

    def draft(self, who: str, now_ns: int, change: Change, replaces: int = 0, message: str = "Alert") -> list[Warned]:
        """Begin a warning, or the update of one that stands."""
        if sum(one.state == "draft" for one in self._kept.values()) >= DRAFTS_MAX:
            raise RefusedError(f"{DRAFTS_MAX} drafts wait already; approve or reject some first")
        before = self._standing(replaces) if replaces else None
        if before is not None and self._status != (left_as := _status_in(before.cap)):
            raise RefusedError(
                f"warning {replaces} left as {left_as}, and the node's messages are {self._status} now: "
                "it can be updated or cancelled only by a node of the origin it left from; else it expires"
            )
        made = Warned(
            number=self.last_number + 1,
            level=before.level if before else "yellow",
            state="draft",
            is_exercise=self._status != "Actual",
            cause=before.cause if before else "",
            ring=before.ring if before else (),
            municipalities=(),
            texts={},
            effective_ns=now_ns,
            expires_ns=now_ns + self._span_ns(None),
            drafted_by=who,
            certainty=before.certainty if before else "likely",
            areas=before.areas if before else (),
            replaces=replaces,
            message=message,
            references=(self._references[replaces],) if before else (),
        )
        self._apply(made, change, now_ns, is_new=True)
        self.last_number += 1
        self._kept[made.number] = made
        self._forget()
        return [made]

    def edit(self, who: str, now_ns: int, number: int, change: Change) -> list[Warned]:
        """Change a draft; whoever did is its drafter from now on."""
        draft = self._draft(number)
        self._check_unchanged(draft)
        changed = msgspec.structs.replace(draft, drafted_by=who)
        self._apply(changed, change, now_ns, is_new=False)
        self._kept[number] = changed
        return [changed]

    def approve(self, who: str, now_ns: int, number: int, sha256: str) -> list[Warned]:
        """Let a draft leave: `sha256` is of the CAP draft that was read."""
        draft = self._draft(number)
        if self._params.two_persons and _same(who, draft.drafted_by):
            raise RefusedError(
                f"{draft.drafted_by} drafted or changed warning {number}: another person must approve it"
            )
        if sha256 != draft.cap_sha256:
            raise RefusedError(f"warning {number} is not the draft that was read: its cap_sha256 is {draft.cap_sha256}")
        self._check_unchanged(draft)
        replaced = self._standing(draft.replaces) if draft.replaces else None
        span_ns = draft.expires_ns - draft.effective_ns
        draft.state, draft.approved_by = "approved", who
        draft.effective_ns, draft.expires_ns = now_ns, now_ns + span_ns
        content = self._content(draft, now_ns)
        self._write(draft, content)
        draft.cap_id = content.identifier
        self._references[number] = reference(content)
        changed = [draft]
        if replaced is not None:
            replaced.state = "cancelled" if draft.message == "Cancel" else "updated"
            replaced.is_over = True
            draft.is_over = draft.message == "Cancel"
            changed.append(replaced)
            for other in self._kept.values():  # a second update of the same has nothing to update any more
                if other.state == "draft" and other.replaces == replaced.number:
                    other.state, other.is_over, other.reason = "rejected", True, f"warning {number} came first"
                    changed.append(other)
        return changed

    def reject(self, who: str, number: int, reason: str) -> list[Warned]:
        """End a draft that must not leave."""
        draft = self._draft(number)
        draft.reason = f"{who}: {_checked('reason', reason, REASON_MAX)}"
        draft.state, draft.is_over = "rejected", True
        return [draft]

    def cancel(self, who: str, now_ns: int, number: int, reason: str) -> list[Warned]:
        """Draft the message that ends a warning which left."""
        made = self.draft(who, now_ns, Change(), replaces=number, message="Cancel")
        made[0].reason = f"{who}: {_checked('reason', reason, REASON_MAX)}"
        return made

    def expire(self, now_ns: int) -> list[Warned]:
        """Return the warnings whose time is over by now; no message leaves for that."""
        over = [one for one in self._kept.values() if one.state == "approved" and not one.is_over]
        over = [one for one in over if one.expires_ns <= now_ns]
        for one in over:
            one.state, one.is_over = "expired", True
        return over

    def standing(self, now_ns: int) -> list[Warned]:
        """Return the drafts and the warnings that are not over, and the all-clears in their time, the oldest first.

        An all-clear ends what it names and is over with it, yet an output that was not there must still send it.
        """
        return [
            one
            for one in self._kept.values()
            if not one.is_over or (one.state == "approved" and one.message == "Cancel" and one.expires_ns > now_ns)
        ]

    def _apply(self, made: Warned, change: Change, now_ns: int, *, is_new: bool) -> None:
        """Check a change and put it into a warning that nobody has seen yet."""
        level = change.level if change.level is not None else made.level
        if level not in LEVELS:
            raise RefusedError(f"level: expected {' or '.join(LEVELS)}, got {level!r}")
        certainty = change.certainty if change.certainty is not None else made.certainty
        if certainty not in CERTAINTIES:
            raise RefusedError(f"certainty: expected {' or '.join(CERTAINTIES)}, got {certainty!r}")
        is_other = is_new or level != made.level or change.ring is not None or change.areas is not None
        made.level, made.certainty = level, certainty
        if change.cause is not None:
            made.cause = _checked("cause", change.cause, REASON_MAX, may_be_empty=True)
        if change.ring is not None:
            if change.ring and (fault := ring_fault(change.ring)):
                raise RefusedError(f"ring: {fault}")
            made.ring = change.ring
        if change.areas is not None:
            made.areas = change.areas
        if not made.ring and not made.areas:
            raise RefusedError("a warning needs an area: ring, circle, cone, counties or a track that stands")
        if change.expires_min is not None or is_new:
            made.effective_ns, made.expires_ns = now_ns, now_ns + self._span_ns(change.expires_min)
        if is_other:  # the words name the area and the level: people's own words for another one would be wrong
            made.municipalities = within(made.ring, self._params.municipalities) if made.ring else ()
            names = [name for _, name in (*made.municipalities, *made.areas)]
            what = "over" if made.message == "Cancel" else made.level
            made.texts = texts.drafted(what, self._params.languages, names[:NAMES_MAX], self._status)
        for (language, part), text in change.texts.items():
            if language not in made.texts or part not in texts.PARTS:
                there_are = ", ".join(f"{part}.{language}" for language in made.texts for part in texts.PARTS)
                raise RefusedError(f"there is no text {part}.{language}; there are: {there_are}")
            worded = made.texts[language] | {part: _checked(f"{part}.{language}", text, TEXT_MAX)}
            made.texts = made.texts | {language: worded}
        made.texts = texts.marked(made.texts, self._status)
        self._write(made, self._content(made, now_ns))

    def _content(self, one: Warned, sent_ns: int) -> Content:
        return Content(
            identifier=cap_identifier(self._sender, one.number, sent_ns),
            sender=self._sender,
            sent_ns=sent_ns,
            status=self._status,
            message=one.message,
            level=one.level,
            certainty=one.certainty,
            texts=one.texts,
            effective_ns=one.effective_ns,
            expires_ns=one.expires_ns,
            ring=one.ring,
            municipalities=one.municipalities,
            areas=one.areas,
            references=one.references,
            sender_name=self._params.sender_name,
            contact=self._params.contact,
            note="" if self._status == "Actual" else f"{self._status} {self._sender}",
        )

    def _check_unchanged(self, draft: Warned) -> None:
        """Raise RefusedError unless the node would still say what people read: its configuration may have changed."""
        octets = cap_message(self._content(draft, self._written_ns[draft.number]))
        if cap_sha256(octets) == draft.cap_sha256:
            return
        what = "the node's sender, contact or version has changed since"
        if (drafted_as := _status_in(draft.cap)) != self._status:
            what = f"it was drafted as {drafted_as}, and the node's messages are {self._status} now"
        raise RefusedError(f"warning {draft.number} is not what would leave: {what}; reject it and draft it anew")

    def _write(self, one: Warned, content: Content) -> None:
        self._written_ns[one.number] = content.sent_ns
        octets = cap_message(content)
        one.cap, one.cap_sha256 = octets.decode(), cap_sha256(octets)

    def _draft(self, number: int) -> Warned:
        one = self._kept.get(number)
        if one is None or one.state != "draft":
            raise RefusedError(f"there is no draft {number}" + (f": it is {one.state}" if one is not None else ""))
        return one

    def _standing(self, number: int) -> Warned:
        one = self._kept.get(number)
        if one is None or one.state != "approved" or one.is_over:
            is_what = f"it is {one.state}" if one is not None else "there is none"
            raise RefusedError(f"warning {number} does not stand ({is_what}), so it cannot be updated or cancelled")
        return one

    def _span_ns(self, expires_min: float | None) -> int:
        minutes = self._params.expires_min if expires_min is None else expires_min
        if not 1.0 <= minutes <= EXPIRES_MIN_MAX:
            raise RefusedError(f"expires_min: expected 1 to {EXPIRES_MIN_MAX:.0f} minutes, got {minutes}")
        return round(minutes * 60.0) * NS_PER_S

    def _forget(self) -> None:
        over = [number for number, one in self._kept.items() if one.is_over]
        for number in over[: max(len(self._kept) - KEPT_MAX, 0)]:
            del self._kept[number]
            self._references.pop(number, None)
            self._written_ns.pop(number, None)

    def state(self) -> dict[str, Any]:
        """Return what a snapshot must hold."""
        kept = [msgspec.structs.asdict(one) for one in self._kept.values()]
        return {
            "kept": kept,
            "last": self.last_number,
            "references": list(self._references.items()),
            "written": list(self._written_ns.items()),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        kept: Sequence[Warned] = msgspec.convert(state["kept"], list[Warned])
        self._kept = {one.number: one for one in kept}
        self.last_number = state["last"]
        self._references = dict(state["references"])
        self._written_ns = dict(state["written"])


def _status_in(message: str) -> str:
    """Return the status of a CAP message of ours."""
    return message.partition("<status>")[2].partition("</status>")[0]


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def _checked(what: str, text: str, length_max: int, *, may_be_empty: bool = False) -> str:
    """Return a person's words, trimmed. Raises RefusedError where they are too long, empty, or no plain text."""
    trimmed = text.strip()
    if not trimmed and not may_be_empty:
        raise RefusedError(f"{what}: empty")
    if len(trimmed) > length_max:
        raise RefusedError(f"{what}: at most {length_max} characters, got {len(trimmed)}")
    if any(not (sign.isprintable() or sign == "\n") for sign in trimmed):
        raise RefusedError(f"{what}: holds characters that cannot be printed")
    if "<" in trimmed or ">" in trimmed:
        raise RefusedError(f"{what}: holds < or >: plain text only, no markup")
    return trimmed
