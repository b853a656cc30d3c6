"""A whole dashboard against everything worked out densely: all activations, pairs and logits.

Nothing of the package counts here: codes are the formula, text by text, and numbers are NumPy's and
SciPy's. An autoencoder of normalised activations, and a transcoder that writes elsewhere.
"""

from __future__ import annotations

import random
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from scipy import stats

import interp_widgets as iw
from interp_widgets.core.dictionary.normalization import Normalization
from tests.core.conftest import make
from tests.core.tiny import WORDS

D, LATENTS = 32, 24


class Case(NamedTuple):
    """A dashboard, and what it should say.

    Attributes:
        model: the model.
        sae: the dictionary.
        dash: its dashboard.
        tokens: pieces of each text.
        codes: activations of each text ``[token, feature]``, 0 where a token does not count.
        writes: what a code of 1 adds to the stream, ``[feature, d]``.
    """

    model: Any
    sae: Any
    dash: Any
    tokens: list[list[str]]
    codes: list[np.ndarray]
    writes: np.ndarray

    @property
    def counted(self) -> np.ndarray:
        """Codes of all tokens that count, ``[token, feature]``."""
        return np.concatenate([codes[1:] for codes in self.codes])


def parts(seed: int) -> list[torch.Tensor]:
    draw = torch.Generator().manual_seed(seed)
    shapes = ((D, LATENTS), (LATENTS,), (LATENTS, D), (D,))
    return [torch.randn(*shape, generator=draw, dtype=torch.float64) for shape in shapes]


def texts() -> list[str]:
    return [" ".join(random.Random(i).choices(WORDS, k=2 + i % 11)) for i in range(90)]


def autoencoder() -> Case:
    """ReLU codes of activations times 1.7, biases and all; a dead latent."""
    model = make("gpt2")
    enc, b_enc, dec, b_dec = parts(1)
    b_enc[4], scale = -1e3, 1.7
    sae = iw.SAE(
        enc,
        b_enc - 9,
        dec,
        b_dec,
        normalization=Normalization("expected_average", scale),
        site="L1.resid_post",
    )

    def encode(x: torch.Tensor) -> torch.Tensor:
        return torch.relu((scale * x - b_dec) @ enc + b_enc - 9)

    return case(model, sae, "L1.resid_post", encode, dec / scale)


def transcoder() -> Case:
    """The four largest of what an MLP reads; it writes what the MLP adds."""
    model = make("llama")
    enc, b_enc, dec, b_dec = parts(2)
    sae = iw.SAE(
        enc, b_enc, dec, b_dec, "topk", 4, center=False, site="L1.mlp_in", site_out="L1.mlp_out"
    )

    def encode(x: torch.Tensor) -> torch.Tensor:
        pre = x @ enc + b_enc
        least = pre.sort(1, descending=True).values[:, 3:4]
        return torch.where(pre >= least, pre, 0).relu()

    return case(model, sae, "L1.mlp_in", encode, dec)


def case(model: Any, sae: Any, site: str, encode: Any, writes: torch.Tensor) -> Case:
    dash = iw.features(model, sae, texts())
    codes, tokens = [], []
    for text in texts():
        found = encode(iw.cache(model, text, sites=[site])[site].double())
        found[0] = 0
        codes.append(found.numpy())
        tokens.append(model.tokens(text))
    return Case(model, sae, dash, tokens, codes, writes.numpy())


@pytest.fixture(scope="module", params=[autoencoder, transcoder])
def given(request) -> Case:
    return request.param()


def test_counts_and_strengths(given: Case) -> None:
    dash, f = given.dash, given.counted
    assert (dash.n_tokens, dash.n_texts) == (len(f), len(given.codes))
    assert dash.count.tolist() == (f > 0).sum(0).tolist()
    np.testing.assert_allclose(dash.density, (f > 0).mean(0), rtol=1e-6)
    np.testing.assert_allclose(dash.max, f.max(0), rtol=1e-5)
    for i in dash:
        on = f[f[:, i] > 0, i]
        if not len(on):
            assert dash.mean[i].isnan()
            continue
        assert float(dash.mean[i]) == pytest.approx(on.mean())
        width = float(dash.bin_width[i])
        assert dash.histogram[i].tolist() == np.histogram(on, 32, (0, 32 * width))[0].tolist()
        # Between neighbouring activations any number is the quantile; a fine bin is 1/128 of max.
        ends = [np.quantile(on, dash.levels, method=m) for m in ("lower", "higher")]
        found = dash.quantiles[i].numpy()
        assert (found >= ends[0] - on.max() / 128).all()
        assert (found <= ends[1] + on.max() / 128).all()


