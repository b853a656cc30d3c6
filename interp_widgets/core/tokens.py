"""Prompts to token ids, and ids back to the pieces a person can read.

A piece keeps its leading space (``" Austin"``) whatever the tokenizer writes inside (``Ġ`` in
byte-level BPE, ``▁`` in SentencePiece). Bytes that are no whole character stand as ``<0xE2>``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from numbers import Integral
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel

Prompt = str | Sequence[int] | Tensor


@lru_cache(maxsize=1)
def _byte_of() -> dict[str, int]:
    """GPT-2's printable stand-ins for the 256 bytes (Radford et al., 2019), reversed."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    stand_ins = {chr(byte): byte for byte in printable}
    return stand_ins | {chr(256 + i): byte for i, byte in enumerate(others)}


def _readable(raw: bytes) -> str:
    """Bytes as text; those that are no whole character as ``<0xNN>``."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return "".join(f"<0x{byte:02X}>" for byte in raw)


def is_byte_level(tokenizer: Any) -> bool:
    """Whether the tokenizer spells text in GPT-2's byte alphabet."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    return "ByteLevel" in repr(getattr(backend, "decoder", None))


def pieces(tokenizer: Any, ids: Iterable[int]) -> list[str]:
    """The raw piece of each token, leading space kept: ``[" Dal", "las"]``."""
    byte_level = is_byte_level(tokenizer)
    plain = {token: tokenizer.convert_ids_to_tokens(token) for token in tokenizer.all_special_ids}
    plain |= {token: added.content for token, added in tokenizer.added_tokens_decoder.items()}
    return [plain.get(int(i)) or _piece(tokenizer, int(i), byte_level) for i in ids]


def _piece(tokenizer: Any, token: int, byte_level: bool) -> str:
    if token < 0:
        raise ValueError(f"token ids are 0 or more; got {token}.")
    written = tokenizer.convert_ids_to_tokens(token)
    if written is None:  # an id past the tokenizer: models pad their vocabulary
        return f"<unused {token}>"
    if byte_level:
        known = _byte_of()
        return (
            _readable(bytes(known[c] for c in written)) if known.keys() >= set(written) else written
        )
    if len(written) == 6 and written.startswith("<0x"):
        return _readable(bytes([int(written[3:5], 16)]))
    return written.replace("▁", " ")


def encode(model: LanguageModel, prompt: Prompt, longest: int | None = None) -> Tensor:
    """Token ids of a prompt, ``[pos]`` int64 on the model's device, BOS as the tokenizer adds it.

    Args:
        model: the model, for its tokenizer, vocabulary and context.
        prompt: text, or ids that somebody made already.
        longest: keep this many tokens of a longer prompt, instead of refusing one that does not
            fit the context.

    Raises:
        TypeError: neither text nor ids.
        ValueError: nothing to run, an id outside the vocabulary, or more tokens than the context.
    """
    if isinstance(prompt, str):
        ids = torch.tensor(_as_prompt(model.tokenizer, prompt), dtype=torch.long)
    else:
        ids = _given_ids(prompt)
    if ids.ndim != 1:
        raise ValueError(f"ids of one prompt have shape [pos]; got shape {list(ids.shape)}.")
    ids = ids[:longest]
    if len(ids) == 0:
        raise ValueError(
            "an empty prompt has no tokens, since this tokenizer adds no BOS. Write at least one."
            if isinstance(prompt, str)
            else "a prompt needs at least one token id; got none."
        )
    if len(ids) > model.context:
        raise ValueError(
            f"the prompt has {len(ids)} tokens; {model.name} reads at most {model.context}. "
            f"Shorten it by {len(ids) - model.context} tokens."
        )
    if int(ids.min()) < 0 or int(ids.max()) >= model.d_vocab:
        whose = " Is the tokenizer this model's own?" if isinstance(prompt, str) else ""
        raise ValueError(
            f"token ids go from 0 to {model.d_vocab - 1}; "
            f"got {int(ids.min())} to {int(ids.max())}.{whose}"
        )
    return ids.to(model.device)


