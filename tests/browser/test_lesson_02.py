"""Lesson 02 as a learner meets it: in a real JupyterLab, run whole, by hand and by key."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.browser.harness import NB
from tests.browser.test_attention_view import holds

LESSON = "02_superposition.ipynb"

Open = Callable[[str | Path], NB]

_BOXES = """texts => texts.map(text => {
    const {left, right, top, bottom} = text.getBoundingClientRect();
    return [text.textContent, left, right, top, bottom];
})"""


def names_are_apart(plot: Locator) -> None:
    """No name in the plane stands on another."""
    boxes = plot.locator(".iw-overlap-plane text").evaluate_all(_BOXES)
    assert len(boxes) == 3
    for one, other in combinations(boxes, 2):
        beside = one[1] >= other[2] - 1 or other[1] >= one[2] - 1
        below = one[3] >= other[4] - 1 or other[3] >= one[4] - 1
        assert beside or below, (one, other)


def test_the_lesson_runs_and_answers_the_hands(open_notebook: Open) -> None:
    nb = open_notebook(LESSON)
    nb.run_all(timeout=180)
    assert nb.cell_errors() == []
    page = nb.page
    cells = page.locator(".jp-Notebook-cell").count()

    # The two directions of the text: turned by key, read anew, taken back.
    two = page.locator('.iw-overlap[data-preset="credential"]')
    two.scroll_into_view_if_needed()
    expect(two.locator(".iw-overlap-words")).to_contain_text("credential reads 2.30")
    names_are_apart(two)
    two.get_by_role("slider", name="Direction of urgency").focus()
    for _ in range(4):
        page.keyboard.press("Shift+ArrowLeft")  # by 60 degrees, to 97
    holds(nb, "float(two.record.readings[0]) < 1.5", True)
    expect(two.locator(".iw-overlap-words")).to_contain_text("its own − 0.12 of others")
    names_are_apart(two)
    nb.screenshot("lesson-02-overlap")
    page.keyboard.press("Control+z")
    holds(nb, "two.moved", [])

    # The playground opens trained: made dense it goes on from there, and finds back.
    play = page.locator(".iw-toy").first
    play.scroll_into_view_if_needed()
    words = play.locator(".iw-toy-words")
    expect(words).to_contain_text("5 features share 2 dimensions (a pentagon)")
    density = play.get_by_label("each feature is on")
    density.focus()
    page.keyboard.press("End")
    holds(nb, "[play.density, play.wait().record.changes]", [1.0, [1000]])
    expect(words).to_contain_text("3 of 5 features are given up")
    play.get_by_role("button", name="5 rare in 2").click()
    holds(nb, "play.wait().record.shapes()", ["a pentagon"])
    expect(words).to_contain_text("a pentagon")
    nb.screenshot("lesson-02-playground")

    quiz = page.locator(".iw-quiz")
    quiz.scroll_into_view_if_needed()
    quiz.get_by_role("radio", name="The position of a token").check()
    quiz.get_by_role("button", name="Check").click()
    expect(quiz.locator(".iw-told")).to_contain_text("a single position holds them already")
    assert page.locator(".jp-Notebook-cell").count() == cells

    nb.theme(dark=True)
    for name, shown in (("opposites", page.locator(".iw-toy").last), ("quiz", quiz)):
        expect(shown).to_have_attribute("data-theme", "dark")
        shown.scroll_into_view_if_needed()
        nb.screenshot(f"lesson-02-dark-{name}")
