"""GOSPA and OSPA of every instant of a scene, from one matching.

GOSPA: Rahmathullah, Garcia-Fernandez, Svensson 2017 (arXiv 1601.05585), eq. 1 and, for alpha = 2, its split in
proposition 1. OSPA: Schuhmacher, Vo, Vo 2008, eq. 3. Both are 0 for two empty sets; OSPA is the cut-off when one
set alone is empty.
"""

from __future__ import annotations

import msgspec
import numpy as np

from skydas.evaluate.matching import UNMATCHED, match_scene
from skydas.model import FloatArray, IntArray


class PointScores(msgspec.Struct, frozen=True):
    """Scores of each instant, (instants,) each; localisation, missed, false are p-th powers adding up to gospa^p."""

    gospa_m: FloatArray
    localisation_mp: FloatArray
    missed_mp: FloatArray
    false_mp: FloatArray
    ospa_m: FloatArray
    truth_count: IntArray
    track_count: IntArray
    matched_count: IntArray
    matched: IntArray  # (truth points,) row of the track point or -1


def score_points(
    first_truth: IntArray,
    truth_m: FloatArray,
    first_track: IntArray,
    track_m: FloatArray,
    cutoff_m: float,
    order: float = 2.0,
    alpha: float = 2.0,
) -> PointScores:
    """Return GOSPA and OSPA of every instant; `first_truth[k] : first_truth[k + 1]` are the truth rows of instant k.

    For alpha other than 2 the surplus of the larger set costs c^p / alpha each and a matched pair beyond the
    cut-off c^p; missed and false are then shares of that by side.
    """
    matched = match_scene(first_truth, truth_m, first_track, track_m, cutoff_m, order)
    hit = matched != UNMATCHED
    errors_m = np.linalg.norm(truth_m[hit] - track_m[matched[hit]], axis=-1)
    instant = np.repeat(np.arange(len(first_truth) - 1), np.diff(first_truth))
    count = len(first_truth) - 1
    localisation = np.bincount(instant[hit], errors_m**order, minlength=count).astype(np.float64)
    matched_count = np.bincount(instant[hit], minlength=count)
    truths, tracks = np.diff(first_truth), np.diff(first_track)
    unit = cutoff_m**order
    beyond = np.minimum(truths, tracks) - matched_count
    missed = unit * (beyond / 2.0 + np.maximum(truths - tracks, 0) / alpha)
    false = unit * (beyond / 2.0 + np.maximum(tracks - truths, 0) / alpha)
    larger = np.maximum(truths, tracks)
    ospa = (localisation + unit * (larger - matched_count)) / np.maximum(larger, 1)
    return PointScores(
        gospa_m=(localisation + missed + false) ** (1.0 / order),
        localisation_mp=localisation,
        missed_mp=missed,
        false_mp=false,
        ospa_m=ospa ** (1.0 / order),
        truth_count=truths,
        track_count=tracks,
        matched_count=matched_count,
        matched=matched,
    )


def gospa_m(truth_m: FloatArray, track_m: FloatArray, cutoff_m: float, order: float = 2.0, alpha: float = 2.0) -> float:
    """Return GOSPA of two sets of points, (n, 3) and (m, 3)."""
    first_truth, first_track = np.array([0, len(truth_m)]), np.array([0, len(track_m)])
    return float(score_points(first_truth, truth_m, first_track, track_m, cutoff_m, order, alpha).gospa_m[0])


def ospa_m(truth_m: FloatArray, track_m: FloatArray, cutoff_m: float, order: float = 2.0) -> float:
    """Return OSPA of two sets of points, (n, 3) and (m, 3)."""
    first_truth, first_track = np.array([0, len(truth_m)]), np.array([0, len(track_m)])
    return float(score_points(first_truth, truth_m, first_track, track_m, cutoff_m, order).ospa_m[0])
