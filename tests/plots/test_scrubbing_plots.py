"""Pictures of scrubbing: a line for each prompt, and one for the mean."""

from __future__ import annotations

import io
import warnings

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

import interp_widgets as iw
from tests.core import tiny

PROMPTS = ["the $x$ <b>of</b> Texas is", "the $y$ <b>of</b> Dallas is", "a $x$ <b>of</b> Rome is"]


@pytest.fixture(scope="module")
def model():
    return iw.load(tiny.hf_model("gpt2"), tokenizer=tiny.tokenizer())


def steps(model):
    return iw.iter_causal_scrubbing(model, PROMPTS, {"L1.z.2": str}, " Austin", " Paris", samples=6)


def drawn(figure) -> bytes:
    FigureCanvasAgg(figure)
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.savefig(file, format="png")
    return file.getvalue()


def test_both_pictures(model):
    *_, record = steps(model)
    traces = record.plot().data
    assert len(traces) == 4
    means = [record.random, record.scrubbed, record.clean]
    assert list(traces[-1].y) == means
    assert [trace.y[2] for trace in traces[:3]] == record.clean_values.tolist()
    assert not any("<b>" in trace.hovertemplate for trace in traces)
    figure = record.plot("print")
    assert drawn(figure).startswith(b"\x89PNG")
    lines = figure.axes[0].lines
    assert len(lines) == 4
    assert list(lines[-1].get_ydata()) == means
    assert f"score {record.score:.2f}" in figure.axes[0].get_title(loc="left")
    assert "(logits)" in figure.axes[0].get_ylabel()


def test_a_partial_record(model):
    first = next(steps(model))
    assert first.values.isnan().all()
    first.plot()
    assert drawn(first.plot("print")).startswith(b"\x89PNG")
