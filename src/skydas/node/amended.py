"""What the node file states and people amend while the node runs: flights that are expected, what is protected.

A person's word outlives a change of the configuration, unless the file itself says something else of the same name
than it did when the person spoke: then the file is the newer word.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Generic, Protocol, TypeVar

import msgspec


class Named(Protocol):
    """What has a name in the node file: a Struct of the configuration."""

    def __eq__(self, other: object, /) -> bool: ...


T = TypeVar("T", bound=Named)


class Amended(Generic[T]):
    """Things of one kind by name, as the file states them and as people amended that."""

    def __init__(self, kind: type[T], stated: Iterable[tuple[str, T]]) -> None:
        self._kind = kind
        self._stated = dict(stated)
        self._said: dict[str, tuple[T | None, T | None]] = {}  # name -> what a person put (None: removed), instead of

    def now(self) -> dict[str, T]:
        """Return what holds, in the order of the file and then of what people put."""
        found = dict(self._stated)
        for name, (put, _) in self._said.items():
            if put is not None:
                found[name] = put
            else:
                found.pop(name, None)
        return found

    def put(self, name: str, thing: T) -> None:
        """Let a person's word hold."""
        self._said[name] = thing, self._stated.get(name)

    def remove(self, name: str) -> bool:
        """End what has this name; False: there is none."""
        if name not in self.now():
            return False
        if name in self._stated:
            self._said[name] = None, self._stated[name]
        else:
            del self._said[name]
        return True

    def state(self) -> list[Any]:
        """Return what people said, as plain values."""
        return [[name, msgspec.to_builtins(put), msgspec.to_builtins(was)] for name, (put, was) in self._said.items()]

    def restore(self, state: list[Any]) -> None:
        """Take back what `state` returned, under the same configuration."""
        self._said = {name: (self._read(put), self._read(was)) for name, put, was in state}

    def take_over(self, state: list[Any]) -> list[str]:
        """Take back what `state` returned under another one; return the names of which the file is the newer word."""
        self.restore(state)
        newer = [name for name, (_, was) in self._said.items() if self._stated.get(name) != was]
        for name in newer:
            del self._said[name]
        return newer

    def _read(self, plain: Any) -> T | None:
        return None if plain is None else msgspec.convert(plain, self._kind)
