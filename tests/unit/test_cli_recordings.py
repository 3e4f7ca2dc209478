"""`skydas probe` and `skydas decode` as a newcomer meets them: what fits, what does not, and what to do then."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from skydas.cli.decode import decode
from skydas.cli.probe import probe
from skydas.errors import CaptureError
from skydas.formats.plots import EXAMPLES as PLOT_LINES
from tests.paths import recording

# CAT021 that only an old edition reads rightly: two records of 0.26 (010 with 090, 010 with 030). The newest edition
# reads one whole record of 010 and 131 from the same octets, at a latitude of 357 degrees.
OLD_021 = bytes.fromhex("15000e822c057f00a02c052a0000")
SEVERAL_EDITIONS_048 = bytes.fromhex("30000dd02c0114d00020000400")


def probed(path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    probe(path, json=True)
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_probe_puts_the_edition_with_possible_values_first_and_names_the_default(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "old.ast").write_bytes(OLD_021)
    seen = probed(tmp_path / "old.ast", capsys)["asterix"]["categories"]["021"]
    assert seen["default"] == "2.7"
    assert "0.26" in seen["ranked"][0]
    assert "2.7" not in seen["fits"]
    assert seen["editions"]["2.7"]["impossible"] == {"I021_131_LAT_deg": 1}
    probe(tmp_path / "old.ast")
    assert "021: the default does not fit best; ask for --edition 021=0.26" in capsys.readouterr().out


def test_probe_shows_editions_though_the_default_reads_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    octets = recording("asterix/blocks/cat021ed0.26.bin").read_bytes()
    (tmp_path / "old.ast").write_bytes(octets)
    found = probed(tmp_path / "old.ast", capsys)
    assert "0.26" in found["asterix"]["categories"]["021"]["ranked"][0]
    decode(tmp_path / "old.ast", format="asterix", edition=["021=0.26"], json=True)
    assert json.loads(capsys.readouterr().out)["impossible"] == {}


def test_editions_that_read_a_block_alike_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "radar.ast").write_bytes(SEVERAL_EDITIONS_048)
    seen = probed(tmp_path / "radar.ast", capsys)["asterix"]["categories"]["048"]
    assert len(seen["ranked"]) == 1
    assert seen["ranked"][0] == list(seen["editions"])
    probe(tmp_path / "radar.ast")
    assert "1.27 1.28 1.29 1.30 1.31 1.32 (default)" in capsys.readouterr().out


def test_decode_warns_of_impossible_values_under_an_edition_that_nobody_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "old.ast").write_bytes(OLD_021)
    decode(tmp_path / "old.ast", format="asterix", json=True)
    written = capsys.readouterr()
    assert json.loads(written.out)["impossible"] == {"I021_131_LAT_deg": 1}
    assert "021 was read as edition 2.7, which was not asked for" in written.err
    decode(tmp_path / "old.ast", format="asterix", edition=["021=0.26"])
    written = capsys.readouterr()
    assert "impossible" not in written.out + written.err


def test_probe_knows_a_drone_receivers_capture(capsys: pytest.CaptureFixture[str]) -> None:
    found = probed(recording("remoteid/odid_wifi_bcn_sample.pcap"), capsys)
    assert next(iter(found["formats"])) == "remote_id"


@pytest.mark.parametrize("text", ["[node]\nname = 'x'\n", '{"message": {"timestamp": "2026-11-21T08:00:00Z"}}\n'])
def test_what_no_format_reads_is_an_error_that_says_what_was_tried(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thing").write_text(text)
    with pytest.raises(CaptureError, match=r"no format reads .*thing; tried: asterix, avr, beast"):
        probe(tmp_path / "thing")
    assert "line_not_read" in capsys.readouterr().out


def test_probe_says_of_how_much_it_speaks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skydas.cli.probe.PAYLOADS_TRIED_MAX", 1)
    lines = [f'{{"t_ns": {t}000000000, "azimuth_true_deg": 1}}\n' for t in (1717664319, 1717664320, 1717664321)]
    (tmp_path / "bearings.jsonl").write_text("".join(lines))
    probe(tmp_path / "bearings.jsonl")
    assert "of the first 1 of 3 payloads:" in capsys.readouterr().out


def test_nothing_decoded_is_an_error_and_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / "radar.ast").write_bytes(SEVERAL_EDITIONS_048)
    with pytest.raises(CaptureError, match=r"nothing in .* could be decoded as beast"):
        decode(tmp_path / "radar.ast", format="beast", out=tmp_path / "b.csv")
    assert not (tmp_path / "b.csv").exists()


@pytest.mark.parametrize(
    ("heading", "said"),
    [
        ("t_utc,sensor,range,azimuth_true_deg", "'range' (is it range_m?)"),
        ("when,who,how far,bearing", "'when', 'who', 'how far', 'bearing'"),
    ],
)
def test_a_heading_with_unknown_columns_is_told_by_name(
    heading: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mis.csv").write_text(f"{heading}\n2024-06-06T08:58:39.250Z,r,12000,45.5\n")
    with pytest.raises(CaptureError):
        decode(tmp_path / "mis.csv", format="plots", out=tmp_path / "out.csv")
    assert said in capsys.readouterr().err
    with pytest.raises(CaptureError):
        probe(tmp_path / "mis.csv")
    assert f"columns {said.split()[0].strip(',')}".replace("'", "") in capsys.readouterr().out


def test_a_file_that_is_read_is_written_whole(tmp_path: Path) -> None:
    (tmp_path / "plots.csv").write_bytes(PLOT_LINES[0])
    decode(tmp_path / "plots.csv", format="plots", out=tmp_path / "out.csv")
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 3
