"""Damage payloads the way links and files do, from a seed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

PAYLOAD_OCTETS_MAX = 4_096


def damaged(examples: tuple[bytes, ...], count: int, seed: int) -> Iterator[bytes]:
    """Yield `count` payloads made from `examples`: bits flipped, cut, repeated, spliced, filled, or random."""
    rng = np.random.default_rng(seed)
    ways = (_flip, _cut, _repeat, _splice, _fill, _swap_in_number, _noise)
    for _ in range(count):
        octets = bytearray(examples[int(rng.integers(len(examples)))])
        other = examples[int(rng.integers(len(examples)))]
        for _ in range(int(rng.integers(1, 4))):
            octets = ways[int(rng.integers(len(ways)))](rng, octets, other)
        yield bytes(octets[:PAYLOAD_OCTETS_MAX])


def _at(rng: np.random.Generator, octets: bytearray) -> int:
    return int(rng.integers(len(octets) + 1))


def _flip(rng: np.random.Generator, octets: bytearray, other: bytes) -> bytearray:
    for _ in range(int(rng.integers(1, 9))):
        if octets:
            octets[int(rng.integers(len(octets)))] ^= 1 << int(rng.integers(8))
    return octets


def _cut(rng: np.random.Generator, octets: bytearray, other: bytes) -> bytearray:
    first, last = sorted((_at(rng, octets), _at(rng, octets)))
    return octets[:first] if rng.random() < 0.5 else octets[:first] + octets[last:]


def _repeat(rng: np.random.Generator, octets: bytearray, other: bytes) -> bytearray:
    first, last = sorted((_at(rng, octets), _at(rng, octets)))
    return octets[:last] + octets[first:last] * int(rng.integers(1, 5)) + octets[last:]


def _splice(rng: np.random.Generator, octets: bytearray, other: bytes) -> bytearray:
    return octets[: _at(rng, octets)] + bytearray(other)[int(rng.integers(len(other) + 1)) :]


def _fill(rng: np.random.Generator, octets: bytearray, other: bytes) -> bytearray:
    first, last = sorted((_at(rng, octets), _at(rng, octets)))
    octets[first:last] = bytes([int(rng.choice([0x00, 0xFF, 0x01, 0x80, 0x7F]))]) * (last - first)
    return octets


def _swap_in_number(rng: np.random.Generator, octets: bytearray, other: bytes) -> bytearray:
    at = _at(rng, octets)
    number = rng.choice(np.array([b"\xff\xff", b"\x00\x00\x00\x00", b"999999999999", b"-1", b"NaN", b"1e999"], object))
    octets[at : at + len(number)] = number
    return octets


def _noise(rng: np.random.Generator, octets: bytearray, other: bytes) -> bytearray:
    return bytearray(rng.bytes(int(rng.integers(0, 200)))) if rng.random() < 0.2 else octets
