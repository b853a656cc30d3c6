"""From an intervention to a row of a batch: where it begins, and what is written on its way up.

Some places are not written where they are named:

* ``resid_post`` of a layer is the next one's ``resid_pre``;
* ``mlp_out`` is added to the stream, so if nothing was changed before it, its change can be added
  to the next layer's input, and the layer need not run at all (``attn_out`` of parallel blocks,
  too);
* ``resid_mid`` is not handed from module to module: attention writes what is missing to it;
* a ``pattern`` has been used when it could be seen: ``z`` becomes what it would have made of the
  values.

What a run cannot notice is left out: positions before the first that changes, and rows of which
nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from interp_widgets.core.patching.base_run import FINAL, BaseRun, activations
from interp_widgets.core.patching.intervention import Intervention, Patch, positions
from interp_widgets.core.sites import INDEXED_KINDS, Site, expand

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel

# Makes values ``[n, ...]`` of another place as the row runs: what that place holds at the positions
# from the first one computed on ``[pos, ...]``, and which position that is.
Live = Callable[[Tensor, int], Tensor]


@dataclass(frozen=True)
class Write:
    """Something written into a row.

    Attributes:
        site: place, all heads or neurons.
        index: the head or neuron that is meant; None for all.
        pos: positions, n of them.
        values: ``[n, ...]``; a function for those that are made as the row runs.
        add: added to what is there.
        reads: the place that such values are made of, whose module runs before that of ``site``.
    """

    site: Site
    index: int | None
    pos: tuple[int, ...]
    values: Tensor | Live
    add: bool = False
    reads: Site | None = None

    def made(self, live: Mapping[Site, Tensor], row: int, start: int) -> Tensor:
        """The values, where ``live`` holds the rows' own activations ``[row, pos, ...]``."""
        if isinstance(self.values, Tensor) or self.reads is None:
            return cast(Tensor, self.values)
        return self.values(live[self.reads][row], start)


@dataclass(frozen=True)
class Row:
    """One intervention, ready to run.

    Attributes:
        begins: first layer that runs; ``n_layers`` is the final norm.
        start: first position that changes.
        writes: what is written; empty if the run cannot differ from the base run.
    """

    begins: int
    start: int
    writes: tuple[Write, ...]


def whole(model: LanguageModel, patch: Patch) -> tuple[Site, int | None]:
    """The place of a patch with all its heads or neurons, and the one that is meant."""
    return _whole(patch.site, model.n_layers)


@lru_cache(maxsize=1 << 14)
def _whole(name: str, n_layers: int) -> tuple[Site, int | None]:
    site = expand(name, n_layers)[0]
    if site.kind == "embed":
        return Site(0, "resid_pre"), None
    if site.kind == "resid_post":
        return _stream((site.layer or 0) + 1, n_layers), None
    return replace(site, index=None), site.index


def filling(patch: Patch, own: Tensor) -> Tensor:
    """A patch's own value in the shape of its place at its positions, which hold ``own [n, ...]``.

    Raises:
        ValueError: it does not broadcast to that shape.
    """
    values = torch.as_tensor(patch.value, dtype=own.dtype, device=own.device)
    try:
        return values.broadcast_to(own.shape)
    except RuntimeError:
        raise ValueError(
            f"{patch}: its value has shape {list(values.shape)}, which does not broadcast to "
            f"the place at these positions, {list(own.shape)}."
        ) from None


def _stream(layer: int, n_layers: int) -> Site:
    """Where the stream enters a layer, or the final norm."""
    return Site(layer, "resid_pre") if layer < n_layers else FINAL


