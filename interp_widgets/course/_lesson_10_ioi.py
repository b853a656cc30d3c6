"""Lesson 10: prompts for the task of the indirect object, and what kind of head a head is there."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake, WrongAnswerError
from interp_widgets.course.tiny import tiny_gpt2, tiny_gpt_neo


def ioi_task(hf: Any, ids: Tensor, io: int, s: int, third: int) -> tuple[Tensor, Tensor, Tensor]:
    """ABC and flipped ids, each ``[pos]``, and the metric of clean, ABC and flipped run ``[3]``."""
    second = (ids == s).nonzero()[-1]
    abc, flipped = ids.clone(), ids.clone()
    abc[second], flipped[second] = third, io
    logits = hf(torch.stack([ids, abc, flipped])).logits[:, -1]
    diff = logits[:, io] - logits[:, s]
    return abc, flipped, (diff - diff[2]) / (diff[0] - diff[2])


def _made(hf: Any, ids: Tensor, io: int, s: int, abc: Tensor, flipped: Tensor) -> Any:
    """The metric on prompts that somebody made."""
    logits = hf(torch.stack([ids, abc, flipped])).logits[:, -1]
    diff = logits[:, io] - logits[:, s]
    return abc, flipped, (diff - diff[2]) / (diff[0] - diff[2])


def _first_mention(hf: Any, ids: Tensor, io: int, s: int, third: int) -> Any:
    first = (ids == s).nonzero()[0]
    abc, flipped = ids.clone(), ids.clone()
    abc[first], flipped[first] = third, io
    return _made(hf, ids, io, s, abc, flipped)


def _every_mention(hf: Any, ids: Tensor, io: int, s: int, third: int) -> Any:
    abc, flipped = ids.clone(), ids.clone()
    abc[ids == s], flipped[ids == s] = third, io
    return _made(hf, ids, io, s, abc, flipped)


def _exchanged(hf: Any, ids: Tensor, io: int, s: int, third: int) -> Any:
    abc, _, _ = ioi_task(hf, ids, io, s, third)
    flipped = ids.clone()
    flipped[ids == s], flipped[ids == io] = io, s
    return _made(hf, ids, io, s, abc, flipped)


def _no_repeat(hf: Any, ids: Tensor, io: int, s: int, third: int) -> Any:
    abc, flipped, _ = ioi_task(hf, ids, io, s, third)
    return _made(hf, flipped, io, s, abc, ids)


def _two_corrupt_runs_confused(hf: Any, ids: Tensor, io: int, s: int, third: int) -> Any:
    abc, flipped, _ = ioi_task(hf, ids, io, s, third)
    return _made(hf, ids, io, s, flipped, abc)


def _logits(hf: Any, ids: Tensor, io: int, s: int, third: int) -> tuple[Tensor, Tensor, Tensor]:
    abc, flipped, _ = ioi_task(hf, ids, io, s, third)
    return abc, flipped, hf(torch.stack([ids, abc, flipped])).logits[:, -1]


def _not_scaled(hf: Any, ids: Tensor, io: int, s: int, third: int) -> Any:
    abc, flipped, logits = _logits(hf, ids, io, s, third)
    return abc, flipped, logits[:, io] - logits[:, s]


def _probabilities(hf: Any, ids: Tensor, io: int, s: int, third: int) -> Any:
    abc, flipped, logits = _logits(hf, ids, io, s, third)
    p = logits.softmax(-1)
    diff = p[:, io] - p[:, s]
    return abc, flipped, (diff - diff[2]) / (diff[0] - diff[2])


def _upside_down(hf: Any, ids: Tensor, io: int, s: int, third: int) -> Any:
    abc, flipped, score = ioi_task(hf, ids, io, s, third)
    return abc, flipped, 1 - score


def _prompts() -> list[Case]:
    neo, gpt2 = tiny_gpt_neo(), tiny_gpt2()
    receiver_first = torch.tensor([0, 4, 9, 5, 11, 2, 9, 7])
    giver_first = torch.tensor([0, 8, 3, 6, 10, 8, 1])
    return [
        Case("a prompt with the receiver first", (neo, receiver_first, 4, 9, 13)),
        Case("a prompt with the giver first", (gpt2, giver_first, 6, 8, 12)),
    ]


def _ends(got: Any, case: Case) -> None:
    score = torch.as_tensor(got[2])
    if abs(float(score[0]) - 1) > 1e-4 or abs(float(score[2])) > 1e-4:
        raise WrongAnswerError(
            f"On {case.name}, your metric is {float(score[0]):.3g} for the clean prompt and "
            f"{float(score[2]):.3g} for the flipped one; wanted 1 and 0."
        )


IOI_TASK = Exercise(
    id="10.1",
    title="Two ways to spoil a prompt, and a metric",
    difficulty=2,
    importance=4,
    minutes=10,
    returns="ABC ids [pos], flipped ids [pos], and the metric of clean, ABC and flipped run [3]",
    solution=ioi_task,
    cases=_prompts,
    verify=_ends,
    mistakes=(
        Mistake(
            "first mention replaced",
            _first_mention,
            "You replaced the first mention of the giver. It is the second one that says who "
            "gives: the last place where `ids == s`.",
        ),
        Mistake(
            "every mention replaced",
            _every_mention,
            "You replaced every mention of the giver. Replace the second one only, or the prompt "
            "loses more than the one fact we ask about.",
        ),
        Mistake(
            "names exchanged everywhere",
            _exchanged,
            "You exchanged the two names everywhere. That asks for the other name, too, but three "
            "tokens differ. Change the second mention of the giver only.",
        ),
        Mistake(
            "nobody gives twice",
            _no_repeat,
            "Your clean and flipped runs are exchanged: the clean one is `ids`, in which the "
            "giver stands twice and the receiver once.",
        ),
        Mistake(
            "the two corrupt prompts confused",
            _two_corrupt_runs_confused,
            "ABC is the prompt with a third name; the flipped one has the receiver's name there.",
        ),
        Mistake(
            "not scaled",
            _not_scaled,
            "These are logit differences. Shift and scale them: the clean run scores 1 and the "
            "flipped one 0.",
        ),
        Mistake(
            "probabilities",
            _probabilities,
            "You compare probabilities. Compare logits: their difference adds up over parts of "
            "the model, and does not saturate.",
        ),
        Mistake(
            "upside down",
            _upside_down,
            "It is the other way up: the clean run scores 1, the flipped one 0.",
        ),
    ),
)


def roles(patterns: Tensor, copies: Tensor, shares: Tensor, io: int, s1: int, s2: int) -> Tensor:
    """Which head has which role, ``[role, layer, head]``, from where it looks and what it copies.

    Roles: name mover, negative mover, giver reader, duplicate token, induction.
    """
    end, giver = patterns[:, :, -1], patterns[:, :, s2]
    names = end[..., io] + end[..., s1] >= 0.5
    return torch.stack(
        [
            names & (copies > 0),
            names & (copies < 0),
            end[..., s2] >= 0.5,
            giver[..., s1] >= 0.5,
            giver[..., s1 + 1] >= 0.5,
        ]
    )


def _with(*args: Any, **rows: Tensor) -> Tensor:
    """The right table with some rows exchanged: 0 mover … 4 induction, by number."""
    table = roles(*args)
    for row, value in rows.items():
        table[int(row[1:])] = value
    return table


def _by_share(patterns: Tensor, copies: Tensor, shares: Tensor, *at: int) -> Tensor:
    return _with(patterns, copies, shares, *at, r0=shares > 0, r1=shares < 0)


def _share_and_look(patterns: Tensor, copies: Tensor, shares: Tensor, *at: int) -> Tensor:
    return roles(patterns, shares, shares, *at)


def _receiver_only(patterns: Tensor, copies: Tensor, shares: Tensor, *at: int) -> Tensor:
    names = patterns[:, :, -1, at[0]] >= 0.5
    rows = {"r0": names & (copies > 0), "r1": names & (copies < 0)}
    return _with(patterns, copies, shares, *at, **rows)


def _either_name(patterns: Tensor, copies: Tensor, shares: Tensor, *at: int) -> Tensor:
    names = (patterns[:, :, -1, at[0]] >= 0.5) | (patterns[:, :, -1, at[1]] >= 0.5)
    rows = {"r0": names & (copies > 0), "r1": names & (copies < 0)}
    return _with(patterns, copies, shares, *at, **rows)


def _from_and_to(patterns: Tensor, copies: Tensor, shares: Tensor, *at: int) -> Tensor:
    return roles(patterns.mT, copies, shares, *at)


def _from_the_end(patterns: Tensor, copies: Tensor, shares: Tensor, *at: int) -> Tensor:
    end = patterns[:, :, -1]
    rows = {"r3": end[..., at[1]] >= 0.5, "r4": end[..., at[1] + 1] >= 0.5}
    return _with(patterns, copies, shares, *at, **rows)


def _after_giver(patterns: Tensor, copies: Tensor, shares: Tensor, *at: int) -> Tensor:
    return _with(patterns, copies, shares, *at, r4=patterns[:, :, at[2], at[1] - 1] >= 0.5)


def _readers_that_lower(patterns: Tensor, copies: Tensor, shares: Tensor, *at: int) -> Tensor:
    rows = {"r2": (patterns[:, :, -1, at[2]] >= 0.5) & (copies < 0)}
    return _with(patterns, copies, shares, *at, **rows)


def _one_role_a_head(patterns: Tensor, copies: Tensor, shares: Tensor, *at: int) -> Tensor:
    table = roles(patterns, copies, shares, *at)
    return table & (table.long().cumsum(0) == 1)


def _heads() -> list[Case]:
    """Three layers of four heads on nine tokens, each head made to look somewhere."""
    generator = torch.Generator().manual_seed(10)
    cases = []
    for name, io, s1, s2 in (("receiver first", 1, 3, 6), ("giver first", 4, 2, 7)):
        n = 9
        patterns = torch.rand(3, 4, n, n, generator=generator).tril() + 1e-3
        patterns = patterns / patterns.sum(-1, keepdim=True)
        planted = (
            ((0, 0), -1, {io: 0.8}), ((0, 1), -1, {s1: 0.9}), ((0, 2), -1, {io: 0.35, s1: 0.3}),
            ((0, 3), -1, {s2: 0.95}), ((1, 0), s2, {s1: 0.7}), ((1, 1), s2, {s1 + 1: 0.6}),
            ((1, 2), -1, {io: 0.6}), ((1, 3), -1, {s2: 0.55}), ((2, 0), s2, {s1 - 1: 0.8}),
            ((2, 1), s2, {s1 + 1: 0.7}), ((2, 1), -1, {s1: 0.75}), ((2, 2), -1, {s1 + 1: 0.9}),
        )  # fmt: skip
        for (layer, head), dst, weights in planted:
            row = patterns[layer, head, dst]
            row *= 1 - sum(weights.values())
            for src, weight in weights.items():
                row[src] += weight
        copies = torch.rand(3, 4, generator=generator) * 2 - 1
        copies[0, :3], copies[1, 2], copies[2, 1] = 0.9, -0.7, 0.4
        copies[0, 3], copies[1, 3] = 0.6, -0.5  # giver readers of either kind
        shares = torch.randn(3, 4, generator=generator)
        shares[0, 1], shares[2, 1] = -1.5, -0.6
        cases.append(Case(name, (patterns, copies, shares, io, s1, s2)))
    return cases


ROLES = Exercise(
    id="10.2",
    title="Sort the heads",
    difficulty=4,
    importance=5,
    minutes=25,
    returns="booleans [role, layer, head], the roles in the order of the list",
    solution=roles,
    cases=_heads,
    mistakes=(
        Mistake(
            "by attribution only",
            _by_share,
            "You sort movers by their share in the logit difference. A head that carries the "
            "giver's name has a negative share and is a mover all the same. Ask where it looks, "
            "and what it does with what it sees.",
        ),
        Mistake(
            "attribution for copying",
            _share_and_look,
            "You use the share in place of the copying score. The share is negative whenever a "
            "head looks at the giver, whatever it does with the name.",
        ),
        Mistake(
            "the receiver only",
            _receiver_only,
            "You count attention on the receiver only. A mover may carry either name: add up the "
            "attention on `io` and `s1`.",
        ),
        Mistake(
            "either name by itself",
            _either_name,
            "You ask for half of the attention on one name. Add up the two: a head that halves "
            "its attention between the names looks at names.",
        ),
        Mistake(
            "from and to confused",
            _from_and_to,
            "You read the patterns the wrong way round: [layer, head, dst, src], from a row to a "
            "column.",
        ),
        Mistake(
            "all from the end",
            _from_the_end,
            "Duplicate-token and induction heads act at the giver's second mention: read row "
            "`s2`, not the last one.",
        ),
        Mistake(
            "induction looks before",
            _after_giver,
            "An induction head looks at the token after the earlier copy: `s1 + 1`.",
        ),
        Mistake(
            "readers that lower",
            _readers_that_lower,
            "You leave out giver readers that copy. That role is one of looking alone.",
        ),
        Mistake(
            "one role a head",
            _one_role_a_head,
            "You give each head one role at most. A head may do one thing at one token and "
            "another at another: keep all.",
        ),
    ),
)
