"""Registration: the biases of the sensors, found while running, taken off, and never believed further than they go.

A calibration tracker runs beside the operational one, over at most TRACKS_MAX tracks that several sensors share and
that fly straight. Each track keeps, besides its state x, how x would change with the biases, V = dx/db, and what its
plots say about them: information L and score e. Every ten seconds b = (P0^-1 + sum L)^-1 sum e. This is the filter
of all tracks and all biases together (its Schur complement), at a cost that grows with the tracks and no further.
"""

from skydas.fuse.registration.estimates import Bias, BiasEstimate
from skydas.fuse.registration.params import RegistrationParams
from skydas.fuse.registration.registration import Registration

__all__ = ["Bias", "BiasEstimate", "Registration", "RegistrationParams"]
