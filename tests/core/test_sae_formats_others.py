"""Layouts of other projects: every file computes what its own library computes with it."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from interp_widgets.core.dictionary import formats
from interp_widgets.core.dictionary.sae import SAE
from tests.core.sae_files import STANDARD, D, F, inputs, some, weights


def close(found, wanted):
    torch.testing.assert_close(found, wanted, rtol=1e-6, atol=1e-6)


def check(sae, codes, y):
    """What a loaded dictionary computes is what was computed by hand, and neither is nothing."""
    assert 0 < (codes > 0).float().mean() < 1
    close(sae.encode(inputs()), codes)
    torch.testing.assert_close(sae(inputs()), y, rtol=2e-6, atol=2e-6)


def topk(pre, k):
    values, indices = pre.relu().topk(k)
    return torch.zeros_like(pre).scatter(-1, indices, values)


def plain(tensors):
    return {name: tensor.contiguous().clone() for name, tensor in tensors.items()}


def folder_of(path, config, name="cfg.json"):
    path.mkdir(parents=True, exist_ok=True)
    if config is not None:
        (path / name).write_text(json.dumps(config))
    return path


# Gemma Scope

PLACES = {
    "gemma-scope-2b-pt-res": ("L20.resid_post", "google/gemma-2-2b"),
    "gemma-scope-9b-it-mlp": ("L20.mlp_out", "google/gemma-2-9b-it"),
    "gemma-scope-2b-pt-att": ("L20.z", "google/gemma-2-2b"),
    "gemma-scope-2b-pt-transcoders": ("→L20.mlp_out", "google/gemma-2-2b"),
}


@pytest.mark.parametrize("repo", PLACES)
@pytest.mark.parametrize("case", [str.upper, str.lower])
def test_gemma_scope(tmp_path, repo, case):
    folder = folder_of(tmp_path / repo / "layer_20/width_16k/average_l0_71", None)
    w = some(weights(), *STANDARD, "threshold")
    arrays = {case(n[0]) + n[1:]: t.numpy() for n, t in w.items() if n.startswith("W")}
    np.savez(folder / "params.npz", **arrays, **{n: w[n].numpy() for n in w if n[0] != "W"})
    assert formats.detect(folder) == "gemma_scope"
    sae = SAE.load(folder)
    pre = inputs() @ w["W_enc"] + w["b_enc"]
    codes = (pre > w["threshold"]) * pre.relu()
    check(sae, codes, codes @ w["W_dec"] + w["b_dec"])
    assert (sae.place, sae.model) == PLACES[repo]
    assert sae.metadata["advertised_l0"] == 71
    # and back, byte for byte
    sae.save(tmp_path / "back", format="gemma_scope")
    with np.load(tmp_path / "back" / "params.npz", allow_pickle=False) as found:
        assert set(found.files) == set(w)
        assert all(np.array_equal(found[name], w[name].numpy()) for name in w)
    assert SAE.load(tmp_path / "back").place == ""


def test_gemma_scope_of_the_embedding(tmp_path):
    folder = folder_of(tmp_path / "gemma-scope-2b-pt-res/embedding/width_4k/average_l0_6", None)
    w = some(weights(), *STANDARD, "threshold")
    np.savez(folder / "params.npz", **{name: tensor.numpy() for name, tensor in w.items()})
    sae = SAE.load(folder)
    pre = inputs() / D**0.5 @ w["W_enc"] + w["b_enc"]
    codes = (pre > w["threshold"]) * pre.relu()
    check(sae, codes, codes @ w["W_dec"] * D**0.5 + w["b_dec"])
    assert (sae.metadata["hook_name"], sae.model) == ("hook_embed", "google/gemma-2-2b")
    sae.save(folder / "again", format="gemma_scope")
    close(SAE.load(folder / "again")(inputs()), sae(inputs()))


@pytest.mark.parametrize("skip", [False, True])
def test_gemma_scope_2(tmp_path, skip):
    w = weights(d_out=4 if skip else D)
    point = "model.layers.7.pre_feedforward_layernorm.output" if skip else "model.layers.7.output"
    config = {"architecture": "jump_relu", "model_name": "gemma-v3-270m", "l0": 20}
    config |= {"hf_hook_point_in": point, "affine_connection": skip}
    if skip:
        config["hf_hook_point_out"] = "model.layers.7.post_feedforward_layernorm.output"
    folder = folder_of(tmp_path / "there", config, "config.json")
    held = {n.replace("W", "w"): t for n, t in some(w, *STANDARD, "threshold").items()}
    held |= {"affine_skip_connection": w["W_skip"].T} if skip else {}
    save_file(plain(held), folder / "params.safetensors")
    assert formats.detect(folder) == "gemma_scope_2"
    sae, x = SAE.load(folder), inputs()
    pre = x @ w["W_enc"] + w["b_enc"]
    codes = (pre > w["threshold"]) * pre.relu()
    check(sae, codes, codes @ w["W_dec"] + w["b_dec"] + (x @ w["W_skip"].T if skip else 0))
    assert sae.place == ("L7.mlp_in→L7.mlp_out" if skip else "L7.resid_post")
    assert (sae.model, sae.metadata["advertised_l0"]) == ("google/gemma-3-270m", 20)
    sae.save(tmp_path / "back", format="gemma_scope_2")
    found = load_file(tmp_path / "back" / "params.safetensors")
    assert found.keys() == held.keys()
    assert all(torch.equal(found[name], held[name]) for name in held)
    again = SAE.load(tmp_path / "back")
    assert (again.place, again.model, again.is_transcoder) == (sae.place, sae.model, skip)


def test_a_cross_layer_dictionary_is_refused(tmp_path):
    held = {"w_enc": torch.ones(D, F), "w_dec": torch.ones(F, 3, D), "b_enc": torch.ones(F)}
    save_file(held, folder_of(tmp_path, {}, "config.json") / "params.safetensors")
    with pytest.raises(ValueError, match=r"w_dec has shape \[16, 3, 6\]: a cross-layer"):
        SAE.load(tmp_path)


# sparsify


@pytest.mark.parametrize("activation", ["topk", "groupmax"])
@pytest.mark.parametrize("kind", ["sae", "transcoder", "skip"])
def test_sparsify(tmp_path, activation, kind):
    w = weights()
    config = {"d_in": D, "k": 4, "activation": activation, "num_latents": 0, "expansion_factor": 3}
    config |= {"transcode": kind != "sae", "skip_connection": kind == "skip"}
    w = weights(features=12 if activation == "groupmax" else 18)
    config["num_latents"] = 12 if activation == "groupmax" else 0
    folder = folder_of(tmp_path / "run" / "layers.5.mlp", config)
    (tmp_path / "run" / "config.json").write_text('{"model": "EleutherAI/pythia-70m"}')
    held = {"encoder.weight": w["W_enc"].T, "encoder.bias": w["b_enc"]} | some(w, "W_dec", "b_dec")
    held |= some(w, "W_skip") if kind == "skip" else {}
    save_file(plain(held), folder / "sae.safetensors")
    assert formats.detect(folder) == "sparsify"
    sae, x = SAE.load(folder), inputs()
    pre = (x if config["transcode"] else x - w["b_dec"]) @ w["W_enc"] + w["b_enc"]
    if activation == "topk":
        codes = topk(pre, 4)
    else:
        groups = pre.relu().unflatten(-1, (4, -1))
        codes = (groups * (groups == groups.amax(-1, keepdim=True))).flatten(-2)
    check(
        sae, codes, codes @ w["W_dec"] + w["b_dec"] + (x @ w["W_skip"].T if "W_skip" in held else 0)
    )
    assert sae.place == ("L5.mlp_out" if kind == "sae" else "L5.mlp_in→L5.mlp_out")
    assert sae.model == "EleutherAI/pythia-70m"
    sae.save(tmp_path / "back", format="sparsify")
    found = load_file(tmp_path / "back" / "sae.safetensors")
    assert found.keys() == held.keys()
    assert all(torch.equal(found[name], held[name]) for name in held)
    assert SAE.load(tmp_path / "back").place == sae.place


def test_sparsify_takes_what_it_can_hold(tmp_path):
    w = some(weights(), *STANDARD)
    sae = SAE(**w, activation="topk", k=3, center=False, decoder_weighted=True)
    sae.save(tmp_path, format="sparsify")
    torch.testing.assert_close(SAE.load(tmp_path)(inputs()), sae(inputs()), rtol=1e-4, atol=1e-4)
    with pytest.raises(ValueError, match=r"sparsify holds topk and groupmax.*this one is relu"):
        SAE(**w).save(tmp_path, format="sparsify")
    with pytest.raises(ValueError, match=r"gemma_scope holds JumpReLU.*this one is topk"):
        sae.save(tmp_path, format="gemma_scope")


# dictionary_learning

TRAINER = {
    "activation_dim": D,
    "dict_size": F,
    "k": 3,
    "layer": 4,
    "lm_name": "EleutherAI/pythia-70m-deduped",
    "submodule_name": "resid_post_layer_4",
}


def linear(w, **more):
    held = {"encoder.weight": w["W_enc"].T, "decoder.weight": w["W_dec"].T}
    return held | {"encoder.bias": w["b_enc"]} | more


def in_dictionary_learning(w):
    """Class -> (state_dict, codes, output) of its forward, written down once more."""
    x, k = inputs(), {"k": torch.tensor(3, dtype=torch.int)}
    level = torch.tensor(0.7)
    centred = (x - w["b_dec"]) @ w["W_enc"]
    pre, open_pre = centred + w["b_enc"], x @ w["W_enc"] + w["b_enc"]
    lengths, b_dec = w["W_dec"].norm(dim=-1), w["b_dec"]
    gate, r = w["b_enc"] * 2, w["threshold"] - 0.5
    gated = (centred + gate > 0) * (r.exp() * centred + w["b_enc"]).relu()
    over = pre.relu() * (pre.relu() > level)
    groups = {"group_sizes": torch.tensor([4, 12])}
    gates = {"decoder_bias": b_dec, "gate_bias": gate, "mag_bias": w["b_enc"], "r_mag": r}
    raw, dec = some(w, *STANDARD), w["W_dec"]
    jumped = (open_pre * (open_pre > w["threshold"])).relu()
    return {
        # loaded with directions of length 1
        "AutoEncoder": (linear(w, bias=b_dec), pre.relu() * lengths, pre.relu() @ dec + b_dec),
        "AutoEncoderNew": (
            linear(w, **{"decoder.bias": b_dec}),
            open_pre.relu(),
            open_pre.relu() @ dec + b_dec,
        ),
        "GatedAutoEncoder": (
            {n: t for n, t in linear(w).items() if n != "encoder.bias"} | gates,
            gated,
            gated @ dec + b_dec,
        ),
        "AutoEncoderTopK": (
            linear(w, b_dec=b_dec, threshold=level) | k,
            topk(pre, 3),
            topk(pre, 3) @ dec + b_dec,
        ),
        "BatchTopKSAE": (linear(w, b_dec=b_dec, threshold=level) | k, over, over @ dec + b_dec),
        "MatryoshkaBatchTopKSAE": (
            raw | {"threshold": level} | k | groups,
            over,
            over @ dec + b_dec,
        ),
        "JumpReluAutoEncoder": (
            raw | {"threshold": w["threshold"]},
            jumped,
            jumped @ dec + b_dec,
        ),
    }


@pytest.mark.parametrize("kind", in_dictionary_learning(weights()))
def test_dictionary_learning(tmp_path, kind):
    held, codes, y = in_dictionary_learning(weights())[kind]
    config = {"trainer": TRAINER | {"dict_class": kind}, "buffer": {"ctx_len": 128}}
    folder = folder_of(tmp_path, config, "config.json")
    torch.save(plain(held), folder / "ae.pt")
    assert formats.detect(folder) == "dictionary_learning"
    sae = SAE.load(folder)
    check(sae, codes, y)
    assert (sae.site, sae.model) == ("L4.resid_post", "EleutherAI/pythia-70m-deduped")
    assert sae.metadata["dict_class"] == kind
    if kind not in ("AutoEncoderTopK", "BatchTopKSAE"):  # whose files look the same
        (folder / "config.json").unlink()
        check(SAE.load(folder / "ae.pt"), codes, y)


def test_a_threshold_that_was_never_set_is_none(tmp_path):
    """-1 until step 1,000 of training: everything that is positive fires."""
    held, _, _ = in_dictionary_learning(weights())["BatchTopKSAE"]
    folder = folder_of(tmp_path, {"trainer": {"dict_class": "BatchTopKSAE"}}, "config.json")
    torch.save(plain(held | {"threshold": torch.tensor(-1.0)}), folder / "ae.pt")
    w = weights()
    codes = ((inputs() - w["b_dec"]) @ w["W_enc"] + w["b_enc"]).relu()
    close(SAE.load(folder).encode(inputs()), codes)


def test_a_class_that_nothing_names_is_asked_for(tmp_path):
    held, _, _ = in_dictionary_learning(weights())["BatchTopKSAE"]
    torch.save(plain(held), tmp_path / "ae.pt")
    with pytest.raises(ValueError, match=r"ae\.pt: nothing says which class.*config\.json"):
        SAE.load(tmp_path)
    folder_of(tmp_path, {"trainer": {"dict_class": "IdentityDict"}}, "config.json")
    with pytest.raises(ValueError, match="dict_class 'IdentityDict'; known are"):
        SAE.load(tmp_path)


# Llama Scope, OpenAI, Qwen Scope


def test_llama_scope(tmp_path):
    w, norms = weights(), {"in": 5.0, "out": 5.0}
    config = {"d_model": D, "d_sae": F, "jump_relu_threshold": 0.9, "act_fn": "jumprelu"}
    config |= {"hook_point_in": "blocks.9.hook_resid_post"}
    config |= {"hook_point_out": "blocks.9.hook_resid_post"}
    folder = folder_of(tmp_path, config, "hyperparams.json")
    (folder / "checkpoints").mkdir()
    held = linear(w, **{"decoder.bias": w["b_dec"]})
    save_file(plain(held), folder / "checkpoints" / "final.safetensors")
    with pytest.raises(ValueError, match=r"inputs are to be scaled.*norm_scale=…"):
        SAE.load(folder)
    folder_of(tmp_path, config | {"dataset_average_activation_norm": norms}, "hyperparams.json")
    assert formats.detect(folder) == "llama_scope"
    sae, s = SAE.load(folder), D**0.5 / 5
    pre = inputs() * s @ w["W_enc"] + w["b_enc"]
    codes = pre * (pre > 0.9 * s)
    check(sae, codes, (codes @ w["W_dec"] + w["b_dec"]) / s)
    assert sae.place == "L9.resid_post"
    sae.save(tmp_path / "sae_lens")
    torch.testing.assert_close(SAE.load(tmp_path / "sae_lens").encode(inputs()), codes)


def test_llama_scope_with_a_threshold_a_latent(tmp_path):
    w = weights()
    config = {"d_model": D, "expansion_factor": 4, "hook_point_in": "blocks.2.hook_mlp_out"}
    held = linear(w, **{"decoder.bias": w["b_dec"]})
    held["log_jumprelu_threshold"] = w["threshold"].log()
    save_file(plain(held), folder_of(tmp_path, config, "config.json") / "sae_weights.safetensors")
    assert formats.detect(tmp_path) == "llama_scope"
    sae = SAE.load(tmp_path, norm_scale=0.6)
    pre = inputs() * 0.6 @ w["W_enc"] + w["b_enc"]
    codes = pre * (pre > w["threshold"])
    check(sae, codes, (codes @ w["W_dec"] + w["b_dec"]) / 0.6)


@pytest.mark.parametrize("activation", ["TopK", "ReLU"])
def test_openai(tmp_path, activation):
    w, x = weights(), inputs()
    held = {"encoder.weight": w["W_enc"].T, "decoder.weight": w["W_dec"].T}
    held |= {"latent_bias": w["b_enc"], "pre_bias": w["b_dec"]}
    held = plain(held) | {"stats_last_nonzero": torch.zeros(F, dtype=torch.long)}
    held["activation"] = activation
    if activation == "TopK":
        held["activation_state_dict"] = {"k": 3, "postact_fn": "ReLU"}
    folder = folder_of(tmp_path / "resid_delta_mlp_v5_32k" / "autoencoders", None)
    torch.save(held, folder / "7.pt")
    assert formats.detect(folder) == "openai"
    sae = SAE.load(folder)
    mean, std = x.mean(-1, keepdim=True), x.std(-1, keepdim=True)
    u = (x - mean) / (std + 1e-5) if activation == "TopK" else x
    pre = (u - w["b_dec"]) @ w["W_enc"] + w["b_enc"]
    codes = topk(pre, 3) if activation == "TopK" else pre.relu()
    y = codes @ w["W_dec"] + w["b_dec"]
    check(sae, codes, y * std + mean if activation == "TopK" else y)
    assert (sae.site, sae.model) == ("L7.mlp_out", "gpt2")
    torch.save(held, folder / "8.pt")
    with pytest.raises(ValueError, match=r"7\.pt, 8\.pt, a layer each.*layer=…"):
        SAE.load(folder)
    assert SAE.load(folder, layer=8).site == "L8.mlp_out"
    assert SAE.load(folder / "7.pt").site == "L7.mlp_out"
    with pytest.raises(ValueError, match=r"got layer=9"):
        SAE.load(folder, layer=9)


def test_qwen_scope(tmp_path):
    w = weights()
    held = {"W_enc": w["W_enc"].T, "W_dec": w["W_dec"].T} | some(w, "b_enc", "b_dec")
    folder = folder_of(tmp_path / "SAE-Res-Qwen3-8B-Base-W64K-L0_3", None)
    torch.save(plain(held), folder / "layer5.sae.pt")
    sae = SAE.load(folder)
    codes = topk(inputs() @ w["W_enc"] + w["b_enc"], 3)
    check(sae, codes, codes @ w["W_dec"] + w["b_dec"])
    assert (sae.site, sae.model, sae.k) == ("L5.resid_post", "Qwen/Qwen3-8B-Base", 3)
    (tmp_path / "mine").mkdir()
    torch.save(plain(held), tmp_path / "mine" / "layer5.sae.pt")
    with pytest.raises(ValueError, match=r"Pass k=…"):
        SAE.load(tmp_path / "mine")
    assert SAE.load(tmp_path / "mine", k=2).k == 2
