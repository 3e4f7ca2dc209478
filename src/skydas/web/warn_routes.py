"""Public warnings by the API: a draft from the prediction of a track, and the CAP message of a draft or a warning."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from litestar import Request, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.openapi.spec import Example
from litestar.params import Body, Parameter
from litestar.response import Response

from skydas.model import Assessed, PublicWarning
from skydas.web.acting import check_may_act, recorded
from skydas.web.asked import Web

WORDS_MAX: Final = 2_000

Word = Annotated[str, msgspec.Meta(max_length=WORDS_MAX)]
Number = Annotated[int, Parameter(ge=1, le=2**53, description="the node's number of the warning")]
_DRAFT: Final = [
    Example(
        summary="where track 12 may be in the next minutes", value={"level": "yellow", "track_no": 12, "who": "watch 1"}
    )
]


class DraftBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What to warn of, and where: one of track_no, ring, circle, counties."""

    level: Annotated[str, msgspec.Meta(max_length=20)]
    track_no: Annotated[int, msgspec.Meta(ge=1, le=2**31)] | None = None
    ring: Word = ""
    circle: Word = ""
    counties: Word = ""
    certainty: Annotated[str, msgspec.Meta(max_length=20)] = "likely"
    expires_min: float | None = None
    cause: Word = ""
    who: Annotated[str, msgspec.Meta(min_length=1, max_length=80)] = "watch"
    role: Annotated[str, msgspec.Meta(min_length=1, max_length=80)] = "operator"


class DraftAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked of the node; the draft itself comes with the topic `warnings`."""

    now_ns: int
    from_prediction: bool  # False: of a track, only its place and velocity are known


@post("/api/v1/warnings/drafts", summary="Draft a warning to the public; nothing leaves", status_code=201)
async def draft_warning(
    web: Web, request: Request[None, None, State], data: Annotated[DraftBody, Body(examples=_DRAFT)]
) -> DraftAnswer:
    """Draft a warning for where a track is predicted to be, or for an area; a person must approve it."""
    check_may_act(request)
    fields = {"level": data.level, "certainty": data.certainty}
    fields |= {key: text for key in ("ring", "circle", "counties") if (text := getattr(data, key))}
    if data.expires_min is not None:
        fields["expires_min"] = repr(data.expires_min)
    cause, cone = data.cause, ""
    if data.track_no is not None:
        fields["track_no"] = str(data.track_no)
        assessed = web.hub.board.one("assessed", data.track_no)
        if isinstance(assessed, Assessed) and assessed.cone:
            cone = ";".join(f"{s:g},{lat:.5f},{lon:.5f},{radius_m:.0f}" for s, lat, lon, radius_m in assessed.cone)
            likeliest = next(iter(assessed.destinations.items()), None)
            towards = f", likeliest destination {likeliest[0]} ({likeliest[1]:.0%})" if likeliest else ""
            cause = cause or f"track {data.track_no}{towards}"
        cause = cause or f"track {data.track_no}"
    if cone and not any(key in fields for key in ("ring", "circle")):
        fields["cone"] = cone
    taken = await recorded(web, request, data.who, data.role, "draft_warning", fields | {"cause": cause})
    return DraftAnswer(now_ns=taken.now_ns, from_prediction="cone" in fields)


@get("/api/v1/warnings/{number:int}/cap", summary="A warning as CAP 1.2", sync_to_thread=False)
def warning_cap(web: Web, number: Number) -> Response[bytes]:
    """Return the CAP message: of a draft what would leave, of a warning what left."""
    fact: Any = web.hub.board.one("warnings", number)
    if not isinstance(fact, PublicWarning):
        raise NotFoundException(f"there is no warning {number}; /api/v1/standing/warnings lists those there are")
    return Response(fact.cap.encode(), media_type="application/cap+xml")


HANDLERS: Final = (draft_warning, warning_cap)
