"""The whole of all rules: a sum of log odds, published and calibrated.

score = logistic(scale * (bias + sum over rules of weight * rule's score)). A rule with a negative weight is counter-
evidence. `python -m bench.assess_fit` prints how often what gets a score is what it says (docs/assess.md).
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple, Protocol

import msgspec
import numpy as np

from skydas import plugins
from skydas.assess.params import AssessParams
from skydas.assess.picture import Picture
from skydas.errors import ConfigError
from skydas.model import ASSET_NONE, NS_PER_S, FloatArray, IntArray, Reason

REASONS_MAX: Final = 12
CHANGE_S_MAX: Final = 10.0  # so long a change that was found is told again ...
CHANGE_SCORE_MAX: Final = 0.05  # ... while the rule's score does not differ by more
CHANGES_MAX: Final = 4_096
SHARE_MIN: Final = 0.05  # log odds: what weighs less is no reason


Tries = list[tuple[str, dict[str, Any]]]  # changes in words, and as `Picture.changed` takes them


class Said(NamedTuple):
    """What a rule says of one track in words, and changes that may lower its score: the combination tries them."""

    text: str
    tries: Tries = []  # noqa: RUF012


class Rule(Protocol):
    """A question about every track; `assess/rules/NAME.py` holds it with its `Params`."""

    VERSION: str

    def __init__(self, params: Any) -> None: ...
    def score(self, now_ns: int, picture: Picture) -> FloatArray: ...  # (k,) in 0 .. 1
    def explain(self, now_ns: int, picture: Picture, row: int) -> Said: ...


class RuleParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What every `[rules.NAME]` has."""

    on: bool = True
    weight: float = 1.0  # log odds at a score of 1; below 0: counter-evidence


class Scored(NamedTuple):
    """k tracks, r rules."""

    whole: FloatArray  # (k,) 0 .. 1
    shares: FloatArray  # (k, r) log odds
    scores: FloatArray  # (k, r) 0 .. 1
    asset: IntArray  # (k,) row of the asset that it is about, ASSET_NONE


class Rules:
    """Every rule that is on."""

    def __init__(self, params: AssessParams, tables: dict[str, Any]) -> None:
        made = {name: rule_params(name, tables.get(name, {})) for name in plugins.names("rules")}
        self.names = tuple(name for name, given in made.items() if given.on)
        self.rules: tuple[Rule, ...] = tuple(plugins.load("rules", name).Rule(made[name]) for name in self.names)
        self.weights = np.array([made[name].weight for name in self.names])
        self._params = params
        self._changes: dict[tuple[int, int], tuple[int, float, str]] = {}  # track, rule -> made, its score, words

    def score(self, now_ns: int, picture: Picture) -> Scored:
        """Return what all rules say of each track."""
        scores = np.empty((picture.size, len(self.rules)))
        for column, rule in enumerate(self.rules):
            scores[:, column] = rule.score(now_ns, picture)
        np.clip(np.nan_to_num(scores, copy=False), 0.0, 1.0, out=scores)
        shares = scores * self.weights * self._params.scale
        log_odds = self._params.bias_log_odds * self._params.scale + shares.sum(axis=1)
        return Scored(1.0 / (1.0 + np.exp(-log_odds)), shares, scores, asset_about(picture))

    def reasons(self, now_ns: int, picture: Picture, scored: Scored, row: int, *, is_kept: bool) -> tuple[Reason, ...]:
        """Return what the rules say of one track in words, the weightiest first.

        is_kept : what would change it is kept for the next time; False: somebody asks, and nothing may depend on it
        """
        order = np.argsort(-np.abs(scored.shares[row]), kind="stable")[:REASONS_MAX]
        track_no = int(picture.tracks["track_no"][row])
        found = []
        for column in order.tolist():
            share, score = float(scored.shares[row, column]), float(scored.scores[row, column])
            if abs(share) < SHARE_MIN:
                break
            said = self.rules[column].explain(now_ns, picture, row)
            change = self._change(now_ns, picture, row, column, (track_no, column), score, said.tries, is_kept)
            found.append(Reason(self.names[column], round(score, 3), round(share, 3), said.text, change))
        return tuple(found)

    def _change(
        self, now_ns: int, picture: Picture, row: int, column: int, key: tuple[int, int], score: float, tries: Tries,
        is_kept: bool,
    ) -> str:  # fmt: skip
        """Return what would change a rule's score; what was found a moment ago holds while the score does."""
        made_ns, before, text = self._changes.get(key, (0, -1.0, ""))
        if abs(score - before) > CHANGE_SCORE_MAX or now_ns - made_ns > CHANGE_S_MAX * NS_PER_S:
            text = first_that_halves(self.rules[column], now_ns, picture, row, tries) if tries else ""
            if not is_kept:
                return text
            self._changes.pop(key, None)
            self._changes[key] = (now_ns, score, text)
            if len(self._changes) > CHANGES_MAX:
                del self._changes[next(iter(self._changes))]
        return text

    def state(self) -> list[Any]:
        """Return everything that the next step depends on."""
        return [[*key, *found] for key, found in self._changes.items()]

    def restore(self, state: list[Any]) -> None:
        """Take back what `state` returned."""
        self._changes = {(no, column): (made_ns, score, text) for no, column, made_ns, score, text in state}


def rule_params(name: str, table: Any) -> Any:
    """Return a rule's `Params` made from `[rules.NAME]`. Raises ConfigError with every fault."""
    if not isinstance(table, dict):
        raise ConfigError(f"rules.{name}: expected a table, got {table!r}")
    return plugins.params("rules", name, table, f"rules.{name}")


def asset_about(picture: Picture) -> IntArray:
    """Return the asset that matters most to each track: the likeliest to be reached, by its value, (k,)."""
    table = picture.table
    counts = (table.is_asset | table.is_prohibited | table.is_closed) & picture.is_open
    if not counts.any():
        return np.full(picture.size, ASSET_NONE)
    rows = np.flatnonzero(counts)
    matters = picture.arrivals.probability[:, rows] * table.value[rows]
    best = np.argmax(matters, axis=1)
    likely = matters[np.arange(len(best)), best] > 0.01
    return np.where(likely, rows[best], ASSET_NONE)


def first_that_halves(rule: Rule, now_ns: int, picture: Picture, row: int, tries: Tries) -> str:
    """Return the first of some changes that halves a rule's score, in words.

    Every one is run through the rule; where none is enough, the one that goes farthest is told.
    """
    words, changes = zip(*tries, strict=True)
    scores = np.clip(np.nan_to_num(rule.score(now_ns, picture.changed(row, [{}, *changes]))), 0.0, 1.0).tolist()
    before, after = scores[0], scores[1:]
    best = next((at for at, score in enumerate(after) if score <= 0.5 * before), int(np.argmin(after)))
    if after[best] > before - 0.005:
        return "nothing that was tried lowers it"
    return f"{words[best]}: {before:.2f} becomes {after[best]:.2f}"
