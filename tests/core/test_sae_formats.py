"""SAELens files: what they hold, computed as SAELens does, and written so that it reads them."""

from __future__ import annotations

import json
import warnings

import pytest
import torch
from safetensors.torch import load_file

from interp_widgets.core.dictionary import formats
from interp_widgets.core.dictionary.formats.site_names import site_of_hook
from interp_widgets.core.dictionary.normalization import Normalization
from interp_widgets.core.dictionary.sae import SAE
from tests.core.sae_files import (
    STANDARD,
    D,
    F,
    inputs,
    sae_lens_config,
    some,
    weights,
    write_sae_lens,
)


def close(found, wanted):
    torch.testing.assert_close(found, wanted, rtol=1e-6, atol=1e-6)


def topk(pre, k):
    """The k largest of each row, rectified."""
    values, indices = pre.topk(k)
    return torch.zeros_like(pre).scatter(-1, indices, values.relu())


def normalised(x, how):
    """The input as SAELens normalises it, and how it undoes that."""
    if how == "layer_norm":
        mean, std = x.mean(-1, keepdim=True), x.std(-1, keepdim=True)
        return (x - mean) / (std + 1e-5), lambda y: y * std + mean
    if how == "constant_norm_rescale":
        scale = D**0.5 / x.norm(dim=-1, keepdim=True)
        return x * scale, lambda y: y / scale
    return x, lambda y: y


def forward(x, w, config):
    """Codes and output of SAELens's inference classes, written down once more."""
    kind = config["architecture"]
    u, undo = normalised(x, config["normalize_activations"])
    if config["apply_b_dec_to_input"]:
        u = u - w["b_dec"]
    if kind == "gated":
        gate = u @ w["W_enc"] + w["b_gate"] > 0
        codes = gate * (u @ (w["W_enc"] * w["r_mag"].exp()) + w["b_mag"]).relu()
        return codes, undo(codes @ w["W_dec"] + w["b_dec"])
    pre = u @ w["W_enc"] + w["b_enc"]
    W_dec = w["W_dec"]
    if kind == "topk":
        if config.get("rescale_acts_by_decoder_norm"):
            lengths = W_dec.norm(dim=-1)
            pre, W_dec = pre * lengths, W_dec / lengths[:, None]
        codes = topk(pre, config["k"])
    elif "jumprelu" in kind:
        codes = pre.relu() * (pre > w["threshold"])
    else:
        codes = pre.relu()
    y = codes @ W_dec + w["b_dec"]
    if "skip" in kind:
        y = y + x @ w["W_skip"].T
    return codes, y if "transcoder" in kind else undo(y)


CASES = {
    "standard": (sae_lens_config("standard"), STANDARD),
    "standard-uncentred": (sae_lens_config("standard", apply_b_dec_to_input=False), STANDARD),
    "standard-token-norm": (
        sae_lens_config("standard", normalize_activations="constant_norm_rescale"),
        STANDARD,
    ),
    "topk": (sae_lens_config("topk", k=3, rescale_acts_by_decoder_norm=False), STANDARD),
    "topk-layer-norm": (
        sae_lens_config(
            "topk", k=3, rescale_acts_by_decoder_norm=False, normalize_activations="layer_norm"
        ),
        STANDARD,
    ),
    "jumprelu": (sae_lens_config("jumprelu"), (*STANDARD, "threshold")),
}
OUT = {"d_out": 4, "apply_b_dec_to_input": False}
OUT["metadata"] = {"hook_name": "blocks.1.mlp.hook_in", "hook_name_out": "blocks.1.hook_mlp_out"}
TRANSCODERS = {
    "transcoder": STANDARD,
    "skip_transcoder": (*STANDARD, "W_skip"),
    "jumprelu_transcoder": (*STANDARD, "threshold"),
    "jumprelu_skip_transcoder": (*STANDARD, "threshold", "W_skip"),
}
CASES |= {kind: (sae_lens_config(kind, **OUT), names) for kind, names in TRANSCODERS.items()}


def written(tmp_path, case):
    """A case on disk: the folder, its configuration, its tensors."""
    config, names = CASES[case]
    held = some(weights(d_out=config.get("d_out")), *names)
    return write_sae_lens(tmp_path / "theirs", config, held), config, held


