"""Lesson 07: three ways of taking a head out, written by hand."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake, WrongAnswerError
from interp_widgets.course.tiny import tiny_gpt2, tiny_gpt_neo


def ablated(hf: Any, proj: Any, columns: slice, ids: Tensor, others: Tensor, kind: str) -> Tensor:
    """Logits ``[run, vocab]`` after the last token, one head's output replaced.

    ``others`` are ids ``[prompt, pos]``; ``"zero"`` and ``"mean"`` are one run, ``"resample"`` is
    one for each other prompt.
    """
    held = _head_outputs(hf, proj, columns, others)
    if kind == "resample":
        values = list(held)
    else:
        values = [held.mean(0) if kind == "mean" else torch.zeros_like(held[0])]
    return torch.stack([_replaced(hf, proj, columns, ids, value) for value in values])


def _head_outputs(hf: Any, proj: Any, columns: slice, others: Tensor) -> Tensor:
    """What one head gives to the output projection, ``[prompt, pos, d_head]``."""
    saved = []
    handle = proj.register_forward_pre_hook(lambda module, inputs: saved.append(inputs[0]))
    try:
        hf(others)
    finally:
        handle.remove()
    return saved[0][..., columns]


def _replaced(hf: Any, proj: Any, columns: slice, ids: Tensor, value: Any) -> Tensor:
    def put(module: Any, inputs: Any) -> Any:
        z = inputs[0].clone()
        z[..., columns] = value
        return (z,)

    handle = proj.register_forward_pre_hook(put)
    try:
        return hf(ids[None]).logits[0, -1]
    finally:
        handle.remove()


def _mean_over_positions_too(
    hf: Any, proj: Any, columns: slice, ids: Tensor, others: Tensor, kind: str
) -> Tensor:
    if kind != "mean":
        return ablated(hf, proj, columns, ids, others, kind)
    mean = _head_outputs(hf, proj, columns, others).mean((0, 1))
    return _replaced(hf, proj, columns, ids, mean)[None]


def _mean_over_positions_only(
    hf: Any, proj: Any, columns: slice, ids: Tensor, others: Tensor, kind: str
) -> Tensor:
    if kind != "mean":
        return ablated(hf, proj, columns, ids, others, kind)
    mean = _head_outputs(hf, proj, columns, ids[None]).mean(1)
    return _replaced(hf, proj, columns, ids, mean)[None]


def _all_heads(
    hf: Any, proj: Any, columns: slice, ids: Tensor, others: Tensor, kind: str
) -> Tensor:
    return ablated(hf, proj, slice(None), ids, others, kind)


def _output_ablated(
    hf: Any, proj: Any, columns: slice, ids: Tensor, others: Tensor, kind: str
) -> Tensor:
    """Replaces columns of what the projection gives, where heads are mixed already."""
    held = {}

    def run(tokens: Tensor, hook: Any) -> Tensor:
        handle = proj.register_forward_hook(hook)
        try:
            return hf(tokens).logits[0, -1]
        finally:
            handle.remove()

    def save(module: Any, inputs: Any, output: Tensor) -> None:
        held["x"] = output[..., columns]

    def putting(value: Tensor) -> Any:
        def put(module: Any, inputs: Any, output: Tensor) -> Tensor:
            x = output.clone()
            x[..., columns] = value
            return x

        return put

    run(others, save)
    other = held["x"]
    means = {"zero": [torch.zeros_like(other[0])], "mean": [other.mean(0)], "resample": list(other)}
    return torch.stack([run(ids[None], putting(value)) for value in means[kind]])


def _resample_is_one_mean(
    hf: Any, proj: Any, columns: slice, ids: Tensor, others: Tensor, kind: str
) -> Tensor:
    kind = "mean" if kind == "resample" else kind
    return ablated(hf, proj, columns, ids, others, kind)


def _last_position_only(
    hf: Any, proj: Any, columns: slice, ids: Tensor, others: Tensor, kind: str
) -> Tensor:
    own = _head_outputs(hf, proj, columns, ids[None])[0]
    runs = []
    held = _head_outputs(hf, proj, columns, others)
    values = {"zero": [0 * held[0]], "mean": [held.mean(0)], "resample": list(held)}[kind]
    for value in values:
        value = torch.cat([own[:-1], value[-1:]])
        runs.append(_replaced(hf, proj, columns, ids, value))
    return torch.stack(runs)


def _heads() -> list[Case]:
    neo: Any = tiny_gpt_neo()
    gpt2: Any = tiny_gpt2()
    generator = torch.Generator().manual_seed(79)
    cases = []
    for name, hf, proj, columns, kinds in (
        ("head 1 of a GPT-Neo", neo, neo.transformer.h[1].attn.attention.out_proj, slice(8, 16), 3),
        ("head 0 of a GPT-2", gpt2, gpt2.transformer.h[0].attn.c_proj, slice(0, 4), 2),
    ):
        ids, *others = torch.randint(0, hf.config.vocab_size, (5, 6), generator=generator)
        cases += [
            Case(f"{kind}, {name}", (hf, proj, columns, ids, torch.stack(others), kind))
            for kind in ("mean", "resample", "zero")[:kinds]
        ]
    hf, proj, columns, ids, _, _ = cases[0].args
    same = Case(
        "a mean over copies of the prompt itself",
        (hf, proj, columns, ids, ids[None].expand(3, -1), "mean"),
    )
    return [*cases, same]


def _own_value_changes_nothing(got: Tensor, case: Case) -> None:
    hf, _, _, ids, others, _ = case.args
    if not torch.equal(others, ids.expand_as(others)):
        return
    gap = (got - hf(ids[None]).logits[0, -1]).abs().max().item()
    if not gap <= 1e-4:
        raise WrongAnswerError(
            f"On {case.name}, the logits change by up to {gap:.2g}; wanted at most 1e-4. What the "
            "head holds at each position anyway is no ablation: nothing may change."
        )


ABLATED = Exercise(
    id="07.4",
    title="Zero, mean, resample",
    difficulty=3,
    importance=4,
    minutes=15,
    returns="logits [run, vocab] after the last token",
    solution=ablated,
    cases=_heads,
    verify=_own_value_changes_nothing,
    mistakes=(
        Mistake(
            "mean over prompts and positions",
            _mean_over_positions_too,
            "You average over prompts and positions together. A head does another thing at each "
            "position: take the mean over the prompts, position by position.",
        ),
        Mistake(
            "mean over the positions of the prompt itself",
            _mean_over_positions_only,
            "You average over the positions of the prompt itself, so its information stays in. "
            "Average over the other prompts.",
        ),
        Mistake(
            "all heads",
            _all_heads,
            "You replace all the heads of this layer. One head is z[..., columns].",
        ),
        Mistake(
            "columns of the projection's output",
            _output_ablated,
            "You replace columns of what the output projection gives. There the heads are mixed "
            "already: a head is a block of columns of its input, which a pre-hook sees.",
        ),
        Mistake(
            "resampling by the mean",
            _resample_is_one_mean,
            "To resample is to run once for each other prompt, with what the head held there. An "
            "average of them is the mean again.",
        ),
        Mistake(
            "last position only",
            _last_position_only,
            "You replace the head at the last position only; replace it at all of them.",
        ),
        Mistake(
            "run axis missing",
            lambda *given: ablated(*given)[0],
            "Keep the axis of the runs, also where there is one only: [run, vocab].",
        ),
    ),
)
