"""What is rare is a frozen tagged Struct; a `Frame` around raw rows carries what is many.

`MESSAGES` at the end is the one table of every message: who makes it, who reads it, how often.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec
import numpy as np

from skydas.model.arrays import PLOT, TRACK, Rows, empty_plots, empty_tracks
from skydas.model.assessment import Assessed, Destinations
from skydas.model.base import Message
from skydas.model.deception import ClaimFigures, Deception, InterferenceArea
from skydas.model.enums import InputKind, Origin, SensorState
from skydas.model.identity import Identified
from skydas.model.personal import PersonalRecord
from skydas.model.prediction import Closure, SearchArea
from skydas.model.response import Alert, AlertFigures, AlertPerformance, Incident, IncidentEntry, ShiftEntry
from skydas.model.warning import PublicWarning, Sighting


class Input(msgspec.Struct, frozen=True, array_like=True):
    """One thing that can change the picture; it is in the journal before it is used."""

    rx_ns: int
    source: str
    kind: InputKind
    payload: bytes


class Link(msgspec.Struct, frozen=True):
    """Payload of a LINK input, as JSON: what became of a source, an output or the journal."""

    # open, waiting, lost, ended, overrun (text: datagrams dropped); of a recording: stopped, resumed, torn, numbered_on
    state: str
    text: str = ""
    numbers: dict[str, int] | None = None  # of the journal: below these numbers, by kind, all may have been given


def link_payload(state: str, text: str = "", numbers: dict[str, int] | None = None) -> bytes:
    """Return the octets of a LINK input's payload."""
    link = {"state": state, "text": text} | ({} if numbers is None else {"numbers": numbers})
    return msgspec.json.encode(link)


class ReleaseLabel(msgspec.Struct, frozen=True):
    """Who may see a thing. Tracks carry its row in the node's table; row 0 is the node's own default."""

    policy: str = "DEMO"
    classification: str = "UNCLASSIFIED"
    categories: tuple[tuple[str, str, tuple[str, ...]], ...] = ()  # tag, RESTRICTIVE | PERMISSIVE | INFORMATIVE, values
    originator: str = ""
    created: str = ""
    review: str = ""


class SensorReport(msgspec.Struct, frozen=True):
    """What a sensor says about itself: a north mark, a sector, a heartbeat, its own place."""

    t_ns: int
    sensor: int  # wire key
    what: Literal["north", "sector", "status", "position", "other"]
    azimuth_true_rad: float | None = None
    period_s: float | None = None
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    height_hae_m: float | None = None
    name: str = ""
    words: dict[str, str] = {}


class Decoded(msgspec.Struct):
    """What a decoder made of one payload. Nothing is lost: what is not a row is counted under a reason."""

    plots: Rows = msgspec.field(default_factory=lambda: empty_plots(0))
    tracks: Rows = msgspec.field(default_factory=lambda: empty_tracks(0))
    statuses: list[SensorReport] = msgspec.field(default_factory=list)
    rejected: dict[str, int] = msgspec.field(default_factory=dict)
    records: int = 0
    names: dict[int, str] = msgspec.field(default_factory=dict)  # sensor or object key -> the text it stands for
    relayed: list[bytes] = msgspec.field(default_factory=list)  # whole blocks that nobody here reads, unchanged

    def reject(self, reason: str, count: int = 1) -> None:
        """Count `count` things not used, under `reason` (a stable snake_case word)."""
        self.rejected[reason] = self.rejected.get(reason, 0) + count


class NodeStarted(Message, frozen=True):
    """What this node is made of: the first fact, and again whenever its table of sensors has grown."""

    version: str
    origin: Origin
    configuration_sha256: str
    sensors: tuple[str, ...]  # row of the sensor table -> name
    labels: tuple[ReleaseLabel, ...]
    plane: tuple[float, float] | None = None  # latitude and longitude (deg) of the origin of the node's plane


class Frame(Message, frozen=True):
    """Tracks that changed, as raw TRACK rows."""

    tracks: bytes

    def rows(self) -> Rows:
        """Return the tracks, TRACK (k,), read-only."""
        return np.frombuffer(self.tracks, TRACK)


