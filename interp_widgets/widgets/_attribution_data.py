"""What AttributionScatter compares: for each kind of place, estimated and exact effects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from interp_widgets.core.patching.agreement import Agreement, agreement, outliers
from interp_widgets.widgets._pack import number, plane

if TYPE_CHECKING:
    from torch import Tensor

    from interp_widgets.core.language_model import LanguageModel
    from interp_widgets.core.patching.record import Patching

SITES = ("resid_pre", "attn_out", "mlp_out", "z", "q", "k", "v")
"""Kinds of places that the page offers."""

TECHNIQUES = ("gradient", "integrated", "qk")
NAMED = 5  # cells that stand out


class Question(NamedTuple):
    """A pair of prompts, the tokens that tell their runs apart, and which way is patched."""

    clean: str
    corrupt: str
    answer: str
    distractor: str
    direction: str


class Technique(NamedTuple):
    """How effects are estimated; ``steps`` counts in ``"integrated"`` alone."""

    name: str
    steps: int


@dataclass(frozen=True)
class Cells:
    """Estimated and exact records of the same cells."""

    kind: str
    estimate: Patching
    exact: Patching | None

    @property
    def pair(self) -> tuple[Tensor, Tensor]:
        """Estimated and exact effects, flat; NaN where not known."""
        estimate = self.estimate.effect.flatten()
        if self.exact is not None:
            return estimate, self.exact.effect.flatten()
        if self.estimate.method == "attribution" and self.estimate.exact.numel():
            return estimate, self.estimate.exact_effect.flatten()
        return estimate, torch.full_like(estimate, torch.nan)

    def name(self, cell: int) -> str:
        """A cell in words: ``"L3.z.2"``, ``"L3.resid_pre at ' Paris' (4)"``."""
        record = self.estimate
        place = torch.unravel_index(torch.tensor(cell), record.values.shape[1:])
        sizes = zip(record.axes, record.labels, place, strict=True)
        at = {axis: (along[int(i)], int(i)) for axis, along, i in sizes}
        if "cell" in at:
            return at["cell"][0]
        parts = [at[axis][0] for axis in ("layer", "head", "neuron") if axis in at]
        name = ".".join([*parts[:1], self.kind, *parts[1:]])
        return f"{name} at {at['pos'][0]!r} ({at['pos'][1]})" if "pos" in at else name


def per_of(kind: str) -> str:
    """What is patched together: whole heads where there are some, else one position of a layer."""
    return "head" if kind in ("z", "q", "k", "v", "pattern") else "position"


def asked(question: Question, kind: str, per: str | None) -> dict[str, Any]:
    """A question about a kind of place as arguments of the core's functions."""
    return {
        "clean": question.clean,
        "corrupt": question.corrupt,
        "answer": question.answer,
        "distractor": question.distractor or None,
        "metric": "logit_diff" if question.distractor else "log_prob",
        "direction": question.direction,
        "site": kind,
        "per": per or per_of(kind),
    }


def estimated(
    model: LanguageModel, question: Question, kind: str, per: str | None, how: Technique
) -> Iterator[Patching]:
    """The estimate of a kind of place; only queries and keys have a softmax to do exactly."""
    from interp_widgets.core.patching.attribution import iter_attribution_patching

    more: dict[str, Any] = {}
    if how.name == "integrated":
        more = {"integrate": how.steps}
    elif how.name == "qk" and kind in ("q", "k"):
        more = {"qk_fix": True}
    return iter_attribution_patching(model, **asked(question, kind, per), sample=0, **more)


def measured(
    model: LanguageModel, question: Question, kind: str, per: str | None
) -> Iterator[Patching]:
    """The exact effects of a kind of place, as they come."""
    from interp_widgets.core.patching.activation import iter_activation_patching

    return iter_activation_patching(model, **asked(question, kind, per))


@dataclass(frozen=True)
class Compared:
    """All cells that are known, one after the other.

    Attributes:
        cells: by kind, in the order drawn.
        estimate, exact: of all cells, flat.
        agreement: over all of them.
        worst: the cells that stand out, as numbers of cells.
    """

    cells: tuple[Cells, ...]
    estimate: Tensor
    exact: Tensor
    agreement: Agreement
    worst: tuple[int, ...]

    def place(self, number: int) -> tuple[Cells, int]:
        """The kind and the cell in it that a number stands for."""
        for cells in self.cells:
            count = cells.estimate.values[0].numel()
            if number < count:
                return cells, number
            number -= count
        raise ValueError(f"there is no cell {number} more.")

    def name(self, number: int) -> str:
        """A cell in words."""
        cells, cell = self.place(number)
        return cells.name(cell)


def compared(cells: Sequence[Cells]) -> Compared:
    """Put kinds together and compare.

    Raises:
        ValueError: records that are not of the same cells.
    """
    pairs = [one.pair for one in cells]
    empty = torch.zeros(0, dtype=torch.float64)
    estimate = torch.cat([pair[0] for pair in pairs] or [empty])
    exact = torch.cat([pair[1] for pair in pairs] or [empty])
    worst = tuple(outliers(estimate, exact, NAMED))
    return Compared(tuple(cells), estimate, exact, agreement(estimate, exact), worst)


def overview(found: Compared, unit: str, model: str) -> dict[str, Any]:
    """The comparison as the page draws it."""
    return {
        "model": model,
        "unit": unit,
        "groups": [_group(cells) for cells in found.cells],
        "agreement": _sent(found.agreement),
        "worst": list(found.worst),
        "planes": [
            plane("exact", found.exact, "f32"),
            plane("estimate", found.estimate, "f32"),
        ],
    }


def _group(cells: Cells) -> dict[str, Any]:
    estimate, exact = cells.pair
    record = cells.estimate
    return {
        "kind": cells.kind,
        "axes": list(record.axes),
        "labels": [list(along) for along in record.labels],
        "agreement": _sent(agreement(estimate, exact)),
    }


def _sent(found: Agreement) -> dict[str, float | None]:
    return {name: number(value) for name, value in vars(found).items()}
