"""CAT023  ADS-B ground station and service status.

Every item, octet by octet; `skydas.formats.asterix.layout` says how to read a layout. Made by tools/asterix_tables.py
from the item tables of libasterix 0.36.3 (copyright 2024 Zoran Bošnjak, BSD 3-clause): do not edit. An item whose
layout changed stands again as NAME@EDITION, the first edition that has the new one.
"""

from __future__ import annotations

from typing import Final

EDITIONS: Final[dict[str, dict[str, str]]] = {  # edition -> profile -> items in the order of FSPEC
    "1.2": {"": "010 000 015 070 100 101 200 110 120 - - - RE SP"},
    "1.3": {"": "010 000 015 070 100 101 200 110 120 - - - RE SP"},
}

ITEMS: Final[dict[str, str | tuple[str, ...]]] = {
    # Report Type
    "000": ":8",
    # Data Source Identifier
    "010": "SAC:8 SIC:8",
    # Service Type and Identification
    "015": "SID:4 STYP:4",
    # Time of Day
    "070": ":24u*1/128[s]",
    # Ground Station Status
    "100": "NOGO:1 ODP:1 OXT:1 MSC:1 TSV:1 SPO:1 RN:1 FX GSSP:7u*1[s] FX",
    # Service Configuration
    "101": "RP:8u*1/2[s] SC:3 -:4 FX SSRP:7u*1[s] FX",
    # Service Status
    "110": "-:4 STAT:3 FX",
    # Service Statistics
    "120": "N* TYPE:8 REF:1 -:7 CV:32",
    # Operational Range
    "200": ":8u*1[NM]",
    # Reserved Expansion Field
    "RE": "explicit",
    # Special Purpose Field
    "SP": "explicit",
}

EXPANSIONS: Final[dict[str, str]] = {  # edition of the RE field -> items in the order of its FSPEC
}

EXPANSION_ITEMS: Final[dict[str, str | tuple[str, ...]]] = {}
