"""`skydas evaluate`: how good are these tracks, measured against the truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from skydas.cli.files import check_free
from skydas.cli.terminal import print_json, print_table, progress, say
from skydas.errors import ConfigError

if TYPE_CHECKING:
    from skydas.evaluate import Scores, States


def evaluate(
    *,
    truth: Path,
    tracks: Path,
    json: bool = False,
    report: Path | None = None,
    profile: list[str] | None = None,
    courageous_out: Path | None = None,
    gate_m: float = 500.0,
    hold_m: float = 0.0,
    cutoff_m: float = 1000.0,
    order: float = 2.0,
    switch_m: float = 1000.0,
    window_s: float = 60.0,
    step_s: float = 1.0,
    age_s: float = 10.0,
    truth_gap_s: float = 2.0,
    update_s: float = 8.0,
    gap_s: float = 16.4,
    wrong_m: float = 2100.0,
    dimensions: int = 0,
    tentative: bool = False,
    site: tuple[float, float] | None = None,
    plane: tuple[float, float] | None = None,
    area_km2: float | None = None,
    geoid_m: float = 0.0,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Score tracks against the truth: GOSPA, OSPA(2), T-GOSPA, SIAP, consistency, updates, gaps, profiles.

    Example: skydas evaluate --truth scene/truth.parquet --tracks out --report report.html

    What a figure could not be made from is "not assessed", never good. docs/evaluate.md says how each is defined.

    Parameters
    ----------
    truth
        truth.parquet, a directory that holds it, or a COURAGEOUS 0.4.1 document (.json).
    tracks
        tracks.parquet, a directory of a replay or of one-minute files, or a COURAGEOUS document.
    json
        Print everything as JSON.
    report
        Write a page with pictures to this HTML file; it opens without a network.
    profile
        Judge by this profile only; may be given more than once. Without it: by every profile.
    courageous_out
        Write the tracks as a COURAGEOUS 0.4.1 document.
    gate_m
        A track nearer than this to a truth is on it.
    hold_m
        It is still meant for it up to here (0: three times the gate).
    cutoff_m
        Cut-off of GOSPA, OSPA, OSPA(2) and T-GOSPA.
    order
        Their order p.
    switch_m
        Switching penalty of T-GOSPA.
    window_s
        Window of OSPA(2).
    step_s
        Time between two scoring instants.
    age_s
        A track's last update is moved on with its velocity for so long.
    truth_gap_s
        The truth is not interpolated over a longer gap.
    update_s
        The update probability is of an update in any interval so long.
    gap_s
        A longer time without an update is a gap.
    wrong_m
        An update farther from its truth is a wrong position.
    dimensions
        3, or 2 to ignore heights; 0 takes 3 where every row has a height.
    tentative
        Count tentative tracks too.
    site
        Latitude and longitude that ranges of first detection are measured from, degrees.
    plane
        Latitude and longitude of the node's tangent plane, which its covariances are in, degrees.
    area_km2
        Area that false tracks are counted over; without it the hull of truth and tracks.
    geoid_m
        Height of the geoid above the ellipsoid there: COURAGEOUS heights are above mean sea level.
    overwrite
        Replace a report or a document that is there already.
    """
    import msgspec

    from skydas.evaluate import Options, check_overlap, profile_named, read_plots, score_with_workings

    check_free("--report, --courageous-out", overwrite, *filter(None, (report, courageous_out)))

    if dimensions == 0 and tracks.suffix != ".json" and _heights_are_guesses(tracks):
        dimensions = 2
        say("most of these heights are assumed: scored along the ground (--dimensions 3 takes them as they are)")
    options = Options(
        step_s=step_s,
        truth_gap_s_max=truth_gap_s,
        age_s_max=age_s,
        dimensions=dimensions,
        include_tentative=tentative,
        cutoff_m=cutoff_m,
        order=order,
        switch_m=switch_m,
        window_s=window_s,
        gate_m=gate_m,
        hold_m=hold_m,
        update_s=update_s,
        gap_s=gap_s,
        wrong_m=wrong_m,
        site_latitude_deg=site[0] if site else None,
        site_longitude_deg=site[1] if site else None,
        plane_latitude_deg=plane[0] if plane else None,
        plane_longitude_deg=plane[1] if plane else None,
        area_km2=area_km2,
        geoid_m=geoid_m,
    ).checked()
    chosen = tuple(profile_named(name) for name in profile) if profile else None
    with progress("evaluate"):
        true_states, track_states = _read(truth, "truth", geoid_m), _read(tracks, "tracks", geoid_m)
        check_overlap(true_states, track_states, options.age_s_max)
        scores, workings = score_with_workings(true_states, track_states, options, chosen, read_plots(tracks))
        if report is not None:
            from skydas.evaluate.report import report_html

            _write(report, report_html(scores, workings, f"{tracks} against {truth}").encode(), "--report")
    if courageous_out is not None:
        from skydas.evaluate.courageous import document_of, encode

        document, skipped = document_of(track_states, geoid_m)
        _write(courageous_out, encode(document), "--courageous-out")
        for why, count in skipped.items():
            say(f"{count} rows are not in {courageous_out}: {why}")
    if json:
        print_json(msgspec.to_builtins(scores))
        return
    _print(scores)


