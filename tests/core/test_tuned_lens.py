"""The tuned lens: where it starts, what it learns, against plain autograd, saved and resumed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import safetensors.torch
import torch
from safetensors import safe_open

import interp_widgets as iw
from interp_widgets.core.language_model import LanguageModel
from interp_widgets.core.lens import tuned
from interp_widgets.core.lens.lens import sample_of_unembedding
from tests.core import tiny
from tests.core.conftest import PROMPT, hooks_on, make

TEXTS = [
    torch.randint(273, (n,), generator=torch.Generator().manual_seed(n)) for n in range(6, 46, 2)
]
FRESH = [
    torch.randint(273, (20,), generator=torch.Generator().manual_seed(1000 + n)) for n in range(8)
]


def untrained(model, kind="tuned"):
    """A lens whose maps change nothing."""
    d, rows, wide = model.d_model, model.n_layers, torch.float64
    maps = torch.zeros(rows, d, d, dtype=wide)
    if kind == "jacobian":
        maps += torch.eye(d, dtype=wide)
    return iw.Lens(
        kind=kind,
        model=model.name,
        revision="",
        rows=tuple(range(rows)),
        weight=maps,
        bias=torch.zeros(rows, d, dtype=wide),
        unembedding=sample_of_unembedding(model),
        history=torch.empty(0, rows),
    )


def equal(a, b):
    """Two lenses have the same bits."""
    for name in ("weight", "bias", "history", "unembedding"):
        assert torch.equal(getattr(a, name), getattr(b, name)), name
    assert a.state.keys() == b.state.keys()
    assert all(torch.equal(a.state[name], b.state[name]) for name in a.state)
    assert (a.kind, a.model, a.rows, a.settings) == (b.kind, b.model, b.rows, b.settings)


def kl(model, kind, texts=FRESH):
    """Mean KL to the model's output of each row, by a record of every text."""
    records = [iw.logit_lens(model, text, kind=kind, k=1) for text in texts]
    return torch.cat([record.kl for record in records], 1).mean(1)


@pytest.mark.parametrize("kind", ["tuned", "jacobian"])
def test_maps_that_change_nothing_are_the_logit_lens(model, kind):
    plain = iw.logit_lens(model, PROMPT, track=" Austin")
    record = iw.logit_lens(model, PROMPT, kind=untrained(model, kind), track=" Austin")
    assert (record.kind, plain.kind) == (kind, "logit")
    for name in ("top_probs", "entropy", "kl", "track_probs", "track_logits", "line_probs"):
        ours, theirs = getattr(record, name), getattr(plain, name)
        torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=1e-6, equal_nan=True)
    assert torch.equal(record.top_ids, plain.top_ids)
    assert record.check < 1e-6


def naive(model, ids, weight, bias):
    """The loss of each row in the words of its definition, everything in autograd's hands."""
    states = model.hf(ids[None], output_hidden_states=True)
    norm = model.hf.get_submodule(model.architecture.final_norm)
    head, cap = model.hf.get_output_embeddings(), model.logit_softcap
    wanted = states.logits[0].log_softmax(-1).detach()
    losses = []
    for row, state in enumerate(states.hidden_states[:-1]):
        h = state[0].detach()
        logits = head(norm(h + torch.nn.functional.linear(h, weight[row], bias[row])))
        logits = logits if cap is None else cap * torch.tanh(logits / cap)
        got = logits.log_softmax(-1)
        losses.append((wanted.exp() * (wanted - got)).sum(-1).mean())
    return torch.stack(losses)


