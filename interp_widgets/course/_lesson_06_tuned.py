"""Lesson 06: a tuned lens, trained by hand (Belrose et al., 2023)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake, WrongAnswerError
from interp_widgets.course.tiny import tiny_gpt2, tiny_gpt_neo

Fitted = tuple[Tensor, Tensor, Tensor]


def my_tuned_lens(hf: Any, streams: Tensor, steps: int, rate: float) -> Fitted:
    """Maps ``A [row, out, in]``, ``b [row, d_model]``, and the KL before each step ``[step, row]``.

    ``streams`` is ``[row, token, d_model]``; its last row is what the model itself reads out.
    """

    def read(x: Tensor) -> Tensor:  # log-probabilities [token, vocab]
        return hf.lm_head(hf.transformer.ln_f(x)).log_softmax(-1)

    final = read(streams[-1]).detach()
    maps, shifts, history = [], [], []
    for x in streams[:-1]:  # rows share nothing: each is trained as if alone
        A = torch.zeros(x.shape[1], x.shape[1], requires_grad=True)
        b = torch.zeros(x.shape[1], requires_grad=True)
        optimizer = torch.optim.Adam([A, b], lr=rate)
        losses = []
        for _ in range(steps):
            kl = (final.exp() * (final - read(x + x @ A.T + b))).sum(-1).mean()
            losses.append(kl.item())
            optimizer.zero_grad()
            kl.backward(inputs=[A, b])  # the model's own weights get no gradient
            optimizer.step()
        maps.append(A.detach())
        shifts.append(b.detach())
        history.append(torch.tensor(losses))
    return torch.stack(maps), torch.stack(shifts), torch.stack(history, 1)


Read = Callable[[Any, Tensor, Tensor, Tensor], Tensor]
Loss = Callable[[Tensor, Tensor], Tensor]


def _read(hf: Any, x: Tensor, A: Tensor, b: Tensor) -> Tensor:
    return hf.lm_head(hf.transformer.ln_f(x + x @ A.mT + b))


def _no_norm(hf: Any, x: Tensor, A: Tensor, b: Tensor) -> Tensor:
    return hf.lm_head(x + x @ A.mT + b)


def _norm_before(hf: Any, x: Tensor, A: Tensor, b: Tensor) -> Tensor:
    normed = hf.transformer.ln_f(x)
    return hf.lm_head(normed + normed @ A.mT + b)


def _map_alone(hf: Any, x: Tensor, A: Tensor, b: Tensor) -> Tensor:
    return hf.lm_head(hf.transformer.ln_f(x @ A.mT + b))


def _stored_the_other_way(hf: Any, x: Tensor, A: Tensor, b: Tensor) -> Tensor:
    return hf.lm_head(hf.transformer.ln_f(x + x @ A + b))


def _kl(final: Tensor, said: Tensor) -> Tensor:
    return (final.exp() * (final - said)).sum(-1).mean(-1)


def _kl_swapped(final: Tensor, said: Tensor) -> Tensor:
    return (said.exp() * (said - final)).sum(-1).mean(-1)


def _mean_over_vocabulary(final: Tensor, said: Tensor) -> Tensor:
    return (final.exp() * (final - said)).mean(-1).mean(-1)


def _sum_over_tokens(final: Tensor, said: Tensor) -> Tensor:
    return (final.exp() * (final - said)).sum(-1).sum(-1)


def _cross_entropy(final: Tensor, said: Tensor) -> Tensor:
    return -(final.exp() * said).sum(-1).mean(-1)


def _trained(
    read: Read = _read, loss: Loss = _kl, *, towards_next_row: bool = False, pile_up: bool = False
) -> Callable[..., Fitted]:
    """The exercise with one thing done in another way."""

    def fit(hf: Any, streams: Tensor, steps: int, rate: float) -> Fitted:
        lower = streams[:-1]
        target = streams[1:] if towards_next_row else streams[-1]
        final = hf.lm_head(hf.transformer.ln_f(target)).log_softmax(-1).detach()
        rows, _, width = lower.shape
        A = torch.zeros(rows, width, width, requires_grad=True)
        b = torch.zeros(rows, 1, width, requires_grad=True)
        optimizer = torch.optim.Adam([A, b], lr=rate)
        history = []
        for _ in range(steps):
            kl = loss(final, read(hf, lower, A, b).log_softmax(-1))
            history.append(kl.detach())
            if not pile_up:
                optimizer.zero_grad()
            kl.sum().backward(inputs=[A, b])
            optimizer.step()
        return A.detach(), b.detach()[:, 0], torch.stack(history)

    return fit


def _with_identity(hf: Any, streams: Tensor, steps: int, rate: float) -> Fitted:
    A, b, history = my_tuned_lens(hf, streams, steps, rate)
    return A + torch.eye(A.shape[-1]), b, history


def _target_without_norm(hf: Any, streams: Tensor, steps: int, rate: float) -> Fitted:
    def loss(_: Tensor, said: Tensor) -> Tensor:
        return _kl(hf.lm_head(streams[-1]).log_softmax(-1).detach(), said)

    return _trained(loss=loss)(hf, streams, steps, rate)


def _measured_after(hf: Any, streams: Tensor, steps: int, rate: float) -> Fitted:
    A, b, _ = my_tuned_lens(hf, streams, steps, rate)
    return A, b, my_tuned_lens(hf, streams, steps + 1, rate)[2][1:]


def _runs() -> list[Case]:
    generator = torch.Generator().manual_seed(6)
    cases = []
    for name, hf, length in (("GPT-Neo", tiny_gpt_neo(), 16), ("GPT-2", tiny_gpt2(), 12)):
        ids = torch.randint(0, hf.config.vocab_size, (length,), generator=generator)
        layers = hf.config.num_hidden_layers
        named = f"a small random {name} ({layers + 1} rows of {length} tokens, 8 steps)"
        cases.append(Case(named, (hf, _streams(hf, ids), 8, 0.05)))
    return cases


@torch.no_grad()
def _streams(hf: Any, ids: Tensor) -> Tensor:
    """The stream at every row, ``[row, token, d_model]``, the last one before the final norm."""
    seen: list[Tensor] = []
    handle = hf.transformer.ln_f.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    states = hf(ids[None], output_hidden_states=True).hidden_states
    handle.remove()
    return torch.cat([*states[:-1], *seen])


def _starts_as_the_logit_lens(got: Fitted, case: Case) -> None:
    hf, streams, *_ = case.args
    history = torch.as_tensor(got[2])
    untouched = hf.lm_head(hf.transformer.ln_f(streams)).log_softmax(-1)
    plain = _kl(untouched[-1], untouched[:-1]).detach()
    if not torch.allclose(history[0].to(plain), plain, atol=1e-4):
        raise WrongAnswerError(
            f"On {case.name}, the KL before your first step is {_numbers(history[0])}; wanted "
            f"{_numbers(plain)}, that of the logit lens. A map that has learned nothing has to "
            "leave the stream as it is: start with A = 0 and b = 0, and add to the stream what "
            "they give."
        )
    nearer = int((history[-1] < history[0]).sum())
    if nearer < 0.8 * len(plain):
        raise WrongAnswerError(
            f"On {case.name}, the KL has fallen in {nearer} of {len(plain)} rows; wanted at least "
            "80 % of them. Does the loss go backward to A and b, and does the optimizer step?"
        )


def _numbers(values: Tensor) -> str:
    return "[" + ", ".join(f"{value:.3g}" for value in values.tolist()) + "]"


TUNED_LENS = Exercise(
    id="06.3",
    title="A tuned lens, trained",
    difficulty=4,
    importance=4,
    minutes=20,
    returns="A [row, out, in], b [row, d_model], and the KL before each step [step, row]",
    solution=my_tuned_lens,
    cases=_runs,
    verify=_starts_as_the_logit_lens,
    tolerance=1e-3,
    trains=True,
    mistakes=(
        Mistake(
            "no final LayerNorm",
            _trained(_no_norm),
            "That is W_U(h + A h + b), a formula found in many places, with the final LayerNorm "
            "left out. The unembedding has only ever read normalised vectors: put "
            "hf.transformer.ln_f between your map and hf.lm_head.",
        ),
        Mistake(
            "final LayerNorm in front of the map",
            _trained(_norm_before),
            "You normalise first and map then, so the unembedding gets a vector that no norm has "
            "seen since you moved it. The map comes first, then the whole reader: norm and "
            "unembedding.",
        ),
        Mistake(
            "the map replaces the stream",
            _trained(_map_alone),
            "Your map stands in the place of the stream, h @ A.T + b. With A = 0 that reads "
            "nothing at all. Add it to the stream, and the start is the logit lens.",
        ),
        Mistake(
            "the stream counted inside A",
            _with_identity,
            "Your A holds the identity, too. Here A and b are what is *added* to the stream: start "
            "A at zero and map x to x + x @ A.T + b.",
        ),
        Mistake(
            "target read without the final LayerNorm",
            _target_without_norm,
            "Your target is read without the final LayerNorm. Unlike hidden_states[-1] of 06.1, "
            "streams[-1] has not been through it: read all rows with norm and unembedding.",
        ),
        Mistake(
            "A the other way round",
            _trained(_stored_the_other_way),
            "Right numbers, but each A[row] is transposed: wanted [out, in], so that the stream is "
            "multiplied by A[row].T.",
        ),
        Mistake(
            "KL swapped",
            _trained(loss=_kl_swapped),
            "That is KL(row ‖ final). Wanted is KL(final ‖ row): the average is taken under what "
            "the model says.",
        ),
        Mistake(
            "mean over the vocabulary",
            _trained(loss=_mean_over_vocabulary),
            "You take the mean over the vocabulary, so the KL is too small by its size. Sum over "
            "the vocabulary, then take the mean over the tokens.",
        ),
        Mistake(
            "sum over the tokens",
            _trained(loss=_sum_over_tokens),
            "You sum over the tokens; wanted is the mean, so that the number does not grow with "
            "the text.",
        ),
        Mistake(
            "cross-entropy",
            _trained(loss=_cross_entropy),
            "That is a cross-entropy. It has the same slope, but it does not reach 0 when a row "
            "agrees with the model: add the model's own log-probabilities inside the sum.",
        ),
        Mistake(
            "towards the next row",
            _trained(towards_next_row=True),
            "Your target is the row above. Wanted is the last one, for all rows: what the model "
            "says in the end.",
        ),
        Mistake(
            "gradients pile up",
            _trained(pile_up=True),
            "Your gradients pile up: backward() adds to what is there. Call optimizer.zero_grad() "
            "in every step.",
        ),
        Mistake(
            "measured after each step",
            _measured_after,
            "Your history begins after the first step. Keep the KL from before each step: its "
            "first entry is that of the logit lens.",
        ),
    ),
)
