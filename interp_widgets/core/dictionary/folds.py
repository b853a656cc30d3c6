"""The same dictionary in other weights: what surrounds the two matrices, moved into them.

Every fold leaves reconstructions as they were. Where one would let other latents fire, it refuses.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from interp_widgets.core.dictionary.encode import CHOOSING
from interp_widgets.core.dictionary.normalization import Normalization

if TYPE_CHECKING:
    from interp_widgets.core.dictionary.sae import SAE


def decoder_norm(sae: SAE) -> SAE:
    """Directions of length 1; encoder, biases and thresholds grow by what the directions lose.

    A latent's codes are multiplied by the length that its direction had. A direction of length 0
    stays what it is, and its latent falls silent.

    Raises:
        ValueError: the latents that fire are the k largest pre-activations as they are, and
            lengths differ: after the fold others would be the largest.
    """
    lengths = sae.W_dec.norm(dim=-1)
    compared = sae.activation in CHOOSING and not sae.decoder_weighted
    if compared and not torch.allclose(lengths, lengths[:1].expand_as(lengths), rtol=1e-4):
        raise ValueError(
            f"this {sae.activation} dictionary picks the largest pre-activations, and its "
            f"directions have lengths {lengths.min():.3g} to {lengths.max():.3g}: with the "
            "lengths folded in, other latents would fire. Keep it as it is."
        )
    divisor = torch.where(lengths > 0, lengths, 1.0)
    return replace(
        sae,
        W_enc=sae.W_enc * lengths,
        b_enc=sae.b_enc * lengths,
        W_dec=sae.W_dec / divisor[:, None],
        threshold=_times(sae.threshold, lengths),
        decoder_weighted=False,
    )


def normalization(sae: SAE, keep: str = "codes") -> SAE:
    """The normalisation in the weights, and none before and after them.

    Args:
        sae: the dictionary.
        keep: ``"codes"``: codes stay the same numbers, and directions change. ``"decoder"``:
            directions stay the same, and codes are in units of the activations (for modes with
            one scale).

    Raises:
        ValueError: each token is normalised by numbers of its own; whitening with
            ``keep="decoder"``, or where lengths of directions decide which latents fire.
    """
    into, out = sae.normalization, sae.normalization_out or sae.normalization
    _check_foldable(sae, into, out, keep)
    moved = into.mean is not None or out.mean is not None
    if sae.center and (moved or into.factor != out.factor):
        sae = center(sae)  # the input is no longer in the units of b_dec
    W_enc, b_enc, W_dec, b_dec, W_skip = sae.W_enc, sae.b_enc, sae.W_dec, sae.b_dec, sae.W_skip
    unit = out.factor if keep == "decoder" else 1.0
    if into.matrix is not None:
        W_enc = into.matrix @ W_enc
        W_skip = None if W_skip is None else into.matrix @ W_skip
    else:
        W_enc, W_skip = W_enc * (into.factor / unit), _times(W_skip, into.factor)
    b_enc = b_enc / unit
    if into.mean is not None:
        b_enc = b_enc - into.mean @ W_enc
        b_dec = b_dec if W_skip is None else b_dec - into.mean @ W_skip
    if out.matrix is not None:
        W_dec, b_dec = W_dec @ out.inverse, b_dec @ out.inverse
        W_skip = None if W_skip is None else W_skip @ out.inverse
    else:
        W_dec, b_dec = W_dec / (out.factor / unit), b_dec / out.factor
        W_skip = _times(W_skip, 1 / out.factor)
    b_dec = b_dec if out.mean is None else b_dec + out.mean
    return replace(
        sae,
        W_enc=W_enc,
        b_enc=b_enc,
        W_dec=W_dec,
        b_dec=b_dec,
        W_skip=W_skip,
        threshold=_times(sae.threshold, 1 / unit),
        normalization=Normalization(),
        normalization_out=None,
    )


def center(sae: SAE) -> SAE:
    """``b_dec`` in the encoder's bias and no longer subtracted from the input; codes stay."""
    if not sae.center:
        return sae
    return replace(sae, b_enc=sae.b_enc - sae.b_dec @ sae.W_enc, center=False)


def _check_foldable(sae: SAE, into: Normalization, out: Normalization, keep: str) -> None:
    if keep not in ("codes", "decoder"):
        raise ValueError(f'keep is "codes" or "decoder"; got {keep!r}.')
    for way in (into, out):
        if way.per_token:
            raise ValueError(
                f"{way.mode} has a scale for each token, which no weights hold. Keep it unfolded."
            )
        if way.mode == "whitening" and keep == "decoder":
            raise ValueError('whitening turns the directions themselves: use keep="codes".')
        if way.mode == "whitening" and sae.decoder_weighted:
            raise ValueError(
                "whitening changes the lengths of directions, which decide here which latents "
                "fire. Fold those first: sae.fold_decoder_norm().fold_normalization()."
            )


def _times(tensor: Tensor | float | None, factor: Tensor | float) -> Tensor | None:
    return None if tensor is None else torch.as_tensor(tensor) * factor
