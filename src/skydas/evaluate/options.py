"""How an evaluation is made: every gate, age and period in one place, written into the result."""

from __future__ import annotations

import math
from typing import Final

import msgspec

from skydas.errors import ConfigError

INSTANTS_MAX: Final = 1_000_000
SAMPLES_MAX: Final = 60_000_000
_POSITIVE: Final = (
    "step_s", "truth_gap_s_max", "age_s_max", "cutoff_m", "switch_m", "window_s", "gate_m",
    "update_s", "gap_s", "wrong_m",
)  # fmt: skip


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Gates and periods of one evaluation."""

    step_s: float = 1.0  # between two scoring instants
    truth_gap_s_max: float = 2.0  # truth is not interpolated over a longer gap
    age_s_max: float = 10.0  # a track's last update is moved on with its velocity for so long
    dimensions: int = 0  # 3, 2 (heights ignored) or 0: 3 where every row has a height, else 2
    include_tentative: bool = False
    cutoff_m: float = 1000.0  # c of GOSPA, OSPA, OSPA(2), T-GOSPA
    order: float = 2.0  # p of the same
    alpha: float = 2.0  # of GOSPA
    switch_m: float = 1000.0  # gamma of T-GOSPA
    window_s: float = 60.0  # of OSPA(2) over time
    gate_m: float = 500.0  # a track nearer than this to a truth is on it
    hold_m: float = 0.0  # and is still meant for it up to here; 0: three gates
    update_s: float = 8.0  # the update probability is of an update within any interval so long
    gap_s: float = 16.4  # a longer time without an update is a gap
    wrong_m: float = 2100.0  # an update farther from its truth is a wrong position
    extra_s_min: float = 11.0  # a track is counted as extra from this length
    extra_updates_min: int = 3  # and this number of updates
    plane_latitude_deg: float | None = (
        None  # of the node's tangent plane, which covariances are in; not given: amid the truth
    )
    plane_longitude_deg: float | None = None
    site_latitude_deg: float | None = None  # where ranges of first detection are measured from
    site_longitude_deg: float | None = None
    site_height_hae_m: float = 0.0
    area_km2: float | None = None  # false tracks are counted per area; not given: hull of truth and tracks
    geoid_m: float = 0.0  # height of the geoid above the ellipsoid, for files with heights above mean sea level

    def checked(self) -> Options:
        """Return these options, or raise ConfigError with every fault found."""
        faults = [
            f"{name} must be above 0 and finite, got {getattr(self, name)}"
            for name in _POSITIVE
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0)
        ]
        if not (math.isfinite(self.hold_m) and self.hold_m >= 0):
            faults.append(f"hold_m must be 0 or above, got {self.hold_m}")
        if not 1 <= self.order <= 16:
            faults.append(f"order must be 1 .. 16, got {self.order}")
        if not 0 < self.alpha <= 2:
            faults.append(f"alpha must be above 0 and at most 2, got {self.alpha}")
        if self.dimensions not in (0, 2, 3):
            faults.append(f"dimensions must be 0, 2 or 3, got {self.dimensions}")
        if self.area_km2 is not None and not (math.isfinite(self.area_km2) and self.area_km2 > 0):
            faults.append(f"area_km2 must be above 0, got {self.area_km2}")
        for what in ("site", "plane"):
            pair = (getattr(self, f"{what}_latitude_deg"), getattr(self, f"{what}_longitude_deg"))
            if (pair[0] is None) != (pair[1] is None):
                faults.append(f"{what}: a place needs both its latitude and its longitude")
            elif pair[0] is not None and not (abs(pair[0]) <= 90 and abs(pair[1]) <= 180):
                faults.append(f"{what}: latitude must be -90 .. 90 and longitude -180 .. 180, got {pair}")
        if not math.isfinite(self.geoid_m):
            faults.append(f"geoid_m must be finite, got {self.geoid_m}")
        if faults:
            raise ConfigError(*faults)
        return self

    @property
    def plane(self) -> tuple[float, float] | None:
        """The place of the plane to score in, None where it is not given."""
        if self.plane_latitude_deg is None or self.plane_longitude_deg is None:
            return None
        return self.plane_latitude_deg, self.plane_longitude_deg

    @property
    def hold_used_m(self) -> float:
        """How far a track may stray and still be meant for the truth it was on."""
        return max(self.hold_m or 3.0 * self.gate_m, self.gate_m)
