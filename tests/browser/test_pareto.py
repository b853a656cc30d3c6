"""ParetoExplorer in a real JupyterLab: points by pointer and key, axes, filters, one's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

import interp_widgets as iw
from tests.browser.harness import NB
from tests.browser.test_attention_view import holds, value

SETUP = """
import interp_widgets as iw
w = iw.ParetoExplorer(iw.sae_sweep())
"""

Notebook = Callable[..., NB]


def agrees(nb: NB) -> None:
    """The front that the page draws, and its sentence, are Python's."""
    plot = nb.page.locator(".iw-pareto-plot")
    front = value(nb, "w.points.front(w.x, w.y, w.shown)")
    expect(plot).to_have_attribute("data-front", ",".join(map(str, front)))
    expect(nb.page.locator(".iw-summary")).to_have_text(value(nb, "w.describe()"))


def has_place(nb: NB) -> str:
    """How many of the points shown have a place on a logarithmic axis of ΔCE."""
    return str(value(nb, "sum(w.points.values['delta_ce'][i] > 0 for i in w.shown)"))


def press(page: Page, point: int) -> tuple[float, float]:
    """Clicks a point where it is drawn; where that is."""
    box = page.locator(f'.iw-pareto-plot [data-point="{point}"]').bounding_box()
    assert box is not None
    at = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.click(*at)
    return at


def test_points_are_compared_by_hand_and_by_key(notebook: Notebook) -> None:
    nb = notebook([SETUP, "w"])
    page = nb.page
    plot = page.locator(".iw-pareto-plot")
    expect(plot).to_have_attribute("data-drawn", "29")
    agrees(nb)
    cells = page.locator(".jp-Notebook-cell").count()
    at = press(page, 14)
    holds(nb, "w.pinned", [14])
    expect(page.locator(".iw-tip")).to_be_hidden()  # it would cover the table
    plot.focus()
    for key in ("Home", "ArrowRight", "Enter", "d", "d"):
        page.keyboard.press(key)
        page.mouse.move(*at)  # as browsers do when the page moves: a pointer at rest takes nothing
    second = value(nb, "sorted(range(29), key=lambda i: (w.points.values['l0'][i], i))[1]")
    holds(nb, "w.pinned", [14, second])
    tip = page.locator(".iw-tip")
    expect(tip).to_contain_text(value(nb, f"w.points.names[{second}]"))
    expect(tip).to_contain_text(value(nb, f"w.points.text('kl', {second})"))
    row = page.locator('tr[data-measure="ce_recovered"]')
    for point in (14, second):
        expect(row).to_contain_text(value(nb, f"w.points.text('ce_recovered', {point})"))
    apart = value(nb, "w.difference()['ce_recovered']")
    said = f"{apart:+.3f}".replace("-", "−")
    expect(row).to_contain_text(f"{said} {'better' if apart > 0 else 'worse'}")
    nb.screenshot("pareto-light")

    page.get_by_label("Up: measure").select_option("delta_ce")
    holds(nb, "w.y", "delta_ce")
    agrees(nb)
    page.get_by_role("group", name="Up: scale").get_by_role("radio", name="log").check()
    holds(nb, "w.y_scale", "log")
    page.get_by_role("button", name="gated").click()
    holds(nb, "w.hidden", ["gated"])
    holds(nb, "len(w.shown)", 25)
    expect(plot).to_have_attribute("data-drawn", has_place(nb))
    agrees(nb)
    page.get_by_label("Width").select_option("512")
    holds(nb, "len(w.shown)", 20)
    expect(plot).to_have_attribute("data-drawn", has_place(nb))
    agrees(nb)
    page.get_by_label("Across: measure").select_option("delta_ce")  # they change places
    holds(nb, "(w.x, w.y, w.x_scale, w.y_scale)", ["delta_ce", "l0", "log", "log"])
    agrees(nb)
    page.get_by_role("button", name="Undo").click()
    holds(nb, "w.x", "l0")

    nb.py("w.add('mine', {'variant': 'topk', 'width': 512, 'l0': 6.0, 'delta_ce': 0.01})")
    holds(nb, "len(w.shown)", 21)
    expect(plot).to_have_attribute("data-drawn", has_place(nb))
    expect(plot.locator("text", has_text="mine")).to_be_visible()
    agrees(nb)
    assert page.locator(".jp-Notebook-cell").count() == cells
    nb.theme(dark=True)
    expect(page.locator(".iw-pareto")).to_have_attribute("data-theme", "dark")
    nb.screenshot("pareto-dark")


def test_a_page_without_a_kernel_finds_fronts_itself(ctx: BrowserContext, tmp_path: Path) -> None:
    widget = iw.ParetoExplorer(iw.sae_sweep())
    path = widget.to_html(tmp_path / "page.html")
    page = ctx.new_page()
    try:
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.set_viewport_size({"width": 380, "height": 800})
        page.goto(f"file://{path}")
        plot = page.locator(".iw-pareto-plot")
        expect(plot).to_have_attribute("data-drawn", "29")
        assert page.evaluate("document.documentElement.scrollWidth") <= 380
        page.get_by_label("Up: measure").select_option("shrinkage")
        page.get_by_role("button", name="jumprelu").click()
        widget.act({"do": "axis", "axis": "y", "by": "shrinkage"})
        widget.act({"do": "variant", "name": "jumprelu"})
        expect(page.locator(".iw-summary")).to_have_text(widget.describe())
        front = widget.points.front("l0", "shrinkage", widget.shown)
        expect(plot).to_have_attribute("data-front", ",".join(map(str, front)))
        with page.expect_download() as saved:
            page.locator("summary").click()
            page.get_by_role("button", name="CSV").click()
        lines = saved.value.path().read_text().splitlines()
        assert len(lines) == 1 + len(widget.shown)
        assert sum(line.endswith("true") for line in lines) == len(front)
        assert errors == []
    finally:
        page.close()
