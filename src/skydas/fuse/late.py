"""Late plots: checkpoint and replay, so that a late plot has the effect that it would have had in time.

Every call with plots is an event with the time of its oldest plot; a tick is one with its own. Their order is (time,
sensor, arrival). A copy of the store is kept every CHECKPOINT_NS. A late event is only entered; at the next tick the
newest copy that holds nothing later than it is taken up again, and the events that are not in it are run in their
order. What was published stays published: tracks that may have changed are reported again, with the instant from
which on.

A replay of so many seconds is followed by as many without one, but not more than the window holds: so however many
plots are late, they cost the work once or twice again, not at every tick.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from skydas.fuse.layout import used_part, whole
from skydas.fuse.measure import PLOT_NUMBERS
from skydas.fuse.records import Store
from skydas.model import NS_PER_S, Rows

CHECKPOINT_NS: Final = 2 * NS_PER_S
EVENTS_MAX: Final = 262_144  # in the window; beyond it the oldest copies are given up, and the window is shorter
TICK: Final = 1 << 40  # as a sensor: a tick or a person's word comes after the plots of its instant
WAITING: Final = -1  # instead of how many events were run before it: it was not run yet
_SPARE_SHARE: Final = 4  # a copy's memory has room for a quarter more

Key = tuple[int, int, int]
Word = tuple[int, int, int]  # what a person says: which correction, of which track, and the other number
EventState = tuple[Key, int, int, bytes, Word | None]
CheckpointState = tuple[Key, int, list[bytes]]
WindowState = tuple[int, int, Key | None, int, list[EventState], list[CheckpointState]]


class Event(msgspec.Struct):
    """One call of the tracker: plots, a tick, which has none, or a person's word."""

    key: Key  # time of its oldest plot, its sensor, number of arrival
    now_ns: int
    plots: Rows  # PLOT_NUMBERS (n,)
    applied: int = WAITING  # how many events were run before it
    word: Word | None = None


class Checkpoint(msgspec.Struct, frozen=True):
    """A copy of the store."""

    newest: Key  # of the events in it
    applied: int  # how many are in it
    store: Store


