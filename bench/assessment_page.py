"""docs/assessment.md: the figures of `bench.assessment` as tables, and what each means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from bench.accuracy import header, table

REPOSITORY: Final = Path(__file__).resolve().parent.parent
OUT: Final = REPOSITORY / "docs" / "assessment.md"
MEANING: Final = Path(__file__).with_name("assessment_meaning.md")
REMARKS: Final = Path(__file__).with_name("assessment_remarks.md")
FALSE_ON_MAX: Final = 12  # rows of what false alerts were on


def write_page(found: dict[str, Any]) -> Path:
    """Write docs/assessment.md and return its path."""
    OUT.write_text(page(found))
    return OUT


def page(found: dict[str, Any]) -> str:
    """Return the whole page."""
    parts = [
        header("The assessment against truth", _command(found), found, "simulated"),
        f"Scenes: {', '.join(found['scenes'])}. Seeds scored: {_listed(found['seeds_scored'])}; baselines fitted on: "
        f"{_listed(found['seeds_fitted'])}; {found['hours_scored']:.1f} hours scored"
        f"{_cut(found['seconds'])}. "
        f"{_percent(found['assessed'])} of the samples of confirmed tracks had a score.",
        MEANING.read_text().strip(),
        "## Threat\n" + _threat(found["threat"]),
        "## Alerts by scene\n" + _by_scene(found["threat"]),
        *_false_alerts(found["threat"]),
        "## Reliability of the score\n" + _reliability(found["threat"]["methods"]["skydas"]),
        "## Destination\n" + _destinations(found["destinations"]),
        *_ranks(found["ranks"]),
        "## Class a minute after the first track\n" + _classes(found["classes"]),
        "## Reliability of the class\n" + _class_reliability(found["class_reliability"]),
        "## Time\n" + _times(found),
    ]
    if REMARKS.exists():
        parts.append(REMARKS.read_text().strip())
    return "\n\n".join(parts) + "\n"


def _command(found: dict[str, Any]) -> str:
    """Return the command that makes this page again."""
    seeds = " ".join(map(str, sorted(found["seeds_fitted"] + found["seeds_scored"])))
    cut = f" --seconds {found['seconds']:g}" if found["seconds"] else ""
    return f"python -m bench.assessment --scenes {' '.join(found['scenes'])} --seeds {seeds}{cut} --write"


def _threat(threat: dict[str, Any]) -> str:
    rows = []
    for name, one in threat["methods"].items():
        alerts = one["alerts"]
        rows.append(
            (
                name,
                _number(one.get("brier"), 4),
                _number(one.get("expected_calibration_error"), 3),
                _number(alerts["false_per_hour"], 1),
                _percent(alerts["missed"]),
                _percent(alerts["in_time"]),
                *_spread(alerts["delay_s"]),
                _spread(alerts["warning_s"])[0],
            )
        )
    heads = (
        "method", "Brier", "ECE", "false an hour", "missed", "in time", "delay, median s", "delay, 90% s",
        "warning before entry, median s",
    )  # fmt: skip
    share = (
        f"Threats are {_percent(threat['share_of_threats'])} of all flights (saying just that is a Brier score of "
        f"{threat['brier_of_that_share']:.4f}).\n\n"
    )
    return share + table(heads, rows)


def _by_scene(threat: dict[str, Any]) -> str:
    own = "skydas, its alerts" if "skydas, its alerts" in threat["methods"] else "skydas"
    rows = []
    for scene, one in threat["methods"][own]["by_scene"].items():
        beside = threat["methods"]["distance and heading"]["by_scene"][scene]
        rows.append(
            (
                scene,
                one["threats"],
                _number(one["false_per_hour"], 1),
                _number(beside["false_per_hour"], 1),
                _percent(one["missed"]),
                _percent(beside["missed"]),
                _spread(one["delay_s"])[0],
                _spread(beside["delay_s"])[0],
                _number(one["repeated_per_hour"], 1),
            )
        )
    heads = (
        f"scene ({own}; beside it distance and heading)", "threats", "false an hour", "beside", "missed", "beside",
        "delay, median s", "beside", "repeated an hour",
    )  # fmt: skip
    return table(heads, rows)


def _false_alerts(threat: dict[str, Any]) -> Iterator[str]:
    own = threat["methods"].get("skydas, its alerts")
    if own is None:
        return
    counted = list(own["alerts"]["false_on"].items())
    rows = [(what, count, _number(count / own["alerts"]["hours"], 2)) for what, count in counted[:FALSE_ON_MAX]]
    yield "## What the false alerts were on\n" + table(("object", "alerts", "an hour"), rows)
    false = threat["false_per_hour_by_rule"]
    told = (f"{rule} {count} ({false[rule]:.1f} false an hour)" for rule, count in threat["alerts_by_rule"].items())
    yield f"Alerts and tracks that came under one later, by rule: {', '.join(told)}."


def _reliability(method: dict[str, Any]) -> str:
    rows = [
        (f"{one['from']:.1f}", _percent(one["share"]), _number(one["said"], 3), _number(one["true"], 3))
        for one in method["bins"]
    ]
    return table(("score from", "share of samples", "mean said", "mean true"), rows)


def _destinations(destinations: dict[str, Any]) -> str:
    rows = []
    for name, groups in destinations["methods"].items():
        for group, fractions in groups.items():
            for fraction, one in fractions.items():
                rows.append(
                    (
                        group,
                        f"{float(fraction):.0%}",
                        name,
                        int(one["asked"]),
                        _percent(one["first"]),
                        _percent(one["first_of_assets"]) if group == "to an asset" else "",
                        _percent(one["first_three"]),
                        _number(one["brier"], 3),
                    )
                )
    rows.sort(key=lambda row: (row[0] != "to an asset", float(row[1].rstrip("%"))))
    told = f"{_percent(destinations['told'])} of these had been told a destination; the others are left out.\n\n"
    heads = ("where", "observed", "method", "asked", "first right", "first of the assets", "first three", "Brier")
    return (told if destinations["told"] else "No destination was told yet: the baselines alone.\n\n") + table(
        heads, rows
    )


def _ranks(ranks: dict[str, Any]) -> Iterator[str]:
    if not ranks["pairs"]:
        return
    rows = [(name, _number(one["all"], 3), _number(one["top"], 3)) for name, one in ranks["methods"].items()]
    yield f"## Rank stability\n{ranks['pairs']} pairs.\n\n" + table(("score", "all objects", "first ten"), rows)


def _classes(classes: dict[str, dict[str, int]]) -> str:
    said = list(dict.fromkeys(word for counts in classes.values() for word in counts))
    rows = []
    for kind, counts in classes.items():
        right = counts.get(kind, 0) / sum(counts.values())
        rows.append((kind, *(counts.get(word, "") for word in said), _percent(right)))
    return table(("true kind", *said, "right"), rows)


def _class_reliability(found: dict[str, Any]) -> str:
    text = (
        "Of the likeliest class at every instant, every kind of object weighing the same, and every flight of a "
        f"kind: ECE {found['expected_calibration_error']:.3f}. An identity is a rule with its reason and has no "
        "probability.\n\n"
    )
    return text + _reliability(found)


def _times(found: dict[str, Any]) -> str:
    lines = []
    for name, words in (("alert_delay_s", "plot to alert"), ("assessed_delay_s", "plot to assessed fact")):
        if found[name] is not None:
            lines.append(
                f"{words}: median {found[name]['p50']:.3f} s, 95% {found[name]['p95']:.3f} s of the node's time"
            )
    rows = [
        (name, _number(one["p99_ms"], 2), _number(one["cpu_s_per_hour"], 1)) for name, one in found["stages_ms"].items()
    ]
    text = table(("stage", "99% of the worst run, ms", "seconds an hour of scene"), rows)
    return ("; ".join(lines) + ".\n\n" if lines else "") + text


def _cut(seconds: float) -> str:
    return f", every scene cut after {seconds:g} s: few threats reach anything by then" if seconds else ""


def _spread(values: dict[str, float] | None) -> tuple[str, str]:
    return ("", "") if values is None else (f"{values['p50']:.0f}", f"{values['p90']:.0f}")


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _listed(values: Sequence[int]) -> str:
    return ", ".join(map(str, values))
