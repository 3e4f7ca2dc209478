"""COURAGEOUS 0.4.1, the JSON in which counter-drone trials are logged, in and out, with its own strict reader.

Beyond the types it asks: record numbers unique in the document, time not going back within a record set, no unknown
keys, angles in range. Heights there are above mean sea level (EGM96). There is no geoid model here: one constant,
`geoid_m`, is added, so over an area where the geoid is not flat heights are off by its slope.

document    version, vendor_name, system_name, static_cuas_location, detection [set], tracks [set]
set         records, name, uav_home_location, uas_id (a detection set may leave it out or null)
record      time (UTC ms), record_number, classification, alarm, location, velocity, identification, cuas_location
location    tagged by $type
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
import numpy as np

from skydas.errors import ConfigError, FormatError
from skydas.evaluate.tables import States
from skydas.geo import TangentPlane
from skydas.model import FloatArray, IntArray, TrackStatus

VERSION: Final = "0.4.1"
OCTETS_MAX: Final = 1 << 30
FAULTS_LISTED_MAX: Final = 50
NS_PER_MS: Final = 1_000_000

Number = Annotated[int, msgspec.Meta(ge=0)]  # unsigned, 64 bits: the upper end is checked apart
UINT64_MAX: Final = 2**64 - 1
TimeMs = Annotated[int, msgspec.Meta(ge=0, le=9_000_000_000_000)]  # so that ns fit into int64
Classification = Literal["Unknown", "UAV", "GCS", "Other"]


class _Strict(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Base of every object of the document."""


class Position3d(_Strict, tag_field="$type", tag="Position3d"):
    """A place with its height above mean sea level, degrees and metres."""

    lat: float
    lon: float
    height_amsl: float


class Position2d(_Strict, tag_field="$type", tag="Position2d"):
    """A place on the map."""

    lat: float
    lon: float


class Bearing(_Strict, tag_field="$type", tag="Bearing"):
    """A direction from the system, degrees clockwise from true north."""

    bearing: float


class BearingElevation(_Strict, tag_field="$type", tag="BearingElevation"):
    """A direction with its elevation."""

    bearing: float
    elevation: float


class BearingElevationDistance(_Strict, tag_field="$type", tag="BearingElevationDistance"):
    """A direction with its elevation and slant distance, m."""

    bearing: float
    elevation: float
    distance: float


class Arc(_Strict, tag_field="$type", tag="Arc"):
    """Somewhere between two bearings, clockwise."""

    from_: float = msgspec.field(name="from")
    to: float


class Quad(_Strict, tag_field="$type", tag="Quad"):
    """Somewhere in a quarter."""

    quad: Literal["North", "East", "South", "West"]


Location = Position3d | Position2d | Bearing | BearingElevation | BearingElevationDistance | Arc | Quad


class Velocity(_Strict):
    """Metres a second."""

    east: float
    north: float
    up: float


class Alarm(_Strict):
    """Whether the system raised an alarm and how sure it was, 0 .. 1."""

    active: bool
    certainty: float


class TrackingRecord(_Strict):
    """One row of a track."""

    time: TimeMs
    record_number: Number
    classification: Classification
    alarm: Alarm
    location: Location
    velocity: Velocity | None = None
    identification: str | None = None
    cuas_location: Position3d | None = None


class DetectionRecord(_Strict):
    """One detection."""

    time: TimeMs
    record_number: Number
    classification: Classification
    alarm: Alarm | None = None
    location: Location | None = None
    velocity: Velocity | None = None
    identification: str | None = None
    cuas_location: Position3d | None = None


class TrackSet(_Strict):
    """One unbroken track; a track lost and found is a new entry with the same uas_id."""

    uas_id: Number
    records: list[TrackingRecord]
    name: str | None = None
    uav_home_location: Position3d | Position2d | None = None


class DetectionSet(_Strict):
    """Detections of one object, or of nobody knows what."""

    records: list[DetectionRecord]
    uas_id: Number | None = None
    name: str | None = None
    uav_home_location: Position3d | Position2d | None = None


