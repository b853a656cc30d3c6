"""Lesson 03: the lab's objective in better hands. Any way to train is right that recovers."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake, WrongAnswerError

FOUND, MEDIAN, ACTIVE = 14, 0.9, 18.9  # wanted of the 24; of all pairs; the lab's own L0
_SAMPLES = 32_768

Dictionary = tuple[Tensor, Tensor, Tensor, Tensor]


def beat_the_lab(x: Tensor, W_dec: Tensor, l1: float) -> Dictionary:
    """Weights ``W_enc [d, feature], b_enc, W_dec [feature, d], b_dec`` after training on x."""
    return _trained(x, W_dec, l1)


def _trained(
    x: Tensor, W_dec: Tensor, l1: float, steps: int = 3000, unit: bool = True
) -> Dictionary:
    draw = torch.Generator().manual_seed(0)
    W_dec = W_dec.clone().requires_grad_()
    W_enc = W_dec.detach().T.clone().requires_grad_()  # each latent looks where it writes
    b_enc = torch.zeros(len(W_dec), requires_grad=True)
    b_dec = torch.zeros(x.shape[1], requires_grad=True)
    adam = torch.optim.Adam([W_enc, b_enc, W_dec, b_dec], lr=0.03, fused=True)
    fall = torch.optim.lr_scheduler.LambdaLR(adam, lambda step: min(1.0, 2 - 2 * step / steps))
    for _ in range(steps):
        batch = x[torch.randint(len(x), (128,), generator=draw)]
        f = torch.relu((batch - b_dec) @ W_enc + b_enc)
        error = (batch - f @ W_dec - b_dec).square().sum(-1).mean()
        adam.zero_grad()
        (error + l1 * f.sum(-1).mean()).backward()
        with torch.no_grad():
            slope = W_dec.grad
            if unit and slope is not None:
                slope -= (slope * W_dec).sum(-1, keepdim=True) * W_dec
            adam.step()
            if unit:
                W_dec /= W_dec.norm(dim=-1, keepdim=True)
        fall.step()
    return W_enc.detach(), b_enc.detach(), W_dec.detach(), b_dec.detach()


def lab_as_printed(lab: Any, steps: int = 300) -> Dictionary:
    """The lab's own training, as in the text: plain descent on 768 samples, nothing else."""
    x, W_enc, W_dec = lab.x, lab.W_enc.copy(), lab.W_dec.copy()
    b_enc, b_dec = np.zeros(len(W_dec)), np.zeros(x.shape[1])
    for _ in range(steps):
        pre = x @ W_enc + b_enc
        f = np.maximum(pre, 0)
        error = f @ W_dec + b_dec - x
        of_x_hat = 2 * error / error.size
        of_pre = (of_x_hat @ W_dec.T + 5.0 * np.sign(f) / f.size) * (pre > 0)
        b_dec -= 0.03 * of_x_hat.sum(0)
        W_dec -= 0.03 * f.T @ of_x_hat
        W_enc -= 0.03 * x.T @ of_pre
        b_enc -= 0.03 * of_pre.sum(0)
        W_dec /= np.linalg.norm(W_dec, axis=1, keepdims=True)
    # It encodes x itself: the same with b_dec taken off first, and given back by b_enc.
    parts = (W_enc, b_enc + b_dec @ W_enc, W_dec, b_dec)
    return tuple(torch.from_numpy(part).float() for part in parts)  # pyright: ignore[reportReturnType]


class Lab(NamedTuple):
    """What the lab's one generator draws: samples ``[768, 8]``, true directions, first weights."""

    x: np.ndarray
    directions: np.ndarray
    W_enc: np.ndarray
    W_dec: np.ndarray


def the_lab() -> Lab:
    """The lab's draws in its own order; ``iw.numpy_lab()`` gives the same."""
    rng = np.random.default_rng(42)
    directions = rng.normal(size=(24, 8))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    x = np.zeros((768, 8))
    for sample in x:
        active = rng.choice(24, size=rng.integers(2, 5), replace=False)
        sample += rng.normal(1.5, 0.4, size=len(active)) @ directions[active]
    x += rng.normal(0.0, 0.03, size=x.shape)
    W_enc = 0.1 * rng.normal(size=(64, 8)).T
    W_dec = rng.normal(size=(8, 64)).T
    return Lab(x, directions, W_enc, W_dec / np.linalg.norm(W_dec, axis=1, keepdims=True))


def partners(found: Tensor, true: np.ndarray) -> Tensor:
    """Cosine of each true direction with its one partner of the best one-to-one matching."""
    from scipy.optimize import linear_sum_assignment

    unit = found / found.norm(dim=-1, keepdim=True)
    cosines = torch.from_numpy(true).to(unit) @ unit.T
    rows, columns = linear_sum_assignment(cosines.numpy(), maximize=True)
    return cosines[rows, columns]


