"""Claims that cannot be true: false alarms on recordings, injected attacks that are found, claims held against radar.

    python -m bench.deception [--data DIR] [--seeds 20] [--json] [--write]

Three claims, never mixed. Real: recorded ADS-B as it is; whatever is found counts as false, an hour that an aircraft is
heard. Injected: real flights, some of which are made to lie. Simulated: flights, echoes and lies of the simulator.
--write puts the tables into docs/accuracy/deception.md.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from bench.cone import DATA
from bench.deception_injected import injected
from bench.deception_real import real
from bench.deception_simulated import simulated
from bench.machine import machine

REPOSITORY = Path(__file__).resolve().parent.parent
PAGE = REPOSITORY / "docs" / "accuracy" / "deception.md"


def table(rows: list[dict[str, Any]]) -> str:
    """Return rows of one shape as a table in Markdown."""
    lines = ["| " + " | ".join(rows[0]) + " |", "|---" * len(rows[0]) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(str(value) for value in row.values()) + " |" for row in rows)])


def page(found: dict[str, Any]) -> str:
    """Return the page with all tables."""
    return "\n".join(
        (
            "# Deception: measured",
            "",
            f"Written by `python -m bench.deception --seeds {found['seeds']} --write`; "
            f"{found['machine']['processor']}. "
            "What the columns mean: [Deception](../deception.md#measured).",
            "",
            "## Real recordings, nothing added",
            "",
            table(found["real"]),
            "",
            f"## Attacks injected into real flights, {found['seeds']} seeds",
            "",
            table(found["injected"]),
            "",
            f"## Simulated flights and radars, {found['seeds']} seeds",
            "",
            table(found["simulated"]),
            "",
        )
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    found: dict[str, Any] = {
        "machine": machine(),
        "seeds": given.seeds,
        "real": real(given.data),
        "injected": injected(given.data, given.seeds),
        "simulated": simulated(given.seeds),
    }
    if given.write:
        PAGE.write_text(page(found))
    print(json.dumps(found, indent=2) if given.json else page(found))


if __name__ == "__main__":
    main()
