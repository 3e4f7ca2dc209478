"""Feed the pages: the latest picture, and one frame an interval, made once for all clients of a release group.

One `Hub` is one release group. `run` feeds it facts; the web server subscribes a client to it for each WebSocket. A
client that reads too slowly loses its oldest frames, sees the gap in `seq` and asks for a snapshot; it slows nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import Final, TypeVar

import msgspec
import numpy as np

from skydas.errors import OutputError, RefusedError
from skydas.model import (
    TRACK,
    Fact,
    Frame,
    Group,
    NodeConfig,
    NodeStarted,
    Notice,
    Rows,
    SensorBias,
    SensorHealth,
    SensorStatus,
    SourceStatus,
    empty_tracks,
)
from skydas.outputs import Emit, Inbox
from skydas.outputs._board import Board
from skydas.outputs._page_wire import KIND_SNAPSHOT, KIND_UPDATE, text_frame, tracks_frame
from skydas.outputs._picture import Picture, Trail
from skydas.outputs._texts import (
    BoardText,
    GroupsText,
    NamesText,
    NodeText,
    SensorsText,
    SourcesText,
    Text,
    groups_text,
    notice_text,
    origin_word,
    place_of,
    sensors_text,
    sources_text,
)

CLIENTS_MAX: Final = 200
CLIENT_FRAMES_MAX: Final = 4  # waiting for one client; the oldest is dropped and counted
PENDING_ROWS_MAX: Final = 262_144  # between two frames; beyond it the picture is brought up to date early
NOTICES_MAX: Final = 50
STATUSES_MAX: Final = 4096  # sensors, and sources, whose status is kept
TEXT_EVERY_TICKS: Final = 10

Status = TypeVar("Status", SensorStatus, SensorBias, SensorHealth, SourceStatus)


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often the pages get a frame."""

    interval_s: float = 0.1


class Subscription:
    """One client's frames: those made for it alone first, then those for all."""

    def __init__(self, hub: Hub) -> None:
        self.dropped = 0
        self._hub = hub
        self._own: deque[bytes] = deque()
        self._shared: deque[bytes] = deque()
        self._ready = asyncio.Event()
        self._closed = False

    @property
    def waiting_count(self) -> int:
        """Return how many frames wait."""
        return len(self._own) + len(self._shared)

    async def get(self) -> bytes | None:
        """Return the next frame; None when the hub is closed."""
        while not (self._own or self._shared or self._closed):
            self._ready.clear()
            await self._ready.wait()
        if self._own:
            return self._own.popleft()
        return self._shared.popleft() if self._shared else None

    def ask_snapshot(self) -> None:
        """Put a fresh snapshot in place of all that is waiting."""
        self.put_own(self._hub.whole_frames())

    def put_own(self, frames: list[bytes]) -> None:
        """Replace all that is waiting by frames made for this client, which hold all that it would have said."""
        self._own = deque(frames)
        self._shared.clear()
        self._ready.set()

    def put(self, frame: bytes) -> None:
        """Queue a frame made for all."""
        if len(self._shared) >= CLIENT_FRAMES_MAX:
            self._shared.popleft()
            self.dropped += 1
        self._shared.append(frame)
        self._ready.set()

    def close(self) -> None:
        """End it: `get` returns what is waiting, then None."""
        self._closed = True
        self._ready.set()


