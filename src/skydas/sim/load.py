"""Reads a scenario file and says everything that is wrong with it at once."""

from __future__ import annotations

import math
import tomllib
import typing
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any, Final

import msgspec

from skydas.errors import ConfigError
from skydas.sim.kinds import KINDS
from skydas.sim.nodefile import stream_formats
from skydas.sim.scenario import (
    ASSETS_MAX,
    SENSORS_MAX,
    TARGETS_MAX,
    TURN_G_MAX,
    Intent,
    Radar,
    Scenario,
    Section,
    Target,
)

SCENARIO_OCTETS_MAX: Final = 4_000_000
SECTORS_MAX: Final = 256
FACTOR_MAX: Final = 100.0
_SHIPPED: Final = "scenarios"


def scenario_names() -> list[str]:
    """Return the names of the scenarios that come with the package, sorted."""
    folder = resources.files("skydas.sim") / _SHIPPED
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load_scenario(path_or_text: str | Path) -> Scenario:
    """Return the scenario of a file, of a shipped name, or of TOML text. Raises ConfigError with every fault found."""
    text, folder = _read(path_or_text)
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"scenario: not TOML: {error}") from error
    table = _on_base(table)
    faults = list(_shape_faults(table, Scenario, ""))
    if faults:
        raise ConfigError(*faults)
    scenario = msgspec.convert(table, Scenario)
    replays = [msgspec.structs.replace(one, file=str(folder / one.file)) for one in scenario.replays]
    scenario = msgspec.structs.replace(scenario, replays=replays)
    faults = [*_value_faults(scenario, ""), *_sense_faults(scenario)]
    if faults:
        raise ConfigError(*faults)
    return scenario


def _on_base(table: dict[str, Any]) -> dict[str, Any]:
    """Return a scenario's tables on top of those of the shipped one it is based on."""
    name = table.get("base", "")
    if not name:
        return table
    if name not in scenario_names():
        raise ConfigError(f"base: expected a shipped scenario, one of {', '.join(scenario_names())}, got {name!r}")
    below = tomllib.loads(_read(name)[0])
    if below.get("base"):
        raise ConfigError(f"base: {name} is based on another scenario itself")
    for key, own in table.items():
        under = below.get(key)
        if isinstance(own, list) and isinstance(under, list) and key != "winds":  # they are one profile
            below[key] = under + own
        else:
            below[key] = under | own if isinstance(own, dict) and isinstance(under, dict) else own
    return below


def _read(path_or_text: str | Path) -> tuple[str, Path]:
    if isinstance(path_or_text, str) and "\n" in path_or_text:
        return path_or_text, Path()
    if str(path_or_text) in scenario_names():
        shipped = resources.files("skydas.sim") / _SHIPPED / f"{path_or_text}.toml"
        return shipped.read_text(encoding="utf-8"), Path()
    path = Path(path_or_text)
    try:
        octets = path.read_bytes()[: SCENARIO_OCTETS_MAX + 1]
        text = octets.decode()
    except (OSError, UnicodeDecodeError) as error:
        shipped_names = ", ".join(scenario_names())
        raise ConfigError(f"scenario {path}: cannot be read: {error}; shipped scenarios: {shipped_names}") from error
    if len(octets) > SCENARIO_OCTETS_MAX:
        raise ConfigError(f"scenario {path}: longer than {SCENARIO_OCTETS_MAX} octets")
    return text, path.parent


def _shape_faults(given: object, kind: Any, where: str) -> Iterator[str]:
    """Yield unknown and missing keys and wrong types, all the way down."""
    if isinstance(kind, type) and issubclass(kind, Section):
        if not isinstance(given, dict):
            yield f"{where}: expected a table, got {given!r}"
            return
        hints = typing.get_type_hints(kind)
        for key in given.keys() - hints.keys():
            yield f"{_join(where, key)}: unknown key; there are: {', '.join(hints)}"
        for field in msgspec.structs.fields(kind):
            at = _join(where, field.name)
            if field.name in given:
                yield from _shape_faults(given[field.name], hints[field.name], at)
            elif field.required:
                yield f"{at}: missing"
    elif typing.get_origin(kind) is list and isinstance(given, list):
        (item,) = typing.get_args(kind)
        for row, one in enumerate(given):
            yield from _shape_faults(one, item, f"{where}[{row}]")
    else:
        try:
            msgspec.convert(given, kind)
        except msgspec.ValidationError as error:
            yield f"{where}: {error}, got {given!r}"


