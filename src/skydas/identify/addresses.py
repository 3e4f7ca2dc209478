"""Which state gave a 24-bit address: the blocks of ICAO Annex 10 volume III, table 9-1.

A block says where an aircraft is registered, if its address is its own: an address can be set to anything.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

# First address of a block, bits that are its own, state. Sorted.
_BLOCKS: Final = (
    (0x004000, 10, "Zimbabwe"), (0x006000, 12, "Mozambique"), (0x008000, 15, "South Africa"),
    (0x010000, 15, "Egypt"), (0x018000, 15, "Libya"), (0x020000, 15, "Morocco"), (0x028000, 15, "Tunisia"),
    (0x030000, 10, "Botswana"), (0x032000, 12, "Burundi"), (0x034000, 12, "Cameroon"), (0x035000, 10, "Comoros"),
    (0x036000, 12, "Congo"), (0x038000, 12, "Cote d'Ivoire"), (0x03E000, 12, "Gabon"), (0x040000, 12, "Ethiopia"),
    (0x042000, 12, "Equatorial Guinea"), (0x044000, 12, "Ghana"), (0x046000, 12, "Guinea"),
    (0x048000, 10, "Guinea-Bissau"), (0x04A000, 10, "Lesotho"), (0x04C000, 12, "Kenya"), (0x050000, 12, "Liberia"),
    (0x054000, 12, "Madagascar"), (0x058000, 12, "Malawi"), (0x05A000, 10, "Maldives"), (0x05C000, 12, "Mali"),
    (0x05E000, 10, "Mauritania"), (0x060000, 10, "Mauritius"), (0x062000, 12, "Niger"), (0x064000, 12, "Nigeria"),
    (0x068000, 12, "Uganda"), (0x06A000, 12, "Qatar"), (0x06C000, 12, "Central African Republic"),
    (0x06E000, 12, "Rwanda"), (0x070000, 12, "Senegal"), (0x074000, 10, "Seychelles"), (0x076000, 10, "Sierra Leone"),
    (0x078000, 12, "Somalia"), (0x07A000, 10, "Eswatini"), (0x07C000, 12, "Sudan"), (0x080000, 12, "Tanzania"),
    (0x084000, 12, "Chad"), (0x088000, 12, "Togo"), (0x08A000, 12, "Zambia"),
    (0x08C000, 12, "Democratic Republic of the Congo"), (0x090000, 12, "Angola"), (0x094000, 10, "Benin"),
    (0x096000, 10, "Cabo Verde"), (0x098000, 10, "Djibouti"), (0x09A000, 12, "Gambia"), (0x09C000, 12, "Burkina Faso"),
    (0x09E000, 10, "Sao Tome and Principe"), (0x0A0000, 15, "Algeria"), (0x0A8000, 12, "Bahamas"),
    (0x0AA000, 10, "Barbados"), (0x0AB000, 10, "Belize"), (0x0AC000, 12, "Colombia"), (0x0AE000, 12, "Costa Rica"),
    (0x0B0000, 12, "Cuba"), (0x0B2000, 12, "El Salvador"), (0x0B4000, 12, "Guatemala"), (0x0B6000, 12, "Guyana"),
    (0x0B8000, 12, "Haiti"), (0x0BA000, 12, "Honduras"), (0x0BC000, 10, "Saint Vincent and the Grenadines"),
    (0x0BE000, 12, "Jamaica"), (0x0C0000, 12, "Nicaragua"), (0x0C2000, 12, "Panama"),
    (0x0C4000, 12, "Dominican Republic"), (0x0C6000, 12, "Trinidad and Tobago"), (0x0C8000, 12, "Suriname"),
    (0x0CA000, 10, "Antigua and Barbuda"), (0x0CC000, 10, "Grenada"), (0x0D0000, 15, "Mexico"),
    (0x0D8000, 15, "Venezuela"), (0x100000, 20, "Russia"), (0x201000, 10, "Namibia"), (0x202000, 10, "Eritrea"),
    (0x300000, 18, "Italy"), (0x340000, 18, "Spain"), (0x380000, 18, "France"), (0x3C0000, 18, "Germany"),
    (0x400000, 18, "United Kingdom"), (0x440000, 15, "Austria"), (0x448000, 15, "Belgium"), (0x450000, 15, "Bulgaria"),
    (0x458000, 15, "Denmark"), (0x460000, 15, "Finland"), (0x468000, 15, "Greece"), (0x470000, 15, "Hungary"),
    (0x478000, 15, "Norway"), (0x480000, 15, "Netherlands"), (0x488000, 15, "Poland"), (0x490000, 15, "Portugal"),
    (0x498000, 15, "Czechia"), (0x4A0000, 15, "Romania"), (0x4A8000, 15, "Sweden"), (0x4B0000, 15, "Switzerland"),
    (0x4B8000, 15, "Turkiye"), (0x4C0000, 15, "Serbia"), (0x4C8000, 10, "Cyprus"), (0x4CA000, 12, "Ireland"),
    (0x4CC000, 12, "Iceland"), (0x4D0000, 10, "Luxembourg"), (0x4D2000, 10, "Malta"), (0x4D4000, 10, "Monaco"),
    (0x500000, 10, "San Marino"), (0x501000, 10, "Albania"), (0x501C00, 10, "Croatia"), (0x502C00, 10, "Latvia"),
    (0x503C00, 10, "Lithuania"), (0x504C00, 10, "Moldova"), (0x505C00, 10, "Slovakia"), (0x506C00, 10, "Slovenia"),
    (0x507C00, 10, "Uzbekistan"), (0x508000, 15, "Ukraine"), (0x510000, 10, "Belarus"), (0x511000, 10, "Estonia"),
    (0x512000, 10, "North Macedonia"), (0x513000, 10, "Bosnia and Herzegovina"), (0x514000, 10, "Georgia"),
    (0x515000, 10, "Tajikistan"), (0x516000, 10, "Montenegro"), (0x600000, 10, "Armenia"), (0x600800, 10, "Azerbaijan"),
    (0x601000, 10, "Kyrgyzstan"), (0x601800, 10, "Turkmenistan"), (0x680000, 10, "Bhutan"),
    (0x681000, 10, "Micronesia"), (0x682000, 10, "Mongolia"), (0x683000, 10, "Kazakhstan"), (0x684000, 10, "Palau"),
    (0x700000, 12, "Afghanistan"), (0x702000, 12, "Bangladesh"), (0x704000, 12, "Myanmar"), (0x706000, 12, "Kuwait"),
    (0x708000, 12, "Laos"), (0x70A000, 12, "Nepal"), (0x70C000, 10, "Oman"), (0x70E000, 12, "Cambodia"),
    (0x710000, 15, "Saudi Arabia"), (0x718000, 15, "Republic of Korea"), (0x720000, 15, "DPR Korea"),
    (0x728000, 15, "Iraq"), (0x730000, 15, "Iran"), (0x738000, 15, "Israel"), (0x740000, 15, "Jordan"),
    (0x748000, 15, "Lebanon"), (0x750000, 15, "Malaysia"), (0x758000, 15, "Philippines"), (0x760000, 15, "Pakistan"),
    (0x768000, 15, "Singapore"), (0x770000, 15, "Sri Lanka"), (0x778000, 15, "Syria"), (0x780000, 18, "China"),
    (0x7C0000, 18, "Australia"), (0x800000, 18, "India"), (0x840000, 18, "Japan"), (0x880000, 15, "Thailand"),
    (0x888000, 15, "Viet Nam"), (0x890000, 12, "Yemen"), (0x894000, 12, "Bahrain"), (0x895000, 10, "Brunei"),
    (0x896000, 12, "United Arab Emirates"), (0x897000, 10, "Solomon Islands"), (0x898000, 12, "Papua New Guinea"),
    (0x8A0000, 15, "Indonesia"), (0x900000, 10, "Marshall Islands"), (0x901000, 10, "Cook Islands"),
    (0x902000, 10, "Samoa"), (0xA00000, 20, "United States"), (0xC00000, 18, "Canada"), (0xC80000, 15, "New Zealand"),
    (0xC88000, 12, "Fiji"), (0xC8A000, 10, "Nauru"), (0xC8C000, 10, "Saint Lucia"), (0xC8D000, 10, "Tonga"),
    (0xC8E000, 10, "Kiribati"), (0xC90000, 10, "Vanuatu"), (0xE00000, 18, "Argentina"), (0xE40000, 18, "Brazil"),
    (0xE80000, 12, "Chile"), (0xE84000, 12, "Ecuador"), (0xE88000, 12, "Paraguay"), (0xE8C000, 12, "Peru"),
    (0xE90000, 12, "Uruguay"), (0xE94000, 12, "Bolivia"), (0xF00000, 15, "ICAO, temporary"),
)  # fmt: skip
_FIRST: Final = [first for first, _, _ in _BLOCKS]


def state_of(mode_s: int) -> str:
    """Return the state that an address was given by, or empty text where it belongs to no block."""
    at = bisect_right(_FIRST, mode_s) - 1
    if at < 0:
        return ""
    first, bits, state = _BLOCKS[at]
    return state if mode_s < first + (1 << bits) else ""
