"""What the card's numbers were measured on, so that a reader need not guess: one row, one note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from interp_widgets.bundled.corpus import Prompt
from interp_widgets.bundled.corpus.world import (
    LANDMARK_CITY,
    ONE_TOKEN_LANDMARKS,
    REAL_LANDMARKS,
    REAL_TOWNS,
    TOWN_STATE,
)

Numbers = dict[str, float]

READING = (
    "prompts: how many a number was measured on; held_out: how many of them training never "
    "answers. The others training may have read, answer and all: they show what was learned, not "
    "how far it carries. Rows without these counts were measured on text that no run reads."
)


def counts(prompts: Sequence[Prompt]) -> dict[str, int]:
    """How many prompts, and how many of them training never answers."""
    return {"prompts": len(prompts), "held_out": sum(p.held_out for p in prompts)}


@dataclass(frozen=True)
class Row:
    """One number of the card.

    Attributes:
        value: The number.
        says: What it is, in words.
        prompts: What it was measured on; empty for random text.
    """

    value: float
    says: str
    prompts: Sequence[Prompt] = ()

    def note(self) -> dict[str, object]:
        """What the card says about the number."""
        return {"says": self.says, **(counts(self.prompts) if self.prompts else {})}


def values(rows: Mapping[str, Row]) -> Numbers:
    """The numbers alone, by key."""
    return {key: row.value for key, row in rows.items()}


def world() -> str:
    """How much of the model's world is invented."""
    landmarks = len(LANDMARK_CITY) - len(REAL_LANDMARKS) - len(ONE_TOKEN_LANDMARKS)
    return (
        f"{len(TOWN_STATE) - len(REAL_TOWNS)} of the {len(TOWN_STATE)} towns and {landmarks} of "
        f"the {len(LANDMARK_CITY)} landmarks are names made of pieces and placed by a seeded draw: "
        "where the model puts them is right in its world and says nothing about Earth."
    )
