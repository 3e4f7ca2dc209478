"""The converters bring real recordings in through the plain format, without copies and by their own conventions."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from skydas.capture import open_capture
from skydas.config import read_node_file
from skydas.formats.plots import Decoder, Params
from skydas.geo import ecef_from_geodetic
from skydas.model import PlotKind, Rows, sensor_key_of
from tests.paths import REPOSITORY, recording

TRUTH_COLUMNS = [
    "t_ns",
    "target_no",
    "kind",
    "latitude_deg",
    "longitude_deg",
    "height_hae_m",
    "v_east_mps",
    "v_north_mps",
    "v_up_mps",
]


def _convert(name: str, source: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, int], Rows]:
    main: Callable[[list[str]], int] = runpy.run_path(str(REPOSITORY / "examples" / "converters" / name))["main"]
    assert main([str(source), "--out", str(out)]) == 0
    decoder = Decoder(Params())
    decoded = [decoder.decode(chunk.t_ns, chunk.payload) for chunk in open_capture(out / "plots.csv")]
    assert [part.rejected for part in decoded if part.rejected] == []
    assert pq.read_schema(out / "truth.parquet").names == TRUTH_COLUMNS
    return json.loads(capsys.readouterr().out), np.concatenate([part.plots for part in decoded])


@pytest.mark.parametrize(
    ("scenario", "alvira", "alvira_copies", "arcus", "drone_count"),
    [("1_1", 129, 33, 6_633, 1), ("1_2", 191, 62, 0, 1), ("2_1", 459, 151, 0, 2)],
)
def test_the_drone_trial_comes_in_without_its_copied_rows(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    scenario: str,
    alvira: int,
    alvira_copies: int,
    arcus: int,
    drone_count: int,
) -> None:
    counts, plots = _convert("icmcis.py", recording(f"icmcis/{scenario}"), tmp_path, capsys)
    assert (counts["alvira"], counts["alvira_copies"], counts.get("arcus", 0)) == (alvira, alvira_copies, arcus)
    assert len(plots) == counts["plots"] == alvira + arcus + counts["venus"]
    truth = pq.read_table(tmp_path / "truth.parquet")
    assert set(truth["target_no"].to_pylist()) == set(range(1, drone_count + 1))
    config = read_node_file(tmp_path / "node.toml")
    assert set(plots["sensor"].tolist()) <= {sensor_key_of(sensor.name) for sensor in config.sensors}
    near = np.abs(np.degrees(plots["latitude_rad"][plots["kind"] == PlotKind.TRACK]) - 51.52) < 0.1
    assert near.all()


def test_the_direction_finder_points_at_the_drone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, plots = _convert("icmcis.py", recording("icmcis/1_1"), tmp_path, capsys)
    truth = pq.read_table(tmp_path / "truth.parquet")
    venus = next(sensor for sensor in read_node_file(tmp_path / "node.toml").sensors if sensor.name == "venus")
    bearings = plots[plots["kind"] == PlotKind.BEARING]
    latitude, longitude = (
        np.interp(bearings["t_ns"], truth["t_ns"].to_numpy(), truth[name].to_numpy())
        for name in ("latitude_deg", "longitude_deg")
    )
    assert venus.latitude_deg is not None
    assert venus.longitude_deg is not None
    north = np.radians(latitude - venus.latitude_deg) * 6_371_008.8
    east = np.radians(longitude - venus.longitude_deg) * 6_371_008.8 * np.cos(np.radians(51.52))
    far = np.hypot(north, east) > 60.0  # nearer its bearing is noise
    error_rad = bearings["azimuth_true_rad"][far] - np.arctan2(east, north)[far]
    error_deg = np.degrees((error_rad + np.pi) % (2 * np.pi) - np.pi)
    assert np.median(np.abs(error_deg)) < 8.0


def test_arrival_times_agree_with_where_the_aircraft_said_they_were(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counts, plots = _convert("mlat.py", recording("mlat/set_1.csv"), tmp_path, capsys)
    assert counts["messages"] + counts["copies"] == 362
    assert len(plots) == counts["rows"] - counts["messages"]
    assert set(plots["kind"].tolist()) == {PlotKind.TDOA}
    places = {
        sensor_key_of(sensor.name): _ecef(sensor.latitude_deg, sensor.longitude_deg, sensor.height_hae_m)
        for sensor in read_node_file(tmp_path / "node.toml").sensors
    }
    truth = pq.read_table(tmp_path / "truth.parquet").to_pylist()
    said = {(row["t_ns"], row["target_no"]): row for row in truth}
    errors_m = []
    for plot in plots:
        row = said[int(plot["t_ns"]), int(plot["mode_s"])]
        place = _ecef(row["latitude_deg"], row["longitude_deg"], row["height_hae_m"])
        here, there = places[int(plot["sensor"])], places[int(plot["object"])]
        expected_m = np.linalg.norm(place - here) - np.linalg.norm(place - there)
        errors_m.append(abs(float(plot["range_m"]) - expected_m))
    assert np.median(errors_m) < 60.0


def _ecef(latitude_deg: float | None, longitude_deg: float | None, height_hae_m: float) -> np.ndarray:
    assert latitude_deg is not None
    assert longitude_deg is not None
    place = np.radians(latitude_deg), np.radians(longitude_deg), np.float64(height_hae_m)
    return ecef_from_geodetic(*place)  # type: ignore[arg-type]


def test_cameras_are_found_where_they_were_surveyed_and_look_at_the_drone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found, plots = _convert("multicam.py", recording("multicam/dataset3"), tmp_path, capsys)
    assert max(found["from_survey_m"]) < 1.5  # type: ignore[arg-type]
    assert len(found["cameras"]) == 6  # type: ignore[arg-type]
    assert set(plots["kind"].tolist()) == {PlotKind.BEARING}
    assert not np.isnan(plots["elevation_rad"]).any()


@pytest.mark.parametrize("name", ["icmcis.py", "mlat.py", "multicam.py"])
def test_a_converter_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    main = runpy.run_path(str(REPOSITORY / "examples" / "converters" / name))["main"]
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    assert f"python examples/converters/{name}" in capsys.readouterr().out
