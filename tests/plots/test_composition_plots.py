"""Pictures of composition and of one head's circuits: whole, labelled, and around zero."""

from __future__ import annotations

import io
import warnings

import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg

import interp_widgets as iw
from interp_widgets.plots import theme
from tests.core import tiny


@pytest.fixture(scope="module")
def model():
    return iw.load(tiny.hf_model("gpt2"), tokenizer=tiny.tokenizer())


def drawn(figure) -> bytes:
    FigureCanvasAgg(figure)
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.savefig(file, format="png")
    return file.getvalue()


@pytest.mark.parametrize("kind", ["q", "k", "v"])
def test_composition(model, kind):
    record = iw.composition(model)
    trace = record.plot(of=kind).data[0]
    wanted = record.excess[record.kinds.index(kind)].reshape(12, 12)
    torch.testing.assert_close(torch.tensor(trace.z).float(), wanted, equal_nan=True)
    assert trace.zmax == -trace.zmin == pytest.approx(float(wanted.nan_to_num(0).abs().max()))
    assert trace.customdata[5][9] == "1.1 → 2.1"
    figure = record.plot("print", of=kind)
    assert drawn(figure).startswith(b"\x89PNG")
    image = torch.from_numpy(figure.axes[0].images[0].get_array().filled(float("nan")))
    torch.testing.assert_close(image, wanted, equal_nan=True)
    assert f"{record.baseline:.2f}" in figure.axes[1].get_ylabel()


def test_composition_before_anything_is_known(model):
    record = next(iw.iter_composition(model))
    assert record.scores.isnan().all()
    assert drawn(record.plot("print")).startswith(b"\x89PNG")
    record.plot()


def test_a_kind_that_is_none(model):
    for kind in ("interactive", "print"):
        with pytest.raises(ValueError, match="of= is one of 'q', 'k', 'v'; got 'ov'"):
            iw.composition(model).plot(kind, of="ov")


def test_circuits_of_a_head(model):
    record = iw.head_circuit(model, 1, 2, "the $x$ <b>of</b> Texas")
    figure = record.plot()
    for trace, values in zip(figure.data, (record.ov, record.qk), strict=True):
        torch.testing.assert_close(torch.tensor(trace.z).float(), values)
        assert trace.zmax == -trace.zmin == pytest.approx(float(values.abs().max()))
    labels = figure.layout.xaxis.ticktext
    assert labels == tuple(theme.plotly_text(token) for token in record.tokens)
    assert not any(set("$<") & set(label) for label in labels)
    printed = record.plot("print")
    assert drawn(printed).startswith(b"\x89PNG")
    shown = [label.get_text() for label in printed.axes[0].get_yticklabels()]
    assert shown == [theme.matplotlib_text(token) for token in record.tokens]
    torch.testing.assert_close(
        torch.from_numpy(printed.axes[1].images[0].get_array().data), record.qk
    )
