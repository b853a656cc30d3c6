"""Composition scores and one head's circuits, against whole matrices and plain runs."""

from __future__ import annotations

import pytest
import torch

import interp_widgets as iw
from interp_widgets.core import composition as module
from interp_widgets.core.composition import KINDS, Factors, factors, random_scores, scores_of
from interp_widgets.core.head_weights import attention_norms, rotates
from interp_widgets.core.hooks import hooked
from interp_widgets.core.language_model import LanguageModel
from interp_widgets.core.sites import Site
from tests.core import tiny
from tests.core.conftest import FAMILIES, PROMPT, hooks_on, make
from tests.core.test_result import same

TEXT = "the capital of Texas is Austin and Paris"


def maps_of(model):
    return [factors(model, layer, norm) for layer, norm in enumerate(attention_norms(model))]


def slow(writer: torch.Tensor, reader: torch.Tensor) -> float:
    """The definition, on whole matrices ``[d_model, d_model]``."""
    return float((writer @ reader).norm() / (writer.norm() * reader.norm()))


def test_scores_are_those_of_whole_matrices(model):
    record = iw.composition(model)
    assert record.scores.shape == (3, 3, 4, 3, 4)
    maps = maps_of(model)
    whole = [
        {kind: (layer[kind].left @ layer[kind].right).cpu() for kind in KINDS} for layer in maps
    ]
    for number, kind in enumerate(KINDS):
        for writer, head, reader, other in [(0, 1, 1, 2), (0, 3, 2, 0), (1, 0, 2, 3), (1, 2, 2, 1)]:
            wanted = slow(whole[writer]["v"][head], whole[reader][kind][other])
            score = float(record.scores[number, writer, head, reader, other])
            assert score == pytest.approx(wanted, abs=1e-6)
    known = ~record.scores.isnan()
    earlier = torch.arange(3)[:, None] < torch.arange(3)
    assert torch.equal(known, earlier[None, :, None, :, None].expand_as(known))
    assert record.scores[known].min() > 0
    assert record.scores[known].max() <= 1


def test_maps_are_what_the_model_does(model):
    """A step of the stream that leaves norms' scales alone moves values as the map says.

    Norm weights, centring and shared heads: a map that left one out would not fit.
    """
    maps = maps_of(model)
    tokens = torch.tensor([3, 70, 260, 5])
    norms = attention_norms(model)
    layer = 1
    with torch.no_grad():
        stream = iw.cache(model, tokens.tolist(), f"L{layer}.resid_pre")[f"L{layer}.resid_pre"]
        stream = stream.double().to(model.device)
        step = torch.randn(model.d_model, generator=torch.Generator().manual_seed(0)).double()
        step = 0.1 * step.to(stream)

        def values(x):
            found = {}
            edits = {
                Site(layer, "resid_pre"): lambda _: x[None],
                Site(layer, "v"): lambda v: found.update(v=v[0].clone()),
            }
            with hooked(model, edits):
                model.run(tokens.to(model.device)[None])
            return found["v"]

        # Along a direction that leaves the norm's scale alone, values move by the map alone.
        if norms[layer] is not None:
            still = torch.stack([stream, stream - stream.mean(-1, keepdim=True)], -1)
            basis = torch.linalg.qr(still)[0]  # [pos, d_model, 2]
            step = step - torch.einsum("tdi,tei,e->td", basis, basis, step)
        step = step.expand_as(stream)
        moved = (values(stream + step) - values(stream - step)) / 2
        shared = model.n_heads // model.n_kv_heads
        reads = maps[layer]["v"].left[::shared]  # [kv_head, d_model, d_head]
        by_map = torch.einsum("td,hde->the", step.to(reads), reads)
        ratio = moved / by_map.to(moved)
        scale = ratio.flatten(1).median(-1).values
        torch.testing.assert_close(
            moved, by_map.to(moved) * scale[:, None, None], atol=1e-5, rtol=1e-4
        )


