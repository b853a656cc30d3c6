"""Sparsify (EleutherAI): ``cfg.json`` beside ``sae.safetensors``, a folder a module of the model.

TopK or groupmax, as autoencoder or transcoder. The folder is named after a module of the model in
transformers, whose output the dictionary reads – or, transcoding, whose input. Trained with
``multi_topk`` its k latents fire here as in its ``encode``; its ``forward`` then gives what 4 k
would, which is for its loss.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from interp_widgets.core.dictionary.formats import files, saving
from interp_widgets.core.dictionary.formats.request import Request
from interp_widgets.core.dictionary.formats.site_names import site_of_module
from interp_widgets.core.dictionary.sae import SAE

WEIGHTS, CONFIG = "sae.safetensors", "cfg.json"


def fits(names: Collection[str]) -> bool:
    """Whether a folder with these files is of this layout."""
    return WEIGHTS in names


def needs(names: Collection[str], layer: int | None = None) -> list[str]:
    """Which of a folder's files are read."""
    return [CONFIG, WEIGHTS]


def load(request: Request) -> SAE:
    """Read a dictionary that sparsify wrote.

    Raises:
        ValueError: one with signed codes, or files that are cut off or do not fit.
    """
    weights = request.folder / WEIGHTS
    path = saving.config_beside(weights, request.folder / CONFIG)
    config = files.read_json(path)
    activation = config.get("activation", "topk")
    signed = files.yes_or_no(config, "signed", path, default=False)
    if activation not in ("topk", "groupmax") or signed:
        raise ValueError(
            f"{path}: activation {activation!r:.60}, signed {signed}; known are "
            "topk and groupmax without signs."
        )
    d_in = files.whole_number(config, "d_in", path)
    latents = config.get("num_latents") or d_in * files.whole_number(
        config, "expansion_factor", path
    )
    tensors = files.read_safetensors(
        weights,
        d_in=d_in,
        feature=files.whole_number({"num_latents": latents}, "num_latents", path),
    )
    skip = tensors.maybe("W_skip", "d_in", "d_in")
    W_enc = tensors.need("encoder.weight", "feature", "d_in").T
    parts: dict[str, Any] = {
        "W_enc": W_enc,
        "b_enc": tensors.need("encoder.bias", "feature"),
        "W_dec": tensors.need("W_dec", "feature", "d_in"),
        "b_dec": tensors.need("b_dec", "d_in"),
        "W_skip": None if skip is None else skip.T,
    }
    tensors.done()
    transcodes = files.yes_or_no(config, "transcode", path, default=False)
    module = config.get("hookpoint") or Path(request.origin).name
    site, out = (site_of_module(module, side) for side in ("in", "out"))
    return SAE(
        **parts,
        activation=activation,
        k=request.k_of(config.get("k"), path),
        center=not transcodes,
        variant=activation,
        dtype=request.dtype_of(W_enc),
        site=site if transcodes else out,
        site_out=out if transcodes else "",
        model=_model(request.folder),
        metadata={"module": module} | request.about("sparsify", weights, W_enc),
    )


def save(sae: SAE, folder: Path) -> None:
    """Write ``cfg.json`` and ``sae.safetensors``.

    Raises:
        ValueError: an activation, a normalisation or widths that sparsify does not have.
        OSError: it cannot be written; what stood there before is unchanged.
    """
    if sae.activation not in ("topk", "groupmax") or sae.d_in != sae.d_out:
        raise ValueError(
            "sparsify holds topk and groupmax dictionaries as wide as what they read; this one is "
            f"{sae.activation}, {sae.d_in} to {sae.d_out}. Save it as 'sae_lens'."
        )
    sae = sae.fold_normalization()
    sae = sae.fold_decoder_norm() if sae.decoder_weighted else sae
    # Autoencoders are centred there, transcoders are not.
    if sae.is_transcoder:
        sae = sae.fold_center()
    elif not sae.center:
        sae = replace(sae, b_enc=sae.b_enc + sae.b_dec @ sae.W_enc, center=True)
    tensors = {
        "encoder.weight": sae.W_enc.T,
        "encoder.bias": sae.b_enc,
        "W_dec": sae.W_dec,
        "b_dec": sae.b_dec,
    }
    if sae.W_skip is not None:
        tensors["W_skip"] = sae.W_skip.T
    saving.write_pair(folder / WEIGHTS, tensors, folder / CONFIG, saving.as_json(_config(sae)))


def _config(sae: SAE) -> Mapping[str, Any]:
    module = sae.metadata.get("module")
    known = {"hookpoint": module} if isinstance(module, str) else {}
    return known | {
        "activation": sae.activation,
        "expansion_factor": max(1, sae.d_sae // sae.d_in),
        "normalize_decoder": True,
        "num_latents": sae.d_sae,
        "k": sae.k,
        "multi_topk": False,
        "skip_connection": sae.W_skip is not None,
        "transcode": sae.is_transcoder,
        "d_in": sae.d_in,
    }


def _model(folder: Path) -> str:
    """The model, which stands beside the folders of a run."""
    path = folder.parent / "config.json"
    name = files.read_json(path).get("model") if path.is_file() else ""
    return name if isinstance(name, str) else ""
