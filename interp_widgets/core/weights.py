"""The weights of heads, neurons and tokens, cut as their activations are.

Row vectors throughout: ``q = x @ W_Q[head] + b_Q[head]``, ``z @ W_O[head]``, ``post @ W_out``,
``logit = normed @ direction + bias``. Weights come in the model's dtype raised to float32 (float64
stays), on the device where they live; fused and transposed layouts are undone here and nowhere
else. What heads and neurons *write to the stream* includes the post-norm of the families that have
one, held at the statistics of the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from interp_widgets.core.metrics import precise
from interp_widgets.core.norms import frozen
from interp_widgets.core.sites import Site

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel


def head_input(model: LanguageModel, layer: int, kind: str) -> tuple[Tensor, Tensor]:
    """What a layer's heads read with: queries, keys or values, before RoPE and any q/k norm.

    Args:
        model: the model.
        layer: 0 to ``n_layers - 1``.
        kind: ``"q"``, ``"k"`` or ``"v"``. Keys and values have one entry per key/value head.

    Returns:
        ``W [head, d_model, d_head]`` and ``b [head, d_head]``.

    Raises:
        ValueError: another kind, or a layer that the model does not have.
    """
    if kind not in ("q", "k", "v"):
        raise ValueError(f"heads read with 'q', 'k' and 'v'; got {kind!r}.")
    place = model.place(Site(layer, kind))
    weight, bias = _matrix(place.module)
    return place.read(weight).transpose(0, 1).contiguous(), place.read(bias)


def head_output(model: LanguageModel, layer: int) -> tuple[Tensor, Tensor]:
    """``W_O [head, d_head, d_model]`` and ``b_O [d_model]`` of a layer, before any post-norm."""
    weight, bias = _matrix(model.place(Site(layer, "z")).module)
    return weight.unflatten(0, (model.n_heads, model.d_head)), bias


def neuron_output(model: LanguageModel, layer: int) -> tuple[Tensor, Tensor]:
    """``W_out [neuron, d_model]`` and ``b_out [d_model]`` of an MLP, before any post-norm."""
    return _matrix(model.place(Site(layer, "mlp_post")).module)


@torch.no_grad()
def head_writes(model: LanguageModel, layer: int, z: Tensor) -> tuple[Tensor, Tensor]:
    """What each head adds to the stream.

    Args:
        model: the model.
        layer: 0 to ``n_layers - 1``.
        z: ``L<layer>.z`` of a run, ``[..., head, d_head]``.

    Returns:
        By head ``[..., head, d_model]``, and what no head writes (biases) ``[..., d_model]``. Both
        together are ``attn_out``: exactly ``writes.sum(-2) + rest``.
    """
    weight, bias = head_output(model, layer)
    writes = torch.einsum("...he,hed->...hd", z.to(weight), weight)
    return _after_post_norm(model, layer, model.architecture.attn_post_norm, writes, bias)


@torch.no_grad()
def neuron_writes(model: LanguageModel, layer: int, post: Tensor) -> tuple[Tensor, Tensor]:
    """What each neuron adds to the stream, from ``L<layer>.mlp_post`` ``[..., neuron]``.

    Returns:
        By neuron ``[..., neuron, d_model]`` – large: ask for few positions – and what no neuron
        writes ``[..., d_model]``. Both together are ``mlp_out``.
    """
    weight, bias = neuron_output(model, layer)
    writes = post.to(weight)[..., None] * weight
    return _after_post_norm(model, layer, model.architecture.mlp_post_norm, writes, bias)


def token_directions(model: LanguageModel, tokens: Sequence[int]) -> tuple[Tensor, Tensor]:
    """What the unembedding reads for each token.

    Args:
        model: the model.
        tokens: ids, 0 to ``d_vocab - 1``.

    Returns:
        Directions ``[token, d_model]`` after the final norm and biases ``[token]``, so that
        ``normed @ directions.T + biases`` are the tokens' logits, before any soft-cap.
    """
    head = model.hf.get_output_embeddings()
    rows = torch.as_tensor(list(tokens), dtype=torch.long, device=head.weight.device)
    directions = precise(head.weight.detach()[rows])
    bias = getattr(head, "bias", None)
    none = directions.new_zeros(len(rows))
    return directions, none if bias is None else precise(bias.detach()[rows])


def _matrix(module: nn.Module) -> tuple[Tensor, Tensor]:
    """``W [in, out]`` and ``b [out]`` of a linear module; GPT-2's Conv1D is stored as ``W``.

    Raises:
        ValueError: weights whose stored numbers are not what the module multiplies by: quantised
            ones, or an adapter beside them.
    """
    stored: Tensor = module.weight.detach()  # type: ignore[union-attr, assignment]
    if not stored.is_floating_point() or stored.element_size() < 2:
        raise ValueError(
            f"the weights of this {type(module).__name__} are quantised ({stored.dtype}), and the "
            "numbers stored are not what it multiplies by. Load the model in float16 or bfloat16."
        )
    weight = precise(stored if type(module).__name__ == "Conv1D" else stored.T)
    bias = getattr(module, "bias", None)
    made = weight.new_zeros(weight.shape[1]) if bias is None else precise(bias.detach())
    _check_product(module, stored.dtype, weight, made)
    return weight, made


@torch.no_grad()
def _check_product(module: nn.Module, dtype: torch.dtype, weight: Tensor, bias: Tensor) -> None:
    """Ask the module itself, with one vector: adapters and scales keep the weight's name."""
    generator = torch.Generator().manual_seed(0)
    probe = torch.randn(len(weight), generator=generator).to(weight.device, dtype)
    with torch.autocast(weight.device.type, enabled=False):
        does = precise(module.forward(probe[None])[0])
        says = precise(probe) @ weight + bias
    allowed = (1e-2 if dtype in (torch.float16, torch.bfloat16) else 1e-3) * does.norm()
    if not (does - says).norm() <= allowed:
        raise ValueError(
            f"this {type(module).__name__} gives something else than its weight makes of an input, "
            "so its output cannot be shared out. Merge or unload adapters first, and load "
            "quantised models in float16 or bfloat16."
        )


def _after_post_norm(
    model: LanguageModel, layer: int, path: str | None, writes: Tensor, bias: Tensor
) -> tuple[Tensor, Tensor]:
    """Writes ``[..., part, d_model]`` and a bias as they reach the stream."""
    if path is None:
        return writes, bias.expand(*writes.shape[:-2], -1)
    norm = frozen(model.layers[layer].get_submodule(path), writes.sum(-2) + bias)
    each = replace(norm, scale=norm.scale[..., None, :])
    return each(writes), norm(bias) + norm.bias
