"""The record of edge attribution: what every part of the model sends to every other, estimated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor

from interp_widgets.core.patching.agreement import agreement as compared
from interp_widgets.core.result import Result

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class EdgeAttribution(Result):
    """The estimated effect of patching each edge from one run into the other.

    An edge leads from what a part writes into the stream to one place that reads it. In a partial
    record (`iter_edge_attribution`) what is not known yet is NaN.

    Attributes:
        direction: ``"noise"`` (corrupt into clean) or ``"denoise"`` (clean into corrupt).
        metric: its name.
        clean_prompts, corrupt_prompts: of each pair.
        answers, distractors: pieces of the tokens compared, ``""`` where the metric has none.
        sources: who writes, in that order: ``"embed"``, then for each layer its heads ``"L3.z.5"``
            and its MLP ``"L3.mlp_out"``.
        targets: who reads: for each layer ``"L3.q.5"``, ``"L3.k.1"``, ``"L3.v.1"`` of each query,
            key and value head, ``"L3.mlp_in"``; last ``"logits"``.
        scores: estimated change of the metric, mean over pairs, float64 ``[src, dst]``; NaN where
            there is no edge.
        exact: the same by path patching, of the edges drawn for it; NaN elsewhere.
        clean_values, corrupt_values: the metric of the two runs, float64 ``[pair]``.
        integrate: points between the two runs' embeddings over which slopes are averaged; 0 for the
            slope at the run that is patched.
        check: by how much the edges out of the embedding miss, together, what the embedding's own
            slope gives; the largest over pairs, 0 up to rounding.
    """

    direction: str
    metric: str
    clean_prompts: tuple[str, ...]
    corrupt_prompts: tuple[str, ...]
    answers: tuple[str, ...]
    distractors: tuple[str, ...]
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    scores: Tensor
    exact: Tensor
    clean_values: Tensor
    corrupt_values: Tensor
    integrate: int
    check: float

    def __repr__(self) -> str:
        pairs = len(self.clean_prompts)
        several = f", {pairs} pairs" if pairs > 1 else ""
        steps = f", {self.integrate} steps" if self.integrate else ""
        return (
            f"EdgeAttribution({self.direction}, {len(self.sources)} sources × "
            f"{len(self.targets)} targets{steps}{several}, {self.model})"
        )

    @property
    def clean(self) -> float:
        """The metric of the clean run, mean over pairs."""
        return float(self.clean_values.mean())

    @property
    def corrupt(self) -> float:
        """The metric of the corrupt run, mean over pairs."""
        return float(self.corrupt_values.mean())

    @property
    def agreement(self) -> float:
        """Pearson correlation of estimates and exact effects over the edges measured, -1..1.

        NaN with fewer than three edges, or if one side is constant.
        """
        return compared(self.scores, self.exact).pearson

    @property
    def sign_agreement(self) -> float:
        """Share of the edges that change something whose estimate has the right sign, 0..1."""
        return compared(self.scores, self.exact).sign

    def node(self, source: str) -> float:
        """The sum of a source's edges: what attribution patching says of the place itself.

        Equal to it for the embedding, MLPs, and heads whose write reaches the stream as it is;
        behind a post-norm (Gemma-2, OLMo-2) a head's write is taken as the norm lets it through,
        and the two agree to first order.

        Raises:
            ValueError: no such source.
        """
        if source not in self.sources:
            raise ValueError(
                f"{source!r} is no source here. Sources are {', '.join(self.sources[:3])}, … "
                f"{self.sources[-1]}."
            )
        return float(self.scores[self.sources.index(source)].nansum())

    def strongest(self, k: int = 10) -> list[tuple[str, str, float]]:
        """The ``k`` edges of largest absolute score: source, target, score."""
        size = self.scores.abs().nan_to_num(-1).flatten()
        best = [i for i in size.topk(min(k, len(size))).indices.tolist() if size[i] >= 0]
        flat, width = self.scores.flatten().tolist(), len(self.targets)
        return [(self.sources[i // width], self.targets[i % width], flat[i]) for i in best]

    def describe(self) -> str:
        """What was estimated, which edge matters most, and how far estimates can be trusted."""
        steps = f", slopes averaged over {self.integrate} points" if self.integrate else ""
        pairs = len(self.clean_prompts)
        over = f" over {pairs} pairs" if pairs > 1 else ""
        way = "corrupt into clean" if self.direction == "noise" else "clean into corrupt"
        start = (
            f"Effects of patching each edge of {self.model} {way}{over}, estimated by gradients"
            f"{steps}: {self.metric} is {self.clean:.2f} in the clean run and {self.corrupt:.2f} "
            "in the corrupt one"
        )
        if self.scores.isnan().all():
            return f"{start}; still computing."
        source, target, score = self.strongest(1)[0]
        end = f"the strongest edge is {source} → {target} ({score:+.2f})"
        if self.agreement == self.agreement:
            count = int((~self.exact.isnan()).sum())
            end += f"; correlation with {count} exact path patches {self.agreement:.2f}"
        return f"{start}; {end}."

    def to_frame(self) -> pd.DataFrame:
        """One row an edge, strongest first. Columns: source, target, score, exact."""
        import pandas as pd

        at = (~self.scores.isnan()).nonzero()
        score = self.scores[at[:, 0], at[:, 1]]
        order = score.abs().argsort(descending=True, stable=True)
        at, score = at[order], score[order]
        return pd.DataFrame(
            {
                "source": [self.sources[src] for src in at[:, 0].tolist()],
                "target": [self.targets[dst] for dst in at[:, 1].tolist()],
                "score": score.tolist(),
                "exact": self.exact[at[:, 0], at[:, 1]].tolist(),
            }
        )
