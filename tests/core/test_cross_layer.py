"""Cross-layer transcoders in circuit-tracer's layout: what they compute, what is read, refusals."""

from __future__ import annotations

import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file

import interp_widgets as iw
from interp_widgets.core.dictionary import cross_layer, cross_layer_files
from interp_widgets.core.dictionary.transcoder import load_transcoders, save_transcoders
from tests.core.sae_files import STANDARD, D, F, some, weights

LAYERS = 3
SAID = {
    "model_name": "google/gemma-2-2b",
    "model_kind": "cross_layer_transcoder",
    "feature_input_hook": "hook_resid_mid",
    "feature_output_hook": "hook_mlp_out",
    "scan": "clt",
}


def of_layer(layer, thresholds):
    """Encoder file and decoder of a layer: it writes to itself and to all above."""
    w, g = weights(layer), torch.Generator().manual_seed(layer)
    held = {"W_enc": w["W_enc"].T.contiguous()} | some(w, "b_enc", "b_dec")
    held |= some(w, "threshold") if thresholds else {}
    decoder = torch.randn(F, LAYERS - layer, D, generator=g)
    return {f"{name}_{layer}": tensor for name, tensor in held.items()}, decoder


def written(folder, thresholds=False, dtype=torch.float32, **config):
    folder.mkdir(parents=True, exist_ok=True)
    for layer in range(LAYERS):
        held, decoder = of_layer(layer, thresholds)
        held = {name: tensor.to(dtype) for name, tensor in held.items()}
        save_file(held, folder / f"W_enc_{layer}.safetensors")
        decoder = {f"W_dec_{layer}": decoder.to(dtype)}
        save_file(decoder, folder / f"W_dec_{layer}.safetensors")
    (folder / "config.yaml").write_text(yaml.safe_dump(SAID | config))
    return folder


def inputs(tokens=5):
    return torch.randn(LAYERS, tokens, D, generator=torch.Generator().manual_seed(9)) + 0.3


def slow(x, thresholds):
    """Codes and output, latent by latent, in float64."""
    codes, made = torch.zeros(*x.shape[:2], F).double(), torch.zeros(x.shape).double()
    for layer in range(LAYERS):
        held, decoder = of_layer(layer, thresholds)
        made[layer] += held[f"b_dec_{layer}"]
        floor = held.get(f"threshold_{layer}", torch.zeros(F))
        for token in range(x.shape[1]):
            for i in range(F):
                row = held[f"W_enc_{layer}"][i].double()
                pre = x[layer, token].double() @ row + held[f"b_enc_{layer}"][i]
                if pre > floor[i]:
                    codes[layer, token, i] = pre
                    for step in range(LAYERS - layer):
                        made[layer + step, token] += pre * decoder[i, step].double()
    return codes, made


