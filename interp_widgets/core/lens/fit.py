"""Fitting a lens on the user's own model: `fit_lens`, and `iter_fit_lens` step by step."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable
from typing import Protocol

from torch import Tensor

from interp_widgets.core.language_model import LanguageModel, check_model
from interp_widgets.core.lens.jacobian import JacobianFit
from interp_widgets.core.lens.lens import KINDS, Lens
from interp_widgets.core.lens.tuned import TunedFit
from interp_widgets.core.tokens import Prompt, encode

STEPS = 250
LENGTH = 128  # tokens read of a text, the most that published Jacobian lenses were fitted on
_SINKS = 16  # first positions that published Jacobian lenses leave out


class Fit(Protocol):
    """A fit under way."""

    total: int  # steps, at most

    @property
    def at(self) -> int:
        """Steps done."""
        ...

    @property
    def done(self) -> bool:
        """Whether there is nothing left to do."""
        ...

    def step(self) -> None:
        """One batch of texts (tuned), or one text (Jacobian)."""
        ...

    def lens(self) -> Lens:
        """The lens as it is now, a copy."""
        ...


def fit_lens(
    model: LanguageModel,
    texts: Iterable[Prompt],
    kind: str = "tuned",
    *,
    steps: int | None = None,
    skip: int | None = None,
    length: int = LENGTH,
    resume: Lens | None = None,
) -> Lens:
    """Fit a lens that reads a model's early rows better than the logit lens does.

    ``"tuned"`` (Belrose et al., 2023): each row gets an affine map, trained until what the model
    would say from there comes as close as it can (KL) to what the model says in the end. Every
    tenth text is held out (of fewer than ten none is, and all are looked at instead); a row keeps
    the map that was best there, so it never does worse on them than the logit lens. The fit ends
    early when no row has improved for a while.

    ``"jacobian"`` (Anthropic, 2026): each row gets the average derivative of the last stream with
    respect to it, which is what small changes there come to in the end. Nothing is trained. The fit
    ends early when texts no longer change the average.

    The model is not changed. The same model, texts and options give the same lens on the same
    machine; a progress bar appears when the fit takes longer than a second.

    Args:
        model: the model.
        texts: texts or token ids like those the lens will read: hundreds for a small model.
        kind: ``"tuned"`` or ``"jacobian"``.
        steps: batches of about 1,024 tokens to train a tuned lens on; 250 when left out.
        skip: positions at the start of each text that do not count. Left out: 0 for a tuned lens;
            for a Jacobian one 16 or, in texts under 64 tokens, a quarter of the text, because the
            first tokens are attention sinks.
        length: tokens read of each text; what follows is left out.
        resume: an unfinished lens of `iter_fit_lens` to go on with. The texts and options must be
            those it was begun with (a Jacobian fit may have more texts now); the result is then the
            very lens that an unbroken fit gives.

    Returns:
        The lens: pass it as ``kind=`` to `logit_lens`.

    Raises:
        ValueError: an unknown kind, an option out of range or of the other kind, no text with a
            position that counts, or a ``resume`` that does not fit. Nothing has run then.
        TypeError: one text instead of several, or something that is no text.
    """
    from tqdm import tqdm

    fit = _start(model, texts, kind, steps, skip, length, resume)
    with tqdm(total=fit.total, initial=fit.at, desc=f"{kind} lens", delay=1, leave=False) as bar:
        while not fit.done:
            fit.step()
            bar.update()
    return fit.lens()


def iter_fit_lens(
    model: LanguageModel,
    texts: Iterable[Prompt],
    kind: str = "tuned",
    *,
    steps: int | None = None,
    skip: int | None = None,
    length: int = LENGTH,
    resume: Lens | None = None,
) -> Generator[Lens]:
    """`fit_lens` in steps: the lens so far after each of them. Closing it cancels.

    Every lens it gives can be used, and saved to ``resume=`` from. Bad input raises here, not at
    the first step.
    """
    return _lenses(_start(model, texts, kind, steps, skip, length, resume))


def _lenses(fit: Fit) -> Generator[Lens]:
    if fit.done:
        yield fit.lens()
    while not fit.done:
        fit.step()
        yield fit.lens()


def _start(
    model: LanguageModel,
    texts: Iterable[Prompt],
    kind: str,
    steps: int | None,
    skip: int | None,
    length: int,
    resume: Lens | None,
) -> Fit:
    """The fit before its first step; whatever is wrong with the request raises here."""
    check_model(model)
    if kind not in KINDS:
        raise ValueError(f"kind is 'tuned' or 'jacobian'; got {kind!r}. The logit lens needs none.")
    if kind == "jacobian" and steps is not None:
        raise ValueError("steps is for a tuned lens; a Jacobian one reads each text once.")
    steps = STEPS if steps is None else steps
    for name, value, least in (("steps", steps, 1), ("length", length, 2), ("skip", skip, 0)):
        if value is not None and (not isinstance(value, int) or value < least):
            raise ValueError(f"{name} is a whole number from {least}; got {value!r}.")
    ids = _ids(model, texts, length)
    spans = [_span(len(row), kind, skip) for row in ids]
    used = [(row, span) for row, span in zip(ids, spans, strict=True) if span.start < span.stop]
    if not used:
        raise ValueError(
            f"none of the {len(ids)} texts has a position that counts: the longest has "
            f"{max(map(len, ids))} tokens, skip is {skip if skip is not None else 'a quarter'} "
            "and the last position of a text does not count in a Jacobian lens. "
            "Give longer texts or a smaller skip."
        )
    settings = {"kind": kind, "texts": len(used), "skip": skip, "length": length}
    if kind == "jacobian":
        done = 0 if resume is None else int(resume.settings.get("at", 0))
        settings["read"] = digest([row for row, _ in used[:done]])
        _check_resume(model, resume, settings, ("kind", "skip", "length", "read"))
        return JacobianFit(model, used, settings, resume)
    settings |= {"steps": steps, "read": digest([row for row, _ in used])}
    _check_resume(model, resume, settings, tuple(settings))
    return TunedFit(model, used, settings, resume)


def _ids(model: LanguageModel, texts: Iterable[Prompt], length: int) -> list[Tensor]:
    """Ids of each text ``[pos]``, cut to ``length`` and to the model's context."""
    if isinstance(texts, str | Tensor) or not isinstance(texts, Iterable):
        raise TypeError(
            f"a lens is fitted on several texts: a list of them; got one {type(texts).__name__}."
        )
    listed = list(texts)
    if not listed:
        raise ValueError("no text was given. A lens needs some, like those it will read.")
    return [encode(model, text, longest=min(length, model.context)) for text in listed]


