"""The numbers that registration is tuned by, each with its reason."""

from __future__ import annotations

import msgspec


class RegistrationParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The defaults hold for surveillance and drone radars with ADS-B beside them."""

    is_applied: bool = True  # False: biases are found and shown, and no plot is touched
    solve_every_s: float = 10.0
    # What is known of a bias before anything is seen. Real drone radars were 3 degrees off north.
    prior_range_m: float = 300.0
    prior_azimuth_deg: float = 3.0
    prior_elevation_deg: float = 1.0
    prior_time_s: float = 1.5
    prior_pressure_m: float = 60.0  # common error of all heights from pressure: 7 hPa
    forget_s: float = 900.0  # what was learned counts e times less after this: so a drift is followed
    # Motion of a calibration track: straight and steady, or it is not used.
    q_m2ps3: float = 1.0
    q_vertical_share: float = 0.2
    mode_c_sigma_m: float = 30.0  # of one reply: 100 ft steps and a lag; what all have in common is `prior_pressure_m`
    quiet_probability_min: float = 0.5  # of the tracker's quiet model
    plots_before_learning: int = 10
    # A claim (ADS-B, Remote ID) says where its sender says it was some time ago.
    claim_sigma_m: float = 30.0  # its errors are alike from report to report, so it gets more noise than it states,
    claim_every_s: float = 4.0  # and is used this often
    claim_latency_s: float = 0.1  # of the usual sender; from sender to sender it differs by
    claim_latency_sigma_s: float = 0.1
    trusts_claims_alone: bool = False  # True: correct a radar that only claims can be held against
    # When a bias is taken off.
    tracks_min: int = 3  # fewer shared tracks may all turn the same way
    sigma_share_good: float = 0.5  # of the sensor's noise: from here on the bias is taken off
    sigma_share_lost: float = 0.7  # and from here on no longer
    time_noise_s: float = 0.1  # what stands for the noise where the bias is one of time
    excluded_s: float = 1800.0  # a sensor that contradicts the others is not learned from for so long
