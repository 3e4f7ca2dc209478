"""Deception: what objects say of themselves, held against radars, receivers, each other and physics."""

from skydas.identify.deception.checker import Changes, Checker
from skydas.identify.deception.params import DeceptionParams, params_faults

__all__ = ["Changes", "Checker", "DeceptionParams", "params_faults"]
