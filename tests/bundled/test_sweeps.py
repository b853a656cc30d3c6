"""The sweep that ships belongs to the weights that ship, and says what lesson 04 says."""

from __future__ import annotations

import pytest
import torch

import interp_widgets as iw
from interp_widgets.bundled import sweeps


def test_the_table_that_ships_is_of_these_weights(tmp_path):
    """Whole, small, written as it is read, and its losses are those of the model that ships."""
    sweep = iw.sae_sweep()
    points = list(zip(sweep.variants, sweep.widths, sweep.settings, strict=True))
    assert points == sweeps.POINTS
    assert not sweep.values.isnan().any()
    assert sweeps.RECORDED.stat().st_size <= 100_000
    sweeps.write(sweep, tmp_path / "again.json")
    assert (tmp_path / "again.json").read_text() == sweeps.RECORDED.read_text()
    model = iw.load()
    nothing = iw.SAE(
        torch.zeros(model.d_model, 1),
        torch.zeros(1),
        torch.zeros(1, model.d_model),
        torch.zeros(model.d_model),
    )
    judged = iw.evaluate_sae(model, nothing, sweeps.held_out(), sweep.site)
    assert judged.tokens == sweep.held_out
    assert judged.ce_clean == pytest.approx(sweep.ce_clean, abs=2e-3)
    assert judged.ce_sae == pytest.approx(sweep.ce_ablated, abs=2e-3)


def test_what_lesson_04_says_of_it():
    """At equal sparsity TopK is at least as faithful as ReLU with L1, whose codes shrink."""
    sweep = iw.sae_sweep()
    l0, fve, shrinkage = sweep["l0"], sweep["fve"], sweep["shrinkage"]
    relu, topk = (sweep.where(variant, 512) for variant in ("relu", "topk"))
    for i in relu:
        sparser = [j for j in topk if l0[j] <= l0[i]]
        if sparser:
            assert float(max(fve[j] for j in sparser)) > float(fve[i]) - 0.03
    assert float(shrinkage[relu].max()) < 1
    assert float(shrinkage[relu].min()) < 0.96
    wide = sweep.where("topk")
    ladder = sorted((sweep.widths[i], float(fve[i])) for i in wide if sweep.settings[i] == 16)
    *rising, widest = [value for _, value in ladder]
    assert rising == sorted(rising)
    assert widest < rising[-1] + 0.01  # the same training no longer does for it: returns diminish
