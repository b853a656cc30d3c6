"""The record of a circuit of heads: whether it is faithful, complete and minimal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from interp_widgets.core.patching.head_sets import Head, named, shares
from interp_widgets.core.result import Result

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Circuit(Result):
    """A set of heads ``C``, judged by runs of the clean prompt (Wang et al., 2023).

    ``F(S)`` is the metric of the run in which the heads of ``S`` work and all others are replaced,
    as a share of the way from the corrupt run (0) to the clean run (1): a ratio of means over
    pairs. ``M`` are all heads, so ``F(M)`` is 1. MLPs and embeddings are those of the run itself.
    They work position by position, so with ``replace="corrupt"`` and prompts that end on the same
    token the empty set is the corrupt run, ``F(∅) = 0``; otherwise `empty` says what it gives.

    In a partial record (`iter_circuit`, `iter_find_circuit`) what is not known yet is NaN.

    Attributes:
        replace: what the other heads give: ``"corrupt"`` (what they give in the corrupt run),
            ``"mean"`` or ``"zero"``.
        metric: its name.
        clean_prompts, corrupt_prompts: of each pair.
        answers, distractors: pieces of the tokens compared, ``""`` where the metric has none.
        layers, heads_a_layer: size of the model.
        heads: the circuit, ``(layer, head)`` in order.
        clean_values, corrupt_values: the metric of the two runs, float64 ``[pair]``.
        values: of the circuit, ``[pair]``.
        empty_values: with every head replaced, ``[pair]``.
        single_values: of the circuit without one of its heads, ``[pair, head]``.
        removed: sets ``K`` of heads of the circuit: each by itself, all, and a greedy search for
            the worst one, each step of it.
        kept_values: of the circuit without ``K``, ``[pair, K]``.
        rest_values: of the whole model without ``K``, ``[pair, K]``.
        path: the sets of heads that a search went through; empty where there was none.
        path_values: ``[pair, step]``.
    """

    replace: str
    metric: str
    clean_prompts: tuple[str, ...]
    corrupt_prompts: tuple[str, ...]
    answers: tuple[str, ...]
    distractors: tuple[str, ...]
    layers: int
    heads_a_layer: int
    heads: tuple[Head, ...]
    clean_values: Tensor
    corrupt_values: Tensor
    values: Tensor
    empty_values: Tensor
    single_values: Tensor
    removed: tuple[tuple[Head, ...], ...]
    kept_values: Tensor
    rest_values: Tensor
    path: tuple[tuple[Head, ...], ...]
    path_values: Tensor

    def share(self, values: Tensor) -> Tensor:
        """Metric values ``[pair, ...]`` as a share of the way from corrupt to clean, ``[...]``.

        A ratio of means; pairs whose two runs hardly differ are left out, as in `Patching`.
        """
        return shares(values, self.clean_values, self.corrupt_values)

    @property
    def names(self) -> tuple[str, ...]:
        """The heads as places: ``"L5.z.2"``."""
        return named(self.heads)

    @property
    def faithfulness(self) -> float:
        """``F(C)``: 1 if the circuit does what the model does, 0 if no better than corrupt."""
        return float(self.share(self.values))

    @property
    def empty(self) -> float:
        """``F(∅)``: what is left with every head replaced."""
        return float(self.share(self.empty_values))

    @property
    def minimality(self) -> Tensor:
        """``F(C) − F(C without v)`` for each head ``v``, ``[head]``: what it is needed for."""
        return self.share(self.values) - self.share(self.single_values)

    @property
    def gaps(self) -> Tensor:
        """``|F(C without K) − F(M without K)|`` for each ``K`` of ``removed``, ``[K]``.

        If the circuit is all that matters, taking ``K`` from it or from the whole model leaves as
        much. A large gap means that heads outside do the work of ``K``, too.
        """
        return (self.share(self.kept_values) - self.share(self.rest_values)).abs()

    @property
    def completeness(self) -> float:
        """The largest of `gaps`: 0 for a complete circuit. NaN while none is known."""
        known = self.gaps[~self.gaps.isnan()]
        return float(known.max()) if len(known) else float("nan")

    @property
    def search(self) -> list[tuple[int, float]]:
        """Number of heads and faithfulness of each set that the search went through."""
        return list(zip(map(len, self.path), self.share(self.path_values).tolist(), strict=True))

    def interval(self, level: float = 0.95, draws: int = 1000, seed: int = 0) -> Tensor:
        """Bootstrap interval of the faithfulness over pairs, ``[2]``; one pair: twice its value.

        Raises:
            ValueError: a level outside 0..1, or fewer than one draw.
        """
        if not 0 < level < 1 or draws < 1:
            raise ValueError(
                "interval(level between 0 and 1, draws of 1 or more); got "
                f"level={level!r}, draws={draws!r}."
            )
        count = len(self.values)
        generator = torch.Generator().manual_seed(seed)
        found = []
        for _ in range(draws if count > 1 else 1):
            at = torch.randint(count, (count,), generator=generator)
            ends = self.clean_values[at], self.corrupt_values[at]
            found.append(shares(self.values[at], *ends))
        ends = torch.tensor([(1 - level) / 2, (1 + level) / 2], dtype=torch.float64)
        return torch.nanquantile(torch.stack(found), ends, dim=0)

    def __repr__(self) -> str:
        of = self.layers * self.heads_a_layer
        pairs = len(self.clean_prompts)
        several = f", {pairs} pairs" if pairs > 1 else ""
        return f"Circuit({len(self.heads)} of {of} heads, {self.replace}{several}, {self.model})"

    def describe(self) -> str:
        """How faithful the circuit is, how complete, and which head it can least do without."""
        of = self.layers * self.heads_a_layer
        start = f"{len(self.heads)} of {of} heads of {self.model}, the others {_PUT[self.replace]}"
        if self.faithfulness != self.faithfulness:
            same = bool((self.clean_values == self.corrupt_values).all())
            return f"{start}: " + ("both runs are alike, no scale." if same else "still computing.")
        said = f"{start}: faithfulness {self.faithfulness:.2f} (no head at all: {self.empty:.2f})"
        if self.completeness == self.completeness:
            worst = int(self.gaps.nan_to_num(-1).argmax())
            without = ", ".join(named(self.removed[worst]))
            said += f"; largest gap to the model {self.completeness:.2f}, both without {without}"
        if len(self.heads) and not self.minimality.isnan().all():
            best = int(self.minimality.nan_to_num(-torch.inf).argmax())
            said += f"; most needed {self.names[best]} ({float(self.minimality[best]):.2f})"
        return f"{said}."

    def to_frame(self) -> pd.DataFrame:
        """One row a head: layer, head, name, minimality, and gap (`gaps` without that head)."""
        import pandas as pd

        gaps = dict(zip(self.removed, self.gaps.tolist(), strict=True))
        rows = [
            (*head, name, drop, gaps.get((head,), float("nan")))
            for head, name, drop in zip(
                self.heads, self.names, self.minimality.tolist(), strict=True
            )
        ]
        return pd.DataFrame(rows, columns=["layer", "head", "name", "minimality", "gap"])


_PUT = {
    "corrupt": "as in the corrupt run",
    "mean": "at their mean",
    "zero": "silenced",
}
