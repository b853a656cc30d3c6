"""Encoding and decoding by active latents against the same written densely."""

from __future__ import annotations

import warnings

import pytest
import torch
from torch import Tensor

import interp_widgets as iw
from interp_widgets.core.dictionary import dense_relu
from interp_widgets.core.dictionary.dense_relu import relu_autoencode
from interp_widgets.core.dictionary.selection import group_count, largest
from interp_widgets.core.dictionary.sparse import (
    SparseCodes,
    encoder_layout,
    sparse_decode,
    topk_codes,
)
from interp_widgets.core.dictionary.sparse_above import (
    batch_topk_codes,
    codes_above,
    share_above,
)
from interp_widgets.core.dictionary.workspace import Workspace

NAMES = ("x", "W_enc", "b_enc", "W_dec", "b_dec")


def parts(batch=37, d=12, width=96, dtype=torch.float64, device="cpu", seed=0) -> dict[str, Tensor]:
    """Random activations and parameters, W_enc latent by latent in memory."""
    drawn = torch.Generator().manual_seed(seed)
    shapes = {
        "x": (batch, d),
        "W_enc": (d, width),
        "b_enc": (width,),
        "W_dec": (width, d),
        "b_dec": (d,),
    }
    made = {
        name: torch.randn(shape, generator=drawn, dtype=torch.float64).to(device, dtype)
        for name, shape in shapes.items()
    }
    made["W_enc"] = encoder_layout(made["W_enc"])
    return {name: value.requires_grad_() for name, value in made.items()}


def dense_topk(pre: Tensor, k: int, scale: Tensor | None = None) -> Tensor:
    """Codes of the k largest, ``[batch, feature]``, by a sort."""
    judged = pre if scale is None else pre * scale
    kept = judged.detach().sort(dim=1, descending=True).indices[:, :k]
    return torch.zeros_like(pre).scatter(1, kept, pre.gather(1, kept).relu())


def slopes(loss: Tensor, made: dict[str, Tensor]) -> dict[str, Tensor]:
    found = torch.autograd.grad(loss, [made[name] for name in NAMES])
    return dict(zip(NAMES, found, strict=True))


def judged(codes: Tensor, out: Tensor, made: dict[str, Tensor]) -> Tensor:
    """A loss in which codes and reconstruction both count."""
    return (out - made["x"]).square().sum() / 7 + (codes * codes.detach().cos()).sum()


def close(got: dict[str, Tensor], wanted: dict[str, Tensor], rtol: float) -> None:
    for name in NAMES:
        error = (got[name] - wanted[name]).abs().max() / wanted[name].abs().max()
        assert error < rtol, (name, float(error))


@pytest.mark.parametrize("k", [1, 5, 96])
@pytest.mark.parametrize("width", [96, 97])
@pytest.mark.parametrize("center", [False, True])
def test_topk_equals_dense(k, width, center):
    made = parts(width=width)
    shift = made["b_dec"] if center else None
    codes, aux = topk_codes(made["x"], made["W_enc"], made["b_enc"], k, center=shift)
    assert aux is None
    assert codes.k == k
    assert codes.batch == 37
    out = sparse_decode(codes, made["W_dec"], made["b_dec"])
    got = slopes(judged(codes.dense(), out, made), made)
    x = made["x"] - made["b_dec"] if center else made["x"]
    wanted = dense_topk(x @ made["W_enc"] + made["b_enc"], k)
    whole = wanted @ made["W_dec"] + made["b_dec"]
    assert torch.allclose(codes.dense(), wanted, rtol=1e-12, atol=1e-12)
    assert torch.allclose(out, whole, rtol=1e-12, atol=1e-12)
    assert torch.equal(codes.fired, (wanted > 0).sum(0).float())
    assert float(codes.l0) == pytest.approx(float((wanted > 0).sum(1).double().mean()))
    close(got, slopes(judged(wanted, whole, made), made), 1e-10)


def test_gradcheck():
    made = parts(batch=3, d=4, width=24)

    def whole(*given: Tensor) -> Tensor:
        x, W_enc, b_enc, W_dec, b_dec = given
        codes, _ = topk_codes(x, W_enc, b_enc, 3, center=b_dec)
        return sparse_decode(codes, W_dec, b_dec)

    assert torch.autograd.gradcheck(whole, tuple(made[name] for name in NAMES))


