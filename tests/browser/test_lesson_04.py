"""Lesson 04 as a learner meets it: in a real JupyterLab, by hand and by key.

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

LESSON = "04_sae_variants.ipynb"
DRAWN = ("setup", "shrinkage", "race-run", "sweep", "live", "quiz-widget")
NEEDED = (*DRAWN, "size", "ex-04-7-stub", "ex-04-7-check")
# One's own dictionary on fewer tokens and texts, for fewer steps: the clicks are the same.
SMALLER = {"texts(0, 1000)": "texts(0, 150)", "(10_000, 100)": "(10_000, 10)", "=200": "=30"}
HOLES_TAKEN_FOR_SPLITTING = """def match(table):
    return {"refinements": "CEAFBD", "ailments": "DAFEBC", "kinds": "LTLTBB"}[table]"""

Open = Callable[[str | Path], NB]


def in_part(folder: Path) -> Path:
    """The lesson's text, and of its code what the widgets need."""
    lesson = nbformat.read(LESSONS / LESSON, as_version=4)
    lesson.cells = [c for c in lesson.cells if c.cell_type == "markdown" or c.id in NEEDED]
    live = next(c for c in lesson.cells if c.id == "live")
    for said, smaller in SMALLER.items():
        assert live.source.count(said) == 1
        live.source = live.source.replace(said, smaller)
    nbformat.write(lesson, folder / LESSON)
    return folder / LESSON


def cell(nb: NB, code: str) -> Locator:
    """The cell with this code in it."""
    return nb.page.locator(".jp-CodeCell").filter(
        has=nb.page.locator(".jp-InputArea-editor", has_text=code)
    )


def write(nb: NB, into: Locator, code: str) -> None:
    """Types code over what a cell has, and runs it."""
    into.locator(".cm-content").click()
    nb.page.keyboard.press("Control+a")
    nb.page.keyboard.insert_text(code)
    nb.page.keyboard.press("Shift+Enter")
    nb.wait_idle()


def press(explorer: Locator, point: int) -> None:
    """Clicks a point where it is drawn."""
    box = explorer.locator(f'.iw-pareto-plot [data-point="{point}"]').bounding_box()
    assert box is not None
    explorer.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_the_lesson_answers_the_hands(open_notebook: Open, tmp_path: Path) -> None:
    nb = open_notebook(in_part(tmp_path))
    nb.run_all(timeout=300)
    assert nb.cell_errors() == []
    a_price_is_turned(nb)
    the_race_is_run_again(nb)
    points_are_compared_on_the_front(nb)
    ones_own_point_is_trained(nb)
    a_wrong_answer_gets_a_hint(nb)

    nb.theme(dark=True)
    for name, part in (("front", ".iw-pareto"), ("quiz", ".iw-quiz")):
        shown = nb.page.locator(part).last
        expect(shown).to_have_attribute("data-theme", "dark")
        shown.scroll_into_view_if_needed()
        nb.screenshot(f"lesson-04-dark-{name}")


def a_price_is_turned(nb: NB) -> None:
    """On the first screen: λ up by key, some steps, and the next cell measures what is left."""
    first = nb.page.locator(".iw-train").first
    first.scroll_into_view_if_needed()
    expect(first.locator(".iw-train-where")).to_contain_text("step 400 of 2,000")
    nb.screenshot("lesson-04-first")
    first.get_by_role("slider", name="λ").focus()
    nb.page.keyboard.press("PageUp")
    holds(nb, "first.run.hyper['l1'] > 0.2", True)
    first.get_by_role("button", name="+10").click()
    holds(nb, "[first.wait().run.step, len(first.run.changes)]", [410, 1])
    measured = cell(nb, "def strength(sae)")
    measured.locator(".cm-content").click()
    nb.page.keyboard.press("Shift+Enter")
    expect(measured.locator(".jp-OutputArea-output")).to_contain_text("step 410, λ")


