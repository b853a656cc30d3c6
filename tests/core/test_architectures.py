"""Every row of the table against its model: the identities that make a row right."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM

import interp_widgets as iw
from interp_widgets.core import architectures
from interp_widgets.core.architectures import ARCHITECTURES
from interp_widgets.core.hooks import captured, hooked
from interp_widgets.core.sites import LAYER_KINDS, Site
from tests.core import tiny
from tests.core.conftest import FAMILIES, PROMPT, make

EVERYTHING = ["embed", "final", *(f"L*.{kind}" for kind in LAYER_KINDS)]


def close(a: torch.Tensor, b: torch.Tensor, atol: float = 1e-6, rtol: float = 0) -> None:
    torch.testing.assert_close(a.double(), b.double(), atol=atol, rtol=rtol)


@pytest.fixture(scope="module")
def seen(model):
    """The model's logits and all activations on one prompt, ``name -> tensor``, batch first."""
    ids = model.ids(PROMPT)[None]
    with captured(model, EVERYTHING) as found:
        logits = model.logits(ids)
    return {str(site): value for site, value in found.items()} | {"logits": logits, "ids": ids}


def run(model, edits, ids):
    """Logits and all activations under edits."""
    with hooked(model, edits), captured(model, EVERYTHING) as found:
        logits = model.logits(ids)
    return {str(site): value for site, value in found.items()} | {"logits": logits}


def block_of(model, layer, part):
    return model.layers[layer].get_submodule(getattr(model.architecture, part))


def is_parallel(model):
    return model.name in (
        *("gpt_neox", "gptj", "phi", "phi-normed", "stablelm-parallel"),
        *("falcon", "falcon-7b", "falcon-11b"),
    )


def test_table_and_tiny_models_name_the_same_families():
    assert set(ARCHITECTURES) == set(FAMILIES)


def test_m1_the_residual_stream_is_a_sum(model, seen):
    for layer in range(model.n_layers):
        at, after = f"L{layer}", f"L{layer + 1}.resid_pre"
        wrote = seen[f"{at}.attn_out"] + seen[f"{at}.mlp_out"]
        close(seen[f"{at}.resid_pre"] + wrote, seen[f"{at}.resid_post"])
        close(seen[f"{at}.resid_post"], seen.get(after, seen["final"]), atol=0)
        mid = 0 if is_parallel(model) else seen[f"{at}.attn_out"]
        close(seen[f"{at}.resid_pre"] + mid, seen[f"{at}.resid_mid"])
    close(seen["embed"], seen["L0.resid_pre"], atol=0)


def test_m1_streams_are_the_hidden_states_of_transformers(model, seen):
    with torch.no_grad():
        hidden = model.hf(seen["ids"], output_hidden_states=True).hidden_states
    for layer in range(model.n_layers):
        # Watched attention takes its softmax in float32, as transformers' eager one does.
        close(seen[f"L{layer}.resid_pre"], hidden[layer], rtol=1e-6, atol=3e-6)


def test_m2_the_lens_of_the_last_stream_is_the_model(model, seen):
    close(model.unembed(seen[f"L{model.n_layers - 1}.resid_post"]), seen["logits"])
    close(model.unembed(seen["final"]), seen["logits"])


def test_m2_negative_the_norm_applied_twice_is_something_else(model, seen):
    with torch.no_grad():
        last = model.hf(seen["ids"], output_hidden_states=True).hidden_states[-1]
    close(model.unembed(last, normed=True), seen["logits"])
    if model.name != "opt-bare":  # a norm without weights does nothing the second time
        assert (model.unembed(last) - seen["logits"]).abs().max() > 0.1


def test_shapes(model, seen):
    n, d = seen["ids"].shape[1], model.d_head
    stream = (1, n, model.d_model)
    wanted = dict.fromkeys(LAYER_KINDS, stream) | {
        "z": (1, n, model.n_heads, d),
        "q": (1, n, model.n_heads, d),
        "k": (1, n, model.n_kv_heads, d),
        "v": (1, n, model.n_kv_heads, d),
        "pattern": (1, model.n_heads, n, n),
        "mlp_post": (1, n, model.d_mlp),
    }
    assert seen["embed"].shape == seen["final"].shape == stream
    for name, value in seen.items():
        if name.startswith("L"):
            assert value.shape == wanted[name.split(".")[1]], name
    assert model.d_mlp == (128 if model.name in ("gpt2", "gpt_neo", "bloom") else 48)


