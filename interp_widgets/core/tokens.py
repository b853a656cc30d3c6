"""Prompts to token ids, and ids back to the pieces a person can read.

A piece keeps its leading space (``" Austin"``) whatever the tokenizer writes inside (``Ġ`` in
byte-level BPE, ``▁`` in SentencePiece). Bytes that are no whole character stand as ``<0xE2>``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
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
    byte_level, special = is_byte_level(tokenizer), set(tokenizer.all_special_ids)
    return [_piece(tokenizer, int(token), byte_level, special) for token in ids]


def _piece(tokenizer: Any, token: int, byte_level: bool, special: set[int]) -> str:
    written = tokenizer.convert_ids_to_tokens(token)
    if written is None:  # an id past the tokenizer: models pad their vocabulary
        return f"<unused {token}>"
    if token in special:
        return written
    if byte_level:
        known = _byte_of()
        # An added token is written in plain text, not in the byte alphabet.
        return (
            _readable(bytes(known[c] for c in written))
            if all(c in known for c in written)
            else written
        )
    if len(written) == 6 and written.startswith("<0x"):
        return _readable(bytes([int(written[3:5], 16)]))
    return written.replace("▁", " ")


def encode(model: LanguageModel, prompt: Prompt) -> Tensor:
    """Token ids of a prompt, ``[pos]`` int64 on the model's device, BOS as the tokenizer adds it.

    Args:
        model: the model, for its tokenizer, vocabulary and context.
        prompt: text, or ids that somebody made already.

    Raises:
        TypeError: neither text nor ids.
        ValueError: nothing to run, an id outside the vocabulary, or more tokens than the context.
    """
    if isinstance(prompt, str):
        ids = torch.tensor(_without_double_bos(model.tokenizer, prompt), dtype=torch.long)
    elif isinstance(prompt, Tensor) or (
        isinstance(prompt, Sequence) and all(isinstance(i, int) for i in prompt)
    ):
        ids = torch.as_tensor(prompt, dtype=torch.long)
    else:
        raise TypeError(
            f"a prompt is text or a sequence of token ids; got {type(prompt).__name__}."
        )
    if ids.ndim != 1 or len(ids) == 0:
        hint = (
            "This tokenizer adds no BOS, so an empty prompt has no tokens. "
            if ids.ndim == 1
            else ""
        )
        raise ValueError(
            f"{hint}A prompt needs at least one token, shape [pos]; got shape {list(ids.shape)}."
        )
    if len(ids) > model.context:
        raise ValueError(
            f"the prompt has {len(ids)} tokens; {model.name} reads at most {model.context}. "
            f"Shorten it by {len(ids) - model.context} tokens."
        )
    if int(ids.min()) < 0 or int(ids.max()) >= model.d_vocab:
        raise ValueError(
            f"token ids go from 0 to {model.d_vocab - 1}; got {int(ids.min())} to {int(ids.max())}."
        )
    return ids.to(model.device)


def _without_double_bos(tokenizer: Any, text: str) -> list[int]:
    """Ids with one BOS, where the tokenizer adds one and the prompt also spells it out."""
    ids = tokenizer(text, add_special_tokens=True)["input_ids"]
    twice = len(ids) > 1 and ids[0] == ids[1] == tokenizer.bos_token_id
    return ids[1:] if twice else ids


def single_token(model: LanguageModel, text: str | int) -> int:
    """The id of a text that is one token.

    Raises:
        ValueError: several tokens, or none. The message shows the pieces and, where a leading space
            would make it one token, says so.
        TypeError: neither text nor an id.
    """
    if isinstance(text, int) and not isinstance(text, bool):
        if not 0 <= text < model.d_vocab:
            raise ValueError(f"token ids go from 0 to {model.d_vocab - 1}; got {text}.")
        return text
    if not isinstance(text, str):
        raise TypeError(f"a token is named by its text or its id; got {type(text).__name__}.")
    ids = model.tokenizer(text, add_special_tokens=False)["input_ids"]
    # Some tokenizers make "Paris" and " Paris" the same token; then the text decides, not the space.
    if len(ids) == 1:
        return ids[0]
    spaced = model.tokenizer(" " + text, add_special_tokens=False)["input_ids"]
    hint = f" With a leading space, {' ' + text!r}, it is one." if len(spaced) == 1 else ""
    raise ValueError(
        f"{text!r} is {len(ids)} tokens for {model.name}: {pieces(model.tokenizer, ids)}.{hint}"
    )
