"""Lesson 05, bonus: how pure each latent is of each domain, and how much of it it covers."""

from __future__ import annotations

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake


def purity_and_coverage(fires: Tensor, domain: Tensor, domains: int) -> tuple[Tensor, Tensor]:
    """Two tables ``[domain, latent]``, 0 to 1; the purity of a silent latent is 0."""
    member = torch.nn.functional.one_hot(domain, domains).float()  # [text, domain]
    both = member.T @ fires.float()  # texts of the domain in which the latent fires
    purity = both / fires.sum(0).clamp(min=1)
    coverage = both / member.sum(0)[:, None]
    return purity, coverage


def _swapped(fires: Tensor, domain: Tensor, domains: int) -> tuple[Tensor, Tensor]:
    purity, coverage = purity_and_coverage(fires, domain, domains)
    return coverage, purity


def _of_all_texts(fires: Tensor, domain: Tensor, domains: int) -> tuple[Tensor, Tensor]:
    member = torch.nn.functional.one_hot(domain, domains).float()
    both = member.T @ fires.float()
    return both / len(fires), both / member.sum(0)[:, None]


def _mean_per_domain(fires: Tensor, domain: Tensor, domains: int) -> tuple[Tensor, Tensor]:
    _, coverage = purity_and_coverage(fires, domain, domains)
    return coverage / coverage.sum(0).clamp(min=1e-9), coverage


def _texts() -> list[Case]:
    generator = torch.Generator().manual_seed(5)
    # Domains of unlike sizes; latents of one domain, of several, of all, and a silent one.
    domain = torch.repeat_interleave(torch.arange(4), torch.tensor([50, 30, 15, 5]))
    chance = torch.rand(4, 12, generator=generator) ** 3
    chance[:, 11] = 0
    fires = torch.rand(100, 12, generator=generator) < chance[domain]
    order = torch.randperm(100, generator=generator)
    small = torch.tensor([[1, 1, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 0]]).bool()
    return [
        Case("5 texts of 2 domains, 3 latents", (small, torch.tensor([0, 0, 1, 1, 1]), 2)),
        Case("100 texts of 4 domains, 12 latents", (fires[order], domain[order], 4)),
    ]


DOMAINS = Exercise(
    id="05.6",
    title="Purity and coverage",
    difficulty=2,
    importance=2,
    minutes=10,
    returns="two tables [domain, latent]: purity, and coverage, 0 to 1",
    solution=purity_and_coverage,
    cases=_texts,
    bonus=True,
    mistakes=(
        Mistake(
            "swapped",
            _swapped,
            "Your two tables have changed places. Purity is a share of what the latent fires in; "
            "coverage a share of the domain.",
        ),
        Mistake(
            "share of all texts",
            _of_all_texts,
            "You divide by all texts. Purity is a share of those in which this latent fires.",
        ),
        Mistake(
            "domains counted alike",
            _mean_per_domain,
            "You divide coverage by its sum over domains, so that a small domain counts as much as "
            "a large one. Count texts.",
        ),
    ),
)
