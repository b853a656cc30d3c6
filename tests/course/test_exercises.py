"""Every exercise: the stub is not attempted, the solution passes, each listed mistake fails."""

import functools
import subprocess
import sys

import pytest
import torch

import interp_widgets as iw
from interp_widgets.course import exercises as course
from interp_widgets.course.tiny import tiny_gpt_neo

ALL = [exercise for lesson in course.lessons() for exercise in course.exercises(lesson)]
MISTAKES = {f"{e.id}-{m.name}": (e, m) for e in ALL for m in e.mistakes}


@functools.cache
def judged(name):
    """What is said of a mistake: checked once for all tests that ask, and leaving no trace."""
    exercise, mistake = MISTAKES[name]
    state = torch.random.get_rng_state()
    result = iw.check(exercise.id, mistake.answer)
    assert torch.is_grad_enabled()
    assert torch.equal(torch.random.get_rng_state(), state)
    return result


def stub(*inputs):
    raise NotImplementedError


@functools.wraps(stub)
def decorated_stub(*inputs):
    return stub(*inputs)


def stub_with_words(*inputs):
    raise NotImplementedError("your turn")


@pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.id)
def test_stub_is_not_attempted(exercise):
    for answer in (stub, stub_with_words, decorated_stub, None, ...):
        result = iw.check(exercise.id, answer)
        assert result.status == "not attempted"
        assert not result


@pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.id)
def test_solution_passes(exercise):
    result = iw.check(exercise.id, exercise.solution)
    assert result.status == "passed", result
    assert result


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_fails(name):
    result = judged(name)
    assert result.status == "failed", result


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_is_recognised(name):
    message = judged(name).message
    assert MISTAKES[name][1].hint in message or "log_softmax(-1)" in message


@pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.id)
def test_every_exercise_is_complete(exercise):
    assert len(exercise.mistakes) >= 2
    assert 1 <= exercise.difficulty <= 5
    assert 1 <= exercise.importance <= 5
    assert exercise.heading.endswith(f"{exercise.id} · {exercise.title}")


def test_ids_are_unique_and_belong_to_their_lesson():
    assert len({exercise.id for exercise in ALL}) == len(ALL)
    assert len(MISTAKES) == sum(len(exercise.mistakes) for exercise in ALL)
    for lesson in course.lessons():
        assert all(e.id.startswith(f"{lesson}.") for e in course.exercises(lesson))


def test_repr_is_one_deterministic_line():
    once, again = (repr(iw.check("06.1", stub)) for _ in range(2))
    assert once == again
    assert "\n" not in once
    assert once.startswith("○ 06.1 ")
    wrong = [repr(judged(name)) for name in MISTAKES]
    assert all("\n" not in line and " at 0x" not in line for line in wrong)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda table: None, "returned None"),
        (lambda table: "three", "wanted a tensor"),
        (lambda table: table[0, :2], "has shape [2]; wanted [4]"),
        (lambda: None, "raised TypeError"),
        (lambda table: table.nothing, "raised AttributeError: 'Tensor' object has no attribute"),
        (lambda table: 1 / 0, "raised ZeroDivisionError: division by zero"),
        (lambda table: torch.full(table.shape[1:], float("nan")), "not finite"),
        (5, "You passed an int; wanted the function itself"),
    ],
)
def test_messages_name_what_came(answer, said):
    result = iw.check("06.2", answer)
    assert result.status == "failed"
    assert said in result.message


def test_a_list_of_rows_is_told_how_to_become_a_tensor():
    message = iw.check("06.1", lambda hf, ids: list(course.find("06.1").solution(hf, ids))).message
    assert "returned a list of 4 Tensors; wanted a tensor" in message
    assert "torch.stack" in message


def test_the_number_of_outputs_that_came_is_named():
    message = iw.check("06.5", lambda logits: (*course.find("06.5").solution(logits), 1)).message
    assert "returned a tuple of 3; wanted 2 outputs" in message
    message = iw.check("06.5", lambda logits: (logits, logits, logits)).message
    assert "returned a tuple of 3 Tensors; wanted 2 outputs" in message


def test_a_mistake_given_as_a_list_gets_its_hint():
    mistake = course.find("06.5").mistakes[0]
    message = iw.check("06.5", lambda logits: list(mistake.answer(logits))).message
    assert message.endswith(mistake.hint)


