"""Facts to rows. A fact is taken once: what a node told before, up to its sequence in `progress`, changes nothing.

A batch is one transaction. Of what stands (incidents, alerts ...) only the last of a batch is written; what
happened (changes of alerts, notices, actions) is written each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import delete, insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from skydas.errors import StoreError
from skydas.model import (
    ActionTaken,
    Alert,
    Fact,
    Incident,
    Message,
    NodeStarted,
    Notice,
    PersonalRecord,
    PublicWarning,
    ShiftEntry,
    Sighting,
)
from skydas.store.audit import Head, empty_head, linked
from skydas.store.models import (
    PROJECTED,
    AlertChangeRow,
    AlertRow,
    AuditRow,
    Base,
    EntryRow,
    GapRow,
    IncidentRow,
    NoticeRow,
    PersonalRow,
    Progress,
    ShiftRow,
    SightingRow,
    WarningRow,
)

NEW_DATABASE: Final = "give it a new database, or stop it and run `skydas store rebuild`"
KEYS_MAX: Final = 400  # of one DELETE: SQLite takes 999 values in a statement of old builds


class Standing(NamedTuple):
    """One kind of fact of which the latest stands, and the columns beside its record."""

    table: type[Base]
    columns: tuple[str, ...]


# fmt: off
STANDING: Final[dict[type[Message], Standing]] = {
    Incident: Standing(
        IncidentRow,
        (
            "state", "category", "headline", "first_plot_ns", "opened_ns", "closed_ns", "latitude_deg", "longitude_deg",
            "joined_to",
        ),
    ),
    Alert: Standing(
        AlertRow,
        ("priority", "state", "rule", "asset", "score", "raised_ns", "changed_ns", "who", "reason"),
    ),
    PublicWarning: Standing(WarningRow, ("level", "state", "effective_ns", "expires_ns", "approved_by")),
    Sighting: Standing(SightingRow, ("t_ns", "reporter", "category", "latitude_deg", "longitude_deg", "joined_to")),
    ShiftEntry: Standing(ShiftRow, ("t_ns", "who", "role", "what", "text", "accepted_by", "accepted_ns")),
    PersonalRecord: Standing(PersonalRow, ("incident", "person", "kind", "sha256", "is_erased")),
}
# fmt: on
HAPPENED: Final[tuple[type[Message], ...]] = (ActionTaken, Notice, NodeStarted)
KEPT: Final[tuple[type[Message], ...]] = (*STANDING, *HAPPENED)  # every other fact passes by


class Position(NamedTuple):
    """How far a node's facts have come in."""

    sequence: int
    now_ns: int
    audit: Head
    version: str = ""


class Gap(NamedTuple):
    """Facts `first` to `last` of a node that are missing."""

    node: str
    first: int
    last: int
    now_ns: int
    reason: str


def is_kept(fact: Fact) -> bool:
    """Return whether the store keeps this kind of fact."""
    return isinstance(fact, KEPT)


async def position(connection: AsyncConnection, node: str) -> Position:
    """Return how far the facts of `node` have come in; sequence -1: none yet."""
    row = (await connection.execute(select(Progress).where(Progress.node == node))).one_or_none()
    if row is None:
        return Position(-1, 0, empty_head(node))
    return Position(row.sequence, row.now_ns, Head(row.audit_count, row.audit_sha256), row.version)


async def project(connection: AsyncConnection, node: str, facts: Sequence[Fact], seen: tuple[int, int]) -> Position:
    """Write the facts of one node that are new, in order, and return how far they have come in.

    seen : sequence and now_ns of the newest fact looked at, kept or not
    Raises StoreError where the facts are of another history than the rows.
    """
    before = await position(connection, node)
    check_history(before, facts)
    fresh = [fact for fact in facts if fact.sequence > before.sequence]
    for fact_type, standing in STANDING.items():
        of_a_kind: list[Any] = [fact for fact in fresh if isinstance(fact, fact_type)]
        latest = {fact.number: fact for fact in of_a_kind}
        await _replace(connection, node, standing, latest)
    await _timelines(connection, node, [fact for fact in fresh if isinstance(fact, Incident)])
    await _each(connection, AlertChangeRow, (fact for fact in fresh if isinstance(fact, Alert)))
    await _each(connection, NoticeRow, (fact for fact in fresh if isinstance(fact, Notice)))
    head = before.audit
    audited: list[dict[str, Any]] = []
    for fact in fresh:
        if isinstance(fact, ActionTaken):
            link = linked(head, fact)
            head = Head(head.row_count + 1, link.sha256)
            audited.append({"node": node} | _texts(link._asdict()))
    if audited:
        await connection.execute(insert(AuditRow), audited)
    version = next((fact.version for fact in reversed(facts) if isinstance(fact, NodeStarted)), before.version)
    after = Position(max(before.sequence, seen[0]), max(before.now_ns, seen[1]), head, version)
    await connection.execute(delete(Progress).where(Progress.node == node))
    values = {"node": node, "sequence": after.sequence, "now_ns": after.now_ns, "version": version}
    await connection.execute(insert(Progress), [values | {"audit_count": head.row_count, "audit_sha256": head.sha256}])
    return after


