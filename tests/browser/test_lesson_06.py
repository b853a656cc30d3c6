"""Lesson 06 as a learner meets it: in a real JupyterLab, run whole, by hand and by key."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, expect

from tests.browser.harness import NB

LESSON = "06_logit_lens.ipynb"
EIFFEL, TREVI = "The Eiffel Tower is in", "The Trevi Fountain is in"
TWO = "The capital of the state containing Dallas is"
OTHERS = {"compared": "Sarah is a librarian. The librarian said that", "two-hops": TWO}

DIFFERENCE = "LensDifference"

Open = Callable[[str | Path], NB]


def widget(nb: NB, prompt: str, nth: int = 0) -> Locator:
    """The heatmap that opened with this prompt, the `nth` that did, scrolled into sight."""
    boxes = nb.page.locator(".iw").filter(has=nb.page.locator("textarea"))
    for index in range(boxes.count()):
        if boxes.nth(index).locator("textarea").first.input_value() == prompt:
            if nth == 0:
                boxes.nth(index).scroll_into_view_if_needed()
                return boxes.nth(index)
            nth -= 1
    raise AssertionError(f"no heatmap shows {prompt!r}")


def value(nb: NB, expression: str) -> Any:
    """A value of the notebook's kernel, as plain data."""
    text = nb.py(f"import json; _r = json.dumps({expression})")
    return json.loads(text[1:-1].encode().decode("unicode_escape"))


def holds(nb: NB, expression: str, expected: Any) -> None:
    """Wait until Python holds this: what a page sends may arrive after what a test asks."""
    end = time.monotonic() + 10
    while (found := value(nb, expression)) != expected:
        assert time.monotonic() < end, f"{expression} is {found}, not {expected}"
        nb.page.wait_for_timeout(50)


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


def test_the_lesson_runs_and_answers_keys_in_the_dark_and_hands_in_the_light(
    open_notebook: Open,
) -> None:
    nb = open_notebook(LESSON)
    nb.theme(dark=True)
    nb.run_all(timeout=180)
    assert nb.cell_errors() == []
    by_keys_alone_in_the_dark(nb)
    nb.theme(dark=False)
    expect(widget(nb, EIFFEL)).to_have_attribute("data-theme", "light")
    for play in (by_hand, lenses_are_switched_and_subtracted, the_quiz_grades):
        play(nb)


def by_keys_alone_in_the_dark(nb: NB) -> None:
    """The lesson was opened in the dark: what it drew is dark, and all is left as it was."""
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
    for name, prompt, nth in (("tuned", EIFFEL, 1), ("yours", TREVI, 0), ("difference", TWO, 1)):
        widget(nb, prompt, nth)
        nb.screenshot(f"lesson-06-dark-{name}")
    nb.page.locator(".iw-quiz").scroll_into_view_if_needed()
    nb.screenshot("lesson-06-dark-quiz")


def by_hand(nb: NB) -> None:
    """Hover, click, type, undo; and what Python is told shows in the page."""
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


def lenses_are_switched_and_subtracted(nb: NB) -> None:
    heatmap = widget(nb, EIFFEL, 1)
    expect(heatmap.get_by_role("radio", name="tuned")).to_be_checked()
    middle(heatmap, 6, 5)
    expect(heatmap.locator(".iw-tip li").first).to_contain_text("Paris")

    # Another lens: Python reads through it, and the same cell says something else.
    heatmap.get_by_role("radio", name="logit").check()
    holds(nb, "[tuned_floors.kinds, tuned_floors.record.kind]", [["logit"], "logit"])
    middle(heatmap, 6, 5)
    best = value(nb, "tuned_floors.record.vocab[int(tuned_floors.record.top_ids[6, 5, 0])]")
    assert best != " Paris"
    expect(heatmap.locator(".iw-tip li").first).to_contain_text(best.strip())

    # One less the other: what the tuned lens has gained there is the answer.
    heatmap.get_by_role("radio", name="tuned").check()
    heatmap.get_by_role("combobox", name="Less").select_option("logit")
    holds(nb, "[tuned_floors.bases, type(tuned_floors.record).__name__]", [["logit"], DIFFERENCE])
    assert value(nb, "float(tuned_floors.record.top_diffs[6, 5, 0])") > 0.5
    expect(heatmap.get_by_role("radio", name="gain")).to_be_visible()
    nb.screenshot("lesson-06-tuned-less-logit")

    # The lens that was trained above is one to choose; the last heatmap opens as a difference.
    own = widget(nb, TREVI)
    expect(own.get_by_role("radio", name="yours")).to_be_checked()
    parted = widget(nb, TWO, 1)
    assert value(nb, "[parted.kinds, parted.bases]") == [["tuned"], ["jacobian"]]
    nb.screenshot("lesson-06-tuned-less-jacobian")
    nb.py("parted.bases = ['']; parted.kinds = ['jacobian']")
    expect(parted.get_by_role("radio", name="Jacobian")).to_be_checked()


def the_quiz_grades(nb: NB) -> None:
    quiz = nb.page.locator(".iw-quiz")
    quiz.scroll_into_view_if_needed()
    check = quiz.get_by_role("button", name="Check")
    quiz.get_by_role("radio", name="the logits of one layer earlier").check()
    check.click()
    expect(quiz.locator(".iw-told")).to_contain_text("Count the rows")
    quiz.get_by_role("radio", name="the model's own logits").check()
    check.click()
    expect(quiz.locator(".iw-told")).to_contain_text("A lens that fails here has a bug")
    # The second try teaches, but does not count.
    asked = "next(v for v in _oh.values() if type(v).__name__ == 'Quiz')"
    holds(nb, f"[{asked}.score['given'], {asked}.score['right']]", [1, 0])
    nb.screenshot("lesson-06-quiz")
