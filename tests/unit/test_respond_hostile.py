"""Whatever comes, nothing grows without end, and what could not be used is counted under its reason."""

from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skydas.config import node_config
from skydas.errors import ConfigError, RefusedError
from skydas.respond import alerts as alerts_module
from skydas.respond.alerts import ALERTS_MAX, CAUSES_MAX, OBJECTS_MAX
from skydas.respond.record import MEMBERS_MAX, TRACKS_TOLD_MAX
from skydas.respond.wording import TEXT_OCTETS_MAX, numbers_of, text_of
from tests.unit.respond_scenes import ANSWERS, Watch, cause


def test_a_million_causes_fill_what_there_is_and_the_rest_is_counted() -> None:
    watch = Watch()
    for part in range(10):
        first = part * 100_000 + 1
        watch.say(*(cause(no, rule=f"rule {no % 7}", score=0.9) for no in range(first, first + 100_000)))
    watch.wait(1)
    load = watch.load()
    assert load["open_count"] <= ALERTS_MAX
    assert watch.alerts.index.object_count <= OBJECTS_MAX
    assert load["refused"]["too_many_causes"] == 1_000_000 - 10 * CAUSES_MAX
    assert load["refused"]["alerts_full"] > 0
    assert [what for _, what, _ in watch.notices if what == "alerts_full"] == ["alerts_full"]
    assert max(len(fields["track_nos"]) for fields in watch.told) <= TRACKS_TOLD_MAX
    assert max(fields["object_count"] for fields in watch.told) <= MEMBERS_MAX


def test_when_there_is_room_again_alerts_are_raised_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts_module, "ALERTS_MAX", 5)
    watch = Watch(off_s=1.0, rearm_s=1.0)
    watch.say(*(cause(no, rule=f"rule {no}") for no in range(1, 8)))
    assert watch.numbers() == {1, 2, 3, 4, 5}
    watch.wait(5, *(cause(no, rule=f"rule {no}", score=0.0) for no in range(1, 8)))
    watch.do("acknowledge_alert", number="1,2,3,4,5")
    watch.wait(5)
    watch.say(cause(9, rule="rule 9"))
    assert watch.last(6)["state"] == "unacknowledged"


def test_a_cause_without_sense_is_counted_and_one_too_long_is_cut() -> None:
    watch = Watch()
    watch.say(cause(1, score=math.nan), cause(2, score=math.inf), cause(3, rule=""))
    assert watch.load()["refused"] == {"cause_not_readable": 3}
    watch.say(cause(*range(1, 50_000), text="x" * 1_000_000, asset="y" * 10_000, score=7.0))
    told = watch.last()
    assert (len(told["text"]), len(told["asset"]), told["score"]) == (300, 80, 1.0)
    assert len(told["track_nos"]) == TRACKS_TOLD_MAX


def test_numbers_that_are_provisional_or_no_numbers_of_tracks_are_not_kept() -> None:
    watch = Watch()
    watch.say(cause(2**31, 2**31 + 5, -3, 0))
    assert watch.last()["track_nos"] == ()


