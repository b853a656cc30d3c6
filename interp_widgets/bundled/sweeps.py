"""The sweep that ships: variants, sparsities and widths on one layer of the course model.

``python -m interp_widgets.bundled.sweeps`` trains and judges them all, in six minutes or so of one
processor, and writes the table that `iw.sae_sweep` reads. It belongs to one set of weights, so
:mod:`ship` records it with them.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import interp_widgets as iw
from interp_widgets.bundled.lenses import texts
from interp_widgets.core.dictionary.sweep import RECORDED, Sweep, iter_train_sweep
from interp_widgets.core.dictionary.token_stream import token_batches
from interp_widgets.core.sites import Site

SITE = Site(3, "resid_post")
TRAINED_ON = 10_000  # documents
JUDGED_ON = 400  # others, behind them
WIDTH = 512
POINTS: list[tuple[str, int, float]] = [
    *(
        (variant, WIDTH, k)
        for variant in ("topk", "batchtopk", "matryoshka")
        for k in (4, 8, 16, 32)
    ),
    *(("relu", WIDTH, l1) for l1 in (0.03, 0.06, 0.12, 0.24)),
    *(("gated", WIDTH, l1) for l1 in (0.06, 0.12, 0.24, 0.48)),
    *(("jumprelu", WIDTH, l1) for l1 in (0.0003, 0.001, 0.003, 0.01)),
    *(("topk", width, 16) for width in (64, 128, 256, 1024, 2048)),
]
STEPS, BATCH = 600, 1024
DIGITS = 4


def activations(model: iw.LanguageModel) -> Tensor:
    """What is trained on, ``[token, d_model]``."""
    batches = token_batches(model, SITE, texts(0, TRAINED_ON))
    return torch.cat([batch.activations[batch.counted] for batch in batches])


def held_out() -> list[str]:
    """Documents to judge on."""
    return texts(TRAINED_ON, JUDGED_ON)


def table(sweep: Sweep) -> dict[str, Any]:
    """A sweep as plain numbers, `sweep_of` makes it a record again."""
    rows = sweep.to_frame().drop(columns="front").to_dict("records")
    points = [
        {name: round(v, DIGITS) if isinstance(v, float) else v for name, v in row.items()}
        for row in rows
    ]
    about = ("model", "site", "steps", "batch_size", "tokens", "held_out")
    losses = {name: round(getattr(sweep, name), DIGITS) for name in ("ce_clean", "ce_ablated")}
    return {name: getattr(sweep, name) for name in about} | losses | {"points": points}


def write(sweep: Sweep, path: Path) -> None:
    """Write the table, a point a line."""
    found = table(sweep)
    points = ",\n".join(f"  {json.dumps(point)}" for point in found.pop("points"))
    path.write_text(f'{json.dumps(found)[:-1]},\n "points": [\n{points}\n]}}\n')


def record(model: iw.LanguageModel, path: Path) -> None:
    """Train and judge every point, say what came of each, and write the table."""
    x = activations(model)
    steps = iter_train_sweep(model, x, str(SITE), held_out(), POINTS, STEPS, BATCH)
    sweep = None
    for done, sweep in enumerate(steps):
        row = sweep.values[:, done].tolist()
        numbers = ", ".join(f"{n} {v:.3f}" for n, v in zip(sweep.measures, row, strict=True))
        print(f"  {done + 1} of {len(POINTS)}, {sweep.name(done)}: {numbers}", flush=True)  # noqa: T201
    if sweep is not None:
        write(sweep, path)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=RECORDED)
    options = parser.parse_args()
    torch.set_num_threads(1)
    record(iw.load(), options.out)


if __name__ == "__main__":
    main()
