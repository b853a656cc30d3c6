"""Files of cross-layer transcoders, of which encoders are read whole and decoders row by row.

Circuit-tracer's: ``W_enc_<l>.safetensors`` (with ``b_enc_<l>``, ``b_dec_<l>`` and maybe
``threshold_<l>``) and ``W_dec_<l>.safetensors`` ``[feature, written, d_model]``, of which the first
written layer is l itself.

Gemma Scope 2's: one ``params_layer_<l>.safetensors`` a layer, with ``w_dec``
``[feature, layer, d_model]`` for all layers (zero for those below l), thresholds, and maybe a
linear map from what the layer reads to what it writes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from interp_widgets.core.dictionary.formats import circuit_tracer, files
from interp_widgets.core.dictionary.formats.gemma_scope_2 import CROSS
from interp_widgets.core.dictionary.formats.rows import check_latents, read_rows
from interp_widgets.core.dictionary.formats.source import Place

_FILE = re.compile(r"W_(enc|dec)_(\d+)\.safetensors")


@dataclass(frozen=True, eq=False)
class Biases:
    """What a layer has beside its matrices.

    Attributes:
        b_enc: ``[feature]``.
        b_dec: ``[d_model]``, added to what the layer is written.
        threshold: ``[feature]``, None for ReLU.
    """

    b_enc: Tensor
    b_dec: Tensor
    threshold: Tensor | None

    def to(self, device: torch.device, dtype: torch.dtype | None) -> Biases:
        """The same elsewhere; a dtype of None is kept."""
        parts = (self.b_enc, self.b_dec, self.threshold)
        return Biases(*(None if part is None else part.to(device, dtype) for part in parts))  # type: ignore[arg-type]


class LayerFiles(Protocol):
    """The numbers of a cross-layer transcoder, a layer at a time, on the cpu in the files' dtype.

    Attributes:
        n_layers: how many layers there are.
        d_model: width of what they read and write.
        d_sae: how many latents a layer has.
        skips: whether each layer also has a linear map of its input.

    All methods raise ValueError where a file is cut off or does not fit.
    """

    n_layers: int
    d_model: int
    d_sae: int
    skips: bool

    def encoder(self, layer: int) -> Tensor:
        """``[feature, d_model]``."""
        ...

    def biases(self, layer: int) -> Biases:
        """What the layer has beside its matrices, which are not read."""
        ...

    def skip(self, layer: int) -> Tensor:
        """``[d_model, d_model]`` from what the layer reads to what it writes."""
        ...

    def encoder_rows(self, layer: int, latents: Tensor) -> Tensor:
        """``[row, d_model]`` of the encoder."""
        ...

    def decoder_rows(self, layer: int, latents: Tensor) -> Tensor:
        """``[row, written, d_model]``, to the layer itself and those above it."""
        ...


class CircuitTracerFiles:
    """Two files a layer, in a folder or on the hub."""

    skips = False

    def __init__(self, place: Place) -> None:
        """Count the layers and read what is small of the first.

        Raises:
            ValueError: layers with a gap, or a first file that does not fit.
        """
        self._place = place
        self._sizes: dict[str, int] = {}
        self.n_layers = self._count()
        first = self.biases(0)
        self.d_model, self.d_sae = len(first.b_dec), len(first.b_enc)
        self._sizes = {"d_model": self.d_model, "feature": self.d_sae}

    def encoder(self, layer: int) -> Tensor:
        """See `LayerFiles.encoder`."""
        name = f"W_enc_{layer}"
        tensors = files.read_safetensors(self._path("enc", layer), only={name}, **self._sizes)
        return tensors.need(name, "feature", "d_model")

    def biases(self, layer: int) -> Biases:
        """See `LayerFiles.biases`."""
        names = {f"{kind}_{layer}" for kind in ("b_enc", "b_dec", "threshold")}
        tensors = files.read_safetensors(self._path("enc", layer), only=names, **self._sizes)
        found = Biases(
            tensors.need(f"b_enc_{layer}", "feature"),
            tensors.need(f"b_dec_{layer}", "d_model"),
            tensors.maybe(f"threshold_{layer}", "feature"),
        )
        tensors.done(f"W_enc_{layer}")
        if found.threshold is not None:
            circuit_tracer.check_threshold(found.threshold, tensors.path)
        return found

    def skip(self, layer: int) -> Tensor:
        """See `LayerFiles.skip`; this layout has none."""
        raise ValueError(f"{self._place.origin} has no linear map of the input of layer {layer}.")

    def encoder_rows(self, layer: int, latents: Tensor) -> Tensor:
        """See `LayerFiles.encoder_rows`."""
        return read_rows(self._path("enc", layer), f"W_enc_{layer}", latents)

    def decoder_rows(self, layer: int, latents: Tensor) -> Tensor:
        """See `LayerFiles.decoder_rows`."""
        path = self._path("dec", layer)
        rows = read_rows(path, f"W_dec_{layer}", latents)
        wanted = [self.n_layers - layer, self.d_model]
        if list(rows.shape[1:]) != wanted:
            raise ValueError(
                f"{path}: W_dec_{layer} is [feature, {', '.join(map(str, rows.shape[1:]))}], "
                f"wanted [feature, {wanted[0]}, {wanted[1]}]: a direction for each layer from "
                f"{layer} on."
            )
        return rows

    def _path(self, which: str, layer: int) -> Path:
        name = f"W_{which}_{layer}.safetensors"
        return self._place.fetch([name]) / name

    def _count(self) -> int:
        """How many layers there are files for."""
        found: dict[str, list[int]] = {"enc": [], "dec": []}
        for name in self._place.names:
            if match := _FILE.fullmatch(name):
                found[match[1]].append(int(match[2]))
        layers = sorted(found["enc"])
        if not layers or layers != list(range(len(layers))) or sorted(found["dec"]) != layers:
            raise ValueError(
                f"{self._place.origin} has encoders of layers {layers} and decoders of "
                f"{sorted(found['dec'])}; wanted W_enc_0.safetensors and W_dec_0.safetensors and "
                "on, without a gap."
            )
        return len(layers)


class GemmaScope2Files:
    """One file a layer."""

    def __init__(self, paths: Sequence[Callable[[], Path]], origin: str) -> None:
        """Read what is small of the first layer.

        Args:
            paths: say where the file of each layer is, and bring it there.
            origin: what its owner calls the place.

        Raises:
            ValueError: fewer layers than are written to, or a first file that does not fit.
        """
        self._paths = paths
        self._sizes: dict[str, int] = {}
        shape = self._shape()
        if shape[1] > len(paths):
            raise ValueError(
                f"{origin} has files of {len(paths)} layers, and w_dec in the first writes to "
                f"{shape[1]}; wanted one for each."
            )
        self.n_layers = shape[1]
        first = self.biases(0)
        self.d_model, self.d_sae = len(first.b_dec), len(first.b_enc)
        self._sizes = {"d_model": self.d_model, "feature": self.d_sae}

    def encoder(self, layer: int) -> Tensor:
        """See `LayerFiles.encoder`."""
        return self._one(layer, "w_enc", "d_model", "feature").T

    def biases(self, layer: int) -> Biases:
        """See `LayerFiles.biases`."""
        names = {"b_enc", "b_dec", "threshold"}
        tensors = files.read_safetensors(self._paths[layer](), only=names, **self._sizes)
        found = Biases(
            tensors.need("b_enc", "feature"),
            tensors.need("b_dec", "d_model"),
            # Rectified before it is compared, so a threshold below 0 does what 0 does.
            tensors.need("threshold", "feature").clamp(min=0),
        )
        if layer == 0:
            self.skips = "affine_skip_connection" in tensors
        tensors.done("w_enc", "w_dec", *(["affine_skip_connection"] if self.skips else []))
        return found

    def skip(self, layer: int) -> Tensor:
        """See `LayerFiles.skip`."""
        return self._one(layer, "affine_skip_connection", "d_model", "d_model")

    def encoder_rows(self, layer: int, latents: Tensor) -> Tensor:
        """See `LayerFiles.encoder_rows`."""
        rows = self.encoder(layer)
        check_latents(latents, len(rows))
        return rows[latents.cpu()]

    def decoder_rows(self, layer: int, latents: Tensor) -> Tensor:
        """See `LayerFiles.decoder_rows`."""
        path = self._paths[layer]()
        rows = read_rows(path, "w_dec", latents)
        wanted = [self.n_layers, self.d_model]
        if list(rows.shape[1:]) != wanted:
            raise ValueError(
                f"{path}: w_dec is [feature, {', '.join(map(str, rows.shape[1:]))}], wanted "
                f"[feature, {wanted[0]}, {wanted[1]}]: a direction for each layer."
            )
        if bool(rows[:, :layer].any()):
            raise ValueError(
                f"{path}: latents of layer {layer} also write to layers below it, which no "
                "cross-layer transcoder does: this is something else, a crosscoder say."
            )
        return rows[:, layer:]

    def _one(self, layer: int, name: str, *sizes: str) -> Tensor:
        tensors = files.read_safetensors(self._paths[layer](), only={name}, **self._sizes)
        return tensors.need(name, *sizes)

    def _shape(self) -> tuple[int, ...]:
        """The shape of the first decoder, without its numbers."""
        path = self._paths[0]()
        shape = files.shape_in(path, "w_dec")
        if len(shape) != 3:
            raise ValueError(
                f"{path}: w_dec has shape {list(shape)}, wanted [feature, layer, d_model]."
            )
        return shape


def gemma_scope_2_layers(place: Place) -> list[Callable[[], Path]]:
    """The layers' files in a folder of Gemma Scope 2; none where it is no such folder.

    Raises:
        ValueError: layers with a gap.
    """
    layers = sorted(int(match[1]) for name in place.names if (match := CROSS.fullmatch(name)))
    if layers != list(range(len(layers))):
        raise ValueError(
            f"{place.origin} has files of layers {layers}; wanted params_layer_0.safetensors and "
            "on, without a gap."
        )

    def path_of(layer: int) -> Callable[[], Path]:
        name = f"params_layer_{layer}.safetensors"
        return lambda: place.fetch([name]) / name

    return [path_of(layer) for layer in layers]
