"""The words of a warning in Lithuanian, Latvian, Estonian and English: short, plain, without bent place names.

Places stand in a sentence of their own ("Teritorija: ..."), because their cases cannot be made by rule. A native
reader must check every text before it is used in earnest; people edit the draft anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

PARTS: Final = ("headline", "description", "instruction")
EVENT: Final = {"lt": "Oro pavojus", "lv": "Gaisa apdraudējums", "et": "Õhuoht", "en": "Air danger"}
CAP_LANGUAGE: Final = {"lt": "lt-LT", "lv": "lv-LV", "et": "et-EE", "en": "en-GB"}

_AREA: Final = {"lt": "Teritorija", "lv": "Teritorija", "et": "Piirkond", "en": "Area"}
_MARKED_AREA: Final = {
    "lt": "žemėlapyje pažymėta teritorija",
    "lv": "kartē atzīmētā teritorija",
    "et": "kaardil märgitud piirkond",
    "en": "the area marked on the map",
}
_DRILL: Final = {  # status -> language -> word before the headline, sentence at the end
    "Exercise": {
        "lt": ("PRATYBOS", "Tai pratybos. Pavojaus nėra."),
        "lv": ("MĀCĪBAS", "Šīs ir mācības. Apdraudējuma nav."),
        "et": ("ÕPPUS", "See on õppus. Ohtu ei ole."),
        "en": ("EXERCISE", "This is an exercise. There is no danger."),
    },
    "Test": {
        "lt": ("BANDYMAS", "Tai sistemos bandymas. Pavojaus nėra."),
        "lv": ("TESTS", "Šis ir sistēmas tests. Apdraudējuma nav."),
        "et": ("TEST", "See on süsteemi test. Ohtu ei ole."),
        "en": ("TEST", "This is a test of the system. There is no danger."),
    },
}
_WORDS: Final[dict[str, dict[str, tuple[str, str, str]]]] = {
    "red": {
        "lt": (
            "Oro pavojus: nedelsdami eikite į priedangą",
            "Oro erdvėje gali būti pavojingas skraidantis objektas. Jis gali turėti sprogmenų.",
            "Nedelsdami eikite į artimiausią priedangą arba pastato vidų. Laikykitės atokiau nuo langų. Jei esate "
            "lauke ir priedangos nepasiekiate, atsigulkite žemumoje ir prisidenkite galvą. Radę nukritusį objektą jo "
            "nelieskite, pasitraukite ir skambinkite 112. Laukite pranešimo, kad pavojus praėjo.",
        ),
        "lv": (
            "Gaisa apdraudējums: nekavējoties dodieties uz patvērumu",
            "Gaisa telpā var atrasties bīstams lidojošs objekts. Tajā var būt sprāgstvielas.",
            "Nekavējoties dodieties uz tuvāko patvērumu vai iekštelpās. Turieties tālāk no logiem. Ja esat ārā un "
            "nevarat nokļūt patvērumā, apgulieties zemākā vietā un aizsedziet galvu. Ja atrodat nokritušu objektu, "
            "neaiztieciet to, attālinieties un zvaniet 112. Gaidiet paziņojumu, ka apdraudējums ir beidzies.",
        ),
        "et": (
            "Õhuoht: varjuge viivitamata",
            "Õhuruumis võib olla ohtlik lendav objekt. Selles võib olla lõhkeainet.",
            "Minge viivitamata lähimasse varjumiskohta või siseruumi. Hoiduge akendest eemale. Kui olete õues ega jõua "
            "varjuda, heitke lohku pikali ja katke pea. Kui leiate allakukkunud eseme, ärge seda puudutage, minge "
            "eemale ja helistage 112. Oodake teadet ohu möödumisest.",
        ),
        "en": (
            "Air danger: take shelter now",
            "A dangerous flying object may be in the airspace. It may carry explosives.",
            "Go to the nearest shelter or indoors now. Stay away from windows. If you are outside and cannot reach "
            "shelter, lie down in a hollow and cover your head. If you find an object that fell, do not touch it, move "
            "away and call 112. Wait for the message that the danger is over.",
        ),
    },
    "yellow": {
        "lt": (
            "Galimas oro pavojus: būkite budrūs",
            "Gali artėti nenustatytas skraidantis objektas.",
            "Pasitikrinkite, kur artimiausia priedanga, ir būkite pasirengę į ją eiti. Sekite oficialią informaciją. "
            "Radę nukritusį objektą jo nelieskite ir skambinkite 112.",
        ),
        "lv": (
            "Iespējams gaisa apdraudējums: esiet modri",
            "Iespējams, tuvojas neidentificēts lidojošs objekts.",
            "Noskaidrojiet, kur ir tuvākais patvērums, un esiet gatavi uz to doties. Sekojiet oficiālajai "
            "informācijai. Ja atrodat nokritušu objektu, neaiztieciet to un zvaniet 112.",
        ),
        "et": (
            "Võimalik õhuoht: olge valvsad",
            "Läheneda võib tundmatu lendav objekt.",
            "Tehke kindlaks lähim varjumiskoht ja olge valmis sinna minema. Jälgige ametlikku teavet. Kui leiate "
            "allakukkunud eseme, ärge seda puudutage ja helistage 112.",
        ),
        "en": (
            "Possible air danger: stay alert",
            "An unidentified flying object may be approaching.",
            "Find out where your nearest shelter is and be ready to go there. Follow official information. If you find "
            "an object that fell, do not touch it and call 112.",
        ),
    },
    "over": {
        "lt": (
            "Oro pavojus praėjo",
            "Įspėjimas šiai teritorijai atšauktas.",
            "Radę nukritusį objektą jo nelieskite ir skambinkite 112.",
        ),
        "lv": (
            "Gaisa apdraudējums ir beidzies",
            "Brīdinājums šai teritorijai ir atcelts.",
            "Ja atrodat nokritušu objektu, neaiztieciet to un zvaniet 112.",
        ),
        "et": (
            "Õhuoht on möödas",
            "Hoiatus selle piirkonna kohta on tühistatud.",
            "Kui leiate allakukkunud eseme, ärge seda puudutage ja helistage 112.",
        ),
        "en": (
            "The air danger is over",
            "The warning for this area is cancelled.",
            "If you find an object that fell, do not touch it and call 112.",
        ),
    },
}


def drafted(what: str, languages: Sequence[str], names: Sequence[str], status: str) -> dict[str, dict[str, str]]:
    """Return language -> headline, description, instruction.

    what   : red, yellow or over
    names  : of the municipalities or counties in it
    status : CAP: Actual, Exercise or Test
    """
    made: dict[str, dict[str, str]] = {}
    for language in languages:
        headline, description, instruction = _WORDS[what][language]
        description = f"{description} {_AREA[language]}: {', '.join(names) or _MARKED_AREA[language]}."
        made[language] = dict(zip(PARTS, (headline, description, instruction), strict=True))
    return marked(made, status)


def marked(texts: dict[str, dict[str, str]], status: str) -> dict[str, dict[str, str]]:
    """Return the texts with the word and the sentence that say it is not in earnest; once, however often it is done."""
    if status == "Actual":
        return texts
    made = {}
    for language, parts in texts.items():
        word, sentence = _DRILL[status][language]
        headline, instruction = parts["headline"], parts["instruction"]
        made[language] = parts | {
            "headline": headline if headline.startswith(f"{word}: ") else f"{word}: {headline}",
            "instruction": instruction if instruction.endswith(sentence) else f"{instruction} {sentence}".strip(),
        }
    return made


def area_text(language: str, names: Sequence[str]) -> str:
    """Return the description of the area, for those who see no map."""
    return ", ".join(names) or _MARKED_AREA[language]
