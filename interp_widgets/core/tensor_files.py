"""Files that are whole or not there, and safetensors files that say what is wrong with them.

A disk may fill and a process may be killed between any two bytes. So what is written goes into a
folder of its own beside its place first, which the next save to that place clears if a kill left
it, and is moved to its place when it is whole.
"""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

DIGEST = "interp_widgets_sha256"  # under which a header names the SHA-256 of what a file holds
_LOCK = threading.RLock()  # threads that save to one place wait for each other


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a file, then move it to its place: whole or not at all.

    Raises:
        OSError: it cannot be written; what stood there before is as it was.
    """
    with unfinished(path) as folder:
        write(folder / path.name)
        (folder / path.name).replace(path)


@contextmanager
def unfinished(path: Path) -> Iterator[Path]:
    """A folder beside ``path``, for what is not yet whole; gone afterwards.

    Raises:
        OSError: what is done in it could not be; what stands at ``path`` is as it was.
    """
    from safetensors import SafetensorError

    folder = path.with_name(f".{path.name}.part")
    with _LOCK:
        try:
            clear(folder)
            folder.mkdir()
            yield folder
        except (OSError, SafetensorError) as error:  # the second: a full disk, to safetensors
            raise OSError(
                f"{path} could not be written: {error}. What stood there before is unchanged. Make "
                "room, or see that you may write there, and save again."
            ) from error
        finally:
            clear(folder)


def clear(place: Path) -> None:
    """Remove a folder or a file, if it is there and can be."""
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place, ignore_errors=True)
    else:
        with suppress(OSError):
            place.unlink()


def save_tensors(path: Path, tensors: Mapping[str, Tensor], header: dict[str, str]) -> None:
    """Fill a safetensors file, whose header also says the SHA-256; for `write_whole`."""
    from safetensors.torch import save_file

    whole = apart(tensors)
    save_file(whole, path, metadata={**header, DIGEST: digest_of(whole, _told(header))})


def apart(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors as a file holds them: on the cpu, in rows, none in the memory of another.

    Two names may be of one tensor, say a tied encoder: a file holds each by itself.
    """
    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    seen: set[int] = set()
    for name, tensor in whole.items():
        memory = tensor.untyped_storage().data_ptr()
        whole[name] = tensor.clone() if memory in seen else tensor
        seen.add(memory)
    return whole


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """A safetensors file, to ask for its header, its names and its tensors.

    Raises:
        FileNotFoundError: no such file.
        ValueError: it is cut off or something else, or lacks what is asked for.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise FileNotFoundError(f"no file {path}.")
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except (SafetensorError, OSError) as broken:
        raise ValueError(
            f"{path} is not a readable safetensors file: {broken}. Get it again."
        ) from broken


def read_tensors(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    """The header of a safetensors file, and all its tensors.

    Raises:
        FileNotFoundError: no such file.
        ValueError: as `opened`, or it was changed since `save_tensors` wrote it.
    """
    with opened(path) as file:
        header = file.metadata() or {}
        names = file.keys()  # a method of its own: the file is no dict
        tensors = {name: file.get_tensor(name) for name in names}
    check_digest(path, header, tensors)
    return header, tensors


def check_digest(path: Path, header: Mapping[str, str], tensors: Mapping[str, Tensor]) -> None:
    """Compare all tensors of a file with the SHA-256 in its header, if it has one.

    Raises:
        ValueError: they differ.
    """
    if header.get(DIGEST) not in (None, digest_of(tensors, _told(header))):
        raise ValueError(
            f"{path} was changed or damaged since it was written: its numbers do not have the "
            "SHA-256 that its header names. Use another copy of it."
        )


def _told(header: Mapping[str, str]) -> str:
    """What of a header counts for the digest: the fields of a record that are no tensors."""
    return header.get("fields", "")


def digest_of(tensors: Mapping[str, Tensor], told: str = "") -> str:
    """SHA-256 of what is told of tensors, and of their names, types, shapes and numbers."""
    digest = hashlib.sha256(told.encode())
    for name in sorted(tensors):
        tensor = tensors[name].cpu().contiguous()
        digest.update(f"|{name}|{tensor.dtype}|{list(tensor.shape)}|".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
