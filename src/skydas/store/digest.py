"""One hash over all that a store holds of a node: two stores with the same facts have the same one."""

from __future__ import annotations

import hashlib

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from skydas.store.models import PROJECTED


async def content(connection: AsyncConnection, node: str) -> dict[str, tuple[int, str]]:
    """Return table -> (count of its rows, SHA-256 over them in the order of their keys)."""
    found: dict[str, tuple[int, str]] = {}
    for model in PROJECTED:
        table = model.__table__
        keys = [table.c[column.name] for column in table.primary_key]
        rows = await connection.stream(select(table).where(table.c.node == node).order_by(*keys))
        digest, count = hashlib.sha256(), 0
        async for row in rows:
            digest.update(msgspec.json.encode(list(row)) + b"\n")
            count += 1
        found[model.__tablename__] = (count, digest.hexdigest())
    return found


def content_sha256(tables: dict[str, tuple[int, str]]) -> str:
    """Return one hash over `content`."""
    text = "\n".join(f"{name} {count} {sha256}" for name, (count, sha256) in sorted(tables.items()))
    return hashlib.sha256(text.encode()).hexdigest()
