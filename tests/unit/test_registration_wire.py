"""Biases found from what the wire brings: ASTERIX of radars without transponders to hold on to."""

from __future__ import annotations

import numpy as np
import pytest

from skydas.library import Tracker, score, simulate

PRIMARY = """
[scene]
name = "primary"
start_utc = "2026-06-01T05:00:00Z"
duration_s = 300.0
latitude_deg = 55.0
longitude_deg = 24.0

[[traffic]]
name = "airliners"
kind = "airliner"
count = 20
latitude_deg = 55.0
longitude_deg = 24.0
radius_m = 90_000
"""
PRIMARY_BIASES = ((120.0, 0.25, 0.1), (-90.0, -0.18, -0.1), (40.0, 0.08, 0.0))  # m, deg, deg


def primary_radars() -> str:
    """Return three 3-D radars that see echoes alone, with biases above their noise."""
    text = PRIMARY
    places = ((55.3, 23.4), (54.7, 23.8), (55.1, 25.0))
    for number, ((range_m, azimuth_deg, elevation_deg), place) in enumerate(
        zip(PRIMARY_BIASES, places, strict=True), 1
    ):
        text += f'\n[[radars]]\nname = "radar-{number}"\nsac = 1\nsic = {number}\ndimensions = 3\nsecondary = false\n'
        text += f"latitude_deg = {place[0]}\nlongitude_deg = {place[1]}\nbias_range_m = {range_m}\n"
        text += f"bias_azimuth_deg = {azimuth_deg}\nbias_elevation_deg = {elevation_deg}\n"
    return text


@pytest.mark.parametrize("seed", [1, 2])
def test_biases_are_found_from_echoes_alone_as_the_wire_brings_them(seed: int) -> None:
    scene = simulate(primary_radars(), seed)
    assert np.isnan(scene.plots["elevation_rad"]).all()  # CAT048 has none: the height stands for it
    tracker = Tracker(scene.sensors, scene.plane)
    found = score(scene.truth, tracker.run(scene.plots))
    as_they_are = score(scene.truth, Tracker(scene.sensors, scene.plane, registration=False).run(scene.plots))
    assert found.gospa < 0.8 * as_they_are.gospa
    told = [bias for bias in tracker.biases() if bias["sensor"].startswith("radar")]
    assert len(told) == 3
    for bias, (range_m, azimuth_deg, elevation_deg) in zip(told, PRIMARY_BIASES, strict=True):
        for name, true in (("range_m", range_m), ("azimuth_deg", azimuth_deg), ("elevation_deg", elevation_deg)):
            part = bias[name]
            assert part.is_applied
            assert abs(part.value - true) < 4.0 * part.sigma
