"""How the model does it: patching, swaps, heads, lens, a sentiment direction."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from interp_widgets.bundled.corpus import FAMILIES, Prompt
from interp_widgets.bundled.corpus.families import feelings, landmarks, repeats, towns, two_hop
from interp_widgets.bundled.corpus.world import ONE_TOKEN_LANDMARKS, STATES, TOWN_STATE
from interp_widgets.bundled.internals import Batch, CourseModel, replace_rows
from interp_widgets.bundled.notes import counts

Rows = list[float]
Pairs = tuple[list[Prompt], list[Prompt]]  # to patch into, to patch from; or clean and corrupt
PAIRS = 64  # prompts a measurement
CLEAR = 0.5  # a pair's own recovery counts where its answers are this part of the mean gap apart


def _spans(model: CourseModel, prompts: Sequence[Prompt]) -> Tensor:
    """[prompt, n], positions of the subjects' tokens; all subjects have as many."""
    spans = [model.span(p) for p in prompts]
    return torch.tensor([list(range(s.start, s.stop)) for s in spans])


def _last(model: CourseModel, prompts: Sequence[Prompt]) -> Tensor:
    """[prompt, 1], position of the last token of each subject."""
    return torch.tensor([[model.span(p).stop - 1] for p in prompts])


def _logit_difference(logits: Tensor, right: Tensor, wrong: Tensor) -> Tensor:
    rows = torch.arange(len(logits))
    return logits[rows, right] - logits[rows, wrong]


def recovery(
    model: CourseModel, clean: Sequence[Prompt], corrupt: Sequence[Prompt]
) -> dict[str, dict[str, Rows]]:
    """Denoising: how much of the clean logit difference one place brings back, 0..1.

    Args:
        model: The model.
        clean: Prompts whose answer is to come back.
        corrupt: As many prompts of the same template and length, each with another answer.

    Returns:
        By place (``subject``: all its tokens, ``subject_first``, ``subject_last``, ``end``), from
        the embedding to after the last layer: ``mean``, the ratio of the mean gain to the mean gap;
        ``median`` and ``least`` of the ratios of single pairs, where the gap is ``CLEAR``.
    """
    good, bad = (model.batch([p.prompt for p in prompts]) for prompts in (clean, corrupt))
    right, wrong = model.answers(clean), model.answers(corrupt)
    base = _logit_difference(model.end_logits(bad), right, wrong)
    gap = _logit_difference(model.end_logits(good), right, wrong) - base
    clear = gap >= CLEAR * gap.mean()
    spans = _spans(model, clean)
    places = {
        "subject": spans,
        "subject_first": spans[:, :1],
        "subject_last": spans[:, -1:],
        "end": good.end[:, None],
    }
    sites = model.residual_rows()
    clean_cache = model.cache(good, sites)
    found: dict[str, dict[str, Rows]] = {
        name: {"mean": [], "median": [], "least": []} for name in places
    }
    for site in sites:
        for name, positions in places.items():
            values = clean_cache[site][good.rows[:, None], positions]
            with model.edited({site: replace_rows(values, positions)}):
                gain = _logit_difference(model.end_logits(bad, len(clean)), right, wrong) - base
            each = (gain / gap)[clear]
            found[name]["mean"].append((gain.mean() / gap.mean()).item())
            found[name]["median"].append(each.median().item())
            found[name]["least"].append(each.min().item())
    return found


def shuffled_pairs(prompts: Sequence[Prompt], seed: int) -> Pairs:
    """Up to ``PAIRS`` pairs of prompts with different answers."""
    rng = random.Random(seed)
    first, second = rng.sample(prompts, len(prompts)), rng.sample(prompts, len(prompts))
    pairs = [(a, b) for a, b in zip(first, second, strict=True) if a.answer != b.answer][:PAIRS]
    return [a for a, _ in pairs], [b for _, b in pairs]


