"""Whether and when a track may reach an asset: the kernel against its plain twin, and cases that can be reckoned."""

from __future__ import annotations

import math

import numpy as np
import pytest

from skydas.assess.arrival import Going, arrivals
from skydas.assess.params import AssessParams
from skydas.assess.table import table_of
from skydas.model import Asset
from tests.reference_assess import arrival
from tests.unit.assess_scenes import COUNTRY, PLANT, assessor, at, judged

PARAMS = AssessParams()


def shapes(rng: np.random.Generator, count: int) -> list[Asset]:
    """Return points, star-shaped areas and routes around 55 N 24 E."""
    found = []
    for index in range(count):
        middle = np.array((55.0, 24.0)) + rng.uniform(-0.6, 0.6, 2)
        corners = int(rng.integers(3, 12))
        angle = np.sort(rng.uniform(0.0, 2.0 * math.pi, corners))
        ring = middle + rng.uniform(0.02, 0.2, corners)[:, None] * np.stack((np.cos(angle), np.sin(angle)), axis=1)
        shape = ("point", "area", "route")[index % 3]
        points = {"point": [middle], "area": [*ring, ring[0]], "route": list(ring)}[shape]
        pairs = tuple((float(a), float(b)) for a, b in points)
        radius_m = float(rng.uniform(0.0, 3_000.0))
        found.append(Asset(name=str(index), kind="x", shape=shape, points=pairs, radius_m=radius_m))  # type: ignore[arg-type]
    return found


def test_the_kernel_agrees_with_its_plain_twin() -> None:
    rng = np.random.default_rng(5)
    assets = shapes(rng, 45)
    table = table_of(assets)
    k = 60
    place = np.radians(np.array((55.0, 24.0)) + rng.uniform(-0.8, 0.8, (k, 2)))
    going = Going(
        place, rng.uniform(0.0, 250.0, k), np.full(k, 260.0), rng.uniform(-3.2, 3.2, k), rng.uniform(0.01, 0.5, k),
        rng.uniform(0.5, 20.0, k),
    )  # fmt: skip
    found = arrivals(going, table, PARAMS)
    inside = 0
    for i in range(k):
        for a, asset in enumerate(assets):
            corners = np.radians(np.array(asset.points))
            probability, distance_m = arrival(
                tuple(place[i]), going.course_rad[i], going.speed_mps[i], going.sigma_course_rad[i],
                going.sigma_speed_mps[i], corners, asset.shape == "area", asset.radius_m, PARAMS.horizon_s,
                math.radians(PARAMS.wander_deg), PARAMS.turn_s,
            )  # fmt: skip
            assert found.distance_m[i, a] == pytest.approx(distance_m, abs=1e-3)
            assert found.probability[i, a] == pytest.approx(probability, abs=1e-9)
            inside += distance_m < 0.0
    assert inside > 20


def test_what_flies_at_a_plant_reaches_it_and_what_flies_away_does_not() -> None:
    one = assessor()
    coming = judged(one, at(-10_500.0, 0.0)).picture.arrivals
    leaving = judged(one, at(10_500.0, 0.0, number=2)).picture.arrivals
    assert coming.distance_m[0, 0] == pytest.approx(10_000.0, rel=0.001)
    assert coming.expected_s[0, 0] == pytest.approx(250.0, rel=0.001)
    assert coming.earliest_s[0, 0] < coming.expected_s[0, 0]
    assert coming.closest_m[0, 0] == 0.0
    assert leaving.closest_m[0, 0] == pytest.approx(10_000.0, rel=0.001)
    assert coming.probability[0, 0] > 10.0 * leaving.probability[0, 0]


def test_what_passes_beside_it_has_its_closest_point_there() -> None:
    found = judged(assessor(), at(-10_000.0, 4_000.0)).picture.arrivals
    assert found.closest_m[0, 0] == pytest.approx(3_500.0, rel=0.02)


def test_what_cannot_be_there_in_time_has_no_time() -> None:
    found = judged(assessor(), at(-60_000.0, 0.0)).picture.arrivals
    assert found.probability[0, 0] < 0.01
    assert np.isinf(found.earliest_s[0, 0])


def test_inside_a_country_the_distance_to_its_border_is_below_zero() -> None:
    found = judged(assessor(COUNTRY), at(0.0, 96_000.0)).picture.arrivals
    assert found.probability[0, 0] == 1.0
    assert -33_000.0 < found.distance_m[0, 0] < -30_000.0


def test_assets_out_of_reach_are_passed_over_with_a_lower_bound_of_the_distance() -> None:
    far = Asset(name="far", kind="city", shape="point", points=((40.0, -4.0),))
    found = judged(assessor(PLANT, far), at(-10_500.0, 0.0)).picture.arrivals
    assert found.probability[0, 1] == 0.0
    assert 500_000.0 < found.distance_m[0, 1] < 3_000_000.0


def test_a_removed_asset_leaves_a_row_that_nothing_reaches() -> None:
    one = assessor(PLANT, COUNTRY)
    one.remove(0)
    found = judged(one, at(0.0, 0.0)).picture.arrivals
    assert found.probability[0].tolist()[0] == 0.0
    assert one.put(Asset(name="new", kind="x", shape="point", points=((1.0, 1.0),))) == 0
