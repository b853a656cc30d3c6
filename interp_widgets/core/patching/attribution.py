"""Attribution patching: the effect of every cell at once, to first order (Nanda, 2023).

    effect(n) ≈ ⟨∂metric/∂n at the base run, n of the other run − n of the base run⟩

Two forwards and one backward, whatever the number of cells. The estimate is the exact effect where
the metric is linear in the place between the two runs, and goes wrong where something saturates
(a softmax that is all but certain has no gradient) or where the place is large beside the norm that
reads it (early streams). So some cells are always run exactly as well, and the record says how far
the two agree. ``integrate`` averages the gradient on the way from one run's embedding to the
other's (Sundararajan et al., 2017; Hanna et al., 2024), at that many times the cost. ``qk_fix``
computes the patterns that queries and keys make, see `qk_fix`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from interp_widgets.core.hooks import Edit, hooked
from interp_widgets.core.language_model import LanguageModel
from interp_widgets.core.patching.activation import Cells, Tokens, experiments_of
from interp_widgets.core.patching.base_run import FINAL
from interp_widgets.core.patching.experiment import (
    Metric,
    Runs,
    empty,
    filled,
    noted,
    prepare,
    snapshot,
)
from interp_widgets.core.patching.intervention import Grid, Patch, positions
from interp_widgets.core.patching.pairs import Align
from interp_widgets.core.patching.qk_fix import READ_BY_SOFTMAX, pattern_effects
from interp_widgets.core.patching.record import Patching
from interp_widgets.core.readout import unembed
from interp_widgets.core.sites import Site, expand
from interp_widgets.core.tokens import Prompt

SAMPLE = 16


def attribution_patching(
    model: LanguageModel,
    clean: Prompt | Sequence[Prompt],
    corrupt: Prompt | Sequence[Prompt],
    answer: Tokens = None,
    distractor: Tokens = None,
    site: str = "resid_pre",
    per: str = "position",
    direction: str = "denoise",
    metric: Metric = "logit_diff",
    cells: Cells = None,
    align: Align = None,
    integrate: int = 0,
    sample: int = SAMPLE,
    seed: int = 0,
    qk_fix: bool = False,
) -> Patching:
    """Estimate what `activation_patching` would find, with two forwards and one backward.

    Args:
        model: the model.
        clean: the prompt with the behaviour; a list for several pairs.
        corrupt: as many prompts without it.
        answer: the token that the clean prompt calls for.
        distractor: the token that the corrupt prompt calls for.
        site: kind of place, as in `activation_patching`.
        per: what is patched together.
        direction: ``"denoise"`` or ``"noise"``.
        metric: one that has a gradient at the base run: not ``"rank"``, and in ``"noise"`` neither
            ``"kl"`` nor ``"norm"``, which are at their minimum there. A function of your own has to
            let gradients pass.
        cells: instead of ``site`` and ``per``, as in `activation_patching`; patches that act
            together are added up.
        align: for prompts of unequal length.
        integrate: steps from one run's embedding to the other's over which the gradient is
            averaged; 0 for the gradient at the base run.
        sample: how many cells, drawn at random, are run exactly as well; 0 for none.
        seed: of the draw.
        qk_fix: for queries and keys, take the change of the pattern exactly and only what follows
            it to first order (Kramár et al., 2024). Costs one layer's attention for each layer of
            queries, and for each position of keys.

    Returns:
        The record: ``.effect`` is the estimate, ``.exact_effect`` what the sample really does, NaN
        in other cells, ``.agreement`` their correlation.

    Raises:
        ValueError: as `activation_patching`; a metric without a gradient, a number of steps or of
            cells that is none; ``qk_fix`` without a query or key to fix.
    """
    request = (model, clean, corrupt, answer, distractor, site, per, direction, metric)
    records = iter_attribution_patching(*request, cells, align, integrate, sample, seed, qk_fix)
    return deque(records, maxlen=1).pop()


def iter_attribution_patching(
    model: LanguageModel,
    clean: Prompt | Sequence[Prompt],
    corrupt: Prompt | Sequence[Prompt],
    answer: Tokens = None,
    distractor: Tokens = None,
    site: str = "resid_pre",
    per: str = "position",
    direction: str = "denoise",
    metric: Metric = "logit_diff",
    cells: Cells = None,
    align: Align = None,
    integrate: int = 0,
    sample: int = SAMPLE,
    seed: int = 0,
    qk_fix: bool = False,
) -> Generator[Patching]:
    """`attribution_patching` in steps: each pair's estimate at once, then exact cells.

    Closing it cancels. Bad input raises here, not at the first step.
    """
    plan, experiments, settings = experiments_of(
        model, clean, corrupt, answer, distractor, site, per, direction, metric, cells, align
    )
    for name, number in (("integrate", integrate), ("sample", sample)):
        if not isinstance(number, int) or number < 0:
            raise ValueError(f"{name}= is a whole number of 0 or more; got {number!r}.")
    flat_there = ("kl", "norm") if direction == "noise" else ()
    if metric == "rank" or metric in flat_there:
        raise ValueError(
            f"metric={metric!r} has no gradient at the base run to estimate effects from. Take "
            "'logit_diff' or 'log_prob', or iw.activation_patching."
        )
    _check_fix(model, qk_fix, plan)
    record = empty(model, experiments, plan, settings | {"method": "attribution"}, metric)
    record = replace(record, exact=torch.full_like(record.values, float("nan")))
    order = torch.randperm(len(plan.cells), generator=torch.Generator().manual_seed(seed))
    which = sorted(order[:sample].tolist())

    def steps() -> Generator[Patching]:
        state = record
        for number, experiment in enumerate(experiments):
            runs = prepare(model, experiment, direction, metric, check=number == 0 and sample > 0)
            state = noted(state, runs, number)
            estimate = torch.tensor(_estimates(runs, integrate, qk_fix), dtype=torch.float64)
            state.values[number] = runs.own + estimate.view(state.values.shape[1:])
            yield snapshot(state)
            if sample:
                for step in filled(state, runs, state.exact[number], which, metric):
                    state = step
                    yield snapshot(state)

    return steps()


def _check_fix(model: LanguageModel, qk_fix: bool, plan: Grid) -> None:
    sites = expand([patch.site for cell in plan.cells for patch in cell], model.n_layers)
    kinds = {site.kind for site in sites}
    if qk_fix and not kinds & {*READ_BY_SOFTMAX}:
        raise ValueError(
            "qk_fix=True is about queries and keys, and no cell patches one. Take site='q' or "
            f"'k', or leave it out for {', '.join(sorted(kinds))}."
        )


def _estimates(runs: Runs, integrate: int, qk_fix: bool) -> list[float]:
    """The estimated effect of every cell; NaN where no position has a partner."""
    maker = runs.maker
    sites = {maker.whole(patch)[0] for cell in runs.cells for patch in cell}
    fixed = {site for site in sites if qk_fix and site.kind in READ_BY_SOFTMAX}
    wanted = {_written(site) for site in sites - fixed} | {Site(s.layer, "z") for s in fixed}
    gradients = _gradients(runs, wanted, integrate)
    by_pattern = pattern_effects(runs, gradients) if fixed else {}
    # Cells that take their values from the other run share one product a place.
    given = [site for site in sites - fixed if site in maker.given]
    products = {site: _product(runs, site, gradients[_written(site)]) for site in given}
    sums = {
        site: product.reshape(len(product), -1).sum(1).tolist()
        for site, product in products.items()
    }
    each = {site: product.tolist() for site, product in products.items()}

    def parts(patch: Patch) -> list[float]:
        site, index = maker.whole(patch)
        if patch in by_pattern:
            return [by_pattern[patch]]
        if patch.value is not None:
            return [_own_product(runs, patch, gradients[_written(site)])]
        at = [p for p in positions(patch, len(maker.partner)) if maker.partner[p] >= 0]
        return [sums[site][p] if index is None else each[site][p][index] for p in at]

    found = [[part for patch in cell for part in parts(patch)] for cell in runs.cells]
    return [sum(contributions) if contributions else float("nan") for contributions in found]


def _written(site: Site) -> Site:
    """The place whose gradient is that of ``site``: a module writes it, and it enters unchanged."""
    return Site(site.layer, {"resid_mid": "attn_out", "pattern": "z"}.get(site.kind, site.kind))


def _product(runs: Runs, site: Site, gradient: Tensor) -> Tensor:
    """Gradient times what the other run differs by, ``[pos]`` or ``[pos, index]``, float64."""
    maker = runs.maker
    here = [p for p, q in enumerate(maker.partner) if q >= 0]
    change = torch.zeros_like(maker.own[site])
    change[here] = maker.given[site][[maker.partner[p] for p in here]] - maker.own[site][here]
    product = (gradient * _as_written(runs, site, None, change)).cpu().double()
    return product if site.kind == "mlp_post" else product.sum(-1)


def _own_product(runs: Runs, patch: Patch, gradient: Tensor) -> float:
    """Gradient times what a patch's own value changes."""
    (site, index), own = runs.maker.whole(patch), runs.maker.own
    at, values, _ = runs.maker.change(patch)
    before, gradient = own[site][at], gradient[at]
    if index is not None:
        before, gradient = before[:, index], gradient[:, index]
    change = values if patch.add else values - before
    return float((gradient * _as_written(runs, site, index, change)).sum())


