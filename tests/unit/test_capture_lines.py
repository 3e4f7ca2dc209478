"""Text recordings run on the clock that their lines carry."""

from __future__ import annotations

from pathlib import Path

import pytest

from skydas.capture import open_capture
from tests.paths import recording


def _chunks(folder: Path, text: str, start_ns: int = 0) -> list[tuple[int, bytes]]:
    path = folder / "lines.txt"
    path.write_text(text)
    return [(chunk.t_ns, chunk.payload) for chunk in open_capture(path, start_ns=start_ns)]


@pytest.mark.parametrize(
    ("heading", "first", "second"),
    [
        ("", '{"timestamp":1717664319.25,"frame":"8d"}', '{"timestamp":1717664320.25,"frame":"8d"}'),
        ("", '{"t_ns":1717664319250000000,"sensor":"a"}', '{"t_ns":1717664320250000000,"sensor":"a"}'),
        ("", '{"t_utc":"2024-06-06T08:58:39.250Z"}', '{"t_utc":"2024-06-06T08:58:40.250Z"}'),
        ("sensor,t_utc\n", "a,2024-06-06T08:58:39.250Z", "a,2024-06-06T08:58:40.250Z"),
        ("t_ns,sensor\n", "1717664319250000000,a", "1717664320250000000,a"),
        ("", "1717664319.25,8d4840d6", "1717664320.25,8d4840d6"),
        (
            "",
            "MSG,3,1,1,4840D6,1,2024/06/06,08:58:39.250,2024/06/06,08:58:39.250,,,,,,,,,,,,",
            "MSG,3,1,1,4840D6,1,2024/06/06,08:58:40.250,2024/06/06,08:58:40.250,,,,,,,,,,,,",
        ),
    ],
)
def test_each_line_comes_at_the_time_it_carries(tmp_path: Path, heading: str, first: str, second: str) -> None:
    chunks = _chunks(tmp_path, f"{heading}{first}\n{second}\n")
    assert [t_ns for t_ns, _ in chunks] == [1_717_664_319_250_000_000, 1_717_664_320_250_000_000]
    assert b"".join(octets for _, octets in chunks).decode() == f"{heading}{first}\n{second}\n"


def test_a_receivers_counter_gives_the_time_since_the_start(tmp_path: Path) -> None:
    chunks = _chunks(tmp_path, "@000000000000*8d;\n@000000B71B00*8d;\n", start_ns=5)
    assert [t_ns for t_ns, _ in chunks] == [5, 1_000_000_005]


def test_time_does_not_run_back_and_lines_of_a_tenth_of_a_second_come_together(tmp_path: Path) -> None:
    times_ns = (1_000_000_000, 1_050_000_000, 900_000_000, 1_300_000_000)
    chunks = _chunks(tmp_path, "".join(f'{{"t_ns":{t_ns}}}\n' for t_ns in times_ns))
    assert [(t_ns, octets.count(b"\n")) for t_ns, octets in chunks] == [(1_050_000_000, 3), (1_300_000_000, 1)]


def test_a_time_years_ahead_is_counted_and_does_not_move_the_clock(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_text('{"t_ns":1000000000}\n{"t_ns":9000000000000000000}\n{"t_ns":3000000000}\n')
    capture = open_capture(path)
    assert [chunk.t_ns for chunk in capture] == [1_000_000_000, 3_000_000_000]
    assert capture.errors == {"time_out_of_range": 1}


def test_lines_without_time_have_the_start_and_the_last_line_gets_its_end(tmp_path: Path) -> None:
    assert _chunks(tmp_path, "a,b\n1,2", start_ns=7) == [(7, b"a,b\n1,2\n")]


def test_a_document_over_many_lines_is_one_payload() -> None:
    capture = open_capture(recording("adsb/readsb_aircraft.json"))
    assert (capture.framing, len(list(capture))) == ("file", 1)


def test_a_real_recording_of_frames_comes_whole_on_its_own_clock() -> None:
    capture = open_capture(recording("adsb/tutorial.jsonl.gz"))
    chunks = list(capture)
    assert sum(chunk.payload.count(b"\n") for chunk in chunks) == 71_939
    assert chunks[0].t_ns == 1_717_664_319_147_975_000
    assert [chunk.t_ns for chunk in chunks] == sorted(chunk.t_ns for chunk in chunks)
    assert capture.errors == {}
