"""The files of a folder of shards: a JSON header, and safetensors files that it lists.

Each is written whole or not at all, and none is trusted when it is read: the header says what every
file holds and the SHA-256 of its bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

SCHEMA = 1
KIND = "ActivationShards"
HEADER = "shards.json"
DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}

_FIELDS = {
    "model": str,
    "revision": str,
    "weights": str,
    "sites": list,
    "dtype": str,
    "shard_tokens": int,
    "complete": bool,
    "shards": list,
}
_AGAIN = "Remove the folder and cache again."


@dataclass(frozen=True)
class Entry:
    """What the header says of one shard."""

    file: str
    tokens: int
    prompts: int
    digest: str  # of the ids of all prompts up to and with this shard
    sha256: str  # of the file


def file_name(shard: int) -> str:
    """The file of the shard of this number."""
    return f"{shard:05d}.safetensors"


def save(path: Path, tensors: dict[str, Tensor]) -> str:
    """Writes a file whole or not at all; returns its SHA-256.

    Raises:
        OSError: it cannot be written; the disk is full, say.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    unfinished = path.with_suffix(".part")
    with _saying_what_stays(path):
        try:
            save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, unfinished)
            digest = _sha256(unfinished)
            unfinished.replace(path)
        except SafetensorError as error:  # how the library reports a full disk
            raise OSError(str(error)) from error
        finally:
            unfinished.unlink(missing_ok=True)
    return digest


def check(path: Path, entry: Entry) -> None:
    """Raises ValueError when a file is not the one that was written."""
    try:
        same = _sha256(path) == entry.sha256
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error}. {_AGAIN}") from error
    if not same:
        raise ValueError(f"{path} was changed or damaged since it was written. {_AGAIN}")


def load(path: Path, names: list[str]) -> dict[str, Tensor]:
    """Some tensors of a file.

    Raises:
        ValueError: it cannot be read, or lacks one of them.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in names}
    except (SafetensorError, OSError) as broken:
        raise ValueError(f"{path} cannot be read: {broken}. {_AGAIN}") from broken


def write_header(folder: Path, header: dict[str, Any]) -> None:
    """Writes the header whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    unfinished = folder / f"{HEADER}.part"
    with _saying_what_stays(folder / HEADER):
        try:
            unfinished.write_text(json.dumps(header, indent=1), encoding="utf-8")
            unfinished.replace(folder / HEADER)
        finally:
            unfinished.unlink(missing_ok=True)


def read_header(folder: Path) -> dict[str, Any] | None:
    """The header of a folder, None where there is none.

    Raises:
        ValueError: it is damaged, of something else, or of a newer version.
    """
    path = folder / HEADER
    if not path.is_file():
        return None
    try:
        header = json.loads(path.read_text(encoding="utf-8"))
        schema, kind = header["schema"], header["kind"]
        newer = schema > SCHEMA
    except (ValueError, KeyError, TypeError) as broken:
        raise ValueError(f"{path} is damaged: {broken!r}. Remove the folder.") from broken
    if newer:
        raise ValueError(
            f"{path} was written by interp_widgets {header.get('package')}, schema {schema}; this "
            f"version reads up to {SCHEMA}. Update with pip install -U interp-widgets."
        )
    wrong = [f"it is of {kind!r}"] if kind != KIND else list(_faults(header))
    if wrong:
        raise ValueError(f"{path} is damaged: {wrong[0]}. Remove the folder.")
    return header


def _faults(header: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a header, in words."""
    missing = _FIELDS.keys() - header.keys()
    if missing:
        yield f"it lacks {', '.join(sorted(missing))}"
        return
    for name, kind in _FIELDS.items():
        if not isinstance(header[name], kind):
            yield f"{name} is {header[name]!r:.40}"
            return
    if header["dtype"] not in DTYPES:
        yield f"dtype is {header['dtype']!r}"
    if not all(isinstance(site, str) for site in header["sites"]):
        yield f"sites are {header['sites']!r:.40}"
    names = {field.name for field in fields(Entry)}
    for number, entry in enumerate(header["shards"]):
        if not isinstance(entry, dict) or entry.keys() != names:
            yield f"shard {number} is {entry!r:.40}"
        elif entry["file"] != file_name(number):  # no path that leads elsewhere
            yield f"shard {number} is in {entry['file']!r:.40}"
        elif not all(isinstance(entry[name], int) for name in ("tokens", "prompts")):
            yield f"shard {number} has {entry['tokens']!r:.20} tokens"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _saying_what_stays(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OSError(
            f"{path} could not be written: {error}. What came before it stays on disk; make room, "
            "or see that you may write there, and make the same call again: it goes on."
        ) from error
