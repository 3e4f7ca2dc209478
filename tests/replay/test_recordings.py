"""Real recordings through the very commands a user types."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.paths import REPOSITORY, recording

NODES = REPOSITORY / "examples" / "nodes"


def skydas(*words: object) -> dict[str, Any]:
    """Run a command with --json and return what it printed."""
    command = [sys.executable, "-m", "skydas", *map(str, words), "--json"]
    made = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(made.stdout)
    return found


def test_a_capture_with_every_datagram_twice_gives_its_plots_once_and_no_track(tmp_path: Path) -> None:
    capture = recording("asterix/cat_034_048.pcap")
    decoded = skydas("decode", capture, "--format", "asterix", "--out", tmp_path / "all.parquet")
    assert decoded["by_category"] == {"034": 34, "048": 128}
    assert (decoded["errors"], decoded["duplicates"]) == (0, 50)
    assert pq.read_metadata(tmp_path / "all.048.parquet").num_rows == 128
    replayed = skydas("replay", capture, "--node", NODES / "radars-pcap.toml", "--out", tmp_path / "out")
    assert (replayed["plots"], replayed["tracks_confirmed"]) == (64, 0)
    assert replayed["sources"]["radars"]["copy_count"] == 50
    assert pq.read_metadata(tmp_path / "out" / "plots.parquet").num_rows == 64


def test_two_hours_of_mode_s_frames_give_a_track_to_london_and_the_same_hash_twice(
    tmp_path: Path,
) -> None:
    frames = recording("adsb/tutorial.jsonl.gz")
    node = NODES / "adsb-recording.toml"
    found = [skydas("replay", frames, "--node", node, "--out", tmp_path / name) for name in ("one", "two")]
    assert found[0]["facts_sha256"] == found[1]["facts_sha256"]
    assert found[0]["sources"]["frames"]["record_count"] == 71_939
    assert found[0]["plots"] > 11_000
    tracks = pq.read_table(tmp_path / "one" / "tracks.parquet").to_pylist()
    flown = [row for row in tracks if row["mode_s"] == "400f99" and row["status"] == "confirmed"]
    assert min(row["latitude_deg"] for row in flown) < 44.5
    assert max(row["latitude_deg"] for row in flown) > 51.0


@pytest.mark.parametrize(("name", "plots"), [("odid_wifi_bcn_sample", 21), ("odid_wifi_sample", 17)])
@pytest.mark.parametrize("period_s", [1.0, 4.0])
def test_one_drone_that_says_who_it_is_is_one_track(tmp_path: Path, name: str, plots: int, period_s: float) -> None:
    capture = recording(f"remoteid/{name}.pcap")
    node = (
        (NODES / "remote-id.toml")
        .read_text()
        .replace('kind = "remote_id"', f'kind = "remote_id"\nperiod_s = {period_s}')
    )
    (tmp_path / "node.toml").write_text(node)
    replayed = skydas("replay", capture, "--node", tmp_path / "node.toml", "--out", tmp_path / "out")
    assert (replayed["plots"], replayed["tracks_confirmed"]) == (plots, 1)


@pytest.mark.parametrize(
    ("name", "framing", "categories"),
    [
        ("asterix/cat_001_002.pcap", "pcap", {"001", "002"}),
        ("asterix/cat_062_065.pcap", "pcap", {"062", "065"}),
        ("asterix/parsegps.gps", "gps", {"034", "048"}),
        ("asterix/cat062cat065.raw", "asterix", {"062", "065"}),
        ("asterix/cat21_re.ast", "asterix", {"021"}),
    ],
)
def test_probe_says_what_a_recording_is_and_which_editions_fit(name: str, framing: str, categories: set[str]) -> None:
    found = skydas("probe", recording(name))
    assert found["framing"] == framing
    assert set(found["asterix"]["categories"]) == categories
    assert all(seen["fits"] for seen in found["asterix"]["categories"].values())


@pytest.mark.parametrize("recorded", ["1_1", "1_2", "2_1"])
def test_the_drone_trial_is_converted_and_tracked(recorded: str, tmp_path: Path) -> None:
    folder = recording(f"icmcis/{recorded}")
    converter = REPOSITORY / "examples" / "converters" / "icmcis.py"
    subprocess.run([sys.executable, str(converter), str(folder), "--out", str(tmp_path / "in")], check=True)
    plots = next((tmp_path / "in").glob("*.csv"))
    node = next((tmp_path / "in").glob("*.toml"))
    replayed = skydas("replay", plots, "--node", node, "--out", tmp_path / "out")
    assert replayed["plots"] > 500
    assert replayed["tracks_confirmed"] >= 1
