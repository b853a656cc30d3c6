"""`iw.activation_patching`: the record, its identities, several pairs, and every bad argument."""

from __future__ import annotations

import pytest
import torch

import interp_widgets as iw
from interp_widgets.core import metrics
from interp_widgets.core.hooks import captured, hooked, lock_of
from tests.core.conftest import hooks_on, make

CLEAN, CORRUPT = "the capital of Texas is", "the city of Rome is"
ANSWER, DISTRACTOR = " Austin", " Paris"
TOLERANCE = 1e-6
PAIRS = (
    ["the capital of Texas is", "the city of Paris is", "a state of Austin is"],
    ["the capital of Rome is", "the city of Dallas is", "a state of Paris is"],
)


def patched(model, clean=CLEAN, corrupt=CORRUPT, **options):
    given = {"answer": ANSWER, "distractor": DISTRACTOR} | options
    return iw.activation_patching(model, clean, corrupt, **given)


def logits(model, prompt):
    return model.logits(model.ids(prompt)[None])[0, -1].cpu()


def difference(model, prompt):
    return float(metrics.logit_diff(logits(model, prompt), *ids(model)))


def ids(model):
    return model.token_id(ANSWER), model.token_id(DISTRACTOR)


@pytest.fixture(scope="module")
def wide():
    """One model in float64, where the family does not matter."""
    return make("llama")


def test_the_record(wide):
    record = patched(wide)
    length = len(wide.tokens(CORRUPT))
    assert record.effect.shape == record.recovery.shape == (wide.n_layers, length)
    assert record.axes == ("layer", "pos")
    assert record.labels == (("L0", "L1", "L2"), tuple(wide.tokens(CORRUPT)))
    assert record.clean == pytest.approx(difference(wide, CLEAN), abs=TOLERANCE)
    assert record.corrupt == pytest.approx(difference(wide, CORRUPT), abs=TOLERANCE)
    assert record.effect.allclose(record.values[0] - record.corrupt)
    assert record.recovery.allclose(record.effect / (record.clean - record.corrupt))
    assert (record.done, record.resumed, record.dropped) == (1.0, True, 0)
    assert repr(record) == "Patching(activation, resid_pre, denoise, 3 layer × 6 pos, " + (
        f"{wide.name})"
    )
    best = record.strongest()
    assert best is not None
    assert abs(record.effect[best]) == record.effect.abs().max()
    assert record.name(best) in record.describe()


def test_checks_hold_on_every_row(model):
    record = patched(model)
    assert record.check_nothing <= TOLERANCE
    assert abs(record.check_whole - 1) <= TOLERANCE
    assert (record.recovery[:, 0] == 0).all()  # the first token is the same in both prompts
    for direction in ("denoise", "noise"):
        whole = patched(model, per="layer", direction=direction)
        assert (whole.recovery - 1).abs().max() <= TOLERANCE
    same = patched(model, corrupt=CLEAN)
    assert (same.effect == 0).all()
    assert same.recovery.isnan().all()
    assert same.dropped == 1
    assert same.describe().endswith("no cell changes it.")


def test_one_cell_equals_a_plain_hook(model):
    """By hand: cache clean, patch corrupt at one head and position, take the metric."""
    record = patched(model, site="z", per="head_position")
    with captured(model, ["L1.z.2"]) as found:
        model.run(model.ids(CLEAN)[None])
    (given,) = found.values()

    def copy(x):
        new = x.clone()
        new[:, 3] = given[:, 3]
        return new

    with hooked(model, {"L1.z.2": copy}):
        by_hand = difference(model, CORRUPT)
    assert float(record.values[0, 1, 2, 3]) == pytest.approx(by_hand, abs=TOLERANCE)


