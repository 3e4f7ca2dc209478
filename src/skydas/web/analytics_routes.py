"""The part of the JSON API that looks back over days: what flew where and when."""

from __future__ import annotations

from typing import Annotated, Final

from litestar import get
from litestar.exceptions import NotFoundException, ValidationException
from litestar.params import Parameter

from skydas.errors import RefusedError
from skydas.history.traffic import ANY, CELL_DEG_MAX, CELL_DEG_MIN, SPAN_S_MAX, Traffic, traffic
from skydas.model import NS_PER_S
from skydas.web.asked import Instant, Web


@get("/api/v1/analytics/traffic", summary="What flew where and when, counted in tracks", sync_to_thread=True)
def traffic_counts(
    web: Web,
    from_ns: Instant,
    to_ns: Instant,
    cell_deg: Annotated[float, Parameter(ge=CELL_DEG_MIN, le=CELL_DEG_MAX, description="of latitude")] = 0.05,
    hour: Annotated[int, Parameter(ge=ANY, le=23, description="of the day, UTC; -1: any")] = ANY,
    weekday: Annotated[int, Parameter(ge=ANY, le=6, description="Monday is 0; -1: any")] = ANY,
    nameless: Annotated[bool, Parameter(description="only what has no Mode S address and no callsign")] = False,
) -> Traffic:
    """Return tracks by cell, by hour of the week, and the ways that were flown again and again."""
    if web.analysis is None:
        raise NotFoundException('nothing is being recorded; add [[outputs]] with kind = "parquet" to the node file')
    if not from_ns < to_ns <= from_ns + round(SPAN_S_MAX * NS_PER_S):
        raise ValidationException(f"from_ns must be before to_ns, by {SPAN_S_MAX / 86_400:.0f} days at most")
    try:
        return traffic(web.analysis, from_ns, to_ns, cell_deg=cell_deg, hour=hour, weekday=weekday, nameless=nameless)
    except RefusedError as error:
        raise ValidationException(str(error)) from None


HANDLERS: Final = (traffic_counts,)
