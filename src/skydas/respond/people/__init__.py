"""People as sensors: their words made into fields, whom to believe, what repeats what, and how much is too much."""