class Window:
    """The events of the last seconds, and copies of the store from between them."""

    def __init__(self, window_ns: int) -> None:
        self.window_ns = window_ns
        self.events: list[Event] = []
        self.checkpoints: list[Checkpoint] = []
        self.arrivals = 0
        self.applied = 0
        self.newest: Key = (0, 0, 0)
        self.late: Key | None = None  # of the oldest event that waits for a replay
        self.rests_ns = 0  # until when no replay is made

    def event(self, t_ns: int, sensor: int, now_ns: int, plots: Rows, word: Word | None = None) -> Event:
        """Return a new event, entered but not run yet."""
        self.arrivals += 1
        event = Event((t_ns, sensor, self.arrivals), now_ns, plots, word=word)
        self.events.append(event)
        return event

    def ran(self, event: Event) -> None:
        """Note that `event` was run just now."""
        event.applied = self.applied
        self.applied += 1
        self.newest = max(self.newest, event.key)

    def waits(self, event: Event) -> bool:
        """Let `event` wait for a replay; return False where no copy of the store is old enough: it is forgotten."""
        if not self.checkpoints or self.checkpoints[0].newest > event.key:
            self.events.remove(event)
            return False
        self.late = event.key if self.late is None else min(self.late, event.key)
        return True

    def keep(self, store: Store) -> None:
        """Copy the store if the last copy is old enough, and forget what no plot can be as late as."""
        if self.checkpoints and self.newest[0] - self.checkpoints[-1].newest[0] < CHECKPOINT_NS:
            return
        needless = 0
        while needless + 1 < len(self.checkpoints) and (
            self.checkpoints[needless + 1].newest[0] <= self.newest[0] - self.window_ns
            or self.applied - self.checkpoints[needless].applied > EVENTS_MAX
        ):
            if self.late is not None and self.checkpoints[needless + 1].newest > self.late:
                break  # a replay will want it
            needless += 1
        spare = self.checkpoints[needless - 1].store if needless else None
        del self.checkpoints[:needless]
        spare = self._thin() or spare
        # Numbers that were given stay given: a replay takes `births` from the store that it replaces.
        used = used_part(store)._replace(births=store.births[:0])
        self.checkpoints.append(Checkpoint(self.newest, self.applied, copied(used, spare)))
        if needless:
            oldest = self.checkpoints[0].applied
            self.events = [event for event in self.events if not 0 <= event.applied < oldest]

    def _thin(self) -> Store | None:
        """Give up a copy whose neighbours are no further apart than the younger of them is old; return its memory.

        So copies are close together where most late plots fall, and few: five instead of seven for 10 s.
        """
        ages = [self.newest[0] - point.newest[0] for point in self.checkpoints]
        for at in range(1, len(ages) - 1):
            if ages[at - 1] - ages[at + 1] <= ages[at + 1]:
                return self.checkpoints.pop(at).store
        return None

    def is_due(self, now_ns: int) -> bool:
        """Return whether to put late events in their place now."""
        return self.late is not None and now_ns >= self.rests_ns

    def rewind(self) -> tuple[Store, list[Event]]:
        """Return a copy of the store from before the oldest late event, and the events to run on it, in their order."""
        assert self.late is not None
        at = len(self.checkpoints) - 1
        while at > 0 and self.checkpoints[at].newest > self.late:
            at -= 1
        point = self.checkpoints[at]
        del self.checkpoints[at + 1 :]
        events = [event for event in self.events if event.applied >= point.applied or event.applied == WAITING]
        events.sort(key=lambda event: event.key)
        self.late = None
        self.applied = point.applied
        self.newest = point.newest
        return whole(copied(point.store)), events

    def state(self) -> WindowState:
        """Return the window as plain values."""
        return (
            self.arrivals,
            self.applied,
            self.late,
            self.rests_ns,
            [(e.key, e.now_ns, e.applied, e.plots.tobytes(), e.word) for e in self.events],
            [(p.newest, p.applied, [array.tobytes() for array in p.store]) for p in self.checkpoints],
        )

    def restore(self, state: WindowState, newest: Key, like: Store) -> None:
        """Take up a state; `like` has the kinds of the store's arrays."""
        self.arrivals, self.applied, self.late, self.rests_ns, events, checkpoints = state
        self.newest = newest
        self.events = [
            Event(key, now_ns, np.frombuffer(bytearray(plots), PLOT_NUMBERS), ran, word)
            for key, now_ns, ran, plots, word in events
        ]
        self.checkpoints = [Checkpoint(newest, applied, stored(blobs, like)) for newest, applied, blobs in checkpoints]


def copied(store: Store, spare: Store | None = None) -> Store:
    """Return a copy that shares nothing with `store`; it takes the memory of `spare`, where that fits."""
    return Store._make(_copy(array, old) for array, old in zip(store, spare or (None,) * len(store), strict=True))


def _copy(array: Rows, old: Rows | None) -> Rows:
    """Copy as octets: NumPy copies structured arrays field by field.

    Memory that is new to the process costs several times the copy itself, and the rows in use are never as many as
    the last time: so there is room for some more.
    """
    octets = array.view(np.uint8)
    room = None if old is None else old.base
    if not isinstance(room, np.ndarray) or room.nbytes < octets.nbytes:
        room = np.empty(octets.nbytes + octets.nbytes // _SPARE_SHARE, np.uint8)
    copy: Rows = room[: octets.nbytes]
    np.copyto(copy, octets)
    return copy.view(array.dtype)


def stored(blobs: list[bytes], like: Store) -> Store:
    """Return a store from the octets of its arrays."""
    return Store(*(np.frombuffer(blob, array.dtype).copy() for array, blob in zip(like, blobs, strict=True)))
