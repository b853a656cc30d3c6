"""HeadGrid without a browser: its numbers are the core's, its cards a hooked run and weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.heads import KINDS
from interp_widgets.core.sites import Site
from interp_widgets.widgets import HeadGrid, _heads_card, _heads_data, _heads_paths, _jobs
from tests.widgets.examples import OTHER, PROMPT, model
from tests.widgets.synthetic import unpack

PAIR: dict[str, Any] = {
    "clean": PROMPT,
    "corrupt": OTHER,
    "answer": " Austin",
    "distractor": " Paris",
}


def widget(**given: Any) -> HeadGrid:
    return HeadGrid(model(), **{**PAIR, **given}).wait()


def planes(sent: dict[str, Any]) -> dict[str, np.ndarray]:
    return {one["name"]: unpack(one) for one in sent["planes"]}


@pytest.mark.parametrize("by", ["denoise", "noise"])
def test_patching_effects_are_what_the_core_finds(by: str) -> None:
    asked = {**PAIR, "site": "z", "per": "head", "direction": by}
    exact = iw.activation_patching(model(), **asked)
    estimate = iw.attribution_patching(model(), **asked, sample=0)
    shown = widget(measure=by)
    torch.testing.assert_close(shown.values, exact.recovery, atol=1e-9, rtol=0)
    assert shown.effect is not None
    torch.testing.assert_close(shown.effect.values, exact.values, atol=1e-9, rtol=0)
    sent = planes(shown.grid)
    np.testing.assert_allclose(sent["exact"], exact.recovery, atol=1e-5)
    np.testing.assert_allclose(sent["estimate"], estimate.recovery, atol=1e-5)


@pytest.mark.parametrize("kind", ["zero", "mean"])
def test_ablations_are_what_the_core_finds(kind: str) -> None:
    reference = ["the city of Rome", "the state of Texas"]
    shown = widget(measure=kind, reference=reference)
    tokens: dict[str, Any] = {"answer": " Austin", "distractor": " Paris"}
    wanted = iw.ablation(model(), PROMPT, **tokens, kind=kind, reference=reference).effect
    torch.testing.assert_close(shown.values, wanted, atol=1e-9, rtol=0)
    assert np.isnan(planes(shown.grid)["estimate"]).all()


def test_scores_are_what_the_core_finds() -> None:
    shown = HeadGrid(model()).wait()
    wanted = iw.head_scores(model())
    for kind in KINDS:
        shown.measure = kind
        torch.testing.assert_close(shown.values, wanted[kind], equal_nan=True)
    sent = planes(shown.shown)["scores"]
    np.testing.assert_array_equal(sent, wanted.scores.numpy())


def test_scores_on_a_prompt_follow_the_prompt_typed() -> None:
    record = iw.head_scores(model(), PROMPT)
    shown = record.widget(model=model())
    assert isinstance(shown, HeadGrid)
    shown.wait()
    torch.testing.assert_close(shown.values, record["induction"], equal_nan=True)
    again = "the city of the city of Rome"
    shown.act({"do": "prompt", "side": 0, "text": again}).wait()
    torch.testing.assert_close(shown.values, iw.head_scores(model(), again)["induction"])


def test_a_frame_is_shown_with_whatever_scores_it_has() -> None:
    frame: Any = iw.heads(model())
    shown = HeadGrid(frame)
    torch.testing.assert_close(shown.values, iw.head_scores(model())["induction"], equal_nan=True)
    frame["mine"] = range(-2, 10)
    own = HeadGrid(frame[["layer", "head", "mine"]].sample(frac=1, random_state=0))
    assert own.measure == "mine"
    torch.testing.assert_close(own.values.flatten(), torch.arange(-2.0, 10.0))
    assert planes(own.shown)["scores"].shape == (1, 3, 4)
    for wrong, why in (
        (frame[["layer", "mine"]], "columns layer, head"),
        (frame[["layer", "head", "name"]], "columns layer, head"),
        (frame.iloc[1:], "missing or come twice"),
    ):
        with pytest.raises(ValueError, match=why):
            HeadGrid(wrong)
    with pytest.raises(TypeError, match="not a Composition"):
        HeadGrid(iw.composition(model()))  # pyright: ignore[reportArgumentType]


def test_two_runs_that_do_not_differ_have_no_scale() -> None:
    shown = widget(corrupt=PROMPT, selected=[[0, 0]], sender="L0.z.0").act({"do": "run"}).wait()
    assert shown.grid["unit"] == "change of logit_diff"
    assert float(shown.values.abs().max()) < 1e-5
    assert shown.ran["faithfulness"] is None
    assert shown.route["share"] is None


def test_the_estimate_comes_first_and_exact_values_over_it() -> None:
    asked = _heads_data.Question(PROMPT, OTHER, " Austin", " Paris")
    first, *_, last = _heads_data.effect_steps(model(), asked, "noise", "", ())
    exact, estimate = first.planes()
    assert exact.isnan().all()
    assert not estimate.isnan().any()
    exact, again = last.planes()
    assert not exact.isnan().any()
    torch.testing.assert_close(estimate, again)


def test_a_card_is_the_pattern_of_the_run_and_the_weights() -> None:
    shown = widget(opened=[1, 2])
    card = shown.cards["L1.z.2"]
    wanted = iw.attention(model(), PROMPT).patterns[1, 2].numpy()
    n = len(wanted)
    np.testing.assert_allclose(planes(card)["pattern"][0], wanted[np.tril_indices(n)], atol=1e-6)
    assert card["tokens"] == model().tokens(PROMPT)
    ids = model().ids(PROMPT)[1:].tolist()
    writes = iw.head_circuit(model(), 1, 2, list(dict.fromkeys(ids)), k=_heads_card.RAISED)
    rows = dict(card["raised"])
    assert set(rows) == set(writes.tokens)
    for source, tokens, by in zip(writes.tokens, writes.top_tokens, writes.top_values, strict=True):
        assert [token for token, _ in rows[source]] == list(tokens)
        np.testing.assert_allclose([value for _, value in rows[source]], by, atol=1e-5)


def test_a_card_lists_the_heads_that_compose_most_above_random() -> None:
    card = widget(opened=[1, 2]).cards["L1.z.2"]
    composed = iw.composition(model())
    frame: Any = composed.to_frame()
    for mine, other, listed in (("writer", "reader", "feeds"), ("reader", "writer", "fed")):
        rows = frame[(frame[mine] == "L1.z.2") & (frame["excess"] > composed.baseline_std)]
        wanted = rows.nlargest(_heads_paths.LINKS, "excess")
        assert [link[1] for link in card[listed]] == list(wanted[other])
        assert [link[0].split(".")[1] for link in card[listed]] == list(wanted["kind"])
        np.testing.assert_allclose([link[3] for link in card[listed]], wanted["excess"], atol=1e-6)


def test_a_path_is_what_the_core_finds() -> None:
    shown = widget(sender="L0.z.1", receiver="L2.v.3")
    wanted = iw.path_patching(model(), **PAIR, sender="L0.z.1", receiver="L2.v.3")
    assert shown.path is not None
    torch.testing.assert_close(shown.path.effect, wanted.effect)
    assert shown.route["effect"] == pytest.approx(float(wanted.effect), abs=1e-9)
    every = iw.path_patching(model(), **PAIR, receiver="L2.v.3")
    shown.act({"do": "effect", "by": "path"}).wait()
    torch.testing.assert_close(shown.values, every.recovery)
    assert shown.effect is not None
    assert float(shown.effect.effect[0, 1]) == pytest.approx(shown.route["effect"], abs=1e-6)
    shown.act({"do": "path", "sender": "L1.z.0", "receiver": "logits"}).wait()
    direct = iw.path_patching(model(), **PAIR, sender="L1.z.0")
    assert shown.route["effect"] == pytest.approx(float(direct.effect), abs=1e-9)


@pytest.mark.parametrize("replace", ["corrupt", "mean", "zero"])
def test_a_set_run_alone_is_the_cores_circuit(replace: str) -> None:
    shown = widget(selected=[[2, 1], [0, 3]], replace=replace).act({"do": "run"}).wait()
    reference = [PROMPT, OTHER] if replace == "mean" else []
    more: dict[str, Any] = {"replace": replace, "reference": reference}
    wanted = iw.circuit(model(), **PAIR, heads=[(0, 3), (2, 1)], **more)
    assert shown.circuit == ["L0.z.3", "L2.z.1"]
    assert shown.run is not None
    assert shown.ran["faithfulness"] == pytest.approx(wanted.faithfulness)
    assert shown.ran["completeness"] == pytest.approx(wanted.completeness)
    assert shown.ran["minimality"] == pytest.approx(wanted.minimality.tolist())
    assert shown.ran["empty"] == pytest.approx(wanted.empty)
    # The set goes on changing; what was run stays until it is run again.
    shown.act({"do": "select", "heads": []}).wait()
    assert shown.ran["asked"] == ["L0.z.3", "L2.z.1"]
    with pytest.raises(ValueError, match="needs heads in it"):
        shown.act({"do": "run"})


def test_all_heads_alone_are_the_model_and_none_the_corrupt_run() -> None:
    """The control: with MLPs of the run itself and prompts that end alike."""
    every = [[layer, head] for layer in range(3) for head in range(4)]
    shown = widget(selected=every).act({"do": "run"}).wait()
    assert shown.ran["faithfulness"] == pytest.approx(1, abs=1e-5)
    assert shown.ran["empty"] == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize(
    ("sender", "receiver", "why"),
    [
        ("L1.z.0", "L1.q.2", "later receiver"),
        ("L1.z.0", "L3.q.0", "a receiver is"),
        ("L1.z.0", "L2.z.0", "a receiver is"),
        ("L1.z.4", "logits", "a sender is"),
        ("L1.mlp_out", "logits", "a head is"),
    ],
)
def test_a_path_that_is_none_is_refused(sender: str, receiver: str, why: str) -> None:
    shown = HeadGrid(model(), **PAIR)
    with pytest.raises(ValueError, match=why):
        widget(sender=sender, receiver=receiver)
    with pytest.raises(ValueError, match=why):
        shown.act({"do": "path", "sender": sender, "receiver": receiver})
    assert shown.actions == []


def test_a_card_without_a_prompt_is_of_tokens_that_come_twice() -> None:
    tokens = HeadGrid(model(), opened=[0, 0]).wait().cards["L0.z.0"]["tokens"]
    half = len(tokens) // 2
    assert tokens[-half:] == tokens[-2 * half : -half]


def test_the_reducer_is_pure_and_toggles_the_card() -> None:
    before: dict[str, Any] = {"opened": [], "selected": [], "roles": {}, "measure": "noise"}
    kept = {k: v.copy() if hasattr(v, "copy") else v for k, v in before.items()}
    after = HeadGrid.reduce(before, {"do": "open", "layer": 1, "head": 2})
    assert before == kept
    assert after["opened"] == [1, 2]
    assert HeadGrid.reduce(after, {"do": "open", "layer": 1, "head": 2}) == before
    tagged = HeadGrid.reduce(before, {"do": "role", "layer": 0, "head": 1, "text": " mover "})
    assert tagged["roles"] == {"L0.z.1": "mover"}
    assert HeadGrid.reduce(tagged, {"do": "role", "layer": 0, "head": 1, "text": ""}) == before
    chosen = HeadGrid.reduce(before, {"do": "select", "heads": [[2, 1], [0, 3]]})
    assert chosen["selected"] == [[0, 3], [2, 1]]
    with pytest.raises(ValueError, match="dance"):
        HeadGrid.reduce(before, {"do": "dance"})


def test_roles_may_be_given_by_name_or_place() -> None:
    shown = HeadGrid(model(), roles={(2, 1): "mover", "L0.z.3": "previous token"}).wait()
    assert list(shown.roles.items()) == [("L0.z.3", "previous token"), ("L2.z.1", "mover")]
    for roles, why in (({"L9.z.0": "mover"}, "layers 0 to 2"), ({"mlp": "x"}, "a head is")):
        with pytest.raises(ValueError, match=why):
            HeadGrid(model(), roles=roles)


def test_what_cannot_be_asked_is_refused() -> None:
    shown = widget()
    for action, why in (
        ({"do": "open", "layer": 3, "head": 0}, "layers 0 to 2"),
        ({"do": "select", "heads": [[0, 4]]}, "heads 0 to 3"),
        ({"do": "effect", "by": "resample"}, "measure is one of"),
        ({"do": "answer", "text": " Paris"}, "both"),
        ({"do": "answer", "text": " Paris Rome"}, "token"),
    ):
        with pytest.raises(ValueError, match=why):
            shown.act(action)
    assert shown.actions == []
    with pytest.raises(ValueError, match="needs clean="):
        HeadGrid(model(), measure="noise")
    with pytest.raises(TypeError, match="answer="):
        HeadGrid(model(), clean=PROMPT)
    with pytest.raises(TypeError, match="needs a model or a record"):
        HeadGrid()
    with pytest.raises(TypeError, match="not a Attention"):
        HeadGrid(iw.attention(model(), PROMPT))  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match=r"clean +\|.*\n.*corrupt +\|"):
        widget(corrupt="the city of the city of Rome is")


def test_a_wrong_prompt_keeps_the_old_grid_faint() -> None:
    shown = widget()
    values = shown.values
    shown.act({"do": "prompt", "side": 1, "text": "the city of"})
    with pytest.raises(ValueError, match="correspond"):
        shown.wait()
    assert "corrupt |" in shown.error
    assert shown.grid["stale"]
    shown.undo().wait()
    assert shown.error == ""
    assert not shown.grid["stale"]
    torch.testing.assert_close(shown.values, values)


def test_a_patching_record_with_heads_is_shown_as_it_is() -> None:
    asked = {**PAIR, "direction": "noise"}
    record = iw.activation_patching(model(), **asked, site="z", per="head")
    shown = record.widget()
    assert isinstance(shown, HeadGrid)
    assert shown.measure == "record"
    assert not shown.live
    torch.testing.assert_close(shown.values, record.recovery)
    assert shown.act({"do": "open", "layer": 1, "head": 0}).cards == {}
    with pytest.raises(ValueError, match=r"record\.widget"):
        shown.act({"do": "effect", "by": "noise"})
    live = record.widget(model=model()).wait()
    assert live.prompts == [PROMPT, OTHER]
    live.act({"do": "effect", "by": "noise"}).wait()
    torch.testing.assert_close(live.values, record.recovery)
    by_position = iw.activation_patching(model(), **asked, site="z", per="head_position")
    strongest = by_position.widget().values
    flat = by_position.recovery.flatten(2)
    torch.testing.assert_close(strongest.abs(), flat.abs().amax(-1))


def test_a_stored_estimate_is_shown_with_its_exact_sample() -> None:
    record = iw.attribution_patching(model(), **PAIR, site="z", per="head", sample=5)
    sent = planes(record.widget().grid)
    np.testing.assert_allclose(sent["estimate"], record.recovery, atol=1e-5)
    known = ~np.isnan(sent["exact"])
    assert known.sum() == 5
    exact = iw.activation_patching(model(), **PAIR, site="z", per="head").recovery.numpy()
    np.testing.assert_allclose(sent["exact"][known], exact[known], atol=1e-5)


def test_undo_computes_nothing_and_a_sweep_goes_on_where_it_stood(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_jobs, "PATIENCE_S", -1.0)
    begun: list[str] = []
    steps = _heads_data.effect_steps

    def counted(*asked: Any) -> Any:
        begun.append(asked[2])
        yield from steps(*asked)

    monkeypatch.setattr(_heads_data, "effect_steps", counted)
    shown = HeadGrid(model(), **PAIR, measure="noise")
    for layer in range(3):  # each interrupts what runs
        shown.act({"do": "open", "layer": layer, "head": 0})
    shown.wait()
    assert not shown.values.isnan().any()
    shown.act({"do": "effect", "by": "zero"}).wait()
    shown.undo().wait()
    assert begun.count("noise") == 1
    assert begun.count("zero") == 1


def test_sites_are_named_as_the_core_names_them() -> None:
    assert _heads_data.name([5, 2]) == str(Site(5, "z", 2))
    assert _heads_data.place_of("L12.z.31") == [12, 31]
