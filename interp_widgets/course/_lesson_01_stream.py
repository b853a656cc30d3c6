"""Lesson 01: the stream as a sum of writes, and what the order of reading has to do with it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake, WrongAnswerError
from interp_widgets.course.tiny import tiny_gpt2, tiny_gpt_neo


def _models() -> list[Case]:
    generator = torch.Generator().manual_seed(1)
    neo, gpt2 = tiny_gpt_neo(), tiny_gpt2()
    return [
        Case(
            f"a small random {name} ({hf.config.num_hidden_layers} layers, {length} tokens)",
            (hf, torch.randint(0, hf.config.vocab_size, (length,), generator=generator)),
        )
        for name, hf, length in (("GPT-Neo", neo, 6), ("GPT-2", gpt2, 4))
    ]


# 01.1 -----------------------------------------------------------------------------


def decompose(hf: Any, ids: Tensor) -> Tensor:
    """Every write ``[2 + 2 · n_layers, pos, d_model]`` for ids ``[pos]``, in order."""
    parts = [hf.transformer.wte(ids), hf.transformer.wpe(torch.arange(len(ids)))]

    def keep(module: Any, inputs: Any, output: Any) -> None:
        write = output[0] if isinstance(output, tuple) else output  # attention gives a tuple
        parts.append(write[0])  # the only prompt of the batch

    modules = [module for block in hf.transformer.h for module in (block.attn, block.mlp)]
    handles = [module.register_forward_hook(keep) for module in modules]
    hf(ids[None])
    for handle in handles:
        handle.remove()
    return torch.stack(parts)


def _no_position(hf: Any, ids: Tensor) -> Tensor:
    parts = decompose(hf, ids)
    return torch.cat([parts[:1], parts[2:]])


def _one_embedding_row(hf: Any, ids: Tensor) -> Tensor:
    parts = decompose(hf, ids)
    return torch.cat([parts[:2].sum(0, keepdim=True), parts[2:]])


def _mlps_before_attentions(hf: Any, ids: Tensor) -> Tensor:
    parts = decompose(hf, ids)
    return torch.cat([parts[:2], parts[2::2], parts[3::2]])


def _wrong_positions(hf: Any, ids: Tensor) -> Tensor:
    parts = decompose(hf, ids)
    parts[1] = hf.transformer.wpe(ids.clamp(max=hf.transformer.wpe.num_embeddings - 1))
    return parts


def _normed_inputs(hf: Any, ids: Tensor) -> Tensor:
    """What the blocks read, after their LayerNorms, where their writes belong."""
    parts = decompose(hf, ids)
    streams = parts[1:].cumsum(0) + parts[0]
    rows = [parts[0], parts[1]]
    for i, block in enumerate(hf.transformer.h):
        rows += [block.ln_1(streams[2 * i]), block.ln_2(streams[2 * i + 1])]
    return torch.stack(rows)


def _sum_is_the_stream(got: Tensor, case: Case) -> None:
    stream = decompose(*case.args).sum(0)
    gap = (got.sum(0) - stream).abs().max().item()
    if not gap <= 1e-4:
        raise WrongAnswerError(
            f"On {case.name}, your rows add up to a stream that is off by up to {gap:.2g}; wanted "
            "at most 1e-4. Blocks only add, so the rows have to sum to what the final LayerNorm "
            "reads: something is missing, or counted twice."
        )


DECOMPOSE = Exercise(
    id="01.1",
    title="Take the stream apart",
    difficulty=2,
    importance=5,
    minutes=10,
    returns="every write [2 + 2 · n_layers, pos, d_model]: tokens, positions, then attention and "
    "MLP of each layer",
    solution=decompose,
    cases=_models,
    verify=_sum_is_the_stream,
    mistakes=(
        Mistake(
            "no position embedding",
            _no_position,
            "The row of the position embedding is missing: hf.transformer.wpe writes, too, one "
            "vector for each place 0, 1, 2, …",
        ),
        Mistake(
            "both embeddings in one row",
            _one_embedding_row,
            "You put token and position embedding into one row. The sum is right; give each its "
            "own row.",
        ),
        Mistake(
            "positions looked up by token",
            _wrong_positions,
            "Row 1 looks up positions by token id. Positions are 0, 1, 2, …: torch.arange.",
        ),
        Mistake(
            "positions before tokens",
            lambda hf, ids: torch.cat([decompose(hf, ids)[:2].flip(0), decompose(hf, ids)[2:]]),
            "Rows 0 and 1 are swapped: the token embedding comes first, then the positions.",
        ),
        Mistake(
            "no MLPs",
            lambda hf, ids: torch.cat([decompose(hf, ids)[:2], decompose(hf, ids)[2::2]]),
            "The writes of the MLPs are missing: put a hook on block.mlp, too.",
        ),
        Mistake(
            "batch axis kept",
            lambda hf, ids: decompose(hf, ids)[:, None],
            "You kept the batch axis, which ids[None] added: take [0] of each write.",
        ),
        Mistake(
            "streams instead of writes",
            lambda hf, ids: decompose(hf, ids).cumsum(0),
            "Your rows are the stream after each write. Wanted is what each block *adds*: the "
            "output of block.attn or block.mlp, not the running sum.",
        ),
        Mistake(
            "what the blocks read",
            _normed_inputs,
            "Your rows are what the blocks *read*, after their LayerNorms. Wanted is what they "
            "write: the output of block.attn and of block.mlp.",
        ),
        Mistake(
            "attentions first, then MLPs",
            _mlps_before_attentions,
            "All the writes are there, but not in the order in which they are made: attention and "
            "MLP of layer 0, then of layer 1, …",
        ),
        Mistake(
            "last position only",
            lambda hf, ids: decompose(hf, ids)[:, -1],
            "You kept the last position only; keep every position.",
        ),
    ),
)

# 01.5 -----------------------------------------------------------------------------


def parallel_logits(hf: Any, ids: Tensor) -> Tensor:
    """Logits ``[pos, vocab]`` if every MLP read the stream that its block's attention reads."""
    stream: list[Tensor] = []

    def keep(module: Any, inputs: tuple[Tensor]) -> None:
        stream[:] = [inputs[0]]  # what enters the block

    def swap(module: Any, inputs: tuple[Tensor]) -> tuple[Tensor]:
        return (stream[0],)  # instead of the stream that attention has written to

    handles = []
    for block in hf.transformer.h:
        handles.append(block.ln_1.register_forward_pre_hook(keep))
        handles.append(block.ln_2.register_forward_pre_hook(swap))
    logits = hf(ids[None]).logits[0]
    for handle in handles:
        handle.remove()
    return logits


