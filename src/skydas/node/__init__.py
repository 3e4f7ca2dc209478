"""The node: `Node.step` turns inputs into facts; `Running` puts a journal, sources and outputs around it."""

from skydas.node.replay import FactsHash, replay, with_ticks
from skydas.node.run import Running, running_metrics
from skydas.node.step import Node

__all__ = ["FactsHash", "Node", "Running", "replay", "running_metrics", "with_ticks"]
