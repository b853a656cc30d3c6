"""Where training starts, what objectives are asked for, and what they refuse."""

from __future__ import annotations

import pytest
import torch

from interp_widgets.core.dictionary import initial
from interp_widgets.core.dictionary.variants import VARIANTS, LossState, convert_l1, make_variant
from tests.core.test_sae_variants import HYPER, WIDTH, D, begun, rows

QUIET = ("relu", "relu_unit", "jumprelu")


def test_another_convention_has_the_same_optimum():
    objective, p = begun("relu")
    x = rows()
    loss = objective.loss(p, x, x, LossState())
    mean_l1, both_l1 = (
        convert_l1(0.2, D, WIDTH, given="sum", wanted=name) for name in ("mean", "mean_of_both")
    )
    mean = loss.mse / D + mean_l1 * loss.sparsity
    both = loss.mse / D + both_l1 * loss.sparsity / WIDTH
    torch.testing.assert_close(mean * D, loss.total.detach())
    torch.testing.assert_close(both * D, loss.total.detach())
    assert convert_l1(both_l1, D, WIDTH, "mean_of_both", "sum") == pytest.approx(0.2)
    with pytest.raises(ValueError, match="one of sum, mean, mean_of_both; got 'median'"):
        convert_l1(1.0, D, WIDTH, "median")


def test_training_starts_at_tied_directions_amid_the_data():
    for name in VARIANTS:
        objective = make_variant(name)
        sample = rows(400).float()
        made = objective.parameters(D, 64, sample, torch.Generator().manual_seed(1))
        factor = made["W_enc"].norm() / made["W_dec"].norm()
        assert name not in ("gated", "relu", "jumprelu_tanh") or factor == 1
        torch.testing.assert_close(made["W_enc"], made["W_dec"].T * factor)
        assert made["W_enc"].data_ptr() != made["W_dec"].data_ptr()
        assert made["W_enc"].T.is_contiguous()
        length = torch.full((64,), 1.0 if objective.unit_norm else 0.1)
        if name == "relu":  # a length of its own, fitted
            length = made["W_dec"].norm(dim=1).mean().expand(64)
        torch.testing.assert_close(made["W_dec"].norm(dim=1), length)
        torch.testing.assert_close(made["b_dec"].detach(), sample.mean(0))
        again = objective.parameters(D, 64, sample, torch.Generator().manual_seed(1))
        assert torch.equal(again["W_dec"], made["W_dec"])
    zero = make_variant("topk", b_dec="zero").parameters(D, 64, sample)
    assert zero["b_dec"].abs().max() == 0
    apart = make_variant("topk", center=False).parameters(D, 64, sample)
    assert apart["b_dec"].abs().max() == 0


@pytest.mark.parametrize("name", ["topk", "batchtopk", "matryoshka"])
def test_the_first_reconstruction_has_the_right_length(name):
    """No factor on the encoder would make the error of the sample smaller."""
    sample = rows(400).float()
    objective = make_variant(name, k=8)
    made = objective.parameters(D, 64, sample, torch.Generator().manual_seed(1))

    @torch.no_grad()
    def error(factor: float) -> float:
        pre = (sample - made["b_dec"]) @ made["W_enc"] * factor
        values, indices = pre.topk(8, dim=1)
        codes = torch.zeros_like(pre).scatter(1, indices, values.relu())
        return float((sample - made["b_dec"] - codes @ made["W_dec"]).square().sum())

    assert error(1.0) < min(error(0.9), error(1.1))


@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("name", QUIET)
def test_latents_begin_quiet_and_at_the_right_length(name, center):
    """Each latent fires on about a tenth of the tokens, and no other length fits better."""
    sample = rows(400).float() + 3
    made = make_variant(name, center=center).parameters(
        D, 64, sample, torch.Generator().manual_seed(1)
    )
    wanted = sample - made["b_dec"].detach()
    with torch.no_grad():
        codes = (wanted @ made["W_enc"] + made["b_enc"]).relu()
        first = codes @ made["W_dec"]
    share = (codes > 0).float().mean(0)
    assert 0.04 < share.min() < share.max() < 0.2
    errors = [float((wanted - factor * first).square().sum()) for factor in (0.9, 1.0, 1.1)]
    assert errors[1] < min(errors[0], errors[2])


