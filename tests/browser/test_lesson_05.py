"""Lesson 05 as a learner meets it: in a real JupyterLab, by hand and by key.

Only the cells of its widgets run here, and what they stand on: all of them run under nbval.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
from playwright.sync_api import Locator, expect

from tests.browser.conftest import LESSONS
from tests.browser.harness import NB
from tests.browser.test_attention_view import holds, value

LESSON = "05_features_dashboards.ipynb"
FIRST = ("setup", "guess", "spliced")
NEEDED = (*FIRST, "features", "find-bridge", "browser", "review", "quiz-widget")
BRIDGES, BOTH = "'Bridge'", "'Bridge' or 'thought'"
PROMPT = "The Golden Bridge is in the city of"

Open = Callable[[str | Path], NB]


def in_part(folder: Path) -> Path:
    """The lesson's text, and of its code what the widgets need."""
    lesson = nbformat.read(LESSONS / LESSON, as_version=4)
    lesson.cells = [c for c in lesson.cells if c.cell_type == "markdown" or c.id in NEEDED]
    where = next(i for i, cell in enumerate(lesson.cells) if cell.id == "review")
    # Section 8 picks the latents; here it is the one for bridges.
    lesson.cells.insert(where, nbformat.v4.new_code_cell("five = 5 * [find.feature]"))
    nbformat.write(lesson, folder / LESSON)
    return folder / LESSON


def test_a_latent_is_looked_at_named_and_reviewed(open_notebook: Open, tmp_path: Path) -> None:
    nb = open_notebook(in_part(tmp_path))
    nb.page.set_viewport_size({"width": 1280, "height": 1200})
    nb.run_all(timeout=180)
    assert nb.cell_errors() == []
    cells = nb.page.locator(".jp-Notebook-cell").count()
    latent = value(nb, "find.feature")
    board, review = nb.page.locator(".iw-features"), nb.page.locator(".iw-review")
    card = board.locator(f'article[aria-label="Latent {latent}"]')

    a_word_is_guessed(nb)
    a_prompt_is_typed(nb, board, card, latent)
    a_label_is_tested_and_mended(nb, card)
    the_steps_are_taken(nb, review)

    quiz = nb.page.locator(".iw-quiz")
    quiz.scroll_into_view_if_needed()
    quiz.get_by_role("radio", name="Yes: the loss is a function of the squared error").check()
    quiz.get_by_role("button", name="Check").click()
    expect(quiz.locator(".iw-told")).to_contain_text("Are all of them read?")
    assert nb.page.locator(".jp-Notebook-cell").count() == cells

    nb.theme(dark=True)
    for name, shown in (("board", board), ("review", review), ("quiz", quiz)):
        expect(shown).to_have_attribute("data-theme", "dark")
        shown.scroll_into_view_if_needed()
        nb.screenshot(f"lesson-05-dark-{name}")


def a_word_is_guessed(nb: NB) -> None:
    """On the first screen: a click says which word will suffer, and the next cell answers."""
    words = nb.page.locator(".iw-tok-strip").first.get_by_role("option")
    words.nth(2).click()
    holds(nb, "guess.selected", [2])
    words.nth(10).click()
    holds(nb, "guess.selected", [10])
    nb.screenshot("lesson-05-first")
    answer = nb.page.locator(".jp-CodeCell").filter(has_text="with substituted(model, sae)")
    answer.locator(".cm-content").click()
    nb.page.keyboard.press("Shift+Enter")
    expect(answer.locator(".jp-OutputArea-output").first).to_contain_text("“how”, +7.9")


def a_prompt_is_typed(nb: NB, board: Locator, card: Locator, latent: int) -> None:
    board.scroll_into_view_if_needed()
    card.get_by_role("slider").focus()
    nb.page.keyboard.press("Home")
    holds(nb, "board.quantile", 0.0)
    expect(card.locator(".iw-feat-windows li").last).to_contain_text("thought")

    board.get_by_label("Prompt", exact=True).fill(PROMPT)
    holds(nb, "[board.prompt, board.sort]", [PROMPT, "fires"])
    board.locator("[data-token='3']").click()
    holds(nb, "[board.at, board.listed[0]]", [3, latent])
    rows = board.locator(".iw-feat-row")
    expect(rows.first).to_have_attribute("data-feature", str(latent))
    second = value(nb, "board.listed[1]")
    rows.nth(1).click(modifiers=["Shift"])
    holds(nb, "board.opened", [latent, second])
    beside = board.locator(f'article[aria-label="Latent {second}"]')
    expect(beside.locator(".iw-feat-here")).to_contain_text("On the prompt")
    nb.screenshot("lesson-05-board")

    board.get_by_role("searchbox").fill("thought")
    holds(nb, "board.search", "thought")
    found = value(nb, "sorted(dash.search('thought'))")
    assert value(nb, "sorted(board.listed)") == found
    expect(board.locator(".iw-feat-count")).to_contain_text(str(len(found)))


def a_label_is_tested_and_mended(nb: NB, card: Locator) -> None:
    said = card.locator(".iw-feat-results li")
    for text in (BRIDGES, BOTH):
        card.get_by_role("textbox", name="Label of latent").fill(text)
        nb.page.keyboard.press("Enter")
        holds(nb, "dash.labels.text(find.feature)", text)
        card.get_by_role("button", name="Test the label").click()
        expect(said.filter(has_text=f"“{text}”")).to_contain_text("held-out windows")
    first, second = value(nb, "[one['value'] for one in board.results]")
    assert first < 0.85 < 0.95 < second
    expect(said.first).to_contain_text(f"detection {first:.2f}")


def the_steps_are_taken(nb: NB, review: Locator) -> None:
    review.scroll_into_view_if_needed()
    while (look := review.locator("[data-group]")).count():
        before = look.count()
        look.first.click()
        expect(look).to_have_count(before - 1)
    review.get_by_label("Label", exact=True).fill(BOTH)
    nb.page.keyboard.press("Enter")
    review.get_by_role("button", name="Test it").click()
    expect(review.locator(".iw-review-said").nth(2)).to_contain_text("the label holds")
    review.get_by_role("button", name="Run the model").click()
    done = "[step['state'] != 'open' for step in review.wait().steps]"
    holds(nb, done, [True, True, True, True])
    expect(review.locator(".iw-review-said").nth(3)).to_contain_text(
        f"{value(nb, 'review.effect')['kl']:.3f} nats"
    )
    nb.screenshot("lesson-05-review")
