"""Texts of every kind, one at a time, from any of them on, turn after turn."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import torch

from interp_widgets.core.dictionary.activation_blocks import seeded
from interp_widgets.core.tokens import Prompt

_SAMPLED = 1024  # texts that tell a list from others
_END = object()


class Texts(Protocol):
    """Texts that a model is to read.

    Attributes:
        about: tells them from others.
        again: whether they can be read more than once.
    """

    about: str
    again: bool

    def at(self, turn: int, number: int) -> Prompt | None:
        """A text by its number in a turn, ``None`` after the last one."""
        ...


class ListedTexts:
    """Texts with numbers: a list, a data set in memory. Each turn has an order of its own."""

    again = True

    def __init__(self, texts: Any, seed: int) -> None:
        self._texts, self._seed = texts, seed
        self._turn, self._order = -1, torch.empty(0)
        self.about = f"{len(texts)} texts {_digest(texts)}"

    def at(self, turn: int, number: int) -> Prompt | None:
        """See `Texts.at`."""
        if turn != self._turn:
            self._order = torch.randperm(len(self._texts), generator=seeded(self._seed, turn))
            self._turn = turn
        if number >= len(self._order):
            return None
        place = int(self._order[number])
        return text_of(self._texts[place], place)


class StreamedTexts:
    """Texts that come one after the other: a file, a streamed data set, a generator."""

    def __init__(self, texts: Iterable[Any], about: str) -> None:
        self._texts, self.about = texts, about
        self._running: Iterator[Any] = iter(texts)
        self.again = self._running is not texts
        self._turn, self._number = 0, 0
        self._last: Prompt | None = None  # a long text is read in several goes

    def at(self, turn: int, number: int) -> Prompt | None:
        """See `Texts.at`.

        Raises:
            ValueError: the text has gone by, and its like cannot be read again.
        """
        if (turn, number) == (self._turn, self._number - 1) and self._last is not None:
            return self._last
        if (turn, number) != (self._turn, self._number):
            self._seek(turn, number)
        item = next(self._running, _END)
        if item is _END:
            return None
        self._number += 1
        self._last = text_of(item, number)
        return self._last

    def _seek(self, turn: int, number: int) -> None:
        ahead = number - self._number
        if turn != self._turn or ahead < 0:
            if not self.again:
                raise ValueError(
                    "the texts have gone by, and what gives them runs only once. Pass a list, a "
                    "file or a data set, or begin anew with a new generator."
                )
            self._turn, ahead = turn, number
            # A streamed data set may know how to leave texts out without fetching them.
            skip = getattr(self._texts, "skip", None)
            self._running = iter(skip(number) if skip is not None else self._texts)
            ahead = 0 if skip is not None else number
        for _ in range(ahead):
            next(self._running, None)
        self._number = number


class _Lines:
    """The lines of a file that hold something, or of a ``.jsonl`` file the objects."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __iter__(self) -> Iterator[Any]:
        with self.path.open(encoding="utf-8-sig") as file:  # some editors begin with a mark
            try:
                for number, line in enumerate(file, 1):
                    if line.strip():
                        yield self._item(line.rstrip("\r\n"), number)
            except UnicodeDecodeError as broken:
                raise ValueError(
                    f"{self.path} is no text in UTF-8: {broken}. Write it anew in UTF-8; a data "
                    "set of another kind is opened first, and its texts passed as a list."
                ) from broken

    def _item(self, line: str, number: int) -> Any:
        if self.path.suffix != ".jsonl":
            return line
        try:
            return json.loads(line)
        except ValueError as broken:
            raise ValueError(f"line {number} of {self.path} is no JSON: {broken}.") from broken


def opened(texts: Any, seed: int) -> Texts:
    """Texts to read from.

    Args:
        texts: a list or another sequence; the path of a file, which has a text a line (``.jsonl``:
            an object with its text under "text"); a data set, whole or streamed; a generator. Each
            is a string, an object with a string under "text", or the ids of one.
        seed: of the order of a sequence.

    Raises:
        TypeError: none of these.
        ValueError: no text. FileNotFoundError: no such file. IsADirectoryError: it is a folder.
    """
    if isinstance(texts, str | Path):
        return _of_file(texts)
    numbered = hasattr(texts, "__len__") and hasattr(texts, "__getitem__")
    no_texts = isinstance(texts, bytes | Mapping | torch.Tensor)
    if no_texts or not (numbered or isinstance(texts, Iterable)):
        raise TypeError(
            "texts are a list, the path of a file, a data set or a generator of texts; got "
            f"{type(texts).__name__}."
            + (" One split of it: texts['train']." if isinstance(texts, Mapping) else "")
        )
    if numbered:
        listed: Any = texts
        if not len(listed):
            raise ValueError("texts is empty: there is nothing to read.")
        return ListedTexts(listed, seed)
    return StreamedTexts(texts, f"a {type(texts).__name__}")


def _of_file(name: str | Path) -> StreamedTexts:
    path = Path(name)
    try:
        exists, folder = path.is_file(), path.is_dir()
    except (OSError, ValueError):  # a text is longer than a path may be
        exists = folder = False
    if folder:
        raise IsADirectoryError(f"{path} is a folder. Name a file of it, or pass a list of texts.")
    if not exists:
        raise FileNotFoundError(
            f"there is no file {str(name)!r:.80}. One text by itself is a list too: texts=[text]."
        )
    with path.open("rb") as file:
        begins = sha256(file.read(1 << 20)).hexdigest()[:16]
    return StreamedTexts(_Lines(path), f"a file of {path.stat().st_size} bytes {begins}")


def text_of(item: Any, number: int) -> Prompt:
    """The text of one item of a data set.

    Raises:
        TypeError: it has none.
    """
    if isinstance(item, Mapping):
        if "text" in item and not isinstance(item["text"], str):
            raise TypeError(
                f'text {number} has {item["text"]!r:.40} under "text", wanted a string. Leave such '
                'items out: dataset.filter(lambda item: item["text"]).'
            )
        if "text" not in item:
            raise TypeError(
                f"text {number} is an object with {', '.join(map(str, item)) or 'nothing'}: its "
                'text has to be under "text". Rename the column, '
                'dataset.rename_column("…", "text"), or pass a list of strings.'
            )
        return item["text"]
    if isinstance(item, bytes | int | float) or not isinstance(item, Iterable):
        raise TypeError(f"text {number} is no text and no ids; got {type(item).__name__}.")
    return item  # pyright: ignore[reportReturnType]


def _digest(texts: Any) -> str:
    """Of some texts, so that long data sets need not be read."""
    digest = sha256()
    for i in range(0, len(texts), -(-len(texts) // _SAMPLED)):
        item = texts[i]
        digest.update((item if isinstance(item, str) else repr(item)).encode(errors="replace"))
        digest.update(b"|")
    return digest.hexdigest()[:16]
