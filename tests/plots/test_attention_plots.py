"""Pictures of attributions, attention and head scores: what is drawn is what the record holds."""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as PrintFigure
from plotly.graph_objects import Figure

import interp_widgets as iw
from interp_widgets.core.attention import Attention
from tests.core import tiny
from tests.widgets.synthetic import synthetic_writes

NASTY = "the $x$ $$ <b>bold</b> &amp; \n\t \\$ {y} %{text} \x18"
DOLLAR = 4  # the id of "$"


@pytest.fixture(scope="module")
def model():
    return iw.load(tiny.hf_model("gpt2"), tokenizer=tiny.tokenizer())


@pytest.fixture(scope="module")
def attribution(model):
    return iw.logit_attribution(model, NASTY, DOLLAR, "<")


@pytest.fixture(scope="module")
def attention(model):
    return iw.attention(model, NASTY)


@pytest.fixture(scope="module")
def scores(model):
    return iw.head_scores(model)


def drawn(figure: PrintFigure) -> bytes:
    FigureCanvasAgg(figure)
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


CASES = [
    ("attribution", {}),
    ("attribution", {"per": "part"}),
    ("attention", {}),
    ("attention", {"layer": 1, "head": 2}),
    ("attention", {"layer": 1, "head": 2, "weights": "value"}),
    ("attention", {"weights": "value"}),
    ("scores", {}),
    ("scores", {"score": "copying"}),
    ("scores", {"score": "successor"}),
]


@pytest.mark.parametrize(("name", "options"), CASES)
def test_both_pictures(request, name, options):
    record = request.getfixturevalue(name)
    figure = record.plot(**options)
    assert isinstance(figure, Figure)
    assert "<b>" not in str(figure.to_json())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        printed = record.plot(kind="print", **options)
        assert drawn(printed).startswith(b"\x89PNG")
        ax = PrintFigure().add_subplot()
        assert record.plot(kind="print", ax=ax, **options) is ax.figure


def test_the_bars(attribution):
    for per, shares in (
        ("block", attribution.blocks()),
        ("part", dict(zip(attribution.parts, attribution.contributions.tolist(), strict=True))),
    ):
        bars, line = attribution.plot(per=per).data
        assert list(bars.x) == list(shares)
        assert list(bars.y) == list(shares.values())
        assert line.y[-1] == pytest.approx(attribution.total, abs=1e-5)
        printed = attribution.plot(kind="print", per=per).axes[0]
        drawn_bars = printed.collections[0].get_paths()
        assert [bar.vertices[1, 1] for bar in drawn_bars] == pytest.approx(list(bars.y))
    label = attribution.plot().layout.yaxis.title.text
    assert label == "logit of &#36; less that of &lt;"


def test_a_large_model_stays_a_page_wide():
    small, large = (synthetic_writes(layers, 2).plot(kind="print") for layers in (20, 80))
    assert small.get_figwidth() == large.get_figwidth() < 15
    ax = large.axes[0]
    assert len(ax.collections[0].get_paths()) == 80 * 2 + 2
    assert 30 < len(ax.get_xticks()) <= 40
    assert len(ax.get_ylabel()) < 60


def test_one_head(attention):
    for weights, wanted in (
        ("raw", attention.patterns[1, 2].numpy()),
        ("value", attention.weighted(1, 2).numpy()),
    ):
        heat: Any = attention.plot(layer=1, head=2, weights=weights).data[0]
        past = np.tril(np.ones_like(wanted, dtype=bool))
        np.testing.assert_allclose(np.array(heat.z)[past], wanted[past])
        assert np.isnan(np.array(heat.z)[~past]).all()
        image = attention.plot(kind="print", layer=1, head=2, weights=weights).axes[0].images[0]
        np.testing.assert_allclose(image.get_array().filled(-1)[past], wanted[past])


