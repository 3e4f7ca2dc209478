"""The evaluation as one HTML page: figures, pictures and tables; nothing is fetched from anywhere."""

from __future__ import annotations

from html import escape
from itertools import pairwise
from typing import Any, Final

import msgspec
import numpy as np

from skydas.evaluate.flights import split_errors
from skydas.evaluate.pictures import Life, Line, Path, cumulative, life_lines, over_time, plan_view
from skydas.evaluate.profiles import Judgement
from skydas.evaluate.scene import Samples
from skydas.evaluate.score import Scores, Workings
from skydas.evaluate.siap import runs_of
from skydas.model import NS_PER_S, FloatArray, IntArray, utc_text

LIVES_MAX: Final = 60
MAP_POINTS_MAX: Final = 60_000
MAP_COURSES_MAX: Final = 3_000
FLIGHT_ROWS_MAX: Final = 200

STYLE: Final = """
:root{--paper:#f6f7f9;--panel:#fff;--ink:#16202c;--soft:#5b6876;--rule:#d9dfe6;--grid:#e8ecf1;--sea:#eef2f6;
--blue:#2563c9;--green:#13803c;--orange:#b45a00;--red:#c2182b;--violet:#7a3fb8;--grey:#8793a1;color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{--paper:#0e1621;--panel:#152030;--ink:#e8eef5;--soft:#9fb0c2;--rule:#2b3a4c;
--grid:#223041;--sea:#0b121b;--blue:#5e8df6;--green:#23e162;--orange:#fe930d;--red:#ff5a63;--violet:#c48bff;--grey:#7d8b9b}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,"Segoe UI",Roboto,sans-serif}
main{max-width:1040px;margin:0 auto;padding:32px 20px 64px}h1{font-size:26px;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:18px;margin:36px 0 12px}.lead{color:var(--soft);margin:0 0 22px}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:10px}
.card{background:var(--panel);border:1px solid var(--rule);border-radius:8px;padding:12px 14px}
.card b{display:block;font-size:23px;font-weight:600;font-variant-numeric:tabular-nums;line-height:1.25}
.card span{display:block;color:var(--soft);font-size:12.5px}.card .what{color:var(--ink);font-size:13px;font-weight:600}
.card b.unknown{font-size:15px;color:var(--soft);font-weight:500;line-height:1.9}
figure{margin:0 0 14px;background:var(--panel);border:1px solid var(--rule);border-radius:8px;padding:12px 14px}
figcaption{font-weight:600;margin-bottom:6px;display:flex;flex-wrap:wrap;gap:4px 18px;justify-content:space-between}
.legend{font-weight:400;color:var(--soft);font-size:13px;display:flex;flex-wrap:wrap;gap:2px 14px}
.key{display:inline-block;width:14px;height:4px;border-radius:2px;margin-right:6px;vertical-align:middle;background:currentColor}
svg{display:block;width:100%;height:auto}svg text{fill:var(--soft);font-size:11.5px}
svg .axis{font-size:12px}svg .name{font-size:10.5px}
.grid{stroke:var(--grid)}.mark{stroke:var(--soft);stroke-dasharray:3 4;opacity:.7}
.line{fill:none;stroke:currentColor;stroke-width:1.6;stroke-linejoin:round}.area{fill:currentColor;opacity:.9}.bar{fill:currentColor}
.course{fill:none;stroke:currentColor;stroke-width:1.3;stroke-linejoin:round;stroke-linecap:round}
.course.true{stroke-width:3.2;opacity:.5}.sea{fill:var(--sea)}.scale{fill:none;stroke:var(--ink);stroke-width:1.4}
.blue,.hold0{color:var(--blue)}.green{color:var(--green)}.orange,.hold1{color:var(--orange)}.red{color:var(--red)}
.violet,.hold2{color:var(--violet)}.hold3{color:var(--green)}.grey,.none,.true{color:var(--grey)}
.wide{overflow-x:auto;background:var(--panel);border:1px solid var(--rule);border-radius:8px;margin:0 0 14px}
table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:6px 12px;border-top:1px solid var(--rule);white-space:nowrap}
tr:first-child th{border-top:0}
th{color:var(--soft);font-weight:600}td.n,th.n{text-align:right}td.text{white-space:normal;color:var(--soft);min-width:180px}
.pass{color:var(--green);font-weight:600}.fail{color:var(--red);font-weight:600}.not{color:var(--soft)}
.none-yet{color:var(--soft);margin:10px 0}details{margin:0 0 10px}summary{cursor:pointer;padding:4px 0}
footer{color:var(--soft);font-size:13px;margin-top:36px}
@media print{body{background:#fff}figure,.card,.wide{break-inside:avoid}}
"""


