"""The JSON API. `docs/wire.md` lists it; OpenAPI at /schema describes it."""

from __future__ import annotations

from typing import Annotated, Any, Final

from litestar import Request, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException, ValidationException
from litestar.openapi.spec import Example
from litestar.params import Body, Parameter
from litestar.response import Response

from skydas.history import History
from skydas.history.reader import BINS_MAX, POINTS_MAX, TrackHistory
from skydas.history.schema import STATUS_WORDS
from skydas.model import NS_PER_S, ActionTaken, FloatArray, Rows
from skydas.outputs._board import TOPIC_NAMES
from skydas.outputs._page_wire import KIND_SNAPSHOT, tracks_frame
from skydas.outputs._texts import GroupsText, NodeText, SensorsText, SourcesText, groups_text
from skydas.web import (
    analytics_routes,
    assess_routes,
    identify_routes,
    incident_routes,
    people_routes,
    predict_routes,
    warn_routes,
)
from skydas.web.acting import action_of, check_may_act
from skydas.web.answers import (
    ActionBody,
    CoverageAnswer,
    DensityAnswer,
    NoticeMark,
    StagesAnswer,
    TrackAnswer,
    TracksAnswer,
    track_answer,
    track_rows,
)
from skydas.web.asked import T_NS_MAX, Instant, TrackNo, Web
from skydas.web.coverage import MeasuredCoverage, coverage_rings, measured_coverage
from skydas.web.respond_routes import RESPOND_HANDLERS
from skydas.web.state import WebState
from skydas.web.truth import TruthAnswer, truth_answer

HISTORY_S_MAX: Final = 7 * 86_400.0

_SENSOR: Final = [Example(summary="a sensor of the node file", value="radar-1")]
_TOPIC: Final = [Example(summary="what people were told", value="alerts")]
_ACTION: Final = [
    Example(
        summary="an officer says that two tracks are one object",
        value={
            "what": "merge_tracks",
            "who": "watch 1",
            "role": "operator",
            "fields": {"track_no": "7", "ended_no": "12"},
        },
    )
]


@get("/api/v1/node", summary="Which node this is", sync_to_thread=False)
def node(web: Web) -> NodeText:
    """Return the node's name, origin, time and place, and how its picture stands."""
    return web.hub.node_text()


@get("/api/v1/sensors", summary="Every sensor and how it is doing", sync_to_thread=False)
def sensors(web: Web) -> SensorsText:
    """Return every configured sensor with its rate and its silence."""
    return web.hub.sensors_text()


@get("/api/v1/sources", summary="Every source and what of it was refused", sync_to_thread=False)
def sources(web: Web) -> SourcesText:
    """Return every configured source with its counts."""
    return web.hub.sources_text()


@get("/api/v1/groups", summary="Objects that cannot be told apart", sync_to_thread=False)
def groups(web: Web) -> GroupsText:
    """Return every group with its tracks, its place and how many objects it holds."""
    return web.hub.groups_text()


@get("/api/v1/standing/{topic:str}", summary="What stands: alerts, incidents, assessments and the like")
async def standing(web: Web, topic: Annotated[str, Parameter(max_length=40, examples=_TOPIC)]) -> list[Any]:
    """Return the latest of everything of one topic that is not over, the oldest first."""
    if topic not in TOPIC_NAMES:
        raise NotFoundException(f"there is no topic {topic!r}; there are: {', '.join(TOPIC_NAMES)}")
    return list(web.hub.board.standing(topic))


@get("/api/v1/tracks", summary="The picture as a table", sync_to_thread=False)
def tracks(web: Web) -> TracksAnswer:
    """Return every track that lives, moved on to the node's time."""
    return TracksAnswer(now_ns=web.hub.now_ns, tracks=track_rows(web.hub.tracks, web.hub.now_ns))


@get("/api/v1/tracks/{track_no:int}", summary="One track", sync_to_thread=False)
def track(web: Web, track_no: TrackNo) -> TrackAnswer:
    """Return everything known of one track that lives."""
    row = web.hub.track(track_no)
    if row is None:
        raise NotFoundException(f"there is no track {track_no} in the picture")
    return track_answer(row, web.hub.now_ns, web.config.node.name, web.hub.started)


@get("/api/v1/tracks/{track_no:int}/history", summary="One track's past", sync_to_thread=True)
def track_past(
    web: Web,
    track_no: TrackNo,
    seconds: Annotated[float, Parameter(gt=0.0, le=HISTORY_S_MAX)] = 600.0,
    until_ns: Annotated[int | None, Parameter(ge=0, le=T_NS_MAX)] = None,
) -> TrackHistory:
    """Return one track's recorded past and what is in no file yet, oldest first, until now or `until_ns`."""
    to_ns = web.hub.now_ns if until_ns is None else until_ns
    from_ns = max(0, to_ns - round(seconds * NS_PER_S))
    recorded = web.history.track_history(track_no, from_ns, to_ns) if web.history else None
    trail_from_ns = recorded.t_ns[-1] + 1 if recorded and recorded.t_ns else from_ns
    return _joined(track_no, recorded, web.hub.trail.of(track_no, trail_from_ns, to_ns))


