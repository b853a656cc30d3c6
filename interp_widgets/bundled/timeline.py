"""The induction phase change: measure a run's snapshots and choose three of them to ship.

They are the snapshots at which the change is about to begin, half done, and done.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM

from interp_widgets.bundled import WEIGHTS
from interp_widgets.bundled import tokenizer as tokenizers
from interp_widgets.bundled.behaviour import repeated
from interp_widgets.bundled.corpus.families.repeats import WORDS
from interp_widgets.bundled.internals import CourseModel
from interp_widgets.bundled.mechanism import heads
from interp_widgets.bundled.notes import Numbers, values

KEPT = "checkpoints"  # of a run, and of the weights
CHECKPOINTS = WEIGHTS / KEPT
SHIPPED_AT = (0.05, 0.5, 0.85)  # induction accuracies whose first snapshots are shipped


@torch.no_grad()
def row(snapshot: Path, tokenizer: Path) -> Numbers:
    """Step, induction accuracy and loss, and the best head of each kind, of one snapshot.

    Args:
        snapshot: Folder that ``train`` wrote.
        tokenizer: Folder of the tokenizer, which all snapshots share.
    """
    hf = AutoModelForCausalLM.from_pretrained(snapshot, dtype=torch.float32)
    model = CourseModel(hf, tokenizers.load(tokenizer))
    scores = heads(model)
    best = {f"best_{kind}_head": max(map(max, table)) for kind, table in scores.items()}
    return {"step": int(snapshot.name.removeprefix("step_")), **values(repeated(model)), **best}


def chosen(rows: list[Numbers]) -> list[int]:
    """Steps to ship: the last before induction shows, then the first past each later threshold.

    Raises:
        ValueError: If the snapshots miss a part of the change.
    """
    accuracy = {int(r["step"]): r["induction_accuracy"] for r in rows}
    low, *later = SHIPPED_AT
    before = [step for step, a in accuracy.items() if a < low]
    after = [[step for step, a in accuracy.items() if a >= level] for level in later]
    if not before or not all(after):
        raise ValueError(
            f"the {len(rows)} snapshots have induction accuracies from "
            f"{min(accuracy.values()):.2f} to {max(accuracy.values()):.2f}, and are to go from "
            f"below {low} to above {later[-1]}: train again with snapshots over more steps"
        )
    return list(dict.fromkeys([max(before), *map(min, after)]))


def build(run: Path, target: Path) -> list[int]:
    """Write ``timeline.json``, one row a snapshot, and copy the chosen snapshots beside it.

    ``words.json`` has the words that were repeated, so that the measures can be made again.

    Args:
        run: The folder of a training run.
        target: A folder that does not exist yet.

    Returns:
        Steps of the copied snapshots.
    """
    rows = [row(snapshot, run / "model") for snapshot in sorted((run / KEPT).glob("step_*"))]
    steps = chosen(rows)
    target.mkdir(parents=True)
    rounded = [{key: round(value, 4) for key, value in r.items()} for r in rows]
    (target / "timeline.json").write_text(json.dumps(rounded, indent=1) + "\n")
    (target / "words.json").write_text(json.dumps(WORDS) + "\n")
    for step in steps:
        name = f"step_{step:04d}"
        shutil.copytree(run / KEPT / name, target / name)
    return steps
