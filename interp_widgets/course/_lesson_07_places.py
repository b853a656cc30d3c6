"""Lesson 07: several places patched in one run."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import torch
from torch import Tensor

from interp_widgets.course._lesson_07_hooks import two_prompts
from interp_widgets.course.exercises import Case, Exercise, Mistake
from interp_widgets.course.tiny import tiny_gpt2, tiny_gpt_neo


def patch_places(hf: Any, places: list[tuple[Any, Any]], clean: Tensor, corrupt: Tensor) -> Tensor:
    """Logits ``[vocab]`` after the last token; each place is (module, position of its output)."""

    def tensor(output: Any) -> Tensor:
        return output[0] if isinstance(output, tuple) else output

    def saving(index: int) -> Any:
        def save(module: Any, inputs: Any, output: Any) -> None:
            saved[index] = tensor(output).clone()

        return save

    def patching(index: int, pos: Any) -> Any:
        def patch(module: Any, inputs: Any, output: Any) -> Any:
            x = tensor(output).clone()
            x[:, pos] = saved[index][:, pos]
            return (x, *output[1:]) if isinstance(output, tuple) else x

        return patch

    saved: dict[int, Tensor] = {}
    with ExitStack() as hooks:
        for i, (module, _) in enumerate(places):
            hooks.callback(module.register_forward_hook(saving(i)).remove)
        hf(clean[None])
    with ExitStack() as hooks:
        for i, (module, pos) in enumerate(places):
            hooks.callback(module.register_forward_hook(patching(i, pos)).remove)
        return hf(corrupt[None]).logits[0, -1]


def _each_alone(hf: Any, places: list[tuple[Any, int]], clean: Tensor, corrupt: Tensor) -> Tensor:
    base = hf(corrupt[None]).logits[0, -1]
    alone = [patch_places(hf, [place], clean, corrupt) - base for place in places]
    return base + torch.stack(alone).sum(0)


def _runs_averaged(
    hf: Any, places: list[tuple[Any, int]], clean: Tensor, corrupt: Tensor
) -> Tensor:
    alone = [patch_places(hf, [place], clean, corrupt) for place in places]
    return torch.stack(alone).mean(0)


def _several() -> list[Case]:
    neo: Any = tiny_gpt_neo()
    gpt2: Any = tiny_gpt2()
    n, g = neo.transformer.h, gpt2.transformer.h
    return [
        Case(
            "one module at two positions",
            (gpt2, [(g[0].mlp, 1), (g[0].mlp, 2)], *two_prompts(gpt2, 5, 78)),
        ),
        Case(
            "two attentions of a GPT-Neo",
            (neo, [(n[1].attn, 2), (n[2].attn, 5)], *two_prompts(neo, 6, 76)),
        ),
        Case(
            "an MLP and two attentions of a GPT-2",
            (gpt2, [(g[0].mlp, 1), (g[0].attn, 2), (g[1].attn, 4)], *two_prompts(gpt2, 5, 77)),
        ),
    ]


PATCH_PLACES = Exercise(
    id="07.6",
    title="Several places at once",
    difficulty=3,
    importance=3,
    minutes=15,
    returns="logits [vocab] after the last token",
    solution=patch_places,
    cases=_several,
    bonus=True,
    mistakes=(
        Mistake(
            "the last place only",
            lambda hf, places, clean, corrupt: patch_places(hf, places[-1:], clean, corrupt),
            "Only the last place is patched. Functions made in a loop all see the loop's last "
            "values: make each hook in a function of its own, which gets them as arguments.",
        ),
        Mistake(
            "every position",
            lambda hf, places, clean, corrupt: patch_places(
                hf, [(module, slice(None)) for module, _ in places], clean, corrupt
            ),
            "You patch these modules at every position. Put in x[:, pos] only, each at its own.",
        ),
        Mistake(
            "the first place only",
            lambda hf, places, clean, corrupt: patch_places(hf, places[:1], clean, corrupt),
            "Only the first place is patched. Put all the hooks on, then run once.",
        ),
        Mistake(
            "effects added up",
            _each_alone,
            "You patch each place in a run of its own and add up what it does. That they do not "
            "simply add up is the point: patch all of them in one run.",
        ),
        Mistake(
            "runs averaged",
            _runs_averaged,
            "That is the mean of runs with one place each. Patch all of them in one run.",
        ),
        Mistake(
            "the wrong way round",
            lambda hf, places, clean, corrupt: patch_places(hf, places, corrupt, clean),
            "You put the corrupt activations into the clean run; here it is the other way round.",
        ),
    ),
)
