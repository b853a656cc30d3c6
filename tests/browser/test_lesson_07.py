"""Lesson 07 as a learner meets it: in a real JupyterLab, run whole, then taken in hand."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.browser.harness import NB
from tests.browser.test_attention_view import holds, value

LESSON = "07_activation_patching.ipynb"
WRONG = "how often a direction is active over a corpus"
RIGHT = "that the output depends on a place"

Open = Callable[[str | Path], NB]


def layer_bars(nb: NB, nth: int) -> Locator:
    """The first widget of bars patches everything, the second one position."""
    found = nb.page.locator(".iw-patch").nth(nth)
    found.scroll_into_view_if_needed()
    return found


def agrees(widget: Locator, recovery: list[float]) -> None:
    """Every bar says, measured, what Python holds."""
    for layer, share in enumerate(recovery):
        bar = widget.locator(f'.iw-patch-bars [data-layer="{layer}"]')
        expect(bar).to_have_attribute("data-known", "exact")
        said = f"recovery {share:z.2f}".replace("-", "−")
        expect(bar).to_have_attribute("aria-label", re.compile(re.escape(said)))


def test_the_lesson_runs_and_answers_the_hands(open_notebook: Open) -> None:
    nb = open_notebook(LESSON)
    nb.run_all(timeout=240)
    assert nb.cell_errors() == []
    for play in (step_through, see_why_all_are_one, follow_the_name, open_a_head, answer_the_quiz):
        play(nb)
    nb.theme(dark=True)
    for name, nth in (("all", 0), ("position", 1)):
        expect(layer_bars(nb, nth)).to_have_attribute("data-theme", "dark")
        nb.screenshot(f"lesson-07-dark-{name}")


def step_through(nb: NB) -> None:
    """The place that is copied moves up by key, and the patched run follows."""
    pipeline = nb.page.locator(".iw-pipe")
    pipeline.scroll_into_view_if_needed()
    source = pipeline.locator('.iw-pipe-run[data-run="clean"] [data-role=source]')
    source.focus()
    nb.page.keyboard.press("ArrowUp")
    holds(nb, "[pipeline.layer, pipeline.pos]", [5, 3])
    recovery = value(nb, "pipeline.wait().recovery")
    assert recovery > 0.9
    expect(pipeline.locator(".iw-pipe-formula")).to_contain_text(f"= {recovery:.2f}")
    nb.screenshot("lesson-07-pipeline")


def see_why_all_are_one(nb: NB) -> None:
    bars = layer_bars(nb, 0)
    agrees(bars, [1.0] * 8)
    expect(bars.locator(".iw-patch-note")).to_contain_text("every bar is 1.0")
    nb.screenshot("lesson-07-all")


def follow_the_name(nb: NB) -> None:
    """From the name to the end of the prompt; a bar's card says what the model then says."""
    bars = layer_bars(nb, 1)
    agrees(bars, value(nb, "place.wait().recovery.tolist()"))
    bars.get_by_role("button", name=re.compile("position 8")).click()
    holds(nb, "place.pos", 8)
    at_end = value(nb, "place.wait().recovery.tolist()")
    assert at_end == sorted(at_end, key=lambda share: round(share, 1))
    agrees(bars, at_end)
    bars.locator('.iw-patch-bars [data-layer="7"]').click()
    holds(nb, "place.opened", 7)
    card = bars.get_by_role("group", name="Card of the open layer")
    expect(card).to_contain_text("Paris")
    nb.screenshot("lesson-07-position")


def open_a_head(nb: NB) -> None:
    """By key alone: the first head of the lowest layer opens."""
    grid = nb.page.locator(".iw-heads-grid")
    grid.scroll_into_view_if_needed()
    grid.focus()
    nb.page.keyboard.press("Enter")
    nb.page.wait_for_function("document.querySelector('.iw-heads-card')?.innerText.length > 0")
    layer, head = value(nb, "heads.opened")
    card = nb.page.get_by_role("group", name="Card of the open head")
    expect(card).to_contain_text(f"L{layer}.z.{head}")
    nb.screenshot("lesson-07-heads")


def answer_the_quiz(nb: NB) -> None:
    quiz = nb.page.locator(".iw-quiz")
    quiz.scroll_into_view_if_needed()
    quiz.get_by_role("radio", name=WRONG).check()
    quiz.get_by_role("button", name="Check").click()
    expect(quiz.locator(".iw-told")).to_contain_text("What does a patch change?")
    quiz.get_by_role("radio", name=RIGHT).check()
    quiz.get_by_role("button", name="Check").click()
    expect(quiz.locator(".iw-told")).to_contain_text("an intervention against a counterfactual")
    asked = "next(v for v in _oh.values() if type(v).__name__ == 'Quiz')"
    holds(nb, f"[{asked}.score['given'], {asked}.score['right']]", [1, 0])
    nb.screenshot("lesson-07-quiz")
