"""Reports of people in a node: checked, made into fields, joined, believed as far as their reporter is, and measured.

A report that says a direction becomes a bearing plot that goes the way of every plot; what the tracker makes of it
comes back as the number of the track that took it, and teaches how far its reporter is to be believed.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from skydas.errors import RefusedError
from skydas.formats.people import (
    WORDS_MAX,
    fill_bearing,
    has_place,
    measured_ns,
    report_key,
    sigma_azimuth_deg,
    true_azimuth_deg,
)
from skydas.model import (
    NS_PER_S,
    Action,
    IntArray,
    PersonReport,
    PlotFlag,
    PlotKind,
    Rows,
    Sighting,
    empty_plots,
    object_key,
    sensor_key_of,
)
from skydas.respond.people.joining import Joining, Told, category_of
from skydas.respond.people.limits import per_minute, per_second
from skydas.respond.people.params import PeopleParams
from skydas.respond.people.trust import (
    AGREED,
    AGREED_WITH_PEOPLE,
    JUDGED_FALSE,
    JUDGED_TRUE,
    Reporters,
    doubted_sigma,
)
from skydas.respond.people.words import structured

if TYPE_CHECKING:
    from skydas.node.judging import Desk, Seen

SOURCE: Final = "people"  # of the plots that reports become
KEPT_MAX: Final = 2_000  # sightings that can still be completed or judged
NAME_MAX: Final = 64
WAITING_MAX: Final = 1_000  # bearings on their way; those that the tracker refused never come back
TOLD_AGAIN_MAX: Final = 200  # at a start
TRACKED_S_MAX: Final = 60.0  # an older report is no measurement any more
NOTICE_S: Final = 60.0
REASON_OCTETS_MAX: Final = 500
_BY_PERSON: Final = int(PlotFlag.REPORT_BY_PERSON)
_HASH_DIGITS: Final = frozenset("0123456789abcdef")


class Kept(msgspec.Struct):
    """A sighting as it stands: the fields of `Sighting`."""

    number: int
    t_ns: int
    reporter: str
    words: str
    latitude_deg: float
    longitude_deg: float
    azimuth_true_deg: float | None
    elevation_deg: float | None
    sense: str
    category: str
    fields: dict[str, str]
    trust: float
    joined_to: int = 0
    sigma_azimuth_deg: float | None = None
    track_no: int = 0
    photo_sha256: str = ""
    photo_erased_by: str = ""
    judged: str = ""
    judged_by: str = ""


class Witnessing:
    """What people told one node."""

    def __init__(self, desk: Desk, params: PeopleParams) -> None:
        self._desk, self._params = desk, params
        self._reporters = Reporters()
        self._joining = Joining(params.joined_s, params.joined_m)
        self._by_reporter, self._all = per_minute(params.per_reporter_minute), per_second(params.per_second)
        self._kept: dict[int, Kept] = {}
        self._by_id: dict[str, int] = {}  # reporter and the device's own name of the report -> number
        self._waiting: dict[str, int] = {}  # a bearing on its way through the tracker -> number
        self.last_number = 0
        self._dropped, self._noticed_ns = 0, 0
        rows = [row for row, sensor in enumerate(desk.sensors) if sensor.kind == "people"]
        self._key = sensor_key_of(desk.sensors[rows[0]].name) if rows else None
        self._theirs = sum(1 << min(row, 63) for row in rows)  # bits of TRACK `sensors`

    def report(self, action: Action, now_ns: int) -> None:
        """Take one report. Raises RefusedError."""
        try:
            report = msgspec.convert(action.fields, PersonReport, strict=False)
        except msgspec.ValidationError as error:
            raise RefusedError(f"the report cannot be read: {error}") from error
        reporter = report.reporter or action.who
        t_ns = self._checked(report, reporter, now_ns)
        if not self._by_reporter.takes(reporter, now_ns):
            raise RefusedError(
                f"too many reports of {reporter}: again in {self._by_reporter.wait_s(reporter, now_ns):.0f} s"
            )
        if not self._all.takes("", now_ns):
            raise RefusedError("too many reports at once; try again in a few seconds")
        known = self._kept.get(self._by_id.get(f"{reporter} {report.id}", 0)) if report.id else None
        if known is not None:
            self._complete(known, report, t_ns, now_ns)
        else:
            self._take(report, reporter, t_ns, now_ns, is_measured=False)

    def judge(self, action: Action) -> None:
        """Let a person on watch say whether a sighting was true. Raises RefusedError."""
        number, word = action.fields.get("number", ""), action.fields.get("judged", "")
        kept = self._kept.get(int(number)) if number.isascii() and number.isdecimal() and len(number) < 16 else None
        if kept is None:
            raise RefusedError(f"there is no sighting {number[:20]!r} that can still be judged")
        if word not in ("true", "false"):
            raise RefusedError(f"judged: expected true or false, got {word[:20]!r}")
        if kept.judged:
            raise RefusedError(f"sighting {number} was judged {kept.judged} by {kept.judged_by}")
        kept.judged, kept.judged_by = word, action.who
        if word == "true":
            self._reporters.learn(kept.reporter, right=JUDGED_TRUE)
        else:
            self._reporters.learn(kept.reporter, wrong=JUDGED_FALSE)
        kept.trust = round(self._reporters.trust(kept.reporter), 3)
        self._tell(kept)

    def view_photo(self, action: Action) -> None:
        """Say that a person looked at the photo `sha256`. Raises RefusedError."""
        if not _is_hash(action.fields.get("sha256", "")):
            raise RefusedError("sha256: expected the 64 hexadecimal digits of a photo")

    def erase_photo(self, action: Action) -> None:
        """Note that the photo `sha256` is erased, for a `reason`; whoever runs the node deletes it."""
        self.view_photo(action)
        reason = action.fields.get("reason", "").strip()
        if not reason or len(reason.encode()) > REASON_OCTETS_MAX:
            raise RefusedError(f"erasing needs a reason, at most {REASON_OCTETS_MAX} octets")
        for kept in self._kept.values():
            if kept.photo_sha256 == action.fields["sha256"] and not kept.photo_erased_by:
                kept.photo_erased_by = action.who
                self._tell(kept)

    def step(self, seen: Seen) -> None:
        """Take reports that came as plots, and learn what the tracker made of those that are on their way."""
        reported = np.flatnonzero(seen.plots["flags"] & _BY_PERSON)
        for row in reported.tolist():
            plot = seen.plots[row]
            number = self._waiting.pop(_key_of(plot), 0)
            if not number:
                number = self._of_plot(plot, seen.names.get(int(plot["object"]), ""), seen)
            if number and seen.owner[row] >= 0:
                self._agree(number, int(seen.owner[row]), seen.tracks)

    def second(self, now_ns: int) -> None:
        """Tell, once a minute, that reports came too fast."""
        if self._dropped and now_ns - self._noticed_ns >= NOTICE_S * NS_PER_S:
            text = f"{self._dropped} reports of people came too fast and are not shown as sightings"
            self._desk.notice("warning", "sightings_dropped", text)
            self._dropped, self._noticed_ns = 0, now_ns

    def _checked(self, report: PersonReport, reporter: str, now_ns: int) -> int:
        """Return when it was seen. Raises RefusedError with what is wrong."""
        params = self._params
        if not has_place(report):
            raise RefusedError("latitude_deg, longitude_deg: no place on earth; is the phone's location allowed?")
        if not (
            params.latitude_deg_min <= report.latitude_deg <= params.latitude_deg_max
            and params.longitude_deg_min <= report.longitude_deg <= params.longitude_deg_max
        ):
            raise RefusedError("the place lies outside the area that this node takes reports from ([warn.people])")
        t_ns = measured_ns(report, now_ns)
        if t_ns is None:
            raise RefusedError(f"t_utc: expected a UTC time that is not ahead of ours, got {report.t_utc[:40]!r}")
        if now_ns - t_ns > params.age_s_max * NS_PER_S:
            raise RefusedError(f"t_utc: older than {params.age_s_max / 3600.0:.0f} hours; tell it to the watch instead")
        says_azimuth = report.azimuth_true_deg is not None or report.azimuth_magnetic_deg is not None
        if says_azimuth and true_azimuth_deg(report, params.declination_deg) is None:
            raise RefusedError("azimuth: expected degrees clockwise from north")
        if report.elevation_deg is not None and not -10.0 <= report.elevation_deg <= 90.0:
            raise RefusedError(f"elevation_deg: expected -10 to 90, got {report.elevation_deg}")
        if report.photo_sha256 and not _is_hash(report.photo_sha256):
            raise RefusedError(
                "photo_sha256: expected 64 hexadecimal digits; POST /api/v1/sightings/photos answers with it"
            )
        for what, text, length_max in (
            ("words", report.words, WORDS_MAX), ("reporter", reporter, NAME_MAX), ("id", report.id, NAME_MAX)
        ):  # fmt: skip
            if len(text) > length_max:
                raise RefusedError(f"{what}: at most {length_max} characters, got {len(text)}")
            if "<" in text or ">" in text or any(not (sign.isprintable() or sign in "\r\n\t") for sign in text):
                raise RefusedError(f"{what}: plain text only, no markup and nothing that cannot be printed")
        return t_ns

    def _of_plot(self, plot: np.void, reporter: str, seen: Seen) -> int:
        """Return the number of the sighting that a plot of another format is; 0: there are too many."""
        if not self._all.takes("", seen.now_ns):
            self._dropped += 1
            return 0
        t_ns = int(plot["t_ns"])
        line = seen.names.get(report_key(reporter, t_ns), "")
        if line:
            report = msgspec.json.decode(line, type=PersonReport)
        else:
            is_bearing = int(plot["kind"]) == int(PlotKind.BEARING)
            report = PersonReport(
                latitude_deg=math.degrees(plot["latitude_rad"]),
                longitude_deg=math.degrees(plot["longitude_rad"]),
                reporter=reporter,
                azimuth_true_deg=math.degrees(plot["azimuth_true_rad"]) if is_bearing else None,
                sense="heard" if int(plot["flags"]) & int(PlotFlag.SOUND) else "saw",
            )
        return self._take(report, reporter, t_ns, seen.now_ns, is_measured=True)

    def _take(self, report: PersonReport, reporter: str, t_ns: int, now_ns: int, *, is_measured: bool) -> int:
        """Keep and tell a new sighting, and hand its bearing on unless the tracker has it; return its number."""
        self.last_number += 1
        fields = structured(report.words)
        kept = Kept(
            number=self.last_number,
            t_ns=t_ns,
            reporter=reporter,
            words=report.words,
            latitude_deg=report.latitude_deg,
            longitude_deg=report.longitude_deg,
            azimuth_true_deg=_rounded(true_azimuth_deg(report, self._params.declination_deg)),
            elevation_deg=report.elevation_deg,
            sense=report.sense,
            category=category_of(fields),
            fields=fields,
            trust=round(self._reporters.reported(reporter).trust, 3),
            photo_sha256=report.photo_sha256,
        )
        told = Told(
            kept.number,
            t_ns,
            reporter,
            kept.latitude_deg,
            kept.longitude_deg,
            kept.category,
            fields.get("count", ""),
            0,
        )
        joined = self._joining.take(told)
        kept.joined_to = joined.event
        self._keep(kept, report.id)
        if not is_measured and not joined.is_twice:
            self._measure(kept, report, now_ns)
        self._tell(kept)
        return kept.number

    def _complete(self, kept: Kept, report: PersonReport, t_ns: int, now_ns: int) -> None:
        """Add what a later message of the same report says; what it said first stays as it was."""
        if report.words and report.words != kept.words:
            if kept.words:
                raise RefusedError("the words of this report are there already, and stay as they were")
            kept.words, kept.fields = report.words, structured(report.words)
            kept.category = category_of(kept.fields)
        kept.photo_sha256 = kept.photo_sha256 or report.photo_sha256
        if kept.elevation_deg is None:
            kept.elevation_deg = report.elevation_deg
        if kept.azimuth_true_deg is None:
            kept.azimuth_true_deg = _rounded(true_azimuth_deg(report, self._params.declination_deg))
            if t_ns == kept.t_ns:
                self._measure(kept, report, now_ns)
        self._tell(kept)

    def _measure(self, kept: Kept, report: PersonReport, now_ns: int) -> None:
        """Hand the bearing of a report to the tracker, as wide as its reporter is doubted."""
        azimuth_deg = true_azimuth_deg(report, self._params.declination_deg)
        is_fresh = now_ns - kept.t_ns <= TRACKED_S_MAX * NS_PER_S
        if azimuth_deg is None or not is_fresh or kept.trust < self._params.trust_min:
            return
        sigma_deg = doubted_sigma(sigma_azimuth_deg(report, self._params.sigma_azimuth_deg), kept.trust)
        kept.sigma_azimuth_deg = round(min(sigma_deg, 90.0), 1)
        plots = empty_plots(1)
        fill_bearing(plots[0], report, kept.t_ns, now_ns, azimuth_deg, kept.sigma_azimuth_deg)
        plots["object"] = object_key(kept.reporter)
        plots["seq"] = kept.number & 0xFFFF_FFFF
        if self._key is not None:
            plots["sensor"] = self._key
        self._waiting[_key_of(plots[0])] = kept.number
        if len(self._waiting) > WAITING_MAX:
            del self._waiting[next(iter(self._waiting))]
        self._desk.feed(SOURCE, plots)

    def _agree(self, number: int, track_no: int, tracks: Rows) -> None:
        """Note that a sighting is surely of a track, and believe its reporter the more."""
        kept = self._kept.get(number)
        if kept is None:
            return
        rows: IntArray = np.flatnonzero(tracks["track_no"] == track_no)
        others = int(tracks["sensors"][rows[0]]) & ~self._theirs if len(rows) else 0
        self._reporters.learn(kept.reporter, right=AGREED if others else AGREED_WITH_PEOPLE)
        kept.track_no = track_no
        kept.trust = round(self._reporters.trust(kept.reporter), 3)
        self._tell(kept)

    def _keep(self, kept: Kept, own_id: str) -> None:
        self._kept[kept.number] = kept
        if own_id:
            self._by_id[f"{kept.reporter} {own_id}"] = kept.number
        while len(self._kept) > KEPT_MAX:
            del self._kept[next(iter(self._kept))]
        while len(self._by_id) > KEPT_MAX:
            del self._by_id[next(iter(self._by_id))]

    def _tell(self, kept: Kept) -> None:
        self._desk.tell(Sighting, **msgspec.structs.asdict(kept))

    def tell_latest(self) -> None:
        """Tell the latest sightings again."""
        for kept in list(self._kept.values())[-TOLD_AGAIN_MAX:]:
            self._tell(kept)

    def state(self) -> dict[str, Any]:
        """Return what a snapshot must hold."""
        return {
            "reporters": self._reporters.state(),
            "joining": self._joining.state(),
            "by_reporter": self._by_reporter.state(),
            "all": self._all.state(),
            "kept": [msgspec.structs.asdict(kept) for kept in self._kept.values()],
            "by_id": list(self._by_id.items()),
            "waiting": list(self._waiting.items()),
            "last": self.last_number,
            "dropped": [self._dropped, self._noticed_ns],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self._reporters.restore(state["reporters"])
        self._joining.restore(state["joining"])
        self._by_reporter.restore(state["by_reporter"])
        self._all.restore(state["all"])
        self._kept = {fields["number"]: Kept(**fields) for fields in state["kept"]}
        self._by_id = dict(state["by_id"])
        self._waiting = dict(state["waiting"])
        self.last_number = state["last"]
        self._dropped, self._noticed_ns = state["dropped"]


def _is_hash(text: str) -> bool:
    return len(text) == 64 and _HASH_DIGITS.issuperset(text)


def _key_of(plot: np.void) -> str:
    """Return what tells the bearing of a report from every other."""
    return f"{int(plot['object'])} {int(plot['t_ns'])} {int(plot['seq'])}"


def _rounded(azimuth_deg: float | None) -> float | None:
    return None if azimuth_deg is None else round(azimuth_deg, 1) % 360.0
