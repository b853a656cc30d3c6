"""How long a step of training takes, against SAELens, dictionary_learning and sparsify.

Run it where these are installed beside torch (``pip install sae-lens dictionary-learning
eai-sparsify``); what is missing is left out:

    python tests/benchmarks/sae_training.py [--sizes small large] [--steps 60] [--device cuda]

All train in one process on the same activations, with the same variant, batch, learning rate and
number of steps, each with its own loop as its users run it: `iw.train_sae` with everything that it
measures and keeps on the way, ``SAETrainer.step``, ``TopKTrainer.update``, and sparsify's coder in
the steps of its trainer, which takes no activations. They take turns, one step each, so that other
work on the machine slows all alike. Times are medians of the steps' second half; "first" is the
first half, in which ReLU's codes are still dense. The floor is the encoder's product alone, into
memory that is there already. FVE, L0 and the loss that all minimise (ReLU's is the error plus λ
times codes times lengths of directions) are of held-out activations after the last step. Peak
memory is the process's above what it held before the step, sampled every 2 ms.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor

os.environ.setdefault("SPARSIFY_DISABLE_TRITON", "0" if torch.cuda.is_available() else "1")
sys.path.insert(0, str(Path(__file__).parents[2]))

import interp_widgets as iw
from tests.benchmarks.lens_core import measured

K, L1, LR = 32, 2.0, 1e-3
WARM = 3  # steps that nobody's time counts of
POOL = 12  # batches of activations, in turns


@dataclass(frozen=True)
class Size:
    """One problem."""

    d: int
    d_sae: int
    batch: int


SIZES = {"small": Size(128, 2048, 4096), "large": Size(768, 16384, 2048)}


@dataclass
class Entrant:
    """One library's training, step by step, and what it measured."""

    step: Callable[[Tensor], None]
    judge: Callable[[Tensor], tuple[Tensor, Tensor]]  # codes times lengths, reconstruction
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak: float = 0.0


def activations(size: Size, rows: int, device: str) -> Tensor:
    """Sums of a few of many directions around a mean, with E|x|² = d."""
    drawn = torch.Generator().manual_seed(0)
    directions = torch.randn(4 * size.d, size.d, generator=drawn)
    directions /= directions.norm(dim=1, keepdim=True)
    weight = torch.arange(1, len(directions) + 1).float().rsqrt()
    parts = []
    for _ in range(0, rows, 4096):
        chosen = torch.multinomial(weight.expand(4096, -1), 24, generator=drawn)
        strength = torch.rand(4096, 24, generator=drawn) + 0.5
        active = torch.zeros(4096, len(directions)).scatter_(1, chosen, strength)
        parts.append(active @ directions + 0.05 * torch.randn(4096, size.d, generator=drawn))
    x = torch.cat(parts)[:rows] + torch.randn(size.d, generator=drawn) / size.d**0.5
    return (x * (size.d / x.square().sum(1).mean()).sqrt()).to(device)


def ours(size: Size, variant: str, x: Tensor, steps: int) -> Entrant:
    """`iw.train_sae`, batches from its own source."""
    chosen: dict[str, Any] = {"k": K} if variant == "topk" else {"l1": L1, "l1_warmup": 0.0}
    run = iw.train_sae(
        x,
        variant=variant,
        d_sae=size.d_sae,
        batch_size=size.batch,
        steps=steps,
        lr=LR,
        warmup=0,
        decay=0.0,
        checkpoint_every=20,  # as runs of 1,000 steps have it
        dead_after=10_000_000,  # tokens, as the others count: no AuxK in a run as short as this
        normalize="none",
        **chosen,
    )
    stepping = iter(run)

    def judge(held: Tensor) -> tuple[Tensor, Tensor]:
        codes = run.sae.encode(held)
        return codes * run.sae.W_dec.norm(dim=1), run.sae.decode(codes)

    return Entrant(lambda _: next(stepping, None) and None, judge)


