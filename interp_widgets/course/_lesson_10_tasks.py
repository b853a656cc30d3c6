"""Lesson 10: what a later year is worth, and what a head makes of an item of a list."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake, WrongAnswerError
from interp_widgets.course.tiny import tiny_gpt_neo


def greater_than(logits: Tensor, years: Tensor, start: Tensor) -> Tensor:
    """P(later year) - P(same or earlier year) of each row, -1..1, ``[row]``."""
    p = logits.softmax(-1)[:, years]
    later = torch.arange(len(years)) > start[:, None]
    return (p * later).sum(-1) - (p * ~later).sum(-1)


def _equal_counts_as_later(logits: Tensor, years: Tensor, start: Tensor) -> Tensor:
    return greater_than(logits, years, start - 1)


def _equal_left_out(logits: Tensor, years: Tensor, start: Tensor) -> Tensor:
    p = logits.softmax(-1)[:, years]
    year = torch.arange(len(years))
    return (p * (year > start[:, None])).sum(-1) - (p * (year < start[:, None])).sum(-1)


def _among_years(logits: Tensor, years: Tensor, start: Tensor) -> Tensor:
    return greater_than(logits[:, years], torch.arange(len(years)), start)


def _later_only(logits: Tensor, years: Tensor, start: Tensor) -> Tensor:
    p = logits.softmax(-1)[:, years]
    return (p * (torch.arange(len(years)) > start[:, None])).sum(-1)


def _of_logits(logits: Tensor, years: Tensor, start: Tensor) -> Tensor:
    later = torch.arange(len(years)) > start[:, None]
    return (logits[:, years] * later).sum(-1) - (logits[:, years] * ~later).sum(-1)


def _ids_for_years(logits: Tensor, years: Tensor, start: Tensor) -> Tensor:
    return greater_than(logits, torch.arange(len(years)), start)


def _spans() -> list[Case]:
    generator = torch.Generator().manual_seed(10)
    draws = []
    for rows, vocab, count in ((5, 60, 20), (3, 150, 100)):
        logits = 2 * torch.randn(rows, vocab, generator=generator)
        years = torch.randperm(vocab, generator=generator)[:count]
        start = torch.randint(1, count - 1, (rows,), generator=generator)
        draws.append(Case(f"{rows} prompts and {count} years", (logits, years, start)))
    return draws


GREATER_THAN = Exercise(
    id="10.3",
    title="Later than",
    difficulty=2,
    importance=4,
    minutes=10,
    returns="P(later year) - P(same or earlier year), one number a prompt [row]",
    solution=greater_than,
    cases=_spans,
    mistakes=(
        Mistake(
            "the same year counts as later",
            _equal_counts_as_later,
            "You count the year of the beginning as later. It belongs to the other side: "
            "later means `>`.",
        ),
        Mistake(
            "the same year left out",
            _equal_left_out,
            "You leave out the year of the beginning. It belongs to the other side: nothing ends "
            "when it began.",
        ),
        Mistake(
            "softmax among years",
            _among_years,
            "You take the softmax among years only. Take it over the whole vocabulary first: a "
            "model that says no year at all should score 0.",
        ),
        Mistake(
            "later years only",
            _later_only,
            "That is P(later) alone; take P(same or earlier) away from it.",
        ),
        Mistake("logits", _of_logits, "These are sums of logits; sum probabilities."),
        Mistake(
            "year numbers for ids",
            _ids_for_years,
            "You use the number of a year as its token id. `years[y]` is the id of the year y.",
        ),
    ),
)


def successor_map(
    hf: Any, layer: int, head: int, ids: Tensor, after: Tensor, first_block: bool
) -> tuple[Tensor, Tensor]:
    """What a head would say of each item ``[item, item]``, and the share that it takes one on."""
    vectors = hf.transformer.wte(ids)
    if first_block:  # each item as a prompt of its own: it can look at nothing but itself
        vectors = hf(ids[:, None], output_hidden_states=True).hidden_states[1][:, 0]
    block = hf.transformer.h[layer]
    attention = block.attn.attention
    size = attention.head_dim
    own = slice(head * size, (head + 1) * size)
    value = block.ln_1(vectors) @ attention.v_proj.weight[own].T
    write = value @ attention.out_proj.weight[:, own].T
    write = (write - write.mean(-1, keepdim=True)) * hf.transformer.ln_f.weight
    raised = write @ hf.lm_head.weight[ids].T
    raised = raised - raised.mean(0)
    known = after >= 0
    return raised, (raised.argmax(1) == after)[known].float().mean()


def _always_bare(hf: Any, layer: int, head: int, ids: Tensor, after: Tensor, _: bool) -> Any:
    return successor_map(hf, layer, head, ids, after, False)


def _always_effective(hf: Any, layer: int, head: int, ids: Tensor, after: Tensor, _: bool) -> Any:
    return successor_map(hf, layer, head, ids, after, True)


def _one_prompt(hf: Any, layer: int, head: int, ids: Tensor, after: Tensor, first: bool) -> Any:
    """The list as one prompt, so that items see each other."""
    if not first:
        return successor_map(hf, layer, head, ids, after, False)
    vectors = hf(ids[None], output_hidden_states=True).hidden_states[1][0]
    return _from(vectors, hf, layer, head, ids, after)


def _from(
    vectors: Tensor, hf: Any, layer: int, head: int, ids: Tensor, after: Tensor,
    norm: bool = True, head_in: int | None = None, centred: bool = True,
) -> Any:  # fmt: skip
    """The map with one step left out, or another head's."""
    block = hf.transformer.h[layer]
    attention = block.attn.attention
    size = attention.head_dim
    into, own = (
        slice(h * size, (h + 1) * size) for h in (head if head_in is None else head_in, head)
    )
    value = (block.ln_1(vectors) if norm else vectors) @ attention.v_proj.weight[into].T
    write = value @ attention.out_proj.weight[:, own].T
    write = (write - write.mean(-1, keepdim=True)) * hf.transformer.ln_f.weight
    raised = write @ hf.lm_head.weight[ids].T
    raised = raised - raised.mean(0) if centred else raised
    known = after >= 0
    return raised, (raised.argmax(1) == after)[known].float().mean()