class Hub:
    """What the pages see. Plain calls on one event loop; nothing here waits."""

    def __init__(self, config: NodeConfig, version: str) -> None:
        self.config = config
        self.version = version
        self.now_ns = 0  # of the last fact
        self.seq = 0  # of the last frame for all
        self.started: NodeStarted | None = None
        self.notices: deque[Notice] = deque(maxlen=NOTICES_MAX)
        self.trail = Trail()
        self.board = Board()
        self._picture = Picture()
        self._sensors: dict[str, SensorStatus] = {}
        self._biases: dict[str, SensorBias] = {}
        self._healths: dict[str, SensorHealth] = {}
        self._groups: dict[int, Group] = {}
        self._groups_told = False  # a text with groups is out: the next says so when there are none
        self._sources: dict[str, SourceStatus] = {}
        self._clients: list[Subscription] = []
        self._dropped_before = 0  # frames, by clients that are gone
        self._pending: list[bytes] = []
        self._pending_rows = 0
        self._pending_notices: deque[Notice] = deque(maxlen=NOTICES_MAX)
        self._tick_count = 0
        self._snapshot: list[bytes] | None = None  # made once a tick, however many ask

    @property
    def tracks(self) -> Rows:
        """Return the row of every track that lives, TRACK (k,), sorted by number, as of the last tick."""
        return self._picture.rows

    def track(self, track_no: int) -> Rows | None:
        """Return the row of one track, TRACK (1,), or None, as of the last tick."""
        return self._picture.track(track_no)

    @property
    def dropped_count(self) -> int:
        """Return how many frames pages were too slow to take, ever."""
        return self._dropped_before + sum(client.dropped for client in self._clients)

    def subscribe(self) -> Subscription:
        """Return a new client's frames, the node and the whole picture first. Raises RefusedError when full."""
        if len(self._clients) >= CLIENTS_MAX:
            raise RefusedError(f"{CLIENTS_MAX} pages are open already, close one")
        client = Subscription(self)
        notices = [self._text(notice_text(notice)) for notice in self.notices]
        client.put_own([self._text(self.node_text()), *self.whole_frames(), *notices])
        self._clients.append(client)
        return client

    def unsubscribe(self, client: Subscription) -> None:
        """Forget a client."""
        client.close()
        with contextlib.suppress(ValueError):
            self._clients.remove(client)
            self._dropped_before += client.dropped

    def add(self, fact: Fact) -> None:
        """Take one fact."""
        self.now_ns = max(self.now_ns, fact.now_ns)
        if isinstance(fact, Frame):
            self._pending.append(fact.tracks)
            self._pending_rows += len(fact.tracks) // TRACK.itemsize
        elif isinstance(fact, SensorStatus):
            _keep(self._sensors, fact.sensor, fact)
        elif isinstance(fact, SensorBias):
            _keep(self._biases, fact.sensor, fact)
        elif isinstance(fact, SensorHealth):
            _keep(self._healths, fact.sensor, fact)
        elif isinstance(fact, Group):
            self._take_group(fact)
        elif isinstance(fact, SourceStatus):
            _keep(self._sources, fact.source, fact)
        elif isinstance(fact, Notice):
            self.notices.append(fact)
            self._pending_notices.append(fact)
        elif isinstance(fact, NodeStarted):
            self.started = fact
        else:
            self.board.take(fact)
        if self._pending_rows > PENDING_ROWS_MAX:
            self.tick()

    def tick(self) -> None:
        """Send what changed since the last tick; the texts take turns, so that no tick fills a client's queue."""
        changed, names = self._take_pending()
        self._snapshot = None
        if self._clients:
            if len(changed):
                self._send(tracks_frame(KIND_UPDATE, self.seq + 1, self.now_ns, changed))
            if names:
                self._send_text(NamesText(names=names))
            if self._pending_notices:
                self._send_text(notice_text(self._pending_notices.popleft()))
            if (stands := self.board.changed()) is not None:
                self._send_text(BoardText(standing=stands[0], gone=stands[1]))
            self._send_status(self._tick_count % TEXT_EVERY_TICKS)
        else:
            self.board.changed()  # whoever comes gets all that stands
            self._pending_notices.clear()  # whoever comes gets the last ones anyway
        self._tick_count += 1

    def snapshot_frames(self) -> list[bytes]:
        """Return the whole picture and the callsigns in it, as of the last frame for all."""
        if self._snapshot is None:
            rows = self._picture.rows
            tracks = tracks_frame(KIND_SNAPSHOT, self.seq, self.now_ns, rows)
            self._snapshot = [tracks, self._text(NamesText(names=_names(rows)))]
        return self._snapshot

    def whole_frames(self) -> list[bytes]:
        """Return all that a page needs to begin again: the picture, and all that stands."""
        return [*self.snapshot_frames(), self._text(BoardText(standing=self.board.whole(), gone=None))]

    def node_text(self) -> NodeText:
        """Return which node this is and how its picture stands."""
        latitude_deg, longitude_deg = place_of(self.config)
        return NodeText(
            node=self.config.node.name,
            version=self.version,
            origin=origin_word(self.config, self.started),
            now_ns=self.now_ns,
            latitude_deg=latitude_deg,
            longitude_deg=longitude_deg,
            track_count=len(self._picture.rows),
            client_count=len(self._clients),
            refused_count=self._picture.refused_count,
        )

    def sensors_text(self) -> SensorsText:
        """Return all configured sensors with what is known of each."""
        return sensors_text(self.config.sensors, self._sensors, self._biases, self._healths)

    def health(self, sensor: str) -> SensorHealth | None:
        """Return how well a sensor does, or None where nothing is known of it."""
        return self._healths.get(sensor)

    def sources_text(self) -> SourcesText:
        """Return all configured sources with what is known of each."""
        return sources_text(self.config, self._sources)

    def groups_text(self) -> GroupsText:
        """Return every group there is."""
        return groups_text(self._groups)

    def close(self) -> None:
        """End every client."""
        for client in list(self._clients):
            self.unsubscribe(client)

    def _take_group(self, group: Group) -> None:
        if group.is_over:
            self._groups.pop(group.number, None)
        elif group.number in self._groups or len(self._groups) < STATUSES_MAX:
            self._groups[group.number] = group

    def _take_pending(self) -> tuple[Rows, dict[str, str]]:
        """Bring the picture up to date; return the rows that changed and the callsigns that are new."""
        if not self._pending:
            return empty_tracks(0), {}
        rows = np.frombuffer(b"".join(self._pending), TRACK)
        self._pending.clear()
        self._pending_rows = 0
        self.trail.append(rows)
        changed, renamed = self._picture.update(rows)
        return changed, _names(changed[renamed])

    def _send_status(self, turn: int) -> None:
        if turn == 0:
            self._send_text(self.node_text())
        elif turn == 3:
            self._send_text(self.sensors_text())
        elif turn == 6:
            self._send_text(self.sources_text())
        elif turn == 8 and (self._groups or self._groups_told):
            self._groups_told = bool(self._groups)
            self._send_text(self.groups_text())

    def _send_text(self, text: Text) -> None:
        self._send(text_frame(self.seq + 1, self.now_ns, text))

    def _send(self, frame: bytes) -> None:
        self.seq += 1
        self._snapshot = None
        for client in self._clients:
            client.put(frame)

    def _text(self, text: Text) -> bytes:
        """Return a text for one client: it bears the number of the last frame for all."""
        return text_frame(self.seq, self.now_ns, text)


async def run(params: Params, inbox: Inbox, emit: Emit, hub: Hub | None = None) -> None:
    """Feed `hub` until the inbox ends, then close it."""
    if hub is None:
        raise OutputError("the page's output is started by [web], take it out of [[outputs]]")
    ticking = asyncio.create_task(_tick(hub, params.interval_s))
    try:
        while (got := await inbox.get()) is not None:
            hub.add(got[0])
    finally:
        ticking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await ticking
        hub.tick()
        hub.close()


async def _tick(hub: Hub, interval_s: float) -> None:
    while True:
        await asyncio.sleep(interval_s)
        hub.tick()


def _keep(statuses: dict[str, Status], name: str, status: Status) -> None:
    if name in statuses or len(statuses) < STATUSES_MAX:
        statuses[name] = status


def _names(rows: Rows) -> dict[str, str]:
    """Return the callsigns by track number; an empty one is left out."""
    rows = rows[rows["callsign"] != b""]
    pairs = zip(rows["track_no"].tolist(), rows["callsign"].tolist(), strict=True)
    return {str(track_no): callsign.decode("ascii", "replace") for track_no, callsign in pairs}
