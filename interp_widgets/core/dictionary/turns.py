"""Taking turns between steps: a lock that starves nobody, and interrupts that wait."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Turn:
    """A lock that is handed to whoever asked first.

    A thread that trains lets go of it and takes it again at once; with a plain lock others would
    hardly ever get in between.
    """

    def __init__(self) -> None:
        self._gate, self._lock = threading.Lock(), threading.Lock()

    def __enter__(self) -> None:
        with self._gate:
            self._lock.acquire()

    def __exit__(self, *_: Any) -> None:
        self._lock.release()

    def at_once(self, action: Callable[[], None]) -> None:
        """Do something if nobody has the lock; else leave it, without waiting."""
        if self._lock.acquire(blocking=False):
            try:
                action()
            finally:
                self._lock.release()


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Inside, an interrupt (Ctrl-C, a notebook's stop button) waits; it comes at the end.

    A second one comes at once. So does SIGTERM wait, where somebody handles it. In other threads
    than the main one there are no interrupts.
    """
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    before = {number: handler for number, handler in handlers.items() if callable(handler)}
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[tuple[int, Any]] = []

    def wait(number: int, frame: Any) -> None:
        came.append((number, frame))
        if len(came) > 1:
            before[signal.Signals(number)](number, frame)

    for number in before:
        signal.signal(number, wait)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for number, frame in came[:1]:
        before[signal.Signals(number)](number, frame)
