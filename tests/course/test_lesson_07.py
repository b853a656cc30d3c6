"""Lesson 07: other spellings that pass, identities that are told, and what the text claims."""

from contextlib import contextmanager

import torch

import interp_widgets as iw
from interp_widgets.course.exercises import find

CLEAN, CORRUPT = "The Eiffel Tower is in the city of", "The Trevi Fountain is in the city of"
PAIR = (CLEAN, CORRUPT, " Paris", " Rome")


@contextmanager
def hooked(module, hook, before=False):
    add = module.register_forward_pre_hook if before else module.register_forward_hook
    handle = add(hook)
    try:
        yield
    finally:
        handle.remove()


def test_recovery_by_index_and_in_another_order_passes():
    def spelt_otherwise(logits, clean, corrupt, answer, other):
        gap = lambda x: (x[:, [answer]] - x[:, [other]])[:, 0]  # noqa: E731
        ends = gap(torch.stack([clean, corrupt]))
        return (ends[1] - gap(logits)) / (ends[1] - ends[0])

    assert iw.check("07.1", spelt_otherwise)


def test_a_recovery_without_a_gradient_is_told():
    def detached(*given):
        return find("07.1").solution(*given).detach()

    def under_no_grad(*given):
        with torch.no_grad():
            return find("07.1").solution(*given)

    for answer in (detached, under_no_grad):
        message = iw.check("07.1", answer).message
        assert "no gradient comes back" in message
        assert ".detach()" in message


def test_a_recovery_that_misses_an_identity_is_told_which():
    message = iw.check("07.1", lambda *given: find("07.1").solution(*given) + 0.25).message
    assert "the clean run gets 1.25; wanted 1" in message


def test_a_saving_hook_may_take_itself_off():
    def spelt_otherwise(hf, block, clean, corrupt):
        kept = []
        with hooked(block, lambda module, inputs, output: kept.append(output)):
            hf(clean.unsqueeze(0))
        with hooked(block, lambda module, inputs, output: kept[0]):
            return hf(corrupt.unsqueeze(0)).logits.squeeze(0)

    assert iw.check("07.2", spelt_otherwise)


def test_a_run_that_patches_nothing_is_told_its_recovery():
    message = iw.check("07.2", lambda hf, block, clean, corrupt: hf(corrupt[None]).logits[0])
    assert "recovery 0.0" in message.message


def test_the_hooks_of_others_stay_on_and_those_of_transformers_too():
    for case in find("07.2").cases():
        hf, block, *_ = case.args
        before = {name: len(module._forward_hooks) for name, module in hf.named_modules()}
        find("07.2").solution(*case.args)
        after = {name: len(module._forward_hooks) for name, module in hf.named_modules()}
        assert after == before
    assert len(block._forward_hooks) == 1  # the last case has one of somebody else


def test_a_patch_on_the_block_below_is_the_same_stream():
    """What enters a block is what leaves the one below; layer 0 gets it from the embedding."""

    def spelt_otherwise(hf, clean, corrupt, layer, pos):
        if layer == 0:
            return find("07.3").solution(hf, clean, corrupt, layer, pos)
        stream = hf(clean[None], output_hidden_states=True).hidden_states[layer]

        def patch(module, inputs, output):
            whole = isinstance(output, tuple)
            x = (output[0] if whole else output).clone()
            x[0, pos] = stream[0, pos]
            return (x, *output[1:]) if whole else x

        with hooked(hf.transformer.h[layer - 1], patch):
            return hf(corrupt[None]).logits[0, -1]

    assert iw.check("07.3", spelt_otherwise)


def test_a_whole_stream_that_is_not_the_clean_run_is_told():
    def only_one(hf, clean, corrupt, layer, pos):
        at = 1 if pos == slice(None) else pos
        return find("07.3").solution(hf, clean, corrupt, layer, at)

    assert "has to be the clean run" in iw.check("07.3", only_one).message


def test_resampled_runs_may_go_as_one_batch():
    def spelt_otherwise(hf, proj, columns, ids, others, kind):
        held = []
        keep = lambda module, inputs: held.append(inputs[0][..., columns])  # noqa: E731
        with hooked(proj, keep, before=True):
            hf(others)
        values = {"zero": 0 * held[0][:1], "mean": held[0].mean(0, keepdim=True)}
        value = values.get(kind, held[0])

        def put(module, inputs):
            return (torch.cat(list(parts(inputs[0], value)), -1),)

        def parts(z, value):
            yield z[..., : columns.start]
            yield value.to(z)
            yield z[..., columns.stop :]

        with hooked(proj, put, before=True):
            return hf(ids.expand(len(value), -1)).logits[:, -1]

    assert iw.check("07.4", spelt_otherwise)


def test_an_ablation_by_ones_own_value_has_to_change_nothing():
    def shifted(hf, proj, columns, ids, others, kind):
        logits = find("07.4").solution(hf, proj, columns, ids, others, kind)
        return logits + 0.01 * (others == ids).all()

    assert "nothing may change" in iw.check("07.4", shifted).message


def test_a_layer_off_passes_and_two_do_not():
    solution = find("07.5").solution
    for off, passes in ((-1, True), (0, True), (1, True), (2, False), (-2, False)):
        answer = lambda *given, off=off: int(solution(*given)) + off  # noqa: E731
        assert bool(iw.check("07.5", answer)) is passes


def test_several_places_patched_one_after_another_pass():
    """A clean activation does not depend on patches: each may be read in a run of its own."""

    def spelt_otherwise(hf, places, clean, corrupt):
        def output_of(module):
            kept = []
            with hooked(module, lambda module, inputs, output: kept.append(output)):
                hf(clean[None])
            return kept[0][0] if isinstance(kept[0], tuple) else kept[0]

        values = [output_of(module) for module, _ in places]

        def run(left):
            if not left:
                return hf(corrupt[None]).logits[0, -1]
            (module, pos), value = left[0]

            def patch(module, inputs, output):
                x = (output[0] if isinstance(output, tuple) else output).clone()
                x[:, pos] = value[:, pos]
                return (x, *output[1:]) if isinstance(output, tuple) else x

            with hooked(module, patch):
                return run(left[1:])

        return run(list(zip(places, values, strict=True)))

    assert iw.check("07.6", spelt_otherwise)


def test_what_the_lesson_says_of_the_course_model():
    """The text stands on these; with other weights it has to be read again."""
    model = iw.load()
    many = iw.model_card()["mechanism"]["patching"]["landmark_two_tokens"]
    end, name = (many[key]["mean"] for key in ("end", "subject_last"))
    late = [layer for layer, (a, b) in enumerate(zip(name, end, strict=True)) if b > a]
    grid = iw.activation_patching(model, *PAIR)
    crossing = int(find("07.5").solution(grid.recovery, [2, 3], 8))
    assert abs(crossing - late[0]) <= 1
    assert all(value > 0.9 for value in name[1:6])
    assert [layer for layer, value in enumerate(name) if value <= 0.2] == [8]
    for direction in ("denoise", "noise"):
        whole = iw.activation_patching(model, *PAIR, per="layer", direction=direction)
        assert torch.allclose(whole.recovery, torch.ones(8).double(), atol=1e-4)
