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
from collections.abc import Generator, Sequence
from dataclasses import replace
from functools import partial

import torch

from interp_widgets.core.language_model import LanguageModel
from interp_widgets.core.patching.activation import Cells, Tokens, experiments_of
from interp_widgets.core.patching.estimate import estimate
from interp_widgets.core.patching.experiment import (
    Metric,
    empty,
    ended,
    filled,
    noted,
    prepare,
    snapshot,
)
from interp_widgets.core.patching.intervention import Grid
from interp_widgets.core.patching.pairs import Align
from interp_widgets.core.patching.qk_fix import READ_BY_SOFTMAX, pattern_effects
from interp_widgets.core.patching.record import Patching
from interp_widgets.core.seeds import check_seed
from interp_widgets.core.sites import expand
from interp_widgets.core.switches import check_switch
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
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            raise ValueError(f"{name}= is a whole number of 0 or more; got {number!r}.")
    check_seed(seed)
    check_switch("qk_fix", qk_fix)
    _check_gradient(metric, direction)
    if qk_fix:
        _check_fix(model, plan)
    record = empty(model, experiments, plan, settings | {"method": "attribution"}, metric)
    record = replace(record, exact=torch.full_like(record.values, float("nan")))
    order = torch.randperm(len(plan.cells), generator=torch.Generator().manual_seed(seed))
    which = sorted(order[:sample].tolist())

    def steps() -> Generator[Patching]:
        state = record
        for number, experiment in enumerate(experiments):
            runs = prepare(model, experiment, direction, metric, number == 0) if qk_fix else None
            fix = None if runs is None else partial(pattern_effects, runs)
            found = estimate(model, experiment, direction, metric, integrate, fix)
            effects = torch.tensor(found.effects, dtype=torch.float64).view(state.values.shape[1:])
            state = ended(state, number, found.own, found.other)
            state.values[number] = found.own + effects
            yield snapshot(state)
            if not sample:
                continue
            runs = runs or prepare(model, experiment, direction, metric, check=number == 0)
            state = noted(state, runs, number)
            state.values[number] = runs.own + effects
            for step in filled(state, runs, state.exact[number], which, metric):
                state = step
                yield snapshot(state)

    return steps()


def _check_gradient(metric: Metric, direction: str) -> None:
    """Refuse a metric that is flat where slopes are taken."""
    flat_there = ("kl", "norm") if direction == "noise" else ()
    if metric == "rank" or metric in flat_there:
        raise ValueError(
            f"metric={metric!r} has no gradient at the base run to estimate effects from. Take "
            "'logit_diff' or 'log_prob', or iw.activation_patching."
        )


def _check_fix(model: LanguageModel, plan: Grid) -> None:
    """Refuse the fix where there is nothing to fix."""
    sites = expand([patch.site for cell in plan.cells for patch in cell], model.n_layers)
    kinds = {site.kind for site in sites}
    if not kinds & {*READ_BY_SOFTMAX}:
        raise ValueError(
            "qk_fix=True is about queries and keys, and no cell patches one. Take site='q' or "
            f"'k', or leave it out for {', '.join(sorted(kinds))}."
        )
