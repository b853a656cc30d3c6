"""A lens record for the page: a grid at up to 18 bytes a cell, exact curves where pinned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from interp_widgets.widgets import _difference_data as difference
from interp_widgets.widgets._difference_data import TRAIL_BYTES
from interp_widgets.widgets._pack import index_type, plane, string_table
from interp_widgets.widgets._prompt_words import short

if TYPE_CHECKING:
    from typing_extensions import TypeIs

    from interp_widgets.core.lens.difference import LensDifference
    from interp_widgets.core.lens.logit import LogitLens

    Record = LogitLens | LensDifference

FINE_CELLS = 4096
"""Up to this many cells the numbers go over as float32; beyond it as bytes."""

CELL_BYTES = 18
RANK_TOP = 2**18


def differs(record: Record) -> TypeIs[LensDifference]:
    """Whether a record is the difference of two lenses."""
    return hasattr(record, "top_diffs")


def grid(record: Record) -> dict[str, Any]:
    """Everything the heatmap draws of one record.

    Returns:
        rows, tokens, strings and the planes `top` and `p` [row, pos, k], `entropy` and `kl` [row,
        pos]. Above
        `FINE_CELLS` cells k is the largest for which planes, rank and strings keep within
        `CELL_BYTES` a cell. Of a difference the planes are those of `_difference_data.planes`.
    """
    top = np.asarray(record.top_ids)
    fine = top.shape[0] * top.shape[1] <= FINE_CELLS
    if differs(record):
        planes, strings = difference.planes(record, fine)
    else:
        planes, strings = _fine(record, top) if fine else _coarse(record, top)
    return {
        "model": record.model,
        "kind": record.kind,
        "base": record.base if differs(record) else "",
        "prompt": record.prompt,
        "rows": list(record.rows),
        "tokens": list(record.tokens),
        "check": None if np.isnan(record.check) else float(record.check),
        "exact": fine,
        "strings": strings,
        "planes": planes,
    }


def _fine(record: LogitLens, top: np.ndarray) -> tuple[list[dict[str, Any]], list[str]]:
    where, strings = string_table(top, record.vocab)
    return [
        plane("top", where, index_type(strings)),
        plane("p", record.top_probs, "f32"),
        plane("entropy", record.entropy, "f32"),
        plane("kl", record.kl, "f32"),
    ], strings


def _coarse(record: LogitLens, top: np.ndarray) -> tuple[list[dict[str, Any]], list[str]]:
    k = _affordable_k(record, top)
    where, strings = string_table(top[:, :, :k], record.vocab)
    return [
        plane("top", where, index_type(strings)),
        plane("p", np.asarray(record.top_probs)[:, :, :k], "u8", "sqrt"),
        plane("entropy", record.entropy, "u8", "linear", _highest(record.entropy)),
        plane("kl", record.kl, "u8", "sqrt", _highest(record.kl)),
    ], strings


def _affordable_k(record: LogitLens, top: np.ndarray) -> int:
    """The largest k ≤ 5 for which codes and strings keep within `CELL_BYTES` a cell, 1 at least."""
    cells = top.shape[0] * top.shape[1]
    seen = np.zeros(int(top.max(initial=-1)) + 2, dtype=bool)
    distinct = text = 0
    for k in range(1, min(5, top.shape[2]) + 1):
        now = np.zeros_like(seen)
        now[top[:, :, k - 1]] = True
        new = np.flatnonzero(now & ~seen).tolist()
        seen |= now
        distinct += len(new)
        text += sum(len(record.vocab.get(i, "").encode()) + 3 for i in new)  # quotes and a comma
        index = 4 if distinct >= 65535 else 2
        if cells * (k * (index + 1) + 3) + text > CELL_BYTES * cells:
            return max(k - 1, 1)
    return min(5, top.shape[2])


def _highest(values: Any) -> float:
    array = np.asarray(values)
    return float(np.nanmax(array, initial=1e-6, where=np.isfinite(array)))


def rank_plane(record: Record, column: int | None) -> dict[str, Any] | None:
    """Rank [row, pos] of one tracked token, or (None) of the token each column ends with.

    None for a difference, which has no ranks.
    """
    if differs(record):
        return None
    # A position's first line is the model's answer there.
    ranks = np.asarray(
        record.line_ranks[..., 0] if column is None else record.track_ranks[..., column]
    )
    if ranks.size <= FINE_CELLS:
        return plane("rank", ranks, "i32")
    return plane("rank", ranks, "u8", "log", RANK_TOP)


def track_column(record: Record, text: str) -> int | None:
    """Where in `record.track` the token with this text is."""
    texts = [record.vocab.get(int(i)) for i in record.track]
    return texts.index(text) if text in texts else None


def trail(record: Record, pos: int) -> dict[str, Any]:
    """How the tokens of one column fare from row to row, as exactly as fits in `TRAIL_BYTES`.

    Lines are the tokens that were on top at some row (the final answer first), then the tracked
    ones; of a difference, see `_difference_data.trail`.
    """
    if differs(record):
        return difference.trail(record, pos)
    line_ids = [int(i) for i in np.asarray(record.line_ids)[pos] if i >= 0]
    tracks = [(j, int(i)) for j, i in enumerate(record.track) if int(i) not in line_ids]
    rows = len(record.rows)
    fine = rows * (len(line_ids) + len(tracks)) * 12 <= TRAIL_BYTES
    room = TRAIL_BYTES // (rows * (12 if fine else 6))
    line_ids = line_ids[: max(room - len(tracks), 1)]
    tracks = tracks[: max(room - len(line_ids), 0)]

    def gather(name: str) -> np.ndarray:
        lines = np.asarray(getattr(record, f"line_{name}"))[:, pos, : len(line_ids)]
        tracked = np.asarray(getattr(record, f"track_{name}"))[:, pos, [j for j, _ in tracks]]
        return np.concatenate([lines, tracked], axis=1)

    floats = "f32" if fine else "f16"
    ranks = gather("ranks")
    planes = [
        plane("p", gather("probs"), floats),
        plane("logit", gather("logits"), floats),
        plane("rank", ranks, "i32") if fine else plane("rank", ranks, "u16", "log", RANK_TOP),
    ]
    ids = [*line_ids, *(i for _, i in tracks)]
    return {
        "ids": ids,
        "tokens": [record.vocab.get(i, f"#{i}") for i in ids],
        "tracked": [i in {int(t) for t in record.track} for i in ids],
        "planes": planes,
    }


def sentence(record: Record, lens: str) -> str:
    """What one record shows, about its last position; `lens` names what it was read with."""
    start = f"{heading(record, lens)} on {record.model}: {_size(record)}"
    if differs(record):
        return f"{start}; {difference.finding(record)}."
    answer = int(record.top_ids[-1, -1, 0])
    if answer < 0:
        return f"{start}, not complete yet."
    share = f"{float(record.top_probs[-1, -1, 0]):.0%}"
    since = record.rows[record.settled()[-1]]
    return f"{start}. The model answers {record.vocab[answer]!r} ({share}), on top since {since}."


def heading(record: Record, lens: str) -> str:
    """Lens and prompt of a record."""
    return f"{lens[0].upper()}{lens[1:]} of {short(record.prompt)}"


def _size(record: Record) -> str:
    tokens = len(record.tokens)
    return f"{len(record.rows)} rows × {tokens} {'token' if tokens == 1 else 'tokens'}"


def picture(
    records: Sequence[Record], colour: str, contrast: str, columns: Sequence[int | None]
) -> Any:
    """A Matplotlib figure of all sides, one above the other; None where it would be too fine.

    Args:
        records: one a side.
        colour: as the widget's `color`.
        contrast: as the widget's `contrast`, for differences.
        columns: where each record tracks the token whose rank colours it.
    """
    if sum(len(r.rows) * len(r.tokens) for r in records) > FINE_CELLS:
        return None
    from matplotlib.figure import Figure

    from interp_widgets.plots import lens_difference, logit_lens

    heights = [max(2.5, 0.9 + 0.3 * len(r.rows)) for r in records]
    width = max(4.0, 1.0 + 0.75 * max(len(r.tokens) for r in records))
    figure = Figure(figsize=(width, sum(heights)), layout="constrained")
    axes = figure.subplots(len(records), 1, height_ratios=heights, squeeze=False)[:, 0]
    for record, ax, column in zip(records, axes, columns, strict=True):
        if differs(record):
            lens_difference.plot_print(record, contrast, ax)
        else:
            whose = None if column is None else record.track[column]
            logit_lens.plot_print(record, colour, ax, whose)
    return figure


def brief(record: Record, lens: str) -> str:
    """Lens (unless it is the logit lens), prompt and size of a record, for a repr."""
    said = "" if lens == "logit lens" else f"{lens}, "
    return f"{said}{short(record.prompt)}, {_size(record)}"
