"""Gemma Scope (Lieberum et al., 2024): one ``params.npz``; names of folders say the rest.

All are JumpReLU and read activations as they are. Layer, width and place stand in the names of
folders and of the repository: ``google/gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71``.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from interp_widgets.core.dictionary.formats import files
from interp_widgets.core.dictionary.formats.request import Request
from interp_widgets.core.dictionary.formats.site_names import site_of_hook
from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.tensor_files import write_whole

WEIGHTS = "params.npz"
_REPO = re.compile(r"gemma-scope-(?P<size>\d+b)-(?P<tuned>pt|it)-(?P<place>[a-z]+)")
_HOOKS = {
    "res": ("hook_resid_post", ""),
    "mlp": ("hook_mlp_out", ""),
    "att": ("attn.hook_z", ""),
    # The input after the norm, before the norm's weight.
    "transcoders": ("ln2.hook_normalized", "hook_mlp_out"),
}


def fits(names: Collection[str]) -> bool:
    """Whether a folder with these files is of this layout."""
    return WEIGHTS in names


def needs(names: Collection[str], layer: int | None = None) -> list[str]:
    """Which of a folder's files are read."""
    return [WEIGHTS]


def load(request: Request) -> SAE:
    """Read a dictionary of Gemma Scope.

    The site of its transcoders stays open: what they read, the norm's output before the norm's
    weight, has no name here.

    Raises:
        ValueError: a file that is cut off or does not fit.
    """
    path = request.folder / WEIGHTS
    tensors = files.read_npz(path)
    tensors.held = {_upper(name): tensor for name, tensor in tensors.held.items()}
    parts: dict[str, Any] = {
        "W_enc": tensors.need("W_enc", "d_in", "feature"),
        "W_dec": tensors.need("W_dec", "feature", "d_out"),
        "b_enc": tensors.need("b_enc", "feature"),
        "b_dec": tensors.need("b_dec", "d_out"),
    }
    threshold = tensors.need("threshold", "feature").clamp(min=0)
    factor = tensors.maybe("scaling_factor", "feature")  # of ones, in some files
    if factor is not None and not torch.equal(factor, torch.ones_like(factor)):
        raise ValueError(
            f"{path} holds a factor on each code, which no reader of this layout applies. Multiply "
            "the rows of W_dec by it and save it without."
        )
    tensors.done()
    stored = parts["W_enc"]
    scale = _embedding_scale(request.origin, parts["W_enc"])
    parts |= {"W_enc": parts["W_enc"] / scale, "W_dec": parts["W_dec"] * scale}
    hook, hook_out, model, about = _named(request.origin)
    return SAE(
        **parts,
        activation="jumprelu",
        threshold=threshold,
        center=False,
        variant="jumprelu",
        dtype=request.dtype_of(parts["W_enc"]),
        site=site_of_hook(hook),
        site_out=site_of_hook(hook_out),
        model=model,
        metadata=about | request.about("gemma_scope", path, stored),
    )


def save(sae: SAE, folder: Path) -> None:
    """Write ``params.npz``.

    Raises:
        ValueError: what is no JumpReLU or ReLU dictionary, or has a skip connection.
        OSError: it cannot be written; what stood there before is unchanged.
    """
    import numpy as np

    sae = plain_jumprelu(sae, "gemma_scope")
    if sae.W_skip is not None:
        raise ValueError("gemma_scope has no skip connections; save it as 'gemma_scope_2'.")
    scale = _embedding_scale(str(folder.resolve()), sae.W_enc)
    tensors = {
        "W_dec": sae.W_dec / scale,
        "W_enc": sae.W_enc * scale,
        "b_dec": sae.b_dec,
        "b_enc": sae.b_enc,
        "threshold": sae.threshold,
    }
    arrays: dict[str, Any] = {
        name: torch.as_tensor(tensor).cpu().to(_in_numpy(sae.dtype)).numpy()
        for name, tensor in tensors.items()
    }

    def write(unfinished: Path) -> None:
        with unfinished.open("wb") as file:  # by its path, numpy would add an ending
            np.savez(file, **arrays)

    write_whole(folder / WEIGHTS, write)


def plain_jumprelu(sae: SAE, format: str) -> SAE:
    """The same with thresholds, uncentred and without a normalisation, as Gemma Scope has them.

    Raises:
        ValueError: another activation, or a normalisation with a scale for each token.
    """
    if sae.activation not in ("relu", "jumprelu"):
        raise ValueError(
            f"{format} holds JumpReLU dictionaries; this one is {sae.activation}, whose latents "
            "fire by comparison. Save it as 'sae_lens' or 'sparsify'."
        )
    sae = sae.fold_normalization().fold_center()
    if sae.activation == "relu":
        sae = replace(sae, activation="jumprelu", threshold=torch.zeros_like(sae.b_enc))
    return sae


def _upper(name: str) -> str:
    return f"W{name[1:]}" if name.startswith("w_") else name


def _in_numpy(dtype: torch.dtype) -> torch.dtype:
    return torch.float32 if dtype == torch.bfloat16 else dtype  # which numpy does not have


def _embedding_scale(origin: str, W_enc: Tensor) -> float:
    """Dictionaries of the embedding were trained on it without Gemma's factor of √d."""
    return W_enc.shape[0] ** 0.5 if "embedding" in Path(origin).parts else 1.0


def _named(origin: str) -> tuple[str | None, str | None, str, dict[str, Any]]:
    """Hooks, model and more, from names of folders; what they do not say stays open."""
    layer, repo = re.search(r"layer_(\d+)", origin), _REPO.search(origin)
    l0 = re.search(r"average_l0_(\d+)", origin)
    about: dict[str, Any] = {"advertised_l0": int(l0[1])} if l0 else {}
    hook = hook_out = None
    if layer and repo and repo["place"] in _HOOKS:
        read, written = _HOOKS[repo["place"]]
        hook = f"blocks.{layer[1]}.{read}"
        hook_out = f"blocks.{layer[1]}.{written}" if written else None
    elif repo and "embedding" in Path(origin).parts:
        hook = "hook_embed"
    about |= {
        name: value for name, value in (("hook_name", hook), ("hook_name_out", hook_out)) if value
    }
    return hook, hook_out, _model(repo), about


def _model(repo: re.Match[str] | None) -> str:
    if repo is None:
        return ""
    return f"google/gemma-2-{repo['size']}" + ("-it" if repo["tuned"] == "it" else "")
