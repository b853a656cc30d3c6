"""How an answer is judged: run it on fixed inputs, compare, and say where it differs and why."""

from __future__ import annotations

import dis
import inspect
import traceback
from types import FunctionType
from typing import Any

import torch

from interp_widgets.course.exercises import (
    Answer,
    Case,
    Exercise,
    NotAttemptedError,
    WrongAnswerError,
)

_LONGEST_QUOTE = 160
_SAME = 1e-3  # how near an answer is to a known mistake that it is said to be, where more passes


def judge(exercise: Exercise, answer: Any) -> str:
    """The message for an answer that passes.

    Raises:
        NotAttemptedError: the answer is the stub.
        WrongAnswerError: the answer is wrong, or crashed.
    """
    if answer is None or answer is Ellipsis:
        raise NotAttemptedError("Write your function, run its cell, then check again.")
    if not callable(answer):
        raise WrongAnswerError(
            f"You passed {_kind(answer)}; wanted the function itself: iw.check({exercise.id!r}, "
            "your_function)."
        )
    with torch.random.fork_rng(devices=[]), torch.set_grad_enabled(exercise.trains):
        cases, twins = exercise.cases(), exercise.cases()
        for case, twin in zip(cases, twins, strict=True):
            before = _state(case.args)
            got = run(answer, case)
            if _state(case.args) != before:
                raise WrongAnswerError(
                    f"On {case.name}, your function changed what it was given: a weight, a value, "
                    "a mode or a hook. Work on copies, and take off every hook you put on."
                )
            if exercise.free and exercise.verify is not None:
                exercise.verify(got, twin)
            else:
                _compare(exercise, answer, got, exercise.solution(*twin.args), twin)
    if exercise.free:
        return f"Your function does what was asked on {_counted(len(cases))}."
    return f"Your function agrees with the reference on all {len(cases)} test inputs."


def _counted(cases: int) -> str:
    return "the test input" if cases == 1 else f"all {cases} test inputs"


def run(answer: Answer, case: Case) -> Any:
    """Call an answer on a case; what it raises becomes one of our two errors."""
    try:
        return answer(*case.args)
    except NotImplementedError as error:
        if _is_stub(error, answer):
            raise NotAttemptedError(
                "Replace `raise NotImplementedError` by your own lines, then check again."
            ) from None
        raise _crash(error, answer, case) from None
    except Exception as error:  # whatever a learner's function raises is a message
        raise _crash(error, answer, case) from None


def _compare(exercise: Exercise, answer: Answer, got: Any, want: Any, case: Case) -> None:
    """Raise unless the two agree, with the hint of the mistake that it looks like."""
    pairs = _pairs(got, want, exercise)
    mine = [_tensor(value, exercise) for value, _ in pairs]
    wanted = [torch.as_tensor(reference) for _, reference in pairs]
    wrong = [i for i in range(len(pairs)) if not _close(mine[i], wanted[i], exercise.tolerance)]
    if not wrong:
        _check_gradients(exercise, got, pairs, case)
        return
    first = wrong[0]
    part = f" (output {first + 1} of {len(pairs)})" if len(pairs) > 1 else ""
    hint = _hint(exercise, got, case) or _model_of_the_notebook(answer)
    if mine[first].shape != wanted[first].shape:
        raise WrongAnswerError(
            f"On {case.name}{part}, your result has shape {list(mine[first].shape)}; wanted "
            f"{list(wanted[first].shape)}: {exercise.returns}.{hint}"
        )
    if exercise.verify is not None and not hint:
        exercise.verify(got, case)
    difference = _first_difference(mine[first], wanted[first])
    raise WrongAnswerError(f"On {case.name}{part}, {difference}{hint}")


def _check_gradients(
    exercise: Exercise, got: Any, pairs: list[tuple[Any, torch.Tensor]], case: Case
) -> None:
    """Where the reference can be differentiated, right numbers that cannot be are no answer."""
    for value, reference in pairs:
        wanted = torch.is_tensor(reference) and reference.requires_grad
        if wanted and not (torch.is_tensor(value) and value.requires_grad):
            raise WrongAnswerError(
                f"On {case.name}, no gradient comes back through your result."
                f"{_hint(exercise, got, case)}"
            )


def _pairs(got: Any, want: Any, exercise: Exercise) -> list[tuple[Any, torch.Tensor]]:
    """The learner's outputs beside the wanted ones; a single output is a list of one."""
    if got is None:
        raise WrongAnswerError(
            f"Your function returned None; wanted {exercise.returns}. Is there a `return` at its "
            "end?"
        )
    if not isinstance(want, tuple):
        return [(got, want)]
    if not isinstance(got, (tuple, list)) or len(got) != len(want):
        raise WrongAnswerError(
            f"Your function returned {_kind(got)}; wanted {len(want)} outputs: {exercise.returns}."
        )
    return list(zip(got, want, strict=True))


