"""Free text in, fields out, by rules in plain code: what a person on watch would tick on the form.

`structured` returns only what the words say; a field that they do not say is not there. Lengths become metres. Pilots
report from an aircraft (`observer_*`), others from the ground. No field is ever guessed from another.

    count              1, 2 ... or many
    kind               multirotor, fixed_wing_drone, balloon, lantern, helicopter, airliner, light_aircraft, glider,
                       drone (of no stated kind), bird, light
    colours, lights, sound, size, motion
    course             where it flies: n, ne ... (of the object)
    height_m           of the object; height: treetop, very_low, low, high where only words say it
    vertical_m         above (+) or below (-) the observer's aircraft
    distance_m         how near it came, or was
    clock, side        where from the observer's aircraft: 1 to 12; left, right, front, behind
    observer_height_m, observer_course
    landmark           over, near or behind what
    place              "3 nm se of abc"
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from skydas.respond.people import _vocabulary as vocabulary

TEXT_MAX: Final = 2_000  # characters that are read
_COLOURS_MAX: Final = 4

_KINDS: Final = vocabulary.compiled(vocabulary.KINDS)
_COLOURS: Final = vocabulary.compiled(vocabulary.COLOURS)
_MOTIONS: Final = vocabulary.compiled(vocabulary.MOTIONS)
_SOUNDS: Final = vocabulary.compiled(vocabulary.SOUNDS)
_LIGHTS: Final = vocabulary.compiled(vocabulary.LIGHTS)
_SIZES: Final = vocabulary.compiled(vocabulary.SIZES)
_HEIGHTS: Final = vocabulary.compiled(vocabulary.HEIGHTS)
_UNITS: Final = [(re.compile(pattern), metres) for pattern, metres in vocabulary.UNITS.items()]

_THING: Final = vocabulary.THINGS
_COUNT: Final = re.compile(
    rf"\b({'|'.join(vocabulary.NUMBERS)}|[1-9]\d?)\b (?!o'?clock)(?:[^\W\d][\w/-]*,? (?:and )?){{0,4}}?{_THING}\b"
)
_MANY: Final = re.compile(rf"{vocabulary.MANY} (?:[^\W\d][\w/-]*,? ){{0,3}}?{_THING}")
_ONE: Final = re.compile(
    rf"\b(?:an?|the|single) (?:[^\W\d][\w/-]*,? (?:and )?){{0,5}}?{_THING}\b|\b(?:uas|uav|drone)\b"
)

_NUMBER: Final = r"(\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)"
_RANGE: Final = rf"{_NUMBER}(?: ?(?:-|to|–) ?{_NUMBER})?"
_UNIT: Final = "(" + "|".join(vocabulary.UNITS) + ")"
_LENGTH: Final = rf"{_RANGE} ?{_UNIT}"
_VERTICAL: Final = re.compile(
    rf"{_LENGTH},? (?:\w+ )?(above|below|beneath|under|underneath|higher|lower)(?! (?:the )?(?:ground|sea|mean|field))"
)
_SAME_HEIGHT: Final = re.compile(r"\b(?:same altitude|co-?altitude|same level|at (?:his|their|its) altitude)")
_OBSERVER: Final = re.compile(
    rf"(?:while|on)(?: [a-z]+){{0,4}}? ?([nsew]{{1,3}}|north\w*|south\w*|east\w*|west\w*)?[ -]?bound at {_LENGTH}"
)
_OBSERVER_COURSE: Final = re.compile(r"while (?:\w+ )?([nsew]{1,3}|north\w*|south\w*|east\w*|west\w*)[ -]?bound\b")
_OBSERVER_AT: Final = re.compile(
    rf"(?:while|final|downwind|approach|departure|climb\w*|descend\w*)[^.]{{0,60}}? at {_LENGTH}"
)
_OBJECT_AT: Final = re.compile(
    rf"{_THING}(?! notified)(?:(?! while | bound| final|aircraft|acft|\.)[^.]){{0,40}}? (?:at|about|approximately)"
    rf" (?:about |approximately |approx |an altitude of )?{_LENGTH}"
    r"(?!,? (?:\w+ )?(?:above|below|away|from|off|laterally))"
)
_HEIGHT: Final = re.compile(
    rf"{_LENGTH} (?:high|up|in the air|agl|msl|aukšty\w*|augstum\w*|kõrgus\w*)|(?:aukštyje|augstumā) {_LENGTH}"
)
_DISTANCE: Final = re.compile(
    rf"(?:within|passed|missed (?:\w+ )?by|about|approximately|approx|uas|drone)? ?{_LENGTH} (?:laterally )?"
    r"(?:away|from|off|to the (?:left|right)|distance|of (?:the )?(?:aircraft|acft)|lateral|horizontal|in front)"
)
_FLIGHT_LEVEL: Final = re.compile(r"\bfl ?(\d{2,3})\b")
_CLOCK: Final = re.compile(r"\b(1[0-2]|[1-9])(?:[ -]1?\d)? ?o'? ?clock")
_SIDES: Final = {
    "left": re.compile(
        r"\b(?:left|port)(?:[ -](?:hand|wing))? side|off (?:\w+ )?(?:left|port)\b|(?:to|on) (?:the|their|his) left"
    ),
    "right": re.compile(
        r"\b(?:right|starboard) side|off (?:\w+ )?(?:right|starboard)\b|(?:to|on) (?:the|their|his) right"
    ),
    "front": re.compile(r"in front of|head[ -]?on|off (?:the |its )?nose|directly ahead"),
    "behind": re.compile(r"\bbehind (?:the )?(?:aircraft|acft|him|us|them)|off (?:the )?tail"),
}
_COURSE: Final = re.compile(
    r"(?:heading|headed|moving|flying|flew|going|travell?ing|towards?|to the|link|į|uz|suunas|liikus) (?:\w+ )?"
    rf"({'|'.join(sorted(vocabulary.COURSES, key=len, reverse=True))})(?:\b|ward|ern)"
)
_PLACE: Final = re.compile(
    r"\b(\d{1,3}(?:\.\d+)?) ?(?:nm |miles? |mi )?([nsew]{1,3}|north\w*|south\w*|east\w*|west\w*) (?:of )?(?:the )?"
    r"([^\W\d][\w'-]*(?: (?:vor\w*|arpt|airport|intl|international|field|downtown))?)"
)
_SHORT_COURSES: Final = frozenset(
    ("n", "nne", "ne", "ene", "e", "ese", "se", "sse", "s", "ssw", "sw", "wsw", "w", "wnw", "nw", "nnw")
)


def structured(words: str) -> dict[str, str]:
    """Return the fields that the words say, in the order of the form."""
    text = unicodedata.normalize("NFKC", words[:TEXT_MAX]).lower().replace("’", "'").replace("_x000d_", " ")
    text = _FLIGHT_LEVEL.sub(r"\g<1>00 feet", " ".join(text.split()))
    found: dict[str, str] = {}
    _put(found, "count", _count(text))
    _put(found, "kind", _first(_KINDS, text))
    _put(found, "colours", ", ".join(_colours(text)))
    _put(found, "size", _first(_SIZES, text))
    _put(found, "motion", _first(_MOTIONS, text))
    _put(found, "sound", _first(_SOUNDS, text))
    _put(found, "lights", _lights(text))
    _put(found, "course", _course(_COURSE.search(text)))
    _heights(text, found)
    _put(found, "clock", _group(_CLOCK.search(text)))
    _put(found, "side", _first(_SIDES, text))
    _put(found, "landmark", _landmark(text))
    _put(found, "place", _place(text))
    return found


def _put(found: dict[str, str], name: str, value: str) -> None:
    if value:
        found[name] = value


def _first(patterns: dict[str, re.Pattern[str]], text: str) -> str:
    return next((name for name, pattern in patterns.items() if pattern.search(text)), "")


def _group(match: re.Match[str] | None) -> str:
    return next((group for group in match.groups() if group), "") if match else ""


def _count(text: str) -> str:
    """Return how many: a number before the thing, many, or 1 where one thing is spoken of."""
    if _MANY.search(text):
        return "many"
    stated = _COUNT.search(text)
    if stated:
        return str(vocabulary.NUMBERS.get(stated[1], stated[1]))
    return "1" if _ONE.search(text) else ""


def _colours(text: str) -> list[str]:
    """Return the colours in the order they are said; a colour of lights counts too."""
    at = {name: match.start() for name, pattern in _COLOURS.items() if (match := pattern.search(text))}
    return sorted(at, key=lambda name: at[name])[:_COLOURS_MAX]


def _lights(text: str) -> str:
    return "none" if _LIGHTS["none"].search(text) else _first(_LIGHTS, text)


def _course(match: re.Match[str] | None) -> str:
    return vocabulary.COURSES[match[1]] if match else ""


def _heights(text: str, found: dict[str, str]) -> None:
    """Take heights and distances apart: the observer's own, the object's, and how far it was above, below or away."""
    rest = text
    observer = _OBSERVER.search(rest)
    if observer:
        _put(found, "observer_course", _short(observer[1] or ""))
        found["observer_height_m"] = _metres(observer, 2)
        rest = rest[: observer.start()] + " while " + rest[observer.end() :]
    elif (course := _OBSERVER_COURSE.search(rest)) is not None:
        _put(found, "observer_course", _short(course[1]))
    vertical = _VERTICAL.search(rest)
    if vertical:
        sign = "" if vertical[4] in ("above", "higher") else "-"
        found["vertical_m"] = sign + _metres(vertical, 1)
        rest = rest[: vertical.start()] + " " + rest[vertical.end() :]
    elif _SAME_HEIGHT.search(rest):
        found["vertical_m"] = "0"
    away = _DISTANCE.search(rest)
    if away:
        found["distance_m"] = _metres(away, 1)
        rest = rest[: away.start()] + " " + rest[away.end() :]
    stated = _OBJECT_AT.search(rest)
    if stated:
        found["height_m"] = _metres(stated, 1)
        rest = rest[: stated.start()] + " " + rest[stated.end() :]
    elif (high := _HEIGHT.search(rest)) is not None:
        found["height_m"] = _metres(high, 1 if high[1] else 4)
    if "observer_height_m" not in found and (flown := _OBSERVER_AT.search(rest)) is not None:
        found["observer_height_m"] = _metres(flown, 1)
    if "height_m" not in found:
        _put(found, "height", _first(_HEIGHTS, text))


def _metres(match: re.Match[str], first: int) -> str:
    """Return the length whose number is group `first`, whole metres; of a range its middle."""
    low = float(match[first].replace(",", ""))
    high = float(match[first + 1].replace(",", "")) if match[first + 1] else low
    if high > low > 0.0 and high < 100.0 * low and low < 10.0 <= high / 10.0:
        low *= 100.0  # "5-600 feet"
    unit = match[first + 2]
    factor = next(metres for pattern, metres in _UNITS if pattern.match(unit))
    return str(round(0.5 * (low + high) * factor))


def _short(course: str) -> str:
    """Return n, nne ... of a course in letters or in words; empty where it is none."""
    word = course.removesuffix("ern").removesuffix("erly").removesuffix("ward")
    return vocabulary.COURSES.get(word, course if course in _SHORT_COURSES else "")


def _landmark(text: str) -> str:
    return _group(vocabulary.LANDMARK.search(text)).strip()


def _place(text: str) -> str:
    for match in _PLACE.finditer(text):
        course = _short(match[2])
        if course and not match[3].startswith("bound"):
            return f"{match[1]} nm {course} of {match[3]}"
    return ""
