"""FeatureDashboard: the list and its order, cards, labels, tests, prompts, two dictionaries."""

from __future__ import annotations

import json
import random
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.cache import cache
from interp_widgets.core.dictionary.features import features_of
from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.widgets import _features_sent as sent
from interp_widgets.widgets._features_work import words_of
from interp_widgets.widgets.features import FeatureDashboard
from tests.core.tiny import WORDS
from tests.widgets.examples import model
from tests.widgets.feature_data import dashboards, small_sae
from tests.widgets.synthetic import unpack

HOSTILE = "</script><script>alert(1)</script>"


@pytest.fixture
def record() -> Any:
    return dashboards(model())


@pytest.fixture
def widget(record: Any) -> FeatureDashboard:
    return FeatureDashboard(record, model=model(), sae=small_sae())


@lru_cache(maxsize=1)
def wide(latents: int = 10_000) -> Any:
    """Dashboards of many latents, from activations of their own."""
    rng = torch.Generator().manual_seed(0)
    draw = random.Random(0)
    tokens = [
        [f" {draw.choice(WORDS)}{draw.randint(0, 40)}" for _ in range(30)] for _ in range(100)
    ]
    encoder, x = torch.randn(16, latents, generator=rng), torch.randn(3000, 16, generator=rng)
    zeros = torch.zeros(latents)
    sae = SAE(encoder, zeros, encoder.T.contiguous(), torch.zeros(16), activation="topk", k=8)
    return features_of(x, tokens, sae)


def test_a_record_opens_its_widget(record: Any) -> None:
    assert isinstance(record.widget(), FeatureDashboard)
    assert isinstance(record.widget(model=model()), FeatureDashboard)
    assert not record.widget(model=model()).live


def test_a_latent_may_be_a_number_of_torch(record: Any) -> None:
    densest = record.density.argmax()
    assert FeatureDashboard(record, opened=[densest]).opened == [int(densest), -1]
    assert iw.FeatureReview(record, densest).feature == int(densest)


def test_columns_are_those_of_the_record(widget: FeatureDashboard, record: Any) -> None:
    (columns,) = widget.columns
    planes = {one["name"]: unpack(one) for one in columns["planes"]}
    np.testing.assert_array_equal(planes["density"], record.density.numpy())
    np.testing.assert_array_equal(planes["kurtosis"], record.kurtosis.numpy())
    for row in range(len(record)):
        strongest, likeliest = planes["ids"][row][:2]
        found = record[int(record.features[row])]
        if found.dead:
            assert np.isnan(strongest)
        else:
            top = found.top[0]
            assert columns["strings"][int(strongest)] == top.tokens[top.peak]
        assert columns["strings"][int(likeliest)] == found.top_logits[0][0]


def test_a_card_holds_what_the_record_says(widget: FeatureDashboard, record: Any) -> None:
    feature = alive(record)[0]
    widget.act({"do": "open", "place": 0, "feature": feature})
    card, found = widget.left, record[feature]
    planes = {one["name"]: unpack(one) for one in card["planes"]}
    ids, at = planes["ids"].astype(int), 0
    shares = np.zeros(len(ids))
    if len(planes["places"]) or not len(planes["shares"]):
        shares[planes["places"].astype(int)] = planes["shares"]
    else:
        shares = planes["shares"]
    for example, length, peak in zip(
        found.examples, planes["lengths"], planes["peaks"], strict=True
    ):
        span = slice(at, at + int(length))
        assert tuple(card["pieces"][i] for i in ids[span]) == example.tokens
        assert int(peak) == example.peak
        np.testing.assert_allclose(
            shares[span] * found.max, example.activations, atol=found.max / 250
        )
        at += int(length)
    assert [i for i, _ in card["neighbours"]] == [i for i, _ in found.neighbours]
    assert [piece for piece, _ in card["bottom"]] == [piece for piece, _ in found.bottom_logits]
    assert card["histogram"] == found.histogram[0].tolist()


def test_a_card_is_small_and_sent_only_when_opened() -> None:
    widget = FeatureDashboard(wide())
    assert widget.left == widget.right == {}
    sizes = [sent.bytes_of(sent.card(wide(), feature)) for feature in range(0, 10_000, 37)]
    assert max(sizes) <= sent.ROOM
    for feature in (3, 4):
        widget.act({"do": "open", "place": 0, "feature": feature})
        assert widget.left["feature"] == feature
    sent_twice: list[set[str]] = []
    widget.observe(lambda change: sent_twice.append({change["name"]}), names=["columns", "right"])
    widget.act({"do": "open", "place": 0, "feature": 5})
    assert sent_twice == []  # neither the list nor the other card travels again


