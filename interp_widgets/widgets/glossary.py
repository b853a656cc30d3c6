"""Glossary: terms to search, or a text whose terms explain themselves on hover and focus."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import traitlets

from interp_widgets.widgets._base import STATIC, Widget
from interp_widgets.widgets._history import Action, State
from interp_widgets.widgets._rich import cut, definitions, plain
from interp_widgets.widgets._traits import drawn, state

DRAWN = 80  # words in the picture for a page without a kernel


class Glossary(Widget):
    """Terms and what they mean.

    Args:
        terms: term → definition.
        text: a text that marks terms, ``"Reads the [[residual stream]]."``; it is shown with its
            terms explained on hover, in place of the list. A blank line begins a paragraph.
        **state: `query` or `open_term`.

    Attributes:
        query: what is searched for, in terms and definitions.
        open_term: the term whose definition is unfolded, or empty.

    Example:
        >>> Glossary({"logit lens": "Reads a layer as if it were the last."})
        Glossary(1 term)
    """

    _esm = STATIC / "glossary.js"

    query = state(traitlets.Unicode(""))
    open_term = state(traitlets.Unicode(""))

    terms = drawn(traitlets.Dict())
    text = drawn(traitlets.List())

    ACTIONS = ("search", "open")

    def __init__(self, terms: Mapping[str, str], *, text: str = "", **state: Any) -> None:
        if not isinstance(terms, Mapping):
            raise TypeError(
                f"Glossary takes a mapping from term to definition; got {terms!r:.80}. The "
                "course's own is iw.glossary()."
            )
        known = definitions([text], terms) if text else dict(terms)
        self._text = text
        super().__init__(
            terms=known, text=[cut(part) for part in text.split("\n\n") if part.strip()], **state
        )

    @staticmethod
    def reduce(state: State, action: Action) -> State:
        """The one reducer; pure."""
        match action:
            case {"do": "search", "text": str(text)}:
                return {**state, "query": text}
            case {"do": "open", "term": str(term)}:
                return {**state, "open_term": "" if term == state["open_term"] else term}
        raise ValueError(f"Glossary knows no action {action!r}.")

    def check(self, action: Action) -> None:
        """Refuses a term that is not there."""
        match action:
            case {"do": "open", "term": str(term)} | {
                "do": "set",
                "name": "open_term",
                "value": str(term),
            }:
                if term and term not in self.terms:
                    raise ValueError(f"This glossary does not have {term!r}.")

    def describe(self) -> str:
        """One sentence: how many terms there are, and how many the search leaves."""
        if self._text:
            return f"A text with {_count(len(self.terms))} explained."
        found = [t for t, d in self.terms.items() if self.query.lower() in f"{t} {d}".lower()]
        searched = f", {len(found)} of them with “{self.query}”" if self.query else ""
        return f"Glossary of {_count(len(self.terms))}{searched}."

    def _figure(self) -> Any:
        from interp_widgets.plots.page import plot_print

        if self._text:
            return plot_print("", [plain(part) for part in self._text.split("\n\n")])
        # Some words alone: a picture of every definition would weigh more than the notebook.
        names = list(self.terms)
        more = [f"and {len(names) - DRAWN} more"] if len(names) > DRAWN else []
        return plot_print("Glossary", [", ".join(names[:DRAWN] + more)])

    def _brief(self) -> str:
        return _count(len(self.terms))


def _count(terms: int) -> str:
    return f"{terms} term{'' if terms == 1 else 's'}"
