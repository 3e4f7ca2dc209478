"""A source without a link of its own: another one (`sim`, `journal`, `file`) hands it its octets by name."""

from __future__ import annotations

import msgspec

from skydas.sources import Emit


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to say."""


async def run(params: Params, emit: Emit) -> None:
    """Return at once: the feeding source emits in this one's name."""
