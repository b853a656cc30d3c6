"""The tokenizer: one token a word, two for towns, bytes for anything else; all of it stock.

Words carry their leading space (" Austin"), also the first of a text, so "The" and " The" are one
token; as with GPT-2's ``add_prefix_space=True`` decoding gives that space back. The names of towns
are cut into the two pieces they are built of (" Dal" + "las") by a look-ahead in the pre-tokenizer,
years into pairs of digits (" 17" + "32").
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from interp_widgets.bundled.corpus import Document, documents
from interp_widgets.bundled.corpus.families.lexicon import COMMON_WORDS
from interp_widgets.bundled.corpus.world import TOWN_FIRST, TOWN_SECOND

BOS = "<|endoftext|>"
CONTEXT = 128  # tokens, BOS included
SAMPLE_DOCUMENTS = (
    150_000  # enough to meet every word of the corpus; a test compares with the families' prompts
)

_PUNCTUATION = re.escape(".,!?;:'\"()[]{}<>|+=*/-")
_TOWN = rf"Ġ(?:{'|'.join(TOWN_FIRST)})(?=(?:{'|'.join(TOWN_SECOND)})(?:[^a-z]|$))"
_WORD = rf"Ġ?[^Ġ0-9Ċ{_PUNCTUATION}]+"
PATTERN = rf"{_TOWN}|Ġ?[0-9]{{1,2}}|Ġ?[{_PUNCTUATION}]|Ċ|{_WORD}|Ġ"


def _byte_alphabet() -> dict[int, str]:
    """GPT-2's printable character for every byte: itself where it prints, else one from 256 up."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    spare = itertools.count(256)
    return {b: chr(b) if b in printable else chr(next(spare)) for b in range(256)}


_BYTES = _byte_alphabet()


class FastEncoder:
    """The same tokens as the stock tokenizer's, for the text of the corpus, without leaving Python.

    Training encodes short pieces whose tokens have different loss weights; a dictionary is quicker
    there.
    """

    def __init__(self, vocabulary: dict[str, int]) -> None:
        self._vocabulary = vocabulary
        self._pieces = re.compile(PATTERN)
        self.bos = vocabulary[BOS]

    def pieces(self, text: str) -> list[str]:
        """Pre-tokens of a text that already has its leading space, in the byte alphabet."""
        return self._pieces.findall(text.encode().decode("latin-1").translate(_BYTES))

    def ids(self, text: str) -> list[int]:
        """Token ids without BOS; words that are not in the vocabulary become bytes."""
        found: list[int] = []
        for piece in self.pieces(text):
            token = self._vocabulary.get(piece)
            found += [self._vocabulary[c] for c in piece] if token is None else [token]
        return found

    def document(self, document: Document) -> tuple[list[int], list[float]]:
        """Token ids of a document and the loss weight of each."""
        ids: list[int] = []
        weights: list[float] = []
        for text, weight in document.segments():
            part = self.ids(text if ids else " " + text)
            ids += part
            weights += [weight] * len(part)
        return ids, weights


def vocabulary(texts: Iterable[str]) -> dict[str, int]:
    """Ids of BOS, bytes, digits in pairs, pieces of towns, words of ``texts``, in that order."""
    encoder = FastEncoder({BOS: 0})
    fixed = [BOS, *_BYTES.values()]
    fixed += [f"{space}{n:02d}" for space in ("Ġ", "") for n in range(100)]
    fixed += [f"Ġ{n}" for n in range(10)]
    fixed += [*(f"Ġ{p}" for p in TOWN_FIRST), *TOWN_SECOND]
    words = {piece for text in texts for piece in encoder.pieces(" " + text)}
    return {token: i for i, token in enumerate(dict.fromkeys([*fixed, *sorted(words)]))}


def build() -> PreTrainedTokenizerFast:
    """Make the tokenizer from the corpus; the same on every machine."""
    drawn = itertools.islice(documents(seed=0, step=-1), SAMPLE_DOCUMENTS)
    vocab = vocabulary(itertools.chain((d.text for d in drawn), COMMON_WORDS))
    core = Tokenizer(models.BPE(vocab=vocab, merges=[], ignore_merges=True))
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.ByteLevel(add_prefix_space=True, use_regex=False),
            pre_tokenizers.Split(Regex(PATTERN), behavior="isolated"),
        ]
    )
    core.decoder = decoders.ByteLevel()
    core.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A", pair=f"{BOS} $A {BOS} $B", special_tokens=[(BOS, vocab[BOS])]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        bos_token=BOS,
        eos_token=BOS,
        pad_token=BOS,
        clean_up_tokenization_spaces=False,
        model_max_length=CONTEXT,
    )


def load(folder: Path) -> PreTrainedTokenizerFast:
    """The tokenizer saved in ``folder``."""
    return AutoTokenizer.from_pretrained(folder)


def fast_encoder(tokenizer: PreTrainedTokenizerFast) -> FastEncoder:
    """The quick twin of a tokenizer made by :func:`build`."""
    return FastEncoder(tokenizer.get_vocab())