class Document(_Strict, omit_defaults=False):
    """A whole log of one system."""

    version: Literal["0.4.1"]
    vendor_name: str
    system_name: str
    static_cuas_location: Position3d
    detection: list[DetectionSet]
    tracks: list[TrackSet]


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong: a stable name, where, and what."""

    name: str
    where: str
    what: str


_decoder: Final = msgspec.json.Decoder(Document, strict=True)


def decode(octets: bytes) -> tuple[Document | None, list[Fault]]:
    """Return the document and every fault found; None when it cannot be understood. Never raises."""
    if len(octets) > OCTETS_MAX:
        return None, [Fault("too_large", "$", f"{len(octets)} octets, at most {OCTETS_MAX} are read")]
    try:
        document = _decoder.decode(octets)
    except msgspec.ValidationError as error:
        text, _, where = str(error).partition(" - at `")
        return None, [Fault(_schema_fault(text), where.rstrip("`") or "$", text)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return None, [Fault("not_json", "$", str(error))]
    return document, list(_faults(document))


def read(path: Path) -> Document:
    """Return the document in a file. Raises FormatError naming every fault, ConfigError without a file."""
    try:
        octets = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    document, faults = decode(octets)
    if document is None or faults:
        lines = [f"{fault.name} at {fault.where}: {fault.what}" for fault in faults[:FAULTS_LISTED_MAX]]
        more = len(faults) - len(lines)
        tail = f"; and {more} more" if more > 0 else ""
        raise FormatError("courageous", f"{path}: {'; '.join(lines)}{tail}")
    return document


def encode(document: Document) -> bytes:
    """Return the document as JSON."""
    return msgspec.json.encode(document)


def _schema_fault(text: str) -> str:
    for words, name in (
        ("unknown field", "unknown_key"),
        ("missing required field", "missing_key"),
        ("Invalid enum value", "unknown_word"),
        ("Invalid value", "unknown_word"),
        ("Expected `int`", "number_out_of_range" if ">=" in text or "<=" in text else "wrong_type"),
    ):
        if words in text:
            return name
    return "wrong_type"


def _faults(document: Document) -> Iterator[Fault]:
    yield from _place_faults(document.static_cuas_location, "$.static_cuas_location")
    seen: dict[int, str] = {}
    sets: list[tuple[str, TrackSet | DetectionSet]] = [
        *((f"$.detection[{row}]", each) for row, each in enumerate(document.detection)),
        *((f"$.tracks[{row}]", each) for row, each in enumerate(document.tracks)),
    ]
    for where, each in sets:
        if each.uav_home_location is not None:
            yield from _place_faults(each.uav_home_location, f"{where}.uav_home_location")
        if each.uas_id is not None and each.uas_id > UINT64_MAX:
            yield Fault("number_out_of_range", where, f"uas_id {each.uas_id} does not fit 64 bits")
        last_ms = -1
        records: Sequence[TrackingRecord | DetectionRecord] = each.records
        for row, record in enumerate(records):
            at = f"{where}.records[{row}]"
            if record.record_number > UINT64_MAX:
                yield Fault("number_out_of_range", at, f"record_number {record.record_number} does not fit 64 bits")
            if record.record_number in seen:
                first = seen[record.record_number]
                yield Fault("record_number_again", at, f"{record.record_number} was used at {first}")
            seen.setdefault(record.record_number, at)
            if record.time < last_ms:
                yield Fault("time_goes_back", at, f"{record.time} after {last_ms}")
            last_ms = record.time
            if record.alarm is not None and not 0.0 <= record.alarm.certainty <= 1.0:
                yield Fault("certainty_out_of_range", at, f"{record.alarm.certainty} is not within 0 .. 1")
            for part, place in (("location", record.location), ("cuas_location", record.cuas_location)):
                if place is not None:
                    yield from _place_faults(place, f"{at}.{part}")


def _place_faults(place: Location, where: str) -> Iterator[Fault]:
    for name in place.__struct_fields__:
        value = getattr(place, name)
        if not isinstance(value, float):
            continue
        low, high = _RANGES[name]
        if not (math.isfinite(value) and low <= value <= high):
            yield Fault(f"{name.rstrip('_')}_out_of_range", where, f"{value} is not within {low:g} .. {high:g}")


_RANGES: Final[dict[str, tuple[float, float]]] = {
    "lat": (-90.0, 90.0),
    "lon": (-180.0, 180.0),
    "height_amsl": (-100_000.0, 1_000_000.0),
    "bearing": (0.0, 360.0),
    "elevation": (-90.0, 90.0),
    "distance": (0.0, 1_000_000.0),
    "from_": (0.0, 360.0),
    "to": (0.0, 360.0),
}


def states_of(document: Document, geoid_m: float) -> tuple[States, dict[str, int]]:
    """Return the document's tracks as States, one object for each uas_id, and how many records say no place, by reason.

    A bearing with elevation and distance is placed from the system. An entry's end is a loss: its last row is followed
    by a dropped one, so that the track is not moved on beyond it.
    """
    skipped: dict[str, int] = {}
    by_id: dict[int, list[tuple[int, int, float, float, float, tuple[float, float, float], str]]] = {}
    confirmed, dropped = int(TrackStatus.CONFIRMED), int(TrackStatus.DROPPED)
    for each in document.tracks:
        rows = by_id.setdefault(each.uas_id, [])
        for record in each.records:
            origin = record.cuas_location or document.static_cuas_location
            placed = _geodetic(record.location, origin, geoid_m)
            if placed is None:
                why = f"location_is_{type(record.location).__name__.lower()}"
                skipped[why] = skipped.get(why, 0) + 1
                continue
            speed = record.velocity
            velocity = (speed.east, speed.north, speed.up) if speed else (math.nan, math.nan, math.nan)
            rows.append((record.time * NS_PER_MS, confirmed, *placed, velocity, record.classification))
        if rows:
            rows.append((rows[-1][0] + 1, dropped, *rows[-1][2:]))
    by_id = {uas_id: sorted(rows, key=lambda row: row[0]) for uas_id, rows in by_id.items() if rows}
    every = [row for rows in by_id.values() for row in rows]
    words = sorted({row[6] for row in every})
    kinds = np.array([words.index(row[6]) if row[6] != "Unknown" else -1 for row in every], np.int64)
    t_ns: IntArray = np.array([row[0] for row in every], np.int64)
    place: FloatArray = np.array([row[2:5] for row in every], np.float64).reshape(-1, 3)
    states = States(
        names=[str(uas_id) for uas_id in by_id],
        first=np.concatenate(([0], np.cumsum([len(rows) for rows in by_id.values()]))).astype(np.int64),
        t_ns=t_ns,
        latitude_rad=place[:, 0],
        longitude_rad=place[:, 1],
        height_hae_m=place[:, 2],
        velocity_enu_mps=np.array([row[5] for row in every], np.float64).reshape(-1, 3),
        kinds=[rows[-1][6] for rows in by_id.values()],
        kind_words=words,
        kind_of_row=kinds,
        status=np.array([row[1] for row in every], np.int64),
        plot_ns=t_ns.copy(),
    )
    return states, skipped


def _geodetic(location: Location, origin: Position3d, geoid_m: float) -> tuple[float, float, float] | None:
    """Return latitude and longitude in rad and height above the ellipsoid, None for a location that is no place."""
    if isinstance(location, Position3d):
        return math.radians(location.lat), math.radians(location.lon), location.height_amsl + geoid_m
    if isinstance(location, Position2d):
        return math.radians(location.lat), math.radians(location.lon), math.nan
    if not isinstance(location, BearingElevationDistance):
        return None
    plane = TangentPlane(origin.lat, origin.lon, origin.height_amsl + geoid_m)
    bearing, elevation = math.radians(location.bearing), math.radians(location.elevation)
    across = location.distance * math.cos(elevation)
    enu = np.array([across * math.sin(bearing), across * math.cos(bearing), location.distance * math.sin(elevation)])
    latitude, longitude, height = plane.geodetic_from_enu(enu)
    return float(latitude), float(longitude), float(height)


_WORDS: Final[dict[str, Classification]] = {
    "fixed_wing_drone": "UAV",
    "one_way_drone": "UAV",
    "multirotor": "UAV",
    "UAV": "UAV",
    "GCS": "GCS",
    "": "Unknown",
    "unknown": "Unknown",
}


def document_of(
    tracks: States,
    geoid_m: float,
    vendor_name: str = "skydas",
    system_name: str = "skydas",
    site: Position3d | None = None,
) -> tuple[Document, dict[str, int]]:
    """Return confirmed tracks as a document, and how many rows it leaves out, by reason.

    A track's number is its place in the file counted from 1; its own name is kept. Without a site the system is said to
    stand at the first track's first place. No alarm is claimed: `active` is false with certainty 0.
    """
    left: dict[str, int] = {}
    sets = []
    number = 0
    for item, name in enumerate(tracks.names):
        records = []
        for row in range(int(tracks.first[item]), int(tracks.first[item + 1])):
            why = _not_written(tracks, row)
            if why:
                left[why] = left.get(why, 0) + 1
                continue
            number += 1
            velocity = tracks.velocity_enu_mps[row]
            lat, lon = math.degrees(tracks.latitude_rad[row]), math.degrees(tracks.longitude_rad[row])
            height = float(tracks.height_hae_m[row])
            word = tracks.kind_words[tracks.kind_of_row[row]] if tracks.kind_of_row[row] >= 0 else ""
            records.append(
                TrackingRecord(
                    time=int(tracks.t_ns[row]) // NS_PER_MS,
                    record_number=number,
                    classification=_WORDS.get(word, "Other"),
                    alarm=Alarm(active=False, certainty=0.0),
                    location=Position2d(lat=lat, lon=lon)
                    if math.isnan(height)
                    else Position3d(lat=lat, lon=lon, height_amsl=height - geoid_m),
                    velocity=Velocity(east=float(velocity[0]), north=float(velocity[1]), up=float(velocity[2]))
                    if np.isfinite(velocity).all()
                    else None,
                )
            )
        if records:
            sets.append(TrackSet(uas_id=item + 1, name=name, records=records))
    document = Document(
        version=VERSION,
        vendor_name=vendor_name,
        system_name=system_name,
        static_cuas_location=site or _first_place(sets),
        detection=[],
        tracks=sets,
    )
    return document, left


def _not_written(tracks: States, row: int) -> str:
    if tracks.status[row] in (int(TrackStatus.TENTATIVE), int(TrackStatus.DROPPED)):
        return "not_confirmed"
    return "before_1970" if tracks.t_ns[row] < 0 else ""


def _first_place(sets: list[TrackSet]) -> Position3d:
    for each in sets:
        place = each.records[0].location
        if isinstance(place, Position3d):
            return place
        if isinstance(place, Position2d):
            return Position3d(lat=place.lat, lon=place.lon, height_amsl=0.0)
    return Position3d(lat=0.0, lon=0.0, height_amsl=0.0)
