"""Truth, targets, sensors; it emits the octets that real links do."""

from skydas.sim.link import Emission
from skydas.sim.load import load_scenario, scenario_names
from skydas.sim.nodefile import node_config, node_text, over_udp
from skydas.sim.scenario import Scenario
from skydas.sim.simulate import TRUTH, simulate, truth, truth_table, write_truth

__all__ = [
    "TRUTH",
    "Emission",
    "Scenario",
    "load_scenario",
    "node_config",
    "node_text",
    "over_udp",
    "scenario_names",
    "simulate",
    "truth",
    "truth_table",
    "write_truth",
]
