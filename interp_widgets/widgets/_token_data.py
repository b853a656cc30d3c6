"""What TokenStrip takes, checked, and what it says of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel

SPECIAL = re.compile(r"<\|[^|]*\|>|</?[a-z_]+>|\[[A-Z]+\]")
"""Markers by their looks, where no tokenizer says which they are (shared/tokens.ts, isSpecial)."""
BYTES = re.compile(r"(<0x[0-9A-F]{2}>)+")
HOW = 'TokenStrip(model, "some text") or TokenStrip(tokens=["some", " text"])'
MOST_NAMED = 8


def tokens_of(
    model: LanguageModel | None, prompt: Any, tokens: Sequence[str] | None
) -> tuple[list[str], list[int]]:
    """The pieces to show, and the positions of special ones."""
    if tokens is not None:
        if model is not None or prompt is not None:
            raise TypeError(f"TokenStrip got tokens and a model or prompt; it needs one: {HOW}.")
        listed = _listed(tokens)
        return listed, [i for i, token in enumerate(listed) if SPECIAL.fullmatch(token)]
    if model is None or prompt is None:
        missing = "a prompt" if model is not None else "a model" if prompt is not None else "tokens"
        raise TypeError(f"TokenStrip needs {missing}: {HOW}.")
    if not hasattr(model, "ids") or not hasattr(model, "tokenizer"):
        raise TypeError(
            f"TokenStrip takes a model that iw.load() made; got {type(model).__name__}: {HOW}."
        )
    ids = model.ids(prompt).tolist()
    markers = set(model.tokenizer.all_special_ids)
    return model.tokens(ids), [i for i, token in enumerate(ids) if token in markers]


def _listed(tokens: Any) -> list[str]:
    if isinstance(tokens, (str, bytes)) or not isinstance(tokens, Sequence):
        raise TypeError(
            f"tokens is a list of texts; got {type(tokens).__name__}. To have a text cut: "
            'TokenStrip(model, "some text").'
        )
    for place, token in enumerate(tokens):
        if not isinstance(token, str):
            raise TypeError(
                f"tokens is a list of texts; token {place} is {token!r:.40}. For token ids: "
                "TokenStrip(model, ids)."
            )
    if len(tokens) == 0:
        raise ValueError(f"TokenStrip needs at least one token; got an empty list: {HOW}.")
    return list(tokens)


def numbers(values: Any, count: int) -> np.ndarray | None:
    """Values as float32 ``[pos]``, NaN where there is none; None without values."""
    if values is None:
        return None
    given = values.detach().float().cpu() if hasattr(values, "detach") else values
    try:
        with np.errstate(over="ignore"):  # what float32 does not hold is refused below
            array = np.asarray(given, dtype=np.float32)  # None becomes NaN
    except (TypeError, ValueError):
        raise TypeError(
            f"values is a list of numbers, one for each token; got {values!r:.60}."
        ) from None
    if array.shape != (count,):
        raise ValueError(
            f"values is one number for each of the {count} tokens; got shape {list(array.shape)}."
        )
    if np.isinf(array).any():
        place = int(np.flatnonzero(np.isinf(array))[0])
        raise ValueError(
            f"values are finite; token {place} has {array[place]}. Put NaN where there is none."
        )
    return array


def scale(values: np.ndarray) -> dict[str, Any]:
    """Where the colours end, and whether they run both ways from 0."""
    known = values[~np.isnan(values)]
    return {
        "top": float(np.abs(known).max(initial=0.0)) or 1.0,
        "diverging": bool((known < 0).any()),
    }


def check_positions(positions: Any, count: int) -> None:
    """Raises ValueError for a position that is not there; what is no list is for traitlets."""
    for pos in positions if isinstance(positions, list) else ():
        if isinstance(pos, int) and not 0 <= pos < count:
            raise ValueError(f"selected holds positions from 0 to {count - 1}; got {pos}.")


def check_ranges(ranges: list[Any], count: int) -> None:
    """Raises ValueError for what is no range of positions that are there."""
    for one in ranges:
        match one:
            case [int(first), int(last)] if 0 <= first <= last < count:
                continue
        raise ValueError(
            f"a range is [first, last], both from 0 to {count - 1} and first no larger than last; "
            f"got {one!r:.40}."
        )


def ranges(positions: Sequence[int]) -> list[tuple[int, int]]:
    """Ascending positions as ranges with both ends."""
    found: list[tuple[int, int]] = []
    for pos in positions:
        if found and found[-1][1] == pos - 1:
            found[-1] = (found[-1][0], pos)
        else:
            found.append((pos, pos))
    return found


def sentence(
    tokens: Sequence[str],
    special: Sequence[int],
    text: str,
    values: np.ndarray | None,
    label: str,
    selected: Sequence[int],
) -> str:
    """How many tokens of which kinds, their values, and what is selected."""
    kinds = {
        "with a newline": sum("\n" in token for token in tokens),
        "of bytes": sum(BYTES.fullmatch(token) is not None for token in tokens),
        "special": len(special),
    }
    some = ", ".join(f"{n:,} {kind}" for kind, n in kinds.items() if n)
    said = f"{count(len(tokens))} of {short(text)}" + (f" ({some})" if some else "")
    if values is not None and not np.isnan(values).all():
        low, high = int(np.nanargmin(values)), int(np.nanargmax(values))
        said += (
            f"; {label} from {values[low]:.3g} ({tokens[low]!r}, token {low}) "
            f"to {values[high]:.3g} ({tokens[high]!r}, token {high})"
        )
    return f"{said}; {_chosen(tokens, selected)}."


def _chosen(tokens: Sequence[str], selected: Sequence[int]) -> str:
    if not selected:
        return "none selected"
    runs = [f"{a}" if a == b else f"{a} to {b}" for a, b in ranges(selected)]
    listed = ", ".join(runs[:MOST_NAMED]) + (", …" if len(runs) > MOST_NAMED else "")
    text = short("".join(tokens[pos] for pos in selected))
    return f"{len(selected):,} selected, at {listed}: {text}"


def short(text: str) -> str:
    """A text in quotation marks, cut where it is long."""
    return repr(text if len(text) <= 48 else f"{text[:47]}…")


def count(tokens: int) -> str:
    """``1 token``, ``10,000 tokens``."""
    return f"{tokens:,} token{'' if tokens == 1 else 's'}"