def _as_written(runs: Runs, site: Site, index: int | None, change: Tensor) -> Tensor:
    """What a change of a place changes where it is written: a pattern's in ``z``, by the values."""
    if site.kind != "pattern":
        return change
    v, model = runs.maker.own[Site(site.layer, "v")], runs.base.model
    v = v.repeat_interleave(model.n_heads // model.n_kv_heads, 1)
    return change @ v[:, index] if index is not None else torch.einsum("nhs,shd->nhd", change, v)


def _gradients(runs: Runs, sites: set[Site], integrate: int) -> dict[Site, Tensor]:
    """``∂metric/∂place`` at the base run, or averaged on the way, ``[pos, ...]``.

    Raises:
        ValueError: a metric that lets no gradient pass.
    """
    maker, model, entry = runs.maker, runs.base.model, Site(0, "resid_pre")
    here = [p for p, q in enumerate(maker.partner) if q >= 0]
    way = torch.zeros_like(runs.base.streams[0])
    way[here] = maker.given[entry][[maker.partner[p] for p in here]] - runs.base.streams[0][here]
    steps = [(k + 0.5) / integrate for k in range(integrate)] or [0.0]
    total: dict[Site, Tensor] = {}
    for step in steps:
        leaves: dict[Site, Tensor] = {}
        ends: list[Tensor] = []
        edits = {site: _leaf(site, leaves, ends) for site in {*sites, FINAL}}
        shift: Mapping[Site, Edit] = {entry: lambda x, step=step: x + step * way}
        with torch.enable_grad(), hooked(model, shift), hooked(model, edits):
            model.hf.base_model(input_ids=runs.base.ids[None], use_cache=False)
            logits = unembed(model, ends[0][:, -1], tokens=runs.measure.tokens)
            value = runs.measure.judge(logits)
            if not value.requires_grad:
                raise ValueError(
                    "the metric lets no gradient pass. Write it with torch operations that have "
                    "one, and without .detach() or .item()."
                )
            found = torch.autograd.grad(
                value.sum(),
                [leaves[site] for site in sites],
                allow_unused=True,
                materialize_grads=True,
            )
        for site, gradient in zip(sites, found, strict=True):
            total[site] = total.get(site, 0) + gradient[0].detach() / len(steps)
    return total


def _leaf(site: Site, leaves: dict[Site, Tensor], ends: list[Tensor]) -> Edit:
    """An edit that adds a zero, which the gradient is then taken of."""

    def edit(x: Tensor) -> Tensor:
        leaves[site] = torch.zeros_like(x, requires_grad=True)
        new = x + leaves[site]
        if site == FINAL:
            ends.append(new)
        return new

    return edit
