"""Where tracks flew that were assessed as threats, out of recorded history."""

from __future__ import annotations

from typing import Final

import numpy as np

from skydas.assess.axes import Path
from skydas.history.reader import History
from skydas.model import NS_PER_S

DAY_NS: Final = 86_400 * NS_PER_S
SAMPLE_S: Final = 10  # of a path
PATHS_MAX: Final = 20_000
_QUESTION: Final = f"""
WITH rows AS (
    SELECT node, track_no, t_ns // {SAMPLE_S * NS_PER_S} AS sample, t_ns, latitude_deg, longitude_deg,
        max(coalesce(threat, 0.0)) OVER (PARTITION BY node, track_no) AS worst
    FROM {{files}}
    WHERE t_ns >= $from_ns AND t_ns < $to_ns AND status IN ('confirmed', 'coasting')
        AND isfinite(latitude_deg) AND isfinite(longitude_deg)
)
SELECT node, track_no, sample, arg_min(t_ns, t_ns) AS t_ns, arg_min(latitude_deg, t_ns) AS latitude_deg,
    arg_min(longitude_deg, t_ns) AS longitude_deg
FROM rows WHERE worst >= $threat_min GROUP BY ALL ORDER BY node, track_no, sample
"""


def threat_paths(history: History, days: float, threat_min: float) -> list[Path]:
    """Return the path of every track that once had a score from `threat_min`, day by day, the oldest first.

    A track that flies over midnight is a path on each of its days. At most PATHS_MAX, of the newest days.
    """
    oldest_ns, newest_ns = history.span_ns()
    if oldest_ns is None or newest_ns is None:
        return []
    begin_ns = max(oldest_ns, newest_ns - round(days * DAY_NS))
    found: list[Path] = []
    for day in range(newest_ns // DAY_NS, begin_ns // DAY_NS - 1, -1):
        from_ns, to_ns = max(begin_ns, day * DAY_NS), min(newest_ns + 1, (day + 1) * DAY_NS)
        table = history.ask(_QUESTION, from_ns, to_ns, threat_min=threat_min)
        if table is None or table.num_rows == 0:
            continue
        names = table["node"].combine_chunks().dictionary_encode()
        who = np.stack((np.asarray(names.indices), table["track_no"].to_numpy().astype(np.int64)), axis=1)
        places = np.stack((table["latitude_deg"].to_numpy(), table["longitude_deg"].to_numpy()), axis=1)
        begins = np.flatnonzero(np.r_[True, (who[1:] != who[:-1]).any(axis=1)])
        for part in np.split(places, begins[1:]):
            if len(part) >= 2:
                found.append(Path(day, part[:, 0], part[:, 1]))
        if len(found) >= PATHS_MAX:
            break
    return found[:PATHS_MAX][::-1]
