"""CAT062  System track data.

Every item, octet by octet; `skydas.formats.asterix.layout` says how to read a layout. Made by tools/asterix_tables.py
from the item tables of libasterix 0.36.3 (copyright 2024 Zoran Bošnjak, BSD 3-clause): do not edit. An item whose
layout changed stands again as NAME@EDITION, the first edition that has the new one.
"""

from __future__ import annotations

from typing import Final

EDITIONS: Final[dict[str, dict[str, str]]] = {  # edition -> profile -> items in the order of FSPEC
    "1.16": {
        "": (
            "010 - 015 070 105 100 185 210 060 245 380 040 080 290 200 295 136 130 135 220 390 270 300 110 "
            "120 510 500 340 - - - - - RE SP"
        )
    },
    "1.17": {
        "": (
            "010 - 015 070 105 100 185 210 060@1.17 245 380 040 080 290 200 295 136 130 135 220 390 270 300 "
            "110 120 510 500 340 - - - - - RE SP"
        )
    },
    "1.18": {
        "": (
            "010 - 015 070 105 100 185 210 060@1.17 245 380 040 080@1.18 290 200 295 136 130 135 220 390 270 "
            "300 110 120 510 500 340 - - - - - RE SP"
        )
    },
    "1.19": {
        "": (
            "010 - 015 070 105 100 185 210 060@1.17 245 380 040 080@1.18 290 200 295 136 130 135 220 390 270 "
            "300 110 120 510 500 340@1.19 - - - - - RE SP"
        )
    },
    "1.20": {
        "": (
            "010 - 015 070 105 100 185 210 060@1.17 245 380@1.20 040 080@1.20 290 200 295 136 130 135 220 "
            "390 270 300 110 120 510 500 340@1.19 - - - - - RE SP"
        )
    },
    "1.21": {
        "": (
            "010 - 015 070 105 100 185 210 060@1.17 245 380@1.20 040 080@1.21 290 200 295 136 130 135 220 "
            "390 270 300 110 120 510 500 340@1.19 - - - - - RE SP"
        )
    },
}

