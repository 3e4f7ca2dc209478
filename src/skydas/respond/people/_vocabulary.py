"""The words that reports are made of, in English, Lithuanian, Latvian and Estonian, by what they mean.

Each entry is a regular expression on lower-case text. Lithuanian, Latvian and Estonian bend their words, so those are
stems. A native reader must check them: `docs/people.md` says how to try a word.
"""

from __future__ import annotations

import re
from typing import Final

# what -> words; the first that is found counts, so the special stands before the general
KINDS: Final = {
    "multirotor": r"(?:quad|hexa|octo|multi)[ -]?(?:copter|rotor)\w*|quad[ -]?\w*copter|\bquad\b|mavic|phantom"
    r"|rot(?:or|ary)(?:craft)? (?:uas|drone)|uas with (?:\w+ )?(?:rotors|propellers)"
    r"|keturiasraig|kvadrokopter|kvadrakopter|multirotor|nelikopter",
    "fixed_wing_drone": r"fixed[ -]?wing\w*|delta[ -]?wing|wing[ -]?type|model (?:air)?(?:plane|craft)|rc (?:air)?plane"
    r"|winged (?:drone|uas|uav)|shahed|geran|gerbera|\bšahed|шахед|sparnuot|spārnot|tiibadega",
    "balloon": r"\bballoons?\b|baloon|balion|\bbalon|õhupall",
    "lantern": r"lantern|žibint|latern",
    "helicopter": r"\bhelicopter|\bmalūnsparn|\bsraigtasparn|helikopter",
    "airliner": r"\bairliner|passenger plane|keleivin\w+ lėktuv|pasažieru lidmaš|reisilennuk",
    "glider": r"\bglider|sklandytuv|planieris|purilennuk",
    "light_aircraft": r"\bcessna over|small plane|light aircraft|\blėktuvėl",
    "drone": r"\bdrone|\buas\b|\buav\b|\bdron\w*|bepilot|droon|\bsuas\b|unmanned",
    "bird": r"\bbirds?\b|paukšt|putn|\blind\b|linnud",
    "light": r"\blights?\b|švies\w*|gaism\w*|\btuled?\b|\bvalgus",
}

COLOURS: Final = {
    "black": r"\bblack|\bjuod|\bmeln|\bmust\b|\bmusta",
    "white": r"\bwhite|\bbalt|\bvalge",
    "red": r"\bred\b|\bmaroon|\braudon|\bsarkan|\bpunane|\bpunase",
    "green": r"\bgreen|\bžali|\bzaļ|\broheli",
    "blue": r"\bblue\b|\bblue-|\bmėlyn|\bžydr|\bzil[sāa]|\bsini",
    "grey": r"\bgr[ae]y|\bpilk|\bpelēk|\bhall\b",
    "silver": r"\bsilver|\bsidabr|\bsudrab|\bhõbe",
    "yellow": r"\byellow|\bgelton|\bdzelten|\bkolla",
    "orange": r"\borange(?! county|,? ?ca\b)|\boranž",
    "brown": r"\bbrown|\btan\b|\brud[aąo]s?\b|\bbrūn|\bpruun",
    "gold": r"\bgold\b|\bauks|\bzelt|\bkuld",
    "purple": r"\bpurple|\bvioletin|\bviolet|\blilla",
    "pink": r"\bpink|\brožin|\brozā|\broosa",
}

MOTIONS: Final = {
    "hovering": r"hover\w*|stationary|not moving|motionless|kab[ao]\b|kaboj|kybo|nejud\w*|karāj\w*|hõljub|paigal",
    "circling": r"circl\w+|orbit\w+|sukasi ratu|suko ratus|riņķo|tiirleb",
    "climbing": r"(?:uas|drone|it|balloon|object)\b[^.]{0,40}\b(?:climb(?:ed|ing|s)|ascend\w+|ris(?:ing|es))"
    r"|kyla aukštyn",
    "descending": r"(?:uas|drone|it|balloon|object)\b[^.]{0,40}\b(?:descend(?:ed|ing|s)|came down|went down)|leidžiasi",
    "erratic": r"erratic\w*|zig[ -]?zag\w*",
    "moving": r"\b(?:it|drone|uas)\b[^.]{0,30}\b(?:flew|flying|flies|moving|moved|travell?ing|passed|heading)\b"
    r"|\b(?:flew|flying|moving|travell?ing) (?:\w+ ){0,2}(?:over|past|towards?|north|south|east|west)"
    r"|praskrid|skrid[oa]|skren[da]|lidoj\w*|pārlid|lendab|lendas",
}

