"""AttentionView without a browser: what is sent, how exact it is, what is refused."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.attention import Attention
from interp_widgets.widgets import AttentionView
from interp_widgets.widgets import _attention_data as data
from tests.core.tiny import hf_model, tokenizer
from tests.widgets.examples import PROMPT, model
from tests.widgets.synthetic import synthetic_attention, unpack

REPEATS = "the city of Rome and the city of Paris"


@pytest.fixture
def widget() -> AttentionView:
    return AttentionView(model=model(), prompt=REPEATS)


def named(sent: dict[str, Any], name: str) -> np.ndarray:
    """A plane by its name, as numbers."""
    (found,) = [plane for plane in sent["planes"] if plane["name"] == name]
    return unpack(found)


def squares(triangles: np.ndarray) -> np.ndarray:
    """Lower triangles ``[..., cells]`` as squares ``[..., dst, src]``."""
    n = int((np.sqrt(8 * triangles.shape[-1] + 1) - 1) / 2)
    whole = np.zeros((*triangles.shape[:-1], n, n))
    whole[..., *np.tril_indices(n)] = triangles
    return whole


@pytest.mark.parametrize("family", ["gpt2", "llama", "gemma2", "falcon"])
def test_short_prompts_are_sent_whole_and_exact(family: str) -> None:
    """Grouped-query models and one with a norm after attention among them."""
    view = AttentionView(model=iw.load(hf_model(family), tokenizer=tokenizer()), prompt=REPEATS)
    record = view.record
    assert view.shown["fine"]
    assert sorted(view.layers) == [str(i) for i in range(len(record.patterns))]
    for index, sent in view.layers.items():
        patterns = squares(named(sent, "pattern"))
        assert np.array_equal(patterns, record.patterns[int(index)].numpy())
        lengths = named(sent, "norms")[:, None] * named(sent, "scales")[:, None]
        weighted = record.weighted(int(index)).numpy()
        assert np.allclose(patterns * lengths, weighted, rtol=1e-6, atol=1e-7)


def test_long_prompts_are_sent_as_bytes_within_half_a_step() -> None:
    record = synthetic_attention(200, layers=3)
    view = AttentionView(record)
    assert not view.shown["fine"]
    sent = view.layers["0"]
    patterns, exact = squares(named(sent, "pattern")), record.patterns[0].numpy()
    # Half a step of √p in 254 of them: what the page says of each weight.
    step = np.sqrt(patterns) / 254 + 1 / (4 * 254**2)
    assert (np.abs(patterns - exact) <= step + 1e-7).all()
    weighted = patterns * named(sent, "norms")[:, None]
    assert np.abs(weighted - record.weighted(0).numpy()).max() < 0.006


def test_512_tokens_cost_what_was_promised() -> None:
    record = synthetic_attention(512)
    view = AttentionView(record, opened=[4, 0])
    assert list(view.layers) == ["4"]
    assert sum(len(plane["bytes"]) for plane in view.layers["4"]["planes"]) <= 1_600_000
    assert sum(len(plane["bytes"]) for plane in view.shown["planes"]) <= 150_000
    sent = view.layers["4"]
    view.act({"do": "open", "layer": 4, "head": 7})
    assert view.layers["4"] is sent
    view.act({"do": "pin", "layer": 2, "head": 1})
    assert sorted(view.layers) == ["2", "4"]
    assert view.layers["4"] is sent
    view.act({"do": "open", "layer": 2, "head": 2})
    assert list(view.layers) == ["2"]


@pytest.mark.parametrize("tokens", [1, 2, 9, 130])
def test_a_thumbnail_keeps_the_largest_of_each_cell(tokens: int) -> None:
    record = synthetic_attention(tokens, layers=8, heads=32, seed=1)
    raw, weighted = data.thumbnails(record)
    edges = data.thumb_edges(8 * 32, tokens)
    assert edges[0] == 0
    assert edges[-1] == tokens
    exact = np.stack([record.weighted(layer).numpy() for layer in range(8)])
    for found, whole in ((squares(raw), record.patterns.numpy()), (squares(weighted), exact)):
        assert found.shape[-1] == len(edges) - 1
        for row in range(len(edges) - 1):
            for col in range(row + 1):
                cell = whole[..., edges[row] : edges[row + 1], edges[col] : edges[col + 1]]
                assert np.allclose(found[..., row, col], cell.max((-1, -2)))


def test_a_thumbnail_with_a_scale_by_row() -> None:
    record = synthetic_attention(130, layers=2, heads=32)
    record.scales.copy_(torch.rand(2, 130) + 0.5)
    _, weighted = data.thumbnails(record)
    edges = data.thumb_edges(64, 130)
    whole = record.weighted(1).numpy()
    last = squares(weighted)[1, :, -1, 1]
    assert np.allclose(last, whole[:, edges[-2] :, edges[1] : edges[2]].max((-1, -2)))


def test_scores_are_the_core_s(widget: AttentionView) -> None:
    core = iw.head_scores(model(), REPEATS)
    sent = named(widget.shown, "scores")
    for kind, found in zip(data.SCORES, sent, strict=True):
        assert np.allclose(found, core[kind].numpy(), atol=1e-6, equal_nan=True), kind
    assert not np.isnan(sent).any()
    assert set(core.kinds) - set(data.SCORES) == {"copying", "successor"}


def test_it_opens_the_head_with_the_highest_score() -> None:
    record = synthetic_attention(40)
    assert AttentionView(record).opened == [0, 3]
    plain = AttentionView(synthetic_attention(40, repeats=False), score="induction")
    assert plain.opened == [0, 0]
    assert "induction" not in plain.describe()


def test_a_picked_token_gets_exact_weights() -> None:
    record = synthetic_attention(200, layers=3)
    view = AttentionView(record, opened=[1, 2], pinned=[0, 3])
    assert view.exact == {}
    view.act({"do": "pick", "pos": 150})
    assert sorted(view.exact) == ["0.3", "1.2"]
    sent = view.exact["1.2"]
    pattern, weighted = record.patterns[1, 2].numpy(), record.weighted(1, 2).numpy()
    assert np.array_equal(named(sent, "row"), [pattern[150, :151], weighted[150, :151]])
    assert np.array_equal(named(sent, "column"), [pattern[150:, 150], weighted[150:, 150]])
    view.act({"do": "pick", "pos": 150})
    assert view.picked == -1
    assert view.exact == {}


def test_a_pick_may_outlive_its_token() -> None:
    view = AttentionView(model=model(), prompt="the " * 60, picked=50)
    view.act({"do": "prompt", "side": 0, "text": "the city"}).wait()
    assert view.error == ""
    assert view.exact == {}


def test_a_second_pin_lets_go(widget: AttentionView) -> None:
    widget.act({"do": "pin", "layer": 1, "head": 3})
    assert widget.pinned == [1, 3]
    widget.act({"do": "pin", "layer": 1, "head": 3})
    assert widget.pinned == []


def test_it_says_where_the_open_head_looks(widget: AttentionView) -> None:
    widget.opened = [2, 1]
    last = widget.record.patterns[2, 1, -1]
    assert f"looks most at {widget.record.tokens[int(last.argmax())]!r}" in widget.summary
    assert f"{float(last.max()):.0%}" in widget.summary
    widget.act({"do": "weights", "by": "value"})
    longest = widget.record.weighted(2, 1)[-1].max()
    assert f"{float(longest):.2f} long" in widget.summary
    widget.act({"do": "first", "by": "hidden"})
    assert widget.summary.endswith("The first token's column is hidden.")


def test_without_a_model_it_is_a_viewer() -> None:
    record = iw.attention(model(), PROMPT)
    viewer = record.widget()
    assert isinstance(viewer, AttentionView)
    assert not viewer.live
    viewer.act({"do": "open", "layer": 2, "head": 3})
    with pytest.raises(ValueError, match=r"widget\(model=model\)"):
        viewer.act({"do": "prompt", "side": 0, "text": "x"})
    assert record.widget(model=model()).live


def test_heads_and_tokens_that_are_not_there_are_refused(widget: AttentionView) -> None:
    before = widget.opened
    for action in (
        {"do": "open", "layer": 3, "head": 0},
        {"do": "pin", "layer": 0, "head": -1},
        {"do": "set", "name": "opened", "value": [0, 4]},
        {"do": "set", "name": "pinned", "value": [1]},
    ):
        with pytest.raises(ValueError, match="layers 0 to 2 and heads 0 to 3"):
            widget.act(action)
    with pytest.raises(ValueError, match="tokens 0 to 9; got 10"):
        widget.act({"do": "pick", "pos": 10})
    with pytest.raises(ValueError, match="layers 0 to 2"):
        AttentionView(widget.record, opened=[7, 0])
    assert widget.opened == before
    assert widget.actions == []


def test_what_it_is_made_from_is_checked() -> None:
    record = synthetic_attention(4, layers=2)
    with pytest.raises(TypeError, match="one of them"):
        AttentionView(record, model=model(), prompt="x")
    with pytest.raises(TypeError, match="needs a record, or model="):
        AttentionView()
    with pytest.raises(TypeError, match="not a LogitLens"):
        AttentionView(iw.logit_lens(model(), PROMPT))  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    "prompt", ["<script>alert('x')</script>", "the 🦓 of\tTexas", "", "Texas", "\u202egnp.exe"]
)
def test_odd_prompts_are_shown(prompt: str) -> None:
    view = AttentionView(model=model(), prompt="the")
    view.act({"do": "prompt", "side": 0, "text": prompt}).wait()
    assert view.error == ""
    assert view.shown["prompt"] == prompt
    assert view.shown["tokens"] == list(view.record.tokens)
    assert "\n" not in repr(view)
    assert view._figure() is not None


def test_a_prompt_longer_than_the_context_says_so(widget: AttentionView) -> None:
    widget.prompts = ["the " * 100]
    with pytest.raises(ValueError, match="at most 64"):
        widget.wait()
    assert widget.shown["prompt"] == REPEATS
    widget.undo().wait()
    assert widget.error == ""


LONG = {
    "gpt2": {"n_positions": 640},
    "gemma2": {"max_position_embeddings": 640, "sliding_window": 16},  # every other layer slides
    "llama": {"max_position_embeddings": 640, "num_key_value_heads": 2},  # queries in groups
}


@pytest.mark.parametrize(
    ("family", "dtype"),
    [("gpt2", torch.float32), ("gemma2", torch.float32), ("llama", torch.bfloat16)],
)
def test_600_tokens_show_what_the_model_attends_to(family: str, dtype: torch.dtype) -> None:
    hf = hf_model(family, dtype, **LONG[family])
    long = iw.load(hf, tokenizer=tokenizer())
    ids = torch.randint(3, long.d_vocab, (600,), generator=torch.Generator().manual_seed(0))
    view = AttentionView(iw.attention(long, ids.tolist()), model=long)
    hf.set_attn_implementation("eager")
    with torch.no_grad():
        wanted = hf(ids[None], output_attentions=True).attentions
    assert len(view.record.tokens) == 600
    for layer in range(long.n_layers):
        view.act({"do": "open", "layer": layer, "head": 1})
        assert named(view.layers[str(layer)], "pattern").shape == (4, 600 * 601 // 2)
        shown = squares(named(view.layers[str(layer)], "pattern"))
        near = wanted[layer][0].float().numpy()
        # A byte holds a square root: half a step, and what bfloat16 itself rounds away.
        assert np.abs(np.sqrt(shown) - np.sqrt(near)).max() < 0.5 / 255 + (
            1e-3 if dtype == torch.float32 else 0.02
        )
    if family == "gemma2":
        far = np.tril(np.ones((600, 600), dtype=bool), -16)
        sliding = [bool((view.record.patterns[n][:, far] == 0).all()) for n in range(3)]
        assert sliding == [kind == "sliding_attention" for kind in hf.config.layer_types]


def test_a_long_prompt_has_a_still_picture() -> None:
    long = iw.load(hf_model("gpt2", n_positions=640), tokenizer=tokenizer())
    view = AttentionView(model=long, prompt=" the city of Rome" * 60)
    assert len(view.record.tokens) == 241
    picture = view._repr_mimebundle_()[0]["image/png"]
    assert base64.b64decode(picture).startswith(b"\x89PNG")
    # Of a very long one it would take longer than the view itself.
    view = AttentionView(model=long, prompt=" the city of Rome" * 150)
    assert "image/png" not in view._repr_mimebundle_()[0]


def test_an_export_holds_every_layer_while_it_is_small() -> None:
    middle = AttentionView(synthetic_attention(60, layers=4, heads=40))
    assert len(middle.layers) < 4
    assert sorted(middle.twin().export_state()["layers"]) == ["0", "1", "2", "3"]
    large = AttentionView(synthetic_attention(200, layers=4))
    assert len(large.export_state()["layers"]) == 1


def test_hosts_that_lose_buffers_get_text() -> None:
    view = AttentionView(synthetic_attention(20, layers=2))
    view._on_message(view, {"host": "no buffers"}, [])
    sent = view.get_state(["shown", "layers"])
    assert all("base64" in plane["bytes"] for plane in sent["shown"]["planes"])
    assert all("base64" in plane["bytes"] for plane in sent["layers"]["0"]["planes"])


def test_records_survive_a_file(tmp_path: Any) -> None:
    record = iw.attention(model(), PROMPT)
    loaded = Attention.load(record.save(tmp_path / "a.safetensors"))
    assert repr(loaded.widget()) == repr(record.widget())
    first, second = (view.widget().layers["1"] for view in (record, loaded))
    assert np.array_equal(named(first, "pattern"), named(second, "pattern"))