def patching(model: CourseModel) -> dict[str, dict[str, Any]]:
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
    found = {}
    for name, prompts in sets.items():
        clean, corrupt = shuffled_pairs(prompts, 5)
        found[name] = {**counts(clean), **recovery(model, clean, corrupt)}
    return found


def _flips(
    model: CourseModel,
    base: Sequence[Prompt],
    donor: Sequence[Prompt],
    source: Sequence[Prompt] | None = None,
    noise: bool = False,
) -> dict[str, Any]:
    """What prompts answer once the town's last token holds another prompt's residual.

    Args:
        model: The model.
        base: Prompts to change.
        donor: Prompts whose answer counts as a flip.
        source: Prompts whose subject's last token gives the residual; the donors if left out.
        noise: Move as far as to the donor's residual, but in a random direction.

    Returns:
        Shares from the embedding to after the last layer: ``donor`` answer as the donor would,
        ``own`` answer as before, ``other`` anything else.
    """
    taken = donor if source is None else source
    batch, origin = (model.batch([p.prompt for p in prompts]) for prompts in (base, taken))
    positions, origins = _last(model, base), _last(model, taken)
    sites = model.residual_rows()
    start, cache = model.cache(batch, sites), model.cache(origin, sites)
    goal, before = model.answers(donor), model.answers(base)
    generator = torch.Generator().manual_seed(0)
    found: dict[str, Any] = {**counts(base), "donor": [], "own": [], "other": []}
    for site in sites:
        values = cache[site][origin.rows[:, None], origins]
        if noise:
            here = start[site][batch.rows[:, None], positions]
            step = torch.randn(values.shape, generator=generator)
            distance = (values - here).norm(dim=-1, keepdim=True)
            values = here + step * distance / step.norm(dim=-1, keepdim=True)
        with model.edited({site: replace_rows(values, positions)}):
            top = model.end_logits(batch, len(base)).argmax(-1)
        as_donor, as_own = top == goal, top == before
        found["donor"].append(as_donor.float().mean().item())
        found["own"].append(as_own.float().mean().item())
        found["other"].append((~as_donor & ~as_own).float().mean().item())
    return found


def _same_state(prompts: Sequence[Prompt]) -> Pairs:
    """Every prompt with one about the next town of its state, where the state has several."""
    pairs = []
    for state in STATES:
        towns_of = [p for p in prompts if TOWN_STATE[p.subject] == state]
        pairs += zip(towns_of, towns_of[1:] + towns_of[:1], strict=True)
    pairs = [(a, b) for a, b in pairs if a.subject != b.subject][:PAIRS]
    return [a for a, _ in pairs], [b for _, b in pairs]


def swaps(model: CourseModel) -> dict[str, dict[str, Any]]:
    """Swap a town's residual for another state's, with three controls (see ``NOTES``)."""
    prompts = [p for p in two_hop.prompts() if p.template == two_hop.DISTANCE]
    held = [p for p in prompts if p.held_out]
    by_state = {s: [p for p in prompts if TOWN_STATE[p.subject] == s] for s in STATES}
    texas = [(a, b) for a in by_state["Texas"] for b in by_state["California"]]
    targets, donors = [a for a, _ in texas], [b for _, b in texas]
    one_hop = {p.subject: p for p in towns.prompts() if p.template == towns.TEMPLATES[0]}
    crossed = [replace(p, prompt=one_hop[p.subject].prompt) for p in donors]
    pairs, same = shuffled_pairs(held, 6), _same_state(held)
    things = [feelings.THINGS[i % len(feelings.THINGS)] for i in range(len(pairs[0]))]
    elsewhere = [Prompt("", f"I thought this {thing} was", subject=thing) for thing in things]
    alike = _flips(model, *same)
    del alike["donor"]  # its answer is the prompt's own
    return {
        "held_out_pairs": _flips(model, *pairs),
        "held_out_pairs_same_state": alike,
        "held_out_pairs_unrelated": _flips(model, *pairs, source=elsewhere),
        "held_out_pairs_noise": _flips(model, *pairs, noise=True),
        "texas_to_california": _flips(model, targets, donors),
        "texas_to_california_from_one_hop_prompt": _flips(model, targets, crossed),
    }


