"""`activation_source`: tensors, shards on disk, or a model that reads texts, as training data."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from interp_widgets.core.dictionary.activation_blocks import ActivationSource, TensorSource
from interp_widgets.core.seeds import check_seed

BUFFER = 65_536  # rows that a stream is shuffled in
_SAMPLED = 64  # rows that tell a tensor from others
_CHECKED = 1 << 26  # numbers looked at a time


def activation_source(
    data: Any,
    site: str | None = None,
    texts: Any = None,
    target: Any = None,
    seed: int = 0,
) -> ActivationSource:
    """Open what a dictionary is to be trained on.

    Args:
        data: activations ``[token, d]``, or two of them, what is encoded and what it is to predict.
        site: a place.
        texts: what a model is to read.
        target: what is to be predicted, where that is not ``data`` itself: activations of the same
            tokens ``[token, d_out]``.
        seed: of the order.

    Raises:
        TypeError: something else.
        ValueError: activations that nothing can be learned from.
    """
    check_seed(seed)
    if isinstance(data, tuple) and len(data) == 2 and target is None:
        data, target = data
    if not isinstance(data, Tensor):
        raise TypeError(f"activations are a tensor [token, d]; got {type(data).__name__}.")
    return _of_tensors(data, target, site, texts, seed)


def _of_tensors(x: Tensor, y: Any, site: str | None, texts: Any, seed: int) -> TensorSource:
    if texts is not None:
        raise ValueError("texts are for a model to read; activations were given. Leave texts out.")
    about = {"activations": _checked(x, "activations"), "site": site or ""}
    if y is not None:
        if not isinstance(y, Tensor):
            raise TypeError(
                f"the targets of given activations are a tensor too; got {type(y).__name__}."
            )
        about["targets"] = _checked(y, "targets")
        if len(y) != len(x) or y.device != x.device:
            raise ValueError(
                f"targets are of the same tokens: {len(x)} rows on {x.device}; got {len(y)} on "
                f"{y.device}."
            )
    return TensorSource(x.detach(), None if y is None else y.detach(), seed, about)


def _checked(x: Tensor, name: str) -> str:
    """What tells these activations from others; refuses what nothing can be learned from."""
    if not x.is_floating_point():
        raise TypeError(f"{name} are real numbers; got a tensor of {x.dtype}.")
    if x.ndim != 2 or 0 in x.shape:
        raise ValueError(
            f"{name} are rows, [token, d]; got {list(x.shape)}. Several texts are laid one after "
            "the other: x.flatten(0, -2)."
        )
    wrong = 0
    for part in x.split(max(1, _CHECKED // x.shape[1])):
        wrong += int((~part.isfinite()).any(1).sum())
    if wrong:
        raise ValueError(
            f"{wrong} of {len(x)} rows of {name} hold NaN or infinity. Leave them out: "
            "x[x.isfinite().all(1)]; if a model made them, run it in float32 or bfloat16."
        )
    some = x.detach()[:: max(1, len(x) // _SAMPLED)].double().cpu()
    return f"{list(x.shape)} {sha256(some.numpy().tobytes()).hexdigest()[:16]}"
