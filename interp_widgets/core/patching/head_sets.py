"""Runs in which a set of heads works and every other head is replaced, set after set.

The base run is the clean one, and a set is the intervention that puts something else into ``z`` of
all heads outside it, at all positions. Embeddings, MLPs and the heads of the set compute on what
they are then given. The engine is that of all sweeps; a set that was measured is not run again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor

from interp_widgets.core.patching.ablation import means_of, valued_cells
from interp_widgets.core.patching.experiment import Experiment, Metric, Runs, prepare
from interp_widgets.core.patching.intervention import Intervention, Patch
from interp_widgets.core.patching.measure import check_finite
from interp_widgets.core.patching.pairs import Pair
from interp_widgets.core.patching.record import NO_GAP
from interp_widgets.core.patching.rows import Row
from interp_widgets.core.patching.sweep import sweep
from interp_widgets.core.sites import Site, expand

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel

Head = tuple[int, int]  # layer and head
Heads = frozenset[Head]

REPLACE = ("corrupt", "mean", "zero")
_KIND = {"corrupt": "resample", "mean": "mean", "zero": "zero"}  # of ablation


def every_head(model: LanguageModel) -> Heads:
    """All heads of a model."""
    return frozenset((la, h) for la in range(model.n_layers) for h in range(model.n_heads))


def named(heads: Iterable[Head]) -> tuple[str, ...]:
    """Heads as places: ``"L5.z.2"``."""
    return tuple(str(Site(layer, "z", head)) for layer, head in heads)


def heads_of(model: LanguageModel, heads: Any) -> tuple[Head, ...]:
    """A caller's list of heads, each once, in order.

    Args:
        model: the model.
        heads: ``(layer, head)`` pairs, or places: ``"L5.z.2"``, ``"L5.z"`` for a whole layer.

    Raises:
        ValueError: a head that the model does not have, a place that is no head.
        TypeError: something else.
    """
    if isinstance(heads, str) or not isinstance(heads, Iterable):
        raise TypeError(
            "heads= is a list of heads, [(5, 2), ...] or ['L5.z.2', ...]; got "
            f"{type(heads).__name__}."
        )
    found: list[Head] = []
    for head in heads:
        if isinstance(head, str):
            for site in expand(head, model.n_layers):
                if site.kind != "z":
                    raise ValueError(f"{site} is no head; heads are 'L5.z.2' or (5, 2).")
                model.place(site)
                index = range(model.n_heads) if site.index is None else [site.index]
                found += [(site.layer or 0, i) for i in index]
            continue
        if not isinstance(head, Sequence) or len(head) != 2 or not all(map(_whole, head)):
            raise TypeError(f"a head is (layer, head) or a place such as 'L5.z.2'; got {head!r}.")
        layer, index = int(head[0]), int(head[1])
        if not (0 <= layer < model.n_layers and 0 <= index < model.n_heads):
            raise ValueError(
                f"{model.name} has layers 0 to {model.n_layers - 1} and heads 0 to "
                f"{model.n_heads - 1}; got {tuple(head)}."
            )
        found.append((layer, index))
    return tuple(sorted(dict.fromkeys(found)))


def _whole(number: Any) -> bool:
    return isinstance(number, int) and not isinstance(number, bool)


def shares(values: Tensor, clean: Tensor, corrupt: Tensor) -> Tensor:
    """Metric values ``[pair, ...]`` on the scale where corrupt is 0 and clean 1, ``[...]``.

    Pairs that differ too little to give a scale are left out; NaN if none is left.
    """
    fit = (clean - corrupt).abs() > NO_GAP * torch.maximum(clean.abs(), corrupt.abs())
    wide = corrupt[fit].reshape(-1, *[1] * (values.ndim - 1))
    return (values[fit] - wide).sum(0) / (clean - corrupt)[fit].sum()


class HeadSets:
    """The metric of runs by which heads work.

    Args:
        model: the model.
        pairs: clean prompts that are run, and corrupt ones that give the scale.
        replace: one of `REPLACE`: what heads outside a set give.
        metric: judge of the runs.
        reference: ids of the prompts that a mean is over.

    Attributes:
        every: all heads of the model.
        clean, corrupt: the metric of both runs, float64 ``[pair]``; NaN before `measure`.
    """

    def __init__(
        self,
        model: LanguageModel,
        pairs: Sequence[Pair],
        replace: str,
        metric: Metric,
        reference: list[Tensor],
    ) -> None:
        self._model, self._pairs, self._metric = model, pairs, metric
        self._replace, self._reference = replace, reference
        self._runs: list[Runs] = []
        self._known: list[dict[Heads, float]] = [{} for _ in pairs]
        self.every = every_head(model)
        self.clean = torch.full((len(pairs),), float("nan"), dtype=torch.float64)
        self.corrupt = self.clean.clone()

    @cached_property
    def patches(self) -> list[dict[tuple[int, int | None], Patch]]:
        """By pair and head what replaces it; head None is the layer. A mean runs the model."""
        columns: list[int | None] = [None, *range(self._model.n_heads)]
        keys = [(layer, head) for layer in range(self._model.n_layers) for head in columns]
        bare = tuple((Patch(str(Site(layer, "z", head))),) for layer, head in keys)
        means = means_of(self._model, self._reference, bare) if self._replace == "mean" else {}
        found = []
        for pair in self._pairs:
            kind, length = _KIND[self._replace], len(pair.clean)
            cells = valued_cells(self._model, bare, kind, means, length)
            found.append({key: cell[0] for key, cell in zip(keys, cells, strict=True)})
        return found

    def measure(self, sets: Iterable[Heads]) -> Iterator[None]:
        """Run what is not known yet of some sets of working heads; yields after every batch."""
        sets = list(dict.fromkeys(sets))
        for number in range(len(self._pairs)):
            runs = self._prepared(number)
            known = self._known[number]
            new = [kept for kept in sets if kept not in known]
            if self.every in new:
                known[self.every] = runs.own
                new.remove(self.every)
            # A row is None where no position has one of the other run's: here all have.
            rows = [cast(Row, runs.maker.row(self._outside(number, kept))) for kept in new]
            for at, logits in sweep(runs.base, rows, runs.measure.tokens):
                values = runs.measure.of(logits)
                worst = new[at[int(torch.isfinite(values).byte().argmin())]]
                where = ", ".join(named(sorted(worst))) or "no head"
                check_finite(values, self._metric, f"the run in which {where} works")
                known.update({new[i]: value for i, value in zip(at, values.tolist(), strict=True)})
                yield

    def of(self, sets: Sequence[Heads]) -> Tensor:
        """The metric of sets that were measured, float64 ``[pair, set]``; NaN where not yet."""
        nan = float("nan")
        rows = [[known.get(kept, nan) for kept in sets] for known in self._known]
        return torch.tensor(rows, dtype=torch.float64).view(len(rows), len(sets))

    def shares(self, sets: Sequence[Heads]) -> list[float]:
        """The metric of each of some sets on the scale of `shares`."""
        return shares(self.of(sets), self.clean, self.corrupt).tolist()

    def _outside(self, number: int, kept: Heads) -> Intervention:
        """What replaces the heads that are not in a set; whole layers at once."""
        patches, out = self.patches[number], []
        for layer in range(self._model.n_layers):
            heads = [h for h in range(self._model.n_heads) if (layer, h) not in kept]
            whole = len(heads) == self._model.n_heads
            out += [patches[layer, head] for head in ([None] if whole else heads)]
        return tuple(out)

    def _prepared(self, number: int) -> Runs:
        """The two runs of a pair, done when they are first needed."""
        if number == len(self._runs):
            pair, patches = self._pairs[number], self.patches[number]
            layers = tuple(patches[layer, None] for layer in range(self._model.n_layers))
            experiment = Experiment(
                clean=pair.clean,
                corrupt=pair.corrupt,
                clean_text=pair.clean_text,
                corrupt_text=pair.corrupt_text,
                answer=pair.answer,
                distractor=pair.distractor,
                cells=(layers,),
            )
            runs = prepare(self._model, experiment, "noise", self._metric, check=False)
            self._runs.append(runs)
            self.clean[number], self.corrupt[number] = runs.own, runs.other
        return self._runs[number]
