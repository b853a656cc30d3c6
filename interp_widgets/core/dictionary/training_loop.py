"""One training step after the other: batch, loss, gradients, Adam, and the counts that go with it.

The loop knows no threads and keeps no history; `TrainingRun` is what people hold in their hands.
Nothing of a step waits for a GPU to answer: what it measures is left on the device until somebody
reads it, and a loss that is not finite makes the device itself leave that step out.
"""

from __future__ import annotations

import math
import time
from typing import Any

import torch
from torch import Tensor, nn

from interp_widgets.core.dictionary import dead as dead_latents
from interp_widgets.core.dictionary import loop_state
from interp_widgets.core.dictionary.checkpoint import Snapshot
from interp_widgets.core.dictionary.dead import Firing
from interp_widgets.core.dictionary.distributed import Alone
from interp_widgets.core.dictionary.normalization import PER_TOKEN, Normalization
from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.dictionary.settings import Settings
from interp_widgets.core.dictionary.sparse import encoder_layout
from interp_widgets.core.dictionary.variants import LossState, make_variant
from interp_widgets.core.dictionary.workspace import Workspace

SAMPLE = 32_768  # activations that scales and initial biases are estimated on
RESAMPLE_FROM = 102_400  # inputs that resampling draws from, at most
_MOMENTS = ("exp_avg", "exp_avg_sq")
_ROUNDING = 1e-5  # share of the mean square below which a variance is rounding


