"""How well each sensor does: what it sees of what it should, how often it turns, and what it reports that is nothing.

The tracker counts (`watch.py`), so that late plots count where they belong. Every ten seconds `Health` makes
estimates of it, with their uncertainty, and tests whether something has changed.
"""

from skydas.fuse.health.counts import Watched
from skydas.fuse.health.health import Alarm, Health, SensorFigures
from skydas.fuse.health.misplaced import Misplaced
from skydas.fuse.health.params import HealthParams

__all__ = ["Alarm", "Health", "HealthParams", "Misplaced", "SensorFigures", "Watched"]
