"""The sweep engine equals a slow loop of plain hooks, on every architecture row and at every place.

A slow loop is one whole forward a cell, with a hook that copies one slice of the other run.
"""

from __future__ import annotations

import copy
import threading

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

import interp_widgets as iw
from interp_widgets.core.hooks import captured, hooked, lock_of, resumed
from interp_widgets.core.patching import sweep as engine
from interp_widgets.core.patching.base_run import run_base
from interp_widgets.core.patching.intervention import Patch, chosen, grid
from interp_widgets.core.patching.rows import RowMaker
from interp_widgets.core.patching.sweep import sweep
from interp_widgets.core.sites import Site
from tests.core.conftest import hooks_on, make

CLEAN, CORRUPT = "the capital of Texas is Austin in", "the city of Rome is Dallas in"
TOLERANCE = 1e-6
KINDS = ("resid_pre", "resid_post", "attn_out", "mlp_out", "z", "q", "k", "v", "mlp_post")


def swept(model, cells, base=CORRUPT, donor=CLEAN) -> torch.Tensor:
    """Logits ``[cell, vocab]`` by the engine."""
    run = run_base(model, model.ids(base))
    maker = RowMaker(run, cells, model.ids(donor))
    out = torch.full((len(cells), model.d_vocab), float("nan"), dtype=torch.float64)
    for found, logits in sweep(run, [maker.row(cell) for cell in cells]):
        assert out[found].isnan().all()  # every row once
        out[found] = logits.cpu().double()
    assert not out.isnan().any()
    return out


def looped(model, cells, base=CORRUPT, donor=CLEAN) -> torch.Tensor:
    """The same by plain hooks, a forward a cell."""
    names = sorted({patch.site for cell in cells for patch in cell})
    with captured(model, names) as found:
        model.run(model.ids(donor)[None])
    given = {str(site): value for site, value in found.items()}

    def copier(patch):
        def edit(x):
            new, here = x.clone(), slice(None) if patch.pos is None else patch.pos
            new[:, here] = given[patch.site][:, here]
            return new

        return edit

    rows = []
    for cell in cells:
        with hooked(model, {patch.site: copier(patch) for patch in cell}):
            rows.append(model.logits(model.ids(base)[None])[0, -1])
    return torch.stack(rows).cpu().double()


@pytest.mark.parametrize("kind", KINDS)
def test_a_sweep_by_position_equals_the_slow_loop(model, kind):
    cells = grid(model, kind, "position", model.tokens(CORRUPT)).cells
    wanted = looped(model, cells)
    assert (swept(model, cells) - wanted).abs().max() <= TOLERANCE
    assert (wanted - wanted[0]).abs().max() > 1e-3  # the patches do something


def test_sweeps_by_head_neuron_and_layer_equal_the_slow_loop(model):
    tokens = model.tokens(CORRUPT)
    for kind, per in [("z", "head"), ("k", "head"), ("q", "head_position"), ("mlp_out", "layer")]:
        cells = grid(model, kind, per, tokens).cells
        assert (swept(model, cells) - looped(model, cells)).abs().max() <= TOLERANCE, (kind, per)
    cells = grid(model, "mlp_post", "neuron", tokens).cells[::17]
    assert (swept(model, cells) - looped(model, cells)).abs().max() <= TOLERANCE


def test_patches_that_act_together_equal_the_slow_loop(model):
    cells = chosen(
        model,
        [
            ["L0.z.1", Patch("L2.z.3", pos=3), Patch("L1.mlp_out", pos=-1)],
            ["L1.attn_out", "L1.mlp_out"],
            ["L0.k.0", "L0.v.0", Patch("L2.resid_pre", pos=(2, 4))],
            ["L*.mlp_out"],
        ],
        length=len(model.ids(CORRUPT)),
    ).cells
    assert (swept(model, cells) - looped(model, cells)).abs().max() <= TOLERANCE


def test_resid_mid_is_what_the_mlp_makes_resid_post_of(model):
    """The MLP sees one position, so a patch between the blocks is the same patch after them."""
    if model.parallel:
        with pytest.raises(ValueError, match="nothing lies between"):
            grid(model, "resid_mid", "position", model.tokens(CORRUPT))
        return
    tokens = model.tokens(CORRUPT)
    between = swept(model, grid(model, "resid_mid", "position", tokens).cells)
    after = looped(model, grid(model, "resid_post", "position", tokens).cells)
    assert (between - after).abs().max() <= TOLERANCE


def test_the_pattern_is_what_queries_and_keys_make(model):
    layers = range(model.n_layers)
    pattern = tuple((Patch(f"L{layer}.pattern"),) for layer in layers)
    made = tuple((Patch(f"L{layer}.q"), Patch(f"L{layer}.k")) for layer in layers)
    assert (swept(model, pattern) - looped(model, made)).abs().max() <= TOLERANCE
    # With other values below, which a patched pattern then reads.
    below = tuple((Patch("L0.resid_pre", pos=3), *cell) for cell in pattern)
    wanted = looped(model, tuple((Patch("L0.resid_pre", pos=3), *cell) for cell in made))
    assert (swept(model, below) - wanted).abs().max() <= TOLERANCE
    if model.n_kv_heads == model.n_heads:  # else a key head serves several patterns
        heads = grid(model, "pattern", "head", model.tokens(CORRUPT)).cells
        made = tuple(
            (Patch(f"L{layer}.q.{h}"), Patch(f"L{layer}.k.{h}"))
            for layer in layers
            for h in range(model.n_heads)
        )
        assert (swept(model, heads) - looped(model, made)).abs().max() <= TOLERANCE


