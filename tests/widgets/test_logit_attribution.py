"""ResidualBus without a browser: sums, what is refused, and the model run without writers."""

from __future__ import annotations

import numpy as np
import pytest

from interp_widgets.widgets import ResidualBus
from tests.widgets.examples import PROMPT, model
from tests.widgets.synthetic import synthetic_writes, unpack
from tests.widgets.test_contract import wire_bytes


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
    with pytest.raises(ValueError, match="needs a model"):
        viewer.ran = ["embed.token"]
    with pytest.raises(ValueError, match="needs a model"):
        ResidualBus(widget.record, ran=["embed.token"])
    assert viewer.ran == []


def test_another_question_is_answered(widget: ResidualBus) -> None:
    widget.act({"do": "answer", "text": " Austin"}).wait()
    assert widget.shown["pieces"] == [" Austin", " Rome"]
    assert widget.record.pieces == (" Austin", " Rome")


def likeliest(prompt: str) -> list[str]:
    """What could be typed: half a character, which the tokenizer writes as a byte, could not."""
    best = [token for token, _ in model().top_tokens(prompt, 10)]
    return [token for token in best if not token.startswith("<0x")]


def test_the_page_gets_every_share_and_what_could_be_asked(widget: ResidualBus) -> None:
    shown, record = widget.shown, widget.record
    assert [unpack(sent).tolist() for sent in shown["planes"]] == [
        record.contributions.tolist(),
        record.norms.tolist(),
    ]
    assert sum(parts for _, parts in shown["blocks"]) == len(shown["names"])
    assert shown["likeliest"] == likeliest(PROMPT)
    widget.act({"do": "prompt", "side": 0, "text": "the city of zzz"}).wait()
    assert widget.shown["unknown"] == [[12, 15]]
    assert widget.shown["likeliest"] == likeliest("the city of zzz")
    viewer = ResidualBus(record)
    assert (viewer.shown["likeliest"], viewer.shown["unknown"]) == ([], [])


def test_a_large_model_is_a_small_message() -> None:
    viewer = ResidualBus(synthetic_writes(80, 64))
    assert len(viewer.record.parts) == 80 * 66 + 3
    assert wire_bytes(viewer) < 120_000
    shares = unpack(viewer.shown["planes"][0])
    assert np.isclose(shares.sum(), viewer.total, atol=1e-3)
    viewer.act({"do": "remove", "part": "L40.attn_out"})
    assert viewer.total == pytest.approx(
        viewer.record.total - viewer.record.blocks()["L40.attn_out"]
    )