@pytest.mark.parametrize("metric", ["logit_diff", "recovery", "log_prob", "kl", "norm", "rank"])
def test_metrics_are_what_they_say(wide, metric):
    record = patched(wide, metric=metric)
    clean, corrupt = logits(wide, CLEAN), logits(wide, CORRUPT)
    answer, distractor = ids(wide)
    zero = difference(wide, CORRUPT)
    gap = difference(wide, CLEAN) - zero
    by_hand = {
        "logit_diff": lambda x: x[answer] - x[distractor],
        "recovery": lambda x: (x[answer] - x[distractor] - zero) / gap,
        "log_prob": lambda x: x.log_softmax(-1)[answer],
        "kl": lambda x: (clean.softmax(-1) * (clean.log_softmax(-1) - x.log_softmax(-1))).sum(),
        "norm": lambda x: (x - clean).norm(),
        "rank": lambda x: (x > x[answer]).sum(),
    }[metric]
    assert record.clean == pytest.approx(float(by_hand(clean)), abs=TOLERANCE)
    assert record.corrupt == pytest.approx(float(by_hand(corrupt)), abs=TOLERANCE)
    with captured(wide, ["L1.resid_pre"]) as found:
        wide.run(wide.ids(CLEAN)[None])
    (given,) = found.values()

    def copy(x):
        return torch.cat([x[:, :2], given[:, 2:3], x[:, 3:]], 1)

    with hooked(wide, {"L1.resid_pre": copy}):
        cell = float(by_hand(logits(wide, CORRUPT)))
    assert float(record.values[0, 1, 2]) == pytest.approx(cell, abs=TOLERANCE)


def test_a_logit_difference_is_a_log_probability_difference(wide):
    """The normaliser cancels (lesson 07)."""
    answer, distractor = ids(wide)

    def log_odds(found):
        logp = found.log_softmax(-1)
        return logp[:, answer] - logp[:, distractor]

    assert patched(wide, metric=log_odds).effect.allclose(patched(wide).effect, atol=1e-9)


def test_noising_is_denoising_of_the_exchanged_pair(wide):
    noise = patched(wide, direction="noise", site="mlp_out")
    swapped = patched(wide, CORRUPT, CLEAN, site="mlp_out")
    assert noise.effect.allclose(swapped.effect)
    assert noise.recovery.allclose(swapped.recovery)
    assert noise.clean == pytest.approx(swapped.corrupt)


def test_chosen_cells(wide):
    grid = patched(wide, site="z", per="head")
    record = patched(
        wide,
        cells=["L1.z.2", iw.Patch("L2.resid_pre", pos=3), [f"L2.z.{h}" for h in range(4)]],
    )
    assert record.effect.shape == (3,)
    assert record.labels[0][:2] == ("L1.z.2", "L2.resid_pre @ 3")
    assert float(record.effect[0]) == pytest.approx(float(grid.effect[1, 2]))
    assert float(record.effect[1]) == pytest.approx(float(patched(wide).effect[2, 3]))
    together = patched(wide, site="z", per="layer").effect[2]
    assert float(record.effect[2]) == pytest.approx(float(together))
    silent = patched(wide, cells=[iw.Patch("L1.z.2", value=0.0)])
    with hooked(wide, {"L1.z.2": lambda x: x * 0}):
        by_hand = difference(wide, CORRUPT)
    assert float(silent.values[0, 0]) == pytest.approx(by_hand, abs=TOLERANCE)


def test_several_pairs(wide):
    record = iw.activation_patching(wide, *PAIRS, [ANSWER, " Rome", " city"], " of", "z", "head")
    singles = [
        iw.activation_patching(wide, clean, corrupt, answer, " of", "z", "head")
        for clean, corrupt, answer in zip(*PAIRS, [ANSWER, " Rome", " city"], strict=True)
    ]
    for i, single in enumerate(singles):
        assert record.effects[i].allclose(single.effect)
    mean = torch.stack([single.effect for single in singles]).mean(0)
    assert record.effect.allclose(mean)
    gaps = torch.tensor([s.clean - s.corrupt for s in singles], dtype=torch.float64)
    assert record.recovery.allclose(mean / gaps.mean())  # a ratio of means
    low, high = record.interval()
    assert ((low <= record.effect) & (record.effect <= high)).all()
    assert (high - low).max() > 0
    assert torch.equal(record.interval(), record.interval())  # seeded
    assert torch.equal(*singles[0].interval())
    # With three pairs a draw is one of 27; all of the first has chance 1/27, so 99 % sees it.
    extreme = record.effects.min(0).values
    assert record.interval(level=0.99)[0].allclose(extreme)


