"""Circuit-tracer (Hanna et al., 2025): ``config.yaml`` beside ``layer_<n>.safetensors``.

A set of transcoders, one a layer; `core.dictionary.transcoder` holds it together. Encoders lie
transposed, a row a latent, so that the rows of a few latents can be read without the rest. The
configuration may instead list where each layer is, on the hub, in this layout or in Gemma Scope's.

Codes are at least 0 here. Its own top-k lets through what is negative among the k largest, which it
is only where fewer than k are above 0.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from interp_widgets.core.dictionary.formats import files
from interp_widgets.core.dictionary.formats.request import Request
from interp_widgets.core.dictionary.formats.site_names import site_of_hook
from interp_widgets.core.dictionary.formats.source import Place
from interp_widgets.core.dictionary.sae import SAE

CONFIG = "config.yaml"
_LAYER = re.compile(r"layer_(\d+)\.safetensors")
_CROSS = re.compile(r"W_(enc|dec)_\d+\.safetensors")
CROSS_LAYER = (
    "a cross-layer transcoder, whose latents write to many layers: it has no form as dictionaries "
    "of one layer each. Open it whole: iw.load_cross_layer(…)."
)
KINDS = {"transcoder_set": "load_transcoders", "cross_layer_transcoder": "load_cross_layer"}


def fits(names: Collection[str]) -> bool:
    """Whether a folder with these files is of this layout."""
    layers = any(_LAYER.fullmatch(name) or _CROSS.fullmatch(name) for name in names)
    return CONFIG in names or layers


def needs(names: Collection[str], layer: int | None = None) -> list[str]:
    """Which of a folder's files are read.

    Raises:
        ValueError: no layer named where there are several, none there, or a cross-layer set.
    """
    if any(_CROSS.fullmatch(name) for name in names):
        raise ValueError(f"these files ({files.listed(names)}) are {CROSS_LAYER}")
    layers = sorted(layers_in(names))
    if not layers:
        raise ValueError(
            f"no layer stands beside {CONFIG}, which may say where they are: "
            "iw.load_transcoders(…)[layer]."
        )
    wanted = layers if layer is None else [layer]
    if len(wanted) != 1 or wanted[0] not in layers:
        raise ValueError(
            f"a set of {len(layers)} transcoders, layers {layers[0]} to {layers[-1]}: name one "
            f"with layer=…, or take all with iw.load_transcoders; got layer={layer}."
        )
    config = [CONFIG] if CONFIG in names else []
    return config + [f"layer_{number}.safetensors" for number in wanted]


def layers_in(names: Collection[str]) -> list[int]:
    """The layers that files are there for."""
    return [int(match[1]) for name in names if (match := _LAYER.fullmatch(name))]


def load(request: Request) -> SAE:
    """Read one transcoder of a set.

    Raises:
        ValueError: a cross-layer set, or files that are cut off or do not fit.
    """
    path = request.one_of(_LAYER, "layer_{}.safetensors")
    config = read_config(request.folder / CONFIG)
    match = _LAYER.fullmatch(path.name)
    return transcoder(path, config, int(match[1]) if match else 0, request)


def config_of(place: Place, kind: str) -> dict[str, Any]:
    """What the ``config.yaml`` of a set says.

    Args:
        place: where the set is.
        kind: what it is to be, of `KINDS`.

    Raises:
        FileNotFoundError: no configuration there.
        ValueError: it is no YAML mapping, or of another kind.
    """
    if CONFIG not in place.names:
        raise FileNotFoundError(
            f"{place.origin} holds no {CONFIG}; a set of transcoders has one. It holds "
            f"{files.listed(place.names)}."
        )
    return read_config(place.fetch([CONFIG]) / CONFIG, kind)


def read_config(path: Path, kind: str = "transcoder_set") -> dict[str, Any]:
    """What ``config.yaml`` says; nothing where there is none.

    Raises:
        ValueError: it is no YAML mapping, or of another kind of set.
    """
    import yaml

    if not path.is_file():
        return {}
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, ValueError) as broken:
        raise ValueError(f"{path} is not readable YAML: {broken}.") from broken
    if not isinstance(found, dict):
        raise ValueError(f"{path} holds a {type(found).__name__}, wanted a mapping.")
    named = found.get("model_kind", kind)
    if not isinstance(named, str) or named not in KINDS:
        raise ValueError(f"{path}: model_kind is {named!r:.60}; known are {', '.join(KINDS)}.")
    if named != kind:
        raise ValueError(
            f"{path} is of a {named}, not of a {kind}. Open it with iw.{KINDS[named]}(…)."
        )
    return found


def transcoder(path: Path, config: Mapping[str, Any], layer: int, request: Request) -> SAE:
    """The transcoder in a file of this layout.

    Raises:
        ValueError: the file is cut off or does not fit, or an unknown activation.
    """
    tensors = files.read_safetensors(path)
    stored = tensors.need("W_enc", "feature", "d_in")
    skip = tensors.maybe("W_skip", "d_out", "d_in")
    parts: dict[str, Any] = {
        "W_enc": stored.T,
        "W_dec": tensors.need("W_dec", "feature", "d_out"),
        "b_enc": tensors.need("b_enc", "feature"),
        "b_dec": tensors.need("b_dec", "d_out"),
        "W_skip": None if skip is None else skip.T,
    }
    threshold = tensors.held.pop("activation_function.threshold", None)
    parts |= _activation(config, threshold, tensors, request)
    tensors.done("k")
    hooks = {side: config.get(f"feature_{side}_hook") for side in ("input", "output")}
    read, written = (f"blocks.{layer}.{hook}" if hook else "" for hook in hooks.values())
    model = config.get("model_name")
    return SAE(
        **parts,
        center=False,
        variant=parts["activation"],
        dtype=request.dtype_of(stored),
        site=site_of_hook(read),
        site_out=site_of_hook(written),
        model=model if isinstance(model, str) else "",
        metadata={"hook_name": read, "hook_name_out": written}
        | request.about("circuit_tracer", path, stored),
    )


def _activation(
    config: Mapping[str, Any], threshold: Any, tensors: files.Tensors, request: Request
) -> dict[str, Any]:
    """JumpReLU where there are thresholds, else what the configuration says, else ReLU."""
    named = config.get("activation")
    if threshold is not None:
        features = tensors.sizes["feature"][0]
        if not isinstance(threshold, Tensor) or threshold.numel() not in (1, features):
            raise ValueError(
                f"{tensors.path}: activation_function.threshold has shape "
                f"{list(getattr(threshold, 'shape', ()))}, wanted one number or {features}."
            )
        level = threshold.float().flatten()
        check_threshold(level, tensors.path)
        return {"activation": "jumprelu", "threshold": level.expand(features)}
    if named in (None, "relu") and "k" not in tensors:
        return {"activation": "relu"}
    if named in (None, "topk"):
        k = request.k_of(config.get("k", tensors.held.get("k")), tensors.path)
        return {"activation": "topk", "k": k}
    raise ValueError(
        f"{tensors.path}: activation {named!r:.60} in {CONFIG}; known are relu, topk and, with "
        "thresholds in the file, jumprelu."
    )


def check_threshold(threshold: Tensor, path: Path) -> None:
    """Refuse thresholds under which circuit-tracer's codes would be negative.

    Raises:
        ValueError: one below 0, or none that is finite.
    """
    if not bool(threshold.isfinite().all()):
        raise ValueError(f"{path}: a threshold is not finite. The file is damaged.")
    if bool((threshold < 0).any()):
        raise ValueError(
            f"{path}: {int((threshold < 0).sum())} thresholds are below 0, down to "
            f"{float(threshold.min()):.3g}. What lies between them and 0 is a negative code in "
            "circuit-tracer, and codes here are at least 0. Set them to 0 in the file if that is "
            "what was meant."
        )


def tensors_of(sae: SAE) -> dict[str, Tensor]:
    """What a file of this layout holds.

    Raises:
        ValueError: a normalisation for each token, or an activation that it does not have.
    """
    sae = sae.fold_normalization()
    sae = (sae.fold_decoder_norm() if sae.decoder_weighted else sae).fold_center()
    if sae.activation == "groupmax":
        raise ValueError("circuit-tracer has no groupmax transcoder; save it as 'sparsify'.")
    held = {"W_enc": sae.W_enc.T, "W_dec": sae.W_dec, "b_enc": sae.b_enc, "b_dec": sae.b_dec}
    if sae.threshold is not None:
        held["activation_function.threshold"] = torch.as_tensor(sae.threshold)
    if sae.W_skip is not None:
        held["W_skip"] = sae.W_skip.T
    return held
