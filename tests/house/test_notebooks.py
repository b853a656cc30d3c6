"""Lessons are stored as they ran: every cell, in order, no error, and no widget state."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.house.source import ROOT

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SOMEONES_HOME = re.compile(r"/(home|root|Users|tmp|work)/")


def complaints(notebook: Any) -> list[str]:
    """What is wrong with how a notebook is stored."""
    found = ["widget state is stored"] if "widgets" in notebook.metadata else []
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        found.append("its kernel is not python3")
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    if [cell.execution_count for cell in cells] != list(range(1, len(cells) + 1)):
        found.append("its cells were not run from top to bottom")
    for cell in cells:
        where = f"cell [{cell.execution_count}]"
        if re.search(r"\benviron\b|\bgetenv\b|%env", cell.source):
            found.append(f"{where} reads an environment variable")
        expected = "raises-exception" in cell.metadata.get("tags", [])
        for output in cell.outputs:
            if output.output_type == "error" and not expected:
                found.append(f"{where} stores an error: {output.ename}")
            if WIDGET_VIEW in output.get("data", {}):
                found.append(f"{where} stores a widget view, which nothing can show again")
            text = output.get("text", "") + output.get("data", {}).get("text/plain", "")
            if SOMEONES_HOME.search(text):
                found.append(f"{where} stores a path of the machine it ran on")
    return found


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.name)
def test_lesson(path: Path) -> None:
    assert complaints(nbformat.read(path, as_version=4)) == []


def test_there_are_lessons() -> None:
    assert LESSONS


def test_bad_storage_is_found() -> None:
    v4 = nbformat.v4
    cells = [
        v4.new_code_cell("import os; os.environ['A']", execution_count=2),
        v4.new_code_cell(
            "w",
            execution_count=1,
            outputs=[
                v4.new_output("error", ename="ValueError", evalue="", traceback=[]),
                v4.new_output("display_data", {WIDGET_VIEW: {}, "text/plain": "'/root/x'"}),
            ],
        ),
    ]
    notebook = v4.new_notebook(cells=cells, metadata={"widgets": {}})
    assert len(complaints(notebook)) == 7
