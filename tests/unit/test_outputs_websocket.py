"""The hub: what each page gets, whatever the others do."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import msgspec
import numpy as np
import pytest

from skydas.errors import OutputError, RefusedError
from skydas.geo.frames import distance_m
from skydas.model import Alert, NodeConfig, Rows, SensorConfig, SensorState, SensorStatus, TrackFlag, TrackStatus
from skydas.model.config import NodeSection
from skydas.outputs import _picture, websocket
from skydas.outputs._board import STANDING_MAX, Board
from skydas.outputs._page_wire import HEIGHT_UNKNOWN_DM, RECORD, records
from skydas.outputs.websocket import CLIENT_FRAMES_MAX, CLIENTS_MAX, NOTICES_MAX, Hub, Subscription
from tests.facts import T0_NS, Emitted, ListInbox, after, frame, group, notice, started, tracks

SNAPSHOT, UPDATE, TEXT = 1, 2, 3


def hub() -> Hub:
    sensors = [SensorConfig(id=1, name="radar-1", kind="radar_2d", latitude_deg=55.0, longitude_deg=24.0)]
    made = Hub(NodeConfig(node=NodeSection(name="lt-1"), sensors=sensors), "0")
    made.add(started())
    return made


def waiting(client: Subscription) -> list[bytes]:
    """Return all frames that wait for a client now."""

    async def drain() -> list[bytes]:
        return [await client.get() or b"" for _ in range(client.waiting_count)]

    return asyncio.run(drain())


def seq(one: bytes) -> int:
    return int.from_bytes(one[4:8], "little")


def text(one: bytes) -> dict[str, Any]:
    assert one[0] == TEXT
    answer: dict[str, Any] = json.loads(one[16:])
    return answer


def body(one: bytes) -> Rows:
    assert one[0] in (SNAPSHOT, UPDATE)
    assert len(one) == 24 + RECORD.itemsize * int.from_bytes(one[16:20], "little")
    return np.frombuffer(one, RECORD, offset=24)


def test_a_new_page_gets_the_node_the_whole_picture_its_names_and_the_notices() -> None:
    one = hub()
    rows = tracks([1, 2])
    rows["callsign"][1] = b"LOT7AB"
    one.add(frame(1, rows))
    one.add(notice(2))
    one.tick()
    frames = waiting(one.subscribe())
    assert [made[0] for made in frames] == [TEXT, SNAPSHOT, TEXT, TEXT, TEXT]
    assert text(frames[0])["node"] == "lt-1"
    assert text(frames[0])["origin"] == "simulated"
    assert body(frames[1])["track_no"].tolist() == [1, 2]
    assert text(frames[2])["names"] == {"2": "LOT7AB"}
    assert text(frames[3]) == {"type": "board", "standing": {}, "gone": None}
    assert text(frames[4])["what"] == "disk_full"
    assert {seq(made) for made in frames} == {one.seq}


def test_the_first_frame_for_all_follows_the_snapshots_number() -> None:
    one = hub()
    client = one.subscribe()
    snapshot = next(made for made in waiting(client) if made[0] == SNAPSHOT)
    one.add(frame(1, tracks([1])))
    one.tick()
    assert seq(waiting(client)[0]) == seq(snapshot) + 1


def test_an_update_holds_each_changed_track_once_as_it_is_last() -> None:
    one = hub()
    client = one.subscribe()
    waiting(client)
    one.add(frame(1, tracks([1, 2])))
    late = tracks([1])
    late["latitude_deg"] = 56.0
    one.add(frame(2, late))
    one.tick()
    update = body(waiting(client)[0])
    assert update["track_no"].tolist() == [1, 2]
    assert update["latitude"][0] == 560000000


def test_a_dropped_track_is_told_once_and_leaves_the_picture() -> None:
    one = hub()
    client = one.subscribe()
    one.add(frame(1, tracks([1, 2])))
    one.tick()
    waiting(client)
    one.add(frame(2, tracks([1], status=TrackStatus.DROPPED)))
    one.tick()
    update = body(next(made for made in waiting(client) if made[0] == UPDATE))
    assert (update["track_no"].tolist(), update["status"].tolist()) == ([1], [TrackStatus.DROPPED])
    assert one.tracks["track_no"].tolist() == [2]
    assert one.track(1) is None


def test_a_page_that_does_not_read_loses_the_oldest_sees_a_gap_and_recovers_with_a_snapshot() -> None:
    one = hub()
    slow, quick = one.subscribe(), one.subscribe()
    waiting(slow)
    numbers = []
    for n in range(1, 11):
        one.add(frame(n, tracks([n], after(n))))
        one.tick()
        numbers += [seq(made) for made in waiting(quick)][-3:]
    assert quick.dropped == 0
    assert slow.dropped > 0
    missed = waiting(slow)
    assert len(missed) == CLIENT_FRAMES_MAX
    assert seq(missed[0]) > 1
    slow.ask_snapshot()
    snapshot = waiting(slow)[0]
    assert seq(snapshot) == one.seq
    assert body(snapshot)["track_no"].tolist() == list(range(1, 11))


def test_a_snapshot_replaces_all_that_waits_so_nothing_in_it_comes_again() -> None:
    one = hub()
    client = one.subscribe()
    one.add(frame(1, tracks([1])))
    one.tick()
    client.ask_snapshot()
    client.ask_snapshot()
    assert [made[0] for made in waiting(client)] == [SNAPSHOT, TEXT, TEXT]


def test_a_picture_that_changed_while_nobody_looked_is_in_the_next_snapshot() -> None:
    one = hub()
    one.tick()
    waiting(one.subscribe())
    one.add(frame(1, tracks([5])))
    one.tick()
    assert body(waiting(one.subscribe())[1])["track_no"].tolist() == [5]


def test_no_tick_makes_more_frames_than_a_page_may_have_waiting() -> None:
    one = hub()
    client = one.subscribe()
    for n in range(1, 40):
        rows = tracks([n], after(n))
        rows["callsign"] = f"N{n}".encode()
        one.add(frame(2 * n, rows))
        one.add(notice(2 * n + 1))
        one.tick()
        waiting(client)
    assert client.dropped == 0


def test_sensors_are_told_with_their_state_and_those_never_heard_as_such() -> None:
    one = hub()
    assert one.sensors_text().sensors[0].state == "never_heard"
    assert one.sensors_text().sensors[0].silent_s is None
    one.add(status("radar-1"))
    view = one.sensors_text().sensors[0]
    assert (view.state, view.plot_count, view.silent_s) == ("silent", 7, 20.0)


def test_a_sensor_that_nobody_declared_is_told_too() -> None:
    one = hub()
    one.add(status("sac 7 sic 9"))
    assert [(view.id, view.name, view.kind) for view in one.sensors_text().sensors] == [
        (1, "radar-1", "radar_2d"),
        (0, "sac 7 sic 9", "other"),
    ]


def status(sensor: str) -> SensorStatus:
    return SensorStatus(
        node="lt-1",
        sequence=1,
        now_ns=T0_NS,
        sensor=sensor,
        state=SensorState.SILENT,
        last_ns=T0_NS,
        plot_count=7,
        plots_per_s=0.0,
        silent_s=20.0,
    )


def test_pages_beyond_the_limit_are_refused_and_a_closed_one_makes_room() -> None:
    one = hub()
    clients = [one.subscribe() for _ in range(CLIENTS_MAX)]
    with pytest.raises(RefusedError, match="close one"):
        one.subscribe()
    one.unsubscribe(clients[0])
    one.subscribe()


def test_only_the_last_notices_are_kept() -> None:
    one = hub()
    for n in range(1, NOTICES_MAX + 20):
        one.add(notice(n))
    assert len(one.notices) == NOTICES_MAX
    assert one.notices[-1].sequence == NOTICES_MAX + 19


def test_tracks_beyond_the_limit_are_refused_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_picture, "TRACKS_MAX", 3)
    one = hub()
    one.add(frame(1, tracks([1, 2])))
    one.tick()
    one.add(frame(2, tracks([2, 3, 4, 5])))
    one.tick()
    assert one.tracks["track_no"].tolist() == [1, 2, 3]
    assert one.node_text().refused_count == 2


def test_the_picture_is_the_same_whether_facts_come_one_by_one_or_together() -> None:
    rng = np.random.default_rng(11)
    together, apart = hub(), hub()
    kept: dict[int, bytes] = {}
    for n in range(1, 200):
        numbers = sorted(set(rng.integers(1, 40, 6).tolist()))
        rows = tracks(numbers, after(n))
        rows["status"] = np.where(rng.random(len(rows)) < 0.2, TrackStatus.DROPPED, TrackStatus.CONFIRMED)
        for row in rows:
            if row["status"] == TrackStatus.DROPPED:
                kept.pop(int(row["track_no"]), None)
            else:
                kept[int(row["track_no"])] = row.tobytes()
        for one in (together, apart):
            one.add(frame(n, rows))
        apart.tick()
    together.tick()
    assert together.tracks.tobytes() == apart.tracks.tobytes()
    assert apart.tracks.tobytes() == b"".join(kept[number] for number in sorted(kept))


def test_a_position_is_moved_on_to_the_frames_time() -> None:
    moved = records(tracks([1]), after(10.0))
    rows = tracks([1])
    start = np.radians([rows["latitude_deg"][0], rows["longitude_deg"][0]])
    end = np.radians([moved["latitude"][0] / 1e7, moved["longitude"][0] / 1e7])
    assert distance_m(start[0], start[1], end[0], end[1]) == pytest.approx(500.0, abs=0.5)
    assert moved["height_hae_dm"][0] == 9900
    assert moved["age_ds"][0] == 100


def test_a_record_says_what_is_not_known_and_holds_what_is_too_large() -> None:
    rows = tracks([1, 2])
    rows["height_hae_m"][0] = np.nan
    rows["velocity_mps"][1] = (9e9, -9e9, np.nan)
    rows["cov"] = np.nan
    rows["flags"][1] = TrackFlag.PARTNER | TrackFlag.REVISED | TrackFlag.GROUP
    made = records(rows, T0_NS)
    assert made["height_hae_dm"].tolist() == [HEIGHT_UNKNOWN_DM, 10_000]
    assert (made["v_east_dmps"][1], made["v_north_dmps"][1], made["v_up_dmps"][1]) == (32_767, -32_767, 0)
    assert made["sigma_m"].tolist() == [65_535, 65_535]
    assert made["class"].tolist() == [11, 11]
    assert made["flags"].tolist() == [0, 0b100010]
    assert made["sensor_count"].tolist() == [2, 2]


def test_a_track_without_a_position_is_shown_only_to_be_taken_off() -> None:
    rows = tracks([1, 2])
    rows["latitude_deg"] = np.nan
    rows["status"][1] = TrackStatus.DROPPED
    assert records(rows, T0_NS)["track_no"].tolist() == [2]


def test_the_trail_of_a_track_is_what_was_told_of_it() -> None:
    one = hub()
    for n in range(1, 6):
        one.add(frame(n, tracks([1, 2], after(n))))
    one.tick()
    assert one.trail.of(2, after(2), after(4))["t_ns"].tolist() == [after(2), after(3), after(4)]


def test_the_end_of_the_inbox_ends_every_page() -> None:
    async def feed() -> bytes | None:
        one = hub()
        client = one.subscribe()
        await websocket.run(websocket.Params(), ListInbox([frame(1, tracks([1]))]), Emitted(), one)
        last = b""
        while (made := await client.get()) is not None:
            last = made
        assert one.node_text().client_count == 0
        return last

    assert asyncio.run(feed())


def test_the_output_alone_says_that_the_page_starts_it() -> None:
    with pytest.raises(OutputError, match=r"\[web\]"):
        asyncio.run(websocket.run(websocket.Params(), ListInbox([]), Emitted()))


def test_groups_are_told_while_there_are_any_and_once_when_the_last_is_over() -> None:
    one = hub()
    client = one.subscribe()

    def told() -> list[Any]:
        texts = []
        for _ in range(10):
            waiting(client)
            one.tick()
            texts += [text(made) for made in waiting(client) if made[0] == TEXT]
        return [made["groups"] for made in texts if made["type"] == "groups"]

    assert told() == []
    one.add(group(1, 12, 12, 13, 15))
    [[view]] = told()
    assert (view["number"], view["track_nos"], view["count_min"], view["count_max"]) == (12, [12, 13, 15], 3, 6)
    one.add(group(2, 12, is_over=True))
    assert told() == [[]]
    assert told() == []


def alert(number: int, *, is_over: bool = False) -> Alert:
    fields = {field.name: None for field in msgspec.structs.fields(Alert) if field.required}
    named = {"node": "lt-1", "sequence": number, "now_ns": number, "number": number, "text": "near", "is_over": is_over}
    return Alert(**(fields | named))


def test_what_stands_is_told_when_it_changes_and_whole_to_whoever_comes() -> None:
    one = hub()
    client = one.subscribe()
    waiting(client)
    one.add(alert(1))
    one.add(alert(2))
    one.tick()
    (told,) = [text(made) for made in waiting(client) if made[0] == TEXT and text(made)["type"] == "board"]
    assert [each["number"] for each in told["standing"]["alerts"]] == [1, 2]
    assert told["gone"] == {"alerts": []}
    one.add(alert(1, is_over=True))
    one.tick()
    (told,) = [text(made) for made in waiting(client) if made[0] == TEXT and text(made)["type"] == "board"]
    assert (told["standing"], told["gone"]) == ({"alerts": []}, {"alerts": [1]})
    (whole,) = [text(made) for made in waiting(one.subscribe()) if made[0] == TEXT and text(made)["type"] == "board"]
    assert ([each["number"] for each in whole["standing"]["alerts"]], whole["gone"]) == ([2], None)


def test_a_topic_that_is_full_forgets_the_oldest_and_says_so() -> None:
    board = Board()
    for number in range(STANDING_MAX + 2):
        board.take(alert(number))
    new, gone = board.changed() or ({}, {})
    assert len(new["alerts"]) == len(board.standing("alerts")) == STANDING_MAX
    assert gone["alerts"] == [0, 1]
    assert board.changed() is None
