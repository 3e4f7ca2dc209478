"""Recording: what is in the files, and what happens to them when things go wrong."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest

from skydas.history import GROUPS_SCHEMA, PLOTS_SCHEMA, TRACKS_SCHEMA, plots_table, tracks_from_table, tracks_table
from skydas.model import Fact, Link, PlotKind, Rows, TrackFlag, TrackStatus, empty_plots, empty_tracks
from skydas.outputs import parquet
from skydas.outputs._sorted_rows import RUN_ROWS_MAX, SLICE_ROWS_MAX
from tests.facts import SENSORS, T0_NS, Emitted, ListInbox, after, frame, notice, plots, started, tracks

TRACK_COLUMNS = (
    "t_ns node track_no status latitude_deg longitude_deg height_hae_m v_east_mps v_north_mps v_up_mps "
    "cov_east_east_m2 cov_east_north_m2 cov_east_up_m2 cov_east_v_east_m2ps cov_east_v_north_m2ps cov_east_v_up_m2ps "
    "cov_north_north_m2 cov_north_up_m2 cov_north_v_east_m2ps cov_north_v_north_m2ps cov_north_v_up_m2ps "
    "cov_up_up_m2 cov_up_v_east_m2ps cov_up_v_north_m2ps cov_up_v_up_m2ps "
    "cov_v_east_v_east_m2ps2 cov_v_east_v_north_m2ps2 cov_v_east_v_up_m2ps2 "
    "cov_v_north_v_north_m2ps2 cov_v_north_v_up_m2ps2 cov_v_up_v_up_m2ps2 "
    "existence mode_quiet_probability mode_manoeuvring_probability mode_hovering_probability height_agl_m "
    "mode_s mode_3a callsign sensors last_plot_ns identity class "
    "class_airliner_probability class_light_aircraft_probability class_glider_probability "
    "class_helicopter_probability class_fixed_wing_drone_probability class_one_way_drone_probability "
    "class_multirotor_probability class_balloon_probability class_bird_probability class_cruise_probability "
    "class_ballistic_probability class_unknown_probability origin flags group_no group_count_min group_count_max "
    "threat threat_asset_no label_no revised_from_ns sequence"
)
GROUP_COLUMNS = (
    "t_ns node group_no count_min count_max latitude_deg longitude_deg height_hae_m v_east_mps v_north_mps v_up_mps "
    "major_m minor_m axis_true_deg is_over sequence"
)
PLOT_COLUMNS = (
    "t_ns rx_ns node source sensor kind flags range_m azimuth_true_deg elevation_deg range_rate_mps latitude_deg "
    "longitude_deg height_hae_m height_pressure_m sigma_range_m sigma_azimuth_deg sigma_elevation_deg "
    "cov_east_east_m2 cov_east_north_m2 cov_east_up_m2 cov_north_north_m2 cov_north_up_m2 cov_up_up_m2 "
    "mode_s mode_3a callsign object class rcs_dbsm snr_db nic nacp nacv sil decoder_seq sequence"
)


def record(directory: Path, facts: list[Fact], **params: object) -> Emitted:
    """Run the output over facts as the node would."""
    emitted = Emitted()
    given = msgspec.convert({"directory": str(directory), "disk_free_mb_min": 0.0, **params}, parquet.Params)
    asyncio.run(parquet.run(given, ListInbox(facts), emitted))
    return emitted


def test_a_file_says_in_which_plane_its_covariances_are(tmp_path: Path) -> None:
    placed = msgspec.structs.replace(started(), plane=(55.5, 23.25))
    record(tmp_path, [placed, frame(1, tracks([7]))], mode="single")
    metadata = pq.read_schema(tmp_path / "tracks.parquet").metadata
    assert float(metadata[b"plane_latitude_deg"]) == 55.5
    assert float(metadata[b"plane_longitude_deg"]) == 23.25


def files(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())


def test_the_columns_of_tracks_and_plots_are_pinned() -> None:
    assert TRACKS_SCHEMA.names == TRACK_COLUMNS.split()
    assert PLOTS_SCHEMA.names == PLOT_COLUMNS.split()
    assert GROUPS_SCHEMA.names == GROUP_COLUMNS.split()
    assert str(TRACKS_SCHEMA.field("status").type) == "dictionary<values=string, indices=int32, ordered=0>"
    assert str(TRACKS_SCHEMA.field("sensors").type) == "list<item: string>"
    assert str(TRACKS_SCHEMA.field("cov_up_v_up_m2ps").type) == "double"


def test_every_known_field_of_a_track_comes_back_from_its_table() -> None:
    rows = tracks([7, 9])
    rows["mode_s"], rows["mode_3a"], rows["callsign"] = (0x4CA1, 0), (0o0412, 0xFFFF), (b"LOT7AB", b"")
    rows["flags"][0] = TrackFlag.ON_GROUND | TrackFlag.PARTNER
    rows["class_probability"][0] = np.eye(12)[3]
    rows["group"][1], rows["group_count"][1] = 5, (2, 4)
    rows["threat"], rows["existence"] = 0.5, 0.99
    back = tracks_from_table(tracks_table(rows, "lt-1", SENSORS))
    for name in rows.dtype.names or ():
        if name == "sensors":
            assert back[name].tolist() == [0b11, 0b11]
        else:
            np.testing.assert_array_equal(back[name], rows[name], err_msg=name)


def test_what_is_not_known_is_null_and_never_nan_or_zero() -> None:
    row = tracks_table(empty_tracks(1), "lt-1", SENSORS).to_pylist()[0]
    known = {name for name, value in row.items() if value is not None}
    assert known == {"t_ns", "node", "track_no", "status", "identity", "origin", "label_no", "sensors", "flags"}
    assert row["sensors"] == []


def test_codes_are_text_and_sensors_are_names() -> None:
    rows = tracks([1])
    rows["mode_s"], rows["mode_3a"], rows["sensors"] = 0x00BEEF, 0o7700, 1 << 63 | 1
    row = tracks_table(rows, "lt-1", SENSORS).to_pylist()[0]
    assert (row["mode_s"], row["mode_3a"], row["sensors"]) == ("00beef", "7700", ["radar-1", "others"])


def test_a_minute_is_one_file_sorted_by_track_then_time(tmp_path: Path) -> None:
    facts: list[Fact] = [started()]
    facts += [frame(1 + second, tracks([2, 1], after(second))) for second in range(3)]
    facts += [plots(10, 5, after(3)), frame(11, tracks([1], after(60)))]
    record(tmp_path, facts)
    day = "2026-03-01"
    assert files(tmp_path) == [
        f"plots/{day}/1200.parquet",
        f"tracks/{day}/1200.parquet",
        f"tracks/{day}/1201.parquet",
    ]
    table = pq.read_table(tmp_path / "tracks" / day / "1200.parquet", partitioning=None)
    assert table.schema.equals(TRACKS_SCHEMA)
    assert table["track_no"].to_pylist() == [1, 1, 1, 2, 2, 2]
    assert table["t_ns"].to_pylist() == [after(second) for second in range(3)] * 2
    assert table["sensors"].to_pylist()[0] == ["radar-1", "adsb-1"]
    plot = pq.read_table(tmp_path / "plots" / day / "1200.parquet", partitioning=None).to_pylist()[4]
    assert (plot["sensor"], plot["source"], plot["kind"], plot["azimuth_true_deg"]) == (
        "radar-2",
        "feed-1",
        "polar",
        90.0,
    )


def test_a_restart_that_repeats_facts_adds_no_row_twice(tmp_path: Path) -> None:
    first: list[Fact] = [started(), *(frame(n, tracks([1, 2], after(n))) for n in range(1, 6))]
    again: list[Fact] = [started(2), *(frame(n, tracks([1, 2], after(n))) for n in range(3, 9))]
    record(tmp_path, first)
    record(tmp_path, again)
    table = pq.read_table(tmp_path / "tracks/2026-03-01/1200.parquet", partitioning=None)
    assert table["sequence"].to_pylist() == [*range(1, 9), *range(1, 9)]
    assert table["track_no"].to_pylist() == [1] * 8 + [2] * 8


def test_recording_the_same_facts_again_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    facts: list[Fact] = [started(), frame(1, tracks([1]))]
    record(tmp_path, facts)
    path = tmp_path / "tracks/2026-03-01/1200.parquet"
    before = path.stat().st_mtime_ns
    record(tmp_path, facts)
    assert path.stat().st_mtime_ns == before


def test_more_rows_than_memory_holds_come_out_sorted(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    facts: list[Fact] = [started()]
    total = 0
    for sequence in range(1, 9):
        numbers = rng.permutation(50_000)[: RUN_ROWS_MAX // 2 + 7] + 1
        rows = tracks([1]).repeat(len(numbers))
        rows["track_no"], rows["t_ns"] = numbers, after(sequence)
        facts.append(frame(sequence, rows))
        total += len(numbers)
    assert total > SLICE_ROWS_MAX
    record(tmp_path, facts, mode="single")
    table = pq.read_table(tmp_path / "tracks.parquet")
    key = table["track_no"].to_numpy().astype(np.int64) * 100 + table["sequence"].to_numpy()
    assert table.num_rows == total
    assert (np.diff(key) > 0).all()
    assert not (tmp_path / parquet.SPOOL).exists()


def test_single_files_survive_a_node_that_restarts_with_other_sensors(tmp_path: Path) -> None:
    grown = (*SENSORS, "radar-9")
    other = ("x", "y", "z")
    facts: list[Fact] = [
        started(0),
        frame(1, tracks([1], after(1))),
        started(2, sensors=grown),
        frame(3, tracks([2], after(2))),
        started(4, sensors=other),
        frame(5, tracks([1], after(3))),
        plots(6, 2),
    ]
    record(tmp_path, facts, mode="single")
    table = pq.read_table(tmp_path / "tracks.parquet")
    assert table["sequence"].to_pylist() == [1, 5, 3]
    assert table["sensors"].to_pylist() == [["radar-1", "adsb-1"], ["x", "z"], ["radar-1", "adsb-1"]]
    assert pq.read_table(tmp_path / "plots.parquet")["sensor"].to_pylist() == ["y", "y"]


def test_a_replay_without_a_row_still_has_its_two_files(tmp_path: Path) -> None:
    record(tmp_path, [started()], mode="single")
    assert pq.read_table(tmp_path / "tracks.parquet").num_rows == 0
    assert pq.read_table(tmp_path / "plots.parquet").schema.equals(PLOTS_SCHEMA)


def test_a_full_disk_stops_recording_with_one_alarm_and_not_the_output(tmp_path: Path) -> None:
    facts: list[Fact] = [started(), *(frame(n, tracks([1], after(60 * n))) for n in range(1, 4))]
    emitted = record(tmp_path, facts, disk_free_mb_min=1e12)
    states = [msgspec.json.decode(one.payload, type=Link) for one in emitted.inputs]
    assert [state.state for state in states] == ["stopped"]
    assert "make room" in states[0].text
    assert not list(tmp_path.rglob("*.parquet"))


def test_recording_goes_on_by_itself_when_it_can_and_counts_what_was_lost(tmp_path: Path) -> None:
    recorder = parquet.Recorder(parquet.Params(str(tmp_path), disk_free_mb_min=0.0))
    blocked = tmp_path / "tracks"
    blocked.write_text("a file where the directory should be")
    recorder.add(started())
    recorder.add(frame(1, tracks([1, 2], after(0))))
    ended = recorder.add(frame(2, tracks([1], after(60))))
    assert ended is not None
    with pytest.raises(OSError):
        recorder.store(ended)
    assert recorder.lost_count == 2
    blocked.unlink()
    recorder.finish()
    assert (recorder.lost_count, recorder.recorded_count) == (2, 1)


def test_a_damaged_file_of_this_minute_is_put_aside_and_recording_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "tracks/2026-03-01/1200.parquet"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"PAR1 not a parquet file")
    record(tmp_path, [started(), frame(1, tracks([1]))])
    assert path.with_name("1200.parquet.damaged").read_bytes() == b"PAR1 not a parquet file"
    assert pq.read_table(path, partitioning=None).num_rows == 1


def test_days_past_their_retention_go_and_nothing_else(tmp_path: Path) -> None:
    for day in ("2026-02-01", "2026-02-27"):
        for name in ("1200.parquet", "notes.txt"):
            path = tmp_path / "tracks" / day / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
    (tmp_path / "tracks/2026-02-27/notes.txt").unlink()
    record(tmp_path, [started(), frame(1, tracks([1]))], history_days=10.0)
    assert files(tmp_path / "tracks") == ["2026-02-01/notes.txt", "2026-02-27/1200.parquet", "2026-03-01/1200.parquet"]


def test_a_spool_left_by_a_killed_process_is_cleared(tmp_path: Path) -> None:
    left = tmp_path / parquet.SPOOL / "tracks-1.0.run"
    left.parent.mkdir()
    left.write_bytes(b"rows of a process that was killed")
    parquet.Recorder(parquet.Params(str(tmp_path)))
    assert not left.exists()


def test_facts_without_rows_make_no_file(tmp_path: Path) -> None:
    record(tmp_path, [started(), notice(1), frame(2, tracks([]), T0_NS)])
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    ("kind", "filled"),
    [
        (PlotKind.POLAR, {"sigma_range_m", "sigma_azimuth_deg", "sigma_elevation_deg"}),
        (PlotKind.BEARING, {"sigma_azimuth_deg", "sigma_elevation_deg"}),
        (PlotKind.TDOA, {"sigma_range_m"}),
        (PlotKind.POSITION, {name for name in PLOTS_SCHEMA.names if name.startswith("cov_")}),
    ],
)
def test_a_plots_covariance_stands_in_the_columns_of_its_kind(kind: PlotKind, filled: set[str]) -> None:
    rows: Rows = empty_plots(1)
    rows["kind"], rows["cov"] = kind, (4.0, 0.0, 0.0, 9.0, 0.0, 16.0)
    row = plots_table(rows, "lt-1", SENSORS).to_pylist()[0]
    named = {name for name in row if name.startswith(("sigma_", "cov_")) and row[name] is not None}
    assert named == filled
    assert row["sigma_range_m"] in (None, 2.0)


def test_a_dropped_track_is_recorded_as_dropped(tmp_path: Path) -> None:
    record(tmp_path, [started(), frame(1, tracks([4], status=TrackStatus.DROPPED))])
    table = pq.read_table(tmp_path / "tracks/2026-03-01/1200.parquet", partitioning=None)
    assert table["status"].to_pylist() == ["dropped"]


def test_a_process_that_is_killed_leaves_the_minute_as_it_was_flushed_and_a_restart_completes_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "tracks/2026-03-01/1200.parquet"
    params = parquet.Params(str(tmp_path), disk_free_mb_min=0.0, flush_s=10.0)
    killed = parquet.Recorder(params)
    killed.add(started())
    for n in range(1, 25):
        killed.add(frame(n, tracks([1], after(n))))
        if killed.flush_is_due:
            killed.flush()
    assert pq.read_table(path, partitioning=None)["sequence"].to_pylist() == list(range(1, 22))
    assert killed.recorded_count == 21
    record(tmp_path, [started(15), *(frame(n, tracks([1], after(n))) for n in range(16, 50))])
    assert pq.read_table(path, partitioning=None)["sequence"].to_pylist() == list(range(1, 50))
