"""Reading and editing the course model for its card, a padded batch of prompts at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

from interp_widgets.bundled import tokenizer as tokenizers
from interp_widgets.bundled.corpus import Prompt
from interp_widgets.core.hooks import Edit, hooked
from interp_widgets.core.language_model import LanguageModel


@dataclass(frozen=True)
class Batch:
    """Prompts as token ids, padded on the right, where nothing looks.

    Attributes:
        ids: [prompt, pos].
        end: [prompt], position of each last token.
    """

    ids: Tensor
    end: Tensor

    @property
    def rows(self) -> Tensor:
        """[prompt], the numbers of the prompts, to index with."""
        return torch.arange(len(self.ids))


class CourseModel:
    """The model, its tokenizer, and the few questions evaluation asks of them."""

    def __init__(self, hf: Any, tokenizer: PreTrainedTokenizerFast) -> None:
        self.hf = hf.eval().requires_grad_(False)
        self.tokenizer = tokenizer
        self.model = LanguageModel(self.hf, tokenizer, name="course-model")
        self.encoder = tokenizers.fast_encoder(tokenizer)
        self.layers = hf.config.num_layers

    @classmethod
    def load(cls, folder: Path) -> CourseModel:
        """Load a folder with plain ``from_pretrained``."""
        return cls(AutoModelForCausalLM.from_pretrained(folder), tokenizers.load(folder))

    def token(self, text: str) -> int:
        """Id of a text that is one token, its leading space included (" Austin", "32")."""
        (token,) = self.encoder.ids(text)
        return token

    def answers(self, prompts: Sequence[Prompt]) -> Tensor:
        """[prompt], id of the right answer of each."""
        return torch.tensor([self.token(p.answer) for p in prompts])

    def batch(self, texts: Sequence[str]) -> Batch:
        """Tokenise texts with BOS."""
        rows = [self.tokenizer(text)["input_ids"] for text in texts]
        longest = max(map(len, rows))
        ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
        return Batch(ids, torch.tensor([len(row) - 1 for row in rows]))

    def span(self, prompt: Prompt) -> slice:
        """Positions of the last mention of a prompt's subject."""
        ids = self.tokenizer(prompt.prompt)["input_ids"]
        part = self.tokenizer(prompt.subject, add_special_tokens=False)["input_ids"]
        starts = [i for i in range(len(ids)) if ids[i : i + len(part)] == part]
        return slice(starts[-1], starts[-1] + len(part))

    def end_logits(self, batch: Batch, chunk: int = 128) -> Tensor:
        """Logits after each prompt, [prompt, vocab], ``chunk`` prompts at once."""
        found = []
        for ids, end in zip(batch.ids.split(chunk), batch.end.split(chunk), strict=True):
            # Each text's last row alone goes through the unembedding: a quarter of the time less.
            stream = self.hf.base_model(ids).last_hidden_state[torch.arange(len(ids)), end]
            found.append(self.hf.get_output_embeddings()(stream))
        return torch.cat(found)

    def residual_rows(self) -> list[str]:
        """The residual stream from the embedding to after the last block."""
        return ["embed", *(f"L{layer}.resid_post" for layer in range(self.layers))]

    def edited(self, edits: Mapping[str, Edit]) -> AbstractContextManager[None]:
        """Let each function see, and replace if it returns something, what its site holds."""
        return hooked(self.model, dict(edits))

    def cache(self, batch: Batch, sites: Sequence[str]) -> dict[str, Tensor]:
        """What each site puts out, [prompt, pos, d_model]."""
        found: dict[str, Tensor] = {}
        keep = {name: lambda t, name=name: found.__setitem__(name, t.clone()) for name in sites}
        with self.edited(keep):
            self.hf(batch.ids)
        return found


def replace_rows(values: Tensor, positions: Tensor) -> Edit:
    """An edit that writes ``values`` [prompt, n, d_model] over ``positions`` [prompt, n]."""

    def edit(stream: Tensor) -> Tensor:
        stream = stream.clone()
        stream[torch.arange(len(stream))[:, None], positions] = values
        return stream

    return edit
