"""How much of a scene its sensors saw at all: what no tracker can do more than."""

from __future__ import annotations

from typing import Final

import numpy as np

from skydas.fuse import FuseParams
from skydas.fuse.layout import empty_prepared, sensor_rows, setup_of
from skydas.fuse.measure import PLOT_NUMBERS
from skydas.fuse.prepare import prepare
from skydas.fuse.records import RECEIVER
from skydas.library import Scene
from skydas.library.paths import seconds
from skydas.library.sensor import keys_of, with_rows
from skydas.model import FloatArray

SEEN_S: Final = 12.0  # a plot so old still shows where a target is: three turns of four seconds
_GAP_S_MAX: Final = 2.0  # truth is interpolated over no more
_SIGMAS: Final = 4.0  # so near to a target, besides what biases may do, a plot is of it
_BIAS_M: Final = 200.0
_BIAS_RAD: Final = 0.005
_EVER_NS: Final = 1 << 61


def seen_share(scene: Scene) -> float:
    """Return the share of the truth's seconds with a plot of the target in the last SEEN_S."""
    t_s, place_m, reach_m = _placed(scene)
    truth, seen = scene.truth, 0
    for number in np.unique(truth.number):
        path = truth.only(np.flatnonzero(truth.number == number))
        if len(path.t_s) < 2:
            continue
        first, last = np.searchsorted(t_s, (path.t_s[0], path.t_s[-1]))
        near = slice(first, last)
        after = np.clip(np.searchsorted(path.t_s, t_s[near]), 1, len(path.t_s) - 1)
        known = path.t_s[after] - path.t_s[after - 1] <= _GAP_S_MAX
        east_m, north_m = (
            np.interp(t_s[near], path.t_s, path.position_m[:, axis]) - place_m[near, axis] for axis in (0, 1)
        )
        of_it_s = np.append(-np.inf, t_s[near][known & (np.hypot(east_m, north_m) < reach_m[near])])
        newest_s = of_it_s[np.searchsorted(of_it_s, path.t_s, side="right") - 1]
        seen += int(np.count_nonzero(path.t_s - newest_s <= SEEN_S))
    return seen / len(truth.t_s)


def _placed(scene: Scene) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return times (n,), places (n, 3) and how far from there their target may be (n,) of all plots, in order."""
    plots, _ = with_rows(scene.plots, keys_of(scene.sensors))
    setup = setup_of(FuseParams(), scene.plane)
    setup["late_ns"] = setup["future_ns"] = _EVER_NS
    table, prepared = sensor_rows(FuseParams(), scene.sensors, scene.plane), empty_prepared(len(plots))
    receivers = np.zeros(0, RECEIVER)
    prepare(int(plots["rx_ns"].max()), plots.view(PLOT_NUMBERS), receivers, table, len(scene.sensors), setup, prepared)
    prepared = prepared[prepared["verdict"] == 0]
    prepared = prepared[np.argsort(prepared["t_ns"], kind="stable")]
    away_m = np.linalg.norm(prepared["place"] - table["origin"][prepared["sensor"]], axis=1)
    return seconds(prepared["t_ns"]), prepared["place"], _SIGMAS * prepared["sigma"] + _BIAS_M + _BIAS_RAD * away_m
