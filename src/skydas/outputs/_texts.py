"""What the page is told in words: the texts of `docs/wire.md`, the same on the WebSocket and in the JSON API."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from skydas.model import (
    BiasPart,
    Estimate,
    Group,
    NodeConfig,
    NodeStarted,
    Notice,
    Origin,
    SensorBias,
    SensorConfig,
    SensorHealth,
    SensorState,
    SensorStatus,
    SourceStatus,
)

OriginWord = Literal["live", "simulated", "exercise"]
SensorWord = Literal["never_heard", "ok", "silent"]
ORIGIN_WORDS: Final[dict[Origin, OriginWord]] = {
    Origin.LIVE: "live",
    Origin.SIMULATED: "simulated",
    Origin.EXERCISE: "exercise",
}
SENSOR_WORDS: Final[dict[SensorState, SensorWord]] = {
    SensorState.NEVER_HEARD: "never_heard",
    SensorState.OK: "ok",
    SensorState.SILENT: "silent",
}


class Text(msgspec.Struct, frozen=True, tag_field="type", kw_only=True):
    """Base of every text; its tag stands under `type`."""


class NodeText(Text, frozen=True, tag="node"):
    """Which node this is and how its picture stands."""

    node: str
    version: str
    origin: OriginWord
    now_ns: int  # 0: nothing has come yet
    latitude_deg: float | None
    longitude_deg: float | None
    track_count: int
    client_count: int
    refused_count: int  # tracks beyond what the picture may hold


class BoardText(Text, frozen=True, tag="board"):
    """What stands, by topic: alerts, incidents, assessments ... Facts as `docs/wire.md` lists them."""

    standing: dict[str, list[Any]]
    gone: dict[str, list[int]] | None  # numbers that stand no more; None: `standing` is all there is, of every topic


class SensorView(msgspec.Struct, frozen=True, kw_only=True):
    """One sensor: as configured, and how it is doing."""

    id: int
    name: str
    kind: str
    nation: str
    latitude_deg: float | None
    longitude_deg: float | None
    height_hae_m: float
    range_m_min: float
    range_m_max: float
    period_s: float
    state: SensorWord
    last_ns: int | None
    plot_count: int
    plots_per_s: float
    silent_s: float | None
    words: dict[str, str]
    bias: BiasView | None = None  # None: registration knows nothing of it
    health: HealthView | None = None  # None: never heard


class BiasView(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with one sensor's measurements, and how sure that is: measured less true."""

    range_m: BiasPart
    azimuth_deg: BiasPart
    elevation_deg: BiasPart
    time_s: BiasPart
    clock: str
    track_count: int
    claims: str


class HealthView(msgspec.Struct, frozen=True, kw_only=True):
    """How well one sensor does, each figure with its uncertainty; null: not known."""

    period_s: Estimate | None
    detection: Estimate | None
    basis: str
    rings: list[Estimate | None]
    ring_m: float
    false_per_turn: Estimate | None
    false_per_turn_area: Estimate | None
    alarms: list[str]


class SensorsText(Text, frozen=True, tag="sensors"):
    """Every configured sensor."""

    sensors: list[SensorView]


class SourceView(msgspec.Struct, frozen=True, kw_only=True):
    """One source: what it brought and what of it was refused."""

    name: str
    source: str
    format: str
    origin: OriginWord
    link: str
    input_count: int
    octet_count: int
    record_count: int
    plot_count: int
    copy_count: int
    rejected: dict[str, int]


class SourcesText(Text, frozen=True, tag="sources"):
    """Every configured source."""

    sources: list[SourceView]


class GroupView(msgspec.Struct, frozen=True, kw_only=True):
    """Objects that cannot be told apart."""

    number: int
    track_nos: tuple[int, ...]
    count_min: int
    count_max: int
    latitude_deg: float
    longitude_deg: float
    height_hae_m: float
    v_east_mps: float
    v_north_mps: float
    v_up_mps: float
    major_m: float
    minor_m: float
    axis_true_deg: float
    now_ns: int


class GroupsText(Text, frozen=True, tag="groups"):
    """Every group there is."""

    groups: list[GroupView]


class NoticeText(Text, frozen=True, tag="notice"):
    """Something the people on watch must know about the node."""

    sequence: int
    now_ns: int
    level: Literal["info", "warning", "alarm"]
    what: str
    text: str


class NamesText(Text, frozen=True, tag="names"):
    """Callsigns by track number."""

    names: dict[str, str]


