"""The stages after the tracker, in their order: what it is, what it may do, who must know.

Each stage fills its own columns of the tracks that changed, tells its facts, and hands causes for alerts on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, runtime_checkable

import numpy as np

from skydas.geo import TangentPlane
from skydas.model import Action, Asset, Cause, IntArray, NodeConfig, Rows
from skydas.model.config import SensorConfig
from skydas.node.assessing import Assessing
from skydas.node.deceiving import Deceiving
from skydas.node.identifying import Identifying
from skydas.node.predicting import Predicting
from skydas.node.protecting import Protecting
from skydas.node.responding import Responding
from skydas.node.warning import Warn

if TYPE_CHECKING:
    from skydas.node.stages import StageTimes, Stopwatch


class Seen(NamedTuple):
    """What the inputs since the last judgement brought."""

    now_ns: int
    plots: Rows  # PLOT (n,), those that the tracker was given
    owner: IntArray  # (n,) number of the confirmed track that each is surely of, or -1
    names: dict[int, str]  # object or sensor key -> the text it stands for
    tracks: Rows  # TRACK (k,) that changed and have a number of their own, each once as it is now, writable
    causes: list[Cause]  # of alerts, by the stages before


class Desk(NamedTuple):
    """What a stage may use of its node."""

    config: NodeConfig
    sensors: list[SensorConfig]  # by row
    tell: Callable[..., None]  # (fact type, **fields)
    notice: Callable[[str, str, str], None]  # (level, what, text)
    picture: Callable[[int], Rows]  # now_ns -> every living track, TRACK (k,)
    plane: Callable[[], TangentPlane | None]
    assets: list[Asset]  # that stand now: the assessment keeps it, the stages after it read it
    now_ns: Callable[[], int] = lambda: 0  # the node's time, for actions
    silent: Callable[[], list[str]] = list  # sensors that are to be heard and are not
    first_plots_ns: Callable[[IntArray], IntArray] = np.zeros_like  # track numbers -> first plot measured; 0 not known
    feed: Callable[[str, Rows], None] = lambda source, plots: None  # plots that people report, taken after the stages


class Stage(Protocol):
    """What every stage is. Nothing in it waits, reads a clock or draws at random."""

    def __init__(self, desk: Desk) -> None: ...
    @property
    def ACTIONS(self) -> dict[str, Callable[[Any, Action], None]]: ...  # what -> method; RefusedError carries a reason
    def step(self, seen: Seen) -> None: ...
    def second(self, seen: Seen) -> None: ...  # once a second; `tracks` is the whole picture but what is tentative
    def state(self) -> Any: ...  # what msgpack can hold
    def restore(self, state: Any) -> None: ...


@runtime_checkable
class Standing(Protocol):
    """What a stage is besides, whose columns leave with every track: its last judgement stands until the next."""

    def stand(self, now_ns: int, tracks: Rows) -> bool: ...  # fills TRACK (k,); whether any must be judged at once


@runtime_checkable
class Lasting(Protocol):
    """What a stage is besides, that holds more than the picture: people's words outlive a changed configuration."""

    def state(self) -> Any: ...
    def take_over(self, state: Any) -> None: ...  # what `state` returned under the configuration before
    def started(self, now_ns: int) -> None: ...  # the node begins, or begins again: tell what stands, the pages are new


@runtime_checkable
class Renumbered(Protocol):
    """What a stage is besides, that remembers tracks by number."""

    def renumber(self, now_ns: int, old_no: int, new_no: int) -> None: ...  # a person said that they are one


@runtime_checkable
class Later(Protocol):
    """What a stage is besides, that learns from plots whose track is known only later than they came."""

    def late(self, plots: Rows, owner: IntArray) -> None: ...  # each plot once; `step` had it, with owner -1


@runtime_checkable
class Numbering(Protocol):
    """What a stage is besides, that gives numbers which people and databases remember: none is given twice."""

    def numbers(self) -> dict[str, int]: ...  # kind -> the next number of it
    def number_from(self, numbers: dict[str, int]) -> None: ...  # give none below these