@pytest.mark.parametrize("workspace", [None, Workspace()])
def test_dead_latents_have_codes_of_their_own(workspace):
    made = parts()
    dead = torch.tensor([3, 4, 50, 51, 52, 90])
    for _ in range(2):  # the second time in memory that holds the first
        if workspace is not None:
            workspace.reset()
        codes, aux = topk_codes(
            made["x"],
            made["W_enc"],
            made["b_enc"],
            8,
            center=made["b_dec"],
            dead=dead,
            k_aux=4,
            workspace=workspace,
        )
        assert aux is not None
        assert set(aux.indices.tolist()) <= set(dead.tolist())
        both = sparse_decode(SparseCodes.stack([codes, aux]), made["W_dec"], workspace=workspace)
        out, missed = both[:37] + made["b_dec"], both[37:]
        got = slopes(judged(codes.dense(), out, made) + missed.cos().sum(), made)
    pre = (made["x"] - made["b_dec"]) @ made["W_enc"] + made["b_enc"]
    wanted = dense_topk(pre, 8)
    only = torch.full_like(pre, -torch.inf)
    # The codes of dead latents tell the centre nothing.
    apart = (made["x"] - made["b_dec"].detach()) @ made["W_enc"] + made["b_enc"]
    only[:, dead] = apart[:, dead]
    ghosts = dense_topk(only, 4)
    assert torch.allclose(aux.dense(), ghosts, rtol=1e-12, atol=1e-12)
    whole = wanted @ made["W_dec"] + made["b_dec"]
    total = judged(wanted, whole, made) + (ghosts @ made["W_dec"]).cos().sum()
    close(got, slopes(total, made), 1e-10)


def test_scale_chooses_and_leaves_values():
    made = parts()
    scale = torch.linspace(0.1, 3, 96, dtype=torch.float64)
    codes, _ = topk_codes(made["x"], made["W_enc"], made["b_enc"], 6, scale=scale)
    pre = made["x"] @ made["W_enc"] + made["b_enc"]
    assert torch.allclose(codes.dense(), dense_topk(pre, 6, scale), rtol=1e-12, atol=1e-12)
    assert not torch.allclose(codes.dense(), dense_topk(pre, 6))


