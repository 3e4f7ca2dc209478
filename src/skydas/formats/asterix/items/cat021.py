"""CAT021  ADS-B target reports.

Every item, octet by octet; `skydas.formats.asterix.layout` says how to read a layout. Made by tools/asterix_tables.py
from the item tables of libasterix 0.36.3 (copyright 2024 Zoran Bošnjak, BSD 3-clause): do not edit. An item whose
layout changed stands again as NAME@EDITION, the first edition that has the new one.
"""

from __future__ import annotations

from typing import Final

EDITIONS: Final[dict[str, dict[str, str]]] = {  # edition -> profile -> items in the order of FSPEC
    "0.23": {
        "": (
            "010 040 030 130 080 140 090 210 230 145 150 151 152 155 157 160 165 170 095 032 200 020 220 146 "
            "148 110 - - - - - - - RE SP"
        )
    },
    "0.24": {
        "": (
            "010 040 030 130@0.24 080 140 090 210 230 145 150 151 152 155 157 160 165 170 095 032 200 020 "
            "220 146 148 110 - - - - - - - RE SP"
        )
    },
    "0.25": {
        "": (
            "010 040 030 130@0.24 080 140 090 210 230 145 150 151 152 155 157 160 165 170 095 032 200 020 "
            "220 146 148 110 - - - - - - - RE SP"
        )
    },
    "0.26": {
        "": (
            "010 040 030 130@0.24 080 140 090 210 230 145 150 151 152 155 157 160 165 170 095 032 200 020 "
            "220 146 148 110 070 131 - - - - - RE SP"
        )
    },
    "2.1": {
        "": (
            "010 040@2.1 161 015 071 130 131@2.1 072 150 151@2.1 080 073 074 075 076 140 090@2.1 210@2.1 "
            "070@2.1 230 145 152 200@2.1 155@2.1 157@2.1 160@2.1 165@2.1 077 170 020 220 146@2.1 148 110 016 "
            "008 271 132 250 260 400 295 - - - - - RE SP"
        )
    },
    "2.2": {
        "": (
            "010 040@2.1 161 015 071 130 131@2.1 072 150 151@2.1 080 073 074 075 076 140 090@2.1 210@2.1 "
            "070@2.1 230 145 152 200@2.2 155@2.1 157@2.1 160@2.1 165@2.1 077 170 020 220 146@2.1 148 110 016 "
            "008 271@2.2 132 250 260 400 295 - - - - - RE SP"
        )
    },
    "2.3": {
        "": (
            "010 040@2.3 161 015 071 130 131@2.1 072 150 151@2.1 080 073 074 075 076 140 090@2.1 210@2.1 "
            "070@2.1 230 145 152 200@2.2 155@2.1 157@2.1 160@2.1 165@2.1 077 170 020 220 146@2.1 148 110 016 "
            "008 271@2.2 132 250 260 400 295 - - - - - RE SP"
        )
    },
    "2.4": {
        "": (
            "010 040@2.3 161 015 071 130 131@2.1 072 150 151@2.1 080 073 074 075 076 140 090@2.1 210@2.1 "
            "070@2.1 230 145 152 200@2.2 155@2.1 157@2.1 160@2.1 165@2.1 077 170 020 220 146@2.1 148 110 016 "
            "008 271@2.2 132 250 260 400 295 - - - - - RE SP"
        )
    },
    "2.5": {
        "": (
            "010 040@2.3 161 015 071 130 131@2.1 072 150 151@2.1 080 073 074 075 076 140 090@2.1 210@2.1 "
            "070@2.1 230 145 152 200@2.2 155@2.1 157@2.1 160@2.1 165@2.1 077 170 020 220 146@2.1 148 110 016 "
            "008 271@2.2 132 250 260 400 295 - - - - - RE SP"
        )
    },
    "2.6": {
        "": (
            "010 040@2.6 161 015 071 130 131@2.1 072 150 151@2.1 080 073 074 075 076 140 090@2.1 210@2.1 "
            "070@2.1 230 145 152 200@2.2 155@2.1 157@2.1 160@2.1 165@2.1 077 170 020 220 146@2.1 148 110 016 "
            "008 271@2.2 132 250 260 400 295@2.6 - - - - - RE SP"
        )
    },
    "2.7": {
        "": (
            "010 040@2.6 161 015 071 130 131@2.1 072 150 151@2.1 080 073 074 075 076 140 090@2.7 210@2.1 "
            "070@2.1 230 145 152 200@2.2 155@2.1 157@2.1 160@2.1 165@2.1 077 170 020 220 146@2.1 148 110 016 "
            "008 271@2.2 132 250 260 400 295@2.6 - - - - - RE SP"
        )
    },
}

