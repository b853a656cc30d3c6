"""Lesson 05: five latents without a name, and twelve labels to choose from."""

from __future__ import annotations

from typing import Any

from interp_widgets.course.exercises import Case, Exercise, Mistake, WrongAnswerError

# Families of prompts of the course model, and what a latent that picks theirs is about.
NAMES = {
    "ioi": "somebody gives something to somebody",
    "refusal": "an assistant is about to answer a request",
    "bracket": "brackets",
    "people": "which sport somebody plays",
    "claim": "a claim that is judged",
}
OTHERS = (
    "names of women",
    "requests that are refused",
    "false claims",
    "famous athletes",
    "the end of a sentence",
    "numbers",
    "capitals of countries",
)
LABELS = tuple(sorted((*NAMES.values(), *OTHERS)))
_ENOUGH = 4

FEW = "Look at the windows of the others again, and at the whole text, not only at the mark."
TOO_NARROW = (
    "Several of your labels are too narrow: they fit some of the windows. Look for one that does "
    "not: a claim that is true, a request that is granted, an athlete nobody knows."
)


def strangers(finds: Any) -> list[int]:
    """Five latents, each the one that best tells a family of prompts from all others.

    Args:
        finds: as ``iw.find_latents(model, sae, families)`` gives them, of all families of prompts.

    Returns:
        Their numbers, in the order of ``NAMES``.
    """
    return [finds[family].feature for family in NAMES]


def name_latents() -> list[str]:
    """A label for each of the latents A to E."""
    return [
        "somebody gives something to somebody",
        "an assistant is about to answer a request",
        "brackets",
        "which sport somebody plays",
        "a claim that is judged",
    ]


def _by_the_strongest() -> list[str]:
    return [
        "somebody gives something to somebody",
        "requests that are refused",
        "brackets",
        "famous athletes",
        "false claims",
    ]


def _another_order() -> list[str]:
    return name_latents()[::-1]


def _one_for_all() -> list[str]:
    return ["the end of a sentence"] * 5


def _mostly_right(got: Any, case: Case) -> None:
    if not isinstance(got, (list, tuple)) or len(got) != len(NAMES):
        raise WrongAnswerError("Wanted is a list of five labels, for A, B, C, D and E.")
    unknown = [label for label in got if label not in LABELS]
    if unknown:
        raise WrongAnswerError(f"{unknown[0]!r:.60} is not among the twelve labels.")
    right = sum(mine == true for mine, true in zip(got, NAMES.values(), strict=True))
    if right < _ENOUGH:
        narrow = sum(mine in OTHERS[1:4] for mine in got)
        hint = TOO_NARROW if narrow >= 2 else FEW
        raise WrongAnswerError(f"{right} of 5 are right; wanted are {_ENOUGH} or 5. {hint}")


NAME = Exercise(
    id="05.4",
    title="Name this latent",
    difficulty=2,
    importance=4,
    minutes=15,
    returns="a list of five labels",
    solution=name_latents,
    cases=lambda: [Case("five latents of the course model", ())],
    verify=_mostly_right,
    free=True,
    mistakes=(
        Mistake("labels that are too narrow", _by_the_strongest, TOO_NARROW),
        Mistake("another order", _another_order, FEW),
        Mistake("one label for all", _one_for_all, FEW),
    ),
)
