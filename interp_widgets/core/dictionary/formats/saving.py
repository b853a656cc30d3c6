"""Writing files so that what stood there before is whole until the new ones are.

A disk may fill and a process may be killed between any two bytes. What is written goes into a
folder of its own beside its place first, which the next save to that place clears if a kill left
it, and weights and their configuration name each other.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from torch import Tensor

from interp_widgets.core.dictionary.formats import files

_MARK = 32  # digits of a digest that stand in a file's name
_LOCK = threading.RLock()  # threads that save to one place wait for each other


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` fill a file, then move it to its place: whole or not at all.

    Raises:
        OSError: it cannot be written; what stood there before is as it was.
    """
    with _unfinished(path) as folder:
        write(folder / path.name)
        (folder / path.name).replace(path)


@contextmanager
def _unfinished(path: Path) -> Iterator[Path]:
    """A folder beside ``path``, for what is not yet whole; gone afterwards.

    Raises:
        OSError: what is done in it could not be; what stands at ``path`` is as it was.
    """
    from safetensors import SafetensorError

    folder = path.with_name(f".{path.name}.part")
    with _LOCK:
        try:
            _clear(folder)
            folder.mkdir()
            yield folder
        except (OSError, SafetensorError) as error:  # the second: a full disk, to safetensors
            raise OSError(
                f"{path} could not be written: {error}. What stood there before is unchanged. Make "
                "room, or see that you may write there, and save again."
            ) from error
        finally:
            _clear(folder)


def _clear(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place, ignore_errors=True)
    else:
        with suppress(OSError):
            place.unlink()


def write_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write a safetensors file, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    write_whole(path, partial(_tensors_into, tensors, {"format": "pt"}))


def _tensors_into(tensors: Mapping[str, Tensor], about: dict[str, str], path: Path) -> None:
    from safetensors.torch import save_file

    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    # Two names of one tensor, say a tied encoder: a file holds each by itself.
    seen: set[int] = set()
    for name, tensor in whole.items():
        memory = tensor.untyped_storage().data_ptr()
        whole[name] = tensor.clone() if memory in seen else tensor
        seen.add(memory)
    save_file(whole, path, metadata={**about, files.DIGEST: files.digest_of(whole)})


def write_pair(weights: Path, tensors: Mapping[str, Tensor], config: Path, text: str) -> None:
    """Write weights and their configuration, so that a reader never gets one of each save.

    Two files cannot be moved at one instant. So the new configuration is on disk, under the name of
    its digest, before the weights that carry this digest take their place; a reader who finds the
    two apart, because a save was killed between, takes the one that belongs.

    Raises:
        OSError: one cannot be written; both are as they were, or the pair is the new one.
    """
    digest = _digest(text)
    waiting, mark = _waiting(config, digest), {"format": "pt", "config_sha256": digest}
    with _unfinished(weights) as folder:
        _settle(weights, config)
        write_text(text, folder / config.name)
        _tensors_into(tensors, mark, folder / weights.name)
        (folder / config.name).replace(waiting)
        try:
            (folder / weights.name).replace(weights)
        except BaseException:
            waiting.unlink(missing_ok=True)
            raise
        waiting.replace(config)


def _settle(weights: Path, config: Path) -> None:
    """Finish what a save that was killed left half done, and clear away what it left."""
    with suppress(ValueError):  # weights that nobody can read have no configuration
        belongs = config_beside(weights, config)
        if belongs != config:
            belongs.replace(config)
    for left in config.parent.iterdir():
        if re.fullmatch(rf"\.{re.escape(config.name)}\.[0-9a-f]{{{_MARK}}}", left.name):
            _clear(left)


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
            digest = (file.metadata() or {}).get("config_sha256", "")[:_MARK]
    except (SafetensorError, OSError) as broken:
        raise ValueError(
            f"{weights} is not a whole safetensors file: {broken}. Get it again."
        ) from broken
    if not re.fullmatch(rf"[0-9a-f]{{{_MARK}}}", digest):
        return config
    waiting = _waiting(config, digest)
    return waiting if waiting.is_file() else config


def _waiting(config: Path, digest: str) -> Path:
    return config.with_name(f".{config.name}.{digest[:_MARK]}")


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
