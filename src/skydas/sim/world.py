"""The truth: every object's motion, one step at a time, for all of them together.

A slot is a row of the arrays and holds one object after another; `target_no` names the object for ever.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np

from skydas.geo import ecef_from_geodetic
from skydas.model import MODE_3A_UNKNOWN, TAU, BoolArray, FloatArray, IntArray
from skydas.sim.kinds import KINDS, Kind
from skydas.sim.motion import (
    GRAVITY_MPS2,
    SPEED_MPS_MIN,
    Command,
    Limits,
    State,
    advance,
    displaced,
    half_turn,
    offset_m,
    steer,
    turn_radius_m,
)
from skydas.sim.replayed import Trajectory, load_replay
from skydas.sim.routes import HEIGHT, HOLD, LATITUDE, LONGITUDE, SPEED, member_offset_m, target_route, traffic_route
from skydas.sim.routes import wander_goals as more_wander_goals
from skydas.sim.scenario import Manoeuvre, Replay, Scenario, Target, Traffic

STEP_S: Final = 1.0
REACHED_RADII: Final = 1.1  # a waypoint is reached within so many turn radii
FOLLOW_LOOKAHEAD_S: Final = 8.0
DRIFT_RADII_MAX: Final = 1.2  # a balloon further out than so many radii of its area is let go
FLY, FOLLOW, DRIFT, FALL, REPLAY = range(5)


class _Slot(NamedTuple):
    """Where the objects of one row come from."""

    origin: Target | Traffic | Trajectory
    kind: Kind
    member: int
    leader: int  # row of the leader; its own row when it leads itself


class Traits:
    """What sensors need to know of each object, shape (k,) each, by row."""

    def __init__(self, count: int) -> None:
        self.target_no = np.zeros(count, np.int64)
        self.kind_no = np.zeros(count, np.int64)  # ObjectClass
        self.rcs_m2 = np.zeros(count)
        self.transponder = np.zeros(count, np.bool_)
        self.adsb = np.zeros(count, np.bool_)
        self.remote_id = np.zeros(count, np.bool_)
        self.mode_s = np.zeros(count, np.uint32)
        self.mode_3a = np.full(count, MODE_3A_UNKNOWN, np.uint16)
        self.callsign = np.zeros(count, "S8")
        self.altimeter_error_m = np.zeros(count)
        self.fix_error_m = np.zeros((count, 2))  # east, north: the slow part of the position error it claims from
        self.nacp = np.zeros(count, np.uint8)
        self.phase = np.zeros(count)  # 0..1, when in each period it transmits


class World:
    """Steps the truth of a scenario; the same scenario and generator give the same truth."""

    def __init__(self, scenario: Scenario, rng: np.random.Generator) -> None:
        self.scenario = scenario
        self._rng = rng
        self._slots = self._make_slots()
        count = len(self._slots)
        self.step_no = -1
        self.alive: BoolArray = np.zeros(count, np.bool_)
        self.traits = Traits(count)
        self.state = State(*np.zeros((6, count)))
        self.end = self.state
        self.command = Command(*np.zeros((3, count)))
        self.start_ecef_m: FloatArray = np.zeros((count, 3))
        self.end_ecef_m: FloatArray = np.zeros((count, 3))
        self.born: BoolArray = np.zeros(count, np.bool_)  # in this step: what came before is another object
        self._routes: list[FloatArray] = [np.zeros((1, 5))] * count
        self._leg: IntArray = np.zeros(count, np.int64)
        self._goal: FloatArray = np.zeros((count, 5))
        self._hold_until_s: FloatArray = np.full(count, -math.inf)
        self._birth_s: FloatArray = np.zeros(count)
        self._mode: IntArray = np.zeros(count, np.int64)
        self._leader: IntArray = np.array([slot.leader for slot in self._slots], np.int64)
        self._member_m: FloatArray = np.zeros((count, 2))
        self._limits = Limits(*np.zeros((3, count)))
        self._next_no = 1
        self._replays = [row for row, slot in enumerate(self._slots) if isinstance(slot.origin, Trajectory)]
        self._manoeuvres = [
            (row, slot.origin.start_s, slot.origin.manoeuvres)
            for row, slot in enumerate(self._slots)
            if isinstance(slot.origin, Target) and slot.origin.manoeuvres
        ]
        self._waiting = sorted(
            (self._start_s(row), row)
            for row, slot in enumerate(self._slots)
            if not isinstance(slot.origin, Traffic)
        )
        self._set_limits()

    @property
    def now_s(self) -> float:
        """The start of the present step."""
        return self.step_no * STEP_S

    @property
    def count(self) -> int:
        """How many rows there are, alive or not."""
        return len(self._slots)

    def step(self) -> None:
        """Move on by one step: `state` holds at its start, `end` at its end, `at` between."""
        self.step_no += 1
        self.state = State(*(column.copy() for column in self.end))
        self.born[:] = False
        self._let_go()
        self._begin()
        self._renew()
        self._steer()
        self.end = advance(self.state, self.command, STEP_S)
        self._follow_recordings()
        self.start_ecef_m = self.end_ecef_m.copy()
        if self.born.any():
            rows = np.flatnonzero(self.born)
            self.start_ecef_m[rows] = ecef_from_geodetic(*self.state.taken(rows)[:3])
        self.end_ecef_m = ecef_from_geodetic(*self.end[:3])

    def at(self, rows: IntArray, after_s: FloatArray | float) -> State:
        """Return the state of `rows` that long after the start of the step, (k,)."""
        return advance(self.state.taken(rows), self.command.taken(rows), after_s)

    # ------------------------------------------------------------------ who is there

    def _make_slots(self) -> list[_Slot]:
        slots: list[_Slot] = []
        for target in self.scenario.targets:
            for member in range(target.count):
                slots.append(_Slot(target, KINDS[target.kind], member, len(slots)))
        for traffic in self.scenario.traffic:
            for _ in range(traffic.count):
                leader = len(slots)
                for member in range(traffic.flock):
                    slots.append(_Slot(traffic, KINDS[traffic.kind], member, leader))
        self._replay_of: dict[int, Replay] = {}
        for replay in self.scenario.replays:
            for trajectory in load_replay(replay, self.scenario.scene, STEP_S):
                self._replay_of[len(slots)] = replay
                slots.append(_Slot(trajectory, KINDS[replay.kind], 0, len(slots)))
        return slots

    def _start_s(self, row: int) -> float:
        origin = self._slots[row].origin
        if isinstance(origin, Target):
            return origin.start_s
        assert isinstance(origin, Trajectory)
        return max(origin.first_step, 0) * STEP_S

    def _set_limits(self) -> None:
        for row, slot in enumerate(self._slots):
            given = None if isinstance(slot.origin, Trajectory) else slot.origin.turn_g_max
            turn_g = slot.kind.turn_g_max if given is None else given
            self._limits.turn_mps2[row] = turn_g * GRAVITY_MPS2
            self._limits.accel_mps2[row] = slot.kind.accel_mps2_max
            self._limits.climb_mps[row] = slot.kind.climb_mps_max
            self._member_m[row] = (
                member_offset_m(slot.member, slot.origin.spacing_m) if isinstance(slot.origin, Traffic) else (0.0, 0.0)
            )

    def _let_go(self) -> None:
        """Take out what has arrived, fallen or drifted away."""
        fallen = self.alive & (self._mode == FALL)
        fallen &= self.state.height_hae_m < self.scenario.scene.ground_height_hae_m
        self.alive &= ~fallen
        for row in np.flatnonzero(self.alive & (self._mode == DRIFT)):
            origin = self._slots[row].origin
            if isinstance(origin, Traffic):
                away_m, _ = offset_m(
                    np.radians(origin.latitude_deg),
                    np.radians(origin.longitude_deg),
                    self.state.latitude_rad[row],
                    self.state.longitude_rad[row],
                )
                self.alive[row] = away_m < DRIFT_RADII_MAX * origin.radius_m
        flying = self.alive & (self._mode == FLY) & (self._hold_until_s <= self.now_s)
        rows = np.flatnonzero(flying)
        away_m, _ = offset_m(
            self.state.latitude_rad[rows],
            self.state.longitude_rad[rows],
            self._goal[rows, LATITUDE],
            self._goal[rows, LONGITUDE],
        )
        speed_mps = self.state.speed_mps[rows]
        near_m = np.maximum(
            np.maximum(speed_mps, SPEED_MPS_MIN) * STEP_S,
            REACHED_RADII * turn_radius_m(speed_mps, self._limits.turn_mps2[rows]),
        )
        for row in rows[away_m < near_m]:
            self._reach(int(row))

    def _reach(self, row: int) -> None:
        """Go on to the next waypoint; after the last one the object is gone, or strays on."""
        held_s = self._goal[row, HOLD]
        if held_s and not math.isinf(self._hold_until_s[row]):
            held_s = 0.0  # it has just been held here
        if held_s:
            self._hold_until_s[row] = self.now_s + held_s
            return
        self._hold_until_s[row] = -math.inf
        self._leg[row] += 1
        if self._leg[row] >= len(self._routes[row]):
            slot = self._slots[row]
            if not isinstance(slot.origin, Traffic) or (slot.origin.pattern or slot.kind.pattern) != "wander":
                self.alive[row] = False
                return
            home_rad = self._routes[row][0, :2]
            goals = more_wander_goals(slot.origin, slot.kind, home_rad, self.scenario.scene, self._rng)
            self._routes[row] = np.vstack((self._routes[row][:1], goals))
            self._leg[row] = 1
        self._goal[row] = self._routes[row][self._leg[row]]

    def _begin(self) -> None:
        """Bring in the targets and recordings whose time has come."""
        while self._waiting and self._waiting[0][0] <= self.now_s:
            _, row = self._waiting.pop(0)
            origin = self._slots[row].origin
            if isinstance(origin, Target):
                self._bear(row, target_route(origin, self._slots[row].member, self.scenario.scene))
                if origin.kind == "ballistic":
                    self._throw(row, origin)
            else:
                assert isinstance(origin, Trajectory)
                place = [origin.latitude_rad[0], origin.longitude_rad[0], origin.height_hae_m[0], 0.0, 0.0]
                self._bear(row, np.array([place]))
                self._mode[row] = REPLAY

    def _renew(self) -> None:
        """Bring in random traffic where a row is free: all of it at the start, later one for one that left."""
        first = self.step_no == 0
        for row in np.flatnonzero(~self.alive):
            slot = self._slots[row]
            if not isinstance(slot.origin, Traffic) or not (first or slot.origin.renew):
                continue
            if slot.leader == row:
                self._bear(int(row), traffic_route(slot.origin, self.scenario.scene, self._rng, first=first))
                if (slot.origin.pattern or slot.kind.pattern) == "drift":
                    self._mode[row] = DRIFT
            else:
                self._bear(int(row), self._beside(int(row)))
                self._mode[row] = FOLLOW

    def _beside(self, row: int) -> FloatArray:
        """Return where a flock's member begins: at its own place beside the leader."""
        lead = self._leader[row]
        place = self._routes[lead][0].copy()
        place[:2] = displaced(place[0], place[1], place[2], self._member_m[row, 0], self._member_m[row, 1])
        return np.array([place, self._goal[lead]])

    def _bear(self, row: int, route: FloatArray) -> None:
        """Start a new object on a route."""
        heading_to = route[min(1, len(route) - 1)]
        course_rad = 0.0
        if len(route) > 1:
            course_rad = float(offset_m(route[0, 0], route[0, 1], heading_to[0], heading_to[1])[1]) % TAU
        if len(route) == 1 and isinstance(self._slots[row].origin, Traffic):
            course_rad, wind_mps = self._wind(route[0, HEIGHT : HEIGHT + 1])[0][0], 0.0
            wind_mps = float(self._wind(route[0, HEIGHT : HEIGHT + 1])[1][0])
            route = route.copy()
            route[0, SPEED] = wind_mps
        self._routes[row] = route
        self._leg[row] = min(1, len(route) - 1)
        self._goal[row] = route[self._leg[row]]
        self._hold_until_s[row] = -math.inf
        self._birth_s[row] = self.now_s
        self._mode[row] = FLY
        for column, value in zip(
            self.state, (*route[0, :3], course_rad, route[min(1, len(route) - 1), SPEED], 0.0), strict=True
        ):
            column[row] = value
        self.alive[row] = True
        self.born[row] = True
        self._describe(row)

    def _throw(self, row: int, target: Target) -> None:
        """Start a ballistic flight: a parabola over the ground from the first waypoint to the second."""
        assert target.apex_m is not None
        begin, goal = self._routes[row][0], self._routes[row][-1]
        range_m, course_rad = offset_m(begin[0], begin[1], goal[0], goal[1])
        up_mps = math.sqrt(2.0 * GRAVITY_MPS2 * target.apex_m)
        self._mode[row] = FALL
        self.state.course_rad[row] = course_rad % TAU
        self.state.speed_mps[row] = range_m / (2.0 * up_mps / GRAVITY_MPS2)
        self.state.climb_mps[row] = up_mps

    def _describe(self, row: int) -> None:
        """Give a new object its number, codes and looks."""
        slot, traits, rng = self._slots[row], self.traits, self._rng
        given = self._replay_of[row] if isinstance(slot.origin, Trajectory) else slot.origin
        kind = slot.kind
        number, self._next_no = self._next_no, self._next_no + 1
        traits.target_no[row] = number
        traits.kind_no[row] = int(kind.number)
        traits.rcs_m2[row] = kind.rcs_m2 if given.rcs_m2 is None else given.rcs_m2
        traits.transponder[row] = kind.transponder if given.transponder is None else given.transponder
        traits.adsb[row] = kind.adsb if given.adsb is None else given.adsb
        traits.remote_id[row] = kind.remote_id if given.remote_id is None else given.remote_id
        traits.altimeter_error_m[row] = rng.normal(0.0, 12.0)
        traits.fix_error_m[row] = rng.normal(0.0, 5.0, 2)
        traits.nacp[row] = rng.choice((8, 9, 10))
        traits.phase[row] = rng.random()
        code = int(rng.integers(1, 0o7700))
        letters = bytes(rng.integers(65, 91, 3, dtype=np.uint8))
        traits.mode_s[row] = traits.callsign[row] = 0
        traits.callsign[row] = b""
        traits.mode_3a[row] = MODE_3A_UNKNOWN
        if traits.transponder[row] or traits.adsb[row]:
            traits.mode_s[row] = 0x480000 | (number * 7919 & 0x3FFFF)  # 7919 is odd: no two alike in 2^18
            traits.mode_3a[row] = code
            stated = given.callsign.encode()[:8] if isinstance(given, Target) else b""
            traits.callsign[row] = stated or letters + b"%d" % (number % 10_000)

    # ------------------------------------------------------------------ where they go

    def _steer(self) -> None:
        state, now_s = self.state, self.now_s
        _, course_rad = offset_m(
            state.latitude_rad, state.longitude_rad, self._goal[:, LATITUDE], self._goal[:, LONGITUDE]
        )
        speed_mps, height_m = self._goal[:, SPEED].copy(), self._goal[:, HEIGHT]
        held = self._hold_until_s > now_s
        speed_mps[held] = 0.0
        course_rad[held] = state.course_rad[held]
        drifting = self._mode == DRIFT
        if drifting.any():
            course_rad[drifting], speed_mps[drifting] = self._wind(state.height_hae_m[drifting])
        following = np.flatnonzero((self._mode == FOLLOW) & self.alive)
        if len(following):
            course_rad[following], speed_mps[following] = self._beside_leader(following)
            height_m = height_m.copy()
            height_m[following] = state.height_hae_m[self._leader[following]]
        self.command = steer(state, course_rad, speed_mps, height_m, self._limits, STEP_S)
        for row, start_s, manoeuvres in self._manoeuvres:
            self._override(row, start_s, manoeuvres)
        falling = self._mode == FALL
        if falling.any():
            for column, value in zip(self.command, (0.0, 0.0, -GRAVITY_MPS2), strict=True):
                column[falling] = value

    def _beside_leader(self, rows: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return course and speed that keep a flock together: towards the member's place a little ahead of now."""
        lead = self._leader[rows]
        state = self.state
        ahead_m = state.speed_mps[lead] * FOLLOW_LOOKAHEAD_S
        place = displaced(
            state.latitude_rad[lead],
            state.longitude_rad[lead],
            state.height_hae_m[lead],
            self._member_m[rows, 0] + ahead_m * np.sin(state.course_rad[lead]),
            self._member_m[rows, 1] + ahead_m * np.cos(state.course_rad[lead]),
        )
        away_m, course_rad = offset_m(state.latitude_rad[rows], state.longitude_rad[rows], *place)
        off_rad = half_turn(course_rad - state.course_rad[lead])
        along_m = away_m * np.cos(off_rad)
        return course_rad, np.clip(along_m / FOLLOW_LOOKAHEAD_S, 0.3 * state.speed_mps[lead], 1.5 * state.speed_mps[lead])

    def _override(self, row: int, start_s: float, manoeuvres: list[Manoeuvre]) -> None:
        """Fly a commanded manoeuvre instead of the route while it lasts."""
        for one in manoeuvres:
            if not start_s + one.at_s <= self.now_s < start_s + one.at_s + one.for_s:
                continue
            speed_mps = max(float(self.state.speed_mps[row]), SPEED_MPS_MIN)
            self.command.turn_radps[row] = one.turn_g * GRAVITY_MPS2 / speed_mps
            limit_mps2 = self._limits.accel_mps2[row]
            self.command.accel_mps2[row] = np.clip(one.accel_mps2, -limit_mps2, limit_mps2)
            if one.climb_mps is not None:
                wanted = np.clip(one.climb_mps, -self._limits.climb_mps[row], self._limits.climb_mps[row])
                change = (wanted - self.state.climb_mps[row]) / STEP_S
                self.command.climb_accel_mps2[row] = np.clip(change, -limit_mps2, limit_mps2)

    def _wind(self, height_hae_m: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return where the wind blows to (rad) and how fast, (k,)."""
        layers = sorted(self.scenario.winds, key=lambda layer: layer.height_agl_m)
        if not layers:
            return np.zeros_like(height_hae_m), np.zeros_like(height_hae_m)
        heights_m = [layer.height_agl_m + self.scenario.scene.ground_height_hae_m for layer in layers]
        east = [-layer.speed_mps * math.sin(math.radians(layer.from_deg)) for layer in layers]
        north = [-layer.speed_mps * math.cos(math.radians(layer.from_deg)) for layer in layers]
        east_mps, north_mps = np.interp(height_hae_m, heights_m, east), np.interp(height_hae_m, heights_m, north)
        return np.arctan2(east_mps, north_mps), np.hypot(east_mps, north_mps)

    def _follow_recordings(self) -> None:
        """Put recorded objects where they were: straight and even from one grid point to the next."""
        for row in self._replays:
            origin = self._slots[row].origin
            assert isinstance(origin, Trajectory)
            at = self.step_no - origin.first_step
            if not self.alive[row]:
                continue
            if not 0 <= at < len(origin.latitude_rad) - 1:
                self.alive[row] = False
                continue
            here = (origin.latitude_rad[at], origin.longitude_rad[at], origin.height_hae_m[at])
            there = (origin.latitude_rad[at + 1], origin.longitude_rad[at + 1], origin.height_hae_m[at + 1])
            away_m, course_rad = _short_way(here, there)
            climb_mps = (there[2] - here[2]) / STEP_S
            for state in (self.state, self.end):
                for column, value in zip(state[3:], (course_rad % TAU, away_m / STEP_S, climb_mps), strict=True):
                    column[row] = value
            for column, value in zip(self.state[:3], here, strict=True):
                column[row] = value
            for column, value in zip(self.end[:3], there, strict=True):
                column[row] = value
            for column in self.command:
                column[row] = 0.0


def _short_way(here: tuple[float, float, float], there: tuple[float, float, float]) -> tuple[float, float]:
    """Return distance and course such that `displaced` leads from `here` to `there`."""
    latitude, longitude, height_m = (np.array(value) for value in here)
    metre, none = np.array(1.0), np.array(0.0)
    north_m = (there[0] - here[0]) / (displaced(latitude, longitude, height_m, none, metre)[0] - here[0])
    east_m = (there[1] - here[1]) / (displaced(latitude, longitude, height_m, metre, north_m)[1] - here[1])
    return math.hypot(east_m, north_m), math.atan2(east_m, north_m)
