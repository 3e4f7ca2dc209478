"""The load on the people is counted as EEMUA 191 counts it, and a flood hides nothing."""

from __future__ import annotations

import pytest

from skydas.model import NS_PER_S, AlertPerformance
from skydas.respond.flood import PERIOD_NS
from tests.unit.respond_scenes import T0_NS, Watch, cause


def test_a_quiet_watch_has_empty_periods_and_no_findings() -> None:
    watch = Watch()
    watch.wait(1800)
    load = watch.load()
    assert (load["period_count"], load["per_period"], load["flood_share"]) == (4, 0.0, 0.0)
    assert load["findings"] == ()


def test_eleven_alerts_in_ten_minutes_are_a_flood_that_is_told_and_ends() -> None:
    watch = Watch()
    for track_no in range(1, 12):
        watch.wait(30, cause(track_no))
        assert watch.load()["in_flood"] == (track_no == 11)
    assert watch.load()["last_period"] == 11
    assert [(level, what) for level, what, _ in watch.notices if "flood" in what] == [("alarm", "alert_flood_began")]
    watch.wait(600)
    assert [what for _, what, _ in watch.notices if "flood" in what] == ["alert_flood_began", "alert_flood_ended"]
    load = watch.load()
    assert load["flood_count"] == 1
    assert 0.2 < load["flood_share"] < 0.7  # it lasts until fewer than five came in ten minutes
    assert load["crowded_share"] == 0.5  # of the two periods of the clock, the first had eleven


def test_two_people_can_bear_twice_as_many() -> None:
    watch = Watch(positions=2)
    for track_no in range(1, 21):
        watch.wait(1, cause(track_no))
    assert not watch.load()["in_flood"]
    watch.say(cause(21))
    assert watch.load()["in_flood"]


def test_in_a_flood_those_of_low_priority_are_put_together_and_every_one_is_told() -> None:
    watch = Watch()
    watch.say(*(cause(no) for no in range(1, 12)))
    assert watch.load()["in_flood"]
    low = [cause(no, rule="low", score=0.35) for no in range(100, 150)]
    for second in range(50):
        watch.wait(1, *low[: second + 1])
    bundle = watch.last(12)
    assert watch.numbers() == {*range(1, 13)}
    assert (bundle["is_bundle"], bundle["object_count"]) == (True, 50)
    assert set(bundle["track_nos"]) == {*range(100, 150)}
    assert watch.load()["bundled_count"] == 49
    watch.wait(1, cause(130, rule="low", score=0.85), *low[:30])
    alone = watch.last(13)
    assert (alone["priority"], alone["track_nos"], alone["state"]) == (1, (130,), "unacknowledged")
    assert 130 not in watch.last(12)["track_nos"]


def test_a_period_with_more_than_ten_is_crowded_and_the_limits_that_are_broken_are_named() -> None:
    watch = Watch()
    for track_no in range(1, 31):
        watch.wait(1, cause(track_no, score=0.9))
    watch.wait(1200 - 30)
    load = watch.load()
    assert (load["worst_period"], load["period_count"]) == (30, 3)
    assert load["crowded_share"] == pytest.approx(1 / 3)
    assert load["per_period"] == pytest.approx(10.0)
    assert load["top"] == (("near airport", 30),)
    assert load["priorities"]["1"].share == 1.0
    assert load["findings"] == (
        "10.0 alerts in ten minutes and position, 2 can be borne",
        "33% of the periods have more than 10 alerts, 1% may",
        f"{load['flood_share']:.0%} of the time is flood, 1% may be",
        "100% have priority 1, 5% should",
    )


def test_how_long_people_take_to_answer_is_told_by_priority() -> None:
    watch = Watch()
    watch.say(cause(1, score=0.9), cause(2, score=0.9), cause(3))
    watch.wait(10)
    watch.do("acknowledge_alert", number="1")
    watch.wait(20)
    watch.do("acknowledge_alert", number="2")
    urgent = watch.load()["priorities"]["1"]
    assert (urgent.answered_count, urgent.answer_median_s, urgent.answer_p95_s) == (2, 30.0, 30.0)
    assert watch.load()["priorities"]["2"].answer_median_s is None


def test_an_alert_that_stands_for_more_than_a_day_is_stale() -> None:
    watch = Watch(escalate_1_s=(), escalate_2_s=())
    watch.say(cause(1))
    watch.now_ns += 25 * 3_600 * NS_PER_S
    watch.wait(1)
    assert watch.load()["stale"] == (1,)


def test_a_week_is_counted_and_no_more() -> None:
    watch = Watch()
    watch.say(cause(1))
    watch.now_ns += 30 * 24 * 3_600 * NS_PER_S
    watch.wait(1)
    load = watch.load()
    assert load["period_count"] == 1_008
    assert load["since_ns"] == watch.now_ns - watch.now_ns % PERIOD_NS - 1_007 * PERIOD_NS
    assert load["worst_period"] == 0
    assert load["activation_count"] == 1


def test_what_is_told_is_a_fact() -> None:
    watch = Watch()
    watch.say(cause(1))
    fact = AlertPerformance(node="lt-1", sequence=0, now_ns=T0_NS, **watch.load())
    assert fact.activation_count == 1


def test_many_alerts_that_nobody_answers_are_told_in_a_few_lines() -> None:
    watch = Watch(escalate_2_s=(10.0,))
    watch.say(*(cause(no) for no in range(1, 101)))
    watch.wait(12)
    texts = [text for _, what, text in watch.notices if what == "alert_escalated"]
    assert len(texts) == 6
    assert texts[-1] == "and 95 more alerts that nobody answered"
    assert all(watch.last(number)["escalated"] == 1 for number in range(1, 101))
