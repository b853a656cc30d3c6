"""Qwen Scope: ``layer<n>.sae.pt`` in a repository whose name says width and k."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from interp_widgets.core.dictionary.formats import files
from interp_widgets.core.dictionary.formats.request import Request
from interp_widgets.core.dictionary.sae import SAE

_FILE = re.compile(r"layer(\d+)\.sae\.pt")
_REPO = re.compile(r"SAE-Res-(?P<model>.+?)-W\d+K-L0_(?P<k>\d+)")


def fits(names: Collection[str]) -> bool:
    """Whether a folder with these files is of this layout."""
    return any(_FILE.fullmatch(name) for name in names)


def needs(names: Collection[str], layer: int | None = None) -> list[str]:
    """Which of a folder's files are read."""
    there = [name for name in names if _FILE.fullmatch(name)]
    return there if layer is None else [f"layer{layer}.sae.pt"]


def load(request: Request) -> SAE:
    """Read a dictionary of Qwen Scope.

    Raises:
        ValueError: several layers and none named, nothing that says k, more than tensors in the
            file, or tensors that do not fit.
    """
    path = request.one_of(_FILE, "layer{}.sae.pt")
    named = _REPO.search(request.origin)
    tensors = files.read_torch(path)
    parts: dict[str, Any] = {
        "W_enc": tensors.need("W_enc", "feature", "d_in").T,
        "W_dec": tensors.need("W_dec", "d_in", "feature").T,
        "b_enc": tensors.need("b_enc", "feature"),
        "b_dec": tensors.need("b_dec", "d_in"),
    }
    tensors.done()
    match = _FILE.fullmatch(path.name)
    return SAE(
        **parts,
        activation="topk",
        k=request.k_of(int(named["k"]) if named else None, path),
        center=False,
        variant="topk",
        dtype=request.dtype_of(parts["W_enc"]),
        site=f"L{match[1]}.resid_post" if match else "",
        model=f"Qwen/{named['model']}" if named else "",
        metadata=request.about("qwen_scope", path, parts["W_enc"]),
    )
