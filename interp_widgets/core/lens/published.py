"""Lenses that others published, in their own layout.

* A Jacobian lens: ``{name}_jacobian_lens.pt``, a dict with ``J`` (layer -> ``[d_model, d_model]``
  from the stream after that layer to the last), ``n_prompts``, ``source_layers``, ``d_model``.
* A tuned lens: a folder with ``config.json`` and ``params.pt``, ``{row}.weight`` and ``{row}.bias``
  of the tuned-lens package (Belrose et al., 2023), row 0 the input of the first layer.

Both are pickles, which torch reads with ``weights_only=True``: tensors and plain values, no code.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, serialization

from interp_widgets.core.lens.lens import Lens


def read_foreign(path: Path) -> Lens:
    """Read a published lens.

    Raises:
        ValueError: neither of the two layouts, or a damaged file.
    """
    try:
        if path.is_dir():
            return _tuned(path)
        return _jacobian(_unpickled(path))
    except Exception as broken:  # a strange file fails in as many ways as there are files
        raise ValueError(
            f"{path} holds no lens: {broken}. Wanted are a .safetensors file of this package, a "
            "published *_jacobian_lens.pt, or a tuned-lens folder with config.json and params.pt."
        ) from broken


def _unpickled(path: Path) -> dict[str, Any]:
    try:
        found = serialization.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception:  # its message advises to read the file unsafely
        raise ValueError(f"{path.name} is no file of tensors and plain values") from None
    if not isinstance(found, dict):
        raise ValueError(f"it holds a {type(found).__name__}, not a dict")
    return found


def _jacobian(found: dict[str, Any]) -> Lens:
    maps = {int(layer) + 1: matrix for layer, matrix in found["J"].items()}
    settings = {"texts": int(found["n_prompts"])} if "n_prompts" in found else {}
    return _lens("jacobian", maps, {}, "", "", settings)


def _tuned(folder: Path) -> Lens:
    config = json.loads((folder / "config.json").read_text())
    params = _unpickled(folder / "params.pt")
    ends = {int(name.split(".")[0]): name for name in params if name.endswith("weight")}
    maps = {row: params[name] for row, name in ends.items()}
    biases = {row: params[f"{row}.bias"] for row in maps if f"{row}.bias" in params}
    name = str(config.get("base_model_name_or_path") or "")
    return _lens("tuned", maps, biases, name, str(config.get("base_model_revision") or ""), {})


def _lens(
    kind: str,
    maps: dict[int, Tensor],
    biases: dict[int, Tensor],
    model: str,
    revision: str,
    settings: dict[str, Any],
) -> Lens:
    rows = tuple(sorted(maps))
    weight = torch.stack([maps[row].float() for row in rows])
    if weight.ndim != 3 or weight.shape[1] != weight.shape[2]:
        raise ValueError(f"its maps have shape {list(weight.shape[1:])}, which is no square")
    bias = torch.stack([biases.get(row, weight.new_zeros(weight.shape[1])).float() for row in rows])
    return Lens(
        kind=kind,
        model=model,
        revision=revision,
        rows=rows,
        weight=weight,
        bias=bias,
        unembedding=torch.empty(0),
        history=torch.empty(0, len(rows)),
        settings=settings,
    )