def report_html(scores: Scores, workings: Workings, about: str) -> str:
    """Return the page. about : what was scored against what, in a few words."""
    detail = scores.detail
    span = f"{utc_text(detail.begin_ns)} to {utc_text(detail.end_ns)}" if detail.instants else "no instants"
    lead = (
        f"{escape(about)}<br>{span} · {detail.targets} targets · {detail.tracks} tracks · "
        f"{detail.instants} instants · {detail.dimensions}-D"
    )
    body = "".join(
        (
            f'<h1>Tracks against truth</h1><p class="lead">{lead}</p>',
            _cards(scores),
            "<h2>Over time</h2>",
            _time_pictures(scores, workings),
            "<h2>Errors</h2>",
            _error_picture(scores, workings),
            "<h2>Life lines</h2>",
            _life_picture(workings),
            "<h2>Map</h2>",
            _map_picture(workings),
            "<h2>Profiles</h2>",
            "".join(_profile(judged) for judged in scores.profile.values()),
            "<h2>All figures</h2>",
            _figures(scores),
            "<h2>Targets</h2>",
            _flight_table(scores),
            _reasons(scores),
        )
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Tracks against truth</title><style>{STYLE}</style></head><body><main>{body}"
        "<footer>Made by skydas evaluate. Figures are assessed against the truth given; what it does not cover is not "
        "judged. Not assessed is never a pass.</footer></main></body></html>\n"
    )


def _cards(scores: Scores) -> str:
    detail, siap = scores.detail, scores.siap
    nees = detail.nees_position
    rows: list[tuple[str, float | int | None, str, str]] = [
        ("GOSPA", scores.gospa, "m", f"mean, cut-off {detail.options.cutoff_m:g} m"),
        ("OSPA(2)", scores.ospa2, "m", f"windows of {detail.options.window_s:g} s"),
        ("Completeness", siap.completeness, "", "targets with a track, 1 is best"),
        ("Spuriousness", siap.spuriousness, "", "tracks on nothing, 0 is best"),
        ("Ambiguity", siap.ambiguity, "", "tracks on a tracked target, 1 is best"),
        ("Median error", detail.error_m.median if detail.error_m else None, "m", "of tracks on a target"),
        ("NEES", scores.nees, "", f"should be {nees.dof:g}" if nees else "of position"),
        ("Update", scores.update, "", f"in any {detail.updates.interval_s:g} s"),
        ("Gaps", scores.gaps, "", f"longer than {detail.updates.gap_s:g} s"),
        ("Extra tracks", scores.extra_tracks, "", f"{detail.surplus.false} false, {detail.surplus.second} second"),
        ("Initiation", detail.initiation_s.median if detail.initiation_s else None, "s", "median to a track"),
        ("Latency", scores.latency_s, "s", "plots, received less measured"),
    ]
    return f'<div class="cards">{"".join(_card(*row) for row in rows)}</div>'


def _card(what: str, value: float | int | None, unit: str, note: str) -> str:
    shown = '<b class="unknown">not assessed</b>' if value is None else f"<b>{_figure(value)} {unit}</b>"
    return f'<div class="card"><span class="what">{what}</span>{shown}<span>{escape(note)}</span></div>'


def _time_pictures(scores: Scores, workings: Workings) -> str:
    time_s = (workings.instants_ns - (workings.instants_ns[0] if len(workings.instants_ns) else 0)) / NS_PER_S
    points, options = workings.points, scores.detail.options
    median, high = _error_over_time(workings)
    unit = options.cutoff_m**options.order
    counts = [
        Line("targets", "grey", points.truth_count.astype(float)),
        Line("tracks", "blue", points.track_count.astype(float)),
        Line("matched", "green", points.matched_count.astype(float)),
    ]
    share = [
        Line("localisation", "blue", points.localisation_mp / unit),
        Line("missed", "orange", points.missed_mp / unit),
        Line("false", "red", points.false_mp / unit),
    ]
    spread = [Line("median", "blue", median), Line("95%", "orange", high)]
    windows = np.full(len(time_s), np.nan)
    for value, low in zip(workings.ospa2_m, workings.ospa2_begin, strict=True):
        windows[low : low + max(round(options.window_s / options.step_s), 1)] = value
    metrics = [
        Line("GOSPA", "blue", points.gospa_m),
        Line("OSPA", "green", points.ospa_m),
        Line("OSPA(2)", "violet", windows),
    ]
    return "".join(
        (
            over_time(time_s, spread, "m", "Error of tracks on a target"),
            over_time(time_s, share, "p-th power / c^p", "What GOSPA is made of", stacked=True),
            over_time(time_s, metrics, "m", "Metrics over time"),
            over_time(time_s, counts, "count", "Targets and tracks"),
        )
    )  # fmt: skip


