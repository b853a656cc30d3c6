"""LayerBarPatching without a browser: its bars are the core's, its card is a hooked run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import interp_widgets as iw
from interp_widgets.widgets import LayerBarPatching, _patching_data
from tests.widgets.examples import OTHER, PROMPT, model, unpack

PAIR: dict[str, Any] = {
    "clean": PROMPT,
    "corrupt": OTHER,
    "answer": " Austin",
    "distractor": " Paris",
}


def widget(**given: Any) -> LayerBarPatching:
    return LayerBarPatching(model=model(), **{**PAIR, **given}).wait()


def planes(shown: LayerBarPatching) -> dict[str, np.ndarray]:
    return {sent["name"]: unpack(sent) for sent in shown.shown["planes"]}


@pytest.mark.parametrize("mode", _patching_data.MODES)
@pytest.mark.parametrize("direction", ["denoise", "noise"])
def test_bars_are_what_the_core_finds(mode: str, direction: str) -> None:
    site, per = _patching_data.MODES[mode]
    asked = {**PAIR, "site": site, "per": per, "direction": direction}
    exact = iw.activation_patching(model(), **asked).recovery.reshape(3, -1)
    estimate = iw.attribution_patching(model(), **asked, sample=0).recovery.reshape(3, -1)
    shown = widget(mode=mode, direction=direction)
    np.testing.assert_allclose(planes(shown)["exact"], exact, atol=1e-5)
    np.testing.assert_allclose(planes(shown)["estimate"], estimate, atol=1e-5)
    last = exact.shape[1] - 1
    column = {"position": last, "head": 1}.get(mode, 0)
    if mode == "head":
        shown.head = 1
    torch.testing.assert_close(shown.recovery, exact[:, column], atol=1e-6, rtol=0)


def test_the_whole_stream_is_the_whole_run_and_the_widget_says_why() -> None:
    shown = widget(mode="all")
    torch.testing.assert_close(shown.recovery, torch.ones(3).double(), atol=1e-4, rtol=0)
    assert "every bar is 1.0" in shown.note
    assert shown.shown["whole"] == pytest.approx(1, abs=1e-4)
    assert shown.shown["nothing"] == pytest.approx(0, abs=1e-4)
    assert shown.act({"do": "mode", "by": "mlp"}).wait().note == ""


def test_a_card_of_the_whole_stream_shows_the_other_run() -> None:
    for direction, base, other in (("denoise", OTHER, PROMPT), ("noise", PROMPT, OTHER)):
        card = widget(mode="all", direction=direction, opened=1).shown
        assert card["card"] == [1, 0]
        for side, prompt in (("before", base), ("after", other)):
            wanted = model().top_tokens(prompt, 6)
            assert [piece for piece, _ in card[side]] == [piece for piece, _ in wanted]
            np.testing.assert_allclose(
                [p for _, p in card[side]], [p for _, p in wanted], atol=1e-5
            )


def test_a_card_agrees_with_the_bar_of_its_head() -> None:
    """The likeliest token's probability after the patch is that of the exact sweep."""
    asked = _patching_data.Question(OTHER, " Austin", "", "head", "denoise", 1, 2)
    _, after = _patching_data.patched_tokens(model(), PROMPT, asked)
    found = iw.activation_patching(model(), **PAIR, site="z", per="head", metric=_likeliest)
    assert float(found.values[0, 1, 2]) == pytest.approx(np.log(after[0][1]), abs=1e-4)


def _likeliest(logits: torch.Tensor) -> torch.Tensor:
    return logits.log_softmax(-1).max(-1).values


def test_the_estimate_comes_first_and_exact_values_over_it() -> None:
    asked = _patching_data.Question(OTHER, " Austin", " Paris", "position", "denoise")
    seen = [_patching_data.overview(one) for one in _patching_data.steps(model(), PROMPT, asked)]
    first, last = ({p["name"]: unpack(p) for p in one["planes"]} for one in (seen[0], seen[-1]))
    assert np.isnan(first["exact"]).all()
    assert not np.isnan(first["estimate"]).any()
    assert not np.isnan(last["exact"]).any()
    np.testing.assert_array_equal(first["estimate"], last["estimate"])


