"""Writing files so that what stood there before is whole until the new ones are.

A disk may fill and a process may be killed between any two bytes. What is written goes beside its
place first, and weights and their configuration name each other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from torch import Tensor


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` fill a file beside ``path``, then move it there: whole or not at all.

    Raises:
        OSError: it cannot be written; what stood there before is as it was.
    """
    from safetensors import SafetensorError

    unfinished = path.with_name(f".{path.name}.{uuid4().hex}.part")
    try:
        write(unfinished)
        unfinished.replace(path)
    except (OSError, SafetensorError) as error:  # the second is how safetensors meets a full disk
        raise OSError(
            f"{path} could not be written: {error}. What stood there before is unchanged. Make "
            "room, or see that you may write there, and save again."
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)


def write_tensors(path: Path, tensors: Mapping[str, Tensor], config: str = "") -> None:
    """Write a safetensors file, whole or not at all.

    Args:
        path: the file.
        tensors: what it holds.
        config: text of the configuration file that belongs to it; see `write_pair`.

    Raises:
        OSError: it cannot be written.
    """
    from safetensors.torch import save_file

    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    # Two names of one tensor, say a tied encoder: a file holds each by itself.
    seen: set[int] = set()
    for name, tensor in whole.items():
        memory = tensor.untyped_storage().data_ptr()
        whole[name] = tensor.clone() if memory in seen else tensor
        seen.add(memory)
    mark = {"format": "pt"} | ({"config_sha256": _digest(config)} if config else {})
    write_whole(path, lambda unfinished: save_file(whole, unfinished, metadata=mark))


def write_pair(weights: Path, tensors: Mapping[str, Tensor], config: Path, text: str) -> None:
    """Write weights and their configuration, so that a reader never gets one of each save.

    Two files cannot be moved at one instant. So the new configuration is on disk, under the name of
    its digest, before the weights that carry this digest take their place; a reader who finds the
    two apart, because a save was killed between, takes the one that belongs.

    Raises:
        OSError: one cannot be written; both are as they were, or the pair is the new one.
    """
    waiting = _waiting(config, _digest(text))
    write_whole(waiting, partial(write_text, text))
    try:
        write_tensors(weights, tensors, text)
    except BaseException:
        waiting.unlink(missing_ok=True)
        raise
    waiting.replace(config)


def as_json(config: Mapping[str, Any]) -> str:
    """A configuration as text.

    Raises:
        ValueError: it holds what JSON cannot.
    """
    try:
        return json.dumps(config, indent=1, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"the metadata of a dictionary is written as JSON, and this is none: {error}. Put "
            "plain numbers, strings, lists and dicts there."
        ) from error


def write_text(text: str, path: Path) -> None:
    """Write a text as it is; for `write_whole`."""
    path.write_text(text, encoding="utf-8")


def config_beside(weights: Path, config: Path) -> Path:
    """Where the configuration of some weights is: ``config``, or what a killed save left waiting.

    Raises:
        ValueError: weights that cannot be read.
    """
    from safetensors import SafetensorError, safe_open

    if not weights.is_file():
        return config
    try:
        with safe_open(weights, framework="pt") as file:
            digest = (file.metadata() or {}).get("config_sha256", "")
    except (SafetensorError, OSError) as broken:
        raise ValueError(
            f"{weights} is not a whole safetensors file: {broken}. Get it again."
        ) from broken
    waiting = _waiting(config, digest)
    return waiting if digest and waiting.is_file() else config


def _waiting(config: Path, digest: str) -> Path:
    return config.with_name(f".{config.name}.{digest[:32]}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def folder_for(path: str | Path, format: str) -> Path:
    """A folder to write to, made where it is not.

    Raises:
        NotADirectoryError: a file is there.
        OSError: it cannot be made.
    """
    folder = Path(path)
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"{folder} is a file; the {format} format is a folder of files.")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
