"""One track and one plot: move, update under every model, mix what several plots say, start anew."""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from skydas.fuse.filters import absorb, absorb_place, add_outer, combine, keep_positive, move, normalise
from skydas.fuse.intersect import has_other_evidence, intersect
from skydas.fuse.measure import POLAR, POSITION, TRACK_REPORT, rows
from skydas.fuse.records import MODELS, Records
from skydas.model import MODE_3A_UNKNOWN, TAU, FloatArray, IntArray, TrackFlag

HEIGHT_ASSUMED: Final = int(TrackFlag.HEIGHT_ASSUMED)
GATE: Final = np.array([0.0, 10.83, 13.82, 16.27, 18.47, 20.52, 22.46])  # chi-square, 0.999, by rows
_CODE_EQUAL: Final = 2.0  # log of the odds that two equal Mode A codes are no accident
_CODE_DIFFERENT: Final = -4.0  # and of a garbled or just changed code
_CERTAIN: Final = 1e-4  # a hypothesis less likely than this is left out of the mixture
_LOG_RATIO_MAX: Final = 80.0
_RATIO_MAX: Final = 1e22


@njit(cache=True)
def commit(tracks: Records, setup: Records, desk: Records, i: int) -> None:
    """Bring what is derived from track `i`'s models up to date."""
    x, p = desk.x, desk.p
    combine(tracks[i].mean, tracks[i].cov, tracks[i].weight, setup.models, x, p)
    if not (p[0] > 0.0 and p[6] > 0.0 and p[11] > 0.0 and p[15] > 0.0 and p[18] > 0.0 and p[20] > 0.0):
        for m in range(setup.models):
            keep_positive(tracks[i].cov[m])
        combine(tracks[i].mean, tracks[i].cov, tracks[i].weight, setup.models, x, p)
    for a in range(6):
        tracks[i].centre[a] = x[a]
    flat = tracks[i].flat
    flat[0], flat[1], flat[2], flat[3], flat[4] = p[0], p[1], p[3], p[4], p[6]
    flat[5], flat[6], flat[7], flat[8], flat[9] = p[8], p[9], p[15], p[16], p[18]
    # The larger eigenvalue of a 2 x 2 is at most the larger diagonal element and the other: exact enough, and above.
    tracks[i].spread[0] = np.sqrt(max(p[0], p[6]) + abs(p[1]))
    tracks[i].spread[1] = np.sqrt(max(p[15], p[18]) + abs(p[16]))


@njit(cache=True)
def advance(tracks: Records, setup: Records, desk: Records, i: int, t_ns: int) -> None:
    """Move track `i` on to `t_ns`, if that is later."""
    if t_ns > tracks[i].t_ns:
        dt_s = (t_ns - tracks[i].t_ns) * 1e-9
        move(tracks[i].mean, tracks[i].cov, tracks[i].weight, dt_s, setup, desk.x, desk.p)
        tracks[i].t_ns = t_ns


@njit(cache=True)
def _share_rows(tracks: Records, sensors: Records, prepared: Records, i: int, j: int, centre: FloatArray) -> bool:
    """Write the mean over the models to `centre` (6,); return whether rows taken there serve every model.

    They do where what the second order leaves out, d2 / 2 r at a distance d from the centre and r from the sensor,
    is under a tenth of the plot's sigma; of a position, which is linear, always.
    """
    w = tracks[i].weight
    for a in range(6):
        centre[a] = w[0] * tracks[i].mean[0, a] + w[1] * tracks[i].mean[1, a] + w[2] * tracks[i].mean[2, a]
    kind = prepared[j].kind
    if kind in (POSITION, TRACK_REPORT):
        return True
    if kind != POLAR or not np.isnan(prepared[j].range_rate):
        return False
    furthest2 = 0.0
    for m in range(MODELS):
        d0, d1 = tracks[i].mean[m, 0] - centre[0], tracks[i].mean[m, 1] - centre[1]
        d2 = tracks[i].mean[m, 2] - centre[2]
        furthest2 = max(furthest2, d0 * d0 + d1 * d1 + d2 * d2)
    least_sigma = min(1.0 / prepared[j].axes[0], prepared[j].sigma)
    return furthest2 < 0.2 * least_sigma * prepared[j].z[0]


