"""HeadGrid in a real JupyterLab: heads opened, gathered, tagged, followed and run, by hand."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from interp_widgets.widgets import HeadGrid
from tests.browser.harness import NB
from tests.browser.test_attention_view import holds, value
from tests.widgets.examples import OTHER, PROMPT, model

ROOT = Path(__file__).parents[2]

SETUP = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from interp_widgets.widgets import HeadGrid
from tests.widgets.examples import OTHER, PROMPT, model
w = HeadGrid(model(), clean=PROMPT, corrupt=OTHER, answer=" Austin", distractor=" Paris")
"""

LAYERS, HEADS, GUTTER, FOOT = 3, 4, 30, 18
Notebook = Callable[..., NB]


def at(page: Page, layer: int, head: int) -> tuple[float, float]:
    """The middle of a head's cell."""
    canvas = page.locator(".iw-heads-grid canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    wide, tall = (box["width"] - GUTTER - 2) / HEADS, (box["height"] - FOOT - 2) / LAYERS
    x = box["x"] + GUTTER + (head + 0.5) * wide
    return x, box["y"] + 1 + (LAYERS - 1 - layer + 0.5) * tall


def says(page: Page, layer: int, head: int, number: float) -> None:
    """Pointing at a head tells this number."""
    page.mouse.move(*at(page, layer, head))
    said = f"{number:z.3f}".replace("-", "−")
    expect(page.locator(".iw-heads-readout")).to_contain_text(said)
    expect(page.locator(".iw-heads-readout")).to_contain_text(f"L{layer}.z.{head}")


def gathers_and_runs(nb: NB) -> None:
    """A set by rubber band, by key, and by Shift with a click; then the model with only these."""
    page = nb.page
    page.mouse.move(*at(page, 0, 0))
    page.mouse.down()
    page.mouse.move(*at(page, 1, 1), steps=4)
    page.mouse.up()
    holds(nb, "w.selected", [[0, 0], [0, 1], [1, 0], [1, 1]])
    page.keyboard.down("Shift")
    page.mouse.click(*at(page, 0, 1))
    page.keyboard.up("Shift")
    page.locator(".iw-heads-grid").focus()
    page.keyboard.press("End")
    page.keyboard.press("Space")
    holds(nb, "w.selected", [[0, 0], [0, 3], [1, 0], [1, 1]])
    page.get_by_role("button", name="Run with only these").click()
    holds(nb, "w.circuit == [f'L{a}.z.{b}' for a, b in w.selected]", True)
    share = f"{value(nb, 'w.wait().run.faithfulness'):z.2f}".replace("-", "−")
    expect(page.locator(".iw-heads-ran b")).to_have_text(f"Faithfulness {share}")
    page.get_by_role("radio", name="zero").check()
    holds(nb, "w.replace", "zero")
    nb.screenshot("head-grid-light")


def follows_a_path(nb: NB) -> None:
    """Its sender is the open head, its receiver is picked in the grid."""
    page, card = nb.page, nb.page.locator(".iw-heads-card")
    page.mouse.click(*at(page, 0, 3))
    holds(nb, "w.opened", [0, 3])
    card.get_by_role("radio", name="values").check()
    card.get_by_role("button", name="Pick the head it feeds").click()
    page.mouse.click(*at(page, 0, 1))
    expect(page.locator(".iw-error")).to_contain_text("later layer")
    page.mouse.click(*at(page, 2, 1))
    holds(nb, "[w.sender, w.receiver]", ["L0.z.3", "L2.v.1"])
    effect = f"{value(nb, 'float(w.wait().path.effect.sum())'):z.2f}".replace("-", "−")
    route = page.locator(".iw-heads-route")
    expect(route).to_contain_text("L0.z.3 → L2.v.1: with only this path from the corrupt run")
    expect(route).to_contain_text(effect)


def test_head_grid_answers_hands(notebook: Notebook) -> None:
    nb = notebook([SETUP, "w"])
    page = nb.page
    grid = page.locator(".iw-heads-grid")
    expect(grid).to_be_visible()
    cells = page.locator(".jp-Notebook-cell").count()
    says(page, 2, 1, value(nb, "float(w.wait().values[2, 1])"))
    # The card of a head, by click and by key.
    page.mouse.click(*at(page, 1, 2))
    holds(nb, "w.opened", [1, 2])
    card = page.locator(".iw-heads-card")
    expect(card.locator(".iw-heads-name")).to_have_text("L1.z.2")
    expect(card.locator(".iw-att-matrix")).to_have_attribute("data-drawn", "L1.z.2")
    expect(card.locator(".iw-heads-writes li").first).to_be_visible()
    grid.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    holds(nb, "w.opened", [2, 2])
    # A role is written on the head.
    card.get_by_label("Role of this head").fill("mover")
    page.keyboard.press("Enter")
    holds(nb, "w.roles", {"L2.z.2": "mover"})
    gathers_and_runs(nb)
    follows_a_path(nb)
    # Another measure; undo; nothing reached the notebook.
    page.get_by_label("What is drawn").select_option("copying")
    holds(nb, "w.measure", "copying")
    says(page, 1, 0, value(nb, "float(w.values[1, 0])"))
    page.get_by_role("button", name="Undo").click()
    holds(nb, "w.measure", "denoise")
    page.get_by_label("Corrupt prompt").fill("the city of")
    expect(page.locator(".iw-error")).to_contain_text("corrupt |")
    expect(grid).to_have_attribute("data-stale", "true")
    page.get_by_role("button", name="Undo").click()
    expect(grid).to_have_attribute("data-stale", "false")
    assert page.locator(".jp-Notebook-cell").count() == cells
    nb.theme(dark=True)
    expect(page.locator(".iw-heads")).to_have_attribute("data-theme", "dark")
    nb.screenshot("head-grid-dark")


def test_an_exported_grid_opens_every_head(ctx: BrowserContext, tmp_path: Path) -> None:
    widget = HeadGrid(
        model(), clean=PROMPT, corrupt=OTHER, answer=" Austin", roles={"L0.z.0": "mover"}
    )
    path = widget.to_html(tmp_path / "heads.html", record=[{"do": "effect", "by": "noise"}])
    page = ctx.new_page()
    try:
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.set_viewport_size({"width": 380, "height": 800})
        page.goto(f"file://{path}")
        page.mouse.click(*at(page, 1, 3))
        expect(page.locator(".iw-heads-name")).to_have_text("L1.z.3")
        expect(page.locator(".iw-att-matrix")).to_have_attribute("data-drawn", "L1.z.3")
        grid = page.locator(".iw-heads-grid")
        page.get_by_label("What is drawn").select_option("noise")
        expect(grid).to_have_attribute("data-stale", "false")
        expect(page.locator(".iw-head").first).to_contain_text("corrupt into clean")
        page.get_by_label("What is drawn").select_option("induction")
        expect(page.locator(".iw-head").first).to_contain_text("induction")
        page.get_by_label("What is drawn").select_option("zero")
        expect(page.get_by_role("alert")).to_contain_text("without a kernel")
        assert page.evaluate("document.documentElement.scrollWidth") <= 380
        assert errors == []
        with page.expect_download() as saved:
            page.locator("summary").click()
            page.get_by_role("button", name="CSV").click()
        rows = saved.value.path().read_text().splitlines()
        assert len(rows) == 1 + LAYERS * HEADS
        assert re.match(r"0,0,L0\.z\.0,.*,mover,", rows[1])
    finally:
        page.close()
