"""Options of the whole suite."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from skydas.memory import one_thread_for_blas

one_thread_for_blas()  # each worker is one thread among others: before anybody imports NumPy
settings.register_profile("skydas", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("search", deadline=None, max_examples=1_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "skydas"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--damaged", type=int, default=100_000, help="damaged payloads for each decoder")
    parser.addoption("--slowest", action="store_true", help="print the slowest payload of each decoder")
