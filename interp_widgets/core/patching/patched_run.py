"""The three runs behind one cell of a sweep: clean, corrupt, and patched, with all they say next.

A sweep keeps one number a cell. Whoever asks what the model then says runs that cell once more:
by the same engine, so that these are the logits which the number was read from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from torch import Tensor

from interp_widgets.core.patching.activation import experiments_of
from interp_widgets.core.patching.experiment import prepare
from interp_widgets.core.patching.intervention import Patch
from interp_widgets.core.patching.pairs import Align
from interp_widgets.core.patching.sweep import sweep
from interp_widgets.core.tokens import Prompt

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel

RUNS = ("clean", "corrupt", "patched")


@dataclass(frozen=True, eq=False)
class PatchedRun:
    """What the model says after the last token, with and without one patch.

    Attributes:
        model: the model.
        clean, corrupt, patched: logits ``[vocab]`` of the three runs, float32 on the cpu.
    """

    model: LanguageModel = field(repr=False)
    clean: Tensor = field(repr=False)
    corrupt: Tensor = field(repr=False)
    patched: Tensor = field(repr=False)

    def top_tokens(self, run: str, k: int = 5) -> list[tuple[str, float]]:
        """The ``k`` likeliest next tokens of a run and their probabilities, likeliest first.

        Args:
            run: ``"clean"``, ``"corrupt"`` or ``"patched"``.
            k: how many, 1 to the vocabulary.

        Raises:
            ValueError: another run, or more tokens than there are.
        """
        if run not in RUNS:
            raise ValueError(f"run= is one of {', '.join(RUNS)}; got {run!r}.")
        if not 1 <= k <= self.model.d_vocab:
            raise ValueError(f"k goes from 1 to {self.model.d_vocab} (the vocabulary); got {k!r}.")
        best = getattr(self, run).softmax(-1).topk(k)
        return [
            (self.model.piece(int(i)), float(p))
            for i, p in zip(best.indices, best.values, strict=True)
        ]


def patched_run(
    model: LanguageModel,
    clean: Prompt,
    corrupt: Prompt,
    cell: str | Patch | Sequence[str | Patch],
    direction: str = "denoise",
    align: Align = None,
) -> PatchedRun:
    """Run one cell of `activation_patching`, and the two runs that it lies between.

    Args:
        model: the model.
        clean: the prompt with the behaviour.
        corrupt: the prompt without it.
        cell: a place (``"L3.z.5"``), a `Patch` with a position or a value of its own, or a list of
            them that act together.
        direction: ``"denoise"``: clean into corrupt; ``"noise"``: corrupt into clean.
        align: for prompts of unequal length, as in `activation_patching`.

    Raises:
        ValueError: as `activation_patching`, before anything is computed.
        TypeError: arguments of another type.
    """
    _, experiments, _ = experiments_of(
        model, clean, corrupt, None, None, "", "", direction, "kl", [cell], align
    )
    runs = prepare(model, experiments[0], direction, "kl", check=False)
    final = runs.maker.donor_final
    assert final is not None
    base, donor = (runs.base.read(stream) for stream in (runs.base.final, final))
    row = runs.maker.row(runs.cells[0])
    # No position of the cell has a partner: nothing is patched.
    patched = base if row is None else next(sweep(runs.base, [row]))[1][0]
    clean_run, corrupt_run = (donor, base) if direction == "denoise" else (base, donor)
    said = (logits.detach().float().cpu() for logits in (clean_run, corrupt_run, patched))
    return PatchedRun(model, *said)
