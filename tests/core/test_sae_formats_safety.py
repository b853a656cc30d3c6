"""Files that lie, are cut, run code; folders that hold several; saves that are killed; the hub."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from interp_widgets.core.dictionary import formats
from interp_widgets.core.dictionary.formats import saving
from interp_widgets.core.dictionary.sae import SAE
from tests.core.sae_files import STANDARD, inputs, sae_lens_config, some, weights, write_sae_lens


class Bomb:
    """What a pickle of it does when it is read as one."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return (Path.touch, (self.marker,))


@pytest.fixture
def standard(tmp_path) -> Path:
    """A folder as SAELens writes it."""
    held = some(weights(), *STANDARD)
    return write_sae_lens(tmp_path / "sae", sae_lens_config("standard"), held)


def refuse(error, message, *args, **options):
    with pytest.raises(error, match=message):
        SAE.load(*args, **options)


def test_a_device_that_is_not_there_is_named(standard):
    refuse(ValueError, "device is 'cpu', 'cuda'.*got 'gpu0'", standard, device="gpu0")
    refuse(ValueError, "device is 'cpu', 'cuda'.*got 'gpu0'", "no/such", device="gpu0")


# pickles


@pytest.mark.parametrize("name", ["ae.pt", "7.pt", "layer3.sae.pt"])
@pytest.mark.parametrize("how", ["torch", "pickle"])
def test_a_pickle_with_code_in_it_is_not_run(tmp_path, name, how):
    marker = tmp_path / "was_run"
    state = {"W_enc": torch.ones(2, 3), "encoder.weight": torch.ones(2, 3), "x": Bomb(marker)}
    path = tmp_path / name
    if how == "torch":
        torch.save(state, path)
    else:
        path.write_bytes(pickle.dumps(state))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    message = rf"{name} \(SHA-256 {digest}\) holds more than tensors.*Nothing of it was run"
    refuse(ValueError, message, tmp_path, k=2)
    assert not marker.exists()
    with path.open("rb") as file:  # the file does run code for those who let it
        torch.load(file, weights_only=False) if how == "torch" else pickle.load(file)  # noqa: S301
    assert marker.exists()


def test_an_npz_of_objects_is_not_run(tmp_path):
    marker = tmp_path / "was_run"
    np.savez(tmp_path / "params.npz", W_enc=np.array([Bomb(marker)], dtype=object))
    refuse(ValueError, r"params\.npz is not an \.npz of plain arrays.*run code", tmp_path)
    assert not marker.exists()
    np.load(tmp_path / "params.npz", allow_pickle=True)["W_enc"]
    assert marker.exists()


# files that are cut or changed


