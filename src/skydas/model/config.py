"""What a node file holds. Units stand in the keys; an unknown key is an error (`skydas.config` reads and checks it)."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from skydas.model.assessment import Asset

SensorKind = Literal[
    "radar_2d",
    "radar_3d",
    "adsb",
    "mlat",
    "remote_id",
    "rf",
    "acoustic",
    "camera",
    "tdoa",
    "people",
    "tracker",
    "other",
]


# The usual time between two reports of one object, of kinds that do not turn (DO-260B, ASTM F3411: once a second or
# oftener); `skydas.config` puts it where a node file does not say. Every other kind: `SensorConfig.period_s`.
PERIOD_S: Final[dict[str, float]] = {"adsb": 1.0, "remote_id": 1.0}


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of every table in a node file."""


class NodeSection(Section, frozen=True):
    """`[node]`: who this is and where it keeps its files."""

    name: str
    origin: Literal["live", "simulated", "exercise"] = "live"
    directory: str = "skydas-data"
    clock: Literal["live", "sources"] = "live"  # "sources": the time is that of the recordings played
    latitude_deg: float | None = None  # origin of the tangent plane; default: the middle of the sensors
    longitude_deg: float | None = None
    qnh_hpa: float = 1013.25
    snapshot_every_s: float = 60.0
    judges: bool = True  # False: it tracks, and leaves identity, assessment and alerts to another node


class SensorConfig(Section, frozen=True):
    """`[[sensors]]`: one sensor, its place and its stated accuracy (1 sigma)."""

    id: int
    name: str
    kind: SensorKind
    nation: str = ""
    sac: int | None = None
    sic: int | None = None
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    height_hae_m: float = 0.0
    sigma_range_m: float = 50.0
    sigma_azimuth_deg: float = 0.1
    sigma_elevation_deg: float = 0.5
    sigma_range_rate_mps: float = 1.0
    sigma_position_m: float = 30.0
    sigma_height_m: float = 50.0
    bias_range_m: float = 0.0  # known biases, taken off every plot
    bias_azimuth_deg: float = 0.0
    bias_elevation_deg: float = 0.0
    bias_time_s: float = 0.0
    period_s: float = 4.0  # one turn, or the usual time between two reports of one object
    range_m_min: float = 0.0
    range_m_max: float = 500_000.0
    detection_probability: float = 0.9
    # What turns the strength of an echo into a size (node/intake.py); None: strengths say nothing of size.
    echo_1m2_db: float | None = None  # strength, as the sensor states it, of 1 m2 at 1 km
    echo_min_db: float = -200.0  # the weakest strength that makes a plot
    needs_support: bool = False  # cluttered: what it alone sees is confirmed only where directions agree with it
    silent_after_s: float = 15.0


class SourceConfig(Section, frozen=True):
    """`[[sources]]`: where octets come from and what they are. `source = "fed"`: another source feeds it by name."""

    name: str
    source: str
    format: str = ""
    params: dict[str, Any] = {}  # of the source
    format_params: dict[str, Any] = {}  # of the format
    sensor: str = ""  # whose reports they are, where the octets do not say


class OutputConfig(Section, frozen=True):
    """`[[outputs]]`: where facts go."""

    kind: str
    name: str = ""
    params: dict[str, Any] = {}


class WebSection(Section, frozen=True):
    """`[web]`: the page and the API. Any address but loopback needs a token file, a certificate and its key."""

    host: str = "127.0.0.1"
    port: int = 8080
    token_file: str = ""
    certificate_file: str = ""
    key_file: str = ""


class RetentionSection(Section, frozen=True):
    """`[retention]`: how long sensor data are kept; actions are never deleted."""

    journal_days: float = 30.0
    history_days: float = 365.0
    journal_segment_mb: float = 256.0
    disk_free_mb_min: float = 500.0


class LabelConfig(Section, frozen=True):
    """`[label]`: the release label that everything made here carries by default."""

    policy: str = "DEMO"
    classification: str = "UNCLASSIFIED"
    releasable_to: list[str] = []


class FlightSection(Section, frozen=True):
    """`[[flights]]`, or a row of `flights_file`: a flight that is expected; `identify.flights` reads what is text."""

    flight: str
    identity: Literal["friend", "neutral"] = "neutral"
    mode_s: str = ""
    callsign: str = ""
    mode_3a: str = ""
    remote_id: str = ""
    from_utc: str = ""
    until_utc: str = ""
    area: str = ""  # "latitude longitude; ...": corners, or one point with radius_m
    radius_m: float = 0.0
    route: str = ""  # "latitude longitude; ..."
    width_m: float = 5_000.0  # to either side of the route
    class_word: str = ""
    note: str = ""


class NodeConfig(Section, frozen=True):
    """A whole node file."""

    node: NodeSection
    sensors: list[SensorConfig] = []
    sources: list[SourceConfig] = []
    outputs: list[OutputConfig] = []
    flights: list[FlightSection] = []
    fuse: dict[str, Any] = {}
    registration: dict[str, Any] = {}
    health: dict[str, Any] = {}
    identify: dict[str, Any] = {}
    deceive: dict[str, Any] = {}
    assess: dict[str, Any] = {}
    assets: list[Asset] = []  # what `assess.assets_file` held when the node file was read
    predict: dict[str, Any] = {}
    rules: dict[str, Any] = {}
    respond: dict[str, Any] = {}
    warn: dict[str, Any] = {}
    web: WebSection = WebSection()
    retention: RetentionSection = RetentionSection()
    label: LabelConfig = LabelConfig()
