"""AttributionScatter without a browser: both axes are the core's, so is the agreement."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.patching.agreement import agreement
from interp_widgets.widgets import AttributionScatter, _attribution_data, _jobs
from tests.widgets.examples import OTHER, PROMPT, model
from tests.widgets.synthetic import unpack

PAIR: dict[str, Any] = {
    "clean": PROMPT,
    "corrupt": OTHER,
    "answer": " Austin",
    "distractor": " Paris",
}


def widget(**given: Any) -> AttributionScatter:
    return AttributionScatter(model(), **{**PAIR, **given}).wait()


def planes(shown: AttributionScatter) -> dict[str, np.ndarray]:
    return {one["name"]: unpack(one) for one in shown.shown["planes"]}


@pytest.mark.parametrize("direction", ["denoise", "noise"])
def test_both_axes_are_what_the_core_finds(direction: str) -> None:
    shown = widget(site=["attn_out", "z"], direction=direction)
    asked = {**PAIR, "direction": direction}
    kinds: list[dict[str, Any]] = [
        {"site": "attn_out", "per": "position"},
        {"site": "z", "per": "head"},
    ]
    exact = [iw.activation_patching(model(), **asked, **kind).effect.flatten() for kind in kinds]
    estimate = [
        iw.attribution_patching(model(), **asked, **kind, sample=0).effect.flatten()
        for kind in kinds
    ]
    sent = planes(shown)
    np.testing.assert_allclose(sent["exact"], torch.cat(exact), atol=1e-5)
    np.testing.assert_allclose(sent["estimate"], torch.cat(estimate), atol=1e-5)
    wanted = agreement(torch.cat(estimate), torch.cat(exact))
    assert (shown.pearson, shown.spearman, shown.sign) == pytest.approx(
        (wanted.pearson, wanted.spearman, wanted.sign)
    )
    for group, one, other in zip(shown.shown["groups"], estimate, exact, strict=True):
        assert group["agreement"]["error"] == pytest.approx(float((one - other).abs().mean()))


def test_each_technique_is_the_cores_own() -> None:
    shown = widget(site="q", distractor=" Paris")
    asked: dict[str, Any] = {**PAIR, "site": "q", "per": "head", "sample": 0}
    ways: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"do": "steps", "m": 3}, {"integrate": 3}),
        ({"do": "technique", "by": "qk"}, {"qk_fix": True}),
        ({"do": "technique", "by": "gradient"}, {}),
    ]
    for action, more in ways:
        shown.act(action).wait()
        assert shown.estimate is not None
        wanted = iw.attribution_patching(model(), **asked, **more)
        torch.testing.assert_close(shown.estimate.values, wanted.values)


def test_the_exact_softmax_is_for_queries_and_keys_alone() -> None:
    shown = widget(site=["z", "k"])
    before = planes(shown)["estimate"]
    shown.act({"do": "technique", "by": "qk"}).wait()
    after = planes(shown)["estimate"]
    heads = model().n_layers * model().n_heads
    np.testing.assert_array_equal(before[:heads], after[:heads])
    assert np.abs(before[heads:] - after[heads:]).max() > 0


def test_exact_runs_are_done_once_for_all_techniques(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []
    measured = _attribution_data.measured
    shown = widget(site=["mlp_out", "z"])

    def counted(*asked: Any) -> Any:
        begun.append(asked[2])
        return measured(*asked)

    monkeypatch.setattr(_attribution_data, "measured", counted)
    shown.act({"do": "technique", "by": "integrated"}).wait()
    shown.undo().wait()
    assert begun == []
    shown.act({"do": "sites", "kinds": ["z", "mlp_out", "v"]}).wait()
    assert set(begun) <= {"z", "mlp_out", "v"}
    assert len(shown.shown["groups"]) == 3


def test_estimates_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_jobs, "PATIENCE_S", -1.0)
    shown = AttributionScatter(model(), **PAIR)
    jobs = [job.key[0] for job in shown._jobs()]
    assert jobs == ["read", *["estimate"] * 4, *["exact"] * 4]
    shown.wait()
    assert not np.isnan(planes(shown)["exact"]).any()


def test_cells_are_named_and_outliers_told() -> None:
    shown = widget(site=["resid_pre", "z"])
    found = shown._compared()
    tokens = model().tokens(OTHER)
    assert found.name(len(tokens) + 2) == f"L1.resid_pre at {tokens[2]!r} (2)"
    assert found.name(3 * len(tokens) + 5) == "L1.z.1"
    for name, estimate, exact in shown.outliers:
        number = [found.name(i) for i in range(len(found.estimate))].index(name)
        assert (estimate, exact) == (float(found.estimate[number]), float(found.exact[number]))
    assert shown.shown["worst"] == list(found.worst)


def test_two_records_are_compared() -> None:
    asked: dict[str, Any] = {**PAIR, "site": "mlp_out"}
    estimate = iw.attribution_patching(model(), **asked, sample=6)
    exact = iw.activation_patching(model(), **asked)
    shown = AttributionScatter(estimate, exact)
    assert not shown.live
    assert shown.prompts == [PROMPT, OTHER]
    wanted = agreement(estimate.effect, exact.effect)
    assert shown.pearson == pytest.approx(wanted.pearson)
    assert shown.act({"do": "pick", "cell": 4}).picked == 4
    assert shown.act({"do": "pick", "cell": 4}).picked == -1
    with pytest.raises(ValueError, match="stored record"):
        shown.act({"do": "technique", "by": "qk"})
    sample = AttributionScatter(estimate)
    assert sample.agreement.count == 6
    assert sample.pearson == pytest.approx(estimate.agreement)


def test_what_cannot_be_compared_is_refused() -> None:
    estimate = iw.attribution_patching(model(), **PAIR, sample=0)
    exact = iw.activation_patching(model(), **PAIR)
    other = iw.activation_patching(model(), **PAIR, site="z", per="head")
    refused: list[tuple[tuple[Any, ...], type[Exception], str]] = [
        ((estimate, other), ValueError, "different cells"),
        ((exact, exact), ValueError, "is the estimate"),
        ((estimate,), ValueError, "no exact cells"),
        ((None, exact), TypeError, "no estimate"),
        ((iw.attention(model(), PROMPT),), TypeError, "Patching records"),
        ((model(),), TypeError, "needs two records"),
    ]
    for given, kind, why in refused:
        with pytest.raises(kind, match=why):
            AttributionScatter(*given)
    with pytest.raises(ValueError, match=r"clean +\|.*\n.*corrupt +\|"):
        widget(corrupt="the city of the city of Rome is")
    shown = widget()
    for action, why in (
        ({"do": "sites", "kinds": ["residual"]}, "residual"),
        ({"do": "sites", "kinds": []}, "one or more"),
        ({"do": "steps", "m": 0}, "knows no action"),
        ({"do": "pick", "cell": 10_000}, "there are cells"),
        ({"do": "answer", "text": " Paris"}, "both"),
    ):
        with pytest.raises(ValueError, match=why):
            shown.act(action)
    assert shown.actions == []


def test_a_wrong_prompt_keeps_the_old_points_faint() -> None:
    shown = widget()
    shown.act({"do": "prompt", "side": 1, "text": "the city of"})
    with pytest.raises(ValueError, match="correspond"):
        shown.wait()
    assert shown.shown["stale"]
    assert shown.undo().wait().shown["stale"] is False


def test_two_runs_that_do_not_differ_have_no_agreement() -> None:
    shown = widget(corrupt=PROMPT)
    assert "not defined" in shown.describe()
    assert shown.shown["agreement"]["pearson"] is None
    assert shown.outliers == []
