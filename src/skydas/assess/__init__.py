"""What it may do and how much that matters: assets, arrival, behaviour, rules, reasons."""

from skydas.assess.assessor import Assessor, warm_up
from skydas.assess.assets import examined_assets, feature_of, geojson_of, read_assets
from skydas.assess.params import AssessParams

__all__ = ["AssessParams", "Assessor", "examined_assets", "feature_of", "geojson_of", "read_assets", "warm_up"]
