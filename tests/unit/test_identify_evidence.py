"""Evidence of a track's class: what each kind says, that repeating it is not proof, that it goes stale."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from skydas.identify.addresses import state_of
from skydas.identify.classes import LOOKS, word_table
from skydas.identify.evidence_kernels import COLUMNS, SLOTS_MAX
from skydas.identify.ledger import Ledger
from skydas.identify.weigh import gains_bits, posterior, settle, smallest_sets, weigh
from skydas.model import CLASS_COUNT, CLASS_WORDS, Evidence, ObjectClass, PlotFlag, PlotKind, empty_plots
from tests import reference_identify as reference
from tests.identify_scenes import ADSB, CAMERA, RADAR, REMOTE_ID, RF, SECOND_CAMERA, SECOND_RADAR, Scene, plot, track
from tests.reference_identify import hover_log, rcs_log, reply_log, sign_log, speed_log

MULTIROTOR = int(ObjectClass.MULTIROTOR)
DRONE_WORD = {"class_word": MULTIROTOR + 1}


def seen_by(
    scene: Scene, seconds: float, *sensors: int, step_s: float = 1.0, speed_mps: float = 12.0, **fields: Any
) -> None:
    """Let sensors see track 1 for a while, each once a step."""
    for t_s in np.arange(0.0, seconds, step_s).tolist():
        scene.see(t_s, track(1, t_s, speed_mps), *(plot(sensor, t_s, **fields) for sensor in sensors))
        scene.second(t_s, track(1, t_s, speed_mps))
    scene.second(seconds, track(1, seconds, speed_mps))


def probability(scene: Scene, word: str) -> float:
    return float(scene.last()["class_probability"].get(word, 0.0))


def evidence(scene: Scene, kind: str) -> list[Evidence]:
    return [one for one in scene.last()["evidence"] if one.kind == kind]


@pytest.mark.parametrize(
    ("speed_mps", "word"), [(230.0, "airliner"), (1_500.0, "ballistic"), (60.0, "one_way_drone"), (2.0, "multirotor")]
)
def test_speed_speaks_for_the_classes_that_fly_so(speed_mps: float, word: str) -> None:
    log = speed_log(np.array([speed_mps]))[0]
    assert log[CLASS_WORDS.index(word)] > np.median(log)


def test_every_likelihood_has_a_floor_so_that_nothing_is_ruled_out_by_one_thing() -> None:
    speeds = speed_log(np.geomspace(0.1, 5_000.0, 200))
    words = word_table(0.99)
    signs = np.concatenate(
        [sign_log(name, np.array([50.0])) for name in ("transponder", "remote_id", "transmits", "audible")]
    )
    for log in (speeds, words, signs, rcs_log(np.array([-60.0, 40.0]), np.array([8.0, 8.0]))):
        assert np.isfinite(log).all()
        assert np.ptp(log, axis=1).max() < 9.0


def test_what_is_not_known_says_nothing() -> None:
    unknown = np.array([np.nan])
    for log in (speed_log(unknown), hover_log(unknown), rcs_log(unknown, np.array([1.0]))):
        assert (log == 0.0).all()


def test_the_words_of_a_sensor_are_a_probability_under_every_class() -> None:
    table = np.exp(word_table(0.8))
    assert table.sum(axis=0) == pytest.approx(np.ones(CLASS_COUNT))
    assert (np.diag(table)[:-1] > 0.75).all()


def test_an_interrogation_that_is_not_answered_speaks_against_an_airliner_and_an_answer_against_a_bird() -> None:
    looks = np.array([4.0])
    silent, answering = reply_log(looks, np.array([0.0]))[0], reply_log(looks, np.array([1.0]))[0]
    assert silent[ObjectClass.BIRD] - silent[ObjectClass.AIRLINER] > 3.0
    assert answering[ObjectClass.AIRLINER] - answering[ObjectClass.BIRD] > 3.0


def test_nothing_can_be_told_before_anything_was_seen() -> None:
    scene = Scene()
    row = scene.see(0.0, track(1, 0.0))
    assert np.isnan(row["class_probability"]).all()
    assert scene.last()["class_probability"] == {}
    assert scene.last()["set_words"] == ()


def test_a_camera_that_repeats_itself_for_a_second_is_one_look() -> None:
    once, often = Scene(), Scene()
    for scene, count in ((once, 1), (often, 25)):
        plots = [plot(CAMERA, 0.02 * n, **DRONE_WORD) for n in range(count)]
        scene.see(0.0, track(1, 0.0), *plots)
        scene.second(1.0, track(1, 1.0))
    assert probability(often, "multirotor") == pytest.approx(probability(once, "multirotor"), abs=0.03)


def test_a_camera_that_goes_on_for_an_hour_is_no_surer_than_after_a_minute_and_never_certain() -> None:
    minute, hour = Scene(), Scene()
    seen_by(minute, 60.0, CAMERA, speed_mps=np.nan, **DRONE_WORD)
    seen_by(hour, 3_600.0, CAMERA, step_s=20.0, speed_mps=np.nan, **DRONE_WORD)
    assert probability(hour, "multirotor") == pytest.approx(probability(minute, "multirotor"), abs=0.01)
    assert probability(minute, "multirotor") < 0.995


def test_after_two_minutes_the_classifier_of_motion_says_more_than_speed_and_height_and_names_itself() -> None:
    scene = Scene()
    for t_s in range(130):
        row = track(1, t_s, 230.0, height_hae_m=10_000.0, position_enu_m=(230.0 * t_s, 0.0, 10_000.0), cov=1.0)
        scene.see(t_s, row.copy())
        scene.second(t_s, row)
    [motion], [speed] = evidence(scene, "motion"), evidence(scene, "speed")
    assert motion.source.startswith("classifier ")
    assert motion.weights["airliner"] > 1.0
    assert speed.weights["airliner"] == speed.weights["bird"]  # between these motion decides
    assert probability(scene, "airliner") > 0.5


def test_two_cameras_that_agree_are_more_than_one_and_two_that_differ_leave_two_classes() -> None:
    one, both, differing = Scene(), Scene(), Scene()
    seen_by(one, 20.0, CAMERA, **DRONE_WORD)
    seen_by(both, 20.0, CAMERA, SECOND_CAMERA, **DRONE_WORD)
    assert probability(both, "multirotor") > probability(one, "multirotor")
    for t_s in range(20):
        scene_plots = plot(CAMERA, t_s, **DRONE_WORD), plot(SECOND_CAMERA, t_s, class_word=ObjectClass.BIRD + 1)
        differing.see(t_s, track(1, t_s), *scene_plots)
    differing.second(20.0, track(1, 20.0))
    assert set(differing.last()["set_words"][:2]) == {"multirotor", "bird"}


def test_radars_that_hear_one_transponder_are_one_piece_of_evidence() -> None:
    one, two = Scene(), Scene()
    reply = {"flags": PlotFlag.MODE_S | PlotFlag.PRIMARY, "mode_s": 0x503C01, "kind": PlotKind.POLAR}
    seen_by(one, 30.0, RADAR, speed_mps=np.nan, **reply)
    seen_by(two, 30.0, RADAR, SECOND_RADAR, ADSB, speed_mps=np.nan, **reply)
    assert two.last()["class_probability"] == one.last()["class_probability"]
    assert len(evidence(two, "code")) == 3


def test_a_transponder_that_was_heard_long_ago_does_not_outweigh_that_it_answers_no_more() -> None:
    scene = Scene()
    reply = {"flags": PlotFlag.MODE_S | PlotFlag.PRIMARY, "mode_s": 0x503C01, "kind": PlotKind.POLAR}
    seen_by(scene, 30.0, RADAR, SECOND_RADAR, speed_mps=np.nan, **reply)
    before = probability(scene, "airliner")
    other = track(2, 0.0)
    for t_s in range(1_000, 1_400, 4):
        scene.see(t_s, track(1, t_s), plot(RADAR, t_s, flags=PlotFlag.PRIMARY, kind=PlotKind.POLAR))
        scene.see(t_s, other, plot(RADAR, t_s, **reply))  # so the radar still asks
        scene.second(t_s, track(1, t_s))
    assert before > 0.12
    assert probability(scene, "airliner") < 0.03


def test_a_claimed_class_counts_once_however_often_it_is_repeated() -> None:
    few, many = Scene(), Scene()
    claim = {"flags": PlotFlag.CLAIM, "object": 7, **DRONE_WORD}
    seen_by(few, 30.0, REMOTE_ID, step_s=5.0, speed_mps=np.nan, **claim)
    seen_by(many, 30.0, REMOTE_ID, step_s=0.5, speed_mps=np.nan, **claim)
    assert probability(many, "multirotor") == pytest.approx(probability(few, "multirotor"), abs=0.01)


def test_directions_of_a_transmitter_speak_for_a_drone_and_against_a_bird_of_the_same_speed() -> None:
    silent, heard = Scene(), Scene()
    seen_by(silent, 30.0, RADAR)
    seen_by(heard, 30.0, RADAR)
    for t_s in range(31, 60):
        heard.see(t_s, track(1, t_s, 12.0), plot(RF, t_s, kind=PlotKind.BEARING, azimuth_true_rad=1.0))
        heard.second(t_s, track(1, t_s, 12.0))
    assert probability(heard, "bird") < 0.5 * probability(silent, "bird")
    assert probability(heard, "multirotor") > probability(silent, "multirotor")


def test_evidence_that_is_not_renewed_is_called_stale_and_counts_less_and_less() -> None:
    scene = Scene()
    seen_by(scene, 20.0, CAMERA, speed_mps=np.nan, **DRONE_WORD)
    fresh = probability(scene, "multirotor")
    assert not evidence(scene, "class_word")[0].is_stale
    shares = []
    for minutes in (5, 20, 120):
        t_s = 20.0 + 60.0 * minutes
        for second in range(4):
            scene.second(t_s + second, track(1, t_s + second))
        assert evidence(scene, "class_word")[0].is_stale
        shares.append(probability(scene, "multirotor"))
    assert fresh > shares[0] > shares[1] > shares[2]
    assert shares[2] < 0.15


def test_each_piece_of_evidence_tells_its_source_its_time_its_weights_and_what_it_adds() -> None:
    scene = Scene()
    seen_by(scene, 20.0, CAMERA, speed_mps=np.nan, **DRONE_WORD)
    [found] = evidence(scene, "class_word")
    assert found.source == "camera"
    assert found.t_ns == plot(CAMERA, 19.0)["t_ns"][0]
    assert found.text == "says multirotor in 100 % of its looks over 19 s"
    assert found.weights["multirotor"] > 1.0 > 0.0 > found.weights["airliner"]
    assert found.gain_bits > 1.0


def test_the_gain_is_what_the_rest_would_have_said_without_it() -> None:
    prior_log = np.log(np.full(CLASS_COUNT, 1.0 / CLASS_COUNT))
    log = np.zeros((3, CLASS_COUNT))
    log[0, MULTIROTOR] = np.log(11.0)  # one half for one class, the rest even
    gains = gains_bits(log, prior_log)
    p = np.full(CLASS_COUNT, 0.5 / 11.0)
    p[MULTIROTOR] = 0.5
    assert posterior(log[None], prior_log)[0] == pytest.approx(p)
    assert gains == pytest.approx([np.sum(p * np.log2(p * CLASS_COUNT)), 0.0, 0.0], abs=1e-9)


def test_the_smallest_set_holds_nine_tenths() -> None:
    probability = np.zeros(CLASS_COUNT)
    probability[[2, 5, 7]] = 0.6, 0.31, 0.09
    assert smallest_sets(np.stack((probability, np.eye(CLASS_COUNT)[4]))) == [[2, 5], [4]]


def test_a_sensor_can_be_said_to_be_wrong_often() -> None:
    trusted, doubted = Scene(), Scene(word_accuracy={"camera": 0.15})
    for scene in (trusted, doubted):
        seen_by(scene, 20.0, CAMERA, speed_mps=np.nan, **DRONE_WORD)
    assert probability(trusted, "multirotor") > 0.8 > 0.4 > probability(doubted, "multirotor")


def test_a_track_with_more_kinds_of_evidence_than_slots_keeps_the_newest_and_counts_the_rest() -> None:
    ledger = Ledger()
    row = ledger.add(0, 1)
    count = SLOTS_MAX + 3
    plots = empty_plots(count)
    plots["sensor"], plots["t_ns"], plots["class_word"] = np.arange(count), 1_000 + np.arange(count), 1
    ledger.absorb(plots, np.full(count, row), np.zeros(1, np.int64))
    assert ledger.replaced == 3
    assert sorted((ledger.slots["key"][row] & 0xFFFF).tolist()) == list(range(3, count))


def test_evidence_taken_in_one_batch_or_in_many_is_the_same() -> None:
    rng = np.random.default_rng(5)
    plots = empty_plots(300)
    plots["sensor"] = rng.integers(0, 4, 300)
    plots["t_ns"] = np.sort(rng.integers(0, 2_000_000_000, 300))
    plots["class_word"] = rng.integers(0, CLASS_COUNT + 1, 300)
    plots["rcs_db"] = np.where(rng.random(300) < 0.5, np.nan, rng.normal(-15.0, 5.0, 300))
    once, often = Ledger(), Ledger()
    for ledger, size in ((once, 300), (often, 7)):
        rows = np.array([ledger.add(0, number) for number in range(1, 6)])[np.arange(300) % 5]
        for first in range(0, 300, size):
            part = slice(first, first + size)
            ledger.absorb(plots[part], rows[part], np.zeros(1, np.int64))
    for row in range(len(once.held)):
        a, b = (np.sort(ledger.slots[row], order="key") for ledger in (once, often))
        assert a["key"].tolist() == b["key"].tolist()
        assert a["last_ns"].tolist() == b["last_ns"].tolist()
        assert b["count"] == pytest.approx(a["count"], rel=0.02)  # looks of one batch do not age among themselves


def test_evidence_is_weighed_as_its_twin_in_numpy_weighs_it() -> None:
    rng = np.random.default_rng(7)
    count, now_ns = 200, 2_000_000_000_000
    ledger = Ledger()
    rows = np.array([ledger.add(0, number) for number in range(1, count + 1)])
    held, slots = ledger.held, ledger.slots
    for name, high in (("speed_mps", 300.0), ("height_m", 12_000.0), ("hover", 1.0)):
        held[name][rows] = np.where(rng.random(count) < 0.2, np.nan, rng.random(count) * high)
    held["samples"][rows] = rng.choice([0.0, 2.9, 3.0, 50.0], count)
    held["motion"][rows] = rng.normal(0.0, 1.0, (count, CLASS_COUNT)) * (rng.random((count, 1)) < 0.5)
    for name in ("sampled_ns", "motion_ns"):
        held[name][rows] = now_ns - rng.integers(0, 200_000_000_000, count)
    shape = (count, SLOTS_MAX)
    keys = rng.integers(1, 9, shape) << 16 | rng.integers(0, 4, shape)
    slots["key"][rows] = np.where(rng.random(shape) < 0.5, 0, keys)
    slots["first_ns"][rows] = now_ns - rng.integers(100_000_000_000, 900_000_000_000, shape)
    slots["last_ns"][rows] = now_ns - rng.integers(0, 100_000_000_000, shape)
    slots["count"][rows] = rng.uniform(0.5, 40.0, shape)
    slots["value"][rows] = rng.uniform(0.0, 1.0, (*shape, CLASS_COUNT)) * slots["count"][rows][:, :, None]
    tables = np.array([word_table(accuracy) for accuracy in (0.6, 0.8, 0.9)])
    planned = np.where(rng.random((count, 1)) < 0.2, word_table(0.9)[rng.integers(0, CLASS_COUNT, count)], 0.0)

    ours, theirs = (of(ledger, rows, now_ns, tables, planned) for of in (weigh, reference.weigh))
    np.testing.assert_allclose(ours.log, theirs.log, rtol=1e-9, atol=1e-12)
    for name in ("there", "stale", "last_ns"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))
    assert ours.log.shape == (count, COLUMNS, CLASS_COUNT)

    prior_log = np.log(rng.dirichlet(np.ones(CLASS_COUNT)))
    settled, expected = settle(ledger, rows, ours, prior_log), reference.settle(ledger, rows, theirs, prior_log)
    np.testing.assert_allclose(settled.probability, expected.probability, rtol=1e-9, atol=1e-15)
    for name in ("can_tell", "kinds", "stale_kinds", "threat_kinds", "claims"):
        np.testing.assert_array_equal(getattr(settled, name), getattr(expected, name))


def test_the_blocks_of_addresses_name_the_state() -> None:
    assert [state_of(address) for address in (0x503C00, 0x503FFF, 0x504000, 0x502C01, 0x5113FF, 0x4A8001)] == [
        "Lithuania", "Lithuania", "", "Latvia", "Estonia", "Sweden",
    ]  # fmt: skip
    assert state_of(0x000001) == state_of(0xFFFFFF) == ""


def test_every_class_has_its_looks() -> None:
    assert [kind.name.lower() for kind in LOOKS] == list(CLASS_WORDS)
