"""Train the course model: ``python -m interp_widgets.bundled.train``.

Every step draws fresh text from the seed and the step's number, and the learning rate depends on
the step alone, so a run that was stopped and resumed gives the weights of an unbroken one.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F
from transformers import GPTNeoForCausalLM, PreTrainedTokenizerFast

from interp_widgets.bundled import model as shapes
from interp_widgets.bundled import tokenizer as tokenizers
from interp_widgets.bundled.batches import LENGTH, ROWS, batch
from interp_widgets.bundled.optimizer import MuonAdam, Rates

STATE = "state.safetensors"


@dataclass(frozen=True)
class Recipe:
    """All that decides the weights, but for the corpus.

    Attributes:
        steps: Length of the run; the schedule is stretched to it.
        seed: Of the initial weights and of the data.
        rows: Rows of a batch.
        length: Tokens of a row.
        layers: Blocks of the model.
        width: Residual width.
        mlp: Neurons of each MLP.
        rates: Step sizes.
    """

    steps: int = 4000
    seed: int = 0
    rows: int = ROWS
    length: int = LENGTH
    layers: int = 8
    width: int = 128
    mlp: int = 512
    rates: Rates = field(default_factory=Rates)


def schedule(
    step: int, steps: int, warmup: int = 100, hold: float = 0.55, last: float = 0.02
) -> float:
    """Factor on the rates: up in ``warmup`` steps, level to ``hold`` of the run, to ``last``."""
    if step < warmup:
        return (step + 1) / warmup
    left = (steps - step) / (steps * (1 - hold))
    return last + (1 - last) * min(1.0, left)


def weighted_loss(logits: Tensor, ids: Tensor, weights: Tensor) -> Tensor:
    """Mean next-token cross-entropy in nats, each token at its weight.

    Args:
        logits: [batch, pos, vocab].
        ids: [batch, pos].
        weights: [batch, pos], of predicting the token at that position.
    """
    loss = F.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
    weight = weights[:, 1:].flatten()
    return (loss * weight).sum() / weight.sum()


class Run:
    """One training run: model, optimiser, and how far it has come."""

    def __init__(
        self, recipe: Recipe, tokenizer: PreTrainedTokenizerFast, device: str = "cpu"
    ) -> None:
        self.recipe = recipe
        self.step = 0
        self.encoder = tokenizers.fast_encoder(tokenizer)
        shape = shapes.config(len(tokenizer), recipe.layers, recipe.width, recipe.mlp)
        self.model = shapes.build(shape, recipe.seed)
        torch.nn.Module.to(self.model, device)
        self.optimizer = MuonAdam(self.model, recipe.rates)

    def train_step(self) -> float:
        """Take one step on fresh text and return its loss in nats."""
        recipe, device = self.recipe, self.model.device
        ids, weights = batch(self.encoder, recipe.seed, self.step, recipe.rows, recipe.length)
        ids, weights = ids.to(device), weights.to(device)
        loss = weighted_loss(self.model(ids).logits, ids, weights)
        self.model.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step(schedule(self.step, recipe.steps))
        self.step += 1
        return loss.item()

    def save_state(self, folder: Path) -> None:
        """Write what :meth:`resume` needs: weights, moments and the step; the data follows."""
        folder.mkdir(parents=True, exist_ok=True)
        tensors = {f"model.{name}": p.detach() for name, p in self.model.named_parameters()}
        tensors |= {f"optimizer.{name}": moment for name, moment in self.optimizer.state.items()}
        about = {"step": str(self.step), "recipe": json.dumps(asdict(self.recipe))}
        save_file(tensors, folder / STATE, metadata=about)

    def resume(self, folder: Path) -> None:
        """Continue where :meth:`save_state` stopped.

        Raises:
            ValueError: If the state comes from another recipe.
        """
        with safe_open(folder / STATE, framework="pt") as file:
            about = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if about["recipe"] != json.dumps(asdict(self.recipe)):
            raise ValueError(f"{folder} was trained with {about['recipe']}: resume with the same")
        device = self.model.device
        parts: dict[str, dict[str, Tensor]] = {"model": {}, "optimizer": {}}
        for name, tensor in tensors.items():
            part, _, key = name.partition(".")
            parts[part][key] = tensor.to(device)
        with torch.no_grad():
            for name, parameter in self.model.named_parameters():
                parameter.copy_(parts["model"][name])
        self.step = int(about["step"])
        self.optimizer.load(parts["optimizer"], self.step)

    def save_snapshot(self, folder: Path) -> None:
        """Write the weights of this step in few bits, for the training timeline."""
        target = folder / f"step_{self.step:04d}"
        self.model.config.save_pretrained(target)
        half = {name: _small(name, p) for name, p in self.model.named_parameters()}
        save_file(
            half, target / "model.safetensors", metadata={"format": "pt", "step": str(self.step)}
        )


def _small(name: str, parameter: Tensor) -> Tensor:
    """Float16, and float8 for MLP matrices, so that three snapshots stay below 10 MB.

    ``from_pretrained`` reads both; measured in the middle of the induction phase change, the
    accuracy of a snapshot with float8 MLPs equals that of one in float16.
    """
    wide = parameter.ndim == 2 and ".mlp." in name
    return parameter.detach().to(torch.float8_e4m3fn if wide else torch.float16)


def save_model(model: GPTNeoForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write a folder that ``from_pretrained`` loads."""
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _progress(run: Run, losses: list[float], started: float, first: int) -> str:
    seconds = time.monotonic() - started
    rate = (run.step - first) * run.recipe.rows * run.recipe.length / seconds
    minutes = seconds / (run.step - first) * (run.recipe.steps - run.step) / 60
    mean = sum(losses[-50:]) / len(losses[-50:])
    place = f"step {run.step}/{run.recipe.steps}"
    return f"{place}  loss {mean:.3f}  {rate:,.0f} tokens/s  {minutes:.1f} min left"


