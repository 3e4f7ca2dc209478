"""`Shards`: one picture from several trackers, each with a part of the area and a process of its own.

Cuts along east and north divide the plane into areas. A plot goes to the shard whose area its place lies in, and to
every other within `margin_m` of it; a bearing and a difference of arrival have no place and go to all. A track is told
by the shard whose area it is in. Two shards' tracks that surely took the same plot are one object: so a track that
crosses a cut is already followed on the other side, and keeps its number.

The margin must be wider than a target flies until it is confirmed, and than any gate. Clutter is learned by each shard
from what it sees, and so are biases: near a cut, states may differ from those of one tracker by a small part of their
sigma.

`state` and `restore` hold all shards together, at one instant: between two steps no shard is ahead of another.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Final

import msgspec
import numpy as np

from skydas.errors import ConfigError, ShardError
from skydas.fuse.layout import empty_prepared, sensor_rows, setup_of
from skydas.fuse.measure import BEARING, PLOT_NUMBERS, TDOA
from skydas.fuse.prepare import prepare
from skydas.fuse.records import RECEIVER
from skydas.geo import TangentPlane
from skydas.library.paths import Paths, nanoseconds, paths_of
from skydas.library.sensor import Sensor, configs_of, keys_of, plane_of, with_rows
from skydas.library.shard_worker import Answer, Picture, Restore, Setup, State, Step, read, write
from skydas.library.tracking import params_of, setup_sha256
from skydas.model import (
    PROVISIONAL_NO,
    TRACK,
    BoolArray,
    FloatArray,
    IntArray,
    Rows,
    SensorConfig,
    TrackStatus,
    rows_from,
)

SHARDS_MAX: Final = 64
_NO_RECEIVERS: Final = np.zeros(0, RECEIVER)
_PLACELESS: Final = (BEARING, TDOA)
_NUMBERS_AT_FIRST: Final = 1024
_STATE_VERSION: Final = 1


class Shards:
    """A tracker in several processes; `close` it, or use it in a `with` block."""

    def __init__(
        self,
        sensors: Sequence[Sensor | SensorConfig],
        plane: TangentPlane | None = None,
        *,
        cuts_east_m: Sequence[float] = (),
        cuts_north_m: Sequence[float] = (),
        margin_m: float = 20_000.0,
        registration: bool = True,
        **fuse: Any,
    ) -> None:
        for name, cuts in (("cuts_east_m", cuts_east_m), ("cuts_north_m", cuts_north_m)):
            if list(cuts) != sorted(set(cuts)):
                raise ConfigError(f"{name} must rise from one to the next, got {list(cuts)}")
        count = (len(cuts_east_m) + 1) * (len(cuts_north_m) + 1)
        if count > SHARDS_MAX:
            raise ConfigError(f"the cuts make {count} shards, at most {SHARDS_MAX} are run")
        if not margin_m > 0.0:
            raise ConfigError(f"margin_m must be above 0, got {margin_m}")
        self.plane = plane_of(sensors, plane)
        self.sensors = configs_of(sensors)
        self.margin_m = margin_m
        self.areas_m = areas_of(cuts_east_m, cuts_north_m)
        self.now_ns = 0
        self.unknown_count = 0
        params = params_of(fuse)
        self._keys = keys_of(self.sensors)
        self._table = sensor_rows(params, self.sensors, self.plane)
        self._fuse_setup = setup_of(params, self.plane)
        self._prepared = empty_prepared(64)
        self._numbers = [np.zeros(_NUMBERS_AT_FIRST, np.int64) for _ in range(count)]
        self._next_number = 1
        self._answer = msgspec.msgpack.Decoder(Answer)
        plane_at = (self.plane.latitude_deg, self.plane.longitude_deg, self.plane.height_hae_m)
        setup = Setup(self.sensors, plane_at, registration, fuse)
        self._setup_sha256 = setup_sha256(setup, list(cuts_east_m), list(cuts_north_m), margin_m)
        command = [sys.executable, "-c", "from skydas.library.shard_worker import main; main()"]
        self._processes = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(count)
        ]
        for shard in range(count):
            self._send(shard, setup)

    def step(self, plots: Rows, now_s: float | None = None) -> Paths:
        """Take plots that arrived together; return the tracks that changed, each as told by the shard it is in.

        now_s : when they arrived; None: as their `rx_ns` says
        """
        return paths_of(self.take(plots, None if now_s is None else int(nanoseconds(now_s))), self.plane)

    def take(self, plots: Rows, now_ns: int | None = None) -> Rows:
        """Do what `step` does, and return TRACK (k,); tentative tracks are not told."""
        if now_ns is None:
            now_ns = int(plots["rx_ns"].max()) if len(plots) else self.now_ns
        self.now_ns = max(self.now_ns, now_ns)
        known, unknown_count = with_rows(plots, self._keys)
        self.unknown_count += unknown_count
        mine, home = self._whose(known)
        sent = plots if unknown_count == 0 else plots[np.isin(plots["sensor"], list(self._keys))]
        for shard in range(len(self._processes)):
            self._send(shard, Step(self.now_ns, sent[mine[shard]].tobytes()))
        answers = [self._receive(shard) for shard in range(len(self._processes))]
        owners = np.full(mine.shape, -1, np.int64)
        for shard, answer in enumerate(answers):
            owners[shard, mine[shard]] = np.frombuffer(answer.owners, np.int64)
        self._link(owners, home)
        return self._joined([rows_from(answer.tracks, TRACK) for answer in answers])

    def picture(self, t_s: float | None = None) -> Paths:
        """Return every confirmed track moved on to `t_s`, or to now."""
        now_ns = self.now_ns if t_s is None else int(nanoseconds(t_s))
        return paths_of(self._joined([rows_from(answer.tracks, TRACK) for answer in self._ask(now_ns)]), self.plane)

    def counters(self) -> list[dict[str, int]]:
        """Return what each shard counted since the start."""
        return [answer.counters for answer in self._ask(self.now_ns)]

    def state(self) -> bytes:
        """Return everything that the next step depends on, of all shards: write it to a file from time to time."""
        for shard in range(len(self._processes)):
            self._send(shard, State())
        states = [self._receive(shard).state for shard in range(len(self._processes))]
        numbers = [held.tobytes() for held in self._numbers]
        counted = (self.now_ns, self.unknown_count, self._next_number)
        return msgspec.msgpack.encode((_STATE_VERSION, self._setup_sha256, counted, numbers, states))

    def restore(self, octets: bytes) -> None:
        """Go on from a `state` of shards with the same sensors, cuts and parameters; ConfigError for any other."""
        kind = tuple[int, bytes, tuple[int, int, int], list[bytes], list[bytes]]
        try:
            version, setup, counted, numbers, states = msgspec.msgpack.decode(octets, type=kind)
        except msgspec.DecodeError as error:
            raise ConfigError(f"no state of shards: {error}") from error
        if version != _STATE_VERSION or setup != self._setup_sha256:
            raise ConfigError("the state is of shards with other sensors, cuts or parameters: set up the same ones")
        for shard, state in enumerate(states):
            self._send(shard, Restore(state))
        refused = [answer.refused for answer in map(self._receive, range(len(states))) if answer.refused]
        if refused:
            raise ConfigError(refused[0])
        self.now_ns, self.unknown_count, self._next_number = counted
        self._numbers = [np.frombuffer(held, np.int64).copy() for held in numbers]

    @property
    def process_ids(self) -> list[int]:
        """Return the shards' processes, for those who measure."""
        return [process.pid for process in self._processes]

    def close(self) -> None:
        """End the shards' processes."""
        for process in self._processes:
            assert process.stdin is not None
            assert process.stdout is not None
            with contextlib.suppress(BrokenPipeError):  # it ended before
                process.stdin.close()
            process.stdout.close()
            process.wait()

    def __enter__(self) -> Shards:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _whose(self, known: Rows) -> tuple[BoolArray, IntArray]:
        """Return which plots go to which shard, (shards, n), and in whose area each is, (n,).

        Those that are refused anyway go to the first.
        """
        n = len(known)
        if n > len(self._prepared):
            self._prepared = empty_prepared(1 << (n - 1).bit_length())
        numbers = known.view(PLOT_NUMBERS)
        count = len(self.sensors)
        prepare(self.now_ns, numbers, _NO_RECEIVERS, self._table, count, self._fuse_setup, self._prepared)
        prepared = self._prepared[:n]
        away_m = self._away_m(prepared["place"][:, :2])
        to_shard: BoolArray = away_m <= self.margin_m
        to_shard |= np.isin(known["kind"], _PLACELESS)
        refused = (prepared["verdict"] != 0) & ~np.isin(known["kind"], _PLACELESS)
        to_shard[:, refused] = False
        to_shard[0, refused] = True
        return to_shard, away_m.argmin(axis=0)

    def _away_m(self, place_m: FloatArray) -> FloatArray:
        """Return how far places (n, 2) are outside of each shard's area, (shards, n); 0 inside."""
        low, high = self.areas_m[:, None, 0], self.areas_m[:, None, 1]
        outside = np.maximum(np.maximum(low - place_m, place_m - high), 0.0)
        away_m: FloatArray = outside.max(axis=-1)
        return away_m

    def _link(self, owners: IntArray, home: IntArray) -> None:
        """Give one number to the tracks of several shards that surely took the same plot.

        It is the number of the shard in whose area the plot is, so what the picture shows does not change by it.

        owners : (shards, n) number of each plot's track in each shard, -1 where it has none
        home   : (n,) the shard in whose area each plot is
        """
        for shard in range(len(owners)):
            self._make_room(shard, int(owners[shard].max(initial=0)))
        has = owners > 0
        held = np.stack([np.where(has[shard], self._numbers[shard][row], 0) for shard, row in enumerate(owners)])
        most = held.max(axis=0)
        unlike = (has & (held != most)).any(axis=0) & (has.sum(axis=0) > 1)
        for at in np.flatnonzero(unlike).tolist():
            shards = np.flatnonzero(has[:, at]).tolist()
            shards.sort(key=lambda shard: shard != home[at])  # at its home first
            numbers = [int(self._numbers[shard][owners[shard, at]]) for shard in shards]
            number = next((number for number in numbers if number), 0) or self._new_number()
            for shard in shards:
                self._numbers[shard][owners[shard, at]] = number

    def _joined(self, parts: Sequence[Rows]) -> Rows:
        """Return the tracks of all shards, each once: of the shard whose area it is in, else of the nearest."""
        told, away = [], []
        for shard, rows in enumerate(parts):
            mine = rows[rows["status"] != int(TrackStatus.TENTATIVE)]
            mine = mine[mine["track_no"] < PROVISIONAL_NO].copy()
            numbers = mine["track_no"].astype(np.int64)
            self._make_room(shard, int(numbers.max(initial=0)))
            distance_m = self._away_m(mine["position_enu_m"][:, :2])[shard]
            for local in np.unique(numbers[(self._numbers[shard][numbers] == 0) & (distance_m == 0.0)]).tolist():
                self._numbers[shard][local] = self._new_number()
            mine["track_no"] = self._numbers[shard][numbers]
            keep = (mine["track_no"] > 0) & (distance_m <= self.margin_m)
            told.append(mine[keep])
            away.append(distance_m[keep])
        every, distance = np.concatenate(told), np.concatenate(away)
        nearest = np.full(self._next_number, np.inf)
        np.minimum.at(nearest, every["track_no"], distance)
        ends = (every["status"] == int(TrackStatus.DROPPED)) & (distance > 0.0)  # it is followed on the other side
        chosen = np.flatnonzero((distance == nearest[every["track_no"]]) & ~ends)
        return every[chosen]

    def _new_number(self) -> int:
        self._next_number += 1
        return self._next_number - 1

    def _make_room(self, shard: int, local: int) -> None:
        """Let the table of a shard's numbers hold `local`."""
        held = self._numbers[shard]
        if local >= len(held):
            self._numbers[shard] = np.concatenate((held, np.zeros(max(len(held), local + 1 - len(held)), np.int64)))

    def _ask(self, now_ns: int) -> list[Answer]:
        for shard in range(len(self._processes)):
            self._send(shard, Picture(now_ns))
        return [self._receive(shard) for shard in range(len(self._processes))]

    def _send(self, shard: int, message: msgspec.Struct) -> None:
        to = self._processes[shard].stdin
        assert to is not None
        try:
            write(to, message)
        except (BrokenPipeError, ValueError) as error:
            raise ShardError(f"shard {shard} has ended: {error}") from error

    def _receive(self, shard: int) -> Answer:
        source = self._processes[shard].stdout
        assert source is not None
        octets = read(source)
        if not octets:
            raise ShardError(f"shard {shard} has ended with code {self._processes[shard].poll()}")
        return self._answer.decode(octets)


def areas_of(cuts_east_m: Sequence[float], cuts_north_m: Sequence[float]) -> FloatArray:
    """Return the areas, (shards, 2, 2): the least east and north, then the greatest; the outer ones have no end."""
    east = [-np.inf, *cuts_east_m, np.inf]
    north = [-np.inf, *cuts_north_m, np.inf]
    return np.array(
        [
            ((east[i], north[j]), (east[i + 1], north[j + 1]))
            for j in range(len(north) - 1)
            for i in range(len(east) - 1)
        ]
    )
