"""Training of dictionaries: what it learns, how it is steered, what it refuses."""

from __future__ import annotations

import signal
import threading
from itertools import islice

import numpy as np
import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.dictionary.synthetic import ground_truth
from interp_widgets.core.dictionary.training_loop import SAMPLE


def activations(rows: int = 512, d: int = 8, seed: int = 0) -> torch.Tensor:
    """Sparse sums of fixed directions."""
    generator = torch.Generator().manual_seed(seed)
    directions = torch.nn.functional.normalize(torch.randn(16, d, generator=generator), dim=1)
    codes = torch.rand(rows, 16, generator=generator) * (
        torch.rand(rows, 16, generator=generator) < 0.15
    )
    return codes @ directions + 0.1


def small(x: torch.Tensor | None = None, **options) -> iw.TrainingRun:
    """A run of a moment."""
    options = {"d_sae": 16, "batch_size": 64, "steps": 60} | options
    if options.get("variant", "topk") == "topk":
        options = {"k": 3} | options
    return iw.train_sae(activations() if x is None else x, **options)


def same_curve(one: iw.TrainingRun, two: iw.TrainingRun) -> None:
    """Bit by bit, but for the clock."""
    assert one.step == two.step
    for name in set(one.history) - {"seconds"}:
        assert one.history[name].tobytes() == two.history[name].tobytes(), name
    for name, value in one._loop.parameters.items():
        assert torch.equal(value, two._loop.parameters[name]), name


# ------------------------------------------------------------------------------------------ learns


@pytest.mark.parametrize("variant", ["topk", "relu", "relu_unit"])
def test_a_dictionary_learns(variant):
    run = small(variant=variant, steps=200)
    first = next(iter(run))
    run.train()
    last = run.record
    assert run.done
    assert run.step == 200
    assert first.step == 1
    assert 1 - float(last["fve"][-10:].mean()) < (1 - first.fve) / 2
    assert float(last["l0"].max()) <= (3 if variant == "topk" else 16)


@pytest.mark.parametrize("variant", ["topk", "jumprelu", "matryoshka"])
def test_defaults_recover_the_true_directions(variant):
    """64 directions in 32 dimensions: 95 % of them at a cosine above 0.9, and not by chance."""
    truth = ground_truth(32, 64, samples=8192, seed=0)
    run = iw.train_sae(truth.x, variant=variant, truth=truth, batch_size=512, steps=700)
    assert run.truth_match().recovered(0.9) < 0.1
    run.train()
    assert run.truth_match().recovered(0.9) >= 0.95


def test_the_same_seed_gives_the_same_run_bit_by_bit():
    one, two, other = (small(seed=seed).train() for seed in (3, 3, 4))
    assert [run.seed for run in (one, two, other)] == [3, 3, 4]
    same_curve(one, two)
    assert not torch.equal(one.sae.W_dec, other.sae.W_dec)


def test_what_is_measured_is_what_the_dictionary_does():
    """With a batch of all the data the last numbers are those of the dictionary before the step."""
    x = activations()
    run = small(x, batch_size=512, steps=40, normalize="none", dead_after=10**6)
    run.train(39)
    sae, step = run.sae, run.advance()
    error = (x - sae(x)).square().sum(1).mean()
    assert step.mse == pytest.approx(float(error), rel=1e-4)
    spread = (x - x.mean(0)).square().sum(1).mean()
    assert step.fve == pytest.approx(1 - float(error / spread), rel=1e-4)
    assert step.l0 == pytest.approx(float((sae.encode(x) > 0).sum(1).float().mean()), rel=1e-4)
    assert step.dead == 0


def test_half_precision_learns_with_a_loss_in_full():
    run = small(precision="bfloat16", steps=200)
    first = next(iter(run))
    run.train()
    assert first._measured.dtype == torch.float32
    assert {p.dtype for p in run._loop.parameters.values()} == {torch.float32}
    assert 1 - run.history["fve"][-10:].mean() < (1 - first.fve) / 2
    full = small(steps=200).train()
    assert abs(run.history["fve"][-1] - full.history["fve"][-1]) < 0.05
    assert run.history["loss"].tobytes() != full.history["loss"].tobytes()


