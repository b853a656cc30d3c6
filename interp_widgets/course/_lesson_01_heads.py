"""Lesson 01: what a head writes, read as logits, and the matrix that it writes with."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake
from interp_widgets.course.tiny import tiny_gpt2, tiny_gpt_neo

# 01.2 -----------------------------------------------------------------------------


def head_shares(hf: Any, z: Tensor, final: Tensor, answer: int, distractor: int) -> Tensor:
    """Share of each head in a logit difference, ``[layer, head]``.

    ``z [layer, head, d_head]`` and ``final [d_model]`` are those of the last position.
    """
    n_layers, n_heads, d_head = z.shape
    norm = hf.transformer.ln_f
    scale = (final.var(unbiased=False) + norm.eps).sqrt()  # of the whole stream, held still
    direction = hf.lm_head.weight[answer] - hf.lm_head.weight[distractor]
    shares = torch.zeros(n_layers, n_heads)
    for layer, block in enumerate(hf.transformer.h):
        W_O = block.attn.attention.out_proj.weight.T  # [n_heads · d_head, d_model]
        for head in range(n_heads):
            write = z[layer, head] @ W_O[head * d_head : (head + 1) * d_head]
            shares[layer, head] = ((write - write.mean()) / scale * norm.weight) @ direction
    return shares


def _writes(hf: Any, z: Tensor) -> Tensor:
    """What each head writes, ``[layer, head, d_model]``."""
    projections = [block.attn.attention.out_proj.weight.T for block in hf.transformer.h]
    by_head = torch.stack(projections).unflatten(1, z.shape[1:])
    return torch.einsum("lhe,lhem->lhm", z, by_head)


def _direction(hf: Any, answer: int, distractor: int) -> Tensor:
    return hf.lm_head.weight[answer] - hf.lm_head.weight[distractor]


def _scale(hf: Any, final: Tensor, unbiased: bool = False) -> Tensor:
    return (final.var(unbiased=unbiased) + hf.transformer.ln_f.eps).sqrt()


def _no_norm(hf: Any, z: Tensor, final: Tensor, answer: int, distractor: int) -> Tensor:
    return _writes(hf, z) @ _direction(hf, answer, distractor)


def _own_norm(hf: Any, z: Tensor, final: Tensor, answer: int, distractor: int) -> Tensor:
    return hf.transformer.ln_f(_writes(hf, z)) @ _direction(hf, answer, distractor)


def _no_centring(hf: Any, z: Tensor, final: Tensor, answer: int, distractor: int) -> Tensor:
    read = _writes(hf, z) / _scale(hf, final) * hf.transformer.ln_f.weight
    return read @ _direction(hf, answer, distractor)


def _no_gain(hf: Any, z: Tensor, final: Tensor, answer: int, distractor: int) -> Tensor:
    writes = _writes(hf, z)
    read = (writes - writes.mean(-1, keepdim=True)) / _scale(hf, final)
    return read @ _direction(hf, answer, distractor)


def _answer_only(hf: Any, z: Tensor, final: Tensor, answer: int, distractor: int) -> Tensor:
    writes = _writes(hf, z)
    read = (writes - writes.mean(-1, keepdim=True)) / _scale(hf, final)
    return (read * hf.transformer.ln_f.weight) @ hf.lm_head.weight[answer]


def _bias_counted(hf: Any, z: Tensor, final: Tensor, answer: int, distractor: int) -> Tensor:
    bias = hf.transformer.ln_f.bias @ _direction(hf, answer, distractor)
    return head_shares(hf, z, final, answer, distractor) + bias


def _no_root(hf: Any, z: Tensor, final: Tensor, answer: int, distractor: int) -> Tensor:
    return head_shares(hf, z, final, answer, distractor) / _scale(hf, final)


def _sample_variance(hf: Any, z: Tensor, final: Tensor, answer: int, distractor: int) -> Tensor:
    right = head_shares(hf, z, final, answer, distractor)
    return right * _scale(hf, final) / _scale(hf, final, unbiased=True)


def _stored_orientation(hf: Any, z: Tensor, final: Tensor, answer: int, distractor: int) -> Tensor:
    n_layers, n_heads, d_head = z.shape
    shares = torch.zeros(n_layers, n_heads)
    for layer, block in enumerate(hf.transformer.h):
        weight = block.attn.attention.out_proj.weight
        for head in range(n_heads):
            write = z[layer, head] @ weight[head * d_head : (head + 1) * d_head]
            read = (write - write.mean()) / _scale(hf, final) * hf.transformer.ln_f.weight
            shares[layer, head] = read @ _direction(hf, answer, distractor)
    return shares


def _runs() -> list[Case]:
    cases = []
    for name, prompt, answer, distractor in (
        ("the last of 5 tokens", [3, 14, 8, 20, 6], 4, 11),
        ("the last of 3 tokens", [7, 2, 25], 19, 0),
    ):
        hf = tiny_gpt_neo()
        z, final = _last_position(hf, torch.tensor(prompt))
        case = (hf, z, final, answer, distractor)
        cases.append(Case(f"a small random GPT-Neo (3 layers, 2 heads; {name})", case))
    return cases


def _last_position(hf: Any, ids: Tensor) -> tuple[Tensor, Tensor]:
    """``z [layer, head, d_head]`` and the stream ``[d_model]`` that the final norm reads."""
    seen: list[Tensor] = []
    places = [block.attn.attention.out_proj for block in hf.transformer.h] + [hf.transformer.ln_f]
    handles = [
        place.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0][0, -1]))
        for place in places
    ]
    hf(ids[None])
    for handle in handles:
        handle.remove()
    return torch.stack(seen[:-1]).unflatten(1, (hf.config.num_heads, -1)), seen[-1]


HEAD_SHARES = Exercise(
    id="01.2",
    title="Direct logit attribution, head by head",
    difficulty=3,
    importance=5,
    minutes=15,
    returns="shares in logits [layer, head]",
    solution=head_shares,
    cases=_runs,
    mistakes=(
        Mistake(
            "no LayerNorm",
            _no_norm,
            "These are the raw dot products of writes and direction. They are not in logits: "
            "between stream and unembedding stands the final LayerNorm.",
        ),
        Mistake(
            "each write normed by itself",
            _own_norm,
            "You sent each write through the final LayerNorm by itself, so each got a scale of "
            "its own, and a small write counts as much as a large one. Use the scale of the whole "
            "stream, `final`, for all of them, and leave the bias out.",
        ),
        Mistake(
            "not centred",
            _no_centring,
            "You left the centring out. LayerNorm takes the mean off the stream, and the mean of "
            "a sum is the sum of the means: take each write's own mean off it.",
        ),
        Mistake(
            "no LayerNorm gain",
            _no_gain,
            "The scale is right, but LayerNorm's learned weights, hf.transformer.ln_f.weight, are "
            "missing.",
        ),
        Mistake(
            "variance divided by d - 1",
            _sample_variance,
            "All shares are off by the same factor: torch's var divides by d - 1 unless you say "
            "unbiased=False, LayerNorm divides by d.",
        ),
        Mistake(
            "LayerNorm's bias in every head",
            _bias_counted,
            "Each share holds LayerNorm's bias, too. It is added once and belongs to no head: "
            "leave it out.",
        ),
        Mistake(
            "divided by the variance",
            _no_root,
            "You divide by the variance. Sigma is its root.",
        ),
        Mistake(
            "answer only",
            _answer_only,
            "These are shares of the answer's logit alone. Take the direction answer minus "
            "distractor.",
        ),
        Mistake(
            "the other sign",
            lambda hf, z, final, answer, distractor: head_shares(hf, z, final, distractor, answer),
            "The sign is the other way round: answer minus distractor.",
        ),
        Mistake(
            "W_O as it is stored",
            _stored_orientation,
            "torch's Linear stores [out, in], so the part of a head is a slice of *columns*: take "
            "weight.T first, then the head's rows.",
        ),
        Mistake(
            "flattened",
            lambda *run: head_shares(*run).flatten(),
            "You flattened layers and heads into one axis. Then shares[layer, head] means "
            "nothing, and shares[layer] is a head of the first layers. Keep two axes.",
        ),
    ),
)

# 01.3 -----------------------------------------------------------------------------


def ov_circuit(hf: Any, layer: int, head: int) -> tuple[Tensor, Tensor]:
    """``W_OV [d_model, d_model]`` and ``b_OV [d_model]`` of a head of GPT-2, for row vectors."""
    attention = hf.transformer.h[layer].attn
    d_model = hf.config.n_embd
    d_head = d_model // hf.config.n_head
    mine = slice(head * d_head, (head + 1) * d_head)
    W_V = attention.c_attn.weight[:, 2 * d_model :][:, mine]  # [d_model, d_head]
    b_V = attention.c_attn.bias[2 * d_model :][mine]
    W_O = attention.c_proj.weight[mine]  # [d_head, d_model]
    return W_V @ W_O, b_V @ W_O


def _third(number: int) -> Any:
    """The circuit with queries (0) or keys (1) where the values belong."""

    def circuit(hf: Any, layer: int, head: int) -> tuple[Tensor, Tensor]:
        attention = hf.transformer.h[layer].attn
        d_model, d_head = hf.config.n_embd, hf.config.n_embd // hf.config.n_head
        begin = number * d_model + head * d_head
        taken = slice(begin, begin + d_head)
        W_O = attention.c_proj.weight[head * d_head : (head + 1) * d_head]
        return attention.c_attn.weight[:, taken] @ W_O, attention.c_attn.bias[taken] @ W_O

    return circuit


def _columns_of_w_o(hf: Any, layer: int, head: int) -> tuple[Tensor, Tensor]:
    attention = hf.transformer.h[layer].attn
    d_model, d_head = hf.config.n_embd, hf.config.n_embd // hf.config.n_head
    mine = slice(head * d_head, (head + 1) * d_head)
    W_O = attention.c_proj.weight[:, mine].T
    W_V, b_V = attention.c_attn.weight[:, 2 * d_model :], attention.c_attn.bias[2 * d_model :]
    return W_V[:, mine] @ W_O, b_V[mine] @ W_O


def _interleaved(hf: Any, layer: int, head: int) -> tuple[Tensor, Tensor]:
    attention = hf.transformer.h[layer].attn
    d_head = hf.config.n_embd // hf.config.n_head
    W_O = attention.c_proj.weight[head * d_head : (head + 1) * d_head]
    W = attention.c_attn.weight.unflatten(1, (-1, 3, d_head))[:, head, 2]
    return W @ W_O, attention.c_attn.bias.unflatten(0, (-1, 3, d_head))[head, 2] @ W_O


def _transposed(hf: Any, layer: int, head: int) -> tuple[Tensor, Tensor]:
    weight, bias = ov_circuit(hf, layer, head)
    return weight.T, bias


def _without_bias(hf: Any, layer: int, head: int) -> tuple[Tensor, Tensor]:
    weight, bias = ov_circuit(hf, layer, head)
    return weight, torch.zeros_like(bias)


def _with_layer_bias(hf: Any, layer: int, head: int) -> tuple[Tensor, Tensor]:
    weight, bias = ov_circuit(hf, layer, head)
    return weight, bias + hf.transformer.h[layer].attn.c_proj.bias


def _heads_to_take_apart() -> list[Case]:
    return [
        Case(f"layer {layer}, head {head} of a small random GPT-2", (tiny_gpt2(), layer, head))
        for layer, head in ((0, 2), (1, 1))
    ]


OV = Exercise(
    id="01.3",
    title="The OV circuit of a GPT-2 head",
    difficulty=3,
    importance=3,
    minutes=10,
    returns="W_OV [d_model, d_model] and b_OV [d_model]",
    solution=ov_circuit,
    cases=_heads_to_take_apart,
    mistakes=(
        Mistake(
            "transposed",
            _transposed,
            "Your W_OV is transposed. That is the one of the papers, for column vectors; here "
            "vectors are rows and W_V comes first: x @ W_V @ W_O.",
        ),
        Mistake(
            "no bias of the values",
            _without_bias,
            "W_OV is right, b_OV is not: the values have a bias, and W_O carries it into the "
            "stream: b_V @ W_O.",
        ),
        Mistake(
            "bias of the layer counted",
            _with_layer_bias,
            "W_OV is right, but your b_OV holds c_proj.bias, too. That one is added once a layer, "
            "after all heads, and belongs to none of them.",
        ),
        Mistake(
            "bias of the layer alone",
            lambda hf, layer, head: (
                ov_circuit(hf, layer, head)[0],
                hf.transformer.h[layer].attn.c_proj.bias,
            ),
            "W_OV is right, but your b_OV is c_proj.bias, which belongs to no head. The head's own "
            "is that of its values, c_attn.bias, sent through W_O.",
        ),
        Mistake(
            "all heads at once",
            lambda hf, layer, head: (
                sum(ov_circuit(hf, layer, h)[0] for h in range(hf.config.n_head)),
                sum(ov_circuit(hf, layer, h)[1] for h in range(hf.config.n_head)),
            ),
            "These are all heads of the layer added up. Cut this head's columns out of the values "
            "and its rows out of c_proj.",
        ),
        Mistake(
            "queries for values",
            _third(0),
            "You took the first third of c_attn. Its columns are queries, keys, values, in this "
            "order: the values are the last third.",
        ),
        Mistake(
            "keys for values",
            _third(1),
            "You took the middle third of c_attn, the keys. The values are the last third.",
        ),
        Mistake(
            "three by three, head after head",
            _interleaved,
            "You read c_attn as query, key, value of head 0, then of head 1, and so on, which is "
            "how GPT-NeoX stores it. GPT-2 stores all queries, then all keys, then all values.",
        ),
        Mistake(
            "columns of W_O",
            _columns_of_w_o,
            "You took columns of c_proj.weight. GPT-2's Conv1D stores [in, out], and a head's z "
            "comes *in*: take its rows.",
        ),
    ),
)
