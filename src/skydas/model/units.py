"""Units and instants: the factors that turn a wire's units into SI, and UTC text into ns."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Final

NS_PER_S: Final = 1_000_000_000
S_PER_DAY: Final = 86_400
TAU: Final = math.tau

NM_M: Final = 1852.0
FT_M: Final = 0.3048
FL_M: Final = 30.48  # one flight level, 100 ft
KT_MPS: Final = 1852.0 / 3600.0
FPM_MPS: Final = 0.3048 / 60.0
SPEED_OF_LIGHT_MPS: Final = 299_792_458.0
SPEED_OF_SOUND_MPS: Final = 340.0  # at 15 degrees C, dry air


def utc_text(t_ns: int) -> str:
    """Return `t_ns` as ISO 8601 UTC with milliseconds."""
    seconds, rest_ns = divmod(t_ns, NS_PER_S)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{rest_ns // 1_000_000:03d}Z"


def utc_ns(text: str) -> int:
    """Return ns UTC from ISO 8601 text; a text without an offset is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00").replace("z", "+00:00"))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * S_PER_DAY + delta.seconds) * NS_PER_S + delta.microseconds * 1_000


def time_of_day_ns(rx_ns: int, tod_s: float) -> int:
    """Return the instant nearest to `rx_ns` whose UTC time of day is `tod_s`.

    ASTERIX and its like send seconds since midnight without a date, so around midnight the day of the measurement
    may differ from the day of reception.
    """
    day_ns = S_PER_DAY * NS_PER_S
    tod_ns = round(tod_s * NS_PER_S)
    t_ns = rx_ns - rx_ns % day_ns + tod_ns
    if t_ns - rx_ns > day_ns // 2:
        return t_ns - day_ns
    if rx_ns - t_ns > day_ns // 2:
        return t_ns + day_ns
    return t_ns
