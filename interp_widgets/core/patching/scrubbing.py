"""Causal scrubbing: does an account of who reads what survive swapping all that it calls the same?

A hypothesis names nodes (heads, MLPs) and says of each what it goes by: a key, a function of the
prompt. If that is all that matters, the node may as well be run on any other prompt with the same
key, and nodes that are not named on any prompt at all. Scrubbing does that to every node at once,
recursively, and asks how much of the model's performance is left (Chan et al., 2022).

The test is strict and one-sided: a low score refutes the account, a high one does not prove it,
since keys that tell more prompts apart than needed score high as well. See `scrub_runs` for what is
drawn.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Hashable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from interp_widgets.core.language_model import LanguageModel, check_model
from interp_widgets.core.patching.activation import Tokens
from interp_widgets.core.patching.base_run import FINAL
from interp_widgets.core.patching.experiment import Metric
from interp_widgets.core.patching.measure import (
    Measure,
    check_finite,
    check_metric,
    measure_of,
    name_of,
)
from interp_widgets.core.patching.pairs import listed, token_each
from interp_widgets.core.patching.record import NO_GAP
from interp_widgets.core.patching.scrub_runs import Classes, Draw, ScrubbedRuns, depth, drawn
from interp_widgets.core.readout import unembed
from interp_widgets.core.result import Result
from interp_widgets.core.seeds import check_seed
from interp_widgets.core.sites import Site, expand
from interp_widgets.core.tokens import Prompt

if TYPE_CHECKING:
    import pandas as pd

Key = Callable[[Any], Hashable] | str
IRRELEVANT = "irrelevant"
_DRAWS = 1000  # of the interval


@dataclass(frozen=True, eq=False, repr=False)
class Scrubbing(Result):
    """How much of a model's performance a hypothesis keeps.

    In a partial record (`iter_causal_scrubbing`) what is not known yet is NaN.

    Attributes:
        metric: its name.
        prompts: the prompts.
        answers, distractors: pieces of the tokens compared, ``""`` where the metric has none.
        nodes: the relevant nodes, from the bottom up.
        classes: for each node the class of every prompt, ``[node][prompt]``: equal numbers for
            equal keys.
        clean_values: the metric of the plain runs, float64 ``[prompt]``.
        values: of the scrubbed runs, float64 ``[draw, prompt]``.
        random_values: with every head and MLP of an unconstrained prompt, ``[draw, prompt]``; drawn
            for the output as the irrelevant nodes of the scrubbed runs were.
        seed: of the draws.
    """

    metric: str
    prompts: tuple[str, ...]
    answers: tuple[str, ...]
    distractors: tuple[str, ...]
    nodes: tuple[str, ...]
    classes: tuple[tuple[int, ...], ...]
    clean_values: Tensor
    values: Tensor
    random_values: Tensor
    seed: int

    @property
    def samples(self) -> int:
        """Scrubbed runs."""
        return self.values.numel()

    @property
    def clean(self) -> float:
        """Mean metric of the plain runs."""
        return float(self.clean_values.mean())

    @property
    def scrubbed(self) -> float:
        """Mean metric of the scrubbed runs."""
        return float(self.values.mean())

    @property
    def random(self) -> float:
        """Mean metric with every node resampled at random."""
        return float(self.random_values.mean())

    @property
    def score(self) -> float:
        """``(scrubbed − random) / (clean − random)``: 1 if nothing was lost, 0 if all was.

        NaN where the plain runs are no better than random ones.
        """
        return float(self._ratio(torch.arange(len(self.prompts))))

    @property
    def low(self) -> float:
        """Lower end of the score's 95 % interval; see `interval`."""
        return float(self.interval()[0])

    @property
    def high(self) -> float:
        """Upper end of the score's 95 % interval; see `interval`."""
        return float(self.interval()[1])

    def _ratio(self, prompts: Tensor) -> Tensor:
        clean = self.clean_values[prompts].mean()
        random, scrubbed = (
            values[:, prompts].mean() for values in (self.random_values, self.values)
        )
        gap = clean - random
        scaled = gap.abs() > NO_GAP * torch.maximum(clean.abs(), random.abs())
        return torch.where(scaled, (scrubbed - random) / gap, torch.nan)

    def interval(self, level: float = 0.95, draws: int = _DRAWS) -> Tensor:
        """Bootstrap interval of the score, ``[2]``: what it would be with other prompts.

        Whole prompts are drawn again, with all their samples, since samples of one prompt are not
        independent of each other.

        Raises:
            ValueError: a level outside 0..1, or fewer than one draw.
        """
        if not 0 < level < 1 or draws < 1:
            raise ValueError(
                "interval(level between 0 and 1, draws of 1 or more); got "
                f"level={level!r}, draws={draws!r}."
            )
        count = len(self.prompts)
        generator = torch.Generator().manual_seed(self.seed)
        found = [
            self._ratio(torch.randint(count, (count,), generator=generator)) for _ in range(draws)
        ]
        ends = torch.tensor([(1 - level) / 2, (1 + level) / 2], dtype=torch.float64)
        return torch.nanquantile(torch.stack(found), ends, dim=0)

    def __repr__(self) -> str:
        return (
            f"Scrubbing({len(self.nodes)} relevant nodes, {len(self.prompts)} prompts, "
            f"{self.samples} samples, {self.model})"
        )

    def describe(self) -> str:
        """The score, its interval and what it lies between."""
        start = f"Causal scrubbing of {self.model}, {len(self.nodes)} relevant nodes"
        if self.values.isnan().any():
            return f"{start}: still computing."
        ends = (
            f"{self.metric} is {self.clean:.2f} as it is, {self.scrubbed:.2f} scrubbed and "
            f"{self.random:.2f} with every head and MLP at random"
        )
        if self.score != self.score:
            return f"{start}: {ends}; that is no scale for a score."
        return f"{start}: {ends}; score {self.score:.2f} (95 % {self.low:.2f} to {self.high:.2f})."

    def to_frame(self) -> pd.DataFrame:
        """One row a prompt: prompt, answer, distractor, clean, scrubbed and random (means), nodes.

        A node's column has the class that its key puts the prompt into.
        """
        import pandas as pd

        frame = pd.DataFrame(
            {
                "prompt": self.prompts,
                "answer": self.answers,
                "distractor": self.distractors,
                "clean": self.clean_values.numpy(),
                "scrubbed": self.values.mean(0).numpy(),
                "random": self.random_values.mean(0).numpy(),
            }
        )
        for node, classes in zip(self.nodes, self.classes, strict=True):
            frame[node] = classes
        return frame


