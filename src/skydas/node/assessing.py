"""Assessment in a node: which tracks are assessed when, what is told of them, and causes for alerts.

Watched tracks (a score from `watch_score_min`) and new ones are assessed with their own plots, every other track once
in `sweep_s`, as its turn comes each second. So the cost of a second is bounded whatever comes in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from skydas.assess import Assessor, AssessParams, examined_assets, feature_of
from skydas.assess.assessor import CHUNK_ROWS, Judged
from skydas.assess.assets import ASSETS_MAX, POINTS_ALL_MAX
from skydas.assess.nearing import nearing
from skydas.assess.predict import Predictor
from skydas.assess.predict.params import predict_params
from skydas.errors import ConfigError, RefusedError
from skydas.model import NS_PER_S, Action, Assessed, Asset, Cause, IntArray, Rows, TrackStatus, chosen_rows
from skydas.node.amended import Amended
from skydas.node.destinations import DestinationTeller

if TYPE_CHECKING:
    from skydas.node.judging import Desk, Seen

STEP_ROWS_MAX: Final = 256  # assessed at one input; the others wait for the sweep
SWEEP_ROWS_MAX: Final = 25_000  # assessed in one second
HOLD: Final = 0.05  # a score must fall so far below the threshold before it may cross it again
_LIVES: Final = np.isin(np.arange(256), [TrackStatus.CONFIRMED, TrackStatus.COASTING])


class Assessing:
    """The stage "assess"."""

    def __init__(self, desk: Desk) -> None:
        try:
            self.params = msgspec.convert(desk.config.assess, AssessParams)
        except msgspec.ValidationError as error:
            raise ConfigError(f"assess: {error}") from error
        self._desk = desk
        self.assessor = Assessor(self.params, desk.config.rules, desk.config.assets)
        predict = predict_params(desk.config.predict)
        self._predictor = Predictor(predict)
        self._destinations = DestinationTeller(desk, self._predictor, predict)
        self._amended = Amended(Asset, ((asset.name, asset) for asset in desk.config.assets))
        self._keep_assets()
        self._rest_ns = round(self.params.told_every_s * NS_PER_S)
        self._sweep_ns = round(self.params.sweep_s * NS_PER_S)
        self._above: set[int] = set()  # numbers of tracks at or above the threshold
        self._nearing: set[int] = set()  # numbers of tracks that are about to reach something valuable
        self._why: dict[int, str] = {}  # track -> what spoke for it most when it was last told

    # -- what comes in

    def stand(self, now_ns: int, tracks: Rows) -> bool:
        """Write threat and its asset on TRACK (k,); whether one is new, is watched and due, or ended."""
        return self.assessor.memory.stand(tracks, now_ns, self.params.watch_score_min, self._rest_ns)

    def step(self, seen: Seen) -> None:
        """Fill threat and its asset on every row; assess what is new or watched."""
        tracks, memory, now_ns = seen.tracks, self.assessor.memory, seen.now_ns
        self._predictor.step(now_ns, tracks, self._desk.assets)
        self._destinations.end(tracks)
        self._take_causes(seen)
        met = memory.meet(tracks, now_ns, self.params.watch_score_min, self._rest_ns)
        if len(met.due):
            due = met.due[:STEP_ROWS_MAX]
            slots = met.slots[due]
            judged = self.assessor.judge(now_ns, chosen_rows(tracks, due), slots)
            before = memory.kept["score"][slots].copy()
            self._note(now_ns, judged)
            tracks["threat"][due] = memory.kept["score"][slots]
            tracks["threat_asset"][due] = memory.kept["asset"][slots]
            self._tell_watched(seen, judged, before)
        if len(met.ended):
            self._end(seen, tracks["track_no"][met.ended].astype(np.int64))

    def second(self, seen: Seen) -> None:
        """Sweep over tracks that were not assessed for long, find swarms, tell the highest and hand causes on."""
        tracks = chosen_rows(seen.tracks, _LIVES[seen.tracks["status"]])
        self._destinations.second(seen.now_ns, tracks)
        memory = self.assessor.memory
        slots = memory.find(tracks["track_no"].astype(np.int64))
        if (slots < 0).any():
            tracks, slots = chosen_rows(tracks, slots >= 0), slots[slots >= 0]
        if not len(tracks):
            return
        since_ns = seen.now_ns - memory.kept["assessed_ns"][slots]
        late = np.flatnonzero(since_ns >= self._sweep_ns)
        late = late[np.argsort(-since_ns[late], kind="stable")[:SWEEP_ROWS_MAX]]
        for first in range(0, len(late), CHUNK_ROWS):
            part = late[first : first + CHUNK_ROWS]
            judged = self.assessor.judge(seen.now_ns, chosen_rows(tracks, part), slots[part])
            before = memory.kept["score"][slots[part]].copy()
            self._note(seen.now_ns, judged)
            self._tell_crossed(seen, judged, before)
        self._swarms(seen.now_ns, tracks, slots)
        self._tell_highest(seen, tracks, slots)
        self._hand_on(seen, tracks, slots)

    def _take_causes(self, seen: Seen) -> None:
        """What the checks before found speaks against what a track says of itself."""
        for cause in (cause for cause in seen.causes if cause.is_evidence):
            for track_no in cause.track_nos:
                self.assessor.contradict(seen.now_ns, track_no, cause.score, cause.text)

    def _note(self, now_ns: int, judged: Judged) -> None:
        """Keep the scores, and which tracks are about to reach something valuable."""
        self.assessor.note(now_ns, judged)
        numbers = judged.picture.tracks["track_no"]
        found = nearing(judged.picture, judged.scored)
        self._nearing.difference_update(numbers[~found].tolist())
        self._nearing.update(numbers[found].tolist())

    # -- what goes out

    def _tell_watched(self, seen: Seen, judged: Judged, before: Any) -> None:
        """Tell tracks that stand among the highest, and at once those that crossed the threshold."""
        kept = self.assessor.memory.kept
        stands = kept["told_ns"][judged.slots] > 0
        for row in np.flatnonzero(stands).tolist():
            self._tell(seen, judged, row)
        self._tell_crossed(seen, judged, before, told=stands)

    def _tell_crossed(self, seen: Seen, judged: Judged, before: Any, told: Any = None) -> None:
        """Tell tracks whose score crossed the threshold, unless they are told already; hand the cause on."""
        whole, numbers = judged.scored.whole, judged.picture.tracks["track_no"].tolist()
        threshold = self.params.threshold
        changed = (whole >= threshold) | (np.nan_to_num(before) >= threshold - HOLD)
        for row in np.flatnonzero(changed).tolist():
            is_above, was_above = bool(whole[row] >= threshold), numbers[row] in self._above
            if is_above and not was_above:
                self._above.add(numbers[row])
            elif was_above and whole[row] < threshold - HOLD:
                self._above.discard(numbers[row])
            else:
                continue
            if told is None or not told[row]:
                self._tell(seen, judged, row)
            seen.causes.append(self._cause(judged.picture.tracks[row : row + 1], judged.slots[row : row + 1]))

    def _tell_highest(self, seen: Seen, tracks: Rows, slots: IntArray) -> None:
        """Tell the highest scores that are new there or had no plot for long; end what is among them no more."""
        kept = self.assessor.memory.kept
        score = np.nan_to_num(kept["score"][slots])
        order = np.argsort(-score, kind="stable")[: self.params.told_max]
        highest = order[score[order] >= self.params.watch_score_min]
        told_ns = kept["told_ns"][slots[highest]]
        rested = (told_ns == 0) | (seen.now_ns - told_ns >= self._sweep_ns)
        due = np.sort(highest[rested])
        if len(due):
            judged = self.assessor.judge(seen.now_ns, chosen_rows(tracks, due), slots[due])
            self._note(seen.now_ns, judged)
            for row in range(len(due)):
                self._tell(seen, judged, row)
        stands = np.flatnonzero(kept["told_ns"][slots] > 0)
        for row in np.setdiff1d(stands, highest).tolist():
            if int(tracks["track_no"][row]) not in self._above:
                kept["told_ns"][slots[row]] = 0
                self._over(int(tracks["track_no"][row]))

    def _tell(self, seen: Seen, judged: Judged, row: int) -> None:
        track = judged.picture.tracks[row]
        self.assessor.memory.kept["told_ns"][judged.slots[row]] = seen.now_ns
        said = self.assessor.said(seen.now_ns, judged, row)
        speaks_for = [reason.text for reason in said["reasons"] if reason.weight > 0.0]
        self._why[int(track["track_no"])] = speaks_for[0] if speaks_for else ""
        self._desk.tell(
            Assessed,
            track_no=int(track["track_no"]),
            delay_s=round((seen.now_ns - int(track["last_plot_ns"])) / NS_PER_S, 4),
            **said,
            **self._predictor.said(seen.now_ns, judged.picture.tracks[row : row + 1], self._desk.assets),
        )

    def _over(self, track_no: int) -> None:
        self._desk.tell(Assessed, track_no=track_no, score=0.0, asset="", is_over=True)

    def _swarms(self, now_ns: int, tracks: Rows, slots: IntArray) -> None:
        self.assessor.find_swarms(tracks, slots)

    # -- causes

    def _hand_on(self, seen: Seen, tracks: Rows, slots: IntArray) -> None:
        """Hand a cause on for each object or swarm from `cause_score_min`, and once more where it fell below."""
        kept = self.assessor.memory.kept
        score = np.nan_to_num(kept["score"][slots])
        nears = np.array([number in self._nearing for number in tracks["track_no"].tolist()], np.bool_)
        strong = (score >= self.params.cause_score_min) | nears
        weaker = ~strong & (kept["caused_ns"][slots] > 0)
        swarm = kept["swarm"][slots]
        kept["caused_ns"][slots[strong]] = seen.now_ns
        kept["caused_ns"][slots[weaker]] = 0
        for number in np.unique(swarm[(swarm > 0) & strong]).tolist():
            rows = np.flatnonzero(swarm == number)
            seen.causes.append(self._cause(tracks[rows], slots[rows]))
        for row in np.flatnonzero((strong & (swarm == 0)) | weaker).tolist():
            seen.causes.append(self._cause(tracks[row : row + 1], slots[row : row + 1]))

    def _cause(self, tracks: Rows, slots: IntArray) -> Cause:
        """Return the cause of some tracks that move as one, or of one."""
        kept = self.assessor.memory.kept
        top = int(np.argmax(np.nan_to_num(kept["score"][slots])))
        score, asset = float(kept["score"][slots[top]]), self.assessor.table.name(int(kept["asset"][slots[top]]))
        matters = max(score, self.params.threshold) if int(tracks["track_no"][top]) in self._nearing else score
        swarm, group = int(kept["swarm"][slots[top]]), int(tracks["group"][top])
        who = f"{len(tracks)} tracks that move as one" if len(tracks) > 1 else f"track {int(tracks['track_no'][top])}"
        about = f", {asset}" if asset else ""
        why = self._why.get(int(tracks["track_no"][top]), "")
        return Cause(
            rule="assessment",
            track_nos=tuple(tracks["track_no"].tolist()),
            group=swarm or group,
            asset=asset,
            score=round(matters, 4),
            text=f"{who}{about}: {why} ({score:.2f})" if why else f"{who}{about}: assessed {score:.2f}",
            latitude_deg=float(tracks["latitude_deg"][top]),
            longitude_deg=float(tracks["longitude_deg"][top]),
            plot_ns=int(tracks["last_plot_ns"][top]),
        )

    def _end(self, seen: Seen, numbers: IntArray) -> None:
        """Forget tracks that dropped; what was said of them is over."""
        kept, slots = self.assessor.memory.kept, self.assessor.memory.find(numbers)
        for number, slot in zip(numbers.tolist(), slots.tolist(), strict=True):
            if slot < 0:
                continue
            self._above.discard(number)
            self._nearing.discard(number)
            self._why.pop(number, None)
            if kept["told_ns"][slot]:
                self._over(number)
            if kept["caused_ns"][slot]:
                text = f"track {number} dropped"
                seen.causes.append(Cause(rule="assessment", track_nos=(number,), score=0.0, text=text))
        self.assessor.drop(numbers)

    # -- what people ask and do

    def why(self, now_ns: int, track_no: int) -> Assessed | None:
        """Return the assessment of any track that lives, made now; nothing is noted and no fact is told."""
        tracks = self._desk.picture(now_ns)
        tracks = tracks[tracks["track_no"] == track_no]
        slots = self.assessor.memory.find(tracks["track_no"].astype(np.int64))
        if not len(tracks) or slots[0] < 0:
            return None
        self.assessor.with_identity(tracks, slots)
        judged = self.assessor.judge(now_ns, tracks, slots)
        return Assessed(
            node=self._desk.config.node.name,
            sequence=-1,
            now_ns=now_ns,
            track_no=track_no,
            delay_s=round((now_ns - int(tracks["last_plot_ns"][0])) / NS_PER_S, 4),
            **self.assessor.said(now_ns, judged, 0, is_kept=False),
            **self._predictor.said(now_ns, judged.picture.tracks[:1], self._desk.assets),
        )

    def put_asset(self, action: Action) -> None:
        """Put an asset, a zone or an axis: `geojson`, one feature; one of the same name is replaced."""
        found = examined_assets(action.fields.get("geojson", "").encode())
        if found.faults:
            raise RefusedError("; ".join(found.faults))
        if len(found.assets) != 1:
            raise RefusedError(f"put_asset takes one feature, got {len(found.assets)}")
        (asset,) = found.assets
        held = [one for one in self.assessor.assets if one is not None and one.name != asset.name]
        if len(held) >= ASSETS_MAX:
            raise RefusedError(f"there are {ASSETS_MAX} assets already, remove one")
        points = sum(len(one.points) for one in held) + len(asset.points)
        if points > POINTS_ALL_MAX:
            raise RefusedError(f"the assets would have {points} points, at most {POINTS_ALL_MAX}")
        self.assessor.put(asset)
        self._amended.put(asset.name, asset)
        self._keep_assets()
        self._desk.notice("info", "asset_put", f"{action.who}: {asset.what} {asset.name}")

    def remove_asset(self, action: Action) -> None:
        """Remove the asset, zone or axis `name`."""
        name = action.fields.get("name", "")
        for row, asset in enumerate(self.assessor.assets):
            if asset is not None and asset.name == name:
                self.assessor.remove(row)
                self._amended.remove(name)
                self._keep_assets()
                self._desk.notice("info", "asset_removed", f"{action.who}: {name}")
                return
        raise RefusedError(f"there is no asset {name!r}")

    def _keep_assets(self) -> None:
        """Let the stages after this one know what is protected."""
        self._desk.assets[:] = [one for one in self.assessor.assets if one is not None and one.what == "asset"]

    ACTIONS: dict[str, Callable[[Any, Action], None]] = {"put_asset": put_asset, "remove_asset": remove_asset}  # noqa: RUF012

    def standing_assets(self, now_ns: int) -> list[dict[str, Any]]:
        """Return every asset as a GeoJSON feature with its row and whether it counts now."""
        is_open = self.assessor.table.open_rows(now_ns)
        return [
            feature_of(asset) | {"id": row, "counts_now": bool(is_open[row])}
            for row, asset in enumerate(self.assessor.assets)
            if asset is not None
        ]

    # -- snapshots

    def state(self) -> list[Any]:
        """Return everything that the next step depends on."""
        held, predicted, standing = self.assessor.state(), self._predictor.state(), self._destinations.state()
        stands = [sorted(self._above), sorted(self._nearing), list(self._why.items())]
        return [held, stands, predicted, standing, self._amended.state()]

    def restore(self, state: list[Any]) -> None:
        """Take back what `state` returned."""
        held, (above, nears, why), predicted, standing, amended = state
        self.assessor.restore(msgspec.convert(held[0], list[Asset | None]), held)
        self._above, self._nearing, self._why = set(above), set(nears), dict(why)
        self._predictor.restore(predicted)
        self._destinations.restore(standing)
        self._amended.restore(amended)
        self._keep_assets()

    def take_over(self, state: list[Any]) -> None:
        """Take what people put and removed under the configuration before."""
        for name in self._amended.take_over(state[-1]):
            self._desk.notice("info", "asset_restated", f"{name}: the configuration says it anew, and that holds")
        holds = self._amended.now()
        for row, asset in enumerate(self.assessor.assets):
            if asset is not None and asset.name not in holds:
                self.assessor.remove(row)
        for asset in holds.values():
            if asset not in self.assessor.assets:
                self.assessor.put(asset)
        self._keep_assets()

    def started(self, now_ns: int) -> None:
        """Nothing is to be told again: every track is, as it is assessed."""
