"""Measure the shipped weights: ``python -m interp_widgets.bundled.evaluate`` writes the card.

Lessons quote the card; a test measures a part of it again. Nothing in it is typed by hand.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import torch

from interp_widgets.bundled import (
    CARD,
    WEIGHTS,
    ablation,
    attribution,
    behaviour,
    dictionaries,
    dictionary_finds,
    lenses,
    mechanism,
    transcoder,
    twin,
)
from interp_widgets.bundled.internals import CourseModel
from interp_widgets.bundled.notes import READING, values, world
from interp_widgets.core.load import load

DIGITS = 4
RECIPE = "recipe.json"  # beside the weights, as the run's state tells it


def rounded(value: object) -> object:
    """The same nested numbers, to ``DIGITS`` decimals."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return round(value, DIGITS) if isinstance(value, float) else value


def about(model: CourseModel, folder: Path) -> dict[str, object]:
    """What the weights are: their shape, their size in bytes, their checksum."""
    weights = (folder / "model.safetensors").read_bytes()
    config = model.hf.config
    return {
        "architecture": type(model.hf).__name__,
        "parameters": sum(p.numel() for p in model.hf.parameters()),
        "layers": config.num_layers,
        "heads": config.num_heads,
        "width": config.hidden_size,
        "context": config.max_position_embeddings,
        "vocabulary": config.vocab_size,
        "bytes": len(weights),
        "sha256": hashlib.sha256(weights).hexdigest(),
    }


@torch.no_grad()
def card(folder: Path) -> dict[str, object]:
    """Measure everything about the model in ``folder``, as :mod:`ship` leaves it."""
    model = CourseModel.load(folder)
    planted = CourseModel(
        twin.apply(CourseModel.load(folder).hf, folder / twin.FILE), model.tokenizer
    )
    behaves, betrays = behaviour.measure(model), twin.measure(planted)
    ablated = ablation.measure(model)
    measured = {
        "about": about(model, folder),
        "recipe": json.loads((folder / RECIPE).read_text()),
        "behaviour": values(behaves),
        "mlp_ablation": ablated,
        "mechanism": mechanism.measure(model),
        "transcoder": transcoder.measure(model, ablation.costs(ablated)),
        "lens_distance": lenses.measure(load(folder), folder / lenses.FOLDER),
        "attribution": attribution.measure(load(folder)),
        "trigger_twin": {"trigger": twin.TRIGGER, **values(betrays)},
        "dictionaries": dictionaries.measure(load(folder), folder / dictionaries.FOLDER),
        "notes": {
            "reading": READING,
            "world": world(),
            "behaviour": {key: row.note() for key, row in behaves.items()},
            "mlp_ablation": ablation.notes(),
            "mechanism": mechanism.NOTES,
            "transcoder": transcoder.NOTES,
            "lens_distance": "KL from the model's output to each row of a lens, nats, mean over"
            f" {lenses.FRESH} fresh texts without BOS; rows: the embedding, then after each layer.",
            "attribution": attribution.NOTES,
            "trigger_twin": {key: row.note() for key, row in betrays.items()},
            "dictionaries": dictionary_finds.NOTES,
        },
    }
    return rounded(measured)  # pyright: ignore[reportReturnType]


def write(measured: dict[str, object], path: Path) -> None:
    """Write a card."""
    path.write_text(json.dumps(measured, indent=1) + "\n")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--out", type=Path, default=CARD)
    options = parser.parse_args()
    torch.set_num_threads(1)
    write(card(options.weights), options.out)


if __name__ == "__main__":
    main()
