"""Lesson 03: what its exercises say is so, and other spellings that pass."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.dictionary.matching import match_directions
from interp_widgets.course import _lesson_03_lab as lab
from interp_widgets.course.exercises import find


def test_gradients_of_the_loss_are_those_of_small_steps():
    *parts, l1 = find("03.1").cases()[0].args
    parts = [part.detach().double() for part in parts]

    def loss(*weights):
        return find("03.1").solution(parts[0], *weights, l1)[2]

    weights = tuple(part.requires_grad_() for part in parts[1:])
    assert torch.autograd.gradcheck(loss, weights, eps=1e-6, atol=1e-3)


def test_the_loss_is_that_of_the_trainer():
    x, W_enc, b_enc, W_dec, b_dec, l1 = (
        part.detach() if torch.is_tensor(part) else part for part in find("03.1").cases()[1].args
    )
    f, x_hat, loss = find("03.1").solution(x, W_enc, b_enc, W_dec, b_dec, l1)
    sae = iw.SAE(W_enc, b_enc, W_dec, b_dec)
    torch.testing.assert_close(sae.encode(x), f)
    torch.testing.assert_close(sae(x), x_hat)
    measured = iw.evaluate_on(sae, x)
    assert measured.mse + l1 * measured.l1 == pytest.approx(float(loss), rel=1e-5)


def test_lambdas_are_converted_as_in_the_package():
    for case in find("03.2").cases():
        l1, d, d_sae, given = case.args
        assert find("03.2").solution(*case.args).item() == pytest.approx(
            iw.convert_l1(l1, d, d_sae, given=given, wanted="sum")
        )
    case = find("03.2").cases()[2]
    assert f"{find('03.2').solution(*case.args).item():.1e}" == "7.8e-05"


def test_a_wrong_lambda_is_told_by_the_losses_it_gives():
    message = iw.check("03.2", lambda l1, d, d_sae, given: 3.0).message
    assert "its summed loss is" in message


def test_the_penalty_is_honest_and_the_reconstruction_as_it_was():
    for case in find("03.3").cases():
        f, W_dec, *_ = case.args
        codes, *_ = find("03.3").solution(*case.args)
        lengths = W_dec.norm(dim=-1, keepdim=True)
        torch.testing.assert_close(codes @ (W_dec / lengths), f @ W_dec)
        assert torch.equal(codes > 0, f > 0)
    cheat = find("03.3").cases()[0].args
    codes, *_ = find("03.3").solution(*cheat)
    assert (codes.sum() / cheat[0].sum()).item() == pytest.approx(8)


def test_a_step_leaves_lengths_at_1_and_nothing_along_a_direction():
    for case in find("03.3").cases():
        _, across, stepped = find("03.3").solution(*case.args)
        unit = torch.nn.functional.normalize(case.args[1], dim=-1)
        assert (across * unit).sum(-1).abs().max() < 1e-6
        torch.testing.assert_close(
            stepped.norm(dim=-1), torch.ones(len(stepped)), atol=1e-6, rtol=0
        )


def test_the_step_is_that_of_the_trainer():
    from interp_widgets.core.dictionary.variants import make_variant

    for case in find("03.3").cases():
        _, W_dec, slope, rate = case.args
        _, across, stepped = find("03.3").solution(*case.args)
        objective = make_variant("relu_unit")
        unit = torch.nn.functional.normalize(W_dec, dim=-1)
        parameters = {"W_dec": torch.nn.Parameter(unit)}
        parameters["W_dec"].grad = slope.clone()
        objective.project_gradients(parameters)
        torch.testing.assert_close(parameters["W_dec"].grad, across)
        torch.optim.SGD(parameters.values(), lr=rate).step()
        objective.after_step(parameters)
        torch.testing.assert_close(parameters["W_dec"].detach(), stepped)


def test_codes_that_change_the_reconstruction_are_told_so():
    def doubled(f, W_dec, slope, rate):
        codes, across, stepped = find("03.3").solution(f, W_dec, slope, rate)
        return 2 * codes, across, stepped

    assert "do not give the reconstruction" in iw.check("03.3", doubled).message


def test_recovery_is_the_packages_greedy_match():
    for case in find("03.4").cases():
        wanted = match_directions(*case.args, how="greedy").cosines.nan_to_num(0.0)
        torch.testing.assert_close(find("03.4").solution(*case.args), wanted, atol=1e-5, rtol=0)


def test_recovery_of_the_truth_is_1_and_none_of_its_opposites_counts():
    itself, _, opposites, *_ = (find("03.4").solution(*c.args) for c in find("03.4").cases())
    torch.testing.assert_close(itself, torch.ones(24))
    assert (opposites > 0.9).sum() == 0


def test_the_lab_as_printed_reconstructs_and_recovers_nothing():
    made = iw.numpy_lab()
    W_enc, b_enc, W_dec, b_dec = lab.lab_as_printed(made)
    x = torch.from_numpy(made.x).float()
    f = torch.relu((x - b_dec) @ W_enc + b_enc)
    error = (f @ W_dec + b_dec - x).square().mean()
    assert [f"{error:.3f}", f"{(f > 0).sum(-1).float().mean():.1f}"] == ["0.128", "18.9"]
    assert match_directions(W_dec, made.directions).count() == 0


def test_the_lab_that_grades_is_the_lab_of_the_package():
    made, own = iw.numpy_lab(), lab.the_lab()
    for name in own._fields:
        np.testing.assert_allclose(getattr(own, name), getattr(made, name), atol=1e-12)
    found = torch.from_numpy(made.W_dec).float()
    wanted = match_directions(found, made.directions).cosines
    torch.testing.assert_close(lab.partners(found, made.directions), wanted, atol=1e-5, rtol=0)


def test_more_samples_are_like_those_of_the_lab():
    made = iw.numpy_lab()
    x = lab.more_samples(made.directions, 20_000, 1).double().numpy()
    for power in (1, 2):
        own, fresh = (made.x**power).mean(), (x**power).mean()
        assert fresh == pytest.approx(own, abs=0.05)
    assert np.linalg.norm(x.mean(0) - made.x.mean(0)) < 0.2


def test_the_labs_objective_recovers_in_other_hands_than_ours():
    """Any way to train is right: here the package's own trainer."""

    def with_the_trainer(x, W_dec, l1):
        run = iw.train_sae(
            x, variant="relu_unit", d_sae=len(W_dec), l1=l1, normalize="none", steps=500,
            batch_size=256, lr=0.03,
        )  # fmt: skip
        for _ in run:
            pass
        sae = run.sae
        return sae.W_enc, sae.b_enc, sae.W_dec, sae.b_dec

    result = iw.check("03.5", with_the_trainer)
    assert result, result
    assert result.message == "Your function does what was asked on the test input."


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda x, W, l1: None, "has to return W_enc, b_enc, W_dec and b_dec"),
        (lambda x, W, l1: (W, W, W, W), "W_enc is a tensor of shape [8, 64]; you returned [64, 8]"),
        (lambda x, W, l1: (W.T, W[:, 0], W, 3), "b_dec is a tensor of shape [8]; you returned int"),
        (lambda x, W, l1: (W.T, W[:, 0], W / 0, W[0]), "W_dec has numbers that are not finite"),
    ],
)
def test_what_is_no_dictionary_is_told_so(answer, said):
    assert said in iw.check("03.5", answer).message
