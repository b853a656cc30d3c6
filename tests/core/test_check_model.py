"""What is handed over in place of a model is refused by every public function, with the remedy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import interp_widgets as iw
from tests.core.conftest import make
from tests.core.tiny import hf_model

CALLS: dict[str, Callable[[Any], object]] = {
    "logit_lens": lambda model: iw.logit_lens(model, "a"),
    "iter_logit_lens": lambda model: iw.iter_logit_lens(model, "a"),
    "lens_difference": lambda model: iw.lens_difference(model, "a", "logit", "logit"),
    "fit_lens": lambda model: iw.fit_lens(model, ["a"], kind="tuned"),
    "cache": lambda model: iw.cache(model, "a", sites=["embed"]),
    "cache_shards": lambda model: iw.cache_shards(model, ["a"], ["embed"], Path("never")),
    "logit_attribution": lambda model: iw.logit_attribution(model, "a", "b"),
    "activation_patching": lambda model: iw.activation_patching(model, "a", "b", "c", "d"),
    "attribution_patching": lambda model: iw.attribution_patching(model, "a", "b", "c", "d"),
    "path_patching": lambda model: iw.path_patching(model, "a", "b", "c", "d"),
    "edge_attribution": lambda model: iw.edge_attribution(model, "a", "b", "c", "d"),
    "ablation": lambda model: iw.ablation(model, "a", "c", "d"),
    "causal_tracing": lambda model: iw.causal_tracing(model, "a", "a", "c"),
    "attention": lambda model: iw.attention(model, "a"),
    "heads": lambda model: iw.heads(model),
    "head_scores": lambda model: iw.head_scores(model),
}


@pytest.mark.parametrize("name", [*CALLS, "top_tokens"])
def test_a_model_put_in_training_mode_after_loading_is_refused(name: str) -> None:
    """Dropout would make numbers that differ from call to call, without an error."""
    model = make("gpt2")
    model.hf.transformer.h[1].train()
    call = CALLS.get(name, lambda model: model.top_tokens("a"))
    with pytest.raises(ValueError, match=r"'transformer\.h\.1'\) is in training mode.*eval\(\)"):
        call(model)


@pytest.mark.parametrize("name", CALLS)
def test_a_bare_transformers_model_is_told_how_to_come_in(name: str) -> None:
    with pytest.raises(TypeError, match=r"bare GPT2LMHeadModel.*iw\.load\(hf_model, tokenizer"):
        CALLS[name](hf_model("gpt2"))


@pytest.mark.parametrize("name", CALLS)
def test_a_name_is_no_model(name: str) -> None:
    with pytest.raises(TypeError, match=r"as iw\.load\(\) gives it; got str"):
        CALLS[name]("gpt2")


def test_compiled_models_are_refused() -> None:
    """Compiled code does not look for hooks: activations would be missing, edits without effect."""
    message = r"was compiled, and compiled code runs past hooks.*before torch\.compile"
    model = make("llama")
    with pytest.raises(ValueError, match=message):
        iw.load(torch.compile(model.hf, backend="eager"), tokenizer=model.tokenizer)
    model.hf.model.layers[1].compile(backend="eager")
    with pytest.raises(ValueError, match=rf"'model\.layers\.1'\) {message}"):
        iw.logit_lens(model, "a")


@pytest.fixture
def defaults():
    """Torch's defaults as they were, whatever the test does."""
    yield
    torch.set_default_device(None)
    torch.set_default_dtype(torch.float32)


def test_a_default_device_elsewhere_is_refused(defaults: None) -> None:
    model = make("gpt2")
    torch.set_default_device("meta")
    for call in (
        lambda: iw.logit_lens(model, "a"),
        lambda: iw.load(model.hf, tokenizer=model.tokenizer),
    ):
        with pytest.raises(ValueError, match=r"tensors on meta.*set_default_device\('cpu'\)"):
            call()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_records_are_float32_whatever_torch_makes_by_default(
    defaults: None, dtype: torch.dtype
) -> None:
    model = make("gpt2", torch.float32)
    calls = [CALLS[name] for name in ("logit_lens", "attention", "logit_attribution")]
    calls += [lambda model: iw.cache(model, ["a", "a b"], "L*.z"), iw.head_scores]
    wanted = [call(model) for call in calls]
    torch.set_default_dtype(dtype)
    for call, plain in zip(calls, wanted, strict=True):
        for name, value in vars(call(model)).items():
            values = value if isinstance(value, dict) else {name: value}
            for key, tensor in values.items():
                if isinstance(tensor, torch.Tensor):
                    before = getattr(plain, name)
                    before = before[key] if isinstance(value, dict) else before
                    torch.testing.assert_close(tensor, before, atol=1e-6, rtol=1e-6, equal_nan=True)
