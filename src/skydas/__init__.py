"""skydas: sensors in, one honest picture out."""

__version__ = "0.1.0"
