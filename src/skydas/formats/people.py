"""people: what people saw or heard, one report a line of JSON, as a call centre or another network sends it.

    {"t_utc":"2026-11-21T08:00:05Z","reporter":"k-17","latitude_deg":55.91,"longitude_deg":25.3,
     "azimuth_magnetic_deg":71,"sense":"heard","words":"like a moped, low, over the lake"}

latitude_deg, longitude_deg  where the person stands; never the object's own place
azimuth_true_deg             or azimuth_magnetic_deg, to which `declination_deg` is added; a report without either is no
                             measurement: it is counted under `no_bearing`, and POST /api/v1/sightings takes it
sigma_azimuth_deg            as the compass says; never taken below `sigma_azimuth_deg_min`
sense                        saw, or heard: then the bearing is late by the travel of sound
elevation_deg                kept with the words; no measurement, for people guess two to five times too high

A report is a BEARING plot from the person's own place. `object` is the reporter, and `names` holds the whole line under
`report_key`, so that whoever wants the words has them. A stream may be cut anywhere.
"""

from __future__ import annotations

import math
from typing import Final, Literal

import msgspec
import numpy as np

from skydas.model import (
    NS_PER_S,
    SENSOR_UNKNOWN,
    TAU,
    Decoded,
    PersonReport,
    PlotFlag,
    PlotKind,
    empty_plots,
    object_key,
    utc_ns,
)

LINE_OCTETS_MAX: Final = 8_192
WORDS_MAX: Final = 1_000  # characters
SOON_NS: Final = 2 * NS_PER_S  # so far ahead a phone's clock may be
EAR_SIGMA_DEG_MIN: Final = 15.0  # pointing at a sound is worse than at a thing: see docs/people.md

EXAMPLES: tuple[bytes, ...] = (
    b'{"t_utc":"2026-03-01T11:59:55Z","reporter":"k-17","latitude_deg":55.91,"longitude_deg":25.3,'
    b'"azimuth_magnetic_deg":71,"sense":"heard","words":"like a moped, low"}\n'
    b'{"reporter":"k-18","latitude_deg":55.95,"longitude_deg":25.28,"azimuth_true_deg":120.5,'
    b'"sigma_azimuth_deg":12,"elevation_deg":20,"words":"\xc5\xbdali\xc5\xb3 \xc5\xa1viesa"}\n',
    b'{"t_utc":"2026-03-01T11:59:58Z","reporter":"k-17","latitude_deg":55.91,"longitude_deg":25.3,"sense":"heard"}\n',
)


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far their compasses are off, and how they come."""

    declination_deg: float = 9.0  # of magnetic from true north, east positive; Vilnius, Riga and Tallinn: 8 to 11
    sigma_azimuth_deg_min: float = 10.0
    framing: Literal["stream", "datagram"] = "stream"  # datagram: a payload ends with its last line


class _State(msgspec.Struct):
    tail: bytes = b""
    skipping: bool = False  # inside a line that is too long
    seq: int = 0


class Decoder:
    """Reads reports; keeps the unfinished line."""

    def __init__(self, params: Params) -> None:
        self._params = params
        self._state = _State()

    def state(self) -> bytes:
        """Return what must survive a restart."""
        return msgspec.msgpack.encode(self._state)

    def restore(self, octets: bytes) -> None:
        """Go on where `state` was taken."""
        self._state = msgspec.msgpack.decode(octets, type=_State)

    def decode(self, rx_ns: int, payload: bytes) -> Decoded:
        """Return a bearing for each report that `payload` completes and that says a direction."""
        decoded = Decoded()
        found: list[tuple[PersonReport, int, float]] = []
        for line in self._lines(payload, decoded):
            decoded.records += 1
            measured = self._measured(line, rx_ns, decoded)
            if measured is not None:
                report, t_ns, _ = measured
                decoded.names[object_key(report.reporter)] = report.reporter
                decoded.names[report_key(report.reporter, t_ns)] = line.decode()
                found.append(measured)
        decoded.plots = empty_plots(len(found))
        for row, (report, t_ns, azimuth_deg) in zip(decoded.plots, found, strict=True):
            self._state.seq = (self._state.seq + 1) & 0xFFFF_FFFF
            sigma_deg = sigma_azimuth_deg(report, self._params.sigma_azimuth_deg_min)
            fill_bearing(row, report, t_ns, rx_ns, azimuth_deg, sigma_deg)
            row["flags"] |= 0 if report.t_utc else int(PlotFlag.TIME_ASSUMED)
            row["seq"] = self._state.seq
        return decoded

    def _lines(self, payload: bytes, decoded: Decoded) -> list[bytes]:
        state = self._state
        *whole, tail = (state.tail + payload).split(b"\n")
        if self._params.framing == "datagram":
            whole, tail = [*whole, tail], b""
        if whole and state.skipping:
            state.skipping = False
            whole = whole[1:]
            decoded.reject("line_too_long")
        if len(tail) > LINE_OCTETS_MAX:
            tail, state.skipping = b"", True
        state.tail = tail
        kept = [line.strip() for line in whole if len(line) <= LINE_OCTETS_MAX]
        if len(kept) < len(whole):
            decoded.reject("line_too_long", len(whole) - len(kept))
        return [line for line in kept if line]

    def _measured(self, line: bytes, rx_ns: int, decoded: Decoded) -> tuple[PersonReport, int, float] | None:
        """Return a report that is a measurement, when it was made and its true azimuth; None: counted."""
        try:
            report = msgspec.json.decode(line, type=PersonReport)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            decoded.reject("bad_report")
            return None
        t_ns = measured_ns(report, rx_ns)
        azimuth_deg = true_azimuth_deg(report, self._params.declination_deg)
        if t_ns is None:
            decoded.reject("bad_time")
        elif not has_place(report):
            decoded.reject("bad_place")
        elif azimuth_deg is None:
            decoded.reject("no_bearing")
        elif len(report.words) > WORDS_MAX or len(report.reporter) > WORDS_MAX:
            decoded.reject("text_too_long")
        else:
            return report, t_ns, azimuth_deg
        return None


def report_key(reporter: str, t_ns: int) -> int:
    """Return the key under which `Decoded.names` holds the whole report."""
    return object_key(f"{t_ns} {reporter}")


def measured_ns(report: PersonReport, rx_ns: int) -> int | None:
    """Return when it was seen; None where the time cannot be read, or lies ahead."""
    if not report.t_utc:
        return rx_ns
    try:
        t_ns = utc_ns(report.t_utc)
    except (ValueError, OverflowError):
        return None
    return t_ns if 0 < t_ns <= rx_ns + SOON_NS else None


def has_place(report: PersonReport) -> bool:
    """Return whether the person's place is one on earth, and not the 0, 0 of a phone that does not know."""
    latitude_deg, longitude_deg = report.latitude_deg, report.longitude_deg
    if not (abs(latitude_deg) <= 90.0 and abs(longitude_deg) <= 180.0):  # false of NaN too
        return False
    return max(abs(latitude_deg), abs(longitude_deg)) > 1e-6


