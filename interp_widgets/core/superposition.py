"""A toy model of superposition: more features than dimensions, squeezed through and read back.

Inputs x of n features go through m dimensions and back by the same matrix,
``x_hat = ReLU((x @ W) @ W.T + b)``. What a feature is in the m dimensions is its **direction**, row
``W[feature]``. (The paper writes columns, so its WᵀW is ``W @ W.T`` here.) The loss is the squared
error, weighted by importance, summed over features, and its mean over the batch.

Elhage et al., Toy Models of Superposition, 2022. Measures of a trained toy are theirs, too:
a feature counts as represented where its squared norm is above one half.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from interp_widgets.core.arguments import check_real, check_whole
from interp_widgets.core.result import Result
from interp_widgets.core.seeds import check_seed
from interp_widgets.core.switches import check_switch
from interp_widgets.core.toy_features import ToyFeatures

if TYPE_CHECKING:
    import pandas as pd

RATE = 5e-2  # of Adam at the first step; it falls to a tenth along the run
ROWS = 1024  # inputs a step
STEPS = 2000
EVERY = 20  # steps between records
REPRESENTED = 0.5  # of a squared norm
_OVERLAP = 0.1  # cosine from which two directions count as sharing dimensions
_EVEN = 0.05  # most that shares of a dimension differ in a shape that has a name
_FLAT = 0.2  # singular value, against the largest, up to which a direction is no dimension

# (features, dimensions) of a group that shares them evenly
_SHAPES = {
    (1, 1): "a dimension of its own",
    (2, 1): "an antipodal pair",
    (3, 2): "a triangle",
    (4, 3): "a tetrahedron",
    (5, 2): "a pentagon",
}


@dataclass(frozen=True, eq=False, repr=False)
class Superposition(Result):
    """A toy model after some steps of training, and how its loss fell.

    Attributes:
        weights: directions ``[feature, d_hidden]``.
        bias: ``[feature]``, added before the ReLU.
        importance: weight of each feature's squared error, ``[feature]``.
        density: the chance that a feature is on, at the last step.
        correlation: of the features of a group, -1..1, as in `ToyFeatures`.
        group: features in a group.
        relu: whether the output goes through a ReLU. Without one the toy is linear.
        seed: of the first weights and the inputs.
        steps: of training, at which losses were noted, ``[point]``.
        losses: mean over the steps since the point before, ``[point]``.
        changes: steps from which training went on under other settings.
    """

    weights: Tensor
    bias: Tensor
    importance: Tensor
    density: float
    correlation: float
    group: int
    relu: bool
    seed: int
    steps: Tensor
    losses: Tensor
    changes: tuple[int, ...] = ()

    @property
    def gram(self) -> Tensor:
        """Every direction against every other, ``W @ W.T`` ``[feature, feature]``."""
        return self.weights @ self.weights.T

    @property
    def squared_norms(self) -> Tensor:
        """How strongly each feature is held, ``[feature]``: 0 not at all, about 1 fully."""
        return self.weights.square().sum(-1)

    @property
    def represented(self) -> Tensor:
        """Which features are held, bool ``[feature]``: squared norm above one half."""
        return self.squared_norms > REPRESENTED

    @property
    def interference(self) -> Tensor:
        """What others write along each direction, ``[feature]``; see `interference`."""
        return interference(self.weights)

    @property
    def dimensionality(self) -> Tensor:
        """Share 0..1 of a dimension that each feature has, ``[feature]``; see `dimensionality`."""
        return dimensionality(self.weights)

    @property
    def loss(self) -> float:
        """The last loss noted."""
        return float(self.losses[-1])

    def __call__(self, x: Tensor) -> Tensor:
        """What comes back of inputs ``[.., feature]``."""
        back = x @ self.weights @ self.weights.T + self.bias
        return back.relu() if self.relu else back

    def groups(self) -> list[tuple[tuple[int, ...], int]]:
        """Represented features that share dimensions, and how many dimensions those are.

        Two features share where the absolute cosine of their directions is above 0.1, also through
        others. Largest group first.
        """
        held = self.represented.nonzero().flatten().tolist()
        unit = torch.nn.functional.normalize(self.weights, dim=-1)
        near = (unit @ unit.T).abs() > _OVERLAP
        found, left = [], set(held)
        while left:
            group, todo = set(), {min(left)}
            while todo:
                group |= todo
                todo = {j for i in todo for j in left if near[i, j]} - group
            left -= group
            sizes = torch.linalg.svdvals(unit[sorted(group)])
            found.append((tuple(sorted(group)), int((sizes > _FLAT * sizes[0]).sum())))
        return sorted(found, key=lambda one: (-len(one[0]), one[0]))

    def shapes(self) -> list[str]:
        """The groups in words, as in ``["a pentagon"]``; equal ones are counted."""
        names: dict[str, int] = {}
        for features, dimensions in self.groups():
            even = self.dimensionality[list(features)] - dimensions / len(features)
            name = _SHAPES.get((len(features), dimensions))
            if name is None or even.abs().max() > _EVEN:
                name = (
                    f"{_counted(len(features), 'feature')} in {_counted(dimensions, 'dimension')}"
                )
            names[name] = names.get(name, 0) + 1
        return [name if count == 1 else f"{count} times {name}" for name, count in names.items()]

    @property
    def arrangement(self) -> str:
        """All `shapes` in one line; empty where it would only repeat how many there are."""
        shapes = self.shapes()
        alike = f"{int(self.represented.sum())} features in {self.weights.shape[1]} dimensions"
        return "" if shapes == [alike] else ", ".join(shapes)

    def __repr__(self) -> str:
        features, hidden = self.weights.shape
        return (
            f"Superposition({features} features in {hidden} dimensions, density {self.density:g}, "
            f"{int(self.represented.sum())} represented, step {int(self.steps[-1])})"
        )

    def describe(self) -> str:
        """How many features are held in how many dimensions, and in which shape."""
        features, hidden = self.weights.shape
        held = int(self.represented.sum())
        shape = f" ({self.arrangement})" if self.arrangement else ""
        return (
            f"{held} of {_counted(features, 'feature')} are held in "
            f"{_counted(hidden, 'dimension')}{shape}, each on {100 * self.density:g} % of the "
            f"time; loss {self.loss:.2g} after {int(self.steps[-1])} steps."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a feature: how important it is, how it is held, what others write over it."""
        import pandas as pd

        return pd.DataFrame(
            {
                "feature": range(len(self.weights)),
                "importance": self.importance.numpy(),
                "squared_norm": self.squared_norms.numpy(),
                "represented": self.represented.numpy(),
                "dimensionality": self.dimensionality.numpy(),
                "interference": self.interference.numpy(),
                "bias": self.bias.numpy(),
            }
        )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def interference(weights: Tensor) -> Tensor:
    """What all other features write along each direction, squared and summed, ``[feature]``.

    ``Σ_{j≠i} (W_i · W_j)²``: with no ReLU and no bias it is the squared error in feature i, summed
    over inputs in which one other feature is on with strength 1.

    Args:
        weights: directions ``[feature, d_hidden]``.
    """
    squared = (weights @ weights.T).square()
    return squared.sum(-1) - squared.diagonal()


