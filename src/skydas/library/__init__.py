"""Skydas on NumPy arrays, for researchers: docs/tutorials/ shows it step by step."""

from skydas.library.paths import PLANE, Paths
from skydas.library.scene import Scene, simulate
from skydas.library.scoring import score
from skydas.library.sensor import Sensor, delayed, join_plots
from skydas.library.shards import Shards
from skydas.library.tracking import Tracker

__all__ = ["PLANE", "Paths", "Scene", "Sensor", "Shards", "Tracker", "delayed", "join_plots", "score", "simulate"]
