"""Small SVG pictures: lines over time, stacked areas, cumulative curves, life lines, a map. Text in, text out.

Colours are CSS classes that the page defines for light and dark; every number is rounded, so a page stays small.
"""

from __future__ import annotations

import math
from html import escape
from typing import Final

import msgspec
import numpy as np

from skydas.model import FloatArray

POINTS_MAX: Final = 600  # of one line
WIDTH: Final = 960
LEFT: Final = 64
RIGHT: Final = 16
TOP: Final = 12
BOTTOM: Final = 40


class Line(msgspec.Struct, frozen=True):
    """A named line or area; `tone` is its CSS class."""

    name: str
    tone: str
    values: FloatArray


class Frame(msgspec.Struct, frozen=True):
    """Where a picture's axes lie and what they span."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float
    height: int
    left: int = LEFT

    def x(self, value: float) -> float:
        """Return the abscissa of a value, px."""
        span = (self.x_high - self.x_low) or 1.0
        return self.left + (value - self.x_low) / span * (WIDTH - self.left - RIGHT)

    def y(self, value: float) -> float:
        """Return the ordinate of a value, px."""
        span = (self.y_high - self.y_low) or 1.0
        return self.height - BOTTOM - (value - self.y_low) / span * (self.height - BOTTOM - TOP)


def over_time(time_s: FloatArray, lines: list[Line], unit: str, title: str, *, stacked: bool = False) -> str:
    """Return lines over time; stacked: areas on top of each other. time_s : (n,), values (n,), NaN leaves a hole."""
    keep = np.linspace(0, max(len(time_s) - 1, 0), min(len(time_s), POINTS_MAX)).round().astype(np.int64)
    time_s = time_s[keep]
    values = [line.values[keep] for line in lines]
    if stacked:
        values = list(np.cumsum(np.nan_to_num(np.stack(values)), axis=0)) if values else []
    top = max((float(np.nanmax(value)) for value in values if np.isfinite(value).any()), default=0.0)
    if not len(time_s) or not np.isfinite(top):
        return nothing(title)
    frame = Frame(float(time_s[0]), float(time_s[-1]), 0.0, nice_top(top), 280)
    parts = [axes(frame, "time, min" if frame.x_high > 300 else "time, s", unit, frame.x_high > 300)]
    drawn = list(zip(lines, values, strict=True))
    for line, value in reversed(drawn) if stacked else drawn:
        path = polyline(frame, time_s, value)
        if stacked and path:
            base = f"L{frame.x(frame.x_high):.1f} {frame.y(0):.1f}L{frame.x(frame.x_low):.1f} {frame.y(0):.1f}Z"
            parts.append(f'<path class="area {line.tone}" d="{path}{base}"/>')
        else:
            parts.append(f'<path class="line {line.tone}" d="{path}"/>')
    return figure(frame.height, "".join(parts), title, lines)


def cumulative(lines: list[Line], unit: str, title: str) -> str:
    """Return the share of values below each size; the axis ends at the 99th percentile of the largest."""
    ends = [float(np.percentile(line.values, 99)) for line in lines if len(line.values)]
    if not ends:
        return nothing(title)
    frame = Frame(0.0, nice_top(max(ends)), 0.0, 1.0, 280)
    parts = [axes(frame, unit, "share below")]
    share = np.linspace(0.0, 1.0, 201)
    for line in lines:
        if len(line.values):
            size = np.percentile(line.values, share * 100)
            inside = size <= frame.x_high
            parts.append(f'<path class="line {line.tone}" d="{polyline(frame, size[inside], share[inside])}"/>')
    for level in (0.5, 0.95):
        parts.append(
            f'<line class="mark" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{frame.y(level):.1f}" y2="{frame.y(level):.1f}"/>'
        )
    return figure(frame.height, "".join(parts), title, lines)


class Life(msgspec.Struct, frozen=True):
    """One target's row: its life and the times a track held it."""

    name: str
    begin_s: float
    end_s: float
    holds: list[tuple[float, float, str]]  # begin, end, track


def life_lines(lives: list[Life], end_s: float, title: str) -> str:
    """Return a row for each target: grey while it flew, coloured while a track held it, another tone after a change."""
    if not lives:
        return nothing(title)
    pitch = 16 if len(lives) <= 30 else 11
    frame = Frame(0.0, end_s, 0.0, 1.0, TOP + BOTTOM + pitch * len(lives), left=110)
    parts = [axes(frame, "time, min" if end_s > 300 else "time, s", "", end_s > 300)]
    for row, life in enumerate(lives):
        y = TOP + pitch * row + 2
        parts.append(
            f'<text class="name" x="102" y="{y + pitch - 6}" text-anchor="end">{escape(life.name[:16])}</text>'
        )
        parts.append(_bar(frame, life.begin_s, life.end_s, y + pitch / 2 - 2, 3, "none", life.name))
        tones: dict[str, int] = {}
        for begin, end, track in life.holds:
            tone = min(tones.setdefault(track, len(tones)), 3)
            parts.append(_bar(frame, begin, end, y, pitch - 5, f"hold{tone}", f"{life.name}: track {track}"))
    shown = [Line("flew", "none", np.zeros(0)), Line("held by its first track", "hold0", np.zeros(0))]
    shown += [Line("second number", "hold1", np.zeros(0)), Line("third", "hold2", np.zeros(0))]
    shown += [Line("a later one", "hold3", np.zeros(0))]
    return figure(frame.height, "".join(parts), title, shown)


