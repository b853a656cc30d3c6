"""What is said of prompts: in short, which words have no token, next tokens to ask about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interp_widgets.widgets._pack import utf16_length

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel


def short(prompt: str) -> str:
    """A prompt quoted on one line, its middle left out where it is long."""
    return repr(prompt if len(prompt) <= 80 else f"{prompt[:50]} … {prompt[-25:]}")


def likeliest(model: LanguageModel, *prompts: str, k: int) -> tuple[str, ...]:
    """The ``k`` likeliest next tokens of each prompt that a person may ask about, each once."""
    found: dict[str, None] = {}
    for prompt in prompts:
        for piece, _ in model.top_tokens(prompt, min(k, model.d_vocab)):
            if spelled(model, piece):
                found[piece] = None
    return tuple(found)


def spelled(model: LanguageModel, piece: str) -> bool:
    """Whether a token's text names it: that of half a character does not."""
    try:
        return model.piece(model.token_id(piece)) == piece
    except ValueError:
        return False


def unknown_words(prompt: str, tokens: list[str]) -> list[list[int]]:
    """Words of a prompt for which the tokenizer has only crumbs.

    A word counts as unknown when a piece of it is a raw byte, or when at least half of its several
    pieces are single characters. After a newline or a tab the latter says nothing: a tokenizer that
    knows " Paris" may have no "Paris" for the beginning of a line.

    Returns:
        [start, end) of each, counted as the page counts (UTF-16).
    """
    found: list[list[int]] = []
    at = 0
    for word in prompt.split():
        start = prompt.index(word, at)
        at = start + len(word)
        pieces = _pieces_of(prompt, tokens, start, at)
        crumbs = [p for p in pieces if len(p.strip()) <= 1]
        broken = any(_is_byte(p) for p in pieces)
        spaced = start == 0 or prompt[start - 1] not in "\n\r\t"
        if broken or (spaced and len(pieces) > 2 and 2 * len(crumbs) >= len(pieces)):
            found.append([utf16_length(prompt[:start]), utf16_length(prompt[:at])])
    return found


def _pieces_of(prompt: str, tokens: list[str], start: int, end: int) -> list[str]:
    """Tokens that overlap prompt[start:end]; byte pieces count where the reading is."""
    pieces: list[str] = []
    at = 0
    for token in tokens:
        bare = token.strip()
        if not _is_byte(token):
            place = prompt.find(bare, at)
            if not bare or place < 0:
                continue  # a special token such as BOS, or white space
            at = place + len(bare)
            if place < end and at > start:
                pieces.append(token)
        elif start <= _next_letter(prompt, at) < end:
            pieces.append(token)
    return pieces


def _next_letter(prompt: str, at: int) -> int:
    while at < len(prompt) and prompt[at].isspace():
        at += 1
    return at


def _is_byte(piece: str) -> bool:
    return "\ufffd" in piece or (piece.startswith("<0x") and piece.endswith(">"))