ITEMS: Final[dict[str, str | tuple[str, ...]]] = {
    # Aircraft Operational Status
    "008": "RA:1 TC:2 TS:1 ARV:1 CDTIA:1 NOTTCAS:1 SA:1",
    # Data Source Identification
    "010": "SAC:8 SIC:8",
    # Service Identification
    "015": ":8",
    # Service Management
    "016": ":8u*1/2[s]",
    # Emitter Category
    "020": ":8",
    # Time of Day
    "030": ":24u*1/128[s]",
    # Time of Day Accuracy
    "032": ":8u*1/256[s]",
    # Target Report Descriptor
    "040": "DCR:1 GBS:1 SIM:1 TST:1 RAB:1 SAA:1 SPI:1 -:1 ATP:3 ARC:2 -:3",
    # Target Report Descriptor
    "040@2.1": (
        "ATP:3 ARC:2 RC:1 RAB:1 FX DCR:1 GBS:1 SIM:1 TST:1 SAA:1 CL:2 FX -:2 IPC:1 NOGO:1 CPR:1 LDPJ:1 RCF:1 FX"
    ),
    # Target Report Descriptor
    "040@2.3": (
        "ATP:3 ARC:2 RC:1 RAB:1 FX DCR:1 GBS:1 SIM:1 TST:1 SAA:1 CL:2 FX -:1 LLC:1 IPC:1 NOGO:1 CPR:1 LDPJ:1 RCF:1 FX"
    ),
    # Target Report Descriptor
    "040@2.6": (
        "ATP:3 ARC:2 RC:1 RAB:1 FX DCR:1 GBS:1 SIM:1 TST:1 SAA:1 CL:2 FX -:1 LLC:1 IPC:1 NOGO:1 CPR:1 "
        "LDPJ:1 RCF:1 FX TBC_EP:1 TBC_VAL:6u FX MBC_EP:1 MBC_VAL:6u FX"
    ),
    # Mode 3/A Code in Octal Representation
    "070": "V:1 G:1 L:1 -:1 MODE3A:12octal",
    # Mode 3/A Code in Octal Representation
    "070@2.1": "-:4 MODE3A:12octal",
    # Time of Applicability for Position
    "071": ":24u*1/128[s]",
    # Time of Applicability for Velocity
    "072": ":24u*1/128[s]",
    # Time of Message Reception for Position
    "073": ":24u*1/128[s]",
    # Time of Message Reception of Position-High Precision
    "074": "FSI:2 TOMRP:30u*1/1073741824[s]",
    # Time of Message Reception for Velocity
    "075": ":24u*1/128[s]",
    # Time of Message Reception of Velocity-High Precision
    "076": "FSI:2 TOMRP:30u*1/1073741824[s]",
    # Time of ASTERIX Report Transmission
    "077": ":24u*1/128[s]",
    # Target Address
    "080": ":24",
    # Figure of Merit
    "090": "AC:2 MN:2 DC:2 -:6 PA:4s*1[]",
    # Quality Indicators
    "090@2.1": "NUCRNACV:3 NUCPNIC:4 FX NICBARO:1 SIL:2 NACP:4 FX -:2 SILS:1 SDA:2 GVA:2 FX PIC:4 -:3 FX",
    # Quality Indicators
    "090@2.7": (
        "NUCRNACV:3 NUCPNIC:4 FX NICBARO:1 SIL:2 NACP:4 FX -:2 SILS:1 SDA:2 GVA:2 FX PIC:4 SRC:1 -:2 FX "
        "-:2 VALSTATE_EP:1 VALSTATE_VAL:2 VD:1 VQ:1 FX VALDISTP1:7u*128[m] FX VALDISTP2:7u*1[m] FX "
        "VALDISTQUALP1:7u*128[m] FX VALDISTQUALP2:7u*1[m] FX"
    ),
    # Velocity Accuracy
    "095": ":8",
    # Trajectory Intent
    "110": (
        "TIS = NAV:1 NVB:1 -:5 FX",
        (
            "TID = N* TCA:1 NC:1 TCPN:6 ALT:16s*10[ft] LAT:24s*360/16777216[deg] LON:24s*360/16777216[deg] "
            "PT:4 TD:2 TRA:1 TOA:1 TOV:24u*1[s] TTR:16u*0.01[NM]"
        ),
    ),
    # Position in WGS-84 Co-ordinates
    "130": "LAT:24s*360/16777216[deg] LON:24s*360/16777216[deg]",
    # Position in WGS-84 Co-ordinates
    "130@0.24": "LAT:32s*360/67108864[deg] LON:32s*360/67108864[deg]",
    # Signal Amplitude
    "131": ":8",
    # High-Resolution Position in WGS-84 Co-ordinates
    "131@2.1": "LAT:32s*360/2147483648[deg] LON:32s*360/2147483648[deg]",
    # Message Amplitude
    "132": ":8s*1[dBm]",
    # Geometric Altitude
    "140": ":16s*6.25[ft]",
    # Flight Level
    "145": ":16s*1/4[FL]",
    # Intermediate State Selected Altitude
    "146": "SAS:1 SRC:2 ALT:13s*25[ft]",
    # Selected Altitude
    "146@2.1": "SAS:1 S:2 ALT:13s*25[ft]",
    # Final State Selected Altitude
    "148": "MV:1 AH:1 AM:1 ALT:13s*25[ft]",
    # Air Speed
    "150": "IM:1 AS:15u*1/16384[NM/s]|u*0.001[Mach]",
    # True Airspeed
    "151": ":16u*1[kt]",
    # True Airspeed
    "151@2.1": "RE:1 TAS:15u*1[kt]",
    # Magnetic Heading
    "152": ":16u*360/65536[deg]",
    # Barometric Vertical Rate
    "155": ":16s*6.25[ft/min]",
    # Barometric Vertical Rate
    "155@2.1": "RE:1 BVR:15s*6.25[ft/min]",
    # Geometric Vertical Rate
    "157": ":16s*6.25[ft/min]",
    # Geometric Vertical Rate
    "157@2.1": "RE:1 GVR:15s*6.25[ft/min]",
    # Ground Vector
    "160": "GS:16s*1/16384[NM/s] TA:16u*360/65536[deg]",
    # Airborne Ground Vector
    "160@2.1": "RE:1 GS:15u*1/16384[NM/s] TA:16u*360/65536[deg]",
    # Track Number
    "161": "-:4 TRNUM:12",
    # Rate Of Turn
    "165": "TI:2 -:5 FX ROT:7s*1/4[deg/s] FX",
    # Track Angle Rate
    "165@2.1": "-:6 TAR:10s*1/32[deg/s]",
    # Target Identification
    "170": ":48icao",
    # Target Status
    "200": ":8",
    # Target Status
    "200@2.1": "ICF:1 LNAV:1 -:1 PS:3 SS:2",
    # Target Status
    "200@2.2": "ICF:1 LNAV:1 ME:1 PS:3 SS:2",
    # Link Technology Indicator
    "210": "-:3 DTI:1 MDS:1 UAT:1 VDL:1 OTR:1",
    # MOPS Version
    "210@2.1": "-:1 VNS:1 VN:3 LTT:3",
    # Met Information
    "220": (
        "WS = :16u*1[kt]",
        "WD = :16u*1[deg]",
        "TMP = :16s*1/4[degC]",
        "TRB = :8u",
    ),
    # Roll Angle
    "230": ":16s*0.01[deg]",
    # Mode S MB Data
    "250": "N* :64hex",
    # ACAS Resolution Advisory Report
    "260": "TYP:5 STYP:3 ARA:14 RAC:4 RAT:1 MTE:1 TTI:2 TID:26",
    # Surface Capabilities and Characteristics
    "271": "-:2 POA:1 CDTIS:1 B2LOW:1 RAS:1 IDENT:1 FX -:4 LW:4",
    # Surface Capabilities and Characteristics
    "271@2.2": "-:2 POA:1 CDTIS:1 B2LOW:1 RAS:1 IDENT:1 FX LW:4 -:3 FX",
    # Data Ages
    "295": (
        "AOS = :8u*0.1[s]",
        "TRD = :8u*0.1[s]",
        "M3A = :8u*0.1[s]",
        "QI = :8u*0.1[s]",
        "TI1 = :8u*0.1[s]",
        "MAM = :8u*0.1[s]",
        "GH = :8u*0.1[s]",
        "FL = :8u*0.1[s]",
        "ISA = :8u*0.1[s]",
        "FSA = :8u*0.1[s]",
        "AS = :8u*0.1[s]",
        "TAS = :8u*0.1[s]",
        "MH = :8u*0.1[s]",
        "BVR = :8u*0.1[s]",
        "GVR = :8u*0.1[s]",
        "GV = :8u*0.1[s]",
        "TAR = :8u*0.1[s]",
        "TI2 = :8u*0.1[s]",
        "TS = :8u*0.1[s]",
        "MET = :8u*0.1[s]",
        "ROA = :8u*0.1[s]",
        "ARA = :8u*0.1[s]",
        "SCC = :8u*0.1[s]",
    ),
    # Data Ages
    "295@2.6": (
        "AOS = :8u*0.1[s]",
        "TRD = :8u*0.1[s]",
        "M3A = :8u*0.1[s]",
        "QI = :8u*0.1[s]",
        "TI1 = :8u*0.1[s]",
        "MAM = :8u*0.1[s]",
        "GH = :8u*0.1[s]",
        "FL = :8u*0.1[s]",
        "SAL = :8u*0.1[s]",
        "FSA = :8u*0.1[s]",
        "AS = :8u*0.1[s]",
        "TAS = :8u*0.1[s]",
        "MH = :8u*0.1[s]",
        "BVR = :8u*0.1[s]",
        "GVR = :8u*0.1[s]",
        "GV = :8u*0.1[s]",
        "TAR = :8u*0.1[s]",
        "TI2 = :8u*0.1[s]",
        "TS = :8u*0.1[s]",
        "MET = :8u*0.1[s]",
        "ROA = :8u*0.1[s]",
        "ARA = :8u*0.1[s]",
        "SCC = :8u*0.1[s]",
    ),
    # Receiver ID
    "400": ":8",
    # Reserved Expansion Field
    "RE": "explicit",
    # Special Purpose Field
    "SP": "explicit",
}

