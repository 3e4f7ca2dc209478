"""Reports of people in a node: made into fields, believed by experience, joined, limited, and measured."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import numpy as np
import pytest

from skydas.config import node_config
from skydas.fuse.bearings.fit import fit_flight
from skydas.fuse.bearings.witnesses import places
from skydas.model import Action, ActionTaken, Fact, Frame, Input, InputKind, PlotFrame, Sighting, TrackStatus
from skydas.node import Node
from skydas.respond.people.limits import REPORTERS_MAX, per_minute, per_second
from skydas.respond.people.trust import AGREED, JUDGED_FALSE, Reporters, doubted_sigma
from skydas.respond.people.words import structured
from tests.facts import T0_NS, after
from tests.unit.test_fuse_bearings import FOUR, NUMBERS, PRIOR, fitted, sights

NODE = """
[node]
name = "lt-1"
origin = "simulated"
latitude_deg = 55.9
longitude_deg = 25.3

[[sensors]]
id = 1
name = "phones"
kind = "people"
period_s = 10
range_m_max = 5000

[[sources]]
name = "callers"
source = "tcp"
format = "people"
params = { port = 1 }
sensor = "phones"
"""
HERE = {"latitude_deg": "55.9", "longitude_deg": "25.3"}


def node_of(more: str = "") -> Node:
    return Node(node_config(NODE + more))


def act(node: Node, what: str, who: str, now_ns: int = T0_NS, **fields: str) -> tuple[list[Fact], str]:
    """Return the facts of an action and why it was refused."""
    action = Action(who=who, role="reporter", what=what, fields=fields)
    facts = node.step(Input(now_ns, "people", InputKind.ACTION, msgspec.msgpack.encode(action)))
    (taken,) = [fact for fact in facts if isinstance(fact, ActionTaken)]
    return facts, taken.refused


def report(node: Node, who: str = "p-1", now_ns: int = T0_NS, **fields: str) -> Sighting:
    """Return what the last word on a report is."""
    facts, refused = act(node, "report_sighting", who, now_ns, **(HERE | fields))
    assert not refused
    return [fact for fact in facts if isinstance(fact, Sighting)][-1]


def test_a_report_becomes_a_sighting_with_fields_and_a_bearing_from_where_the_person_stands() -> None:
    facts, refused = act(
        node_of(), "report_sighting", "p-1", **HERE, azimuth_magnetic_deg="351", sense="heard",
        words="Two drones, like mopeds, very low, heading west",
    )  # fmt: skip
    assert not refused
    told = next(fact for fact in facts if isinstance(fact, Sighting))
    assert told.fields == {"count": "2", "kind": "drone", "sound": "moped", "course": "w", "height": "very_low"}
    assert (told.category, told.azimuth_true_deg, told.sigma_azimuth_deg) == ("drone", 0.0, 15.0)
    (plot,) = next(fact for fact in facts if isinstance(fact, PlotFrame)).rows()
    assert np.degrees([plot["latitude_rad"], plot["longitude_rad"]]) == pytest.approx([55.9, 25.3])
    assert plot["sensor"] == 0


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"latitude_deg": "0", "longitude_deg": "0"}, "no place on earth"),
        ({"latitude_deg": "nan"}, "no place on earth"),
        ({"latitude_deg": "155"}, "no place on earth"),
        ({"latitude_deg": "north"}, "cannot be read"),
        ({"altitude": "3"}, "cannot be read"),
        ({"t_utc": "2027-01-01T00:00:00Z"}, "not ahead of ours"),
        ({"t_utc": "2020-01-01T00:00:00Z"}, "older than"),
        ({"t_utc": "yesterday"}, "expected a UTC time"),
        ({"azimuth_true_deg": "100000"}, "azimuth"),
        ({"elevation_deg": "-80"}, "elevation_deg"),
        ({"sense": "smelled"}, "cannot be read"),
        ({"words": "<script>alert(1)</script>"}, "no markup"),
        ({"words": "a\x1b[31m"}, "cannot be shown"),
        ({"words": "x" * 1_001}, "at most 1000"),
        ({"photo_sha256": "../../etc/passwd"}, "64 hexadecimal"),
        ({"reporter": "r" * 65}, "at most 64"),
    ],
)
def test_a_report_that_cannot_be_true_is_refused_with_the_reason(fields: dict[str, str], said: str) -> None:
    facts, refused = act(node_of(), "report_sighting", "p-1", **(HERE | fields))
    assert said in refused
    assert not any(isinstance(fact, Sighting) for fact in facts)


def test_a_node_takes_reports_from_its_own_country_only_if_it_says_so() -> None:
    node = node_of("[warn.people]\nlatitude_deg_min = 53.8\nlatitude_deg_max = 56.5\n")
    assert "outside the area" in act(node, "report_sighting", "p-1", latitude_deg="10", longitude_deg="25")[1]
    assert report(node).number == 1


def test_the_same_report_sent_again_completes_it_and_keeps_its_first_words() -> None:
    node = node_of()
    report(node, id="a")
    completed = report(node, id="a", words="a black drone over the lake", photo_sha256="0" * 64)
    assert (completed.number, completed.category, completed.photo_sha256) == (1, "drone", "0" * 64)
    assert report(node, id="a", words="a black drone over the lake").number == 1
    assert "stay as they were" in act(node, "report_sighting", "p-1", **HERE, id="a", words="no, a bird")[1]
    assert report(node, "p-2", id="a").number == 2


def test_reports_of_one_event_are_joined_and_those_that_contradict_it_are_not() -> None:
    node = node_of()
    report(node, "p-1", words="two drones")
    assert report(node, "p-2", latitude_deg="55.905", words="drones").joined_to == 1
    assert report(node, "p-3", latitude_deg="55.905", words="two drones").joined_to == 1
    assert report(node, "p-4", words="a white balloon").joined_to == 0
    assert report(node, "p-5", words="five drones").joined_to != 1
    assert report(node, "p-6", latitude_deg="56.2", words="two drones").joined_to == 0
    assert report(node, "p-7", after(300.0), words="two drones").joined_to == 0


def test_a_second_tap_at_once_is_no_second_measurement() -> None:
    node = node_of()
    first, _ = act(node, "report_sighting", "p-1", **HERE, azimuth_true_deg="40")
    again, _ = act(node, "report_sighting", "p-1", after(1.0), **HERE, azimuth_true_deg="41")
    later, _ = act(node, "report_sighting", "p-1", after(6.0), **HERE, azimuth_true_deg="47")
    assert [any(isinstance(fact, PlotFrame) for fact in facts) for facts in (first, again, later)] == [
        True,
        False,
        True,
    ]


def test_one_reporter_and_all_together_are_limited_and_told_when_to_try_again() -> None:
    node = node_of("[warn.people]\nper_reporter_minute = 3\nper_second = 1\n")
    refusals = [act(node, "report_sighting", "p-1", **HERE)[1] for _ in range(5)]
    assert refusals[:3] == [""] * 3
    assert all("too many reports of p-1: again in 20 s" in text for text in refusals[3:])
    assert report(node, now_ns=after(21.0)).number == 4
    others = [act(node, "report_sighting", f"q-{k}", after(21.0), **HERE)[1] for k in range(20)]
    assert others.count("") == 9
    assert "at once" in others[-1]


def test_a_million_sightings_cost_bounded_memory_and_let_their_rate_through() -> None:
    everyone, all_of_them = per_minute(12.0), per_second(50.0)
    taken = 0
    for number in range(1_000_000):
        now_ns = T0_NS + number * 100_000  # a hundred seconds in all
        taken += everyone.takes(str(number), now_ns) and all_of_them.takes("", now_ns)
    assert taken == pytest.approx(500 + 100 * 50, abs=2)
    assert len(everyone.state()) == REPORTERS_MAX


def test_trust_grows_with_agreement_fades_with_falsehood_and_widens_a_bearing_only_below_a_strangers() -> None:
    reporters = Reporters()
    assert reporters.reported("a").trust == 0.5
    for _ in range(10):
        reporters.learn("a", right=AGREED)
    assert reporters.trust("a") > 0.85
    reporters.reported("b")
    reporters.learn("b", wrong=JUDGED_FALSE)
    reporters.learn("b", wrong=JUDGED_FALSE)
    assert reporters.trust("b") == 0.2
    assert [doubted_sigma(10.0, trust) for trust in (0.9, 0.5, 0.25)] == [10.0, 10.0, 20.0]
    for _ in range(1_000):
        reporters.learn("a", right=AGREED)
    reporters.learn("a", wrong=25.0)
    assert reporters.trust("a") < 0.75


def test_a_reporter_whose_words_were_judged_false_is_kept_but_measured_no_more() -> None:
    node = node_of()
    for number, second in enumerate((0.0, 10.0, 20.0), 1):
        told = report(node, now_ns=after(second), azimuth_true_deg="40")
        assert told.sigma_azimuth_deg is not None
        _, refused = act(node, "judge_sighting", "watch 1", after(second), number=str(number), judged="false")
        assert not refused
    last = report(node, now_ns=after(30.0), azimuth_true_deg="40")
    assert last.trust < 0.2
    assert last.sigma_azimuth_deg is None
    assert "was judged false by watch 1" in act(node, "judge_sighting", "w", number="1", judged="true")[1]


def test_reports_by_another_network_become_sightings_with_their_words() -> None:
    lines = [
        {
            "reporter": "k-17",
            "latitude_deg": 55.91,
            "longitude_deg": 25.3,
            "azimuth_true_deg": 71.0,
            "words": "Baltas dronas",
        },
        {"reporter": "k-18", "latitude_deg": 55.91, "longitude_deg": 25.3, "sense": "heard"},
    ]
    octets = "".join(json.dumps(line) + "\n" for line in lines).encode()
    node = node_of()
    facts = node.step(Input(T0_NS, "callers", InputKind.DATA, octets))
    (told,) = [fact for fact in facts if isinstance(fact, Sighting)]
    assert (told.reporter, told.words, told.fields["colours"]) == ("k-17", "Baltas dronas", "white")
    assert node.judging.state()["warn"]["witnessing"]["last"] == 1


def crossing(node: Node, others: bool = False) -> list[Fact]:
    """Feed reports of eight people along a road, three taps each, of a drone that flies by at 45 m/s."""
    facts: list[Fact] = []
    north_m, east_m = 111_195.0, 111_195.0 * np.cos(np.radians(55.9))
    taps: list[tuple[float, str, float, float, float]] = []
    for person in range(8):
        east, north = -3_000.0 + 750.0 * person, 600.0 if person % 2 else -700.0
        for tap in range(3):
            t_s = 5.0 + 16.0 * person + 5.0 * tap
            azimuth = np.degrees(np.arctan2(-3_300.0 + 45.0 * t_s - east, -north)) % 360.0
            taps.append((t_s, f"w{person}", 55.9 + north / north_m, 25.3 + east / east_m, azimuth))
    waiting = sorted(taps)
    for half in range(320):
        now_s = half / 2.0
        while waiting and waiting[0][0] <= now_s:
            t_s, who, latitude, longitude, azimuth = waiting.pop(0)
            fields = {
                "latitude_deg": f"{latitude:.6f}",
                "longitude_deg": f"{longitude:.6f}",
                "azimuth_true_deg": f"{azimuth:.1f}",
            }
            facts += act(node, "report_sighting", who, after(t_s), **fields)[0]
        facts += node.step(Input(after(now_s), "clock", InputKind.TICK, b""))
    return facts


def test_people_alone_begin_a_track_keep_it_and_earn_trust_by_it() -> None:
    facts = crossing(node_of())
    rows = np.concatenate([fact.rows() for fact in facts if isinstance(fact, Frame)])
    confirmed = rows[rows["status"] == TrackStatus.CONFIRMED]
    assert len(np.unique(confirmed["track_no"])) == 1
    late = confirmed[confirmed["t_ns"] > after(100.0)]
    assert len(late)
    assert abs(np.median(late["velocity_mps"][:, 0]) - 45.0) < 10.0
    told = [fact for fact in facts if isinstance(fact, Sighting)]
    assert any(fact.track_no for fact in told)
    assert max(fact.trust for fact in told) > 0.5


def test_a_node_restored_in_the_middle_of_a_crossing_goes_on_to_the_octet() -> None:
    node, restored = node_of(), node_of()
    crossing(node)
    restored.restore(node.state())
    assert restored.state() == node.state()
    ours, theirs = (
        act(one, "report_sighting", "w1", after(161.0), **HERE, azimuth_true_deg="80") for one in (node, restored)
    )
    assert ours == theirs


def test_how_near_people_were_is_part_of_the_fit_where_it_is_known() -> None:
    rows, _ = sights(3, FOUR, True)
    _, free, _ = fitted(rows)
    mean, cov = np.empty(6), np.empty((6, 6))
    fit_flight(rows, np.append(PRIOR, 1e9), NUMBERS, mean, cov)
    assert mean == pytest.approx(free, abs=0.5)
    near, narrow = np.empty(6), np.empty((6, 6))
    fit_flight(rows, np.append(PRIOR, 300.0), NUMBERS, near, narrow)
    assert np.hypot(*(near[:2] - FOUR[:, :2].mean(axis=0))) < np.hypot(*(mean[:2] - FOUR[:, :2].mean(axis=0)))
    assert narrow[0, 0] <= cov[0, 0]


def test_reports_from_one_house_are_of_one_place() -> None:
    assert places(np.array([[0.0, 0.0], [100.0, 0.0], [149.0, 0.0], [400.0, 0.0], [420.0, 5.0]])) == 2


SAID: tuple[tuple[str, dict[str, Any]], ...] = (
    ("I saw nothing", {}),
    ("Three white lights, silent, about 500 feet up", {"count": "3", "kind": "light", "height_m": "152"}),
    ("Juodas keturiasraigtis dronas kabo virš ežero", {"kind": "multirotor", "colours": "black", "motion": "hovering"}),
    ("Divi droni, zvimbēja, zemu, uz rietumiem", {"count": "2", "sound": "buzzing", "height": "low"}),
    (
        "Must droon lendas madalal metsa kohal",
        {"kind": "drone", "colours": "black", "height": "low", "landmark": "metsa"},
    ),
    ("quadcopter 100-200 feet below us at our 2 o'clock", {"kind": "multirotor", "vertical_m": "-46", "clock": "2"}),
    ("a balloon, size of a car, 2 km away", {"kind": "balloon", "size": "large", "distance_m": "2000"}),
)


@pytest.mark.parametrize(("words", "fields"), SAID)
def test_free_text_becomes_the_fields_that_it_says(words: str, fields: dict[str, str]) -> None:
    found = structured(words)
    assert {name: found.get(name) for name in fields} == fields
    if not fields:
        assert found == {}


def test_no_text_however_long_or_odd_holds_the_reader_up() -> None:
    for text in ("a " * 5_000, "1,000" * 2_000, "feet " * 3_000, "while " * 3_000, "drone " * 3_000, "\u0130" * 9_000):
        structured(text)
