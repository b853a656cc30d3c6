"""How well attribution patching estimates what activation patching finds in the shipped model.

Lesson 08 holds its own pair to this table: on single pairs of landmarks, by kind of place.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

import interp_widgets as iw
from interp_widgets.bundled.corpus.families import landmarks
from interp_widgets.bundled.corpus.world import ONE_TOKEN_LANDMARKS
from interp_widgets.bundled.mechanism import shuffled_pairs
from interp_widgets.core.patching.agreement import agreement

PAIRS = 16
SITES: Mapping[str, tuple[str, str]] = {
    "stream": ("resid_pre", "position"),
    "attention": ("attn_out", "position"),
    "mlp": ("mlp_out", "position"),
    "heads": ("z", "head"),
}
NOTES = (
    f"gradients at the corrupt run against exact denoising, cells that change anything, {PAIRS} "
    "pairs of landmarks of two words: mean and least of the pairs' correlation of effects "
    "(pearson) and of their ranks (spearman), and of the share of equal signs"
)


def measure(model: iw.LanguageModel) -> dict[str, dict[str, dict[str, float]]]:
    """By kind of place: ``mean`` and ``least`` over pairs of each number of agreement."""
    prompts = [
        p
        for p in landmarks.prompts()
        if p.template == landmarks.CITY_TEMPLATES[1] and p.subject not in ONE_TOKEN_LANDMARKS
    ]
    clean, corrupt = shuffled_pairs(prompts, 5)
    pairs = list(zip(clean, corrupt, strict=True))[:PAIRS]
    requests = [(good.prompt, bad.prompt, good.answer, bad.answer) for good, bad in pairs]
    return {name: _over(model, requests, *place) for name, place in SITES.items()}


def _over(
    model: iw.LanguageModel, requests: list[tuple[str, str, str, str]], site: str, per: str
) -> dict[str, dict[str, float]]:
    rows = []
    for request in requests:
        exact = iw.activation_patching(model, *request, site=site, per=per).effect
        guess = iw.attribution_patching(model, *request, site=site, per=per, sample=0).effect
        moves = exact.abs() > 1e-6
        found = agreement(guess[moves], exact[moves])
        rows.append([found.pearson, found.spearman, found.sign])
    columns = dict(zip(("pearson", "spearman", "sign"), torch.tensor(rows).T, strict=True))
    return {
        name: {"mean": float(column.mean()), "least": float(column.min())}
        for name, column in columns.items()
    }
