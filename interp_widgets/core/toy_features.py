"""Sparse features to learn from: independent, or in groups that come together or never do.

A feature is off (0) or on with a strength drawn evenly from 0..1, as in the toy models of
superposition (Elhage et al., 2022). Features are uncorrelated unless a correlation is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from interp_widgets.core.arguments import check_real, check_whole


@dataclass(frozen=True)
class ToyFeatures:
    """A source of sparse inputs.

    Attributes:
        features: how many there are.
        density: the chance 0..1 that a feature is on; its sparsity is one less this. Of features
            of which only one may be on, none is on more often than 1 / `group` of the time.
        correlation: -1..1, the share of rows in which a group is drawn as one; in the others each
            feature is drawn by itself. Above 0 a group drawn as one is on or off together, below 0
            at most one of it is on. At +c the switches of two features of a group correlate by c.
        group: features in a group: 0 and 1 are the first of two, 2 and 3 the second. What is left
            over at the end forms a smaller one.

    Raises:
        TypeError: no number where one is wanted.
        ValueError: no feature, a density outside (0, 1], a correlation outside -1..1, a group
            of less than two.
    """

    features: int = 5
    density: float = 0.05
    correlation: float = 0.0
    group: int = 2

    def __post_init__(self) -> None:
        check_whole("features", self.features)
        check_whole("group", self.group, least=2)
        check_real("density", self.density)
        check_real("correlation", self.correlation)
        if not 0 < self.density <= 1:
            raise ValueError(
                f"density is the chance that a feature is on, above 0 and at most 1; got "
                f"{self.density!r}. It is one less the sparsity."
            )
        if not -1 <= self.correlation <= 1:
            raise ValueError(
                "correlation is -1 (at most one of a group is on) to 1 (all or none is); got "
                f"{self.correlation!r}."
            )

    def batch(self, rows: int, generator: torch.Generator) -> Tensor:
        """Inputs ``[row, feature]``, 0 where a feature is off, else 0..1."""
        shape = (rows, self.features)
        strength = torch.rand(shape, generator=generator)
        on = torch.rand(shape, generator=generator) < self.density
        if self.correlation:
            on = self._grouped(on, generator)
        return strength * on

    def _grouped(self, on: Tensor, generator: torch.Generator) -> Tensor:
        """Switches of which the asked share of groups is drawn as one."""
        groups = -(-self.features // self.group)
        shape = (len(on), groups, 1)
        drawn = torch.rand(shape, generator=generator)
        if self.correlation > 0:
            together = (drawn < self.density).expand(-1, -1, self.group)
        else:
            share = min(self.density, 1 / self.group)  # each has a stretch of its own of 0..1
            place = torch.arange(self.group) * share
            together = (drawn >= place) & (drawn < place + share)
        as_one = torch.rand(shape, generator=generator) < abs(self.correlation)
        as_one = as_one.expand(-1, -1, self.group)
        flat = (len(on), groups * self.group)
        width = self.features
        return torch.where(as_one.reshape(flat)[:, :width], together.reshape(flat)[:, :width], on)
