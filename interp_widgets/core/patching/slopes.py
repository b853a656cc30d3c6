"""One run, and how steeply the metric depends on what its places hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from interp_widgets.core.hooks import Edit, hooked
from interp_widgets.core.patching.base_run import FINAL
from interp_widgets.core.patching.measure import Measure
from interp_widgets.core.readout import unembed
from interp_widgets.core.sites import Site

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel

ENTRY = Site(0, "resid_pre")


@dataclass(frozen=True, eq=False)
class Slopes:
    """What one forward and one backward find.

    Attributes:
        value: the metric of the run.
        held: what places hold, ``[pos, ...]``; a pattern is ``[dst, head, src]``.
        slope: ``∂metric/∂place``, ``[pos, ...]``.
    """

    value: float
    held: dict[Site, Tensor]
    slope: dict[Site, Tensor]


def slopes(
    model: LanguageModel,
    ids: Tensor,
    measure: Measure,
    held: Iterable[Site],
    sloped: Iterable[Site],
    shift: Tensor | None = None,
) -> Slopes:
    """Run a prompt forward and backward.

    Args:
        model: the model.
        ids: ``[pos]``.
        measure: the metric.
        held: places to read.
        sloped: places to differentiate by, none of them a ``pattern`` or ``resid_mid``; where
            there are none, nothing is run backward.
        shift: added to what enters layer 0, ``[pos, d_model]``.

    Raises:
        ValueError: a metric that lets no gradient pass.
    """
    sloped = list(sloped)
    found: dict[Site, Tensor] = {}
    leaves: dict[Site, Tensor] = {}
    ends: list[Tensor] = []

    def visit(site: Site, x: Tensor) -> Tensor | None:
        if site in read:
            value = x.detach()[0].clone()
            found[site] = value.transpose(0, 1) if site.kind == "pattern" else value
        if site not in leaved:
            return None
        # A zero that the gradient is taken of; of the places themselves some are only views.
        leaves[site] = torch.zeros_like(x, requires_grad=True)
        new = x + leaves[site]
        if site == FINAL:
            ends.append(new)
        return new

    read, leaved = {*held}, {*sloped, FINAL}
    edits: Mapping[Site, Edit] = {site: partial(visit, site) for site in read | leaved}
    moved: Mapping[Site, Edit] = {} if shift is None else {ENTRY: lambda x: x + shift}
    with torch.enable_grad(), hooked(model, moved), hooked(model, edits):
        model.hf.base_model(input_ids=ids[None], use_cache=False)
        value = measure.judge(unembed(model, ends[0][:, -1], tokens=measure.tokens))
        if not value.requires_grad:
            raise ValueError(
                "the metric lets no gradient pass. Write it with torch operations that have one, "
                "and without .detach() or .item()."
            )
        asked = [leaves[site] for site in sloped]
        gradients = (
            torch.autograd.grad(value.sum(), asked, allow_unused=True, materialize_grads=True)
            if asked
            else ()
        )
    slope = {site: one[0].detach() for site, one in zip(sloped, gradients, strict=True)}
    return Slopes(float(value.detach()), found, slope)


def mean_slopes(
    model: LanguageModel,
    ids: Tensor,
    measure: Measure,
    sloped: Iterable[Site],
    way: Tensor,
    steps: int,
) -> dict[Site, Tensor]:
    """Slopes averaged over ``steps`` points on the straight ``way [pos, d_model]`` from the entry.

    The points are the middles of equal parts of the way.
    """
    sloped, total = list(sloped), dict[Site, Tensor]()
    for step in range(steps):
        here = slopes(model, ids, measure, (), sloped, (step + 0.5) / steps * way).slope
        total = {site: one / steps + total.get(site, 0) for site, one in here.items()}
    return total
