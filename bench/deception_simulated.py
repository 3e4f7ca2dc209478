"""Simulated claims held against simulated radars: how many honest ones are doubted, how many ghosts are believed.

Four minutes of honest traffic, then ghosts come. Decided for each claimant after so many claims: Schaefer and others
(2015) report 1.4 % false positive and 1.2 % false negative after 25 claims, from four receivers and no radar.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from bench.deception_play import play
from skydas.library import simulate
from skydas.library.sensor import keys_of, with_rows
from skydas.model import NS_PER_S, PlotFlag
from skydas.sim import load_scenario
from skydas.sim.adsb import GHOST_NO_FIRST
from skydas.sim.population import address_of

GHOSTS: Final = 8
CLAIMS: Final = (25, 50, 100)
ADDRESSES: Final = frozenset(address_of(GHOST_NO_FIRST + number) for number in range(10_000))

HEAD: Final = """
[scene]
name = "claims"
title = "claims against radar"
start_utc = "2026-06-01T09:00:00Z"
duration_s = 420
latitude_deg = 55.0
longitude_deg = 24.0
[[traffic]]
name = "airliners"
kind = "airliner"
count = 40
latitude_deg = 55.0
longitude_deg = 24.0
radius_m = 100_000
[[spoofs]]
kind = "ghost"
latitude_deg = 55.0
longitude_deg = 24.0
radius_m = 80_000
count = {ghosts}
from_s = 240
[[adsb_receivers]]
name = "adsb"
sac = 1
sic = 20
latitude_deg = 55.0
longitude_deg = 24.0
"""
RADAR: Final = """
[[radars]]
name = "radar-{no}"
sac = 1
sic = {no}
latitude_deg = {latitude}
longitude_deg = 24.0
secondary = {secondary}
clutter_per_scan = 20
bias_azimuth_deg = {bias}
"""
CASES: Final = {
    "one radar of echoes": RADAR.format(no=1, latitude=55.0, secondary="false", bias=0.1),
    "one radar of replies": RADAR.format(no=1, latitude=55.0, secondary="true", bias=0.1),
    "two radars of echoes": RADAR.format(no=1, latitude=54.7, secondary="false", bias=0.1)
    + RADAR.format(no=2, latitude=55.3, secondary="false", bias=-0.2),
}


def simulated(seeds: int) -> list[dict[str, Any]]:
    """Return a row for each case and number of claims."""
    rows = []
    for name, radars in CASES.items():
        honest, ghosts = [], []
        for seed in range(1, seeds + 1):
            for true, first_s in decided(HEAD.format(ghosts=GHOSTS) + radars, seed):
                (honest if true else ghosts).append(first_s)
        for claims in CLAIMS:
            rows.append(
                {
                    "sensors": name,
                    "after claims": claims,
                    "honest": len(honest),
                    "doubted": f"{np.mean([doubted <= claims for doubted, _ in honest]):.2%}",
                    "ghosts": sum(count >= claims for _, count in ghosts),
                    "believed": f"{np.mean([doubted > claims for doubted, count in ghosts if count >= claims]):.2%}",
                }
            )
    return rows


def decided(text: str, seed: int) -> list[tuple[bool, tuple[float, int]]]:
    """Return for each claimant: whether it is there, after how many claims it was doubted, and how many it made."""
    scene = simulate(load_scenario(text), seed=seed)
    plots, _ = with_rows(scene.plots, keys_of(scene.sensors))
    played = play(plots, scene.sensors, "rx_ns")
    doubted_ns = {one.mode_s: one.t_ns for one in reversed(played.found)}
    claims = plots[(plots["flags"] & int(PlotFlag.CLAIM) > 0) & (plots["mode_s"] > 0)]
    out = []
    for mode_s in np.unique(claims["mode_s"]).tolist():
        t_ns = np.sort(claims["rx_ns"][claims["mode_s"] == mode_s])
        is_true = mode_s not in ADDRESSES
        at_ns = doubted_ns.get(mode_s)
        after = np.inf if at_ns is None else float(np.searchsorted(t_ns, at_ns - NS_PER_S, side="right"))
        out.append((is_true, (after, len(t_ns))))
    return out