@pytest.mark.parametrize("budget", [1 << 23, 273 * 4 * 3])
def test_loss_and_slope_equal_plain_autograd(model, monkeypatch, budget):
    monkeypatch.setattr(tuned, "_BUDGET", budget)
    generator = torch.Generator().manual_seed(0)
    d, ids = model.d_model, model.ids(PROMPT)
    weight = 0.1 * torch.randn(model.n_layers, d, d, dtype=torch.float64, generator=generator)
    bias = 0.1 * torch.randn(model.n_layers, d, dtype=torch.float64, generator=generator)
    mine, theirs = (
        [t.to(model.device).clone().requires_grad_() for t in (weight, bias)] for _ in range(2)
    )
    streams = tuned._streams(model, [(ids, slice(0, len(ids)))])
    loss = tuned.distance(model, streams, *mine)
    slow = naive(model, ids, *theirs)
    slow.sum().backward(inputs=theirs)
    torch.testing.assert_close(loss, slow.detach(), atol=2e-6, rtol=2e-6)
    for ours, wanted in zip(mine, theirs, strict=True):
        torch.testing.assert_close(ours.grad, wanted.grad, atol=2e-6, rtol=2e-5)
    assert (loss >= 0).all()


def test_filling_up_short_texts_changes_nothing(model):
    texts = [(torch.arange(1, n + 1), slice(1, n)) for n in (9, 4, 6)]
    together = tuned._streams(model, texts)
    alone = [tuned._streams(model, [text]) for text in texts]
    torch.testing.assert_close(together, torch.cat(alone, 1), atol=2e-6, rtol=2e-6)


def test_a_fitted_lens_is_nearer_to_the_model_on_texts_it_has_not_seen(model):
    generator = torch.Generator().manual_seed(0)
    many = torch.randint(273, (90, 30), generator=generator)
    lens = iw.fit_lens(model, list(many), steps=40)
    before, after = kl(model, "logit"), kl(model, lens)
    assert (after[:-1] < before[:-1]).all()
    assert after[-1] == before[-1] == 0
    assert (lens.history >= 0).all()
    assert (lens.history.amin(0) < lens.history[0]).all()
    assert all(p.grad is None for p in model.hf.parameters())
    assert hooks_on(model.hf) == 0


def test_no_row_is_worse_than_the_logit_lens_on_what_was_held_out(gpt2, monkeypatch):
    monkeypatch.setattr(tuned, "_RATE", 1e4)  # training that mostly does harm
    lens = iw.fit_lens(gpt2, TEXTS, steps=30)
    harmed = (lens.history[1:] > lens.history[0]).all(0)
    assert harmed.any()
    assert not lens.weight[harmed].any()
    assert not lens.bias[harmed].any()
    held_out = kl(gpt2, lens, TEXTS[9::10])
    torch.testing.assert_close(held_out[:-1], lens.history.amin(0), atol=1e-5, rtol=1e-5)


def test_the_fit_ends_when_nothing_improves(gpt2, monkeypatch):
    monkeypatch.setattr(tuned, "_RATE", 0.0)
    monkeypatch.setattr(tuned, "_BIAS_RATE", 0.0)
    monkeypatch.setattr(tuned, "_CHECK", 2)
    lens = iw.fit_lens(gpt2, TEXTS[:3], steps=100)
    assert lens.settings["at"] == 2 * tuned._PATIENCE
    assert lens.finished
    assert len(lens.history) == tuned._PATIENCE + 1


def test_the_same_request_gives_the_same_lens(gpt2):
    state = torch.random.get_rng_state()
    equal(iw.fit_lens(gpt2, TEXTS, steps=4), iw.fit_lens(gpt2, iter(TEXTS), steps=4))
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.parametrize("broken_at", [1, 5, 6])
def test_a_resumed_fit_gives_the_weights_of_an_unbroken_one(gpt2, monkeypatch, tmp_path, broken_at):
    monkeypatch.setattr(tuned, "_CHECK", 5)
    whole = iw.fit_lens(gpt2, TEXTS, steps=12)
    steps = iw.iter_fit_lens(gpt2, TEXTS, steps=12)
    half_way = [next(steps) for _ in range(broken_at)][-1]
    steps.close()
    assert not half_way.finished
    back = iw.Lens.load(half_way.save(tmp_path / "lens.safetensors"))
    equal(back, half_way)
    equal(iw.fit_lens(gpt2, TEXTS, steps=12, resume=back), whole)
    assert whole.finished
    equal(iw.fit_lens(gpt2, TEXTS, steps=12, resume=whole), whole)


