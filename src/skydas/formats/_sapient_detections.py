"""SAPIENT detection reports to PLOT rows.

Location       x, y, z with errors: longitude and latitude in degrees or radians, or east and north in metres of a UTM
               zone; height in metres
RangeBearing   range (m or km), azimuth and elevation (degrees or radians) from the node's own place, from true north
Errors are one standard deviation in the unit of their coordinate; 0 states nothing.
"""

from __future__ import annotations

import math
from typing import Any, Final, Literal

import msgspec
import numpy as np
from sapient_msg.bsi_flex_335_v2_0 import associated_detection_pb2, location_pb2, range_bearing_pb2

from skydas.formats._sapient_places import to_positions
from skydas.formats._sapient_rules import ULID
from skydas.formats._sapient_utm import EASTING_M, NORTHING_M, geodetic_from_utm, zone_of
from skydas.geo.frames import MEAN_RADIUS_M
from skydas.model import TAU, Decoded, FloatArray, ObjectClass, PlotFlag, PlotKind, Rows, empty_plots, object_key

OBJECTS_MAX: Final = 65_536  # names whose keys are kept at hand
DERIVED_MAX: Final = 4_096  # objects that other reports named as derived
HEIGHT_M: Final = (-12_000.0, 2_000_000.0)
RANGE_M_MAX: Final = 1e7
SIGMA_M_MAX: Final = 100_000.0  # a larger one is metres given where degrees are due

_LOCATION: Final = location_pb2.LocationCoordinateSystem
_DATUM: Final = location_pb2.LocationDatum
_RANGE: Final = range_bearing_pb2.RangeBearingCoordinateSystem
_NORTH: Final = range_bearing_pb2.RangeBearingDatum
_PARENT: Final = associated_detection_pb2.AssociationRelation.ASSOCIATION_RELATION_PARENT
_UNSPECIFIED: Final = associated_detection_pb2.AssociationRelation.ASSOCIATION_RELATION_UNSPECIFIED

_DEG_RAD: Final = TAU / 360.0
# factor of angles, of ranges
_RANGE_UNITS: Final = {
    _RANGE.RANGE_BEARING_COORDINATE_SYSTEM_DEGREES_M: (_DEG_RAD, 1.0),
    _RANGE.RANGE_BEARING_COORDINATE_SYSTEM_RADIANS_M: (1.0, 1.0),
    _RANGE.RANGE_BEARING_COORDINATE_SYSTEM_DEGREES_KM: (_DEG_RAD, 1_000.0),
    _RANGE.RANGE_BEARING_COORDINATE_SYSTEM_RADIANS_KM: (1.0, 1_000.0),
}
_ANGLE_UNITS: Final = {
    _LOCATION.LOCATION_COORDINATE_SYSTEM_LAT_LNG_DEG_M: _DEG_RAD,
    _LOCATION.LOCATION_COORDINATE_SYSTEM_LAT_LNG_RAD_M: 1.0,
}
_UTM: Final = _LOCATION.LOCATION_COORDINATE_SYSTEM_UTM_M

# words of the SAPIENT taxonomy and of nodes in the field, in lower case, to what we call it
_CLASSES: Final = {
    "uav rotary wing": ObjectClass.MULTIROTOR,
    "rotary wing uav": ObjectClass.MULTIROTOR,
    "multirotor": ObjectClass.MULTIROTOR,
    "quadcopter": ObjectClass.MULTIROTOR,
    "uav fixed wing": ObjectClass.FIXED_WING_DRONE,
    "fixed wing uav": ObjectClass.FIXED_WING_DRONE,
    "manned rotary wing": ObjectClass.HELICOPTER,
    "helicopter": ObjectClass.HELICOPTER,
    "airliner": ObjectClass.AIRLINER,
    "light aircraft": ObjectClass.LIGHT_AIRCRAFT,
    "glider": ObjectClass.GLIDER,
    "balloon": ObjectClass.BALLOON,
    "bird": ObjectClass.BIRD,
    "cruise missile": ObjectClass.CRUISE,
    "ballistic missile": ObjectClass.BALLISTIC,
}
_WORDS_MAX: Final = 64  # classes looked at in one report

