"""The report as one HTML file that loads nothing: whatever people wrote stays text."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import Final

from skydas.outputs._report_dossier import Dossier
from skydas.outputs._report_map import Map, map_of
from skydas.outputs._report_parts import Fields, Table, banner, footer, parts, title
from skydas.outputs._report_words import worded

STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; color: #14181d; background: #fff; max-width: 60rem; margin: 0 auto;
  padding: 1.5rem; }
.banner { background: #14181d; color: #fff; font-weight: 700; text-align: center; padding: .4rem;
  letter-spacing: .05em; }
h1 { font-size: 1.5rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; border-bottom: 2px solid #14181d; margin-top: 2rem; }
.note, footer { color: #4a5460; font-size: .85rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid #c8ced6;
  overflow-wrap: anywhere; white-space: pre-wrap; }
th[scope=row] { width: 12rem; }
svg { width: 100%; height: auto; border: 1px solid #c8ced6; }
@media print { h2 { break-after: avoid; } tr { break-inside: avoid; } }
""".strip()
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    + "'"
)


def render(dossier: Dossier) -> bytes:
    """Return the file."""
    head = (
        f'<!doctype html>\n<html lang="{dossier.language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(CONTENT_SECURITY_POLICY)}">\n'
        f"<title>{escape(title(dossier))}</title>\n<style>{STYLE}</style>\n</head>\n"
    )
    body = [
        f'<body>\n<div class="banner">{escape(banner(dossier))}</div>\n<h1>{escape(title(dossier))}</h1>\n',
        *(_block(block) for block in parts(dossier)),
        f'<footer><p>{escape(footer(dossier))}</p></footer>\n<div class="banner">{escape(banner(dossier))}</div>\n',
    ]
    if (picture := map_of(dossier)) is not None:
        heading = worded(dossier.language)("Map")
        body.insert(2, f"<h2>{heading}</h2>\n{_svg(picture)}\n<p class='note'>{escape(picture.note)}</p>\n")
    return (head + "".join(body) + "</body>\n</html>\n").encode()


def _block(block: Fields | Table) -> str:
    lines = [f"<h2>{escape(block.title)}</h2>\n"]
    if block.note:
        lines.append(f'<p class="note">{escape(block.note)}</p>\n')
    lines.append("<table>\n")
    if isinstance(block, Table):
        lines.append("<thead><tr>" + "".join(f"<th>{escape(cell)}</th>" for cell in block.heading) + "</tr></thead>\n")
        lines += ["<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>\n" for row in block.rows]
    else:
        lines += [
            f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>\n' for name, value in block.rows
        ]
    return "".join([*lines, "</table>\n"])


def _svg(picture: Map) -> str:
    lines = [
        f'<svg viewBox="0 0 {picture.width} {picture.height}" role="img" aria-label="{escape(picture.note)}">',
        f'<rect width="{picture.width}" height="{picture.height}" fill="{picture.water}"/>',
    ]
    for area in picture.areas:
        path = "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ring) + "Z" for ring in area.rings)
        lines.append(f'<path d="{path}" fill="{area.colour}" fill-rule="evenodd"/>')
    for line in picture.lines:
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in line.points)
        dash = ' stroke-dasharray="4 2"' if line.is_dashed else ""
        lines.append(f'<path d="{path}" fill="none" stroke="{line.colour}" stroke-width="{line.width}"{dash}/>')
    for dot in picture.dots:
        lines.append(f'<circle cx="{dot.x:.1f}" cy="{dot.y:.1f}" r="{dot.radius}" fill="{dot.colour}"/>')
    for text in picture.texts:
        lines.append(
            f'<text x="{text.x:.1f}" y="{text.y:.1f}" font-size="{text.size}" fill="{text.colour}" '
            f'font-family="sans-serif">{escape(text.text)}</text>'
        )
    return "".join([*lines, "</svg>"])
