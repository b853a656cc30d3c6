"""Gemma Scope 2 (Gemma 3): ``config.json`` beside ``params.safetensors``; some skip linearly."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from torch import Tensor

from interp_widgets.core.dictionary.formats import files, saving
from interp_widgets.core.dictionary.formats.circuit_tracer import CROSS_LAYER
from interp_widgets.core.dictionary.formats.gemma_scope import plain_jumprelu
from interp_widgets.core.dictionary.formats.request import Request
from interp_widgets.core.dictionary.formats.site_names import site_of_module
from interp_widgets.core.dictionary.sae import SAE

WEIGHTS, CONFIG = "params.safetensors", "config.json"
CROSS = re.compile(r"params_layer_(\d+)\.safetensors")  # a layer of a cross-layer transcoder
_OF_SITES = {
    "resid_post": "output",
    "mlp_in": "pre_feedforward_layernorm.output",
    "mlp_out": "post_feedforward_layernorm.output",
    "z": "self_attn.o_proj.input",
}


def fits(names: Collection[str]) -> bool:
    """Whether a folder with these files is of this layout."""
    return WEIGHTS in names or any(CROSS.fullmatch(name) for name in names)


def needs(names: Collection[str], layer: int | None = None) -> list[str]:
    """Which of a folder's files are read.

    Raises:
        ValueError: those of a cross-layer transcoder.
    """
    if WEIGHTS not in names and any(CROSS.fullmatch(name) for name in names):
        raise ValueError(f"these files ({files.listed(names)}) are {CROSS_LAYER}")
    return [name for name in (CONFIG, WEIGHTS) if name in names]


def load(request: Request) -> SAE:
    """Read a dictionary of Gemma Scope 2.

    Raises:
        ValueError: a cross-layer dictionary, or files that are cut off or do not fit.
    """
    weights = request.folder / WEIGHTS
    path = saving.config_beside(weights, request.folder / CONFIG)
    config = files.read_json(path) if path.is_file() else {}
    if config.get("architecture", "jump_relu") != "jump_relu":
        raise ValueError(
            f"{path}: architecture {config['architecture']!r:.60}; wanted 'jump_relu'."
        )
    tensors = files.read_safetensors(weights)
    _refuse_several_layers(tensors)
    skip = tensors.maybe("affine_skip_connection", "d_in", "d_out")
    parts: dict[str, Any] = {
        "W_enc": tensors.need("w_enc", "d_in", "feature"),
        "W_dec": tensors.need("w_dec", "feature", "d_out"),
        "b_enc": tensors.need("b_enc", "feature"),
        "b_dec": tensors.need("b_dec", "d_out"),
        "threshold": tensors.need("threshold", "feature").clamp(min=0),
    }
    tensors.done()
    known = {name: value for name, value in config.items() if name.startswith("hf_hook")}
    l0 = config.get("l0")
    about = known | ({"advertised_l0": l0} if isinstance(l0, int | float) else {})
    return SAE(
        **parts,
        W_skip=skip,
        activation="jumprelu",
        center=False,
        variant="jumprelu",
        dtype=request.dtype_of(parts["W_enc"]),
        site=site_of_point(config.get("hf_hook_point_in")) or _named(request.origin)[0],
        site_out=site_of_point(config.get("hf_hook_point_out")) or _named(request.origin)[1],
        model=model_named(config.get("model_name")),
        metadata=about | request.about("gemma_scope_2", weights, parts["W_enc"]),
    )


def save(sae: SAE, folder: Path) -> None:
    """Write ``config.json`` and ``params.safetensors``.

    Raises:
        ValueError: what is no JumpReLU or ReLU dictionary.
        OSError: it cannot be written; what stood there before is unchanged.
    """
    sae = plain_jumprelu(sae, "gemma_scope_2")
    assert isinstance(sae.threshold, Tensor)
    tensors = {
        "w_enc": sae.W_enc,
        "w_dec": sae.W_dec,
        "b_enc": sae.b_enc,
        "b_dec": sae.b_dec,
        "threshold": sae.threshold,
    }
    if sae.W_skip is not None:
        tensors["affine_skip_connection"] = sae.W_skip
    config: dict[str, Any] = {
        "architecture": "jump_relu",
        "model_name": sae.model,
        "width": sae.d_sae,
        "hf_hook_point_in": _module_of(sae.site) or sae.metadata.get("hf_hook_point_in"),
    }
    if sae.is_transcoder:
        out = _module_of(sae.site_out) or sae.metadata.get("hf_hook_point_out")
        config |= {"hf_hook_point_out": out, "affine_connection": sae.W_skip is not None}
    if "advertised_l0" in sae.metadata:
        config["l0"] = sae.metadata["advertised_l0"]
    saving.write_pair(folder / WEIGHTS, tensors, folder / CONFIG, saving.as_json(config))


def _refuse_several_layers(tensors: files.Tensors) -> None:
    for name in ("w_enc", "w_dec"):
        held = tensors.held.get(name)
        if isinstance(held, Tensor) and held.ndim == 3:
            raise ValueError(
                f"{tensors.path}: {name} has shape {list(held.shape)}: a cross-layer transcoder or "
                "a crosscoder, which reads or writes several layers. An SAE here has one of each; "
                "a cross-layer transcoder is opened whole, iw.load_cross_layer(folder)."
            )


def site_of_point(point: object) -> str:
    """The place that a point of a transformers model stands for, ``""`` where none here does."""
    match = re.fullmatch(r"(.+)\.(input|output)", point) if isinstance(point, str) else None
    return site_of_module(match[1], "in" if match[2] == "input" else "out") if match else ""


def _module_of(site: str) -> str | None:
    match = re.fullmatch(r"L(\d+)\.([a-z_]+)", site)
    point = _OF_SITES.get(match[2]) if match else None
    return f"model.layers.{match[1]}.{point}" if match and point else None


def _named(origin: str) -> tuple[str, str]:
    """Places from names of folders, for those of its folders that have no configuration."""
    match = re.search(r"(resid_post|attn_out|mlp_out|transcoder)[a-z_]*/layer_(\d+)_", origin)
    if match is None:
        return "", ""
    layer, kind = match[2], {"attn_out": "z", "transcoder": "mlp_in"}.get(match[1], match[1])
    return f"L{layer}.{kind}", f"L{layer}.mlp_out" if match[1] == "transcoder" else ""


def model_named(name: object) -> str:
    """The model on the hub that a configuration means, ``""`` where it names none."""
    if not isinstance(name, str) or not name:
        return ""
    name = name if "/" in name else f"google/{name.replace('-v3', '-3')}"
    return name.removesuffix("-pt") if name.endswith("gemma-3-270m-pt") else name
