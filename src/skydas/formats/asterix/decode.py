"""The decoder: payloads to plots, tracks and sensor reports; what is not used is counted under a reason.

Reasons: block_truncated, block_length_wrong (the rest of the payload is lost); record_truncated, fspec_too_long,
edition_mismatch (the FSPEC names an item that the edition does not have), record_empty, explicit_empty, item_twice (the
rest of the block is lost); position_missing, position_impossible (the record makes no plot); time_of_day_impossible
(the plot takes the time of reception).
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec
import numpy as np

from skydas.errors import ConfigError
from skydas.formats.asterix.items import CATEGORIES
from skydas.formats.asterix.kernel import (
    COUNTS,
    EVENTS_MAX,
    PLOTS_MAX,
    REASONS,
    SLOT_COUNT,
    SLOTS,
    TRACKS_MAX,
    profile_of,
    read_portion,
)
from skydas.formats.asterix.octets import Octets
from skydas.formats.asterix.program import Program, compile_program
from skydas.formats.asterix.service import sensor_report
from skydas.formats.asterix.walk import find_items
from skydas.model import PLOT, TRACK, Decoded, empty_plots, empty_tracks

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


class _State(msgspec.Struct, array_like=True):
    """What a snapshot keeps: the number of the next plot and the sources' last full times of day."""

    seq: int
    clock: list[tuple[int, int, int]]  # source key, ticks, rx_ns


class Decoder:
    """Reads payloads of whole blocks. Work space is kept between calls; results never share it."""

    def __init__(self, params: Params | None = None) -> None:
        self.params = params or Params()
        self._program: Program = compile_program(editions_of(self.params), SLOTS)
        self._choice = PROFILES[self.params.profile_001]
        self._seq = 0
        self._at = np.zeros(SLOT_COUNT, np.int64)
        self._clock = np.full((65_536, 2), -1, np.int64)
        self._events = np.empty((EVENTS_MAX, 3), np.int64)
        self._counts = np.zeros(COUNTS, np.int64)
        plots, tracks = empty_plots(PLOTS_MAX), empty_tracks(TRACKS_MAX)
        plot_octets = plots.view(np.uint8).reshape(PLOTS_MAX, PLOT.itemsize)
        track_octets = tracks.view(np.uint8).reshape(TRACKS_MAX, TRACK.itemsize)
        self._plot_memory = memoryview(plot_octets.reshape(-1).data)
        self._track_memory = memoryview(track_octets.reshape(-1).data)
        self._fixed = (
            *(self._choice, self.params.geoid_height_m),
            *(self._program.nodes, self._program.parts, self._program.subs, self._program.uaps, self._program.chosen),
            *(self._clock, plots, plot_octets, tracks, track_octets, self._events, self._counts),
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
                self._add_events(decoded, octets, payload, rx_ns, event_count)
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

    def _add_events(self, decoded: Decoded, octets: Octets, payload: bytes, rx_ns: int, count: int) -> None:
        """Add the reports and the relayed blocks that the kernel noted."""
        program = self._program
        for category, start, stop in self._events[:count].tolist():
            if category < 0:
                decoded.relayed.append(payload[start:stop])
                decoded.reject("category_relayed")
                continue
            uap = profile_of(octets, start, stop, category, self._choice, program.chosen)
            find_items(octets, start, stop, uap, program.nodes, program.parts, program.subs, program.uaps, self._at)
            decoded.statuses.append(sensor_report(octets, category, self._at, rx_ns))

    def state(self) -> bytes:
        """Return what later payloads depend on."""
        known = np.flatnonzero(self._clock[:, 0] >= 0).tolist()
        clock = [(key, int(self._clock[key, 0]), int(self._clock[key, 1])) for key in known]
        return msgspec.msgpack.encode(_State(self._seq, clock))

    def restore(self, octets: bytes) -> None:
        """Go on from what `state` returned."""
        kept = msgspec.msgpack.decode(octets, type=_State)
        self._seq = kept.seq
        self._clock[:] = -1
        for key, ticks, rx_ns in kept.clock:
            self._clock[key] = (ticks, rx_ns)
