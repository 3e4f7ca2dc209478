"""What each kind of object can do and how large it looks: defaults that a scenario may override.

Speeds, heights and radar cross-sections are typical open figures, to an order of magnitude.
"""

from __future__ import annotations

from typing import Final

import msgspec

from skydas.model import ObjectClass
from skydas.sim.scenario import Pattern, Span


class Kind(msgspec.Struct, frozen=True):
    """Limits and looks of one kind."""

    number: ObjectClass
    speed_mps: Span
    height_agl_m: Span
    climb_mps_max: float
    turn_g_max: float
    accel_mps2_max: float
    rcs_m2: float  # mean; every echo fluctuates about it (Swerling 1)
    pattern: Pattern
    wander_radius_m: float = 5_000.0
    transponder: bool = False
    adsb: bool = False
    remote_id: bool = False
    audible: bool = False
    transmits: bool = False


KINDS: Final[dict[str, Kind]] = {
    "airliner": Kind(
        ObjectClass.AIRLINER, (200, 250), (8_000, 11_500), 12, 0.45, 0.8, 30, "cross", transponder=True, adsb=True
    ),
    "light_aircraft": Kind(
        ObjectClass.LIGHT_AIRCRAFT,
        (45, 65),
        (300, 1_500),
        4,
        0.8,
        1.0,
        2,
        "wander",
        wander_radius_m=25_000,
        transponder=True,
        adsb=True,
        audible=True,
    ),
    "glider": Kind(ObjectClass.GLIDER, (25, 40), (500, 1_800), 3, 0.8, 0.8, 1, "wander", wander_radius_m=3_000),
    "helicopter": Kind(
        ObjectClass.HELICOPTER,
        (40, 70),
        (100, 600),
        6,
        1.0,
        1.5,
        4,
        "wander",
        wander_radius_m=20_000,
        transponder=True,
        audible=True,
    ),
    "fixed_wing_drone": Kind(
        ObjectClass.FIXED_WING_DRONE, (25, 45), (50, 200), 4, 1.5, 2, 0.05, "cross", audible=True, transmits=True
    ),
    "one_way_drone": Kind(ObjectClass.ONE_WAY_DRONE, (45, 55), (50, 50), 4, 1.5, 2, 0.05, "cross", audible=True),
    "multirotor": Kind(
        ObjectClass.MULTIROTOR,
        (1, 14),
        (30, 120),
        4,
        0.6,
        3,
        0.01,
        "wander",
        wander_radius_m=300,
        remote_id=True,
        audible=True,
        transmits=True,
    ),
    "balloon": Kind(ObjectClass.BALLOON, (0, 0), (500, 4_000), 3, 0.5, 1, 0.05, "drift"),
    "bird": Kind(ObjectClass.BIRD, (8, 18), (20, 400), 1.5, 1.0, 2, 0.005, "wander", wander_radius_m=2_000),
    "cruise": Kind(ObjectClass.CRUISE, (220, 260), (50, 100), 40, 5, 5, 0.1, "cross", audible=True),
    "ballistic": Kind(ObjectClass.BALLISTIC, (500, 2_000), (0, 0), 5_000, 0, 0, 0.3, "cross"),
    "unknown": Kind(ObjectClass.UNKNOWN, (150, 300), (300, 9_000), 100, 7, 10, 5, "cross"),
}
KIND_NAMES: Final = {int(kind.number): name for name, kind in KINDS.items()}
