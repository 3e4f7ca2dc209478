"""A few steps of the world side by side: a sensor that looks at many objects does so once a block, not once a step."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from skydas.model import BoolArray, FloatArray, IntArray
from skydas.sim.motion import Command, State, advance
from skydas.sim.world import STEP_S, World


class Piece:
    """The paths through the step a world is in, of the objects alive in it."""

    def __init__(self, world: World) -> None:
        rows = np.flatnonzero(world.alive)
        self.begin_s = world.now_s
        self.state = world.state.taken(rows)
        self.command = world.command.taken(rows)
        self.start_ecef_m = world.start_ecef_m[rows]
        self.end_ecef_m = world.end_ecef_m[rows]
        traits = world.traits
        self.traits: list[npt.NDArray[Any]] = [
            column[rows]
            for column in (
                traits.rcs_m2,
                traits.transponder,
                traits.mode_s,
                traits.mode_3a,
                traits.callsign,
                traits.altimeter_error_m,
                traits.echo_db,
            )
        ]


class Block:
    """The pieces of consecutive steps as one array each: row `i` is one object through one step."""

    def __init__(self, pieces: list[Piece]) -> None:
        self.begin_s = pieces[0].begin_s
        self.end_s = pieces[-1].begin_s + STEP_S
        self.start_s: FloatArray = np.concatenate([np.full(len(one.start_ecef_m), one.begin_s) for one in pieces])
        self.state = State(*(np.concatenate(columns) for columns in zip(*(one.state for one in pieces), strict=True)))
        commands = zip(*(one.command for one in pieces), strict=True)
        self.command = Command(*(np.concatenate(columns) for columns in commands))
        self.start_ecef_m: FloatArray = np.concatenate([one.start_ecef_m for one in pieces])
        self.start_ecef_m2: FloatArray = np.einsum("ij,ij->i", self.start_ecef_m, self.start_ecef_m)
        self.end_ecef_m: FloatArray = np.concatenate([one.end_ecef_m for one in pieces])
        traits = [np.concatenate(columns) for columns in zip(*(one.traits for one in pieces), strict=True)]
        self.rcs_m2: FloatArray = traits[0]
        self.transponder: BoolArray = traits[1]
        self.mode_s: npt.NDArray[np.uint32] = traits[2]
        self.mode_3a: npt.NDArray[np.uint16] = traits[3]
        self.callsign: npt.NDArray[np.bytes_] = traits[4]
        self.altimeter_error_m: FloatArray = traits[5]
        self.echo_db: FloatArray = traits[6]

    def at(self, rows: IntArray, after_s: FloatArray) -> State:
        """Return the states of `rows` that long after the start of their step, (k,)."""
        return advance(self.state.taken(rows), self.command.taken(rows), after_s)
