"""SAELens: ``cfg.json`` beside ``sae_weights.safetensors``, of version 6 and the flat ones before.

What is saved without naming a format is saved like this, for most tools read it. Gated dictionaries
become the JumpReLU ones that they equal, and are written as those. A normalisation by one number or
by a matrix is folded before it is written, since this layout has no place for the numbers.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import interp_widgets
from interp_widgets.core.dictionary.formats import files, saving
from interp_widgets.core.dictionary.formats.gated import gated_parts
from interp_widgets.core.dictionary.formats.request import Request, dtype_name
from interp_widgets.core.dictionary.formats.site_names import hook_of_site, site_of_hook
from interp_widgets.core.dictionary.normalization import Normalization
from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.metrics import precise

WEIGHTS, CONFIG = "sae_weights.safetensors", "cfg.json"
_VERSION = "6.0.0"  # whose configuration is written
_TRANSCODERS = {
    # architecture -> (has thresholds, has a skip connection)
    "transcoder": (False, False),
    "skip_transcoder": (False, True),
    "jumprelu_transcoder": (True, False),
    "jumprelu_skip_transcoder": (True, True),
}
_ARCHITECTURES = ("standard", "jumprelu", "topk", "gated", *_TRANSCODERS)
_IN_TRAINING = ("batchtopk", "matryoshka_batchtopk")  # which become jumprelu when they are done
_NORMALIZATIONS = {
    "none": "none",
    "expected_average_only_in": "expected_average",
    "constant_norm_rescale": "token_norm",
    "layer_norm": "layer_norm",
}
_RENAMED = {
    "hook_point": "hook_name",
    "hook_point_head_index": "hook_head_index",
    "activation_fn_str": "activation_fn",
}
# Of flat configurations, what version 6 keeps in its metadata.
_ABOUT = (
    "model_name",
    "hook_name",
    "hook_head_index",
    "hook_name_out",
    "model_from_pretrained_kwargs",
    "prepend_bos",
    "neuronpedia_id",
    "context_size",
    "seqpos_slice",
    "dataset_path",
    "sae_lens_training_version",
)
_OURS = "interp_widgets"  # a block of its metadata that only this package reads
_MADE_AT_LOAD = ("format", "file", "stored_dtype", "acceptance")


def fits(names: Collection[str]) -> bool:
    """Whether a folder with these files is of this layout."""
    return WEIGHTS in names and (CONFIG in names or "config.json" not in names)


def needs(names: Collection[str], layer: int | None = None) -> list[str]:
    """Which of a folder's files are read."""
    return [CONFIG, WEIGHTS]


