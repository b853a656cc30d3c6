"""LayerBarPatching in a real JupyterLab: bars, cards, moved sites, history, pairs, prompts."""

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

# Where the cell of a layer and position is on the screen: 30 px of names, then the cells. Asked
# while numbers still arrive, it answers when the grid has stood still for ten frames.
CELL = """async ([element, layer, pos, layers, positions]) => {
    element.scrollIntoView({ block: 'center' });
    const canvas = element.querySelector('canvas');
    const place = () => JSON.stringify(canvas.getBoundingClientRect());
    for (let still = 0, last = place(); still < 10; ) {
        await new Promise(requestAnimationFrame);
        still = place() === last ? still + 1 : 0;
        last = place();
    }
    const box = canvas.getBoundingClientRect();
    const wide = Math.min(Math.max((element.clientWidth - 30) / positions, 16), 46);
    return [box.left + 30 + (pos + 0.5) * wide, box.top + (layers - layer - 0.5) * 20];
}"""


def bar(page: Page, layer: int) -> Locator:
    return page.locator(f'.iw-patch-bars [data-layer="{layer}"]')


def grid(page: Page, name: str) -> Locator:
    return page.get_by_role("grid", name=name)


def cell(page: Page, name: str, layer: int, pos: int) -> list[float]:
    element = grid(page, name).element_handle()
    return page.evaluate(CELL, [element, layer, pos, 3, 6])


def drag(page: Page, source: tuple[int, int], target: tuple[int, int]) -> None:
    """A cell (layer, position) of the clean run is let go over one of the corrupt run."""
    page.mouse.move(*cell(page, "Clean run", *source))
    page.mouse.down()
    picked = "Picked: layer {}, position {} ".format(*source)
    expect(page.get_by_text(re.compile(re.escape(picked)))).to_be_visible()
    page.mouse.move(*cell(page, "Corrupt run", *target), steps=4)
    page.mouse.up()


def agrees(nb: NB) -> None:
    """Every bar says the recovery that Python holds, measured."""
    for layer, share in enumerate(value(nb, "w.wait().recovery.tolist()")):
        expect(bar(nb.page, layer)).to_have_attribute("data-known", "exact")
        said = f"recovery {share:z.2f}".replace("-", "−")
        expect(bar(nb.page, layer)).to_have_attribute("aria-label", re.compile(said))
    expect(nb.page.locator(".iw-patch-bars")).to_have_attribute("data-stale", "false")


def cards_and_modes(nb: NB) -> None:
    page = nb.page
    page.get_by_role("button", name=re.compile("position 4")).click()
    holds(nb, "w.pos", 4)
    agrees(nb)
    bar(page, 0).click()
    holds(nb, "w.opened", 0)
    card = page.get_by_role("group", name="Card of the open layer")
    for title in ("before: corrupt run", "after the patch", "for comparison: clean run"):
        expect(card).to_contain_text(title)
    expect(card.locator("li")).to_have_count(18)
    page.keyboard.press("ArrowRight")
    expect(bar(page, 1)).to_be_focused()
    page.keyboard.press("Enter")
    holds(nb, "w.opened", 1)
    expect(card.locator(".iw-patch-title")).to_have_text("Layer 1")
    expect(card).to_contain_text("at position 4")
    patch = page.get_by_role("group", name="Patch")
    patch.get_by_role("radio", name="all positions").check()
    holds(nb, "w.mode", "all")
    expect(page.locator(".iw-patch-note")).to_contain_text("every bar is 1.0")
    agrees(nb)
    patch.get_by_role("radio", name="one head").check()
    page.get_by_role("group", name="at", exact=True).get_by_label("one position").check()
    page.get_by_label("Head that is patched").select_option("2")
    holds(nb, "[w.mode, w.at, w.head]", ["head", "one", 2])
    agrees(nb)
    expect(grid(page, "Recovery by layer and head")).to_be_visible()


