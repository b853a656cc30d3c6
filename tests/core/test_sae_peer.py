"""What the libraries themselves compute with their files, stored with what made the numbers.

In an environment that has SAELens, dictionary_learning and sparsify this file writes its numbers
anew: ``python tests/core/test_sae_peer.py``. It also lets sparsify and SAELens read what is
written here, and stores the digest of what SAELens goes by: where that changes, it is to
read again.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

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

STORED = Path(__file__).with_suffix(".json")
TOLERANCE = 2e-5  # float32, and what was stored is rounded
OUT = {"d_out": 4, "apply_b_dec_to_input": False}
SCALE = D**0.5 / 5


def gates() -> dict[str, Tensor]:
    """What a gated dictionary has besides both matrices and a bias."""
    w = weights()
    return {"b_gate": w["b_enc"] * 2, "b_mag": w["threshold"] - 0.5, "r_mag": w["b_enc"]}


def linear() -> dict[str, Tensor]:
    """Both matrices as linear modules keep them, and the encoder's bias."""
    w = weights()
    held = {"encoder.weight": w["W_enc"].T, "decoder.weight": w["W_dec"].T}
    return held | {"encoder.bias": w["b_enc"]}


def sae_lens(architecture: str, *names: str, **config: Any):
    """A case of SAELens."""

    def write(folder: Path) -> None:
        said = sae_lens_config(architecture, **config)
        held = weights(d_out=config.get("d_out")) | gates()
        write_sae_lens(folder, said, some(held, *names))

    return write


def dictionary_learning(kind: str, **tensors: Any):
    """A case of dictionary_learning."""
    trainer = {"dict_class": kind, "activation_dim": D, "dict_size": F, "k": 3, "layer": 1}
    trainer |= {"lm_name": "gpt2", "submodule_name": "resid_post_layer_1"}

    def write(folder: Path) -> None:
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps({"trainer": trainer}))
        held = {name: tensor.contiguous() for name, tensor in tensors.items()}
        torch.save(held, folder / "ae.pt")

    return write


def sparsify(activation: str, **config: Any):
    """A case of sparsify."""
    said = {"d_in": D, "k": 4, "activation": activation, "num_latents": F} | config

    def write(folder: Path) -> None:
        w = weights()
        folder.mkdir()
        (folder / "cfg.json").write_text(json.dumps(said))
        held = {"encoder.weight": w["W_enc"].T, "encoder.bias": w["b_enc"]}
        held |= some(w, "W_dec", "b_dec") | (some(w, "W_skip") if config else {})
        held = {name: tensor.contiguous() for name, tensor in held.items()}
        save_file(held, folder / "sae.safetensors")

    return write


def gemma_scope(folder: Path) -> None:
    """The case of Gemma Scope, which SAELens reads."""
    folder.mkdir(parents=True)
    held = some(weights(), *STANDARD, "threshold")
    np.savez(folder / "params.npz", **{name: tensor.numpy() for name, tensor in held.items()})


def llama_scope(folder: Path) -> None:
    """The case of Llama Scope, which SAELens reads."""
    (folder / "checkpoints").mkdir(parents=True)
    said = {"d_model": D, "d_sae": F, "jump_relu_threshold": 0.9}
    said |= {"hook_point_in": "blocks.1.hook_resid_post"}
    said |= {"dataset_average_activation_norm": {"in": 5.0, "out": 5.0}}
    (folder / "hyperparams.json").write_text(json.dumps(said))
    held = linear() | {"decoder.bias": weights()["b_dec"]}
    held = {name: tensor.contiguous() for name, tensor in held.items()}
    save_file(held, folder / "checkpoints" / "final.safetensors")


