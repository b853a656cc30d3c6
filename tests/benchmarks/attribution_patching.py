"""How long attribution patching takes, against the same without a loop in TransformerLens.

TransformerLens is no dependency of this package; it lives in a throw-away environment:

    python -m venv /tmp/peers
    /tmp/peers/bin/pip install transformer-lens psutil -e .
    /tmp/peers/bin/python tests/benchmarks/attribution_patching.py            # about 5 minutes
    /tmp/peers/bin/python tests/benchmarks/attribution_patching.py course 16  # one of each

Both do two forwards and one backward: TransformerLens caches the clean run, and activations and
gradients of the corrupt one, by its hooks, as its demonstration of the technique does, for the
places asked for and no others; its ``backward()`` makes gradients of the weights, too. Sites: the
stream that enters every layer by position, and every head's output. In turns and in one process;
the grids are compared. Ours runs no cells exactly here.
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ |= {"TQDM_DISABLE": "1", "HF_HUB_OFFLINE": "1"}
sys.path.insert(0, str(Path(__file__).parents[2]))

import torch

import interp_widgets as iw
from tests.benchmarks.lens_core import measured
from tests.benchmarks.patching import MODELS, bridged, given_back

SECONDS = 20  # the two are run in turns while this is not used up
SITES = {"resid_pre": "hook_resid_pre", "z": "attn.hook_z"}


def theirs(bridge: Any, clean: Any, corrupt: Any, tokens: tuple[int, int], kind: str) -> Any:
    """Estimates ``[layer, pos]`` of TransformerLens: two forwards, one backward."""
    names = [f"blocks.{layer}.{SITES[kind]}" for layer in range(bridge.cfg.n_layers)]
    given: dict[str, Any] = {}
    own: dict[str, Any] = {}
    slope: dict[str, Any] = {}

    def keep(into: dict[str, Any]) -> list[tuple[str, Callable[..., None]]]:
        def at(name: str) -> Callable[..., None]:
            def hook(value: Any, hook: Any) -> None:
                into[name] = value.detach()

            return hook

        return [(name, at(name)) for name in names]

    with torch.no_grad():
        bridge.run_with_hooks(clean[None], fwd_hooks=keep(given))
    with bridge.hooks(fwd_hooks=keep(own), bwd_hooks=keep(slope)):
        logits = bridge(corrupt[None])
        (logits[0, -1, tokens[0]] - logits[0, -1, tokens[1]]).backward()
    bridge.zero_grad()
    return torch.stack([((given[n] - own[n]) * slope[n])[0].flatten(1).sum(-1) for n in names])


def ours(lm: Any, clean: Any, corrupt: Any, tokens: tuple[int, int], kind: str) -> Any:
    """The same grid."""
    record = iw.attribution_patching(lm, clean, corrupt, *tokens, site=kind, sample=0)
    return record.effect


def compare(name: str, n: int, kind: str) -> None:
    """Print one line a way for one model, one length, one kind of place."""
    lm = MODELS[name]()
    generator = torch.Generator().manual_seed(n)
    drawn = torch.randperm(lm.d_vocab - 1, generator=generator)[: 2 * n + 2]
    clean, corrupt, (answer, distractor) = drawn[:n], drawn[n : 2 * n], drawn[2 * n :].tolist()
    bridge = bridged(lm)
    given = (clean, corrupt, (answer, distractor), kind)
    ways = {"TransformerLens": lambda: theirs(bridge, *given), "iw": lambda: ours(lm, *given)}
    grids = {way: work() for way, work in ways.items()}  # once to warm up
    times: dict[str, list[float]] = {way: [] for way in ways}
    spent: dict[str, list[float]] = {way: [] for way in ways}
    peak = dict.fromkeys(ways, 0.0)
    began = time.perf_counter()
    while time.perf_counter() - began < SECONDS:
        for way, work in ways.items():
            for _ in range(5):
                start, cpu = time.perf_counter(), time.process_time()
                work()
                times[way].append(time.perf_counter() - start)
                spent[way].append(time.process_time() - cpu)
    for way, work in ways.items():
        given_back()
        peak[way] = measured(work)[1]
    error = (grids["iw"] - grids["TransformerLens"]).abs().max().item()
    scale = grids["iw"].abs().max().item()
    for way in ways:
        wall, cpu = min(times[way]), min(spent[way])
        print(
            f"{name:10} {n:3} tokens  {kind:9} {way:15} {1e3 * wall:8.1f} ms "
            f"{min(times['TransformerLens']) / wall:5.2f} x  cpu {1e3 * cpu:8.1f} ms "
            f"{min(spent['TransformerLens']) / cpu:5.2f} x  peak +{peak[way]:5.0f} MiB"
        )
    print(f"{'':10} grids differ by {error:.1e} of {scale:.1e}", flush=True)


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
            for kind in SITES:
                compare(name, n, kind)


if __name__ == "__main__":
    main()