def test_patterns_are_causal_distributions(model, seen):
    for layer in range(model.n_layers):
        pattern = seen[f"L{layer}.pattern"]
        close(pattern.sum(-1), torch.ones_like(pattern[..., 0]), atol=1e-5)
        assert (pattern >= 0).all()
        assert pattern.triu(1).abs().max() == 0


def test_pattern_times_values_is_z(model, seen):
    for layer in range(model.n_layers):
        pattern, v, z = (seen[f"L{layer}.{kind}"] for kind in ("pattern", "v", "z"))
        shared = model.n_heads // model.n_kv_heads
        for head in range(model.n_heads):
            close(pattern[0, head] @ v[0, :, head // shared], z[0, :, head])


def slow_qkv(model, layer, x):
    """Queries, keys and values ``[pos, head, d_head]`` of one stream, cut by hand."""
    parts = [model.layers[layer].get_submodule(path) for path in model.architecture.qkv]
    heads, shared, d = model.n_heads, model.n_kv_heads, model.d_head
    if len(parts) == 3:
        rows = [part(x) for part in parts]
        return [r.reshape(len(x), n, d) for r, n in zip(rows, (heads, shared, shared), strict=True)]
    fused, out = parts[0](x), []
    for which, n in enumerate((heads, shared, shared)):
        columns = []
        for head in range(n):
            if model.architecture.model_type in ("gpt_neox", "bloom", "falcon"):
                group, member = (
                    (head, heads // shared + which - 1) if which else divmod(head, heads // shared)
                )
                start = group * (heads // shared + 2) * d + member * d
            else:
                start = (0, heads, heads + shared)[which] * d + head * d
            columns.append(fused[:, start : start + d])
        out.append(torch.stack(columns, 1))
    return out


def test_queries_keys_and_values_against_a_slow_reference(model, seen):
    names = ("input_layernorm", "ln_1", "ln_attn", "self_attn_layer_norm")
    for layer in range(model.n_layers):
        norms = [getattr(model.layers[layer], n) for n in names if hasattr(model.layers[layer], n)]
        x = seen[f"L{layer}.resid_pre"]
        with torch.no_grad():
            slow = slow_qkv(model, layer, (norms[0](x) if norms else x)[0])  # OLMo-2 has none
        for kind, reference in zip("qkv", slow, strict=True):
            close(seen[f"L{layer}.{kind}"][0], reference)


def test_queries_and_keys_are_where_the_pattern_comes_from(model, seen):
    """A query moves its own head at its own token; a key the heads that share it, from there on.

    Whatever else a family does to them (RoPE, norms, ALiBi), so this holds for every row.
    """

    def moved(site):
        def edit(x):
            return torch.cat([x[:, :3], 1 - 2 * x[:, 3:4], x[:, 4:]], 1)

        pattern = run(model, {site: edit}, seen["ids"])["L1.pattern"]
        gap = (pattern - seen["L1.pattern"])[0].abs().amax(-1)
        return {(head, dst) for head, dst in (gap > 1e-9).nonzero().tolist()}

    shared, everybody = model.n_heads // model.n_kv_heads, range(model.n_heads)
    one_norm = model.name == "olmo2"  # over the queries of all heads together
    for head in everybody:
        members = everybody if one_norm else [head]
        assert moved(f"L1.q.{head}") == {(member, 3) for member in members}
    for head in range(model.n_kv_heads):
        members = everybody if one_norm else range(head * shared, (head + 1) * shared)
        assert moved(f"L1.k.{head}") == {(member, dst) for member in members for dst in (3, 4, 5)}


@pytest.mark.parametrize(
    "family", ["gpt2", "llama", "mistral", "phi3", "gpt_neox", "opt", "qwen2", "gemma"]
)
def test_queries_and_keys_make_the_pattern(family):
    model = make(family)
    for name, buffer in model.hf.named_buffers():
        if name.endswith("inv_freq"):
            buffer.zero_()  # no rotation, so that q and k before RoPE are q and k
    with captured(model, ["L1.q", "L1.k", "L1.pattern"]) as found:
        model.logits(model.ids(PROMPT)[None])
    q, k, pattern = (found[Site(1, kind)][0] for kind in ("q", "k", "pattern"))
    k = k.repeat_interleave(model.n_heads // model.n_kv_heads, dim=1)
    scores = torch.einsum("dhe,she->hds", q, k) / model.d_head**0.5
    future = torch.ones_like(scores[0]).triu(1).bool()
    close(scores.masked_fill(future, -torch.inf).softmax(-1), pattern)


@pytest.mark.parametrize("kind", ["resid_pre", "resid_post", "attn_out", "mlp_in", "mlp_out"])
def test_edits_of_streams_act(model, seen, kind):
    edited = run(model, {f"L1.{kind}": torch.zeros_like}, seen["ids"])
    here = {
        name: edited[f"L1.{name}"] for name in ("resid_pre", "attn_out", "mlp_out", "resid_post")
    }
    # The edit comes first in its block, so what is captured behind it has seen it.
    match kind:
        case "resid_pre":
            assert here["resid_pre"].abs().max() == 0
            close(here["resid_post"], here["attn_out"] + here["mlp_out"])
        case "resid_post":
            close(edited["L2.resid_pre"], torch.zeros_like(here["resid_pre"]), atol=0)
        case "attn_out":
            close(here["resid_post"], here["resid_pre"] + here["mlp_out"])
        case "mlp_out":
            close(here["resid_post"], here["resid_pre"] + here["attn_out"])
        case "mlp_in":
            assert (here["mlp_out"] - seen["L1.mlp_out"]).abs().max() > 1e-3
            close(here["attn_out"], seen["L1.attn_out"], atol=0)
    assert (edited["logits"] - seen["logits"]).abs().max() > 1e-3


def test_edits_of_heads_and_neurons_act(model, seen):
    ids = seen["ids"]
    for kind in ("q", "k", "v", "z", "mlp_post"):
        edited = run(model, {f"L1.{kind}": torch.zeros_like}, ids)
        assert (edited["logits"] - seen["logits"]).abs().max() > 1e-4, kind
    # Zero queries attend evenly to whatever is before them, unless a bias reaches them after.
    if model.name not in ("qwen3", "bloom", "falcon-rw", "phi-normed"):
        even = run(model, {"L2.q": torch.zeros_like}, ids)["L2.pattern"]
        close(even[..., -1, :], torch.full_like(even[..., -1, :], 1 / even.shape[-1]), atol=1e-5)
    one = run(model, {"L1.z.2": torch.zeros_like}, ids)["L1.z"]
    assert one[:, :, 2].abs().max() == 0
    close(one[:, :, [0, 1, 3]], seen["L1.z"][:, :, [0, 1, 3]], atol=0)
    neuron = run(model, {"L1.mlp_post.17": lambda x: x + 1}, ids)["L1.mlp_post"]
    close(neuron[..., 17] - 1, seen["L1.mlp_post"][..., 17], atol=1e-12)
    close(neuron[..., 18:], seen["L1.mlp_post"][..., 18:], atol=0)


@pytest.mark.parametrize("kind", ["pattern", "resid_mid"])
def test_places_where_an_edit_would_lie_refuse(model, kind):
    ids = model.ids(PROMPT)[None]
    with pytest.raises(ValueError, match=rf"L1.{kind} can be read, not edited.*[Ee]dit"):
        run(model, {f"L1.{kind}": lambda x: x * 0}, ids)
    close(model.logits(ids), model.hf(ids).logits, atol=0)


def test_patching_the_whole_first_stream_gives_the_other_prompt(model):
    ids, other = (model.ids(p)[None] for p in (PROMPT, "a city in Rome and"))
    assert ids.shape == other.shape
    stream = iw.cache(model, "a city in Rome and", "L0.resid_pre")["L0.resid_pre"]
    with captured(model, "L0.resid_pre") as found:
        wanted = model.logits(other)
    exact = found[Site(0, "resid_pre")]
    close(stream, exact[0], atol=1e-6)
    for site in ("L0.resid_pre", "embed"):
        with hooked(model, {site: lambda _: exact}):
            close(model.logits(ids), wanted)


def test_gradients_flow_through_an_edit(model):
    ids = model.ids(PROMPT)[None]
    shift = torch.zeros(model.d_model, dtype=torch.float64, device=model.device, requires_grad=True)
    with hooked(model, {"L1.resid_post": lambda x: x + shift}):
        logit = model.hf(ids).logits[0, -1, 5]
    # The model is shared between tests, so its parameters get no gradient.
    (slope,) = torch.autograd.grad(logit, shift)
    assert slope.abs().max() > 0


@pytest.mark.parametrize(
    ("family", "field", "wrong", "named"),
    [
        ("gpt_neox", "qkv_layout", "blocks", r"L0\.z"),
        ("phi3", "qkv_layout", "grouped", r"L0\.z"),
        ("gpt2", "qkv_layout", "grouped", r"L0\.z"),
        ("gemma2", "attn_out", "self_attn", r"L0\.attn_out"),
        ("gemma2", "resid_mid", "input_layernorm", r"L0"),
        ("llama", "mlp_out", "self_attn", r"L0\.attn_out"),
        ("llama", "resid_mid", "mlp", r"L0\.resid_mid"),
        ("gpt2", "mlp_proj", "mlp.c_fc", r"L0\.mlp_post"),
        ("llama", "final_norm", "model.layers.2.input_layernorm", "L2.resid_post|final"),
        ("llama", "attn_proj", "self_attn.q_proj", r"L0\.z"),
    ],
)
def test_a_wrong_row_is_caught_and_the_site_named(monkeypatch, family, field, wrong, named):
    row = replace(ARCHITECTURES[family], **{field: wrong})
    monkeypatch.setitem(architectures.ARCHITECTURES, family, row)
    with pytest.raises(ValueError, match=named):
        make(family)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_wrong_row_is_caught_beside_massive_activations(monkeypatch, dtype):
    """A first token 10⁵ times as large as the others, as real models have them."""
    hf = tiny.hf_model("gemma2", tie_word_embeddings=False)
    first = torch.randint(len(tiny.tokenizer()), (1,), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        hf.model.embed_tokens.weight[first, 3] *= 1e5
    hf = hf.to(dtype)
    iw.load(hf, tokenizer=tiny.tokenizer())
    row = replace(ARCHITECTURES["gemma2"], attn_out="self_attn")
    monkeypatch.setitem(architectures.ARCHITECTURES, "gemma2", row)
    with pytest.raises(ValueError, match=r"L0\.attn_out"):
        iw.load(hf, tokenizer=tiny.tokenizer())


@pytest.mark.parametrize("field", ["mlp", "mlp_proj", "attn", "resid_mid", "final_norm"])
def test_a_missing_part_is_named(monkeypatch, field):
    row = replace(ARCHITECTURES["llama"], **{field: "absent.part"})
    monkeypatch.setitem(architectures.ARCHITECTURES, "llama", row)
    with pytest.raises(ValueError, match=r"has no part 'absent\.part'.*architectures\.py"):
        make("llama")


@pytest.mark.parametrize("family", ["bert", "t5", "mpt"])
def test_an_unknown_class_is_refused_by_name(family):
    config = AutoConfig.for_model(family)
    for key, value in {
        "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "vocab_size": 40,
        "n_embd": 16, "n_layer": 1, "n_head": 2, "rotary_dim": 4, "d_model": 16, "d_kv": 8,
        "d_ff": 16, "num_layers": 1, "num_heads": 2, "intermediate_size": 16,
    }.items():  # fmt: skip
        setattr(config, key, value)
    hf = AutoModel.from_config(config).eval()
    with pytest.raises(TypeError) as refusal:
        iw.load(hf, tokenizer=tiny.tokenizer())
    text = str(refusal.value)
    for word in (type(hf).__name__, family, "architectures.py", "one row", *FAMILIES):
        assert word in text


def test_headless_models_are_refused():
    config = AutoConfig.for_model("llama", **tiny.CONFIGS["llama"])
    for hf in (AutoModel.from_config(config), AutoModelForCausalLM.from_config(config)):
        hf.eval()
        if hf.get_output_embeddings() is None:
            with pytest.raises(
                TypeError, match=r"LlamaModel has no unembedding.*AutoModelForCausalLM"
            ):
                iw.load(hf, tokenizer=tiny.tokenizer())
        else:
            hf.train()
            with pytest.raises(ValueError, match=r"training mode.*eval\(\)"):
                iw.load(hf, tokenizer=tiny.tokenizer())
            assert hf.training
