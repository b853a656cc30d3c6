"""Quizzes: read from TOML, a lesson's own or a teacher's, and handed to `widgets.Quiz`.

A file looks like this; texts may mark terms of the glossary, ``[[logit lens]]``, and code::

    title = "My quiz"

    [[question]]
    ask = "What does a layer do to the [[residual stream]]?"
    answer = "It adds to it"
    why = "Blocks only ever add."
    [question.wrong]
    "It replaces it" = "Look at the equation: x + f(x)."

    [[question]]
    ask = "Predict the next token."
    prompt = "The capital of Texas is"
    options = [" Austin", " Paris"]
    why = "The model was asked just now."
"""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Any

from interp_widgets.course import glossary, progress
from interp_widgets.widgets._question import Question
from interp_widgets.widgets.quiz import Quiz

DATA = Path(__file__).parent / "data"
FORM = (
    "Each question begins with [[question]], and a text stands in quotes: ask = \"…\"; in '…' a "
    "backslash is itself."
)
KEYS = {"title": str, "question": list}
QUESTION_KEYS = {
    "ask": str,
    "answer": str,
    "wrong": dict,
    "why": str,
    "prompt": str,
    "options": list,
}

KINDS = {
    str: 'a text in quotes: "…"',
    list: 'a list of texts: ["…", "…"]',
    dict: 'a table of options and their hints: "option" = "hint"',
    "question": "a list, and each begins with [[question]]",
}


def quiz(source: str | Path, model: Any = None) -> Quiz:
    """The quiz of a lesson, or one from a file. More than 75 % right completes the lesson.

    Args:
        source: a lesson's number, ``"06"``, or the path of a TOML file.
        model: the `LanguageModel` that answers predictions; the course's own when none is given.

    Returns:
        A `Quiz` widget. Its result goes into `iw.progress()`.

    Raises:
        ValueError: no such lesson, or the file is no quiz; the message says where and why.
        FileNotFoundError: there is no such file. TypeError: a model that `iw.load` did not make.
    """
    path, name = _find(source)
    title, questions = read(path)
    known = glossary.definitions()
    try:
        made = Quiz(
            questions,
            title=title,
            model=model,
            terms=known,
            best=progress.best(name, len(questions)),
        )
    except ValueError as error:
        raise ValueError(f"{path.name}, {error}") from None
    made.on_score = lambda score: progress.note_quiz(name, score["best"], score["of"])
    return made


def lessons() -> tuple[str, ...]:
    """Numbers of the lessons that have a quiz, ``("01", "06")``."""
    return tuple(sorted(path.stem.removeprefix("quiz_") for path in DATA.glob("quiz_*.toml")))


def read(path: Path) -> tuple[str, list[Question]]:
    """Title and questions of a file.

    Raises:
        ValueError: it is no quiz; the message names the file, the question and what it lacks.
        FileNotFoundError: there is no such file.
    """
    try:
        # Some editors put a byte order mark in front, which TOML does not know.
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise FileNotFoundError(
            f"There is no quiz file {path}. Give its path from this notebook's folder."
        ) from None
    except OSError as error:
        raise ValueError(
            f"{path} cannot be read: {error.strerror}. Name a TOML file that you may read."
        ) from None
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name} is not UTF-8: {error}. Save it as UTF-8.") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ValueError(f"{path.name} is not TOML: {error}. {FORM}") from None
    _check_keys(table, KEYS, path.name)
    entries = table.get("question", [])
    if not entries:
        raise ValueError(f"{path.name} has no [[question]]. {FORM}")
    questions = []
    for number, entry in enumerate(entries, 1):
        where = f"{path.name}, question {number}"
        if not isinstance(entry, dict):
            raise ValueError(f"{where} is {entry!r}; each question begins with [[question]].")
        _check_keys(entry, QUESTION_KEYS, where)
        for part in (*entry.get("options", []), *entry.get("wrong", {}).values()):
            if not isinstance(part, str):
                raise ValueError(f"{where}: options and hints are texts, in quotes; got {part!r}.")
        try:
            questions.append(Question(**{"ask": "", **entry}))
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from None
    return table.get("title", path.stem), questions


def _check_keys(table: dict[str, Any], known: dict[str, type], where: str) -> None:
    for key, value in table.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ValueError(
                f"{where}: {key!r} is not known.{hint} It may have {', '.join(known)}."
            )
        if not isinstance(value, known[key]):
            wanted = KINDS["question" if key == "question" else known[key]]
            raise ValueError(f"{where}: {key!r} is {wanted}; got {value!r:.80}.")


def _find(source: str | Path) -> tuple[Path, str]:
    """The file of a quiz, and the name under which its result is kept."""
    if isinstance(source, Path) or str(source).endswith(".toml"):
        return Path(source).expanduser(), Path(source).name
    if source not in lessons():
        raise ValueError(
            f"There is no quiz {source!r}. Lessons that have one: {', '.join(lessons())}. "
            "A quiz of your own is a file: iw.quiz('my_quiz.toml')."
        )
    return DATA / f"quiz_{source}.toml", str(source)
