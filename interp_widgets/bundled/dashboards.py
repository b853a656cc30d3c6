"""Dashboards that ship: ``python -m interp_widgets.bundled.dashboards``.

What the latents of the TopK dictionary after the middle layer are about, from texts that neither
the model nor the dictionary was trained on. Latents that the card finds for families of prompts
have labels. `iw.sae_features` reads it; it takes some minutes and 3 MB. It belongs to one
dictionary, so :mod:`ship` makes it with that.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

import interp_widgets as iw
from interp_widgets.bundled import WEIGHTS, dictionaries, model_card
from interp_widgets.bundled.dictionaries import MIDDLE
from interp_widgets.bundled.lenses import texts

FOLDER, FILE = "dashboards", f"L{MIDDLE}_topk.safetensors"  # in the folder of the weights
READ = 12_000  # documents
GOOD = 0.8  # F1 on prompts that had no say, from which a latent gets its family's name


def make(
    model: iw.LanguageModel, sae: iw.SAE, finds: Mapping[str, Mapping[str, Any]]
) -> iw.FeatureDashboards:
    """Dashboards of all latents of a dictionary, with names for some.

    Args:
        model: the model.
        sae: its dictionary.
        finds: which latent tells a family of prompts best, as the card has it.
    """
    found = iw.features(model, sae, texts(dictionaries.DOCUMENTS, READ))
    for name, find in sorted(finds.items(), key=lambda item: item[1]["f1"]):  # the best one stays
        if find["site"] == sae.site and find["f1"] >= GOOD:
            scores = f"purity {find['purity']:.2f}, coverage {find['coverage']:.2f}"
            note = f"Best latent for these prompts: {scores} on prompts it was not chosen on."
            found.labels.set(find["latent"], name.replace("_", " "), note, source="auto")
    return found


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=WEIGHTS / FOLDER)
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    finds = model_card()["dictionaries"]["latents"]
    make(iw.load(), iw.sae(MIDDLE), finds).save(options.out / FILE)


if __name__ == "__main__":
    main()
