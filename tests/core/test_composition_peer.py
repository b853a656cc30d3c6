"""Composition scores of TransformerLens on the same weights, stored with what made them.

As in `test_patching_peer`: in an environment that has TransformerLens, this file writes its
numbers anew, ``python tests/core/test_composition_peer.py``. It folds the norms before blocks into
weights and centres what is written, as is done here; but not norms after blocks (Gemma-2, OLMo-2)
nor those of queries and keys (Qwen-3), so that scores of these families cannot be compared.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import pytest
import torch

import interp_widgets as iw
from tests.core.test_patching_peer import model_of

STORED = Path(__file__).with_suffix(".json")
FAMILIES = ("gpt2", "gpt_neo", "gpt_neox", "gptj", "llama", "phi", "opt", "bloom")
TOLERANCE = 2e-5  # float32, and what was stored is rounded


@pytest.mark.parametrize("family", FAMILIES)
def test_scores_are_those_of_transformer_lens(family: str) -> None:
    stored = json.loads(STORED.read_text())["scores"][family]
    record = iw.composition(model_of(family))
    for kind in record.kinds:
        wanted = torch.tensor(stored[kind])
        found = record[kind].nan_to_num(0)
        assert (found - wanted).abs().max() <= TOLERANCE, kind
        assert wanted.max() > 0.1


def scores(family: str) -> dict[str, list]:
    """TransformerLens's numbers by kind, ``[layer, head, layer, head]``."""
    from transformer_lens import TransformerBridge
    from transformers import AutoTokenizer

    model = model_of(family)
    with tempfile.TemporaryDirectory() as folder:
        model.hf.config.architectures = [type(model.hf).__name__]
        model.hf.save_pretrained(folder)
        model.tokenizer.save_pretrained(folder)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        bridge = TransformerBridge.boot_transformers(folder, tokenizer=tokenizer, device="cpu")
    # Folding value biases, which no score sees, fails where heads share values.
    bridge.enable_compatibility_mode(fold_value_biases=False)
    out = {}
    with torch.no_grad():
        for kind in "qkv":
            found = bridge.all_composition_scores(kind.upper())
            found = getattr(found, "scores", found)
            out[kind] = [
                [[[round(value, 5) for value in row] for row in table] for table in block]
                for block in found.tolist()
            ]
    return out


def main() -> None:
    """Write the numbers beside this file."""
    os.environ |= {"TQDM_DISABLE": "1", "HF_HUB_OFFLINE": "1"}
    peer = f"transformer-lens {version('transformer-lens')}"
    made = {
        "made_by": f"tests/core/test_composition_peer.py, {peer}",
        "scores": {family: scores(family) for family in FAMILIES},
    }
    STORED.write_text(json.dumps(made).replace('"q"', '\n"q"') + "\n")


if __name__ == "__main__":
    main()
