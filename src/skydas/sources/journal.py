"""A journal of another node as a source: its octets again, each in the name of the source that brought it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from skydas.clock import stopwatch_ns
from skydas.journal import JournalReader
from skydas.model import NS_PER_S, InputKind
from skydas.sources import Emit


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which journal, and how fast."""

    path: str
    speed: float = 1.0  # times real time; 0: as fast as the node takes it


async def run(params: Params, emit: Emit) -> None:
    """Hand the recorded octets to the node, then end. Actions and configurations of that node are not taken over."""
    reader = JournalReader(Path(params.path))
    emit.link("open", params.path)
    began_ns, first_ns = stopwatch_ns(), None
    for record in reader:
        given = record.input
        if given.kind != InputKind.DATA:
            continue
        first_ns = given.rx_ns if first_ns is None else first_ns
        if params.speed > 0.0:
            due_ns = began_ns + int((given.rx_ns - first_ns) / params.speed)
            if (wait_ns := due_ns - stopwatch_ns()) > 0:
                await asyncio.sleep(wait_ns / NS_PER_S)
        await emit.tick(given.rx_ns)
        await emit(given.payload, given.rx_ns, given.source)
    emit.link("ended", f"{params.path}: torn tail of {reader.torn.octets} octets" if reader.torn else params.path)
