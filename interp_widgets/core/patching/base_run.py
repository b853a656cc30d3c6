"""The run that is patched, kept so that nothing of it is computed twice.

In a causal model a patch at layer ``l`` and position ``p`` can change nothing below ``l`` and
nothing before ``p``. So the base run leaves the stream that enters every layer, from which a
patched run starts, and the keys and values of every layer, which a patched run reads where it is
not changed. Both are handed to the model itself, which goes on from there with its own modules,
masks and positions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from transformers.cache_utils import Cache, DynamicCache, DynamicLayer

from interp_widgets.core.hooks import Edit, captured, hooked, lock_of, resumed
from interp_widgets.core.readout import unembed
from interp_widgets.core.sites import Site

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel

FINAL = Site(None, "final")
_WRITERS = {"z", "attn_out", "mlp_in", "mlp_post", "mlp_out"}  # they work position by position

# Relative to the largest value of the stream: rounding of products of another shape.
_TOLERANCE = {torch.float64: 1e-6, torch.float32: 1e-4, torch.float16: 3e-2, torch.bfloat16: 1e-1}


class _Kept(DynamicLayer):
    """Keys and values of one layer ``[1, head, pos, d_head]``, read by every row and not added to.

    Sliding windows are cut by the model's mask, so every position is kept.
    """

    def __init__(self, keys: Tensor, values: Tensor) -> None:
        super().__init__()
        self.lazy_initialization(keys, values)
        self.keys, self.values = keys, values

    def update(
        self, key_states: Tensor, value_states: Tensor, *_args: Any, **_kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        return self._after(self.keys, key_states), self._after(self.values, value_states)

    def _after(self, kept: Tensor | None, new: Tensor) -> Tensor:
        assert kept is not None
        return torch.cat([kept.expand(len(new), -1, -1, -1), new], dim=-2)


@dataclass(frozen=True)
class BaseRun:
    """One prompt's run.

    Attributes:
        model: the model.
        ids: ``[pos]``.
        streams: what enters each layer, and then the final norm: ``n_layers + 1`` of
            ``[pos, d_model]``, each on its layer's device.
        kept: keys and values ``[1, head, pos, d_head]`` of each layer.
        noise: what was added to the stream that enters layer 0, ``[pos, d_model]``.
        resumes: whether the model, started half-way, ends where its own run ended. Where it does
            not (its attention looks ahead, or it is being edited by a block around this one),
            every patched run is a whole forward.
        again: the last position's final stream of that check, ``[d_model]``.
    """

    model: LanguageModel
    ids: Tensor
    streams: tuple[Tensor, ...]
    kept: tuple[tuple[Tensor, Tensor], ...]
    noise: Tensor | None = None
    resumes: bool = True
    again: Tensor = field(default_factory=lambda: torch.empty(0))

    @property
    def device(self) -> str:
        """The sort of device that the first layer is on."""
        return self.streams[0].device.type

    @property
    def final(self) -> Tensor:
        """The stream after the last layer at the last position, ``[d_model]``."""
        return self.streams[-1][-1]

    @torch.no_grad()
    def read(self, final: Tensor, tokens: Sequence[int] | None = None) -> Tensor:
        """Logits ``[..., vocab]`` or ``[..., token]`` of final streams ``[..., d_model]``."""
        return unembed(self.model, final, tokens=tokens)

    def rows(self, layer: int, start: int, count: int) -> Tensor:
        """The stream that enters ``layer`` from position ``start`` on, ``count`` times."""
        stream = self.streams[layer][start:]
        return stream.expand(count, *stream.shape)

    def finals(
        self,
        begins: Mapping[int, int],
        start: int,
        edits: Mapping[Site, Edit],
        entering: Mapping[int, Edit] | None = None,
    ) -> Tensor:
        """Run patched rows and return the stream that they end with at the last position.

        Args:
            begins: layer -> how many rows begin there; rows are in the order of their layers.
            start: first position that is computed; no row is patched before it.
            edits: what is done to the rows on their way, in the shapes of `sites`.
            entering: layer -> what is done to the streams of the rows that begin there.

        Returns:
            ``[row, d_model]``.
        """
        count = sum(begins.values())
        ends: list[Tensor] = []
        last = edits.get(FINAL)

        def end(stream: Tensor) -> Tensor | None:
            new = None if last is None else last(stream)
            ends.append((stream if new is None else new)[:, -1].clone())
            return new

        edits = {**edits, FINAL: end}
        ids = self.ids[start:].expand(count, -1)
        with torch.no_grad():
            if self.resumes:
                joins = {layer: self.rows(layer, start, n) for layer, n in begins.items()}
                for layer, edit in (entering or {}).items():
                    patched = edit(joins[layer])
                    joins[layer] = joins[layer] if patched is None else patched
                with resumed(self.model, joins, edits, self._last_only(edits)):
                    self.model.hf.base_model(input_ids=ids, **self._past(start))
            else:
                with hooked(self.model, _noisy(self.noise)), hooked(self.model, edits):
                    self.model.run(ids)
        return ends[0]

    def values(self, sites: set[Site]) -> dict[Site, Tensor]:
        """What places hold in this run, as `activations`; streams are there already."""
        streams = {self.site(layer): stream for layer, stream in enumerate(self.streams)}
        found = {site: streams[site] for site in sites if site in streams}
        others = sites - found.keys()
        if others:
            found |= activations(self.model, self.ids, others, self.noise)
        return found

    def site(self, layer: int) -> Site:
        """Where the stream enters a layer; ``n_layers`` is the final norm."""
        return Site(layer, "resid_pre") if layer < self.model.n_layers else FINAL

    def _last_only(self, edits: Mapping[Site, Edit]) -> bool:
        """Whether the last layer may write to the last position only."""
        last = self.model.n_layers - 1
        written = {site.kind for site in edits if site.layer == last}
        return not (written & _WRITERS or self.model.architecture.flat_mlp)

    def _past(self, start: int) -> dict[str, Any]:
        if start == 0:
            return {"use_cache": False}
        layers = [_Kept(keys[..., :start, :], values[..., :start, :]) for keys, values in self.kept]
        return {"past_key_values": Cache(layers=[*layers]), "use_cache": True}


def run_base(model: LanguageModel, ids: Tensor, noise: Tensor | None = None) -> BaseRun:
    """Run one prompt ``[pos]`` and keep what patched runs start from.

    Args:
        model: the model.
        ids: ``[pos]``.
        noise: added to what enters layer 0, ``[pos, d_model]``.
    """
    sites = [*(Site(layer, "resid_pre") for layer in range(model.n_layers)), FINAL]
    kept = DynamicCache()
    with torch.no_grad(), hooked(model, _noisy(noise)), captured(model, sites) as found:
        model.hf.base_model(input_ids=ids[None], past_key_values=kept, use_cache=True)
    streams = tuple(found[site][0] for site in sites)
    base = BaseRun(
        model=model,
        ids=ids,
        streams=streams,
        kept=tuple((layer.keys, layer.values) for layer in kept.layers),  # type: ignore[misc]
        noise=noise,
    )
    return _resuming(base)


def activations(
    model: LanguageModel, ids: Tensor, sites: Iterable[Site], noise: Tensor | None = None
) -> dict[Site, Tensor]:
    """What places hold in the run of one prompt, position first: ``[pos, ...]``.

    In the model's dtype, on its device; a pattern is ``[dst, head, src]``.
    """
    sites = list(sites)
    with torch.no_grad(), hooked(model, _noisy(noise)), captured(model, sites) as found:
        model.run(ids[None])
    return {
        site: value[0].transpose(0, 1) if site.kind == "pattern" else value[0]
        for site, value in found.items()
    }


def _noisy(noise: Tensor | None) -> dict[Site, Edit]:
    return {} if noise is None else {Site(0, "resid_pre"): lambda stream: stream + noise}


def _resuming(base: BaseRun) -> BaseRun:
    """The base run, knowing whether rows started half-way up and along end as it did."""
    model, n = base.model, len(base.ids)
    wanted = base.final
    if not lock_of(model.hf)._is_owned() and len(base.kept) == model.n_layers:
        begins = dict.fromkeys(sorted({0, model.n_layers // 2, model.n_layers - 1}), 1)
        again = base.finals(begins, n // 2, {})
        if (again - wanted).abs().max() <= _TOLERANCE[model.dtype] * wanted.abs().max():
            return replace(base, again=again[len(begins) // 2])
    return replace(base, kept=(), resumes=False, again=wanted)
