"""Lesson 04: counting where a specific latent speaks for a general one."""

from __future__ import annotations

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake


def absorption_rate(general: Tensor, specific: Tensor, codes: Tensor, cosines: Tensor) -> Tensor:
    """Share of the samples with both features in which the general one was absorbed, 0..1.

    Args:
        general: strength of the general feature, 0 where it is off, ``[sample]``.
        specific: of one that never comes without it, ``[sample]``.
        codes: of a dictionary whose directions have length 1, ``[sample, feature]``.
        cosines: of each direction with that of the general feature, ``[feature]``.
    """
    own = cosines.argmax()
    both = (general > 0) & (specific > 0)
    alone = (general > 0) & (specific == 0)
    silent = codes[:, own] <= 0.1 * codes[alone, own].mean()
    brought = codes * cosines  # along the general direction
    brought[:, own] = 0
    replaced = brought.amax(-1) >= 0.4 * general
    return (silent & replaced)[both].float().mean()


def _swapped(general: Tensor, specific: Tensor, codes: Tensor, cosines: Tensor) -> Tensor:
    own = cosines.argmax()
    brought = codes * cosines
    brought[:, own] = 0
    speaks = brought.argmax(-1)[(general > 0) & (specific > 0)].mode().values
    both = (general > 0) & (specific > 0)
    silent = codes[:, speaks] <= 0.1 * codes[specific > 0, speaks].mean()
    return (silent & (codes[:, own] >= 0.4 * general))[both].float().mean()


def _all_with_the_general(
    general: Tensor, specific: Tensor, codes: Tensor, cosines: Tensor
) -> Tensor:
    share = ((general > 0) & (specific > 0)).float().sum() / (general > 0).sum()
    return absorption_rate(general, specific, codes, cosines) * share


def _of_all_samples(general: Tensor, specific: Tensor, codes: Tensor, cosines: Tensor) -> Tensor:
    both = (general > 0) & (specific > 0)
    return absorption_rate(general, specific, codes, cosines) * both.float().mean()


def _silent_is_enough(general: Tensor, specific: Tensor, codes: Tensor, cosines: Tensor) -> Tensor:
    own = cosines.argmax()
    usual = codes[(general > 0) & (specific == 0), own].mean()
    return (codes[:, own] <= 0.1 * usual)[(general > 0) & (specific > 0)].float().mean()


def _either_sign(general: Tensor, specific: Tensor, codes: Tensor, cosines: Tensor) -> Tensor:
    own = cosines.abs().argmax()
    turned = torch.where(torch.arange(len(cosines)) == own, cosines.abs() + 1, cosines)
    return absorption_rate(general, specific, codes, turned)


def _others_together(general: Tensor, specific: Tensor, codes: Tensor, cosines: Tensor) -> Tensor:
    own = cosines.argmax()
    both = (general > 0) & (specific > 0)
    usual = codes[(general > 0) & (specific == 0), own].mean()
    silent = codes[:, own] <= 0.1 * usual
    summed = (codes * cosines).sum(-1) - codes[:, own] * cosines[own]
    return (silent & (summed >= 0.4 * general))[both].float().mean()


def _samples(absorbed: float, dropped: float, generator: torch.Generator) -> tuple[Tensor, ...]:
    """Codes of a made-up dictionary: latent 2 for the general feature, 0 for the specific one."""
    chance = torch.rand(600, 3, generator=generator)
    general = (chance[:, 0] < 0.5) * (0.8 + 0.4 * torch.rand(600, generator=generator))
    specific = (general > 0) * (chance[:, 1] < 0.4) * 1.0
    swallowed = (specific > 0) & (chance[:, 2] < absorbed)
    lost = (specific > 0) & ~swallowed & (chance[:, 2] < absorbed + dropped)
    codes = 0.7 + 0.3 * torch.rand(600, 6, generator=generator)
    codes[::2] = 0  # where all others are silent, too
    codes[:, 2] = torch.where(swallowed | lost, 0.02 * general, general)
    codes[:, 0] = torch.where(swallowed, 1.5 * specific, torch.where(lost, 0.0, specific))
    codes[:, 4] = (general == 0) * 0.9
    return general, specific, codes, torch.tensor([0.65, 0.2, 0.9, 0.2, -0.95, 0.2])


def _tables() -> list[Case]:
    generator = torch.Generator().manual_seed(4)
    return [
        Case("a dictionary that absorbs much", _samples(0.7, 0.1, generator)),
        Case("a dictionary that absorbs nothing", _samples(0.0, 0.0, generator)),
        Case("a dictionary that loses as much as it absorbs", _samples(0.3, 0.3, generator)),
    ]


ABSORPTION = Exercise(
    id="04.4",
    title="Absorption detector",
    difficulty=4,
    importance=4,
    minutes=20,
    returns="one number, 0..1",
    solution=absorption_rate,
    cases=_tables,
    mistakes=(
        Mistake(
            "the other way round",
            _swapped,
            "You count where the general latent speaks for the specific one. It is the specific "
            "one that swallows: count where the general latent is silent.",
        ),
        Mistake(
            "of all with the general feature",
            _all_with_the_general,
            "You divide by all samples with the general feature. The question is asked only where "
            "both are on.",
        ),
        Mistake(
            "of all samples",
            _of_all_samples,
            "You divide by all samples there are. The question is asked only where both are on.",
        ),
        Mistake(
            "silence is enough",
            _silent_is_enough,
            "You count every silence. Where no other latent brings the direction it was lost, "
            "not absorbed.",
        ),
        Mistake(
            "either sign",
            _either_sign,
            "You took the latent with the largest cosine of either sign. One that points away from "
            "a feature does not stand for it.",
        ),
        Mistake(
            "all others together",
            _others_together,
            "You add up what all other latents bring. Many small overlaps are no absorption: one "
            "latent has to do it.",
        ),
    ),
)
