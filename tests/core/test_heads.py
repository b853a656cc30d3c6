"""Head scores: 1 on patterns made for them (M34), as defined on real ones, and by weights."""

from __future__ import annotations

import pytest
import torch

import interp_widgets as iw
from interp_widgets.core import heads as heads_module
from interp_widgets.core import ov
from interp_widgets.core.heads import KINDS, pattern_scores, repeated_tokens
from interp_widgets.core.language_model import LanguageModel
from interp_widgets.core.weights import head_input, head_output
from tests.core import tiny
from tests.core.conftest import FAMILIES, PROMPT, hooks_on, make
from tests.core.test_result import same

LOOKS = KINDS[:5]


def pointing(n: int, back: int) -> torch.Tensor:
    """A pattern that looks ``back`` tokens back, and at the first where there are none."""
    pattern = torch.zeros(n, n)
    for dst in range(n):
        pattern[dst, max(dst - back, 0)] = 1
    return pattern


def test_m34_scores_are_1_on_patterns_made_for_them():
    size = 7
    ids = torch.tensor([[99, *range(size), *range(size)]])
    n = ids.shape[1]
    made = {"current_token": 0, "previous_token": 1, "duplicate_token": size, "induction": size - 1}
    patterns = torch.stack([pointing(n, back) for back in made.values()])[None]
    sums, counts = pattern_scores(patterns, ids)
    scores = dict(zip(KINDS, sums / counts, strict=False))
    for head, kind in enumerate(made):
        assert float(scores[kind][head]) == 1
        others = [float(scores[kind][i]) for i in range(len(made)) if i != head]
        assert max(others) < 0.2  # looks that fell on the first token
        if f"{kind}_without_first" in scores:
            assert float(scores[f"{kind}_without_first"][head]) == pytest.approx(1)


def test_resting_on_the_first_token_lowers_a_score_but_not_the_other():
    ids = torch.tensor([[99, *range(5), *range(5)]])
    resting = 0.25 * pointing(11, 4)
    resting[:, 0] += 0.75
    sums, counts = pattern_scores(resting[None, None], ids)
    scores = dict(zip(KINDS, (sums / counts)[:, 0].tolist(), strict=False))
    assert scores["induction"] == pytest.approx(0.25)
    assert scores["induction_without_first"] == pytest.approx(1)
    assert scores["first_token"] > 0.75


def test_scores_are_means_over_the_definition(model):
    """Position by position, in the words of the definition, on the same random tokens."""
    record = iw.head_scores(model, seed=3)
    ids = repeated_tokens(model, 3).cpu()
    size = (ids.shape[1] - 1) // 2
    second = range(1 + size, 1 + 2 * size)
    every = range(1, 1 + 2 * size)
    offsets = {
        "current_token": (range(1 + 2 * size), 0),
        "previous_token": (every, 1),
        "duplicate_token": (second, size),
        "induction": (second, size - 1),
    }
    patterns = torch.stack([iw.attention(model, row).patterns for row in ids])
    for kind, (rows, back) in offsets.items():
        wanted = torch.stack([patterns[..., dst, dst - back] for dst in rows]).mean((0, 1))
        torch.testing.assert_close(record[kind], wanted, atol=1e-5, rtol=1e-4)
    first = patterns[..., 1:, 0].mean((0, -1))
    torch.testing.assert_close(record["first_token"], first, atol=1e-5, rtol=1e-4)
    free = torch.stack([1 - patterns[..., dst, 0] for dst in second]).sum((0, 1))
    on = torch.stack([patterns[..., dst, dst - size + 1] for dst in second]).sum((0, 1))
    torch.testing.assert_close(record["induction_without_first"], on / free, atol=1e-5, rtol=1e-4)


def test_random_tokens(gpt2):
    ids = repeated_tokens(gpt2)
    assert ids.shape == (10, 1 + 2 * 31)  # what fits into 64
    assert (ids[:, 0] == 0).all()
    assert (ids[:, 1:32] == ids[:, 32:]).all()
    assert all(len(set(row.tolist())) == 32 for row in ids)
    assert not ids[:, 1:].eq(0).any()
    assert not torch.equal(ids, repeated_tokens(gpt2, 1))
    bare = iw.load(tiny.hf_model("gpt2"), tokenizer=tiny.tokenizer())
    bare.tokenizer = tiny.tokenizer(bos=False)
    assert repeated_tokens(bare).shape[0] == 10


