"""Files that are whole or not there: a full disk, what a kill leaves, damaged ones."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError
from safetensors import torch as safetensors_torch

import interp_widgets as iw
from interp_widgets.core.dictionary.labels import Labels
from interp_widgets.core.tensor_files import apart, digest_of, opened, read_tensors, write_whole


@pytest.mark.parametrize(
    "full",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        SafetensorError("I/O error: No space left on device (os error 28)"),
    ],
)
def test_a_record_on_a_full_disk_says_what_to_do_and_leaves_the_old_one(
    tmp_path, monkeypatch, full
):
    path = iw.overlap([[1.0, 0.0], [0.6, 0.8]]).save(tmp_path / "mine.safetensors")
    before = path.read_bytes()

    def fills(tensors, filename, metadata=None):
        Path(filename).write_bytes(b"half of it")
        raise full

    monkeypatch.setattr(safetensors_torch, "save_file", fills)
    with pytest.raises(OSError, match=r"mine\.safetensors could not.*No space left.*Make room"):
        iw.overlap([[1.0, 0.0]]).save(path)
    assert path.read_bytes() == before
    assert [left.name for left in tmp_path.iterdir()] == ["mine.safetensors"]


def test_labels_that_cannot_be_written_leave_the_old_table(tmp_path, monkeypatch):
    labels, path = Labels(4), tmp_path / "mine.csv"
    labels.set(1, "towns")
    labels.to_csv(path, 3)
    before = path.read_text()
    monkeypatch.setattr("csv.writer", lambda file: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        labels.to_csv(path, 3)
    assert path.read_text() == before
    assert [left.name for left in tmp_path.iterdir()] == ["mine.csv"]


def test_what_a_kill_left_goes_with_the_next_save(tmp_path):
    left = tmp_path / ".a.txt.part"
    left.mkdir()
    (left / "a.txt").write_text("half")
    write_whole(tmp_path / "a.txt", lambda part: part.write_text("whole"))
    assert (tmp_path / "a.txt").read_text() == "whole"
    assert not left.exists()


def test_tensors_that_share_memory_are_written_apart():
    one = torch.arange(6.0).view(2, 3)
    held = apart({"a": one, "b": one.T, "c": one[:1]})
    assert len({tensor.untyped_storage().data_ptr() for tensor in held.values()}) == 3
    assert torch.equal(held["b"], one.T)
    assert all(tensor.is_contiguous() for tensor in held.values())


def test_a_digest_is_of_names_shapes_and_numbers():
    one = {"a": torch.arange(6.0).view(2, 3), "b": torch.ones(2)}
    same = digest_of({"b": torch.ones(2), "a": torch.arange(6.0).view(2, 3)})
    assert digest_of(one) == same
    others = (
        {**one, "b": torch.ones(3)},
        {**one, "a": one["a"].view(3, 2)},
        {**one, "b": torch.ones(2).double()},
        {"a": one["a"], "c": one["b"]},
    )
    assert len({digest_of(other) for other in others} | {same, digest_of(one, "told")}) == 6


def test_what_is_no_safetensors_file_is_named(tmp_path):
    path = tmp_path / "x.safetensors"
    with pytest.raises(FileNotFoundError, match=r"no file .*x\.safetensors"):
        read_tensors(path)
    path.write_bytes(b"\x80\x04pickle" * 9)
    with pytest.raises(ValueError, match=r"x\.safetensors is not a readable safetensors file"):
        read_tensors(path)
    safetensors_torch.save_file({"a": torch.ones(2)}, path)
    with (
        pytest.raises(ValueError, match=r"x\.safetensors is not a readable.*\bb\b"),
        opened(path) as file,
    ):
        file.get_tensor("b")
