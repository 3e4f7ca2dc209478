"""Sealed records: what is erased cannot be read, what is damaged is found, and the hashes stay."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skydas.errors import RefusedError, StoreError
from skydas.store.photos import media_type_of
from skydas.store.vault import CHUNK_OCTETS, KEY_OCTETS, MAGIC, TAG_OCTETS, Vault

pytest.importorskip("cryptography", reason="cryptography is not installed (make install)")

NAME = "Ąžuolas, +370 600 00000".encode()
HEAD_OCTETS = len(MAGIC) + KEY_OCTETS


def read(vault: Vault, sha256: str) -> bytes:
    return b"".join(vault.open(sha256))


@pytest.mark.parametrize("size", [0, 1, CHUNK_OCTETS - 1, CHUNK_OCTETS, CHUNK_OCTETS + 1, 3 * CHUNK_OCTETS])
def test_what_is_sealed_comes_back(tmp_path: Path, size: int) -> None:
    vault = Vault(tmp_path)
    content = bytes(number % 251 for number in range(size))
    sealed = vault.seal(content)
    assert read(vault, sealed.sha256) == content
    assert sealed.octet_count == size
    assert sealed.head == content[:64]
    octets = (tmp_path / "sealed" / sealed.sha256).read_bytes()
    assert hashlib.sha256(octets).hexdigest() == sealed.sha256
    assert vault.intact(sealed.sha256)


def test_erasing_makes_the_content_unreadable_and_leaves_its_hash(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    sealed, other = vault.seal(NAME), vault.seal(b"another person")
    assert vault.erase(sealed.sha256)
    assert not vault.erase(sealed.sha256)
    with pytest.raises(StoreError, match="erased: its key is gone"):
        read(vault, sealed.sha256)
    assert vault.intact(sealed.sha256)
    assert not vault.is_readable(sealed.sha256)
    assert read(vault, other.sha256) == b"another person"
    assert not any(NAME in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_the_same_content_sealed_twice_has_two_hashes_so_that_nobody_can_guess_it_from_one(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    assert vault.seal(NAME).sha256 != vault.seal(NAME).sha256


@pytest.mark.parametrize("at", [0, HEAD_OCTETS - 1, HEAD_OCTETS, HEAD_OCTETS + CHUNK_OCTETS + TAG_OCTETS, -1])
def test_one_changed_bit_is_found(tmp_path: Path, at: int) -> None:
    vault = Vault(tmp_path)
    sealed = vault.seal(bytes(2 * CHUNK_OCTETS + 5))
    path = tmp_path / "sealed" / sealed.sha256
    octets = bytearray(path.read_bytes())
    octets[at] ^= 1
    path.write_bytes(octets)
    assert not vault.intact(sealed.sha256)
    with pytest.raises(StoreError, match="damaged"):
        read(vault, sealed.sha256)


def test_chunks_that_are_cut_off_swapped_or_repeated_are_found(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    sealed = vault.seal(b"".join(bytes([number]) * CHUNK_OCTETS for number in range(3)))
    path = tmp_path / "sealed" / sealed.sha256
    octets = path.read_bytes()
    step = CHUNK_OCTETS + TAG_OCTETS
    head, chunks = (
        octets[:HEAD_OCTETS],
        [octets[HEAD_OCTETS + step * k : HEAD_OCTETS + step * (k + 1)] for k in range(3)],
    )
    for order in ((0, 1), (0,), (), (1, 0, 2), (0, 0, 1, 2), (0, 1, 2, 2)):
        path.write_bytes(head + b"".join(chunks[k] for k in order))
        with pytest.raises(StoreError, match="damaged"):
            read(vault, sealed.sha256)


def test_another_key_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    sealed, other = vault.seal(NAME), vault.seal(b"x")
    (tmp_path / "keys" / f"{sealed.sha256}.key").write_bytes((tmp_path / "keys" / f"{other.sha256}.key").read_bytes())
    with pytest.raises(StoreError, match="under another key"):
        read(vault, sealed.sha256)


def test_a_stream_that_is_too_long_is_refused_as_soon_as_it_is_and_leaves_nothing(tmp_path: Path) -> None:
    taken = 0

    async def content() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield bytes(10_000)

    vault = Vault(tmp_path)
    with pytest.raises(RefusedError, match="more than 1000000 octets: 1 MB is the limit"):
        asyncio.run(vault.seal_stream(content(), 1_000_000))
    assert taken == 101
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "a" * 63, "A" * 64, "/" * 64])
def test_a_name_that_is_no_hash_opens_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError, match="is not the SHA-256 of a record"):
        read(Vault(tmp_path), name)


def test_only_the_owner_can_read_what_is_sealed_and_its_key(tmp_path: Path) -> None:
    sealed = Vault(tmp_path / "personal").seal(NAME)
    for path in (tmp_path / "personal" / "sealed" / sealed.sha256, tmp_path / "personal/keys" / f"{sealed.sha256}.key"):
        assert path.stat().st_mode & 0o077 == 0
        assert path.parent.stat().st_mode & 0o077 == 0


@given(st.binary(max_size=64))
def test_whatever_comes_is_a_photo_of_a_known_kind_or_none(head: bytes) -> None:
    assert media_type_of(head) in ("", "image/jpeg", "image/png", "image/webp", "image/heic")
