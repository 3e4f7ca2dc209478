"""CAT065  Status of a tracker.

Every item, octet by octet; `skydas.formats.asterix.layout` says how to read a layout. Made by tools/asterix_tables.py
from the item tables of libasterix 0.36.3 (copyright 2024 Zoran Bošnjak, BSD 3-clause): do not edit. An item whose
layout changed stands again as NAME@EDITION, the first edition that has the new one.
"""

from __future__ import annotations

from typing import Final

EDITIONS: Final[dict[str, dict[str, str]]] = {  # edition -> profile -> items in the order of FSPEC
    "1.4": {"": "010 000 015 030 020 040 050 - - - - - RE SP"},
    "1.5": {"": "010 000 015 030 020 040 050 - - - - - RE SP"},
    "1.6": {"": "010 000 015 030 020 040 050 - - - - - RE SP"},
}

ITEMS: Final[dict[str, str | tuple[str, ...]]] = {
    # Message Type
    "000": ":8",
    # Data Source Identifier
    "010": "SAC:8 SIC:8",
    # Service Identification
    "015": ":8",
    # Batch Number
    "020": ":8u",
    # Time of Message
    "030": ":24u*1/128[s]",
    # SDPS Configuration and Status
    "040": "NOGO:2 OVL:1 TSV:1 PSS:2 STTN:1 -:1",
    # Service Status Report
    "050": ":8",
    # Reserved Expansion Field
    "RE": "explicit",
    # Special Purpose Field
    "SP": "explicit",
}

EXPANSIONS: Final[dict[str, str]] = {  # edition of the RE field -> items in the order of its FSPEC
}

EXPANSION_ITEMS: Final[dict[str, str | tuple[str, ...]]] = {}
