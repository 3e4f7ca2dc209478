"""What the checks find in recordings of ADS-B as they are: all of it counts as false."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from bench.deception_play import RECEIVER, frames, play, recorded, states, without_repeats
from skydas.model import Rows


def real(data: Path) -> list[dict[str, Any]]:
    """Return a row for each recording."""
    traffic = data / "airtraffic"
    cases: dict[str, Rows] = {
        "Paris, states": recorded(traffic / "quickstart.json.gz"),
        "Paris, repeated positions left out": without_repeats(recorded(traffic / "quickstart.json.gz")),
        "Toulouse, frames": frames(data / "adsb" / "tutorial.jsonl.gz"),
        "Great Britain, states every 10 s": states(data / "adsb" / "OpenSky_Plane_States.csv"),
        "Bornholm": recorded(traffic / "bornholm.json.gz"),
        "gliders": recorded(traffic / "franconia.json.gz"),
        "helicopter": recorded(traffic / "rega_zh.json.gz"),
        "a clock with faults": recorded(traffic / "noisy_time_issue.json.gz"),
    }
    return [row_of(name, plots) for name, plots in cases.items()]


def row_of(name: str, plots: Rows) -> dict[str, Any]:
    """Return the figures of one recording."""
    played = play(plots, [RECEIVER])
    hours = played.checker.claimant_s / 3600.0
    kinds = Counter(one.what for one in played.found)
    return {
        "recording": name,
        "claims": len(plots),
        "aircraft-hours": round(hours, 2),
        "found": ", ".join(f"{what} {count}" for what, count in sorted(kinds.items())) or "nothing",
        "per aircraft-hour": round(len(played.found) / hours, 3),
        "gaps per aircraft-hour": round(played.checker.motion.gap_count / hours, 2),
        "areas": len(played.areas),
        "CPU ms a second": round(played.cpu_s / max(played.seconds, 1) * 1e3, 2),
    }
