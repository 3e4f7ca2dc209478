"""What people write is kept as they wrote it, or refused with the reason: never cut, never interpreted."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Final

from skydas.errors import RefusedError
from skydas.model import NS_PER_S, utc_ns

TEXT_OCTETS_MAX: Final = 2_000
NAME_OCTETS_MAX: Final = 200
NUMBERS_MAX: Final = 100  # alerts that one action may name
NUMBER_MAX: Final = 2**53  # what JSON can hold
# They turn text around on the screen, so that a line reads otherwise than it is recorded.
TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def text_of(fields: Mapping[str, str], name: str, octets_max: int = TEXT_OCTETS_MAX) -> str:
    """Return what was written in one field, empty where nothing was. Raises RefusedError."""
    text = fields.get(name, "").strip()
    if (octets := len(text.encode(errors="replace"))) > octets_max:
        raise RefusedError(f"{name} holds at most {octets_max} octets, got {octets}")
    check_signs(name, text)
    return text


def check_signs(name: str, text: str, allowed: str = "\n\t") -> None:
    """Raise RefusedError where a text holds a sign that cannot be shown, or that turns others around."""
    if text.isprintable():
        return
    for sign in text:
        if sign in TURNING or (unicodedata.category(sign) in ("Cc", "Cs") and sign not in allowed):
            raise RefusedError(f"{name} holds the sign U+{ord(sign):04X}, which cannot be shown; leave it out")


def needed(fields: Mapping[str, str], name: str, what: str, octets_max: int = TEXT_OCTETS_MAX) -> str:
    """Return what was written in a field that must be filled. Raises RefusedError."""
    text = text_of(fields, name, octets_max)
    if not text:
        raise RefusedError(f"{what} needs {name}")
    return text


def number_of(fields: Mapping[str, str], name: str, what: str) -> int:
    """Return the one number in a field. Raises RefusedError."""
    return _number(fields.get(name, ""), name, what)


def numbers_of(fields: Mapping[str, str], name: str, what: str) -> list[int]:
    """Return the numbers in a field, which commas divide, each once. Raises RefusedError."""
    words = fields.get(name, "").split(",", NUMBERS_MAX + 1)
    if len(words) > NUMBERS_MAX:
        raise RefusedError(f"{name} holds at most {NUMBERS_MAX} numbers")
    return list(dict.fromkeys(_number(word.strip(), name, what) for word in words))


def place_of(fields: Mapping[str, str], what: str) -> tuple[float, float] | None:
    """Return latitude and longitude (deg) out of the fields of these names, or None. Raises RefusedError."""
    latitude, longitude = fields.get("latitude_deg", ""), fields.get("longitude_deg", "")
    if not latitude and not longitude:
        return None
    return _degrees(latitude, "latitude_deg", 90.0, what), _degrees(longitude, "longitude_deg", 180.0, what)


def instant_of(fields: Mapping[str, str], name: str, what: str) -> int:
    """Return the instant in a field as ns UTC, 0 where there is none. Raises RefusedError."""
    text = fields.get(name, "").strip()
    if not text:
        return 0
    try:
        t_ns = utc_ns(text) if len(text) <= NAME_OCTETS_MAX else -1
    except (ValueError, OverflowError):
        t_ns = -1
    if not 0 <= t_ns <= 2**62:
        raise RefusedError(f"{what} needs {name} as an instant such as 2026-03-01T12:00:00Z, got {text[:40]!r}")
    return t_ns


def seconds_of(fields: Mapping[str, str], name: str, unit_s: float, what: str) -> float:
    """Return a span of time in seconds, 0 where there is none; the field holds it in units of `unit_s`."""
    text = fields.get(name, "").strip()
    if not text:
        return 0.0
    value = _float(text)
    if value is None or not 0.0 < value < 1e6:
        raise RefusedError(f"{what} needs {name} as a number above 0, got {text[:40]!r}")
    return value * unit_s


def end_of(fields: Mapping[str, str], now_ns: int, s_max: float, what: str) -> int:
    """Return when something ends, as `until_utc` or `minutes` say. Raises RefusedError: an end is needed."""
    until_ns = instant_of(fields, "until_utc", what)
    if not until_ns:
        until_ns = now_ns + round(seconds_of(fields, "minutes", 60.0, what) * NS_PER_S)
    if until_ns <= now_ns:
        raise RefusedError(f"{what} needs an end that is yet to come: minutes, or until_utc")
    if until_ns - now_ns > s_max * NS_PER_S:
        raise RefusedError(f"{what}: the end may lie at most {s_max / 60:.0f} minutes ahead")
    return until_ns


def _number(text: str, name: str, what: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 16 and 1 <= int(text) <= NUMBER_MAX):
        raise RefusedError(f"{what} needs {name}, a whole number from 1, got {text[:40]!r}")
    return int(text)


def _degrees(text: str, name: str, limit_deg: float, what: str) -> float:
    value = _float(text)
    if value is None or not -limit_deg <= value <= limit_deg:
        raise RefusedError(f"{what} needs {name} from -{limit_deg:.0f} to {limit_deg:.0f}, got {text[:40]!r}")
    return value


def _float(text: str) -> float | None:
    """Return a finite number, or None."""
    try:
        value = float(text) if len(text) <= 40 else float("nan")
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None
