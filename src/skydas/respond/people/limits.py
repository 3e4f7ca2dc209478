"""How many reports are taken: a bucket for each reporter, and one for all. Counted in integers of the node's time."""

from __future__ import annotations

from typing import Final

from skydas.model import NS_PER_S

REPORTERS_MAX: Final = 20_000  # remembered; the one longest silent is forgotten first
_S_PER_MINUTE: Final = 60.0


class Bucket:
    """Lets `rate_per_s` through in the long run and `burst` at once; for many keys.

    Only the instant at which a key's debt is paid is kept (generic cell rate algorithm, ITU-T I.371).
    """

    def __init__(self, rate_per_s: float, burst: float) -> None:
        self._interval_ns = round(NS_PER_S / rate_per_s)
        self._slack_ns = round(burst * self._interval_ns)
        self._paid_ns: dict[str, int] = {}

    def takes(self, key: str, now_ns: int) -> bool:
        """Return whether one more of `key` may pass, and count it if so."""
        paid_ns = max(self._paid_ns.get(key, 0), now_ns) + self._interval_ns
        if paid_ns - now_ns > self._slack_ns:
            return False
        self._paid_ns.pop(key, None)
        if len(self._paid_ns) >= REPORTERS_MAX:
            del self._paid_ns[next(iter(self._paid_ns))]
        self._paid_ns[key] = paid_ns
        return True

    def wait_s(self, key: str, now_ns: int) -> float:
        """Return in how many seconds `key` may pass again."""
        paid_ns = max(self._paid_ns.get(key, 0), now_ns) + self._interval_ns
        return max(paid_ns - now_ns - self._slack_ns, 0) / NS_PER_S

    def state(self) -> list[tuple[str, int]]:
        """Return what a snapshot must hold, in order."""
        return list(self._paid_ns.items())

    def restore(self, state: list[tuple[str, int]]) -> None:
        """Take back what `state` returned."""
        self._paid_ns = dict(state)


def per_minute(rate: float) -> Bucket:
    """Return a bucket of `rate` a minute, all of them at once if need be."""
    return Bucket(rate / _S_PER_MINUTE, max(rate, 1.0))


def per_second(rate: float) -> Bucket:
    """Return a bucket of `rate` a second, ten seconds' worth at once."""
    return Bucket(rate, max(10.0 * rate, 1.0))
