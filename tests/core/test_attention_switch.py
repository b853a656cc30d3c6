"""Watched attention: with a mask or refused, the model's own numbers, and its own windows (M4)."""

from __future__ import annotations

import pytest
import torch
from transformers import AttentionInterface

import interp_widgets as iw
from interp_widgets.core.attention_switch import register_attention
from interp_widgets.core.hooks import captured
from tests.core import tiny
from tests.core.conftest import PROMPT, hooks_on, make


@pytest.fixture
def fresh():
    """A model of its own for each test; it runs SDPA."""
    return make("llama", torch.float32)


def test_m4_attention_without_a_mask_is_refused():
    with pytest.raises(ValueError, match=r"'blind' needs a mask.*attention_mask=None.*eager_mask"):
        register_attention("blind", lambda *_, **__: None, None)
    assert "blind" not in AttentionInterface._global_mapping


def test_m4_a_model_whose_own_attention_has_no_mask_is_refused(fresh):
    AttentionInterface.register("maskless", AttentionInterface._global_mapping["sdpa"])
    try:
        fresh.hf.config._attn_implementation = "maskless"
        with pytest.raises(ValueError, match="'maskless' was registered without a mask"):
            iw.cache(fresh, PROMPT, "L*.pattern")
        assert hooks_on(fresh.hf) == 0
    finally:
        fresh.hf.config._attn_implementation = "sdpa"
        del AttentionInterface._global_mapping["maskless"]


@pytest.mark.parametrize("family", tiny.MODELS)
def test_m4_watched_attention_is_the_models_own(family):
    model = make(family, torch.float32)
    ids = model.ids(PROMPT)[None].expand(2, -1)
    with torch.no_grad():
        own = model.hf(ids).logits
    with captured(model, "L*.pattern") as found:
        watched = model.logits(ids)
    assert (watched - own).abs().max() < 1e-5
    assert all(pattern.triu(1).abs().max() == 0 for pattern in found.values())


def test_sliding_windows_are_kept():
    model = make("mistral", torch.float32, sliding_window=3)
    pattern = iw.cache(model, PROMPT, "L0.pattern")["L0.pattern"]
    assert pattern.tril(-3).abs().max() == 0
    assert pattern[:, -1, -3:].min() > 0
