"""Reading the files that dictionaries come in, none of which is trusted.

Tensors come from safetensors, from ``.npz`` without objects, and from torch's own files read with
``weights_only=True``: none of these runs code from the file. What a file holds is asked for by name
and shape, so that a cut, tampered or mistaken file is refused by name before anything is computed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from interp_widgets.core.tensor_files import check_digest, opened

_FLOATS = ("float16", "float32", "float64")  # what numpy and torch both have


class Tensors:
    """The tensors of one file, asked for by name and shape.

    Sizes are numbers or names: the first tensor that is asked for with ``"feature"`` says how many
    features there are, and every later one has to agree.
    """

    def __init__(self, path: Path, held: Mapping[str, Any], **sizes: int | None) -> None:
        self.path = path
        self.held = dict(held)
        self.sizes = {
            name: (size, "its configuration") for name, size in sizes.items() if size is not None
        }

    def __contains__(self, name: str) -> bool:
        return name in self.held

    def need(self, name: str, *sizes: int | str) -> Tensor:
        """The tensor of this name; it is not asked for again.

        Raises:
            ValueError: it is missing, of another shape, no numbers, or holds NaN or infinity.
        """
        if name not in self.held:
            there = ", ".join(sorted(map(str, self.held))) or "nothing"
            raise ValueError(
                f"{self.path} lacks the tensor {name!r}; left in it: {there}. Is it whole, and of "
                "the format it was read as? format= names another."
            )
        tensor = self.held.pop(name)
        if not isinstance(tensor, Tensor) or not tensor.is_floating_point():
            found = getattr(tensor, "dtype", type(tensor).__name__)
            raise ValueError(f"{self.path}: {name} is {found}, wanted floating-point numbers.")
        self._check_shape(name, tensor, sizes)
        # Floats of one byte know no isfinite.
        wide = tensor if tensor.dtype.itemsize > 1 else tensor.float()
        if not wide.isfinite().all():
            raise ValueError(
                f"{self.path}: {name} holds NaN or infinity. The file is damaged, or training "
                "diverged before it was written."
            )
        return tensor

    def maybe(self, name: str, *sizes: int | str) -> Tensor | None:
        """As `need`, None where there is no such tensor."""
        return self.need(name, *sizes) if name in self.held else None

    def done(self, *ignored: str) -> None:
        """Everything but ``ignored`` was asked for; what else there is would change the result.

        Raises:
            ValueError: something is left.
        """
        left = sorted(str(name) for name in self.held if name not in ignored)
        if left:
            raise ValueError(
                f"{self.path} also holds {', '.join(left)}, which no dictionary of this format "
                "has: it computes something that this package does not know."
            )

    def _check_shape(self, name: str, tensor: Tensor, sizes: tuple[int | str, ...]) -> None:
        wanted = [
            size if isinstance(size, int) else self.sizes.get(size, (None,))[0] for size in sizes
        ]
        fits = len(sizes) == tensor.ndim and all(
            w is None or w == found for w, found in zip(wanted, tensor.shape, strict=True)
        )
        if not fits:
            known = [
                f"{size} = {self.sizes[size][0]} from {self.sizes[size][1]}"
                for size in sizes
                if isinstance(size, str) and size in self.sizes
            ]
            raise ValueError(
                f"{self.path}: {name} has shape {list(tensor.shape)}, wanted "
                f"[{', '.join(map(str, sizes))}]" + (f" with {', '.join(known)}." if known else ".")
            )
        for size, found in zip(sizes, tensor.shape, strict=True):
            if isinstance(size, str):
                self.sizes.setdefault(size, (found, name))


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file.

    Raises:
        FileNotFoundError: no such file.
        ValueError: it is no JSON object.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}.")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError) as broken:
        raise ValueError(f"{path} is not readable JSON: {broken}.") from broken
    if not isinstance(found, dict):
        raise ValueError(f"{path} holds a {type(found).__name__}, wanted a JSON object.")
    return found


def whole_number(config: Mapping[str, Any], name: str, path: Path) -> int:
    """A positive whole number of a configuration.

    Raises:
        ValueError: it is missing or something else.
    """
    value = config.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"{path}: {name} is {value!r:.60}, wanted a whole number of at least 1.")
    return value


def yes_or_no(config: Mapping[str, Any], name: str, path: Path, default: bool) -> bool:
    """What a configuration says to a question, ``default`` where it says nothing.

    Raises:
        ValueError: it says something else than true or false.
    """
    value = config.get(name, default)
    if not isinstance(value, bool):
        raise ValueError(f"{path}: {name} is {value!r:.40}, wanted true or false.")
    return value


def read_safetensors(
    path: Path, only: Collection[str] | None = None, **sizes: int | None
) -> Tensors:
    """The tensors of a safetensors file.

    Args:
        path: the file.
        only: names of those to read; of the others the names alone are known, to `Tensors.done`.
        **sizes: as in `Tensors`.

    Raises:
        FileNotFoundError: no such file.
        ValueError: it is cut off or something else, or was changed since it was written here.
    """
    with opened(path) as file:
        header = file.metadata() or {}
        names = list(file.keys())
        wanted = names if only is None else only
        held: dict[str, Any] = {
            name: file.get_tensor(name) if name in wanted else None for name in names
        }
    if only is None:
        check_digest(path, header, held)
    return Tensors(path, held, **sizes)


def shape_in(path: Path, name: str) -> tuple[int, ...]:
    """The shape of a tensor in a safetensors file, of which nothing else is read.

    Raises:
        FileNotFoundError: no such file.
        ValueError: it is cut off or something else, or has no such tensor.
    """
    with opened(path) as file:
        return tuple(file.get_slice(name).get_shape())


def read_npz(path: Path) -> Tensors:
    """The arrays of an ``.npz`` file; none that holds Python objects.

    Raises:
        FileNotFoundError: no such file.
        ValueError: it is cut off, something else, or holds objects.
    """
    import numpy as np

    if not path.is_file():
        raise FileNotFoundError(f"no file {path}.")
    try:
        # Opened here: numpy leaves a damaged file open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            held = {name: arrays[name] for name in arrays.files}
    except Exception as broken:  # what a hostile file can make of a reader is anyone's guess
        raise ValueError(
            f"{path} is not an .npz of plain arrays: {broken}. Arrays of Python objects are "
            "pickles, which run code when they are read; none is read here. Get the file again."
        ) from broken
    numbers = {
        name: torch.from_numpy(value) if getattr(value, "dtype", None) in _FLOATS else value
        for name, value in held.items()
    }
    return Tensors(path, numbers)


def read_torch(path: Path, **sizes: int | None) -> Tensors:
    """What a ``.pt`` file holds, read without running anything of it.

    Raises:
        FileNotFoundError: no such file.
        ValueError: it holds more than tensors, numbers and strings, or is cut off.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}.")
    try:
        held = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as broken:  # as above
        if type(broken).__name__ == "UnpicklingError":
            raise ValueError(_pickle_refused(path)) from broken
        raise ValueError(f"{path} is not a whole .pt file: {broken}. Get it again.") from broken
    if not isinstance(held, dict):
        raise ValueError(
            f"{path} holds a {type(held).__name__}, wanted a dict of tensors (a state_dict)."
        )
    return Tensors(path, held, **sizes)


def _pickle_refused(path: Path) -> str:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return (
        f"{path} (SHA-256 {digest}) holds more than tensors: a pickle of Python objects, which may "
        "run any code when it is read, or a damaged file. Nothing of it was run, and there is no "
        "switch to run it. If you trust who made it, open it where it can do no harm, with "
        "torch.load(..., weights_only=False), and save its state_dict() with "
        "safetensors.torch.save_file or its weights with torch.save."
    )


def listed(names: Iterable[str], most: int = 6) -> str:
    """Some names for a message, in order."""
    ordered = sorted(names)
    tail = f" and {len(ordered) - most} more" if len(ordered) > most else ""
    return ", ".join(ordered[:most]) + tail if ordered else "nothing"
