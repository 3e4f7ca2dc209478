"""`Model`: the trees and calibrations of the classifier, and its file, a plain .npz (docs/classifier.md)."""

from __future__ import annotations

import hashlib
import io
import zlib
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple
from zipfile import BadZipFile

import msgspec
import numpy as np

from skydas.errors import ConfigError
from skydas.identify.motion.calibration import GROUPS, joined, softmax
from skydas.identify.motion.features_kernels import FEATURE_COUNT, NAMES
from skydas.identify.motion.trees_kernels import LEAF, add_trees
from skydas.model import FloatArray

FORMAT: Final = 1
KNOWN: Final = ("plane", "height", "terrain")  # places only; heights measured; and the ground below known too
SHIPPED: Final = "model.npz"
OCTETS_MAX: Final = 16 << 20
NODES_MAX: Final = 1 << 20
_ARRAYS: Final = ("root", "output", "feature", "threshold", "left", "right", "missing_left", "value", "base")
_TYPES: Final[dict[str, Any]] = {
    "threshold": np.float64,
    "value": np.float64,
    "base": np.float64,
    "missing_left": np.bool_,
}


class Trees(NamedTuple):
    """One boosted ensemble; the arrays are those of `add_trees`, `base` (outputs,) is where the sums begin."""

    root: Any
    output: Any
    feature: Any
    threshold: Any
    left: Any
    right: Any
    missing_left: Any
    value: Any
    base: Any
    temperature: float

    def scores(self, rows: FloatArray) -> FloatArray:
        """Return raw scores of rows (m, features), shape (m, classes); of one output, those of no and yes."""
        out = np.repeat(self.base[None, :], len(rows), axis=0)
        add_trees(np.ascontiguousarray(rows), *self[:8], out)
        return out if out.shape[1] > 1 else np.column_stack((np.zeros(len(rows)), out[:, 0]))

    def probability(self, rows: FloatArray) -> FloatArray:
        """Return calibrated probabilities of rows (m, features), shape (m, classes)."""
        return softmax(self.scores(rows), self.temperature)


class Part(NamedTuple):
    """What judges windows of one length, where one of KNOWN is known."""

    group: Trees
    within: dict[int, Trees]  # row of GROUPS -> its classes
    set_mass: float  # sets of this much probability hold the truth nine times in ten

    def judge(self, rows: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the probability of each group (m, groups) and each class (m, 12)."""
        group = self.group.probability(rows)
        return group, joined(group, {row: trees.probability(rows) for row, trees in self.within.items()})


class Model(NamedTuple):
    """All parts; `sha256` names the file they came from."""

    parts: dict[tuple[int, int], Part]  # (window in s, row of KNOWN)
    sha256: str


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file says of itself: JSON text in the member `head`."""

    format: int
    features: tuple[str, ...]
    groups: tuple[str, ...]
    parts: tuple[_PartHead, ...]
    made_by: str = ""


class _PartHead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    window_s: int
    known: str
    set_mass: float
    temperatures: dict[str, float]  # "group", or a group's name -> its own


def write_model(parts: dict[tuple[int, int], Part], made_by: str) -> bytes:
    """Return the model's file; the same parts give the same octets."""
    arrays: dict[str, Any] = {}
    heads = []
    for (window_s, known), part in sorted(parts.items()):
        ensembles = {"group": part.group} | {GROUPS[row][0]: trees for row, trees in sorted(part.within.items())}
        temperatures = {name: trees.temperature for name, trees in ensembles.items()}
        heads.append(_PartHead(window_s, KNOWN[known], part.set_mass, temperatures))
        for name, trees in ensembles.items():
            for array in _ARRAYS:
                arrays[_member(window_s, KNOWN[known], name, array)] = getattr(trees, array)
    head = _Head(FORMAT, NAMES, tuple(name for name, _ in GROUPS), tuple(heads), made_by)
    text = np.frombuffer(msgspec.json.encode(head), np.uint8)
    file = io.BytesIO()
    np.savez_compressed(file, head=text, **arrays)
    return file.getvalue()


def read_model(octets: bytes, name: str) -> Model:
    """Return the model in a file's octets. Raises ConfigError where it is none, or made for other features."""
    if len(octets) > OCTETS_MAX:
        raise ConfigError(f"{name} must be at most {OCTETS_MAX} octets, got {len(octets)}")
    try:
        with np.load(io.BytesIO(octets), allow_pickle=False) as file:
            head = msgspec.json.decode(file["head"].tobytes(), type=_Head)
            if (head.format, head.features) != (FORMAT, NAMES):
                raise ConfigError(f"{name} is of other features or format {head.format}: train it again, skydas train")
            parts = {(part.window_s, KNOWN.index(part.known)): _part(file, part, name) for part in head.parts}
    except (KeyError, ValueError, OSError, EOFError, BadZipFile, zlib.error, msgspec.DecodeError) as error:
        raise ConfigError(f"{name} is no model of skydas train: {error}") from error
    return Model(parts, hashlib.sha256(octets).hexdigest())


@cache
def shipped_model() -> Model:
    """Return the model that comes with skydas."""
    return read_model((files("skydas.identify.motion") / SHIPPED).read_bytes(), SHIPPED)


def _part(file: Any, head: _PartHead, name: str) -> Part:
    def trees(level: str, outputs: int) -> Trees:
        arrays = {
            array: np.ascontiguousarray(
                file[_member(head.window_s, head.known, level, array)], _TYPES.get(array, np.int32)
            )
            for array in _ARRAYS
        }
        made = Trees(**arrays, temperature=head.temperatures[level])
        _check(made, outputs, f"{name}: {level}")
        return made

    several = {row: trees(group, len(members)) for row, (group, members) in enumerate(GROUPS) if len(members) > 1}
    return Part(trees("group", len(GROUPS)), several, head.set_mass)


def _check(trees: Trees, classes: int, where: str) -> None:
    """Refuse trees that a walk would not come down: every child lies behind its parent, every number in its range."""
    nodes, count = np.arange(len(trees.feature)), len(trees.feature)
    inner = trees.feature != LEAF
    outputs = 1 if classes == 2 else classes
    sound = (
        0 < count <= NODES_MAX
        and all(len(column) == count for column in trees[3:8])
        and len(trees.root) == len(trees.output)
        and len(trees.base) == outputs
        and bool(((trees.root >= 0) & (trees.root < count)).all())
        and bool(((trees.output >= 0) & (trees.output < outputs)).all())
        and bool(((trees.feature >= LEAF) & (trees.feature < FEATURE_COUNT)).all())
        and all(bool(((child > nodes) & (child < count))[inner].all()) for child in (trees.left, trees.right))
        and bool(np.isfinite(trees.value).all())
        and trees.temperature > 0.0
    )
    if not sound:
        raise ConfigError(f"{where} holds trees that cannot be walked: train it again, skydas train")


def _member(window_s: int, known: str, level: str, array: str) -> str:
    return f"{window_s}s.{known}.{level}.{array}"
