"""Containers of recorded octets: pcap, pcapng, ASTERIX files, streams, lines of text.

`open_capture(path)` finds out by content what a file is and gives its payloads in order, each with its time.
What a container does not let us read is counted under a reason in `Capture.errors`; the rest is used.
"""

from __future__ import annotations

from skydas.capture.chunk import Chunk, Errors
from skydas.capture.reader import FRAMINGS, Capture, open_capture
from skydas.capture.writer import write_pcap

__all__ = ["FRAMINGS", "Capture", "Chunk", "Errors", "open_capture", "write_pcap"]
