"""What a learner has done so far: one small file beside the notebooks, ignored by git.

Several kernels may write at once: each change is read, merged and replaced whole under a lock file.
Nothing here may stop a lesson: a file that cannot be read or written is a warning.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame

PASS_ABOVE = 0.75
FOLDER = ".interp_widgets"
LOCK_SECONDS = 5.0  # a lock older than this was left behind by a kernel that died


@dataclass(frozen=True)
class Progress:
    """Exercises passed and quizzes taken, by lesson.

    Attributes:
        exercises: id → status of the last check, ``"passed"`` once it has ever passed.
        quizzes: lesson or file → (most questions right in one round, number of questions).
        kept: whether it is kept in a file; it is not under pytest.
    """

    exercises: dict[str, str] = field(default_factory=dict)
    quizzes: dict[str, tuple[int, int]] = field(default_factory=dict)
    kept: bool = True

    def completed(self, lesson: str) -> bool:
        """Whether the lesson's quiz was passed with more than 75 %."""
        right, of = self.quizzes.get(lesson, (0, 1))
        return right > PASS_ABOVE * of

    def lessons(self) -> list[str]:
        """Lessons and quiz files that something is known of."""
        return sorted({*(i.partition(".")[0] for i in self.exercises), *self.quizzes})

    def describe(self) -> str:
        """One sentence for each lesson."""
        if not self.kept:
            return "Progress is not kept under pytest."
        if not self.lessons():
            return "Nothing done yet. Exercises (iw.check) and quizzes (iw.quiz) appear here."
        return " ".join(self._sentence(lesson) for lesson in self.lessons())

    def to_frame(self) -> DataFrame:
        """One row a lesson: exercises passed, best quiz result, completed."""
        import pandas as pd

        rows = []
        for lesson in self.lessons():
            right, of = self.quizzes.get(lesson, (0, 0))
            row = {"lesson": lesson, "exercises_passed": len(self._passed(lesson))}
            row |= {"quiz_right": right, "quiz_of": of, "completed": self.completed(lesson)}
            rows.append(row)
        columns = ["lesson", "exercises_passed", "quiz_right", "quiz_of", "completed"]
        return pd.DataFrame(rows, columns=columns)

    def __repr__(self) -> str:
        return f"Progress({self.describe()})"

    def _passed(self, lesson: str) -> list[str]:
        mine = [i for i in self.exercises if i.partition(".")[0] == lesson]
        return sorted(i for i in mine if self.exercises[i] == "passed")

    def _sentence(self, lesson: str) -> str:
        parts = []
        if passed := self._passed(lesson):
            parts.append(f"exercises passed: {', '.join(passed)}")
        if lesson in self.quizzes:
            right, of = self.quizzes[lesson]
            end = "completed" if self.completed(lesson) else "not completed"
            parts.append(f"quiz {right} of {of}, {end}")
        return f"{lesson}: {'; '.join(parts) or 'begun'}."


def progress(reset: bool = False) -> Progress:
    """What has been done in the lessons of this folder.

    Args:
        reset: forget all of it first.

    Returns:
        A `Progress`; its repr is one line, ``.to_frame()`` a table.
    """
    if not _kept():
        return Progress(kept=False)
    if reset:
        try:
            _file().unlink(missing_ok=True)
        except OSError as error:
            warnings.warn(f"Your progress could not be forgotten: {error}.", stacklevel=2)
    return _known()


def best(name: str, of: int) -> int:
    """Most questions right so far in a quiz of this many questions; 0 if it has changed since."""
    right, count = _known().quizzes.get(name, (0, 0)) if _kept() else (0, 0)
    return right if count == of else 0


def note_quiz(name: str, right: int, of: int) -> str:
    """Keeps the result of a quiz, if it is the best so far.

    Returns:
        Why it could not be kept, in a sentence for the learner; empty when it was.
    """

    def change(old: Progress) -> Progress:
        was, count = old.quizzes.get(name, (0, of))
        kept = max(was, right) if count == of else right
        return Progress(old.exercises, {**old.quizzes, name: (kept, of)})

    return _update(change)


def note_exercise(exercise_id: str, status: str) -> None:
    """Keeps how an exercise was judged; what has passed once stays passed."""

    def change(old: Progress) -> Progress:
        kept = "passed" if old.exercises.get(exercise_id) == "passed" else status
        return Progress({**old.exercises, exercise_id: kept}, old.quizzes)

    if status != "not attempted":
        _update(change)


def _kept() -> bool:
    """Whether there is a file; there is none under pytest and its kernels."""
    return "PYTEST_VERSION" not in os.environ


def _file() -> Path:
    """Where progress is kept: in the working folder. OSError when that is gone."""
    return Path.cwd() / FOLDER / "progress.json"


def _known() -> Progress:
    """The file's content; nothing, with a warning, where it cannot be read."""
    try:
        return _read(_file())
    except OSError as error:
        warnings.warn(f"Your progress could not be read: {error}.", stacklevel=4)
        return Progress()


def _update(change: Callable[[Progress], Progress]) -> str:
    """Reads, changes and replaces the file; a warning, also returned, where that cannot be."""
    if not _kept():
        return ""
    try:
        path = _file()
        path.parent.mkdir(exist_ok=True)
        # The folder hides itself from git, in whatever repository the notebooks lie.
        ignored = path.parent / ".gitignore"
        if not ignored.exists():
            ignored.write_text("*\n", encoding="utf-8")
        with _locked(path):
            # A file that is there and cannot be read is left alone: OSError ends it here.
            _replace(path, change(_read(path)))
    except OSError as error:
        message = (
            f"Your progress could not be kept in {FOLDER} ({error}). Everything else works; to "
            "keep it, make room on the disk, or start Jupyter in a folder you may write to."
        )
        warnings.warn(message, stacklevel=3)
        return message
    return ""


def _replace(path: Path, new: Progress) -> None:
    """Writes the file whole or not at all."""
    table = {"version": 1, "exercises": new.exercises, "quizzes": new.quizzes}
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        draft.write_text(json.dumps(table, indent=1, sort_keys=True), encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _read(path: Path) -> Progress:
    """The file's content. One that cannot be understood is set aside, with a warning.

    Raises:
        OSError: it is there and cannot be read, or not be set aside.
    """
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        exercises = {str(key): str(value) for key, value in table["exercises"].items()}
        quizzes = {str(key): _result(*value) for key, value in table["quizzes"].items()}
        return Progress(exercises, quizzes)
    except FileNotFoundError:
        return Progress()
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        aside = _unused(path)
        path.replace(aside)
        warnings.warn(
            f"{path} is not a progress file any more; it was set aside as {aside.name}, and "
            "progress starts anew.",
            stacklevel=5,
        )
        return Progress()


def _result(right: int, of: int) -> tuple[int, int]:
    if not 0 <= int(right) <= int(of):
        raise ValueError(f"{right!r} right of {of!r}")
    return int(right), int(of)


def _unused(path: Path) -> Path:
    """A name to set a broken file aside under, which no earlier one has."""
    names = (f".unreadable{f'-{n}' if n > 1 else ''}.json" for n in itertools.count(1))
    return next(found for name in names if not (found := path.with_suffix(name)).exists())


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Holds the lock file; the one of a kernel that died is broken after some seconds."""
    lock = path.with_suffix(".lock")
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            break
        except FileExistsError:
            with contextlib.suppress(FileNotFoundError):  # given back this moment
                # A clock may have been set back since: one from the future is old, too.
                if abs(time.time() - lock.stat().st_mtime) > LOCK_SECONDS:
                    lock.unlink()
            time.sleep(0.01)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
