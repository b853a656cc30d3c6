"""An attention record for the page: all heads small, and whole patterns of the layers asked for.

A causal pattern is a lower triangle, so only that half is sent, row after row: a layer of 12 heads
and 512 tokens takes 1.6 MB at one byte a weight. Value-weighted patterns are not sent at all: the
page multiplies a pattern by the lengths of the values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interp_widgets.widgets._pack import plane
from interp_widgets.widgets._prompt_words import unknown_words

if TYPE_CHECKING:
    from interp_widgets.core.attention import Attention

SCORES = (
    "current_token",
    "first_token",
    "previous_token",
    "duplicate_token",
    "induction",
    "previous_token_without_first",
    "duplicate_token_without_first",
    "induction_without_first",
)
"""Scores of heads that come from patterns; see `core.heads`."""

WHOLE_BYTES = 150_000
"""Records that fit are sent with all layers, as float32 where that fits as well."""

THUMB_BYTES = 140_000
LARGEST_THUMB = 48


def cells(record: Attention) -> int:
    """Weights in the lower triangles of all heads."""
    layers, heads, n = record.patterns.shape[:3]
    return layers * heads * n * (n + 1) // 2


def is_whole(record: Attention) -> bool:
    """Whether every layer is sent at once."""
    return cells(record) <= WHOLE_BYTES


def is_fine(record: Attention) -> bool:
    """Whether weights are sent as they are (float32) and not as bytes."""
    return 4 * cells(record) <= WHOLE_BYTES


def overview(record: Attention, scores: Any, live: bool) -> dict[str, Any]:
    """What the page shows of the whole record.

    Args:
        record: the patterns.
        scores: `SCORES` of every head, ``[kind, layer, head]``.
        live: a model is at hand, so words that it does not know can be told.

    Returns:
        Names and sizes; planes `raw` and `value` ``[layer, head, triangle]`` of thumbnails and
        `scores`; `tops`, the largest value-weighted number of each layer.
    """
    layers, heads = record.patterns.shape[:2]
    raw, weighted = thumbnails(record)
    tops = weighted.max(axis=(1, 2), initial=1e-12)
    return {
        "model": record.model,
        "prompt": record.prompt,
        "tokens": list(record.tokens),
        "layers": layers,
        "heads": heads,
        "check": float(record.check),
        "fine": is_fine(record),
        "unknown": unknown_words(record.prompt, list(record.tokens)) if live else [],
        "tops": [float(top) for top in tops],
        "planes": [
            plane("raw", raw, "u8", "sqrt"),
            plane("value", weighted / tops[:, None, None], "u8", "sqrt"),
            plane("scores", scores, "f32"),
        ],
    }


def thumbnails(record: Attention) -> tuple[np.ndarray, np.ndarray]:
    """The largest weight in each cell of a coarser triangle, raw and value-weighted.

    The largest, not the mean: a line one token wide stays in sight. The first token keeps a row and
    a column to itself, since a page may hide it.

    Returns:
        Two arrays ``[layer, head, triangle]``.
    """
    import torch

    patterns = record.patterns
    layers, heads, n = patterns.shape[:3]
    edges = thumb_edges(layers * heads, n)
    size = len(edges) - 1
    scales = record.scales[:, None, :, None]
    same = bool((record.scales == 1).all())
    raw = torch.zeros(layers, heads, size, size)
    weighted = torch.zeros_like(raw)
    for row in range(size):
        low, high = edges[row], edges[row + 1]
        part = patterns[:, :, low:high, :high]
        highest = part.amax(2)  # [layer, head, src]
        scaled = highest if same else (part * scales[:, :, low:high]).amax(2)
        lengths = scaled * record.value_norms[:, :, :high]
        for col in range(row + 1):
            across = slice(edges[col], min(edges[col + 1], high))
            raw[:, :, row, col] = highest[..., across].amax(-1)
            weighted[:, :, row, col] = lengths[..., across].amax(-1)
    dst, src = np.tril_indices(size)
    return raw.numpy()[:, :, dst, src], weighted.numpy()[:, :, dst, src]


def thumb_edges(heads: int, n: int) -> list[int]:
    """Where the cells of a thumbnail begin and end: the first token, then equal steps."""
    room = THUMB_BYTES / (2 * heads)  # raw and weighted
    size = int(np.clip((np.sqrt(8 * room + 1) - 1) / 2, 8, LARGEST_THUMB))
    if n <= size:
        return list(range(n + 1))
    step = -(-(n - 1) // (size - 1))
    return [0, *range(1, n, step), n]


def layer(record: Attention, index: int) -> dict[str, Any]:
    """One layer whole.

    Returns:
        Planes `pattern` ``[head, triangle]``, `norms` (lengths of values) ``[head, src]`` and
        `scales` (of the norm that follows) ``[dst]``.
    """
    patterns = np.asarray(record.patterns[index])
    norms, scales = record.value_norms[index], record.scales[index]
    inside = np.tril(np.ones(patterns.shape[1:], dtype=bool))
    triangles = patterns[:, inside]
    if is_fine(record):
        sent = plane("pattern", triangles, "f32")
    else:
        sent = plane("pattern", triangles, "u8", "sqrt")
    floats = "f32" if is_fine(record) else "f16"
    return {"planes": [sent, plane("norms", norms, floats), plane("scales", scales, "f32")]}


def exact(record: Attention, layer: int, head: int, pos: int) -> dict[str, Any]:
    """What one token looks at and what looks at it, as float32: raw, then value-weighted.

    Returns:
        Planes `row` ``[2, src]`` up to the token itself, `column` ``[2, dst]`` from it on.
    """
    both = np.stack(
        [np.asarray(record.patterns[layer, head]), np.asarray(record.weighted(layer, head))]
    )
    return {
        "pos": pos,
        "planes": [
            plane("row", both[:, pos, : pos + 1], "f32"),
            plane("column", both[:, pos:, pos], "f32"),
        ],
    }


def scores(record: Attention) -> np.ndarray:
    """`SCORES` of every head on this prompt, ``[kind, layer, head]``; NaN where not defined."""
    from interp_widgets.core.heads import pattern_scores

    layers, heads = record.patterns.shape[:2]
    # All layers as one, whose targets are worked out once.
    sums, counts = pattern_scores(record.patterns.flatten(0, 1)[None], record.ids[None])
    return (sums / counts).unflatten(1, (layers, heads)).numpy()


def best(scores: np.ndarray, kind: str) -> tuple[int, int, float] | None:
    """Layer, head and value of the highest score of a kind; None where it is not defined."""
    values = scores[SCORES.index(kind)]
    if np.isnan(values).all():
        return None
    layer, head = np.unravel_index(int(np.nanargmax(values)), values.shape)
    return int(layer), int(head), float(values[layer, head])


def count(tokens: tuple[str, ...]) -> str:
    """How many tokens, in words."""
    return f"{len(tokens)} token{'s' if len(tokens) > 1 else ''}"


def sentence(record: Attention, opened: list[int], weighted: bool) -> str:
    """Where the open head's last token looks."""
    layer, head = opened
    row = record.weighted(layer, head)[-1] if weighted else record.patterns[layer, head, -1]
    src = int(row.argmax())
    amount = f"{float(row[src]):.2f} long" if weighted else f"{float(row[src]):.0%}"
    how = "value-weighted" if weighted else "raw"
    return (
        f"Open is L{layer}.z.{head} ({how}): from the last token {record.tokens[-1]!r} "
        f"it looks most at {record.tokens[src]!r} (token {src}, {amount})."
    )
