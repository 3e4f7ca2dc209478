"""What people send to harm: refused with a clear reason by a real node, and the node goes on."""

from __future__ import annotations

import json
import math
from functools import cache

import msgspec
import pytest

from skydas.model import Action, ActionTaken, Input, InputKind, NodeConfig
from skydas.model.config import NodeSection
from skydas.node import Node
from skydas.web.answers import ActionBody

TURN = "\u202e"
NOW_NS = 1_800_000_000 * 10**9
PLACE = {"latitude_deg": "55", "longitude_deg": "24"}
CROSSING = [[[24.0, 55.0], [25.0, 56.0], [25.0, 55.0], [24.0, 56.0], [24.0, 55.0]]]


@cache
def node() -> Node:
    made = Node(NodeConfig(node=NodeSection(name="lt-1")))
    made.step(Input(NOW_NS, "clock", InputKind.TICK, b""))
    return made


def refusal(what: str, fields: dict[str, str], who: str = "watch 1") -> str:
    """Return why a node does not do it; empty: it did."""
    action = msgspec.msgpack.encode(Action(who=who, role="operator", what=what, fields=fields))
    facts = node().step(Input(NOW_NS, "people", InputKind.ACTION, action))
    [taken] = [fact for fact in facts if isinstance(fact, ActionTaken)]
    return taken.refused


def shape(coordinates: object, kind: str = "Polygon", **properties: object) -> dict[str, str]:
    given = {"name": "Field", "kind": "field"} | properties
    feature = {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}, "properties": given}
    return {"geojson": json.dumps(feature)}


def round_shape(corners: int) -> list[list[list[float]]]:
    turns = [math.tau * k / corners for k in range(corners)]
    ring = [[24.0 + math.cos(turn), 55.0 + 0.5 * math.sin(turn)] for turn in turns]
    return [[*ring, ring[0]]]


@pytest.mark.parametrize(
    ("what", "fields", "says"),
    [
        ("put_asset", shape(CROSSING), "the ring crosses itself"),
        ("put_asset", shape(round_shape(10_000)), "2000 points"),
        ("put_asset", shape([[[math.nan, 55.0]] * 4]), "not JSON"),
        ("put_asset", {"geojson": '{"type":"Feature","geometry":' + "[" * 100_000}, "not JSON"),
        ("put_asset", shape([24.0, 55.0], "Point", name=f"a{TURN}b"), "printable"),
        ("put_asset", shape([24.0, 55.0], "Point", name="x" * 5_000), "at most 80"),
        ("draft_warning", {"level": "red", "ring": "54,25 56,26 54,26 56,25"}, "the area crosses itself"),
        ("draft_warning", {"level": "red", "ring": "54.1,25.1 " * 10_000}, "corners"),
        ("draft_warning", {"level": "red", "circle": "55,24,nan"}, "finite"),
        ("draft_warning", {"level": "red", "circle": "55,24,5", "headline.en": f"a{TURN}b"}, "U+202E"),
        ("draft_warning", {"level": "red", "circle": "55,24,5", "expires_min": "1e300"}, "1 to 1440 minutes"),
        ("open_incident", {"headline": "h", "category": "drone", "latitude_deg": "nan", "longitude_deg": "24"}, "-90"),
        ("open_incident", PLACE | {"headline": f"h{TURN}", "category": "drone"}, "U+202E"),
        ("open_incident", PLACE | {"headline": "h", "category": "drone", "first_seen_utc": "9999-01-01"}, "instant"),
        ("note_incident", {"number": "9" * 400, "text": "n"}, "a whole number"),
        ("report_sighting", PLACE | {"latitude_deg": "nan"}, "no place on earth"),
        ("report_sighting", PLACE | {"t_utc": "2999-01-01T00:00:00Z"}, "not ahead of ours"),
        ("report_sighting", PLACE | {"words": "<img src=x onerror=alert(1)>"}, "no markup"),
        ("authorise_flight", {"flight": "f", "mode_s": "503c01", "area": "55 24", "radius_m": "nan"}, "radius_m"),
        ("authorise_flight", {"flight": "f", "mode_s": "503c01", "from_utc": "99999-01-01T00:00:00Z"}, "from_utc"),
        ("remark", {"text": "r" * 2_000_000}, "at most"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_reason(what: str, fields: dict[str, str], says: str) -> None:
    assert says in refusal(what, fields)


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\x00", "\x1b", "\x9b"])
@pytest.mark.parametrize(
    ("what", "field"),
    [
        ("remark", "text"),
        ("log_entry", "text"),
        ("authorise_flight", "note"),
        ("authorise_flight", "flight"),
        ("identify_track", "reason"),
        ("erase_person", "reason"),
        ("erase_photo", "reason"),
        ("report_sighting", "words"),
    ],
)
def test_no_action_takes_a_sign_that_turns_text_or_cannot_be_shown(what: str, field: str, sign: str) -> None:
    assert refusal(what, {field: f"a{sign}b"}) == (
        f"{field} holds the sign U+{ord(sign):04X}, which cannot be shown; leave it out"
    )


@pytest.mark.parametrize("who", [f"w{TURN}", "a\nb", "", "w" * 81, "\x07"])
def test_nobody_acts_under_a_name_that_reads_otherwise_than_it_is(who: str) -> None:
    body = msgspec.json.encode({"what": "remark", "who": who, "fields": {"text": "t"}})
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=ActionBody)


def test_a_name_with_letters_of_any_language_is_a_name() -> None:
    for who in ("Šarūnas Žąsinas", "Õnne Ülo", "Пётр", "watch 1"):
        body = msgspec.json.encode({"what": "remark", "who": who, "fields": {"text": "t"}})
        assert msgspec.json.decode(body, type=ActionBody).who == who
        assert refusal("remark", {"text": "a line\nand another"}, who) == ""


def test_of_two_reports_with_one_id_the_first_words_stay() -> None:
    assert refusal("report_sighting", PLACE | {"id": "dup", "words": "one"}) == ""
    assert "stay as they were" in refusal("report_sighting", PLACE | {"id": "dup", "words": "two"})
