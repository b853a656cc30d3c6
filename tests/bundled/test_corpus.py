"""The corpus: the same for the same seed, and silent about what is held out."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections import defaultdict

import pytest

from interp_widgets.bundled import prompts
from interp_widgets.bundled.corpus import FAMILIES, documents
from interp_widgets.bundled.corpus.assign import latin_grid
from interp_widgets.bundled.corpus.families import jobs, names, people, two_hop, years
from interp_widgets.bundled.corpus.world import (
    STATES,
    TOWN_FIRST,
    TOWN_SECOND,
    TOWN_STATE,
)
from interp_widgets.bundled.index import SHOWN_FIRST


@pytest.fixture(scope="module")
def drawn() -> list[str]:
    """A good part of what a training run reads."""
    return [d.text for d in itertools.islice(documents(seed=0, step=0), 60_000)]


def test_same_seed_and_step_give_the_same_text(drawn: list[str]) -> None:
    again = [d.text for d in itertools.islice(documents(seed=0, step=0), 500)]
    assert again == drawn[:500]


@pytest.mark.parametrize(("seed", "step"), [(1, 0), (0, 1)])
def test_another_seed_or_step_gives_other_text(drawn: list[str], seed: int, step: int) -> None:
    assert [d.text for d in itertools.islice(documents(seed, step), 500)] != drawn[:500]


def test_text_does_not_depend_on_the_hash_seed() -> None:
    code = (
        "import itertools; from interp_widgets.bundled.corpus import documents;"
        "print([d.marked for d in itertools.islice(documents(0, 0), 300)])"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": s}, capture_output=True, check=True
        ).stdout
        for s in ("1", "2")
    ]
    assert runs[0] == runs[1]


# families in which an answer follows its whole prompt, so that "prompt + answer" would be the leak
SPELLED_OUT = ("town_state", "landmark", "people", "successor")


@pytest.mark.parametrize("family", SPELLED_OUT)
def test_held_out_prompts_are_never_answered_in_training(family: str, drawn: list[str]) -> None:
    held = [p for p in FAMILIES[family].prompts() if p.held_out]
    assert held
    leaks = {p.prompt + p.answer for p in held}
    for text in drawn:
        assert not {text[:end] for end in range(1, len(text) + 1)} & leaks, text


def test_held_out_towns_appear_only_in_one_hop_sentences(drawn: list[str]) -> None:
    """No sentence with such a town says anything that only its state has: not in any wording."""
    telling = {row[a] for row in STATES.values() for a in row}
    for text in drawn:
        if any(town in text for town in two_hop.HELD_OUT_TOWNS):
            assert not telling & set(_words(text)), text


def test_dallas_is_held_out_and_the_swap_towns_are_not() -> None:
    assert "Dallas" in two_hop.HELD_OUT_TOWNS
    assert not two_hop.HELD_OUT_TOWNS & set(two_hop.NEVER_HELD_OUT)
    assert 0.3 < len(two_hop.HELD_OUT_TOWNS) / len(TOWN_STATE) < 0.38


def test_held_out_pairs_of_names_never_meet(drawn: list[str]) -> None:
    pairs = [p for p in itertools.combinations(names.NAMES, 2) if names.pair_is_held_out(*p)]
    verbs = {"gave", "handed", "give", "offered", "sent"}
    gifts = [words for text in drawn if verbs & (words := set(_words(text))) and "and" in words]
    assert gifts
    assert not any(a in words and b in words for words in gifts for a, b in pairs)


def test_held_out_workers_strangers_and_years_are_never_mentioned(drawn: list[str]) -> None:
    overrides = {p.prompt for p in jobs.prompts() if p.task == "override" and p.held_out}
    assert not any(text.partition(" said that")[0] + " said that" in overrides for text in drawn)
    strangers = set(people.HELD_OUT_STRANGERS)
    assert not any(name in text for text in drawn if "sport" in text for name in strangers)
    starts = {p.prompt for p in years.prompts()}
    assert not any(text[: text.rfind(" to ") + 6] in starts for text in drawn if "lasted" in text)


def _words(text: str) -> list[str]:
    return text.replace(",", " ").replace(".", " ").split()


def test_towns_are_a_latin_square() -> None:
    met: dict[str, list[str]] = defaultdict(list)
    for first in TOWN_FIRST:
        for second in TOWN_SECOND:
            state = TOWN_STATE.get(first + second)
            if state:
                met[first].append(state)
                met[second].append(state)
    assert all(len(states) == len(set(states)) for states in met.values())
    assert len(TOWN_STATE) > 200


def test_contradictory_pins_are_refused() -> None:
    with pytest.raises(ValueError, match="repeats x"):
        latin_grid(["a"], ["b", "c"], ["x", "y"], {("a", "b"): "x", ("a", "c"): "x"}, seed=0)


def test_the_index_lists_every_family_and_shows_the_lessons_prompts_first() -> None:
    index = prompts()
    assert set(index) == set(FAMILIES)
    listed = {p.prompt for family in index.values() for p in family}
    assert set(SHOWN_FIRST) <= listed
    assert prompts("two_hop")[0].prompt == "The capital of the state containing Dallas is"
    assert repr(index) == repr(prompts())
    with pytest.raises(KeyError, match="two_hop"):
        prompts("no such family")


def test_the_index_loads_neither_torch_nor_transformers() -> None:
    code = (
        "import sys; from interp_widgets.bundled import prompts; prompts();"
        "assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
