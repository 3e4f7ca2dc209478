"""`[fuse]` of a node file: the numbers the tracker is tuned by, each with its reason."""

from __future__ import annotations

from typing import Literal

import msgspec


class FuseParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The defaults hold for mixed air traffic and drones; `docs/engine.md` has the experiments behind them."""

    motion: Literal["imm", "constant_velocity"] = "imm"
    # Marginals by belief propagation, or the single best assignment: that is for studies, it is the worse of the two.
    association: Literal["belief", "assignment"] = "belief"

    # Noise of acceleration, m2/s3. Quiet: an airliner's drift; manoeuvring: 5 g within a 4 s turn of the antenna.
    q_quiet_m2ps3: float = 0.05
    q_manoeuvre_m2ps3: float = 500.0
    q_constant_velocity_m2ps3: float = 1.0  # the only model where motion = "constant_velocity"
    q_vertical_share: float = 0.05  # aircraft manoeuvre mostly in the horizontal
    hover_tau_s: float = 2.0  # a hovering drone forgets its velocity this fast
    hover_sigma_mps: float = 2.5
    # A model is left at this rate; a share of each model is expected in the long run. A manoeuvre begins every 250 s:
    # to expect it more often costs exactness and wrong pairs all the time, and a turn of 2 g shows in one plot even so.
    switch_rate_hz: float = 0.05
    share_quiet: float = 0.9
    share_manoeuvre: float = 0.08
    share_hover: float = 0.02

    # At birth nothing is known of the velocity, and of the height where the sensor does not measure it.
    velocity_sigma_mps: float = 150.0
    velocity_sigma_low_mps: float = 30.0  # of sensors that look for drones
    velocity_vertical_sigma_mps: float = 10.0
    low_range_m: float = 40_000.0  # a radar that reaches no further than this looks for drones
    height_m: float = 5_000.0
    height_sigma_m: float = 3_500.0
    height_low_m: float = 200.0
    height_low_sigma_m: float = 200.0
    height_pull: float = 8.0  # the prior is held at every plot with this times its variance
    mode_c_sigma_m: float = 75.0
    mode_c_common: float = 6.0  # the error of the pressure is common to all replies: its variance counts this often
    qnh_hpa: float = 1013.25
    geoid_m: float = 0.0  # height of mean sea level above the ellipsoid here

    # Chi-square gate: 0.999 for two, three and more rows of a measurement is 13.8, 16.3, 18.5.
    gate_probability: float = 0.999
    tracker_covariance_factor: float = 3.0  # another tracker's reports are smoothed: this many say as much as one
    claim_covariance_factor: float = 8.0  # of ADS-B and Remote ID: latency and satellite errors last for many reports

    # Existence by likelihood ratio: wanted false tracks per hour and 10,000 km2. Where the bound is
    # set for that, see `layout.FALSE_SHARE`.
    false_tracks_per_hour: float = 1.0
    clutter_plots_per_scan: float = 20.0  # expected of a sensor before anything is known
    clutter_scans: float = 2.0  # what this expectation weighs, in plots
    clutter_forget: float = 0.995  # per turn of the antenna: half of the map is from the last 140 turns
    tentative_llr_min: float = -3.0
    tentative_periods_max: float = 5.0
    coast_after_periods: float = 2.5
    coast_periods_max: float = 8.0
    coast_s_min: float = 15.0  # real drone radars lose a drone for longer than eight turns, at nearly no cost in error
    coast_s_max: float = 60.0

    # A lost track's number goes to a new track that may well be the same object: by likelihood against a newcomer, and
    # only where nothing else is as likely. Few wrong links are worth more than many right ones.
    relink_s_max: float = 120.0  # from its last plot to the first of the new track; 0: never
    relink_sigma_m_max: float = 2_000.0  # beyond it nobody knows where it may be
    relink_q_m2ps3: float = 5.0  # unseen manoeuvres: 22 m/s of velocity in 100 s
    relink_hits_min: int = 8  # plots that the lost track had
    relink_odds_min: float = 100.0  # against a newcomer
    relink_ratio_min: float = 20.0  # against the next best lost track, or new track
    newcomers_per_hour: float = 60.0  # at least so many new objects are expected on 10,000 km2

    group_hidden_s_max: float = 120.0  # a track that ended within a group counts so long among those it may hold

    # Plots outside these are refused and counted.
    late_s_max: float = 10.0
    # A plot later than this is put in its place by a replay; a less late one is used at once, moved along the velocity:
    # over a second that is exact to a few metres, and links that race each other by less cost no replay.
    late_tolerance_s: float = 1.0
    future_s_max: float = 2.0

    sound_mps: float = 340.3  # at 15 degrees; 0.6 m/s more for each degree
    tdoa_wait_s: float = 0.3  # for the rows of one signal's other receivers, by arrival
