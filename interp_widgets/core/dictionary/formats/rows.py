"""Rows of a matrix in a safetensors file, read without the others.

What a latent reads or writes is a row, and of a hundred thousand latents a prompt fires a few
hundred: their rows are a small part of the file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from interp_widgets.core.tensor_files import opened


def read_rows(path: Path, name: str, latents: Tensor) -> Tensor:
    """Some rows of a tensor, in the dtype of the file.

    Args:
        path: a safetensors file.
        name: of a tensor ``[feature, ...]`` in it.
        latents: numbers of rows, int64 ``[row]``, in any order, also several times.

    Returns:
        ``[row, ...]`` on the cpu.

    Raises:
        TypeError: latents that are no such tensor.
        IndexError: a row that is not there.
        FileNotFoundError: no such file.
        ValueError: the file is cut off, or holds no such tensor.
    """
    check_latents(latents)
    unique, back = latents.cpu().unique(return_inverse=True)
    with opened(path) as file:
        matrix = file.get_slice(name)
        check_latents(unique, matrix.get_shape()[0])
        rows = torch.cat([matrix[start:stop] for start, stop in _runs(unique)])
    return rows[back]


def check_latents(latents: Any, width: int | None = None) -> None:
    """Refuse what does not number latents, of which there are ``width`` where that is known.

    Raises:
        TypeError: no tensor of whole numbers ``[row]``.
        IndexError: a latent that is not there.
    """
    if not isinstance(latents, Tensor) or latents.ndim != 1 or latents.dtype != torch.long:
        found = latents.dtype if isinstance(latents, Tensor) else type(latents).__name__
        raise TypeError(f"latents are numbered by an int64 tensor [row]; got {found}.")
    if width is None or not len(latents):
        return
    if int(latents.min()) < 0 or int(latents.max()) >= width:
        raise IndexError(
            f"latents are 0 to {width - 1}; got {int(latents.min())} to {int(latents.max())}."
        )


def _runs(rows: Tensor) -> list[tuple[int, int]]:
    """Rows in order as stretches without a gap: fewer reads, and no copy of what is between."""
    if not len(rows):
        return [(0, 0)]
    breaks = (rows.diff() > 1).nonzero().flatten() + 1
    parts = rows.tensor_split(breaks)
    return [(int(run[0]), int(run[-1]) + 1) for run in parts]
