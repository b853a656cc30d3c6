"""Direct logit attribution: shares that sum up (M5), against writes made by hand and real runs."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.hooks import captured, hooked
from interp_widgets.core.language_model import LanguageModel
from tests.core import tiny
from tests.core.conftest import FAMILIES, PROMPT, hooks_on, make
from tests.core.test_result import same

ANSWER, OTHER = " Austin", " Paris"


def own_logits(model, prompt=PROMPT):
    """The model's own logits of answer and distractor, and before its soft-cap."""
    logits = model.logits(model.ids(prompt)[None])[0, -1].cpu()
    own = logits[[model.token_id(ANSWER), model.token_id(OTHER)]].double()
    cap = model.logit_softcap
    return own, own if cap is None else cap * torch.atanh(own / cap)


@pytest.fixture(scope="module")
def record(model):
    return iw.logit_attribution(model, PROMPT, ANSWER, OTHER)


def test_m5_shares_sum_to_the_logit_difference(model, record):
    own, uncapped = own_logits(model)
    assert float(record.contributions.double().sum()) == pytest.approx(
        float(uncapped[0] - uncapped[1]), abs=1e-5
    )
    assert record.total == pytest.approx(float(uncapped[0] - uncapped[1]), abs=1e-5)
    torch.testing.assert_close(record.model_logits, own.float(), atol=1e-5, rtol=1e-5)
    assert record.check < 1e-5
    assert record.softcap == model.logit_softcap
    assert record.cumulative[-1] == pytest.approx(record.total, abs=1e-5)
    alone = iw.logit_attribution(model, PROMPT, ANSWER)
    assert float(alone.contributions.double().sum()) == pytest.approx(float(uncapped[0]), abs=1e-5)
    assert (alone.distractor, alone.pieces) == (None, (ANSWER,))


def test_shares_of_heads_and_mlps_by_the_formula(model, record):
    """Every block from its own activation, the norm's formula written out."""
    names = [f"L{n}.{kind}" for n in range(3) for kind in ("attn_out", "mlp_out")]
    cache = iw.cache(model, PROMPT, ["embed", "final", *names])
    head = model.hf.get_output_embeddings().weight.detach().cpu().double()
    direction = head[model.token_id(ANSWER)] - head[model.token_id(OTHER)]
    norm = model.module(model.architecture.final_norm)
    weight = getattr(norm, "weight", None)
    weight = torch.ones(32) if weight is None else weight.detach().cpu()
    weight = weight.double() + (1 if "gemma" in model.architecture.model_type else 0)
    final = cache["final"][-1].double()
    centred = "LayerNorm" in type(norm).__name__
    scale = (final - final.mean()).square().mean() if centred else final.square().mean()
    blocks = record.blocks()
    assert list(blocks) == ["embed", *names, "bias"]
    for name in ["embed", *names]:
        write = cache[name][-1].double()
        write = write - write.mean() if centred else write
        share = float((write * weight * scale.rsqrt()) @ direction)
        assert blocks[name] == pytest.approx(share, abs=1e-4)
    for layer in range(3):
        assert float(record.mlps[layer]) == pytest.approx(blocks[f"L{layer}.mlp_out"])
        rest = blocks[f"L{layer}.attn_out"] - float(record.heads[layer].sum())
        bias = f"L{layer}.attn_bias"
        there = record.contributions[record.parts.index(bias)] if bias in record.parts else 0
        assert rest == pytest.approx(float(there), abs=1e-5)


def test_a_head_that_is_cut_out_of_the_weights_takes_its_share_along():
    """In the last layer before a parallel MLP nothing reads a head but the unembedding."""
    model = make("gpt_neox")
    record = iw.logit_attribution(model, PROMPT, ANSWER, OTHER)
    final = iw.cache(model, PROMPT, "final")["final"][-1].double()
    dense: Any = model.layers[2].get_submodule("attention.dense")
    with torch.no_grad():
        dense.weight[:, 8:16] = 0  # head 1
    without = iw.cache(model, PROMPT, "final")["final"][-1].double()
    head = model.hf.get_output_embeddings().weight.detach().double()
    direction = head[model.token_id(ANSWER)] - head[model.token_id(OTHER)]
    write = final - without
    norm: Any = model.module(model.architecture.final_norm)
    scaled = (write - write.mean()) / final.std(unbiased=False) * norm.weight.detach().double()
    share = scaled @ direction
    assert float(record.heads[2, 1]) == pytest.approx(float(share), abs=1e-3)


