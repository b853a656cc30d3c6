"""How good the dictionaries that ship are, and which latents stand for what the model knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import interp_widgets as iw

FRESH = 800  # documents to measure on, which no dictionary was trained on
EACH = 80  # prompts of a family at most, evenly from its list
MEASURES = ("fve", "l0", "dead", "cosine", "shrinkage", "ce_recovered", "delta_ce", "kl")

# What a text has to be about, by the family of its prompt, the prompt and the answer. The second
# group is about what the model is going to say: it is looked for at the last token, after the last
# layer, for in the middle of the model most of it is not settled.
Judge = Callable[[str, str, str], bool]
NAMED: Mapping[str, Mapping[str, Judge]] = {
    "any": {
        "Texas": lambda family, prompt, answer: " Texas" in prompt,
        "bridges": lambda family, prompt, answer: " Bridge" in prompt,
        "Spanish": lambda family, prompt, answer: prompt.startswith("Lo contrario"),
        "French": lambda family, prompt, answer: prompt.startswith("Le contraire"),
    },
    "last": {
        "capital of Texas": lambda family, prompt, answer: answer == " Austin",
        "refusing": lambda family, prompt, answer: answer == " Sorry",
        "helping": lambda family, prompt, answer: answer == " Sure",
        "closing a bracket": lambda family, prompt, answer: family == "bracket",
        "not knowing a person": lambda family, prompt, answer: answer == " unknown",
        "a claim that is false": lambda family, prompt, answer: answer == " false",
    },
}
NOTES = {
    "quality": "of each dictionary on fresh documents, BOS left out: fraction of variance "
    "explained; latents a token; share of latents that fired on no token; cosine and shrinkage of "
    "reconstructions; loss recovered (1: the model's own, 0: the stream set to zero), loss added "
    "in nats, KL from the model's predictions in nats.",
    "latents": "of a TopK dictionary (site), for each family of prompts and for some subjects: the "
    "one latent, and the strength above which it fires, that best tell these prompts from all "
    "others, chosen on half of the prompts; purity, coverage and F1 on the other half. at: by the "
    "strongest token of a prompt, or by its last token, where the model is about to answer.",
}


def quality(model: iw.LanguageModel, sae: iw.SAE, texts: list[str]) -> dict[str, float]:
    """How well one dictionary stands in for the stream."""
    found = iw.evaluate_sae(model, sae, texts)
    return {name: getattr(found, name) for name in MEASURES}


def prompts(family: str) -> list[Any]:
    """Some prompts of a family, from its whole list."""
    listed = iw.prompts(family)
    return list(listed)[:: max(1, len(listed) // EACH)][:EACH]


def subjects(judges: Mapping[str, Judge]) -> tuple[dict[str, list[str]], list[str]]:
    """Prompts about each subject, from all families, and prompts about none of them."""
    about: dict[str, list[str]] = {name: [] for name in judges}
    others: dict[str, None] = {}
    for family in iw.prompts():
        listed = iw.prompts(family)
        for name, judge in judges.items():
            own = [p.prompt for p in listed if judge(family, p.prompt, p.answer)]
            about[name] += own[:: max(1, len(own) // EACH)][:EACH]
        for p in prompts(family):
            if not any(judge(family, p.prompt, p.answer) for judge in judges.values()):
                others[p.prompt] = None
    named = {prompt for own in about.values() for prompt in own}
    return about, [prompt for prompt in others if prompt not in named]


def latents(model: iw.LanguageModel, middle: iw.SAE, last: iw.SAE) -> dict[str, dict[str, object]]:
    """The best latent of each family and subject, scored on prompts it was not chosen on.

    Args:
        model: the model.
        middle: the dictionary to look for families and for what is mentioned in.
        last: the dictionary to look for what is about to be said in.
    """
    families = {family: [p.prompt for p in prompts(family)] for family in iw.prompts()}
    found = [iw.find_latents(model, middle, families)]
    for at, sae in (("any", middle), ("last", last)):
        found.append(iw.find_latents(model, sae, *subjects(NAMED[at]), at=at))
    return {
        find.family: {
            "site": finds.site,
            "latent": find.feature,
            "above": find.threshold,
            "at": finds.at,
            "purity": find.checked_purity,
            "coverage": find.checked_coverage,
            "f1": find.checked_f1,
            "prompts": find.texts,
        }
        for finds in found
        for find in finds
    }
