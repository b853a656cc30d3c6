"""What directions that are not at right angles read of each other.

Features are written along directions, each times its strength, into one vector. Reading one back by
its direction also reads every other that overlaps with it: as much as its cosine says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from interp_widgets.core.arguments import check_whole
from interp_widgets.core.figures import written
from interp_widgets.core.result import Result
from interp_widgets.core.seeds import check_seed

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Overlap(Result):
    """Features as directions, the strengths they are on with, and what reading them back gives.

    Attributes:
        names: of the features.
        directions: ``[feature, d_hidden]``, of any length but 0.
        strengths: how strongly each is on, ``[feature]``.
    """

    names: tuple[str, ...]
    directions: Tensor
    strengths: Tensor

    @property
    def cosines(self) -> Tensor:
        """Of each pair of directions, -1..1 ``[feature, feature]``."""
        unit = F.normalize(self.directions, dim=-1)
        return unit @ unit.T

    @property
    def mixture(self) -> Tensor:
        """The one vector that all features are written into, ``[d_hidden]``."""
        return self.strengths @ self.directions

    @property
    def readings(self) -> Tensor:
        """What stands along each direction in the mixture, ``[feature]``."""
        return F.normalize(self.directions, dim=-1) @ self.mixture

    @property
    def borrowed(self) -> Tensor:
        """What of each reading other features wrote, ``[feature]``."""
        return self.readings - self.strengths * self.directions.norm(dim=-1)

    def plane(self, pair: tuple[int, int]) -> Tensor:
        """Two axes at right angles, of length 1, in whose plane a pair lies, ``[2, d_hidden]``.

        Of two dimensions they are the two. Of more, the first axis points where the pair's first
        direction does; where both lie on one line, the second is any other at right angles.

        Raises:
            ValueError: no two of the directions.
        """
        last = len(self.directions) - 1
        if len(pair) != 2 or not all(0 <= i <= last for i in pair):
            raise ValueError(
                f"pair= is two of the directions 0 to {last}; got {pair!r}."
                + ("" if last else " With one direction there is nothing to overlap with.")
            )
        a, b = (F.normalize(self.directions[i], dim=-1) for i in pair)
        if len(a) == 2:
            return torch.eye(2)
        rest = b - (b @ a) * a
        if rest.norm() < 1e-5:
            rest = F.one_hot(a.abs().argmin(), len(a)).float()
            rest = rest - (rest @ a) * a
        return torch.stack([a, F.normalize(rest, dim=-1)])

    def __repr__(self) -> str:
        features, hidden = self.directions.shape
        return f"Overlap({features} directions in {hidden} dimensions)"

    def describe(self) -> str:
        """Which two directions overlap most, and the reading that is furthest from the truth."""
        features, hidden = self.directions.shape
        said = f"{features} directions in {hidden} dimensions"
        if features < 2:
            return f"{said}: nothing to overlap with."
        off = self.cosines.fill_diagonal_(0)
        i, j = divmod(int(off.abs().argmax()), features)
        worst = int(self.borrowed.abs().argmax())
        return (
            f"{said}; {self.names[i]} and {self.names[j]} overlap most (cosine "
            f"{written(float(off[i, j]))}); {self.names[worst]} is on with "
            f"{written(float(self.strengths[worst]))} and reads "
            f"{written(float(self.readings[worst]))}."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a feature: its strength, its reading, and what of that others wrote."""
        import pandas as pd

        return pd.DataFrame(
            {
                "feature": self.names,
                "strength": self.strengths.numpy(),
                "reading": self.readings.numpy(),
                "borrowed": self.borrowed.numpy(),
            }
        )