def test_activations_in_half_precision_are_raised():
    x = activations().half()
    run, full = small(x, steps=20).train(), small(x.float(), steps=20).train()
    same_curve(run, full)
    assert run.sae.center


def test_a_transcoder_predicts_its_target():
    x = activations()
    y = torch.tanh(x @ torch.randn(8, 5, generator=torch.Generator().manual_seed(1))) * 3
    run = small(x, target=y, steps=300, variant="topk", k=4, lr=1e-2)
    first = run.advance()
    sae = run.train().sae
    assert 1 - run.history["fve"][-10:].mean() < (1 - first.fve) / 2
    assert (sae.d_in, sae.d_out, sae.center) == (8, 5, False)
    left = (y - sae(x)).square().sum() / (y - y.mean(0)).square().sum()
    assert 1 - float(left) == pytest.approx(run.history["fve"][-10:].mean(), abs=0.05)


def test_a_callers_inference_mode_does_not_stop_it():
    with torch.inference_mode():
        run = small(steps=5).train()
    assert run.done


def test_rates_rise_and_fall():
    run = small(steps=100, warmup=10, decay=0.5, l1_warmup=0.1, variant="relu", l1=0.2).train()
    rate, l1 = run.history["lr"] / run.hyper["lr"], run.history["l1"]
    assert rate[0] == pytest.approx(1 / 11)
    assert rate[10] == rate[49] == 1
    assert rate[99] == pytest.approx(1 / 51)
    assert l1[0] == 0
    assert l1[5] == pytest.approx(0.1)
    assert l1[10] == l1[99] == pytest.approx(0.2)


def test_a_gradient_is_cut_to_its_length():
    """The same step as with the gradient cut by hand, which Adam's first step does not show."""
    runs = [small(clip=clip, steps=30, lr=1e-2) for clip in (None, 1e-3, 1e9)]
    for run in runs:
        run.train()
    assert torch.equal(runs[0].sae.W_dec, runs[2].sae.W_dec)
    assert not torch.equal(runs[0].sae.W_dec, runs[1].sae.W_dec)
    moments = runs[1]._loop.optimizer.state[runs[1]._loop.moved["W_enc"]]["exp_avg"]
    assert float(moments.norm()) <= 1e-3


# ------------------------------------------------------------------------------------------- steers


def test_what_is_changed_while_it_runs_acts_and_is_recorded():
    run = small()
    run.train(20)
    run.set(k=1, lr=1e-4)
    run.set(k=1)  # nothing new
    step = run.advance()
    assert step.l0 <= 1
    assert run.changes == ((20, {"k": (3, 1), "lr": (run.changes[0][1]["lr"][0], 1e-4)}),)
    assert run.hyper["k"] == 1
    run.train()
    assert run.history["l0"][:20].max() > 1
    assert run.record.changes[0][0] == 20


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        ({"l1": 0.1}, ValueError, "'l1' cannot be changed .* what can is k, lr"),
        ({"k": 17}, ValueError, "k is above 0 and at most d_sae = 16"),
        ({"k": "8"}, TypeError, "k= is a number; got '8'"),
        ({"lr": 0}, ValueError, "lr= is above 0; got 0"),
        ({"lr": float("nan")}, ValueError, "lr= is a finite number; got nan"),
    ],
)
def test_changes_that_cannot_be_made_are_refused(asked, error, said):
    run = small()
    with pytest.raises(error, match=said):
        run.set(**asked)
    assert run.changes == ()
    assert run.advance().l0 <= 3


def test_pause_ends_the_iteration_and_iterating_goes_on():
    run = small()
    for step in run:
        if step.step == 10:
            run.pause()
    assert (run.step, run.paused, run.done) == (10, True, False)
    run.train(5)
    assert (run.step, run.paused) == (15, False)
    unbroken = small()
    unbroken.train(15)
    same_curve(run, unbroken)


def test_stop_ends_the_run_and_rewind_opens_it_again():
    run = small()
    run.train(10)
    run.stop()
    assert run.done
    with pytest.raises(RuntimeError, match=r"done \(step 10 of 60\)\. Rewind it"):
        run.advance()
    assert run.rewind(4) == 4
    assert not run.done
    assert run.train().step == 60


