"""Transcoders whose input also has a linear path to the output: its slopes, its fit, its files."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

import interp_widgets as iw
from interp_widgets.core.dictionary.dead import resample
from interp_widgets.core.dictionary.variants import VARIANTS, LossState
from tests.core.test_sae_training import activations, same_curve
from tests.core.test_sae_variants import CLOSE, HYPER, TOP, WIDTH, begun, rows, slopes

D_OUT = 5
STEP = 1e-4


def pair(seed: int = 0) -> tuple[Tensor, Tensor]:
    """Inputs ``[512, 8]``, and targets ``[512, 5]`` that are a linear map of them and a bend."""
    x = activations(seed=seed)
    drawn = torch.Generator().manual_seed(1)
    linear, bent = torch.randn(2, 8, D_OUT, generator=drawn)
    return x, x @ linear + torch.tanh(x @ bent) + 0.5


def small(variant: str = "topk", **options) -> iw.TrainingRun:
    x, y = pair()
    known = {"d_sae": 24, "steps": 40, "batch_size": 64, "skip": True, "target": y}
    known |= {"k": 4} if variant in TOP else {}
    return iw.train_sae(x, variant=variant, **(known | options))


def with_skip(name: str, device: torch.device):
    """An objective with parameters that are anything but where training starts."""
    objective, p = begun(name, device, d_out=D_OUT, skip=True)
    return objective, p, rows().to(device), rows(seed=8)[:, :D_OUT].to(device)


@pytest.mark.parametrize("name", VARIANTS)
def test_its_slope_is_what_a_small_change_makes_of_the_loss(name, device):
    objective, p, x, y = with_skip(name, device)
    state = LossState(variance=7.0)

    def total() -> Tensor:
        loss = objective.judge(p, x, y, state)
        # The gates' own error is one of a frozen decoder: its value moves, its slope is none.
        return loss.total - (loss.aux if name == "gated" else 0)

    slope = slopes(objective.judge(p, x, y, state).total, p)["W_skip"]
    way = torch.randn(p["W_skip"].shape, dtype=torch.float64).to(device)
    was = p["W_skip"].data.clone()
    ends = []
    for sign in (1, -1):
        p["W_skip"].data = was + sign * STEP * way
        ends.append(total().detach())
    # The loss is quadratic in it, so the difference is no approximation.
    torch.testing.assert_close(
        (ends[0] - ends[1]) / (2 * STEP), (slope * way).sum(), rtol=1e-7, atol=1e-9
    )


@pytest.mark.parametrize("name", [name for name in VARIANTS if name not in TOP[1:]])
def test_the_loss_sees_what_the_dictionary_makes(name, device):
    objective, p, x, y = with_skip(name, device)
    loss = objective.judge(p, x, y, LossState())
    sae = objective.to_sae(p)
    assert torch.equal(sae.W_skip, p["W_skip"])
    torch.testing.assert_close(loss.residual, sae.error(x, y), **CLOSE)
    without = objective.to_sae({key: part for key, part in p.items() if key != "W_skip"})
    torch.testing.assert_close(sae(x), without(x) + x @ p["W_skip"].detach(), **CLOSE)
    assert torch.equal(sae.encode(x), without.encode(x))


def dense(name: str, p, x: Tensor, y: Tensor) -> Tensor:
    """The formulas as papers have them, with ordinary dense operations."""
    past = p["b_dec"] + x @ p["W_skip"]
    if name == "gated":
        gate = x @ p["W_enc"] + p["b_gate"]
        codes = (gate > 0) * (x @ p["W_enc"] * p["r_mag"].exp() + p["b_mag"]).relu()
        frozen = gate.relu() @ p["W_dec"].detach() + past.detach()
        more = HYPER[name]["l1"] * gate.relu().sum(1).mean() + (y - frozen).square().sum(1).mean()
        return (y - codes @ p["W_dec"] - past).square().sum(1).mean() + more
    codes = (x @ p["W_enc"] + p["b_enc"]).relu()
    if name == "relu":
        more = HYPER[name]["l1"] * (codes * p["W_dec"].norm(dim=1)).sum(1).mean()
        return (y - codes @ p["W_dec"] - past).square().sum(1).mean() + more
    least = codes.flatten().sort(descending=True).values[int(HYPER[name]["k"] * len(x)) - 1]
    codes = codes * (codes >= least)
    errors = [
        (y - codes[:, :m] @ p["W_dec"][:m] - past).square().sum(1).mean() for m in (1, 2, 5, 11, 24)
    ]
    return torch.stack(errors).mean() / 7.0


@pytest.mark.parametrize("name", ["relu", "gated", "matryoshka"])
def test_losses_and_gradients_equal_the_formulas(name, device):
    objective, p, x, y = with_skip(name, device)
    loss = objective.judge(p, x, y, LossState(variance=7.0))
    wanted = dense(name, p, x, y)
    torch.testing.assert_close(loss.total, wanted, **CLOSE)
    mine = slopes(loss.total, p)
    for key, slope in slopes(wanted, p).items():
        torch.testing.assert_close(mine[key], slope, **CLOSE, msg=f"{name} {key}")


@pytest.mark.parametrize("name", TOP)
def test_auxk_is_of_what_the_skip_connection_leaves_over(name, device):
    objective, p, x, y = with_skip(name, device)
    state = LossState(dead=torch.arange(WIDTH, device=device) < 7, variance=torch.inf)
    loss = objective.judge(p, x, y, state)
    found = slopes(loss.total, p)
    assert found["W_dec"][:7].any()
    assert not found["W_skip"].any()  # what is left over is a given
    more = y + x @ torch.ones_like(p["W_skip"])
    assert (objective.judge(p, x, more, state).aux - loss.aux).abs() > 1e-3
    p["W_skip"].data += 1
    torch.testing.assert_close(objective.judge(p, x, more, state).aux, loss.aux, **CLOSE)


def test_with_silent_latents_it_becomes_least_squares():
    x, y = pair()
    run = small("jumprelu", threshold=1e6, steps=1500, lr=0.02, batch_size=512, clip=None)
    sae = run.train().sae
    assert not sae.encode(x).any()
    ones = torch.cat([x, torch.ones(len(x), 1)], 1).double()
    best = torch.linalg.lstsq(ones, y.double()).solution
    made = sae(x).double()
    spread = (y - y.mean(0)).double().square().sum()
    left, least = (y - made).square().sum(), (y - ones @ best).square().sum()
    assert float((left - least) / spread) < 1e-6
    torch.testing.assert_close(made, ones @ best, atol=1e-3, rtol=1e-3)
    linear = sae.fold_normalization()
    torch.testing.assert_close(linear.W_skip.double(), best[:-1], atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("variant", VARIANTS)
def test_it_learns_beside_the_latents(variant):
    x, y = pair()
    run = small(variant, steps=150, lr=5e-3).train()
    sae = run.sae
    assert sae.W_skip.shape == (8, D_OUT)
    assert sae.variant == variant
    left = (y - sae(x)).square().sum() / (y - y.mean(0)).square().sum()
    assert 1 - float(left) == pytest.approx(float(run.history["fve"][-10:].mean()), abs=0.03)
    plain = small(variant, steps=150, lr=5e-3, skip=False).train()
    assert plain.sae.W_skip is None
    assert run.history["fve"][-10:].mean() > plain.history["fve"][-10:].mean()


def test_it_starts_at_nothing():
    run = small()
    assert not run.sae.W_skip.any()
    run.train(1)
    assert run.sae.W_skip.abs().min() > 0
    run.rewind(0)
    assert not run.sae.W_skip.any()


def test_a_run_goes_on_with_the_very_same_curve(tmp_path):
    run = small(resample_at=(20, 33), dead_after=64, k=2)
    run.train(25)
    run.save(tmp_path)
    x, y = pair()
    again = iw.TrainingRun.resume(tmp_path, x, target=y).train()
    same_curve(again, run.train())
    assert torch.equal(again.sae.W_skip, run.sae.W_skip)
    assert again.sae.W_skip.any()


def test_a_resampled_latent_writes_what_the_skip_connection_leaves_over():
    drawn = torch.Generator().manual_seed(0)
    shapes = {"W_enc": (8, 6), "b_enc": (6,), "W_dec": (6, D_OUT), "b_dec": (D_OUT,)}
    shapes |= {"W_skip": (8, D_OUT)}
    parameters = {name: torch.randn(shape, generator=drawn) for name, shape in shapes.items()}
    skip = parameters["W_skip"].clone()
    moments = {name: (torch.ones(shape),) for name, shape in shapes.items()}
    x, y = torch.randn(9, 8, generator=drawn), torch.randn(9, D_OUT, generator=drawn)
    errors = torch.zeros(9)
    errors[4] = 1.0
    assert resample(parameters, moments, torch.arange(6) == 2, x, y, errors, drawn) == 1
    wanted = y[4] - x[4] @ skip - parameters["b_dec"]
    torch.testing.assert_close(parameters["W_dec"][2], wanted / wanted.norm())
    assert torch.equal(parameters["W_skip"], skip)
    assert moments["W_skip"][0].all()


@pytest.mark.parametrize("normalize", ["token_norm", "layer_norm", "whitening", "none"])
def test_what_is_measured_is_what_it_makes_whatever_the_normalisation(normalize):
    x, y = pair()
    run = small(normalize=normalize, steps=150, lr=5e-3).train()
    left = (y - run.sae(x)).square().sum() / (y - y.mean(0)).square().sum()
    fve = run.history["fve"][-10:].mean()
    if normalize != "whitening":  # whose targets are measured in other units
        assert 1 - float(left) == pytest.approx(float(fve), abs=0.03)
    assert float(left) < 0.5


@pytest.mark.parametrize("format", ["sae_lens", "gemma_scope_2"])
def test_it_is_saved_and_comes_back(format, tmp_path):
    x, _ = pair()
    sae = small("jumprelu").train().sae
    back = iw.SAE.load(sae.save(tmp_path, format=format))
    torch.testing.assert_close(back(x), sae(x), atol=1e-5, rtol=1e-5)
    assert back.W_skip.any()


def test_what_has_no_targets_has_nothing_to_skip_to():
    x, y = pair()
    with pytest.raises(ValueError, match=r"skip=True .* transcoder.*Pass target="):
        iw.train_sae(x, skip=True)
    with pytest.raises(TypeError, match="skip is True or False; got 'yes'"):
        iw.train_sae(x, target=y, skip="yes")
    run = small(skip=False)
    assert run.sae.W_skip is None
