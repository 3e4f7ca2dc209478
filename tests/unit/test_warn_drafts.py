"""The life of a warning in a node, and that nothing leaves but what a second person approved, whatever the order."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from skydas.clock import LiveClock
from skydas.config import encode_config, node_config
from skydas.errors import ConfigError
from skydas.model import Action, ActionTaken, Fact, Input, InputKind, PublicWarning
from skydas.node import Node
from skydas.outputs import cap
from skydas.respond.warning.cap import NAMESPACE
from tests.facts import T0_NS, Emitted, ListInbox, after
from tests.paths import recording

NODE = '[node]\nname = "lt-1"\norigin = "{origin}"\nlatitude_deg = 55.0\nlongitude_deg = 24.0\n{more}'
CIRCLE = "55.0,24.0,10"


def node_of(origin: str = "live", more: str = "") -> Node:
    return Node(node_config(NODE.format(origin=origin, more=more)))


def act(
    node: Node, what: str, who: str = "anna", now_ns: int = T0_NS, **fields: str
) -> tuple[list[PublicWarning], str]:
    """Return the warnings that an action changed, and why it was refused."""
    action = Action(who=who, role="operator", what=what, fields={k.replace("__", "."): v for k, v in fields.items()})
    facts = node.step(Input(now_ns, "people", InputKind.ACTION, msgspec.msgpack.encode(action)))
    (taken,) = [fact for fact in facts if isinstance(fact, ActionTaken)]
    return [fact for fact in facts if isinstance(fact, PublicWarning)], taken.refused


def drafted(node: Node, **fields: str) -> PublicWarning:
    (made,), refused = act(node, "draft_warning", **({"level": "red", "circle": CIRCLE} | fields))
    assert not refused
    return made


def approved(node: Node, draft: PublicWarning, who: str = "jonas", now_ns: int = T0_NS) -> list[PublicWarning]:
    changed, refused = act(node, "approve_warning", who, now_ns, number=str(draft.number), cap_sha256=draft.cap_sha256)
    assert not refused
    return changed


def text_of(message: str, path: str) -> list[str]:
    root = ElementTree.fromstring(message.encode())
    return [found.text or "" for found in root.iterfind(path, {"": NAMESPACE})]


def test_a_draft_says_everything_in_four_languages_and_leaves_nothing() -> None:
    draft = drafted(node_of())
    assert (draft.state, draft.approved_by, draft.cap_id) == ("draft", "", "")
    assert list(draft.texts) == ["lt", "lv", "et", "en"]
    assert all(parts.keys() == {"headline", "description", "instruction"} for parts in draft.texts.values())
    assert text_of(draft.cap, "status") == ["Actual"]
    assert text_of(draft.cap, "info/language") == ["lt-LT", "lv-LV", "et-EE", "en-GB"]
    assert text_of(draft.cap, "info/eventCode/value") == ["4372"] * 4
    assert hashlib.sha256(draft.cap.encode()).hexdigest() == draft.cap_sha256


def test_who_drafted_or_changed_it_last_may_not_approve_it() -> None:
    node = node_of()
    draft = drafted(node)
    for who in ("anna", "Anna", " ANNA "):
        changed, refused = act(node, "approve_warning", who, number="1", cap_sha256=draft.cap_sha256)
        assert not changed
        assert "another person" in refused
    (edited,), _ = act(node, "edit_warning", "jonas", number="1", headline__en="Air danger near the lake")
    assert "another person" in act(node, "approve_warning", "jonas", number="1", cap_sha256=edited.cap_sha256)[1]
    assert approved(node, edited, "anna")[0].approved_by == "anna"


def test_a_node_may_let_one_person_approve_alone() -> None:
    node = node_of(more="[warn]\ntwo_persons = false\n")
    assert approved(node, drafted(node), "anna")[0].state == "approved"


def test_a_draft_that_changed_after_it_was_read_is_not_approved() -> None:
    node = node_of()
    read = drafted(node)
    act(node, "edit_warning", number="1", level="yellow")
    changed, refused = act(node, "approve_warning", "jonas", number="1", cap_sha256=read.cap_sha256)
    assert not changed
    assert "not the draft that was read" in refused


def test_an_update_and_a_cancellation_pass_the_same_gate_and_name_what_they_replace() -> None:
    node = node_of()
    first = approved(node, drafted(node))[0]
    (update,), _ = act(node, "update_warning", number="1", circle="55.1,24.1,20")
    assert (update.message, update.state, update.level) == ("Update", "draft", "red")
    told = approved(node, update, now_ns=after(60.0))
    assert [(one.number, one.state, one.is_over) for one in told] == [(2, "approved", False), (1, "updated", True)]
    assert text_of(told[0].cap, "references") == [f"lt-1,{first.cap_id},2026-03-01T12:00:00-00:00"]
    (cancel,), _ = act(node, "cancel_warning", number="2", reason="it landed")
    assert cancel.state == "draft"
    assert text_of(cancel.cap, "info/responseType") == ["AllClear"] * 4
    ended = approved(node, cancel, now_ns=after(120.0))
    assert [(one.number, one.state, one.is_over) for one in ended] == [(3, "approved", True), (2, "cancelled", True)]
    assert "does not stand" in act(node, "cancel_warning", number="2", reason="again")[1]


def test_the_second_of_two_updates_of_one_warning_has_nothing_left_to_update() -> None:
    node = node_of()
    approved(node, drafted(node))
    (one,), _ = act(node, "update_warning", number="1", level="yellow")
    act(node, "update_warning", number="1", level="red")
    told = approved(node, one)
    assert [(fact.number, fact.state) for fact in told] == [(2, "approved"), (1, "updated"), (3, "rejected")]


def test_a_warning_expires_by_itself_and_only_then() -> None:
    node = node_of()
    approved(node, drafted(node, expires_min="10"))
    states = []
    for seconds in (1.0, 599.0, 601.0, 700.0):
        facts = node.step(Input(after(seconds), "clock", InputKind.TICK, b""))
        states.append([fact.state for fact in facts if isinstance(fact, PublicWarning)])
    assert states == [[], [], ["expired"], []]


@pytest.mark.parametrize(
    ("origin", "status", "word"), [("exercise", "Exercise", "PRATYBOS"), ("simulated", "Test", "BANDYMAS")]
)
def test_what_is_no_earnest_says_so_in_every_language_even_in_a_persons_own_words(
    origin: str, status: str, word: str
) -> None:
    node = node_of(origin)
    drafted(node)
    (draft,), _ = act(node, "edit_warning", number="1", headline__lt="Mano žodžiai", instruction__en="Run!")
    assert draft.is_exercise
    assert text_of(draft.cap, "status") == [status]
    assert draft.texts["lt"]["headline"] == f"{word}: Mano žodžiai"
    assert draft.texts["en"]["instruction"].startswith("Run!")
    assert "There is no danger." in draft.texts["en"]["instruction"]
    assert text_of(draft.cap, "info/eventCode/value") == ["4381"] * 4
    (again,), _ = act(node, "edit_warning", number="1", expires_min="20")
    assert again.texts == draft.texts


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"level": "purple", "circle": CIRCLE}, "yellow"),
        ({"level": "red"}, "needs an area"),
        ({"level": "red", "ring": "55,24 56,25 55,25 56,24"}, "crosses itself"),
        ({"level": "red", "ring": "55,24 56"}, "2 numbers"),
        ({"level": "red", "circle": "55,24,nan"}, "finite"),
        ({"level": "red", "circle": "55,24,9999"}, "radius"),
        ({"level": "red", "counties": "LT-XX"}, "ISO 3166-2"),
        ({"level": "red", "circle": CIRCLE, "ring": "55,24 55,25 56,25"}, "one area at a time"),
        ({"level": "red", "track_no": "7"}, "no track"),
        ({"level": "red", "circle": CIRCLE, "expires_min": "0"}, "expires_min"),
        ({"level": "red", "circle": CIRCLE, "headline.lt": "<b>bold</b>"}, "markup"),
        ({"level": "red", "circle": CIRCLE, "headline.lt": "a\x00b"}, "cannot be shown"),
        ({"level": "red", "circle": CIRCLE, "headline.lt": "x" * 2_000}, "at most 1500"),
        ({"level": "red", "circle": CIRCLE, "headline.ru": "x"}, "there is no text headline.ru"),
    ],
)
def test_a_draft_that_cannot_be_meant_is_refused_with_the_reason(fields: dict[str, str], said: str) -> None:
    node = node_of()
    before = node.judging.state()["warn"]
    changed, refused = act(node, "draft_warning", **{key.replace(".", "__"): text for key, text in fields.items()})
    assert not changed
    assert said in refused
    assert node.judging.state()["warn"] == before


def test_counties_are_warned_by_their_codes_where_there_is_no_map() -> None:
    draft = act(node_of(), "draft_warning", level="yellow", counties="LT-UT, EE-37")[0][0]
    assert draft.areas == (("LT-UT", "Utenos apskritis"), ("EE-37", "Harju maakond"))
    assert text_of(draft.cap, "info/area/geocode/value")[:2] == ["LT-UT", "EE-37"]
    assert not text_of(draft.cap, "info/area/polygon")
    assert "Utenos apskritis, Harju maakond" in draft.texts["lt"]["description"]


def test_drafts_are_limited() -> None:
    node = node_of()
    for _ in range(50):
        drafted(node)
    assert "50 drafts wait" in act(node, "draft_warning", level="red", circle=CIRCLE)[1]
    act(node, "reject_warning", number="7", reason="a flock of geese")
    assert drafted(node).number == 51


def test_a_restored_node_goes_on_to_the_octet() -> None:
    node = node_of()
    approved(node, drafted(node))
    act(node, "update_warning", number="1", level="yellow")
    restored = node_of()
    restored.restore(node.state())
    assert restored.state() == node.state()
    draft = act(node, "edit_warning", number="2", headline__en="x")[0]
    assert act(restored, "edit_warning", number="2", headline__en="x")[0] == draft


def test_what_the_node_file_says_of_warnings_is_checked() -> None:
    more = '[warn]\nsender = "a b"\nlanguages = ["lt", "de"]\nexpires_min = 0\n[warn.people]\nper_second = 0\n'
    with pytest.raises(ConfigError) as error:
        node_of(more=more)
    text = str(error.value)
    assert all(key in text for key in ("warn.sender", "warn.languages", "warn.expires_min", "warn.people.per_second"))
    with pytest.raises(ConfigError, match="no such key"):
        node_of(more="[warn]\nsiren = true\n")


def test_every_message_is_valid_by_the_official_schema() -> None:
    etree = pytest.importorskip("lxml.etree")
    schema = etree.XMLSchema(etree.fromstring(recording("schemas/CAP-v1.2.xsd").read_bytes()))
    for origin in ("live", "exercise", "simulated"):
        node = node_of(origin, '[warn]\nsender_name = "Centre & <co>"\ncontact = "112"\n')
        first = approved(node, drafted(node, counties="LV-RIX"))[0]
        (update,), _ = act(node, "update_warning", number="1", level="yellow", ring="55,24 55,25 56,25")
        told = approved(node, update, now_ns=after(9.5))[0]
        (cancel,), _ = act(node, "cancel_warning", number="2", reason="over")
        for fact in (first, update, told, cancel, approved(node, cancel, now_ns=after(20.0))[0]):
            assert schema.validate(etree.fromstring(fact.cap.encode())), schema.error_log


def configured_anew(node: Node, origin: str, more: str = "") -> None:
    """Let a node that stands start again with another file."""
    config = node_config(NODE.format(origin=origin, more=more))
    node.step(Input(T0_NS, "lt-1", InputKind.CONFIG, encode_config(config)))


@pytest.mark.parametrize(
    ("before", "after_it"), [("exercise", "live"), ("live", "exercise"), ("simulated", "exercise")]
)
def test_a_draft_of_another_origin_neither_leaves_nor_is_changed(before: str, after_it: str) -> None:
    node = node_of(before)
    draft = drafted(node)
    configured_anew(node, after_it)
    status = {"exercise": "Exercise", "live": "Actual", "simulated": "Test"}[before]
    for what, fields in (("approve_warning", {"cap_sha256": draft.cap_sha256}), ("edit_warning", {"level": "yellow"})):
        changed, refused = act(node, what, "jonas", number="1", **fields)
        assert not changed
        assert f"drafted as {status}" in refused
        assert "draft it anew" in refused
    assert not act(node, "reject_warning", number="1", reason="of the exercise")[1]
    configured_anew(node, before)
    assert text_of(approved(node, drafted(node))[0].cap, "status") == [status]


def test_a_draft_whose_sender_changed_is_drafted_anew_and_one_that_would_be_the_same_leaves() -> None:
    node = node_of()
    draft = drafted(node)
    configured_anew(node, "live", '[warn]\nsender = "centre"\n')
    refused = act(node, "approve_warning", "jonas", number="1", cap_sha256=draft.cap_sha256)[1]
    assert "sender" in refused
    assert "draft it anew" in refused
    configured_anew(node, "live", "[warn]\nexpires_min = 60\n")
    assert approved(node, draft)[0].state == "approved"


@pytest.mark.parametrize("what", ["update_warning", "cancel_warning"])
def test_a_warning_of_an_exercise_is_not_ended_in_earnest(what: str) -> None:
    node = node_of("exercise")
    approved(node, drafted(node))
    configured_anew(node, "live")
    changed, refused = act(node, what, number="1", reason="over")
    assert not changed
    assert "left as Exercise" in refused


# -- what leaves


def written(facts: list[PublicWarning], folder: Path, **params: Any) -> tuple[list[str], list[bytes]]:
    """Return the files that the output wrote, and what it told the node."""
    emitted = Emitted()
    inbox: list[Fact] = [*facts]
    asyncio.run(cap.run(cap.Params(directory=str(folder), **params), ListInbox(inbox), emitted))
    found = sorted(path.name for path in (folder / "warnings").glob("*")) if (folder / "warnings").exists() else []
    return found, [one.payload for one in emitted.inputs]


def test_the_output_writes_what_was_approved_and_nothing_twice(tmp_path: Path) -> None:
    node = node_of()
    draft = drafted(node)
    told = [draft, *approved(node, draft)]
    for _ in range(2):
        files, alarms = written(told, tmp_path)
        assert (files, alarms) == ([f"{told[1].cap_id}.xml"], [])
    assert (tmp_path / "warnings" / files[0]).read_bytes() == told[1].cap.encode()


def test_the_output_lets_nothing_pass_that_is_not_what_a_person_approved(tmp_path: Path) -> None:
    node = node_of()
    (left,) = approved(node, drafted(node))
    forged = [
        msgspec.structs.replace(left, approved_by=""),
        msgspec.structs.replace(left, cap=left.cap.replace("Severe", "Minor").replace("Extreme", "Minor")),
    ]
    for fact in forged:
        files, alarms = written([fact], tmp_path)
        assert not files
        assert b"not what a person approved" in alarms[0]


def test_an_output_for_exercises_lets_no_earnest_warning_pass(tmp_path: Path) -> None:
    node = node_of()
    files, alarms = written(approved(node, drafted(node)), tmp_path, actual=False)
    assert not files
    assert b"only exercises" in alarms[0]


def test_what_cannot_be_posted_stays_and_is_told(tmp_path: Path) -> None:
    node = node_of()
    told = approved(node, drafted(node))
    files, alarms = written(told, tmp_path, url="http://127.0.0.1:9/cap", timeout_s=0.2)
    assert files == [f"{told[0].cap_id}.xml"]
    assert alarms == [] or b"cannot be posted" in alarms[0] or b"expired before" in alarms[0]


@contextlib.contextmanager
def receiver() -> Iterator[tuple[str, list[str]]]:
    """Return an address that takes messages, and the identifiers of those that came."""
    came: list[str] = []

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = self.rfile.read(int(self.headers["Content-Length"])).decode()
            came.extend(text_of(message, "identifier"))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/cap", came
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_what_an_earlier_run_wrote_and_could_not_post_is_posted_at_the_next_start_in_order(tmp_path: Path) -> None:
    node, now_ns = node_of(), LiveClock().now_ns()
    warned = approved(node, act(node, "draft_warning", now_ns=now_ns, level="red", circle=CIRCLE)[0][0], now_ns=now_ns)
    (cancel,), _ = act(node, "cancel_warning", now_ns=now_ns, number="1", reason="over")
    ended = approved(node, cancel, now_ns=now_ns)
    late = approved(node, drafted(node), now_ns=now_ns)[0]
    written([warned[0], ended[0], late], tmp_path)
    other = node_of()
    written(approved(other, drafted(other)), tmp_path)  # expired long ago
    folder = tmp_path / "warnings"
    (folder / f"{late.cap_id}.posted").touch()
    (folder / "note.xml").write_text("no message")
    with receiver() as (url, came):
        _, alarms = written([], tmp_path, url=url)
        assert came == [warned[0].cap_id, ended[0].cap_id]
        assert [b"note.xml" in one for one in alarms] == [True]
        written([], tmp_path, url=url)
        assert len(came) == 2


def test_a_warning_in_earnest_that_was_not_posted_stays_where_only_exercises_leave(tmp_path: Path) -> None:
    node, now_ns = node_of(), LiveClock().now_ns()
    written(approved(node, drafted(node), now_ns=now_ns), tmp_path)
    with receiver() as (url, came):
        written([], tmp_path, url=url, actual=False)
    assert came == []


def test_an_all_clear_is_told_again_at_a_start_until_it_expires() -> None:
    node = node_of()
    approved(node, drafted(node))
    (cancel,), _ = act(node, "cancel_warning", number="1", reason="over")
    ended = approved(node, cancel)[0]
    config = encode_config(node_config(NODE.format(origin="live", more="[warn]\nexpires_min = 45\n")))
    told = []
    for seconds in (60.0, 4_000.0):
        facts = node.step(Input(after(seconds), "lt-1", InputKind.CONFIG, config))
        told.append([(one.number, one.cap) for one in facts if isinstance(one, PublicWarning)])
    assert told == [[(2, ended.cap)], []]


WHO = st.sampled_from(("anna", "jonas", "liis"))


class AnyOrder(RuleBasedStateMachine):
    """Actions in any order, by anybody, with hashes that are right, old or made up."""

    def __init__(self) -> None:
        super().__init__()
        self.node = node_of("exercise")
        self.now_s = 0.0
        self.seen: dict[int, PublicWarning] = {}  # the latest of each
        self.hashes = ["0" * 64]
        self.changed_by: dict[int, str] = {}
        self.left: list[PublicWarning] = []

    def act(self, what: str, who: str, **fields: str) -> None:
        self.now_s += 7.0
        changed, refused = act(self.node, what, who, after(self.now_s), **fields)
        assert not (changed and refused)
        for fact in changed:
            if fact.state == "approved" and self.seen[fact.number].state == "draft":
                before = self.seen[fact.number]
                assert what == "approve_warning"
                assert fact.approved_by == who != self.changed_by[fact.number]
                assert fields["cap_sha256"] == before.cap_sha256
                assert (fact.texts, fact.ring, fact.areas) == (before.texts, before.ring, before.areas)
                self.left.append(fact)
            if fact.state == "draft":
                self.changed_by[fact.number] = who
            self.seen[fact.number] = fact
            self.hashes.append(fact.cap_sha256)

    @rule(who=WHO, level=st.sampled_from(("yellow", "red", "none")))
    def draft(self, who: str, level: str) -> None:
        self.act("draft_warning", who, level=level, circle=CIRCLE)

    @rule(who=WHO, number=st.integers(0, 6), minutes=st.sampled_from(("1", "5", "60")))
    def edit(self, who: str, number: int, minutes: str) -> None:
        self.act("edit_warning", who, number=str(number), expires_min=minutes)

    @rule(who=WHO, number=st.integers(0, 6), guess=st.integers(0, 30), is_right=st.booleans())
    def approve(self, who: str, number: int, guess: int, is_right: bool) -> None:
        right = self.seen[number].cap_sha256 if number in self.seen else ""
        self.act(
            "approve_warning",
            who,
            number=str(number),
            cap_sha256=right if is_right else self.hashes[guess % len(self.hashes)],
        )

    @rule(
        who=WHO, number=st.integers(0, 6), what=st.sampled_from(("update_warning", "cancel_warning", "reject_warning"))
    )
    def other(self, who: str, number: int, what: str) -> None:
        self.act(what, who, number=str(number), reason="because")

    @rule(seconds=st.sampled_from((1.0, 90.0, 4_000.0)))
    def wait(self, seconds: float) -> None:
        self.now_s += seconds
        for fact in self.node.step(Input(after(self.now_s), "clock", InputKind.TICK, b"")):
            if isinstance(fact, PublicWarning):
                assert fact.state == "expired"
                self.seen[fact.number] = fact

    @invariant()
    def only_what_was_approved_has_left(self) -> None:
        ids = {fact.cap_id for fact in self.left}
        assert len(ids) == len(self.left)
        for fact in self.seen.values():
            assert bool(fact.cap_id) == bool(fact.approved_by) == (fact.cap_id in ids)
            if fact.state in ("draft", "rejected"):
                assert not fact.approved_by


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
