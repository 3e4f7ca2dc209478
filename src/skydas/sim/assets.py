"""What a scene's node is told besides its sensors: the protected places, as GeoJSON."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np

from skydas.model import Asset, BoolArray, FloatArray
from skydas.model.config import FlightSection
from skydas.sim.motion import offset_m
from skydas.sim.scenario import ProtectedAsset, Scenario


def assets_geojson(scenario: Scenario) -> dict[str, Any]:
    """Return the protected places and zones of a scenario as a FeatureCollection (RFC 7946)."""
    features = []
    for asset in scenario.assets:
        properties = {"name": asset.name, "kind": asset.kind, "what": asset.what, "value": asset.value}
        if asset.ring:
            ring = [[longitude_deg, latitude_deg] for latitude_deg, longitude_deg in asset.ring]
            geometry: dict[str, Any] = {"type": "Polygon", "coordinates": [ring]}
        else:
            geometry = {"type": "Point", "coordinates": [asset.longitude_deg, asset.latitude_deg]}
            properties["radius_m"] = asset.radius_m
        features.append({"type": "Feature", "geometry": geometry, "properties": properties})
    return {"type": "FeatureCollection", "features": features}


def node_assets(scenario: Scenario) -> list[Asset]:
    """Return the protected places and zones of a scenario as its node is told of them."""
    return [
        Asset(
            name=asset.name,
            kind=asset.kind,
            what=asset.what,
            shape="area" if asset.ring else "point",
            points=tuple(asset.ring) if asset.ring else ((asset.latitude_deg or 0.0, asset.longitude_deg or 0.0),),
            radius_m=asset.radius_m or 0.0,
            value=asset.value,
        )
        for asset in scenario.assets
    ]


def node_flights(scenario: Scenario) -> list[FlightSection]:
    """Return the announced flights of a scenario as its node is told of them: who, and by which way."""
    targets = {target.name: target for target in scenario.targets}
    found = []
    for flight in scenario.flights:
        target = targets[flight.target]
        places = [f"{point.latitude_deg} {point.longitude_deg}" for point in target.waypoints]
        found.append(
            FlightSection(
                flight=target.callsign or flight.target,
                remote_id=target.callsign if target.remote_id else "",
                callsign="" if target.remote_id else target.callsign,
                route="; ".join(places),
                width_m=flight.width_m,
                note=flight.text,
            )
        )
    return found


def inside(asset: ProtectedAsset, latitude_rad: FloatArray, longitude_rad: FloatArray) -> BoolArray:
    """Return which places lie in an asset's disc or ring, whatever their height, (k,)."""
    if asset.ring:
        return _in_ring(asset.ring, np.degrees(latitude_rad), np.degrees(longitude_rad))
    assert asset.latitude_deg is not None
    assert asset.longitude_deg is not None
    assert asset.radius_m is not None
    middle_latitude_rad = np.full(len(latitude_rad), math.radians(asset.latitude_deg))
    middle_longitude_rad = np.full(len(latitude_rad), math.radians(asset.longitude_deg))
    away_m, _ = offset_m(middle_latitude_rad, middle_longitude_rad, latitude_rad, longitude_rad)
    return away_m < asset.radius_m


def _in_ring(ring: list[tuple[float, float]], latitude_deg: FloatArray, longitude_deg: FloatArray) -> BoolArray:
    """Return which places a ray to the east leaves through an odd number of sides, (k,)."""
    is_in = np.zeros(len(latitude_deg), np.bool_)
    for (lat_a, lon_a), (lat_b, lon_b) in pairwise(ring):
        if lat_a == lat_b:
            continue
        spans = (lat_a > latitude_deg) != (lat_b > latitude_deg)
        is_in ^= spans & (longitude_deg < lon_a + (latitude_deg - lat_a) / (lat_b - lat_a) * (lon_b - lon_a))
    return is_in
