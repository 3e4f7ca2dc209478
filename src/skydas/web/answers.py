"""What the JSON API answers, and how an answer is made of TRACK rows. Null: not known; angles in degrees."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
import numpy as np

from skydas.history import Density
from skydas.history.columns import bit_names, sensor_names
from skydas.history.schema import ORIGIN_WORDS, STATUS_WORDS, TRACK_FLAG_WORDS
from skydas.model import (
    ASSET_NONE,
    CLASS_WORDS,
    IDENTITY_WORDS,
    MODE_3A_UNKNOWN,
    MODE_S_UNKNOWN,
    NS_PER_S,
    NodeStarted,
    ReleaseLabel,
    Rows,
)
from skydas.outputs._page_wire import moved_on
from skydas.web.coverage import CoverageRing

FIELDS_MAX: Final = 50

# Of a person: on one line, and without signs that turn the line around.
Name = Annotated[
    str, msgspec.Meta(min_length=1, max_length=80, pattern="^[^\\x00-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069]+$")
]
Key = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Value = Annotated[str, msgspec.Meta(max_length=40_000)]  # an asset of a thousand corners; a remark has its own limit


class TrackRow(msgspec.Struct, frozen=True, kw_only=True):
    """One track as the table shows it."""

    track_no: int
    callsign: str | None
    mode_s: str | None
    mode_3a: str | None
    status: str
    identity: str
    class_: str | None = msgspec.field(name="class")
    origin: str
    latitude_deg: float | None
    longitude_deg: float | None
    height_hae_m: float | None
    speed_mps: float | None
    course_deg: float | None
    v_up_mps: float | None
    threat: float | None
    sensor_count: int
    age_s: float | None


class TracksAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The whole picture, positions at `now_ns`."""

    now_ns: int
    tracks: list[TrackRow]


class TrackAnswer(TrackRow, frozen=True, kw_only=True):
    """Everything known of one track."""

    now_ns: int
    t_ns: int
    node: str
    v_east_mps: float | None
    v_north_mps: float | None
    height_agl_m: float | None
    existence: float | None
    mode_probability: list[float | None]
    sensors: list[str]
    last_plot_ns: int | None
    flags: list[str]
    cov_position_m2: list[float | None]
    cov_velocity_m2ps2: list[float | None]
    class_probability: dict[str, float | None]
    group: int | None
    group_count: list[int] | None
    threat_asset: int | None
    label: ReleaseLabel | None
    revised_from_ns: int | None


class NoticeMark(msgspec.Struct, frozen=True, kw_only=True):
    """A notice as a tick on the time bar."""

    now_ns: int
    level: Literal["info", "warning", "alarm"]
    text: str


class DensityAnswer(Density, frozen=True, kw_only=True):
    """How full the recorded past is."""

    notices: list[NoticeMark]
    damaged_count: int  # files that could not be read


class CoverageAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Declared coverage of every sensor that has a place."""

    rings: list[CoverageRing]


class StagesAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What each stage of the node took."""

    stages: dict[str, dict[str, float]]


class ActionBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person does. Where tokens are in use, who and role are the token's."""

    what: Key
    who: Name = "watch"
    role: Name = "operator"
    fields: Annotated[dict[Key, Value], msgspec.Meta(max_length=FIELDS_MAX)] = {}


def track_rows(rows: Rows, now_ns: int) -> list[TrackRow]:
    """Return the table of TRACK (k,)."""
    return [TrackRow(**cells) for cells in _cells(rows, now_ns)]


def track_answer(row: Rows, now_ns: int, node: str, started: NodeStarted | None) -> TrackAnswer:
    """Return everything known of TRACK (1,)."""
    one = row[0]
    label = int(one["label"])
    cov = one["cov"]
    grouped = bool(one["group"])
    labels = started.labels if started else ()
    return TrackAnswer(
        **_cells(row, now_ns)[0],
        now_ns=now_ns,
        t_ns=int(one["t_ns"]),
        node=node,
        v_east_mps=_known(one["velocity_mps"][0]),
        v_north_mps=_known(one["velocity_mps"][1]),
        height_agl_m=_known(one["height_agl_m"]),
        existence=_known(one["existence"]),
        mode_probability=[_known(value) for value in one["mode_probability"]],
        sensors=sensor_names(int(one["sensors"]), started.sensors if started else ()),
        last_plot_ns=int(one["last_plot_ns"]) or None,
        flags=bit_names(int(one["flags"]), TRACK_FLAG_WORDS),
        cov_position_m2=[_known(cov[at]) for at in (0, 1, 6, 11)],  # ee, en, nn, uu of the packed upper triangle
        cov_velocity_m2ps2=[_known(cov[at]) for at in (15, 16, 18, 20)],
        class_probability={
            word: _known(value) for word, value in zip(CLASS_WORDS, one["class_probability"], strict=True)
        },
        group=int(one["group"]) or None,
        group_count=[int(count) for count in one["group_count"]] if grouped else None,
        threat_asset=None if one["threat_asset"] == ASSET_NONE else int(one["threat_asset"]),
        label=labels[label] if label < len(labels) else None,
        revised_from_ns=int(one["revised_from_ns"]) or None,
    )


def _cells(rows: Rows, now_ns: int) -> list[dict[str, Any]]:
    """Return what the table and the single track have in common, a column at a time, then a row at a time."""
    latitude_deg, longitude_deg, height_m = moved_on(rows, now_ns)
    east, north, up = rows["velocity_mps"].T
    probability = rows["class_probability"]
    classes = np.where(np.isnan(probability[:, 0]), -1, np.argmax(probability, axis=1))
    age_s = np.where(rows["last_plot_ns"] > 0, (now_ns - rows["last_plot_ns"]) / NS_PER_S, np.nan)
    columns: dict[str, list[Any]] = {
        "track_no": rows["track_no"].tolist(),
        "callsign": [text.decode("ascii", "replace") or None for text in rows["callsign"].tolist()],
        "mode_s": [None if code == MODE_S_UNKNOWN else f"{code:06x}" for code in rows["mode_s"].tolist()],
        "mode_3a": [None if code == MODE_3A_UNKNOWN else f"{code:04o}" for code in rows["mode_3a"].tolist()],
        "status": [STATUS_WORDS[code] for code in rows["status"].tolist()],
        "identity": [IDENTITY_WORDS[code] for code in rows["identity"].tolist()],
        "class_": [None if code < 0 else CLASS_WORDS[code] for code in classes.tolist()],
        "origin": [ORIGIN_WORDS[code] for code in rows["origin"].tolist()],
        "latitude_deg": _rounded(latitude_deg, 7),
        "longitude_deg": _rounded(longitude_deg, 7),
        "height_hae_m": _rounded(height_m, 1),
        "speed_mps": _rounded(np.hypot(east, north), 2),
        "course_deg": _rounded(np.degrees(np.arctan2(east, north)) % 360.0, 2),
        "v_up_mps": _rounded(up, 2),
        "threat": _rounded(rows["threat"], 3),
        "sensor_count": np.bitwise_count(rows["sensors"]).tolist(),
        "age_s": _rounded(age_s, 1),
    }
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


def _rounded(values: Any, digits: int) -> list[float | None]:
    """Return numbers as the page shows them; NaN is None."""
    return [None if value != value else value for value in np.round(values.astype(np.float64), digits).tolist()]


def _known(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)
