"""SuperpositionPlayground in a real JupyterLab: training, sliders by key, undo, an export."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.harness import NB
from tests.browser.test_attention_view import holds, value

ROOT = Path(__file__).parents[2]

SETUP = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from interp_widgets.widgets import SuperpositionPlayground
w = SuperpositionPlayground()
"""

Notebook = Callable[..., NB]


def settled(nb: NB, shapes: list[str]) -> None:
    """Training is over, Python and the page say the same shape, and nothing moves any more."""
    holds(nb, "w.wait().record.shapes()", shapes)
    expect(nb.page.locator(".iw-toy figure[data-still]")).to_have_attribute("data-still", "true")


def overlaps(page: Page) -> list[float]:
    """The numbers written in the square of dot products."""
    texts = page.locator(".iw-toy figure[data-features] text[pointer-events]").all_text_contents()
    return [float(text.replace("−", "-")) for text in texts]


def test_a_toy_learns_under_ones_hands(notebook: Notebook) -> None:
    nb = notebook([SETUP, "w"])
    page = nb.page
    words = page.locator(".iw-toy-words")
    expect(words).to_contain_text("Untrained")
    cells = page.locator(".jp-Notebook-cell").count()
    page.get_by_role("button", name="Train", exact=True).click()
    settled(nb, ["a pentagon"])
    expect(words).to_contain_text("5 features share 2 dimensions (a pentagon)")
    expect(words.locator(".iw-light")).to_have_attribute("data-state", "good")
    exact = value(nb, "w.record.gram.flatten().tolist()")
    assert max(abs(a - b) for a, b in zip(overlaps(page), exact, strict=True)) < 0.06
    expect(page.locator('.iw-toy svg [data-feature][data-held="true"]')).to_have_count(5)

    # By key: dense features, and training goes on from these weights.
    page.get_by_label("each feature is on").focus()
    page.keyboard.press("End")
    holds(nb, "[w.density, w.wait().record.changes[:1]]", [1.0, [1000]])
    expect(words).to_contain_text("2 features in 2 dimensions")
    expect(page.locator("[data-change='1000']")).to_have_count(1)
    settled(nb, value(nb, "w.record.shapes()"))
    expect(page.locator('.iw-toy svg [data-feature][data-held="true"]')).to_have_count(2)
    nb.screenshot("superposition-light")

    # What was trained before comes back at once, without training.
    before = time.monotonic()
    page.get_by_role("button", name="Undo").click()
    expect(words).to_contain_text("a pentagon")
    assert time.monotonic() - before < 3
    assert value(nb, "int(w.record.steps[-1])") == 1000

    # A feature by keys: its row, its arrow, and what it shares.
    chip = page.get_by_role("button", name="feature 0, represented")
    chip.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    holds(nb, "w.picked", 1)
    share = value(nb, "float(w.record.dimensionality[1])")
    expect(words).to_contain_text(f"{share:.2f} of a dimension")
    page.get_by_role("button", name="20 coats, 5 hooks").click()
    holds(nb, "list(w.wait().record.weights.shape)", [20, 5])
    expect(page.locator(".iw-toy svg [data-feature] title")).to_have_count(20)
    assert page.locator(".jp-Notebook-cell").count() == cells
    nb.theme(dark=True)
    expect(page.locator(".iw-toy")).to_have_attribute("data-theme", "dark")
    nb.screenshot("superposition-dark")


def test_a_page_without_a_kernel_shows_a_recorded_run(ctx: BrowserContext, tmp_path: Path) -> None:
    from interp_widgets.widgets import SuperpositionPlayground

    path = SuperpositionPlayground().to_html(tmp_path / "page.html", record=[{"do": "train"}])
    page = ctx.new_page()
    try:
        page.goto(f"file://{path}")
        words = page.locator(".iw-toy-words")
        expect(words).to_contain_text("Untrained")
        page.get_by_role("button", name="Train", exact=True).click()
        expect(words).to_contain_text("a pentagon")
        places = page.locator(".iw-toy figure[data-still]")
        expect(places).to_have_attribute("data-still", "false")  # the run is played
        expect(places).to_have_attribute("data-still", "true")
        page.get_by_role("button", name=re.compile("feature 3")).click()
        expect(words).to_contain_text("Feature 3: squared norm")
        page.get_by_role("button", name="never together").click()
        expect(page.locator(".iw-error")).to_contain_text("without a kernel")
    finally:
        page.close()
