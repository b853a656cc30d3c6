"""Lesson 09: knock heads out, and count what is left of a repeat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from interp_widgets.course.exercises import Case, Exercise, Mistake
from interp_widgets.course.tiny import tiny_gpt_neo

Heads = Sequence[tuple[int, int]]
Result = tuple[Tensor, Tensor]


def knock_out(hf: Any, ids: Tensor, length: int, heads: Heads) -> Result:
    """Share right and mean loss in the second copy, these ``(layer, head)`` writing nothing."""
    handles = []
    for layer, head in heads:
        out = hf.transformer.h[layer].attn.attention.out_proj
        width = out.in_features // hf.config.num_heads

        def silence(module, inputs, start=head * width, end=(head + 1) * width):
            z = inputs[0].clone()  # [row, pos, all heads side by side]
            z[..., start:end] = 0
            return (z,)

        handles.append(out.register_forward_pre_hook(silence))
    try:
        logits = hf(ids).logits
    finally:
        for handle in handles:
            handle.remove()
    said, came = logits[:, length + 1 : -1], ids[:, length + 2 :]
    right = (said.argmax(-1) == came).float().mean()
    return right, cross_entropy(said.mT, came)


def _whole_layers(hf: Any, ids: Tensor, length: int, heads: Heads) -> Result:
    every = range(hf.config.num_heads)
    return knock_out(hf, ids, length, [(layer, head) for layer, _ in heads for head in every])


def _next_head(hf: Any, ids: Tensor, length: int, heads: Heads) -> Result:
    n = hf.config.num_heads
    return knock_out(hf, ids, length, [(layer, (head + 1) % n) for layer, head in heads])


def _next_layer(hf: Any, ids: Tensor, length: int, heads: Heads) -> Result:
    n = hf.config.num_layers
    return knock_out(hf, ids, length, [((layer + 1) % n, head) for layer, head in heads])


def _last_of_the_loop(hf: Any, ids: Tensor, length: int, heads: Heads) -> Result:
    return knock_out(hf, ids, length, [(layer, heads[-1][1]) for layer, _ in heads])


def _one_at_a_time(hf: Any, ids: Tensor, length: int, heads: Heads) -> Result:
    alone = [torch.stack(knock_out(hf, ids, length, [head])) for head in heads]
    right, loss = torch.stack(alone).mean(0)
    return right, loss


def _written_numbers(hf: Any, ids: Tensor, length: int, heads: Heads) -> Result:
    handles = []
    for layer, head in heads:
        attention = hf.transformer.h[layer].attn.attention
        width = attention.out_proj.in_features // hf.config.num_heads

        def silence(module, inputs, output, start=head * width, end=(head + 1) * width):
            mixed = output.clone()
            mixed[..., start:end] = 0
            return mixed

        handles.append(attention.out_proj.register_forward_hook(silence))
    answer = knock_out(hf, ids, length, [])
    for handle in handles:
        handle.remove()
    return answer


def _scored_from(hf: Any, ids: Tensor, length: int, heads: Heads, start: int) -> Result:
    """As `knock_out`, but with logits from another place on."""
    kept: list[Tensor] = []
    handle = hf.register_forward_hook(lambda module, inputs, output: kept.append(output.logits))
    try:
        knock_out(hf, ids, length, heads)
    finally:
        handle.remove()
    said, came = kept[0][:, start:-1], ids[:, start + 1 :]
    return (said.argmax(-1) == came).float().mean(), cross_entropy(said.mT, came)


def _cases() -> list[Case]:
    generator = torch.Generator().manual_seed(94)
    hf = tiny_gpt_neo()

    def twice(rows: int, length: int) -> Tensor:
        first = torch.randint(1, hf.config.vocab_size, (rows, length), generator=generator)
        return torch.cat([torch.zeros(rows, 1, dtype=torch.long), first, first], 1)

    return [
        Case("a small random GPT-Neo, three heads", (hf, twice(6, 7), 7, [(0, 0), (1, 1), (2, 0)])),
        Case("the same with another head", (hf, twice(3, 5), 5, [(1, 0)])),
        Case("the same whole", (hf, twice(3, 5), 5, [])),
    ]


ABLATION = Exercise(
    id="09.4",
    title="Knock heads out",
    difficulty=3,
    importance=5,
    minutes=15,
    returns="two numbers: the share right and the mean loss (nats) in the second copy",
    solution=knock_out,
    cases=_cases,
    mistakes=(
        Mistake(
            "the head beside it",
            _next_head,
            "You silence the head beside the one asked for. Heads count from 0: head h has the "
            "numbers from h · width up to, not including, (h + 1) · width.",
        ),
        Mistake(
            "a layer too high",
            _next_layer,
            "You silence heads one layer above those asked for. Layers count from 0, too.",
        ),
        Mistake(
            "whole layers",
            _whole_layers,
            "You silence every head of these layers. Zero only the head's own numbers, "
            "z[..., start:end].",
        ),
        Mistake(
            "what a loop leaves behind",
            _last_of_the_loop,
            "Every hook silences the head that the loop ended with: a function made in a loop "
            "looks its variables up when it runs. Bind them as default arguments, head=head.",
        ),
        Mistake(
            "one head at a time",
            _one_at_a_time,
            "You silence one head at a time and take the mean. They are to be silent together, in "
            "one run: put on all hooks before you run the model.",
        ),
        Mistake(
            "after the heads are mixed",
            _written_numbers,
            "You zero numbers of what out_proj gives. There every head is mixed into every number "
            "of the stream; heads lie side by side only in what out_proj gets. Use a pre-hook.",
        ),
        Mistake(
            "the whole text",
            lambda hf, ids, length, heads: _scored_from(hf, ids, length, heads, 0),
            "You score the whole text. In the first copy nobody can know; score the second copy, "
            "from its second word on.",
        ),
        Mistake(
            "the first word of the second copy",
            lambda hf, ids, length, heads: _scored_from(hf, ids, length, heads, length),
            "You score the first word of the second copy, too. Nothing told the model that the "
            "list begins anew.",
        ),
    ),
)