def test_a_file_that_is_cut_off(standard, tmp_path):
    path = standard / "sae_weights.safetensors"
    path.write_bytes(path.read_bytes()[:-7])
    refuse(ValueError, r"sae_weights\.safetensors is not a readable safetensors file", standard)
    path.unlink()
    refuse(ValueError, "is of no format that is known here.*holds cfg.json", standard)
    refuse(FileNotFoundError, r"no file .*sae_weights", standard, format="sae_lens")
    torch.save({"encoder.weight": torch.ones(3, 2)}, tmp_path / "ae.pt")
    whole = (tmp_path / "ae.pt").read_bytes()
    for part in (whole[: len(whole) // 2], b"", b"\x00" * 40):
        (tmp_path / "ae.pt").write_bytes(part)
        refuse(ValueError, r"ae\.pt (is not a whole|\(SHA-256)", tmp_path / "ae.pt")
    np.savez(tmp_path / "params.npz", W_enc=np.ones((3, 2)))
    for part in ((tmp_path / "params.npz").read_bytes()[:60], b""):
        (tmp_path / "params.npz").write_bytes(part)
        refuse(ValueError, r"params\.npz is not an \.npz", tmp_path / "params.npz")


def test_a_zip_that_is_broken_inside(tmp_path):
    path = tmp_path / "params.npz"
    np.savez(path, W_enc=np.ones((30, 20), dtype=np.float32))
    broken = bytearray(path.read_bytes())
    broken[300] ^= 0xFF
    path.write_bytes(bytes(broken))
    refuse(ValueError, r"params\.npz is not an \.npz", tmp_path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("W_enc.npy", b"no array")
    refuse(ValueError, r"params\.npz: W_enc is bytes, wanted floating-point", tmp_path)
    np.save(path.open("wb"), np.ones(3))  # an array alone
    refuse(ValueError, r"params\.npz is not an \.npz", tmp_path)
    np.savez(path, W_enc=np.array(["a", "b"]))
    refuse(ValueError, r"params\.npz: W_enc is <U1, wanted floating-point", tmp_path)


CHANGES = {
    "missing": (lambda w: w.pop("b_enc"), "lacks the tensor 'b_enc'; left in it: nothing"),
    "shape": (
        lambda w: w.update(b_enc=torch.ones(15)),
        r"b_enc has shape \[15\], wanted \[feature\] with feature = 16 from its configuration",
    ),
    "transposed": (
        lambda w: w.update(W_enc=w["W_enc"].T.contiguous()),
        r"W_enc has shape \[16, 6\], wanted \[d_in, feature\] with d_in = 6",
    ),
    "nan": (lambda w: w["W_dec"].__setitem__((3, 2), float("nan")), "W_dec holds NaN or infinity"),
    "whole": (lambda w: w.update(b_dec=torch.ones(6).long()), r"b_dec is torch.int64, wanted fl"),
    "more": (lambda w: w.update(W_skip=torch.ones(6, 6)), "also holds W_skip, which no dict"),
    "scaled": (lambda w: w.update(scaling_factor=torch.full((16,), 2.0)), "fine-tuned with a fact"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_tensors_that_do_not_fit_are_named(standard, change):
    path = standard / "sae_weights.safetensors"
    held = load_file(path)
    CHANGES[change][0](held)
    save_file(held, path)
    refuse(ValueError, rf"sae_weights\.safetensors.*{CHANGES[change][1]}", standard)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"architecture": "temporal"},
            r"cfg\.json: architecture 'temporal' has no form here.*gated",
        ),
        ({"architecture": None}, r"cfg\.json: architecture None has no form here"),
        ({"architecture": "batchtopk"}, r"checkpoint of a training.*save_inference_model\(folder"),
        ({"d_sae": "many"}, r"cfg\.json: d_sae is 'many', wanted a whole number"),
        ({"d_in": 7}, r"W_enc has shape \[6, 16\].*d_in = 7 from its configuration"),
        ({"architecture": "topk"}, r"cfg\.json: .*how many latents fire. Pass k="),
        ({"architecture": "topk", "k": 0}, r"cfg\.json: k is 0, wanted a whole number"),
        ({"normalize_activations": "covariance_whitening"}, "whitening has to be folded"),
        ({"architecture": "jumprelu"}, "lacks the tensor 'threshold'"),
        ({"activation_fn": "tanh-relu"}, "activation_fn 'tanh-relu', which SAELens no longer"),
    ],
)
def test_configurations_that_do_not_fit_are_named(standard, changes, message):
    path = standard / "cfg.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    refuse(ValueError, message, standard)


@pytest.mark.parametrize("text", ["", "{", "[1]", "\x00", "[" * 100_000])
def test_a_configuration_that_is_no_json(standard, text):
    (standard / "cfg.json").write_text(text)
    refuse(ValueError, r"cfg\.json (is not readable JSON|holds a list)", standard)


# places


def test_folders_that_hold_several_or_none(tmp_path, standard):
    for layer in range(3):
        held = some(weights(layer), *STANDARD)
        write_sae_lens(tmp_path / "many" / f"layer_{layer}", sae_lens_config("standard"), held)
    message = r"many holds 3 dictionaries; name one of its folders: layer_0, layer_1, layer_2\."
    refuse(ValueError, message, tmp_path / "many")
    assert torch.equal(SAE.load(tmp_path / "many" / "layer_1").W_enc, weights(1)["W_enc"])
    (tmp_path / "empty").mkdir()
    refuse(ValueError, r"of no format that is known.*it holds nothing", tmp_path / "empty")
    refuse(FileNotFoundError, "no folder or file.*'org/repo/folder@revision'", tmp_path / "no")
    refuse(TypeError, "from a folder, a file or a hub id; got int", 3)
    refuse(ValueError, "a format is one of sae_lens.*got 'npz'", standard, format="npz")
    assert SAE.load(str(standard)).d_sae == SAE.load(standard / "sae_weights.safetensors").d_sae
    sae = SAE.load(standard, site="L5.mlp_out")
    assert sae.site == "L5.mlp_out"


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """A hub whose repositories are folders; what is downloaded lands elsewhere and is noted."""
    import huggingface_hub
    from huggingface_hub import constants

    from interp_widgets.core import hub as our_hub

    there, cache, asked = tmp_path / "hub", tmp_path / "cache", []

    def listing(_self, repo, revision=None):
        root = there / repo
        if not root.is_dir():
            raise OSError("404 Client Error")
        return [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]

    def download(repo, name, revision=None):
        asked.append((name, revision))
        path = cache / repo / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((there / repo / name).read_bytes())
        return str(path)

    monkeypatch.setattr(huggingface_hub.HfApi, "list_repo_files", listing)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(our_hub, "cut_off", lambda: False)
    for layer in range(3):
        folder = there / "google/gemma-scope-2b-pt-res" / f"layer_{layer}/width_16k/average_l0_9"
        folder.mkdir(parents=True)
        held = some(weights(layer), *STANDARD, "threshold")
        np.savez(folder / "params.npz", **{name: tensor.numpy() for name, tensor in held.items()})
    held = some(weights(), *STANDARD)
    write_sae_lens(there / "me/mine", sae_lens_config("standard"), held)
    return asked


def test_a_repository_gives_the_files_of_one_dictionary(hub):
    folder = "layer_1/width_16k/average_l0_9"
    sae = SAE.load(f"google/gemma-scope-2b-pt-res/{folder}@abc")
    assert hub == [(f"{folder}/params.npz", "abc")]
    assert torch.equal(sae.W_enc, weights(1)["W_enc"])
    assert (sae.site, sae.model) == ("L1.resid_post", "google/gemma-2-2b")
    assert sae.metadata["file"] == f"google/gemma-scope-2b-pt-res/{folder}/params.npz"
    assert SAE.load("me/mine", revision="main").model == "gpt2-small"
    assert sorted(hub[1:]) == [("cfg.json", "main"), ("sae_weights.safetensors", "main")]
    named = SAE.load(f"google/gemma-scope-2b-pt-res/{folder}/params.npz")
    assert named.site == "L1.resid_post"


def test_a_repository_of_many_is_not_downloaded(hub, tmp_path):
    held = some(weights(), *STANDARD)
    half = write_sae_lens(tmp_path / "hub/me/half", sae_lens_config("standard"), held)
    (half / "cfg.json").unlink()
    refuse(FileNotFoundError, "me/half on the hub lacks cfg.json; it holds sae_w", "me/half")
    refuse(ValueError, "holds 3 dictionaries; name one", "google/gemma-scope-2b-pt-res")
    refuse(
        FileNotFoundError,
        "has no 'layer_9'; it holds layer_0/",
        "google/gemma-scope-2b-pt-res/layer_9",
    )
    refuse(OSError, "the hub does not list it: 404.*hf auth login", "no/such")
    assert hub == []


def test_without_a_network_what_was_downloaded_counts(monkeypatch, tmp_path, standard):
    import huggingface_hub
    from huggingface_hub.errors import LocalEntryNotFoundError

    from interp_widgets.core import hub as our_hub

    def snapshot(repo, revision=None, local_files_only=False):
        assert local_files_only
        if repo != "me/mine":
            raise LocalEntryNotFoundError("not cached")
        return str(standard)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot)
    monkeypatch.setattr(our_hub, "cut_off", lambda: True)
    assert SAE.load("me/mine").model == "gpt2-small"
    refuse(OSError, "neither a folder here nor downloaded before", "me/other")


