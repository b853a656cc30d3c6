"""A task for two heads, and models small enough to learn it while you watch.

A text is a random order of some of ten letters, written again and again. From the second time round
every letter follows from the text alone: find the letter you are at, go on with what came after it.
How many letters there are before they come round again, the *period*, is drawn for each text anew.
With one period for all, looking that many places back would do, and nothing would have to be found.

The models are stock transformers classes without MLPs: embedding, attention, LayerNorms, and the
unembedding. So all that they can do, heads do. With `tokenizer` they are read as any other model:
`iw.load(toy_model(2), tokenizer=tokenizer())`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import Tensor
from torch.nn import functional as F
from transformers import GPTNeoConfig, GPTNeoForCausalLM, PreTrainedTokenizerFast

LETTERS = "abcdefghij"
LENGTH = 20  # tokens of a text
PERIODS = (5, 10)  # the shortest and the longest
ROWS = 64  # texts a step
RATE = 3e-3  # of Adam
_WIDTH = 32
_UNKNOWN = "<unknown>"  # what is no letter has an id that the models do not have, and is refused


@dataclass(frozen=True)
class ToyRun:
    """A toy model that has been trained, and how that went.

    Attributes:
        hf: the transformers model.
        loss: before each step, the mean over letters that follow from the text, nats ``[step]``.
    """

    hf: GPTNeoForCausalLM
    loss: Tensor


def repeats(symbols: Tensor, periods: Tensor, length: int = LENGTH) -> Tensor:
    """Texts ``[row, pos]``: the first ``periods[row]`` symbols of each row, again and again.

    Args:
        symbols: ``[row, n]``, with ``n`` the longest period or more.
        periods: ``[row]``.
        length: tokens of a text.
    """
    return symbols.gather(1, torch.arange(length) % periods[:, None])


def draw(
    steps: int, seed: int = 0, periods: tuple[int, int] = PERIODS, rows: int = ROWS
) -> tuple[Tensor, Tensor]:
    """What to learn from: orders of all letters ``[step, row, letter]``, periods ``[step, row]``.

    Args:
        steps: how many batches.
        seed: equal seeds give equal texts.
        periods: the shortest and the longest; equal ones make a task that places give away.
        rows: texts of a batch.
    """
    generator = torch.Generator().manual_seed(seed)
    symbols = torch.rand(steps, rows, len(LETTERS), generator=generator).argsort(-1)
    shortest, longest = periods
    return symbols, torch.randint(shortest, longest + 1, (steps, rows), generator=generator)


def toy_model(layers: int, seed: int = 0) -> GPTNeoForCausalLM:
    """An untrained toy of one head a layer, without MLPs, for ids 0 to 9."""
    config = GPTNeoConfig(
        vocab_size=len(LETTERS),
        hidden_size=_WIDTH,
        num_layers=layers,
        num_heads=1,
        attention_types=[[["global"], layers]],
        intermediate_size=1,
        max_position_embeddings=LENGTH,
        tie_word_embeddings=False,
        use_cache=False,
        bos_token_id=None,
        eos_token_id=None,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        hf = GPTNeoForCausalLM(config).eval()
    for name, weight in hf.named_parameters():
        if ".mlp." in name:
            weight.requires_grad_(False).zero_()
    return hf


def losses(hf: Any, ids: Tensor, periods: Tensor) -> tuple[Tensor, Tensor]:
    """Next-token loss in nats ``[row, pos - 1]``, and which of these tokens follow from the text.

    A token does where the one before it has been there already: from the second letter of the
    second time round. Not earlier: that the letters come round *now* cannot be known.
    """
    logits = hf(ids).logits[:, :-1]
    loss = F.cross_entropy(logits.mT, ids[:, 1:], reduction="none")
    return loss, torch.arange(1, ids.shape[1]) > periods[:, None]


def train_toy(
    layers: int, steps: int = 200, seed: int = 0, periods: tuple[int, int] = PERIODS
) -> ToyRun:
    """Train a toy model on texts that come round: a few seconds on one core.

    Args:
        layers: one or two, as the lesson asks; more work, too.
        steps: batches of `ROWS` texts.
        seed: of weights and texts. Equal seeds give equal models on the same machine.
        periods: the shortest and the longest.

    Raises:
        ValueError: no layer, no step, or periods that ten letters cannot have.
    """
    *_, run = iter_train_toy(layers, steps, seed, periods)
    return run


def iter_train_toy(
    layers: int, steps: int = 200, seed: int = 0, periods: tuple[int, int] = PERIODS
) -> Iterator[ToyRun]:
    """`train_toy` in steps: after each one the model as it is by then, and the losses so far."""
    if layers < 1 or steps < 1:
        raise ValueError(
            f"a toy has one layer or more, and takes one step or more; got {layers} layers, "
            f"{steps} steps."
        )
    shortest, longest = periods
    if not 2 <= shortest <= longest <= len(LETTERS):
        raise ValueError(
            f"periods are two numbers from 2 to {len(LETTERS)}, the smaller one first; got "
            f"{periods}."
        )
    return _steps(layers, steps, seed, periods)


def _steps(layers: int, steps: int, seed: int, periods: tuple[int, int]) -> Iterator[ToyRun]:
    hf = toy_model(layers, seed)
    trained = [weight for weight in hf.parameters() if weight.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=RATE)
    seen: list[float] = []
    for symbols, drawn in zip(*draw(steps, seed, periods), strict=True):
        with torch.enable_grad():
            loss, follows = losses(hf, repeats(symbols, drawn), drawn)
            mean = loss[follows].mean()
            optimizer.zero_grad()
            mean.backward()
        optimizer.step()
        seen.append(mean.item())
        yield ToyRun(hf, torch.tensor(seen))


def tokenizer() -> PreTrainedTokenizerFast:
    """One token a letter, set apart by spaces: ``"c a f b d c a"``."""
    ids = {letter: i for i, letter in enumerate([*LETTERS, _UNKNOWN])}
    table = Tokenizer(models.WordLevel(ids, unk_token=_UNKNOWN))
    table.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=table, unk_token=_UNKNOWN)
