"""Class from motion: windows of filtered states, boosted trees, probabilities that hold (docs/classifier.md)."""

from skydas.identify.motion.calibration import GROUPS, PRIOR, TOLD
from skydas.identify.motion.model import Model, read_model, shipped_model
from skydas.identify.motion.motion import Judged, Motion, MotionParams, warm_up

__all__ = [
    "GROUPS",
    "PRIOR",
    "TOLD",
    "Judged",
    "Model",
    "Motion",
    "MotionParams",
    "read_model",
    "shipped_model",
    "warm_up",
]
