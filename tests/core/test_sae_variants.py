"""Training objectives against the same written densely, and the identities they have to keep."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from interp_widgets.core.dictionary.normalization import Normalization
from interp_widgets.core.dictionary.variants import VARIANTS, LossState, make_variant
from interp_widgets.core.dictionary.variants.active import active
from interp_widgets.core.dictionary.variants.jumprelu import jump

D, WIDTH, ROWS = 8, 24, 50
HYPER: dict[str, dict[str, Any]] = {
    "relu": {"l1": 0.2},
    "relu_unit": {"l1": 0.2},
    "topk": {"k": 4},
    "batchtopk": {"k": 3.3},
    "gated": {"l1": 0.2},
    "jumprelu": {"l1": 0.2, "bandwidth": 0.5, "threshold": 0.3},
    "jumprelu_tanh": {"l1": 0.2, "bandwidth": 0.5, "threshold": 0.3, "pre_act": 0.1},
    "matryoshka": {"k": 3.3, "prefixes": [1 / 32, 3 / 32, 7 / 32, 15 / 32, 1.0]},
}
TOP = ("topk", "batchtopk", "matryoshka")
CLOSE = {"atol": 1e-9, "rtol": 1e-9}


def rows(count=ROWS, seed=3) -> Tensor:
    drawn = torch.Generator().manual_seed(seed)
    return torch.randn(count, D, dtype=torch.float64, generator=drawn) + 0.5


def begun(name: str, device="cpu", d_out: int | None = None, **hyper):
    """An objective and float64 parameters that are anything but where training starts."""
    objective = make_variant(name, **(HYPER[name] | hyper))
    drawn = torch.Generator().manual_seed(0)
    y = None if d_out is None else rows(200)[:, :d_out].float()
    made = objective.parameters(D, WIDTH, rows(200).float(), drawn, sample_out=y)
    parameters = {}
    for key, value in made.items():
        noise = torch.randn(value.shape, dtype=torch.float64, generator=drawn)
        noise = noise.abs() * 0.3 if key == "threshold" else noise * 0.3
        moved = value.detach().double() + noise
        if key == "W_dec" and objective.unit_norm:
            moved = torch.nn.functional.normalize(moved, dim=1)
        parameters[key] = torch.nn.Parameter(moved.to(device))
    objective.state = {key: value.to(device) for key, value in objective.state.items()}
    return objective, parameters


def quieten(name: str, p) -> None:
    """Lower the bias so far that 3 % of the pre-activations are above 0."""
    bias = p["b_gate" if name == "gated" else "b_enc"]
    pre = (rows().to(bias.device) - p["b_dec"]).detach() @ p["W_enc"].detach() + bias.detach()
    bias.data -= pre.quantile(0.97)


def slopes(total: Tensor, parameters) -> dict[str, Tensor]:
    found = torch.autograd.grad(total, list(parameters.values()), allow_unused=True)
    return {
        name: torch.zeros_like(value) if slope is None else slope
        for (name, value), slope in zip(parameters.items(), found, strict=True)
    }


def dense_loss(name: str, p, x: Tensor, hyper: dict[str, Any]) -> Tensor:
    """The formulas as papers have them, with ordinary dense operations."""
    centred = x - p["b_dec"]
    lengths = p["W_dec"].norm(dim=1)
    if name == "gated":
        gate = centred @ p["W_enc"] + p["b_gate"]
        size = centred @ (p["W_enc"] * p["r_mag"].exp()) + p["b_mag"]
        codes = (gate > 0) * size.relu()
        frozen = gate.relu() @ p["W_dec"].detach() + p["b_dec"].detach()
        more = hyper["l1"] * gate.relu().sum(1).mean() + (x - frozen).square().sum(1).mean()
    else:
        pre = centred @ p["W_enc"] + p["b_enc"]
        codes, more = pre.relu(), torch.zeros(())
    if name in ("relu", "relu_unit"):
        more = hyper["l1"] * (codes * (lengths if name == "relu" else 1)).sum(1).mean()
    if name == "topk":
        least = codes.sort(1, descending=True).values[:, hyper["k"] - 1]
        codes = codes * (codes >= least[:, None])
    if name in ("batchtopk", "matryoshka"):
        least = codes.flatten().sort(descending=True).values[int(hyper["k"] * len(x)) - 1]
        codes = codes * (codes >= least)
    if name == "matryoshka":
        errors = [
            (x - codes[:, :m] @ p["W_dec"][:m] - p["b_dec"]).square().sum(1).mean()
            for m in (1, 2, 5, 11, 24)
        ]
        return torch.stack(errors).mean() / 7.0
    mse = (x - codes @ p["W_dec"] - p["b_dec"]).square().sum(1).mean()
    return mse / 7.0 if name in TOP else mse + more


@pytest.mark.parametrize("quiet", [False, True])  # with few latents active other code computes
@pytest.mark.parametrize("name", [name for name in VARIANTS if "jump" not in name])
def test_losses_and_gradients_equal_the_formulas(name, quiet, device):
    objective, p = begun(name, device)
    if quiet and name not in TOP:
        quieten(name, p)
    x = rows().to(device)
    loss = objective.loss(p, x, x, LossState(variance=7.0))
    wanted = dense_loss(name, p, x, HYPER[name])
    torch.testing.assert_close(loss.total, wanted, **CLOSE)
    mine = slopes(loss.total, p)
    for key, slope in slopes(wanted, p).items():
        torch.testing.assert_close(mine[key], slope, **CLOSE, msg=f"{name} {key}")


@pytest.mark.parametrize("to_input", [False, True])
def test_thresholds_get_the_slope_of_their_window(to_input, device):
    drawn = torch.Generator().manual_seed(2)
    pre, of_codes = (
        torch.randn(60, 5, dtype=torch.float64, generator=drawn).to(device) for _ in range(2)
    )
    of_fired = torch.randn(5, dtype=torch.float64, generator=drawn).to(device)
    threshold = torch.tensor([0.0, 0.1, 0.4, 1.0, 9.0], dtype=torch.float64, device=device)
    pre, threshold, width = pre.requires_grad_(), threshold.requires_grad_(), 0.3
    codes, fired = jump(pre, threshold, width, to_input)
    assert torch.equal(codes, torch.where(pre > threshold, pre, 0.0))
    assert torch.equal(fired, (pre > threshold).double().sum(0))
    ((codes * of_codes).sum() + (fired * of_fired).sum()).backward()
    with torch.no_grad():
        window = ((pre - threshold).abs() / width < 0.5).double()
        by_theta = -(window * (threshold / width * of_codes + of_fired / width)).sum(0)
        by_pre = of_codes * (pre > threshold)
        if to_input:
            by_pre = by_pre + window * (threshold / width * of_codes + of_fired / width)
    torch.testing.assert_close(threshold.grad, by_theta, **CLOSE)
    torch.testing.assert_close(pre.grad, by_pre, **CLOSE)


def test_thresholds_of_entries_get_the_slopes_that_all_would(device):
    drawn = torch.Generator().manual_seed(2)
    pre, of_codes = (
        torch.randn(60, 5, dtype=torch.float64, generator=drawn).to(device) for _ in range(2)
    )
    threshold = torch.tensor([0.0, 0.1, 0.4, 1.0, 9.0], dtype=torch.float64, device=device)
    pre, threshold = pre.requires_grad_(), threshold.requires_grad_()
    near = pre.detach() > threshold.detach() - 0.15
    some, latents = pre[near], near.nonzero()[:, 1]
    for to_input in (False, True):
        codes, fired = jump(pre, threshold, 0.3, to_input)
        wanted = torch.autograd.grad((codes * of_codes).sum() + fired.sum(), [pre, threshold])
        codes, fired = jump(some, threshold, 0.3, to_input, latents)
        total = (codes * of_codes[near]).sum() + fired.sum()
        got = torch.autograd.grad(total, [pre, threshold], retain_graph=True)
        torch.testing.assert_close(got, wanted, **CLOSE)


@pytest.mark.parametrize("quiet", [False, True])
@pytest.mark.parametrize("name", ["jumprelu", "jumprelu_tanh"])
def test_jumprelu_losses_equal_the_formulas(name, quiet):
    objective, p = begun(name)
    if quiet:
        quieten(name, p)
    x = rows()
    loss = objective.loss(p, x, x, LossState(l1_scale=0.5))
    pre = (x - p["b_dec"]) @ p["W_enc"] + p["b_enc"]
    codes = pre * (pre > p["threshold"])
    mse = (x - codes @ p["W_dec"] - p["b_dec"]).square().sum(1).mean()
    lengths = p["W_dec"].norm(dim=1)
    more = 0.1 * (codes > 0).double().sum(1).mean()
    if name == "jumprelu_tanh":
        below = ((p["threshold"] - pre).relu() * lengths).sum(1).mean()
        more = 0.1 * (4 * codes * lengths).tanh().sum(1).mean() + 0.1 * below
    torch.testing.assert_close(loss.total, mse + more, **CLOSE)
    assert torch.equal(loss.fired, (codes > 0).double().sum(0))
    p["threshold"].data -= 5
    objective.after_step(p)
    assert p["threshold"].min() == 0


def test_scaling_a_latent_against_its_direction_changes_no_weighted_loss():
    objective, p = begun("relu")
    x, alpha = rows(), torch.linspace(0.2, 5, WIDTH, dtype=torch.float64)
    before = objective.loss(p, x, x, LossState())
    scaled = {
        "W_enc": p["W_enc"] * alpha,
        "b_enc": p["b_enc"] * alpha,
        "W_dec": p["W_dec"] / alpha[:, None],
        "b_dec": p["b_dec"],
    }
    after = objective.loss(scaled, x, x, LossState())
    torch.testing.assert_close(after.total, before.total, **CLOSE)
    plain, _ = begun("relu_unit")
    assert abs(plain.loss(scaled, x, x, LossState()).total - before.total) > 1e-3


def test_few_active_latents_are_gathered():
    """Or the tests above would say nothing of that code."""
    for name in ("gated", "jumprelu"):
        _, p = begun(name)
        bias = p["b_gate" if name == "gated" else "b_enc"]
        loud = active(rows(), p["W_enc"], bias, None, p["b_dec"], None)
        assert loud.places is None
        quieten(name, p)
        quiet = active(rows(), p["W_enc"], bias, None, p["b_dec"], None)
        assert quiet.places is not None
        assert len(quiet.values) == (loud.values > loud.values.quantile(0.97)).sum() > 30


@pytest.mark.parametrize("name", ["gated", "jumprelu"])
def test_gathered_gradients_equal_dense_ones(name, monkeypatch):
    objective, p = begun(name)
    quieten(name, p)
    found = []
    for share in (1.0, 0.0):
        monkeypatch.setattr("interp_widgets.core.dictionary.variants.active._FEW", share)
        found.append(slopes(objective.loss(p, rows(), rows(), LossState()).total, p))
    for key, slope in found[0].items():
        assert slope.abs().max() > 0
        torch.testing.assert_close(slope, found[1][key], **CLOSE, msg=key)


@pytest.mark.parametrize("name", [name for name, kind in VARIANTS.items() if kind.unit_norm])
def test_directions_stay_of_length_one(name):
    objective, p = begun(name)
    p = {key: torch.nn.Parameter(value.detach().float()) for key, value in p.items()}
    optimizer = torch.optim.Adam(list(p.values()), lr=0.01)
    x = rows().float()
    for _ in range(3):
        optimizer.zero_grad()
        objective.loss(p, x, x, LossState()).total.backward()
        objective.project_gradients(p)
        grad, unit = p["W_dec"].grad, p["W_dec"].detach()
        assert grad is not None
        assert float(grad.abs().max()) > 1e-4
        along = (grad * unit).sum(1).abs() / grad.norm(dim=1).clamp(min=1e-3)
        assert float(along.max()) < 1e-6
        optimizer.step()
        drifted = float((p["W_dec"].detach().norm(dim=1) - 1).abs().max())
        assert drifted > 1e-6  # Adam brings a radial part back
        objective.after_step(p)
        torch.testing.assert_close(
            p["W_dec"].detach().norm(dim=1), torch.ones(WIDTH), atol=1e-6, rtol=0
        )


def test_how_many_latents_fire():
    x = rows(200)
    objective, p = begun("topk")
    loss = objective.loss(p, x, x, LossState())
    codes = objective.to_sae(p).encode(x)
    assert int((codes > 0).sum(1).max()) <= 4
    assert torch.equal(loss.fired, (codes > 0).float().sum(0))
    for name in ("batchtopk", "matryoshka"):
        objective, p = begun(name)
        assert objective.loss(p, x, x, LossState()).fired.sum() == int(3.3 * 200)


@pytest.mark.parametrize("name", ["batchtopk", "matryoshka"])
def test_after_training_a_token_decides_alone(name):
    objective, p = begun(name)
    x = rows(200)
    assert objective.to_sae(p).threshold.max() == 0
    wanted, weight = 0.0, 0.0
    for seed in range(5):
        batch = rows(40, seed)
        pre = ((batch - p["b_dec"]) @ p["W_enc"] + p["b_enc"]).relu().flatten()
        least = float(pre.detach().sort(descending=True).values[int(3.3 * 40) - 1])
        wanted, weight = 0.99 * wanted + 0.01 * least, 0.99 * weight + 0.01
        objective.loss(p, batch, batch, LossState())
        sae = objective.to_sae(p)
        assert float(sae.threshold[0].detach()) == pytest.approx(wanted / weight, rel=1e-5)
    assert sae.activation == "jumprelu"
    alone = torch.cat([sae.encode(row[None]) for row in x])
    torch.testing.assert_close(alone, sae.encode(x), **CLOSE)
    assert abs(float((sae.encode(x) > 0).sum(1).double().mean()) - 3.3) < 1


@pytest.mark.parametrize("name", TOP)
def test_dead_latents_learn_what_the_living_missed_and_nothing_else_does(name):
    objective, p = begun(name)
    x, dead = rows(), torch.zeros(WIDTH, dtype=torch.bool)
    dead[[1, 5, 6, 9, 20, 23]] = True
    # With an infinite variance nothing but AuxK is left.
    loss = objective.loss(p, x, x, LossState(dead=dead, variance=torch.inf))
    residual = loss.residual
    pre = (x - p["b_dec"]).detach() @ p["W_enc"][:, dead] + p["b_enc"][dead]
    codes = pre.relu()
    codes = codes * (codes >= codes.sort(1, descending=True).values[:, [D // 2 - 1]])
    missed = (residual - codes @ p["W_dec"][dead]).square().sum()
    share = missed / (residual - residual.mean(0)).square().sum()
    torch.testing.assert_close(loss.aux, share.detach(), **CLOSE)
    torch.testing.assert_close(loss.total, share / 32, **CLOSE)
    got, wanted = slopes(loss.total, p), slopes(share / 32, p)
    for key in p:
        torch.testing.assert_close(got[key], wanted[key], **CLOSE, msg=key)
    assert got["W_dec"][~dead].abs().max() == got["W_enc"][:, ~dead].abs().max() == 0
    assert got["b_enc"][~dead].abs().max() == got["b_dec"].abs().max() == 0
    assert got["W_dec"][dead].abs().max() > 0


def test_auxk_of_a_perfect_reconstruction_is_nothing():
    objective, p = begun("topk")
    dead = torch.ones(WIDTH, dtype=torch.bool)
    x = p["b_dec"].detach().expand(7, -1)  # reconstructed by the bias, if nothing fires
    p["b_enc"].data.fill_(-1.0)
    loss = objective.loss(p, x, x, LossState(dead=dead))
    assert loss.aux == 0
    assert loss.total == 0
    assert loss.fired.sum() == 0
    none = objective.loss(p, x + 1, x + 1, LossState(dead=~dead))
    assert none.aux == 0


def test_all_latents_of_a_matryoshka_do_what_batchtopk_does():
    nested, p = begun("matryoshka")
    plain, _ = begun("batchtopk")
    x = rows()
    mine, wanted = (one.loss(p, x, x, LossState()) for one in (nested, plain))
    torch.testing.assert_close(mine.mse, wanted.mse, atol=1e-9, rtol=1e-9)
    torch.testing.assert_close(mine.residual, wanted.residual, atol=1e-9, rtol=1e-9)
    assert abs(mine.total - wanted.total) > 0.1
    assert nested.widths(WIDTH) == [1, 2, 5, 11, 24]
    alone, _ = begun("matryoshka", prefixes=[1.0])
    torch.testing.assert_close(alone.loss(p, x, x, LossState()).total, wanted.total, **CLOSE)


def test_a_gate_is_a_threshold():
    objective, p = begun("gated")
    x = rows(500)
    seen = (x - p["b_dec"]) @ p["W_enc"]
    wanted = ((seen + p["b_gate"]) > 0) * (seen * p["r_mag"].exp() + p["b_mag"]).relu()
    codes = objective.to_sae(p).encode(x)
    torch.testing.assert_close(codes, wanted.detach(), atol=1e-9, rtol=1e-9)
    assert 0 < float((codes > 0).double().mean()) < 1


@pytest.mark.parametrize("name", [name for name in VARIANTS if name not in TOP[1:]])
def test_the_dictionary_does_what_the_loss_saw(name):
    objective, p = begun(name)
    x = rows()
    loss = objective.loss(p, x, x, LossState())
    sae = objective.to_sae(p, site="L1.resid_post", normalization=Normalization())
    torch.testing.assert_close(sae.error(x), loss.residual, **CLOSE)
    torch.testing.assert_close(loss.mse, sae.error(x).square().sum(1).mean(), **CLOSE)
    assert torch.equal((sae.encode(x) > 0).float().sum(0).double(), loss.fired.double())
    assert (sae.variant, sae.site) == (name, "L1.resid_post")
    p["W_dec"].data += 1
    assert not torch.equal(sae.W_dec, p["W_dec"])


@pytest.mark.parametrize("name", VARIANTS)
def test_a_transcoder_predicts_something_else(name):
    objective, p = begun(name, d_out=5)
    assert p["W_dec"].shape == (WIDTH, 5)
    x, y = rows(), rows(seed=8)[:, :5]
    loss = objective.loss(p, x, y, LossState(dead=torch.arange(WIDTH) < 7))
    sae = objective.to_sae(p)
    assert not sae.center
    if name not in TOP[1:]:
        torch.testing.assert_close(loss.residual, sae.error(x, y), **CLOSE)
    assert all(slope.isfinite().all() for slope in slopes(loss.total, p).values())


@pytest.mark.parametrize("name", VARIANTS)
def test_half_precision_sums_its_loss_in_full(name):
    objective, p = begun(name)
    p = {key: torch.nn.Parameter(value.detach().float()) for key, value in p.items()}
    x = rows().float()
    with torch.autocast("cpu", torch.bfloat16):
        half = objective.loss(p, x, x, LossState(dead=torch.arange(WIDTH) < 7))
    whole = objective.loss(p, x, x, LossState(dead=torch.arange(WIDTH) < 7))
    assert (
        half.total.dtype == half.mse.dtype == half.aux.dtype == half.sparsity.dtype == torch.float32
    )
    torch.testing.assert_close(half.total, whole.total, atol=0.1, rtol=0.1)
    assert all(slope.isfinite().all() for slope in slopes(half.total, p).values())


@pytest.mark.parametrize("name", VARIANTS)
def test_what_is_not_finite_shows_in_the_loss(name):
    for wrong in (torch.nan, torch.inf):
        objective, p = begun(name)
        x = rows()
        x[3, 1] = wrong
        assert not objective.loss(p, x, x, LossState()).total.isfinite()
        with pytest.raises(ValueError, match=r"1 of 50 rows .* NaN or infinity"):
            objective.parameters(D, WIDTH, x)


@pytest.mark.parametrize("name", VARIANTS)
def test_a_constant_activation_and_no_penalty(name):
    free = {"l1": 0.0} if "l1" in HYPER[name] else {}
    objective, p = begun(name, **free, **({"pre_act": 0.0} if name == "jumprelu_tanh" else {}))
    x = torch.ones(30, D, dtype=torch.float64)
    loss = objective.loss(p, x, x, LossState(variance=0.0, dead=torch.arange(WIDTH) < 7))
    assert loss.total.isfinite()
    assert all(slope.isfinite().all() for slope in slopes(loss.total, p).values())
    if free and name != "gated":
        torch.testing.assert_close(loss.total, loss.mse)
    made = objective.parameters(D, WIDTH, x.float())
    assert all(value.isfinite().all() for value in made.values())
