"""What the playground's page draws of a toy: its run in a few frames, and its present measures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from interp_widgets.widgets._pack import number, plane

if TYPE_CHECKING:
    from torch import Tensor

    from interp_widgets.core.superposition import Superposition

FRAME_BYTES = 2200  # of all frames of a run together: a message stays below 4 kB
MOST_FRAMES = 51
POINTS = 60  # of the loss curve
_ALONE = 0.9  # share of a dimension from which a feature counts as having it to itself


def sent(record: Superposition, frames: Sequence[Tensor], steps: int, run: int) -> dict[str, Any]:
    """A toy as the page draws it.

    Args:
        record: the toy by now.
        frames: its weights since this run began, `[feature, d_hidden]` each, the last its present
            ones. One alone shows without moving.
        steps: frames that a whole run has.
        run: number of the run; frames of one run belong together.
    """
    features, hidden = record.weights.shape
    room = min(MOST_FRAMES, max(2, FRAME_BYTES // (2 * features * hidden)))
    stride = -(-steps // room)
    shown = [*frames[:-1:stride], frames[-1]]
    every = -(-len(record.steps) // POINTS)
    # Back from the last point, so that it is always there.
    points = slice((len(record.steps) - 1) % every, None, every)
    return {
        "run": run,
        "moving": len(shown) > 1,
        "whole": len(range(0, steps, stride)),
        "planes": [
            plane("frames", torch.stack(shown), "f16"),
            plane("bias", record.bias, "f16"),
            plane("losses", record.losses[points], "f32"),
            plane("steps", record.steps[points].int(), "i32"),
        ],
        "changes": list(record.changes),
        "shares": [number(round(x, 3)) for x in record.dimensionality.tolist()],
        "crosstalk": [number(round(x, 3)) for x in record.interference.tolist()],
        "held": record.represented.tolist(),
        "hint": hint(record),
    }


def hint(record: Superposition) -> str:
    """In which phase the toy is, in one or two sentences."""
    features, hidden = record.weights.shape
    held = int(record.represented.sum())
    if int(record.steps[-1]) == 0:
        return "Untrained: directions are small and random. Press Train."
    shapes = f" ({record.arrangement})" if record.arrangement else ""
    if held > hidden:
        return f"Superposition: {held} features share {hidden} dimensions{shapes}."
    left = features - held
    given_up = f"; {left} of {features} features are given up" if left else ""
    if held and record.dimensionality[record.represented].min() >= _ALONE:
        return f"No superposition: {held} features, a dimension for each{given_up}."
    return f"{held} features in {hidden} dimensions{shapes}{given_up}."
