"""Long work beside the notebook's cells: one thread, the latest request wins, nothing queues.

The first request starts at once (leading edge). While it runs, later ones replace each other, and
the running one is asked to stop: its generator is closed at the next yield, so at most one batch is
computed for nothing.
"""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable, Generator
from typing import Any

from interp_widgets.widgets._threads import ends_with_python

Answer = Callable[[], dict[str, Any]]
"""Makes the trait values to push; called only for what is sent, so dropped answers cost nothing."""

Work = Callable[[], Generator[Answer, None, None]]
"""Makes a generator of answers: partial ones, then the complete one."""


class Runner:
    """Runs one piece of work at a time for a widget and publishes what it yields.

    Args:
        push: the widget's single publisher.
        per_second: most messages a second that work may cause.
        patience: seconds after which a run is announced as busy; shorter ones would only flicker.
    """

    def __init__(
        self, push: Callable[..., None], per_second: float = 10.0, patience: float = 0.15
    ) -> None:
        self._push, self._gap, self._patience = push, 1.0 / per_second, patience
        self._lock = threading.Lock()
        self._next: tuple[contextvars.Context, Work] | None = None
        self._thread: threading.Thread | None = None
        self._newer = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._sent_at = float("-inf")
        self.failure: Exception | None = None
        ends_with_python(self)

    def start(self, work: Work) -> None:
        """Asks for this work now; whatever was asked before it and is not done is dropped."""
        # The asking cell's context goes along, so that anything printed stays under that cell.
        with self._lock:
            self._next = (contextvars.copy_context(), work)
            self._newer.set()
            self._idle.clear()
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, daemon=True, name="iw-runner")
                self._thread.start()

    def stop(self) -> None:
        """Drops what was asked and stops what runs at its next yield. Never waits."""
        with self._lock:
            self._next = None
            self._newer.set()
            self.failure = None

    @property
    def running(self) -> bool:
        """Whether something asked for is not answered yet."""
        return not self._idle.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until nothing runs; False if it still does after `timeout` seconds."""
        return self._idle.wait(timeout)

    def _loop(self) -> None:
        while True:
            with self._lock:
                if self._next is None:
                    self._thread = None
                    self._idle.set()
                    return
                context, work = self._next
                self._next = None
                self._newer.clear()
            context.run(self._run, work)

    def _run(self, work: Work) -> None:
        self.failure = None
        announce = threading.Timer(self._patience, self._push, kwargs={"busy": True})
        announce.daemon = True
        announce.start()
        try:
            self._follow(work())
        except Exception as error:  # a traceback in a thread is lost: the widget shows the message
            self.failure = error
            self._push(error=str(error) or type(error).__name__)
        finally:
            announce.cancel()
            announce.join()  # an announcement on its way arrives before it is taken back
            with self._lock:
                more = self._next is not None
            if not more:
                self._push(busy=False)

    def _follow(self, answers: Generator[Answer, None, None]) -> None:
        latest: Answer | None = None
        try:
            for latest in answers:
                if self._newer.is_set():
                    return
                if time.monotonic() - self._sent_at >= self._gap:
                    self._publish(latest)
                    latest = None
            # The complete answer is never dropped for the sake of the rate, only for a newer
            # request.
            wait = self._gap - (time.monotonic() - self._sent_at)
            if latest is not None and not self._newer.wait(max(wait, 0.0)):
                self._publish(latest)
        finally:
            answers.close()

    def _publish(self, answer: Answer) -> None:
        self._push(**answer())
        self._sent_at = time.monotonic()
