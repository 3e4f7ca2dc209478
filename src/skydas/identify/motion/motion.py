"""`Motion`: what the way it moves says of a track's class."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
import numpy as np

from skydas.identify.motion.calibration import GROUPS, PRIOR, log_ratio, smallest_sets
from skydas.identify.motion.model import KNOWN, Model, shipped_model
from skydas.identify.motion.windows import Windows
from skydas.model import CLASS_COUNT, NS_PER_S, BoolArray, FloatArray, IntArray, Rows, TrackStatus, empty_tracks


class MotionParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How motion is judged; docs/classifier.md has the figures behind the defaults."""

    sure_min: float = 0.7  # below it the answer is "cannot tell"
    floor: float = 0.02  # of every answer belongs to the prior: motion alone rules nothing out
    tracks_max: int = 16_384  # 7 KB of samples each


class Judged(NamedTuple):
    """What motion says of m tracks; NaN, 0 and False where it cannot tell yet."""

    probability: FloatArray  # (m, 12) in the order of ObjectClass, with `prior` before it
    group: FloatArray  # (m, 4) in the order of GROUPS
    log_ratio: FloatArray  # (m, 12) to be added to other evidence; 0: motion says nothing of this class
    sets: BoolArray  # (m, 12) the fewest classes that hold the true one nine times in ten
    is_sure: BoolArray  # (m,) one class reaches `sure_min`
    prior: FloatArray  # (12,) the same for all classes that motion can tell
    window_s: FloatArray  # (m,) 120, 60, or 0 where the track is too short


class Motion:
    """Windows of all live tracks, and the model that judges them."""

    def __init__(self, params: MotionParams, model: Model | None = None) -> None:
        self.params = params
        self.model = shipped_model() if model is None else model
        self.windows = Windows(params.tracks_max)

    def step(self, now_ns: int, tracks: Rows) -> None:
        """Take TRACK (k,) that changed; those that are not confirmed, or coast, are passed over."""
        del now_ns  # a sample has the time of its track's state
        self.windows.take(tracks)

    def forget(self, track_no: IntArray) -> None:
        """Let go of tracks that ended."""
        self.windows.forget(track_no)

    def judge(self, now_ns: int, track_no: IntArray) -> Judged:
        """Return what the last one or two minutes of tracks (m,) say; one window each, for windows that overlap are
        not independent and must not be multiplied."""
        del now_ns  # what coasts keeps its last window
        count = len(track_no)
        probability, group = np.full((count, CLASS_COUNT), np.nan), np.full((count, len(GROUPS)), np.nan)
        sets, window_s = np.zeros((count, CLASS_COUNT), np.bool_), np.zeros(count)
        rows = self.windows.rows_of(track_no)
        windows = sorted({window for window, _ in self.model.parts}, reverse=True)
        for window in windows:
            open_ = np.flatnonzero((rows >= 0) & (window_s == 0.0))
            features, known, full = self.windows.features(rows[open_], window)
            for row in range(len(KNOWN)):
                mine = full & (known == row)
                if mine.any():
                    part = self.model.parts[window, row]
                    at = open_[mine]
                    group[at], probability[at] = part.judge(features[mine])
                    sets[at], window_s[at] = smallest_sets(probability[at], part.set_mass), window
        best = np.nan_to_num(probability).max(axis=1, initial=0.0)
        return Judged(
            probability,
            group,
            log_ratio(probability, PRIOR, self.params.floor),
            sets,
            best >= self.params.sure_min,
            PRIOR,
            window_s,
        )

    def state(self) -> dict[str, Any]:
        """Return what a snapshot must hold."""
        return {"windows": self.windows.state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self.windows.restore(state["windows"])


def warm_up() -> None:
    """Load or compile the kernels: of one track through two minutes."""
    motion, tracks = Motion(MotionParams()), empty_tracks(1)
    tracks["track_no"], tracks["status"] = 1, int(TrackStatus.CONFIRMED)
    for name in ("position_enu_m", "velocity_mps", "cov", "height_hae_m"):
        tracks[name] = 1.0
    for second in range(125):
        tracks["t_ns"] = tracks["last_plot_ns"] = second * NS_PER_S + 1
        motion.step(0, tracks)
    motion.judge(0, np.array([1]))
    motion.state()
