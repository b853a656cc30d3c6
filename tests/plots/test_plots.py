"""Pictures of records: whole, labelled, and unmoved by what tokens contain."""

from __future__ import annotations

import io
import warnings
from typing import Any

import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as PrintFigure
from plotly.graph_objects import Figure

import interp_widgets as iw
from interp_widgets.core.cache import ActivationCache
from interp_widgets.plots import theme
from tests.core import tiny

NASTY = "the $x$ $$ <b>bold</b> &amp; \n\t \\$ {y} %{text} \x18"


@pytest.fixture(scope="module")
def model():
    return iw.load(tiny.hf_model("gpt2"), tokenizer=tiny.tokenizer())


@pytest.fixture(scope="module", params=["lens", "cache"])
def record(request, model):
    if request.param == "lens":
        return iw.logit_lens(model, NASTY)
    return iw.cache(model, [NASTY, "the"], ["L*.resid_pre", "L0.pattern"])


def drawn(figure: PrintFigure) -> bytes:
    """The figure as a PNG; Matplotlib raises here if it takes a label for mathematics."""
    FigureCanvasAgg(figure)
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def test_the_interactive_picture(record):
    figure = record.plot()
    assert isinstance(figure, Figure)
    heat: Any = figure.data[0]
    assert len(heat.y) == len(heat.z)
    assert len(figure.layout.xaxis.ticktext) == len(heat.z[0])
    labels = [*figure.layout.xaxis.ticktext, figure.layout.title.text]
    assert not any(set("$<") & set(label) for label in labels)
    assert "<b>" not in str(figure.to_json())


def test_the_printed_picture(record):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = record.plot(kind="print")
        assert isinstance(figure, PrintFigure)
        assert drawn(figure).startswith(b"\x89PNG")
    shown = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    tokens = record.tokens if isinstance(record.tokens[0], str) else record.tokens[0]
    assert shown == [theme.matplotlib_text(token) for token in tokens]


def test_no_figure_is_shown_or_kept(record):
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    record.plot(kind="print")
    assert plt.get_fignums() == before


def test_the_cells_of_a_lens(model):
    record = iw.logit_lens(model, "the capital", k=4)
    heat = record.plot().data[0]
    assert heat.z[3][1] == pytest.approx(float(record.top_probs[3, 1, 0]))
    assert heat.text[3][1] == theme.plotly_text(record.vocab[int(record.top_ids[3, 1, 0])])
    assert heat.customdata[3][1].count("<br>") == 3
    assert list(heat.y) == list(record.rows)
    for colour in ("entropy", "kl"):
        values = torch.tensor(record.plot(colour=colour).data[0].z)
        torch.testing.assert_close(values, getattr(record, colour))
        record.plot(kind="print", colour=colour)
    tracked = iw.logit_lens(model, "the capital", track=[" of", " city"])
    for rank_of, ranks in (
        (" city", tracked.track_ranks[..., 1]),
        (None, tracked.line_ranks[..., 0]),
    ):
        values = torch.tensor(tracked.plot(colour="rank", rank_of=rank_of).data[0].z)
        torch.testing.assert_close(10**values - 1, ranks.to(values), atol=1e-4, rtol=1e-4)
        drawn(tracked.plot(kind="print", colour="rank", rank_of=rank_of))
    ax = PrintFigure().add_subplot()
    assert record.plot(kind="print", ax=ax) is ax.figure


def test_the_cells_of_a_cache(model):
    cache = iw.cache(model, "the capital", ["L1.resid_pre", "embed"])
    heat = cache.plot().data[0]
    assert list(heat.y) == ["L1.resid_pre", "embed"]
    assert heat.z[0][2] == pytest.approx(cache["L1.resid_pre"][2].norm().item())
    assert isinstance(cache, ActivationCache)


def test_letters_that_no_font_has_are_written_as_escapes(model):
    assert theme.matplotlib_text(" é中🦓") == "·é\\u4e2d\\U01f993"
    record = iw.logit_lens(model, "the 🦓 中国 of")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn(record.plot(kind="print"))


def test_what_cannot_be_drawn_is_refused(model):
    record = iw.logit_lens(model, "the")
    with pytest.raises(ValueError, match=r"'interactive'.*'print'.*got 'svg'"):
        record.plot(kind="svg")
    for kind in ("interactive", "print"):
        with pytest.raises(
            ValueError, match="colour is one of probability, entropy, kl, rank; got 'red'"
        ):
            record.plot(kind=kind, colour="red")
        with pytest.raises(ValueError, match="rank_of= is a tracked token; got ' of', tracked: no"):
            record.plot(kind=kind, colour="rank", rank_of=" of")


def test_tokens_show_their_white_space():
    assert theme.visible(" Austin") == "·Austin"
    assert theme.visible("\n\t") == "↵⇥"
    assert theme.visible("\x18") == "\\x18"
    assert theme.visible("a\u200bb") == "a\\u200bb"
    assert theme.visible("") == "∅"
    assert theme.plotly_text("'\"&<$") == "'\"&amp;&lt;&#36;"
    assert theme.matplotlib_text("$x$") == r"\$x\$"
