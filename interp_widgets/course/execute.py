"""Re-run lessons in place: ``python -m interp_widgets.course.execute notebooks/06_….ipynb``.

Stored are text and static pictures, in order of execution. Left out is what differs from machine to
machine or shows nothing without a kernel: widget views, their state, timings, Python's version.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode

SECONDS_PER_CELL = 120
DEPENDS_ON_WEIGHTS = "depends-on-weights"  # a tag
_NOT_STORED = ("application/vnd.jupyter.widget-view+json", "application/vnd.plotly.v1+json")
_KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def execute(path: Path) -> None:
    """Run every cell of a notebook in its own folder and write it back.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell raised; the file is left as it was.
    """
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=SECONDS_PER_CELL,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,
        store_widget_state=False,
    )
    client.execute()
    tidy(notebook)
    nbformat.write(notebook, path)


def tidy(notebook: NotebookNode) -> None:
    """Take out of a notebook, in place, what is not to be stored."""
    notebook.metadata = type(notebook.metadata)(
        kernelspec=_KERNEL, language_info={"name": "python", "pygments_lexer": "ipython3"}
    )
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            joined = _joined([_kept(output) for output in cell.outputs])
            cell.outputs = [output for output in joined if not _wiped(output)]


def to_read_again(path: Path) -> list[str]:
    """Names of the text cells that say what the course model did: with other weights, see anew."""
    import nbformat

    cells = nbformat.read(path, as_version=4).cells
    return [cell.id for cell in cells if DEPENDS_ON_WEIGHTS in cell.metadata.get("tags", [])]


def _kept(output: Any) -> Any:
    data = output.get("data", {})
    for mime in _NOT_STORED:
        data.pop(mime, None)
    if "image/png" in data:
        data.pop("text/html", None)
    return output


def _joined(outputs: list[Any]) -> list[Any]:
    """Neighbouring pieces of one stream as one: where a stream is cut depends on timing."""
    whole: list[Any] = []
    for output in outputs:
        last = whole[-1] if whole else None
        if last is not None and _stream(last) == _stream(output) != "":
            last.text += output.text
        else:
            whole.append(output)
    return whole


def _wiped(output: Any) -> bool:
    """Whether a stream shows nothing in the end, as a progress bar that has gone."""
    return bool(_stream(output)) and not re.sub(r"[^\n]*\r", "", output.text).strip()


def _stream(output: Any) -> str:
    """``stdout`` or ``stderr``; empty for what is no stream."""
    return output.name if output.output_type == "stream" else ""


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python -m interp_widgets.course.execute notebooks/06_logit_lens.ipynb …")
    for argument in sys.argv[1:]:
        execute(Path(argument).resolve())
        sys.stdout.write(f"{argument}: executed\n")
        for cell in to_read_again(Path(argument)):
            sys.stdout.write(f"  read again if the weights are new: {cell}\n")
