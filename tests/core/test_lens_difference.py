"""The difference of two lenses against the two records, its partial records, its errors."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.language_model import LanguageModel
from interp_widgets.core.lens import difference
from interp_widgets.core.lens.lens import Lens
from tests.core.conftest import PROMPT
from tests.core.test_tuned_lens import TEXTS, untrained

FIELDS = (
    *("top_ids", "top_diffs", "top_probs", "distance", "kl", "gain", "track_diffs"),
    *("best_ids", "best_probs", "line_ids", "line_diffs"),
)


@pytest.fixture(scope="module")
def lenses(gpt2) -> dict[str, Lens]:
    tuned = iw.fit_lens(gpt2, TEXTS, steps=25)
    return {"tuned": tuned, "jacobian": iw.fit_lens(gpt2, TEXTS[:3], kind="jacobian")}


def test_it_is_the_difference_of_two_whole_records(gpt2, lenses):
    record = iw.lens_difference(
        gpt2, PROMPT, lenses["tuned"], lenses["jacobian"], track=[" Austin"], k=273
    )
    whole = [
        iw.logit_lens(gpt2, PROMPT, kind=lenses[kind], track=list(range(273)), k=1)
        for kind in ("tuned", "jacobian")
    ]
    p, q = (side.track_probs for side in whole)
    diff = p - q
    order = record.top_ids.long()
    torch.testing.assert_close(record.top_diffs, diff.gather(-1, order), atol=1e-6, rtol=0)
    assert (record.top_diffs.abs().diff(dim=-1) <= 0).all()
    torch.testing.assert_close(record.distance, diff.abs().sum(-1) / 2, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(record.kl, (q * (q / p).log()).sum(-1), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(record.gain, whole[1].kl - whole[0].kl, atol=1e-5, rtol=1e-4)
    austin = gpt2.token_id(" Austin")
    torch.testing.assert_close(record.track_diffs[..., 0], diff[..., austin], atol=1e-6, rtol=0)
    assert (record.kind, record.base, record.track) == ("tuned", "jacobian", (austin,))
    assert not record.top_diffs[-1].any()
    assert set(record.vocab) == set(range(273))
    torch.testing.assert_close(record.top_probs, p.gather(-1, order), atol=1e-6, rtol=0)
    best = [side.max(-1) for side in (p, q)]
    assert torch.equal(record.best_ids.long(), torch.stack([b.indices for b in best], -1))
    torch.testing.assert_close(
        record.best_probs, torch.stack([b.values for b in best], -1), atol=1e-6, rtol=0
    )
    assert record.check == pytest.approx(whole[0].check, abs=1e-5)


def test_its_lines_are_the_tokens_that_differ_most_in_some_row(gpt2, lenses):
    record = iw.lens_difference(gpt2, PROMPT, lenses["tuned"], track=list(range(273)), k=273)
    for pos in range(len(record.tokens)):
        tops = [
            (abs(float(record.top_diffs[row, pos, 0])), int(record.top_ids[row, pos, 0]))
            for row in range(len(record.rows) - 1)
        ]
        lines = [i for i in record.line_ids[pos].tolist() if i >= 0]
        assert lines[0] == max(tops)[1]
        assert set(lines) == {token for size, token in tops if size > 0}
        for line, token in enumerate(lines):
            drawn = record.line_diffs[:, pos, line]
            assert torch.equal(drawn, record.track_diffs[:, pos, token])
        assert record.line_diffs[:, pos, len(lines) :].isnan().all()


def test_rows_that_a_lens_left_out_stay_unknown(gpt2, lenses):
    tuned = lenses["tuned"]
    part = replace(tuned, rows=(1,), weight=tuned.weight[1:2], bias=tuned.bias[1:2])
    record = iw.lens_difference(gpt2, PROMPT, part)
    whole = iw.lens_difference(gpt2, PROMPT, tuned)
    assert record.rows == whole.rows
    for row in range(len(record.rows)):
        if row in (1, len(record.rows) - 1):
            assert torch.equal(record.top_diffs[row], whole.top_diffs[row])
        else:
            assert record.distance[row].isnan().all()
            assert (record.best_ids[row] == -1).all()
    assert record.describe()


def test_a_lens_less_itself_is_nothing(model):
    record = iw.lens_difference(model, PROMPT, untrained(model))
    for name in ("top_diffs", "distance", "kl", "gain"):
        assert getattr(record, name).abs().max() < 1e-6
    assert record.base == "logit"


def test_partial_records_fill_up(gpt2, lenses, monkeypatch):
    whole = iw.lens_difference(gpt2, PROMPT, lenses["tuned"], track=" Rome")
    monkeypatch.setattr(difference, "_BUDGET", 273 * 4 * 2)  # two positions a step
    partial = list(iw.iter_lens_difference(gpt2, PROMPT, lenses["tuned"], track=" Rome"))
    assert len(partial) == 3
    for step, record in enumerate(partial):
        known = 2 * (step + 1)
        assert (record.top_ids[:, known:] == -1).all()
        for name in FIELDS[1:]:
            parts = [getattr(r, name) for r in (record, whole)]
            if name == "line_ids":
                parts = [part[None] for part in parts]
            late = parts[0][:, known:]
            assert (late == -1).all() if name.endswith("ids") else late.isnan().all()
            got, wanted = (part[:, :known] for part in parts)
            if name == "line_diffs":
                got, wanted = got.nan_to_num(9), wanted.nan_to_num(9)
            torch.testing.assert_close(got, wanted, atol=1e-5, rtol=1e-4)
        assert record.describe()
        assert repr(record) == repr(whole)
        for kind in ("interactive", "print"):
            record.plot(kind=kind)


def test_there_and_back_and_as_a_frame(gpt2, lenses, tmp_path):
    record = iw.lens_difference(gpt2, PROMPT, lenses["jacobian"], k=3)
    back = iw.Result.load(record.save(tmp_path / "r.safetensors"))
    assert isinstance(back, iw.LensDifference)
    for name in FIELDS:
        torch.testing.assert_close(
            getattr(back, name), getattr(record, name), rtol=0, atol=0, equal_nan=True
        )
    assert (back.vocab, back.describe(), repr(back)) == (
        record.vocab,
        record.describe(),
        repr(record),
    )
    frame = record.to_frame()
    assert len(frame) == record.top_ids.numel()
    assert frame["diff"].iloc[0] == pytest.approx(record.top_diffs[0, 0, 0].item())
    for colour in ("diff", "gain", "kl", "distance"):
        record.plot(colour=colour)
        record.plot(kind="print", colour=colour)
    with pytest.raises(ValueError, match="colour is one of diff, gain, kl, distance; got 'red'"):
        record.plot(colour="red")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "no jacobian lens is bundled for GPT2LMHeadModel"),
        ({"kind": "logit", "base": "late"}, "kind is 'logit', 'tuned'.*'late'"),
        ({"kind": "logit", "k": 0}, "from 1 to 273"),
    ],
)
def test_bad_input_is_named_before_anything_runs(gpt2, monkeypatch, options, message):
    monkeypatch.setattr(LanguageModel, "logits", lambda *_: pytest.fail("the model ran"))
    for function in (iw.lens_difference, iw.iter_lens_difference):
        with pytest.raises(ValueError, match=message):
            function(gpt2, PROMPT, **options)
