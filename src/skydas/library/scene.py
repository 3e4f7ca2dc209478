"""`simulate`: a scenario and a seed to plots and truth, by way of the octets that real links would bring."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from skydas import sim
from skydas.geo import TangentPlane
from skydas.library.paths import Paths, local_axes, seconds
from skydas.model import NS_PER_S, Rows, SensorConfig, empty_plots, sensor_key_of
from skydas.node.copies import COPY_WINDOW_S
from skydas.node.intake import Intake, SensorTable
from skydas.node.streams import Streams

_COPY_NS: Final = round(COPY_WINDOW_S * NS_PER_S)


class Scene(msgspec.Struct, frozen=True):
    """What a simulation made."""

    sensors: list[SensorConfig]
    plots: Rows  # PLOT (n,) in the order of arrival
    truth: Paths
    plane: TangentPlane


def simulate(
    scenario: str | Path | sim.Scenario, seed: int = 1, duration_s: float | None = None, truth_step_s: float = 1.0
) -> Scene:
    """Return what sensors report in a scenario (a shipped name, a file, TOML text), and the truth.

    Raises ConfigError with every fault of the scenario. Memory grows with the scene; `skydas sim` writes long ones.
    """
    loaded = scenario if isinstance(scenario, sim.Scenario) else sim.load_scenario(scenario)
    if duration_s is not None:
        scene = msgspec.structs.replace(loaded.scene, duration_s=duration_s)
        loaded = msgspec.structs.replace(loaded, scene=scene)
    config = sim.node_config(loaded)
    assert config.node.latitude_deg is not None
    assert config.node.longitude_deg is not None
    plane = TangentPlane(config.node.latitude_deg, config.node.longitude_deg)
    table = SensorTable(config)
    parts = list(_plots(loaded, seed, table, Streams(config.sources)))
    plots = np.concatenate(parts) if parts else empty_plots(0)
    keys = np.array([sensor_key_of(sensor.name) for sensor in table.sensors], np.uint32)
    plots["sensor"] = keys[np.minimum(plots["sensor"], len(keys) - 1)]
    return Scene(table.sensors, plots, _truth(loaded, seed, truth_step_s, plane), plane)


def _plots(scenario: sim.Scenario, seed: int, table: SensorTable, streams: Streams) -> list[Rows]:
    """Return the plots that a node's intake lets through."""
    intake = Intake(table)
    seen_ns: dict[bytes, int] = {}
    parts = []
    for emission in sim.simulate(scenario, seed):
        if emission.source in streams.datagram_sources:
            before_ns = seen_ns.pop(emission.payload, None)
            seen_ns[emission.payload] = emission.t_ns
            if before_ns is not None and emission.t_ns - before_ns <= _COPY_NS:
                continue
            while emission.t_ns - next(iter(seen_ns.values())) > _COPY_NS:
                del seen_ns[next(iter(seen_ns))]
        decoder = streams.decoder(emission.source)
        if decoder is None:
            continue
        decoded = decoder.decode(emission.t_ns, emission.payload)
        if len(decoded.plots):
            taken = intake.step(emission.t_ns, emission.source, decoded.plots, decoded.names)
            parts.append(taken.plots[taken.reasons == 0])
    return parts


def _truth(scenario: sim.Scenario, seed: int, step_s: float, plane: TangentPlane) -> Paths:
    parts = list(sim.truth(scenario, seed, step_s))
    rows = np.concatenate(parts) if parts else np.zeros(0, sim.TRUTH)
    latitude, longitude = np.radians(rows["latitude_deg"]), np.radians(rows["longitude_deg"])
    velocity = np.column_stack([rows[name] for name in ("v_east_mps", "v_north_mps", "v_up_mps")])
    return Paths(
        seconds(rows["t_ns"]),
        rows["target_no"].copy(),
        plane.enu_from_geodetic(latitude, longitude, rows["height_hae_m"]),
        np.einsum("nab,nb->na", local_axes(latitude, longitude, plane), velocity),
        plane=plane,
    )
