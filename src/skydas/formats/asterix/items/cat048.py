"""CAT048  Monoradar target reports.

Every item, octet by octet; `skydas.formats.asterix.layout` says how to read a layout. Made by tools/asterix_tables.py
from the item tables of libasterix 0.36.3 (copyright 2024 Zoran Bošnjak, BSD 3-clause): do not edit. An item whose
layout changed stands again as NAME@EDITION, the first edition that has the new one.
"""

from __future__ import annotations

from typing import Final

EDITIONS: Final[dict[str, dict[str, str]]] = {  # edition -> profile -> items in the order of FSPEC
    "1.27": {
        "": (
            "010 140 020 040 070 090 130 220 240 250 161 042 200 170 210 030 080 100 110 120 230 260 055 050 "
            "065 060 SP RE"
        )
    },
    "1.28": {
        "": (
            "010 140 020 040 070 090 130 220 240 250 161 042 200 170 210 030 080 100 110 120 230 260 055 050 "
            "065 060 SP RE"
        )
    },
    "1.29": {
        "": (
            "010 140 020 040 070 090 130 220 240 250 161 042 200 170 210 030 080 100 110 120 230 260 055 050 "
            "065 060 SP RE"
        )
    },
    "1.30": {
        "": (
            "010 140 020 040 070 090 130 220 240 250 161 042 200 170 210 030 080 100 110 120 230 260 055 050 "
            "065 060 SP RE"
        )
    },
    "1.31": {
        "": (
            "010 140 020@1.31 040 070 090 130 220 240 250 161 042 200 170 210 030 080 100 110 120 230 260 "
            "055 050 065 060 SP RE"
        )
    },
    "1.32": {
        "": (
            "010 140 020@1.32 040 070 090@1.32 130 220 240 250 161 042 200 170 210 030 080 100 110 120 230 "
            "260 055 050 065 060 SP RE"
        )
    },
}

