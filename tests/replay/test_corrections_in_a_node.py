"""A person's merge, split and renumbering as inputs of a whole node: told, refused with the reason, and lasting."""

from __future__ import annotations

from functools import cache

import msgspec
import numpy as np
import pytest

from skydas.model import NS_PER_S, Action, ActionTaken, Fact, Frame, Input, InputKind, NodeConfig, Notice, TrackStatus
from skydas.node import Node
from tests.replay.scenes import facts_of, inputs_of, scene

SAID_AT_S = 30.0


def said(at_ns: int, what: str, **fields: str) -> Input:
    """Return an action as the input that it is."""
    return Input(at_ns, "people", InputKind.ACTION, msgspec.msgpack.encode(Action("watch 1", "operator", what, fields)))


@cache
def told() -> tuple[NodeConfig, list[Input]]:
    """Return a scene's inputs, with one of each correction and a refused one among them."""
    config, emissions = scene("crossing", 60.0)
    inputs = inputs_of(config, emissions)
    at_ns = inputs[0].rx_ns + round(SAID_AT_S * NS_PER_S)
    words = [
        said(at_ns, "merge_tracks", track_no="1", ended_no="2"),
        said(at_ns, "split_track", track_no="3"),
        said(at_ns, "renumber_track", track_no="4"),
        said(at_ns, "renumber_track", track_no="5", new_no="6"),
        said(at_ns, "merge_tracks", track_no="1", ended_no="two"),
        said(at_ns, "split_track"),
    ]
    first = next(at for at, given in enumerate(inputs) if given.rx_ns >= at_ns)
    return config, [*inputs[:first], *words, *inputs[first:]]


@cache
def played() -> list[Fact]:
    config, inputs = told()
    node = Node(config)
    return [fact for given in inputs for fact in node.step(given)]


def test_what_was_done_is_told_with_the_name_of_the_person() -> None:
    texts = {fact.what: fact.text for fact in played() if isinstance(fact, Notice) and fact.text.startswith("watch 1")}
    assert texts["tracks_merged"] == "watch 1: track 2 is track 1"
    assert texts["track_split"].startswith("watch 1: track 3 is two: 3 and ")
    assert texts["track_renumbered"].startswith("watch 1: track 4 is track ")


def test_what_cannot_be_is_refused_with_the_reason() -> None:
    taken = [fact for fact in played() if isinstance(fact, ActionTaken)]
    assert [fact.refused for fact in taken] == [
        "",
        "",
        "",
        "the number 6 is a living track's",
        "merge_tracks needs ended_no, the number of a track, got 'two'",
        "split_track needs track_no, the number of a track, got ''",
    ]


def test_the_answer_names_the_track_that_was_made_so_that_it_can_be_taken_back() -> None:
    merged, split, renumbered, *refused = [fact for fact in played() if isinstance(fact, ActionTaken)]
    texts = [fact.text for fact in played() if isinstance(fact, Notice)]
    assert merged.made_no == 0
    assert f"watch 1: track 3 is two: 3 and {split.made_no}" in texts
    assert f"watch 1: track 4 is track {renumbered.made_no} from now on" in texts
    assert {fact.made_no for fact in refused} == {0}


def test_the_picture_is_as_the_person_said_from_then_on() -> None:
    facts = played()
    at = next(at for at, fact in enumerate(facts) if isinstance(fact, ActionTaken))
    rows = np.concatenate([fact.rows() for fact in facts[at + 10 :] if isinstance(fact, Frame)])
    alive = set(rows["track_no"][rows["status"] == TrackStatus.CONFIRMED].tolist())
    assert {1, 3} <= alive
    assert not {2, 4} & alive


def test_a_replay_of_the_journal_gives_the_same_facts() -> None:
    config, inputs = told()
    assert facts_of(Node(config), inputs)[1] == facts_of(Node(config), inputs)[1]


@pytest.mark.parametrize("after_s", [0.05, 5.0])
def test_a_node_restored_after_a_word_goes_on_to_the_octet(after_s: float) -> None:
    config, inputs = told()
    until_ns = inputs[0].rx_ns + round((SAID_AT_S + after_s) * NS_PER_S)
    split = next(at for at, given in enumerate(inputs) if given.rx_ns > until_ns)
    node, restored = Node(config), Node(config)
    for given in inputs[:split]:
        node.step(given)
    restored.restore(node.state())
    assert facts_of(restored, inputs[split:])[1] == facts_of(node, inputs[split:])[1]


def test_before_anything_is_tracked_there_is_nothing_to_correct() -> None:
    config, inputs = told()
    node = Node(config)
    node.step(inputs[0])
    [fact] = node.step(said(inputs[0].rx_ns, "split_track", track_no="1"))
    assert isinstance(fact, ActionTaken)
    assert fact.refused in ("there is no confirmed track 1", "nothing is tracked yet")
