"""`skydas sim`: a recording made from a scenario, with its truth beside it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from skydas.cli.terminal import print_json, progress, say
from skydas.clock import stopwatch_ns
from skydas.config import encode_config
from skydas.errors import ConfigError
from skydas.model import NS_PER_S, Input, InputKind

if TYPE_CHECKING:
    from skydas.sim import Emission


def sim(
    scenario: str = "",
    /,
    *,
    seed: int = 1,
    out: str = "",
    truth: Path | None = None,
    duration_s: float | None = None,
    list: Annotated[bool, Parameter(negative="")] = False,
    json: bool = False,
) -> None:
    """Run a scenario and write what its sensors send, as a journal, a pcap or JSON lines; and the truth.

    Example: skydas sim baltic --seed 7 --out baltic-journal

    The suffix of --out says what: .pcap for a capture, `-` for raw octets on standard output, anything else a
    folder with a journal that `skydas replay` takes. The truth is written beside it as truth.parquet.

    Parameters
    ----------
    scenario
        A scenario file, or the name of one that comes with skydas.
    seed
        The same seed gives the same octets.
    out
        Where to write.
    truth
        Where to write the truth, if not beside the recording.
    duration_s
        Stop after so many seconds instead of at the scenario's end.
    list
        List the scenarios that come with skydas.
    json
        Print the summary as JSON.
    """
    from skydas.sim import load_scenario, node_config, scenario_names, simulate, write_truth

    if list:
        for name in scenario_names():
            print(name)
        return
    if not scenario or not out:
        raise ConfigError(
            f"expected a scenario and --out; scenarios that come with skydas: {', '.join(scenario_names())}"
        )
    import msgspec

    scene = load_scenario(scenario)
    if duration_s is not None:
        scene = msgspec.structs.replace(scene, scene=msgspec.structs.replace(scene.scene, duration_s=duration_s))
    began_ns = stopwatch_ns()
    counts: dict[str, int] = {}
    octets = 0

    def emissions() -> Iterator[Emission]:
        nonlocal octets
        first_ns = None
        with progress(f"sim {scenario}", scene.scene.duration_s) as advance:
            for emission in simulate(scene, seed):
                counts[emission.source] = counts.get(emission.source, 0) + 1
                octets += len(emission.payload)
                if first_ns is not None:
                    advance((emission.t_ns - first_ns) / NS_PER_S)
                first_ns = emission.t_ns
                yield emission

    beside = Path(".")
    if out == "-":
        for emission in emissions():
            sys.stdout.buffer.write(emission.payload)
        sys.stdout.flush()
    elif out.endswith(".pcap"):
        from skydas.capture import Chunk, write_pcap

        ports = {source.name: 8600 + index for index, source in enumerate(node_config(scene).sources)}
        beside = Path(out).parent
        write_pcap(Path(out), (Chunk(e.t_ns, e.payload, ports[e.source]) for e in emissions()))
    else:
        beside = Path(out)
        told = encode_config(node_config(scene))
        first = Input(scene.scene.start_ns, scene.scene.name, InputKind.CONFIG, told)
        _write_journal(beside, first, emissions())
    truth_path = truth or (beside / "truth.parquet" if out != "-" else None)
    if truth_path is not None:
        truth_path.parent.mkdir(parents=True, exist_ok=True)
        write_truth(truth_path, scene, seed)
    summary = {
        "scenario": scenario,
        "seed": seed,
        "messages": sum(counts.values()),
        "by_source": dict(sorted(counts.items())),
        "bytes": octets,
        "seconds": round((stopwatch_ns() - began_ns) / NS_PER_S, 3),
        "simulated_s": scene.scene.duration_s,
        "out": out,
        "truth": str(truth_path) if truth_path else "",
    }
    if json and out != "-":
        print_json(summary)
    else:
        say(f"{summary['messages']} messages, {octets} octets to {out}; truth in {summary['truth'] or 'no file'}")


def _write_journal(out: Path, configuration: Input, emissions: Iterator[Emission]) -> None:
    from skydas.journal import JournalWriter
    from skydas.node import with_ticks

    if out.exists() and any(out.glob("*.skj")):
        raise ConfigError(f"--out: {out} holds a journal already")
    writer = JournalWriter(out)
    writer.append(configuration)
    for given in with_ticks(Input(e.t_ns, e.source, InputKind.DATA, e.payload) for e in emissions):
        writer.append(given)
    writer.close()
