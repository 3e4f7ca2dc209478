"""One alert for each object and cause: when it asks, when it is quiet, when it ends, and what becomes of it."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from skydas.errors import RefusedError
from skydas.respond import RuleParams
from skydas.respond.record import CLAIMANT_GROUPS_FROM
from tests.unit.respond_scenes import T0_NS, Watch, cause, line_of, tracks_at


def test_a_cause_told_again_and_again_is_one_alert() -> None:
    watch = Watch()
    watch.wait(60, cause(7))
    assert watch.numbers() == {1}
    assert watch.states() == ["unacknowledged"]
    assert watch.last()["activation_count"] == 1


def test_the_score_says_how_urgent_it_is_and_a_little_less_changes_nothing() -> None:
    watch = Watch()
    watch.say(cause(1, score=0.2), cause(2, score=0.35), cause(3, score=0.55), cause(4, score=0.85))
    assert {fields["track_nos"][0]: fields["priority"] for fields in watch.told} == {2: 3, 3: 2, 4: 1}
    watch.wait(10, cause(4, score=0.75))
    assert watch.last(3)["priority"] == 1
    watch.wait(10, cause(4, score=0.65))
    assert watch.last(3)["priority"] == 2


def test_an_alert_ends_when_it_was_answered_and_its_cause_has_been_over_for_a_while() -> None:
    watch = Watch(off_s=10.0)
    watch.wait(3, cause(7))
    watch.do("acknowledge_alert", number="1")
    watch.wait(5, cause(7, score=0.25))  # less than it takes to raise it, more than it takes to end it
    watch.wait(20)
    assert watch.states() == ["unacknowledged", "acknowledged"]
    watch.wait(9, cause(7, score=0.1))
    assert watch.last()["state"] == "acknowledged"
    watch.wait(3)
    assert watch.last()["state"] == "closed"
    assert watch.last()["is_over"]


def test_a_cause_that_is_over_before_anybody_answered_still_waits_for_the_answer() -> None:
    watch = Watch(off_s=5.0)
    watch.wait(3, cause(7))
    watch.wait(600, cause(7, score=0.0))
    assert watch.states() == ["unacknowledged", "returned_unacknowledged"]
    watch.do("acknowledge_alert", number="1")
    assert watch.last()["state"] == "closed"
    assert watch.last()["who"] == "watch 1"


def test_the_most_urgent_stay_until_somebody_resets_them() -> None:
    watch = Watch(off_s=5.0)
    watch.say(cause(7, score=0.9))
    watch.wait(10, cause(7, score=0.0))
    watch.do("acknowledge_alert", number="1")
    assert (watch.last()["state"], watch.last()["is_active"]) == ("acknowledged", False)
    watch.do("reset_alert", number="1", who="watch 2")
    assert (watch.last()["state"], watch.last()["who"]) == ("closed", "watch 2")


def test_the_same_cause_a_moment_later_is_the_same_alert_and_later_a_new_one() -> None:
    watch = Watch(off_s=5.0, rearm_s=60.0)
    watch.say(cause(7))
    watch.do("acknowledge_alert", number="1")
    watch.wait(20, cause(7, score=0.0))
    assert watch.last()["state"] == "closed"
    watch.wait(1, cause(7))
    assert watch.last()["state"] == "acknowledged"  # it is known: nobody is asked again
    watch.wait(80, cause(7, score=0.0))
    watch.say(cause(7))
    assert watch.numbers() == {1, 2}
    assert watch.last(2)["state"] == "unacknowledged"


def test_a_cause_that_must_stand_for_a_while_raises_nothing_when_it_flickers() -> None:
    watch = Watch(on_s=3.0)
    for _ in range(20):
        watch.wait(2, cause(7))
        watch.wait(1, cause(7, score=0.0))
    assert watch.told == []
    watch.wait(4, cause(7, plot_ns=watch.now_ns))
    assert watch.states() == ["unacknowledged"]
    assert watch.last()["delay_s"] == pytest.approx(4.0)


def test_an_alert_that_comes_and_goes_is_counted_as_often_as_it_asks() -> None:
    watch = Watch(off_s=2.0)
    for _ in range(3):
        watch.wait(5, cause(7))
        watch.wait(5, cause(7, score=0.0))
    assert watch.last()["activation_count"] == 3
    assert watch.load()["activation_count"] == 3
    assert watch.load()["chattering"] == (1,)


def test_what_was_rejected_is_quiet_until_it_is_over_or_more_urgent() -> None:
    watch = Watch(off_s=5.0, rearm_s=30.0)
    watch.wait(3, cause(7))
    with pytest.raises(RefusedError, match="reject_alert needs reason"):
        watch.do("reject_alert", number="1")
    watch.do("reject_alert", number="1", reason="a flock of storks")
    watch.wait(600, cause(7))
    assert watch.states() == ["unacknowledged", "closed"]
    assert watch.last()["reason"] == "a flock of storks"
    watch.wait(1, cause(7, score=0.9))
    assert (watch.last()["state"], watch.last()["priority"]) == ("unacknowledged", 1)
    watch.do("reject_alert", number="1", reason="still storks")
    watch.wait(40, cause(7, score=0.0))
    watch.wait(1, cause(7))
    assert watch.numbers() == {1, 2}


def test_what_is_shelved_comes_back_when_its_time_is_over() -> None:
    watch = Watch(off_s=5.0)
    watch.wait(1, cause(7), cause(8, rule="low"))
    for fields, why in (
        ({"minutes": "2"}, "shelve_alert needs reason"),
        ({"reason": "the fair"}, "needs an end that is yet to come"),
        ({"reason": "the fair", "minutes": "-5"}, "needs minutes as a number above 0"),
        ({"reason": "the fair", "minutes": "nan"}, "needs minutes as a number above 0"),
        ({"reason": "the fair", "minutes": "100000"}, "at most 480 minutes ahead"),
        ({"reason": "the fair", "until_utc": "2026-03-01T11:00:00Z"}, "needs an end that is yet to come"),
        ({"reason": "the fair", "until_utc": "tomorrow"}, "needs until_utc as an instant such as"),
    ):
        with pytest.raises(RefusedError, match=why):
            watch.do("shelve_alert", number="1", **fields)
    watch.do("shelve_alert", number="1,2", reason="the fair", minutes="2")
    assert watch.last()["until_ns"] == watch.now_ns + 120 * 10**9
    watch.wait(100, cause(7), cause(8, rule="low", score=0.0))
    assert watch.load()["shelved_count"] == 2
    watch.wait(25, cause(7))
    assert watch.states() == ["unacknowledged", "shelved", "unacknowledged"]
    assert watch.states(2) == ["unacknowledged", "shelved", "closed"]


def test_what_is_shelved_asks_again_when_it_becomes_more_urgent() -> None:
    watch = Watch()
    watch.say(cause(7))
    watch.do("shelve_alert", number="1", reason="the fair", minutes="60")
    watch.wait(5, cause(7, score=0.9))
    assert watch.last()["state"] == "unacknowledged"
    watch.do("shelve_alert", number="1", reason="known", minutes="60")
    watch.do("unshelve_alert", number="1")
    assert watch.last()["state"] == "unacknowledged"


def test_silence_ends_the_tone_and_nothing_else() -> None:
    watch = Watch(escalate_2_s=(10.0,))
    watch.say(cause(7), cause(8, rule="low"))
    watch.do("silence", number="1")
    assert (watch.last()["is_silenced"], watch.last(2)["is_silenced"]) == (True, False)
    assert watch.last()["state"] == "unacknowledged"
    watch.do("silence")
    assert watch.last(2)["is_silenced"]
    watch.wait(12)
    assert watch.last()["escalated"] == 1


def test_nobody_answering_is_told_to_the_next_and_then_to_the_one_after() -> None:
    watch = Watch(escalate_1_s=(10.0, 30.0), escalate_to=("shift leader", "duty officer"))
    watch.say(cause(7, score=0.9))
    watch.wait(60, cause(7, score=0.9))
    texts = [text for level, what, text in watch.notices if (level, what) == ("warning", "alert_escalated")]
    assert [text.partition(":")[0] for text in texts] == [
        "alert 1, nobody answered in 10 s, to shift leader",
        "alert 1, nobody answered in 30 s, to duty officer",
    ]
    assert watch.last()["escalated"] == 2
    watch.do("acknowledge_alert", number="1")
    assert watch.last()["escalated"] == 0


def test_a_swarm_is_one_alert_that_asks_again_when_it_has_doubled() -> None:
    watch = Watch()
    swarm = line_of(40)
    first = {no: swarm[no] for no in range(1, 11)}
    watch.say(*(cause(no) for no in first), rows=tracks_at(first))
    assert watch.numbers() == {1}
    assert watch.last()["object_count"] == 10
    watch.do("acknowledge_alert", number="1")
    watch.wait(1, *(cause(no) for no in swarm), rows=tracks_at(swarm))
    assert watch.numbers() == {1}
    assert watch.last()["object_count"] == 40
    assert watch.last()["text"].startswith("40 objects: ")
    assert watch.states() == ["unacknowledged", "acknowledged", "unacknowledged"]
    assert watch.load()["joined_count"] == 39


def test_objects_that_are_near_but_move_otherwise_or_far_away_are_alerts_of_their_own() -> None:
    watch = Watch()
    watch.say(cause(1), rows=tracks_at({1: (55.0, 24.0)}))
    watch.say(cause(2), rows=tracks_at({2: (55.001, 24.0)}, velocity_mps=(-50.0, 0.0)))
    watch.say(cause(3), rows=tracks_at({3: (55.5, 24.0)}))
    assert watch.numbers() == {1, 2, 3}


def test_objects_that_fly_together_are_one_alert_though_each_is_nearest_to_another_asset() -> None:
    watch = Watch()
    pair = {1: (55.0, 24.0), 2: (55.003, 24.0)}
    for _ in range(5):
        watch.wait(1, cause(1), cause(2, asset="bridge"), rows=tracks_at(pair))
    assert watch.numbers() == {1}
    assert watch.last()["object_count"] == 2


def test_tracks_that_nobody_can_tell_apart_become_one_alert_and_the_older_goes_on() -> None:
    watch = Watch()
    watch.say(cause(1), rows=tracks_at({1: (55.0, 24.0)}))
    watch.say(cause(2), rows=tracks_at({2: (55.5, 24.0)}))
    watch.alerts.index.group([(1, 9), (2, 9)])
    watch.say(cause(1), cause(2))
    assert (watch.last(2)["state"], watch.last(2)["joined_to"]) == ("closed", 1)
    assert set(watch.last(1)["track_nos"]) == {1, 2}
    watch.alerts.index.group([(1, 0), (2, 0)])
    watch.wait(5, cause(1), cause(2))
    assert watch.last(1)["state"] == "unacknowledged"
    assert watch.numbers() == {1, 2}
    with pytest.raises(RefusedError, match="there is no open alert 2; it is part of alert 1"):
        watch.do("acknowledge_alert", number="2")


def test_a_track_that_a_person_merged_or_renumbered_keeps_its_alert() -> None:
    watch = Watch()
    watch.say(cause(1))
    watch.do("acknowledge_alert", number="1")
    watch.alerts.renumber(watch.now_ns, 1, 5)
    watch.wait(5, cause(5))
    assert watch.numbers() == {1}
    assert watch.last()["track_nos"] == (5,)
    assert watch.last()["state"] == "acknowledged"


def test_two_alerts_whose_tracks_a_person_merged_are_one() -> None:
    watch = Watch()
    watch.say(cause(1), cause(2))
    watch.alerts.renumber(watch.now_ns, 2, 1)
    watch.wait(2, cause(1))
    assert (watch.last(2)["state"], watch.last(2)["joined_to"]) == ("closed", 1)
    assert watch.last(1)["track_nos"] == (1,)


def test_a_lost_track_keeps_its_alert_for_a_while_and_found_again_it_goes_on() -> None:
    watch = Watch(lost_s=30.0)
    watch.say(cause(7))
    watch.alerts.lost(watch.now_ns, [7])
    watch.wait(20)
    assert watch.last()["is_active"]
    watch.wait(5, cause(7))
    watch.wait(60)
    assert watch.states() == ["unacknowledged"]
    watch.alerts.lost(watch.now_ns, [7])
    watch.wait(40)
    assert watch.states() == ["unacknowledged", "returned_unacknowledged"]


def test_an_alert_that_another_one_says_already_is_quiet_until_that_one_is_over() -> None:
    watch = Watch(off_s=5.0, rules={"near": RuleParams(suppressed_by=("inside",))})
    watch.say(cause(7))
    watch.wait(3, cause(7), cause(7, rule="inside"))
    assert watch.states() == ["unacknowledged", "suppressed"]
    assert watch.last()["reason"] == "alert 2 says it already"
    watch.do("acknowledge_alert", number="2")
    watch.wait(10, cause(7), cause(7, rule="inside", score=0.0))
    assert watch.states() == ["unacknowledged", "suppressed", "unacknowledged"]


def test_a_rule_that_is_out_of_service_shows_its_alerts_and_asks_nobody() -> None:
    watch = Watch()
    watch.say(cause(1))
    with pytest.raises(RefusedError, match="out_of_service needs reason"):
        watch.do("out_of_service", rule="near", asset="airport")
    watch.do("out_of_service", rule="near", asset="airport", reason="the radar there is turned")
    watch.wait(2, cause(1), cause(2), cause(3, asset="bridge"))
    assert [watch.last(number)["state"] for number in (1, 2, 3)] == [
        "out_of_service",
        "out_of_service",
        "unacknowledged",
    ]
    assert watch.last(2)["reason"] == "watch 1: the radar there is turned"
    with pytest.raises(RefusedError, match="out of service: near airport"):
        watch.do("return_to_service", rule="near")
    watch.do("return_to_service", rule="near", asset="airport")
    assert [watch.last(number)["state"] for number in (1, 2)] == ["unacknowledged", "unacknowledged"]


def test_areas_without_a_track_are_one_alert_each() -> None:
    watch = Watch()
    here, there = {"latitude_deg": 55.0, "longitude_deg": 24.0}, {"latitude_deg": 57.0, "longitude_deg": 24.0}
    watch.wait(5, cause(**here), cause(**there))
    assert watch.numbers() == {1, 2}


def test_a_command_that_does_not_fit_is_refused_with_the_reason() -> None:
    watch = Watch()
    watch.say(cause(7))
    for what, fields, why in (
        ("acknowledge_alert", {"number": "2"}, "there is no open alert 2"),
        ("acknowledge_alert", {}, "acknowledge_alert needs number, a whole number from 1, got ''"),
        ("acknowledge_alert", {"number": "1,x"}, "got 'x'"),
        ("acknowledge_alert", {"number": ",".join(["1"] * 200)}, "at most 100 numbers"),
        ("acknowledge_alert", {"number": "٣"}, "needs number, a whole number"),
        ("unshelve_alert", {"number": "1"}, "alert 1 is unacknowledged, it is not shelved"),
        ("reset_alert", {"number": "1"}, "alert 1 is not answered yet; acknowledge_alert first"),
        ("reject_alert", {"number": "1", "reason": "x" * 2001}, "reason holds at most 2000 octets, got 2001"),
        ("reject_alert", {"number": "1", "reason": "a\u202eb"}, "holds the sign U\\+202E, which cannot be shown"),
        ("reject_alert", {"number": "1", "reason": "a\x1b[2J"}, "holds the sign U\\+001B"),
    ):
        with pytest.raises(RefusedError, match=why):
            watch.do(what, **fields)
    watch.do("acknowledge_alert", number="1")
    with pytest.raises(RefusedError, match="alert 1 is acknowledged: there is nothing to acknowledge"):
        watch.do("acknowledge_alert", number="1")
    with pytest.raises(RefusedError, match="the cause of alert 1 stands"):
        watch.do("reset_alert", number="1")


def test_one_of_several_numbers_that_does_not_fit_leaves_all_as_they_were() -> None:
    watch = Watch()
    watch.say(cause(7), cause(8))
    with pytest.raises(RefusedError, match="there is no open alert 3"):
        watch.do("acknowledge_alert", number="1,2,3")
    assert watch.last(1)["state"] == "unacknowledged"
    watch.do("acknowledge_alert", number="1, 2")
    assert watch.last(2)["state"] == "acknowledged"


def test_a_snapshot_holds_all_that_comes_after() -> None:
    watch = Watch(off_s=5.0, on_s=2.0)
    watch.wait(30, cause(1), cause(2, score=0.9), cause(3, score=0.2), rows=tracks_at(line_of(3)))
    watch.do("shelve_alert", number="1", reason="x", minutes="1")
    again = Watch(off_s=5.0, on_s=2.0)
    again.alerts.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(watch.alerts.state())))
    again.now_ns = watch.now_ns
    told = len(watch.told)
    for one in (watch, again):
        one.wait(5, cause(4), cause(1))
        one.wait(90, cause(1), cause(2, score=0.0))
    assert again.told == watch.told[told:]
    assert again.alerts.state() == watch.alerts.state()
    assert watch.now_ns > T0_NS


def test_an_object_that_turns_to_another_asset_keeps_its_alert() -> None:
    watch = Watch()
    watch.wait(3, cause(7))
    watch.do("acknowledge_alert", number="1")
    for asset in ("bridge", "airport", "bridge"):
        watch.wait(3, cause(7, asset=asset))
        assert watch.last()["asset"] == asset
    assert watch.numbers() == {1}
    assert watch.last()["state"] == "acknowledged"
    watch.wait(15, cause(7, asset="", score=0.0))  # nobody says of which asset
    assert watch.last()["state"] == "closed"


def test_an_object_that_matters_to_two_assets_at_once_is_two_alerts() -> None:
    watch = Watch()
    watch.wait(5, cause(7), cause(7, asset="bridge"))
    assert {fields["asset"] for fields in watch.told} == {"airport", "bridge"}
    assert watch.numbers() == {1, 2}
    watch.wait(5, cause(7, asset="bridge"), cause(7))
    assert watch.numbers() == {1, 2}


def test_one_of_a_swarm_that_flies_elsewhere_is_an_alert_of_its_own() -> None:
    watch = Watch()
    swarm = line_of(5)
    watch.say(*(cause(no) for no in swarm), rows=tracks_at(swarm))
    others = {no: swarm[no] for no in range(2, 6)}
    rows = np.concatenate([tracks_at(others), tracks_at({1: swarm[1]}, velocity_mps=(-50.0, 0.0))])
    watch.wait(1, cause(1, asset="bridge"), *(cause(no) for no in others), rows=rows)
    assert watch.last(1)["object_count"] == 4
    assert (watch.last(2)["asset"], watch.last(2)["track_nos"]) == ("bridge", (1,))


def test_a_swarm_that_falls_apart_and_forms_again_is_one_alert_all_the_time() -> None:
    watch = Watch(off_s=5.0)
    swarm = tuple(range(1, 11))
    watch.wait(3, cause(*swarm, group=3))
    assert watch.last()["object_count"] == 10
    watch.do("acknowledge_alert", number="1")
    watch.wait(20, *(cause(no, score=0.0 if no > 7 else 0.6) for no in swarm))
    assert watch.last()["object_count"] == 7
    assert set(watch.last()["track_nos"]) == {1, 2, 3, 4, 5, 6, 7}
    watch.wait(20, cause(*swarm, group=4))
    assert (watch.last()["object_count"], watch.last()["state"]) == (10, "acknowledged")
    assert watch.numbers() == {1}


def test_what_is_said_of_one_claimant_is_one_alert_under_whatever_track_number() -> None:
    watch = Watch()
    of_claimant = {"rule": "deception", "asset": "", "group": CLAIMANT_GROUPS_FROM + 0x492EF4, "score": 0.9}
    watch.wait(5, cause(169, **of_claimant))
    watch.alerts.lost(watch.now_ns, [169])
    watch.wait(60, cause(179, **of_claimant))
    assert watch.numbers() == {1}
    assert watch.states() == ["unacknowledged"]
    assert watch.last()["track_nos"][0] == 179
    assert watch.last()["object_count"] == 1
    assert watch.last()["group"] == 0  # it is no formation
    watch.say(cause(80, **(of_claimant | {"group": CLAIMANT_GROUPS_FROM + 0x483AAD})))
    assert watch.numbers() == {1, 2}


def test_an_alert_about_one_claimant_is_quiet_while_one_about_many_says_it() -> None:
    watch = Watch()
    one = cause(7, rule="deception", asset="", group=CLAIMANT_GROUPS_FROM + 1, score=0.9)
    many = cause(7, 8, 9, 10, rule="deception_of_many", asset="", group=CLAIMANT_GROUPS_FROM, score=0.9)
    watch.wait(3, one)
    watch.wait(3, many, one)
    assert watch.last(1)["state"] == "suppressed"
    assert watch.last(1)["reason"] == "alert 2 says it already"
    assert watch.last(2)["state"] == "unacknowledged"
    watch.wait(30, msgspec.structs.replace(many, score=0.0), one)
    assert watch.last(1)["state"] == "unacknowledged"


def test_what_is_merely_not_as_usual_is_of_the_lowest_priority() -> None:
    watch = Watch()
    watch.say(cause(7, rule="not_as_usual", asset="", score=0.95))
    assert watch.last()["priority"] == 3
