"""Counties of Lithuania and Estonia, municipalities and state cities of Latvia, by their ISO 3166-2 codes.

Names as each country writes them. They are named in a warning where there is no file of municipalities: a code
without an outline, which every receiver that knows the standard can draw.
"""

from __future__ import annotations

from typing import Final

COUNTIES: Final[dict[str, str]] = {
    "EE-37": "Harju maakond", "EE-39": "Hiiu maakond", "EE-45": "Ida-Viru maakond", "EE-50": "Jõgeva maakond",
    "EE-52": "Järva maakond", "EE-56": "Lääne maakond", "EE-60": "Lääne-Viru maakond", "EE-64": "Põlva maakond",
    "EE-68": "Pärnu maakond", "EE-71": "Rapla maakond", "EE-74": "Saare maakond", "EE-79": "Tartu maakond",
    "EE-81": "Valga maakond", "EE-84": "Viljandi maakond", "EE-87": "Võru maakond",
    "LT-AL": "Alytaus apskritis", "LT-KL": "Klaipėdos apskritis", "LT-KU": "Kauno apskritis",
    "LT-MR": "Marijampolės apskritis", "LT-PN": "Panevėžio apskritis", "LT-SA": "Šiaulių apskritis",
    "LT-TA": "Tauragės apskritis", "LT-TE": "Telšių apskritis", "LT-UT": "Utenos apskritis",
    "LT-VL": "Vilniaus apskritis",
    "LV-002": "Aizkraukles novads", "LV-007": "Alūksnes novads", "LV-011": "Ādažu novads", "LV-015": "Balvu novads",
    "LV-016": "Bauskas novads", "LV-022": "Cēsu novads", "LV-026": "Dobeles novads", "LV-033": "Gulbenes novads",
    "LV-041": "Jelgavas novads", "LV-042": "Jēkabpils novads", "LV-047": "Krāslavas novads",
    "LV-050": "Kuldīgas novads", "LV-052": "Ķekavas novads", "LV-054": "Limbažu novads", "LV-056": "Līvānu novads",
    "LV-058": "Ludzas novads", "LV-059": "Madonas novads", "LV-062": "Mārupes novads", "LV-067": "Ogres novads",
    "LV-068": "Olaines novads", "LV-073": "Preiļu novads", "LV-077": "Rēzeknes novads", "LV-080": "Ropažu novads",
    "LV-087": "Salaspils novads", "LV-088": "Saldus novads", "LV-089": "Saulkrastu novads", "LV-091": "Siguldas novads",
    "LV-094": "Smiltenes novads", "LV-097": "Talsu novads", "LV-099": "Tukuma novads", "LV-101": "Valkas novads",
    "LV-102": "Varakļānu novads", "LV-106": "Ventspils novads", "LV-111": "Augšdaugavas novads",
    "LV-112": "Dienvidkurzemes novads", "LV-113": "Valmieras novads",
    "LV-DGV": "Daugavpils", "LV-JEL": "Jelgava", "LV-JUR": "Jūrmala", "LV-LPX": "Liepāja", "LV-REZ": "Rēzekne",
    "LV-RIX": "Rīga", "LV-VEN": "Ventspils",
}  # fmt: skip
