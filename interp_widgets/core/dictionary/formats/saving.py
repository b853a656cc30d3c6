"""Writing weights and their configuration, so that no reader ever gets one of each save.

Both are written aside first (`tensor_files`), and they name each other by their digests.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from torch import Tensor

from interp_widgets.core.tensor_files import (
    clear,
    opened,
    save_tensors,
    unfinished,
    write_whole,
)

_MARK = 32  # digits of a digest that stand in a file's name


def write_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write a safetensors file, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    write_whole(path, partial(save_tensors, tensors=tensors, header={"format": "pt"}))


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
    with unfinished(weights) as folder:
        _settle(weights, config)
        write_text(text, folder / config.name)
        save_tensors(folder / weights.name, tensors, mark)
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
            clear(left)


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
    if not weights.is_file():
        return config
    with opened(weights) as file:
        digest = (file.metadata() or {}).get("config_sha256", "")[:_MARK]
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
