"""Loading: a folder, a model in place, the wrong thing; nothing about a user's model changes."""

from __future__ import annotations

import socket
import time

import pytest
import torch
from transformers import AutoConfig, AutoModel, AutoModelForSequenceClassification

import interp_widgets as iw
from interp_widgets.core import hub
from interp_widgets.core import load as load_module
from interp_widgets.core.language_model import LanguageModel
from tests.core import tiny
from tests.core.conftest import FAMILIES, PROMPT, hooks_on, make


@pytest.fixture(scope="module", params=FAMILIES)
def folder(request, tmp_path_factory):
    """A family in the layout of ``save_pretrained``, with its tokenizer."""
    path = tmp_path_factory.mktemp("saved") / f"tiny-{request.param}"
    tiny.hf_model(request.param).save_pretrained(path)
    tiny.tokenizer().save_pretrained(path)
    return path


def test_a_saved_folder_comes_back(folder):
    family = folder.name.removeprefix("tiny-")
    model, original = iw.load(str(folder), device="cpu"), make(family, torch.float32)
    assert isinstance(model, LanguageModel)
    assert model.name == folder.name
    ids = original.ids(PROMPT)
    assert torch.equal(model.ids(PROMPT), ids)
    torch.testing.assert_close(model.logits(ids[None]), original.logits(ids[None]))
    assert model.tokens(PROMPT) == original.tokens(PROMPT)
    assert (model.dtype, model.hf.training) == (torch.float32, False)


def test_dtypes_of_a_folder(folder):
    for dtype in ("bfloat16", torch.float64, "auto"):
        wanted = torch.float32 if dtype == "auto" else load_module.checked_dtype(dtype)
        assert iw.load(folder, device="cpu", dtype=dtype).dtype == wanted


def test_a_model_in_place_is_the_very_object():
    hf, tokenizer = tiny.hf_model("llama"), tiny.tokenizer()
    before = {key: (value.clone(), value.data_ptr()) for key, value in hf.state_dict().items()}
    wanted = [parameter.requires_grad for parameter in hf.parameters()]
    model = iw.load(hf, tokenizer=tokenizer)
    assert model.hf is hf
    assert model.tokenizer is tokenizer
    assert model.layers is hf.model.layers
    iw.logit_lens(model, PROMPT)
    iw.cache(model, PROMPT, ["L*.pattern", "L*.mlp_post"])
    for key, value in hf.state_dict().items():
        assert torch.equal(value, before[key][0])
        assert value.data_ptr() == before[key][1]
    assert [parameter.requires_grad for parameter in hf.parameters()] == wanted
    assert hooks_on(hf) == 0
    assert all("forward" not in vars(module) for module in hf.modules())


@pytest.mark.parametrize("family", FAMILIES)
def test_sizes(family):
    model = make(family)
    assert (model.n_layers, model.n_heads, model.d_model) == (3, 4, 32)
    # BLOOM has no last position; what is said is what it was trained on.
    context = 2048 if family == "bloom" else tiny.CONTEXT
    assert (model.d_vocab, model.context) == (len(tiny.tokenizer()), context)
    assert model.n_kv_heads == (4 if family.startswith(("gpt", "opt", "bloom")) else 2)
    assert model.d_head == (16 if family.startswith(("qwen3", "gemma")) else 8)
    assert (model.device.type, model.dtype) == ("cpu", torch.float64)
    kind = type(model.hf).__name__
    assert repr(model) == (
        f"LanguageModel({kind}: 3 layers, 4 heads, d_model 32, 273 tokens, cpu, float64)"
    )


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_on_cpu(family, dtype):
    model = make(family, dtype)
    assert model.dtype == dtype
    assert model.top_tokens(PROMPT, 3)[0][1] > 0
    assert iw.cache(model, PROMPT)["L2.resid_pre"].dtype == torch.float32


