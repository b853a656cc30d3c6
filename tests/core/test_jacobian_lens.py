"""The Jacobian lens: against its definition, finite differences, a linear model; saved, resumed."""

from __future__ import annotations

import pytest
import safetensors.torch
import torch
from torch import nn

import interp_widgets as iw
from interp_widgets.core.hooks import hooked
from interp_widgets.core.language_model import LanguageModel
from interp_widgets.core.lens import jacobian
from interp_widgets.core.sites import Site
from tests.core import tiny
from tests.core.conftest import PROMPT, hooks_on, make
from tests.core.test_tuned_lens import equal

TEXTS = [
    torch.randint(273, (n,), generator=torch.Generator().manual_seed(n)) for n in (9, 12, 7, 11)
]


def site(row):
    """Where a row of the stream lives."""
    return Site(row - 1, "resid_post") if row else Site(0, "resid_pre")


def end(model, ids, row, pos, value):
    """The last stream ``[pos, d_model]`` when the stream of a row is ``value`` at a position."""
    found = []

    def put(x):
        new = x.clone()
        new[0, pos] = value
        return new

    edits = {site(row): put, site(model.n_layers): lambda x: found.append(x)}
    with hooked(model, edits):
        model.hf.base_model(input_ids=ids[None], use_cache=False)
    return found[0][0]


def stream(model, ids, row):
    """The stream at a row, ``[pos, d_model]``."""
    found = []
    with torch.no_grad(), hooked(model, {site(row): lambda x: found.append(x)}):
        model.hf.base_model(input_ids=ids[None], use_cache=False)
    return found[0][0]


def definition(model, ids, row, counted):
    """The mean over positions of the summed Jacobians, one torch Jacobian a position."""
    here, sums = stream(model, ids, row), []
    for pos in counted:

        def summed(value, pos=pos):
            return sum(end(model, ids, row, pos, value)[target] for target in counted)

        sums.append(torch.autograd.functional.jacobian(summed, here[pos], vectorize=True))
    return torch.stack(sums).mean(0)


def test_against_the_definition(model):
    ids = model.ids(PROMPT)
    fast = jacobian.jacobians(model, ids, slice(1, len(ids) - 1))
    for row in range(model.n_layers):
        slow = definition(model, ids, row, range(1, len(ids) - 1))
        torch.testing.assert_close(fast[row].to(slow), slow, atol=2e-5, rtol=1e-5)
    assert all(p.grad is None for p in model.hf.parameters())
    assert hooks_on(model.hf) == 0


def test_one_text_and_one_position_are_the_autograd_jacobian(model):
    ids = model.ids(PROMPT)
    lens = iw.fit_lens(model, [ids], kind="jacobian", skip=len(ids) - 2)
    pos = len(ids) - 2
    for row in range(model.n_layers):
        here = stream(model, ids, row)[pos]
        slow = torch.autograd.functional.jacobian(
            lambda value, row=row: end(model, ids, row, pos, value)[pos], here
        )
        torch.testing.assert_close(lens.weight[row], slow.cpu(), atol=2e-5, rtol=1e-5)


def test_against_finite_differences():
    model = make("gpt2")  # a family that is float64 throughout
    ids, step = model.ids(PROMPT), 1e-4
    fast = jacobian.jacobians(model, ids, slice(2, 4))
    generator = torch.Generator().manual_seed(0)
    direction = torch.randn(model.d_model, dtype=torch.float64, generator=generator)
    for row in range(model.n_layers):
        here, moved = stream(model, ids, row), torch.zeros(model.d_model, dtype=torch.float64)
        for pos in (2, 3):
            with torch.no_grad():
                up = end(model, ids, row, pos, here[pos] + step * direction)
                down = end(model, ids, row, pos, here[pos] - step * direction)
            moved += (up - down)[2:4].sum(0) / (2 * step) / 2
        torch.testing.assert_close(fast[row] @ direction, moved, atol=2e-5, rtol=2e-5)


def test_blocks_that_add_nothing_have_the_identity(model):
    silent = iw.load(tiny.hf_model("gpt2", torch.float64), tokenizer=tiny.tokenizer())
    with torch.no_grad():
        for part in (silent.layers[2].attn.c_proj, silent.layers[2].mlp.c_proj):
            part.weight.zero_()
    ids = silent.ids(PROMPT)
    found = jacobian.jacobians(silent, ids, slice(1, len(ids) - 1))
    torch.testing.assert_close(found[2], torch.eye(32, dtype=torch.float64))
    assert (found[1] - torch.eye(32, dtype=torch.float64)).abs().max() > 0.1
    # And the last row of any lens is the model: its own J is I.
    lens = iw.fit_lens(model, [PROMPT], kind="jacobian")
    record = iw.logit_lens(model, PROMPT, kind=lens)
    assert record.check < 1e-6
    assert (record.kl[-1] == 0).all()