def test_steps_are_lenses_that_later_ones_leave_alone(gpt2):
    lenses = list(iw.iter_fit_lens(gpt2, TEXTS, steps=3))
    assert [lens.settings["at"] for lens in lenses] == [1, 2, 3]
    assert [lens.finished for lens in lenses] == [False, False, True]
    assert not lenses[0].weight.any()  # nothing was better than the logit lens yet
    assert lenses[-1].weight.any()
    iw.logit_lens(gpt2, PROMPT, kind=lenses[0])
    equal(lenses[-1], iw.fit_lens(gpt2, TEXTS, steps=3))
    frame = lenses[-1].to_frame()
    assert list(frame.columns) == ["step", "row", "value"]
    assert len(frame) == lenses[-1].history.numel()
    assert repr(lenses[-1]) == "Lens(tuned, 3 rows, d_model 32, GPT2LMHeadModel)"
    assert "20 texts" in lenses[-1].describe()


def test_closing_early_leaves_nothing(gpt2, monkeypatch):
    runs = []
    genuine = LanguageModel.run
    monkeypatch.setattr(LanguageModel, "run", lambda *a: runs.append(1) or genuine(*a))
    steps = iw.iter_fit_lens(gpt2, TEXTS[:5], steps=9)
    next(steps)
    before = len(runs)
    steps.close()
    assert list(steps) == []
    assert len(runs) == before
    assert hooks_on(gpt2.hf) == 0


def test_memory_is_bounded(gpt2, monkeypatch):
    """No more logits at once than the budget, however many tokens a step has."""
    budget, sizes = 273 * 4 * 3, []
    monkeypatch.setattr(tuned, "_BUDGET", budget)
    genuine = LanguageModel.unembed

    def measured(self, *args, **options):
        logits = genuine(self, *args, **options)
        sizes.append(logits.numel())
        return logits

    monkeypatch.setattr(LanguageModel, "unembed", measured)
    iw.fit_lens(gpt2, TEXTS, steps=1)
    assert max(sizes) <= budget


def test_half_precision_models_are_fitted_in_float32():
    model = make("llama", torch.bfloat16)
    lens = iw.fit_lens(model, TEXTS, steps=30)
    assert lens.weight.dtype == torch.float32
    assert (lens.history.amin(0) < lens.history[0]).all()
    wide = make("llama", torch.float32)
    assert (kl(wide, lens)[:-1] < kl(wide, "logit")[:-1]).all()  # the same model, no warning


def test_the_file_has_the_names_of_the_tuned_lens_package(gpt2, tmp_path):
    lens = iw.fit_lens(gpt2, TEXTS, steps=2)
    tensors = safetensors.torch.load_file(lens.save(tmp_path / "a.safetensors"))
    assert {f"{row}.{part}" for row in range(3) for part in ("weight", "bias")} <= tensors.keys()
    assert torch.equal(tensors["1.weight"], lens.weight[1])
    half = lens.save(tmp_path / "b.safetensors", half=True)
    back = iw.Lens.load(half)
    assert back.finished
    torch.testing.assert_close(back.weight, lens.weight, atol=1e-5, rtol=1e-3)
    with pytest.raises(ValueError, match="cannot be resumed"):
        iw.fit_lens(gpt2, TEXTS, steps=2, resume=back)


