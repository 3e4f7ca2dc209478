"""The reliability diagram: what was said against what was so, as a picture."""

from __future__ import annotations

from typing import Final

from skydas.cli.training.metrics import Quality

_SIDE: Final = 220  # of one panel, in pixels
_EDGE: Final = 44


def reliability_svg(figures: dict[str, Quality]) -> str:
    """Return a panel for each set of figures: classes filled, groups open; a dot is as large as its share."""
    across = 3
    rows = (len(figures) + across - 1) // across
    width, height = across * (_SIDE + _EDGE) + _EDGE, rows * (_SIDE + 2 * _EDGE)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for k, (name, one) in enumerate(figures.items()):
        left, top = _EDGE + k % across * (_SIDE + _EDGE), _EDGE + k // across * (_SIDE + 2 * _EDGE)
        parts += _panel(left, top, name, one)
    return "\n".join([*parts, "</svg>", ""])


def _panel(left: int, top: int, name: str, one: Quality) -> list[str]:
    parts = [
        f'<rect x="{left}" y="{top}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="#888888"/>',
        f'<path d="M{left} {top + _SIDE}l{_SIDE} -{_SIDE}" stroke="#bbbbbb" stroke-dasharray="4 3"/>',
        f'<text x="{left}" y="{top - 20}" font-weight="bold">{name}</text>',
        f'<text x="{left}" y="{top - 6}">ECE {one.ece:.3f} classes, {one.ece_groups:.3f} groups</text>',
        f'<text x="{left + _SIDE / 2}" y="{top + _SIDE + 26}" text-anchor="middle">probability said</text>',
    ]
    for tick in (0.0, 0.5, 1.0):
        parts.append(f'<text x="{left + tick * _SIDE:.0f}" y="{top + _SIDE + 13}" text-anchor="middle">{tick}</text>')
        parts.append(f'<text x="{left - 4}" y="{top + (1 - tick) * _SIDE + 4:.0f}" text-anchor="end">{tick}</text>')
    for rows, fill in ((one.reliability_groups, "none"), (one.reliability, "#1f6fb4")):
        for said, right, share in rows:
            x, y, radius = left + said * _SIDE, top + (1.0 - right) * _SIDE, 2.0 + 16.0 * share**0.5
            parts.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{fill}" '
                'fill-opacity="0.7" stroke="#1f6fb4"/>'
            )
    return parts
