"""What the commands write and read again: nothing is replaced unasked, and what they say fits what is there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

from skydas.assess import read_assets
from skydas.cli.evaluate import evaluate
from skydas.cli.journal import slice_, verify
from skydas.cli.replay import replay
from skydas.cli.sim import sim
from skydas.config import node_config as read_config
from skydas.config import read_node_file
from skydas.errors import ConfigError
from skydas.evaluate import read_plots, read_tracks, read_truth
from skydas.journal import JournalReader, segments
from skydas.model import NS_PER_S, InputKind, utc_ns, utc_text
from skydas.sim import load_scenario, node_config, node_text, over_udp, scenario_names
from skydas.sim.assets import assets_geojson
from skydas.sources.file import Params as FileParams
from skydas.sources.file import open_recording, timed_chunks
from tests.unit.evaluate_scenes import straight, write

EAST = np.array([100.0, 0.0, 0.0])
SHORT_S = 3.0


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a short scene as a journal, and as a capture with what stands beside it."""
    folder = tmp_path_factory.mktemp("scene")
    sim("three-radars", seed=7, duration_s=SHORT_S, out=str(folder / "journal"))
    sim("three-radars", seed=7, duration_s=SHORT_S, out=str(folder / "capture.pcap"))
    return folder


@pytest.mark.parametrize("name", scenario_names())
def test_a_scenarios_node_file_reads_as_its_node(name: str) -> None:
    scenario = load_scenario(name)
    for config in (node_config(scenario), over_udp(node_config(scenario))):
        plain = msgspec.structs.replace(config, assets=[])  # those stand in a file of their own
        assert read_config(node_text(plain, name)) == plain
        assert read_assets(msgspec.json.encode(assets_geojson(scenario))) == config.assets


def test_a_simulated_capture_replays_with_the_node_file_beside_it(scene: Path, tmp_path: Path) -> None:
    replay([scene / "capture.pcap"], node=scene / "capture.node.toml", out=tmp_path / "out", json=True)
    sources = read_node_file(scene / "capture.node.toml").sources
    assert [source.params["port"] for source in sources] == [8600, 8601, 8602, 8603]
    assert read_tracks(tmp_path / "out").names
    assert read_truth(scene / "capture.truth.parquet").names


def test_each_stream_of_a_simulated_capture_comes_by_its_own_source(
    scene: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    replay([scene / "capture.pcap"], node=scene / "capture.node.toml", out=tmp_path / "out", json=True)
    found = msgspec.json.decode(capsys.readouterr().out)["sources"]
    assert {name for name, status in found.items() if status["input_count"]} == set(found)


@pytest.mark.parametrize("source", ["", "north"])
def test_a_fed_source_is_no_place_for_a_recording(source: str, scene: Path, tmp_path: Path) -> None:
    (tmp_path / "node.toml").write_text(node_text(node_config(load_scenario("three-radars")), "fed"))
    with pytest.raises(ConfigError, match=r"are fed: .*--out NAME\.pcap"):
        replay([scene / "capture.pcap"], node=tmp_path / "node.toml", source=source, out=tmp_path / "out")


@pytest.mark.parametrize("hours", [0, 12, 18, 23])
def test_a_time_of_day_is_of_the_day_that_begins_at_the_recordings_start(hours: int, tmp_path: Path) -> None:
    """Taken as the nearest instant it may be of the day before, and then the node refuses every plot as too old."""
    blocks = []
    for second in range(4):
        ticks = (hours * 3600 + 1800 + second) * 128
        blocks.append(bytes.fromhex("30000dd02c01") + ticks.to_bytes(3, "big") + bytes.fromhex("20000400"))
    (tmp_path / "radar.ast").write_bytes(b"".join(blocks))
    for start, midnight in (("1970-01-01T00:00:00Z", 0), ("2026-01-01T00:00:30Z", utc_ns("2026-01-01T00:00:00Z"))):
        capture = open_recording(FileParams(str(tmp_path / "radar.ast"), start=start))
        times = [chunk.t_ns for chunk in timed_chunks(capture, "asterix", {})]
        assert times[0] == midnight + (hours * 3600 + 1800) * NS_PER_S
        assert times == sorted(times)


def test_replay_says_what_to_do_where_no_plot_of_a_source_was_tracked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "radar.csv").write_text("t_ns,range_m,azimuth_true_deg\n1717664319250000000,12000,45\n")
    source = 'name = "radar"\nsource = "file"\nformat = "plots"\nparams = { path = "radar.csv" }\n'
    (tmp_path / "node.toml").write_text(f'[node]\nname = "here"\n\n[[sources]]\n{source}')
    replay([tmp_path / "radar.csv"], node=tmp_path / "node.toml", out=tmp_path / "out")
    said = capsys.readouterr()
    assert "radar: 1 of 1 plots were not tracked (sensor_without_place): add latitude_deg" in said.err
    assert "recorded, not tracked" in said.out


