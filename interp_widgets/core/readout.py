"""From a residual stream to logits: final norm, unembedding, soft-cap, in float32 or better.

The model's own modules do the work, so a family's norm (LayerNorm, RMSNorm, Gemma's ``1 + weight``)
needs no formula here. A model in half precision is read out with its weights raised to float32, a
slice of the vocabulary at a time, so that no second copy of a large unembedding ever exists. Hooks
on those modules do not run: reading a stream out is not a run of the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from interp_widgets.core.norms import in_precision

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel

_VOCAB_SLICE = 16_384


def unembed(
    model: LanguageModel, resid: Tensor, normed: bool = False, tokens: Sequence[int] | None = None
) -> Tensor:
    """Logits ``[..., vocab]`` that the model would give if its stream ended as ``resid``.

    Args:
        model: the model whose final norm and unembedding are used.
        resid: ``[..., d_model]``, any float type. Norm statistics are those of ``resid`` itself.
        normed: ``resid`` went through the final norm already.
        tokens: only the logits of these ids, ``[..., token]``.

    Returns:
        float64 for a float64 model, else float32, on the device of the unembedding.
    """
    head: nn.Linear = model.hf.get_output_embeddings()
    norm = model.module(model.architecture.final_norm)
    wide = torch.float64 if model.dtype == torch.float64 else torch.float32
    hidden = resid.to(device=head.weight.device, dtype=wide)
    if not normed:
        hidden = in_precision(norm, hidden).forward(hidden)
    if tokens is not None:
        logits = hidden @ head.weight[[*tokens]].to(wide).T
        logits = logits if head.bias is None else logits + head.bias[[*tokens]].to(wide)
    else:
        logits = head.forward(hidden) if head.weight.dtype == wide else _sliced(head, hidden)
    cap = model.logit_softcap
    return logits if cap is None else torch.tanh(logits / cap) * cap


def _sliced(head: nn.Linear, hidden: Tensor) -> Tensor:
    out = hidden.new_empty(*hidden.shape[:-1], head.weight.shape[0])
    for start in range(0, head.weight.shape[0], _VOCAB_SLICE):
        rows = slice(start, start + _VOCAB_SLICE)
        out[..., rows] = hidden @ head.weight[rows].to(hidden.dtype).T
    return out if head.bias is None else out + head.bias.to(hidden.dtype)
