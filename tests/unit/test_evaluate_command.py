"""`skydas evaluate` on files: JSON with the agreed keys, a page that asks for nothing outside, errors in one line."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skydas.cli.evaluate import evaluate
from skydas.errors import ConfigError, FormatError
from skydas.evaluate.pictures import nice_top, ticks
from skydas.history import TRACKS_SCHEMA
from tests.unit.evaluate_scenes import START_NS, straight, write

EAST = np.array([100.0, 0.0, 0.0])
KEYS = {"gospa", "ospa2", "siap", "nees", "nis", "update", "gaps", "extra_tracks", "latency_s", "profile"}


def _files(tmp_path: Path) -> Path:
    time = np.arange(0.0, 181.0)
    targets = [straight("target_no", n, time, [0, 3000 * n, 900], EAST, kind=["multirotor"] * 181) for n in (1, 2, 3)]
    write(tmp_path / "truth.parquet", *targets)
    scans = np.arange(6.0, 181.0, 4.0)
    cov = [name for name in TRACKS_SCHEMA.names if name.startswith("cov_")]
    assert len(cov) == 21
    spread = {name: np.full(len(scans), 0.0) for name in cov}
    spread |= {name: np.full(len(scans), 400.0) for name in ("cov_east_east_m2", "cov_north_north_m2", "cov_up_up_m2")}
    spread |= {name: np.full(len(scans), 4.0) for name in cov if name.endswith("ps2") and name.count("v_") == 2}
    for a, b in (("v_east", "v_north"), ("v_east", "v_up"), ("v_north", "v_up")):
        spread[f"cov_{a}_{b}_m2ps2"][:] = 0.0
    generator = np.random.default_rng(11)
    tables = []
    for number in (1, 2, 3):
        table = straight(
            "track_no", number, scans, [0, 3000 * number, 900], EAST,
            node=["<b>n</b>"] * len(scans), status=["confirmed"] * len(scans), **spread,
            **{"class": ["multirotor"] * len(scans)},
        )  # fmt: skip
        noise = generator.normal(0, 20, (len(scans), 2)) / [111_000 * np.cos(np.radians(55)), 111_000]
        for axis, name in enumerate(("longitude_deg", "latitude_deg")):
            at = table.column_names.index(name)
            table = table.set_column(at, name, [table.column(name).to_numpy() + noise[:, axis]])
        tables.append(table)
    write(tmp_path / "tracks.parquet", *tables)
    plots = straight(
        "track_no", 1, scans, [0, 3000, 900], EAST, rx_ns=START_NS + (scans * 1e9).astype(np.int64) + 250_000_000
    )
    write(tmp_path / "plots.parquet", plots.drop_columns(["track_no"]))
    return tmp_path


@pytest.mark.parametrize(("flags", "dimensions"), [(["height_assumed"], 2), (["simulated"], 3)])
def test_heights_that_were_only_assumed_are_not_scored(
    flags: list[str], dimensions: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = _files(tmp_path)
    table = pq.read_table(folder / "tracks.parquet")
    write(folder / "tracks.parquet", table.append_column("flags", pa.array([flags] * table.num_rows)))
    evaluate(truth=folder, tracks=folder, json=True)
    said = capsys.readouterr()
    assert json.loads(said.out)["detail"]["dimensions"] == dimensions
    assert ("most of these heights are assumed" in said.err) == (dimensions == 2)


def test_the_json_has_the_agreed_keys_and_sensible_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = _files(tmp_path)
    evaluate(truth=folder, tracks=folder, json=True, site=(55.0, 24.0))
    found = json.loads(capsys.readouterr().out)
    assert found.keys() >= KEYS
    assert found["siap"]["completeness"] == pytest.approx(175 / 181)
    assert found["latency_s"] == pytest.approx(0.25)
    assert 1.5 < found["nees"] < 3.5
    assert found["nis"] is None
    assert found["siap"]["id_correctness"] == 1.0
    first = found["detail"]["flights"][0]
    assert first["first_plot_s"] == 6.0
    assert first["first_plot_range_m"] == pytest.approx(np.hypot(np.hypot(600, 3000), 900), rel=0.01)
    assert found["detail"]["flights"][1]["first_plot_s"] is None
    assert first["right_class_s"] == 6.0


def test_the_text_for_people_says_what_was_not_assessed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = _files(tmp_path)
    evaluate(truth=folder / "truth.parquet", tracks=folder / "tracks.parquet", profile=["compass-ed142-tma"])
    written = capsys.readouterr()
    assert "compass-ed142-tma" in written.out
    assert "esassp" not in written.out
    assert "not assessed: latency_s: there is no plots.parquet" in written.err


def test_the_page_holds_its_pictures_and_asks_for_nothing_outside(tmp_path: Path) -> None:
    folder = _files(tmp_path)
    evaluate(truth=folder, tracks=folder, report=tmp_path / "new" / "report.html")
    page = (tmp_path / "new" / "report.html").read_text()
    assert not re.search(r"https?://|src=|@import|url\(|<link|<script", page)
    pictures = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(pictures) == 7
    for picture in pictures:
        assert len(ElementTree.fromstring(picture)) > 5
        assert "nan" not in picture.lower()
    assert "<b>n</b>" not in page  # a node's name is text
    assert "&lt;b&gt;n&lt;/b&gt;" in page
    assert page.count("held by its first track") == 1


def test_a_page_can_be_made_of_nothing(tmp_path: Path) -> None:
    write(tmp_path / "truth.parquet", straight("target_no", 1, np.arange(5.0), [0, 0, 900], EAST))
    write(tmp_path / "tracks.parquet", straight("track_no", 1, np.zeros(0), [0, 0, 900], EAST))
    evaluate(truth=tmp_path, tracks=tmp_path, report=tmp_path / "report.html")
    assert "not assessed: nothing to draw" in (tmp_path / "report.html").read_text()


def test_a_courageous_document_goes_out_and_comes_back_as_the_same_tracks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = _files(tmp_path)
    out = tmp_path / "log.json"
    evaluate(truth=folder, tracks=folder, json=True, geoid_m=25.0, courageous_out=out)
    straightway = json.loads(capsys.readouterr().out)
    evaluate(truth=folder, tracks=out, json=True, geoid_m=25.0)
    written = capsys.readouterr()
    returned = json.loads(written.out)
    assert "heights above mean sea level" in written.err
    assert returned["detail"]["error_m"]["median"] == pytest.approx(
        straightway["detail"]["error_m"]["median"], rel=0.05
    )
    assert returned["siap"]["spuriousness"] == 0.0


def test_what_cannot_be_read_or_is_not_known_is_named(tmp_path: Path) -> None:
    folder = _files(tmp_path)
    with pytest.raises(ConfigError, match="there is no file"):
        evaluate(truth=tmp_path / "nowhere", tracks=folder)
    with pytest.raises(ConfigError, match="there is no profile"):
        evaluate(truth=folder, tracks=folder, profile=["mine"])
    with pytest.raises(ConfigError, match="gate_m"):
        evaluate(truth=folder, tracks=folder, gate_m=0.0)
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(FormatError, match="missing_key"):
        evaluate(truth=folder, tracks=tmp_path / "bad.json")


def test_axes_have_round_figures() -> None:
    assert ticks(0.0, 10.0, 5) == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    assert nice_top(73.0) == 80.0
    assert nice_top(0.0) == 1.0