def _bar(frame: Frame, begin: float, end: float, y: float, height: float, tone: str, tip: str) -> str:
    x = frame.x(begin)
    return (
        f'<rect class="bar {tone}" x="{x:.1f}" y="{y:.1f}" width="{max(frame.x(end) - x, 1.0):.1f}" '
        f'height="{height:g}">'
        f"<title>{escape(tip)}</title></rect>"
    )


class Path(msgspec.Struct, frozen=True):
    """A course on the map; points (n, 2) east, north, m."""

    tone: str
    points_m: FloatArray
    name: str


def plan_view(paths: list[Path], title: str, legend: list[Line]) -> str:
    """Return courses seen from above, one scale both ways, with a bar of distance."""
    some = [path.points_m for path in paths if len(path.points_m)]
    if not some:
        return nothing(title)
    every = np.concatenate(some)
    low, high = np.percentile(every, 0.2, axis=0), np.percentile(every, 99.8, axis=0)
    middle, size = (low + high) / 2, np.maximum(high - low, 100.0) * 1.08
    height = int(np.clip(WIDTH * size[1] / size[0], 360, 760))
    scale = min((WIDTH - 2) / size[0], (height - 2) / size[1])
    parts = [f'<rect class="sea" x="0" y="0" width="{WIDTH}" height="{height}"/>']
    for path in paths:
        x = WIDTH / 2 + (path.points_m[:, 0] - middle[0]) * scale
        y = height / 2 - (path.points_m[:, 1] - middle[1]) * scale
        steps = "".join(f"{'L' if k else 'M'}{a:.1f} {b:.1f}" for k, (a, b) in enumerate(zip(x, y, strict=True)))
        parts.append(f'<path class="course {path.tone}" d="{steps}"><title>{escape(path.name)}</title></path>')
    bar_m = nice_below(0.22 * WIDTH / scale)
    parts.append(
        f'<path class="scale" d="M20 {height - 24}v6h{bar_m * scale:.1f}v-6"/>'
        f'<text class="name" x="20" y="{height - 30}">{_distance(bar_m)}</text>'
    )
    return figure(height, "".join(parts), title, legend)


def _distance(length_m: float) -> str:
    return f"{length_m / 1000:g} km" if length_m >= 1000 else f"{length_m:g} m"


def polyline(frame: Frame, x: FloatArray, y: FloatArray) -> str:
    """Return the steps of a line; a value that is not finite breaks it."""
    steps = []
    pen = "M"
    for a, b in zip(x.tolist(), y.tolist(), strict=True):
        if math.isfinite(b):
            steps.append(f"{pen}{frame.x(a):.1f} {frame.y(b):.1f}")
            pen = "L"
        else:
            pen = "M"
    return "".join(steps)


def axes(frame: Frame, x_name: str, y_name: str, minutes: bool = False) -> str:
    """Return grid, figures and names of the axes."""
    parts = []
    bottom = frame.height - BOTTOM
    unit = 60.0 if minutes else 1.0
    for tick in ticks(frame.x_low / unit, frame.x_high / unit, 8):
        x = frame.x(tick * unit)
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{bottom}"/>')
        parts.append(f'<text class="tick" x="{x:.1f}" y="{bottom + 15}" text-anchor="middle">{tick:g}</text>')
    if y_name:
        for tick in ticks(frame.y_low, frame.y_high, 5):
            y = frame.y(tick)
            parts.append(f'<line class="grid" x1="{frame.left}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
            parts.append(f'<text class="tick" x="{frame.left - 7}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>')
        parts.append(
            f'<text class="axis" transform="translate(14 {(bottom + TOP) / 2:.0f}) rotate(-90)" text-anchor="middle">'
            f"{escape(y_name)}</text>"
        )
    middle = (frame.left + WIDTH - RIGHT) / 2
    parts.append(
        f'<text class="axis" x="{middle:.0f}" y="{frame.height - 6}" text-anchor="middle">{escape(x_name)}</text>'
    )
    return "".join(parts)


def figure(height: int, body: str, title: str, legend: list[Line]) -> str:
    """Return a picture with its title and legend."""
    keys = "".join(f'<span><i class="key {line.tone}"></i>{escape(line.name)}</span>' for line in legend)
    return (
        f'<figure><figcaption>{escape(title)}<span class="legend">{keys}</span></figcaption>'
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">{body}</svg></figure>'
    )


def nothing(title: str) -> str:
    """Return the place of a picture for which there is no data."""
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>"
        '<p class="none-yet">not assessed: nothing to draw</p></figure>'
    )


def ticks(low: float, high: float, about: int) -> list[float]:
    """Return round values between low and high, about so many."""
    step = nice_below(max(high - low, 1e-9) / about * 1.5)
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 10) for k in range(first, math.floor(high / step + 1e-9) + 1)]


def nice_below(value: float) -> float:
    """Return the largest of 1, 2, 5 times a power of ten not above the value."""
    power = 10.0 ** math.floor(math.log10(value))
    return next((factor * power for factor in (5.0, 2.0) if value >= factor * power), power)


def nice_top(value: float) -> float:
    """Return the smallest round value not below the value; 1 for 0."""
    if value <= 0.0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(
        factor * power
        for factor in (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
        if value <= factor * power * (1 + 1e-9)
    )
