"""The grids of TransformerLens on the same weights, stored with the command that made them.

TransformerLens is no dependency. In an environment of its own, this file writes its numbers anew:

    python -m venv /tmp/peers
    /tmp/peers/bin/pip install transformer-lens -e .
    /tmp/peers/bin/python tests/core/test_patching_peer.py

Weights are drawn by Python, whose numbers are the same with every version of torch. What is left
out TransformerLens has not: ``resid_mid`` of parallel blocks.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import pytest
import torch

import interp_widgets as iw
from tests.core import tiny

STORED = Path(__file__).with_suffix(".json")
CLEAN, CORRUPT = "the capital of Texas is Austin in", "the city of Rome is Dallas in"
ANSWER, DISTRACTOR = " Austin", " Paris"
TOLERANCE = 1e-5  # float32, and what was stored is rounded
FAMILIES = ("gpt2", "llama", "qwen3", "gemma2", "olmo2", "gpt_neox", "phi", "bloom")
SITES = {  # kind of place -> how it is cut, and the name of TransformerLens's function
    "resid_pre": ("position", "resid_pre"),
    "resid_mid": ("position", "resid_mid"),
    "attn_out": ("position", "attn_out"),
    "mlp_out": ("position", "mlp_out"),
    "z": ("head", "attn_head_out_all_pos"),
    "q": ("head", "attn_head_q_all_pos"),
    "k": ("head", "attn_head_k_all_pos"),
    "v": ("head", "attn_head_v_all_pos"),
    "pattern": ("head", "attn_head_pattern_all_pos"),
}


def model_of(family: str) -> Any:
    """A tiny model whose weights Python's own generator draws."""
    hf = tiny.hf_model(family)
    with torch.no_grad():
        for number, weight in enumerate(hf.parameters()):
            draw = Random(number).gauss
            noise = torch.tensor([draw(0, 0.2) for _ in range(weight.numel())])
            # Of vectors, what every version starts from stays: ones for norms, zeros for biases.
            start = weight.round() if weight.ndim == 1 else 0
            weight.copy_(start + noise.reshape(weight.shape))
    return iw.load(hf, tokenizer=tiny.tokenizer())


@pytest.mark.parametrize("family", FAMILIES)
def test_grids_are_those_of_transformer_lens(family: str) -> None:
    stored = json.loads(STORED.read_text())["grids"][family]
    model = model_of(family)
    assert stored.keys() == SITES.keys() - ({"resid_mid"} if model.parallel else set())
    for site, grid in stored.items():
        wanted = torch.tensor(grid, dtype=torch.float64)
        found = iw.activation_patching(
            model, CLEAN, CORRUPT, ANSWER, DISTRACTOR, site, SITES[site][0]
        )
        assert found.values[0].shape == wanted.shape
        assert (found.values[0] - wanted).abs().max() <= TOLERANCE, site
        assert wanted.max() - wanted.min() > 100 * TOLERANCE, site  # the cells differ


def grids(family: str) -> dict[str, list[list[float]]]:
    """TransformerLens's numbers."""
    from transformer_lens import TransformerBridge, patching
    from transformers import AutoTokenizer

    model = model_of(family)
    with tempfile.TemporaryDirectory() as folder:
        model.hf.config.architectures = [type(model.hf).__name__]
        model.hf.save_pretrained(folder)
        model.tokenizer.save_pretrained(folder)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        bridge = TransformerBridge.boot_transformers(folder, tokenizer=tokenizer, device="cpu")
    answer, distractor = model.token_id(ANSWER), model.token_id(DISTRACTOR)
    out = {}
    with torch.no_grad():
        _, cache = bridge.run_with_cache(model.ids(CLEAN)[None])
        for site, (_, name) in SITES.items():
            if site == "resid_mid" and model.parallel:
                continue
            found = getattr(patching, f"get_act_patch_{name}")(
                bridge,
                model.ids(CORRUPT)[None],
                cache,
                lambda logits: logits[0, -1, answer] - logits[0, -1, distractor],
            )
            out[site] = [[round(value, 6) for value in row] for row in found.tolist()]
    return out


def main() -> None:
    """Write the numbers beside this file."""
    os.environ |= {"TQDM_DISABLE": "1", "HF_HUB_OFFLINE": "1"}
    peer = f"transformer-lens {version('transformer-lens')}"
    made = {
        "made_by": f"tests/core/test_patching_peer.py, {peer}",
        "grids": {family: grids(family) for family in FAMILIES},
    }
    STORED.write_text(json.dumps(made).replace('"], ', '"],\n') + "\n")


if __name__ == "__main__":
    main()