def load(request: Request) -> SAE:
    """Read a dictionary that SAELens wrote.

    Raises:
        ValueError: an architecture that has no form here, an activation scale that the file lacks,
            or files that do not fit each other.
    """
    weights = request.folder / WEIGHTS
    path = saving.config_beside(weights, request.folder / CONFIG)
    config = _as_version_6(files.read_json(path))
    architecture = config.get("architecture")
    if architecture in _IN_TRAINING:
        raise ValueError(
            f"{path}: architecture {architecture!r:.60} is a checkpoint of a training, without the "
            "threshold of its latents. Let SAELens write what it becomes: "
            "sae.save_inference_model(folder)."
        )
    if architecture not in _ARCHITECTURES:
        raise ValueError(
            f"{path}: architecture {architecture!r:.60} has no form here; known are "
            f"{', '.join(_ARCHITECTURES)}."
        )
    if config.get("activation_fn", "relu") not in ("relu", "topk", "jumprelu"):
        raise ValueError(
            f"{path}: activation_fn {config['activation_fn']!r:.60}, which SAELens no longer has; "
            "known are relu, topk and jumprelu."
        )
    d_in = files.whole_number(config, "d_in", path)
    transcodes = architecture in _TRANSCODERS
    d_out = files.whole_number(config, "d_out", path) if transcodes else d_in
    tensors = files.read_safetensors(
        weights, d_in=d_in, d_out=d_out, feature=files.whole_number(config, "d_sae", path)
    )
    _refuse_finetuned(tensors, config)
    parts = _parts(tensors, architecture)
    tensors.done()
    about = dict(config["metadata"])
    ours = about.pop(_OURS, None)
    ours = ours if isinstance(ours, dict) else {}
    if (trained := _trained_k(about)) is not None:
        about["advertised_l0"] = trained  # of BatchTopK, which comes as JumpReLU
    if architecture == "topk":
        parts |= {"activation": "topk", "k": request.k_of(_k_in(config), path)}
        weighted = files.yes_or_no(config, "rescale_acts_by_decoder_norm", path, default=False)
        parts["decoder_weighted"] = weighted
    centred = files.yes_or_no(config, "apply_b_dec_to_input", path, default=True)
    sae = SAE(
        **parts,
        **_normalizations(config, path, request.norm_scale, transcodes),
        center=centred and not transcodes,
        variant=ours.get("variant") or about.get("training_architecture") or architecture,
        dtype=request.dtype_of(parts["W_dec"]),
        **_places(about, ours, transcodes),
        model=about.get("model_name") or "",
        revision=ours.get("revision", ""),
        metadata=about | request.about("sae_lens", weights, parts["W_dec"]),
    )
    return sae if ours else _with_their_codes(sae)


def save(sae: SAE, folder: Path) -> None:
    """Write a dictionary so that SAELens 6 reads it.

    Raises:
        ValueError: a dictionary that SAELens has no architecture for; which format has.
        OSError: it cannot be written; what stood there before is unchanged.
    """
    normalization = sae.normalization
    sae = _folded(sae)
    config = {
        "architecture": _architecture(sae),
        "d_in": sae.d_in,
        "d_sae": sae.d_sae,
        "dtype": dtype_name(sae.dtype),
        "device": "cpu",
        "apply_b_dec_to_input": sae.center,
        "normalize_activations": _written_normalization(sae),
        "reshape_activations": "hook_z" if re.fullmatch(r"L\d+\.z", sae.site) else "none",
    }
    if sae.is_transcoder:
        config["d_out"] = sae.d_out
    if sae.activation == "topk":
        config |= {"k": sae.k, "rescale_acts_by_decoder_norm": sae.decoder_weighted}
    config["metadata"] = _metadata(sae, normalization)
    tensors = {"W_enc": sae.W_enc, "b_enc": sae.b_enc, "W_dec": sae.W_dec, "b_dec": sae.b_dec}
    if isinstance(sae.threshold, Tensor):
        tensors["threshold"] = sae.threshold
    if sae.W_skip is not None:
        tensors["W_skip"] = sae.W_skip.T
    saving.write_pair(folder / WEIGHTS, tensors, folder / CONFIG, saving.as_json(config))


def _as_version_6(config: dict[str, Any]) -> dict[str, Any]:
    """The configuration as version 6 would have written it."""
    about = config.get("metadata")
    about = about if isinstance(about, dict) else {}
    version = config.get("sae_lens_version") or about.get("sae_lens_version")
    if isinstance(version, str) and re.match(r"[6-9]|\d\d", version):
        return config | {"metadata": about}
    config = {"architecture": "standard"} | {
        _RENAMED.get(name, name): value for name, value in config.items()
    }
    normalize = config.get("normalize_activations")
    if isinstance(normalize, bool) or normalize is None:
        normalize = "expected_average_only_in" if normalize else "none"
    if config.get("activation_fn") == "topk" and _k_in(config) is not None:
        config["architecture"] = "topk"
    return config | {
        "normalize_activations": normalize,
        "metadata": about | {name: config[name] for name in _ABOUT if name in config},
    }


def _k_in(config: Mapping[str, Any]) -> Any:
    kwargs = config.get("activation_fn_kwargs")
    return config.get("k", kwargs.get("k") if isinstance(kwargs, dict) else None)


