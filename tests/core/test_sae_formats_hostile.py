"""Files and configurations that lie: each is refused with its name, none leaves anything behind."""

from __future__ import annotations

import json
import re
import struct

import numpy as np
import pytest
import torch
import yaml
from safetensors import safe_open
from safetensors.torch import load_file, save_file

import interp_widgets as iw
from interp_widgets.core.tensor_files import DIGEST, digest_of
from tests.core.sae_files import STANDARD, D, inputs, sae_lens_config, some, weights, write_sae_lens

NOT_NUMBERS = (None, True, -1, 0, 1.5, float("nan"), "x" * 9999, "", [], [1], {"a": 1}, 10**30)
NOT_TEXT = (True, 1.5, float("nan"), [1], {"a": [1]}, 10**30)


def topk(**about) -> iw.SAE:
    return iw.SAE(**some(weights(), *STANDARD), activation="topk", k=3, **about)


def jumprelu() -> iw.SAE:
    held = some(weights(), *STANDARD, "threshold")
    return iw.SAE(**held, activation="jumprelu", center=False, site="L1.resid_post")


def refused(folder, **options) -> str:
    """What loading says, in a line that names the folder or a file in it."""
    before = sorted(path.name for path in folder.rglob("*"))
    with pytest.raises(ValueError, match=re.escape(str(folder))) as said:
        iw.SAE.load(folder, **options)
    message = str(said.value)
    assert len(message) < 600
    assert sorted(path.name for path in folder.rglob("*")) == before
    return message


@pytest.mark.parametrize(
    ("format", "file"),
    [
        ("sae_lens", "sae_weights.safetensors"),
        ("sparsify", "sae.safetensors"),
        ("gemma_scope_2", "params.safetensors"),
        ("gemma_scope", "params.npz"),
    ],
)
def test_a_number_that_was_changed_is_noticed(tmp_path, format, file):
    sae = jumprelu() if "gemma" in format else topk()
    path = sae.save(tmp_path / "sae", format=format) / file
    assert torch.equal(iw.SAE.load(path)(inputs()), iw.SAE.load(path.parent)(inputs()))
    broken = bytearray(path.read_bytes())
    broken[-300] ^= 1
    path.write_bytes(bytes(broken))
    said = refused(path.parent)
    assert file in said
    if file.endswith("safetensors"):
        assert "changed or damaged since it was written" in said
        # Who writes new numbers with safetensors writes a file of their own.
        save_file(load_file(path), path)
        assert iw.SAE.load(path.parent).d_sae == sae.d_sae


def test_a_set_notices_it_as_well(tmp_path):
    at = {"site": "L0.mlp_in", "site_out": "L0.mlp_out"}
    iw.save_transcoders([topk(center=False, **at)], tmp_path)
    path = tmp_path / "layer_0.safetensors"
    with safe_open(path, framework="pt") as file:
        assert file.metadata()[DIGEST] == digest_of(load_file(path))
    broken = bytearray(path.read_bytes())
    broken[-9] ^= 1
    path.write_bytes(bytes(broken))
    with pytest.raises(ValueError, match=r"layer_0\.safetensors was changed or damaged"):
        iw.load_transcoders(tmp_path)[0]


def test_headers_that_lie(tmp_path):
    folder = topk().save(tmp_path / "sae")
    path = folder / "sae_weights.safetensors"
    entry = {"dtype": "F32", "shape": [1 << 40, 1 << 20], "data_offsets": [0, 1 << 62]}
    for header, length in (
        (b"{}", 1 << 62),  # longer than any disk
        (b"\xff" * 40, 40),
        (json.dumps({"W_enc": entry}).encode(), None),
        (json.dumps({"W_enc": entry | {"data_offsets": [4, 0]}}).encode(), None),
        (json.dumps({"__metadata__": {"config_sha256": "../../etc"}}).encode(), None),
    ):
        path.write_bytes(struct.pack("<Q", len(header) if length is None else length) + header)
        assert "sae_weights.safetensors" in refused(folder)


def changed(folder, file, *names, to):
    """Replace one value of a configuration; the text as it was."""
    path = folder / file
    text = path.read_text()
    config = yaml.safe_load(text)
    inner = config
    for name in names[:-1]:
        inner = inner[name]
    inner[names[-1]] = to
    path.write_text(yaml.safe_dump(config) if file.endswith("yaml") else json.dumps(config))
    return text


def test_configurations_of_wrong_types(tmp_path):
    ours = topk(model="m", site="L1.resid_post", revision="r").save(tmp_path / "ours")
    sparse = topk().save(tmp_path / "sparse", format="sparsify")
    gemma = jumprelu().save(tmp_path / "gemma", format="gemma_scope_2")
    at = {"site": "L0.mlp_in", "site_out": "L0.mlp_out", "model": "m"}
    both = iw.save_transcoders([topk(center=False, **at)], tmp_path / "set")
    for folder, file, names, values in (
        (ours, "cfg.json", ("d_in",), NOT_NUMBERS),
        (ours, "cfg.json", ("k",), NOT_NUMBERS),
        (ours, "cfg.json", ("architecture",), (None, *NOT_TEXT, [])),
        (ours, "cfg.json", ("normalize_activations",), NOT_TEXT),
        (ours, "cfg.json", ("apply_b_dec_to_input",), ("yes", 1, None, [])),
        (ours, "cfg.json", ("metadata", "model_name"), NOT_TEXT),
        (ours, "cfg.json", ("metadata", "interp_widgets", "variant"), NOT_TEXT),
        (ours, "cfg.json", ("metadata", "interp_widgets", "site"), NOT_TEXT),
        (ours, "cfg.json", ("metadata", "interp_widgets", "revision"), NOT_TEXT),
        (sparse, "cfg.json", ("k",), NOT_NUMBERS),
        (sparse, "cfg.json", ("activation",), (None, *NOT_TEXT)),
        (sparse, "cfg.json", ("transcode",), ("yes", 1, None)),
        (gemma, "config.json", ("architecture",), (None, *NOT_TEXT)),
        (both, "config.yaml", ("model_kind",), (None, *NOT_TEXT)),
        (both, "config.yaml", ("activation",), NOT_TEXT),
        (both, "config.yaml", ("k",), [v for v in NOT_NUMBERS if v not in (None, True)]),
    ):
        for value in values:
            text = changed(folder, file, *names, to=value)
            refused(folder)
            (folder / file).write_text(text)
        iw.SAE.load(folder)


def test_a_factor_on_codes_counts_where_it_is_one(tmp_path):
    held = {n: t.numpy() for n, t in some(weights(), *STANDARD, "threshold").items()}
    np.savez(tmp_path / "params.npz", **held, scaling_factor=np.ones(16, dtype=np.float32))
    plain = iw.SAE.load(tmp_path)
    assert plain.d_sae == 16
    np.savez(tmp_path / "params.npz", **held, scaling_factor=np.full(16, 2, dtype=np.float32))
    assert "a factor on each code" in refused(tmp_path)


def test_what_training_said_of_itself_comes_back_as_it_was(tmp_path):
    about = {"training_architecture": "batchtopk", "training_architecture_details": {"k": 2.5}}
    config = sae_lens_config("jumprelu", metadata=about)
    held = some(weights(), *STANDARD, "threshold")
    sae = iw.SAE.load(write_sae_lens(tmp_path / "there", config, held))
    assert (sae.d_in, sae.metadata["advertised_l0"]) == (D, 2.5)
    sae.save(tmp_path / "back")
    written = json.loads((tmp_path / "back" / "cfg.json").read_text())["metadata"]
    written.pop("interp_widgets")
    assert written == config["metadata"]