def more_samples(directions: np.ndarray, samples: int, seed: int) -> Tensor:
    """Samples made as the lab makes them, of the same directions, ``[sample, d]``."""
    draw = torch.Generator().manual_seed(seed)
    features = len(directions)
    count = torch.randint(2, 5, (samples, 1), generator=draw)
    place = torch.rand(samples, features, generator=draw).argsort(1).argsort(1)
    codes = (1.5 + 0.4 * torch.randn(samples, features, generator=draw)) * (place < count)
    noise = 0.03 * torch.randn(samples, directions.shape[1], generator=draw)
    return codes @ torch.from_numpy(directions).float() + noise


def _recovers(got: Any, case: Case) -> None:
    x, start, _ = case.args
    W_enc, b_enc, W_dec, b_dec = _parts(got, x.shape[1], len(start))
    lengths = W_dec.norm(dim=-1)
    if (lengths - 1).abs().max() > 1e-3:
        raise WrongAnswerError(
            f"Your directions are {lengths.min():.3g} to {lengths.max():.3g} long. {_LENGTHS}"
        )
    directions = the_lab().directions
    fresh = more_samples(directions, 4096, 99)
    active = ((fresh - b_dec) @ W_enc + b_enc > 0).sum(-1).double().mean().item()
    cosines = partners(W_dec, directions)
    count, median = int((cosines > 0.9).sum()), float(np.median(cosines.numpy()))
    found = count >= FOUND and median >= MEDIAN
    if not found or active > ACTIVE:
        why = _DENSE if found or active > 1.3 * ACTIVE else _NOT_FOUND
        raise WrongAnswerError(
            f"{count} of 24 true directions have a partner above 0.9 (wanted {FOUND}), the "
            f"median cosine is {median:.2f} (wanted {MEDIAN}), and {active:.1f} latents fire "
            f"on a sample (wanted: at most {ACTIVE}). {why}"
        )


def _parts(got: Any, d: int, latents: int) -> list[Tensor]:
    """The four weights of an answer, if they are that."""
    wanted = {"W_enc": [d, latents], "b_enc": [latents], "W_dec": [latents, d], "b_dec": [d]}
    if not isinstance(got, (tuple, list)) or len(got) != len(wanted):
        raise WrongAnswerError("Your function has to return W_enc, b_enc, W_dec and b_dec.")
    parts = []
    for value, (name, shape) in zip(got, wanted.items(), strict=True):
        if not torch.is_tensor(value) or list(value.shape) != shape:
            came = list(value.shape) if torch.is_tensor(value) else type(value).__name__
            raise WrongAnswerError(f"{name} is a tensor of shape {shape}; you returned {came}.")
        if not value.isfinite().all():
            raise WrongAnswerError(f"{name} has numbers that are not finite.")
        parts.append(value.detach().float())
    return parts


def _start() -> list[Case]:
    lab = the_lab()
    x = more_samples(lab.directions, _SAMPLES, 0)
    return [Case("the lab's directions", (x, torch.from_numpy(lab.W_dec).float(), 0.625))]


_LENGTHS = (
    "Wanted is 1 for each row of W_dec, or the penalty can be got round: set them back to it after "
    "every step."
)
_DENSE = (
    "Too many latents fire. Does your loss hold the penalty, λ times the codes summed over "
    "latents, and are there steps enough for it to work?"
)
_NOT_FOUND = (
    "Change the steps, not the objective: many small batches instead of the same samples again and "
    "again, Adam with a rate that falls, an encoder that begins as W_dec.T."
)

LAB = Exercise(
    id="03.5",
    title="Beat the lab",
    difficulty=4,
    importance=5,
    minutes=25,
    returns="W_enc [d, feature], b_enc [feature], W_dec [feature, d], b_dec [d]",
    solution=beat_the_lab,
    cases=_start,
    verify=_recovers,
    trains=True,
    free=True,
    mistakes=(
        Mistake("the lab as printed", lambda x, W, l1: lab_as_printed(the_lab()), _NOT_FOUND),
        Mistake("no penalty", lambda x, W, l1: _trained(x, W, 0.0, 300), _NOT_FOUND),
        Mistake("λ of means", lambda x, W, l1: _trained(x, W, 5.0, 100), _NOT_FOUND),
        Mistake("lengths as they come", lambda x, W, l1: _trained(x, W, l1, 50, False), _LENGTHS),
        Mistake("random directions", lambda x, W, l1: _trained(x, W, l1, 1), _DENSE),
    ),
)
