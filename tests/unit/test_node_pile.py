"""What follows closely is judged together: nothing is lost, and every row bears what was judged of its track."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from skydas.model import Rows, empty_plots, empty_tracks
from skydas.node.pile import JUDGED_EVERY_NS, Pile, fill_back, latest_of_each

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


def test_all_that_was_put_comes_out_in_the_order_it_was_put() -> None:
    pile = Pile()
    plots = empty_plots(2)
    pile.put(plots, np.array([7, -1]), {1: "a"}, tracks([7]))
    pile.put(empty_plots(0), NO_OWNER, {}, tracks([8, 7], 10))
    got_plots, owner, names, rows = pile.take(5)
    assert (got_plots.tobytes(), owner.tolist(), names) == (plots.tobytes(), [7, -1], {1: "a"})
    assert rows["track_no"].tolist() == [7, 8, 7]
    assert not pile
    assert len(pile.take(6)[3]) == 0


def test_it_is_due_at_once_and_then_after_a_while_by_the_nodes_time() -> None:
    pile = Pile()
    assert not pile.is_due(1_000_000_000)
    pile.put(empty_plots(0), NO_OWNER, {}, tracks([1]))
    assert pile.is_due(1_000_000_000)
    pile.take(1_000_000_000)
    pile.put(empty_plots(0), NO_OWNER, {}, tracks([1]))
    assert not pile.is_due(1_000_000_000 + JUDGED_EVERY_NS - 1)
    assert pile.is_due(1_000_000_000 + JUDGED_EVERY_NS)


def test_a_snapshot_holds_what_waits() -> None:
    pile, again = Pile(), Pile()
    pile.put(empty_plots(1), np.array([3]), {9: "b"}, tracks([3]))
    again.restore(pile.state())
    assert [np.asarray(part).tobytes() for part in again.take(1)[::3]] == [
        np.asarray(part).tobytes() for part in pile.take(1)[::3]
    ]