def test_the_whole_stream_is_the_other_run_and_nothing_is_this_one(model):
    cells = tuple((Patch(f"L{layer}.resid_pre"),) for layer in range(model.n_layers))
    other = model.logits(model.ids(CLEAN)[None])[0, -1].cpu().double()
    assert (swept(model, cells) - other).abs().max() <= TOLERANCE
    run = run_base(model, model.ids(CORRUPT))
    maker = RowMaker(run, cells, model.ids(CORRUPT))
    rows = [maker.row(cell) for cell in cells]
    assert all(not row.writes for row in rows)  # nothing changes, nothing runs
    own = model.logits(model.ids(CORRUPT)[None])[0, -1]
    ((found, logits),) = sweep(run, rows)
    assert found == list(range(len(cells)))
    assert (logits - own).abs().max() <= TOLERANCE


def test_values_of_the_callers_own(model):
    length, d = len(model.ids(CORRUPT)), model.d_model
    vector = torch.linspace(-1, 1, d, dtype=torch.float64)
    cells = chosen(
        model,
        [
            Patch("L1.z.2", value=0.0),
            Patch("L1.mlp_out", pos=2, value=vector),
            Patch("L1.resid_pre", value=vector, add=True),
            Patch("L2.resid_post", pos=-1, value=vector, add=True),
            Patch("L0.mlp_post.5", pos=(1, 3), value=2.0),
            Patch("embed", pos=1, value=vector),
        ],
        length,
    ).cells

    def setter(pos, value, add=False):
        def edit(x):
            new = x.clone()
            new[:, pos] = (value.to(x) if torch.is_tensor(value) else value) + (x[:, pos] * add)
            return new

        return edit

    edits = [
        {"L1.z.2": setter(slice(None), 0.0)},
        {"L1.mlp_out": setter(2, vector)},
        {"L1.resid_pre": setter(slice(None), vector, True)},
        {"L2.resid_post": setter(length - 1, vector, True)},
        {"L0.mlp_post.5": setter([1, 3], 2.0)},
        {"embed": setter(1, vector)},
    ]
    for got, edit in zip(swept(model, cells), edits, strict=True):
        with hooked(model, edit):
            wanted = model.logits(model.ids(CORRUPT)[None])[0, -1].cpu()
        assert (got - wanted).abs().max() <= TOLERANCE, list(edit)


def test_every_row_of_the_table_resumes_half_way(model):
    assert run_base(model, model.ids(CORRUPT)).resumes


def test_inside_a_block_of_the_callers_the_whole_model_runs_with_it(gpt2):
    """An edit around a sweep stays in force, which a run started half-way could not promise."""
    cells = grid(gpt2, "z", "head", gpt2.tokens(CORRUPT)).cells
    plain = swept(gpt2, cells)
    with hooked(gpt2, {"L0.mlp_out": lambda x: x * 0}):
        assert not run_base(gpt2, gpt2.ids(CORRUPT)).resumes
        assert (swept(gpt2, cells) - looped(gpt2, cells)).abs().max() < 1e-4
        assert (swept(gpt2, cells) - plain).abs().max() > 1e-2
        record = iw.activation_patching(gpt2, CLEAN, CORRUPT, " Austin", " Paris")
        assert not record.resumed
        assert "whole forward" in record.describe()
        assert abs(record.check_whole - 1) < 1e-4


def test_other_threads_and_copies_see_the_model_as_it_is(gpt2):
    ids = gpt2.ids(CORRUPT)[None]
    before = gpt2.hf(ids).logits
    run = run_base(gpt2, ids[0])
    seen, copied = [], []

    def look():
        seen.append(gpt2.hf(ids).logits)
        copied.append(copy.deepcopy(gpt2.hf))

    with resumed(gpt2, {2: run.rows(2, 0, 1)}, {}):
        other = threading.Thread(target=look)
        other.start()
        other.join()
        low = gpt2.hf.get_submodule("transformer.h.0")
        assert "forward" in vars(low)
    assert "forward" not in vars(low)
    assert hooks_on(gpt2.hf) == 0
    assert torch.equal(seen[0], before)
    gpt2_weight = gpt2.hf.lm_head.weight.detach().clone()
    with torch.no_grad():  # a copy's layers are its own
        for weight in copied[0].parameters():
            weight.zero_()
    assert torch.equal(gpt2.hf.lm_head.weight, gpt2_weight)
    assert copied[0](ids).logits.abs().max() == 0


