"""What LayerBarPatching computes for one pair of prompts, and how it travels to the page."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from interp_widgets.widgets._lens_data import unknown_words
from interp_widgets.widgets._pack import plane

if TYPE_CHECKING:
    from torch import Tensor

    from interp_widgets.core.language_model import LanguageModel
    from interp_widgets.core.patching.record import Patching

MODES = {
    "all": ("resid_pre", "layer"),
    "position": ("resid_pre", "position"),
    "attention": ("attn_out", "layer"),
    "mlp": ("mlp_out", "layer"),
    "head": ("z", "head"),
}
"""What is patched → site and per of the sweep. One bar a layer is one column of its record."""

LIKELIEST = 6  # next tokens of either prompt that the boxes offer, and that a card lists
PATIENCE_S = 1.0  # a sweep that is done by then is whole when its widget opens


class Question(NamedTuple):
    """What a sweep is asked, besides the clean prompt; the last two are of the open card."""

    corrupt: str
    answer: str
    distractor: str
    mode: str
    direction: str
    layer: int = -1
    column: int = 0


@dataclass(frozen=True)
class Answered:
    """Estimate and exact values of one question, as far as they are known."""

    prompt: str
    question: Question
    estimate: Patching | None
    exact: Patching | None
    likeliest: tuple[str, ...] = ()
    unknown: tuple[list[list[int]], ...] = ()
    before: tuple[tuple[str, float], ...] = ()
    after: tuple[tuple[str, float], ...] = ()

    @property
    def record(self) -> Patching:
        """The exact record where there is one, else the estimate."""
        found = self.exact if self.exact is not None else self.estimate
        assert found is not None
        return found

    @property
    def columns(self) -> int:
        """Positions or heads that a bar may stand for; 1 where it stands for all of them."""
        return self.record.values[0].flatten(1).shape[1] if len(self.record.axes) > 1 else 1


def recovery(record: Patching | None, exact: bool = True) -> Tensor | None:
    """Recovery ``[layer, column]``; None where the record does not tell it."""
    if record is None:
        return None
    share = record.recovery
    if record.method == "attribution" and exact:
        if not record.exact.numel():
            return None
        base = record.corrupt if record.direction == "denoise" else record.clean
        other = record.clean if record.direction == "denoise" else record.corrupt
        share = record.exact_effect / (other - base)
    return share.reshape(len(share), -1)


def of_record(record: Patching) -> Answered:
    """A stored record as the answer to its own question.

    Raises:
        ValueError: a record that has no bar a layer here, or of several pairs.
    """
    modes = {found: mode for mode, found in MODES.items()}
    mode = modes.get((record.site, record.per))
    if mode is None or len(record.clean_prompts) != 1 or record.direction == "ablate":
        raise ValueError(
            f"LayerBarPatching shows one pair of prompts, patched in one of "
            f"{', '.join(f'{site} per {per}' for site, per in MODES.values())}; got {record!r}. "
            "Draw it with record.plot()."
        )
    question = Question(
        record.corrupt_prompts[0],
        record.answers[0],
        record.distractors[0],
        mode,
        record.direction,
    )
    estimated = record.method == "attribution"
    return Answered(
        record.clean_prompts[0],
        question,
        record if estimated else None,
        None if estimated else record,
    )


def asked(model: LanguageModel, clean: str, question: Question) -> dict[str, Any]:
    """The question as arguments of the core's functions."""
    site, per = MODES[question.mode]
    return {
        "model": model,
        "clean": clean,
        "corrupt": question.corrupt,
        "answer": question.answer,
        "distractor": question.distractor or None,
        "site": site,
        "per": per,
        "direction": question.direction,
        "metric": "logit_diff" if question.distractor else "log_prob",
    }


def steps(model: LanguageModel, clean: str, question: Question) -> Iterator[Answered]:
    """The estimate by gradients, then exact values as they come, then the open card's tokens.

    Raises:
        ValueError: prompts of unequal length (token under token), a token that is several.
    """
    from interp_widgets.core.patching.activation import iter_activation_patching
    from interp_widgets.core.patching.attribution import attribution_patching

    wanted = asked(model, clean, question)
    estimate = attribution_patching(**wanted, sample=0)
    found = Answered(
        clean,
        question,
        estimate,
        None,
        _likeliest(model, clean, question.corrupt),
        tuple(_unknown(model, prompt) for prompt in (clean, question.corrupt)),
    )
    yield found
    for exact in iter_activation_patching(**wanted):
        found = replace(found, exact=exact)
        yield found
    if question.layer >= 0:
        yield card(model, found)


