"""bytes <-> plots, tracks, statuses; one file per wire format."""