_GEOID, _ELLIPSOID = _DATUM.LOCATION_DATUM_WGS84_G, _DATUM.LOCATION_DATUM_WGS84_E
_TRUE_NORTH, _MAGNETIC_NORTH = _NORTH.RANGE_BEARING_DATUM_TRUE, _NORTH.RANGE_BEARING_DATUM_MAGNETIC
_LAT_LNG, _GRID, _POLAR = 0, 1, 2
Place = tuple[float, float, float]  # latitude (rad), longitude (rad), height above the ellipsoid (m)


class Options(msgspec.Struct, frozen=True):
    """What the wire does not say."""

    geoid_height_m: float | None = None  # of the geoid above the ellipsoid, for heights above the geoid
    declination_deg: float | None = None  # of magnetic north, east positive, for azimuths from it
    error_unit: Literal["coordinate", "metres"] = "coordinate"
    node_place: Literal["configured", "reported"] = "configured"


class Objects:
    """Keys of object names, worked out once each; a bounded memory of what can always be worked out again."""

    def __init__(self) -> None:
        self._keys: dict[str, int] = {}

    def key(self, name: str) -> int:
        """Return the key of a ULID, 0 where `name` is none."""
        key = self._keys.get(name)
        if key is None:
            key = object_key(name) if ULID.fullmatch(name) else 0
            if len(self._keys) >= OBJECTS_MAX:
                self._keys.clear()
            self._keys[name] = key
        return key


