"""The report of an incident in each of its forms, from one dossier."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from html import escape as html_escape
from pathlib import Path

import msgspec
import pymisp
import pytest
from pypdf import PdfReader
from reportlab.pdfbase import pdfmetrics

from skydas.model import Incident, IncidentEntry, ReleaseLabel
from skydas.outputs import _report_map, _report_misp, _report_pdf
from skydas.outputs._report_dossier import Dossier, TrackLine, incident_sha256
from skydas.outputs._report_forms import FORMS
from skydas.outputs._report_words import WORDS, Language, spoken
from skydas.outputs.report import write
from tests.facts import after
from tests.incidents import LETTERS, MARKUP, alert, contact, incident

POINTS = range(60)
TEMPLATES = Path(pymisp.__file__).parent / "data" / "misp-objects" / "objects"


def dossier(fact: Incident | None = None, **changes: object) -> Dossier:
    """Return the dossier of an incident with a track that crosses the border."""
    fact = fact or incident(9)
    track = TrackLine(
        7,
        tuple(after(float(point)) for point in POINTS),
        tuple(54.3 + 0.006 * point for point in POINTS),
        tuple(25.9 - 0.008 * point + 0.02 * math.sin(point / 5) for point in POINTS),
        tuple(300.0 for _ in POINTS),
    )
    fields: dict[str, object] = {
        "node": "lt-1",
        "origin": "live",
        "version": "0.1.0",
        "label": ReleaseLabel(),
        "made_ns": after(500.0),
        "made_by": "watch 1",
        "incident": fact,
        "incident_sha256": incident_sha256(fact),
        "alerts": (alert(5),),
        "personal": (contact(6, "ab" * 32), contact(7, "cd" * 32, number=2, is_erased=True)),
        "tracks": (track,),
        "audit_rows": 12,
        "audit_sha256": "ef" * 32,
    }
    return Dossier(**(fields | changes))  # type: ignore[arg-type]


def pdf_text(octets: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(octets)).pages)


@pytest.mark.parametrize("form", FORMS)
def test_the_same_dossier_gives_the_same_octets(form: str) -> None:
    assert FORMS[form].render(dossier()) == FORMS[form].render(dossier())


@pytest.mark.parametrize("form", ["pdf", "html", "csv", "json", "misp"])
def test_every_form_says_the_headline_in_the_letters_of_all_four_languages(form: str) -> None:
    octets = FORMS[form].render(dossier())
    text = pdf_text(octets).replace("\n", " ") if form == "pdf" else octets.decode()
    assert LETTERS in text


@pytest.mark.parametrize("font", ["DejaVuSans", "DejaVuSans-Bold"])
def test_the_fonts_of_the_pdf_have_every_letter(font: str) -> None:
    _report_pdf.render(dossier())
    name = {"DejaVuSans": _report_pdf.PLAIN, "DejaVuSans-Bold": _report_pdf.BOLD}[font]
    glyphs = pdfmetrics.getFont(name).face.charToGlyph
    cyrillic = "".join(map(chr, range(0x410, 0x450)))
    assert not [letter for letter in f"{LETTERS}{cyrillic}ąłżßéø„“”–—°²±→≤€" if ord(letter) not in glyphs]


@pytest.mark.parametrize(("origin", "mark"), [("exercise", "EXERCISE"), ("simulated", "SIMULATED")])
def test_what_is_not_live_says_so_on_every_page_and_in_every_form(origin: str, mark: str) -> None:
    long = incident(9, timeline=tuple(IncidentEntry(after(k), "w", "note", f"line {k}") for k in range(100)))
    made = dossier(long, origin=origin)
    pages = PdfReader(io.BytesIO(FORMS["pdf"].render(made))).pages
    assert len(pages) > 1
    assert all(mark in page.extract_text() for page in pages)
    assert all(mark in FORMS[form].render(made).decode() for form in ("html", "misp"))
    assert all(origin in FORMS[form].render(made).decode() for form in ("json", "csv", "misp"))
    assert not any(mark in FORMS[form].render(dossier()).decode("latin-1") for form in ("html", "misp", "csv"))


def test_the_pdf_is_a4_with_the_timeline_the_hashes_and_a_map() -> None:
    octets = FORMS["pdf"].render(dossier())
    page = PdfReader(io.BytesIO(octets)).pages[0]
    assert [round(float(side)) for side in page.mediabox[2:]] == [595, 842]
    text = pdf_text(octets)
    for wanted in ("radar-1 saw it first", "Medininkai", "Vilnius", "10 km", "border guard", "one_way_drone 0.71"):
        assert wanted in text
    joined = "".join(text.split())
    for sha256 in (incident(9).evidence[0][2], "ab" * 32, "ef" * 32, incident_sha256(incident(9))):
        assert sha256 in joined


@pytest.mark.parametrize(
    ("language", "heading", "drill"),
    [
        ("en", "Timeline", "EXERCISE"),
        ("lt", "Įvykių eiga", "PRATYBOS"),
        ("lv", "Notikumu gaita", "MĀCĪBAS"),
        ("et", "Sündmuste käik", "ÕPPUS"),
    ],
)
def test_the_headings_are_in_the_language_asked_for_and_what_people_wrote_is_as_it_was(
    language: Language, heading: str, drill: str
) -> None:
    asked = dossier(language=language, origin="exercise")
    html = FORMS["html"].render(asked).decode()
    assert f'<html lang="{language}">' in html
    for text in (html, pdf_text(FORMS["pdf"].render(asked))):
        assert heading in text
        assert drill in text
    assert LETTERS in html
    english = {text for text in WORDS if len(text) > 6 and text not in WORDS[text]}
    found = {text for text in english if f">{html_escape(text)}<" in html}
    assert bool(found) == (language == "en")
    assert FORMS["csv"].render(asked) == FORMS["csv"].render(dossier(origin="exercise"))


def test_every_heading_has_its_four_words_and_the_pdf_can_draw_them() -> None:
    _report_pdf.render(dossier())
    glyphs = pdfmetrics.getFont(_report_pdf.PLAIN).face.charToGlyph
    for english, others in WORDS.items():
        for text in (english, *others):
            assert text.strip() == text != ""
            assert not [letter for letter in text if ord(letter) not in glyphs]
            assert text.count("{") == english.count("{")


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("", "en"), ("lt-LT,lt;q=0.9,en;q=0.8", "lt"), ("de, et;q=0.5", "et"), ("LV", "lv"), ("x" * 9_000, "en")],
)
def test_a_browser_gets_the_first_of_our_languages_that_it_asks_for(accepted: str, language: str) -> None:
    assert spoken(accepted) == language


def test_markup_in_a_note_stays_text() -> None:
    page = FORMS["html"].render(dossier()).decode()
    assert MARKUP not in page
    assert "<script" not in page
    assert "<img" not in page
    assert "http" not in page.replace("http-equiv", "")  # it loads nothing
    assert "default-src &#x27;none&#x27;" in page
    assert " ".join(MARKUP.split()) in " ".join(pdf_text(FORMS["pdf"].render(dossier())).split())


def test_a_note_longer_than_a_page_is_cut_in_the_pdf_and_said_to_be() -> None:
    endless = incident(
        9, timeline=(IncidentEntry(after(1.0), "w", "note", "word " * 2_000),), reported={"w": "x" * 9_000}
    )
    text = " ".join(pdf_text(FORMS["pdf"].render(dossier(endless))).split())
    assert "7500 more signs: see the HTML or JSON report" in text
    assert "word " * 2_000 in FORMS["html"].render(dossier(endless)).decode()


@pytest.mark.parametrize(
    "text", ["x" * 9_000, "word " * 2_000, "\n" * 3_000, "ž" * 500 + "\t\x00\x1b" * 900, "👽" * 99]
)
def test_no_text_is_too_long_too_narrow_or_too_odd_for_the_pdf(text: str) -> None:
    odd = incident(
        9,
        headline=text,
        timeline=(IncidentEntry(after(1.0), text, text, text),),
        reported={text: text},
        evidence=((text, text, "ab" * 32),),
    )
    made = dossier(odd, alerts=(msgspec.structs.replace(alert(5), rule=text, text=text, state=text),), made_by=text)
    assert len(PdfReader(io.BytesIO(FORMS["pdf"].render(made))).pages) < 60


def test_the_json_is_the_dossier_itself() -> None:
    assert msgspec.json.decode(FORMS["json"].render(dossier()), type=Dossier) == dossier()


def test_no_cell_of_the_csv_runs_in_a_spreadsheet() -> None:
    cells = ("=1+1", "+370 600", "-1", "@sum(a1)", "\tx", "plain")
    made = dossier(incident(9, reported={f"field {k}": cell for k, cell in enumerate(cells)}))
    rows = list(csv.DictReader(io.StringIO(FORMS["csv"].render(made).decode("utf-8-sig"))))
    reported = [row["value"] for row in rows if row["section"] == "Reported"]
    assert reported == [f"'{cell}" for cell in cells[:-1]] + ["plain"]
    assert {row["section"] for row in rows} >= {"Report", "Summary", "Timeline", "Alerts", "Evidence", "Integrity"}


# -- MISP


def test_the_misp_event_is_one_that_misp_reads_with_all_its_objects() -> None:
    octets = FORMS["misp"].render(dossier())
    event = pymisp.MISPEvent(strict_validation=True)
    event.load(json.loads(octets))
    assert [one.name for one in event.objects] == ["incident", "geolocation", "uav"]
    assert event.info.startswith("Incident 1: Drone over the border")
    assert event.distribution == 0
    assert event.published is False
    place = event.objects[1]
    assert [float(place.get_attributes_by_relation(name)[0].value) for name in ("latitude", "longitude")] == [
        54.54,
        25.65,
    ]
    again = pymisp.MISPEvent()
    again.load(json.loads(FORMS["misp"].render(dossier(made_ns=after(900.0)))))
    assert again.uuid == event.uuid
    assert [one.uuid for one in again.objects] == [one.uuid for one in event.objects]


@pytest.mark.parametrize("template", _report_misp.TEMPLATES)
def test_a_misp_object_is_as_its_template_says(template: str) -> None:
    definition = json.loads((TEMPLATES / template / "definition.json").read_text())
    objects = json.loads(FORMS["misp"].render(dossier()))["Event"]["Object"]
    (made,) = [one for one in objects if one["name"] == template]
    assert (made["template_uuid"], made["template_version"]) == (definition["uuid"], str(definition["version"]))
    assert made["meta-category"] == definition["meta-category"]
    relations = [one["object_relation"] for one in made["Attribute"]]
    for one in made["Attribute"]:
        known = definition["attributes"][one["object_relation"]]
        assert one["type"] == known["misp-attribute"]
        assert one["value"] in known.get("values_list", [one["value"]])
        assert known.get("multiple") or relations.count(one["object_relation"]) == 1
    assert set(relations) >= set(definition.get("required", []))
    if one_of := definition.get("requiredOneOf"):
        assert set(relations) & set(one_of)


def test_what_the_form_says_of_the_drone_is_in_the_misp_object_and_what_is_unknown_is_not() -> None:
    known = {"manufacturer": "DJI", "serial_number": "1581F5", "load": "unknown", "class": "multirotor"}
    objects = json.loads(FORMS["misp"].render(dossier(incident(9, assessed=known))))["Event"]["Object"]
    said = {one["object_relation"]: one["value"] for one in objects[2]["Attribute"]}
    assert (said["manufacturer"], said["serial-number"], said["model"]) == ("DJI", "1581F5", "not determined")
    assert "payload" not in said


def test_an_incident_without_a_drone_or_a_place_has_no_such_object() -> None:
    other = incident(9, category="border", latitude_deg=None, longitude_deg=None)
    event = json.loads(FORMS["misp"].render(dossier(other)))["Event"]
    assert [one["name"] for one in event["Object"]] == ["incident"]


# -- the map


@pytest.mark.parametrize(
    ("latitude_deg", "longitude_deg", "town"),
    [(54.7, 25.3, "Vilnius"), (56.9, 24.1, "Riga"), (59.4, 24.7, "Tallinn"), (55.7, 21.1, "Klaipėda")],
)
def test_the_map_shows_where_it_is(latitude_deg: float, longitude_deg: float, town: str) -> None:
    place = incident(9, latitude_deg=latitude_deg, longitude_deg=longitude_deg)
    picture = _report_map.map_of(dossier(place, tracks=()))
    assert picture is not None
    assert town in [text.text for text in picture.texts]
    assert picture.areas


def test_nothing_of_the_map_lies_outside_it() -> None:
    picture = _report_map.map_of(dossier(incident(9, latitude_deg=57.5, longitude_deg=21.0)))
    assert picture is not None
    points = [point for line in picture.lines for point in line.points]
    points += [point for area in picture.areas for ring in area.rings for point in ring]
    assert len(points) > 100
    for x, y in points:
        assert -1e-6 <= x <= picture.width + 1e-6
        assert -1e-6 <= y <= picture.height + 1e-6


def test_an_incident_without_any_place_has_no_map_and_still_a_report() -> None:
    nowhere = dossier(incident(9, latitude_deg=None, longitude_deg=None), tracks=())
    assert _report_map.map_of(nowhere) is None
    assert all(FORMS[form].render(nowhere) for form in FORMS)
    elsewhere = dossier(incident(9, latitude_deg=-33.0, longitude_deg=151.0), tracks=())
    assert all(FORMS[form].render(elsewhere) for form in FORMS)


def test_the_files_are_written_with_a_list_of_their_hashes(tmp_path: Path) -> None:
    paths = write(dossier(), list(FORMS), tmp_path)
    assert [path.name for path in paths] == [
        "lt-1-incident-1.pdf", "lt-1-incident-1.html", "lt-1-incident-1.json", "lt-1-incident-1.misp.json",
        "lt-1-incident-1.csv", "lt-1-incident-1.sha256",
    ]  # fmt: skip
    for line in paths[-1].read_text().splitlines():
        sha256, name = line.split()
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == sha256
