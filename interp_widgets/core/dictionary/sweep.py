"""Many dictionaries of the same activations, judged alike: sparsity against fidelity.

One dictionary is a point; what a variant is worth shows in its front, the best fidelity at every
sparsity. `sae_sweep` reads the table that was recorded for the course model, `train_sweep` makes
such a table anew, one point after the other.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from interp_widgets.core.arguments import check_real
from interp_widgets.core.dictionary.evaluate import evaluate_sae
from interp_widgets.core.dictionary.substitution import spot_of
from interp_widgets.core.dictionary.token_stream import each_text
from interp_widgets.core.dictionary.train import train_sae
from interp_widgets.core.dictionary.training_run import TrainingRun
from interp_widgets.core.dictionary.variants import make_variant
from interp_widgets.core.language_model import LanguageModel, check_model
from interp_widgets.core.result import Result

if TYPE_CHECKING:
    import pandas as pd

    from interp_widgets.core.tokens import Prompt

RECORDED = Path(__file__).parents[2] / "bundled" / "weights" / "sae_sweep.json"
KNOBS = ("k", "l1")  # what sets the sparsity: a number of latents, or a price
MEASURES = (
    "l0",
    "fve",
    "nmse",
    "cosine",
    "shrinkage",
    "dead",
    "ce_recovered",
    "delta_ce",
    "kl",
    "seconds",
)


@dataclass(frozen=True, eq=False, repr=False)
class Sweep(Result):
    """Dictionaries that differ in variant, width and sparsity, on the same held-out texts.

    In a partial record (`iter_train_sweep`) measures of points not trained yet are NaN.

    Attributes:
        site: where they read.
        variants: of each point, ``[point]``, as are the next three.
        widths: how many latents.
        knobs: what set the sparsity, ``"k"`` or ``"l1"``.
        settings: its value.
        measures: names, as in `MEASURES`; ``seconds`` is what training took of processors,
            all cores together: a busy machine does not change it.
        values: ``[measure, point]``.
        steps, batch_size: of every training.
        tokens: different activations that were trained on.
        held_out: activations that were judged.
        ce_clean, ce_ablated: loss of the model, and with zeros at the site, nats.
    """

    site: str
    variants: tuple[str, ...]
    widths: tuple[int, ...]
    knobs: tuple[str, ...]
    settings: tuple[float, ...]
    measures: tuple[str, ...]
    values: Tensor
    steps: int
    batch_size: int
    tokens: int
    held_out: int
    ce_clean: float
    ce_ablated: float

    def __getitem__(self, measure: str) -> Tensor:
        """One measure of every point, ``[point]``; KeyError for one that is not there."""
        if measure not in self.measures:
            raise KeyError(f"no measure {measure!r}; there are {', '.join(self.measures)}.")
        return self.values[self.measures.index(measure)]

    def __len__(self) -> int:
        return len(self.variants)

    def where(self, variant: str | None = None, width: int | None = None) -> list[int]:
        """Numbers of the points of a variant, of a width, or both; the sparsest first."""
        points = range(len(self))
        if variant is not None:
            points = [i for i in points if self.variants[i] == variant]
        if width is not None:
            points = [i for i in points if self.widths[i] == width]
        l0 = self["l0"].tolist()
        return sorted(points, key=lambda i: (isnan(l0[i]), l0[i]))

    def front(self, measure: str = "fve") -> list[int]:
        """Points that no other beats: none is as sparse and better. The sparsest first.

        Raises:
            KeyError: no such measure.
        """
        values, l0 = self[measure].tolist(), self["l0"].tolist()
        sign = -1 if measure in ("nmse", "dead", "delta_ce", "kl", "seconds") else 1
        found: list[int] = []
        best = float("-inf")
        for i in sorted(range(len(self)), key=lambda i: (l0[i], -sign * values[i])):
            if not isnan(l0[i]) and sign * values[i] > best:
                found.append(i)
                best = sign * values[i]
        return found

    def name(self, point: int) -> str:
        """A point in words: ``"topk of 512, k 16"``."""
        return (
            f"{self.variants[point]} of {self.widths[point]}, {self.knobs[point]} "
            f"{self.settings[point]:g}"
        )

    def __repr__(self) -> str:
        variants = len(set(self.variants))
        return f"Sweep({len(self)} dictionaries of {variants} variants{self.place})"

    @property
    def place(self) -> str:
        """Site and model for a sentence, ``" at L3.resid_post of gpt2"``; what is known of them."""
        site = f" at {self.site}" if self.site else ""
        return site + (f" of {self.model}" if self.model else "")

    def describe(self) -> str:
        """What is on the front, and its ends."""
        front = self.front()
        start = f"{len(self)} dictionaries{self.place}"
        if not front:
            return f"{start}, still training."
        first, last = front[0], front[-1]
        fve, l0 = self["fve"], self["l0"]
        return (
            f"{start}, judged on {self.held_out} tokens: from {self.name(first)} (L0 "
            f"{float(l0[first]):.1f}, {float(fve[first]):.1%} of the variance) to "
            f"{self.name(last)} (L0 {float(l0[last]):.1f}, {float(fve[last]):.1%}), {len(front)} "
            "are beaten by none."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a point. Columns: variant, width, knob, setting, the measures, front."""
        import pandas as pd

        columns: dict[str, object] = {
            "variant": self.variants,
            "width": self.widths,
            "knob": self.knobs,
            "setting": self.settings,
        }
        columns |= {name: self[name].numpy() for name in self.measures}
        front = set(self.front())
        columns["front"] = [i in front for i in range(len(self))]
        return pd.DataFrame(columns)


