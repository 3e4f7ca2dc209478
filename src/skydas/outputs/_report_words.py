"""The headings of a report in four languages. What people wrote, and the words of alerts, stay as they are.

A native reader must check every word before a report is used in earnest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

Language = Literal["en", "lt", "lv", "et"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "lt", "lv", "et")
# English -> Lithuanian, Latvian, Estonian
WORDS: Final[dict[str, tuple[str, str, str]]] = {
    # Titles of parts
    "Incident": ("Incidentas", "Incidents", "Juhtum"),
    "Summary": ("Santrauka", "Kopsavilkums", "Kokkuvõte"),
    "Reported": ("Pranešta", "Ziņots", "Teatatud"),
    "Assessed": ("Įvertinta", "Novērtēts", "Hinnatud"),
    "Timeline": ("Įvykių eiga", "Notikumu gaita", "Sündmuste käik"),
    "Alerts": ("Pavojaus signalai", "Trauksmes", "Häired"),
    "Notified": ("Informuoti", "Informēti", "Teavitatud"),
    "Lessons": ("Pamokos", "Mācības", "Õppetunnid"),
    "Evidence": ("Įrodymai", "Pierādījumi", "Tõendid"),
    "Personal records": ("Asmens duomenų įrašai", "Personas datu ieraksti", "Isikuandmete kirjed"),
    "Integrity": ("Vientisumas", "Integritāte", "Terviklus"),
    "Map": ("Žemėlapis", "Karte", "Kaart"),
    # What stands below a title
    "The witness's words, unchanged.": (
        "Liudytojo žodžiai, nepakeisti.",
        "Liecinieka vārdi, nemainīti.",
        "Tunnistaja sõnad, muutmata.",
    ),
    "Suggestions of the system and its operators with their confidence; not established facts.": (
        "Sistemos ir jos operatorių siūlymai su patikimumu; tai nėra nustatyti faktai.",
        "Sistēmas un tās operatoru ieteikumi ar ticamību; tie nav konstatēti fakti.",
        "Süsteemi ja selle operaatorite ettepanekud koos kindlusega; need ei ole tuvastatud faktid.",
    ),
    "SHA-256 of what was kept; the journal of the node holds the inputs that made this record.": (
        "Saugomų duomenų SHA-256; mazgo žurnale yra įvestys, iš kurių sudarytas šis įrašas.",
        "Glabāto datu SHA-256; mezgla žurnālā ir ievades, no kurām veidots šis ieraksts.",
        "Säilitatu SHA-256; sõlme logis on sisendid, millest see kirje koostati.",
    ),
    "Kept sealed outside this report; the hash is that of the sealed octets and stands after an erasure.": (
        "Saugomi užšifruoti už šios ataskaitos ribų; maiša yra užšifruotų duomenų ir lieka po ištrynimo.",
        "Glabājas šifrēti ārpus šī ziņojuma; jaucējvērtība ir šifrēto datu un paliek pēc dzēšanas.",
        "Hoitakse krüpteeritult väljaspool seda aruannet; räsi on krüpteeritud andmete oma ja jääb pärast kustutamist.",
    ),
    # Names of rows
    "Category": ("Rūšis", "Kategorija", "Liik"),
    "State": ("Būsena", "Stāvoklis", "Olek"),
    "First plot UTC": ("Pirmas atžymas UTC", "Pirmā atzīme UTC", "Esimene mõõtmine UTC"),
    "Opened UTC": ("Pradėtas UTC", "Atvērts UTC", "Avatud UTC"),
    "Closed UTC": ("Užbaigtas UTC", "Slēgts UTC", "Lõpetatud UTC"),
    "Due UTC": ("Pateikti iki UTC", "Iesniedzams līdz UTC", "Tähtaeg UTC"),
    "Place": ("Vieta", "Vieta", "Koht"),
    "Tracks": ("Taikiniai", "Mērķi", "Sihtmärgid"),
    "Joined to": ("Sujungtas su", "Apvienots ar", "Ühendatud juhtumiga"),
    "Perhaps the same as": ("Galbūt tas pats kaip", "Varbūt tas pats, kas", "Võib-olla sama mis"),
    "Still asked for": ("Dar trūksta", "Vēl trūkst", "Veel puudu"),
    "Record SHA-256": ("Įrašo SHA-256", "Ieraksta SHA-256", "Kirje SHA-256"),
    "Audit rows": ("Audito eilutės", "Audita rindas", "Auditi ridu"),
    "Audit chain SHA-256": ("Audito grandinės SHA-256", "Audita ķēdes SHA-256", "Auditi ahela SHA-256"),
    # Names of columns
    "who": ("kas", "kas", "kes"),
    "what": ("kas įvyko", "kas notika", "mis"),
    "text": ("tekstas", "teksts", "tekst"),
    "no.": ("nr.", "nr.", "nr"),
    "raised UTC": ("iškeltas UTC", "izsludināta UTC", "tekkis UTC"),
    "priority": ("prioritetas", "prioritāte", "prioriteet"),
    "state": ("būsena", "stāvoklis", "olek"),
    "rule": ("taisyklė", "noteikums", "reegel"),
    "how": ("kaip", "kā", "kuidas"),
    "where": ("kur", "kur", "kus"),
    "person": ("asmuo", "persona", "isik"),
    "kind": ("rūšis", "veids", "liik"),
    "UTC": ("UTC", "UTC", "UTC"),
    "SHA-256": ("SHA-256", "SHA-256", "SHA-256"),
    # Single words
    "node": ("mazgas", "mezgls", "sõlm"),
    "kept": ("saugoma", "glabājas", "alles"),
    "erased": ("ištrinta", "dzēsts", "kustutatud"),
    "page": ("puslapis", "lappuse", "lehekülg"),
    "made": ("parengta", "sagatavots", "koostatud"),
    "record": ("įrašas", "ieraksts", "kirje"),
    "SIMULATED": ("IMITACIJA", "SIMULĀCIJA", "SIMULATSIOON"),
    "EXERCISE": ("PRATYBOS", "MĀCĪBAS", "ÕPPUS"),
    "{count} more signs: see the HTML or JSON report": (
        "dar {count} ženklų: žr. HTML arba JSON ataskaitą",
        "vēl {count} zīmes: sk. HTML vai JSON ziņojumu",
        "veel {count} märki: vt HTML- või JSON-aruannet",
    ),
    "{width} km wide, north up; ring: the incident's place; tracks: {count}, the number where each ends.": (
        "{width} km pločio, šiaurė viršuje; žiedas: incidento vieta; taikinių: {count}, numeris ten, kur baigiasi.",
        "{width} km plata, ziemeļi augšā; aplis: incidenta vieta; mērķu: {count}, numurs tur, kur beidzas.",
        "{width} km lai, põhi üleval; rõngas: juhtumi koht; sihtmärke: {count}, number seal, kus lõpeb.",
    ),
    "Not for navigation.": ("Ne navigacijai.", "Nav paredzēts navigācijai.", "Ei ole navigeerimiseks."),
}

Worded = Callable[[str], str]


def worded(language: str) -> Worded:
    """Return what gives an English text of WORDS in a language."""
    if language == "en":
        return lambda text: text
    column = LANGUAGES.index(language) - 1
    return lambda text: WORDS[text][column]


def spoken(accepted: str) -> Language:
    """Return the first of our languages that an `Accept-Language` header names (RFC 9110, 12.5.4), else English.

    Browsers name them in the order of preference, so weights are not read.
    """
    for one in accepted.split(",")[:20]:
        asked = one.split(";")[0].strip().lower().split("-")[0]
        if asked in LANGUAGES:
            return LANGUAGES[LANGUAGES.index(asked)]
    return "en"