def test_a_large_sweep_goes_on_after_the_widget_has_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_patching_data, "PATIENCE_S", -1.0)
    shown = LayerBarPatching(model=model(), **PAIR).wait()
    assert shown.record.method == "activation"
    assert shown.record.done == 1


def test_an_open_card_moves_with_what_is_patched() -> None:
    shown = widget(opened=2)
    assert shown.shown["card"] == [2, 5]
    assert shown.act({"do": "position", "pos": 4}).wait().shown["card"] == [2, 4]
    assert shown.undo().wait().shown["card"] == [2, 5]
    assert shown.act({"do": "open", "layer": 2}).wait().opened == -1
    assert shown.shown["card"] == []


def test_the_reducer_is_pure_and_toggles_the_card() -> None:
    before = {"opened": -1, "mode": "all", "pos": -1, "prompts": ["a", "b"]}
    kept = dict(before)
    after = LayerBarPatching.reduce(before, {"do": "open", "layer": 2})
    assert before == kept
    assert after["opened"] == 2
    assert LayerBarPatching.reduce(after, {"do": "open", "layer": 2}) == before
    typed = LayerBarPatching.reduce(before, {"do": "prompt", "side": 1, "text": "c"})
    assert typed["prompts"] == ["a", "c"]
    with pytest.raises(ValueError, match="dance"):
        LayerBarPatching.reduce(before, {"do": "dance"})


def test_what_cannot_be_asked_is_refused() -> None:
    shown = widget()
    for action, why in (
        ({"do": "position", "pos": 6}, "positions go from -1 to 5"),
        ({"do": "open", "layer": 3}, "layers go from -1 to 2"),
        ({"do": "head", "head": -1}, "heads"),
        ({"do": "mode", "by": "neuron"}, "mode is one of"),
        ({"do": "direction", "by": "up"}, "direction is one of"),
        ({"do": "answer", "text": " Paris"}, "both"),
        ({"do": "answer", "text": " Paris Rome"}, "token"),
    ):
        with pytest.raises(ValueError, match=why):
            shown.act(action)
    assert shown.actions == []
    with pytest.raises(ValueError, match="mode= is one of"):
        widget(mode="neuron")
    with pytest.raises(TypeError, match="clean="):
        LayerBarPatching(model=model(), clean=PROMPT)
    with pytest.raises(TypeError, match="Patching record"):
        LayerBarPatching(iw.attention(model(), PROMPT))  # pyright: ignore[reportArgumentType]


def test_prompts_of_unequal_length_are_shown_token_under_token() -> None:
    with pytest.raises(ValueError, match=r"clean +\|.*\n.*corrupt +\|"):
        widget(corrupt="the city of the city of Rome is")
    shown = widget()
    bars = shown.recovery
    shown.act({"do": "prompt", "side": 1, "text": "the city of"})
    with pytest.raises(ValueError, match="correspond"):
        shown.wait()
    assert "corrupt |" in shown.error
    torch.testing.assert_close(shown.recovery, bars)
    assert shown.undo().wait().error == ""


def test_two_runs_that_do_not_differ_have_nothing_to_recover() -> None:
    shown = widget(corrupt=PROMPT)
    assert "nothing to recover" in shown.note
    assert shown.recovery.isnan().all()


def test_a_record_is_its_own_viewer() -> None:
    record = iw.activation_patching(model(), **PAIR)
    shown = record.widget(pos=4)
    assert isinstance(shown, LayerBarPatching)
    assert not shown.live
    torch.testing.assert_close(shown.recovery, record.recovery[:, 4])
    assert shown.act({"do": "open", "layer": 1}).shown["card"] == []
    with pytest.raises(ValueError, match="stored record"):
        shown.act({"do": "mode", "by": "all"})
    with pytest.raises(ValueError, match=r"record\.plot"):
        iw.activation_patching(model(), **PAIR, site="mlp_post", per="neuron").widget()


def test_a_stored_estimate_is_shown_with_its_exact_sample() -> None:
    record = iw.attribution_patching(model(), **PAIR, sample=4)
    found = planes(record.widget())
    np.testing.assert_allclose(found["estimate"], record.recovery, atol=1e-5)
    assert (~np.isnan(found["exact"])).sum() == 4
    assert record.widget(model=model()).wait().record.method == "activation"