# saving


def test_a_disk_that_fills_leaves_what_was_there(standard, monkeypatch):
    from safetensors import torch as safetensors_torch

    before, old = SAE.load(standard), sorted(path.name for path in standard.iterdir())
    new = SAE(**some(weights(5, features=20), *STANDARD))

    def full(tensors, path, metadata=None):
        Path(path).write_bytes(b"half of it")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(safetensors_torch, "save_file", full)
    with pytest.raises(OSError, match=r"could not be written.*No space left.*is unchanged"):
        new.save(standard)
    assert sorted(path.name for path in standard.iterdir()) == old
    assert torch.equal(SAE.load(standard).W_enc, before.W_enc)


KILLED = """
import os, signal, sys
from pathlib import Path
from interp_widgets.core.dictionary.sae import SAE
from tests.core.sae_files import STANDARD, some, weights

def save(folder, allowed):
    replace, moves = Path.replace, []
    def counted(self, target):
        if len(moves) == allowed:
            os.kill(os.getpid(), signal.SIGKILL)
        moves.append(target)
        return replace(self, target)
    Path.replace = counted
    SAE(**some(weights(5, features=20), *STANDARD)).save(folder)

for allowed, folder in enumerate(sys.argv[1:]):
    child = os.fork()
    if not child:
        save(folder, allowed)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_save_that_is_killed_leaves_the_old_or_the_new_pair(standard, tmp_path):
    """Killed at each move of a finished file to its place, the last time not at all."""
    folders = [tmp_path / f"killed_{moves}" for moves in range(4)]
    for folder in folders:
        shutil.copytree(standard, folder)
    command = [sys.executable, "-c", KILLED, *map(str, folders)]
    said = subprocess.check_output(command, cwd=Path(__file__).parents[2], text=True)
    assert [int(line) for line in said.split()] == [-signal.SIGKILL] * 3 + [0]
    for moves, folder in enumerate(folders):
        seed, features = (5, 20) if moves >= 2 else (0, 16)
        sae = SAE.load(folder)
        assert torch.equal(sae.W_enc, weights(seed, features=features)["W_enc"])
        sae.save(folder)  # and the next save is as any other, and clears what was left
        assert json.loads((folder / "cfg.json").read_text())["d_sae"] == features
        left = sorted(path.name for path in folder.iterdir())
        assert left == ["cfg.json", "sae_weights.safetensors"]


def test_a_save_that_fails_after_one_that_was_killed_loses_no_configuration(tmp_path):
    """Killed between weights and configuration; then metadata that is no JSON, then a good one."""
    SAE(**some(weights(), *STANDARD), activation="topk", k=3).save(tmp_path)
    path = tmp_path / "cfg.json"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:32]
    path.rename(tmp_path / f".cfg.json.{digest}")  # of these weights
    path.write_text("{}")  # of those before
    (tmp_path / f".cfg.json.{'0' * 32}").write_text("{}")  # of a save that came no further
    assert SAE.load(tmp_path).k == 3
    with pytest.raises(OSError, match="could not be written"):
        saving.write_pair(tmp_path / "sae_weights.safetensors", {}, tmp_path / "no/cfg.json", "{}")
    assert SAE.load(tmp_path).k == 3
    SAE(**some(weights(), *STANDARD), activation="topk", k=4).save(tmp_path)
    assert SAE.load(tmp_path).k == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "cfg.json",
        "sae_weights.safetensors",
    ]


def test_what_cannot_be_saved_says_so(tmp_path):
    sae = SAE(**some(weights(), *STANDARD))
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError, match="file is a file; the sae_lens format is a folder"):
        sae.save(tmp_path / "file")
    with pytest.raises(ValueError, match=r"'openai' is read, not written; written are.*sae_lens"):
        sae.save(tmp_path, format="openai")
    about = SAE(**some(weights(), *STANDARD), metadata={"when": io.StringIO()})
    with pytest.raises(ValueError, match=r"metadata.*JSON.*StringIO"):
        about.save(tmp_path / "new")
    assert not (tmp_path / "new").exists()
    grouped = SAE(**some(weights(), *STANDARD), activation="groupmax", k=4)
    with pytest.raises(ValueError, match=r"no groupmax dictionary.*format='sparsify'"):
        grouped.save(tmp_path)
    chosen = SAE(
        **some(weights(), *STANDARD), activation="topk", k=2, center=False, site_out="L1.z"
    )
    with pytest.raises(ValueError, match=r"no transcoder with topk.*format='sparsify'"):
        chosen.save(tmp_path)


def test_an_edited_configuration_counts(tmp_path):
    """Ours carry a digest of their configuration; what somebody changes by hand is still read."""
    SAE(**some(weights(), *STANDARD), activation="topk", k=3).save(tmp_path)
    path = tmp_path / "cfg.json"
    path.write_text(path.read_text().replace('"k": 3', '"k": 5'))
    assert SAE.load(tmp_path).k == 5
    assert saving.config_beside(tmp_path / "sae_weights.safetensors", path) == path
    assert formats.detect(tmp_path) == "sae_lens"
    assert SAE.load(tmp_path).encode(inputs()).count_nonzero() > 0
