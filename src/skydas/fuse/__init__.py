"""From plots to tracks: association, filters, existence, registration, late plots."""

from skydas.fuse.params import FuseParams
from skydas.fuse.tracker import Tracker
from skydas.fuse.warming import warm_up

__all__ = ["FuseParams", "Tracker", "warm_up"]