@pytest.mark.parametrize("name", QUIET)
def test_latents_of_constant_activations_begin_finite(name):
    made = make_variant(name).parameters(D, 64, torch.ones(50, D))
    assert all(bool(value.isfinite().all()) for value in made.values())


def test_outliers_hardly_move_a_geometric_median():
    x = torch.cat([rows(99), torch.full((1, D), 1e4, dtype=torch.float64)])
    median = initial.geometric_median(x)
    assert (median - rows(99).mean(0)).norm() < 0.5
    assert (x.mean(0) - rows(99).mean(0)).norm() > 100
    total = (x - median).norm(dim=1).sum()
    for step in torch.eye(D, dtype=torch.float64) * 0.01:
        assert (x - median - step).norm(dim=1).sum() > total
    same = torch.ones(5, 3)
    assert torch.equal(initial.geometric_median(same), same[0])
    made = make_variant("topk", b_dec="geometric_median").parameters(D, 64, x.float())
    torch.testing.assert_close(made["b_dec"].detach(), median.float(), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", VARIANTS)
def test_what_it_was_asked_for_makes_it_again(name):
    objective, p = begun(name, b_dec="zero")
    again = make_variant(name, **objective.hyper, **objective.settings)
    assert (again.hyper, again.settings) == (objective.hyper, objective.settings)
    assert set(objective.hyper) >= {"l1" if "l1" in HYPER[name] else "k"}
    objective.hyper[next(iter(objective.hyper))] = 1.5
    objective.loss(p, rows(), rows(), LossState()) if name != "topk" else None


@pytest.mark.parametrize(
    ("name", "given", "kind", "said"),
    [
        ("sparsemax", {}, ValueError, "a variant is one of relu, relu_unit, topk, .*'sparsemax'"),
        ("topk", {"l1": 1.0}, ValueError, "topk takes k, b_dec, center, skip, aux; got 'l1'"),
        ("relu", {"l1": -1.0}, ValueError, "l1 is 0 or larger"),
        ("relu", {"l1": float("nan")}, ValueError, "l1 is 0 or larger"),
        ("relu", {"l1": "much"}, TypeError, "l1 is a number; got 'much'"),
        ("topk", {"k": True}, TypeError, "k is a number; got True"),
        ("jumprelu", {"bandwidth": 0.0}, ValueError, "bandwidth is above 0"),
        ("matryoshka", {"prefixes": [0.5, 0.2, 1]}, ValueError, "shares that rise"),
        ("matryoshka", {"prefixes": [0.5]}, ValueError, "shares that rise"),
    ],
)
def test_hyperparameters_that_make_no_sense(name, given, kind, said):
    with pytest.raises(kind, match=said):
        make_variant(name, **given)


def test_sizes_that_do_not_fit():
    for k in (25, 0):
        with pytest.raises(ValueError, match=rf"at most d_sae = 24.*got {k}"):
            make_variant("topk", k=k).check(D, WIDTH)
    with pytest.raises(ValueError, match=r"k of topk is a whole number; got 2\.5"):
        make_variant("topk", k=2.5).check(D, WIDTH)
    make_variant("batchtopk", k=2.5).check(D, WIDTH)
    with pytest.raises(ValueError, match="at most d_sae = 8"):
        make_variant("topk").parameters(D, 8, rows().float())
    with pytest.raises(ValueError, match=r"rows, \[token, d\]; got \[0, 8\]"):
        make_variant("relu").parameters(D, WIDTH, torch.zeros(0, D))
    with pytest.raises(TypeError, match=r"float tensor \[token, d\]; got torch.int64"):
        make_variant("relu").parameters(D, WIDTH, torch.zeros(5, D, dtype=torch.long))
    with pytest.raises(ValueError, match="starts as one of mean, geometric_median, zero"):
        make_variant("relu", b_dec="median").parameters(D, WIDTH, rows().float())
