"""The truth: every object's motion, one step at a time, for all of them together.

A slot is a row of the arrays and holds one object after another; `target_no` names the object for ever.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from skydas.geo import ecef_from_geodetic
from skydas.model import TAU, BoolArray, FloatArray, IntArray
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
from skydas.sim.population import Traits, make_slots
from skydas.sim.replayed import Trajectory
from skydas.sim.routes import (
    HEIGHT,
    HOLD,
    LATITUDE,
    LONGITUDE,
    SPEED,
    corners,
    member_offset_m,
    target_route,
    traffic_route,
)
from skydas.sim.routes import wander_goals as more_wander_goals
from skydas.sim.scenario import Manoeuvre, Replay, Scenario, Target, Traffic

STEP_S: Final = 1.0
PASSED_RADII: Final = 1.1  # a waypoint that lies behind and within so many turn radii has been passed
FOLLOW_LOOKAHEAD_S: Final = 8.0
DRIFT_RADII_MAX: Final = 1.2  # a balloon further out than so many radii of its area is let go
FLY, FOLLOW, DRIFT, FALL, REPLAY = range(5)


class World:
    """Steps the truth of a scenario; the same scenario and generator give the same truth."""

    def __init__(self, scenario: Scenario, rng: np.random.Generator, first_no: int = 1) -> None:
        self.scenario = scenario
        self._rng = rng
        self._looks = rng.spawn(1)[0]  # apart: what an echo is off its mean moves nobody
        self._slots = make_slots(scenario, STEP_S)
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
        self._corner: FloatArray = np.zeros(count)  # turn radii before the goal where the next turn begins
        self._hold_until_s: FloatArray = np.full(count, -math.inf)
        self._held: BoolArray = np.zeros(count, np.bool_)  # the present goal has been held
        self._mode: IntArray = np.zeros(count, np.int64)
        self._leader: IntArray = np.array([slot.leader for slot in self._slots], np.int64)
        self._member_m: FloatArray = np.zeros((count, 2))  # east, north of the leader
        self._area: FloatArray = np.zeros((count, 3))  # latitude, longitude (rad), radius (m) of traffic
        self._limits = Limits(*np.zeros((3, count)))
        self._next_no = first_no
        self._replays = [row for row, slot in enumerate(self._slots) if isinstance(slot.origin, Trajectory)]
        self._manoeuvres = [
            (row, slot.origin.start_s, slot.origin.manoeuvres)
            for row, slot in enumerate(self._slots)
            if isinstance(slot.origin, Target) and slot.origin.manoeuvres
        ]
        self._waiting = sorted(
            (self._start_s(row), row) for row, slot in enumerate(self._slots) if not isinstance(slot.origin, Traffic)
        )
        self._set_limits()

    @property
    def now_s(self) -> float:
        """The start of the present step."""
        return self.step_no * STEP_S

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

    def given(self, row: int) -> Target | Traffic | Replay:
        """Return the table of the scenario that the object in a row comes from."""
        return self._slots[row].given

    # ------------------------------------------------------------------ who is there

    def _start_s(self, row: int) -> float:
        origin = self._slots[row].origin
        if isinstance(origin, Target):
            return origin.start_s
        assert isinstance(origin, Trajectory)
        return max(origin.first_step, 0) * STEP_S

    def _set_limits(self) -> None:
        for row, slot in enumerate(self._slots):
            given_g = None if isinstance(slot.given, Replay) else slot.given.turn_g_max
            turn_g = slot.kind.turn_g_max if given_g is None else given_g
            self._limits.turn_mps2[row] = turn_g * GRAVITY_MPS2
            self._limits.accel_mps2[row] = slot.kind.accel_mps2_max
            self._limits.climb_mps[row] = slot.kind.climb_mps_max
            if isinstance(slot.origin, Traffic):
                area = slot.origin
                self._member_m[row] = member_offset_m(slot.member, area.spacing_m)
                self._area[row] = math.radians(area.latitude_deg), math.radians(area.longitude_deg), area.radius_m

    def _let_go(self) -> None:
        """Take out what has fallen, drifted away or arrived."""
        fallen = self.alive & (self._mode == FALL)
        fallen &= self.state.height_hae_m < self.scenario.scene.ground_height_hae_m
        self.alive &= ~fallen
        rows = np.flatnonzero(self.alive & (self._mode == DRIFT))
        latitude_rad, longitude_rad, radius_m = self._area[rows].T
        away_m, _ = offset_m(latitude_rad, longitude_rad, self.state.latitude_rad[rows], self.state.longitude_rad[rows])
        self.alive[rows] = away_m < DRIFT_RADII_MAX * radius_m
        self._let_go_arrived()
        self.alive &= self.alive[self._leader]  # a flock leaves with its leader

    def _let_go_arrived(self) -> None:
        """Send what has reached its waypoint to the next one, or away after the last."""
        flying = self.alive & (self._mode == FLY) & (self._hold_until_s <= self.now_s)
        rows = np.flatnonzero(flying)
        away_m, course_rad = offset_m(
            self.state.latitude_rad[rows],
            self.state.longitude_rad[rows],
            self._goal[rows, LATITUDE],
            self._goal[rows, LONGITUDE],
        )
        speed_mps = self.state.speed_mps[rows]
        radius_m = turn_radius_m(speed_mps, self._limits.turn_mps2[rows])
        near_m = np.maximum(np.maximum(speed_mps, SPEED_MPS_MIN) * STEP_S, self._corner[rows] * radius_m)
        passed = np.cos(course_rad - self.state.course_rad[rows]) < 0.0
        for row in rows[(away_m < near_m) | (passed & (away_m < PASSED_RADII * radius_m))]:
            self._reach(int(row))

    def _reach(self, row: int) -> None:
        """Go on to the next waypoint; after the last one the object is gone, or strays on."""
        if self._goal[row, HOLD] and not self._held[row]:
            self._held[row] = True
            self._hold_until_s[row] = self.now_s + self._goal[row, HOLD]
            return
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
        self._aim(row)

    def _aim(self, row: int) -> None:
        """Take the waypoint of the present leg as the goal."""
        leg = self._leg[row]
        self._goal[row] = self._routes[row][leg]
        self._held[row] = False
        self._corner[row] = corners(self._routes[row][max(leg - 1, 0) : leg + 2])[-2] if leg else 0.0

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
            course, wind_mps = self._wind(route[0, HEIGHT : HEIGHT + 1])
            course_rad = float(course[0])
            route = route.copy()
            route[0, SPEED] = wind_mps[0]
        self._routes[row] = route
        self._leg[row] = min(1, len(route) - 1)
        self._aim(row)
        self._hold_until_s[row] = self.now_s + route[0, HOLD] if len(route) > 1 and route[0, HOLD] else -math.inf
        self._mode[row] = FLY
        for column, value in zip(
            self.state, (*route[0, :3], course_rad, route[min(1, len(route) - 1), SPEED], 0.0), strict=True
        ):
            column[row] = value
        self.alive[row] = True
        self.born[row] = True
        self.traits.describe(row, self._next_no, self._slots[row], self._rng, self._looks)
        self._next_no += 1

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
        return course_rad, np.clip(
            along_m / FOLLOW_LOOKAHEAD_S, 0.3 * state.speed_mps[lead], 1.5 * state.speed_mps[lead]
        )

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