def test_a_prompt_of_ones_own(gpt2):
    prompt = " the city the state the city"
    record = iw.head_scores(gpt2, prompt)
    pattern = iw.attention(gpt2, prompt).patterns
    tokens = gpt2.tokens(prompt)
    assert tokens[1:] == [" the", " city", " the", " state", " the", " city"]
    induction = (pattern[..., 3, 2] + pattern[..., 5, 2] + pattern[..., 5, 4]) + pattern[..., 6, 3]
    torch.testing.assert_close(record["induction"], induction / 3)
    duplicate = pattern[..., 3, 1] + pattern[..., 5, 1] + pattern[..., 5, 3] + pattern[..., 6, 2]
    torch.testing.assert_close(record["duplicate_token"], duplicate / 3)
    assert (record.sequences, record.length, record.seed) == (1, 7, None)
    plain = iw.head_scores(gpt2, PROMPT)
    assert plain["induction"].isnan().all()  # nothing comes twice
    assert plain.top("induction") == []
    assert not plain["previous_token"].isnan().any()
    assert "previous token" in plain.describe()


def test_copying_is_the_eigenvalues_of_the_whole_matrix():
    torch.manual_seed(0)
    values, logits = torch.randn(40, 2, 6), torch.randn(2, 6, 40)
    logits[0] = values[:, 0].T  # what it finds, it raises
    logits[1] = -values[:, 1].T
    score = ov.copying(values, logits)
    torch.testing.assert_close(score, torch.tensor([1.0, -1.0], dtype=torch.float64))
    logits = torch.randn(2, 6, 40)
    centre = torch.eye(40) - 1 / 40
    whole = torch.einsum("the,hec->htc", values, logits)
    eigenvalues = torch.linalg.eigvals((centre @ whole @ centre).double())
    wanted = eigenvalues.real.sum(-1) / eigenvalues.abs().sum(-1)
    torch.testing.assert_close(ov.copying(values, logits), wanted, atol=1e-5, rtol=1e-5)


def test_m34_weights_in_another_basis_write_the_same():
    """Values turned by R and output weights turned back: no score may change."""
    model, turned = make("llama-all-heads"), make("llama-all-heads")
    rotation = torch.linalg.qr(torch.randn(8, 8, dtype=torch.float64))[0] * 2
    with torch.no_grad():
        for layer in turned.layers:
            v = layer.get_parameter("self_attn.v_proj.weight")
            o = layer.get_parameter("self_attn.o_proj.weight")
            v[8:16] = rotation.T @ v[8:16]
            o[:, 8:16] = o[:, 8:16] @ torch.linalg.inv(rotation).T
    a, b = iw.head_scores(model), iw.head_scores(turned)
    torch.testing.assert_close(a.scores, b.scores, atol=1e-4, rtol=1e-4, equal_nan=True)


def test_successors():
    values = torch.eye(4)[:, None].repeat(1, 3, 1)
    ahead, behind = torch.eye(4).roll(1, 1), torch.eye(4)
    mixed = ahead.clone()
    mixed[0] = behind[0]
    hits, of = ov.successor(values, torch.stack([ahead, behind, mixed]), [1, 2, 3, -1])
    assert (hits.tolist(), of) == ([3, 0, 2], 3)
    hits, of = ov.successor(values, torch.stack([ahead, behind, mixed]), [1, 2, 3, 0])
    assert (hits.tolist(), of) == ([4, 0, 3], 4)


def test_lists_are_what_the_tokenizer_has(gpt2):
    assert ov.ordered_lists(gpt2) == []
    assert iw.head_scores(gpt2)["successor"].isnan().all()
    course = iw.load()
    lists = ov.ordered_lists(course)
    assert lists
    for ids, after in lists:
        pieces = [course.piece(i) for i in ids]
        if " Monday" in pieces and " Tuesday" in pieces:
            assert pieces[after[pieces.index(" Monday")]] == " Tuesday"


