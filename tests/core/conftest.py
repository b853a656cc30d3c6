"""Models that the core's tests share: every family of the table, tiny and random."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import interp_widgets as iw
from interp_widgets.core.language_model import LanguageModel
from tests.core import tiny

FAMILIES = list(tiny.CONFIGS)
PROMPT = "the capital of Texas is"


def make(
    family: str, dtype: torch.dtype = torch.float64, seed: int = 0, **changes
) -> LanguageModel:
    """A tiny model of a family, loaded in place."""
    return iw.load(tiny.hf_model(family, dtype, seed, **changes), tokenizer=tiny.tokenizer())


@pytest.fixture(scope="session", params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def device(request) -> torch.device:
    """The cpu, and a GPU where there is one."""
    return torch.device(request.param)


@pytest.fixture(scope="session", params=tiny.MODELS)
def model(request, device, tmp_path_factory) -> LanguageModel:
    """Every family and variant in float64, saved to disk and loaded back."""
    folder = tmp_path_factory.mktemp("saved") / request.param
    tiny.hf_model(request.param, torch.float64).save_pretrained(folder)
    return iw.load(folder, tokenizer=tiny.tokenizer(), device=device, dtype="float64")


@pytest.fixture(scope="session")
def gpt2() -> LanguageModel:
    """One model in float32, for tests where the family does not matter. It runs SDPA."""
    return make("gpt2", torch.float32)


def hooks_on(hf: nn.Module) -> int:
    """How many hooks of this package a model carries (transformers keeps some of its own)."""
    count = 0
    for module in hf.modules():
        for hook in [*module._forward_hooks.values(), *module._forward_pre_hooks.values()]:
            count += hasattr(hook, "interp_widgets_owner")
        count += len(
            module._forward_pre_hooks_with_kwargs.keys() - module._forward_pre_hooks.keys()
        )
    return count


@pytest.fixture(autouse=True)
def _nothing_left(request):
    """After every test: no hook on the shared models, their own attention, a free lock."""
    yield
    from interp_widgets.core.hooks import lock_of

    for name in {"model", "gpt2"} & set(request.fixturenames):
        hf = request.getfixturevalue(name).hf
        assert hooks_on(hf) == 0
        assert not hf.config._attn_implementation.startswith("interp_widgets")
        assert lock_of(hf).acquire(blocking=False)
        lock_of(hf).release()
        assert not lock_of(hf)._is_owned()