class Batch:
    """The detections of one payload, collected as rows and turned into plots at once."""

    def __init__(self, options: Options, objects: Objects) -> None:
        self._options = options
        self._objects = objects
        self._rows: list[tuple[Any, ...]] = []
        self._places: dict[int, Place] = {}  # row -> the place that its range and bearing are seen from

    def add(
        self,
        t_ns: int,
        sensor: int,
        node: str,
        kind: int,
        report: Any,
        derived: dict[int, None],
        seen_from: Place | None = None,
    ) -> str:
        """Take one report and return nothing, or the reason for which it is refused.

        derived   : objects named as derived from others; added to
        seen_from : the place that the node reported last
        """
        key = self._objects.key(report.object_id)
        if not key or not ULID.fullmatch(report.report_id):
            return "bad_ulid" if report.object_id and report.report_id else "missing_field"
        where = report.WhichOneof("location_oneof")
        if where == "location":
            place = self._location(report.location)
        elif where == "range_bearing":
            place = self._range_bearing(report.range_bearing)
        else:
            return "missing_field"
        if isinstance(place, str):
            return place
        flags = 0
        if report.associated_detection or report.derived_detection:
            flags = _relations(report, node, key, derived)
        if key in derived:
            flags |= PlotFlag.DERIVED
        if report.state and "lost" in report.state.lower():
            flags |= PlotFlag.TRACK_END
        name = report.id
        callsign = name.encode() if name and len(name) <= 8 and name.isascii() else b""
        class_word = _class_word(report.classification) if report.classification else 0
        if self._options.node_place == "reported" and place[0] == _POLAR and not math.isnan(place[4]):
            if seen_from is None:
                return "node_place_unknown"
            self._places[len(self._rows)] = seen_from
        self._rows.append((t_ns, sensor, kind, flags, key, class_word, callsign, *place))
        return ""

    def place(self, location: Any) -> tuple[float, float, float | None] | None:
        """Return latitude and longitude (deg) and height above the ellipsoid (m), or None where they cannot be read."""
        read = self._location(location)
        if isinstance(read, str):
            return None
        form, zone, x, y, height = read[:5]
        if form == _GRID:
            latitude, longitude, _ = geodetic_from_utm(np.array([x]), np.array([y]), np.array([int(zone)]))
            x, y = float(longitude[0]), float(latitude[0])
        return math.degrees(y), math.degrees(x), None if math.isnan(height) else height

    def _location(self, location: Any) -> tuple[float, ...] | str:
        """Return form, zone, x, y, height, three errors; angles in radians, the rest in metres."""
        system, x, y = location.coordinate_system, location.x, location.y
        # asking for presence is slow, and only a 0 may mean that a field is not there
        if (x == 0.0 and not location.HasField("x")) or (y == 0.0 and not location.HasField("y")):
            return "missing_field"
        error_x, error_y, error_z = (
            location.x_error or math.nan,
            location.y_error or math.nan,
            location.z_error or math.nan,
        )
        zone, form, unit = 0, _LAT_LNG, 1.0
        if system == _UTM:
            zone, form = zone_of(location.utm_zone), _GRID
            if not zone:
                return "bad_utm_zone"
            if not (EASTING_M[0] <= x <= EASTING_M[1] and NORTHING_M[0] <= y <= NORTHING_M[1]):
                return "out_of_range"
        else:
            unit = _ANGLE_UNITS.get(system, 0.0)
            if not unit:
                return "unknown_coordinate_system"
            x, y = x * unit, y * unit
            if not (abs(x) <= math.pi and abs(y) <= math.pi / 2.0):
                return "out_of_range" if math.isfinite(x) and math.isfinite(y) else "not_finite"
            if self._options.error_unit == "coordinate":
                error_x *= unit * MEAN_RADIUS_M * math.cos(y)
                error_y *= unit * MEAN_RADIUS_M
        height = self._height(location)
        if isinstance(height, str):
            return height
        return form, zone, x, y, height, error_x, error_y, error_z

    def _height(self, location: Any) -> float | str:
        height = location.z
        if height == 0.0 and not location.HasField("z"):
            return math.nan
        if location.datum == _GEOID:
            if self._options.geoid_height_m is None:
                return math.nan
            height += self._options.geoid_height_m
        elif location.datum != _ELLIPSOID:
            return "unknown_datum"
        return height if HEIGHT_M[0] <= height <= HEIGHT_M[1] else "out_of_range"

    def _range_bearing(self, polar: Any) -> tuple[float, ...] | str:
        """Return form, -, azimuth, elevation, range, three errors (azimuth, elevation, range)."""
        units = _RANGE_UNITS.get(polar.coordinate_system)
        if units is None:
            return "unknown_coordinate_system"
        if not polar.HasField("azimuth"):
            return "bearing_without_azimuth"
        angle, metre = units
        azimuth = polar.azimuth * angle
        if polar.datum == _MAGNETIC_NORTH and self._options.declination_deg is not None:
            azimuth += self._options.declination_deg * _DEG_RAD
        elif polar.datum != _TRUE_NORTH:
            return "unknown_north"
        elevation = polar.elevation * angle if polar.HasField("elevation") else math.nan
        range_m = polar.range * metre if polar.HasField("range") else math.nan
        if not math.isfinite(azimuth):
            return "not_finite"
        if (
            abs(azimuth) > 2.0 * TAU
            or abs(elevation) > math.pi / 2.0
            or not (math.isnan(range_m) or 0 <= range_m <= RANGE_M_MAX)
        ):
            return "out_of_range"
        error_azimuth = polar.azimuth_error * angle or math.nan
        error_elevation = polar.elevation_error * angle or math.nan
        error_range = polar.range_error * metre or math.nan
        return _POLAR, 0, azimuth, elevation, range_m, error_azimuth, error_elevation, error_range

    def plots(self, rx_ns: int, seq: int, decoded: Decoded) -> Rows:
        """Return what was collected, PLOT (n,), numbered from `seq`."""
        plots = empty_plots(len(self._rows))
        if not self._rows:
            return plots
        t_ns, sensor, kind, flags, key, word, callsign, form, zone, *numbers = zip(*self._rows, strict=True)
        plots["t_ns"], plots["rx_ns"], plots["sensor"], plots["kind"] = t_ns, rx_ns, sensor, kind
        plots["flags"], plots["class_word"], plots["callsign"] = flags, word, callsign
        plots["object"] = np.array(key, np.uint64)
        plots["seq"] = (seq + np.arange(len(plots))) & 0xFFFF_FFFF
        first, second, third, *errors = (np.array(column, np.float64) for column in numbers)
        forms = np.array(form)
        polar = forms == _POLAR
        _fill_polar(plots, polar, first, second, third)
        convergence = _fill_position(plots, forms, np.array(zone, np.int64), first, second, third)
        _fill_cov(plots, polar, convergence, errors, decoded)
        if self._places:
            rows = list(self._places)
            moved = plots[rows]
            to_positions(moved, np.array([self._places[row] for row in rows]))
            plots[rows] = moved
        return plots


