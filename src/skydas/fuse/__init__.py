"""Registration, gating, association, filters and the life of a track."""
