"""Read and check a node file: every fault at once, each naming its key, what was expected and what came."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, get_args

import msgspec

from skydas import plugins
from skydas.errors import ConfigError, PluginError
from skydas.model import Asset, NodeConfig, OutputConfig, SensorConfig, SourceConfig
from skydas.model.config import PERIOD_S, FlightSection, LabelConfig, NodeSection, RetentionSection, Section, WebSection
from skydas.model.tables import table_faults, value_fault

FED = "fed"  # a source that another source hands its octets to
SECTIONS: dict[str, type[Section]] = {
    "node": NodeSection,
    "web": WebSection,
    "retention": RetentionSection,
    "label": LabelConfig,
}
LISTS: dict[str, type[Section]] = {
    "sensors": SensorConfig,
    "sources": SourceConfig,
    "outputs": OutputConfig,
    "flights": FlightSection,
}
OPEN_TABLES = (
    "fuse",
    "registration",
    "health",
    "identify",
    "deceive",
    "assess",
    "rules",
    "respond",
    "predict",
    "warn",
)  # parameters of rooms, which check them themselves


def read_node_file(path: Path) -> NodeConfig:
    """Return the checked configuration in a TOML file. Raises ConfigError with one line for each fault."""
    return node_config(read_text(path), path.name, path.parent)


def read_text(path: Path) -> str:
    """Return the text of a node file. Raises ConfigError where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise ConfigError(f"{path}: cannot be read ({reason}); `skydas run` needs a node file") from error


def node_config(text: str, where: str = "node file", folder: Path = Path()) -> NodeConfig:
    """Return the checked configuration in TOML text. Raises ConfigError with one line for each fault.

    folder : where the files that it names lie
    """
    found = examined(text, where, folder)
    if found.faults:
        raise ConfigError(*(f"{fault} ({where})" for fault in found.faults))
    return found.config


class Examined(NamedTuple):
    """What can be read of a node file: what cannot has its default, or a stand-in where there is none."""

    config: NodeConfig
    faults: list[str]


def examined(text: str, where: str, folder: Path = Path()) -> Examined:
    """Return all that can be read of TOML text, and every fault. Raises ConfigError where it is not TOML at all."""
    try:
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{where}: not TOML: {error}") from error
    faults = list(_shape_faults(tables))
    config = _readable(tables)
    faults += _not_said_yet(meaning_faults(config), faults)
    assets, asset_faults = _assets_of(config, folder)
    flights, flight_faults = _flights_of(config, folder)
    config = msgspec.structs.replace(config, assets=assets, flights=[*config.flights, *flights])
    municipalities, map_faults = _municipalities_of(config, folder)
    if municipalities:
        config = msgspec.structs.replace(config, warn=config.warn | {"municipalities": municipalities})
    return Examined(config, faults + asset_faults + flight_faults + map_faults)


def _not_said_yet(meant: Iterator[str], shaped: list[str]) -> list[str]:
    """Return the faults of meaning that are not about a key, or a row with a key, that cannot be read anyway."""
    unread = {fault.partition(":")[0] for fault in shaped}
    names_unread = any(key.startswith("sensors[") and key.endswith("].name") for key in unread)
    kept = []
    for fault in meant:
        at = fault.partition(":")[0]
        if at in unread or any(key.startswith(f"{at}.") for key in unread):
            continue
        if names_unread and at.startswith("sources[") and at.endswith("].sensor"):
            continue
        kept.append(fault)
    return kept


def _readable(tables: dict[str, Any]) -> NodeConfig:
    made: dict[str, Any] = {"node": NodeSection(name="unread")}
    for key, section in SECTIONS.items():
        if isinstance(tables.get(key), dict):
            made[key] = _readable_row(tables[key], section, 0)
    for key, section in LISTS.items():
        rows = tables.get(key, [])
        if isinstance(rows, list):
            made[key] = [_readable_row(row, section, index) for index, row in enumerate(rows)]
    made |= {key: tables[key] for key in OPEN_TABLES if isinstance(tables.get(key), dict)}
    return NodeConfig(**made)