def test_rows_in_parts_are_the_rows_at_once(monkeypatch):
    from interp_widgets.core.dictionary import sparse

    made = parts(batch=50)
    one, _ = topk_codes(made["x"], made["W_enc"], made["b_enc"], 4)
    monkeypatch.setattr(sparse, "_ROWS", 7)
    monkeypatch.setattr(sparse, "_CHUNK", 1)
    two, _ = topk_codes(made["x"], made["W_enc"], made["b_enc"], 4, workspace=Workspace())
    assert torch.allclose(one.dense(), two.dense(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize(("width", "k"), [(2048, 32), (96, 5), (97, 5), (640, 1), (64, 64)])
def test_largest_are_the_largest(dtype, width, k):
    judged = torch.randn(64, width, generator=torch.Generator().manual_seed(1)).to(dtype)
    judged[0] = -judged[0].abs()  # nothing above 0: any will do, but each only once
    judged[1, 3:] = 0.0
    found = largest(judged, k)
    assert all(len(set(row)) == k for row in found.tolist())
    got = judged.gather(1, found).relu().sort(dim=1).values
    assert torch.equal(got, judged.relu().topk(k, dim=1).values.flip(1))


def test_groups_divide_and_save():
    assert group_count(2048, 32) == 256
    assert group_count(16384, 32) in (512, 1024)
    assert group_count(97, 5) is None
    assert group_count(64, 64) is None


def test_memory_is_used_again():
    made, workspace = parts(dtype=torch.float32), Workspace()
    held = []
    for _ in range(3):
        workspace.reset()
        codes, _ = topk_codes(made["x"], made["W_enc"], made["b_enc"], 4, workspace=workspace)
        out = sparse_decode(codes, made["W_dec"], made["b_dec"], workspace=workspace)
        found = slopes(judged(codes.dense(), out, made), made)
        held.append((workspace.nbytes, found["W_dec"].data_ptr(), found["W_enc"].data_ptr()))
    assert len(set(held)) == 1
    assert found["W_enc"].stride() == made["W_enc"].stride()  # as Adam's own kernel wants it


def test_a_row_major_encoder_gets_a_row_major_gradient():
    made = parts()
    made["W_enc"] = made["W_enc"].detach().contiguous().requires_grad_()
    codes, _ = topk_codes(made["x"], made["W_enc"], made["b_enc"], 4)
    (slope,) = torch.autograd.grad(codes.values.sum(), made["W_enc"])
    assert slope.is_contiguous()


def test_stacked_and_replaced_values():
    made = parts()
    one, _ = topk_codes(made["x"], made["W_enc"], made["b_enc"], 4)
    two, _ = topk_codes(made["x"], made["W_enc"], made["b_enc"], 7)
    both = SparseCodes.stack([one, two])
    assert both.k is None
    assert both.batch == 74
    assert torch.equal(both.dense(), torch.cat([one.dense(), two.dense()]))
    assert torch.equal(both.rows, torch.arange(74).repeat_interleave(both.offsets.diff()))
    direct = torch.cat([one.dense(), two.dense()]) @ made["W_dec"]
    assert torch.allclose(sparse_decode(both, made["W_dec"]), direct, rtol=1e-12, atol=1e-12)
    assert torch.equal(one.with_values(one.values * 2).dense(), one.dense() * 2)


def test_refusals_and_silence():
    made = parts()
    with pytest.raises(ValueError, match="k is 1 to 96, the number of latents; got 97"):
        topk_codes(made["x"], made["W_enc"], made["b_enc"], 97)
    dead = torch.tensor([1, 2])
    with pytest.raises(ValueError, match="k_aux is 1 to 2, the number of dead latents; got 3"):
        topk_codes(made["x"], made["W_enc"], made["b_enc"], 4, dead=dead, k_aux=3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        codes, aux = topk_codes(
            made["x"], made["W_enc"], made["b_enc"], 4, dead=torch.tensor([]), k_aux=3
        )
        sparse_decode(codes, made["W_dec"]).sum().backward()
    assert aux is None


@pytest.mark.gpu
def test_on_a_gpu():
    here, there = parts(dtype=torch.float32), parts(dtype=torch.float32, device="cuda")
    found = []
    for made in (here, there):
        codes, _ = topk_codes(made["x"], made["W_enc"], made["b_enc"], 8, center=made["b_dec"])
        out = sparse_decode(codes, made["W_dec"], made["b_dec"])
        got = slopes(judged(codes.dense(), out, made), made)
        found.append({name: value.cpu() for name, value in got.items()})
    close(found[1], found[0], 1e-4)


def dense_batch_topk(pre: Tensor, count: int, scale: Tensor | None = None) -> Tensor:
    """Codes of the ``count`` largest of all rows, by a sort."""
    judged = pre.relu() if scale is None else pre.relu() * scale
    kept = judged.detach().flatten().sort(descending=True).indices[:count]
    return torch.zeros_like(pre).flatten().scatter(0, kept, pre.relu().flatten()[kept]).view_as(pre)


@pytest.mark.parametrize("k", [0.3, 5, 7.5, 60])
@pytest.mark.parametrize("scaled", [False, True])
def test_the_largest_of_a_batch(k, scaled):
    made = parts()
    scale = torch.linspace(0.1, 3, 96, dtype=torch.float64) if scaled else None
    dead = torch.tensor([1, 5, 70])
    codes, aux = batch_topk_codes(
        made["x"],
        made["W_enc"],
        made["b_enc"],
        k,
        center=made["b_dec"],
        scale=scale,
        dead=dead,
        k_aux=2,
    )
    assert aux is not None
    out = sparse_decode(codes, made["W_dec"], made["b_dec"])
    ghosts = sparse_decode(aux, made["W_dec"])
    got = slopes(judged(codes.dense(), out, made) + ghosts.cos().sum(), made)
    pre = (made["x"] - made["b_dec"]) @ made["W_enc"] + made["b_enc"]
    wanted = dense_batch_topk(pre, int(k * 37), scale)
    only = torch.full_like(pre, -torch.inf)
    apart = (made["x"] - made["b_dec"].detach()) @ made["W_enc"] + made["b_enc"]
    only[:, dead] = apart[:, dead]
    revived = dense_topk(only, 2, scale) @ made["W_dec"]
    whole = wanted @ made["W_dec"] + made["b_dec"]
    assert torch.allclose(codes.dense(), wanted, rtol=1e-12, atol=1e-12)
    assert len(codes.values) == min(int(k * 37), int((pre > 0).sum()))
    close(got, slopes(judged(wanted, whole, made) + revived.cos().sum(), made), 1e-10)


def test_a_batch_unlike_its_first_rows():
    made = parts(batch=256)
    with torch.no_grad():
        made["x"][::4] *= 100  # the rows that the floor is guessed from
    codes, _ = batch_topk_codes(made["x"], made["W_enc"], made["b_enc"], 20)
    pre = made["x"] @ made["W_enc"] + made["b_enc"]
    assert torch.allclose(codes.dense(), dense_batch_topk(pre, 20 * 256), rtol=1e-12, atol=1e-12)
    with torch.no_grad():
        made["b_enc"] -= 1000  # hardly anything is above 0
    codes, _ = batch_topk_codes(made["x"], made["W_enc"], made["b_enc"], 20)
    pre = made["x"] @ made["W_enc"] + made["b_enc"]
    assert torch.allclose(codes.dense(), pre.relu(), rtol=1e-12, atol=1e-12)


def test_equal_ones_are_not_more_than_wanted():
    made = parts()
    with torch.no_grad():
        made["W_enc"].zero_()
        made["b_enc"].fill_(1.0)
    codes, _ = batch_topk_codes(made["x"], made["W_enc"], made["b_enc"], 4)
    assert len(codes.values) == 4 * 37
    with pytest.raises(ValueError, match="k is above 0 and at most 96"):
        batch_topk_codes(made["x"], made["W_enc"], made["b_enc"], 97)


def test_all_above_a_floor():
    made = parts()
    floor = torch.linspace(-1, 4, 96, dtype=torch.float64)
    codes = codes_above(made["x"], made["W_enc"], made["b_enc"], floor, center=made["b_dec"])
    out = sparse_decode(codes, made["W_dec"], made["b_dec"])
    got = slopes(judged(codes.dense(), out, made), made)
    pre = (made["x"] - made["b_dec"]) @ made["W_enc"] + made["b_enc"]
    wanted = torch.where(pre > floor, pre, 0)
    assert torch.allclose(codes.dense(), wanted, rtol=1e-12, atol=1e-12)
    whole = wanted @ made["W_dec"] + made["b_dec"]
    close(got, slopes(judged(wanted, whole, made), made), 1e-10)
    share = share_above(made["x"], made["W_enc"], made["b_enc"], floor, center=made["b_dec"])
    assert share == pytest.approx(float((wanted != 0).double().mean()), rel=1e-6)


@pytest.mark.parametrize("few", [False, True])
@pytest.mark.parametrize("center", [False, True])
def test_relu_equals_autograd(monkeypatch, few, center):
    monkeypatch.setattr(dense_relu, "_FEW", 1.0 if few else 0.0)
    monkeypatch.setattr(dense_relu, "_rows", lambda shape: 10)
    made, workspace = parts(), Workspace()
    shift = made["b_dec"] if center else None
    x, W_enc, b_enc, W_dec, b_dec = (made[name] for name in NAMES)
    for _ in range(2):
        workspace.reset()
        out, mean, fired = relu_autoencode(
            x, W_enc, b_enc, W_dec, b_dec, center=shift, workspace=workspace
        )
        got = slopes(judged(mean, out, made) + (mean * W_dec.norm(dim=1)).sum(), made)
    codes = ((x - b_dec if center else x) @ W_enc + b_enc).relu()
    whole, level = codes @ W_dec + b_dec, codes.mean(0)
    assert torch.equal(fired, (codes > 0).sum(0).float())
    assert torch.allclose(out, whole, rtol=1e-12, atol=1e-12)
    assert torch.allclose(mean, level, rtol=1e-12, atol=1e-12)
    wanted = slopes(judged(level, whole, made) + (level * W_dec.norm(dim=1)).sum(), made)
    close(got, wanted, 1e-10)


@pytest.mark.parametrize("d_sae", [8, 24])
def test_training_is_plain_adam_on_the_dense_loss(d_sae):
    """Five steps of a run, memory reused, against the same written out; a square one too."""
    x = torch.randn(64, 8, generator=torch.Generator().manual_seed(3))
    run = iw.train_sae(
        x,
        variant="topk",
        d_sae=d_sae,
        k=3,
        batch_size=64,
        steps=5,
        lr=1e-2,
        warmup=0,
        decay=0.0,
        normalize="none",
        clip=None,
    )
    made = {name: value.detach().clone() for name, value in run._loop.parameters.items()}
    leaves = {name: value.contiguous().requires_grad_() for name, value in made.items()}
    adam = torch.optim.Adam(leaves.values(), lr=1e-2)
    spread = x.double().var(0, correction=0).sum()
    for step in run:
        pre = (x - leaves["b_dec"]) @ leaves["W_enc"] + leaves["b_enc"]
        out = dense_topk(pre, 3) @ leaves["W_dec"] + leaves["b_dec"]
        mse = (out - x).square().sum(1).mean()
        assert step.mse == pytest.approx(mse.item(), rel=1e-4)
        adam.zero_grad()
        (mse / spread).backward()
        W, slope = leaves["W_dec"], leaves["W_dec"].grad
        assert slope is not None
        with torch.no_grad():
            slope -= (slope * W).sum(1, keepdim=True) / W.square().sum(1, keepdim=True) * W
            adam.step()
            W /= W.norm(dim=1, keepdim=True)
    for name, value in run._loop.parameters.items():
        assert torch.allclose(value, leaves[name], rtol=1e-3, atol=1e-4), name
