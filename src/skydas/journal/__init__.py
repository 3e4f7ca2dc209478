"""Append-only record of every input: written before use, readable while it grows, whole after kill -9."""

from skydas.journal.numbers import Reserve, reserved
from skydas.journal.reader import JournalReader, Torn, first_configuration, is_cut, kept_records, segments
from skydas.journal.records import JOURNAL_VERSION, RECORD_OCTETS_MAX, Record
from skydas.journal.snapshot import Snapshot, newest_snapshot, write_snapshot
from skydas.journal.writer import JournalWriter

__all__ = [
    "JOURNAL_VERSION",
    "RECORD_OCTETS_MAX",
    "JournalReader",
    "JournalWriter",
    "Record",
    "Reserve",
    "Snapshot",
    "Torn",
    "first_configuration",
    "is_cut",
    "kept_records",
    "newest_snapshot",
    "reserved",
    "segments",
    "write_snapshot",
]
