"""Facts as a node would make them, for the tests of what reads facts."""

from __future__ import annotations

import asyncio

import numpy as np

from skydas.model import (
    NS_PER_S,
    Fact,
    Frame,
    Group,
    Input,
    NodeStarted,
    Notice,
    Origin,
    PlotFrame,
    ReleaseLabel,
    Rows,
    TrackStatus,
    empty_plots,
    empty_tracks,
    encode_fact,
    utc_ns,
)

T0_NS = utc_ns("2026-03-01T12:00:00Z")
SENSORS = ("radar-1", "radar-2", "adsb-1")


def started(sequence: int = 0, now_ns: int = T0_NS, sensors: tuple[str, ...] = SENSORS) -> NodeStarted:
    """Return the first fact."""
    return NodeStarted(
        node="lt-1",
        sequence=sequence,
        now_ns=now_ns,
        version="0",
        origin=Origin.SIMULATED,
        configuration_sha256="",
        sensors=sensors,
        labels=(ReleaseLabel(),),
    )


def tracks(numbers: list[int], t_ns: int = T0_NS, status: TrackStatus = TrackStatus.CONFIRMED) -> Rows:
    """Return confirmed tracks that fly north-east near 55 N 24 E, TRACK (k,)."""
    rows = empty_tracks(len(numbers))
    rows["track_no"] = numbers
    rows["t_ns"] = rows["last_plot_ns"] = t_ns
    rows["status"] = status
    rows["latitude_deg"] = 55.0 + np.array(numbers) / 1000.0
    rows["longitude_deg"] = 24.0
    rows["height_hae_m"] = 1000.0
    rows["velocity_mps"] = (30.0, 40.0, -1.0)
    rows["cov"][:] = np.arange(1.0, 22.0)
    rows["sensors"] = 0b101
    return rows


def frame(sequence: int, rows: Rows, now_ns: int | None = None) -> Frame:
    """Return a Frame; its time is that of its newest row unless given."""
    return Frame(
        node="lt-1",
        sequence=sequence,
        now_ns=int(rows["t_ns"].max()) if now_ns is None else now_ns,
        tracks=rows.tobytes(),
    )


def group(sequence: int, number: int, *track_nos: int, is_over: bool = False) -> Group:
    """Return a group of up to six near 55 N 24 E."""
    return Group(
        node="lt-1", sequence=sequence, now_ns=T0_NS, number=number, track_nos=track_nos, count_min=len(track_nos),
        count_max=6, latitude_deg=55.0, longitude_deg=24.0, height_hae_m=300.0, v_east_mps=-20.0, v_north_mps=20.0,
        v_up_mps=0.0, major_m=110.0, minor_m=30.0, axis_true_deg=90.0, is_over=is_over,
    )  # fmt: skip


def plots(sequence: int, count: int, t_ns: int = T0_NS, source: str = "feed-1") -> PlotFrame:
    """Return polar plots of radar-2, one a millisecond."""
    rows = empty_plots(count)
    rows["t_ns"] = t_ns + np.arange(count) * 1_000_000
    rows["rx_ns"] = rows["t_ns"]
    rows["sensor"] = 1
    rows["range_m"] = 1000.0
    rows["azimuth_true_rad"] = np.pi / 2
    return PlotFrame(node="lt-1", sequence=sequence, now_ns=t_ns, source=source, plots=rows.tobytes())


def notice(sequence: int, now_ns: int = T0_NS) -> Notice:
    """Return an alarm."""
    return Notice(node="lt-1", sequence=sequence, now_ns=now_ns, level="alarm", what="disk_full", text="disk full")


def after(seconds: float) -> int:
    """Return the instant so long after T0_NS."""
    return T0_NS + round(seconds * NS_PER_S)


class ListInbox:
    """An inbox that already holds all its facts."""

    def __init__(self, facts: list[Fact]) -> None:
        self.dropped = 0
        self._facts = iter(facts)

    async def get(self) -> tuple[Fact, bytes] | None:
        """Return the next fact; None at the end."""
        await asyncio.sleep(0)
        fact = next(self._facts, None)
        return None if fact is None else (fact, encode_fact(fact))


class Emitted:
    """Keeps the inputs that an output handed back."""

    def __init__(self) -> None:
        self.inputs: list[Input] = []

    async def __call__(self, one: Input, /) -> None:
        self.inputs.append(one)
