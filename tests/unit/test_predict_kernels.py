"""Kernels of prediction against their plain twins, and against what physics says."""

from __future__ import annotations

import math

import numpy as np
import pytest

from skydas.assess.predict.destination_kernels import bridge
from skydas.assess.predict.fall_kernels import pull
from skydas.assess.predict.history_kernels import vote
from skydas.assess.predict.impact import Thrown, impact
from skydas.assess.predict.quasi import normals, uniforms
from tests import reference_predict as reference


def test_the_bridge_is_the_ratio_of_densities_that_it_stands_for() -> None:
    rng = np.random.default_rng(4)
    for _ in range(50):
        goal, velocity, start = rng.normal(0, 8e3, 2), rng.normal(0, 40, 2), rng.normal(0, 8e3, 2)
        flown_s, q = float(rng.uniform(60, 600)), float(rng.uniform(0.02, 2.0))
        found = bridge(
            0.0, 0.0, velocity[0], velocity[1], 900.0, 4.0, start[0], start[1], 0.0, 0.0, 900.0, 1_600.0, flown_s,
            goal[0], goal[1], 300.0, q,
        )  # fmt: skip
        plain = reference.bridge(velocity, 900.0, 4.0, start, 1_600.0, flown_s, goal, 300.0, q)
        assert found == pytest.approx(np.clip(plain, -20.0, 20.0), abs=1e-6)


def test_votes_are_those_of_the_nearest_point_of_every_leg() -> None:
    rng = np.random.default_rng(5)
    flights, near = 6, np.array([8_000.0, 0.5, 1_000.0, 6.0, 0.6])
    samples = np.column_stack(
        (
            np.arange(60.0), 0.85 + np.cumsum(rng.normal(0, 4e-4, 60)), 0.04 + np.cumsum(rng.normal(0, 6e-4, 60)),
            rng.normal(60, 40, (60, 2)), rng.normal(0, 4, 60), rng.uniform(500, 3_000, 60),
            np.repeat(np.arange(6.0), 10),
        )
    )  # fmt: skip
    now = samples[::7, :7] + rng.normal(0, 1e-4, (9, 7))
    found = np.zeros((len(now), flights))
    vote(now, samples, near, found)
    assert found.max() > 0.5
    np.testing.assert_allclose(found, reference.vote(now, samples, near, flights), atol=1e-9)


def test_the_pull_on_a_falling_object_is_gravity_turn_and_drag() -> None:
    rng = np.random.default_rng(6)
    for _ in range(20):
        position = rng.normal(size=3)
        position *= 6.4e6 / np.linalg.norm(position)
        velocity, drag = rng.normal(0, 800, 3), float(rng.uniform(0, 2e-3))
        out = np.zeros(3)
        pull(position, velocity, drag, 6.371e6, out)
        np.testing.assert_allclose(out, reference.pull(position, velocity, drag, 6.371e6), rtol=1e-9)


def test_what_is_thrown_without_air_lands_where_the_parabola_says_and_with_air_short_of_it() -> None:
    speed = 300.0 * math.sqrt(0.5)
    thrown = Thrown(55.0, 24.0, 0.0, (speed, 0.0, speed), 0.0, 0.0)
    found = impact(thrown)
    assert found.came_down.all()
    reach_m = 300.0**2 / 9.815  # on a flat earth; the turning, round one moves it by less than one per cent
    east_m = found.at_m[:, 0]
    assert east_m.max() == pytest.approx(reach_m, rel=0.01)
    assert (east_m > 0.0).all()
    assert np.median(east_m) < 0.95 * reach_m
    assert found.fall_s.max() == pytest.approx(2.0 * speed / 9.815, rel=0.01)


def test_points_fill_the_cube_evenly_and_their_deviates_are_normal() -> None:
    u = uniforms(2_000, 6)
    assert np.abs(u.mean(axis=0) - 0.5).max() < 0.02
    z = normals(u)
    np.testing.assert_allclose(z.mean(axis=0), 0.0, atol=0.02)
    np.testing.assert_allclose(np.cov(z.T), np.eye(6), atol=0.06)