def _relations(report: Any, node: str, key: int, derived: dict[int, None]) -> int:
    """Remember what is said to come from this report; return DERIVED where it comes from another itself.

    A parent is what a report was made from; a report that names others' detections without saying how they are related
    is taken as made from them too, so that nothing is counted twice. Siblings are independent looks at one object.
    """
    flags = 0
    for other in report.associated_detection:
        other_key = object_key(other.object_id)
        if other_key == key and other.node_id == node:
            continue
        if other.association_type in (_PARENT, _UNSPECIFIED):
            flags = int(PlotFlag.DERIVED)
    for other in report.derived_detection:
        other_key = object_key(other.object_id)
        if other_key != key:
            derived.pop(other_key, None)
            derived[other_key] = None
    while len(derived) > DERIVED_MAX:
        derived.pop(next(iter(derived)))
    return flags


def _class_word(classification: Any) -> int:
    """Return the most confident word that we know, a sub-class before its class; 0 for none."""
    best, best_confidence = 0, -1.0
    waiting = [(one, one.confidence) for one in classification]
    for _ in range(_WORDS_MAX):
        if not waiting:
            break
        one, confidence = waiting.pop()
        known = _CLASSES.get(one.type.strip().lower().replace("_", " "))
        if known is not None and confidence > best_confidence:
            best, best_confidence = known + 1, confidence
        # a sub-class without a confidence of its own has that of its class
        waiting += [(part, part.confidence if part.HasField("confidence") else confidence) for part in one.sub_class]
    return best


def _fill_polar(plots: Rows, polar: Any, azimuth: FloatArray, elevation: FloatArray, range_m: FloatArray) -> None:
    plots["azimuth_true_rad"][polar] = azimuth[polar] % TAU
    plots["elevation_rad"][polar] = elevation[polar]
    plots["range_m"][polar] = range_m[polar]
    plots["kind"][polar] = np.where(np.isnan(range_m[polar]), int(PlotKind.BEARING), int(PlotKind.POLAR))


def _fill_position(
    plots: Rows, forms: Any, zone: Any, x: FloatArray, y: FloatArray, height_m: FloatArray
) -> FloatArray:
    """Fill in places and return the grid convergence, 0 where the axes are true east and north."""
    convergence = np.zeros(len(plots))
    position, grid = forms != _POLAR, forms == _GRID
    plots["longitude_rad"][position], plots["latitude_rad"][position] = x[position], y[position]
    plots["height_hae_m"][position] = height_m[position]
    if grid.any():
        latitude, longitude, convergence[grid] = geodetic_from_utm(x[grid], y[grid], zone[grid])
        plots["latitude_rad"][grid] = latitude
        plots["longitude_rad"][grid] = (longitude + math.pi) % TAU - math.pi
    return convergence


def _fill_cov(plots: Rows, polar: Any, convergence: FloatArray, errors: list[FloatArray], decoded: Decoded) -> None:
    """Square the errors into the covariance; one that cannot be is counted and left to the sensor's stated accuracy."""
    cov = plots["cov"]
    limit = np.where(polar, math.pi, SIGMA_M_MAX)
    first, second, third = errors
    limits = (limit, limit, np.full(len(plots), SIGMA_M_MAX))
    for error, largest in zip(errors, limits, strict=True):
        unusable = ~np.isnan(error) & ~((error > 0.0) & (error <= largest))
        if unusable.any():
            decoded.reject("error_out_of_range", int(np.count_nonzero(unusable)))
            error[unusable] = np.nan
    # polar: (range, azimuth, elevation); position: (east, north, up)
    cov[polar, 0], cov[polar, 3], cov[polar, 5] = third[polar] ** 2, first[polar] ** 2, second[polar] ** 2
    cov[polar, 1] = np.where(np.isnan(cov[polar, 0] + cov[polar, 3]), np.nan, 0.0)
    flat = ~polar
    # turned from grid to true north; errors along the axes are uncorrelated there
    sine, cosine = np.sin(convergence[flat]), np.cos(convergence[flat])
    east, north = first[flat] ** 2, second[flat] ** 2
    cov[flat, 0] = cosine**2 * east + sine**2 * north
    cov[flat, 1] = sine * cosine * (north - east)
    cov[flat, 3] = sine**2 * east + cosine**2 * north
    cov[flat, 5] = third[flat] ** 2
    for at, one in ((2, 0), (4, 3)):
        cov[:, at] = np.where(np.isnan(cov[:, one] + cov[:, 5]), np.nan, 0.0)
