"""What a training run was asked for: plain values, as a checkpoint keeps them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from interp_widgets.core.dictionary.activations import READING
from interp_widgets.core.dictionary.schedule import Schedule


@dataclass(frozen=True)
class Settings:
    """Numbers in steps, tokens or shares, as `train_sae` documents.

    ``reading`` is how texts were read; runs that were saved before that could be chosen do not say.
    """

    variant: str
    options: dict[str, Any]
    d_sae: int
    batch_size: int
    steps: int
    lr: float
    seed: int
    normalize: str
    precision: str
    warmup: int
    decay: int
    l1_warmup: int
    clip: float | None
    dead_after: int
    resample_at: tuple[int, ...]
    ghost: bool
    checkpoint_every: int
    site_out: str
    reading: dict[str, Any] = field(default_factory=READING.copy)

    @property
    def schedule(self) -> Schedule:
        """Warm-ups and decay."""
        return Schedule(self.steps, self.warmup, self.decay, self.l1_warmup)
