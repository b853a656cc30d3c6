"""The sparse autoencoders that ship: ``python -m interp_widgets.bundled.dictionaries``.

A TopK one for the stream after each layer; JumpReLU and ReLU after the middle one too. `iw.sae`
reads them. They belong to one set of weights, so :mod:`ship` trains them with it. All of them take
about twenty minutes on one core and 6 MB; ``--only L3_topk`` makes one, ``--card`` measures what is
there and writes that into the card.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

import interp_widgets as iw
from interp_widgets.bundled import CARD, WEIGHTS, dictionary_finds
from interp_widgets.bundled.batches import batch
from interp_widgets.bundled.lenses import DATA_SEED, texts
from interp_widgets.bundled.tokenizer import fast_encoder
from interp_widgets.core.dictionary.token_stream import token_batches
from interp_widgets.core.load import load
from interp_widgets.core.sites import Site

FOLDER = "saes"  # in the folder of the weights
WIDTH, ACTIVE, MIDDLE = 1024, 16, 3
DOCUMENTS = 12_000  # read one by one, as prompts are
PACKED = 20  # steps of training text, many documents a row: late positions
STEPS, BATCH, RATE = 3000, 1024, 2e-3
SEED = 0


@dataclass(frozen=True)
class Recipe:
    """One dictionary: where it reads, and its objective."""

    layer: int
    variant: str
    hyper: dict[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Of its folder."""
        return f"L{self.layer}_{self.variant}"


RECIPES = (
    *(Recipe(layer, "topk", {"k": ACTIVE}) for layer in range(8)),
    Recipe(MIDDLE, "jumprelu", {"l1": 0.001, "bandwidth": 0.003, "threshold": 0.001}),
    Recipe(MIDDLE, "relu", {"l1": 0.06}),
)


def course_model(folder: Path) -> iw.LanguageModel:
    """The model in ``folder``, under the name that `iw.load` gives the one that ships."""
    model = load(folder)
    model.name = "course-model"
    return model


def activations(model: iw.LanguageModel, layer: int) -> Tensor:
    """What is trained on, ``[token, d_model]``: no BOS, text that no run of the model has read."""
    encoder = fast_encoder(model.tokenizer)
    rows = [row for step in range(PACKED) for row in batch(encoder, DATA_SEED, 1 + step)[0]]
    found: list[Tensor] = []
    for read in (texts(0, DOCUMENTS), rows):
        for one in token_batches(model, Site(layer, "resid_post"), read):
            found.append(one.activations[one.counted])
    return torch.cat(found)


def train(x: Tensor, recipe: Recipe, model: iw.LanguageModel) -> iw.SAE:
    """Train one dictionary on activations ``[token, d_model]``; the same one every time."""
    run = iw.train_sae(
        x,
        variant=recipe.variant,
        d_sae=WIDTH,
        batch_size=min(BATCH, len(x)),
        steps=STEPS,
        lr=RATE,
        seed=SEED,
        checkpoint_every=STEPS,
        **recipe.hyper,  # pyright: ignore[reportArgumentType]
    )
    for _ in run:
        pass
    # Scales are folded in float32, before the rounding.
    plain = run.sae.fold_normalization()
    kept = {name: getattr(plain, name) for name in ("W_enc", "b_enc", "W_dec", "b_dec")}
    return iw.SAE(
        **kept,
        activation=plain.activation,
        k=plain.k,
        threshold=plain.threshold,
        center=plain.center,
        variant=recipe.variant,
        site=f"L{recipe.layer}.resid_post",
        model=model.name,
        revision=model.revision,
        dtype=torch.float16,
    )


def make(model: iw.LanguageModel, folder: Path, only: list[str] | None = None) -> None:
    """Train dictionaries and write each to a folder of its name in ``folder``."""
    for layer in range(model.n_layers):
        wanted = [r for r in RECIPES if r.layer == layer and (not only or r.name in only)]
        if wanted:
            x = activations(model, layer)
            for recipe in wanted:
                train(x, recipe, model).save(folder / recipe.name)


def measure(model: iw.LanguageModel, folder: Path) -> dict[str, object]:
    """What the card says of the dictionaries in ``folder``."""
    made = {recipe.name: iw.SAE.load(folder / recipe.name) for recipe in RECIPES}
    fresh = texts(DOCUMENTS, dictionary_finds.FRESH)
    return {
        "quality": {
            name: dictionary_finds.quality(model, sae, fresh) for name, sae in made.items()
        },
        "latents": dictionary_finds.latents(
            model, made[f"L{MIDDLE}_topk"], made[f"L{model.n_layers - 1}_topk"]
        ),
    }


def write_card(measured: dict[str, object], path: Path) -> None:
    """Put the section into a card, and leave the others as they are."""
    from interp_widgets.bundled.evaluate import rounded, write

    card = json.loads(path.read_text())
    notes = card.pop("notes")
    card["dictionaries"] = rounded(measured)
    card["notes"] = notes | {"dictionaries": dictionary_finds.NOTES}
    write(card, path)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--only", nargs="+", choices=[recipe.name for recipe in RECIPES])
    parser.add_argument("--card", action="store_true", help="measure, and train nothing")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = course_model(options.weights)
    if not options.card:
        make(model, options.weights / FOLDER, options.only)
    if options.card or not options.only:
        write_card(measure(model, options.weights / FOLDER), CARD)


if __name__ == "__main__":
    main()
