"""What works in a thread, so that Python waits for it: it cannot end while a thread is in torch."""

from __future__ import annotations

import atexit
import weakref
from typing import Any, Protocol

PATIENCE = 5.0  # seconds that each has for what it is in the middle of


class Work(Protocol):
    """Something that a thread of its own does."""

    def stop(self) -> None:
        """Ask it to end; returns at once."""

    def wait(self, timeout: float) -> Any:
        """Wait until it has ended, or as long as this many seconds."""


_ALL: weakref.WeakSet[Work] = weakref.WeakSet()


def ends_with_python(work: Work) -> None:
    """When Python ends, it asks this to stop and waits until it has."""
    _ALL.add(work)


@atexit.register
def _end_all() -> None:
    working = list(_ALL)
    for work in working:
        work.stop()
    for work in working:
        work.wait(PATIENCE)
