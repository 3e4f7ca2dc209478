"""The kernels of relinking and covariance intersection do what the obvious versions do."""

from __future__ import annotations

import numpy as np
import pytest

from skydas.fuse.intersect import prior_share
from skydas.fuse.layout import setup_of
from skydas.fuse.params import FuseParams
from skydas.fuse.records import LOST, TRACK_STATE
from skydas.fuse.relink import log_density
from skydas.fuse.update import HEIGHT_ASSUMED
from skydas.model import MODE_3A_UNKNOWN, NS_PER_S, FloatArray
from tests import reference_life as reference
from tests.unit.fuse_scenes import PLANE


def covariance(rng: np.random.Generator) -> FloatArray:
    """Return a covariance of places of some 50 m and velocities of some 5 m/s, (6, 6)."""
    root = rng.normal(size=(6, 6)) * np.repeat([50.0, 5.0], 3)[:, None]
    return root @ root.T + np.diag(np.repeat([100.0, 1.0], 3))


@pytest.mark.parametrize("seed", range(20))
def test_the_density_of_a_link_is_that_of_the_moved_difference(seed: int) -> None:
    rng = np.random.default_rng(seed)
    setup = setup_of(FuseParams(relink_sigma_m_max=1e6), PLANE)[0]
    dt_s = float(rng.uniform(1.0, 100.0))
    old, p_old, p_new = rng.normal(size=6) * 100.0, covariance(rng), covariance(rng)
    new = old + np.concatenate((dt_s * old[3:], np.zeros(3))) + rng.normal(size=6) * np.repeat([30.0, 3.0], 3)
    lost, tracks = np.zeros(1, LOST), np.zeros(1, TRACK_STATE)
    lost["hits"], lost["mode_3a"], lost["mean"], lost["cov"] = 20, MODE_3A_UNKNOWN, old, reference.packed(p_old)
    tracks["t_ns"], tracks["mode_3a"] = round(dt_s * NS_PER_S), MODE_3A_UNKNOWN
    tracks["flags"] = HEIGHT_ASSUMED
    found = log_density(lost, 0, tracks, 0, new, reference.packed(p_new), setup, np.empty((4, 4)), np.empty(4))
    q = FuseParams().relink_q_m2ps3
    assert found == pytest.approx(reference.log_density(old, p_old, new, p_new, dt_s, q), rel=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_the_share_of_the_prior_is_the_one_of_the_least_determinant(seed: int) -> None:
    rng = np.random.default_rng(seed)
    full = covariance(rng)[np.ix_(reference.FLAT, reference.FLAT)]
    variance = float(rng.uniform(5.0, 150.0)) ** 2
    found = prior_share(full[np.triu_indices(4)], variance)
    assert found == pytest.approx(reference.prior_share(full, variance), abs=0.03)
