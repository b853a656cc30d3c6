"""Several processes: the result of one, or a refusal that says why."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

import interp_widgets as iw
from interp_widgets.core.dictionary import distributed
from interp_widgets.core.dictionary.variants import make_variant
from tests.core.test_sae_training import activations

ROOT = Path(__file__).parents[2]
SETTINGS = """
data: rows.safetensors
variant: {variant}
{sparsity}
d_sae: 16
batch_size: 64
steps: 40
lr: 3e-3
dead_after: 64
checkpoint_every: 10
folder: {folder}
"""


def launched(config: Path) -> str:
    """What two processes print."""
    # "multi_gpu" is Accelerate's word for several processes of one machine, also without GPUs.
    command = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu"]
    command += ["--num_processes", "2", "--num_machines", "1", "--mixed_precision", "no"]
    command += ["--dynamo_backend", "no", "--num_cpu_threads_per_process", "1"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        command += ["--main_process_port", str(probe.getsockname()[1])]
    done = subprocess.run(
        [*command, "-m", "interp_widgets.cli", "train-sae", str(config)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_two_processes_train_the_dictionary_that_one_trains(tmp_path):
    """TopK with AuxK, some latents dead: its statistics are those of the whole batch."""
    x = activations()
    save_file({"x": x}, tmp_path / "rows.safetensors")
    config = tmp_path / "run.yaml"
    config.write_text(SETTINGS.format(variant="topk", sparsity="k: 1", folder="two"))
    said = launched(config)
    assert said.count("step 0 of 40), processes: 2") == 1  # one of them speaks
    two = iw.TrainingRun.resume(tmp_path / "two", x)
    one = iw.train_sae(
        x, k=1, d_sae=16, batch_size=64, steps=40, lr=3e-3, dead_after=64, checkpoint_every=10
    ).train()
    assert two.done
    assert one.history["dead"].max() > 0
    assert one.history["aux"].max() > 0
    for name in ("loss", "mse", "aux", "l0", "fve", "dead"):
        wanted, found = (torch.from_numpy(run.history[name]) for run in (one, two))
        torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(two.sae.W_dec, one.sae.W_dec, rtol=1e-3, atol=1e-4)


class Two(distributed.Alone):
    """Knows that there are two, and no more."""

    count = 2


@pytest.mark.parametrize("variant", ["batchtopk", "matryoshka"])
def test_what_needs_the_whole_batch_is_refused(variant):
    with pytest.raises(ValueError, match=rf"{variant} chooses latents over the whole batch.*topk"):
        distributed.check(Two(), make_variant(variant), variant, 64)


def test_a_batch_that_cannot_be_shared_out_is_refused():
    with pytest.raises(ValueError, match="batch of 65 cannot be shared out evenly among 2"):
        distributed.check(Two(), make_variant("topk"), "topk", 65)
    distributed.check(Two(), make_variant("topk"), "topk", 64)
    distributed.check(distributed.Alone(), make_variant("batchtopk"), "batchtopk", 65)
