"""CAT034  Monoradar service messages.

Every item, octet by octet; `skydas.formats.asterix.layout` says how to read a layout. Made by tools/asterix_tables.py
from the item tables of libasterix 0.36.3 (copyright 2024 Zoran Bošnjak, BSD 3-clause): do not edit. An item whose
layout changed stands again as NAME@EDITION, the first edition that has the new one.
"""

from __future__ import annotations

from typing import Final

EDITIONS: Final[dict[str, dict[str, str]]] = {  # edition -> profile -> items in the order of FSPEC
    "1.27": {"": "010 000 030 020 041 050 060 070 100 110 120 090 RE SP"},
    "1.28": {"": "010 000 030 020 041 050 060 070 100 110 120 090 RE SP"},
    "1.29": {"": "010 000 030 020 041 050 060 070 100 110 120 090 RE SP"},
}

ITEMS: Final[dict[str, str | tuple[str, ...]]] = {
    # Message Type
    "000": ":8",
    # Data Source Identifier
    "010": "SAC:8 SIC:8",
    # Sector Number
    "020": ":8u*360/256[deg]",
    # Time of Day
    "030": ":24u*1/128[s]",
    # Antenna Rotation Speed
    "041": ":16u*1/128[s]",
    # System Configuration and Status
    "050": (
        "COM = NOGO:1 RDPC:1 RDPR:1 OVLRDP:1 OVLXMT:1 MSC:1 TSV:1 -:1",
        "-",
        "-",
        "PSR = ANT:1 CHAB:2 OVL:1 MSC:1 -:3",
        "SSR = ANT:1 CHAB:2 OVL:1 MSC:1 -:3",
        "MDS = ANT:1 CHAB:2 OVLSUR:1 MSC:1 SCF:1 DLF:1 OVLSCF:1 OVLDLF:1 -:7",
    ),
    # System Processing Mode
    "060": (
        "COM = -:1 REDRDP:3 REDXMT:3 -:1",
        "-",
        "-",
        "PSR = POL:1 REDRAD:3 STC:2 -:2",
        "SSR = REDRAD:3 -:5",
        "MDS = REDRAD:3 CLU:1 -:4",
    ),
    # Message Count Values
    "070": "N* TYP:5 COUNT:11u",
    # Collimation Error
    "090": "RNG:8s*1/128[NM] AZM:8s*360/16384[deg]",
    # Generic Polar Window
    "100": "RHOST:16u*1/256[NM] RHOEND:16u*1/256[NM] THETAST:16u*360/65536[deg] THETAEND:16u*360/65536[deg]",
    # Data Filter
    "110": ":8",
    # 3D-Position Of Data Source
    "120": "HGT:16s*1[m] LAT:24s*360/16777216[deg] LON:24s*360/16777216[deg]",
    # Reserved Expansion Field
    "RE": "explicit",
    # Special Purpose Field
    "SP": "explicit",
}

EXPANSIONS: Final[dict[str, str]] = {  # edition of the RE field -> items in the order of its FSPEC
}

EXPANSION_ITEMS: Final[dict[str, str | tuple[str, ...]]] = {}
