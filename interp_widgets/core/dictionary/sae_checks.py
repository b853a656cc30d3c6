"""What a dictionary refuses: parts that do not belong together, input that is not for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from interp_widgets.core.dictionary.encode import ACTIVATIONS, CHOOSING

if TYPE_CHECKING:
    from interp_widgets.core.dictionary.sae import SAE


def check_rows(x: Any, width: int, device: torch.device, name: str, unit: str) -> None:
    """Refuse what is no float tensor ``[..., width]`` on this device.

    Raises:
        TypeError: no tensor, or one of whole numbers.
        ValueError: another width or another device.
    """
    if not isinstance(x, Tensor):
        raise TypeError(f"{name} are a tensor [..., {width}]; got {type(x).__name__}.")
    if not x.is_floating_point():
        raise TypeError(
            f"{name} are real numbers; got a tensor of {x.dtype}. Token ids have to go through "
            "the model first: iw.cache(model, prompt, [sae.site])."
        )
    if x.ndim == 0 or x.shape[-1] != width:
        raise ValueError(
            f"this dictionary takes {name} of {width} {unit}, [..., {width}]; got "
            f"{list(x.shape)}. Is it of this model and this place?"
        )
    if x.device != device:
        raise ValueError(
            f"{name} are on {x.device}, the dictionary is on {device}. "
            "Move one of them: sae.to(x.device), or x.to(sae.device)."
        )


def check_parts(sae: SAE) -> None:
    """Refuse parts that make no dictionary.

    Raises:
        TypeError: a part is no tensor.
        ValueError: shapes that do not meet, an unknown activation, or an activation without its
            k or threshold, or with one out of range.
    """
    _check_shapes(sae)
    for name in ("activation", "variant", "site", "site_out", "model", "revision"):
        if not isinstance(getattr(sae, name), str):
            raise TypeError(f"{name} is text; got {getattr(sae, name)!r:.40}.")
    if sae.activation not in ACTIVATIONS:
        raise ValueError(
            f"an activation is one of {', '.join(ACTIVATIONS)}; got {sae.activation!r}."
        )
    if (sae.threshold is not None) != (sae.activation == "jumprelu"):
        raise ValueError(
            f"jumprelu takes a threshold, no other activation does; got {sae.activation} with "
            f"{'one' if sae.threshold is not None else 'none'}."
        )
    if sae.threshold is not None and not bool((torch.as_tensor(sae.threshold) >= 0).all()):
        raise ValueError(
            "a threshold is a number, 0 or larger: below 0, negative pre-activations would fire. "
            "If what it comes from rectifies them first, pass threshold.clamp(min=0)."
        )
    if (sae.k is not None) != (sae.activation in CHOOSING):
        raise ValueError(f"{' and '.join(CHOOSING)} take k; got {sae.activation} with k={sae.k}.")
    if sae.k is not None:
        _check_k(sae)
    if sae.decoder_weighted and sae.activation not in CHOOSING:
        raise ValueError(f"decoder_weighted is how k are chosen; {sae.activation} chooses none.")


def _check_k(sae: SAE) -> None:
    k, width = sae.k, sae.W_enc.shape[1]
    if isinstance(k, bool) or not isinstance(k, int):
        raise TypeError(f"k is a whole number; got {k!r:.40}.")
    if not 1 <= k <= width:
        raise ValueError(f"k is 1 to d_sae = {width}; got {k}.")
    if sae.activation == "groupmax" and width % k:
        raise ValueError(f"groupmax divides {width} latents into k equal groups; got k={k}.")


def _check_shapes(sae: SAE) -> None:
    for name in ("W_enc", "b_enc", "W_dec", "b_dec"):
        part = getattr(sae, name)
        if not isinstance(part, Tensor):
            raise TypeError(f"{name} is a tensor; got {type(part).__name__}.")
    if sae.W_enc.ndim != 2 or sae.W_dec.ndim != 2 or 0 in sae.W_enc.shape + sae.W_dec.shape:
        raise ValueError(
            f"W_enc is [d_in, feature] and W_dec [feature, d_out]; got {list(sae.W_enc.shape)} "
            f"and {list(sae.W_dec.shape)}."
        )
    (d_in, width), d_out = sae.W_enc.shape, sae.W_dec.shape[1]
    wanted = {"b_enc": [width], "W_dec": [width, d_out], "b_dec": [d_out]}
    if sae.W_skip is not None:
        wanted["W_skip"] = [d_in, d_out]
    if isinstance(sae.threshold, Tensor) and sae.threshold.ndim:
        wanted["threshold"] = [width]
    for name, shape in wanted.items():
        found = list(getattr(sae, name).shape)
        if found != shape:
            raise ValueError(
                f"with W_enc [d_in, feature] = {[d_in, width]}, {name} is {shape}; got {found}. "
                "Directions are rows of W_dec here: transpose what keeps them as columns."
            )
    if sae.center and d_in != d_out:
        raise ValueError(
            f"b_dec has {d_out} numbers and cannot be subtracted from an input of {d_in}: a "
            "transcoder has center=False."
        )
