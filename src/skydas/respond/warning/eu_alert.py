"""EU-Alert message identifiers (3GPP TS 23.041, ETSI TS 102 900) by CAP severity, urgency and certainty, as data.

Which of them each Baltic state sends is not published: whoever runs the cell broadcast decides. So the identifier goes
along in the CAP message as an event code, a suggestion that can be left unused.
"""

from __future__ import annotations

from typing import Final

EXERCISE: Final = 4381
IDENTIFIERS: Final[dict[tuple[str, str, str], int]] = {  # severity, urgency, certainty
    ("Extreme", "Immediate", "Observed"): 4371,
    ("Extreme", "Immediate", "Likely"): 4372,
    ("Extreme", "Expected", "Observed"): 4373,
    ("Extreme", "Expected", "Likely"): 4374,
    ("Severe", "Immediate", "Observed"): 4375,
    ("Severe", "Immediate", "Likely"): 4376,
    ("Severe", "Expected", "Observed"): 4377,
    ("Severe", "Expected", "Likely"): 4378,
}
# Ours: red may carry explosives and people take shelter now; yellow asks them to be ready.
LEVELS: Final[dict[str, tuple[str, str]]] = {"red": ("Extreme", "Immediate"), "yellow": ("Severe", "Expected")}
CERTAINTIES: Final = ("observed", "likely")


def identifier(level: str, certainty: str, is_exercise: bool) -> int:
    """Return the message identifier of a warning."""
    severity, urgency = LEVELS[level]
    return EXERCISE if is_exercise else IDENTIFIERS[severity, urgency, certainty.capitalize()]
