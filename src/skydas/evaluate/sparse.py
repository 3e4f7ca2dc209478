"""Assignment over a list of edges: exact, by shortest augmenting paths on the edges alone.

An edge joins a row and a column at a cost below 0; leaving a row or column alone costs 0. The work follows the
edges, not the product of the sides, so a thousand trajectories with a few neighbours each take milliseconds.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from skydas.model import FloatArray, IntArray


def assign_sparse(row: IntArray, column: IntArray, cost: FloatArray) -> IntArray:
    """Return which edges make the matching of least total cost; edges of cost 0 and above are never taken.

    row, column, cost : (edges,)
    """
    useful = np.flatnonzero(cost < 0.0)
    if not len(useful):
        return useful
    useful = useful[np.lexsort((column[useful], row[useful]))]
    rows, row_at = np.unique(row[useful], return_inverse=True)
    columns, column_at = np.unique(column[useful], return_inverse=True)
    first = np.searchsorted(row_at.ravel(), np.arange(len(rows) + 1)).astype(np.int64)
    edge = _assign(first, column_at.ravel().astype(np.int64), cost[useful], len(columns))
    return np.asarray(useful[edge[edge >= 0]], np.int64)


@njit(cache=True)
def _assign(first: IntArray, column: IntArray, cost: FloatArray, columns: int) -> IntArray:
    """Return the edge of each row or -1, (rows,).

    Each row has besides its edges a private column of cost 0 (being alone), numbered columns + row. Rows are added one
    by one along the cheapest alternating path (Dijkstra over reduced costs, with a list of the columns reached).
    """
    rows = len(first) - 1
    total = columns + rows
    owner = np.full(total, -1)  # row that holds a column
    edge_of = np.full(rows, -1)  # edge a row holds, -1: its private column or none yet
    row_price = np.zeros(rows)
    column_price = np.zeros(total)
    distance = np.full(total, np.inf)
    from_row = np.full(total, -1)
    from_edge = np.full(total, -1)
    done = np.zeros(total, np.bool_)
    reached = np.empty(total, np.int64)
    for start in range(rows):
        lowest = 0.0
        for edge in range(first[start], first[start + 1]):
            lowest = min(lowest, cost[edge] - column_price[column[edge]])
        row_price[start] = lowest
        count = 0
        row, base = start, 0.0
        while True:
            for edge in range(first[row], first[row + 1] + 1):
                alone = edge == first[row + 1]
                to = columns + row if alone else column[edge]
                if done[to]:
                    continue
                price = 0.0 if alone else cost[edge]
                through = base + price - row_price[row] - column_price[to]
                if through < distance[to]:
                    if distance[to] == np.inf:
                        reached[count] = to
                        count += 1
                    distance[to] = through
                    from_row[to] = row
                    from_edge[to] = -1 if alone else edge
            best, best_at = np.inf, -1
            for k in range(count):
                to = reached[k]
                if not done[to] and distance[to] < best:
                    best, best_at = distance[to], to
            done[best_at] = True
            if owner[best_at] < 0:
                break
            row, base = owner[best_at], best
        # prices: every finished column and the row that owned it move by what is left to the end
        row_price[start] += best
        for k in range(count):
            to = reached[k]
            if done[to] and to != best_at:
                row_price[owner[to]] += best - distance[to]
                column_price[to] -= best - distance[to]
        at = best_at
        while True:
            row = from_row[at]
            before = columns + row if edge_of[row] < 0 else column[edge_of[row]]
            owner[at] = row
            edge_of[row] = from_edge[at]
            if row == start:
                break
            at = before
        for k in range(count):
            to = reached[k]
            distance[to] = np.inf
            done[to] = False
    return edge_of