def sae_sweep() -> Sweep:
    """The sweep that was recorded on the course model; nothing is run.

    ``python -m interp_widgets.bundled.sweeps`` made it.

    Raises:
        FileNotFoundError: it was not recorded for these weights.
    """
    if not RECORDED.is_file():
        raise FileNotFoundError(
            "no sweep was recorded for these weights: python -m interp_widgets.bundled.sweeps "
            "makes one, in some minutes."
        )
    return sweep_of(**json.loads(RECORDED.read_text()))


def sweep_of(points: Sequence[Mapping[str, Any]], **about: Any) -> Sweep:
    """A record of points that were measured.

    Args:
        points: of each point ``variant``, ``width``, ``knob``, ``setting`` and the measures; one
            that is missing is NaN.
        **about: the other fields of `Sweep`; ``""`` and 0 where they are not given.
    """
    blank: dict[str, Any] = {"model": "", "revision": "", "prompt": "", "site": ""}
    blank |= dict.fromkeys(("steps", "batch_size", "tokens", "held_out"), 0)
    blank |= dict.fromkeys(("ce_clean", "ce_ablated"), float("nan"))
    rows = [[float(p.get(name, float("nan"))) for p in points] for name in MEASURES]
    return Sweep(
        **(blank | about),
        variants=tuple(str(point["variant"]) for point in points),
        widths=tuple(int(point["width"]) for point in points),
        knobs=tuple(str(point["knob"]) for point in points),
        settings=tuple(float(point["setting"]) for point in points),
        measures=MEASURES,
        values=torch.tensor(rows, dtype=torch.float32),
    )


def train_sweep(
    model: LanguageModel,
    x: Tensor,
    site: str,
    held_out: Iterable[Prompt],
    points: Sequence[tuple[str, int, float]],
    steps: int = 600,
    batch_size: int = 1024,
    seed: int = 0,
    **settings: Any,
) -> Sweep:
    """Train a dictionary for every point and judge it on texts that it was not trained on.

    Args:
        model: the model that the activations are of.
        x: its activations at the site, ``[token, d]``.
        site: the place.
        held_out: texts to judge on.
        points: variant, width and setting of each: ``("topk", 512, 16)``. The setting is ``k`` for
            the variants that choose a number of latents, ``l1`` for the others.
        steps: of each training.
        batch_size: of each training.
        seed: of each training.
        **settings: anything else that `train_sae` takes, the same for all.

    Returns:
        The record.

    Raises:
        TypeError, ValueError: as `train_sae` and `evaluate_sae`.
    """
    return deque(
        iter_train_sweep(model, x, site, held_out, points, steps, batch_size, seed, **settings),
        maxlen=1,
    ).pop()


def iter_train_sweep(
    model: LanguageModel,
    x: Tensor,
    site: str,
    held_out: Iterable[Prompt],
    points: Sequence[tuple[str, int, float]],
    steps: int = 600,
    batch_size: int = 1024,
    seed: int = 0,
    **settings: Any,
) -> Generator[Sweep]:
    """`train_sweep` in steps: the same record after every point. Closing it cancels."""
    check_model(model)
    if not isinstance(x, Tensor):
        raise TypeError(f"x= is activations [token, d]; got {type(x).__name__}.")
    if not points:
        raise ValueError("points= holds no point to train, such as ('topk', 512, 16).")
    texts = list(each_text(held_out))
    about: dict[str, Any] = {"model": model.name, "revision": model.revision, "site": site}
    about |= {"steps": steps, "batch_size": batch_size, "tokens": len(x)}
    rows = [_row(point) for point in points]
    common = settings | {"steps": steps, "batch_size": batch_size, "seed": seed}
    # All that is wrong with a point shows before the first is trained, on one batch of the data.
    begun = [_begin(x[:batch_size], row, common) for row in rows]
    spot_of(model, begun[0].sae, site)
    return _steps(model, x, texts, rows, common, about)


def _steps(
    model: LanguageModel,
    x: Tensor,
    texts: list[Prompt],
    rows: list[dict[str, Any]],
    common: dict[str, Any],
    about: dict[str, Any],
) -> Generator[Sweep]:
    for row in rows:
        run = _begin(x, row, common)
        start = process_time()
        for _ in run:
            pass
        row["seconds"] = process_time() - start
        judged = evaluate_sae(model, run.sae, texts, about["site"])
        row |= {name: getattr(judged, name) for name in MEASURES if name != "seconds"}
        known = {"held_out": judged.tokens}
        known |= {"ce_clean": judged.ce_clean, "ce_ablated": judged.ce_ablated}
        yield sweep_of(rows, **about, **known)


def _begin(x: Tensor, row: dict[str, Any], common: dict[str, Any]) -> TrainingRun:
    setting = {row["knob"]: row["setting"]}
    # One checkpoint at the end: nobody rewinds these.
    kept = {"checkpoint_every": common["steps"]}
    shape = {"variant": row["variant"], "d_sae": row["width"]}
    return train_sae(x, **shape, **setting, **(kept | common))


def _row(point: Any) -> dict[str, Any]:
    if not isinstance(point, tuple | list) or len(point) != 3:
        raise TypeError(
            f"a point is variant, width and setting, ('topk', 512, 16); got {point!r:.60}."
        )
    variant, width, setting = point
    check_real("the setting of a point", setting)
    knob = KNOBS[0] if "k" in make_variant(variant).hyper else KNOBS[1]
    if knob == "k" and float(setting).is_integer():
        setting = int(setting)
    return {"variant": variant, "width": width, "knob": knob, "setting": setting}
