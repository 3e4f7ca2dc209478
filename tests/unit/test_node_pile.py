"""What follows closely is judged together: nothing is lost, and every row bears what was judged of its track."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from skydas.model import Rows, empty_plots, empty_tracks
from skydas.node.pile import JUDGED_EVERY_NS, TOLD_EVERY_NS, Pile, fill_back, latest_of_each

NO_OWNER = np.zeros(0, np.int64)


def tracks(numbers: list[int], t_ns: int = 0) -> Rows:
    rows = empty_tracks(len(numbers))
    rows["track_no"] = numbers
    rows["t_ns"] = t_ns + np.arange(len(numbers))
    return rows


@given(st.lists(st.integers(1, 6), max_size=30))
def test_each_track_is_judged_once_as_it_is_now_and_all_its_rows_bear_it(numbers: list[int]) -> None:
    rows = tracks(numbers)
    latest, back = latest_of_each(rows)
    assert sorted(latest["track_no"].tolist()) == sorted(set(numbers))
    assert (np.diff(latest["t_ns"]) > 0).all()  # in the order they came
    for row in latest:
        assert row["t_ns"] == max(at for at, number in enumerate(numbers) if number == row["track_no"])
    latest["threat"] = latest["track_no"] / 10.0
    fill_back(rows, latest, back)
    np.testing.assert_allclose(rows["threat"], rows["track_no"] / 10.0, rtol=1e-6)


def test_what_is_tentative_is_not_judged() -> None:
    rows = tracks([7, 1 << 31, 7])
    latest, back = latest_of_each(rows)
    assert (latest["track_no"].tolist(), back.tolist()) == ([7], [0, -1, 0])
    latest["threat"] = 0.5
    fill_back(rows, latest, back)
    np.testing.assert_array_equal(rows["threat"], np.float32([0.5, np.nan, 0.5]))


def test_all_that_was_put_comes_out_in_the_order_it_was_put() -> None:
    pile = Pile()
    plots = empty_plots(2)
    pile.put(plots, np.array([7, -1]), {1: "a"}, tracks([7]))
    pile.put(empty_plots(0), NO_OWNER, {}, tracks([8, 7], 10))
    assert pile.untold()["track_no"].tolist() == [7, 8, 7]
    got_plots, owner, names, rows, untold = pile.take(5)
    assert (got_plots.tobytes(), owner.tolist(), names) == (plots.tobytes(), [7, -1], {1: "a"})
    assert (rows["track_no"].tolist(), untold) == ([7, 8, 7], 3)
    assert not pile
    assert len(pile.take(6)[3]) == 0


def test_what_has_left_still_waits_to_be_judged() -> None:
    pile = Pile()
    pile.put(empty_plots(1), np.array([7]), {}, tracks([7]))
    pile.told(5)
    pile.put(empty_plots(0), NO_OWNER, {}, tracks([8], 10))
    assert pile.untold()["track_no"].tolist() == [8]
    plots, _, _, rows, untold = pile.take(6)
    assert (len(plots), rows["track_no"].tolist(), untold) == (1, [7, 8], 1)


def test_it_is_due_at_once_and_then_after_a_while_by_the_nodes_time() -> None:
    pile, began_ns = Pile(), 1_000_000_000
    assert not pile.is_due(began_ns)
    pile.put(empty_plots(0), NO_OWNER, {}, tracks([1]))
    assert pile.is_due(began_ns)
    assert pile.judgement_is_due(began_ns)
    pile.take(began_ns)
    pile.put(empty_plots(0), NO_OWNER, {}, tracks([1]))
    assert not pile.is_due(began_ns + TOLD_EVERY_NS - 1)
    assert pile.is_due(began_ns + TOLD_EVERY_NS)
    pile.told(began_ns + TOLD_EVERY_NS)
    pile.put(empty_plots(0), NO_OWNER, {}, tracks([1]))
    assert not pile.is_due(began_ns + 2 * TOLD_EVERY_NS - 1)
    assert not pile.judgement_is_due(began_ns + JUDGED_EVERY_NS - 1)
    assert pile.judgement_is_due(began_ns + JUDGED_EVERY_NS)


def test_a_snapshot_holds_what_waits() -> None:
    pile, again = Pile(), Pile()
    pile.put(empty_plots(1), np.array([3]), {9: "b"}, tracks([3]))
    pile.told(1)
    pile.put(empty_plots(0), NO_OWNER, {}, tracks([4]))
    again.restore(pile.state())
    assert [again.is_due(at) for at in (2, 1 + TOLD_EVERY_NS)] == [False, True]
    ours, theirs = pile.take(2), again.take(2)
    assert [ours[at].tobytes() for at in (0, 1, 3)] == [theirs[at].tobytes() for at in (0, 1, 3)]
    assert (ours[2], ours[4]) == (theirs[2], theirs[4]) == ({9: "b"}, 1)
