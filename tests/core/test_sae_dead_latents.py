"""Dead latents: who counts as dead, and that bringing them back leaves all others alone."""

from __future__ import annotations

import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.dictionary.dead import Firing, ghost_loss, resample
from interp_widgets.core.dictionary.variants import LossState, make_variant
from tests.core.test_sae_training import activations, small

D_IN, FEATURES, TOKENS = 5, 12, 40
KEEP = torch.tensor(True)


def test_dead_is_who_fired_on_none_of_the_last_tokens():
    firing = Firing(3, torch.device("cpu"))
    for fired in ([4, 0, 0], [0, 0, 0], [1, 2, 0]):
        firing.count(torch.tensor(fired), 10, KEEP)
    assert firing.since.tolist() == [0, 0, 30]
    assert firing.dead(30).tolist() == [False, False, True]
    assert firing.dead(31).tolist() == [False, False, False]
    firing.count(torch.tensor([9, 9, 9]), 10, ~KEEP)  # a batch that was left out
    assert firing.since.tolist() == [0, 0, 30]


def test_density_needs_no_time_to_rise():
    firing = Firing(2, torch.device("cpu"))
    for _ in range(3):
        firing.count(torch.tensor([5.0, 0.0]), 20, KEEP)
    torch.testing.assert_close(firing.density, torch.tensor([0.25, 0.0]))


@pytest.fixture
def state():
    """Parameters, moments, inputs and errors."""
    torch.manual_seed(0)
    shapes = {"W_enc": (D_IN, FEATURES), "b_enc": (FEATURES,), "W_dec": (FEATURES, D_IN)}
    shapes |= {"b_dec": (D_IN,), "threshold": (FEATURES,)}
    parameters = {name: torch.randn(shape) for name, shape in shapes.items()}
    moments = {name: (torch.randn(shape), torch.rand(shape)) for name, shape in shapes.items()}
    dead = torch.zeros(FEATURES, dtype=torch.bool)
    dead[[2, 7]] = True
    return parameters, moments, dead, torch.randn(TOKENS, D_IN), torch.rand(TOKENS)


def test_resampling_touches_dead_latents_alone(state):
    parameters, moments, dead, x, errors = state
    before = {name: value.clone() for name, value in parameters.items()}
    was = {name: [m.clone() for m in pair] for name, pair in moments.items()}
    count = resample(parameters, moments, dead, x, x, errors, torch.Generator().manual_seed(0))
    assert count == 2
    assert torch.equal(parameters["b_dec"], before["b_dec"])
    assert torch.equal(parameters["threshold"], before["threshold"])
    for name in ("W_enc", "b_enc", "W_dec"):
        now, then = parameters[name], before[name]
        if name == "W_enc":
            now, then = now.T, then.T
        assert torch.equal(now[~dead], then[~dead])
        assert not torch.isclose(now[dead], then[dead]).any()
    for name, pair in moments.items():
        for now, then in zip(pair, was[name], strict=True):
            now, then = (now.T, then.T) if name == "W_enc" else (now, then)
            if name == "b_dec":
                assert torch.equal(now, then)
            else:
                assert torch.equal(now[~dead], then[~dead])
                assert not now[dead].any()


def test_a_resampled_latent_reads_and_writes_one_badly_reconstructed_input(state):
    parameters, moments, dead, x, errors = state
    errors = torch.zeros(TOKENS)
    errors[[3, 9]] = torch.tensor([1.0, 1e-3])  # by squares the second has one chance in a million
    alive = parameters["W_enc"][:, ~dead].norm(dim=0).mean()
    resample(parameters, moments, dead, x, x, errors, torch.Generator().manual_seed(0))
    wanted = x[3] - parameters["b_dec"]
    wanted = wanted / wanted.norm()
    for latent in (2, 7):
        torch.testing.assert_close(parameters["W_dec"][latent], wanted)
        torch.testing.assert_close(parameters["W_enc"][:, latent], wanted * 0.2 * alive)
        assert parameters["b_enc"][latent] == 0


def test_inputs_are_drawn_by_their_squared_loss(state):
    parameters, moments, _, x, _ = state
    wide = {name: v.repeat(1, 500) if name == "W_enc" else v for name, v in parameters.items()}
    wide |= {"W_dec": parameters["W_dec"].repeat(500, 1), "b_enc": parameters["b_enc"].repeat(500)}
    wide |= {"threshold": parameters["threshold"].repeat(500)}
    moments = {name: (torch.zeros_like(value),) for name, value in wide.items()}
    errors = torch.tensor([1.0, 2.0, 3.0])
    dead = torch.ones(500 * FEATURES, dtype=torch.bool)
    resample(wide, moments, dead, x[:3], x[:3], errors, torch.Generator().manual_seed(0))
    rows = x[:3] - wide["b_dec"]
    drawn = (wide["W_dec"] @ rows.T / rows.norm(dim=1)).argmax(1)
    shares = torch.bincount(drawn) / len(drawn)
    torch.testing.assert_close(shares, torch.tensor([1.0, 4.0, 9.0]) / 14, atol=0.02, rtol=0)


def test_nothing_is_resampled_where_nothing_is_dead_or_wrong(state):
    parameters, moments, dead, x, errors = state
    before = {name: value.clone() for name, value in parameters.items()}
    draw = torch.Generator().manual_seed(0)
    assert resample(parameters, moments, dead & False, x, x, errors, draw) == 0
    assert resample(parameters, moments, dead, x, x, errors * 0, draw) == 0
    assert all(torch.equal(parameters[name], value) for name, value in before.items())


def with_two_killed(**options) -> iw.TrainingRun:
    """A run of which two latents can fire no more."""
    run = small(variant="relu_unit", dead_after=128, steps=100, **options)
    with torch.no_grad():
        run._loop.parameters["b_enc"][[2, 7]] = -5.0
    return run


