"""Quizzes from files: lessons' own are whole, a teacher's works, a bad one says what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

import interp_widgets as iw
from interp_widgets.course import glossary, quizzes
from interp_widgets.widgets._rich import terms
from tests.widgets.examples import model

GOOD = """
title = "Mine"

[[question]]
ask = "What does a layer do to the [[residual stream]]?"
answer = "It adds to it"
why = "See [[superposition]]."
[question.wrong]
"It replaces it" = "Look at x + f(x)."

[[question]]
ask = "And next?"
prompt = "the capital of Texas is"
options = [" Austin", " Paris"]
why = "Measured."
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("lesson", quizzes.lessons())
def test_a_lessons_quiz_is_whole(lesson: str) -> None:
    title, questions = quizzes.read(quizzes.DATA / f"quiz_{lesson}.toml")
    assert lesson in title
    assert 7 <= len(questions) <= 10
    for one in questions:
        assert set(terms(one.texts)) <= set(glossary.definitions())
    choices = [one for one in questions if one.prompt is None]
    assert all(len(one.wrong) == 3 for one in choices)
    # The right option is not to be told by its place, nor by its length.
    items = [item for item in iw.quiz(lesson)._items if item.kind == "choice"]
    places = [item.right for item in items]
    assert max(places.count(place) for place in places) <= len(items) / 2
    longest = [item for item in items if item.options[item.right] == max(item.options, key=len)]
    assert len(longest) <= len(items) / 2


def test_a_teachers_quiz_on_their_own_model(tmp_path: Path) -> None:
    made = iw.quiz(written(tmp_path, GOOD), model=model())
    assert repr(made) == "Quiz('Mine', 2 questions)"
    assert list(made.terms) == ["residual stream"]
    likeliest = dict(model().top_tokens("the capital of Texas is", k=model().d_vocab))
    right = max([" Austin", " Paris"], key=lambda token: likeliest[token])
    item = made._items[1]
    assert item.options[item.right] == right.replace(" ", "·")
    assert repr(iw.quiz(str(tmp_path / "mine.toml"), model=model())) == repr(made)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title = x\n", "mine.toml is not TOML: .*line 1"),
        ("title = 'a'", r"mine.toml has no \[\[question\]\]"),
        ("titel = 'a'", "'titel' is not known. Did you mean 'title'"),
        ("question = [1]", "question 1 is 1"),
        ("[[question]]\nask = 3", "question 1: 'ask' is a text in quotes; got 3"),
        ("[[question]]\nwhy = 'a'", "question 1: A question needs its text"),
        (GOOD.replace("answer =", "anwser ="), "question 1: 'anwser' is not known. .*'answer'"),
        (GOOD.replace('"Look at x + f(x)."', "1"), "hints are texts, in quotes; got 1"),
        (
            GOOD.replace("[[residual stream]]", "[[residul stream]]"),
            r"mean \[\[residual stream\]\]",
        ),
        (GOOD.replace(" Paris", " Paris is nice"), "mine.toml: .*token"),
    ],
)
def test_a_bad_file_says_where_and_why(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        iw.quiz(written(tmp_path, text), model=model())


def test_a_quiz_that_is_not_there() -> None:
    with pytest.raises(ValueError, match=r"no quiz '99'\. Lessons that have one: 01, 06"):
        iw.quiz("99")
    with pytest.raises(FileNotFoundError, match=r"nowhere\.toml"):
        iw.quiz("nowhere.toml")
