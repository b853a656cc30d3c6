"""Fit the lenses of the shipped weights: ``python -m interp_widgets.bundled.lenses`` writes them.

`iw.logit_lens(model, prompt, kind="tuned")` and ``kind="jacobian"`` read them. They belong to one
set of weights: run this again after the model was trained anew. Both together take a few minutes
and half a megabyte.
"""

from __future__ import annotations

import argparse
from itertools import islice
from pathlib import Path

import torch

import interp_widgets as iw
from interp_widgets.bundled import WEIGHTS
from interp_widgets.bundled.corpus import documents

DATA_SEED = 1_000_003  # text that no training run with a small seed has drawn
TEXTS = {"tuned": 4000, "jacobian": 400}
FRESH = 100  # texts to measure on, which neither lens was fitted on


def texts(first: int, count: int) -> list[str]:
    """Documents of the corpus, from the ``first`` one on."""
    return [document.text for document in islice(documents(DATA_SEED, 0), first, first + count)]


def fit(model: iw.LanguageModel, folder: Path) -> dict[str, Path]:
    """Fit both lenses on the model and write them to ``folder``; kind -> file."""
    folder.mkdir(parents=True, exist_ok=True)
    return {
        kind: iw.fit_lens(model, texts(0, count), kind=kind).save(
            folder / f"{kind}.safetensors", half=True
        )
        for kind, count in TEXTS.items()
    }


def distance(model: iw.LanguageModel, kind: str | iw.Lens) -> list[float]:
    """KL from the model's output to each row on fresh text, nats, mean over all but BOS."""
    fresh = texts(max(TEXTS.values()), FRESH)
    records = [iw.logit_lens(model, text, kind=kind, k=1) for text in fresh]
    return torch.cat([record.kl[:, 1:] for record in records], 1).mean(1).tolist()


def main() -> None:
    """Command line: fit, write, and print how near each row comes to the model's output."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=WEIGHTS / "lenses")
    options = parser.parse_args()
    model = iw.load()
    made = {kind: iw.Lens.load(path) for kind, path in fit(model, options.out).items()}
    for kind in ("logit", *made):
        numbers = distance(model, made.get(kind, kind))
        print(f"{kind:9}", *(f"{nats:7.3f}" for nats in numbers))  # noqa: T201


if __name__ == "__main__":
    main()
