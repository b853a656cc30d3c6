"""Circuits of heads: does a set of heads do what the model does, and can one find it?

A claim "these heads do it" is tested by letting only these heads work (Wang et al., 2023).
*Faithful* is a circuit that then behaves like the model; *complete* one that holds all the heads
that help, so that taking the same heads from it and from the model hurts as much; *minimal* one of
which no head is superfluous. `Circuit` says what exactly is computed.

The search first ranks heads by attribution patching, in two forwards and a backward a pair, then
decides everything by exact runs: it takes heads in that order until they are faithful, and then
leaves out, one at a time, what they can do without. What it returns is faithful, and no single head
can be left out of it without losing that; a smaller circuit of other heads may exist, since not all
sets are tried.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import replace as changed
from typing import Any

import torch
from torch import Tensor

from interp_widgets.core.language_model import LanguageModel, check_model
from interp_widgets.core.patching.activation import Tokens
from interp_widgets.core.patching.attribution import attribution_patching
from interp_widgets.core.patching.circuit_record import Circuit
from interp_widgets.core.patching.experiment import Metric
from interp_widgets.core.patching.head_sets import (
    REPLACE,
    Head,
    Heads,
    HeadSets,
    heads_of,
)
from interp_widgets.core.patching.measure import check_metric, name_of
from interp_widgets.core.patching.pairs import Pair, listed, pairs_of, token_names
from interp_widgets.core.tokens import Prompt

__all__ = ["Circuit", "circuit", "find_circuit", "iter_circuit", "iter_find_circuit"]

_AT_ONCE = 8  # sets of a growing circuit that are run before it is asked whether one is enough


def circuit(
    model: LanguageModel,
    clean: Prompt | Sequence[Prompt],
    corrupt: Prompt | Sequence[Prompt],
    heads: Sequence[Head | str],
    answer: Tokens = None,
    distractor: Tokens = None,
    replace: str = "corrupt",
    metric: Metric = "logit_diff",
    reference: Sequence[Prompt] = (),
) -> Circuit:
    """Let only some heads work, and see how much of the model's behaviour is left.

    Args:
        model: the model.
        clean: the prompt with the behaviour; a list for several pairs.
        corrupt: as many prompts without it, token for token as long.
        heads: ``(layer, head)`` pairs, or places: ``"L5.z.2"``, ``"L5.z"`` for a whole layer.
        answer: the token that the clean prompt calls for, as in `activation_patching`.
        distractor: the token that it is compared with.
        replace: what every other head gives, at all positions: ``"corrupt"``, what it gives at
            that position of the corrupt prompt; ``"mean"`` over reference prompts, as in
            `ablation`; ``"zero"``. MLPs are never replaced.
        metric: as in `activation_patching`.
        reference: prompts that the mean is over; the corrupt ones if none are given.

    Returns:
        The record.

    Raises:
        ValueError: as `activation_patching`; a head that the model does not have, another
            ``replace``.
        TypeError: arguments of another type.
    """
    request = (model, clean, corrupt, heads, answer, distractor, replace, metric, reference)
    return deque(iter_circuit(*request), maxlen=1).pop()


def iter_circuit(
    model: LanguageModel,
    clean: Prompt | Sequence[Prompt],
    corrupt: Prompt | Sequence[Prompt],
    heads: Sequence[Head | str],
    answer: Tokens = None,
    distractor: Tokens = None,
    replace: str = "corrupt",
    metric: Metric = "logit_diff",
    reference: Sequence[Prompt] = (),
) -> Generator[Circuit]:
    """`circuit` in steps: faithfulness, then minimality, then completeness, batch by batch.

    Closing it cancels. Bad input raises here, not at the first step.
    """
    pairs, sets = _prepared(model, clean, corrupt, answer, distractor, replace, metric, reference)
    record = _empty(model, pairs, heads_of(model, heads), replace, metric)
    return _judged(record, sets)


def find_circuit(
    model: LanguageModel,
    clean: Prompt | Sequence[Prompt],
    corrupt: Prompt | Sequence[Prompt],
    answer: Tokens = None,
    distractor: Tokens = None,
    replace: str = "corrupt",
    faithful: float = 0.9,
    metric: Metric = "logit_diff",
    reference: Sequence[Prompt] = (),
) -> Circuit:
    """Find a small set of heads that is enough, and judge it.

    Args:
        model: the model.
        clean: the prompt with the behaviour; a list for several pairs.
        corrupt: as many prompts without it.
        answer: the token that the clean prompt calls for.
        distractor: the token that it is compared with.
        replace: what the other heads give, as in `circuit`.
        faithful: how faithful the circuit has to be, between 0 and 1: its faithfulness lies at
            most ``1 - faithful`` from 1, on either side, since a circuit that does more than the
            model is not the model's. All heads together are always faithful.
        metric: one that has a gradient at the clean run: not ``"rank"``, ``"kl"`` or ``"norm"``.
        reference: prompts that the mean is over; the corrupt ones if none are given.

    Returns:
        The record; ``.search`` says which sets were gone through.

    Raises:
        ValueError: as `circuit`; a metric without a gradient; both runs of every pair alike, so
            that there is nothing to be faithful to.
        TypeError: arguments of another type.
    """
    request = (model, clean, corrupt, answer, distractor, replace, faithful, metric, reference)
    return deque(iter_find_circuit(*request), maxlen=1).pop()


def iter_find_circuit(
    model: LanguageModel,
    clean: Prompt | Sequence[Prompt],
    corrupt: Prompt | Sequence[Prompt],
    answer: Tokens = None,
    distractor: Tokens = None,
    replace: str = "corrupt",
    faithful: float = 0.9,
    metric: Metric = "logit_diff",
    reference: Sequence[Prompt] = (),
) -> Generator[Circuit]:
    """`find_circuit` in steps: the circuit so far, then what it is worth, batch by batch.

    Closing it cancels. Bad input raises here, not at the first step.
    """
    if isinstance(faithful, bool) or not isinstance(faithful, int | float) or not 0 < faithful < 1:
        raise ValueError(f"faithful= lies between 0 and 1, such as 0.9; got {faithful!r}.")
    if metric in ("rank", "kl", "norm"):
        raise ValueError(
            f"metric={metric!r} has no gradient at the clean run to rank heads by. Take "
            "'logit_diff' or 'log_prob', or judge sets of your own with iw.circuit."
        )
    pairs, sets = _prepared(model, clean, corrupt, answer, distractor, replace, metric, reference)
    record = _empty(model, pairs, (), replace, metric)

    def steps() -> Generator[Circuit]:
        found = record
        for found in _searched(record, model, pairs, sets, 1 - faithful, metric):
            yield found
        yield from _judged(found, sets)

    return steps()


def _prepared(
    model: LanguageModel,
    clean: Any,
    corrupt: Any,
    answer: Tokens,
    distractor: Tokens,
    replace: str,
    metric: Metric,
    reference: Sequence[Prompt],
) -> tuple[list[Pair], HeadSets]:
    """The pairs of a request and what measures sets on them.

    Raises:
        ValueError: whatever is wrong with the request.
        TypeError: arguments of another type.
    """
    check_model(model)
    check_metric(metric, answer, distractor)
    if replace not in REPLACE:
        raise ValueError(f"replace= is one of {', '.join(map(repr, REPLACE))}; got {replace!r}.")
    pairs = pairs_of(model, clean, corrupt, answer, distractor)
    others = [pair.corrupt for pair in pairs]
    if not isinstance(reference, Sequence | Tensor):
        raise TypeError(
            "reference= is a list of prompts, or () for the corrupt ones; got "
            f"{type(reference).__name__}."
        )
    if len(reference):
        if replace != "mean":
            raise ValueError(f"reference= is for replace='mean'; got replace={replace!r}.")
        others = [model.ids(prompt) for prompt in listed(reference, "reference")]
    return pairs, HeadSets(model, pairs, replace, metric, others)


def _empty(
    model: LanguageModel, pairs: list[Pair], heads: tuple[Head, ...], replace: str, metric: Metric
) -> Circuit:
    """The record before anything is known."""

    def unknown(*shape: int) -> Tensor:
        return torch.full((len(pairs), *shape), float("nan"), dtype=torch.float64)

    texts = [text for pair in pairs for text in (pair.clean_text, pair.corrupt_text)]
    return Circuit(
        model=model.name,
        revision=model.revision,
        prompt="\n".join(dict.fromkeys(texts)),
        replace=replace,
        metric=name_of(metric),
        clean_prompts=tuple(pair.clean_text for pair in pairs),
        corrupt_prompts=tuple(pair.corrupt_text for pair in pairs),
        answers=token_names(model, [pair.answer for pair in pairs]),
        distractors=token_names(model, [pair.distractor for pair in pairs]),
        layers=model.n_layers,
        heads_a_layer=model.n_heads,
        heads=heads,
        clean_values=unknown(),
        corrupt_values=unknown(),
        values=unknown(),
        empty_values=unknown(),
        single_values=unknown(len(heads)),
        removed=(),
        kept_values=unknown(0),
        rest_values=unknown(0),
        path=(),
        path_values=unknown(0),
    )


def _noted(record: Circuit, sets: HeadSets) -> Circuit:
    """The record with all that is known of its sets."""
    all_of, every = frozenset(record.heads), sets.every
    return changed(
        record,
        clean_values=sets.clean.clone(),
        corrupt_values=sets.corrupt.clone(),
        values=sets.of([all_of])[:, 0],
        empty_values=sets.of([frozenset()])[:, 0],
        single_values=sets.of([all_of - {head} for head in record.heads]),
        kept_values=sets.of([all_of.difference(gone) for gone in record.removed]),
        rest_values=sets.of([every.difference(gone) for gone in record.removed]),
        path_values=sets.of([frozenset(heads) for heads in record.path]),
    )


def _judged(record: Circuit, sets: HeadSets) -> Generator[Circuit]:
    """The record filled: faithfulness, minimality, completeness."""
    heads, every = frozenset(record.heads), sets.every
    for _ in sets.measure([heads, frozenset(), *(heads - {head} for head in record.heads)]):
        yield _noted(record, sets)
    record = changed(record, removed=tuple((head,) for head in record.heads))
    if len(heads) > 1:
        record = changed(record, removed=(*record.removed, record.heads))
    for _ in sets.measure([every.difference(gone) for gone in record.removed]):
        yield _noted(record, sets)
    gone: Heads = frozenset()
    gap = -1.0
    while heads - gone:  # greedily towards the worst K, as long as it gets worse
        tried = [gone | {head} for head in sorted(heads - gone)]
        wanted = [of - each for each in tried for of in (heads, every)]
        for _ in sets.measure(wanted):
            yield _noted(record, sets)
        gaps = [
            abs(kept - rest)
            for kept, rest in (sets.shares([heads - each, every - each]) for each in tried)
        ]
        best = max(range(len(tried)), key=gaps.__getitem__)
        if not gaps[best] > gap:
            break
        gone, gap = tried[best], gaps[best]
        new = tuple(sorted(gone))
        if new not in record.removed:
            record = changed(record, removed=(*record.removed, new))
    yield _noted(record, sets)


def _searched(
    record: Circuit,
    model: LanguageModel,
    pairs: list[Pair],
    sets: HeadSets,
    far: float,
    metric: Metric,
) -> Generator[Circuit]:
    """The record with a circuit within ``far`` of faithful, found as the file's docstring says."""

    def known(path: list[Heads], last: Heads) -> Circuit:
        listed = tuple(tuple(sorted(heads)) for heads in path)
        unknown = torch.full((len(pairs), len(last)), float("nan"), dtype=torch.float64)
        heads = tuple(sorted(last))
        return _noted(changed(record, heads=heads, path=listed, single_values=unknown), sets)

    def off(heads: Heads) -> float:
        return abs(1 - sets.shares([heads])[0])

    order = yield from _ranked(record, model, pairs, sets, metric)
    growing = [frozenset(order[:size]) for size in range(len(order) + 1)]
    path: list[Heads] = []
    for start in range(0, len(growing), _AT_ONCE):
        batch = growing[start : start + _AT_ONCE]
        for _ in sets.measure(batch):
            yield known(path, path[-1] if path else frozenset())
        if sets.shares(batch[:1])[0] != sets.shares(batch[:1])[0]:
            raise ValueError(
                "clean and corrupt runs have the same metric, so there is nothing to be faithful "
                "to. Choose prompts that call for different answers."
            )
        enough = next((i for i, heads in enumerate(batch) if off(heads) <= far), None)
        path += batch if enough is None else batch[: enough + 1]
        if enough is not None:
            break
    while True:
        smaller = [path[-1] - {head} for head in sorted(path[-1])]
        for _ in sets.measure(smaller):
            yield known(path, path[-1])
        best = min(smaller, key=off, default=None)
        if best is None or not off(best) <= far:
            break
        path.append(best)
    yield known(path, path[-1])


def _ranked(
    record: Circuit, model: LanguageModel, pairs: list[Pair], sets: HeadSets, metric: Metric
) -> Generator[Circuit, None, list[Head]]:
    """Heads by the estimated effect of replacing them in the clean run, largest first.

    The record is yielded as it is after every pair, so that one can stop.
    """
    heads = sorted(sets.every)
    total = torch.zeros(len(heads), dtype=torch.float64)
    for pair, patches in zip(pairs, sets.patches, strict=True):
        estimate = attribution_patching(
            model,
            pair.clean,
            pair.corrupt,
            pair.answer,
            pair.distractor,
            direction="noise",
            metric=metric,
            cells=[patches[head] for head in heads],
            sample=0,
        )
        total += estimate.effect
        yield record
    order = total.abs().argsort(descending=True, stable=True)
    return [heads[i] for i in order.tolist()]
