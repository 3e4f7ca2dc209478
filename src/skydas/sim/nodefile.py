"""The node file that goes with a scenario: its sensors as stated, one fed source for each stream."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from skydas.model import NodeConfig, SensorConfig, SourceConfig
from skydas.model.config import NodeSection
from skydas.sim.assets import node_assets, node_flights
from skydas.sim.lines import receiver_name
from skydas.sim.scenario import Radar, Scenario, Sensor
from skydas.sim.sensing import NOISE_DBM, stated_echo

SILENT_PERIODS = 3.0
PORT_FIRST: Final = 8_600  # of the streams of a scenario in a capture


def node_config(scenario: Scenario) -> NodeConfig:
    """Return a node that takes in what `simulate` emits. Biases and faults of the scenario stay unsaid."""
    scene = scenario.scene
    node = NodeSection(
        name=scene.name,
        origin="simulated",
        latitude_deg=scene.latitude_deg,
        longitude_deg=scene.longitude_deg,
        qnh_hpa=scene.qnh_hpa,
    )
    ground_m = scene.ground_height_hae_m
    sensors = [
        SensorConfig(id=number, **table)
        for number, table in enumerate((*_fixed(scenario, ground_m), *_spread(scenario, ground_m)), start=1)
    ]
    return NodeConfig(
        node=node,
        sensors=sensors,
        sources=_sources(scenario),
        flights=node_flights(scenario),
        assets=node_assets(scenario),
        fuse=dict(scenario.fuse),
    )


def over_udp(config: NodeConfig) -> NodeConfig:
    """Return the node with a UDP port for each fed source, from PORT_FIRST up: so a capture of the scene tells them."""
    sources = [
        msgspec.structs.replace(source, source="udp", params={"port": PORT_FIRST + index})
        for index, source in enumerate(config.sources)
    ]
    return msgspec.structs.replace(config, sources=sources)


def node_text(config: NodeConfig, about: str) -> str:
    """Return the node file that reads as `config`, with a line about it on top; what is as by default is left out."""
    lines = [f"# {about}"]
    for name in config.__struct_fields__:
        part = getattr(config, name)
        for row in part if isinstance(part, list) else [part]:
            table = row if isinstance(row, dict) else _stated(row)
            if table:
                lines += ["", f"[[{name}]]" if isinstance(part, list) else f"[{name}]"]
                lines += [f"{key} = {_toml(value)}" for key, value in table.items()]
    return "\n".join(lines) + "\n"


def _stated(row: msgspec.Struct) -> dict[str, Any]:
    """Return the keys that a file must hold to read as `row`; a period always, for its default depends on the kind."""
    fields = msgspec.structs.fields(type(row))
    default = {field.name: field.default for field in fields if field.default_factory is msgspec.NODEFAULT}
    default |= {
        field.name: field.default_factory() for field in fields if field.default_factory is not msgspec.NODEFAULT
    }
    given = msgspec.structs.asdict(row)
    return {name: value for name, value in given.items() if name == "period_s" or value != default[name]}


def _toml(value: Any) -> str:
    """Return a value as TOML writes it; text and numbers are as in JSON."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(str(key))} = {_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)


def stream_formats(scenario: Scenario) -> Iterator[tuple[str, str, str]]:
    """Yield stream, format and the sensor whose reports come by it, for every sensor."""
    for radar in scenario.radars:
        yield radar.stream or radar.name, "asterix", radar.name
    for receiver in scenario.adsb_receivers:
        yield receiver.stream or receiver.name, "sbs" if receiver.format == "sbs" else "asterix", receiver.name
    for one in (*scenario.staring_radars, *scenario.bearing_sensors, *scenario.remote_id_receivers):
        yield one.stream or one.name, "plots", one.name
    for people in scenario.people:
        yield people.stream or people.name, "plots", people.name
    for group in scenario.tdoa_groups:
        yield group.stream or group.name, "plots", receiver_name(group, 0)


def _sources(scenario: Scenario) -> list[SourceConfig]:
    made: dict[str, SourceConfig] = {}
    for stream, format_name, sensor in stream_formats(scenario):
        # the heights of 3-D radars are above sea level on the wire
        geoid_height_m = scenario.scene.geoid_height_m
        params = {"geoid_height_m": geoid_height_m} if format_name == "asterix" and geoid_height_m else {}
        source = SourceConfig(name=stream, source="fed", format=format_name, sensor=sensor, format_params=params)
        made.setdefault(stream, source)
    return list(made.values())