def dimensionality(weights: Tensor) -> Tensor:
    """Share of a dimension that each feature has, 0..1 ``[feature]`` (Elhage et al., 2022).

    ``D_i = |W_i|² / Σ_j (Ŵ_i · W_j)²``: 1 for a direction that nobody shares, ½ for each of an
    antipodal pair, 0 for a feature that is not there. The shares never add up to more than the
    dimensions there are.

    Args:
        weights: directions ``[feature, d_hidden]``.
    """
    squared = (weights @ weights.T).square()
    return squared.diagonal() / squared.sum(-1).clamp_min(1e-12)


def gradients(
    weights: Tensor, bias: Tensor, x: Tensor, importance: Tensor, relu: bool = True
) -> tuple[Tensor, Tensor, Tensor]:
    """Loss of a batch, and its gradients in closed form.

    Several times faster than autograd on a model this small.

    Args:
        weights: ``[feature, d_hidden]``.
        bias: ``[feature]``.
        x: inputs ``[row, feature]``.
        importance: ``[feature]``.
        relu: whether the output goes through a ReLU.

    Returns:
        The loss, a scalar; its gradient by weights and by bias.
    """
    hidden = x @ weights
    back = torch.addmm(bias, hidden, weights.T)
    error = (back.relu() if relu else back) - x
    pull = error * importance
    loss = (pull * error).sum() / len(x)
    pull = pull * (2 / len(x))
    if relu:
        pull = pull * (back > 0)
    # The matrix stands in the model twice: on the way in and on the way out.
    return loss, torch.addmm(pull.T @ hidden, x.T, pull @ weights), pull.sum(0)


def superposition(
    features: int = 5,
    hidden: int = 2,
    density: float = 0.05,
    decay: float = 1.0,
    correlation: float = 0.0,
    group: int = 2,
    relu: bool = True,
    steps: int = STEPS,
    seed: int = 0,
    start: Superposition | None = None,
) -> Superposition:
    """Train a toy model of superposition: a second or so on one core.

    Args:
        features: how many the inputs have.
        hidden: dimensions they are squeezed through.
        density: the chance 0..1 that a feature is on, one less its sparsity.
        decay: importance of each feature against the one before it, 0..1; 1 for all alike.
        correlation: -1..1, of the features of a group, see `ToyFeatures`.
        group: features in a group.
        relu: without one the toy is linear.
        steps: batches of `ROWS` inputs.
        seed: of the first weights and of the inputs; equal seeds give equal toys on one machine.
        start: a toy whose weights to go on from, of as many features and dimensions.

    Returns:
        The record after the last step.

    Raises:
        TypeError: no number where one is wanted, or a start that is no toy.
        ValueError: a number outside its range, or a start of another size.
    """
    *_, last = iter_superposition(
        features, hidden, density, decay, correlation, group, relu, steps, seed, start
    )
    return last


