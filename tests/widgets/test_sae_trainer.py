"""SAETrainer without a browser: what travels, what steering does to a run, what is refused."""

from __future__ import annotations

import json
import re
import time
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.dictionary.synthetic import ground_truth
from interp_widgets.widgets import SAETrainer
from interp_widgets.widgets import _sae_sent as sent
from interp_widgets.widgets._sae_curves import MOST, Curves, close_up
from interp_widgets.widgets._sae_entrant import MEASURES, Entrant
from tests.widgets.examples import model
from tests.widgets.synthetic import unpack

SETTINGS = {"d_sae": 16, "steps": 60, "batch_size": 64, "lr": 3e-3}


def made(**given: Any) -> Any:
    return ground_truth(**{"d": 8, "features": 12, "samples": 512, "active": 2.0, **given})


def run(variant: str = "relu", **given: Any) -> Any:
    own = {"l1": 0.1} if variant == "relu" else {}
    return iw.train_sae(made().x, variant=variant, **{**SETTINGS, **own, **given})


def by_hand(rows: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    parts = [rows[i : i + size] for i in range(0, len(rows), size)]
    with np.errstate(all="ignore"):
        return (
            np.stack([np.nanmin(part, axis=0) for part in parts]),
            np.stack([np.nanmax(part, axis=0) for part in parts]),
        )


class Page:
    """What a page makes of the messages: the mirror of `store.ts`."""

    def __init__(self, curves: dict[str, Any]) -> None:
        self.known: dict[int, list[Any]] = {}
        self.keys: list[int] = []
        self.open(curves)

    def open(self, curves: dict[str, Any]) -> None:
        for i, key in enumerate(self.keys):
            self.known[key] = [self.size[i], self.low[i], self.high[i]]
        self.seq, self.keys = curves["seq"], [piece["key"] for piece in curves["runs"]]
        empty = np.empty((0, len(MEASURES)), dtype=np.float32)
        had = [self.known.get(key, [1, empty, empty]) for key in self.keys]
        self.size, self.low, self.high = (list(each) for each in zip(*had, strict=True))
        for i, piece in enumerate(curves["runs"]):
            if piece["from"] == 0:
                self.size[i], self.low[i], self.high[i] = piece["size"], empty, empty
            self._put(i, piece)

    @staticmethod
    def _ends(piece: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
        ends = unpack(piece["plane"])
        return ends[0], ends[-1]

    def take(self, pulse: dict[str, Any]) -> None:
        assert pulse["seq"] == self.seq + 1
        self.seq += 1
        for i, piece in enumerate(pulse["runs"]):
            if piece["cut"] >= 0:
                left = -(-piece["cut"] // self.size[i])
                self.low[i], self.high[i] = self.low[i][:left], self.high[i][:left]
                if piece["size"] < self.size[i]:
                    self.size[i] = piece["size"]
                    self.low[i], self.high[i] = self.low[i][:0], self.high[i][:0]
            self._put(i, piece)

    def _put(self, i: int, piece: dict[str, Any]) -> None:
        while self.size[i] < piece["size"]:
            self.size[i] *= 2
            self.low[i] = by_hand(self.low[i], 2)[0] if len(self.low[i]) else self.low[i]
            self.high[i] = by_hand(self.high[i], 2)[1] if len(self.high[i]) else self.high[i]
        low, high = self._ends(piece)
        first = piece["from"]
        assert first <= len(self.low[i])
        self.low[i] = np.concatenate([self.low[i][:first], low])
        self.high[i] = np.concatenate([self.high[i][:first], high])


def overheard(trainer: SAETrainer) -> tuple[Page, list[tuple[float, int]]]:
    """A page that follows the trainer; time and bytes of each message."""
    page, heard = Page(trainer.curves), []
    send = trainer._send

    def listen(message: dict[str, Any], buffers: Any = None) -> None:
        size = len(json.dumps(message)) + sum(len(bytes(b)) for b in buffers or [])
        heard.append((time.monotonic(), size))
        if "pulse" in message.get("state", {}):
            page.take(trainer.pulse)
        if "curves" in message.get("state", {}):
            page.open(trainer.curves)
        send(message, buffers)

    trainer._send = listen  # type: ignore[method-assign]
    return page, heard


def holds(page: Page, trainer: SAETrainer, index: int = 0) -> None:
    """The page has, of every measure, the least and the largest value of every bucket."""
    one = trainer._entrants[index]
    low, high = by_hand(one.rows(0, one.step), page.size[index])
    np.testing.assert_array_equal(page.low[index], low)
    np.testing.assert_array_equal(page.high[index], high)


@pytest.mark.filterwarnings("ignore:All-NaN")
def test_a_curve_taken_in_piece_by_piece_keeps_every_extreme() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(5000, 3)).astype(np.float32)
    rows[rng.random(rows.shape) < 0.1] = np.nan
    curves, at = Curves(3), 0
    while at < len(rows):
        step = int(rng.integers(1, 400))
        curves.extend(rows[at : at + step])
        at = min(at + step, len(rows))
        assert len(curves.low) <= MOST
        low, high = by_hand(rows[:at], curves.size)
        np.testing.assert_array_equal(curves.low, low)
        np.testing.assert_array_equal(curves.high, high)
    assert curves.size == 16
    curves.cut(1001)
    assert curves.steps == 992
    curves.extend(rows[992:1001])
    np.testing.assert_array_equal(curves.high, by_hand(rows[:1001], 16)[1])


def test_a_close_up_keeps_every_extreme() -> None:
    values = np.random.default_rng(1).normal(size=1001).astype(np.float32)
    size, ends = close_up(values, 200)
    assert size == 6
    low, high = by_hand(values[:, None], 6)
    np.testing.assert_array_equal(ends, np.stack([low[:, 0], high[:, 0]]))


@pytest.mark.filterwarnings("ignore:All-NaN")
@pytest.mark.parametrize("busy", [False, True], ids=["as it is", "no time to speak"])
def test_messages_are_small_and_few_and_add_up_to_the_curve(busy: bool) -> None:
    runs = [run(steps=560), run("topk", k=2, steps=560)]
    trainer = SAETrainer(runs, picked=3)
    if busy:  # all of the curves is left for the end
        trainer._says.least = trainer._says.most = 1e9
    page, heard = overheard(trainer)
    trainer.start().wait()
    began, ended = heard[0][0], heard[-1][0]
    assert max(size for _, size in heard) <= 4096
    # Start and the end speak out of turn, and the sign of work comes and goes.
    assert len(heard) <= 10 * (ended - began) + 6
    for index in range(2):
        assert page.size[index] == 2
        holds(page, trainer, index)
    trainer.rewind(300)
    holds(page, trainer)
    trainer.step(40).wait()
    holds(page, trainer)
    trainer.rewind(0)
    assert page.size == [1, 1]
    trainer.step(30).wait()
    holds(page, trainer)


def test_a_million_steps_are_sent_as_few() -> None:
    values = torch.rand(len(MEASURES) - 1, 1_000_000)
    record = run().record
    long = type(record)(
        **{
            **{field.name: getattr(record, field.name) for field in fields(record)},
            "metrics": MEASURES[:-1],
            "values": values,
            "steps": 1_000_000,
        }
    )
    one = Entrant(long)
    opening = sent.opening([one], 0)["runs"][0]
    assert opening["size"] == 2048
    assert opening["plane"]["shape"] == [2, 489, len(MEASURES)]
    close = sent.closeup([one], "loss", 500_000, 500_800)["runs"][0]
    wanted = values[0, 500_000:500_800].numpy().reshape(-1, 2)
    np.testing.assert_array_equal(unpack(close["plane"])[0], wanted.min(1))


def test_what_is_turned_while_it_runs_acts_at_the_next_step_and_is_marked() -> None:
    trainer = SAETrainer(run(steps=100_000))
    trainer.start()
    while trainer.run.step < 20:
        time.sleep(0.005)
    began = time.monotonic()
    for i, value in enumerate((0.2, 0.3, 0.4)):
        action = {"do": "change", "run": 0, "what": "l1", "to": value, "burst": "hand"}
        trainer.act(action)
        before = trainer.run.step
        while len(trainer.run.changes) <= i and time.monotonic() - began < 10:
            time.sleep(0.001)
        assert trainer.run.changes[i][0] <= before + 1
    trainer.pause().wait()
    assert [change[1]["l1"][1] for change in trainer.run.changes] == [0.2, 0.3, 0.4]
    (mark,) = trainer.marks[0]  # a drag of a slider is one
    assert mark == [trainer.run.changes[0][0], "l1", 0.1, 0.4]
    assert trainer.run.hyper["l1"] == 0.4
    trainer.undo()  # the pause: training goes on
    trainer.undo()  # the drag
    trainer.pause().wait()
    trainer.step().wait()  # what was turned during the last step waits for the next
    assert trainer.run.hyper["l1"] == 0.1
    assert trainer.marks[0][-1][1:] == ["l1", 0.4, 0.1]
    trainer.close()


def test_a_rewind_retraces_bit_for_bit_unless_a_knob_is_turned() -> None:
    trainer = SAETrainer(run(checkpoint_every=10))
    trainer.step(45).wait()
    losses = trainer.run.history["loss"].copy()
    trainer.rewind(29)
    assert trainer.run.step == 20
    assert not trainer.working
    assert trainer.kept[0] == [0, 10, 20, 30, 40, 45]
    trainer.undo()  # nothing was trained since: forward again
    assert trainer.run.step == 45
    trainer.redo()
    assert trainer.run.step == 20
    trainer.step(25).wait()
    np.testing.assert_array_equal(trainer.run.history["loss"], losses)
    assert trainer.pulse["runs"][0]["again"] == [25, -1]
    assert not trainer.pulse["runs"][0]["turned"]
    trainer.rewind(20).change(l1=0.3).step(10).wait()
    same, differs = trainer.pulse["runs"][0]["again"]
    assert (same, differs) == (0, 21)
    assert trainer.pulse["runs"][0]["turned"]  # no fault of the machine's
    trainer.rewind(10).step(20).wait()  # the knob stays where it was turned
    assert trainer.pulse["runs"][0]["again"] == [0, 11]
    assert trainer.pulse["runs"][0]["turned"]


def test_training_in_the_widget_is_the_training_itself() -> None:
    alone = run("topk", k=2).train()
    watched = [SAETrainer(run("topk", k=2)), SAETrainer(run("topk", k=2), picked=1)]
    for trainer in watched:  # both at once
        trainer.start()
    for trainer in watched:
        trainer.wait()
        for name in ("loss", "mse", "l0", "fve"):
            np.testing.assert_array_equal(trainer.run.history[name], alone.history[name])
        assert trainer.describe().startswith("Finished training: topk, 16 latents on width 8")


def test_runs_of_a_race_go_step_by_step() -> None:
    race = [{"variant": "relu", "l1": 0.1}, {"variant": "relu", "l1": 0.5}]
    trainer = SAETrainer(data=made(), race=race)
    assert [one.name for one in trainer._entrants] == ["relu λ 0.1", "relu λ 0.5"]
    trainer.close()
    trainer = SAETrainer([run(), run("topk", k=2, steps=30)])
    trainer.step(7).wait()
    assert [one.step for one in trainer.runs] == [7, 7]
    trainer.start().wait()
    assert [one.step for one in trainer.runs] == [60, 30]
    assert all(one.done for one in trainer.runs)


def test_runs_change_join_and_leave_and_come_back_as_they_were() -> None:
    trainer = SAETrainer(data=made(), race=[{"variant": "relu", "l1": 0.2}, {"k": 2}], **SETTINGS)
    trainer.step(5).wait()
    first, second = trainer.runs
    trainer.act({"do": "make", "run": 0, "what": "variant", "to": "topk"})
    assert [one.variant for one in trainer.runs] == ["topk", "topk"]
    assert [one.step for one in trainer.runs] == [0, 5]
    assert trainer.curves["runs"][0]["step"] == 0
    trainer.act({"do": "make", "run": 1, "what": "d_sae", "to": 32})
    assert all(re.fullmatch(r"topk .*d_sae (16|32)", one.name) for one in trainer._entrants)
    trainer.undo().undo()
    assert trainer.runs == [first, second]
    trainer.act({"do": "enter", "variant": "jumprelu"})
    assert [one.variant for one in trainer.runs] == ["relu", "topk", "jumprelu"]
    trainer.act({"do": "leave", "run": 1})
    third = trainer.runs[1]
    trainer.start()  # who is behind catches up first
    while third.step < 5:
        time.sleep(0.002)
    assert first.step <= 6
    trainer.wait()
    assert [one.step for one in trainer.runs] == [60, 60]
    trainer.undo().undo()
    assert trainer.runs == [first, second, third]
    assert second.step == 5
    with pytest.raises(ValueError, match="variant is one of"):
        trainer.act({"do": "enter", "variant": "beauty"})
    with pytest.raises(ValueError, match="k"):
        trainer.act({"do": "make", "run": 1, "what": "d_sae", "to": 1})
    assert len(trainer.runs) == 3


def test_switches_break_a_run_and_mend_it() -> None:
    race = [{"variant": "relu", "l1": 0.1}] * 2
    trainer = SAETrainer(data=made(samples=2048), race=race, **{**SETTINGS, "steps": 300})
    healthy = trainer.runs[1]

    def switch(*names: str) -> Any:
        for name in names:
            trainer.act({"do": "break", "run": 1, "switch": name})
        return trainer.runs[1]

    assert switch("l1_up").hyper["l1"] == pytest.approx(10)
    assert switch("l1_down").hyper["l1"] == pytest.approx(0.001)  # one way only
    assert switch("width").d_sae == 8
    assert trainer._entrants[1].name == "relu, λ / 100, width 1×"
    assert not switch("l1_down", "width", "center").sae.center
    assert switch("center") is healthy
    free = switch("norm")
    trainer.start().wait()
    lengths = [one.sae.directions.norm(dim=1).mean() for one in (trainer.runs[0], free)]
    assert lengths[1] > 1.1 * lengths[0]  # the penalty is escaped by growing
    assert free.history["sparsity"][-1] < trainer.runs[0].history["sparsity"][-1]
    with pytest.raises(ValueError, match="cannot be done to the variant topk"):
        trainer.act({"do": "make", "run": 1, "what": "variant", "to": "topk"})
    with pytest.raises(ValueError, match="switch is one of norm, center"):
        switch("light")


def test_true_directions_are_matched_while_it_trains() -> None:
    trainer = SAETrainer(data=made(samples=4096), **{**SETTINGS, "steps": 400, "batch_size": 256})
    assert trainer.curves["runs"][0]["truths"] == 12
    trainer.start().wait()
    match = trainer.run.truth_match()
    assert trainer.match["count"] == match.count()
    assert trainer.match["partner"] == match.partner.tolist()
    packed = unpack(trainer.match["planes"][0]).astype(int)
    cells = np.stack([packed >> 4, packed & 15], axis=1).ravel()[: 12 * 12].reshape(12, 12)
    wanted = match.matrix[:, match.partner].clamp(0, 1).numpy()
    np.testing.assert_allclose(cells / 15, wanted, atol=1 / 30 + 1e-6)
    assert trainer.pulse["runs"][0]["now"][-1] == pytest.approx(match.recovered(), abs=1e-6)
    latent = int(match.partner[4])
    card = trainer.act({"do": "pick", "latent": latent}).card
    assert (card["partner"], card["paired"]) == (int(match.matrix[:, latent].argmax()), True)
    assert card["cosine"] == pytest.approx(float(match.matrix[:, latent].max()), abs=1e-3)
    acts = trainer.run.sae.encode(made(samples=4096).x[:2048])[:, latent]
    assert card["examples"][0]["row"] == int(acts.argmax())
    assert card["examples"][0]["act"] == pytest.approx(float(acts.max()), abs=1e-3)


def test_more_truths_than_rows_are_joined() -> None:
    trainer = SAETrainer(data=made(features=100, d=16), d_sae=128, steps=10, batch_size=64)
    trainer.step(2).wait()
    match = trainer.run.truth_match()
    square = match.matrix[:, match.partner].numpy()
    packed = unpack(trainer.match["planes"][0]).astype(int)
    cells = np.stack([packed >> 4, packed & 15], axis=1).reshape(50, 50)
    wanted = square.reshape(50, 2, 50, 2).max((1, 3)).clip(0, 1)
    np.testing.assert_allclose(cells / 15, wanted, atol=1 / 30 + 1e-6)
    assert len(json.dumps(trainer.density)) + len(packed) < 3500


def test_examples_of_a_latent_come_from_the_texts() -> None:
    texts = ["the capital of Texas is Austin", "the city of Rome and the city of Paris"] * 2
    read = [iw.cache(model(), text, sites=["L1.resid_post"])["L1.resid_post"] for text in texts[:2]]
    rows = torch.cat([part[1:] for part in read])
    site = iw.train_sae(rows, d_sae=32, k=2, steps=20, batch_size=8)
    site.site = "L1.resid_post"  # a run on the model's own activations says so itself
    trainer = SAETrainer(site, model=model(), texts=texts)
    trainer.step(20).wait()
    acts = site.sae.encode(rows)
    latent = int(acts.sum(0).argmax())
    best = trainer.act({"do": "pick", "latent": latent}).card["examples"][0]
    assert best["acts"][best["peak"]] == pytest.approx(float(acts[:, latent].max()), abs=1e-3)
    assert "".join(best["tokens"]).strip() in " ".join(texts)