def test_a_crash_quotes_one_short_line():
    def answer(table):
        return table.nothing, "----------------------------------------------------------------", "----------------------------------------------------------------", "------"  # fmt: skip  # noqa: E501

    message = iw.check("06.2", answer).message
    assert "at `return table.nothing" in message
    assert message.endswith("…`")


def test_answers_may_come_as_lists_or_with_gradients():
    solution = course.find("06.2").solution
    assert iw.check("06.2", lambda table: solution(table).tolist())
    assert iw.check("06.1", lambda hf, ids: course.find("06.1").solution(hf, ids).requires_grad_())


def test_crash_names_the_learners_own_line():
    def answer(hf, ids):
        return hf.transformer.ln_final(ids)

    message = iw.check("06.1", answer).message
    assert "ln_final" in message
    assert "at `return hf.transformer.ln_final(ids)`" in message


outside = tiny_gpt_neo()


def test_a_model_from_outside_is_recognised():
    def answer(hf, ids):
        return course.find("06.1").solution(outside, ids)[:2]

    assert "uses `outside` of the notebook" in iw.check("06.1", answer).message


def test_not_implemented_from_torch_is_a_failure_not_a_stub():
    def answer(table):
        return table.to("meta").cpu()

    def through_a_module(table):
        return torch.nn.Module()(table)

    for wrong in (answer, through_a_module):
        result = iw.check("06.2", wrong)
        assert result.status == "failed"
        assert "raised NotImplementedError" in result.message


def test_or_solution_keeps_a_passing_answer(capsys):
    def mine(table):
        return course.find("06.2").solution(table)

    assert iw.or_solution("06.2", mine) is mine
    assert "your own answer" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "why"), [(stub, "not written yet"), (lambda table: table[0], "does not pass yet")]
)
def test_or_solution_falls_back_and_says_so(capsys, answer, why):
    assert iw.or_solution("06.2", answer) is course.find("06.2").solution
    out = capsys.readouterr().out
    assert why in out
    assert "reference solution" in out


@pytest.mark.parametrize("bad", ["06.9", "6.1", "99.1", "", "06", 6.1])
def test_unknown_id_lists_those_there_are(bad):
    with pytest.raises(ValueError, match=r"06\.1|Lessons that have: 01, 0"):
        iw.check(bad, stub)
    with pytest.raises(ValueError, match="There is no exercise"):
        iw.or_solution(bad, stub)


def hooks_in(module):
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in module.modules())


# A learner's own model, made before anything is checked.
mine, some_ids = tiny_gpt_neo(), torch.tensor([[3, 1, 4]])
its_logits, its_hooks = mine(some_ids).logits.detach(), hooks_in(mine)


def test_failing_answers_leave_the_learners_model_alone():
    for name in MISTAKES:
        judged(name)
    assert torch.equal(mine(some_ids).logits, its_logits)
    assert hooks_in(mine) == its_hooks
    assert not mine.training


def leaves_a_hook(hf, ids):
    hf.transformer.ln_f.register_forward_hook(lambda *_: None)
    return course.find("06.1").solution(hf, ids)


def forgets_a_mode(hf, ids):
    answer = course.find("06.1").solution(hf, ids)
    hf.train()
    return answer


def writes_into_a_weight(hf, ids):
    answer = course.find("06.1").solution(hf, ids)
    hf.transformer.ln_f.weight.mul_(2)
    return answer


def replaces_a_forward(hf, ids):
    answer = course.find("06.1").solution(hf, ids)
    hf.transformer.ln_f.forward = lambda x: x
    return answer


@pytest.mark.parametrize(
    "answer", [leaves_a_hook, forgets_a_mode, writes_into_a_weight, replaces_a_forward]
)
def test_an_answer_that_leaves_traces_fails_and_the_next_check_is_clean(answer):
    result = iw.check("06.1", answer)
    assert result.status == "failed"
    assert "changed what it was given" in result.message
    assert iw.check("06.1", course.find("06.1").solution)


def test_the_room_loads_no_torch():
    code = (
        "import sys, interp_widgets.course.exercises as e; e.lessons(); "
        "assert 'torch' not in sys.modules, 'torch'; assert 'transformers' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