@pytest.mark.parametrize(
    "family", ["qwen3", "gemma3_text", "olmo2", "phi-normed", "stablelm-parallel"]
)
def test_weights_of_query_and_key_norms_are_folded_in(family):
    model = make(family)
    attention = model.layers[2].self_attn
    plain = make(family)
    with torch.no_grad():
        for kind in ("q", "k"):
            norm = getattr(plain.layers[2].self_attn, f"{kind}_norm", None) or getattr(
                plain.layers[2].self_attn, f"{kind}_layernorm"
            )
            for parameter in norm.parameters():
                parameter.fill_(0.0 if family == "gemma3_text" else 1.0)
    for name, heads in (("q", 4), ("k", model.n_kv_heads)):
        norm = getattr(attention, f"{name}_norm", None) or getattr(attention, f"{name}_layernorm")
        weights = torch.cat(
            [p.detach().flatten() for key, p in norm.named_parameters() if "weight" in key]
        )
        weights = weights + 1 if family == "gemma3_text" else weights
        weights = (
            weights.expand(heads * model.d_head)
            if len(weights) > model.d_head
            else weights.repeat(heads)
        )
        rows = weights.unflatten(0, (heads, model.d_head)).repeat_interleave(4 // heads, 0)
        with_norm, without = maps_of(model)[2][name].left, maps_of(plain)[2][name].left
        torch.testing.assert_close(with_norm, without * rows[:, None])


def test_m34_factors_in_another_basis_score_the_same():
    model, turned = make("llama-all-heads"), make("llama-all-heads")
    inverse = torch.linalg.inv
    torch.manual_seed(0)
    for layer in turned.layers:
        weights = {
            kind: layer.get_parameter(f"self_attn.{kind}_proj.weight").data for kind in "qkvo"
        }
        for head in range(4):
            rows = slice(8 * head, 8 * head + 8)
            a, b = (torch.randn(8, 8, dtype=torch.float64) + 3 * torch.eye(8) for _ in range(2))
            weights["v"][rows] = a.T @ weights["v"][rows]
            weights["o"][:, rows] = weights["o"][:, rows] @ inverse(a).T
            weights["q"][rows] = b.T @ weights["q"][rows]
            weights["k"][rows] = inverse(b) @ weights["k"][rows]
    a, b = iw.composition(model), iw.composition(turned)
    torch.testing.assert_close(a.scores, b.scores, atol=1e-6, rtol=1e-6, equal_nan=True)


def test_a_reader_of_what_a_writer_writes_scores_1_and_of_nothing_0():
    torch.manual_seed(0)
    basis = torch.linalg.qr(torch.randn(16, 16))[0]
    writer = Factors(torch.randn(1, 16, 4), basis[:4][None])
    inline = Factors(basis[:4].T[None], basis[None, :4])
    across = Factors(basis[4:8].T[None], basis[None, :4])
    assert float(scores_of(writer, inline)) == pytest.approx(
        0.5, abs=1e-6
    )  # 4 equal values: √(4)/4
    assert float(scores_of(writer, across)) == pytest.approx(0.0, abs=1e-6)
    one = Factors(torch.randn(1, 16, 1), basis[:1][None])
    assert float(scores_of(one, Factors(basis[:1].T[None], basis[None, :1]))) == pytest.approx(1)


def test_the_baseline_is_measured(gpt2):
    record = iw.composition(gpt2, seed=3)
    drawn = random_scores(32, 8, 3)
    assert drawn.shape == (module.DRAWS, module.DRAWS)
    assert record.baseline == float(drawn.mean())
    assert record.baseline_std == float(drawn.std())
    torch.manual_seed(1)
    by_hand = []
    for _ in range(60):
        a, b, c, d = (torch.randn(*shape) for shape in [(32, 8), (8, 32)] * 2)
        by_hand.append(slow(a @ b, c @ d))
    mean = torch.tensor(by_hand).mean()
    assert record.baseline == pytest.approx(float(mean), abs=4 * record.baseline_std / 60**0.5)
    assert torch.equal(record.excess[0, 0, 0, 1], record.scores[0, 0, 0, 1] - record.baseline)
    assert record.baseline == pytest.approx(32**-0.5, rel=0.1)
    # Random weights are Gaussian factors: all their scores lie about the baseline.
    assert record.scores[~record.scores.isnan()].mean() == pytest.approx(record.baseline, abs=0.1)


def test_the_norm_of_attention_is_found(model):
    norms = attention_norms(model)
    assert len(norms) == 3
    if model.architecture.model_type == "olmo2":  # it norms what attention gives, not what it reads
        assert norms == [None] * 3
    else:
        assert all(
            norm in list(layer.children()) for norm, layer in zip(norms, model.layers, strict=True)
        )
    assert hooks_on(model.hf) == 0


@pytest.mark.parametrize(
    ("family", "wanted"),
    [("llama", True), ("gptj", True), ("falcon", True), ("gpt2", False), ("falcon-rw", False)],
)
def test_a_rotary_model_says_what_is_left_out(family, wanted):
    model = make(family, torch.float32)
    record = iw.composition(model)
    assert record.rotary is rotates(model) is wanted
    assert ("rotation" in record.describe()) is wanted
    circuit = iw.head_circuit(model, 1, 0)
    assert circuit.rotary is wanted
    assert ("rotation" in circuit.describe()) is wanted


def test_the_record(gpt2, tmp_path):
    steps = list(iw.iter_composition(gpt2))
    assert len(steps) == 3
    assert steps[0].scores.isnan().all()
    assert "no pair is known" in steps[0].describe()
    record = iw.composition(gpt2)
    assert torch.equal(steps[-1].scores.nan_to_num(-1), record.scores.nan_to_num(-1))
    assert repr(record) == "Composition(3 layers, 4 heads, GPT2LMHeadModel)"
    writer, reader, score = record.top("k", 1)[0]
    assert score == float(record["k"].nan_to_num(-1).max())
    assert f"keys of {reader} with {writer} ({score:.2f})" in record.describe()
    frame = record.to_frame()
    assert list(frame.columns) == ["kind", "writer", "reader", "score", "excess"]
    assert len(frame) == 3 * 3 * 16
    assert frame.score.is_monotonic_decreasing
    first = frame[frame.kind == "k"].iloc[0]
    assert (first.writer, first.reader) == (writer, reader)
    same(iw.Result.load(record.save(tmp_path / "r.safetensors")), record)
    with pytest.raises(KeyError, match="no composition 'ov'; there are q, k, v"):
        record.top("ov")
    with pytest.raises(ValueError, match="k says how many pairs"):
        record.top("k", 0)


def test_a_silent_head_scores_0_and_one_layer_has_no_pairs():
    model = make("llama")
    with torch.no_grad():
        model.layers[0].get_parameter("self_attn.o_proj.weight")[:, :8] = 0
    scores = iw.composition(model).scores
    assert (scores[:, 0, 0, 1:] == 0).all()
    assert (scores[:, 0, 1, 1:] > 0).all()
    alone = iw.composition(make("llama", num_hidden_layers=1))
    assert alone.scores.isnan().all()
    assert alone.to_frame().empty
    assert alone.top("k") == []
    assert "one layer has no pair" in alone.describe()


@pytest.mark.parametrize("seed", [-1, 1.5, True])
def test_bad_seeds_are_named_before_anything_runs(gpt2, monkeypatch, seed):
    monkeypatch.setattr(LanguageModel, "run", lambda *_: pytest.fail("the model ran"))
    with pytest.raises((ValueError, TypeError), match="a seed is"):
        iw.iter_composition(gpt2, seed=seed)


def test_no_model():
    with pytest.raises(TypeError, match="the first argument is a model"):
        iw.composition("gpt2")
    with pytest.raises(TypeError, match="the first argument is a model"):
        iw.head_circuit("gpt2", 0, 0)


def test_ov_of_a_head_is_what_its_write_does_to_the_logits():
    """In a model whose final norm is plain: the head's write, read by the unembedding."""
    model = make("gpt2")
    ids = [5, 60, 261]
    record = iw.head_circuit(model, 0, 2, ids, k=3)
    with torch.no_grad():
        # Layer 0 reads embeddings at the second position.
        runs = [iw.cache(model, [t, t], "L0.v")["L0.v"][1, 2].double() for t in ids]
        bias = model.layers[0].attn.c_attn.bias[64 + 16 : 64 + 24]
        write = (torch.stack(runs) - bias) @ model.layers[0].attn.c_proj.weight[16:24]
        norm = model.hf.transformer.ln_f
        read = (write - write.mean(-1, keepdim=True)) * norm.weight
        logits = read @ model.hf.lm_head.weight.T
        logits = logits - logits.mean(-1, keepdim=True)
    torch.testing.assert_close(record.ov.double(), logits[:, ids], atol=1e-5, rtol=1e-5)
    assert torch.equal(record.top_ids, logits.topk(3).indices)
    assert record.top_tokens[1][0] == model.piece(int(record.top_ids[1, 0]))


@pytest.mark.parametrize(
    "family",
    ["gpt2", "gpt_neo", "opt", "llama", "qwen3", "olmo2", "phi-normed", "stablelm-parallel"],
)
def test_qk_of_a_head_is_query_times_key(family):
    """Where nothing rotates the pattern of a run says so, too; else the families' own modules."""
    model = make(family)
    ids = torch.tensor([5, 60, 261, 7])
    layer, head = 1, 3
    record = iw.head_circuit(model, layer, head, ids)
    shared = 4 // model.n_kv_heads
    effective = []

    def keep(stream):
        effective.append(stream.clone())

    with torch.no_grad():
        pairs = ids[:, None].expand(-1, 2)
        with hooked(model, {"L0.attn_out": torch.zeros_like, "L0.resid_post": keep}):
            model.run(pairs)
        found = {}
        edits = {Site(layer, "resid_pre"): lambda _: effective[0]}
        for kind in ("q", "k"):
            edits[Site(layer, kind)] = lambda x, kind=kind: found.update({kind: x[:, 1].clone()})
        with hooked(model, edits):
            model.run(pairs)
        attention = dict(model.layers[layer].named_modules())
        for kind in ("q", "k"):
            for name in (f"self_attn.{kind}_norm", f"self_attn.{kind}_layernorm"):
                norm = attention.get(name)
                if norm is None:
                    continue
                x = found[kind]
                if family == "olmo2":
                    x = norm(x.flatten(1)).view_as(x)
                elif family == "stablelm-parallel":
                    x = norm(x.transpose(0, 1)[None])[0].transpose(0, 1)
                else:
                    x = norm(x)
                found[kind] = x
        scores = found["q"][:, head] @ found["k"][:, head // shared].T
    scores = scores - scores.mean(-1, keepdim=True)
    torch.testing.assert_close(record.qk.double(), scores, atol=1e-5, rtol=1e-5)


def test_tokens_of_a_circuit(gpt2, tmp_path):
    text = iw.head_circuit(gpt2, 1, 0, TEXT + " the", k=2)
    assert text.tokens == (" the", " capital", " of", " Texas", " is", " Austin", " and", " Paris")
    listed = iw.head_circuit(gpt2, 1, 0, [" the", " capital", gpt2.token_id(" of")])
    assert listed.tokens == text.tokens[:3]
    assert listed.token_ids.tolist() == text.token_ids[:3].tolist()
    torch.testing.assert_close(listed.ov, text.ov[:3, :3], atol=1e-6, rtol=1e-5)
    drawn = iw.head_circuit(gpt2, 1, 0)
    assert len(drawn.tokens) == 24
    assert torch.equal(drawn.qk, iw.head_circuit(gpt2, 1, 0).qk)
    assert repr(text) == "HeadCircuit(L1.z.0, 8 tokens, GPT2LMHeadModel)"
    best = text.tokens[int(text.ov.max(1).values.argmax())]
    assert f"looking at {best!r}" in text.describe()
    frame = text.to_frame()
    assert list(frame.columns) == ["circuit", "token", "other", "value"]
    assert len(frame) == 2 * 64
    row = frame[(frame.circuit == "qk") & (frame.token == " of") & (frame.other == " is")]
    assert float(row.value.iloc[0]) == float(text.qk[2, 4])
    same(iw.Result.load(text.save(tmp_path / "r.safetensors")), text)


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"layer": 3}, ValueError, "layer= goes from 0 to 2"),
        ({"layer": -1}, ValueError, "layer= goes from 0 to 2"),
        ({"layer": "1"}, TypeError, "layer= is a number"),
        ({"head": 4}, ValueError, "head= goes from 0 to 3"),
        ({"head": True}, TypeError, "head= is a number"),
        ({"tokens": [" the"]}, ValueError, "two different ones or more; got 1"),
        ({"tokens": [" the", " the"]}, ValueError, "two different ones"),
        ({"tokens": []}, ValueError, "got 0"),
        ({"tokens": [" the", " unheard of"]}, ValueError, "tokens"),
        ({"tokens": 3.5}, TypeError, "tokens= is a text, or a list"),
        ({"k": 0}, ValueError, "k goes from 1"),
    ],
)
def test_bad_circuits_are_named_before_anything_runs(gpt2, monkeypatch, given, error, said):
    monkeypatch.setattr(LanguageModel, "run", lambda *_: pytest.fail("the model ran"))
    with pytest.raises(error, match=said):
        iw.head_circuit(gpt2, **({"layer": 1, "head": 0} | given))