def _with_mlp_inputs(hf: Any, ids: Tensor, choose: Any) -> Tensor:
    """The logits if ``choose(block, block input, ln_2's input)`` were what each MLP reads."""
    seen: dict[str, Tensor] = {}
    handles = []
    for block in hf.transformer.h:
        handles += [
            block.ln_1.register_forward_pre_hook(lambda m, i: seen.update(block=i[0])),
            block.ln_2.register_forward_pre_hook(lambda m, i: seen.update(middle=i[0])),
            block.mlp.register_forward_pre_hook(
                lambda m, i, block=block: (choose(block, seen["block"], seen["middle"]),)
            ),
        ]
    logits = hf(ids[None]).logits[0]
    for handle in handles:
        handle.remove()
    return logits


PARALLEL = Exercise(
    id="01.5",
    title="Rewire the blocks",
    difficulty=3,
    importance=2,
    minutes=10,
    returns="logits [pos, vocab]",
    solution=parallel_logits,
    cases=_models,
    bonus=True,
    mistakes=(
        Mistake(
            "nothing rewired",
            lambda hf, ids: hf(ids[None]).logits[0],
            "These are the model's own logits, so nothing was rewired. A pre-hook has to *return* "
            "the new inputs, as a tuple.",
        ),
        Mistake(
            "MLP reads attention's write only",
            lambda hf, ids: _with_mlp_inputs(hf, ids, lambda b, x, mid: b.ln_2(mid - x)),
            "Your MLPs read what attention wrote, and nothing else. They should read what the "
            "block's attention reads.",
        ),
        Mistake(
            "no LayerNorm before the MLP",
            lambda hf, ids: _with_mlp_inputs(hf, ids, lambda b, x, mid: x),
            "Your MLPs read the stream itself: ln_2 is skipped. Put the hook on block.ln_2, not "
            "on block.mlp.",
        ),
        Mistake(
            "attention's LayerNorm for the MLP",
            lambda hf, ids: _with_mlp_inputs(hf, ids, lambda b, x, mid: b.ln_1(x)),
            "Your MLPs read through ln_1. Each half keeps the LayerNorm that it was trained with: "
            "ln_2 for the MLP.",
        ),
        Mistake(
            "batch axis kept",
            lambda hf, ids: parallel_logits(hf, ids)[None],
            "You kept the batch axis, which ids[None] added: take logits[0].",
        ),
    ),
)