def train(
    run: Run, out: Path, checkpoints: range = range(0), every: int = 50, save_every: int = 500
) -> None:
    """Train to the end of the recipe.

    Args:
        run: Fresh or resumed.
        out: Folder for the state and the checkpoints.
        checkpoints: Steps whose weights are kept in float16.
        every: Steps between lines of progress.
        save_every: Steps between saves of the state.
    """
    started, first, losses = time.monotonic(), run.step, []
    run.model.train()
    with shapes.fused_attention(run.model):
        while run.step < run.recipe.steps:
            losses.append(run.train_step())
            if run.step % every == 0:
                print(_progress(run, losses, started, first), flush=True)  # noqa: T201
            if run.step in checkpoints:
                run.save_snapshot(out / "checkpoints")
            if run.step % save_every == 0:
                run.save_state(out)
    run.model.eval()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("runs/course-model"),
        help="folder for the model, its state and checkpoints (%(default)s)",
    )
    parser.add_argument("--steps", type=int, default=Recipe.steps)
    parser.add_argument("--seed", type=int, default=Recipe.seed)
    parser.add_argument(
        "--value-rate", type=float, default=Rates.value, help="factor on value and output rates"
    )
    parser.add_argument(
        "--local-mlp-rate",
        type=float,
        default=Rates.local_mlp,
        help="factor on the rates of the MLPs of the local layers",
    )
    parser.add_argument("--adam-rate", type=float, default=Rates.adam)
    parser.add_argument("--mlp", type=int, default=Recipe.mlp, help="neurons of each MLP")
    parser.add_argument(
        "--threads", type=int, default=1, help="more than one is slower on most laptops"
    )
    parser.add_argument("--resume", action="store_true", help="continue from the state in --out")
    return parser.parse_args()


def main() -> None:
    """Command line."""
    options = _arguments()
    torch.set_num_threads(options.threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    rates = replace(
        Rates(),
        value=options.value_rate,
        adam=options.adam_rate,
        local_mlp=options.local_mlp_rate,
    )
    recipe = Recipe(steps=options.steps, seed=options.seed, mlp=options.mlp, rates=rates)
    tokenizer = tokenizers.build()
    run = Run(recipe, tokenizer, device)
    if options.resume:
        run.resume(options.out)
    train(run, options.out, checkpoints=range(200, 2401, 20))
    run.save_state(options.out)
    save_model(run.model, tokenizer, options.out / "model")


if __name__ == "__main__":
    main()