def _place(sensor: Sensor, ground_m: float) -> dict[str, Any]:
    return {
        "name": sensor.name,
        "nation": sensor.nation,
        "latitude_deg": sensor.latitude_deg,
        "longitude_deg": sensor.longitude_deg,
        "height_hae_m": ground_m + sensor.mast_m,
    }


def _fixed(scenario: Scenario, ground_m: float) -> Iterator[dict[str, Any]]:
    """Yield the sensors that stand in one place."""
    for radar in scenario.radars:
        yield _place(radar, ground_m) | _radar(radar)
    for receiver in scenario.adsb_receivers:
        coded = {"sac": receiver.sac, "sic": receiver.sic} if receiver.format == "cat021" else {}
        yield (
            _place(receiver, ground_m)
            | coded
            | {
                "kind": "adsb",
                "period_s": receiver.period_s,
                "range_m_max": receiver.range_m_max,
                "detection_probability": receiver.reception_probability,
            }
        )
    for staring in scenario.staring_radars:
        yield _place(staring, ground_m) | {
            "kind": "radar_3d",
            "sigma_range_m": staring.sigma_range_m,
            "sigma_azimuth_deg": staring.sigma_azimuth_deg,
            "sigma_elevation_deg": staring.sigma_elevation_deg,
            "sigma_range_rate_mps": staring.sigma_range_rate_mps,
            "period_s": staring.period_s,
            "range_m_max": staring.range_m_max,
            "detection_probability": staring.detection_probability_max,
            **stated_echo(staring.range_half_m, staring.false_alarm_probability, 0.0),
        }
    for bearing in scenario.bearing_sensors:
        yield _place(bearing, ground_m) | {
            "kind": bearing.kind,
            "sigma_azimuth_deg": bearing.sigma_azimuth_deg,
            "sigma_elevation_deg": bearing.sigma_elevation_deg,
            "period_s": bearing.period_s,
            "range_m_max": bearing.range_m_max,
            "detection_probability": bearing.detection_probability,
            "silent_after_s": 3_600.0,
        }
    for remote in scenario.remote_id_receivers:
        yield _place(remote, ground_m) | {
            "kind": "remote_id",
            "sigma_position_m": remote.sigma_position_m,
            "period_s": remote.period_s,
            "range_m_max": remote.range_m_max,
            "detection_probability": remote.reception_probability,
            "silent_after_s": 3_600.0,
        }


def _radar(radar: Radar) -> dict[str, Any]:
    return {
        "kind": "radar_3d" if radar.dimensions == 3 else "radar_2d",
        "sac": radar.sac,
        "sic": radar.sic,
        "sigma_range_m": radar.sigma_range_m,
        "sigma_azimuth_deg": radar.sigma_azimuth_deg,
        "sigma_elevation_deg": radar.sigma_elevation_deg,
        "sigma_range_rate_mps": radar.sigma_range_rate_mps,
        "period_s": radar.period_s,
        "range_m_min": radar.range_m_min,
        "range_m_max": max(radar.range_m_max, radar.secondary_range_m if radar.secondary else 0.0),
        "detection_probability": radar.detection_probability_max,
        "silent_after_s": max(15.0, SILENT_PERIODS * radar.period_s),
        **(stated_echo(radar.range_half_m, radar.false_alarm_probability, NOISE_DBM) if radar.primary else {}),
    }


def _spread(scenario: Scenario, ground_m: float) -> Iterator[dict[str, Any]]:
    """Yield what has several places: each receiver of a group by itself, witnesses together."""
    for group in scenario.tdoa_groups:
        for number, (latitude_deg, longitude_deg) in enumerate(group.receivers):
            yield {
                "name": receiver_name(group, number),
                "kind": "tdoa",
                "nation": group.nation,
                "latitude_deg": latitude_deg,
                "longitude_deg": longitude_deg,
                "height_hae_m": ground_m + group.mast_m,
                "period_s": group.period_s,
                "range_m_max": group.range_m_max,
                "detection_probability": group.detection_probability,
                "silent_after_s": 3_600.0,
            }
    for people in scenario.people:
        yield {
            "name": people.name,
            "kind": "people",
            "nation": people.nation,
            "latitude_deg": people.latitude_deg,
            "longitude_deg": people.longitude_deg,
            "height_hae_m": ground_m,
            "sigma_position_m": people.sigma_position_m,
            "range_m_max": people.radius_m + people.hears_m,
            "detection_probability": max(people.report_probability, 0.01),
            "silent_after_s": 86_400.0,
        }
