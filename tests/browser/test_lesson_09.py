"""Lesson 09 as a learner meets it: in a real JupyterLab, run whole, then taken in hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.browser.harness import NB
from tests.browser.test_attention_view import holds, percent, value

LESSON = "09_induction.ipynb"
WRONG = "It copies the answer into the last position of the text"
RIGHT = "It notes at each word which word stood before it"

Open = Callable[[str | Path], NB]


def attention(nb: NB, nth: int) -> Locator:
    """The view of the course model, or (1) of the toy."""
    found = nb.page.locator(".iw").filter(has=nb.page.locator(".iw-att-heads")).nth(nth)
    found.scroll_into_view_if_needed()
    return found


def head_grid(nb: NB) -> Locator:
    found = nb.page.locator(".iw").filter(has=nb.page.locator(".iw-heads-grid")).first
    found.scroll_into_view_if_needed()
    return found


def test_the_lesson_runs_and_answers_the_hands(open_notebook: Open) -> None:
    nb = open_notebook(LESSON)
    nb.run_all(timeout=240)
    assert nb.cell_errors() == []
    for play in (
        read_the_stripe,
        measure_all_heads,
        ask_the_toy,
        go_back_in_time,
        answer_the_quiz,
    ):
        play(nb)
    nb.theme(dark=True)
    expect(attention(nb, 0)).to_have_attribute("data-theme", "dark")
    nb.screenshot("lesson-09-dark-attention")
    expect(head_grid(nb)).to_have_attribute("data-theme", "dark")
    nb.screenshot("lesson-09-dark-heads")


def read_the_stripe(nb: NB) -> None:
    """A word of the second round looks at what came next in the first; a click opens another."""
    view = attention(nb, 0)
    expect(view.locator(".iw-att-matrix")).to_have_attribute("data-drawn", "L5.z.2")
    view.locator(".iw-att-token").nth(14).hover()
    weights = value(nb, "look.record.patterns[5, 2, 14].tolist()")
    assert weights.index(max(weights)) == 14 - 11
    first = view.locator(".iw-att-lists ol").first.locator("li").first
    expect(first.locator(".iw-num")).to_have_text(percent(max(weights)))
    expect(first).to_contain_text(value(nb, "pieces[3].strip()"))
    nb.screenshot("lesson-09-attention")
    view.locator(".iw-att-heads").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "Enter"):
        nb.page.keyboard.press(key)
    expect(view.locator(".iw-att-matrix")).to_have_attribute("data-drawn", "L1.z.2")
    holds(nb, "look.opened", [1, 2])


def measure_all_heads(nb: NB) -> None:
    """Another measure colours the heads; Enter opens the card of one."""
    grid = head_grid(nb)
    grid.locator(".iw-heads-by select").select_option("previous_token")
    holds(nb, "grid.measure", "previous_token")
    assert value(nb, "grid.values.argmax().item() // 4") == 1
    cells = grid.locator(".iw-heads-grid")
    cells.focus()
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        nb.page.keyboard.press(key)
    holds(nb, "grid.opened", [5, 0])
    expect(grid.locator(".iw-heads-name")).to_contain_text("L5.z.0")
    grid.locator(".iw-heads-by select").select_option("induction")
    nb.screenshot("lesson-09-heads")


def ask_the_toy(nb: NB) -> None:
    """The toy that was trained a minute ago reads letters of one's own, and nothing else."""
    view = attention(nb, 1)
    box = view.get_by_label("Prompt", exact=True)
    box.fill("h d b e i h d")
    holds(nb, "toy_look.record.prompt", "h d b e i h d")
    assert value(nb, "toy.top_tokens('h d b e i h d', k=1)[0][0]") == "b"
    assert value(nb, "toy_look.record.patterns[1, 0, 6].argmax().item()") == 2
    nb.screenshot("lesson-09-toy")


def go_back_in_time(nb: NB) -> None:
    """At a step whose weights are kept, all heads as they were: none draws the stripe yet."""
    days = nb.page.locator(".iw-time")
    days.scroll_into_view_if_needed()
    for step in (1040, 1280):
        days.get_by_role("button", name=str(step), exact=True).click()
        holds(nb, "days.step", step)
        expect(days.locator(".iw-time-step")).to_contain_text(f"step {step}")
        best = value(nb, "days.wait().scores.max().item()")
        assert (best > 0.5) == (step == 1280)
    expect(days.locator(".iw-time-grid button")).to_have_count(32)
    nb.screenshot("lesson-09-timeline")


def answer_the_quiz(nb: NB) -> None:
    """A wrong answer gets its own hint, the right one its reason."""
    quiz = nb.page.locator(".iw-quiz")
    quiz.scroll_into_view_if_needed()
    quiz.get_by_role("radio", name=WRONG).check()
    quiz.get_by_role("button", name="Check").click()
    expect(quiz.locator(".iw-told")).to_contain_text("Which of the two looks at the answer")
    quiz.get_by_role("radio", name=RIGHT).check()
    quiz.get_by_role("button", name="Check").click()
    expect(quiz.locator(".iw-told")).to_contain_text("The later head's keys read that note")
    nb.screenshot("lesson-09-quiz")
