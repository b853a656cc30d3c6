"""Sets of transcoders in circuit-tracer's layout: each layer, rows of latents, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file

from interp_widgets.core.dictionary import formats
from interp_widgets.core.dictionary.formats import files
from interp_widgets.core.dictionary.formats.circuit_tracer import CONFIG
from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.dictionary.transcoder import load_transcoders, save_transcoders
from tests.core.sae_files import STANDARD, D, F, inputs, some, weights

HOOKS = {"feature_input_hook": "mlp.hook_in", "feature_output_hook": "hook_mlp_out"}


def of_layer(layer, kind):
    """What circuit-tracer writes of a layer: encoders transposed."""
    w = weights(layer)
    held = {"W_enc": w["W_enc"].T.contiguous()} | some(w, "W_dec", "b_enc", "b_dec")
    if kind == "jumprelu":
        held["activation_function.threshold"] = w["threshold"]
    if kind == "skip":
        held["W_skip"] = w["W_skip"]
    if kind == "topk":
        held["k"] = torch.tensor(3)
    return held


def written(folder, kind="relu", layers=(0, 1, 2), **config):
    folder.mkdir(parents=True, exist_ok=True)
    for layer in layers:
        save_file(of_layer(layer, kind), folder / f"layer_{layer}.safetensors")
    said = {"model_name": "Qwen/Qwen3-0.6B", "model_kind": "transcoder_set", **HOOKS, "scan": "q3"}
    (folder / CONFIG).write_text(yaml.safe_dump(said | config))
    return folder


def forward(x, layer, kind):
    w = weights(layer)
    pre = x @ w["W_enc"] + w["b_enc"]
    codes = pre.relu()
    if kind == "jumprelu":
        codes = codes * (pre > w["threshold"])
    if kind == "topk":
        values, indices = codes.topk(3)
        codes = torch.zeros_like(pre).scatter(-1, indices, values)
    return codes, codes @ w["W_dec"] + w["b_dec"] + (x @ w["W_skip"].T if kind == "skip" else 0)


@pytest.mark.parametrize("kind", ["relu", "jumprelu", "skip", "topk"])
def test_every_layer_computes_what_circuit_tracer_does(tmp_path, kind):
    more = {"activation": "topk", "k": 3} if kind == "topk" else {}
    there = written(tmp_path / "set", kind, **more)
    found, x = load_transcoders(there), inputs()
    assert (len(found), found.model, found.scan) == (3, "Qwen/Qwen3-0.6B", "q3")
    assert (found.n_layers, found.d_sae) == (3, F)
    assert repr(found) == "TranscoderSet(3 layers of Qwen/Qwen3-0.6B, mlp.hook_in to hook_mlp_out)"
    for layer, sae in enumerate(found):
        codes, y = forward(x, layer, kind)
        torch.testing.assert_close(sae.encode(x), codes, rtol=1e-6, atol=1e-6)
        torch.testing.assert_close(sae(x), y, rtol=2e-6, atol=2e-6)
        assert sae.place == f"L{layer}.mlp_in→L{layer}.mlp_out"
    # one of them alone
    assert formats.detect(there) == "circuit_tracer"
    one = SAE.load(there, layer=1)
    assert torch.equal(one(x), found[1](x))
    assert torch.equal(SAE.load(there / "layer_1.safetensors")(x), found[1](x))
    # and back, byte for byte
    save_transcoders(list(found), tmp_path / "back", scan="q3")
    for layer in range(3):
        held = load_file(tmp_path / "back" / f"layer_{layer}.safetensors")
        wanted = {name: t for name, t in of_layer(layer, kind).items() if name != "k"}
        assert held.keys() == wanted.keys()
        assert all(torch.equal(held[name], wanted[name]) for name in held)
    said = yaml.safe_load((tmp_path / "back" / CONFIG).read_text())
    before = yaml.safe_load((there / CONFIG).read_text())
    assert before.items() <= said.items()
    assert repr(load_transcoders(tmp_path / "back")) == repr(found)


def test_rows_of_latents_come_without_the_rest(tmp_path, monkeypatch):
    found = load_transcoders(written(tmp_path))
    read = []
    whole = files.read_safetensors
    monkeypatch.setattr(files, "read_safetensors", lambda path: read.append(path) or whole(path))
    latents = torch.tensor([5, 2, 15, 3, 2])
    w = weights(1)
    assert torch.equal(found.encoder_rows(1, latents), w["W_enc"].T[latents])
    assert torch.equal(found.decoder_rows(1, latents), w["W_dec"][latents])
    assert found.decoder_rows(1, torch.tensor([], dtype=torch.long)).shape == (0, D)
    assert read == []  # no file was read whole
    found[1]
    assert torch.equal(found.decoder_rows(1, latents), w["W_dec"][latents])
    for layer in (0, 2, 0):
        found[layer]
    assert len(read) == 3  # the last two stay in memory
    found[1]
    assert len(read) == 4
    for bad in ([F], [-1]):
        for layer in (2, 1):  # on the disk, and in memory
            with pytest.raises(IndexError, match=rf"latents are 0 to 15; got {bad[0]}"):
                found.encoder_rows(layer, torch.tensor(bad))
    for layer in (2, 1):
        with pytest.raises(TypeError, match=r"int64 tensor \[row\]; got torch\.float32"):
            found.encoder_rows(layer, torch.tensor([1.0]))
    with pytest.raises(IndexError, match="layers 0 to 2; got 3"):
        found[3]
    half = load_transcoders(tmp_path, dtype="float16")
    assert half.encoder_rows(0, latents).dtype == half[0].dtype == torch.float16


def test_a_configuration_that_says_where_layers_are(tmp_path):
    folders = []
    for layer in range(2):
        folder = (
            tmp_path / "gemma-scope-2b-pt-transcoders" / f"layer_{layer}/width_16k/average_l0_7"
        )
        folder.mkdir(parents=True)
        held = some(weights(layer), *STANDARD, "threshold")
        np.savez(folder / "params.npz", **{name: tensor.numpy() for name, tensor in held.items()})
        folders.append(str(folder / "params.npz"))
    written(tmp_path / "set", layers=(), transcoders=folders, model_name="google/gemma-2-2b")
    found, x = load_transcoders(tmp_path / "set"), inputs()
    assert len(found) == 2
    torch.testing.assert_close(found[1](x), forward(x, 1, "jumprelu")[1], rtol=2e-6, atol=2e-6)
    assert found[1].metadata["hook_name"] == "blocks.1.ln2.hook_normalized"
    latents = torch.tensor([3, 1])
    assert torch.equal(found.encoder_rows(1, latents), weights(1)["W_enc"].T[latents])
    with pytest.raises(ValueError, match=r"iw\.load_transcoders\(…\)\[layer\]"):
        SAE.load(tmp_path / "set", layer=1)
    listed = [str(written(tmp_path / "own") / f"layer_{layer}.safetensors") for layer in (0, 1)]
    written(tmp_path / "again", layers=(), transcoders=listed)
    torch.testing.assert_close(load_transcoders(tmp_path / "again")[1](x), forward(x, 1, "relu")[1])


def test_what_is_no_set_is_refused(tmp_path):
    def refuse(error, message, source=tmp_path):
        with pytest.raises(error, match=message):
            load_transcoders(source)

    refuse(FileNotFoundError, r"holds no config\.yaml; a set of transcoders has one")
    there = written(tmp_path / "gap", layers=(0, 2))
    refuse(ValueError, r"files for layers \[0, 2\]; wanted layer_0\.safetensors and on", there)
    with pytest.raises(ValueError, match=r"a set of 2 transcoders, layers 0 to 2: name one"):
        SAE.load(there)
    cross = written(tmp_path / "cross", model_kind="cross_layer_transcoder", layers=())
    save_file({"W_enc_0": torch.ones(2, 2)}, cross / "W_enc_0.safetensors")
    refuse(ValueError, r"of a cross_layer_transcoder.*iw\.load_cross_layer\(…\)", cross)
    with pytest.raises(ValueError, match=r"W_enc_0\.safetensors, .*are a cross-layer tr"):
        SAE.load(cross)
    (there / CONFIG).write_text("[1, 2")
    refuse(ValueError, r"config\.yaml is not readable YAML", there)
    (there / CONFIG).write_text("!!python/object/apply:os.system ['true']")
    refuse(ValueError, r"config\.yaml is not readable YAML", there)
    odd = written(tmp_path / "odd", activation="softmax")
    with pytest.raises(ValueError, match=r"activation 'softmax'.*known are relu, topk"):
        load_transcoders(odd)[0]
    below = of_layer(0, "jumprelu")
    below["activation_function.threshold"][3] = -0.2
    save_file(below, odd / "layer_0.safetensors")
    with pytest.raises(ValueError, match=r"1 thresholds are below 0, down to -0\.2.*Set them to 0"):
        load_transcoders(odd)[0]
    (odd / "layer_1.safetensors").write_bytes(b"cut")
    for ask in (lambda s: s[1], lambda s: s.decoder_rows(1, torch.tensor([0]))):
        with pytest.raises(ValueError, match=r"layer_1\.safetensors"):
            ask(load_transcoders(odd))


def test_unlike_transcoders_are_no_set(tmp_path):
    held = some(weights(), *STANDARD)
    at = {"center": False, "site": "L0.mlp_in", "site_out": "L0.mlp_out"}
    with pytest.raises(TypeError, match=r"each an iw\.SAE; got Tensor"):
        save_transcoders([held["W_enc"]], tmp_path)
    with pytest.raises(ValueError, match="for each layer; got none"):
        save_transcoders([], tmp_path)
    with pytest.raises(ValueError, match="of one kind and width"):
        save_transcoders([SAE(**held, **at), SAE(**held, **at, activation="topk", k=2)], tmp_path)
    with pytest.raises(ValueError, match=r"reads and writes layer i.*L0\.mlp_in→L0\.mlp_out"):
        save_transcoders([SAE(**held, **at), SAE(**held, **at)], tmp_path)
    save_transcoders([SAE(**held, **at)], tmp_path)
    assert torch.equal(load_transcoders(tmp_path)[0].W_enc, held["W_enc"])