@pytest.mark.parametrize("case", CASES)
def test_a_file_computes_what_sae_lens_does(tmp_path, case):
    folder, config, held = written(tmp_path, case)
    assert formats.detect(folder) == "sae_lens"
    sae, x = SAE.load(folder), inputs()
    codes, y = forward(x, held, config)
    assert (codes > 0).any(-1).all()
    close(sae.encode(x), codes)
    close(sae(x), y)
    transcodes = "transcoder" in case
    assert sae.is_transcoder is transcodes
    assert sae.place == ("L1.mlp_in→L1.mlp_out" if transcodes else "L3.resid_post")
    assert (sae.model, sae.metadata["context_size"]) == ("gpt2-small", 128)


@pytest.mark.parametrize("case", CASES)
def test_round_trip_keeps_every_byte(tmp_path, case):
    folder, config, held = written(tmp_path, case)
    assert SAE.load(folder).save(tmp_path / "ours") == tmp_path / "ours"
    found = load_file(tmp_path / "ours" / "sae_weights.safetensors")
    assert found.keys() == held.keys()
    for name, tensor in held.items():
        assert torch.equal(found[name], tensor), name
    again = json.loads((tmp_path / "ours" / "cfg.json").read_text())
    about = again.pop("metadata")
    assert again == {name: value for name, value in config.items() if name != "metadata"}
    assert config["metadata"].items() <= about.items()
    assert repr(SAE.load(tmp_path / "ours")) == repr(SAE.load(folder))


def test_gated_is_the_jumprelu_it_equals(tmp_path):
    held = weights()
    held |= {"b_gate": held["b_enc"], "b_mag": held["threshold"] - 0.5, "r_mag": held["b_enc"] * 2}
    names = ("W_enc", "W_dec", "b_dec", "b_gate", "b_mag", "r_mag")
    folder = write_sae_lens(tmp_path, sae_lens_config("gated"), some(held, *names))
    sae, x = SAE.load(folder), inputs()
    codes, y = forward(x, held, sae_lens_config("gated"))
    assert 0 < (codes > 0).float().mean() < 1
    close(sae.encode(x), codes)
    close(sae(x), y)
    assert (sae.variant, sae.activation) == ("gated", "jumprelu")
    sae.save(tmp_path / "ours")
    again = SAE.load(tmp_path / "ours")
    close(again(x), y)
    assert again.variant == "gated"


def test_codes_scaled_by_lengths_of_directions_are_those_of_sae_lens(tmp_path):
    config = sae_lens_config("topk", k=3, rescale_acts_by_decoder_norm=True)
    held = some(weights(), *STANDARD)
    sae, x = SAE.load(write_sae_lens(tmp_path / "a", config, held)), inputs()
    codes, y = forward(x, held, config)
    close(sae.encode(x), codes)
    close(sae(x), y)
    assert not torch.equal((topk(x @ held["W_enc"], 3) > 0), codes > 0)
    # its own files have lengths of 1 and keep their bytes
    held["W_dec"] /= held["W_dec"].norm(dim=-1, keepdim=True)
    same = SAE.load(write_sae_lens(tmp_path / "b", config, held))
    assert torch.equal(same.W_dec, held["W_dec"])
    assert same.decoder_weighted
    # and one of ours comes back with the codes it had
    ours = SAE(**some(weights(), *STANDARD), activation="topk", k=3, decoder_weighted=True)
    ours.save(tmp_path / "c")
    assert torch.equal(SAE.load(tmp_path / "c").encode(x), ours.encode(x))


def test_k_is_passed_where_the_file_does_not_say_it(tmp_path):
    for said, passed, k in (({}, 3, 3), ({"k": 2}, None, 2), ({"k": 2}, 3, 2)):
        config = sae_lens_config("topk", rescale_acts_by_decoder_norm=False, **said)
        folder = write_sae_lens(tmp_path / f"{k}{passed}", config, some(weights(), *STANDARD))
        assert SAE.load(folder, k=passed).k == k