def test_all_heads_side_by_side(model):
    attention = iw.attention(model, "the capital")
    whole = np.array(attention.plot().data[0].z)
    n = len(attention.tokens)
    assert whole.shape == (3 * (n + 1), 4 * (n + 1))
    for layer in range(3):
        for head in range(4):
            row, column = (2 - layer) * (n + 1), head * (n + 1)
            corner = whole[row : row + n, column : column + n]
            pattern = attention.patterns[layer, head].numpy()
            past = np.tril(np.ones_like(pattern, dtype=bool))
            np.testing.assert_allclose(corner[past], (pattern / pattern.max())[past], rtol=1e-5)


def test_long_prompts_are_drawn_small(model):
    attention = iw.attention(model, [i + 3 for i in range(60)])
    whole = np.array(attention.plot().data[0].z)
    assert whole.shape == (3 * 33, 4 * 33)
    assert np.nanmax(whole) == 1


def long_attention(n: int) -> Attention:
    """One head that looks at exactly one earlier token from each: a line one cell wide."""
    patterns = torch.zeros(1, 1, n, n)
    patterns[0, 0, torch.arange(n), torch.arange(n) // 3] = 1
    return Attention(
        model="m",
        revision="",
        prompt="long",
        tokens=tuple(f" token{i}" for i in range(n)),
        ids=torch.arange(n),
        patterns=patterns,
        value_norms=torch.full((1, 1, n), 2.0),
        scales=torch.ones(1, n),
        check=0.0,
    )


@pytest.mark.parametrize(("n", "step"), [(49, 1), (256, 1), (257, 2), (600, 3)])
def test_one_head_of_a_long_prompt_keeps_its_lines_and_some_names(n, step):
    record = long_attention(n)
    for weights, most in (("raw", 1.0), ("value", 2.0)):
        ax = record.plot(kind="print", layer=0, head=0, weights=weights).axes[0]
        cells = ax.images[0].get_array().filled(-1)
        assert cells.shape == (-(-n // step),) * 2
        assert (cells[np.triu_indices(len(cells), 1)] == -1).all()
        assert {(i // step, i // 3 // step) for i in range(n)} == set(
            zip(*np.nonzero(cells == most), strict=True)
        )
    names = [label.get_text() for label in ax.get_xticklabels()]
    assert 6 < len(names) <= 12
    for place, name in zip(ax.get_xticks(), names, strict=True):
        assert name == f"{int(place) * step} ·token{int(place) * step}"
    figure = record.plot(layer=0, head=0)
    assert list(figure.data[0].x) == [f"{i} ·token{i}" for i in range(n)]
    assert np.array(figure.data[0].z).shape == (n, n)
    assert len(figure.to_json()) < 7 * n * n + 40 * n + 10_000  # the weights, the names, no more


def test_scores_by_layer_and_head(scores):
    for score in ("induction", "copying"):
        heat: Any = scores.plot(score=score).data[0]
        np.testing.assert_array_equal(np.array(heat.z), scores[score].numpy())
    assert heat.zmin == -1
    printed = scores.plot(kind="print", score="previous_token").axes[0]
    assert printed.texts[5].get_text() == f"{scores['previous_token'][1, 1]:.2f}"
    undefined = scores.plot(kind="print", score="successor").axes[0]
    assert len(undefined.texts) == 0


def test_what_cannot_be_drawn_is_refused(attribution, attention, scores):
    for kind in ("interactive", "print"):
        with pytest.raises(ValueError, match="per is one of block, part; got 'head'"):
            attribution.plot(kind=kind, per="head")
        with pytest.raises(ValueError, match="one head is layer and head; got layer=1, head=None"):
            attention.plot(kind=kind, layer=1)
        with pytest.raises(ValueError, match="head goes from 0 to 3 in this record; got 4"):
            attention.plot(kind=kind, layer=1, head=4)
        with pytest.raises(ValueError, match="weights is one of raw, value; got 'norm'"):
            attention.plot(kind=kind, weights="norm")
        with pytest.raises(ValueError, match=r"score is one of current_token.*got 'mover'"):
            scores.plot(kind=kind, score="mover")
