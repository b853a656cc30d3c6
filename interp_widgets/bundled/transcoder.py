"""Is there anything for a transcoder to find? One minute of TopK on an MLP, against ridge.

If the MLP did nothing but scale or rotate, ridge regression from its input to its output would do
as well as a sparse dictionary. The transcoder's lead over ridge is what the MLP computes. Whether
the facts need that MLP is another question, so the accuracy its ablation costs stands beside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from interp_widgets.bundled.batches import batch
from interp_widgets.bundled.internals import Batch, CourseModel
from interp_widgets.bundled.lenses import DATA_SEED
from interp_widgets.bundled.notes import Numbers

FEATURES, ACTIVE = 1024, 16
STEPS, TRAIN_BATCHES, TEST_BATCHES = 1500, 60, 6


def activations(
    model: CourseModel, layer: int, first: int, count: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Input and output of one MLP on fresh text, [token, d_model] each."""
    sites = [f"L{layer}.mlp_in", f"L{layer}.mlp_out"]
    for step in range(first, first + count):
        ids, _ = batch(model.encoder, DATA_SEED, step)
        cache = model.cache(Batch(ids, ids[:, 0]), sites)
        kept = ids.flatten() != model.encoder.bos
        yield cache[sites[0]].flatten(0, 1)[kept], cache[sites[1]].flatten(0, 1)[kept]


def explained(y: Tensor, guess: Tensor) -> float:
    """Fraction of variance explained; both [token, d_model]."""
    return (1 - (y - guess).square().sum() / (y - y.mean(0)).square().sum()).item()


def ridge(x: Tensor, y: Tensor, strength: float = 1e-2) -> tuple[Tensor, Tensor]:
    """Best linear map and bias from x to y, with a small penalty."""
    xc, yc = x - x.mean(0), y - y.mean(0)
    gram = xc.T @ xc + strength * len(x) * torch.eye(x.shape[1])
    weight = torch.linalg.solve(gram, xc.T @ yc)
    return weight, y.mean(0) - x.mean(0) @ weight


class Transcoder:
    """TopK transcoder: ``x @ W_enc + b_enc``, the largest ``ACTIVE`` kept, ``@ W_dec + b_dec``."""

    def __init__(self, x: Tensor, y: Tensor) -> None:
        torch.manual_seed(0)
        d = x.shape[1]
        self.mean, self.scale = x.mean(0), x.std()
        w_dec = torch.randn(FEATURES, d)
        w_dec /= w_dec.norm(dim=1, keepdim=True)
        start = (
            w_dec.T.clone(),
            torch.zeros(FEATURES),
            w_dec,
            y.mean(0),
        )  # W_enc, b_enc, W_dec, b_dec
        self.weights = [t.requires_grad_() for t in start]

    def __call__(self, x: Tensor) -> Tensor:
        """Guess of the MLP's output, [token, d_model]."""
        w_enc, b_enc, w_dec, b_dec = self.weights
        top, index = ((x - self.mean) / self.scale @ w_enc + b_enc).topk(ACTIVE, dim=-1)
        codes = torch.zeros(len(x), FEATURES).scatter(1, index, top.relu())
        return codes @ w_dec + b_dec

    @torch.enable_grad()
    def fit(self, x: Tensor, y: Tensor, size: int = 1024) -> None:
        """Train on random batches of ``size`` tokens with Adam, the rate falling to zero."""
        adam = torch.optim.Adam(self.weights, lr=2e-3)
        variance = (y - y.mean(0)).square().mean()
        for step in range(STEPS):
            chosen = torch.randint(len(x), (size,))
            adam.param_groups[0]["lr"] = 2e-3 * min(1.0, 2 * (1 - step / STEPS))
            loss = (self(x[chosen]) - y[chosen]).square().mean() / variance
            adam.zero_grad()
            loss.backward()
            adam.step()


def lead(model: CourseModel, layer: int) -> Numbers:
    """Variance of one MLP's output that transcoder and ridge explain on text neither has seen."""
    pairs = list(activations(model, layer, 0, TRAIN_BATCHES))
    x, y = (torch.cat(side) for side in zip(*pairs, strict=True))
    tests = list(activations(model, layer, TRAIN_BATCHES, TEST_BATCHES))
    x_test, y_test = (torch.cat(side) for side in zip(*tests, strict=True))
    weight, bias = ridge(x, y)
    transcoder = Transcoder(x, y)
    transcoder.fit(x, y)
    with torch.no_grad():
        guess = transcoder(x_test)
    return {
        "layer": layer,
        "transcoder_explained": explained(y_test, guess),
        "ridge_explained": explained(y_test, x_test @ weight + bias),
    }


def measure(model: CourseModel, costs: Sequence[float]) -> dict[str, Numbers]:
    """The middle layer, and the layer whose MLP the facts can spare least.

    Args:
        model: The model.
        costs: [layer], accuracy lost with that MLP replaced (see ``ablation.costs``).
    """
    layers = {
        "middle": (model.layers - 1) // 2,
        "costliest": max(range(model.layers), key=lambda layer: costs[layer]),
    }
    leads = {layer: lead(model, layer) for layer in dict.fromkeys(layers.values())}
    return {name: {**leads[layer], "ablation_cost": costs[layer]} for name, layer in layers.items()}


NOTES = {
    "transcoder_explained": f"variance of the MLP's output explained by {FEATURES} features, "
    f"{ACTIVE} active, after {STEPS} steps; on text that neither it nor the model was trained on",
    "ridge_explained": "the same by the best linear map from the MLP's input",
    "ablation_cost": "accuracy lost with this MLP alone replaced by its mean, over "
    "one-hop towns and landmarks and two-hop capitals (see mlp_ablation)",
    "middle": "the middle layer",
    "costliest": "the layer whose ablation costs most",
}