def test_partners_and_neighbours(given: Case) -> None:
    dash, f = given.dash, given.counted
    with np.errstate(invalid="ignore", divide="ignore"):
        pearson = np.corrcoef(f.T)
    on = (f > 0).astype(float)
    both = on.T @ on
    either = on.sum(0)[:, None] + on.sum(0) - both
    rows = given.sae.W_dec.numpy()
    cosine = rows @ rows.T / np.outer(*2 * [np.linalg.norm(rows, axis=1)])
    for i in dash:
        there = [j for j in dash if j != i and both[i, j] and np.isfinite(pearson[i, j])]
        wanted = sorted(there, key=lambda j: -pearson[i, j])[:6]
        found = dash[i].correlated
        assert [r for _, r, _ in found] == pytest.approx(pearson[i, wanted].tolist(), abs=1e-3)
        for j, r, jaccard in found:
            assert r == pytest.approx(pearson[i, j], abs=1e-3)
            assert jaccard == pytest.approx(both[i, j] / either[i, j], abs=1e-3)
        near = sorted((j for j in dash if j != i), key=lambda j: -cosine[i, j])[:6]
        assert [j for j, _ in dash[i].neighbours] == near
        assert [c for _, c in dash[i].neighbours] == pytest.approx(cosine[i, near], abs=1e-3)
    if given.sae.is_transcoder:
        assert dash.encoder_cosine.isnan().all()
        return
    enc = given.sae.W_enc.numpy().T
    reads = (enc * rows).sum(1) / np.linalg.norm(enc, axis=1) / np.linalg.norm(rows, axis=1)
    np.testing.assert_allclose(dash.encoder_cosine, reads, rtol=1e-5)


def test_logit_effects(given: Case) -> None:
    """The final norm without its scale, then the unembedding, less the mean over tokens."""
    dash, model, rows = given.dash, given.model, given.writes
    if model.hf.config.model_type == "gpt2":
        gain, head = model.hf.transformer.ln_f.weight, model.hf.lm_head.weight
        rows = rows - rows.mean(1, keepdims=True)
    else:
        gain, head = model.hf.model.norm.weight, model.hf.lm_head.weight
    special = set(model.tokenizer.all_special_ids)
    ids = [i for i in range(model.d_vocab) if i not in special]
    effects = (rows * gain.detach().numpy()) @ head.detach().numpy()[ids].T
    effects = effects - effects.mean(1, keepdims=True)
    np.testing.assert_allclose(dash.skew, stats.skew(effects, axis=1), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(dash.kurtosis, stats.kurtosis(effects, axis=1), rtol=1e-4, atol=1e-5)
    order = np.argsort(-effects, axis=1)
    top = np.take_along_axis(effects, order[:, :8], 1)
    np.testing.assert_allclose(dash.entropy, stats.entropy(top, axis=1), rtol=1e-4)
    for i in dash:
        for said, places in (
            (dash[i].top_logits, order[i, :8]),
            (dash[i].bottom_logits, order[i, :-9:-1]),
        ):
            assert [piece for piece, _ in said] == [model.piece(ids[at]) for at in places]
            assert [x for _, x in said] == pytest.approx(effects[i, places].tolist(), rel=1e-3)


def around(case: Case, text: int, at: int) -> tuple[tuple[str, ...], int, range]:
    """Tokens of the window about a token, the place of its peak, and where in the text it lies."""
    span = range(max(0, at - 15), min(len(case.tokens[text]), at + 9))
    return tuple(case.tokens[text][i] for i in span), at - span[0], span


def test_windows(given: Case) -> None:
    dash, f = given.dash, given.counted
    for i in dash:
        feature, on = dash[i], np.sort(f[f[:, i] > 0, i])
        best: dict[tuple[tuple[str, ...], int], float] = {}
        for text, codes in enumerate(given.codes):
            at = int(codes[:, i].argmax())
            if codes[at, i] > 0:
                best.setdefault(around(given, text, at)[:2], float(codes[at, i]))
        wanted = sorted(best.values(), reverse=True)[:12]
        assert [e.activation for e in feature.top] == pytest.approx(wanted, rel=1e-3)
        assert all((e.tokens, e.peak) in best for e in feature.top)
        for e in feature.examples:
            same = [
                at
                for at in range(1, len(given.tokens[e.text]))
                if around(given, e.text, at)[:2] == (e.tokens, e.peak)
            ]
            assert same
            strengths = given.codes[e.text][around(given, e.text, same[0])[2], i]
            assert e.activations == pytest.approx(strengths.tolist(), rel=2e-3, abs=1e-6 * on[-1])
            off = on[-1] / 128 + 1e-3 * on[-1]
            below, above = np.searchsorted(on, [e.activation - off, e.activation + off]) / len(on)
            assert below - 1e-3 <= (e.quantile or 0.0) <= above + 1e-3
        for e in feature.quiet:
            spans = [around(given, e.text, at) for at in range(1, len(given.tokens[e.text]))]
            there = [span for tokens, peak, span in spans if (tokens, peak) == (e.tokens, e.peak)]
            assert any((given.codes[e.text][span, i] <= 0).all() for span in there)
