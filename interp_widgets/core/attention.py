"""Attention patterns: where each head looks, and how much of what it finds it writes.

A pattern says which weight a head gives to each earlier token. A large weight on a token whose
value is nearly zero moves nothing, which is what attention sinks such as the first token are for.
So beside the raw pattern stands the *value-weighted* one (Kobayashi et al., 2020): the length of
the vector that a head adds to the stream from each token,

    weighted[dst, src] = pattern[dst, src] · ‖v[src] @ W_O‖

after the norm that follows attention in Gemma-2 and OLMo-2, held as it was in the run.

Patterns are read where transformers computes attention, so models that run SDPA or flash attention
show them too; see `attention_switch`. One layer's patterns are on the model's device at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from interp_widgets.core.hooks import Edit, hooked
from interp_widgets.core.language_model import LanguageModel, check_model
from interp_widgets.core.norms import frozen
from interp_widgets.core.ov import unscaled
from interp_widgets.core.result import Result
from interp_widgets.core.sites import Site
from interp_widgets.core.tokens import Prompt, pieces
from interp_widgets.core.weights import head_output

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Attention(Result):
    """Attention of every head on one prompt.

    Attributes:
        tokens: raw pieces of the prompt, ``[pos]``.
        ids: their ids, int64 ``[pos]``.
        patterns: weights, 0..1, ``[layer, head, dst, src]``; 0 where ``src`` comes after ``dst``.
        value_norms: length of what a head would add from a token with weight 1,
            ``[layer, head, src]``; before the scale of a norm that follows.
        scales: that norm's scale ``[layer, dst]``; 1 where no norm follows.
        check: how far a row of weights is from summing to 1, at most.
    """

    tokens: tuple[str, ...]
    ids: Tensor
    patterns: Tensor
    value_norms: Tensor
    scales: Tensor
    check: float

    def weighted(self, layer: int, head: int | None = None) -> Tensor:
        """Length of what is added to the stream at ``dst`` from ``src``.

        Args:
            layer: 0 to ``n_layers - 1``.
            head: one head; all of the layer otherwise. A model has ``layer · head · pos²`` of these
                numbers, so they are made when asked for.

        Returns:
            ``[dst, src]`` of one head, ``[head, dst, src]`` of all.

        Raises:
            ValueError: a layer or head that the record does not have. TypeError: no whole number.
        """
        heads = self._chosen(layer, head)
        lengths = self.value_norms[layer, heads][..., None, :] * self.scales[layer, :, None]
        weighted = self.patterns[layer, heads] * lengths
        return weighted if head is None else weighted[0]

    def __repr__(self) -> str:
        layers, heads = self.patterns.shape[:2]
        return f"Attention({layers} layers, {heads} heads, {len(self.tokens)} tokens, {self.model})"

    def describe(self) -> str:
        """Where the last token looks, summed over heads, and the head that looks back one most."""
        layers, heads, positions = self.patterns.shape[:3]
        size = f"Attention of {self.model}, {layers} layers of {heads} heads, {positions} tokens"
        looked = int(self.patterns[:, :, -1].mean((0, 1)).argmax())
        said = f"{size}: from {self.tokens[-1]!r} heads look most at {self.tokens[looked]!r}"
        if positions == 1:
            return f"{said}, the only one."
        before = self.patterns.diagonal(-1, dim1=-2, dim2=-1).mean(-1)
        layer, head = divmod(int(before.argmax()), heads)
        return (
            f"{said} (position {looked}); head L{layer}.z.{head} looks most at the token before "
            f"(weight {float(before.max()):.2f} on average)."
        )

    def to_frame(self, layer: int | None = None, head: int | None = None) -> pd.DataFrame:
        """One row a head, token and earlier token.

        Columns: layer, head, dst, src, dst_token, src_token, weight, weighted.

        Args:
            layer: one layer; all otherwise, which is many rows for a long prompt.
            head: one head of each layer; all otherwise.

        Raises:
            ValueError: a layer or head that the record does not have. TypeError: no whole number.
        """
        import numpy as np
        import pandas as pd

        layers = range(len(self.patterns)) if layer is None else [layer]
        dst, src = np.tril_indices(len(self.tokens))
        names = np.array(self.tokens, dtype=object)
        frames = []
        for each in layers:
            heads = self._chosen(each, head)
            for h in range(heads.start, heads.stop):
                columns = {
                    "layer": each,
                    "head": h,
                    "dst": dst,
                    "src": src,
                    "dst_token": names[dst],
                    "src_token": names[src],
                    "weight": self.patterns[each, h].numpy()[dst, src],
                    "weighted": self.weighted(each, h).numpy()[dst, src],
                }
                frames.append(pd.DataFrame(columns))
        return pd.concat(frames, ignore_index=True)

    def _chosen(self, layer: int, head: int | None) -> slice:
        """The heads asked for, as a slice of the head axis."""
        layers, heads = self.patterns.shape[:2]
        given = [("layer", layer, layers)]
        if head is not None:
            given.append(("head", head, heads))
        for name, index, size in given:
            if isinstance(index, bool) or not hasattr(index, "__index__"):
                raise TypeError(
                    f"{name} is a whole number from 0 to {size - 1}; got {index!r:.40}."
                )
            if not 0 <= index < size:
                raise ValueError(f"{name} goes from 0 to {size - 1} in this record; got {index!r}.")
        return slice(0, heads) if head is None else slice(head, head + 1)


def attention(model: LanguageModel, prompt: Prompt) -> Attention:
    """Attention patterns of every head on one prompt.

    Args:
        model: the model, whichever attention it runs: eager, SDPA, flash.
        prompt: text or token ids.

    Returns:
        The record: ``4 · layer · head · pos²`` bytes (GPT-2 small at 512 tokens: 151 MB).

    Raises:
        ValueError: an empty or too long prompt. Nothing has run then.
        TypeError: neither text nor ids.
    """
    check_model(model)
    ids = model.ids(prompt)
    n = len(ids)
    patterns = torch.empty(model.n_layers, model.n_heads, n, n, dtype=torch.float32)
    norms = torch.empty(model.n_layers, model.n_heads, n, dtype=torch.float32)
    scales = torch.ones(model.n_layers, n, dtype=torch.float32)

    def into(target: Tensor, measure: Callable[[Tensor], Tensor]) -> Edit:
        def look(activation: Tensor) -> None:
            target.copy_(measure(activation[0].detach()))

        return look

    looks: dict[Site, Edit] = {}
    for layer in range(model.n_layers):
        looks[Site(layer, "pattern")] = into(patterns[layer], lambda pattern: pattern)
        looks[Site(layer, "v")] = into(norms[layer], partial(_lengths, model, layer))
        if model.architecture.attn_post_norm is not None:
            looks[Site(layer, "z")] = into(scales[layer], partial(_post_scale, model, layer))
    with hooked(model, looks):
        model.run(ids[None])
    return Attention(
        model=model.name,
        revision=model.revision,
        prompt=prompt if isinstance(prompt, str) else model.tokenizer.decode(ids),
        tokens=tuple(pieces(model.tokenizer, ids.tolist())),
        ids=ids.cpu(),
        patterns=patterns,
        value_norms=norms,
        scales=scales,
        check=float((patterns.sum(-1) - 1).abs().max()),
    )


@torch.no_grad()
def _lengths(model: LanguageModel, layer: int, v: Tensor) -> Tensor:
    """``‖v[src] @ W_O‖`` from values ``[src, kv_head, d_head]``: ``[head, src]``."""
    weight, _ = head_output(model, layer)
    path = model.architecture.attn_post_norm
    if path is not None:
        weight = unscaled(model.layers[layer].get_submodule(path), weight)(weight)
    # ‖v W‖² = v (W Wᵀ) vᵀ: no vector of the stream's width for each head and token.
    gram = weight @ weight.transpose(-1, -2)
    v = v.repeat_interleave(model.n_heads // model.n_kv_heads, dim=-2).to(gram)
    return torch.einsum("she,hef,shf->hs", v, gram, v).clamp(min=0).sqrt()


@torch.no_grad()
def _post_scale(model: LanguageModel, layer: int, z: Tensor) -> Tensor:
    """The scale ``[dst]`` of the norm after attention, from ``z [dst, head, d_head]``."""
    weight, bias = head_output(model, layer)
    path = model.architecture.attn_post_norm
    assert path is not None
    whole = torch.einsum("dhe,hem->dm", z.to(weight), weight) + bias
    return frozen(model.layers[layer].get_submodule(path), whole).scale[..., 0]
