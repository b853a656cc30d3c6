"""The card of one head: where it looks on the prompt, and what it writes about what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from interp_widgets.core.sites import Site
from interp_widgets.widgets._pack import plane

if TYPE_CHECKING:
    from torch import Tensor

    from interp_widgets.core.language_model import LanguageModel

RAISED = 4  # tokens listed for each token looked at
SOURCES = 6  # tokens of the prompt that are listed
FINE_CELLS = 20_000  # weights of a pattern that are sent as they are
_VOCAB_SLICE = 8192
_RANDOM = 12  # tokens that come twice, where there is no prompt


@dataclass(frozen=True)
class Layer:
    """What all heads of one layer do on one prompt.

    Attributes:
        layer: its number.
        tokens: raw pieces of the prompt, ``[pos]``.
        patterns: ``[head, dst, src]``.
        sources: positions of the tokens that are listed.
        raised: of each head and source the tokens raised most, and by how many logits (up to the
            scale of norms) more than the mean token, ``[head][source][k]``.
    """

    layer: int
    tokens: tuple[str, ...]
    patterns: Tensor
    sources: tuple[int, ...]
    raised: tuple[tuple[tuple[tuple[str, float], ...], ...], ...]


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


def layer_card(model: LanguageModel, prompt: str | None, layer: int) -> Layer:
    """Patterns and OV effects of a layer's heads.

    Raises:
        ValueError: an empty or too long prompt, or weights that cannot be cut into heads.
    """
    from interp_widgets.core.hooks import captured
    from interp_widgets.core.ov import token_values

    ids = ids_of(model, prompt)
    site = Site(layer, "pattern")
    with torch.no_grad(), captured(model, str(site)) as held:
        model.run(ids[None])
    sources = _sources(ids)
    values = token_values(model, ids[sources])[layer]
    return Layer(
        layer=layer,
        tokens=tuple(model.piece(int(i)) for i in ids),
        patterns=held[site][0].float().cpu(),
        sources=tuple(sources),
        raised=_raised(model, layer, values),
    )


def _sources(ids: Tensor) -> list[int]:
    """The last few different tokens of the prompt, in order: of the first one heads say little."""
    found: dict[int, int] = {}
    for pos in range(len(ids) - 1, -1 if len(ids) == 1 else 0, -1):
        found.setdefault(int(ids[pos]), pos)
    return sorted(list(found.values())[:SOURCES])


@torch.no_grad()
def _raised(
    model: LanguageModel, layer: int, values: Tensor
) -> tuple[tuple[tuple[tuple[str, float], ...], ...], ...]:
    """Tokens that each head raises most, from what it finds at tokens ``[token, head, d_head]``.

    Scales of norms are left out, as in `core.ov`.
    """
    from interp_widgets.core.metrics import precise
    from interp_widgets.core.ov import unscaled
    from interp_widgets.core.weights import head_output

    weight, _ = head_output(model, layer)
    writes = torch.einsum("the,hed->htd", values.to(weight), weight)
    path = model.architecture.attn_post_norm
    if path is not None:
        writes = unscaled(model.layers[layer].get_submodule(path), writes)(writes)
    directions = model.hf.get_output_embeddings().weight.detach()
    read = unscaled(model.module(model.architecture.final_norm), writes)(writes)
    read = read.to(directions.device)
    parts = [read @ precise(rows).T.to(read) for rows in directions.split(_VOCAB_SLICE)]
    logits = torch.cat(parts, dim=-1)[..., : model.d_vocab]
    best = (logits - logits.mean(-1, keepdim=True)).topk(min(RAISED, model.d_vocab))
    ids, by = best.indices.tolist(), best.values.tolist()
    return tuple(
        tuple(
            tuple((model.piece(i), value) for i, value in zip(*row, strict=True))
            for row in zip(*head, strict=True)
        )
        for head in zip(ids, by, strict=True)
    )


def packed(card: Layer, head: int) -> dict[str, Any]:
    """A head's card as the page draws it."""
    pattern = card.patterns[head].numpy()
    triangle = pattern[np.tril(np.ones(pattern.shape, dtype=bool))][None]
    fine = triangle.size <= FINE_CELLS
    sent = plane("pattern", triangle, "f32") if fine else plane("pattern", triangle, "u8", "sqrt")
    return {
        "tokens": list(card.tokens),
        "planes": [sent],
        "sources": list(card.sources),
        "raised": [[list(one) for one in row] for row in card.raised[head]],
    }
