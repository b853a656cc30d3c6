"""SAEDiagram in a real JupyterLab: tokens stepped through, latents held, families found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, expect

from tests.browser.harness import NB
from tests.browser.test_attention_view import holds, value
from tests.widgets.examples import EXAMPLES

ROOT = Path(__file__).parents[2]

SETUP = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from tests.widgets.examples import EXAMPLES
w = EXAMPLES["SAEDiagram"].make()
"""

Notebook = Callable[..., NB]


def agrees(nb: NB) -> None:
    """What is lit in the page is what is lit in Python, and so is the sentence below."""
    lit = value(nb, "[i for i in w.walk.latents if int(w.walk.shine[w.token, i]) == 2]")
    plot = nb.page.locator(".iw-sae-diagram-plot")
    expect(plot).to_have_attribute("data-lit", ",".join(map(str, lit)))
    expect(nb.page.locator(".iw-summary")).to_have_text(value(nb, "w.describe()"))
    expect(nb.page.locator('[data-part="l0"] td').first).to_have_text(
        str(value(nb, "int(w.walk.l0[w.token])"))
    )


def test_a_text_is_stepped_through_and_latents_are_held(notebook: Notebook) -> None:
    nb = notebook([SETUP, "w"])
    page = nb.page
    agrees(nb)
    cells = page.locator(".jp-Notebook-cell").count()
    slider = page.get_by_role("slider", name="Token")
    slider.focus()
    for key in ("ArrowRight", "ArrowRight", "d", "d"):
        page.keyboard.press(key)
    holds(nb, "w.token", 2)
    agrees(nb)
    page.locator('.iw-sae-diagram-text [data-at="4"]').click()
    holds(nb, "w.token", 4)
    agrees(nb)
    at = value(nb, "w.walk.strongest('words')")
    page.get_by_role("button", name="words").click()
    holds(nb, "w.token", at)
    agrees(nb)
    expect(page.get_by_role("button", name="words")).to_have_attribute("data-lit", "true")
    plot = page.locator(".iw-sae-diagram-plot")
    plot.focus()
    for key in ("Home", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    second = value(nb, "w.walk.latents[1]")
    holds(nb, "w.picked", second)
    expect(plot.locator(".iw-sr")).to_contain_text(f"Latent {second}")
    # The weights of this one alone: from every dimension drawn, and to every one.
    expect(plot.locator("svg line")).to_have_count(16)
    # Pointing at others moves a frame; nothing is drawn anew under the pointer.
    page.evaluate("document.querySelector('.iw-sae-diagram-plot svg').dataset.mine = 'yes'")
    plot.locator('[data-latent="7"]').hover()
    expect(plot.locator(".iw-sr")).to_contain_text(f"Latent {value(nb, 'w.walk.latents[7]')}")
    expect(plot.locator("svg[data-mine=yes] line")).to_have_count(16)
    nb.screenshot("sae-diagram-light")
    page.get_by_role("button", name="Undo").click()
    holds(nb, "w.picked", -1)
    assert page.locator(".jp-Notebook-cell").count() == cells
    nb.theme(dark=True)
    expect(page.locator(".iw-sae-diagram")).to_have_attribute("data-theme", "dark")
    nb.screenshot("sae-diagram-dark")


def test_a_page_without_a_kernel_steps_through_all_tokens(
    ctx: BrowserContext, tmp_path: Path
) -> None:
    widget = EXAMPLES["SAEDiagram"].make()
    path = widget.to_html(tmp_path / "page.html")
    page = ctx.new_page()
    try:
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.set_viewport_size({"width": 380, "height": 800})
        page.goto(f"file://{path}")
        for token in range(len(widget.walk.tokens)):
            page.locator(f'.iw-sae-diagram-text [data-at="{token}"]').click()
            widget.push(token=token)
            expect(page.locator(".iw-summary")).to_have_text(widget.describe())
        assert page.evaluate("document.documentElement.scrollWidth") <= 380
        assert errors == []
    finally:
        page.close()
