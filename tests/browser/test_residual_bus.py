"""ResidualBus in a real JupyterLab: what a person does, what Python then holds, what adds up."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Dialog, Locator, Page, expect

from interp_widgets.widgets import ResidualBus
from tests.browser.harness import NB
from tests.browser.test_attention_view import holds, value
from tests.widgets.examples import PROMPT, model
from tests.widgets.synthetic import synthetic_writes

ROOT = Path(__file__).parents[2]

SETUP = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from interp_widgets.widgets import ResidualBus
from tests.widgets.examples import PROMPT, model
w = ResidualBus(model=model(), prompt=PROMPT, answer=" Paris", distractor=" Rome",
                offers=["the city of Rome"])
"""

Notebook = Callable[..., NB]


def row(page: Page, part: str) -> Locator:
    return page.locator(f'.iw-bus-row[data-part="{part}"]')


def writer(page: Page, part: str) -> Locator:
    return row(page, part).locator(".iw-bus-writer")


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def total(page: Page) -> float:
    """The sum of what is left, as the page says it."""
    said = page.locator(".iw-bus-total").inner_text()
    found = re.search(r": ([+−][\d.]+) logits", said)
    assert found is not None, said
    return number(found[1])


def adds_up(page: Page) -> None:
    """The numbers that a person reads add up to the total they read, up to their rounding."""
    left = page.locator('.iw-bus-row[data-within="false"][data-gone="false"] .iw-bus-value')
    shares = [number(text) for text in left.all_text_contents()]
    assert sum(shares) == pytest.approx(total(page), abs=0.005 * (len(shares) + 1))


def test_a_bus_answers_hands(notebook: Notebook) -> None:
    nb = notebook([SETUP, "w"])
    expect(row(nb.page, "bias")).to_be_visible()
    cells = nb.page.locator(".jp-Notebook-cell").count()
    whole = value(nb, "w.record.total")
    for play in (click, keys, question, prompt_and_run):
        play(nb)
        nb.page.mouse.move(2, 2)
        nb.py("w.replay([])")
        holds(nb, "[w.removed, w.opened, w.answer]", [[], [], " Paris"])
        expect(nb.page.locator(".iw-bus-total")).not_to_contain_text("whole")
        assert total(nb.page) == pytest.approx(whole, abs=0.006)
        adds_up(nb.page)
    assert nb.page.locator(".jp-Notebook-cell").count() == cells
    nb.theme(dark=True)
    expect(nb.page.locator(".iw-bus")).to_have_attribute("data-theme", "dark")
    writer(nb.page, "L1.attn_out").click()
    nb.screenshot("residual-bus-dark")


def click(nb: NB) -> None:
    """Writers go and come back; heads of a closed layer that are off still count as off."""
    page = nb.page
    writer(page, "L1.mlp_out").click()
    holds(nb, "w.removed", ["L1.mlp_out"])
    expect(row(page, "L1.mlp_out")).to_have_attribute("data-gone", "true")
    assert total(page) == pytest.approx(value(nb, "w.total"), abs=0.006)
    row(page, "L2.attn_out").locator(".iw-bus-open").click()
    writer(page, "L2.z.1").click()
    holds(nb, "[w.removed, w.opened]", [["L1.mlp_out", "L2.z.1"], [2]])
    adds_up(page)
    row(page, "L2.attn_out").locator(".iw-bus-open").click()
    expect(row(page, "L2.z.1")).to_have_count(0)
    expect(row(page, "L2.attn_out")).to_contain_text(re.compile(r"L2 attention, \d of \d"))
    adds_up(page)
    writer(page, "L2.attn_out").click()
    holds(nb, "w.removed", ["L1.mlp_out", "L2.attn_out"])
    adds_up(page)
    writer(page, "bias").click()
    adds_up(page)
    nb.screenshot("residual-bus-light")
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Undo").click()
    holds(nb, "w.removed", ["L1.mlp_out", "L2.z.1"])
    adds_up(page)
    page.get_by_role("button", name="Redo").click()
    holds(nb, "w.removed", ["L1.mlp_out", "L2.attn_out"])
    page.get_by_role("button", name="Restore all").click()
    holds(nb, "w.removed", [])


