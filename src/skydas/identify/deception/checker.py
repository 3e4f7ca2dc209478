"""All checks of one node: plots are gathered and judged once a second, what they find stands until it is over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np

from skydas.identify.deception import words
from skydas.identify.deception.claimants import CHECKS, FORGOTTEN_S, LABELS, Claimants
from skydas.identify.deception.crowds import find_crowds
from skydas.identify.deception.echoes import Echoes
from skydas.identify.deception.gathered import Gathered, Gathering
from skydas.identify.deception.interference import (
    CELL_DEG,
    EVERY_S,
    Area,
    Interference,
    area_of_state,
    state_of_area,
)
from skydas.identify.deception.motion import Motion
from skydas.identify.deception.params import DeceptionParams
from skydas.identify.deception.receivers import Receivers
from skydas.identify.deception.replayed import Replayed
from skydas.model import NS_PER_S, PLOT, IntArray, PlotFlag, PlotKind, Rows, SensorConfig

PLOTS_WAITING_MAX: Final = 200_000  # of one second; what is more is dropped and counted
CLAIMS_OF_ONE_MAX: Final = 16  # in one second; the first ones
STANDING_MAX: Final = 2_000
TOLD_EVERY_S: Final = 10.0
CHANGED: Final = 0.1  # of the strength: told again
FORGET_EVERY_S: Final = 10.0
FIGURES_EVERY_S: Final = 60.0
_CLAIM, _MLAT = int(PlotFlag.CLAIM), int(PlotFlag.MLAT)
_NO_EVIDENCE: Final = int(PlotFlag.DERIVED | PlotFlag.COASTED | PlotFlag.REPORT_BY_PERSON)
_GROUND: Final = int(PlotFlag.ON_GROUND)


class Standing(NamedTuple):
    """What was told of one claimant and check, or of one area."""

    number: int
    since_ns: int
    told_ns: int
    strength: float
    fields: dict[str, Any]


class Changes(NamedTuple):
    """What is to be told after a second."""

    deceptions: list[dict[str, Any]]  # fields of Deception
    areas: list[dict[str, Any]]  # fields of InterferenceArea
    gathered: list[Gathering]  # of what people are asked: once for each claimant, once for many


class Checker:
    """Claims, and what speaks against them."""

    def __init__(self, params: DeceptionParams, sensors: list[SensorConfig]) -> None:
        self._params = params
        self._sensors = sensors
        self._hears_claims = np.array([one.kind in ("adsb", "remote_id") for one in sensors])
        self.claimants = Claimants()
        self.motion = Motion(params, self.claimants, len(sensors))
        self.echoes = Echoes(params, self.claimants, sensors)
        self._receivers = Receivers(params, self.claimants, sensors)
        self._replayed = Replayed(params, self.claimants)
        self._interference = Interference(params, self.claimants)
        self._waiting: list[tuple[bytes, bytes]] = []
        self._waiting_count = 0
        self.dropped = {"too_many_plots": 0, "too_many_of_one": 0, "too_many_standing": 0}
        self.claimant_s = 0.0  # seconds that claimants were heard, all together
        self.next_number = 1
        self.next_area = 1
        self._standing: dict[tuple[int, int], Standing] = {}  # (key of the claimant, check)
        self.gathered = Gathered()
        self._areas: dict[int, tuple[Area, int, int]] = {}  # number -> area, since, when told
        self._area_ns = 0
        self._forgot_ns = 0
        self._figures_ns = 0
        self.lost_count = 0  # flights that fell silent in the air

    def take(self, plots: Rows, owner: IntArray) -> None:
        """Put PLOT (n,) by for the next second, with the number of the track that each is surely of (-1 none)."""
        room = PLOTS_WAITING_MAX - self._waiting_count
        if len(plots) > room:
            self.dropped["too_many_plots"] += len(plots) - room
            plots, owner = plots[:room], owner[:room]
        if len(plots):
            self._waiting.append((plots.tobytes(), owner.astype(np.int64).tobytes()))
            self._waiting_count += len(plots)

    def second(self, now_ns: int) -> Changes:
        """Judge what came in the last second."""
        if self._waiting:
            plots = np.frombuffer(b"".join(part for part, _ in self._waiting), PLOT)
            owner = np.frombuffer(b"".join(part for _, part in self._waiting), np.int64)
            self._waiting, self._waiting_count = [], 0
        else:
            plots, owner = np.zeros(0, PLOT), np.zeros(0, np.int64)
        if now_ns - self._forgot_ns >= FORGET_EVERY_S * NS_PER_S:
            self._forgot_ns = now_ns
            self._forget(now_ns)
        plots, owner = self._evidence(plots, owner)
        claimed = self._is_claim(plots)
        self._claims(now_ns, plots[claimed], owner[claimed])
        self.echoes.step(now_ns, plots[~claimed], owner[~claimed])
        find_crowds(now_ns, self._params, self.claimants)
        told = list(self._told(now_ns))
        gathered = self.gathered.step(self._by_claimant(), (key for key, _ in told))
        return Changes([fields for _, fields in told], list(self._areas_told(now_ns)), gathered)

    def figures(self, now_ns: int) -> dict[str, Any] | None:
        """Return the fields of ClaimFigures where they are due, else None."""
        if not len(self.claimants) or now_ns - self._figures_ns < FIGURES_EVERY_S * NS_PER_S:
            return None
        self._figures_ns = now_ns
        labels = [one.fields["label"] for one in self._standing.values()]
        return {
            "claimant_count": len(self.claimants),
            "claimant_hours": round(self.claimant_s / 3600.0, 3),
            "gap_count": self.motion.gap_count,
            "lost_count": self.lost_count,
            "contradicted_count": labels.count("contradicted"),
            "implausible_count": labels.count("implausible"),
            "dropped": self.dropped
            | {
                "too_many_claimants": self.claimants.refused,
                "too_many_pairs": self.echoes.pairs_dropped,
                "radars_left_out": self.echoes.left_out,
            },
        }

    def _forget(self, now_ns: int) -> None:
        """Forget who was not heard for long, and count who was in flight."""
        held = self.claimants.held
        rows = self.claimants.living()
        rows = rows[now_ns - held["last_ns"][rows] > FORGOTTEN_S * NS_PER_S]
        first = held["strands"][rows, 0]
        self.lost_count += int(((first["t_ns"] > 0) & held["ever_moved"][rows]).sum())
        self.claimants.forget(rows)
        self.echoes.forget(rows)

    def lost(self, track_no: int) -> None:
        """Forget a track that dropped."""
        held = self.claimants.held
        for name in ("track_no", "other_no"):
            held[name][held[name] == track_no] = 0

    def renumber(self, old_no: int, new_no: int) -> None:
        """Note that a track has another number."""
        held = self.claimants.held
        for name in ("track_no", "other_no"):
            held[name][held[name] == old_no] = new_no

    # -- claims

    def _evidence(self, plots: Rows, owner: IntArray) -> tuple[Rows, IntArray]:
        kept = plots["flags"] & _NO_EVIDENCE == 0
        kept &= plots["sensor"] < len(self._sensors)
        return plots[kept], owner[kept]

    def _is_claim(self, plots: Rows) -> Any:
        by_nature = self._hears_claims[plots["sensor"].astype(np.int64)] & (plots["flags"] & _MLAT == 0)
        return (plots["flags"] & _CLAIM > 0) | (by_nature & (plots["kind"] == PlotKind.POSITION))

    def _claims(self, now_ns: int, claims: Rows, owner: IntArray) -> None:
        """Take a second's claims, each claimant's in the order of time."""
        keys = np.where(claims["mode_s"] > 0, claims["mode_s"].astype(np.uint64), claims["object"])
        usable = (keys > 0) & (claims["kind"] == PlotKind.POSITION) & np.isfinite(claims["latitude_rad"])
        claims, owner, keys = claims[usable], owner[usable], keys[usable]
        rows = self.claimants.rows(now_ns, keys)
        claims, owner, rows = claims[rows >= 0], owner[rows >= 0], rows[rows >= 0]
        if not len(rows):
            return
        order = np.lexsort((claims["t_ns"], rows))
        claims, owner, rows = claims[order], owner[order], rows[order]
        begins = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]])
        rank = np.arange(len(rows)) - np.repeat(begins, np.diff(np.r_[begins, len(rows)]))
        self.dropped["too_many_of_one"] += int((rank >= CLAIMS_OF_ONE_MAX).sum())
        for turn in range(min(int(rank.max()) + 1, CLAIMS_OF_ONE_MAX)):
            at = np.flatnonzero(rank == turn)
            self._turn(now_ns, rows[at], claims[at], owner[at])

    def _turn(self, now_ns: int, rows: IntArray, claims: Rows, owner: IntArray) -> None:
        """Take claims of different claimants."""
        held = self.claimants.held
        passed_s = np.clip((now_ns - held["last_ns"][rows]) / NS_PER_S, 0.0, self._params.gap_s)
        self.claimant_s += float(passed_s.sum())
        held["last_ns"][rows], held["sensor"][rows] = now_ns, claims["sensor"]
        tracked = owner > 0
        held["track_no"][rows[tracked]] = owner[tracked]
        grounded = claims["flags"] & _GROUND > 0
        held["strands"]["t_ns"][rows[grounded]] = 0  # what stands and taxies is judged by nobody here
        rows, claims = rows[~grounded], claims[~grounded]
        pressure_m, hae_m = claims["height_pressure_m"], claims["height_hae_m"]
        height_m = np.where(np.isfinite(pressure_m), pressure_m, hae_m)
        self.motion.take(now_ns, rows, claims, height_m)
        self._receivers.take(now_ns, rows, claims, np.where(np.isfinite(hae_m), hae_m, pressure_m))
        self._replayed.take(now_ns, rows, claims, height_m)
        self._interference.take(now_ns, rows, claims)

    # -- what is told

    def _by_claimant(self) -> dict[int, list[dict[str, Any]]]:
        """Return what stands of each claimant that has a track."""
        found: dict[int, list[dict[str, Any]]] = {}
        for (key, _), one in self._standing.items():
            if one.fields["track_nos"]:
                found.setdefault(key, []).append(one.fields)
        return found

    def _told(self, now_ns: int) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield what begins, changed or is over, each with the key of its claimant."""
        held = self.claimants.held
        rows = self.claimants.living()
        stands_ns = round(self._params.stands_s * NS_PER_S)
        held_ns = held["held_ns"][rows]
        at, checks = np.nonzero((held_ns > 0) & (now_ns - held_ns <= stands_ns)) if len(rows) else ((), ())
        now = {}
        for place, check in zip(np.asarray(at).tolist(), np.asarray(checks).tolist(), strict=True):
            row = int(rows[place])
            key = int(held["key"][row]), check
            now[key] = row
        for key, row in now.items():
            before = self._standing.get(key)
            if before is None and len(self._standing) >= STANDING_MAX:
                self.dropped["too_many_standing"] += 1
                continue
            strength = float(held["strength"][row, key[1]])
            if before is not None:
                changed = abs(strength - before.strength) >= CHANGED
                if not changed and now_ns - before.told_ns < TOLD_EVERY_S * NS_PER_S:
                    continue
                if held["held_ns"][row, key[1]] <= before.told_ns:
                    continue
            number = before.number if before is not None else self._number()
            since_ns = before.since_ns if before is not None else now_ns
            fields = self._fields(row, key[1], number, since_ns)
            self._standing[key] = Standing(number, since_ns, now_ns, strength, fields)
            yield key[0], fields
        for key in [key for key in self._standing if key not in now]:
            yield key[0], self._standing.pop(key).fields | {"is_over": True}

    def _number(self) -> int:
        self.next_number += 1
        return self.next_number - 1

    def _fields(self, row: int, check: int, number: int, since_ns: int) -> dict[str, Any]:
        one = self.claimants.held[row]
        first = one["strands"][0]
        sensor = self._sensors[int(one["sensor"])].name
        numbers = [int(one["track_no"])]
        if CHECKS[check] == "position_contradicted":
            numbers.append(int(one["other_no"]))
        return {
            "number": number,
            "what": CHECKS[check],
            "label": LABELS[check],
            "track_nos": tuple(dict.fromkeys(no for no in numbers if no)),
            "mode_s": int(one["mode_s"]),
            "source": sensor,
            "strength": round(float(one["strength"][check]), 3),
            "text": words.text(
                one, check, [self._sensors[no].name for no in range(len(self._sensors))], self.echoes.seen_by(row)
            ),
            "latitude_deg": float(np.degrees(first["latitude_rad"])) if first["t_ns"] else None,
            "longitude_deg": float(np.degrees(first["longitude_rad"])) if first["t_ns"] else None,
            "since_ns": since_ns,
        }

    # -- areas

    def _areas_told(self, now_ns: int) -> Iterator[dict[str, Any]]:
        if now_ns - self._area_ns < EVERY_S * NS_PER_S:
            return
        self._area_ns = now_ns
        left = dict(self._areas)
        for area in self._interference.areas(now_ns):
            number = next((no for no, (old, _, _) in left.items() if old.cells & area.cells), 0)
            if number:
                old, since_ns, told_ns = left.pop(number)
                is_same = old.cells == area.cells and abs(old.probability - area.probability) < CHANGED
                if is_same and now_ns - told_ns < 6.0 * EVERY_S * NS_PER_S:
                    continue
            else:
                number, since_ns = self.next_area, now_ns
                self.next_area += 1
            self._areas[number] = area, since_ns, now_ns
            yield _area_fields(number, area, since_ns)
        for number, (area, since_ns, _) in left.items():
            del self._areas[number]
            yield _area_fields(number, area, since_ns) | {"is_over": True}

    def standing(self) -> list[dict[str, Any]]:
        """Return the fields of every deception that stands."""
        return [one.fields for one in self._standing.values()]

    # -- state

    def state(self) -> dict[str, Any]:
        """Return everything that the next step depends on."""
        return {
            "waiting": [b"".join(part) for part in zip(*self._waiting, strict=True)] if self._waiting else [b"", b""],
            "dropped": self.dropped,
            "claimant_s": self.claimant_s,
            "next": [self.next_number, self.next_area],
            "standing": [[*key, *one] for key, one in self._standing.items()],
            "areas": [[no, state_of_area(area), *times] for no, (area, *times) in self._areas.items()],
            "times": [self._area_ns, self._forgot_ns, self._figures_ns],
            "lost_count": self.lost_count,
            "claimants": self.claimants.state(),
            "feeds": [self.motion.moving.tolist(), self.motion.repeating.tolist(), self.motion.gap_count],
            "echoes": self.echoes.state(),
            "receivers": self._receivers.state(),
            "replayed": self._replayed.state(),
            "gathered": self.gathered.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        plots, owner = state["waiting"]
        self._waiting = [(plots, owner)] if plots else []
        self._waiting_count = len(plots) // PLOT.itemsize
        self.dropped, self.claimant_s = dict(state["dropped"]), state["claimant_s"]
        self.next_number, self.next_area = state["next"]
        self._standing = {
            (key, check): Standing(
                number, since_ns, told_ns, strength, fields | {"track_nos": tuple(fields["track_nos"])}
            )
            for key, check, number, since_ns, told_ns, strength, fields in state["standing"]
        }
        self._areas = {no: (area_of_state(area), *times) for no, area, *times in state["areas"]}
        self._area_ns, self._forgot_ns, self._figures_ns = state["times"]
        self.lost_count = state["lost_count"]
        self.claimants.restore(state["claimants"])
        moving, repeating, self.motion.gap_count = state["feeds"]
        self.motion.moving, self.motion.repeating = np.array(moving), np.array(repeating)
        self.echoes.restore(state["echoes"])
        self._receivers.restore(state["receivers"])
        self._replayed.restore(state["replayed"])
        self.gathered.restore(state["gathered"])


def _area_fields(number: int, area: Area, since_ns: int) -> dict[str, Any]:
    return {
        "number": number,
        "ring": area.ring,
        "probability": round(area.probability, 3),
        "aircraft_count": area.suffering,
        "since_ns": since_ns,
        "text": (
            f"{area.suffering} of {area.aircraft} aircraft fell below their own quality of position in "
            f"{len(area.cells)} cells of {CELL_DEG[0]} by {CELL_DEG[1]} degrees; "
            "it is where they suffer, not where the cause is"
        ),
    }
