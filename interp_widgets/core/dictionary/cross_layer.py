"""Cross-layer transcoders: latents that read at one layer and write to it and to every later one.

    f_l = activation(x_l W_enc_l + b_enc_l)           ReLU, or JumpReLU where there are thresholds
    ŷ_m = b_dec_m + Σ_{l ≤ m} f_l W_dec_{l→m}         + x_m W_skip_m where there is such a map

One latent then stands for what many MLPs do in turn, which shortens the paths of a circuit (Ameisen
et al., Circuit Tracing, 2025). A set of them has a decoder for each pair of layers, far more than
fits in memory: encoders are read a layer at a time, of decoders only the rows of latents that fire.
Files are circuit-tracer's, or Gemma Scope 2's; `cross_layer_files` reads them.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from interp_widgets.core.dictionary import encode
from interp_widgets.core.dictionary.cross_layer_files import (
    Biases,
    CircuitTracerFiles,
    GemmaScope2Files,
    LayerFiles,
    gemma_scope_2_layers,
)
from interp_widgets.core.dictionary.formats import circuit_tracer, dtype_named, files
from interp_widgets.core.dictionary.formats.gemma_scope_2 import CONFIG, model_named, site_of_point
from interp_widgets.core.dictionary.formats.site_names import hook_of_site, site_of_hook
from interp_widgets.core.dictionary.formats.source import Place, find
from interp_widgets.core.dictionary.sae_checks import check_rows
from interp_widgets.core.load import checked_device

_KEPT = 2  # encoders in memory
_ROWS = 256  # latents whose decoders are in memory at a time
_POINTS = {  # of Gemma Scope 2, where a folder does not say
    "in": "model.layers.{all}.pre_feedforward_layernorm.output",
    "out": "model.layers.{all}.post_feedforward_layernorm.output",
}
_LISTED = re.compile(r"params_layer_\d+\.safetensors(@|\?|$)")  # of Gemma Scope 2


@dataclass(frozen=True, eq=False, repr=False)
class CrossLayerTranscoder:
    """Latents of all layers, and what each writes to its own layer and to those above.

    Attributes:
        model: name of the model they are for, ``""`` where unknown.
        input_hook: what they read, in TransformerLens's words, without the layer.
        output_hook: what their output is to equal, likewise.
        scan: the name under which their latents were labelled, ``""`` where unknown.
        revision: of the hub, ``""`` where there is none.
        device: where tensors go.
        dtype: of tensors; None for that of the files.
    """

    model: str
    input_hook: str
    output_hook: str
    scan: str
    revision: str
    device: torch.device
    dtype: torch.dtype | None
    _files: LayerFiles
    _biases: dict[int, Biases] = field(default_factory=dict)
    _held: OrderedDict[int, Tensor] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __len__(self) -> int:
        return self.n_layers

    def __repr__(self) -> str:
        of = f" of {self.model}" if self.model else ""
        return (
            f"CrossLayerTranscoder({self.n_layers} layers{of}, {self.d_sae} latents each, "
            f"{self.input_hook} to {self.output_hook})"
        )

    @property
    def n_layers(self) -> int:
        """How many layers they read and write."""
        return self._files.n_layers

    @property
    def d_model(self) -> int:
        """Width of what they read and write."""
        return self._files.d_model

    @property
    def d_sae(self) -> int:
        """How many latents a layer has."""
        return self._files.d_sae

    @property
    def skips(self) -> bool:
        """Whether each layer also adds a linear map of what it reads."""
        return self._files.skips

    @property
    def sites(self) -> tuple[str, ...]:
        """Where each layer's latents read, ``""`` where that has no name here."""
        return tuple(_site(layer, self.input_hook) for layer in range(self.n_layers))

    @property
    def sites_out(self) -> tuple[str, ...]:
        """Where each layer's output belongs, ``""`` where that has no name here."""
        return tuple(_site(layer, self.output_hook) for layer in range(self.n_layers))

    def encode(self, x: Tensor) -> Tensor:
        """How strongly each latent fires.

        Args:
            x: what every layer reads, ``[layer, ..., d_model]``.

        Returns:
            Codes ``[layer, ..., feature]``, at least 0.

        Raises:
            TypeError: no tensor of activations.
            ValueError: another width or number of layers, another device, a file that is cut off.
        """
        self._check_layers(x, self.d_model, "activations")
        return torch.stack([self.encode_layer(layer, part) for layer, part in enumerate(x)])

    def encode_layer(self, layer: int, x: Tensor) -> Tensor:
        """`encode` of one layer: ``[..., d_model]`` to ``[..., feature]``.

        Raises:
            IndexError: no such layer.
            TypeError, ValueError: as `encode`.
        """
        self._check(layer)
        check_rows(x, self.d_model, self.device, "activations", "numbers")
        W_enc, biases = self._encoder(layer), self._small(layer)
        pre = x.to(W_enc.dtype) @ W_enc.T + biases.b_enc
        if biases.threshold is None:
            return pre.relu()
        return encode.jumprelu(pre, biases.threshold)

    def decode(self, codes: Tensor, like: Tensor | None = None) -> Tensor:
        """Codes as what every layer writes.

        Args:
            codes: ``[layer, ..., feature]``.
            like: what was encoded, ``[layer, ..., d_model]``; needed where it `skips`.

        Returns:
            ``[layer, ..., d_model]``.

        Raises:
            TypeError: no tensor of codes.
            ValueError: another number of latents or layers, another device, a file that is cut off,
                or ``like`` is missing.
        """
        self._check_layers(codes, self.d_sae, "codes")
        past = self._past(codes, like) if self.skips else None
        flat = codes.flatten(1, -2) if codes.ndim > 2 else codes[:, None]
        made = torch.stack([self._small(layer).b_dec for layer in range(self.n_layers)])
        made = made[:, None].repeat(1, flat.shape[1], 1)
        if past is not None:
            made += past
        for layer, rows in enumerate(flat):
            (fired,) = rows.any(0).nonzero(as_tuple=True)
            for some in fired.split(_ROWS):
                written = self.decoder_rows(layer, some)
                active = rows[:, some].to(written.dtype)
                made[layer:] += torch.einsum("tf,fmd->mtd", active, written)
        return made.view(*codes.shape[:-1], self.d_model)

    def __call__(self, x: Tensor) -> Tensor:
        """What every layer writes, of what every layer reads, both ``[layer, ..., d_model]``."""
        return self.decode(self.encode(x), like=x)

    def encoder_rows(self, layer: int, latents: Tensor) -> Tensor:
        """What some latents of a layer read, ``[row, d_model]``.

        Args:
            layer: the layer.
            latents: their numbers, int64 ``[row]``, in any order.

        Raises:
            TypeError: latents that are no such tensor.
            IndexError: a layer or latent that is not there.
            ValueError: a file that is cut off.
        """
        self._check(layer)
        return self._files.encoder_rows(layer, latents).to(self.device, self.dtype)

    def decoder_rows(self, layer: int, latents: Tensor) -> Tensor:
        """What some latents of a layer write, ``[row, written, d_model]``.

        They write to ``layer``, the first of the written ones, and to each above. Arguments and
        errors as in `encoder_rows`.
        """
        self._check(layer)
        return self._files.decoder_rows(layer, latents).to(self.device, self.dtype)

    def _past(self, codes: Tensor, like: Tensor | None) -> Tensor:
        """What a linear map of the input adds, ``[layer, row, d_model]``."""
        if like is None:
            raise ValueError(
                "these latents stand beside a linear map of what each layer reads: pass what was "
                "encoded, decode(codes, like=x)."
            )
        self._check_layers(like, self.d_model, "activations")
        if like.shape[:-1] != codes.shape[:-1]:
            raise ValueError(
                f"like= is what was encoded, a row for each row of codes {list(codes.shape)}; got "
                f"{list(like.shape)}."
            )
        rows = like.flatten(1, -2) if like.ndim > 2 else like[:, None]
        past = []
        for layer, read in enumerate(rows):
            W_skip = self._files.skip(layer).to(self.device, self.dtype)
            past.append(read.to(W_skip.dtype) @ W_skip)
        return torch.stack(past)

    def _encoder(self, layer: int) -> Tensor:
        """``[feature, d_model]``, of which the last few stay in memory."""
        with self._lock:  # widgets ask from threads of their own
            W_enc = self._held.pop(layer, None)
            if W_enc is None:
                while len(self._held) >= _KEPT:
                    self._held.popitem(last=False)
                W_enc = self._files.encoder(layer).to(self.device, self.dtype)
            self._held[layer] = W_enc
        return W_enc

    def _small(self, layer: int) -> Biases:
        if layer not in self._biases:
            self._biases[layer] = self._files.biases(layer).to(self.device, self.dtype)
        return self._biases[layer]

    def _check(self, layer: int) -> None:
        if layer not in range(self.n_layers):
            raise IndexError(f"there are layers 0 to {self.n_layers - 1}; got {layer!r}.")

    def _check_layers(self, x: Any, width: int, name: str) -> None:
        check_rows(x, width, self.device, name, "numbers" if width == self.d_model else "latents")
        if x.ndim < 2 or len(x) != self.n_layers:
            raise ValueError(
                f"{name} of all {self.n_layers} layers are [layer, ..., {width}]; got "
                f"{list(x.shape)}. A single layer is encoded by encode_layer(layer, x)."
            )