def _join(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def _value_faults(section: Section, where: str) -> Iterator[str]:
    """Yield numbers outside what their names allow, all the way down."""
    for field in msgspec.structs.fields(section):
        value = getattr(section, field.name)
        at = _join(where, field.name)
        if isinstance(value, Section):
            yield from _value_faults(value, at)
        elif isinstance(value, list):
            for row, one in enumerate(value):
                if isinstance(one, Section):
                    yield from _value_faults(one, f"{at}[{row}]")
        elif isinstance(value, tuple):
            if not value[0] <= value[1]:
                yield f"{at}: the first of the two must not exceed the second, got {list(value)}"
            elif field.name.endswith("_factor") and (value[0] < 0.0 or value[1] > FACTOR_MAX):
                yield f"{at}: both must be 0 to {FACTOR_MAX:g}, got {list(value)}"
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            allowed = _allowed(field.name)
            if not math.isfinite(value):
                yield f"{at}: expected a finite number, got {value}"
            elif allowed and not allowed[0] <= value <= allowed[1]:
                yield f"{at}: must be {allowed[0]:g} to {allowed[1]:g}, got {value}"


def _allowed(name: str) -> tuple[float, float] | None:
    """Return the least and the greatest value that a key of this name may have."""
    exact: dict[str, tuple[float, float]] = {
        "latitude_deg": (-85.0, 85.0),
        "longitude_deg": (-180.0, 180.0),
        "false_alarm_probability": (1e-12, 0.1),
        "period_s": (1.0, 3_600.0),
        "sectors": (1, SECTORS_MAX),
        "count": (1, TARGETS_MAX),
        "flock": (1, 1_000),
        "sac": (0, 255),
        "sic": (0, 255),
        "turn_g_max": (0.0, TURN_G_MAX),
        "turn_g": (-TURN_G_MAX, TURN_G_MAX),
        "duration_s": (1.0, 366 * 86_400.0),
        "rcs_m2": (1e-6, 1e6),
        "apex_m": (1_000.0, 500_000.0),
        "smooth_s": (0.0, 600.0),
        "width_deg": (0.1, 360.0),
        "mast_m": (0.0, 20_000.0),
        "qnh_hpa": (850.0, 1_100.0),
        "chance": (0.0, 1.0),
        "value": (0.0, 1.0),
        "search_lane_m": (0.0, 1e5),
        "search_length_m": (10.0, 1e6),
        "orbit_radius_m": (0.0, 1e6),
    }
    if name in exact:
        return exact[name]
    if name.endswith(("probability", "probability_max")):
        return 0.0, 1.0
    if name.startswith(("sigma_", "cell_", "radius_", "range_half_", "range_m_max")):
        return 1e-6, 1e9
    if name.startswith(("latency", "jitter", "late_s", "hold_s", "clutter_per", "plots_per", "copy_delay", "for_s")):
        return 0.0, 1e6
    return None


def _sense_faults(scenario: Scenario) -> Iterator[str]:
    """Yield what is wrong between the parts."""
    try:
        _ = scenario.scene.start_ns
    except ValueError:
        yield f"scene.start_utc: expected ISO 8601 such as 2026-06-01T05:00:00Z, got {scenario.scene.start_utc!r}"
    for row, target in enumerate(scenario.targets):
        yield from _target_faults(target, f"targets[{row}]")
    for row, replay in enumerate(scenario.replays):
        if not Path(replay.file).is_file():
            yield f"replays[{row}].file: there is no {replay.file}"
        if (replay.latitude_deg is None) != (replay.longitude_deg is None):
            yield f"replays[{row}]: latitude_deg and longitude_deg go together"
    for row, traffic in enumerate(scenario.traffic):
        for at, route in enumerate(traffic.routes):
            if len(route) < 2:
                yield f"traffic[{row}].routes[{at}]: expected two places or more, got {len(route)}"
    flying = sum(one.count for one in scenario.targets) + sum(one.count * one.flock for one in scenario.traffic)
    if flying > TARGETS_MAX:
        yield f"traffic and targets: {flying} objects, at most {TARGETS_MAX} fit"
    yield from _sensor_faults(scenario)
    yield from _intent_faults(scenario)


def _intent_faults(scenario: Scenario) -> Iterator[str]:
    """Yield assets given twice, and intents and flights that name what there is not."""
    assets = [asset.name for asset in scenario.assets]
    if len(assets) > ASSETS_MAX:
        yield f"assets: {len(assets)} given, at most {ASSETS_MAX} fit"
    for name in sorted({name for name in assets if assets.count(name) > 1}):
        yield f"assets: the name {name!r} is given {assets.count(name)} times"
    for row, asset in enumerate(scenario.assets):
        is_disc = None not in (asset.latitude_deg, asset.longitude_deg, asset.radius_m)
        if is_disc == bool(asset.ring):
            yield f"assets[{row}]: expected either latitude_deg, longitude_deg and radius_m, or a ring"
        if asset.ring and (len(asset.ring) < 4 or asset.ring[0] != asset.ring[-1]):
            yield f"assets[{row}].ring: expected four places or more, the last the same as the first"
    for key in ("targets", "traffic", "replays", "spoofs"):
        for row, one in enumerate(getattr(scenario, key)):
            intent: Intent | None = one.intent
            if intent is None:
                continue
            if intent.asset and intent.asset not in assets:
                yield f"{key}[{row}].intent.asset: there is no asset {intent.asset!r}"
            if intent.if_inside and not intent.asset:
                yield f"{key}[{row}].intent.if_inside: needs an asset"
    callsigns = {target.name: target.callsign for target in scenario.targets}
    for row, flight in enumerate(scenario.flights):
        if flight.target not in callsigns:
            yield f"flights[{row}].target: there is no target {flight.target!r}"
        elif not callsigns[flight.target]:
            yield f"flights[{row}].target: {flight.target!r} needs a callsign: nothing else tells it from other flights"


def _target_faults(target: Target, where: str) -> Iterator[str]:
    if not target.waypoints:
        yield f"{where}.waypoints: expected one or more, got none"
    if len(target.waypoints) == 1 and not target.waypoints[0].hold_s:
        yield f"{where}.waypoints: a single one needs hold_s, how long the object stays there"
    if target.kind == "ballistic" and (target.apex_m is None or len(target.waypoints) != 2):
        yield f"{where}: a ballistic flight needs apex_m and two waypoints, from and to"
    limit = KINDS[target.kind].turn_g_max if target.turn_g_max is None else target.turn_g_max
    for row, manoeuvre in enumerate(target.manoeuvres):
        if abs(manoeuvre.turn_g) > limit:
            yield f"{where}.manoeuvres[{row}].turn_g: {manoeuvre.turn_g} exceeds the {limit} g of this {target.kind}"


def _sensor_faults(scenario: Scenario) -> Iterator[str]:
    names = [
        one.name
        for group in (
            scenario.radars,
            scenario.adsb_receivers,
            scenario.staring_radars,
            scenario.bearing_sensors,
            scenario.remote_id_receivers,
            scenario.tdoa_groups,
            scenario.people,
        )
        for one in group
    ]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"sensors: the name {name!r} is given {names.count(name)} times"
    if len(names) > SENSORS_MAX:
        yield f"sensors: {len(names)} given, at most {SENSORS_MAX} fit"
    codes: dict[tuple[int, int], str] = {}
    coded = [(one.name, one.sac, one.sic) for one in scenario.radars]
    coded += [(one.name, one.sac, one.sic) for one in scenario.adsb_receivers if one.format == "cat021"]
    for name, sac, sic in coded:
        first = codes.setdefault((sac, sic), name)
        if first != name:
            yield f"sensors: {name} and {first} share SAC/SIC {sac}/{sic}"
    formats: dict[str, str] = {}
    for stream, format_name, sensor in stream_formats(scenario):
        if formats.setdefault(stream, format_name) != format_name:
            yield f"sensors: {sensor} sends {format_name} on the stream {stream!r}, which carries {formats[stream]}"
    for row, radar in enumerate(scenario.radars):
        yield from _radar_faults(radar, f"radars[{row}]")
    for row, group in enumerate(scenario.tdoa_groups):
        if len(group.receivers) < 3:
            yield f"tdoa_groups[{row}].receivers: expected three or more, got {len(group.receivers)}"


def _radar_faults(radar: Radar, where: str) -> Iterator[str]:
    if not radar.primary and not radar.secondary:
        yield f"{where}: neither primary nor secondary, so it sees nothing"
    if radar.range_m_min >= radar.range_m_max:
        yield f"{where}.range_m_min: {radar.range_m_min} is not below range_m_max {radar.range_m_max}"
