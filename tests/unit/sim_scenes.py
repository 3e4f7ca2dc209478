"""Small scenes for the tests of the simulator: TOML text, and what its octets decode to."""

from __future__ import annotations

import numpy as np

from skydas.formats import asterix
from skydas.model import Rows, SensorReport
from skydas.sim import Scenario, load_scenario, simulate, truth

SEED = 7


def scene(*parts: str, duration_s: float = 60.0, extra: str = "") -> Scenario:
    """Return a scenario about 55 N 24 E."""
    head = f"""
[scene]
name = "test"
start_utc = "2026-06-01T05:00:00Z"
duration_s = {duration_s}
latitude_deg = 55.0
longitude_deg = 24.0
{extra}
"""
    return load_scenario(head + "\n".join(parts))


def traffic(kind: str, count: int, radius_m: float = 60_000.0, more: str = "") -> str:
    """Return a table of random traffic."""
    return f"""
[[traffic]]
name = "{kind}-{count}"
kind = "{kind}"
count = {count}
latitude_deg = 55.0
longitude_deg = 24.0
radius_m = {radius_m}
{more}
"""


def radar(more: str = "", name: str = "radar", sic: int = 1) -> str:
    """Return a table of a quiet radar in the middle: no clutter unless `more` says so."""
    clutter = "" if "clutter_per_scan" in more else "clutter_per_scan = 0"
    return f"""
[[radars]]
name = "{name}"
sac = 1
sic = {sic}
latitude_deg = 55.0
longitude_deg = 24.0
{clutter}
{more}
"""


def decoded_048(scenario: Scenario, seed: int = SEED) -> tuple[Rows, list[SensorReport]]:
    """Return every plot and report of a scenario's ASTERIX streams."""
    decoder = asterix.Decoder(asterix.Params(geoid_height_m=scenario.scene.geoid_height_m))
    plots, reports = [], []
    for emission in simulate(scenario, seed):
        decoded = decoder.decode(emission.t_ns, emission.payload)
        assert not decoded.rejected
        plots.append(decoded.plots)
        reports += decoded.statuses
    return np.concatenate(plots), reports


def truth_rows(scenario: Scenario, seed: int = SEED, step_s: float = 1.0) -> Rows:
    """Return the whole truth as one array."""
    return np.concatenate(list(truth(scenario, seed, step_s)))