class Loop:
    """The state of a run, and how it gets from one step to the next.

    Args:
        settings: what was asked for.
        source: where activations come from.
        device: where to compute.
        peers: other processes that train with this one.
        begun: what to go on from; None begins anew.

    Raises:
        ValueError: activations that nothing can be learned from.
    """

    @torch.inference_mode(False)  # what is made in that mode can never be differentiated
    def __init__(
        self,
        settings: Settings,
        source: Any,
        device: torch.device,
        peers: Alone,
        begun: Snapshot | None = None,
    ) -> None:
        self.settings, self.source, self.device, self.peers = settings, source, device, peers
        self.step, self.restarted, self.seconds = 0, 0, 0.0
        self.lr = settings.lr
        self.at_once = device.type != "cuda"  # whether numbers can be looked at after every step
        self.generator = torch.Generator().manual_seed(settings.seed)
        options = settings.options if begun is None else begun.plain["objective"]
        self.objective: Any = make_variant(settings.variant, **options)
        self.firing = Firing(settings.d_sae, device)
        self.bad = torch.zeros((), dtype=torch.bool, device=device)
        self.workspace = Workspace()
        if begun is None:
            self._begin()
        else:
            self._again(begun)
        self._fused = device.type in ("cpu", "cuda")
        # Adam's own kernel copies what is not contiguous, five times a step: it gets each latent's
        # weights as a row, where that is how they lie.
        self.moved = {name: _as_it_lies(p) for name, p in self.parameters.items()}
        self.optimizer = torch.optim.Adam(self.moved.values(), lr=self.lr, fused=self._fused)
        if begun is not None:
            loop_state.restore(self, begun)

    # ------------------------------------------------------------------------------------ begin

    def _begin(self) -> None:
        x, y = _pair(self.source.sample(SAMPLE))
        transcoder = y is not x
        x = x.float()
        y = y.float() if transcoder else x
        for name, rows in (("activations", x), ("targets", y)):
            _check_sample(rows, name)
        way = self.settings.normalize
        self.normalization = Normalization.fit(way, x)
        self.normalization_out = None
        if transcoder:  # whose codes do not tell a scale of each token
            self.normalization_out = Normalization.fit("centred" if way in PER_TOKEN else way, y)
        read, wanted = self._normalised(x, y)
        self.variance = float(wanted.cpu().double().var(0, correction=0).sum())
        made = self.objective.parameters(
            read.shape[1],
            self.settings.d_sae,
            read,
            self.generator,
            sample_out=None if wanted is read else wanted,
        )
        self.parameters = {
            name: nn.Parameter(value.detach().to(self.device)) for name, value in made.items()
        }
        self._place()

    def _again(self, begun: Snapshot) -> None:
        """What never changes while a run goes on, from its snapshot."""
        plain, tensors = begun.plain, begun.tensors
        self.normalization = loop_state.normalization("normalization", plain, tensors)
        self.normalization_out = None
        if "normalization_out" in plain:
            self.normalization_out = loop_state.normalization("normalization_out", plain, tensors)
        self.variance = plain["variance"]
        # In their old order: the length of the gradient is a sum over them, rounded on the way.
        given = {name: _laid(name, tensors[f"parameters/{name}"]) for name in plain["parameters"]}
        self.parameters = {
            name: nn.Parameter(value.to(self.device, copy=True)) for name, value in given.items()
        }
        self.objective.state = {
            name.removeprefix("objective/"): value.clone()
            for name, value in tensors.items()
            if name.startswith("objective/")
        }
        self._place()

    def _place(self) -> None:
        state = self.objective.state
        self.objective.state = {name: value.to(self.device) for name, value in state.items()}
        self.normalization = self.normalization.to(self.device)
        if self.normalization_out is not None:
            self.normalization_out = self.normalization_out.to(self.device)

    def _normalised(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        read = self.normalization.into(x)
        if self.normalization_out is None:
            return read, read
        return read, self.normalization_out.into(y)

    def _batch(self) -> tuple[Tensor, Tensor]:
        """The next batch as the dictionary is to see it, of all processes together."""
        x, y = _pair(self.source.next(self.settings.batch_size))
        same = y is x
        x = x.to(self.device, torch.float32, non_blocking=True)
        y = x if same else y.to(self.device, torch.float32, non_blocking=True)
        return self._normalised(x, y)

    # ------------------------------------------------------------------------------------- step

    @torch.inference_mode(False)
    @torch.enable_grad()
    def advance(self) -> tuple[Tensor, tuple[float, float, float]]:
        """Take one step.

        Returns:
            What was measured on the device (loss, mse, sparsity, aux, l0, fve, dead), and what is
            known here: learning rate, weight of the sparsity term, seconds of training so far.

        Raises:
            FloatingPointError: the batch holds NaN or infinity, or its loss did not stay finite;
                nothing was learned from it.
        """
        start = time.perf_counter()
        self.workspace.reset()
        settings, schedule = self.settings, self.settings.schedule
        if self.step in settings.resample_at:
            self._resample()
        whole = self._batch()
        x, y = whole[0], whole[1]
        mine_x = self.peers.part(x)
        mine_y = mine_x if y is x else self.peers.part(y)
        dead = self.firing.dead(settings.dead_after)
        state = LossState(
            step=self.step,
            dead=dead,
            l1_scale=schedule.pressure(self.step),
            variance=self.variance,
            mean=self.peers.mean,
            workspace=self.workspace,
        )
        before = {name: value.clone() for name, value in self.objective.state.items()}
        loss, total = self._loss(mine_x, mine_y, state)
        numbers = torch.stack([total, loss.mse, loss.sparsity, loss.aux]).detach().float()
        numbers = self.peers.mean(numbers)
        self._watch(numbers[0], x, before)
        # Assigned, not accumulated: that would copy what lies in memory that is used again.
        parameters = list(self.parameters.values())
        slopes = torch.autograd.grad(total, parameters, allow_unused=True)
        for parameter, slope in zip(parameters, slopes, strict=True):
            parameter.grad = slope
        rate = self.lr * schedule.rate(self.step, self.restarted)
        self._learn(rate, numbers[0], x, before)
        fired = self.peers.total(loss.fired)
        self.firing.count(fired, len(x), ~self.bad)
        row = self._row(numbers, fired, dead, y)
        self.step += 1
        self.seconds += time.perf_counter() - start
        pressure = self.objective.hyper.get("l1", math.nan) * state.l1_scale
        return row, (rate, pressure, self.seconds)

    def _loss(self, x: Tensor, y: Tensor, state: LossState) -> tuple[Any, Tensor]:
        """The objective's loss of a batch, and the sum to follow downhill."""
        half = self.settings.precision == "bfloat16"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=half):
            loss = self.objective.judge(self.parameters, x, y, state)
            total = loss.total
            if self.settings.ghost and state.dead is not None:
                center = self.normalization_out is None  # a transcoder's bias belongs elsewhere
                total = total + dead_latents.ghost_loss(
                    self.parameters, x, loss.residual, loss.mse, state.dead, center
                )
        return loss, total

    def _learn(self, rate: float, total: Tensor, x: Tensor, before: dict[str, Tensor]) -> None:
        """One step of Adam with the gradients that are there."""
        parameters = list(self.parameters.values())
        slopes = [p.grad for p in parameters if p.grad is not None]
        for slope in slopes if self.peers.count > 1 else ():
            slope.copy_(self.peers.mean(slope))
        self.objective.project_gradients(self.parameters)
        clip = self.settings.clip
        shrink = torch.ones((), device=self.device)
        if clip is not None:
            size = torch.stack([torch.linalg.vector_norm(slope) for slope in slopes]).norm()
            shrink = (size / clip).clamp(min=1.0)
            self._watch(total + size, x, before)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        optimizer: Any = self.optimizer
        if self._fused:
            # Adam's own kernel divides by the one and skips where the other is set: no more passes.
            optimizer.grad_scale, optimizer.found_inf = shrink, self.bad.float()
        else:
            for slope in slopes:
                slope.div_(shrink)
        for name, parameter in self.parameters.items():
            turned = self.moved[name] is not parameter
            slope = parameter.grad
            self.moved[name].grad = slope.t() if turned and slope is not None else slope
        self.optimizer.step()
        self.objective.after_step(self.parameters)

    def _row(self, numbers: Tensor, fired: Tensor, dead: Tensor, y: Tensor) -> Tensor:
        """What the history holds of a step, on the device."""
        with torch.no_grad():
            spread = _spread(y, self.variance)
            more = (fired.sum() / len(y), 1 - numbers[1] / spread, dead.float().mean())
            row = torch.cat([numbers, torch.stack([value.float() for value in more])])
            return torch.where(self.bad, math.nan, row)

    def _watch(self, total: Tensor, x: Tensor, before: dict[str, Tensor]) -> None:
        """Leave the step out where its loss is not finite: at once, or on the device."""
        self.bad |= ~total.isfinite()
        for name, value in self.objective.state.items():
            value.copy_(torch.where(self.bad, before[name], value))
        if self.at_once and bool(self.bad):
            self.bad.zero_()
            self._refuse(x)

    def back_to(self, step: int) -> None:
        """Say that a device which answers late has left out all steps after one.

        Raises:
            FloatingPointError: always.
        """
        self.step = step
        self.bad.zero_()
        self._refuse(None)

    def _refuse(self, x: Tensor | None) -> None:
        number = self.step + 1
        stays = (
            f"Nothing was learned from it: the run is as it was after step {self.step}. Train on "
            "to leave the batch out"
        )
        if x is not None and not bool(x.isfinite().all()):
            wrong = (~x.isfinite()).any(-1).nonzero()[:, 0]
            raise FloatingPointError(
                f"batch {number} holds NaN or infinity in {len(wrong)} of {len(x)} activations, "
                f"the first in its row {int(wrong[0])}. {stays}, or mend the activations."
            )
        raise FloatingPointError(
            f"the loss of batch {number} is not finite. {stays}; if its activations are finite, "
            "rewind and use a smaller learning rate: run.rewind(step); run.set(lr=…)."
        )

    # -------------------------------------------------------------------------------- resampling

    @torch.no_grad()
    def _resample(self) -> None:
        """Give dead latents a new start, and the learning rate a new warm-up."""
        dead = self.firing.dead(self.settings.dead_after)
        size = self.settings.batch_size
        batches = max(1, min(RESAMPLE_FROM, self.step * size // 10) // size)
        pairs = [self._batch() for _ in range(batches)]
        plain = self.objective.to_sae(self.parameters)
        errors = [(y - plain(x)).square().sum(-1) for x, y in pairs]
        x = torch.cat([x for x, _ in pairs])
        y = x if all(one is two for one, two in pairs) else torch.cat([y for _, y in pairs])
        moments = {}
        for name, p in self.parameters.items():
            if state := self.optimizer.state[self.moved[name]]:
                turned = self.moved[name] is not p
                moments[name] = tuple(state[m].t() if turned else state[m] for m in _MOMENTS)
        if not moments:
            return
        count = dead_latents.resample(
            self.parameters, moments, dead, x, y, torch.cat(errors), self.generator
        )
        if count:
            self.firing.since.masked_fill_(dead, 0)
            self.restarted = self.step

    # ------------------------------------------------------------------------------------- state

    def sae(self, **about: Any) -> SAE:
        """The dictionary as it is now, a copy."""
        return self.objective.to_sae(
            self.parameters,
            normalization=self.normalization,
            normalization_out=self.normalization_out,
            **about,
        )


def _as_it_lies(parameter: nn.Parameter) -> nn.Parameter:
    """The same memory as a contiguous parameter: itself, or transposed."""
    if parameter.is_contiguous() or not parameter.t().is_contiguous():
        return parameter
    return nn.Parameter(parameter.detach().t())


def _laid(name: str, value: Tensor) -> Tensor:
    """A parameter of a snapshot as training wants it in memory; a file knows rows only."""
    return encoder_layout(value) if name == "W_enc" else value


def _pair(drawn: Tensor | tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    return drawn if isinstance(drawn, tuple) else (drawn, drawn)


def _spread(y: Tensor, usual: float) -> Tensor:
    """Variance of a batch ``[token, d]``, summed over its width, by two products: they are fast.

    Rows that are all the same have none but for rounding; then the usual one stands in.
    """
    flat, count = y.reshape(-1), len(y)
    mean = y.new_full((count,), 1 / count) @ y
    whole = torch.dot(flat, flat) / count
    spread = whole - torch.dot(mean, mean)
    return torch.where(spread > _ROUNDING * whole, spread, usual)


def _check_sample(rows: Tensor, name: str) -> None:
    """Refuse a sample that nothing can be learned from."""
    wrong = (~rows.isfinite()).any(-1).nonzero()[:, 0]
    if len(wrong):
        raise ValueError(
            f"{name} hold NaN or infinity: {len(wrong)} of a sample of {len(rows)}, the first in "
            f"its row {int(wrong[0])}. Leave those rows out: x[x.isfinite().all(-1)]."
        )
    if not bool((rows != rows[0]).any()):
        raise ValueError(
            f"{name} are all the same ({len(rows)} rows): there is nothing to tell apart. Give "
            "activations of several tokens."
        )