def _repeats(model: CourseModel, rows: int = 16, length: int = 25) -> Batch:
    rng = random.Random(12)
    words = [rng.choices(repeats.WORDS, k=length) for _ in range(rows)]
    ids = [[model.encoder.bos, *(model.token(f" {w}") for w in row + row)] for row in words]
    return Batch(torch.tensor(ids), torch.full((rows,), 2 * length))


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


def falls_from(ranks: Rows) -> int:
    """The row from which on the rank never rises again; 0 is the embedding, n after layer n - 1."""
    rises = [i + 1 for i, (a, b) in enumerate(pairwise(ranks)) if b > a]
    return rises[-1] if rises else 0


def lens_ranks(model: CourseModel) -> dict[str, dict[str, Any]]:
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
        found[name] = {**counts(prompts), "rank": ranks, "falls_from": falls_from(ranks)}
    return found


def steadiest(rows: Mapping[str, Rows]) -> str | None:
    """The site whose row rises at every step, and most from end to end; None if none does."""
    steady = [site for site, row in rows.items() if all(b > a for a, b in pairwise(row))]
    return max(steady, key=lambda site: rows[site][-1] - rows[site][0], default=None)


def sentiment_direction(
    model: CourseModel, strengths: Sequence[float] = (-2, -1, 0, 1, 2)
) -> dict[str, Any]:
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
    found: dict[str, Rows] = {}
    for site, praise in caches[0].items():
        direction, row = praise - caches[1][site], []
        for strength in strengths:
            with model.edited({site: lambda s, d=strength * direction: s + d}):
                p = model.end_logits(neutral).softmax(-1)
            row.append((p[:, p_words[0]].sum(-1) - p[:, p_words[1]].sum(-1)).mean().item())
        found[site] = row
    return {"strengths": list(strengths), "layer": steadiest(found), "rows": found}


def measure(model: CourseModel) -> dict[str, dict]:
    """Every mechanism of the card but the MLPs' (see ``ablation`` and ``transcoder``)."""
    return {
        "patching": patching(model),
        "swaps": swaps(model),
        "heads": heads(model),
        "lens_ranks": lens_ranks(model),
        "sentiment_direction": sentiment_direction(model),
    }


NOTES = {
    "patching": "denoising recovery, 0..1, from the embedding to after the last layer, over pairs "
    "of prompts of one template: ratio of the mean gain to the mean gap, and median and least of "
    f"the ratios of single pairs whose gap is at least {CLEAR} of the mean gap",
    "swaps": "the residual at the last token of a town in a two-hop prompt is replaced; shares "
    "that then answer as the donor prompt, as before, or otherwise, from the embedding to after "
    "the last layer",
    "held_out_pairs": "donor: a town of another state",
    "held_out_pairs_same_state": "control: another town of the same state; the answer should stay",
    "held_out_pairs_unrelated": "control: the residual of a thing in the text 'I thought this "
    "thing was'; the answer of the donor in held_out_pairs should not come",
    "held_out_pairs_noise": "control: as far as to the donor, in a random direction: no state the "
    "model is ever in, so it shows only that the size of a change does not flip answers",
    "texas_to_california": "every Texan town with every Californian one, trained and held out",
    "texas_to_california_from_one_hop_prompt": "the same, the donor from a prompt about its state",
    "heads": "mean attention by layer and head on random words written twice: to the token "
    "before, and from the second copy to the token after the same word in the first",
    "lens_ranks": "geometric mean rank of the answer in the logit lens at the last token, from "
    "the embedding to after the last layer; falls_from: the row from which it never rises again",
    "sentiment_direction": "P(praise) - P(blame) of a neutral text, the mean difference of words "
    "of praise and blame added at every token; layer: where it rises at every strength, and most",
}
