"""An edit of a model by its heads, judged by what it is for and by what else it does.

Heads are silenced (zero) or held at what they put out on average (mean), for good and on every
text. Two things are measured: how far the model leans to one of two words about each subject, the
bias that the edit is to take away; and the loss on texts that have nothing to do with it, which is
what it costs. As many random heads are the control (Vig et al., 2020, ask such questions of gender
in GPT-2; Zhang & Nanda, 2024, of ablations in general).
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional as F

from interp_widgets.core.hooks import Edit, hooked
from interp_widgets.core.judged_texts import batches, families_of, padded, runs, subjects_of
from interp_widgets.core.language_model import LanguageModel, check_model
from interp_widgets.core.patching.head_sets import every_head, heads_of, named
from interp_widgets.core.result import Result
from interp_widgets.core.seeds import check_seed
from interp_widgets.core.sites import Site
from interp_widgets.core.switches import check_switch

if TYPE_CHECKING:
    import pandas as pd

REPLACEMENTS = ("zero", "mean")

Head = tuple[int, int]
Means = dict[int, tuple[Tensor, Tensor]]


@dataclass(frozen=True, eq=False, repr=False)
class HeadEdit(Result):
    """What an edit of heads does to a bias, and to everything else.

    In a partial record (`iter_head_edit`) what is not known yet is NaN.

    Attributes:
        heads: layer and head of those that are edited.
        replace: ``"zero"`` or ``"mean"``.
        words: the two words; a bias above 0 leans to the first.
        subjects: what the prompts are about.
        before, after: bias (P(first) - P(second)) / (P(first) + P(second)), -1..1, ``[subject]``,
            mean over a subject's prompts.
        families: kinds of other texts.
        loss_before, loss_after: nats a token over whole texts, ``[family]``.
        answer_before, answer_after: the same of their answers alone; NaN where there are none.
        control_heads: as many other heads, drawn at random; empty if none was asked for.
        control: ``fall`` and ``rise`` of these, ``[2]``.
        layers, heads_a_layer: of the model.
    """

    heads: tuple[Head, ...]
    replace: str
    words: tuple[str, str]
    subjects: tuple[str, ...]
    before: Tensor
    after: Tensor
    families: tuple[str, ...]
    loss_before: Tensor
    loss_after: Tensor
    answer_before: Tensor
    answer_after: Tensor
    control_heads: tuple[Head, ...]
    control: Tensor
    layers: int
    heads_a_layer: int

    @property
    def fall(self) -> float:
        """Share by which mean absolute bias fell: 0.5 is halved, below 0 it grew; NaN of none."""
        return _fall(self.before, self.after)

    @property
    def rise(self) -> float:
        """Change of the mean loss over families, as a share: 0.01 is 1 % worse."""
        return _rise(self.loss_before, self.loss_after)

    @property
    def rises(self) -> Tensor:
        """Change of each family's loss as a share, ``[family]``."""
        return self.loss_after / self.loss_before - 1

    @property
    def answer_rise(self) -> float:
        """Change of the mean loss of answers, nats."""
        return float((self.answer_after - self.answer_before).nanmean())

    @property
    def control_fall(self) -> float:
        """`fall` of the control heads; NaN without them."""
        return float(self.control[0])

    @property
    def control_rise(self) -> float:
        """`rise` of the control heads; NaN without them."""
        return float(self.control[1])

    @property
    def names(self) -> tuple[str, ...]:
        """The heads as places: ``("L7.z.2",)``."""
        return named(self.heads)

    def __repr__(self) -> str:
        done = " + ".join(self.names) or "no head"
        sizes = f"{len(self.subjects)} subjects, {len(self.families)} families"
        return f"HeadEdit({done}, {self.replace}, {sizes}, {self.model})"

    def describe(self) -> str:
        """How far the bias falls, and what that costs elsewhere."""
        first, second = (word.strip() for word in self.words)
        start = f"{self.model} leans to {first!r} or {second!r} by {_mean(self.before):.2f}"
        if not self.heads:
            return f"{start} on average over {len(self.subjects)} subjects; no head is edited."
        how = {"zero": "silenced", "mean": "held at their mean"}[self.replace]
        said = (
            f"{start} on average; with {', '.join(self.names)} {how} by {_mean(self.after):.2f} "
            f"({_percent(-self.fall)})"
        )
        if math.isnan(self.rise):
            return f"{said}; what it costs is not measured yet."
        worst = int(self.rises.argmax())
        return (
            f"{said}. Loss on other texts changes by {_percent(self.rise)} on average, most on "
            f"{self.families[worst]} ({_percent(float(self.rises[worst]))})."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a subject or family. Columns: kind, name, before, after, change.

        ``kind`` is ``"bias"`` (-1..1), ``"loss"`` or ``"answer loss"`` (nats a token).
        """
        import pandas as pd

        rows = [("bias", *row) for row in zip(self.subjects, self.before, self.after, strict=True)]
        for kind, old, new in (
            ("loss", self.loss_before, self.loss_after),
            ("answer loss", self.answer_before, self.answer_after),
        ):
            rows += [(kind, *row) for row in zip(self.families, old, new, strict=True)]
        plain = [(kind, name, float(a), float(b), float(b - a)) for kind, name, a, b in rows]
        return pd.DataFrame(plain, columns=["kind", "name", "before", "after", "change"])


class HeadEditor:
    """Prompts and other texts, run once without any edit, so that edits can be tried in turn.

    Args:
        model, prompts, others, words, sample, seed: as of `head_edit`.

    Raises:
        ValueError: nothing to measure with, or a word of several tokens.
        TypeError: prompts that are no texts.
    """

    def __init__(
        self,
        model: LanguageModel,
        prompts: Any,
        others: Any,
        words: tuple[str, str] = (" she", " he"),
        sample: int = 10,
        seed: int = 0,
    ) -> None:
        check_model(model)
        check_seed(seed)
        if isinstance(words, str) or not isinstance(words, Sequence):
            raise TypeError(
                f"words= are two tokens, such as (' she', ' he'); got {type(words).__name__}."
            )
        if len(words) != 2 or len({model.token_id(word) for word in words}) != 2:
            raise ValueError(f"words= are two different tokens, such as ' she'; got {words!r}.")
        if isinstance(sample, bool) or not isinstance(sample, int) or sample < 1:
            raise ValueError(f"sample= says how many texts a family, 1 or more; got {sample!r}.")
        self.model, self.words, self.seed = model, words, seed
        self._tokens = [model.token_id(word) for word in words]
        own, self._subjects, self._prompts = subjects_of(model, prompts)
        self._names, self._texts = families_of(model, others, own, sample, seed)
        self._means: Means = {}
        self._bias: Tensor | None = None
        self._losses: Tensor | None = None

    def edit(
        self, heads: Sequence[Any] = (), how: str = "zero", control: bool = False
    ) -> Generator[HeadEdit]:
        """The record in steps: bias first, then the loss on other texts, then the control.

        Raises:
            ValueError: a head that is not there, or twice; another replacement.
        """
        check_switch("control", control)
        chosen = heads_of(self.model, heads)
        if how not in REPLACEMENTS:
            raise ValueError(f"replace= is 'zero' or 'mean'; got {how!r}.")
        return self._steps(chosen, how, control and bool(chosen))

    @torch.no_grad()
    def _steps(self, chosen: tuple[Head, ...], how: str, control: bool) -> Generator[HeadEdit]:
        if self._bias is None:
            self._bias = self._biases({})
        unknown = torch.full((2, len(self._names)), torch.nan)
        record = HeadEdit(
            model=self.model.name,
            revision=self.model.revision,
            prompt="",
            heads=chosen,
            replace=how,
            words=(self.words[0], self.words[1]),
            subjects=self._subjects,
            before=self._bias,
            after=self._biases(self._edits(chosen, how)),
            families=self._names,
            loss_before=unknown[0],
            loss_after=unknown[0],
            answer_before=unknown[1],
            answer_after=unknown[1],
            control_heads=(),
            control=torch.full((2,), torch.nan),
            layers=self.model.n_layers,
            heads_a_layer=self.model.n_heads,
        )
        yield record
        if self._losses is None:
            self._losses = self._loss({})
        losses = self._loss(self._edits(chosen, how)) if chosen else self._losses
        record = replace(
            record,
            loss_before=self._losses[0],
            answer_before=self._losses[1],
            loss_after=losses[0],
            answer_after=losses[1],
        )
        yield record
        if control:
            others = self._others(chosen)
            edits = self._edits(others, how)
            fall = _fall(self._bias, self._biases(edits))
            rise = _rise(self._losses[0], self._loss(edits)[0])
            yield replace(record, control_heads=others, control=torch.tensor([fall, rise]))

    def _others(self, chosen: tuple[Head, ...]) -> tuple[Head, ...]:
        """As many of the heads that are not edited, drawn at random."""
        rest = sorted(every_head(self.model) - set(chosen))
        return tuple(sorted(random.Random(self.seed).sample(rest, min(len(chosen), len(rest)))))

    def _edits(self, heads: Sequence[Head], how: str) -> dict[Site, Edit]:
        """What is done to head outputs ``[batch, pos, head, d_head]``, layer by layer."""
        if how == "mean" and heads and not self._means:
            self._means = self._mean_outputs()

        def editor(layer: int, which: list[int]) -> Edit:
            def edit(z: Tensor) -> Tensor:
                z = z.clone()
                if how == "zero":
                    z[:, :, which] = 0
                else:
                    first, rest = self._means[layer]
                    z[:, :1, which] = first[which].to(z)
                    z[:, 1:, which] = rest[which].to(z)
                return z

            return edit

        layers = sorted({layer for layer, _ in heads})
        return {
            Site(n, "z"): editor(n, [head for layer, head in heads if layer == n]) for n in layers
        }

    def _biases(self, edits: Mapping[Site, Edit]) -> Tensor:
        """The bias about every subject, ``[subject]``."""
        found = torch.zeros(len(self._prompts))
        first, second = self._tokens
        for at, rows, logits in runs(self.model, self._prompts, edits):
            ends = logits[torch.arange(len(at)), [len(row.ids) - 1 for row in rows]]
            found[at] = ((ends[:, first] - ends[:, second]) / 2).tanh().cpu()
        return _means(found[None], [text.group for text in self._prompts])[0]

    def _loss(self, edits: Mapping[Site, Edit]) -> Tensor:
        """Nats a token over whole texts, and over answers alone, ``[2, family]``."""
        sums = torch.zeros(2, 2, len(self._names), dtype=torch.float64)  # [part, sum or count, ..]
        for _, rows, logits in runs(self.model, self._texts, edits):
            for row, said in zip(rows, logits, strict=True):
                loss = F.cross_entropy(said[: len(row.ids) - 1], row.ids[1:], reduction="none")
                for part, some in enumerate((loss, loss[len(loss) - row.answer :])):
                    sums[part, :, row.group] += torch.tensor([float(some.sum()), len(some)])
        return (sums[:, 0] / sums[:, 1]).float()

    def _mean_outputs(self) -> Means:
        """What heads put out on the other texts: mean at the first position, and at all others."""
        firsts: dict[int, Tensor] = {}
        rests: dict[int, Tensor] = {}
        inside = torch.zeros(0)

        def look(layer: int) -> Edit:
            def seen(z: Tensor) -> None:
                kept = z.float() * inside.to(z.device)[..., None, None]
                firsts[layer] = firsts.get(layer, 0) + kept[:, 0].sum(0)
                rests[layer] = rests.get(layer, 0) + kept[:, 1:].sum((0, 1))

            return seen

        looks: dict[Site, Edit] = {Site(n, "z"): look(n) for n in range(self.model.n_layers)}
        for rows in batches(self._texts):
            ids, inside = padded([self._texts[i] for i in rows])
            with hooked(self.model, looks):
                self.model.run(ids)
        count = sum(len(text.ids) - 1 for text in self._texts)
        return {
            layer: (firsts[layer] / len(self._texts), rests[layer] / max(count, 1))
            for layer in firsts
        }


def head_edit(
    model: LanguageModel,
    heads: Sequence[Any],
    prompts: Any,
    others: Any,
    replace: str = "zero",
    words: tuple[str, str] = (" she", " he"),
    sample: int = 10,
    seed: int = 0,
    control: bool = False,
) -> HeadEdit:
    """Edit heads for good, and measure the bias that this takes away and what it costs.

    Args:
        model: the model.
        heads: the heads: ``[(7, 2), …]`` or ``["L7.z.2", …]``; none for the model as it is.
        prompts: prompts after which the model is to say one of the words, with what each is about:
            as `iw.prompts` lists them, or ``{subject: [text, …]}``.
        others: other texts, ``{family: [prompt or text, …]}``, such as ``iw.prompts()``; a family
            that ``prompts`` come from is left out.
        replace: what stands in for a head's output, everywhere: ``"zero"``, or its ``"mean"`` over
            the other texts, first positions (a BOS is like no other token) by themselves.
        words: the two words.
        sample: texts that are drawn from each family; all of them where it has no more.
        seed: of the draws.
        control: also edit as many random other heads.

    Returns:
        The record; see its ``fall`` and ``rise``.

    Raises:
        ValueError: a head that is not there, a word of several tokens, nothing to measure with.
        TypeError: prompts that are no texts.
    """
    records = iter_head_edit(model, heads, prompts, others, replace, words, sample, seed, control)
    return deque(records, maxlen=1).pop()


def iter_head_edit(
    model: LanguageModel,
    heads: Sequence[Any],
    prompts: Any,
    others: Any,
    replace: str = "zero",
    words: tuple[str, str] = (" she", " he"),
    sample: int = 10,
    seed: int = 0,
    control: bool = False,
) -> Generator[HeadEdit]:
    """`head_edit` in steps: the bias, then the loss, then the control. Closing it cancels."""
    editor = HeadEditor(model, prompts, others, words, sample, seed)
    return editor.edit(heads, replace, control)


def _means(values: Tensor, groups: list[int]) -> Tensor:
    """Means over the members of each group: ``[.., text]`` to ``[.., group]``."""
    of = torch.tensor(groups)
    return torch.stack([values[:, of == group].mean(1) for group in range(max(groups) + 1)], dim=1)


def _mean(bias: Tensor) -> float:
    return float(bias.abs().mean())


def _fall(before: Tensor, after: Tensor) -> float:
    old = _mean(before)
    return 1 - _mean(after) / old if old else math.nan


def _rise(before: Tensor, after: Tensor) -> float:
    return float(after.mean() / before.mean() - 1)


def _percent(share: float) -> str:
    if math.isnan(share):
        return "from none"
    return f"{100 * share:+.0f} %" if abs(share) >= 0.0995 else f"{100 * share:+.1f} %"
