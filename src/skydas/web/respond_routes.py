"""The JSON API of alerts and incidents: what `standing/{topic}` and the actions leave open."""

from __future__ import annotations

from typing import Final

import msgspec
from litestar import get
from litestar.exceptions import NotFoundException

from skydas.model import AlertPerformance
from skydas.respond.form import CATEGORIES, FIELDS, Field
from skydas.web.asked import Web


class FormAnswer(msgspec.Struct, frozen=True):
    """The form of an incident."""

    categories: tuple[str, ...]
    fields: tuple[Field, ...]


@get("/api/v1/alerts/performance", summary="How the alerts load the people", sync_to_thread=False)
def performance(web: Web) -> AlertPerformance:
    """Return rates, floods, shares and answers of the alerts, as EEMUA 191 and ISA-18.2 count, a minute old at most."""
    fact = web.hub.board.one("performance", 0)
    if not isinstance(fact, AlertPerformance):
        raise NotFoundException("the node has not counted for a second yet")
    return fact


@get("/api/v1/incidents/form", summary="The form of an incident", sync_to_thread=False)
def form() -> FormAnswer:
    """Return every field of the form: its block, what it means, for which categories it is, and whether it is asked."""
    return FormAnswer(CATEGORIES, FIELDS)


RESPOND_HANDLERS: Final = (performance, form)
