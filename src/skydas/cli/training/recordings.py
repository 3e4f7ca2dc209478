"""Real motion: what each recording under the folder of data holds, as flights. docs/classifier.md has the licences."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from skydas.cli.training.flights import Flight, pieces, smoothed
from skydas.errors import ConfigError
from skydas.model import FT_M, KT_MPS, FloatArray, ObjectClass, utc_ns

# Usual height of the ground where each was recorded, in metres by the recording's own measure.
GROUND_M: Final = {
    "paris": 100.0, "united_kingdom": 100.0, "porto": 100.0, "bornholm": 50.0, "franconia": 450.0, "zurich": 450.0,
    "storks": 550.0, "sondes": 150.0,
}  # fmt: skip
_SLOWEST_AIRBORNE_MPS: Final = 45.0  # of airliners: slower ones roll
_HEIGHT_OVER_S: Final = 8.0
# Aircraft addresses whose type is known from public registers, by class; everything else is left out or an airliner.
_PARIS_HELICOPTERS: Final = ("39b002",)
_UK_HELICOPTERS: Final = (
    "43c8f4", "43c8e5", "43c8e3", "4079b4", "407b02", "484f76", "406de5", "4079f8", "406ca0", "407933", "45a1f7",
)  # fmt: skip
_UK_LIGHT: Final = (
    "40774f", "40789d", "40216d", "404090", "40658e", "403321", "406f12", "402f2f", "401a05",
)  # fmt: skip
_COPY_MPS_MIN: Final = 3.0
_JETS_MPS_MIN: Final = 110.0  # the fastest that an airliner of a recording must have been seen


def real_flights(data: Path) -> list[Flight]:
    """Return every flight of the recordings. Raises ConfigError naming what is missing."""
    readers = (
        _paris,
        _united_kingdom,
        _porto,
        _bornholm,
        _franconia,
        _zurich,
        _drone_trial,
        _uav_log,
        _storks,
        _sondes,
    )
    found: list[Flight] = []
    for reader in readers:
        try:
            found += reader(data)
        except FileNotFoundError as error:
            raise ConfigError(
                f"--data {data} has no {error.filename}; docs/classifier.md lists the recordings"
            ) from error
        except (KeyError, ValueError) as error:
            raise ConfigError(f"--data {data}: {reader.__name__[1:]}: cannot be read: {error!r}") from error
    return found


def _text(path: Path) -> str:
    octets = path.read_bytes()
    return (gzip.decompress(octets) if path.suffix == ".gz" else octets).decode()


def _columns(text: str, delimiter: str = ",") -> dict[str, list[str]]:
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    names = next(reader)
    rows = [row for row in reader if len(row) == len(names)]
    return {name: [row[k] for row in rows] for k, name in enumerate(names)}


def _numbers(texts: list[str] | list[Any]) -> FloatArray:
    return np.array([float(text) if text not in ("", None, "None", "NaN") else np.nan for text in texts])


def _by_aircraft(data: Path, name: str) -> dict[str, dict[str, FloatArray]]:
    """Return the columns of a recording of aircraft, by address: t_s, latitude, longitude, height_m, speed_mps."""
    rows: dict[str, list[Any]] = defaultdict(list)
    for row in json.loads(_text(data / "airtraffic" / f"{name}.json.gz")):
        rows[row["icao24"]].append(row)
    aircraft = {}
    for address, mine in sorted(rows.items()):
        mine.sort(key=lambda row: row["timestamp"])
        aircraft[address] = {
            "t_s": _numbers([row["timestamp"] for row in mine]) / 1e3,
            "latitude": _numbers([row["latitude"] for row in mine]),
            "longitude": _numbers([row["longitude"] for row in mine]),
            "height_m": _numbers([row["altitude"] for row in mine]) * FT_M,
            "speed_mps": _numbers([row["groundspeed"] for row in mine]) * KT_MPS,
        }
    return aircraft


def _aircraft(kind: ObjectClass, source: str, name: str, of: dict[str, FloatArray], flying: Any) -> list[Flight]:
    ground_m = GROUND_M[source]
    known = np.isfinite(of["height_m"]) & np.isfinite(of["latitude"])
    if known.sum() < 10:
        return []
    # Rows of the recording repeat an old position until a new one comes: what moves and is where it was is a copy.
    moved = (np.diff(of["latitude"], prepend=np.nan) != 0.0) | (np.diff(of["longitude"], prepend=np.nan) != 0.0)
    known = known & (moved | (of["speed_mps"] < _COPY_MPS_MIN))
    height = np.interp(of["t_s"], of["t_s"][known], of["height_m"][known])
    height = smoothed(height, of["t_s"], _HEIGHT_OVER_S)
    return pieces(kind, source, name, of["t_s"], (of["latitude"], of["longitude"], height), flying & known, ground_m)


def _paris(data: Path) -> list[Flight]:
    found = []
    for address, of in _by_aircraft(data, "quickstart").items():
        if address in _PARIS_HELICOPTERS:
            found += _aircraft(ObjectClass.HELICOPTER, "paris", address, of, of["height_m"] > 90.0)
        elif (of["speed_mps"] > _JETS_MPS_MIN).any():
            found += _aircraft(ObjectClass.AIRLINER, "paris", address, of, of["speed_mps"] > _SLOWEST_AIRBORNE_MPS)
    return found


def _porto(data: Path) -> list[Flight]:
    of = _by_aircraft(data, "noisy_time_issue")["4b1815"]
    return _aircraft(ObjectClass.AIRLINER, "porto", "4b1815", of, of["speed_mps"] > _SLOWEST_AIRBORNE_MPS)


def _bornholm(data: Path) -> list[Flight]:
    of = _by_aircraft(data, "bornholm")["4ab179"]
    return _aircraft(ObjectClass.LIGHT_AIRCRAFT, "bornholm", "4ab179", of, of["speed_mps"] > _SLOWEST_AIRBORNE_MPS)


def _franconia(data: Path) -> list[Flight]:
    of = _by_aircraft(data, "franconia")["ddb056"]
    return _aircraft(ObjectClass.GLIDER, "franconia", "ddb056", of, of["height_m"] > 600.0)


def _zurich(data: Path) -> list[Flight]:
    of = _by_aircraft(data, "rega_zh")["4b43ac"]
    return _aircraft(ObjectClass.HELICOPTER, "zurich", "4b43ac", of, of["height_m"] > 450.0)


def _united_kingdom(data: Path) -> list[Flight]:
    table = _columns(_text(data / "adsb" / "OpenSky_Plane_States.csv"))
    address = np.array(table["icao24"])
    t, latitude, longitude = (_numbers(table[name]) for name in ("lastposupdate", "lat", "lon"))
    height, speed = _numbers(table["geoaltitude"]), _numbers(table["velocity"])
    on_ground = np.array(table["onground"]) == "True"
    found, ground_m = [], GROUND_M["united_kingdom"]
    for one in sorted(set(address.tolist())):
        mine = (address == one) & ~on_ground & np.isfinite(height)
        if mine.sum() < 12:
            continue
        if one in _UK_HELICOPTERS:
            kind, slowest = ObjectClass.HELICOPTER, 0.0
        elif one in _UK_LIGHT:
            kind, slowest = ObjectClass.LIGHT_AIRCRAFT, 15.0
        elif np.nanmax(speed[mine]) > _JETS_MPS_MIN:
            kind, slowest = ObjectClass.AIRLINER, _SLOWEST_AIRBORNE_MPS
        else:
            continue
        at = np.flatnonzero(mine & (speed > slowest))
        at = at[np.argsort(t[at], kind="stable")]
        found += pieces(kind, "united_kingdom", one, t[at], (latitude[at], longitude[at], height[at]), None, ground_m)
    return found


def _drone_trial(data: Path) -> list[Flight]:
    found = []
    for name in ("1_1", "1_2"):
        table = _columns(_text(data / "icmcis" / name / "truth.csv"))
        t = np.array([utc_ns(text) / 1e9 for text in table["t_utc"]])
        latitude, longitude, height = (_numbers(table[column]) for column in ("lat", "lon", "alt_m_above_takeoff"))
        found += _thinned(ObjectClass.MULTIROTOR, "drone_trial", name, t, (latitude, longitude, height), height > 3.0)
    table = _columns(_text(data / "icmcis" / "2_1" / "truth_two_drones_1hz.csv"))
    t = _numbers(table["timestamp"])
    for suffix in ("", "_2"):
        place = tuple(_numbers(table[f"{name}{suffix}"]) for name in ("latitude", "longitude", "altitude"))
        assert len(place) == 3
        found += pieces(ObjectClass.MULTIROTOR, "drone_trial", f"2_1{suffix}", t, place, place[2] > 3.0, 0.0)
    return found


def _thinned(
    kind: ObjectClass, source: str, name: str, t_s: FloatArray, place: tuple[FloatArray, FloatArray, FloatArray],
    flying: Any,
) -> list[Flight]:  # fmt: skip
    """Return pieces of a recording of ten rows a second, one row each half second."""
    keep = np.concatenate(([True], np.diff(np.floor(t_s * 2.0)) > 0.0))
    latitude, longitude, height = place
    return pieces(kind, source, name, t_s[keep], (latitude[keep], longitude[keep], height[keep]), flying[keep], 0.0)


def _uav_log(data: Path) -> list[Flight]:
    table = _columns(_text(data / "airtraffic" / "UAV_Rot.csv"))
    t, height = _numbers(table["timestamp"]), _numbers(table["altitude (m)"])
    place, lowest_m = (_numbers(table["latitude"]), _numbers(table["longitude"]), height), float(np.nanmin(height))
    return pieces(ObjectClass.MULTIROTOR, "uav_log", "uav", t, place, height > lowest_m + 3.0, lowest_m)


def _storks(data: Path) -> list[Flight]:
    table = _columns(_text(data / "birds" / "storks_1hz_3birds.csv.gz"))
    bird = np.array(table["track_id"])
    t = np.array([datetime.fromisoformat(text[:23] + text[-6:]).timestamp() for text in table["timestamp"]])
    latitude, longitude = _numbers(table["lat"]), _numbers(table["lon"])
    height, speed = _numbers(table["height_above_ellipsoid"]), _numbers(table["ground_speed"])
    found = []
    for one in sorted(set(bird.tolist())):
        mine = bird == one
        flying = smoothed((speed[mine] > 2.5).astype(np.float64), t[mine], 20.0) > 0.5
        place = (latitude[mine], longitude[mine], height[mine])
        found += pieces(ObjectClass.BIRD, "storks", one, t[mine], place, flying, GROUND_M["storks"])
    return found


def _sondes(data: Path) -> list[Flight]:
    found = []
    for name in ("R3320833", "R3330518", "S3140158"):
        table = _columns(_text(data / "balloons" / f"{name}.csv"), ";")
        t = np.array([utc_ns(text) / 1e9 for text in table["DateTime"]])
        place = [_numbers(table[column]) for column in ("Latitude", "Longitude", "Altitude")]
        whole, at = np.unique(t, return_inverse=True)  # many receivers hear one sonde: the middle of what they say
        latitude, longitude, height = ([np.median(column[at == k]) for k in range(len(whole))] for column in place)
        up = np.arange(len(whole)) <= int(np.argmax(height))  # what falls after the burst is no balloon
        found += pieces(
            ObjectClass.BALLOON,
            f"sonde_{name}",
            name,
            whole,
            (np.array(latitude), np.array(longitude), np.array(height)),
            up,
            GROUND_M["sondes"],
        )
    return found