def place_of(config: NodeConfig) -> tuple[float | None, float | None]:
    """Return latitude and longitude (deg) of the node, or the middle of its sensors."""
    if config.node.latitude_deg is not None and config.node.longitude_deg is not None:
        return config.node.latitude_deg, config.node.longitude_deg
    placed = [
        (sensor.latitude_deg, sensor.longitude_deg)
        for sensor in config.sensors
        if sensor.latitude_deg is not None and sensor.longitude_deg is not None
    ]
    if not placed:
        return None, None
    return sum(place[0] for place in placed) / len(placed), sum(place[1] for place in placed) / len(placed)


def origin_word(config: NodeConfig, started: NodeStarted | None) -> OriginWord:
    """Return the node's origin: what the first fact says, before that what is configured."""
    return ORIGIN_WORDS[started.origin] if started is not None else config.node.origin


def sensors_text(
    sensors: list[SensorConfig],
    statuses: dict[str, SensorStatus],
    biases: dict[str, SensorBias],
    healths: dict[str, SensorHealth],
) -> SensorsText:
    """Return all configured sensors with what is known of each, then those that were heard without being declared."""
    declared = {sensor.name for sensor in sensors}
    others = [SensorConfig(id=0, name=name, kind="other", range_m_max=0.0) for name in statuses if name not in declared]
    views = [
        _sensor_view(sensor, statuses.get(sensor.name), biases.get(sensor.name), healths.get(sensor.name))
        for sensor in (*sensors, *others)
    ]
    return SensorsText(sensors=views)


def sources_text(config: NodeConfig, statuses: dict[str, SourceStatus]) -> SourcesText:
    """Return all configured sources with what is known of each."""
    views = []
    for source in config.sources:
        status = statuses.get(source.name)
        views.append(
            SourceView(
                name=source.name,
                source=source.source,
                format=source.format,
                origin=config.node.origin,
                link=status.link if status else "never",
                input_count=status.input_count if status else 0,
                octet_count=status.octet_count if status else 0,
                record_count=status.record_count if status else 0,
                plot_count=status.plot_count if status else 0,
                copy_count=status.copy_count if status else 0,
                rejected=status.rejected if status else {},
            )
        )
    return SourcesText(sources=views)


def groups_text(groups: dict[int, Group]) -> GroupsText:
    """Return every group, by number."""
    names = GroupView.__struct_fields__
    views = [GroupView(**{name: getattr(group, name) for name in names}) for _, group in sorted(groups.items())]
    return GroupsText(groups=views)


def notice_text(notice: Notice) -> NoticeText:
    """Return a notice as the page gets it."""
    return NoticeText(
        sequence=notice.sequence, now_ns=notice.now_ns, level=notice.level, what=notice.what, text=notice.text
    )


def _bias_view(bias: SensorBias) -> BiasView:
    return BiasView(
        range_m=bias.range_m,
        azimuth_deg=bias.azimuth_deg,
        elevation_deg=bias.elevation_deg,
        time_s=bias.time_s,
        clock=bias.clock,
        track_count=bias.track_count,
        claims=bias.claims,
    )


def _health_view(health: SensorHealth) -> HealthView:
    return HealthView(
        period_s=health.period_s,
        detection=health.detection,
        basis=health.basis,
        rings=health.rings,
        ring_m=health.ring_m,
        false_per_turn=health.false_per_turn,
        false_per_turn_area=health.false_per_turn_area,
        alarms=health.alarms,
    )


def _sensor_view(
    sensor: SensorConfig, status: SensorStatus | None, bias: SensorBias | None, health: SensorHealth | None
) -> SensorView:
    return SensorView(
        id=sensor.id,
        name=sensor.name,
        kind=sensor.kind,
        nation=sensor.nation,
        latitude_deg=sensor.latitude_deg,
        longitude_deg=sensor.longitude_deg,
        height_hae_m=sensor.height_hae_m,
        range_m_min=sensor.range_m_min,
        range_m_max=sensor.range_m_max,
        period_s=sensor.period_s,
        state=SENSOR_WORDS[status.state] if status else "never_heard",
        last_ns=status.last_ns or None if status else None,
        plot_count=status.plot_count if status else 0,
        plots_per_s=status.plots_per_s if status else 0.0,
        silent_s=status.silent_s if status and status.last_ns else None,
        words=status.words if status else {},
        bias=_bias_view(bias) if bias else None,
        health=_health_view(health) if health else None,
    )
