"""Latents of families: every number against a slow loop, and what cannot be asked for."""

from __future__ import annotations

import math

import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg

import interp_widgets as iw
from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.dictionary.token_stream import firing, in_parts, one_site, token_batches
from interp_widgets.core.sites import Site
from tests.core.conftest import make

FAMILIES = {
    "capitals": ["the capital of Texas is", "the capital of a state is Austin", "capital Paris"],
    "towers": ["the Eiffel Tower", "a Tower in Rome", "Tower and Tower", "Eiffel Tower is in"],
}
OTHERS = ["Dallas is a city", "in the state", "xyz", "a city and a city", "is is is"]


def dictionary(d: int = 32, latents: int = 40, seed: int = 0, **changes) -> SAE:
    draw = torch.Generator().manual_seed(seed)
    directions = torch.randn(latents, d, generator=draw, dtype=torch.float64)
    bias = torch.randn(latents, generator=draw, dtype=torch.float64) - 1
    given = {"site": "L1.resid_post", "center": False} | changes
    return SAE(directions.T.contiguous(), bias, directions, bias.new_zeros(d), **given)


@pytest.fixture(scope="module")
def model():
    return make("gpt2")


def texts_codes(model, sae, text, at):
    x = iw.cache(model, text, "L1.resid_post")["L1.resid_post"].double()
    codes = sae.encode(x)
    return codes[-1] if at == "last" else codes[1:].max(0).values


