"""`score`: everything that is measured of a set of tracks against the truth, in the order it is worked out."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from skydas.evaluate.belonging import UNJUDGED, Belonging, belong, lives_of
from skydas.evaluate.consistency import Consistency, full_covariance, normalised_error, summarise
from skydas.evaluate.flights import FLIGHTS_LISTED_MAX, Flight, first_instants, score_flights, split_errors
from skydas.evaluate.options import Options
from skydas.evaluate.ospa2 import ospa2_m
from skydas.evaluate.points import PointScores, score_points
from skydas.evaluate.profiles import PROFILES, Judgement, Profile, judge
from skydas.evaluate.scene import Samples, instants_of, sample_tracks, sample_truth
from skydas.evaluate.siap import Siap, runs_of, score_siap
from skydas.evaluate.surplus import Surplus, hull_area_km2, score_surplus
from skydas.evaluate.tables import FirstPlots, States, place, plane_of
from skydas.evaluate.trajectories import TrajectoryScore, t_gospa
from skydas.evaluate.updates import Pieces, Updates, UpdateScore, lag_s, pieces_of, score_updates, updates_of
from skydas.geo import TangentPlane
from skydas.model import NS_PER_S, BoolArray, FloatArray, IntArray

COURSE_SPEED_MPS_MIN: Final = 10.0  # a slower target has no course to judge
HULL_POINTS_MAX: Final = 200_000
_COLUMNS: Final = (
    "t_ns", "latitude_rad", "longitude_rad", "height_hae_m", "velocity_enu_mps", "kind_of_row", "status", "plot_ns",
    "cov", "nis", "nis_dof",
)  # fmt: skip


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """A distribution in five figures."""

    count: int
    median: float
    p90: float
    p95: float
    max: float
    rms: float


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """What stands behind the headline figures."""

    instants: int
    begin_ns: int
    end_ns: int
    targets: int
    tracks: int
    dimensions: int
    gospa_rms_m: float | None
    localisation_m: float | None  # root of the mean p-th power, so that the three add up to gospa_rms_m
    missed_m: float | None
    false_m: float | None
    gospa_per_root_target_m: float | None  # gospa_rms_m over the p-th root of the mean number of targets
    ospa_m: float | None
    ospa2_whole_m: float | None  # one window over the whole time
    t_gospa: TrajectoryScore | None
    nees_position: Consistency | None
    nees_state: Consistency | None
    nis: Consistency | None
    updates: UpdateScore
    surplus: Surplus
    wrong_m: float
    wrong_share: float | None
    error_m: Spread | None
    horizontal_m: Spread | None
    vertical_m: Spread | None
    velocity_mps: Spread | None
    course_deg: Spread | None
    lag_s: Spread | None  # behind the truth along its velocity
    latency_s: Spread | None  # plots: received less measured
    initiation_s: Spread | None
    never_tracked: int
    reacquire_s: Spread | None
    flights: list[Flight]
    flights_not_listed: int
    refused: dict[str, int]
    unjudged_samples: int  # of tracks whose truth has a gap there
    not_assessed: dict[str, str]
    options: Options


class Scores(msgspec.Struct, frozen=True, kw_only=True):
    """The result of an evaluation; None: not known, and `detail.not_assessed` says why."""

    gospa: float | None  # mean over the instants, m
    ospa2: float | None  # mean over the windows, m
    siap: Siap
    nees: float | None  # of position; should be the number of dimensions
    nis: float | None  # per degree of freedom; should be 1
    update: float | None  # probability of an update in any interval of update_s
    gaps: int
    extra_tracks: int
    latency_s: float | None
    profile: dict[str, Judgement]
    detail: Detail


class Workings(msgspec.Struct, frozen=True):
    """What was worked out on the way, for pictures."""

    instants_ns: IntArray
    truth: Samples
    tracks: Samples
    belonging: Belonging
    on: BoolArray
    points: PointScores
    ospa2_m: FloatArray
    ospa2_begin: IntArray
    updates: Updates
    verdict: IntArray  # of each track: 0, 1 false, 2 second
    truth_names: list[str]
    track_names: list[str]
    plane: TangentPlane


def score(
    truth: States,
    tracks: States,
    options: Options | None = None,
    profiles: tuple[Profile, ...] | None = None,
    plots: FirstPlots | None = None,
) -> Scores:
    """Return every score of `tracks` against `truth`. Raises ConfigError for options that cannot be."""
    return score_with_workings(truth, tracks, options, profiles, plots)[0]


def score_with_workings(
    truth: States,
    tracks: States,
    options: Options | None = None,
    profiles: tuple[Profile, ...] | None = None,
    plots: FirstPlots | None = None,
) -> tuple[Scores, Workings]:
    """Return every score, and what it was worked out from."""
    options = (options or Options()).checked()
    profiles = tuple(PROFILES.values()) if profiles is None else profiles
    refused: dict[str, int] = {f"truth_{why}": count for why, count in truth.refused.items()}
    refused.update({f"tracks_{why}": count for why, count in tracks.refused.items()})
    dimensions = options.dimensions or _dimensions(truth, tracks)
    if dimensions == 3:
        truth, tracks = (
            _with_heights(states, what, refused) for states, what in ((truth, "truth"), (tracks, "tracks"))
        )
    plane = plane_of(truth, tracks, options.plane)
    truth_place, track_place = place(truth, plane, dimensions), place(tracks, plane, dimensions)
    instants_ns = instants_of(truth, tracks, options)
    truths = sample_truth(truth, *truth_place, instants_ns, options.truth_gap_s_max)
    everything = sample_tracks(tracks, *track_place, instants_ns, options)
    begin_ns, end_ns = _span(truth)
    lives = lives_of(begin_ns, end_ns, instants_ns)

    hold_m = max([options.hold_used_m, *(1.5 * row.m for profile in profiles for row in profile.rows if row.m)])
    belonging = belong(truths, everything, lives, len(tracks.names), options.gate_m, hold_m)
    updates = updates_of(
        truth, truth_place, tracks, track_place, everything, belonging, instants_ns,
        options.truth_gap_s_max, options.include_tentative,
    )  # fmt: skip
    judged = belonging.truth != UNJUDGED
    samples, belonging = everything.only(judged), belonging.only(judged)
    on = belonging.on(options.gate_m)
    on_update = updates.distance_m <= options.gate_m

    points = score_points(
        truths.first,
        truths.position_m,
        samples.first,
        samples.position_m,
        options.cutoff_m,
        options.order,
        options.alpha,
    )
    window_steps = max(round(options.window_s / options.step_s), 1)
    sizes = (len(truth.names), len(tracks.names), options.cutoff_m, options.order)
    windows_m, window_begin = ospa2_m(truths, samples, *sizes, window_steps)
    whole_m, _ = ospa2_m(truths, samples, *sizes, max(len(instants_ns), 1))
    siap = score_siap(truths, samples, belonging, lives, options.step_s, options.gate_m, truth.kinds, tracks.kinds)
    pieces = pieces_of(truth, options.truth_gap_s_max)
    mine, mine_ns = updates.truth[on_update], updates.t_ns[on_update]
    update_score = score_updates(pieces, mine, mine_ns, options.update_s, options.gap_s)
    area_km2 = options.area_km2 or _area(truths, samples)
    surplus, verdict = score_surplus(
        samples, belonging, updates, options.gate_m, len(tracks.names), instants_ns, area_km2,
        options.extra_s_min, options.extra_updates_min,
    )  # fmt: skip
    errors = split_errors(truths, samples, belonging, on)
    flights = _flights(
        truth, truths, tracks, samples, belonging, on, instants_ns, lives, plots, plane, options, begin_ns, end_ns
    )
    nees_position, nees_state = _nees(tracks, updates, on_update, dimensions)
    nis = None if tracks.nis is None or tracks.nis_dof is None else summarise(
        tracks.nis[updates.row], tracks.nis_dof[updates.row]
    )  # fmt: skip
    latency = _spread(plots.latency_s) if plots is not None else None
    measured = _measured(profiles, updates, pieces, on_update, surplus, hold_m)
    detail = Detail(
        instants=len(instants_ns),
        begin_ns=int(instants_ns[0]) if len(instants_ns) else 0,
        end_ns=int(instants_ns[-1]) if len(instants_ns) else 0,
        targets=len(truth.names),
        tracks=len(tracks.names),
        dimensions=dimensions,
        **_gospa_parts(points, options),
        ospa_m=_mean(points.ospa_m),
        ospa2_whole_m=_mean(whole_m),
        t_gospa=t_gospa(truths, samples, *sizes[:3], options.switch_m, options.order),
        nees_position=nees_position,
        nees_state=nees_state,
        nis=nis,
        updates=update_score,
        surplus=surplus,
        wrong_m=options.wrong_m,
        wrong_share=_beyond(updates.distance_m, options.wrong_m) if options.wrong_m <= hold_m else None,
        error_m=_spread(errors[:, 0]),
        horizontal_m=_spread(errors[:, 1]),
        vertical_m=_spread(np.abs(errors[:, 2])) if dimensions == 3 else None,
        velocity_mps=_spread(np.linalg.norm(updates.error_mps[on_update], axis=1)),
        course_deg=_spread(_course_errors_deg(updates, on_update)),
        lag_s=_spread(lag_s(updates, on_update)),
        latency_s=latency,
        initiation_s=_spread(np.array([f.first_track_s for f in flights if f.first_track_s is not None], float)),
        never_tracked=sum(flight.first_track_s is None for flight in flights),
        reacquire_s=_spread(np.array([f.reacquire_s for f in flights if f.reacquire_s is not None], float)),
        flights=flights[:FLIGHTS_LISTED_MAX],
        flights_not_listed=max(len(flights) - FLIGHTS_LISTED_MAX, 0),
        refused=refused,
        unjudged_samples=int(np.sum(~judged)),
        not_assessed=_not_assessed(tracks, plots, truth, nees_position is None, hold_m, options),
        options=options,
    )
    scores = Scores(
        gospa=_mean(points.gospa_m),
        ospa2=_mean(windows_m),
        siap=siap,
        nees=nees_position.mean if nees_position else None,
        nis=nis.mean / nis.dof if nis else None,
        update=update_score.probability,
        gaps=update_score.gap_count,
        extra_tracks=surplus.false + surplus.second,
        latency_s=latency.median if latency else None,
        profile={profile.name: judge(profile, measured) for profile in profiles},
        detail=detail,
    )
    workings = Workings(
        instants_ns, truths, samples, belonging, on, points, windows_m, window_begin, updates, verdict,
        truth.names, tracks.names, plane,
    )  # fmt: skip
    return scores, workings


def _dimensions(truth: States, tracks: States) -> int:
    known = np.isfinite(truth.height_hae_m).all() and np.isfinite(tracks.height_hae_m).all()
    return 3 if known else 2


def _with_heights(states: States, what: str, refused: dict[str, int]) -> States:
    """Return the rows that have a height; the others are counted."""
    known = np.isfinite(states.height_hae_m)
    if known.all():
        return states
    refused[f"{what}_height_not_known"] = int(np.sum(~known))
    before = np.concatenate(([0], np.cumsum(known)))
    columns = {name: value[known] for name in _COLUMNS if (value := getattr(states, name)) is not None}
    return msgspec.structs.replace(states, first=before[states.first], **columns)


def _span(truth: States) -> tuple[IntArray, IntArray]:
    """Return first and last time of each truth; of one without rows, a life that has ended before it began."""
    has = np.diff(truth.first) > 0
    begin, end = np.full(len(has), 1, np.int64), np.zeros(len(has), np.int64)
    begin[has], end[has] = truth.t_ns[truth.first[:-1][has]], truth.t_ns[truth.first[1:][has] - 1]
    return begin, end


def _gospa_parts(points: PointScores, options: Options) -> dict[str, float | None]:
    names = ("gospa_rms_m", "localisation_m", "missed_m", "false_m", "gospa_per_root_target_m")
    if not len(points.gospa_m):
        return dict.fromkeys(names)
    root = 1.0 / options.order
    powers = (points.gospa_m**options.order, points.localisation_mp, points.missed_mp, points.false_mp)
    means = [float(np.mean(power) ** root) for power in powers]
    targets = float(np.mean(points.truth_count))
    return dict(zip(names, (*means, means[0] / targets**root if targets else None), strict=True))


def _nees(
    tracks: States, updates: Updates, on: BoolArray, dimensions: int
) -> tuple[Consistency | None, Consistency | None]:
    """Return the NEES of position and of position with velocity. The gate cuts off the largest errors."""
    if tracks.cov is None or not on.any():
        return None, None
    covariance = full_covariance(tracks.cov[updates.row[on]])
    axes = [0, 1, 2] if dimensions == 3 else [0, 1]
    both = axes + [axis + 3 for axis in axes]
    error = np.concatenate((updates.error_m[on], updates.error_mps[on]), axis=1)
    return tuple(  # type: ignore[return-value]
        summarise(
            normalised_error(error[:, chosen], covariance[:, chosen][:, :, chosen]),
            np.full(len(error), float(len(chosen))),
        )
        for chosen in (axes, both)
    )


def _flights(
    truth: States,
    truths: Samples,
    tracks: States,
    samples: Samples,
    belonging: Belonging,
    on: BoolArray,
    instants_ns: IntArray,
    lives: IntArray,
    plots: FirstPlots | None,
    plane: TangentPlane,
    options: Options,
    begin_ns: IntArray,
    end_ns: IntArray,
) -> list[Flight]:
    owner, instant = belonging.truth[on], samples.instant[on]
    said = _word_numbers(tracks.kind_words, truth.kind_words)[tracks.kind_of_row[samples.row[on]]]
    is_kind = _word_numbers(truth.kinds, truth.kind_words)[owner]
    right = (said == is_kind) & (said >= 0)
    site = None
    if options.site_latitude_deg is not None and options.site_longitude_deg is not None:
        at = np.radians([options.site_latitude_deg, options.site_longitude_deg])
        site = plane.enu_from_geodetic(at[0], at[1], np.asarray(options.site_height_hae_m))
    return score_flights(
        truth.names, truth.kinds, truths, samples, belonging, on, runs_of(owner, samples.object[on], instant),
        instants_ns, begin_ns, end_ns, _first_plots(plots, truth, truths, instants_ns, lives, plane, options),
        first_instants(owner[right], instant[right], len(truth.names)), site, options.step_s,
    )  # fmt: skip


def _word_numbers(words: list[str], known: list[str]) -> IntArray:
    """Return the place of each word in `known`, -1 where it is not; one -1 more at the end, for row -1."""
    number = {word: row for row, word in enumerate(known) if word}
    return np.array([*(number.get(word, -1) for word in words), -1], np.int64)


def _first_plots(
    plots: FirstPlots | None,
    truth: States,
    truths: Samples,
    instants_ns: IntArray,
    lives: IntArray,
    plane: TangentPlane,
    options: Options,
) -> IntArray:
    """Return the instant of the first plot within the gate of each truth, along the ground, -1 none."""
    none = np.full(len(truth.names), -1)
    if plots is None or not len(plots.t_ns) or not len(instants_ns):
        return none
    instant = np.searchsorted(instants_ns, plots.t_ns - round(options.step_s * NS_PER_S / 2))
    order = np.flatnonzero(instant < len(instants_ns))
    order = order[np.argsort(instant[order], kind="stable")]
    place_m = plane.enu_from_geodetic(plots.latitude_rad[order], plots.longitude_rad[order], np.zeros(len(order)))
    flat = place(msgspec.structs.replace(truth, height_hae_m=np.zeros(len(truth.t_ns))), plane, 2)
    ground = sample_truth(truth, *flat, instants_ns, options.truth_gap_s_max)
    first = np.searchsorted(instant[order], np.arange(len(instants_ns) + 1)).astype(np.int64)
    each = Samples(first, np.arange(len(order)), order, place_m, np.zeros_like(place_m))
    found = belong(ground, each, lives, len(order), options.gate_m, options.gate_m)
    hit = found.truth >= 0
    return first_instants(found.truth[hit], each.instant[hit], len(truth.names))


def _measured(
    profiles: tuple[Profile, ...],
    updates: Updates,
    pieces: Pieces,
    on: BoolArray,
    surplus: Surplus,
    hold_m: float,
) -> dict[tuple[str, float | None, float | None, float | None], float | None]:
    """Return every figure that a row of the profiles asks for and the input holds."""
    held = np.isfinite(updates.distance_m)
    across = np.hypot(updates.error_m[:, 0], updates.error_m[:, 1])[held]
    owner, t_ns = updates.truth[held], updates.t_ns[held]
    course, climb = _course_errors_deg(updates, on), np.abs(updates.error_mps[on, 2])
    found: dict[tuple[str, float | None, float | None, float | None], float | None] = {}
    for row in (row for profile in profiles for row in profile.rows):
        value: float | None = None
        if row.measure == "update_probability" and row.s is not None:
            value = score_updates(pieces, owner, t_ns, row.s, row.s).probability
        elif row.measure == "gap_share" and row.s is not None:
            longer = score_updates(pieces, owner, t_ns, row.s, row.s).gap_share
            beyond = score_updates(pieces, owner, t_ns, row.s, row.s_max).gap_share if row.s_max else 0.0
            value = None if longer is None or beyond is None else longer - beyond
        elif row.measure == "wrong_share" and row.m is not None and row.m <= hold_m:
            value = _beyond(updates.distance_m, row.m)
        elif row.measure == "position_rms_m" and len(across):
            value = float(np.sqrt(np.mean(across**2)))
        elif row.measure in ("position_p90_m", "position_p95_m") and len(across):
            value = float(np.percentile(across, 90 if row.measure == "position_p90_m" else 95))
        elif row.measure == "surplus_tracks":
            value = surplus.share
        elif row.measure == "surplus_updates":
            value = surplus.updates_surplus
        elif row.measure == "course_p90_deg" and len(course):
            value = float(np.percentile(course, 90))
        elif row.measure == "climb_p90_mps" and np.isfinite(climb).any():
            value = float(np.nanpercentile(climb, 90))
        found[(row.measure, row.s, row.s_max, row.m)] = value
    return found


def _course_errors_deg(updates: Updates, on: BoolArray) -> FloatArray:
    true, error = updates.truth_mps[on, :2], updates.error_mps[on, :2]
    seen = true + error
    angle = np.arctan2(true[:, 0] * seen[:, 1] - true[:, 1] * seen[:, 0], np.sum(true * seen, axis=1))
    moving = np.linalg.norm(true, axis=1) >= COURSE_SPEED_MPS_MIN
    return np.asarray(np.degrees(np.abs(angle[moving])))


def _area(truth: Samples, tracks: Samples) -> float | None:
    points = np.concatenate((truth.position_m[:, :2], tracks.position_m[:, :2]))
    step = max(len(points) // HULL_POINTS_MAX, 1)
    return hull_area_km2(points[::step])


def _beyond(distance_m: FloatArray, limit_m: float) -> float | None:
    known = distance_m[np.isfinite(distance_m)]
    return float(np.mean(known > limit_m)) if len(known) else None


def _mean(values: FloatArray) -> float | None:
    return float(np.mean(values)) if len(values) else None


def _spread(values: FloatArray) -> Spread | None:
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    median, p90, p95 = (float(value) for value in np.percentile(known, (50, 90, 95)))
    return Spread(
        count=len(known),
        median=median,
        p90=p90,
        p95=p95,
        max=float(known.max()),
        rms=float(np.sqrt(np.mean(known**2))),
    )


def _not_assessed(
    tracks: States, plots: FirstPlots | None, truth: States, no_nees: bool, hold_m: float, options: Options
) -> dict[str, str]:
    reasons = {
        "alerts": "tracks.parquet holds no alerts",
        "operator_found": "tracks.parquet holds no operator's place",
    }
    if tracks.nis is None:
        reasons["nis"] = "the tracks have no columns nis and nis_dof: innovations are not recorded"
    if no_nees:
        reasons["nees"] = "no update on a truth" if tracks.cov is not None else "the tracks have no covariance"
    if plots is None:
        reasons["latency_s"] = "there is no plots.parquet beside the tracks"
        reasons["first_plot"] = "there is no plots.parquet beside the tracks"
    if not any(truth.kinds) or not any(tracks.kinds):
        reasons["identity"] = "no kind in the truth, or no class in the tracks: nothing to compare"
    if options.site_latitude_deg is None:
        reasons["ranges"] = "no site was given"
    if options.wrong_m > hold_m:
        reasons["wrong_share"] = f"a track is followed to {hold_m:g} m from its truth, less than {options.wrong_m:g} m"
    return reasons
