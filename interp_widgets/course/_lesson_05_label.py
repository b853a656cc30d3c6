"""Lesson 05: a label is tested over all strengths of its latent, silence included."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake, WrongAnswerError

_TENTHS = 8  # of the strengths that a fair sample has to touch
_ZEROS = 0.2  # share of a fair sample in which the latent is silent

SEEN = (
    "Some of your windows were shown to whoever wrote the label. A test needs windows that nobody "
    "has looked at."
)
TWICE = "Some windows are there twice. Each counts once."
SILENT = (
    "Hardly any of your windows are silent ones. A label that says yes to everything looks good "
    "as long as it is never asked about silence: half of the sample should be zeros."
)
NARROW = (
    "Your windows come from a narrow range of strengths. Draw from all of them, weak ones too: "
    "cut to its upper end, a correlation says little about the label."
)
LINE = (
    "That is the correlation of the values themselves. Spearman's is that of their ranks, so that "
    "a few strong windows do not decide it."
)
TIES = (
    "Equal values need equal ranks, the mean of their places: half of your windows are zeros, and "
    "sorting puts them in an order that means nothing."
)


def validate(actual: Tensor, predicted: Tensor, shown: Tensor, n: int) -> tuple[Tensor, Tensor]:
    """Numbers of the windows drawn ``[2 n]``, and Spearman's correlation on them."""
    fresh = ~shown
    active = (fresh & (actual > 0)).nonzero().flatten()
    silent = (fresh & (actual == 0)).nonzero().flatten()
    by_strength = active[actual[active].argsort()]
    even = torch.linspace(0, len(by_strength) - 1, n).round().long()
    picked = torch.cat([by_strength[even], silent[torch.randperm(len(silent))[:n]]])

    def ranks(values: Tensor) -> Tensor:
        below = (values[:, None] > values).sum(1)
        equal = (values[:, None] == values).sum(1)
        return below + (equal + 1) / 2

    both = torch.stack([ranks(actual[picked]), ranks(predicted[picked])])
    return picked, torch.corrcoef(both)[0, 1]


def _spearman(a: Tensor, b: Tensor) -> Tensor:
    def ranks(values: Tensor) -> Tensor:
        equal = (values[:, None] == values).sum(1)
        return (values[:, None] > values).sum(1) + (equal + 1) / 2

    return torch.corrcoef(torch.stack([ranks(a), ranks(b)]))[0, 1]


def _ordered(a: Tensor, b: Tensor) -> Tensor:
    """Spearman's correlation that breaks ties by place."""
    ranks = [values.argsort(stable=True).argsort().float() for values in (a, b)]
    return torch.corrcoef(torch.stack(ranks))[0, 1]


def _some(picked: Tensor, actual: Tensor, predicted: Tensor) -> tuple[Tensor, Tensor]:
    return picked, _spearman(actual[picked], predicted[picked])


def _upper_ranks(actual: Tensor, predicted: Tensor, shown: Tensor, n: int) -> tuple[Tensor, Tensor]:
    return _some(actual.argsort(descending=True)[20:120], actual, predicted)


def _strong_and_silent(
    actual: Tensor, predicted: Tensor, shown: Tensor, n: int
) -> tuple[Tensor, Tensor]:
    strong = actual.masked_fill(shown, -1.0).argsort(descending=True)[:n]
    silent = ((actual == 0) & ~shown).nonzero().flatten()[:n]
    return _some(torch.cat([strong, silent]), actual, predicted)


def _never_silent(
    actual: Tensor, predicted: Tensor, shown: Tensor, n: int
) -> tuple[Tensor, Tensor]:
    picked, _ = validate(actual, predicted, shown, n)
    return _some(picked[:n], actual, predicted)


def _shown_ones(actual: Tensor, predicted: Tensor, shown: Tensor, n: int) -> tuple[Tensor, Tensor]:
    return validate(actual, predicted, torch.zeros_like(shown), n)


