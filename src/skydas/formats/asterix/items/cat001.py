"""CAT001  Monoradar target reports, plots and tracks.

Every item, octet by octet; `skydas.formats.asterix.layout` says how to read a layout. Made by tools/asterix_tables.py
from the item tables of libasterix 0.36.3 (copyright 2024 Zoran Bošnjak, BSD 3-clause): do not edit. An item whose
layout changed stands again as NAME@EDITION, the first edition that has the new one.
"""

from __future__ import annotations

from typing import Final

EDITIONS: Final[dict[str, dict[str, str]]] = {  # edition -> profile -> items in the order of FSPEC
    "1.2": {
        "plot": "010 020 040 070 090 130 141 050 120 131 080 100 060 030 150 - - - - SP RFS",
        "track": "010 020 161 040 042 200 070 090 141 130 131 120 170 210 050 080 100 060 030 SP RFS 150",
    },
    "1.3": {
        "plot": "010 020 040 070 090 130 141 050 120 131 080 100 060 030 150 - - - - SP RFS",
        "track": "010 020 161 040 042 200 070 090 141 130 131 120 170 210 050 080 100 060 030 SP RFS 150",
    },
    "1.4": {
        "plot": "010 020 040 070 090 130 141 050 120 131 080 100 060 030 150 - - - - SP RFS",
        "track": "010 020 161 040 042 200 070 090 141 130 131 120 170 210 050 080 100 060 030 SP RFS 150",
    },
}

ITEMS: Final[dict[str, str | tuple[str, ...]]] = {
    # Data Source Identifier
    "010": "SAC:8 SIC:8",
    # Target Report Descriptor
    "020": "TYP:1 SIM:1 SSRPSR:2 ANT:1 SPI:1 RAB:1 FX TST:1 DS1DS2:2 ME:1 MI:1 -:2 FX",
    # Warning/Error Conditions
    "030": "FX* :7",
    # Measured Position in Polar Co-ordinates
    "040": "RHO:16u*1/128[NM] THETA:16u*360/65536[deg]",
    # Calculated Position in Cartesian Co-ordinates
    "042": "X:16s*1/64[NM] Y:16s*1/64[NM]",
    # Mode-2 Code in Octal Representation
    "050": "V:1 G:1 L:1 -:1 MODE2:12octal",
    # Mode-2 Code Confidence Indicator
    "060": "-:4 QA4:1 QA2:1 QA1:1 QB4:1 QB2:1 QB1:1 QC4:1 QC2:1 QC1:1 QD4:1 QD2:1 QD1:1",
    # Mode-3/A Code in Octal Representation
    "070": "V:1 G:1 L:1 -:1 MODE3A:12octal",
    # Mode-3/A Code Confidence Indicator
    "080": "-:4 QA4:1 QA2:1 QA1:1 QB4:1 QB2:1 QB1:1 QC4:1 QC2:1 QC1:1 QD4:1 QD2:1 QD1:1",
    # Mode-C Code in Binary Representation
    "090": "V:1 G:1 HGT:14s*1/4[FL]",
    # Mode-C Code and Code Confidence Indicator
    "100": "V:1 G:1 -:2 MODEC:12 -:4 QC1:1 QA1:1 QC2:1 QA2:1 QC4:1 QA4:1 QB1:1 QD1:1 QB2:1 QD2:1 QB4:1 QD4:1",
    # Measured Radial Doppler Speed
    "120": ":8s*1/256[NM/s]",
    # Radar Plot Characteristics
    "130": "FX* :7",
    # Received Power
    "131": ":8s*1[dBm]",
    # Truncated Time of Day
    "141": ":16u*1/128[s]",
    # Presence of X-Pulse
    "150": "XA:1 -:1 XC:1 -:2 X2:1 -:2",
    # Track Plot Number
    "161": ":16",
    # Track Status
    "170": "CON:1 RAD:1 MAN:1 DOU:1 RDPC:1 -:1 GHO:1 FX TRE:1 -:6 FX",
    # Calculated Track Velocity in Polar Co-ordinates
    "200": "GSP:16u*1/16384[NM/s] HDG:16u*360/65536[deg]",
    # Track Quality
    "210": "FX* :7",
    # Special Purpose Field
    "SP": "explicit",
}

EXPANSIONS: Final[dict[str, str]] = {  # edition of the RE field -> items in the order of its FSPEC
}

EXPANSION_ITEMS: Final[dict[str, str | tuple[str, ...]]] = {}
