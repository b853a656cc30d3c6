"""Glossary: the field's words, each in a sentence or two, with the paper to read.

The words are data, ``data/glossary.toml``; `Term` is one of them.
"""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from interp_widgets.widgets.glossary import Glossary

DATA = Path(__file__).parent / "data" / "glossary.toml"


@dataclass(frozen=True)
class Term:
    """One word of the field.

    Attributes:
        name: the word.
        means: its definition.
        source: the paper it comes from or is best read in; empty for words older than the field.
        lessons: where it is used, ``("01", "06")``.
        also: other words for it.
    """

    name: str
    means: str
    source: str = ""
    lessons: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def entry(self) -> str:
        """Definition and source."""
        return f"{self.means} ({self.source})" if self.source else self.means

    def __repr__(self) -> str:
        return f"{self.name}: {self.entry}"


@overload
def glossary(term: str) -> Term: ...


@overload
def glossary(term: None = None) -> Glossary: ...


def glossary(term: str | None = None) -> Term | Glossary:
    """One term, ``iw.glossary("logit lens")``, or all of them as a widget to search.

    Raises:
        ValueError: no such term; the message names near ones.
    """
    if term is None:
        from interp_widgets.widgets.glossary import Glossary

        return Glossary(definitions(also=False))
    key = " ".join(str(term).lower().split())
    names = {name.lower(): one for one in terms() for name in (one.name, *one.also)}
    if key not in names:
        near = difflib.get_close_matches(key, names, 3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(repr(n) for n in near)}?" if near else ""
        raise ValueError(
            f"The glossary does not have {term!r}.{hint} iw.glossary() lists all {len(terms())}."
        )
    return names[key]


@cache
def terms() -> tuple[Term, ...]:
    """Every term, in alphabetical order."""
    table = tomllib.loads(DATA.read_text(encoding="utf-8"))
    made = [
        Term(
            name=name,
            means=entry["means"],
            source=entry.get("source", ""),
            lessons=tuple(entry.get("lessons", ())),
            also=tuple(entry.get("also", ())),
        )
        for name, entry in table.items()
    ]
    return tuple(sorted(made, key=lambda one: one.name.lower()))


def definitions(also: bool = True) -> dict[str, str]:
    """Term → definition and source; other words for a term as well, unless `also` is off."""
    return {name: one.entry for one in terms() for name in (one.name, *(one.also if also else ()))}
