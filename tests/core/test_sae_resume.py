"""Runs on disk: the same curve in another process, and a file that is whole or refused."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

import interp_widgets as iw
from interp_widgets.core.dictionary import checkpoint
from tests.core.test_sae_training import activations, same_curve, small

ROOT = Path(__file__).parents[2]
KINDS: dict[str, dict] = {
    "topk": {"dead_after": 300, "precision": "bfloat16"},
    "batchtopk": {"variant": "batchtopk", "k": 2.5},
    "relu": {"variant": "relu_unit", "resample_at": (20, 35), "dead_after": 64, "l1": 4.0},
    "jumprelu": {"variant": "jumprelu", "l1": 0.01, "normalize": "whitening"},
}
GO_ON = """
import sys
import interp_widgets as iw
from tests.core.test_sae_training import activations
for folder in sys.argv[1:]:
    run = iw.TrainingRun.resume(folder, activations())
    run.train()
    run.save(folder)
assert "transformers" not in sys.modules  # tensors need no model, and it takes seconds
"""


def alone(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Code in a process of its own, with as many threads as this one: sums depend on it."""
    command = [sys.executable, "-c", code, *arguments]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": str(torch.get_num_threads())}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def test_another_process_goes_on_with_the_very_same_curve(tmp_path):
    unbroken = {}
    for name, options in KINDS.items():
        run = small(**options)
        run.train(25)
        run.set(lr=2e-3)
        run.train(5)
        run.save(tmp_path / name)
        unbroken[name] = run.train()
    done = alone(GO_ON, *(str(tmp_path / name) for name in KINDS))
    assert done.returncode == 0, done.stderr
    for name, run in unbroken.items():
        again = iw.TrainingRun.resume(tmp_path / name, activations())
        assert again.done
        assert again.changes == run.changes
        assert again.checkpoints == ()
        same_curve(again, run)
        assert torch.equal(again.density, run.density)
        assert torch.equal(again.sae(activations()), run.sae(activations()))
    assert float(unbroken["relu"].history["dead"].max()) > 0  # so that there was one to resample


def test_a_run_with_a_folder_writes_its_checkpoints_there(tmp_path):
    run = small(folder=tmp_path, truth=torch.eye(8), checkpoint_every=10)
    run.train(25)  # leaving off writes, too
    again = iw.TrainingRun.resume(tmp_path, activations())
    assert (again.step, again.folder) == (25, tmp_path)
    assert torch.equal(again.truth, torch.eye(8))
    again.train()
    assert iw.TrainingRun.resume(tmp_path, activations()).done
    with pytest.raises(ValueError, match=r"holds a run\. Go on with it, TrainingRun\.resume"):
        small(folder=tmp_path)


KILLED = """
import os, signal, sys
from pathlib import Path
from interp_widgets.core.dictionary import checkpoint
from tests.core.test_sae_training import small
run = small()
run.train(10)
run.save(sys.argv[1])
run.train(10)
checkpoint.os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
run.save(sys.argv[1])
"""


def test_a_kill_while_saving_leaves_the_file_before_it_whole(tmp_path):
    assert alone(KILLED, str(tmp_path)).returncode == -9
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "run.safetensors",
        "run.safetensors.part",
    ]
    run = iw.TrainingRun.resume(tmp_path, activations())
    assert run.step == 10
    (tmp_path / "run.safetensors.part" / ".tmpcut").write_bytes(b"off")
    run.train().save(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["run.safetensors"]
    same_curve(iw.TrainingRun.resume(tmp_path, activations()), small().train())


FULL = """
import resource, sys
import interp_widgets as iw
from tests.core.test_sae_training import activations, small
run = small()
run.train(10)
run.save(sys.argv[1])
run.train(10)
limit = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (9_000, limit[1]))
for folder, stays in ((sys.argv[1], "as it was saved before stays"), (sys.argv[2], "nothing was")):
    try:
        run.save(folder)
    except OSError as error:
        assert "could not be written" in str(error) and stays in str(error), error
    else:
        raise AssertionError("it was written")
assert iw.TrainingRun.resume(sys.argv[1], activations()).step == 10
resource.setrlimit(resource.RLIMIT_FSIZE, limit)
run.train()
run.save(sys.argv[1])
assert iw.TrainingRun.resume(sys.argv[1], activations()).done
"""


def test_a_full_disk_is_said_and_costs_nothing(tmp_path):
    done = alone(FULL, str(tmp_path / "a"), str(tmp_path / "b"))
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "b").iterdir()) == []