def keys(nb: NB) -> None:
    """All of it without a mouse; plain keys do not reach the notebook."""
    page = nb.page
    writer(page, "L2.mlp_out").focus()
    page.keyboard.press("ArrowDown")
    expect(writer(page, "L2.attn_out")).to_be_focused()
    page.keyboard.press("o")
    holds(nb, "w.opened", [2])
    expect(writer(page, "L2.attn_out")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press(" ")
    holds(nb, "w.removed", ["L2.attn_bias", "L2.z.3"])
    expect(writer(page, "L2.z.3")).to_be_focused()
    adds_up(page)
    page.keyboard.press("Control+z")
    holds(nb, "w.removed", ["L2.attn_bias"])
    page.keyboard.press("o")
    holds(nb, "w.opened", [])
    expect(writer(page, "L2.attn_out")).to_be_focused()
    for key in ("d", "d", "a", "x"):
        page.keyboard.press(key)
    page.keyboard.press("End")
    expect(writer(page, "bias")).to_be_focused()
    page.keyboard.press("Home")
    expect(writer(page, "embed.token")).to_be_focused()


def question(nb: NB) -> None:
    """Another answer, typed and chosen; what cannot be asked says why and changes nothing."""
    page = nb.page
    answer = page.get_by_label("Answer", exact=True)
    assert answer.input_value() == "·Paris"
    for typed, why in (("Paris Rome", "tokens for"), ("Rome", "Compare two tokens")):
        answer.fill(typed)
        answer.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text(why)
        assert value(nb, "w.answer") == " Paris"
    answer.fill("Austin")
    answer.press("Enter")
    holds(nb, "[w.answer, w.record.pieces]", [" Austin", [" Austin", " Rome"]])
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(page.locator(".iw-bus-total")).to_contain_text("·Austin − ·Rome after ·is:")
    adds_up(page)
    likely = page.get_by_label("Distractor: likeliest next tokens")
    token = value(nb, "w.shown['likeliest'][0]")
    likely.select_option(index=1)
    holds(nb, "[w.distractor, w.record.pieces]", [token, [" Austin", token]])
    page.get_by_label("Distractor", exact=True).fill("")
    page.get_by_label("Distractor", exact=True).press("Enter")
    holds(nb, "[w.distractor, w.record.pieces]", ["", [" Austin"]])
    assert total(page) == pytest.approx(value(nb, "w.record.total"), abs=0.006)
    adds_up(page)


def prompt_and_run(nb: NB) -> None:
    """The model run without what is off, and a prompt typed meanwhile."""
    page = nb.page
    writer(page, "L0.mlp_out").click()
    page.get_by_role("button", name="Run without them").click()
    expect(page.locator(".iw-bus-effect")).to_contain_text("zero ablation")
    said = [number(text) for text in page.locator(".iw-bus-effect b").all_text_contents()]
    truth = value(nb, "[w.effect[name] for name in ('forward', 'live', 'frozen')]")
    again = value(nb, "vars(w.record.ablate(model(), 'L0.mlp_out'))")
    assert truth == [again["forward"], again["live"], again["frozen"]]
    assert said == pytest.approx(truth, abs=0.006)
    box = page.get_by_label("Prompt", exact=True)
    box.fill("the city of Rome is zzz")
    holds(nb, "w.record.prompt", "the city of Rome is zzz")
    expect(page.locator(".iw-bus-total")).to_contain_text("after z")
    expect(page.locator(".iw-unknown")).to_contain_text("zzz")
    expect(page.locator(".iw-bus-effect")).to_be_empty()
    assert total(page) == pytest.approx(value(nb, "w.total"), abs=0.006)
    adds_up(page)
    box.press("Control+z")
    holds(nb, "w.record.prompt", PROMPT)
    expect(page.locator(".iw-bus-effect")).to_contain_text("zero ablation")


def test_an_exported_bus_works_offline(ctx: BrowserContext, tmp_path: Path) -> None:
    widget = ResidualBus(
        model=model(), prompt=PROMPT, answer=" Paris", distractor=" Rome", removed=["L1.mlp_out"]
    )
    path = widget.to_html(
        tmp_path / "bus.html",
        record=[{"do": "run", "parts": ["L1.mlp_out"]}, {"do": "answer", "text": " Austin"}],
    )
    page = ctx.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    ctx.set_offline(True)
    try:
        page.goto(f"file://{path}")
        adds_up(page)
        page.get_by_role("button", name="Run without them").click()
        expect(page.locator(".iw-bus-effect b")).to_have_count(3)
        writer(page, "L0.attn_out").click()
        adds_up(page)
        page.get_by_role("button", name="Run without them").click()
        expect(page.get_by_role("alert")).to_contain_text("without a kernel")
        with page.expect_download() as saved:
            keep(page, "CSV")
        with Path(saved.value.path()).open(newline="", encoding="utf-8") as file:
            heads, *lines = csv.reader(file)
        assert heads == ["part", "block", "contribution", "norm", "removed"]
        shares = dict(zip(widget.record.parts, widget.record.contributions.tolist(), strict=True))
        assert {line[0]: float(line[2]) for line in lines} == pytest.approx(shares)
        off = {line[0] for line in lines if line[4] == "true"}
        assert off == {"L1.mlp_out", *(p for p in shares if re.match(r"L0\.(z|attn)", p))}
        with page.expect_download() as saved:
            keep(page, "JSON")
        kept = json.loads(Path(saved.value.path()).read_text(encoding="utf-8"))
        assert kept["state"]["removed"] == ["L1.mlp_out", "L0.attn_out"]
        assert kept["total_left"] == pytest.approx(
            widget.record.without("L1.mlp_out", "L0.attn_out"), abs=1e-5
        )
        for kind in ("SVG", "PNG"):
            with page.expect_download() as saved:
                keep(page, kind)
            assert saved.value.suggested_filename == f"logit_attribution.{kind.lower()}"
            assert Path(saved.value.path()).stat().st_size > 5_000
        assert errors == []
    finally:
        ctx.set_offline(False)
        page.close()


def keep(page: Page, kind: str) -> None:
    page.get_by_text("Save", exact=True).click()
    page.get_by_role("button", name=kind, exact=True).click()


def test_a_large_model_and_odd_tokens(ctx: BrowserContext, tmp_path: Path) -> None:
    """80 layers of 64 heads scroll, open and add up; a token that is markup stays text."""
    path = ResidualBus(synthetic_writes(80, 64)).to_html(tmp_path / "large.html")
    page = ctx.new_page()
    dialogs: list[str] = []

    def note(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    try:
        page.goto(f"file://{path}")
        expect(page.locator(".iw-bus-row")).to_have_count(80 * 2 + 3)
        expect(page.locator(".iw-bus-total")).to_contain_text("<script>alert(1)</script>🦓")
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wide) <= 0
        adds_up(page)
        writer(page, "bias").focus()
        page.keyboard.press("Home")
        expect(writer(page, "embed.token")).to_be_in_viewport()
        row(page, "L40.attn_out").locator(".iw-bus-open").click()
        expect(page.locator(".iw-bus-row")).to_have_count(80 * 2 + 3 + 65)
        writer(page, "L40.z.63").click()
        expect(row(page, "L40.attn_out")).to_contain_text("L40 attention, 64 of 65")
        adds_up(page)
        assert dialogs == []
    finally:
        page.close()
