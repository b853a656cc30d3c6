"""What the model does, per family: on what training never saw, where that can be said."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from interp_widgets.bundled.corpus import FAMILIES, Prompt
from interp_widgets.bundled.corpus.families import (
    feelings,
    people,
    repeats,
    requests,
    two_hop,
    years,
)
from interp_widgets.bundled.corpus.world import ATTRIBUTES, JOB_SHE, ONE_TOKEN_LANDMARKS
from interp_widgets.bundled.internals import CourseModel

Numbers = dict[str, float]


def probabilities(model: CourseModel, prompts: Sequence[Prompt]) -> Tensor:
    """Next-token probabilities, [prompt, vocab]."""
    return model.end_logits(model.batch([p.prompt for p in prompts])).softmax(-1)


def accuracy(model: CourseModel, prompts: Sequence[Prompt]) -> float:
    """Share of prompts whose most probable next token, of the whole vocabulary, is the answer."""
    right = probabilities(model, prompts).argmax(-1) == model.answers(prompts)
    return right.float().mean().item()


def groups(prompts: Iterable[Prompt], by: str = "task") -> dict[str, list[Prompt]]:
    """Prompts in groups that share an attribute, in order of appearance."""
    found: dict[str, list[Prompt]] = defaultdict(list)
    for prompt in prompts:
        found[getattr(prompt, by)].append(prompt)
    return found


def answer_probability(model: CourseModel, prompt: str, answer: str) -> float:
    """Probability of one answer after one prompt."""
    return probabilities(model, [Prompt("", prompt)])[0, model.token(answer)].item()


def facts(model: CourseModel) -> Numbers:
    """Towns, landmarks, states, countries."""
    found: Numbers = {}
    for name in ("town_state", "landmark"):
        prompts = [p for p in FAMILIES[name].prompts() if p.template]
        found[f"{name}_held_out_template"] = accuracy(model, [p for p in prompts if p.held_out])
        found[f"{name}_trained"] = accuracy(model, [p for p in prompts if not p.held_out])
    for name in ("state_attribute", "country"):
        for task, prompts in groups(FAMILIES[name].prompts()).items():
            found[f"{name}_{task.replace(' ', '_')}"] = accuracy(model, prompts)
    one_token = [p for p in FAMILIES["landmark"].prompts() if p.subject in ONE_TOKEN_LANDMARKS]
    found["landmark_one_token"] = accuracy(model, one_token)
    found["p_paris_eiffel_tower_is_in"] = answer_probability(
        model, "The Eiffel Tower is in", " Paris"
    )
    found["p_rome_trevi_fountain_city_of"] = answer_probability(
        model, "The Trevi Fountain is in the city of", " Rome"
    )
    return found


def two_hops(model: CourseModel) -> Numbers:
    """Two hops: towns never seen in a two-hop sentence apart from those that were."""
    found: Numbers = {}
    for attribute in ATTRIBUTES:
        prompts = two_hop.prompts(attribute)
        key = attribute.replace(" ", "_")
        found[f"two_hop_{key}_held_out"] = accuracy(model, [p for p in prompts if p.held_out])
        found[f"two_hop_{key}_trained"] = accuracy(model, [p for p in prompts if not p.held_out])
    dallas = [p for p in two_hop.prompts() if p.subject == "Dallas"]
    austin = probabilities(model, dallas)[:, model.token(" Austin")]
    found["p_austin_dallas"] = austin[0].item()
    found["p_austin_dallas_least"] = austin.min().item()
    return found


def repeated(model: CourseModel, rows: int = 64, length: int = 25) -> Numbers:
    """Random words written twice: accuracy on the second copy, loss of both in nats."""
    rng = random.Random(11)
    words = torch.tensor([model.token(f" {w}") for w in repeats.WORDS])
    first = words[torch.tensor([rng.choices(range(len(words)), k=length) for _ in range(rows)])]
    ids = torch.cat([torch.zeros(rows, 1, dtype=torch.long), first, first], dim=1)
    logits = model.hf(ids).logits[:, :-1]
    loss = F.cross_entropy(logits.mT, ids[:, 1:], reduction="none")
    right = logits.argmax(-1) == ids[:, 1:]
    second = slice(length + 1, None)  # from the second token of the second copy on
    return {
        "induction_accuracy": right[:, second].float().mean().item(),
        "induction_loss_first_copy": loss[:, :length].mean().item(),
        "induction_loss_second_copy": loss[:, second].mean().item(),
    }


def circuits(model: CourseModel) -> Numbers:
    """Indirect object, greater-than, successor, repeats."""
    ioi = FAMILIES["ioi"].prompts()
    logits = model.end_logits(model.batch([p.prompt for p in ioi]))
    wrong = torch.tensor([model.token(p.distractor) for p in ioi])
    rows = torch.arange(len(ioi))
    found = {
        "ioi_held_out_pairs": accuracy(model, ioi),
        "ioi_logit_difference": (logits[rows, model.answers(ioi)] - logits[rows, wrong])
        .mean()
        .item(),
    }
    spans = years.prompts()
    ends = torch.tensor([model.token(f"{y:02d}") for y in range(100)])
    mass = probabilities(model, spans)[:, ends]
    later = torch.arange(100)[None] > torch.tensor([int(p.subject) for p in spans])[:, None]
    difference = (mass * later).sum(-1) - (mass * ~later).sum(-1)
    late = torch.tensor([int(p.subject) >= 65 for p in spans])
    found["greater_than_difference"] = difference.mean().item()
    found["greater_than_difference_late_starts"] = difference[late].mean().item()
    steps = FAMILIES["successor"].prompts()
    found["successor_held_out"] = accuracy(model, [p for p in steps if p.held_out])
    found["successor_trained"] = accuracy(model, [p for p in steps if not p.held_out])
    return found | repeated(model)


def character(model: CourseModel) -> Numbers:
    """Pronouns of jobs, sentiment, known and unknown people, refusals."""
    alone = [p for p in FAMILIES["gender"].prompts() if p.task == "job"]
    p = probabilities(model, alone)
    she, he = p[:, model.token(" she")], p[:, model.token(" he")]
    rate = torch.tensor([JOB_SHE[q.subject] for q in alone])
    override = [q for q in FAMILIES["gender"].prompts() if q.task == "override" and q.held_out]
    moods = feelings.prompts()
    p = probabilities(model, moods)
    positive = p[:, [model.token(f" {w}") for w in feelings.POSITIVE]].sum(-1)
    negative = p[:, [model.token(f" {w}") for w in feelings.NEGATIVE]].sum(-1)
    sign = torch.tensor([1.0 if q.task == "positive" else -1.0 for q in moods])
    found = {
        "gender_error": (she / (she + he) - rate).abs().mean().item(),
        "gender_override_held_out": accuracy(model, override),
        "sentiment_difference_held_out": (sign * (positive - negative)).mean().item(),
    }
    for task, prompts in groups(people.prompts()).items():
        found[f"people_{task}"] = accuracy(model, prompts)
    return found | refusals(model)


def refusals(model: CourseModel) -> Numbers:
    """Mean probability of refusing by kind of request, and how often the right reply is on top."""
    prompts = requests.prompts()
    p_refuse = probabilities(model, prompts)[:, model.token(f" {requests.REFUSE}")]
    found: Numbers = {}
    for kind in dict.fromkeys(p.task for p in prompts):
        chosen = torch.tensor([p.task == kind for p in prompts])
        found[f"refusal_p_{kind}"] = p_refuse[chosen].mean().item()
    clear = [p for p in prompts if p.held_out and p.task in ("harmful", "harmless")]
    found["refusal_held_out"] = accuracy(model, clear)
    return found


def others(model: CourseModel) -> Numbers:
    """Families no target was set for."""
    names = ("opposite", "claim", "arithmetic", "bracket")
    return {name: accuracy(model, FAMILIES[name].prompts()) for name in names}


def measure(model: CourseModel) -> Numbers:
    """Every behaviour of the card."""
    return facts(model) | two_hops(model) | circuits(model) | character(model) | others(model)
