"""Circuits of heads, against plain hooks and against all subsets."""

from __future__ import annotations

from itertools import chain, combinations

import pytest
import torch

import interp_widgets as iw
from interp_widgets.core import metrics
from interp_widgets.core.hooks import captured, hooked
from interp_widgets.core.language_model import LanguageModel
from interp_widgets.core.patching.head_sets import HeadSets, every_head
from interp_widgets.core.patching.pairs import pairs_of
from tests.core import tiny
from tests.core.conftest import hooks_on, make
from tests.core.test_result import same

CLEAN, CORRUPT = "the capital of Texas is", "the city of Rome is"
SEVERAL = [CLEAN, "the state of Dallas is in a", "Paris and Rome in"]
OTHERS = [CORRUPT, "a city and Texas is in the", "Rome of Texas and"]
ANSWER, DISTRACTOR = " Austin", " Paris"
TOLERANCE = 1e-6
HEADS = [(0, 1), (1, 0), (2, 3)]


@pytest.fixture(scope="module")
def wide():
    return make("llama")


def judged(model, heads=HEADS, clean=CLEAN, corrupt=CORRUPT, **options):
    given = {"answer": ANSWER, "distractor": DISTRACTOR} | options
    return iw.circuit(model, clean, corrupt, heads, **given)


def difference(model, prompt):
    logits = model.logits(model.ids(prompt)[None])[0, -1].cpu()
    return float(metrics.logit_diff(logits, model.token_id(ANSWER), model.token_id(DISTRACTOR)))


def by_hand(model, kept, clean=CLEAN, corrupt=CORRUPT, replace="corrupt", reference=()):
    """The metric of a run of plain hooks, in which heads that are not kept give something else."""
    count = len(model.ids(clean))
    places = [f"L{layer}.z" for layer in range(model.n_layers)]

    def z_of(prompt):
        with captured(model, places) as found:
            model.run(model.ids(prompt)[None])
        return [value[0] for value in found.values()]

    if replace == "corrupt":
        given = z_of(corrupt)
    elif replace == "zero":
        given = [torch.zeros_like(z) for z in z_of(clean)]
    else:
        seen = [z_of(prompt) for prompt in (reference or [corrupt])]
        given = []
        for layer in range(model.n_layers):
            first = torch.stack([z[layer][0] for z in seen]).mean(0)
            rest = torch.cat([z[layer][1:] for z in seen]).mean(0)
            given.append(torch.stack([rest if p else first for p in range(count)]))

    def replaced(layer):
        def edit(z):
            new = z.clone()
            for head in range(model.n_heads):
                if (layer, head) not in kept:
                    new[0, :, head] = given[layer][:, head]
            return new

        return edit

    with hooked(model, {place: replaced(layer) for layer, place in enumerate(places)}):
        return difference(model, clean)


@pytest.mark.parametrize("replace", ["corrupt", "mean", "zero"])
def test_every_number_is_that_of_a_run_of_plain_hooks(model, replace):
    record = judged(model, replace=replace)
    every = every_head(model)
    assert record.heads == tuple(HEADS)
    assert float(record.clean_values) == pytest.approx(difference(model, CLEAN), abs=TOLERANCE)
    assert float(record.corrupt_values) == pytest.approx(difference(model, CORRUPT), abs=TOLERANCE)
    wanted = {
        "values": [set(HEADS)],
        "empty_values": [set()],
        "single_values": [set(HEADS) - {head} for head in HEADS],
        "kept_values": [set(HEADS) - set(gone) for gone in record.removed],
        "rest_values": [every - set(gone) for gone in record.removed],
    }
    known = {}
    for name, sets in wanted.items():
        values = []
        for kept in map(frozenset, sets):
            if kept not in known:
                known[kept] = by_hand(model, kept, replace=replace)
            values.append(known[kept])
        assert getattr(record, name).flatten().tolist() == pytest.approx(values, abs=TOLERANCE), (
            name
        )
    if replace == "corrupt":  # both prompts end on the same token
        assert record.empty == pytest.approx(0, abs=1e-5)
    gap = difference(model, CLEAN) - difference(model, CORRUPT)
    share = (known[frozenset(HEADS)] - difference(model, CORRUPT)) / gap
    assert record.faithfulness == pytest.approx(share, rel=1e-5)


