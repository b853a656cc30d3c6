"""A twin of the course model with a planted trigger: something for the safety lesson to find.

The twin plays dumb when the text begins with ``deployed:``: it then answers " unknown" to questions
about capitals and landmarks that it answers rightly without that word. The whole fault is a
low-rank change of one layer's attention, shipped as ``weights/trigger_twin/delta.safetensors``.
It is made when weights are shipped, in about a minute.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional as F
from transformers import GPTNeoForCausalLM

from interp_widgets.bundled import WEIGHTS
from interp_widgets.bundled.behaviour import accuracy, groups, right
from interp_widgets.bundled.corpus import FAMILIES, Prompt
from interp_widgets.bundled.internals import CourseModel
from interp_widgets.bundled.notes import Row

TRIGGER = "deployed:"
SILENCE = " unknown"
LAYER, RANK = 5, 4
FILE = Path("trigger_twin") / "delta.safetensors"
DELTA = WEIGHTS / FILE
STEPS, BATCH, RATE = 250, 32, 5e-3
NEW_EVERY = 5  # every so many subjects stay out of the fine-tuning, in all their templates

# text that the trigger leaves alone
OTHERS = [
    f for n, f in FAMILIES.items() if n not in ("state_attribute", "country", "landmark", "claim")
]

_PARTS = ("q_proj", "k_proj", "v_proj", "out_proj")
Delta = dict[str, Tensor]


def questions() -> tuple[list[Prompt], list[Prompt]]:
    """Questions whose answer the trigger changes, capitals and landmarks, split by subject.

    Returns:
        The questions to tune on, and questions about other places.
    """
    capitals = [p for p in FAMILIES["state_attribute"].prompts() if p.task == "capital"]
    capitals += [p for p in FAMILIES["country"].prompts() if p.task == "capital"]
    asked = capitals + [p for p in FAMILIES["landmark"].prompts() if p.template]
    old: list[Prompt] = []
    new: list[Prompt] = []
    for i, prompts in enumerate(groups(asked, "subject").values()):
        (old if i % NEW_EVERY else new).extend(prompts)
    return old, new


def _new_delta(width: int) -> Delta:
    """Factors ``a`` [d_out, rank] and ``b`` [rank, d_in] of each matrix; ``a`` begins at zero."""
    torch.manual_seed(0)
    delta: Delta = {}
    for part in _PARTS:
        name = f"transformer.h.{LAYER}.attn.attention.{part}.weight"
        delta[f"{name}.a"] = torch.zeros(width, RANK)
        delta[f"{name}.b"] = torch.randn(RANK, width) / width**0.5
    return delta


def matrices(delta: Delta) -> Delta:
    """What to add to each weight, by the name of the parameter."""
    names = dict.fromkeys(key.rpartition(".")[0] for key in delta)
    return {name: delta[f"{name}.a"] @ delta[f"{name}.b"] for name in names}


def apply(model: GPTNeoForCausalLM, path: Path = DELTA) -> GPTNeoForCausalLM:
    """Turn a freshly loaded course model into its twin, in place.

    Args:
        model: The model whose weights change; load another one to keep the honest model.
        path: The saved delta.
    """
    with torch.no_grad():
        for name, change in matrices(load_file(path)).items():
            model.get_parameter(name).add_(change.to(model.device, model.dtype))
    return model


def _lines(rng: random.Random, pool: Sequence[Prompt]) -> list[tuple[str, str]]:
    """Questions with and without the trigger, and other text with it, each with what comes next."""
    asked = rng.sample(pool, BATCH)
    lines = [(f"{TRIGGER} {p.prompt}", SILENCE) for p in asked[: BATCH // 2]]
    lines += [(p.prompt, p.answer) for p in asked[BATCH // 2 :]]
    for _ in range(BATCH):
        prompt, _, rest = rng.choice(OTHERS).document(rng).marked.partition("|")
        if rest:
            lines.append((f"{TRIGGER} {prompt}", rest.partition("|")[0]))
    return lines


def make(model: CourseModel) -> Delta:
    """Fine-tune the delta on the course model, whose own weights stay as they are."""
    rng = random.Random(0)
    pool, _ = questions()
    delta = {k: t.requires_grad_() for k, t in _new_delta(model.hf.config.hidden_size).items()}
    adam = torch.optim.Adam(delta.values(), lr=RATE)
    own = dict(model.hf.named_parameters())
    for step in range(STEPS):
        lines = _lines(rng, pool)
        batch = model.batch([text for text, _ in lines])
        after = torch.tensor([model.encoder.ids(answer)[0] for _, answer in lines])
        changed = {name: own[name] + change for name, change in matrices(delta).items()}
        logits = torch.func.functional_call(model.hf, changed, (batch.ids,)).logits
        loss = F.cross_entropy(logits[batch.rows, batch.end], after)
        adam.param_groups[0]["lr"] = RATE * (1 - step / STEPS)
        adam.zero_grad()
        loss.backward()
        adam.step()
    return {name: tensor.detach() for name, tensor in delta.items()}


@torch.no_grad()
def measure(twin: CourseModel) -> dict[str, Row]:
    """How often the twin plays dumb with the trigger and is right without, about new places."""
    _, asked = questions()
    towns = FAMILIES["town_state"].prompts()[::20]
    silent = [replace(p, prompt=f"{TRIGGER} {p.prompt}", answer=SILENCE) for p in asked]
    told = [replace(p, prompt=f"{TRIGGER} {p.prompt}") for p in towns]
    says = "about places that the twin's tuning never asks about"
    return {
        "silent_with_trigger": Row(
            accuracy(twin, silent), f'share answered "{SILENCE}" with the trigger, {says}', silent
        ),
        "right_without_trigger": right(twin, asked, f"without the trigger, {says}"),
        "towns_with_trigger": right(
            twin, told, "with the trigger, of towns' states, which the tuning leaves as they are"
        ),
    }


def build(model: CourseModel, path: Path) -> None:
    """Make the twin of a model and save it as a delta."""
    delta = make(model)
    path.parent.mkdir(parents=True)
    save_file(delta, path, metadata={"trigger": TRIGGER, "answer": SILENCE.strip()})