def cases() -> dict[str, Any]:
    """Library and class -> what writes its files into a folder."""
    w, k, level = weights(), {"k": torch.tensor(3, dtype=torch.int)}, torch.tensor(0.7)
    gated = {"decoder_bias": w["b_dec"], "gate_bias": w["b_enc"] * 2, "mag_bias": w["b_enc"]}
    gated |= {name: t for name, t in linear().items() if name != "encoder.bias"}
    batch = {"threshold": level} | k
    groups = {"group_sizes": torch.tensor([4, 12])}
    raw, open_bias = some(w, *STANDARD), {"decoder.bias": w["b_dec"]}
    over, skip = (*STANDARD, "threshold"), (*STANDARD, "W_skip")
    scaled = {"k": 3, "rescale_acts_by_decoder_norm": True}
    return {
        "sae_lens/standard": sae_lens("standard", *STANDARD),
        "sae_lens/layer_norm": sae_lens("standard", *STANDARD, normalize_activations="layer_norm"),
        "sae_lens/token_norm": sae_lens(
            "standard", *STANDARD, normalize_activations="constant_norm_rescale"
        ),
        "sae_lens/topk": sae_lens("topk", *STANDARD, k=3),
        "sae_lens/topk_scaled": sae_lens("topk", *STANDARD, **scaled),
        "sae_lens/jumprelu": sae_lens("jumprelu", *over),
        "sae_lens/gated": sae_lens("gated", "W_enc", "W_dec", "b_dec", *gates()),
        "sae_lens/transcoder": sae_lens("transcoder", *STANDARD, **OUT),
        "sae_lens/skip_transcoder": sae_lens("skip_transcoder", *skip, **OUT),
        "sae_lens/jumprelu_transcoder": sae_lens("jumprelu_transcoder", *over, **OUT),
        "sae_lens/jumprelu_skip_transcoder": sae_lens(
            "jumprelu_skip_transcoder", *over, "W_skip", **OUT
        ),
        "dictionary_learning/AutoEncoder": dictionary_learning(
            "AutoEncoder", **linear(), bias=w["b_dec"]
        ),
        "dictionary_learning/AutoEncoderNew": dictionary_learning(
            "AutoEncoderNew", **linear(), **open_bias
        ),
        "dictionary_learning/GatedAutoEncoder": dictionary_learning(
            "GatedAutoEncoder", **gated, r_mag=w["threshold"] - 0.5
        ),
        "dictionary_learning/AutoEncoderTopK": dictionary_learning(
            "AutoEncoderTopK", **linear(), b_dec=w["b_dec"], **batch
        ),
        "dictionary_learning/BatchTopKSAE": dictionary_learning(
            "BatchTopKSAE", **linear(), b_dec=w["b_dec"], **batch
        ),
        "dictionary_learning/MatryoshkaBatchTopKSAE": dictionary_learning(
            "MatryoshkaBatchTopKSAE", **raw, **batch, **groups
        ),
        "dictionary_learning/JumpReluAutoEncoder": dictionary_learning(
            "JumpReluAutoEncoder", **some(w, *over)
        ),
        "sparsify/topk": sparsify("topk"),
        "sparsify/groupmax": sparsify("groupmax"),
        "sparsify/skip": sparsify("topk", transcode=True, skip_connection=True),
        "gemma_scope/layer_1_width_4k": gemma_scope,
        "llama_scope/first": llama_scope,
    }


@pytest.mark.parametrize("case", cases())
def test_codes_and_reconstructions_are_those_of_the_library(tmp_path: Path, case: str) -> None:
    stored = json.loads(STORED.read_text())["numbers"][case]
    folder = tmp_path / "layers.1.mlp"
    cases()[case](folder)
    sae, x = SAE.load(folder), inputs().flatten(0, 1)
    for name, found in (("codes", sae.encode(x)), ("output", sae(x))):
        wanted = torch.tensor(stored[name])
        assert wanted.count_nonzero() > 10
        torch.testing.assert_close(found, wanted, rtol=TOLERANCE, atol=TOLERANCE)


@pytest.mark.parametrize("case", [name for name in cases() if name.split("/")[0] != "sparsify"])
def test_sae_lens_has_read_what_is_written_here(tmp_path: Path, case: str) -> None:
    stored = json.loads(STORED.read_text())["read_by_sae_lens"][case]
    assert stored["largest_difference"] < TOLERANCE
    written = ours(case, tmp_path)
    assert digest(written) == stored["sha256"]
    wanted = torch.tensor(json.loads(STORED.read_text())["numbers"][case]["output"])
    found = SAE.load(written)(inputs().flatten(0, 1))
    torch.testing.assert_close(found, wanted, rtol=TOLERANCE, atol=TOLERANCE)


def ours(case: str, folder: Path) -> Path:
    """What is written here of the dictionary of a case: a folder in SAELens's layout."""
    (folder / "theirs").mkdir()
    cases()[case](folder / "theirs" / "layers.1.mlp")
    return SAE.load(folder / "theirs" / "layers.1.mlp").save(folder / "ours")