def _given_ids(prompt: Any) -> Tensor:
    """Ids that somebody made already, as a tensor; nothing is rounded on the way."""
    if isinstance(prompt, Tensor):
        given = prompt
    elif _is_ids(prompt):
        given = torch.tensor([int(i) for i in prompt], dtype=torch.long)
    else:
        raise TypeError(
            f"a prompt is text, or token ids in a list or a tensor; got {type(prompt).__name__}."
        )
    if given.is_floating_point() or given.is_complex() or given.dtype == torch.bool:
        raise TypeError(f"token ids are integers; got a tensor of {given.dtype}.")
    return given.detach().long()


def _is_ids(prompt: Any) -> bool:
    listed = isinstance(prompt, Sequence) and not isinstance(prompt, bytes)
    return listed and all(isinstance(i, Integral) and not isinstance(i, bool) for i in prompt)


def _as_prompt(tokenizer: Any, text: str) -> list[int]:
    """Ids with one BOS where the tokenizer adds one, also if the text spells it out; never an EOS.

    Some tokenizers close every text with an EOS. What is asked of a prompt is how it goes on.
    """
    _check_text(text)
    ids = tokenizer(text, add_special_tokens=True)["input_ids"]
    spelled = tokenizer(text, add_special_tokens=False)["input_ids"]
    added = len(ids) - len(spelled)
    if added and ids[: 1 + len(spelled)] == [tokenizer.bos_token_id, *spelled]:
        ids, added = ids if spelled[:1] != ids[:1] else ids[1:], added - 1
    return ids[:-added] if added and ids[-1] == tokenizer.eos_token_id else ids


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as broken:
        raise ValueError(
            f"the text holds half a character at position {broken.start}: "
            f"{text[broken.start : broken.end]!r} is one of two surrogates."
        ) from None


def _spelled(tokenizer: Any, text: str) -> int | None:
    """The token whose raw piece is exactly ``text``, if there is one."""
    if is_byte_level(tokenizer):
        letters = {byte: letter for letter, byte in _byte_of().items()}
        written = "".join(letters[byte] for byte in text.encode())
    else:
        written = text.replace(" ", "▁")
    # A byte may have a token of its own, as a new line has in Llama 2.
    byte = [f"<0x{ord(text):02X}>"] if len(text) == 1 and text.isascii() else []
    for name in (written, *byte):
        token = tokenizer.convert_tokens_to_ids(name)
        # An unknown spelling comes back as None or as the "unknown" token, whose piece is another.
        if token is not None and pieces(tokenizer, [token]) == [text]:
            return token
    return None


def single_token(model: LanguageModel, text: str | int) -> int:
    """The id of a text that is one token.

    Raises:
        ValueError: several tokens, or none. The message shows the pieces and, where a leading space
            would make it one token, says so.
        TypeError: neither text nor an id.
    """
    if isinstance(text, Integral) and not isinstance(text, bool):
        token = int(text)
        if not 0 <= token < model.d_vocab:
            raise ValueError(f"token ids go from 0 to {model.d_vocab - 1}; got {token}.")
        return token
    if not isinstance(text, str):
        raise TypeError(f"a token is named by its text or its id; got {type(text).__name__}.")
    _check_text(text)
    exact = _spelled(model.tokenizer, text)
    if exact is not None:
        return exact
    ids = model.tokenizer(text, add_special_tokens=False)["input_ids"]
    # Some tokenizers put a space before every prompt, so that "Paris" comes out as " Paris".
    if len(ids) == 1:
        return ids[0]
    spaced = model.tokenizer(" " + text, add_special_tokens=False)["input_ids"]
    hint = f" With a leading space, {' ' + text!r}, it is one." if len(spaced) == 1 else ""
    raise ValueError(
        f"{text!r} is {len(ids)} tokens for {model.name}: {pieces(model.tokenizer, ids)}.{hint}"
    )
