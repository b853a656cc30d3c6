"""Cross-layer transcoders: latents that read at one layer and write to it and to every later one.

    f_l = activation(x_l W_enc_l + b_enc_l)           ReLU, or JumpReLU where there are thresholds
    ŷ_m = b_dec_m + Σ_{l ≤ m} f_l W_dec_{l→m}

One latent then stands for what many MLPs do in turn, which shortens the paths of a circuit (Ameisen
et al., Circuit Tracing, 2025). A set of them has a decoder for each pair of layers, far more than
fits in memory: encoders are read a layer at a time, of decoders only the rows of latents that fire.

Files are circuit-tracer's: ``config.yaml``, and for each layer ``W_enc_<l>.safetensors`` (with
``b_enc_<l>``, ``b_dec_<l>`` and maybe ``threshold_<l>``) and ``W_dec_<l>.safetensors``.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from interp_widgets.core.dictionary import encode
from interp_widgets.core.dictionary.formats import circuit_tracer, dtype_named, files
from interp_widgets.core.dictionary.formats.rows import read_rows
from interp_widgets.core.dictionary.formats.site_names import site_of_hook
from interp_widgets.core.dictionary.formats.source import Place, find
from interp_widgets.core.dictionary.sae_checks import check_rows
from interp_widgets.core.load import checked_device

_KEPT = 2  # encoders in memory
_ROWS = 256  # latents whose decoders are in memory at a time
_FILE = re.compile(r"W_(enc|dec)_(\d+)\.safetensors")


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
        n_layers: how many layers they read and write.
        d_model: width of what they read and write.
        d_sae: how many latents a layer has.
    """

    model: str
    input_hook: str
    output_hook: str
    scan: str
    revision: str
    device: torch.device
    dtype: torch.dtype | None
    n_layers: int
    d_model: int
    d_sae: int
    _place: Place
    _biases: dict[int, _Biases] = field(default_factory=dict)
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

    def decode(self, codes: Tensor) -> Tensor:
        """Codes ``[layer, ..., feature]`` as what every layer writes, ``[layer, ..., d_model]``.

        Raises:
            TypeError: no tensor of codes.
            ValueError: another number of latents or layers, another device, a file that is cut off.
        """
        self._check_layers(codes, self.d_sae, "codes")
        flat = codes.flatten(1, -2) if codes.ndim > 2 else codes[:, None]
        made = torch.stack([self._small(layer).b_dec for layer in range(self.n_layers)])
        made = made[:, None].repeat(1, flat.shape[1], 1)
        for layer, rows in enumerate(flat):
            (fired,) = rows.any(0).nonzero(as_tuple=True)
            for some in fired.split(_ROWS):
                written = self.decoder_rows(layer, some)
                active = rows[:, some].to(written.dtype)
                made[layer:] += torch.einsum("tf,fmd->mtd", active, written)
        return made.view(*codes.shape[:-1], self.d_model)

    def __call__(self, x: Tensor) -> Tensor:
        """What every layer writes, of what every layer reads, both ``[layer, ..., d_model]``."""
        return self.decode(self.encode(x))

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
        return self._rows("enc", layer, latents)

    def decoder_rows(self, layer: int, latents: Tensor) -> Tensor:
        """What some latents of a layer write, ``[row, written, d_model]``.

        They write to ``layer``, the first of the written ones, and to each above. Arguments and
        errors as in `encoder_rows`.
        """
        rows = self._rows("dec", layer, latents)
        wanted = [self.n_layers - layer, self.d_model]
        if list(rows.shape[1:]) != wanted:
            raise ValueError(
                f"{_name('dec', layer)} of {self._place.origin}: W_dec_{layer} is "
                f"[feature, {', '.join(map(str, rows.shape[1:]))}], wanted [feature, "
                f"{wanted[0]}, {wanted[1]}]: a direction for each layer from {layer} on."
            )
        return rows

    def _rows(self, which: str, layer: int, latents: Tensor) -> Tensor:
        self._check(layer)
        name = _name(which, layer)
        rows = read_rows(self._place.fetch([name]) / name, f"W_{which}_{layer}", latents)
        return rows.to(self.device, self.dtype)

    def _encoder(self, layer: int) -> Tensor:
        """``[feature, d_model]``, of which the last few stay in memory."""
        with self._lock:  # widgets ask from threads of their own
            W_enc = self._held.pop(layer, None)
            if W_enc is None:
                while len(self._held) >= _KEPT:
                    self._held.popitem(last=False)
                path = self._place.fetch([_name("enc", layer)]) / _name("enc", layer)
                sizes = {"d_model": self.d_model, "feature": self.d_sae}
                tensors = files.read_safetensors(path, only={f"W_enc_{layer}"}, **sizes)
                W_enc = tensors.need(f"W_enc_{layer}", "feature", "d_model")
                W_enc = W_enc.to(self.device, self.dtype)
            self._held[layer] = W_enc
        return W_enc

    def _small(self, layer: int) -> _Biases:
        if layer not in self._biases:
            sizes = {"d_model": self.d_model, "feature": self.d_sae}
            self._biases[layer] = _biases(self._place, layer, **sizes).to(self.device, self.dtype)
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


