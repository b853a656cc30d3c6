"""Small random dictionaries in the layouts of other projects, for the tests of their loaders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

D, F, B = 6, 16, 5


def weights(
    seed: int = 0, d_in: int = D, d_out: int | None = None, features: int = F
) -> dict[str, Tensor]:
    """W_enc [d, F], W_dec [F, d_out], b_enc, b_dec, threshold > 0, and W_skip [d_out, d]."""
    g = torch.Generator().manual_seed(seed)
    d_out = d_out or d_in
    return {
        "W_enc": torch.randn(d_in, features, generator=g),
        "W_dec": torch.randn(features, d_out, generator=g),
        "b_enc": torch.randn(features, generator=g) * 0.3,
        "b_dec": torch.randn(d_out, generator=g) * 0.5,
        "threshold": torch.rand(features, generator=g) * 1.5,
        "W_skip": torch.randn(d_out, d_in, generator=g),
    }


def inputs(seed: int = 1, d: int = D) -> Tensor:
    """Activations [2, B, d], not centred."""
    return torch.randn(2, B, d, generator=torch.Generator().manual_seed(seed)) + 0.3


def sae_lens_config(architecture: str, **extra: Any) -> dict[str, Any]:
    """A `cfg.json` of SAELens 6."""
    about = {
        "sae_lens_version": "6.54.12",
        "sae_lens_training_version": "6.54.12",
        "model_name": "gpt2-small",
        "hook_name": "blocks.3.hook_resid_post",
        "hook_head_index": None,
        "context_size": 128,
        "prepend_bos": True,
    }
    about |= extra.pop("metadata", {})
    base = {
        "architecture": architecture,
        "d_in": D,
        "d_sae": F,
        "dtype": "float32",
        "device": "cpu",
        "apply_b_dec_to_input": True,
        "normalize_activations": "none",
        "reshape_activations": "none",
    }
    return base | extra | {"metadata": about}


def write_sae_lens(folder: Path, config: dict[str, Any], tensors: dict[str, Tensor]) -> Path:
    """A folder as SAELens writes it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cfg.json").write_text(json.dumps(config))
    save_file(
        {name: tensor.contiguous() for name, tensor in tensors.items()},
        folder / "sae_weights.safetensors",
    )
    return folder


def some(held: dict[str, Tensor], *names: str) -> dict[str, Tensor]:
    """Of some tensors those that are named."""
    return {name: held[name] for name in names}


STANDARD = ("W_enc", "b_enc", "W_dec", "b_dec")
