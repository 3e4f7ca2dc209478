"""Where a track may go, where it may be, and where what is lost may lie. It warns people and guides searches."""

from skydas.assess.predict.params import PredictParams
from skydas.assess.predict.predictor import Predictor

__all__ = ["PredictParams", "Predictor"]
