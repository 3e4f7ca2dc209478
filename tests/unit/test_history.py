"""Reading back what was recorded."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from skydas.history import History
from skydas.history.reader import POINTS_MAX
from skydas.model import Fact, TrackStatus
from skydas.outputs import parquet
from tests.facts import T0_NS, Emitted, ListInbox, after, frame, group, started, tracks


def recorded(directory: Path, facts: list[Fact], mode: str) -> History:
    """Return the history of facts that the recorder wrote."""
    given = msgspec.convert({"directory": str(directory), "disk_free_mb_min": 0.0, "mode": mode}, parquet.Params)
    asyncio.run(parquet.run(given, ListInbox([started(), *facts]), Emitted()))
    return History(directory)


def flight() -> list[Fact]:
    """Return five minutes: track 1 throughout, track 2 dropped after 90 s, track 3 silent after 30 s."""
    facts: list[Fact] = []
    for second in range(0, 300, 5):
        numbers = [1] + [2] * (second < 90) + [3] * (second < 30)
        facts.append(frame(1 + len(facts), tracks(numbers, after(second))))
        if second == 90:
            facts.append(frame(1 + len(facts), tracks([2], after(second), TrackStatus.DROPPED)))
    return facts


@pytest.mark.parametrize("mode", ["minutes", "single"])
def test_the_picture_at_an_instant_is_the_last_row_of_each_track_that_lived(tmp_path: Path, mode: str) -> None:
    history = recorded(tmp_path, flight(), mode)
    rows = history.picture_at(after(62))
    assert rows["track_no"].tolist() == [1, 2, 3]
    assert rows["t_ns"].tolist() == [after(60), after(60), after(25)]
    assert rows["latitude_deg"].tolist() == [55.001, 55.002, 55.003]
    assert history.picture_at(after(91))["track_no"].tolist() == [1]
    assert len(history.picture_at(after(-1))) == 0
    assert len(history.picture_at(after(100_000))) == 0


def swarm() -> list[Fact]:
    """Return two minutes: tracks 1 to 3 are a group, told once a second until 90 s, and 4 is none of it."""
    facts: list[Fact] = []
    for second in range(120):
        rows = tracks([1, 2, 3, 4], after(second))
        rows["group"][:3] = 0 if second > 90 else 2
        facts.append(frame(1 + len(facts), rows))
        told = group(1 + len(facts), 2, 1, 2, 3, is_over=second == 90)
        if second <= 90:
            facts.append(msgspec.structs.replace(told, now_ns=after(second), latitude_deg=55.0 + second / 1000.0))
    return facts


@pytest.mark.parametrize("mode", ["minutes", "single"])
def test_the_groups_at_an_instant_are_as_they_were_told_then(tmp_path: Path, mode: str) -> None:
    history = recorded(tmp_path, swarm(), mode)
    [told] = history.groups_at(after(70.5))
    assert (told.number, told.track_nos, told.count_min, told.count_max) == (2, (1, 2, 3), 3, 6)
    assert (told.now_ns, told.latitude_deg, told.major_m) == (after(70), 55.07, 110.0)
    assert history.groups_at(after(90.5)) == []  # it is over
    assert history.groups_at(after(-1)) == []
    assert history.picture_at(after(70.5))["track_no"].tolist() == [1, 2, 3, 4]  # the tracks are read as before


@pytest.mark.parametrize("mode", ["minutes", "single"])
def test_a_tracks_past_is_in_order_and_over_several_files(tmp_path: Path, mode: str) -> None:
    past = recorded(tmp_path, flight(), mode).track_history(1, after(50), after(130))
    assert past.t_ns == [after(second) for second in range(50, 131, 5)]
    assert set(past.v_north_mps) == {40.0}
    assert set(past.status) == {"confirmed"}


def test_a_long_past_is_thinned_evenly_and_keeps_both_ends(tmp_path: Path) -> None:
    facts: list[Fact] = [frame(n + 1, tracks([1], after(n / 10))) for n in range(POINTS_MAX + 500)]
    past = recorded(tmp_path, facts, "single").track_history(1, T0_NS, after(10_000))
    assert len(past.t_ns) == POINTS_MAX
    assert (past.t_ns[0], past.t_ns[-1]) == (T0_NS, after((POINTS_MAX + 499) / 10))


def test_density_counts_tracks_in_each_part_and_says_what_is_recorded(tmp_path: Path) -> None:
    found = recorded(tmp_path, flight(), "minutes").density(after(-60), after(300), 6)
    assert found.track_count == [0, 3, 2, 1, 1, 1]
    assert (found.first_ns, found.last_ns) == (T0_NS, after(295))


def test_an_empty_directory_is_an_empty_history(tmp_path: Path) -> None:
    history = History(tmp_path / "none")
    assert len(history.picture_at(T0_NS)) == 0
    assert history.track_history(1, 0, T0_NS).t_ns == []
    assert history.density(0, T0_NS, 2).track_count == [0, 0]
    assert history.span_ns() == (None, None)


@pytest.mark.parametrize("cut", [0, 3, 200, -1])
def test_a_damaged_file_is_left_out_named_and_the_rest_is_still_read(tmp_path: Path, cut: int) -> None:
    history = recorded(tmp_path, flight(), "minutes")
    broken = tmp_path / "tracks/2026-03-01/1201.parquet"
    broken.write_bytes(broken.read_bytes()[:cut])
    past = history.track_history(1, T0_NS, after(300))
    assert past.t_ns == [after(second) for second in range(0, 300, 5) if not 60 <= second < 120]
    assert list(history.damaged) == [str(broken)]
    assert history.density(T0_NS, after(300), 5).track_count == [3, 0, 1, 1, 1]


def test_octets_changed_inside_a_file_do_not_stop_the_rest(tmp_path: Path) -> None:
    history = recorded(tmp_path, flight(), "minutes")
    broken = tmp_path / "tracks/2026-03-01/1201.parquet"
    octets = bytearray(broken.read_bytes())
    octets[4:400] = b"\xff" * 396
    broken.write_bytes(octets)
    past = history.track_history(1, T0_NS, after(300))
    assert past.t_ns[0] == T0_NS
    assert past.t_ns[-1] == after(295)
    assert list(history.damaged) == [str(broken)]


def test_an_unfinished_file_and_strange_names_are_not_history(tmp_path: Path) -> None:
    history = recorded(tmp_path, flight(), "minutes")
    day = tmp_path / "tracks/2026-03-01"
    (day / ".1202.parquet.unfinished").write_bytes(b"half")
    (day / "abcd.parquet").write_bytes(b"?")
    (tmp_path / "tracks/2026-99-99").mkdir()
    assert len(history.track_history(1, T0_NS, after(300)).t_ns) == 60
    assert history.damaged == {}


def test_a_row_that_came_late_is_found_in_the_minute_it_came_in(tmp_path: Path) -> None:
    late = frame(1, tracks([1], after(55)), now_ns=after(65))
    history = recorded(tmp_path, [late], "minutes")
    assert history.picture_at(after(58))["track_no"].tolist() == [1]