def _readable_row(row: Any, section: type[Section], index: int) -> Section:
    """Return a row with the keys that can be read; a required one that cannot has a stand-in nobody else has."""
    given = row if isinstance(row, dict) else {}
    made: dict[str, Any] = {}
    for field in msgspec.structs.fields(section):
        if field.name in given and not value_fault(given[field.name], field.type):
            made[field.name] = msgspec.convert(given[field.name], field.type)
        elif field.required:
            made[field.name] = _stand_in(field.type, index)
    if section is SensorConfig and "period_s" not in made and made["kind"] in PERIOD_S:
        made["period_s"] = PERIOD_S[made["kind"]]
    return section(**made)


def _stand_in(kind: Any, index: int) -> Any:
    return -1 - index if kind is int else f"unread-{index}" if kind is str else get_args(kind)[-1]


def encode_config(config: NodeConfig) -> bytes:
    """Return the octets that the journal keeps: JSON with the keys in their own order."""
    return msgspec.json.encode(config)


def decode_config(octets: bytes) -> NodeConfig:
    """Return the configuration in a CONFIG input's payload. Raises ConfigError."""
    try:
        return msgspec.json.decode(octets, type=NodeConfig)
    except msgspec.DecodeError as error:
        raise ConfigError(f"the journal's configuration cannot be read: {error}") from error


def config_sha256(config: NodeConfig) -> str:
    """Return the hash that names this configuration."""
    return hashlib.sha256(encode_config(config)).hexdigest()


def _shape_faults(tables: dict[str, Any]) -> Iterator[str]:
    known = {*SECTIONS, *LISTS, *OPEN_TABLES}
    for key in tables:
        if key not in known:
            yield f"{key}: no such table; there are: {', '.join(sorted(known))}"
    if "node" not in tables:
        yield "node: missing; a node file starts with [node] and a name"
    for key, section in SECTIONS.items():
        if key in tables:
            yield from table_faults(tables[key], section, key)
    for key, section in LISTS.items():
        rows = tables.get(key, [])
        if not isinstance(rows, list):
            yield f"{key}: expected [[{key}]], got one table or a value"
            continue
        for index, row in enumerate(rows):
            yield from table_faults(row, section, f"{key}[{index}]")
    for key in OPEN_TABLES:
        if not isinstance(tables.get(key, {}), dict):
            yield f"{key}: expected a table"


def meaning_faults(config: NodeConfig) -> Iterator[str]:
    """Yield what is well-formed but cannot be meant."""
    if not config.node.name or not config.node.name.replace("-", "").replace("_", "").isalnum():
        yield f"node.name: expected letters, digits, - and _, got {config.node.name!r}"
    if (config.node.latitude_deg is None) != (config.node.longitude_deg is None):
        yield "node: latitude_deg and longitude_deg go together"
    yield from _repeated("sensors", "id", [sensor.id for sensor in config.sensors])
    yield from _repeated("sensors", "name", [sensor.name for sensor in config.sensors])
    yield from _repeated("sources", "name", [source.name for source in config.sources])
    codes = [(sensor.sac, sensor.sic) for sensor in config.sensors if sensor.sac is not None]
    yield from _repeated("sensors", "sac and sic", codes)
    for index, sensor in enumerate(config.sensors):
        yield from _sensor_faults(sensor, f"sensors[{index}]")
    sensor_names = {sensor.name for sensor in config.sensors}
    for index, source in enumerate(config.sources):
        yield from _source_faults(source, f"sources[{index}]", sensor_names)
    for index, output in enumerate(config.outputs):
        yield from _plugin_faults("outputs", output.kind, output.params, f"outputs[{index}]", "kind", "params")
    if config.fuse or config.registration or config.health:
        yield from _engine_faults(config)
    if config.identify or config.flights:
        yield from _identify_faults(config, sensor_names)
    if config.deceive:
        yield from _deceive_faults(config)
    if config.assess or config.rules:
        yield from _assess_faults(config)
    if config.respond:
        yield from _respond_faults(config.respond)
    if config.predict:
        yield from _predict_faults(config)
    if config.warn:
        yield from _warn_faults(config)


def _engine_faults(config: NodeConfig) -> Iterator[str]:
    from skydas.fuse import FuseParams  # here: the engine takes half a second to import
    from skydas.fuse.health import HealthParams
    from skydas.fuse.registration import RegistrationParams

    for key, given, params in (
        ("fuse", config.fuse, FuseParams),
        ("registration", config.registration, RegistrationParams),
        ("health", config.health, HealthParams),
    ):
        yield from table_faults(given, params, key)


