"""The three runs behind a cell: against plain hooks, and against the sweep's own number."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.hooks import captured, hooked
from interp_widgets.core.patching.patched_run import patched_run
from interp_widgets.core.sites import expand
from tests.core.tiny import hf_model, tokenizer

CLEAN, CORRUPT = "the capital of Texas is", "the city of Rome is"


def tiny(name: str) -> Any:
    return iw.load(hf_model(name, dtype=torch.float64), tokenizer=tokenizer())


def by_hand(model: Any, site: str, pos: int, direction: str) -> torch.Tensor:
    """The patched run with one hook on a whole forward."""
    base, donor = model.ids(CORRUPT)[None], model.ids(CLEAN)[None]
    if direction == "noise":
        base, donor = donor, base
    with captured(model, [site]) as held:
        model.logits(donor)
    value = held[expand(site, model.n_layers)[0]]

    def patch(x: torch.Tensor) -> torch.Tensor:
        new = x.clone()
        new[:, pos] = value[:, pos]
        return new

    with hooked(model, {site: patch}):
        return model.logits(base)[0, -1]


@pytest.mark.parametrize("name", ["gpt2", "llama", "gpt_neox"])
@pytest.mark.parametrize("direction", ["denoise", "noise"])
def test_it_is_a_hooked_forward(name: str, direction: str) -> None:
    model = tiny(name)
    for site, pos in (("L1.resid_pre", 2), ("L2.attn_out", -1), ("L0.mlp_out", 4), ("L1.z.3", 3)):
        runs = patched_run(model, CLEAN, CORRUPT, iw.Patch(site, pos), direction)
        wanted = by_hand(model, site, pos, direction)
        torch.testing.assert_close(runs.patched, wanted.float(), atol=1e-5, rtol=0)
        for run, prompt in ((runs.clean, CLEAN), (runs.corrupt, CORRUPT)):
            wanted = model.logits(model.ids(prompt)[None])[0, -1]
            torch.testing.assert_close(run, wanted.float(), atol=1e-5, rtol=0)


def test_the_sweep_reads_its_number_from_the_same_logits() -> None:
    model = tiny("gpt2")
    grid = iw.activation_patching(model, CLEAN, CORRUPT, " Austin", " Paris", site="z", per="head")
    answer, distractor = model.token_id(" Austin"), model.token_id(" Paris")
    said = patched_run(model, CLEAN, CORRUPT, "L1.z.2").patched
    assert float(said[answer] - said[distractor]) == pytest.approx(
        float(grid.values[0, 1, 2]), abs=1e-5
    )


def test_top_tokens_are_the_models_own() -> None:
    model = tiny("gpt2")
    runs = patched_run(model, CLEAN, CORRUPT, "L0.resid_pre")  # the whole stream
    for run, prompt in (("clean", CLEAN), ("corrupt", CORRUPT), ("patched", CLEAN)):
        wanted = model.top_tokens(prompt, 4)
        found = runs.top_tokens(run, 4)
        assert [piece for piece, _ in found] == [piece for piece, _ in wanted]
        assert [p for _, p in found] == pytest.approx([p for _, p in wanted], abs=1e-6)


def test_aligned_prompts_and_cells_without_a_partner() -> None:
    model = tiny("gpt2")
    longer = "the city of the capital of Texas is"
    runs = patched_run(model, longer, CLEAN, iw.Patch("L0.resid_pre", -1), align="diff")
    assert not torch.equal(runs.patched, runs.corrupt)
    alone = patched_run(model, longer, CLEAN, iw.Patch("L0.resid_pre", 2), "noise", align="diff")
    assert torch.equal(alone.patched, alone.clean)
    assert not torch.equal(alone.corrupt, alone.clean)


def test_what_cannot_be_run_is_refused() -> None:
    model = tiny("gpt2")
    runs = patched_run(model, CLEAN, CORRUPT, "L0.resid_pre")
    with pytest.raises(ValueError, match="clean, corrupt, patched"):
        runs.top_tokens("both")
    with pytest.raises(ValueError, match="k goes from 1"):
        runs.top_tokens("clean", 0)
    with pytest.raises(ValueError, match="do not correspond"):
        patched_run(model, CLEAN, "the city", "L0.resid_pre")
    with pytest.raises(ValueError, match="direction="):
        patched_run(model, CLEAN, CORRUPT, "L0.resid_pre", "up")
