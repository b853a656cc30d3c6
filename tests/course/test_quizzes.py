"""Quizzes from files: lessons' own are whole, a teacher's works, a bad one says what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import interp_widgets as iw
from interp_widgets.course import glossary, quizzes
from interp_widgets.widgets._rich import terms
from tests.core.tiny import hf_model, tokenizer
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


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"mine.toml has no \[\[question\]\]\. Each question begins with"),
        ("title = x\n", "mine.toml is not TOML: .*line 1.*stands in quotes"),
        ("title = 'a'", r"mine.toml has no \[\[question\]\]"),
        ("titel = 'a'", "'titel' is not known. Did you mean 'title'"),
        ("title = 2020-01-01", "mine.toml: 'title' is a text in quotes: .*got datetime"),
        ("question = [1]", "question 1 is 1"),
        ("[question]\nask = 'a'", r"'question' is a list, and each begins with \[\[question\]\]"),
        ("a = " + "[" * 5000, "mine.toml is not TOML"),
        (r'title = "\alpha"', "mine.toml is not TOML.*a backslash is itself"),
        ("[[question]]\nask = 3", "question 1: 'ask' is a text in quotes: .*got 3"),
        ("[[question]]\nwhy = 'a'", "question 1: A question needs its text"),
        (changed("answer =", "anwser ="), "question 1: 'anwser' is not known. .*'answer'"),
        (changed('"Look at x + f(x)."', "1"), "hints are texts, in quotes; got 1"),
        (
            changed('[question.wrong]\n"It replaces it" = "Look at x + f(x)."', 'wrong = ["a"]'),
            "question 1: 'wrong' is a table of options and their hints",
        ),
        (
            changed('"It replaces it" =', '"a b" = "c"\n"A  b" ='),
            "question 1: .*offers one option twice: 'a b' and 'A  b'",
        ),
        (
            changed("[[residual stream]]", "[[residul stream]]"),
            r"mine.toml, question 1: .*mean \[\[residual stream\]\]",
        ),
        (changed(" Paris", " Paris is nice"), "mine.toml, question 2: .*token"),
        (changed('" Paris"', '""'), "question 2: .*an empty option"),
        (changed('" Paris"', "3"), "question 2: options and hints are texts"),
        (changed("the capital of Texas is", "  "), "question 2: .*an empty prompt"),
        (changed("the capital of Texas is", "the " * 500), "question 2: .*Shorten it by"),
    ],
)
def test_a_bad_file_says_where_and_why(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        iw.quiz(written(tmp_path, text), model=model())


def test_files_as_editors_save_them(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    for text in (GOOD.encode("utf-8-sig"), GOOD.replace("\n", "\r\n").encode()):
        path.write_bytes(text)
        assert repr(iw.quiz(path, model=model())) == "Quiz('Mine', 2 questions)"
    for encoding in ("utf-16", "latin-1"):
        path.write_bytes(GOOD.replace("Mine", "Mîne").encode(encoding))
        with pytest.raises(ValueError, match=r"mine\.toml is not UTF-8.*Save it as UTF-8"):
            iw.quiz(path, model=model())
    with pytest.raises(ValueError, match="cannot be read: Is a directory"):
        iw.quiz(tmp_path)


def test_a_model_that_is_none_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    with pytest.raises(TypeError, match=r"iw\.load\(\) gives it; got str"):
        iw.quiz(path, model="gpt2")
    with pytest.raises(TypeError, match=r"bare GPT2LMHeadModel.*iw\.load\(hf_model"):
        iw.quiz(path, model=model().hf)


def test_a_teachers_own_saved_model_decides_its_predictions(tmp_path: Path) -> None:
    """One question, two models from disk whose likeliest tokens differ: each has its own answer."""
    path = written(tmp_path, GOOD.replace('options = [" Austin", " Paris"]', ""))
    right = []
    for seed in (1, 2):
        saved = tmp_path / f"model-{seed}"
        hf = hf_model("gpt2", torch.float32, seed)
        hf.save_pretrained(saved)
        tokenizer().save_pretrained(saved)
        made = iw.quiz(path, model=iw.load(saved))._items[1]
        with torch.no_grad():
            ids = torch.tensor([iw.load(saved).ids("the capital of Texas is").tolist()])
            top = int(hf(ids).logits[0, -1].argmax())
        assert made.options[made.right] == iw.load(saved).tokens([top])[0].replace(" ", "·")
        right.append(made.options[made.right])
    assert right[0] != right[1]


def test_a_quiz_that_is_not_there() -> None:
    with pytest.raises(ValueError, match=r"no quiz '99'\. Lessons that have one: 01, 0"):
        iw.quiz("99")
    with pytest.raises(FileNotFoundError, match=r"nowhere\.toml"):
        iw.quiz("nowhere.toml")
