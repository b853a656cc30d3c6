"""LayerBarPatching without a browser: bars and cards are what the core finds."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
import torch

import interp_widgets as iw
from interp_widgets.widgets import LayerBarPatching, _patching_data, _patching_sent
from interp_widgets.widgets._patching_question import PLACES, Pair, Question
from tests.widgets.examples import OTHER, PROMPT, model
from tests.widgets.synthetic import unpack

PAIR: dict[str, Any] = {
    "clean": PROMPT,
    "corrupt": OTHER,
    "answer": " Austin",
    "distractor": " Paris",
}
LONGER = "the city of the capital of Texas is"


def widget(**given: Any) -> LayerBarPatching:
    return LayerBarPatching(model=model(), **{**PAIR, **given}).wait()


def planes(shown: LayerBarPatching) -> dict[str, np.ndarray]:
    return {sent["name"]: unpack(sent) for sent in shown.shown["planes"]}


def likeliest(logits: torch.Tensor) -> torch.Tensor:
    return logits.log_softmax(-1).max(-1).values


@pytest.mark.parametrize(("mode", "at"), PLACES)
@pytest.mark.parametrize("direction", ["denoise", "noise"])
def test_bars_are_what_the_core_finds(mode: str, at: str, direction: str) -> None:
    site, per = PLACES[mode, at]
    asked = {**PAIR, "site": site, "per": per, "direction": direction}
    exact = iw.activation_patching(model(), **asked).recovery
    estimate = iw.attribution_patching(model(), **asked, sample=0).recovery
    shown = widget(mode=mode, at=at, direction=direction, head=1, pos=4)
    np.testing.assert_allclose(planes(shown)["exact"], exact.reshape(3, -1), atol=1e-5)
    np.testing.assert_allclose(planes(shown)["estimate"], estimate.reshape(3, -1), atol=1e-5)
    column = (slice(None), *([1] if mode == "head" else []), *([4] if at == "one" else []))
    torch.testing.assert_close(shown.recovery, exact[column], atol=1e-6, rtol=0)


def test_the_whole_stream_is_the_whole_run_and_the_widget_says_why() -> None:
    shown = widget(mode="all")
    torch.testing.assert_close(shown.recovery, torch.ones(3).double(), atol=1e-4, rtol=0)
    assert "every bar is 1.0" in shown.note
    assert shown.shown["whole"] == pytest.approx(1, abs=1e-4)
    assert shown.shown["nothing"] == pytest.approx(0, abs=1e-4)
    assert shown.act({"do": "mode", "by": "mlp"}).wait().note == ""


# -- cards ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("direction", ["denoise", "noise"])
def test_a_card_lists_all_three_runs(direction: str) -> None:
    """Of the whole stream the patched run is the other one."""
    card = widget(mode="all", direction=direction, opened=1).card
    assert card["place"] == [1, 0]
    patched = PROMPT if direction == "denoise" else OTHER
    for said, prompt in zip(card["said"], (PROMPT, OTHER, patched), strict=True):
        wanted = model().top_tokens(prompt, 6)
        assert [piece for piece, _ in said] == [piece for piece, _ in wanted]
        np.testing.assert_allclose([p for _, p in said], [p for _, p in wanted], atol=1e-5)


@pytest.mark.parametrize(("mode", "at"), PLACES)
def test_a_card_agrees_with_its_bar(mode: str, at: str) -> None:
    """The likeliest token's probability after the patch is that of the exact sweep."""
    site, per = PLACES[mode, at]
    shown = widget(mode=mode, at=at, opened=1, head=2, pos=3)
    found = iw.activation_patching(model(), **PAIR, site=site, per=per, metric=likeliest)
    value = found.values[0, 1].flatten()[shown.card["place"][1]]
    assert float(value) == pytest.approx(np.log(shown.card["said"][2][0][1]), abs=1e-4)