def true_azimuth_deg(report: PersonReport, declination_deg: float) -> float | None:
    """Return the direction from true north, 0 to 360; None where the report says none, or nonsense."""
    if report.azimuth_true_deg is not None:
        azimuth_deg = report.azimuth_true_deg
    elif report.azimuth_magnetic_deg is not None:
        azimuth_deg = report.azimuth_magnetic_deg + declination_deg
    else:
        return None
    return azimuth_deg % 360.0 if abs(azimuth_deg) <= 720.0 else None


def sigma_azimuth_deg(report: PersonReport, least_deg: float) -> float:
    """Return how sure the direction is: what the compass says, but never surer than a person can point."""
    least_deg = max(least_deg, EAR_SIGMA_DEG_MIN) if report.sense == "heard" else least_deg
    stated_deg = report.sigma_azimuth_deg
    if stated_deg is None or not stated_deg > least_deg:
        return least_deg
    return min(stated_deg, 90.0)


def fill_bearing(
    row: np.void, report: PersonReport, t_ns: int, rx_ns: int, azimuth_deg: float, sigma_deg: float
) -> None:
    """Make an empty PLOT row the bearing of a report."""
    row["t_ns"], row["rx_ns"], row["sensor"] = t_ns, rx_ns, SENSOR_UNKNOWN
    row["kind"] = int(PlotKind.BEARING)
    row["flags"] = int(PlotFlag.REPORT_BY_PERSON) | (int(PlotFlag.SOUND) if report.sense == "heard" else 0)
    row["azimuth_true_rad"] = math.radians(azimuth_deg) % TAU
    row["latitude_rad"] = math.radians(report.latitude_deg)
    row["longitude_rad"] = math.radians(report.longitude_deg)
    row["cov"] = 1.0, 0.0, 0.0, math.radians(sigma_deg) ** 2, 0.0, 1.0
    row["object"] = object_key(report.reporter)
