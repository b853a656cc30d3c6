"""Lesson 07: patching by hand, with hooks that come off again."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake, WrongAnswerError
from interp_widgets.course.tiny import tiny_gpt2, tiny_gpt_neo

# 07.2 -----------------------------------------------------------------------------


def patched_run(hf: Any, block: Any, clean: Tensor, corrupt: Tensor) -> Tensor:
    """Logits ``[pos, vocab]`` of the corrupt run, the block's output taken from the clean run."""
    saved = {}

    def save(module: Any, inputs: Any, output: Any) -> None:
        saved["clean"] = output

    def patch(module: Any, inputs: Any, output: Any) -> Any:
        return saved["clean"]

    handle = block.register_forward_hook(save)
    try:
        hf(clean[None])
    finally:
        handle.remove()  # before the next run, or it saves that one
    handle = block.register_forward_hook(patch)
    try:
        return hf(corrupt[None]).logits[0]
    finally:
        handle.remove()


def _save_hook_left_on(hf: Any, block: Any, clean: Tensor, corrupt: Tensor) -> Tensor:
    saved = {}

    def save(module: Any, inputs: Any, output: Any) -> None:
        saved["clean"] = output

    def patch(module: Any, inputs: Any, output: Any) -> Any:
        return saved["clean"]

    handles = [block.register_forward_hook(save)]
    hf(clean[None])
    handles.append(block.register_forward_hook(patch))
    logits = hf(corrupt[None]).logits[0]
    for handle in handles:
        handle.remove()
    return logits


def broken_patch(hf: Any, block: Any, clean: Tensor, corrupt: Tensor) -> Tensor:
    """What is to be mended; the notebook shows it."""
    logits = _save_hook_left_on(hf, block, clean, corrupt)
    block._forward_hooks.clear()
    return logits


def _clears_all_hooks(hf: Any, block: Any, clean: Tensor, corrupt: Tensor) -> Tensor:
    logits = patched_run(hf, block, clean, corrupt)
    block._forward_hooks.clear()
    return logits


def _patch_hook_left_on(hf: Any, block: Any, clean: Tensor, corrupt: Tensor) -> Tensor:
    logits = patched_run(hf, block, clean, corrupt)
    block.register_forward_hook(lambda module, inputs, output: None)
    return logits


def _noised(hf: Any, block: Any, clean: Tensor, corrupt: Tensor) -> Tensor:
    return patched_run(hf, block, corrupt, clean)


def two_prompts(hf: Any, length: int, seed: int) -> tuple[Tensor, Tensor]:
    """A random prompt ``[pos]``, and the same with tokens 1 and 2 changed."""
    generator = torch.Generator().manual_seed(seed)
    clean = torch.randint(0, hf.config.vocab_size, (length,), generator=generator)
    corrupt = clean.clone()
    corrupt[1:3] = (clean[1:3] + 5) % hf.config.vocab_size
    return clean, corrupt


def _blocks() -> list[Case]:
    neo: Any = tiny_gpt_neo()
    gpt2: Any = tiny_gpt2()
    kept = gpt2.transformer.h[1].mlp
    kept.register_forward_hook(lambda module, inputs, output: None)  # somebody else's
    return [
        Case(
            "an attention of a GPT-Neo", (neo, neo.transformer.h[2].attn, *two_prompts(neo, 6, 73))
        ),
        Case("block 1 of a GPT-Neo", (neo, neo.transformer.h[1], *two_prompts(neo, 7, 71))),
        Case("block 0 of a GPT-2", (gpt2, gpt2.transformer.h[0], *two_prompts(gpt2, 5, 72))),
        Case("an MLP with a hook of somebody else", (gpt2, kept, *two_prompts(gpt2, 5, 74))),
    ]


def _is_not_the_corrupt_run(got: Tensor, case: Case) -> None:
    hf, _, _, corrupt = case.args
    if got.shape == (len(corrupt), hf.config.vocab_size) and torch.allclose(
        got, hf(corrupt[None]).logits[0], atol=1e-4
    ):
        raise WrongAnswerError(
            f"On {case.name}, your run is the corrupt run, unchanged: recovery 0.0. What does "
            "saved['clean'] hold at the moment when the patch is put in?"
        )


