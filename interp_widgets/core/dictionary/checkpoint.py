"""What a training run is at one step, in memory and on disk.

On disk it is one safetensors file: tensors as tensors, all else as JSON in its header, with a
SHA-256 of both. It is written beside its place, flushed to the disk and then moved there, so that
whatever happens on the way, the file before it stays whole.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

import interp_widgets
from interp_widgets.core.tensor_files import clear, digest_of, opened

FILE = "run.safetensors"
KIND = "TrainingRun"
SCHEMA = 1
_COLUMNS = "by_columns"
MEMORY = 2 << 30  # bytes that the checkpoints of a run may hold in memory, about
MOST = 64  # of them


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A state.

    Attributes:
        tensors: by name, on the cpu.
        plain: what JSON can hold.
    """

    tensors: dict[str, Tensor]
    plain: dict[str, Any]

    @property
    def size(self) -> int:
        """Bytes of its tensors."""
        return sum(t.numel() * t.element_size() for t in self.tensors.values())


class Kept:
    """Checkpoints in memory, by step: spread over the run, its beginning among them.

    At most `MOST` of them, fewer where `MEMORY` has no room for so many.
    """

    def __init__(self) -> None:
        self._at: dict[int, Snapshot] = {}

    @property
    def steps(self) -> tuple[int, ...]:
        """Where there is one, ascending."""
        return tuple(sorted(self._at))

    def add(self, step: int, snapshot: Snapshot) -> None:
        """Keep one; where that is too many, the one goes that leaves the smallest gap."""
        self._at[step] = snapshot
        most = max(2, min(MOST, MEMORY // max(1, snapshot.size)))
        while len(self._at) > most:
            steps = self.steps
            gaps = [after - before for before, after in zip(steps, steps[2:], strict=False)]
            del self._at[steps[1 + gaps.index(min(gaps))]]

    def before(self, step: int) -> tuple[int, Snapshot]:
        """The last one at or before a step.

        Raises:
            ValueError: there is none.
        """
        at = [known for known in self._at if known <= step]
        if not at:
            raise ValueError(f"no checkpoint is kept at or before step {step}.")
        return max(at), self._at[max(at)]

    def drop_after(self, step: int) -> None:
        """Forget what lies beyond a step."""
        for gone in [known for known in self._at if known > step]:
            del self._at[gone]


def check_folder(folder: Path) -> None:
    """Refuse what is there and is no folder.

    Raises:
        NotADirectoryError: as said.
    """
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"{folder} is a file; a run is saved in a folder. Name another.")


def write(folder: Path, snapshot: Snapshot) -> Path:
    """Write a snapshot into a folder, whole or not at all.

    Raises:
        OSError: it cannot be written: the disk is full, say. The file before it stays.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    check_folder(folder)
    path, unfinished = folder / FILE, folder / f"{FILE}.part"
    tensors, by_columns = _in_rows(snapshot.tensors)
    state = json.dumps({**snapshot.plain, _COLUMNS: by_columns})
    header = {
        "kind": KIND,
        "schema": str(SCHEMA),
        "package": interp_widgets.__version__,
        "state": state,
        "sha256": digest_of(tensors, state),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # In a folder of its own: the library writes beside the file it was given, under a name that
        # nobody knows, and what a kill leaves of that goes with the next checkpoint.
        clear(unfinished)
        unfinished.mkdir()
        save_file(tensors, unfinished / FILE, metadata=header)
        with (unfinished / FILE).open("rb+") as file:
            os.fsync(file.fileno())
        (unfinished / FILE).replace(path)
    except (SafetensorError, OSError) as error:  # the library reports a full disk as its own error
        stays = "the run as it was saved before stays" if path.exists() else "nothing was saved"
        raise OSError(
            f"{path} could not be written: {error}; {stays}. Make room, or see that you may write "
            "there, and save again: the run itself lost nothing."
        ) from error
    finally:
        clear(unfinished)
    return path


def read(folder: Path) -> Snapshot:
    """Read what `write` wrote.

    Raises:
        FileNotFoundError: no run was saved there.
        ValueError: the file is damaged, was changed, is of something else or of a newer version.
    """
    path = folder / FILE
    if not path.is_file():
        raise FileNotFoundError(f"no {FILE} in {folder}: no run was saved there with run.save.")
    with opened(path) as file:
        header = file.metadata() or {}
        names = file.keys()  # a method of its own: the file is no dict
        # Copies: how a product is rounded can depend on where in memory its numbers lie.
        tensors = {name: file.get_tensor(name).clone() for name in names}
    if header.get("kind") != KIND:
        raise ValueError(f"{path} holds no training run (kind {header.get('kind')!r}).")
    schema = header.get("schema", "")
    if schema.isdecimal() and int(schema) > SCHEMA:
        raise ValueError(
            f"{path} was written by interp_widgets {header.get('package')}, schema {schema}; this "
            f"version reads up to {SCHEMA}. Update with pip install -U interp-widgets."
        )
    state = header.get("state", "")
    if header.get("sha256") != digest_of(tensors, state):
        raise ValueError(
            f"{path} was changed or damaged since it was written: its numbers do not have the "
            "SHA-256 that its header names. Use another copy of it."
        )
    plain = json.loads(state)
    for name in plain.pop(_COLUMNS):
        tensors[name] = tensors[name].T
    return Snapshot(tensors, plain)


def _in_rows(tensors: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], list[str]]:
    """Tensors as a file holds them, and the names of those that lie in memory column by column.

    They come back in the same way: a product of the same numbers in another order of memory is
    rounded otherwise, and the curve would not be the same to the last bit.
    """
    by_columns = [
        name
        for name, tensor in tensors.items()
        if tensor.ndim == 2 and not tensor.is_contiguous() and tensor.T.is_contiguous()
    ]
    rows = {
        name: (tensor.T if name in by_columns else tensor).contiguous()
        for name, tensor in tensors.items()
    }
    return rows, by_columns
