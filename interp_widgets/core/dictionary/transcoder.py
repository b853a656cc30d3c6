"""Sets of transcoders, one a layer: the parts of a replacement for a model's MLPs.

A set for a large model fills more memory than the model. So layers are read when they are asked
for, the last few are kept, and the rows of single latents come from the file without the rest.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from interp_widgets.core.dictionary.formats import circuit_tracer, dtype_named, files, load, saving
from interp_widgets.core.dictionary.formats.request import Request
from interp_widgets.core.dictionary.formats.rows import check_latents, read_rows
from interp_widgets.core.dictionary.formats.site_names import hook_of_site
from interp_widgets.core.dictionary.formats.source import Place, find
from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.load import checked_device
from interp_widgets.core.tensor_files import write_whole

_KEPT = 2  # layers in memory


@dataclass(frozen=True, eq=False, repr=False)
class TranscoderSet:
    """Transcoders of a model's layers, from the first on.

    Attributes:
        model: name of the model they are for, ``""`` where unknown.
        input_hook: what they read, in TransformerLens's words, without the layer.
        output_hook: what their output is to equal, likewise.
        scan: the name under which their latents were labelled, ``""`` where unknown.
        revision: of the hub, ``""`` where there is none.
        device: where layers go.
    """

    model: str
    input_hook: str
    output_hook: str
    scan: str
    revision: str
    device: torch.device
    _files: tuple[_Layer, ...]
    _held: OrderedDict[int, SAE] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __len__(self) -> int:
        return len(self._files)

    def __repr__(self) -> str:
        of = f" of {self.model}" if self.model else ""
        return f"TranscoderSet({len(self)} layers{of}, {self.input_hook} to {self.output_hook})"

    def __iter__(self) -> Iterator[SAE]:
        return (self[layer] for layer in range(len(self)))

    def __getitem__(self, layer: int) -> SAE:
        """The transcoder of a layer, read now if it is not in memory.

        Raises:
            IndexError: a layer without one.
            ValueError: its file is cut off or does not fit.
        """
        self._check(layer)
        with self._lock:  # widgets ask from threads of their own
            sae = self._held.pop(layer, None)
            if sae is None:
                while len(self._held) >= _KEPT:
                    self._held.popitem(last=False)
                sae = self._files[layer].read().to(self.device)
            self._held[layer] = sae
        return sae

    @property
    def n_layers(self) -> int:
        """How many layers it has transcoders for."""
        return len(self)

    @property
    def d_sae(self) -> int:
        """How many latents a layer has."""
        return self[0].d_sae

    def encoder_rows(self, layer: int, latents: Tensor) -> Tensor:
        """What some latents of a layer read, ``[row, d_in]``.

        Args:
            layer: the layer.
            latents: their numbers, int64 ``[row]``, in any order.

        Raises:
            TypeError: latents that are no such tensor.
            IndexError: a layer or latent that is not there.
        """
        return self._rows(layer, latents, "W_enc")

    def decoder_rows(self, layer: int, latents: Tensor) -> Tensor:
        """What some latents of a layer write, ``[row, d_out]``; see `encoder_rows`."""
        return self._rows(layer, latents, "W_dec")

    def _rows(self, layer: int, latents: Tensor, name: str) -> Tensor:
        self._check(layer)
        slices = self._files[layer].rows
        if layer not in self._held and slices is not None:
            return slices(name, latents).to(self.device)
        sae = self[layer]
        rows = sae.W_enc.T if name == "W_enc" else sae.W_dec
        check_latents(latents, len(rows))
        return rows[latents.to(rows.device)]

    def _check(self, layer: int) -> None:
        if layer not in range(len(self)):
            raise IndexError(f"this set has layers 0 to {len(self) - 1}; got {layer!r}.")


@dataclass(frozen=True)
class _Layer:
    """How to read a layer, and, where its file allows it, rows of its matrices."""

    read: Callable[[], SAE]
    rows: Callable[[str, Tensor], Tensor] | None = None


def load_transcoders(
    source: str | Path,
    *,
    revision: str | None = None,
    device: Any = "cpu",
    dtype: Any = "float32",
) -> TranscoderSet:
    """Open a set of transcoders in circuit-tracer's layout; layers are read when asked for.

    Args:
        source: a folder, or ``"org/repo/folder@revision"`` on the hub.
        revision: of the hub.
        device: where layers go.
        dtype: of their tensors, or ``"auto"`` for that of the files.

    Raises:
        FileNotFoundError: no such folder or repository, or no configuration in it.
        ValueError: a cross-layer set, layers that are not contiguous from 0.
        OSError: the hub cannot be reached.
    """
    place = find(source, revision)
    config = circuit_tracer.config_of(place, "transcoder_set")
    folder = place.fetch([circuit_tracer.CONFIG])
    request = Request(folder, place.origin, dtype=dtype_named(dtype))
    listed = config.get("transcoders")
    layers = _elsewhere(listed, config, dtype) if listed else _beside(place, config, request)
    hooks = [str(config.get(f"feature_{side}_hook", "")) for side in ("input", "output")]
    return TranscoderSet(
        str(config.get("model_name", "")),
        *hooks,
        scan=str(config.get("scan", "")),
        revision=place.revision,
        device=checked_device(device),
        _files=layers,
    )


def save_transcoders(
    transcoders: Sequence[SAE], folder: str | Path, scan: str = "", **config: Any
) -> Path:
    """Write transcoders, one for each layer from the first on, as circuit-tracer reads them.

    Args:
        transcoders: as many as the model has layers, in order, of one kind and width.
        folder: where to; made where it is not.
        scan: a name for their labels.
        **config: what else ``config.yaml`` is to say.

    Raises:
        TypeError: something that is no dictionary.
        ValueError: none, unlike ones, or places that have no hook in TransformerLens.
        OSError: a file cannot be written; those before it are.
    """
    import yaml

    hooks = _hooks(transcoders)
    first = transcoders[0]
    said = {"model_name": first.model, "model_kind": "transcoder_set", **hooks}
    said |= {"scan": scan} if scan else {}
    if first.activation in ("relu", "topk"):
        said["activation"] = first.activation
    said |= {"k": first.k} if first.k is not None else {}
    path = saving.folder_for(folder, "circuit_tracer")
    for layer, sae in enumerate(transcoders):
        target = path / f"layer_{layer}.safetensors"
        saving.write_tensors(target, circuit_tracer.tensors_of(sae))
    text = yaml.safe_dump(said | config, sort_keys=False)
    write_whole(path / circuit_tracer.CONFIG, partial(saving.write_text, text))
    return path


def _hooks(transcoders: Sequence[SAE]) -> dict[str, str]:
    """What all of them read and write, without the layer."""
    if not transcoders:
        raise ValueError("a set has a transcoder for each layer; got none.")
    for sae in transcoders:
        if not isinstance(sae, SAE):
            raise TypeError(f"a set is of transcoders, each an iw.SAE; got {type(sae).__name__}.")
    alike = {(sae.activation, sae.k, sae.d_sae, sae.W_skip is None) for sae in transcoders}
    if len(alike) > 1:
        raise ValueError(f"transcoders of a set are of one kind and width; got {sorted(alike)}.")
    found: list[set[str | None]] = [set(), set()]
    for layer, sae in enumerate(transcoders):
        for side, key, site in ((0, "hook_name", sae.site), (1, "hook_name_out", sae.site_out)):
            hook = sae.metadata.get(key) or hook_of_site(site)[0] or ""
            found[side].add(hook.removeprefix(f"blocks.{layer}."))
    if any(len(hooks) != 1 or hooks & {"", None} for hooks in found):
        raise ValueError(
            "transcoder i of a set reads and writes layer i, all at places of one kind; got "
            f"{files.listed(sae.place or 'no place' for sae in transcoders)}."
        )
    return {
        f"feature_{side}_hook": str(next(iter(hooks)))
        for side, hooks in zip(("input", "output"), found, strict=True)
    }


def _beside(place: Place, config: Mapping[str, Any], request: Request) -> tuple[_Layer, ...]:
    """Layers whose files stand beside the configuration."""
    there = sorted(circuit_tracer.layers_in(place.names))
    if not there or there != list(range(len(there))):
        raise ValueError(
            f"{place.origin} has files for layers {there}; wanted layer_0.safetensors and on, "
            "without a gap."
        )

    def layer_of(number: int) -> _Layer:
        name = f"layer_{number}.safetensors"

        def read() -> SAE:
            path = place.fetch([name]) / name
            return circuit_tracer.transcoder(path, config, number, request)

        def rows(which: str, latents: Tensor) -> Tensor:
            found = read_rows(place.fetch([name]) / name, which, latents)
            return found.to(request.dtype_of(found))

        return _Layer(read, rows)

    return tuple(map(layer_of, there))


def _elsewhere(listed: Any, config: Mapping[str, Any], dtype: Any) -> tuple[_Layer, ...]:
    """Layers of which the configuration says where each is."""
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        raise ValueError(
            f"transcoders in {circuit_tracer.CONFIG} is a list of names; got {listed!r:.60}."
        )

    def read(name: str, layer: int) -> SAE:
        if re.search(r"params\.(npz|safetensors)", name):  # Gemma Scope's own layouts
            sae = load(name, dtype=dtype)
        else:
            place = find(name)
            path = place.fetch([place.file]) / place.file
            request = Request(path.parent, place.origin, dtype=dtype_named(dtype))
            return circuit_tracer.transcoder(path, config, layer, request)
        model = config.get("model_name")
        return replace(sae, model=model if isinstance(model, str) else sae.model)

    return tuple(_Layer(partial(read, name, layer)) for layer, name in enumerate(listed))
