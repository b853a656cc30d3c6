"""Do the MLPs hold the facts? Replace each MLP's output by its mean over one template's prompts.

What was tried, as two-hop accuracy with all MLPs replaced (trained towns, held-out towns):
names of one token .97; pairs of pieces placed at random .48, of .72; pieces in a Latin square with
value and output projections at the full rate .45 and .17 after 1,000 steps; there at .4 of that
rate .05 and .04; at .7 of it, 2,600 steps, .47 and .35, of 1.00; and at .55, 2,700 steps, .24 and
.14. In all of these the very first MLP, which sees both pieces, held nearly everything, and no
other was missed. With the MLPs of the local layers at a tenth of their rate (what ships: 4,000
steps) the lookup sits in the first layer above them. Longer training moves facts out of the MLPs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from statistics import fmean

from torch import Tensor

from interp_widgets.bundled.behaviour import groups
from interp_widgets.bundled.corpus import FAMILIES, Prompt
from interp_widgets.bundled.corpus.world import ONE_TOKEN_LANDMARKS, PERSON_SPORT
from interp_widgets.bundled.internals import Batch, CourseModel, Edit
from interp_widgets.bundled.notes import Numbers, counts

TEMPLATES_EACH = 3  # of a family: more say the same, and take longer
COMPOUND = ("one_hop_town", "one_hop_landmark", "two_hop_trained", "two_hop_held_out")


def fact_sets() -> dict[str, list[list[Prompt]]]:
    """Kinds of facts, each as lists of prompts of one template and so of one length."""

    def templates(prompts: Iterable[Prompt]) -> list[list[Prompt]]:
        return list(groups(prompts, "template").values())[:TEMPLATES_EACH]

    def listed(family: str) -> list[Prompt]:
        return [p for p in FAMILIES[family].prompts() if p.template]

    landmarks, two_hop = listed("landmark"), listed("two_hop")
    return {
        "one_hop_town": templates(listed("town_state")),
        "one_hop_landmark": templates(p for p in landmarks if p.subject not in ONE_TOKEN_LANDMARKS),
        "two_hop_trained": templates(p for p in two_hop if not p.held_out),
        "two_hop_held_out": templates(p for p in two_hop if p.held_out),
        "known_people": templates(p for p in listed("people") if p.subject in PERSON_SPORT),
        "one_token_landmark": templates(p for p in landmarks if p.subject in ONE_TOKEN_LANDMARKS),
        "state_capital": templates(p for p in listed("state_attribute") if p.task == "capital"),
    }


def _mean_edit(mean: Tensor, span: slice) -> Edit:
    """Replace what an MLP puts out by ``mean`` [pos, d_model], at the positions of ``span``."""

    def edit(output: Tensor) -> Tensor:
        output = output.clone()
        output[:, span] = mean[span]
        return output

    return edit


def cases(layers: int) -> dict[str, tuple[Sequence[int], bool]]:
    """What is replaced: layers, and whether only at the subject's tokens."""
    every = range(layers)
    return {
        "intact": ((), False),
        "no_mlps": (every, False),
        "no_mlps_at_subject": (every, True),
        "no_early_mlps_at_subject": (every[: layers // 2], True),
        "no_mlps_after_first": (every[1:], False),
        **{f"no_mlp_{layer}": ((layer,), False) for layer in every},
    }


def accuracies(
    model: CourseModel, prompts: Sequence[Prompt], asked: Collection[str] = ()
) -> Numbers:
    """Accuracy on prompts of one template in every case, or in those asked for."""
    batch, answers = model.batch([p.prompt for p in prompts]), model.answers(prompts)
    sites = [f"L{layer}.mlp_out" for layer in range(model.layers)]
    means = [out.mean(0) for out in model.cache(batch, sites).values()]
    subject = model.span(prompts[0])

    def accuracy(layers: Sequence[int], subject_only: bool) -> float:
        span = subject if subject_only else slice(None)
        edits = {sites[layer]: _mean_edit(means[layer], span) for layer in layers}
        return _share_right(model, batch, answers, edits)

    all_cases = cases(model.layers)
    return {name: accuracy(*all_cases[name]) for name in asked or all_cases}


def _share_right(
    model: CourseModel, batch: Batch, answers: Tensor, edits: Mapping[str, Edit]
) -> float:
    with model.edited(edits):
        return (model.end_logits(batch).argmax(-1) == answers).float().mean().item()


def measure(model: CourseModel) -> dict[str, Numbers]:
    """Accuracy per kind of fact, whole and with MLPs replaced, mean over templates."""
    found: dict[str, Numbers] = {}
    for kind, templates in fact_sets().items():
        each = [accuracies(model, prompts) for prompts in templates]
        found[kind] = {case: fmean(row[case] for row in each) for case in each[0]}
    return found


def costs(measured: Mapping[str, Numbers]) -> list[float]:
    """[layer], accuracy lost with one MLP replaced, mean over facts about compound names."""
    layers = sum(case.startswith("no_mlp_") for case in measured[COMPOUND[0]])
    return [
        fmean(measured[kind]["intact"] - measured[kind][f"no_mlp_{layer}"] for kind in COMPOUND)
        for layer in range(layers)
    ]


def notes() -> dict[str, dict[str, object]]:
    """What the accuracies of each kind were measured on."""
    found: dict[str, dict[str, object]] = {}
    for kind, templates in fact_sets().items():
        asked = [p for prompts in templates for p in prompts]
        says = f"share right over {len(templates)} templates, with every output of the named MLPs"
        found[kind] = {"says": f"{says} replaced by its mean over the template", **counts(asked)}
    return found
