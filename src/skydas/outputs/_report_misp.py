"""The report as a MISP event: objects `incident`, `geolocation` and `uav` by their public templates.

Its distribution is "your organisation only" and it is not published: who may have it is decided by people, in MISP.
Identifiers are made from the node's name and the incident's number, so that sending it again updates the same event.
"""

from __future__ import annotations

import uuid
from typing import Any, Final

import msgspec

from skydas.model import Incident, utc_text
from skydas.outputs._report_dossier import Dossier
from skydas.outputs._report_parts import banner, title

NAMESPACE: Final = uuid.UUID("b7a3f0c2-4a5d-5f0e-9d0c-6a1f7f2f9c11")  # of identifiers made here
AIRBORNE: Final = ("drone", "balloon")  # categories that the template `uav` is about
TEMPLATES: Final = {  # template -> identifier, version (misp-objects, 2026)
    "incident": ("38597424-f9bb-4865-9b4b-819172df0334", "1"),
    "geolocation": ("cd6f2238-ba55-4888-82c4-104e6e1acf21", "8"),
    "uav": ("1d103a64-e30d-4c8c-931c-3e86b83db992", "4"),
}
UAV_FIELDS: Final = {  # of the incident's form -> of the template
    "manufacturer": "manufacturer",
    "serial_number": "serial-number",
    "registration": "registration-id",
    "callsign": "craftname",
    "operator": "operator",
    "load": "payload",
}
OWN_ORGANISATION: Final = "0"
THREAT_UNDEFINED: Final = "4"
ANALYSIS_ONGOING, ANALYSIS_COMPLETE = "1", "2"

Attributes = list[tuple[str, str, str]]  # relation, type, value


def render(dossier: Dossier) -> bytes:
    """Return the file."""
    incident = dossier.incident
    objects = [_object(dossier, "incident", _incident(dossier))]
    if incident.latitude_deg is not None and incident.longitude_deg is not None:
        place: Attributes = [
            ("latitude", "float", f"{incident.latitude_deg:.6f}"),
            ("longitude", "float", f"{incident.longitude_deg:.6f}"),
            ("first-seen", "datetime", utc_text(incident.first_plot_ns or incident.opened_ns)),
            ("spacial-reference", "text", "WGS84 EPSG:4326"),
        ]
        objects.append(_object(dossier, "geolocation", place))
    if incident.category in AIRBORNE:
        objects.append(_object(dossier, "uav", _uav(incident)))
    event = {
        "uuid": _name(dossier, "event"),
        "info": f"{banner(dossier)}: {title(dossier)}" if dossier.origin != "live" else title(dossier),
        "date": utc_text(incident.opened_ns)[:10],
        "timestamp": _seconds(dossier.made_ns),
        "threat_level_id": THREAT_UNDEFINED,
        "analysis": ANALYSIS_COMPLETE if incident.state == "closed" else ANALYSIS_ONGOING,
        "distribution": OWN_ORGANISATION,
        "published": False,
        "Tag": [
            {"name": f'skydas:origin="{dossier.origin}"'},
            {"name": f'skydas:classification="{dossier.label.policy} {dossier.label.classification}"'},
        ],
        "Attribute": [_evidence(dossier, *one) for one in incident.evidence if len(one[2]) == 64],
        "Object": objects,
    }
    return msgspec.json.format(msgspec.json.encode({"Event": event}), indent=1)


def _incident(dossier: Dossier) -> Attributes:
    incident = dossier.incident
    facts = [f"{name}: {value}" for name, value in incident.assessed.items()]
    description = f"category {incident.category}; tracks {', '.join(map(str, incident.track_nos)) or 'none'}"
    state = "closed" if incident.state == "closed" else "open"
    return [
        ("name", "text", title(dossier)),
        ("description", "text", "; ".join([description, *facts])),
        ("detection_method", "text", "automated-tool" if incident.track_nos else "user-reporting"),
        ("investigation_status", "text", state),
    ]


def _uav(incident: Incident) -> Attributes:
    """Return what is known of the object; one of model, manufacturer, serial-number there must be."""
    known = {name: text for name, text in incident.assessed.items() if text and text != "unknown"}
    found: Attributes = [("model", "text", known.get("model", "not determined"))]
    found += [(relation, "text", known[field]) for field, relation in UAV_FIELDS.items() if field in known]
    found.append(("first-seen", "datetime", utc_text(incident.first_plot_ns or incident.opened_ns)))
    notes = [f"reported {name}: {value}" for name, value in incident.reported.items()]
    notes += [f"assessed {name}: {value}" for name, value in incident.assessed.items()]
    if notes:
        found.append(("notes", "text", "\n".join(notes)))
    return [*found, ("type", "text", "unknown"), ("mission-intent", "text", "unknown")]


def _object(dossier: Dossier, template: str, attributes: Attributes) -> dict[str, Any]:
    identifier, version = TEMPLATES[template]
    return {
        "name": template,
        "meta-category": "misc",
        "template_uuid": identifier,
        "template_version": version,
        "uuid": _name(dossier, template),
        "timestamp": _seconds(dossier.made_ns),
        "distribution": OWN_ORGANISATION,
        "Attribute": [
            {
                "uuid": _name(dossier, f"{template} {relation}"),
                "object_relation": relation,
                "type": kind,
                "category": "Other",
                "value": value,
                "to_ids": False,
                "disable_correlation": True,
                "distribution": OWN_ORGANISATION,
                "timestamp": _seconds(dossier.made_ns),
            }
            for relation, kind, value in attributes
            if value
        ],
    }


def _evidence(dossier: Dossier, what: str, where: str, sha256: str) -> dict[str, Any]:
    return {
        "uuid": _name(dossier, f"evidence {sha256}"),
        "type": "sha256",
        "category": "External analysis",
        "value": sha256,
        "comment": f"{what}: {where}",
        "to_ids": False,
        "distribution": OWN_ORGANISATION,
        "timestamp": _seconds(dossier.made_ns),
    }


def _name(dossier: Dossier, what: str) -> str:
    return str(uuid.uuid5(NAMESPACE, f"{dossier.node} {dossier.incident.number} {what}"))


def _seconds(t_ns: int) -> str:
    return str(t_ns // 1_000_000_000)
