"""Parameters that several parts of the JSON API ask for."""

from __future__ import annotations

from typing import Annotated, Final

from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import Parameter, SkipValidation

from skydas.model import NS_PER_S
from skydas.web.state import WebState

T_NS_MAX: Final = 4_102_444_800 * NS_PER_S  # the year 2100

_TRACK: Final = [Example(summary="the node's twelfth track", value=12)]
_INSTANT: Final = [Example(summary="2026-03-01T12:00:00Z", value=1_772_366_400_000_000_000)]

Web = NamedDependency[SkipValidation[WebState]]
TrackNo = Annotated[int, Parameter(ge=1, le=2**32 - 1, description="the node's number of the track", examples=_TRACK)]
Instant = Annotated[int, Parameter(ge=0, le=T_NS_MAX, description="ns since 1970-01-01 UTC", examples=_INSTANT)]
