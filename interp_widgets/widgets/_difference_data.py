"""A record of two lenses' difference for the page: its grid, its curves, what it says in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interp_widgets.widgets._pack import index_type, plane, string_table

if TYPE_CHECKING:
    from interp_widgets.core.lens.difference import LensDifference

TRAIL_BYTES = 4096


def planes(record: LensDifference, fine: bool) -> tuple[list[dict[str, Any]], list[str]]:
    """What the heatmap draws, and the strings that its indices point to.

    `top`, `diff` and `p` (under the first lens) are [row, pos, k]: the tokens that differ most;
    `best` and `best_p` [row, pos, 2]: what each lens says; `distance`, `kl`, `gain` [row, pos].

    Args:
        record: the difference.
        fine: exact numbers; otherwise one token and 15 bytes a cell (19 where the strings are more
            than two bytes can count).
    """
    top = np.asarray(record.top_ids)
    k = top.shape[2] if fine else 1
    where, strings = string_table(
        np.concatenate([top[..., :k], np.asarray(record.best_ids)], axis=-1), record.vocab
    )
    index = index_type(strings)
    signed = "f32" if fine else "f16"

    def share(name: str, values: Any, top: float = 1.0) -> dict[str, Any]:
        return plane(name, values, "f32") if fine else plane(name, values, "u8", "sqrt", top)

    kl = np.asarray(record.kl)
    return [
        plane("top", where[..., :k], index),
        plane("diff", np.asarray(record.top_diffs)[..., :k], signed),
        share("p", np.asarray(record.top_probs)[..., :k]),
        plane("best", where[..., k:], index),
        share("best_p", record.best_probs),
        share("distance", record.distance),
        share("kl", kl, float(np.nanmax(kl, initial=1e-6, where=np.isfinite(kl)))),
        plane("gain", record.gain, signed),
    ], strings


def trail(record: LensDifference, pos: int) -> dict[str, Any]:
    """How the difference of one column's tokens goes from row to row, in `TRAIL_BYTES` at most.

    Lines are the tokens that differ most in some row, the largest difference first, then the
    tracked ones.
    """
    line_ids = [int(i) for i in np.asarray(record.line_ids)[pos] if i >= 0]
    tracks = [(j, int(i)) for j, i in enumerate(record.track) if int(i) not in line_ids]
    room = TRAIL_BYTES // (len(record.rows) * 4)
    line_ids = line_ids[: max(room - len(tracks), 1)]
    tracks = tracks[: max(room - len(line_ids), 0)]
    lines = np.asarray(record.line_diffs)[:, pos, : len(line_ids)]
    tracked = np.asarray(record.track_diffs)[:, pos, [j for j, _ in tracks]]
    ids = [*line_ids, *(i for _, i in tracks)]
    return {
        "ids": ids,
        "tokens": [record.vocab.get(i, f"#{i}") for i in ids],
        "tracked": [i in {int(t) for t in record.track} for i in ids],
        "planes": [plane("diff", np.concatenate([lines, tracked], axis=1), "f32")],
    }


def finding(record: LensDifference) -> str:
    """Where after the prompt the two lenses differ most, and in which token."""
    last = record.distance[:, -1].nan_to_num(-1)
    if float(last.max()) < 0:
        return "not complete yet"
    row = int(last.argmax())
    diff = float(record.top_diffs[row, -1, 0])
    if abs(diff) < 0.005:
        return "after the last token they hardly differ"
    token = record.vocab[int(record.top_ids[row, -1, 0])]
    kind = "Jacobian" if record.kind == "jacobian" else record.kind
    first = "first" if record.kind == record.base else kind
    more = "higher" if diff > 0 else "lower"
    return (
        f"after the last token they differ most in row {record.rows[row]}, where the {first} lens "
        f"gives {token!r} a probability {more} by {abs(diff):.2f}"
    )
