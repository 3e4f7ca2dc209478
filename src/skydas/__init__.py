"""skydas: sensors in, one honest picture out."""

from __future__ import annotations

__version__ = "0.1.0"
