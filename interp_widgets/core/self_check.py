"""A row of the architecture table is a claim; this runs it against the model, once, at load.

Identities on seven random tokens, one forward pass:

* ``resid_pre + attn_out + mlp_out = resid_post`` in every layer, and each layer starts where the
  one before ended; ``resid_mid`` is ``resid_pre + attn_out``, or ``resid_pre`` in a parallel block;
* ``pattern · v = z`` for every head, which a wrong cut of a fused query-key-value output breaks;
* the down projection of ``mlp_post`` is what the MLP writes;
* the lens of the last stream is the model's own logits.

A failure names the site. Nothing is guessed and no number comes out of a model whose row is wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from interp_widgets.core.hooks import captured
from interp_widgets.core.readout import unembed
from interp_widgets.core.sites import Site

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel

# Relative to the largest value of a token: rounding, with room for a hundred layers of sums.
_TOLERANCE = {torch.float64: 1e-5, torch.float32: 1e-4, torch.float16: 3e-2, torch.bfloat16: 1e-1}
_KINDS = (
    *("resid_pre", "resid_mid", "resid_post", "attn_out", "mlp_in", "mlp_post", "mlp_out"),
    *("q", "k", "v", "pattern", "z"),
)
_TOKENS = 7


@torch.no_grad()
def self_check(model: LanguageModel) -> None:
    """Check the model's row of the architecture table.

    Raises:
        ValueError: an identity fails; the message names the site and the error.
    """
    generator = torch.Generator().manual_seed(0)
    length = min(_TOKENS, model.context)
    ids = torch.randint(model.d_vocab, (1, length), generator=generator).to(model.device)
    wanted = [f"L{layer}.{kind}" for layer in range(model.n_layers) for kind in _KINDS]
    with captured(model, [*wanted, "final"]) as found:
        logits = model.logits(ids)
    if not torch.isfinite(logits).all():
        raise ValueError(
            f"{model.name} gives NaN or infinite logits on random tokens: its weights are broken, "
            f"or too large for {model.dtype}; try dtype='bfloat16' or 'float32'."
        )
    here = {str(site): value for site, value in found.items()}
    for name in wanted:
        if name not in here:
            raise ValueError(
                f"self-check of {model.name} failed at {name}: the model ran past the module that "
                f"its row {model.architecture.model_type!r} in core/architectures.py names. "
                "Was the config changed after the model was made?"
            )
    for layer in range(model.n_layers):
        _check_layer(model, layer, here)
    _same(model, "final (lens = logits)", unembed(model, found[Site(None, "final")]), logits)


def _check_layer(model: LanguageModel, layer: int, here: dict[str, Tensor]) -> None:
    at = f"L{layer}"
    pre, attn_out, post = (here[f"{at}.{kind}"] for kind in ("resid_pre", "attn_out", "resid_post"))
    mid = here[f"{at}.resid_mid"]
    wide = pre.float() + attn_out.float()
    _same(model, f"{at}.attn_out + {at}.mlp_out", wide + here[f"{at}.mlp_out"].float(), post)
    _same(model, f"{at}.resid_mid", pre if model.parallel else wide, mid)
    following = f"L{layer + 1}.resid_pre" if layer + 1 < model.n_layers else "final"
    _same(model, f"{at}.resid_post", post, here[following])
    _same(model, f"{at}.z (pattern · v)", _mixed(here, at), here[f"{at}.z"])
    _same(model, f"{at}.mlp_post", _projected(model, layer, here), here[f"{at}.mlp_out"])


def _mixed(here: dict[str, Tensor], at: str) -> Tensor:
    """``pattern · v``, key/value heads repeated for the query heads that share them."""
    pattern, v = here[f"{at}.pattern"].float(), here[f"{at}.v"].float()
    v = v.repeat_interleave(pattern.shape[1] // v.shape[2], dim=2)
    return torch.einsum("bhds,bshe->bdhe", pattern, v)


def _projected(model: LanguageModel, layer: int, here: dict[str, Tensor]) -> Tensor:
    """What the MLP writes, made anew from its neurons (and the post-norm, where there is one)."""
    row, block = model.architecture, model.layers[layer]
    out = block.get_submodule(row.mlp_proj)(here[f"L{layer}.mlp_post"])
    return out if row.mlp_post_norm is None else block.get_submodule(row.mlp_post_norm)(out)


def _same(model: LanguageModel, site: str, ours: Tensor, theirs: Tensor) -> None:
    error = float("inf")
    if ours.shape == theirs.shape:
        # Token by token: one with massive activations would hide what is wrong at the others.
        # Moved before it is widened: MPS has no float64.
        ours, theirs = (part.cpu().double().flatten(2) for part in (ours, theirs))
        gap, size = (part.abs().amax(-1) for part in (ours - theirs, theirs))
        error = (gap / size.clamp(min=1e-6)).max().item()
    if not error <= _TOLERANCE.get(model.dtype, 1e-1):
        raise ValueError(
            f"self-check of {model.name} failed at {site}: relative error {error:.1e}. The row "
            f"{model.architecture.model_type!r} in core/architectures.py does not describe this "
            "model, or the model was modified (adapters, patched forwards)."
        )
