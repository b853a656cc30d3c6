"""Several processes that train one dictionary, each on its share of every batch.

Started with 🤗 Accelerate (``accelerate launch -m interp_widgets.cli train-sae config.yaml``). All
of them draw the same batch and begin with the same numbers; each takes its rows, gradients are
averaged before every step, and so the result is that of one process, but for rounding. What every
process holds is the whole dictionary: this is for more data, not for wider dictionaries.
"""

from __future__ import annotations

import os
from typing import Any

import torch
from torch import Tensor


class Alone:
    """One process: nothing to average, nothing to share out."""

    rank = 0
    count = 1

    def device(self) -> torch.device | None:
        """Where this process is to compute; None where nobody says."""
        return None

    def part(self, rows: Tensor) -> Tensor:
        """This process's rows of a batch ``[token, d]``."""
        return rows

    def mean(self, value: Tensor) -> Tensor:
        """The mean over processes of what each has."""
        return value

    def total(self, value: Tensor) -> Tensor:
        """The sum over processes of what each has."""
        return value

    def wait(self) -> None:
        """Until all processes are here."""


class Together(Alone):
    """One of several processes."""

    def __init__(self) -> None:
        from accelerate import Accelerator

        cpu = not torch.cuda.is_available()
        self._all: Any = Accelerator(cpu=cpu)
        self.rank = self._all.process_index
        self.count = self._all.num_processes

    def device(self) -> torch.device | None:
        """The device that Accelerate gave this process."""
        return self._all.device

    def part(self, rows: Tensor) -> Tensor:
        """Rows of this process: consecutive ones, as many as every other has."""
        size = len(rows) // self.count
        return rows[self.rank * size : (self.rank + 1) * size]

    def mean(self, value: Tensor) -> Tensor:
        """The mean over processes of what each has."""
        return self._all.reduce(value.detach(), "mean")

    def total(self, value: Tensor) -> Tensor:
        """The sum over processes of what each has."""
        return self._all.reduce(value.detach(), "sum")

    def wait(self) -> None:
        """Until all processes are here."""
        self._all.wait_for_everyone()


def processes() -> Alone:
    """The others that were launched with this process, if any were."""
    return Together() if int(os.environ.get("WORLD_SIZE", "1")) > 1 else Alone()


def check(peers: Alone, objective: Any, variant: str, batch_size: int) -> None:
    """Refuse what several processes cannot do as one would.

    Raises:
        ValueError: an objective that looks at all of a batch at once, or a batch that cannot be
            shared out evenly.
    """
    if peers.count == 1:
        return
    if objective.across_batch:
        raise ValueError(
            f"{variant} chooses latents over the whole batch, of which each of the {peers.count} "
            'processes sees its share only. Use variant="topk", or train it in one process.'
        )
    if batch_size % peers.count:
        raise ValueError(
            f"a batch of {batch_size} cannot be shared out evenly among {peers.count} processes. "
            f"Use a batch_size that {peers.count} divides."
        )
