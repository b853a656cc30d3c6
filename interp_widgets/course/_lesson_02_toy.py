"""Lesson 02: sparse inputs, and the toy model that is trained on them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake, WrongAnswerError

REPRESENTED = 0.5  # squared norm from which a feature counts as kept

# 02.2 -----------------------------------------------------------------------------


def sparse_batch(strength: Tensor, chance: Tensor, density: float) -> Tensor:
    """Inputs ``[row, feature]``: on with this chance, and then with its strength."""
    return strength * (chance < density)


def _one_a_row(strength: Tensor, chance: Tensor, density: float) -> Tensor:
    first = torch.nn.functional.one_hot(chance.argmin(-1), chance.shape[-1])
    return strength * first


def _draws() -> list[Case]:
    generator = torch.Generator().manual_seed(2)
    return [
        Case(
            f"{rows} rows of {features} features at density {density}",
            (*torch.rand(2, rows, features, generator=generator), density),
        )
        for rows, features, density in ((400, 20, 0.1), (300, 5, 0.7), (20, 4, 1.0))
    ]


def _as_many_as_asked(got: Tensor, case: Case) -> None:
    strength, _, density = case.args
    found = torch.as_tensor(got)
    mean = (found > 0).double().sum(-1).mean().item()
    count = strength.shape[-1]
    off = 3 * (count * density * (1 - density) / len(strength)) ** 0.5
    if abs(mean - count * density) > off:
        raise WrongAnswerError(
            f"On {case.name}, {mean:.2f} features of a row are on in the mean; wanted about "
            f"{count * density:.2f}."
        )
    if found.min() < 0 or found.max() > 1:
        raise WrongAnswerError(
            f"On {case.name}, values go from {found.min().item():.2g} to {found.max().item():.2g}; "
            "wanted are strengths from 0 to 1."
        )


BATCH = Exercise(
    id="02.2",
    title="Sparse inputs",
    difficulty=2,
    importance=3,
    minutes=10,
    returns="inputs [row, feature], from 0 to 1",
    solution=sparse_batch,
    cases=_draws,
    verify=_as_many_as_asked,
    mistakes=(
        Mistake(
            "dense",
            lambda strength, chance, density: strength,
            "Every feature is on. One is on only where its chance is below the density.",
        ),
        Mistake(
            "one a row",
            _one_a_row,
            "Exactly one feature of each row is on. Each decides by itself: sometimes none is on, "
            "sometimes several.",
        ),
        Mistake(
            "sparsity for density",
            lambda strength, chance, density: strength * (chance < 1 - density),
            "That many features are off, not on: density is the chance to be on.",
        ),
        Mistake(
            "all with strength 1",
            lambda strength, chance, density: (chance < density).float(),
            "These are switches, 0 or 1. Multiply by the strengths.",
        ),
        Mistake(
            "one switch a row",
            lambda strength, chance, density: strength * (chance[:, :1] < density),
            "All features of a row go on and off together: each needs its own chance.",
        ),
        Mistake(
            "only weak ones",
            lambda strength, chance, density: strength * (strength < density),
            "You switch by the strength itself, so that only weak features are ever on. The "
            "switch has a draw of its own, `chance`.",
        ),
    ),
)

# 02.3 -----------------------------------------------------------------------------


def train_toy(
    W: Tensor, b: Tensor, batches: Tensor, importance: Tensor, rate: float
) -> tuple[Tensor, Tensor]:
    """Directions ``[feature, d_hidden]`` after training, and the loss before each step."""
    W, b = W.clone().requires_grad_(), b.clone().requires_grad_()
    optimizer = torch.optim.Adam([W, b], lr=rate)
    losses = []
    for x in batches:  # [row, feature]
        x_hat = torch.relu(x @ W @ W.T + b)
        loss = (importance * (x - x_hat) ** 2).sum(-1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return W.detach(), torch.tensor(losses)


def _trained_otherwise(
    loss_of: Any, optimiser: Any = torch.optim.Adam, bias: bool = True, after: bool = False
) -> Any:
    """A training loop with another loss, optimiser, or moment at which losses are noted."""

    def train(
        W: Tensor, b: Tensor, batches: Tensor, importance: Tensor, rate: float
    ) -> tuple[Tensor, Tensor]:
        W, b = W.clone().requires_grad_(), b.clone().requires_grad_(bias)
        optimizer = optimiser([W, b] if bias else [W], lr=rate)
        losses = []
        for x in batches:
            loss = loss_of(x, x @ W @ W.T + b, importance)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            noted = loss_of(x, x @ W @ W.T + b, importance) if after else loss
            losses.append(noted.item())
        return W.detach(), torch.tensor(losses)

    return train


def _as_asked(x: Tensor, back: Tensor, importance: Tensor) -> Tensor:
    return (importance * (x - back.relu()) ** 2).sum(-1).mean()


_no_bias = _trained_otherwise(_as_asked, bias=False)
_plain_descent = _trained_otherwise(_as_asked, optimiser=torch.optim.SGD)
_noted_late = _trained_otherwise(_as_asked, after=True)
_linear = _trained_otherwise(lambda x, back, imp: (imp * (x - back) ** 2).sum(-1).mean())
_mean_over_features = _trained_otherwise(lambda x, back, imp: (imp * (x - back.relu()) ** 2).mean())
_all_alike = _trained_otherwise(lambda x, back, imp: ((x - back.relu()) ** 2).sum(-1).mean())
_summed_over_rows = _trained_otherwise(lambda x, back, imp: (imp * (x - back.relu()) ** 2).sum())


def _untrained(
    W: Tensor, b: Tensor, batches: Tensor, importance: Tensor, rate: float
) -> tuple[Tensor, Tensor]:
    back = torch.relu(batches @ W @ W.T + b)
    return W, (importance * (batches - back) ** 2).sum(-1).mean(-1)


def _toys() -> list[Case]:
    cases = []
    for density in (1.0, 0.03):
        generator = torch.Generator().manual_seed(2)
        strength, chance = torch.rand(2, 150, 256, 6, generator=generator)
        batches = sparse_batch(strength, chance, density)
        W = 0.4 * torch.randn(6, 2, generator=generator)
        name = f"6 features in 2 dimensions at density {density:g}"
        cases.append(Case(name, (W, torch.zeros(6), batches, 0.8 ** torch.arange(6), 0.05)))
    return cases


def _as_many_as_fit(got: Any, case: Case) -> None:
    W, losses = (torch.as_tensor(part) for part in got)
    if losses[-10:].mean() >= losses[:10].mean():
        raise WrongAnswerError(
            f"On {case.name}, the loss has not fallen. Does every batch end in a step of the "
            "optimiser, with fresh gradients?"
        )
    features, hidden = W.shape
    held = int((W.square().sum(-1) > REPRESENTED).sum())
    if bool((case.args[2] > 0).all()) != (held <= hidden):
        wanted = f"at most {hidden}" if held > hidden else f"more than {hidden}"
        raise WrongAnswerError(
            f"On {case.name}, {held} of {features} features have a squared norm above one half; "
            f"wanted {wanted}."
        )


TOY = Exercise(
    id="02.3",
    title="Train a toy of superposition",
    difficulty=3,
    importance=5,
    minutes=20,
    returns="the trained directions [feature, d_hidden], and the loss before each step [step]",
    solution=train_toy,
    cases=_toys,
    verify=_as_many_as_fit,
    tolerance=0.02,
    trains=True,
    mistakes=(
        Mistake(
            "no ReLU",
            _linear,
            "Your toy is linear: it has no ReLU at its end. A linear toy can only keep as many "
            "features as it has dimensions.",
        ),
        Mistake(
            "mean over features",
            _mean_over_features,
            "You take the mean over features as well. Sum over features, and take the mean over "
            "rows.",
        ),
        Mistake(
            "importance left out",
            _all_alike,
            "All features weigh the same. Multiply each one's squared error by its importance.",
        ),
        Mistake(
            "summed over rows",
            _summed_over_rows,
            "You sum over rows, too. Sum over features, and take the mean over rows.",
        ),
        Mistake(
            "no bias",
            _no_bias,
            "Your bias is left out, or not trained: it is added before the ReLU, and the optimiser "
            "gets it, too.",
        ),
        Mistake(
            "plain descent",
            _plain_descent,
            "You step by plain gradient descent. Wanted is torch.optim.Adam.",
        ),
        Mistake(
            "losses noted after the step",
            _noted_late,
            "Your weights are right; your losses are those after each step. Note them before it.",
        ),
        Mistake(
            "never stepped",
            _untrained,
            "Nothing was trained: these are the weights and losses of the start. Each batch needs "
            "zero_grad, backward and step.",
        ),
    ),
)
