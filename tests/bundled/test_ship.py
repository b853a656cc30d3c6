"""From a run to shipped weights: all or nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

import interp_widgets as iw
from interp_widgets.bundled import (
    ablation,
    behaviour,
    dashboards,
    dictionaries,
    dictionary_finds,
    lenses,
    mechanism,
    ship,
    sweeps,
    timeline,
    train,
    transcoder,
    twin,
)
from interp_widgets.bundled import tokenizer as tokenizers
from interp_widgets.bundled.internals import CourseModel
from interp_widgets.core.dictionary.sweep import sweep_of

TINY = train.Recipe(steps=4, rows=2, length=32, layers=8, width=16, mlp=16)


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return tokenizers.build()


@pytest.fixture(scope="module")
def finished(tokenizer: PreTrainedTokenizerFast, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a run of four steps leaves."""
    folder = tmp_path_factory.mktemp("run")
    run = train.Run(TINY, tokenizer)
    train.train(run, folder, checkpoints=range(2, 5))
    run.save_state(folder)
    train.save_model(run.model, tokenizer, folder / "model")
    return folder


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    """A copy of it, to break."""
    return Path(shutil.copytree(finished, tmp_path / "run"))


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder with weights and a card that are to be replaced, or kept."""
    folder = tmp_path / "package"
    (folder / "weights").mkdir(parents=True)
    (folder / "weights" / "model.safetensors").write_bytes(b"old")
    (folder / "card.json").write_text("old")
    return folder


def listing(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def deliver(run: Path, package: Path) -> None:
    with torch.random.fork_rng():
        ship.ship(run, package / "weights", package / "card.json")


def test_a_run_takes_the_place_of_the_weights(
    run: Path, package: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With fewer steps and prompts, for time; four steps bring no induction, so any will do."""
    for module, name, value in (
        (timeline, "SHIPPED_AT", (2.0, 0.0, 0.0)),
        (twin, "STEPS", 2),
        (transcoder, "STEPS", 2),
        (transcoder, "TRAIN_BATCHES", 1),
        (transcoder, "TEST_BATCHES", 1),
        (behaviour, "ATTRIBUTES", ("capital", "postal code")),
        (ablation, "TEMPLATES_EACH", 1),
        (mechanism, "PAIRS", 4),
        (lenses, "TEXTS", {"tuned": 20, "jacobian": 4}),
        (lenses, "FRESH", 2),
        (dictionaries, "RECIPES", (dictionaries.RECIPES[3], dictionaries.RECIPES[7])),
        (dictionaries, "WIDTH", 32),
        (dictionaries, "DOCUMENTS", 20),
        (dictionaries, "PACKED", 1),
        (dictionaries, "STEPS", 2),
        (dictionary_finds, "FRESH", 4),
        (dictionary_finds, "EACH", 4),
        (dashboards, "READ", 20),
        (sweeps, "POINTS", [("topk", 16, 2), ("relu", 16, 0.1)]),
        (sweeps, "TRAINED_ON", 20),
        (sweeps, "JUDGED_ON", 2),
        (sweeps, "STEPS", 2),
        (sweeps, "BATCH", 16),
    ):
        monkeypatch.setattr(module, name, value)
    deliver(run, package)
    weights = package / "weights"
    made = json.loads((package / "card.json").read_text())
    assert made["recipe"] == json.loads(json.dumps(asdict(TINY)))
    model = CourseModel.load(weights)
    trained = load_file(run / "model" / "model.safetensors")
    assert all(torch.equal(p, trained[n]) for n, p in model.hf.named_parameters())
    assert (weights / twin.FILE).is_file()
    assert {f.stem for f in (weights / lenses.FOLDER).iterdir()} == set(made["lens_distance"]) - {
        "logit"
    }
    found = {f.name for f in (weights / dictionaries.FOLDER).iterdir()}
    assert found == set(made["dictionaries"]["quality"]) == {"L3_topk", "L7_topk"}
    sae = iw.SAE.load(weights / "saes" / "L3_topk")
    dash = iw.FeatureDashboards.load(weights / "dashboards" / "L3_topk.safetensors")
    cosine = torch.nn.functional.cosine_similarity(sae.W_enc.T, sae.directions, dim=1)
    torch.testing.assert_close(dash.encoder_cosine, cosine, atol=1e-5, rtol=0)
    swept = sweep_of(**json.loads((weights / "sae_sweep.json").read_text()))
    assert list(zip(swept.variants, swept.widths, swept.settings, strict=True)) == sweeps.POINTS
    assert not swept.values.isnan().any()
    assert {sae.model, dash.model, swept.model} == {"course-model"}
    kept = sorted(f.name for f in (weights / "checkpoints").glob("step_*"))
    assert kept == ["step_0002", "step_0004"]
    AutoModelForCausalLM.from_pretrained(weights / "checkpoints" / kept[0])
    assert {f.name for f in package.iterdir()} == {"weights", "card.json"}
    said = capsys.readouterr().out
    assert "MB" in said
    assert "2 of 2, relu of 16" in said
    assert "[4, 2]" in said


@pytest.mark.parametrize(
    ("spoil", "remedy"),
    [
        (lambda run: (run / "state.safetensors").unlink(), "bundled.train --out"),
        (lambda run: shutil.rmtree(run / "model"), "--resume"),
        (lambda run: (run / "model" / "tokenizer.json").unlink(), "tokenizer.json.*--resume"),
        (lambda run: shutil.rmtree(run / "checkpoints"), "train anew"),
    ],
)
def test_a_run_that_lacks_something_is_refused(
    run: Path, package: Path, spoil: Callable[[Path], None], remedy: str
) -> None:
    spoil(run)
    before = listing(package)
    with pytest.raises(FileNotFoundError, match=remedy):
        deliver(run, package)
    assert listing(package) == before


def test_a_run_that_is_not_done_is_refused(
    tokenizer: PreTrainedTokenizerFast, run: Path, package: Path
) -> None:
    train.Run(TINY, tokenizer).save_state(run)
    with pytest.raises(ValueError, match=r"step 0 of 4: go on, .*--resume"):
        deliver(run, package)


def test_snapshots_without_the_phase_change_are_refused(run: Path, package: Path) -> None:
    before = listing(package)
    with pytest.raises(ValueError, match="3 snapshots have induction accuracies"):
        deliver(run, package)
    assert listing(package) == before


def test_a_step_that_fails_leaves_the_weights_as_they_were(run: Path, package: Path) -> None:
    (run / "checkpoints" / "step_0003" / "model.safetensors").write_bytes(b"cut off")
    before = listing(package)
    with pytest.raises(Exception, match=r"header|deserializ"):
        deliver(run, package)
    assert listing(package) == before


def test_three_snapshots_frame_the_change() -> None:
    accuracy = {100: 0.0, 110: 0.04, 120: 0.06, 130: 0.6, 140: 0.7, 150: 0.9, 160: 0.95}
    rows = [{"step": float(s), "induction_accuracy": a} for s, a in accuracy.items()]
    assert timeline.chosen(rows) == [110, 130, 150]
    with pytest.raises(ValueError, match="train again"):
        timeline.chosen(rows[:4])
