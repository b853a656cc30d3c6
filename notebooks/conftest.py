"""How nbval runs the lessons: without the hub, comparing text but not markup."""

from __future__ import annotations

import os

import pytest

# A lesson needs no network; with this it does not try one either, wherever the tests run.
os.environ["HF_HUB_OFFLINE"] = "1"

# Markup differs in its ids from run to run, and a Plotly figure holds the version that drew it.
NOT_COMPARED = ("image/svg+xml", "text/html", "application/vnd.plotly.v1+json")


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Tell nbval's collector which outputs it leaves alone, as its documentation proposes."""
    if hasattr(collector, "skip_compare"):
        collector.skip_compare += NOT_COMPARED
