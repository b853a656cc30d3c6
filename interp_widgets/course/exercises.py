"""Exercises: what is asked, how an answer is judged, and the two calls a lesson makes.

A lesson is one file, ``lesson_06.py``, holding a tuple ``EXERCISES``. Nothing has to be registered:
an id such as ``"06.2"`` names its file, which is imported (with torch) when the id is asked for.

``check`` compares an answer with the reference solution on fixed inputs. The list of well-known
mistakes that our tests must see fail also gives the hints: an answer that fails is compared with
each of them, so a learner hears *which* mistake it looks like, not only that a number is off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from interp_widgets.course import progress

Status = Literal["passed", "failed", "not attempted"]
Answer = Callable[..., Any]


class NotAttemptedError(Exception):
    """The answer is still the stub."""


class WrongAnswerError(Exception):
    """The answer is wrong; the message says what came, what was wanted, and what to look at."""


@dataclass(frozen=True)
class Case:
    """One fixed input of an exercise. ``name`` finishes the sentence "On …"."""

    name: str
    args: tuple[Any, ...]


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that people really give, and the hint for whoever gives it."""

    name: str
    answer: Answer
    hint: str


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes:
        id: lesson and number, ``"06.1"``.
        title: its name, as the notebook's heading shows it.
        difficulty: stars, 1..5.
        importance: diamonds, 1..5.
        minutes: what most people need.
        returns: the answer's axes or units in words, for messages: ``"logits [row, pos, vocab]"``.
        solution: the reference answer, a function of the learner's signature.
        cases: makes the fixed inputs anew for each check, so that an answer can spoil nothing.
        mistakes: at least two wrong answers that have to fail.
        verify: looks for what a comparison with the solution cannot say as well, and raises.
        tolerance: largest absolute difference that still counts as equal.
        bonus: optional for the learner.
        trains: the answer takes gradients, so they are on while it runs.
        free: many answers are right, and none has to agree with the solution: ``verify`` alone
            judges.
    """

    id: str
    title: str
    difficulty: int
    importance: int
    minutes: int
    returns: str
    solution: Answer
    cases: Callable[[], Sequence[Case]]
    mistakes: tuple[Mistake, ...]
    verify: Callable[[Any, Case], None] | None = None
    tolerance: float = 1e-4
    bonus: bool = False
    trains: bool = False
    free: bool = False

    @property
    def heading(self) -> str:
        """``Exercise 06.1 · Logit lens``."""
        return f"{'Bonus exercise' if self.bonus else 'Exercise'} {self.id} · {self.title}"

    @property
    def effort(self) -> str:
        """``Difficulty ★★☆☆☆ · Importance ◆◆◆◆◆ · about 10 min``."""
        stars = "★" * self.difficulty + "☆" * (5 - self.difficulty)
        diamonds = "◆" * self.importance + "◇" * (5 - self.importance)
        return f"Difficulty {stars} · Importance {diamonds} · about {self.minutes} min"


@dataclass(frozen=True)
class CheckResult:
    """What ``check`` says. Truthy when the answer passed; its repr is the line a learner reads."""

    id: str
    title: str
    status: Status
    message: str

    def __bool__(self) -> bool:
        return self.status == "passed"

    def __repr__(self) -> str:
        mark = {"passed": "✓", "failed": "✗", "not attempted": "○"}[self.status]
        return f"{mark} {self.id} {self.title}: {self.status}. {self.message}"


def check(exercise_id: str, answer: Any) -> CheckResult:
    """Judge an answer. Nothing is raised for a stub, a wrong answer, or one that crashes.

    Args:
        exercise_id: lesson and number, ``"06.1"``.
        answer: the learner's function.

    Returns:
        *passed*, *failed* or *not attempted*, with a message for the learner.

    Raises:
        ValueError: no such exercise; the message lists those there are.
    """
    from interp_widgets.course.grading import judge

    exercise = find(exercise_id)
    status: Status = "passed"
    try:
        message = judge(exercise, answer)
    except NotAttemptedError as stub:
        status, message = "not attempted", str(stub)
    except WrongAnswerError as wrong:
        status, message = "failed", str(wrong)
    progress.note_exercise(exercise.id, status)
    return CheckResult(exercise.id, exercise.title, status, message)


def or_solution(exercise_id: str, answer: Any) -> Answer:
    """The learner's answer if it passes, else the reference solution; prints which one it is.

    Args:
        exercise_id: lesson and number, ``"06.1"``.
        answer: the learner's function.

    Returns:
        A function that the rest of the lesson can rely on.

    Raises:
        ValueError: no such exercise.
    """
    result = check(exercise_id, answer)
    if result:
        _say(f"{result.id}: going on with your own answer.")
        return answer
    why = (
        "yours is not written yet"
        if result.status == "not attempted"
        else "yours does not pass yet"
    )
    _say(f"{result.id}: {why}, so the lesson goes on with the reference solution.")
    return find(exercise_id).solution


def find(exercise_id: str) -> Exercise:
    """The exercise with this id. Raises ``ValueError``, listing what there is, if there is none."""
    lesson = str(exercise_id).partition(".")[0]
    if lesson not in lessons():
        known = ", ".join(lessons())
        raise ValueError(
            f"There is no exercise {exercise_id!r}: no lesson {lesson!r} has exercises. Lessons "
            f"that have: {known}. An id reads '{lessons()[0]}.1'."
        )
    known_here = exercises(lesson)
    for exercise in known_here:
        if exercise.id == exercise_id:
            return exercise
    ids = ", ".join(exercise.id for exercise in known_here)
    raise ValueError(f"There is no exercise {exercise_id!r}. Lesson {lesson} has {ids}.")


def exercises(lesson: str) -> tuple[Exercise, ...]:
    """All exercises of a lesson, ``"06"``, in order."""
    return import_module(f"interp_widgets.course.lesson_{lesson}").EXERCISES


def lessons() -> tuple[str, ...]:
    """Numbers of the lessons that have exercises, ``("06",)``."""
    here = Path(__file__).parent
    return tuple(sorted(path.stem.removeprefix("lesson_") for path in here.glob("lesson_*.py")))


def _say(line: str) -> None:
    print(line)  # noqa: T201 -- a learner reads it under the cell
