"""Dashboards: every number against a slow loop, and the same whatever the order of texts."""

from __future__ import annotations

import random
from collections import defaultdict

import numpy as np
import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.dictionary.features import features_of
from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.dictionary.token_stream import token_batches
from interp_widgets.core.sites import Site
from tests.core.conftest import make
from tests.core.feature_data import LATENTS, dictionary, lists
from tests.core.tiny import WORDS


@pytest.fixture(scope="module")
def data():
    return lists()


@pytest.fixture(scope="module")
def dash(data):
    return features_of(torch.cat(data[1]), data[0], dictionary())


@pytest.fixture(scope="module")
def codes(data):
    sae = dictionary()
    return [sae.encode(x) for x in data[1]]


def windows_of(tokens, acts, at, before=15, after=8):
    begin, end = max(0, at - before), min(len(tokens), at + after + 1)
    return tuple(tokens[begin:end]), tuple(acts[begin:end].tolist()), at - begin


def test_numbers_are_those_of_a_slow_loop(dash, codes):
    f = torch.cat(codes)
    n = len(f)
    assert (dash.n_tokens, dash.n_texts, len(dash)) == (n, 60, LATENTS)
    for i in range(LATENTS):
        active = sorted(f[f[:, i] > 0, i].tolist())
        assert int(dash.count[i]) == len(active)
        assert float(dash.density[i]) == pytest.approx(len(active) / n)
        if not active:
            assert float(dash.max[i]) == float(dash.bin_width[i]) == 0
            assert dash.mean[i].isnan()
            assert dash.quantiles[i].isnan().all()
            assert int(dash.histogram[i].sum()) == 0
            continue
        assert float(dash.max[i]) == pytest.approx(active[-1])
        assert float(dash.mean[i]) == pytest.approx(np.mean(active))
        width = float(dash.bin_width[i])
        bins = [0] * 32
        for value in active:
            bins[int(value // width)] += 1
        assert dash.histogram[i].tolist() == bins
        assert active[-1] / 32 < width <= active[-1] / 16
        for level, found in zip(dash.levels, dash.quantiles[i].tolist(), strict=True):
            # A share of that much lies below, within a fine bin.
            off = active[-1] / 128
            below, above = (np.mean(np.array(active) <= found + by) for by in (-off, off))
            assert below <= level <= above


def test_top_windows_are_those_of_a_slow_loop(dash, data, codes):
    texts, _ = data
    for i in range(LATENTS):
        found = {}
        for number, (text, f) in enumerate(zip(texts, codes, strict=True)):
            at = int(f[:, i].argmax())
            if f[at, i] > 0:
                tokens, acts, peak = windows_of(text, f[:, i], at)
                found.setdefault((tokens, peak), (float(f[at, i]), number, acts))
        wanted = sorted(found.items(), key=lambda item: -item[1][0])[:12]
        given = dash[i].top
        assert [(e.tokens, e.peak) for e in given] == [key for key, _ in wanted]
        for example, (_, (value, number, acts)) in zip(given, wanted, strict=True):
            assert example.activation == pytest.approx(value, rel=1e-3)
            assert example.activations == pytest.approx(acts, rel=1e-3, abs=1e-6 * value)
            assert example.text in (number, 7 if number == 4 else number)
            assert [a > 0 for a in example.activations] == [a > 0 for a in acts]


def assert_ranks(feature, f):
    """Windows stand where they do among all activations, to a fine bin."""
    active = np.sort(f[f > 0])
    off = feature.max / 128 + 1e-3 * feature.max
    for example in feature.examples:
        ends = np.array([example.activation - off, example.activation + off])
        below, above = np.searchsorted(active, ends) / len(active)
        assert below - 1e-3 <= example.quantile <= above + 1e-3


def test_the_sample_is_real_distinct_and_spread(dash, data, codes):
    texts, _ = data
    for i in range(LATENTS):
        feature = dash[i]
        sample, top = feature.sampled, feature.top
        assert len({(e.tokens, e.peak) for e in (*sample, *top)}) == len(sample) + len(top)
        assert len({e.text for e in sample}) == len(sample)
        firing = {t for t, f in enumerate(codes) if (f[:, i] > 0).any()}
        assert len(sample) <= 16
        assert {e.text for e in sample} <= firing
        order = [e.activation for e in sample]
        assert order == sorted(order, reverse=True)
        for example in sample:
            f, text = codes[example.text][:, i], texts[example.text]
            places = [at for at in range(len(text)) if windows_of(text, f, at)[0] == example.tokens]
            assert any(
                windows_of(text, f, at)[1]
                == pytest.approx(example.activations, rel=1e-3, abs=1e-6 * feature.max)
                for at in places
            )
        assert_ranks(feature, torch.cat(codes)[:, i])
        assert sum(len(group) for _, group in feature.quantile_groups) == len(sample)


def test_activations_that_hardly_differ_have_their_own_ranks():
    """Half of the tokens at 0.60, half at 0.62, one at 1: a bin of the record holds them all."""
    values = torch.tensor([0.60] * 50 + [0.62] * 50 + [1.0])[:, None]
    one = torch.ones(1, 1)
    dash = features_of(values, [[f"w{i}"] for i in range(101)], (one, one), top=1, sampled=30)
    assert (dash.histogram > 0).sum() == 2
    assert_ranks(dash[0], values[:, 0].numpy())
    assert dash[0].top[0].quantile == 1
    assert {e.activation < 0.61 for e in dash[0].sampled} == {True, False}
    assert all((e.quantile <= 0.5) == (e.activation < 0.61) for e in dash[0].sampled)


def test_quiet_windows_are_random_and_silent(dash, data, codes):
    texts, _ = data
    assert len(dash.pool_starts) == 512
    for i in (0, 1, 3, 9):
        for example in dash[i].quiet:
            text, f = texts[example.text], codes[example.text][:, i]
            places = [at for at in range(len(text)) if windows_of(text, f, at)[0] == example.tokens]
            assert any(max(windows_of(text, f, at)[1]) <= 0 for at in places)
            assert set(example.activations) == {0.0}
    assert len(dash[3].quiet) == 512
    assert dash[5].quiet == ()


def test_neighbours_and_what_is_read(dash):
    sae = dictionary()
    unit = torch.nn.functional.normalize(sae.W_dec, dim=1)
    cosine = (unit @ unit.T).fill_diagonal_(-2)
    for i in range(LATENTS):
        wanted = cosine[i].topk(6)
        assert [j for j, _ in dash[i].neighbours] == wanted.indices.tolist()
        assert [c for _, c in dash[i].neighbours] == pytest.approx(wanted.values.tolist(), abs=1e-3)
    torch.testing.assert_close(dash.encoder_cosine, torch.ones(LATENTS))
    assert (dash[0].top_logits, dash[0].bottom_logits) == ([], [])
    assert dash.kurtosis.isnan().all()


def contents(dash, i):
    feature = dash[i]
    key = lambda e: (e.tokens, e.peak, e.held_out, round(e.activation, 3))  # noqa: E731
    return [set(map(key, part)) for part in (feature.top, feature.sampled, feature.quiet)]


def test_order_and_batches_of_texts_change_nothing(dash, data, monkeypatch):
    texts, rows = data
    order = list(range(len(texts)))
    random.Random(5).shuffle(order)
    monkeypatch.setattr("interp_widgets.core.dictionary.features.TOKENS_A_BATCH", 64)
    other = features_of(
        torch.cat([rows[i] for i in order]), [texts[i] for i in order], dictionary()
    )
    for name in ("count", "max", "histogram", "bin_width", "quantiles", "correlated", "neighbours"):
        torch.testing.assert_close(getattr(other, name), getattr(dash, name), equal_nan=True)
    torch.testing.assert_close(other.correlations, dash.correlations, equal_nan=True)
    for i in range(LATENTS):
        assert contents(other, i) == contents(dash, i)


def test_some_latents_are_what_all_are(dash, data):
    texts, rows = data
    some = features_of(torch.cat(rows), texts, dictionary(), which=[9, 2, 5])
    assert list(some) == [9, 2, 5]
    for i in some:
        assert contents(some, i) == contents(dash, i)
        assert some[i].correlated == dash[i].correlated
        assert some[i].neighbours == dash[i].neighbours
        assert np.array_equal(some[i].histogram[0], dash[i].histogram[0])
    with pytest.raises(KeyError, match="no latent 3 here: there are 3"):
        some[3]
    assert 3 not in some
    assert 2 in some


def test_held_out_texts_are_about_half_and_whole(dash):
    by_text = defaultdict(set)
    for i in dash:
        for example in (*dash[i].examples, *dash[i].quiet):
            by_text[example.text].add(example.held_out)
    assert all(len(flags) == 1 for flags in by_text.values())
    assert 0.25 < np.mean([True in flags for flags in by_text.values()]) < 0.75


def test_another_seed_draws_others(data):
    other = features_of(torch.cat(data[1]), data[0], dictionary(), seed=1)
    first = features_of(torch.cat(data[1]), data[0], dictionary(), seed=0)
    assert any(contents(other, i)[1] != contents(first, i)[1] for i in range(LATENTS))
    assert all(
        [e.tokens for e in other[i].top] == [e.tokens for e in first[i].top] for i in range(LATENTS)
    )


def test_the_sample_favours_strong_windows_in_proportion():
    """One latent, 4,000 texts of one token each, activation 1 or 3: three in four are strong."""
    pieces = [[f"w{i}"] for i in range(4000)]
    x = torch.ones(4000, 1)
    x[::2] = 3
    one = torch.ones(1, 1)
    dash = features_of(x, pieces, (one, one), top=1, sampled=400)
    strong = np.mean([e.activation == 3 for e in dash[0].sampled])
    assert 0.68 < strong < 0.82


@pytest.mark.parametrize("way", [{"activation": "topk", "k": 4}, {}])
def test_a_model_and_its_activations_give_the_same(way):
    model = make("gpt2")
    draw = torch.Generator().manual_seed(1)
    directions = torch.randn(30, 32, generator=draw, dtype=torch.float64)
    zeros = [torch.zeros(n, dtype=torch.float64) for n in (30, 32)]
    sae = SAE(
        directions.T, zeros[0] - 2, directions, zeros[1], center=False, site="L1.resid_post", **way
    )
    words = [" ".join(random.Random(i).choices(WORDS, k=3 + i % 9)) for i in range(40)]
    dash = iw.features(model, sae, [*words, ""])
    (batch,) = token_batches(model, Site(1, "resid_post"), [*words, ""])
    tokens = [model.tokens(model.ids(text)) for text in [*words, ""]]
    other = features_of(batch.activations, tokens, sae, skip_first=True)
    assert (dash.n_tokens, dash.n_texts) == (other.n_tokens, other.n_texts)
    assert dash.n_texts == 41
    for name in ("count", "histogram", "max", "correlated", "neighbours"):
        assert torch.equal(getattr(dash, name), getattr(other, name))
    for i in range(30):
        # Windows that fire equally strongly are put in order by their tokens' numbers.
        mine, its = ([(e.activation, e.tokens) for e in d[i].top] for d in (dash, other))
        assert [x for x, _ in mine] == [x for x, _ in its]
        assert set(mine[:-3]) == set(its[:-3]) or mine[-4][0] == mine[-3][0]
    _check_effects(model, sae, dash)


def _check_effects(model, sae, dash):
    """Effects by the whole unembedding at once; LayerNorm without its scale."""
    special = set(model.tokenizer.all_special_ids)
    ids = [i for i in range(model.d_vocab) if i not in special]
    norm, head = model.hf.transformer.ln_f, model.hf.lm_head.weight.detach().double()[ids]
    rows = sae.W_dec - sae.W_dec.mean(1, keepdim=True)
    effect = (rows * norm.weight.detach()) @ head.T
    effect = (effect - effect.mean(1, keepdim=True)).detach()
    for i in range(30):
        for given, sign in ((dash[i].top_logits, 1), (dash[i].bottom_logits, -1)):
            wanted = (sign * effect[i]).topk(8)
            assert [t for t, _ in given] == [model.piece(ids[j]) for j in wanted.indices]
            assert [x for _, x in given] == pytest.approx((sign * wanted.values).tolist(), rel=2e-3)
        x = effect[i].numpy()
        assert float(dash.kurtosis[i]) == pytest.approx((x**4).mean() / x.var() ** 2 - 3, abs=1e-3)
        assert float(dash.skew[i]) == pytest.approx((x**3).mean() / x.std() ** 3, abs=1e-3)
        p = np.sort(x)[-8:] / np.sort(x)[-8:].sum()
        assert float(dash.entropy[i]) == pytest.approx(-(p * np.log(p)).sum(), abs=1e-4)


def test_partial_records_grow_into_the_whole(monkeypatch):
    model = make("llama")
    draw = torch.Generator().manual_seed(1)
    directions = torch.randn(30, 32, generator=draw)
    sae = SAE(directions.T, torch.zeros(30), directions, torch.zeros(32), "topk", k=3)
    words = [" ".join(random.Random(i).choices(WORDS, k=9)) for i in range(40)]
    monkeypatch.setattr("interp_widgets.core.dictionary.features.TOKENS_A_BATCH", 100)
    records = list(iw.iter_features(model, sae, words, "L2.mlp_out"))
    assert len(records) > 3
    assert [record.complete for record in records] == [False] * (len(records) - 1) + [True]
    tokens = [record.n_tokens for record in records]
    assert tokens == sorted(tokens)
    assert tokens[-1] == tokens[-2]
    assert (records[0].correlated == -1).all()
    assert records[-1].labels is records[0].labels
    whole = iw.features(model, sae, words, "L2.mlp_out")
    for name in ("count", "histogram", "correlated", "tokens", "starts", "activity"):
        assert torch.equal(getattr(records[-1], name), getattr(whole, name))


def test_what_goes_to_disk_comes_back(dash, tmp_path):
    dash.labels.set(9, "nines", "not sure")
    path = dash.save(tmp_path / "dash.safetensors")
    again = iw.Result.load(path)
    assert repr(again) == repr(dash)
    assert again.labels.to_json() == dash.labels.to_json()
    for i in dash:
        assert again[i].examples == dash[i].examples
        assert again[i].quiet == dash[i].quiet
    assert list(again.to_frame().columns) == list(dash.to_frame().columns)
    dash.labels.remove(9)
