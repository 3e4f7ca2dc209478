"""Runs in Stone Soup's own environment: a scene a line as JSON comes in, tracks and CPU seconds of each scan go out.

The set-up is the fastest one with full quality that was found: two-dimensional assignment over a KD-tree, Mahalanobis
distance with a miss at 3.7, tracks begun with three plots. `jpda` takes EHM2 over the same tree.
"""

from __future__ import annotations

import datetime
import json
import sys
import time

import numpy as np
from stonesoup.dataassociator.neighbour import GNNWith2DAssignment
from stonesoup.dataassociator.probability import JPDAwithEHM2
from stonesoup.dataassociator.tree import DetectionKDTreeGNN2D, DetectionKDTreeMixIn
from stonesoup.deleter.time import UpdateTimeStepsDeleter
from stonesoup.hypothesiser.distance import DistanceHypothesiser
from stonesoup.hypothesiser.probability import PDAHypothesiser
from stonesoup.initiator.simple import MultiMeasurementInitiator, SimpleMeasurementInitiator
from stonesoup.measures import Mahalanobis
from stonesoup.models.measurement.linear import LinearGaussian
from stonesoup.models.measurement.nonlinear import CartesianToBearingRange
from stonesoup.models.transition.linear import CombinedLinearGaussianTransitionModel, ConstantVelocity
from stonesoup.predictor.kalman import KalmanPredictor
from stonesoup.tracker.simple import MultiTargetMixtureTracker, MultiTargetTracker
from stonesoup.types.array import CovarianceMatrix, StateVector
from stonesoup.types.detection import Detection
from stonesoup.types.state import GaussianState
from stonesoup.updater.kalman import ExtendedKalmanUpdater, KalmanUpdater

START = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
NEAR_M = 4_000.0


class TreeJPDA(DetectionKDTreeMixIn, JPDAwithEHM2):
    """JPDA by EHM2 in which a track meets only the plots near it."""


def models(question):
    """Return the measurement model of each sensor."""
    if question["kind"] == "position":
        return [LinearGaussian(4, (0, 2), np.eye(2) * question["sigma_m"] ** 2)]
    noise = np.diag([question["sigma_azimuth_rad"] ** 2, question["sigma_m"] ** 2])
    # Stone Soup's bearings turn from the first axis to the second: north comes first here
    return [
        CartesianToBearingRange(4, (2, 0), noise, translation_offset=np.array([[north], [east]]))
        for east, north in question["radars_m"]
    ]


def build(question, sensors):
    """Return a tracker for the question's scene."""
    is_position = question["kind"] == "position"
    predictor = KalmanPredictor(CombinedLinearGaussianTransitionModel([ConstantVelocity(1.0)] * 2))
    updater = KalmanUpdater(sensors[0]) if is_position else ExtendedKalmanUpdater(None)
    near = {"predictor": predictor, "updater": updater, "number_of_neighbours": None, "max_distance": NEAR_M}
    distance = DistanceHypothesiser(predictor, updater, Mahalanobis(), missed_distance=3.7)
    if question["associator"] == "jpda":
        probability = PDAHypothesiser(
            predictor, updater, clutter_spatial_density=question["clutter_per_m2"], prob_detect=0.9, prob_gate=0.999
        )
        associator, kind = TreeJPDA(probability, **near), MultiTargetMixtureTracker
    else:
        associator, kind = DetectionKDTreeGNN2D(distance, **near), MultiTargetTracker
    prior = GaussianState(StateVector(np.zeros(4)), CovarianceMatrix(np.diag([0.0, 150.0**2] * 2)), START)
    initiator = MultiMeasurementInitiator(
        prior,
        UpdateTimeStepsDeleter(2),
        DetectionKDTreeGNN2D(distance, **near) if question["tree"] else GNNWith2DAssignment(distance),
        updater,
        measurement_model=None,
        min_points=3,
        initiator=SimpleMeasurementInitiator(prior, sensors[0]),
    )
    return kind(initiator, UpdateTimeStepsDeleter(5 if is_position else 9), None, associator, updater)


def solve(question):
    """Return the CPU seconds and the tracks' places, east and north, of each scan."""
    sensors = models(question)
    tracker = build(question, sensors)
    scans = []
    for scan in question["scans"]:
        moment = START + datetime.timedelta(seconds=scan["t_s"])
        model = sensors[scan["sensor"]]
        plots = {Detection(StateVector(plot), timestamp=moment, measurement_model=model) for plot in scan["plots"]}
        scans.append((moment, plots))
    tracker.detector_iter = iter(scans)
    cpu_s, places = [], []
    for _ in scans:
        began_s = time.process_time()
        _, tracks = next(tracker)
        cpu_s.append(time.process_time() - began_s)
        states = [np.asarray(track.state.mean, float).ravel()[[0, 2]].tolist() for track in tracks]
        places.append(states)
        if sum(cpu_s) > question["cpu_s_max"]:
            break
    return {"cpu_s": cpu_s, "places": places}


for line in sys.stdin:
    print(json.dumps(solve(json.loads(line))), flush=True)
