"""Lesson 03: an autoencoder's pass and loss, and what λ means under other averages."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake, WrongAnswerError

# 03.1 -----------------------------------------------------------------------------

Passed = tuple[Tensor, Tensor, Tensor]


def sae_loss(
    x: Tensor, W_enc: Tensor, b_enc: Tensor, W_dec: Tensor, b_dec: Tensor, l1: float
) -> Passed:
    """Codes ``[sample, feature]``, reconstruction ``[sample, d]`` and loss of an autoencoder."""
    f = torch.relu((x - b_dec) @ W_enc + b_enc)
    x_hat = f @ W_dec + b_dec
    error = (x - x_hat).square().sum(-1).mean()
    return f, x_hat, error + l1 * f.abs().sum(-1).mean()


def _not_centred(
    x: Tensor, W_enc: Tensor, b_enc: Tensor, W_dec: Tensor, b_dec: Tensor, l1: float
) -> Passed:
    f = torch.relu(x @ W_enc + b_enc)
    x_hat = f @ W_dec + b_dec
    return f, x_hat, (x - x_hat).square().sum(-1).mean() + l1 * f.abs().sum(-1).mean()


def _means(
    x: Tensor, W_enc: Tensor, b_enc: Tensor, W_dec: Tensor, b_dec: Tensor, l1: float
) -> Passed:
    f, x_hat, _ = sae_loss(x, W_enc, b_enc, W_dec, b_dec, l1)
    return f, x_hat, (x - x_hat).square().mean() + l1 * f.abs().mean()


def _mean_error(
    x: Tensor, W_enc: Tensor, b_enc: Tensor, W_dec: Tensor, b_dec: Tensor, l1: float
) -> Passed:
    f, x_hat, _ = sae_loss(x, W_enc, b_enc, W_dec, b_dec, l1)
    return f, x_hat, (x - x_hat).square().mean() + l1 * f.abs().sum(-1).mean()


def _summed_over_samples(
    x: Tensor, W_enc: Tensor, b_enc: Tensor, W_dec: Tensor, b_dec: Tensor, l1: float
) -> Passed:
    f, x_hat, _ = sae_loss(x, W_enc, b_enc, W_dec, b_dec, l1)
    return f, x_hat, (x - x_hat).square().sum() + l1 * f.abs().sum()


def _no_relu(
    x: Tensor, W_enc: Tensor, b_enc: Tensor, W_dec: Tensor, b_dec: Tensor, l1: float
) -> Passed:
    f = (x - b_dec) @ W_enc + b_enc
    x_hat = f @ W_dec + b_dec
    return f, x_hat, (x - x_hat).square().sum(-1).mean() + l1 * f.abs().sum(-1).mean()


def _not_moved_back(
    x: Tensor, W_enc: Tensor, b_enc: Tensor, W_dec: Tensor, b_dec: Tensor, l1: float
) -> Passed:
    f, x_hat, _ = sae_loss(x, W_enc, b_enc, W_dec, b_dec, l1)
    x_hat = x_hat - b_dec
    return f, x_hat, (x - x_hat).square().sum(-1).mean() + l1 * f.abs().sum(-1).mean()


def _squared_codes(
    x: Tensor, W_enc: Tensor, b_enc: Tensor, W_dec: Tensor, b_dec: Tensor, l1: float
) -> Passed:
    f, x_hat, _ = sae_loss(x, W_enc, b_enc, W_dec, b_dec, l1)
    return f, x_hat, (x - x_hat).square().sum(-1).mean() + l1 * f.square().sum(-1).mean()


def _no_l1(
    x: Tensor, W_enc: Tensor, b_enc: Tensor, W_dec: Tensor, b_dec: Tensor, l1: float
) -> Passed:
    return sae_loss(x, W_enc, b_enc, W_dec, b_dec, 1.0)


def _root(
    x: Tensor, W_enc: Tensor, b_enc: Tensor, W_dec: Tensor, b_dec: Tensor, l1: float
) -> Passed:
    f, x_hat, _ = sae_loss(x, W_enc, b_enc, W_dec, b_dec, l1)
    return f, x_hat, (x - x_hat).norm(dim=-1).mean() + l1 * f.sum(-1).mean()


def _dictionaries() -> list[Case]:
    cases = []
    for samples, d, latents, l1 in ((5, 4, 6, 0.1), (16, 8, 64, 2.0)):
        draw = torch.Generator().manual_seed(3)
        parts = (
            torch.randn(samples, d, generator=draw),
            torch.randn(d, latents, generator=draw),
            0.1 * torch.randn(latents, generator=draw),
            torch.randn(latents, d, generator=draw) / latents**0.5,
            torch.randn(d, generator=draw),
        )
        parts = (parts[0], *(part.requires_grad_() for part in parts[1:]))
        cases.append(Case(f"{samples} samples, {d} dimensions, {latents} latents", (*parts, l1)))
    return cases


LOSS = Exercise(
    id="03.1",
    title="Forward and loss",
    difficulty=2,
    importance=5,
    minutes=10,
    returns="codes [sample, feature], reconstruction [sample, d], and the loss, one number",
    solution=sae_loss,
    cases=_dictionaries,
    trains=True,
    mistakes=(
        Mistake(
            "no centring",
            _not_centred,
            "You encode x itself. Subtract b_dec first: the decoder adds it again at the end.",
        ),
        Mistake(
            "means for sums",
            _means,
            "Your loss averages over dimensions and over latents. Sum over those, and average over "
            "samples only: with averages the same λ is a much weaker one.",
        ),
        Mistake(
            "mean error, summed codes",
            _mean_error,
            "You average the error over dimensions and sum the codes over latents. Sum both.",
        ),
        Mistake(
            "summed over samples",
            _summed_over_samples,
            "You sum over samples, too, so a larger batch has a larger loss. Take their mean.",
        ),
        Mistake(
            "no ReLU",
            _no_relu,
            "Some codes are below 0: the ReLU is missing.",
        ),
        Mistake(
            "squared codes",
            _squared_codes,
            "You charge for squares of codes. These make large codes smaller, and small ones never "
            "quite 0: take their sizes.",
        ),
        Mistake("λ left out", _no_l1, "Your penalty is not multiplied by l1."),
        Mistake(
            "length of the error",
            _root,
            "You take the length of each error. Wanted is its square: no root.",
        ),
        Mistake(
            "b_dec not added",
            _not_moved_back,
            "What was subtracted before encoding has to come back: add b_dec after W_dec.",
        ),
    ),
)

# 03.2 -----------------------------------------------------------------------------


def convert_lambda(l1: float, d: int, d_sae: int, given: str) -> Tensor:
    """A λ in the convention of sums, 0-dim."""
    factor = {"sum": 1.0, "mean": d, "mean_of_both": d / d_sae}[given]
    return torch.tensor(l1 * factor, dtype=torch.float64)


def _inverse(l1: float, d: int, d_sae: int, given: str) -> float:
    return {"sum": l1, "mean": l1 / d, "mean_of_both": l1 * d_sae / d}[given]


def _error_only(l1: float, d: int, d_sae: int, given: str) -> float:
    return l1 if given == "sum" else l1 * d


def _unchanged(l1: float, d: int, d_sae: int, given: str) -> float:
    return l1


def _codes_only(l1: float, d: int, d_sae: int, given: str) -> float:
    return {"sum": l1, "mean": l1, "mean_of_both": l1 / d_sae}[given]


def _same_loss(got: Any, case: Case) -> None:
    """On any errors and codes, d times the averaged loss has to be the summed loss."""
    l1, d, d_sae, given = case.args
    draw = torch.Generator().manual_seed(3)
    error = torch.randn(10, d, generator=draw).square()
    codes = torch.rand(10, d_sae, generator=draw)
    counted = codes.mean() if given == "mean_of_both" else codes.sum(-1).mean()
    averaged = d * (error.mean() + l1 * counted)
    summed = error.sum(-1).mean() + float(got) * codes.sum(-1).mean()
    raise WrongAnswerError(
        f"On {case.name}, a random batch has d × averaged loss = {averaged:.4g}; with your λ of "
        f"{float(got):.4g} its summed loss is {summed:.4g}. The two have to be equal."
    )


def _lambdas() -> list[Case]:
    return [
        Case("λ = 0.1 of two means, 10 → 40", (0.1, 10, 40, "mean_of_both")),
        Case("λ = 5 of two means, 8 → 64", (5.0, 8, 64, "mean_of_both")),
        Case("λ = 0.005 of two means, 64 × expansion", (5e-3, 64, 4096, "mean_of_both")),
        Case("λ = 0.01 of a mean and a sum, 4 → 6", (0.01, 4, 6, "mean")),
        Case("λ = 0.3 of two sums", (0.3, 16, 32, "sum")),
    ]


CONVERT = Exercise(
    id="03.2",
    title="Convert λ",
    difficulty=3,
    importance=5,
    minutes=10,
    returns="one number: λ for summed errors and summed codes",
    solution=convert_lambda,
    cases=_lambdas,
    verify=_same_loss,
    tolerance=1e-7,
    mistakes=(
        Mistake(
            "the other way",
            _inverse,
            "That is the inverse factor: it takes a λ for sums to one for means.",
        ),
        Mistake(
            "codes forgotten",
            _error_only,
            "You undo the average over dimensions only. In this convention codes are averaged over "
            "latents, too.",
        ),
        Mistake(
            "not converted",
            _unchanged,
            "You hand λ on as it is. Multiply the averaged loss by d: its first term is the summed "
            "error then. What stands in front of the summed codes?",
        ),
        Mistake(
            "errors forgotten",
            _codes_only,
            "You undo the average over latents only. The error was averaged over dimensions.",
        ),
    ),
)
