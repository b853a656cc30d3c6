"""Pairs of prompts, clean and corrupt, and which position of one belongs to which of the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from numbers import Integral
from typing import TYPE_CHECKING, Any

from torch import Tensor

from interp_widgets.core.tokens import Prompt, pieces

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel

Align = str | Sequence[tuple[int, int]] | None


@dataclass(frozen=True, eq=False)
class Pair:
    """One pair of prompts.

    Attributes:
        clean, corrupt: token ids ``[pos]``.
        clean_text, corrupt_text: the prompts.
        clean_tokens, corrupt_tokens: raw pieces.
        answer, distractor: token ids.
        links: pairs of a clean and a corrupt position that belong together.
    """

    clean: Tensor
    corrupt: Tensor
    clean_text: str
    corrupt_text: str
    clean_tokens: tuple[str, ...]
    corrupt_tokens: tuple[str, ...]
    answer: int | None
    distractor: int | None
    links: tuple[tuple[int, int], ...]


def listed(prompts: Any, name: str) -> list[Prompt]:
    """One prompt or several, as a list. A list of integers is the ids of one.

    Raises:
        ValueError: no prompt.
        TypeError: something else.
    """
    if isinstance(prompts, str | Tensor):
        return [prompts]
    if not isinstance(prompts, Sequence) or isinstance(prompts, bytes):
        raise TypeError(f"{name}= is a prompt or a list of them; got {type(prompts).__name__}.")
    if len(prompts) == 0:
        raise ValueError(f"{name}= has no prompt.")
    return [prompts] if all(isinstance(i, Integral) for i in prompts) else list(prompts)


def pairs_of(
    model: LanguageModel,
    clean: Prompt | Sequence[Prompt],
    corrupt: Prompt | Sequence[Prompt],
    answer: Any,
    distractor: Any,
    align: Align = None,
) -> list[Pair]:
    """The pairs of two lists of prompts.

    Raises:
        ValueError: lists of different length; prompts of different length that nothing aligns
            (the message shows both, token under token); an answer of several tokens.
        TypeError: prompts or tokens of another type.
    """
    cleans, corrupts = listed(clean, "clean"), listed(corrupt, "corrupt")
    if len(cleans) != len(corrupts):
        raise ValueError(
            f"clean= has {len(cleans)} prompts and corrupt= {len(corrupts)}: they go in pairs."
        )
    count = len(cleans)
    answers, distractors = (
        token_each(model, tokens, name, count)
        for tokens, name in ((answer, "answer"), (distractor, "distractor"))
    )
    return [
        _pair(model, cleans[i], corrupts[i], answers[i], distractors[i], align)
        for i in range(count)
    ]


def _pair(
    model: LanguageModel,
    clean: Prompt,
    corrupt: Prompt,
    answer: int | None,
    distractor: int | None,
    align: Align,
) -> Pair:
    ids = model.ids(clean), model.ids(corrupt)
    if answer is not None and answer == distractor:
        raise ValueError(f"answer and distractor are the same token, {model.piece(answer)!r}.")
    tokens = [tuple(pieces(model.tokenizer, row.tolist())) for row in ids]
    texts = [
        prompt if isinstance(prompt, str) else model.tokenizer.decode(row)
        for prompt, row in zip((clean, corrupt), ids, strict=True)
    ]
    return Pair(
        clean=ids[0],
        corrupt=ids[1],
        clean_text=texts[0],
        corrupt_text=texts[1],
        clean_tokens=tokens[0],
        corrupt_tokens=tokens[1],
        answer=answer,
        distractor=distractor,
        links=_links(tokens[0], tokens[1], align),
    )


def token_each(model: LanguageModel, tokens: Any, name: str, count: int) -> list[int | None]:
    """A token id for each pair: one for all, or a list."""
    if tokens is None:
        return [None] * count
    if isinstance(tokens, str | Integral):
        return [model.token_id(tokens)] * count  # type: ignore[arg-type]
    if isinstance(tokens, bytes) or not isinstance(tokens, Sequence) or len(tokens) != count:
        got = len(tokens) if isinstance(tokens, Sequence) else type(tokens).__name__
        raise ValueError(f"{name}= is one token for all pairs or a list of {count}; got {got}.")
    return [model.token_id(token) for token in tokens]


def _links(
    clean: tuple[str, ...], corrupt: tuple[str, ...], align: Align
) -> tuple[tuple[int, int], ...]:
    if align is None:
        if len(clean) != len(corrupt):
            raise ValueError(
                f"the clean prompt has {len(clean)} tokens and the corrupt one {len(corrupt)}, so "
                "their positions do not correspond:\n"
                f"{shown(clean, corrupt)}\n"
                "Choose prompts of as many tokens, or pass align='diff' to patch the positions "
                "that stand under each other here, or align=[(clean position, corrupt position), "
                "…]."
            )
        return tuple((p, p) for p in range(len(clean)))
    if isinstance(align, str):
        if align != "diff":
            raise ValueError(f"align= is 'diff' or a list of position pairs; got {align!r}.")
        found = matched(clean, corrupt)
        links = tuple((p, q) for p, q in found if p is not None and q is not None)
    else:
        links = _own_links(align)
    if not links:
        raise ValueError(
            f"align={align!r} leaves no position of the clean prompt with one of the corrupt "
            f"prompt, so nothing could be patched:\n{shown(clean, corrupt)}"
        )
    for p, q in links:
        if not (0 <= p < len(clean) and 0 <= q < len(corrupt)):
            raise ValueError(
                f"align= has ({p}, {q}); clean positions go to {len(clean) - 1}, corrupt ones to "
                f"{len(corrupt) - 1}."
            )
    if len({p for p, _ in links}) < len(links) or len({q for _, q in links}) < len(links):
        raise ValueError("align= uses a position twice; each belongs to one of the other prompt.")
    return links


def _own_links(align: Any) -> tuple[tuple[int, int], ...]:
    """A caller's list of position pairs.

    Raises:
        TypeError: something else.
    """
    links = list(align) if isinstance(align, Iterable) else [align]
    for link in links:
        both = isinstance(link, Sequence) and len(link) == 2
        if not both or not all(isinstance(p, Integral) and not isinstance(p, bool) for p in link):
            raise TypeError(
                "align= is 'diff' or a list of position pairs, [(clean position, corrupt "
                f"position), …]; got {align!r:.60}."
            )
    return tuple((int(p), int(q)) for p, q in links)


def matched(clean: Sequence[str], corrupt: Sequence[str]) -> list[tuple[int | None, int | None]]:
    """Both prompts in columns. What was replaced is matched from its end: names end alike."""
    columns: list[tuple[int | None, int | None]] = []
    for _, a, b, c, d in SequenceMatcher(None, clean, corrupt, autojunk=False).get_opcodes():
        both = min(b - a, d - c)
        columns += [(p, None) for p in range(a, b - both)]
        columns += [(None, q) for q in range(c, d - both)]
        columns += zip(range(b - both, b), range(d - both, d), strict=True)
    return columns


def shown(clean: Sequence[str], corrupt: Sequence[str]) -> str:
    """Two lines, tokens that belong together under each other."""
    lines = [["clean  "], ["corrupt"]]
    for column in matched(clean, corrupt):
        cells = [
            "–" if p is None else tokens[p]
            for tokens, p in zip((clean, corrupt), column, strict=True)
        ]
        width = max(map(len, cells))
        for line, cell in zip(lines, cells, strict=True):
            line.append(cell.ljust(width))
    return "\n".join("  " + " |".join(line).rstrip() for line in lines)


def partners(pair: Pair, of_corrupt: bool) -> tuple[int, ...]:
    """For each position of the patched prompt the other's, -1 for none.

    Args:
        pair: the pair.
        of_corrupt: the corrupt prompt is patched (denoising); else the clean one.
    """
    length = len(pair.corrupt if of_corrupt else pair.clean)
    other = {(q if of_corrupt else p): (p if of_corrupt else q) for p, q in pair.links}
    return tuple(other.get(position, -1) for position in range(length))


def token_names(model: LanguageModel, tokens: Sequence[int | None]) -> tuple[str, ...]:
    """How a record spells answers or distractors, one a pair; ``""`` where there is none."""
    return tuple("" if token is None else model.piece(token) for token in tokens)
