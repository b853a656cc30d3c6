"""AttributionScatter: estimated against exact effects of patching, one point a cell.

A gradient estimates all cells at once; exact runs then move each point to its place. On the line
the estimate is right; what is far from it is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import traitlets

from interp_widgets.widgets import _attribution_data as data
from interp_widgets.widgets._attribution_data import SITES, TECHNIQUES, Cells, Question, Technique
from interp_widgets.widgets._base import STATIC
from interp_widgets.widgets._heads_source import read_prompts
from interp_widgets.widgets._history import Action, State
from interp_widgets.widgets._jobs import Job, JobWidget
from interp_widgets.widgets._prompt_words import short
from interp_widgets.widgets._traits import packed, state

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel
    from interp_widgets.core.patching.agreement import Agreement
    from interp_widgets.core.patching.record import Patching

FIRST = ("resid_pre", "attn_out", "mlp_out", "z")
MOST_STEPS = 64


class AttributionScatter(JobWidget):
    """Attribution patching checked against activation patching, cell by cell.

    Args:
        source: a model, or estimates by `attribution_patching` to compare with ``exact``; without
            ``exact`` their own sample of exact runs is shown.
        exact: the same cells by `activation_patching`.
        model: the model; another way to give it.
        clean: the prompt with the behaviour.
        corrupt: the prompt without it, token for token as long.
        answer: the token that the clean prompt calls for, as its text (``" Paris"``).
        distractor: the token that the corrupt prompt calls for; empty for none (then the metric is
            the answer's log-probability).
        site: kind of place, or several, as in `activation_patching`; streams and outputs of layers
            by position, heads and what they read by head, unless ``per`` says otherwise.
        per: what is patched together, for every kind.
        direction: ``"denoise"`` (clean into corrupt) or ``"noise"``.
        offers: prompts the model speaks, as texts or as `iw.prompts(family)` lists them.
        **state: any of `technique`, `steps`, `picked`.

    Attributes:
        technique: ``"gradient"`` at the run that is patched; ``"integrated"``: its mean over
            `steps` points on the way to the other run; ``"qk"``: with the softmax done exactly for
            queries and keys (of other kinds the gradient).
        steps: points of ``"integrated"``.
        sites: the kinds of places compared.
        picked: the cell whose numbers are shown, counted through all kinds; -1 for none.

    Raises:
        TypeError: neither records nor all that is needed to compute them, or both.
        ValueError: records of different cells, prompts of unequal length, a token's text that is
            several tokens, a kind of place that the model lacks.

    Example:
        >>> AttributionScatter(  # doctest: +SKIP
        ...     iw.load(), clean="The capital of France is", corrupt="The capital of Italy is",
        ...     answer=" Paris", distractor=" Rome")
    """

    _esm = STATIC / "attribution.js"

    technique = state(traitlets.Enum(TECHNIQUES, "gradient"))
    steps = state(traitlets.Int(8, min=1, max=MOST_STEPS))
    sites = state(traitlets.List(traitlets.Unicode()))
    picked = state(traitlets.Int(-1, min=-1))

    shown = packed(traitlets.Dict())

    ACTIONS = ("technique", "steps", "sites", "pick", "prompt", "answer", "distractor")
    COMPUTES = ("technique", "steps", "sites", "prompt", "answer", "distractor")

    def __init__(
        self,
        source: LanguageModel | Patching | None = None,
        exact: Patching | None = None,
        *,
        model: LanguageModel | None = None,
        clean: str | None = None,
        corrupt: str | None = None,
        answer: str | None = None,
        distractor: str = "",
        site: str | Sequence[str] = FIRST,
        per: str | None = None,
        direction: str = "denoise",
        offers: Sequence[Any] = (),
        **state: Any,
    ) -> None:
        if hasattr(source, "hf"):
            source, model = None, source  # pyright: ignore[reportAssignmentType]
        self._given = _records(source, exact)
        self._per, self._direction = per, direction
        self._latest: data.Compared | None = None
        if self._given is None:
            if model is None or clean is None or corrupt is None or answer is None:
                raise TypeError(
                    "AttributionScatter needs two records, or a model with clean=, corrupt= and "
                    "answer=: AttributionScatter(iw.load(), clean='…', corrupt='…', answer=' …')."
                )
            kinds = [site] if isinstance(site, str) else list(site)
            asked = Question(clean, corrupt, answer, distractor, direction)
            for kind in kinds:  # bad input is refused here, not in the runner's thread
                data.measured(model, asked, kind, per)
            more = {"prompts": [clean, corrupt], "answer": answer, "distractor": distractor}
            state = {**state, **more, "sites": list(dict.fromkeys(kinds))}
            self._named = model.name
        else:
            if clean is not None or corrupt is not None or answer is not None:
                raise TypeError("AttributionScatter got records and prompts; it needs one of them.")
            record, model = self._given.estimate, None
            one = len(record.clean_prompts) == 1
            prompts = [record.clean_prompts[0], record.corrupt_prompts[0]] if one else []
            tokens = {"answer": record.answers[0], "distractor": record.distractors[0]}
            state = {**state, "prompts": prompts, **tokens, "sites": [self._given.kind]}
            self._named = record.model
        super().__init__(model, offers, **state)

    # -- what is known -------------------------------------------------------------------------

    @property
    def estimate(self) -> Patching | None:
        """The estimate of the first kind of place, or None while it is not known."""
        cells = self._compared().cells
        return cells[0].estimate if cells else None

    @property
    def exact(self) -> Patching | None:
        """The exact record of the first kind of place, or None while it is not known."""
        cells = self._compared().cells
        return cells[0].exact if cells else None

    @property
    def agreement(self) -> Agreement:
        """How well estimates agree with exact effects, over all cells known."""
        return self._compared().agreement

    @property
    def pearson(self) -> float:
        """Correlation of estimated and exact effects."""
        return self.agreement.pearson

    @property
    def spearman(self) -> float:
        """Correlation of their ranks."""
        return self.agreement.spearman

    @property
    def sign(self) -> float:
        """Of the cells that change something, the share with the right sign."""
        return self.agreement.sign

    @property
    def outliers(self) -> list[tuple[str, float, float]]:
        """Cells that stand out, worst first: name, estimated and exact effect."""
        found = self._compared()
        pairs = ((found.estimate[cell], found.exact[cell]) for cell in found.worst)
        names = map(found.name, found.worst)
        return [(name, float(a), float(b)) for name, (a, b) in zip(names, pairs, strict=True)]

    @property
    def _question(self) -> Question:
        clean, corrupt = self.prompts
        return Question(clean, corrupt, self.answer, self.distractor, self._direction)

    def _compared(self) -> data.Compared:
        """All cells of which there is an estimate."""
        if self._given is not None:
            return data.compared([self._given])
        cells = []
        for kind in self.sites:
            estimate = self._known(self._estimate_key(kind))
            if estimate is not None:
                exact = self._known(("exact", kind, self._question))
                cells.append(Cells(kind, estimate, exact))
        return data.compared(cells)

    def _estimate_key(self, kind: str) -> tuple[Any, ...]:
        fixed = self.technique == "qk" and kind not in ("q", "k")
        name = "gradient" if fixed else self.technique
        steps = self.steps if name == "integrated" else 0
        return ("estimate", kind, Technique(name, steps), self._question)

    # -- state ---------------------------------------------------------------------------------

    @staticmethod
    def reduce(state: State, action: Action) -> State:
        """The one reducer; pure. Picking the picked cell lets go of it."""
        match action:
            case {"do": "technique", "by": str(by)} if by in TECHNIQUES:
                return {**state, "technique": by}
            case {"do": "steps", "m": int(m)} if 1 <= m <= MOST_STEPS:
                return {**state, "steps": m, "technique": "integrated"}
            case {"do": "sites", "kinds": list(kinds)} if kinds:
                return {**state, "sites": list(dict.fromkeys(map(str, kinds))), "picked": -1}
            case {"do": "pick", "cell": int(cell)} if cell >= 0:
                return {**state, "picked": -1 if cell == state["picked"] else cell}
        return JobWidget.reduce(state, action)

    def check(self, action: Action) -> None:
        """Refuses cells and kinds that are not there, and what only a model can answer."""
        super().check(action)
        match action:
            case {"do": "technique" | "steps"}:
                self._check_live()
            case {"do": "set", "name": "technique" | "steps"}:
                self._check_live()
            case {"do": "sites", "kinds": list(kinds)}:
                self._check_sites(kinds)
            case {"do": "set", "name": "sites", "value": list(kinds)}:
                self._check_sites(kinds)
            case {"do": "pick", "cell": int(cell)}:
                self._check_cell(cell)
            case {"do": "set", "name": "picked", "value": int(cell)}:
                self._check_cell(cell)

    def _check_sites(self, kinds: Sequence[Any]) -> None:
        model = self._check_live()
        if not kinds:
            raise ValueError("sites names the kinds of places compared, one or more; got none.")
        for kind in kinds:
            data.measured(model, self._question, kind, self._per)

    def _check_cell(self, cell: int) -> None:
        count = len(self._compared().estimate)
        if cell >= count:
            raise ValueError(f"there are cells 0 to {count - 1}; got {cell}.")

    def opening_actions(self) -> list[Action]:
        """The question shown now, as actions, so that an exported page comes back to it."""
        asked = super().opening_actions()
        if not asked:
            return []
        return [
            *asked,
            {"do": "technique", "by": self.technique},
            {"do": "sites", "kinds": list(self.sites)},
        ]

    # -- answers -------------------------------------------------------------------------------

    def _jobs(self) -> list[Job]:
        """Estimates of all kinds, then exact cells of one kind after the other."""
        model = self._model
        if model is None:
            return []
        question, prompts, per = self._question, tuple(self.prompts), self._per
        jobs = [Job(("read", prompts), lambda: iter([read_prompts(model, prompts)]))]
        for kind in self.sites:
            key = self._estimate_key(kind)
            about = (question, kind, per, key[2])
            jobs.append(Job(key, lambda about=about: data.estimated(model, *about)))
        for kind in self.sites:
            which = (question, kind, per)
            key = ("exact", kind, question)
            jobs.append(Job(key, lambda which=which: data.measured(model, *which)))
        return jobs

    def _views(self) -> dict[str, Any]:
        found = self._compared()
        stale = not found.cells and self._latest is not None
        if stale and self._latest is not None:
            found = self._latest  # drawn faintly until the answer comes
        self._latest = found
        read = self._known(("read", tuple(self.prompts))) or {}
        boxes = {"prompts": list(self.prompts), "unknown": [[] for _ in self.prompts]}
        unit = found.cells[0].estimate.metric if found.cells else ""
        offered = list(dict.fromkeys([*SITES, *self.sites])) if self.live else []
        shown = data.overview(found, unit, self._named)
        return {
            "shown": {**shown, **boxes, "likeliest": [], "offered": offered, "stale": stale} | read
        }

    # -- words and keeping ---------------------------------------------------------------------

    def describe(self) -> str:
        """How many cells, how well both agree, and which cell is furthest off."""
        found = self._compared()
        agreed = found.agreement
        count = len(found.estimate)
        said = f"Estimated against exact effects of {count} cells of {self._named}"
        if not agreed.count:
            return f"{said}: no cell is measured yet."
        part = "" if agreed.count == count else f" ({agreed.count} measured)"
        said += (
            f"{part}: Pearson {_text(agreed.pearson)}, Spearman {_text(agreed.spearman)}, same "
            f"sign in {agreed.sign:.0%}"
        )
        if not found.worst:
            return f"{said}; no cell stands out."
        worst = found.worst[0]
        a, b = float(found.estimate[worst]), float(found.exact[worst])
        return f"{said}; furthest off: {found.name(worst)}, estimated {a:z.2f}, exact {b:z.2f}."

    def _figure(self) -> Any:
        from interp_widgets.plots.attribution import plot_print

        found = self._compared()
        groups = {cells.kind: cells.pair for cells in found.cells}
        named = [(name, b, a) for name, a, b in self.outliers]
        unit = found.cells[0].estimate.metric if found.cells else ""
        return plot_print(groups, named, unit, self._named)

    def _heading(self) -> str:
        return f"Attribution patching against exact runs: {self._named}"

    def _brief(self) -> str:
        prompts = "".join(f"{short(prompt)}, " for prompt in self.prompts)
        return f"{prompts}{', '.join(self.sites)}, {self.technique}, {self._named}"


def _text(value: float) -> str:
    return "not defined" if value != value else f"{value:z.3f}"


def _records(source: Any, exact: Any) -> Cells | None:
    """Two records as one kind of cells; None where there are none.

    Raises:
        TypeError: no Patching records. ValueError: not an estimate, or of other cells.
    """
    if source is None:
        if exact is not None:
            raise TypeError("AttributionScatter got exact= but no estimate to compare it with.")
        return None
    for given in (source, exact):
        if given is not None and not hasattr(given, "check_whole"):
            raise TypeError(
                f"AttributionScatter compares Patching records, not a {type(given).__name__}."
            )
    if source.method != "attribution":
        raise ValueError(
            f"the first record is the estimate, by iw.attribution_patching; got {source!r}."
        )
    if exact is None and bool(source.exact.isnan().all()):
        raise ValueError(f"{source!r} has no exact cells to compare with; give the second record.")
    same = exact is None or (source.axes, source.labels) == (exact.axes, exact.labels)
    if not same:
        raise ValueError(
            f"the records are of different cells: {source!r} and {exact!r}. Ask for both with the "
            "same prompts, site, per and direction."
        )
    return Cells(source.site or "cells", source, exact)