def sae_lens(size: Size, variant: str, x: Tensor, steps: int) -> Entrant:
    """SAELens's trainer."""
    from sae_lens.config import SAETrainerConfig  # pyright: ignore
    from sae_lens.saes.standard_sae import StandardTrainingSAE, StandardTrainingSAEConfig  # pyright: ignore
    from sae_lens.saes.topk_sae import TopKTrainingSAE, TopKTrainingSAEConfig  # pyright: ignore
    from sae_lens.training.sae_trainer import SAETrainer  # pyright: ignore

    shared: Any = {"d_in": size.d, "d_sae": size.d_sae, "device": str(x.device), "dtype": "float32"}
    sae: Any
    if variant == "topk":
        sae = TopKTrainingSAE(TopKTrainingSAEConfig(k=K, **shared))
    else:
        sae = StandardTrainingSAE(StandardTrainingSAEConfig(l1_coefficient=L1, **shared))
    settings = SAETrainerConfig(
        total_training_samples=steps * size.batch,
        train_batch_size_samples=size.batch,
        lr=LR,
        lr_end=LR,
        device=str(x.device),
    )
    trainer: Any = SAETrainer(settings, sae, iter(()))

    def step(batch: Tensor) -> None:
        trainer.step(batch)
        trainer.n_training_steps += 1

    def judge(held: Tensor) -> tuple[Tensor, Tensor]:
        codes = sae.encode(held)
        return codes * sae.W_dec.norm(dim=1), sae.decode(codes)

    return Entrant(step, judge)


def dictionary_learning(size: Size, variant: str, x: Tensor, steps: int) -> Entrant:
    """dictionary_learning's trainers."""
    from dictionary_learning.trainers.standard import StandardTrainerAprilUpdate  # pyright: ignore
    from dictionary_learning.trainers.top_k import TopKTrainer  # pyright: ignore

    shared: Any = {
        "steps": steps + 1,
        "activation_dim": size.d,
        "dict_size": size.d_sae,
        "layer": 0,
        "lm_name": "none",
        "lr": LR,
        "warmup_steps": 0,
        "device": str(x.device),
        "seed": 0,
    }
    trainer: Any
    if variant == "topk":
        trainer = TopKTrainer(k=K, **shared)
    else:
        trainer = StandardTrainerAprilUpdate(l1_penalty=L1, sparsity_warmup_steps=None, **shared)
    done = iter(range(steps + 1))

    def judge(held: Tensor) -> tuple[Tensor, Tensor]:
        out, codes = trainer.ae(held, output_features=True)
        return codes * trainer.ae.decoder.weight.norm(dim=0), out

    return Entrant(lambda batch: trainer.update(next(done), batch) and None, judge)


def sparsify(size: Size, variant: str, x: Tensor, steps: int) -> Entrant:
    """The coder of sparsify and Adam, in the order of its trainer: FVU, directions of length 1."""
    from sparsify import SparseCoder, SparseCoderConfig  # pyright: ignore

    torch.manual_seed(0)
    config = SparseCoderConfig(num_latents=size.d_sae, k=K)
    coder = SparseCoder(size.d, config, device=x.device, dtype=torch.float32)
    coder.b_dec.data = x[: size.batch].mean(0)
    optimizer = torch.optim.Adam(coder.parameters(), lr=LR)
    since = torch.zeros(size.d_sae, dtype=torch.long, device=x.device)

    def step(batch: Tensor) -> None:
        coder.set_decoder_norm_to_unit_norm()
        total = (batch - batch.mean(0)).pow(2).sum()
        out = coder(x=batch, y=batch, dead_mask=since > 10_000_000, total_variance=total)
        fired = torch.zeros_like(since, dtype=torch.bool)
        fired[out.latent_indices.flatten()] = True
        _seen = float(out.fvu.detach()) + float(out.auxk_loss.detach())  # as it logs them
        (out.fvu + out.auxk_loss / 32 + out.multi_topk_fvu / 8).backward()
        coder.remove_gradient_parallel_to_decoder_directions()
        optimizer.step()
        optimizer.zero_grad()
        since.add_(len(batch))
        since[fired] = 0

    def judge(held: Tensor) -> tuple[Tensor, Tensor]:
        out = coder(held)
        return out.latent_acts, out.sae_out

    return Entrant(step, judge)


LIBRARIES: dict[str, dict[str, Callable[[Size, str, Tensor, int], Entrant]]] = {
    "topk": {
        "interp_widgets": ours,
        "SAELens": sae_lens,
        "dictionary_learning": dictionary_learning,
        "sparsify": sparsify,
    },
    "relu": {
        "interp_widgets": ours,
        "SAELens": sae_lens,
        "dictionary_learning": dictionary_learning,
    },
}


def entrants(size: Size, variant: str, x: Tensor, steps: int) -> dict[str, Entrant]:
    """Who is installed."""
    found = {}
    for name, make in LIBRARIES[variant].items():
        try:
            found[name] = make(size, variant, x, steps)
        except ImportError as missing:
            print(f"   {name} is left out: {missing}")
    return found


