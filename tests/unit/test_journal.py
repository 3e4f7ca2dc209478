"""The journal loses nothing that was flushed, says what a crash cut short, and refuses to hide damage."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skydas.errors import JournalError
from skydas.journal import (
    JournalReader,
    JournalWriter,
    Snapshot,
    first_configuration,
    kept_records,
    newest_snapshot,
    segments,
    write_snapshot,
)
from skydas.journal.records import decode_record, encode_record
from skydas.model import Input, InputKind

INPUTS = st.builds(
    Input,
    st.integers(-(2**62), 2**62),
    st.text(max_size=60),
    st.sampled_from(InputKind),
    st.binary(max_size=3_000),
)


def write(directory: Path, inputs: list[Input], segment_octets: int = 1 << 20) -> None:
    writer = JournalWriter(directory, segment_octets)
    for one in inputs:
        writer.append(one)
        writer.flush()
    writer.close()


def data(count: int, first_ns: int = 0) -> list[Input]:
    return [Input(first_ns + k, "radar", InputKind.DATA, bytes([k % 256]) * (k % 50)) for k in range(count)]


@given(INPUTS, st.integers(0, 2**63))
def test_a_record_reads_back(one: Input, number: int) -> None:
    octets = encode_record(number, one)
    record, size = decode_record(memoryview(octets + b"more")) or pytest.fail("not read back")
    assert (record.number, record.input, size) == (number, one, len(octets))


@given(INPUTS, st.data())
def test_a_record_with_a_flipped_bit_is_never_read(one: Input, choose: st.DataObject) -> None:
    octets = bytearray(encode_record(5, one))
    bit = choose.draw(st.integers(0, len(octets) * 8 - 1))
    octets[bit // 8] ^= 1 << bit % 8
    assert decode_record(memoryview(octets)) is None


@settings(max_examples=25, deadline=None)
@given(inputs=st.lists(INPUTS, max_size=30))
def test_what_was_written_is_read_in_order_over_all_segments(
    inputs: list[Input], tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory = tmp_path_factory.mktemp("journal")
    write(directory, inputs, segment_octets=2_000)
    records = list(JournalReader(directory))
    assert [record.input for record in records] == inputs
    assert [record.number for record in records] == list(range(len(inputs)))


def test_a_tail_torn_at_any_octet_loses_only_the_unfinished_record_and_says_so(tmp_path: Path) -> None:
    write(tmp_path / "whole", data(5))
    octets = segments(tmp_path / "whole")[0].read_bytes()
    last = len(encode_record(4, data(5)[4]))
    for cut in range(1, last):
        torn = tmp_path / f"torn{cut}"
        torn.mkdir()
        (torn / "000000000000.skj").write_bytes(octets[:-cut])
        reader = JournalReader(torn)
        assert [record.input for record in reader] == data(5)[:4]
        assert reader.torn is not None
        assert reader.torn.octets == last - cut
        writer = JournalWriter(torn)
        assert writer.torn is not None
        assert writer.next_number == 4
        writer.append(data(5)[4])
        writer.close()
        assert [record.input for record in JournalReader(torn)] == data(5)
        assert (torn / "000000000000.torn").read_bytes() == octets[-last:-cut]


def test_damage_in_the_middle_is_an_error_with_its_place_never_a_silent_gap(tmp_path: Path) -> None:
    write(tmp_path, data(20))
    path = segments(tmp_path)[0]
    octets = bytearray(path.read_bytes())
    octets[200] ^= 0xFF
    path.write_bytes(octets)
    with pytest.raises(JournalError, match="damaged at octet"):
        list(JournalReader(tmp_path))


def test_a_torn_record_whose_payload_holds_a_sound_one_is_a_torn_tail(tmp_path: Path) -> None:
    inside = encode_record(6, data(5)[4])
    carrier = Input(5, "radar", InputKind.DATA, b"before" + inside + b"behind")
    write(tmp_path / "whole", [*data(5), carrier])
    octets = segments(tmp_path / "whole")[0].read_bytes()
    for cut in (1, 5, 7):
        torn = tmp_path / f"torn{cut}"
        torn.mkdir()
        (torn / "000000000000.skj").write_bytes(octets[:-cut])
        writer = JournalWriter(torn)
        assert writer.torn is not None
        assert writer.torn.octets == len(encode_record(5, carrier)) - cut
        assert writer.next_number == 5
        writer.close()
        assert [record.input for record in JournalReader(torn)] == data(5)


@pytest.mark.parametrize("bit", range(32))
def test_a_damaged_length_in_the_middle_is_no_torn_tail(bit: int, tmp_path: Path) -> None:
    write(tmp_path, data(30))
    path = segments(tmp_path)[0]
    octets = bytearray(path.read_bytes())
    at = 16 + sum(len(encode_record(k, one)) for k, one in enumerate(data(10)))
    octets[at + bit // 8] ^= 1 << bit % 8
    path.write_bytes(octets)
    with pytest.raises(JournalError, match="damaged at octet"):
        list(JournalReader(tmp_path))


def test_a_missing_segment_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, data(100), segment_octets=500)
    assert len(segments(tmp_path)) > 3
    segments(tmp_path)[1].unlink()
    with pytest.raises(JournalError, match="missing"):
        list(JournalReader(tmp_path))


def test_reading_from_a_record_on_skips_what_lies_before(tmp_path: Path) -> None:
    write(tmp_path, data(100), segment_octets=500)
    assert [record.number for record in JournalReader(tmp_path, start=77)] == list(range(77, 100))


def test_a_journal_is_read_while_it_is_written(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path)
    for count, one in enumerate(data(30), start=1):
        writer.append(one)
        writer.flush()
        assert len(list(JournalReader(tmp_path))) == count
    writer.close()


def test_two_writers_are_refused(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path)
    with pytest.raises(JournalError, match="another running node"):
        JournalWriter(tmp_path)
    writer.close()
    JournalWriter(tmp_path).close()


def test_old_segments_go_but_actions_stay(tmp_path: Path) -> None:
    inputs = data(100)
    inputs[7] = Input(7, "people", InputKind.ACTION, b"acknowledged")
    write(tmp_path, inputs, segment_octets=500)
    writer = JournalWriter(tmp_path)
    assert writer.delete_before(90) > 0
    kept = (tmp_path / "kept-actions").read_bytes()
    record, _ = decode_record(memoryview(kept)) or pytest.fail("the action is gone")
    assert record.input == inputs[7]
    writer.close()


def test_a_torn_file_of_kept_actions_is_read_up_to_there_and_continued_behind_what_is_sound(tmp_path: Path) -> None:
    inputs = data(200)
    inputs[0] = Input(0, "node", InputKind.CONFIG, b"{}")
    for k in (7, 150):
        inputs[k] = Input(k, "people", InputKind.ACTION, b"acknowledged %d" % k)
    write(tmp_path, inputs, segment_octets=500)
    writer = JournalWriter(tmp_path)
    assert writer.delete_before(90) > 0
    kept = tmp_path / "kept-actions"
    torn = encode_record(8, inputs[150])[:-3]
    kept.write_bytes(kept.read_bytes() + torn)
    assert first_configuration(tmp_path) == b"{}"
    assert [record.number for record in kept_records(tmp_path)] == [0, 7]
    assert writer.delete_before(190) > 0
    assert [record.number for record in kept_records(tmp_path)] == [0, 7, 150]
    assert (tmp_path / "kept-actions.torn").read_bytes() == torn
    writer.close()


def test_actions_that_cannot_be_kept_leave_their_segments_and_the_kept_ones_whole(tmp_path: Path) -> None:
    inputs = [Input(k, "people", InputKind.ACTION, b"acknowledged") for k in range(100)]
    write(tmp_path, inputs, segment_octets=500)
    writer = JournalWriter(tmp_path)
    assert writer.delete_before(40) > 0
    kept, left = (tmp_path / "kept-actions").read_bytes(), segments(tmp_path)
    (tmp_path / "kept-actions.part").mkdir()  # nothing more can be written
    with pytest.raises(OSError, match="directory"):
        writer.delete_before(90)
    assert (tmp_path / "kept-actions").read_bytes() == kept
    assert segments(tmp_path) == left
    writer.close()


def test_kill_9_while_writing_loses_at_most_the_unfinished_record(tmp_path: Path) -> None:
    script = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from skydas.journal import JournalWriter
        from skydas.model import Input, InputKind
        writer = JournalWriter(Path(sys.argv[1]), 20_000)
        number = writer.next_number
        while True:
            writer.append(Input(number, "radar", InputKind.DATA, number.to_bytes(8, "little") * 9))
            writer.flush()
            sys.stdout.buffer.write(number.to_bytes(8, "little"))
            sys.stdout.buffer.flush()
            number += 1
        """
    )
    for _ in range(4):
        process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        acknowledged = process.stdout.read(8 * 200)
        os.kill(process.pid, signal.SIGKILL)
        acknowledged += process.stdout.read()
        process.wait()
        last = int.from_bytes(acknowledged[len(acknowledged) // 8 * 8 - 8 :][:8], "little")
        records = list(JournalReader(tmp_path))
        assert records[-1].number >= last
        assert all(record.input.payload == record.number.to_bytes(8, "little") * 9 for record in records)


def test_a_full_disk_leaves_whole_records_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = JournalWriter(tmp_path)
    writer.append(data(5)[1])
    writer.flush()
    real_write = os.write

    def full(handle: int, octets: bytes) -> int:
        real_write(handle, bytes(octets)[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    writer.append(data(5)[2])
    with pytest.raises(OSError, match="No space"):
        writer.flush()
    monkeypatch.undo()
    assert writer.give_up_buffer() == 1
    writer.append(data(5)[3])
    writer.close()
    assert [record.input for record in JournalReader(tmp_path)] == [data(5)[1], data(5)[3]]


def full_after(monkeypatch: pytest.MonkeyPatch, octets_max: int) -> None:
    """Let the disk take no more than so many octets from here on."""
    real_write, left = os.write, [octets_max]

    def full(handle: int, octets: bytes) -> int:
        if left[0] == 0:
            raise OSError(28, "No space left on device")
        done = real_write(handle, bytes(octets)[: left[0]])
        left[0] -= done
        return done

    monkeypatch.setattr(os, "write", full)


@pytest.mark.parametrize("head_octets", [0, 9])
def test_a_disk_that_is_full_when_a_new_segment_begins_leaves_a_journal_that_goes_on(
    head_octets: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Input(1, "radar", InputKind.DATA, b"x" * 200)
    writer = JournalWriter(tmp_path, 200)
    full_after(monkeypatch, len(encode_record(0, one)) + head_octets)
    writer.append(one)
    with pytest.raises(OSError, match="No space"):
        writer.flush()
    monkeypatch.undo()
    assert writer.give_up_buffer() == 0  # the record itself is written
    writer.append(one)
    writer.close()
    assert [record.number for record in JournalReader(tmp_path)] == [0, 1]
    writer = JournalWriter(tmp_path, 200)
    assert writer.next_number == 2
    assert writer.torn is None
    writer.close()


def test_records_behind_a_mark_are_taken_back_over_segments_too(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, 300)
    for one in data(5):
        writer.append(one)
    writer.flush()
    mark = writer.mark()
    for one in data(60):
        writer.append(one)
        writer.flush()
    assert len(segments(tmp_path)) > 3
    assert writer.take_back(mark) == 60
    writer.append(data(8)[7])
    writer.close()
    assert [record.input for record in JournalReader(tmp_path)] == [*data(5), data(8)[7]]


def test_what_could_not_be_cut_off_is_cut_off_before_the_next_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = JournalWriter(tmp_path)
    full_after(monkeypatch, 10)

    def fails(handle: int, octets: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "ftruncate", fails)
    writer.append(data(3)[1])
    with pytest.raises(OSError, match="No space"):
        writer.flush()
    monkeypatch.undo()
    assert writer.give_up_buffer() == 1
    writer.append(data(3)[2])
    writer.close()
    assert [record.input for record in JournalReader(tmp_path)] == [data(3)[2]]


def test_the_newest_fitting_snapshot_is_found_and_others_are_named(tmp_path: Path) -> None:
    write_snapshot(tmp_path, Snapshot("1", b"{}", 10, b"ten"))
    write_snapshot(tmp_path, Snapshot("2", b"{}", 20, b"twenty"))
    newest = write_snapshot(tmp_path, Snapshot("1", b"{}", 30, b"thirty"))
    octets = bytearray(newest.read_bytes())
    octets[-1] ^= 1
    newest.write_bytes(octets)
    snapshot, passed_over = newest_snapshot(tmp_path, "1")
    assert snapshot is not None
    assert snapshot.state == b"ten"
    assert [line.split(": ")[1] for line in passed_over] == ["damaged", "of version 2"]
    snapshot, passed_over = newest_snapshot(tmp_path, "3")
    assert snapshot is None
    assert passed_over[-1] == "000000000010.sks: of version 1"
