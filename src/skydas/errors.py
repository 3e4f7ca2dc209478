"""Every exception skydas raises on purpose, drawn as a tree.

SkydasError
├── ConfigError        a node file, scenario or option is wrong: names the key, what was expected, what came
├── FormatError        bytes do not follow their format: names the format, the offset and the octets
├── CaptureError       a recording's container is unknown or damaged
├── JournalError       a journal cannot be read or written
├── PluginError        a plug-in is missing or does not hold what its group asks for
├── SourceError        a link in cannot be opened or was lost
├── OutputError        a link out cannot be opened or written
├── StoreError         the database of incidents cannot be opened, read or written, or does not hold what it should
├── ShardError         a shard's process ended
└── RefusedError       an action is not accepted, with the reason for the person who asked

Bad input from outside is one of these or a mask with a counted reason. A mistake of ours is an `assert`.
"""

from __future__ import annotations


class SkydasError(Exception):
    """Base of everything raised on purpose; its text tells the reader what to do next."""


class ConfigError(SkydasError):
    """A configuration is wrong; `faults` holds one line for each fault found."""

    def __init__(self, *faults: str) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


class FormatError(SkydasError):
    """Bytes do not follow their format."""

    def __init__(self, format_name: str, what: str, *, offset: int = 0, octets: bytes = b"") -> None:
        self.format_name = format_name
        self.what = what
        self.offset = offset
        self.octets = octets
        tail = f": {octets[:16].hex(' ')}" if octets else ""
        super().__init__(f"{format_name}: {what} (at octet {offset}{tail})")


class CaptureError(SkydasError):
    """A recording's container is unknown or damaged."""


class JournalError(SkydasError):
    """A journal cannot be read or written."""


class PluginError(SkydasError):
    """A plug-in is missing or does not hold what its group asks for."""


class SourceError(SkydasError):
    """A link in cannot be opened or was lost."""


class OutputError(SkydasError):
    """A link out cannot be opened or written."""


class StoreError(SkydasError):
    """The database of incidents cannot be opened, read or written, or does not hold what it should."""


class ShardError(SkydasError):
    """A process that tracks a part of the area ended: begin anew from the last `state`."""


class RefusedError(SkydasError):
    """An action is not accepted; the text is the reason, for the person who asked."""
