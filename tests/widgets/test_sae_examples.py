"""Where a latent fires most is found without encoding everything: the same as by encoding it."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from interp_widgets.core.cache import cache
from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.widgets._sae_examples import SHOWN, InRows, InText
from tests.widgets.examples import OTHER, PROMPT, model

KINDS: dict[str, dict[str, Any]] = {
    "relu": {"activation": "relu"},
    "jumprelu": {"activation": "jumprelu", "threshold": 1.5},
    "topk": {"activation": "topk", "k": 3},
    "weighted": {"activation": "topk", "k": 3, "decoder_weighted": True},
    "groupmax": {"activation": "groupmax", "k": 6},
}


def dictionary(kind: str, d: int = 8) -> SAE:
    made = torch.Generator().manual_seed(1)
    W_enc, W_dec = torch.randn(d, 24, generator=made), torch.randn(24, d, generator=made)
    b_enc, b_dec = torch.randn(24, generator=made), torch.randn(d, generator=made)
    return SAE(W_enc, b_enc, W_dec, b_dec, **KINDS[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_the_strongest_rows_are_those_of_encoding_them_all(kind):
    sae = dictionary(kind)
    x = torch.randn(500, 8, generator=torch.Generator().manual_seed(2))
    codes = sae.encode(x)
    examples = InRows(x)
    for latent in range(24):
        found = examples.of(sae, latent)
        best = codes[:, latent].topk(SHOWN).indices.tolist()
        wanted = [row for row in best if codes[row, latent] > 0]
        assert [one["row"] for one in found] == wanted
        assert [one["act"] for one in found] == pytest.approx(codes[wanted, latent], abs=1e-3)
    assert int((codes > 0).any(0).sum()) > 12  # or nothing was compared


@pytest.mark.parametrize("kind", ["relu", "topk"])
def test_each_text_is_shown_once_where_it_fires_most_with_the_codes_around(kind):
    reader, site = model(), "L1.resid_post"
    texts = [PROMPT, OTHER]
    x = [cache(reader, text, [site])[site][1:] for text in texts]
    sae = dictionary(kind, x[0].shape[1])
    codes = [sae.encode(rows) for rows in x]
    examples, seen = InText(reader, site, texts), 0
    for latent in range(24):
        order = sorted(range(2), key=lambda text: -float(codes[text][:, latent].max()))
        fires = [text for text in order if float(codes[text][:, latent].max()) > 0]
        found = examples.of(sae, latent)
        assert len(found) == len(fires)
        for one, text in zip(found, fires, strict=True):
            peak = int(codes[text][:, latent].argmax())
            begin = peak - one["peak"]
            near = codes[text][begin : begin + len(one["acts"]), latent]
            assert one["acts"] == pytest.approx(near.tolist(), abs=2e-3)
            assert one["tokens"] == reader.tokens(texts[text])[1:][begin : begin + len(near)]
            seen += 1
    assert seen >= 12
