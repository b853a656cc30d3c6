"""Training: batches are a function of seed and step, and a resumed run is an unbroken one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

from interp_widgets.bundled import model as shapes
from interp_widgets.bundled import tokenizer as tokenizers
from interp_widgets.bundled import train
from interp_widgets.bundled.batches import batch
from interp_widgets.bundled.optimizer import orthogonalise

TINY = train.Recipe(steps=8, rows=2, length=32, layers=3, width=32, mlp=64)


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return tokenizers.build()


def test_batches_repeat_and_every_fourth_is_as_long_as_the_context(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    encoder = tokenizers.fast_encoder(tokenizer)
    ids, weights = batch(encoder, seed=0, step=3)
    assert ids.shape == weights.shape == (20, tokenizers.CONTEXT)
    assert batch(encoder, seed=0, step=4)[0].shape == (40, 64)
    assert torch.equal(ids, batch(encoder, seed=0, step=3)[0])
    assert (ids[:, 0] == encoder.bos).all()


def test_a_resumed_run_equals_an_unbroken_one(
    tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    unbroken = train.Run(TINY, tokenizer)
    train.train(unbroken, tmp_path / "a")
    broken = train.Run(TINY, tokenizer)
    with shapes.fused_attention(broken.model):
        for _ in range(5):
            broken.train_step()
    broken.save_state(tmp_path / "b")
    resumed = train.Run(TINY, tokenizer)
    resumed.resume(tmp_path / "b")
    train.train(resumed, tmp_path / "b")
    for a, b in zip(unbroken.model.parameters(), resumed.model.parameters(), strict=True):
        assert torch.equal(a, b)


def test_resuming_with_another_recipe_is_refused(
    tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    train.Run(TINY, tokenizer).save_state(tmp_path)
    with pytest.raises(ValueError, match="resume with the same"):
        train.Run(replace(TINY, seed=1), tokenizer).resume(tmp_path)


def test_a_few_steps_lower_the_loss(tokenizer: PreTrainedTokenizerFast) -> None:
    run = train.Run(replace(TINY, steps=60), tokenizer)
    losses = [run.train_step() for _ in range(60)]
    assert sum(losses[-5:]) < 0.95 * sum(losses[:5])


def test_training_kernels_compute_what_the_stock_ones_do(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    model = shapes.build(shapes.config(len(tokenizer)), seed=0)
    ids, _ = batch(tokenizers.fast_encoder(tokenizer), seed=0, step=0, rows=2)
    stock = model(ids).logits
    with shapes.fused_attention(model):
        fused = model(ids).logits
    assert (stock - fused).abs().max() < 1e-4
    assert torch.equal(model(ids).logits, stock)


def test_a_saved_model_loads_with_the_stock_classes(
    tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    run = train.Run(TINY, tokenizer)
    train.save_model(run.model, tokenizer, tmp_path)
    again = AutoModelForCausalLM.from_pretrained(tmp_path)
    ids = torch.tensor([tokenizer("The capital of Texas is")["input_ids"]])
    assert torch.equal(again(ids).logits, run.model.eval()(ids).logits)


def test_orthogonalise_brings_singular_values_near_one() -> None:
    matrices = torch.randn(2, 40, 24, generator=torch.Generator().manual_seed(0))
    values = torch.linalg.svdvals(orthogonalise(matrices))
    assert values.min() > 0.6
    assert values.max() < 1.3


def test_the_schedule_warms_up_holds_and_decays() -> None:
    rates = [train.schedule(step, 1000) for step in range(1000)]
    assert rates[0] == pytest.approx(0.01)
    assert rates[100:550] == [1.0] * 450
    assert rates[-1] == pytest.approx(0.02, abs=0.005)
    assert rates[550:] == sorted(rates[550:], reverse=True)
