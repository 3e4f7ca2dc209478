"""The assessment of tracks: memory, picture, rules, and what is said of one."""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np

from skydas.assess import behaviour
from skydas.assess import behaviour_kernels as b
from skydas.assess.arrival import arrivals, course_sigma
from skydas.assess.behaviour import MOTIONS, SWARM_SHAPES
from skydas.assess.combine import Rules, Scored
from skydas.assess.corridors import Corridors
from skydas.assess.memory import NOT_LOOKED, Memory
from skydas.assess.params import AssessParams
from skydas.assess.picture import Picture, going_of
from skydas.assess.swarm import candidates, swarms
from skydas.assess.table import AssetTable, table_of
from skydas.model import (
    MODE_3A_UNKNOWN,
    MODE_S_UNKNOWN,
    NS_PER_S,
    Arrival,
    Asset,
    FloatArray,
    IntArray,
    Rows,
    TrackFlag,
    TrackStatus,
    empty_tracks,
)

CHUNK_ROWS: Final = 512  # tracks held against the assets at once: what they need stays in the cache
ARRIVALS_TOLD_MAX: Final = 8
CONTRADICTED_S: Final = 60.0  # so long a contradiction stands after it was last told
CONTRADICTED_MAX: Final = 4_096
LEFT_M: Final = 300.0  # outside the border zone that it was first seen in: it has left it
_HUG_M: Final = 6_000.0  # nearer than this to a border, and along it
_HUG_FADES_M: Final = 15_000.0  # of the way since


class Judged(NamedTuple):
    """What came of some tracks."""

    picture: Picture
    scored: Scored
    slots: IntArray


