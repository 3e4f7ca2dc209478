"""The part of the JSON API that the prediction answers: a search map as GeoJSON, for maps of other makers."""

from __future__ import annotations

from typing import Annotated, Any, Final

import numpy as np
from litestar import get
from litestar.exceptions import NotFoundException
from litestar.openapi.spec import Example
from litestar.params import Parameter

from skydas.model import SearchArea
from skydas.web.asked import Web

Number = Annotated[
    int,
    Parameter(
        ge=1,
        le=2**32 - 1,
        description="the number of the search, as `/api/v1/standing/searches` tells it",
        examples=[Example(summary="the node's third search", value=3)],
    ),
]


@get("/api/v1/searches/{number:int}", summary="Where a lost or drifting object may be, as GeoJSON")
async def search(web: Web, number: Number) -> dict[str, Any]:
    """Return a FeatureCollection: the rings of 50 and 90 %, then every cell of the map with its probability."""
    area = web.hub.board.one("searches", number)
    if not isinstance(area, SearchArea):
        raise NotFoundException(f"there is no search {number}; /api/v1/standing/searches lists those there are")
    return collection(area)


def collection(area: SearchArea) -> dict[str, Any]:
    """Return an area as a GeoJSON FeatureCollection (RFC 7946: longitude before latitude, rings closed)."""
    cells = np.frombuffer(area.probability, np.uint8).reshape(area.rows, area.columns).astype(np.float64)
    cells *= (1.0 - area.elsewhere) / max(float(cells.sum()), 1.0)
    features = [
        _feature([(lon, lat) for lat, lon in corners], {"what": "ring", "probability": share})
        for share, corners in area.rings
    ]
    for row, column in zip(*np.nonzero(cells), strict=True):
        south = area.latitude_deg + float(row) * area.cell_north_deg
        west = area.longitude_deg + float(column) * area.cell_east_deg
        north, east = south + area.cell_north_deg, west + area.cell_east_deg
        ring = [(west, south), (east, south), (east, north), (west, north)]
        features.append(_feature(ring, {"what": "cell", "probability": round(float(cells[row, column]), 6)}))
    told = {"number": area.number, "track_no": area.track_no, "what": area.what, "text": area.text}
    return {"type": "FeatureCollection", "properties": told | {"elsewhere": area.elsewhere}, "features": features}


def _feature(ring: list[tuple[float, float]], properties: dict[str, Any]) -> dict[str, Any]:
    corners = [[round(longitude, 6), round(latitude, 6)] for longitude, latitude in [*ring, *ring[:1]]]
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Polygon", "coordinates": [corners]},
    }


HANDLERS: Final = (search,)
