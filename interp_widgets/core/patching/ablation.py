"""Ablation: take a place's information away, and see what the answer loses.

Three things to put in its place, from crude to careful. *Zero* is what no run ever holds: it also
shrinks the stream, so that the next norm scales everything else up. The *mean* over other prompts
keeps the size, yet is no activation of any run either. *Resampling* puts in what the place held on
another prompt, one prompt a draw, and averages the effects: every run is one that could occur
(Chan et al., 2022; Zhang & Nanda, 2024).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from interp_widgets.core.language_model import LanguageModel, check_model
from interp_widgets.core.patching.activation import Cells, Tokens
from interp_widgets.core.patching.base_run import activations
from interp_widgets.core.patching.experiment import Experiment, Metric, empty, planned, steps
from interp_widgets.core.patching.intervention import Intervention, Patch, check_per, positions
from interp_widgets.core.patching.measure import check_metric
from interp_widgets.core.patching.pairs import Pair, listed, pairs_of
from interp_widgets.core.patching.record import Patching
from interp_widgets.core.sites import Site, expand
from interp_widgets.core.tokens import Prompt

KINDS = ("zero", "mean", "resample")


def ablation(
    model: LanguageModel,
    prompt: Prompt | Sequence[Prompt],
    answer: Tokens = None,
    distractor: Tokens = None,
    site: str = "z",
    per: str = "head",
    kind: str = "zero",
    metric: Metric = "logit_diff",
    reference: Sequence[Prompt] = (),
    cells: Cells = None,
    draws: int = 10,
    seed: int = 0,
) -> Patching:
    """Ablate every cell of a kind of place, one at a time.

    Args:
        model: the model.
        prompt: the prompt, or several.
        answer: the token that the metric looks at, as in `activation_patching`.
        distractor: the token that it is compared with.
        site: kind of place; ``"z"`` are head outputs.
        per: what is ablated together.
        kind: ``"zero"``; ``"mean"`` over the reference prompts, where the first position has the
            mean of first positions (a BOS is like no other token) and every other one the mean of
            all others; ``"resample"``: what the place held at the same position of a reference
            prompt.
        metric: as in `activation_patching`.
        reference: prompts for the mean, or to draw from; for ``"resample"`` as long as the prompt,
            or longer.
        cells: instead of ``site`` and ``per``, as in `activation_patching`; a `Patch` that has a
            value of its own keeps it.
        draws: reference prompts a prompt, for ``"resample"``; at most as many as there are.
        seed: of the draws.

    Returns:
        The record: ``.effect`` is ablated minus clean; there is no corrupt run, so no recovery.
        Draws count as pairs.

    Raises:
        ValueError: as `activation_patching`; another kind, or no reference prompt that will do.
    """
    records = iter_ablation(
        model, prompt, answer, distractor, site, per, kind, metric, reference, cells, draws, seed
    )
    return deque(records, maxlen=1).pop()


def iter_ablation(
    model: LanguageModel,
    prompt: Prompt | Sequence[Prompt],
    answer: Tokens = None,
    distractor: Tokens = None,
    site: str = "z",
    per: str = "head",
    kind: str = "zero",
    metric: Metric = "logit_diff",
    reference: Sequence[Prompt] = (),
    cells: Cells = None,
    draws: int = 10,
    seed: int = 0,
) -> Generator[Patching]:
    """`ablation` in steps: the same record, filling up batch by batch. Closing it cancels."""
    check_model(model)
    check_metric(metric, answer, distractor)
    if kind not in KINDS:
        raise ValueError(f"kind= is one of {', '.join(map(repr, KINDS))}; got {kind!r}.")
    if cells is None:
        check_per(model, site, per)
    pairs = pairs_of(model, prompt, prompt, answer, distractor)
    others = _references(model, reference, kind, max(len(pair.clean) for pair in pairs), draws)
    plans = planned(model, site, per, cells, [pair.clean_tokens for pair in pairs])
    means = means_of(model, others, plans[0].cells) if kind == "mean" else {}
    generator = torch.Generator().manual_seed(seed)
    experiments = []
    for pair, plan in zip(pairs, plans, strict=True):
        one = _experiment(pair, valued_cells(model, plan.cells, kind, means, len(pair.clean)))
        if kind == "resample":
            experiments += _resampled(model, one, others, draws, generator)
        else:
            experiments.append(one)
    settings = {"method": f"{kind} ablation", "direction": "ablate"}
    settings |= {"site": site, "per": per} if cells is None else {"site": "", "per": "cell"}
    return steps(model, experiments, empty(model, experiments, plans[0], settings, metric), metric)


def _references(
    model: LanguageModel, reference: Sequence[Prompt], kind: str, longest: int, draws: int
) -> list[Tensor]:
    """Ids of the reference prompts.

    Raises:
        ValueError: none where they are needed, or none long enough.
    """
    if kind == "zero":
        return []
    if not isinstance(draws, int) or draws < 1:
        raise ValueError(f"draws= is a number of reference prompts, 1 or more; got {draws!r}.")
    if len(reference) == 0:
        raise ValueError(f"kind={kind!r} needs reference=[…], prompts to take other values from.")
    ids = [model.ids(other) for other in listed(reference, "reference")]
    if kind == "resample":
        fit = [row for row in ids if len(row) >= longest]
        if not fit:
            raise ValueError(
                f"no reference prompt has the {longest} tokens of the prompt; the longest has "
                f"{max(map(len, ids))}. Give longer ones, or kind='mean'."
            )
        return fit
    return ids


def _whole(model: LanguageModel, patch: Patch) -> Site:
    return replace(expand(patch.site, model.n_layers)[0], index=None)


def means_of(
    model: LanguageModel, others: list[Tensor], cells: tuple[Intervention, ...]
) -> dict[Site, tuple[Tensor, Tensor]]:
    """Mean of each place over first positions, and over all other ones."""
    sites = {_whole(model, patch) for cell in cells for patch in cell if patch.value is None}
    if any(site.kind == "pattern" for site in sites):
        raise ValueError("patterns of prompts of other lengths have no mean. Ablate z.")
    firsts: dict[Site, list[Tensor]] = {site: [] for site in sites}
    rest: dict[Site, list[Tensor]] = {site: [] for site in sites}
    for ids in others:
        for site, value in activations(model, ids, sites).items():
            firsts[site].append(value[0])
            rest[site] += [value[1:]] if len(value) > 1 else [value]
    return {
        site: (torch.stack(firsts[site]).mean(0), torch.cat(rest[site]).mean(0)) for site in sites
    }


def valued_cells(
    model: LanguageModel,
    cells: tuple[Intervention, ...],
    kind: str,
    means: dict[Site, tuple[Tensor, Tensor]],
    length: int,
) -> tuple[Intervention, ...]:
    """The cells with what the kind of ablation puts there; resampled values come from a run."""

    def valued(patch: Patch) -> Patch:
        if patch.value is not None or kind == "resample":
            return patch
        if kind == "zero":
            return replace(patch, value=0.0)
        first, other = means[_whole(model, patch)]
        index = expand(patch.site, model.n_layers)[0].index
        rows = torch.stack([other if p else first for p in positions(patch, length)])
        return replace(patch, value=rows if index is None else rows[:, index])

    return tuple(tuple(valued(patch) for patch in cell) for cell in cells)


def _experiment(pair: Pair, cells: tuple[Intervention, ...]) -> Experiment:
    return Experiment(
        clean=pair.clean,
        corrupt=None,
        clean_text=pair.clean_text,
        corrupt_text="",
        answer=pair.answer,
        distractor=pair.distractor,
        cells=cells,
    )


def _resampled(
    model: LanguageModel,
    one: Experiment,
    others: list[Tensor],
    draws: int,
    generator: torch.Generator,
) -> list[Experiment]:
    """The experiment once for each reference prompt that is drawn."""
    order = torch.randperm(len(others), generator=generator)[:draws].tolist()
    ids = [others[i][: len(one.clean)] for i in order]
    return [
        replace(one, corrupt=other, corrupt_text=model.tokenizer.decode(other)) for other in ids
    ]