def _vectors(hf: Any, ids: Tensor, first: bool) -> Tensor:
    if not first:
        return hf.transformer.wte(ids)
    return hf(ids[:, None], output_hidden_states=True).hidden_states[1][:, 0]


def _no_norm(hf: Any, layer: int, head: int, ids: Tensor, after: Tensor, first: bool) -> Any:
    return _from(_vectors(hf, ids, first), hf, layer, head, ids, after, norm=False)


def _not_centred(hf: Any, layer: int, head: int, ids: Tensor, after: Tensor, first: bool) -> Any:
    return _from(_vectors(hf, ids, first), hf, layer, head, ids, after, centred=False)


def _first_heads_value(
    hf: Any, layer: int, head: int, ids: Tensor, after: Tensor, first: bool
) -> Any:
    return _from(_vectors(hf, ids, first), hf, layer, head, ids, after, head_in=1 - head)


def _last_item_counts(
    hf: Any, layer: int, head: int, ids: Tensor, after: Tensor, first: bool
) -> Any:
    raised, _ = successor_map(hf, layer, head, ids, after, first)
    return raised, (raised.argmax(1) == after).float().mean()


def _itself(hf: Any, layer: int, head: int, ids: Tensor, after: Tensor, first: bool) -> Any:
    raised, _ = successor_map(hf, layer, head, ids, after, first)
    return raised, (raised.argmax(1) == torch.arange(len(ids))).float().mean()


def _turned(hf: Any, layer: int, head: int, ids: Tensor, after: Tensor, first: bool) -> Any:
    raised, _ = successor_map(hf, layer, head, ids, after, first)
    return raised.T, (raised.argmax(0) == after)[after >= 0].float().mean()


def _lists() -> list[Case]:
    hf = tiny_gpt_neo()
    line = torch.tensor([3, 9, 4, 17, 12, 25, 6, 20, 11])
    ring = torch.tensor([2, 5, 8, 14, 21, 27])
    end = torch.tensor([1, 2, 3, 4, 5, 6, 7, 8, -1])
    around = torch.tensor([1, 2, 3, 4, 5, 0])
    return [
        Case("a list of 9, through the first block", (hf, 2, 1, line, end, True)),
        Case("a list of 9, bare", (hf, 2, 1, line, end, False)),
        Case("a round of 6, through the first block", (hf, 1, 0, ring, around, True)),
    ]


def _share_of_those_with_one(got: Any, case: Case) -> None:
    raised, share = torch.as_tensor(got[0]), float(torch.as_tensor(got[1]))
    after = case.args[4]
    mine = (raised.argmax(1) == after)[after >= 0].float().mean().item()
    if abs(mine - share) > 1e-4:
        raise WrongAnswerError(
            f"On {case.name}, your table gives a share of {mine:.3g}, and you return {share:.3g}: "
            "the share of items whose successor is the largest in their row, among the items that "
            "have one."
        )


SUCCESSOR = Exercise(
    id="10.4",
    title="What a head makes of Monday",
    difficulty=3,
    importance=4,
    minutes=15,
    returns="logits [item looked at, item raised] less their column means, and the share 0..1",
    solution=successor_map,
    cases=_lists,
    verify=_share_of_those_with_one,
    mistakes=(
        Mistake(
            "always without the first block",
            _always_bare,
            "You always start from the bare embedding. With `first_block=True` start from the "
            "stream after block 0: that is what later heads read.",
        ),
        Mistake(
            "always through the first block",
            _always_effective,
            "You always start from the stream after block 0. With `first_block=False` start from "
            "`hf.transformer.wte(ids)`.",
        ),
        Mistake(
            "the list as one prompt",
            _one_prompt,
            "You run the list as one prompt, so its items look at each other. Make each item a "
            "prompt of its own: `ids[:, None]`.",
        ),
        Mistake(
            "no LayerNorm",
            _no_norm,
            "The head reads through its block's LayerNorm: `block.ln_1(vectors)`.",
        ),
        Mistake(
            "column means kept",
            _not_centred,
            "Take the mean of each column off: what a head raises whatever it looks at tells "
            "nothing about the item.",
        ),
        Mistake(
            "another head's value",
            _first_heads_value,
            "Value and output belong to different heads. Rows `head * size` onwards of "
            "`v_proj.weight`, and the same columns of `out_proj.weight`.",
        ),
        Mistake(
            "items without a successor counted",
            _last_item_counts,
            "Leave the items without a successor, `after == -1`, out of the share.",
        ),
        Mistake(
            "the item itself",
            _itself,
            "That is how often an item raises itself, which is copying. Compare with `after`.",
        ),
        Mistake(
            "rows and columns exchanged",
            _turned,
            "Rows and columns are exchanged: row i says what looking at item i raises.",
        ),
    ),
)