ITEMS: Final[dict[str, str | tuple[str, ...]]] = {
    # Data Source Identifier
    "010": "SAC:8 SIC:8",
    # Service Identification
    "015": ":8",
    # Track Number
    "040": ":16",
    # Track Mode 3/A Code
    "060": "-:2 CH:1 -:1 MODE3A:12octal",
    # Track Mode 3/A Code
    "060@1.17": "V:1 G:1 CH:1 -:1 MODE3A:12octal",
    # Time Of Track Information
    "070": ":24u*1/128[s]",
    # Track Status
    "080": (
        "MON:1 SPI:1 MRH:1 SRC:3 CNF:1 FX SIM:1 TSE:1 TSB:1 FPC:1 AFF:1 STP:1 KOS:1 FX AMA:1 MD4:2 ME:1 "
        "MI:1 MD5:2 FX CST:1 PSR:1 SSR:1 MDS:1 ADS:1 SUC:1 AAC:1 FX SDS:2 EMS:3 PFT:1 FPLT:1 FX DUPT:1 "
        "DUPF:1 DUPM:1 -:4 FX"
    ),
    # Track Status
    "080@1.18": (
        "MON:1 SPI:1 MRH:1 SRC:3 CNF:1 FX SIM:1 TSE:1 TSB:1 FPC:1 AFF:1 STP:1 KOS:1 FX AMA:1 MD4:2 ME:1 "
        "MI:1 MD5:2 FX CST:1 PSR:1 SSR:1 MDS:1 ADS:1 SUC:1 AAC:1 FX SDS:2 EMS:3 PFT:1 FPLT:1 FX DUPT:1 "
        "DUPF:1 DUPM:1 SFC:1 IDD:1 IEC:1 -:1 FX"
    ),
    # Track Status
    "080@1.20": (
        "MON:1 SPI:1 MRH:1 SRC:3 CNF:1 FX SIM:1 TSE:1 TSB:1 FPC:1 AFF:1 STP:1 KOS:1 FX AMA:1 MD4:2 ME:1 "
        "MI:1 MD5:2 FX CST:1 PSR:1 SSR:1 MDS:1 ADS:1 SUC:1 AAC:1 FX SDS:2 EMS:3 PFT:1 FPLT:1 FX DUPT:1 "
        "DUPF:1 DUPM:1 SFC:1 IDD:1 IEC:1 MLAT:1 FX"
    ),
    # Track Status
    "080@1.21": (
        "MON:1 SPI:1 MRH:1 SRC:3 CNF:1 FX SIM:1 TSE:1 TSB:1 FPC:1 AFF:1 STP:1 KOS:1 FX AMA:1 MD4:2 ME:1 "
        "MI:1 MD5:2 FX CST:1 PSR:1 SSR:1 MDS:1 ADS:1 SUC:1 AAC:1 FX SDS:2 EMS:3 PFT:1 FPLT:1 FX DUPT:1 "
        "DUPF:1 DUPM:1 SFC:1 IDD:1 IEC:1 MLAT:1 FX M5I:1 -:6 FX"
    ),
    # Calculated Track Position (Cartesian)
    "100": "X:24s*1/2[m] Y:24s*1/2[m]",
    # Calculated Position In WGS-84 Co-ordinates
    "105": "LAT:32s*360/67108864[deg] LON:32s*360/67108864[deg]",
    # Mode 5 Data Reports and Extended Mode 1 Code
    "110": (
        "SUM = M5:1 ID:1 DA:1 M1:1 M2:1 M3:1 MC:1 X:1",
        "PMN = -:2 PIN:14 -:3 NAT:5 -:2 MIS:6",
        "POS = LAT:24s*360/16777216[deg] LON:24s*360/16777216[deg]",
        "GA = -:1 RES:1 GA:14s*25[ft]",
        "EM1 = -:4 EM1:12octal",
        "TOS = :8s*1/128[s]",
        "XP = -:3 X5:1 XC:1 X3:1 X2:1 X1:1",
    ),
    # Track Mode 2 Code
    "120": "-:4 MODE2:12octal",
    # Calculated Track Geometric Altitude
    "130": ":16s*6.25[ft]",
    # Calculated Track Barometric Altitude
    "135": "QNH:1 CTB:15s*1/4[FL]",
    # Measured Flight Level
    "136": ":16s*1/4[FL]",
    # Calculated Track Velocity (Cartesian)
    "185": "VX:16s*1/4[m/s] VY:16s*1/4[m/s]",
    # Mode of Movement
    "200": "TRANS:2 LONG:2 VERT:2 ADF:1 -:1",
    # Calculated Acceleration (Cartesian)
    "210": "AX:8s*1/4[m/s2] AY:8s*1/4[m/s2]",
    # Calculated Rate of Climb/Descent
    "220": ":16s*6.25[ft/min]",
    # Target Identification
    "245": "STI:2 -:6 CHR:48icao",
    # Target Size and Orientation
    "270": "LENGTH:7u*1[m] FX ORIENTATION:7u*360/128[deg] FX WIDTH:7u*1[m] FX",
    # System Track Update Ages
    "290": (
        "TRK = :8u*1/4[s]",
        "PSR = :8u*1/4[s]",
        "SSR = :8u*1/4[s]",
        "MDS = :8u*1/4[s]",
        "ADS = :16u*1/4[s]",
        "ES = :8u*1/4[s]",
        "VDL = :8u*1/4[s]",
        "UAT = :8u*1/4[s]",
        "LOP = :8u*1/4[s]",
        "MLT = :8u*1/4[s]",
    ),
    # Track Data Ages
    "295": (
        "MFL = :8u*1/4[s]",
        "MD1 = :8u*1/4[s]",
        "MD2 = :8u*1/4[s]",
        "MDA = :8u*1/4[s]",
        "MD4 = :8u*1/4[s]",
        "MD5 = :8u*1/4[s]",
        "MHG = :8u*1/4[s]",
        "IAS = :8u*1/4[s]",
        "TAS = :8u*1/4[s]",
        "SAL = :8u*1/4[s]",
        "FSS = :8u*1/4[s]",
        "TID = :8u*1/4[s]",
        "COM = :8u*1/4[s]",
        "SAB = :8u*1/4[s]",
        "ACS = :8u*1/4[s]",
        "BVR = :8u*1/4[s]",
        "GVR = :8u*1/4[s]",
        "RAN = :8u*1/4[s]",
        "TAR = :8u*1/4[s]",
        "TAN = :8u*1/4[s]",
        "GSP = :8u*1/4[s]",
        "VUN = :8u*1/4[s]",
        "MET = :8u*1/4[s]",
        "EMC = :8u*1/4[s]",
        "POS = :8u*1/4[s]",
        "GAL = :8u*1/4[s]",
        "PUN = :8u*1/4[s]",
        "MB = :8u*1/4[s]",
        "IAR = :8u*1/4[s]",
        "MAC = :8u*1/4[s]",
        "BPS = :8u*1/4[s]",
    ),
    # Vehicle Fleet Identification
    "300": ":8",
    # Measured Information
    "340": (
        "SID = SAC:8 SIC:8",
        "POS = RHO:16u*1/256[NM] THETA:16u*360/65536[deg]",
        "HEIGHT = :16u*25[ft]",
        "MDC = V:1 G:1 LMC:14s*1/4[FL]",
        "MDA = V:1 G:1 L:1 -:1 MODE3A:12octal",
        "TYP = TYP:3 SIM:1 RAB:1 TST:1 -:2",
    ),
    # Measured Information
    "340@1.19": (
        "SID = SAC:8 SIC:8",
        "POS = RHO:16u*1/256[NM] THETA:16u*360/65536[deg]",
        "HEIGHT = :16s*25[ft]",
        "MDC = V:1 G:1 LMC:14s*1/4[FL]",
        "MDA = V:1 G:1 L:1 -:1 MODE3A:12octal",
        "TYP = TYP:3 SIM:1 RAB:1 TST:1 -:2",
    ),
    # Aircraft Derived Data
    "380": (
        "ADR = :24",
        "ID = :48icao",
        "MHG = :16u*360/65536[deg]",
        "IAS = IM:1 IAS:15u*1/16384[NM/s]|u*0.001[Mach]",
        "TAS = :16u*1[kt]",
        "SAL = SAS:1 SRC:2 ALT:13s*25[ft]",
        "FSS = MV:1 AH:1 AM:1 ALT:13s*25[ft]",
        "TIS = NAV:1 NVB:1 -:5 FX",
        (
            "TID = N* TCA:1 NC:1 TCPN:6 ALT:16s*10[ft] LAT:24s*360/16777216[deg] LON:24s*360/16777216[deg] "
            "PT:4 TD:2 TRA:1 TOA:1 TOV:24u*1[s] TTR:16u*0.01[NM]"
        ),
        "COM = COM:3 STAT:3 -:2 SSC:1 ARC:1 AIC:1 B1A:1 B1B:4",
        "SAB = AC:2 MN:2 DC:2 GBS:1 -:6 STAT:3",
        "ACS = :56hex",
        "BVR = :16s*6.25[ft/min]",
        "GVR = :16s*6.25[ft/min]",
        "RAN = :16s*0.01[deg]",
        "TAR = TI:2 -:6 ROT:7s*1/4[deg/s] -:1",
        "TAN = :16u*360/65536[deg]",
        "GS = :16s*1/16384[NM/s]",
        "VUN = :8",
        "MET = WS:1 WD:1 TMP:1 TRB:1 -:4 WSD:16u*1[kt] WDD:16u*1[deg] TMPD:16s*1/4[degC] TRBD:8u",
        "EMC = :8",
        "POS = LAT:24s*360/16777216[deg] LON:24s*360/16777216[deg]",
        "GAL = :16s*6.25[ft]",
        "PUN = -:4 PUN:4",
        "MB = N* :64hex",
        "IAR = :16u*1[kt]",
        "MAC = :16u*0.008[Mach]",
        "BPS = -:4 BPS:12u*0.1[mb]",
    ),
    # Aircraft Derived Data
    "380@1.20": (
        "ADR = :24",
        "ID = :48icao",
        "MHG = :16u*360/65536[deg]",
        "IAS = IM:1 IAS:15u*1/16384[NM/s]|u*0.001[Mach]",
        "TAS = :16u*1[kt]",
        "SAL = SAS:1 SRC:2 ALT:13s*25[ft]",
        "FSS = MV:1 AH:1 AM:1 ALT:13s*25[ft]",
        "TIS = NAV:1 NVB:1 -:5 FX",
        (
            "TID = N* TCA:1 NC:1 TCPN:6 ALT:16s*10[ft] LAT:24s*360/16777216[deg] LON:24s*360/16777216[deg] "
            "PT:4 TD:2 TRA:1 TOA:1 TOV:24u*1[s] TTR:16u*0.01[NM]"
        ),
        "COM = COM:3 STAT:3 -:2 SSC:1 ARC:1 AIC:1 B1A:1 B1B:4",
        "SAB = AC:2 MN:2 DC:2 GBS:1 -:6 STAT:3",
        "ACS = :56hex",
        "BVR = :16s*6.25[ft/min]",
        "GVR = :16s*6.25[ft/min]",
        "RAN = :16s*0.01[deg]",
        "TAR = TI:2 -:6 ROT:7s*1/4[deg/s] -:1",
        "TAN = :16u*360/65536[deg]",
        "GS = :16s*1/16384[NM/s]",
        "VUN = :8",
        "MET = WS:1 WD:1 TMP:1 TRB:1 -:4 WSD:16u*1[kt] WDD:16u*1[deg] TMPD:16s*1/4[degC] TRBD:8u",
        "EMC = :8",
        "POS = LAT:24s*360/16777216[deg] LON:24s*360/16777216[deg]",
        "GAL = :16s*6.25[ft]",
        "PUN = -:4 PUN:4",
        "BDSDATA = N* :64hex",
        "IAR = :16u*1[kt]",
        "MAC = :16u*0.008[Mach]",
        "BPS = -:4 BPS:12u*0.1[mb]",
    ),
    # Flight Plan Related Data
    "390": (
        "TAG = SAC:8 SIC:8",
        "CS = :56ascii",
        "IFI = TYP:2 -:3 NBR:27u",
        "FCT = GATOAT:2 FR1FR2:2 RVSM:2 HPR:1 -:1",
        "TAC = :32ascii",
        "WTC = :8ascii",
        "DEP = :32ascii",
        "DST = :32ascii",
        "RDS = NU1:8ascii NU2:8ascii LTR:8ascii",
        "CFL = :16u*1/4[FL]",
        "CTL = CENTRE:8 POSITION:8",
        "TOD = N* TYP:5 DAY:2 -:4 HOR:5u -:2 MIN:6u AVS:1 -:1 SEC:6u",
        "AST = :48ascii",
        "STS = EMP:2 AVL:2 -:4",
        "STD = :56ascii",
        "STA = :56ascii",
        "PEM = -:3 VA:1 MODE3A:12octal",
        "PEC = :56ascii",
    ),
    # Estimated Accuracies
    "500": (
        "APC = X:16u*1/2[m] Y:16u*1/2[m]",
        "COV = :16s*1/2[m]",
        "APW = LAT:16u*360/67108864[deg] LON:16u*360/67108864[deg]",
        "AGA = :8u*6.25[ft]",
        "ABA = :8u*1/4[FL]",
        "ATV = X:8u*1/4[m/s] Y:8u*1/4[m/s]",
        "AA = X:8u*1/4[m/s2] Y:8u*1/4[m/s2]",
        "ARC = :8u*6.25[ft/min]",
    ),
    # Composed Track Number
    "510": "FX* IDENT:8 TRACK:15",
    # Reserved Expansion Field
    "RE": "explicit",
    # Special Purpose Field
    "SP": "explicit",
}

