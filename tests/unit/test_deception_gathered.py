"""One claimant is one thing to ask people about, and many at once are one thing too."""

from __future__ import annotations

from typing import Any

import msgspec

from skydas.identify.deception.gathered import MANY, Gathered


def found(
    address: int, *track_nos: int, what: str = "position_contradicted", strength: float = 0.9
) -> list[dict[str, Any]]:
    """Return what stands of one address, as fields of Deception."""
    text = f"address {address:06x}: {what}"
    place = {"latitude_deg": 55.0, "longitude_deg": 20.0}
    return [{"what": what, "mode_s": address, "track_nos": track_nos, "strength": strength, "text": text} | place]


def test_several_checks_and_tracks_of_one_address_are_told_together_with_the_strongest_first() -> None:
    both = found(0x400001, 7, what="jumped", strength=0.8) + found(0x400001, 7, 9, strength=0.95)
    (told,) = Gathered().step({0x400001: both}, [0x400001])
    assert (told.claimant, told.track_nos, told.strength) == (0x400001, (7, 9), 0.95)
    assert told.text == "address 400001: position_contradicted; also: jumped"


def test_an_address_is_over_only_when_nothing_of_it_stands() -> None:
    gathered = Gathered()
    gathered.step({1: found(1, 7, what="jumped") + found(1, 7)}, [1])
    (still,) = gathered.step({1: found(1, 7)}, [1])
    assert still.strength == 0.9
    (over,) = gathered.step({}, [1])
    assert (over.claimant, over.track_nos, over.strength) == (1, (7,), 0.0)
    assert gathered.step({}, [1]) == []


def test_many_at_once_are_one_and_those_that_come_are_not_told_by_themselves() -> None:
    gathered = Gathered()
    few = {number: found(number, number) for number in range(1, MANY)}
    assert [told.claimant for told in gathered.step(few, few)] == list(few)
    many = few | {number: found(number, number) for number in range(MANY, MANY + 3)}
    told = gathered.step(many, range(MANY, MANY + 3))
    assert [one.claimant for one in told] == [0]
    assert told[0].text.startswith(f"{len(many)} claimants at once")
    assert "000001, 000002, 000003, 000004, 000005 and 1 more" in told[0].text
    assert [one.claimant for one in gathered.step(many, [1])] == [0, 1]  # its own alert goes on, and is quiet


def test_once_few_are_left_each_is_told_by_itself_again() -> None:
    gathered = Gathered()
    many = {number: found(number, number) for number in range(1, MANY + 1)}
    gathered.step(many, many)
    assert [one.strength for one in gathered.step({1: many[1], 2: many[2]}, [3, 4])] == [0.9]
    over, alone = gathered.step({2: many[2]}, [1])
    assert (over.claimant, over.strength, set(over.track_nos)) == (0, 0.0, {1, 2})
    assert (alone.claimant, alone.strength) == (2, 0.9)


def test_a_restored_one_goes_on_alike() -> None:
    gathered, restored = Gathered(), Gathered()
    gathered.step({1: found(1, 1)}, [1])
    many = {number: found(number, number) for number in range(1, MANY + 1)}
    gathered.step(many, many)
    restored.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(gathered.state())))
    assert restored.step({}, many) == gathered.step({}, many)