def _heights_are_guesses(path: Path) -> bool:
    """Return whether no sensor measured the heights of most rows of confirmed tracks: their flag is height_assumed."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from skydas.evaluate.tables import files_of

    rows = guesses = 0
    for file in files_of(path, "tracks"):
        if not {"flags", "status"} <= set(pq.read_schema(file).names):
            return False
        table = pq.read_table(file, columns=["flags", "status"], partitioning=None)
        flags = table.filter(pc.is_in(table["status"].cast("string"), pa.array(["confirmed", "coasting"])))["flags"]
        rows += len(flags)
        guesses += pc.sum(pc.equal(pc.list_flatten(flags), "height_assumed")).as_py() or 0
    return 2 * guesses > rows


def _read(path: Path, what: str, geoid_m: float) -> States:
    from skydas.evaluate import read_tracks, read_truth

    if path.suffix == ".json":
        from skydas.evaluate.courageous import read, states_of

        states, skipped = states_of(read(path), geoid_m)
        for why, count in skipped.items():
            say(f"{count} records of {path} are not used: {why}")
        say(f"{path}: heights above mean sea level, taken as {geoid_m:g} m less than above the ellipsoid (--geoid-m)")
        return states
    return read_truth(path) if what == "truth" else read_tracks(path)


def _write(path: Path, octets: bytes, option: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(octets)
    except OSError as error:
        raise ConfigError(f"{option}: {path} cannot be written: {error.strerror}") from error


def _print(scores: Scores) -> None:
    siap, detail = scores.siap, scores.detail
    print_table(
        ("measure", "value", ""),
        [
            ("GOSPA", _number(scores.gospa, "m"), f"{detail.instants} instants, c {detail.options.cutoff_m:g} m"),
            ("OSPA(2)", _number(scores.ospa2, "m"), f"mean over windows of {detail.options.window_s:g} s"),
            ("T-GOSPA", _number(detail.t_gospa.per_instant_m if detail.t_gospa else None, "m"), "per instant"),
            ("completeness", _number(siap.completeness), f"gate {siap.gate_m:g} m"),
            ("ambiguity", _number(siap.ambiguity), "tracks on a tracked target"),
            ("spuriousness", _number(siap.spuriousness), "tracks on nothing"),
            ("position accuracy", _number(siap.position_accuracy_m, "m"), ""),
            ("velocity accuracy", _number(siap.velocity_accuracy_mps, "m/s"), ""),
            ("number changes", _number(siap.number_change_per_s, "/s"), ""),
            ("longest segment", _number(siap.longest_segment), ""),
            ("NEES, position", _number(scores.nees), _band(detail.nees_position)),
            ("NIS per dof", _number(scores.nis), _band(detail.nis)),
            ("update", _number(scores.update), f"in any {detail.updates.interval_s:g} s"),
            ("gaps", scores.gaps, f"longer than {detail.updates.gap_s:g} s"),
            ("extra tracks", scores.extra_tracks, f"{detail.surplus.false} false, {detail.surplus.second} second"),
            ("latency", _number(scores.latency_s, "s"), "plots, received less measured"),
            ("initiation", _number(detail.initiation_s.median if detail.initiation_s else None, "s"), "median"),
        ],
    )  # fmt: skip
    print()
    print_table(
        ("profile", "verdict", "rows passed, failed, not assessed"),
        [
            (
                name,
                judged.verdict,
                ", ".join(str(_count(judged.rows, word)) for word in ("pass", "fail", "not assessed")),
            )
            for name, judged in scores.profile.items()
        ],
    )
    for what, why in detail.not_assessed.items():
        say(f"not assessed: {what}: {why}")
    for why, count in detail.refused.items():
        say(f"{count} rows not used: {why}")


def _count(rows: tuple[object, ...], verdict: str) -> int:
    return sum(getattr(row, "verdict", "") == verdict for row in rows)


def _band(found: object) -> str:
    if found is None:
        return ""
    return (
        f"95% band {getattr(found, 'low', 0):.3f} .. {getattr(found, 'high', 0):.3f}, dof {getattr(found, 'dof', 0):g}"
    )


def _number(value: float | None, unit: str = "") -> str:
    return "not assessed" if value is None else f"{value:.4g} {unit}".rstrip()
