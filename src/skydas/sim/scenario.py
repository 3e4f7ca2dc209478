"""What a scenario file holds: the scene, what flies in it, what senses it, and what goes wrong on the way.

Units stand in the keys; an unknown key is a fault. `height_agl_m` is above the scene's ground, which is smooth and lies
everywhere at `ground_height_hae_m`. Times `..._s` count from the start of the scene.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from skydas.model import utc_ns

KindName = Literal[
    "airliner",
    "light_aircraft",
    "glider",
    "helicopter",
    "fixed_wing_drone",
    "one_way_drone",
    "multirotor",
    "balloon",
    "bird",
    "cruise",
    "ballistic",
    "unknown",
]
Pattern = Literal["cross", "wander", "drift"]
Span = tuple[float, float]  # from, to
Place = tuple[float, float]  # latitude_deg, longitude_deg

TARGETS_MAX: Final = 200_000
SENSORS_MAX: Final = 1_000
TURN_G_MAX: Final = 7.0
ASSETS_MAX: Final = 1_000


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of every table in a scenario file."""


class WindLayer(Section, frozen=True, kw_only=True):
    """`[[winds]]`: the wind at one height; between layers it is interpolated, beyond them held."""

    height_agl_m: float
    from_deg: float
    speed_mps: float


class Intent(Section, frozen=True, kw_only=True):
    """What an object is about: truth for the files beside a recording, which no sensor and no node is ever told."""

    what: str  # transit, drop, reconnaissance, attack, leisure, work ...
    is_threat: bool = False  # a person on watch must know of it
    asset: str = ""  # where it goes, or what it is about
    from_s: float = 0.0  # after it began: since when that is so
    if_inside: bool = False  # a threat only where its true path enters the asset


class Waypoint(Section, frozen=True, kw_only=True):
    """A point of a route; what it leaves out is as at the point before, at the first as usual for the kind."""

    latitude_deg: float
    longitude_deg: float
    height_agl_m: float | None = None
    speed_mps: float | None = None
    hold_s: float = 0.0
    spacing_m: float | None = None  # from here on, between the members of a formation: a swarm splits and merges by it
    spread_m: float | None = None  # the seed moves it so far (1 sigma); None: as the target says
    orbit_radius_m: float = 0.0  # while it holds here it flies circles so wide
    search_lane_m: float = 0.0  # while it holds here it flies to and fro, lanes so far apart
    search_length_m: float = 1_000.0


class Manoeuvre(Section, frozen=True, kw_only=True):
    """A command that overrides the route for a while."""

    at_s: float
    for_s: float
    turn_g: float = 0.0  # sideways, positive to the right
    accel_mps2: float = 0.0
    climb_mps: float | None = None


class Target(Section, frozen=True, kw_only=True):
    """`[[targets]]`: one object, or a formation of `count`, on a given route; it is gone after the last waypoint."""

    name: str
    kind: KindName
    waypoints: list[Waypoint]
    start_s: float = 0.0
    count: int = 1
    spacing_m: float = 30.0
    manoeuvres: list[Manoeuvre] = []
    turn_g_max: float | None = None
    rcs_m2: float | None = None
    transponder: bool | None = None
    adsb: bool | None = None
    remote_id: bool | None = None
    callsign: str = ""
    apex_m: float | None = None  # of a ballistic flight
    intent: Intent | None = None
    # what the seed varies, before anything flies
    one_of: str = ""  # of all targets that name the same choice, one flies
    chance: float = 1.0  # that it flies at all
    spread_m: float = 0.0  # each waypoint is moved so far (1 sigma)
    wander_m: float = 0.0  # every few kilometres of a leg lie so far aside of it (1 sigma)
    start_after_s: Span = (0.0, 0.0)  # it starts so much later
    speed_factor: Span = (1.0, 1.0)
    height_factor: Span = (1.0, 1.0)
    hold_factor: Span = (1.0, 1.0)


class Traffic(Section, frozen=True, kw_only=True):
    """`[[traffic]]`: a population made from the seed and renewed over time."""

    name: str
    kind: KindName
    count: int  # in the air at the same time; of flocks, when `flock` is above 1
    latitude_deg: float
    longitude_deg: float
    radius_m: float
    pattern: Pattern | None = None  # None: the kind's own
    routes: list[list[Place]] = []  # flown both ways unless `one_way`, each flight `route_spread_m` aside
    one_way: bool = False
    route_spread_m: float = 0.0
    wander_radius_m: float | None = None  # how far from its own centre one strays
    height_agl_m: Span | None = None
    speed_mps: Span | None = None
    course_deg: Span = (0.0, 360.0)  # of those that cross
    flock: int = 1
    spacing_m: float = 8.0
    renew: bool = True
    turn_g_max: float | None = None
    rcs_m2: float | None = None
    transponder: bool | None = None
    adsb: bool | None = None
    remote_id: bool | None = None
    intent: Intent | None = None