def close(found, wanted):
    torch.testing.assert_close(found.cpu().double(), wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("thresholds", [False, True])
def test_it_is_the_sum_over_layers_below_latent_by_latent(tmp_path, thresholds, device):
    found = iw.load_cross_layer(written(tmp_path, thresholds), device=device)
    x = inputs()
    codes, made = slow(x, thresholds)
    assert 0.05 < (codes > 0).double().mean() < 0.9
    close(found.encode(x.to(device)), codes)
    close(found(x.to(device)), made)
    close(found.encode_layer(1, x[1].to(device)), codes[1])
    # one token of each layer, and batches of them
    close(found(x[:, 2].to(device)), made[:, 2])
    batched = torch.stack([x[:, :2], x[:, 2:4]], dim=1).to(device)
    close(found(batched)[:, 1], made[:, 2:4])
    assert torch.equal(found.decode(torch.zeros(LAYERS, F, device=device))[1].cpu(), bias(1))


def bias(layer):
    return weights(layer)["b_dec"]


def test_one_that_writes_to_its_own_layer_alone_is_a_set_of_transcoders(tmp_path):
    there = written(tmp_path / "cross", thresholds=True)
    for layer in range(LAYERS):
        decoder = load_file(there / f"W_dec_{layer}.safetensors")
        decoder[f"W_dec_{layer}"][:, 1:] = 0
        save_file(decoder, there / f"W_dec_{layer}.safetensors")
    saes = []
    for layer in range(LAYERS):
        w = some(weights(layer), *STANDARD, "threshold")
        w["W_dec"] = of_layer(layer, True)[1][:, 0]
        at = {"site": f"L{layer}.resid_mid", "site_out": f"L{layer}.mlp_out"}
        saes.append(iw.SAE(**w, activation="jumprelu", center=False, **at))
    save_transcoders(saes, tmp_path / "set")
    each, x = load_transcoders(tmp_path / "set"), inputs()
    whole = iw.load_cross_layer(there)
    wanted = torch.stack([sae(rows) for sae, rows in zip(each, x, strict=True)])
    torch.testing.assert_close(whole(x), wanted, rtol=1e-5, atol=1e-5)
    assert [f"{a}→{b}" for a, b in zip(whole.sites, whole.sites_out, strict=True)] == [
        sae.place for sae in each
    ]


def test_what_is_in_memory_is_small(tmp_path, monkeypatch):
    read = []
    rows = cross_layer_files.read_rows
    monkeypatch.setattr(
        cross_layer_files,
        "read_rows",
        lambda path, name, at: read.append(len(at)) or rows(path, name, at),
    )
    monkeypatch.setattr(cross_layer, "_ROWS", 4)
    found = iw.load_cross_layer(written(tmp_path, thresholds=True))
    x = inputs(1)
    codes = found.encode(x)
    assert len(found._held) == 2  # encoders, of three layers
    made, fired = found.decode(codes), int((codes > 0).sum())
    assert sum(read) == fired < LAYERS * F  # decoders of what fires, and of nothing else
    assert max(read) == 4
    close(made, slow(x, True)[1])
    latents = torch.tensor([5, 2, 15, 2])
    held, decoder = of_layer(1, True)
    assert torch.equal(found.encoder_rows(1, latents), held["W_enc_1"][latents])
    assert torch.equal(found.decoder_rows(1, latents), decoder[latents])
    assert found.decoder_rows(2, latents[:0]).shape == (0, 1, D)


def test_what_it_says_of_itself(tmp_path):
    found = iw.load_cross_layer(written(tmp_path, dtype=torch.bfloat16), dtype="auto")
    assert (len(found), found.n_layers, found.d_model, found.d_sae) == (LAYERS, LAYERS, D, F)
    assert (found.model, found.scan) == ("google/gemma-2-2b", "clt")
    assert repr(found) == (
        "CrossLayerTranscoder(3 layers of google/gemma-2-2b, 16 latents each, "
        "hook_resid_mid to hook_mlp_out)"
    )
    assert found.sites == ("L0.resid_mid", "L1.resid_mid", "L2.resid_mid")
    assert found(inputs()).dtype == torch.bfloat16
    assert iw.load_cross_layer(tmp_path)(inputs()).dtype == torch.float32
    odd = iw.load_cross_layer(written(tmp_path, feature_input_hook="ln2.hook_normalized"))
    assert odd.sites == ("", "", "")


def test_what_is_none_is_refused(tmp_path):
    def refuse(error, message, source=tmp_path, call=iw.load_cross_layer):
        with pytest.raises(error, match=message):
            call(source)

    refuse(FileNotFoundError, r"holds no config\.yaml; a set of transcoders has one")
    there = written(tmp_path / "there")
    refuse(
        ValueError, r"of a cross_layer_transcoder.*iw\.load_cross_layer", there, load_transcoders
    )
    refuse(ValueError, r"cross-layer transcoder.*iw\.load_cross_layer", there, iw.SAE.load)
    plain = written(tmp_path / "plain", model_kind="transcoder_set")
    refuse(ValueError, r"not of a cross_layer_transcoder.*iw\.load_transcoders", plain)
    refuse(ValueError, "model_kind is 'set'; known are", written(tmp_path / "k", model_kind="set"))
    listed = written(tmp_path / "listed", transcoders=["hf://org/set/layer_0.safetensors"])
    refuse(ValueError, r"lists 'hf://org/set/layer_0\.safetensors' for a cross-layer", listed)
    refuse(ValueError, "is a list of names; got 3", written(tmp_path / "three", transcoders=3))
    (there / "W_dec_1.safetensors").unlink()
    refuse(ValueError, r"encoders of layers \[0, 1, 2\] and decoders of \[0, 2\]; wanted", there)


def test_files_that_do_not_fit_are_named(tmp_path):
    there = written(tmp_path)
    path = there / "W_enc_0.safetensors"
    held = load_file(path)
    for change, message in (
        ({"W_skip_0": torch.ones(D, D)}, "also holds W_skip_0, which no dictionary"),
        ({"threshold_0": torch.full((F,), -0.5)}, "16 thresholds are below 0, down to -0.5"),
        ({"b_enc_0": torch.full((F,), torch.nan)}, "b_enc_0 holds NaN or infinity"),
    ):
        save_file(held | change, path)
        with pytest.raises(ValueError, match=message):
            iw.load_cross_layer(there)
    save_file(held | {"W_enc_0": torch.ones(F, D + 1)}, path)
    found = iw.load_cross_layer(there)
    with pytest.raises(ValueError, match=r"W_enc_0 has shape \[16, 7\].*d_model = 6"):
        found.encode(inputs())
    save_file({"W_dec_1": torch.ones(F, 3, D)}, there / "W_dec_1.safetensors")
    with pytest.raises(ValueError, match=r"W_dec_1 is \[feature, 3, 6\], wanted \[feature, 2, 6\]"):
        found.decoder_rows(1, torch.tensor([0]))
    (there / "W_dec_2.safetensors").write_bytes(b"cut")
    with pytest.raises(
        ValueError, match=r"W_dec_2\.safetensors is not a readable safetensors file"
    ):
        found.decoder_rows(2, torch.tensor([0]))


def test_activations_that_do_not_fit_are_named(tmp_path):
    found = iw.load_cross_layer(written(tmp_path))
    for given, error, message in (
        (inputs()[:2], ValueError, r"all 3 layers are \[layer, ..., 6\]; got \[2, 5, 6\]"),
        (inputs()[..., :4], ValueError, "takes activations of 6 numbers"),
        (inputs().long(), TypeError, "activations are real numbers"),
        ([1.0], TypeError, "activations are a tensor"),
    ):
        with pytest.raises(error, match=message):
            found.encode(given)
    with pytest.raises(ValueError, match="takes codes of 16 latents"):
        found.decode(inputs())
    with pytest.raises(IndexError, match="there are layers 0 to 2; got 3"):
        found.encode_layer(3, inputs()[0])
    with pytest.raises(IndexError, match="latents are 0 to 15; got 16 to 16"):
        found.encoder_rows(0, torch.tensor([16]))
    with pytest.raises(TypeError, match=r"an int64 tensor.*got list"):
        found.encoder_rows(0, [1])
    with pytest.raises(ValueError, match="device is 'cpu', 'cuda'"):
        iw.load_cross_layer(tmp_path, device="gpu0")