BUG_HUNT = Exercise(
    id="07.2",
    title="Bug hunt",
    difficulty=3,
    importance=5,
    minutes=15,
    returns="logits [pos, vocab] of the patched run",
    solution=patched_run,
    cases=_blocks,
    verify=_is_not_the_corrupt_run,
    mistakes=(
        Mistake(
            "save hook still on, all hooks cleared",
            broken_patch,
            "That is the corrupt run, unchanged: recovery 0.0. Either the hook that saves is still "
            "on while the corrupt prompt runs, and overwrites what it saved: take it off first. Or "
            "the hook that patches returns nothing.",
        ),
        Mistake(
            "save hook still on",
            _save_hook_left_on,
            "That is the corrupt run, unchanged: recovery 0.0. Either the hook that saves is still "
            "on while the corrupt prompt runs, and overwrites what it saved: take it off first. Or "
            "the hook that patches returns nothing.",
        ),
        Mistake(
            "the wrong way round",
            _noised,
            "You put the corrupt activation into the clean run. Here the clean one goes into the "
            "corrupt run.",
        ),
        Mistake(
            "the clean run itself",
            lambda hf, block, clean, corrupt: hf(clean[None]).logits[0],
            "That is the clean run. It looks right where the whole stream is patched; a single "
            "part of it is not the whole run. Run the corrupt prompt, with one output replaced.",
        ),
        Mistake(
            "last position only",
            lambda hf, block, clean, corrupt: patched_run(hf, block, clean, corrupt)[-1],
            "You kept the last position only; keep every position.",
        ),
        # The two below are seen by what they leave; they come last, since they leave it here, too.
        Mistake("clears the hooks of others", _clears_all_hooks, "take off every hook you put on"),
        Mistake("patch hook left on", _patch_hook_left_on, "take off every hook you put on"),
    ),
)

# 07.3 -----------------------------------------------------------------------------


def patch_resid(hf: Any, clean: Tensor, corrupt: Tensor, layer: int, pos: Any) -> Tensor:
    """Logits ``[vocab]`` after the last token, the stream entering a block patched at ``pos``."""
    stream = hf(clean[None], output_hidden_states=True).hidden_states[layer]  # [1, pos, d_model]

    def patch(module: Any, inputs: Any) -> Any:
        x = inputs[0].clone()
        x[:, pos] = stream[:, pos]
        return (x, *inputs[1:])

    handle = hf.transformer.h[layer].register_forward_pre_hook(patch)
    try:
        return hf(corrupt[None]).logits[0, -1]
    finally:
        handle.remove()


def _after_the_block(hf: Any, clean: Tensor, corrupt: Tensor, layer: int, pos: Any) -> Tensor:
    kept = {}

    def run(ids: Tensor, hook: Any) -> Tensor:
        handle = hf.transformer.h[layer].register_forward_hook(hook)
        try:
            return hf(ids[None]).logits[0, -1]
        finally:
            handle.remove()

    def save(module: Any, inputs: Any, output: Any) -> None:
        kept["x"] = output[0] if isinstance(output, tuple) else output

    def patch(module: Any, inputs: Any, output: Any) -> Any:
        x = (output[0] if isinstance(output, tuple) else output).clone()
        x[:, pos] = kept["x"][:, pos]
        return (x, *output[1:]) if isinstance(output, tuple) else x

    run(clean, save)
    return run(corrupt, patch)


def _put_in_after_the_block(
    hf: Any, clean: Tensor, corrupt: Tensor, layer: int, pos: Any
) -> Tensor:
    stream = hf(clean[None], output_hidden_states=True).hidden_states[layer]

    def patch(module: Any, inputs: Any, output: Any) -> Any:
        x = (output[0] if isinstance(output, tuple) else output).clone()
        x[:, pos] = stream[:, pos]
        return (x, *output[1:]) if isinstance(output, tuple) else x

    handle = hf.transformer.h[layer].register_forward_hook(patch)
    try:
        return hf(corrupt[None]).logits[0, -1]
    finally:
        handle.remove()