EXPANSIONS: Final[dict[str, str]] = {  # edition of the RE field -> items in the order of its FSPEC
    "1.2": "CST CSN TVS STS",
    "1.3": "CST CSN TVS STS@1.3 V3",
}

EXPANSION_ITEMS: Final[dict[str, str | tuple[str, ...]]] = {
    # Contributing Sensors No Local Tracknumbers
    "CSN": "N* SAC:8 SIC:8 -:4 TYP:4",
    # Contributing Sensors With Local Tracknumbers
    "CST": "N* SAC:8 SIC:8 -:4 TYP:4 LTN:16",
    # Supplementary Track Status
    "STS": "FDR:1 -:6 FX",
    # Supplementary Track Status
    "STS@1.3": "FDR:1 LNAV_EP:1 LNAV_VAL:1 -:4 FX",
    # Calculated Track Velocity Relative to System Reference Point
    "TVS": "VX:16s*1/4[m/s] VY:16s*1/4[m/s]",
    # ADS-B Version 3 Data
    "V3": (
        "PS3 = EP:1 VAL:3 -:4",
        (
            "AS = RCE_EP:1 RCE_VAL:2 RRL_EP:1 RRL_VAL:1 TPW_EP:1 TPW_VAL:2 TSI_EP:1 TSI_VAL:2 TAO_EP:1 "
            "TAO_RE:1 TAO_VAL:6 -:5"
        ),
        "UAS = MUO_EP:1 MUO_VAL:1 DAA_EP:1 DAA_VAL:2 RWC_EP:1 RWC_VAL:1 -:1",
        "CASS = SVH_EP:1 SVH_VAL:2 CATC_EP:1 CATC_VAL:3 -:1",
    ),
}
