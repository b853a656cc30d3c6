"""The induction phase change: measure a run's snapshots and ship three of them.

``python -m interp_widgets.bundled.timeline --run runs/mine`` reads what ``train`` kept, writes
``weights/checkpoints/timeline.json`` with one row a snapshot, and copies the snapshots at which the
change is about to begin, half done, and done.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM

from interp_widgets.bundled import WEIGHTS
from interp_widgets.bundled import tokenizer as tokenizers
from interp_widgets.bundled.behaviour import Numbers, repeated
from interp_widgets.bundled.internals import CourseModel
from interp_widgets.bundled.mechanism import heads

CHECKPOINTS = WEIGHTS / "checkpoints"
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
    return {"step": int(snapshot.name.removeprefix("step_")), **repeated(model), **best}


def chosen(rows: list[Numbers]) -> list[int]:
    """Steps to ship: the last before induction shows, then the first past each later threshold."""
    accuracy = {int(r["step"]): r["induction_accuracy"] for r in rows}
    low, *later = SHIPPED_AT
    before = max(step for step, a in accuracy.items() if a < low)
    after = [min(step for step, a in accuracy.items() if a >= level) for level in later]
    return [before, *after]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--run", type=Path, required=True, help="the --out folder of a training run"
    )
    run = parser.parse_args().run
    torch.set_num_threads(1)
    snapshots = sorted((run / "checkpoints").glob("step_*"))
    rows = [row(snapshot, run / "model") for snapshot in snapshots]
    CHECKPOINTS.mkdir(parents=True, exist_ok=True)
    rounded = [{key: round(value, 4) for key, value in r.items()} for r in rows]
    (CHECKPOINTS / "timeline.json").write_text(json.dumps(rounded, indent=1) + "\n")
    for old in CHECKPOINTS.glob("step_*"):
        shutil.rmtree(old)
    for step in chosen(rows):
        name = f"step_{step:04d}"
        shutil.copytree(run / "checkpoints" / name, CHECKPOINTS / name)


if __name__ == "__main__":
    main()