def test_a_published_tuned_lens_is_read(gpt2, tmp_path):
    lens = iw.fit_lens(gpt2, TEXTS, steps=26)
    linear = [torch.nn.Linear(32, 32) for _ in range(3)]
    for row, translator in enumerate(linear):
        translator.load_state_dict({"weight": lens.weight[row], "bias": lens.bias[row]})
    torch.save(torch.nn.ModuleList(linear).state_dict(), tmp_path / "params.pt")
    config = {"base_model_name_or_path": "gpt2", "d_model": 32, "num_hidden_layers": 3}
    (tmp_path / "config.json").write_text(json.dumps(config))
    back = iw.Lens.load(tmp_path)
    assert (back.kind, back.model, back.rows) == ("tuned", "gpt2", (0, 1, 2))
    streams = torch.randn(4, 5, 32)
    rows, read = back.transport(streams)
    assert rows == [0, 1, 2, 3]
    for row, translator in enumerate(linear):
        torch.testing.assert_close(read[row], (streams[row] + translator(streams[row])).detach())
    assert torch.equal(read[3], streams[3])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"kind": "logit"}, ValueError, "kind is 'tuned' or 'jacobian'; got 'logit'"),
        ({"kind": ["tuned"]}, ValueError, "kind is 'tuned' or 'jacobian'"),
        ({"texts": PROMPT}, TypeError, "several texts: a list of them; got one str"),
        ({"texts": torch.arange(5)}, TypeError, "got one Tensor"),
        ({"texts": 3}, TypeError, "got one int"),
        ({"texts": []}, ValueError, "no text was given"),
        ({"texts": [PROMPT, None]}, TypeError, "a prompt is text, or token ids"),
        ({"texts": [[999]]}, ValueError, "from 0 to 272"),
        ({"steps": 0}, ValueError, "steps is a whole number from 1; got 0"),
        ({"steps": 2.5}, ValueError, "got 2.5"),
        ({"length": 1}, ValueError, "length is a whole number from 2; got 1"),
        ({"skip": -1}, ValueError, "skip is a whole number from 0; got -1"),
        ({"skip": 64}, ValueError, "none of the 20 texts has a position that counts"),
        ({"resume": "lens.safetensors"}, TypeError, "resume is a lens of iter_fit_lens; got str"),
    ],
)
def test_bad_input_is_named_before_anything_runs(gpt2, monkeypatch, options, error, message):
    monkeypatch.setattr(LanguageModel, "run", lambda *_: pytest.fail("the model ran"))
    arguments = {"texts": TEXTS} | options
    for fit in (iw.fit_lens, iw.iter_fit_lens):
        with pytest.raises(error, match=message):
            fit(gpt2, **arguments)


def test_what_a_fit_was_not_begun_with_is_refused(gpt2):
    lens = next(iw.iter_fit_lens(gpt2, TEXTS, steps=9))
    for change, message in (
        ({"steps": 8}, "begun with steps 9, now 8"),
        ({"skip": 2}, "begun with skip None, now 2"),
        ({"texts": TEXTS[::-1]}, "begun with other texts"),
        ({"kind": "jacobian"}, "begun with kind 'tuned', now 'jacobian'"),
    ):
        options = {"texts": TEXTS, "steps": None if "kind" in change else 9} | change
        with pytest.raises(ValueError, match=message):
            iw.fit_lens(gpt2, resume=lens, **options)
    with pytest.raises(ValueError, match="Fit one on it"):
        iw.fit_lens(make("gpt2", n_embd=16), TEXTS, steps=9, resume=lens)


def test_texts_longer_than_the_context_are_cut(gpt2):
    long = [torch.randint(273, (200,), generator=torch.Generator().manual_seed(n)) for n in (1, 2)]
    cut = [text[: gpt2.context] for text in long]
    equal(iw.fit_lens(gpt2, long, steps=1), iw.fit_lens(gpt2, cut, steps=1))


def test_a_lens_of_another_model_is_refused_or_named(gpt2):
    lens = untrained(gpt2)
    for other in (make("gpt2", n_layer=2), make("gpt2", n_embd=16)):
        with pytest.raises(ValueError, match=r"this tuned lens maps 32 .*iw\.fit_lens\("):
            iw.logit_lens(other, PROMPT, kind=lens)
    with pytest.warns(UserWarning, match="another unembedding"):
        iw.logit_lens(make("gpt2", seed=5), PROMPT, kind=lens)
    iw.logit_lens(gpt2, PROMPT, kind=replace(lens, unembedding=torch.empty(0)))  # nothing known


