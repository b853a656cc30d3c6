"""Lesson 09: what a head reads of another's writing, in weights and on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake
from interp_widgets.course.tiny import tiny_gpt_neo


def k_composition(W_Q: Tensor, W_K: Tensor, W_V: Tensor, W_O: Tensor) -> Tensor:
    """How much of each head's writing each head's keys read: ``[writer, reader]``, 0..1."""
    ov = W_V @ W_O  # [writer, d_model, d_model]
    kq = W_K @ W_Q.mT  # [reader, d_model, d_model]: from what keys read to what queries read
    both = torch.einsum("wij,rjk->wrik", ov, kq)
    size = torch.linalg.matrix_norm
    return size(both) / (size(ov)[:, None] * size(kq))


def _of_the_reader(W_Q: Tensor, W_K: Tensor, W_V: Tensor, W_O: Tensor) -> Tensor:
    kq, ov = W_K @ W_Q.mT, W_V @ W_O
    size = torch.linalg.matrix_norm
    own = size(ov @ kq) / (size(ov) * size(kq))
    return own.expand(len(own), len(own))


def _by_queries(W_Q: Tensor, W_K: Tensor, W_V: Tensor, W_O: Tensor) -> Tensor:
    return k_composition(W_K, W_Q, W_V, W_O)


def _by_values(W_Q: Tensor, W_K: Tensor, W_V: Tensor, W_O: Tensor) -> Tensor:
    return k_composition(W_O.mT, W_V, W_V, W_O)


def _not_scaled(W_Q: Tensor, W_K: Tensor, W_V: Tensor, W_O: Tensor) -> Tensor:
    both = torch.einsum("wij,rjk->wrik", W_V @ W_O, W_K @ W_Q.mT)
    return torch.linalg.matrix_norm(both)


def _spectral(W_Q: Tensor, W_K: Tensor, W_V: Tensor, W_O: Tensor) -> Tensor:
    ov, kq = W_V @ W_O, W_K @ W_Q.mT
    both = torch.einsum("wij,rjk->wrik", ov, kq)

    def size(x: Tensor) -> Tensor:
        return torch.linalg.matrix_norm(x, ord=2)

    return size(both) / (size(ov)[:, None] * size(kq))


def _written_before_read(W_Q: Tensor, W_K: Tensor, W_V: Tensor, W_O: Tensor) -> Tensor:
    ov, kq = W_V @ W_O, W_K @ W_Q.mT
    both = torch.einsum("rij,wjk->wrik", kq, ov)
    size = torch.linalg.matrix_norm
    return size(both) / (size(ov)[:, None] * size(kq))


def _as_papers_write(W_Q: Tensor, W_K: Tensor, W_V: Tensor, W_O: Tensor) -> Tensor:
    ov, qk = W_V @ W_O, W_Q @ W_K.mT
    both = torch.einsum("rij,wjk->wrik", qk, ov)
    size = torch.linalg.matrix_norm
    return size(both) / (size(ov)[:, None] * size(qk))


def _weight_cases() -> list[Case]:
    generator = torch.Generator().manual_seed(95)
    cases = []
    for heads, d_model, d_head in ((4, 12, 3), (2, 8, 4)):
        shape = heads, d_model, d_head
        q, k, v = (torch.randn(shape, generator=generator) for _ in range(3))
        o = torch.randn(heads, d_head, d_model, generator=generator)
        # Head 0 writes just what the keys of the last one read.
        o[0] = k[-1].mT
        cases.append(
            Case(f"{heads} heads of width {d_head} in a stream of {d_model}", (q, k, v, o))
        )
    return cases


COMPOSITION = Exercise(
    id="09.5",
    title="K-composition",
    difficulty=4,
    importance=3,
    minutes=15,
    returns="scores [writer, reader]",
    solution=k_composition,
    cases=_weight_cases,
    mistakes=(
        Mistake(
            "OV of the reader",
            _of_the_reader,
            "You compose every head with itself. W_V and W_O are the writer's, W_K and W_Q the "
            "reader's: give the two an axis each.",
        ),
        Mistake(
            "Q-composition",
            _by_queries,
            "These scores say what *queries* read. Keys read through W_K: that matrix stands next "
            "to the writer's W_O, and W_Q comes after.",
        ),
        Mistake(
            "V-composition",
            _by_values,
            "These scores say what *values* read: the reader's OV circuit. Keys read through its "
            "W_K, and W_Q comes after.",
        ),
        Mistake(
            "written before it is read",
            _written_before_read,
            "The order is turned round. Rows are vectors of the stream, so a vector goes through "
            "the matrices from left to right: the writer's W_V and W_O, then the reader's W_K.",
        ),
        Mistake(
            "as papers write it",
            _as_papers_write,
            "You put the reader's matrices first, as papers do, whose vectors are columns. Rows go "
            "from left to right: the writer's W_V and W_O first, then the reader's W_K and W_Q.",
        ),
        Mistake(
            "the axes turned round",
            lambda W_Q, W_K, W_V, W_O: k_composition(W_Q, W_K, W_V, W_O).T,
            "Rows are to be writers and columns readers; yours are the other way round.",
        ),
        Mistake(
            "not scaled",
            _not_scaled,
            "Divide by the two norms: otherwise heads with large weights win, whatever they read.",
        ),
        Mistake(
            "another norm",
            _spectral,
            "These are spectral norms, the largest singular values. Wanted is the Frobenius norm: "
            "the root of the sum of all squares.",
        ),
    ),
)


def cut_wire(hf: Any, ids: Tensor, writer: int, readers: Sequence[int], kind: str) -> Tensor:
    """Logits, with ``"q"``, ``"k"`` or ``"v"`` of layers made as if one had written nothing."""
    written, streams, handles = {}, {}, []

    def note_writing(module, inputs, output):
        written["attention"] = output

    out = hf.transformer.h[writer].attn.attention.out_proj
    handles.append(out.register_forward_hook(note_writing))
    for layer in readers:
        block = hf.transformer.h[layer]

        def note_stream(module, inputs, layer=layer):
            streams[layer] = inputs[0]

        def read_less(module, inputs, layer=layer, norm=block.ln_1):
            return (norm(streams[layer] - written["attention"]),)

        handles.append(block.register_forward_pre_hook(note_stream))
        project = getattr(block.attn.attention, f"{kind}_proj")
        handles.append(project.register_forward_pre_hook(read_less))
    try:
        return hf(ids).logits
    finally:
        for handle in handles:
            handle.remove()


def _every_wire(hf: Any, ids: Tensor, writer: int, readers: Sequence[int], kind: str) -> Tensor:
    """All three kinds at once: the blocks' own norm reads less."""
    written, handles = [], []
    out = hf.transformer.h[writer].attn.attention.out_proj
    handles.append(out.register_forward_hook(lambda module, inputs, output: written.append(output)))
    for layer in readers:
        norm = hf.transformer.h[layer].ln_1
        handles.append(
            norm.register_forward_pre_hook(lambda module, inputs: (inputs[0] - written[0],))
        )
    logits = hf(ids).logits
    for handle in handles:
        handle.remove()
    return logits