@njit(cache=True)
def evaluate(
    tracks: Records,
    sensors: Records,
    setup: Records,
    desk: Records,
    edges: Records,
    prepared: Records,
    e: int,
    i: int,
    j: int,
    log_odds: float,
) -> float:
    """Update every model of track `i` by plot `j` into edge `e`; write the ratios w = Pd N / (lambda (1 - Pd Pg)).

    log_odds : ln(Pd / (1 - Pd Pg) / lambda), lambda in false plots per m2 (of a bearing or TDOA: in a scan)
    Returns the least chi-square over the models, less the gate's: not above 0 is within the gate.
    """
    shift_s = (prepared[j].t_ns - tracks[i].t_ns) * 1e-9
    assumed = tracks[i].flags & HEIGHT_ASSUMED != 0
    if prepared[j].mode_3a != MODE_3A_UNKNOWN and tracks[i].mode_3a != MODE_3A_UNKNOWN:
        log_odds += _CODE_EQUAL if prepared[j].mode_3a == tracks[i].mode_3a else _CODE_DIFFERENT
    centre = desk.x
    is_common = setup.models > 1 and _share_rows(tracks, sensors, prepared, i, j, centre)
    if is_common:
        count = rows(prepared, sensors, setup, j, centre, shift_s, assumed, desk)
    least = 1e30
    total = 0.0
    for m in range(setup.models):
        old = tracks[i].mean[m]
        x, p = edges[e].mean[m], edges[e].cov[m]
        for a in range(6):
            x[a] = old[a]
        for a in range(21):
            p[a] = tracks[i].cov[m, a]
        if not is_common:
            for a in range(6):
                centre[a] = old[a]
            count = rows(prepared, sensors, setup, j, centre, shift_s, assumed, desk)
        evidence = count - 1 if assumed and prepared[j].has_height == 0 else count
        chi2, volume = 0.0, 1.0
        for k in range(count):
            h = desk.h[k]
            residual = desk.residual[k]
            for a in range(6):
                residual -= h[a] * (x[a] - centre[a])
            if h[3] == 0.0 and h[4] == 0.0 and h[5] == 0.0:
                s = absorb_place(x, p, h, residual, desk.variance[k])
            else:
                s = absorb(x, p, h, residual, desk.variance[k])
            if k < evidence:
                chi2 += residual * residual / s
                volume *= TAU * s
        if chi2 - GATE[evidence] < least:
            least = chi2 - GATE[evidence]
        ratio = min(max(log_odds - desk.log_unit - 0.5 * chi2, -_LOG_RATIO_MAX), _LOG_RATIO_MAX)
        edges[e].ratio[m] = min(np.exp(ratio) / np.sqrt(volume), _RATIO_MAX)
        total += tracks[i].weight[m] * edges[e].ratio[m]
    edges[e].weight = total
    if prepared[j].kind == TRACK_REPORT and has_other_evidence(tracks, i, prepared[j].sensor):
        intersect(tracks, sensors, setup, desk, edges, prepared, e, i, j)
    return least


@njit(cache=True)
def merge(
    tracks: Records, models: int, desk: Records, edges: Records, edge_list: IntArray, i: int, first: int, last: int
) -> float:
    """Make track `i` the mixture over its edges and the miss, each model for itself; return 1 + sum of w nu."""
    whole = 1.0
    for b in range(first, last):
        e = edge_list[b]
        whole += edges[e].weight * edges[e].nu
    for m in range(models):
        total = 1.0
        for b in range(first, last):
            e = edge_list[b]
            total += edges[e].ratio[m] * edges[e].nu
        x, p = tracks[i].mean[m], tracks[i].cov[m]
        if last - first == 1 and total * _CERTAIN > 1.0:
            e = edge_list[first]
            for a in range(6):
                x[a] = edges[e].mean[m, a]
            for a in range(21):
                p[a] = edges[e].cov[m, a]
        elif last - first == 1:
            e = edge_list[first]
            _blend_pair(x, p, edges[e].mean[m], edges[e].cov[m], edges[e].ratio[m] * edges[e].nu / total)
        else:
            _blend(x, p, total, m, desk, edges, edge_list, first, last)
        tracks[i].weight[m] *= total
    normalise(tracks[i].weight, models)
    return whole


@njit(cache=True)
def _blend_pair(x: FloatArray, p: FloatArray, other_x: FloatArray, other_p: FloatArray, share: float) -> None:
    """Make `x` (6,) and `p` (21,) the moments of their mixture with the other ones, which have `share` of it."""
    d0, d1, d2 = other_x[0] - x[0], other_x[1] - x[1], other_x[2] - x[2]
    d3, d4, d5 = other_x[3] - x[3], other_x[4] - x[4], other_x[5] - x[5]
    x[0] += share * d0
    x[1] += share * d1
    x[2] += share * d2
    x[3] += share * d3
    x[4] += share * d4
    x[5] += share * d5
    for a in range(21):
        p[a] += share * (other_p[a] - p[a])
    add_outer(p, share * (1.0 - share), d0, d1, d2, d3, d4, d5)