def _identify_faults(config: NodeConfig, sensor_names: set[str]) -> Iterator[str]:
    from skydas.identify.flights import flight_faults
    from skydas.identify.params import IdentifyParams, params_faults

    faults = list(table_faults(config.identify, IdentifyParams, "identify"))
    yield from faults
    if not faults:
        yield from params_faults(msgspec.convert(config.identify, IdentifyParams), sensor_names)
    yield from flight_faults(config.flights, "flights")


def _warn_faults(config: NodeConfig) -> Iterator[str]:
    from skydas.respond.warning.params import WarnParams, warn_faults

    faults = list(table_faults(config.warn, WarnParams, "warn"))
    yield from faults
    if not faults:
        yield from warn_faults(msgspec.convert(config.warn, WarnParams))


def _municipalities_of(config: NodeConfig, folder: Path) -> tuple[list[Any], list[str]]:
    """Return the municipalities in the file that the node file names, as tables, and every fault of that file."""
    from skydas.respond.warning.municipalities import OCTETS_MAX, read_municipalities
    from skydas.respond.warning.params import WarnParams

    named = config.warn.get("municipalities_file")
    if not isinstance(named, str) or not named or list(_warn_faults(config)):
        return config.warn.get("municipalities", []), []
    where, path = "warn.municipalities_file", folder / named
    try:
        if path.stat().st_size > OCTETS_MAX:
            return [], [f"{where}: {path}: expected at most {OCTETS_MAX} octets"]
        octets = path.read_bytes()
    except OSError as error:
        return [], [f"{where}: {path} cannot be read ({error.strerror})"]
    params = msgspec.convert(config.warn, WarnParams)
    read = read_municipalities(
        octets, params.municipalities_tolerance_m, params.municipalities_code_key, params.municipalities_name_key
    )
    return msgspec.to_builtins(read.municipalities), [f"{where}: {named}: {fault}" for fault in read.faults]


def _deceive_faults(config: NodeConfig) -> Iterator[str]:
    from skydas.identify.deception import DeceptionParams, params_faults

    faults = list(table_faults(config.deceive, DeceptionParams, "deceive"))
    yield from faults or params_faults(msgspec.convert(config.deceive, DeceptionParams))


def _assess_faults(config: NodeConfig) -> Iterator[str]:
    from skydas.assess.params import AssessParams, params_faults  # here: it takes a while to import

    yield from table_faults(config.assess, AssessParams, "assess")
    yield from params_faults(config.assess)
    there_are = plugins.names("rules")
    for name, table in config.rules.items():
        if name not in there_are:
            yield f"rules.{name}: there is no such rule; there are: {', '.join(there_are)}"
        elif not isinstance(table, dict):
            yield f"rules.{name}: expected a table, got {table!r}"
        else:
            yield from table_faults(table, plugins.load("rules", name).Params, f"rules.{name}")


def _assets_of(config: NodeConfig, folder: Path) -> tuple[list[Asset], list[str]]:
    """Return the assets in the file that the node file names, and every fault of that file."""
    named = config.assess.get("assets_file", "")
    if not isinstance(named, str) or not named:
        return [], []
    from skydas.assess.assets import OCTETS_MAX, examined_assets
    from skydas.assess.sets import set_path

    path = set_path(named) or folder / named
    try:
        if path.stat().st_size > OCTETS_MAX:
            return [], [f"assess.assets_file: {path}: expected at most {OCTETS_MAX} octets"]
        found = examined_assets(path.read_bytes())
    except OSError as error:
        return [], [f"assess.assets_file: {path} cannot be read ({error.strerror}); `skydas assets starter` writes one"]
    return found.assets, [f"assess.assets_file: {path.name}: {fault}" for fault in found.faults]


def _flights_of(config: NodeConfig, folder: Path) -> tuple[list[FlightSection], list[str]]:
    """Return the flights in the file that the node file names, and every fault of that file."""
    named = config.identify.get("flights_file")
    if not isinstance(named, str) or not named:
        return [], []
    from skydas.identify.flights import FLIGHTS_OCTETS_MAX, flights_from_csv, list_faults

    path = folder / named
    try:
        if path.stat().st_size > FLIGHTS_OCTETS_MAX:
            return [], [f"identify.flights_file: {path}: expected at most {FLIGHTS_OCTETS_MAX} octets"]
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        return [], [f"identify.flights_file: {path} cannot be read ({reason})"]
    flights, faults = flights_from_csv(text, named)
    return flights, [*faults, *list_faults([*config.flights, *flights], named)]