class RowMaker:
    """Makes rows from interventions on one base run.

    Args:
        base: the run that is patched.
        cells: all interventions that will be asked for, so that what they need is read at once.
        donor: the run that is patched from, ids ``[pos]``; None if every patch brings its value.
        partner: for each position of the base run the donor's; -1 for none.

    Attributes:
        own: what the places hold in the base run, position first ``[pos, ...]``.
        given: the same in the run that is patched from.
        partner: for each position of the base run the other's; -1 for none.
        donor_final: the stream that run ends with, ``[d_model]``; None if there is none.
    """

    def __init__(
        self,
        base: BaseRun,
        cells: tuple[Intervention, ...],
        donor: Tensor | None = None,
        partner: tuple[int, ...] | None = None,
    ) -> None:
        self._base, self._model, self._n = base, base.model, len(base.ids)
        self.partner = tuple(range(self._n)) if partner is None else partner
        patches = [patch for cell in cells for patch in cell]
        sites = {self.whole(patch)[0] for patch in patches}
        values = {Site(site.layer, "v") for site in sites if site.kind == "pattern"}
        self.own = base.values(sites | values)
        self.given: dict[Site, Tensor] = {}
        self._moves: dict[Site, Tensor] = {}
        self.donor_final: Tensor | None = None
        if donor is not None:
            asked = {self.whole(patch)[0] for patch in patches if patch.value is None}
            self.given = activations(self._model, donor, {*asked, Site(0, "resid_pre"), FINAL})
            self._moves = {site: self._moved(site) for site in asked}
            self.donor_final = self.given[FINAL][-1]

    def row(self, cell: Intervention) -> Row | None:
        """The row of one intervention; None if no position of it has one of the other run's.

        Raises:
            ValueError: a value of another shape than its place, or no run to take it from.
        """
        changes = [self.change(patch) for patch in cell]
        if not any(at for at, _, _ in changes):
            return None
        first = [at for at, moved in zip(*_joined(changes), strict=True) if moved]
        if not first:
            return Row(self._model.n_layers, self._n - 1, ())
        start, alone = min(first), len(cell) == 1
        writes = []
        for patch, (at, values, moved) in zip(cell, changes, strict=True):
            # What stays as it was matters only where something before has changed.
            keep = [i for i, p in enumerate(at) if (moved[i] if alone else p >= start)]
            if keep:
                values = values if len(keep) == len(at) else values[keep]
                writes.append(self._write(patch, tuple(at[i] for i in keep), values, alone))
        return Row(min(self._layer(write.site) for write in writes), start, tuple(writes))

    def _layer(self, site: Site) -> int:
        return self._model.n_layers if site.layer is None else site.layer

    def whole(self, patch: Patch) -> tuple[Site, int | None]:
        """The place of a patch with all its heads or neurons, and the one that is meant."""
        return whole(self._model, patch)

    def _moved(self, site: Site) -> Tensor:
        """Where the other run holds something else: bool ``[pos]``, or ``[pos, index]``."""
        pairs = [(p, q) for p, q in enumerate(self.partner) if q >= 0]
        here, there = [p for p, _ in pairs], [q for _, q in pairs]
        own, given = self.own[site], self.given[site]
        if site.kind == "pattern" and own.shape != given.shape:
            raise ValueError("a pattern can only be patched between prompts of equal length.")
        differs = own[here] != given[there]
        keep = 2 if site.kind in INDEXED_KINDS else 1
        out = torch.zeros(own.shape[:keep], dtype=torch.bool)
        out[here] = differs.reshape(*differs.shape[:keep], -1).any(-1).cpu()
        return out

    def change(self, patch: Patch) -> tuple[list[int], Tensor, list[bool]]:
        """Positions n of them, what to write there ``[n, ...]``, and whether that is a change."""
        (site, index), at = self.whole(patch), positions(patch, self._n)
        if patch.value is None and not patch.add:
            if site not in self.given:
                raise ValueError(f"{patch}: no other run to take its value from. Give value=.")
            at = [p for p in at if self.partner[p] >= 0]
            if not at:
                return [], self.given[site][:0], []
            there = [self.partner[p] for p in at]
            moves, given = self._moves[site], self.given[site]
            if index is None:
                return at, given[there], moves[at].reshape(len(at), -1).any(-1).tolist()
            return at, given[there, index], moves[at, index].tolist()
        own = self.own[site][at] if index is None else self.own[site][at, index]
        values = filling(patch, own)
        moved = (values != (0 if patch.add else own)).reshape(len(at), -1)
        return at, values, moved.any(-1).tolist()

    def _write(self, patch: Patch, at: tuple[int, ...], values: Tensor, alone: bool) -> Write:
        """The write that has the effect of a patch."""
        site, index = self.whole(patch)
        layer = self._layer(site)
        added_last = site.kind == "mlp_out" or (site.kind == "attn_out" and self._model.parallel)
        if added_last and alone:
            change = values if patch.add else values - self.own[site][list(at)]
            return Write(_stream(layer + 1, self._model.n_layers), None, at, change, add=True)
        if site.kind == "resid_mid":
            return self._write_mid(layer, at, values, patch.add)
        if site.kind == "pattern":
            return self._write_pattern(layer, index, at, values, patch.add)
        return Write(site, index, at, values, patch.add)

    def _write_mid(self, layer: int, at: tuple[int, ...], values: Tensor, add: bool) -> Write:
        out = Site(layer, "attn_out")
        if add:
            return Write(out, None, at, values, add)

        def missing(stream: Tensor, start: int) -> Tensor:
            return values - stream[[p - start for p in at]]

        return Write(out, None, at, missing, reads=Site(layer, "resid_pre"))

    def _write_pattern(
        self, layer: int, index: int | None, at: tuple[int, ...], pattern: Tensor, add: bool
    ) -> Write:
        """``z = pattern · v``, with the values ``v`` of the row itself."""
        reads = Site(layer, "v")
        before, shared = self.own[reads], self._model.n_heads // self._model.n_kv_heads

        def attended(v: Tensor, start: int) -> Tensor:
            v = torch.cat([before[:start], v])  # [src, kv_head, d_head]
            if index is not None:
                return pattern @ v[:, index // shared]
            return torch.einsum("nhs,shd->nhd", pattern, v.repeat_interleave(shared, 1))

        return Write(Site(layer, "z"), index, at, attended, add, reads)


def _joined(changes: list[tuple[list[int], Tensor, list[bool]]]) -> tuple[list[int], list[bool]]:
    return [p for at, _, _ in changes for p in at], [m for _, _, moved in changes for m in moved]
