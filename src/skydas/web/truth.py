"""The truth of a simulated scene, for the page to lay over the picture: it goes past the node and is never a fact."""

from __future__ import annotations

import msgspec

from skydas.model import Rows
from skydas.sim.kinds import KIND_NAMES


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One object of a simulated scene as it is."""

    target_no: int
    kind: str
    latitude_deg: float
    longitude_deg: float
    height_hae_m: float
    v_east_mps: float
    v_north_mps: float


class TruthAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The objects of a simulated scene at `t_ns`; null: the scene has not begun."""

    t_ns: int | None
    targets: list[Target]


def truth_answer(rows: Rows | None) -> TruthAnswer:
    """Return the truth at its last instant, TRUTH (k,) of `skydas.sim`."""
    if rows is None or not len(rows):
        return TruthAnswer(t_ns=None, targets=[])
    names = [name for name in Target.__struct_fields__ if name != "kind"]
    columns = {name: rows[name].tolist() for name in names}
    kinds = [KIND_NAMES[number] for number in rows["kind_no"].tolist()]
    targets = [
        Target(kind=kind, **dict(zip(names, values, strict=True)))
        for kind, values in zip(kinds, zip(*columns.values(), strict=True), strict=True)
    ]
    return TruthAnswer(t_ns=int(rows["t_ns"][0]), targets=targets)
