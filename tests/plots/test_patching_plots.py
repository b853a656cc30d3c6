"""Pictures of patching: bars for one axis, a heat map around zero for more, whole and labelled."""

from __future__ import annotations

import io
import warnings

import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg

import interp_widgets as iw
from interp_widgets.plots import theme
from interp_widgets.plots.patching import plot_layers
from tests.core import tiny

CLEAN, CORRUPT = "the $x$ <b>of</b> Texas is", "the $y$ <b>of</b> Dallas is"


@pytest.fixture(scope="module")
def model():
    return iw.load(tiny.hf_model("gpt2"), tokenizer=tiny.tokenizer())


def patched(model, **options):
    given = {"answer": " Austin", "distractor": " Rome"} | options
    return iw.activation_patching(model, CLEAN, CORRUPT, **given)


def drawn(figure) -> bytes:
    FigureCanvasAgg(figure)
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


@pytest.mark.parametrize(
    ("site", "per"),
    [("resid_pre", "position"), ("z", "head"), ("z", "head_position"), ("mlp_out", "layer")],
)
def test_both_pictures_of_every_shape(model, site, per):
    record = patched(model, site=site, per=per)
    trace = record.plot().data[0]
    if per == "layer":
        assert torch.tensor(trace.y).double().allclose(record.recovery)
        assert trace.type == "bar"
    else:
        rows = record.recovery.flatten(0, -2)
        assert torch.tensor(trace.z).double().allclose(rows)
        assert trace.zmin == -trace.zmax == -float(rows.abs().max())
        assert len(trace.y) == len(rows)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = record.plot(kind="print")
        assert drawn(figure).startswith(b"\x89PNG")
    shown = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert shown == [theme.matplotlib_text(name) for name in record.labels[-1]]


def test_tokens_are_no_markup(model):
    figure = patched(model).plot()
    labels = [*figure.layout.xaxis.ticktext, figure.layout.title.text]
    assert not any(set("$<") & set(label) for label in labels)
    assert "<b>" not in str(figure.to_json())


def test_an_interval_is_drawn_for_several_pairs(model):
    one = patched(model, site="z", per="layer").plot().data[0]
    assert one.error_y.visible is False
    pairs = ["the capital of Texas is", "the city of Paris is", "the state of Austin is"]
    others = ["the capital of Rome is", "the city of Dallas is", "the state of Paris is"]
    record = iw.activation_patching(model, pairs, others, " Austin", " Rome", "z", "layer")
    bars = record.plot(of="effect").data[0]
    low, high = record.interval()
    assert torch.tensor(bars.error_y.array).double().allclose(high - record.effect)
    assert torch.tensor(bars.error_y.arrayminus).double().allclose(record.effect - low)
    figure = record.plot(kind="print", of="effect")
    assert len(figure.axes[0].containers) == 2  # the bars and their intervals


def test_a_partial_record_and_one_without_a_scale(model):
    partial = next(
        iw.iter_activation_patching(model, CLEAN, CORRUPT, answer=" Austin", distractor=" Rome")
    )
    assert partial.recovery.isnan().any()
    assert drawn(partial.plot(kind="print")).startswith(b"\x89PNG")
    same = iw.activation_patching(model, CLEAN, CLEAN, answer=" Austin", distractor=" Rome")
    assert same.recovery.isnan().all()
    assert torch.tensor(same.plot().data[0].z).abs().max() == 0  # the effect


def test_bad_options(model):
    with pytest.raises(ValueError, match="of= is 'effect' or 'recovery'"):
        patched(model).plot(of="value")


def test_layers_as_the_widget_draws_them():
    nan = float("nan")
    bars, estimate = torch.tensor([0.5, -0.2, nan]), torch.tensor([0.4, 0.1, 0.3])
    interval = torch.tensor([[0.2, nan, nan], [0.7, nan, nan]])
    figure = plot_layers(bars, estimate, interval, "a $b$ c", ("corrupt", "clean"))
    assert drawn(figure).startswith(b"\x89PNG")
    hollow, filled = (
        [bar.get_height() for bar in group] for group in figure.axes[0].containers[:2]
    )
    assert filled[:2] == pytest.approx([0.5, -0.2])
    assert hollow[2] == pytest.approx(0.3)
    assert [text.get_text() for text in figure.axes[0].texts] == ["0.50", "-0.20", "0.30"]
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["corrupt 0", "0.5", "clean 1"]
    assert figure.axes[0].get_title(loc="left") == r"a \$b\$ c"
