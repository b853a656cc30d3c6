"""The logit lens against a straight implementation, its partial records, its memory, its errors."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.language_model import LanguageModel
from interp_widgets.core.lens import logit
from tests.core import tiny
from tests.core.conftest import PROMPT, hooks_on, make

FIELDS = (
    *("top_ids", "top_probs", "entropy", "kl", "track_probs", "track_logits", "track_ranks"),
    *("line_ids", "line_probs", "line_logits", "line_ranks"),
)
TRACK = (" Austin", 17, " Rome")


def naive(model, prompt, track, k):
    """The lens with everything in memory, one cell at a time, in the words of its definition."""
    ids = model.ids(prompt)
    with torch.no_grad():
        hidden = model.hf(ids[None], output_hidden_states=True)
        norm = model.hf.get_submodule(model.architecture.final_norm)
        head, cap = model.hf.get_output_embeddings(), model.logit_softcap
        logits = [head(norm(stream[0])) for stream in hidden.hidden_states[:-1]]
    logits = torch.stack([x if cap is None else cap * torch.tanh(x / cap) for x in logits])
    logits = torch.cat([logits, hidden.logits])  # the last row is the model itself
    probs = logits.softmax(-1)
    final = probs[-1]
    out = {
        "probs": probs,
        "top_probs": probs.sort(-1, descending=True).values[..., :k],
        "entropy": -(probs * probs.log()).sum(-1),
        "kl": (final * (final.log() - probs.log())).sum(-1),
        "track_probs": torch.stack([probs[..., t] for t in track], -1),
        "track_logits": torch.stack([logits[..., t] for t in track], -1),
    }
    order = logits.argsort(-1, descending=True)
    out["track_ranks"] = torch.stack([(order == t).int().argmax(-1) for t in track], -1)
    out["top_ids"] = order[..., :k]
    lines = []
    for pos in range(len(ids)):
        lines.append(list(dict.fromkeys(order[:, pos, 0].flip(0).tolist())))
    return out | {"lines": lines, "logits": logits}


def same(record, other):
    """Two records agree in every field."""
    for name in FIELDS:
        a, b = getattr(record, name), getattr(other, name)
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-5, equal_nan=True, msg=name)
    assert (record.rows, record.tokens, record.vocab) == (other.rows, other.tokens, other.vocab)


def test_against_a_naive_lens_on_every_row(model):
    record = iw.logit_lens(model, PROMPT, track=TRACK, k=7)
    slow = naive(model, PROMPT, record.track, 7)
    assert record.track == (model.token_id(" Austin"), 17, model.token_id(" Rome"))
    for name in ("top_probs", "entropy", "kl", "track_probs", "track_logits", "track_ranks"):
        ours, theirs = getattr(record, name), slow[name].to(getattr(record, name)).cpu()
        torch.testing.assert_close(ours, theirs, atol=2e-6, rtol=1e-5, msg=name)
    assert torch.equal(record.top_ids, slow["top_ids"].int().cpu())
    assert record.check < 1e-6
    for pos, line in enumerate(slow["lines"]):
        kept = len(line)
        assert record.line_ids[pos, :kept].tolist() == line
        assert (record.line_ids[pos, kept:] == -1).all()
        assert record.line_probs[:, pos, kept:].isnan().all()
        assert (record.line_ranks[:, pos, kept:] == -1).all()
        for i, token in enumerate(line):
            wanted = slow["probs"][:, pos, token].float().cpu()
            torch.testing.assert_close(record.line_probs[:, pos, i], wanted, atol=2e-6, rtol=1e-5)
            assert (record.line_ranks[:, pos, i] == 0).any()


def test_the_record_says_what_it_is(model):
    record = iw.logit_lens(model, PROMPT, track=" Austin", k=4)
    rows, n = model.n_layers + 1, len(model.ids(PROMPT))
    assert record.rows == ("embed", *(f"L{i}" for i in range(model.n_layers)))
    assert record.tokens == tuple(model.tokens(PROMPT))
    assert torch.equal(record.ids, model.ids(PROMPT).cpu())
    assert record.top_ids.shape == record.top_probs.shape == (rows, n, 4)
    assert record.entropy.shape == record.kl.shape == (rows, n)
    assert record.track_probs.shape == record.track_ranks.shape == (rows, n, 1)
    lines = min(logit.LINES, rows)
    assert record.line_ids.shape == (n, lines)
    assert record.line_probs.shape == record.line_ranks.shape == (rows, n, lines)
    for name in FIELDS:
        field = getattr(record, name)
        kind = torch.int32 if name.endswith(("ids", "ranks")) else torch.float32
        assert (field.dtype, field.device.type, field.requires_grad) == (kind, "cpu", False)
    assert set(record.vocab) >= set(record.top_ids.flatten().tolist())
    assert (record.kl >= 0).all()
    assert (record.kl[-1] == 0).all()
    assert (record.line_ids[:, 0] == record.top_ids[-1, :, 0]).all()
    best = [piece for piece, _ in model.top_tokens(PROMPT, 4)]
    assert [record.vocab[i] for i in record.top_ids[-1, -1].tolist()] == best


def test_settled_is_the_row_from_which_the_answer_stays(model):
    record = iw.logit_lens(model, PROMPT, k=1)
    top = record.top_ids[..., 0]
    for pos, row in enumerate(record.settled()):
        assert (top[row:, pos] == top[-1, pos]).all()
        assert row == 0 or top[row - 1, pos] != top[-1, pos]


def test_rows_that_a_lens_cannot_read_do_not_hide_from_where_the_answer_stays(gpt2):
    record = iw.logit_lens(gpt2, PROMPT, k=1)
    top = torch.tensor([[7, 5], [-1, -1], [5, 7], [5, 5]], dtype=torch.int32)
    assert replace(record, top_ids=top[..., None]).settled() == [2, 3]
    top[0] = top[2]
    assert replace(record, top_ids=top[..., None]).settled() == [0, 3]


@pytest.mark.parametrize("budget", [1, 273 * 4 * 2, 273 * 4 * 5, 1 << 24])
def test_blocks_do_not_matter(gpt2, monkeypatch, budget):
    whole = iw.logit_lens(gpt2, PROMPT, track=TRACK)
    monkeypatch.setattr(logit, "_BUDGET", budget)
    same(iw.logit_lens(gpt2, PROMPT, track=TRACK), whole)


def test_partial_records_fill_up(gpt2, monkeypatch):
    whole = iw.logit_lens(gpt2, PROMPT, track=TRACK)
    monkeypatch.setattr(logit, "_BUDGET", 273 * 4 * 2)  # two positions a step
    partial = list(iw.iter_logit_lens(gpt2, PROMPT, track=TRACK))
    assert len(partial) == 3
    for step, record in enumerate(partial):
        known = 2 * (step + 1)
        assert torch.equal(record.top_ids[:, :known], whole.top_ids[:, :known])
        assert (record.top_ids[:, known:] == -1).all()
        assert (record.track_ranks[:, known:] == -1).all()
        assert (record.line_ids[known:] == -1).all()
        for name in ("top_probs", "entropy", "kl", "track_probs", "track_logits", "line_probs"):
            assert getattr(record, name)[:, known:].isnan().all()
            got, wanted = (getattr(r, name)[:, :known] for r in (record, whole))
            torch.testing.assert_close(got, wanted, equal_nan=True)
        assert set(record.vocab) >= {*record.top_ids.flatten().tolist()} - {-1}
        assert (record.check == record.check) == (step == 2)
        assert repr(record) == repr(whole)
        assert record.describe()
        record.plot()
        record.plot(kind="print")
    same(partial[-1], whole)
    assert partial[-1].check == pytest.approx(whole.check, abs=1e-6)


def test_closing_early_leaves_nothing(gpt2, monkeypatch):
    monkeypatch.setattr(logit, "_BUDGET", 1)
    calls = 0
    genuine = LanguageModel.unembed

    def counted(self, *args):
        nonlocal calls
        calls += 1
        return genuine(self, *args)

    monkeypatch.setattr(LanguageModel, "unembed", counted)
    steps = iw.iter_logit_lens(gpt2, PROMPT)
    next(steps)
    assert hooks_on(gpt2.hf) == 0  # nothing is held between steps either
    steps.close()
    assert calls == 1
    assert list(steps) == []


def test_memory_is_bounded(gpt2, monkeypatch):
    """No more logits at once than the budget, however long the prompt."""
    budget = 273 * 4 * 3
    monkeypatch.setattr(logit, "_BUDGET", budget)
    sizes = []
    genuine = LanguageModel.unembed

    def measured(self, resid, normed=False):
        logits = genuine(self, resid, normed)
        sizes.append(logits.numel())
        return logits

    monkeypatch.setattr(LanguageModel, "unembed", measured)
    iw.logit_lens(gpt2, list(range(60)))
    assert max(sizes) <= budget
    assert len(sizes) == 20


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("family", ["gpt2", "gpt_neox", "llama", "gemma2"])
def test_half_precision_is_read_out_in_float32(family, dtype, monkeypatch):
    half, full = make(family, dtype), make(family, dtype)
    full = iw.load(full.hf.float(), tokenizer=tiny.tokenizer())  # the same weights, raised
    streams, own = logit.streams_of(half, half.ids(PROMPT))
    assert streams.dtype == own.dtype == dtype
    torch.testing.assert_close(half.unembed(streams), full.unembed(streams.float()))
    monkeypatch.setattr(logit, "streams_of", lambda *_: (streams, own))
    record, raised = (iw.logit_lens(m, PROMPT, track=TRACK) for m in (half, full))
    same(record, raised)
    assert half.hf.dtype == dtype
    assert 0 < record.check < 0.1  # what half precision loses in the model's own last product
    monkeypatch.setattr("interp_widgets.core.readout._VOCAB_SLICE", 100)
    same(iw.logit_lens(half, PROMPT, track=TRACK), raised)


def test_soft_capped_logits_stay_under_the_cap():
    model = make("gemma2")
    record = iw.logit_lens(model, PROMPT, track=list(range(30)))
    assert model.logit_softcap == 5
    assert record.track_logits.abs().max() < 5
    assert record.track_logits.abs().max() > 1
    uncapped = make("gemma2", final_logit_softcapping=None)
    assert uncapped.logit_softcap is None
    assert iw.logit_lens(uncapped, PROMPT).check < 1e-6


def test_a_broken_last_row_shows_in_the_check(gpt2, monkeypatch):
    genuine = logit.streams_of

    def broken(model, ids):
        streams, own = genuine(model, ids)
        own[2] = float("nan")
        return streams, own

    monkeypatch.setattr(logit, "streams_of", broken)
    for budget in (1 << 24, 1):
        monkeypatch.setattr(logit, "_BUDGET", budget)
        assert not iw.logit_lens(gpt2, PROMPT).check < 1


@pytest.mark.parametrize("prompt", ["", "a", [5], list(range(64)), torch.tensor([1, 2, 3])])
def test_every_length_works(gpt2, prompt):
    record = iw.logit_lens(gpt2, prompt, k=273)
    assert len(record.tokens) == len(gpt2.ids(prompt))
    torch.testing.assert_close(record.top_probs.sum(-1), torch.ones_like(record.entropy))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"kind": "tuned"}, ValueError, r"no tuned lens is bundled for GPT2.*iw\.fit_lens\("),
        ({"kind": "late"}, ValueError, "kind is 'logit', 'tuned', 'jacobian' or a lens.*'late'"),
        ({"kind": None}, ValueError, "made by iw.fit_lens; got 'NoneType'"),
        ({"k": 0}, ValueError, "from 1 to 273.*got 0"),
        ({"k": 274}, ValueError, "from 1 to 273.*got 274"),
        ({"k": 2.5}, ValueError, "got 2.5"),
        ({"k": True}, ValueError, "got True"),
        ({"track": " Austin Texas"}, ValueError, r"2 tokens for .*\[' Austin', ' Texas'\]"),
        ({"track": [999]}, ValueError, "from 0 to 272; got 999"),
        ({"track": [None]}, TypeError, "by its text or its id; got NoneType"),
        ({"track": None}, TypeError, "lists tokens, as texts or ids; got NoneType"),
        ({"prompt": [True, False]}, TypeError, "text, or token ids in a list"),
        ({"prompt": list(range(65))}, ValueError, "65 tokens.*at most 64"),
        ({"prompt": None}, TypeError, "a prompt is text, or token ids"),
    ],
)
def test_bad_input_is_named_before_anything_runs(gpt2, monkeypatch, options, error, message):
    monkeypatch.setattr(LanguageModel, "logits", lambda *_: pytest.fail("the model ran"))
    arguments = {"prompt": PROMPT} | options
    with pytest.raises(error, match=message):
        iw.logit_lens(gpt2, **arguments)
    with pytest.raises(error, match=message):
        iw.iter_logit_lens(gpt2, **arguments)  # at once, not at the first step


def test_tracking_by_text_and_by_id(gpt2):
    austin = gpt2.token_id(" Austin")
    record = iw.logit_lens(gpt2, PROMPT, track=[" Austin", austin])
    assert record.track == (austin,)
    same(record, iw.logit_lens(gpt2, PROMPT, track=austin))
    assert iw.logit_lens(gpt2, PROMPT).track_probs.shape[-1] == 0


@pytest.mark.gpu
@pytest.mark.parametrize("family", tiny.CONFIGS)
def test_cuda_equals_cpu(family):
    cpu = make(family, torch.float32)
    wanted = iw.logit_lens(cpu, PROMPT, track=TRACK)
    gpu = iw.load(tiny.hf_model(family).cuda(), tokenizer=tiny.tokenizer())
    got = iw.logit_lens(gpu, PROMPT, track=TRACK)
    for name in ("top_probs", "entropy", "kl", "track_probs", "track_logits"):
        torch.testing.assert_close(getattr(got, name), getattr(wanted, name), atol=1e-4, rtol=0)
    assert got.check < 1e-4