@dataclass(frozen=True, eq=False)
class _Biases:
    """What a layer has beside its matrices.

    Attributes:
        b_enc: ``[feature]``.
        b_dec: ``[d_model]``, added to what the layer is written.
        threshold: ``[feature]``, None for ReLU.
    """

    b_enc: Tensor
    b_dec: Tensor
    threshold: Tensor | None

    def to(self, device: torch.device, dtype: torch.dtype | None) -> _Biases:
        """The same elsewhere; a dtype of None is kept."""
        parts = (self.b_enc, self.b_dec, self.threshold)
        return _Biases(*(None if part is None else part.to(device, dtype) for part in parts))  # type: ignore[arg-type]


def load_cross_layer(
    source: str | Path,
    *,
    revision: str | None = None,
    device: Any = "cpu",
    dtype: Any = "float32",
) -> CrossLayerTranscoder:
    """Open a cross-layer transcoder in circuit-tracer's layout; layers are read when asked for.

    Args:
        source: a folder, or ``"org/repo/folder@revision"`` on the hub.
        revision: of the hub.
        device: where tensors go.
        dtype: of tensors, or ``"auto"`` for that of the files.

    Raises:
        FileNotFoundError: no such folder or repository, or no configuration in it.
        ValueError: transcoders of one layer each, Gemma Scope 2's layout, layers with a gap, or a
            first file that is cut off or does not fit.
        OSError: the hub cannot be reached.
    """
    place = find(source, revision)
    config = circuit_tracer.config_of(place, "cross_layer_transcoder")
    if config.get("transcoders"):
        raise ValueError(
            f"{place.origin} lists files of another layout (Gemma Scope 2's cross-layer ones, all "
            "layers of a decoder in one tensor), which has no form here. Sets of it for one layer "
            "each can be opened: iw.load_transcoders."
        )
    n_layers = _count(place)
    first = _biases(place, 0)
    return CrossLayerTranscoder(
        model=str(config.get("model_name", "")),
        input_hook=str(config.get("feature_input_hook", "hook_resid_mid")),
        output_hook=str(config.get("feature_output_hook", "hook_mlp_out")),
        scan=str(config.get("scan", "")),
        revision=place.revision,
        device=checked_device(device),
        dtype=dtype_named(dtype),
        n_layers=n_layers,
        d_model=len(first.b_dec),
        d_sae=len(first.b_enc),
        _place=place,
    )


def _count(place: Place) -> int:
    """How many layers there are files for."""
    found: dict[str, list[int]] = {"enc": [], "dec": []}
    for name in place.names:
        if match := _FILE.fullmatch(name):
            found[match[1]].append(int(match[2]))
    layers: Sequence[int] = sorted(found["enc"])
    if not layers or layers != list(range(len(layers))) or sorted(found["dec"]) != layers:
        raise ValueError(
            f"{place.origin} has encoders of layers {layers} and decoders of "
            f"{sorted(found['dec'])}; wanted W_enc_0.safetensors and W_dec_0.safetensors and on, "
            "without a gap."
        )
    return len(layers)


def _biases(place: Place, layer: int, **sizes: int) -> _Biases:
    """What the file of a layer's encoder holds beside the matrix, which is not read."""
    name = _name("enc", layer)
    names = {f"{kind}_{layer}" for kind in ("b_enc", "b_dec", "threshold")}
    tensors = files.read_safetensors(place.fetch([name]) / name, only=names, **sizes)
    found = _Biases(
        tensors.need(f"b_enc_{layer}", "feature"),
        tensors.need(f"b_dec_{layer}", "d_model"),
        tensors.maybe(f"threshold_{layer}", "feature"),
    )
    tensors.done(f"W_enc_{layer}")
    if found.threshold is not None:
        circuit_tracer.check_threshold(found.threshold, tensors.path)
    return found


def _name(which: str, layer: int) -> str:
    return f"W_{which}_{layer}.safetensors"


def _site(layer: int, hook: str) -> str:
    return site_of_hook(f"blocks.{layer}.{hook}") if hook else ""
