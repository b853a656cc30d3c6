"""A quiz across tabs, restarts and saved files: one score, no answer leaves the kernel early."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, WebSocket, expect

from tests.browser.harness import NB, Lab
from tests.browser.test_quiz import ONE, ROOT, SETUP, holds, option

Notebook = Callable[..., NB]

SECRETS = ("Counting says", "one too few", "Look again", "Look at it", "It was measured")
SAVE_STATE = "@jupyter-widgets/jupyterlab-manager:saveWidgetState"

MINE = """
title = "Mine"
[[question]]
ask = "What is 2 + 2?"
answer = "4"
why = "Twice two."
[question.wrong]
"5" = "One too many."
"""
# A learner's kernel is not under pytest, so its progress is kept.
LEARNER = f"""
import os, sys
os.environ.pop("PYTEST_VERSION", None)
sys.path.insert(0, {str(ROOT)!r})
import interp_widgets as iw
open("mine.toml", "w").write('''{MINE}''')
q = iw.quiz("mine.toml")
"""

AT = """when => {
    const click = () => document.querySelector('.iw-quiz .iw-main').click();
    setTimeout(click, when - Date.now());
}"""


@pytest.fixture
def heard(ctx: BrowserContext) -> Iterator[list[bytes]]:
    """Every message that a page gets from the server, from its first one on."""
    frames: list[bytes] = []

    def note(frame: str | bytes) -> None:
        frames.append(frame.encode() if isinstance(frame, str) else frame)

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", note)

    def watch(page: Page) -> None:
        page.on("websocket", listen)

    ctx.on("page", watch)
    yield frames
    ctx.remove_listener("page", watch)


def second_tab(ctx: BrowserContext, lab: Lab, nb: NB) -> Page:
    """The same notebook in a tab of its own, on the same kernel."""
    nb.cmd("docmanager:save")
    page = ctx.new_page()
    page.goto(f"{lab.url}/lab/workspaces/second/tree/{nb.path}?reset")
    page.locator(".iw-quiz").first.wait_for(timeout=60_000)
    return page


def check(view: Locator) -> Locator:
    return view.get_by_role("button", name="Check")


def test_two_tabs_hold_one_score(notebook: Notebook, ctx: BrowserContext, lab: Lab) -> None:
    nb = notebook([SETUP, ONE])
    page = second_tab(ctx, lab, nb)
    try:
        one, two = nb.page.locator(".iw-quiz"), page.locator(".iw-quiz")
        option(one, "5").check()
        expect(option(two, "5")).to_be_checked()
        check(one).click()
        expect(two.locator(".iw-told")).to_contain_text("one too many")
        # Both tabs check the right one at the same moment: it counts once.
        option(two, "4").check()
        expect(option(one, "4")).to_be_checked()
        soon = nb.page.evaluate("Date.now() + 300")
        for tab in (nb.page, page):
            tab.evaluate(AT, soon)
        holds(nb, "[q.score['given'], q.score['settled'], len(q.tried[0])]", [1, 1, 2])
        for view in (one, two):
            expect(view.get_by_role("button", name="Question 1, right", exact=True)).to_be_visible()
            expect(view.locator(".iw-score")).to_contain_text("0 of 3 right")
        two.get_by_role("button", name="Question 3, open").click()
        expect(one.locator(".iw-kind")).to_contain_text("Question 3 of 3")
        option(two, "blood").check()
        check(two).click()
        expect(one.locator(".iw-score")).to_contain_text("1 of 3 right")
        holds(nb, "[q.score['right'], q.score['given']]", [1, 2])
        nb.page.bring_to_front()
    finally:
        page.close()


def test_after_a_restart_the_score_is_there_again(notebook: Notebook, lab: Lab) -> None:
    nb = notebook([LEARNER, "q"])
    quiz = nb.page.locator(".iw-quiz")
    option(quiz, "4").check()
    check(quiz).dblclick()
    expect(quiz.locator(".iw-told")).to_contain_text("Twice two.")
    expect(quiz.locator(".iw-score")).to_contain_text("1 of 1 right at the first try. Passed.")
    expect(quiz.get_by_role("alert")).to_be_hidden()
    kept = lab.root / Path(nb.path).parent / ".interp_widgets" / "progress.json"
    assert json.loads(kept.read_text())["quizzes"] == {"mine.toml": [1, 1]}
    nb.page.evaluate(
        "async () => { await jupyterapp.shell.currentWidget.sessionContext"
        ".session.kernel.restart(); }"
    )
    expect(quiz.get_by_role("alert")).to_contain_text(
        "The kernel was restarted: run the notebook again, down to this cell."
    )
    nb.wait_idle()
    nb.run_all()
    expect(quiz.get_by_role("alert")).to_be_hidden()
    expect(quiz.locator(".iw-score")).to_contain_text("0 of 1 right")
    expect(quiz.locator(".iw-score")).to_contain_text("Best so far 1. Passed.")
    holds(nb, "iw.progress().completed('mine.toml')", True)


def test_a_disk_without_room_is_said_in_the_quiz(notebook: Notebook) -> None:
    nb = notebook(
        [LEARNER, "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, -1))", "q"]
    )
    quiz = nb.page.locator(".iw-quiz")
    option(quiz, "4").check()
    check(quiz).click()
    expect(quiz.locator(".iw-told")).to_contain_text("Twice two.")
    expect(quiz.get_by_text("Your progress could not be kept")).to_be_visible()
    nb.screenshot("quiz-unkept-light")
    nb.theme(dark=True)
    nb.page.wait_for_timeout(1500)
    nb.screenshot("quiz-unkept-dark")


def test_no_answer_is_saved_or_sent(
    heard: list[bytes], notebook: Notebook, ctx: BrowserContext, lab: Lab
) -> None:
    nb = notebook([SETUP, ONE])
    nb.cmd(SAVE_STATE)
    try:
        quiz = nb.page.locator(".iw-quiz")
        option(quiz, "5").check()
        check(quiz).click()
        expect(quiz.locator(".iw-told")).to_contain_text("one too many")
        nb.cmd("docmanager:save")
        saved = json.loads((lab.root / nb.path).read_text())
    finally:
        nb.cmd(SAVE_STATE)
    states: dict[str, Any] = saved["metadata"]["widgets"][
        "application/vnd.jupyter.widget-state+json"
    ]["state"]
    (held,) = [one["state"] for one in states.values() if "questions" in one["state"]]
    assert held["tried"][0] == [held["chosen"][0]]  # the saved state is that of the page
    texts = {
        "saved notebook": json.dumps(saved),
        "page": nb.page.content(),
        "messages": "\n".join(frame.decode("utf-8", "replace") for frame in heard),
    }
    for where, text in texts.items():
        assert "one too many" in text, where  # what was earned is there
        for secret in SECRETS:
            assert secret not in text, (where, secret)
    # An open question is its text and its options, and nothing that differs between options.
    assert held["feedback"][0] == {
        "settled": False,
        "wrong": held["tried"][0],
        "hint": ["That is one too many."],
    }
    for number in (1, 2):
        assert held["feedback"][number] == {"settled": False, "wrong": [], "hint": []}
    for asked in held["questions"]:
        assert asked.keys() == {"ask", "kind", "prompt", "options"}
    assert held["key"] == []
