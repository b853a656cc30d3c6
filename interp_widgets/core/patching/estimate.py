"""The first-order effect of every cell of an experiment, from two forwards and one backward."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from interp_widgets.core.patching.base_run import FINAL, activations
from interp_widgets.core.patching.experiment import Experiment, Metric
from interp_widgets.core.patching.intervention import Patch, positions
from interp_widgets.core.patching.measure import check_finite, measure_of
from interp_widgets.core.patching.qk_fix import READ_BY_SOFTMAX
from interp_widgets.core.patching.rows import filling, whole
from interp_widgets.core.patching.slopes import ENTRY, Slopes, mean_slopes, slopes
from interp_widgets.core.readout import unembed
from interp_widgets.core.sites import Site

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel

# From ``∂metric/∂z`` of their layers, the effects of patches of queries and keys; see `qk_fix`.
Fix = Callable[[Mapping[Site, Tensor]], dict[Patch, float]]


@dataclass(frozen=True, eq=False)
class Estimate:
    """What an estimate of one pair of prompts finds.

    Attributes:
        effects: of every cell, in their order; NaN where no position has a partner.
        own: the metric of the run that is patched.
        other: that of the run that is patched from.
    """

    effects: list[float]
    own: float
    other: float


def estimate(
    model: LanguageModel,
    experiment: Experiment,
    direction: str,
    metric: Metric,
    integrate: int,
    fix: Fix | None = None,
) -> Estimate:
    """Estimate the effect of every cell.

    Args:
        model: the model.
        experiment: the pair of prompts and the cells.
        direction: ``"denoise"`` or ``"noise"``.
        metric: one with a gradient.
        integrate: points between the two runs' embeddings to average slopes over; 0 for the slope
            at the run that is patched.
        fix: estimates queries and keys instead.

    Raises:
        ValueError: a metric without a gradient, or that is not finite in one of the runs.
    """
    ids, donor = experiment.clean, experiment.corrupt
    assert donor is not None
    if direction == "denoise":
        ids, donor = donor, ids
    patches = [patch for cell in experiment.cells for patch in cell]
    sites = {whole(model, patch)[0] for patch in patches}
    straight = {site for site in sites if fix is None or site.kind not in READ_BY_SOFTMAX}
    asked = {whole(model, p)[0] for p in patches if p.value is None} & straight
    given = activations(model, donor, {*asked, FINAL, *((ENTRY,) if integrate else ())})
    with torch.no_grad():
        end = unembed(model, given[FINAL][-1])
    # Only "kl" and "norm" look at the clean run's logits, and these are for denoising alone.
    measure = measure_of(metric, experiment.answer, experiment.distractor, end)
    judged = end[None] if measure.tokens is None else end[None, list(measure.tokens)]
    held = straight | {Site(site.layer, "v") for site in straight if site.kind == "pattern"}
    held |= {ENTRY} if integrate else set()
    sloped = {_written(site) for site in straight}
    sloped |= {Site(site.layer, "z") for site in sites - straight}
    found = slopes(model, ids, measure, held, () if integrate else sloped)
    check_finite(torch.tensor(found.value), metric, "the run that is patched")
    other = float(measure.of(judged))
    check_finite(torch.tensor(other), metric, "the run that is patched from")
    partner = experiment.partner or tuple(range(len(ids)))
    if integrate:
        way = _difference(found.held[ENTRY], given[ENTRY], partner)
        slope = mean_slopes(model, ids, measure, sloped, way, integrate)
        found = Slopes(found.value, found.held, slope)
    known = {} if fix is None else fix(found.slope)
    effects = _Effects(model, found, given, partner, straight & asked, known)
    return Estimate([effects.of(cell) for cell in experiment.cells], found.value, other)


class _Effects:
    """Slopes times changes, cell by cell.

    Cells that take their values from the other run share one product a place.
    """

    def __init__(
        self,
        model: LanguageModel,
        found: Slopes,
        given: Mapping[Site, Tensor],
        partner: Sequence[int],
        asked: set[Site],
        known: dict[Patch, float],
    ) -> None:
        self._model, self._found, self._partner, self._known = model, found, partner, known
        products = {site: self._product(site, given[site]) for site in asked}
        self._sums = {
            site: product.reshape(len(product), -1).sum(1).tolist()
            for site, product in products.items()
        }
        self._each = {site: product.tolist() for site, product in products.items()}

    def of(self, cell: Sequence[Patch]) -> float:
        """The effect of patches that act together."""
        parts = [part for patch in cell for part in self._parts(patch)]
        return sum(parts) if parts else float("nan")

    def _parts(self, patch: Patch) -> list[float]:
        if patch in self._known:
            known = self._known[patch]
            return [] if isnan(known) else [known]
        site, index = whole(self._model, patch)
        if patch.value is not None:
            return [self._of_own_value(patch, site, index)]
        at = [p for p in positions(patch, len(self._partner)) if self._partner[p] >= 0]
        if index is None:
            return [self._sums[site][p] for p in at]
        return [self._each[site][p][index] for p in at]

    def _product(self, site: Site, given: Tensor) -> Tensor:
        """Slope times what the other run differs by, ``[pos]`` or ``[pos, index]``, float64."""
        change = self._as_written(
            site, None, _difference(self._found.held[site], given, self._partner)
        )
        product = (self._found.slope[_written(site)] * change).cpu().double()
        return product if site.kind == "mlp_post" else product.sum(-1)

    def _of_own_value(self, patch: Patch, site: Site, index: int | None) -> float:
        """Slope times what a patch's own value changes."""
        at = positions(patch, len(self._partner))
        before, slope = self._found.held[site][at], self._found.slope[_written(site)][at]
        if index is not None:
            before, slope = before[:, index], slope[:, index]
        value = filling(patch, before)
        change = value if patch.add else value - before
        return float((slope * self._as_written(site, index, change)).sum())

    def _as_written(self, site: Site, index: int | None, change: Tensor) -> Tensor:
        """What a change of a place changes where it is written: a pattern's in ``z``, by ``v``."""
        if site.kind != "pattern":
            return change
        model, v = self._model, self._found.held[Site(site.layer, "v")]
        v = v.repeat_interleave(model.n_heads // model.n_kv_heads, 1)
        if index is not None:
            return change @ v[:, index]
        return torch.einsum("nhs,shd->nhd", change, v)


def _written(site: Site) -> Site:
    """The place whose slope is that of ``site``: a module writes it, and it enters unchanged."""
    return Site(site.layer, {"resid_mid": "attn_out", "pattern": "z"}.get(site.kind, site.kind))


def _difference(own: Tensor, given: Tensor, partner: Sequence[int]) -> Tensor:
    """What the other run holds more at each position's partner; 0 where there is none."""
    here = [p for p, q in enumerate(partner) if q >= 0]
    change = torch.zeros_like(own)
    change[here] = given[[partner[p] for p in here]] - own[here]
    return change