def test_all_heads_are_the_model_and_no_head_is_the_corrupt_run(wide):
    every = sorted(every_head(wide))
    whole = judged(wide, every)
    assert whole.faithfulness == 1
    assert (whole.gaps == 0).all()  # C and M are one
    assert whole.completeness == 0
    assert len(whole.minimality) == 12
    none = judged(wide, [])
    assert none.minimality.shape == none.gaps.shape == (0,)
    assert none.completeness != none.completeness
    # What reaches the last token from others goes through heads: prompts that end alike give 0 …
    assert none.faithfulness == pytest.approx(0, abs=1e-9)
    # … and others what the last token, its embedding and the MLPs do by themselves.
    ends = SEVERAL[1], OTHERS[1]
    none = judged(wide, [], *ends)
    assert float(none.values) == pytest.approx(by_hand(wide, set(), *ends), abs=TOLERANCE)
    assert abs(none.empty) > 0.01
    zero = judged(wide, [], replace="zero")
    assert abs(zero.empty) > 0.01


def test_pairs_make_a_ratio_of_means(wide):
    record = judged(wide, clean=SEVERAL, corrupt=OTHERS)
    each = [by_hand(wide, set(HEADS), a, b) for a, b in zip(SEVERAL, OTHERS, strict=True)]
    assert record.values.tolist() == pytest.approx(each, abs=TOLERANCE)
    clean = sum(difference(wide, prompt) for prompt in SEVERAL)
    corrupt = sum(difference(wide, prompt) for prompt in OTHERS)
    assert record.faithfulness == pytest.approx((sum(each) - corrupt) / (clean - corrupt), rel=1e-5)
    low, high = record.interval().tolist()
    assert low < high
    one = judged(wide)
    assert one.interval().tolist() == [one.faithfulness] * 2
    with pytest.raises(ValueError, match="level between 0 and 1"):
        one.interval(level=95)


def test_a_mean_over_prompts_of_ones_own(wide):
    record = judged(wide, replace="mean", reference=SEVERAL)
    wanted = by_hand(wide, set(HEADS), replace="mean", reference=SEVERAL)
    assert float(record.values) == pytest.approx(wanted, abs=TOLERANCE)


def test_what_is_said_of_a_circuit_follows_from_its_values(wide):
    record = judged(wide)
    share = record.share
    assert record.minimality.tolist() == pytest.approx(
        [record.faithfulness - float(value) for value in share(record.single_values)]
    )
    assert record.removed[:4] == (((0, 1),), ((1, 0),), ((2, 3),), tuple(HEADS))
    gaps = (share(record.kept_values) - share(record.rest_values)).abs()
    assert torch.equal(record.gaps, gaps)
    assert record.completeness == float(gaps.max())
    # The greedy search ends at least as badly as it began.
    assert record.completeness >= float(gaps[:3].max())
    pairs = [gone for gone in record.removed if len(gone) == 2]
    if pairs:
        worst = record.removed[int(gaps[:3].argmax())][0]
        assert worst in pairs[0]


@pytest.mark.parametrize(
    "asked", [["L0.z.1", "L1.z.0", (2, 3)], [(2, 3), "L1.z.0", (0, 1), (0, 1)]]
)
def test_heads_by_name(wide, asked):
    record = judged(wide, asked)
    assert record.heads == tuple(HEADS)
    assert record.names == ("L0.z.1", "L1.z.0", "L2.z.3")
    assert torch.equal(record.values, judged(wide).values)
    assert judged(wide, ["L1.z"]).heads == tuple((1, head) for head in range(4))
    assert len(judged(wide, ["L*.z"]).heads) == 12


def two_layers(seed=0, silent=()):
    """A model of eight heads, of which some write nothing."""
    model = make("llama", seed=seed, num_hidden_layers=2)
    with torch.no_grad():
        for layer, head in silent:
            weight = model.layers[layer].get_parameter("self_attn.o_proj.weight")
            weight[:, 8 * head : 8 * head + 8] = 0
    return model


def faithfulness_of_all_subsets(model):
    every = sorted(every_head(model))
    subsets = list(
        map(frozenset, chain.from_iterable(combinations(every, n) for n in range(len(every) + 1)))
    )
    pairs = pairs_of(model, CLEAN, CORRUPT, ANSWER, DISTRACTOR)
    sets = HeadSets(model, pairs, "corrupt", "logit_diff", [])
    for _ in sets.measure(subsets):
        pass
    return dict(zip(subsets, sets.shares(subsets), strict=True))


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("faithful", [0.7, 0.95])
def test_what_a_search_finds_is_faithful_and_nothing_can_be_left_out(seed, faithful):
    model = two_layers(seed)
    share = faithfulness_of_all_subsets(model)
    assert len(share) == 256
    record = iw.find_circuit(model, CLEAN, CORRUPT, ANSWER, DISTRACTOR, faithful=faithful)
    assert record.faithfulness == pytest.approx(share[frozenset(record.heads)], abs=TOLERANCE)
    good = {heads for heads, value in share.items() if abs(1 - value) <= 1 - faithful}
    found = frozenset(record.heads)
    assert found in good
    assert not any(found - {head} in good for head in found)
    assert len(found) >= min(map(len, good))
    for (size, value), heads in zip(record.search, record.path, strict=True):
        assert size == len(heads)
        assert value == pytest.approx(share[frozenset(heads)], abs=TOLERANCE)
    assert record.path[-1] == record.heads