def sites_moved(nb: NB) -> None:
    page = nb.page
    drag(page, (0, 4), (2, 5))
    holds(nb, "w.carried", [0, 4, 2, 5])
    moved = page.get_by_role("group", name="What the moved site does")
    expect(moved).to_contain_text("L0.z.2")
    recovery = value(nb, "w.wait().moved['recovery']")
    expect(moved).to_contain_text(f"recovery {recovery:z.3f}".replace("-", "−"))
    grid(page, "Clean run").focus()
    for key in ("Home", "ArrowUp", "Enter", "ArrowRight", "ArrowRight", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    holds(nb, "w.carried[0]", 1)
    expect(grid(page, "Corrupt run")).to_be_focused()
    page.get_by_role("button", name="Take the moved site back").click()
    holds(nb, "w.carried", [])
    expect(moved).to_be_hidden()


def history_and_code(nb: NB) -> None:
    page = nb.page
    runs = page.get_by_label("Compare with an earlier run")
    index = value(nb, "next(i for i, r in enumerate(w.runs) if r['mode'] == 'all')")
    runs.select_option(str(index))
    holds(nb, "w.compared", index)
    expect(bar(page, 1)).to_have_attribute("aria-label", re.compile(r"compared run 1\.00"))
    expect(page.locator(".iw-patch-compared")).to_have_count(3)
    nb.screenshot("layer-bars-light")
    page.get_by_role("radio", name="difference").check()
    holds(nb, "w.contrast", "difference")
    expect(page.locator(".iw-patch-compared")).to_have_count(0)
    runs.select_option("-1")
    page.get_by_role("button", name="Copy as code").click()
    code = page.get_by_label("Python that finds the same numbers")
    expect(code).to_contain_text("iw.activation_patching(")
    text = code.inner_text()
    assert nb.py(f"found = {{'model': model()}}; exec({text!r}, found); _r = 1") == "1"
    assert value(nb, "(found['bars'] - w.recovery).abs().max().item()") < 1e-5
    page.get_by_role("button", name="Copy as code").click()


def pairs_and_prompts(nb: NB) -> None:
    page = nb.page
    page.get_by_text("Add more pairs").click()
    texts = ("the capital of Paris is", "the capital of Dallas is", "Paris", "Dallas")
    for name, text in zip(("Clean", "Corrupt", "Answer", "Distractor"), texts, strict=True):
        page.get_by_label(re.compile(f"^{name}.* of a new pair")).fill(text)
    page.keyboard.press("Enter")
    holds(
        nb,
        "w.pairs",
        [["the capital of Paris is", "the capital of Dallas is", " Paris", " Dallas"]],
    )
    expect(bar(page, 0)).to_have_attribute("aria-label", re.compile("interval"))
    agrees(nb)
    page.get_by_role("button", name="Remove").click()
    holds(nb, "w.pairs", [])
    page.get_by_label("Corrupt prompt", exact=True).fill("the city of")
    expect(page.locator(".iw-error")).to_contain_text("corrupt |")
    expect(page.locator(".iw-patch-bars")).to_have_attribute("data-stale", "true")
    table = page.get_by_role("table", name="The two prompts, token under token")
    expect(table.get_by_label("no partner")).to_have_count(2)
    page.get_by_role("button", name="Align prompts").click()
    expect(page.locator(".iw-error")).to_be_hidden()
    agrees(nb)
    for _ in range(2):
        page.get_by_role("button", name="Undo").click()
    expect(table).to_be_hidden()
    agrees(nb)


SLOW = """
import time
from interp_widgets.widgets import patching
class Slow(patching.Pursuit):
    def step(self):
        time.sleep(0.8)
        return super().step()
patching.Pursuit, quick = Slow, patching.Pursuit
"""


def sweeps_stopped(nb: NB) -> None:
    """Stop, drag while nothing is known, go on: one button, by key, and the focus stays."""
    page = nb.page
    nb.py(SLOW)
    page.get_by_role("radio", name="attention").check()
    stop = page.get_by_role("button", name="Stop")
    stop.press("Enter")
    on = page.get_by_role("button", name="Stopped: go on")
    expect(on).to_be_focused()
    expect(page.locator(".iw-busy")).to_be_hidden()
    assert value(nb, "w.stopped and not w.busy and not w.error")
    page.keyboard.press("Enter")
    expect(stop).to_be_visible()
    drag(page, (0, 4), (2, 5))
    holds(nb, "w.carried", [0, 4, 2, 5])
    expect(page.locator(".iw-work")).to_be_hidden()
    nb.py("patching.Pursuit = quick")
    agrees(nb)
    page.get_by_role("button", name="Take the moved site back").click()
    patch = page.get_by_role("group", name="Patch")
    patch.get_by_role("radio", name="one position").check()
    holds(nb, "[w.mode, w.carried]", ["position", []])


def test_layer_bars_answer_hands(notebook: Notebook) -> None:
    nb = notebook([SETUP, "w"])
    page = nb.page
    expect(bar(page, 2)).to_be_visible()
    agrees(nb)
    expect(page.locator(".iw-light")).to_have_attribute("data-state", "good")
    cells = page.locator(".jp-Notebook-cell").count()
    cards_and_modes(nb)
    sites_moved(nb)
    sweeps_stopped(nb)
    history_and_code(nb)
    pairs_and_prompts(nb)
    assert page.locator(".jp-Notebook-cell").count() == cells
    nb.theme(dark=True)
    expect(page.locator(".iw-patch")).to_have_attribute("data-theme", "dark")
    nb.screenshot("layer-bars-dark")
