"""Quiz and glossary in a real JupyterLab: clicks, keys, two views, and what a saved file holds."""

from __future__ import annotations

import ast
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.harness import NB, Lab
from tests.widgets.examples import PROMPT, QUESTIONS, TERMS, model

ROOT = Path(__file__).parents[2]

SETUP = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from interp_widgets.widgets import Glossary, Quiz
from tests.widgets.examples import QUESTIONS, TERMS, model
"""
ONE = "q = Quiz(QUESTIONS, title='Sums', model=model(), terms=TERMS); q"
WORDS = "g = Glossary(TERMS); g"
TEXT = "Glossary(TERMS, text='To take away: the [[difference]].')"

Notebook = Callable[..., NB]


def holds(nb: NB, expression: str, expected: Any) -> None:
    """Waits until Python holds this: messages of widgets and of cells overtake each other."""
    end = time.monotonic() + 10
    while True:
        text = nb.py(f"import json; _r = json.dumps({expression})")
        found = json.loads(ast.literal_eval(text))
        if found == expected:
            return
        assert time.monotonic() < end, f"{expression} is {found}, not {expected}"
        nb.page.wait_for_timeout(50)


def option(view: Locator, text: str) -> Locator:
    return view.get_by_role("radio", name=text)


def test_a_quiz_answers_mouse_and_keys(notebook: Notebook, lab: Lab) -> None:
    nb = notebook([SETUP, ONE, "q", WORDS, TEXT])
    quiz, twin = nb.page.locator(".iw-quiz").nth(0), nb.page.locator(".iw-quiz").nth(1)
    answer_wrong_and_save(nb, lab, quiz, twin)
    answer_by_keys(nb, quiz, twin)
    reveal_take_back_and_start_again(nb, quiz, twin)
    terms_explain_themselves(nb)
    nb.page.evaluate(
        "async () => { await jupyterapp.shell.currentWidget.sessionContext"
        ".session.kernel.restart(); }"
    )
    expect(quiz.get_by_role("alert")).to_contain_text("restarted")
    expect(quiz.get_by_role("button", name="Check")).to_have_attribute("aria-disabled", "true")
    nb.wait_idle()


def answer_wrong_and_save(nb: NB, lab: Lab, quiz: Locator, twin: Locator) -> None:
    check = quiz.get_by_role("button", name="Check")
    # A wrong option by mouse: its own hint, in both views, and no other.
    expect(check).to_have_attribute("aria-disabled", "true")
    option(quiz, "5").check()
    check.click()
    for view in (quiz, twin):
        expect(view.locator(".iw-told")).to_contain_text("That is one too many.")
        expect(view.locator(".iw-option[data-mark=wrong]")).to_contain_text("✗ not this one")
    assert "too few" not in (quiz.text_content() or "")
    assert "Counting" not in nb.page.content()
    nb.cmd("docmanager:save")
    saved = (lab.root / nb.path).read_text()
    assert "image/png" in saved
    for secret in ("Counting says", "one too few", "Look again", "Look at it"):
        assert secret not in saved
    nb.screenshot("quiz-hint-light")


def answer_by_keys(nb: NB, quiz: Locator, twin: Locator) -> None:
    page = nb.page
    # The right one by keys: a digit, Enter, and Enter goes on.
    texts = [
        str(o[0])
        for o in json.loads(
            ast.literal_eval(nb.py("import json; _r = json.dumps(q.questions[0]['options'])"))
        )
    ]
    option(quiz, "5").focus()
    page.keyboard.press(str(texts.index("4") + 1))
    page.keyboard.press("Enter")
    expect(quiz.locator(".iw-told")).to_contain_text("Right.")
    expect(quiz.locator(".iw-told")).to_contain_text("Counting says so.")
    expect(twin.locator(".iw-option[data-mark=right]")).to_contain_text("✓ right")
    holds(nb, "[len(q.tried[0]), q.score['right'], q.score['given']]", [2, 0, 1])
    expect(quiz.get_by_role("button", name="Question 1, right", exact=True)).to_be_visible()
    page.keyboard.press("Enter")
    expect(quiz.locator(".iw-kind")).to_contain_text("one go")
    holds(nb, "q.at", 1)

    # A prediction: arrows move, Enter asks; every share is shown.
    page.keyboard.press("1")
    page.keyboard.press("ArrowDown")
    holds(nb, "q.chosen[1]", 1)
    page.keyboard.press("Enter")
    expect(quiz.locator(".iw-mark", has_text="%")).to_have_count(4)
    expect(quiz.locator(".iw-told")).to_contain_text("It was measured.")
    nb.theme(dark=True)
    page.wait_for_timeout(1500)  # the picture is for people: JupyterLab's splash fades first
    nb.screenshot("quiz-predict-dark")
    nb.theme(dark=False)


def reveal_take_back_and_start_again(nb: NB, quiz: Locator, twin: Locator) -> None:
    # The answer on request, taken back, in the other view; then from the start.
    twin.get_by_role("button", name="Question 3, open").click()
    expect(quiz.locator(".iw-kind")).to_contain_text("Question 3 of 3")
    twin.get_by_role("button", name="Show the answer").click()
    expect(quiz.locator(".iw-told")).to_contain_text("Look at it.")
    quiz.get_by_role("button", name="Undo").click()
    expect(twin.locator(".iw-told")).to_be_hidden()
    holds(nb, "[q.revealed, q.score['given']]", [[], 3])
    quiz.get_by_role("button", name="Start again").click()
    holds(nb, "[q.round, q.at, q.score['given']]", [1, 0, 0])
    assert nb.page.locator(".jp-Cell").count() == 5


def terms_explain_themselves(nb: NB) -> None:
    page = nb.page
    quiz, words, text = (
        page.locator(".iw-quiz").first,
        page.locator(".iw-glossary").nth(0),
        page.locator(".iw-glossary").nth(1),
    )
    quiz.get_by_role("button", name="sum").focus()
    expect(quiz.locator(".iw-tip.iw-on")).to_contain_text("What adding gives.")
    page.keyboard.press("Escape")
    expect(quiz.locator(".iw-tip.iw-on")).to_have_count(0)
    text.get_by_role("button", name="difference").hover()
    expect(text.locator(".iw-tip.iw-on")).to_contain_text("What taking away gives.")
    expect(text.get_by_role("button", name="difference")).to_have_accessible_description(
        "What taking away gives."
    )
    nb.screenshot("glossary-light")
    page.mouse.move(2, 2)
    first, second = (words.locator("dt").nth(i).bounding_box() for i in (0, 1))
    assert first is not None
    assert second is not None
    assert second["y"] >= first["y"] + first["height"]
    words.get_by_label("Search").fill("taking")
    expect(words.locator("dt")).to_have_count(1)
    words.get_by_role("button", name="difference").click()
    expect(words.locator("dd")).to_have_text("What taking away gives.")
    holds(nb, "[g.query, g.open_term]", ["taking", "difference"])


def test_an_exported_quiz_reveals_and_scores_nothing(ctx: BrowserContext, tmp_path: Path) -> None:
    from interp_widgets.widgets import Quiz

    made = Quiz(QUESTIONS, title="Sums", model=model(), terms=TERMS)
    path = made.to_html(tmp_path / "quiz.html")
    page: Page = ctx.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    ctx.set_offline(True)
    try:
        page.goto(f"file://{path}")
        expect(page.get_by_role("button", name="Check")).to_have_count(0)
        expect(page.locator(".iw-score")).to_contain_text("scores nothing")
        page.get_by_role("radio", name="5").check()
        expect(page.locator(".iw-told")).to_be_hidden()
        page.get_by_role("button", name="Show the answer").click()
        expect(page.locator(".iw-told")).to_contain_text("That is one too many. Counting says so.")
        page.keyboard.press("Control+z")
        expect(page.locator(".iw-told")).to_be_hidden()
        page.get_by_role("button", name="Question 2, open").click()
        expect(page.locator(".iw-said-prompt")).to_have_text(f"{PROMPT} …")
        page.get_by_role("button", name="Show the answer").click()
        expect(page.locator(".iw-mark", has_text="%")).to_have_count(4)
        page.get_by_role("button", name="Start again").click()
        expect(page.get_by_role("button", name="Question 2, open")).to_be_visible()
        assert errors == []
    finally:
        ctx.set_offline(False)
        page.close()
