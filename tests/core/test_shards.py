"""Activations on disk: equal to those in memory, bounded, resumed after a stop, errors named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import interp_widgets as iw
from interp_widgets.core import shard_files
from interp_widgets.core.language_model import LanguageModel
from tests.core.conftest import PROMPT, hooks_on, make

PROMPTS = [PROMPT, "the", "a city in Rome and", [3, 4], "Paris is a city", "the Eiffel Tower", "a"]
SITES = ["L1.resid_post", "L2.z", "embed"]


def runs(monkeypatch) -> list[int]:
    """Counts tokens that any model runs from here on."""
    counted: list[int] = []
    genuine = LanguageModel.run

    def run(self, ids):
        counted.append(ids.numel())
        genuine(self, ids)

    monkeypatch.setattr(LanguageModel, "run", run)
    return counted


def test_shards_hold_what_the_cache_holds(model, tmp_path):
    shards = iw.cache_shards(model, iter(PROMPTS), SITES, tmp_path / "x", shard_tokens=9)
    assert len(shards) > 2
    assert (shards.n_prompts, shards.complete) == (len(PROMPTS), True)
    assert shards.sites == tuple(SITES)
    seen = 0
    for shard in shards:
        for i in shard.prompts.unique().tolist():
            assert i == seen  # whole and in order
            here, alone = shard.prompts == i, iw.cache(model, PROMPTS[i], SITES)
            assert shard.ids[here].tolist() == model.ids(PROMPTS[i]).tolist()
            assert shard.positions[here].tolist() == list(range(int(here.sum())))
            for site in SITES:
                torch.testing.assert_close(
                    shard.activations[site][here], alone[site], atol=1e-5, rtol=1e-5
                )
            seen += 1
    assert seen == len(PROMPTS)


def test_batches_go_across_shards(gpt2, tmp_path):
    shards = iw.cache_shards(gpt2, PROMPTS, "L1.resid_post", tmp_path / "x", shard_tokens=5)
    whole = torch.cat([shard.activations["L1.resid_post"] for shard in shards])
    inner = torch.cat([shard.positions for shard in shards]) > 0
    for size in (1, 4, 7, 1000):
        batches = list(shards.batches("blocks.1.hook_resid_post", size))
        assert all(len(batch) == size for batch in batches[:-1])
        assert 1 <= len(batches[-1]) <= size
        torch.testing.assert_close(torch.cat(batches), whole[inner], atol=0, rtol=0)
    every = torch.cat(list(shards.batches("L1.resid_post", 4, skip_first=False)))
    torch.testing.assert_close(every, whole, atol=0, rtol=0)


def test_a_stopped_run_goes_on_where_it_stopped(gpt2, tmp_path, monkeypatch):
    whole = iw.cache_shards(gpt2, PROMPTS, SITES, tmp_path / "whole", shard_tokens=6)
    taken = []

    def asked():
        for prompt in PROMPTS:
            taken.append(prompt)
            yield prompt

    steps = iw.iter_cache_shards(gpt2, asked(), SITES, tmp_path / "x", shard_tokens=6)
    part = [next(steps), next(steps)][-1]
    steps.close()
    assert len(taken) < len(PROMPTS)  # prompts are read as they are needed
    assert (len(part), part.complete) == (2, False)
    assert "incomplete" in repr(part)
    counted = runs(monkeypatch)
    again = iw.cache_shards(gpt2, PROMPTS, SITES, tmp_path / "x", shard_tokens=6)
    assert sum(counted) == whole.n_tokens - part.n_tokens
    counted.clear()
    iw.cache_shards(gpt2, PROMPTS, SITES, tmp_path / "x", shard_tokens=6)
    assert counted == []  # all there
    assert len(again) == len(whole)
    for a, b in zip(again, whole, strict=True):
        for site in SITES:
            torch.testing.assert_close(a.activations[site], b.activations[site], atol=0, rtol=0)
        assert a.prompts.tolist() == b.prompts.tolist()


def test_a_run_that_broke_leaves_whole_shards(gpt2, tmp_path):
    with pytest.raises(ValueError, match=r"prompt 3: the prompt has 71 tokens.*at most 64"):
        iw.cache_shards(gpt2, [*PROMPTS[:3], [5] * 71], "embed", tmp_path / "x", shard_tokens=6)
    assert hooks_on(gpt2.hf) == 0
    left = iw.ActivationShards(tmp_path / "x")
    assert (left.complete, left.n_prompts) == (False, 3)
    assert not list((tmp_path / "x").glob("*.part"))


def test_only_one_shard_is_in_memory(gpt2, tmp_path, monkeypatch):
    counted = runs(monkeypatch)
    sizes = []
    for shards in iw.iter_cache_shards(
        gpt2, ([7] * 10 for _ in range(40)), "embed", tmp_path / "x", shard_tokens=50
    ):
        sizes.append(sum(counted))
        counted.clear()
        last = shards
    assert sizes == [50] * 8 + [0]
    assert {len(shard.ids) for shard in last} == {50}


def test_halves_on_disk(gpt2, tmp_path):
    exact = iw.cache(gpt2, PROMPT, "L2.resid_post")["L2.resid_post"]
    for dtype in ("float16", "bfloat16"):
        shards = iw.cache_shards(gpt2, [PROMPT], "L2.resid_post", tmp_path / dtype, dtype=dtype)
        rows = next(shards.batches("L2.resid_post", 100, skip_first=False))
        assert rows.dtype == shards.dtype == getattr(torch, dtype)
        torch.testing.assert_close(rows.float(), exact, atol=1e-2, rtol=1e-2)


def test_what_float16_cannot_hold_is_refused(tmp_path):
    model = make("llama", torch.float32)
    with torch.no_grad():
        model.hf.get_input_embeddings().weight.mul_(1e6)
    with pytest.raises(ValueError, match="embed are larger than float16 holds"):
        iw.cache_shards(model, [PROMPT], "embed", tmp_path / "x", dtype="float16")


@pytest.mark.parametrize(
    ("prompts", "sites", "options", "error", "message"),
    [
        (PROMPT, "embed", {}, TypeError, "several texts or lists of ids; got str.*iw.cache"),
        (5, "embed", {}, TypeError, "got int"),
        (PROMPTS, "L1.pattern", {}, ValueError, "L1.pattern has no row.*iw.attention"),
        (PROMPTS, "L3.resid_pre", {}, ValueError, "L0 to L2"),
        (PROMPTS, [], {}, ValueError, "no place was asked for"),
        (PROMPTS, "embed", {"shard_tokens": 0}, ValueError, "shard_tokens= is 1 or more; got 0"),
        (PROMPTS, "embed", {"dtype": "int8"}, ValueError, "float32, float16, bfloat16; got 'int8'"),
    ],
)
def test_bad_input_is_named_before_anything_runs(
    gpt2, monkeypatch, tmp_path, prompts, sites, options, error, message
):
    counted = runs(monkeypatch)
    with pytest.raises(error, match=message):
        iw.iter_cache_shards(gpt2, prompts, sites, tmp_path / "x", **options)
    assert counted == []
    assert not (tmp_path / "x").exists()


def test_no_prompt_at_all(gpt2, tmp_path):
    with pytest.raises(ValueError, match="no prompt was given"):
        iw.cache_shards(gpt2, [], "embed", tmp_path / "x")


def test_a_folder_of_something_else_is_left_alone(gpt2, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ValueError, match="holds something else"):
        iw.cache_shards(gpt2, PROMPTS, "embed", tmp_path)
    with pytest.raises(ValueError, match="holds something else"):
        iw.cache_shards(gpt2, PROMPTS, "embed", tmp_path / "thesis.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    with pytest.raises(FileNotFoundError, match=r"no shards\.json.*iw.cache_shards"):
        iw.ActivationShards(tmp_path)


def test_another_call_into_the_same_folder_is_refused(gpt2, tmp_path):
    folder = tmp_path / "x"
    iw.cache_shards(gpt2, PROMPTS, "embed", folder, shard_tokens=6)
    for call, message in (
        ((gpt2, PROMPTS, "final", folder, 6), r"with sites \['embed'\]; asked for is \['final'\]"),
        ((gpt2, PROMPTS, "embed", folder, 7), "with shard_tokens 6; asked for is 7"),
        ((gpt2, PROMPTS[::-1], "embed", folder, 6), "begun with other prompts: those of 00000"),
        ((gpt2, PROMPTS[:1], "embed", folder, 6), "begun with more prompts than these 1"),
        ((make("llama"), PROMPTS, "embed", folder, 6), "with model 'GPT2LMHeadModel'"),
    ):
        with pytest.raises(ValueError, match=message):
            iw.cache_shards(*call)
    assert iw.ActivationShards(folder).complete


def test_other_weights_of_the_same_name_are_refused(tmp_path):
    model = make("gpt2")
    folder = iw.cache_shards(model, PROMPTS, "embed", tmp_path / "x", shard_tokens=6).folder
    with torch.no_grad():
        model.layers[1].mlp.c_proj.weight += 0.01
    before = {file: file.read_bytes() for file in folder.iterdir()}
    with pytest.raises(ValueError, match="holds activations of other weights of"):
        iw.cache_shards(model, [*PROMPTS, "the city"], "embed", folder, shard_tokens=6)
    assert {file: file.read_bytes() for file in folder.iterdir()} == before


def test_reading_says_what_is_wrong(gpt2, tmp_path):
    folder = tmp_path / "x"
    shards = iw.cache_shards(gpt2, PROMPTS, "embed", folder, shard_tokens=6)
    with pytest.raises(ValueError, match=r"'final' was not cached; cached are embed"):
        shards.batches("final", 4)
    with pytest.raises(ValueError, match="size= is 1 or more; got 0"):
        shards.batches("embed", 0)
    with pytest.raises(IndexError, match=f"shards 0 to {len(shards) - 1}; got 99"):
        shards.read(99)
    for wrong in ("0", True, 1.0):
        with pytest.raises(TypeError, match="shard= is a whole number; got"):
            shards.read(wrong)
    with pytest.raises(TypeError, match="places are names, 'embed' say; got 5"):
        shards.read(0, 5)
    with pytest.raises(TypeError, match="batches are of one place"):
        shards.batches(["embed"], 4)
    with pytest.raises(TypeError, match="folder is a path; got NoneType"):
        iw.ActivationShards(None)
    (folder / "00001.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match=r"00001\.safetensors is gone"):
        iw.ActivationShards(folder)
    header = folder / shard_files.HEADER
    text = header.read_text()
    header.write_text(text.replace('"schema": 1', '"schema": 9'))
    with pytest.raises(ValueError, match=r"schema 9.*pip install -U"):
        iw.ActivationShards(folder)
    header.write_text(json.dumps({"schema": 1, "kind": "ActivationShards"}))
    with pytest.raises(ValueError, match="damaged: it lacks complete, dtype"):
        iw.ActivationShards(folder)
    header.write_text("{")
    with pytest.raises(ValueError, match="is damaged"):
        iw.ActivationShards(folder)


def test_a_file_that_is_not_the_one_written_is_refused(gpt2, tmp_path):
    folder = tmp_path / "x"
    iw.cache_shards(gpt2, PROMPTS, "embed", folder, shard_tokens=6)
    path = folder / "00001.safetensors"
    genuine = path.read_bytes()
    flipped = bytearray(genuine)
    flipped[-30] ^= 1  # one bit of one number
    for bytes_ in (bytes(flipped), genuine[:-8], b"x", (folder / "00000.safetensors").read_bytes()):
        path.write_bytes(bytes_)
        with pytest.raises(ValueError, match=r"00001\.safetensors was changed or damaged"):
            list(iw.ActivationShards(folder).batches("embed", 4))
    path.write_bytes(genuine)
    assert len(list(iw.ActivationShards(folder))) > 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "LogitLens"}, "it is of 'LogitLens'"),
        ({"dtype": "int8"}, "dtype is 'int8'"),
        ({"dtype": 3}, "dtype is 3"),
        ({"sites": "embed"}, "sites is 'embed'"),
        ({"sites": [1]}, r"sites are \[1\]"),
        ({"complete": "yes"}, "complete is 'yes'"),
        ({"shards": 3}, "shards is 3"),
        ({"shards": [{"file": "x"}]}, "shard 0 is {'file': 'x'}"),
        ({"schema": "1"}, "not supported between"),
    ],
)
def test_a_header_that_was_changed_is_refused(gpt2, tmp_path, change, message):
    iw.cache_shards(gpt2, PROMPTS, "embed", tmp_path / "x")
    header = tmp_path / "x" / shard_files.HEADER
    header.write_text(json.dumps({**json.loads(header.read_text()), **change}))
    with pytest.raises(ValueError, match=rf"shards\.json is damaged: .*{message}"):
        iw.ActivationShards(tmp_path / "x")


def test_a_header_leads_nowhere_else(gpt2, tmp_path):
    iw.cache_shards(gpt2, PROMPTS, "embed", tmp_path / "x")
    header = tmp_path / "x" / shard_files.HEADER
    table = json.loads(header.read_text())
    table["shards"][0]["file"] = "../secret.safetensors"
    header.write_text(json.dumps(table))
    with pytest.raises(ValueError, match=r"shard 0 is in '\.\./secret\.safetensors'"):
        iw.ActivationShards(tmp_path / "x")


FULL = """
import resource, signal, sys
import interp_widgets as iw
from tests.core.conftest import make

