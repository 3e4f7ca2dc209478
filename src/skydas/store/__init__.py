"""The database of incidents, alerts, warnings and audit, a projection of the journal; and sealed personal records."""

from skydas.store.audit import Head, Link, chain_faults, empty_head, journal_faults
from skydas.store.digest import content, content_sha256
from skydas.store.engine import open_store, said, shown, store_url, writing
from skydas.store.projection import Gap, Position, forget, is_kept, note_gap, position, project
from skydas.store.vault import Sealed, Vault, sighting_photos

__all__ = [
    "Gap",
    "Head",
    "Link",
    "Position",
    "Sealed",
    "Vault",
    "chain_faults",
    "content",
    "content_sha256",
    "empty_head",
    "forget",
    "is_kept",
    "journal_faults",
    "note_gap",
    "open_store",
    "position",
    "project",
    "said",
    "shown",
    "sighting_photos",
    "store_url",
    "writing",
]
