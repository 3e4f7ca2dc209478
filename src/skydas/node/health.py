"""How the sensors and the sources are doing, counted from the inputs alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec
import numpy as np

from skydas.model import NS_PER_S, IntArray, SensorState
from skydas.model.config import SensorConfig

RATE_WINDOW_S: Final = 10
UNDECLARED_SILENT_AFTER_S: Final = 60.0


class SensorLife:
    """Counts of plots for each row of the sensor table, and when each sensor was last heard."""

    def __init__(self, sensors: list[SensorConfig]) -> None:
        self.silent_after_s = [sensor.silent_after_s for sensor in sensors]
        rows = len(sensors)
        self.plot_count: IntArray = np.zeros(rows, np.int64)
        self.last_ns: IntArray = np.zeros(rows, np.int64)
        self.state: IntArray = np.zeros(rows, np.int64)
        self._seconds: IntArray = np.zeros((RATE_WINDOW_S, rows), np.int64)
        self._second = 0
        self.words: dict[int, dict[str, str]] = {}

    def grow(self, rows: int) -> None:
        """Make room for sensors heard undeclared."""
        more = rows - len(self.plot_count)
        if more <= 0:
            return
        zeros = np.zeros(more, np.int64)
        self.plot_count = np.concatenate((self.plot_count, zeros))
        self.last_ns = np.concatenate((self.last_ns, zeros))
        self.state = np.concatenate((self.state, zeros))
        self._seconds = np.concatenate((self._seconds, np.zeros((RATE_WINDOW_S, more), np.int64)), axis=1)
        self.silent_after_s += [UNDECLARED_SILENT_AFTER_S] * more

    def heard(self, row: int, rx_ns: int) -> None:
        """Note a sign of life that is no plot."""
        self.last_ns[row] = max(int(self.last_ns[row]), rx_ns)

    def count(self, row: int, plots: int, rx_ns: int) -> None:
        """Note plots of a sensor."""
        self.plot_count[row] += plots
        self._seconds[self._second, row] += plots
        self.last_ns[row] = rx_ns

    def second(self, now_ns: int) -> list[tuple[int, SensorState, SensorState]]:
        """Close a second; return (row, before, now) for each sensor whose state changed."""
        changed = []
        for row, silent_after_s in enumerate(self.silent_after_s):
            before = SensorState(int(self.state[row]))
            last_ns = int(self.last_ns[row])
            if last_ns == 0:
                state = SensorState.NEVER_HEARD
            elif now_ns - last_ns > silent_after_s * NS_PER_S:
                state = SensorState.SILENT
            else:
                state = SensorState.OK
            if state != before:
                self.state[row] = state
                changed.append((row, before, state))
        self._second = (self._second + 1) % RATE_WINDOW_S
        self._seconds[self._second] = 0
        return changed

    def plots_per_s(self, row: int) -> float:
        """Return the mean rate over the last ten seconds."""
        return float(self._seconds[:, row].sum()) / RATE_WINDOW_S

    def told(self, now_ns: int, names: list[str], undeclared_row: int) -> Iterator[dict[str, Any]]:
        """Yield the fields of a SensorStatus for each sensor; what is not declared has to be heard first."""
        for row, name in enumerate(names):
            last_ns = int(self.last_ns[row])
            if row == undeclared_row and not last_ns:
                continue
            yield {
                "sensor": name,
                "state": SensorState(int(self.state[row])),
                "last_ns": last_ns,
                "plot_count": int(self.plot_count[row]),
                "plots_per_s": self.plots_per_s(row),
                "silent_s": (now_ns - last_ns) / NS_PER_S if last_ns else 0.0,
                "words": self.words.get(row, {}),
            }

    def state_dict(self) -> dict[str, Any]:
        """Return everything that a snapshot must hold."""
        return {
            "plot_count": self.plot_count.tolist(),
            "last_ns": self.last_ns.tolist(),
            "state": self.state.tolist(),
            "seconds": self._seconds.tolist(),
            "second": self._second,
            "words": sorted(self.words.items()),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state_dict` returned."""
        self.grow(len(state["plot_count"]))
        self.plot_count = np.array(state["plot_count"], np.int64)
        self.last_ns = np.array(state["last_ns"], np.int64)
        self.state = np.array(state["state"], np.int64)
        self._seconds = np.array(state["seconds"], np.int64)
        self._second = state["second"]
        self.words = {int(row): dict(words) for row, words in state["words"]}


class SourceCount:
    """What one source brought, and what of it was refused under which reason."""

    def __init__(self) -> None:
        self.link = "never"
        self.input_count = 0
        self.octet_count = 0
        self.record_count = 0
        self.plot_count = 0
        self.copy_count = 0
        self.rejected: dict[str, int] = {}
        self.overrun_ns = 0  # when it was last told that it is too fast
        self.told = b""  # what the last status showed

    def reject(self, reason: str, count: int) -> None:
        """Count things refused."""
        self.rejected[reason] = self.rejected.get(reason, 0) + count

    def shown(self) -> bytes:
        """Return everything that a status shows, to see whether it changed."""
        return msgspec.msgpack.encode([*(getattr(self, name) for name in _COUNTED), sorted(self.rejected.items())])

    def state_dict(self) -> dict[str, Any]:
        """Return everything that a snapshot must hold."""
        return {name: getattr(self, name) for name in _COUNTED} | {
            "rejected": dict(sorted(self.rejected.items())),
            "overrun_ns": self.overrun_ns,
            "told": self.told,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state_dict` returned."""
        for name in _COUNTED:
            setattr(self, name, state[name])
        self.rejected = dict(state["rejected"])
        self.overrun_ns = state["overrun_ns"]
        self.told = state["told"]


_COUNTED: Final = ("link", "input_count", "octet_count", "record_count", "plot_count", "copy_count")
