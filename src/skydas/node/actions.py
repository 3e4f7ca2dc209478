"""What a person may do to a node. Each is a function on the node; RefusedError carries the reason back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from skydas.errors import RefusedError
from skydas.model import Action

if TYPE_CHECKING:
    from skydas.node.step import Node

REMARK_OCTETS_MAX: Final = 2_000


def remark(node: Node, action: Action) -> None:
    """Put a remark into the record: `text`."""
    text = action.fields.get("text", "").strip()
    if not text:
        raise RefusedError("a remark needs a text")
    if len(text.encode()) > REMARK_OCTETS_MAX:
        raise RefusedError(f"a remark holds at most {REMARK_OCTETS_MAX} octets, got {len(text.encode())}")
    node.notice("info", "remark_made", f"{action.who}: {text}")


ACTIONS: Final[dict[str, Callable[[Node, Action], None]]] = {"remark": remark}
