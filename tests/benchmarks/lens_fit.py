"""How long fitting a lens takes, against straight implementations, all in one process.

Run it: ``python tests/benchmarks/lens_fit.py``. A random model of GPT-2's kind (4 layers, d_model
256, 8,192 tokens), texts of 32 tokens; ways in turns, so that ratios can be compared:

* tuned, one step of 1,024 tokens: ours against autograd through unembedding and softmax, with one
  layer after the other, as the tuned-lens package does it;
* Jacobian, one text: ours against one backward pass an output dimension.

Peak memory is the process's, above what it holds between runs, sampled every 2 ms.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch.nn.functional import linear
from transformers import GPT2Config, GPT2LMHeadModel

sys.path.insert(0, str(Path(__file__).parents[2]))

import interp_widgets as iw
from interp_widgets.core.lens import jacobian, tuned
from tests.benchmarks.lens_core import measured
from tests.core import tiny

ROUNDS = 5
Maps = tuple[torch.Tensor, torch.Tensor]


def model() -> Any:
    """Random weights, small enough for a laptop."""
    torch.manual_seed(0)
    config = GPT2Config(vocab_size=8192, n_embd=256, n_layer=4, n_head=4, n_positions=128)
    return iw.load(GPT2LMHeadModel(config).eval(), tokenizer=tiny.tokenizer())


def maps(lm: Any) -> Maps:
    """Maps that change nothing, as leaves."""
    weight = torch.zeros(lm.n_layers, lm.d_model, lm.d_model, requires_grad=True)
    return weight, torch.zeros(lm.n_layers, lm.d_model, requires_grad=True)


def tuned_ours(lm: Any, ids: torch.Tensor, leaves: Maps) -> torch.Tensor:
    """Streams, loss and slopes as `fit_lens` has them."""
    streams = tuned._streams(lm, [(row, slice(0, len(row))) for row in ids])
    return tuned.distance(lm, streams, *leaves)


def tuned_straight(lm: Any, ids: torch.Tensor, leaves: Maps) -> torch.Tensor:
    """One layer after the other, everything in autograd's hands."""
    with torch.no_grad():
        out = lm.hf(ids, output_hidden_states=True)
    wanted, losses = out.logits.log_softmax(-1), []
    for row, h in enumerate(out.hidden_states[:-1]):
        read = h + linear(h, leaves[0][row], leaves[1][row])
        got = lm.hf.lm_head(lm.hf.transformer.ln_f(read)).log_softmax(-1)
        loss = (wanted.exp() * (wanted - got)).sum(-1).mean()
        loss.backward(inputs=list(leaves))
        losses.append(loss.detach())
    return torch.stack(losses)


def jacobian_ours(lm: Any, ids: torch.Tensor, _: Maps) -> torch.Tensor:
    """All rows of one text."""
    return jacobian.jacobians(lm, ids[0], slice(8, 31))


def jacobian_straight(lm: Any, ids: torch.Tensor, _: Maps) -> torch.Tensor:
    """The same, one output dimension at a time."""
    streams = jacobian._streams(lm, ids[:1])
    last, found = streams.pop(), []
    for dimension in range(lm.d_model):
        target = last[0, 8:31, dimension].sum()
        slopes = torch.autograd.grad(target, streams, retain_graph=True)
        found.append(torch.stack([slope[0, 8:31].mean(0) for slope in slopes]))
    return torch.stack(found, 1)


def main() -> None:
    """Print medians, ratios, and how far the results are apart."""
    lm, ids = model(), torch.randint(8192, (32, 32), generator=torch.Generator().manual_seed(0))
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    pairs: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
        "tuned": (tuned_ours, tuned_straight),
        "jacobian": (jacobian_ours, jacobian_straight),
    }
    for name, ways in pairs.items():
        results = [way(lm, ids, maps(lm)) for way in ways]
        apart = (results[0] - results[1]).abs().max().item()
        runs: list[list[tuple[float, float]]] = [[], []]
        for _ in range(ROUNDS):
            for way, found in zip(ways, runs, strict=True):
                leaves = maps(lm)
                found.append(measured(lambda way=way, leaves=leaves: way(lm, ids, leaves)))
        seconds = [median(s for s, _ in found) for found in runs]
        for label, spent, found in zip(("iw", "straight"), seconds, runs, strict=True):
            peak = max(m for _, m in found)
            print(
                f"{name:9} {label:9} {spent * 1e3:7.0f} ms  {spent / seconds[1]:5.2f} of straight  "
                f"peak +{peak:5.0f} MiB  results {apart:.1e} apart"
            )


if __name__ == "__main__":
    main()