EXPANSIONS: Final[dict[str, str]] = {  # edition of the RE field -> items in the order of its FSPEC
    "1.4": "BPS SH NAV GAO SGV STA TNH MES",
    "1.5": "BPS SH NAV@1.5 GAO SGV STA@1.5 TNH MES",
}

EXPANSION_ITEMS: Final[dict[str, str | tuple[str, ...]]] = {
    # Barometric Pressure Setting
    "BPS": "-:4 BPS:12u*0.1[hPa]",
    # GPS Antenna Offset
    "GAO": ":8",
    # Military Extended Squitter
    "MES": (
        "SUM = M5:1 ID:1 DA:1 M1:1 M2:1 M3:1 MC:1 PO:1",
        "PNO = -:2 PIN:14 -:5 NO:11",
        "EM1 = V:1 -:1 L:1 -:1 EM1:12octal",
        "XP = -:2 XP:1 X5:1 XC:1 X3:1 X2:1 X1:1",
        "FOM = -:3 FOM:5",
        "M2 = V:1 -:1 L:1 -:1 MODE2:12octal",
    ),
    # Navigation Mode
    "NAV": "AP:1 VN:1 AH:1 AM:1 -:4",
    # Navigation Mode
    "NAV@1.5": "AP:1 VN:1 AH:1 AM:1 MFM_EP:1 MFM_VAL:1 -:2",
    # Surface Ground Vector
    "SGV": "STP:1 HTS:1 HTT:1 HRD:1 GSS:11u*1/8[kt] FX HGT:7u*360/128[deg] FX",
    # Selected Heading
    "SH": "-:4 HDR:1 STAT:1 SH:10u*360/512[deg]",
    # Aircraft Status
    "STA": "ES:1 UAT:1 -:5 FX",
    # Aircraft Status
    "STA@1.5": (
        "ES:1 UAT:1 RCE_EP:1 RCE_VAL:2 RRL_EP:1 RRL_VAL:1 FX PS3_EP:1 PS3_VAL:3 TPW_EP:1 TPW_VAL:2 FX "
        "TSI_EP:1 TSI_VAL:2 MUO_EP:1 MUO_VAL:1 RWC_EP:1 RWC_VAL:1 FX DAA_EP:1 DAA_VAL:2 DF17CA_EP:1 "
        "DF17CA_VAL:3 FX SVH_EP:1 SVH_VAL:2 CATC_EP:1 CATC_VAL:3 FX TAO_EP:1 TAO_VAL:5 -:1 FX"
    ),
    # True North Heading
    "TNH": ":16u*360/65536[deg]",
}