def test_a_forward_that_was_replaced_before_comes_back(gpt2):
    layer = gpt2.layers[0]
    own, calls = layer.forward, []

    def counted(*args, **kwargs):
        calls.append(1)
        return own(*args, **kwargs)

    layer.forward = counted
    try:
        cells = grid(gpt2, "resid_pre", "position", gpt2.tokens(CORRUPT)).cells
        swept(gpt2, cells)
        assert layer.forward is counted
        assert calls
    finally:
        del layer.forward


class Scarce(TorchDispatchMode):
    """Memory where no tensor above a number of bytes can be had."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most, self.refused, self.largest = most, 0, 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        new = not any(found.alias_info for found in func._schema.returns)  # no view of another
        if isinstance(out, torch.Tensor) and new:
            self.largest = max(self.largest, out.nbytes)
            if out.nbytes > self.most:
                self.refused += 1
                raise torch.OutOfMemoryError(f"tried to allocate {out.nbytes} bytes")
        return out


def test_out_of_memory_halves_batches_and_the_numbers_stay():
    model = make("llama")
    cells = grid(model, "mlp_post", "neuron", model.tokens(CORRUPT)).cells
    wanted = swept(model, cells)
    run = run_base(model, model.ids(CORRUPT))
    maker = RowMaker(run, cells, model.ids(CLEAN))
    rows = [maker.row(cell) for cell in cells]
    with Scarce(1 << 40) as plenty:
        list(sweep(run, rows))
    with Scarce(plenty.largest // 5) as scarce:
        parts = list(sweep(run, rows))
    assert 1 <= scarce.refused <= 5  # halved, and remembered
    assert hooks_on(model.hf) == 0
    got = torch.empty_like(wanted)
    for found, logits in parts:
        got[found] = logits.double()
    assert (got - wanted).abs().max() <= TOLERANCE
    with Scarce(100), pytest.raises(torch.OutOfMemoryError):  # not even one row
        list(sweep(run, rows))
    assert hooks_on(model.hf) == 0
    assert not lock_of(model.hf)._is_owned()


def test_a_budget_bounds_batches(monkeypatch):
    model = make("gpt2")
    cells = grid(model, "z", "head_position", model.tokens(CORRUPT)).cells
    wanted = swept(model, cells)
    monkeypatch.setitem(engine.BUDGET, "cpu", 1)
    run = run_base(model, model.ids(CORRUPT))
    maker = RowMaker(run, cells, model.ids(CLEAN))
    parts = list(sweep(run, [maker.row(cell) for cell in cells]))
    ran = [found for found, _ in parts[1:]]  # the first are those that nothing changes in
    assert {len(found) for found in ran} == {1}
    assert (swept(model, cells) - wanted).abs().max() <= TOLERANCE


def test_closing_a_sweep_leaves_nothing(gpt2):
    cells = grid(gpt2, "resid_pre", "position", gpt2.tokens(CORRUPT)).cells
    run = run_base(gpt2, gpt2.ids(CORRUPT))
    maker = RowMaker(run, cells, gpt2.ids(CLEAN))
    steps = sweep(run, [maker.row(cell) for cell in cells])
    next(steps)
    assert hooks_on(gpt2.hf) == 0
    assert not lock_of(gpt2.hf)._is_owned()
    steps.close()


def test_an_interrupt_inside_a_patched_run_leaves_nothing(gpt2):
    run = run_base(gpt2, gpt2.ids(CORRUPT))

    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.finals({1: 2, 2: 1}, 3, {Site(2, "mlp_out"): stop})
    assert hooks_on(gpt2.hf) == 0
    assert all("forward" not in vars(layer) for layer in gpt2.layers)


def test_bad_interventions_are_refused(gpt2):
    length = len(gpt2.ids(CORRUPT))
    for cells, error, said in [
        ("L1.z", TypeError, "cells= is a list"),
        ([], ValueError, "empty"),
        ([[]], ValueError, "without a patch"),
        ([3], TypeError, "a place, a Patch"),
        (["L1.zz"], ValueError, "is not a place"),
        (["L7.z"], ValueError, "3 layers"),
        (["L1.z.9"], ValueError, "4 heads"),
        (["L1.mlp_in"], ValueError, "cannot be patched"),
        ([Patch("L1.z", pos=99)], ValueError, "positions go from 0"),
        ([Patch("L1.z", pos=1.5)], ValueError, "positions go from 0"),
    ]:
        with pytest.raises(error, match=said):
            chosen(gpt2, cells, length)
    for kind, per, said in [
        ("resid", "layer", "kind of place"),
        ("resid_pre", "head", "per= of resid_pre"),
        ("z", "neuron", "per= of z"),
    ]:
        with pytest.raises(ValueError, match=said):
            grid(gpt2, kind, per, gpt2.tokens(CORRUPT))
    run = run_base(gpt2, gpt2.ids(CORRUPT))
    cell = (Patch("L1.z.0", value=torch.zeros(3)),)
    with pytest.raises(ValueError, match="does not broadcast"):
        RowMaker(run, (cell,)).row(cell)
    cell = (Patch("L1.z.0"),)
    with pytest.raises(ValueError, match="no other run"):
        RowMaker(run, (cell,)).row(cell)