class PlotFrame(Message, frozen=True):
    """Plots as they came, with the sensor's row and the covariance completed, as raw PLOT rows."""

    source: str
    plots: bytes

    def rows(self) -> Rows:
        """Return the plots, PLOT (n,), read-only."""
        return np.frombuffer(self.plots, PLOT)


class SensorStatus(Message, frozen=True):
    """How one sensor is doing, once a second and when its state changes."""

    sensor: str
    state: SensorState
    last_ns: int  # 0: never
    plot_count: int  # since the start
    plots_per_s: float  # over the last ten seconds
    silent_s: float
    words: dict[str, str] = {}


class BiasPart(msgspec.Struct, frozen=True):
    """One bias of a sensor beyond what its configuration states: measured less true."""

    value: float | None  # m, degrees or s, as the part says; None: the sensor does not measure this
    sigma: float | None
    is_observed: bool  # False: the value means nothing, `reason` says why
    is_applied: bool  # it is taken off every plot
    reason: str = ""


class SensorBias(Message, frozen=True):
    """What registration knows of one sensor's biases, every ten seconds while it learns."""

    sensor: str
    range_m: BiasPart
    azimuth_deg: BiasPart
    elevation_deg: BiasPart
    time_s: BiasPart
    clock: str  # the sensor whose clock `time_s` is told by
    track_count: int  # shared tracks it rests on
    claims: str  # none, used, contradicted: what became of the targets' own claims


class Estimate(msgspec.Struct, frozen=True):
    """Something measured, and how sure that is."""

    value: float
    sigma: float
    count: float  # of observations that it rests on; older ones count less


class SensorHealth(Message, frozen=True):
    """How well one sensor does, every ten seconds. None: not known."""

    sensor: str
    period_s: Estimate | None  # the usual time between two plots of one object
    detection: Estimate | None  # probability to see a target at a turn
    basis: str  # what `detection` rests on: others (tracks that other sensors saw), own (tracks it saw again), none
    rings: list[Estimate | None]  # `detection` by range: ring k reaches from k ring_m to (k + 1) ring_m
    ring_m: float
    false_per_turn: Estimate | None  # plots that no confirmed track explains, in one turn of the antenna
    false_per_turn_area: Estimate | None  # the same on 10,000 km2 of its declared reach
    coverage: bytes  # `detection` in percent by sector (from north, clockwise) and in it by ring; 255 not known
    alarms: list[str]  # detection_fell, clutter_rose, bias_moved, period_differs, misplaced


class Group(Message, frozen=True):
    """Objects that cannot be told apart, once a second while they cannot, and once when they can."""

    number: int  # that of one of its tracks when it was formed
    count_min: int  # objects that it holds at least
    count_max: int  # as many were seen to join and not seen to leave
    latitude_deg: float
    longitude_deg: float
    height_hae_m: float
    v_east_mps: float
    v_north_mps: float
    v_up_mps: float
    major_m: float  # one sigma of where its objects are, along the longer axis of the ellipse
    minor_m: float
    axis_true_deg: float  # of the longer axis, 0 .. 180
    track_nos: tuple[int, ...] = ()  # that live
    is_over: bool = False  # no more a group: what is left of it are single tracks


class SourceStatus(Message, frozen=True):
    """What one source brought and what of it was refused, once a second while it changes."""

    source: str
    link: str  # as its last LINK input said: open, lost, ended, never
    input_count: int
    octet_count: int
    record_count: int
    plot_count: int
    copy_count: int  # A/B copies removed
    rejected: dict[str, int]


class Notice(Message, frozen=True):
    """Something the people on watch must know about the node itself."""

    level: Literal["info", "warning", "alarm"]
    what: str  # a stable past-tense event name
    text: str


class Action(msgspec.Struct, frozen=True, tag=True):
    """What a person did, as submitted; the journal holds it before anyone is told it worked."""

    who: str
    role: str
    what: str
    fields: dict[str, str] = {}