def _error_over_time(workings: Workings) -> tuple[FloatArray, FloatArray]:
    """Return median and 95th percentile of the error at each of at most 600 spans, spread over the instants."""
    count = len(workings.instants_ns)
    median, high = np.full(count, np.nan), np.full(count, np.nan)
    instant, distance = workings.tracks.instant[workings.on], workings.belonging.distance_m[workings.on]
    step = max(count // 600, 1)
    edges = np.searchsorted(instant, np.arange(0, count + step, step))
    for k, (low, top) in enumerate(pairwise(edges.tolist())):
        if top > low:
            median[k * step : (k + 1) * step], high[k * step : (k + 1) * step] = np.percentile(
                distance[low:top], (50, 95)
            )
    return median, high


def _error_picture(scores: Scores, workings: Workings) -> str:
    errors = split_errors(workings.truth, workings.tracks, workings.belonging, workings.on)
    lines = [Line("whole", "blue", errors[:, 0]), Line("horizontal", "green", errors[:, 1])]
    if scores.detail.dimensions == 3:
        lines.append(Line("vertical", "orange", np.abs(errors[:, 2])))
    return cumulative(lines, "error, m", "Cumulative error")


def _life_picture(workings: Workings) -> str:
    on = workings.on
    runs = runs_of(workings.belonging.truth[on], workings.tracks.object[on], workings.tracks.instant[on])
    time_s = (workings.instants_ns - (workings.instants_ns[0] if len(workings.instants_ns) else 0)) / NS_PER_S
    first = np.searchsorted(runs.truth, np.arange(len(workings.truth_names) + 1))
    begin, end = _lives(workings.truth, len(workings.truth_names))
    lives = []
    for item, name in enumerate(workings.truth_names[:LIVES_MAX]):
        if end[item] < 0:
            continue
        part = slice(int(first[item]), int(first[item + 1]))
        holds = [
            (float(time_s[a]), float(time_s[b]), workings.track_names[track])
            for a, b, track in zip(runs.begin[part], runs.end[part], runs.track[part], strict=True)
        ]
        lives.append(Life(name, float(time_s[begin[item]]), float(time_s[end[item]]), holds))
    more = len(workings.truth_names) - LIVES_MAX
    title = f"When each target was held{f' (first {LIVES_MAX}, {more} more not drawn)' if more > 0 else ''}"
    return life_lines(lives, float(time_s[-1]) if len(time_s) else 1.0, title)


def _lives(samples: Samples, count: int) -> tuple[IntArray, IntArray]:
    begin, end = np.full(count, np.iinfo(np.int64).max), np.full(count, -1)
    np.minimum.at(begin, samples.object, samples.instant)
    np.maximum.at(end, samples.object, samples.instant)
    return begin, end


def _map_picture(workings: Workings) -> str:
    tones = ("blue", "red", "orange")
    paths = _courses(workings.truth, workings.truth_names, lambda _: "true", "target")
    paths += _courses(workings.tracks, workings.track_names, lambda item: tones[int(workings.verdict[item])], "track")
    legend = [
        Line("truth", "grey", np.zeros(0)),
        Line("track", "blue", np.zeros(0)),
        Line("second track", "orange", np.zeros(0)),
        Line("false track", "red", np.zeros(0)),
    ]
    return plan_view(paths, "Truth and tracks, north up", legend)


def _courses(samples: Samples, names: list[str], tone: Any, what: str) -> list[Path]:
    order = np.argsort(samples.object, kind="stable")
    edge = np.searchsorted(samples.object[order], np.arange(len(names) + 1))
    step = max(1, len(order) // MAP_POINTS_MAX)
    found = []
    for item, name in enumerate(names[:MAP_COURSES_MAX]):
        rows = order[edge[item] : edge[item + 1]]
        if len(rows):
            kept = np.append(rows[:-1:step], rows[-1])
            found.append(Path(tone(item), samples.position_m[kept, :2], f"{what} {name}"))
    return found


def _profile(judged: Judgement) -> str:
    rows = "".join(
        f"<tr><td>{escape(row.measure.replace('_', ' '))}</td><td>{escape(row.asked)}</td>"
        f'<td class="n">{"" if row.found is None else _figure(row.found)}</td>'
        f'<td class="{row.verdict.split()[0]}">{row.verdict}</td><td class="text">{escape(row.why)}</td></tr>'
        for row in judged.rows
    )
    return (
        f"<details open><summary><b>{escape(judged.name)}</b> "
        f'<span class="{judged.verdict.split()[0]}">{judged.verdict}</span></summary>'
        f'<p class="lead">{escape(judged.source)}; {escape(judged.sure)}.</p><div class="wide"><table>'
        f'<tr><th>measure</th><th>asked</th><th class="n">found</th><th>verdict</th><th></th></tr>{rows}'
        "</table></div></details>"
    )


def _figures(scores: Scores) -> str:
    plain = msgspec.to_builtins(scores)
    groups: list[tuple[str, dict[str, Any]]] = [("SIAP", plain["siap"])]
    detail = plain["detail"]
    alone = {name: value for name, value in detail.items() if not isinstance(value, dict | list)}
    groups.append(("scene and GOSPA", {n: v for n, v in alone.items() if n not in ("begin_ns", "end_ns")}))
    titles = {
        "t_gospa": "T-GOSPA", "nees_position": "NEES of position", "nees_state": "NEES of position and velocity",
        "nis": "NIS",
        "updates": "updates", "surplus": "extra tracks", "error_m": "error", "horizontal_m": "horizontal error",
        "vertical_m": "vertical error", "velocity_mps": "velocity error", "course_deg": "course error",
        "lag_s": "lag behind the truth", "latency_s": "latency", "initiation_s": "initiation",
        "reacquire_s": "found again",
    }  # fmt: skip
    groups += [(title, detail[name]) for name, title in titles.items() if isinstance(detail[name], dict)]
    blocks = []
    for title, values in groups:
        rows = "".join(
            f'<tr><td>{escape(name.replace("_", " "))}</td><td class="n">{_shown(value)}</td></tr>'
            for name, value in values.items()
            if not isinstance(value, dict | list)
        )
        blocks.append(
            f'<details><summary>{escape(title)}</summary><div class="wide"><table>{rows}</table></div></details>'
        )
    return "".join(blocks)


def _flight_table(scores: Scores) -> str:
    columns = (
        ("target", "target"), ("kind", "kind"), ("life_s", "life, s"), ("first_plot_s", "first plot, s"),
        ("first_track_s", "track, s"), ("first_track_range_m", "at range, m"), ("right_class_s", "right class, s"),
        ("alert_s", "alert, s"), ("held", "held"), ("numbers", "numbers"), ("losses", "losses"),
        ("reacquire_s", "found again, s"), ("error_median_m", "error, m"), ("error_p95_m", "95%, m"),
    )  # fmt: skip
    head = "".join(f'<th class="{"" if k < 2 else "n"}">{title}</th>' for k, (_, title) in enumerate(columns))
    rows = "".join(
        "<tr>"
        + "".join(
            f'<td class="{"" if k < 2 else "n"}">{_shown(getattr(flight, name), "–")}</td>'
            for k, (name, _) in enumerate(columns)
        )
        + "</tr>"
        for flight in scores.detail.flights[:FLIGHT_ROWS_MAX]
    )
    more = len(scores.detail.flights) + scores.detail.flights_not_listed - FLIGHT_ROWS_MAX
    note = f'<p class="lead">{more} more targets are in the JSON.</p>' if more > 0 else ""
    return f'<div class="wide"><table><tr>{head}</tr>{rows}</table></div>{note}'


def _reasons(scores: Scores) -> str:
    detail = scores.detail
    rows = [(f"not assessed: {what}", why) for what, why in detail.not_assessed.items()]
    rows += [(f"not used: {why}", f"{count} rows") for why, count in detail.refused.items()]
    if detail.unjudged_samples:
        rows.append(
            ("not judged", f"{detail.unjudged_samples} track instants: the truth of that track has a gap there")
        )
    options = [(name, _shown(value)) for name, value in msgspec.to_builtins(detail.options).items()]
    blocks = ""
    for title, pairs in (("What was not assessed, and why", rows), ("Options", options)):
        lines = "".join(f'<tr><td>{escape(str(a))}</td><td class="text">{escape(str(b))}</td></tr>' for a, b in pairs)
        blocks += f"<h2>{title}</h2>" + (
            f'<div class="wide"><table>{lines}</table></div>' if lines else "<p>Nothing.</p>"
        )
    return blocks


def _shown(value: Any, unknown: str = "not assessed") -> str:
    if value is None:
        return unknown
    return _figure(value) if isinstance(value, int | float) else escape(str(value))


def _figure(value: float | int) -> str:
    if isinstance(value, bool | int):
        return str(value)
    return f"{value:.0f}" if 1e3 <= abs(value) < 1e9 else f"{value:.4g}"