def test_a_word_means_the_lens_that_comes_with_the_course_model(tmp_path, monkeypatch):
    monkeypatch.setattr("interp_widgets.core.lens.lens._BUNDLED", tmp_path)
    model = iw.load()
    with pytest.raises(ValueError, match="no tuned lens is bundled for course-model"):
        iw.logit_lens(model, "The capital", kind="tuned")
    for kind in ("tuned", "jacobian"):
        lens = untrained(model, kind)
        lens.save(tmp_path / f"{kind}.safetensors", half=True)
        record = iw.logit_lens(model, "The capital", kind=kind)
        assert record.kind == kind
        plain = iw.logit_lens(model, "The capital")
        torch.testing.assert_close(record.kl, plain.kl, atol=1e-4, rtol=1e-4)
    replace(lens, weight=-lens.weight).save(tmp_path / "jacobian.safetensors")
    turned = iw.logit_lens(model, "The capital", kind="jacobian")  # a file made anew is read anew
    assert (turned.kl[:-1] - plain.kl[:-1]).abs().max() > 0.1


def test_what_is_no_lens_is_refused(gpt2, tmp_path):
    path = tmp_path / "lens.safetensors"
    load = iw.Lens.load
    with pytest.raises(FileNotFoundError, match="no lens at"):
        load(path)
    with pytest.raises(FileNotFoundError, match=r"no folder .*never.* Make it"):
        untrained(gpt2).save(tmp_path / "never" / path.name)
    path.write_bytes(b"garbage")
    with pytest.raises(ValueError, match="not a readable safetensors file"):
        load(path)
    iw.logit_lens(gpt2, PROMPT).save(path)
    with pytest.raises(ValueError, match=r"holds no lens of this package.*iw\.fit_lens"):
        load(path)
    header = {"kind": "Lens", "lens": "tuned", "schema": "1", "fields": "{}"}
    safetensors.torch.save_file({"x": torch.ones(2)}, path, metadata=header)
    with pytest.raises(ValueError, match="holds a damaged lens"):
        load(path)
    safetensors.torch.save_file({"x": torch.ones(2)}, path, metadata=header | {"schema": "2"})
    with pytest.raises(ValueError, match=r"too old for it\. Update"):
        load(path)
    with pytest.raises(ValueError, match=r"lenses are \.safetensors files; got 'lens.pt'"):
        untrained(gpt2).save(tmp_path / "lens.pt")
    for name in ("folder", "lens.pt"):
        other = tmp_path / name
        other.mkdir() if name == "folder" else other.write_bytes(b"garbage")
        with pytest.raises(ValueError, match=r"holds no lens: .*Wanted are"):
            load(other)
    with pytest.raises(ValueError, match="no file of tensors and plain values"):
        load(tmp_path / "lens.pt")


def test_a_save_that_is_cut_off_keeps_the_old_file(gpt2, tmp_path, monkeypatch):
    lens = untrained(gpt2)
    path = lens.save(tmp_path / "lens.safetensors")

    def cut_off(_tensors, file, metadata):
        file.write_bytes(b"half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(safetensors.torch, "save_file", cut_off)
    with pytest.raises(KeyboardInterrupt):
        lens.save(path)
    assert [file.name for file in tmp_path.iterdir()] == ["lens.safetensors"]
    with safe_open(path, "pt") as file:
        assert file.metadata()["kind"] == "Lens"


@pytest.mark.gpu
@pytest.mark.parametrize("family", tiny.CONFIGS)
def test_cuda_equals_cpu(family):
    cpu = make(family, torch.float32)
    gpu = iw.load(tiny.hf_model(family).cuda(), tokenizer=tiny.tokenizer())
    wanted, got = (iw.fit_lens(m, TEXTS, steps=1) for m in (cpu, gpu))
    torch.testing.assert_close(got.history, wanted.history, atol=1e-4, rtol=1e-4)
    record, reference = (iw.logit_lens(m, PROMPT, kind=wanted) for m in (gpu, cpu))
    torch.testing.assert_close(record.top_probs, reference.top_probs, atol=1e-4, rtol=0)
