"""What flew where and when, counted over recorded history: cells of a map, hours of the week, corridors.

Everything is counted in tracks, so that a sensor that measures more often does not make more traffic. Hours are UTC.
"""

from __future__ import annotations

from typing import Final

import duckdb
import msgspec
import numpy as np

from skydas.errors import RefusedError
from skydas.history.reader import History
from skydas.model import NS_PER_S

SPAN_S_MAX: Final = 7 * 86_400.0  # as many minutes as a question reads files (`reader.FILES_MAX`)
CELL_DEG_MIN: Final = 0.005
CELL_DEG_MAX: Final = 1.0
CELLS_MAX: Final = 5_000
CORRIDORS_MAX: Final = 60
ANY: Final = -1  # hour or weekday
EAST_PER_NORTH: Final = 1.75  # degrees: a cell is then about square at 55 degrees north
CORRIDOR_TRACKS_MIN: Final = 2
CORRIDOR_SPEED_MPS_MIN: Final = 3.0  # slower ones have no course
DAYS: Final = 7
HOURS: Final = 24
_THURSDAY: Final = 3  # the day of 1970-01-01, Monday being 0

# One scan: each track once for each cell, eighth of the compass and hour; the counts are made of that.
_QUESTION: Final = f"""
WITH seen AS MATERIALIZED (
    SELECT DISTINCT node, track_no,
        floor(latitude_deg / $cell_north_deg)::INTEGER AS north, floor(longitude_deg / $cell_east_deg)::INTEGER AS east,
        CASE WHEN v_east_mps ** 2 + v_north_mps ** 2 >= {CORRIDOR_SPEED_MPS_MIN**2}
            THEN (round(degrees(atan2(v_east_mps, v_north_mps)) / 45.0)::INTEGER + 8) % 8 ELSE -1 END AS way,
        t_ns // {3_600 * NS_PER_S} AS hours
    FROM {{files}}
    WHERE t_ns >= $from_ns AND t_ns < $to_ns AND status IN ('confirmed', 'coasting')
        AND isfinite(latitude_deg) AND isfinite(longitude_deg)
        AND ($nameless = 0 OR (mode_s IS NULL AND callsign IS NULL))
), wanted AS (
    SELECT * FROM seen
    WHERE ($hour = {ANY} OR hours % {HOURS} = $hour)
        AND ($weekday = {ANY} OR (hours // {HOURS} + {_THURSDAY}) % {DAYS} = $weekday)
), cells AS (
    SELECT north, east, count(DISTINCT (node, track_no)) AS tracks FROM wanted GROUP BY ALL
), corridors AS (
    SELECT north, east, way, count(DISTINCT (node, track_no)) AS tracks, count(DISTINCT hours // {HOURS}) AS days
    FROM wanted WHERE way >= 0 GROUP BY ALL HAVING tracks >= {CORRIDOR_TRACKS_MIN}
)
SELECT 'all' AS what, 0 AS a, 0 AS b, 0 AS way, count(DISTINCT (node, track_no)) AS tracks, 0 AS days FROM wanted
UNION ALL SELECT 'cells', 0, 0, 0, count(*), 0 FROM cells
UNION ALL SELECT 'hour', (hours // {HOURS} + {_THURSDAY}) % {DAYS}, hours % {HOURS}, 0,
    count(DISTINCT (node, track_no)), 0 FROM seen GROUP BY ALL
UNION ALL (SELECT 'cell', north, east, 0, tracks, 0 FROM cells ORDER BY tracks DESC, north, east LIMIT {CELLS_MAX})
UNION ALL (SELECT 'corridor', north, east, way, tracks, days FROM corridors
    ORDER BY days DESC, tracks DESC, north, east, way LIMIT {CORRIDORS_MAX})
"""


class Corridor(msgspec.Struct, frozen=True, kw_only=True):
    """A cell that tracks pass again and again in one eighth of the compass."""

    latitude_deg: float  # of the cell's middle
    longitude_deg: float
    course_deg: float
    track_count: int
    day_count: int


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """How many tracks there were, by cell of a map and by hour of the week."""

    from_ns: int
    to_ns: int
    track_count: int
    cell_north_deg: float
    cell_east_deg: float
    cell_count: int  # all there are; `cells` holds the CELLS_MAX that are fullest
    cells: list[tuple[float, float, int]]  # latitude, longitude of the south-west corner, tracks; the fullest first
    hours: list[list[int]]  # of Monday to Sunday, UTC
    corridors: list[Corridor]  # those of most days first


def traffic(
    history: History,
    from_ns: int,
    to_ns: int,
    *,
    cell_deg: float,
    hour: int = ANY,
    weekday: int = ANY,
    nameless: bool = False,
) -> Traffic:
    """Return the counts of a span of time; `nameless` leaves out what has a Mode S address or a callsign.

    `hour` and `weekday` (Monday 0) narrow the cells and the corridors, not `hours`.
    """
    assert from_ns < to_ns <= from_ns + round(SPAN_S_MAX * NS_PER_S)
    assert CELL_DEG_MIN <= cell_deg <= CELL_DEG_MAX
    cell_east_deg = cell_deg * EAST_PER_NORTH
    try:
        table = history.ask(
            _QUESTION,
            from_ns,
            to_ns,
            cell_north_deg=cell_deg,
            cell_east_deg=cell_east_deg,
            hour=hour,
            weekday=weekday,
            nameless=int(nameless),
        )
    except duckdb.OutOfMemoryException:
        raise RefusedError("too many tracks to count at once: ask for a shorter span or larger cells") from None
    rows = table.to_pylist() if table is not None else []
    counts = np.zeros((DAYS, HOURS), np.int64)
    for row in rows:
        if row["what"] == "hour":
            counts[row["a"], row["b"]] = row["tracks"]
    return Traffic(
        from_ns=from_ns,
        to_ns=to_ns,
        track_count=sum(row["tracks"] for row in rows if row["what"] == "all"),
        cell_north_deg=cell_deg,
        cell_east_deg=cell_east_deg,
        cell_count=sum(row["tracks"] for row in rows if row["what"] == "cells"),
        cells=[
            (round(row["a"] * cell_deg, 6), round(row["b"] * cell_east_deg, 6), row["tracks"])
            for row in rows
            if row["what"] == "cell"
        ],
        hours=counts.tolist(),
        corridors=[
            Corridor(
                latitude_deg=round((row["a"] + 0.5) * cell_deg, 6),
                longitude_deg=round((row["b"] + 0.5) * cell_east_deg, 6),
                course_deg=row["way"] * 45.0,
                track_count=row["tracks"],
                day_count=row["days"],
            )
            for row in rows
            if row["what"] == "corridor"
        ],
    )