def _refuse_finetuned(tensors: files.Tensors, config: Mapping[str, Any]) -> None:
    """A factor on codes, which SAELens dropped in version 6; the files often hold one of ones."""
    factors = [
        factor
        for name in ("scaling_factor", "finetuning_scaling_factor")
        if (factor := tensors.maybe(name, "feature")) is not None
    ]
    used = config.get("finetuning_scaling_factor") is True
    if any(not torch.equal(factor, torch.ones_like(factor)) for factor in factors) or (
        used and not factors
    ):
        raise ValueError(
            f"{tensors.path} was fine-tuned with a factor on each code, which SAELens itself no "
            "longer reads. Multiply the rows of W_dec by the factor and save it without."
        )


def _trained_k(about: Mapping[str, Any]) -> int | float | None:
    """How many latents fired in training, where that is said."""
    trained = about.get("training_architecture_details")
    k = trained.get("k") if isinstance(trained, dict) else None
    return k if isinstance(k, int | float) else None


def _parts(tensors: files.Tensors, architecture: str) -> dict[str, Any]:
    parts: dict[str, Any] = {
        "W_enc": tensors.need("W_enc", "d_in", "feature"),
        "W_dec": tensors.need("W_dec", "feature", "d_out"),
        "b_dec": tensors.need("b_dec", "d_out"),
    }
    if architecture == "gated":
        gate, magnitude, r = (
            tensors.need(name, "feature") for name in ("b_gate", "b_mag", "r_mag")
        )
        return gated_parts(parts, gate, magnitude, r)
    parts["b_enc"] = tensors.need("b_enc", "feature")
    thresholds, skips = _TRANSCODERS.get(architecture, (architecture == "jumprelu", False))
    if thresholds:
        log = tensors.maybe("log_threshold", "feature")
        threshold = tensors.need("threshold", "feature") if log is None else precise(log).exp()
        # Rectified before it is compared, so a threshold below 0 does what 0 does.
        parts |= {"activation": "jumprelu", "threshold": threshold.clamp(min=0)}
    if skips:
        parts["W_skip"] = tensors.need("W_skip", "d_out", "d_in").T
    return parts


def _normalizations(
    config: Mapping[str, Any], path: Path, scale: float | None, transcodes: bool
) -> dict[str, Any]:
    given = config.get("normalize_activations") or "none"
    mode = _NORMALIZATIONS.get(given) if isinstance(given, str) else None
    if mode is None:
        raise ValueError(
            f"{path}: normalize_activations is {given!r:.60}; read are "
            f"{', '.join(_NORMALIZATIONS)}. A whitening has to be folded into the weights by "
            "SAELens, which has its matrix."
        )
    if mode == "expected_average":
        if scale is None:
            raise ValueError(
                f"{path}: inputs are to be scaled by sqrt(d_in) over their mean norm "
                "(expected_average_only_in), and the number is not in the file: without it every "
                "result would be wrong. Pass it, norm_scale=…: SAELens's registry lists it as "
                "norm_scaling_factor, or take it from activations at the site."
            )
        return {"normalization": Normalization(mode, scale)}
    if transcodes and mode != "none":
        if "skip" in config["architecture"]:
            raise ValueError(
                f"{path}: a skip connection past {given}, which has no form here: the skip reads "
                "what the codes do."
            )
        # SAELens normalises what a transcoder reads and leaves what it writes.
        return {"normalization": Normalization(mode), "normalization_out": Normalization()}
    return {"normalization": Normalization(mode)}


def _places(about: Mapping[str, Any], ours: Mapping[str, Any], transcodes: bool) -> dict[str, Any]:
    site = ours.get("site") or site_of_hook(about.get("hook_name"), about.get("hook_head_index"))
    out = ours.get("site_out") or site_of_hook(about.get("hook_name_out"))
    return {"site": site, "site_out": out if transcodes else ""}


