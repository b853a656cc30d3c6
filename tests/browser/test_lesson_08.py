"""Lesson 08 as a learner meets it: in a real JupyterLab, run whole, then taken in hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.browser.harness import NB
from tests.browser.test_attention_view import holds, value
from tests.browser.test_head_grid import FOOT, GUTTER

LESSON = "08_attribution_path_patching.ipynb"
LAYERS, HEADS = 8, 4
WRONG, RIGHT = "one forward and one backward", "two forward and one backward"

Open = Callable[[str | Path], NB]


def written(number: float, digits: int) -> str:
    """A number as the page writes it."""
    return f"{number:z.{digits}f}".replace("-", "−")


def scatter(nb: NB, nth: int) -> Locator:
    """The plain estimates, or (1) those with slopes on the way."""
    found = nb.page.locator(".iw-scatter").nth(nth)
    found.scroll_into_view_if_needed()
    return found


def test_the_lesson_runs_and_answers_the_hands(open_notebook: Open) -> None:
    nb = open_notebook(LESSON)
    nb.run_all(timeout=240)
    assert nb.cell_errors() == []
    for play in (compare_estimates, average_slopes, follow_a_wire, answer_the_quiz):
        play(nb)
    nb.theme(dark=True)
    expect(scatter(nb, 0)).to_have_attribute("data-theme", "dark")
    nb.screenshot("lesson-08-dark-scatter")
    grid = nb.page.locator(".iw-heads")
    grid.scroll_into_view_if_needed()
    expect(grid).to_have_attribute("data-theme", "dark")
    nb.screenshot("lesson-08-dark-heads")


def compare_estimates(nb: NB) -> None:
    """The worst cell is one of the stream at the name; queries join by a button."""
    view = scatter(nb, 0)
    plot = view.locator(".iw-scatter-plot")
    count = value(nb, "len(scatter.wait()._compared().estimate)")
    expect(plot).to_have_attribute("data-known", str(count))
    worst = view.locator(".iw-scatter-worst button").first
    expect(worst).to_contain_text("resid_pre")
    worst.click()
    name, guess, exact = value(nb, "scatter.outliers[0]")
    assert "resid_pre" in name
    assert abs(guess - exact) > 20
    card = view.locator(".iw-scatter-card")
    for number in (guess, exact):
        expect(card).to_contain_text(written(number, 3))
    nb.screenshot("lesson-08-scatter")
    view.get_by_role("button", name="q", exact=True).click()
    holds(nb, "scatter.sites[-1]", "q")
    rows = view.locator(".iw-scatter-residuals tbody tr")
    expect(rows).to_have_count(5)
    view.get_by_role("button", name="Undo").click()
    holds(nb, "scatter.sites[-1]", "z")


def average_slopes(nb: NB) -> None:
    """Slopes on the way, then back to the tangent: Pearson is that of Python each time."""
    view = scatter(nb, 1)
    expect(view.get_by_role("radio", name="integrated")).to_be_checked()
    numbers = view.locator(".iw-scatter-numbers")
    on_the_way = value(nb, "smooth.wait().pearson")
    expect(numbers).to_contain_text(f"Pearson {written(on_the_way, 3)}")
    view.get_by_role("radio", name="gradient", exact=True).check()
    holds(nb, "smooth.technique", "gradient")
    plain = value(nb, "smooth.wait().pearson")
    assert plain < on_the_way
    expect(numbers).to_contain_text(f"Pearson {written(plain, 3)}")
    nb.screenshot("lesson-08-slopes")


def follow_a_wire(nb: NB) -> None:
    """Head 1.2 into the keys of another head: its card, its path, the number Python has."""
    grid = nb.page.locator(".iw-heads")
    grid.scroll_into_view_if_needed()
    card = grid.locator(".iw-heads-card")
    expect(card.locator(".iw-heads-name")).to_have_text("L1.z.2")
    route = grid.locator(".iw-heads-route")
    expect(route).to_contain_text("L1.z.2 → L5.k.3: with only this path from the corrupt run")
    expect(route).to_contain_text(written(value(nb, "float(paths.wait().path.effect.sum())"), 2))
    nb.screenshot("lesson-08-heads")
    card.get_by_role("radio", name="queries").check()
    card.get_by_role("button", name="Pick the head it feeds").click()
    canvas = grid.locator(".iw-heads-grid canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    wide, tall = (box["width"] - GUTTER - 2) / HEADS, (box["height"] - FOOT - 2) / LAYERS
    nb.page.mouse.click(
        box["x"] + GUTTER + 3.5 * wide, box["y"] + 1 + (LAYERS - 1 - 5 + 0.5) * tall
    )
    holds(nb, "[paths.sender, paths.receiver]", ["L1.z.2", "L5.q.3"])
    effect = value(nb, "float(paths.wait().path.effect.sum())")
    expect(route).to_contain_text(written(effect, 2))


def answer_the_quiz(nb: NB) -> None:
    quiz = nb.page.locator(".iw-quiz")
    quiz.scroll_into_view_if_needed()
    quiz.get_by_role("radio", name=WRONG, exact=True).check()
    quiz.get_by_role("button", name="Check").click()
    expect(quiz.locator(".iw-told")).to_contain_text("A difference of what?")
    quiz.get_by_role("radio", name=RIGHT).check()
    quiz.get_by_role("button", name="Check").click()
    expect(quiz.locator(".iw-told")).to_contain_text("One forward for the values of the clean run")
    asked = "next(v for v in _oh.values() if type(v).__name__ == 'Quiz')"
    holds(nb, f"[{asked}.score['given'], {asked}.score['right']]", [1, 0])
    nb.screenshot("lesson-08-quiz")