def _span(tokens: int, kind: str, skip: int | None) -> slice:
    """The positions of a text that count."""
    if kind == "tuned":
        return slice(skip or 0, tokens)
    first = min(_SINKS, max(1, tokens // 4)) if skip is None else skip
    return slice(first, tokens - 1)


def digest(ids: list[Tensor]) -> str:
    """A short name for a list of texts, which no other list has."""
    found = hashlib.sha256()
    for row in ids:
        found.update(len(row).to_bytes(8, "big") + row.cpu().numpy().tobytes())
    return found.hexdigest()[:16]


def _check_resume(
    model: LanguageModel, resume: Lens | None, settings: dict, fixed: tuple[str, ...]
) -> None:
    if resume is None:
        return
    if not isinstance(resume, Lens):
        raise TypeError(f"resume is a lens of iter_fit_lens; got {type(resume).__name__}.")
    if "at" not in resume.settings:
        raise ValueError(
            "this lens cannot be resumed: it was published by others or saved with half=True. "
            "Save what iter_fit_lens gives with lens.save(path)."
        )
    resume.check_fits(model)
    was = resume.settings
    changed = [name for name in fixed if was.get(name) != settings[name]]
    if changed:
        said = ", ".join(
            "other texts" if n == "read" else f"{n} {was.get(n)!r}, now {settings[n]!r}"
            for n in changed
        )
        raise ValueError(
            f"resume: the fit was begun with {said}. Give what it was begun with, or begin anew."
        )
