"""One question of a quiz: what is asked, the right option, and a hint for each wrong one.

A question with a ``prompt`` is a prediction: its right option is what the model puts first, and is
measured when the quiz is made.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from interp_widgets.plots.theme import visible
from interp_widgets.widgets._rich import plain

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel

MOST_OPTIONS = 9  # one digit key each
MADE_UP = 4  # options of a prediction that names none


@dataclass(frozen=True)
class Question:
    """One question, multiple choice or a prediction.

    Its repr keeps the answer to itself. Texts may mark terms, ``[[logit lens]]``, and code.

    Attributes:
        ask: the question.
        answer: the right option of a multiple choice.
        wrong: each wrong option and the hint for whoever picks it.
        why: the explanation, shown once the question is answered.
        prompt: what the model goes on from, when the learner is to predict its next token.
        options: the tokens to choose from in a prediction; the model's own four likeliest when
            none are given.
    """

    ask: str
    answer: str = field(default="", repr=False)
    wrong: Mapping[str, str] = field(default_factory=dict, repr=False)
    why: str = field(default="", repr=False)
    prompt: str | None = None
    options: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Refuses a question that nobody could answer, saying what it lacks."""
        if not self.ask.strip():
            raise ValueError("A question needs its text: ask = '…'.")
        if not self.why.strip():
            raise ValueError(f"{_called(self)} needs its explanation: why = '…'.")
        if self.prompt is None:
            self._check_choice()
        else:
            self._check_prediction()

    @property
    def texts(self) -> list[str]:
        """Every text that may hold marks."""
        return [self.ask, self.why, *self.wrong.values()]

    def _check_choice(self) -> None:
        if self.options:
            raise ValueError(
                f"{_called(self)} has options but no prompt. A multiple choice names its answer "
                "and its wrong options; options go with the prompt of a prediction."
            )
        if not self.answer.strip():
            raise ValueError(
                f"{_called(self)} has no answer. Give the right option, answer = '…', or a prompt "
                "whose next token the model tells."
            )
        if not 1 <= len(self.wrong) < MOST_OPTIONS:
            raise ValueError(
                f"{_called(self)} has {len(self.wrong)} wrong options; wanted 1 to "
                f"{MOST_OPTIONS - 1}, each with a hint."
            )
        for option, hint in self.wrong.items():
            if not option.strip() or not hint.strip():
                raise ValueError(
                    f"{_called(self)}: the wrong option {option!r} has no "
                    f"{'hint' if option.strip() else 'text'}."
                )
        seen: dict[str, str] = {}
        for option in self.wrong:
            if _bare(option) == _bare(self.answer):
                raise ValueError(f"{_called(self)} lists its answer {option!r} as wrong, too.")
            if (other := seen.setdefault(_bare(option), option)) != option:
                raise ValueError(
                    f"{_called(self)} offers one option twice: {other!r} and {option!r}. "
                    "Reword one of them."
                )

    def _check_prediction(self) -> None:
        if self.answer or self.wrong:
            raise ValueError(
                f"{_called(self)} has a prompt and an answer. With a prompt the model gives the "
                "answer; take one of the two out."
            )
        if not (self.prompt or "").strip():
            raise ValueError(
                f"{_called(self)} has an empty prompt. Write what the model is to go on from, "
                "or take the prompt out and give an answer and wrong options."
            )
        if "" in self.options:
            raise ValueError(f"{_called(self)} has an empty option. Options are tokens: ' Paris'.")
        if len(set(self.options)) != len(self.options):
            raise ValueError(f"{_called(self)} offers an option twice: {list(self.options)}.")
        if self.options and not 2 <= len(self.options) <= MOST_OPTIONS:
            raise ValueError(
                f"{_called(self)} offers {len(self.options)} tokens; wanted 2 to {MOST_OPTIONS}, "
                "or none for the model's own likeliest."
            )


@dataclass(frozen=True)
class Item:
    """A question as the kernel grades it: options in the order shown, and which one is right."""

    ask: str
    kind: str
    options: tuple[str, ...]
    right: int
    hints: tuple[str, ...]
    notes: tuple[str, ...]
    why: str
    prompt: str


def item(question: Question, model: LanguageModel | None) -> Item:
    """Puts the options in an order that does not tell the answer, and asks the model if need be.

    The order is drawn from the question's own text, so it is the same in every kernel and tab.
    """
    if question.prompt is not None:
        return _prediction(question, model)
    options = _shuffled([question.answer, *question.wrong], question.ask)
    return Item(
        ask=question.ask,
        kind="choice",
        options=tuple(options),
        right=options.index(question.answer),
        hints=tuple(question.wrong.get(option, "") for option in options),
        notes=("",) * len(options),
        why=question.why,
        prompt="",
    )


def _prediction(question: Question, model: LanguageModel | None) -> Item:
    """The model's own next-token probabilities decide."""
    if model is None:
        raise ValueError(f"{_called(question)} is a prediction: it needs model=.")
    prompt = question.prompt or ""
    ranked = model.top_tokens(prompt, k=model.d_vocab)
    # Two ids may be spelled alike; nobody could tell such options apart.
    likeliest = list(dict.fromkeys(token for token, _ in ranked))[:MADE_UP]
    tokens = list(question.options) or likeliest
    for token in question.options:
        model.token_id(token)  # raises, showing the pieces, for a text of several tokens
    tokens = _shuffled(tokens, question.ask + prompt)
    prob = dict(reversed(ranked))
    right = max(range(len(tokens)), key=lambda i: prob.get(tokens[i], 0.0))
    top, top_prob = ranked[0]
    why = question.why
    if top != tokens[right]:
        why += f" None of these comes first: the model's own choice is `{visible(top)}`, with "
        why += f"{_percent(top_prob)}."
    return Item(
        ask=question.ask,
        kind="predict",
        options=tuple(visible(token) for token in tokens),
        right=right,
        hints=("",) * len(tokens),
        notes=tuple(_percent(prob.get(token, 0.0)) for token in tokens),
        why=why,
        prompt=prompt,
    )


def _shuffled(options: list[str], text: str) -> list[str]:
    """An order that depends on the texts alone, whichever of them is right."""
    ordered = sorted(options)
    random.Random(f"order\n{text}\n{ordered}").shuffle(ordered)
    return ordered


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "below 0.1%"


def _bare(option: str) -> str:
    return " ".join(plain(option).lower().split())


def _called(question: Question) -> str:
    text = plain(question.ask)
    return f"The question “{text if len(text) <= 60 else text[:59] + '…'}”"
