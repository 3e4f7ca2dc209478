"""CAT010  Surface movement target reports.

Every item, octet by octet; `skydas.formats.asterix.layout` says how to read a layout. Made by tools/asterix_tables.py
from the item tables of libasterix 0.36.3 (copyright 2024 Zoran Bošnjak, BSD 3-clause): do not edit. An item whose
layout changed stands again as NAME@EDITION, the first edition that has the new one.
"""

from __future__ import annotations

from typing import Final

EDITIONS: Final[dict[str, dict[str, str]]] = {  # edition -> profile -> items in the order of FSPEC
    "1.1": {
        "": (
            "010 000 020 140 041 040 042 200 202 161 170 060 220 245 250 300 090 091 270 550 310 500 280 131 "
            "210 - SP RE"
        )
    },
}

ITEMS: Final[dict[str, str | tuple[str, ...]]] = {
    # Message Type
    "000": ":8",
    # Data Source Identifier
    "010": "SAC:8 SIC:8",
    # Target Report Descriptor
    "020": "TYP:3 DCR:1 CHN:1 GBS:1 CRT:1 FX SIM:1 TST:1 RAB:1 LOP:2 TOT:2 FX SPI:1 -:6 FX",
    # Measured Position in Polar Co-ordinates
    "040": "RHO:16u*1[m] TH:16u*360/65536[deg]",
    # Position in WGS-84 Co-ordinates
    "041": "LAT:32s*360/4294967296[deg] LON:32s*360/4294967296[deg]",
    # Position in Cartesian Co-ordinates
    "042": "X:16s*1[m] Y:16s*1[m]",
    # Mode-3/A Code in Octal Representation
    "060": "V:1 G:1 L:1 -:1 MODE3A:12octal",
    # Flight Level in Binary Representation
    "090": "V:1 G:1 FL:14s*1/4[FL]",
    # Measured Height
    "091": ":16s*6.25[ft]",
    # Amplitude of Primary Plot
    "131": ":8",
    # Time of Day
    "140": ":24u*1/128[s]",
    # Track Number
    "161": "-:4 TRK:12",
    # Track Status
    "170": "CNF:1 TRE:1 CST:2 MAH:1 TCC:1 STH:1 FX TOM:2 DOU:3 MRS:2 FX GHO:1 -:6 FX",
    # Calculated Track Velocity in Polar Co-ordinates
    "200": "GSP:16u*1/16384[NM/s] TRA:16u*360/65536[deg]",
    # Calculated Track Velocity in Cartesian Co-ordinates
    "202": "VX:16s*1/16[m/s] VY:16s*1/16[m/s]",
    # Calculated Acceleration
    "210": "AX:8s*1/16[m/s2] AY:8s*1/16[m/s2]",
    # Target Address
    "220": ":24",
    # Target Identification
    "245": "STI:2 -:6 CHR:48icao",
    # Mode S MB Data
    "250": "N* MBDATA:56hex BDS1:4 BDS2:4",
    # Target Size and Orientation
    "270": "LENGTH:7u*1[m] FX ORIENTATION:7u*360/128[deg] FX WIDTH:7u*1[m] FX",
    # Presence
    "280": "N* DRHO:8s*1[m] DTHETA:8s*0.15[deg]",
    # Vehicle Fleet Identification
    "300": ":8",
    # Pre-programmed Message
    "310": "TRB:1 MSG:7",
    # Standard Deviation of Position
    "500": "DEVX:8u*1/4[m] DEVY:8u*1/4[m] COVXY:16s*1/4[m]",
    # System Status
    "550": "NOGO:2 OVL:1 TSV:1 DIV:1 TTF:1 -:2",
    # Reserved Expansion Field
    "RE": "explicit",
    # Special Purpose Field
    "SP": "explicit",
}

EXPANSIONS: Final[dict[str, str]] = {  # edition of the RE field -> items in the order of its FSPEC
}

EXPANSION_ITEMS: Final[dict[str, str | tuple[str, ...]]] = {}
