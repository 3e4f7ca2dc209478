"""`skydas doctor`: every fault of a node file at once, then what each source is heard to bring."""

from __future__ import annotations

import asyncio
import platform
import shutil
from pathlib import Path
from typing import Any

from skydas import plugins
from skydas.cli.terminal import print_json, print_table
from skydas.config import FED, examined, read_text
from skydas.errors import ConfigError, SkydasError
from skydas.model import NodeConfig, Rows
from skydas.sources import Emit


def doctor(node: Path | None = None, /, *, listen_s: float = 5.0, json: bool = False) -> None:
    """Check this machine and, where one is given, a node file: list all faults, open every source, say what it hears.

    Example: skydas doctor lt-1.toml --listen-s 10

    Parameters
    ----------
    listen_s
        How long to listen to the sources.
    json
        Print the findings as JSON.
    """
    findings: dict[str, Any] = {"machine": _machine(), "faults": [], "sources": []}
    if node is not None:
        _examine(node, listen_s, findings)
    if json:
        print_json(findings)
    else:
        _print(findings, node)
    if findings["faults"]:
        raise ConfigError(f"{node}: {_counted(findings['faults'])}")


def _examine(node: Path, listen_s: float, findings: dict[str, Any]) -> None:
    """Put every fault of the file and of its surroundings into `findings`, and what the sound sources bring."""
    try:
        config, findings["faults"] = examined(read_text(node), node.name, node.parent)
    except ConfigError as error:
        findings["faults"] = list(error.faults)
        return
    findings["faults"] += _surroundings(config)
    sound = [
        index
        for index, source in enumerate(config.sources)
        if source.source != FED and not any(fault.startswith(f"sources[{index}]") for fault in findings["faults"])
    ]
    findings["sources"] = asyncio.run(_listen(config, sound, listen_s))
    for row in findings["sources"]:
        if row["fault"]:
            findings["faults"].append(f"sources[{row['index']}]: {row['source']}: {row['fault']}")


def _counted(faults: list[str]) -> str:
    return f"{len(faults) or 'no'} fault{'' if len(faults) == 1 else 's'}"


def _machine() -> dict[str, Any]:
    from skydas import web

    page = Path(web.__file__).parent / "static" / "index.html"
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "page": "built" if page.exists() else "missing: run `make ui`",
        "formats": plugins.names("formats"),
        "sources": plugins.names("sources"),
        "outputs": plugins.names("outputs"),
    }


def _surroundings(config: NodeConfig) -> list[str]:
    faults = []
    directory = Path(config.node.directory)
    existing = next(path for path in (directory, *directory.absolute().parents) if path.exists())
    free_mb = shutil.disk_usage(existing).free / 1e6
    if free_mb < config.retention.disk_free_mb_min:
        faults.append(f"node.directory: {free_mb:.0f} MB free in {existing}, retention.disk_free_mb_min asks for more")
    if not config.sources:
        faults.append("sources: none, so nothing will ever be seen; add [[sources]]")
    return faults


class _Ear:
    """Counts what a source hands in; satisfies `skydas.sources.Emit`."""

    def __init__(self, config: NodeConfig, name: str) -> None:
        self.link_text = ""
        self.was_open = False
        self.octets: dict[str, int] = {}
        self.plots: dict[str, int] = {}
        self.refused: dict[str, dict[str, int]] = {}
        self._name = name
        self._decoders = {
            source.name: plugins.load("formats", source.format).Decoder(
                plugins.params("formats", source.format, source.format_params, source.name)
            )
            for source in config.sources
            if source.format and (source.source == FED or source.name == name)
        }

    async def __call__(
        self, payload: bytes, rx_ns: int | None = None, source: str | None = None, connection: int = 0
    ) -> None:
        self._hear(payload, rx_ns, source or self._name)
        await asyncio.sleep(0)

    def nowait(self, payload: bytes, source: str | None = None) -> bool:
        self._hear(payload, None, source or self._name)
        return True

    async def tick(self, rx_ns: int) -> None:
        return

    def truth(self, rows: Rows) -> None:
        return

    def link(self, state: str, text: str = "", connection: int = 0) -> None:
        self.link_text = f"{state}: {text}" if text else state
        self.was_open = self.was_open or state in ("open", "waiting")

    def _hear(self, payload: bytes, rx_ns: int | None, name: str) -> None:
        from skydas.clock import LiveClock

        self.octets[name] = self.octets.get(name, 0) + len(payload)
        decoder = self._decoders.get(name)
        if decoder is None:
            return
        decoded = decoder.decode(LiveClock().now_ns() if rx_ns is None else rx_ns, payload)
        self.plots[name] = self.plots.get(name, 0) + len(decoded.plots)
        refused = self.refused.setdefault(name, {})
        for reason, count in decoded.rejected.items():
            refused[reason] = refused.get(reason, 0) + count


async def _listen(config: NodeConfig, indexes: list[int], listen_s: float) -> list[dict[str, Any]]:
    """Return what the sources of `indexes` bring in `listen_s`, a row each and one for each source that they feed."""

    async def one(index: int) -> list[dict[str, Any]]:
        source = config.sources[index]
        fault = ""
        try:
            ear = _Ear(config, source.name)
            module = plugins.load("sources", source.source)
            params = plugins.params("sources", source.source, source.params, f"sources[{index}].params")
        except SkydasError as error:  # a fed source whose format is at fault
            return [_row(index, source.name, None, str(error))]
        try:
            emit: Emit = ear
            await asyncio.wait_for(module.run(params, emit), listen_s)
        except TimeoutError:
            fault = "" if ear.was_open or not ear.link_text else ear.link_text
        except (SkydasError, OSError) as error:
            fault = str(error)
        return [_row(index, name, ear, fault) for name in sorted(ear.octets) or [source.name]]

    return [row for rows in await asyncio.gather(*(one(index) for index in indexes)) for row in rows]


def _row(index: int, name: str, ear: _Ear | None, fault: str) -> dict[str, Any]:
    return {
        "index": index,
        "source": name,
        "fault": fault,
        "link": ear.link_text if ear and not fault else "not open" if fault else "",
        "octets": ear.octets.get(name, 0) if ear else 0,
        "plots": ear.plots.get(name, 0) if ear else 0,
        "refused": ear.refused.get(name, {}) if ear else {},
    }


def _print(findings: dict[str, Any], node: Path | None) -> None:
    for key, value in findings["machine"].items():
        print(f"{key:9} {', '.join(value) if isinstance(value, list) else value}")
    if node is None:
        print("\nNo node file given: `skydas doctor NODE.toml` checks one and listens to its sources.")
        return
    print(f"\n{node}: {_counted(findings['faults'])}")
    for fault in findings["faults"]:
        print(f"  - {fault}")
    if findings["sources"]:
        print()
        rows = [
            (
                s["source"],
                s["octets"],
                s["plots"],
                ", ".join(f"{reason} {count}" for reason, count in s["refused"].items()) or "-",
                s["link"],
            )
            for s in findings["sources"]
        ]
        print_table(("source", "octets", "plots", "refused", "link"), rows)
