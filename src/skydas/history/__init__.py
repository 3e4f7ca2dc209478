"""Recorded history: the tables of tracks, plots and groups, and reading them back."""

from skydas.history.groups import GROUP, group_row, groups_table
from skydas.history.reader import Density, History, TrackHistory
from skydas.history.schema import GROUPS_SCHEMA, PLOTS_SCHEMA, SCHEMA_VERSION, TRACKS_SCHEMA
from skydas.history.tables import plots_table, tracks_from_table, tracks_table

__all__ = [
    "GROUP",
    "GROUPS_SCHEMA",
    "PLOTS_SCHEMA",
    "SCHEMA_VERSION",
    "TRACKS_SCHEMA",
    "Density",
    "History",
    "TrackHistory",
    "group_row",
    "groups_table",
    "plots_table",
    "tracks_from_table",
    "tracks_table",
]
