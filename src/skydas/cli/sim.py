"""`skydas sim`: a recording made from a scenario, with its truth beside it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from skydas.cli.files import check_folder_free, check_free
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
    out: Annotated[str, Parameter(allow_leading_hyphen=True)] = "",
    truth: Path | None = None,
    duration_s: float | None = None,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
    list: Annotated[bool, Parameter(negative="")] = False,
    json: bool = False,
) -> None:
    """Run a scenario and write what its sensors send, as a journal, a pcap or JSON lines; and the truth.

    Example: skydas sim three-radars --seed 7 --out scene

    The suffix of --out says what: anything without one is a folder with a journal that `skydas replay` takes, and
    truth.parquet in it. NAME.pcap is a capture, with NAME.truth.parquet and the node file NAME.node.toml beside it:
    skydas replay NAME.pcap --node NAME.node.toml --out result. `-` is raw octets on standard output.
    Beside the truth, where the scenario has them: intent.parquet (what each object is about), ghosts.parquet (where
    aircraft are claimed that do not exist), assets.geojson (what is protected).

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
    overwrite
        Replace files that are there already; a journal is never replaced.
    list
        List the scenarios that come with skydas.
    json
        Print the summary as JSON.
    """
    from skydas.sim import (
        assets_geojson,
        load_scenario,
        node_config,
        node_text,
        over_udp,
        scenario_names,
        simulate,
        states_intent,
        write_ghosts,
        write_intents,
        write_truth,
    )

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

    node_path: Path | None = None
    assets_path: Path | None = None
    truth_path = truth
    if out == "-":
        for emission in emissions():
            sys.stdout.buffer.write(emission.payload)
        sys.stdout.flush()
    elif out.endswith(".pcap"):
        from skydas.capture import Chunk, write_pcap

        pcap = Path(out)
        node_path, truth_path = pcap.with_suffix(".node.toml"), truth or pcap.with_suffix(".truth.parquet")
        check_free("--out", overwrite, pcap, node_path, *_truth_files(truth_path), pcap.with_suffix(".assets.geojson"))
        node = over_udp(node_config(scene))
        ports = {source.name: source.params["port"] for source in node.sources}
        write_pcap(pcap, (Chunk(e.t_ns, e.payload, ports[e.source]) for e in emissions()))
        if node.assets:  # a node file names the file that they stand in
            assets_path = pcap.with_suffix(".assets.geojson")
            node = msgspec.structs.replace(node, assets=[], assess=node.assess | {"assets_file": assets_path.name})
        node_path.write_text(node_text(node, f"The sensors of {out}, each stream by its port."))
    else:
        truth_path = truth or Path(out) / "truth.parquet"
        check_folder_free("--out", Path(out))
        check_free("--truth", overwrite, *_truth_files(truth_path))
        told = encode_config(node_config(scene))
        first = Input(scene.scene.start_ns, scene.scene.name, InputKind.CONFIG, told)
        _write_journal(Path(out), first, emissions())
        assets_path = Path(out) / "assets.geojson"
    if truth_path is not None:
        truth_path.parent.mkdir(parents=True, exist_ok=True)
        _, intent_path, ghosts_path = _truth_files(truth_path)
        write_truth(truth_path, scene, seed)
        if states_intent(scene):
            write_intents(intent_path, scene, seed)
        if any(spoof.kind == "ghost" for spoof in scene.spoofs):
            write_ghosts(ghosts_path, scene, seed)
    if assets_path is not None and scene.assets:
        assets_path.write_bytes(msgspec.json.format(msgspec.json.encode(assets_geojson(scene)), indent=1))
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
        "node": str(node_path) if node_path else "",
    }
    if json and out != "-":
        print_json(summary)
    else:
        node_said = f"; node file: {node_path}" if node_path else ""
        say(f"{summary['messages']} messages, {octets} octets to {out}; truth in {truth_path or 'no file'}{node_said}")


def _truth_files(truth_path: Path) -> tuple[Path, Path, Path]:
    """Return the files that a truth may have: its own, and its name with `intent` and with `ghosts` in it."""
    stem = truth_path.name if "truth" in truth_path.name else f"{truth_path.stem}.truth.parquet"
    intent, ghosts = (truth_path.with_name(word.join(stem.rsplit("truth", 1))) for word in ("intent", "ghosts"))
    return truth_path, intent, ghosts


def _write_journal(out: Path, configuration: Input, emissions: Iterator[Emission]) -> None:
    from skydas.journal import JournalWriter
    from skydas.node import with_ticks

    writer = JournalWriter(out)
    writer.append(configuration)
    for given in with_ticks(Input(e.t_ns, e.source, InputKind.DATA, e.payload) for e in emissions):
        writer.append(given)
    writer.close()
