"""LogitLensHeatmap in a real JupyterLab: what a person does, what Python then holds, what shows."""

from __future__ import annotations

import ast
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import FloatRect, Locator, Page, expect

from tests.browser.harness import NB
from tests.widgets.examples import PROMPT

ROOT = Path(__file__).parents[2]

SETUP = f"""
import sys, time
sys.path.insert(0, {str(ROOT)!r})
from interp_widgets.widgets import LogitLensHeatmap
from tests.widgets.examples import PROMPT, model
from tests.widgets.synthetic import synthetic
"""

ONE = """
w = LogitLensHeatmap(model=model(), prompt=PROMPT, track=[" Austin"], offers=["the city of Rome"])
w
"""

Notebook = Callable[..., NB]


def grid(page: Page, number: int = 0) -> Locator:
    return page.locator(".iw-grid").nth(number)


def shows(page: Page, prompt: str, number: int = 0) -> None:
    """Waits until a heatmap shows this prompt's lens."""
    named = re.compile(re.escape(f"on “{prompt}”"))
    expect(grid(page, number)).to_have_attribute("aria-label", named, timeout=15_000)


def cell(page: Page, row: int, col: int, number: int = 0) -> tuple[float, float]:
    """The middle of a cell on the screen, where all columns are in sight."""
    box: FloatRect | None = grid(page, number).locator("canvas").bounding_box()
    assert box is not None
    label = grid(page, number)
    rows = int(label.get_attribute("aria-rowcount") or 0)
    cols = int(label.get_attribute("aria-colcount") or 0)
    above, below, gutter = 9 + 4, 22, 48
    height = (box["height"] - above - below) / rows
    width = min((box["width"] - gutter) / cols, 112)
    return (
        box["x"] + gutter + (col + 0.5) * width,
        box["y"] + above + (rows - row - 0.5) * height,
    )


def value(nb: NB, expression: str) -> Any:
    return json.loads(ast.literal_eval(nb.py(f"import json; _r = json.dumps({expression})")))


def holds(nb: NB, expression: str, expected: Any) -> None:
    """Waits until Python holds this: messages of widgets and of cells overtake each other."""
    end = time.monotonic() + 10
    while (found := value(nb, expression)) != expected:
        assert time.monotonic() < end, f"{expression} is {found}, not {expected}"
        nb.page.wait_for_timeout(50)


def test_one_view_answers_hands(notebook: Notebook) -> None:
    nb = notebook([SETUP, ONE])
    for play in (hover_pin_and_take_back, colour_type_and_take_back, write_odd_texts):
        play(nb)
        nb.page.mouse.move(2, 2)
        nb.py("w.replay([])")
        shows(nb.page, PROMPT)


def hover_pin_and_take_back(nb: NB) -> None:
    page = nb.page
    tip = page.locator(".iw-tip")

    # Hovering tells the top tokens and stays in the browser.
    page.mouse.move(*cell(page, 2, 3))
    expect(tip).to_be_visible()
    expect(tip.locator("h4")).to_have_text("L1 after ·of (token 3)")
    tops = value(nb, "[w.record.vocab[int(i)].strip() for i in w.record.top_ids[2, 3]]")
    expect(tip.locator("li")).to_have_count(len(tops))
    holds(nb, "w.actions", [])

    # A click pins, and draws the column's lines.
    page.mouse.click(*cell(page, 2, 3))
    expect(page.locator(".iw-lines")).to_have_count(1)
    holds(nb, "w.pinned", [[0, 2, 3]])
    lines = value(nb, "w.trails['0:3']['tokens']")
    expect(page.locator(".iw-label")).to_have_count(len(lines))

    # Keys move the cursor, pin, and do not reach the notebook.
    cells = nb.page.locator(".jp-Cell").count()
    grid(page).focus()
    for key in ("Home", "ArrowDown", "End", "PageDown", "ArrowUp", "Enter", "d", "d", "a", "j"):
        page.keyboard.press(key)
    active = page.locator(f"#{grid(page).get_attribute('aria-activedescendant')}")
    expect(active).to_contain_text("L0, token 5 is")
    holds(nb, "w.pinned", [[0, 2, 3], [0, 1, 5]])
    assert nb.page.locator(".jp-Cell").count() == cells

    # A label is a button, and keeps the focus when it is drawn anew; without heirs the grid has it.
    page.locator(".iw-label").filter(has_text="Austin").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".iw-chip")).to_have_count(0)
    for key in ("Enter", "Enter"):
        page.keyboard.press(key)
    page.get_by_role("button", name="Unpin token 5").press("Enter")
    expect(page.locator(".iw-lines")).to_have_count(1)
    expect(grid(page)).to_be_focused()
    assert nb.page.locator(".jp-Cell").count() == cells
    nb.py("w.replay(w.actions[:2])")
    expect(page.locator(".iw-lines")).to_have_count(2)

    # Undo by key takes back one after the other.
    for left in (1, 0):
        page.keyboard.press("Control+z")
        expect(page.locator(".iw-lines")).to_have_count(left)
    page.keyboard.press("Control+Shift+z")
    expect(page.locator(".iw-lines")).to_have_count(1)
    holds(nb, "[w.pinned, len(w.actions)]", [[[0, 2, 3]], 1])


