"""How long the logit lens takes, against a straight one and against what physics asks for.

Run it: ``python tests/benchmarks/lens_core.py``. A random model of GPT-2 small's size (12 layers,
d_model 768, 50,257 tokens); three ways in turns, in one process, so that ratios can be compared:

* iw: `iw.logit_lens`, the whole record;
* straight: all hidden states, one unembedding of all rows, softmax and top-k, every logit kept;
* floor: one forward pass and one matrix product of ``rows · pos`` streams with the unembedding.

Peak memory is the process's, above what it holds between runs, sampled every 2 ms.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import torch
from transformers import GPT2Config, GPT2LMHeadModel

sys.path.insert(0, str(Path(__file__).parents[2]))

import interp_widgets as iw
from tests.core import tiny

ROUNDS = 5


def model() -> Any:
    """GPT-2 small's sizes, random weights."""
    torch.manual_seed(0)
    hf = GPT2LMHeadModel(GPT2Config()).eval()
    return iw.load(hf, tokenizer=tiny.tokenizer())


@torch.no_grad()
def straight(lm: Any, ids: torch.Tensor) -> Any:
    """The lens as most people write it, with the same numbers as the record's cells."""
    hf = lm.hf
    states = hf(ids[None], output_hidden_states=True).hidden_states
    streams = torch.cat([hf.transformer.ln_f(torch.cat(states[:-1])), states[-1]])
    logits = hf.lm_head(streams)
    logp = logits.log_softmax(-1)
    top = logp.topk(10, dim=-1)
    entropy = -(logp.exp() * logp).sum(-1)
    kl = (logp[-1].exp() * (logp[-1] - logp)).sum(-1)
    return logits, top, entropy, kl


@torch.no_grad()
def floor(lm: Any, ids: torch.Tensor) -> Any:
    """A forward pass and the one product that no lens can do without."""
    lm.hf(ids[None])
    return torch.randn(lm.n_layers + 1, len(ids), lm.d_model) @ lm.hf.lm_head.weight.T


def measured(work: Callable[[], Any]) -> tuple[float, float]:
    """Seconds, and MiB at the peak above the start."""
    process, stop = psutil.Process(), threading.Event()
    base = peak = process.memory_info().rss

    def sample() -> None:
        nonlocal peak
        while not stop.wait(0.002):
            peak = max(peak, process.memory_info().rss)

    sampler = threading.Thread(target=sample)
    sampler.start()
    start = time.perf_counter()
    kept = work()
    spent = time.perf_counter() - start
    stop.set()
    sampler.join()
    del kept
    return spent, (peak - base) / 2**20


def main() -> None:
    """Print a table of medians and ratios."""
    lm = model()
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    for n in (16, 64):
        ids = torch.randint(lm.d_vocab, (n,))
        ways = {
            "iw": lambda ids=ids: iw.logit_lens(lm, ids),
            "straight": lambda ids=ids: straight(lm, ids),
            "floor": lambda ids=ids: floor(lm, ids),
        }
        runs: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
        for _ in range(ROUNDS):
            for way, work in ways.items():
                runs[way].append(measured(work))
        seconds = {way: median(s for s, _ in found) for way, found in runs.items()}
        for way, found in runs.items():
            ratio = seconds[way] / seconds["floor"]
            mebibytes = max(m for _, m in found)
            print(
                f"{n:3} tokens  {way:9} {seconds[way] * 1e3:7.0f} ms  "
                f"{ratio:5.2f} of floor  peak +{mebibytes:5.0f} MiB"
            )


if __name__ == "__main__":
    main()