@njit(cache=True)
def _blend(
    x: FloatArray,
    p: FloatArray,
    total: float,
    m: int,
    desk: Records,
    edges: Records,
    edge_list: IntArray,
    first: int,
    last: int,
) -> None:
    """Write the moments of the mixture of the miss (`x`, `p`) and of model `m` on each edge to `x` and `p`."""
    mean, cov = desk.x, desk.p
    for a in range(6):
        mean[a] = x[a] / total
    for b in range(first, last):
        e = edge_list[b]
        beta = edges[e].ratio[m] * edges[e].nu / total
        for a in range(6):
            mean[a] += beta * edges[e].mean[m, a]
    for a in range(21):
        cov[a] = 0.0
    _add_spread(x, p, 1.0 / total, mean, cov)
    for b in range(first, last):
        e = edge_list[b]
        _add_spread(edges[e].mean[m], edges[e].cov[m], edges[e].ratio[m] * edges[e].nu / total, mean, cov)
    for a in range(6):
        x[a] = mean[a]
    for a in range(21):
        p[a] = cov[a]


@njit(cache=True)
def _add_spread(x: FloatArray, p: FloatArray, beta: float, mean: FloatArray, out: FloatArray) -> None:
    for a in range(21):
        out[a] += beta * p[a]
    d0, d1, d2 = x[0] - mean[0], x[1] - mean[1], x[2] - mean[2]
    d3, d4, d5 = x[3] - mean[3], x[4] - mean[4], x[5] - mean[5]
    add_outer(out, beta, d0, d1, d2, d3, d4, d5)


@njit(cache=True)
def take_edge(tracks: Records, models: int, edges: Records, i: int, e: int) -> None:
    """Make track `i` what edge `e` says, for certain."""
    for m in range(models):
        for a in range(6):
            tracks[i].mean[m, a] = edges[e].mean[m, a]
        for a in range(21):
            tracks[i].cov[m, a] = edges[e].cov[m, a]
        tracks[i].weight[m] *= edges[e].ratio[m]
    normalise(tracks[i].weight, models)


@njit(cache=True)
def start_state(
    tracks: Records, sensors: Records, setup: Records, desk: Records, prepared: Records, i: int, j: int
) -> None:
    """Set the filter of track `i` from plot `j` alone: a wide prior at its place, and the plot absorbed."""
    s = prepared[j].sensor
    wide = max(10.0 * prepared[j].sigma, 20_000.0) ** 2
    place = desk.x
    for a in range(3):
        place[a] = prepared[j].place[a]
        place[a + 3] = 0.0
    count = rows(prepared, sensors, setup, j, place, 0.0, True, desk)
    if prepared[j].has_height == 0:  # the prior itself, not the weak pull
        desk.variance[count - 1] /= setup.height_pull
    for m in range(setup.models):
        x, p = tracks[i].mean[m], tracks[i].cov[m]
        tracks[i].weight[m] = setup.share[m]
        if m == 1:  # nothing is known yet that tells it from the first
            for a in range(6):
                x[a] = tracks[i].mean[0, a]
            for a in range(21):
                p[a] = tracks[i].cov[0, a]
            continue
        for a in range(21):
            p[a] = 0.0
        for a in range(6):
            x[a] = place[a]
        p[0] = p[6] = p[11] = wide
        if m == 2:
            p[15] = p[18] = p[20] = setup.hover_variance
        else:
            p[15] = p[18] = sensors[s].velocity_sigma ** 2
            p[20] = setup.velocity_vertical_variance
        for k in range(count):
            residual = desk.residual[k]
            for a in range(6):
                residual -= desk.h[k, a] * (x[a] - place[a])
            absorb(x, p, desk.h[k], residual, desk.variance[k])
    normalise(tracks[i].weight, setup.models)
    tracks[i].t_ns = prepared[j].t_ns
    tracks[i].strikes = 0


@njit(cache=True)
def touch(tracks: Records, desk: Records, touched: IntArray, i: int) -> None:
    """Report track `i` in this step."""
    if tracks[i].is_touched == 0:
        tracks[i].is_touched = 1
        touched[desk.touched] = i
        desk.touched += 1
