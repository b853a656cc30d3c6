"""The trainer in words: what runs have come to, and why something is refused."""

from __future__ import annotations

from collections.abc import Sequence

from interp_widgets.core.figures import written
from interp_widgets.widgets._sae_entrant import Entrant

VIEWER = (
    "This view shows a stored record, which cannot be trained on. To train, give SAETrainer a run: "
    "iw.SAETrainer(iw.train_sae(...))."
)
OVER = (
    "Training is over: all steps are done, or it was stopped. Drag the handle on the curve back "
    "(or call .rewind(step)) to train from there again."
)
GIVEN = (
    "This trainer was given its runs, which are as they were made. To choose variants and widths "
    "here, give it data= instead."
)
TAKEN = "A newer SAETrainer shows this run; this one was paused so that only one trains it."


def sentence(entrants: Sequence[Entrant], mode: str, working: bool) -> str:
    """What the view shows, in one sentence."""
    doing = "Training" if working else {"stopped": "Stopped training"}.get(mode, "Paused training")
    if all(not one.live for one in entrants):
        doing = "Recorded training"
    elif all(one.done for one in entrants) and mode != "stopped":
        doing = "Finished training"
    elif all(one.step == 0 for one in entrants) and not working:
        doing = "Ready to train"
    if len(entrants) == 1:
        return f"{doing}: {_alone(entrants[0])}."
    steps = sorted({one.step for one in entrants})
    at = f"step {steps[0]}" if len(steps) == 1 else f"steps {steps[0]} to {steps[-1]}"
    each = "; ".join(f"{one.name}: {_came_to(one)}" for one in entrants)
    return f"{doing}, {len(entrants)} runs at {at}. {each}."


def _alone(entrant: Entrant) -> str:
    run = entrant.run
    said = (
        f"{entrant.name}, {run.d_sae} latents on width {run.d_in}, step {entrant.step} of "
        f"{run.steps}"
    )
    return f"{said}, {_came_to(entrant)}" if entrant.step else said


def _came_to(entrant: Entrant) -> str:
    if not entrant.step:
        return "not trained"
    last = entrant.recent()
    said = (
        f"{written(100 * last['fve'], 0)} % of variance explained with {last['l0']:.1f} "
        f"latents a token, {100 * last['dead']:.0f} % of latents dead"
    )
    if entrant.match is not None:
        said += f", {entrant.match.count()} of {len(entrant.match.partner)} true directions found"
    return said
