"""Attribution patching of queries and keys, with the softmax done exactly (Kramár et al., 2024).

Where attention is all but certain its softmax has next to no slope, and a gradient calls a query or
a key harmless whose exchange moves the whole pattern. So the pattern that the exchanged query or
key makes is computed, and only what follows it is taken as linear:

    effect ≈ Σ (its pattern − the base run's)[head, dst, src] · ∂metric/∂pattern[head, dst, src]

The model's own attention makes these patterns: it is started at the layer in question and left when
they are there. All queries of a layer share one such row, since a destination's
pattern hangs on its own query alone; keys need one for each set of positions exchanged together;
and each head its own where a norm spans them all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence

import torch
from torch import Tensor

from interp_widgets.core.language_model import LanguageModel
from interp_widgets.core.patching.experiment import Runs
from interp_widgets.core.patching.intervention import Patch, positions
from interp_widgets.core.patching.recording import recorded
from interp_widgets.core.patching.rows import Row
from interp_widgets.core.patching.sweep import in_batches, rows_at_once
from interp_widgets.core.places import part
from interp_widgets.core.sites import Site

READ_BY_SOFTMAX = ("q", "k")


def pattern_effects(runs: Runs, gradients: Mapping[Site, Tensor]) -> dict[Patch, float]:
    """Estimated effect of every patch of a query or key; NaN where no position has a partner.

    Args:
        runs: the two runs and their cells.
        gradients: ``∂metric/∂z`` of every layer with such patches, ``[pos, head, d_head]``.
    """
    asked: dict[int, list[Patch]] = defaultdict(list)
    for patch in (patch for cell in runs.cells for patch in cell):
        site, _ = runs.maker.whole(patch)
        if site.kind in READ_BY_SOFTMAX:
            asked[site.layer or 0].append(patch)
    values = runs.base.values({Site(layer, "v") for layer in asked})
    shared = runs.base.model.n_heads // runs.base.model.n_kv_heads
    found: dict[Patch, float] = {}
    for layer, patches in asked.items():
        v = values[Site(layer, "v")].repeat_interleave(shared, 1)
        slope = torch.einsum("dhe,she->hds", gradients[Site(layer, "z")], v)
        found |= _of_layer(runs, layer, patches, slope)
    return found


def _of_layer(
    runs: Runs, layer: int, patches: Sequence[Patch], slope: Tensor
) -> dict[Patch, float]:
    """Effects of one layer's patches, given ``∂metric/∂pattern [head, dst, src]``."""
    read = [_Reading(runs, layer, patch) for patch in patches]
    exchanges = {reading.key: reading.exchange for reading in read}
    rows = {key: runs.maker.row((patch,)) for key, patch in exchanges.items()}
    moving = {key: row for key, row in rows.items() if row is not None and row.writes}
    effects = dict(zip(moving, _moved(runs, layer, [*moving.values()], slope), strict=True))

    def effect(reading: _Reading) -> float:
        if not reading.has_partner:
            return float("nan")
        return float(reading.part(effects[reading.key])) if reading.key in effects else 0.0

    return {patch: effect(reading) for patch, reading in zip(patches, read, strict=True)}


class _Reading:
    """Which row a patch's effect is read off, and where.

    Attributes:
        key: the same for patches that share a row.
        exchange: what the row is patched with: the other run's queries or keys of all heads, where
            no head hears of another's.
        has_partner: some position of the patch has one of the other run's, or needs none.
    """

    def __init__(self, runs: Runs, layer: int, patch: Patch) -> None:
        model, (site, index) = runs.base.model, runs.maker.whole(patch)
        every, at = site.kind == "q", positions(patch, len(runs.base.ids))
        self.has_partner = patch.value is not None or any(runs.maker.partner[p] >= 0 for p in at)
        self.key: Hashable = patch  # by identity
        self.exchange, self._dst, self._heads = patch, slice(None), slice(None)
        if patch.value is not None:
            return
        if index is None or not _heads_are_normed_together(model, layer):
            self.key = site, None if every else tuple(at)
            self.exchange = Patch(str(site), None if every else patch.pos)
            self._dst = at if every else slice(None)
            if index is not None:
                readers = 1 if every else model.n_heads // model.n_kv_heads
                self._heads = slice(index * readers, (index + 1) * readers)

    def part(self, effect: Tensor) -> Tensor:
        """This patch's part of the row's effect ``[head, dst]``."""
        return effect[self._heads][:, self._dst].sum()


def _heads_are_normed_together(model: LanguageModel, layer: int) -> bool:
    """Whether one norm spans the queries of all heads (OLMo 2), so that one moves the others."""
    attention = part(model.layers[layer], model.architecture.attn)
    weights = (getattr(module, "weight", None) for module in attention.modules())
    return any(w is not None and w.ndim == 1 and len(w) > model.d_head for w in weights)


def _moved(runs: Runs, layer: int, rows: Sequence[Row], slope: Tensor) -> list[Tensor]:
    """For each row the effect ``[head, dst]``, float64 on the cpu."""
    base, found = runs.base, [torch.empty(0)] * len(rows)
    most = rows_at_once(base, len(base.ids))
    batches = [list(range(len(rows)))[k : k + most] for k in range(0, len(rows), most)]

    n, pattern = len(base.ids), Site(layer, "pattern")

    def run(batch: list[int]) -> Tensor:
        patched = [rows[i] for i in batch]
        start = min(row.start for row in patched) if base.resumes else 0
        as_it_was = Row(layer, n - 1, ())
        made = recorded(base, [*patched, as_it_was], {pattern})[pattern]
        effect = torch.zeros(len(batch), len(slope), n, dtype=torch.float64)
        effect[..., start:] = ((made[:-1] - made[-1]) * slope[:, start:]).sum(-1).cpu().double()
        return effect

    for batch, effects in in_batches(batches, run):
        for row, effect in zip(batch, effects, strict=True):
            found[row] = effect
    return found
