"""FeatureReview: each step is done when it was done, and says what came of it."""

from __future__ import annotations

from typing import Any

import pytest

from interp_widgets.core.dictionary.latent_effect import latent_effect
from interp_widgets.widgets._features_review import _intervened, groups
from interp_widgets.widgets._features_work import as_rule
from interp_widgets.widgets.feature_review import FeatureReview
from tests.widgets.examples import PROMPT, model
from tests.widgets.feature_data import dashboards, small_sae


@pytest.fixture
def record() -> Any:
    return dashboards(model())


def rarest(record: Any) -> int:
    """A latent that is silent in some windows, so that it can be tested."""
    alive = record.features[~record.dead].tolist()
    return min(alive, key=lambda i: float(record.density[i]))


def states(widget: FeatureReview) -> list[str]:
    return [one["state"] for one in widget.steps]


def strongest(record: Any, feature: int) -> str:
    return record.pieces[int(record.peak_ids[record.row(feature)])].strip()


def test_no_held_out_window_is_shown(record: Any) -> None:
    for feature in record:
        shown = [one.tokens for _, each in groups(record, feature) for one in each]
        held = {one.tokens for one in record[feature].examples if one.held_out}
        open_ = {one.tokens for one in record[feature].examples if not one.held_out}
        assert set(shown) <= open_
        assert not (set(shown) & (held - open_))


def test_a_whole_review(record: Any) -> None:
    feature = rarest(record)
    widget = FeatureReview(record, feature, model=model(), sae=small_sae())
    assert states(widget) == ["open"] * 4
    there = [i for i, (_, each) in enumerate(groups(record, feature)) if each]
    for group in there[:-1]:
        widget.act({"do": "look", "group": group})
        assert states(widget)[0] == "open"
    widget.act({"do": "look", "group": there[-1]})
    assert states(widget)[0] == "done"

    with pytest.raises(ValueError, match="no label to test"):
        widget.act({"do": "test"})
    label = strongest(record, feature)
    widget.act({"do": "label", "text": label})
    assert record.labels.text(feature) == label
    widget.act({"do": "test"}).wait()
    expected = record.score(as_rule(record, feature, label))
    assert (widget.test["value"], widget.test["control"]) == (expected.value, expected.control)
    holds = expected.value - expected.control >= 0.1
    assert states(widget) == ["done", "done", "done" if holds else "failed", "open"]

    widget.act({"do": "how", "by": "force"})
    widget.act({"do": "intervene", "on": PROMPT}).wait()
    effect = latent_effect(
        model(), small_sae(), PROMPT, feature, "force", float(record[feature].max)
    )
    assert (widget.effect["kl"], widget.effect["control"]) == (effect.kl, effect.control)
    more = effect.beaten == 1 and effect.kl >= 0.01  # than every random change, and anything
    assert states(widget)[3] == ("done" if more else "failed")
    assert f"{effect.kl:.3f} nats" in widget.describe()


def test_an_effect_is_more_than_chance_where_no_random_change_is_as_large() -> None:
    told = {"prompt": "a", "changed": 1, "kl": 0.041, "control": 0.038}
    for beaten, state, said in (
        (0.75, "failed", "no more than chance"),
        (1.0, "done", "more than"),
    ):
        step = _intervened({**told, "beaten": beaten})
        assert step[0] == state
        assert step[1].startswith(said)
    assert _intervened({**told, "beaten": 1.0, "kl": 0.009})[1].startswith("hardly anything")


def test_another_label_has_to_be_tested_again(record: Any) -> None:
    feature = rarest(record)
    widget = FeatureReview(record, feature)
    widget.act({"do": "label", "text": strongest(record, feature)})
    widget.act({"do": "test"}).wait()
    before = states(widget)[2]
    assert before != "open"
    widget.act({"do": "label", "text": "something else"})
    assert states(widget)[2] == "open"
    widget.undo()
    assert states(widget)[2] == before
    widget.undo()
    widget.undo()
    assert feature not in record.labels


def test_a_latent_that_is_silent_has_nothing_to_take_out(record: Any) -> None:
    widget = FeatureReview(record, 23, model=model(), sae=small_sae())
    widget.act({"do": "intervene", "on": PROMPT}).wait()
    assert "nothing to take out" in widget.steps[3]["said"]
    assert states(widget)[0] == "open"


def test_what_is_refused(record: Any) -> None:
    with pytest.raises(ValueError, match="No latent 99"):
        FeatureReview(record, 99)
    with pytest.raises(TypeError, match="pass both"):
        FeatureReview(record, sae=small_sae())
    with pytest.raises(TypeError, match=r"iw\.features gives"):
        FeatureReview(small_sae())  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="model=model, sae=sae"):
        FeatureReview(record).act({"do": "intervene", "on": PROMPT})


def test_the_first_suggestion_is_a_prompt_on_which_it_fires(record: Any) -> None:
    feature = rarest(record)
    widget = FeatureReview(record, feature, model=model(), sae=small_sae())
    assert widget.suggested
    widget.act({"do": "intervene", "on": widget.suggested}).wait()
    assert widget.effect["changed"] > 0