def test_a_pair_without_a_scale_is_left_out(wide):
    clean, corrupt = [*PAIRS[0], CLEAN], [*PAIRS[1], CLEAN]
    record = patched(wide, clean, corrupt, site="z", per="head")
    assert record.dropped == 1
    assert record.recovery.allclose(patched(wide, *PAIRS, site="z", per="head").recovery)


def test_pairs_of_other_lengths(wide):
    clean, corrupt = [CLEAN, "in Texas is"], [CORRUPT, "in Rome is"]
    record = patched(wide, clean, corrupt, site="mlp_out", per="layer")
    assert record.effects.shape == (2, 3)
    with pytest.raises(ValueError, match="4 to 6 tokens"):
        patched(wide, clean, corrupt)


LONG, SHORT = "the Eiffel Tower is in", "Rome is in"


def test_unequal_prompts_are_shown_or_aligned(wide):
    with pytest.raises(ValueError, match="6 tokens and the corrupt one 4") as refused:
        patched(wide, LONG, SHORT)
    lines = str(refused.value).splitlines()
    above = next(line for line in lines if line.startswith("  clean"))
    below = next(line for line in lines if line.startswith("  corrupt"))
    assert above.index(" Tower") == below.index(" Rome")
    record = patched(wide, LONG, SHORT, align="diff", metric="log_prob")
    assert record.effect.shape == (3, 4)
    with captured(wide, ["L1.resid_pre"]) as found:
        wide.run(wide.ids(LONG)[None])
    (given,) = found.values()

    def tower_into_rome(x):
        return torch.cat([x[:, :1], given[:, 3:4], x[:, 2:]], 1)

    with hooked(wide, {"L1.resid_pre": tower_into_rome}):
        by_hand = logits(wide, SHORT).log_softmax(-1)[ids(wide)[0]]
    assert float(record.values[0, 1, 1]) == pytest.approx(float(by_hand), abs=TOLERANCE)
    chosen = patched(wide, LONG, SHORT, align=[(3, 1)], metric="log_prob")
    assert float(chosen.values[0, 1, 1]) == pytest.approx(float(by_hand), abs=TOLERANCE)
    assert chosen.values[0, :, [0, 2, 3]].isnan().all()  # no partner: not patched


def test_in_steps(wide):
    steps = list(
        iw.iter_activation_patching(
            wide, CLEAN, CORRUPT, ANSWER, DISTRACTOR, site="mlp_post", per="neuron"
        )
    )
    done = [step.done for step in steps]
    assert done == sorted(done)
    assert done[-1] == 1
    last = patched(wide, site="mlp_post", per="neuron")
    assert torch.equal(steps[-1].values, last.values)
    for step in steps:  # what a step knows stays
        known = ~step.values.isnan()
        assert torch.equal(step.values[known], last.values[known])


def test_closing_leaves_nothing(wide):
    before = {name: id(module.forward) for name, module in wide.hf.named_modules()}
    steps = iw.iter_activation_patching(wide, *PAIRS, answer=ANSWER, distractor=DISTRACTOR)
    first = next(steps)
    assert first.done < 1
    assert "still computing" in first.describe() or first.strongest() is not None
    steps.close()
    assert hooks_on(wide.hf) == 0
    assert not lock_of(wide.hf)._is_owned()
    assert all("forward" not in vars(module) for module in wide.hf.modules())
    assert len(before) == len(list(wide.hf.modules()))


def test_a_record_survives_its_file(wide, tmp_path):
    record = iw.activation_patching(wide, *PAIRS, answer=ANSWER, distractor=DISTRACTOR)
    back = iw.Result.load(record.save(tmp_path / "a.safetensors"))
    assert isinstance(back, iw.Patching)
    assert repr(back) == repr(record)
    assert back.describe() == record.describe()
    for name, value in vars(record).items():
        same = (
            torch.equal(back.__dict__[name], value)
            if torch.is_tensor(value)
            else (back.__dict__[name] == value)
        )
        assert same, name


def test_the_frame(wide):
    frame = patched(wide, site="z", per="head_position").to_frame()
    assert list(frame) == [
        *("layer", "head", "pos", "layer_name", "head_name", "pos_name"),
        *("value", "effect", "recovery", "low", "high"),
    ]
    assert len(frame) == 3 * 4 * 6
    row = frame[(frame.layer == 1) & (frame["head"] == 2) & (frame.pos == 3)].iloc[0]
    record = patched(wide, site="z", per="head_position")
    assert row.effect == pytest.approx(float(record.effect[1, 2, 3]))
    assert row.pos_name == record.labels[2][3]