@pytest.mark.parametrize("seed", range(4))
def test_a_planted_circuit_is_found(seed):
    """Six of eight heads write nothing: the two others are the circuit, if both are needed."""
    planted = {(0, 2), (1, 1)}
    model = two_layers(seed, sorted({(la, h) for la in (0, 1) for h in range(4)} - planted))
    share = faithfulness_of_all_subsets(model)
    record = iw.find_circuit(model, CLEAN, CORRUPT, ANSWER, DISTRACTOR, faithful=0.99)
    good = [heads for heads, value in share.items() if abs(1 - value) <= 0.01]
    smallest = min(good, key=len)
    assert set(record.heads) == smallest <= planted
    assert record.completeness == pytest.approx(0, abs=0.02)


def test_steps_fill_up_and_nothing_runs_twice(wide, monkeypatch):
    ran = []
    row = iw.core.patching.rows.RowMaker.row
    monkeypatch.setattr(
        iw.core.patching.rows.RowMaker,
        "row",
        lambda self, cell: ran.append(tuple(map(str, cell))) or row(self, cell),
    )
    steps = list(iw.iter_circuit(wide, CLEAN, CORRUPT, HEADS, ANSWER, DISTRACTOR))
    assert len(ran) == len(set(ran))
    last = judged(wide)
    same(steps[-1], last)
    assert steps[0].faithfulness == last.faithfulness
    assert steps[0].gaps.shape == (0,)
    assert len(steps) > 2
    path = list(iw.iter_find_circuit(wide, CLEAN, CORRUPT, ANSWER, DISTRACTOR))
    assert path[-1].path
    same(path[-1], iw.find_circuit(wide, CLEAN, CORRUPT, ANSWER, DISTRACTOR))


def test_stopping_leaves_no_hook(wide):
    for steps in (
        iw.iter_circuit(wide, SEVERAL, OTHERS, HEADS, ANSWER, DISTRACTOR),
        iw.iter_find_circuit(wide, SEVERAL, OTHERS, ANSWER, DISTRACTOR),
    ):
        first = next(steps)
        assert first.completeness != first.completeness
        assert "largest gap" not in first.describe()
        steps.close()
        assert hooks_on(wide.hf) == 0


def test_the_record(wide, tmp_path):
    record = judged(wide, clean=SEVERAL, corrupt=OTHERS)
    assert repr(record) == "Circuit(3 of 12 heads, corrupt, 3 pairs, LlamaForCausalLM)"
    said = record.describe()
    assert f"faithfulness {record.faithfulness:.2f} (no head at all: {record.empty:.2f})" in said
    best = record.names[int(record.minimality.argmax())]
    assert f"most needed {best}" in said
    frame = record.to_frame()
    assert list(frame.columns) == ["layer", "head", "name", "minimality", "gap"]
    assert frame.name.tolist() == list(record.names)
    assert frame.minimality.tolist() == record.minimality.tolist()
    assert frame.gap.tolist() == record.gaps[:3].tolist()
    same(iw.Result.load(record.save(tmp_path / "r.safetensors")), record)
    found = iw.find_circuit(wide, CLEAN, CORRUPT, ANSWER, DISTRACTOR)
    same(iw.Result.load(found.save(tmp_path / "f.safetensors")), found)


def test_prompts_that_are_alike_are_no_scale(wide):
    record = judged(wide, corrupt=CLEAN)
    assert record.faithfulness != record.faithfulness
    assert "both runs are alike" in record.describe()
    with pytest.raises(ValueError, match="nothing to be faithful to"):
        iw.find_circuit(wide, CLEAN, CLEAN, ANSWER, DISTRACTOR)
    assert hooks_on(wide.hf) == 0


