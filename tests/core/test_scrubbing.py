"""Causal scrubbing against a recursion of plain hooks, and its two identities."""

from __future__ import annotations

from functools import cache

import pytest
import torch

import interp_widgets as iw
from interp_widgets.core import metrics
from interp_widgets.core.hooks import captured, hooked
from interp_widgets.core.language_model import LanguageModel
from interp_widgets.core.patching import sweep
from interp_widgets.core.patching.base_run import FINAL
from interp_widgets.core.patching.scrub_runs import depth, drawn
from interp_widgets.core.patching.scrubbing import classes_of
from interp_widgets.core.sites import Site
from tests.core import tiny
from tests.core.conftest import hooks_on, make
from tests.core.test_result import same

PROMPTS = [
    "the capital of Texas is",
    "the city of Rome is",
    "the state of Texas is",
    "the capital of Rome is",
    "a city of Paris is",
]
ANSWERS = [" Austin", " Paris", " Austin", " Paris", " Paris"]
OTHERS = [" Paris", " Austin", " Paris", " Austin", " Rome"]
TOLERANCE = 1e-6


def third(prompt):
    return prompt.split()[3]


def first_two(prompt):
    return tuple(prompt.split()[:2])


HYPOTHESIS = {"L0.z.1": third, "L1.mlp_out": first_two, "L1.z.3": third, "L2.z.0": third}


@pytest.fixture(scope="module")
def wide():
    return make("llama")


def scrubbed(model, hypothesis=HYPOTHESIS, **options):
    given = {"answer": ANSWERS, "distractor": OTHERS, "samples": 10} | options
    return iw.causal_scrubbing(model, PROMPTS, hypothesis, **given)


def slowly(model, record):
    """Every scrubbed run and every random one, by recursion, one prompt and one hook a node."""
    times, count = record.values.shape
    classes = classes_of(model, HYPOTHESIS, PROMPTS)
    draws = drawn(model, classes, count, times, record.seed)
    places = [Site(layer, kind) for layer in range(model.n_layers) for kind in ("z", "mlp_out")]
    plain = []
    for prompt in PROMPTS:
        with captured(model, places) as found:
            model.run(model.ids(prompt)[None])
        plain.append(dict(found))

    def run(reader, entry, random, pooled):
        edits = {}
        for place in places:
            if depth(model, place) >= depth(model, reader):
                continue
            value = plain[random][place].clone()
            for node, at in pooled.items():
                if (node.layer, node.kind) == (place.layer, place.kind):
                    if node.index is None:
                        value = output(node, at)
                    else:
                        value[:, :, node.index] = output(node, at)
            edits[place] = lambda _, value=value: value
        found = {}
        if reader != FINAL:
            whole = Site(reader.layer, reader.kind)
            edits[whole] = lambda x: found.update(x=x.clone())
        ids = model.ids(PROMPTS[entry % count])[None]
        with hooked(model, edits):
            logits = model.logits(ids)[0, -1]
        if reader == FINAL:
            answer, other = (model.token_id(of[entry % count]) for of in (ANSWERS, OTHERS))
            return float(metrics.logit_diff(logits, answer, other))
        return found["x"] if reader.index is None else found["x"][:, :, reader.index]

    @cache
    def output(node, entry):
        draw = draws[node]
        pooled = {lower: int(at[entry]) for lower, at in draw.pooled.items()}
        return run(node, entry, int(draw.random[entry]), pooled)

    values, random = [], []
    for entry in range(times * count):
        draw = draws[FINAL]
        pooled = {lower: int(at[entry]) for lower, at in draw.pooled.items()}
        values.append(run(FINAL, entry, int(draw.random[entry]), pooled))
        random.append(run(FINAL, entry, int(draw.random[entry]), {}))
    return values, random


def test_scrubbed_runs_are_those_of_a_recursion_of_plain_hooks(model):
    record = scrubbed(model)
    values, random = slowly(model, record)
    assert record.values.flatten().tolist() == pytest.approx(values, abs=TOLERANCE)
    assert record.random_values.flatten().tolist() == pytest.approx(random, abs=TOLERANCE)
    for prompt, answer, other, value in zip(
        PROMPTS, ANSWERS, OTHERS, record.clean_values.tolist(), strict=True
    ):
        logits = model.logits(model.ids(prompt)[None])[0, -1]
        wanted = metrics.logit_diff(logits, model.token_id(answer), model.token_id(other))
        assert value == pytest.approx(float(wanted), abs=TOLERANCE)
    assert record.nodes == ("L0.z.1", "L1.z.3", "L1.mlp_out", "L2.z.0") or model.parallel


def everywhere(key):
    return {"L*.z": key, "L*.mlp_out": key}


