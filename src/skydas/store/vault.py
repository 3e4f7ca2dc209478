"""Witnesses' names, contacts and photos: each sealed under a key of its own, outside the journal and the database.

    sealed/SHA256      the sealed octets; their SHA-256 is their name and stands in the journal
    keys/SHA256.key    32 octets; to erase is to overwrite and delete this file

A sealed file is MAGIC, a commitment to its key, then chunks of CHUNK_OCTETS under AES-256-GCM, each with its 16-octet
tag. The nonce is the chunk's number (11 octets, big-endian) and one octet that is 1 for the last chunk, so that no
chunk can be moved, repeated or cut off (the STREAM construction: Hoang, Reyhanitabar, Rogaway, Vizar, CRYPTO 2015). A
key seals one file only, so no nonce comes twice. The hash in the journal is that of the sealed octets: a hash of the
content would let anyone try names and numbers against it after the erasure. The commitment binds the sealed octets to
one key, hence to one content.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from skydas.disk import sync
from skydas.errors import RefusedError, StoreError

MAGIC: Final = b"SKYDASV1"
CHUNK_OCTETS: Final = 65_536
TAG_OCTETS: Final = 16
KEY_OCTETS: Final = 32
SEALED_MAX: Final = 100_000  # records of one node
_COMMITMENT: Final = b"skydas vault key "


class Sealed(NamedTuple):
    """A record that was kept."""

    sha256: str
    octet_count: int  # of the content
    head: bytes  # its first octets, to tell what it is


class Vault:
    """Sealed records of one node. Its calls block; only `seal_stream` waits for what comes."""

    def __init__(self, directory: Path) -> None:
        self._sealed = directory / "sealed"
        self._keys = directory / "keys"

    def seal(self, content: bytes) -> Sealed:
        """Keep a small record. Raises RefusedError where there are too many, OSError."""
        with _Sealing(self) as sealing:
            sealing.add(content)
            return sealing.finish()

    async def seal_stream(self, content: AsyncIterator[bytes], octets_max: int) -> Sealed:
        """Keep what comes, a chunk at a time. Raises RefusedError as soon as it is more than `octets_max`."""
        with _Sealing(self) as sealing:
            async for octets in content:
                if sealing.octet_count + len(octets) > octets_max:
                    raise RefusedError(f"more than {octets_max} octets: {octets_max / 1e6:g} MB is the limit")
                sealing.add(octets)
            return sealing.finish()

    def open(self, sha256: str) -> Iterator[bytes]:
        """Yield the content. Raises StoreError where it was erased, damaged or never there."""
        key = self._key(sha256)
        try:
            with self._path(sha256).open("rb") as file:
                yield from _opened(file, key, sha256)
        except FileNotFoundError as error:
            raise StoreError(f"{sha256[:12]}: there is no such record here") from error

    def is_readable(self, sha256: str) -> bool:
        """Return whether the record has its key."""
        return self._key_path(sha256).is_file()

    def erase(self, sha256: str) -> bool:
        """Delete the key, for good; False: there was none (any more). Raises OSError."""
        path = self._key_path(sha256)
        try:
            with path.open("r+b") as file:
                file.write(b"\0" * KEY_OCTETS)
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
        except FileNotFoundError:
            return False
        sync(path.parent)
        return True

    def remove(self, sha256: str) -> None:
        """Delete a record that nobody took, and its key. Raises OSError."""
        self.erase(sha256)
        self._path(sha256).unlink(missing_ok=True)

    def octets(self) -> int:
        """Return how much room the sealed records take."""
        return sum(path.stat().st_size for path in self._sealed.iterdir()) if self._sealed.is_dir() else 0

    def intact(self, sha256: str) -> bool:
        """Return whether the sealed octets are those that the journal names; no key is needed."""
        try:
            with self._path(sha256).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == sha256
        except OSError:
            return False

    def _path(self, sha256: str) -> Path:
        return self._sealed / _checked(sha256)

    def _key_path(self, sha256: str) -> Path:
        return self._keys / f"{_checked(sha256)}.key"

    def _key(self, sha256: str) -> bytes:
        try:
            return self._key_path(sha256).read_bytes()
        except FileNotFoundError as error:
            raise StoreError(f"{sha256[:12]}: erased: its key is gone, and nobody can read it any more") from error


def sighting_photos(directory: str | Path) -> Vault:
    """Return the photos of sightings of the node in `directory`: apart, so that phones cannot fill the other vault."""
    return Vault(Path(directory) / "photos")


class _Sealing:
    """One file while it is being written; what is not finished is removed."""

    def __init__(self, vault: Vault) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # here: only who keeps records loads it

        for folder in (vault._sealed, vault._keys):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if sum(1 for _ in vault._sealed.iterdir()) >= SEALED_MAX:
            raise RefusedError(f"{SEALED_MAX} personal records are kept already; move {vault._sealed.parent} away")
        self._vault = vault
        self._key = secrets.token_bytes(KEY_OCTETS)
        self._cipher = AESGCM(self._key)
        self._unfinished = vault._sealed / f"{secrets.token_hex(16)}.part"
        self._file = os.fdopen(os.open(self._unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._digest = hashlib.sha256()
        self._waiting = b""
        self._number = 0
        self._head = b""
        self.octet_count = 0
        self._write(MAGIC + _commitment(self._key))

    def __enter__(self) -> _Sealing:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._unfinished.unlink(missing_ok=True)

    def add(self, octets: bytes) -> None:
        """Seal every chunk that is full; the last one waits for `finish`."""
        self.octet_count += len(octets)
        self._head = (self._head + octets[:64])[:64]
        self._waiting += octets
        while len(self._waiting) > CHUNK_OCTETS:
            self._seal(self._waiting[:CHUNK_OCTETS], is_last=False)
            self._waiting = self._waiting[CHUNK_OCTETS:]

    def finish(self) -> Sealed:
        """Put the file and its key on disk, the key first: a record without its key would be lost."""
        self._seal(self._waiting, is_last=True)
        self._file.flush()
        os.fsync(self._file.fileno())
        sha256 = self._digest.hexdigest()
        handle = os.open(self._vault._key_path(sha256), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(handle, self._key)
            os.fsync(handle)
        finally:
            os.close(handle)
        self._unfinished.rename(self._vault._path(sha256))
        sync(self._vault._keys)
        sync(self._vault._sealed)
        return Sealed(sha256, self.octet_count, self._head)

    def _seal(self, chunk: bytes, *, is_last: bool) -> None:
        self._write(self._cipher.encrypt(_nonce(self._number, is_last), chunk, None))
        self._number += 1

    def _write(self, octets: bytes) -> None:
        self._digest.update(octets)
        self._file.write(octets)


def _opened(file: BinaryIO, key: bytes, sha256: str) -> Iterator[bytes]:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if file.read(len(MAGIC) + KEY_OCTETS) != MAGIC + _commitment(key):
        raise StoreError(f"{sha256[:12]}: damaged, or under another key")
    cipher = AESGCM(key)
    number, chunk = 0, file.read(CHUNK_OCTETS + TAG_OCTETS)
    while True:
        behind = file.read(CHUNK_OCTETS + TAG_OCTETS)
        try:
            yield cipher.decrypt(_nonce(number, not behind), chunk, None)
        except InvalidTag as error:
            raise StoreError(f"{sha256[:12]}: damaged: chunk {number} is not what was sealed") from error
        if not behind:
            return
        number, chunk = number + 1, behind


def _nonce(number: int, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


def _commitment(key: bytes) -> bytes:
    return hashlib.sha256(_COMMITMENT + key).digest()


def _checked(sha256: str) -> str:
    """Return a name that stays in its folder. Raises StoreError."""
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise StoreError(f"{sha256[:80]!r} is not the SHA-256 of a record")
    return sha256
