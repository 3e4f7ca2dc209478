"""The sources of a node: what each brought, what of it was refused, and whether its link is open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

from skydas.config import FED
from skydas.model import NS_PER_S, Input, Link, NodeConfig
from skydas.node.health import SourceCount
from skydas.node.streams import Streams, source_of

OVERRUN_TOLD_S: Final = 60.0
JOURNAL: Final = "journal"  # the name under which the recording of inputs itself is told of
CLOCK_STATES: Final = frozenset(("clock", state) for state in ("differs", "agrees", "behind_journal"))
DOUBTFUL: Final = ("differs", "behind_journal", "pending")

Noticed = Callable[[str, str, str], None]


class Sourcing:
    """Counts of each source by its name, and its link."""

    def __init__(self, config: NodeConfig, streams: Streams, notice: Noticed) -> None:
        self._streams = streams
        self._notice = notice
        self._counts: dict[str, SourceCount] = {source.name: SourceCount() for source in config.sources}
        self._feeds = feeds(config)

    def of(self, name: str) -> SourceCount:
        """Return the counts of a source; one that is not known yet gets its own."""
        return self._counts.setdefault(name, SourceCount())

    def numbers_given(self, given: Input) -> dict[str, int]:
        """Return below which numbers, by kind, all may have been given while nothing was recorded."""
        if given.source != JOURNAL:
            return {}
        try:
            return msgspec.json.decode(given.payload, type=Link).numbers or {}
        except msgspec.DecodeError:
            return {}

    def link(self, now_ns: int, given: Input) -> None:
        """Take that a source was opened, lost or ended, or that the recording of inputs stopped or went on."""
        try:
            link = msgspec.json.decode(given.payload, type=Link)
        except msgspec.DecodeError:
            self.of(source_of(given.source)).reject("link_input_not_readable", 1)
            return
        state, text = link.state, link.text
        source = source_of(given.source)
        if source in self._counts and (source, state) not in CLOCK_STATES:
            if state == "overrun" and text.isdecimal():
                self._overrun(now_ns, source, int(text))
                return
            if state == "open":
                self._streams.open(given.source)
            self._changed(source, state, text)
        else:
            level = "alarm" if state in ("stopped", "lost") else "warning" if state in DOUBTFUL else "info"
            self._notice(level, f"{given.source}_{state}", text)

    def _overrun(self, now_ns: int, name: str, dropped: int) -> None:
        """Count datagrams that found the node full; tell it once a minute at most."""
        count = self.of(name)
        count.reject("node_full", dropped)
        if now_ns - count.overrun_ns > OVERRUN_TOLD_S * NS_PER_S:
            count.overrun_ns = now_ns
            self._notice("warning", "source_overran", f"{name}: {dropped} datagrams came too fast and were dropped")

    def _changed(self, name: str, state: str, text: str) -> None:
        count = self.of(name)
        if count.link == state:
            return
        level = "warning" if state == "lost" else "info"
        count.link = state
        for fed in self._feeds.get(name, ()):
            self.of(fed).link = state
        self._notice(level, f"source_{state}", f"{name}: {text}" if text else name)

    def told(self) -> Iterator[dict[str, Any]]:
        """Yield the fields of a `SourceStatus` for each source of which something is new."""
        for name, count in self._counts.items():
            shown = count.shown()
            if shown != count.told:
                count.told = shown
                yield {
                    "source": name,
                    "link": count.link,
                    "input_count": count.input_count,
                    "octet_count": count.octet_count,
                    "record_count": count.record_count,
                    "plot_count": count.plot_count,
                    "copy_count": count.copy_count,
                    "rejected": dict(sorted(count.rejected.items())),
                }

    def state(self) -> list[Any]:
        """Return what a snapshot must hold."""
        return [[name, count.state_dict()] for name, count in self._counts.items()]

    def restore(self, state: list[Any]) -> None:
        """Take back what `state` returned."""
        for name, counted in state:
            self.of(name).restore(counted)


def feeds(config: NodeConfig) -> dict[str, list[str]]:
    """Return the sources that each source hands octets to: their link is its link.

    A file feeds those that its `ports` name; a simulation or a journal feeds all, for its streams are not known before.
    """
    fed = [source.name for source in config.sources if source.source == FED]
    found = {source.name: fed for source in config.sources if source.source in ("sim", "journal")}
    for source in config.sources:
        named = source.params.get("ports", {}) if source.source == "file" else {}
        if isinstance(named, dict):
            found[source.name] = found.get(source.name, []) + [name for name in fed if name in named.values()]
    return found
