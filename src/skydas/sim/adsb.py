"""ADS-B receivers: what aircraft claim about themselves, with their quality, its latency, and false claims.

A claim leaves as CAT021 or as SBS lines, gathered over a quarter of a second as ground stations do.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from skydas.formats.asterix import Encoder
from skydas.model import (
    FPM_MPS,
    FT_M,
    KT_MPS,
    NS_PER_S,
    BoolArray,
    FloatArray,
    IntArray,
    PlotFlag,
    PlotKind,
    Rows,
    empty_plots,
    sensor_key,
    utc_text,
)
from skydas.sim.link import Way
from skydas.sim.motion import State, displaced, offset_m
from skydas.sim.rotating import pressure_height_m
from skydas.sim.scenario import AdsbReceiver, Scenario, Scene, Spoof, Traffic
from skydas.sim.sensing import Site, due
from skydas.sim.world import STEP_S, World

BUNDLE_S: Final = 0.25
GHOST_NO_FIRST: Final = 200_000  # above any number of a true object in the address space
FAST_PART: Final = 0.3  # of the position error; the rest drifts too slowly to notice
NIC: Final = 8  # contained within 0.1 NM
NACV: Final = 1  # velocity within 10 m/s
SIL: Final = 3
LINES_TOGETHER: Final = 64
IDENT_EVERY: Final = 5  # claims of position between two of the callsign, SBS
# 95% radius of NACp 8, 9, 10 (DO-260B table 2-70), as one sigma of each axis
_SIGMA_M: Final = {8: 92.6 / 2.448, 9: 30.0 / 2.448, 10: 10.0 / 2.448}


def ghost_world(scenario: Scenario, rng: np.random.Generator) -> World | None:
    """Return the aircraft that are only claimed to exist, or None."""
    ghosts = [
        Traffic(
            name=f"ghost-{row}",
            kind="airliner",
            count=spoof.count,
            latitude_deg=spoof.latitude_deg,
            longitude_deg=spoof.longitude_deg,
            radius_m=spoof.radius_m,
        )
        for row, spoof in enumerate(scenario.spoofs)
        if spoof.kind == "ghost"
    ]
    if not ghosts:
        return None
    return World(Scenario(scene=scenario.scene, traffic=ghosts), rng, GHOST_NO_FIRST)


def claims_ghosts(scenario: Scenario, t_s: float) -> bool:
    """Return whether anybody sends claims of aircraft that do not exist."""
    return any(one.kind == "ghost" and one.from_s <= t_s < one.until_s for one in scenario.spoofs)


class Receiver:
    """Hears claims of true and false aircraft and sends them on."""

    def __init__(self, receiver: AdsbReceiver, scenario: Scenario, way: Way, rng: np.random.Generator) -> None:
        self._receiver = receiver
        self._scenario = scenario
        self._scene: Scene = scenario.scene
        self._start_ns = scenario.scene.start_ns
        self._way = way
        self._rng = rng
        self._site = Site(receiver.latitude_deg, receiver.longitude_deg, receiver.mast_m, scenario.scene)
        self._ghost_site = Site(receiver.latitude_deg, receiver.longitude_deg, receiver.mast_m, scenario.scene)
        self._offsets = [spoof for spoof in scenario.spoofs if spoof.kind == "offset"]
        self._encoder = Encoder()

    def step(self, world: World, ghosts: World | None) -> None:
        """Listen through one step and send what was heard, in bundles."""
        heard = [self._heard(world, self._site)]
        if ghosts is not None and claims_ghosts(self._scenario, world.now_s):
            heard.append(self._heard(ghosts, self._ghost_site))
        after_s = np.concatenate([part[0] for part in heard])
        claims = np.concatenate([part[1] for part in heard])
        motion = np.concatenate([part[2] for part in heard])
        bundle = np.floor(after_s / BUNDLE_S).astype(np.int64)
        for number in range(round(STEP_S / BUNDLE_S)):
            rows = np.flatnonzero(bundle == number)
            rows = rows[np.argsort(after_s[rows], kind="stable")]
            if not len(rows):
                continue
            ready_ns = self._start_ns + round((world.now_s + (number + 1) * BUNDLE_S) * NS_PER_S)
            for payload in self._octets(claims[rows], motion[rows]):
                self._way.send(ready_ns, payload)

    def _heard(self, world: World, site: Site) -> tuple[FloatArray, Rows, FloatArray]:
        """Return when in the step, the claims, and course, speed and climb (n, 3)."""
        receiver, traits = self._receiver, world.traits
        rows = site.candidates(world, receiver.range_m_max)
        rows = rows[traits.adsb[rows]]
        now, after_s = due(traits.phase[rows], receiver.period_s, world.now_s)
        rows, after_s = rows[now], after_s[now]
        state = world.at(rows, after_s)
        seen = site.see(state)
        kept = (seen.range_m < receiver.range_m_max) & site.above_horizon(seen)
        kept &= self._rng.random(len(rows)) < receiver.reception_probability
        rows, after_s, state = rows[kept], after_s[kept], state.taken(np.flatnonzero(kept))
        claims = self._claims(world, rows, after_s, state)
        return after_s, claims, np.column_stack((state.course_rad, state.speed_mps, state.climb_mps))

    def _claims(self, world: World, rows: IntArray, after_s: FloatArray, state: State) -> Rows:
        traits, receiver = world.traits, self._receiver
        claims = empty_plots(len(rows))
        t_s = world.now_s + after_s + receiver.latency_uncompensated_s
        clock_s = np.array([self._way.clock_error_s(float(t)) for t in t_s]) if receiver.link.clock_jumps else 0.0
        claims["t_ns"] = self._start_ns + np.rint((t_s + clock_s) * NS_PER_S).astype(np.int64)
        claims["sensor"] = sensor_key(receiver.sac, receiver.sic)
        claims["kind"] = PlotKind.POSITION
        claims["flags"] = PlotFlag.CLAIM | PlotFlag.MODE_S
        sigma_m = np.array([_SIGMA_M[int(nacp)] for nacp in traits.nacp[rows]])
        slow = math.sqrt(1.0 - FAST_PART**2)
        error = slow * traits.fix_error[rows] + FAST_PART * self._rng.normal(0.0, 1.0, (len(rows), 2))
        shift_m = error * sigma_m[:, None]
        for spoof in self._offsets:
            if spoof.from_s <= world.now_s < spoof.until_s:
                shift_m[_inside(spoof, state)] += (spoof.east_m, spoof.north_m)
        claims["latitude_rad"], claims["longitude_rad"] = displaced(*state[:3], shift_m[:, 0], shift_m[:, 1])
        claims["height_hae_m"] = state.height_hae_m + 1.5 * sigma_m * self._rng.normal(0.0, 1.0, len(rows))
        pressure_m = pressure_height_m(state.height_hae_m, self._scene)
        claims["height_pressure_m"] = pressure_m + traits.altimeter_error_m[rows]
        claims["mode_s"], claims["callsign"] = traits.mode_s[rows], traits.callsign[rows]
        claims["mode_3a"] = traits.mode_3a[rows]
        claims["quality"] = (NIC, 0, NACV, SIL)
        claims["quality"][:, 1] = traits.nacp[rows]
        return claims

    def _octets(self, claims: Rows, motion: FloatArray) -> list[bytes]:
        if self._receiver.format == "cat021":
            return self._encoder.encode_021(claims, self._receiver.sac, self._receiver.sic)
        lines = []
        for claim, (course_rad, speed_mps, climb_mps) in zip(claims, motion, strict=True):
            lines += sbs_lines(claim, course_rad, speed_mps, climb_mps)
        return ["".join(lines[at : at + LINES_TOGETHER]).encode() for at in range(0, len(lines), LINES_TOGETHER)]


def sbs_lines(claim: np.void, course_rad: float, speed_mps: float, climb_mps: float) -> list[str]:
    """Return the BaseStation lines of one claim: position, velocity, and now and then the callsign."""
    date, _, time = utc_text(int(claim["t_ns"])).rstrip("Z").replace("-", "/").partition("T")
    head = f"1,1,{int(claim['mode_s']):06X},1,{date},{time},{date},{time}"
    altitude_ft = round(float(claim["height_pressure_m"]) / (25.0 * FT_M)) * 25
    place = f"{math.degrees(claim['latitude_rad']):.6f},{math.degrees(claim['longitude_rad']):.6f}"
    velocity = f"{speed_mps / KT_MPS:.1f},{math.degrees(course_rad):.1f}"
    lines = [
        f"MSG,3,{head},,{altitude_ft},,,{place},,,0,0,0,0\r\n",
        f"MSG,4,{head},,,{velocity},,,{round(climb_mps / FPM_MPS / 64.0) * 64},,,,,0\r\n",
    ]
    if int(claim["t_ns"]) // NS_PER_S % IDENT_EVERY == int(claim["mode_s"]) % IDENT_EVERY:
        lines.append(f"MSG,1,{head},{claim['callsign'].decode():<8},,,,,,,,,,,\r\n")
    return lines


def _inside(spoof: Spoof, state: State) -> BoolArray:
    away_m, _ = offset_m(
        np.radians(spoof.latitude_deg), np.radians(spoof.longitude_deg), state.latitude_rad, state.longitude_rad
    )
    return away_m < spoof.radius_m
