"""Every measure against a slow reference in float64; what must hold whatever the weights are."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F

import interp_widgets as iw
from interp_widgets.core.dictionary.normalization import Normalization
from interp_widgets.core.hooks import hooked
from tests.core.conftest import make
from tests.core.test_result import same

TEXTS = [
    "the capital of Texas is Austin",
    "Paris is in a state and Rome is a city",
    "the Eiffel Tower is in Paris and Dallas is in Texas",
    "Rome is",
]
FLOATS = (
    "l0 l1 weighted_l1 mse nmse fve cosine shrinkage norm_ratio dead "
    "ce_clean ce_sae ce_ablated delta_ce ce_recovered kl kl_ablated kl_score"
).split()


def random_sae(d=32, features=24, seed=0, d_out=None, **options):
    """A dictionary that reconstructs badly, and not the same everywhere."""
    g = torch.Generator().manual_seed(seed)

    def draw(*shape):
        return torch.randn(*shape, generator=g, dtype=torch.float64)

    d_out = d_out or d
    dec = draw(features, d_out) * (0.2 + draw(features, 1).abs())
    enc = draw(d, features) * 0.3
    return iw.SAE(enc, draw(features) - 1, dec * 0.3, draw(d_out) * 0.2, **options)


def identity(d=32, **options):
    """Codes are the positive and the negative part."""
    eye = torch.eye(d, dtype=torch.float64)
    zeros = torch.zeros
    both = torch.cat([eye, -eye])
    return iw.SAE(both.T, zeros(2 * d), both, zeros(d), center=False, **options)


def constant(b_dec):
    """Gives the same whatever comes."""
    d = len(b_dec)
    return iw.SAE(torch.zeros(d, 3).double(), torch.zeros(3), torch.zeros(3, d), b_dec.double())


@pytest.fixture(scope="module", params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def gpt(request):
    model = make("gpt2")
    if request.param == "cuda":
        return iw.load(model.hf.to("cuda"), tokenizer=model.tokenizer)
    return model


def slow(model, sae, texts, site, out, ablation):
    """The definitions, token by token and text by text, nothing filled up."""
    sae = sae.to("cpu")
    xs, ys = [], []
    for text in texts:
        cache = _float64(model, text, (site, out))
        xs.append(cache[site][1:].flatten(1))
        ys.append(cache[out][1:].flatten(1))
    x, y = torch.cat(xs), torch.cat(ys)
    f, made = sae.encode(x), sae(x)
    mean = y.mean(0)
    error = ((y - made) ** 2).sum(1)
    found = {
        "l0": (f != 0).sum(1).double().mean(),
        "l1": f.sum(1).mean(),
        "weighted_l1": (f * sae.W_dec.norm(dim=1)).sum(1).mean(),
        "mse": error.mean(),
        "nmse": error.mean() / (y**2).sum(1).mean(),
        "fve": 1 - error.sum() / ((y - mean) ** 2).sum(),
        "cosine": F.cosine_similarity(y, made).mean(),
        "shrinkage": (made**2).sum(1).mean() / (y * made).sum(1).mean(),
        "norm_ratio": (made.norm(dim=1) / y.norm(dim=1)).mean(),
        "dead": ((f > 0).sum(0) == 0).double().mean(),
    }
    rows = {"clean": [], "sae": [], "ablated": []}
    kls = {"sae": [], "ablated": []}
    nothing = torch.zeros_like(mean) if ablation == "zero" else mean
    for text, x_text in zip(texts, xs, strict=True):
        ids = model.ids(text)[None]
        clean = model.logits(ids).log_softmax(-1)[0].cpu()
        for name in rows:
            logp = clean
            if name != "clean":
                new = sae(x_text) if name == "sae" else nothing.expand(len(x_text), -1)

                with hooked(model, _by_hand(model, out, new)):
                    logp = model.logits(ids).log_softmax(-1)[0].cpu()
                kls[name] += (clean.exp() * (clean - logp)).sum(-1)[1:].tolist()
            rows[name] += [-float(logp[p, int(ids[0, p + 1])]) for p in range(1, ids.shape[1] - 1)]
    ce = {name: sum(nats) / len(nats) for name, nats in rows.items()}
    kl = {name: sum(nats) / len(nats) for name, nats in kls.items()}
    found |= {f"ce_{name}": nats for name, nats in ce.items()}
    found |= {"kl": kl["sae"], "kl_ablated": kl["ablated"], "delta_ce": ce["sae"] - ce["clean"]}
    found["ce_recovered"] = (ce["ablated"] - ce["sae"]) / (ce["ablated"] - ce["clean"])
    found["kl_score"] = 1 - kl["sae"] / kl["ablated"]
    return {name: float(value) for name, value in found.items()}, (f > 0).double().mean(0)


def _by_hand(model, out, new):
    """Rows from the second on become ``new``; in mid-layer by what the layer would make of it."""

    def put(h):
        h = h.clone()
        h[0, 1:] = new.to(h).view_as(h[0, 1:])
        return h

    def onward(h):
        layer = model.layers[int(out[1])]
        mid = new.to(h)
        h = h.clone()
        h[0, 1:] = mid + layer.mlp(layer.ln_2(mid))
        return h

    return {out.replace("mid", "post"): onward} if out.endswith("mid") else {out: put}


def _float64(model, text, sites):
    from interp_widgets.core.hooks import captured

    with captured(model, dict.fromkeys(sites)) as found:
        model.run(model.ids(text)[None])
    return {str(site): value[0].cpu() for site, value in found.items()}


CASES = {
    "relu": ("L1.resid_post", "L1.resid_post", {}),
    "topk": ("L0.mlp_out", "L0.mlp_out", {"activation": "topk", "k": 3}),
    "jumprelu": ("L2.attn_out", "L2.attn_out", {"activation": "jumprelu", "threshold": 0.4}),
    "heads": ("L1.z", "L1.z", {}),
    "between": ("L1.resid_mid", "L1.resid_mid", {}),
    "scaled": (
        "L2.resid_pre",
        "L2.resid_pre",
        {"normalization": Normalization("token_norm"), "activation": "topk", "k": 4},
    ),
    "transcoder": ("L1.mlp_in", "L1.mlp_out", {"center": False, "site_out": "L1.mlp_out"}),
}


@pytest.mark.parametrize("ablation", ["zero", "mean"])
@pytest.mark.parametrize("name", CASES)
def test_every_number_is_its_definition(gpt, name, ablation):
    site, out, options = CASES[name]
    sae = random_sae(site=site, **options)
    found = iw.evaluate_sae(gpt, sae, TEXTS, ablation=ablation)
    wanted, density = slow(gpt, sae, TEXTS, site, out, ablation)
    assert {name: getattr(found, name) for name in FLOATS} == pytest.approx(
        wanted, rel=1e-7, abs=1e-9
    )
    torch.testing.assert_close(found.density, density.float())
    lengths = [len(gpt.ids(text)) for text in TEXTS]
    assert found.tokens == sum(lengths) - len(TEXTS)
    assert found.predicted == sum(lengths) - 2 * len(TEXTS)
    assert (found.site, found.out, found.texts) == (site, out, len(TEXTS))
    assert found.fve < 1
    assert found.kl > 0


def test_the_identity_keeps_everything_and_nothing_keeps_nothing(gpt):
    whole = iw.evaluate_sae(gpt, identity(), TEXTS, site="L1.resid_post")
    for name in ("fve", "ce_recovered", "kl_score", "cosine", "shrinkage", "norm_ratio"):
        assert getattr(whole, name) == pytest.approx(1, abs=1e-9), name
    assert whole.delta_ce == pytest.approx(0, abs=1e-9)
    nothing = iw.evaluate_sae(gpt, constant(torch.zeros(32)), TEXTS, site="L1.resid_post")
    assert nothing.ce_recovered == pytest.approx(0, abs=1e-9)
    assert nothing.kl_score == pytest.approx(0, abs=1e-9)
    assert nothing.kl > 0.01
    assert nothing.l0 == nothing.l1 == 0
    assert nothing.dead == 1
    assert math.isnan(nothing.shrinkage)


def test_the_mean_explains_nothing(gpt):
    acts = torch.cat([_float64(gpt, text, ["L1.mlp_out"])["L1.mlp_out"][1:] for text in TEXTS])
    flat = constant(acts.mean(0))
    found = iw.evaluate_sae(gpt, flat, TEXTS, site="L1.mlp_out", ablation="mean")
    assert found.fve == pytest.approx(0, abs=1e-9)
    assert found.ce_recovered == pytest.approx(0, abs=1e-9)
    assert iw.evaluate_on(flat, acts).fve == pytest.approx(0, abs=1e-9)


def test_batches_and_their_order_are_not_in_the_numbers(gpt, monkeypatch):
    sae = random_sae(site="L1.resid_post")
    one = iw.evaluate_sae(gpt, sae, TEXTS)
    turned = iw.evaluate_sae(gpt, sae, TEXTS[::-1])
    monkeypatch.setattr("interp_widgets.core.dictionary.evaluate._TOKENS", 12)
    monkeypatch.setattr("interp_widgets.core.dictionary.evaluate._LOGITS", 5 * gpt.d_vocab)
    monkeypatch.setattr("interp_widgets.core.dictionary.fidelity._CELLS", 24 * 3)
    steps = list(iw.iter_evaluate_sae(gpt, sae, iter(TEXTS)))
    assert [step.texts for step in steps] == [1, 2, 3, 4]  # whole texts, however long
    for other in (turned, steps[-1]):
        for name in FLOATS:
            assert getattr(other, name) == pytest.approx(getattr(one, name), abs=1e-9), name
        assert torch.equal(other.density, one.density)
        torch.testing.assert_close(other.max_activation, one.max_activation)


def test_a_stream_equals_one_shot_also_far_from_zero():
    """A mean ten thousand times the spread drowns a variance that is summed about zero."""
    g = torch.Generator().manual_seed(0)
    x = torch.randn(500, 8, generator=g, dtype=torch.float64) * 1e-3 + 10
    sae = constant(x[:100].mean(0))
    exact = 1 - float(((x - x[:100].mean(0)) ** 2).sum() / ((x - x.mean(0)) ** 2).sum())
    order = torch.randperm(500, generator=g)
    for given, size in ((x, 4096), (x, 7), (x[order], 64), (x.split(33), 10)):
        assert iw.evaluate_on(sae, given, batch_size=size).fve == pytest.approx(exact, abs=1e-9)


def test_latents_are_counted_and_compared():
    rows = torch.tensor([[1.0, 0, 0], [1, 1, 0], [0, 0, 2], [-1, 0, 0]])
    sae = iw.SAE(rows.T, torch.zeros(4), rows, torch.zeros(3), center=False)
    x = torch.tensor([[1.0, 0, 0], [2, 0, 0], [0, 0, -1], [3, -3, 0]])
    found = iw.evaluate_on(sae, x)
    assert found.density.tolist() == [0.75, 0.5, 0, 0]
    assert found.max_activation.tolist() == [3, 2, 0, 0]
    assert found.dead == 0.5
    assert found.alive.tolist() == [True, True, False, False]
    root = 0.5**0.5
    torch.testing.assert_close(found.max_cosine, torch.tensor([root, root, 0, 0]))
    torch.testing.assert_close(found.encoder_decoder_cosine, torch.ones(4))
    assert (found.denser_than(0.6), found.denser_than(0.1)) == (1, 2)
    edges, counts = found.histogram(4)
    assert counts.tolist() == [0, 0, 1, 1]
    torch.testing.assert_close(edges, torch.tensor([-1, -0.75, -0.5, -0.25, 0]))
    one = iw.evaluate_on(constant(torch.ones(3)).to(dtype=torch.float32), x)
    assert one.max_cosine.abs().max() == 0  # directions of length 0 are like nothing
    assert math.isnan(one.ce_recovered)


def test_constant_activations_have_no_variance_to_explain():
    x = torch.full((50, 32), 3.3)
    found = iw.evaluate_on(random_sae(), x)
    assert math.isnan(found.fve)
    assert "nan" not in found.describe()
    assert "no variance to explain" in found.describe()
    assert found.mse > 0
    assert math.isfinite(found.nmse)


def test_an_activation_of_zero_has_no_direction_and_nothing_is_a_share_of_it():
    sae = constant(torch.ones(32))  # what it makes of zeros is not zero
    x = torch.randn(20, 32, generator=torch.Generator().manual_seed(3))
    x[7] = 0
    there = x[x.any(1)]
    made = sae(there)
    found = iw.evaluate_on(sae, x)
    assert math.isclose(
        found.norm_ratio, (made.norm(dim=1) / there.norm(dim=1)).mean(), rel_tol=1e-6
    )
    cosine = torch.nn.functional.cosine_similarity(there, made.to(there)).mean()
    assert math.isclose(found.cosine, cosine, abs_tol=1e-6)
    nothing = iw.evaluate_on(sae, torch.zeros(4, 32))
    assert math.isnan(nothing.norm_ratio)
    assert math.isnan(nothing.cosine)
    assert nothing.mse == 32


def test_there_and_back_and_drawn(gpt, tmp_path):
    found = iw.evaluate_sae(gpt, random_sae(site="L1.resid_post"), TEXTS)
    same(iw.Result.load(found.save(tmp_path / "e.safetensors")), found)
    frame = found.to_frame().set_index("measure")
    assert frame.loc["ce_recovered", "value"] == found.ce_recovered
    assert len(found.latents()) == found.d_sae == 24
    assert len(found.plot().data) == 3
    assert len(found.plot(kind="print").axes) == 3
    alone = iw.evaluate_on(random_sae(), torch.randn(20, 32))
    assert len(alone.plot().data) == 2
    assert "recovered" in found.describe()
    assert "loss" not in alone.describe()


@pytest.mark.parametrize("family", ["llama", "gemma2", "gpt_neox", "opt", "bloom"])
def test_every_family(family):
    model = make(family, torch.float32)
    found = iw.evaluate_sae(model, identity().to(dtype=torch.float32), TEXTS, site="L1.resid_post")
    assert found.ce_recovered == pytest.approx(1, abs=1e-4)
    assert found.fve == pytest.approx(1, abs=1e-6)
    half = iw.evaluate_sae(make(family, torch.bfloat16), identity(), TEXTS, site="L1.mlp_out")
    assert half.fve == pytest.approx(1, abs=1e-6)
    assert half.ce_recovered == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"texts": []}, ValueError, "no text, or only empty ones"),
        ({"texts": [""] * 3}, ValueError, "no text, or only empty ones"),
        ({"texts": TEXTS[0]}, FileNotFoundError, "One text by itself is a list"),
        ({"texts": {"text": "the"}}, TypeError, "texts are several"),
        ({"texts": [7.5]}, TypeError, "text 0"),
        ({"texts": ["the", [0, 5]]}, ValueError, "no next token to predict in 2 texts"),
        ({"site": "L9.resid_post"}, ValueError, "L0 to L2"),
        ({"site": "L1.nowhere"}, ValueError, "is not a place"),
        ({"site": "L*.resid_post"}, ValueError, "one place"),
        ({"site": "L1.mlp_post"}, ValueError, "numbers a token; this dictionary reads"),
        ({"site": "L1.pattern"}, ValueError, "one place with a row a token; got 'L1.pattern'"),
        ({"site": None}, ValueError, "pass site="),
        ({"sae": random_sae(16)}, ValueError, "has 32 numbers a token; this dictionary reads 16"),
        ({"sae": torch.nn.Linear(3, 3)}, TypeError, "a dictionary is wanted.*got Linear"),
        ({"sae": random_sae(d_out=8, center=False)}, ValueError, "pass site_out="),
        ({"site_out": "L1.q"}, ValueError, "place in the stream"),
        ({"site_out": "L1.mlp_out"}, ValueError, r"L1\.mlp_out comes before L1\.resid_post"),
        ({"ablation": "noise"}, ValueError, "'zero' or 'mean'; got 'noise'"),
        ({"length": 1}, ValueError, "length= is 2 tokens or more"),
        ({"length": 2.5}, TypeError, "length= is a whole number of tokens; got 2.5"),
        ({"skip_first": "no"}, TypeError, "skip_first= is True or False; got 'no'"),
        ({"model": "gpt2"}, TypeError, "the first argument is a model"),
    ],
)
def test_bad_input_is_refused_before_anything_runs(gpt, options, error, says, monkeypatch):
    ran = []
    monkeypatch.setattr(type(gpt), "run", lambda *_: ran.append(1))
    monkeypatch.setattr(type(gpt), "logits", lambda *_: ran.append(1))
    given = {"model": gpt, "sae": random_sae(), "texts": TEXTS, "site": "L1.resid_post"} | options
    with pytest.raises(error, match=says):
        iw.iter_evaluate_sae(**given)
    assert not ran


def test_numbers_that_are_not_finite_are_named(gpt):
    sae, x = random_sae(), torch.randn(10, 32, dtype=torch.float64)
    x[3, 2] = torch.nan
    with pytest.raises(ValueError, match="not finite in 1 of 10 rows, first in row 3"):
        iw.evaluate_on(sae, x)
    x[3, 2] = torch.inf
    with pytest.raises(ValueError, match="first in row 3"):
        iw.evaluate_on(sae, x.split(5))
    broken = random_sae()
    broken.W_dec[0, 0] = torch.nan
    with pytest.raises(ValueError, match="W_dec of this dictionary"):
        iw.evaluate_on(broken, torch.randn(4, 32))
    with (
        hooked(gpt, {"L0.resid_post": lambda h: h * torch.nan}),
        pytest.raises(ValueError, match=r"activations at L1\.resid_post are not finite"),
    ):
        iw.evaluate_sae(gpt, sae, TEXTS, site="L1.resid_post")
    with pytest.raises(ValueError, match="no activations in x"):
        iw.evaluate_on(sae, torch.empty(0, 32))
    with pytest.raises(ValueError, match="takes activations of 32 numbers"):
        iw.evaluate_on(sae, torch.randn(4, 31))
    with pytest.raises(TypeError, match=r"tensor \[token, d\]"):
        iw.evaluate_on(sae, torch.randn(4, 3, 32))
    with pytest.raises(ValueError, match="x= and y= are as many batches"):
        iw.evaluate_on(sae, [torch.randn(4, 32)] * 2, [torch.randn(4, 32)])
    with pytest.raises(TypeError, match=r"batch_size= is a whole number; got 2\.5"):
        iw.evaluate_on(sae, torch.randn(4, 32), batch_size=2.5)
    with pytest.raises(ValueError, match="pass y="):
        iw.evaluate_on(random_sae(d_out=8, center=False), torch.randn(4, 32))
