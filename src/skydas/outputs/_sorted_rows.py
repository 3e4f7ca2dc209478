"""Sort more rows than memory holds: sorted runs on disk, then slices of all runs put together in order.

A run is a file of raw rows, so merging decodes nothing: the rows between two keys are one slice of each run.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from skydas.model import IntArray, Rows

RUN_ROWS_MAX: Final = 32_768  # held in memory
SLICE_ROWS_MAX: Final = 32_768  # put together at once; rows of one and the same key stay together
_SAMPLE_STRIDE: Final = 128


class SortedRows:
    """Takes rows in any order and gives them back sorted by two of their columns, then by sequence."""

    def __init__(self, directory: Path, name: str, dtype: np.dtype[Any], by: tuple[str, str]) -> None:
        self.row_count = 0
        self._directory = directory
        self._name = name
        self._dtype = dtype
        self._stamped = _stamped(dtype, by)
        self._by = by
        self._pending: list[tuple[int, int, bytes]] = []
        self._pending_count = 0
        self._runs: list[_Run] = []

    def append(self, sequence: int, source: int, octets: bytes) -> None:
        """Take the raw rows of one fact."""
        count = len(octets) // self._dtype.itemsize
        if not count:
            return
        self._pending.append((sequence, source, octets))
        self._pending_count += count
        self.row_count += count

    @property
    def is_full(self) -> bool:
        """Say whether `spill` is due."""
        return self._pending_count >= RUN_ROWS_MAX

    def spill(self) -> None:
        """Move what is in memory to a run on disk. Raises OSError; the rows then stay in memory."""
        rows = self._pending_run()
        path = self._directory / f"{self._name}.{len(self._runs)}.run"
        self._directory.mkdir(parents=True, exist_ok=True)
        run = _Run(path, self._stamped, self._by[0])
        run.write(rows)
        self._runs.append(run)
        self._pending.clear()
        self._pending_count = 0

    def slices(self) -> Iterator[tuple[Rows, IntArray, IntArray]]:
        """Yield (rows, sequence, source), all in order, about SLICE_ROWS_MAX rows at a time."""
        runs: list[_Run | _Held] = list(self._runs)
        if self._pending:
            runs.append(_Held(self._pending_run(), self._by[0]))
        keys = [run.keys() for run in runs]
        starts = [0] * len(runs)
        for edge in _edges(keys):
            ends = [int(np.searchsorted(key, edge, side="right")) for key in keys]
            parts = [_octets(run.rows(start, end)) for run, start, end in zip(runs, starts, ends, strict=True)]
            merged = self._in_order(np.concatenate(parts).view(self._stamped))
            rows = np.ascontiguousarray(merged["row"]).view(self._dtype)
            yield rows, merged["sequence"].astype(np.int64), merged["source"].astype(np.int64)
            starts = ends

    def clear(self) -> None:
        """Forget all rows and delete the runs."""
        self._pending.clear()
        self._pending_count = 0
        self.row_count = 0
        for run in self._runs:
            run.delete()
        self._runs.clear()

    def _pending_run(self) -> Rows:
        """Return what is in memory as one sorted run; it stays in memory too."""
        run = np.empty(self._pending_count, self._stamped)
        at = 0
        for sequence, source, octets in self._pending:
            rows = np.frombuffer(octets, self._stamped["row"])
            run["sequence"][at : at + len(rows)] = sequence
            run["source"][at : at + len(rows)] = source
            run["row"][at : at + len(rows)] = rows
            at += len(rows)
        return self._in_order(run)

    def _in_order(self, run: Rows) -> Rows:
        order = np.lexsort((run["sequence"], run[self._by[1]], run[self._by[0]]))
        return _octets(run)[order].view(self._stamped)


class _Run:
    """Sorted rows on disk, and their keys in a small file of their own: only the rows asked for are read."""

    def __init__(self, path: Path, dtype: np.dtype[Any], key: str) -> None:
        self._path = path
        self._keys_path = path.with_suffix(".keys")
        self._dtype = dtype
        self._key = key

    def write(self, rows: Rows) -> None:
        self._path.write_bytes(rows.tobytes())
        self._keys_path.write_bytes(rows[self._key].tobytes())

    def keys(self) -> npt.NDArray[Any]:
        return np.memmap(self._keys_path, self._dtype[self._key], mode="r")

    def rows(self, start: int, end: int) -> Rows:
        return np.fromfile(self._path, self._dtype, count=end - start, offset=start * self._dtype.itemsize)

    def delete(self) -> None:
        self._path.unlink(missing_ok=True)
        self._keys_path.unlink(missing_ok=True)


class _Held:
    """Sorted rows in memory."""

    def __init__(self, rows: Rows, key: str) -> None:
        self._rows = rows
        self._key = key

    def keys(self) -> npt.NDArray[Any]:
        return self._rows[self._key]

    def rows(self, start: int, end: int) -> Rows:
        return self._rows[start:end]


def _stamped(dtype: np.dtype[Any], by: tuple[str, str]) -> np.dtype[Any]:
    """Return the dtype of a run: a fact's sequence and source, then the row as octets; the two keys lie in the row."""
    assert dtype.fields is not None
    head = 10
    names = ["sequence", "source", "row", *by]
    formats = ["<i8", "<u2", np.dtype((np.void, dtype.itemsize)), *(dtype[name] for name in by)]
    offsets = [0, 8, head, *(head + dtype.fields[name][1] for name in by)]
    return np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": head + dtype.itemsize})


def _octets(rows: Rows) -> Rows:
    """Return the same rows without their fields: NumPy then copies them ten times faster."""
    return rows.view(np.dtype((np.void, rows.dtype.itemsize)))


def _edges(keys: list[npt.NDArray[Any]]) -> list[int]:
    """Return the last key of each slice, from a sample of every run."""
    if not keys:
        return []
    sample = np.sort(np.concatenate([key[::_SAMPLE_STRIDE] for key in keys]))
    step = SLICE_ROWS_MAX // _SAMPLE_STRIDE
    last = max(int(key[-1]) for key in keys)
    return sorted({int(key) for key in sample[step::step] if key < last} | {last})
