"""Who does something over the API, and that it is on record before it is answered."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.exceptions import PermissionDeniedException

from skydas.errors import RefusedError
from skydas.model import Action, ActionTaken
from skydas.web.access import VIEWER, Person
from skydas.web.state import WebState

AnyRequest = Request[Any, Any, Any]


def asker(request: AnyRequest) -> Person | None:
    """Return whom the token of a request stands for; None where no token is in use."""
    person: Person | None = request.scope.get("state", {}).get("person")
    return person


def check_may_act(request: AnyRequest) -> None:
    """Raise PermissionDeniedException for those who only look."""
    person = asker(request)
    if person is not None and person.role == VIEWER:
        raise PermissionDeniedException(f"{person.name} may look but not act; ask for a token of another role")


def action_of(request: AnyRequest, who: str, role: str, what: str, fields: dict[str, str]) -> Action:
    """Return an action in the name and role of the token, or where none is in use in those given."""
    person = asker(request)
    if person is not None:
        who, role = person.name, person.role
    return Action(who=who, role=role, what=what, fields=fields)


async def recorded(
    web: WebState, request: AnyRequest, who: str, role: str, what: str, fields: dict[str, str]
) -> ActionTaken:
    """Put what a person does into the node's record; what is not recorded is not done. Raises RefusedError."""
    taken = await web.submit(action_of(request, who, role, what, fields))
    if taken.refused:
        raise RefusedError(taken.refused)
    return taken
