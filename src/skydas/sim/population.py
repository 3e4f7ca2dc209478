"""Who can be in the air: one slot for each object at a time, and what sensors can know of the one in it."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from skydas.model import MODE_3A_UNKNOWN
from skydas.sim.kinds import KINDS, Kind
from skydas.sim.replayed import Trajectory, load_replay
from skydas.sim.scenario import Replay, Scenario, Target, Traffic

ALTIMETER_SIGMA_M: Final = 12.0
ECHO_SIGMA_DB: Final = 3.0  # from object to object of one kind; detection goes by the mean alone
ADDRESS_BASE: Final = 0x480000
ADDRESS_FACTOR: Final = 7_919  # odd, so no two numbers below ADDRESS_COUNT share an address
ADDRESS_COUNT: Final = 1 << 18


class Slot(NamedTuple):
    """Where the objects of one row come from."""

    origin: Target | Traffic | Trajectory
    given: Target | Traffic | Replay  # the table of the scenario it comes from
    kind: Kind
    member: int
    leader: int  # row of the leader; its own row when it leads itself


class Traits:
    """What sensors need to know of each object, shape (k,) each, by row."""

    def __init__(self, count: int) -> None:
        self.target_no = np.zeros(count, np.int64)
        self.kind_no = np.zeros(count, np.int64)  # ObjectClass
        self.rcs_m2 = np.zeros(count)
        self.echo_db = np.zeros(count)  # what its echoes are off its mean cross-section: build, aspect, lobes
        self.transponder = np.zeros(count, np.bool_)
        self.adsb = np.zeros(count, np.bool_)
        self.remote_id = np.zeros(count, np.bool_)
        self.mode_s = np.zeros(count, np.uint32)
        self.mode_3a = np.full(count, MODE_3A_UNKNOWN, np.uint16)
        self.callsign = np.zeros(count, "S8")
        self.altimeter_error_m = np.zeros(count)
        self.fix_error = np.zeros((count, 2))  # east, north: the slow part of its own position error, in sigmas
        self.nacp = np.zeros(count, np.uint8)
        self.phase = np.zeros(count)  # 0..1, when in each period it transmits

    def describe(self, row: int, number: int, slot: Slot, rng: np.random.Generator, looks: np.random.Generator) -> None:
        """Give a new object its number, codes and looks."""
        kind, given = slot.kind, slot.given
        self.target_no[row] = number
        self.kind_no[row] = int(kind.number)
        self.rcs_m2[row] = kind.rcs_m2 if given.rcs_m2 is None else given.rcs_m2
        self.echo_db[row] = looks.normal(0.0, ECHO_SIGMA_DB)
        self.transponder[row] = kind.transponder if given.transponder is None else given.transponder
        self.adsb[row] = kind.adsb if given.adsb is None else given.adsb
        self.remote_id[row] = kind.remote_id if given.remote_id is None else given.remote_id
        self.altimeter_error_m[row] = rng.normal(0.0, ALTIMETER_SIGMA_M)
        self.fix_error[row] = rng.normal(0.0, 1.0, 2)
        self.nacp[row] = rng.choice((8, 9, 10))
        self.phase[row] = rng.random()
        code = int(rng.integers(1, 0o7700))
        letters = bytes(rng.integers(ord("A"), ord("Z") + 1, 3, dtype=np.uint8))
        coded = self.transponder[row] or self.adsb[row]
        self.mode_s[row] = address_of(number) if coded else 0
        self.mode_3a[row] = code if coded else MODE_3A_UNKNOWN
        stated = given.callsign.encode()[:8] if isinstance(given, Target) else b""
        made = letters + b"%d" % (number % 10_000) if coded else b""
        self.callsign[row] = stated or made  # of a drone with Remote ID: its serial number


def address_of(number: int) -> int:
    """Return the 24-bit address of the object of that number."""
    return ADDRESS_BASE | number * ADDRESS_FACTOR % ADDRESS_COUNT


def make_slots(scenario: Scenario, step_s: float) -> list[Slot]:
    """Return a slot for every object that can be there at the same time, in the file's order."""
    slots: list[Slot] = []
    for target in scenario.targets:
        for member in range(target.count):
            slots.append(Slot(target, target, KINDS[target.kind], member, len(slots)))
    for traffic in scenario.traffic:
        for _ in range(traffic.count):
            leader = len(slots)
            for member in range(traffic.flock):
                slots.append(Slot(traffic, traffic, KINDS[traffic.kind], member, leader))
    for replay in scenario.replays:
        for trajectory in load_replay(replay, scenario.scene, step_s):
            slots.append(Slot(trajectory, replay, KINDS[replay.kind], 0, len(slots)))
    return slots
