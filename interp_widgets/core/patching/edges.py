"""Edge attribution patching: every edge of the model at once, to first order (Syed et al., 2023).

    effect(u → v) ≈ ⟨∂metric/∂(stream as v reads it), what u writes in the other run − in this one⟩

Nodes are the embedding, every head (what it writes through its output projection) and every MLP;
readers are every head's queries, keys and values, every MLP and the logits, each through its own
norm, alive. Two forwards, one backward, and a backward through each layer's projections give all
edges. ``integrate`` averages slopes on the way from one run's embedding to the other's (EAP-IG,
Hanna et al., 2024). A sample of edges is measured by path patching, and the record says how well
the two agree.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from interp_widgets.core.language_model import LanguageModel, check_model
from interp_widgets.core.patching.activation import Tokens
from interp_widgets.core.patching.base_run import FINAL
from interp_widgets.core.patching.edge_record import EdgeAttribution
from interp_widgets.core.patching.experiment import Metric
from interp_widgets.core.patching.intervention import Intervention, Patch
from interp_widgets.core.patching.measure import check_finite, check_metric, name_of
from interp_widgets.core.patching.pairs import Align, Pair, pairs_of, token_names
from interp_widgets.core.patching.path import check_direction, experiment_of, routed
from interp_widgets.core.patching.readers import held, readers, stream_slopes
from interp_widgets.core.patching.routes import Route, Routed, reads_at
from interp_widgets.core.patching.slopes import ENTRY, Slopes, slopes
from interp_widgets.core.patching.writes import Writes, writes_at
from interp_widgets.core.seeds import check_seed
from interp_widgets.core.sites import Site, expand
from interp_widgets.core.tokens import Prompt

SAMPLE = 16


def edge_attribution(
    model: LanguageModel,
    clean: Prompt | Sequence[Prompt],
    corrupt: Prompt | Sequence[Prompt],
    answer: Tokens = None,
    distractor: Tokens = None,
    direction: str = "noise",
    metric: Metric = "logit_diff",
    integrate: int = 0,
    sample: int = SAMPLE,
    seed: int = 0,
    align: Align = None,
) -> EdgeAttribution:
    """Estimate what `path_patching` would find for every single edge.

    Args:
        model: the model.
        clean: the prompt with the behaviour; a list for several pairs.
        corrupt: as many prompts without it, token for token as long.
        answer: the token that the clean prompt calls for.
        distractor: the token that the corrupt prompt calls for.
        direction: ``"noise"``: corrupt into clean; ``"denoise"``: clean into corrupt.
        metric: one that has a gradient at the run that is patched, as in `attribution_patching`.
        integrate: points between the two runs' embeddings over which slopes are averaged; 0 for the
            slope at the run that is patched.
        sample: how many edges, drawn at random, are path patched as well; 0 for none.
        seed: of the draw.
        align: for prompts of unequal length, as in `activation_patching`.

    Returns:
        The record: ``.scores`` ``[src, dst]``, NaN where there is no edge; ``.agreement``.

    Raises:
        ValueError: as `attribution_patching`.
        TypeError: arguments of another type.
    """
    records = iter_edge_attribution(
        *(model, clean, corrupt, answer, distractor, direction, metric),
        *(integrate, sample, seed, align),
    )
    return deque(records, maxlen=1).pop()


def iter_edge_attribution(
    model: LanguageModel,
    clean: Prompt | Sequence[Prompt],
    corrupt: Prompt | Sequence[Prompt],
    answer: Tokens = None,
    distractor: Tokens = None,
    direction: str = "noise",
    metric: Metric = "logit_diff",
    integrate: int = 0,
    sample: int = SAMPLE,
    seed: int = 0,
    align: Align = None,
) -> Generator[EdgeAttribution]:
    """`edge_attribution` in steps: each pair's estimates at once, then exact edges.

    Closing it cancels. Bad input raises here, not at the first step.
    """
    check_model(model)
    check_metric(metric, answer, distractor)
    check_direction(direction)
    _check_numbers(metric, direction, integrate, sample)
    check_seed(seed)
    pairs = pairs_of(model, clean, corrupt, answer, distractor, align)
    edges = _Edges(model)
    order = torch.randperm(len(edges.pairs), generator=torch.Generator().manual_seed(seed))
    which = sorted(order[:sample].tolist())
    record = _empty(model, pairs, edges, direction, metric, integrate)

    def steps() -> Generator[EdgeAttribution]:
        state, total = record, torch.zeros(edges.shape, dtype=torch.float64)
        exact = torch.full((len(pairs), len(which)), float("nan"), dtype=torch.float64)
        for number, pair in enumerate(pairs):
            experiment = experiment_of(pair, edges.cells, direction)
            runs = routed(model, experiment, direction, metric, edges.routes, check=False)
            ends = (runs.own, runs.other)
            clean_value, corrupt_value = ends[::-1] if direction == "denoise" else ends
            state.clean_values[number], state.corrupt_values[number] = clean_value, corrupt_value
            scores, missed = edges.scores(runs, integrate)
            check_finite(scores, metric, "the slopes of the run that is patched")
            total += scores
            state = replace(state, check=max(state.check, missed) if number else missed)
            yield _snapshot(state, edges.there, total / (number + 1), exact, which)
            for found, values in runs.sweep(which) if which else ():
                check_finite(values, metric, f"the run patched along {edges.name(found[0])}")
                for edge, value in zip(found, values.tolist(), strict=True):
                    exact[number, which.index(edge)] = value - runs.own
                yield _snapshot(state, edges.there, total / (number + 1), exact, which)

    return steps()


def _check_numbers(metric: Any, direction: str, integrate: Any, sample: Any) -> None:
    for name, number in (("integrate", integrate), ("sample", sample)):
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            raise ValueError(f"{name}= is a whole number of 0 or more; got {number!r}.")
    flat_there = ("kl", "norm") if direction == "noise" else ()
    if isinstance(metric, str) and metric in ("rank", *flat_there):
        raise ValueError(
            f"metric={metric!r} has no gradient at the run that is patched to estimate effects "
            "from. Take 'logit_diff' or 'log_prob', or iw.path_patching."
        )


class _Edges:
    """Who writes, who reads, and the edges between them.

    Attributes:
        sources, targets: places, in the order of the record.
        pairs: where each edge stands, ``(src, dst)``.
        cells: the sources as interventions.
        routes: each edge as a route.
        shape: of the scores.
    """

    def __init__(self, model: LanguageModel) -> None:
        layers = range(model.n_layers)
        names = ["embed"]
        for layer in layers:
            names += [f"L{layer}.z.{head}" for head in range(model.n_heads)] + [f"L{layer}.mlp_out"]
        self.model = model
        self.sources = tuple(expand(names, model.n_layers))
        self.targets = (*(site for layer in layers for site in readers(model, layer)), FINAL)
        self.shape = len(self.sources), len(self.targets)
        self.cells: tuple[Intervention, ...] = tuple((Patch(name),) for name in names)
        self._sent = torch.tensor([writes_at(site) for site in self.sources])
        self._read = torch.tensor([reads_at(model, site) for site in self.targets])
        self.there = self._sent[:, None] < self._read
        self.pairs = [(src, dst) for src, dst in self.there.nonzero().tolist()]
        self.routes = tuple(Route(self.cells[s], (self.targets[d],)) for s, d in self.pairs)

    def name(self, edge: int) -> str:
        """An edge in words."""
        src, dst = self.pairs[edge]
        return f"{self.sources[src]} → {_target(self.targets[dst])}"

    def scores(self, runs: Routed, integrate: int) -> tuple[Tensor, float]:
        """Estimates ``[src, dst]``, 0 where no edge is, and what the embedding's miss in sum."""
        base, model = runs.base, self.model
        made = Writes(runs, self.cells).of(self.cells)
        device = base.streams[0].device
        changes = torch.stack([change.to(device) for sent in made for change in sent.values()])
        points = [(k + 0.5) / integrate for k in range(integrate)] or [0.0]
        sloped = {replace(site, index=None) for site in self.targets} | {ENTRY}
        total, wanted = torch.zeros(self.shape, dtype=torch.float64), 0.0
        for point in points:
            shift = point * changes[0].to(base.streams[0]) if point else None
            found = slopes(model, base.ids, runs.measure, held(model), sloped, shift)
            total += self._at(runs, found, changes) / len(points)
            wanted += float((found.slope[ENTRY] * changes[0]).sum()) / len(points)
        total *= self.there
        return total, abs(float(total[0].sum()) - wanted)

    def _at(self, runs: Routed, found: Slopes, changes: Tensor) -> Tensor:
        """Changes times slopes, ``[src, dst]``, where the slopes are those of one run."""
        parts = [
            _products(changes, stream_slopes(runs.base, found, layer))
            for layer in range(self.model.n_layers)
        ]
        return torch.cat([*parts, _products(changes, found.slope[FINAL][None])], 1)


