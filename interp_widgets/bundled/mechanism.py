"""How the model does it: patching, swaps, heads, lens, a sentiment direction."""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch
from torch import Tensor

from interp_widgets.bundled.corpus import FAMILIES, Prompt
from interp_widgets.bundled.corpus.families import feelings, landmarks, repeats, towns, two_hop
from interp_widgets.bundled.corpus.world import ONE_TOKEN_LANDMARKS, STATES, TOWN_STATE
from interp_widgets.bundled.internals import Batch, CourseModel, replace_rows

Rows = list[float]
PAIRS = 64  # prompts a measurement


def _spans(model: CourseModel, prompts: Sequence[Prompt]) -> Tensor:
    """[prompt, n], positions of the subjects' tokens; all subjects have as many."""
    spans = [model.span(p) for p in prompts]
    return torch.tensor([list(range(s.start, s.stop)) for s in spans])


def _logit_difference(logits: Tensor, right: Tensor, wrong: Tensor) -> Tensor:
    rows = torch.arange(len(logits))
    return logits[rows, right] - logits[rows, wrong]


def recovery(
    model: CourseModel, clean: Sequence[Prompt], corrupt: Sequence[Prompt]
) -> dict[str, Rows]:
    """Denoising: how much of the clean logit difference one place brings back, 0..1.

    Args:
        model: The model.
        clean: Prompts whose answer is to come back.
        corrupt: As many prompts of the same template and length, each with another answer.

    Returns:
        By place (``subject``: all its tokens, ``subject_first``, ``subject_last``, ``end``) the
        mean recovery, from the embedding to after the last layer.
    """
    good, bad = (model.batch([p.prompt for p in prompts]) for prompts in (clean, corrupt))
    right, wrong = model.answers(clean), model.answers(corrupt)
    best = _logit_difference(model.end_logits(good), right, wrong).mean()
    base = _logit_difference(model.end_logits(bad), right, wrong).mean()
    spans = _spans(model, clean)
    places = {
        "subject": spans,
        "subject_first": spans[:, :1],
        "subject_last": spans[:, -1:],
        "end": good.end[:, None],
    }
    sites = model.residual_rows()
    clean_cache = model.cache(good, sites)
    found: dict[str, Rows] = {name: [] for name in places}
    for site in sites:
        for name, positions in places.items():
            values = clean_cache[site][good.rows[:, None], positions]
            with model.edited({site: replace_rows(values, positions)}):
                patched = _logit_difference(model.end_logits(bad, len(clean)), right, wrong).mean()
            found[name].append(((patched - base) / (best - base)).item())
    return found


def _shuffled_pairs(prompts: Sequence[Prompt], seed: int) -> tuple[list[Prompt], list[Prompt]]:
    """Up to ``PAIRS`` pairs of prompts with different answers."""
    rng = random.Random(seed)
    first, second = rng.sample(prompts, len(prompts)), rng.sample(prompts, len(prompts))
    pairs = [(a, b) for a, b in zip(first, second, strict=True) if a.answer != b.answer][:PAIRS]
    return [a for a, _ in pairs], [b for _, b in pairs]


def patching(model: CourseModel) -> dict[str, dict[str, Rows]]:
    """Recovery for names of one and two words, a town, and a two-hop prompt with distance."""
    city_of = [p for p in landmarks.prompts() if p.template == landmarks.CITY_TEMPLATES[1]]
    one_hop = [p for p in towns.prompts() if p.template == towns.TEMPLATES[0]]
    distance = [p for p in two_hop.prompts() if p.template == two_hop.DISTANCE]
    sets = {
        "landmark_one_token": [p for p in city_of if p.subject in ONE_TOKEN_LANDMARKS],
        "landmark_two_tokens": [p for p in city_of if p.subject not in ONE_TOKEN_LANDMARKS],
        "town_one_hop": one_hop,
        "two_hop_distance": distance,
        "two_hop_distance_held_out": [p for p in distance if p.held_out],
    }
    return {name: recovery(model, *_shuffled_pairs(prompts, 5)) for name, prompts in sets.items()}


def _flips(
    model: CourseModel, base: Sequence[Prompt], donor: Sequence[Prompt], control: bool = False
) -> Rows:
    """Share of prompts that answer as the donor does once the town's last token is the donor's.

    Args:
        model: The model.
        base: Prompts to change.
        donor: Where the residual comes from; its answer counts as a flip.
        control: Move as far as to the donor's residual, but in a random direction.
    """
    batch, source = (model.batch([p.prompt for p in prompts]) for prompts in (base, donor))
    positions, origins = _spans(model, base)[:, -1:], _spans(model, donor)[:, -1:]
    sites = model.residual_rows()
    own, cache = model.cache(batch, sites), model.cache(source, sites)
    goal, found = model.answers(donor), []
    generator = torch.Generator().manual_seed(0)
    for site in sites:
        values = cache[site][source.rows[:, None], origins]
        if control:
            start = own[site][batch.rows[:, None], positions]
            step = torch.randn(values.shape, generator=generator)
            distance = (values - start).norm(dim=-1, keepdim=True)
            values = start + step * distance / step.norm(dim=-1, keepdim=True)
        with model.edited({site: replace_rows(values, positions)}):
            top = model.end_logits(batch, len(base)).argmax(-1)
        found.append((top == goal).float().mean().item())
    return found