class Assessor:
    """Everything about tracks that needs no node: arrays in, scores and words out."""

    def __init__(self, params: AssessParams, rules: dict[str, Any], assets: list[Asset]) -> None:
        self.params = params
        self.assets: list[Asset | None] = list(assets)
        self.table: AssetTable = table_of(self.assets)
        self.memory = Memory()
        self.corridors = Corridors(params.recurrence_days)
        self.rules = Rules(params, rules)
        self._contradicted: dict[int, tuple[int, float, str]] = {}  # track number -> told, strength, words

    def contradict(self, now_ns: int, track_no: int, strength: float, text: str) -> None:
        """Take a check's word that a track's claims cannot be true; a weaker one replaces it."""
        self._contradicted.pop(track_no, None)
        if strength > 0.0:
            self._contradicted[track_no] = (now_ns, strength, text)
            if len(self._contradicted) > CONTRADICTED_MAX:
                del self._contradicted[next(iter(self._contradicted))]

    def judge(self, now_ns: int, tracks: Rows, slots: IntArray) -> Judged:
        """Return what the rules say of tracks, TRACK (k,), whose paths lie in `slots`; nothing is noted."""
        picture = self.look(now_ns, tracks, slots)
        return Judged(picture, self.rules.score(now_ns, picture), slots)

    def note(self, now_ns: int, judged: Judged) -> None:
        """Keep the scores, the way along borders and where nameless low tracks pass."""
        kept, slots, picture = self.memory.kept, judged.slots, judged.picture
        self._note_borders(now_ns, judged)
        kept["score"][slots] = judged.scored.whole
        kept["asset"][slots] = judged.scored.asset
        kept["assessed_ns"][slots] = now_ns
        kept["born_in"][slots] = picture.border_from
        kept["crossed"][slots] = picture.border_crossed
        tracks = picture.tracks
        kept["identity"][slots] = tracks["identity"]
        kept["class_probability"][slots] = tracks["class_probability"]
        nameless = (tracks["mode_s"] == MODE_S_UNKNOWN) & (tracks["mode_3a"] == MODE_3A_UNKNOWN)
        nameless &= (picture.age_s > 60.0) & (picture.straightness > 0.8) & (picture.path_m > 3_000.0)
        nameless &= (picture.low(1_500.0, 3_000.0) > 0.4) & ~picture.is_known()
        if nameless.any():
            self.corridors.note(now_ns, picture.going.place_rad[nameless], picture.going.course_rad[nameless])

    def look(self, now_ns: int, tracks: Rows, slots: IntArray) -> Picture:
        """Return the picture that the rules see of tracks, TRACK (k,)."""
        kept = self.memory.kept[slots]
        features = self.memory.features(slots)
        path = features[:, b.PATH]
        straightness = np.where(path > 100.0, features[:, b.NET] / np.maximum(path, 1.0), 1.0)
        going = going_of(tracks, features[:, b.SPEED_MOST])
        going = going._replace(sigma_course_rad=course_sigma(going.sigma_course_rad, straightness))
        height = tracks["height_hae_m"].copy()
        height[tracks["flags"] & int(TrackFlag.HEIGHT_ASSUMED) != 0] = np.nan
        strength, words = self._contradictions(now_ns, tracks)
        reach = arrivals(going, self.table, self.params)
        born_in, crossed = self._borders(kept, reach.distance_m)
        return Picture(
            tracks=tracks,
            going=going,
            arrivals=reach,
            table=self.table,
            is_open=self.table.open_rows(now_ns),
            params=self.params,
            age_s=(now_ns - kept["first_ns"]) / NS_PER_S,
            height_m=height,
            climb_mps=tracks["velocity_mps"][:, 2],
            motion=behaviour.motions(features),
            straightness=np.where(path > 100.0, straightness, 0.0),
            path_m=path,
            border_from=born_in,
            border_crossed=crossed,
            contradiction=strength,
            contradictions=words,
            swarm_count=kept["swarm_count"],
            recurrence=self.corridors.days(now_ns, going.place_rad, going.course_rad),
        )

    def with_identity(self, tracks: Rows, slots: IntArray) -> None:
        """Write what the stage before last said of tracks on TRACK (k,), where nobody asks that stage."""
        tracks["identity"] = self.memory.kept["identity"][slots]
        tracks["class_probability"] = self.memory.kept["class_probability"][slots]

    def find_swarms(self, tracks: Rows, slots: IntArray) -> None:
        """Look through a whole picture, TRACK (k,), which tracks move as one, and keep it."""
        kept = self.memory.kept
        looked_at = candidates(tracks, kept["score"][slots])
        found = swarms(tracks, looked_at, kept["swarm"][slots])
        kept["swarm_split"][slots] = np.where(found.number == 0, 0, kept["swarm_split"][slots] | found.has_split)
        kept["swarm"][slots], kept["swarm_count"][slots] = found.number, found.size
        kept["swarm_shape"][slots] = found.shape

    def put(self, asset: Asset) -> int:
        """Put an asset in place of the one of its name, or into the first free row; return the row."""
        names = [one.name if one is not None else "" for one in self.assets]
        if asset.name in names:
            row = names.index(asset.name)
        elif None in self.assets:
            row = self.assets.index(None)
        else:
            row = len(self.assets)
            self.assets.append(None)
        self.assets[row] = asset
        self.table = table_of(self.assets)
        return row

    def remove(self, row: int) -> None:
        """Empty a row."""
        self.assets[row] = None
        self.table = table_of(self.assets)

    def said(self, now_ns: int, judged: Judged, row: int, *, is_kept: bool = True) -> dict[str, Any]:
        """Return the fields of `Assessed` for one of the tracks judged, but its number and delay."""
        behaviours, not_assessed = self._behaviours(judged, row)
        return {
            "score": round(float(judged.scored.whole[row]), 4),
            "asset": self.table.name(int(judged.scored.asset[row])),
            "reasons": self.rules.reasons(now_ns, judged.picture, judged.scored, row, is_kept=is_kept),
            "arrivals": _arrivals_told(judged.picture, row),
            "behaviours": behaviours,
            "not_assessed": not_assessed,
        }

    def drop(self, numbers: IntArray) -> None:
        """Forget tracks that ended."""
        self.memory.drop(numbers)
        for number in numbers.tolist():
            self._contradicted.pop(number, None)

    def state(self) -> list[Any]:
        """Return everything that the next step depends on."""
        contradicted = [[number, *told] for number, told in self._contradicted.items()]
        return [self.assets, self.memory.state(), self.corridors.state(), contradicted, self.rules.state()]

    def restore(self, assets: list[Asset | None], state: list[Any]) -> None:
        """Take back what `state` returned, its assets already decoded."""
        self.assets = assets
        self.table = table_of(assets)
        _, memory, corridors, contradicted, changes = state
        self.rules.restore(changes)
        self.memory.restore(memory)
        self.corridors.restore(corridors)
        self._contradicted = {number: (told_ns, strength, text) for number, told_ns, strength, text in contradicted}

    def _contradictions(self, now_ns: int, tracks: Rows) -> tuple[FloatArray, tuple[str, ...]]:
        strength, words = np.zeros(len(tracks)), [""] * len(tracks)
        if self._contradicted:
            for row, number in enumerate(tracks["track_no"].tolist()):
                told_ns, held, text = self._contradicted.get(number, (0, 0.0, ""))
                if held and now_ns - told_ns <= CONTRADICTED_S * NS_PER_S:
                    strength[row], words[row] = held, text
        return strength, tuple(words)

    def _borders(self, kept: Rows, distance_m: FloatArray) -> tuple[IntArray, IntArray]:
        """Return the border zone that each track was first seen in, and the one it came into or left, -1: none.

        What crossed has crossed, though it goes on or home. Who was first seen in a zone has left it LEFT_M outside:
        nearer than that the noise of a position decides.
        """
        born_in, crossed = kept["born_in"], kept["crossed"]
        rows = np.flatnonzero(self.table.is_border)
        if not len(rows):
            return np.where(born_in == NOT_LOOKED, -1, born_in), crossed
        away_m = distance_m[:, rows]
        within = away_m <= 0.0
        now_in = np.where(within.any(axis=1), rows[np.argmax(within, axis=1)], -1)
        born_in = np.where(born_in == NOT_LOOKED, now_in, born_in)
        came = within & (rows != born_in[:, None])
        left = (away_m > LEFT_M) & (rows == born_in[:, None])
        fresh = came | left
        return born_in, np.where(fresh.any(axis=1), rows[np.argmax(fresh, axis=1)], crossed)

    def _note_borders(self, now_ns: int, judged: Judged) -> None:
        """Keep how far each went along a border: near it, and hardly nearing or leaving it."""
        rows = np.flatnonzero(self.table.is_border)
        if not len(rows):
            return
        kept, slots, picture = self.memory.kept, judged.slots, judged.picture
        away_m = np.abs(picture.arrivals.distance_m[:, rows]).min(axis=1)
        before, since_s = kept["border_m"][slots], (now_ns - kept["border_ns"][slots]) / NS_PER_S
        way_m = picture.going.speed_mps * np.minimum(since_s, 60.0)
        known = np.isfinite(before) & (since_s > 0.0)
        along = known & (away_m < _HUG_M) & (np.abs(away_m - np.nan_to_num(before)) < 0.35 * way_m)
        faded = kept["hug_m"][slots] * np.exp(-np.where(along | ~known, 0.0, way_m) / _HUG_FADES_M)
        kept["hug_m"][slots] = faded + np.where(along, way_m, 0.0)
        kept["border_m"][slots], kept["border_ns"][slots] = away_m, now_ns

    def _behaviours(self, judged: Judged, row: int) -> tuple[dict[str, float], tuple[str, ...]]:
        """Return the words for how one track moves, and those about which nothing is known."""
        slots = judged.slots[row : row + 1]
        kept, features = self.memory.kept[slots[0]], self.memory.features(slots)
        motion = judged.picture.motion[row]
        found = {word: float(p) for word, p in zip(MOTIONS, motion, strict=True) if math.isfinite(p)}
        missing = [] if found else list(MOTIONS)
        if self.table.is_border.any():
            found["border_hugging"] = float(behaviour.border_hugging(kept["hug_m"]))
        else:
            missing.append("border_hugging")
        terrain = float(behaviour.terrain_following(features)[0])
        if math.isfinite(terrain):
            found["terrain_following"] = terrain
        else:
            missing.append("terrain_following")
        count = int(kept["swarm_count"])
        if count:
            found[f"swarm of {count}"] = 1.0
            found[f"swarm in a {SWARM_SHAPES[int(kept['swarm_shape'])]}"] = 1.0
            if kept["swarm_split"]:
                found["swarm that split"] = 1.0
        if (days := float(judged.picture.recurrence[row])) > 0.0:
            found["recurring way"] = 1.0 - math.exp(-0.5 * days)
        least, most = judged.picture.tracks["group_count"][row].tolist()
        if most > 1:
            found[f"group of {least} to {most}"] = 1.0
        return {word: round(p, 3) for word, p in found.items()}, tuple(missing)


