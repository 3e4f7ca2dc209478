"""CAT002  Monoradar service messages.

Every item, octet by octet; `skydas.formats.asterix.layout` says how to read a layout. Made by tools/asterix_tables.py
from the item tables of libasterix 0.36.3 (copyright 2024 Zoran Bošnjak, BSD 3-clause): do not edit. An item whose
layout changed stands again as NAME@EDITION, the first edition that has the new one.
"""

from __future__ import annotations

from typing import Final

EDITIONS: Final[dict[str, dict[str, str]]] = {  # edition -> profile -> items in the order of FSPEC
    "1.0": {"": "010 000 020 030 041 050 060 070 100 090 080 - SP RFS"},
    "1.1": {"": "010 000 020 030 041 050 060 070 100 090 080 - SP RFS"},
    "1.2": {"": "010 000 020 030 041 050 060 070 100 090 080 - SP RFS"},
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
    # Station Configuration Status
    "050": "FX* :7",
    # Station Processing Mode
    "060": "FX* :7",
    # Plot Count Values
    "070": "N* A:1 IDENT:5 COUNTER:10u",
    # Warning/Error Conditions
    "080": "FX* :7",
    # Collimation Error
    "090": "RE:8s*1/128[NM] AE:8s*360/16384[deg]",
    # Dynamic Window Type 1
    "100": "RS:16u*1/128[NM] RE:16u*1/128[NM] TS:16u*360/65536[deg] TE:16u*360/65536[deg]",
    # Special Purpose Field
    "SP": "explicit",
}

EXPANSIONS: Final[dict[str, str]] = {  # edition of the RE field -> items in the order of its FSPEC
}

EXPANSION_ITEMS: Final[dict[str, str | tuple[str, ...]]] = {}