def overlap(
    directions: Tensor | Sequence[Sequence[float]],
    strengths: Tensor | Sequence[float] | None = None,
    names: Sequence[str] | None = None,
) -> Overlap:
    """Features written into one vector and read back, each by its own direction.

    Args:
        directions: ``[feature, d_hidden]``, rows.
        strengths: ``[feature]``; all 0 by default.
        names: of the features; numbers by default.

    Raises:
        TypeError: directions or strengths that are no numbers, names that are no list.
        ValueError: shapes that do not fit, a direction of length 0, numbers that are not finite.
    """
    rows = _numbers("directions", "[feature, d_hidden]", directions)
    if rows.ndim != 2 or 0 in rows.shape:
        raise ValueError(f"directions is [feature, d_hidden]; got {list(rows.shape)}.")
    on = torch.zeros(len(rows))
    if strengths is not None:
        on = _numbers("strengths", "[feature]", strengths)
    if on.shape != (len(rows),):
        raise ValueError(
            f"strengths is one number for each of {len(rows)} directions; got {list(on.shape)}."
        )
    if not (rows.isfinite().all() and on.isfinite().all()):
        raise ValueError("directions and strengths are finite numbers; some are not.")
    if (rows.norm(dim=-1) == 0).any():
        empty = int((rows.norm(dim=-1) == 0).byte().argmax())
        raise ValueError(f"direction {empty} has length 0: it points nowhere. Leave it out.")
    if isinstance(names, str) or not isinstance(names, Sequence | None):
        raise TypeError(f"names= is a list of words; got {names!r:.40}.")
    called = [f"feature {i}" for i in range(len(rows))] if names is None else list(names)
    if len(called) != len(rows):
        raise ValueError(f"{len(called)} names for {len(rows)} directions. Give one each.")
    return Overlap(
        model="",
        revision="",
        prompt="",
        names=tuple(map(str, called)),
        directions=rows,
        strengths=on,
    )


def _numbers(name: str, shape: str, given: object) -> Tensor:
    """Real numbers as float32 on the cpu."""
    try:
        found = torch.as_tensor(given)
    except (TypeError, ValueError, RuntimeError) as wrong:
        raise TypeError(
            f"{name}= are numbers, {shape}, rows of one length; got {given!r:.60}."
        ) from wrong
    if found.is_complex():
        raise TypeError(f"{name}= are real numbers; got {found.dtype}.")
    return found.detach().cpu().float()


def random_directions(features: int, hidden: int, seed: int = 0) -> Tensor:
    """Directions of length 1, spread evenly over all that there are, ``[feature, d_hidden]``.

    Raises:
        TypeError: no whole number.
        ValueError: no feature or no dimension.
    """
    check_whole("features", features)
    check_whole("hidden", hidden)
    check_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    return F.normalize(torch.randn(features, hidden, generator=generator), dim=-1)


def random_cosines(features: int, hidden: int, seed: int = 0) -> Tensor:
    """Cosines of one direction with so many random ones, ``[feature]``.

    Drawn from their very distribution without the vectors: however a direction is turned, its
    cosine with a random one is distributed like that one's first entry, ``z / √(z² + χ²)`` with
    ``hidden - 1`` degrees of freedom. 100,000 directions of 4,096 entries would take 1.6 GB.

    Args:
        features: how many.
        hidden: dimensions, 2 or more.
        seed: equal seeds give equal cosines.

    Raises:
        TypeError: no whole number.
        ValueError: no features, or one dimension.
    """
    check_whole("features", features)
    check_whole("hidden", hidden, least=2)
    check_seed(seed)
    rng = np.random.default_rng(seed)
    first, others = rng.normal(size=features), rng.chisquare(hidden - 1, size=features)
    return torch.from_numpy(first / np.sqrt(first**2 + others)).float()


def largest_cosine(features: int, hidden: int) -> float:
    """About how close the closest of so many random directions comes to one: ``√(2 ln n / d)``.

    A cosine of random directions is nearly normal with variance 1 / d, and of n normal numbers the
    largest is about ``√(2 ln n)`` deviations out. It is an estimate for many directions in many
    dimensions, a little above what is found, and of no meaning where it exceeds 1.

    Raises:
        TypeError: no whole number.
        ValueError: no feature or no dimension.
    """
    check_whole("features", features)
    check_whole("hidden", hidden)
    return math.sqrt(2 * math.log(features) / hidden)
