"""Flights that are expected: read from a table with every fault listed, and held against a track."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

import msgspec

from skydas.identify.params import IdentifyParams
from skydas.identify.rules import PlanState
from skydas.model import CLASS_WORDS, NS_PER_S, object_key, utc_ns, utc_text
from skydas.model.config import FlightSection
from skydas.model.tables import table_faults

FLIGHTS_MAX: Final = 5_000
POINTS_MAX: Final = 100
FLIGHTS_OCTETS_MAX: Final = 4_000_000  # of a file
TEXT_MAX: Final = 200  # letters of a name or a note
FAULTS_MAX: Final = 100  # told of one file
_M_PER_DEG: Final = 111_195.0  # of a great circle on the mean sphere

Point = tuple[float, float]  # latitude, longitude (deg)


class Flight(NamedTuple):
    """An expected flight, read."""

    name: str
    is_friend: bool
    mode_s: int  # 0: not stated
    callsign: str
    mode_3a: int  # -1: not stated
    remote_id: str
    object: int  # key of remote_id, 0 without
    from_ns: int  # 0: no beginning
    until_ns: int  # 0: no end
    area: tuple[Point, ...]
    radius_m: float
    route: tuple[Point, ...]
    width_m: float
    class_no: int  # -1: not stated


class Match(NamedTuple):
    """How a track's identifiers agree with a flight's."""

    flight: Flight
    agrees: tuple[str, ...]
    differs: tuple[str, ...]


class Standing(NamedTuple):
    """How a track stands to the flight it matches, now."""

    state: PlanState
    agrees: str
    differs: str


def flights_from_csv(text: str, where: str) -> tuple[list[FlightSection], list[str]]:
    """Return the rows of a table with a heading, and every fault, each with its line."""
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), skipinitialspace=True)
    fields = {field.name for field in msgspec.structs.fields(FlightSection)}
    names = [name.strip() for name in rows.fieldnames or ()]
    rows.fieldnames = names
    faults = [
        f"{where}: no such column {name!r}; there are: {', '.join(sorted(fields))}"
        for name in names
        if name not in fields
    ]
    if "flight" not in names:
        return [], [f"{where}: the first line must be a heading with the column `flight`", *faults]
    if faults:
        return [], faults
    flights: list[FlightSection] = []
    try:
        for row in rows:
            at = f"{where} line {rows.line_num}"
            if None in row or None in row.values():
                faults.append(f"{at}: expected {len(names)} cells")
                continue
            given = {name: cell.strip() for name, cell in row.items() if cell.strip()}
            found = list(table_faults(given, FlightSection, f"{at} ", from_text=True))
            faults += found
            if not found:
                flights.append(msgspec.convert(given, FlightSection, strict=False))
                faults += single_faults(flights[-1], at)
            if len(faults) >= FAULTS_MAX or len(flights) > FLIGHTS_MAX:
                break
    except csv.Error as error:
        faults.append(f"{where} line {rows.line_num}: not CSV: {error}")
    return flights, faults


def flight_faults(flights: Sequence[FlightSection], where: str) -> Iterator[str]:
    """Yield what of the flights in a node file cannot be meant."""
    for index, flight in enumerate(flights[:FLIGHTS_MAX]):
        yield from single_faults(flight, f"{where}[{index}]")
    yield from list_faults(flights, where)


def list_faults(flights: Sequence[FlightSection], where: str) -> Iterator[str]:
    """Yield what of all flights together cannot be meant."""
    if len(flights) > FLIGHTS_MAX:
        yield f"{where}: at most {FLIGHTS_MAX} flights, got {len(flights)}"
    seen: set[str] = set()
    for flight in flights[:FLIGHTS_MAX]:
        if flight.flight in seen:
            yield f"{where}: {flight.flight!r} is there twice"
        seen.add(flight.flight)


def single_faults(given: FlightSection, where: str) -> Iterator[str]:
    """Yield what of one flight cannot be meant."""
    if not given.flight:
        yield f"{where}.flight: a flight needs a name"
    for name in ("flight", "note", "remote_id"):
        if len(getattr(given, name)) > TEXT_MAX:
            yield f"{where}.{name}: at most {TEXT_MAX} letters"
    if not (given.mode_s or given.callsign or given.remote_id):
        yield f"{where}: needs mode_s, callsign or remote_id: nothing else tells it from other flights"
    if given.mode_s and _address(given.mode_s) is None:
        yield f"{where}.mode_s: expected six hexadecimal digits, not all 0, got {given.mode_s!r}"
    if given.mode_3a and _octal(given.mode_3a) is None:
        yield f"{where}.mode_3a: expected four octal digits, got {given.mode_3a!r}"
    if given.callsign and not (given.callsign.isascii() and given.callsign.isalnum() and len(given.callsign) <= 8):
        yield f"{where}.callsign: expected up to eight letters and digits, got {given.callsign!r}"
    if given.class_word and given.class_word not in CLASS_WORDS:
        yield f"{where}.class_word: there is no {given.class_word!r}; there are: {', '.join(CLASS_WORDS)}"
    times = [_instant(given.from_utc), _instant(given.until_utc)]
    for name, found in zip(("from_utc", "until_utc"), times, strict=True):
        if found is None:
            yield f"{where}.{name}: expected UTC such as 2026-11-21T08:00:00Z, got {getattr(given, name)!r}"
    if times[0] and times[1] and times[0] >= times[1]:
        yield f"{where}: from_utc must be before until_utc"
    yield from _place_faults(given, where)


def _place_faults(given: FlightSection, where: str) -> Iterator[str]:
    for name, least in (("area", 1), ("route", 2)):
        text = getattr(given, name)
        found = _points(text)
        if found is None:
            yield f"{where}.{name}: expected up to {POINTS_MAX} points as `54.9 25.3; 54.8 25.4`, got {text[:80]!r}"
        elif text and len(found) < least:
            yield f"{where}.{name}: needs {least} points or more"
        elif name == "area" and len(found) in (1, 2) and not (len(found) == 1 and given.radius_m > 0.0):
            yield f"{where}.area: needs three corners, or one point and radius_m"
    if not (math.isfinite(given.radius_m) and given.radius_m >= 0.0):
        yield f"{where}.radius_m: must not be below 0, got {given.radius_m}"
    if not (math.isfinite(given.width_m) and given.width_m > 0.0):
        yield f"{where}.width_m: must be above 0, got {given.width_m}"


def read_flight(given: FlightSection) -> Flight:
    """Return a flight whose faults were looked for before."""
    mode_3a = _octal(given.mode_3a)
    return Flight(
        given.flight,
        given.identity == "friend",
        _address(given.mode_s) or 0,
        given.callsign.upper(),
        -1 if mode_3a is None else mode_3a,
        given.remote_id,
        object_key(given.remote_id) if given.remote_id else 0,
        _instant(given.from_utc) or 0,
        _instant(given.until_utc) or 0,
        _points(given.area) or (),
        given.radius_m,
        _points(given.route) or (),
        given.width_m,
        CLASS_WORDS.index(given.class_word) if given.class_word else -1,
    )


class FlightList:
    """Flights by name, and by what a track may say of itself."""

    def __init__(self, flights: Sequence[Flight]) -> None:
        self.flights = {flight.name: flight for flight in flights}
        self._by: dict[Any, list[Flight]] = {}
        for flight in flights:
            for key in _keys(flight.mode_s, flight.callsign, flight.object):
                self._by.setdefault(key, []).append(flight)

    def match(self, now_ns: int, mode_s: int, callsign: str, mode_3a: int, object_no: int) -> Match | None:
        """Return the flight that most identifiers agree with, the one expected now before others, or None.

        A Mode A code is no identifier by itself: every code is used many times.
        """
        found: dict[str, Match] = {}
        for key in _keys(mode_s, callsign, object_no):
            for flight in self._by.get(key, ()):
                if flight.name not in found:
                    found[flight.name] = _compared(flight, mode_s, callsign, mode_3a, object_no)
        if not found:
            return None
        return min(
            found.values(),
            key=lambda match: (
                len(match.differs) - len(match.agrees),
                _outside_s(match.flight, now_ns),
                match.flight.name,
            ),
        )


def standing(match: Match, now_ns: int, place: Point | None, params: IdentifyParams) -> Standing:
    """Return how a track at `place` stands to the flight it matches."""
    flight, agrees, differs = match.flight, list(match.agrees), list(match.differs)
    firm = len(match.agrees) > 1
    if flight.from_ns or flight.until_ns:
        if _outside_s(flight, now_ns) > params.window_margin_s:
            first, last = (utc_text(t_ns)[:16] if t_ns else "any time" for t_ns in (flight.from_ns, flight.until_ns))
            differs.append(f"it is expected from {first} to {last}")
        agrees.append("time")
    else:
        firm = False
    if flight.area or flight.route:
        off_m = math.inf if place is None else outside_m(flight, place)
        if off_m > params.area_margin_m:
            where = "its place is not known" if place is None else f"it is {off_m / 1000.0:.1f} km outside of its "
            differs.append(where if place is None else where + ("area" if flight.area else "route"))
        agrees.append("place")
    else:
        firm = False
    state = PlanState.ELSEWHERE if differs else PlanState.FIRMLY if firm else PlanState.AGREES
    return Standing(state, ", ".join(agrees), "; ".join(differs))


def outside_m(flight: Flight, place: Point) -> float:
    """Return how far a place is from the area or the route of a flight, 0 inside."""
    distances = []
    points = [_flat_m(point, place) for point in flight.area]
    if len(points) == 1:
        distances.append(max(math.hypot(*points[0]) - flight.radius_m, 0.0))
    elif points:
        ring = [*points, points[0]]
        distances.append(0.0 if _contains_origin(points) else _to_line_m(ring))
    if flight.route:
        distances.append(max(_to_line_m([_flat_m(point, place) for point in flight.route]) - flight.width_m, 0.0))
    return min(distances)


def _compared(flight: Flight, mode_s: int, callsign: str, mode_3a: int, object_no: int) -> Match:
    agrees, differs = [], []
    for name, stated, shown, absent in (
        ("address", flight.mode_s, mode_s, 0),
        ("callsign", flight.callsign, callsign, ""),
        ("Remote ID", flight.object, object_no, 0),
        ("Mode A code", flight.mode_3a, mode_3a, -1),
    ):
        if stated == absent or shown == absent:
            continue
        if stated == shown:
            agrees.append(name)
        else:
            differs.append(f"its {name} is another")
    return Match(flight, tuple(agrees), tuple(differs))


def _keys(mode_s: int, callsign: str, object_no: int) -> Iterator[tuple[str, Any]]:
    if mode_s:
        yield "mode_s", mode_s
    if callsign:
        yield "callsign", callsign
    if object_no:
        yield "object", object_no


def _outside_s(flight: Flight, now_ns: int) -> float:
    early_ns = flight.from_ns - now_ns if flight.from_ns else 0
    late_ns = now_ns - flight.until_ns if flight.until_ns else 0
    return max(early_ns, late_ns, 0) / NS_PER_S


def _flat_m(point: Point, origin: Point) -> tuple[float, float]:
    """Return east and north of `point` from `origin`; exact enough within some hundred km."""
    east_deg = (point[1] - origin[1] + 180.0) % 360.0 - 180.0
    return east_deg * _M_PER_DEG * math.cos(math.radians(origin[0])), (point[0] - origin[0]) * _M_PER_DEG


def _to_line_m(points: list[tuple[float, float]]) -> float:
    """Return the distance of the origin to a line of points."""
    least = math.inf
    for (x, y), (x2, y2) in pairwise(points):
        dx, dy = x2 - x, y2 - y
        squared = dx * dx + dy * dy
        share = 0.0 if squared == 0.0 else min(max(-(x * dx + y * dy) / squared, 0.0), 1.0)
        least = min(least, math.hypot(x + share * dx, y + share * dy))
    return least


def _contains_origin(ring: list[tuple[float, float]]) -> bool:
    """Return whether the ring is around the origin: how often it crosses the axis to the east."""
    inside = False
    for (x, y), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (y > 0.0) != (y2 > 0.0) and x - y * (x2 - x) / (y2 - y) > 0.0:
            inside = not inside
    return inside


def _address(text: str) -> int | None:
    try:
        found = int(text, 16) if len(text) == 6 and text.isalnum() else 0
    except ValueError:
        return None
    return found or None


def _octal(text: str) -> int | None:
    return int(text, 8) if len(text) == 4 and all("0" <= digit <= "7" for digit in text) else None


def _instant(text: str) -> int | None:
    """Return ns UTC, 0 for no text, None for what is no time."""
    if not text:
        return 0
    try:
        found = utc_ns(text)
    except (ValueError, OverflowError):
        return None
    return found if 0 < found < 1 << 62 else None


def _points(text: str) -> tuple[Point, ...] | None:
    """Return the points of a text, () for none, None for what cannot be read."""
    parts = [part for part in text.split(";") if part.strip()]
    if len(parts) > POINTS_MAX:
        return None
    points = []
    for part in parts:
        words = part.split()
        try:
            latitude_deg, longitude_deg = (float(word) for word in words)
        except ValueError:
            return None
        if not (abs(latitude_deg) <= 90.0 and abs(longitude_deg) <= 180.0):
            return None
        points.append((latitude_deg, longitude_deg))
    return tuple(points)
