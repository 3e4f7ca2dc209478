"""A warning as a CAP 1.2 message (OASIS, 1 July 2010), one `info` a language.

Element order is the schema's; times have the offset -00:00 for UTC, as the standard wants it; a polygon is closed.
Everything goes through an XML writer: no text can become markup.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree

import msgspec

from skydas.model import utc_text
from skydas.respond.warning import eu_alert, texts
from skydas.respond.warning.areas import Ring

NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
SENDER_FORBIDDEN: Final = " ,<&"  # in sender and identifier, by 3.2.1 of the standard


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What a message says."""

    identifier: str
    sender: str
    sent_ns: int
    status: str  # Actual, Exercise, Test
    message: str  # Alert, Update, Cancel
    level: str
    certainty: str
    texts: dict[str, dict[str, str]]
    effective_ns: int
    expires_ns: int
    ring: Ring
    municipalities: Sequence[tuple[str, str]]
    areas: Sequence[tuple[str, str]]  # ISO 3166-2 code, name
    references: Sequence[str] = ()
    sender_name: str = ""
    contact: str = ""
    note: str = ""


def cap_time(t_ns: int) -> str:
    """Return an instant as CAP writes it, whole seconds."""
    return utc_text(t_ns)[:19] + "-00:00"


def cap_identifier(sender: str, number: int, sent_ns: int) -> str:
    """Return an identifier that no other message of this sender has."""
    return f"{sender}-{cap_time(sent_ns)[:19].replace(':', '').replace('-', '')}Z-{number}"


def reference(content: Content) -> str:
    """Return how later messages name this one."""
    return f"{content.sender},{content.identifier},{cap_time(content.sent_ns)}"


def cap_message(content: Content) -> bytes:
    """Return the message, UTF-8."""
    alert = ElementTree.Element("alert", {"xmlns": NAMESPACE})
    _add(alert, "identifier", content.identifier)
    _add(alert, "sender", content.sender)
    _add(alert, "sent", cap_time(content.sent_ns))
    _add(alert, "status", content.status)
    _add(alert, "msgType", content.message)
    _add(alert, "scope", "Public")
    if content.note:
        _add(alert, "note", content.note)
    if content.references:
        _add(alert, "references", " ".join(content.references))
    for language in content.texts:
        _info(alert, content, language)
    ElementTree.indent(alert)
    octets: bytes = ElementTree.tostring(alert, encoding="utf-8", xml_declaration=True)
    return octets + b"\n"


def cap_sha256(octets: bytes) -> str:
    """Return the hash that an approval names."""
    return hashlib.sha256(octets).hexdigest()


def _info(alert: ElementTree.Element, content: Content, language: str) -> None:
    info = ElementTree.SubElement(alert, "info")
    severity, urgency = eu_alert.LEVELS[content.level]
    is_over = content.message == "Cancel"
    is_exercise = content.status != "Actual"
    _add(info, "language", texts.CAP_LANGUAGE[language])
    _add(info, "category", "Security")
    _add(info, "category", "Safety")
    _add(info, "event", texts.EVENT[language])
    _add(info, "responseType", "AllClear" if is_over else "Shelter" if content.level == "red" else "Prepare")
    _add(info, "urgency", "Past" if is_over else urgency)
    _add(info, "severity", "Minor" if is_over else severity)
    _add(info, "certainty", content.certainty.capitalize())
    code = eu_alert.identifier(content.level, content.certainty, is_exercise)
    _pair(info, "eventCode", "EU-Alert", str(code))
    _add(info, "effective", cap_time(content.effective_ns))
    _add(info, "expires", cap_time(content.expires_ns))
    if content.sender_name:
        _add(info, "senderName", content.sender_name)
    for part in texts.PARTS:
        if content.texts[language].get(part):
            _add(info, part, content.texts[language][part])
    if content.contact:
        _add(info, "contact", content.contact)
    _pair(info, "parameter", "level", content.level)
    _area(info, content, language)


def _area(info: ElementTree.Element, content: Content, language: str) -> None:
    area = ElementTree.SubElement(info, "area")
    named = [name for _, name in (*content.municipalities, *content.areas)]
    _add(area, "areaDesc", texts.area_text(language, named))
    if content.ring:
        closed = (*content.ring, content.ring[0])
        _add(area, "polygon", " ".join(f"{latitude:.5f},{longitude:.5f}" for latitude, longitude in closed))
    for code, _ in content.municipalities:
        _pair(area, "geocode", "municipality", code)
    for code, _ in content.areas:
        _pair(area, "geocode", "ISO3166-2", code)


def _pair(parent: ElementTree.Element, name: str, value_name: str, value: str) -> None:
    pair = ElementTree.SubElement(parent, name)
    _add(pair, "valueName", value_name)
    _add(pair, "value", value)


def _add(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, name).text = text