def test_values_of_a_token_are_those_of_a_run(model):
    """Layer 0 reads an embedding: its values are those of a run with the token second."""
    tokens = torch.tensor([3, 70, 260])
    values = ov.token_values(model, tokens)
    assert len(values) == 3
    alone = [iw.cache(model, [int(t), int(t)], "L0.v")["L0.v"][1] for t in tokens]
    _, bias = head_input(model, 0, "v")
    wanted = (torch.stack(alone) - bias.cpu()).repeat_interleave(4 // model.n_kv_heads, dim=1)
    torch.testing.assert_close(values[0].cpu().double(), wanted.double(), atol=1e-5, rtol=1e-5)
    assert values[2].shape == (3, 4, model.d_head)
    assert not torch.allclose(values[1], values[2])


def test_logits_of_a_head_on_a_plain_model():
    model = make("gpt2")
    tokens = torch.tensor([5, 6, 7])
    weight, _ = head_output(model, 1)
    norm, head = model.hf.transformer.ln_f, model.hf.lm_head
    centred = weight - weight.mean(-1, keepdim=True)
    wanted = (centred * norm.weight.detach()) @ head.weight.detach()[tokens].T
    torch.testing.assert_close(ov.head_logits(model, 1, tokens), wanted)


def test_partial_records_fill_up(gpt2, monkeypatch):
    monkeypatch.setattr(heads_module, "_TOKENS_A_BATCH", 200)
    steps = list(iw.iter_head_scores(gpt2))
    assert len(steps) == 4 + 3  # batches of three sequences, then layers
    assert not steps[0]["induction"].isnan().any()
    assert steps[0]["copying"].isnan().all()
    assert steps[4]["copying"].isnan().all(-1).tolist() == [False, True, True]
    whole = iw.head_scores(gpt2)
    torch.testing.assert_close(steps[-1].scores, whole.scores, equal_nan=True)
    monkeypatch.undo()
    once = iw.head_scores(gpt2)
    torch.testing.assert_close(once.scores, whole.scores, equal_nan=True, atol=1e-6, rtol=1e-5)


def test_the_record(gpt2, tmp_path):
    record = iw.head_scores(gpt2)
    assert repr(record) == (
        "HeadScores(3 layers, 4 heads, 10 random sequences of 63, GPT2LMHeadModel)"
    )
    assert "10 sequences of random tokens of 63 tokens" in record.describe()
    frame = iw.heads(gpt2)
    assert list(frame.columns) == ["layer", "head", "name", *KINDS]
    assert frame.equals(record.to_frame())  # equal seeds, equal scores
    assert frame["name"].tolist()[:5] == ["L0.z.0", "L0.z.1", "L0.z.2", "L0.z.3", "L1.z.0"]
    best = record.top("induction", 2)
    assert [score for _, score in best] == record["induction"].flatten().topk(2).values.tolist()
    layer, head = (int(part) for part in best[0][0].removeprefix("L").split(".z."))
    assert record["induction"][layer, head] == best[0][1]
    same(iw.Result.load(record.save(tmp_path / "r.safetensors")), record)
    with pytest.raises(KeyError, match="no score 'mover'; there are current_token"):
        record.top("mover")
    for k in (0, -1, 2.0, "3", True):
        with pytest.raises(ValueError, match="k says how many heads, 1 or more; got"):
            record.top("induction", k)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"prompt": []}, ValueError, "at least one token id"),
        ({"prompt": " the" * 70}, ValueError, "at most 64"),
        ({"prompt": 3.5}, TypeError, "got float"),
        ({"seed": -1}, ValueError, "a seed is 0 or larger, .*; got -1"),
        ({"seed": 2**63}, ValueError, r"below 2\*\*63; got 9223372036854775808"),
        ({"seed": "x"}, TypeError, "a seed is a whole number; got str"),
        ({"seed": True}, TypeError, "a seed is a whole number; got bool"),
    ],
)
def test_bad_input_is_named_before_anything_runs(gpt2, monkeypatch, options, error, message):
    monkeypatch.setattr(LanguageModel, "run", lambda *_: pytest.fail("the model ran"))
    for function in (iw.heads, iw.head_scores, iw.iter_head_scores):
        with pytest.raises(error, match=message):
            function(gpt2, **options)


def test_a_context_too_short_for_anything_twice():
    with pytest.raises(ValueError, match=r"reads 4 at once.*Pass a prompt"):
        iw.heads(make("gpt2", torch.float32, n_positions=4))


def test_stopping_leaves_no_hook(gpt2, monkeypatch):
    steps = iw.iter_head_scores(gpt2)
    next(steps)
    assert hooks_on(gpt2.hf) == 0
    steps.close()
    monkeypatch.setattr(gpt2.layers[2].mlp, "forward", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        iw.heads(gpt2)
    assert hooks_on(gpt2.hf) == 0


@pytest.mark.gpu
@pytest.mark.parametrize("family", FAMILIES)
def test_a_gpu_gives_the_same(family):
    cpu = iw.head_scores(make(family, torch.float32))
    got = iw.head_scores(iw.load(tiny.hf_model(family).cuda(), tokenizer=tiny.tokenizer()))
    torch.testing.assert_close(got.scores, cpu.scores, atol=1e-3, rtol=1e-3, equal_nan=True)


def test_the_course_model_has_the_heads_that_its_card_speaks_of():
    record = iw.head_scores(iw.load())
    assert record.top("previous_token", 1)[0][1] > 0.8
    assert record.top("induction", 1)[0][1] > 0.3
    # As the docstring of head_scores says.
    best = record.top("induction", 2)
    assert {name for name, _ in best} == {"L6.z.0", "L5.z.2"}
    assert all(round(score, 2) == 0.52 for _, score in best)
    assert "L6.z.0 and L5.z.2, with 0.52 each" in " ".join((iw.head_scores.__doc__ or "").split())
    assert iw.model_card()["behaviour"]["induction_accuracy"] == pytest.approx(0.98, abs=0.005)
    assert record.top("duplicate_token", 1)[0][1] < record.top("induction", 1)[0][1]
