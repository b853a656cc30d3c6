"""Activations whose features are known, so that recovery can be tested and not only fidelity.

    x = codes · directions + noise

Every sample is a sum of a few directions with non-negative strengths. Features may be rare, may
come in groups that fire together, and may imply others (who says "Paris" also says "a word with
P"): what a trained dictionary makes of that is then a matter of counting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from interp_widgets.core.arguments import check_real, check_whole
from interp_widgets.core.seeds import check_seed
from interp_widgets.core.switches import check_switch

_GAP = 0x9E3779B9  # between the seed of directions and that of samples


@dataclass(frozen=True, eq=False, repr=False)
class GroundTruth:
    """Samples and what they were made of. Tensors are float32 on the cpu.

    Attributes:
        x: ``[sample, d]``.
        codes: strengths, 0 where a feature is silent, ``[sample, feature]``.
        directions: rows of length 1, ``[feature, d]``.
        rates: chance of each feature to fire by itself, 0..1, ``[feature]``.
        parents: ``{child: parent}``: who fires takes its parent along.
        magnitude: mean and spread of strengths.
        noise: spread of the noise in each coordinate.
        group, together: features a group, and the chance of each to fire when its group is awake.
        seed: of the samples.
    """

    x: Tensor
    codes: Tensor
    directions: Tensor
    rates: Tensor
    parents: dict[int, int]
    magnitude: tuple[float, float]
    noise: float
    group: int
    together: float
    seed: int

    def __repr__(self) -> str:
        features, d = self.directions.shape
        return (
            f"GroundTruth({len(self.x)} samples of {features} features in {d} dimensions, "
            f"{self.active:.2f} active)"
        )

    @property
    def active(self) -> float:
        """Mean number of features that fire in a sample."""
        return float((self.codes > 0).sum(1).double().mean())

    def more(self, samples: int, seed: int) -> GroundTruth:
        """Fresh samples of the same features.

        Raises:
            TypeError, ValueError: no number of samples, or no seed.
        """
        check_whole("samples", samples)
        check_seed(seed)
        return _sampled(replace(self, seed=seed), samples)


@dataclass(frozen=True, eq=False, repr=False)
class NumpyLab:
    """A small lab in plain NumPy: data, and the weights that training starts from. float64.

    Attributes:
        x: ``[sample, d]`` (768 samples, 8 dimensions).
        codes: ``[sample, feature]`` (24 features, 2 to 4 active).
        directions: rows of length 1, ``[feature, d]``.
        W_enc: ``[d, feature]`` (64 latents).
        W_dec: rows of length 1, ``[feature, d]``.
    """

    x: np.ndarray
    codes: np.ndarray
    directions: np.ndarray
    W_enc: np.ndarray
    W_dec: np.ndarray

    def __repr__(self) -> str:
        features, d = self.directions.shape
        return f"NumpyLab({len(self.x)} samples of {features} features in {d} dimensions)"


def numpy_lab() -> NumpyLab:
    """The data and first weights of the lab that lesson 03 repeats, number by number.

    All of it comes from one generator with seed 42, so the order of draws is part of the lab.
    """
    rng = np.random.default_rng(42)
    directions = rng.normal(size=(24, 8))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    codes = np.zeros((768, 24))
    for row in codes:
        active = rng.choice(24, size=rng.integers(2, 5), replace=False)
        row[active] = rng.normal(1.5, 0.4, size=len(active))
    x = codes @ directions + rng.normal(0.0, 0.03, size=(768, 8))
    encoder = rng.normal(size=(64, 8)) * 0.1
    decoder = rng.normal(size=(8, 64))
    decoder /= np.linalg.norm(decoder, axis=0, keepdims=True)
    return NumpyLab(x, codes, directions, W_enc=encoder.T, W_dec=decoder.T)


def ground_truth(
    d: int = 32,
    features: int = 64,
    samples: int = 8192,
    active: float = 3.0,
    seed: int = 0,
    magnitude: tuple[float, float] = (1.0, 0.25),
    noise: float = 0.0,
    decay: float = 1.0,
    group: int = 1,
    together: float = 1.0,
    parents: Mapping[int, int] | None = None,
    orthogonal: bool = False,
) -> GroundTruth:
    """Make activations of known features.

    Args:
        d: dimensions.
        features: how many true directions.
        samples: how many activations.
        active: mean number of features that fire by themselves in a sample.
        seed: of directions and samples.
        magnitude: mean and spread of strengths; the size of a Gaussian number is taken.
        noise: spread of Gaussian noise in every coordinate.
        decay: rate of each feature as a multiple of the one before it; 1: all alike.
        group: features that follow each other and fire together; 1: all independent.
        together: chance of a feature to fire when its group is awake, 0..1.
        parents: ``{child: parent}``: where the child fires its parent fires too, with a strength of
            its own. This comes on top of ``active``.
        orthogonal: directions at right angles, which needs ``features <= d``.

    Returns:
        The samples; `GroundTruth.more` draws others of the same features.

    Raises:
        TypeError: no number where one is wanted.
        ValueError: a number out of its range, rates above 1, or parents in a circle.
    """
    for name, value in (("d", d), ("features", features), ("samples", samples), ("group", group)):
        check_whole(name, value)
    check_seed(seed)
    check_switch("orthogonal", orthogonal)
    _check_numbers(active, magnitude, noise, decay, together)
    empty = GroundTruth(
        x=torch.empty(0, d),
        codes=torch.empty(0, features),
        directions=_directions(d, features, seed, orthogonal),
        rates=_rates(features, active, decay, together),
        parents=_family(parents or {}, features),
        magnitude=(float(magnitude[0]), float(magnitude[1])),
        noise=float(noise),
        group=group,
        together=float(together),
        seed=(seed + _GAP) % 2**63,
    )
    return _sampled(empty, samples)


def _directions(d: int, features: int, seed: int, orthogonal: bool) -> Tensor:
    """Random rows of length 1, ``[feature, d]``."""
    if orthogonal and features > d:
        raise ValueError(f"{features} directions at right angles need d >= {features}; got {d}.")
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randn(features, d, generator=generator, dtype=torch.float64)
    if orthogonal:
        rows = torch.linalg.qr(rows.T).Q.T
    return (rows / rows.norm(dim=1, keepdim=True)).float()


def _rates(features: int, active: float, decay: float, together: float) -> Tensor:
    """Chance of each feature to fire, ``[feature]``, their sum ``active``."""
    rates = decay ** torch.arange(features, dtype=torch.float64)
    rates *= active / rates.sum()
    most = float(rates.max())
    if most > together:
        raise ValueError(
            f"active={active} of {features} features asks one to fire in {most:.0%} of the "
            f"samples; together={together} allows at most {together:.0%}. Lower active=, or raise "
            "decay=, features= or together=."
        )
    return rates.float()


def _sampled(truth: GroundTruth, samples: int) -> GroundTruth:
    """``truth`` with samples drawn from its own seed."""
    features, d = truth.directions.shape
    generator = torch.Generator().manual_seed(truth.seed)
    fires = _fires(truth, samples, generator)
    mean, spread = truth.magnitude
    strengths = torch.randn(samples, features, generator=generator).mul_(spread).add_(mean).abs_()
    codes = strengths * fires
    x = codes @ truth.directions
    if truth.noise:
        x += truth.noise * torch.randn(samples, d, generator=generator)
    return replace(truth, x=x, codes=codes)


def _fires(truth: GroundTruth, samples: int, generator: torch.Generator) -> Tensor:
    """Which features fire, bool ``[sample, feature]``."""
    features = len(truth.directions)
    if truth.group == 1:
        fires = torch.rand(samples, features, generator=generator) < truth.rates
    else:
        group = torch.arange(features) // truth.group
        # Of a group whose rates differ the most frequent feature says how often it is awake.
        often = torch.zeros(int(group[-1]) + 1).scatter_reduce(0, group, truth.rates, "amax")
        awake = torch.rand(samples, len(often), generator=generator) < often / truth.together
        chance = truth.together * truth.rates / often[group].clamp(min=1e-30)
        fires = torch.rand(samples, features, generator=generator) < chance
        fires &= awake[:, group]
    for child in _upwards(truth.parents):
        fires[:, truth.parents[child]] |= fires[:, child]
    return fires


def _upwards(parents: Mapping[int, int]) -> list[int]:
    """Children in an order in which each comes before its own parent does."""

    def depth(feature: int) -> int:
        return 1 + depth(parents[feature]) if feature in parents else 0

    return sorted(parents, key=depth, reverse=True)


def _family(parents: Mapping[int, int], features: int) -> dict[int, int]:
    if not isinstance(parents, Mapping):
        raise TypeError(f"parents= is {{child: parent}}; got {type(parents).__name__}.")
    for child, parent in parents.items():
        for feature in (child, parent):
            check_whole("parents", feature, least=0)
            if feature >= features:
                raise ValueError(f"parents= names features 0 to {features - 1}; got {feature}.")
        above = {child}
        while parent is not None:
            if parent in above:
                raise ValueError(f"parents= runs in a circle: feature {parent} implies itself.")
            above.add(parent)
            parent = parents.get(parent)
    return dict(parents)


def _check_numbers(active: Any, magnitude: Any, noise: Any, decay: Any, together: Any) -> None:
    if not isinstance(magnitude, tuple | list) or len(magnitude) != 2:
        raise TypeError(f"magnitude= is a pair, mean and spread; got {magnitude!r:.40}.")
    mean, spread = magnitude
    given = {"active": active, "noise": noise, "decay": decay, "together": together}
    given |= {"the mean of magnitude": mean, "the spread of magnitude": spread}
    for name, value in given.items():
        check_real(name, value)
        if value < 0:
            raise ValueError(f"{name}= is 0 or more; got {value}.")
    for name, value in (("active", active), ("decay", decay), ("together", together)):
        if value == 0:
            raise ValueError(f"{name}= is larger than 0, or nothing would ever fire.")
    for name, value in (("together", together), ("decay", decay)):
        if value > 1:
            raise ValueError(f"{name}= is at most 1; got {value}.")
