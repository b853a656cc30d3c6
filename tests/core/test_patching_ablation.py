"""Ablation and causal tracing, against plain hooks that do the same by hand."""

from __future__ import annotations

import pytest
import torch

import interp_widgets as iw
from interp_widgets.core import metrics
from interp_widgets.core.hooks import captured, hooked, lock_of
from interp_widgets.core.patching.causal_tracing import subject_positions
from tests.core.conftest import hooks_on, make

PROMPT = "the capital of Texas is"
REFERENCE = ["the city of Rome is", "a state and Paris in", "Dallas is in the city", "in Rome is"]
ANSWER, DISTRACTOR = " Austin", " Paris"
TOLERANCE = 1e-6


@pytest.fixture(scope="module")
def wide():
    return make("llama")


def ablated(model, **options):
    given = {"answer": ANSWER, "distractor": DISTRACTOR} | options
    return iw.ablation(model, PROMPT, **given)


def difference(model, prompt=PROMPT):
    logits = model.logits(model.ids(prompt)[None])[0, -1].cpu()
    return float(metrics.logit_diff(logits, model.token_id(ANSWER), model.token_id(DISTRACTOR)))


def with_edit(model, place, edit, prompt=PROMPT):
    with hooked(model, {place: edit}):
        return difference(model, prompt)


def test_zero_is_a_hook_that_multiplies_by_zero(model):
    record = ablated(model)
    assert record.effect.shape == (model.n_layers, model.n_heads)
    assert record.clean == pytest.approx(difference(model), abs=TOLERANCE)
    for layer in range(model.n_layers):
        for head in range(model.n_heads):
            by_hand = with_edit(model, f"L{layer}.z.{head}", lambda x: x * 0)
            assert float(record.values[0, layer, head]) == pytest.approx(by_hand, abs=TOLERANCE)
    assert record.effect.allclose(record.values[0] - record.clean)
    assert record.corrupt != record.corrupt  # there is no corrupt run
    assert record.recovery.isnan().all()
    assert record.method in repr(record)
    assert "Ablating z" in record.describe()


@pytest.mark.parametrize("site", ["z", "mlp_out", "resid_mid", "mlp_post", "k"])
def test_the_mean_is_that_of_other_prompts(wide, site):
    record = ablated(wide, site=site, per="layer", kind="mean", reference=REFERENCE)
    firsts, rest = [], []
    for prompt in REFERENCE:
        with captured(wide, [f"L1.{site}"]) as found:
            wide.run(wide.ids(prompt)[None])
        (value,) = found.values()
        firsts.append(value[0, 0])
        rest.append(value[0, 1:])
    first, other = torch.stack(firsts).mean(0), torch.cat(rest).mean(0)
    place, shift = f"L1.{site}", 0.0
    if site == "resid_mid":  # no module hands it on: attention writes what is missing
        with captured(wide, ["L1.resid_pre"]) as found:
            wide.run(wide.ids(PROMPT)[None])
        (shift,) = found.values()
        place = "L1.attn_out"

    def mean(x):
        new = other.expand_as(x).clone()
        new[:, 0] = first
        return new - shift

    by_hand = with_edit(wide, place, mean)
    assert float(record.values[0, 1]) == pytest.approx(by_hand, abs=TOLERANCE)


def test_resampling_is_what_other_prompts_hold(wide):
    record = ablated(wide, kind="resample", reference=REFERENCE, draws=10)
    fit = [prompt for prompt in REFERENCE if len(wide.ids(prompt)) >= len(wide.ids(PROMPT))]
    assert len(fit) == 3
    assert record.values.shape == (3, wide.n_layers, wide.n_heads)  # a draw is a pair
    assert record.corrupt_values.isnan().all()
    by_hand = []
    for prompt in fit:
        with captured(wide, ["L1.z.2"]) as found:
            wide.run(wide.ids(prompt)[None])
        (value,) = found.values()
        value = value[:, : len(wide.ids(PROMPT))]
        by_hand.append(with_edit(wide, "L1.z.2", lambda x, value=value: value.clone()))
    assert sorted(record.values[:, 1, 2].tolist()) == pytest.approx(sorted(by_hand), abs=TOLERANCE)
    low, high = record.interval()
    assert (low <= high).all()
    assert (low < high).any()
    again = ablated(wide, kind="resample", reference=REFERENCE, draws=2, seed=3)
    assert torch.equal(
        again.values,
        ablated(wide, kind="resample", reference=REFERENCE, draws=2, seed=3).values,
    )
    assert len(again.values) == 2


def test_a_head_kept_and_the_others_ablated(wide):
    """Cells that act together: only one head of the model works."""
    others = [f"L{layer}.z.{h}" for layer in range(3) for h in range(4) if (layer, h) != (1, 2)]
    record = ablated(wide, cells=[others, [iw.Patch("L1.z.2", value=1.0)]])

    def silence(keep):
        def edit(x):
            new = x * 0
            if keep is not None:
                new[:, :, keep] = x[:, :, keep]
            return new

        return edit

    edits = {"L0.z": silence(None), "L1.z": silence(2), "L2.z": silence(None)}
    with hooked(wide, edits):
        assert float(record.values[0, 0]) == pytest.approx(difference(wide), abs=TOLERANCE)
    by_hand = with_edit(wide, "L1.z.2", lambda x: x * 0 + 1)  # its own value is kept
    assert float(record.values[0, 1]) == pytest.approx(by_hand, abs=TOLERANCE)


