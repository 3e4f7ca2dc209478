"""Recorded history: the tables of tracks and plots, and reading them back."""

from skydas.history.reader import Density, History, TrackHistory
from skydas.history.schema import PLOTS_SCHEMA, SCHEMA_VERSION, TRACKS_SCHEMA
from skydas.history.tables import plots_table, tracks_from_table, tracks_table

__all__ = [
    "PLOTS_SCHEMA",
    "SCHEMA_VERSION",
    "TRACKS_SCHEMA",
    "Density",
    "History",
    "TrackHistory",
    "plots_table",
    "tracks_from_table",
    "tracks_table",
]
