"""Pictures of a circuit: what its heads are needed for, what is missing, how it was found."""

from __future__ import annotations

import io
import warnings

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

import interp_widgets as iw
from tests.core import tiny

PAIR = "the capital of Texas is", "the city of Rome is"
TOKENS = {"answer": " Austin", "distractor": " Paris"}


@pytest.fixture(scope="module")
def model():
    return iw.load(tiny.hf_model("gpt2"), tokenizer=tiny.tokenizer())


@pytest.fixture(scope="module")
def found(model):
    return iw.find_circuit(model, *PAIR, **TOKENS)


def drawn(figure) -> bytes:
    FigureCanvasAgg(figure)
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.savefig(file, format="png")
    return file.getvalue()


def test_bars_of_what_heads_are_needed_for(found):
    bars = found.plot().data[0]
    assert list(bars.x) == list(found.names)
    assert list(bars.y) == found.minimality.tolist()
    figure = found.plot("print")
    assert drawn(figure).startswith(b"\x89PNG")
    heights = [bar.get_height() for bar in figure.axes[0].containers[0]]
    assert heights == found.minimality.tolist()
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == list(found.names)


def test_sets_taken_from_circuit_and_model(found):
    points, diagonal = found.plot(of="completeness").data
    assert list(points.x) == found.share(found.rest_values).tolist()
    assert list(points.y) == found.share(found.kept_values).tolist()
    assert points.customdata[0] == found.names[0]
    assert list(diagonal.x) == list(diagonal.y)
    assert min(diagonal.x) <= min(*points.x, *points.y, 0)
    figure = found.plot("print", of="completeness")
    assert drawn(figure).startswith(b"\x89PNG")
    assert figure.axes[0].collections[0].get_offsets()[:, 1].tolist() == list(points.y)


def test_the_way_of_a_search(found):
    line = found.plot(of="search").data[0]
    assert list(zip(line.x, line.y, strict=True)) == found.search
    assert line.customdata[0] == "no head"
    figure = found.plot("print", of="search")
    assert drawn(figure).startswith(b"\x89PNG")
    assert list(figure.axes[0].lines[0].get_ydata()) == list(line.y)


def test_partial_and_empty_records(model):
    first = next(iw.iter_circuit(model, *PAIR, [(0, 1), (2, 2)], **TOKENS))
    none = iw.circuit(model, *PAIR, [], **TOKENS)
    for record in (first, none):
        for of in ("minimality", "completeness"):
            record.plot(of=of)
            assert drawn(record.plot("print", of=of)).startswith(b"\x89PNG")


def test_views_that_are_none(found, model):
    for kind in ("interactive", "print"):
        with pytest.raises(ValueError, match="of= is one of 'minimality'"):
            found.plot(kind, of="faithfulness")
        with pytest.raises(ValueError, match="was given, not searched for"):
            iw.circuit(model, *PAIR, [(0, 1)], **TOKENS).plot(kind, of="search")