def test_linear_blocks_above_a_row_are_read_exactly():
    model = make("gpt2")
    generator = torch.Generator().manual_seed(1)
    block: nn.Module = model.layers[2]
    straight = nn.Linear(32, 32, bias=False).double()
    with torch.no_grad():
        straight.weight.copy_(torch.randn(32, 32, generator=generator, dtype=torch.float64))
        for parameter in block.attn.c_proj.parameters():
            parameter.zero_()
    block.ln_2, block.mlp = nn.Identity(), straight
    block.eval()
    lens = iw.fit_lens(model, TEXTS, kind="jacobian")
    eye = torch.eye(32, dtype=torch.float64)
    torch.testing.assert_close(lens.weight[2], eye + straight.weight.detach())
    record = iw.logit_lens(model, PROMPT, kind=lens)
    torch.testing.assert_close(record.top_probs[2], record.top_probs[3], atol=1e-6, rtol=1e-6)
    assert record.kl[2].max() < 1e-6 < iw.logit_lens(model, PROMPT).kl[2].max()


@pytest.mark.parametrize("budget", [1, 1 << 19, 1 << 40])
def test_how_many_dimensions_go_through_together_does_not_matter(gpt2, monkeypatch, budget):
    whole = jacobian.jacobians(gpt2, TEXTS[0], slice(2, 8))
    monkeypatch.setattr(jacobian, "_BYTES", budget)
    batches = []
    genuine = jacobian._streams
    monkeypatch.setattr(
        jacobian, "_streams", lambda m, ids: batches.append(len(ids)) or genuine(m, ids)
    )
    found = jacobian.jacobians(gpt2, TEXTS[0], slice(2, 8))
    torch.testing.assert_close(found, whole, atol=1e-5, rtol=1e-4)
    assert batches == [{1: 1, 1 << 19: 4, 1 << 40: 32}[budget]]


