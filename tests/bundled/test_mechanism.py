"""How the card's numbers are made, on a model whose answers are known without measuring."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from transformers import AutoTokenizer

from interp_widgets.bundled import WEIGHTS, ablation, mechanism, twin
from interp_widgets.bundled import model as shapes
from interp_widgets.bundled.corpus import Prompt
from interp_widgets.bundled.corpus.families import two_hop
from interp_widgets.bundled.corpus.world import TOWN_STATE
from interp_widgets.bundled.internals import CourseModel
from interp_widgets.bundled.notes import Row


@pytest.fixture(scope="module")
def untrained() -> Iterator[CourseModel]:
    """A small model with random weights."""
    tokenizer = AutoTokenizer.from_pretrained(WEIGHTS)
    with torch.no_grad():
        hf = shapes.build(shapes.config(len(tokenizer), layers=3, width=32, mlp=64), seed=0)
        yield CourseModel(hf, tokenizer)


@pytest.fixture(scope="module")
def distance() -> list[Prompt]:
    """Two-hop prompts of one template."""
    return [p for p in two_hop.prompts() if p.template == two_hop.DISTANCE]


def test_recovery_is_whole_where_everything_is_and_none_where_nothing_is(
    untrained: CourseModel, distance: list[Prompt]
) -> None:
    """In the embedding only the subject differs; after the last layer only the end is read."""
    found = mechanism.recovery(untrained, distance[:6], distance[20:26])
    for kind in ("mean", "median", "least"):
        assert found["subject"][kind][0] == pytest.approx(1, abs=1e-3)
        assert found["end"][kind][0] == pytest.approx(0, abs=1e-3)
        assert found["subject"][kind][-1] == pytest.approx(0, abs=1e-3)
        assert found["end"][kind][-1] == pytest.approx(1, abs=1e-3)


def test_controls_of_the_same_state_are_other_towns_of_it(distance: list[Prompt]) -> None:
    base, donor = mechanism._same_state(distance)
    assert base
    for a, b in zip(base, donor, strict=True):
        assert a.subject != b.subject
        assert TOWN_STATE[a.subject] == TOWN_STATE[b.subject]


def test_shares_of_a_swap_add_up(untrained: CourseModel, distance: list[Prompt]) -> None:
    base, donor = mechanism.shuffled_pairs(distance, 3)
    found = mechanism._flips(untrained, base[:8], donor[:8])
    for shares in zip(found["donor"], found["own"], found["other"], strict=True):
        assert sum(shares) == pytest.approx(1)
    assert found["prompts"] == 8


def test_swapping_a_residual_for_itself_changes_nothing(
    untrained: CourseModel, distance: list[Prompt]
) -> None:
    base = distance[:8]
    own = untrained.end_logits(untrained.batch([p.prompt for p in base])).argmax(-1)
    said = [str(untrained.tokenizer.decode(token)) for token in own]
    answered = [Prompt(p.family, p.prompt, a, subject=p.subject) for p, a in zip(base, said)]  # noqa: B905
    assert mechanism._flips(untrained, answered, answered)["own"] == [1.0] * 4


def test_repeats_repeat(untrained: CourseModel) -> None:
    ids = mechanism._repeats(untrained, length=7).ids
    assert torch.equal(ids[:, 1:8], ids[:, 8:])
    assert ids.shape == (16, 15)
    first = untrained.tokenizer.decode(ids[0, 1])
    assert str(first).startswith(" ")


@pytest.mark.parametrize(
    ("ranks", "row"), [([9, 5, 5, 1], 0), ([5, 9, 3, 1], 1), ([9, 3, 4, 1], 2), ([1, 2, 3], 2)]
)
def test_from_which_row_on_a_rank_falls(ranks: list[float], row: int) -> None:
    assert mechanism.falls_from(ranks) == row


def test_the_steadiest_layer_rises_at_every_strength() -> None:
    rows = {"a": [-0.9, 0.0, 0.0, 1.0], "b": [-0.5, 0.0, 0.1, 0.5], "c": [-0.1, 0.0, 0.1, 0.2]}
    assert mechanism.steadiest(rows) == "b"
    assert mechanism.steadiest({"a": rows["a"]}) is None


def test_costs_are_the_mean_loss_over_compound_names() -> None:
    measured = {
        kind: {"intact": 1.0, "no_mlp_0": 0.5, "no_mlp_1": 1.0} for kind in ablation.COMPOUND
    }
    measured["two_hop_trained"] |= {"no_mlp_1": 0.2}
    assert ablation.costs(measured) == pytest.approx([0.5, 0.2])


def test_the_twin_is_asked_about_places_it_was_not_tuned_on() -> None:
    old, new = twin.questions()
    assert not {p.subject for p in old} & {p.subject for p in new}
    assert len(new) > 100


def test_a_note_counts_what_training_never_answers() -> None:
    prompts = [Prompt("f", "a", held_out=True), Prompt("f", "b")]
    assert Row(0.5, "share", prompts).note() == {"says": "share", "prompts": 2, "held_out": 1}
    assert Row(0.5, "share").note() == {"says": "share"}
