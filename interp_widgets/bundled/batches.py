"""Rows of packed documents for one training step."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import torch
from torch import Tensor

from interp_widgets.bundled.corpus import documents
from interp_widgets.bundled.tokenizer import CONTEXT, FastEncoder

ROWS, LENGTH = 40, 64
LONG_EVERY = (
    4  # every fourth step has rows of the whole context, so that late positions are trained too
)
BOS_WEIGHT = 0.3  # of predicting that a document ends


def _stream(encoder: FastEncoder, seed: int, step: int) -> Iterator[tuple[list[int], list[float]]]:
    for document in documents(seed, step):
        ids, weights = encoder.document(document)
        yield [encoder.bos, *ids], [BOS_WEIGHT, *weights]


def batch(
    encoder: FastEncoder, seed: int, step: int, rows: int = ROWS, length: int = LENGTH
) -> tuple[Tensor, Tensor]:
    """Token ids and loss weights of one step, a function of the seed and the step alone.

    Every row begins with a document (and its BOS) and holds as many as fit; the last is cut.

    Args:
        encoder: Of the corpus' text.
        seed: Of the run.
        step: Of the run.
        rows: Rows of a short batch; long batches hold as many tokens.
        length: Tokens of a row of a short batch.

    Returns:
        Ids [batch, pos] and the weight of predicting each of them [batch, pos].
    """
    if step % LONG_EVERY == LONG_EVERY - 1:
        rows, length = max(1, rows * length // CONTEXT), CONTEXT
    stream = _stream(encoder, seed, step)
    all_ids, all_weights = [], []
    for _ in range(rows):
        row: list[tuple[list[int], list[float]]] = []
        while sum(len(ids) for ids, _ in row) < length:
            row.append(next(stream))
        all_ids.append(list(chain.from_iterable(ids for ids, _ in row))[:length])
        all_weights.append(list(chain.from_iterable(weights for _, weights in row))[:length])
    return torch.tensor(all_ids), torch.tensor(all_weights)
