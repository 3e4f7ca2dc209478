"""The rules: each says something of what it is about, nothing of what it is not, and what would change it holds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from skydas import plugins
from skydas.assess import Assessor
from skydas.assess.assessor import Judged
from skydas.assess.combine import first_that_halves
from skydas.model import CLASS_COUNT, NS_PER_S, Asset, Identity, ObjectClass, TrackFlag, empty_tracks
from tests.unit.assess_scenes import COUNTRY, PLANT, RING, T0_NS, assessor, at, flown, judged, score

SOUTH_M = np.stack((np.arange(-14_000.0, -6_000.0, 40.0), np.zeros(200)), axis=1)
ZONE = Asset(name="range", kind="prohibited", what="zone", shape="area", points=RING, to_amsl_m=3_000.0)
CLOSED = Asset(name="all", kind="closed", what="zone", shape="area", points=RING, hours=(("08:00", "10:00"),))
AXIS = Asset(
    name="east road", kind="axis", what="axis", shape="route", points=((54.8, 24.0), (55.2, 24.0)), radius_m=5e3
)
EVENT = Asset(
    name="fair", kind="event", shape="point", points=((55.0, 24.0),), radius_m=500.0, hours=(("08:00", "10:00"),)
)
OVER = {"height_hae_m": 5_000.0}


def of_class(one: ObjectClass) -> dict[str, Any]:
    return {"class_probability": np.eye(CLASS_COUNT, dtype=np.float32)[one]}


@pytest.mark.parametrize(
    ("rule", "assets", "does", "does_not"),
    [
        ("approach", [PLANT], at(-4_000.0, 0.0), at(-4_000.0, 0.0, velocity_mps=(0.0, -40.0, 0.0))),
        ("approach", [PLANT], at(-4_000.0, 0.0), at(-4_000.0, 0.0, **OVER)),
        ("inside_zone", [ZONE], at(0.0, 96_000.0), at(0.0, 0.0)),
        ("inside_zone", [ZONE], at(0.0, 96_000.0), at(0.0, 96_000.0, **OVER)),
        ("airspace_closed", [CLOSED], at(0.0, 96_000.0), at(0.0, 96_000.0, t_s=7_200.0)),
        ("airspace_closed", [CLOSED], at(0.0, 96_000.0, identity=Identity.FRIEND), at(0.0, 0.0)),
        ("low_and_slow", [], at(0.0, 0.0), at(0.0, 0.0, velocity_mps=(0.0, 200.0, 0.0))),
        ("threat_axis", [AXIS], at(0.0, 2_000.0), at(0.0, 2_000.0, velocity_mps=(0.0, -40.0, 0.0))),
        ("threat_axis", [AXIS], at(0.0, 2_000.0), at(0.0, 9_000.0)),
        ("known_traffic", [], at(0.0, 0.0, identity=Identity.FRIEND), at(0.0, 0.0)),
        ("known_traffic", [], at(0.0, 0.0, mode_3a=0o1234), at(0.0, 0.0)),
        ("natural", [], at(0.0, 0.0, **of_class(ObjectClass.BIRD)), at(0.0, 0.0, **of_class(ObjectClass.MULTIROTOR))),
        ("restricted_hours", [EVENT], at(-4_000.0, 0.0), at(-4_000.0, 0.0, t_s=7_200.0)),
        ("swarm", [], at(0.0, 0.0, group_count=(6, 8)), at(0.0, 0.0, group_count=(1, 8))),
        ("one_way_profile", [], at(0.0, 0.0, **of_class(ObjectClass.ONE_WAY_DRONE)), at(0.0, 0.0)),
    ],
)  # fmt: skip
def test_a_rule_speaks_of_what_it_is_about(rule: str, assets: list[Asset], does: Any, does_not: Any) -> None:
    speaks, silent = assessor(*assets), assessor(*assets)
    for one, row in ((speaks, does), (silent, does_not)):
        earlier = row.copy()
        earlier["t_ns"] -= 60 * NS_PER_S  # neither is new
        one.memory.meet(earlier, int(earlier["t_ns"][0]), 1.0, 1)
    high, low = score(judged(speaks, does), speaks, rule), score(judged(silent, does_not), silent, rule)
    assert high >= 0.3
    assert low <= 0.25 * high


def test_who_says_nothing_of_itself_is_nameless_after_a_while() -> None:
    one = assessor()
    assert score(judged(one, at(0.0, 0.0)), one, "no_identity") == 0.0
    assert score(judged(one, at(0.0, 0.0, t_s=30.0)), one, "no_identity") == 1.0
    assert score(judged(one, at(0.0, 0.0, t_s=31.0, mode_s=0x4CA123)), one, "no_identity") == 0.0


def test_who_was_first_seen_abroad_crosses_the_border_and_who_was_not_does_not() -> None:
    one = assessor(COUNTRY)
    east = {"velocity_mps": (40.0, 0.0, 0.0)}
    assert 0.05 < score(judged(one, at(0.0, 58_000.0, **east)), one, "border_crossed") < 0.6
    assert score(judged(one, at(0.0, 70_000.0, t_s=300.0, **east)), one, "border_crossed") == 1.0
    assert score(judged(one, at(0.0, 50_000.0, t_s=600.0, **east)), one, "border_crossed") == 1.0  # it went home
    assert score(judged(one, at(0.0, 90_000.0, number=2)), one, "border_crossed") == 0.0


def test_who_leaves_the_country_it_was_first_seen_in_has_crossed_the_border_and_the_noise_at_it_has_not() -> None:
    one = assessor(COUNTRY)
    west = {"velocity_mps": (-40.0, 0.0, 0.0)}
    edge_m = 63_800.0  # of the ring, from the plant
    assert score(judged(one, at(0.0, edge_m + 100.0, **west)), one, "border_crossed") == 0.0
    assert score(judged(one, at(0.0, edge_m - 100.0, t_s=4.0, **west)), one, "border_crossed") == 0.0
    assert score(judged(one, at(0.0, edge_m - 900.0, t_s=24.0, **west)), one, "border_crossed") == 1.0
    [reason] = [
        reason
        for reason in one.said(T0_NS, judged(one, at(0.0, edge_m - 940.0, t_s=25.0, **west)), 0)["reasons"]
        if reason.rule == "border_crossed"
    ]
    assert reason.text == "first seen in Eastland, and left it"
    assert reason.change == "if it had been first seen there and stayed: 1.00 becomes 0.00"


def test_a_track_is_doubtful_until_it_is_old_and_its_velocity_known() -> None:
    one, two = assessor(), {"sensors": 3}
    loose = at(0.0, 0.0, t_s=60.0, **two)
    loose["cov"][:, [15, 18]] = 40.0**2
    assert score(judged(one, at(0.0, 0.0, **two)), one, "doubtful_track") == 1.0
    assert score(judged(one, at(0.0, 0.0, t_s=15.0, **two)), one, "doubtful_track") == pytest.approx(0.5)
    found = judged(one, loose)
    assert score(found, one, "doubtful_track") == 1.0
    [reason] = [reason for reason in one.said(T0_NS, found, 0)["reasons"] if reason.rule == "doubtful_track"]
    assert reason.weight < 0.0
    assert reason.text == "seen for 60 s by 2 sensors, its velocity known to 40 m/s"
    assert reason.change == "its velocity known to 10 m/s: 1.00 becomes 0.00"
    assert score(judged(one, at(0.0, 0.0, t_s=61.0, **two)), one, "doubtful_track") == 0.0
    assert score(judged(one, at(0.0, 0.0, t_s=62.0, sensors=1)), one, "doubtful_track") == pytest.approx(0.3)


def test_a_course_made_of_two_plots_is_no_approach_unless_the_asset_is_near() -> None:
    one = assessor()
    assert score(judged(one, at(-6_000.0, 0.0)), one, "approach") == 0.0
    assert score(judged(one, at(-6_000.0, 0.0, t_s=40.0)), one, "approach") > 0.4
    assert score(judged(one, at(-700.0, 0.0, number=2)), one, "approach") > 0.4


def test_who_is_known_has_work_where_it_stays() -> None:
    one = assessor()
    angle = np.arange(0.0, 300.0) * 0.08
    circle = 900.0 + 300.0 * np.stack((np.cos(angle), np.sin(angle)), axis=1)
    unknown = score(flown(one, circle), one, "loiter_near")
    announced = score(flown(one, circle, number=2, identity=Identity.NEUTRAL), one, "loiter_near")
    assert announced == pytest.approx(0.2 * unknown)


def test_who_circles_near_a_plant_loiters_near_it() -> None:
    one = assessor()
    angle = np.arange(0.0, 300.0) * 0.08
    circle = 900.0 + 300.0 * np.stack((np.cos(angle), np.sin(angle)), axis=1)
    near = score(flown(one, circle), one, "loiter_near")
    far = score(flown(one, circle + 40_000.0, number=2), one, "loiter_near")
    assert near > 0.5
    assert far < 0.01


def test_what_a_check_found_counts_against_a_track_for_a_minute() -> None:
    one = assessor()
    coded = {"mode_s": 0x4CA123}
    before = judged(one, at(0.0, 0.0, **coded))
    one.contradict(T0_NS, 1, 0.9, "radar sees nothing there")
    after = judged(one, at(0.0, 0.0, t_s=1.0, **coded))
    assert score(after, one, "contradiction") == pytest.approx(0.9)
    assert after.scored.whole[0] > before.scored.whole[0]
    assert score(after, one, "known_traffic") < 0.2 * score(before, one, "known_traffic")
    [reason] = [reason for reason in one.said(T0_NS, after, 0)["reasons"] if reason.rule == "contradiction"]
    assert reason.text == "radar sees nothing there"
    assert score(judged(one, at(0.0, 0.0, t_s=90.0, **coded)), one, "contradiction") == 0.0


def test_a_way_used_on_earlier_days_counts() -> None:
    one, day_ns = assessor(), 86_400 * NS_PER_S
    for days in range(5, 0, -1):
        one.corridors.note(T0_NS - days * day_ns, np.radians([[55.0, 24.0]]), np.array([0.0]))
    assert score(judged(one, at(0.0, 0.0)), one, "recurrence") == 1.0
    assert score(judged(one, at(0.0, 0.0, number=2, velocity_mps=(0.0, -40.0, 0.0))), one, "recurrence") == 0.0


def test_one_way_profile_needs_a_straight_way_and_no_code() -> None:
    one = assessor()
    assert score(flown(one, SOUTH_M), one, "one_way_profile") > 0.5
    assert score(flown(one, SOUTH_M, number=2, mode_3a=0o2000), one, "one_way_profile") == 0.0


def test_the_whole_is_the_logistic_of_the_sum_and_shares_add_up() -> None:
    one = assessor(PLANT, COUNTRY)
    found = flown(one, SOUTH_M)
    said = one.said(T0_NS, found, 0)
    log_odds = one.params.scale * one.params.bias_log_odds + found.scored.shares[0].sum()
    assert said["score"] == pytest.approx(1.0 / (1.0 + math.exp(-log_odds)), abs=1e-4)
    told = sum(reason.weight for reason in said["reasons"])
    assert told == pytest.approx(found.scored.shares[0].sum(), abs=0.2)
    assert said["asset"] == "plant"
    weights = [abs(reason.weight) for reason in said["reasons"]]
    assert weights == sorted(weights, reverse=True)


def test_a_rule_that_is_off_says_nothing_and_a_weight_is_the_users() -> None:
    off = assessor(rules={"approach": {"on": False}})
    assert "approach" not in off.rules.names
    heavy = assessor(rules={"approach": {"weight": 9.0}})
    row = at(-1_000.0, 0.0)
    assert (
        judged(heavy, row).scored.whole[0] > judged(assessor(), row).scored.whole[0] > judged(off, row).scored.whole[0]
    )


def everything() -> tuple[Assessor, Judged]:
    """Return a track about which every rule has something to say."""
    birds = np.zeros(CLASS_COUNT, np.float32)
    birds[[ObjectClass.BIRD, ObjectClass.ONE_WAY_DRONE]] = 0.5
    disc: dict[str, Any] = {"shape": "point", "points": ((55.0, 24.0),), "radius_m": 20_000.0, "to_amsl_m": 3_000.0}
    zones = [Asset(name=kind, kind=kind, what="zone", **disc) for kind in ("border", "prohibited", "closed")]
    one = assessor(PLANT, AXIS, EVENT, *zones)
    one.corridors.note(T0_NS - 86_400 * NS_PER_S, np.radians([[55.0 - 6_040.0 / 111_194.93, 24.0]]), np.array([0.0]))
    judged(one, at(-40_000.0, 0.0))
    one.contradict(T0_NS + 190 * NS_PER_S, 1, 0.7, "it is not where it says")
    found = flown(one, SOUTH_M, class_probability=birds, group_count=(5, 5), mode_3a=0o1000)
    return one, found


def test_every_rule_explains_itself_and_what_would_change_it_is_recomputed() -> None:
    one, found = everything()
    spoken = {one.rules.names[column] for column in np.flatnonzero(found.scored.scores[0] > 0.01)}
    assert spoken >= set(one.rules.names) - {"no_identity", "loiter_near"}
    for column in np.flatnonzero(found.scored.scores[0] > 0.01).tolist():
        rule = one.rules.rules[column]
        said = rule.explain(T0_NS + 199 * NS_PER_S, found.picture, 0)
        assert said.text
        assert said.text[0] != " "
        words = first_that_halves(rule, T0_NS + 199 * NS_PER_S, found.picture, 0, said.tries)
        assert "becomes" in words, (one.rules.names[column], words)
        named, _, figures = words.rpartition(": ")
        before, after = (float(part) for part in figures.split(" becomes "))
        [change] = [change for text, change in said.tries if text == named]
        again = rule.score(T0_NS + 199 * NS_PER_S, found.picture.changed(0, [change]))[0]
        assert before == pytest.approx(found.scored.scores[0, column], abs=0.006)
        assert min(max(again, 0.0), 1.0) == pytest.approx(after, abs=0.006)
        assert after < before


def test_asking_what_would_change_it_changes_nothing() -> None:
    one, found = everything()
    octets = [view.tobytes() for view in found.picture.arrivals] + [found.picture.tracks.tobytes()]
    state = one.state()
    one.said(T0_NS, found, 0, is_kept=False)
    assert [view.tobytes() for view in found.picture.arrivals] + [found.picture.tracks.tobytes()] == octets
    assert one.state() == state


@pytest.mark.parametrize("name", plugins.names("rules"))
def test_every_rule_bears_any_picture(name: str) -> None:
    module = plugins.load("rules", name)
    rule = module.Rule(module.Params())
    assert rule.VERSION
    for assets in ([], [PLANT, COUNTRY, ZONE, CLOSED, AXIS, EVENT]):
        one = Assessor(assessor().params, {}, assets)
        nothing_known = empty_tracks(2)
        nothing_known["track_no"], nothing_known["status"] = (1, 2), 1
        for tracks in (
            nothing_known,
            np.concatenate((at(0.0, 0.0), at(0.0, 0.0, number=2, flags=TrackFlag.HEIGHT_ASSUMED))),
        ):
            slots = one.memory.meet(tracks.copy(), T0_NS, 1.0, 1).slots
            picture = one.look(T0_NS, tracks, slots)
            found = np.nan_to_num(rule.score(T0_NS, picture))
            assert found.shape == (2,)
            assert ((found >= 0.0) & (found <= 1.0)).all()
            assert rule.explain(T0_NS, picture, 1).text
