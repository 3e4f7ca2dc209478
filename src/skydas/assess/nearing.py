"""What is about to reach something valuable and is not known for harmless: told even where a threat is not likely.

A score is a frequency: of a hundred low drones that nobody knows, most do nothing. But a person who is to decide wants
to hear of the one that is two minutes from a power plant, as long as deciding still helps. So what is near in time and
valuable is told from a lower score on.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from skydas.assess.combine import Scored
from skydas.assess.picture import Picture
from skydas.model import BoolArray

LOW_M: Final = 1_500.0  # of height: what is lower counts whole,
HIGH_M: Final = 3_000.0  # and what is higher not at all
SURE: Final = 0.4  # of being low, of being an object that goes as it says


def nearing(picture: Picture, scored: Scored) -> BoolArray:
    """Return which tracks are expected at a valuable, open asset within `near_s`, (k,).

    Only what is firm, low, neither friend nor neutral, and scored as threat with `watch_score_min` at least.
    """
    params, table, reach = picture.params, picture.table, picture.arrivals
    rows = np.flatnonzero(table.is_asset & picture.is_open & (table.value >= params.near_value_min))
    if not len(rows):
        return np.zeros(picture.size, np.bool_)
    soon = (reach.expected_s[:, rows] <= params.near_s) & (reach.distance_m[:, rows] > 0.0)
    sure = (picture.firmness() > SURE) & (picture.low(LOW_M, HIGH_M) > SURE) & ~picture.is_known()
    found: BoolArray = soon.any(axis=1) & sure & (scored.whole >= params.watch_score_min)
    return found
