"""Rules: one question about a track in each file; its name is its name under `[rules]`."""
