"""Progress: kept beside the notebooks, merged between kernels, never in the way of a lesson."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import interp_widgets as iw
from interp_widgets.course import progress
from interp_widgets.course.exercises import find

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A learner's folder, in a session that is not under pytest."""
    monkeypatch.delenv("PYTEST_VERSION")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def file(folder: Path) -> Path:
    return folder / ".interp_widgets" / "progress.json"


def test_nothing_is_kept_under_pytest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    progress.note_quiz("06", 7, 7)
    assert not iw.progress().kept
    assert list(tmp_path.iterdir()) == []


def test_exercises_and_quizzes_are_kept(folder: Path) -> None:
    iw.check("06.1", None)
    assert iw.progress().exercises == {}
    iw.check("06.1", lambda hf, ids: hf(ids[None]).logits[0])
    assert iw.progress().exercises == {"06.1": "failed"}
    iw.check("06.1", find("06.1").solution)
    iw.check("06.1", lambda hf, ids: 0)
    assert iw.progress().exercises == {"06.1": "passed"}
    quiz = iw.quiz("06")
    for i, one in enumerate(quiz._items):
        quiz.act({"do": "answer", "question": i, "option": one.right})
    done = iw.progress()
    assert done.quizzes == {"06": (len(quiz._items),) * 2}
    assert done.completed("06")
    assert not done.completed("01")
    assert done.to_frame().to_dict("records")[0]["completed"]
    all_right = f"{len(quiz._items)} of {len(quiz._items)}"
    assert repr(done) == f"Progress(06: exercises passed: 06.1; quiz {all_right}, completed.)"


def test_after_a_restart_the_best_is_known_and_stays(folder: Path) -> None:
    count = len(iw.quiz("06")._items)
    progress.note_quiz("06", count - 1, count)
    quiz = iw.quiz("06")
    assert quiz.score["best"] == count - 1
    assert quiz.score["passed"]
    quiz.act({"do": "reveal", "question": 0})
    assert iw.progress().quizzes["06"] == (count - 1, count)
    # A quiz that has since grown is another quiz.
    progress.note_quiz("06", 1, count + 1)
    assert iw.progress().quizzes["06"] == (1, count + 1)
    assert iw.quiz("06").score["best"] == 0


def test_the_file_is_ignored_by_git(folder: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    progress.note_quiz("06", 1, 7)
    assert file(folder).exists()
    listing = ["git", "status", "--porcelain", "-uall"]
    assert subprocess.check_output(listing, cwd=folder, text=True) == ""


def test_reset_forgets(folder: Path) -> None:
    progress.note_quiz("06", 7, 7)
    assert iw.progress(reset=True).quizzes == {}
    assert iw.progress().describe().startswith("Nothing done yet")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"exercises": 3}', '{"quizzes": {"06": [1]}}'])
def test_a_broken_file_is_set_aside_with_a_warning(folder: Path, text: str) -> None:
    file(folder).parent.mkdir()
    file(folder).write_text(text)
    with pytest.warns(UserWarning, match="set aside as progress.unreadable.json"):
        assert iw.progress().quizzes == {}
    assert (file(folder).parent / "progress.unreadable.json").read_text() == text
    progress.note_quiz("06", 1, 7)
    assert json.loads(file(folder).read_text())["quizzes"] == {"06": [1, 7]}


def test_a_place_that_cannot_be_written_is_a_warning(folder: Path) -> None:
    (folder / ".interp_widgets").write_text("a file where the folder should be")
    with pytest.warns(UserWarning, match="could not be kept"):
        result = iw.check("06.1", find("06.1").solution)
    assert result


def test_two_kernels_that_write_at_once_lose_nothing(folder: Path) -> None:
    code = (
        "import sys; from interp_widgets.course import progress\n"
        "for i in range(40): progress.note_quiz(f'{sys.argv[1]}{i}', 1, 2)"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    runs = [
        subprocess.Popen([sys.executable, "-c", code, name], cwd=folder, env=env) for name in "ab"
    ]
    assert [run.wait(60) for run in runs] == [0, 0]
    assert len(iw.progress().quizzes) == 80


def test_a_lock_that_a_dead_kernel_left_is_broken(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "LOCK_SECONDS", 0.1)
    file(folder).parent.mkdir()
    (file(folder).parent / "progress.lock").touch()
    progress.note_quiz("06", 1, 7)
    assert iw.progress().quizzes == {"06": (1, 7)}
