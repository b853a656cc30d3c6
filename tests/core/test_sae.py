"""A dictionary's forward pass against the same written by hand, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

import interp_widgets as iw
from interp_widgets.core.dictionary.normalization import MODES, Normalization
from interp_widgets.core.dictionary.sae import SAE
from tests.core.far import THERE, Elsewhere

D, WIDTH, ROWS = 6, 20, 40
KINDS = {
    "relu": {},
    "topk": {"k": 3},
    "topk_weighted": {"activation": "topk", "k": 3, "decoder_weighted": True},
    "jumprelu": {"threshold": 0.4},
    "groupmax": {"k": 4},
}


def rows(count=ROWS, width=D, dtype=torch.float64, seed=5) -> Tensor:
    """Activations with a mean of their own and an unequal spread."""
    drawn = torch.randn(
        count, width, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)
    )
    return (drawn * torch.linspace(0.5, 2, width) + 1.5).to(dtype)


def make(kind="relu", dtype=torch.float64, device="cpu", d_out=D, **parts) -> SAE:
    """A random dictionary whose directions differ in length."""
    drawn = torch.Generator().manual_seed(1)
    tensors = [
        torch.randn(shape, generator=drawn, dtype=torch.float64).to(device, dtype)
        for shape in ((D, WIDTH), (WIDTH,), (WIDTH, d_out), (d_out,))
    ]
    settings = {"activation": kind} | KINDS[kind] | parts
    return SAE(*tensors, **settings, dtype=dtype)


def by_hand(sae: SAE, x: Tensor) -> tuple[Tensor, Tensor]:
    """Codes and reconstruction, latent by latent."""
    u = sae.normalization.into(x) - (sae.b_dec if sae.center else 0)
    codes = torch.zeros(len(x), sae.d_sae, dtype=x.dtype)
    for n in range(len(x)):
        pre = [float(u[n] @ sae.W_enc[:, i] + sae.b_enc[i]) for i in range(sae.d_sae)]
        weight = [float(sae.W_dec[i].norm()) if sae.decoder_weighted else 1 for i in range(WIDTH)]
        judged = [max(p, 0) * w for p, w in zip(pre, weight, strict=True)]
        order = sorted(range(WIDTH), key=lambda i: -judged[i])
        for i in range(WIDTH):
            group = range(i // 5 * 5, i // 5 * 5 + 5)
            fires = {
                "relu": True,
                "topk": i in order[: sae.k],
                "jumprelu": sae.threshold is not None and pre[i] > float(sae.threshold[i]),
                "groupmax": judged[i] == max(judged[j] for j in group),
            }[sae.activation]
            codes[n, i] = max(pre[i], 0) if fires else 0
    return codes, sae.normalization.out(codes @ sae.W_dec + sae.b_dec, like=x)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_forward_pass_equals_the_same_by_hand(kind, mode):
    x = rows()
    sae = make(kind, normalization=Normalization.fit(mode, rows(200)), center=mode != "none")
    codes, wanted = by_hand(sae, x)
    torch.testing.assert_close(sae.encode(x), codes, atol=1e-12, rtol=1e-9)
    torch.testing.assert_close(sae(x), wanted, atol=1e-12, rtol=1e-9)
    torch.testing.assert_close(sae.decode(sae.encode(x), like=x), sae(x), atol=1e-12, rtol=1e-9)
    torch.testing.assert_close(sae(x) + sae.error(x), x, atol=1e-12, rtol=0)


@pytest.mark.parametrize("kind", KINDS)
def test_sparse_codes_are_the_codes(kind):
    sae, x = make(kind), rows()
    values, indices = sae.encode_sparse(x.view(8, 5, D))
    written = torch.zeros(8, 5, WIDTH, dtype=x.dtype).scatter_add(-1, indices, values)
    assert torch.equal(written.flatten(0, 1), sae.encode(x))
    assert values.shape[-1] == (sae.k or int((sae.encode(x) > 0).sum(1).max()))
    if kind == "topk":
        assert (values.diff(dim=-1) <= 0).all()


def test_at_most_k_latents_fire_whatever_stands_beside_a_token():
    x = rows(300)
    for kind in KINDS:
        sae = make(kind)
        codes = sae.encode(x)
        assert kind in ("relu", "jumprelu") or int((codes > 0).sum(1).max()) <= KINDS[kind]["k"]
        torch.testing.assert_close(torch.cat([sae.encode(row[None]) for row in x]), codes)


def test_normalisations_do_what_they_say():
    x = rows(4000)
    into = {mode: Normalization.fit(mode, x).into(x) for mode in MODES}
    assert torch.equal(into["none"], x)
    assert float(into["expected_average"].norm(dim=1).mean()) == pytest.approx(D**0.5)
    assert float(into["mean_square"].square().sum(1).mean()) == pytest.approx(1)
    assert float(into["centred"].mean(0).abs().max()) < 1e-12
    assert float(into["centred"].square().sum(1).mean()) == pytest.approx(1)
    torch.testing.assert_close(
        into["token_norm"].norm(dim=1), torch.full((4000,), D**0.5, dtype=x.dtype)
    )
    assert float(into["layer_norm"].mean(1).abs().max()) < 1e-12
    torch.testing.assert_close(
        into["layer_norm"].std(1), torch.ones(4000, dtype=x.dtype), atol=1e-4, rtol=0
    )
    covariance = into["whitening"].T @ into["whitening"] / 4000
    torch.testing.assert_close(covariance, torch.eye(D, dtype=x.dtype), atol=1e-4, rtol=0)


def test_a_constant_activation_has_a_scale_and_stays_finite():
    x = torch.ones(50, D)
    for mode in MODES:
        way = Normalization.fit(mode, x)
        assert way.into(x).isfinite().all(), mode
        torch.testing.assert_close(way.out(way.into(x), like=x), x)
    assert Normalization("token_norm").into(torch.zeros(2, D)).abs().max() == 0


def test_nan_and_infinity_pass_through_to_be_seen():
    x = rows()
    x[3, 2], x[7, 0] = torch.nan, torch.inf
    for kind in KINDS:
        sae = make(kind)
        broken = ~sae(x).isfinite().all(1)
        assert broken.nonzero().flatten().tolist() == [3, 7], kind
        assert sae.encode(x)[3].isnan().any()


def test_gradients_reach_the_input_and_stop_there():
    for kind in KINDS:
        sae, x = make(kind), rows().requires_grad_()
        sae(x).square().sum().backward()
        assert x.grad is not None
        assert x.grad.abs().sum() > 0
        assert not any(getattr(sae, name).requires_grad for name in ("W_enc", "W_dec", "b_dec"))


def test_a_skip_transcoder_adds_a_map_of_its_input():
    skip = torch.randn(D, 4, dtype=torch.float64)
    sae = make(d_out=4, center=False, W_skip=skip, site="L1.mlp_in", site_out="L1.mlp_out")
    x = rows()
    torch.testing.assert_close(sae(x), sae.encode(x) @ sae.W_dec + sae.b_dec + x @ skip)
    assert sae.is_transcoder
    assert sae.place == "L1.mlp_in→L1.mlp_out"
    y = rows(width=4)
    torch.testing.assert_close(sae(x) + sae.error(x, y), y)
    with pytest.raises(ValueError, match=r"sae\.error\(x, y\)"):
        sae.error(x)
    with pytest.raises(ValueError, match="like=x"):
        sae.decode(sae.encode(x))


def test_half_precision_is_raised_unless_asked_for():
    half = [torch.randn(shape).half() for shape in ((D, WIDTH), WIDTH, (WIDTH, D), D)]
    assert SAE(*half).dtype == torch.float32
    assert SAE(*half).W_dec.dtype == torch.float32
    assert SAE(*half, dtype=torch.bfloat16).encode(rows()).dtype == torch.bfloat16
    assert make().to(dtype=torch.float16).b_enc.dtype == torch.float16
    assert make(dtype=torch.float32).encode(rows()).dtype == torch.float32


def test_what_was_given_may_change_afterwards():
    W_enc = torch.randn(D, WIDTH)
    sae = SAE(W_enc, torch.zeros(WIDTH), torch.randn(WIDTH, D), torch.zeros(D))
    assert replace(sae, site="L2.resid_post").place == "L2.resid_post"
    assert repr(sae) == "SAE(relu, 20 latents, d=6)"
    assert repr(replace(make("topk"), site="embed", model="m")) == (
        "SAE(topk, 20 latents, d=6, k=3, embed, m)"
    )
    assert iw.SAE is SAE


def test_elsewhere_equals_here():
    for kind in KINDS:
        here = make(kind, torch.float32, normalization=Normalization.fit("whitening", rows(200)))
        x = rows(dtype=torch.float32)
        with Elsewhere():
            there = here.to(THERE)
            torch.testing.assert_close(there(x.to(THERE)).cpu(), here(x))
            torch.testing.assert_close(there.encode(x.to(THERE)).cpu(), here.encode(x))
            with pytest.raises(ValueError, match=r"are on cpu, the dictionary is on mps"):
                there.encode(x)


@pytest.mark.gpu
def test_cuda_equals_cpu():
    for kind in KINDS:
        for mode in MODES:
            here = make(kind, torch.float32, normalization=Normalization.fit(mode, rows(200)))
            x = rows(dtype=torch.float32)
            got = here.to("cuda")(x.cuda()).cpu()
            torch.testing.assert_close(got, here(x), atol=1e-4, rtol=1e-4)


def test_input_that_is_not_for_it():
    sae = make()
    with pytest.raises(ValueError, match=r"6 numbers, \[\.\.\., 6\]; got \[2, 7\]"):
        sae.encode(torch.randn(2, 7))
    with pytest.raises(TypeError, match=r"Token ids have to go through the model first"):
        sae.encode(torch.ones(3, D, dtype=torch.long))
    with pytest.raises(TypeError, match="got list"):
        sae.encode([1.0])  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match=r"20 latents.*got \[2, 6\]"):
        sae.decode(torch.randn(2, D))
    with pytest.raises(ValueError, match=r"sae\.decode\(codes, like=x\)"):
        make(normalization=Normalization("layer_norm")).decode(torch.ones(2, WIDTH))
    assert sae.encode(torch.randn(0, D)).shape == (0, WIDTH)
    assert sae(torch.randn(0, D)).shape == (0, D)
    assert make("topk")(torch.randn(0, D)).shape == (0, D)
    assert make("topk")(torch.randn(D)).shape == (D,)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"activation": "gelu"}, "one of relu, topk, jumprelu, groupmax; got 'gelu'"),
        ({"activation": "topk"}, "take k; got topk with k=None"),
        ({"k": 3}, "take k; got relu with k=3"),
        ({"activation": "topk", "k": 21}, "k is 1 to d_sae = 20; got 21"),
        ({"activation": "topk", "k": 0}, "k is 1 to d_sae = 20; got 0"),
        ({"activation": "groupmax", "k": 3}, "20 latents into k equal groups; got k=3"),
        ({"activation": "jumprelu"}, "jumprelu takes a threshold"),
        ({"threshold": 0.1}, "no other activation does"),
        ({"activation": "jumprelu", "threshold": -0.1}, r"threshold\.clamp\(min=0\)"),
        ({"activation": "jumprelu", "threshold": torch.tensor(torch.nan)}, "is a number"),
        ({"activation": "jumprelu", "threshold": torch.ones(3)}, r"threshold is \[20\]; got \[3\]"),
        ({"b_enc": torch.zeros(3)}, r"b_enc is \[20\]; got \[3\]"),
        ({"W_dec": torch.zeros(D, WIDTH)}, "Directions are rows of W_dec here: transpose"),
        ({"W_enc": torch.zeros(D)}, r"W_enc is \[d_in, feature\]"),
        ({"W_dec": torch.zeros(WIDTH, 5), "b_dec": torch.zeros(5)}, "center=False"),
        ({"decoder_weighted": True}, "relu chooses none"),
    ],
)
def test_parts_that_make_no_dictionary(change, said):
    parts = {
        "W_enc": torch.randn(D, WIDTH),
        "b_enc": torch.zeros(WIDTH),
        "W_dec": torch.randn(WIDTH, D),
        "b_dec": torch.zeros(D),
    }
    with pytest.raises(ValueError, match=said):
        SAE(**(parts | change))


def test_parts_of_another_type():
    with pytest.raises(TypeError, match="W_enc is a tensor; got list"):
        SAE([1.0], torch.zeros(1), torch.zeros(1, 1), torch.zeros(1))  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match=r"k is a whole number; got 2\.5"):
        make("topk", k=2.5)


def test_another_device_or_dtype_has_to_be_one():
    sae = make("topk")
    with pytest.raises(ValueError, match=r"device is 'cpu', 'cuda'.*got 'foo'"):
        sae.to("foo")
    with pytest.raises(TypeError, match=r"dtype is one of real numbers.*got 'float32'"):
        sae.to(dtype="float32")  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match=r"got torch\.int8"):
        sae.to("cpu", torch.int8)
    assert sae.to("cpu", torch.float64).W_dec.dtype == torch.float64


@pytest.mark.parametrize("size", [1e-30, 1e30])
@pytest.mark.parametrize("mode", ["expected_average", "mean_square", "centred", "whitening"])
def test_large_and_small_activations_are_scaled_like_others(mode, size):
    x = rows(200).double()
    usual = Normalization.fit(mode, x).into(x)
    far = (x * size).float()
    way = Normalization.fit(mode, far)
    torch.testing.assert_close(way.into(far).double(), usual, atol=2e-5, rtol=2e-5)
    torch.testing.assert_close(way.out(way.into(far)) / size, far / size, atol=2e-5, rtol=2e-5)


def test_normalisations_refuse_what_has_no_scale():
    for beyond in (1e-42, 3e37):
        with pytest.raises(ValueError, match=r"are beyond what float32 can be scaled by.*Multiply"):
            Normalization.fit("mean_square", torch.full((5, 3), beyond))
    with pytest.raises(ValueError, match="one of none, expected_average"):
        Normalization.fit("unit", rows())
    with pytest.raises(ValueError, match="NaN or infinity"):
        Normalization.fit("mean_square", torch.tensor([[1.0, torch.nan]]))
    with pytest.raises(ValueError, match="all activations are zero"):
        Normalization.fit("whitening", torch.zeros(5, 3))
    with pytest.raises(ValueError, match=r"\[token, d\]; got \[0, 3\]"):
        Normalization.fit("mean_square", torch.zeros(0, 3))
    with pytest.raises(ValueError, match=r"above 0; got 0\.0"):
        Normalization("mean_square", 0.0)
    with pytest.raises(ValueError, match="takes a mean and a matrix"):
        Normalization("whitening")
    with pytest.raises(ValueError, match="centred a mean"):
        Normalization("mean_square", mean=torch.zeros(3))
