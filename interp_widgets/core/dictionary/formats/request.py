"""What was asked of a loader, after folders and the hub have been dealt with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from interp_widgets.core.dictionary.formats.files import listed, whole_number


@dataclass(frozen=True)
class Request:
    """One dictionary to read.

    Attributes:
        folder: where its files are on this disk.
        origin: what its owner calls that place, ``"google/gemma-scope-2b-pt-res/layer_20/…"`` or
            the folder's path: some layouts tell the layer and the model in names of folders alone.
        file: the one file that was named, ``""`` where a folder was.
        dtype: of its tensors in memory; None for that of the file.
        layer: which layer of a set.
        k: how many latents fire, where the file does not say.
        norm_scale: what inputs are multiplied by, where the file does not say.
    """

    folder: Path
    origin: str = ""
    file: str = ""
    dtype: torch.dtype | None = torch.float32
    layer: int | None = None
    k: int | None = None
    norm_scale: float | None = None

    def dtype_of(self, tensor: Tensor) -> torch.dtype:
        """The dtype of the dictionary, of whose file this is a tensor."""
        return self.dtype or tensor.dtype

    def k_of(self, said: Any, path: Path) -> int:
        """How many latents fire: what the files say, and where they do not, what was passed.

        Args:
            said: a number, also as a tensor of one; None where the files do not say.
            path: the file that an error names.

        Raises:
            ValueError: nobody says, or it is no whole number of at least 1.
        """
        found = self.k if said is None else said
        if found is None:
            raise ValueError(
                f"{path}: neither the files nor the name of their place say how many latents fire. "
                "Pass k=…"
            )
        found = found.item() if isinstance(found, Tensor) and found.numel() == 1 else found
        return whole_number({"k": found}, "k", path)

    def one_of(self, file: re.Pattern[str], of_layer: str) -> Path:
        """The file to read, in a layout that has one for each layer.

        Args:
            file: what such a file is called.
            of_layer: the name of that of a layer, with ``{}`` for the layer.

        Raises:
            ValueError: there are several, or none for this layer.
        """
        if self.file:
            return self.folder / self.file
        there = [path.name for path in self.folder.iterdir() if file.fullmatch(path.name)]
        wanted = there if self.layer is None else [of_layer.format(self.layer)]
        if len(wanted) != 1 or wanted[0] not in there:
            raise ValueError(
                f"{self.origin or self.folder} holds {listed(there)}, a layer each: name one, "
                f"layer=… or the file itself; got layer={self.layer}."
            )
        return self.folder / wanted[0]

    def about(self, format: str, file: Path, tensor: Tensor) -> dict[str, Any]:
        """Where a dictionary came from, for its metadata."""
        inside = (
            file.relative_to(self.folder).as_posix() if file.is_relative_to(self.folder) else ""
        )
        return {
            "format": format,
            "file": f"{self.origin or self.folder}/{inside}".rstrip("/"),
            "stored_dtype": dtype_name(tensor.dtype),
        }


def dtype_name(dtype: torch.dtype) -> str:
    """``"float32"``."""
    return str(dtype).removeprefix("torch.")
