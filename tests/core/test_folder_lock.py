"""Two calls that write into one folder: the second process is told, what a kill left is not."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

import interp_widgets as iw
from interp_widgets.core.folder_lock import LOCK, sole_writer

HOST = socket.gethostname()
PROMPTS = [[7 + i] * 10 for i in range(8)]


@pytest.fixture
def other():
    """A process that lives, and one that is gone."""
    lives = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    yield lives.pid, gone.pid
    lives.communicate(b"\n")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no way to ask after a process")
def test_who_comes_second_is_told_while_the_first_lives(gpt2, tmp_path, other):
    lives, gone = other
    folder = tmp_path / "x"
    steps = iw.iter_cache_shards(gpt2, PROMPTS, "embed", folder, shard_tokens=20)
    next(steps)
    assert (folder / LOCK).read_text().split()[:2] == [HOST, str(os.getpid())]
    steps.close()
    assert not (folder / LOCK).exists()
    (folder / LOCK).write_text(f"{HOST} {lives} x")
    with pytest.raises(ValueError, match=rf"process {lives} is writing into .*x\. Wait for it, or"):
        iw.cache_shards(gpt2, PROMPTS, "embed", folder, shard_tokens=20)
    assert (folder / LOCK).read_text() == f"{HOST} {lives} x"
    (folder / LOCK).write_text(f"elsewhere {lives} x")
    with pytest.raises(ValueError, match=rf"process {lives} of elsewhere .* remove .*{LOCK}"):
        iw.cache_shards(gpt2, PROMPTS, "embed", folder, shard_tokens=20)
    for left in (f"{HOST} {gone} x", f"{HOST} 99999999999999999999 x", f"{HOST} 1", ""):
        (folder / LOCK).write_text(left)
        assert iw.cache_shards(gpt2, PROMPTS, "embed", folder, shard_tokens=20).complete
        assert sorted(path.name for path in folder.iterdir()) == [
            *(f"0000{i}.safetensors" for i in range(4)),
            "shards.json",
        ]


def test_in_one_process_the_later_call_takes_over(gpt2, tmp_path):
    """An interrupted cell leaves its generator hanging; running the cell again has to work."""
    call = (gpt2, PROMPTS, "embed", tmp_path / "x", 20)
    hanging = iw.iter_cache_shards(*call)
    next(hanging)
    again = iw.iter_cache_shards(*call)
    assert len(next(again)) == 2  # goes on from the one that is there
    with pytest.raises(RuntimeError, match="another call has begun to write into"):
        next(hanging)
    assert [len(shards) for shards in again] == [3, 4, 4]
    assert iw.ActivationShards(tmp_path / "x").n_prompts == 8


def test_a_folder_is_free_again_after_an_error(tmp_path):
    def fail() -> None:
        with sole_writer(tmp_path):
            raise KeyError("x")

    with pytest.raises(KeyError):
        fail()
    with sole_writer(tmp_path) as check:
        check()
