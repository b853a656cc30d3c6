"""Lesson 08: other spellings pass, hints go where they belong, and what it says is so."""

from itertools import product

import pytest
import torch

import interp_widgets as iw
from interp_widgets.course.exercises import find
from interp_widgets.course.tiny import tiny_gpt2


def by_a_zero_leaf(hf, block, clean, corrupt, metric):
    """The gradient of a zero that is added to the block's output."""
    outputs = []

    def add(module, inputs, output):
        outputs.append(output + torch.zeros_like(output).requires_grad_())
        return outputs[-1]

    handle = block.register_forward_hook(add)
    try:
        with torch.no_grad():
            hf(clean[None])
        metric(hf(corrupt[None]).logits[0])
        here = outputs[1]
        value = metric(hf(corrupt[None]).logits[0])
        slope = torch.autograd.grad(value, outputs[2])[0]
    finally:
        handle.remove()
    return torch.einsum("pd,pd->p", slope[0], (outputs[0] - here)[0]).detach()


def by_wrapping(hf, work):
    """Counters at the model itself; a backward is seen by its logits."""
    counts = [0, 0]

    def seen(module, args, kwargs, output):
        counts[0] += output.logits.shape[0]
        if output.logits.requires_grad:
            output.logits.register_hook(
                lambda gradient: counts.__setitem__(1, counts[1] + len(gradient))
            )

    handle = hf.register_forward_hook(seen, with_kwargs=True)
    try:
        work()
    finally:
        handle.remove()
    return counts


def with_scipy(estimate, exact):
    from scipy.stats import pearsonr, spearmanr

    moves = exact != 0
    signs = (estimate[moves] * exact[moves] > 0).double().mean().item()
    return [pearsonr(estimate, exact)[0], spearmanr(estimate, exact)[0], signs]


def by_jacobians(metric, start, end, m):
    shares = (torch.arange(m) + 0.5) / m
    points = [start + share * (end - start) for share in shares]
    slopes = [torch.autograd.functional.jacobian(metric, point) for point in points]
    return torch.stack(slopes).mean(0) * (end - start)


def by_weights(hf, proj, columns, clean, corrupt):
    """The write of one head as a product with its part of the weights."""
    kept = []
    handles = [
        proj.register_forward_pre_hook(lambda module, inputs: kept.append(inputs[0][0, -1])),
        hf.transformer.ln_f.register_forward_pre_hook(
            lambda module, inputs: kept.append(inputs[0][0, -1])
        ),
    ]
    for ids in (clean, corrupt):
        hf(ids[None])
    for handle in handles:
        handle.remove()
    z, final, other, _ = kept
    is_linear = isinstance(proj, torch.nn.Linear)
    weight = proj.weight.T if is_linear else proj.weight  # GPT-2 stores [in, out]
    change = (other - z)[columns] @ weight[columns]
    return hf.lm_head(hf.transformer.ln_f((final + change)[None]))[0]


def by_loops(metric, data, keys):
    """All rows of all choices in one list, every row of equal weight within its prompt."""

    def mean(keys):
        total = 0.0
        for i in range(len(data)):
            choices = [
                [data[k, j] for k in range(len(data)) if keys[k, j] == keys[i, j]]
                for j in range(data.shape[1])
            ]
            rows = torch.tensor([[float(x) for x in row] for row in product(*choices)]).double()
            total += metric(rows).mean().item() / len(data)
        return total

    clean, random = metric(data).mean().item(), mean(keys * 0)
    return (mean(keys) - random) / (clean - random)


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [
        ("08.1", by_a_zero_leaf),
        ("08.2", by_wrapping),
        ("08.2", lambda hf, work: tuple(by_wrapping(hf, work))),
        ("08.3", with_scipy),
        ("08.4", by_jacobians),
        ("08.5", by_weights),
        ("08.6", by_loops),
    ],
)
def test_another_spelling_passes(exercise, answer):
    result = iw.check(exercise, answer)
    assert result, result


def test_a_wrong_slope_is_told_what_two_runs_found():
    def half(*given):
        return find("08.1").solution(*given) / 2

    message = iw.check("08.1", half).message
    assert "Moving the output there a thousandth of the way" in message


def test_backward_calls_are_not_prompts():
    def calls(hf, work):
        counts = [0, 0]

        def forward(module, inputs, output):
            counts[0] += len(output)

        def backward(module, gradients):
            counts[1] += len(gradients)  # of the tuple: always 1

        handles = [
            hf.lm_head.register_forward_hook(forward),
            hf.lm_head.register_full_backward_pre_hook(backward),
        ]
        work()
        for handle in handles:
            handle.remove()
        return tuple(counts)

    result = iw.check("08.2", calls)
    assert not result
    assert "gradients is a tuple of one" in result.message


def test_shares_that_miss_the_whole_step_are_added_up():
    def doubled(metric, start, end, m):
        return 3 * find("08.4").solution(metric, start, end, m)

    assert "your shares add up to" in iw.check("08.4", doubled).message


def test_a_hypothesis_that_exchanges_nothing_scores_one():
    def shifted(metric, data, keys):
        wanted = find("08.6").solution(metric, data, keys)
        alone = all(len(column.unique()) == len(keys) for column in keys.T)
        return wanted + 0.5 if alone else wanted

    assert "so nothing is exchanged" in iw.check("08.6", shifted).message


def test_the_solutions_leave_the_model_alone():
    for case in find("08.1").cases():
        hf = case.args[0]
        with torch.enable_grad():
            find("08.1").solution(*case.args)
        assert all(weight.grad is None for weight in hf.parameters())
    hf = tiny_gpt2()
    counted = find("08.2").solution(hf, lambda: hf(torch.tensor([[1, 2], [3, 4], [5, 6]])))
    assert [int(count) for count in counted] == [3, 0]
    assert not hf.lm_head._forward_hooks
    assert not hf.lm_head._backward_pre_hooks


@pytest.fixture(scope="module")
def lists():
    """The pair of section 5."""
    model, prompt = iw.load(), iw.prompts("induction")[0].prompt
    words = prompt.split()
    at = words.index(words[-1])
    broken = " ".join([*words[:at], "there", *words[at + 1 :]])
    return model, prompt, broken, f" {words[at + 1]}", f" {words[at + 2]}"


def test_the_previous_token_heads_are_read_by_keys(lists):
    found = {
        kind: iw.path_patching(*lists, sender=["L1.z"], receiver=[f"L5.{kind}", f"L6.{kind}"])
        for kind in "qkv"
    }
    gap = found["k"].clean - found["k"].corrupt
    assert float(found["k"].effect) < -0.8 * gap
    assert abs(float(found["q"].effect)) < 0.05 * gap
    assert abs(float(found["v"].effect)) < 0.05 * gap


def test_a_slope_of_the_clean_run_does_not_see_that_bundle(lists):
    def bundle(record):
        frame = record.to_frame()
        keys = frame.target.str.contains(r"L[56]\.k")
        return frame[frame.source.str.startswith("L1.z") & keys].score.sum()

    here, on_the_way = (iw.edge_attribution(*lists, integrate=m, sample=0) for m in (0, 8))
    assert abs(bundle(here)) < 0.2 * abs(bundle(on_the_way))
