"""Incidents, alerts and the like as a node tells them, for the tests of what keeps and prints them."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import msgspec

from skydas.config import encode_config, node_config
from skydas.journal import JournalWriter
from skydas.model import (
    Action,
    ActionTaken,
    Alert,
    Fact,
    Incident,
    IncidentEntry,
    Input,
    InputKind,
    Notice,
    PersonalRecord,
    PublicWarning,
    ShiftEntry,
    Sighting,
)
from skydas.outputs import database
from tests.facts import T0_NS, Emitted, ListInbox, after, frame, started, tracks

NODE = "lt-1"
LETTERS = "ąčęėįšųūž ĄČĘĖĮŠŲŪŽ āēģīķļņ ĀĒĢĪĶĻŅ äöõü ÄÖÕÜ"
MARKUP = '<script>alert("x")</script> & </td><img src=x onerror=alert(1)>'


def incident(sequence: int, number: int = 1, **changes: object) -> Incident:
    """Return an open incident with a drone near Medininkai."""
    fields: dict[str, object] = {
        "node": NODE,
        "sequence": sequence,
        "now_ns": after(sequence / 10),
        "number": number,
        "state": "open",
        "category": "drone",
        "headline": f"Drone over the border at Medininkai ({LETTERS})",
        "opened_ns": after(60.0),
        "first_plot_ns": T0_NS,
        "latitude_deg": 54.54,
        "longitude_deg": 25.65,
        "track_nos": (7, 12),
        "alerts": (3,),
        "reported": {"words": f"a small aircraft with lights {MARKUP}", "heading": "NW"},
        "assessed": {"class": "one_way_drone 0.71", "intent": "crossing"},
        "evidence": (("journal slice", "evidence/1", hashlib.sha256(b"slice").hexdigest()),),
        "notified": (("border guard", after(120.0), "telephone"),),
        "timeline": (
            IncidentEntry(T0_NS, "", "first_plot", "radar-1 saw it first"),
            IncidentEntry(after(60.0), "watch 1", "opened", f"note: {MARKUP}"),
        ),
        "missing": ("registration",),
    }
    return Incident(**(fields | changes))  # type: ignore[arg-type]


def alert(sequence: int, number: int = 3, state: str = "unacknowledged", who: str = "") -> Alert:
    """Return an alert for track 7."""
    return Alert(
        node=NODE, sequence=sequence, now_ns=after(sequence / 10), number=number, priority=1, state=state,
        rule="crossing", track_nos=(7,), group=0, asset="Medininkai", score=0.83, text="track 7 will cross the border",
        latitude_deg=54.54, longitude_deg=25.65, raised_ns=after(30.0), changed_ns=after(sequence / 10), who=who,
    )  # fmt: skip


def action(sequence: int, what: str = "remark", refused: str = "", **fields: str) -> ActionTaken:
    """Return an action of the watch."""
    return ActionTaken(
        node=NODE, sequence=sequence, now_ns=after(sequence / 10), who="watch 1", role="officer", what=what,
        fields=fields, refused=refused,
    )  # fmt: skip


def contact(sequence: int, sha256: str, *, number: int = 1, is_erased: bool = False) -> PersonalRecord:
    """Return a witness's contact that is kept, or erased."""
    return PersonalRecord(
        node=NODE, sequence=sequence, now_ns=after(sequence / 10), number=number, person=1, incident=1, kind="contact",
        sha256=sha256, octet_count=80, kept_by="watch 1", is_erased=is_erased, erased_by="watch 1" if is_erased else "",
    )  # fmt: skip


def warning(sequence: int) -> PublicWarning:
    """Return a draft for the public."""
    return PublicWarning(
        node=NODE, sequence=sequence, now_ns=after(sequence / 10), number=1, level="yellow", state="draft",
        is_exercise=True, cause="incident 1", ring=((54.5, 25.6), (54.6, 25.6), (54.6, 25.7)), municipalities=(),
        texts={"lt": {"headline": LETTERS}}, effective_ns=T0_NS, expires_ns=after(3600.0), drafted_by="watch 1",
    )  # fmt: skip


def shift(sequence: int) -> ShiftEntry:
    """Return a line of the watch log."""
    return ShiftEntry(
        node=NODE, sequence=sequence, now_ns=after(sequence / 10), number=1, t_ns=T0_NS, who="watch 1", role="officer",
        what="shift_started", text=LETTERS, open_incidents=(1,),
    )  # fmt: skip


def sighting(sequence: int) -> Sighting:
    """Return what a person saw."""
    return Sighting(
        node=NODE, sequence=sequence, now_ns=after(sequence / 10), number=1, t_ns=T0_NS, reporter="p-1",
        words=f"lights \0 {MARKUP}", latitude_deg=54.5, longitude_deg=25.6, azimuth_true_deg=None, elevation_deg=None,
        sense="saw", category="drone", fields={}, trust=0.5,
    )  # fmt: skip


def told(count: int = 40) -> list[Fact]:
    """Return `count` facts in sequence: an incident that grows among frames, alerts, notices and actions."""
    facts: list[Fact] = [started(0)]
    entries = [IncidentEntry(T0_NS, "", "first_plot", "radar-1")]
    for sequence in range(1, count):
        match sequence % 8:
            case 1:
                entries.append(IncidentEntry(after(sequence), "watch 1", "note", f"line {sequence}"))
                facts.append(incident(sequence, number=1 + sequence // 32, timeline=tuple(entries)))
            case 2:
                facts.append(alert(sequence, state="acknowledged" if sequence > 20 else "unacknowledged", who="w"))
            case 3:
                facts.append(action(sequence, text=f"{sequence} \0 {LETTERS}"))
            case 4:
                facts.append(sighting(sequence) if sequence < 20 else warning(sequence))
            case 5:
                facts.append(action(sequence, "no_such", refused="there is no such action"))
            case 6:
                if sequence == 14:
                    facts.append(shift(sequence))
                    continue
                facts.append(
                    Notice(node=NODE, sequence=sequence, now_ns=after(sequence / 10), level="info", what="w", text="x")
                )
            case _:
                facts.append(frame(sequence, tracks([7]), now_ns=after(sequence / 10)))
    return facts


def node_that_ran(folder: Path) -> None:
    """Leave `border.toml` in `folder`, and beside it what that node wrote: its journal, a database with incidents."""
    text = '[node]\nname = "lt-1"\ndirectory = "border-data"\n\n[[outputs]]\nkind = "database"\n'
    (folder / "border.toml").write_text(text)
    directory = folder / "border-data"
    journal = JournalWriter(directory / "journal")
    journal.append(Input(T0_NS, NODE, InputKind.CONFIG, encode_config(node_config(text))))
    for fact in told():
        if isinstance(fact, ActionTaken):
            action = Action(fact.who, fact.role, fact.what, fact.fields)
            journal.append(Input(fact.now_ns, "people", InputKind.ACTION, msgspec.msgpack.encode(action)))
    journal.close()
    asyncio.run(database.run(database.Params(node_directory=str(directory)), ListInbox(told()), Emitted()))
