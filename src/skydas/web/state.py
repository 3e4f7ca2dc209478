"""What the web server needs of the node; the node makes one and hands it over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from skydas.history import History
from skydas.model import Action, ActionTaken, NodeConfig, Rows
from skydas.outputs.websocket import Hub

StageTimes = dict[str, dict[str, float]]  # stage -> measure with its unit -> value


@dataclass(frozen=True)
class WebState:
    """The node as the web server sees it."""

    config: NodeConfig
    hub: Hub
    submit: Callable[[Action], Awaitable[ActionTaken]]  # returns once the action is on disk; may raise RefusedError
    stages: Callable[[], StageTimes]
    history: History | None = None  # None: nothing is being recorded
    stage: Callable[[str], Any] = lambda name: None  # a judging stage of the node by its name: to ask, never to change
    truth: Callable[[], Rows | None] = lambda: None  # TRUTH of `skydas.sim`, where a scene is being played
    analysis: History | None = None  # the same for questions that take long: a replay does not wait for them
