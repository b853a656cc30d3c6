"""AttributionScatter in a real JupyterLab: points by pointer and key, techniques, places."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, expect

from interp_widgets.widgets import AttributionScatter
from tests.browser.harness import NB
from tests.browser.test_attention_view import holds, value
from tests.widgets.examples import OTHER, PROMPT, model

ROOT = Path(__file__).parents[2]

SETUP = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from interp_widgets.widgets import AttributionScatter
from tests.widgets.examples import OTHER, PROMPT, model
w = AttributionScatter(model(), clean=PROMPT, corrupt=OTHER, answer=" Austin",
                       distractor=" Paris", site=["mlp_out", "z"])
"""

Notebook = Callable[..., NB]


def written(number: float, digits: int = 3) -> str:
    """A number as the page writes it."""
    return f"{number:z.{digits}f}".replace("-", "−")


def test_scatter_answers_hands(notebook: Notebook) -> None:
    nb = notebook([SETUP, "w"])
    page = nb.page
    plot = page.locator(".iw-scatter-plot")
    count = value(nb, "len(w.wait()._compared().estimate)")
    expect(plot).to_have_attribute("data-known", str(count))
    numbers = page.locator(".iw-scatter-numbers")
    expect(numbers).to_contain_text(f"Pearson {written(value(nb, 'w.pearson'))}")
    expect(numbers).to_contain_text(f"Spearman {written(value(nb, 'w.spearman'))}")
    cells = page.locator(".jp-Notebook-cell").count()
    # By key: the cell that is furthest off, then the next one.
    worst = value(
        nb, "(w._compared().estimate - w._compared().exact).abs().argsort(descending=True).tolist()"
    )
    plot.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    holds(nb, "w.picked", worst[1])
    card = page.locator(".iw-scatter-card")
    pair = f"[float(x[{worst[1]}]) for x in (w._compared().estimate, w._compared().exact)]"
    for number in value(nb, pair):
        expect(card).to_contain_text(written(number))
    expect(page.locator(".iw-tip")).to_be_visible()
    page.keyboard.press("Enter")
    holds(nb, "w.picked", -1)
    page.get_by_role("radio", name="integrated").check()
    holds(nb, "[w.technique, w.steps]", ["integrated", 8])
    steps = page.get_by_label("Steps of integrated gradients")
    steps.fill("3")
    steps.press("Enter")
    holds(nb, "w.steps", 3)
    expect(numbers).to_contain_text(f"Pearson {written(value(nb, 'w.wait().pearson'))}")
    page.get_by_role("button", name="q", exact=True).click()
    holds(nb, "w.sites", ["mlp_out", "z", "q"])
    page.get_by_role("button", name="mlp_out", exact=True).click()
    holds(nb, "w.sites", ["z", "q"])
    expect(page.locator(".iw-scatter-residuals tbody tr")).to_have_count(2)
    nb.screenshot("scatter-light")
    page.get_by_role("radio", name="exact softmax").check()
    holds(nb, "w.technique", "qk")
    expect(numbers).to_contain_text(f"Pearson {written(value(nb, 'w.wait().pearson'))}")
    page.get_by_role("button", name="Undo").click()
    holds(nb, "w.technique", "integrated")
    page.get_by_label("Corrupt prompt").fill("the city of")
    expect(page.locator(".iw-error")).to_contain_text("corrupt |")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".iw-error")).to_be_hidden()
    assert page.locator(".jp-Notebook-cell").count() == cells
    nb.theme(dark=True)
    expect(page.locator(".iw-scatter")).to_have_attribute("data-theme", "dark")
    nb.screenshot("scatter-dark")


def test_an_exported_scatter_holds_points_and_files(ctx: BrowserContext, tmp_path: Path) -> None:
    widget = AttributionScatter(model(), clean=PROMPT, corrupt=OTHER, answer=" Austin").wait()
    path = widget.to_html(tmp_path / "scatter.html", record=[{"do": "technique", "by": "qk"}])
    found = widget._compared()
    page = ctx.new_page()
    try:
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.set_viewport_size({"width": 380, "height": 800})
        page.goto(f"file://{path}")
        plot = page.locator(".iw-scatter-plot")
        expect(plot).to_have_attribute("data-known", str(len(found.exact)))
        assert page.evaluate("document.documentElement.scrollWidth") <= 380
        # The rightmost point, where the page's own scale puts it.
        box = plot.locator("canvas").bounding_box()
        assert box is not None
        cell = int(found.exact.argmax())
        x, y = (where(values, cell) for values in (found.exact, found.estimate))
        left, right, top, bottom = 58, 14, 10, 38
        page.mouse.click(
            box["x"] + left + x * (box["width"] - left - right),
            box["y"] + box["height"] - bottom - y * (box["height"] - top - bottom),
        )
        card = page.locator(".iw-scatter-card")
        expect(card).to_contain_text(written(float(found.exact[cell])))
        expect(card).to_contain_text(written(float(found.estimate[cell])))
        page.get_by_role("radio", name="exact softmax").check()
        expect(page.locator(".iw-error")).to_be_hidden()
        page.get_by_role("radio", name="integrated").click()  # which goes back
        expect(page.get_by_role("alert")).to_contain_text("without a kernel")
        with page.expect_download() as saved:
            page.locator("summary").click()
            page.get_by_role("button", name="JSON").click()
        kept = json.loads(saved.value.path().read_text())
        assert len(kept["exact"]) == len(found.exact)
        assert errors == []
    finally:
        page.close()


def where(values: object, cell: int) -> float:
    """A cell's place along an axis, 0..1, with the room that the page leaves at both ends."""
    import torch

    assert isinstance(values, torch.Tensor)
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    room = 0.06 * (high - low)
    return (float(values[cell]) - low + room) / (high - low + 2 * room)