def _after_the_norm(hf: Any, ids: Tensor, writer: int, readers: Sequence[int], kind: str) -> Tensor:
    written, handles = [], []
    out = hf.transformer.h[writer].attn.attention.out_proj
    handles.append(out.register_forward_hook(lambda module, inputs, output: written.append(output)))
    for layer in readers:
        project = getattr(hf.transformer.h[layer].attn.attention, f"{kind}_proj")
        handles.append(
            project.register_forward_pre_hook(lambda module, inputs: (inputs[0] - written[0],))
        )
    logits = hf(ids).logits
    for handle in handles:
        handle.remove()
    return logits


def _silenced(hf: Any, ids: Tensor, writer: int, readers: Sequence[int], kind: str) -> Tensor:
    out = hf.transformer.h[writer].attn.attention.out_proj
    handle = out.register_forward_hook(lambda module, inputs, output: 0 * output)
    logits = hf(ids).logits
    handle.remove()
    return logits


def _first_reader_only(
    hf: Any, ids: Tensor, writer: int, readers: Sequence[int], kind: str
) -> Tensor:
    return cut_wire(hf, ids, writer, readers[:1], kind)


def _wire_cases() -> list[Case]:
    generator = torch.Generator().manual_seed(96)
    hf = tiny_gpt_neo()
    ids = torch.randint(0, hf.config.vocab_size, (3, 8), generator=generator)
    return [
        Case(
            f"a small random GPT-Neo, {kind} of layers {readers} without layer {writer}",
            (hf, ids, writer, readers, kind),
        )
        for writer, readers, kind in ((0, [1, 2], "k"), (1, [2], "q"), (0, [2], "v"))
    ]


WIRE = Exercise(
    id="09.6",
    title="Cut one wire",
    difficulty=4,
    importance=4,
    minutes=15,
    returns="logits [row, pos, vocab]",
    solution=cut_wire,
    cases=_wire_cases,
    bonus=True,
    mistakes=(
        Mistake(
            "all wires",
            _every_wire,
            "Queries, keys and values all read less. Put your pre-hook on the one projection that "
            "kind names, not on the norm, which feeds all three.",
        ),
        Mistake(
            "taken away after the norm",
            _after_the_norm,
            "You subtract from what the norm gives. The writing is a part of the stream *before* "
            "it: subtract there, and send the rest through ln_1.",
        ),
        Mistake(
            "the writer silenced",
            _silenced,
            "You silence the writer for everybody. Only these readers are not to read it; all "
            "others, and the stream itself, keep it.",
        ),
        Mistake(
            "one reader only",
            _first_reader_only,
            "Only the first of the readers reads less; the wire is to be cut to each of them.",
        ),
    ),
)
