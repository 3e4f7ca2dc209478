"""Small closed vocabularies; their numbers are on the wire and in files, so they only ever grow."""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Final


class PlotKind(IntEnum):
    """Which fields of a plot hold the measurement, and what `cov` is about."""

    POLAR = 0  # range_m, azimuth_true_rad, elevation_rad or NaN; cov of (range, azimuth, elevation)
    POSITION = 1  # latitude_rad, longitude_rad, height_hae_m or NaN; cov of (east, north, up), m2
    BEARING = 2  # azimuth_true_rad, elevation_rad or NaN; cov of (-, azimuth, elevation)
    TDOA = 3  # range_m = c (arrival here - arrival at the receiver whose key is `object`); cov[0], m2
    TRACK = 4  # a position that another tracker has smoothed; as POSITION, its errors are correlated in time


class PlotFlag(IntFlag):
    """What a sensor says of one plot."""

    PRIMARY = 1 << 0  # an echo
    SECONDARY = 1 << 1  # a reply to Mode A/C
    MODE_S = 1 << 2  # a reply to Mode S
    CLAIM = 1 << 3  # the object says so itself (ADS-B, Remote ID): to be checked, not believed
    MLAT = 1 << 4  # located by multilateration
    ON_GROUND = 1 << 5
    IDENT = 1 << 6  # special position identification
    EMERGENCY = 1 << 7
    SIMULATED = 1 << 8  # the sensor marks it simulated
    TEST = 1 << 9  # the sensor marks it a test target
    FIELD_MONITOR = 1 << 10  # a fixed transponder, for calibration
    CODE_GARBLED = 1 << 11
    CODE_NOT_VALID = 1 << 12
    MILITARY_EMERGENCY = 1 << 13
    TRACK_END = 1 << 14  # the sending tracker's last message on this track
    COASTED = 1 << 15  # the sending tracker had no detection
    DERIVED = 1 << 16  # made from other reports: not new evidence
    TIME_ASSUMED = 1 << 17  # no time in the report: t_ns is rx_ns
    SOUND = 1 << 18  # a bearing heard, late by the travel of sound
    REPORT_BY_PERSON = 1 << 19


class TrackStatus(IntEnum):
    """The life of a track."""

    TENTATIVE = 0
    CONFIRMED = 1
    COASTING = 2
    DROPPED = 3


class TrackFlag(IntFlag):
    """What holds for one row of a track."""

    HEIGHT_ASSUMED = 1 << 0  # no sensor measured its height
    GROUP = 1 << 1  # several objects that cannot be told apart
    CLAIM_ONLY = 1 << 2  # nothing but the object's own claims supports it
    ON_GROUND = 1 << 3
    EMERGENCY = 1 << 4
    REVISED = 1 << 5  # late plots changed it: see revised_from_ns
    PARTNER = 1 << 6  # another tracker's track is among its evidence
    SIMULATED = 1 << 7


class ObjectClass(IntEnum):
    """What a thing is, in the order of TRACK `class_probability`."""

    AIRLINER = 0
    LIGHT_AIRCRAFT = 1
    GLIDER = 2
    HELICOPTER = 3
    FIXED_WING_DRONE = 4
    ONE_WAY_DRONE = 5
    MULTIROTOR = 6
    BALLOON = 7
    BIRD = 8
    CRUISE = 9
    BALLISTIC = 10
    UNKNOWN = 11


class Identity(IntEnum):
    """Whose side it is on, as assessed; never hostile by default, never friendly on its own word."""

    PENDING = 0
    UNKNOWN = 1
    ASSUMED_FRIEND = 2
    FRIEND = 3
    NEUTRAL = 4
    SUSPECT = 5
    HOSTILE = 6


class Origin(IntEnum):
    """Where an input came from; a replay keeps it, so a replay has the facts of the live run."""

    LIVE = 0
    SIMULATED = 1
    EXERCISE = 2


class InputKind(IntEnum):
    """What an input is."""

    DATA = 0  # octets from a source
    TICK = 1  # the clock, every 100 ms
    CONFIG = 2  # the node's configuration, first in every journal
    ACTION = 3  # a person's
    LINK = 4  # a source was opened or lost


class SensorState(IntEnum):
    """What is known of a sensor's life."""

    NEVER_HEARD = 0
    OK = 1
    SILENT = 2


def words(enum: type[IntEnum]) -> tuple[str, ...]:
    """Return the lower-case words of an enum whose values count from 0, in their order."""
    assert [member.value for member in enum] == list(range(len(enum)))
    return tuple(member.name.lower() for member in enum)


CLASS_WORDS: Final = words(ObjectClass)
IDENTITY_WORDS: Final = words(Identity)
