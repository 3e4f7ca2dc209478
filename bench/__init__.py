"""Benchmarks: each prints its figures, `python -m bench.report` all of them."""

from skydas.memory import one_thread_for_blas

one_thread_for_blas()  # as the command does