def _arrivals_told(picture: Picture, row: int) -> tuple[Arrival, ...]:
    """Return the likeliest arrivals at assets and zones."""
    table, reach = picture.table, picture.arrivals
    rows = np.flatnonzero((reach.probability[row] > 0.01) & ~table.is_axis)
    rows = rows[np.argsort(-reach.probability[row, rows], kind="stable")[:ARRIVALS_TOLD_MAX]]
    return tuple(
        Arrival(
            asset=table.name(asset),
            probability=round(float(reach.probability[row, asset]), 4),
            earliest_s=_seconds(reach.earliest_s[row, asset]),
            expected_s=_seconds(reach.expected_s[row, asset]),
            distance_m=round(float(reach.distance_m[row, asset]), 1),
            closest_m=round(float(reach.closest_m[row, asset]), 1),
        )
        for asset in rows.tolist()
    )


def _seconds(value: float) -> float | None:
    return round(float(value), 1) if math.isfinite(value) else None


def warm_up() -> None:
    """Load or compile every kernel of the assessment."""
    assessor = Assessor(AssessParams(), {}, [])
    tracks = empty_tracks(1)
    tracks["track_no"], tracks["status"], tracks["t_ns"] = 1, TrackStatus.CONFIRMED, 1
    slots = assessor.memory.meet(tracks, 1, 1.0, 1).slots
    assessor.memory.stand(tracks, 1, 1.0, 1)
    assessor.judge(1, tracks, slots)
