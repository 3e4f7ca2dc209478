"""The stages after the tracker, in their order: what it is, what it may do, who must know.

Each stage fills its own columns of the tracks that changed, tells its facts, and hands causes for alerts on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from skydas.geo import TangentPlane
from skydas.model import Action, Cause, IntArray, NodeConfig, Rows
from skydas.model.config import SensorConfig
from skydas.node.assessing import Assessing
from skydas.node.identifying import Identifying

if TYPE_CHECKING:
    from skydas.node.stages import StageTimes, Stopwatch


class Seen(NamedTuple):
    """What one input brought."""

    now_ns: int
    source: str  # empty: a tick
    plots: Rows  # PLOT (n,), those that the tracker was given
    owner: IntArray  # (n,) number of the confirmed track that each is surely of, or -1
    names: dict[int, str]  # object or sensor key -> the text it stands for, of this input
    tracks: Rows  # TRACK (k,) that changed, writable
    causes: list[Cause]  # of alerts, by the stages before


class Desk(NamedTuple):
    """What a stage may use of its node."""

    config: NodeConfig
    sensors: list[SensorConfig]  # by row
    tell: Callable[..., None]  # (fact type, **fields)
    notice: Callable[[str, str, str], None]  # (level, what, text)
    picture: Callable[[int], Rows]  # now_ns -> every living track, TRACK (k,)
    plane: Callable[[], TangentPlane | None]


class Stage(Protocol):
    """What every stage is. Nothing in it waits, reads a clock or draws at random."""

    def __init__(self, desk: Desk) -> None: ...
    @property
    def ACTIONS(self) -> dict[str, Callable[[Any, Action], None]]: ...  # what -> method; RefusedError carries a reason
    def step(self, seen: Seen) -> None: ...
    def second(self, seen: Seen) -> None: ...  # once a second; `tracks` is the whole picture, its columns are not kept
    def state(self) -> Any: ...  # what msgpack can hold
    def restore(self, state: Any) -> None: ...


STAGES: Final[tuple[tuple[str, type[Stage]], ...]] = (  # name of its times, and what it is, in order
    ("identify", Identifying),
    ("assess", Assessing),
)


class Judging:
    """All stages of one node."""

    def __init__(self, desk: Desk, times: StageTimes, stopwatch: Stopwatch) -> None:
        self.stages: dict[str, Stage] = {name: stage(desk) for name, stage in STAGES}
        self._times, self._stopwatch = times, stopwatch

    def step(self, seen: Seen) -> None:
        """Take what one input changed."""
        for name, stage in self.stages.items():
            began_ns = self._stopwatch()
            stage.step(seen)
            self._times.add(name, self._stopwatch() - began_ns)

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

    def state(self) -> dict[str, Any]:
        """Return what a snapshot must hold."""
        return {name: stage.state() for name, stage in self.stages.items()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        for name, stage in self.stages.items():
            stage.restore(state[name])