def test_resampling_in_a_run_leaves_the_living_as_they_were():
    """Their outputs are the same numbers, the dead live again, and the rate warms up anew."""
    run = with_two_killed(warmup=20)
    run.train(50)
    dead = run.dead
    assert dead.nonzero()[:, 0].tolist() == [2, 7]
    x, before = activations(), run.sae
    run._loop._resample()
    after = run.sae
    assert torch.equal(before.encode(x)[:, ~dead], after.encode(x)[:, ~dead])
    assert after.encode(x)[:, dead].any()
    assert not run.dead.any()
    assert run.advance().lr == pytest.approx(run.hyper["lr"] / 21)


def test_resampling_comes_at_the_steps_that_were_named():
    run = with_two_killed(resample_at=(50,)).train()
    assert run.history["dead"][49] == 2 / 16
    assert run.history["dead"][50] == 0
    assert with_two_killed().train().history["dead"][50:].min() == 2 / 16


@torch.enable_grad()
def test_ghost_gradients_reach_the_dead_alone_and_equal_the_formula():
    torch.manual_seed(0)
    shapes = {"W_enc": (D_IN, FEATURES), "b_enc": (FEATURES,), "W_dec": (FEATURES, D_IN)}
    parameters = {n: torch.randn(s).double().requires_grad_() for n, s in shapes.items()}
    parameters["b_dec"] = torch.randn(D_IN).double().requires_grad_()
    x, residual = torch.randn(TOKENS, D_IN).double(), torch.randn(TOKENS, D_IN).double()
    dead = torch.zeros(FEATURES, dtype=torch.bool)
    dead[[1, 4, 5]] = True
    mse = torch.tensor(3.0)
    loss = ghost_loss(parameters, x, residual, mse, dead, center=False)
    assert loss.item() == pytest.approx(3.0, rel=1e-5)  # it counts as much as the reconstruction
    loss.backward()
    for name, axis in (("W_enc", 1), ("b_enc", 0), ("W_dec", 0)):
        slope = parameters[name].grad
        rows = slope.movedim(axis, 0)
        assert not rows[~dead].any()
        assert rows[dead].any()
    found = {name: value.grad.clone() for name, value in parameters.items() if name != "b_dec"}
    for value in parameters.values():
        value.grad = None
    made = torch.exp(x @ parameters["W_enc"] + parameters["b_enc"])[:, dead]
    made = made @ parameters["W_dec"][dead]
    half = residual.norm(dim=1, keepdim=True) / (2 * made.norm(dim=1, keepdim=True) + 1e-6)
    term = (made * half.detach() - residual).square().sum(1).mean()
    (term * (3.0 / term.detach())).backward()
    for name, slope in found.items():
        torch.testing.assert_close(slope, parameters[name].grad, rtol=1e-4, atol=1e-6)
    assert not ghost_loss(parameters, x, residual, mse, dead & False, center=False).any()


def test_ghost_gradients_move_what_nothing_else_would():
    ghost, plain = (with_two_killed(ghost=ghost).train() for ghost in (True, False))
    assert (plain._loop.parameters["b_enc"][[2, 7]] == -5).all()
    assert (ghost._loop.parameters["b_enc"][[2, 7]] != -5).all()
    assert plain.history["loss"][0] == ghost.history["loss"][0]  # nobody was dead yet


def test_ghost_gradients_reach_a_gate_that_never_opens():
    biases = []
    for ghost in (True, False):
        run = small(variant="gated", dead_after=64, steps=6, ghost=ghost)
        with torch.no_grad():
            run._loop.parameters["b_gate"][[2, 7]] = -5.0
        biases.append(run.train()._loop.parameters["b_gate"][[2, 7]])
    assert (biases[0] != -5).all()
    assert (biases[1] == -5).all()


@pytest.mark.parametrize(("deceased", "number"), [(6, 6), (8, 8), (9, 4), (30, 4)])
def test_of_few_dead_latents_all_learn_and_of_many_the_loudest(deceased, number):
    """In 16 dimensions, where one latent fires: AuxK by hand, with so many a token."""
    draw = torch.Generator().manual_seed(0)
    x, objective = torch.randn(50, 16, generator=draw), make_variant("topk", k=1)
    made = objective.parameters(16, 40, x, draw)
    dead = torch.arange(40) < deceased
    loss = objective.loss(made, x, x, LossState(dead=dead))
    pre = ((x - made["b_dec"]) @ made["W_enc"] + made["b_enc"])[:, dead].detach()
    loudest = pre.topk(number, dim=1)
    codes = torch.zeros_like(pre).scatter(1, loudest.indices, loudest.values.relu())
    missed = (loss.residual - codes @ made["W_dec"][dead].detach()).square().sum()
    share = missed / (loss.residual - loss.residual.mean(0)).square().sum()
    torch.testing.assert_close(loss.aux, share)


def test_auxk_brings_back_latents_that_no_token_chooses():
    """Their encoders are too short for them to be among the two loudest."""
    back, explained = {}, {}
    for aux in (0.0, 1 / 32):
        run = small(k=2, steps=120, dead_after=128, aux=aux)
        with torch.no_grad():
            run._loop.parameters["W_enc"][:, :4] *= 1e-3
        for _ in run:
            pass
        assert run.history["dead"][3] == 4 / 16
        back[aux] = int((run.sae.encode(activations())[:, :4] > 0).any(0).sum())
        explained[aux] = run.history["fve"][-5:].mean()
    assert back[0.0] == 0 < back[1 / 32]
    assert explained[1 / 32] > explained[0.0] + 0.01
