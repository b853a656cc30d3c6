"""Links that open a lesson on Binder and in Colab, all made from one setting.

``Source`` of ``[project.urls]`` in pyproject.toml says where the project lies on GitHub. After
moving it, ``python -m interp_widgets.course.badges`` writes README and lessons anew: the badges
below each title, and the cell that installs the package where Colab runs the lesson.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import nbformat

ROOT = Path(__file__).resolve().parents[2]
FIRST_LESSON = "01_orientation_residual_stream.ipynb"
COLAB_CELL = "open-in-colab"  # id of the cell that installs
_MARK = "[![Open on Binder]"  # how a line of badges begins


def source(pyproject: Path = ROOT / "pyproject.toml") -> str:
    """Address of the repository: https://github.com/owner/name."""
    return tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["urls"]["Source"]


def badges(lesson: str, repository: str, images: str = "images") -> str:
    """The line of badges for one lesson, in Markdown.

    Args:
        lesson: File name in ``notebooks``.
        repository: What `source` gives.
        images: Where the pictures of the badges lie, seen from the text. They are files of ours:
            opening a lesson asks no other host.
    """
    place = repository.removeprefix("https://github.com/")
    binder = f"https://mybinder.org/v2/gh/{place}/main?urlpath=lab/tree/notebooks/{lesson}"
    colab = f"https://colab.research.google.com/github/{place}/blob/main/notebooks/{lesson}"
    return (
        f"{_MARK}({images}/binder.svg)]({binder})\n[![Open in Colab]({images}/colab.svg)]({colab})"
    )


def install(repository: str) -> str:
    """The cell that gives Colab the package; it does nothing anywhere else."""
    return (
        "import sys\n\n"
        'if "google.colab" in sys.modules:  # nothing to install in JupyterLab and on Binder\n'
        f'    %pip install -q "interp-widgets @ git+{repository}"'
    )


def with_badges(text: str, made: str) -> str:
    """A Markdown text with these badges below its title, in the place of older ones."""
    title, _, rest = text.partition("\n")
    rest = rest.lstrip("\n")
    if rest.startswith(_MARK):
        rest = rest.partition("\n\n")[2]
    return f"{title}\n\n{made}\n\n{rest}"


def write_lesson(path: Path, repository: str) -> None:
    """Put badges and the installing cell into one notebook, whose outputs stay as they are."""
    notebook: Any = nbformat.read(path, as_version=4)
    header = notebook.cells[0]
    header.source = with_badges(header.source, badges(path.name, repository))
    cell = next((c for c in notebook.cells if c.get("id") == COLAB_CELL), None)
    if cell is None:
        cell = nbformat.v4.new_code_cell(id=COLAB_CELL)
        notebook.cells.insert(1, cell)
    cell.source = install(repository)
    nbformat.write(notebook, path)


def main() -> None:
    """Write README and every lesson."""
    repository = source()
    readme = ROOT / "README.md"
    made = badges(FIRST_LESSON, repository, images="notebooks/images")
    readme.write_text(
        with_badges(readme.read_text(encoding="utf-8"), made), encoding="utf-8", newline="\n"
    )
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        write_lesson(path, repository)


if __name__ == "__main__":
    main()
