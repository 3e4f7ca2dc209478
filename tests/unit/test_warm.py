"""Once the kernels are warm nothing is compiled any more: the first plot of a day does not wait for a compiler."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from skydas.warm import KERNELS_ABOUT

SCRIPT = """
import msgspec
from numba.core import event

from skydas.model import Input, InputKind
from skydas.node import Node, with_ticks
from skydas.sim import load_scenario, node_config, simulate
from skydas.warm import warm_up

warm_up()
with event.install_recorder("numba:compile") as recorded:
    scenario = load_scenario("baltic")
    scenario = msgspec.structs.replace(scenario, scene=msgspec.structs.replace(scenario.scene, duration_s=12.0))
    node = Node(node_config(scenario))
    sent = (Input(e.t_ns, e.source, InputKind.DATA, e.payload) for e in simulate(scenario, 1))
    for given in with_ticks(sent):
        node.step(given)
    node.restore(node.state())
print(node.tracker_counters()["confirmed"] > 20)
print(sorted({str(entry.data["dispatcher"]) for _, entry in recorded.buffer}))
"""


def test_a_node_and_its_simulated_sensors_compile_nothing_once_warm() -> None:
    said = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert said.stdout.splitlines() == ["True", "[]"]


def test_the_number_of_kernels_that_progress_speaks_of_is_about_right() -> None:
    folder = Path(os.environ["NUMBA_CACHE_DIR"])
    assert (folder / "compiled").exists()
    assert len(list(folder.rglob("*.nbi"))) == pytest.approx(KERNELS_ABOUT, rel=0.25)
