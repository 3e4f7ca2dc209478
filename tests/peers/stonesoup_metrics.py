"""Runs in Stone Soup's environment: a scene a line as JSON comes in, its metrics go out.

A scene: truth and tracks as {name: [[instant, x, y, z, vx, vy, vz], ...]}, pairs as [[truth, track, [[begin, end],
...]], ...].
"""

from __future__ import annotations

import datetime
import json
import sys

import numpy as np
from stonesoup.measures import Euclidean
from stonesoup.metricgenerator.manager import MultiManager
from stonesoup.metricgenerator.ospametric import GOSPAMetric, OSPAMetric
from stonesoup.metricgenerator.tracktotruthmetrics import SIAPMetrics
from stonesoup.types.association import AssociationSet, TimeRangeAssociation
from stonesoup.types.groundtruth import GroundTruthPath, GroundTruthState
from stonesoup.types.state import State
from stonesoup.types.time import CompoundTimeRange, TimeRange
from stonesoup.types.track import Track

START = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)


def moment(instant):
    return START + datetime.timedelta(seconds=instant)


def solve(scene):
    truths = {
        name: GroundTruthPath([GroundTruthState(np.array(row[1:]), timestamp=moment(row[0])) for row in rows])
        for name, rows in scene["truth"].items()
    }
    tracks = {
        name: Track([State(np.array(row[1:]), timestamp=moment(row[0])) for row in rows])
        for name, rows in scene["tracks"].items()
    }
    place, speed = Euclidean((0, 1, 2)), Euclidean((3, 4, 5))
    answer = {}
    for name, generator in (
        ("gospa", GOSPAMetric(p=scene["p"], c=scene["c"], measure=place)),
        ("ospa", OSPAMetric(p=scene["p"], c=scene["c"], measure=place)),
    ):
        found = generator.compute_over_time(
            *generator.extract_states(tracks.values(), True), *generator.extract_states(truths.values(), True)
        )
        series = found.value if isinstance(found.value, list) else [found]
        answer[name] = [
            [
                (one.timestamp - START).total_seconds(),
                *(
                    (one.value[part] for part in ("distance", "localisation", "missed", "false"))
                    if name == "gospa"
                    else (one.value,)
                ),
            ]
            for one in series
        ]
    associations = {
        TimeRangeAssociation(
            {truths[truth], tracks[track]}, CompoundTimeRange([TimeRange(moment(a), moment(b)) for a, b in spans])
        )
        for truth, track, spans in scene["pairs"]
    }
    generator = SIAPMetrics(position_measure=place, velocity_measure=speed, generator_name="siap")
    manager = MultiManager([generator])
    manager.add_data({"groundtruth_paths": set(truths.values()), "tracks": set(tracks.values())})
    manager.association_set = AssociationSet(associations)
    found = generator.compute_metric(manager)
    answer["siap"] = {metric.title: metric.value for metric in found if not isinstance(metric.value, list)}
    return answer


for line in sys.stdin:
    print(json.dumps(solve(json.loads(line))), flush=True)
