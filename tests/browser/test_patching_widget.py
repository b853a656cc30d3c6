"""LayerBarPatching in a real JupyterLab: bars, keys, the card, another mode, a wrong prompt."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.harness import NB
from tests.browser.test_attention_view import holds, value

ROOT = Path(__file__).parents[2]

SETUP = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from interp_widgets.widgets import LayerBarPatching
from tests.widgets.examples import OTHER, PROMPT, model
w = LayerBarPatching(model=model(), clean=PROMPT, corrupt=OTHER, answer=" Austin",
                     distractor=" Paris")
"""

Notebook = Callable[..., NB]


def bar(page: Page, layer: int) -> Locator:
    return page.locator(f'.iw-patch-bars [data-layer="{layer}"]')


def agrees(nb: NB) -> None:
    """Every bar says the recovery that Python holds, measured."""
    for layer, share in enumerate(value(nb, "w.wait().recovery.tolist()")):
        expect(bar(nb.page, layer)).to_have_attribute("data-known", "exact")
        said = f"recovery {share:z.2f}".replace("-", "−")
        expect(bar(nb.page, layer)).to_have_attribute("aria-label", re.compile(said))
    expect(nb.page.locator(".iw-patch-bars")).to_have_attribute("data-stale", "false")


def test_layer_bars_answer_hands(notebook: Notebook) -> None:
    nb = notebook([SETUP, "w"])
    page = nb.page
    expect(bar(page, 2)).to_be_visible()
    agrees(nb)
    expect(page.locator(".iw-light")).to_have_attribute("data-state", "good")
    cells = page.locator(".jp-Notebook-cell").count()
    page.get_by_role("button", name=re.compile("position 4")).click()
    holds(nb, "w.pos", 4)
    agrees(nb)
    bar(page, 0).click()
    holds(nb, "w.opened", 0)
    card = page.locator(".iw-patch-card")
    expect(card).to_contain_text("after the patch")
    expect(card.locator("ol").first.locator("li")).to_have_count(6)
    page.keyboard.press("ArrowRight")
    expect(bar(page, 1)).to_be_focused()
    page.keyboard.press("Enter")
    holds(nb, "w.opened", 1)
    expect(card.locator("h4")).to_have_text("Layer 1")
    page.get_by_role("radio", name="all positions").check()
    holds(nb, "w.mode", "all")
    expect(page.locator(".iw-patch-note")).to_contain_text("every bar is 1.0")
    agrees(nb)
    nb.screenshot("layer-bars-light")
    page.get_by_role("radio", name="one head").check()
    page.get_by_label("Head that is patched").select_option("2")
    holds(nb, "[w.mode, w.head]", ["head", 2])
    agrees(nb)
    page.get_by_label("Corrupt prompt").fill("the city of")
    expect(page.locator(".iw-error")).to_contain_text("corrupt |")
    expect(page.locator(".iw-patch-bars")).to_have_attribute("data-stale", "true")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".iw-error")).to_be_hidden()
    agrees(nb)
    assert page.locator(".jp-Notebook-cell").count() == cells
    nb.theme(dark=True)
    expect(page.locator(".iw-patch")).to_have_attribute("data-theme", "dark")
    nb.screenshot("layer-bars-dark")
