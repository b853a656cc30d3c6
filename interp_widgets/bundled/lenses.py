"""The tuned and the Jacobian lens that ship with the course model, and how near they come to it.

`iw.logit_lens(model, prompt, kind="tuned")` and ``kind="jacobian"`` read them. They belong to one
set of weights, so :mod:`ship` fits them; ``python -m interp_widgets.bundled.lenses`` fits them anew
for the weights that are there. Both together take a few minutes and half a megabyte.
"""

from __future__ import annotations

import argparse
from itertools import islice
from pathlib import Path

import torch

import interp_widgets as iw
from interp_widgets.bundled import WEIGHTS
from interp_widgets.bundled.corpus import documents

FOLDER = "lenses"  # in the folder of the weights
DATA_SEED = 1_000_003  # text that no training run with a small seed has drawn
TEXTS = {"tuned": 4000, "jacobian": 400}
FRESH = 100  # texts to measure on, which neither lens was fitted on


def texts(first: int, count: int) -> list[str]:
    """Documents of the corpus, from the ``first`` one on."""
    return [document.text for document in islice(documents(DATA_SEED, 0), first, first + count)]


def fit(model: iw.LanguageModel, folder: Path) -> None:
    """Fit both lenses on the model and write each to ``folder`` under its kind."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, count in TEXTS.items():
        lens = iw.fit_lens(model, texts(0, count), kind=kind)
        lens.save(folder / f"{kind}.safetensors", half=True)


def distance(model: iw.LanguageModel, kind: str | iw.Lens) -> list[float]:
    """KL from the model's output to each row on fresh text, nats, mean over all but BOS."""
    fresh = texts(max(TEXTS.values()), FRESH)
    records = [iw.logit_lens(model, text, kind=kind, k=1) for text in fresh]
    return torch.cat([record.kl[:, 1:] for record in records], 1).mean(1).tolist()


def measure(model: iw.LanguageModel, folder: Path) -> dict[str, list[float]]:
    """`distance` of the logit lens and of both lenses in ``folder``, by kind."""
    fitted = {kind: iw.Lens.load(folder / f"{kind}.safetensors") for kind in TEXTS}
    return {"logit": distance(model, "logit")} | {
        kind: distance(model, lens) for kind, lens in fitted.items()
    }


def main() -> None:
    """Command line: fit, write, and print how near each row comes to the model's output."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=WEIGHTS / FOLDER)
    options = parser.parse_args()
    model = iw.load()
    fit(model, options.out)
    for kind, row in measure(model, options.out).items():
        print(f"{kind:9}", *(f"{nats:7.3f}" for nats in row))  # noqa: T201


if __name__ == "__main__":
    main()
