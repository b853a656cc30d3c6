"""LogitLensHeatmap without a browser: what it sends, what it does with actions, threads and errors."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

import interp_widgets as iw
from interp_widgets.widgets import LogitLensHeatmap
from interp_widgets.widgets import _lens_data as lens_data
from interp_widgets.widgets._pack import plane, size, string_table
from interp_widgets.widgets._runner import Runner
from tests.widgets.examples import PROMPT, model, synthetic

TYPES = {"u8": "<u1", "u16": "<u2", "u32": "<u4", "i32": "<i4", "f16": "<f2", "f32": "<f4"}


def unpack(sent: dict[str, Any]) -> np.ndarray:
    """What the page makes of a plane (shared/planes.ts), written a second time."""
    codes = np.frombuffer(sent["bytes"], TYPES[sent["type"]]).reshape(sent["shape"])
    if not sent["type"].startswith("u"):
        return codes.astype(np.float64)
    highest = np.iinfo(codes.dtype).max
    values = codes.astype(np.float64)
    share, top = values / (highest - 1), sent["top"]
    if sent["curve"] == "linear":
        values = share * top
    elif sent["curve"] == "sqrt":
        values = share**2 * top
    elif sent["curve"] == "log":
        values = np.rint(np.expm1(share * np.log1p(top)))
    values[codes == highest] = np.nan
    return values


def planes(packed: dict[str, Any]) -> dict[str, np.ndarray]:
    return {p["name"]: unpack(p) for p in packed["planes"]}


@pytest.fixture
def widget() -> LogitLensHeatmap:
    return LogitLensHeatmap(model=model(), prompt=PROMPT, track=[" Austin"])


def texts(packed: dict[str, Any]) -> np.ndarray:
    return np.array(packed["strings"], dtype=object)[planes(packed)["top"].astype(int)]


# -- packing -----------------------------------------------------------------------------------


def test_a_small_grid_goes_over_exactly(widget: LogitLensHeatmap) -> None:
    record, (side,) = widget.record, widget.sides
    found = planes(side)
    assert np.array_equal(found["p"], record.top_probs.numpy())
    assert np.array_equal(found["entropy"], record.entropy.numpy())
    assert np.array_equal(found["kl"], record.kl.numpy())
    shown = [[[record.vocab[int(i)] for i in cell] for cell in row] for row in record.top_ids]
    assert texts(side).tolist() == shown
    assert found["p"].shape[-1] == 10
    assert side["rows"] == ["embed", "L0", "L1", "L2"]
    assert np.array_equal(unpack(widget.ranks[0]), record.track_ranks[..., 0].numpy())


def test_a_large_grid_keeps_within_18_bytes_a_cell() -> None:
    record = synthetic(80, 1024)
    packed = lens_data.grid(record)
    rank = lens_data.rank_plane(record, 0)
    assert rank is not None
    strings = sum(len(s.encode()) + 3 for s in packed["strings"])
    assert (size(packed["planes"]) + size([rank]) + strings) / (80 * 1024) <= 18
    found = planes(packed)
    k = found["p"].shape[-1]
    assert np.abs(found["p"] - record.top_probs.numpy()[..., :k]).max() < 0.005
    assert np.abs(found["entropy"] - record.entropy.numpy()).max() < 0.03
    near = unpack(rank)[record.track_ranks[..., 0].numpy() < 15]
    assert np.array_equal(near, record.track_ranks.numpy()[..., 0][record.track_ranks[..., 0] < 15])
    tops = [record.vocab[int(i)] for i in record.top_ids[:, :, 0].flatten()]
    assert texts(packed)[..., 0].flatten().tolist() == tops


@pytest.mark.parametrize(("rows", "cols"), [(9, 20), (80, 1024)])
def test_a_pinned_column_takes_4_kb_at_most(rows: int, cols: int) -> None:
    record = synthetic(rows, cols)
    trail = lens_data.trail(record, 7)
    assert size(trail["planes"]) <= 4096
    found = planes(trail)
    lines = sum(i not in set(record.track) for i in trail["ids"])
    assert trail["ids"][0] == int(record.top_ids[-1, 7, 0])
    exact = record.line_probs[:, 7, :lines].numpy()
    assert np.allclose(found["p"][:, :lines], exact, atol=1e-3)
    ranks = record.line_ranks[:, 7, :lines].numpy()
    assert np.abs(found["rank"][:, :lines] - ranks).max() <= 1
    assert trail["tracked"][-1]


def test_what_is_not_known_yet_arrives_as_not_known() -> None:
    steps = list(iw.iter_logit_lens(model(), PROMPT))
    empty = synthetic(3, 2)
    unknown = torch.full_like(empty.top_probs, float("nan"))
    partial = type(empty)(
        **{**empty.__dict__, "top_ids": empty.top_ids * 0 - 1, "top_probs": unknown}
    )
    found = planes(lens_data.grid(partial))
    assert np.isnan(found["top"]).all()
    assert np.isnan(found["p"]).all()
    assert steps[-1].check is not None


def test_curves_keep_zero_top_and_order() -> None:
    values = np.array([0.0, 1e-4, 0.01, 0.5, 1.0, np.nan])
    back = unpack(plane("p", values, "u8", "sqrt"))
    assert back[0] == 0
    assert back[4] == 1
    assert np.isnan(back[5])
    assert (np.diff(back[:5]) > 0).all()


def test_two_ids_with_one_text_stay_two_tokens() -> None:
    where, strings = string_table(np.array([[7, 3, -1]]), {3: " x", 7: " x"})
    assert where.tolist() == [[1, 0, -1]]
    assert strings == [" x", " x"]


# -- prompts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "prompt",
    [
        "<script>alert('x')</script>",
        "the 🦓 of\tTexas",
        "the\ncapital\n",
        "",
        "Texas",
        "\u202egnp.exe",
        "the " * 50,
    ],
)
def test_odd_prompts_are_shown(prompt: str) -> None:
    widget = LogitLensHeatmap(model=model(), prompt="the")
    widget.act({"do": "prompt", "side": 0, "text": prompt}).wait()
    assert widget.error == ""
    assert widget.sides[0]["prompt"] == prompt
    assert widget.sides[0]["tokens"] == list(widget.record.tokens)
    assert "\n" not in repr(widget)
    assert widget.describe()


def test_a_prompt_longer_than_the_context_says_so(widget: LogitLensHeatmap) -> None:
    shown = widget.sides[0]["prompt"]
    widget.prompts = ["the " * 100]
    with pytest.raises(ValueError, match="at most 64"):
        widget.wait()
    assert "at most 64" in widget.error
    assert widget.sides[0]["prompt"] == shown
    assert not widget.busy
    widget.undo().wait()
    assert widget.error == ""


@pytest.mark.parametrize(
    ("prompt", "unknown"),
    [
        (PROMPT, []),
        ("the zebra of Texas", ["zebra"]),
        ("the 🦓🦓 of xyzzy Texas", ["🦓🦓", "xyzzy"]),
        ("the capital zebra zebra", ["zebra", "zebra"]),
        ("", []),
    ],
)
def test_words_without_tokens_are_found(prompt: str, unknown: list[str]) -> None:
    spans = lens_data.unknown_words(prompt, model().tokens(prompt))
    wide = prompt.encode("utf-16-le")
    assert [wide[2 * a : 2 * b].decode("utf-16-le") for a, b in spans] == unknown


# -- actions -----------------------------------------------------------------------------------


def test_a_pin_brings_its_column_and_a_second_click_lets_go(widget: LogitLensHeatmap) -> None:
    pin = {"do": "pin", "side": 0, "row": 2, "pos": 3}
    widget.act(pin)
    assert widget.pinned == [[0, 2, 3]]
    assert list(widget.trails) == ["0:3"]
    assert widget.trails["0:3"]["tokens"][-1] == " Austin"
    widget.act(pin)
    assert widget.pinned == []
    assert widget.trails == {}


def test_the_oldest_pin_makes_room(widget: LogitLensHeatmap) -> None:
    for row in range(4):
        for pos in range(2):
            widget.act({"do": "pin", "side": 0, "row": row, "pos": pos})
    assert len(widget.pinned) == 6
    assert [0, 3, 1] in widget.pinned


def test_typing_a_word_is_one_step_of_undo(widget: LogitLensHeatmap) -> None:
    for text in ("t", "th", "the"):
        widget.act({"do": "prompt", "side": 0, "text": text, "burst": "a"})
    widget.act({"do": "prompt", "side": 0, "text": "the city", "burst": "b"}).wait()
    assert [a["text"] for a in widget.actions] == ["the", "the city"]
    assert widget.undo().wait().record.prompt == "the"
    assert widget.undo().wait().record.prompt == PROMPT


def test_undo_takes_the_record_from_memory(
    widget: LogitLensHeatmap, monkeypatch: pytest.MonkeyPatch
) -> None:
    widget.act({"do": "prompt", "side": 0, "text": "the city of Rome"}).wait()
    widget.act({"do": "prompt", "side": 0, "text": "the city of Paris"}).wait()
    monkeypatch.setattr("interp_widgets.core.lens.logit.iter_logit_lens", None)
    widget.undo()
    assert widget.record.prompt == "the city of Rome"


def test_assignment_in_python_is_an_action(widget: LogitLensHeatmap) -> None:
    widget.color = "entropy"
    widget.pinned = [[0, 1, 1]]
    assert [a["do"] for a in widget.actions] == ["set", "set"]
    assert list(widget.trails) == ["0:1"]
    widget.undo().undo()
    assert widget.color == "probability"
    assert widget.pinned == []


def test_the_reducer_is_pure(widget: LogitLensHeatmap) -> None:
    before = {name: getattr(widget, name) for name in widget.state_names()}
    copy = {name: list(v) if isinstance(v, list) else v for name, v in before.items()}
    LogitLensHeatmap.reduce(before, {"do": "pin", "side": 0, "row": 0, "pos": 0})
    LogitLensHeatmap.reduce(before, {"do": "track", "token": " Rome"})
    assert before == copy


def test_a_token_of_several_pieces_is_refused_with_them(widget: LogitLensHeatmap) -> None:
    widget._on_message(
        widget, {"action": {"do": "track", "token": " zebra"}, "view": "v", "n": 3}, []
    )
    assert "5 tokens" in widget.error or "6 tokens" in widget.error
    assert widget.tracked == [" Austin"]
    assert widget.actions == []


def test_tracking_colours_by_rank(widget: LogitLensHeatmap) -> None:
    widget.act({"do": "track", "token": " Paris"}).wait()
    assert widget.tracked == [" Austin", " Paris"]
    ranks = widget.record.track_ranks[..., widget.record.track.index(model().token_id(" Paris"))]
    assert np.array_equal(unpack(widget.ranks[0]), ranks.numpy())


# -- without a model, two sides ------------------------------------------------------------------


def test_without_a_model_it_is_a_viewer() -> None:
    record = iw.logit_lens(model(), PROMPT, track=[" Austin"])
    viewer = record.widget()
    assert not viewer.live
    assert viewer.tracked == [" Austin"]
    viewer.act({"do": "pin", "side": 0, "row": 1, "pos": 1})
    with pytest.raises(ValueError, match=r"widget\(model=model\)"):
        viewer.act({"do": "prompt", "side": 0, "text": "x"})
    with pytest.raises(ValueError, match="does not track ' Rome'"):
        viewer.act({"do": "track", "token": " Rome"})


def test_two_records_two_prompts_two_models() -> None:
    record = iw.logit_lens(model(), PROMPT)
    other = iw.logit_lens(model(), "the city")
    records = LogitLensHeatmap(record, compare=other)
    assert [s["prompt"] for s in records.sides] == [PROMPT, "the city"]
    prompts = LogitLensHeatmap(model=model(), prompt=PROMPT, compare="the city of Rome")
    prompts.act({"do": "prompt", "side": 1, "text": "the state"}).wait()
    assert [r.prompt for r in prompts.records] == [PROMPT, "the state"]
    models = LogitLensHeatmap(model=model(), prompt=PROMPT, compare=model(seed=1, layers=2))
    assert models.linked
    models.act({"do": "prompt", "side": 0, "text": "the state"}).wait()
    assert [(s["prompt"], len(s["rows"])) for s in models.sides] == [
        ("the state", 4),
        ("the state", 3),
    ]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "record, or model= and prompt="),
        ({"record": 3}, "not a int"),
        ({"prompt": "x"}, "model= and prompt="),
        ({"model": 1, "prompt": "x", "colour": 1}, "Did you mean color=?"),
    ],
)
def test_bad_arguments_are_refused_before_anything_runs(given: dict[str, Any], says: str) -> None:
    with pytest.raises(TypeError, match=says.replace("?", r"\?")):
        LogitLensHeatmap(**given)


def test_hosts_that_drop_buffers_get_text(widget: LogitLensHeatmap) -> None:
    assert isinstance(widget.get_state("sides")["sides"][0]["planes"][0]["bytes"], bytes)
    widget._on_message(widget, {"host": "no buffers"}, [])
    sent = widget.get_state("sides")["sides"][0]["planes"][0]["bytes"]
    assert set(sent) == {"base64"}


# -- long work -----------------------------------------------------------------------------------


class Slow:
    """Stands in for `iter_logit_lens`: yields until it is told to finish, and notes what happened."""

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


def test_stop_stops_within_one_batch(widget: LogitLensHeatmap, slow: Slow) -> None:
    widget.act({"do": "prompt", "side": 0, "text": "the city"})
    until(lambda: slow.started == ["the city"])
    widget.stop()
    until(lambda: slow.closed == ["the city"], 1.0)
    widget.wait()
    assert not widget.busy


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