class Replay(Section, frozen=True, kw_only=True):
    """`[[replays]]`: recorded trajectories, put at a place, turned, and started at `start_s`.

    Columns are found by their usual names: time (`timestamp`, `time`, `t_ns`, `DateTime`), latitude, longitude,
    altitude or height, and what tells objects apart (`icao24`, `track_id`, `target_no`, `SONDE`, `groupNb`).
    """

    name: str
    file: str  # .parquet, .csv, .json, with .gz or without; beside the scenario unless absolute
    kind: KindName
    latitude_deg: float | None = None  # None: where it was
    longitude_deg: float | None = None
    turn_deg: float = 0.0
    start_s: float = 0.0
    altitude_unit: Literal["m", "ft"] = "ft"
    smooth_s: float = 5.0  # mean over so many seconds: recordings are quantised
    count_max: int = 1_000
    rcs_m2: float | None = None
    transponder: bool | None = None
    adsb: bool | None = None
    remote_id: bool | None = None
    intent: Intent | None = None


class ClockJump(Section, frozen=True, kw_only=True):
    """The sensor's clock is wrong by `by_s` from `at_s` to `until_s`."""

    at_s: float
    by_s: float
    until_s: float = 1e12


class Link(Section, frozen=True, kw_only=True):
    """What the way from a sensor to the node does to its messages."""

    latency_s: float = 0.05
    jitter_s: float = 0.0  # mean of an exponential on top of the latency
    loss_probability: float = 0.0
    late_probability: float = 0.0
    late_s_max: float = 5.0
    copy_probability: float = 0.0  # of a second, equal datagram (A/B networks)
    copy_delay_s: float = 0.002
    clock_jumps: list[ClockJump] = []


class ClutterArea(Section, frozen=True, kw_only=True):
    """A place that echoes: turbines, a road, the sea; `plots_per_scan` false plots in a disc."""

    latitude_deg: float
    longitude_deg: float
    radius_m: float
    plots_per_scan: float
    height_agl_m: float = 30.0


class Sensor(Section, frozen=True, kw_only=True):
    """Base of every sensor: who and where it is."""

    name: str
    nation: str = ""
    latitude_deg: float
    longitude_deg: float
    mast_m: float = 30.0  # antenna above the scene's ground
    stream: str = ""  # the source its octets come in by; "": its own name
    link: Link = Link()


class Radar(Sensor, frozen=True, kw_only=True):
    """`[[radars]]`: a rotating radar; its stated sigmas are true, its biases are what the node is not told."""

    sac: int
    sic: int
    dimensions: Literal[2, 3] = 2
    primary: bool = True
    secondary: bool = True
    period_s: float = 4.0
    sectors: int = 32
    range_m_min: float = 500.0
    range_m_max: float = 250_000.0
    range_half_m: float = 200_000.0  # where 1 m2 is seen half the time
    detection_probability_max: float = 0.95
    false_alarm_probability: float = 1e-6
    secondary_range_m: float = 400_000.0
    secondary_probability: float = 0.97
    sigma_range_m: float = 50.0
    sigma_azimuth_deg: float = 0.08
    sigma_elevation_deg: float = 0.3
    sigma_range_rate_mps: float = 1.0
    doppler: bool = False
    range_rate_min_mps: float = 0.0  # slower echoes are filtered out
    elevation_max_deg: float = 45.0
    cell_range_m: float = 150.0
    cell_azimuth_deg: float = 1.4
    clutter_per_scan: float = 5.0
    clutter_areas: list[ClutterArea] = []
    blind_sectors_deg: list[Span] = []
    bias_range_m: float = 0.0
    bias_azimuth_deg: float = 0.0
    bias_elevation_deg: float = 0.0
    bias_time_s: float = 0.0


class Spoof(Section, frozen=True, kw_only=True):
    """`[[spoofs]]`: false ADS-B, heard by every receiver in range.

    `ghost`: `count` aircraft that do not exist fly straight through the disc. `offset`: true aircraft in the disc claim
    to be `east_m`, `north_m` from where they are.
    """

    kind: Literal["ghost", "offset"]
    latitude_deg: float
    longitude_deg: float
    radius_m: float
    count: int = 1
    east_m: float = 0.0
    north_m: float = 0.0
    from_s: float = 0.0
    until_s: float = 1e12
    intent: Intent | None = None  # of ghosts


class AdsbReceiver(Sensor, frozen=True, kw_only=True):
    """`[[adsb_receivers]]`: hears what aircraft claim, and passes it on as CAT021 or SBS lines."""

    format: Literal["cat021", "sbs"] = "cat021"
    sac: int = 0
    sic: int = 0
    range_m_max: float = 350_000.0
    reception_probability: float = 0.9
    period_s: float = 1.0
    latency_uncompensated_s: float = 0.1  # claims are stamped so much too late