def test_an_open_card_moves_with_what_is_patched() -> None:
    shown = widget(opened=2)
    assert shown.card["place"] == [2, 5]
    assert shown.act({"do": "position", "pos": 4}).wait().card["place"] == [2, 4]
    assert shown.undo().wait().card["place"] == [2, 5]
    shown.act({"do": "open", "layer": 1, "pos": 3}).wait()
    assert (shown.opened, shown.pos, shown.card["place"]) == (1, 3, [1, 3])
    assert shown.act({"do": "open", "layer": 1}).wait().opened == -1
    assert shown.card == {}


# -- sites carried elsewhere -----------------------------------------------------------------------


def test_a_site_carried_to_its_own_place_is_the_plain_patch() -> None:
    for mode, at in (("position", "all"), ("attention", "one"), ("mlp", "one"), ("head", "one")):
        shown = widget(mode=mode, at=at, head=1, pos=4)
        shown.act({"do": "carry", "source": [1, 4], "target": [1, 4]}).wait()
        assert shown.moved["recovery"] == pytest.approx(float(shown.recovery[1]), abs=1e-5)
    assert shown.act({"do": "drop"}).wait().moved == {}


@pytest.mark.parametrize("direction", ["denoise", "noise"])
def test_a_carried_site_is_a_patch_with_that_value(direction: str) -> None:
    shown = widget(direction=direction, carried=[0, 2, 2, 5])
    donor = PROMPT if direction == "denoise" else OTHER
    value = iw.cache(model(), donor, ["L0.resid_pre"])["L0.resid_pre"][2]
    patch = iw.Patch("L2.resid_pre", 5, value)
    wanted = iw.activation_patching(model(), **PAIR, direction=direction, cells=[patch])
    assert shown.moved["recovery"] == pytest.approx(float(wanted.recovery[0]), abs=1e-6)
    assert "L0.resid_pre of position 2" in shown.describe()


