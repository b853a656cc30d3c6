"""How steeply the metric depends on the stream as one reader sees it.

Every head reads the stream three times (queries, keys, values), every MLP once, each through a norm
of its own. From the slope at what a reader has read, one backward through its projection and its
norm, which stays alive, gives the slope by the stream, had only this reader seen it change. All
readers of a layer's attention share one such backward: each is a row of a batch.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from interp_widgets.core.hooks import Edit, hooked, resumed
from interp_widgets.core.language_model import LanguageModel
from interp_widgets.core.metrics import precise
from interp_widgets.core.patching.base_run import BaseRun
from interp_widgets.core.patching.recording import AllRead
from interp_widgets.core.patching.slopes import Slopes
from interp_widgets.core.patching.sweep import in_batches, rows_at_once
from interp_widgets.core.sites import Site


def readers(model: LanguageModel, layer: int) -> list[Site]:
    """Who reads the stream in a layer: query, key and value heads, then the MLP."""
    heads = {"q": model.n_heads, "k": model.n_kv_heads, "v": model.n_kv_heads}
    sites = [Site(layer, kind, head) for kind, count in heads.items() for head in range(count)]
    return [*sites, Site(layer, "mlp_in")]


def held(model: LanguageModel) -> set[Site]:
    """Places whose values `stream_slopes` needs."""
    layers = range(model.n_layers)
    return {Site(layer, kind) for layer in layers for kind in ("resid_pre", "attn_out")}


def stream_slopes(base: BaseRun, found: Slopes, layer: int) -> Tensor:
    """``∂metric/∂stream`` through each of `readers`, ``[reader, pos, d_model]``.

    Args:
        base: a run of the prompt, which says how the model can be started.
        found: values at `held`, slopes at q, k, v and mlp_in.
        layer: whose readers.
    """
    *heads, mlp = readers(base.model, layer)
    out = torch.empty(len(heads) + 1, *found.held[Site(layer, "resid_pre")].shape)
    out = precise(out.to(found.held[Site(layer, "resid_pre")]))
    most = rows_at_once(base, len(base.ids))
    batches = [list(range(len(heads)))[k : k + most] for k in range(0, len(heads), most)]
    for batch, slope in in_batches(
        batches, lambda batch: _back(base, found, [heads[i] for i in batch])
    ):
        out[batch] = slope
    out[-1] = _back(base, found, [mlp])[0]
    return out


def _back(base: BaseRun, found: Slopes, sites: list[Site]) -> Tensor:
    """Slopes by the stream through some readers of one layer, ``[reader, pos, d_model]``."""
    layer = sites[0].layer or 0
    stream = found.held[Site(layer, "resid_pre")]
    entry = stream.expand(len(sites), *stream.shape).clone().requires_grad_()
    wholes = {replace(site, index=None) for site in sites}
    read: dict[Site, Tensor] = {}

    def reader(site: Site, value: Tensor) -> None:
        read[site] = value
        if len(read) == len(wholes):
            raise AllRead

    edits: dict[Site, Edit] = {site: partial(reader, site) for site in wholes}
    # What the MLP reads by way of attention is not its own reading of the stream.
    still = found.held[Site(layer, "attn_out")]
    edits[Site(layer, "attn_out")] = lambda attn_out: still.expand_as(attn_out)
    ids = base.ids.expand(len(sites), -1)
    with torch.enable_grad(), suppress(AllRead):
        if base.resumes:
            with resumed(base.model, {layer: entry}, edits):
                base.model.hf.base_model(input_ids=ids, use_cache=False)
        else:
            enter: dict[Site, Edit] = {Site(layer, "resid_pre"): lambda _: entry}
            with hooked(base.model, enter), hooked(base.model, edits):
                base.model.hf.base_model(input_ids=ids, use_cache=False)
    with torch.enable_grad():
        (slope,) = torch.autograd.grad(_weighed(sites, read, found), entry)
    return precise(slope)


def _weighed(sites: list[Site], read: dict[Site, Tensor], found: Slopes) -> Tensor:
    """The sum over rows of what their reader has read, times the slope there."""
    parts = []
    for row, site in enumerate(sites):
        whole = replace(site, index=None)
        value, slope = read[whole][row], found.slope[whole]
        if site.index is not None:
            value, slope = value[:, site.index], slope[:, site.index]
        parts.append((precise(value) * precise(slope)).sum())
    return torch.stack(parts).sum()