def colour_type_and_take_back(nb: NB) -> None:
    page = nb.page

    # Colour, lines; typing runs the lens as one types.
    page.mouse.click(*cell(page, 2, 3))
    page.get_by_role("radio", name="KL to output").check()
    page.get_by_role("group", name="Lines").get_by_role("radio", name="rank").check()
    box = page.get_by_label("Prompt", exact=True)
    box.press("End")
    box.press_sequentially(" zebra", delay=20)
    shows(page, "the capital of Texas is zebra")
    expect(page.locator(".iw-under u")).to_have_text("zebra")
    typed = "the capital of Texas is zebra"
    holds(nb, "[w.color, w.measure, w.record.prompt]", ["kl", "rank", typed])

    # Undo by key, in the box as well: the word typed, then one thing after the other.
    box.press("Control+z")
    shows(page, "the capital of Texas is")
    expect(box).to_have_value("the capital of Texas is")
    grid(page).focus()
    for _ in range(2):
        page.keyboard.press("Control+z")
    expect(page.get_by_role("radio", name="probability").first).to_be_checked()
    page.keyboard.press("Control+Shift+z")
    expect(page.get_by_role("radio", name="KL to output")).to_be_checked()
    holds(nb, "[w.color, w.measure, w.pinned]", ["kl", "probability", [[0, 2, 3]]])

    # Python's word shows in the page; so do the theme and an offered prompt.
    nb.py("w.color = 'entropy'")
    expect(page.get_by_role("radio", name="entropy")).to_be_checked()
    ground = "getComputedStyle(document.querySelector('.iw')).backgroundColor"
    light = page.evaluate(ground)
    nb.theme(dark=True)
    expect(page.locator(".iw")).to_have_attribute("data-theme", "dark")
    assert page.evaluate(ground) != light
    page.get_by_label("Prompts this model speaks").select_option("the city of Rome")
    shows(page, "the city of Rome")


