"""How fast a dictionary learns at each step, and how hard sparsity is asked for.

Both are functions of the step alone, and of when resampling last began a new warm-up, so that a run
that goes on in another process takes the very same steps.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """Warm-ups and decay, in steps.

    Attributes:
        steps: of the whole run.
        warmup: over which the learning rate rises linearly to its full height.
        decay: last steps, over which it falls linearly to 0.
        l1_warmup: over which the weight of the sparsity term rises linearly from 0.
    """

    steps: int
    warmup: int
    decay: int
    l1_warmup: int

    def rate(self, step: int, restarted: int = 0) -> float:
        """Share of the full learning rate that a step takes.

        Args:
            step: how many steps came before it.
            restarted: the step at which the warm-up began anew, where latents were resampled.
        """
        up = (step - restarted + 1) / (self.warmup + 1)
        down = (self.steps - step) / (self.decay + 1)
        return max(0.0, min(1.0, up, down))

    def pressure(self, step: int) -> float:
        """Share of the full weight that the sparsity term has at a step."""
        return min(1.0, step / self.l1_warmup) if self.l1_warmup else 1.0
