"""The tracker: plots in, tracks out, the same bytes for the same input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from skydas.errors import RefusedError
from skydas.fuse import counters as c
from skydas.fuse.bearings.births import give_birth
from skydas.fuse.birth import CODE_KEEP_NS, release
from skydas.fuse.compact import compact, is_sparse
from skydas.fuse.corrections import RENUMBER, correct, refusal
from skydas.fuse.health.counts import Watched
from skydas.fuse.health.watch import WATCH_NS, watch
from skydas.fuse.index import move_codes
from skydas.fuse.kernels import LATE, ROWS_PER_PLOT, SWEEP_NS, relink_all, step, sweep
from skydas.fuse.late import TICK, WAITING, Window, WindowState, stored
from skydas.fuse.layout import (
    CODES_MAX,
    TRACKS_MIN,
    empty_buckets,
    empty_places,
    empty_prepared,
    empty_store,
    empty_work,
    grown_stack,
    grown_tracks,
    living_numbers,
    receiver_rows,
    sensor_rows,
    setup_of,
    table_size,
)
from skydas.fuse.measure import PLOT_NUMBERS, REFUSED_LATE, TDOA
from skydas.fuse.multilateration import Groups
from skydas.fuse.output import TRACK_NUMBERS, report, report_all, report_since
from skydas.fuse.params import FuseParams
from skydas.fuse.records import CODE, DOUBTED, TRACKS_MAX, Store
from skydas.geo import TangentPlane
from skydas.model import (
    NS_PER_S,
    PLOT,
    TRACK,
    BoolArray,
    FloatArray,
    IntArray,
    Origin,
    Rows,
    SensorConfig,
    TrackStatus,
    empty_plots,
    empty_tracks,
)

PLOTS_MAX: Final = 1 << 20  # of one step; a longer one is taken in parts
OUT_ROWS: Final = 256  # tracks that a step reports by itself; more are reported by a second call
_STATE_VERSION: Final = 9
_GROUP_KINDS: Final = ("tdoa", "mlat", "rf", "adsb", "other")  # of sensors that may time signals together
_NO_PLOTS: Final = np.zeros(0, PLOT_NUMBERS)
_NO_TRACKS: Final = np.zeros(0, TRACK_NUMBERS)


class Tracker:
    """All tracks of one node. State here, decisions in `kernels.py`, numbers in `FuseParams`."""

    def __init__(
        self, params: FuseParams, sensors: Sequence[SensorConfig], plane: TangentPlane, origin: Origin = Origin.LIVE
    ) -> None:
        self.params = params
        self.origin = origin
        self._origin_number = int(origin)
        self._sensor_count = len(sensors)
        self._receivers = receiver_rows(sensors)
        self._setup = setup_of(params, plane)
        table = sensor_rows(params, sensors, plane)
        self._stated_bias, self._stated_bias_ns = table["bias"].copy(), table["bias_ns"].copy()
        self._stated_trust = table["trust"][: len(sensors)].copy()
        self._groups: Groups | None = None
        if any(sensor.kind in _GROUP_KINDS and sensor.latitude_deg is not None for sensor in sensors):
            self._groups = Groups(params, table, self._receivers, plane, self._setup)
        self._store = empty_store(table)
        self._prepared = empty_prepared(64)
        self._order = np.zeros(64, np.int64)
        self._work = empty_work(64, TRACKS_MIN)
        self._out = np.empty(OUT_ROWS, TRACK_NUMBERS)
        self._out_octets = memoryview(self._out.view(np.uint8).data)
        self._taken_count = 0  # plots of the last step that went into an event,
        self._given_count = 0  # and all of it
        self._taken_rows: IntArray | None = None  # which of them those are; None: all
        self._late: list[tuple[Rows, IntArray]] = []  # what the last tick used for the first time, and whose it is
        self._room = 0  # plots that fit without anything growing
        self._window = Window(round(params.late_s_max * NS_PER_S))

    def step(self, now_ns: int, plots: Rows) -> Rows:
        """Take plots, PLOT (n,) in the order they arrived; return the tracks that changed, TRACK (k,).

        plots : `sensor` is the row of the sensor table, `cov` is filled. What is not plausible is refused and counted;
                a call with a plot that is too late to be used at once waits, whole, for the next tick.
                The array is kept: it must not be changed afterwards.
        """
        if len(plots) > PLOTS_MAX:
            return np.concatenate(
                [self.step(now_ns, plots[a : a + PLOTS_MAX]) for a in range(0, len(plots), PLOTS_MAX)]
            )
        located = empty_tracks(0)
        if self._groups is not None and self._groups.waiting:
            located = self._locate(self._groups, now_ns)
        self._taken_count = self._given_count = len(plots)
        self._taken_rows = None
        if len(plots) == 0:
            return located
        numbers = _as_numbers(plots)
        if self._groups is not None:
            is_held = numbers["kind"] == TDOA
            if is_held.any():
                self._groups.hold(now_ns, numbers[is_held])
                self._taken_rows = np.flatnonzero(~is_held)
                self._taken_count = len(self._taken_rows)
                numbers = numbers[self._taken_rows]
        changed = self._enter(now_ns, numbers) if len(numbers) else empty_tracks(0)
        return changed if len(located) == 0 else np.concatenate((located, changed))

    def _locate(self, groups: Groups, now_ns: int) -> Rows:
        """Take the positions of TDOA groups that are complete; return the tracks that changed."""
        plots = groups.ripe(now_ns)
        if plots is None:
            return empty_tracks(0)
        self._taken_count = len(plots)
        return self._enter(now_ns, plots)

    def _enter(self, now_ns: int, numbers: Rows) -> Rows:
        """Make plots an event, and run it or let it wait; return the tracks that changed."""
        count, oldest_ns, sensor = self._take(now_ns, numbers, True)
        if sensor < 0:  # nothing was accepted
            return empty_tracks(0)
        event = self._window.event(oldest_ns, sensor, now_ns, numbers)
        if count != LATE:
            self._window.ran(event)
            return self._reported(count, 0)
        if not self._window.waits(event):
            verdict = self._prepared["verdict"][: len(numbers)]
            self._store.counts[REFUSED_LATE] += int(np.count_nonzero(verdict == 0))
            verdict[:] = REFUSED_LATE
        return empty_tracks(0)

    @property
    def last_accepted(self) -> BoolArray:
        """Return which of the last step's plots were used, or wait to be; of more than PLOTS_MAX, of the last part."""
        accepted: BoolArray = self._prepared["verdict"][: self._taken_count] == 0
        if self._taken_rows is None:
            return accepted
        given: BoolArray = np.ones(self._given_count, np.bool_)
        given[self._taken_rows] = accepted
        return given

    @property
    def last_track_no(self) -> IntArray:
        """Return for each of the last step's plots the number of the track it mainly went to or began; 0 none.

        A step whose plots came late has not used them yet: all are 0; so are the rows of TDOA groups, which wait.
        """
        return self._of_all(self._prepared["number"][: self._taken_count], 0)

    @property
    def last_owner(self) -> IntArray:
        """Return for each of the last step's plots the number of the confirmed track that it is surely of, or -1."""
        return self._of_all(self._prepared["sure"][: self._taken_count], -1)

    def late_owners(self) -> tuple[Rows, IntArray]:
        """Return the late plots that the last tick used, PLOT (n,), each once in its life, and `last_owner` of each."""
        if not self._late:
            return empty_plots(0), np.zeros(0, np.int64)
        plots, owners = zip(*self._late, strict=True)
        return np.concatenate(plots).view(PLOT), np.concatenate(owners)

    def _of_all(self, values: IntArray, otherwise: int) -> IntArray:
        """Return what is known of the plots taken, and `otherwise` of the rest."""
        if self._taken_rows is None:
            return values.copy()
        given = np.full(self._given_count, otherwise, np.int64)
        given[self._taken_rows] = values
        return given

    def _take(self, now_ns: int, numbers: Rows, defers: bool) -> tuple[int, int, int]:
        """Run the kernels on one event; see `kernels.step`."""
        if len(numbers) > self._room:
            self._make_room(len(numbers))
        self._window.keep(self._store)
        *taken, self._room = step(
            now_ns, numbers, self._receivers, self._sensor_count, self._store, self._setup, self._work,
            self._prepared, self._order, defers, self._out if defers else _NO_TRACKS, self._origin_number,
        )  # fmt: skip
        return tuple(taken)

    def use_biases(self, shift: FloatArray, variance: FloatArray) -> None:
        """Take these biases off every plot from now on, besides those of the configuration; late plots too.

        shift, variance : (s, 4) of range (m), azimuth, elevation (rad), time (s); what they are and how unsure that is
        """
        sensors, count = self._store.sensors, self._sensor_count
        sensors["bias"][:count] = self._stated_bias[:count] + shift[:count, :3]
        sensors["bias_ns"][:count] = self._stated_bias_ns[:count] + np.rint(shift[:count, 3] * NS_PER_S).astype(
            np.int64
        )
        sensors["bias_variance"][:count] = variance[:count, :3]

    def use_detection(self, detection: FloatArray) -> None:
        """Take these for the sensors' detection probabilities from now on, (s,); NaN: as it is. Late plots too."""
        held = self._store.sensors["detection"][: self._sensor_count]
        known = ~np.isnan(detection[: self._sensor_count])
        held[known] = detection[: self._sensor_count][known]

    def use_doubts(self, doubted: BoolArray) -> None:
        """Neither confirm nor keep from now on what only these sensors see, (s,); their plots still move tracks."""
        held = self._store.sensors["trust"][: self._sensor_count]
        held[:] = np.where(doubted[: self._sensor_count], DOUBTED, self._stated_trust)

    @property
    def watched_ns(self) -> int:
        """Return when the tracker last looked what its sensors see: every ten seconds; 0 never."""
        return int(self._store.own[0]["watched_ns"])

    def watched(self) -> Watched:
        """Return what each sensor saw and should have seen, counted since the start; `Health` makes estimates of it."""
        sensors = self._store.sensors[: self._sensor_count]
        return Watched(*(sensors[name].copy() for name in ("watched", "interval", "false_plots", "turns")))

    def tick(self, now_ns: int) -> Rows:
        """Let time pass; return the tracks that coast, moved on to `now_ns`, and those that dropped, TRACK (k,).

        Late plots are put in their place now: tracks that may be others since are among them.
        """
        self._late.clear()
        located = empty_tracks(0)
        if self._groups is not None and self._groups.waiting:
            located = self._locate(self._groups, now_ns)
        if now_ns - self._store.own[0]["ticked_ns"] < SWEEP_NS:
            return located
        revised = self._replay(now_ns) if self._window.is_due(now_ns) else None
        event = self._window.event(now_ns, TICK, now_ns, _NO_PLOTS)
        count = self._sweep(now_ns)
        self._window.ran(event)
        changed = self._report(count, now_ns)
        if revised is not None:
            changed = np.concatenate((revised, changed))
        return changed if len(located) == 0 else np.concatenate((located, changed))

    def correct(self, now_ns: int, what: int, track_no: int, other_no: int = 0) -> tuple[Rows, int]:
        """Do what a person says (see `corrections`); return the tracks that changed, TRACK (k,), and the other number.

        what     : MERGE, SPLIT or RENUMBER
        other_no : MERGE: the track that ends; else the number of the second track, or the new one; 0: the next
        Raises RefusedError.
        """
        self._make_room(1)
        self._room = 0
        other = other_no or self.next_track_no
        refused = correct(self._store, self._setup, self._work, what, track_no, other, now_ns)
        if refused:
            raise RefusedError(refusal(refused, track_no, other))
        self.next_track_no = max(self.next_track_no, other + 1)
        self._window.ran(self._window.event(now_ns, TICK, now_ns, _NO_PLOTS, (what, track_no, other)))
        desk = self._work.desk[0]
        return self._report(int(desk["touched"] + desk["promoted"]), 0), other

    def _repeat(self, now_ns: int, what: int, track_no: int, other_no: int) -> None:
        """Do it again in a replay, where the tracks may be others; a number that was given is kept by other means."""
        self._make_room(1)
        refused = correct(self._store, self._setup, self._work, what, track_no, other_no, now_ns)
        if refused and what != RENUMBER:
            self._store.counts[c.CORRECTIONS_NOT_REPEATED] += 1

    def _sweep(self, now_ns: int) -> int:
        own = self._store.own[0]
        own["ticked_ns"] = now_ns
        if is_sparse(self._store.own):
            compact(self._store)
        if now_ns - own["watched_ns"] >= WATCH_NS:
            watch(self._store, self._setup, now_ns)
        if len(self._store.bearings):
            give_birth(self._store, self._setup, self._work, now_ns)
        count: int = sweep(self._store, self._setup, self._work, now_ns, int(own["newest_ns"]), True)
        return count

    def _replay(self, now_ns: int) -> Rows:
        """Put late events in their place; return the tracks that may have changed, and those that are no more."""
        window, before = self._window, self._store
        assert window.late is not None
        since_ns = window.late[0]
        store, events = window.rewind()
        window.rests_ns = now_ns + min(now_ns - window.newest[0], window.window_ns)
        for name in ("bias", "bias_ns", "bias_variance", "detection", "trust"):  # what is known by now
            store.sensors[name] = before.sensors[name]
        self._room = 0
        # Numbers that were given stay given, and what is run again is not counted again.
        for name in ("next_number", "births"):
            store.own[0][name] = before.own[0][name]
        self._store = store._replace(births=before.births, counts=np.zeros_like(before.counts))
        for event in events:
            if event.word is not None:
                self._repeat(event.now_ns, *event.word)
            elif event.key[1] == TICK:
                self._sweep(event.now_ns)
            else:
                self._take(event.now_ns, event.plots, False)
                if event.applied == WAITING:
                    self._late.append((event.plots, self._prepared["sure"][: len(event.plots)].copy()))
            release(self._store, self._work)
            window.ran(event)
        before.counts[c.LATE_REPLAYS] += 1
        before.counts[c.EVENTS_REPLAYED] += len(events)
        before.counts[c.CORRECTIONS_NOT_REPEATED] += self._store.counts[c.CORRECTIONS_NOT_REPEATED]
        self._store = self._store._replace(counts=before.counts)
        out = np.empty(int(self._store.own[0]["alive"]), TRACK_NUMBERS)
        count = report_since(out, self._store, self._setup, self._work, now_ns, since_ns, int(self.origin))
        is_gone = ~np.isin(living_numbers(before), living_numbers(self._store))
        if not is_gone.any():
            return out[:count].view(TRACK)
        gone = self._picture_of(before, now_ns)[is_gone]
        gone["status"] = TrackStatus.DROPPED
        return np.concatenate((gone, out[:count].view(TRACK)))

    def picture(self, now_ns: int) -> Rows:
        """Return every living track moved on to `now_ns`, TRACK (k,)."""
        return self._picture_of(self._store, now_ns)

    def _picture_of(self, store: Store, now_ns: int) -> Rows:
        out = np.zeros(int(store.own[0]["alive"]), TRACK_NUMBERS)
        report_all(out, store, self._setup, self._work, now_ns, int(self.origin))
        return out.view(TRACK)

    def groups(self) -> list[tuple[np.void, list[int]]]:
        """Return every group as of the last second: its record (GROUP) and the numbers of its tracks, by number."""
        store = self._store
        if store.own[0]["groups"] == 0:
            return []
        tracks = store.tracks[: int(store.own[0]["high"])]
        tracks = tracks[(tracks["group"] != 0) & (tracks["status"] >= 0) & (tracks["status"] < TrackStatus.DROPPED)]
        held = np.sort(store.groups[store.groups["number"] != 0], order="number")
        return [(group, sorted(tracks["number"][tracks["group"] == group["number"]].tolist())) for group in held]

    def counters(self) -> dict[str, int]:
        """Return what was counted since the start, by name."""
        counted = dict(zip(c.NAMES, self._store.counts.tolist(), strict=True))
        return counted if self._groups is None else counted | self._groups.counts

    def receivers(self) -> list[tuple[int, float, float]]:
        """Return row of the sensor, offset and its sigma (m) of every receiver whose clock was learnt from groups."""
        return [] if self._groups is None else self._groups.clocks.known()

    def first_plots_ns(self, track_nos: IntArray) -> IntArray:
        """Return when the first plot of each living track was measured, ns, (n,); 0 where none has the number."""
        found = np.zeros(len(track_nos), np.int64)
        tracks = self._store.tracks
        rows = np.flatnonzero(np.isin(tracks["number"], track_nos) & (tracks["status"] >= 0))
        order = np.argsort(track_nos)
        found[order[np.searchsorted(track_nos, tracks["number"][rows], sorter=order)]] = tracks["first_ns"][rows]
        return found

    @property
    def next_track_no(self) -> int:
        """Return the number that the next confirmed track gets; a node that starts anew goes on counting from it."""
        return int(self._store.own[0]["next_number"])

    @next_track_no.setter
    def next_track_no(self, track_no: int) -> None:
        self._store.own[0]["next_number"] = track_no

    def state(self) -> bytes:
        """Return everything that the next step depends on."""
        blobs = [array.tobytes() for array in self._store]
        groups = b"" if self._groups is None else self._groups.state()
        return msgspec.msgpack.encode((_STATE_VERSION, blobs, self._window.newest, self._window.state(), groups))

    def restore(self, octets: bytes) -> None:
        """Go on from a state of the same version and sensor table. Raises ValueError for any other."""
        kind = tuple[int, list[bytes], tuple[int, int, int], WindowState, bytes]
        try:
            version, blobs, newest, window, groups = msgspec.msgpack.decode(octets, type=kind)
        except msgspec.DecodeError as error:
            raise ValueError(f"no state of a tracker: {error}") from error
        if version != _STATE_VERSION:
            raise ValueError(f"state of a tracker of version {version}; this one reads {_STATE_VERSION}")
        sensors = self._store._fields.index("sensors")
        if len(blobs) != len(self._store) or len(blobs[sensors]) != self._store.sensors.nbytes:
            raise ValueError("state of a tracker with another sensor table")
        self._store = stored(blobs, self._store)
        if self._groups is not None:
            self._groups.restore(groups)
        self._room = 0
        self._window.restore(window, newest, self._store)
        self._work = empty_work(len(self._order), len(self._store.tracks))

    def _reported(self, count: int, now_ns: int) -> Rows:
        """Return what a step wrote to `_out`, or have it written where that was too short."""
        if count > OUT_ROWS:
            return self._report(count, now_ns)
        return np.frombuffer(bytearray(self._out_octets[: count * TRACK.itemsize]), TRACK)

    def _report(self, count: int, now_ns: int) -> Rows:
        out = np.empty(count, TRACK_NUMBERS)
        report(out, self._store, self._setup, self._work, now_ns, int(self.origin))
        return out.view(TRACK)

    def _make_room(self, n: int) -> None:
        """Let scratch hold `n` plots, and the store `n` more tracks as far as TRACKS_MAX allows."""
        own = self._store.own[0]
        old = rows = len(self._store.tracks)
        while rows < TRACKS_MAX and own["free_count"] + (rows - old) < ROWS_PER_PLOT * n:
            rows *= 2
        if rows > old:
            self._grow(rows)
        if n > len(self._order):
            size = 1 << (n - 1).bit_length()
            self._prepared = empty_prepared(size)
            self._order = np.zeros(size, np.int64)
            self._work = empty_work(size, rows)
        elif rows > old:
            self._work = empty_work(len(self._order), rows)
        store = self._store
        newest_ns = int(own["newest_ns"])
        if 2 * (own["codes"] + n) > len(store.codes):
            self._store = store = store._replace(codes=self._cleared_codes(n))
        if 2 * (own["births"] + n) > len(store.births):
            births = np.zeros(max(len(store.births), table_size(rows)), CODE)
            own["births"] = move_codes(store.tracks, store.births, births, newest_ns - self._window.window_ns)
            self._store = store._replace(births=births)

    def _cleared_codes(self, n: int) -> Rows:
        """Return the codes that are still to be remembered, in a table with room for `n` more, and as many again."""
        store = self._store
        own = store.own[0]
        size = len(store.codes)
        while True:
            codes = np.zeros(size, CODE)
            own["codes"] = move_codes(store.tracks, store.codes, codes, int(own["newest_ns"]) - CODE_KEEP_NS)
            if 4 * (own["codes"] + n) <= size or size >= CODES_MAX:
                return codes
            size *= 2

    def _grow(self, rows: int) -> None:
        """Enlarge the store: tracks stay in their rows, index and codes are entered anew."""
        old = self._store
        own = old.own[0]
        codes = np.zeros(max(len(old.codes), table_size(rows)), CODE)
        move_codes(old.tracks, old.codes, codes, 0)
        tracks = grown_tracks(old.tracks, rows)
        stack = grown_stack(old.stack, rows, int(own["free_count"]))
        own["free_count"] += rows - len(old.tracks)
        self._store = old._replace(
            tracks=tracks, stack=stack, places=empty_places(rows), buckets=empty_buckets(rows), codes=codes
        )
        relink_all(self._store, self._setup)


def _as_numbers(plots: Rows) -> Rows:
    """Return the plots as one kind of array that the kernels are compiled for: contiguous and writable."""
    if not plots.flags.c_contiguous or not plots.flags.writeable:
        plots = plots.copy()
    assert plots.dtype == PLOT
    return plots.view(PLOT_NUMBERS)
