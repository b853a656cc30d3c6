"""TrainingRun: a dictionary in training that can be watched, steered, stopped, rewound and saved.

    run = iw.train_sae(activations, variant="topk", k=16)
    for step in run:
        ...                     # step.fve, step.l0; run.set(k=8); run.pause()
    run.sae

Every method may be called from any thread while another one trains. A step is never cut in two:
what is asked of the run happens between steps, in the order of asking, and an interrupt (Ctrl-C,
the notebook's stop button) waits for the step under way.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from torch import Tensor

from interp_widgets.core.arguments import check_whole, plain
from interp_widgets.core.dictionary import changes, loop_state, saved_run
from interp_widgets.core.dictionary.checkpoint import Kept, Snapshot
from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.dictionary.training_loop import Loop
from interp_widgets.core.dictionary.training_record import (
    METRICS,
    History,
    Training,
    TrainingStep,
    as_tensor,
)
from interp_widgets.core.dictionary.turns import Turn, uninterrupted

if TYPE_CHECKING:
    from interp_widgets.core.dictionary.matching import Match


class TrainingRun:
    """A run that `train_sae` began, or `resume` goes on with. Iterating trains.

    Attributes:
        steps: how many it is to have.
        batch_size: activations a step.
        variant, seed: of the objective, and of all that is drawn.
        site, model, revision: where its activations are from; ``""`` where they came as a tensor.
        folder: where checkpoints are also written to; None for nowhere.
        truth: true directions ``[feature, d]``, where they are known.
    """

    def __init__(self, loop: Loop, folder: Path | None = None, truth: Tensor | None = None) -> None:
        """Made by `train_sae` and `resume`."""
        self._loop = loop
        self._turn = Turn()
        self._saving = threading.Lock()
        self._kept = Kept()
        self._history = History()
        self._asked: list[dict[str, float]] = []
        self._changes: list[changes.Change] = []
        self._pausing = threading.Event()
        self._stopped = self._rewound = False
        self._saved = -1  # the step that the folder holds
        settings, about = loop.settings, loop.source.about
        self.steps = settings.steps
        self.batch_size = settings.batch_size
        self.seed = settings.seed
        self.variant = settings.variant
        self.site = about.get("site", "")
        self.model = about.get("model", "")
        self.revision = about.get("revision", "")
        self.folder = folder
        self.truth = truth

    def __repr__(self) -> str:
        place = ", ".join(part for part in (self.site, self.model) if part)
        return (
            f"TrainingRun({self.variant}, {self.d_sae} latents, d={self.d_in}, "
            f"step {self.step} of {self.steps}{place and ', ' + place})"
        )

    # ------------------------------------------------------------------------------------- train

    def __iter__(self) -> Iterator[TrainingStep]:
        """Train, one step at a time, until the run is done, paused or stopped."""
        self._pausing.clear()
        try:
            while not self.done and not self._pausing.is_set():
                yield self.advance()
        finally:
            if self.folder is not None and self._saved != self.step:
                self.save(self.folder)

    def train(self, steps: int | None = None) -> Self:
        """Train to the end, or some steps more; a progress bar appears after a second.

        An interrupt stops it between two steps: train again to go on.

        Raises:
            TypeError, ValueError: ``steps`` that are no whole number, or below 1.
            FloatingPointError: NaN or infinity came up. The run stays as it was before that batch.
        """
        from tqdm import tqdm

        if steps is not None:
            check_whole("steps", steps := plain(steps))
        end = self.steps if steps is None else min(self.steps, self.step + steps)
        hidden = self._loop.peers.rank > 0
        looks: Any = {"desc": self.variant, "delay": 1, "leave": False, "disable": hidden}
        with tqdm(total=end, initial=self.step, **looks) as bar:
            for step in self:
                if bar.update():
                    bar.set_postfix(fve=f"{step.fve:.3f}", l0=f"{step.l0:.1f}", refresh=False)
                if step.step >= end:
                    break
        return self

    def advance(self) -> TrainingStep:
        """Take exactly one step.

        Raises:
            RuntimeError: the run is done.
            FloatingPointError: NaN or infinity came up. The run stays as it was before that batch.
        """
        with uninterrupted(), self._turn:
            return self._advance()

    def _advance(self) -> TrainingStep:
        if self.done:
            raise RuntimeError(
                f"this run is done (step {self.step} of {self.steps}). Rewind it with "
                "run.rewind(step), or begin another with more steps."
            )
        self._apply()
        if not self._kept.steps:
            self._keep()
        if self._rewound:
            self._kept.drop_after(self.step)
            self._rewound = False
        row, known = self._loop.advance()
        if self._history.add(row, known) or self._loop.at_once:
            self._fetch()
        if self.step % self._loop.settings.checkpoint_every == 0 or self.done:
            self._fetch()
            self._keep()
            if self.folder:
                self._saved = self.step  # or tried: leaving off says of a full disk nothing more
                saved_run.write(self, self.folder, self._kept.before(self.step)[1])
        return TrainingStep(self.step, self.steps, self.tokens, row, known)

    def _fetch(self) -> None:
        """Take what was measured off the device, and steps back that it left out."""
        good = self._history.settle(self.step)
        if good < self.step:
            self._loop.back_to(good)

    # ------------------------------------------------------------------------------------- steer

    def pause(self) -> None:
        """End the iteration after the step under way. Iterating again goes on."""
        self._pausing.set()

    def stop(self) -> None:
        """End the run after the step under way, before all its steps are taken."""
        self._stopped = True
        self._pausing.set()

    def set(self, **values: float) -> None:
        """Change λ, k or the learning rate from the next step on; `changes` keeps what was before.

        Args:
            **values: ``lr``, and of ``l1`` and ``k`` what the variant has: see `hyper`.

        Raises:
            ValueError: something that cannot be changed, or a value out of range.
            TypeError: no number.
        """
        values = {name: plain(value) for name, value in values.items()}
        changes.check(self._loop.objective, self.hyper, values, self.d_in, self.d_sae)
        self._asked.append(values)
        self._turn.at_once(self._apply)  # a step under way does it before the next

    def _apply(self) -> None:
        """Make the changes that were asked for."""
        while self._asked:
            values = self._asked.pop(0)
            known = self.hyper
            changed = {n: (known[n], value) for n, value in values.items() if known[n] != value}
            self._loop.lr = values.get("lr", self._loop.lr)
            self._loop.objective.hyper.update({n: v for n, v in values.items() if n != "lr"})
            if changed:
                self._changes.append((self.step, changed))

    def rewind(self, step: int) -> int:
        """Go back to the last checkpoint at or before a step: numbers, settings, place in the data.

        What came later stays until training goes on from here: until then one can also rewind
        forward again.

        Returns:
            The step where the run now is.

        Raises:
            TypeError, ValueError: no step, which are whole numbers from 0 on, or none that is kept.
        """
        check_whole("step", step := plain(step), least=0)
        with uninterrupted(), self._turn:
            self._fetch()
            if self.step not in self._kept.steps:
                self._keep()
            at, snapshot = self._kept.before(step)
            loop_state.restore(self._loop, snapshot)
            self._changes = changes.from_plain(snapshot.plain["changes"])
            self._asked.clear()
            self._stopped, self._rewound, self._saved = False, True, -1
            return at

    @property
    def checkpoints(self) -> tuple[int, ...]:
        """Steps that `rewind` can go to, ascending."""
        return self._kept.steps

    # -------------------------------------------------------------------------------------- look

    @property
    def step(self) -> int:
        """How many steps were taken."""
        return self._loop.step

    @property
    def tokens(self) -> int:
        """Activations trained on so far."""
        return self.step * self.batch_size

    @property
    def seconds(self) -> float:
        """Of training so far, without pauses."""
        return self._loop.seconds

    @property
    def done(self) -> bool:
        """Whether all steps were taken, or `stop` was called."""
        return self._stopped or self.step >= self.steps

    @property
    def paused(self) -> bool:
        """Whether `pause` or `stop` was called and nothing was trained since."""
        return self._pausing.is_set()

    @property
    def d_in(self) -> int:
        """Width of what the dictionary reads."""
        return self._loop.parameters["W_enc"].shape[0]

    @property
    def d_sae(self) -> int:
        """How many latents it has."""
        return self._loop.settings.d_sae

    @property
    def hyper(self) -> dict[str, float]:
        """What `set` can change, as it is now."""
        return {**self._loop.objective.hyper, "lr": self._loop.lr}

    @property
    def changes(self) -> tuple[changes.Change, ...]:
        """What was changed while it ran: after which step, and each name with old and new value."""
        return tuple(self._changes)

    @property
    def sae(self) -> SAE:
        """The dictionary as it is now, a copy; see `SAE`."""
        with self._turn:
            return self._loop.sae(
                site=self.site,
                site_out=self._loop.settings.site_out,
                model=self.model,
                revision=self.revision,
                metadata={"step": self.step, "tokens": self.tokens},
            )

    @property
    def density(self) -> Tensor:
        """Share of the last 100 batches or so that each latent fires on, 0..1 ``[feature]``."""
        with self._turn:
            return self._loop.firing.density.cpu()

    @property
    def dead(self) -> Tensor:
        """Latents that did not fire for long, bool ``[feature]``."""
        with self._turn:
            return self._loop.firing.dead(self._loop.settings.dead_after).cpu()

    def rows(self, start: int = 0, stop: int | None = None) -> np.ndarray:
        """What some steps measured, ``[step, metric]`` float32: METRICS of `training_record`."""
        if not self._loop.at_once:
            with self._turn:
                self._fetch()
        return self._history.read(start, self.step if stop is None else min(stop, self.step))

    @property
    def history(self) -> dict[str, np.ndarray]:
        """Each metric at every step so far, float32 ``[step]``; see `Training.metrics`."""
        rows = self.rows()
        return {name: rows[:, at] for at, name in enumerate(METRICS)}

    @property
    def record(self) -> Training:
        """What was measured so far, as a record."""
        rows = self.rows()
        return Training(
            model=self.model,
            revision=self.revision,
            prompt="",
            variant=self.variant,
            site=self.site,
            d_in=self.d_in,
            d_sae=self.d_sae,
            batch_size=self.batch_size,
            steps=self.steps,
            hyper=tuple(self.hyper.items()),
            changes=changes.listed(self.changes),
            metrics=METRICS,
            values=as_tensor(rows),
            density=self.density,
            dead=self.dead,
        )

    def truth_match(self) -> Match:
        """The directions found so far, matched with the true ones.

        Raises:
            ValueError: no true directions were given to `train_sae`.
        """
        from interp_widgets.core.dictionary.matching import match_directions

        if self.truth is None:
            raise ValueError("no true directions are known: begin the run with truth=.")
        return match_directions(self.sae.directions.cpu(), self.truth)

    # -------------------------------------------------------------------------------------- keep

    def save(self, folder: str | Path) -> Path:
        """Write all that the run needs to go on in another process: `resume` reads it.

        One file, whole or not at all; a run saved there before is replaced in one move.

        Raises:
            OSError: it cannot be written: the disk is full, say. What was there stays.
            TypeError: no name of a folder.
        """
        place = saved_run.folder_named(folder)
        with uninterrupted():
            with self._turn:
                self._fetch()
                snapshot = self._snapshot()
            return saved_run.write(self, place, snapshot)

    @classmethod
    def resume(
        cls,
        folder: str | Path,
        data: Any = None,
        texts: Any = None,
        target: Any = None,
        device: str | torch.device | None = None,
    ) -> TrainingRun:
        """Go on with a run that `save` wrote, in this process or another.

        On the same machine, with as many torch threads, it takes the very steps that the unbroken
        run would have taken.

        Args:
            folder: where it was saved.
            data: what it was begun with: activations, a folder of them, or a model.
            texts: what it was begun with, where data is a model.
            target: what it was begun with, where that was a tensor.
            device: where to compute; left out: as `train_sae` chooses.

        Raises:
            FileNotFoundError: no run was saved there.
            ValueError: the file was changed or damaged, or the data are others.
        """
        return saved_run.resume(cls, saved_run.folder_named(folder), data, texts, target, device)

    def _snapshot(self) -> Snapshot:
        snapshot = loop_state.snapshot(self._loop)
        plain = {**snapshot.plain, "changes": self.changes, "stopped": self._stopped}
        return Snapshot(snapshot.tensors, plain)

    def _keep(self) -> None:
        self._kept.add(self.step, self._snapshot())
