"""Claims against radar: no echo where radars see, an echo elsewhere with the same address, arrival times that disagree.

Each turn of a radar is a look at every claim that it covers. How likely a miss is where something flies is learned by
cell of the radar (range, bearing, elevation) from claims that it has seen before; misses in a row are not independent,
so each counts as the predictive probability of a beta-binomial: the more often it missed, the likelier it is blind
there, and the less the next miss says.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from skydas.geo.frames import ecef_from_geodetic, rotation_enu_to_ecef
from skydas.identify.deception.claimants import (
    ADDRESS_END,
    POSITION_CONTRADICTED,
    Claimants,
)
from skydas.identify.deception.motion import SETTLED_FITS, offset_m
from skydas.identify.deception.params import DeceptionParams
from skydas.model import NS_PER_S, FloatArray, IntArray, PlotKind, Rows, SensorConfig
from skydas.model.keys import sensor_key, sensor_key_of

RADARS_MAX: Final = 64  # the first so many of the node's
RADAR_KINDS: Final = ("radar_2d", "radar_3d")
ACTIVE_S: Final = 5.0  # a claim so old still says where its echo should be
LOOK_FACTOR: Final = 1.1  # of a turn: when the echo must have come
ALIVE_TURNS: Final = 2.5  # a radar from which nothing came for so many turns does not look
NEAR_M: Final = 400.0  # what claims may be off by, apart from radar's own errors
CLOCK_S: Final = 1.5
SIGMAS: Final = 5.0
WINDOW_M: Final = 12_000.0  # no gate is wider
PAIRS_MAX: Final = 2_000_000  # of plots and claims in one second and radar
EARTH_43_SQRT: Final = 4_124.0  # m of horizon for each root of a metre of height, earth of 4/3 its radius
HORIZON_SHARE: Final = 0.8  # of the horizon that a radar is held to: hills are not known
ELEVATION_RAD_MAX: Final = np.radians(35.0)  # above is the cone of silence
EDGE: Final = 0.95  # of a stated range
FALSE_ECHO: Final = 0.05  # chance of an echo by accident
EMPTY_S: Final = (
    8.0  # two turns: radars that miss one aircraft at once may do so for one reason, and see it the next turn
)
ODDS_MIN: Final = -6.0  # an honest past is worth so much
ODDS_MAX: Final = 12.0
TRUSTED_LOOKS: Final = 5  # of a radar that saw it: from then on its misses teach the cell
QUIET_MAX: Final = 3  # trusted misses in a cell with nothing seen there since: the radar may have gone blind
RANGE_CELLS, BEARING_CELLS = 6, 8
ELEVATION_EDGES: Final = np.radians([0.5, 2.0])
SMALL_LOOKS: Final = 1.0  # what a stated probability is worth for drones: next to nothing
SMALL_PROBABILITY: Final = 0.3


class Echoes:
    """What radars and multilateration see of claims."""

    def __init__(self, params: DeceptionParams, claimants: Claimants, sensors: list[SensorConfig]) -> None:
        self._params = params
        self._claimants = claimants
        chosen = [
            (row, one) for row, one in enumerate(sensors) if one.kind in RADAR_KINDS and one.latitude_deg is not None
        ]
        self._radars = [_Radar(row, one) for row, one in chosen[:RADARS_MAX]]
        self._of_row = {radar.row: number for number, radar in enumerate(self._radars)}
        self.left_out = len(chosen) - len(self._radars)
        count = len(self._radars)
        self._places = _places(sensors)
        self._last_ns = np.zeros(count, np.int64)  # each radar's last plot
        cells = (count, 2, RANGE_CELLS, BEARING_CELLS, len(ELEVATION_EDGES) + 1)
        self.hits, self.misses = np.zeros(cells), np.zeros(cells)
        self._quiet = np.zeros(cells)  # misses of trusted claims since anything was seen in the cell
        self.pairs_dropped = 0
        self._look_ns: IntArray = np.zeros((0, count), np.int64)
        self._echo_ns, self._missed, self._seen = self._look_ns, self._look_ns, self._look_ns
        self._looks_grow(len(claimants.held))

    def forget(self, rows: IntArray) -> None:
        """Forget rows that were freed."""
        for one in (self._look_ns, self._echo_ns, self._missed, self._seen):
            inside = rows[rows < len(one)]
            one[inside] = 0

    def step(self, now_ns: int, plots: Rows, owner: IntArray) -> None:
        """Take a second's plots that are nobody's claim, PLOT (n,), and judge the claims that are due."""
        if len(self._claimants.held) > len(self._look_ns):
            self._looks_grow(len(self._claimants.held))
        rows = self._active(now_ns)
        if len(rows):
            self._coded(now_ns, plots, owner)
        for number, radar in enumerate(self._radars):
            own = plots[plots["sensor"] == radar.row]
            own = own[own["kind"] == PlotKind.POLAR]
            if len(own):
                self._last_ns[number] = now_ns
            is_alive = now_ns - self._last_ns[number] < ALIVE_TURNS * radar.period_s * NS_PER_S
            if len(rows) and is_alive:
                self._look(now_ns, number, radar, rows, own)
        self._judge(now_ns, rows)

    def _active(self, now_ns: int) -> IntArray:
        rows = self._claimants.living()
        first = self._claimants.held["strands"][rows, 0] if len(rows) else self._claimants.held["strands"][:0, 0]
        is_there = (first["fits"] >= SETTLED_FITS) & (now_ns - first["t_ns"] < ACTIVE_S * NS_PER_S)
        is_there &= np.isfinite(first["velocity_mps"][:, 0])
        out: IntArray = rows[is_there]
        return out

    # -- looks of radars

    def _look(self, now_ns: int, number: int, radar: _Radar, rows: IntArray, plots: Rows) -> None:
        """Let one radar look at the claims in its coverage for a second."""
        held = self._claimants.held
        first = held["strands"][rows, 0]
        height_m = np.where(np.isfinite(first["height_m"]), first["height_m"], 0.0)
        enu_m = radar.enu(first["latitude_rad"], first["longitude_rad"], height_m)
        range_m = np.sqrt((enu_m**2).sum(axis=1))
        bearing = np.arctan2(enu_m[:, 0], enu_m[:, 1])
        elevation = np.arcsin(np.clip(enu_m[:, 2] / np.maximum(range_m, 1.0), -1.0, 1.0))
        horizon_m = EARTH_43_SQRT * (np.sqrt(np.maximum(height_m, 0.0)) + np.sqrt(max(radar.height_m, 0.0)))
        covered = (range_m > radar.range_m_min / EDGE) & (range_m < EDGE * radar.range_m_max)
        covered &= (range_m < HORIZON_SHARE * horizon_m) & (elevation < ELEVATION_RAD_MAX)
        covered &= np.isfinite(first["height_m"])
        if len(plots):
            place_m = range_m[:, None] * np.stack((np.sin(bearing), np.cos(bearing)), axis=1)
            near = self._near(radar, place_m, range_m, first, plots)
            self._echo_ns[rows[near], number] = now_ns
        came_in = covered & (self._look_ns[rows, number] == 0)
        self._look_ns[rows[came_in], number] = now_ns
        self._look_ns[rows[~covered], number] = 0
        due_ns = round(max(LOOK_FACTOR * radar.period_s, 1.0) * NS_PER_S)
        due = np.flatnonzero(covered & (now_ns - self._look_ns[rows, number] >= due_ns))
        if not len(due):
            return
        at, of = rows[due], (range_m[due], bearing[due], elevation[due])
        hit = self._echo_ns[at, number] > self._look_ns[at, number]
        self._count(number, radar, at, hit, *of)
        self._look_ns[at, number] = now_ns

    def _near(self, radar: _Radar, place_m: FloatArray, range_m: FloatArray, first: Rows, plots: Rows) -> IntArray:
        """Return which claims have an echo in their gate, indices into `first`."""
        sin, cos = np.sin(plots["azimuth_true_rad"]), np.cos(plots["azimuth_true_rad"])
        plot_m = plots["range_m"][:, None] * np.stack((sin, cos), axis=1)
        order = np.argsort(plot_m[:, 0], kind="stable")
        plot_m, t_ns = plot_m[order], plots["t_ns"][order]
        low = np.searchsorted(plot_m[:, 0], place_m[:, 0] - WINDOW_M)
        count = np.searchsorted(plot_m[:, 0], place_m[:, 0] + WINDOW_M) - low
        if count.sum() > PAIRS_MAX:
            self.pairs_dropped += int(count.sum())
            return np.arange(len(place_m))  # rather an echo too many than a false accusation
        claim = np.repeat(np.arange(len(place_m)), count)
        plot = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(low, count)
        passed_s = (t_ns[plot] - first["t_ns"][claim]) / NS_PER_S
        velocity = first["velocity_mps"][claim]
        away_m = plot_m[plot] - place_m[claim] - velocity * passed_s[:, None]
        along = place_m[claim] / np.maximum(range_m[claim], 1.0)[:, None]
        radial_m = np.abs((away_m * along).sum(axis=1))
        across_m = np.abs(away_m[:, 0] * along[:, 1] - away_m[:, 1] * along[:, 0])
        slack_m = NEAR_M + CLOCK_S * np.hypot(*velocity.T)
        bias_rad = np.radians(self._params.echo_bias_deg)
        fits = radial_m < slack_m + SIGMAS * radar.sigma_range_m
        fits &= across_m < slack_m + range_m[claim] * (SIGMAS * radar.sigma_azimuth_rad + bias_rad)
        return np.unique(claim[fits])

    def _count(
        self,
        number: int,
        radar: _Radar,
        at: IntArray,
        hit: Any,
        range_m: FloatArray,
        bearing: FloatArray,
        elevation: FloatArray,
    ) -> None:
        """Weigh one look each at some claims."""
        held = self._claimants.held
        small = (held["key"][at] >= ADDRESS_END).astype(np.int64)
        cell = (
            small,
            np.minimum(range_m / radar.range_m_max * RANGE_CELLS, RANGE_CELLS - 1).astype(np.int64),
            np.minimum(bearing % (2.0 * np.pi) / (2.0 * np.pi) * BEARING_CELLS, BEARING_CELLS - 1).astype(np.int64),
            np.searchsorted(ELEVATION_EDGES, elevation),
        )
        looks = np.where(small > 0, SMALL_LOOKS, self._params.echo_prior_looks)
        stated = np.where(small > 0, SMALL_PROBABILITY, min(radar.probability, 0.98))
        hits = self.hits[number][cell] + looks * stated
        misses = self.misses[number][cell] + looks * (1.0 - stated)
        missed = self._missed[at, number]
        miss = (misses + missed) / (hits + misses + missed)
        gain = np.where(hit, np.log(FALSE_ECHO / (1.0 - miss)), np.log((1.0 - FALSE_ECHO) / miss))
        # Who was seen before and is missed may have gone where the radar has gone blind: until it sees anybody there
        # again, a miss in this cell speaks against nobody.
        gain = np.where(self._quiet[number][cell] >= QUIET_MAX, np.minimum(gain, 0.0), gain)
        held["odds"][at] = np.clip(held["odds"][at] + gain, ODDS_MIN, ODDS_MAX)
        trusted = self._seen[at, number] >= TRUSTED_LOOKS
        standing = held["held_ns"][at, POSITION_CONTRADICTED] > 0
        honest, taught = hit & ~standing, ~hit & trusted
        np.add.at(self.hits[number], tuple(part[honest] for part in cell), 1.0)
        np.add.at(self.misses[number], tuple(part[taught] for part in cell), 1.0)
        np.add.at(self._quiet[number], tuple(part[taught] for part in cell), 1.0)
        self._quiet[number][tuple(part[honest] for part in cell)] = 0.0
        self._seen[at, number] = np.minimum(self._seen[at, number] + hit, 1_000)
        self._missed[at, number] = np.where(hit, 0, np.minimum(missed + 1, 1_000))

    # -- the same address

    def _coded(self, now_ns: int, plots: Rows, owner: IntArray) -> None:
        """Hold plots with an address against the claims of that address."""
        known = np.flatnonzero(plots["mode_s"] > 0)
        if not len(known):
            return
        rows = self._claimants.find(plots["mode_s"][known].astype(np.int64))
        kept = rows >= 0
        known, rows = known[kept], rows[kept]
        held = self._claimants.held
        first = held["strands"][rows, 0]
        passed_s = (plots["t_ns"][known] - first["t_ns"]) / NS_PER_S
        is_there = (first["fits"] >= SETTLED_FITS) & np.isfinite(first["velocity_mps"][:, 0])
        is_there &= np.abs(passed_s) < ACTIVE_S
        for at in np.flatnonzero(is_there).tolist():
            plot, row = plots[known[at]], int(rows[at])
            away_m, gate_m = self._apart(plot, first[at], float(passed_s[at]))
            if np.isnan(away_m):
                continue
            if away_m < gate_m:
                held["elsewhere"][row] = max(int(held["elsewhere"][row]) - 2, 0)
                continue
            held["elsewhere"][row] = min(int(held["elsewhere"][row]) + 1, 3 * self._params.elsewhere_min)
            held["other_no"][row] = max(int(owner[known[at]]), 0)
            if held["elsewhere"][row] >= self._params.elsewhere_min:
                strength = 1.0 - 0.5 ** float(held["elsewhere"][row])
                self._claimants.find_check(
                    np.array([row]), POSITION_CONTRADICTED, now_ns, strength, away_m, plot["sensor"]
                )

    def _apart(self, plot: np.void, first: np.void, passed_s: float) -> tuple[float, float]:
        """Return how far a plot is from where a claim says it was, and how far it may be; NaN: cannot be compared."""
        velocity = first["velocity_mps"]
        speed_mps = float(np.hypot(*velocity))
        slack_m = NEAR_M + CLOCK_S * speed_mps + abs(passed_s) * 0.3 * speed_mps
        height_m = float(first["height_m"]) if np.isfinite(first["height_m"]) else 0.0
        cos = max(float(np.cos(first["latitude_rad"])), 1e-6)
        north = float(first["latitude_rad"]) + velocity[1] * passed_s / 6_371_008.8
        east = float(first["longitude_rad"]) + velocity[0] * passed_s / (6_371_008.8 * cos)
        latitude, longitude = np.array([north]), np.array([east])
        kind, sensor = int(plot["kind"]), int(plot["sensor"])
        if kind == PlotKind.POLAR and sensor in self._of_row:
            radar = self._radars[self._of_row[sensor]]
            enu_m = radar.enu(latitude, longitude, np.array([height_m]))[0]
            range_m = float(np.sqrt((enu_m**2).sum()))
            turn = float(plot["azimuth_true_rad"]) - float(np.arctan2(enu_m[0], enu_m[1]))
            turn = (turn + np.pi) % (2.0 * np.pi) - np.pi
            across_m = 2.0 * min(range_m, float(plot["range_m"])) * abs(np.sin(0.5 * turn))
            away_m = float(np.hypot(across_m, float(plot["range_m"]) - range_m))
            wide_rad = SIGMAS * radar.sigma_azimuth_rad + np.radians(self._params.echo_bias_deg)
            return away_m, slack_m + SIGMAS * radar.sigma_range_m + range_m * wide_rad
        if kind in (PlotKind.POSITION, PlotKind.TRACK):
            moved = offset_m(latitude, longitude, plot["latitude_rad"][None], plot["longitude_rad"][None])[0]
            return float(np.hypot(*moved)), slack_m + SIGMAS * float(np.sqrt(max(plot["cov"][0], plot["cov"][3])))
        if kind == PlotKind.TDOA:
            here, there = self._places.get(sensor), self._places.get(-int(plot["object"]) - 1)
            if here is None or there is None:
                return np.nan, 0.0
            ecef_m = ecef_from_geodetic(latitude, longitude, np.array([height_m]))[0]
            claimed_m = float(np.linalg.norm(ecef_m - here) - np.linalg.norm(ecef_m - there))
            sigma_m = float(np.sqrt(max(plot["cov"][0], 0.0)))
            return abs(float(plot["range_m"]) - claimed_m), slack_m + SIGMAS * sigma_m
        return np.nan, 0.0

    # -- judgement

    def _judge(self, now_ns: int, rows: IntArray) -> None:
        held = self._claimants.held
        is_empty = held["odds"][rows] >= self._params.echo_odds
        since_ns = held["empty_ns"][rows]
        since_ns = np.where(is_empty, np.where(since_ns > 0, since_ns, now_ns), 0)
        held["empty_ns"][rows] = since_ns
        empty = rows[is_empty & (now_ns - since_ns >= EMPTY_S * NS_PER_S)]
        odds = held["odds"][empty]
        # Not over what says where it is instead.
        said = (now_ns - held["held_ns"][empty, POSITION_CONTRADICTED] < 5 * NS_PER_S) & (
            held["figure"][empty, POSITION_CONTRADICTED, 0] > 0
        )
        empty, odds = empty[~said], odds[~said]
        strength = 1.0 / (1.0 + np.exp(-(odds - self._params.echo_odds + 2.0)))
        self._claimants.find_check(empty, POSITION_CONTRADICTED, now_ns, strength, 0.0, odds)

    def seen_by(self, row: int) -> list[str]:
        """Return the names of the radars that miss a claimant."""
        return [radar.name for number, radar in enumerate(self._radars) if self._missed[row, number] > 0]

    # -- state

    def _looks_grow(self, rows: int) -> None:
        """Give every claimant a row: when a look began, the last echo, misses in a row, looks with an echo."""

        def grown(old: IntArray) -> IntArray:
            new = np.zeros((rows, old.shape[1]), np.int64)
            new[: len(old)] = old
            return new

        self._look_ns, self._echo_ns = grown(self._look_ns), grown(self._echo_ns)
        self._missed, self._seen = grown(self._missed), grown(self._seen)

    def state(self) -> list[Any]:
        """Return everything that the next step depends on: of claimants, only the rows in use."""
        rows = self._claimants.living()
        rows = rows[rows < len(self._look_ns)]
        parts = (self._look_ns, self._echo_ns, self._missed, self._seen)
        told = [rows.tolist(), len(self._look_ns), *(part[rows].tobytes() for part in parts)]
        cells = (self.hits.tobytes(), self.misses.tobytes(), self._quiet.tobytes())
        return [*told, self._last_ns.tobytes(), *cells, self.pairs_dropped]

    def restore(self, state: list[Any]) -> None:
        """Take back what `state` returned."""
        rows, capacity, *parts, last_ns, hits, misses, quiet, self.pairs_dropped = state
        for held in (self._look_ns, self._echo_ns, self._missed, self._seen):
            held[:] = 0
        self._looks_grow(capacity)
        for held, octets in zip((self._look_ns, self._echo_ns, self._missed, self._seen), parts, strict=True):
            held[rows] = np.frombuffer(octets, np.int64).reshape(len(rows), len(self._radars))
        self._last_ns = np.frombuffer(last_ns, np.int64).copy()
        self.hits = np.frombuffer(hits).reshape(self.hits.shape).copy()
        self.misses = np.frombuffer(misses).reshape(self.misses.shape).copy()
        self._quiet = np.frombuffer(quiet).reshape(self._quiet.shape).copy()


class _Radar:
    """What is stated of one radar."""

    def __init__(self, row: int, one: SensorConfig) -> None:
        self.row, self.name = row, one.name
        latitude, longitude = np.radians(one.latitude_deg or 0.0), np.radians(one.longitude_deg or 0.0)
        self._ecef_m = ecef_from_geodetic(np.array(latitude), np.array(longitude), np.array(one.height_hae_m))
        self._rotation = rotation_enu_to_ecef(float(latitude), float(longitude))
        self.height_m, self.period_s = one.height_hae_m, one.period_s
        self.range_m_min, self.range_m_max = one.range_m_min, one.range_m_max
        self.sigma_range_m, self.sigma_azimuth_rad = one.sigma_range_m, np.radians(one.sigma_azimuth_deg)
        self.probability = one.detection_probability

    def enu(self, latitude_rad: FloatArray, longitude_rad: FloatArray, height_m: FloatArray) -> FloatArray:
        """Return places in the axes of the radar, (n, 3)."""
        enu_m: FloatArray = (ecef_from_geodetic(latitude_rad, longitude_rad, height_m) - self._ecef_m) @ self._rotation
        return enu_m


def _places(sensors: list[SensorConfig]) -> dict[int, FloatArray]:
    """Return ECEF places of sensors by row, and of second receivers by minus their wire key less one."""
    found: dict[int, FloatArray] = {}
    for row, one in enumerate(sensors):
        if one.latitude_deg is None or one.longitude_deg is None:
            continue
        at = ecef_from_geodetic(
            np.radians(one.latitude_deg)[()], np.radians(one.longitude_deg)[()], np.array(one.height_hae_m)
        )
        found[row] = found[-sensor_key_of(one.name) - 1] = at
        if one.sac is not None and one.sic is not None:
            found[-sensor_key(one.sac, one.sic) - 1] = at
    return found
