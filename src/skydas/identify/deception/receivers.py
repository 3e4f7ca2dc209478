"""Claims against the receiver that heard them: beyond its horizon, or with a strength that their distance forbids."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from skydas.identify.deception.claimants import OUT_OF_REACH, SIGNAL_IMPLAUSIBLE, Claimants
from skydas.identify.deception.echoes import EARTH_43_SQRT
from skydas.identify.deception.motion import offset_m
from skydas.identify.deception.params import DeceptionParams
from skydas.model import FloatArray, IntArray, Rows, SensorConfig

FAR_M: Final = 20_000.0  # beyond the horizon even where air bends the waves
FAR_MIN: Final = 5  # claims in a row
DISTANCE_M_MIN: Final = 1_000.0  # nearer, patterns of antennas decide
SIGNAL_MIN: Final = 20  # claims of one claimant, before its mean counts
HEARD_MIN: Final = 200  # claims of a receiver, before its own level is known
LEVEL_STEP_DB: Final = 0.1
SIGNAL_SHARE: Final = 0.05  # of a new value in a claimant's mean


class Receivers:
    """Places of receivers and the level of signals at each."""

    def __init__(self, params: DeceptionParams, claimants: Claimants, sensors: list[SensorConfig]) -> None:
        self._params = params
        self._claimants = claimants
        self._place = np.array(
            [
                (
                    np.radians(one.latitude_deg),
                    np.radians(one.longitude_deg),
                    max(one.height_hae_m, 0.0),
                    one.range_m_max,
                )
                if one.kind in ("adsb", "remote_id") and one.latitude_deg is not None and one.longitude_deg is not None
                else (np.nan,) * 4
                for one in sensors
            ]
        ).reshape(-1, 4)
        self._level_db = np.zeros(len(sensors))  # median of what a signal would be at 1 m
        self._heard = np.zeros(len(sensors), np.int64)

    def take(self, now_ns: int, rows: IntArray, claims: Rows, height_m: FloatArray) -> None:
        """Hold claims, PLOT (n,) of different rows, against those who heard them."""
        sensor = claims["sensor"].astype(np.int64)
        place = self._place[sensor]
        placed = np.isfinite(place[:, 0])
        rows, claims, height_m, sensor, place = (
            rows[placed],
            claims[placed],
            height_m[placed],
            sensor[placed],
            place[placed],
        )
        if not len(rows):
            return
        held = self._claimants.held
        distance_m = np.hypot(*offset_m(place[:, 0], place[:, 1], claims["latitude_rad"], claims["longitude_rad"]).T)
        height_m = np.where(np.isfinite(height_m), np.maximum(height_m, 0.0), self._params.height_m_max)
        horizon_m = EARTH_43_SQRT * (np.sqrt(height_m) + np.sqrt(place[:, 2]))
        far = distance_m > self._params.horizon_factor * horizon_m + FAR_M
        held["far"][rows] = np.where(far, held["far"][rows] + 1, 0)
        found = far & (held["far"][rows] >= FAR_MIN)
        self._claimants.find_check(rows[found], OUT_OF_REACH, now_ns, 0.8, distance_m[found], horizon_m[found])
        self._signals(now_ns, rows, sensor, claims["snr_db"].astype(np.float64), distance_m)

    def _signals(
        self, now_ns: int, rows: IntArray, sensor: IntArray, snr_db: FloatArray, distance_m: FloatArray
    ) -> None:
        """Hold strengths against free space: 20 dB less for ten times the distance."""
        said = np.isfinite(snr_db)
        if not said.any():
            return
        rows, sensor, snr_db, distance_m = rows[said], sensor[said], snr_db[said], distance_m[said]
        held = self._claimants.held
        at_1m_db = snr_db + 20.0 * np.log10(np.maximum(distance_m, DISTANCE_M_MIN))
        fresh = self._heard[sensor] == 0
        self._level_db[sensor[fresh]] = at_1m_db[fresh]
        off_db = at_1m_db - self._level_db[sensor]
        count = held["signal_count"][rows]
        share = np.maximum(1.0 / (count + 1.0), SIGNAL_SHARE)
        held["signal_db"][rows] += share * (off_db - held["signal_db"][rows])
        held["signal_count"][rows] = count + 1.0
        np.add.at(self._heard, sensor, 1)
        # A median found by steps of equal size: a strong liar moves it no more than anybody.
        np.add.at(
            self._level_db,
            sensor,
            np.sign(off_db) * np.where(self._heard[sensor] < HEARD_MIN, 10.0, 1.0) * LEVEL_STEP_DB,
        )
        off = (held["signal_count"][rows] >= SIGNAL_MIN) & (self._heard[sensor] >= HEARD_MIN)
        off &= np.abs(held["signal_db"][rows]) > self._params.signal_db_max
        self._claimants.find_check(
            rows[off], SIGNAL_IMPLAUSIBLE, now_ns, 0.6, held["signal_db"][rows[off]], distance_m[off]
        )

    def state(self) -> list[Any]:
        """Return everything that the next step depends on."""
        return [self._level_db.tolist(), self._heard.tolist()]

    def restore(self, state: list[Any]) -> None:
        """Take back what `state` returned."""
        self._level_db, self._heard = np.array(state[0]), np.array(state[1], np.int64)