def _tensor(value: Any, exercise: Exercise) -> torch.Tensor:
    """What the learner returned, as a float tensor on the CPU."""
    try:
        return torch.as_tensor(value).detach().cpu().double()
    except (TypeError, ValueError, RuntimeError):
        parts = isinstance(value, (list, tuple)) and all(map(torch.is_tensor, value))
        join = " Join the parts: torch.stack makes a new axis, torch.cat does not." if parts else ""
        raise WrongAnswerError(
            f"Your function returned {_kind(value)}; wanted a tensor: {exercise.returns}.{join}"
        ) from None


def _close(got: torch.Tensor, want: torch.Tensor, tolerance: float) -> bool:
    if got.shape != want.shape:
        return False
    return torch.allclose(got, want.double(), rtol=0.0, atol=tolerance)


def _hint(exercise: Exercise, got: Any, case: Case) -> str:
    """The hint of the first known mistake that gives exactly this result, or nothing."""
    near = min(exercise.tolerance, _SAME)
    for mistake in exercise.mistakes:
        try:
            twin = mistake.answer(*case.args)
            same = all(
                _close(_tensor(value, exercise), _tensor(wrong, exercise), near)
                for value, wrong in _pairs(got, twin, exercise)
            )
        except (WrongAnswerError, ValueError, IndexError, RuntimeError):
            continue
        if same:
            return f" {mistake.hint}"
    return ""


def _model_of_the_notebook(answer: Answer) -> str:
    """A hint when the function reaches for a model outside, where it should use the one it got."""
    function = inspect.unwrap(answer)
    if not isinstance(function, FunctionType):
        return ""
    for name in function.__code__.co_names:
        value = function.__globals__.get(name)
        if isinstance(getattr(value, "hf", value), torch.nn.Module):
            return f" Your function uses `{name}` of the notebook; use only what it is given."
    return ""


def _first_difference(got: torch.Tensor, want: torch.Tensor) -> str:
    """Where the two differ first and by how much, in words."""
    broken = ~torch.isfinite(got)
    if broken.any():
        return f"{int(broken.sum())} of {got.numel()} numbers are not finite (NaN or infinity)."
    gap = (got - want.double()).abs()
    at = [int(i) for i in torch.nonzero(gap > gap.max() * 0.5)[0]]
    where = f"at {at} " if at else ""
    return (
        f"{where}you have {got[tuple(at)].item():.4g}; wanted {want[tuple(at)].item():.4g} "
        f"(largest difference {gap.max().item():.2g})."
    )


def _is_stub(error: NotImplementedError, answer: Answer) -> bool:
    """Whether a ``raise`` of the learner's own said so: torch raises this type, too."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    function = inspect.unwrap(answer)
    if last is None or not isinstance(function, FunctionType):
        return False
    frame = last.tb_frame
    raised_here = dis.opname[frame.f_code.co_code[last.tb_lasti]] == "RAISE_VARARGS"
    return raised_here and frame.f_globals is function.__globals__


def _crash(error: Exception, answer: Answer, case: Case) -> WrongAnswerError:
    """The last line of the traceback, and the learner's own line that led there."""
    text = _quoted(traceback.format_exception_only(error)[-1])
    file = getattr(getattr(answer, "__code__", None), "co_filename", None)
    own = [
        line
        for line in traceback.extract_tb(error.__traceback__)
        if line.filename == file and line.line
    ]
    where = f" at `{_quoted(own[-1].line or '')}`" if own else ""
    return WrongAnswerError(f"On {case.name}, your function raised {text}{where}")


def _quoted(text: str) -> str:
    """On one line, and not too long for it."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_QUOTE else line[: _LONGEST_QUOTE - 1] + "…"


def _kind(value: Any) -> str:
    """A type in words, ``a list of 4 Tensors``: what a list holds says how to go on."""
    name, of = type(value).__name__, ""
    if isinstance(value, (list, tuple)):
        held = {type(part).__name__ for part in value}
        of = f" of {len(value)}" + (f" {held.pop()}s" if len(held) == 1 else "")
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}{of}"


def _state(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """A fingerprint of the inputs: values of tensors; weights, modes and hooks of modules."""
    return tuple(_fingerprint(value) for value in args)


def _fingerprint(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.detach().double().sum().item(), value.detach().double().square().sum().item()
    if isinstance(value, torch.nn.Module):
        return tuple(
            (name, module.training, _hooks(module), "forward" in vars(module))
            for name, module in value.named_modules()
        ) + tuple((name, _fingerprint(weight)) for name, weight in value.named_parameters())
    return repr(value)


def _hooks(module: torch.nn.Module) -> int:
    return len(module._forward_hooks) + len(module._forward_pre_hooks) + len(module._backward_hooks)
