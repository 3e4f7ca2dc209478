"""Everything that a report of one incident holds, in whichever form it is written."""

from __future__ import annotations

import hashlib
from typing import Final, Literal

import msgspec

from skydas.model import NS_PER_S, Alert, Incident, PersonalRecord, ReleaseLabel, encode_fact
from skydas.outputs._report_words import Language

FORMAT: Final = "skydas incident report 1"
TRACKS_MAX: Final = 50  # drawn
MARGIN_S: Final = 600.0  # of tracks, before the first plot and after the end


class TrackLine(msgspec.Struct, frozen=True):
    """Where one track went."""

    track_no: int
    t_ns: tuple[int, ...]
    latitude_deg: tuple[float, ...]
    longitude_deg: tuple[float, ...]
    height_hae_m: tuple[float | None, ...]


class Dossier(msgspec.Struct, frozen=True, kw_only=True):
    """One incident with what belongs to it, as the node held it at `made_ns`."""

    format: str = FORMAT
    language: Language = "en"  # of the headings; all texts stay as they were written
    node: str
    origin: Literal["live", "simulated", "exercise"]
    version: str
    label: ReleaseLabel
    made_ns: int
    made_by: str
    incident: Incident
    incident_sha256: str  # of the encoded fact
    alerts: tuple[Alert, ...] = ()
    personal: tuple[PersonalRecord, ...] = ()
    tracks: tuple[TrackLine, ...] = ()
    audit_rows: int = 0
    audit_sha256: str = ""  # of the audit's last row: whoever holds this report can tell whether rows before changed


def incident_sha256(incident: Incident) -> str:
    """Return the hash by which an incident's record is told from any other."""
    return hashlib.sha256(encode_fact(incident)).hexdigest()


def span_ns(incident: Incident, now_ns: int) -> tuple[int, int]:
    """Return the time in which an incident's tracks are of interest."""
    began_ns = incident.first_plot_ns or incident.opened_ns
    ended_ns = incident.closed_ns or now_ns
    return began_ns - round(MARGIN_S * NS_PER_S), ended_ns + round(MARGIN_S * NS_PER_S)