def test_a_divergence_from_the_clean_run_starts_at_zero(wide):
    """Kinds of ablation are compared on one scale: KL from the clean run, in nats."""
    zero = iw.ablation(wide, PROMPT, metric="kl")
    mean = iw.ablation(wide, PROMPT, metric="kl", kind="mean", reference=REFERENCE)
    assert zero.clean == mean.clean == pytest.approx(0, abs=1e-9)
    assert (zero.effect >= 0).all()
    assert (mean.effect >= 0).all()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": "none"}, "'zero', 'mean', 'resample'"),
        ({"kind": "mean"}, "needs reference="),
        ({"kind": "resample", "reference": ["Rome"]}, "6 tokens of the prompt"),
        ({"kind": "resample", "reference": REFERENCE, "draws": 0}, "draws="),
        ({"site": "pattern", "kind": "mean", "reference": REFERENCE}, "have no mean"),
        ({"site": "resid_pre"}, "per= of resid_pre"),
        ({"answer": None}, "answer= is missing"),
    ],
)
def test_bad_ablations(wide, given, said):
    with pytest.raises(ValueError, match=said):
        ablated(wide, **given)
    assert hooks_on(wide.hf) == 0
    assert not lock_of(wide.hf)._is_owned()


def traced(model, **options):
    given = {"answer": ANSWER, "site": "resid_post", "draws": 3} | options
    return iw.causal_tracing(model, PROMPT, " Texas", **given)


def test_a_trace_equals_noise_and_a_restoring_hook(model):
    for site, window, layers in [("resid_post", 1, [1]), ("mlp_out", 2, [0, 1])]:
        record = traced(model, site=site, window=window)
        assert record.effect.shape == (model.n_layers, len(model.ids(PROMPT)))
        assert abs(record.check_whole - 1) <= TOLERANCE
        assert record.check_nothing <= TOLERANCE
        assert (record.recovery[:, :4] == 0).sum() >= 3 * model.n_layers  # before the subject
        generator = torch.Generator().manual_seed(0)
        ids = model.ids(PROMPT)
        embedded = model.hf.get_input_embeddings()(ids).detach()
        drawn = torch.randn(embedded.shape, generator=generator, dtype=torch.float64)
        noise = torch.zeros_like(embedded)
        noise[4] = 3 * embedded.std() * drawn[4].to(embedded)
        places = [f"L{layer}.{site}" for layer in layers]
        with captured(model, places) as found:
            model.run(ids[None])
        given = {str(place): value for place, value in found.items()}
        answer = model.token_id(ANSWER)

        def probability(answer=answer, ids=ids):
            return float(model.logits(ids[None])[0, -1].softmax(-1)[answer])

        assert record.clean == pytest.approx(probability(), abs=TOLERANCE)

        def restore(place, given=given):
            def edit(x):
                return torch.cat([x[:, :4], given[place][:, 4:5], x[:, 5:]], 1)

            return edit

        with hooked(model, {"embed": lambda x, noise=noise: x + noise}):
            assert float(record.corrupt_values[0]) == pytest.approx(probability(), abs=TOLERANCE)
            with hooked(model, {place: restore(place) for place in places}):
                by_hand = probability()
        assert float(record.values[0, 1, 4]) == pytest.approx(by_hand, abs=TOLERANCE)


def test_draws_are_seeded_and_differ(wide):
    record = traced(wide)
    assert torch.equal(record.values, traced(wide).values)
    assert not torch.equal(record.values, traced(wide, seed=1).values)
    assert record.corrupt_values.unique().numel() == 3
    assert record.clean_values.unique().numel() == 1


def test_the_subject_is_found():
    tokens = ["<bos>", " The", " Eiff", "el", " Tower", " is"]
    assert subject_positions(tokens, "Eiffel Tower") == [2, 3, 4]
    assert subject_positions(tokens, " Tower") == [4]
    assert subject_positions(tokens, [1, 2]) == [1, 2]
    for wrong in ("Colosseum", "", [9], []):
        with pytest.raises(ValueError, match="subject"):
            subject_positions(tokens, wrong)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"site": "z"}, "site= is one of"),
        ({"window": 0}, "window="),
        ({"draws": 0}, "draws="),
        ({"noise": 0}, "nothing is blurred"),
        ({"answer": None}, "needs answer="),
    ],
)
def test_bad_traces(wide, given, said):
    with pytest.raises(ValueError, match=said):
        traced(wide, **given)
    with pytest.raises(ValueError, match="not in the prompt"):
        iw.causal_tracing(wide, PROMPT, "Colosseum", ANSWER)
    assert hooks_on(wide.hf) == 0
