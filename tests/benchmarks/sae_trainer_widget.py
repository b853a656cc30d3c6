"""What watching costs: the share of the training, the messages, the answer to a slider, long runs.

Run `python tests/benchmarks/sae_trainer_widget.py`.

The widget makes and serialises every message as for a page (there is none: what a browser does
with them is its own affair). While training goes on without a pause, its share is the time between
the end of one step and the beginning of the next, in wall time and in processor time of the thread
that trains (on a machine that does other things as well, the second is the one to read). A slider
is turned while training runs: the time until the action is answered, and until the run has heard of
it. Last, the time to make one message with a thousand and with a million steps behind it.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import torch

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import interp_widgets as iw  # noqa: E402
from interp_widgets.core.dictionary.synthetic import ground_truth  # noqa: E402
from interp_widgets.widgets import _sae_sent as sent  # noqa: E402
from interp_widgets.widgets._sae_curves import Curves  # noqa: E402
from interp_widgets.widgets._sae_entrant import MEASURES, Entrant  # noqa: E402
from interp_widgets.widgets.sae_trainer import SAETrainer  # noqa: E402

SIZES = {
    "synthetic, 32 -> 64, batch 1024": (32, 64, 1024),
    "as the course model, 128 -> 1024, batch 4096": (128, 1024, 4096),
}
SECONDS = 20.0


def overheard(trainer: SAETrainer) -> list[tuple[float, int]]:
    """Time and bytes of every message, which is serialised as it would be for a kernel."""
    heard: list[tuple[float, int]] = []

    def listen(message: dict[str, Any], buffers: Any = None) -> None:
        size = len(json.dumps(message)) + sum(len(bytes(b)) for b in buffers or [])
        heard.append((time.monotonic(), size))

    trainer._send = listen  # type: ignore[method-assign]
    return heard


def clocked(run: Any) -> list[float]:
    """Seconds so far: wall and processor time within steps, then the same between them."""
    spent, advance, ended = [0.0] * 4, run.advance, [0.0, 0.0]

    def timed() -> Any:
        wall, cpu = time.perf_counter(), time.thread_time()
        if ended[0]:
            spent[2] += wall - ended[0]
            spent[3] += cpu - ended[1]
        step = advance()
        ended[:] = time.perf_counter(), time.thread_time()
        spent[0] += ended[0] - wall
        spent[1] += ended[1] - cpu
        return step

    run.advance = timed
    return spent


def share(name: str, d: int, d_sae: int, batch: int) -> None:
    truth = ground_truth(d=d, features=d_sae // 2, samples=16_384, active=4.0)
    settings = {"variant": "topk", "k": 4, "d_sae": d_sae, "batch_size": batch, "steps": 10**6}
    trainer = SAETrainer(data=truth, **settings, picked=1)
    heard, spent = overheard(trainer), clocked(trainer.run)
    trainer.start()
    time.sleep(3)  # imports, the first look
    heard.clear()
    spent[:], step = [0.0] * 4, trainer.run.step
    time.sleep(SECONDS)
    inside, inside_cpu, between, between_cpu = spent
    wall, cpu = 100 * between / (inside + between), 100 * between_cpu / (inside_cpu + between_cpu)
    taken, sizes = trainer.run.step - step, [size for _, size in heard]
    trainer.close()
    print(f"{name}: {1000 * inside / taken:.1f} ms a step")
    print(f"  the widget takes {cpu:.2f} % of processor time, {wall:.2f} % of wall time (goal: 2)")
    rate, middle = len(sizes) / SECONDS, statistics.median(sizes)
    print(f"  {rate:.1f} messages a second (goal: 10), {max(sizes)} bytes at most (goal: 4096),")
    print(f"  {middle:.0f} in the middle")


def slider() -> None:
    truth = ground_truth(d=128, features=512, samples=16_384, active=4.0)
    trainer = SAETrainer(
        data=truth, variant="relu", d_sae=1024, batch_size=4096, steps=10**6, checkpoint_every=10**6
    ).start()
    while trainer.run.step < 10:
        time.sleep(0.01)
    answered, acted = [], []
    for i in range(30):
        began = time.perf_counter()
        trainer.act({"do": "change", "run": 0, "what": "l1", "to": 0.1 + i / 100 + 0.001})
        answered.append(time.perf_counter() - began)
        while len(trainer.run.changes) <= i:
            time.sleep(0.0005)
        acted.append(time.perf_counter() - began)
        time.sleep(0.12)
    trainer.close()
    for what, times in (("answered", answered), ("heard by the next step", acted)):
        times.sort()
        print(
            f"a slider is {what} within {1000 * statistics.median(times):.1f} ms in the middle, "
            f"{1000 * times[-1]:.1f} at most (goal: 100)"
        )


def long_runs() -> None:
    record = (
        iw.train_sae(torch.randn(256, 8), d_sae=16, k=2, steps=10, batch_size=64).train().record
    )
    for steps in (1000, 1_000_000):
        values = torch.rand(len(record.metrics), steps)
        one = Entrant(type(record)(**{**vars(record), "values": values, "steps": steps}))
        times = []
        for i in range(50):
            one.curves = Curves(len(MEASURES))
            one.curves.extend(one.rows(0, steps - 20))
            one.sent = len(one.curves.low) - 1
            began = time.perf_counter()
            sent.pulse([one], i, True)
            times.append(time.perf_counter() - began)
        print(
            f"a message with {steps:,} steps behind it is made in "
            f"{1000 * statistics.median(times):.2f} ms"
        )


if __name__ == "__main__":
    torch.set_num_threads(1)
    for size_name, size in SIZES.items():
        share(size_name, *size)
    slider()
    long_runs()
