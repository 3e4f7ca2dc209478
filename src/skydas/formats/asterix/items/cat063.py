"""CAT063  Sensor status, from a tracker.

Every item, octet by octet; `skydas.formats.asterix.layout` says how to read a layout. Made by tools/asterix_tables.py
from the item tables of libasterix 0.36.3 (copyright 2024 Zoran Bošnjak, BSD 3-clause): do not edit. An item whose
layout changed stands again as NAME@EDITION, the first edition that has the new one.
"""

from __future__ import annotations

from typing import Final

EDITIONS: Final[dict[str, dict[str, str]]] = {  # edition -> profile -> items in the order of FSPEC
    "1.6": {"": "010 015 030 050 060 070 080 081 090 091 092 - RE SP"},
    "1.7": {"": "010 015 030 050 060@1.7 070 080 081 090 091 092 - RE SP"},
}

ITEMS: Final[dict[str, str | tuple[str, ...]]] = {
    # Data Source Identifier
    "010": "SAC:8 SIC:8",
    # Service Identification
    "015": ":8",
    # Time of Message
    "030": ":24u*1/128[s]",
    # Sensor Identifier
    "050": "SAC:8 SIC:8",
    # Sensor Configuration and Status
    "060": "CON:2 PSR:1 SSR:1 MDS:1 ADS:1 MLT:1 FX OPS:1 ODP:1 OXT:1 MSC:1 TSV:1 NPW:1 -:1 FX",
    # Sensor Configuration and Status
    "060@1.7": (
        "CON:2 PSR:1 SSR:1 MDS:1 ADS:1 MLT:1 FX OPS:1 ODP:1 OXT:1 MSC:1 TSV:1 NPW:1 -:1 FX TTF_EP:1 "
        "TTF_VAL:1 SPO_EP:1 SPO_VAL:1 -:3 FX"
    ),
    # Time Stamping Bias
    "070": ":16s*1[ms]",
    # SSR / Mode S Range Gain and Bias
    "080": "SRG:16s*1e-05[] SRB:16s*1/128[NM]",
    # SSR Mode S Azimuth Bias
    "081": ":16s*360/65536[deg]",
    # PSR Range Gain and Bias
    "090": "PRG:16s*1e-05[] PRB:16s*1/128[NM]",
    # PSR Azimuth Bias
    "091": ":16s*360/65536[deg]",
    # PSR Elevation Bias
    "092": ":16s*360/65536[deg]",
    # Reserved Expansion Field
    "RE": "explicit",
    # Special Purpose Field
    "SP": "explicit",
}

EXPANSIONS: Final[dict[str, str]] = {  # edition of the RE field -> items in the order of its FSPEC
}

EXPANSION_ITEMS: Final[dict[str, str | tuple[str, ...]]] = {}
