"""Axes of threat are learned from recorded tracks, and stand in a file that a node takes."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skydas.assess.assets import examined_assets
from skydas.assess.axes import Path as Flown
from skydas.assess.axes import learned_axes
from skydas.cli.assets import axes
from skydas.errors import ConfigError
from skydas.model import Asset, Fact
from tests.facts import after, frame, tracks
from tests.unit.test_history import recorded

DAY_S = 86_400


def flight(course_deg: float, aside_km: float = 0.0, length_km: float = 60.0, day: int = 0, turn: float = 0.0) -> Flown:
    """Return a straight path over 55 N 24 E, shifted to its right by `aside_km`."""
    along = np.linspace(-0.5, 0.5, 40) * length_km
    course = math.radians(course_deg)
    side = aside_km + turn * along**2 / length_km
    north = along * math.cos(course) - side * math.sin(course)
    east = along * math.sin(course) + side * math.cos(course)
    return Flown(day, 55.0 + north / 111.195, 24.0 + east / (111.195 * math.cos(math.radians(55.0))))


def course_of(axis: Asset) -> float:
    (first_north, first_east), (last_north, last_east) = axis.points[0], axis.points[-1]
    return (
        math.degrees(math.atan2((last_east - first_east) * math.cos(math.radians(55.0)), last_north - first_north))
        % 360.0
    )


def test_a_way_that_threats_took_again_becomes_an_axis_and_others_do_not() -> None:
    again = [flight(200.0, aside_km, day=day) for day, aside_km in enumerate((-2.0, 0.0, 0.5, 2.0, 1.0))]
    others = [flight(20.0), flight(110.0), flight(290.0, 30.0), flight(200.0, 40.0), flight(200.0, length_km=2.0)]
    [axis] = learned_axes([*again, *others])
    assert course_of(axis) == pytest.approx(200.0, abs=3.0)
    assert axis.what == "axis"
    assert axis.value == round(6 / 11, 3)  # (5 + 1) / (9 + 2): the short path has no direction
    assert 1_000.0 <= axis.radius_m <= 5_000.0
    assert axis.text == "5 of 9 threats flew here, on 5 days"


@given(st.floats(0.0, 359.9), st.lists(st.floats(-2.0, 2.0), min_size=3, max_size=12), st.floats(-0.05, 0.05))
def test_paths_within_the_width_are_one_axis_whatever_their_course(
    course_deg: float, aside_km: list[float], turn: float
) -> None:
    found = learned_axes([flight(course_deg, one, turn=turn) for one in aside_km])
    assert len(found) == 1
    off_deg = (course_of(found[0]) - course_deg + 180.0) % 360.0 - 180.0
    assert abs(off_deg) < 3.0
    assert found[0].value == round((len(aside_km) + 1) / (len(aside_km) + 2), 3)


@given(st.lists(st.tuples(st.floats(-89.0, 89.0), st.floats(-179.0, 179.0)), min_size=2, max_size=20))
def test_whatever_flew_the_axes_are_such_as_a_node_takes(places: list[tuple[float, float]]) -> None:
    latitude, longitude = np.array(places).T
    for axis in learned_axes([Flown(day, latitude, longitude) for day in range(4)], count_min=3):
        assert len(axis.points) >= 2
        assert 0.0 < axis.value < 1.0


def history_of(directory: Path, threats: int) -> Path:
    """Record tracks that fly south-west on several days, `threats` of them with a high score at their end."""
    facts: list[Fact] = []
    for number in range(1, 7):
        for step in range(10):
            rows = tracks([number], after(number * DAY_S + 30 * step))
            rows["latitude_deg"], rows["longitude_deg"] = 55.5 - 0.02 * step, 24.5 - 0.02 * step + 0.002 * number
            rows["threat"] = 0.8 if number <= threats and step > 7 else 0.1
            facts.append(frame(1 + len(facts), rows))
    recorded(directory, facts, "minutes")
    return directory


def test_the_command_writes_a_file_that_a_node_takes_as_assets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "axes.geojson"
    axes(history_of(tmp_path / "history", 4), out=out)
    found = examined_assets(out.read_bytes())
    assert not found.faults
    [axis] = found.assets
    assert (axis.what, axis.value, axis.text) == ("axis", round(5 / 6, 3), "4 of 4 threats flew here, on 4 days")
    assert 180.0 < course_of(axis) < 270.0
    assert "learned axis 1" in capsys.readouterr().out
    with pytest.raises(ConfigError, match="already there"):
        axes(tmp_path / "history", out=out)


def test_where_too_few_were_threats_nothing_is_proposed(tmp_path: Path) -> None:
    out = tmp_path / "axes.geojson"
    axes(history_of(tmp_path / "history", 2), out=out)
    assert examined_assets(out.read_bytes()).assets == []