@pytest.mark.gpu
@pytest.mark.parametrize("family", FAMILIES)
def test_a_gpu_gives_the_same(family):
    here = make(family, torch.float32)
    there = iw.load(tiny.hf_model(family).cuda(), tokenizer=tiny.tokenizer())
    torch.testing.assert_close(
        iw.composition(there).scores,
        iw.composition(here).scores,
        atol=1e-4,
        rtol=1e-4,
        equal_nan=True,
    )
    for name in ("ov", "qk"):
        ours, theirs = (getattr(iw.head_circuit(m, 1, 0, PROMPT), name) for m in (here, there))
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)


def test_previous_token_heads_feed_the_keys_of_induction_heads_of_the_course_model():
    """Which lesson 09 has learners find: of all writers the four heads of layer 1 stand out."""
    model = iw.load()
    scores = iw.head_scores(model)
    (name, _), *_ = scores.top("induction", 2)
    writers = {name for name, _ in scores.top("previous_token", 4)}
    assert writers == {f"L1.z.{head}" for head in range(4)}
    record = iw.composition(model)
    for reader in (Site(5, "z", 2), Site(6, "z", 0)):
        column = record["k"][:, :, reader.layer, reader.index].flatten().nan_to_num(-1)
        best = {f"L{i // 4}.z.{i % 4}" for i in column.argsort(descending=True)[:4].tolist()}
        assert best == writers
    assert name in ("L5.z.2", "L6.z.0")
