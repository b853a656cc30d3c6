"""Lesson 01 as a learner meets it: in a real JupyterLab, run whole, then taken in hand."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.harness import NB
from tests.browser.test_attention_view import heads, holds, listed, pattern, percent, token, value
from tests.browser.test_residual_bus import adds_up, number, row, total, writer

LESSON = "01_orientation_residual_stream.ipynb"
WRONG = "what the last block put out, and nothing else"
RIGHT = "the embedding plus every head's and every MLP's write"

Open = Callable[[str | Path], NB]


def strip(page: Page, word: str) -> Locator:
    """The token strip that shows this word."""
    return page.locator(".iw").filter(has=page.locator(".iw-tok-strip")).filter(has_text=word)


def test_the_lesson_runs_and_answers_keys_in_the_dark_and_hands_in_the_light(
    open_notebook: Open,
) -> None:
    nb = open_notebook(LESSON)
    nb.theme(dark=True)
    nb.run_all(timeout=240)
    assert nb.cell_errors() == []
    by_keys_in_the_dark(nb)
    nb.theme(dark=False)
    expect(nb.page.locator(".iw-bus")).to_have_attribute("data-theme", "light")
    for play in (look_at_a_head, take_writers_away, turn_the_temperature, answer_the_quiz):
        play(nb)


def by_keys_in_the_dark(nb: NB) -> None:
    """The lesson was opened in the dark: what it drew is dark, and all is left as it was."""
    page = nb.page
    expect(page.locator(".iw-bus")).to_have_attribute("data-theme", "dark")

    # A token is selected in the page, and Python holds it.
    first = strip(page, "Texas").locator(".iw-tok").nth(2)
    first.scroll_into_view_if_needed()
    first.click()
    holds(nb, "strip.selected", [2])
    nb.screenshot("lesson-01-dark-tokens")

    # A writer goes and comes back by keys alone; none of them reaches the notebook.
    cells = page.locator(".jp-Cell").count()
    writer(page, "L7.mlp_out").focus()
    page.keyboard.press("Enter")
    holds(nb, "bus.removed", ["L7.mlp_out"])
    adds_up(page)
    nb.screenshot("lesson-01-dark-bus")
    for key in ("d", "d", "a", "Enter"):
        page.keyboard.press(key)
    holds(nb, "bus.removed", [])
    assert page.locator(".jp-Cell").count() == cells

    # The rest of the lesson's widgets, for somebody to look at.
    for name, selector in (
        ("attention", ".iw-att-matrix"),
        ("losses", ".iw-foot:visible >> text=nats"),
        ("temperature", ".widget-slider"),
        ("quiz", ".iw-quiz"),
    ):
        page.locator(selector).first.scroll_into_view_if_needed()
        nb.screenshot(f"lesson-01-dark-{name}")


def look_at_a_head(nb: NB) -> None:
    """A thumbnail opens its head; resting on a token lists what it looks at."""
    page = nb.page
    heads(page).scroll_into_view_if_needed()
    expect(pattern(page)).to_have_attribute("data-drawn", "L7.z.2")
    heads(page).click(position={"x": 36, "y": 12})
    expect(pattern(page)).to_have_attribute("data-drawn", "L7.z.0")
    holds(nb, "look.opened", [7, 0])
    token(page, 5).hover()
    most = value(nb, "look.record.patterns[7, 0, 5].max().item()")
    assert listed(page, 0)[0] == percent(most)
    nb.screenshot("lesson-01-attention")
    heads(page).focus()
    page.keyboard.press("Control+z")
    holds(nb, "look.opened", [7, 2])


def take_writers_away(nb: NB) -> None:
    """The sum falls by what was clicked; the model run without it says what Python says."""
    page = nb.page
    whole = value(nb, "bus.record.total")
    row(page, "L7.attn_out").locator(".iw-bus-open").click()
    writer(page, "L7.z.2").click()
    holds(nb, "bus.removed", ["L7.z.2"])
    share = value(nb, "bus.record.heads[7, 2].item()")
    assert total(page) == pytest.approx(whole - share, abs=0.01)
    adds_up(page)
    page.get_by_role("button", name="Run without them").click()
    said = page.locator(".iw-bus-effect b")
    expect(said).to_have_count(3)
    again = value(nb, "record.ablate(model, 'L7.z.2').forward")
    assert number(said.first.inner_text()) == pytest.approx(again, abs=0.01)
    nb.screenshot("lesson-01-bus")
    page.get_by_role("button", name="Restore all").click()
    holds(nb, "[bus.removed, bus.ran]", [[], []])
    assert total(page) == pytest.approx(whole, abs=0.01)


def turn_the_temperature(nb: NB) -> None:
    """Dragged to the left, the slider lowers the temperature, and the first token gains."""
    page = nb.page
    handle = page.locator(".widget-slider .noUi-handle")
    handle.scroll_into_view_if_needed()
    before = value(nb, "[slider.value, meters[0].value]")
    box = handle.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 40, y, steps=8)
    page.mouse.up()
    nb.wait_idle()
    colder, sharper = value(nb, "[slider.value, meters[0].value]")
    assert colder < before[0]
    assert sharper > before[1]
    label = page.locator(".widget-label", has_text=re.compile(r"^\d+%$")).first
    expect(label).to_have_text(f"{sharper:.0%}")
    nb.screenshot("lesson-01-temperature")


def answer_the_quiz(nb: NB) -> None:
    """A wrong answer gets its own hint, the right one its reason."""
    quiz = nb.page.locator(".iw-quiz")
    quiz.scroll_into_view_if_needed()
    quiz.get_by_role("radio", name=WRONG).check()
    quiz.get_by_role("button", name="Check").click()
    expect(quiz.locator(".iw-told")).to_contain_text("Does a block replace what it reads")
    quiz.get_by_role("radio", name=RIGHT).check()
    quiz.get_by_role("button", name="Check").click()
    expect(quiz.locator(".iw-told")).to_contain_text("Right.")
    expect(quiz.locator(".iw-told")).to_contain_text("Blocks only ever add.")
    nb.screenshot("lesson-01-quiz")
