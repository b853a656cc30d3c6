"""Long work beside the cells: the latest request wins, ten messages a second, errors are shown."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import interp_widgets as iw
from interp_widgets.widgets import LogitLensHeatmap
from interp_widgets.widgets._runner import Runner
from tests.widgets.examples import PROMPT, model


@pytest.fixture
def widget() -> LogitLensHeatmap:
    return LogitLensHeatmap(model=model(), prompt=PROMPT, track=[" Austin"])


class Slow:
    """Stands in for `iter_logit_lens`: yields until told to finish, and notes what happened."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.closed: list[str] = []
        self.go = threading.Event()

    def __call__(self, lens_model: Any, prompt: str, **_: Any) -> Iterator[Any]:
        self.started.append(prompt)
        record = iw.logit_lens(lens_model, prompt)
        try:
            while not self.go.wait(0.005):
                yield record
            yield record
        finally:
            self.closed.append(prompt)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    stand_in = Slow()
    monkeypatch.setattr("interp_widgets.core.lens.logit.iter_logit_lens", stand_in)
    yield stand_in
    stand_in.go.set()


def until(condition: Any, seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.002)


def test_the_latest_request_wins_and_nothing_queues(widget: LogitLensHeatmap, slow: Slow) -> None:
    widget.act({"do": "prompt", "side": 0, "text": "the"})
    until(lambda: slow.started == ["the"])  # the leading edge starts at once
    for text in ("the c", "the ci", "the cit", "the city"):
        widget.act({"do": "prompt", "side": 0, "text": text})
    until(lambda: slow.closed[:1] == ["the"])
    until(lambda: slow.started[-1:] == ["the city"])
    assert len(slow.started) <= 4
    slow.go.set()
    widget.wait()
    assert widget.record.prompt == "the city"
    assert not widget.busy


def test_partial_answers_show_and_busy_is_drawn(widget: LogitLensHeatmap, slow: Slow) -> None:
    sent: list[float] = []
    widget.observe(lambda _: sent.append(time.monotonic()), "sides")
    start = time.monotonic()
    widget.act({"do": "prompt", "side": 0, "text": "the city"})
    until(lambda: widget.busy)
    until(lambda: time.monotonic() - start > 0.6)
    assert widget.sides[0]["prompt"] == "the city"
    slow.go.set()
    widget.wait()
    assert len(sent) <= 2 + 10 * (sent[-1] - start)
    assert not widget.busy


def test_another_gesture_does_not_start_the_work_again(
    widget: LogitLensHeatmap, slow: Slow
) -> None:
    widget.act({"do": "prompt", "side": 0, "text": "the city"})
    until(lambda: slow.started == ["the city"])
    widget.act({"do": "color", "by": "kl"})
    widget.act({"do": "pin", "side": 0, "row": 0, "pos": 0})
    slow.go.set()
    widget.wait()
    assert slow.started == ["the city"]
    assert list(widget.trails) == ["0:0"]


def test_both_sides_arrive_when_answers_are_dropped() -> None:
    pair = LogitLensHeatmap(model=model(), prompt=PROMPT, compare="the city")
    for token in (" Rome", " Paris", " Texas"):
        pair.act({"do": "track", "token": token})
    pair.wait()
    tracked = {model().token_id(token) for token in (" Rome", " Paris", " Texas")}
    assert [set(record.track) for record in pair.records] == [tracked, tracked]


def test_stop_stops_within_one_batch(widget: LogitLensHeatmap, slow: Slow) -> None:
    widget.act({"do": "prompt", "side": 0, "text": "the city"})
    until(lambda: slow.started == ["the city"])
    widget.stop()
    until(lambda: slow.closed == ["the city"], 1.0)
    widget.wait()
    assert not widget.busy


def test_the_page_stops_and_goes_on(widget: LogitLensHeatmap, slow: Slow) -> None:
    assert not widget.stopped
    widget.act({"do": "prompt", "side": 0, "text": "the city"})
    until(lambda: slow.started == ["the city"])
    widget._on_message(widget, {"work": "stop"}, [])
    assert widget.stopped
    until(lambda: slow.closed == ["the city"], 1.0)
    widget.wait()
    assert not widget.busy
    assert widget.actions[-1]["do"] == "prompt"  # neither is an action: undo passes over them
    widget._on_message(widget, {"work": "resume"}, [])
    assert not widget.stopped
    until(lambda: slow.started == ["the city"] * 2)
    slow.go.set()
    widget.wait()
    assert widget.record.prompt == "the city"
    widget._on_message(widget, {"work": "stop"}, [])
    assert not widget.stopped  # nothing was left to stop


def test_another_question_after_a_stop_is_answered(widget: LogitLensHeatmap, slow: Slow) -> None:
    widget.act({"do": "prompt", "side": 0, "text": "the city"})
    until(lambda: slow.started == ["the city"])
    widget.stop()
    widget.act({"do": "prompt", "side": 0, "text": "the"})
    slow.go.set()
    widget.wait()
    assert not widget.stopped
    assert widget.record.prompt == "the"


def test_an_error_in_the_thread_is_shown(
    widget: LogitLensHeatmap, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Iterator[Any]:
        raise RuntimeError("no such layer")
        yield

    monkeypatch.setattr("interp_widgets.core.lens.logit.iter_logit_lens", broken)
    widget.act({"do": "prompt", "side": 0, "text": "x"})
    until(lambda: widget.error == "no such layer")
    with pytest.raises(RuntimeError, match="no such layer"):
        widget.wait()


def test_a_burst_from_two_threads_ends_in_one_state(widget: LogitLensHeatmap) -> None:
    def click(color: str) -> None:
        for _ in range(50):
            widget.act({"do": "color", "by": color})
            widget.undo()

    threads = [threading.Thread(target=click, args=(c,)) for c in ("kl", "entropy")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert widget.color == widget._history.state["color"]


def test_a_runner_sends_at_most_ten_messages_a_second() -> None:
    sent: list[float] = []

    def push(**values: Any) -> None:
        if "x" in values:
            sent.append(time.monotonic())

    runner = Runner(push)

    def work() -> Any:
        for i in range(100):
            time.sleep(0.005)
            yield lambda i=i: {"x": i}

    runner.start(work)
    assert runner.wait(5)
    gaps = np.diff(sent)
    assert gaps.min() >= 0.095
    assert len(sent) >= 4
