"""Edits of heads: bias and loss are those of plain hooked runs, and what an edit costs is told."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F

import interp_widgets as iw
from interp_widgets.core import judged_texts
from interp_widgets.core.head_edit import HeadEditor, iter_head_edit
from interp_widgets.core.hooks import hooked
from interp_widgets.core.language_model import LanguageModel
from tests.core.conftest import PROMPT, make

SUBJECTS = {"Texas": ["the capital of Texas is", "the city of Texas"], "Rome": ["the Rome is"]}
OTHERS = {"long": ["the city of Rome and the city of Paris", "the end"], "short": ["is Paris"]}
WORDS = (" Austin", " Paris")


def edit(model, heads, **given):
    return iw.head_edit(model, heads, SUBJECTS, OTHERS, words=WORDS, **given)


def loss(model, text):
    ids = model.ids(text)
    logits = model.logits(ids[None])[0].float()
    return F.cross_entropy(logits[:-1], ids[1:], reduction="none")


def bias(model, text):
    ends = model.logits(model.ids(text)[None])[0, -1].softmax(-1)
    first, second = (ends[model.token_id(word)] for word in WORDS)
    return float((first - second) / (first + second))


def silenced(model):
    def cut(z):
        z = z.clone()
        z[:, :, 1] = 0
        return z

    return hooked(model, {"L0.z": cut})


@pytest.mark.parametrize("heads", [[], [(0, 1)]])
def test_bias_and_loss_are_those_of_single_runs(gpt2, heads):
    found = edit(gpt2, heads)
    for values, losses, cut in (
        (found.before, found.loss_before, False),
        (found.after, found.loss_after, bool(heads)),
    ):
        with silenced(gpt2) if cut else hooked(gpt2, {}):
            wanted = [sum(bias(gpt2, t) for t in texts) / len(texts) for texts in SUBJECTS.values()]
            nats = [torch.cat([loss(gpt2, t) for t in texts]).mean() for texts in OTHERS.values()]
        torch.testing.assert_close(values, torch.tensor(wanted), atol=1e-5, rtol=0)
        torch.testing.assert_close(losses, torch.stack(nats), atol=1e-5, rtol=0)
    means = [values.abs().mean() for values in (found.before, found.after)]
    assert found.fall == pytest.approx(float(1 - means[1] / means[0]), abs=1e-6)
    nats = [losses.mean() for losses in (found.loss_before, found.loss_after)]
    assert found.rise == pytest.approx(float(nats[1] / nats[0] - 1), abs=1e-6)


def test_one_head_is_what_ablation_says(gpt2):
    found = iw.head_edit(gpt2, ["L1.z.2"], {"one": [PROMPT]}, OTHERS, words=WORDS)
    ablated = iw.ablation(gpt2, PROMPT, *WORDS, cells=["L1.z.2"])
    assert float(found.after[0]) == pytest.approx(
        math.tanh(float(ablated.values[0, 0]) / 2), abs=1e-5
    )
    assert float(found.before[0]) == pytest.approx(math.tanh(ablated.clean / 2), abs=1e-5)


def test_the_mean_is_that_of_the_other_texts_and_first_positions_keep_theirs(gpt2):
    texts = [text for texts in OTHERS.values() for text in texts]
    outputs = []
    for text in texts:
        with hooked(gpt2, {"L0.z": lambda z: outputs.append(z[0, :, 1].clone())}):
            gpt2.logits(gpt2.ids(text)[None])
    first = torch.stack([z[0] for z in outputs]).mean(0)
    rest = torch.cat([z[1:] for z in outputs]).mean(0)

    def held(z):
        z = z.clone()
        z[:, 0, 1], z[:, 1:, 1] = first, rest
        return z

    with hooked(gpt2, {"L0.z": held}):
        wanted = bias(gpt2, "the Rome is")
    assert float(edit(gpt2, [(0, 1)], replace="mean").after[1]) == pytest.approx(wanted, abs=1e-5)


def test_answers_are_judged_by_themselves(gpt2):
    prompt = iw.prompts("landmark")[0].__class__("facts", "the capital of Texas is", " Austin")
    found = iw.head_edit(gpt2, [(0, 1)], SUBJECTS, {"facts": [prompt], **OTHERS}, words=WORDS)
    whole = loss(gpt2, "the capital of Texas is Austin")
    assert float(found.loss_before[0]) == pytest.approx(float(whole.mean()), abs=1e-5)
    assert float(found.answer_before[0]) == pytest.approx(float(whole[-1]), abs=1e-5)
    assert found.answer_before[1:].isnan().all()


def test_bias_comes_first_and_the_control_last(gpt2):
    bare, whole, last = iter_head_edit(gpt2, [(0, 1)], SUBJECTS, OTHERS, words=WORDS, control=True)
    assert bare.loss_after.isnan().all()
    assert "not measured yet" in bare.describe()
    assert math.isnan(whole.control_fall)
    assert len(last.control_heads) == 1
    assert last.control_heads[0] != (0, 1)
    other = edit(gpt2, last.control_heads)
    assert (last.control_fall, last.control_rise) == pytest.approx((other.fall, other.rise))


def test_an_editor_tries_edits_in_turn(gpt2):
    editor = HeadEditor(gpt2, SUBJECTS, OTHERS, WORDS)
    for heads in ([(0, 1)], [], [(1, 0), (0, 3)]):
        *_, found = editor.edit(heads)
        torch.testing.assert_close(found.after, edit(gpt2, heads).after)


def test_record_file_frame_and_pictures(gpt2, tmp_path):
    found = edit(gpt2, [(0, 1), (1, 2)])
    assert repr(found) == "HeadEdit(L0.z.1 + L1.z.2, zero, 2 subjects, 2 families, GPT2LMHeadModel)"
    frame = found.to_frame()
    assert list(frame.kind) == ["bias"] * 2 + ["loss"] * 2 + ["answer loss"] * 2
    assert frame.change[0] == pytest.approx(float(found.after[0] - found.before[0]))
    again = iw.HeadEdit.load(found.save(tmp_path / "edit.safetensors"))
    assert again.describe() == found.describe()
    assert again.heads == found.heads
    bars = found.plot().data
    assert sorted(bars[1].x) == sorted(found.after.tolist())
    assert len(found.plot(kind="print").axes) == 2


def test_logits_of_a_batch_are_bounded_and_change_no_number(gpt2, monkeypatch):
    whole = edit(gpt2, [(0, 1)])
    monkeypatch.setattr(judged_texts, "_LOGITS", 12 * gpt2.d_vocab)
    sizes, logits = [], LanguageModel.logits

    def watched(self, ids):
        sizes.append(ids.numel())
        return logits(self, ids)

    monkeypatch.setattr(LanguageModel, "logits", watched)
    parts = edit(gpt2, [(0, 1)])
    assert max(sizes) <= 12
    for name in ("before", "after", "loss_before", "loss_after"):
        assert torch.allclose(getattr(parts, name), getattr(whole, name), atol=1e-6)


def test_of_no_bias_no_share_can_fall():
    model = make("gpt2")
    first, second = (model.token_id(word) for word in WORDS)
    with torch.no_grad():
        weight = model.hf.get_output_embeddings().weight
        weight[first] = weight[second]
    found = edit(model, [(0, 1)])
    assert found.before.tolist() == [0.0] * len(found.subjects)
    assert found.fall != found.fall
    assert "from none" in found.describe()


def test_what_cannot_be_measured_is_refused(gpt2):
    for given, why in (
        ({"replace": "noise"}, "'zero' or 'mean'"),
        ({"words": (" Austin", " Austin")}, "two different tokens"),
        ({"sample": 0}, "1 or more"),
    ):
        with pytest.raises(ValueError, match=why):
            iw.head_edit(gpt2, [(0, 1)], SUBJECTS, OTHERS, **{"words": WORDS, **given})
    with pytest.raises(ValueError, match="layers 0 to"):
        edit(gpt2, [(99, 0)])
    with pytest.raises(ValueError, match="no bias to measure"):
        iw.head_edit(gpt2, [], {}, OTHERS, words=WORDS)
    with pytest.raises(ValueError, match="no texts of another family"):
        iw.head_edit(gpt2, [], iw.prompts("gender"), {"gender": ["he"]}, words=WORDS)
    with pytest.raises(TypeError, match="with a subject"):
        iw.head_edit(gpt2, [], ["the Rome is"], OTHERS, words=WORDS)
    for given, why in (
        ({"words": None}, "words= are two tokens"),
        ({"words": "he"}, "words= are two tokens"),
        ({"control": "no"}, "control= is True or False"),
        ({"seed": 1.5}, "a seed is a whole number"),
        ({"prompts": 3}, "with a subject"),
        ({"prompts": {"a": "the state"}}, "no list of texts but a str"),
        ({"others": {"a": 2}}, "no list of texts but a int"),
    ):
        named = {"prompts": SUBJECTS, "others": OTHERS, "words": WORDS} | given
        with pytest.raises(TypeError, match=why):
            iw.head_edit(gpt2, [(0, 1)], **named)
    with pytest.raises(ValueError, match="under 'g' a text of one token"):
        iw.head_edit(gpt2, [], SUBJECTS, {"f": ["a state"], "g": [""]}, words=WORDS)
    with pytest.raises(TypeError, match="texts by family"):
        iw.head_edit(gpt2, [], SUBJECTS, ["the Rome is"], words=WORDS)


def test_two_heads_halve_the_course_models_bias_at_a_price_that_an_average_hides():
    jobs = [prompt for prompt in iw.prompts("gender") if prompt.task == "job"]
    found = iw.head_edit(iw.load(), [(7, 0), (7, 2)], jobs, iw.prompts(), control=True)
    assert len(found.subjects) == 26
    assert "gender" not in found.families
    assert found.fall >= 0.5
    assert found.rise <= 0.01
    assert found.control_fall < 0.2
    worse = int((found.rises > 0.01).sum())
    assert worse > len(found.families) / 2
    assert found.answer_rise > 0.1