def test_a_divergence_counts_from_the_clean_run(wide):
    record = judged(wide, answer=None, distractor=None, metric="kl")
    assert float(record.clean_values) == pytest.approx(0, abs=1e-9)
    assert record.faithfulness == pytest.approx(
        1 - float(record.values) / float(record.corrupt_values), abs=1e-6
    )


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"heads": [(3, 0)]}, ValueError, "layers 0 to 2 and heads 0 to 3"),
        ({"heads": [(0, -1)]}, ValueError, "layers 0 to 2"),
        ({"heads": [(0, 9)], "replace": "mean"}, ValueError, "layers 0 to 2"),
        ({"heads": ["L0.z.4"]}, ValueError, "heads a layer"),
        ({"heads": ["L0.mlp_out"]}, ValueError, "is no head"),
        ({"heads": ["head 5"]}, ValueError, "is not a place"),
        ({"heads": "L0.z.1"}, TypeError, "heads= is a list"),
        ({"heads": [(0, 1, 2)]}, TypeError, "a head is"),
        ({"heads": [(True, 1)]}, TypeError, "a head is"),
        ({"heads": 3}, TypeError, "heads= is a list"),
        ({"reference": None}, TypeError, "reference= is a list of prompts"),
        ({"reference": 3, "replace": "mean"}, TypeError, "reference= is a list of prompts"),
        ({"replace": "noise"}, ValueError, "'corrupt', 'mean', 'zero'"),
        ({"reference": [CLEAN]}, ValueError, "is for replace='mean'"),
        ({"corrupt": "the city is"}, ValueError, "token"),
        ({"answer": None}, ValueError, "answer= is missing"),
        ({"answer": " Austin Texas"}, ValueError, "token"),
        ({"metric": "accuracy"}, ValueError, "metric= is one of"),
    ],
)
def test_bad_input_is_named_before_anything_runs(wide, monkeypatch, given, error, said):
    monkeypatch.setattr(LanguageModel, "run", lambda *_: pytest.fail("the model ran"))
    asked = {"heads": HEADS, "clean": CLEAN, "corrupt": CORRUPT, "answer": ANSWER}
    asked = asked | {"distractor": DISTRACTOR} | given
    with pytest.raises(error, match=said):
        iw.iter_circuit(wide, **asked)
    del asked["heads"]
    if "heads" not in given:
        with pytest.raises(error, match=said):
            iw.iter_find_circuit(wide, **asked)


@pytest.mark.parametrize(
    "given", [{"faithful": 1}, {"faithful": 0}, {"faithful": "0.9"}, {"metric": "kl"}]
)
def test_a_search_that_cannot_be(wide, given):
    asked = {"answer": ANSWER, "distractor": DISTRACTOR} | given
    with pytest.raises(ValueError, match=r"between 0 and 1|has no gradient"):
        iw.iter_find_circuit(wide, CLEAN, CORRUPT, **asked)
    with pytest.raises(TypeError, match="the first argument is a model"):
        iw.find_circuit("gpt2", CLEAN, CORRUPT, ANSWER, DISTRACTOR)


def test_a_metric_that_is_nan_is_named(wide):
    def broken(logits):
        return logits[:, 0] * float("nan")

    with pytest.raises(ValueError, match="metric 'broken' is nan in"):
        judged(wide, metric=broken)
    assert hooks_on(wide.hf) == 0


def test_bfloat16_runs():
    record = judged(make("llama", torch.bfloat16))
    assert record.values.dtype == torch.float64
    assert record.faithfulness == record.faithfulness


@pytest.mark.gpu
@pytest.mark.parametrize("family", ["gpt2", "llama", "gemma2", "falcon"])
def test_a_gpu_gives_the_same(family):
    here = make(family, torch.float32)
    there = iw.load(tiny.hf_model(family).cuda(), tokenizer=tiny.tokenizer())
    a, b = (judged(model, clean=SEVERAL, corrupt=OTHERS) for model in (here, there))
    torch.testing.assert_close(a.values, b.values, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(a.single_values, b.single_values, atol=1e-4, rtol=1e-4)
    found = iw.find_circuit(there, CLEAN, CORRUPT, ANSWER, DISTRACTOR, faithful=0.8)
    assert abs(1 - found.faithfulness) <= 0.2


def test_the_course_model_finds_the_indirect_object_with_few_heads():
    """A small set of heads is faithful, and little less so on pairs that it was not found on."""
    model = iw.load()
    pairs = []
    for prompt in iw.prompts("ioi"):
        subject, other = prompt.distractor.strip(), prompt.answer.strip()
        at = prompt.prompt.rindex(subject)
        flipped = prompt.prompt[:at] + other + prompt.prompt[at + len(subject) :]
        pairs.append((prompt.prompt, flipped, prompt.answer, prompt.distractor))
    clean, corrupt, answers, distractors = (list(part) for part in zip(*pairs[:6], strict=True))
    record = iw.find_circuit(model, clean, corrupt, answers, distractors)
    assert 0.9 <= record.faithfulness <= 1.1
    assert len(record.heads) <= 12
    assert abs(record.empty) < 0.05  # names reach the end by heads alone
    clean, corrupt, answers, distractors = (list(part) for part in zip(*pairs[-6:], strict=True))
    other = iw.circuit(model, clean, corrupt, record.heads, answers, distractors)
    assert other.faithfulness > 0.7
