"""What flew where and when, counted over recorded history."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from skydas.errors import RefusedError
from skydas.history.traffic import CELLS_MAX, SPAN_S_MAX, traffic
from skydas.model import Fact, Rows, TrackStatus
from tests.facts import T0_NS, after, frame, tracks
from tests.unit.test_history import recorded
from tests.unit.test_web_api import get

HOUR_S = 3_600  # T0 is noon of a Sunday, 2026-03-01


def flown(number: int, t_ns: int, latitude_deg: float, longitude_deg: float, to_east_mps: float = 40.0) -> Rows:
    """Return one row of a track without address or callsign that flies east."""
    rows = tracks([number], t_ns)
    rows["latitude_deg"], rows["longitude_deg"] = latitude_deg, longitude_deg
    rows["velocity_mps"] = (to_east_mps, 0.0, 0.0)
    return rows


def two_days() -> list[Fact]:
    """Return one way flown at noon of two days by tracks 1 and 2, many rows each; track 3 elsewhere an hour later."""
    facts: list[Fact] = []
    for number, start_s in ((1, 0), (2, 24 * HOUR_S)):
        for second in range(0, 20, 2):
            facts.append(frame(1 + len(facts), flown(number, after(start_s + second), 55.02, 24.02)))
    facts.append(frame(1 + len(facts), flown(3, after(25 * HOUR_S), 56.02, 24.02)))
    return facts


def test_cells_hours_and_corridors_count_tracks_and_not_rows(tmp_path: Path) -> None:
    history = recorded(tmp_path, two_days(), "minutes")
    found = traffic(history, T0_NS, after(48 * HOUR_S), cell_deg=0.1)
    assert found.track_count == 3
    assert found.cell_count == 2
    assert [count for *_, count in found.cells] == [2, 1]
    south, west, _ = found.cells[0]
    assert south <= 55.02 < south + found.cell_north_deg
    assert west <= 24.02 < west + found.cell_east_deg
    hours = np.array(found.hours)
    assert (hours[6, 12], hours[0, 12], hours[0, 13], hours.sum()) == (1, 1, 1, 3)
    assert [(one.course_deg, one.track_count, one.day_count) for one in found.corridors] == [(90.0, 2, 2)]


@pytest.mark.parametrize(
    ("narrowed", "track_count"), [({"hour": 12}, 2), ({"hour": 13}, 1), ({"weekday": 6}, 1), ({"weekday": 2}, 0)]
)
def test_an_hour_and_a_weekday_narrow_the_cells_but_not_the_week(
    tmp_path: Path, narrowed: dict[str, int], track_count: int
) -> None:
    history = recorded(tmp_path, two_days(), "single")
    found = traffic(history, T0_NS, after(48 * HOUR_S), cell_deg=0.1, **narrowed)
    assert found.track_count == track_count
    assert np.sum(found.hours) == 3


def test_what_has_an_address_or_a_name_can_be_left_out_and_what_is_tentative_or_ended_never_counts(
    tmp_path: Path,
) -> None:
    named = flown(1, T0_NS, 55.0, 24.0)
    named["mode_s"] = 0x4CA123
    rows = [named, flown(2, after(1), 55.0, 24.0)]
    for number, status in ((3, TrackStatus.TENTATIVE), (4, TrackStatus.DROPPED)):
        rows.append(flown(number, after(2), 55.0, 24.0))
        rows[-1]["status"] = status
    history = recorded(tmp_path, [frame(n + 1, row) for n, row in enumerate(rows)], "single")
    assert traffic(history, T0_NS, after(60), cell_deg=0.1).track_count == 2
    assert traffic(history, T0_NS, after(60), cell_deg=0.1, nameless=True).track_count == 1


def test_only_the_fullest_cells_are_told_and_how_many_there_are(tmp_path: Path) -> None:
    count = CELLS_MAX + 200
    rows = tracks(list(range(1, count + 2)), T0_NS)
    rows["latitude_deg"][:count] = 50.0 + 0.01 * (np.arange(count) // 100) + 0.004
    rows["longitude_deg"][:count] = 20.0 + 0.0175 * (np.arange(count) % 100) + 0.004
    rows["latitude_deg"][count], rows["longitude_deg"][count] = rows["latitude_deg"][0], rows["longitude_deg"][0]
    history = recorded(tmp_path, [frame(1, rows)], "single")
    found = traffic(history, T0_NS, after(60), cell_deg=0.01)
    assert (found.cell_count, len(found.cells)) == (count, CELLS_MAX)
    assert found.cells[0][2] == 2


def test_too_much_for_the_memory_is_refused_with_what_to_do(tmp_path: Path) -> None:
    history = recorded(tmp_path, two_days(), "single")
    history._database.execute("SET memory_limit = '2MB'")
    with pytest.raises(RefusedError, match="shorter span"):
        traffic(history, T0_NS, after(48 * HOUR_S), cell_deg=0.1)


def test_the_answer_of_the_api_is_the_count(tmp_path: Path) -> None:
    history = recorded(tmp_path, two_days(), "minutes")
    status, body = get(f"/api/v1/analytics/traffic?from_ns={T0_NS}&to_ns={after(48 * HOUR_S)}", history=history)
    assert status == 200
    assert (body["track_count"], len(body["hours"])) == (3, 7)
    assert len(json.dumps(body)) < 2_000
    wide = f"/api/v1/analytics/traffic?from_ns={T0_NS}&to_ns={after(SPAN_S_MAX + 1)}"
    status, body = get(wide, history=history)
    assert status == 400
    assert "7 days" in body["error"]
