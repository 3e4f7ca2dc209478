"""What a counted reason means for the thing that was counted: lost, recorded, used all the same, or of no interest."""

from __future__ import annotations

from typing import NamedTuple

from skydas import plugins


class Sorted(NamedTuple):
    """Counts by reason."""

    refused: dict[str, int]  # nothing of it was used
    recorded: dict[str, int]  # in the recorded plots, but the tracker was not given it
    doubted: dict[str, int]  # used, with a part left out or put right
    passed_over: dict[str, int]  # nothing is wrong with it


def sorted_out(format_name: str, counts: dict[str, int]) -> Sorted:
    """Return the counts of a format, and of the node that reads it, by what they mean. format_name : "" for none"""
    from skydas.node.intake import REASONS as RECORDED
    from skydas.node.step import DOUBTED

    module = plugins.load("formats", format_name) if format_name else None
    doubted: frozenset[str] = getattr(module, "DOUBTED", frozenset()) | DOUBTED
    nothing_wrong: frozenset[str] = getattr(module, "PASSED_OVER", frozenset())
    split = Sorted({}, {}, {}, {})
    for reason, count in counts.items():
        if reason in nothing_wrong:
            split.passed_over[reason] = count
        elif reason in doubted:
            split.doubted[reason] = count
        elif reason in RECORDED:
            split.recorded[reason] = count
        else:
            split.refused[reason] = count
    return split
