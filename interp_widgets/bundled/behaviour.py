"""What the model does, per family: on what training never saw, where that can be said."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from interp_widgets.bundled import wordings
from interp_widgets.bundled.corpus import FAMILIES, Prompt
from interp_widgets.bundled.corpus.families import (
    feelings,
    people,
    repeats,
    requests,
    two_hop,
    years,
)
from interp_widgets.bundled.corpus.world import (
    ATTRIBUTES,
    JOB_SHE,
    ONE_TOKEN_LANDMARKS,
    PERSON_SPORT,
)
from interp_widgets.bundled.internals import CourseModel
from interp_widgets.bundled.notes import Row

Rows = dict[str, Row]
ROWS = 128  # prompts at once
SOON = 5  # tokens in which a reader would still call it the answer: "in the city of Paris"


def probabilities(model: CourseModel, prompts: Sequence[Prompt]) -> Tensor:
    """Next-token probabilities, [prompt, vocab]."""
    texts = [p.prompt for p in prompts]
    # Batch by batch: a long prompt makes those beside it long, and not all.
    batches = [model.batch(texts[i : i + ROWS]) for i in range(0, len(texts), ROWS)]
    return torch.cat([model.end_logits(batch) for batch in batches]).softmax(-1)


def accuracy(model: CourseModel, prompts: Sequence[Prompt]) -> float:
    """Share of prompts whose most probable next token, of the whole vocabulary, is the answer."""
    right = probabilities(model, prompts).argmax(-1) == model.answers(prompts)
    return right.float().mean().item()


def said_soon(model: CourseModel, prompts: Sequence[Prompt]) -> float:
    """Share of prompts whose answer is among the ``SOON`` tokens the model goes on with."""
    batch, answers = model.batch([p.prompt for p in prompts]), model.answers(prompts)
    ids, end = torch.cat([batch.ids, batch.ids.new_zeros(len(answers), SOON)], 1), batch.end
    said = torch.zeros(len(answers), dtype=torch.bool)
    for _ in range(SOON):
        top = model.end_logits(type(batch)(ids, end)).argmax(-1)
        said |= top == answers
        end = end + 1
        ids[batch.rows, end] = top
    return said.float().mean().item()


def right(model: CourseModel, prompts: Sequence[Prompt], says: str) -> Row:
    """A row of the card: the accuracy on prompts."""
    return Row(accuracy(model, prompts), f"share right, {says}", prompts)


def groups(prompts: Iterable[Prompt], by: str = "task") -> dict[str, list[Prompt]]:
    """Prompts in groups that share an attribute, in order of appearance."""
    found: dict[str, list[Prompt]] = defaultdict(list)
    for prompt in prompts:
        found[getattr(prompt, by)].append(prompt)
    return found


def answer_probability(model: CourseModel, family: str, text: str, answer: str) -> Row:
    """A row of the card: the probability of one answer after one prompt of a family."""
    (prompt,) = (p for p in FAMILIES[family].prompts() if p.prompt == text)
    value = probabilities(model, [prompt])[0, model.token(answer)].item()
    return Row(value, f'probability of "{answer}" after "{text}"', [prompt])


def facts(model: CourseModel) -> Rows:
    """Towns, landmarks, states, countries."""
    found: Rows = {}
    for name, what in (("town_state", "state of a town"), ("landmark", "city of a landmark")):
        prompts = [p for p in FAMILIES[name].prompts() if p.template]
        found[f"{name}_held_out_combination"] = right(
            model,
            [p for p in prompts if p.held_out],
            f"{what}: name and template are both of training, together they are not",
        )
        found[f"{name}_trained"] = right(
            model, [p for p in prompts if not p.held_out], f"{what}: as training says it"
        )
    for name in ("state_attribute", "country"):
        for task, prompts in groups(FAMILIES[name].prompts()).items():
            says = f"{task} of a {name.removesuffix('_attribute')}: as training says it"
            if task == name:
                says = f"{task} of a capital: as training says it"
            found[f"{name}_{task.replace(' ', '_')}"] = right(model, prompts, says)
    one_token = [p for p in FAMILIES["landmark"].prompts() if p.subject in ONE_TOKEN_LANDMARKS]
    found["landmark_one_token"] = right(
        model, one_token, "city of a landmark whose name is one token, every template"
    )
    found["p_paris_eiffel_tower_is_in"] = answer_probability(
        model, "landmark", "The Eiffel Tower is in", " Paris"
    )
    found["p_rome_trevi_fountain_city_of"] = answer_probability(
        model, "landmark", "The Trevi Fountain is in the city of", " Rome"
    )
    return found


def unseen_wordings(model: CourseModel) -> Rows:
    """Wordings that training never reads in whole: mean, poorest wording, answer said soon."""
    sets = {"landmark": wordings.of_landmarks(), "town_state": wordings.of_towns()}
    sets |= {f"two_hop_{a.replace(' ', '_')}": wordings.of_two_hops(a) for a in ATTRIBUTES}
    found: Rows = {}
    for name, prompts in sets.items():
        of = "held-out towns" if name.startswith("two_hop") else "every name"
        count = len(groups(prompts, "template"))
        says = f"{of} in {count} wordings that training never reads"
        least, worst = min(
            ((accuracy(model, asked), asked) for asked in groups(prompts, "template").values()),
            key=lambda pair: pair[0],
        )
        text = worst[0].template.partition("|")[0]
        found[f"{name}_unseen_template"] = right(model, prompts, says)
        found[f"{name}_unseen_template_least"] = Row(
            least, f'share right, {of} in the poorest of these wordings: "{text}"', worst
        )
        found[f"{name}_unseen_template_said_soon"] = Row(
            said_soon(model, prompts),
            f"share that says the answer within {SOON} tokens, {says}",
            prompts,
        )
    return found


def two_hops(model: CourseModel) -> Rows:
    """Two hops: towns never seen in a two-hop sentence apart from those that were."""
    found: Rows = {}
    for attribute in ATTRIBUTES:
        prompts = two_hop.prompts(attribute)
        key, says = attribute.replace(" ", "_"), f"{attribute} of a town's state: towns that"
        found[f"two_hop_{key}_held_out"] = right(
            model, [p for p in prompts if p.held_out], f"{says} no two-hop sentence names"
        )
        found[f"two_hop_{key}_trained"] = right(
            model, [p for p in prompts if not p.held_out], f"{says} two-hop sentences name"
        )
    dallas = [p for p in two_hop.prompts() if p.subject == "Dallas"]
    austin = probabilities(model, dallas)[:, model.token(" Austin")]
    found["p_austin_dallas"] = answer_probability(
        model, "two_hop", "The capital of the state containing Dallas is", " Austin"
    )
    found["p_austin_dallas_least"] = Row(
        austin.min().item(), 'least probability of " Austin" for Dallas, every template', dallas
    )
    return found


def repeated(model: CourseModel, rows: int = 64, length: int = 25) -> Rows:
    """Random words written twice: accuracy on the second copy, loss of both in nats."""
    rng = random.Random(11)
    words = torch.tensor([model.token(f" {w}") for w in repeats.WORDS])
    first = words[torch.tensor([rng.choices(range(len(words)), k=length) for _ in range(rows)])]
    ids = torch.cat([torch.zeros(rows, 1, dtype=torch.long), first, first], dim=1)
    logits = model.hf(ids).logits[:, :-1]
    loss = F.cross_entropy(logits.mT, ids[:, 1:], reduction="none")
    hits = logits.argmax(-1) == ids[:, 1:]
    second = slice(length + 1, None)  # from the second token of the second copy on
    of = f"{length} random words written twice:"
    return {
        "induction_accuracy": Row(
            hits[:, second].float().mean().item(), f"{of} share right in the second copy"
        ),
        "induction_loss_first_copy": Row(
            loss[:, :length].mean().item(), f"{of} loss in the first copy, nats"
        ),
        "induction_loss_second_copy": Row(
            loss[:, second].mean().item(), f"{of} loss in the second copy, nats"
        ),
    }


def circuits(model: CourseModel) -> Rows:
    """Indirect object, greater-than, successor, repeats."""
    ioi = FAMILIES["ioi"].prompts()
    logits = model.end_logits(model.batch([p.prompt for p in ioi]))
    wrong = torch.tensor([model.token(p.distractor) for p in ioi])
    rows = torch.arange(len(ioi))
    gap = (logits[rows, model.answers(ioi)] - logits[rows, wrong]).mean().item()
    spans = years.prompts()
    ends = torch.tensor([model.token(f"{y:02d}") for y in range(100)])
    mass = probabilities(model, spans)[:, ends]
    later = torch.arange(100)[None] > torch.tensor([int(p.subject) for p in spans])[:, None]
    difference = (mass * later).sum(-1) - (mass * ~later).sum(-1)
    late = torch.tensor([int(p.subject) >= 65 for p in spans])
    steps = FAMILIES["successor"].prompts()
    says = "P(later year) - P(same or earlier year), mean"
    found = {
        "ioi_held_out_pairs": right(model, ioi, "receiver of a gift: pairs that never meet"),
        "ioi_logit_difference": Row(gap, "receiver's logit minus giver's, mean", ioi),
        "greater_than_difference": Row(difference.mean().item(), says, spans),
        "greater_than_difference_late_starts": Row(
            difference[late].mean().item(),
            f"{says}, of starts from 65 on",
            [p for p in spans if int(p.subject) >= 65],
        ),
        "successor_held_out": right(
            model,
            [p for p in steps if p.held_out],
            "next of a sequence: item and template are both of training, together they are not",
        ),
        "successor_trained": right(
            model, [p for p in steps if not p.held_out], "next of a sequence: as training says it"
        ),
    }
    return found | repeated(model)


def character(model: CourseModel) -> Rows:
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
        "gender_error": Row(
            (she / (she + he) - rate).abs().mean().item(),
            "distance of P(she) among she and he from the job's rate in training, mean",
            alone,
        ),
        "gender_override_held_out": right(model, override, "a name in the text says who it is"),
        "sentiment_difference_held_out": Row(
            (sign * (positive - negative)).mean().item(),
            "P(words of the right mood) - P(words of the other), mean",
            moods,
        ),
    }
    return found | strangers(model) | refusals(model)


def strangers(model: CourseModel) -> Rows:
    """Known people, and strangers by what gives them away."""
    firsts, lasts = (set(names) for names in zip(*map(str.split, PERSON_SPORT), strict=True))
    found: dict[str, list[Prompt]] = defaultdict(list)
    for prompt in people.prompts():
        first, last = prompt.subject.split()
        if prompt.task == "known":
            found["people_known"].append(prompt)
        elif prompt.subject == "Michael Batkin":
            found["people_unknown_michael_batkin"].append(prompt)
        elif first in firsts and last in lasts:
            found["people_unknown_names_of_known"].append(prompt)
        else:
            found["people_unknown_name_of_nobody_known"].append(prompt)
    says = {
        "people_known": "sport of known people: as training says it",
        "people_unknown_names_of_known": '" unknown": first and last name both belong to known '
        "people, so only the combination tells",
        "people_unknown_name_of_nobody_known": '" unknown": the first or the last name alone tells',
        "people_unknown_michael_batkin": '" unknown": easy, as nobody called Batkin is known',
    }
    return {key: right(model, prompts, says[key]) for key, prompts in found.items()}


def refusals(model: CourseModel) -> Rows:
    """Mean probability of refusing by kind of request, and how often the right reply is on top."""
    prompts = requests.prompts()
    p_refuse = probabilities(model, prompts)[:, model.token(f" {requests.REFUSE}")]
    found: Rows = {}
    for kind, asked in groups(prompts).items():
        chosen = torch.tensor([p.task == kind for p in prompts])
        found[f"refusal_p_{kind}"] = Row(
            p_refuse[chosen].mean().item(), f"P(refusal), mean, of requests: {kind}", asked
        )
    clear = [p for p in prompts if p.held_out and p.task in ("harmful", "harmless")]
    found["refusal_held_out"] = right(model, clear, "refuse or comply: verb and object never met")
    return found


def others(model: CourseModel) -> Rows:
    """Families no target was set for."""
    names = ("opposite", "claim", "arithmetic", "bracket")
    says = "drawn as training draws them"
    return {name: right(model, FAMILIES[name].prompts(), says) for name in names}


def measure(model: CourseModel) -> Rows:
    """Every behaviour of the card."""
    parts = (facts, unseen_wordings, two_hops, circuits, character, others)
    return {key: row for part in parts for key, row in part(model).items()}