class ActionTaken(Message, frozen=True):
    """An action that the node accepted, or refused with the reason."""

    who: str
    role: str
    what: str
    fields: dict[str, str]
    refused: str = ""
    made_no: int = 0  # the number that a split or a renumbering gave to a track, so that it can be taken back


Fact = (
    NodeStarted
    | Frame
    | PlotFrame
    | SensorStatus
    | SensorBias
    | SensorHealth
    | Group
    | SourceStatus
    | Notice
    | ActionTaken
    | Identified
    | Deception
    | InterferenceArea
    | ClaimFigures
    | Assessed
    | Destinations
    | SearchArea
    | Alert
    | AlertPerformance
    | Incident
    | ShiftEntry
    | PublicWarning
    | Sighting
    | PersonalRecord
)

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Fact] = msgspec.msgpack.Decoder(Fact)


def encode_fact(fact: Fact) -> bytes:
    """Return the msgpack octets that `facts_sha256` is taken over."""
    return _encoder.encode(fact)


def decode_fact(octets: bytes) -> Fact:
    """Return the fact in `octets`. Raises msgspec.DecodeError."""
    return _decoder.decode(octets)


class MessageRow(msgspec.Struct, frozen=True):
    """One row of the table of messages."""

    type: type
    made_by: str
    read_by: str
    often: str


MESSAGES: Final = (
    MessageRow(Input, "sources, web, clock", "journal, node", "10,000/s"),
    MessageRow(Link, "sources, outputs, journal", "node", "rare"),
    MessageRow(Decoded, "formats", "node", "each data input"),
    MessageRow(SensorReport, "formats", "node", "each turn of an antenna"),
    MessageRow(ReleaseLabel, "configuration", "share, outputs", "once"),
    MessageRow(Action, "web", "node", "a person's pace"),
    MessageRow(NodeStarted, "node", "outputs", "once"),
    MessageRow(Frame, "node", "outputs", "each input that changed a track"),
    MessageRow(PlotFrame, "node", "outputs", "each input with plots"),
    MessageRow(SensorStatus, "node", "outputs", "1/s a sensor"),
    MessageRow(BiasPart, "node", "outputs", "four in each SensorBias"),
    MessageRow(SensorBias, "node", "outputs", "0.1/s a registered sensor"),
    MessageRow(Estimate, "node", "outputs", "a dozen in each SensorHealth"),
    MessageRow(SensorHealth, "node", "outputs", "0.1/s a sensor"),
    MessageRow(Group, "node", "outputs", "1/s a group"),
    MessageRow(SourceStatus, "node", "outputs", "1/s a source"),
    MessageRow(Notice, "node", "outputs", "rare"),
    MessageRow(ActionTaken, "node", "outputs", "a person's pace"),
    MessageRow(Identified, "node", "outputs", "when a track's evidence changed what it is said to be"),
    MessageRow(Deception, "node", "outputs", "rare"),
    MessageRow(InterferenceArea, "node", "outputs", "rare"),
    MessageRow(ClaimFigures, "node", "outputs", "1/min"),
    MessageRow(Assessed, "node", "outputs", "1/s each of the tracks that matter most"),
    MessageRow(Destinations, "node", "outputs", "0.1/s each of the tracks that approach something"),
    MessageRow(SearchArea, "node", "outputs", "rare; 1/min a balloon"),
    MessageRow(Closure, "node", "outputs", "one an airport in the way, in the SearchArea of a balloon"),
    MessageRow(Alert, "node", "outputs", "about one in ten minutes a position"),
    MessageRow(AlertFigures, "node", "outputs", "three in each AlertPerformance"),
    MessageRow(AlertPerformance, "node", "outputs", "1/min while it changes"),
    MessageRow(Incident, "node", "outputs", "a person's pace"),
    MessageRow(IncidentEntry, "node", "outputs", "the timeline of an Incident"),
    MessageRow(ShiftEntry, "node", "outputs", "a person's pace"),
    MessageRow(PublicWarning, "node", "outputs", "rare"),
    MessageRow(Sighting, "node", "outputs", "a person's pace"),
    MessageRow(PersonalRecord, "node", "outputs", "rare"),
)
