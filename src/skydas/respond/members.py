"""The objects of one alert: which of them a cause is about, and how a swarm becomes one of them or falls apart."""

from __future__ import annotations

import msgspec

from skydas.respond.record import MEMBERS_MAX, Member, Record


def shares(member: Member, objects: list[int]) -> bool:
    """Return whether a cause about these objects is about this one."""
    return (member.group > 0 and -member.group in objects) or not {*objects}.isdisjoint(member.track_nos)


def member_about(alert: Record, objects: list[int]) -> Member:
    """Return which of an alert's objects a cause is about."""
    return next((member for member in alert.members if shares(member, objects)), alert.members[0])


def together(alert: Record, objects: list[int]) -> Member:
    """Return which of an alert's objects a cause is about; those that it says are one become one."""
    same = [member for member in alert.members if shares(member, objects)] or alert.members[:1]
    kept = same[0]
    for member in same[1:]:
        alert.members.remove(member)
        kept.track_nos = list(dict.fromkeys(kept.track_nos + member.track_nos))
        kept.lost = list(dict.fromkeys(kept.lost + member.lost))
        kept.over_ns = 0 if 0 in (kept.over_ns, member.over_ns) else max(kept.over_ns, member.over_ns)
        kept.is_bundled = kept.is_bundled and member.is_bundled
    return kept


def apart(alert: Record, member: Member, objects: list[int]) -> Member:
    """Return the object that a cause is about, taken out of a swarm where it speaks of some of its tracks alone."""
    rest = [no for no in member.track_nos if no not in objects]
    is_part = {*objects} <= {*member.track_nos} and not {*rest} <= {*member.lost}
    if not is_part or len(alert.members) >= MEMBERS_MAX:
        return member
    alone = msgspec.structs.replace(
        member, track_nos=list(objects), lost=[no for no in member.lost if no in objects], group=0
    )
    member.track_nos, member.lost = rest, [no for no in member.lost if no in rest]
    alert.members.append(alone)
    return alone


def shown(alert: Record) -> list[tuple[bool, frozenset[int], int]]:
    """Return what of an alert's objects is told at once when it changes."""
    return [(member.over_ns == 0, frozenset(member.track_nos), member.group) for member in alert.members]
