"""FeatureDashboard: all latents of a dictionary as a list, and what any of them is about.

The list is sorted, filtered and searched in the page. The card of a latent (where it fires, how
strongly, what it makes the model say, which others are like it) is sent when it is opened.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any, Self

import traitlets

from interp_widgets.widgets import _features_sent as sent
from interp_widgets.widgets._base import STATIC, Widget
from interp_widgets.widgets._features_follow import Follower, follower
from interp_widgets.widgets._features_given import checked, dictionaries
from interp_widgets.widgets._features_labels import EditedLabels, copied
from interp_widgets.widgets._features_list import WORDS, listed
from interp_widgets.widgets._features_state import Limits, completed, reduced
from interp_widgets.widgets._features_work import Fired, tested, what_fires
from interp_widgets.widgets._history import Action, State
from interp_widgets.widgets._runner import Answer
from interp_widgets.widgets._traits import drawn, packed, state

if TYPE_CHECKING:
    from interp_widgets.core.dictionary.explain import Ask
    from interp_widgets.core.dictionary.feature_record import FeatureDashboards
    from interp_widgets.core.dictionary.sae import SAE
    from interp_widgets.core.language_model import LanguageModel

SEEN = 40  # cards that an exported page holds


class FeatureDashboard(Widget):
    """The latents of one dictionary, or of two side by side.

    What is typed into a card is written into the record's `labels`, and explanations that are
    tested are kept in its `explanations`; undo takes labels back.

    Args:
        record: what `iw.features` gives.
        other: the dashboards of a second dictionary, to compare with.
        model: reads prompts; with ``sae``.
        sae: the dictionary of ``record``, or a pair of them where there is another: which latents
            fire on a prompt.
        ask: who reads labels when they are tested, a function that takes a prompt and answers it.
            Without one a label is taken for the words it consists of.
        offers: prompts the model speaks, as texts or as `iw.prompts(family)` lists them.
        **state: any of the attributes below.

    Attributes:
        sort, falling: what the list is sorted by, one of `SORTS`, and which way.
        search: what labels, notes, strongest tokens and top logits are searched for; a number
            finds that latent.
        only: one of `ONLY`.
        densities: least and most share of tokens that listed latents fire on; empty for all.
        side: whose latents are listed, 0 or 1.
        opened: the latents whose cards are open, left and right; -1 for none. The right one is of
            the other dictionary where there is one.
        quantile: around which activations windows are shown: 1 the strongest, 0 the faintest.
        edits: what was typed over labels, by side and latent: ``text``, ``note``, ``hidden``.
        tested: tests that were asked for: side, latent, by (``"label"``, ``"tokens"``,
            ``"ngram"``, ``"output"``), and the label's text.
        prompt: what latents fire on is asked about; empty for nothing. A first one sorts the list
            by what fires.
        at: one token of it, or -1.

    Raises:
        TypeError: no dashboards, a model without a dictionary or the reverse.
        ValueError: no such latent, sort or filter; a dictionary that is not the model's.
    """

    _esm = STATIC / "features.js"

    sort = state(traitlets.Unicode("feature"))
    falling = state(traitlets.Bool(False))
    search = state(traitlets.Unicode(""))
    only = state(traitlets.Unicode("all"))
    densities = state(traitlets.List(traitlets.Float()))
    side = state(traitlets.Int(0))
    opened = state(traitlets.List(traitlets.Int(), [-1, -1]))
    quantile = state(traitlets.Float(1.0))
    edits = state(traitlets.List(traitlets.Dict(), [{}, {}]))
    tested = state(traitlets.List(traitlets.List()))
    prompt = state(traitlets.Unicode(""))
    at = state(traitlets.Int(-1))

    columns = packed(traitlets.List())
    left = packed(traitlets.Dict())
    right = packed(traitlets.Dict())
    fired = packed(traitlets.List())
    results = drawn(traitlets.List())
    offers = drawn(traitlets.List(traitlets.Unicode()))
    live = drawn(traitlets.Bool(False))

    ACTIONS = (
        *("sort", "search", "only", "densities", "side", "open", "close", "quantile"),
        *("rename", "note", "hide", "test", "prompt", "token"),
    )
    COMPUTES = ("open", "test", "prompt")

    def __init__(
        self,
        record: FeatureDashboards,
        other: FeatureDashboards | None = None,
        *,
        model: LanguageModel | None = None,
        sae: SAE | tuple[SAE, SAE] | None = None,
        ask: Ask | None = None,
        offers: Sequence[Any] = (),
        **state: Any,
    ) -> None:
        self._records = checked(record, other)
        self._saes = dictionaries(model, sae, len(self._records))
        self._model, self._ask = model, ask
        self._follower: Follower | None = None
        self._limits = Limits(lambda: self._records, bool(self._saes))
        state = completed(state)
        self._limits.check_state(state)
        self._labels = [EditedLabels(one) for one in self._records]
        self._begin()
        self._seen: dict[tuple[int, int], None] = {}
        named = [str(getattr(offer, "prompt", offer)) for offer in offers]
        super().__init__(offers=named, live=bool(self._saes), **state)
        self._opening = dict(self._history.state)

    def _begin(self) -> None:
        """Forget what is known of earlier records."""
        self._cards: dict[tuple[int, int], dict[str, Any]] = {}
        self._known: dict[tuple[Any, ...], Any] = {}
        self._pursued: list[tuple[Any, ...]] = []
        self._columns: list[dict[str, Any]] = []

    # -- what is known -------------------------------------------------------------------------

    @property
    def record(self) -> FeatureDashboards:
        """The dashboards that are shown."""
        return self._records[0]

    @property
    def other(self) -> FeatureDashboards | None:
        """Those beside them."""
        return self._records[1] if len(self._records) > 1 else None

    @property
    def model(self) -> LanguageModel | None:
        """What reads prompts, where anything does."""
        return self._model

    @property
    def listed(self) -> list[int]:
        """Latents in the list, as they are filtered and sorted now."""
        now = {name: getattr(self, name) for name in self.state_names()}
        return listed(self._records[self.side], now, self.fires)

    @property
    def fires(self) -> dict[int, float]:
        """How strongly the listed dictionary's latents fire on the prompt, or on the token."""
        found = self._known.get(("prompt", self.side, self.prompt))
        return found.strengths(self.at) if isinstance(found, Fired) else {}

    def show(
        self,
        record: FeatureDashboards,
        other: FeatureDashboards | None = None,
        sae: SAE | tuple[SAE, SAE] | None = None,
    ) -> Self:
        """Shows other dashboards in place, such as those of a dictionary in training.

        Cards that are open stay open, and labels that were typed here are written into the new
        record as well. May be called from any thread.

        Args:
            record: the new dashboards.
            other: the new ones beside them; None keeps those that are there.
            sae: the new dictionary or dictionaries, where prompts are read.

        Raises:
            TypeError, ValueError: as the constructor.
        """
        with self._lock:
            records = checked(record, self.other if other is None else other)
            if sae is not None:
                self._saes = dictionaries(self._model, sae, len(records))
            self._records = records
            before = self._labels
            self._labels = [
                before[side].of(one) if side < len(before) else EditedLabels(one)
                for side, one in enumerate(records)
            ]
            self._begin()
            self._answer()
        return self

    def follow(self, run: Any, texts: Any, seconds: float = 5.0, **settings: Any) -> Self:
        """Shows a dictionary while it trains: reads texts again whenever the run has gone on.

        Args:
            run: of `iw.train_sae`, or an SAETrainer; None ends it, as the end of training does.
            texts: a list of them, read in a thread beside the training; the first time at once.
            seconds: to wait between two readings, and as long as one took at least.
            **settings: of `iw.features`.

        Raises:
            TypeError, ValueError: no model, no run, two dictionaries, no texts, a place or a
                setting that does not fit. What is wrong with a single text, the page says.
        """
        if self._follower is not None:
            self._follower.stop()
        self._follower = None if run is None else follower(self, run, texts, seconds, **settings)
        return self

    def close(self) -> None:
        """Follows nothing any more, stops what runs, and takes the widget off the page."""
        found = getattr(self, "_follower", None)  # none yet when arguments were refused
        if found is not None:
            found.stop()
        super().close()

    # -- state ---------------------------------------------------------------------------------

    @staticmethod
    def reduce(state: State, action: Action) -> State:
        """The one reducer; pure."""
        return reduced(state, action)

    def _step(self, state: State, action: Action) -> State:
        """A prompt that Python sets does what a typed one does."""
        match action:
            case {"do": "set", "name": "prompt", "value": str(text)}:
                return reduced(state, {"do": "prompt", "text": text})
        return super()._step(state, action)

    def check(self, action: Action) -> None:
        """Refuses latents that are not there, and what only a model can answer."""
        self._limits.check(self._history.state, action)

    def opening_actions(self) -> list[Action]:
        """Every card that was opened, so that an exported page holds them; then what is shown."""
        opened = [
            {"do": "open", "place": place, "feature": feature}
            for place, feature in [*self._seen, *enumerate(self.opened)]
            if feature >= 0
        ]
        asked = [{"do": "prompt", "text": self.prompt}] if self.prompt else []
        return [*opened, *asked]

    # -- answers -------------------------------------------------------------------------------

    def respond(self) -> dict[str, Any]:
        """What the page draws; starts what is not known yet."""
        for labels, edits in zip(self._labels, self.edits, strict=False):
            labels.apply(edits)
        if not self._columns:
            pairs = zip(self._records, self._labels, strict=True)
            self._columns = [sent.columns(one, labels.opening()) for one, labels in pairs]
        for place, feature in enumerate(self.opened):
            if feature >= 0:
                self._seen[place, feature] = None
        while len(self._seen) > SEEN:
            del self._seen[next(iter(self._seen))]
        if not self._complete:  # a first prompt that cannot be read is the caller's error
            for key in self._wanted():
                self._known[key] = self._work(key)
        missing = [key for key in self._wanted() if key not in self._known]
        if not missing:
            self.stop()
        elif missing != self._pursued or not self._runner.running:
            self._pursued = missing
            self._runner.start(lambda: self._run(missing))
        return self._views()

    def _wanted(self) -> list[tuple[Any, ...]]:
        """What the state asks for, each named by all it depends on."""
        sides = range(len(self._saes)) if self.prompt else ()
        prompts = [("prompt", side, self.prompt) for side in sides]
        return [*prompts, *(("test", *asked) for asked in self.tested if self._is_open(asked))]

    def _is_open(self, asked: Sequence[Any]) -> bool:
        side, feature, *_ = asked
        places = range(2) if len(self._records) == 1 else (side,)
        return any(self.opened[place] == feature for place in places)

    def _run(self, keys: Sequence[tuple[Any, ...]]) -> Generator[Answer]:
        """In the runner's thread."""
        records = self._records
        for key in keys:
            found = self._work(key)
            with self._lock:
                if self._records is not records:
                    return
                self._known[key] = found
            yield self._show
        yield self._show

    def _work(self, key: tuple[Any, ...]) -> Any:
        what, side, *asked = key
        record = self._records[side]
        if what == "prompt":
            assert self._model is not None
            return what_fires(self._model, self._saes[side], record, *asked)
        feature, by, label = asked
        return {"side": side, **tested(record, feature, by, label, self._ask)}

    def _show(self) -> dict[str, Any]:
        with self._lock:
            return {**self._views(), "summary": self.describe(), "error": ""}

    def _views(self) -> dict[str, Any]:
        left, right = (self._card(place, feature) for place, feature in enumerate(self.opened))
        fired = [self._known.get(("prompt", side, self.prompt)) for side in range(len(self._saes))]
        return {
            "columns": self._columns,
            "left": left,
            "right": right,
            "fired": [sent.fired(one) if one else {} for one in fired],
            "results": self._results(),
        }

    def _card(self, place: int, feature: int) -> dict[str, Any]:
        side = self._limits.side_of(place)
        if feature < 0:
            return {}
        if feature not in self._records[side]:
            return {"feature": feature, "gone": True}
        if (side, feature) not in self._cards:
            self._cards[side, feature] = sent.card(self._records[side], feature)
        return self._cards[side, feature]

    def _results(self) -> list[dict[str, Any]]:
        """Tests of the latents that are open, then what was known of them before."""
        keys = [("test", *asked) for asked in self.tested if self._is_open(asked)]
        found = [self._known[key] for key in keys if key in self._known]
        told = {(one["side"], one["feature"], one["by"], one["text"]) for one in found}
        for place, feature in enumerate(self.opened):
            side = self._limits.side_of(place)
            for kept in self._records[side].explanations.get(feature, ()):
                key = (side, feature, kept.kind, kept.text)
                if key not in told:
                    told.add(key)
                    found += _earlier(side, kept)
        return found

    # -- words and keeping ---------------------------------------------------------------------

    def describe(self) -> str:
        """How many latents, how many are listed and by what, and which are open."""
        record, shown = self._records[self.side], self.listed
        said = (
            f"{len(record):,} latents at {record.site or 'one place'} of "
            f"{record.model or 'no model'}, {int(record.dead.sum()):,} of them dead; "
            f"{len(shown):,} listed, by {WORDS.get(self.sort, self.sort)}."
        )
        if self.fires:
            where = "this token" if self.at >= 0 else "the prompt"
            said += f" {len(self.fires):,} fire on {where}."
        for place, feature in enumerate(self.opened):
            of = self._records[self._limits.side_of(place)]
            if feature in of:
                found = of[feature]
                name = f", “{found.label}”," if found.label else ""
                said += f" Open: latent {feature}{name} fires on {found.density:.2%} of tokens."
        return said

    def twin(self) -> Self:
        """With labels of its own: what an exported page records is written into no record."""
        records = [
            copied(record, labels.opening())
            for record, labels in zip(self._records, self._labels, strict=True)
        ]
        saes = {0: None, 1: (*self._saes, None)[0], 2: self._saes}[len(self._saes)]
        other = type(self)(
            *records,
            model=self._model,
            sae=saes,
            ask=self._ask,
            offers=self.offers,
            **self._opening,
        )
        return other.replay(self.actions)

    def _figure(self) -> Any:
        from interp_widgets.plots.features import plot_print

        feature = next((i for i in self.opened[:1] if i in self.record), None)
        return plot_print(self.record, feature)

    def _heading(self) -> str:
        return f"Latents: {self._brief()}"

    def _brief(self) -> str:
        return " and ".join(f"{len(one)} at {one.site} of {one.model}" for one in self._records)


def _earlier(side: int, kept: Any) -> list[dict[str, Any]]:
    said = {"side": side, "feature": kept.feature, "by": kept.kind, "text": kept.text}
    scores = [{**said, "how": how, **numbers} for how, numbers in kept.scores.items()]
    return scores or [said]