def test_replay_names_the_columns_that_nobody_knows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mis.csv").write_text("t_ns,range,azimuth_true_deg\n1717664319250000000,12000,45\n")
    source = 'name = "radar"\nsource = "file"\nformat = "plots"\nparams = { path = "mis.csv" }\n'
    (tmp_path / "node.toml").write_text(f'[node]\nname = "here"\n\n[[sources]]\n{source}')
    replay([tmp_path / "mis.csv"], node=tmp_path / "node.toml", out=tmp_path / "out")
    assert "radar: unknown columns: range; " in capsys.readouterr().err


def test_a_lone_hyphen_is_standard_output() -> None:
    command = [sys.executable, "-m", "skydas", "sim", "three-radars", "--duration-s", "1", "--out", "-"]
    said = subprocess.run(command, capture_output=True, check=True)
    assert said.stdout[0] in (21, 34, 48)  # the category of an ASTERIX block


def test_nothing_is_replaced_unasked(scene: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    replay([scene / "journal"], out=out, json=True)
    with pytest.raises(ConfigError, match=r"--out: .*plots\.parquet.* already there"):
        replay([scene / "journal"], out=out, json=True)
    replay([scene / "journal"], out=out, json=True, overwrite=True)
    with pytest.raises(
        ConfigError, match=r"capture\.pcap, .*capture\.node\.toml, .*capture\.truth\.parquet already there"
    ):
        sim("three-radars", duration_s=SHORT_S, out=str(scene / "capture.pcap"))
    for folder in (out, scene / "journal"):
        with pytest.raises(ConfigError, match="holds files already"):
            sim("three-radars", duration_s=SHORT_S, out=str(folder))
        with pytest.raises(ConfigError, match="holds files already"):
            slice_(scene / "journal", out=folder)


def test_a_slice_holds_the_configuration_and_what_lies_in_the_span(scene: Path, tmp_path: Path) -> None:
    whole = [record.input for record in JournalReader(scene / "journal")]
    first_ns = whole[0].rx_ns
    begin, end = (utc_text(first_ns + second * NS_PER_S) for second in (1, 2))
    slice_(scene / "journal", begin=begin, end=end, out=tmp_path / "part")
    part = [record.input for record in JournalReader(tmp_path / "part")]
    assert part[0].kind == InputKind.CONFIG
    assert part[0].payload == whole[0].payload
    assert part[1:] == [one for one in whole if NS_PER_S <= one.rx_ns - first_ns < 2 * NS_PER_S]


def test_an_empty_slice_is_an_error_that_says_what_the_journal_holds(scene: Path, tmp_path: Path) -> None:
    start = load_scenario("three-radars").scene.start_utc[:16]
    with pytest.raises(ConfigError, match=f"nothing in that span; it holds {start}"):
        slice_(scene / "journal", begin="2099-01-01T00:00:00Z", out=tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_torn_journal_is_whole_up_to_its_tear(
    scene: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "torn").mkdir()
    (segment,) = segments(scene / "journal")
    (tmp_path / "torn" / segment.name).write_bytes(segment.read_bytes()[:-5])
    verify(tmp_path / "torn")
    said = capsys.readouterr().out
    assert "octets torn at the end" in said
    assert said.startswith("whole          up to 2026-")
    verify(scene / "journal")
    assert capsys.readouterr().out.startswith("whole          yes")


def test_tracks_of_another_year_are_not_scored(tmp_path: Path) -> None:
    time = np.arange(0.0, 60.0)
    write(tmp_path / "truth.parquet", straight("target_no", 1, time, [0, 0, 900], EAST))
    write(tmp_path / "tracks.parquet", straight("track_no", 1, time + 86_400.0, [0, 0, 900], EAST))
    with pytest.raises(ConfigError, match=r"truth is .*, tracks are .*: they do not overlap"):
        evaluate(truth=tmp_path, tracks=tmp_path)


def test_the_minutes_of_one_day_are_tracks_too(tmp_path: Path) -> None:
    day = tmp_path / "history" / "tracks" / "2026-11-21"
    day.mkdir(parents=True)
    write(day / "0725.parquet", straight("track_no", 1, np.arange(5.0), [0, 0, 900], EAST))
    for path in (day, day.parent, day.parent.parent, tmp_path):
        assert len(read_tracks(path).t_ns) == 5


def test_paths_may_be_plain_text(tmp_path: Path) -> None:
    write(tmp_path / "truth.parquet", straight("target_no", 1, np.arange(5.0), [0, 0, 900], EAST))
    write(tmp_path / "tracks.parquet", straight("track_no", 1, np.arange(5.0), [0, 0, 900], EAST))
    assert len(read_truth(str(tmp_path)).t_ns) == len(read_tracks(str(tmp_path)).t_ns)
    assert read_plots(str(tmp_path)) is None
