"""Scores against truth: see docs/evaluate.md for what each means."""

from skydas.evaluate.options import Options
from skydas.evaluate.points import gospa_m, ospa_m
from skydas.evaluate.profiles import PROFILES, profile_named
from skydas.evaluate.score import Scores, Workings, score, score_with_workings
from skydas.evaluate.tables import States, check_overlap, read_plots, read_tracks, read_truth

__all__ = [
    "PROFILES",
    "Options",
    "Scores",
    "States",
    "Workings",
    "check_overlap",
    "gospa_m",
    "ospa_m",
    "profile_named",
    "read_plots",
    "read_tracks",
    "read_truth",
    "score",
    "score_with_workings",
]
