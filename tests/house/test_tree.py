"""What may lie at the top of the repository, and what the package and its wheel hold."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.house.source import PACKAGE, ROOT

AT_THE_TOP = {
    ".ci",
    ".gitattributes",
    ".github",
    ".gitignore",
    "LICENSE",
    "README.md",
    "binder",
    "interp_widgets",
    "notebooks",
    "pyproject.toml",
    "tests",
}


def test_nothing_else_lies_at_the_top() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    lines = subprocess.check_output(listing, cwd=ROOT, text=True).splitlines()
    assert {line.split("/")[0] for line in lines} <= AT_THE_TOP


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that users would install, built from this tree without a build environment."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_what_runs_and_not_what_builds(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for path in (
        *PACKAGE.rglob("*.py"),
        *PACKAGE.glob("widgets/static/*"),
        *PACKAGE.rglob("bundled/weights/**/*"),
        PACKAGE / "bundled" / "model_card.json",
        PACKAGE / "py.typed",
    ):
        if path.is_file() and "node_modules" not in path.parts:
            assert path.relative_to(ROOT).as_posix() in names
    for lesson in (ROOT / "notebooks").glob("*.ipynb"):
        shared = f"data/share/interp-widgets/lessons/{lesson.name}"
        assert [name for name in names if name.endswith(shared)]
    assert not [name for name in names if name.endswith(".ts") or "node_modules" in name]


def test_the_model_loads_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = "import interp_widgets as iw; print(iw.__file__, iw.load().n_layers > 0)"
    run = [sys.executable, "-c", code]
    said = subprocess.check_output(run, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, text=True)
    assert said.split() == [str(tmp_path / "interp_widgets" / "__init__.py"), "True"]
