"""Tracks from directions alone: `births.give_birth`, called once a second."""