def write_odd_texts(nb: NB) -> None:
    page = nb.page
    box = page.get_by_label("Prompt", exact=True)
    for prompt in ("<script>throw 1</script> <b>x</b>", "the 🦓\nof\tTexas", "", "Texas"):
        box.fill(prompt)
        shows(page, prompt)
        holds(nb, "w.record.prompt", prompt)
    assert page.locator(".iw b b, .iw script").count() == 0
    box.fill("the " * 100)
    expect(page.get_by_role("alert")).to_contain_text("reads at most 64")
    shows(page, "Texas")
    box.fill("the city")
    expect(page.locator(".iw-error")).to_be_hidden()
    page.get_by_label("Track a token").fill("zebra")
    page.get_by_role("button", name="Track", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("tokens for")
    page.get_by_label("Track a token").fill("Paris")
    page.get_by_label("Track a token").press("Enter")
    expect(page.locator(".iw-chip")).to_have_count(2)
    holds(nb, "w.tracked", [" Austin", " Paris"])


def test_two_views_one_cursor_while_a_cell_computes_and_after_a_restart(
    notebook: Notebook,
) -> None:
    two = "v = LogitLensHeatmap(model=model(), prompt=PROMPT, compare='the city of Rome'); v"
    sleep = "time.sleep(30 if 'slow' in globals() else 0)"
    nb = notebook([SETUP, ONE, two, sleep, "LogitLensHeatmap(synthetic(80, 1024))"])
    page = nb.page
    expect(page.locator(".iw-grid")).to_have_count(4)
    all_rows_are_in_sight(page, 3)

    # The two sides share one cursor; another widget's column of the same prompt lights, no other.
    grid(page, 1).scroll_into_view_if_needed()
    page.mouse.move(*cell(page, 1, 2, number=1))
    expect(page.locator(".iw-tip.iw-on")).to_have_count(2)
    expect(page.locator(".iw-tip.iw-on").nth(1).locator("h4")).to_contain_text("token 2")
    expect(grid(page, 0)).to_have_attribute("data-lit", "2")
    expect(page.locator(".iw-grid[data-lit]")).to_have_count(1)
    page.mouse.move(*cell(page, 1, 2, number=2))
    expect(page.locator(".iw-tip.iw-on").nth(1).locator("h4")).to_contain_text("token 2")
    expect(page.locator(".iw-grid[data-lit]")).to_have_count(0)
    page.mouse.move(2, 2)

    # Another cell computes: what is typed is kept, and answered as soon as the kernel is free.
    nb.py("slow = True")
    page.evaluate(
        "() => { const {content} = jupyterapp.shell.currentWidget; content.activeCellIndex = 3;"
        " void jupyterapp.commands.execute('notebook:run-cell'); }"
    )
    computing = page.locator(".jp-Cell").nth(3).locator(".jp-InputPrompt")
    expect(computing).to_have_text("[*]:")
    page.get_by_label("Second prompt").fill("the state of Texas")
    expect(page.locator(".iw").nth(1).locator(".iw-busy")).to_have_text("computing")
    expect(page.locator(".iw").nth(1).locator(".iw-busy")).to_be_visible()
    expect(computing).to_have_text("[*]:")

    # Interrupting the kernel stops the cell and leaves the widget alive.
    nb.cmd("notebook:interrupt-kernel")
    expect(computing).not_to_have_text("[*]:")
    shows(page, "the state of Texas", number=2)
    expect(page.locator(".iw").nth(1).locator(".iw-busy")).to_be_hidden()
    page.get_by_label("Prompt", exact=True).fill("the city of Paris")
    shows(page, "the city of Paris", number=0)
    holds(nb, "w.prompts", ["the city of Paris"])
    holds(nb, "v.prompts", ["the capital of Texas is", "the state of Texas"])

    # After a restart the view says what to do.
    page.evaluate(
        "async () => { await jupyterapp.shell.currentWidget.sessionContext"
        ".session.kernel.restart(); }"
    )
    expect(page.get_by_role("alert").first).to_contain_text("run the notebook again")
    page.get_by_label("Prompt", exact=True).fill("nobody listens")  # and no error in the page
    nb.wait_idle()


def all_rows_are_in_sight(page: Page, number: int) -> None:
    view = page.locator(".iw").last
    box = grid(page, number).locator("canvas").bounding_box()
    assert box is not None
    assert 80 * 4 < box["height"] < 500
    grid(page, number).focus()
    page.keyboard.press("ArrowDown")
    expect(view.locator(".iw-tip h4")).to_contain_text("L77")
    page.keyboard.press("Escape")
    for _ in range(12):
        view.get_by_role("button", name="Wider columns").click()
    expect(view.locator(".iw-overview")).to_be_visible()
    view.locator(".iw-overview").click(position={"x": 20, "y": 10})
    # The pane follows, so 20 px from the left is now its middle.
    pane, strip = (
        view.locator(".iw-pane").bounding_box(),
        view.locator(".iw-overview").bounding_box(),
    )
    assert pane is not None
    assert strip is not None
    assert pane["x"] <= strip["x"] + 20 <= pane["x"] + pane["width"]