def load_cross_layer(
    source: str | Path,
    *,
    revision: str | None = None,
    device: Any = "cpu",
    dtype: Any = "float32",
) -> CrossLayerTranscoder:
    """Open a cross-layer transcoder in a known layout; layers are read when asked for.

    Circuit-tracer's layout, Gemma Scope 2's (``params_layer_0.safetensors`` and on), or a
    ``config.yaml`` of the first that lists files of the second.

    Args:
        source: a folder, or ``"org/repo/folder@revision"`` on the hub.
        revision: of the hub.
        device: where tensors go.
        dtype: of tensors, or ``"auto"`` for that of the files.

    Raises:
        FileNotFoundError: no such folder or repository, or no configuration in it.
        ValueError: transcoders of one layer each, layers with a gap, or a first file that is cut
            off or does not fit.
        OSError: the hub cannot be reached.
    """
    home, kind = checked_device(device), dtype_named(dtype)
    place = find(source, revision)
    layers = gemma_scope_2_layers(place)
    if layers and circuit_tracer.CONFIG not in place.names:
        about: dict[str, Any] = _of_gemma_scope_2(place)
        opened: LayerFiles = GemmaScope2Files(layers, place.origin)
    else:
        config = circuit_tracer.config_of(place, "cross_layer_transcoder")
        about = {
            "model": str(config.get("model_name", "")),
            "input_hook": str(config.get("feature_input_hook", "hook_resid_mid")),
            "output_hook": str(config.get("feature_output_hook", "hook_mlp_out")),
            "scan": str(config.get("scan", "")),
        }
        opened = _listed(config, place) if "transcoders" in config else CircuitTracerFiles(place)
    return CrossLayerTranscoder(
        **about, revision=place.revision, device=home, dtype=kind, _files=opened
    )


