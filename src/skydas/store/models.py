"""The tables of incidents, alerts, warnings, sightings, personal records and the audit.

Every row is a projection of facts: `record` holds the whole fact as JSON, the columns beside it are for asking.
Instants are ns UTC, angles degrees. A name of a row is (node, number) or (node, sequence) of the fact.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Float, Index, Integer, MetaData, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Every table of the store."""

    metadata = MetaData(naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(column_0_label)s"})
    type_annotation_map = {int: BigInteger, str: Text, float: Float}  # noqa: RUF012  the mapper reads it once


class Progress(Base):
    """How far each node's facts have come in: the same transaction writes it and the rows."""

    __tablename__ = "progress"

    node: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int]
    now_ns: Mapped[int]
    version: Mapped[str]  # of the program that told them
    audit_count: Mapped[int]
    audit_sha256: Mapped[str]


class GapRow(Base):
    """Facts that never came in; a rebuilt store has none."""

    __tablename__ = "gaps"

    node: Mapped[str] = mapped_column(primary_key=True)
    first: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]
    now_ns: Mapped[int]
    reason: Mapped[str]


class IncidentRow(Base):
    """The latest of each incident."""

    __tablename__ = "incidents"
    __table_args__ = (Index("ix_incidents_opened", "node", "opened_ns"),)

    node: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    sequence: Mapped[int]
    state: Mapped[str]
    category: Mapped[str]
    headline: Mapped[str]
    first_plot_ns: Mapped[int]
    opened_ns: Mapped[int]
    closed_ns: Mapped[int]
    latitude_deg: Mapped[float | None]
    longitude_deg: Mapped[float | None]
    joined_to: Mapped[int]
    record: Mapped[str]


class EntryRow(Base):
    """One line of an incident's timeline."""

    __tablename__ = "incident_entries"

    node: Mapped[str] = mapped_column(primary_key=True)
    incident: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    t_ns: Mapped[int]
    who: Mapped[str]
    what: Mapped[str]
    text: Mapped[str]


class AlertRow(Base):
    """The latest of each alert."""

    __tablename__ = "alerts"
    __table_args__ = (Index("ix_alerts_raised", "node", "raised_ns"),)

    node: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    sequence: Mapped[int]
    priority: Mapped[int] = mapped_column(Integer)
    state: Mapped[str]
    rule: Mapped[str]
    asset: Mapped[str]
    score: Mapped[float]
    raised_ns: Mapped[int]
    changed_ns: Mapped[int]
    who: Mapped[str]
    reason: Mapped[str]
    record: Mapped[str]


class AlertChangeRow(Base):
    """Each change of an alert: what response times are counted from."""

    __tablename__ = "alert_changes"
    __table_args__ = (Index("ix_alert_changes_number", "node", "number"),)

    node: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    now_ns: Mapped[int]
    priority: Mapped[int] = mapped_column(Integer)
    state: Mapped[str]
    escalated: Mapped[int] = mapped_column(Integer)
    who: Mapped[str]
    reason: Mapped[str]


class WarningRow(Base):
    """The latest of each public warning."""

    __tablename__ = "warnings"

    node: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    sequence: Mapped[int]
    level: Mapped[str]
    state: Mapped[str]
    effective_ns: Mapped[int]
    expires_ns: Mapped[int]
    approved_by: Mapped[str]
    record: Mapped[str]


class SightingRow(Base):
    """The latest of each sighting."""

    __tablename__ = "sightings"

    node: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    sequence: Mapped[int]
    t_ns: Mapped[int]
    reporter: Mapped[str]
    category: Mapped[str]
    latitude_deg: Mapped[float]
    longitude_deg: Mapped[float]
    joined_to: Mapped[int]
    record: Mapped[str]


class ShiftRow(Base):
    """The latest of each line of the watch log."""

    __tablename__ = "shifts"
    __table_args__ = (Index("ix_shifts_t", "node", "t_ns"),)

    node: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    sequence: Mapped[int]
    t_ns: Mapped[int]
    who: Mapped[str]
    role: Mapped[str]
    what: Mapped[str]
    text: Mapped[str]
    accepted_by: Mapped[str]
    accepted_ns: Mapped[int]
    record: Mapped[str]


class PersonalRow(Base):
    """The latest of each personal record: where it belongs and its hash, never its content."""

    __tablename__ = "personal_records"
    __table_args__ = (Index("ix_personal_records_incident", "node", "incident"),)

    node: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    sequence: Mapped[int]
    incident: Mapped[int]
    person: Mapped[int]
    kind: Mapped[str]
    sha256: Mapped[str]
    is_erased: Mapped[bool]
    record: Mapped[str]


class NoticeRow(Base):
    """What the people on watch were told of the node itself."""

    __tablename__ = "notices"

    node: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    now_ns: Mapped[int]
    level: Mapped[str]
    what: Mapped[str]
    text: Mapped[str]


class AuditRow(Base):
    """One action of a person; each row's hash holds the hash of the row before."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_what", "node", "what"),)

    node: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    sequence: Mapped[int]
    now_ns: Mapped[int]
    who: Mapped[str]
    role: Mapped[str]
    what: Mapped[str]
    refused: Mapped[str]
    record: Mapped[str]
    sha256: Mapped[str]


PROJECTED: tuple[type[Base], ...] = (
    IncidentRow,
    EntryRow,
    AlertRow,
    AlertChangeRow,
    WarningRow,
    SightingRow,
    ShiftRow,
    PersonalRow,
    NoticeRow,
    AuditRow,
)
