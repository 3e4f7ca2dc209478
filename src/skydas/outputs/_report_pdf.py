"""The report as PDF, A4, with fonts of its own. The same dossier gives the same octets."""

from __future__ import annotations

import functools
import io
from importlib import resources
from typing import Any, Final
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, LongTable, PageTemplate, Paragraph, Spacer, TableStyle

from skydas.outputs._report_dossier import Dossier
from skydas.outputs._report_map import Map, map_of
from skydas.outputs._report_parts import Fields, Table, banner, footer, parts, title
from skydas.outputs._report_words import Worded, worded

MARGIN: Final = 18 * mm
BANNER_HEIGHT: Final = 7 * mm
CELL_SIGNS_MAX: Final = 2_500  # shown of one text
CELL_LINES_MAX: Final = 60
INK: Final = HexColor("#14181d")
FAINT: Final = HexColor("#c8ced6")
PLAIN: Final = "SkydasSans"
BOLD: Final = "SkydasSans-Bold"


def render(dossier: Dossier) -> bytes:
    """Return the file."""
    _fonts()
    said = worded(dossier.language)
    octets = io.BytesIO()
    document = BaseDocTemplate(
        octets,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=title(dossier),
        author=dossier.node,
        subject=banner(dossier),
        creator=f"skydas {dossier.version}",
        lang=dossier.language,
        invariant=1,
    )
    frame = Frame(MARGIN, MARGIN, document.width, document.height - BANNER_HEIGHT, 0, 0, 0, 0)
    on_page = functools.partial(_furniture, top=banner(dossier), bottom=footer(dossier), said=said)
    document.addPageTemplates([PageTemplate("page", [frame], onPage=on_page)])
    story: list[Flowable] = [Paragraph(_text(title(dossier), said), _style(16, BOLD, after=8))]
    picture = map_of(dossier)
    for index, block in enumerate(parts(dossier)):
        story += _block(block, document.width, said)
        if index == 0 and picture is not None:
            story += [Spacer(1, 10), _Drawn(picture, document.width), Spacer(1, 3)]
            story.append(Paragraph(_text(picture.note, said), _style(7.5, PLAIN, colour="#4a5460")))
    document.build(story)
    return octets.getvalue()


class _Drawn(Flowable):  # type: ignore[misc]  # the library has no types
    """The map, as wide as the page."""

    def __init__(self, picture: Map, width: float) -> None:
        super().__init__()
        self.picture = picture
        self.width = width
        self.height = width * picture.height / picture.width

    def draw(self) -> None:
        """Draw on the canvas; the map counts downwards, a PDF upwards."""
        canvas, picture, scale = self.canv, self.picture, self.width / self.picture.width
        canvas.saveState()
        canvas.translate(0, self.height)
        canvas.scale(scale, -scale)
        canvas.setFillColor(HexColor(picture.water))
        canvas.rect(0, 0, picture.width, picture.height, stroke=0, fill=1)
        for area in picture.areas:
            path = canvas.beginPath()
            for ring in area.rings:
                _along(path, ring)
                path.close()
            canvas.setFillColor(HexColor(area.colour))
            canvas.drawPath(path, stroke=0, fill=1, fillMode=0)
        for line in picture.lines:
            path = canvas.beginPath()
            _along(path, line.points)
            canvas.setStrokeColor(HexColor(line.colour))
            canvas.setLineWidth(line.width)
            canvas.setDash(*((4, 2) if line.is_dashed else ()))
            canvas.drawPath(path, stroke=1, fill=0)
        canvas.setDash()
        for dot in picture.dots:
            canvas.setFillColor(HexColor(dot.colour))
            canvas.circle(dot.x, dot.y, dot.radius, stroke=0, fill=1)
        canvas.scale(1, -1)
        for text in picture.texts:
            canvas.setFillColor(HexColor(text.colour))
            canvas.setFont(PLAIN, text.size)
            canvas.drawString(text.x, -text.y, text.text)
        canvas.restoreState()


def _along(path: Any, points: list[tuple[float, float]]) -> None:
    path.moveTo(*points[0])
    for point in points[1:]:
        path.lineTo(*point)


def _furniture(canvas: Any, document: Any, *, top: str, bottom: str, said: Worded) -> None:
    """Draw what stands on every page."""
    width, height = A4
    canvas.saveState()
    canvas.setFillColor(INK)
    canvas.rect(0, height - BANNER_HEIGHT, width, BANNER_HEIGHT, stroke=0, fill=1)
    canvas.setFillColor(HexColor("#ffffff"))
    canvas.setFont(BOLD, 10)
    canvas.drawCentredString(width / 2, height - BANNER_HEIGHT + 6, top)
    canvas.setFillColor(HexColor("#4a5460"))
    canvas.setFont(PLAIN, 7)
    canvas.drawString(MARGIN, MARGIN / 2, bottom)
    canvas.drawRightString(width - MARGIN, MARGIN / 2, f"{said('page')} {document.page}")
    canvas.restoreState()


def _block(block: Fields | Table, width: float, said: Worded) -> list[Flowable]:
    flowables: list[Flowable] = [Paragraph(_text(block.title, said), _style(12, BOLD, before=14, after=4, keep=True))]
    if block.note:
        flowables.append(Paragraph(_text(block.note, said), _style(8, PLAIN, colour="#4a5460", after=4, keep=True)))
    plain, bold = _style(8.5, PLAIN), _style(8.5, BOLD)
    if isinstance(block, Table):
        rows = [[Paragraph(_text(cell, said), bold) for cell in block.heading]]
        rows += [[Paragraph(_text(cell, said), plain) for cell in row] for row in block.rows]
        widths = [share * width for share in block.widths]
    else:
        rows = [
            [Paragraph(_text(name, said), bold), Paragraph(_text(value, said), plain)] for name, value in block.rows
        ]
        widths = [0.24 * width, 0.76 * width]
    style = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, FAINT),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 6),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
    repeated = 1 if isinstance(block, Table) else 0
    flowables.append(LongTable(rows, widths, style=TableStyle(style), repeatRows=repeated, splitInRow=1, hAlign="LEFT"))
    return flowables


def _text(text: str, said: Worded) -> str:
    """Return a text as a paragraph takes it: markup and control characters are what they look like, lines stay."""
    kept = "\n".join(text[:CELL_SIGNS_MAX].split("\n")[:CELL_LINES_MAX])
    known = pdfmetrics.getFont(PLAIN).face.charToGlyph
    shown = "".join(sign if sign == "\n" or ord(sign) in known else "\N{REPLACEMENT CHARACTER}" for sign in kept)
    if left := len(text) - len(kept):
        shown += f" [… {said('{count} more signs: see the HTML or JSON report').format(count=left)}]"
    return escape(shown).replace("\n", "<br/>")


@functools.cache
def _style(
    size: float, font: str, before: float = 0, after: float = 0, colour: str = "#14181d", keep: bool = False
) -> ParagraphStyle:
    return ParagraphStyle(
        f"{font} {size}",
        fontName=font,
        fontSize=size,
        leading=size * 1.3,
        spaceBefore=before,
        spaceAfter=after,
        textColor=HexColor(colour),
        alignment=TA_LEFT,
        keepWithNext=keep,
        splitLongWords=True,
    )


@functools.cache
def _fonts() -> None:
    """Register the fonts, once."""
    for name, file in ((PLAIN, "DejaVuSans.ttf"), (BOLD, "DejaVuSans-Bold.ttf")):
        with resources.as_file(resources.files("skydas.outputs") / "_fonts" / file) as path:
            pdfmetrics.registerFont(TTFont(name, str(path)))