def iter_superposition(
    features: int = 5,
    hidden: int = 2,
    density: float = 0.05,
    decay: float = 1.0,
    correlation: float = 0.0,
    group: int = 2,
    relu: bool = True,
    steps: int = STEPS,
    seed: int = 0,
    start: Superposition | None = None,
    every: int = EVERY,
) -> Iterator[Superposition]:
    """`superposition` in parts: the toy before training, then after every so many steps.

    Arguments but `every` are those of `superposition`, and it raises what that does, at once.
    """
    inputs = ToyFeatures(features, density, correlation, group)
    for name, number in (("hidden", hidden), ("steps", steps), ("every", every)):
        check_whole(name, number)
    check_real("decay", decay)
    check_switch("relu", relu)
    check_seed(seed)
    if not 0 < decay <= 1:
        raise ValueError(
            "decay is each feature's importance against the one before it, above 0 and at most 1; "
            f"got {decay!r}."
        )
    if start is not None and not isinstance(start, Superposition):
        raise TypeError(f"start= is a toy of iw.superposition(); got {type(start).__name__}.")
    if start is not None and start.weights.shape != (features, hidden):
        raise ValueError(
            f"start has {start.weights.shape[0]} features in {start.weights.shape[1]} dimensions; "
            f"asked for were {features} in {hidden}. Leave start out for another size."
        )
    importance = decay ** torch.arange(features, dtype=torch.float32)
    # The start's step goes into the seed: going on draws inputs that were not seen yet.
    begun = 0 if start is None else int(start.steps[-1])
    generator = torch.Generator().manual_seed((seed * 1_000_003 + begun) % 2**32)
    first = _first(inputs, hidden, importance, relu, seed, generator, start)
    return _steps(first, inputs, steps, every, generator)


def _first(
    inputs: ToyFeatures,
    hidden: int,
    importance: Tensor,
    relu: bool,
    seed: int,
    generator: torch.Generator,
    start: Superposition | None,
) -> Superposition:
    """The toy before this run: as the start left it, or of small random weights."""
    settings = {
        "model": f"toy of {inputs.features} features in {hidden} dimensions",
        "importance": importance,
        "density": float(inputs.density),
        "correlation": float(inputs.correlation),
        "group": inputs.group,
        "relu": relu,
        "seed": seed,
    }
    if start is not None:
        return replace(start, changes=(*start.changes, int(start.steps[-1])), **settings)
    weights = torch.randn(inputs.features, hidden, generator=generator) * (0.5 / hidden**0.5)
    bias = torch.zeros(inputs.features)
    x = inputs.batch(ROWS, generator)
    return Superposition(
        revision="",
        prompt="",
        weights=weights,
        bias=bias,
        steps=torch.zeros(1, dtype=torch.int64),
        losses=gradients(weights, bias, x, importance, relu)[0][None],
        **settings,
    )


def _steps(
    first: Superposition,
    inputs: ToyFeatures,
    steps: int,
    every: int,
    generator: torch.Generator,
) -> Iterator[Superposition]:
    """The training itself; each record has tensors of its own."""
    yield first
    shape, width = first.weights.shape, first.weights.numel()
    both = torch.cat([first.weights.flatten(), first.bias])  # one tensor: half the calls
    weights, bias = both[:width].view(shape), both[width:]
    mean, square = torch.zeros_like(both), torch.zeros_like(both)
    noted, losses = [first.steps], [first.losses]
    begun, sums, since = int(first.steps[-1]), torch.zeros(()), 0
    for step in range(1, steps + 1):
        x = inputs.batch(ROWS, generator)
        loss, *slopes = gradients(weights, bias, x, first.importance, first.relu)
        slope = torch.cat([one.flatten() for one in slopes])
        # Adam (Kingma and Ba, 2015). That of torch spends three seconds on imports first.
        mean.lerp_(slope, 0.1)
        square.lerp_(slope.square(), 0.001)
        size = (square / (1 - 0.999**step)).sqrt_().add_(1e-8)
        rate = RATE * max(0.1, 1 - (step - 1) / steps)
        both.addcdiv_(mean, size, value=-rate / (1 - 0.9**step))
        sums, since = sums + loss, since + 1
        if step % every and step != steps:
            continue
        noted.append(torch.tensor([begun + step]))
        losses.append((sums / since)[None])
        sums, since = torch.zeros(()), 0
        curve = {"steps": torch.cat(noted), "losses": torch.cat(losses)}
        yield replace(first, weights=weights.clone(), bias=bias.clone(), **curve)
