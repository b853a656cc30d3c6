"""Reads the dashboards of a dictionary in training again and again, beside the training."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from interp_widgets.core.dictionary.features import iter_features
from interp_widgets.widgets._threads import ends_with_python

if TYPE_CHECKING:
    from interp_widgets.widgets.features import FeatureDashboard

LEAST = 0.05  # seconds between two looks at whether there is something new


class Follower:
    """A thread that shows a widget the latents of a training run, whenever it has gone on.

    It rests as long as a reading took, so that training has half of the time at least, and ends
    with the training, the widget, or `stop`.

    Args:
        widget: what shows them.
        source: a training run, or a trainer whose chosen run is followed.
        texts: what is read.
        seconds: between two readings, at least.
        settings: of `iw.features`.
    """

    def __init__(
        self,
        widget: FeatureDashboard,
        source: Any,
        texts: list[Any],
        seconds: float,
        settings: dict[str, Any],
    ) -> None:
        self._widget, self._source, self._texts = widget, source, texts
        self._seconds, self._settings = max(seconds, LEAST), settings
        self._over = threading.Event()
        assert widget.model is not None
        # What does not fit is refused here and not in a thread; nothing is read for that.
        iter_features(widget.model, self._run.sae, texts, **settings).close()
        self._thread = threading.Thread(target=self._loop, daemon=True, name="iw-follower")
        self._thread.start()
        ends_with_python(self)

    @property
    def _run(self) -> Any:
        return getattr(self._source, "run", self._source)

    def stop(self) -> None:
        """End it; a reading that is under way is given up."""
        self._over.set()

    def wait(self, timeout: float) -> None:
        """Wait until it has ended, or as long as this many seconds."""
        self._thread.join(timeout)

    def _loop(self) -> None:
        seen: tuple[int, int] | None = None
        rest = 0.0
        while not self._over.wait(rest):
            run = self._run
            last, now = run.done, (id(run), run.step)
            if now != seen:
                begin = time.monotonic()
                try:
                    self._read(run)
                except Exception as error:  # a traceback in a thread is lost: the page shows it
                    self._widget.push(error=str(error) or type(error).__name__)
                    return
                seen, rest = now, max(self._seconds, time.monotonic() - begin)
            elif last:
                return

    def _read(self, run: Any) -> None:
        """Read texts with the dictionary as it is now, and show what was found."""
        sae, model = run.sae, self._widget.model
        assert model is not None
        with closing(iter_features(model, sae, self._texts, **self._settings)) as records:
            for found in records:
                if self._over.is_set():
                    return
                if found.complete:
                    self._widget.show(_with_labels(found, self._widget.record), sae=sae)


def _with_labels(record: Any, before: Any) -> Any:
    """The new record with the labels that latents have already."""
    same = record.d_sae == before.d_sae
    return replace(record, labels=before.labels) if same else record


def follower(widget: Any, source: Any, texts: Any, seconds: float, **settings: Any) -> Follower:
    """A `Follower`, or why there is none.

    Raises:
        TypeError: no model, no run, no number; texts that are none.
        ValueError: two dictionaries are shown; a dictionary of another model; no time.
    """
    run = getattr(source, "run", source)
    if widget.model is None:
        raise TypeError(
            "following a dictionary in training needs the model: FeatureDashboard(record, "
            "model=model, sae=run.sae)."
        )
    if not all(hasattr(run, name) for name in ("sae", "step", "done")):
        raise TypeError(
            f"what is followed is a run of iw.train_sae, or an SAETrainer; got "
            f"{type(source).__name__}."
        )
    if widget.other is not None:
        raise ValueError("two dictionaries are shown: follow one in a dashboard of its own.")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise TypeError(f"seconds= is a number; got {type(seconds).__name__}.")
    if not 0 <= seconds < float("inf"):
        raise ValueError(f"seconds= is a time to wait, 0 or more; got {seconds!r}.")
    if isinstance(texts, str | bytes):
        raise TypeError(f"texts are several: a list, read again each time; got {texts!r:.40}.")
    return Follower(widget, source, list(texts), seconds, settings)
