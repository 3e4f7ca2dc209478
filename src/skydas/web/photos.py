"""Photos that people send: sealed as they come, a chunk at a time, or refused with the reason."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from litestar.exceptions import ClientException

from skydas.errors import RefusedError
from skydas.store import Sealed, Vault
from skydas.store.photos import media_type_of
from skydas.web.acting import AnyRequest

READ_OCTETS_MAX: Final = 300_000_000  # of a body that is refused, so that its sender hears why


async def sealed_photo(vault: Vault, request: AnyRequest, octets_max: int, kinds: dict[str, str]) -> tuple[Sealed, str]:
    """Seal the body of a request, and return it with its media type.

    kinds : media type -> its name, of what is taken
    Raises ClientException where it is too long (then it is read to its end, and nothing of it is kept) or no photo.
    """
    declared = request.headers.get("content-length", "0")
    reason = f"a photo has at most {octets_max // 1_000_000} MB"
    stream = request.stream()
    if declared.isdecimal() and int(declared) > octets_max:
        await _read_away(stream)
        raise ClientException(f"{reason}, this one {int(declared) / 1e6:.1f}", status_code=413)
    try:
        sealed = await vault.seal_stream(stream, octets_max)
    except RefusedError as error:
        await _read_away(stream)
        raise ClientException(f"{reason}: {error}", status_code=413) from error
    media_type = media_type_of(sealed.head)
    if media_type not in kinds:
        await asyncio.to_thread(vault.remove, sealed.sha256)
        said = f"the body is no photo that is kept here; send {' or '.join(kinds.values())}"
        raise ClientException(said, status_code=415)
    return sealed, media_type


async def _read_away(stream: AsyncIterator[bytes]) -> None:
    read = 0
    async for octets in stream:
        read += len(octets)
        if read > READ_OCTETS_MAX:
            return
