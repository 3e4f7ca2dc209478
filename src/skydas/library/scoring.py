"""`score`: tracks against truth, both as paths."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import numpy as np

from skydas.errors import ConfigError
from skydas.evaluate import Options, Scores, States
from skydas.evaluate import score as score_states
from skydas.library.paths import Paths, geodetic_at_height, local_axes, nanoseconds
from skydas.model import FloatArray, TrackStatus

_UPPER: Final = np.triu_indices(6)


def score(truth: Paths, tracks: Paths, **options: Any) -> Scores:
    """Return every score of tracks against truth (docs/evaluate.md). Keywords are the names of `evaluate.Options`.

    Where one of the two has no heights, both are scored on the ground. Raises ConfigError.
    """
    if truth.plane.origin_ecef_m.tolist() != tracks.plane.origin_ecef_m.tolist():
        raise ConfigError("truth and tracks lie in different planes: give both the same `plane`")
    flat = options.get("dimensions") == 2 or min(truth.position_m.shape[1], tracks.position_m.shape[1]) == 2
    try:
        chosen = msgspec.convert({**options, "dimensions": 2 if flat else 3}, Options)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{error}; there are: {', '.join(Options.__struct_fields__)}") from error
    return score_states(states_of(truth, flat), states_of(tracks, flat), chosen)


def states_of(paths: Paths, flat: bool) -> States:
    """Return paths as evaluation reads them; `flat`: every height is 0, so that east and north alone count."""
    order = np.lexsort((paths.t_s, paths.number))
    sorted_paths = paths.only(order)
    t_ns, number = nanoseconds(sorted_paths.t_s), sorted_paths.number
    last = np.append((np.diff(number) != 0) | (np.diff(t_ns) != 0), True)[: len(t_ns)]
    rows = sorted_paths.only(last)  # of several states of an instant, the last one counts
    numbers, first = np.unique(rows.number, return_index=True)
    plane, flat_m = rows.plane, rows.position_m[:, :2]
    if flat:
        latitude, longitude, height = geodetic_at_height(plane, flat_m, 0.0)
    else:
        latitude, longitude, height = plane.geodetic_from_enu(rows.position_m)
    count = len(rows)
    status = np.full(count, int(TrackStatus.CONFIRMED), np.int64) if rows.status is None else rows.status
    return States(
        names=[str(number) for number in numbers.tolist()],
        first=np.append(first, count).astype(np.int64),
        t_ns=nanoseconds(rows.t_s),
        latitude_rad=latitude,
        longitude_rad=longitude,
        height_hae_m=height,
        velocity_enu_mps=_own_axes(rows.velocity_mps, latitude, longitude, rows),
        kinds=[""] * len(numbers),
        kind_words=[],
        kind_of_row=np.full(count, -1),
        status=status,
        plot_ns=nanoseconds(rows.t_s),
        cov=None if rows.cov is None else rows.cov[:, _UPPER[0], _UPPER[1]],
        refused={"same_instant_again": int((~last).sum())} if not last.all() else {},
        plane_at=(plane.latitude_deg, plane.longitude_deg, plane.height_hae_m),
    )


def _own_axes(velocity_mps: FloatArray, latitude: FloatArray, longitude: FloatArray, rows: Paths) -> FloatArray:
    """Return velocities along the plane's axes as east, north, up at each place, (n, 3)."""
    whole = np.zeros((len(velocity_mps), 3))
    whole[:, : velocity_mps.shape[1]] = velocity_mps
    turned: FloatArray = np.einsum("nba,nb->na", local_axes(latitude, longitude, rows.plane), whole)
    return turned
