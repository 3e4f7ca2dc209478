"""CAT020  Multilateration target reports.

Every item, octet by octet; `skydas.formats.asterix.layout` says how to read a layout. Made by tools/asterix_tables.py
from the item tables of libasterix 0.36.3 (copyright 2024 Zoran Bošnjak, BSD 3-clause): do not edit. An item whose
layout changed stands again as NAME@EDITION, the first edition that has the new one.
"""

from __future__ import annotations

from typing import Final

EDITIONS: Final[dict[str, dict[str, str]]] = {  # edition -> profile -> items in the order of FSPEC
    "1.9": {
        "": (
            "010 020 140 041 042 161 170 070 202 090 100 220 245 110 105 210 300 310 500 400 250 230 260 030 "
            "055 050 RE SP"
        )
    },
    "1.10": {
        "": (
            "010 020@1.10 140 041 042 161 170 070 202 090 100 220 245 110 105 210 300 310 500 400 250@1.10 "
            "230 260 030 055 050 RE SP"
        )
    },
    "1.11": {
        "": (
            "010 020@1.10 140 041 042 161 170 070 202 090 100 220 245 110 105 210 300 310 500 400 250@1.11 "
            "230@1.11 260 030 055 050 RE SP"
        )
    },
}

ITEMS: Final[dict[str, str | tuple[str, ...]]] = {
    # Data Source Identifier
    "010": "SAC:8 SIC:8",
    # Target Report Descriptor
    "020": "SSR:1 MS:1 HF:1 VDL4:1 UAT:1 DME:1 OT:1 FX RAB:1 SPI:1 CHN:1 GBS:1 CRT:1 SIM:1 TST:1 FX",
    # Target Report Descriptor
    "020@1.10": "SSR:1 MS:1 HF:1 VDL4:1 UAT:1 DME:1 OT:1 FX RAB:1 SPI:1 CHN:1 GBS:1 CRT:1 SIM:1 TST:1 FX CF:2 -:5 FX",
    # Warning/Error Conditions
    "030": "FX* :7",
    # Position In WGS-84 Coordinates
    "041": "LAT:32s*360/67108864[deg] LON:32s*360/67108864[deg]",
    # Position in Cartesian Coordinates
    "042": "X:24s*1/2[m] Y:24s*1/2[m]",
    # Mode-2 Code in Octal Representation
    "050": "V:1 G:1 L:1 -:1 MODE2:12octal",
    # Mode-1 Code in Octal Representation
    "055": "V:1 G:1 L:1 MODE1:5",
    # Mode-3/A Code in Octal Representation
    "070": "V:1 G:1 L:1 -:1 MODE3A:12octal",
    # Flight Level in Binary Representation
    "090": "V:1 G:1 FL:14s*1/4[FL]",
    # Mode C Code
    "100": "V:1 G:1 -:2 MODEC:12 -:4 QC1:1 QA1:1 QC2:1 QA2:1 QC4:1 QA4:1 QB1:1 QD1:1 QB2:1 QD2:1 QB4:1 QD4:1",
    # Geometric Height (WGS-84)
    "105": ":16s*6.25[ft]",
    # Measured Height (Local Cartesian Coordinates)
    "110": ":16s*6.25[ft]",
    # Time of Day
    "140": ":24u*1/128[s]",
    # Track Number
    "161": "-:4 TRN:12",
    # Track Status
    "170": "CNF:1 TRE:1 CST:1 CDM:2 MAH:1 STH:1 FX GHO:1 -:6 FX",
    # Calculated Track Velocity in Cartesian Coordinates
    "202": "VX:16s*1/4[m/s] VY:16s*1/4[m/s]",
    # Calculated Acceleration
    "210": "AX:8s*1/4[m/s2] AY:8s*1/4[m/s2]",
    # Target Address
    "220": ":24",
    # Communications/ACAS Capability and Flight Status
    "230": "COM:3 STAT:3 -:2 MSSC:1 ARC:1 AIC:1 B1A:1 B1B:4",
    # Communications/ACAS Capability and Flight Status
    "230@1.11": "COM:3 STAT:3 CASEVN:2 MSSC:1 ARC:1 AIC:1 B1A:1 B1B:4",
    # Target Identification
    "245": "STI:2 -:6 CHR:48icao",
    # Mode S MB Data
    "250": "N* MBDATA:56hex BDS1:4 BDS2:4",
    # BDS Register Data
    "250@1.10": "N* BDSREGISTER:56hex BDS1:4 BDS2:4",
    # BDS Register Data
    "250@1.11": "N* BDSDATA:56hex BDS1:4 BDS2:4",
    # ACAS Resolution Advisory Report
    "260": ":56hex",
    # Vehicle Fleet Identification
    "300": ":8",
    # Pre-programmed Message
    "310": "TRB:1 MSG:7",
    # Contributing Devices
    "400": "N* BIT1:1 BIT2:1 BIT3:1 BIT4:1 BIT5:1 BIT6:1 BIT7:1 BIT8:1",
    # Position Accuracy
    "500": (
        "DOP = X:16u*1/4[] Y:16u*1/4[] XY:16u*1/4[]",
        "SDP = X:16u*1/4[m] Y:16u*1/4[m] XY:16u*1/4[]",
        "SDH = :16u*1/2[m]",
    ),
    # Reserved Expansion Field
    "RE": "explicit",
    # Special Purpose Field
    "SP": "explicit",
}

EXPANSIONS: Final[dict[str, str]] = {  # edition of the RE field -> items in the order of its FSPEC
}

EXPANSION_ITEMS: Final[dict[str, str | tuple[str, ...]]] = {}
