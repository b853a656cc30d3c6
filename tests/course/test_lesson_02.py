"""Lesson 02: what its exercises say is so, and other spellings that pass."""

from __future__ import annotations

import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.overlap import overlap
from interp_widgets.core.superposition import interference
from interp_widgets.core.toy_features import ToyFeatures
from interp_widgets.course.exercises import find


def test_the_arithmetic_of_the_text():
    case, _ = find("02.1").cases()
    cosine, reading = find("02.1").solution(*case.args)
    assert f"{cosine:.2f} {reading:.2f}" == "0.80 2.30"


def test_readings_are_those_of_the_record():
    for case in find("02.1").cases():
        a, b, on_a, on_b = case.args
        cosine, reading = find("02.1").solution(*case.args)
        record = overlap(torch.stack([a, b]), [on_a, on_b])
        torch.testing.assert_close(record.cosines[0, 1], cosine)
        torch.testing.assert_close(record.readings[0], reading)


def test_batches_are_like_those_of_the_package():
    strength, chance = torch.rand(2, 50_000, 6, generator=torch.Generator().manual_seed(0))
    mine = find("02.2").solution(strength, chance, 0.2)
    own = ToyFeatures(6, 0.2).batch(50_000, torch.Generator().manual_seed(0))
    for x in (mine, own):
        assert (x > 0).float().mean().item() == pytest.approx(0.2, abs=0.005)
        assert x[x > 0].mean().item() == pytest.approx(0.5, abs=0.005)


@pytest.mark.parametrize(("which", "held"), [(0, 2), (1, 5)])
def test_the_toy_keeps_what_fits_when_dense_and_more_when_sparse(which, held):
    W, losses = find("02.3").solution(*find("02.3").cases()[which].args)
    assert int((W.square().sum(-1) > 0.5).sum()) == held
    assert losses[-10:].mean() < losses[:10].mean()


def test_another_spelling_of_the_toy_passes():
    def spelt_otherwise(W, b, batches, importance, rate):
        layer = torch.nn.Parameter(W.T.clone())  # columns, as papers write it
        bias = torch.nn.Parameter(b.clone())
        adam = torch.optim.Adam([layer, bias], lr=rate)
        seen = []
        for x in batches:
            hidden = torch.einsum("mn,bn->bm", layer, x)
            back = torch.clamp(torch.einsum("mn,bm->bn", layer, hidden) + bias, min=0)
            loss = torch.einsum("n,bn->", importance, (back - x).square()) / len(x)
            seen.append(loss.detach())
            adam.zero_grad()
            loss.backward()
            adam.step()
        return layer.T, torch.stack(seen)

    result = iw.check("02.3", spelt_otherwise)
    assert result, result


def test_a_toy_that_keeps_too_few_is_told_how_many():
    def too_weak(W, b, batches, importance, rate):
        W, losses = find("02.3").solution(W, b, batches, importance, rate)
        dense = bool((batches > 0).all())
        return (W if dense else W / 2), losses

    message = iw.check("02.3", too_weak).message
    assert "0 of 6 features have a squared norm above one half; wanted more than 2" in message


def test_interference_and_its_gradient_are_those_of_autograd():
    for case in find("02.4").cases():
        W = case.args[0].clone().requires_grad_()
        each, slope = find("02.4").solution(case.args[0])
        torch.testing.assert_close(interference(case.args[0]), each)
        interference(W).sum().backward()
        torch.testing.assert_close(W.grad, slope, atol=1e-5, rtol=1e-5)


def test_polysemantic_names_the_neuron_of_two_topics():
    table, _ = find("02.5").cases()
    found = find("02.5").solution(*table.args)
    assert found.tolist() == [False, True, False, True, False, False, True]
