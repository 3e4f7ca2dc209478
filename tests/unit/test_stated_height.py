"""A 3-D radar that states heights (I048/110) measures elevations, and what it tracks has a height."""

from __future__ import annotations

import numpy as np

from skydas.model import TrackFlag, TrackStatus
from skydas.node import Node
from skydas.sim import node_config, simulate
from tests.replay.scenes import inputs_of
from tests.unit.sim_scenes import SEED, radar, scene, traffic, truth_rows


def test_tracks_of_a_radar_that_states_heights_have_them() -> None:
    made = scene(
        traffic("light_aircraft", 6, 15_000, "transponder = false\nadsb = false\nheight_agl_m = [800, 1600]"),
        radar("dimensions = 3\nsecondary = false\nperiod_s = 2\nsigma_elevation_deg = 0.3"),
        duration_s=60,
    )
    config = node_config(made)
    node = Node(config)
    for given in inputs_of(config, list(simulate(made, SEED))):
        node.step(given)
    tracks = node.picture(node.now_ns)
    tracks = tracks[tracks["status"] == TrackStatus.CONFIRMED]
    assert len(tracks) >= 5
    assert not (tracks["flags"] & int(TrackFlag.HEIGHT_ASSUMED)).any()
    rows = truth_rows(made)
    last = rows[rows["t_ns"] == rows["t_ns"].max()]
    away_deg = np.hypot(
        tracks["latitude_deg"][:, None] - last["latitude_deg"], tracks["longitude_deg"][:, None] - last["longitude_deg"]
    )
    errors_m = tracks["height_hae_m"] - last["height_hae_m"][away_deg.argmin(axis=1)]
    assert float(np.median(np.abs(errors_m))) < 60.0