def test_a_file_is_no_folder_to_save_in(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(NotADirectoryError, match="is a file; a run is saved in a folder"):
        small(steps=3).save(tmp_path / "notes.txt")
    assert (tmp_path / "notes.txt").read_text() == "mine"
    with pytest.raises(OSError, match=r"could not be written: .*nothing was saved\. Make room"):
        small(steps=3).save(tmp_path / "notes.txt" / "run")
    with pytest.raises(TypeError, match=r"saved in a folder.*got 3"):
        small(folder=3)
    for nothing in (None, 3):
        with pytest.raises(TypeError, match=f"saved in a folder.*got {nothing}"):
            small(steps=3).save(nothing)  # pyright: ignore[reportArgumentType]
        with pytest.raises(TypeError, match=f"saved in a folder.*got {nothing}"):
            iw.TrainingRun.resume(nothing, activations())  # pyright: ignore[reportArgumentType]


@pytest.fixture
def saved(tmp_path) -> Path:
    run = small(steps=10)
    run.train(5)
    return run.save(tmp_path)


def test_a_number_that_was_changed_is_noticed(saved, tmp_path):
    whole = bytearray(saved.read_bytes())
    whole[-9] ^= 1
    saved.write_bytes(whole)
    with pytest.raises(ValueError, match=r"was changed or damaged.*SHA-256"):
        iw.TrainingRun.resume(tmp_path, activations())


def test_a_setting_that_was_changed_is_noticed(saved, tmp_path):
    with safe_open(saved, "pt") as file:
        names = file.keys()
        header, tensors = file.metadata(), {name: file.get_tensor(name) for name in names}
    state = json.loads(header["state"])
    state["settings"]["clip"] = 1e9
    save_file(tensors, saved, {**header, "state": json.dumps(state)})
    with pytest.raises(ValueError, match="was changed or damaged"):
        iw.TrainingRun.resume(tmp_path, activations())


def test_other_files_are_refused(saved, tmp_path):
    with safe_open(saved, "pt") as file:
        header = file.metadata()
    save_file({"x": torch.ones(1)}, saved, {**header, "schema": "9"})
    with pytest.raises(ValueError, match="schema 9; this version reads up to 1"):
        iw.TrainingRun.resume(tmp_path, activations())
    save_file({"x": torch.ones(1)}, saved)
    with pytest.raises(ValueError, match="holds no training run"):
        iw.TrainingRun.resume(tmp_path, activations())
    saved.write_bytes(pickle.dumps({"x": 1}))
    with pytest.raises(ValueError, match="is not a readable safetensors file"):
        iw.TrainingRun.resume(tmp_path, activations())
    saved.unlink()
    with pytest.raises(FileNotFoundError, match=r"no run\.safetensors in"):
        iw.TrainingRun.resume(tmp_path, activations())


def test_other_data_are_refused(saved, tmp_path):
    with pytest.raises(ValueError, match="begun with other data"):
        iw.TrainingRun.resume(tmp_path, activations(seed=1))
    with pytest.raises(ValueError, match="begun with other data"):
        iw.TrainingRun.resume(tmp_path, activations(400))
    assert saved.is_file()


def test_a_snapshot_counts_its_bytes():
    kept = checkpoint.Snapshot({"x": torch.zeros(3, 5), "y": torch.zeros(2, dtype=torch.int8)}, {})
    assert kept.size == 62