def test_a_card_of_long_tokens_says_what_it_leaves_out() -> None:
    tokens = [[f" {i:04d}{j:02d}{'x' * 30}" for j in range(30)] for i in range(60)]
    x = torch.rand(1800, 4)
    record = features_of(x, tokens, (torch.eye(4), torch.eye(4)))
    card = sent.card(record, 0)
    lengths = next(one for one in card["planes"] if one["name"] == "lengths")
    assert sent.bytes_of(card) <= sent.ROOM
    assert 0 < len(lengths["bytes"]) < card["all"] == len(record[0].examples)


@pytest.mark.parametrize("sort", ["density", "max", "kurtosis", "entropy", "encoder_cosine"])
def test_it_sorts_by_numbers(widget: FeatureDashboard, record: Any, sort: str) -> None:
    values = getattr(record, sort)
    for falling in (True, False):
        widget.act({"do": "sort", "by": sort, "falling": falling})
        order = [float(values[record.row(feature)]) for feature in widget.listed]
        known = [x for x in order if x == x]
        assert known == sorted(known, reverse=falling)
        assert order[: len(known)] == known  # what is not known comes last
        assert len(order) == len(record)


def test_it_filters(widget: FeatureDashboard, record: Any) -> None:
    dead = record.features[record.dead].tolist()
    assert dead
    widget.only = "dead"
    assert widget.listed == dead
    widget.only = "alive"
    assert widget.listed == alive(record)
    widget.act({"do": "densities", "between": [0.05, 0.2]})
    fits = (record.density >= 0.05) & (record.density <= 0.2)
    assert widget.listed == record.features[fits].tolist()
    widget.replay([{"do": "rename", "side": 0, "feature": 3, "text": "cities"}])
    widget.only = "labelled"
    assert widget.listed == [3]


def test_it_searches_as_the_record_does(widget: FeatureDashboard, record: Any) -> None:
    widget.act({"do": "rename", "side": 0, "feature": 3, "text": "cities of Europe"})
    for query in ("texas", "EUROPE", "of", "nothing at all"):
        widget.act({"do": "search", "text": query})
        assert widget.listed == record.search(query)
    widget.act({"do": "search", "text": "#3"})
    assert 3 in widget.listed
    widget.act({"do": "hide", "side": 0, "feature": 3, "on": True})
    widget.act({"do": "search", "text": "europe"})
    assert widget.listed == []


def test_labels_are_written_into_the_record_and_taken_back(
    widget: FeatureDashboard, record: Any
) -> None:
    record.labels.set(4, "seen elsewhere", source="imported")
    widget.act({"do": "rename", "side": 0, "feature": 4, "text": "Texas"})
    widget.act({"do": "note", "side": 0, "feature": 4, "text": "see also 5"})
    assert record.labels[4].text == "Texas"
    assert (record.labels[4].note, record.labels[4].source) == ("see also 5", "manual")
    widget.act({"do": "hide", "side": 0, "feature": 4, "on": True})
    assert record[4].label == ""
    for _ in range(3):
        widget.undo()
    assert (record.labels[4].text, record.labels[4].source) == ("seen elsewhere", "imported")
    widget.act({"do": "rename", "side": 0, "feature": 5, "text": "once"})
    widget.undo()
    assert 5 not in record.labels


def test_a_new_name_is_seen_though_the_old_one_was_hidden(
    widget: FeatureDashboard, record: Any
) -> None:
    record.labels.set(4, "seen elsewhere", source="imported")
    widget.act({"do": "hide", "side": 0, "feature": 4, "on": True})
    assert record.labels[4].source == "imported"
    widget.act({"do": "rename", "side": 0, "feature": 4, "text": "Texas"})
    assert (record[4].label, record.labels[4].source) == ("Texas", "manual")
    widget.undo().undo()
    assert (record[4].label, record.labels[4].source) == ("seen elsewhere", "imported")