def causal_scrubbing(
    model: LanguageModel,
    prompts: Sequence[Prompt],
    hypothesis: Mapping[str, Key],
    answer: Tokens = None,
    distractor: Tokens = None,
    metric: Metric = "logit_diff",
    samples: int = 256,
    seed: int = 0,
) -> Scrubbing:
    """Test an account of what heads and MLPs go by.

    Args:
        model: the model.
        prompts: two or more of one length; what is put in is drawn from them, and they all count.
        hypothesis: node -> key. Nodes are ``"L5.z.2"`` (a head), ``"L5.z"`` (each head of a layer)
            and ``"L3.mlp_out"``; ``L*`` is every layer. A key is a function from a prompt, as it
            was given, to anything that can be a key of a dict: the node may then be run on any
            prompt with an equal one. ``"irrelevant"`` for any prompt, as all nodes that are not
            named. A later entry counts for nodes that an earlier one named.
        answer: the token that the metric looks at; one for all, or a list with one a prompt.
        distractor: the token that it is compared with.
        metric: as in `activation_patching`, of each prompt's own answer.
        samples: scrubbed runs, rounded up to as many for every prompt.
        seed: of the draws.

    Returns:
        The record. With the full prompt as the key of every node the score is 1, with every node
        irrelevant it is 0.

    Raises:
        ValueError: fewer than two prompts, or of different lengths; a place that is neither head
            nor MLP; a metric without its tokens; too few samples.
        TypeError: a key that is no function, or gives what cannot be compared.
    """
    request = (model, prompts, hypothesis, answer, distractor, metric, samples, seed)
    return deque(iter_causal_scrubbing(*request), maxlen=1).pop()


