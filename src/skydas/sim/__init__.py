"""Truth, targets, sensors; it emits the octets that real links do."""

from skydas.sim.assets import assets_geojson
from skydas.sim.intent import intents, states_intent, write_intents
from skydas.sim.link import Emission
from skydas.sim.load import load_scenario, scenario_names
from skydas.sim.nodefile import node_config, node_text, over_udp
from skydas.sim.scenario import Scenario
from skydas.sim.simulate import TRUTH, ghosts, simulate, truth, truth_table, write_ghosts, write_truth

__all__ = [
    "TRUTH",
    "Emission",
    "Scenario",
    "assets_geojson",
    "ghosts",
    "intents",
    "load_scenario",
    "node_config",
    "node_text",
    "over_udp",
    "scenario_names",
    "simulate",
    "states_intent",
    "truth",
    "truth_table",
    "write_ghosts",
    "write_intents",
    "write_truth",
]