def test_an_export_writes_no_label_into_the_record(
    widget: FeatureDashboard, record: Any, tmp_path: Any
) -> None:
    feature = alive(record)[0]
    widget.act({"do": "rename", "side": 0, "feature": feature, "text": "mine"})
    actions = [
        {"do": "open", "place": 0, "feature": feature},
        {"do": "rename", "side": 0, "feature": feature, "text": "another"},
        {"do": "test", "side": 0, "feature": feature, "by": "tokens", "label": ""},
    ]
    page = widget.to_html(tmp_path / "page.html", record=actions).read_text()
    assert "another" in page
    assert record.labels[feature].text == "mine"
    assert record.explanations == {}


def test_an_export_holds_every_card_that_was_opened(
    widget: FeatureDashboard, record: Any, tmp_path: Any
) -> None:
    for feature in alive(record)[:3]:
        widget.act({"do": "open", "place": 0, "feature": feature})
    page = widget.to_html(tmp_path / "page.html").read_text()
    data = json.loads(page.split('id="recorded">')[1].split("</script>")[0])
    answers = data["widgets"][0]["answers"]
    for feature in alive(record)[:3]:
        key = json.dumps({"do": "open", "feature": feature, "place": 0}, separators=(",", ":"))
        assert answers[key]["left"]["feature"] == feature


def test_a_label_that_is_none_is_refused(widget: FeatureDashboard) -> None:
    for text, wrong in (("two\nlines", "one line"), ("x" * 600, "512")):
        with pytest.raises(ValueError, match=wrong):
            widget.act({"do": "rename", "side": 0, "feature": 3, "text": text})
    assert widget.actions == []


def test_what_fires_on_a_prompt_is_what_the_dictionary_says(widget: FeatureDashboard) -> None:
    prompt = "the capital of Texas is"
    widget.act({"do": "prompt", "text": prompt}).wait()
    x = cache(model(), prompt, sites=["L1.resid_post"])["L1.resid_post"][1:]
    codes = small_sae().encode(x)
    expected = {i: float(v) for i, v in enumerate(codes.amax(0).tolist()) if v > 0}
    assert widget.fires == pytest.approx(expected, rel=1e-4)
    assert widget.sort == "fires"
    assert widget.listed[0] == max(expected, key=lambda i: expected[i])
    widget.act({"do": "token", "at": 4})
    at = codes[3]
    assert widget.fires == pytest.approx({i: float(v) for i, v in enumerate(at) if v > 0}, rel=1e-4)
    widget.act({"do": "only", "by": "firing"})
    assert set(widget.listed) == set(widget.fires)
    widget.act({"do": "prompt", "text": ""}).wait()
    assert (widget.fires, widget.sort) == ({}, "feature")


def test_a_prompt_set_from_python_sorts_as_a_typed_one_does(record: Any) -> None:
    widget = FeatureDashboard(record, model=model(), sae=small_sae())
    widget.prompt = "the capital of Texas is"
    assert (widget.wait().sort, widget.falling) == ("fires", True)
    strengths = [widget.fires.get(feature, 0.0) for feature in widget.listed]
    assert strengths == sorted(strengths, reverse=True)
    widget.at = 3
    widget.prompt = "the city of Rome"
    assert (widget.at, widget.sort) == (-1, "fires")
    widget.undo()
    assert (widget.at, widget.prompt) == (3, "the capital of Texas is")
    widget.prompt = ""
    assert widget.sort == "feature"
    given = {"model": model(), "sae": small_sae(), "prompt": "the city"}
    assert FeatureDashboard(record, **given).sort == "fires"
    assert FeatureDashboard(record, **given, sort="label").sort == "label"


def test_a_prompt_needs_a_model_and_its_dictionary(record: Any) -> None:
    with pytest.raises(ValueError, match="model=model, sae=sae"):
        FeatureDashboard(record).act({"do": "prompt", "text": "the"})
    with pytest.raises(TypeError, match="pass both"):
        FeatureDashboard(record, sae=small_sae())
    with pytest.raises(TypeError, match="a pair"):
        FeatureDashboard(record, dashboards(model(), 1), model=model(), sae=small_sae())
    with pytest.raises(TypeError, match=r"iw\.features gives"):
        FeatureDashboard(small_sae())  # pyright: ignore[reportArgumentType]


def test_explanations_are_tested_as_the_core_does(widget: FeatureDashboard, record: Any) -> None:
    feature = min(alive(record), key=lambda i: float(record.density[i]))
    widget.act({"do": "open", "place": 0, "feature": feature})
    widget.act({"do": "test", "side": 0, "feature": feature, "by": "tokens", "label": ""}).wait()
    (found,) = widget.results
    expected = record.score(record.explain(feature, "tokens"))
    assert (found["value"], found["control"]) == (expected.value, expected.control)
    assert found["windows"] == expected.windows
    assert record.explanations[feature][0].scores["detection"]["value"] == expected.value