ITEMS: Final[dict[str, str | tuple[str, ...]]] = {
    # Data Source Identifier
    "010": "SAC:8 SIC:8",
    # Target Report Descriptor
    "020": "TYP:3 SIM:1 RDP:1 SPI:1 RAB:1 FX TST:1 ERR:1 XPP:1 ME:1 MI:1 FOEFRI:2 FX",
    # Target Report Descriptor
    "020@1.31": (
        "TYP:3 SIM:1 RDP:1 SPI:1 RAB:1 FX TST:1 ERR:1 XPP:1 ME:1 MI:1 FOEFRI:2 FX ADSB_EP:1 ADSB_VAL:1 "
        "SCN_EP:1 SCN_VAL:1 PAI_EP:1 PAI_VAL:1 -:1 FX"
    ),
    # Target Report Descriptor
    "020@1.32": (
        "TYP:3 SIM:1 RDP:1 SPI:1 RAB:1 FX TST:1 ERR:1 XPP:1 ME:1 MI:1 FOEFRI:2 FX ADSB_EP:1 ADSB_VAL:1 "
        "SCN_EP:1 SCN_VAL:1 PAI_EP:1 PAI_VAL:1 -:1 FX ACASXV_EP:1 ACASXV_VAL:4 POXPR_EP:1 POXPR_VAL:1 FX "
        "POACT_EP:1 POACT_VAL:1 DTFXPR_EP:1 DTFXPR_VAL:1 DTFACT_EP:1 DTFACT_VAL:1 -:1 FX IRMXPR_EP:1 "
        "IRMXPR_VAL:1 IRMACT_EP:1 IRMACT_VAL:1 -:3 FX"
    ),
    # Warning/Error Conditions and Target Classification
    "030": "FX* :7",
    # Measured Position in Polar Co-ordinates
    "040": "RHO:16u*1/256[NM] THETA:16u*360/65536[deg]",
    # Calculated Position in Cartesian Co-ordinates
    "042": "X:16s*1/128[NM] Y:16s*1/128[NM]",
    # Mode-2 Code in Octal Representation
    "050": "V:1 G:1 L:1 -:1 MODE2:12octal",
    # Mode-1 Code in Octal Representation
    "055": "V:1 G:1 L:1 MODE1:5",
    # Mode-2 Code Confidence Indicator
    "060": "-:4 QA4:1 QA2:1 QA1:1 QB4:1 QB2:1 QB1:1 QC4:1 QC2:1 QC1:1 QD4:1 QD2:1 QD1:1",
    # Mode-1 Code Confidence Indicator
    "065": "-:3 QA4:1 QA2:1 QA1:1 QB2:1 QB1:1",
    # Mode-3/A Code in Octal Representation
    "070": "V:1 G:1 L:1 -:1 MODE3A:12octal",
    # Mode-3/A Code Confidence Indicator
    "080": "-:4 QA4:1 QA2:1 QA1:1 QB4:1 QB2:1 QB1:1 QC4:1 QC2:1 QC1:1 QD4:1 QD2:1 QD1:1",
    # Flight Level in Binary Representation
    "090": "V:1 G:1 FL:14u*1/4[FL]",
    # Flight Level in Binary Representation
    "090@1.32": "V:1 G:1 FL:14s*1/4[FL]",
    # Mode-C Code and Code Confidence Indicator
    "100": "V:1 G:1 -:2 MODEC:12 -:4 QC1:1 QA1:1 QC2:1 QA2:1 QC4:1 QA4:1 QB1:1 QD1:1 QB2:1 QD2:1 QB4:1 QD4:1",
    # Height Measured by a 3D Radar
    "110": "-:2 3DH:14s*25[ft]",
    # Radial Doppler Speed
    "120": (
        "CAL = D:1 -:5 CAL:10s*1[m/s]",
        "RDS = N* DOP:16u*1[m/s] AMB:16u*1[m/s] FRQ:16u*1[MHz]",
    ),
    # Radar Plot Characteristics
    "130": (
        "SRL = :8u*360/8192[deg]",
        "SRR = :8u",
        "SAM = :8s*1[dBm]",
        "PRL = :8u*360/8192[deg]",
        "PAM = :8s*1[dBm]",
        "RPD = :8s*1/256[NM]",
        "APD = :8s*360/16384[deg]",
    ),
    # Time of Day
    "140": ":24u*1/128[s]",
    # Track Number
    "161": "-:4 TRN:12",
    # Track Status
    "170": "CNF:1 RAD:2 DOU:1 MAH:1 CDM:2 FX TRE:1 GHO:1 SUP:1 TCC:1 -:3 FX",
    # Calculated Track Velocity in Polar Co-ordinates
    "200": "GSP:16u*1/16384[NM/s] HDG:16u*360/65536[deg]",
    # Track Quality
    "210": "SIGX:8u*1/128[NM] SIGY:8u*1/128[NM] SIGV:8u*1/16384[NM/s] SIGH:8u*360/4096[deg]",
    # Aircraft Address
    "220": ":24",
    # Communications/ACAS Capability and Flight Status
    "230": "COM:3 STAT:3 SI:1 -:1 MSSC:1 ARC:1 AIC:1 B1A:1 B1B:4",
    # Aircraft Identification
    "240": ":48icao",
    # Mode S MB Data
    "250": "N* MBDATA:56hex BDS1:4 BDS2:4",
    # ACAS Resolution Advisory Report
    "260": ":56hex",
    # Reserved Expansion Field
    "RE": "explicit",
    # Special Purpose Field
    "SP": "explicit",
}

EXPANSIONS: Final[dict[str, str]] = {  # edition of the RE field -> items in the order of its FSPEC
    "1.11": "MD5 M5N M4E RPC ERR RTC CPC",
    "1.12": "MD5 M5N M4E RPC ERR RTC CPC GEN48",
    "1.13": "MD5 M5N M4E RPC ERR RTC CPC GEN48@1.13",
}

