"""Exercises of lesson 06, the logit lens.

The notebook shows the reference solutions under *Solution*; a test compares the two. The number
06.3 is kept for the tuned lens.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake, WrongAnswerError
from interp_widgets.course.tiny import tiny_gpt2, tiny_gpt_neo

# 06.1 -----------------------------------------------------------------------------


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

# 06.2 -----------------------------------------------------------------------------


def convergence_rows(top1: Tensor) -> Tensor:
    """First row from which the top guess ``[row, pos]`` stays, for each position ``[pos]``."""
    changed = top1[1:] != top1[:-1]  # [row - 1, pos]: did this row differ from the one below it?
    row = torch.arange(1, len(top1))[:, None]
    return (row * changed).amax(0)  # the last row that changed anything; 0 if none did


def _first_change(top1: Tensor) -> Tensor:
    changed = top1[1:] != top1[:-1]
    return torch.where(changed.any(0), changed.int().argmax(0) + 1, 0)


def _tables() -> list[Case]:
    generator = torch.Generator().manual_seed(6)
    by_hand = torch.tensor([[7, 3, 5, 1], [7, 4, 6, 2], [7, 9, 6, 1], [7, 4, 6, 1], [7, 9, 5, 1]])
    return [
        Case("a table of 5 rows and 4 positions", (by_hand,)),
        Case("a random table of 9 rows", (torch.randint(0, 3, (9, 12), generator=generator),)),
        Case("a table of 2 rows", (torch.tensor([[1, 2], [1, 3]]),)),
    ]


CONVERGENCE = Exercise(
    id="06.2",
    title="Where the guess settles",
    difficulty=1,
    importance=3,
    minutes=5,
    returns="one row number per position, [pos]",
    solution=convergence_rows,
    cases=_tables,
    tolerance=0.0,
    mistakes=(
        Mistake(
            "first hit",
            lambda top1: (top1 == top1[-1]).int().argmax(0),
            "That is the first row that shows the final answer. A guess can come, go, and come "
            "back: wanted is the row after which it stays.",
        ),
        Mistake(
            "one row early",
            lambda top1: (convergence_rows(top1) - 1).clamp_min(0),
            "One row too low: that is the last row where the guess still differs. Wanted is the "
            "next one, the first that shows the final guess for good.",
        ),
        Mistake(
            "one row late",
            lambda top1: convergence_rows(top1) + 1,
            "One row too high: the row that brings the guess counts itself.",
        ),
        Mistake(
            "counted from the top",
            lambda top1: len(top1) - 1 - convergence_rows(top1),
            "That counts down from the last row. Row 0 is the embedding.",
        ),
        Mistake(
            "number of changes",
            lambda top1: (top1[1:] != top1[:-1]).sum(0),
            "That is how often the guess changes, not when it last does.",
        ),
        Mistake("first change", _first_change, "That is the first change. Wanted is the last one."),
    ),
)

# 06.4 -----------------------------------------------------------------------------


def rank_trajectory(logits: Tensor, tokens: list[int]) -> Tensor:
    """Ranks ``[row, token]`` at the last position of logits ``[row, pos, vocab]``; 0 is the top."""
    last = logits[:, -1]  # [row, vocab]
    mine = last[:, tokens]  # [row, token]
    return (last[:, :, None] > mine[:, None, :]).sum(1)  # how many tokens score higher


def _logits() -> list[Case]:
    generator = torch.Generator().manual_seed(6)
    return [
        Case("random logits of 9 rows", (torch.randn(9, 5, 40, generator=generator), [3, 17])),
        Case(
            "random logits with three tokens to follow",
            (torch.randn(4, 2, 11, generator=generator), [0, 10, 4]),
        ),
    ]


RANKS = Exercise(
    id="06.4",
    title="The climb of a token",
    difficulty=2,
    importance=3,
    minutes=10,
    returns="ranks [row, token] at the last position, 0 = top",
    solution=rank_trajectory,
    cases=_logits,
    tolerance=0.0,
    mistakes=(
        Mistake(
            "probability",
            lambda logits, tokens: logits[:, -1].softmax(-1)[:, tokens],
            "These are probabilities. A rank is the number of tokens that score higher.",
        ),
        Mistake(
            "logits",
            lambda logits, tokens: logits[:, -1][:, tokens],
            "These are the logits themselves. A rank is the number of tokens that score higher.",
        ),
        Mistake(
            "counted from 1",
            lambda logits, tokens: rank_trajectory(logits, tokens) + 1,
            "You count from 1; here rank 0 is the top.",
        ),
        Mistake(
            "counted from the bottom",
            lambda logits, tokens: rank_trajectory(-logits, tokens),
            "Upside down: that counts the tokens that score lower.",
        ),
        Mistake(
            "first position",
            lambda logits, tokens: rank_trajectory(logits[:, :1], tokens),
            "That is the first position; wanted is the last.",
        ),
        Mistake(
            "sorted once",
            lambda logits, tokens: logits[:, -1].argsort(-1, descending=True)[:, tokens],
            "One argsort tells which token stands at place i. You want the place of token i: "
            "count the tokens that score higher, or argsort a second time.",
        ),
        Mistake(
            "axes swapped",
            lambda logits, tokens: rank_trajectory(logits, tokens).T,
            "Right numbers, axes swapped: rows first, then tokens.",
        ),
    ),
)

# 06.5 -----------------------------------------------------------------------------


def kl_both(logits: Tensor) -> tuple[Tensor, Tensor]:
    """``KL(final ‖ row)`` and the mean of both directions, nats, each ``[row, pos]``."""
    row = logits.log_softmax(-1)  # [row, pos, vocab], log-probabilities
    final = row[-1]
    forward = (final.exp() * (final - row)).sum(-1)
    backward = (row.exp() * (row - final)).sum(-1)
    return forward, (forward + backward) / 2


def _swapped(logits: Tensor) -> tuple[Tensor, Tensor]:
    forward, symmetric = kl_both(logits)
    return 2 * symmetric - forward, symmetric


def _bits(logits: Tensor) -> tuple[Tensor, Tensor]:
    forward, symmetric = kl_both(logits)
    return forward / torch.log(torch.tensor(2.0)), symmetric / torch.log(torch.tensor(2.0))


def _not_halved(logits: Tensor) -> tuple[Tensor, Tensor]:
    forward, symmetric = kl_both(logits)
    return forward, 2 * symmetric


def _log_of_softmax(logits: Tensor) -> tuple[Tensor, Tensor]:
    row = logits.softmax(-1)
    final = row[-1]
    forward = (final * (final / row).log()).sum(-1)
    backward = (row * (row / final).log()).sum(-1)
    return forward, (forward + backward) / 2


def _to_next_row(logits: Tensor) -> tuple[Tensor, Tensor]:
    row = logits.log_softmax(-1)
    above = torch.cat([row[1:], row[-1:]])
    forward = (above.exp() * (above - row)).sum(-1)
    backward = (row.exp() * (row - above)).sum(-1)
    return forward, (forward + backward) / 2


def _distributions() -> list[Case]:
    generator = torch.Generator().manual_seed(6)
    return [
        Case("random logits of 9 rows", (torch.randn(9, 5, 30, generator=generator),)),
        Case(
            "very sure rows (logits up to ±150)",
            (150 * (torch.rand(3, 2, 6, generator=generator) * 2 - 1),),
        ),
    ]


def _finite(got: tuple[Tensor, Tensor], case: Case) -> None:
    if not all(torch.isfinite(torch.as_tensor(part)).all() for part in got):
        raise WrongAnswerError(
            f"On {case.name}, some of your numbers are NaN or infinite. A probability that "
            "underflows to 0 has no logarithm: take log_softmax(-1) of the logits instead of the "
            "log of a softmax."
        )


KL = Exercise(
    id="06.5",
    title="The two directions of KL",
    difficulty=2,
    importance=2,
    minutes=10,
    returns="two tensors [row, pos] in nats: KL(final ‖ row), and the mean of both directions",
    solution=kl_both,
    cases=_distributions,
    verify=_finite,
    tolerance=1e-3,
    bonus=True,
    mistakes=(
        Mistake(
            "directions swapped",
            _swapped,
            "That is KL(row ‖ final). Wanted is KL(final ‖ row): the average is taken under the "
            "final distribution.",
        ),
        Mistake("bits", _bits, "These are bits; wanted are nats, so use the natural logarithm."),
        Mistake(
            "not halved",
            _not_halved,
            "The symmetric one is the mean of the two directions, not their sum.",
        ),
        Mistake("log of a softmax", _log_of_softmax, "Take log_softmax(-1) of the logits."),
        Mistake(
            "compared with the next row",
            _to_next_row,
            "You compare each row with the next; wanted: with the last.",
        ),
    ),
)

EXERCISES = (LOGIT_LENS, CONVERGENCE, RANKS, KL)
