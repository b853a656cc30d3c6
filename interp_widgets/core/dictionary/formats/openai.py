"""OpenAI's dictionaries of GPT-2 (Gao et al., 2024): ``<layer>.pt`` in a folder of its place."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from interp_widgets.core.dictionary.formats import files
from interp_widgets.core.dictionary.formats.request import Request
from interp_widgets.core.dictionary.normalization import Normalization
from interp_widgets.core.dictionary.sae import SAE

_FILE = re.compile(r"(\d+)\.pt")
_PLACES = {
    "resid_delta_attn": "attn_out",
    "resid_post_attn": "resid_mid",
    "resid_delta_mlp": "mlp_out",
    "resid_post_mlp": "resid_post",
}


def fits(names: Collection[str]) -> bool:
    """Whether a folder with these files is of this layout."""
    return any(_FILE.fullmatch(name) for name in names)


def needs(names: Collection[str], layer: int | None = None) -> list[str]:
    """Which of a folder's files are read."""
    there = [name for name in names if _FILE.fullmatch(name)]
    return there if layer is None else [f"{layer}.pt"]


def load(request: Request) -> SAE:
    """Read a dictionary of OpenAI.

    Raises:
        ValueError: several layers and none named, an unknown activation, more than tensors and
            words in the file, or tensors that do not fit.
    """
    path = request.one_of(_FILE, "{}.pt")
    tensors = files.read_torch(path)
    activation = tensors.held.pop("activation", "ReLU")
    state = tensors.held.pop("activation_state_dict", {})
    parts: dict[str, Any] = {
        "W_enc": tensors.need("encoder.weight", "feature", "d_in").T,
        "W_dec": tensors.need("decoder.weight", "d_in", "feature").T,
        "b_enc": tensors.need("latent_bias", "feature"),
        "b_dec": tensors.need("pre_bias", "d_in"),
    }
    tensors.done("stats_last_nonzero")
    if activation == "TopK":
        parts |= {"activation": "topk", "k": request.k_of(_k_in(state, path), path)}
        parts["normalization"] = Normalization("layer_norm")  # goes with TopK in that code
    elif activation != "ReLU":
        raise ValueError(f"{path}: activation {activation!r:.40}; known are 'ReLU' and 'TopK'.")
    kind = next((_PLACES[name] for name in _PLACES if name in request.origin), "")
    return SAE(
        **parts,
        variant=activation.lower(),
        dtype=request.dtype_of(parts["W_enc"]),
        site=f"L{path.stem}.{kind}" if kind else "",
        model="gpt2",
        metadata=request.about("openai", path, parts["W_enc"]),
    )


def _k_in(state: Any, path: Path) -> Any:
    if not isinstance(state, dict) or state.get("postact_fn", "ReLU") != "ReLU":
        raise ValueError(f"{path}: activation_state_dict is {state!r:.60}, wanted k and ReLU.")
    return state.get("k")