def test_the_whole_prompt_as_key_loses_nothing(model):
    record = scrubbed(model, everywhere(str))
    assert len(record.nodes) == model.n_layers * (model.n_heads + 1)
    clean = record.clean_values.expand_as(record.values)
    torch.testing.assert_close(record.values, clean, atol=1e-6, rtol=1e-6)
    assert record.score == pytest.approx(1, abs=1e-5)
    assert record.low == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(
    "hypothesis", [{}, everywhere("irrelevant"), {"L1.z": str, "L*.z": "irrelevant"}]
)
def test_nothing_relevant_is_nothing_left(wide, hypothesis):
    record = scrubbed(wide, hypothesis)
    assert record.nodes == ()
    assert torch.equal(record.values, record.random_values)
    assert record.score == 0
    assert record.interval().tolist() == [0, 0]


def test_a_key_that_is_one_for_all_gives_a_node_any_prompt_and_its_inputs_another(wide):
    """Not the same as irrelevant: the node is run anew, on inputs of its own."""
    record = scrubbed(wide, {"L2.z.0": lambda _: 0})
    assert record.classes == ((0, 0, 0, 0, 0),)
    assert not torch.equal(record.values, record.random_values)


def test_draws_agree_with_keys_and_reach_every_prompt(wide):
    classes = classes_of(wide, HYPOTHESIS, PROMPTS)
    assert classes[Site(0, "z", 1)] == (0, 1, 0, 1, 2)
    times, count = 60, len(PROMPTS)
    draws = drawn(wide, classes, count, times, 0)
    assert list(draws) == [*classes, FINAL]
    own = torch.arange(times * count) % count
    for reader, draw in draws.items():
        assert set(draw.random.tolist()) == set(range(count))
        below = {node for node in classes if depth(wide, node) < depth(wide, reader)}
        assert set(draw.pooled) == below
        for node, entries in draw.pooled.items():
            of = torch.tensor(classes[node])
            assert torch.equal(of[entries % count], of[own])
            seen = {(int(a), int(b)) for a, b in zip(own, entries % count, strict=True)}
            wanted = {(a, b) for a in range(count) for b in range(count) if of[a] == of[b]}
            assert seen == wanted
            # Every copy of a prompt is as likely: each third of the copies about a third.
            assert 0.2 < float((entries < times * count / 3).float().mean()) < 0.47
    again = drawn(wide, classes, count, times, 0)
    assert torch.equal(again[FINAL].random, draws[FINAL].random)
    assert not torch.equal(drawn(wide, classes, count, times, 1)[FINAL].random, draws[FINAL].random)


def test_a_true_account_keeps_more_than_a_false_one():
    """A model in which one head reads one token, and nothing else is there."""
    model = make("llama")
    with torch.no_grad():
        for number, layer in enumerate(model.layers):
            layer.get_parameter("mlp.down_proj.weight").zero_()
            out = layer.get_parameter("self_attn.o_proj.weight")
            out[:, 8 if number == 0 else 0 :] = 0  # of all heads L0.z.0 alone writes
    whole = scrubbed(model, {"L0.z.0": str}, samples=100)
    assert whole.score == pytest.approx(1, abs=1e-6)
    false = scrubbed(model, {"L0.z.1": str, "L2.mlp_out": str}, samples=100)
    assert abs(false.score) < 1e-6
    # The key that tells prompts apart by more keeps more.
    part = scrubbed(model, {"L0.z.0": third}, samples=400)
    assert false.score < part.score < whole.score


def test_samples_and_interval(wide):
    record = scrubbed(wide, samples=256)
    assert record.samples == 260  # as many for every prompt
    assert record.values.shape == (52, 5)
    low, high = record.interval().tolist()
    assert (record.low, record.high) == (low, high)
    assert low < record.score < high
    narrow = record.interval(level=0.5)
    assert low < narrow[0] < narrow[1] < high
    assert torch.equal(scrubbed(wide).values, scrubbed(wide).values)
    assert not torch.equal(scrubbed(wide).values, scrubbed(wide, seed=1).values)
    with pytest.raises(ValueError, match="level between 0 and 1"):
        record.interval(level=2)


def test_batches_of_any_size_give_the_same(wide, monkeypatch):
    whole = scrubbed(wide)
    monkeypatch.setitem(sweep.BUDGET, "cpu", 1)
    steps = list(iw.iter_causal_scrubbing(wide, PROMPTS, HYPOTHESIS, ANSWERS, OTHERS, samples=10))
    torch.testing.assert_close(steps[-1].values, whole.values)
    torch.testing.assert_close(steps[-1].score, whole.score)
    assert len(steps) == 5 + 3 * 10 + 2 * 10  # prompts, nodes but the lowest, both outputs
    assert steps[0].clean_values.isnan().all()
    assert "still computing" in steps[0].describe()
    assert steps[-2].values.isnan().sum() == 1
    known = ~steps[30].random_values.isnan()
    assert torch.equal(steps[30].random_values[known], steps[-1].random_values[known])