def card(model: LanguageModel, found: Answered) -> Answered:
    """The same answer with the next tokens before and after the patch of the open card."""
    clean, question = found.prompt, found.question
    if not 0 <= question.layer < model.n_layers:
        return replace(found, question=question._replace(layer=-1), before=(), after=())
    column = min(question.column, found.columns - 1)
    before, after = patched_tokens(model, clean, question._replace(column=column))
    return replace(found, before=before, after=after)


def patched_tokens(
    model: LanguageModel, clean: str, question: Question
) -> tuple[tuple[tuple[str, float], ...], tuple[tuple[str, float], ...]]:
    """Likeliest next tokens and their probabilities, without and with one patch."""
    from interp_widgets.core.hooks import captured, hooked
    from interp_widgets.core.sites import expand

    site = f"L{question.layer}.{MODES[question.mode][0]}"
    if question.mode == "head":
        site += f".{question.column}"
    base, donor = model.ids(question.corrupt)[None], model.ids(clean)[None]
    if question.direction == "noise":
        base, donor = donor, base
    with captured(model, site) as held:
        model.logits(donor)
    value = held[expand(site, model.n_layers)[0]]

    def patch(x: Tensor) -> Tensor:
        new = x.clone()
        at = slice(question.column, question.column + 1)
        rows = at if question.mode == "position" else slice(None)
        new[:, rows] = value[:, rows]
        return new

    before = model.logits(base)[0, -1]
    with hooked(model, {site: patch}):
        after = model.logits(base)[0, -1]
    return _top(model, before), _top(model, after)


def first(model: LanguageModel, clean: str, question: Question) -> tuple[Answered, bool]:
    """What is known of a question after `PATIENCE_S`, and whether that is all."""
    begun = time.perf_counter()
    records = steps(model, clean, question)
    found = next(records)
    while time.perf_counter() - begun <= PATIENCE_S:
        later = next(records, None)
        if later is None:
            return found, True
        found = later
    return found, False


def _top(model: LanguageModel, logits: Tensor) -> tuple[tuple[str, float], ...]:
    best = logits.float().softmax(-1).topk(min(LIKELIEST, model.d_vocab))
    named = [model.piece(int(i)) for i in best.indices]
    return tuple(zip(named, best.values.tolist(), strict=True))


def _likeliest(model: LanguageModel, *prompts: str) -> tuple[str, ...]:
    """What the model would say next after either prompt, as tokens whose text names them."""
    found: dict[str, None] = {}
    for prompt in prompts:
        for piece, _ in model.top_tokens(prompt, min(LIKELIEST, model.d_vocab)):
            try:
                if model.piece(model.token_id(piece)) == piece:
                    found[piece] = None
            except ValueError:
                continue  # half a character names no token
    return tuple(found)


def _unknown(model: LanguageModel, prompt: str) -> list[list[int]]:
    return [list(span) for span in unknown_words(prompt, model.tokens(prompt))]


def overview(found: Answered) -> dict[str, Any]:
    """The answer as the page draws it; values not known yet are NaN."""
    record, question = found.record, found.question
    blank = torch.full((record.values.shape[1], found.columns), float("nan"))
    exact = recovery(found.exact if found.exact is not None else record)
    estimate = recovery(found.estimate, exact=False)
    return {
        "model": record.model,
        "prompts": [found.prompt, question.corrupt],
        "unknown": list(found.unknown),
        "tokens": [list(record.clean_tokens[0]), list(record.corrupt_tokens[0])],
        "answer": question.answer,
        "distractor": question.distractor,
        "mode": question.mode,
        "direction": question.direction,
        "metric": record.metric,
        "likeliest": list(found.likeliest),
        "planes": [
            plane("exact", blank if exact is None else exact, "f32"),
            plane("estimate", blank if estimate is None else estimate, "f32"),
        ],
        "values": [record.clean, record.corrupt],
        "nothing": _number(found.exact.check_nothing if found.exact is not None else None),
        "whole": _number(found.exact.check_whole if found.exact is not None else None),
        "card": [question.layer, question.column] if found.after else [],
        "before": [list(one) for one in found.before],
        "after": [list(one) for one in found.after],
    }


def _number(value: float | None) -> float | None:
    """NaN has no JSON: it travels as null."""
    return None if value is None or value != value else float(value)
