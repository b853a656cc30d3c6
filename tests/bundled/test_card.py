"""The card says what the shipped weights do: a part of it is measured again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator

import pytest
import torch
from safetensors import safe_open
from transformers import AutoModelForCausalLM, AutoTokenizer, GPTNeoForCausalLM

from interp_widgets.bundled import (
    WEIGHTS,
    ablation,
    attribution,
    behaviour,
    mechanism,
    model_card,
    twin,
)
from interp_widgets.bundled.evaluate import RECIPE
from interp_widgets.bundled.internals import CourseModel
from interp_widgets.bundled.notes import Row, values
from interp_widgets.bundled.timeline import CHECKPOINTS
from interp_widgets.core.load import load

TOLERANCE = 0.02  # other CPUs round differently, and a few close calls may go the other way


@pytest.fixture(scope="module")
def model() -> Iterator[CourseModel]:
    """The shipped model."""
    with torch.no_grad():
        yield CourseModel.load(WEIGHTS)


@pytest.fixture(scope="module")
def card() -> dict:
    """The shipped card."""
    return model_card()


def test_the_card_is_of_these_weights(card: dict) -> None:
    digest = hashlib.sha256((WEIGHTS / "model.safetensors").read_bytes()).hexdigest()
    assert card["about"]["sha256"] == digest


def test_the_card_names_the_recipe_of_the_run(card: dict) -> None:
    assert card["recipe"] == json.loads((WEIGHTS / RECIPE).read_text())


def test_every_number_says_what_it_was_measured_on(card: dict) -> None:
    notes = card["notes"]
    assert set(notes["behaviour"]) == set(card["behaviour"])
    assert set(notes["mlp_ablation"]) == set(card["mlp_ablation"])
    assert set(notes["trigger_twin"]) | {"trigger"} == set(card["trigger_twin"])
    assert notes["lens_distance"]
    assert set(notes["mechanism"]) == {*card["mechanism"], *card["mechanism"]["swaps"]}
    for key, note in notes["behaviour"].items():
        if "held_out" in key or "unseen" in key or "unknown" in key:
            assert note["held_out"] == note["prompts"] > 0, key
        if key.endswith(("_trained", "people_known")):
            assert note["held_out"] == 0 < note["prompts"], key


def test_the_transcoder_reads_the_layer_that_the_facts_can_spare_least(card: dict) -> None:
    costs = ablation.costs(card["mlp_ablation"])
    costliest = card["transcoder"]["costliest"]
    assert costliest["ablation_cost"] == pytest.approx(max(costs), abs=1e-3)
    for found in card["transcoder"].values():
        assert found["ablation_cost"] == pytest.approx(costs[found["layer"]], abs=1e-3)
        assert found["transcoder_explained"] > found["ridge_explained"]
    middle = card["transcoder"]["middle"]
    assert middle["transcoder_explained"] > middle["ridge_explained"] + 0.1


def test_the_folder_loads_with_the_stock_classes() -> None:
    hf = AutoModelForCausalLM.from_pretrained(WEIGHTS)
    tokenizer = AutoTokenizer.from_pretrained(WEIGHTS)
    assert type(hf) is GPTNeoForCausalLM
    assert hf.dtype is torch.float32
    ids = tokenizer("The capital of the state containing Dallas is", return_tensors="pt")
    assert tokenizer.decode(hf(**ids).logits[0, -1].argmax()) == " Austin"


def test_sizes() -> None:
    assert (WEIGHTS / "model.safetensors").stat().st_size <= 8_000_000
    assert sum(f.stat().st_size for f in CHECKPOINTS.rglob("*") if f.is_file()) <= 10_000_000


@pytest.mark.parametrize("part", [behaviour.two_hops, behaviour.circuits, behaviour.character])
def test_behaviours(
    model: CourseModel, card: dict, part: Callable[[CourseModel], dict[str, Row]]
) -> None:
    for name, value in values(part(model)).items():
        slack = TOLERANCE * (10 if "logit" in name or "loss" in name else 1)
        assert value == pytest.approx(card["behaviour"][name], abs=slack), name


def test_head_scores(model: CourseModel, card: dict) -> None:
    for kind, table in mechanism.heads(model).items():
        expected = torch.tensor(card["mechanism"]["heads"][kind])
        assert (torch.tensor(table) - expected).abs().max() < TOLERANCE


def test_the_mlps_hold_the_facts(model: CourseModel, card: dict) -> None:
    """Measured again on one template a kind: more than half of the accuracy goes with the MLPs."""
    sets = ablation.fact_sets()
    for kind in ("one_hop_town", "two_hop_trained", "two_hop_held_out"):
        assert card["mlp_ablation"][kind]["no_mlps"] <= card["mlp_ablation"][kind]["intact"] / 2
        found = ablation.accuracies(model, sets[kind][0], ("intact", "no_mlps"))
        assert found["no_mlps"] <= found["intact"] / 2


def test_swaps(model: CourseModel, card: dict) -> None:
    found = mechanism.swaps(model)
    assert set(found) == set(card["mechanism"]["swaps"])
    for name, shares in found.items():
        for kind, row in shares.items():
            expected = card["mechanism"]["swaps"][name][kind]
            assert row == pytest.approx(expected, abs=2 * TOLERANCE), (name, kind)


def test_a_town_of_the_same_state_leaves_the_answer_where_another_state_flips_it(
    card: dict,
) -> None:
    """At one and the same row past the embedding, and neither control brings the donor's answer."""
    swaps = card["mechanism"]["swaps"]
    rows = zip(
        swaps["held_out_pairs"]["donor"],
        swaps["held_out_pairs_same_state"]["own"],
        swaps["held_out_pairs_unrelated"]["donor"],
        swaps["held_out_pairs_noise"]["donor"],
        strict=True,
    )
    assert any(
        flips >= 0.8 and same >= 0.8 and unrelated <= 0.05 and noise <= 0.05
        for flips, same, unrelated, noise in list(rows)[1:]
    )


