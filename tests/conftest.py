"""What every test shares: no network, and tests marked `gpu` run only where CUDA is."""

from __future__ import annotations

import os

import pytest

# A test that reaches for the hub fails here at once, also on a machine that has a network.
os.environ["HF_HUB_OFFLINE"] = "1"

# One thread in every kernel, server and process that a worker starts: more threads than cores
# wait for one another, up to ten times as long.
os.environ["OMP_NUM_THREADS"] = "1"


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """And in the worker itself, whoever imported torch first."""
    import torch

    torch.set_num_threads(1)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test marked `gpu`, with its reason, where torch sees no CUDA device."""
    if item.get_closest_marker("gpu"):
        import torch

        if not torch.cuda.is_available():
            pytest.skip("no CUDA device")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the file that takes longest: with two workers it would be left for the end."""
    items.sort(key=lambda item: item.path.name != "test_binder.py")
