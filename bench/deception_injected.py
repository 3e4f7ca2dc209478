"""Real flights of which some are made to lie: which lies are found, how soon, and what the honest ones suffer."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.deception_play import RECEIVER, Found, play, recorded, without_repeats
from skydas.geo.frames import MEAN_RADIUS_M
from skydas.model import NS_PER_S, Rows

WINDOW_S: Final = 900
BEFORE_S: Final = 300  # of honest flight
FREE_ADDRESS: Final = 0xF0_0000  # no state has it
ATTACKS: Final = (
    "moved 20 km at once",
    "moved 3 km at once",
    "drifts aside, 15 m/s",
    "flies on at 1,200 m/s",
    "climbs at 300 m/s",
    "stands still",
    "its address used elsewhere",
    "an earlier flight again",
    "four at one place",
)


def injected(data: Path, seeds: int) -> list[dict[str, Any]]:
    """Return a row for each attack, and one for those that nobody touched."""
    whole = without_repeats(recorded(data / "airtraffic" / "quickstart.json.gz"))
    delays: dict[str, list[float]] = {attack: [] for attack in ATTACKS}
    words: dict[str, set[str]] = {attack: set() for attack in ATTACKS}
    tried = dict.fromkeys(ATTACKS, 0)
    false, hours = 0, 0.0
    for seed in range(1, seeds + 1):
        plots, victims, begin_ns = lies(whole, np.random.default_rng(seed), seed)
        played = play(plots, [RECEIVER])
        hours += played.checker.claimant_s / 3600.0
        by_address: dict[int, list[Found]] = {}
        for one in played.found:
            by_address.setdefault(one.mode_s, []).append(one)
        false += sum(len(found) for mode_s, found in by_address.items() if mode_s not in victims)
        for mode_s, attack in victims.items():
            tried[attack] += 1
            after = [one for one in by_address.get(mode_s, []) if one.t_ns > begin_ns]
            if after:
                delays[attack].append((after[0].t_ns - begin_ns) / NS_PER_S)
                words[attack] |= {one.what for one in after}
    rows = []
    for attack in ATTACKS:
        late = np.array(delays[attack] or [np.nan])
        rows.append(
            {
                "attack": attack,
                "tried": tried[attack],
                "found": f"{len(delays[attack]) / max(tried[attack], 1):.0%}",
                "within 30 s": f"{np.sum(late <= 30.0) / max(tried[attack], 1):.0%}",
                "median s": round(float(np.median(late)), 1),
                "as": ", ".join(sorted(words[attack])) or "-",
            }
        )
    honest = {"attack": "nobody touched it", "tried": f"{hours:.1f} aircraft-hours", "found": f"{false} false"}
    return [*rows, honest | {"within 30 s": "", "median s": "", "as": f"{false / hours:.3f} an aircraft-hour"}]


def lies(whole: Rows, rng: np.random.Generator, turn: int) -> tuple[Rows, dict[int, str], int]:
    """Return a part of the recording with lies in it, address -> attack, and when they begin."""
    first, last = int(whole["t_ns"][0]), int(whole["t_ns"][-1])
    from_ns = int(rng.integers(first, last - WINDOW_S * NS_PER_S))
    begin_ns = from_ns + BEFORE_S * NS_PER_S
    part = whole[(whole["t_ns"] >= from_ns) & (whole["t_ns"] < from_ns + WINDOW_S * NS_PER_S)].copy()
    # Those who are heard steadily, in flight, through the beginning.
    around = (part["t_ns"] >= begin_ns) & (part["t_ns"] < begin_ns + 120 * NS_PER_S)
    address, count = np.unique(part["mode_s"][around], return_counts=True)
    steady = [
        int(one) for one in address[count > 60] if np.nanmin(part["height_pressure_m"][part["mode_s"] == one]) > 1_000.0
    ]
    chosen = rng.permutation(np.array(steady, np.int64)).tolist()
    victims: dict[int, str] = {}
    extra: list[Rows] = []
    for at in range(len(ATTACKS)):
        attack = ATTACKS[(at + turn) % len(ATTACKS)]  # there are not always enough flights for all
        if attack == "four at one place" and len(chosen) < 4:
            continue
        for _ in range(4 if attack == "four at one place" else 1):
            if not chosen:
                break
            mode_s = chosen.pop()
            one = np.flatnonzero((part["mode_s"] == mode_s) & (part["t_ns"] >= begin_ns))
            victims[lie(part, one, attack, begin_ns, rng, extra)] = attack
    return np.concatenate([part, *extra]), victims, begin_ns


def lie(part: Rows, one: Any, attack: str, begin_ns: int, rng: np.random.Generator, extra: list[Rows]) -> int:
    """Make one flight lie from `begin_ns` on; return the address that does."""
    mode_s = int(part["mode_s"][one[0]])
    since_s = (part["t_ns"][one] - begin_ns) / NS_PER_S
    course = rng.uniform(0.0, 2.0 * np.pi)
    match attack:
        case "moved 20 km at once" | "moved 3 km at once":
            _move(part, one, course, np.full(len(one), 20_000.0 if "20" in attack else 3_000.0))
        case "drifts aside, 15 m/s":
            _move(part, one, course, 15.0 * since_s)
        case "flies on at 1,200 m/s":
            _move(part, one, course, 1_200.0 * since_s)
        case "climbs at 300 m/s":
            part["height_pressure_m"][one] += 300.0 * since_s
        case "stands still":
            for name in ("latitude_rad", "longitude_rad", "height_pressure_m"):
                part[name][one] = part[name][one[0]]
        case "its address used elsewhere":
            ghost = part[one].copy()
            _move(ghost, np.arange(len(ghost)), course, np.full(len(ghost), 40_000.0))
            extra.append(ghost)
        case "an earlier flight again":
            before = part[(part["mode_s"] == mode_s)].copy()
            shift_ns = begin_ns - int(before["t_ns"][0])
            before["t_ns"] += shift_ns
            before["mode_s"] = mode_s = FREE_ADDRESS + mode_s % 0xFFFF
            extra.append(before)
        case _:
            place = np.radians((48.9, 2.6)) + 1e-6 * rng.normal(size=2)
            part["latitude_rad"][one] = place[0] + 1e-6 * rng.normal(size=len(one))
            part["longitude_rad"][one] = place[1] + 1e-6 * rng.normal(size=len(one))
    return mode_s


def _move(part: Rows, rows: Any, course: float, by_m: Any) -> None:
    part["latitude_rad"][rows] += by_m * np.cos(course) / MEAN_RADIUS_M
    part["longitude_rad"][rows] += by_m * np.sin(course) / MEAN_RADIUS_M / np.cos(part["latitude_rad"][rows])
