"""The dictionaries that ship are found by layer and variant."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.dictionary import bundled_sae
from tests.core.test_sae import make, rows


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A folder of dictionaries as the package has one."""
    saved = {}
    for layer, kind in ((0, "topk"), (3, "topk"), (3, "jumprelu")):
        made = replace(make(kind, torch.float32).fold_center(), site=f"L{layer}.resid_post")
        saved[layer, kind] = made
        made.save(tmp_path / f"L{layer}_{kind}")
    monkeypatch.setattr(bundled_sae, "_HOME", tmp_path)
    bundled_sae.bundled.cache_clear()
    yield saved
    bundled_sae.bundled.cache_clear()


def test_by_layer_and_variant(shipped):
    x = rows(dtype=torch.float32)
    for (layer, kind), made in shipped.items():
        found = iw.sae(layer, kind)
        assert found.site == f"L{layer}.resid_post"
        torch.testing.assert_close(found(x), made(x))
    torch.testing.assert_close(iw.sae(3)(x), iw.sae(3, variant="topk")(x))
    assert list(bundled_sae.bundled()) == [(0, "topk"), (3, "jumprelu"), (3, "topk")]


def test_what_does_not_ship(shipped):
    with pytest.raises(ValueError, match=r"no relu dictionary of layer 3 .*topk at 0, 3"):
        iw.sae(3, "relu")
    with pytest.raises(ValueError, match=r"no topk dictionary of layer 8"):
        iw.sae(8)
    with pytest.raises(TypeError, match=r"layer= is a whole number; got 'L3'"):
        iw.sae("L3")  # pyright: ignore[reportArgumentType]