async def note_gap(connection: AsyncConnection, gap: Gap) -> bool:
    """Write down which facts are missing; False: the store has them after all."""
    first = max(gap.first, (await position(connection, gap.node)).sequence + 1)
    if first > gap.last:
        return False
    await connection.execute(delete(GapRow).where(GapRow.node == gap.node, GapRow.first == first))
    await connection.execute(insert(GapRow), [gap._replace(first=first)._asdict()])
    return True


async def forget(connection: AsyncConnection, node: str) -> None:
    """Delete every row of a node, to write them anew."""
    tables: tuple[type[Base], ...] = (*PROJECTED, GapRow, Progress)
    for table in tables:
        await connection.execute(delete(table).where(table.__table__.c.node == node))


def check_history(before: Position, facts: Iterable[Fact]) -> None:
    """Raise StoreError where facts that should be known are others than those that are known.

    Within one history time follows the sequence, and one version of the program tells it.
    """
    for fact in facts:
        if fact.sequence > before.sequence:
            continue
        is_repeated = isinstance(fact, NodeStarted)  # at every start, with the time of that start
        if fact.now_ns > before.now_ns and not is_repeated:
            raise StoreError(
                f"fact {fact.sequence} is newer than fact {before.sequence} in the database: {fact.node} counts from "
                f"the start again (was its directory or its journal replaced?); {NEW_DATABASE}"
            )
        if isinstance(fact, NodeStarted) and before.version not in ("", fact.version):
            raise StoreError(
                f"{fact.node} told its journal again as version {fact.version}, the rows are of version "
                f"{before.version}, and numbers may differ; {NEW_DATABASE}"
            )


async def _replace(connection: AsyncConnection, node: str, standing: Standing, latest: dict[int, Any]) -> None:
    table: Any = standing.table
    numbers = list(latest)
    for first in range(0, len(numbers), KEYS_MAX):
        some = numbers[first : first + KEYS_MAX]
        await connection.execute(delete(table).where(table.node == node, table.number.in_(some)))
    if latest:
        await connection.execute(insert(table), [_row(fact, standing.columns) for fact in latest.values()])


def _row(fact: Any, columns: tuple[str, ...]) -> dict[str, Any]:
    values = {column: getattr(fact, column) for column in ("node", "number", "sequence", *columns)}
    return _texts(values) | {"record": msgspec.json.encode(fact).decode()}


async def _timelines(connection: AsyncConnection, node: str, incidents: list[Incident]) -> None:
    latest = {incident.number: incident for incident in incidents}
    for number, incident in latest.items():
        await connection.execute(delete(EntryRow).where(tuple_(EntryRow.node, EntryRow.incident) == (node, number)))
        rows = [
            _texts({"node": node, "incident": number, "position": position} | msgspec.structs.asdict(entry))
            for position, entry in enumerate(incident.timeline)
        ]
        if rows:
            await connection.execute(insert(EntryRow), rows)


async def _each(connection: AsyncConnection, table: type[Base], facts: Iterable[Fact]) -> None:
    columns = [column.key for column in table.__table__.columns]
    rows = [_texts({column: getattr(fact, column) for column in columns}) for fact in facts]
    if rows:
        await connection.execute(insert(table), rows)


def _texts(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values with U+0000, which PostgreSQL cannot hold, as U+FFFD; `record` has it as an escape."""
    return {key: value.replace("\0", "�") if isinstance(value, str) else value for key, value in values.items()}
