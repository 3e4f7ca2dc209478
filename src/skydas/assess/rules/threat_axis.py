"""Does it come along an axis that threats are expected on?"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from skydas.assess.combine import RuleParams, Said, Tries
from skydas.assess.picture import Picture
from skydas.model import FloatArray, IntArray

VERSION: Final = "1"


class Params(RuleParams, frozen=True):
    """`[rules.threat_axis]`."""

    weight: float = 1.0
    aside_deg: float = 45.0  # at so much off the axis's direction it counts a third


class Rule:
    """Inside the width of an axis and flying along it: its value, which is a prior that people edit."""

    VERSION = VERSION

    def __init__(self, params: Params) -> None:
        self._params = params

    def score(self, now_ns: int, picture: Picture) -> FloatArray:
        """Return (k,) in 0 .. 1."""
        return np.where(picture.is_known(), 0.0, self._along(picture, self._rows(picture)).max(axis=1, initial=0.0))

    def explain(self, now_ns: int, picture: Picture, row: int) -> Said:
        """Return which axis."""
        rows = self._rows(picture)
        if not len(rows):
            return Said("there is no axis")
        axis = int(rows[np.argmax(self._along(picture.changed(row, [{}]), rows)[0])])
        tries: Tries = [
            ("on the opposite course", {"turn_rad": math.pi}),
            ("at a right angle to it", {"turn_rad": 0.5 * math.pi}),
        ]
        text = f"along {picture.table.name(axis)}"
        return Said(text, tries)

    def _rows(self, picture: Picture) -> IntArray:
        return np.flatnonzero(picture.table.is_axis & picture.is_open)

    def _along(self, picture: Picture, rows: IntArray) -> FloatArray:
        """Return how much each track flies along each axis, (k, rows)."""
        found = np.zeros((picture.size, len(rows)))
        table, going = picture.table, picture.going
        for column, axis in enumerate(rows.tolist()):
            on = np.flatnonzero(picture.arrivals.distance_m[:, axis] <= 0.0)
            if not len(on):
                continue
            corners = table.corners[table.first[axis] : table.first[axis + 1], :2]
            middle = 0.5 * (corners[:-1] + corners[1:])
            narrow = np.cos(middle[:, 0])
            leg = np.arctan2((corners[1:, 1] - corners[:-1, 1]) * narrow, corners[1:, 0] - corners[:-1, 0])
            away = np.hypot(
                (going.place_rad[on, 1, None] - middle[:, 1]) * narrow, going.place_rad[on, 0, None] - middle[:, 0]
            )
            off = going.course_rad[on] - leg[np.argmin(away, axis=1)]
            off = np.abs((off + math.pi) % (2.0 * math.pi) - math.pi)
            found[on, column] = table.value[axis] * np.exp(-((off / math.radians(self._params.aside_deg)) ** 2))
        return found
