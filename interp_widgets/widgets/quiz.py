"""Quiz: multiple choice and predictions, with a hint for each mistake, graded in the kernel.

No trait holds what is right before a person has found or revealed it: right options, hints and
explanations stay in Python, and the page gets those of an answer after it was given. An exported
page has no kernel to ask; it carries them, reveals on request and scores nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import traitlets

from interp_widgets.widgets._base import STATIC, Widget
from interp_widgets.widgets._history import Action, State
from interp_widgets.widgets._question import Item, Question, item
from interp_widgets.widgets._rich import cut, definitions, plain
from interp_widgets.widgets._traits import drawn, state

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel

GAVE_UP = -1


class Quiz(Widget):
    """A quiz. The first answer to each question counts; a wrong one brings a hint and a retry.

    Args:
        questions: what is asked.
        title: the heading.
        model: answers the predictions; the course's own model where there are some and none is
            given.
        pass_above: share of questions, 0..1, that has to be exceeded to pass.
        terms: definitions for the terms that the questions mark, ``[[logit lens]]``.
        best: the best result so far, in questions, from an earlier session.
        **state: `at`, the question to begin with.

    Attributes:
        at: the question shown, from 0.
        chosen: for each question the option that is selected and not yet checked, or -1.
        tried: for each question the options that were checked, in order.
        revealed: the questions whose answer was asked for.
        round: how often the quiz was begun anew.

    Example:
        >>> Quiz([Question("2 + 2?", answer="4", wrong={"5": "One less."}, why="Count.")])
        Quiz('Quiz', 1 question)
    """

    _esm = STATIC / "quiz.js"

    title = state(traitlets.Unicode("Quiz"))
    at = state(traitlets.Int(0))
    chosen = state(traitlets.List(traitlets.Int()))
    tried = state(traitlets.List(traitlets.List(traitlets.Int())))
    revealed = state(traitlets.List(traitlets.Int()))
    round = state(traitlets.Int(0))

    questions = drawn(traitlets.List())  # what is asked, and the options: no answers
    feedback = drawn(traitlets.List())  # for each question what its answers so far have brought
    score = drawn(traitlets.Dict())
    terms = drawn(traitlets.Dict())
    key = drawn(traitlets.List())  # empty, save in an exported page

    ACTIONS = ("go", "choose", "answer", "reveal", "again")

    on_score: Callable[[dict[str, Any]], str] | None = None
    """Called with `score` whenever a first answer has come in; returns why it could not be kept,
    or nothing. Not copied to a twin."""

    def __init__(
        self,
        questions: Sequence[Question],
        *,
        title: str = "Quiz",
        model: LanguageModel | None = None,
        pass_above: float = 0.75,
        terms: Mapping[str, str] | None = None,
        best: int = 0,
        **state: Any,
    ) -> None:
        _check_questions(questions, pass_above)
        self._known: dict[str, str] = {}
        self._items: list[Item] = []
        model = _answering(questions, model)
        for number, question in enumerate(questions, 1):
            try:
                self._known |= definitions(question.texts, terms or {})
                self._items.append(item(question, model))
            except ValueError as error:
                raise ValueError(f"question {number}: {error}") from None
        self._pass_above = pass_above
        self._best = best
        self._unkept = ""
        self._item(state.get("at", 0))
        self._first: dict[tuple[int, int], int] = {}  # (round, question) → first answer
        count = len(self._items)
        opening = {"chosen": [-1] * count, "tried": [[] for _ in range(count)]}
        super().__init__(
            questions=[_shown(one) for one in self._items],
            **{**opening, "title": title, **state},
        )

    # -- state ---------------------------------------------------------------------------------

    @staticmethod
    def reduce(state: State, action: Action) -> State:
        """The one reducer; pure. What is right is none of its business."""
        match action:
            case {"do": "go", "to": int(to)}:
                return {**state, "at": to}
            case {"do": "choose", "question": int(question), "option": int(option)}:
                return {**state, "chosen": _put(state["chosen"], question, option)}
            case {"do": "answer", "question": int(question), "option": int(option)}:
                tried = [*(o for o in state["tried"][question] if o != option), option]
                return {
                    **state,
                    "chosen": _put(state["chosen"], question, option),
                    "tried": _put(state["tried"], question, tried),
                }
            case {"do": "reveal", "question": int(question)}:
                return {**state, "revealed": sorted({*state["revealed"], question})}
            case {"do": "again"}:
                return {
                    **state,
                    "at": 0,
                    "chosen": [-1] * len(state["chosen"]),
                    "tried": [[] for _ in state["tried"]],
                    "revealed": [],
                    "round": state["round"] + 1,
                }
        raise ValueError(f"Quiz knows no action {action!r}.")

    def check(self, action: Action) -> None:
        """Refuses questions and options that are not there, and answers to what is settled."""
        match action:
            case {"do": "go", "to": int(question)}:
                self._item(question)
            case {"do": "choose" | "answer" as do, "question": int(question), "option": int(o)}:
                options = self._item(question).options
                if not 0 <= o < len(options):
                    raise ValueError(
                        f"Question {question + 1} has options 0 to {len(options) - 1}; got {o}."
                    )
                if do == "answer" and self._settled(question):
                    raise ValueError(f"Question {question + 1} is answered already.")
            case {"do": "reveal", "question": int(question)}:
                self._item(question)
            case {"do": "set", "name": str(name), "value": value}:
                self._check_set(name, value)

    def _item(self, question: int) -> Item:
        if not 0 <= question < len(self._items):
            raise ValueError(
                f"There are questions 0 to {len(self._items) - 1}; got question {question}."
            )
        return self._items[question]

    def _check_set(self, name: str, value: Any) -> None:
        """`quiz.at = 3` is an action; answers are given with `act`, one at a time."""
        if name == "at":
            self._item(value)
        elif name in ("chosen", "tried", "revealed", "round"):
            raise ValueError(
                f"{name} follows from actions: quiz.act({{'do': 'answer', 'question': 0, "
                "'option': 1})."
            )

    # -- grading -------------------------------------------------------------------------------

    def _do(self, action: Action) -> None:
        super()._do(action)
        match action:
            case {"do": "answer", "question": question, "option": option}:
                self._note_first(question, option)
            case {"do": "reveal", "question": question}:
                self._note_first(question, GAVE_UP)

    def _note_first(self, question: int, option: int) -> None:
        """The first answer of a round counts, also when it is taken back."""
        if (self.round, question) in self._first:
            return
        self._first[self.round, question] = option
        self._best = max(self._best, self._right())
        if self.on_score is not None:
            self._unkept = self.on_score(self._score())

    def _right(self) -> int:
        """Questions of this round whose first answer was right."""
        return sum(
            self._first.get((self.round, i)) == one.right for i, one in enumerate(self._items)
        )

    def _settled(self, question: int) -> bool:
        """Whether the answer is out: found, asked for, or the one go of a prediction is spent."""
        one, tried = self._items[question], self.tried[question]
        spent = one.kind != "choice" and len(tried) > 0
        return one.right in tried or question in self.revealed or spent

    def _score(self) -> dict[str, Any]:
        count = len(self._items)
        return {
            "right": self._right(),
            "given": sum((self.round, i) in self._first for i in range(count)),
            "settled": sum(self._settled(i) for i in range(count)),
            "of": count,
            "best": self._best,
            "passed": self._best > self._pass_above * count,
            "needed": int(self._pass_above * count) + 1,
            "unkept": self._unkept,
        }

    def respond(self) -> dict[str, Any]:
        """What the answers so far have brought; nothing of what is still open."""
        feedback = [self._feedback(i) for i in range(len(self._items))]
        # A definition may say what a question asks: those of explanations come with them.
        settled = [one.why for i, one in enumerate(self._items) if self._settled(i)]
        tried = [one.hints[o] for i, one in enumerate(self._items) for o in self.tried[i]]
        read = [*(one.ask for one in self._items), *settled, *tried]
        terms = definitions(read, self._known)
        return {"feedback": feedback, "score": self._score(), "terms": terms}

    def _feedback(self, question: int) -> dict[str, Any]:
        one, tried = self._items[question], self.tried[question]
        if not self._settled(question):
            hint = one.hints[tried[-1]] if tried else ""
            return {"settled": False, "wrong": list(tried), "hint": cut(hint)}
        return {
            "settled": True,
            "wrong": [option for option in tried if option != one.right],
            "right": one.right,
            "first": self._first.get((self.round, question)) == one.right,
            "found": one.right in tried,
            "why": cut(one.why),
            "notes": list(one.notes),
        }

    # -- words and keeping ---------------------------------------------------------------------

    def describe(self) -> str:
        """One sentence: which question is shown, and how far the quiz is."""
        score = self._score()
        count = score["of"]
        end = f", passed with {score['best']}" if score["passed"] else ""
        return (
            f"{self.title}, question {self.at + 1} of {count}: {score['right']} of "
            f"{score['given']} answered right at the first try{end}."
        )

    def export_state(self) -> dict[str, Any]:
        """With the answers: a page without a kernel reveals them on request."""
        key = [
            {
                "right": one.right,
                "hints": cut(list(one.hints)),
                "why": cut(one.why),
                "notes": list(one.notes),
            }
            for one in self._items
        ]
        self.push(key=key, terms=self._known)
        return self.get_state()

    def _figure(self) -> Any:
        from interp_widgets.plots.page import plot_print

        asked = [f"{i}. {plain(one.ask)}" for i, one in enumerate(self._items, 1)]
        return plot_print(self.title, asked)

    def _brief(self) -> str:
        count = len(self._items)
        return f"{self.title!r}, {count} question{'s' if count != 1 else ''}"


def _answering(questions: Sequence[Question], model: LanguageModel | None) -> LanguageModel | None:
    """The model that answers predictions: the one given, or the course's own if need be."""
    if model is None and all(question.prompt is None for question in questions):
        return None
    from interp_widgets.core.language_model import check_model
    from interp_widgets.core.load import load

    if model is not None:
        check_model(model)
    return model or load()


def _shown(one: Item) -> dict[str, Any]:
    """What the page may know of a question before it is answered."""
    return {
        "ask": cut(one.ask),
        "kind": one.kind,
        "prompt": one.prompt,
        "options": cut(list(one.options)) if one.kind == "choice" else [[o] for o in one.options],
    }


def _put(values: list[Any], index: int, value: Any) -> list[Any]:
    return [value if i == index else old for i, old in enumerate(values)]


def _check_questions(questions: Sequence[Question], pass_above: float) -> None:
    listed = isinstance(questions, Sequence) and all(isinstance(q, Question) for q in questions)
    if not listed:
        raise TypeError(
            f"Quiz takes a list of Question; got {questions!r:.80}. For a lesson's quiz, or one "
            "in a file: iw.quiz('06'), iw.quiz('my_quiz.toml')."
        )
    if len(questions) == 0:
        raise ValueError("A quiz needs at least one question.")
    if not 0.0 <= pass_above < 1.0:
        raise ValueError(f"pass_above is a share from 0 up to but not 1; got {pass_above!r}.")
