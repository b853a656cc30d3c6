"""Folds leave reconstructions as they were, scale codes as stated, or refuse."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from interp_widgets.core.dictionary.normalization import Normalization
from interp_widgets.core.dictionary.sae import SAE
from tests.core.test_sae import KINDS, WIDTH, D, make, rows

FOLDABLE = ("none", "expected_average", "mean_square", "centred", "whitening")
EXACT = {"atol": 1e-9, "rtol": 1e-9}
COMPARED = ("topk", "groupmax")  # latents compete, by pre-activations of any length


def normal(mode: str) -> Normalization:
    return Normalization.fit(mode, rows(300, seed=9))


@pytest.mark.parametrize("mode", FOLDABLE)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("center", [True, False])
def test_a_normalisation_in_the_weights(kind, mode, center):
    sae, x = make(kind, center=center, normalization=normal(mode)), rows()
    if kind == "topk_weighted" and mode == "whitening":
        with pytest.raises(ValueError, match=r"fold_decoder_norm\(\)\.fold_normalization\(\)"):
            sae.fold_normalization()
        sae = sae.fold_decoder_norm()
    folded = sae.fold_normalization()
    assert folded.normalization.mode == "none"
    torch.testing.assert_close(folded(x), sae(x), **EXACT)
    torch.testing.assert_close(folded.encode(x), sae.encode(x), **EXACT)
    torch.testing.assert_close(folded.fold_normalization()(x), sae(x), **EXACT)  # once and for all


@pytest.mark.parametrize("mode", FOLDABLE[:-1])
@pytest.mark.parametrize("kind", KINDS)
def test_a_normalisation_with_directions_kept(kind, mode):
    sae, x = make(kind, normalization=normal(mode)), rows()
    folded = sae.fold_normalization(keep="decoder")
    assert torch.equal(folded.W_dec, sae.W_dec)
    assert torch.equal(folded.W_enc, sae.W_enc)
    torch.testing.assert_close(folded(x), sae(x), **EXACT)
    unit = sae.normalization.factor
    torch.testing.assert_close(folded.encode(x) * unit, sae.encode(x), **EXACT)


def test_scales_fold_as_the_table_says():
    sae = make("jumprelu", normalization=normal("expected_average"))
    s, folded = sae.normalization.scale, sae.fold_normalization()
    torch.testing.assert_close(folded.W_enc, sae.W_enc * s)
    torch.testing.assert_close(folded.W_dec, sae.W_dec / s)
    torch.testing.assert_close(folded.b_dec, sae.b_dec / s)
    assert torch.equal(folded.b_enc, sae.b_enc)
    assert torch.equal(thresholds(folded), thresholds(sae))
    assert folded.center


@pytest.mark.parametrize("one", FOLDABLE)
@pytest.mark.parametrize("other", FOLDABLE)
def test_a_transcoder_with_two_normalisations_and_a_skip(one, other):
    sae = make(
        center=False,
        normalization=normal(one),
        normalization_out=Normalization.fit(other, rows(300, seed=3)),
        W_skip=torch.randn(D, D, dtype=torch.float64),
    )
    x = rows()
    torch.testing.assert_close(sae.fold_normalization()(x), sae(x), **EXACT)
    torch.testing.assert_close(sae.fold_decoder_norm()(x), sae(x), **EXACT)


@pytest.mark.parametrize("kind", KINDS)
def test_lengths_of_directions(kind):
    sae, x = make(kind, normalization=normal("mean_square")), rows()
    if kind in COMPARED:
        with pytest.raises(ValueError, match="other latents would fire"):
            sae.fold_decoder_norm()
        return
    folded = sae.fold_decoder_norm()
    lengths = sae.W_dec.norm(dim=1)
    torch.testing.assert_close(folded.W_dec.norm(dim=1), torch.ones_like(lengths))
    torch.testing.assert_close(folded(x), sae(x), **EXACT)
    torch.testing.assert_close(folded.encode(x), sae.encode(x) * lengths, **EXACT)


@pytest.mark.parametrize("kind", COMPARED)
def test_equal_lengths_change_no_comparison(kind):
    even = make(kind)
    even = SAE(
        even.W_enc, even.b_enc, torch.nn.functional.normalize(even.W_dec, dim=1) * 3, even.b_dec,
        activation=kind, k=even.k,
    )  # fmt: skip
    x = rows()
    torch.testing.assert_close(even.fold_decoder_norm()(x), even(x), **EXACT)


def test_a_direction_of_no_length():
    sae = make()
    W_dec = sae.W_dec.clone()
    W_dec[2] = 0
    sae = SAE(sae.W_enc, sae.b_enc, W_dec, sae.b_dec)
    folded, x = sae.fold_decoder_norm(), rows()
    assert folded.W_dec.isfinite().all()
    assert folded.encode(x)[:, 2].abs().max() == 0
    torch.testing.assert_close(folded(x), sae(x), **EXACT)


@pytest.mark.parametrize("kind", KINDS)
def test_the_centre_in_the_bias(kind):
    sae, x = make(kind, normalization=normal("whitening")), rows()
    folded = sae.fold_center()
    assert not folded.center
    assert folded.fold_center() is folded
    torch.testing.assert_close(folded.b_enc, sae.b_enc - sae.b_dec @ sae.W_enc)
    torch.testing.assert_close(folded.encode(x), sae.encode(x), **EXACT)
    torch.testing.assert_close(folded(x), sae(x), **EXACT)


def test_all_folds_together():
    sae, x = make("jumprelu", normalization=normal("whitening")), rows()
    folded = sae.fold_center().fold_normalization().fold_decoder_norm()
    torch.testing.assert_close(folded(x), sae(x), **EXACT)


@pytest.mark.parametrize("mode", ["token_norm", "layer_norm"])
def test_scales_of_single_tokens_stay_outside(mode):
    with pytest.raises(ValueError, match=f"{mode} has a scale for each token"):
        make(normalization=normal(mode)).fold_normalization()


def test_what_cannot_be_kept():
    with pytest.raises(ValueError, match='keep is "codes" or "decoder"'):
        make().fold_normalization(keep="both")
    with pytest.raises(ValueError, match="turns the directions"):
        make(normalization=normal("whitening")).fold_normalization(keep="decoder")


@pytest.mark.gpu
def test_folds_on_cuda():
    for kind in KINDS:
        sae, x = make(kind, normalization=normal("expected_average")).to("cuda"), rows().cuda()
        torch.testing.assert_close(sae.fold_normalization().fold_center()(x), sae(x), **EXACT)


def thresholds(sae: SAE) -> Tensor:
    assert isinstance(sae.threshold, Tensor)
    assert sae.threshold.shape == (WIDTH,)
    return sae.threshold
