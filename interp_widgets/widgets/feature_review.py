"""FeatureReview: from examples to a label, to a test on held-out windows, to an intervention."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Self

import traitlets

from interp_widgets.core.dictionary.feature_record import FeatureDashboards
from interp_widgets.core.dictionary.feature_view import GROUPS
from interp_widgets.core.dictionary.latent_effect import HOWS, latent_effect
from interp_widgets.widgets import _features_review as review
from interp_widgets.widgets._base import STATIC, Widget
from interp_widgets.widgets._features_labels import EditedLabels, check_edit, copied
from interp_widgets.widgets._features_work import tested
from interp_widgets.widgets._history import Action, State
from interp_widgets.widgets._runner import Answer
from interp_widgets.widgets._traits import drawn, packed, state

if TYPE_CHECKING:
    from interp_widgets.core.dictionary.explain import Ask
    from interp_widgets.core.dictionary.sae import SAE
    from interp_widgets.core.language_model import LanguageModel


class FeatureReview(Widget):
    """The four steps of a claim about one latent; each is done when it was done.

    Look at windows of every strength, name the latent, test the name on windows that were held
    back, and see what the latent does to the model. A changed label has to be tested again.

    Args:
        record: what `iw.features` gives; the label is written into its `labels`.
        feature: the candidate.
        model: runs the intervention; with ``sae``.
        sae: the dictionary.
        ask: who reads the label when it is tested; without one it is taken for its words.
        **state: any of `work`, `prompt`, `how`.

    Attributes:
        feature: the latent that is reviewed.
        work: what was done, by latent: groups ``looked`` at, ``label``, the label that was
            ``tested``, and the prompt and way of ``intervened``.
        prompt: what the intervention is tried on; empty for a window in which the latent fires.
        how: ``"remove"`` takes it out where it fires, ``"force"`` sets it to its maximum.

    Raises:
        TypeError: no dashboards, or a dictionary without a model.
        ValueError: no such latent.
    """

    _esm = STATIC / "feature_review.js"

    feature = state(traitlets.Int(0))
    work = state(traitlets.Dict())
    prompt = state(traitlets.Unicode(""))
    how = state(traitlets.Enum(HOWS, "remove"))

    card = packed(traitlets.Dict())
    steps = drawn(traitlets.List())
    test = drawn(traitlets.Dict())
    effect = drawn(traitlets.Dict())
    suggested = drawn(traitlets.Unicode(""))
    live = drawn(traitlets.Bool(False))

    ACTIONS = ("pick", "look", "label", "test", "prompt", "how", "intervene")
    COMPUTES = ("pick", "test", "intervene")

    def __init__(
        self,
        record: FeatureDashboards,
        feature: int = 0,
        *,
        model: LanguageModel | None = None,
        sae: SAE | None = None,
        ask: Ask | None = None,
        **state: Any,
    ) -> None:
        if not isinstance(record, FeatureDashboards):
            raise TypeError(
                f"FeatureReview reviews what iw.features gives; got {type(record).__name__}."
            )
        if sae is not None and model is None:
            raise TypeError("sae= is edited while model= runs: pass both, or neither.")
        self._record, self._model, self._sae, self._ask = record, model, sae, ask
        self._check_feature(feature)
        feature = record[feature].feature  # a number of torch's, such as density.argmax(), is one
        self._labels = EditedLabels(record)
        self._known: dict[tuple[Any, ...], dict[str, Any]] = {}
        self._pursued: list[tuple[Any, ...]] = []
        super().__init__(feature=feature, live=sae is not None, **state)
        self._opening = dict(self._history.state)

    # -- state ---------------------------------------------------------------------------------

    @staticmethod
    def reduce(state: State, action: Action) -> State:
        """The one reducer; pure."""
        key = str(state["feature"])
        done = state["work"].get(key, {})

        def also(**more: Any) -> State:
            return {**state, "work": {**state["work"], key: {**done, **more}}}

        match action:
            case {"do": "pick", "feature": int(feature)}:
                return {**state, "feature": feature}
            case {"do": "look", "group": int(group)}:
                return also(looked=sorted({*done.get("looked", ()), group}))
            case {"do": "label", "text": str(text)}:
                return also(label=text.strip())
            case {"do": "test"}:
                return also(tested=done.get("label", ""))
            case {"do": "prompt", "text": str(text)}:
                return {**state, "prompt": text}
            case {"do": "how", "by": str(by)}:
                return {**state, "how": by}
            case {"do": "intervene", "on": str(prompt)}:
                return also(intervened=[prompt, state["how"]])
        raise ValueError(f"This widget knows no action {action!r}.")

    def check(self, action: Action) -> None:
        """Refuses a latent that is not there, and steps that lack what they need."""
        now = self._history.state
        match action:
            case {"do": "pick", "feature": int(feature)}:
                self._check_feature(feature)
            case {"do": "set", "name": "feature", "value": int(feature)}:
                self._check_feature(feature)
            case {"do": "look", "group": int(group)} if not 0 <= group < len(GROUPS):
                raise ValueError(f"There are groups 0 to {len(GROUPS) - 1}; got {group}.")
            case {"do": "label", "text": str(text)}:
                check_edit({"text": text.strip()})
            case {"do": "how", "by": str(by)} if by not in HOWS:
                raise ValueError(f"how is one of {', '.join(HOWS)}; got {by!r}.")
            case {"do": "test"} if not now["work"].get(str(now["feature"]), {}).get("label"):
                raise ValueError("There is no label to test yet: say what the latent is about.")
            case {"do": "intervene"} if self._sae is None:
                raise ValueError(
                    "An intervention needs the model and the dictionary: "
                    "FeatureReview(record, feature, model=model, sae=sae)."
                )

    def _check_feature(self, feature: int) -> None:
        if feature not in self._record:
            raise ValueError(f"No latent {feature} here: there are {len(self._record)}.")

    def opening_actions(self) -> list[Action]:
        """The latent shown, so that an exported page comes back to it."""
        return [{"do": "pick", "feature": self.feature}]

    # -- answers -------------------------------------------------------------------------------

    @property
    def record(self) -> FeatureDashboards:
        """The dashboards."""
        return self._record

    @property
    def _done(self) -> dict[str, Any]:
        return self.work.get(str(self.feature), {})

    def respond(self) -> dict[str, Any]:
        """What the page draws; starts a test or an intervention that was asked for."""
        named = {key: {"text": done["label"]} for key, done in self.work.items() if "label" in done}
        self._labels.apply(named)
        missing = [key for key in self._wanted() if key not in self._known]
        if not missing:
            self.stop()
        elif missing != self._pursued or not self._runner.running:
            self._pursued = missing
            self._runner.start(lambda: self._run(missing))
        return self._views()

    def _wanted(self) -> list[tuple[Any, ...]]:
        done = self._done
        # A label that was changed since is not tested, whatever came of the one before.
        asked = done.get("tested") and done["tested"] == done.get("label")
        wanted: list[tuple[Any, ...]] = [("test", self.feature, done["label"])] if asked else []
        if "intervened" in done:
            wanted.append(("effect", self.feature, *done["intervened"]))
        return wanted

    def _run(self, keys: list[tuple[Any, ...]]) -> Generator[Answer]:
        for key in keys:
            found = self._find(*key)
            with self._lock:
                self._known[key] = found
            yield self._show
        yield self._show

    def _find(self, what: str, feature: int, *asked: str) -> dict[str, Any]:
        if what == "test":
            return tested(self._record, feature, "label", asked[0], self._ask)
        assert self._model is not None
        assert self._sae is not None
        strength = self._record[feature].max
        return asdict(latent_effect(self._model, self._sae, asked[0], feature, asked[1], strength))

    def _show(self) -> dict[str, Any]:
        with self._lock:
            return {**self._views(), "summary": self.describe(), "error": ""}

    def _views(self) -> dict[str, Any]:
        test, effect = self._found
        if self.card.get("feature") != self.feature:
            card = review.card(self._record, self.feature)
        else:
            card = self.card
        return {
            "card": card,
            "steps": review.steps(self._record, self.feature, self._done, test, effect),
            "test": test or {},
            "effect": {**effect, "rises": _lists(effect["rises"]), "falls": _lists(effect["falls"])}
            if effect
            else {},
            "suggested": review.suggested(self._record, self.feature),
        }

    @property
    def _found(self) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
        """What is known of the test and of the intervention."""
        known = {key[0]: self._known[key] for key in self._wanted() if key in self._known}
        return known.get("test"), known.get("effect")

    # -- words and keeping ---------------------------------------------------------------------

    def describe(self) -> str:
        """Where each step stands."""
        each = review.steps(self._record, self.feature, self._done, *self._found)
        said = "; ".join(f"{one['name']} {one['state']}: {one['said'].rstrip('.')}" for one in each)
        return f"Review of latent {self.feature}: {said}."

    def twin(self) -> Self:
        """With labels of its own: what an exported page records is written into no record."""
        record = copied(self._record, self._labels.opening())
        opening = {**self._opening}
        feature = opening.pop("feature")
        other = type(self)(
            record, feature, model=self._model, sae=self._sae, ask=self._ask, **opening
        )
        return other.replay(self.actions)

    def _figure(self) -> Any:
        from interp_widgets.plots.features import plot_print

        return plot_print(self._record, self.feature)

    def _heading(self) -> str:
        return f"Review of {self._brief()}"

    def _brief(self) -> str:
        return f"latent {self.feature} at {self._record.site} of {self._record.model}"


def _lists(moved: Any) -> list[list[Any]]:
    return [list(one) for one in moved]
