"""FeatureDashboard beside a training run: it reads again and again, and holds nothing up."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.hooks import hooked
from interp_widgets.widgets.features import FeatureDashboard
from tests.core.tiny import WORDS
from tests.widgets.examples import model
from tests.widgets.feature_data import LATENTS, dashboards, small_sae


@pytest.fixture
def record() -> Any:
    return dashboards(model())


@pytest.fixture
def widget(record: Any) -> FeatureDashboard:
    return FeatureDashboard(record, model=model(), sae=small_sae())


def test_it_reads_again_while_a_run_goes_on_and_ends_with_it() -> None:
    texts = [" ".join(random.Random(i).choices(WORDS, k=9)) for i in range(30)]
    x = torch.randn(400, 32, generator=torch.Generator().manual_seed(0))
    settings = {"site": "L1.resid_post", "top": 4}
    run = iw.train_sae(x, d_sae=LATENTS, k=3, steps=40, batch_size=64)
    shown = FeatureDashboard(
        iw.features(model(), run.sae, texts, **settings), model=model(), sae=run.sae
    )
    shown.act({"do": "rename", "side": 0, "feature": 2, "text": "mine"})
    shown.act({"do": "prompt", "text": "the city of Rome"}).wait()
    first = shown.record
    with hooked(model(), {}):  # nothing else can run the model: following does not wait for it
        shown.follow(run, texts, 0, **settings)
        assert shown.record is first
    for _ in islice(run, 20):
        pass
    assert until(lambda: shown.record is not first)
    for _ in run:
        pass
    wanted = iw.features(model(), run.sae, texts, **settings)
    assert until(lambda: torch.equal(shown.record.max, wanted.max))
    assert torch.equal(shown.record.ranks.nan_to_num(), wanted.ranks.nan_to_num())
    alone = FeatureDashboard(wanted, model=model(), sae=run.sae, prompt="the city of Rome")
    assert shown.wait().fires == alone.fires
    assert shown.record.labels[2].text == "mine"
    assert until(lambda: not any(t.name == "iw-follower" for t in threading.enumerate()))


def test_what_cannot_be_followed(widget: FeatureDashboard, record: Any) -> None:
    run = iw.train_sae(torch.randn(100, 32), d_sae=LATENTS, k=3, steps=4, batch_size=32)
    viewer = FeatureDashboard(record)
    two = FeatureDashboard(record, dashboards(model(), 1))
    for shown, given, error, said in (
        (viewer, (run, ["a"]), TypeError, "needs the model"),
        (widget, (record, ["a"]), TypeError, "a run of iw.train_sae"),
        (widget, (run, "a text"), TypeError, "texts are several"),
        (widget, (run, ["the city"], -1), ValueError, "0 or more; got -1"),
        (widget, (run, ["the city"], "1"), TypeError, "seconds= is a number"),
        (widget, (run, ["the city"]), ValueError, "does not say where it reads"),
    ):
        with pytest.raises(error, match=said):
            shown.follow(*given)  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match="needs the model"):
        two.follow(run, ["a"])
    with pytest.raises(ValueError, match="top= is a whole number"):
        widget.follow(run, ["the city"], site="L1.resid_post", top=0)
    widget.follow(run, ["the city", 5], site="L1.resid_post")  # pyright: ignore[reportArgumentType]
    assert until(lambda: "text 1" in widget.error)
    assert widget.follow(None, None).record is record


def until(true: Any, seconds: float = 30.0) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return true()


READING = """
import time
import interp_widgets as iw
from interp_widgets.widgets.features import FeatureDashboard
from tests.widgets.examples import model
from tests.widgets.feature_data import dashboards, small_sae
class Run:
    sae, step, done = small_sae(), 0, False
shown = FeatureDashboard(dashboards(model()), model=model(), sae=Run.sae)
shown.follow(Run, ["the city of Rome " * 9] * 20_000, 0)
time.sleep(0.3)
print("over")
"""


def test_python_ends_in_order_while_a_reading_is_under_way() -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", READING], cwd=root, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "over\n", "")
