"""ResidualBus without a browser: sums, what is refused, and the model run without writers."""

from __future__ import annotations

import pytest

from interp_widgets.widgets import ResidualBus
from tests.widgets.examples import PROMPT, model


@pytest.fixture
def widget() -> ResidualBus:
    return ResidualBus(model=model(), prompt=PROMPT, answer=" Paris", distractor=" Rome")


def test_a_removed_writer_takes_exactly_its_share(widget: ResidualBus) -> None:
    share = widget.record.blocks()["L1.mlp_out"]
    widget.act({"do": "remove", "part": "L1.mlp_out"})
    assert widget.removed == ["L1.mlp_out"]
    assert widget.total == pytest.approx(widget.record.total - share, abs=1e-6)
    assert widget.undo().total == pytest.approx(widget.record.total)


def test_a_block_takes_its_heads_along(widget: ResidualBus) -> None:
    for part in ("L1.z.0", "L2.z.1", "L1.attn_out"):
        widget.act({"do": "remove", "part": part})
    assert widget.removed == ["L2.z.1", "L1.attn_out"]
    with pytest.raises(ValueError, match="as a whole"):
        widget.act({"do": "remove", "part": "L1.z.0"})


def test_the_model_runs_without_them(widget: ResidualBus) -> None:
    widget.removed = ["L0.mlp_out"]
    widget.act({"do": "run"}).wait()
    assert widget.effect["forward"] == widget.record.ablate(model(), "L0.mlp_out").forward
    assert widget.effect["frozen"] == pytest.approx(widget.total)
    widget.act({"do": "restore_all"}).wait()
    assert widget.effect == {}


def test_what_cannot_be_asked_is_refused(widget: ResidualBus) -> None:
    with pytest.raises(ValueError, match="no part here"):
        widget.removed = ["L9.mlp_out"]
    with pytest.raises(ValueError, match="token"):
        widget.act({"do": "answer", "text": " Paris Rome"})
    with pytest.raises(ValueError, match="both"):
        widget.act({"do": "answer", "text": " Rome"})
    assert widget.actions == []
    viewer = ResidualBus(widget.record, removed=["embed.token"])
    with pytest.raises(ValueError, match="needs a model"):
        viewer.act({"do": "run"})


def test_another_question_is_answered(widget: ResidualBus) -> None:
    widget.act({"do": "answer", "text": " Austin"}).wait()
    assert widget.shown["pieces"] == [" Austin", " Rome"]
    assert widget.record.pieces == (" Austin", " Rome")
