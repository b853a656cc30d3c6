"""Rows of activations in the order they come in: of a model that reads texts, or of shards."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from interp_widgets.core.cache import activations_of
from interp_widgets.core.dictionary.activation_blocks import Block, Cursor, seeded
from interp_widgets.core.dictionary.activation_texts import Texts
from interp_widgets.core.dictionary.token_stream import filled_up, groups
from interp_widgets.core.hooks import hooked
from interp_widgets.core.sites import Site
from interp_widgets.core.tokens import Prompt, encode

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel
    from interp_widgets.core.shards import ActivationShards

TOKENIZE = ("documents", "joined")
_TOKENS_A_READ = 8192
_TOKENS_A_RUN = 4096  # of the model, what fills short texts up included
_Place = tuple[int, int]  # the number of a text, and of a token in it


class _AllTaken(Exception):  # noqa: N818 - no error, a way out
    """Every place was reached; what lies above is not needed."""


class ModelRows:
    """What a model holds at one place, or at two, for every token that counts.

    The first token of what it reads at a time does not count, nor do special ones: in most models
    their activations are unlike all others.
    """

    def __init__(
        self,
        model: LanguageModel,
        sites: list[Site],
        texts: Texts,
        tokenize: str,
        length: int,
        most: int = _TOKENS_A_READ,
    ) -> None:
        """Look once at how wide the places are.

        Args:
            model: the model.
            sites: what is encoded, and what it is to predict where that is another place.
            texts: what to read.
            tokenize: "documents": each text by itself, a long one in pieces; "joined": one after
                the other with an end-of-text token between, cut into pieces of one length.
            length: tokens that the model reads at a time, at most.
            most: tokens to `read` at once, about.

        Raises:
            ValueError: a place that the model lacks.
        """
        self._model, self._sites, self._texts, self._length = model, sites, texts, length
        self._joined, self._most = tokenize == "joined", min(most, _TOKENS_A_READ)
        self.paired, self.again = len(sites) == 2, texts.again
        probe = activations_of(model, [torch.zeros(1, dtype=torch.long).to(model.device)], sites)
        self.d_in, self.d_out = probe[0][sites[0]].numel(), probe[0][sites[-1]].numel()
        self.about: dict[str, Any] = {
            "model": model.name,
            "revision": model.revision,
            "site": str(sites[0]),
            "target": str(sites[1]) if self.paired else "",
            "texts": texts.about,
            "tokenize": f"{tokenize}, {length}",
        }
        tokenizer = model.tokenizer
        self._special = torch.tensor(tokenizer.all_special_ids, dtype=torch.long)
        self._start = _start(tokenizer)
        ends = tokenizer.eos_token_id
        self._between = self._start if ends is None else [ends]
        # The text read last, by turn and number: a long one is read in several goes.
        self._known: tuple[tuple[int, int] | None, list[int]] = None, []

    def read(self, cursor: Cursor) -> Block:
        """See `Producer.read`; the cursor is a turn, a text of it, and a token of that.

        Raises:
            ValueError: activations that are not finite; a whole turn without a token that counts.
        """
        turn, begin = cursor.get("turn", 0), (cursor.get("text", 0), cursor.get("token", 0))
        windows: list[list[int]] = []
        read, after, ended = 0, {"turn": turn + 1}, True
        for window, (text, token) in self._windows(turn, *begin):
            windows.append(window)
            read += len(window)
            if read >= self._most:
                after, ended = {"turn": turn, "text": text, "token": token}, False
                break
        rows = self._rows(windows)
        if ended and begin == (0, 0) and not len(rows):
            raise ValueError(
                "none of the texts has a token that counts: they are empty, or of one token, and "
                "the first token and special ones are left out. Give texts of two tokens or more."
            )
        return rows, after, ended

    def _windows(self, turn: int, number: int, token: int) -> Iterator[tuple[list[int], _Place]]:
        """What the model reads at a time, from a token of a text on, and what comes after it."""
        fresh = [] if self._joined else self._start
        window = list(fresh)
        while (text := self._texts.at(turn, number)) is not None:
            if self._known[0] != (turn, number):
                self._known = (turn, number), self._ids(text)
            ids = self._known[1]
            while token < len(ids):
                end = min(token + self._length - len(window), len(ids))
                window += ids[token:end]
                token = end
                if not self._joined or len(window) == self._length:
                    yield window, (number, token) if token < len(ids) else (number + 1, 0)
                    window = list(fresh)
            number, token = number + 1, 0
        if self._joined and window:
            yield window, (number, 0)

    def _ids(self, text: Prompt) -> list[int]:
        """Ids of a text without what opens one; joined ones with what parts them before it."""
        if isinstance(text, str):
            _refuse_halves(text)
            ids = self._model.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
        else:
            ids = _whole(text)
        opening = len(self._start)
        if opening and ids[:opening] == self._start:
            ids = ids[opening:]
        return [*self._between, *ids] if self._joined and ids else ids

    @torch.no_grad()
    def _rows(self, windows: list[list[int]]) -> Tensor:
        """Activations of the tokens that count, window after window."""
        ids = [encode(self._model, window).cpu() for window in windows]
        found: list[Tensor] = [torch.empty(0)] * len(ids)
        for group in groups([len(row) for row in ids], _TOKENS_A_RUN):
            # Filled up on the right, where no earlier position of a causal model looks.
            batch = filled_up([ids[i] for i in group])
            for i, rows in zip(group, self._run(batch), strict=True):
                counted = ~torch.isin(ids[i], self._special)
                counted[0] = False
                found[i] = rows[: len(ids[i])][counted.to(rows.device)]
                if not bool(found[i].isfinite().all()):
                    raise ValueError(
                        f"activations of {self._model.name} are not finite for the text "
                        f"{self._model.tokenizer.decode(ids[i])!r:.60}. Load the model in float32 "
                        "or bfloat16, or leave that text out."
                    )
        if not found:
            return torch.empty(0, self.d_in + (self.d_out if self.paired else 0))
        return torch.cat(found)

    def _run(self, ids: Tensor) -> Tensor:
        """The places side by side, ``[batch, pos, d_in]`` or ``[batch, pos, d_in + d_out]``."""
        taken: dict[Site, Tensor] = {}

        def taker(site: Site) -> Any:
            def take(activation: Tensor) -> None:
                taken[site] = activation.detach().reshape(*ids.shape, -1).clone()
                if len(taken) == len(self._sites):
                    raise _AllTaken

            return take

        with hooked(self._model, {site: taker(site) for site in self._sites}), suppress(_AllTaken):
            self._model.run(ids.to(self._model.device))
        first = taken[self._sites[0]]
        return torch.cat([taken[site].to(first.device) for site in self._sites], -1)


class ShardRows:
    """Rows that `cache_shards` wrote, a shard at a time, in another order each turn."""

    again = True

    def __init__(self, shards: ActivationShards, sites: list[str], seed: int) -> None:
        """Look at the first shard.

        Raises:
            ValueError: places that were not cached, or that are not one vector a token.
        """
        self._shards, self._sites, self._seed = shards, sites, seed
        self.paired = len(sites) == 2
        first = shards.read(0, sites).activations
        self.d_in, self.d_out = (first[name][0].numel() for name in (sites[0], sites[-1]))
        self.about: dict[str, Any] = {
            "model": shards.model,
            "revision": shards.revision,
            "site": sites[0],
            "target": sites[1] if self.paired else "",
            "texts": f"{shards.n_prompts} prompts, {shards.n_tokens} tokens",
        }

    def read(self, cursor: Cursor) -> Block:
        """See `Producer.read`; the cursor is a turn and how many shards of it were read."""
        turn, done = cursor.get("turn", 0), cursor.get("shard", 0)
        order = torch.randperm(len(self._shards), generator=seeded(self._seed, turn))
        shard = self._shards.read(int(order[done]), self._sites)
        counted = shard.positions > 0
        rows = torch.cat(
            [shard.activations[name][counted].flatten(1) for name in self._sites], dim=1
        )
        ended = done + 1 == len(self._shards)
        return rows, ({"turn": turn + 1} if ended else {"turn": turn, "shard": done + 1}), ended


def _start(tokenizer: Any) -> list[int]:
    """What a tokenizer puts before every text."""
    whole, bare = tokenizer("a")["input_ids"], tokenizer("a", add_special_tokens=False)["input_ids"]
    for before in range(len(whole) - len(bare) + 1):
        if whole[before : before + len(bare)] == bare:
            return whole[:before]
    return []


def _refuse_halves(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as broken:
        raise ValueError(
            f"a text holds half a character: {text[broken.start : broken.end]!r}, in "
            f"{text[:40].encode(errors='replace').decode()!r}. Leave it out, or mend it: "
            "text.encode(errors='replace').decode()."
        ) from None


def _whole(ids: Any) -> list[int]:
    """Ids as given in place of a text."""
    try:
        return [operator.index(i) for i in ids]
    except TypeError:
        raise TypeError(
            f"a text is a string, or the ids of one, whole numbers; got {ids!r:.60}."
        ) from None
