"""How long an exact sweep of the stream takes, against TransformerLens and against the floor.

TransformerLens is no dependency of this package; it lives in a throw-away environment:

    python -m venv /tmp/peers
    /tmp/peers/bin/pip install transformer-lens psutil -e .
    /tmp/peers/bin/python tests/benchmarks/patching.py            # everything, about 15 minutes
    /tmp/peers/bin/python tests/benchmarks/patching.py course 16  # one model, one length

Both patch every layer and position of ``resid_pre``, one cell at a time in the sense of the result,
on the same weights and the same tokens (all of which differ between the two prompts), in turns and
in one process; the grids are compared. Models: the course model, and a random one of GPT-2 small's
size. The floor is the time that the multiplications take that no exact sweep can leave out, at the
rate of a large matrix product measured beside it: layers from the patched one up, positions from
the patched one on, in the last layer keys and values only but for the last token, and two rows of
the unembedding. Peak memory is the process's, above what it holds between runs. On a machine with
other work to do wall clocks mean little; ``THREADS=1`` and the processor's seconds are then fairer.
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

os.environ |= {"TQDM_DISABLE": "1", "HF_HUB_OFFLINE": "1"}
sys.path.insert(0, str(Path(__file__).parents[2]))

import torch
from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel

import interp_widgets as iw
from tests.benchmarks.lens_core import measured
from tests.core import tiny

SECONDS = 30  # a pair of ways is run in turns at least once, and again while this is not used up


def course() -> Any:
    """The bundled model."""
    return iw.load()


def small() -> Any:
    """GPT-2 small's sizes, random weights."""
    torch.manual_seed(0)
    config = GPT2Config(architectures=["GPT2LMHeadModel"])
    return iw.load(GPT2LMHeadModel(config).eval(), tokenizer=tiny.tokenizer())


MODELS: dict[str, Callable[[], Any]] = {"course": course, "gpt2-small": small}


def bridged(lm: Any) -> Any:
    """The same weights in TransformerLens."""
    from transformer_lens import TransformerBridge

    with tempfile.TemporaryDirectory() as folder:
        lm.hf.config.architectures = [type(lm.hf).__name__]
        lm.hf.save_pretrained(folder)
        lm.tokenizer.save_pretrained(folder)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        return TransformerBridge.boot_transformers(folder, tokenizer=tokenizer, device="cpu")


def theirs(bridge: Any, clean: Any, corrupt: Any, answer: int, distractor: int) -> torch.Tensor:
    """TransformerLens's grid of logit differences ``[layer, pos]``, its cache included."""
    from transformer_lens.patching import get_act_patch_resid_pre

    with torch.no_grad():
        _, cache = bridge.run_with_cache(clean[None])
        return get_act_patch_resid_pre(
            bridge,
            corrupt[None],
            cache,
            lambda logits: logits[0, -1, answer] - logits[0, -1, distractor],
        )


def ours(lm: Any, clean: Any, corrupt: Any, answer: int, distractor: int) -> torch.Tensor:
    """The same grid."""
    return iw.activation_patching(lm, clean, corrupt, answer, distractor).values[0]


def multiplications(lm: Any, n: int) -> float:
    """Multiply-adds that an exact sweep of ``n`` positions cannot leave out."""
    layer = sum(p.numel() for p in lm.layers[0].parameters() if p.ndim == 2)
    keys_values = 2 * lm.d_model * lm.n_kv_heads * lm.d_head
    total = 0.0
    for start in range(n):
        tokens = n - start
        attended = 2 * lm.d_model * sum(range(start + 1, n + 1))
        for first in range(lm.n_layers):
            total += (lm.n_layers - 1 - first) * (layer * tokens + attended)
            total += keys_values * tokens + (layer - keys_values) + 2 * lm.d_model * n
    return total + n * lm.n_layers * 2 * lm.d_model


def rate() -> float:
    """Multiply-adds a second of a large matrix product, the best of a few."""
    a, b = torch.randn(1024, 768), torch.randn(768, 3072)
    best = 0.0
    for _ in range(5):
        start = time.perf_counter()
        a @ b
        best = max(best, 1024 * 768 * 3072 / (time.perf_counter() - start))
    return best


def given_back() -> None:
    """Freed memory goes back to the system, so that what is needed next shows again."""
    gc.collect()
    with suppress(OSError, AttributeError):  # glibc's
        ctypes.CDLL(None).malloc_trim(0)


def compare(name: str, n: int) -> None:
    """Print one line a way for one model and one length."""
    lm = MODELS[name]()
    generator = torch.Generator().manual_seed(n)
    tokens = torch.randperm(lm.d_vocab - 1, generator=generator)[: 2 * n + 2]
    clean, corrupt, (answer, distractor) = tokens[:n], tokens[n : 2 * n], tokens[2 * n :].tolist()
    bridge = bridged(lm)
    ways = {
        "TransformerLens": lambda: theirs(bridge, clean, corrupt, answer, distractor),
        "iw": lambda: ours(lm, clean, corrupt, answer, distractor),
    }
    grids = {"iw": ways["iw"]()}  # once to warm up
    best: dict[str, float] = {}
    work_done: dict[str, float] = {}
    peak = dict.fromkeys(ways, 0.0)
    began, rates = time.perf_counter(), [rate()]
    while not best or time.perf_counter() - began < SECONDS:
        for way, work in ways.items():

            def kept(way: str = way, work: Callable[[], torch.Tensor] = work) -> None:
                grids[way] = work()

            given_back()
            before = time.process_time()
            seconds, mebibytes = measured(kept)
            spent = time.process_time() - before
            best[way] = min(seconds, best.get(way, seconds))
            work_done[way] = min(spent, work_done.get(way, spent))
            peak[way] = max(mebibytes, peak[way])
            rates.append(rate())
    floor = multiplications(lm, n) / max(rates)
    error = (grids["iw"] - grids["TransformerLens"]).abs().max().item()
    scale = (grids["iw"].max() - grids["iw"].min()).item()
    for way, seconds in best.items():
        print(
            f"{name:10} {n:3} tokens  {way:15} {seconds:8.3f} s  {seconds / floor:6.1f} of floor  "
            f"{best['TransformerLens'] / seconds:6.1f} x  peak +{peak[way]:5.0f} MiB  "
            f"cpu {work_done[way]:8.3f} s  {work_done['TransformerLens'] / work_done[way]:6.1f} x"
        )
    print(
        f"{'':10} floor {floor:.3f} s at {max(rates) / 1e9:.0f} G multiply-adds/s; "
        f"grids differ by {error:.1e} of {scale:.1e}",
        flush=True,
    )


def main() -> None:
    """Print the table."""
    warnings.filterwarnings("ignore")
    threads = os.environ.get("THREADS")
    torch.set_num_threads(int(threads) if threads else torch.get_num_threads())
    names = [name for name in sys.argv[1:] if name in MODELS] or list(MODELS)
    lengths = [int(n) for n in sys.argv[1:] if n.isdecimal()] or [16, 64]
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    for name in names:
        for n in lengths:
            compare(name, n)


if __name__ == "__main__":
    main()