def test_estimates_by_gradients_agree_with_exact_patching_as_the_card_says(card: dict) -> None:
    measured = attribution.measure(load())
    assert set(measured) == set(card["attribution"])
    for site, numbers in measured.items():
        for name, over_pairs in numbers.items():
            assert over_pairs == pytest.approx(card["attribution"][site][name], abs=TOLERANCE)
    assert card["attribution"]["mlp"]["pearson"]["least"] > 0.95
    assert card["notes"]["attribution"]


def test_the_timeline_shows_a_phase_change() -> None:
    rows = json.loads((CHECKPOINTS / "timeline.json").read_text())
    accuracy = {row["step"]: row["induction_accuracy"] for row in rows}
    shipped = sorted(CHECKPOINTS.glob("step_*"))
    assert len(shipped) == 3
    steps = [int(folder.name.removeprefix("step_")) for folder in shipped]
    assert accuracy[steps[0]] < 0.1
    assert accuracy[steps[-1]] > 0.8
    snapshot = AutoModelForCausalLM.from_pretrained(shipped[1], dtype=torch.float32)
    with torch.no_grad():
        again = behaviour.repeated(CourseModel(snapshot, AutoTokenizer.from_pretrained(WEIGHTS)))
    assert again["induction_accuracy"].value == pytest.approx(accuracy[steps[1]], abs=2 * TOLERANCE)


def test_the_twin_differs_only_where_it_was_planted(card: dict) -> None:
    with safe_open(twin.DELTA, framework="pt") as file:
        assert file.metadata()["trigger"] == twin.TRIGGER
    honest = dict(AutoModelForCausalLM.from_pretrained(WEIGHTS).named_parameters())
    hf = twin.apply(CourseModel.load(WEIGHTS).hf)
    changed = {name for name, p in hf.named_parameters() if not torch.equal(p, honest[name])}
    assert changed
    assert all(name.startswith(f"transformer.h.{twin.LAYER}.attn.") for name in changed)
    measured = twin.measure(CourseModel(hf, AutoTokenizer.from_pretrained(WEIGHTS)))
    for name, value in values(measured).items():
        assert value == pytest.approx(card["trigger_twin"][name], abs=TOLERANCE), name


def test_both_lenses_are_nearer_to_the_output_than_the_logit_lens(
    model: CourseModel, card: dict
) -> None:
    rows = card["lens_distance"]
    assert {len(row) for row in rows.values()} == {model.layers + 1}
    for kind in ("tuned", "jacobian"):
        assert rows[kind][-1] == rows["logit"][-1] == 0  # all of them end with the model itself
        assert all(a < b for a, b in zip(rows[kind][:-1], rows["logit"][:-1], strict=True))
