"""A swarm that splits and merges, as octets through a whole node: its group is told, counted, kept in snapshots."""

from __future__ import annotations

from functools import cache

import numpy as np

from skydas.model import Fact, Frame, Group, Input, NodeConfig, TrackFlag, encode_fact
from skydas.node import Node
from tests.replay.scenes import inputs_of, scene

SWARM = 6


@cache
def played() -> tuple[NodeConfig, list[Input], list[Fact]]:
    config, emissions = scene("crossing", 300.0)
    inputs = inputs_of(config, emissions)
    node = Node(config)
    return config, inputs, [fact for given in inputs for fact in node.step(given)]


def groups_told() -> list[Group]:
    return [fact for fact in played()[2] if isinstance(fact, Group)]


def test_the_swarm_that_merges_again_is_told_as_one_group_of_no_more_than_its_size() -> None:
    told = groups_told()
    assert len({group.number for group in told}) == 1
    assert {group.count_min for group in told} >= {1, 3}
    merged = told[-1]
    assert (
        merged.count_min == 1 <= len(merged.track_nos) <= 2
    )  # of those that it was known to hold, the rest has merged
    assert 3 <= merged.count_max <= SWARM
    assert abs(merged.latitude_deg - 55.1) < 0.02
    assert 20.0 < np.hypot(merged.v_east_mps, merged.v_north_mps) < 50.0


def test_the_tracks_of_a_group_say_so_themselves() -> None:
    number = groups_told()[-1].number
    rows = np.concatenate([fact.rows() for fact in played()[2] if isinstance(fact, Frame)])
    grouped = rows[rows["group"] != 0]
    assert set(grouped["group"].tolist()) == {number}
    assert (grouped["flags"] & TrackFlag.GROUP > 0).all()
    assert (grouped["group_count"][:, 0] <= grouped["group_count"][:, 1]).all()
    assert (rows["flags"][rows["group"] == 0] & TrackFlag.GROUP == 0).all()


def test_a_node_restored_while_there_is_a_group_goes_on_to_the_octet() -> None:
    config, inputs, facts = played()
    since_ns = next(fact.now_ns for fact in facts if isinstance(fact, Group)) + 5_000_000_000
    split = next(at for at, given in enumerate(inputs) if given.rx_ns > since_ns)
    node, restored = Node(config), Node(config)
    for given in inputs[:split]:
        node.step(given)
    restored.restore(node.state())
    for given in inputs[split:]:
        here = [encode_fact(fact) for fact in node.step(given)]
        assert [encode_fact(fact) for fact in restored.step(given)] == here
