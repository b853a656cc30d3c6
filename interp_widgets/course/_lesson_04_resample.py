"""Lesson 04: dead latents get another chance where the reconstruction is worst."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake

Tensors = tuple[Tensor, ...]
Draw = Callable[[Tensor], Tensor]


def resample(
    weights: Tensors, memory: Tensors, inputs: Tensor, losses: Tensor, dead: Tensor, draw: Draw
) -> Tensors:
    """New weights and Adam's new memory of them, six tensors in the order that they came in.

    Args:
        weights: ``W_enc [d, feature]``, ``b_enc [feature]``, ``W_dec [feature, d]``.
        memory: Adam's two averages of each, ``[2, ..]``.
        inputs: less the decoder's bias, ``[token, d]``.
        losses: of each token, ``[token]``.
        dead: bool, ``[feature]``.
        draw: draws one token for each dead latent by chances ``[token]``, which need not add to 1.
    """
    W_enc, b_enc, W_dec = (weight.clone() for weight in weights)
    m_enc, m_b, m_dec = (averages.clone() for averages in memory)
    drawn = inputs[draw(losses**2)]
    directions = drawn / drawn.norm(dim=-1, keepdim=True)
    usual = W_enc[:, ~dead].norm(dim=0).mean()
    W_enc[:, dead] = 0.2 * usual * directions.T
    b_enc[dead] = 0
    W_dec[dead] = directions
    m_enc[:, :, dead] = 0
    m_b[:, dead] = 0
    m_dec[:, dead] = 0
    return W_enc, b_enc, W_dec, m_enc, m_b, m_dec


def _memory_kept(weights: Tensors, memory: Tensors, *more: Any) -> Tensors:
    return *resample(weights, memory, *more)[:3], *memory


def _random_directions(weights: Tensors, memory: Tensors, inputs: Tensor, *more: Any) -> Tensors:
    noise = torch.randn(inputs.shape, generator=torch.Generator().manual_seed(0))
    return resample(weights, memory, noise, *more)


def _by_the_loss(
    weights: Tensors, memory: Tensors, inputs: Tensor, losses: Tensor, dead: Tensor, draw: Draw
) -> Tensors:
    return resample(weights, memory, inputs, losses.sqrt(), dead, draw)


def _loud(
    weights: Tensors, memory: Tensors, inputs: Tensor, losses: Tensor, dead: Tensor, draw: Draw
) -> Tensors:
    W_enc, *others = resample(weights, memory, inputs, losses, dead, draw)
    W_enc[:, dead] *= 5
    return W_enc, *others


def _mean_of_all(
    weights: Tensors, memory: Tensors, inputs: Tensor, losses: Tensor, dead: Tensor, draw: Draw
) -> Tensors:
    W_enc, *others = resample(weights, memory, inputs, losses, dead, draw)
    lengths = weights[0].norm(dim=0)
    W_enc[:, dead] *= lengths.mean() / lengths[~dead].mean()
    return W_enc, *others


def _bias_left(weights: Tensors, memory: Tensors, *more: Any) -> Tensors:
    W_enc, _, *others = resample(weights, memory, *more)
    return W_enc, weights[1], *others


def _of_any_length(
    weights: Tensors, memory: Tensors, inputs: Tensor, losses: Tensor, dead: Tensor, draw: Draw
) -> Tensors:
    W_enc, b_enc, W_dec, *others = resample(weights, memory, inputs, losses, dead, draw)
    W_dec[dead] = inputs[draw(losses**2)]
    return W_enc, b_enc, W_dec, *others


def _decoder_only(weights: Tensors, memory: Tensors, *more: Any) -> Tensors:
    _, b_enc, W_dec, *others = resample(weights, memory, *more)
    return weights[0], b_enc, W_dec, *others


def _drawer(chance: Tensor) -> Draw:
    """Draws by these random numbers, the same in every call."""

    def draw(chances: Tensor) -> Tensor:
        up_to = chances.double().cumsum(0)
        return torch.searchsorted(up_to, chance * up_to[-1]).clamp(max=len(up_to) - 1)

    return draw


def _dictionaries() -> list[Case]:
    generator = torch.Generator().manual_seed(4)
    cases = []
    for d, features, tokens in ((4, 6, 50), (16, 40, 300)):

        def normal(*shape: int) -> Tensor:
            return torch.randn(*shape, generator=generator)

        weights = normal(d, features), normal(features), normal(features, d)
        memory = tuple(torch.stack([normal(*w.shape), normal(*w.shape) ** 2]) for w in weights)
        dead = torch.rand(features, generator=generator) < 0.4
        dead[:2] = torch.tensor([True, False])
        chance = torch.rand(int(dead.sum()), generator=generator, dtype=torch.float64)
        losses = normal(tokens).exp()
        name = f"{features} latents, {int(dead.sum())} of them dead"
        inputs = 2 * normal(tokens, d)
        cases.append(Case(name, (weights, memory, inputs, losses, dead, _drawer(chance))))
    return cases


RESAMPLE = Exercise(
    id="04.3",
    title="Revive the dead",
    difficulty=3,
    importance=5,
    minutes=15,
    returns="the new W_enc, b_enc and W_dec, then Adam's memory of each",
    solution=resample,
    cases=_dictionaries,
    mistakes=(
        Mistake(
            "memory kept",
            _memory_kept,
            "Adam still remembers the slopes of the old latents, and will push the new ones where "
            "those were going. Zero both averages wherever you wrote a weight.",
        ),
        Mistake(
            "random directions",
            _random_directions,
            "Your new directions are random. Point them where something is missing: at the inputs "
            "that `draw` gave you.",
        ),
        Mistake(
            "drawn by the loss",
            _by_the_loss,
            "You draw by the losses as they are. By their squares, the worst tokens get more.",
        ),
        Mistake(
            "encoder too long",
            _loud,
            "Your new encoder directions are as long as the others. At a fifth of that the new "
            "latents are quiet at first and do not upset what works.",
        ),
        Mistake(
            "the dead counted",
            _mean_of_all,
            "Your average length counts the dead latents, too. Take it over those that live.",
        ),
        Mistake(
            "bias left",
            _bias_left,
            "The old biases stay, and it may be a bias that keeps a latent silent. Set those of "
            "the dead ones to 0.",
        ),
        Mistake(
            "decoder of any length",
            _of_any_length,
            "Your new decoder directions are as long as the inputs. They have length 1.",
        ),
        Mistake(
            "decoder only",
            _decoder_only,
            "The encoder still looks where it looked before, and never saw anything there. Point "
            "it at the same input.",
        ),
    ),
)