def the_race_is_run_again(nb: NB) -> None:
    """From its first half on, by key, with another price: the change is on the curve."""
    race = nb.page.locator(".iw-train").last
    race.scroll_into_view_if_needed()
    expect(race.locator(".iw-train-where")).to_contain_text("step 400 of 400")
    nb.screenshot("lesson-04-race")
    race.locator(".iw-train-handle").focus()
    nb.page.keyboard.press("Home")
    nb.page.keyboard.press("Enter")
    holds(nb, "[one.done for one in race.runs]", [False] * 4)
    race.get_by_role("slider", name="λ").focus()
    nb.page.keyboard.press("ArrowRight")
    holds(nb, "race.run.hyper['l1'] > 0.6", True)
    race.get_by_role("button", name="+10").click()
    holds(nb, "[len(set(one.step for one in race.wait().runs)), len(race.run.changes)]", [1, 1])
    expect(race.locator(".iw-train-mark[data-knob=l1]").first).to_be_attached()


def points_are_compared_on_the_front(nb: NB) -> None:
    """Kinds are shown by name; two dictionaries held by pointer; another measure."""
    explorer = nb.page.locator(".iw-pareto").first
    explorer.scroll_into_view_if_needed()
    plot = explorer.locator(".iw-pareto-plot")
    expect(plot).to_have_attribute("data-drawn", "4")  # those with L1
    explorer.get_by_role("button", name="topk", exact=True).click()
    expect(plot).to_have_attribute("data-drawn", "9")  # and four of TopK, and one's own
    explorer.get_by_role("button", name="gated").click()
    holds(nb, "explorer.hidden", ["batchtopk", "matryoshka", "jumprelu"])
    relu = value(nb, "sweep.where('relu', 512)[1]")
    press(explorer, relu)
    press(explorer, value(nb, "twin"))
    holds(nb, "explorer.pinned", [relu, value(nb, "twin")])
    more = value(nb, "explorer.difference()['fve']")
    expect(explorer.locator('tr[data-measure="fve"]')).to_contain_text(f"{more:+.3f} better")
    nb.screenshot("lesson-04-front")
    explorer.get_by_label("Up: measure").select_option("delta_ce")
    front = value(nb, "explorer.points.front('l0', 'delta_ce', explorer.shown)")
    expect(plot).to_have_attribute("data-front", ",".join(map(str, front)))
    expect(explorer.locator(".iw-summary")).to_have_text(value(nb, "explorer.describe()"))


def ones_own_point_is_trained(nb: NB) -> None:
    """A call in a new cell, as the lesson asks for: the point is on both pictures."""
    cells = nb.page.locator(".jp-Notebook-cell").count()
    last = nb.page.locator(".iw-pareto").last
    expect(last.locator("svg text", has_text="mine")).to_be_visible()
    cell(nb, "def put_in(").locator(".jp-InputPrompt").click()
    nb.page.keyboard.press("b")
    expect(nb.page.locator(".jp-Notebook-cell")).to_have_count(cells + 1)
    own = nb.page.locator(".jp-CodeCell.jp-mod-selected")
    write(nb, own, 'put_in("batch", "batchtopk", 64, 32, steps=30);')
    assert nb.cell_errors() == []
    holds(nb, "[point['name'] for point in explorer.added]", ["mine", "batch"])
    last.get_by_role("button", name="batchtopk").click()
    last.get_by_label("Width").select_option("0")
    l0 = value(nb, "explorer.points.text('l0', len(sweep) + 1)")
    last.scroll_into_view_if_needed()
    press(last, value(nb, "len(sweep) + 1"))
    holds(nb, "explorer.pinned[-1]", value(nb, "len(sweep) + 1"))
    expect(last.locator('tr[data-measure="l0"]')).to_contain_text(l0)
    nb.screenshot("lesson-04-mine")


def a_wrong_answer_gets_a_hint(nb: NB) -> None:
    """One who takes holes for splitting is told where to look; so is one who lowers λ."""
    stub = cell(nb, "def match(table)")
    write(nb, stub, HOLES_TAKEN_FOR_SPLITTING)
    check = cell(nb, 'iw.check("04.7", match)')
    check.locator(".cm-content").click()
    nb.page.keyboard.press("Shift+Enter")
    output = check.locator(".jp-OutputArea-output")
    expect(output).to_contain_text("4 of 6 are right. Look again at “pairs of directions")
    expect(output).to_contain_text("This looks like splitting.")

    quiz = nb.page.locator(".iw-quiz")
    quiz.scroll_into_view_if_needed()
    quiz.get_by_role("radio", name="λ is still far too high").check()
    quiz.get_by_role("button", name="Check").click()
    expect(quiz.locator(".iw-told")).to_contain_text("Which gradient does λ give")