SOUNDS: Final = {
    "moped": r"moped|motor ?(?:bike|cycle)|scooter|lawn ?mower|chain ?saw|moped\w*|motocikl|vejapjov|zāles ?pļāv"
    r"|muruniiduk|mootorratas|mootorsaag",
    "buzzing": r"buzz\w*|humm?ing|whirr\w*|dūzg\w*|zvimb\w*|san[eē]\w*|sumin\w*|sumis\w*|põris\w*",
    "jet": r"\bjet (?:engine|noise|sound)|whistl\w+|reaktyvin|reaktīv|reaktiiv",
    "silent": r"\bsilent(?:ly)?\b|no (?:sound|noise)|without a sound|be garso|bez skaņas|hääletu",
    "explosion": r"explo\w+|\bbang\b|sprog\w*|sprādzien|plahvat",
}

LIGHTS: Final = {
    "blinking": r"(?:blink|flash|strob)\w*|mirksi\w*|mirgo\w*|vilku\w*",
    "steady": r"(?:steady|solid|constant|bright) (?:\w+ )?lights?",
    "lit": r"\blights?\b|\blighted\b|\blit\b|illuminated|\bleds?\b|žibur\w*|švies\w*|gaism\w*|\btule[dg]\w*|\btuli\b",
    "none": r"(?:no|without) lights|unlit|be šviesų|bez gaismām|ilma tuledeta",
}

SIZES: Final = {
    "small": r"\bsmall|\btiny|\blittle (?:drone|uas)|\bmaž[aąoy]|\bmaz[sāa]\b|\bväike",
    "large": r"\blarge|\bbig\b|\bhuge|\bdidel|\bliel[sāa]|\bsuur\b|size of a car",
    "medium": r"\bmedium[ -]?siz\w+|\bmid-?size",
}

HEIGHTS: Final = {
    "treetop": r"tree ?tops?|(?:above|over) the trees|roof ?tops?|medžių viršūn|virš stogų|koku galotn|puulat\w*",
    "very_low": r"very low|extremely low|labai žemai|ļoti zemu|väga madalal",
    "low": r"\blow(?:[ -](?:flying|altitude|level))?\b|žemai|zemu|madalal",
    "high": r"\b(?:very )?high (?:up|altitude)|\bhigh\b|aukštai|augstu|kõrgel",
}

NUMBERS: Final = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "vienas": 1, "du": 2, "trys": 3, "keturi": 4, "penki": 5, "viens": 1, "divi": 2, "trīs": 3, "četri": 4,
    "pieci": 5, "üks": 1, "kaks": 2, "kolm": 3, "neli": 4, "viis": 5,
}  # fmt: skip
MANY: Final = (
    r"\b(?:several|multiple|many|swarm of|group of|formation of|keli|kelet\w+|daug|vairāki|daudz|mitu|palju)\b"
)
THINGS: Final = (
    r"(?:uas|uavs?|drones?|quad ?copters?|multirotors?|balloons?|objects?|lights|lanterns|dron\w+|bepilo\w+|balion\w+"
    r"|balon\w+|droon\w*|õhupall\w*|objekt\w+)"
)

COURSES: Final = {
    "north": "n", "northeast": "ne", "east": "e", "southeast": "se", "south": "s", "southwest": "sw", "west": "w",
    "northwest": "nw", "šiaurę": "n", "šiaurės rytus": "ne", "rytus": "e", "pietryčius": "se", "pietus": "s",
    "pietvakarius": "sw", "vakarus": "w", "šiaurės vakarus": "nw", "ziemeļiem": "n", "austrumiem": "e",
    "dienvidiem": "s", "rietumiem": "w", "põhja": "n", "itta": "e", "lõunasse": "s", "läände": "w",
}  # fmt: skip

# unit -> metres; the longest spelling first
UNITS: Final = {
    r"kilomet(?:er|re)s?|kilometr\w*|kilomeet\w*|km\b": 1_000.0,
    r"nautical miles?|nm\b": 1_852.0,
    r"miles?\b|mi\b": 1_609.344,
    r"feet\b|foot\b|ft\b|'": 0.3048,
    r"yards?\b|yds?\b": 0.9144,
    r"met(?:er|re)s?\b|metr\w*|meetr\w*|meetrit\b|m\b": 1.0,
    r"inch(?:es)?\b|in\b(?= (?:size|diameter|wide|long))": 0.0254,
}

LANDMARK: Final = re.compile(
    r"\b(?:over|above|near|behind|beside|towards?|close to|next to|virš|prie|šalia|už|virs|pie|aiz|vicinity of|vcnty)"
    r" (?:the |a |an |of )?((?!\d|aircraft|acft|ground|me\b|us\b|uas|him|her)[^\W\d][\w'-]*"
    r"(?: (?!at\b|and\b|while|it\b|no\b|with\b|from\b|ir\b|un\b|ja\b|when\b|is\b|was\b"
    r"|heading|going|flying)[\w'-]+){0,3})"
    r"|\b([^\W\d][\w-]+) (?:kohal|juures|lähedal|taga)\b"
)


def compiled(words: dict[str, str]) -> dict[str, re.Pattern[str]]:
    """Return the expressions, ready."""
    return {name: re.compile(pattern) for name, pattern in words.items()}
