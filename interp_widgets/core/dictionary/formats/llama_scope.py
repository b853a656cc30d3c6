"""Llama Scope (He et al., 2024): ``hyperparams.json`` and ``checkpoints/final.safetensors``.

Inputs are scaled so that their mean norm is √d; the scale is kept as a normalisation. Also read is
the layout of its successor, ``config.json`` beside ``sae_weights.safetensors``, with a threshold
for each latent.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from interp_widgets.core.dictionary.formats import files
from interp_widgets.core.dictionary.formats.request import Request
from interp_widgets.core.dictionary.formats.site_names import site_of_hook
from interp_widgets.core.dictionary.normalization import Normalization
from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.metrics import precise

FIRST = ("hyperparams.json", "checkpoints/final.safetensors")
SECOND = ("config.json", "sae_weights.safetensors")


def fits(names: Collection[str]) -> bool:
    """Whether a folder with these files is of this layout."""
    return FIRST[1] in names or (set(SECOND) <= set(names) and "cfg.json" not in names)


def needs(names: Collection[str], layer: int | None = None) -> list[str]:
    """Which of a folder's files are read."""
    return list(FIRST if FIRST[1] in names else SECOND)


def load(request: Request) -> SAE:
    """Read a dictionary of Llama Scope.

    Raises:
        ValueError: no scale of its inputs anywhere, or files that are cut off or do not fit.
    """
    first = (request.folder / FIRST[1]).is_file()
    config_name, weights_name = FIRST if first else SECOND
    path, weights = request.folder / config_name, request.folder / weights_name
    config = files.read_json(path)
    d = files.whole_number(config, "d_model", path)
    tensors = files.read_safetensors(weights, d_in=d, feature=_width(config, path))
    parts: dict[str, Any] = {
        "W_enc": tensors.need("encoder.weight", "feature", "d_in").T,
        "b_enc": tensors.need("encoder.bias", "feature"),
        "W_dec": tensors.need("decoder.weight", "d_in", "feature").T,
        "b_dec": tensors.need("decoder.bias", "d_in"),
    }
    scales = {side: _scale(config, path, side, d, request.norm_scale) for side in ("in", "out")}
    if first:
        # In the file it is in units of the activations, codes are in normalised ones.
        threshold = _number(config.get("jump_relu_threshold"), "jump_relu_threshold", path)
        parts["threshold"] = threshold * scales["in"].factor
    else:
        parts["threshold"] = precise(tensors.need("log_jumprelu_threshold", "feature")).exp()
    tensors.done()
    hook, out = config.get("hook_point_in"), config.get("hook_point_out")
    return SAE(
        **parts,
        activation="jumprelu",
        center=files.yes_or_no(config, "apply_decoder_bias_to_pre_encoder", path, default=False),
        normalization=scales["in"],
        normalization_out=scales["out"],
        variant="jumprelu",
        dtype=request.dtype_of(parts["W_enc"]),
        site=site_of_hook(hook),
        site_out=site_of_hook(out) if out != hook else "",
        metadata={"hook_name": hook} | request.about("llama_scope", weights, parts["W_enc"]),
    )


def _scale(
    config: Mapping[str, Any], path: Path, side: str, d: int, given: float | None
) -> Normalization:
    """What activations on one side are multiplied by: √d over their mean norm."""
    if config.get("norm_activation") in ("none", "inference"):
        return Normalization()
    if given is not None:
        return Normalization("expected_average", given)
    norms = config.get("dataset_average_activation_norm")
    if not isinstance(norms, dict):
        raise ValueError(
            f"{path}: inputs are to be scaled by sqrt(d_model) over their mean norm, and neither "
            "dataset_average_activation_norm nor norm_scale= says what that is. Pass "
            "norm_scale=…, from activations at the site."
        )
    norm = _number(norms.get(side, norms.get("in")), "dataset_average_activation_norm", path)
    if not norm:
        raise ValueError(f"{path}: dataset_average_activation_norm is 0, which nothing scales.")
    return Normalization("expected_average", d**0.5 / norm)


def _width(config: Mapping[str, Any], path: Path) -> int | None:
    return None if config.get("d_sae") is None else files.whole_number(config, "d_sae", path)


def _number(value: Any, name: str, path: Path) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e30:
        raise ValueError(f"{path}: {name} is {value!r:.60}, wanted a number of at least 0.")
    return float(value)
