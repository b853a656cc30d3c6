"""Lesson 06: the logit lens, written by hand."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake, WrongAnswerError
from interp_widgets.course.tiny import tiny_gpt2, tiny_gpt_neo


def my_logit_lens(hf: Any, ids: Tensor) -> Tensor:
    """Logits of every row ``[n_layers + 1, pos, vocab]`` for ids ``[pos]``."""
    states = hf(ids[None], output_hidden_states=True).hidden_states
    rows = [hf.lm_head(hf.transformer.ln_f(state)) for state in states[:-1]]
    rows.append(hf.lm_head(states[-1]))  # this one has been through ln_f already
    return torch.cat(rows)


def _lens_no_norm(hf: Any, ids: Tensor) -> Tensor:
    return torch.cat(
        [hf.lm_head(x) for x in hf(ids[None], output_hidden_states=True).hidden_states]
    )


def _lens_norm_twice(hf: Any, ids: Tensor) -> Tensor:
    states = hf(ids[None], output_hidden_states=True).hidden_states
    return torch.cat([hf.lm_head(hf.transformer.ln_f(x)) for x in states])


def _lens_norm_on_the_last_row_only(hf: Any, ids: Tensor) -> Tensor:
    *lower, last = hf(ids[None], output_hidden_states=True).hidden_states
    return torch.cat([*map(hf.lm_head, lower), hf.lm_head(hf.transformer.ln_f(last))])


def _models() -> list[Case]:
    generator = torch.Generator().manual_seed(6)
    neo, gpt2 = tiny_gpt_neo(), tiny_gpt2()
    return [
        Case(
            f"a small random {name} ({hf.config.num_hidden_layers} layers, {length} tokens)",
            (hf, torch.randint(0, hf.config.vocab_size, (length,), generator=generator)),
        )
        for name, hf, length in (("GPT-Neo", neo, 7), ("GPT-2", gpt2, 4))
    ]


def _last_row_is_the_model(got: Tensor, case: Case) -> None:
    hf, ids = case.args
    gap = (got[-1] - hf(ids[None]).logits[0]).abs().max().item()
    if not gap <= 1e-4:
        raise WrongAnswerError(
            f"On {case.name}, your last row differs from the model's own logits by up to "
            f"{gap:.2g}; wanted at most 1e-4. The last row is no guess at all: it is the model. "
            "Compare it with hf(ids[None]).logits."
        )


LOGIT_LENS = Exercise(
    id="06.1",
    title="The lens, by hand",
    difficulty=2,
    importance=5,
    minutes=10,
    returns="logits [n_layers + 1, pos, vocab] of the model that was passed in",
    solution=my_logit_lens,
    cases=_models,
    verify=_last_row_is_the_model,
    mistakes=(
        Mistake(
            "no final LayerNorm",
            _lens_no_norm,
            "These are the numbers of a lens that skips the final LayerNorm. The unembedding has "
            "only ever read normalised vectors: put hf.transformer.ln_f in front of it in every "
            "row that lacks it.",
        ),
        Mistake(
            "final LayerNorm twice in the last row",
            _lens_norm_twice,
            "All rows are right but the last: hidden_states[-1] has been through the final "
            "LayerNorm already, and you apply it a second time.",
        ),
        Mistake(
            "final LayerNorm in the last row only",
            _lens_norm_on_the_last_row_only,
            "It is the other way round: hidden_states[-1] is the one that has been through the "
            "final LayerNorm. All rows below it still need hf.transformer.ln_f.",
        ),
        Mistake(
            "no embedding row",
            lambda hf, ids: my_logit_lens(hf, ids)[1:],
            "The ground floor is missing: row 0 decodes the stream before the first layer, "
            "hidden_states[0].",
        ),
        Mistake(
            "no last row",
            lambda hf, ids: my_logit_lens(hf, ids)[:-1],
            "The top floor is missing: the last row decodes the stream after the last layer.",
        ),
        Mistake(
            "last position only",
            lambda hf, ids: my_logit_lens(hf, ids)[:, -1],
            "You kept the last position only; keep every position.",
        ),
        Mistake(
            "batch axis kept",
            lambda hf, ids: my_logit_lens(hf, ids)[:, None],
            "You kept the batch axis, of length 1, which ids[None] added: torch.cat joins the rows "
            "along it, torch.stack puts a new one in front.",
        ),
        Mistake(
            "probabilities",
            lambda hf, ids: my_logit_lens(hf, ids).softmax(-1),
            "These are probabilities; return the logits as they leave the unembedding.",
        ),
        Mistake(
            "log-probabilities",
            lambda hf, ids: my_logit_lens(hf, ids).log_softmax(-1),
            "These are log-probabilities; return the logits as they leave the unembedding.",
        ),
    ),
)
