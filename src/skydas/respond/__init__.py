"""Who must know: alerts, incidents, warnings. People decide."""
