"""Quiz: what is right stays in the kernel, the first answer counts, a mistake brings its hint."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import interp_widgets as iw
from interp_widgets.widgets import Quiz
from interp_widgets.widgets._question import Question, item
from tests.widgets.examples import PROMPT, model

COLOURS = {"red": "Grass, not blood.", "blue": "That is the sky.", "white": "Snow is."}


def question(number: int = 0, right: str = "green", **more: Any) -> Question:
    wrong = {o: f"hint-{number}-{o}" for o in ("green", *COLOURS) if o != right}
    return Question(
        f"What colour is grass, number {number}?",
        **{"answer": right, "wrong": wrong, "why": f"reason-{number}", **more},
    )


def quiz(count: int = 4, **given: Any) -> Quiz:
    return Quiz([question(i) for i in range(count)], **given)


def options(made: Quiz, at: int = 0) -> list[str]:
    return [str(o[0]) for o in made.questions[at]["options"]]


def answer(made: Quiz, at: int, text: str) -> Quiz:
    made.act({"do": "answer", "question": at, "option": options(made, at).index(text)})
    return made


def sent(made: Quiz) -> str:
    """All that leaves the kernel, as text; the module is the same for every quiz."""
    state = {k: v for k, v in made.get_state().items() if k not in ("_esm", "_css", "layout")}
    return json.dumps({k: v for k, v in state.items() if not k.startswith("_")}, ensure_ascii=False)


@pytest.mark.parametrize("right", ["red", "blue", "white"])
def test_what_leaves_the_kernel_does_not_depend_on_what_is_right(right: str) -> None:
    made, other = Quiz([question()]), Quiz([question(right=right)])
    assert sent(made) == sent(other)
    for one in (made, other):
        one.act({"do": "choose", "question": 0, "option": 2})
    assert sent(made) == sent(other)
    both_wrong = next(o for o in COLOURS if o != right)
    assert "hint-0" not in sent(made)
    assert sent(answer(made, 0, both_wrong)) == sent(answer(other, 0, both_wrong))
    assert f"hint-0-{both_wrong}" in sent(made)
    assert "reason-0" not in sent(made)


@pytest.mark.parametrize("lesson", ["01", "06"])
def test_a_lessons_quiz_sends_no_hint_and_no_reason(lesson: str) -> None:
    made = iw.quiz(lesson, model=None)
    text = sent(made)
    bundle = json.dumps(made._repr_mimebundle_(), ensure_ascii=False)
    for one in made._items:
        for secret in (one.why, *one.hints, *one.notes):
            part = re.split(r"[`\[\]]", secret)[0][:25]
            assert not part.strip() or len(part) < 8 or part not in text + bundle
    assert {k for q in made.questions for k in q} == {"ask", "kind", "prompt", "options"}


def test_a_wrong_answer_brings_its_own_hint_and_a_right_one_the_reason() -> None:
    made = quiz()
    for wrong in COLOURS:
        answer(made, 0, wrong)
        told = made.feedback[0]
        assert (told["settled"], told["hint"]) == (False, [f"hint-0-{wrong}"])
        assert "right" not in told
    answer(made, 0, "green")
    told = made.feedback[0]
    assert told["settled"]
    assert told["why"] == ["reason-0"]
    assert options(made)[told["right"]] == "green"
    assert [options(made)[o] for o in told["wrong"]] == list(COLOURS)
    assert not told["first"]
    with pytest.raises(ValueError, match="answered already"):
        answer(made, 0, "red")


def test_the_first_answer_counts_also_when_it_is_taken_back() -> None:
    made = answer(quiz(), 0, "red").undo()
    assert made.tried[0] == []
    answer(made, 0, "green")
    answer(made, 1, "green")
    assert (made.score["right"], made.score["given"]) == (1, 2)
    made.undo().undo()
    assert (made.score["right"], made.score["settled"]) == (1, 0)
    assert "reason" not in sent(made)


@pytest.mark.parametrize(("right", "of", "passed"), [(7, 10, False), (8, 10, True), (3, 4, False)])
def test_more_than_three_quarters_pass(right: int, of: int, passed: bool) -> None:
    made = quiz(of)
    for i in range(of):
        answer(made, i, "green" if i < right else "red")
    assert made.score["passed"] is passed
    assert made.score["right"] == right
    assert made.score["needed"] == (8 if of == 10 else 4)


def test_a_new_round_counts_by_itself_and_the_best_stays() -> None:
    made = quiz(2)
    answer(made, 0, "green")
    answer(made, 1, "green")
    made.act({"do": "again"})
    assert made.score == {**made.score, "right": 0, "given": 0, "best": 2, "passed": True}
    assert "reason" not in sent(made)
    answer(made, 0, "red")
    assert (made.score["right"], made.score["best"]) == (0, 2)


def test_an_answer_that_was_shown_does_not_count() -> None:
    made = quiz(2).act({"do": "reveal", "question": 0})
    assert made.feedback[0]["why"] == ["reason-0"]
    made.undo()
    answer(made, 0, "green")
    assert made.score["right"] == 0
    assert "reason-1" not in sent(made)


def test_scores_are_reported_once_a_question_and_never_by_an_export(tmp_path: Path) -> None:
    made, heard = quiz(2), []
    made.on_score = lambda score: heard.append(score["best"])
    answer(made, 0, "red")
    answer(made, 0, "green")
    answer(made, 1, "green")
    assert heard == [0, 1]
    made.to_html(tmp_path / "page.html", record=[{"do": "again"}])
    assert heard == [0, 1]


def test_an_export_knows_the_answers_and_the_widget_still_does_not_tell(tmp_path: Path) -> None:
    made = quiz(2)
    page = made.to_html(tmp_path / "page.html").read_text()
    assert "reason-1" in page
    assert "reason-1" not in sent(made)
    assert made.key == []


def test_a_prediction_is_what_the_model_says() -> None:
    one = Question("Next?", prompt=PROMPT, options=[" Austin", " Paris", " Rome"], why="So.")
    made = item(one, model())
    ids = [model().token_id(t) for t in one.options]
    logits = model().logits(model().ids(PROMPT)[None])[0, -1]
    likeliest = one.options[int(logits[ids].argmax())]
    assert made.options[made.right] == likeliest.replace(" ", "·")
    top = model().top_tokens(PROMPT, k=1)[0][0]
    assert ("None of these" in made.why) == (top not in one.options)
    open_one = item(Question("Next?", prompt=PROMPT, why="So."), model())
    assert len(open_one.options) == 4
    assert "None of these" not in open_one.why
    with pytest.raises(ValueError, match="token"):
        item(Question("Next?", prompt=PROMPT, options=["zebras eat", " Paris"], why="."), model())


def test_a_prediction_has_one_go() -> None:
    made = Quiz([Question("Next?", prompt=PROMPT, why="So.")], model=model())
    wrong = (made._items[0].right + 1) % 4
    assert "%" not in sent(made)
    made.act({"do": "answer", "question": 0, "option": wrong})
    assert made.feedback[0]["settled"]
    assert made.feedback[0]["right"] == made._items[0].right
    assert all("%" in note for note in made.feedback[0]["notes"])


def test_a_definition_comes_with_the_text_that_uses_it() -> None:
    terms = {"chlorophyll": "A green pigment.", "grass": "A plant."}
    asked = question(why="Of [[chlorophyll]].")
    made = Quiz([asked], terms=terms)
    assert made.terms == {}
    assert list(answer(made, 0, "green").terms) == ["chlorophyll"]
    with pytest.raises(ValueError, match=r"chlorofyl.*Did you mean \[\[chlorophyll\]\]"):
        Quiz([question(why="Of [[chlorofyl]].")], terms=terms)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"ask": " "}, "needs its text"),
        ({"ask": "a?", "why": ""}, "needs its explanation"),
        ({"ask": "a?", "why": "b"}, "has no answer"),
        ({"ask": "a?", "why": "b", "answer": "c"}, "0 wrong options"),
        ({"ask": "a?", "why": "b", "answer": "c", "wrong": {"d": ""}}, "'d' has no hint"),
        ({"ask": "a?", "why": "b", "answer": "c", "wrong": {"C ": "e"}}, "as wrong, too"),
        ({"ask": "a?", "why": "b", "answer": "c", "prompt": "d"}, "a prompt and an answer"),
        ({"ask": "a?", "why": "b", "prompt": "d", "options": [" e"]}, "1 tokens"),
        ({"ask": "a?", "why": "b", "prompt": "d", "options": [" e", " e"]}, "twice"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(given: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Question(**given)


def test_bad_quizzes_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Quiz([])
    one = Question("2 + 2?", answer="4", wrong={"5": "One less."}, why="Count.")
    for no_list in ("06", 6, one, iter([one])):
        with pytest.raises(TypeError, match=r"iw\.quiz\('06'\)"):
            Quiz(no_list)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="share"):
        quiz(pass_above=75)
    for action in ({"do": "go", "to": 9}, {"do": "answer", "question": 0, "option": 7}):
        with pytest.raises(ValueError, match="0 to 3"):
            quiz().act(action)
    with pytest.raises(ValueError, match="follows from actions"):
        quiz().tried = [[1]]


def test_a_question_keeps_its_answer_to_itself() -> None:
    assert "green" not in repr(question())
