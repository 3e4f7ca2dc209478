"""What each check says, in one line that can be read aloud, with its figures."""

from __future__ import annotations

import numpy as np

from skydas.identify.deception.claimants import (
    DUPLICATE_ADDRESS,
    FROZEN,
    IMPOSSIBLE_STATE,
    JUMPED,
    OUT_OF_REACH,
    POSITION_CONTRADICTED,
    REPLAYED_FEED,
    SEVERAL_AT_ONE_PLACE,
)


def text(one: np.void, check: int, sensors: list[str], missed_by: list[str]) -> str:
    """Return what a check found of a row of CLAIMANT.

    sensors   : names, by row
    missed_by : radars that look at its place and see nothing
    """
    who = f"address {int(one['mode_s']):06x}" if one["mode_s"] else "a Remote ID"
    first, second = one["figure"][check].tolist()
    match check:
        case _ if check == POSITION_CONTRADICTED and first > 0.0:
            return f"{who}: {sensors[int(second)]} has it {first / 1e3:.1f} km from where it says it is"
        case _ if check == POSITION_CONTRADICTED:
            by = ", ".join(missed_by[:3]) or "radar"
            return f"{who}: no echo at the place that it claims, which {by} covers"
        case _ if check == IMPOSSIBLE_STATE:
            height_m = float(one["strands"][0]["height_m"])
            return f"{who}: {first:.0f} m/s, climbing {second:.0f} m/s, at {height_m:.0f} m: nothing of its kind does"
        case _ if check == DUPLICATE_ADDRESS:
            return f"{who}: two senders use it, {first / 1e3:.1f} km apart"
        case _ if check == JUMPED:
            return f"{who}: its position went {first / 1e3:.1f} km aside within {second:.0f} s and goes on from there"
        case _ if check == FROZEN:
            return f"{who}: the same position for {first:.0f} s, after flying {second:.0f} m/s"
        case _ if check == REPLAYED_FEED:
            return f"{who}: flies what was claimed {first:.0f} s before, position for position"
        case _ if check == SEVERAL_AT_ONE_PLACE:
            return f"{who}: {first:.0f} moving claims are at this one place"
        case _ if check == OUT_OF_REACH:
            return f"{who}: claims to be {first / 1e3:.0f} km from its receiver, whose horizon is {second / 1e3:.0f} km"
        case _:
            than = "stronger" if first > 0 else "weaker"
            return f"{who}: its signal is {abs(first):.0f} dB {than} than its distance makes it"