# Name of its times, and what it is, in order.
STAGES: Final[tuple[tuple[str, type[Stage]], ...]] = (
    ("identify", Identifying),
    ("deceive", Deceiving),
    ("assess", Assessing),
    ("predict", Predicting),
    ("respond", Responding),
    ("protect", Protecting),
    ("warn", Warn),
)


class Judging:
    """All stages of one node."""

    def __init__(self, desk: Desk, times: StageTimes, stopwatch: Stopwatch) -> None:
        self.stages: dict[str, Stage] = {name: stage(desk) for name, stage in STAGES}
        self._standing = [stage for stage in self.stages.values() if isinstance(stage, Standing)]
        self._times, self._stopwatch = times, stopwatch

    def stand(self, now_ns: int, tracks: Rows) -> bool:
        """Write on TRACK (k,) what was judged of them last; return whether any of them must be judged at once."""
        began_ns = self._stopwatch()
        is_urgent = False
        for stage in self._standing:
            is_urgent |= stage.stand(now_ns, tracks)
        self._times.add("stand", self._stopwatch() - began_ns)
        return is_urgent

    def step(self, seen: Seen) -> None:
        """Take what has changed."""
        for name, stage in self.stages.items():
            began_ns = self._stopwatch()
            stage.step(seen)
            self._times.add(name, self._stopwatch() - began_ns)

    def late(self, plots: Rows, owner: IntArray) -> None:
        """Take late plots, PLOT (n,), that the tracker has put in their place: `owner` as in `Seen`."""
        for stage in self.stages.values():
            if isinstance(stage, Later):
                stage.late(plots, owner)

    def second(self, seen: Seen) -> None:
        """Let a second pass."""
        for name, stage in self.stages.items():
            began_ns = self._stopwatch()
            stage.second(seen)
            self._times.add(f"{name} each second", self._stopwatch() - began_ns)

    def act(self, action: Action) -> bool:
        """Do what a person says; False: no stage knows it. Raises RefusedError."""
        for stage in self.stages.values():
            if (method := stage.ACTIONS.get(action.what)) is not None:
                method(stage, action)
                return True
        return False

    def actions(self) -> list[str]:
        """Return the name of every action that a stage knows."""
        return [what for stage in self.stages.values() for what in stage.ACTIONS]

    def started(self, now_ns: int) -> None:
        """Let what lasts be told again: the node begins."""
        for stage in self.stages.values():
            if isinstance(stage, Lasting):
                stage.started(now_ns)

    def lasting(self) -> dict[str, Any]:
        """Return what outlives a change of the configuration."""
        return {name: stage.state() for name, stage in self.stages.items() if isinstance(stage, Lasting)}

    def take_over(self, lasting: dict[str, Any]) -> None:
        """Take back what `lasting` returned under the configuration before."""
        for name, stage in self.stages.items():
            if name in lasting and isinstance(stage, Lasting):
                stage.take_over(lasting[name])

    def numbers(self) -> dict[str, int]:
        """Return the next number of each kind that a stage gives."""
        found: dict[str, int] = {}
        for stage in self.stages.values():
            if isinstance(stage, Numbering):
                found |= stage.numbers()
        return found

    def number_from(self, numbers: dict[str, int]) -> None:
        """Give no number below these; a kind that is not among them goes on as it is."""
        numbers = {kind: max(number, numbers.get(kind, 1)) for kind, number in self.numbers().items()}
        for stage in self.stages.values():
            if isinstance(stage, Numbering):
                stage.number_from(numbers)

    def renumber(self, now_ns: int, old_no: int, new_no: int) -> None:
        """Note that a person said of a track that it is another one."""
        for stage in self.stages.values():
            if isinstance(stage, Renumbered):
                stage.renumber(now_ns, old_no, new_no)

    def state(self) -> dict[str, Any]:
        """Return what a snapshot must hold."""
        return {name: stage.state() for name, stage in self.stages.items()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        for name, stage in self.stages.items():
            stage.restore(state[name])
