"""A row of the architecture table is a claim; this runs it against the model, once, at load.

Three identities on seven random tokens, one forward pass:

* ``resid_pre + attn_out + mlp_out = resid_post`` in every layer, and each layer starts where the one
  before ended;
* the lens of the last stream is the model's own logits;
* ``pattern · v = z`` for every head, which a wrong cut of a fused query-key-value output breaks.

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

# Relative to the largest value: rounding of the type, with room for a hundred layers of sums.
_TOLERANCE = {torch.float64: 1e-5, torch.float32: 1e-4, torch.float16: 3e-2, torch.bfloat16: 1e-1}
_KINDS = ("resid_pre", "attn_out", "mlp_out", "resid_post", "v", "pattern", "z")


@torch.no_grad()
def self_check(model: LanguageModel) -> None:
    """Check the model's row of the architecture table.

    Raises:
        ValueError: an identity fails; the message names the site and the error.
    """
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(model.d_vocab, (1, min(7, model.context)), generator=generator).to(
        model.device
    )
    with captured(model, [*(f"L*.{kind}" for kind in _KINDS), "final"]) as found:
        logits = model.logits(ids)
    if not torch.isfinite(logits).all():
        raise ValueError(
            f"{model.name} gives NaN or infinite logits on random tokens; its weights look broken."
        )
    here = {str(site): value.float() for site, value in found.items()}
    for layer in range(model.n_layers):
        at = f"L{layer}"
        _same(model, f"{at}.attn_out + {at}.mlp_out", _written(here, at), here[f"{at}.resid_post"])
        following = f"L{layer + 1}.resid_pre" if layer + 1 < model.n_layers else "final"
        _same(
            model,
            f"{at}.resid_post",
            here[f"{at}.resid_post"],
            here[following].to(here[f"{at}.resid_post"].device),
        )
        _same(model, f"{at}.z (pattern · v)", _mixed(here, at), here[f"{at}.z"])
    _same(model, "final (lens = logits)", unembed(model, found[Site(None, "final")]), logits)


def _written(here: dict[str, Tensor], at: str) -> Tensor:
    return here[f"{at}.resid_pre"] + here[f"{at}.attn_out"] + here[f"{at}.mlp_out"]


def _mixed(here: dict[str, Tensor], at: str) -> Tensor:
    """``pattern · v``, key/value heads repeated for the query heads that share them."""
    pattern, v = here[f"{at}.pattern"], here[f"{at}.v"]
    v = v.repeat_interleave(pattern.shape[1] // v.shape[2], dim=2)
    return torch.einsum("bhds,bshe->bdhe", pattern, v)


def _same(model: LanguageModel, site: str, ours: Tensor, theirs: Tensor) -> None:
    ours, theirs = ours.float().cpu(), theirs.float().cpu()
    error = ((ours - theirs).abs().max() / theirs.abs().max().clamp(min=1e-6)).item()
    if error > _TOLERANCE[model.dtype]:
        raise ValueError(
            f"self-check of {model.name} failed at {site}: relative error {error:.1e}. The row {model.architecture.model_type!r} "
            "in core/architectures.py does not describe this model, or the model was modified (adapters, patched forwards)."
        )