def test_flat_files_from_before_version_6(tmp_path):
    flat = {
        "d_in": D,
        "d_sae": F,
        "dtype": "torch.float32",
        "device": "cuda",
        "model_name": "pythia-70m",
        "hook_point": "blocks.2.hook_mlp_out",
        "hook_point_head_index": None,
        "activation_fn_str": "topk",
        "activation_fn_kwargs": {"k": 3},
        "normalize_activations": False,
        "finetuning_scaling_factor": False,
        "context_size": 64,
    }
    held = some(weights(), *STANDARD) | {"scaling_factor": torch.ones(F)}
    sae, x = SAE.load(write_sae_lens(tmp_path, flat, held)), inputs()
    codes = topk((x - held["b_dec"]) @ held["W_enc"] + held["b_enc"], 3)
    close(sae.encode(x), codes)
    assert (sae.k, sae.site, sae.model) == (3, "L2.mlp_out", "pythia-70m")
    # version 6 is what is written
    sae.save(tmp_path / "new")
    config = json.loads((tmp_path / "new" / "cfg.json").read_text())
    assert config["architecture"] == "topk"
    assert config["metadata"]["sae_lens_version"].startswith("6")
    # ReLU is what neither field names, thresholds were logarithms
    held = some(weights(), *STANDARD, "threshold")
    held["log_threshold"] = held.pop("threshold").log()
    plain = {"d_in": D, "d_sae": F, "hook_name": "blocks.0.attn.hook_z", "architecture": "jumprelu"}
    sae = SAE.load(write_sae_lens(tmp_path / "log", plain, held))
    close(sae.threshold, weights()["threshold"])
    assert (sae.center, sae.site) == (True, "L0.z")


def test_batchtopk_comes_as_the_jumprelu_that_sae_lens_saves(tmp_path):
    about = {"training_architecture": "batchtopk", "training_architecture_details": {"k": 2.5}}
    held = some(weights(), *STANDARD, "threshold")
    folder = write_sae_lens(tmp_path, sae_lens_config("jumprelu", metadata=about), held)
    sae = SAE.load(folder)
    assert (sae.variant, sae.activation) == ("batchtopk", "jumprelu")
    assert sae.metadata["advertised_l0"] == 2.5


def test_a_scale_that_the_file_does_not_hold(tmp_path):
    config = sae_lens_config("jumprelu", normalize_activations="expected_average_only_in")
    held = some(weights(), *STANDARD, "threshold")
    folder = write_sae_lens(tmp_path, config, held)
    with pytest.raises(ValueError, match=r"cfg\.json: inputs are to be scaled.*norm_scale=…"):
        SAE.load(folder)
    sae, x = SAE.load(folder, norm_scale=0.4), inputs()
    pre = (0.4 * x - held["b_dec"]) @ held["W_enc"] + held["b_enc"]
    codes = pre * (pre > held["threshold"])
    close(sae.encode(x), codes)
    close(sae(x), (codes @ held["W_dec"] + held["b_dec"]) / 0.4)
    sae.save(tmp_path / "folded")
    again = SAE.load(tmp_path / "folded")
    close(again.encode(x), codes)
    torch.testing.assert_close(again(x), sae(x), rtol=1e-5, atol=1e-5)
    about = json.loads((tmp_path / "folded" / "cfg.json").read_text())["metadata"]
    assert about["interp_widgets"]["folded"] == {"mode": "expected_average", "scale": 0.4}


def test_a_scale_of_inputs_counts_in_codes_scaled_by_lengths(tmp_path):
    """SAELens folds the scale when it reads such a file, and directions are 1 / scale as long."""
    more = {"k": 3, "rescale_acts_by_decoder_norm": True}
    config = sae_lens_config("topk", normalize_activations="expected_average_only_in", **more)
    w = some(weights(), *STANDARD)
    sae, x = SAE.load(write_sae_lens(tmp_path, config, w), norm_scale=0.4), inputs()
    folded = w | {"W_enc": w["W_enc"] * 0.4, "W_dec": w["W_dec"] / 0.4, "b_dec": w["b_dec"] / 0.4}
    codes, y = forward(x, folded, sae_lens_config("topk", **more))
    close(sae.encode(x), codes)
    close(sae(x), y)


@pytest.mark.parametrize("mode", ["mean_square", "centred", "whitening"])
def test_what_sae_lens_has_no_place_for_is_folded(tmp_path, mode):
    x = inputs()
    way = Normalization.fit(mode, torch.randn(99, D, generator=torch.Generator().manual_seed(3)))
    held = some(weights(), *STANDARD)
    for options in (
        {"activation": "relu"},
        {"activation": "topk", "k": 3, "decoder_weighted": True},
    ):
        sae = SAE(**held, **options, normalization=way)
        sae.save(tmp_path / mode)
        torch.testing.assert_close(SAE.load(tmp_path / mode)(x), sae(x), rtol=1e-4, atol=1e-4)


