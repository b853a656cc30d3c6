"""The dashboards that ship: small, of the dictionary that ships, and what is said of it."""

from __future__ import annotations

import pytest
import torch

import interp_widgets as iw
from interp_widgets.bundled import WEIGHTS, dashboards, model_card
from interp_widgets.bundled.dictionaries import DOCUMENTS
from interp_widgets.bundled.lenses import texts


def test_they_are_whole_small_and_of_these_weights() -> None:
    (path,) = (WEIGHTS / dashboards.FOLDER).iterdir()
    assert path.stat().st_size <= 4_000_000
    dash, sae = iw.sae_features(), iw.sae(3)
    assert (dash.complete, len(dash), dash.site) == (True, sae.d_sae, sae.site)
    assert path.stat().st_size / len(dash) <= 3500
    cosine = torch.nn.functional.cosine_similarity(sae.W_enc.T, sae.directions, dim=1)
    torch.testing.assert_close(dash.encoder_cosine, cosine, atol=1e-5, rtol=0)
    some = iw.features(iw.load(), sae, texts(DOCUMENTS, 300))
    assert (some.max <= dash.max * (1 + 1e-4)).all()
    often = dash.density > 0.01
    ratio = some.density[often] / dash.density[often]
    assert 0.8 < float(ratio.median()) < 1.25


def test_the_cards_latents_are_named() -> None:
    dash, finds = iw.sae_features(), model_card()["dictionaries"]["latents"]
    for name in ("bridges", "Spanish", "refusal", "bracket", "Texas"):
        label = dash.labels[finds[name]["latent"]]
        assert (label.text, label.source) == (name, "auto")
        assert f"purity {finds[name]['purity']:.2f}" in label.note
    assert len(dash.labels) >= 10
    dash.labels.set(0, "mine")
    assert 0 not in iw.sae_features().labels


def test_others_are_refused_with_the_way_to_make_them() -> None:
    with pytest.raises(ValueError, match=r"L3_topk were\): make them with iw.features"):
        iw.sae_features(5)
    with pytest.raises(ValueError, match="no gated dictionary of layer 3 ships"):
        iw.sae_features(3, "gated")
    with pytest.raises(TypeError, match="layer= is a whole number"):
        iw.sae_features("3")  # pyright: ignore[reportArgumentType]
