"""Lesson 08: one path alone, from a head straight into the logits."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from interp_widgets.course._lesson_07_hooks import two_prompts
from interp_widgets.course.exercises import Case, Exercise, Mistake
from interp_widgets.course.tiny import tiny_gpt2, tiny_gpt_neo


def direct_path(hf: Any, proj: Any, columns: slice, clean: Tensor, corrupt: Tensor) -> Tensor:
    """Logits ``[vocab]`` of the clean run, one head's write taken from the corrupt run."""
    held = {}

    def keep(name: str) -> Any:
        def hook(module: Any, inputs: Any) -> None:
            held[name] = inputs[0][0, -1]  # at the last position

        return hook

    handles = [
        proj.register_forward_pre_hook(keep("z")),
        hf.transformer.ln_f.register_forward_pre_hook(keep("final")),
    ]
    try:
        hf(corrupt[None])
        other = held["z"]
        hf(clean[None])
    finally:
        for handle in handles:
            handle.remove()
    mixed = held["z"].clone()
    mixed[columns] = other[columns]
    change = proj(mixed) - proj(held["z"])  # the bias cancels
    return hf.lm_head(hf.transformer.ln_f(held["final"] + change))


def _parts(hf: Any, proj: Any, ids: Tensor) -> tuple[Tensor, Tensor]:
    """At the last position: what the projection reads, and the last stream."""
    held = {}
    handles = [
        proj.register_forward_pre_hook(lambda m, x: held.update(z=x[0][0, -1])),
        hf.transformer.ln_f.register_forward_pre_hook(lambda m, x: held.update(final=x[0][0, -1])),
    ]
    try:
        hf(ids[None])
    finally:
        for handle in handles:
            handle.remove()
    return held["z"], held["final"]


def _read(hf: Any, stream: Tensor) -> Tensor:
    return hf.lm_head(hf.transformer.ln_f(stream))


def _everything_downstream(
    hf: Any, proj: Any, columns: slice, clean: Tensor, corrupt: Tensor
) -> Tensor:
    held = {}

    def save(module: Any, inputs: Any) -> None:
        held["z"] = inputs[0]

    def patch(module: Any, inputs: Any) -> Any:
        x = inputs[0].clone()
        x[..., columns] = held["z"][..., columns]
        return (x, *inputs[1:])

    for ids, hook in ((corrupt, save), (clean, patch)):
        handle = proj.register_forward_pre_hook(hook)
        try:
            logits = hf(ids[None]).logits[0, -1]
        finally:
            handle.remove()
    return logits


def _added_not_exchanged(
    hf: Any, proj: Any, columns: slice, clean: Tensor, corrupt: Tensor
) -> Tensor:
    _, final = _parts(hf, proj, clean)
    other, _ = _parts(hf, proj, corrupt)
    alone = other * 0
    alone[columns] = other[columns]
    return _read(hf, final + proj(alone) - proj(other * 0))


def _bias_too(hf: Any, proj: Any, columns: slice, clean: Tensor, corrupt: Tensor) -> Tensor:
    z, final = _parts(hf, proj, clean)
    other, _ = _parts(hf, proj, corrupt)
    alone = z * 0
    alone[columns] = (other - z)[columns]
    return _read(hf, final + proj(alone))


def _into_the_corrupt_run(
    hf: Any, proj: Any, columns: slice, clean: Tensor, corrupt: Tensor
) -> Tensor:
    return direct_path(hf, proj, columns, corrupt, clean)


def _no_norm(hf: Any, proj: Any, columns: slice, clean: Tensor, corrupt: Tensor) -> Tensor:
    z, final = _parts(hf, proj, clean)
    other, _ = _parts(hf, proj, corrupt)
    mixed = z.clone()
    mixed[columns] = other[columns]
    return _read(hf, final) + hf.lm_head(proj(mixed) - proj(z))


def _no_final_norm(hf: Any, proj: Any, columns: slice, clean: Tensor, corrupt: Tensor) -> Tensor:
    z, final = _parts(hf, proj, clean)
    other, _ = _parts(hf, proj, corrupt)
    mixed = z.clone()
    mixed[columns] = other[columns]
    return hf.lm_head(final + proj(mixed) - proj(z))


def _zeroed(hf: Any, proj: Any, columns: slice, clean: Tensor, corrupt: Tensor) -> Tensor:
    z, final = _parts(hf, proj, clean)
    mixed = z.clone()
    mixed[columns] = 0
    return _read(hf, final + proj(mixed) - proj(z))


def _all_heads(hf: Any, proj: Any, columns: slice, clean: Tensor, corrupt: Tensor) -> Tensor:
    return direct_path(hf, proj, slice(None), clean, corrupt)


def _heads() -> list[Case]:
    neo: Any = tiny_gpt_neo()
    gpt2: Any = tiny_gpt2()
    projections = [layer.attn.attention.out_proj for layer in neo.transformer.h]
    heads = (
        ("head 1 of layer 0 of a GPT-Neo", neo, projections[0], slice(8, 16), 4),
        ("head 0 of layer 1 of a GPT-Neo", neo, projections[1], slice(0, 8), 6),
        ("head 2 of layer 0 of a GPT-2", gpt2, gpt2.transformer.h[0].attn.c_proj, slice(8, 12), 5),
    )
    return [
        Case(name, (hf, proj, columns, *two_prompts(hf, length, 87)))
        for name, hf, proj, columns, length in heads
    ]


DIRECT_PATH = Exercise(
    id="08.5",
    title="One path alone",
    difficulty=4,
    importance=4,
    minutes=20,
    returns="logits [vocab] after the last token",
    solution=direct_path,
    cases=_heads,
    mistakes=(
        Mistake(
            "later layers move, too",
            _everything_downstream,
            "That is activation patching: later heads and MLPs see the change and pass it on. Here "
            "all of them are frozen, so nothing has to be run again: add the change to the clean "
            "run's last stream.",
        ),
        Mistake(
            "added on top",
            _added_not_exchanged,
            "You add what the head writes in the corrupt run, and what it wrote in the clean run "
            "is still there. Take that off: proj(mixed) - proj(z).",
        ),
        Mistake(
            "bias counted again",
            _bias_too,
            "You project the difference, and the projection adds its bias once more. In "
            "proj(mixed) - proj(z) it cancels.",
        ),
        Mistake(
            "the wrong way round",
            _into_the_corrupt_run,
            "You put the clean head into the corrupt run. Here the clean run is patched.",
        ),
        Mistake(
            "no norm on the change",
            _no_norm,
            "You send the change past the final LayerNorm. The unembedding reads normalised "
            "streams only: add first, then ln_f, then lm_head.",
        ),
        Mistake(
            "no final norm",
            _no_final_norm,
            "You read the last stream without its norm. What the hook on ln_f keeps is what goes "
            "in: ln_f first, then lm_head.",
        ),
        Mistake(
            "zeroed",
            _zeroed,
            "You put zeros in place of the head. Here it writes what it wrote in the corrupt run.",
        ),
        Mistake(
            "the whole attention",
            _all_heads,
            "You exchange all heads of the layer. Exchange the columns of this one: "
            "mixed[columns] = other[columns].",
        ),
        Mistake(
            "clean run",
            lambda hf, proj, columns, clean, corrupt: hf(clean[None]).logits[0, -1],
            "That is the clean run, unchanged.",
        ),
        Mistake(
            "batch axis kept",
            lambda *given: direct_path(*given)[None],
            "Return the logits after the last token alone, [vocab], without a batch axis.",
        ),
    ),
)
