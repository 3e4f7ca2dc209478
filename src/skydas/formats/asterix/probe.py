"""Which editions fit a recording: every category read under every edition there is.

An edition fits where no record fails and no value is impossible. Editions that make the very same table of the
payloads read closely are one group: between them the choice makes no difference.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from skydas.formats.asterix.decode import Params
from skydas.formats.asterix.items import CATEGORIES
from skydas.formats.asterix.kernel import COUNTS, REASONS, SLOT_COUNT, block_stop, profile_of
from skydas.formats.asterix.octets import Int, Octets, compiled, u16
from skydas.formats.asterix.plots_radar import SOURCE
from skydas.formats.asterix.program import Table, compile_program, editions
from skydas.formats.asterix.read import Reader
from skydas.formats.asterix.walk import find_items
from skydas.model import IntArray

PAYLOADS_READ_MAX: Final = 2_000  # whose values are looked at; failures are counted in all


@compiled
def check_blocks(
    octets: Octets,
    category: Int,
    nodes: Table,
    parts: Table,
    subs: Table,
    uaps: Table,
    chosen: Table,
    at: IntArray,
    sources: IntArray,
    counts: IntArray,
) -> tuple[Int, Int]:
    """Read the blocks of one category; return their number and how many records were good.

    sources : (65536,) records of each SAC and SIC, added to;  counts : (COUNTS,) refusals by REASONS, added to
    """
    here = 0
    blocks = records = 0
    while here < len(octets):
        stop = block_stop(octets, here, len(octets))
        if stop < 0:
            break
        record = here + 3
        if octets[here] == category:
            blocks += 1
            while record < stop:
                uap = profile_of(octets, record, stop, category, 0, chosen)
                end = find_items(octets, record, stop, uap, nodes, parts, subs, uaps, at)
                if end < 0:
                    counts[-end] += 1
                    break
                records += 1
                if at[SOURCE]:
                    sources[u16(octets, at[SOURCE])] += 1
                record = end
        here = stop
    return blocks, records


@compiled
def count_blocks(octets: Octets, by_category: IntArray, counts: IntArray) -> None:
    """Count blocks by category, shape (256,), and what is wrong with them."""
    here = 0
    while here < len(octets):
        stop = block_stop(octets, here, len(octets))
        if stop < 0:
            counts[-stop] += 1
            return
        by_category[octets[here]] += 1
        here = stop


def probe(payloads: Iterable[tuple[int, bytes]]) -> dict[str, Any]:
    """Return what a recording of (t_ns, payload) holds and which editions fit it.

    `categories` has for each one: blocks, sources ([SAC, SIC] and records), editions (records read, failures by reason,
    impossible values by column), default (the edition read where none is asked for), fits (the editions without a
    failure and without an impossible value) and ranked: groups of editions that read it alike, the best first.
    `blocks_by_reason` counts damaged blocks; `payloads_read` payloads were looked at for values.
    """
    kept = [(t_ns, payload) for t_ns, payload in payloads if payload]
    by_category = np.zeros(256, np.int64)
    block_counts = np.zeros(COUNTS, np.int64)
    for _, payload in kept:
        count_blocks(np.frombuffer(payload, np.uint8), by_category, block_counts)
    report: dict[str, Any] = {
        "payloads": len(kept),
        "bytes": sum(len(payload) for _, payload in kept),
        "t_ns_first": min((t_ns for t_ns, _ in kept), default=None),
        "t_ns_last": max((t_ns for t_ns, _ in kept), default=None),
        "blocks_by_reason": _by_reason(block_counts),
        "categories": {},
    }
    everything = [payload for _, payload in kept]
    report["payloads_read"] = min(len(kept), PAYLOADS_READ_MAX)
    for category in np.flatnonzero(by_category).tolist():
        found: dict[str, Any] = {"blocks": int(by_category[category]), "sources": [], "editions": {}, "default": ""}
        alike: list[tuple[Any, list[str]]] = []
        for edition in editions(category) if category in CATEGORIES else ():
            found["editions"][edition] = _under(category, edition, everything, found)
            found["default"] = edition
            table, impossible = _read_closely(category, edition, kept[:PAYLOADS_READ_MAX])
            found["editions"][edition]["impossible"] = impossible
            group = next((names for other, names in alike if _equal(other, table)), None)
            if group is None:
                alike.append((table, [edition]))
            else:
                group.append(edition)
        found["fits"] = [name for name, result in found["editions"].items() if not _faults(result)]
        found["ranked"] = _ranked([names for _, names in alike], found)
        report["categories"][f"{category:03d}"] = found
    return report


def _ranked(groups: list[list[str]], found: dict[str, Any]) -> list[list[str]]:
    """Return groups of editions, those with the fewest faults first, then that of the default, then the newest."""
    order = list(found["editions"])

    def rank(group: list[str]) -> tuple[int, bool, int]:
        faults = min(_faults(found["editions"][name]) for name in group)
        return faults, found["default"] not in group, -order.index(group[-1])

    return sorted(groups, key=rank)


def _faults(result: dict[str, Any]) -> int:
    counts: tuple[dict[str, int], dict[str, int]] = result["failures"], result["impossible"]
    return sum(sum(one.values()) for one in counts)


def _read_closely(category: int, edition: str, payloads: list[tuple[int, bytes]]) -> tuple[Any, dict[str, int]]:
    """Return the table of a category under an edition, None without a record, and its impossible values by column."""
    name = f"{category:03d}"
    reader = Reader(Params(editions={name: edition}))
    for t_ns, payload in payloads:
        reader.feed(t_ns, payload)
    table = reader.tables().get(name)
    impossible = {
        column: count for column, count in reader.summary()["impossible"].items() if column.startswith(f"I{name}_")
    }
    return table, impossible


def _equal(one: Any, other: Any) -> bool:
    return one is other if one is None or other is None else bool(one.equals(other))


def _under(category: int, edition: str, payloads: list[bytes], found: dict[str, Any]) -> dict[str, Any]:
    """Return records and failures of a category under an edition; sources go to `found`."""
    program = compile_program({category: edition}, {category: ("010",)})
    at = np.zeros(SLOT_COUNT, np.int64)
    sources = np.zeros(65_536, np.int64)
    counts = np.zeros(COUNTS, np.int64)
    records = 0
    for payload in payloads:
        octets = np.frombuffer(payload, np.uint8)
        tables = (program.nodes, program.parts, program.subs, program.uaps, program.chosen)
        records += check_blocks(octets, category, *tables, at, sources, counts)[1]
    heard = [[key >> 8, key & 0xFF, int(sources[key])] for key in np.flatnonzero(sources).tolist()]
    if sum(row[2] for row in heard) >= sum(row[2] for row in found["sources"]):
        found["sources"] = heard
    return {"records": int(records), "failures": _by_reason(counts)}


def _by_reason(counts: IntArray) -> dict[str, int]:
    return {name: count for name, count in zip(REASONS, counts.tolist(), strict=True) if count}
