"""The course model's training as it was recorded: the phase change in which induction appears.

While the model was trained, its snapshots were measured on lists of random words written twice
(Olsson et al., 2022). Of three of them the weights ship, too: `iw.load(checkpoint=1120)`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from interp_widgets.core.result import Result

if TYPE_CHECKING:
    import pandas as pd

_BUNDLED = Path(__file__).parent.parent / "bundled"
CHECKPOINTS = _BUNDLED / "weights" / "checkpoints"
IN_CONTEXT = "in_context_score"
MEASURES = (
    "induction_accuracy",
    "induction_loss_first_copy",
    "induction_loss_second_copy",
    IN_CONTEXT,
    "best_previous_head",
    "best_induction_head",
)


@dataclass(frozen=True, eq=False, repr=False)
class Timeline(Result):
    """What was measured while the course model was trained.

    Attributes:
        steps: of training, one a row; the last row is the model that ships.
        tokens: how many tokens training had read by then.
        measures: names, as in `MEASURES`: the share of words right in the second copy (0..1); the
            loss in either copy (nats a token); the in-context score, which is the loss in the
            second copy minus that in the first (below 0: what was read earlier helps); the mean
            weight (0..1) that the best head gives to the token before, and to the token after the
            word's earlier copy.
        values: ``[measure, row]``.
        loadable: steps whose weights ship.
    """

    steps: tuple[int, ...]
    tokens: tuple[int, ...]
    measures: tuple[str, ...]
    values: Tensor
    loadable: tuple[int, ...]

    def __getitem__(self, measure: str) -> Tensor:
        """One measure at every step, ``[row]``; KeyError for one that is not there."""
        if measure not in self.measures:
            raise KeyError(f"no measure {measure!r}; there are {', '.join(self.measures)}.")
        return self.values[self.measures.index(measure)]

    def at(self, step: int) -> dict[str, float]:
        """Every measure at one step.

        Raises:
            ValueError: a step that was not recorded; the message names the nearest.
        """
        if step not in self.steps:
            near = min(self.steps, key=lambda known: abs(known - step))
            raise ValueError(f"step {step!r} was not recorded; the nearest that was is {near}.")
        column = self.values[:, self.steps.index(step)].tolist()
        return dict(zip(self.measures, column, strict=True))

    def __repr__(self) -> str:
        return (
            f"Timeline({len(self.steps)} steps, {self.steps[0]} to {self.steps[-1]}, {self.model})"
        )

    def describe(self) -> str:
        """When the second copy began to be predicted."""
        accuracy = self["induction_accuracy"]
        half = int((accuracy >= 0.5).byte().argmax())
        return (
            f"Training of {self.model}, {len(self.steps)} recorded steps: words of a second copy "
            f"are right {100 * float(accuracy[0]):.0f} % of the time at step {self.steps[0]}, half "
            f"of the time from step {self.steps[half]} on, {100 * float(accuracy[-1]):.0f} % at "
            f"step {self.steps[-1]}."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a step. Columns: step, tokens, the measures, loadable."""
        import pandas as pd

        columns: dict[str, object] = {"step": self.steps, "tokens": self.tokens}
        columns |= {name: self[name].numpy() for name in self.measures}
        columns["loadable"] = [step in self.loadable for step in self.steps]
        return pd.DataFrame(columns)


def timeline() -> Timeline:
    """What training of the course model recorded; nothing is run.

    Returns:
        The record: snapshots on the way, then the model that ships.
    """
    card = json.loads((_BUNDLED / "model_card.json").read_text())
    recipe, behaviour, heads = card["recipe"], card["behaviour"], card["mechanism"]["heads"]
    last = {"step": recipe["steps"], **behaviour}
    last |= {f"best_{kind}_head": max(map(max, table)) for kind, table in heads.items()}
    rows = [*json.loads((CHECKPOINTS / "timeline.json").read_text()), last]
    for row in rows:
        row[IN_CONTEXT] = row["induction_loss_second_copy"] - row["induction_loss_first_copy"]
    steps = tuple(row["step"] for row in rows)
    return Timeline(
        model="course-model",
        revision="",
        prompt="",
        steps=steps,
        tokens=tuple(step * recipe["rows"] * recipe["length"] for step in steps),
        measures=MEASURES,
        values=torch.tensor([[row[name] for row in rows] for name in MEASURES]),
        loadable=(*shipped(), steps[-1]),
    )


def shipped() -> tuple[int, ...]:
    """Steps of the snapshots whose weights ship beside the finished model's."""
    return tuple(sorted(int(f.name.removeprefix("step_")) for f in CHECKPOINTS.glob("step_*")))


@cache
def words() -> tuple[str, ...]:
    """The words that the measures were made with: those that training repeats."""
    return tuple(json.loads((CHECKPOINTS / "words.json").read_text()))
