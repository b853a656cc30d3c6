"""Dashboards as a record: lists, pictures, files; latents and texts at the edge; bad input."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from safetensors import safe_open

import interp_widgets as iw
from interp_widgets.core.dictionary.features import features_of
from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.tensor_files import save_tensors
from tests.core.conftest import make
from tests.core.feature_data import dictionary, lists


@pytest.fixture(scope="module")
def data():
    return lists()


@pytest.fixture(scope="module")
def dash(data):
    return features_of(torch.cat(data[1]), data[0], dictionary())


def test_a_list_of_latents_and_its_search(dash):
    dash.labels.set(9, "Nines", "not sure")
    dash.labels.set(2, "hidden one")
    dash.labels.hide(2)
    frame = dash.to_frame()
    assert list(frame.feature) == list(dash)
    assert (frame.label[9], frame.label[2]) == ("Nines", "")
    peak = dash[9].top[0]
    assert frame.peak_token[9] == peak.tokens[peak.peak]
    assert (frame.peak_token[3], frame["max"][3]) == ("", 0)
    assert frame.partner[9] == dash[9].correlated[0][0]
    assert dash.search("nine") == dash.search("NOT sure") == [9]
    assert dash.search("hidden") == []
    assert dash.search("") == list(dash)
    assert "1 never fire" in dash.describe()
    for feature in (9, 2):
        dash.labels.remove(feature)
    word = frame.peak_token[0].strip()[:4]
    assert dash.search(word) == [
        i for i in dash if word.casefold() in frame.peak_token[i].casefold()
    ]


def test_latents_are_asked_for_by_number(dash):
    densest = dash.density.argmax()
    for feature in (densest, densest.numpy(), int(densest)):
        assert feature in dash
        assert dash[feature].feature == int(densest)
        assert isinstance(dash[feature].feature, int)
    assert dash[np.int64(9)].feature == 9
    assert np.int64(9) in dash
    for wrong in (99, -1, "9", 9.0, True, None):
        with pytest.raises(KeyError, match=r"no latent .* here: there are 20"):
            dash[wrong]


def test_a_dead_latent_and_one_that_always_fires(dash):
    dead, always = dash[3], dash[5]
    assert (dead.dead, dead.density, dead.max, dead.examples) == (True, 0, 0, ())
    assert dead.histogram[0].tolist() == [0]
    assert (dead.correlated, len(dead.neighbours), dead.text_windows) == ([], 6, [])
    assert repr(dead) == "Feature(3: density 0, max 0, 0 windows)"
    assert (always.density, len(always.top), always.quiet) == (1, 12, ())
    assert all(min(e.activations) > 0 for e in always.top)
    for feature in (None, 3, 5):
        assert dash.plot(feature=feature).data
        FigureCanvasAgg(dash.plot("print", feature=feature)).draw()


def test_pictures_hold_the_numbers(dash):
    bar = dash[9].plot().data[0]
    frame = dash[9].to_frame()
    assert list(frame.window[:12]) == dash[9].text_windows
    assert len(frame) == len(dash[9].examples)
    counts, edges = dash[9].histogram
    assert list(bar.y) == counts.tolist()
    assert edges[-2] <= dash[9].max <= edges[-1]
    table = dash.plot(feature=9).data[-1]
    assert len(table.cells.values[1]) == 8
    every = dash.plot().data[0]
    assert sum(every.y) == int((~dash.dead).sum())


def test_one_token_and_no_token():
    one = torch.ones(1, 1)
    dash = features_of(one, [["a"], []], (one, one))
    assert (dash.n_tokens, dash.n_texts) == (1, 1)
    assert dash[0].top[0].tokens == ("a",)
    assert (dash[0].neighbours, dash[0].correlated) == ([], [])
    with pytest.raises(ValueError, match="no token that counts"):
        features_of(one, [["a"]], (one, one), skip_first=True)
    with pytest.raises(ValueError, match="no token that counts"):
        features_of(one[:0], [[]], (one, one))
    model = make("gpt2")
    sae = SAE(torch.eye(32), torch.zeros(32), torch.eye(32), torch.zeros(32), site="embed")
    with pytest.raises(ValueError, match="give some of two tokens or more"):
        iw.features(model, sae, ["", ""])
    assert iw.features(model, sae, ["", "", "a city"]).n_texts == 3


def test_half_a_character_is_a_piece_too(tmp_path):
    one = torch.ones(1, 1)
    texts = [[f"w{i}", "\ud83d"] for i in range(40)]
    dash = features_of(
        one.expand(80, 1) * torch.tensor([0.0, 1.0] * 40)[:, None], texts, (one, one)
    )
    assert dash.explain(0, "ngram").predict(["\ud83d"])[0] > 0
    assert iw.Result.load(dash.save(tmp_path / "half.safetensors"))[0].top == dash[0].top


def test_the_same_strength_everywhere_is_one_bin():
    x = torch.full((50, 1), 2.0)
    dash = features_of(x, [["a", "b"]] * 25, (torch.ones(1, 1), torch.ones(1, 1)))
    assert dash[0].histogram[0].sum() == 50
    assert dash.quantiles.unique().tolist() == pytest.approx([2], abs=2 / 64)
    assert len(dash[0].examples) == 1  # one text, however often


@pytest.mark.parametrize(
    ("changes", "kind", "said"),
    [
        ({"which": [0, 99]}, ValueError, "one latent or more of 0 to 19"),
        ({"which": []}, ValueError, "one latent or more"),
        ({"which": 3}, TypeError, "numbers of latents; got int"),
        ({"which": ["a"]}, TypeError, r"numbers of latents; got \['a'\]"),
        ({"which": [1.5]}, TypeError, r"numbers of latents; got \[1.5\]"),
        ({"top": 0}, ValueError, "top= is a whole number from 1; got 0"),
        ({"sampled": -1}, ValueError, "sampled= is a whole number from 0"),
        ({"top": 10**9}, ValueError, "4096 together at most; got 1000000000 and 16"),
        ({"window": 5}, ValueError, "window= is"),
        ({"window": (200, 100)}, ValueError, "254 at most"),
        ({"window": (1.5, 2)}, ValueError, r"window= is .* got \(1.5, 2\)"),
        ({"window": ("1", 2)}, ValueError, "window= is"),
        ({"seed": -1}, ValueError, "a seed is 0 or larger"),
    ],
)
def test_options_out_of_range(data, changes, kind, said):
    with pytest.raises(kind, match=said):
        features_of(torch.cat(data[1]), data[0], dictionary(), **changes)


def test_input_that_makes_no_sense(data):
    texts, rows = data
    x = torch.cat(rows)
    with pytest.raises(ValueError, match=r"activations of 1173 tokens .* \[1173, 12\]; got"):
        features_of(x[:-1], texts, dictionary())
    with pytest.raises(TypeError, match="lists of pieces, one a text; got str"):
        features_of(x, "abc", dictionary())
    with pytest.raises(TypeError, match="lists of pieces, one a text; got the text 'abc'"):
        features_of(x, ["abc"], dictionary())
    x = x.clone()
    x[17, 3] = torch.inf
    with pytest.raises(ValueError, match="not finite at token 17"):
        features_of(x, texts, dictionary())
    model = make("gpt2")
    with pytest.raises(FileNotFoundError, match="One text by itself is a list too"):
        iw.features(model, dictionary(), "one text")
    with pytest.raises(TypeError, match=r"texts are several: .* got one dict"):
        iw.features(model, dictionary(), {"train": texts})
    with pytest.raises(ValueError, match="this dictionary reads 12"):
        iw.features(model, dictionary(), texts)
    sae = SAE(torch.eye(32), torch.zeros(32), torch.eye(32), torch.zeros(32), site="embed")
    with pytest.raises(TypeError, match="text 1 is no text and no ids; got float"):
        iw.features(model, sae, ["a", 3.5])
    with pytest.raises(ValueError, match="length= is a whole number from 2"):
        iw.features(model, sae, ["a"], length=1)


def test_a_dictionary_that_is_none():
    model, texts = make("gpt2"), ["a city", "a state"]
    fine = SAE(torch.eye(32), torch.zeros(32), torch.eye(32), torch.zeros(32), site="embed")
    diverged = replace(fine, W_dec=fine.W_dec * torch.nan)
    run = iw.train_sae(torch.randn(64, 32), d_sae=8, k=2, steps=1, batch_size=32)
    for call in (
        lambda sae: iw.features(model, sae, texts),
        lambda sae: iw.iter_features(model, sae, texts),
        lambda sae: iw.find_latents(model, sae, {"a": texts}, texts),
        lambda sae: features_of(torch.ones(1, 32), [["a"]], sae),
    ):
        with pytest.raises(ValueError, match="W_dec of this dictionary holds numbers that are not"):
            call(diverged)
        with pytest.raises(TypeError, match=r"got TrainingRun\. A training run has one: run\.sae"):
            call(run)
        with pytest.raises(TypeError, match=r"got Tensor\.$"):
            call(fine.W_enc)


def test_texts_from_a_file_and_a_data_set(tmp_path):
    model = make("gpt2")
    sae = SAE(torch.eye(32), torch.zeros(32), torch.eye(32), torch.zeros(32), site="embed")
    texts = ["the city of Paris", "a Tower in Rome", "Dallas is a city"]
    wanted = iw.features(model, sae, texts)
    path = tmp_path / "texts.txt"
    path.write_text("\n".join([texts[0], "", *texts[1:]]))
    for given in (
        path,
        str(path),
        ({"text": text} for text in texts),
        [model.ids(t) for t in texts],
    ):
        found = iw.features(model, sae, given)
        assert torch.equal(found.tokens, wanted.tokens)
        assert torch.equal(found.activity, wanted.activity)


@pytest.mark.gpu
def test_on_a_gpu():
    draw = torch.Generator().manual_seed(0)
    directions = torch.randn(40, 32, generator=draw)
    sae = SAE(directions.T, torch.zeros(40), directions, torch.zeros(32), site="L1.resid_post")
    texts = [f"the city of {word} is in a state" for word in ("Paris", "Rome", "Texas", "Austin")]
    here = iw.features(make("gpt2", torch.float32), sae, texts)
    far = make("gpt2", torch.float32)
    far.hf.to("cuda")
    there = iw.features(far, sae.to("cuda"), texts)
    for name in ("max", "mean", "density", "top_effects", "kurtosis", "encoder_cosine"):
        found, wanted = getattr(there, name), getattr(here, name)
        torch.testing.assert_close(found, wanted, atol=1e-3, rtol=1e-3, equal_nan=True)
    assert [here[i].text_windows for i in here] == [there[i].text_windows for i in there]


@pytest.mark.parametrize(
    ("field", "change", "said"),
    [
        ("tokens", lambda t: t + 1000, "none of the pieces"),
        ("starts", lambda t: t + 1_000_000, "end after the last token"),
        ("peak_ids", lambda t: t + 1000, "none of the pieces"),
        ("density", lambda t: t[:-1], "density has 19 rows for 20"),
    ],
)
def test_a_file_that_points_outside_is_refused(dash, tmp_path, field, change, said):
    path = dash.save(tmp_path / "dash.safetensors")
    with safe_open(path, "pt") as file:
        header = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    tensors[field] = change(tensors[field].to(torch.int32 if field == "tokens" else None))
    save_tensors(path, tensors, header)  # with a digest that fits: whoever made it meant it
    with pytest.raises(ValueError, match=f"damaged FeatureDashboards: .*{said}"):
        iw.FeatureDashboards.load(path)


def test_an_explanation_from_a_file_is_checked(dash, tmp_path):
    dash.explain(0)
    path = dash.save(tmp_path / "dash.safetensors")
    dash.explanations.clear()
    with safe_open(path, "pt") as file:
        header = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    for change in (('"kind": "tokens", "look"', '"kind": "ngram", "look"'), ('"keys"', '"locks"')):
        tampered = {name: text.replace(*change) for name, text in header.items()}
        assert tampered != header
        save_tensors(path, tensors, tampered)
        with pytest.raises(ValueError, match=r"damaged FeatureDashboards: .*no rule of an exp"):
            iw.FeatureDashboards.load(path)


def test_many_latents_keep_to_their_room(tmp_path):
    """1,024 latents on texts that hardly overlap: at most 3.5 kB each."""
    draw = torch.Generator().manual_seed(0)
    directions = torch.randn(1024, 16, generator=draw)
    x = torch.randn(24_000, 16, generator=draw)
    sae = SAE(directions.T, torch.zeros(1024), directions, torch.zeros(16), "topk", k=16)
    texts = [[f"w{i % 997}" for i in range(n, n + 60)] for n in range(0, 24_000, 60)]
    dash = features_of(x, texts, sae)
    assert dash.save(tmp_path / "many.safetensors").stat().st_size <= 3500 * 1024