def _with_their_codes(sae: SAE) -> SAE:
    """Codes as SAELens has them where lengths of directions decide: multiplied by the length.

    A scale of its inputs is folded there first, which makes directions longer or shorter. Its own
    files have lengths of 1 to rounding; those are left as they are, to the bit. In float32 lengths
    rounded to half precision are not 1, and codes would be off by as much.
    """
    if sae.decoder_weighted and sae.normalization.mode == "expected_average":
        sae = sae.fold_normalization()
    lengths, rounding = sae.W_dec.norm(dim=-1), 16 * torch.finfo(sae.dtype).eps
    ones = torch.ones_like(lengths)
    if not sae.decoder_weighted or torch.allclose(lengths, ones, rtol=0, atol=rounding):
        return sae
    return sae.fold_decoder_norm()


def _folded(sae: SAE) -> SAE:
    """Without what `cfg.json` cannot say."""
    ways = (sae.normalization, sae.normalization_out or sae.normalization)
    if all(way.mode == "none" for way in ways) or any(way.per_token for way in ways):
        return sae
    if sae.decoder_weighted and any(way.mode == "whitening" for way in ways):
        sae = sae.fold_decoder_norm()
    return sae.fold_normalization()


def _architecture(sae: SAE) -> str:
    if sae.is_transcoder:
        wanted = (sae.activation == "jumprelu", sae.W_skip is not None)
        fitting = [name for name, has in _TRANSCODERS.items() if has == wanted]
        if sae.activation in ("relu", "jumprelu"):
            return fitting[0]
        raise ValueError(
            f"SAELens has no transcoder with {sae.activation}. Save it with format='sparsify'."
        )
    if sae.activation == "groupmax":
        raise ValueError("SAELens has no groupmax dictionary. Save it with format='sparsify'.")
    return {"relu": "standard", "jumprelu": "jumprelu", "topk": "topk"}[sae.activation]


def _written_normalization(sae: SAE) -> str:
    written = {ours: theirs for theirs, ours in _NORMALIZATIONS.items()}[sae.normalization.mode]
    out = sae.normalization_out or sae.normalization
    wanted = "none" if sae.is_transcoder else sae.normalization.mode
    if out.mode != wanted or (written != "none" and sae.W_skip is not None):
        raise ValueError(
            f"SAELens has no dictionary that reads {sae.normalization.mode} and writes {out.mode}"
            + (" with a skip connection." if sae.W_skip is not None else ".")
        )
    return written


def _metadata(sae: SAE, normalization: Normalization) -> dict[str, Any]:
    """The metadata block: what came with the dictionary, and where it belongs."""
    about = {name: value for name, value in sae.metadata.items() if name not in _MADE_AT_LOAD}
    if about.get("advertised_l0") == _trained_k(about):  # which is where it came from
        about.pop("advertised_l0", None)
    version = about.get("sae_lens_version")
    if not (isinstance(version, str) and re.match(r"[6-9]|\d\d", version)):
        about["sae_lens_version"] = _VERSION
    about.setdefault("sae_lens_training_version", None)
    about |= {"model_name": sae.model or about.get("model_name")}
    ours: dict[str, Any] = {"version": interp_widgets.__version__, "variant": sae.variant}
    for name, site in (("", sae.site), ("_out", sae.site_out)):
        known = site_of_hook(about.get(f"hook_name{name}"), about.get(f"hook_head_index{name}"))
        if site and site != known:
            hook, head = hook_of_site(site)
            about |= {f"hook_name{name}": hook, f"hook_head_index{name}": head}
        ours[f"site{name}"] = site
    about.setdefault("hook_head_index", None)
    if normalization.scale != 1:
        ours["folded"] = {"mode": normalization.mode, "scale": normalization.scale}
    if sae.revision:
        ours["revision"] = sae.revision
    return about | {_OURS: ours}