def _stream_of_the_next(hf: Any, clean: Tensor, corrupt: Tensor, layer: int, pos: Any) -> Tensor:
    stream = hf(clean[None], output_hidden_states=True).hidden_states[layer + 1]

    def patch(module: Any, inputs: Any) -> Any:
        x = inputs[0].clone()
        x[:, pos] = stream[:, pos]
        return (x, *inputs[1:])

    handle = hf.transformer.h[layer].register_forward_pre_hook(patch)
    try:
        return hf(corrupt[None]).logits[0, -1]
    finally:
        handle.remove()


def _next_position(hf: Any, clean: Tensor, corrupt: Tensor, layer: int, pos: Any) -> Tensor:
    at = pos + 1 if isinstance(pos, int) and pos + 1 < len(clean) else pos
    return patch_resid(hf, clean, corrupt, layer, at)


def _cells() -> list[Case]:
    cases = []
    for name, hf, length in (("GPT-Neo", tiny_gpt_neo(), 6), ("GPT-2", tiny_gpt2(), 5)):
        clean, corrupt = two_prompts(hf, length, 75)
        for layer, pos in ((1, 2), (0, 1), (1, length - 1), (0, slice(None))):
            where = "all positions" if pos == slice(None) else f"position {pos}"
            cases.append(
                Case(f"layer {layer}, {where} of a {name}", (hf, clean, corrupt, layer, pos))
            )
    return cases


def _whole_stream_is_the_clean_run(got: Tensor, case: Case) -> None:
    hf, clean, _, _, pos = case.args
    if pos != slice(None):
        return
    gap = (got - hf(clean[None]).logits[0, -1]).abs().max().item()
    if not gap <= 1e-4:
        raise WrongAnswerError(
            f"On {case.name}, your run differs from the clean run by up to {gap:.2g}; wanted at "
            "most 1e-4. With the whole stream patched, later layers read nothing else, so this "
            "has to be the clean run."
        )


PATCH_RESID = Exercise(
    id="07.3",
    title="The grid of cells",
    difficulty=4,
    importance=5,
    minutes=20,
    returns="logits [vocab] after the last token",
    solution=patch_resid,
    cases=_cells,
    verify=_whole_stream_is_the_clean_run,
    mistakes=(
        Mistake(
            "after the block",
            _after_the_block,
            "You patch what leaves this block; wanted is what enters it. All your rows are one "
            "layer too high: a pre-hook sees the input.",
        ),
        Mistake(
            "put in after the block",
            _put_in_after_the_block,
            "You put in what enters this block where its output should be, so the block is undone "
            "at this position. What enters a block is patched by a pre-hook.",
        ),
        Mistake(
            "stream of the next layer",
            _stream_of_the_next,
            "You read the stream one layer too high and put it in below. hidden_states[0] is the "
            "embedding, so hidden_states[layer] is what enters block `layer`.",
        ),
        Mistake(
            "next position",
            _next_position,
            "You patch the position after the one that was asked for.",
        ),
        Mistake(
            "all positions",
            lambda hf, clean, corrupt, layer, pos: hf(clean[None]).logits[0, -1],
            "That is the clean run: you patch every position. Put in x[:, pos] only.",
        ),
        Mistake(
            "nothing patched",
            lambda hf, clean, corrupt, layer, pos: hf(corrupt[None]).logits[0, -1],
            "That is the corrupt run, unchanged. A pre-hook has to return the new inputs, as a "
            "tuple.",
        ),
        Mistake(
            "the wrong way round",
            lambda hf, clean, corrupt, layer, pos: patch_resid(hf, corrupt, clean, layer, pos),
            "You put the corrupt stream into the clean run; here it is the other way round.",
        ),
        Mistake(
            "every position's logits",
            lambda hf, clean, corrupt, layer, pos: patch_resid(hf, clean, corrupt, layer, pos)[
                None
            ],
            "Return the logits after the last token alone, without a batch axis: logits[0, -1].",
        ),
    ),
)