def test_carrying_while_a_sweep_runs_answers_the_last_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The sweep goes on where it stood; it is neither begun again nor in the way."""
    began, gate, real = [], threading.Event(), _patching_data.sweep

    def slow(lm: Any, question: Question) -> Any:
        began.append(question)
        for step in real(lm, question):
            yield step
            gate.wait(10)

    monkeypatch.setattr(_patching_data, "sweep", slow)
    monkeypatch.setattr(_patching_data, "PATIENCE_S", -1.0)
    shown = LayerBarPatching(model=model(), **PAIR)
    for pos in (1, 2, 3):
        shown.act({"do": "carry", "source": [0, pos], "target": [1, pos]})
    gate.set()
    shown.wait()
    assert shown.error == ""
    assert shown.moved["move"] == [0, 3, 1, 3]
    assert shown.record.done == 1
    assert len(began) == 1


# -- estimate first, exact over it -----------------------------------------------------------------


def test_the_estimate_comes_first_and_exact_values_over_it() -> None:
    asked = Question((Pair(PROMPT, OTHER, " Austin", " Paris"),), "position", "one", "denoise", "")
    seen = [
        {p["name"]: unpack(p) for p in _patching_sent._planes(one)}
        for one in _patching_data.sweep(model(), asked)
    ]
    first, last = seen[0], seen[-1]
    assert np.isnan(first["exact"]).all()
    assert not np.isnan(first["estimate"]).any()
    assert not np.isnan(last["exact"]).any()
    np.testing.assert_array_equal(first["estimate"], last["estimate"])


def test_a_large_sweep_goes_on_after_the_widget_has_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_patching_data, "PATIENCE_S", -1.0)
    shown = LayerBarPatching(model=model(), **PAIR).wait()
    assert shown.record.method == "activation"
    assert shown.record.done == 1


def test_a_sweep_that_was_stopped_is_finished_when_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_patching_data, "PATIENCE_S", -1.0)
    shown = LayerBarPatching(model=model(), **PAIR)
    shown.stop().wait()
    shown.act({"do": "open", "layer": 1}).wait()
    assert shown.record.done == 1
    assert shown.card["place"] == [1, 5]


# -- history ---------------------------------------------------------------------------------------


def test_what_was_asked_becomes_history_and_can_be_compared() -> None:
    shown = widget(pos=4)
    before = shown.recovery
    shown.act({"do": "mode", "by": "mlp"}).wait()
    shown.act({"do": "compare", "run": 0}).wait()
    np.testing.assert_allclose(unpack(shown.other["plane"]), before, atol=1e-6)
    for part in ("the stream at position 4", "clean into corrupt", PROMPT, OTHER):
        assert part in shown.other["name"]
    assert shown.other["name"] == shown.names[0]
    assert "the largest difference is" in shown.describe()
    # The run that is compared with stays the same one while the history grows.
    shown.act({"do": "direction", "by": "noise"}).wait()
    assert len(shown.runs) == 2
    np.testing.assert_allclose(unpack(shown.other["plane"]), before, atol=1e-6)
    shown.act({"do": "forget", "run": 0}).wait()
    assert (shown.compared, shown.other, len(shown.runs)) == (-1, {}, 1)
    shown.undo().wait()
    assert shown.compared == 0
    np.testing.assert_allclose(unpack(shown.other["plane"]), before, atol=1e-6)


def test_keeping_a_run_keeps_the_bars_that_were_looked_at() -> None:
    shown = widget(pos=4)
    early = shown.recovery
    shown.act({"do": "keep"}).act({"do": "keep"})
    assert len(shown.runs) == 1
    shown.act({"do": "position", "pos": 5}).act({"do": "compare", "run": 0}).wait()
    np.testing.assert_allclose(unpack(shown.other["plane"]), early, atol=1e-6)


def test_the_history_is_short_and_half_a_prompt_is_not_in_it_by_name() -> None:
    shown = widget()
    shown.act({"do": "prompt", "side": 1, "text": "the capital of"})  # too short
    shown.act({"do": "prompt", "side": 1, "text": "the capital of Paris is"}).wait()
    assert [bool(name) for name in shown.names] == [True, False]
    for _ in range(10):
        for by in ("mlp", "attention", "head", "all"):
            for way in ("noise", "denoise"):
                shown.act({"do": "mode", "by": by}).act({"do": "direction", "by": way})
    shown.wait()
    assert len(shown.runs) == 8


def test_the_reducer_is_pure_and_toggles_the_card() -> None:
    shown = widget()
    before = {name: getattr(shown, name) for name in shown.state_names()}
    kept = {name: list(v) if isinstance(v, list) else v for name, v in before.items()}
    after = LayerBarPatching.reduce(before, {"do": "open", "layer": 2})
    assert after["opened"] == 2
    assert LayerBarPatching.reduce(after, {"do": "open", "layer": 2}) == before
    typed = LayerBarPatching.reduce(before, {"do": "prompt", "side": 1, "text": "c"})
    assert typed["prompts"] == [PROMPT, "c"]
    assert [run["pairs"][0][1] for run in typed["runs"]] == [OTHER]
    assert before == kept
    with pytest.raises(ValueError, match="dance"):
        LayerBarPatching.reduce(before, {"do": "dance"})


# -- prompts and tokens that do not fit ------------------------------------------------------------


def test_what_cannot_be_asked_is_refused() -> None:
    shown = widget()
    for action, why in (
        ({"do": "position", "pos": 6}, "positions go from -1 to 5"),
        ({"do": "open", "layer": 3}, "layers go from -1 to 2"),
        ({"do": "open", "layer": 1, "pos": 9}, "positions go from -1 to 5"),
        ({"do": "head", "head": -1}, "heads"),
        ({"do": "mode", "by": "neuron"}, "mode is one of"),
        ({"do": "direction", "by": "up"}, "direction is one of"),
        ({"do": "answer", "text": " Paris"}, "both"),
        ({"do": "answer", "text": " Paris Rome"}, "one token.*first piece.*list beside the box"),
        ({"do": "answer", "text": " Qwyx"}, "one token.*Take a token that the model knows"),
        ({"do": "answer", "text": ""}, "answer is empty.*list beside the box"),
        ({"do": "carry", "source": [0, 6], "target": [0, 0]}, "positions to 5 and 5"),
        ({"do": "carry", "source": [0], "target": [0, 0]}, "carried"),
        ({"do": "compare", "run": 0}, "compared: there are 0"),
        ({"do": "align", "by": "best"}, "align is one of"),
    ):
        with pytest.raises(ValueError, match=why):
            shown.act(action)
    assert shown.actions == []
    with pytest.raises(ValueError, match="mode= is one of"):
        widget(mode="neuron")
    with pytest.raises(ValueError, match="runs"):
        shown.runs = [{"mode": "all"}]
    with pytest.raises(TypeError, match="clean="):
        LayerBarPatching(model=model(), clean=PROMPT)
    with pytest.raises(TypeError, match="Patching record"):
        LayerBarPatching(iw.attention(model(), PROMPT))  # pyright: ignore[reportArgumentType]


def test_prompts_of_unequal_length_are_shown_token_under_token_and_aligned_on_request() -> None:
    with pytest.raises(ValueError, match=r"clean +\|.*\n.*corrupt +\|"):
        widget(clean=LONGER)
    shown = widget()
    assert shown.pairing == {}
    bars = shown.recovery
    shown.act({"do": "prompt", "side": 0, "text": LONGER})
    with pytest.raises(ValueError, match="correspond"):
        shown.wait()
    assert "corrupt |" in shown.error
    torch.testing.assert_close(shown.recovery, bars)
    tokens, columns = shown.pairing["tokens"], shown.pairing["columns"]
    assert tokens == [model().tokens(LONGER), model().tokens(OTHER)]
    assert [p for p, _ in columns if p >= 0] == list(range(9))
    shown.act({"do": "align", "by": "diff"}).wait()
    record = iw.activation_patching(model(), **{**PAIR, "clean": LONGER}, align="diff")
    np.testing.assert_allclose(planes(shown)["exact"], record.recovery, atol=1e-5)
    assert shown.error == ""
    shown.act({"do": "direction", "by": "noise"}).wait()  # now the longer one is patched
    assert shown.shown["partners"].count(-1) == 3
    assert np.isnan(planes(shown)["exact"]).any(0).sum() == 3
    assert "have a partner" in shown.act({"do": "mode", "by": "all"}).wait().note


def test_two_runs_that_do_not_differ_have_nothing_to_recover() -> None:
    shown = widget(corrupt=PROMPT)
    assert "nothing to recover" in shown.note
    assert "same text" in shown.note
    assert shown.recovery.isnan().all()


# -- records ---------------------------------------------------------------------------------------


def test_a_record_is_its_own_viewer() -> None:
    record = iw.activation_patching(model(), **PAIR)
    shown = record.widget(pos=4)
    assert isinstance(shown, LayerBarPatching)
    assert not shown.live
    torch.testing.assert_close(shown.recovery, record.recovery[:, 4])
    assert shown.act({"do": "open", "layer": 1}).card == {}
    for action in ({"do": "mode", "by": "all"}, {"do": "keep"}):
        with pytest.raises(ValueError, match="stored record"):
            shown.act(action)
    with pytest.raises(ValueError, match="stored record"):
        shown.mode = "all"
    with pytest.raises(ValueError, match=r"record\.plot"):
        iw.activation_patching(model(), **PAIR, site="q", per="position").widget()


def test_a_stored_estimate_is_shown_with_its_exact_sample() -> None:
    record = iw.attribution_patching(model(), **PAIR, sample=4)
    found = planes(record.widget())
    np.testing.assert_allclose(found["estimate"], record.recovery, atol=1e-5)
    assert (~np.isnan(found["exact"])).sum() == 4
    assert "attribution_patching" in record.widget().code["text"]
    assert record.widget(model=model()).wait().record.method == "activation"
