"""OverlapPlot in a real JupyterLab: drag, keys, strengths, another pair, and without a kernel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.harness import NB
from tests.browser.test_attention_view import holds, value

ROOT = Path(__file__).parents[2]

SETUP = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from interp_widgets.widgets import OverlapPlot
w = OverlapPlot()
"""

Notebook = Callable[..., NB]


def said(number: float) -> str:
    return f"{number:z.2f}".replace("-", "−")


def agrees(nb: NB) -> None:
    """Every bar says what Python holds."""
    rows = value(
        nb, "list(zip(w.record.names, w.record.strengths.tolist(), w.record.readings.tolist()))"
    )
    for i, (name, strength, reading) in enumerate(rows):
        expect(nb.page.locator(f'.iw-overlap g[role=img][data-feature="{i}"]')).to_have_attribute(
            "aria-label", f"{name}: on with {said(strength)}, reads {said(reading)}"
        )


def drag(page: Page, arrow: int, to: tuple[float, float], reach: float) -> None:
    """Takes a tip with the mouse and puts it elsewhere in the plane."""
    tip = page.locator(f'[data-arrow="{arrow}"] circle').first.bounding_box()
    box = page.locator(".iw-overlap-plane svg").bounding_box()
    assert tip is not None
    assert box is not None
    page.mouse.move(tip["x"] + tip["width"] / 2, tip["y"] + tip["height"] / 2)
    page.mouse.down()
    x, y = (0.5 + to[0] / (2 * reach), 0.5 - to[1] / (2 * reach))
    page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=8)
    page.mouse.up()


def test_directions_are_turned_by_hand_and_by_key(notebook: Notebook) -> None:
    nb = notebook([SETUP, "w"])
    page = nb.page
    words = page.locator(".iw-overlap-words")
    expect(words).to_have_text(
        "Cosine 0.80. credential reads 2.30 = 1.50 its own + 0.80 of others; urgency reads 2.20 = "
        "1.00 its own + 1.20 of others."
    )
    cells = page.locator(".jp-Notebook-cell").count()
    drag(page, 1, (0.0, 1.0), reach=2.8)
    holds(nb, "len(w.actions)", 1)
    assert abs(value(nb, "float(w.record.cosines[0, 1])")) < 0.02
    agrees(nb)
    page.get_by_role("button", name="Undo").click()
    holds(nb, "w.moved", [])
    expect(words).to_contain_text("credential reads 2.30")

    arrow = page.get_by_role("slider", name="Direction of urgency")
    arrow.focus()
    for key in ("Shift+ArrowLeft", "ArrowLeft", "ArrowUp", "d", "d"):
        page.keyboard.press(key)
    expect(arrow).to_be_focused()
    expect(arrow).to_have_attribute("aria-valuetext", "length 1.05, angle 53°")
    agrees(nb)
    page.get_by_label("credential is on with").focus()
    page.keyboard.press("Home")
    holds(nb, "w.strengths[0]", -3.0)
    agrees(nb)
    nb.screenshot("overlap-light")

    page.get_by_role("radio", name="20 coats").check()
    holds(nb, "w.preset", "coats")
    page.get_by_label("Second direction").select_option("coat 7")
    holds(nb, "w.pair", [0, 7])
    agrees(nb)
    drag(page, 1, (1.0, 0.1), reach=1.4)
    holds(nb, "w.moved != []", True)
    agrees(nb)
    assert page.locator(".jp-Notebook-cell").count() == cells
    nb.theme(dark=True)
    expect(page.locator(".iw-overlap")).to_have_attribute("data-theme", "dark")
    nb.screenshot("overlap-dark")


def test_a_page_without_a_kernel_can_be_dragged(ctx: BrowserContext, tmp_path: Path) -> None:
    from interp_widgets.widgets import OverlapPlot

    path = OverlapPlot().to_html(tmp_path / "page.html")
    page = ctx.new_page()
    try:
        page.goto(f"file://{path}")
        drag(page, 1, (0.0, 1.0), reach=2.8)
        expect(page.locator(".iw-overlap-words")).to_contain_text("Cosine 0.0")
        expect(page.locator(".iw-summary")).to_contain_text("Cosine 0.0")
        page.get_by_role("button", name="Undo").click()
        expect(page.locator(".iw-overlap-words")).to_contain_text("Cosine 0.80")
    finally:
        page.close()