@get("/api/v1/history/density", summary="How full the recorded past is", sync_to_thread=True)
def density(
    web: Web, from_ns: Instant, to_ns: Instant, bins: Annotated[int, Parameter(ge=1, le=BINS_MAX)] = 200
) -> DensityAnswer:
    """Return the count of tracks in equal parts of a span of time, and the node's notices in it."""
    if from_ns >= to_ns:
        raise ValidationException("from_ns must be before to_ns")
    history = _recorded(web)
    found = history.density(from_ns, to_ns, bins)
    notices = [
        NoticeMark(now_ns=notice.now_ns, level=notice.level, text=notice.text)
        for notice in list(web.hub.notices)
        if from_ns <= notice.now_ns <= to_ns
    ]
    return DensityAnswer(
        from_ns=found.from_ns,
        to_ns=found.to_ns,
        bins=found.bins,
        track_count=found.track_count,
        first_ns=found.first_ns,
        last_ns=found.last_ns,
        notices=notices,
        damaged_count=len(history.damaged),
    )


@get(
    "/api/v1/history/picture",
    summary="The picture at one instant",
    media_type="application/octet-stream",
    sync_to_thread=True,
)
def past_picture(web: Web, at_ns: Instant) -> Response[bytes]:
    """Return one snapshot frame as the WebSocket sends it, positions at `at_ns`."""
    rows = _recorded(web).picture_at(at_ns)
    return Response(tracks_frame(KIND_SNAPSHOT, 0, at_ns, rows), media_type="application/octet-stream")


@get("/api/v1/history/groups", summary="The groups at one instant", sync_to_thread=True)
def past_groups(web: Web, at_ns: Instant) -> GroupsText:
    """Return every group that was told then, as `/api/v1/groups` does of now."""
    return groups_text({group.number: group for group in _recorded(web).groups_at(at_ns)})


@get("/api/v1/stages", summary="What each stage of the node took", sync_to_thread=False)
def stages(web: Web) -> StagesAnswer:
    """Return the times of the node's stages."""
    return StagesAnswer(stages=web.stages())


@get("/api/v1/coverage", summary="Declared coverage of each sensor", sync_to_thread=False)
def coverage(web: Web) -> CoverageAnswer:
    """Return how far each sensor is said to reach and where the horizon ends its sight."""
    return CoverageAnswer(rings=coverage_rings(web.config.sensors))


@get("/api/v1/coverage/measured", summary="What one sensor really sees", sync_to_thread=False)
def coverage_measured(
    web: Web, sensor: Annotated[str, Parameter(min_length=1, max_length=200, examples=_SENSOR)]
) -> MeasuredCoverage:
    """Return the measured detection probability of one sensor by direction and range."""
    config = next((one for one in web.config.sensors if one.name == sensor), None)
    health = web.hub.health(sensor)
    if config is None or health is None:
        raise NotFoundException(f"nothing is measured of a sensor {sensor!r}; /api/v1/sensors lists those there are")
    if config.latitude_deg is None or config.longitude_deg is None:
        raise NotFoundException(f"{sensor} has no place in the node file, so nothing is measured around it")
    return measured_coverage(config, health)


@get("/api/v1/truth", summary="What a simulated scene really holds", sync_to_thread=False)
def truth(web: Web) -> TruthAnswer:
    """Return where the simulated objects are; there is no truth but in a simulated node."""
    if web.hub.node_text().origin != "simulated":
        raise NotFoundException("this node is not simulated: nobody knows the truth")
    return truth_answer(web.truth())


@post("/api/v1/actions", summary="Do something in a person's name", status_code=201)
async def act(
    web: Web, request: Request[None, None, State], data: Annotated[ActionBody, Body(examples=_ACTION)]
) -> ActionTaken:
    """Hand an action to the node and answer when it is on disk; `refused` says why it did not count."""
    check_may_act(request)
    return await web.submit(action_of(request, data.who, data.role, data.what, data.fields))


HANDLERS: Final = (
    node,
    sensors,
    sources,
    groups,
    standing,
    tracks,
    track,
    track_past,
    density,
    past_picture,
    past_groups,
    stages,
    coverage,
    coverage_measured,
    truth,
    act,
    *identify_routes.HANDLERS,
    *assess_routes.HANDLERS,
    *predict_routes.HANDLERS,
    *RESPOND_HANDLERS,
    *incident_routes.HANDLERS,
    *people_routes.HANDLERS,
    *warn_routes.HANDLERS,
    *analytics_routes.HANDLERS,
)


def _recorded(web: WebState) -> History:
    if web.history is None:
        raise NotFoundException('nothing is being recorded; add [[outputs]] with kind = "parquet" to the node file')
    return web.history


def _joined(track_no: int, recorded: TrackHistory | None, trail: Rows) -> TrackHistory:
    """Return the recorded past followed by the trail, the latest POINTS_MAX of them."""
    columns = {
        "t_ns": trail["t_ns"].tolist(),
        "latitude_deg": _floats(trail["latitude_deg"]),
        "longitude_deg": _floats(trail["longitude_deg"]),
        "height_hae_m": _floats(trail["height_hae_m"]),
        "v_east_mps": _floats(trail["velocity_mps"][:, 0]),
        "v_north_mps": _floats(trail["velocity_mps"][:, 1]),
        "v_up_mps": _floats(trail["velocity_mps"][:, 2]),
        "status": [STATUS_WORDS[code] for code in trail["status"].tolist()],
    }
    if recorded is not None:
        columns = {name: getattr(recorded, name) + column for name, column in columns.items()}
    return TrackHistory(track_no=track_no, **{name: column[-POINTS_MAX:] for name, column in columns.items()})


def _floats(values: FloatArray) -> list[float | None]:
    return [None if value != value else value for value in values.tolist()]
