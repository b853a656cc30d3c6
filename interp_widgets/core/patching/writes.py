"""What senders write differently in the other run: one change of the stream for each block.

A head writes through its part of the output projection, so what it changes is its change of ``z``
times that, and behind a post-norm (Gemma-2, OLMo-2) what the norm makes of the sum. Queries, keys
and values as senders change the ``z`` of their heads, for which one layer's attention is run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from interp_widgets.core.metrics import precise
from interp_widgets.core.norms import in_precision
from interp_widgets.core.patching.intervention import Intervention, Patch
from interp_widgets.core.patching.recording import recorded
from interp_widgets.core.sites import Site
from interp_widgets.core.weights import head_output

if TYPE_CHECKING:
    from interp_widgets.core.patching.experiment import Runs

EMBED = -1  # when the embedding is written


def layer_of(site: Site) -> int:
    """The layer of a place that has one."""
    assert site.layer is not None
    return site.layer


def writes_at(site: Site) -> int:
    """When a sender writes: four times its layer, and 1 (attention) or 3 (MLP); see `reads_at`."""
    if site.kind in ("embed", "resid_pre"):
        return EMBED
    return 4 * layer_of(site) + (3 if site.kind == "mlp_out" else 1)


class Writes:
    """Changes of the stream that senders make.

    Args:
        runs: the two runs; their `maker` has read every place in ``cells``.
        cells: senders that will be asked for.
    """

    def __init__(self, runs: Runs, cells: Sequence[Intervention]) -> None:
        self._runs, self._base, self._model = runs, runs.base, runs.base.model
        whole = runs.maker.whole
        sites = {whole(patch)[0] for cell in cells for patch in cell}
        inside = {Site(site.layer, "z") for site in sites if site.kind in ("q", "k", "v")}
        self._own = {**runs.maker.own, **self._base.values(inside - runs.maker.own.keys())}
        self._differences: dict[Site, Tensor] = {}
        self._output: tuple[int, Tensor, Tensor] | None = None

    def own(self, site: Site) -> Tensor:
        """What a place holds in the base run, ``[pos, ...]``; attention of all layers at once."""
        if site not in self._own:
            every = {Site(layer, "attn_out") for layer in range(self._model.n_layers)}
            self._own |= self._base.values({site, *every})
        return self._own[site]

    def of(self, cells: Sequence[Intervention]) -> list[dict[int, Tensor]]:
        """For each cell: when something is written (`writes_at`) -> its change ``[pos, d_model]``.

        In float32 or better, on the device of the layer that writes.
        """
        changes: list[dict[int, Tensor]] = [{} for _ in cells]
        heads: dict[int, list[tuple[int, list[Patch]]]] = defaultdict(list)
        for number, cell in enumerate(cells):
            by_time: dict[int, list[Patch]] = defaultdict(list)
            for patch in cell:
                by_time[writes_at(self._runs.maker.whole(patch)[0])].append(patch)
            for time, patches in by_time.items():
                wholes = [self._runs.maker.whole(patch)[0] for patch in patches]
                # All of what attention writes, whatever its heads do.
                block = [site for site in wholes if site.kind in ("attn_out", "mlp_out")]
                if time == EMBED or block:
                    changes[number][time] = self._difference((block or wholes)[0])
                else:
                    heads[time // 4].append((number, patches))
        for layer, asked in heads.items():
            moved = self._moved(layer, [patches for _, patches in asked])
            for (number, _), change in zip(asked, moved, strict=True):
                changes[number][4 * layer + 1] = change
        return changes

    def _difference(self, site: Site) -> Tensor:
        """The other run's less the base run's ``[pos, ...]``; 0 without a partner."""
        if site not in self._differences:
            maker = self._runs.maker
            here = [p for p, q in enumerate(maker.partner) if q >= 0]
            there = [maker.partner[p] for p in here]
            own, given = precise(maker.own[site]), precise(maker.given[site])
            change = torch.zeros_like(own)
            change[here] = given[there] - own[here]
            self._differences[site] = change
        return self._differences[site]

    def _moved(self, layer: int, cells: Sequence[Sequence[Patch]]) -> list[Tensor]:
        """What heads change, ``[pos, d_model]`` for each cell."""
        maker, z = self._runs.maker, Site(layer, "z")
        made = self._remade(layer, cells)
        found = []
        for number, patches in enumerate(cells):
            sent = [maker.whole(patch)[1] for patch in patches if maker.whole(patch)[0] == z]
            every = list(range(self._model.n_heads))
            heads = every if None in sent else sorted({h for h in sent if h is not None})
            if number in made:
                change = made[number].clone()
                if heads:
                    change[:, heads] = self._difference(z)[:, heads]
                found.append(self._written(layer, change, every))
            else:
                change = self._difference(z) if sent else torch.zeros_like(precise(self.own(z)))
                found.append(self._written(layer, change[:, heads], heads))
        return found

    def _remade(self, layer: int, cells: Sequence[Sequence[Patch]]) -> dict[int, Tensor]:
        """The change of ``z [pos, head, d_head]`` of cells that send queries, keys or values."""
        maker, z = self._runs.maker, Site(layer, "z")
        rows = {}
        for number, patches in enumerate(cells):
            inside = tuple(patch for patch in patches if maker.whole(patch)[0] != z)
            row = maker.row(inside) if inside else None
            if row is not None and row.writes:
                rows[number] = row
        if not rows:
            return {}
        own = precise(self.own(z))
        values = precise(recorded(self._base, [*rows.values()], {z})[z])
        found = {}
        for number, value in zip(rows, values, strict=True):
            found[number] = torch.zeros_like(own)
            found[number][-len(value) :] = value - own[-len(value) :]
        return found

    def _written(self, layer: int, change: Tensor, heads: Sequence[int]) -> Tensor:
        """What a change of ``z`` ``[pos, head, d_head]`` changes in the stream."""
        weight, raw = self._projection(layer)
        heads = list(heads)
        moved = torch.einsum("phe,hed->pd", change.to(weight), weight[heads])
        path = self._model.architecture.attn_post_norm
        if path is None:
            return moved
        norm = in_precision(self._model.layers[layer].get_submodule(path), raw)
        with torch.no_grad():
            return norm.forward(raw + moved) - norm.forward(raw)

    def _projection(self, layer: int) -> tuple[Tensor, Tensor]:
        """``W_O [head, d_head, d_model]`` and what attention gives before any post-norm.

        The last one asked for is kept, since cells come by layer.
        """
        if self._output is None or self._output[0] != layer:
            weight, bias = head_output(self._model, layer)
            z = self.own(Site(layer, "z")).to(weight)
            self._output = layer, weight, torch.einsum("phe,hed->pd", z, weight) + bias
        return self._output[1:]
