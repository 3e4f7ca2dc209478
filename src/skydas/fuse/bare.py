"""Arrays without their reference counts.

A compiled function counts a reference to each array that it takes out of a tuple, by an atomic instruction that costs
as much as a dozen others; the kernels do so hundreds of times a plot: a tenth of their time. The caller in Python holds
every array for as long as a kernel runs, so inside of one the counts say nothing, and without a counter to point at
there is nothing to do.
"""

from __future__ import annotations

from typing import Any

from numba import njit, types
from numba.core import cgutils
from numba.core.imputils import impl_ret_borrowed
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

from skydas.fuse.records import Store, Work


@intrinsic
def uncounted(typing_context: Any, array: Any) -> Any:
    """Return the array without its counter: for arguments of a kernel, and never to be returned from it."""
    if not isinstance(array, types.Array):
        return None

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        view = make_array(array)(context, builder, values[0])
        view.meminfo = cgutils.get_null_value(view.meminfo.type)
        view.parent = cgutils.get_null_value(view.parent.type)
        return impl_ret_borrowed(context, builder, array, view._getvalue())

    return array(array), generate


@njit(cache=True)
def bare(store: Store) -> Store:
    """Return the store with uncounted arrays."""
    return Store(
        uncounted(store.tracks),
        uncounted(store.stack),
        uncounted(store.places),
        uncounted(store.buckets),
        uncounted(store.codes),
        uncounted(store.births),
        uncounted(store.lost),
        uncounted(store.partners),
        uncounted(store.groups),
        uncounted(store.merged),
        uncounted(store.sensors),
        uncounted(store.own),
        uncounted(store.counts),
        uncounted(store.bearings),
    )


@njit(cache=True)
def bare_work(work: Work) -> Work:
    """Return the scratch with uncounted arrays."""
    return Work(
        uncounted(work.desk),
        uncounted(work.pairs),
        uncounted(work.edges),
        uncounted(work.members),
        uncounted(work.edge_list),
        uncounted(work.crowd),
        uncounted(work.starts),
        uncounted(work.near),
        uncounted(work.touched),
        uncounted(work.promoted),
    )