def test_positions_are_told_from_tokens():
    for family, table, offset in (
        ("gpt2", "transformer.wpe", 0),
        ("gpt_neo", "transformer.wpe", 0),
        ("opt", "model.decoder.embed_positions", 2),
    ):
        model = make(family)
        record = iw.logit_attribution(model, PROMPT, ANSWER, OTHER)
        assert record.parts[:2] == ("embed.token", "embed.position")
        row = model.hf.get_submodule(table).weight.detach()[5 + offset]
        token = model.hf.get_input_embeddings().weight.detach()[model.ids(PROMPT)[-1]]
        assert float(record.norms[1]) == pytest.approx(float(row.norm()), rel=1e-5)
        assert float(record.norms[0]) == pytest.approx(float(token.norm()), rel=1e-5)
        assert record.blocks()["embed"] == pytest.approx(float(record.contributions[:2].sum()))
    assert iw.logit_attribution(make("llama"), PROMPT, ANSWER).parts[0] == "embed"


def test_removal_says_what_shares_say_and_what_a_run_says(model, record):
    last = record.ablate(model, "L2.mlp_out")
    assert last.frozen == pytest.approx(record.total - float(record.mlps[2]), abs=1e-5)
    assert last.frozen == record.without("L2.mlp_out")
    # After the last MLP comes only the norm: a real run without it is the live reading.
    assert last.forward == pytest.approx(last.live, abs=1e-5)
    nothing = record.ablate(model)
    for value in (nothing.frozen, nothing.live, nothing.forward):
        assert value == pytest.approx(record.total, abs=1e-5)
    early = record.ablate(model, "L0.z.1")
    assert abs(early.forward - early.live) > 1e-4  # others read it
    bias = record.ablate(model, "bias")
    assert bias.forward == pytest.approx(record.total - float(record.contributions[-1]), abs=1e-5)


def test_a_removed_head_is_a_run_with_its_z_at_zero(model, record):
    def silent(z):
        new = z.clone()
        new[:, -1] = 0
        return new

    with hooked(model, {"L1.z.2": silent}), captured(model, "final") as found:
        model.run(model.ids(PROMPT)[None])
    logits = model.unembed(next(iter(found.values()))[0, -1]).double().cpu()
    wanted = logits[record.answer] - logits[record.distractor]
    got = record.ablate(model, "L1.z.2").forward
    # A norm after attention would make the other heads louder when one is silent; held still, not.
    alone = model.architecture.attn_post_norm is None
    assert (got == pytest.approx(float(wanted), abs=1e-5)) == alone


def test_blocks_are_taken_off_whole(record):
    whole = record.without("L1.attn_out")
    parts = [p for p in record.parts if p.startswith("L1.") and p != "L1.mlp_out"]
    assert whole == pytest.approx(record.without(*parts), abs=1e-6)
    assert record.without("L1.attn_out", "L1.z.0") == pytest.approx(whole)  # not twice
    assert record.without(*record.parts) == pytest.approx(0, abs=1e-5)
    assert record.without() == record.total