def test_top_tokens(gpt2):
    with torch.no_grad():
        probs = gpt2.hf(gpt2.ids(PROMPT)[None]).logits[0, -1].softmax(-1)
    top = gpt2.top_tokens(PROMPT, 4)
    assert [p for _, p in top] == pytest.approx(probs.sort(descending=True).values[:4].tolist())
    assert top[0][0] == gpt2.piece(int(probs.argmax()))
    assert len(gpt2.top_tokens(PROMPT)) == 5
    for k in (0, 274, 2.5):
        with pytest.raises(ValueError, match=f"1 to 273.*got {k}"):
            gpt2.top_tokens(PROMPT, k)
    with pytest.raises(ValueError, match=r"shape \[\.\.\., 32\] in GPT2.*got \[2, 5\]"):
        gpt2.unembed(torch.zeros(2, 5))


# what is refused


def refuse(error, message, *args, **options):
    with pytest.raises(error, match=message):
        iw.load(*args, **options)


def test_a_model_without_its_tokenizer_is_refused():
    refuse(
        TypeError, r"needs its tokenizer: iw.load\(hf_model, tokenizer=tok\)", tiny.hf_model("gpt2")
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_a_folder_without_a_tokenizer_says_so(tmp_path, family):
    tiny.hf_model(family).save_pretrained(tmp_path)
    refuse(OSError, r"holds no tokenizer.*tokenizer=", tmp_path, device="cpu")
    model = iw.load(tmp_path, tokenizer=tiny.tokenizer(), device="cpu")
    assert model.tokens("the") == ["<|endoftext|>", " the"]


@pytest.mark.parametrize(
    ("family", "changes", "message"),
    [
        ("opt", {"do_layer_norm_before": False}, "do_layer_norm_before=False.*OPT-350m"),
        ("opt", {"_remove_final_layer_norm": True}, "_remove_final_layer_norm=True: it has no"),
        ("opt", {"word_embed_proj_dim": 16}, "unembedding.*reads 16 numbers.*stream has 32"),
        (
            "bloom",
            {"apply_residual_connection_post_layernorm": True},
            "post_layernorm=True: its blocks add to the normalised stream",
        ),
    ],
)
def test_a_variant_that_a_row_cannot_describe_is_refused(tmp_path, family, changes, message):
    hf = tiny.hf_model(family, **changes)
    refuse(ValueError, message, hf, tokenizer=tiny.tokenizer())
    hf.save_pretrained(tmp_path)
    refuse(ValueError, message, tmp_path, tokenizer=tiny.tokenizer(), device="cpu")


def test_an_unknown_folder_is_refused_before_its_weights_are_read(tmp_path):
    config = AutoConfig.for_model("bert", hidden_size=16, num_hidden_layers=1)
    config.save_pretrained(tmp_path)
    refuse(
        TypeError,
        r"model_type 'bert'.*Known: bloom, falcon, gemma.*gpt2.*architectures\.py",
        tmp_path,
    )


def test_training_mode_is_refused_and_kept():
    hf = tiny.hf_model("gpt2").train()
    refuse(ValueError, r"training mode.*eval\(\)", hf, tokenizer=tiny.tokenizer())
    assert hf.training


def test_weights_that_are_not_there_are_refused():
    hf = tiny.hf_model("llama").to("meta")
    refuse(
        ValueError, r"weights of Llama.*not in memory.*offloaded", hf, tokenizer=tiny.tokenizer()
    )


@pytest.mark.parametrize("kind", [AutoModel, AutoModelForSequenceClassification])
def test_a_checkpoint_without_unembedding_is_refused(tmp_path, kind):
    """Transformers would fill the unembedding with random numbers, and only warn."""
    config = AutoConfig.for_model("llama", **tiny.CONFIGS["llama"])
    kind.from_config(config).save_pretrained(tmp_path)
    message = r"holds no weights for 1 parts of LlamaForCausalLM \(first: lm_head.weight\).*random"
    refuse(ValueError, message, tmp_path, tokenizer=tiny.tokenizer(), device="cpu")


def test_a_folder_that_holds_no_model_is_refused(tmp_path):
    refuse(FileNotFoundError, r"holds no config\.json.*save_pretrained", tmp_path)


def test_what_is_no_tokenizer_is_refused():
    hf = tiny.hf_model("gpt2")
    refuse(TypeError, "a transformers tokenizer; got str.*AutoTokenizer", hf, tokenizer="gpt2")
    model = iw.load(tiny.hf_model("gpt2", vocab_size=100), tokenizer=tiny.tokenizer())
    with pytest.raises(ValueError, match=r"0 to 99; got 0 to 261\. Is the tokenizer this model's"):
        model.ids(PROMPT)


def test_a_part_in_training_mode_is_named():
    hf = tiny.hf_model("gpt2")
    hf.transformer.h[1].train()
    message = r"'transformer\.h\.1'\) is in training mode.*eval\(\)"
    refuse(ValueError, message, hf, tokenizer=tiny.tokenizer())


def test_layers_that_the_model_does_not_run_are_named():
    hf = tiny.hf_model("llama")
    hf.config.num_hidden_layers = 2
    message = r"failed at L2\.resid_pre: the model ran past"
    refuse(ValueError, message, hf, tokenizer=tiny.tokenizer())


def test_broken_weights_are_refused():
    hf = tiny.hf_model("llama")
    with torch.no_grad():
        hf.lm_head.weight[3] = float("nan")
    refuse(ValueError, "NaN or infinite logits", hf, tokenizer=tiny.tokenizer())
    assert hooks_on(hf) == 0


def test_a_model_whose_forward_was_changed_is_refused():
    hf = tiny.hf_model("llama")
    hf.model.layers[1].mlp.register_forward_hook(lambda *_: None)  # looks only: fine
    iw.load(hf, tokenizer=tiny.tokenizer())
    hf.model.layers[1].mlp.down_proj.register_forward_hook(lambda _m, _a, out: out * 2)
    hf.model.norm.register_forward_hook(lambda _m, _a, out: out * 2)
    refuse(ValueError, r"self-check of .* failed at .*modified", hf, tokenizer=tiny.tokenizer())


def test_no_model_at_all_is_refused():
    for thing in (3, ["gpt2"], object()):
        refuse(TypeError, "a hub id, a folder or a transformers model; got", thing)
    refuse(TypeError, r"Linear \(model_type None\)", torch.nn.Linear(2, 2), tokenizer=0)


def test_options_that_contradict_are_refused(folder):
    hf, tokenizer = tiny.hf_model("gpt2"), tiny.tokenizer()
    refuse(
        ValueError,
        "device, dtype cannot be chosen",
        hf,
        tokenizer=tokenizer,
        device="cpu",
        dtype="auto",
    )
    refuse(ValueError, "revision, tokenizer|tokenizer", tokenizer=tokenizer, revision="main")
    refuse(ValueError, "device or device_map, not both", folder, device="cpu", device_map="auto")
    for dtype in ("int8", "float", "half", torch.int64, 16):
        if load_module.torch.__dict__.get(str(dtype)) in (torch.float32, torch.float16):
            continue  # torch's own short names
        refuse(ValueError, r"dtype is 'float32'.*got", folder, device="cpu", dtype=dtype)
    for device in ("gpu", "cuda:x", 3.5):
        refuse(ValueError, "device is 'cpu'", folder, device=device)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there_is_refused(folder):
    refuse(ValueError, "no CUDA device.*doctor", folder, device="cuda")
    refuse(ValueError, r"mps.*2\.9", folder, device="mps")


def test_a_device_past_the_last_is_refused(folder, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    refuse(ValueError, r"'cuda:3' was asked for; this torch sees 1", folder, device="cuda:3")


def test_device_map_needs_accelerate(folder, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "accelerate", None)
    refuse(
        ImportError, r"device_map needs.*pip install accelerate.*device=", folder, device_map="auto"
    )


def test_nothing_that_is_on_the_hub_or_disk(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere.*save_pretrained"):
        iw.load(str(tmp_path / "nowhere"))


def test_headless_folder_class(tmp_path):
    hf = AutoModel.from_config(AutoConfig.for_model("gpt2", **tiny.CONFIGS["gpt2"])).eval()
    refuse(TypeError, "GPT2Model has no unembedding", hf, tokenizer=tiny.tokenizer())


# threads, availability, import


def test_threads_are_lowered_for_the_bundled_model_alone(monkeypatch):
    counts = [6]
    monkeypatch.setattr(torch, "get_num_threads", lambda: counts[-1])
    monkeypatch.setattr(torch, "set_num_threads", counts.append)
    load_module._lower_threads()
    load_module._lower_threads()
    assert counts == [6, 1]
    load_module._restore_threads()
    load_module._restore_threads()
    assert counts == [6, 1, 6]
    load_module._lower_threads()
    counts.append(3)  # the user's own choice stays
    load_module._restore_threads()
    assert counts[-1] == 3
    counts.append(1)
    load_module._lower_threads()
    load_module._restore_threads()
    assert counts[-1] == 1
    counts.append(6)
    load_module._lower_threads()
    with pytest.raises(TypeError, match="got int"):
        load_module.load(5)
    assert counts[-1] == 1  # what is refused changes nothing
    load_module._restore_threads()


def test_without_a_network_a_load_says_so_at_once(monkeypatch):
    def refused(*_):
        raise socket.gaierror("no such host")

    monkeypatch.setattr(hub, "getproxies", dict)
    monkeypatch.setattr(socket, "create_connection", refused)
    start = time.monotonic()
    refuse(OSError, "couldn't connect|not.*cache", "some-org/not-downloaded")
    assert time.monotonic() - start < 15


def test_only_certainty_cuts_off(monkeypatch):
    def raising(error):
        def connect(*_):
            raise error

        monkeypatch.setattr(socket, "create_connection", connect)

    monkeypatch.setattr(hub, "getproxies", dict)
    raising(socket.gaierror())
    assert hub.cut_off()
    raising(TimeoutError())
    assert not hub.cut_off()
    raising(ConnectionRefusedError())
    assert hub.cut_off()
    monkeypatch.setattr(hub, "getproxies", lambda: {"https": "http://proxy:3128"})
    assert not hub.cut_off()


def test_available(tmp_path):
    assert not iw.available("gpt2-that-nobody-downloaded")
    assert not iw.available("/no/such/folder")
    assert not iw.available("")
    assert not iw.available(str(tmp_path))
    tiny.hf_model("gpt2").save_pretrained(tmp_path)
    assert iw.available(str(tmp_path))
    with pytest.raises(TypeError, match="a hub id or a folder; got int"):
        iw.available(3)  # pyright: ignore[reportArgumentType]


def test_a_model_that_lacks_a_shard_is_not_available(tmp_path):
    """As a download leaves it that was cut off."""
    tiny.hf_model("gpt2").save_pretrained(tmp_path, max_shard_size="40kB")
    shards = sorted(tmp_path.glob("model-*.safetensors"))
    assert len(shards) > 1
    assert iw.available(str(tmp_path))
    shards[-1].unlink()
    assert not iw.available(str(tmp_path))
    (tmp_path / "model.safetensors.index.json").write_text("[]")
    assert not iw.available(str(tmp_path))


def test_available_gives_up_on_a_silent_hub(monkeypatch):
    import huggingface_hub
    from huggingface_hub import constants

    asked = []

    def silent(_self, name, timeout):
        asked.append((name, timeout))
        time.sleep(30)

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", silent)
    start = time.monotonic()
    assert not iw.available("some/model")
    assert time.monotonic() - start < 20
    assert asked == [("some/model", 1.5)]
    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", lambda *_, **__: None)
    assert iw.available("some/model")