def test_a_label_is_tested_by_its_words_or_by_a_reader(record: Any) -> None:
    feature = alive(record)[0]
    piece = record.pieces[int(record.peak_ids[record.row(feature)])].strip()
    action = {"do": "test", "side": 0, "feature": feature, "by": "label", "label": f"“{piece}”"}
    widget = FeatureDashboard(record, opened=[feature]).act(action).wait()
    (found,) = widget.results
    assert found["reader"] == "rule"
    assert found["value"] > 0.5
    other = FeatureDashboard(record, opened=[feature])
    other.act({**action, "label": "quite unknown words"}).wait()
    assert "none of these is a token" in other.results[0]["error"]
    asked: list[str] = []

    def ask(prompt: str) -> str:
        asked.append(prompt)
        return ", ".join(["0"] * 200)

    read = FeatureDashboard(record, opened=[feature], ask=ask).act(action)
    read.wait()
    assert asked
    assert f"“{piece}”" in asked[0]


def test_words_of_a_label() -> None:
    assert words_of("capitals of the Texas state") == ["capitals", "texas", "state"]
    assert words_of("is") == ["is"]
    assert words_of("dogs, as in 'of' “the puppy”") == ["of", "the", "puppy"]
    assert words_of("brackets: '(' '[]'") == ["(", "[", "]"]


def test_two_dictionaries_stand_side_by_side(record: Any) -> None:
    other = dashboards(model(), 1)
    widget = FeatureDashboard(record, other, model=model(), sae=(small_sae(), small_sae(1)))
    widget.act({"do": "open", "place": 1, "feature": alive(other)[0]})
    widget.act({"do": "side", "to": 1})
    widget.act({"do": "prompt", "text": "the city of Rome"}).wait()
    assert len(widget.columns) == len(widget.fired) == 2
    assert (
        widget.fires
        != FeatureDashboard(record, model=model(), sae=small_sae(), prompt="the city of Rome").fires
    )
    widget.act({"do": "rename", "side": 1, "feature": 2, "text": "there"})
    assert other.labels[2].text == "there"
    assert 2 not in record.labels
    with pytest.raises(ValueError, match="one dictionary"):
        FeatureDashboard(record, side=1)


def test_it_follows_a_dictionary_in_training(widget: FeatureDashboard, record: Any) -> None:
    feature = alive(record)[0]
    widget.act({"do": "open", "place": 0, "feature": feature})
    widget.act({"do": "rename", "side": 0, "feature": feature, "text": "mine"})
    widget.act({"do": "prompt", "text": "the city of Rome"}).wait()
    before = widget.fires
    texts = ["the capital of Texas is Austin", "the city of Rome"] * 2
    for later in iw.iter_features(model(), small_sae(1), texts):
        widget.show(later, sae=small_sae(1))
    widget.wait()
    assert widget.record.complete
    assert widget.record is not record
    assert widget.fires != before
    assert widget.record.labels[feature].text == "mine"
    widget.undo()  # of the prompt
    widget.undo()
    assert feature not in widget.record.labels
    few = iw.features(model(), small_sae(1), texts, which=[feature + 1])
    assert widget.show(few).left == {"feature": feature, "gone": True}


def test_hostile_text_stays_text(tmp_path: Any) -> None:
    tokens = [[HOSTILE, " a", " b"]] * 2 + [[" a", HOSTILE]] * 2
    record = features_of(torch.rand(10, 3), tokens, (torch.eye(3), torch.eye(3)))
    record.labels.set(0, HOSTILE)
    page = FeatureDashboard(record, opened=[0]).to_html(tmp_path / "page.html").read_text()
    assert HOSTILE not in page


def test_ten_thousand_latents() -> None:
    widget = FeatureDashboard(wide())
    (columns,) = widget.columns
    assert sum(len(one["bytes"]) for one in columns["planes"]) < 60 * 10_000
    assert len(widget.act({"do": "sort", "by": "density", "falling": True}).listed) == 10_000
    assert "10,000 latents" in widget.describe()


def alive(record: Any) -> list[int]:
    return record.features[~record.dead].tolist()