def swaps(model: CourseModel) -> dict[str, Rows]:
    """Swap a town's residual for another state's, from the embedding to the last layer."""
    prompts = [p for p in two_hop.prompts() if p.template == two_hop.DISTANCE]
    held = [p for p in prompts if p.held_out]
    by_state = {s: [p for p in prompts if TOWN_STATE[p.subject] == s] for s in STATES}
    texas = [(a, b) for a in by_state["Texas"] for b in by_state["California"]]
    targets, donors = [a for a, _ in texas], [b for _, b in texas]
    one_hop = {p.subject: p for p in towns.prompts() if p.template == towns.TEMPLATES[0]}
    crossed = [
        Prompt(p.family, one_hop[p.subject].prompt, p.answer, subject=p.subject) for p in donors
    ]
    pairs = _shuffled_pairs(held, 6)
    return {
        "held_out_pairs": _flips(model, *pairs),
        "held_out_pairs_random_direction": _flips(model, *pairs, control=True),
        "texas_to_california": _flips(model, targets, donors),
        "texas_to_california_from_one_hop_prompt": _flips(model, targets, crossed),
    }


def _repeats(model: CourseModel, rows: int = 16, length: int = 25) -> Batch:
    rng = random.Random(12)
    words = [rng.choices(repeats.WORDS, k=length) for _ in range(rows)]
    return model.batch([" ".join(w + w) for w in words])


def heads(model: CourseModel, length: int = 25) -> dict[str, list[Rows]]:
    """Mean attention, [layer, head], on random words written twice.

    Returns:
        ``induction``: from the second copy to the token after the same word in the first (T-1 back,
        the textbook offset); ``previous``: to the token before.
    """
    batch = _repeats(model, length=length)
    patterns = torch.stack(
        model.hf(batch.ids, output_attentions=True).attentions
    )  # layer batch head dst src
    scores = {
        "previous": patterns.diagonal(-1, -2, -1)[..., 1:],
        "induction": patterns.diagonal(1 - length, -2, -1)[..., 2:],
    }
    return {name: score.mean((1, 3)).tolist() for name, score in scores.items()}


def lens_ranks(model: CourseModel) -> dict[str, Rows]:
    """Geometric mean rank of the answer in the logit lens at the last token; 1 is the top."""
    sets = {
        "landmark": [p for p in landmarks.prompts() if p.template == landmarks.CITY_TEMPLATES[1]],
        "town_one_hop": [p for p in towns.prompts() if p.template == towns.TEMPLATES[0]],
        "two_hop_held_out": [
            p for p in two_hop.prompts() if p.held_out and p.template == two_hop.DISTANCE
        ],
        "ioi": FAMILIES["ioi"].prompts(),
    }
    found = {}
    for name, prompts in sets.items():
        batch = model.batch([p.prompt for p in prompts])
        answers, ranks = model.answers(prompts), []
        for stream in model.cache(batch, model.residual_rows()).values():
            last = stream[batch.rows, batch.end]
            logits = model.hf.lm_head(model.hf.transformer.ln_f(last))
            above = logits > logits.gather(1, answers[:, None])
            ranks.append((above.sum(-1) + 1.0).log().mean().exp().item())
        found[name] = ranks
    return found


def sentiment_direction(
    model: CourseModel, strengths: Sequence[float] = (-2, -1, 0, 1, 2)
) -> dict[str, Rows]:
    """P(praise) - P(blame) of a neutral text with a direction added at every token, by layer.

    The direction is the mean difference of the residuals at words of praise and of blame ("The
    movie was brilliant" against "The movie was boring"); strength 1 adds it once.
    """
    p_words = [
        [model.token(f" {w}") for w in words] for words in (feelings.POSITIVE, feelings.NEGATIVE)
    ]
    neutral = model.batch([f"I thought this {thing} was" for thing in feelings.THINGS])
    caches = []
    for words in (feelings.POSITIVE, feelings.NEGATIVE):
        batch = model.batch([f"The {t} was {w}" for t in feelings.THINGS for w in words])
        sites = model.residual_rows()[1:]
        caches.append(
            {s: v[batch.rows, batch.end].mean(0) for s, v in model.cache(batch, sites).items()}
        )
    found = {}
    for site, praise in caches[0].items():
        direction, row = praise - caches[1][site], []
        for strength in strengths:
            with model.edited({site: lambda s, d=strength * direction: s + d}):
                p = model.end_logits(neutral).softmax(-1)
            row.append((p[:, p_words[0]].sum(-1) - p[:, p_words[1]].sum(-1)).mean().item())
        found[site] = row
    return found


def measure(model: CourseModel) -> dict[str, dict]:
    """Every mechanism of the card but the MLPs' (see ``ablation`` and ``transcoder``)."""
    return {
        "patching": patching(model),
        "swaps": swaps(model),
        "heads": heads(model),
        "lens_ranks": lens_ranks(model),
        "sentiment_direction": sentiment_direction(model),
    }
