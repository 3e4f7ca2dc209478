"""ASTERIX: radar, multilateration, ADS-B and track data as EUROCONTROL exchanges them."""

from __future__ import annotations

from skydas.formats.asterix.encode import Encoder, EncoderParams

__all__ = ["Encoder", "EncoderParams"]