@pytest.mark.parametrize("at", ["any", "last"])
def test_the_best_latent_is_that_of_a_slow_search(model, at):
    sae = dictionary()
    finds = iw.find_latents(model, sae, FAMILIES, OTHERS, at=at, seed=3)
    assert finds.families == ("capitals", "towers")
    assert finds.others == len(OTHERS)
    groups = [*FAMILIES.values(), OTHERS]
    draw = torch.Generator().manual_seed(3)
    first = []
    for group in groups:
        chosen = torch.randperm(len(group), generator=draw)[: len(group) // 2].tolist()
        first += [i in chosen for i in range(len(group))]
    codes = torch.stack([texts_codes(model, sae, t, at) for group in groups for t in group])
    owner = [n for n, group in enumerate(groups) for _ in group]

    def f1(feature, threshold, n, half):
        at_all = [i for i in range(len(owner)) if first[i] is half]
        picks = {i for i in at_all if codes[i, feature] > threshold}
        own = {i for i in at_all if owner[i] == n}
        return 2 * len(picks & own) / (len(picks) + len(own)), picks, own

    for n, find in enumerate(finds):
        levels = [0.0, *codes.flatten().tolist()]
        best = max(f1(feature, level, n, True)[0] for feature in range(40) for level in set(levels))
        assert find.f1 == pytest.approx(best)
        for half, given in ((True, find.f1), (False, find.checked_f1)):
            value, picks, own = f1(find.feature, find.threshold, n, half)
            assert given == pytest.approx(value)
            purity, coverage = (
                (find.purity, find.coverage)
                if half
                else (find.checked_purity, find.checked_coverage)
            )
            assert coverage == pytest.approx(len(picks & own) / len(own))
            if picks:
                assert purity == pytest.approx(len(picks & own) / len(picks))
            else:
                assert math.isnan(purity)
        assert find.texts == len(groups[n])


def test_a_latent_made_for_a_family_is_found(model):
    def mean(texts):
        rows = [iw.cache(model, t, "L1.resid_post")["L1.resid_post"][-1] for t in texts]
        return torch.stack(rows).mean(0).double()

    own = [f"the Tower of {w}" for w in ("Rome", "Paris", "Texas", "Austin", "Dallas", "a city")]
    rest = [f"a {w} is in the state" for w in ("Rome", "Paris", "Texas", "Austin", "Dallas")]
    sae = dictionary()
    directions = sae.W_dec.clone()
    directions[7] = 5 * (mean(own) - mean(rest))
    bias = sae.b_enc - 1e3
    bias[7] = -directions[7] @ (mean(own) + mean(rest)) / 2
    sae = SAE(directions.T, bias, directions, sae.b_dec, center=False, site="L1.resid_post")
    find = iw.find_latents(model, sae, {"towers": own}, rest, at="last")["towers"]
    assert (find.feature, find.checked_f1) == (7, 1.0)


def test_where_nothing_fires(model):
    sae = dictionary()
    dead = SAE(sae.W_enc, sae.b_enc - 1e6, sae.W_dec, sae.b_dec, center=False, site=sae.site)
    find = iw.find_latents(model, dead, FAMILIES)["towers"]
    assert (find.f1, find.checked_f1) == (0, 0)
    assert math.isnan(find.purity)


def test_the_record_goes_to_disk_and_back_and_draws_itself(model, tmp_path):
    finds = iw.find_latents(model, dictionary(), FAMILIES, OTHERS)
    again = iw.Result.load(finds.save(tmp_path / "finds.safetensors"))
    assert again.finds == finds.finds
    assert (repr(again), again.describe()) == (repr(finds), finds.describe())
    assert list(finds.to_frame().family) == ["capitals", "towers"]
    bars = finds.plot().data
    assert [list(bar.x) for bar in bars] == [
        [find.f1 for find in finds],
        [find.checked_f1 for find in finds],
    ]
    FigureCanvasAgg(finds.plot("print")).draw()
    with pytest.raises(KeyError, match="no family 'bridges'; there are capitals, towers"):
        finds["bridges"]


@pytest.mark.parametrize(
    ("families", "others", "kind", "said"),
    [
        ({}, OTHERS, TypeError, "one family or more"),
        (["a"], OTHERS, TypeError, "texts by name"),
        ({"a": "text"}, OTHERS, TypeError, "'a' is a list of texts; got str"),
        ({"a": ["x", "x"]}, OTHERS, ValueError, "1 different text"),
        ({"a": ["x", ""]}, OTHERS, TypeError, "texts or prompts; got ''"),
        ({"a": ["x", "y"], "b": ["z", "y"]}, OTHERS, ValueError, "'y' is in two families"),
        ({"a": ["x", "y"]}, ["z"], ValueError, "nothing to tell the family from"),
        ({"a": ["x", "y"]}, "zzz", TypeError, "others= are texts; got str"),
    ],
)
def test_families_that_make_no_sense(model, families, others, kind, said):
    with pytest.raises(kind, match=said):
        iw.find_latents(model, dictionary(), families, others)


def test_places_that_do_not_fit(model):
    sae = dictionary()
    assert one_site(model, sae, None) == Site(1, "resid_post")
    assert one_site(model, sae, "L2.z") == Site(2, "z")
    with pytest.raises(ValueError, match=r"L1\.mlp_post of .* has 128 numbers a token"):
        one_site(model, sae, "L1.mlp_post")
    with pytest.raises(ValueError, match="one place with a row a token"):
        one_site(model, sae, "L*.resid_post")
    with pytest.raises(ValueError, match="does not say where it reads"):
        one_site(model, dictionary(site=""), None)


def test_batches_hold_what_the_cache_holds(model):
    texts = ["the capital of Texas", "a", "", "Paris and Rome and Dallas", [0], "is in the city"]
    site = Site(1, "mlp_post")
    rows = []
    for batch in token_batches(model, site, texts, size=8):
        assert batch.starts[-1] == len(batch.ids)
        for start, stop in zip(batch.starts, batch.starts[1:], strict=False):
            rows.append((batch.ids[start:stop], batch.activations[start:stop]))
            assert batch.counted[start:stop].tolist() == [False] + [True] * int(stop - start - 1)
    assert len(rows) == len(texts)
    for (ids, found), text in zip(rows, texts, strict=True):
        assert torch.equal(ids, model.ids(text))
        wanted = iw.cache(model, text, str(site))[str(site)].double()
        torch.testing.assert_close(found, wanted, atol=1e-6, rtol=1e-5)


def test_long_texts_are_read_to_the_end_of_the_context(model):
    (batch,) = token_batches(model, Site(0, "resid_post"), ["a city " * 60])
    assert len(batch.ids) == model.context
    (batch,) = token_batches(model, Site(0, "resid_post"), ["a city " * 60], length=9)
    assert len(batch.ids) == 9


def test_long_texts_in_parts(model):
    long = "a city " * 60
    whole = model.tokenizer(long)["input_ids"]
    parts = list(in_parts(model, [long, "a city", [5] * 3, torch.arange(1, 130)]))
    assert parts[-5:-2] == ["a city", [5] * 3, list(range(1, 65))]
    first = parts[:-5]
    assert [len(part) for part in first[:-1]] == [model.context] * (len(first) - 1)
    assert [i for part in first for i in part[1:]] == whole[1:]
    assert {part[0] for part in first} == {whole[0]}
    assert [len(part) for part in in_parts(model, [" a city" * 9], 8)] == [8, 8, 5]
    rows = list(token_batches(model, Site(0, "resid_post"), in_parts(model, [long])))
    assert int(rows[0].counted.sum()) == len(whole) - 1


def test_special_tokens_do_not_count(model):
    ids = [0, 7, 0, 9]
    (batch,) = token_batches(model, Site(0, "resid_post"), [ids])
    assert batch.counted.tolist() == [False, True, False, True]
    (batch,) = token_batches(model, Site(0, "resid_post"), [ids], skip_first=False)
    assert batch.counted.all()


def test_activations_that_are_no_numbers_name_their_token(model):
    sae, weight = dictionary(), model.layers[0].mlp.c_proj.bias
    kept = weight.detach().clone()
    try:
        with torch.no_grad():
            weight[0] = float("nan")
        with pytest.raises(ValueError, match="not finite at text 0, position 1"):
            iw.find_latents(model, sae, FAMILIES, OTHERS)
    finally:
        with torch.no_grad():
            weight.copy_(kept)


@pytest.mark.parametrize("how", [{}, {"activation": "topk", "k": 5}, {"activation": "jumprelu"}])
def test_the_pairs_that_fire_are_those_of_encode(how):
    if how.get("activation") == "jumprelu":
        how = how | {"threshold": 1.5}
    sae = dictionary(**how)
    x = torch.randn(30, 32, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    rows, latents, values = firing(sae, x)
    codes = torch.zeros(30, 40, dtype=torch.float64)
    codes[rows, latents] = values
    assert torch.equal(codes, sae.encode(x))
    assert (values > 0).all()
    keys = rows * 40 + latents
    assert (keys.diff() > 0).all()
    assert [len(part) for part in firing(sae, x[:0])] == [0, 0, 0]
