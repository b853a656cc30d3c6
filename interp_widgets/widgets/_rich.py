"""A line of text with two marks: ``[[term]]`` is looked up on hover, `` `name` `` is code.

Text reaches the page in pieces, never as markup: a plain piece is a string, a marked one a dict.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

MARK = re.compile(r"\[\[(?P<term>[^\[\]|]+)(?:\|(?P<shown>[^\[\]|]+))?\]\]|`(?P<code>[^`]+)`")

Piece = str | dict[str, str]


def pieces(text: str) -> list[Piece]:
    """The text cut at its marks. ``[[logit lens|the lens]]`` shows "the lens"."""
    found: list[Piece] = []
    end = 0
    for mark in MARK.finditer(text):
        found.append(text[end : mark.start()])
        if mark["code"]:
            found.append({"code": mark["code"]})
        else:
            found.append({"term": mark["term"], "shown": mark["shown"] or mark["term"]})
        end = mark.end()
    return [piece for piece in [*found, text[end:]] if piece]


def plain(text: str) -> str:
    """The text as a person reads it, without its marks."""
    return MARK.sub(lambda mark: mark["code"] or mark["shown"] or mark["term"], text)


def terms(texts: Iterable[str]) -> list[str]:
    """The terms that these texts mark, each once, in order."""
    marks = (mark["term"] for text in texts for mark in MARK.finditer(text) if mark["term"])
    return list(dict.fromkeys(marks))


def definitions(texts: Iterable[str], known: Mapping[str, str]) -> dict[str, str]:
    """What the marked terms mean.

    Raises:
        ValueError: a marked term has no definition; the message names near ones.
    """
    used = terms(texts)
    for term in used:
        if term not in known:
            near = difflib.get_close_matches(term, known, 1)
            hint = f" Did you mean [[{near[0]}]]?" if near else ""
            raise ValueError(
                f"[[{term}]] has no definition.{hint} Give one in terms=, or write the words "
                "without brackets."
            )
    return {term: known[term] for term in used}


def cut(value: Any) -> Any:
    """`pieces` of every text inside lists and dicts."""
    if isinstance(value, str):
        return pieces(value)
    if isinstance(value, dict):
        return {key: cut(item) for key, item in value.items()}
    return [cut(item) for item in value]