def test_rewinding_takes_all_back():
    run = small()
    run.train(20)
    run.set(k=2)
    run.train(20)
    forward = run.sae
    assert run.rewind(20) == 20
    assert (run.step, run.hyper["k"], run.changes, len(run.history["loss"])) == (20, 3, (), 20)
    assert run.rewind(40) == 40  # nothing is lost until training goes on
    assert torch.equal(run.sae.W_dec, forward.W_dec)
    assert (len(run.history["loss"]), run.hyper["k"]) == (40, 2)
    run.rewind(11)
    assert run.step == 10
    run.advance()
    assert max(run.checkpoints) <= 11
    run.train()
    same_curve(run, small().train())


def test_one_can_rewind_to_where_nothing_was_learned():
    run = small(steps=10)
    start = run.sae
    run.train()
    run.rewind(0)
    assert torch.equal(run.sae.W_enc, start.W_enc)
    with pytest.raises(ValueError, match="step= is 0 or more; got -1"):
        run.rewind(-1)


def test_checkpoints_are_many_and_even():
    run = small(steps=400, checkpoint_every=1).train()
    kept = run.checkpoints
    assert 50 <= len(kept) <= 64
    assert (kept[0], kept[-1]) == (0, 400)
    assert max(np.diff(kept)) <= 16  # 6 were even


def test_an_interrupt_waits_for_the_step_under_way():
    run, at = small(), 7
    loss = run._loop.objective.loss

    def interrupted(*arguments):
        if run.step == at:
            signal.raise_signal(signal.SIGINT)
        return loss(*arguments)

    run._loop.objective.loss = interrupted
    with pytest.raises(KeyboardInterrupt):
        run.train()
    assert run.step == len(run.history["loss"]) == at + 1
    run._loop.objective.loss = loss
    same_curve(run.train(), small().train())


def test_other_threads_look_and_steer_while_it_trains():
    run = small(steps=400)
    worker = threading.Thread(target=run.train)
    worker.start()
    seen = []
    while worker.is_alive():
        seen.append((run.step, len(run.rows()), float(run.sae.W_dec.norm()), run.density.sum()))
        if len(seen) == 5:
            run.set(k=2)
    worker.join()
    assert run.step == 400
    assert len(seen) >= 10  # nobody starves
    assert [name for _, changed in run.changes for name in changed] == ["k"]
    assert all(abs(rows - step) <= 1 for step, rows, *_ in seen[1:])


def test_two_runs_at_once_do_not_disturb_each_other():
    options = [{"seed": 1}, {"variant": "relu", "seed": 2}]
    alone, together = ([small(**each) for each in options] for _ in range(2))
    workers = [threading.Thread(target=run.train) for run in together]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for one, two in zip(alone, together, strict=True):
        same_curve(one.train(), two)


# ------------------------------------------------------------------------------------------ refuses


def test_a_batch_with_nan_teaches_nothing_and_is_named():
    x = activations()
    run = small(x)
    run.train(10)
    before = {name: value.clone() for name, value in run._loop.parameters.items()}
    good = x.clone()
    x[:] = float("inf")
    with pytest.raises(FloatingPointError, match=r"batch 11 holds NaN or infinity in 64 of 64"):
        run.train()
    assert run.step == len(run.history["loss"]) == 10
    for name, value in run._loop.parameters.items():
        assert torch.equal(value, before[name])
    x[:] = good
    assert np.isfinite(run.train().history["loss"]).all()


def test_a_loss_that_grows_without_bound_is_named():
    run = small(variant="relu", lr=1e25, clip=None, warmup=0)
    with pytest.raises(FloatingPointError, match=r"not finite.*smaller learning rate"):
        run.train()
    run.rewind(0)
    run.set(lr=1e-3)
    assert np.isfinite(run.train().history["loss"]).all()


