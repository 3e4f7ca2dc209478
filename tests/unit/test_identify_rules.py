"""Whose side a track is said to be on: never a friend on its own word, never hostile but by a person's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skydas.identify.overrides import Override
from skydas.identify.params import IdentifyParams
from skydas.identify.rules import Known, PlanState, Rule, judge
from skydas.model import Cause, Identity, ObjectClass, PlotFlag, PlotKind
from skydas.model.config import FlightSection
from tests.identify_scenes import ADSB, CAMERA, RADAR, REMOTE_ID, RF, SENSORS, Scene, after, plot, track

FRIENDLY = {Identity.FRIEND, Identity.ASSUMED_FRIEND}
FLIGHT = FlightSection(
    flight="border patrol 1",
    identity="friend",
    mode_s="503c01",
    callsign="PATROL1",
    from_utc="2026-03-01T11:00:00Z",
    until_utc="2026-03-01T14:00:00Z",
    area="55.0 24.0",
    radius_m=20_000.0,
)
REPLY = {"flags": PlotFlag.MODE_S | PlotFlag.PRIMARY, "mode_s": 0x503C01, "kind": PlotKind.POLAR}
CLAIM = {"flags": PlotFlag.CLAIM, "mode_s": 0x503C01, "kind": PlotKind.POSITION}
CODES = {"mode_s": 0x503C01, "callsign": b"PATROL1"}


def flown(
    scene: Scene, seconds: int, *plots: tuple[int, dict[str, Any]], speed_mps: float = 60.0, **codes: Any
) -> None:
    """Let track 1 be seen every second by these sensors."""
    for t_s in range(seconds):
        scene.see(t_s, track(1, t_s, speed_mps, **codes), *(plot(sensor, t_s, **fields) for sensor, fields in plots))
        scene.second(t_s, track(1, t_s, speed_mps, **codes))
    scene.second(seconds, track(1, seconds, speed_mps, **codes))


def verdict(scene: Scene) -> tuple[Identity, str]:
    told = scene.last()
    return told["identity"], told["rule"]


booleans = st.booleans()
shares = st.floats(0.0, 1.0)
knowns = st.fixed_dictionaries(
    {
        "person": st.just(-1),
        "contradicted": booleans,
        "mode_3a": st.sampled_from([0o7500, 0o7700, 0o1234, 0xFFFF]),
        "corroborated": booleans,
        "claims": booleans,
        "has_code": booleans,
        "plan": st.sampled_from([int(state) for state in PlanState]),
        "plan_friend": booleans,
        "p_bird": shares,
        "p_aircraft": shares,
        "p_threat": shares,
        "threat_kinds": st.integers(0, 6),
        "age_s": st.floats(0.0, 1e5),
        "before": st.sampled_from([-1, *(int(rule) for rule in Rule)]),
    }
)


def known_of(fields: dict[str, Any]) -> Known:
    return Known(**{name: np.array([value]) for name, value in fields.items()})


@given(knowns)
@settings(max_examples=400, deadline=None, derandomize=True)
def test_no_rule_makes_a_track_hostile(fields: dict[str, Any]) -> None:
    identity, rule = judge(known_of(fields), IdentifyParams())
    assert identity[0] != Identity.HOSTILE
    assert rule[0] != Rule.PERSON


@given(knowns)
@settings(max_examples=400, deadline=None, derandomize=True)
def test_no_rule_makes_a_friend_or_a_neutral_of_what_nobody_measured(fields: dict[str, Any]) -> None:
    identity, _ = judge(known_of(fields | {"corroborated": False}), IdentifyParams())
    assert identity[0] not in FRIENDLY | {Identity.NEUTRAL}


@given(knowns)
@settings(max_examples=400, deadline=None, derandomize=True)
def test_no_rule_makes_a_friend_of_what_is_contradicted_or_not_expected(fields: dict[str, Any]) -> None:
    identity, _ = judge(known_of(fields | {"contradicted": True}), IdentifyParams())
    assert identity[0] == Identity.SUSPECT
    identity, _ = judge(known_of(fields | {"plan": int(PlanState.ELSEWHERE)}), IdentifyParams())
    assert identity[0] not in FRIENDLY


claimed_plots = st.lists(
    st.tuples(
        st.sampled_from([ADSB, REMOTE_ID]),
        st.sampled_from([0x503C01, 0x4A0001, 0]),
        st.integers(0, len(ObjectClass)),
        st.floats(0.0, 300.0),
    ),
    min_size=1,
    max_size=30,
)


@given(claimed_plots)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_whatever_a_track_says_of_itself_it_is_no_friend_by_that(claims: list[tuple[int, int, int, float]]) -> None:
    scene = Scene(FLIGHT)
    for t_s, (sensor, mode_s, word, speed_mps) in enumerate(claims):
        row = track(1, t_s, speed_mps, mode_s=mode_s, callsign=b"PATROL1")
        given_plot = plot(sensor, t_s, flags=PlotFlag.CLAIM, mode_s=mode_s, class_word=word, object=5)
        scene.see(t_s, row, given_plot)
        left = scene.second(t_s, track(1, t_s, speed_mps, mode_s=mode_s, callsign=b"PATROL1"))
        assert left["identity"][0] in (Identity.PENDING, Identity.UNKNOWN, Identity.SUSPECT)


any_plots = st.lists(
    st.tuples(
        st.sampled_from(range(len(SENSORS))),
        st.sampled_from([int(flag) for flag in PlotFlag]),
        st.integers(0, len(ObjectClass)),
        st.floats(-40.0, 30.0),
        st.floats(0.0, 2_000.0),
    ),
    min_size=1,
    max_size=30,
)


@given(any_plots)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_whatever_sensors_say_a_track_is_not_hostile_by_that(plots: list[tuple[int, int, int, float, float]]) -> None:
    scene = Scene(FLIGHT)
    for t_s, (sensor, flags, word, rcs_db, speed_mps) in enumerate(plots):
        given_plot = plot(sensor, t_s, flags=flags, class_word=word, rcs_db=rcs_db, kind=PlotKind.POLAR)
        scene.see(t_s, track(1, t_s, speed_mps), given_plot)
        assert scene.second(t_s, track(1, t_s, speed_mps))["identity"][0] != Identity.HOSTILE


def test_an_expected_flight_that_radar_sees_where_it_should_be_is_a_friend_and_says_why() -> None:
    scene = Scene(FLIGHT)
    flown(scene, 20, (RADAR, REPLY), **CODES)
    identity, rule = verdict(scene)
    assert identity == Identity.FRIEND
    assert "border patrol 1" in rule
    assert "measured" in rule


def test_with_one_identifier_it_is_only_assumed_to_be_a_friend() -> None:
    scene = Scene(FLIGHT)
    flown(scene, 20, (RADAR, REPLY), mode_s=0x503C01)
    assert verdict(scene)[0] == Identity.ASSUMED_FRIEND


def test_the_same_flight_by_its_own_word_alone_is_unknown() -> None:
    scene = Scene(FLIGHT)
    flown(scene, 20, (ADSB, CLAIM), **CODES)
    identity, rule = verdict(scene)
    assert identity == Identity.UNKNOWN
    assert rule == "says to be flight border patrol 1; nothing but its own word supports it"


def test_a_receiver_of_claims_that_does_not_mark_them_brings_claims_all_the_same() -> None:
    scene = Scene(FLIGHT)
    flown(scene, 20, (ADSB, CLAIM | {"flags": 0}), (REMOTE_ID, CLAIM | {"flags": 0}), **CODES)
    assert verdict(scene)[0] == Identity.UNKNOWN


def test_a_friend_that_only_its_own_word_has_supported_for_a_minute_is_none_any_more() -> None:
    scene = Scene(FLIGHT)
    flown(scene, 20, (RADAR, REPLY), (ADSB, CLAIM), **CODES)
    assert verdict(scene)[0] == Identity.FRIEND
    for t_s in range(20, 100):
        scene.see(t_s, track(1, t_s, 60.0, **CODES), plot(ADSB, t_s, **CLAIM))
        scene.second(t_s, track(1, t_s, 60.0, **CODES))
    assert verdict(scene)[0] == Identity.UNKNOWN


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"latitude_deg": 55.4}, "km outside of its area"),
        ({"callsign": b"OTHER2"}, "its callsign is another"),
    ],
)
def test_identifiers_of_a_flight_elsewhere_make_no_friend(changes: dict[str, Any], says: str) -> None:
    scene = Scene(FLIGHT)
    flown(scene, 20, (RADAR, REPLY), **(CODES | changes))
    identity, rule = verdict(scene)
    assert identity not in FRIENDLY
    assert says in rule


def test_an_aircraft_with_an_address_that_radar_sees_is_neutral_and_one_that_is_silent_is_unknown() -> None:
    answering, silent = Scene(), Scene()
    flown(answering, 20, (RADAR, REPLY), speed_mps=220.0, mode_s=0x4A0001, height_hae_m=10_000.0)
    flown(silent, 20, (RADAR, {"flags": PlotFlag.PRIMARY, "kind": PlotKind.POLAR}), speed_mps=220.0)
    assert verdict(answering)[0] == Identity.NEUTRAL
    assert verdict(silent) == (Identity.UNKNOWN, "no rule says more")


def test_unlawful_interference_is_suspect() -> None:
    scene = Scene()
    flown(scene, 20, (RADAR, REPLY), speed_mps=220.0, mode_s=0x4A0001, mode_3a=0o7500)
    assert verdict(scene) == (Identity.SUSPECT, "it sends code 7500, unlawful interference")


def test_a_contradiction_makes_a_friend_suspect_until_it_is_over() -> None:
    scene = Scene(FLIGHT)
    flown(scene, 20, (RADAR, REPLY), **CODES)
    wrong = Cause(rule="position_contradicted", track_nos=(1,), score=0.9, text="ADS-B says 4 km from the echo")
    scene.identifier.contradict(wrong)
    scene.second(21.0, track(1, 21.0, 60.0, **CODES))
    assert verdict(scene) == (
        Identity.SUSPECT,
        "what it says of itself is contradicted: ADS-B says 4 km from the echo",
    )
    scene.identifier.contradict(Cause(rule="position_contradicted", track_nos=(1,), score=0.0, text="over"))
    scene.second(22.0, track(1, 22.0, 60.0, **CODES))
    assert verdict(scene)[0] == Identity.FRIEND


def test_a_dangerous_kind_is_suspect_only_where_two_kinds_of_evidence_speak_for_it() -> None:
    alone, both = Scene(), Scene()
    word = {"class_word": ObjectClass.ONE_WAY_DRONE + 1}
    flown(alone, 40, (CAMERA, word), speed_mps=np.nan)
    flown(both, 40, (CAMERA, word), (RADAR, {"rcs_db": -10.0, "flags": PlotFlag.PRIMARY}), speed_mps=65.0)
    assert verdict(alone)[0] == Identity.UNKNOWN
    identity, rule = verdict(both)
    assert identity == Identity.SUSPECT
    assert "one-way drone" in rule


def test_a_bird_is_neutral() -> None:
    scene = Scene()
    bird = {"class_word": ObjectClass.BIRD + 1, "rcs_db": -30.0}
    flown(scene, 40, (CAMERA, bird), (RADAR, {"rcs_db": -28.0}), speed_mps=14.0, height_hae_m=150.0)
    assert verdict(scene)[0] == Identity.NEUTRAL


def test_what_nothing_is_known_of_is_pending_and_then_unknown() -> None:
    scene = Scene()
    assert scene.see(0.0, track(1, 0.0))["identity"][0] == Identity.PENDING
    for t_s in range(1, 16):
        row = scene.second(t_s, track(1, t_s))
    assert row["identity"][0] == Identity.UNKNOWN


def test_a_persons_word_goes_before_every_rule_and_the_rules_word_stands_beside_it() -> None:
    scene = Scene(FLIGHT)
    flown(scene, 20, (RADAR, REPLY), **CODES)
    said = Override("watch 1", "seen from the tower", after(20), identity=Identity.HOSTILE, class_no=ObjectClass.GLIDER)
    assert scene.identifier.overrides.put(1, said)
    told = scene.last()
    assert (told["identity"], told["rule"]) == (Identity.HOSTILE, "watch 1 says so: seen from the tower")
    assert told["suggested"].startswith("friend: is expected flight border patrol 1")
    assert told["class_probability"] == {"glider": 1.0}
    assert told["overridden_by"] == "watch 1"
    assert scene.second(21.0, track(1, 21.0, 60.0, **CODES))["identity"][0] == Identity.HOSTILE
    scene.identifier.overrides.release(1)
    assert verdict(scene)[0] == Identity.FRIEND


def test_what_is_called_so_stays_so_while_the_probability_trembles() -> None:
    params = IdentifyParams()
    nothing = {"contradicted": False, "corroborated": True, "claims": False, "has_code": False, "plan_friend": False}
    fields = known_of(dict.fromkeys(Known._fields, 0) | nothing | {"person": -1, "before": -1})
    near = fields._replace(p_bird=np.array([params.bird_probability - 0.5 * params.hysteresis]))
    assert judge(near, params)[1][0] != Rule.BIRD
    assert judge(near._replace(before=np.array([Rule.BIRD])), params)[1][0] == Rule.BIRD


def test_a_direction_finder_alone_does_not_measure_where_a_track_is() -> None:
    scene = Scene(FLIGHT)
    flown(scene, 20, (RF, {"kind": PlotKind.BEARING, "azimuth_true_rad": 1.0}), (ADSB, CLAIM), **CODES)
    assert verdict(scene)[0] not in FRIENDLY