def test_the_lens_is_the_mean_over_texts(gpt2):
    lens = iw.fit_lens(gpt2, TEXTS, kind="jacobian")
    each = [
        jacobian.jacobians(gpt2, ids, slice(max(1, len(ids) // 4), len(ids) - 1)) for ids in TEXTS
    ]
    torch.testing.assert_close(lens.weight, torch.stack(each).mean(0), atol=1e-5, rtol=1e-4)
    assert lens.history.shape == (4, 3)
    assert (lens.history[0] == 1).all()
    assert not lens.bias.any()
    fixed = iw.fit_lens(gpt2, TEXTS[:1], kind="jacobian", skip=3)
    wanted = jacobian.jacobians(gpt2, TEXTS[0], slice(3, len(TEXTS[0]) - 1))
    torch.testing.assert_close(fixed.weight, wanted)


def test_the_fit_ends_when_texts_change_nothing_any_more(gpt2, monkeypatch):
    monkeypatch.setattr(jacobian, "PATIENCE", 3)
    lens = iw.fit_lens(gpt2, TEXTS[:1] * 9, kind="jacobian")  # the mean stays what it was
    assert lens.finished
    assert lens.settings["at"] == 4
    assert (lens.history[1:] < jacobian.TOLERANCE).all()


def test_frozen_weights_and_no_grad_do_not_matter(gpt2):
    wanted = iw.fit_lens(gpt2, TEXTS[:2], kind="jacobian")
    frozen = make("gpt2", torch.float32)
    frozen.hf.requires_grad_(False)
    with torch.no_grad():
        equal(iw.fit_lens(frozen, TEXTS[:2], kind="jacobian"), wanted)
    with torch.inference_mode():
        equal(iw.fit_lens(frozen, TEXTS[:2], kind="jacobian"), wanted)
    assert not any(p.requires_grad for p in frozen.hf.parameters())


@pytest.mark.parametrize("kind", ["jacobian", "tuned"])
def test_weights_that_learn_may_be_fitted_in_inference_mode(gpt2, kind):
    """Where ids and streams are tensors that autograd refuses."""
    options = {"kind": kind} | ({"steps": 2} if kind == "tuned" else {})
    wanted = iw.fit_lens(gpt2, TEXTS, **options)
    with torch.inference_mode():
        inside = iw.fit_lens(gpt2, [gpt2.ids(text).clone() for text in TEXTS], **options)
    assert all(p.requires_grad and p.grad is None for p in gpt2.hf.parameters())
    torch.testing.assert_close(inside.weight, wanted.weight, atol=0, rtol=0)


@pytest.mark.parametrize("broken_at", [1, 3])
def test_a_resumed_fit_gives_the_weights_of_an_unbroken_one(gpt2, tmp_path, broken_at):
    whole = iw.fit_lens(gpt2, TEXTS, kind="jacobian")
    steps = iw.iter_fit_lens(gpt2, TEXTS, kind="jacobian")
    half_way = [next(steps) for _ in range(broken_at)][-1]
    steps.close()
    back = iw.Lens.load(half_way.save(tmp_path / "lens.safetensors"))
    equal(back, half_way)
    equal(iw.fit_lens(gpt2, TEXTS, kind="jacobian", resume=back), whole)
    begun = iw.fit_lens(gpt2, TEXTS[:broken_at], kind="jacobian")
    equal(iw.fit_lens(gpt2, TEXTS, kind="jacobian", resume=begun), whole)  # more texts came
    with pytest.raises(ValueError, match="begun with other texts"):
        iw.fit_lens(gpt2, TEXTS[::-1], kind="jacobian", resume=back)


def test_closing_early_leaves_nothing(gpt2, monkeypatch):
    calls = []
    genuine = jacobian.jacobians
    monkeypatch.setattr(jacobian, "jacobians", lambda *a: calls.append(1) or genuine(*a))
    steps = iw.iter_fit_lens(gpt2, TEXTS, kind="jacobian")
    first = next(steps)
    assert not first.finished
    iw.logit_lens(gpt2, PROMPT, kind=first)
    steps.close()
    assert list(steps) == []
    assert len(calls) == 1
    assert hooks_on(gpt2.hf) == 0


def test_a_published_jacobian_lens_is_read(gpt2, tmp_path):
    lens = iw.fit_lens(gpt2, TEXTS, kind="jacobian")
    published = {
        "J": {layer: lens.weight[layer + 1].half() for layer in (0, 1)},  # none of the embedding
        "n_prompts": 4,
        "source_layers": [0, 1],
        "d_model": 32,
    }
    path = tmp_path / "tiny_jacobian_lens.pt"
    torch.save(published, path)
    back = iw.Lens.load(path)
    assert (back.kind, back.rows, back.settings) == ("jacobian", (1, 2), {"texts": 4})
    torch.testing.assert_close(back.weight, lens.weight[1:], atol=1e-2, rtol=1e-3)
    record = iw.logit_lens(gpt2, PROMPT, kind=back, track=" Austin")
    assert record.top_probs[0].isnan().all()
    assert (record.top_ids[0] == -1).all()
    assert record.check < 1e-5
    whole = iw.logit_lens(gpt2, PROMPT, kind=lens, track=" Austin")
    for name in ("top_probs", "kl", "entropy", "track_probs"):
        ours, theirs = getattr(record, name)[1:], getattr(whole, name)[1:]
        torch.testing.assert_close(ours, theirs, atol=1e-2, rtol=1e-2)
    for kind in ("interactive", "print"):
        record.plot(kind=kind)
    assert record.describe().startswith("Jacobian lens of GPT2LMHeadModel")
    torch.save({"J": {0: torch.ones(3, 4)}}, path)
    with pytest.raises(ValueError, match="no square"):
        iw.Lens.load(path)


def test_the_file_names_layers(gpt2, tmp_path):
    lens = iw.fit_lens(gpt2, TEXTS[:1], kind="jacobian")
    tensors = safetensors.torch.load_file(lens.save(tmp_path / "a.safetensors"))
    assert {name for name in tensors if name.startswith("J.")} == {"J.embed", "J.0", "J.1"}
    assert torch.equal(tensors["J.1"], lens.weight[2])


def test_half_precision_models_are_averaged_in_float32():
    wide, narrow = make("llama", torch.float32), make("llama", torch.bfloat16)
    wanted, got = (iw.fit_lens(m, TEXTS, kind="jacobian") for m in (wide, narrow))
    assert got.weight.dtype == torch.float32
    error = (got.weight - wanted.weight).flatten(1).norm(dim=1) / wanted.weight.flatten(1).norm(
        dim=1
    )
    assert (error < 0.05).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 5}, "steps is for a tuned lens"),
        ({"texts": [[1], [2, 3]]}, "none of the 2 texts has a position that counts: the longest"),
        ({"skip": 11}, "the longest has 12 tokens, skip is 11"),
    ],
)
def test_bad_input_is_named_before_anything_runs(gpt2, monkeypatch, options, message):
    monkeypatch.setattr(LanguageModel, "run", lambda *_: pytest.fail("the model ran"))
    monkeypatch.setattr(jacobian, "_streams", lambda *_: pytest.fail("the model ran"))
    arguments = {"texts": TEXTS, "kind": "jacobian"} | options
    for fit in (iw.fit_lens, iw.iter_fit_lens):
        with pytest.raises(ValueError, match=message):
            fit(gpt2, **arguments)


@pytest.mark.gpu
@pytest.mark.parametrize("family", tiny.CONFIGS)
def test_cuda_equals_cpu(family):
    cpu = make(family, torch.float32)
    gpu = iw.load(tiny.hf_model(family).cuda(), tokenizer=tiny.tokenizer())
    wanted, got = (iw.fit_lens(m, TEXTS, kind="jacobian") for m in (cpu, gpu))
    torch.testing.assert_close(got.weight, wanted.weight, atol=1e-4, rtol=1e-4)