@pytest.mark.parametrize("metric", ["log_prob", "kl", "norm", "rank", "prob", "recovery"])
def test_other_metrics(wide, metric):
    record = scrubbed(wide, everywhere(str), metric=metric)
    assert record.metric == ("logit_diff" if metric == "recovery" else metric)
    torch.testing.assert_close(
        record.values, record.clean_values.expand_as(record.values), atol=1e-5, rtol=1e-5
    )


def test_the_record(wide, tmp_path):
    record = scrubbed(wide)
    assert repr(record) == "Scrubbing(4 relevant nodes, 5 prompts, 10 samples, LlamaForCausalLM)"
    said = record.describe()
    assert f"{record.clean:.2f} as it is, {record.scrubbed:.2f} scrubbed" in said
    assert f"score {record.score:.2f} (95 % {record.low:.2f} to {record.high:.2f})" in said
    frame = record.to_frame()
    assert list(frame.columns[:6]) == [
        "prompt",
        "answer",
        "distractor",
        "clean",
        "scrubbed",
        "random",
    ]
    assert list(frame.columns[6:]) == list(record.nodes)
    assert frame["L0.z.1"].tolist() == [0, 1, 0, 1, 2]
    assert frame.scrubbed.tolist() == record.values.mean(0).tolist()
    share = (record.scrubbed - record.random) / (record.clean - record.random)
    assert record.score == pytest.approx(share)
    same(iw.Result.load(record.save(tmp_path / "r.safetensors")), record)


def test_stopping_leaves_no_hook(wide):
    steps = iw.iter_causal_scrubbing(wide, PROMPTS, HYPOTHESIS, ANSWERS, OTHERS, samples=10)
    for _ in range(3):
        next(steps)
    steps.close()
    assert hooks_on(wide.hf) == 0


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"prompts": PROMPTS[:1]}, ValueError, "nothing to swap it with"),
        ({"prompts": [*PROMPTS[:4], "Rome"]}, ValueError, "of one length"),
        ({"prompts": []}, ValueError, "no prompt"),
        ({"hypothesis": ["L0.z.1"]}, TypeError, "maps nodes to keys"),
        ({"hypothesis": {"L0.z.1": "third"}}, TypeError, "or 'irrelevant'; got 'third'"),
        ({"hypothesis": {"L0.z.1": lambda p: [p]}}, TypeError, "gave a list"),
        ({"hypothesis": {"L0.q.1": str}}, ValueError, "is no node"),
        ({"hypothesis": {"L0.z.4": str}}, ValueError, "heads a layer"),
        ({"hypothesis": {"head": str}}, ValueError, "is not a place"),
        ({"answer": ANSWERS[:2]}, ValueError, "a list of 5; got 2"),
        ({"answer": None}, ValueError, "answer= is missing"),
        ({"samples": 0}, ValueError, "samples= is a number of runs"),
        ({"samples": 2.5}, ValueError, "samples= is a number of runs"),
        ({"seed": -1}, ValueError, "a seed is"),
        ({"metric": "accuracy"}, ValueError, "metric= is one of"),
    ],
)
def test_bad_input_is_named_before_anything_runs(wide, monkeypatch, given, error, said):
    monkeypatch.setattr(LanguageModel, "run", lambda *_: pytest.fail("the model ran"))
    asked = {"prompts": PROMPTS, "hypothesis": HYPOTHESIS, "answer": ANSWERS, "distractor": OTHERS}
    with pytest.raises(error, match=said):
        iw.iter_causal_scrubbing(wide, **(asked | given))
    with pytest.raises(TypeError, match="the first argument is a model"):
        iw.causal_scrubbing("gpt2", PROMPTS, HYPOTHESIS)


def test_a_metric_that_is_nan_is_named(wide):
    with pytest.raises(ValueError, match="is nan in the run of a prompt"):
        scrubbed(wide, metric=lambda logits: logits[:, 0] * float("nan"))
    assert hooks_on(wide.hf) == 0


@pytest.mark.gpu
@pytest.mark.parametrize("family", ["gpt2", "llama", "gemma2", "falcon"])
def test_a_gpu_gives_the_same(family):
    here = make(family, torch.float32)
    there = iw.load(tiny.hf_model(family).cuda(), tokenizer=tiny.tokenizer())
    a, b = scrubbed(here), scrubbed(there)
    torch.testing.assert_close(a.values, b.values, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(a.random_values, b.random_values, atol=1e-4, rtol=1e-4)
