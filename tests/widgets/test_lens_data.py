"""What a lens record looks like on the wire, and whether it comes back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

import interp_widgets as iw
from interp_widgets.widgets import _lens_data as lens_data
from interp_widgets.widgets._pack import plane, size, string_table
from tests.widgets.examples import PROMPT, model
from tests.widgets.synthetic import synthetic, unpack


def planes(packed: dict[str, Any]) -> dict[str, np.ndarray]:
    return {p["name"]: unpack(p) for p in packed["planes"]}


def texts(packed: dict[str, Any]) -> np.ndarray:
    return np.array(packed["strings"], dtype=object)[planes(packed)["top"].astype(int)]


def test_a_small_grid_goes_over_exactly() -> None:
    record = iw.logit_lens(model(), PROMPT, track=[" Austin"])
    side, rank = lens_data.grid(record), lens_data.rank_plane(record, 0)
    found = planes(side)
    assert np.array_equal(found["p"], record.top_probs.numpy())
    assert np.array_equal(found["entropy"], record.entropy.numpy())
    assert np.array_equal(found["kl"], record.kl.numpy())
    shown = [[[record.vocab[int(i)] for i in cell] for cell in row] for row in record.top_ids]
    assert texts(side).tolist() == shown
    assert found["p"].shape[-1] == 10
    assert side["rows"] == ["embed", "L0", "L1", "L2"]
    assert rank is not None
    assert np.array_equal(unpack(rank), record.track_ranks[..., 0].numpy())


def test_a_large_grid_keeps_within_18_bytes_a_cell() -> None:
    record = synthetic(80, 1024)
    packed = lens_data.grid(record)
    rank = lens_data.rank_plane(record, 0)
    assert rank is not None
    strings = sum(len(s.encode()) + 3 for s in packed["strings"])
    assert (size(packed["planes"]) + size([rank]) + strings) / (80 * 1024) <= 18
    found = planes(packed)
    k = found["p"].shape[-1]
    assert np.abs(found["p"] - record.top_probs.numpy()[..., :k]).max() < 0.005
    assert np.abs(found["entropy"] - record.entropy.numpy()).max() < 0.03
    near = unpack(rank)[record.track_ranks[..., 0].numpy() < 15]
    assert np.array_equal(near, record.track_ranks.numpy()[..., 0][record.track_ranks[..., 0] < 15])
    tops = [record.vocab[int(i)] for i in record.top_ids[:, :, 0].flatten()]
    assert texts(packed)[..., 0].flatten().tolist() == tops


@pytest.mark.parametrize(("rows", "cols"), [(9, 20), (80, 1024)])
def test_a_pinned_column_takes_4_kb_at_most(rows: int, cols: int) -> None:
    record = synthetic(rows, cols)
    trail = lens_data.trail(record, 7)
    assert size(trail["planes"]) <= 4096
    found = planes(trail)
    lines = sum(i not in set(record.track) for i in trail["ids"])
    assert trail["ids"][0] == int(record.top_ids[-1, 7, 0])
    exact = record.line_probs[:, 7, :lines].numpy()
    assert np.allclose(found["p"][:, :lines], exact, atol=1e-3)
    ranks = record.line_ranks[:, 7, :lines].numpy()
    assert np.abs(found["rank"][:, :lines] - ranks).max() <= 1
    assert trail["tracked"][-1]


def test_what_is_not_known_yet_arrives_as_not_known() -> None:
    full = iw.logit_lens(model(), PROMPT)
    unknown = replace(
        full,
        top_ids=full.top_ids * 0 - 1,
        top_probs=full.top_probs * float("nan"),
        check=float("nan"),
    )
    side = lens_data.grid(unknown)
    assert np.isnan(planes(side)["top"]).all()
    assert np.isnan(planes(side)["p"]).all()
    assert side["check"] is None  # JSON has no NaN


def test_curves_keep_zero_top_and_order() -> None:
    values = np.array([0.0, 1e-4, 0.01, 0.5, 1.0, np.nan])
    back = unpack(plane("p", values, "u8", "sqrt"))
    assert back[0] == 0
    assert back[4] == 1
    assert np.isnan(back[5])
    assert (np.diff(back[:5]) > 0).all()


def test_more_strings_than_two_bytes_count_are_each_its_own() -> None:
    ids = torch.arange(64 * 64 * 20, dtype=torch.int32).reshape(64, 64, 20)
    probs = torch.full(ids.shape, 0.05)
    record = replace(synthetic(64, 64), top_ids=ids, top_probs=probs, vocab={})
    assert np.array_equal(planes(lens_data.grid(record))["top"], ids.numpy())


def test_two_ids_with_one_text_stay_two_tokens() -> None:
    where, strings = string_table(np.array([[7, 3, -1]]), {3: " x", 7: " x"})
    assert where.tolist() == [[1, 0, -1]]
    assert strings == [" x", " x"]
