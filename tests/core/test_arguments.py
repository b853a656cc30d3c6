"""Numbers as arguments: what is taken, and what is refused by its name."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from interp_widgets.core import memory
from interp_widgets.core.arguments import check_above, check_share, plain


def test_shares_and_what_is_above_zero():
    for fine in (0, 0.5, 1):
        check_share("decay", fine)
    for fine in (1e-30, 3):
        check_above("lr", fine)
    for check, wrong, said in (
        (check_share, 1.01, r"decay= is a share, 0 to 1; got 1\.01"),
        (check_share, -1, "decay= is a share, 0 to 1; got -1"),
        (check_share, float("nan"), "decay= is a finite number; got nan"),
        (check_above, 0, "decay= is above 0; got 0"),
        (check_above, float("inf"), "decay= is a finite number; got inf"),
    ):
        with pytest.raises(ValueError, match=said):
            check("decay", wrong)
    for check in (check_share, check_above):
        with pytest.raises(TypeError, match="decay= is a number; got True"):
            check("decay", True)


def test_numbers_of_other_libraries_become_plain():
    numbers = np.arange(3)[2], np.float32(2), torch.tensor(2), torch.tensor([1, 2]).argmax() + 1
    assert [plain(number) for number in numbers] == [2, 2.0, 2, 2]
    assert [type(plain(number)) for number in numbers] == [int, float, int, int]
    for other in (True, None, "2", [2], 2.5):
        assert plain(other) is other
    row = torch.ones(1)
    assert plain(row) is row


def test_free_memory_is_what_system_and_container_leave(tmp_path, monkeypatch):
    system = tmp_path / "meminfo"
    system.write_text("MemTotal: 900 kB\nMemAvailable: 500 kB\nSwapFree: 100 kB\nHugePages: 0\n")
    monkeypatch.setattr(memory, "_SYSTEM", system)
    monkeypatch.setattr(memory, "_CONTAINER", tmp_path)
    assert memory.free_memory() == 600 << 10
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.free_memory() == 600 << 10  # a container without a limit
    (tmp_path / "memory.max").write_text("409600\n")
    (tmp_path / "memory.current").write_text("300000\n")
    (tmp_path / "memory.stat").write_text("anon 100\ninactive_file 50000\n")
    assert memory.free_memory() == 409600 - 300000 + 50000
    assert memory.free_memory("meta") is None
    (tmp_path / "memory.max").write_text("max\n")
    system.unlink()
    assert memory.free_memory() > 1e8  # all there is
    assert (memory.in_words(1.5e9), memory.in_words(2e6)) == ("1.5 GB", "2.0 MB")