model, folder = make("gpt2"), sys.argv[1]
prompts = [[7] * 20] * 50
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
steps = iw.iter_cache_shards(model, iter(prompts), "L*.resid_post", folder, shard_tokens=200)
next(steps)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
try:
    next(steps)
except OSError as error:
    said = str(error)
assert "00001.safetensors could not be written" in said, said
assert "make room" in said and "the same call again: it goes on" in said, said
left = iw.ActivationShards(folder)
assert (len(left), left.complete, left.n_prompts) == (1, False, 10)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
whole = iw.cache_shards(model, iter(prompts), "L*.resid_post", folder, shard_tokens=200)
assert (len(list(whole)), whole.complete, whole.n_prompts) == (5, True, 50)
"""


def alone(code: str, *arguments: str) -> str:
    """Runs code in a process of its own, whose limits and memory are its own.

    What it frees goes back to the system at once: left to itself, glibc keeps up to 80 MB of freed
    memory, more or less by chance, and resident memory would count that as held.
    """
    root = Path(__file__).parents[2]
    run = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": str(root), "MALLOC_MMAP_THRESHOLD_": "65536"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on file sizes to set")
def test_a_full_disk_is_named_and_the_same_call_goes_on(tmp_path):
    alone(FULL, str(tmp_path / "x"))
    assert not list((tmp_path / "x").glob("*.part"))


MEMORY = """
import sys, torch
import interp_widgets as iw
from tests.core.conftest import make

torch.set_num_threads(1)

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6

model = make("gpt2", torch.float32, n_positions=512, n_embd=128)
prompts = ([7 + i % 200] * 500 for i in range(60))  # 10 shards of 3000 tokens
sites = [f"L{n}.{part}" for n in range(3) for part in ("resid_pre", "resid_post", "mlp_in")]
early = most = 0
for done in iw.iter_cache_shards(model, prompts, sites, sys.argv[1], shard_tokens=3000):
    early = resident() if len(done) == 4 else early
    most = max(most, resident())
assert len(done) == 10
written = most - early
for shard in range(4):
    done.read(shard)
begun, held = resident(), []
for _ in done.batches("L1.mlp_in", 1000):
    held.append(resident())
third = len(held) // 3
print(written, max(held) - begun, max(held) - max(held[:third]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads its memory from /proc")
def test_memory_does_not_grow_with_the_prompts(tmp_path):
    folder = tmp_path / "x"
    written, read, grown = map(float, alone(MEMORY, str(folder)).split())
    on_disk = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    assert on_disk > 75
    assert written < on_disk / 30  # a third of a shard, after six more of them
    assert read < on_disk / 10  # less than one shard
    assert grown < on_disk / 30
