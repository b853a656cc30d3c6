"""Cross-layer transcoders of Gemma Scope 2: what they compute, what is read, refusals."""

from __future__ import annotations

import json

import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file

import interp_widgets as iw
from tests.core.sae_files import D, F, some, weights
from tests.core.test_cross_layer import LAYERS, SAID, close, inputs

SAYS = {
    "hf_hook_point_in": "model.layers.{all}.pre_feedforward_layernorm.output",
    "hf_hook_point_out": "model.layers.{all}.post_feedforward_layernorm.output",
    "width": LAYERS * F,
    "model_name": "google/gemma-3-270m-pt",
    "architecture": "jump_relu",
    "affine_connection": True,
    "type": "clt",
}


def of_layer(layer, skip):
    """What the file of a layer holds: a decoder to all layers, zero for those below."""
    w, g = weights(layer), torch.Generator().manual_seed(layer)
    decoder = torch.randn(F, LAYERS, D, generator=g)
    decoder[:, :layer] = 0
    held = {"w_enc": w["W_enc"], "w_dec": decoder} | some(w, "b_enc", "b_dec", "threshold")
    return held | ({"affine_skip_connection": w["W_skip"].T.contiguous()} if skip else {})


def written(folder, skip=True, **config):
    folder.mkdir(parents=True, exist_ok=True)
    for layer in range(LAYERS):
        save_file(of_layer(layer, skip), folder / f"params_layer_{layer}.safetensors")
    (folder / "config.json").write_text(json.dumps(SAYS | config))
    return folder


def slow(x, skip):
    """Codes and output, latent by latent, in float64, every decoder as it lies in the file."""
    codes, made = torch.zeros(*x.shape[:2], F).double(), torch.zeros(x.shape).double()
    for layer in range(LAYERS):
        held = of_layer(layer, skip)
        made[layer] += held["b_dec"]
        for token in range(x.shape[1]):
            read = x[layer, token].double()
            if skip:
                made[layer, token] += read @ held["affine_skip_connection"].double()
            for i in range(F):
                pre = read @ held["w_enc"][:, i].double() + held["b_enc"][i]
                if pre > max(held["threshold"][i], 0):
                    codes[layer, token, i] = pre
                    made[:, token] += pre * held["w_dec"][i].double()
    return codes, made


@pytest.mark.parametrize("skip", [False, True])
def test_it_is_the_sum_over_layers_below_and_what_goes_past_the_latents(tmp_path, skip, device):
    found = iw.load_cross_layer(written(tmp_path, skip), device=device)
    x = inputs()
    codes, made = slow(x, skip)
    assert 0.05 < (codes > 0).double().mean() < 0.9
    close(found.encode(x.to(device)), codes)
    close(found(x.to(device)), made)
    close(found(x[:, 2].to(device)), made[:, 2])
    batched = torch.stack([x[:, :2], x[:, 2:4]], dim=1).to(device)
    close(found(batched)[:, 1], made[:, 2:4])
    assert found.skips is skip
    latents = torch.tensor([5, 2, 15, 2])
    held = of_layer(1, skip)
    assert torch.equal(found.encoder_rows(1, latents.to(device)).cpu(), held["w_enc"].T[latents])
    assert torch.equal(found.decoder_rows(1, latents).cpu(), held["w_dec"][latents, 1:])


def test_what_it_says_of_itself(tmp_path):
    found = iw.load_cross_layer(written(tmp_path / "clt"))
    assert repr(found) == (
        "CrossLayerTranscoder(3 layers of google/gemma-3-270m, 16 latents each, "
        "mlp.hook_in to hook_mlp_out)"
    )
    assert found.sites == ("L0.mlp_in", "L1.mlp_in", "L2.mlp_in")
    assert found.sites_out == ("L0.mlp_out", "L1.mlp_out", "L2.mlp_out")
    bare = written(tmp_path / "gemma-scope-2-1b-pt" / "clt" / "width_262k_l0_big_affine")
    (bare / "config.json").unlink()
    found = iw.load_cross_layer(bare)
    assert (found.model, found.sites[2]) == ("google/gemma-3-1b-pt", "L2.mlp_in")


def test_a_configuration_may_list_its_files(tmp_path):
    there, listing = written(tmp_path / "clt"), tmp_path / "listing"
    listing.mkdir()
    names = [str(there / f"params_layer_{layer}.safetensors") for layer in range(LAYERS)]
    for more in ([], names[-1:]):  # a last one that no layer is left for
        said = SAID | {"transcoders": names + more}
        (listing / "config.yaml").write_text(yaml.safe_dump(said))
        found = iw.load_cross_layer(listing)
        assert torch.equal(found(inputs()), iw.load_cross_layer(there)(inputs()))
        assert (found.model, found.input_hook) == ("google/gemma-2-2b", "hook_resid_mid")


def test_what_is_missing_or_does_not_fit_is_named(tmp_path):
    def refuse(error, message, call):
        with pytest.raises(error, match=message):
            call()

    there = written(tmp_path / "clt")
    refuse(ValueError, r"cross-layer transcoder.*iw\.load_cross_layer", lambda: iw.SAE.load(there))
    found, x = iw.load_cross_layer(there), inputs()
    codes = found.encode(x)
    refuse(ValueError, r"decode\(codes, like=x\)", lambda: found.decode(codes))
    refuse(ValueError, r"a row for each row of codes", lambda: found.decode(codes, x[:, :2]))
    path = there / "params_layer_1.safetensors"
    held = load_file(path)
    for change, message in (
        ({"w_dec": held["w_dec"] + 1}, "layers below it, which no cross-layer"),
        ({"w_dec": held["w_dec"][:, :2].contiguous()}, r"\[feature, 2, 6\], wanted \[feature, 3"),
        ({"b_enc": torch.full((F,), torch.nan)}, "b_enc holds NaN or infinity"),
        ({"w_enc": torch.ones(D + 1, F)}, r"w_enc has shape \[7, 16\]"),
        ({"affine_skip_connection": torch.ones(D, 2)}, r"affine_skip_connection has shape"),
        ({"more": torch.ones(2)}, "also holds more, which no dictionary"),
    ):
        save_file(held | change, path)
        refuse(ValueError, message, lambda: iw.load_cross_layer(there)(x))
    save_file({k: v for k, v in held.items() if "affine" not in k}, path)
    refuse(ValueError, "lacks the tensor 'affine_skip", lambda: iw.load_cross_layer(there)(x))
    path.write_bytes(b"cut")
    refuse(
        ValueError, r"layer_1\.safetensors is not a readable", lambda: iw.load_cross_layer(there)(x)
    )
    path.unlink()
    refuse(
        ValueError, r"layers \[0, 2\]; wanted params_layer_0", lambda: iw.load_cross_layer(there)
    )
    (there / "params_layer_2.safetensors").unlink()
    refuse(
        ValueError,
        "files of 1 layers, and w_dec in the first writes to 3",
        lambda: iw.load_cross_layer(there),
    )
    crossed = written(tmp_path / "crossed", type="crosscoder")
    refuse(ValueError, "type is 'crosscoder', wanted 'clt'", lambda: iw.load_cross_layer(crossed))