def _products(changes: Tensor, slope: Tensor) -> Tensor:
    """``[src, reader]`` from ``[src, pos, d_model]`` and ``[reader, pos, d_model]``, float64."""
    return (changes.flatten(1) @ slope.to(changes).flatten(1).T).cpu().double()


def _target(site: Site) -> str:
    return "logits" if site == FINAL else str(site)


def _empty(
    model: LanguageModel,
    pairs: Sequence[Pair],
    edges: _Edges,
    direction: str,
    metric: Metric,
    integrate: int,
) -> EdgeAttribution:
    """The record before anything is known."""
    unknown = torch.full((len(pairs),), float("nan"), dtype=torch.float64)
    texts = [text for pair in pairs for text in (pair.clean_text, pair.corrupt_text)]

    return EdgeAttribution(
        model=model.name,
        revision=model.revision,
        prompt="\n".join(dict.fromkeys(texts)),
        direction=direction,
        metric=name_of(metric),
        clean_prompts=tuple(pair.clean_text for pair in pairs),
        corrupt_prompts=tuple(pair.corrupt_text for pair in pairs),
        answers=token_names(model, [pair.answer for pair in pairs]),
        distractors=token_names(model, [pair.distractor for pair in pairs]),
        sources=tuple(map(str, edges.sources)),
        targets=tuple(map(_target, edges.targets)),
        scores=torch.empty(0, dtype=torch.float64),
        exact=torch.empty(0, dtype=torch.float64),
        clean_values=unknown,
        corrupt_values=unknown.clone(),
        integrate=integrate,
        check=float("nan"),
    )


def _snapshot(
    state: EdgeAttribution, there: Tensor, scores: Tensor, measured: Tensor, which: list[int]
) -> EdgeAttribution:
    """The record as it is now: means over the pairs done, which later steps leave alone."""
    ends = {name: getattr(state, name).clone() for name in ("clean_values", "corrupt_values")}
    scores = scores.masked_fill(~there, float("nan"))
    exact = torch.full_like(scores, float("nan"))
    at = there.nonzero()[which]
    exact[at[:, 0], at[:, 1]] = measured.nanmean(0)
    if state.metric == "recovery":  # from logit differences, on a scale that all pairs share
        zero = ends["corrupt_values"]
        scale = (ends["clean_values"] - zero).nanmean()
        ends = {name: (value - zero) / scale for name, value in ends.items()}
        scores, exact = scores / scale, exact / scale
    return replace(state, **ends, scores=scores, exact=exact)