def race(found: dict[str, Entrant], batches: Iterator[Tensor], steps: int, device: str) -> None:
    """Everybody's steps, in turns."""
    for number in range(steps):
        batch = next(batches)
        names = list(found)
        for name in names[number % len(names) :] + names[: number % len(names)]:
            one = found[name]
            if number == 1 and device == "cpu":
                one.peak = measured(lambda one=one, batch=batch: one.step(batch))[1]
                continue
            if device != "cpu":
                torch.cuda.synchronize()
                torch.cuda.reset_peak_memory_stats()
            held = torch.cuda.memory_allocated() if device != "cpu" else 0
            wall, cpu = time.perf_counter(), time.process_time()
            one.step(batch)
            if device != "cpu":
                torch.cuda.synchronize()
                one.peak = (torch.cuda.max_memory_allocated() - held) / 2**20
            one.wall.append(time.perf_counter() - wall)
            one.cpu.append(time.process_time() - cpu)


def floor(size: Size, device: str) -> float:
    """Seconds of the encoder's product, the least of several."""
    x, W = torch.randn(size.batch, size.d), torch.randn(size.d, size.d_sae)
    x, W = x.to(device), W.to(device)
    out, best = torch.empty(size.batch, size.d_sae, device=device), float("inf")
    for _ in range(12):
        start = time.perf_counter()
        torch.mm(x, W, out=out)
        if device != "cpu":
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - start)
    return best


@torch.no_grad()
def quality(one: Entrant, held: Tensor, l1: float) -> tuple[float, float, float]:
    """FVE, L0, and the loss that all of them minimise: MSE + l1 * sum of codes times lengths."""
    codes, out = one.judge(held)
    missed = (held - out).square().sum(1).mean()
    spread = (held - held.mean(0)).square().sum(1).mean()
    loss = missed + l1 * codes.sum(1).mean()
    return 1 - float(missed / spread), float((codes > 0).sum(1).float().mean()), float(loss)


def table(name: str, variant: str, steps: int, device: str) -> None:
    """Run one race and print what came of it."""
    size = SIZES[name]
    x = activations(size, POOL * size.batch + 2048, device)
    held, x = x[-2048:], x[:-2048]
    least = floor(size, device)
    print(
        f"\n{variant}, {size.d} -> {size.d_sae:,}, batch {size.batch:,}, {steps} steps: "
        f"floor {least * 1e3:.1f} ms, {2e-9 * size.batch * size.d * size.d_sae / least:.0f} GFLOP/s"
    )
    found = entrants(size, variant, x, steps)
    race(found, (x[i % POOL * size.batch :][: size.batch] for i in range(steps)), steps, device)
    mine = median(found["interp_widgets"].wall[steps // 2 :])
    mine_cpu = median(found["interp_widgets"].cpu[steps // 2 :])
    titles = (
        "ms/step",
        "cpu ms",
        "first",
        "ratio",
        "by cpu",
        "floor",
        "FVE",
        "L0",
        "loss",
        "peak MiB",
    )
    print(" " * 20 + "".join(f"{title:>9}" for title in titles))
    for library, one in found.items():
        wall, cpu = median(one.wall[steps // 2 :]), median(one.cpu[steps // 2 :])
        first = median(one.wall[WARM : steps // 2])
        fve, l0, loss = quality(one, held, L1 if variant == "relu" else 0.0)
        print(
            f"{library:20}{wall * 1e3:9.1f}{cpu * 1e3:9.1f}{first * 1e3:9.1f}{wall / mine:9.2f}"
            f"{cpu / mine_cpu:9.2f}{least / wall:9.0%}{fve:9.4f}{l0:9.1f}{loss:9.2f}{one.peak:9.0f}"
        )
    del found
    gc.collect()


def main() -> None:
    """Print a table a size and variant."""
    parser = argparse.ArgumentParser(description="Training steps against other libraries.")
    parser.add_argument("--sizes", nargs="+", default=list(SIZES), choices=list(SIZES))
    parser.add_argument("--variants", nargs="+", default=list(LIBRARIES), choices=list(LIBRARIES))
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--device", default="cpu")
    asked = parser.parse_args()
    if asked.threads:
        torch.set_num_threads(asked.threads)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {asked.device}")
    for variant in asked.variants:
        for name in asked.sizes:
            table(name, variant, asked.steps, asked.device)


if __name__ == "__main__":
    main()