def _respond_faults(given: dict[str, Any]) -> Iterator[str]:
    from skydas.respond import RespondParams

    shaped = list(table_faults(given, RespondParams, "respond"))
    yield from shaped
    if not shaped:
        yield from msgspec.convert(given, RespondParams).faults("respond")


def _predict_faults(config: NodeConfig) -> Iterator[str]:
    from skydas.assess.predict.params import PredictParams, range_faults  # here: it takes long to import

    faults = list(table_faults(config.predict, PredictParams, "predict"))
    yield from faults or range_faults(msgspec.convert(config.predict, PredictParams))


def _repeated(table: str, key: str, values: list[Any]) -> Iterator[str]:
    seen = set()
    for index, value in enumerate(values):
        if value in seen:
            yield f"{table}[{index}].{key}: {value!r} is there twice"
        seen.add(value)


def _sensor_faults(sensor: SensorConfig, where: str) -> Iterator[str]:
    for name in (
        "sigma_range_m",
        "sigma_azimuth_deg",
        "sigma_elevation_deg",
        "sigma_range_rate_mps",
        "sigma_position_m",
        "sigma_height_m",
        "period_s",
        "range_m_max",
        "silent_after_s",
    ):
        if getattr(sensor, name) <= 0:
            yield f"{where}.{name}: must be above 0, got {getattr(sensor, name)}"
    if not 0.0 < sensor.detection_probability <= 1.0:
        yield f"{where}.detection_probability: must be above 0 and at most 1, got {sensor.detection_probability}"
    if sensor.echo_1m2_db is not None and not sensor.echo_min_db < sensor.echo_1m2_db:
        yield f"{where}.echo_min_db: must be below echo_1m2_db ({sensor.echo_1m2_db}), got {sensor.echo_min_db}"
    if (sensor.sac is None) != (sensor.sic is None):
        yield f"{where}: sac and sic go together"
    for name in ("sac", "sic"):
        code = getattr(sensor, name)
        if code is not None and not 0 <= code <= 255:
            yield f"{where}.{name}: must be 0 to 255, got {code}"
    if (sensor.latitude_deg is None) != (sensor.longitude_deg is None):
        yield f"{where}: latitude_deg and longitude_deg go together"
    if sensor.latitude_deg is not None and abs(sensor.latitude_deg) > 90.0:
        yield f"{where}.latitude_deg: must be -90 to 90, got {sensor.latitude_deg}"
    if sensor.longitude_deg is not None and abs(sensor.longitude_deg) > 180.0:
        yield f"{where}.longitude_deg: must be -180 to 180, got {sensor.longitude_deg}"
    if sensor.kind in ("radar_2d", "radar_3d", "rf", "acoustic", "camera", "tdoa") and sensor.latitude_deg is None:
        yield f"{where}: a {sensor.kind} needs latitude_deg, longitude_deg and height_hae_m"


def _source_faults(source: SourceConfig, where: str, sensor_names: set[str]) -> Iterator[str]:
    if source.sensor and source.sensor not in sensor_names:
        yield f"{where}.sensor: there is no sensor {source.sensor!r}; there are: {', '.join(sorted(sensor_names))}"
    if source.source != FED:
        yield from _plugin_faults("sources", source.source, source.params, where, "source", "params")
    elif source.params:
        yield f"{where}.params: a fed source has none; they belong to the source that feeds it"
    if source.format:
        yield from _plugin_faults("formats", source.format, source.format_params, where, "format", "format_params")
    elif source.source not in ("sim", "journal", "file"):
        yield f"{where}.format: missing; there are: {', '.join(plugins.names('formats'))}"


def _plugin_faults(
    group: plugins.Group, name: str, given: dict[str, Any], where: str, name_key: str, params_key: str
) -> Iterator[str]:
    """Yield what is wrong with a plug-in's name or its parameters; those of a format must make a decoder."""
    if name not in plugins.names(group):
        yield f"{where}.{name_key}: there is no {name!r}; there are: {', '.join(plugins.names(group))}"
        return
    at = f"{where}.{params_key}"
    try:
        params = plugins.params(group, name, given, at)
        if group == "formats":
            plugins.load(group, name).Decoder(params)
    except PluginError as error:
        yield f"{where}.{name_key}: {error}"
    except ConfigError as error:
        yield from (fault if fault.startswith(at) else f"{at}: {fault}" for fault in error.faults)
