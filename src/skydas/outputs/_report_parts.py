"""What a report says and in which order: parts that every printed form shares. All texts are plain."""

from __future__ import annotations

from typing import NamedTuple

from skydas.model import Alert, Incident, PersonalRecord, utc_text
from skydas.outputs._report_dossier import Dossier
from skydas.outputs._report_words import Worded, worded


class Fields(NamedTuple):
    """A block of names and values."""

    title: str
    note: str
    rows: tuple[tuple[str, str], ...]


class Table(NamedTuple):
    """A block of columns; `widths` are shares of the page."""

    title: str
    note: str
    heading: tuple[str, ...]
    widths: tuple[float, ...]
    rows: tuple[tuple[str, ...], ...]


def title(dossier: Dossier) -> str:
    """Return the report's title."""
    return f"{worded(dossier.language)('Incident')} {dossier.incident.number}: {dossier.incident.headline}"


def banner(dossier: Dossier) -> str:
    """Return what must stand on every page: what it may be mistaken for, and who may see it."""
    said, label = worded(dossier.language), dossier.label
    drill = " · ".join([said("EXERCISE")] * 3)
    marks = {"live": "", "simulated": f"{said('SIMULATED')} · ", "exercise": f"{drill} · "}
    return f"{marks[dossier.origin]}{label.policy} {label.classification}"


def footer(dossier: Dossier) -> str:
    """Return one line that says what this is a report of."""
    said, number = worded(dossier.language), dossier.incident.number
    made = f"{dossier.node} · {said('Incident')} {number} · {said('made')} {utc_text(dossier.made_ns)}"
    record = f"{said('record')} {dossier.incident_sha256[:16]}"
    return f"{made} · {dossier.made_by} · skydas {dossier.version} · {record}"


def parts(dossier: Dossier) -> list[Fields | Table]:
    """Return the blocks in order; those with nothing in them are left out."""
    incident, said = dossier.incident, worded(dossier.language)
    blocks: list[Fields | Table] = [
        Fields("Summary", "", _summary(incident, said)),
        Fields("Reported", "The witness's words, unchanged.", tuple(incident.reported.items())),
        Fields(
            "Assessed",
            "Suggestions of the system and its operators with their confidence; not established facts.",
            tuple(incident.assessed.items()),
        ),
        Table(
            "Timeline",
            "",
            ("UTC", "who", "what", "text"),
            (0.22, 0.14, 0.16, 0.48),
            tuple((when(entry.t_ns), entry.who or said("node"), entry.what, entry.text) for entry in incident.timeline),
        ),
        Table(
            "Alerts",
            "",
            ("no.", "raised UTC", "priority", "state", "rule", "text"),
            (0.07, 0.22, 0.1, 0.16, 0.13, 0.32),
            tuple(map(_alert, dossier.alerts)),
        ),
        Table(
            "Notified",
            "",
            ("who", "UTC", "how"),
            (0.4, 0.25, 0.35),
            tuple((who, when(t_ns), how) for who, t_ns, how in incident.notified),
        ),
        Fields("Lessons", "", (("", incident.lessons),) if incident.lessons else ()),
        Table(
            "Evidence",
            "SHA-256 of what was kept; the journal of the node holds the inputs that made this record.",
            ("what", "where", "SHA-256"),
            (0.2, 0.25, 0.55),
            incident.evidence,
        ),
        Table(
            "Personal records",
            "Kept sealed outside this report; the hash is that of the sealed octets and stands after an erasure.",
            ("person", "kind", "state", "SHA-256"),
            (0.1, 0.15, 0.2, 0.55),
            tuple(_personal(record, said) for record in dossier.personal),
        ),
        Fields("Integrity", "", _integrity(dossier, said)),
    ]
    return [_titled(block, said) for block in blocks if block.rows]


def _titled(block: Fields | Table, said: Worded) -> Fields | Table:
    """Return a block with its title, note and columns in the report's language."""
    block = block._replace(title=said(block.title), note=block.note and said(block.note))
    return block._replace(heading=tuple(map(said, block.heading))) if isinstance(block, Table) else block


def when(t_ns: int) -> str:
    """Return an instant as a report shows it, empty text where there is none."""
    return utc_text(t_ns).replace("T", " ").replace(".000Z", "").replace("Z", "") if t_ns else ""


def _summary(incident: Incident, said: Worded) -> tuple[tuple[str, str], ...]:
    place = ""
    if incident.latitude_deg is not None and incident.longitude_deg is not None:
        place = f"{incident.latitude_deg:.5f}, {incident.longitude_deg:.5f} (WGS-84)"
    rows = [
        ("Category", incident.category),
        ("State", incident.state),
        ("First plot UTC", when(incident.first_plot_ns)),
        ("Opened UTC", _by(when(incident.opened_ns), incident.opened_by)),
        ("Closed UTC", _by(when(incident.closed_ns), incident.closed_by)),
        ("Due UTC", when(incident.due_ns)),
        ("Place", place),
        ("Tracks", ", ".join(map(str, incident.track_nos))),
        ("Joined to", str(incident.joined_to or "")),
        ("Perhaps the same as", ", ".join(map(str, incident.perhaps))),
        ("Still asked for", ", ".join(incident.missing)),
    ]
    return tuple((said(name), value) for name, value in rows if value)


def _by(when_text: str, who: str) -> str:
    return f"{when_text} · {who}" if when_text and who else when_text


def _alert(alert: Alert) -> tuple[str, ...]:
    state = f"{alert.state} · {alert.who}" if alert.who else alert.state
    text = f"{alert.text} ({alert.reason})" if alert.reason else alert.text
    return str(alert.number), when(alert.raised_ns), str(alert.priority), state, alert.rule, text


def _personal(record: PersonalRecord, said: Worded) -> tuple[str, ...]:
    state = f"{said('erased')} · {record.erased_by}" if record.is_erased else said("kept")
    return str(record.person), record.kind, state, record.sha256


def _integrity(dossier: Dossier, said: Worded) -> tuple[tuple[str, str], ...]:
    rows = [("Record SHA-256", dossier.incident_sha256)]
    if dossier.audit_sha256:
        rows += [("Audit rows", str(dossier.audit_rows)), ("Audit chain SHA-256", dossier.audit_sha256)]
    return tuple((said(name), value) for name, value in rows)
