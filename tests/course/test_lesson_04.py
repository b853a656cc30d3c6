"""Lesson 04: what its exercises say is so, against the package, and other spellings that pass."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.dictionary import dead as of_the_package
from interp_widgets.core.dictionary.variants import make_variant
from interp_widgets.core.dictionary.variants.jumprelu import jump
from interp_widgets.course.exercises import find


def test_topk_of_the_text():
    topk = find("04.1").solution
    pre = torch.tensor([0.1, 2.4, 0.3, 1.7, 0.05], requires_grad=True)
    codes = topk(pre, 2)
    assert codes.tolist() == pytest.approx([0, 2.4, 0, 1.7, 0])
    codes.sum().backward()
    assert pre.grad.tolist() == [0, 1, 0, 1, 0]
    assert topk(torch.tensor([-1.0, 2.0, -3.0]), 2).tolist() == [0, 2, 0]


def test_topk_is_that_of_a_dictionary():
    draw = torch.Generator().manual_seed(0)
    W_enc, x = torch.randn(6, 20, generator=draw), torch.randn(50, 6, generator=draw)
    sae = iw.SAE(W_enc, torch.zeros(20), W_enc.T, torch.zeros(6), activation="topk", k=4)
    torch.testing.assert_close(find("04.1").solution(sae.pre(x), 4), sae.encode(x))


def test_jumprelu_is_that_of_the_package():
    for case in find("04.2").cases():
        pre, threshold, slope, width = case.args
        theta = threshold.clone().requires_grad_()
        codes, _ = jump(pre, theta, width)
        (codes * slope).sum().backward()
        mine = find("04.2").solution(*case.args)
        torch.testing.assert_close(mine[0], codes.detach())
        torch.testing.assert_close(mine[1], theta.grad, atol=1e-4, rtol=1e-4)


def test_the_windows_slope_is_that_of_moving_the_threshold():
    pre = torch.randn(400_000, 2, generator=torch.Generator().manual_seed(1))
    threshold, width = torch.tensor([0.4, 1.1]), 0.1
    _, slope = find("04.2").solution(pre, threshold, torch.ones_like(pre), width)
    ends = [(pre * (pre > threshold + side * width / 2)).sum(0) for side in (-1, 1)]
    torch.testing.assert_close(slope, (ends[1] - ends[0]) / width, rtol=0.01, atol=0)


def test_resampling_is_that_of_the_package():
    for case in find("04.3").cases():
        weights, memory, inputs, losses, dead, draw = case.args
        only = torch.zeros_like(losses)
        only[7] = 1  # one token has all of the loss, so both draw it
        names = ("W_enc", "b_enc", "W_dec")
        theirs = dict(zip(names, (w.clone() for w in weights), strict=True))
        moments = dict(zip(names, (tuple(m.clone()) for m in memory), strict=True))
        theirs["b_dec"] = torch.zeros(inputs.shape[1])
        moments["b_dec"] = ()
        of_the_package.resample(
            theirs, moments, dead, inputs, inputs, only, torch.Generator().manual_seed(0)
        )
        got = find("04.3").solution(weights, memory, inputs, only, dead, draw)
        for name, mine, averages in zip(names, got[:3], got[3:], strict=True):
            torch.testing.assert_close(mine, theirs[name])
            torch.testing.assert_close(averages, torch.stack(moments[name]))


@pytest.mark.parametrize(("parents", "least", "most"), [({1: 0}, 0.6, 1), (None, 0, 0.1)])
def test_absorption_is_counted_as_the_package_does(parents, least, most):
    truth = iw.ground_truth(
        d=16,
        features=12,
        samples=20_000,
        active=1.6,
        parents=parents,
        orthogonal=True,
        magnitude=(1.0, 0.1),
        seed=1,
    )
    run = iw.train_sae(
        truth.x,
        variant="relu",
        d_sae=12,
        l1=0.3,
        steps=600,
        batch_size=512,
        lr=3e-3,
        normalize="none",
    )
    for _ in run:
        pass
    sae = run.sae.fold_decoder_norm()
    cosines = sae.directions @ truth.directions[0]
    codes = sae.encode(truth.x)
    mine = find("04.4").solution(truth.codes[:, 0], truth.codes[:, 1], codes, cosines)
    assert least <= mine <= most
    assert float(mine) == pytest.approx(iw.absorption(sae, truth, 0, [1]).rate, abs=0.005)


def test_parameters_are_those_of_a_dictionary():
    count = find("04.5").solution
    assert count(2048, 32) == 268_503_040
    made = make_variant("topk").parameters(16, 64, torch.randn(50, 16), torch.Generator())
    assert count(16, 4) == sum(parameter.numel() for parameter in made.values())


def test_a_bare_number_of_parameters_is_judged():
    assert iw.check("04.5", lambda d, expansion: d * (2 * d * expansion + expansion + 1))
    message = iw.check("04.5", lambda d, expansion: 131_072).message
    assert "2.685e+08" in message


def test_the_line_is_that_of_a_polynomial_fit():
    for case in find("04.6").cases():
        widths, errors, wider = case.args
        slope, start = np.polyfit(widths.log().numpy(), errors.log().numpy(), 1)
        mine = find("04.6").solution(*case.args)
        assert float(mine[0]) == pytest.approx(slope, abs=1e-4)
        assert float(mine[1]) == pytest.approx(np.exp(start + slope * np.log(wider)), rel=1e-4)


def test_the_sweep_says_what_the_lesson_says():
    sweep = iw.sae_sweep()
    ladder = [sweep.where("topk", width) for width in (64, 128, 256, 512, 1024, 2048)]
    of_16 = [next(i for i in found if sweep.settings[i] == 16) for found in ladder]
    errors = sweep["nmse"][of_16]
    widths = 2.0 ** torch.arange(6, 12)
    fifth = find("04.6").solution(widths[:4], errors[:4], 1024.0)[1]
    assert abs(fifth / errors[4] - 1) < 0.15
    sixth = find("04.6").solution(widths[:5], errors[:5], 2048.0)[1]
    assert -0.15 < sixth / errors[5] - 1 < 0
    assert bool((errors.diff().abs().diff() < 0).all())  # every doubling gains less
    dead = sweep["dead"][of_16]
    assert bool((dead.diff() >= 0).all())
    shrunk = {v: sweep["shrinkage"][sweep.where(v, 512)] for v in ("relu", "gated", "jumprelu")}
    assert bool((shrunk["relu"] < 0.99).all())
    assert bool(((shrunk["gated"] - 1).abs() < 0.01).all())
    assert bool(((shrunk["jumprelu"] - 1).abs() < 0.01).all())


@pytest.mark.parametrize("variant", ["topk", "batchtopk", "gated", "jumprelu"])
def test_at_equal_sparsity_no_kind_is_below_l1(variant):
    sweep = iw.sae_sweep()
    grid = np.log(np.linspace(10, 30, 50))

    def explained(kind):
        points = sweep.where(kind, 512)
        return np.interp(grid, sweep["l0"][points].log(), sweep["fve"][points])

    assert (explained(variant) > explained("relu")).all()


def test_equal_variance_is_not_equal_use():
    sweep = iw.sae_sweep()

    def at_16(kind, measure):
        points = sweep.where(kind, 512)
        return np.interp(np.log(16), sweep["l0"][points].log(), sweep[measure][points])

    assert abs(at_16("topk", "fve") - at_16("jumprelu", "fve")) < 0.02
    assert at_16("topk", "delta_ce") > 5 * at_16("jumprelu", "delta_ce")


def test_a_high_price_kills_as_told():
    sweep = iw.sae_sweep()
    dear = sweep["dead"][sweep.where("gated", 512)]  # the sparsest first: the highest price
    assert bool((dear.diff() <= 0).all())
    assert dear[0] > 0.1


def test_every_line_of_the_tables_has_its_hint():
    match, tables = find("04.7"), ("refinements", "ailments", "kinds")
    for table in tables:
        right = match.solution(table)
        for at, letter in enumerate(right):
            other = right[:at] + ("A" if letter != "A" else "B") + right[at + 1 :]
            said = iw.check(
                "04.7", lambda t, t0=table, o=other: o if t == t0 else match.solution(t)
            )
            assert said.status == "failed"
            assert "5 of 6 are right" in said.message
    assert iw.check("04.7", lambda table: " ".join(match.solution(table).lower()))
    for wrong in (list, lambda table: "ABC", lambda table: 6 * ["A"], lambda table: 6):
        assert iw.check("04.7", wrong).status == "failed"
