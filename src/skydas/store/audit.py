"""The chain of the audit: every row's hash holds the one before, so that no row can be changed or taken out unseen.

    sha256 of row n = SHA-256(sha256 of row n - 1, line feed, n, line feed, record)

Row 0 follows the hash of the node's name. `record` is the ActionTaken fact as JSON, as the row keeps it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from skydas.model import Action, ActionTaken

FAULTS_MAX: Final = 100  # told of one chain


class Link(NamedTuple):
    """One row of the audit, as the database gives it."""

    position: int
    sequence: int
    now_ns: int
    who: str
    role: str
    what: str
    refused: str
    record: str
    sha256: str


class Head(NamedTuple):
    """Where a chain ends."""

    row_count: int
    sha256: str


def empty_head(node: str) -> Head:
    """Return the head of a chain without rows."""
    return Head(0, hashlib.sha256(f"skydas audit {node}".encode()).hexdigest())


def linked(head: Head, taken: ActionTaken) -> Link:
    """Return the row that comes after `head`."""
    record = msgspec.json.encode(taken).decode()
    return Link(
        position=head.row_count,
        sequence=taken.sequence,
        now_ns=taken.now_ns,
        who=taken.who,
        role=taken.role,
        what=taken.what,
        refused=taken.refused,
        record=record,
        sha256=chained(head.sha256, head.row_count, record),
    )


def chained(before: str, position: int, record: str) -> str:
    """Return the hash of a row, hexadecimal."""
    return hashlib.sha256(f"{before}\n{position}\n{record}".encode()).hexdigest()


def chain_faults(node: str, links: Iterable[Link], head: Head) -> list[str]:
    """Return one line for each place where the chain is broken, at most FAULTS_MAX.

    links : in the order of their positions
    head  : where the database says that the chain ends
    """
    faults: list[str] = []
    count, before = empty_head(node)
    for link in links:
        if len(faults) >= FAULTS_MAX:
            return faults
        if link.position != count:
            faults.append(f"{node}: rows {count} to {link.position - 1} are missing")
        elif link.sha256 != chained(before, link.position, link.record):
            faults.append(f"{node}: row {link.position} does not follow from the row before it: it was changed")
        faults += [f"{node}: row {link.position}: {column} is not that of its record" for column in _altered(link)]
        count, before = link.position + 1, link.sha256
    if Head(count, before) != head:
        faults.append(
            f"{node}: the chain ends with row {count - 1} ({before[:12]}), "
            f"but should end with row {head.row_count - 1} ({head.sha256[:12]})"
        )
    return faults[:FAULTS_MAX]


def journal_faults(node: str, links: Iterable[Link], actions: Iterable[Action]) -> list[str]:
    """Return one line for each place where the audit and the actions of the journal part, at most FAULTS_MAX.

    links, actions : both in order; of a node that runs the newest actions may be on their way
    """
    faults: list[str] = []
    recorded = iter(actions)
    for link in links:
        if len(faults) >= FAULTS_MAX:
            break
        action = next(recorded, None)
        if action is None:
            faults.append(f"{node}: row {link.position} and those after it stand in no journal")
            break
        if _action_of(link) != action:
            faults.append(f"{node}: row {link.position} is not what the journal holds: {action.who} did {action.what}")
    else:
        if left := sum(1 for _ in recorded):
            faults.append(f"{node}: {left} actions of the journal are not in the audit")
    return faults


def _altered(link: Link) -> list[str]:
    try:
        taken = msgspec.json.decode(link.record, type=ActionTaken)
    except msgspec.DecodeError:
        return ["record"]
    said = {"sequence": taken.sequence, "now_ns": taken.now_ns, "who": _shown(taken.who), "role": _shown(taken.role)}
    said |= {"what": _shown(taken.what), "refused": _shown(taken.refused)}
    return [column for column, value in said.items() if getattr(link, column) != value]


def _action_of(link: Link) -> Action | None:
    try:
        taken = msgspec.json.decode(link.record, type=ActionTaken)
    except msgspec.DecodeError:
        return None
    return Action(who=taken.who, role=taken.role, what=taken.what, fields=taken.fields)


def _shown(text: str) -> str:
    return text.replace("\0", "�")
