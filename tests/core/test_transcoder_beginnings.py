"""Where a transcoder's training starts: latents that write what goes with them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import interp_widgets as iw
from interp_widgets.bundled.lenses import texts
from interp_widgets.core.dictionary import initial
from interp_widgets.core.dictionary.activations import activation_source
from interp_widgets.core.dictionary.variants import VARIANTS, make_variant

D_IN, D_OUT, LATENTS = 6, 9, 40


def pairs(count: int = 2000) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs far from 0 ``[token, 6]``, and a bent map of them ``[token, 9]``, also far from 0."""
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(count, D_IN, generator=generator)
    first, then = (torch.randn(*shape, generator=generator) for shape in ((6, 20), (20, 9)))
    return x + 5, (x @ first).relu() @ then / 10 - 2


def begun(
    bias: str = "mean", latents: int = LATENTS, k: int | None = None
) -> tuple[dict[str, torch.Tensor], ...]:
    x, y = pairs()
    generator = torch.Generator().manual_seed(0)
    made = initial.wired(latents, x, y, 1.0, bias, generator, k)
    return {name: value.detach() for name, value in made.items()}, {"x": x, "y": y}


def test_each_latent_fires_seldom_and_writes_what_goes_with_its_codes():
    made, data = begun()
    codes = (data["x"] @ made["W_enc"] + made["b_enc"]).relu()
    share = (codes > 0).float().mean(0)
    assert 0.04 < share.min() < share.max() < 0.2
    for latent in range(LATENTS):
        covariance = np.cov(codes[:, latent].double(), data["y"].double(), rowvar=False)[0, 1:]
        direction = covariance / np.linalg.norm(covariance)
        np.testing.assert_allclose(made["W_dec"][latent], direction, atol=1e-4)


@pytest.mark.parametrize("k", [None, 2])
def test_the_first_prediction_has_the_right_mean_and_length(k):
    made, data = begun(k=k)
    x, y = (rows[:512] for rows in data.values())
    codes = (x @ made["W_enc"] + made["b_enc"]).relu()
    if k is not None:
        codes = codes * (codes >= codes.sort(1).values[:, -k, None])
    written = codes @ made["W_dec"]
    whole = data["y"].mean(0)
    torch.testing.assert_close(made["b_dec"] + written.mean(0), whole, atol=1e-4, rtol=1e-4)
    moved, wanted = written - written.mean(0), y - whole
    errors = [float((wanted - factor * moved).square().sum()) for factor in (0.9, 1.0, 1.1)]
    assert errors[1] < min(errors[0], errors[2])
    assert errors[1] < 0.7 * float(wanted.square().sum())  # before anything is learned


def test_a_bias_of_zero_stays_zero_and_a_median_is_one():
    assert not begun("zero")[0]["b_dec"].any()
    (mean, data), (median, _) = begun(), begun("geometric_median")
    between = initial.geometric_median(data["y"]) - data["y"].mean(0)
    assert between.norm() > 0.01
    torch.testing.assert_close(median["b_dec"] - mean["b_dec"], between, atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("name", VARIANTS)
def test_what_tells_nothing_begins_finite(name):
    x, y = pairs(50)
    for sample, target in ((torch.ones(50, D_IN), y), (x, torch.ones(50, D_OUT)), (x, y)):
        for latents in (4, 64):
            objective = make_variant(name)
            objective.suit(D_IN, latents)
            made = objective.parameters(D_IN, latents, sample, None, target)
            assert all(bool(value.isfinite().all()) for value in made.values())


def test_targets_that_nothing_can_be_learned_from_are_refused():
    x, y = pairs(50)
    y[3, 2] = torch.nan
    with pytest.raises(ValueError, match="1 of 50 rows"):
        initial.wired(LATENTS, x, y, 1.0, "mean", None)
    with pytest.raises(ValueError, match="b_dec starts as one of mean"):
        initial.wired(LATENTS, x, x, 1.0, "middle", None)


def test_few_latents_do_not_begin_silent():
    """A tenth of the tokens each would leave most of them unread: .29 instead of .48."""
    x, y = pairs()
    run = iw.train_sae(x, target=y, variant="relu", d_sae=4, l1=0.01, steps=300, batch_size=256)
    assert run.train().history["fve"][-10:].mean() > 0.4
    made, data = begun(latents=4)
    share = ((data["x"] @ made["W_enc"] + made["b_enc"]) > 0).float().mean(0)
    assert 0.4 < share.min() < share.max() < 0.6


@pytest.mark.parametrize(("variant", "least"), [("relu", 0.9), ("topk", 0.8), ("jumprelu", 0.9)])
def test_an_mlp_of_the_course_model_is_learned_in_seconds(variant, least):
    """Nine tenths of the length of its inputs is their mean, which no latent is to read."""
    source = activation_source(iw.load(), "L3.mlp_in", list(texts(0, 250)), "L3.mlp_out")
    x, y = source.sample(1 << 20)
    cut = len(x) * 4 // 5
    settings = {"d_sae": 256, "batch_size": 256, "k": 8 if variant == "topk" else None}
    sae = iw.train_sae(x[:cut], target=y[:cut], variant=variant, steps=250, **settings).train().sae
    missed = (y[cut:] - sae(x[cut:])).square().sum()
    assert 1 - missed / (y[cut:] - y[cut:].mean(0)).square().sum() > least
    silent = ~(sae.encode(x[cut:]) > 0).any(0)
    assert silent.float().mean() < 0.25
    folded = sae.fold_normalization()
    torch.testing.assert_close(folded(x[cut:]), sae(x[cut:]), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(folded.encode(x[cut:]), sae.encode(x[cut:]), atol=1e-4, rtol=1e-4)