BAD = activations()
BAD[3, 1] = float("nan")


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"batch_size": 600}, ValueError, "batch of 600 is larger than the data.* 512 rows"),
        ({"k": 17}, ValueError, "k is above 0 and at most d_sae = 16"),
        ({"l1": 0.1}, ValueError, "topk takes k.*got 'l1'"),
        ({"variant": "top"}, ValueError, "a variant is one of .*got 'top'"),
        ({"steps": 0}, ValueError, "steps= is 1 or more; got 0"),
        ({"steps": 1.5}, TypeError, r"steps= is a whole number; got 1\.5"),
        ({"lr": -1.0}, ValueError, r"lr= is above 0; got -1\.0"),
        ({"decay": 2}, ValueError, "decay= is a share, 0 to 1; got 2"),
        ({"precision": "float16"}, ValueError, "precision is 'float32' or 'bfloat16'"),
        ({"seed": -1}, ValueError, "a seed is 0 or larger"),
        ({"resample_at": 5}, TypeError, "resample_at is a list of steps; got 5"),
        ({"resample_at": ["5"]}, TypeError, "resample_at= is a whole number; got '5'"),
        ({"device": "gpu0"}, ValueError, "device is 'cpu', 'cuda'.*got 'gpu0'"),
        ({"normalize": "unit"}, ValueError, "a normalisation is one of"),
        ({"truth": "yes"}, TypeError, r"truth is a matrix of true directions \[feature, d\]"),
        ({"truth": torch.ones(8, 5)}, ValueError, r"rows of 8 finite.*got \[8, 5\]\. Turn"),
        ({"truth": torch.full((5, 8), torch.nan)}, ValueError, r"rows of 8 finite numbers"),
        ({"x": BAD}, ValueError, r"1 of 512 rows of activations hold NaN or infinity"),
        ({"x": torch.ones(512, 8)}, ValueError, r"all the same \(512 rows\)"),
        ({"x": torch.ones(512)}, ValueError, r"\[token, d"),
        ({"x": activations().to_sparse()}, TypeError, r"dense tensor of numbers: x\.to_dense"),
        ({"x": activations().numpy()}, TypeError, r"got ndarray\. As a tensor: torch\.as_tensor"),
        ({"x": torch.ones(512, 8, dtype=torch.int64)}, TypeError, "int64"),
    ],
)
def test_bad_input_is_refused_before_anything_is_trained(options, error, said):
    with pytest.raises(error, match=said):
        small(**options)


def test_no_pressure_at_all_is_an_autoencoder():
    run = small(variant="relu", l1=0.0, steps=200).train()
    assert np.isfinite(run.history["loss"]).all()
    assert run.history["fve"][-1] > 0.8
    assert run.history["l1"][-1] == 0


def test_one_activation_at_a_time():
    run = small(batch_size=1, steps=20).train()
    assert np.isfinite(run.history["loss"]).all()
    assert np.isfinite(run.history["fve"]).all()


def test_a_batch_without_variance_explains_no_multiple_of_it():
    """All rows but a few are the same: in float32 most batches vary by rounding alone."""
    x = torch.full((256, 8), 3.1)
    x[:2] = torch.randn(2, 8, generator=torch.Generator().manual_seed(0))
    shares = small(x, batch_size=32, steps=40).train().history["fve"]
    assert np.isfinite(shares).all()
    assert shares.max() <= 1


def test_activations_of_any_size_train_alike():
    usual, *others = (small(activations() * size, steps=30).train() for size in (1, 1e30, 1e-30))
    for run in others:
        np.testing.assert_allclose(run.history["fve"], usual.history["fve"], atol=1e-3)


def test_scales_come_from_a_sample_of_larger_data():
    x = activations(SAMPLE + 100, d=4)
    run = small(x, steps=2)
    assert run._loop.normalization.scale == pytest.approx(
        float(x.square().sum(1).mean().sqrt()), rel=1e-2
    )


def test_steps_are_printed_in_a_line():
    step = next(islice(small(), 1))
    assert repr(step).startswith("TrainingStep(1 of 60: loss ")
    with pytest.raises(AttributeError, match="a training step has no 'fvu'; it has loss, mse"):
        _ = step.fvu
    assert repr(small()) == "TrainingRun(topk, 16 latents, d=8, step 0 of 60)"
