"""Node.step: from one input to its facts, the only place that knows the order of the stages.

No clock, no I/O, no randomness: the same inputs give the same facts, byte for byte.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
import numpy as np

import skydas
from skydas.config import config_sha256, decode_config
from skydas.errors import ConfigError, RefusedError
from skydas.fuse import FuseParams, Tracker
from skydas.fuse.corrections import MERGE, RENUMBER
from skydas.fuse.health import HealthParams
from skydas.fuse.registration import RegistrationParams
from skydas.geo import TangentPlane
from skydas.model import (
    NS_PER_S,
    PROVISIONAL_NO,
    Action,
    ActionTaken,
    Decoded,
    Fact,
    Frame,
    Group,
    Input,
    InputKind,
    IntArray,
    NodeConfig,
    NodeStarted,
    Notice,
    Origin,
    PlotFrame,
    ReleaseLabel,
    Rows,
    SensorBias,
    SensorHealth,
    SensorState,
    SensorStatus,
    SourceStatus,
    chosen_rows,
    copy_rows,
    empty_plots,
    empty_tracks,
)
from skydas.node.actions import ACTIONS
from skydas.node.copies import Copies
from skydas.node.frame import configured_plane, frame_of, plane_at
from skydas.node.grouping import Grouping
from skydas.node.health import SensorLife
from skydas.node.intake import REASONS, Intake, SensorTable
from skydas.node.judging import Desk, Judging, Seen
from skydas.node.pile import Pile, fill_back, latest_of_each
from skydas.node.registering import Registering, is_worth_it
from skydas.node.sourcing import Sourcing
from skydas.node.stages import StageTimes, Stopwatch
from skydas.node.streams import Streams, source_of
from skydas.node.watching import Watching
from skydas.respond.wording import check_signs

FRAME_ROWS_MAX: Final = 20_000
CLOCK_BACK_S_MAX: Final = 1.0
NO_OWNER: Final = np.zeros(0, np.int64)
SILENT: Final = int(SensorState.SILENT)
DOUBTED: Final = frozenset(("clock_went_back",))  # counted, and used at the node's time


class Node:
    """The picture, and how an input changes it."""

    def __init__(self, config: NodeConfig, stopwatch: Stopwatch = lambda: 0) -> None:
        self.stage_times = StageTimes()
        self._stopwatch = stopwatch
        self.now_ns = 0
        self.sequence = 0
        self._out: list[Fact] = []
        self._fed: list[tuple[str, Rows, dict[int, str]]] = []  # plots that a stage made, taken after it
        self._second = 0
        self._tracker: Tracker | None = None
        self._tracked_by: tuple[Any, ...] = ()
        self._registering: Registering | None = None
        self._watching: Watching | None = None
        self._first_track_no = 1
        self.judging: Judging
        self.plane: TangentPlane | None
        self._configure(config)

    def step(self, given: Input) -> list[Fact]:
        """Take one input to its consequences and return the facts, in order."""
        self._out = []
        began_ns = self._stopwatch()
        if given.rx_ns < self.now_ns - CLOCK_BACK_S_MAX * NS_PER_S:
            self._sources.of(source_of(given.source)).reject("clock_went_back", 1)
        self.now_ns = max(self.now_ns, given.rx_ns)
        match given.kind:
            case InputKind.DATA:
                self._data(given)
            case InputKind.TICK:
                self._tick()
            case InputKind.LINK:
                if numbers := self._sources.numbers_given(given):
                    self.number_from(numbers)
                self._sources.link(self.now_ns, given)
            case InputKind.ACTION:
                self._action(given)
            case InputKind.CONFIG:
                self._start(given)
        while self._fed:
            self._take(*self._fed.pop(0))
        self.stage_times.add("step", self._stopwatch() - began_ns)
        return self._out

    def _data(self, given: Input) -> None:
        """octets -> plots -> tracks."""
        source = source_of(given.source)
        count = self._sources.of(source)
        count.input_count += 1
        count.octet_count += len(given.payload)
        decoder = self._streams.decoder(given.source)
        if decoder is None:
            count.reject("source_without_format", 1)
            return
        if source in self._streams.datagram_sources and self._copies.has(self.now_ns, given.payload):
            count.copy_count += 1
            return
        t0 = self._stopwatch()
        decoded: Decoded = decoder.decode(self.now_ns, given.payload)
        t1 = self._stopwatch()
        self.stage_times.add("decode", t1 - t0)
        count.record_count += decoded.records
        for reason, rejected in decoded.rejected.items():
            count.reject(reason, rejected)
        self._reports(source, decoded)
        if len(decoded.plots):
            self._take(source, decoded.plots, decoded.names)

    def _take(self, source: str, plots: Rows, names: dict[int, str]) -> None:
        """plots -> tracks; `plots`, PLOT (n,), may be changed."""
        count = self._sources.of(source)
        t1 = self._stopwatch()
        taken = self._intake.step(self.now_ns, source, plots, names)
        self._grow()
        for row, plot_count in taken.counts:
            self._sensors.count(row, plot_count, self.now_ns)
        count.plot_count += len(taken.plots)
        tracked = taken.plots
        if taken.refused:
            for code, refused in enumerate(np.bincount(taken.reasons).tolist()):
                if code and refused:
                    count.reject(REASONS[code], refused)
            tracked = tracked[taken.reasons == 0]
        t2 = self._stopwatch()
        self.stage_times.add("intake", t2 - t1)
        changed = None
        if len(tracked):
            if taken.row_max > self._table.undeclared_row:
                tracked = copy_rows(tracked)
                np.minimum(tracked["sensor"], self._table.undeclared_row, out=tracked["sensor"])
            tracker = self._tracker
            if tracker is None:
                tracker = self._start_tracker(plane_at(tracked[0]))
                self._tell_started()
            changed = tracker.step(self.now_ns, tracked)
            owner = tracker.last_owner
            if self._registering is not None:
                self._registering.note(tracked.tobytes(), owner, changed)
            self.stage_times.add("track", self._stopwatch() - t2)
            self._pile.put(tracked, owner, names, changed)
        self._tell(PlotFrame, source=source, plots=taken.plots.tobytes())
        if self._pile.is_due(self.now_ns):
            self._tell_changed()

    def _tell_changed(self) -> None:
        """Tell the tracks that changed, with what was judged of them last; judge them where that is due or urgent."""
        if not self._pile:
            return
        if not self.config.node.judges or self._pile.judgement_is_due(self.now_ns):
            self._judge()
            return
        tracks = self._pile.untold()
        if self.judging.stand(self.now_ns, tracks):
            self._judge()
            return
        self._pile.told(self.now_ns)
        self._frames(tracks)

    def _judge(self) -> None:
        """Judge the tracks that changed, and tell those that have not left."""
        if not self._pile:
            return
        plots, owner, names, tracks, untold = self._pile.take(self.now_ns)
        if self.config.node.judges:
            latest, back = latest_of_each(tracks)
            self.judging.step(Seen(self.now_ns, plots, owner, names, latest, []))
            tracks, back = tracks[len(tracks) - untold :], back[len(tracks) - untold :]
            fill_back(tracks, latest, back)
        self._frames(tracks)

    def _tick(self) -> None:
        """The clock: tracks coast and drop, sensors fall silent."""
        if self._tracker is not None:
            t0 = self._stopwatch()
            changed = self._tracker.tick(self.now_ns)
            self.stage_times.add("tick", self._stopwatch() - t0)
            late, owner = self._tracker.late_owners()
            if len(late) and self.config.node.judges:
                self.judging.late(late, owner)
            self._pile.put(empty_plots(0), NO_OWNER, {}, changed)
            self._tell_changed()
        second = self.now_ns // NS_PER_S
        if second != self._second:
            self._second = second
            self._statuses()
            self._groups()
            if self._registering is not None:
                self._register(self._registering)
            if self._watching is not None:
                self._watch(self._watching)
            if self.config.node.judges:
                picture = self.picture(self.now_ns)
                sure = chosen_rows(picture, picture["track_no"] < PROVISIONAL_NO)
                self.judging.second(Seen(self.now_ns, empty_plots(0), NO_OWNER, {}, sure, []))

    def _groups(self) -> None:
        if self._tracker is not None and self.plane is not None:
            for fields in self._grouping.told(self._tracker.groups(), self.plane):
                self._tell(Group, **fields)

    def _register(self, registering: Registering) -> None:
        """Learn the sensors' biases from the last second; say what is new."""
        t0 = self._stopwatch()
        notices = registering.learn(self.now_ns)
        self.stage_times.add("registration", self._stopwatch() - t0)
        if notices is None:
            return
        if self._tracker is not None:
            self._tracker.use_biases(*registering.corrections())
        for fields in registering.told():
            self._tell(SensorBias, **fields)
        for level, what, text in notices:
            self._notice(level, what, text)

    def _watch(self, watching: Watching) -> None:
        """Judge how well the sensors do; say what is new."""
        tracker = self._tracker
        if tracker is None or not watching.is_due(tracker.watched_ns):
            return
        t0 = self._stopwatch()
        biases = self._registering.told() if self._registering is not None else []
        notices = watching.step(self.now_ns, tracker.watched_ns, tracker.watched(), self._sensors.last_ns, biases)
        if (detection := watching.detection()) is not None:
            tracker.use_detection(detection)
        if self._health_params.doubts_misplaced:
            notices += watching.look_round(self.now_ns, self.picture(self.now_ns))
            tracker.use_doubts(watching.doubted())
        told = watching.told(self._sensors.last_ns)
        self.stage_times.add("health", self._stopwatch() - t0)
        for fields in told:
            self._tell(SensorHealth, **fields)
        for level, what, text in notices:
            self._notice(level, what, text)

    def _action(self, given: Input) -> None:
        """A person acts; the journal already holds it."""
        action = msgspec.msgpack.decode(given.payload, type=Action)
        self._judge()  # people act on what they see
        refused, made_no = "", 0
        try:
            for name, text in (("who", action.who), ("role", action.role), *action.fields.items()):
                check_signs(name[:40], text, "\r\n\t")
            handler = ACTIONS.get(action.what)
            if handler is not None:
                made_no = handler(self, action)
            elif not self.judging.act(action):
                there_are = ", ".join(sorted([*ACTIONS, *self.judging.actions()]))
                raise RefusedError(f"there is no action {action.what!r}; there are: {there_are}")
        except RefusedError as error:
            refused = str(error)
        said = {"who": action.who, "role": action.role, "what": action.what, "fields": action.fields}
        self._tell(ActionTaken, **said, refused=refused, made_no=made_no)

    def _start(self, given: Input) -> None:
        """The configuration: the first input of every journal, and again whenever it changed."""
        config = decode_config(given.payload)
        self._judge()
        if config_sha256(config) != self.configuration_sha256:
            self._configure(config)
        self._tell_started()
        self.judging.started(self.now_ns)

    def numbers(self) -> dict[str, int]:
        """Return the next number of each kind that this node gives; one that was given is never given again."""
        track_no = self._first_track_no if self._tracker is None else self._tracker.next_track_no
        return {"sequence": self.sequence, "track": track_no} | self.judging.numbers()

    def number_from(self, numbers: dict[str, int]) -> None:
        """Give no number below these: an earlier run may have, and what it knew is lost."""
        self.sequence = max(self.sequence, numbers.get("sequence", 0))
        self._first_track_no = max(self.numbers()["track"], numbers.get("track", 1))
        if self._tracker is not None:
            self._tracker.next_track_no = self._first_track_no
        self.judging.number_from(numbers)

    def notice(self, level: str, what: str, text: str) -> None:
        """Tell the people on watch something about the node (for actions)."""
        self._notice(level, what, text)

    def feed(self, source: str, plots: Rows) -> None:
        """Take plots that a stage made, PLOT (n,), as if a source had brought them, when the stages are through."""
        self._fed.append((source, plots, {}))

    def picture(self, now_ns: int) -> Rows:
        """Return every living track moved on to `now_ns`, TRACK (k,); the columns of later stages are not filled."""
        return self._tracker.picture(now_ns) if self._tracker is not None else empty_tracks(0)

    def correct(self, what: int, track_no: int, other_no: int = 0) -> int:
        """Let a person's word about tracks hold (for actions); return the other number. Raises RefusedError."""
        if self._tracker is None:
            raise RefusedError("nothing is tracked yet")
        changed, other_no = self._tracker.correct(self.now_ns, what, track_no, other_no)
        if what == MERGE:
            self.judging.renumber(self.now_ns, other_no, track_no)
        elif what == RENUMBER:
            self.judging.renumber(self.now_ns, track_no, other_no)
        self._pile.put(empty_plots(0), NO_OWNER, {}, changed)
        self._judge()
        return other_no

    def _silent_sensors(self) -> list[str]:
        return [name for name, state in zip(self._table.names, self._sensors.state, strict=False) if state == SILENT]

    def _first_plots_ns(self, track_nos: IntArray) -> IntArray:
        return np.zeros_like(track_nos) if self._tracker is None else self._tracker.first_plots_ns(track_nos)

    def _configure(self, config: NodeConfig) -> None:
        self.config = config
        self._name = config.node.name
        self.configuration_sha256 = config_sha256(config)
        self.origin = Origin[config.node.origin.upper()]
        self._table = SensorTable(config)
        self._intake = Intake(self._table)
        self._sensors = SensorLife(self._table.sensors)
        self._streams = Streams(config.sources)
        self._sources = Sourcing(config, self._streams, self._notice)
        self._copies = Copies()
        try:
            self._fuse_params = msgspec.convert({"qnh_hpa": config.node.qnh_hpa} | config.fuse, FuseParams)
            self._registration_params = msgspec.convert(config.registration, RegistrationParams)
            self._health_params = msgspec.convert(config.health, HealthParams)
        except msgspec.ValidationError as error:
            raise ConfigError(f"fuse, registration, health: {error}") from error
        tracked_by = (config.sensors, config.fuse, config.registration, config.health, frame_of(config))
        before, self._tracked_by = self._tracked_by, tracked_by
        goes_on = self._tracker is not None and tracked_by == before  # then the tracks and their numbers stay
        if self._tracker is not None and not goes_on:
            self._first_track_no = self._tracker.next_track_no
        if not goes_on:
            self._tracker = None
            self._registering = None
            self._watching = None
            self._grouping = Grouping()
        lasting, numbers = (self.judging.lasting(), self.judging.numbers()) if self.now_ns else ({}, {})
        desk = Desk(
            config=config,
            sensors=self._table.sensors,
            tell=self._tell,
            notice=self._notice,
            picture=self.picture,
            plane=lambda: self.plane,
            assets=[],
            now_ns=lambda: self.now_ns,
            silent=self._silent_sensors,
            first_plots_ns=self._first_plots_ns,
            feed=self.feed,
        )
        self.judging = Judging(desk, self.stage_times, self._stopwatch)
        self.judging.take_over(lasting)
        self.judging.number_from(numbers)
        self._pile = Pile()
        if not goes_on:
            self.plane = configured_plane(config)
            if self.plane is not None:
                self._start_tracker(self.plane)

    def _start_tracker(self, plane: TangentPlane) -> Tracker:
        self.plane = plane
        self._tracker = Tracker(self._fuse_params, self._table.sensors, plane, self.origin)
        self._tracker.next_track_no = self._first_track_no
        self._watching = Watching(self._health_params, self._table.sensors, plane)
        if is_worth_it(self._table.sensors):
            self._registering = Registering(self._registration_params, self._table.sensors, plane, self._fuse_params)
        return self._tracker

    def _reports(self, source: str, decoded: Decoded) -> None:
        """North marks, heartbeats and places: signs of life of the sensors themselves."""
        for report in decoded.statuses:
            row = self._table.row(report.sensor, source, decoded.names)
            self._grow()
            self._sensors.heard(row, self.now_ns)
            if report.words or report.period_s is not None:
                words = report.words
                if report.period_s is not None:
                    words = words | {"period_s": f"{report.period_s:.3f}"}
                self._sensors.words[row] = words

    def _grow(self) -> None:
        if len(self._table.names) > len(self._sensors.plot_count):
            fresh = self._table.names[len(self._sensors.plot_count) :]
            self._sensors.grow(len(self._table.names))
            self._tell_started()
            self._notice(
                "warning",
                "sensor_not_declared",
                f"heard {', '.join(fresh)}, which the node file does not declare: "
                "its plots are recorded; add [[sensors]] with its place to track with it",
            )

    def _statuses(self) -> None:
        for row, before, state in self._sensors.second(self.now_ns):
            name = self._table.names[row]
            if state == SensorState.SILENT:
                silent_s = (self.now_ns - int(self._sensors.last_ns[row])) / NS_PER_S
                self._notice("warning", "sensor_fell_silent", f"{name}: nothing for {silent_s:.0f} s")
            elif before == SensorState.SILENT:
                self._notice("info", "sensor_came_back", name)
        for fields in self._sensors.told(self.now_ns, self._table.names, self._table.undeclared_row):
            self._tell(SensorStatus, **fields)
        for fields in self._sources.told():
            self._tell(SourceStatus, **fields)

    def _frames(self, changed: Rows) -> None:
        for first in range(0, len(changed), FRAME_ROWS_MAX):
            self._tell(Frame, tracks=changed[first : first + FRAME_ROWS_MAX].tobytes())

    def _notice(self, level: str, what: str, text: str) -> None:
        self._tell(Notice, level=level, what=what, text=text)

    def _tell_started(self) -> None:
        self._out.append(self._started(self.sequence))
        self.sequence += 1

    def started_again(self) -> NodeStarted:
        """Return the node's description for outputs that start after a recovery; it is no new fact."""
        return self._started(max(self.sequence - 1, 0))

    def _started(self, sequence: int) -> NodeStarted:
        label = self.config.label
        releasable = (("Releasable To", "PERMISSIVE", tuple(label.releasable_to)),) if label.releasable_to else ()
        return NodeStarted(
            node=self.config.node.name,
            sequence=sequence,
            now_ns=self.now_ns,
            version=skydas.__version__,
            origin=self.origin,
            configuration_sha256=self.configuration_sha256,
            sensors=tuple(self._table.names),
            plane=None if self.plane is None else (self.plane.latitude_deg, self.plane.longitude_deg),
            labels=(ReleaseLabel(label.policy, label.classification, releasable, self.config.node.name),),
        )

    def _tell(self, fact_type: type[Any], **fields: Any) -> None:
        self._out.append(fact_type(node=self._name, sequence=self.sequence, now_ns=self.now_ns, **fields))
        self.sequence += 1

    def tracker_counters(self) -> dict[str, int]:
        """Return what the tracker counted; metrics, not facts."""
        return self._tracker.counters() if self._tracker is not None else {}

    def state(self) -> bytes:
        """Return everything that shapes later facts, for a snapshot."""
        return msgspec.msgpack.encode(
            {
                "now_ns": self.now_ns,
                "sequence": self.sequence,
                "second": self._second,
                "plane": [self.plane.latitude_deg, self.plane.longitude_deg] if self.plane is not None else None,
                "tracker": self._tracker.state() if self._tracker is not None else None,
                "registering": self._registering.state() if self._registering is not None else None,
                "watching": self._watching.state() if self._watching is not None else None,
                "groups": self._grouping.state(),
                "judging": self.judging.state(),
                "pile": self._pile.state(),
                "first_track_no": self._first_track_no,
                "streams": self._streams.state(),
                "sensors": self._sensors.state_dict(),
                "sources": self._sources.state(),
                "heard": self._table.heard(),
                "copies": self._copies.state(),
            }
        )

    def restore(self, octets: bytes) -> None:
        """Take back what `state` returned, under the same configuration and version."""
        state = msgspec.msgpack.decode(octets)
        self.now_ns, self.sequence, self._second = state["now_ns"], state["sequence"], state["second"]
        self._first_track_no = state["first_track_no"]
        if state["tracker"] is not None:
            self._start_tracker(TangentPlane(*state["plane"])).restore(state["tracker"])
        if self._registering is not None:
            self._registering.restore(state["registering"])
        if self._watching is not None:
            self._watching.restore(state["watching"])
        self._grouping.restore(state["groups"])
        self.judging.restore(state["judging"])
        self._pile.restore(state["pile"])
        self._streams.restore(state["streams"])
        self._table.restore_heard([(key, name) for key, name in state["heard"]])
        self._sensors.restore(state["sensors"])
        self._sources.restore(state["sources"])
        self._copies.restore(state["copies"])
