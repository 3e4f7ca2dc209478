"""What reports and the API ask of a store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final, TypeVar

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from skydas.model import Alert, Incident, Message, PersonalRecord
from skydas.store.audit import Link
from skydas.store.models import AlertRow, AuditRow, GapRow, IncidentRow, PersonalRow, Progress
from skydas.store.projection import Gap

LISTED_MAX: Final = 1_000  # incidents, or rows of the audit, of one answer
ALERTS_MAX: Final = 500  # of one incident's report
PERSONAL_MAX: Final = 500  # records of one incident
ROWS_AT_ONCE: Final = 1_000

M = TypeVar("M", bound=Message)


async def nodes(connection: AsyncConnection) -> list[str]:
    """Return the nodes whose facts the store holds."""
    return list((await connection.execute(select(Progress.node).order_by(Progress.node))).scalars())


async def incident(connection: AsyncConnection, node: str, number: int) -> Incident | None:
    """Return one incident, or None."""
    asked = select(IncidentRow.record).where(IncidentRow.node == node, IncidentRow.number == number)
    record = (await connection.execute(asked)).scalar_one_or_none()
    return None if record is None else msgspec.json.decode(record, type=Incident)


async def incidents(connection: AsyncConnection, node: str, before: int = 0) -> list[Incident]:
    """Return the newest incidents, LISTED_MAX at most, the newest first; `before`: those with lower numbers only."""
    asked = select(IncidentRow.record).where(IncidentRow.node == node)
    if before:
        asked = asked.where(IncidentRow.number < before)
    records = (await connection.execute(asked.order_by(IncidentRow.number.desc()).limit(LISTED_MAX))).scalars()
    return [msgspec.json.decode(record, type=Incident) for record in records]


async def alerts(connection: AsyncConnection, node: str, numbers: tuple[int, ...]) -> list[Alert]:
    """Return those alerts that there are, by number, ALERTS_MAX at most."""
    wanted = sorted(numbers)[:ALERTS_MAX]
    asked = select(AlertRow.record).where(AlertRow.node == node, AlertRow.number.in_(wanted)).order_by(AlertRow.number)
    return [msgspec.json.decode(record, type=Alert) for record in (await connection.execute(asked)).scalars()]


async def personal_records(connection: AsyncConnection, node: str, number: int) -> list[PersonalRecord]:
    """Return the personal records of one incident, PERSONAL_MAX at most."""
    asked = select(PersonalRow.record).where(PersonalRow.node == node, PersonalRow.incident == number)
    records = (await connection.execute(asked.order_by(PersonalRow.number).limit(PERSONAL_MAX))).scalars()
    return [msgspec.json.decode(record, type=PersonalRecord) for record in records]


async def personal_record(connection: AsyncConnection, node: str, number: int) -> PersonalRecord | None:
    """Return one personal record, or None."""
    asked = select(PersonalRow.record).where(PersonalRow.node == node, PersonalRow.number == number)
    record = (await connection.execute(asked)).scalar_one_or_none()
    return None if record is None else msgspec.json.decode(record, type=PersonalRecord)


async def audit(connection: AsyncConnection, node: str, start: int = 0, limit: int = LISTED_MAX) -> list[Link]:
    """Return rows of the audit from position `start` on."""
    columns = [getattr(AuditRow, name) for name in Link._fields]
    asked = select(*columns).where(AuditRow.node == node, AuditRow.position >= start)
    rows = await connection.execute(asked.order_by(AuditRow.position).limit(min(limit, LISTED_MAX)))
    return [Link(*row) for row in rows]


async def whole_audit(connection: AsyncConnection, node: str) -> AsyncIterator[Link]:
    """Yield every row of the audit in order."""
    columns = [getattr(AuditRow, name) for name in Link._fields]
    asked = select(*columns).where(AuditRow.node == node).order_by(AuditRow.position)
    async for row in await connection.stream(asked, execution_options={"yield_per": ROWS_AT_ONCE}):
        yield Link(*row)


async def gaps(connection: AsyncConnection, node: str) -> list[Gap]:
    """Return which facts are missing."""
    rows = await connection.execute(select(GapRow).where(GapRow.node == node).order_by(GapRow.first).limit(LISTED_MAX))
    return [Gap(row.node, row.first, row.last, row.now_ns, row.reason) for row in rows]


async def personal_record_of(connection: AsyncConnection, node: str, sha256: str) -> PersonalRecord | None:
    """Return the personal record of that hash, or None."""
    asked = select(PersonalRow.record).where(PersonalRow.node == node, PersonalRow.sha256 == sha256)
    record = (await connection.execute(asked)).scalar_one_or_none()
    return None if record is None else msgspec.json.decode(record, type=PersonalRecord)


async def records_of_person(connection: AsyncConnection, node: str, person: int) -> list[PersonalRecord]:
    """Return all records of one person."""
    asked = select(PersonalRow.record).where(PersonalRow.node == node, PersonalRow.person == person)
    records = (await connection.execute(asked.order_by(PersonalRow.number))).scalars()
    return [msgspec.json.decode(record, type=PersonalRecord) for record in records]
