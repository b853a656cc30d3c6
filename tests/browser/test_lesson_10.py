"""Lesson 10 as a learner meets it: in a real JupyterLab, run whole, then taken in hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.browser.harness import NB
from tests.browser.test_attention_view import holds, value

LESSON = "10_circuit_zoo.ipynb"
WRONG = "28 in 7 classes, and no others work"
RIGHT = "26 in 7 classes"

Open = Callable[[str | Path], NB]


def head_grid(nb: NB, nth: int) -> Locator:
    """The grids in order: another giver, roles, successors, the circuit."""
    found = nb.page.locator(".iw").filter(has=nb.page.locator(".iw-heads-grid")).nth(nth)
    found.scroll_into_view_if_needed()
    return found


def test_the_lesson_runs_and_answers_the_hands(open_notebook: Open) -> None:
    nb = open_notebook(LESSON)
    nb.run_all(timeout=300)
    assert nb.cell_errors() == []
    find_the_reader(nb)
    ask_another_measure(nb)
    cut_the_second_head(nb)
    run_the_circuit(nb)
    answer_the_quiz(nb)
    nb.theme(dark=True)
    for name, nth in (("giver", 0), ("roles", 1), ("circuit", 3)):
        expect(head_grid(nb, nth)).to_have_attribute("data-theme", "dark")
        nb.screenshot(f"lesson-10-dark-{name}")


def find_the_reader(nb: NB) -> None:
    """The head that another giver moves most looks from the last word at the giver."""
    grid = head_grid(nb, 0)
    assert value(nb, "divmod(grid.wait().values.argmax().item(), 4)") == [3, 2]
    cells = grid.locator(".iw-heads-grid")
    cells.focus()
    for key in (*4 * ("ArrowDown",), "ArrowRight", "ArrowRight", "Enter"):
        nb.page.keyboard.press(key)
    expect(grid.locator(".iw-heads-name")).to_contain_text("L3.z.2")
    holds(nb, "grid.opened", [3, 2])
    nb.screenshot("lesson-10-giver")


def ask_another_measure(nb: NB) -> None:
    """The grid of roles names them, and draws another effect when asked."""
    grid = head_grid(nb, 1)
    holds(nb, "[tagged.roles['L7.z.2'], tagged.roles['L3.z.2']]", ["mover", "giver"])
    assert value(nb, "(tagged.wait().values[5:] > 0.05).any().item()")
    grid.locator(".iw-heads-by select").select_option("denoise")
    holds(nb, "tagged.measure", "denoise")
    nb.screenshot("lesson-10-roles")


def cut_the_second_head(nb: NB) -> None:
    """Two heads halve the bias, which one does not."""
    bars = nb.page.locator(".iw-bias")
    bars.scroll_into_view_if_needed()
    assert value(nb, "bars_of_jobs.wait().record.fall") < 0.5
    bars.get_by_role("button", name="head L7.z.0").click()
    holds(nb, "bars_of_jobs.heads", [[7, 0], [7, 2]])
    assert value(nb, "bars_of_jobs.wait().record.fall") > 0.5
    expect(bars.locator(".iw-bias-words")).to_contain_text("L7.z.0, L7.z.2 at zero")
    expect(bars.locator(".iw-bias-charts")).to_have_attribute("data-stale", "false")
    nb.screenshot("lesson-10-bias")


def run_the_circuit(nb: NB) -> None:
    """Alone the circuit does nearly all; without a head of it, less."""
    grid = head_grid(nb, 3)
    grid.get_by_role("button", name="Run with only these").click()
    holds(nb, "len(verified.circuit)", 21)
    whole = value(nb, "verified.wait().run.faithfulness")
    assert whole > 0.9
    expect(grid.locator(".iw-heads-ran b")).to_have_text(f"Faithfulness {whole:.2f}")
    nb.py("verified.selected = [head for head in verified.selected if list(head) != [3, 2]]")
    grid.get_by_role("button", name="Run with only these").click()
    holds(nb, "len(verified.circuit)", 20)
    assert value(nb, "verified.wait().run.faithfulness") < whole - 0.2
    nb.screenshot("lesson-10-circuit")


def answer_the_quiz(nb: NB) -> None:
    quiz = nb.page.locator(".iw-quiz")
    quiz.scroll_into_view_if_needed()
    quiz.get_by_role("radio", name=WRONG).check()
    quiz.get_by_role("button", name="Check").click()
    expect(quiz.locator(".iw-told")).to_contain_text("What did the final one count?")
    quiz.get_by_role("radio", name=RIGHT, exact=True).check()
    quiz.get_by_role("button", name="Check").click()
    expect(quiz.locator(".iw-told")).to_contain_text("our")
    asked = "next(v for v in _oh.values() if type(v).__name__ == 'Quiz')"
    holds(nb, f"[{asked}.score['given'], {asked}.score['right']]", [1, 0])
    nb.screenshot("lesson-10-quiz")
