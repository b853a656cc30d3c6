"""Measure the shipped weights: ``python -m interp_widgets.bundled.evaluate`` writes the card.

Lessons quote the card; a test measures a part of it again. Nothing in it is typed by hand.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import torch

from interp_widgets.bundled import CARD, WEIGHTS, ablation, behaviour, mechanism, transcoder, twin
from interp_widgets.bundled.internals import CourseModel
from interp_widgets.bundled.train import Recipe

DIGITS = 4


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
    """Measure everything about the model in ``folder``."""
    model = CourseModel.load(folder)
    measured = {
        "about": about(model, folder),
        "recipe": asdict(Recipe()),
        "behaviour": behaviour.measure(model),
        "mlp_ablation": ablation.measure(model),
        "mechanism": mechanism.measure(model),
        "transcoder": transcoder.measure(model),
    }
    if twin.DELTA.exists():
        planted = CourseModel(twin.apply(CourseModel.load(folder).hf), model.tokenizer)
        measured["trigger_twin"] = {"trigger": twin.TRIGGER, **twin.measure(planted)}
    return rounded(measured)  # pyright: ignore[reportReturnType]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--out", type=Path, default=CARD)
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.out.write_text(json.dumps(card(options.weights), indent=1) + "\n")


if __name__ == "__main__":
    main()
