"""`[predict]` of a node file: the numbers that prediction goes by, each with its reason."""

from __future__ import annotations

import msgspec


class PredictParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`docs/prediction.md` has what was measured with the defaults."""

    path_every_s: float = 5.0  # a point of a track's path is kept this often, and ever more rarely as the path grows
    history_share: float = 0.5  # flights that ended at places before: this many count as much as the geometry
    history_radius_m: float = 5_000.0  # a track that ends so near to a place, and low, has arrived there
    history_height_m: float = 600.0  # above the place