def iter_causal_scrubbing(
    model: LanguageModel,
    prompts: Sequence[Prompt],
    hypothesis: Mapping[str, Key],
    answer: Tokens = None,
    distractor: Tokens = None,
    metric: Metric = "logit_diff",
    samples: int = 256,
    seed: int = 0,
) -> Generator[Scrubbing]:
    """`causal_scrubbing` in steps: node by node, then the output, batch by batch.

    Closing it cancels. Bad input raises here, not at the first step.
    """
    check_model(model)
    check_metric(metric, answer, distractor)
    check_seed(seed)
    if isinstance(samples, bool) or not isinstance(samples, int) or samples < 1:
        raise ValueError(f"samples= is a number of runs, 1 or more; got {samples!r:.40}.")
    metric = "logit_diff" if metric == "recovery" else metric  # the score is that scale already
    given = listed(prompts, "prompts")
    ids = _same_length(model, given)
    count = len(given)
    answers, distractors = (
        token_each(model, tokens, name, count)
        for tokens, name in ((answer, "answer"), (distractor, "distractor"))
    )
    classes = classes_of(model, hypothesis, given)
    times = -(-samples // count)  # rounded up
    texts = tuple(p if isinstance(p, str) else model.tokenizer.decode(model.ids(p)) for p in given)

    def unknown(*shape: int) -> Tensor:
        return torch.full(shape, float("nan"), dtype=torch.float64)

    record = Scrubbing(
        model=model.name,
        revision=model.revision,
        prompt="\n".join(texts),
        metric=name_of(metric),
        prompts=texts,
        answers=tuple("" if token is None else model.piece(token) for token in answers),
        distractors=tuple("" if token is None else model.piece(token) for token in distractors),
        nodes=tuple(map(str, classes)),
        classes=tuple(classes.values()),
        clean_values=unknown(count),
        values=unknown(times, count),
        random_values=unknown(times, count),
        seed=seed,
    )
    return _steps(model, ids, classes, record, (metric, answers, distractors))


def _same_length(model: LanguageModel, prompts: list[Prompt]) -> Tensor:
    """Ids ``[prompt, pos]``.

    Raises:
        ValueError: fewer than two prompts, or prompts of different lengths.
    """
    rows = [model.ids(prompt) for prompt in prompts]
    lengths = sorted(set(map(len, rows)))
    if len(rows) < 2:
        raise ValueError("prompts= has one prompt, and nothing to swap it with. Give two or more.")
    if len(lengths) > 1:
        raise ValueError(
            f"prompts have {lengths[0]} to {lengths[-1]} tokens, so their positions do not "
            "correspond. Give prompts of one length."
        )
    return torch.stack(rows)


def classes_of(
    model: LanguageModel, hypothesis: Mapping[str, Key], prompts: Sequence[Any]
) -> Classes:
    """The relevant nodes, from the bottom up, and the class of every prompt.

    Raises:
        ValueError: a place that is neither head nor MLP.
        TypeError: no mapping, a key that is no function, or gives what cannot be compared.
    """
    if not isinstance(hypothesis, Mapping):
        raise TypeError(
            "hypothesis= maps nodes to keys, {'L5.z.2': key, 'L3.mlp_out': 'irrelevant'}; got "
            f"{type(hypothesis).__name__}."
        )
    found: dict[Site, tuple[int, ...]] = {}
    for name, key in hypothesis.items():
        nodes = [node for site in expand(name, model.n_layers) for node in _nodes(model, site)]
        if isinstance(key, str) and key == IRRELEVANT:
            for node in nodes:
                found.pop(node, None)
            continue
        if not callable(key):
            raise TypeError(
                f"the key of {name} is a function of a prompt, or 'irrelevant'; got {key!r:.40}."
            )
        keys = [key(prompt) for prompt in prompts]
        try:
            numbers = {value: i for i, value in enumerate(dict.fromkeys(keys))}
        except TypeError:
            raise TypeError(
                f"the key of {name} gave a {type(keys[0]).__name__}, which cannot be compared as a "
                "key of a dict can. Give a text, a number or a tuple of these."
            ) from None
        found |= dict.fromkeys(nodes, tuple(numbers[value] for value in keys))
    order = sorted(found, key=lambda node: (depth(model, node), node))
    return {node: found[node] for node in order}


def _nodes(model: LanguageModel, site: Site) -> list[Site]:
    """The nodes of a place."""
    if site.kind not in ("z", "mlp_out"):
        raise ValueError(f"{site} is no node; nodes are heads (L5.z.2) and MLPs (L3.mlp_out).")
    model.place(site)
    if site.kind == "mlp_out" or site.index is not None:
        return [site]
    return [Site(site.layer, "z", head) for head in range(model.n_heads)]


def _steps(
    model: LanguageModel,
    ids: Tensor,
    classes: Classes,
    record: Scrubbing,
    judge: tuple[Metric, list[int | None], list[int | None]],
) -> Generator[Scrubbing]:
    times, count = record.values.shape
    draws = drawn(model, classes, count, times, record.seed)
    runs = ScrubbedRuns(model, ids)
    for _ in runs.run_plainly():
        yield record
    with torch.no_grad():
        plain = unembed(model, runs.plain[FINAL])
    metric, answers, distractors = judge
    measures = [
        measure_of(metric, answer, distractor, logits)
        for answer, distractor, logits in zip(answers, distractors, plain, strict=True)
    ]
    clean = _judged(measures, list(range(count)), plain)
    check_finite(clean, metric, "the run of a prompt")
    record = changed(record, clean_values=clean)
    for node in classes:
        for _ in runs.run_node(node, draws[node]):
            yield record
    output = draws[FINAL]
    for name, draw in (("random_values", Draw(output.random, {})), ("values", output)):
        values = getattr(record, name).clone()
        for rows, finals in runs.finals(draw):
            with torch.no_grad():
                found = _judged(measures, [row % count for row in rows], unembed(model, finals))
            check_finite(found, metric, "a resampled run")
            values.view(-1)[rows] = found
            record = changed(record, **{name: values.clone()})
            yield record


def _judged(measures: list[Measure], prompts: list[int], logits: Tensor) -> Tensor:
    """The metric of runs of these prompts, from their logits ``[row, vocab]``: ``[row]``."""
    out = torch.empty(len(prompts), dtype=torch.float64)
    for prompt in dict.fromkeys(prompts):
        rows = [row for row, of in enumerate(prompts) if of == prompt]
        measure = measures[prompt]
        seen = logits[rows] if measure.tokens is None else logits[rows][:, list(measure.tokens)]
        out[rows] = measure.of(seen)
    return out
