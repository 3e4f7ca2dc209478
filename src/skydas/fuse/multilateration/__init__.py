"""Positions from arrival times: `Groups` takes rows of TDOA groups, `Clocks` learns what is constant in them."""

from skydas.fuse.multilateration.groups import Groups, warm_up

__all__ = ["Groups", "warm_up"]
