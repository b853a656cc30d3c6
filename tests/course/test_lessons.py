"""Lessons and exercises agree: headings, stubs and solutions against the register."""

import re
from pathlib import Path

import nbformat
import pytest

import interp_widgets as iw
from interp_widgets.course import exercises as course
from interp_widgets.course.execute import tidy, to_read_again

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
LESSONS = {path.name[:2]: path for path in NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")}
WITH_EXERCISES = [(n, e) for n in course.lessons() if n in LESSONS for e in course.exercises(n)]
FENCE = re.compile(r"<summary>Solution</summary>\s*```python\n(.*?)```", re.DOTALL)


def cells(lesson):
    return nbformat.read(LESSONS[lesson], as_version=4).cells


def named(exercise, kind):
    """The source of one of the cells of an exercise, which are named by their ids."""
    name = f"ex-{exercise.id.replace('.', '-')}{kind}"
    return next(cell.source for cell in cells(exercise.id[:2]) if cell.id == name)


def defined(source):
    """The function that a cell defines."""
    scope = {"torch": __import__("torch")}
    exec(source, scope)
    return next(value for name, value in reversed(scope.items()) if name != "torch")


def test_every_lesson_with_exercises_has_a_notebook():
    assert set(course.lessons()) <= set(LESSONS)


@pytest.mark.parametrize(("lesson", "exercise"), WITH_EXERCISES, ids=lambda x: getattr(x, "id", x))
def test_heading_and_effort_are_those_of_the_register(lesson, exercise):
    text = named(exercise, "")
    assert text.startswith(f"### {exercise.heading}\n{exercise.effort}\n"), lesson


@pytest.mark.parametrize(("lesson", "exercise"), WITH_EXERCISES, ids=lambda x: getattr(x, "id", x))
def test_the_stub_is_not_attempted(lesson, exercise):
    stub = defined(named(exercise, "-stub"))
    assert iw.check(exercise.id, stub).status == "not attempted", lesson


@pytest.mark.parametrize(("lesson", "exercise"), WITH_EXERCISES, ids=lambda x: getattr(x, "id", x))
def test_the_solution_shown_passes(lesson, exercise):
    (solution,) = FENCE.findall(named(exercise, "-help"))
    assert iw.check(exercise.id, defined(solution)), lesson
    assert exercise.solution.__name__ == defined(solution).__name__


@pytest.mark.parametrize(("lesson", "exercise"), WITH_EXERCISES, ids=lambda x: getattr(x, "id", x))
def test_the_lesson_checks_and_goes_on(lesson, exercise):
    name = exercise.solution.__name__
    assert named(exercise, "-check") == f'iw.check("{exercise.id}", {name})', lesson
    assert named(exercise, "-go") == f'{name} = iw.or_solution("{exercise.id}", {name})'


@pytest.mark.parametrize("lesson", LESSONS)
def test_lessons_are_stored_as_the_command_stores_them(lesson):
    stored, tidied = (nbformat.read(LESSONS[lesson], as_version=4) for _ in range(2))
    tidy(tidied)
    assert stored == tidied


def test_a_progress_bar_that_has_gone_is_not_stored():
    v4 = nbformat.v4
    gone = v4.new_output(
        "stream", name="stderr", text="\r50%|##  | 1/2\r100%|####| 2/2\r        \r"
    )
    left = v4.new_output("stream", name="stderr", text="\r50%|##  | 1/2\rstopped\n")
    said = v4.new_output("stream", name="stdout", text="a line\n")
    notebook = v4.new_notebook(cells=[v4.new_code_cell("fit()", outputs=[gone, said, left])])
    tidy(notebook)
    assert notebook.cells[0].outputs == [said, left]


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_stored_picture_has_words_for_those_who_cannot_see_it(lesson):
    pictured = [
        cell
        for cell in cells(lesson)
        if any("image/png" in output.get("data", {}) for output in cell.get("outputs", []))
    ]
    assert pictured
    assert [cell.id for cell in pictured if len(cell.metadata.get("alt", "")) < 20] == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_text_that_says_what_was_seen_is_read_again_with_new_weights(lesson):
    seen = [cell.id for cell in cells(lesson) if cell.id.endswith("-see")]
    assert len(seen) >= 5
    assert set(seen) <= set(to_read_again(LESSONS[lesson]))
