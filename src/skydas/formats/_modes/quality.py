"""What a position is worth: NIC, NACp, NACv and SIL (ED-102A tables 2-14, 2-16, 2-70 to 2-73).

Version 0 (DO-260) sends none of them; its type code bounds the containment radius and, by the standard's own table, the
accuracy that versions 1 and 2 name NIC, NACp and SIL. A transponder is taken as version 0 until it says otherwise.
"""

# mypy: disable-error-code="no-any-return, return-value"
# (NumPy's int64 and float64 are Python's int and float to numba.)

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from skydas.model import NM_M, QUALITY_UNKNOWN

# 95% bound of the horizontal error for NACp 0 .. 11, metres; NaN: not known. 12 to 15 are reserved.
EPU_M: Final = np.array(
    [np.nan, 10 * NM_M, 4 * NM_M, 2 * NM_M, NM_M, 0.5 * NM_M, 0.3 * NM_M, 0.1 * NM_M, 0.05 * NM_M, 30.0, 10.0, 3.0]
    + [np.nan] * (256 - 12)
)
# 95% bound of the vertical error for GVA 0 .. 3, metres (ED-102A table 2-71)
VERTICAL_95_M: Final = np.array([np.nan, 150.0, 45.0] + [np.nan] * (256 - 3))
_RADIAL_95: Final = 2.4477  # the radius that holds 95% of a circular normal, in sigmas
_LINEAR_95: Final = 1.96
_STEP_AIR_M: Final = 5.1  # of CPR in latitude
_STEP_SURFACE_M: Final = 1.3

UNKNOWN: Final = QUALITY_UNKNOWN
# Type code -> NIC (both supplements zero), and for version 0 NACp and SIL. 0xFF: no such position message.
_NIC: Final = np.full(32, UNKNOWN, np.uint8)
_NACP_0: Final = np.full(32, UNKNOWN, np.uint8)
_SIL_0: Final = np.full(32, UNKNOWN, np.uint8)
for _codes, _nic, _nacp, _sil in (
    ((5, 9, 20), 11, 11, 2),
    ((6, 10, 21), 10, 10, 2),
    ((7, 11), 8, 8, 2),
    ((8,), 0, 0, 0),
    ((12,), 7, 7, 2),
    ((13,), 6, 6, 2),
    ((14,), 5, 5, 2),
    ((15,), 4, 4, 2),
    ((16,), 2, 1, 2),
    ((17,), 1, 1, 2),
    ((18, 22), 0, 0, 0),
):
    for _code in _codes:
        _NIC[_code], _NACP_0[_code], _SIL_0[_code] = _nic, _nacp, _sil


@njit(cache=True)
def nic_of(typecode: int, version: int, nic_a: int, nic_b: int, nic_c: int) -> int:
    """Return NIC of a position message.

    nic_a, nic_b, nic_c : supplements: A of the operational status, B of the message itself, C of the status on ground
    """
    nic = np.int64(_NIC[typecode])
    if version == 1 and nic_a:
        if typecode in (7, 11):
            return 9
        if typecode == 16:
            return 3
    if version >= 2 and version != UNKNOWN:
        if typecode == 7 and nic_a and not nic_c:
            return 9
        if typecode == 8:
            return 7 if nic_a and nic_c else 6 if nic_a or nic_c else 0
        if typecode == 11 and nic_a and nic_b:
            return 9
        if typecode == 16 and nic_a and nic_b:
            return 3
    return nic


@njit(cache=True)
def accuracy_without_version(typecode: int) -> tuple[int, int]:
    """Return NACp and SIL that the type code of a version 0 position stands for."""
    return np.int64(_NACP_0[typecode]), np.int64(_SIL_0[typecode])


@njit(cache=True)
def sigma_2_horizontal_m2(nac_p: int, on_ground: bool) -> float:
    """Return the variance along each horizontal axis, with that of the position's grid; NaN if it is not known."""
    step_m = _STEP_SURFACE_M if on_ground else _STEP_AIR_M
    return (EPU_M[nac_p] / _RADIAL_95) ** 2 + step_m**2 / 12.0


@njit(cache=True)
def sigma_2_vertical_m2(gva: int) -> float:
    """Return the variance of a height above the ellipsoid, NaN if it is not known."""
    return (VERTICAL_95_M[gva] / _LINEAR_95) ** 2
