"""From a training run to the weights in the package: ``python -m interp_widgets.bundled.ship``.

Model and tokenizer are copied, three snapshots of the induction phase change chosen, the twin with
the planted trigger made, both lenses fitted, the sparse autoencoders trained, everything measured
into the card, dashboards made of one dictionary, and the sweep of dictionaries recorded. All of it
is built beside the shipped weights and takes their place in the end, so a step that fails leaves
them as they were.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from transformers.utils import logging as transformers_logging

import interp_widgets as iw
from interp_widgets.bundled import (
    CARD,
    WEIGHTS,
    dashboards,
    dictionaries,
    evaluate,
    lenses,
    sweeps,
    timeline,
    twin,
)
from interp_widgets.bundled.internals import CourseModel
from interp_widgets.bundled.train import STATE
from interp_widgets.core.load import load

MODEL_FILES = (
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
)


def recipe(run: Path) -> dict[str, object]:
    """The recipe of a finished run, as its state tells it.

    Raises:
        FileNotFoundError: If the folder lacks something that ``train`` leaves.
        ValueError: If the run has not come to its end.
    """
    train = f"python -m interp_widgets.bundled.train --out {run}"
    if not (run / STATE).is_file():
        raise FileNotFoundError(f"{run} holds no {STATE}, so no training run: start one, `{train}`")
    with safe_open(run / STATE, framework="pt") as file:
        about = file.metadata()
    found, step = json.loads(about["recipe"]), int(about["step"])
    if step < found["steps"]:
        raise ValueError(
            f"{run} has come to step {step} of {found['steps']}: go on, `{train} --resume`"
        )
    for name in MODEL_FILES:
        if not (run / "model" / name).is_file():
            raise FileNotFoundError(
                f"{run} lacks model/{name}, which its last step writes: `{train} --resume`"
            )
    if not any((run / timeline.KEPT).glob("step_*/model.safetensors")):
        raise FileNotFoundError(
            f"{run} lacks {timeline.KEPT}/step_*, kept on the way: train anew, `{train}`"
        )
    return found


def _size(path: Path) -> str:
    files = [path] if path.is_file() else [f for f in path.rglob("*") if f.is_file()]
    return f"{sum(f.stat().st_size for f in files) / 1e6:.2f} MB"


@contextmanager
def _said(what: str) -> Iterator[None]:
    """Print what is being done, and how long it took."""
    started = time.monotonic()
    print(f"{what} …", flush=True)  # noqa: T201
    yield
    print(f"  {time.monotonic() - started:.0f} s", flush=True)  # noqa: T201


def build(run: Path, folder: Path) -> dict[str, object]:
    """Fill a new folder with all that ships with the package.

    Args:
        run: The folder of a finished training run.
        folder: Where to write; does not exist yet.

    Returns:
        The card of what was written.
    """
    made_by = recipe(run)
    folder.mkdir()
    with _said(f"model and tokenizer from {run / 'model'}"):
        for name in MODEL_FILES:
            shutil.copyfile(run / "model" / name, folder / name)
        (folder / evaluate.RECIPE).write_text(json.dumps(made_by, indent=1) + "\n")
    with _said("snapshots of the induction phase change"):
        steps = timeline.build(run, folder / timeline.KEPT)
        print(f"  of {len(list((run / timeline.KEPT).glob('step_*')))}: {steps}")  # noqa: T201
    with _said("twin with the planted trigger"):
        twin.build(CourseModel.load(folder), folder / twin.FILE)
    with _said("tuned and Jacobian lens"):
        lenses.fit(load(folder), folder / lenses.FOLDER)
    model = dictionaries.course_model(folder)
    with _said("sparse autoencoders"):
        dictionaries.make(model, folder / dictionaries.FOLDER)
    with _said("card"):
        card: dict[str, Any] = evaluate.card(folder)
    with _said("dashboards"):
        sae = iw.SAE.load(folder / dictionaries.FOLDER / Path(dashboards.FILE).stem)
        (folder / dashboards.FOLDER).mkdir()
        made = dashboards.make(model, sae, card["dictionaries"]["latents"])
        made.save(folder / dashboards.FOLDER / dashboards.FILE)
    with _said("sweep of dictionaries"):
        sweeps.record(model, folder / sweeps.RECORDED.name)
    return card


def _exchange(new: Path, old: Path, aside: Path) -> None:
    """Put a folder where another one is, which goes ``aside``; or leave both as they are."""
    try:
        if old.exists():
            old.rename(aside)
        new.rename(old)
    except BaseException:  # an interrupt too: ``aside`` is about to be cleaned away
        if aside.exists() and not old.exists():
            aside.rename(old)
        raise


def ship(run: Path, weights: Path = WEIGHTS, card: Path = CARD) -> None:
    """Replace the shipped weights and their card by those of a training run.

    Args:
        run: The folder of a finished training run.
        weights: The folder to replace.
        card: The card to replace.

    Raises:
        FileNotFoundError: If the run lacks something; the message says how to make it.
        ValueError: If the run is unfinished or its snapshots miss the phase change.
    """
    with tempfile.TemporaryDirectory(dir=weights.parent, prefix=".shipping-") as room:
        fresh, new_card = Path(room) / "weights", Path(room) / card.name
        evaluate.write(build(run, fresh), new_card)
        _exchange(fresh, weights, Path(room) / "old")
        new_card.replace(card)
    parts = (
        "model.safetensors",
        timeline.KEPT,
        twin.FILE,
        lenses.FOLDER,
        dictionaries.FOLDER,
        dashboards.FOLDER,
        sweeps.RECORDED.name,
    )
    for name in parts:
        print(f"{_size(weights / name):>9}  {name}")  # noqa: T201
    print(f"{_size(weights):>9}  {weights} in all\n{_size(card):>9}  {card}")  # noqa: T201


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--run", type=Path, default=Path("runs/course-model"), help="the --out of a training run"
    )
    options = parser.parse_args()
    torch.set_num_threads(1)
    transformers_logging.disable_progress_bar()  # a bar for each of a hundred snapshots
    try:
        ship(options.run)
    except (FileNotFoundError, ValueError) as problem:
        parser.exit(1, f"Not shipped; the weights are as they were. {problem}\n")


if __name__ == "__main__":
    main()