def test_the_record(gpt2, tmp_path):
    record = iw.logit_attribution(gpt2, PROMPT, ANSWER, OTHER)
    assert repr(record) == (
        "LogitAttribution(' Austin' - ' Paris', 21 parts, 6 tokens, GPT2LMHeadModel)"
    )
    assert f"is {record.total:+.2f}. Largest shares" in record.describe()
    frame = record.to_frame()
    assert list(frame.columns) == [
        *("part", "block", "layer", "head", "contribution", "cumulative", "norm"),
    ]
    row = frame[frame["part"] == "L1.z.3"].iloc[0]
    assert (row["block"], row["layer"], row["head"]) == ("L1.attn_out", 1, 3)
    assert row["contribution"] == record.heads[1, 3]
    for tensor in (record.contributions, record.norms, record.logits):
        assert (tensor.dtype, tensor.device.type) == (torch.float32, "cpu")
        assert not tensor.requires_grad
    for each in (record, iw.logit_attribution(gpt2, [3, 4], 5)):
        same(iw.Result.load(each.save(tmp_path / "r.safetensors")), each)
    capped = iw.logit_attribution(make("gemma2"), PROMPT, ANSWER)
    assert "before the model's soft-cap" in capped.describe()
    assert float(capped.model_logits[0]) != pytest.approx(float(capped.logits[0]), abs=1e-3)


@pytest.mark.parametrize(
    ("prompt", "answer", "distractor", "error", "message"),
    [
        (PROMPT, " Austin Paris", None, ValueError, "Austin"),
        (PROMPT, ANSWER, " Berlin town", ValueError, "Ber|B"),
        (PROMPT, ANSWER, ANSWER, ValueError, "the same token, ' Austin'"),
        (PROMPT, 9999, None, ValueError, "token ids go from 0 to 272; got 9999"),
        (PROMPT, None, None, TypeError, "named by its text or its id; got NoneType"),
        ([], ANSWER, None, ValueError, "at least one token id"),
        ("the" * 70, ANSWER, None, ValueError, "at most 64"),
        (None, ANSWER, None, TypeError, "got NoneType"),
    ],
)
def test_bad_input_is_named_before_anything_runs(
    gpt2, monkeypatch, prompt, answer, distractor, error, message
):
    monkeypatch.setattr(LanguageModel, "logits", lambda *_: pytest.fail("the model ran"))
    with pytest.raises(error, match=message):
        iw.logit_attribution(gpt2, prompt, answer, distractor)


def test_unknown_parts_and_other_models_are_refused(gpt2):
    record = iw.logit_attribution(gpt2, PROMPT, ANSWER, OTHER)
    for name in ("L3.mlp_out", "L1.z.4", "mlp", "L1"):
        with pytest.raises(ValueError, match=r"is no part here\. Parts are embed\.token"):
            record.without("embed", name)
    with pytest.raises(ValueError, match="a record of GPT2LMHeadModel; got the model Llama"):
        record.ablate(make("llama", torch.float32), "L1.mlp_out")


def test_an_error_in_the_run_leaves_no_hook(gpt2, monkeypatch):
    monkeypatch.setattr(gpt2.layers[2].mlp, "forward", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        iw.logit_attribution(gpt2, PROMPT, ANSWER)
    assert hooks_on(gpt2.hf) == 0


def test_half_precision_says_how_exact_it_is():
    record = iw.logit_attribution(make("llama", torch.bfloat16), PROMPT, ANSWER, OTHER)
    assert 1e-5 < record.check < 0.2
    assert float(record.contributions.sum()) == pytest.approx(record.total, abs=0.2)


@pytest.mark.gpu
@pytest.mark.parametrize("family", FAMILIES)
def test_a_gpu_gives_the_same(family):
    cpu = iw.logit_attribution(make(family, torch.float32), PROMPT, ANSWER, OTHER)
    there = iw.load(tiny.hf_model(family).cuda(), tokenizer=tiny.tokenizer())
    got = iw.logit_attribution(there, PROMPT, ANSWER, OTHER)
    torch.testing.assert_close(got.contributions, cpu.contributions, atol=1e-4, rtol=1e-4)
    assert got.parts == cpu.parts


def test_the_course_model_knows_where_its_answer_comes_from():
    model = iw.load()
    record = iw.logit_attribution(model, "The Eiffel Tower is in the city of", " Paris", " Rome")
    assert record.check < 1e-3
    assert record.total > 3
    blocks = record.blocks()
    later = sum(blocks[f"L{n}.{kind}"] for n in range(2, 8) for kind in ("attn_out", "mlp_out"))
    assert later > record.total / 2
