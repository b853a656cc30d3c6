"""Pictures of a training: the numbers of the record, and where something was changed."""

from __future__ import annotations

import pytest

import interp_widgets as iw
from tests.core.test_sae_training import small


@pytest.fixture(scope="module")
def record() -> iw.Training:
    run = small()
    run.train(30)
    run.set(k=2)
    return run.train().record


def test_plotly(record):
    figure = record.plot()
    curves = {curve.name: curve for curve in figure.data}
    assert list(curves) == ["loss", "squared error", "variance explained", "latents dead", "L0"]
    assert list(curves["L0"].x) == list(range(1, 61))
    assert list(curves["L0"].y) == record["l0"].tolist()
    assert [a.text for a in figure.layout.annotations] == ["k 3 → 2"]
    assert [line.x0 for line in figure.layout.shapes] == [30, 30, 30]


def test_matplotlib(record):
    figure = record.plot(kind="print")
    loss, shares, sparsity = figure.axes
    assert [line.get_label() for line in loss.lines][:2] == ["loss", "squared error"]
    assert shares.lines[0].get_ydata().tolist() == record["fve"].tolist()
    assert sparsity.lines[0].get_ydata().tolist() == record["l0"].tolist()
    assert [text.get_text() for text in loss.texts] == ["k 3 → 2"]
    figure.canvas.draw()


def test_before_the_first_step():
    record = small().record
    assert len(record.plot().data) == 5
    record.plot(kind="print").canvas.draw()
