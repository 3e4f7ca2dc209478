"""Put a dossier together: the record and its alerts from the store, the tracks from the recorded history."""

from __future__ import annotations

from typing import Literal, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

import skydas
from skydas.errors import StoreError
from skydas.history import History
from skydas.model import Incident, NodeConfig, ReleaseLabel
from skydas.outputs._report_dossier import TRACKS_MAX, Dossier, TrackLine, incident_sha256, span_ns
from skydas.store import position, reading

OriginWord = Literal["live", "simulated", "exercise"]


class Made(NamedTuple):
    """Of which node a report is, who makes it, and when."""

    node: str
    origin: OriginWord
    label: ReleaseLabel
    by: str
    at_ns: int


def made(config: NodeConfig, by: str, at_ns: int) -> Made:
    """Return who makes a report of a node that is known by its file."""
    label, name = config.label, config.node.name
    releasable = (("Releasable To", "PERMISSIVE", tuple(label.releasable_to)),) if label.releasable_to else ()
    own = ReleaseLabel(label.policy, label.classification, releasable, name)
    return Made(name, config.node.origin, own, by, at_ns)


async def gather(connection: AsyncConnection, made: Made, number: int) -> Dossier:
    """Return the dossier of one incident without its tracks. Raises StoreError where there is no such incident."""
    incident = await reading.incident(connection, made.node, number)
    if incident is None:
        raise StoreError(f"there is no incident {number} of {made.node} in the database")
    at = await position(connection, made.node)
    return Dossier(
        node=made.node,
        origin=made.origin,
        version=skydas.__version__,
        label=made.label,
        made_ns=made.at_ns,
        made_by=made.by,
        incident=incident,
        incident_sha256=incident_sha256(incident),
        alerts=tuple(await reading.alerts(connection, made.node, incident.alerts)),
        personal=tuple(await reading.personal_records(connection, made.node, number)),
        audit_rows=at.audit.row_count,
        audit_sha256=at.audit.sha256,
    )


def track_lines(history: History, incident: Incident, now_ns: int) -> tuple[TrackLine, ...]:
    """Return where the tracks of an incident went, TRACKS_MAX at most; it reads files, so call it in a thread."""
    lines = []
    for track_no in incident.track_nos[:TRACKS_MAX]:
        past = history.track_history(track_no, *span_ns(incident, now_ns))
        rows = [
            row
            for row in zip(past.t_ns, past.latitude_deg, past.longitude_deg, past.height_hae_m, strict=True)
            if row[1] is not None and row[2] is not None
        ]
        if rows:
            t_ns, latitude, longitude, height = zip(*rows, strict=True)
            lines.append(TrackLine(track_no, t_ns, latitude, longitude, height))
    return tuple(lines)
