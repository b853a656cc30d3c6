"""Lesson 03 as a learner meets it: in a real JupyterLab, run whole, by hand and by key."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.harness import NB
from tests.browser.test_attention_view import holds, value

LESSON = "03_sae_train.ipynb"

Open = Callable[[str | Path], NB]


def test_the_lesson_runs_and_answers_the_hands(open_notebook: Open) -> None:
    nb = open_notebook(LESSON)
    nb.run_all(timeout=300)
    assert nb.cell_errors() == []
    page = nb.page
    cells = page.locator(".jp-Notebook-cell").count()
    race, live, broken = (page.locator(".iw-train").nth(i) for i in range(3))

    # The race has been run to its end, and the truths are found; by key back to its first half.
    race.scroll_into_view_if_needed()
    expect(race.locator(".iw-train-where")).to_contain_text("step 600 of 600")
    expect(race.locator(".iw-train-match")).to_contain_text(re.compile(r"6[0-4] of 64 found"))
    nb.screenshot("lesson-03-race")
    race.locator(".iw-train-handle").focus()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(race.locator(".iw-train-where")).not_to_contain_text("step 600")
    holds(nb, "[one.done for one in race.runs]", [False, False])

    # The change of λ is on the curve of the run on the model; a latent shows where it fires.
    live.scroll_into_view_if_needed()
    expect(live.locator(".iw-train-mark[data-knob=l1]").first).to_be_attached()
    latent = value(nb, "int(live.run.density.argmax())")
    live.get_by_label("Latent", exact=True).fill(str(latent))
    page.keyboard.press("Enter")
    holds(nb, "live.picked", latent)
    expect(live.locator(".iw-train-card")).to_contain_text("fires on")
    nb.screenshot("lesson-03-live")

    # Another fault than the one that it opened with: the run is made anew.
    broken.scroll_into_view_if_needed()
    broken.locator(".iw-train-runs [data-run='1']").click()
    holds(nb, "broken.chosen", 1)
    broken.locator(".iw-train-breaks summary").click()
    broken.locator("[data-switch=norm]").click()
    holds(nb, "broken.designs[1]['broken']", [])
    broken.locator("[data-switch=center]").click()
    holds(nb, "[broken.designs[1]['broken'], broken.runs[1].step]", [["center"], 0])
    broken.get_by_role("button", name="+10").click()
    holds(nb, "[one.step for one in broken.wait().runs]", [50, 10])
    nb.screenshot("lesson-03-broken")

    quiz = page.locator(".iw-quiz")
    quiz.scroll_into_view_if_needed()
    quiz.get_by_role("radio", name="It is supervised by a label").check()
    quiz.get_by_role("button", name="Check").click()
    expect(quiz.locator(".iw-told")).to_contain_text("Which labels did you give it?")
    assert page.locator(".jp-Notebook-cell").count() == cells

    nb.theme(dark=True)
    for name, shown in (("race", race), ("broken", broken), ("quiz", quiz)):
        expect(shown).to_have_attribute("data-theme", "dark")
        shown.scroll_into_view_if_needed()
        nb.screenshot(f"lesson-03-dark-{name}")
