"""The decoder: payloads to plots, tracks and sensor reports; what is not used is counted under a reason.

Reasons: block_truncated, block_length_wrong (the rest of the payload is lost); record_truncated, fspec_too_long,
edition_mismatch (the FSPEC names an item that the edition does not have), record_empty, explicit_empty, item_twice (the
rest of the block is lost); position_missing, position_impossible (the record makes no plot); time_of_day_impossible
(the plot takes the time of reception).
"""

from __future__ import annotations

from functools import cache
from typing import Final, Literal, NamedTuple

import msgspec
import numpy as np

from skydas.errors import ConfigError
from skydas.formats.asterix.items import CATEGORIES
from skydas.formats.asterix.kernel import (
    COUNTS,
    EVENT_CATEGORY,
    EVENT_COLUMNS,
    EVENT_START,
    EVENT_STOP,
    EVENTS_MAX,
    PLOTS_MAX,
    REASONS,
    SLOTS,
    TRACKS_MAX,
    read_portion,
)
from skydas.formats.asterix.octets import Octets
from skydas.formats.asterix.program import Program, compile_program
from skydas.formats.asterix.service import sensor_report
from skydas.model import PLOT, TRACK, Decoded, IntArray, Rows, empty_plots, empty_tracks

_NO_PLOTS: Final = empty_plots(0)
_NO_TRACKS: Final = empty_tracks(0)
PROFILES: Final = {"auto": 0, "plot": 1, "track": 2}


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the octets of a source do not say."""

    editions: dict[str, str] = {}  # category -> edition ("048" -> "1.30"); one that is not named: the newest there is
    profile_001: Literal["auto", "plot", "track"] = "auto"  # auto: as the first bit of I001/020 says
    geoid_height_m: float = 0.0  # of mean sea level above the ellipsoid, for heights of 3D radars (I048/110)


def editions_of(params: Params) -> dict[int, str]:
    """Return the edition of every category. Raises ConfigError naming what there is."""
    chosen = dict.fromkeys(CATEGORIES, "")
    for name, edition in params.editions.items():
        category = int(name) if name.isdecimal() else -1
        if category not in chosen:
            known = ", ".join(f"{number:03d}" for number in CATEGORIES)
            raise ConfigError(f"asterix: editions names category {name!r}; there are: {known}")
        chosen[category] = edition
    return chosen


class _Work(NamedTuple):
    """What the kernel writes to before it is copied out: one for all decoders of a process, which take turns."""

    plots: Rows  # PLOT (PLOTS_MAX,)
    plot_octets: Octets  # the same memory
    tracks: Rows  # TRACK (TRACKS_MAX,)
    track_octets: Octets
    events: IntArray  # (EVENTS_MAX, EVENT_COLUMNS)


@cache
def _work() -> _Work:
    plots, tracks = empty_plots(PLOTS_MAX), empty_tracks(TRACKS_MAX)
    return _Work(
        plots,
        plots.view(np.uint8).reshape(PLOTS_MAX, PLOT.itemsize),
        tracks,
        tracks.view(np.uint8).reshape(TRACKS_MAX, TRACK.itemsize),
        np.empty((EVENTS_MAX, EVENT_COLUMNS), np.int64),
    )


@cache
def _program(chosen_editions: tuple[tuple[int, str], ...]) -> Program:
    """Return the program of these editions: sources with the same ones share it."""
    return compile_program(dict(chosen_editions), SLOTS)


class _State(msgspec.Struct, array_like=True):
    """What a snapshot keeps: the number of the next plot and the sources' last full times of day."""

    seq: int
    clock: list[tuple[int, int, int]]  # source key, ticks, rx_ns


class Decoder:
    """Reads payloads of whole blocks; results never share memory with what is kept between calls."""

    def __init__(self, params: Params | None = None) -> None:
        self.params = params or Params()
        self._program = _program(tuple(editions_of(self.params).items()))
        self._choice = PROFILES[self.params.profile_001]
        self._seq = 0
        self._clock = np.zeros((65_536, 2), np.int64)  # by source: its last full time of day in ticks, plus one; rx_ns
        self._counts = np.zeros(COUNTS, np.int64)
        work = _work()
        self._events = work.events
        self._plot_memory = memoryview(work.plot_octets.reshape(-1).data)
        self._track_memory = memoryview(work.track_octets.reshape(-1).data)
        self._fixed = (
            *(self._choice, self.params.geoid_height_m),
            *(self._program.nodes, self._program.parts, self._program.subs, self._program.uaps, self._program.chosen),
            *(self._clock, *work, self._counts),
        )

    def decode(self, rx_ns: int, payload: bytes) -> Decoded:
        """Return what the payload says; never raises on any octets."""
        decoded = Decoded(plots=_NO_PLOTS, tracks=_NO_TRACKS)
        size = len(payload)
        if size == 0:
            return decoded
        octets = np.frombuffer(payload, np.uint8)
        plots, tracks = bytearray(), bytearray()
        here = counted = 0
        while here < size:
            here, plot_count, track_count, event_count, records, refusals = read_portion(
                octets, here, rx_ns, self._seq, *self._fixed
            )
            self._seq = (self._seq + plot_count) & 0xFFFF_FFFF
            decoded.records += records
            counted += refusals
            plots += self._plot_memory[: plot_count * PLOT.itemsize]
            if track_count:
                tracks += self._track_memory[: track_count * TRACK.itemsize]
            if event_count:
                self._add_events(decoded, payload, rx_ns, event_count)
        if plots:
            decoded.plots = np.frombuffer(plots, PLOT)
        if tracks:
            decoded.tracks = np.frombuffer(tracks, TRACK)
        if counted:
            for reason, count in zip(REASONS, self._counts.tolist(), strict=True):
                if count:
                    decoded.reject(reason, count)
            self._counts[:] = 0
        return decoded

    def _add_events(self, decoded: Decoded, payload: bytes, rx_ns: int, count: int) -> None:
        """Add the reports and the relayed blocks that the kernel noted."""
        for event in self._events[:count].tolist():
            if event[EVENT_CATEGORY] < 0:
                decoded.relayed.append(payload[event[EVENT_START] : event[EVENT_STOP]])
                decoded.reject("category_relayed")
            else:
                decoded.statuses.append(sensor_report(payload, event[EVENT_CATEGORY], event[EVENT_STOP:], rx_ns))

    def state(self) -> bytes:
        """Return what later payloads depend on."""
        known = np.flatnonzero(self._clock[:, 0]).tolist()
        clock = [(key, int(self._clock[key, 0]) - 1, int(self._clock[key, 1])) for key in known]
        return msgspec.msgpack.encode(_State(self._seq, clock))

    def restore(self, octets: bytes) -> None:
        """Go on from what `state` returned."""
        kept = msgspec.msgpack.decode(octets, type=_State)
        self._seq = kept.seq
        self._clock[:] = 0
        for key, ticks, rx_ns in kept.clock:
            self._clock[key] = (ticks + 1, rx_ns)
