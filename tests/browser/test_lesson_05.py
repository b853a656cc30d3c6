"""Lesson 05 as a learner meets it: in a real JupyterLab, run whole, by hand and by key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.harness import NB
from tests.browser.test_attention_view import holds

LESSON = "05_features_dashboards.ipynb"

Open = Callable[[str | Path], NB]


def test_the_lesson_runs_and_answers_the_hands(open_notebook: Open) -> None:
    nb = open_notebook(LESSON)
    nb.run_all(timeout=240)
    assert nb.cell_errors() == []
    page = nb.page
    holds(nb, "board.opened[0] == find.feature", True)
    quiz = page.locator(".iw-quiz")
    quiz.scroll_into_view_if_needed()
    quiz.get_by_role("radio", name="Yes: the loss is a function of the squared error").check()
    quiz.get_by_role("button", name="Check").click()
    expect(quiz.locator(".iw-told")).to_contain_text("Are all of them read?")
    nb.theme(dark=True)
    expect(quiz).to_have_attribute("data-theme", "dark")
    nb.screenshot("lesson-05-dark-quiz")
