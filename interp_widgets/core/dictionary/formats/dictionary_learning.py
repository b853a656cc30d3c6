"""dictionary_learning: ``ae.pt`` beside ``config.json``, of every class that it trains.

The ``.pt`` holds tensors alone and is read as such. BatchTopK and Matryoshka dictionaries come as
the JumpReLU ones that they are at inference, all latents with the threshold found in training.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import torch

from interp_widgets.core.dictionary.formats import files
from interp_widgets.core.dictionary.formats.gated import gated_parts
from interp_widgets.core.dictionary.formats.request import Request
from interp_widgets.core.dictionary.sae import SAE

WEIGHTS, CONFIG = "ae.pt", "config.json"
# class -> (variant here, names by which a file without configuration is known)
_CLASSES = {
    "GatedAutoEncoder": ("gated", {"r_mag"}),
    "MatryoshkaBatchTopKSAE": ("matryoshka", {"group_sizes"}),
    "AutoEncoder": ("relu", {"encoder.weight", "bias"}),
    "AutoEncoderNew": ("relu", {"encoder.weight", "decoder.bias"}),
    "JumpReluAutoEncoder": ("jumprelu", {"W_enc", "threshold"}),
    "AutoEncoderTopK": ("topk", set[str]()),
    "BatchTopKSAE": ("batchtopk", set[str]()),
}
_SITES = {"resid": "resid_post", "resid_post": "resid_post", "mlp": "mlp_out", "attn": "attn_out"}


def fits(names: Collection[str]) -> bool:
    """Whether a folder with these files is of this layout."""
    return WEIGHTS in names


def needs(names: Collection[str], layer: int | None = None) -> list[str]:
    """Which of a folder's files are read."""
    return [name for name in (CONFIG, WEIGHTS) if name in names]


def load(request: Request) -> SAE:
    """Read a dictionary that dictionary_learning wrote.

    Raises:
        ValueError: an unknown class, more than tensors in the file, or files that do not fit.
    """
    path = request.folder / CONFIG
    config = files.read_json(path) if path.is_file() else {}
    trainer = config.get("trainer", {})
    trainer = trainer if isinstance(trainer, dict) else {}
    tensors = files.read_torch(
        request.folder / WEIGHTS,
        d_in=_size(trainer, "activation_dim", path),
        feature=_size(trainer, "dict_size", path),
    )
    kind = _class_of(trainer, tensors)
    parts = _weights(tensors, kind) | _activation(tensors, kind, trainer, request)
    tensors.done("k", "threshold", "group_sizes")
    sae = SAE(
        **parts,
        center=kind not in ("AutoEncoderNew", "JumpReluAutoEncoder"),
        variant=_CLASSES[kind][0],
        dtype=request.dtype_of(parts["W_dec"]),
        site=_site(trainer),
        model=trainer["lm_name"] if isinstance(trainer.get("lm_name"), str) else "",
        metadata=_about(config, trainer, kind)
        | request.about("dictionary_learning", tensors.path, parts["W_dec"]),
    )
    lengths = sae.W_dec.norm(dim=-1)
    # This class is loaded with directions of length 1 there, whatever the file holds.
    if kind == "AutoEncoder" and not torch.allclose(lengths, torch.ones_like(lengths)):
        return sae.fold_decoder_norm()
    return sae


def _size(trainer: Mapping[str, Any], name: str, path: Path) -> int | None:
    return None if trainer.get(name) is None else files.whole_number(trainer, name, path)


def _class_of(trainer: Mapping[str, Any], tensors: files.Tensors) -> str:
    named = trainer.get("dict_class")
    if named is not None:
        if not isinstance(named, str) or named not in _CLASSES:
            raise ValueError(
                f"{tensors.path}: dict_class {named!r:.60}; known are {', '.join(_CLASSES)}."
            )
        return named
    for kind, (_, names) in _CLASSES.items():
        if names and names <= tensors.held.keys():
            return kind
    raise ValueError(
        f"{tensors.path}: nothing says which class it is of. Put the {CONFIG} of its training "
        "beside it, whose trainer has a dict_class."
    )


def _weights(tensors: files.Tensors, kind: str) -> dict[str, Any]:
    """Both matrices and the biases; some classes keep transposed matrices in linear modules."""
    if kind in ("MatryoshkaBatchTopKSAE", "JumpReluAutoEncoder"):
        return {
            "W_enc": tensors.need("W_enc", "d_in", "feature"),
            "W_dec": tensors.need("W_dec", "feature", "d_in"),
            "b_enc": tensors.need("b_enc", "feature"),
            "b_dec": tensors.need("b_dec", "d_in"),
        }
    bias = {
        "AutoEncoder": "bias",
        "AutoEncoderNew": "decoder.bias",
        "GatedAutoEncoder": "decoder_bias",
    }
    parts = {
        "W_enc": tensors.need("encoder.weight", "feature", "d_in").T,
        "W_dec": tensors.need("decoder.weight", "d_in", "feature").T,
        "b_dec": tensors.need(bias.get(kind, "b_dec"), "d_in"),
    }
    if kind != "GatedAutoEncoder":
        return parts | {"b_enc": tensors.need("encoder.bias", "feature")}
    gate, magnitude, r = (
        tensors.need(name, "feature") for name in ("gate_bias", "mag_bias", "r_mag")
    )
    return gated_parts(parts, gate, magnitude, r)


def _activation(
    tensors: files.Tensors, kind: str, trainer: Mapping[str, Any], request: Request
) -> dict[str, Any]:
    if kind == "JumpReluAutoEncoder":
        # Rectified after the comparison there: below 0 a threshold does what 0 does.
        threshold = tensors.need("threshold", "feature").clamp(min=0)
        return {"activation": "jumprelu", "threshold": threshold}
    if kind in ("BatchTopKSAE", "MatryoshkaBatchTopKSAE"):
        return {"activation": "jumprelu", "threshold": tensors.need("threshold").clamp(min=0)}
    if kind == "AutoEncoderTopK":
        k = tensors.held.get("k", trainer.get("k"))
        return {"activation": "topk", "k": request.k_of(k, tensors.path)}
    return {}


def _site(trainer: Mapping[str, Any]) -> str:
    """The place that ``submodule_name`` names: ``resid_post_layer_8``, ``mlp3``."""
    named, layer = trainer.get("submodule_name"), trainer.get("layer")
    match = re.match(r"(resid_post|resid|mlp|attn)(?:_?out)?(?:_?layer)?_?\d*$", str(named or ""))
    if match is None or isinstance(layer, bool) or not isinstance(layer, int):
        return ""
    return f"L{layer}.{_SITES[match[1]]}"


def _about(config: Mapping[str, Any], trainer: Mapping[str, Any], kind: str) -> dict[str, Any]:
    buffer = config.get("buffer")
    about = {"dict_class": kind, "submodule_name": trainer.get("submodule_name")}
    if isinstance(buffer, dict) and "ctx_len" in buffer:
        about["context_size"] = buffer["ctx_len"]
    k = trainer.get("k")
    if kind != "AutoEncoderTopK" and isinstance(k, int):
        about["advertised_l0"] = k
    return about