def test_dtypes(tmp_path):
    held = {name: tensor.half() for name, tensor in some(weights(), *STANDARD).items()}
    folder = write_sae_lens(tmp_path / "a", sae_lens_config("standard", dtype="float16"), held)
    sae = SAE.load(folder)
    assert (sae.dtype, sae.metadata["stored_dtype"]) == (torch.float32, "float16")
    stored = SAE.load(folder, dtype="auto")
    assert stored.dtype == torch.float16
    stored.save(tmp_path / "b")
    found = load_file(tmp_path / "b" / "sae_weights.safetensors")
    assert all(torch.equal(found[name], held[name]) for name in held)
    assert json.loads((tmp_path / "b" / "cfg.json").read_text())["dtype"] == "float16"
    with pytest.raises(ValueError, match=r"dtype is 'float32'.*got 'int8'"):
        SAE.load(folder, dtype="int8")


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_raised_before_anything_is_made_of_it(tmp_path, dtype):
    """What a loader computes of stored numbers is as exact as what SAELens computes of them."""
    x, wide = inputs(), weights()
    wide |= {"b_gate": wide["b_enc"], "b_mag": wide["threshold"] - 0.5, "r_mag": wide["b_enc"] * 2}
    wide["log_threshold"] = wide["threshold"].log()
    wide["W_dec"] = wide["W_dec"] / wide["W_dec"].norm(dim=-1, keepdim=True)
    half = {name: tensor.to(dtype) for name, tensor in wide.items()}
    back = {name: tensor.float() for name, tensor in half.items()}
    back["threshold"] = back["log_threshold"].exp()
    cases = {
        "gated": ("W_enc", "W_dec", "b_dec", "b_gate", "b_mag", "r_mag"),
        "jumprelu": (*STANDARD, "log_threshold"),
        "topk": STANDARD,
    }
    for kind, names in cases.items():
        more = {"k": 3, "rescale_acts_by_decoder_norm": True} if kind == "topk" else {}
        config = sae_lens_config(kind, **more)
        sae = SAE.load(write_sae_lens(tmp_path / kind, config, some(half, *names)))
        codes, y = forward(x, back, config)
        close(sae.encode(x), codes)
        close(sae(x), y)
        stored = SAE.load(tmp_path / kind, dtype="auto")
        assert sae.metadata["stored_dtype"] == str(stored.dtype).removeprefix("torch.")
        assert (sae.dtype, stored.dtype) == (torch.float32, dtype)


def test_what_is_ours_comes_back(tmp_path):
    held = some(weights(), *STANDARD)
    sae = SAE(
        **held,
        variant="relu_unit",
        site="L3.z.5",
        model="course-model",
        revision="abc",
        metadata={"steps": 7, "history": [1.5, 2.5]},
    )
    sae.save(tmp_path)
    again = SAE.load(tmp_path)
    for name in ("variant", "site", "model", "revision", "center", "activation"):
        assert getattr(again, name) == getattr(sae, name)
    assert sae.metadata.items() <= again.metadata.items()
    about = json.loads((tmp_path / "cfg.json").read_text())["metadata"]
    assert (about["hook_name"], about["hook_head_index"]) == ("blocks.3.attn.hook_z", 5)
    # a place that has no hook there, and a head where there are none
    SAE(**held, site="final").save(tmp_path)
    assert SAE.load(tmp_path).site == "final"
    assert site_of_hook("blocks.2.hook_resid_post", 3) == "L2.resid_post"
    assert site_of_hook("blocks.2.attn.hook_z", 3) == "L2.z.3"


def test_a_hook_that_is_no_place_here_leaves_the_site_open(tmp_path):
    config = sae_lens_config("standard", metadata={"hook_name": "blocks.3.ln2.hook_normalized"})
    folder = write_sae_lens(tmp_path, config, some(weights(), *STANDARD))
    sae = SAE.load(folder)
    assert sae.site == ""
    assert sae.metadata["hook_name"] == "blocks.3.ln2.hook_normalized"
    sae.save(tmp_path / "again")
    about = json.loads((tmp_path / "again" / "cfg.json").read_text())["metadata"]
    assert about["hook_name"] == "blocks.3.ln2.hook_normalized"


def test_tied_weights_are_written_apart(tmp_path):
    held = some(weights(), *STANDARD)
    SAE(**(held | {"W_enc": held["W_dec"].T})).save(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = SAE.load(tmp_path)
    assert torch.equal(again.W_enc, held["W_dec"].T)
