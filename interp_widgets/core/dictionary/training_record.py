"""What a training run measured: `History` while it runs, `Training` as a record to keep."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from interp_widgets.core.result import Result

if TYPE_CHECKING:
    import pandas as pd

METRICS = ("loss", "mse", "sparsity", "aux", "l0", "fve", "dead", "lr", "l1", "seconds")
Known = tuple[float, float, float]  # the metrics that no device has to be asked for
_CHUNK = 4096  # steps
_LATE = 32  # steps after which a device that answers late is asked at the latest


class History:
    """A row of numbers for every step, float32; appending costs the same at step 10 and 10⁷.

    One thread writes, any may read. What was measured on a device that answers late waits there
    until it is asked for.
    """

    def __init__(self) -> None:
        self._chunks: list[np.ndarray] = []
        self._length = 0
        self._waiting: list[tuple[Tensor, Known]] = []

    def __len__(self) -> int:
        return self._length

    def write(self, step: int, rows: np.ndarray) -> None:
        """Put rows ``[step, metric]`` from a step on; what was there and beyond is forgotten."""
        for offset, row in enumerate(rows):
            chunk, place = divmod(step + offset, _CHUNK)
            if chunk == len(self._chunks):
                self._chunks.append(np.empty((_CHUNK, len(METRICS)), dtype=np.float32))
            self._chunks[chunk][place] = row
            self._length = step + offset + 1
        del self._chunks[-(-self._length // _CHUNK) :]

    def add(self, measured: Tensor, known: Known) -> bool:
        """Let what a step measured wait where it is; whether so much waits that it is time to ask.

        Args:
            measured: on the device, ``[metric]``: those of `METRICS` that ``known`` has not.
            known: learning rate, weight of the sparsity term, seconds.
        """
        self._waiting.append((measured, known))
        return len(self._waiting) >= _LATE

    def settle(self, step: int) -> int:
        """Fetch what waits, up to the first step that went wrong.

        Args:
            step: how many steps were taken, the last of which waits.

        Returns:
            How many of them have numbers.
        """
        if not self._waiting:
            return step
        rows, known = zip(*self._waiting, strict=True)
        self._waiting.clear()
        measured = torch.stack(rows).cpu().numpy()
        whole = np.concatenate([measured, np.array(known, dtype=np.float32)], axis=1)
        first, good = step - len(whole), int(np.isfinite(measured[:, 0]).cumprod().sum())
        self.write(first, whole[:good])
        return first + good

    def read(self, start: int, stop: int) -> np.ndarray:
        """A copy of the rows of some steps, ``[step, metric]``."""
        start, stop = max(0, start), min(stop, self._length)
        if start >= stop:
            return np.empty((0, len(METRICS)), dtype=np.float32)
        first, last = start // _CHUNK, (stop - 1) // _CHUNK
        parts = [
            chunk[max(0, start - at * _CHUNK) : stop - at * _CHUNK]
            for at, chunk in enumerate(self._chunks[first : last + 1], first)
        ]
        return np.concatenate(parts)


def thin(values: np.ndarray, points: int) -> tuple[np.ndarray, np.ndarray]:
    """A long curve as one of few points that looks the same: no peak is lost.

    Args:
        values: one number a step, ``[step]``.
        points: how many to keep, about; 4 at least.

    Returns:
        Steps (ascending) and values there: the first, the last, and of each stretch of the curve
        the least and the largest.

    Raises:
        ValueError: fewer than 4 points, or no curve.
    """
    values = np.asarray(values)
    if values.ndim != 1:
        raise ValueError(f"a curve has one number a step; got shape {list(values.shape)}.")
    if points < 4:
        raise ValueError(f"a curve is thinned to 4 points or more; got {points}.")
    if len(values) <= points:
        return np.arange(len(values)), values.copy()
    width = -(-len(values) // (points // 2 - 1))
    whole = len(values) // width * width
    table = values[:whole].reshape(-1, width)
    low, high = np.where(np.isnan(table), np.inf, table), np.where(np.isnan(table), -np.inf, table)
    begins = np.arange(0, whole, width)
    chosen = [begins + low.argmin(1), begins + high.argmax(1), [0, len(values) - 1]]
    steps = np.unique(np.concatenate(chosen).astype(np.int64))
    return steps, values[steps]


@dataclass(frozen=True, eq=False)
class TrainingStep:
    """What one step measured. Reading a number fetches it from the device.

    Attributes:
        step: its number, 1 for the first.
        steps: of the whole run.
        tokens: activations trained on so far.
        loss, mse, sparsity, aux, l0, fve, dead, lr, l1, seconds: see `Training.metrics`.
    """

    step: int
    steps: int
    tokens: int
    _measured: Tensor
    _known: Known

    @cached_property
    def numbers(self) -> dict[str, float]:
        """All metrics by name."""
        return dict(zip(METRICS, (*self._measured.tolist(), *self._known), strict=True))

    def __getattr__(self, name: str) -> float:
        if name in METRICS:
            return self.numbers[name]
        raise AttributeError(f"a training step has no {name!r}; it has {', '.join(METRICS)}.")

    def __repr__(self) -> str:
        return (
            f"TrainingStep({self.step} of {self.steps}: loss {self.loss:.4g}, fve {self.fve:.3f}, "
            f"l0 {self.l0:.1f}, dead {self.dead:.3f})"
        )


@dataclass(frozen=True, eq=False, repr=False)
class Training(Result):
    """What was measured while a dictionary was trained.

    Attributes:
        variant: of the objective.
        site: where the activations are from; ``""`` where they came as a tensor.
        d_in, d_sae: width of what it reads, and number of latents.
        batch_size: activations a step.
        steps: how many the run is to have; `values` says how many it has had.
        hyper: λ, k … as they are now: ``((name, value), …)``.
        changes: what was changed while it ran, ``((step, ((name, old, new), …)), …)``.
        metrics: names, as in `METRICS`: the loss; its parts (reconstruction error summed over the
            width and averaged over the batch, in normalised units; the sparsity term before its
            weight; the auxiliary term before its own); latents that fire on a token; share of the
            batch's variance explained; share of latents dead (0..1); the learning rate; the weight
            of the sparsity term (NaN where there is none); seconds of training so far.
        values: ``[metric, step]``.
        density: share of the latest tokens that each latent fires on, 0..1 ``[feature]``.
        dead: which latents are dead, bool ``[feature]``.
    """

    variant: str
    site: str
    d_in: int
    d_sae: int
    batch_size: int
    steps: int
    hyper: tuple[tuple[str, float], ...]
    changes: tuple[tuple[int, tuple[tuple[str, float, float], ...]], ...]
    metrics: tuple[str, ...]
    values: Tensor
    density: Tensor
    dead: Tensor

    @property
    def step(self) -> int:
        """How many steps were taken."""
        return self.values.shape[1]

    @property
    def tokens(self) -> int:
        """How many activations were trained on."""
        return self.step * self.batch_size

    def __getitem__(self, metric: str) -> Tensor:
        """One metric at every step, ``[step]``; KeyError for one that is not there."""
        if metric not in self.metrics:
            raise KeyError(f"no metric {metric!r}; there are {', '.join(self.metrics)}.")
        return self.values[self.metrics.index(metric)]

    def __repr__(self) -> str:
        place = ", ".join(part for part in (self.site, self.model) if part)
        return (
            f"Training({self.variant}, {self.d_sae} latents, d={self.d_in}, "
            f"step {self.step} of {self.steps}{place and ', ' + place})"
        )

    def describe(self) -> str:
        """What the run has come to."""
        begun = (
            f"Training of a {self.variant} dictionary of {self.d_sae} latents on activations of "
            f"width {self.d_in}, step {self.step} of {self.steps}"
        )
        if not self.step:
            return f"{begun}."
        now = {name: float(self[name][-1]) for name in ("fve", "l0", "dead")}
        return (
            f"{begun}: {100 * now['fve']:.0f} % of the variance is explained with "
            f"{now['l0']:.1f} latents a token, and {100 * now['dead']:.0f} % of latents are dead."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a step. Columns: step (1 is the first), tokens, the metrics."""
        import pandas as pd

        steps = np.arange(1, self.step + 1)
        columns: dict[str, Any] = {"step": steps, "tokens": steps * self.batch_size}
        columns |= {name: self[name].numpy() for name in self.metrics}
        return pd.DataFrame(columns)

    def curve(self, metric: str, points: int = 2000) -> tuple[np.ndarray, np.ndarray]:
        """A metric thinned for display: steps (1 is the first) and values."""
        steps, values = thin(self[metric].numpy(), points)
        return steps + 1, values


def as_tensor(rows: np.ndarray) -> Tensor:
    """Rows ``[step, metric]`` as a record holds them, ``[metric, step]``."""
    return torch.from_numpy(np.ascontiguousarray(rows.T))
