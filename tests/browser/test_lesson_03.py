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


def look_at_latents(nb: NB) -> None:
    """Stepped through by key, each of the three texts lights the family of its kind."""
    diagram = nb.page.locator(".iw-sae-diagram").first
    diagram.scroll_into_view_if_needed()
    for kind, number in (("capitals", 2), ("sums", 6), ("brackets", 9)):
        diagram.get_by_role("slider", name="Token").focus()
        for _ in range(number - value(nb, "diagram.token")):
            nb.page.keyboard.press("ArrowRight")
        holds(nb, "diagram.token", number)
        lit = diagram.get_by_role("button", name=f"{kind}: lit")
        expect(lit).to_have_attribute("data-lit", "true")
        expect(diagram.locator(".iw-summary")).to_have_text(value(nb, "diagram.describe()"))
    latent = value(nb, "families['brackets'][0]")
    # Hovering draws it anew, so it is no element but a place that is clicked.
    place = diagram.locator("[data-latent]", has_text=f"{latent} brackets").bounding_box()
    assert place is not None
    nb.page.mouse.click(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    holds(nb, "diagram.picked", latent)
    nb.screenshot("lesson-03-diagram")


def rewind_the_race(nb: NB) -> None:
    """It has been run to its end, and the truths are found; by key back to its first half."""
    race = nb.page.locator(".iw-train").first
    race.scroll_into_view_if_needed()
    expect(race.locator(".iw-train-where")).to_contain_text("step 450 of 450")
    expect(race.locator(".iw-train-match")).to_contain_text(re.compile(r"6[0-4] of 64 found"))
    nb.screenshot("lesson-03-race")
    race.locator(".iw-train-handle").focus()
    nb.page.keyboard.press("Home")
    nb.page.keyboard.press("Enter")
    expect(race.locator(".iw-train-where")).not_to_contain_text("step 450 of")
    holds(nb, "[one.done for one in race.runs]", [False, False])


def look_at_the_run_on_the_model(nb: NB) -> None:
    """The change of λ is on its curve; a latent shows where it fires."""
    live = nb.page.locator(".iw-train").nth(1)
    live.scroll_into_view_if_needed()
    expect(live.locator(".iw-train-mark[data-knob=l1]").first).to_be_attached()
    latent = value(nb, "int(live.run.density.argmax())")
    live.get_by_label("Latent", exact=True).fill(str(latent))
    nb.page.keyboard.press("Enter")
    holds(nb, "live.picked", latent)
    expect(live.locator(".iw-train-card")).to_contain_text("fires on")
    nb.screenshot("lesson-03-live")


def break_it_otherwise(nb: NB) -> None:
    """Another fault than the one that it opened with: the run is made anew."""
    broken = nb.page.locator(".iw-train").nth(2)
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


def test_the_lesson_runs_and_answers_the_hands(open_notebook: Open) -> None:
    nb = open_notebook(LESSON)
    nb.run_all(timeout=300)
    assert nb.cell_errors() == []
    page = nb.page
    cells = page.locator(".jp-Notebook-cell").count()
    look_at_latents(nb)
    rewind_the_race(nb)
    look_at_the_run_on_the_model(nb)
    break_it_otherwise(nb)

    quiz = page.locator(".iw-quiz")
    quiz.scroll_into_view_if_needed()
    quiz.get_by_role("radio", name="It is supervised by a label").check()
    quiz.get_by_role("button", name="Check").click()
    expect(quiz.locator(".iw-told")).to_contain_text("Which labels did you give it?")
    assert page.locator(".jp-Notebook-cell").count() == cells

    nb.theme(dark=True)
    for name in ("sae-diagram", "train", "quiz"):
        shown = page.locator(f".iw-{name}").first
        expect(shown).to_have_attribute("data-theme", "dark")
        shown.scroll_into_view_if_needed()
        nb.screenshot(f"lesson-03-dark-{name}")
