"""The map of false plots: its prior is the obvious version's, and it is right where clutter begins."""

from __future__ import annotations

import numpy as np
import pytest

from skydas.fuse.layout import sensor_rows, setup_of
from skydas.fuse.life import clutter_density, learn_clutter, note_spread, turn_antenna
from skydas.fuse.params import FuseParams
from skydas.fuse.records import MAP_CELLS, MAP_PARENTS
from skydas.model import NS_PER_S, FloatArray, Rows
from tests import reference_life as reference
from tests.unit.fuse_scenes import PLANE, at_ns, radar

SETUP = setup_of(FuseParams(), PLANE)[0]
REACH_M = 75_000.0
DENSITY = 3e-8  # false plots per m2 and turn
TURNS = 200


def learned(seed: int, half_side_m: float) -> Rows:
    """Return the sensor table after TURNS turns of even clutter on a square round the sensor."""
    rng = np.random.default_rng(seed)
    sensors = sensor_rows(FuseParams(), [radar(range_m_max=REACH_M, period_s=4.0)], PLANE)
    for turn in range(TURNS):
        turn_antenna(sensors, 0, at_ns(4.0 * turn) + NS_PER_S, SETUP)
        for x, y in rng.uniform(-half_side_m, half_side_m, (rng.poisson(DENSITY * 4.0 * half_side_m**2), 2)):
            learn_clutter(sensors, 0, x, y, 1.0)
    turn_antenna(sensors, 0, at_ns(4.0 * TURNS) + NS_PER_S, SETUP)
    return sensors


def ratios(sensors: Rows, places: FloatArray) -> FloatArray:
    """Return the estimated densities at places (n, 2) over the true one."""
    return np.array([clutter_density(sensors, 0, x, y, SETUP) for x, y in places]) / DENSITY


@pytest.mark.parametrize("seed", range(5))
def test_the_prior_of_a_cell_is_as_firm_as_its_neighbours_are_alike(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sensors = sensor_rows(FuseParams(), [radar(range_m_max=REACH_M, period_s=4.0)], PLANE)
    uneven = rng.gamma(rng.uniform(0.3, 5.0), 4.0, (MAP_CELLS, MAP_CELLS))
    sensors["map"][0] = rng.poisson(uneven)
    sensors["map_scans"] = 100.0
    note_spread(sensors, 0)
    expected = reference.map_shape(sensors["map"][0].astype(float), MAP_PARENTS, 0.5, 64.0)
    np.testing.assert_allclose(sensors["map_shape"][0], expected, rtol=1e-9)
    assert expected.max() < 64.0


def test_even_clutter_is_known_to_a_sixth() -> None:
    places = np.random.default_rng(0).uniform(-30e3, 30e3, (500, 2))
    found = ratios(learned(1, 48_750.0), places)
    assert abs(found.mean() - 1.0) < 0.05
    assert found.std() < 1.0 / 6.0


def test_where_clutter_ends_two_thirds_of_it_are_known() -> None:
    along = np.random.default_rng(0).uniform(-48e3, 48e3, (500, 1))
    edge = np.concatenate((along, np.full((500, 1), 47_500.0)), axis=1)
    found = ratios(learned(2, 48_750.0), edge)
    assert 2.0 / 3.0 < found.mean() < 1.0  # drawn to its parent's mean alone, it would be a third
