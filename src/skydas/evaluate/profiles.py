"""Accuracy and continuity profiles as data: what is asked, from where, and how sure we are of the text.

A row is passed or failed only when both its figure and the input for it are there; everything else is "not
assessed".
"""

from __future__ import annotations

import operator
from typing import Final, Literal

import msgspec

from skydas.errors import ConfigError

Measure = Literal[
    "update_probability", "gap_share", "wrong_share", "position_rms_m", "position_p90_m", "position_p95_m",
    "surplus_tracks", "surplus_updates", "velocity_p90_mps", "climb_p90_mps", "course_p90_deg", "false_per_scan",
    "range_bias_m", "azimuth_bias_deg", "range_random_m", "azimuth_random_deg", "samples",
    "address_share", "mode_a_share", "mode_c_share", "false_code_share", "identity_share",
]  # fmt: skip
Verdict = Literal["pass", "fail", "not assessed"]

FT_PER_MIN_MPS: Final = 0.3048 / 60.0


class Row(msgspec.Struct, frozen=True):
    """One demand: measure, comparison, limit; `s` and `m` are the interval, gap or distance it is about."""

    measure: Measure
    than: Literal[">", ">=", "<", "<="]
    limit: float | None  # None: the text has no number, or one without a unit
    s: float | None = None
    s_max: float | None = None  # of a gap that has an upper end too
    m: float | None = None
    note: str = ""


class Profile(msgspec.Struct, frozen=True):
    """A named set of demands."""

    name: str
    source: str
    sure: str
    rows: tuple[Row, ...]


_COMPASS: Final = "as the COMPASS evaluation tool codes it, read from that tool, not from the standard"
_SECOND: Final = "second hand: from texts about the document, not the document"

PROFILES: Final[dict[str, Profile]] = {
    profile.name: profile
    for profile in (
        Profile(
            "esassp-5n-noncoop",
            "EUROCONTROL ESASSP edition 1.3, annex D, 5 NM separation, non-cooperative",
            _SECOND,
            (Row("update_probability", ">", 0.90, s=8.0), Row("position_rms_m", "<=", 500.0)),
        ),
        Profile(
            "esassp-3n-noncoop",
            "EUROCONTROL ESASSP edition 1.3, annex D, 3 NM separation, non-cooperative",
            _SECOND,
            (Row("update_probability", ">", 0.90, s=5.0), Row("position_rms_m", "<=", 300.0)),
        ),
        Profile(
            "compass-ed142-enroute",
            "EUROCAE ED-142, en route",
            _COMPASS,
            (
                Row("update_probability", ">=", 0.97, s=8.0),
                Row("gap_share", "<=", 0.01, s=16.4),
                Row("wrong_share", "<=", 0.001, m=2100.0),
                Row("position_rms_m", "<=", 350.0),
                Row("address_share", ">=", 0.99),
                Row("mode_a_share", ">=", 0.98),
                Row("mode_c_share", ">=", 0.96, note="within 300 ft"),
                Row("false_code_share", "<=", 0.001),
            ),
        ),
        Profile(
            "compass-ed142-tma",
            "EUROCAE ED-142, terminal area",
            _COMPASS,
            (
                Row("update_probability", ">=", 0.97, s=5.0),
                Row("gap_share", "<=", 0.001, s=16.5),
                Row("wrong_share", "<=", 0.001, m=2100.0),
                Row("position_rms_m", "<=", 150.0),
                Row("address_share", ">=", 0.99),
                Row("mode_a_share", ">=", 0.98),
                Row("mode_c_share", ">=", 0.96, note="within 300 ft"),
                Row("false_code_share", "<=", 0.001),
            ),
        ),
        Profile(
            "compass-tracker",
            "tracker requirements",
            _COMPASS,
            (
                Row("update_probability", ">=", 0.90, s=5.0),
                Row("surplus_updates", "<=", 0.03),
                Row("surplus_tracks", "<=", 0.03, note="tracks of 11 s and 3 updates"),
                Row("wrong_share", "<=", 0.01, m=500.0),
                Row("position_rms_m", "<=", 200.0),
                Row("position_p90_m", "<=", 400.0),
                Row("velocity_p90_mps", "<=", None, note="50 of a unit not given, or 10%"),
                Row("climb_p90_mps", "<=", 500.0 * FT_PER_MIN_MPS),
            ),
        ),
        Profile(
            "compass-ed87e",
            "EUROCAE ED-87E, advanced surface movement",
            _COMPASS,
            (
                Row("update_probability", ">=", 0.99, s=1.0),
                Row("gap_share", "<=", 1e-3, s=3.0, s_max=5.0),
                Row("gap_share", "<=", 1e-6, s=5.0),
                Row("wrong_share", "<=", 1e-4, m=60.0),
                Row("position_p95_m", "<=", 12.0),
                Row("identity_share", ">=", 0.999),
                Row("course_p90_deg", "<=", 15.0),
            ),
        ),
        Profile(
            "sur-1997-psr",
            "EUROCONTROL surveillance standard 1997, primary radar",
            _SECOND,
            (
                Row("update_probability", ">", 0.90, note="per scan; no time is given"),
                Row("false_per_scan", "<", 20.0),
                Row("range_bias_m", "<=", 100.0),
                Row("azimuth_bias_deg", "<=", 0.1),
                Row("range_random_m", "<=", 120.0),
                Row("azimuth_random_deg", "<=", 0.15),
                Row("samples", ">=", 50_000),
            ),
        ),
    )
}

_COMPARE: Final = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a profile, judged."""

    measure: str
    asked: str
    found: float | None
    verdict: Verdict
    why: str = ""


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """A whole profile, judged: fail when one row fails, pass only when every row passes."""

    name: str
    source: str
    sure: str
    verdict: Verdict
    rows: tuple[Finding, ...]


def profile_named(name: str) -> Profile:
    """Return a profile. Raises ConfigError with the names there are."""
    if name not in PROFILES:
        raise ConfigError(f"there is no profile {name!r}; there are: {', '.join(sorted(PROFILES))}")
    return PROFILES[name]


def judge(
    profile: Profile, measured: dict[tuple[str, float | None, float | None, float | None], float | None]
) -> Judgement:
    """Return the profile judged on what was measured: figures by (measure, s, s_max, m); None: no input for it."""
    findings = tuple(_judge_row(row, measured.get((row.measure, row.s, row.s_max, row.m))) for row in profile.rows)
    verdicts = {finding.verdict for finding in findings}
    whole: Verdict = "fail" if "fail" in verdicts else "pass" if verdicts == {"pass"} else "not assessed"
    return Judgement(name=profile.name, source=profile.source, sure=profile.sure, verdict=whole, rows=findings)


def _judge_row(row: Row, found: float | None) -> Finding:
    about = "".join(
        f" {word} {value:g} {unit}"
        for word, value, unit in (("within" if row.measure == "update_probability" else "over", row.s, "s"),
                                  ("up to", row.s_max, "s"), ("beyond", row.m, "m"))
        if value is not None
    )  # fmt: skip
    if row.limit is None:
        return Finding(measure=row.measure, asked="no number", found=found, verdict="not assessed", why=row.note)
    asked = f"{row.than} {row.limit:g}{about}"
    if found is None:
        why = "the input holds nothing to judge this by" + (f" ({row.note})" if row.note else "")
        return Finding(measure=row.measure, asked=asked, found=None, verdict="not assessed", why=why)
    verdict: Verdict = "pass" if _COMPARE[row.than](found, row.limit) else "fail"
    return Finding(measure=row.measure, asked=asked, found=found, verdict=verdict, why=row.note)
