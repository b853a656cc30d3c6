"""AttentionView in a real JupyterLab: what a person does, what Python then holds, what shows."""

from __future__ import annotations

import ast
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, expect

from interp_widgets.widgets import AttentionView
from tests.browser.harness import NB
from tests.widgets.synthetic import synthetic_attention

ROOT = Path(__file__).parents[2]
PROMPT = "the city of Rome and the city of Paris"

SETUP = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from interp_widgets.widgets import AttentionView, LogitLensHeatmap
from tests.widgets.examples import model
from tests.widgets.synthetic import synthetic_attention
PROMPT = {PROMPT!r}
"""

ONE = "w = AttentionView(model=model(), prompt=PROMPT, opened=[1, 2]); w"

Notebook = Callable[..., NB]


def heads(page: Page) -> Locator:
    return page.locator(".iw-att-heads")


def pattern(page: Page, number: int = 0) -> Locator:
    return page.locator(".iw-att-matrix").nth(number)


def token(page: Page, pos: int) -> Locator:
    return page.locator(".iw-att-token").nth(pos)


def listed(page: Page, number: int) -> list[str]:
    """The numbers of a list: first what the token looks at, then what looks at it."""
    return page.locator(".iw-att-lists ol").nth(number).locator(".iw-num").all_text_contents()


def value(nb: NB, expression: str) -> Any:
    return json.loads(ast.literal_eval(nb.py(f"import json; _r = json.dumps({expression})")))


def holds(nb: NB, expression: str, expected: Any) -> None:
    """Waits until Python holds this: messages of widgets and of cells overtake each other."""
    end = time.monotonic() + 10
    while (found := value(nb, expression)) != expected:
        assert time.monotonic() < end, f"{expression} is {found}, not {expected}"
        nb.page.wait_for_timeout(50)


def percent(weight: float) -> str:
    """A weight as the page writes it, from a tenth upwards."""
    return f"{100 * weight:.0f}%"


def test_one_view_answers_hands(notebook: Notebook) -> None:
    nb = notebook([SETUP, ONE])
    for play in (open_and_pin, point_and_hold, find_heads, type_and_take_back):
        play(nb)
        nb.page.mouse.move(2, 2)
        nb.py("w.replay([])")
        holds(nb, "[w.opened, w.pinned, w.picked]", [[1, 2], [], -1])
        expect(heads(nb.page)).to_have_attribute("data-opened", "L1.z.2")


def open_and_pin(nb: NB) -> None:
    page = nb.page
    # A click on a thumbnail opens its head: the top row is the last layer.
    expect(pattern(page)).to_have_attribute("data-drawn", "L1.z.2")
    heads(page).click(position={"x": 36, "y": 12})
    expect(pattern(page)).to_have_attribute("data-drawn", "L2.z.0")
    holds(nb, "w.opened", [2, 0])

    # Keys move and open, P pins; none of them reaches the notebook.
    cells = page.locator(".jp-Cell").count()
    heads(page).focus()
    for key in ("ArrowDown", "End", "Enter"):
        page.keyboard.press(key)
    expect(pattern(page)).to_have_attribute("data-drawn", "L1.z.3")
    active = page.locator(f"#{heads(page).get_attribute('aria-activedescendant')}")
    expect(active).to_contain_text("L1.z.3, previous token 0.")
    for key in ("ArrowDown", "p", "d", "d", "a"):
        page.keyboard.press(key)
    expect(pattern(page, 1)).to_have_attribute("data-drawn", "L0.z.3")
    holds(nb, "[w.opened, w.pinned]", [[1, 3], [0, 3]])
    assert page.locator(".jp-Cell").count() == cells
    expect(page.locator(".iw-att-lists")).to_have_count(2)

    # One step back at a time, by key and by button.
    page.keyboard.press("Control+z")
    expect(page.locator(".iw-att-matrix")).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(pattern(page)).to_have_attribute("data-drawn", "L2.z.0")
    page.keyboard.press("Control+Shift+z")
    holds(nb, "[w.opened, w.pinned]", [[1, 3], []])

    # The open head can be pinned, and another opened beside it.
    page.get_by_role("button", name="Pin").click()
    expect(page.get_by_role("button", name="Pinned")).to_have_attribute("aria-pressed", "true")
    nb.py("w.opened = [0, 0]")
    expect(pattern(page)).to_have_attribute("data-drawn", "L0.z.0")
    expect(pattern(page, 1)).to_have_attribute("data-drawn", "L1.z.3")
    page.get_by_role("button", name="Unpin").click()
    holds(nb, "w.pinned", [])


def point_and_hold(nb: NB) -> None:
    page = nb.page
    # Pointing at a token lists both ways and draws lines; Python hears nothing of it.
    token(page, 5).hover()
    expect(page.locator(".iw-att-strip")).to_have_attribute("data-focus", "5")
    row = value(nb, "sorted(w.record.patterns[1, 2, 5, :6].tolist(), reverse=True)")
    column = value(nb, "sorted(w.record.patterns[1, 2, 5:, 5].tolist(), reverse=True)")
    assert listed(page, 0)[0] == percent(row[0])
    assert listed(page, 1)[0] == percent(column[0])
    ends = page.locator("path.iw-att-line").evaluate_all("p => p.map(e => e.dataset)")
    assert any(end["dst"] == "5" for end in ends)
    assert any(end["src"] == "5" for end in ends)
    assert all("5" in (end["dst"], end["src"]) for end in ends)
    holds(nb, "w.actions", [])

    # A cell of the pattern says its weight.
    page.mouse.move(2, 2)
    expect(page.locator(".iw-att-strip")).to_have_attribute("data-focus", "9")
    pattern(page).focus()
    for key in ("Home", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
    weight = value(nb, "float(w.record.patterns[1, 2, 7, 0])")
    tip = page.locator(".iw-tip.iw-on")
    expect(tip).to_contain_text(f"weight {100 * weight:.{2 if weight < 0.1 else 1}f}%")
    expect(tip).to_contain_text("Exact.")

    # A click holds a token; the lists stay when the pointer has gone.
    token(page, 3).click()
    holds(nb, "w.picked", 3)
    page.mouse.move(2, 2)
    expect(page.locator(".iw-att-strip")).to_have_attribute("data-focus", "3")
    page.get_by_role("radio", name="value-weighted").check()
    expect(page.locator(".iw-legend")).to_contain_text("length added to the stream")
    longest = value(nb, "float(w.record.weighted(1, 2)[3].max())")
    assert listed(page, 0)[0] == f"{longest:.2f}"
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    holds(nb, "[w.picked, w.weights]", [-1, "raw"])

    # The strip by keys: Enter holds.
    page.locator(".iw-att-strip").focus()
    for key in ("Home", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    holds(nb, "w.picked", 1)


def find_heads(nb: NB) -> None:
    page = nb.page
    page.get_by_label("Find heads by").select_option("induction")
    page.get_by_role("radio", name="by score").check()
    best = value(
        nb, "__import__('interp_widgets').head_scores(model(), PROMPT).top('induction', 1)"
    )
    expect(heads(page)).to_have_attribute("data-first", best[0][0])
    holds(nb, "[w.score, w.order]", ["induction", "score"])
    heads(page).focus()
    for key in ("PageUp", "Home", "Enter"):
        page.keyboard.press(key)
    expect(pattern(page)).to_have_attribute("data-drawn", best[0][0])
    expect(page.locator(".iw-att-readout")).to_contain_text(f"induction {best[0][1]:.3f}")

    # The first token's column steps back, and the view says so.
    page.get_by_role("radio", name="hidden").check()
    expect(page.locator(".iw-att-panel .iw-head")).to_contain_text(", hidden")
    expect(page.locator(".iw-summary")).to_contain_text("first token's column is hidden")
    assert (
        "0" not in page.locator(".iw-att-lists ol").first.locator(".iw-att-pos").all_text_contents()
    )
    holds(nb, "w.first", "hidden")


def type_and_take_back(nb: NB) -> None:
    page = nb.page
    box = page.get_by_label("Prompt", exact=True)
    box.press("End")
    box.press_sequentially(" is", delay=20)
    expect(page.locator(".iw-att-token")).to_have_count(11)
    holds(nb, "w.record.prompt", f"{PROMPT} is")
    # No token comes twice: what is not defined cannot be chosen.
    box.fill("the city of Rome")
    expect(page.locator("option[value=induction]")).to_be_disabled()
    box.fill("<b>x</b>")
    expect(page.locator(".iw-att-token").nth(1)).to_have_text("·")
    assert page.locator(".iw b b").count() == 0
    box.fill("the " * 100)
    expect(page.get_by_role("alert")).to_contain_text("reads at most 64")
    box.press("Control+z")
    expect(box).to_have_value(PROMPT)
    expect(page.locator(".iw-att-token")).to_have_count(10)
    ground = "getComputedStyle(document.querySelector('.iw')).backgroundColor"
    light = page.evaluate(ground)
    nb.theme(dark=True)
    expect(page.locator(".iw")).to_have_attribute("data-theme", "dark")
    assert page.evaluate(ground) != light


def test_one_cursor_with_other_widgets(notebook: Notebook) -> None:
    nb = notebook([SETUP, ONE, "LogitLensHeatmap(model=model(), prompt=PROMPT)"])
    page = nb.page
    lens = page.locator(".iw-grid")
    expect(lens).to_have_attribute("data-drawn", re.compile(r"\d"))
    token(page, 4).hover()
    expect(lens).to_have_attribute("data-lit", "4")
    page.mouse.move(2, 2)  # or it points at whatever scrolls under it
    lens.focus()
    page.keyboard.press("ArrowLeft")
    strip = page.locator(".iw-att-strip")
    expect(strip).to_have_attribute("data-lit", "8")
    expect(strip).to_have_attribute("data-focus", "8")
    expect(token(page, 8)).to_have_attribute("data-on", "true")
    page.keyboard.press("Escape")
    expect(strip).not_to_have_attribute("data-lit", "8")


def test_a_long_prompt_and_a_host_that_loses_buffers(notebook: Notebook) -> None:
    nb = notebook([SETUP, "w = AttentionView(synthetic_attention(512), opened=[0, 3]); w"])
    page = nb.page
    expect(pattern(page)).to_have_attribute("data-drawn", "L0.z.3")
    expect(page.locator(".iw-foot")).to_contain_text("± 0.4 points")

    # Another layer comes when it is asked for; a held token is exact.
    heads(page).focus()
    for key in ("ArrowUp", "Enter"):
        page.keyboard.press(key)
    expect(pattern(page)).to_have_attribute("data-drawn", "L1.z.3")
    holds(nb, "list(w.layers)", ["1"])
    token(page, 300).click()
    holds(nb, "w.picked", 300)
    pattern(page).focus()
    for _ in range(30):  # from token 300, ten at a time, to the end and back to it
        page.keyboard.press("PageDown")
    expect(page.locator(".iw-tip.iw-on")).to_contain_text("token 511")
    expect(page.locator(".iw-tip.iw-on")).to_contain_text("Sent as a byte")
    for _ in range(21):
        page.keyboard.press("PageUp")
    page.keyboard.press("ArrowUp")
    expect(page.locator(".iw-tip.iw-on")).to_contain_text("token 300")
    expect(page.locator(".iw-tip.iw-on")).to_contain_text("Exact.")

    # The same through text, as a host that drops binary buffers gets it.
    nb.py("w._on_message(w, {'host': 'no buffers'}, [])")
    nb.py("w.opened = [5, 5]")
    expect(pattern(page)).to_have_attribute("data-drawn", "L5.z.5")


def test_an_exported_page_answers_without_a_kernel(ctx: BrowserContext, tmp_path: Path) -> None:
    view = AttentionView(synthetic_attention(200, layers=3), opened=[0, 3])
    path = view.to_html(tmp_path / "a.html", record=[{"do": "open", "layer": 1, "head": 2}])
    page = ctx.new_page()
    page.goto(path.as_uri())
    expect(pattern(page)).to_have_attribute("data-drawn", "L0.z.3")
    heads(page).focus()
    for key in ("ArrowRight", "Enter"):  # the same layer, not recorded: its numbers are here
        page.keyboard.press(key)
    expect(pattern(page)).to_have_attribute("data-drawn", "L0.z.4")
    for key in ("ArrowUp", "ArrowLeft", "ArrowLeft", "Enter"):  # recorded
        page.keyboard.press(key)
    expect(pattern(page)).to_have_attribute("data-drawn", "L1.z.2")
    for key in ("ArrowUp", "Enter"):  # neither
        page.keyboard.press(key)
    expect(page.locator(".iw-att-panel")).to_contain_text("not in this page")
    page.get_by_role("button", name="Undo").click()
    expect(pattern(page)).to_have_attribute("data-drawn", "L1.z.2")
    with page.expect_download() as got:
        page.get_by_text("Save").click()
        page.get_by_role("button", name="CSV").click()
    lines = Path(got.value.path()).read_text().splitlines()
    assert len(lines) == 1 + 200 * 201 // 2
    weight = float(view.record.patterns[1, 2, 0, 0])
    assert abs(float(lines[1].split(",")[6]) - weight) <= 0.004
    for kind, start in (("SVG", b"<svg"), ("PNG", b"\x89PNG"), ("JSON", b"{")):
        with page.expect_download() as got:
            page.get_by_text("Save").click()
            page.get_by_role("button", name=kind).click()
        assert Path(got.value.path()).read_bytes().startswith(start)
    page.close()
