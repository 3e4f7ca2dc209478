"""The part of the JSON API that the assessment answers: why a track is assessed as it is, and the assets."""

from __future__ import annotations

from typing import Any, Final

from litestar import get
from litestar.exceptions import NotFoundException

from skydas.model import Assessed
from skydas.web.asked import TrackNo, Web


@get("/api/v1/tracks/{track_no:int}/why", summary="Why a track is assessed as it is")
async def why(web: Web, track_no: TrackNo) -> Assessed:
    """Return the assessment of any track that lives, made now; those that matter most are told by themselves."""
    stage = web.stage("assess")
    found: Assessed | None = stage.why(web.hub.now_ns, track_no) if stage is not None else None
    if found is None:
        raise NotFoundException(f"track {track_no} is not assessed: it is not in the picture, or not confirmed yet")
    return found


@get("/api/v1/assets", summary="What is protected: assets, zones and axes, as GeoJSON")
async def assets(web: Web) -> dict[str, Any]:
    """Return a FeatureCollection; `id` is the row that a track's threat_asset names, `counts_now` goes by its hours."""
    stage = web.stage("assess")
    features = stage.standing_assets(web.hub.now_ns) if stage is not None else []
    return {"type": "FeatureCollection", "features": features}


HANDLERS: Final = (why, assets)