EXPANSION_ITEMS: Final[dict[str, str | tuple[str, ...]]] = {
    # Common and Plot Characteristics
    "CPC": (
        "PNB = :16",
        "RPL = N* TYPE:8 REPLYNBR:16",
        "SNB = :8u",
        "DATE = Y1:4u Y2:4u Y3:4u Y4:4u M1:4u M2:4u D1:4u D2:4u",
    ),
    # Extended Range Report
    "ERR": ":24u*1/256[NM]",
    # Generic Category 048 Data
    "GEN48": (
        "ALTM2 = V:1 G:1 L:1 -:1 ALTM2:12octal",
        "ALTM3 = V:1 G:1 L:1 -:1 ALTM3:12octal",
        "ALTFL = V:1 G:1 ALTFL:14s*1/4[ALTFL]",
    ),
    # Generic Category 048 Data
    "GEN48@1.13": (
        "ALTM2 = V:1 G:1 L:1 -:1 ALTM2:12octal",
        "ALTM3 = V:1 G:1 L:1 -:1 ALTM3:12octal",
        "ALTFL = V:1 G:1 ALTFL:14s*1/4[ALTFL]",
        "RCSDB = -:2 RCSDB:14s*0.01[dBm2]",
        "RCSM = -:2 RCSM:30u*1e-06[m2]",
    ),
    # Extended Mode 4 Report
    "M4E": "-:5 FOEFRI:2 FX",
    # Mode 5 Reports, New Format
    "M5N": (
        "SUM = M5:1 ID:1 DA:1 M1:1 M2:1 M3:1 MC:1 -:1",
        "PMN = -:2 PIN:14 -:4 NOV:1 NO:11",
        "POS = LAT:24s*360/16777216[deg] LON:24s*360/16777216[deg]",
        "GA = -:1 RES:1 GA:14s*25[ft]",
        "EM1 = V:1 G:1 L:1 -:1 EM1:12octal",
        "TOS = :8u*1/128[s]",
        "XP = -:2 XP:1 X5:1 XC:1 X3:1 X2:1 X1:1",
        "FOM = -:3 FOM:5",
    ),
    # Mode 5 Reports
    "MD5": (
        "SUM = M5:1 ID:1 DA:1 M1:1 M2:1 M3:1 MC:1 -:1",
        "PMN = -:2 PIN:14 -:2 NAV:1 NAT:5 -:2 MIS:6",
        "POS = LAT:24s*360/16777216[deg] LON:24s*360/16777216[deg]",
        "GA = -:1 RES:1 GA:14s*25[ft]",
        "EM1 = V:1 G:1 L:1 -:1 EM1:12octal",
        "TOS = :8u*1/128[s]",
        "XP = -:2 XP:1 X5:1 XC:1 X3:1 X2:1 X1:1",
    ),
    # Radar Plot Characteristics
    "RPC": (
        "SCO = :8u",
        "SRC = :16u*0.1[dB]",
        "RW = :16u*1/256[NM]",
        "AR = :16u*1/256[NM]",
    ),
    # Radar Track Characteristics
    "RTC": (
        "PTL = -:3 SCN:1 RC:1 AC:1 SSR:1 PSR:1 PLOTNR:16",
        "ATL = N* :16",
        "TRN = :8u*1[%]",
        (
            "NPP = PREDRHO:16u*1/128[NM] PREDTHETA:16u*360/65536[deg] EVOLRHOSTART:16u*1/128[NM] "
            "EVOLRHOEND:16u*1/128[NM] EVOLTHETASTART:16u*360/65536[deg] EVOLTHETAEND:16u*360/65536[deg] "
            "NOISERHOSTART:16u*1/128[NM] NOISERHOEND:16u*1/128[NM] NOISETHETASTART:16u*360/65536[deg] "
            "NOISETHETAEND:16u*360/65536[deg] PREDTIME:16u*1/128[s]"
        ),
        "DLK = N* TYPE:4 ORIGIN:2 STATE:2",
        "LCK = LS:1 LOCTIM:15u*1[ms]",
        "TC = -:7 TCOUNT1:4u TCODE1:5 TCOUNT2:4u TCODE2:12octal TCOUNT3:4u TCODE3:12octal",
        "TLC = ACQI:2 TRKUPDCTR:14u LASTTRKUPD:16u*1[ms]",
        "ASI = N* SACADJS:8 SICADJS:8 TIMEOFDAYSCN:16u*1/128[s] DATAUSE:7 DRNA:1 DRN:16",
        "TES = :8",
        "IR = IR:1 M3A:7u*1[s]",
    ),
}