def _listed(config: Mapping[str, Any], place: Place) -> GemmaScope2Files:
    """Layers of which the configuration says where each is, in order."""
    names = config["transcoders"]
    if not isinstance(names, list) or not names:
        raise ValueError(
            f"transcoders in {circuit_tracer.CONFIG} is a list of names; got {names!r:.60}."
        )
    other = [name for name in names if not isinstance(name, str) or not _LISTED.search(name)]
    if other:
        raise ValueError(
            f"{place.origin} lists {other[0]!r:.80} for a cross-layer transcoder; known are Gemma "
            "Scope 2's files, params_layer_0.safetensors and on. Transcoders of one layer each: "
            "iw.load_transcoders."
        )

    def path_of(name: str) -> Callable[[], Path]:
        def path() -> Path:
            there = find(name)
            return there.fetch([there.file]) / there.file

        return path

    return GemmaScope2Files([path_of(name) for name in names], place.origin)


def _of_gemma_scope_2(place: Place) -> dict[str, str]:
    """Where latents of Gemma Scope 2 read and write, in a folder that may say so."""
    path = place.fetch([CONFIG]) / CONFIG if CONFIG in place.names else None
    config = files.read_json(path) if path else {}
    if config.get("type", "clt") != "clt":
        raise ValueError(
            f"{path}: type is {config['type']!r}, wanted 'clt': a cross-layer transcoder."
        )
    hooks = []
    for side in ("in", "out"):
        point = config.get(f"hf_hook_point_{side}", _POINTS[side])
        first = point.replace("{all}", "0") if isinstance(point, str) else ""
        hooks.append(hook_of_site(site_of_point(first))[0] or "")
    named = re.search(r"gemma-scope-2-(\w+)-(pt|it)", place.origin)
    model = config.get("model_name") or (f"google/gemma-3-{named[1]}-{named[2]}" if named else "")
    return {
        "model": model_named(model),
        "input_hook": hooks[0].removeprefix("blocks.0."),
        "output_hook": hooks[1].removeprefix("blocks.0."),
        "scan": "",
    }


def _site(layer: int, hook: str) -> str:
    return site_of_hook(f"blocks.{layer}.{hook}") if hook else ""
