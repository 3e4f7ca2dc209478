"""Who must know: alerts, incidents, warnings. People decide."""

from skydas.respond.params import RespondParams, RuleParams

__all__ = ["RespondParams", "RuleParams"]
