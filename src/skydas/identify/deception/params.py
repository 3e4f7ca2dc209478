"""The parameters of the checks for deception, `[deceive]` of a node file."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec


class DeceptionParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a claim may be off by before it is doubted, and how long a doubt stands."""

    stands_s: float = 30.0  # after the last time that a check found something
    fit_m: float = 1_500.0  # a claim so far from where it was expected goes on with the flight: clocks and latency
    fit_drone_m: float = 400.0  # the same, Remote ID
    speed_mps_max: float = 700.0  # no aircraft that makes claims is faster
    speed_drone_mps_max: float = 150.0
    climb_mps_max: float = 150.0
    height_m_max: float = 30_000.0
    gap_s: float = 15.0  # without a fresh position: counted as a gap in reception
    frozen_s: float = 20.0  # the same position again and again, of what moved before
    echo_bias_deg: float = 0.5  # of a radar's azimuth, that is not yet known
    echo_odds: float = 6.0  # natural log of the odds for "nothing is there", from which a claim is contradicted
    echo_prior_looks: float = 4.0  # how many looks a stated detection probability is worth
    elsewhere_min: int = 3  # echoes with the address of a claim, elsewhere, in a row
    horizon_factor: float = 1.3  # of the radio horizon, from which a claim cannot have been received
    signal_db_max: float = 18.0  # from what its distance makes of it
    together_m: float = 300.0  # several moving claims in one place
    together_s: float = 15.0
    replay_s_min: float = 30.0  # a flight that comes again so much later or more
    area_probability: float = 0.8  # of interference, from which a cell is drawn
    area_aircraft_min: int = 3  # that fell below their own level
    area_window_s: float = 180.0


def params_faults(params: DeceptionParams) -> Iterator[str]:
    """Yield what is a number but cannot be meant."""
    for name in DeceptionParams.__struct_fields__:
        value = getattr(params, name)
        if not 0 < value < 1e9:
            yield f"deceive.{name}: must be above 0, got {value}"
    if params.area_probability >= 1.0:
        yield f"deceive.area_probability: must be below 1, got {params.area_probability}"
