"""`[warn.people]` of a node file."""

from __future__ import annotations

import msgspec


class PeopleParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How reports of people are taken, and how many."""

    declination_deg: float = 9.0  # of magnetic from true north, east positive; Vilnius, Riga and Tallinn: 8 to 11
    sigma_azimuth_deg: float = 10.0  # of a person pointing at what is seen; the ear gets half as much again
    latitude_deg_min: float = -90.0  # reports from outside this box are refused
    latitude_deg_max: float = 90.0
    longitude_deg_min: float = -180.0
    longitude_deg_max: float = 180.0
    age_s_max: float = 86_400.0  # older reports are refused: they belong into an incident
    per_reporter_minute: float = 12.0
    per_address_minute: float = 60.0
    per_second: float = 50.0  # of all together
    trust_min: float = 0.2  # below it a report is kept and shown, and the tracker gets nothing of it
    joined_s: float = 120.0  # reports so near in time
    joined_m: float = 1_500.0  # and place that do not contradict each other are of one event
