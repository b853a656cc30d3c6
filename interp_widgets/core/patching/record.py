"""The record of a causal sweep: what a metric became when a place was given another value."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from interp_widgets.core.patching.agreement import agreement as compared
from interp_widgets.core.result import Result

if TYPE_CHECKING:
    import pandas as pd

# A gap between the two runs below this share of the larger one is no scale to measure by.
NO_GAP = 1e-4


@dataclass(frozen=True, eq=False, repr=False)
class Patching(Result):
    """What patching each cell did.

    The patched run is the base run: the corrupt one in ``denoise``, the clean one in ``noise`` and
    ``ablate``. In a partial record (`iter_activation_patching`) cells that are not known yet hold
    NaN; means are over the pairs that are.

    Attributes:
        method: ``"activation"``, ``"attribution"`` (an estimate by gradients), ``"path"``,
            ``"tracing"``, or ``"zero ablation"``, ``"mean ablation"``, ``"resample ablation"``.
        site: kind of place that was patched; ``""`` for a list of cells.
        per: what was patched together.
        direction: ``"denoise"`` (clean into corrupt), ``"noise"`` (corrupt into clean) or
            ``"ablate"`` (no other run: zero, a mean, other prompts).
        metric: its name.
        clean_prompts, corrupt_prompts: of each pair; the latter ``""`` where there is none.
        clean_tokens, corrupt_tokens: raw pieces of each prompt, ``[pair][pos]``.
        answers, distractors: pieces of the tokens compared, ``""`` where the metric has none.
        axes: names, such as ``("layer", "pos")``.
        labels: the names along each axis; along ``pos`` the tokens of the patched prompt.
        values: the metric of each patched run, float64 ``[pair, *axes]``. Not float32: effects are
            small differences of large numbers. In an attribution they are estimates.
        exact: of an attribution, the values of those cells that were run as well, NaN elsewhere;
            of anything else no cells ``[0]``.
        clean_values, corrupt_values: the metric of the two runs, float64 ``[pair]``.
        check_nothing: by how much the metric changes if the base run is patched into itself, half
            way up and half way along; 0 up to rounding.
        check_whole: recovery if the whole stream is patched half way up (of paths: if all that is
            written is patched straight into the logits); 1 up to rounding. NaN where there is no
            other run, or no scale.
        resumed: patched runs started at their layer and position. If not, each was a whole forward.
        receiver: of paths, where they lead from the places patched; ``""`` of anything else.
    """

    method: str
    site: str
    per: str
    direction: str
    metric: str
    clean_prompts: tuple[str, ...]
    corrupt_prompts: tuple[str, ...]
    clean_tokens: tuple[tuple[str, ...], ...]
    corrupt_tokens: tuple[tuple[str, ...], ...]
    answers: tuple[str, ...]
    distractors: tuple[str, ...]
    axes: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    values: Tensor
    exact: Tensor
    clean_values: Tensor
    corrupt_values: Tensor
    check_nothing: float
    check_whole: float
    resumed: bool
    receiver: str = ""

    def __repr__(self) -> str:
        size = " × ".join(f"{len(along)} {axis}" for axis, along in self._sizes())
        pairs = len(self.clean_prompts)
        several = f", {pairs} pairs" if pairs > 1 else ""
        what = self.routed(self.site or "cells")
        return f"Patching({self.method}, {what}, {self.direction}, {size}{several}, {self.model})"

    def _sizes(self) -> list[tuple[str, tuple[str, ...]]]:
        return list(zip(self.axes, self.labels, strict=True))

    @property
    def clean(self) -> float:
        """The metric of the clean run, mean over pairs."""
        return float(self.clean_values.mean())

    @property
    def corrupt(self) -> float:
        """The metric of the corrupt run, mean over pairs; NaN where there is none."""
        return float(self.corrupt_values.mean())

    @property
    def effects(self) -> Tensor:
        """Patched minus base run of every pair, ``[pair, *axes]``."""
        return self.values - self._wide(self._base)

    @property
    def effect(self) -> Tensor:
        """Patched minus base run, mean over pairs, ``[*axes]``."""
        return self.effects.nanmean(0)

    @property
    def recovery(self) -> Tensor:
        """Effect as a share of the way from the base run to the other one, ``[*axes]``.

        A ratio of means over pairs, not a mean of ratios; pairs that differ too little to give a
        scale are left out (`dropped`). NaN where there is no other run.
        """
        return self._ratio(torch.arange(len(self.values)))

    @property
    def dropped(self) -> int:
        """Pairs left out of `recovery`, since their two runs hardly differ in the metric."""
        return int((~self._scaled).sum())

    @property
    def exact_effect(self) -> Tensor:
        """Of an attribution, the effect where it was measured as well, ``[*axes]``; NaN elsewhere.

        Raises:
            ValueError: a record whose ``effect`` is exact itself.
        """
        if self.method != "attribution":
            raise ValueError(f"{self!r} has no estimates: .effect is exact.")
        return (self.exact - self._wide(self._base)).nanmean(0)

    @property
    def agreement(self) -> float:
        """Pearson correlation of estimated and exact effects, over the cells measured, -1..1.

        NaN with fewer than three cells, or if one side is constant.
        """
        return compared(self.effect, self.exact_effect).pearson

    @property
    def done(self) -> float:
        """Share of cells that are known, 0..1."""
        return float((~self.values.isnan()).double().mean())

    def _shown_by(self) -> str | None:
        if self.axes[:2] == ("layer", "head"):
            return "HeadGrid"
        return None if self.receiver else super()._shown_by()  # bars are of whole patches

    @property
    def _base(self) -> Tensor:
        return self.corrupt_values if self.direction == "denoise" else self.clean_values

    @property
    def _gap(self) -> Tensor:
        """The other run minus the base run, ``[pair]``."""
        gap = self.clean_values - self.corrupt_values
        return gap if self.direction == "denoise" else -gap

    @property
    def _scaled(self) -> Tensor:
        largest = torch.maximum(self.clean_values.abs(), self.corrupt_values.abs())
        return self._gap.abs() > NO_GAP * largest

    def _wide(self, each: Tensor) -> Tensor:
        """``[pair]`` with the axes of ``values``, to broadcast."""
        return each.reshape(-1, *[1] * (self.values.ndim - 1))

    def _ratio(self, pairs: Tensor) -> Tensor:
        """Recovery from these pairs."""
        pairs = pairs[self._scaled[pairs]]
        effects, gap = self.effects[pairs], self._wide(self._gap[pairs])
        known = ~effects.isnan()
        return effects.nansum(0) / torch.where(known, gap, 0.0).sum(0)

    def interval(
        self, of: str = "effect", level: float = 0.95, draws: int = 1000, seed: int = 0
    ) -> Tensor:
        """Bootstrap interval over pairs: what the mean would be, had other pairs been drawn.

        Args:
            of: ``"effect"`` or ``"recovery"``.
            level: share of draws between the ends, 0..1.
            draws: how often as many pairs are drawn, with replacement.
            seed: of the draws.

        Returns:
            Lower and upper end, ``[2, *axes]``. With one pair both are its value.

        Raises:
            ValueError: another quantity, a level outside 0..1, or fewer than one draw.
        """
        if of not in ("effect", "recovery") or not 0 < level < 1 or draws < 1:
            raise ValueError(
                "interval(of='effect' or 'recovery', level between 0 and 1, draws of 1 or more); "
                f"got of={of!r}, level={level!r}, draws={draws!r}."
            )
        count = len(self.values)
        generator = torch.Generator().manual_seed(seed)
        means = []
        for _ in range(draws if count > 1 else 1):
            pairs = torch.randint(count, (count,), generator=generator)
            means.append(self.effects[pairs].nanmean(0) if of == "effect" else self._ratio(pairs))
        ends = torch.tensor([(1 - level) / 2, (1 + level) / 2], dtype=torch.float64)
        return torch.nanquantile(torch.stack(means), ends, dim=0)

    def routed(self, what: str) -> str:
        """``what``, and where paths lead from there."""
        return f"{what} → {self.receiver}" if self.receiver else what

    def name(self, cell: tuple[int, ...]) -> str:
        """A cell in words: ``"L3, ' Eiffel' (2)"``."""
        parts = []
        for axis, along, at in zip(self.axes, self.labels, cell, strict=True):
            label = along[at]
            parts.append(
                f"{label!r} ({at})"
                if axis == "pos"
                else f"{axis} {label}"
                if axis in ("head", "neuron")
                else label
            )
        return ", ".join(parts)

    def strongest(self) -> tuple[int, ...] | None:
        """The cell with the largest absolute effect; None while nothing is known."""
        size = self.effect.abs().nan_to_num(-1)
        best = int(size.argmax())
        if size.flatten()[best] < 0:
            return None
        return tuple(int(i) for i in torch.unravel_index(torch.tensor(best), size.shape))

    def describe(self) -> str:
        """What was patched, between which values of the metric, and which cell matters most."""
        what = self.site or f"{len(self.labels[0])} chosen cells"
        if self.receiver:
            what = f"the direct paths {self.routed(self.site or self.labels[0][0])}"
        pairs = len(self.clean_prompts)
        over = f" over {pairs} pairs" if pairs > 1 else ""
        ends = f"{self.metric} is {self.clean:.2f} in the clean run"
        if not self.corrupt_values.isnan().all():
            ends += f" and {self.corrupt:.2f} in the corrupt one"
        start = f"{_SENTENCE[self.direction]} {what} of {self.model}{over}: {ends}"
        best = self.strongest()
        if best is None:
            return f"{start}; still computing."
        if self.method == "attribution":
            start = f"Estimate by gradients. {start}"
        effect, recovery = float(self.effect[best]), float(self.recovery[best])
        if effect == 0:
            return f"{start}; no cell changes it."
        share = "" if recovery != recovery else f" (recovery {recovery:.2f})"
        end = f"the largest effect is {effect:+.2f}{share} at {self.name(best)}"
        if self.method == "attribution" and self.agreement == self.agreement:
            end += f"; correlation with exact runs {self.agreement:.2f}"
        if not self.resumed:
            end += "; every patched run was a whole forward"
        return f"{start}; {end}."

    def to_frame(self) -> pd.DataFrame:
        """One row a cell: a column an axis, its label, then value, effect, recovery, low, high.

        ``value`` is the metric of the patched run, ``low`` and ``high`` the 95 % interval of the
        effect over pairs.
        """
        import pandas as pd

        low, high = self.interval()
        rows = []
        value, effect, recovery = self.values.nanmean(0), self.effect, self.recovery
        for cell in product(*map(range, self.values.shape[1:])):
            names = [along[at] for along, at in zip(self.labels, cell, strict=True)]
            numbers = [float(part[cell]) for part in (value, effect, recovery, low, high)]
            rows.append((*cell, *names, *numbers))
        columns = [*self.axes, *(f"{axis}_name" for axis in self.axes)]
        return pd.DataFrame(rows, columns=[*columns, "value", "effect", "recovery", "low", "high"])


_SENTENCE = {
    "denoise": "Patching clean into corrupt at",
    "noise": "Patching corrupt into clean at",
    "ablate": "Ablating",
}