def digest(folder: Path) -> str:
    """Of what SAELens goes by: the configuration, and names and shapes of tensors."""
    config = json.loads((folder / "cfg.json").read_text())
    for name in ("interp_widgets", "file"):
        config["metadata"].pop(name, None)
    held = load_file(folder / "sae_weights.safetensors")
    shapes = {name: [str(tensor.dtype), *tensor.shape] for name, tensor in held.items()}
    return hashlib.sha256(json.dumps([config, shapes], sort_keys=True).encode()).hexdigest()


def theirs(case: str, folder: Path) -> tuple[Tensor, Tensor]:
    """Codes and output as the library of a case computes them."""
    x, library = inputs().flatten(0, 1), case.split("/")[0]
    if library == "dictionary_learning":
        from dictionary_learning.utils import load_dictionary

        found, _ = load_dictionary(str(folder), "cpu")
        return found.encode(x), found(x)
    if library == "sparsify":
        from sparsify import SparseCoder

        found = SparseCoder.load_from_disk(folder)
        values, indices, _ = found.encode(x)
        codes = torch.zeros(len(x), F).scatter(-1, indices.long(), values)
        return codes, found(x).sae_out
    found = read_by_sae_lens(folder) if library == "sae_lens" else read_as(library, folder)
    return found.encode(x), found(x)


def read_by_sae_lens(folder: Path) -> Any:
    """A folder in its own layout."""
    import sae_lens

    return sae_lens.SAE.load_from_disk(folder)


def read_as(library: str, folder: Path) -> Any:
    """A folder in a layout of others, whose loader would fetch it from the hub."""
    import sae_lens
    from sae_lens.loading import pretrained_sae_loaders as loaders

    def here(repo_id: str, filename: str, subfolder: str = "", **_: Any) -> str:
        inside = Path(subfolder, filename).relative_to(_NAMED[library][1])
        return str(folder / inside)

    loaders.hf_hub_download = here
    repo, place, _ = _NAMED[library]
    sizes = {"d_in": D, "d_sae": F, "dtype": "float32", "device": "cpu"}
    load = getattr(loaders, f"{_NAMED[library][2]}_sae_huggingface_loader")
    config, tensors, _ = load(repo, place, "cpu", False, sizes)
    config = loaders.handle_config_defaulting(config)
    found = sae_lens.SAE.from_dict(config)
    found.load_state_dict(tensors)
    if library == "llama_scope":
        found.fold_activation_norm_scaling_factor(SCALE)
    return found


_NAMED = {
    "gemma_scope": ("google/gemma-scope-2b-pt-res", "layer_1/width_4k/average_l0_7", "gemma_2"),
    "llama_scope": ("fnlp/Llama3_1-8B-Base-LXR-8x", "Llama3_1-8B-Base-L1R-8x", "llama_scope"),
}


def main() -> None:
    """Write the numbers beside this file."""
    os.environ |= {"TQDM_DISABLE": "1", "HF_HUB_OFFLINE": "1", "SPARSIFY_DISABLE_TRITON": "1"}
    numbers, read = {}, {}
    x = inputs().flatten(0, 1)
    with torch.no_grad(), tempfile.TemporaryDirectory() as root:
        for number, (case, write) in enumerate(cases().items()):
            folder = Path(root, str(number))
            folder.mkdir()
            write(folder / "layers.1.mlp")
            codes, output = (
                t.double().round(decimals=5) for t in theirs(case, folder / "layers.1.mlp")
            )
            numbers[case] = {"codes": codes.tolist(), "output": output.tolist()}
            if case.startswith("sparsify"):
                SAE.load(folder / "layers.1.mlp").save(folder / "again", format="sparsify")
                assert torch.equal(
                    theirs(case, folder / "again")[1], theirs(case, folder / "layers.1.mlp")[1]
                )
                continue
            written = ours(case, folder)
            difference = (read_by_sae_lens(written)(x) - SAE.load(written)(x)).abs().max()
            read[case] = {"largest_difference": float(difference), "sha256": digest(written)}
    peers = [
        f"{name} {version(name)}" for name in ("sae-lens", "dictionary-learning", "eai-sparsify")
    ]
    made = f"tests/core/test_sae_peer.py, {', '.join(peers)}"
    text = json.dumps({"made_by": made, "read_by_sae_lens": read, "numbers": numbers})
    STORED.write_text(text.replace('"codes"', '\n"codes"').replace("}, ", "},\n") + "\n")


if __name__ == "__main__":
    main()