def _pearson(actual: Tensor, predicted: Tensor, shown: Tensor, n: int) -> tuple[Tensor, Tensor]:
    picked, _ = validate(actual, predicted, shown, n)
    return picked, torch.corrcoef(torch.stack([actual[picked], predicted[picked]]))[0, 1]


def _ties_by_place(
    actual: Tensor, predicted: Tensor, shown: Tensor, n: int
) -> tuple[Tensor, Tensor]:
    picked, _ = validate(actual, predicted, shown, n)
    return picked, _ordered(actual[picked], predicted[picked])


def _latent() -> list[Case]:
    cases = []
    for seed, words in ((5, "a latent that its label fits"), (6, "one that it fits half")):
        generator = torch.Generator().manual_seed(seed)
        strength = torch.rand(900, generator=generator) ** 2 + 0.01
        actual = torch.where(torch.rand(900, generator=generator) < 0.4, strength, 0.0)
        noise = torch.randn(900, generator=generator) * (0.05 if seed == 5 else 0.4)
        predicted = (actual + noise).relu()
        shown = torch.zeros(900, dtype=torch.bool)
        shown[actual.argsort(descending=True)[:20]] = True  # of whom the label was made
        shown[torch.randperm(900, generator=generator)[:90]] = True
        cases.append(Case(words, (actual, predicted, shown, 40)))
    return cases


def _fair(got: Any, case: Case) -> None:
    actual, predicted, shown, _ = case.args
    if not isinstance(got, (tuple, list)) or len(got) != 2:
        raise WrongAnswerError("Wanted are two outputs: numbers of windows, and the correlation.")
    try:
        picked, rho = torch.as_tensor(got[0]).long().flatten(), float(got[1])
    except (TypeError, ValueError, RuntimeError):
        raise WrongAnswerError(
            "Wanted are numbers of windows, [window], and one correlation."
        ) from None
    if len(picked) < 2 or picked.min() < 0 or picked.max() >= len(actual):
        raise WrongAnswerError(f"Windows are numbered 0 to {len(actual) - 1}; draw two or more.")
    _sample(picked, actual, shown, case)
    wanted = float(_spearman(actual[picked], predicted[picked]))
    if not abs(rho - wanted) <= 0.005:
        reasons = {
            LINE: torch.corrcoef(torch.stack([actual[picked], predicted[picked]]))[0, 1],
            TIES: _ordered(actual[picked], predicted[picked]),
        }
        hint = next((f" {h}" for h, x in reasons.items() if abs(rho - float(x)) < 1e-4), "")
        raise WrongAnswerError(
            f"On {case.name}, you have {rho:.3f}; on your windows it is {wanted:.3f}.{hint}"
        )


def _sample(picked: Tensor, actual: Tensor, shown: Tensor, case: Case) -> None:
    """Raise unless the windows are fresh, different, some of them silent, and of all strengths."""
    active = actual[picked][actual[picked] > 0]
    edges = torch.quantile(actual[actual > 0], torch.arange(1, 10) / 10)
    tenths = len(torch.bucketize(active, edges).unique())
    problems = {
        NARROW: tenths < _TENTHS,
        SILENT: (actual[picked] == 0).float().mean() < _ZEROS,
        SEEN: shown[picked].any(),
        TWICE: len(picked.unique()) < len(picked),
    }
    for hint, wrong in problems.items():
        if wrong:
            raise WrongAnswerError(
                f"On {case.name}, your windows touch {tenths} tenths of the strengths. {hint}"
            )


LABEL = Exercise(
    id="05.3",
    title="Validate a label",
    difficulty=3,
    importance=5,
    minutes=15,
    returns="numbers of the windows drawn [window], and Spearman's correlation on them",
    solution=validate,
    cases=_latent,
    verify=_fair,
    free=True,
    mistakes=(
        Mistake("ranks 20 to 119", _upper_ranks, NARROW),
        Mistake("strongest and silent", _strong_and_silent, NARROW),
        Mistake("never silent", _never_silent, SILENT),
        Mistake("windows shown before", _shown_ones, SEEN),
        Mistake("correlation of values", _pearson, LINE),
        Mistake("ties by place", _ties_by_place, TIES),
    ),
)
