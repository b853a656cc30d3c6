"""Every function on a device that is not the cpu: nothing meets what is elsewhere, no float64."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

import pytest
import torch
from torch import Tensor

import interp_widgets as iw
from interp_widgets.core.dictionary.formats.acceptance import accept
from tests.core import tiny
from tests.core.conftest import PROMPT, make
from tests.core.far import THERE, Elsewhere, Far, send

TEXTS = [PROMPT, "Paris is in a state and Rome is a city", "the Eiffel Tower is in Paris and"] * 4
PAIR = (PROMPT, "the city of Rome is")
SITES = ["embed", "final", "L*.resid_mid", "L*.attn_out", "L*.mlp_in", "L*.mlp_post"]
SITES += [f"L*.{kind}" for kind in ("q", "k", "v", "z", "pattern")]


def dictionary(model: Any) -> iw.SAE:
    """A random dictionary of the stream, where the model is."""
    directions = torch.randn(40, model.d_model, generator=torch.Generator().manual_seed(0))
    zeros = torch.zeros(40), torch.zeros(model.d_model)
    sae = iw.SAE(directions.T, zeros[0], directions, zeros[1], "topk", k=4, site="L1.resid_post")
    return sae.to(model.device)


CALLS: dict[str, Callable[[Any], Any]] = {
    "top_tokens": lambda model: model.top_tokens(PROMPT),
    "accept": lambda model: accept(model, dictionary(model), TEXTS).fve,
    "cache": lambda model: iw.cache(model, TEXTS[:3], SITES),
    "logit_lens": lambda model: iw.logit_lens(model, PROMPT, track=[" Austin"]),
    "tuned_lens": lambda model: iw.fit_lens(model, TEXTS, kind="tuned", steps=2),
    "jacobian_lens": lambda model: iw.fit_lens(model, TEXTS[:2], kind="jacobian"),
    "through_a_lens": lambda model: iw.logit_lens(
        model, PROMPT, kind=iw.fit_lens(model, TEXTS, kind="tuned", steps=1)
    ),
    "logit_attribution": lambda model: iw.logit_attribution(model, PROMPT, " Austin", " Rome"),
    "ablate": lambda model: iw.logit_attribution(model, PROMPT, " Austin").ablate(
        model, "embed", "L1.attn_out", "L2.mlp_out"
    ),
    "attention": lambda model: iw.attention(model, PROMPT),
    "heads": lambda model: iw.heads(model),
    "composition": lambda model: iw.composition(model),
    "head_circuit": lambda model: iw.head_circuit(model, 1, 0, PROMPT),
    "patching": lambda model: iw.activation_patching(model, *PAIR, " Austin", " Rome"),
    "attribution": lambda model: iw.attribution_patching(model, *PAIR, " Austin", " Rome"),
    "paths": lambda model: iw.path_patching(model, *PAIR, " Austin", " Rome"),
    "paths_into_keys": lambda model: iw.path_patching(
        model, *PAIR, " Austin", " Rome", ["embed", "L0.v.0", "L1.z.1"], ["L2.k", "L2.mlp_in"]
    ),
    "paths_through_mlps": lambda model: iw.path_patching(
        model, *PAIR, " Austin", " Rome", "mlp_out", through_mlps=True
    ),
    "edges": lambda model: iw.edge_attribution(model, *PAIR, " Austin", " Rome", integrate=2),
    "circuit": lambda model: iw.find_circuit(model, *PAIR, " Austin", " Rome", "mean"),
    "scrubbing": lambda model: iw.causal_scrubbing(
        model, PAIR, {"L1.z.2": len, "L1.mlp_out": len}, " Austin", " Rome", samples=4
    ),
    "ablation": lambda model: iw.ablation(model, PAIR[0], " Austin", " Rome"),
    "head_edit": lambda model: iw.head_edit(
        model, [(0, 1)], {"one": [PROMPT]}, {"other": TEXTS[:2]}, "mean", (" Austin", " Rome")
    ),
    "evaluate": lambda model: iw.evaluate_sae(model, dictionary(model), TEXTS[:4], ablation="mean"),
    "latents": lambda model: {
        "splitting": iw.splitting(dictionary(model), dictionary(model), torch.eye(32)),
        "stability": iw.seed_stability(dictionary(model), dictionary(model), torch.eye(32)),
    },
    "features": lambda model: iw.features(model, dictionary(model), TEXTS),
    "find_latents": lambda model: vars(
        iw.find_latents(model, dictionary(model), {"one": TEXTS[:2]}, ["a city", "the state"])[
            "one"
        ]
    ),
    "tracing": lambda model: iw.causal_tracing(model, PAIR[0], (1, 2), " Austin", draws=2),
}


def numbers(found: Any) -> Iterator[Tensor]:
    """What a record holds."""
    if isinstance(found, Tensor):
        yield found
    elif isinstance(found, dict):
        for part in found.values():
            yield from numbers(part)
    elif hasattr(found, "__dataclass_fields__"):
        for field in fields(found):
            yield from numbers(getattr(found, field.name))
    elif isinstance(found, float):
        yield torch.tensor(found)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("family", ["gpt2", "llama", "gemma2", "opt", "bloom", "falcon"])
def test_elsewhere_equals_here(family, dtype):
    here = make(family, dtype)
    with Elsewhere():
        there = iw.load(send(tiny.hf_model(family, dtype)), tokenizer=tiny.tokenizer())
        assert there.device == THERE
        for name, call in CALLS.items():
            wanted, got = (list(numbers(call(model))) for model in (here, there))
            assert len(wanted) == len(got)
            for ours, theirs in zip(got, wanted, strict=True):
                assert not isinstance(ours, Far), name
                torch.testing.assert_close(
                    ours, theirs, atol=1e-5, rtol=1e-5, equal_nan=True, msg=f"{name} {family}"
                )


def test_the_device_is_strict():
    """Or the test above could not fail."""
    with Elsewhere():
        there, here = torch.ones(3, device=THERE), torch.ones(3)
        assert there.tolist() == (there + torch.tensor(0.0)).cpu().tolist() == [1.0, 1.0, 1.0]
        for meeting in (
            lambda: there + here,
            lambda: here[there.long()],
            lambda: torch.stack([here, there]),
            lambda: torch.where(here > 0, there, 0.0),
        ):
            with pytest.raises(RuntimeError, match=r"shape \[\[3\]\] are here, others are far"):
                meeting()
        with pytest.raises(TypeError, match="float64: the device has none"):
            there.double()
        with pytest.raises(TypeError, match=r"Use Tensor\.cpu\(\) first"):
            there.numpy()
