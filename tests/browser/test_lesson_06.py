"""Lesson 06 as a learner meets it: in a real JupyterLab, run whole, by hand and by key."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, expect

from tests.browser.harness import NB

LESSON = "06_logit_lens.ipynb"
EIFFEL, TREVI = "The Eiffel Tower is in", "The Trevi Fountain is in"
OTHERS = {
    "compared": "Sarah is a librarian. The librarian said that",
    "two-hops": "The capital of the state containing Dallas is",
}

Open = Callable[[str | Path], NB]


def widget(nb: NB, prompt: str) -> Locator:
    """The heatmap that opened with this prompt, scrolled into sight."""
    boxes = nb.page.locator(".iw").filter(has=nb.page.locator("textarea"))
    for index in range(boxes.count()):
        if boxes.nth(index).locator("textarea").first.input_value() == prompt:
            boxes.nth(index).scroll_into_view_if_needed()
            return boxes.nth(index)
    raise AssertionError(f"no heatmap shows {prompt!r}")


def value(nb: NB, expression: str) -> Any:
    """A value of the notebook's kernel, as plain data."""
    text = nb.py(f"import json; _r = json.dumps({expression})")
    return json.loads(text[1:-1].encode().decode("unicode_escape"))


def shows(heatmap: Locator, prompt: str) -> None:
    """Wait until the picture is that of this prompt."""
    label = re.compile(re.escape(f"“{prompt}”"))
    expect(heatmap.locator(".iw-grid").first).to_have_attribute("aria-label", label)


def middle(heatmap: Locator, row: int, col: int) -> tuple[float, float]:
    """A point inside a cell, found as a person would: by what the tooltip says there."""
    grid = heatmap.locator(".iw-grid").first
    box = grid.locator("canvas").bounding_box()
    assert box is not None
    rows = int(grid.get_attribute("aria-rowcount") or 0)
    cols = int(grid.get_attribute("aria-colcount") or 0)
    wanted = f"(token {col})"
    name = "embed" if row == 0 else f"L{row - 1}"
    tip = heatmap.locator(".iw-tip h4").first
    mouse = heatmap.page.mouse
    x = box["x"] + 48 + (col + 0.5) * (min(box["width"], 48 + 112 * cols) - 48) / cols
    for step in range(4 * rows):
        y = box["y"] + 24 + (step + 0.5) * (box["height"] - 24) / (4 * rows)
        mouse.move(x, y)
        heatmap.page.wait_for_timeout(20)
        said = tip.inner_text() if tip.is_visible() else ""
        if said.startswith(f"{name} ") and wanted in said:
            return x, y
    raise AssertionError(f"the tooltip never named {name} {wanted}")


def test_the_lesson_runs_and_answers_the_hands(open_notebook: Open) -> None:
    nb = open_notebook(LESSON)
    nb.run_all(timeout=180)
    assert nb.cell_errors() == []
    heatmap = widget(nb, EIFFEL)
    shows(heatmap, EIFFEL)
    nb.screenshot("lesson-06-opened")

    # Hover tells the guesses of a cell; a click pins it.
    x, y = middle(heatmap, 8, 5)
    best = value(nb, "floors.record.vocab[int(floors.record.top_ids[8, 5, 0])]")
    expect(heatmap.locator(".iw-tip li").first).to_contain_text(best.strip())
    nb.page.mouse.click(x, y)
    expect(heatmap.locator(".iw-lines")).to_have_count(1)
    assert value(nb, "floors.pinned") == [[0, 8, 5]]
    nb.screenshot("lesson-06-pinned")

    # Typing runs the lens; undo brings the first prompt and its picture back.
    box = heatmap.get_by_label("Prompt", exact=True)
    box.fill(TREVI)
    shows(heatmap, TREVI)
    assert value(nb, "[floors.prompts, floors.record.prompt]") == [[TREVI], TREVI]
    nb.screenshot("lesson-06-typed")
    box.press("Control+z")
    shows(heatmap, EIFFEL)
    assert value(nb, "[floors.record.prompt, floors.pinned]") == [EIFFEL, [[0, 8, 5]]]
    box.press("Control+z")
    expect(heatmap.locator(".iw-lines")).to_have_count(0)
    assert value(nb, "floors.actions") == []

    # What Python is told shows in the page.
    nb.py("floors.color = 'entropy'")
    expect(heatmap.get_by_role("radio", name="entropy")).to_be_checked()


def test_by_keys_alone_in_the_dark(open_notebook: Open) -> None:
    nb = open_notebook(LESSON)
    nb.theme(dark=True)
    nb.run_all(timeout=180)
    assert nb.cell_errors() == []
    heatmap = widget(nb, EIFFEL)
    shows(heatmap, EIFFEL)
    expect(heatmap).to_have_attribute("data-theme", "dark")
    cells = nb.page.locator(".jp-Cell").count()

    # From the prompt box on, Tab walks through the tools to the grid.
    press = nb.page.keyboard.press
    box = heatmap.get_by_label("Prompt", exact=True)
    box.focus()
    press("End")
    nb.page.keyboard.type(" the city of")
    shows(heatmap, f"{EIFFEL} the city of")
    grid = heatmap.locator(".iw-grid").first
    for _ in range(20):
        press("Tab")
        if grid.evaluate("element => element === document.activeElement"):
            break
    expect(grid).to_be_focused()
    for key in ("Home", "End", "ArrowUp", "ArrowDown", "Enter", "d", "d", "a"):
        press(key)
    active = nb.page.locator(f"#{grid.get_attribute('aria-activedescendant')}")
    expect(active).to_contain_text("token 8")
    assert len(value(nb, "floors.pinned")) == 1
    nb.screenshot("lesson-06-dark")
    press("Control+z")
    press("Control+z")
    shows(heatmap, EIFFEL)
    assert nb.page.locator(".jp-Cell").count() == cells
    assert value(nb, "[floors.pinned, floors.record.prompt]") == [[], EIFFEL]

    # The pictures of the rest of the lesson, for somebody to look at.
    for name, prompt in OTHERS.items():
        widget(nb, prompt)
        nb.screenshot(f"lesson-06-dark-{name}")
