"""Links to Binder and Colab: one setting, the same everywhere."""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager

from interp_widgets.course import badges

LESSONS = sorted((badges.ROOT / "notebooks").glob("*.ipynb"))
ELSEWHERE = "https://github.com/somebody/else"


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.name)
def test_every_lesson_has_the_badges_of_the_setting(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    made = badges.badges(path.name, badges.source())
    assert notebook.cells[0].source == badges.with_badges(notebook.cells[0].source, made)
    cell = notebook.cells[1]
    assert (cell.id, cell.source) == (badges.COLAB_CELL, badges.install(badges.source()))


def test_so_has_the_readme() -> None:
    text = (badges.ROOT / "README.md").read_text(encoding="utf-8")
    made = badges.badges(badges.FIRST_LESSON, badges.source(), images="notebooks/images")
    assert text == badges.with_badges(text, made)


def test_their_pictures_are_files_of_ours() -> None:
    for name in ("binder", "colab"):
        assert (badges.ROOT / "notebooks" / "images" / f"{name}.svg").is_file()


def test_a_project_that_moved_changes_links_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / LESSONS[0].name
    path.write_bytes(LESSONS[0].read_bytes())
    before = nbformat.read(path, as_version=4)
    badges.write_lesson(path, ELSEWHERE)
    after = nbformat.read(path, as_version=4)
    links = badges.badges(path.name, ELSEWHERE)
    assert links in after.cells[0].source
    assert badges.source() not in after.cells[0].source
    assert after.cells[1].source == badges.install(ELSEWHERE)
    assert after.cells[2:] == before.cells[2:]
    badges.write_lesson(path, badges.source())
    assert nbformat.read(path, as_version=4) == before


def test_the_cell_installs_in_colab_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[tuple[str, str]] = []

    class Shell:
        def run_line_magic(self, name: str, line: str) -> None:
            ran.append((name, line))

    code = TransformerManager().transform_cell(badges.install(ELSEWHERE))
    exec(code, {"get_ipython": Shell})
    assert ran == []
    monkeypatch.setitem(sys.modules, "google.colab", sys)
    exec(code, {"get_ipython": Shell})
    assert ran == [("pip", f'install -q "interp-widgets @ git+{ELSEWHERE}"')]