def test_half_precision_runs(device):
    model = make("llama", torch.bfloat16)
    record = patched(model)
    exact = patched(make("llama"))
    assert record.resumed
    assert abs(record.check_whole - 1) < 0.2
    assert (record.effect - exact.effect).abs().max() < 0.1 * exact.values.abs().max()


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"answer": " Eiffel Tower"}, ValueError, "Tower"),
        ({"answer": 10**6}, ValueError, "1000000"),
        ({"answer": None}, ValueError, "answer= is missing"),
        ({"distractor": None}, ValueError, "distractor= is missing"),
        ({"answer": None, "metric": "log_prob"}, ValueError, "needs answer="),
        ({"distractor": ANSWER}, ValueError, "same token"),
        ({"answer": [ANSWER, ANSWER]}, ValueError, "a list of 1"),
        ({"site": "resid"}, ValueError, "kind of place"),
        ({"site": 3}, ValueError, "kind of place"),
        ({"per": "head"}, ValueError, "'layer', 'position'"),
        ({"direction": "both"}, ValueError, "'denoise'"),
        ({"metric": "logits"}, ValueError, "metric= is one of"),
        ({"metric": 3}, TypeError, "name or a function"),
        ({"metric": lambda x: 3.0}, ValueError, "tensor \\[row\\]"),
        ({"metric": lambda x: x}, ValueError, "tensor \\[row\\]"),
        ({"metric": lambda x: x[:, 0] * float("nan")}, ValueError, "is nan in the run that is"),
        ({"clean": ""}, ValueError, "tokens"),
        ({"clean": []}, ValueError, "no prompt"),
        ({"clean": 3}, TypeError, "prompt or a list"),
        ({"clean": [CLEAN, CLEAN]}, ValueError, "go in pairs"),
        ({"corrupt": "the capital"}, ValueError, "do not correspond"),
        ({"align": "left"}, ValueError, "align= is 'diff'"),
        ({"align": [(0, 99)]}, ValueError, "corrupt ones to 5"),
        ({"align": [(0, 1), (0, 2)]}, ValueError, "a position twice"),
        ({"cells": "L1.z"}, TypeError, "cells= is a list"),
        ({"cells": [iw.Patch("L1.z", pos=6)]}, ValueError, "positions go from 0 to 5"),
        ({"cells": [iw.Patch("L1.z.0", value=torch.ones(5))]}, ValueError, "does not broadcast"),
    ],
)
def test_bad_arguments(wide, given, error, said):
    options = {"answer": ANSWER, "distractor": DISTRACTOR, "clean": CLEAN, "corrupt": CORRUPT}
    with pytest.raises(error, match=said):
        iw.activation_patching(wide, **(options | given))
    assert hooks_on(wide.hf) == 0
    assert not lock_of(wide.hf)._is_owned()
    with pytest.raises(error, match=said):  # the iterating twin refuses too, when it is made
        list(iw.iter_activation_patching(wide, **(options | given)))


def test_a_metric_that_fails_in_one_cell_names_it(wide):
    wanted = patched(wide).values[0, 1, 3]
    answer, distractor = ids(wide)

    def sometimes(found):
        value = found[:, answer] - found[:, distractor]
        return torch.where((value - wanted).abs() < 1e-9, float("nan"), value)

    with pytest.raises(ValueError, match=r"is nan in the run patched at L1, ' \w+' \(3\)"):
        patched(wide, metric=sometimes)
    assert hooks_on(wide.hf) == 0


def test_a_bare_model_is_told_how_to_come_in(wide):
    with pytest.raises(TypeError, match=r"iw\.load"):
        iw.activation_patching(wide.hf, CLEAN, CORRUPT, ANSWER, DISTRACTOR)


def test_intervals_of_other_things_are_refused(wide):
    record = patched(wide)
    for options in ({"of": "values"}, {"level": 1.5}, {"draws": 0}):
        with pytest.raises(ValueError, match=r"interval\(of="):
            record.interval(**options)