class StaringRadar(Sensor, frozen=True, kw_only=True):
    """`[[staring_radars]]`: a 3-D radar that looks one way all the time; `plots` lines."""

    facing_deg: float = 0.0
    width_deg: float = 120.0
    period_s: float = 1.0
    range_m_max: float = 10_000.0
    range_half_m: float = 10_000.0
    detection_probability_max: float = 0.9
    false_alarm_probability: float = 1e-6
    sigma_range_m: float = 5.0
    sigma_azimuth_deg: float = 0.6
    sigma_elevation_deg: float = 0.8
    sigma_range_rate_mps: float = 0.5
    clutter_per_scan: float = 1.0


class BearingSensor(Sensor, frozen=True, kw_only=True):
    """`[[bearing_sensors]]`: direction only; `acoustic` hears late by the way of sound, `camera` has elevation too."""

    kind: Literal["rf", "acoustic", "camera"]
    period_s: float = 1.0
    range_m_max: float = 5_000.0
    facing_deg: float = 0.0
    width_deg: float = 360.0
    sigma_azimuth_deg: float = 3.0
    sigma_elevation_deg: float = 1.0
    detection_probability: float = 0.8
    false_per_hour: float = 2.0
    hears: list[KindName] = []  # []: what such a sensor can perceive


class TdoaGroup(Section, frozen=True, kw_only=True):
    """`[[tdoa_groups]]`: receivers with one clock that time the arrival of one transmission."""

    name: str
    receivers: list[Place]
    mast_m: float = 30.0
    nation: str = ""
    stream: str = ""
    period_s: float = 1.0
    range_m_max: float = 20_000.0
    sigma_toa_ns: float = 50.0
    detection_probability: float = 0.9
    hears: list[KindName] = []
    link: Link = Link()


class RemoteIdReceiver(Sensor, frozen=True, kw_only=True):
    """`[[remote_id_receivers]]`: hears what drones broadcast of themselves; `plots` lines."""

    period_s: float = 1.0
    range_m_max: float = 3_000.0
    reception_probability: float = 0.7
    sigma_position_m: float = 4.0


class People(Section, frozen=True, kw_only=True):
    """`[[people]]`: witnesses spread over a disc who report what they see or hear, minutes later."""

    name: str
    latitude_deg: float
    longitude_deg: float
    radius_m: float
    count: int
    nation: str = ""
    stream: str = ""
    hears_m: float = 2_000.0
    report_probability: float = 0.3  # of one person for one object that passes
    delay_s: Span = (20.0, 180.0)
    sigma_position_m: float = 800.0
    false_per_hour: float = 1.0


class Scene(Section, frozen=True, kw_only=True):
    """`[scene]`: when and where."""

    name: str
    title: str = ""
    start_utc: str
    duration_s: float
    latitude_deg: float
    longitude_deg: float
    ground_height_hae_m: float = 0.0
    geoid_height_m: float = 0.0  # of sea level above the ellipsoid
    qnh_hpa: float = 1013.25

    @property
    def start_ns(self) -> int:
        """The scene's first instant, ns UTC."""
        return utc_ns(self.start_utc)


class Variation(Section, frozen=True, kw_only=True):
    """`[variation]`: what the seed varies of the whole scene."""

    wind_turn_deg: float = 0.0  # every layer turns by the same angle (1 sigma)
    wind_factor: Span = (1.0, 1.0)
    clutter_factor: Span = (1.0, 1.0)
    traffic_factor: Span = (1.0, 1.0)  # of each population's count


class ProtectedAsset(Section, frozen=True, kw_only=True):
    """`[[assets]]`: something protected or a zone, which the node of the scene is told of: a disc or a ring."""

    name: str
    kind: str
    what: Literal["asset", "zone"] = "asset"
    latitude_deg: float | None = None  # of a disc
    longitude_deg: float | None = None
    radius_m: float | None = None
    ring: list[Place] = []  # of an area: its corners, the first again at the end
    value: float = 1.0  # 0 .. 1


class PlannedFlight(Section, frozen=True, kw_only=True):
    """`[[flights]]`: a flight that was announced, which the node of the scene is told of."""

    target: str  # the name of the target that flies it
    text: str = ""
    width_m: float = 2_000.0  # to either side of its route


class Scenario(Section, frozen=True, kw_only=True):
    """A whole scenario file."""

    base: str = ""  # a shipped scenario whose tables come first; those of this file are added, or stand in their place
    scene: Scene
    variation: Variation = Variation()
    assets: list[ProtectedAsset] = []
    flights: list[PlannedFlight] = []
    winds: list[WindLayer] = []
    targets: list[Target] = []
    traffic: list[Traffic] = []
    replays: list[Replay] = []
    radars: list[Radar] = []
    adsb_receivers: list[AdsbReceiver] = []
    spoofs: list[Spoof] = []
    staring_radars: list[StaringRadar] = []
    bearing_sensors: list[BearingSensor] = []
    tdoa_groups: list[TdoaGroup] = []
    remote_id_receivers: list[RemoteIdReceiver] = []
    people: list[People] = []
    fuse: dict[str, object] = {}  # goes into the node file as it stands