def test_what_was_forgotten_leaves_nothing_behind() -> None:
    watch = Watch(off_s=1.0, rearm_s=2.0)
    for first in range(1, 2_000, 100):
        watch.wait(1, *(cause(no, group=no % 5) for no in range(first, first + 100)))
        watch.alerts.lost(watch.now_ns, list(range(first, first + 100)))
    watch.wait(60)
    open_numbers = [str(alert.number) for alert in watch.alerts.open_alerts()]
    for number in open_numbers:
        watch.do("acknowledge_alert", number=number)
    watch.wait(10)
    assert watch.alerts.open_alerts() == []
    assert watch.alerts.index.object_count == 0
    assert watch.alerts.index.open_count == 0


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 7),
            st.lists(st.integers(1, 6), max_size=3),
            st.integers(0, 2),
            st.sampled_from((0.0, 0.25, 0.4, 0.6, 0.9)),
        ),
        max_size=60,
    )
)
def test_in_any_order_of_events_every_open_alert_is_found_by_its_objects_and_by_nothing_else(
    events: list[tuple[int, list[int], int, float]],
) -> None:
    watch = Watch(off_s=1.0, lost_s=2.0, rearm_s=4.0)
    for what, track_nos, group, score in events:
        number = str(track_nos[0]) if track_nos else "1"
        with contextlib.suppress(RefusedError):
            if what <= 2:
                watch.say(cause(*track_nos, group=group, score=score))
            elif what == 3:
                watch.wait(2)
            elif what == 4:
                watch.alerts.lost(watch.now_ns, track_nos)
            elif what == 5 and len(track_nos) > 1 and track_nos[0] != track_nos[1]:
                watch.alerts.renumber(watch.now_ns, track_nos[0], track_nos[1])
            elif what == 6:
                watch.do(sorted(ANSWERS)[group], number=number, reason="why", minutes="1", rule="near")
            else:
                watch.alerts.index.group([(no, group) for no in track_nos])
    alerts = watch.alerts
    told = {fields["number"]: fields for fields in watch.told}
    for alert in alerts.open_alerts():
        assert alert.members
        for name in ("state", "track_nos", "is_active", "priority"):
            assert told[alert.number][name] == alert.told()[name]
        for member in alert.members:
            for track_no in member.track_nos:
                assert alerts.get(alerts.index.about(track_no)[alert.key]) is not None
    assert alerts.index.open_count == len(alerts.open_alerts())
    again = Watch(off_s=1.0, lost_s=2.0, rearm_s=4.0)
    again.alerts.restore(alerts.state())
    assert again.alerts.state() == alerts.state()


@given(st.text(max_size=100))
def test_a_field_is_taken_as_it_is_or_refused(text: str) -> None:
    with contextlib.suppress(RefusedError):
        assert all(number >= 1 for number in numbers_of({"number": text}, "number", "x"))
    with contextlib.suppress(RefusedError):
        assert text_of({"text": text}, "text") == text.strip()


def test_a_text_of_many_octets_is_refused_whatever_its_signs() -> None:
    with pytest.raises(RefusedError, match="text holds at most 2000 octets, got 4000"):
        text_of({"text": "ū" * TEXT_OCTETS_MAX}, "text")
    assert text_of({"text": "<script>alert(1)</script>\n\tžąsis 🦆"}, "text") == "<script>alert(1)</script>\n\tžąsis 🦆"


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ("score_min = 0.9", "respond: expected 0 < score_min <= priority_2_score_min <= priority_1_score_min <= 1, "),
        ("off_s = -1.0", "respond.off_s: must be 0 or more, got -1.0"),
        ("positions = 0", "respond.positions: must be 1 or more, got 0"),
        ("latch_priority = 4", "respond.latch_priority: must be 0 to 3, got 4"),
        ("growth_factor = 1.0", "respond.growth_factor: must be above 1, got 1.0"),
        ("flood_ends = 20", "respond: expected 0 < flood_ends <= flood_begins, got 20, 10"),
        ("escalate_1_s = [60.0, 30.0]", "respond.escalate_1_s: expected rising times above 0, got [60.0, 30.0]"),
        ("louder = true", "respond.louder: no such key; there are: score_min, "),
        ("[respond.rules.near]\npriority_max = 5", "respond.rules.near.priority_max: must be 1, 2 or 3, got 5"),
        ("[respond.rules.near]\non_s = -1.0", "respond.rules.near.on_s: must be 0 or more, got -1.0"),
        ('[respond.rules.a]\nsuppressed_by = ["a"]', "respond.rules.a.suppressed_by: a rule cannot suppress itself"),
        ("[respond.rules.near]\nloud = 1", "respond.rules: object contains unknown field `loud`"),
    ],
)
def test_a_node_file_that_cannot_be_meant_names_the_key(table: str, fault: str) -> None:
    with pytest.raises(ConfigError) as raised:
        node_config(f'[node]\nname = "x"\n\n[respond]\n{table}\n')
    assert len(raised.value.faults) == 1
    assert raised.value.faults[0].startswith(fault) or fault.partition(": ")[0] in raised.value.faults[0]
