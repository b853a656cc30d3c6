"""Progress: kept beside the notebooks, merged between kernels, never in the way of a lesson."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
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


BROKEN = ["", "{", "[]", '{"exercises": 3}', '{"quizzes": {"06": [1]}}', "[" * 100_000]
BROKEN += [
    f'{{"exercises": {{}}, "quizzes": {{"06": {result}}}}}'
    for result in ("[Infinity, 1]", "[9, 7]", "[-1, 7]", '["a", 7]', "3", "[1, 2, 3]")
]


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_file_is_set_aside_with_a_warning(folder: Path, text: str) -> None:
    file(folder).parent.mkdir()
    file(folder).write_text(text)
    with pytest.warns(UserWarning, match="set aside as progress.unreadable.json"):
        assert iw.progress().quizzes == {}
    assert (file(folder).parent / "progress.unreadable.json").read_text() == text
    progress.note_quiz("06", 1, 7)
    assert json.loads(file(folder).read_text())["quizzes"] == {"06": [1, 7]}


def test_broken_files_are_all_kept(folder: Path) -> None:
    for text in ("first", "second", "third"):
        file(folder).parent.mkdir(exist_ok=True)
        file(folder).write_text(text)
        with pytest.warns(UserWarning, match="set aside"):
            iw.progress()
    aside = {path.read_text() for path in file(folder).parent.glob("*unreadable*")}
    assert aside == {"first", "second", "third"}


def test_a_file_that_cannot_be_read_is_left_alone(folder: Path) -> None:
    """It may be there again tomorrow: a share that is away, a folder of another account."""
    file(folder).parent.mkdir()
    file(folder).symlink_to(file(folder))  # reading it is an OSError, replacing it is none
    with pytest.warns(UserWarning, match="could not be read"):
        assert iw.progress().quizzes == {}
    with pytest.warns(UserWarning, match="could not be kept"):
        progress.note_quiz("06", 1, 7)
    assert file(folder).is_symlink()
    assert {path.name for path in file(folder).parent.iterdir()} == {
        ".gitignore",
        file(folder).name,
    }


FULL = """
import resource, signal, sys, warnings
import interp_widgets as iw
from interp_widgets.course import progress
from interp_widgets.widgets import Quiz
from interp_widgets.widgets._question import Question
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))  # no byte more
quiz = Quiz([Question("2 + 2?", answer="4", wrong={"5": "Less."}, why="Count.")])
quiz.on_score = lambda score: progress.note_quiz("mine", score["best"], score["of"])
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    quiz.act({"do": "answer", "question": 0, "option": quiz._items[0].right})
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
assert "could not be kept" in str(told[0].message), told
assert "make room on the disk" in quiz.score["unkept"], quiz.score
assert quiz.feedback[0]["found"] and quiz.score["passed"]
assert progress.progress().quizzes == {"06": (6, 7)}, progress.progress()
quiz.act({"do": "again"})
quiz.act({"do": "reveal", "question": 0})
assert quiz.score["unkept"] == "", quiz.score
assert progress.progress().quizzes == {"06": (6, 7), "mine": (1, 1)}
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on file sizes to set")
def test_a_full_disk_is_said_in_the_quiz_and_loses_nothing(folder: Path) -> None:
    progress.note_quiz("06", 6, 7)
    run = subprocess.run(
        [sys.executable, "-c", FULL],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    names = {path.name for path in file(folder).parent.iterdir()}
    assert names == {".gitignore", "progress.json"}
    assert (file(folder).parent / ".gitignore").read_text() == "*\n"


def test_a_working_folder_that_is_gone_is_a_warning(folder: Path) -> None:
    gone = folder / "gone"
    gone.mkdir()
    os.chdir(gone)
    gone.rmdir()
    with pytest.warns(UserWarning, match="could not be kept"):
        progress.note_quiz("06", 1, 7)
    with pytest.warns(UserWarning, match="could not be read"):
        assert iw.progress().quizzes == {}
    with pytest.warns(UserWarning, match="could not be (forgotten|read)") as told:
        iw.progress(reset=True)
    assert len(told) == 2


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


@pytest.mark.parametrize("age", [60, -3600])  # the clock may have been set back since
def test_a_lock_that_a_dead_kernel_left_is_broken(folder: Path, age: int) -> None:
    file(folder).parent.mkdir()
    lock = file(folder).parent / "progress.lock"
    lock.touch()
    os.utime(lock, (time.time() - age,) * 2)
    progress.note_quiz("06", 1, 7)
    assert iw.progress().quizzes == {"06": (1, 7)}
    assert not lock.exists()
