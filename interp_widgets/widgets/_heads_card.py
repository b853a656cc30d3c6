"""The card of one head: where it looks on the prompt, and what it writes about what it finds."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from interp_widgets.core.composition import iter_composition
from interp_widgets.core.sites import Site
from interp_widgets.widgets._heads_data import name
from interp_widgets.widgets._heads_paths import links
from interp_widgets.widgets._jobs import Job
from interp_widgets.widgets._pack import plane

if TYPE_CHECKING:
    from torch import Tensor

    from interp_widgets.core.head_circuit import HeadCircuit
    from interp_widgets.core.language_model import LanguageModel

RAISED = 4  # tokens listed for each token looked at
SOURCES = 6  # tokens of the prompt that are listed
FINE_CELLS = 20_000  # weights of a pattern that are sent as they are
EXPORT_CELLS = 100_000  # weights of patterns that an exported page holds at most
EXPORT_LOGITS = 1_000_000  # logits that its cards are worked out from at most
_RANDOM = 12  # tokens that come twice, where there is no prompt


@dataclass(frozen=True)
class Seen:
    """A prompt as the cards show it: its tokens, and all patterns of one layer.

    Attributes:
        ids: of the prompt, ``[pos]``.
        tokens: raw pieces of the prompt, ``[pos]``.
        patterns: ``[head, dst, src]``.
    """

    ids: Tensor
    tokens: tuple[str, ...]
    patterns: Tensor


def ids_of(model: LanguageModel, prompt: str | None) -> Tensor:
    """The prompt's ids, or of some random tokens that come twice: there a head shows its habits."""
    from interp_widgets.core.heads import repeated_tokens

    if prompt is not None:
        return model.ids(prompt)
    row = repeated_tokens(model)[0]
    half = len(row) // 2
    start = row[: len(row) - 2 * half]
    part = row[len(start) : len(start) + min(half, _RANDOM)]
    return torch.cat([start, part, part])


def layer_seen(model: LanguageModel, prompt: str | None, layer: int) -> Seen:
    """Where the heads of a layer look.

    Raises:
        ValueError: an empty or too long prompt.
    """
    from interp_widgets.core.hooks import captured

    ids = ids_of(model, prompt)
    site = Site(layer, "pattern")
    with torch.no_grad(), captured(model, str(site)) as held:
        model.run(ids[None])
    tokens = tuple(model.piece(int(i)) for i in ids)
    return Seen(ids.cpu(), tokens, held[site][0].float().cpu())


def head_writes(model: LanguageModel, prompt: str | None, layer: int, head: int) -> HeadCircuit:
    """What a head writes about the last few different tokens of the prompt.

    Raises:
        ValueError: a prompt of one token, or weights that cannot be cut into heads.
    """
    from interp_widgets.core.head_circuit import head_circuit

    ids = ids_of(model, prompt).tolist()
    # Of the first token, where heads rest, they say little.
    different = dict.fromkeys(reversed(ids[1:] if len(set(ids[1:])) > 1 else ids))
    sources = list(different)[:SOURCES][::-1]
    return head_circuit(model, layer, head, sources, k=min(RAISED, model.d_vocab))


def packed(seen: Seen, head: int, writes: HeadCircuit | None) -> dict[str, Any]:
    """A head's card as the page draws it."""
    pattern = seen.patterns[head].numpy()
    triangle = pattern[np.tril(np.ones(pattern.shape, dtype=bool))][None]
    fine = triangle.size <= FINE_CELLS
    sent = plane("pattern", triangle, "f32") if fine else plane("pattern", triangle, "u8", "sqrt")
    raised = []
    if writes is not None:
        numbers = writes.top_values.tolist()
        for source, row, by in zip(writes.tokens, writes.top_tokens, numbers, strict=True):
            raised.append([source, [list(one) for one in zip(row, by, strict=True)]])
    return {"tokens": list(seen.tokens), "planes": [sent], "raised": raised}


def card_jobs(model: LanguageModel, prompt: str | None, layer: int, head: int) -> list[Job]:
    """What a head's card needs."""
    about = (model, prompt, layer, head)
    return [
        Job(("seen", prompt, layer), lambda: iter([layer_seen(model, prompt, layer)])),
        Job(("writes", prompt, layer, head), lambda: iter([head_writes(*about)])),
        Job(("composition",), lambda: iter_composition(model)),
    ]


def cards(
    known: Callable[[Hashable], Any], prompt: str | None, heads: Sequence[Sequence[int]]
) -> dict[str, Any]:
    """Cards by name of these heads, as far as what they need is known."""
    found, together = {}, known(("composition",))
    for layer, head in heads:
        seen = known(("seen", prompt, layer))
        if seen is not None:
            card = packed(seen, head, known(("writes", prompt, layer, head)))
            found[name([layer, head])] = card | links(together, [layer, head])
    return found


def is_small(model: LanguageModel, prompt: str | None) -> bool:
    """Whether an exported page holds the cards of all heads."""
    n, heads = len(ids_of(model, prompt)), model.n_layers * model.n_heads
    return heads * n * (n + 1) // 2 <= EXPORT_CELLS and heads * model.d_vocab <= EXPORT_LOGITS
