"""LanguageModel: a transformers model as it is, its tokenizer, and its row in the table.

The model is never copied or wrapped: ``model.hf`` is the very object that was passed or loaded, and
after any call its weights, hooks and flags are as before. `load` makes one.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from interp_widgets.core.architectures import architecture_of
from interp_widgets.core.places import Place, kv_heads, part, place_of, widths
from interp_widgets.core.readout import unembed
from interp_widgets.core.self_check import self_check
from interp_widgets.core.sites import Site
from interp_widgets.core.tokens import Prompt, encode, pieces, single_token


class LanguageModel:
    """A decoder-only language model, ready to be looked into.

    Attributes:
        hf: the transformers model, in place.
        tokenizer: its tokenizer.
        architecture: its row in the table of `architectures`.
        name: where it came from: ``"course-model"``, a hub id, a folder's name, or the class.
        revision: hub revision, ``""`` where there is none.
        layers: the decoder layers, in order.
        n_layers, n_heads, n_kv_heads, d_model, d_head, d_mlp, d_vocab, context: sizes.
        parallel: attention and MLP of a layer read the same stream.
        logit_softcap: cap of the final logits (Gemma-2), or None.
    """

    def __init__(self, hf: Any, tokenizer: Any, name: str = "", revision: str = "") -> None:
        """Wrap nothing, look everything up, and check the row against the model.

        Raises:
            TypeError: a class that the table does not know, or no tokenizer.
            ValueError: a model in training mode or compiled, or one that fails the self-check.
        """
        self.architecture = architecture_of(hf)
        if tokenizer is None:
            raise TypeError("a model needs its tokenizer: iw.load(hf_model, tokenizer=tok).")
        if not hasattr(tokenizer, "convert_ids_to_tokens"):
            raise TypeError(
                f"tokenizer= is a transformers tokenizer; got {type(tokenizer).__name__}. "
                "For example AutoTokenizer.from_pretrained('gpt2')."
            )
        _refuse_unfit(hf)
        absent = [key for key, weight in hf.named_parameters() if weight.is_meta]
        if absent:
            raise ValueError(
                f"{len(absent)} weights of {type(hf).__name__} are not in memory "
                f"(first: {absent[0]}): never loaded, or offloaded. Load the model whole, "
                "onto devices that hold it."
            )
        config = hf.config.get_text_config()
        self.hf = hf
        self.tokenizer = tokenizer
        self.name = name or type(hf).__name__
        self.revision = revision
        self.layers: nn.ModuleList = hf.get_submodule(self.architecture.layers)
        self.n_layers = len(self.layers)
        self.n_heads: int = config.num_attention_heads
        self.d_model: int = config.hidden_size
        self.d_head: int = getattr(config, "head_dim", None) or self.d_model // self.n_heads
        self.n_kv_heads = kv_heads(self)
        self.parallel = self.architecture.is_parallel(config)
        self.d_vocab, reads = hf.get_output_embeddings().weight.shape
        if reads != self.d_model:
            raise ValueError(
                f"the unembedding of {type(hf).__name__} reads {reads} numbers where the stream "
                f"has {self.d_model}: there is a projection between, which the core does not know."
            )
        self.context: int = getattr(config, "max_position_embeddings", self.architecture.context)
        self.logit_softcap: float | None = getattr(config, "final_logit_softcapping", None)
        self_check(self)

    def __repr__(self) -> str:
        return (
            f"LanguageModel({self.name}: {self.n_layers} layers, {self.n_heads} heads, "
            f"d_model {self.d_model}, {self.d_vocab} tokens, {self.device.type}, "
            f"{str(self.dtype).removeprefix('torch.')})"
        )

    @property
    def device(self) -> torch.device:
        """Where token ids go: the device of the input embedding."""
        return self.hf.get_input_embeddings().weight.device

    @property
    def dtype(self) -> torch.dtype:
        """The float type the model computes in."""
        return self.hf.dtype

    @property
    def d_mlp(self) -> int:
        """Neurons in an MLP: the input width of its down projection."""
        return widths(part(self.layers[0], self.architecture.mlp_proj))[0]

    def module(self, path: str) -> nn.Module:
        """The part of the model at ``path``, counted from the root."""
        return part(self.hf, path)

    def place(self, site: Site) -> Place:
        """Where a site lives in this model; ValueError for a layer, head or neuron it lacks."""
        return place_of(self, site)

    def ids(self, prompt: Prompt) -> Tensor:
        """Token ids ``[pos]``, int64, on the model's device; BOS where the tokenizer adds one.

        Raises:
            ValueError: an empty prompt without BOS, or one longer than the context.
            TypeError: neither text nor ids.
        """
        return encode(self, prompt)

    def tokens(self, prompt: Prompt) -> list[str]:
        """Raw pieces of a prompt, leading space kept: ``["<|endoftext|>", " The", " Eif"]``."""
        return pieces(self.tokenizer, self.ids(prompt).tolist())

    def piece(self, token: int) -> str:
        """The raw piece of one token id."""
        return pieces(self.tokenizer, [token])[0]

    def token_id(self, text: str | int) -> int:
        """The id of a text that is one token: ``model.token_id(" Austin")``, the space included.

        Raises:
            ValueError: the text is several tokens; the message shows the pieces.
        """
        return single_token(self, text)

    @torch.no_grad()
    def run(self, ids: Tensor) -> None:
        """Run the layers on ids ``[batch, pos]`` without unembedding, for hooks to look at."""
        self.hf.base_model(input_ids=ids, use_cache=False)

    @torch.no_grad()
    def logits(self, ids: Tensor) -> Tensor:
        """The model's own logits ``[batch, pos, vocab]`` for ids ``[batch, pos]``."""
        return self.hf(input_ids=ids, use_cache=False).logits

    @torch.no_grad()
    def unembed(self, resid: Tensor, normed: bool = False) -> Tensor:
        """Logits ``[..., vocab]`` of a stream ``[..., d_model]``, at least float32; `readout`.

        Raises:
            ValueError: a stream of another width.
        """
        if resid.shape[-1:] != (self.d_model,):
            raise ValueError(
                f"a stream has shape [..., {self.d_model}] in {self.name}; got {list(resid.shape)}."
            )
        return unembed(self, resid, normed)

    def top_tokens(self, prompt: Prompt, k: int = 5) -> list[tuple[str, float]]:
        """The ``k`` likeliest next tokens and their probabilities (0..1), likeliest first.

        Raises:
            ValueError: ``k`` is no whole number between 1 and the vocabulary, an empty or too long
                prompt, or a model that was put in training mode or compiled.
        """
        _refuse_unfit(self.hf)
        if not isinstance(k, int) or not 1 <= k <= self.d_vocab:
            raise ValueError(f"k goes from 1 to {self.d_vocab} (the vocabulary); got {k!r}.")
        probs = self.logits(self.ids(prompt)[None])[0, -1].float().softmax(-1)
        best = probs.topk(k)
        names = pieces(self.tokenizer, best.indices.tolist())
        return list(zip(names, best.values.tolist(), strict=True))


def check_model(model: object) -> None:
    """Refuse what is no model of ours, or one put in training mode or compiled since loading.

    Raises:
        TypeError: anything else; for a model of transformers the message says how to wrap it.
        ValueError: training mode, compiled code, or a default device that is not the cpu.
    """
    if isinstance(model, LanguageModel):
        return _refuse_unfit(model.hf)
    kind = type(model).__name__
    if isinstance(model, nn.Module):
        raise TypeError(
            f"got a bare {kind}. Give it its tokenizer, and nothing of it changes: "
            "model = iw.load(hf_model, tokenizer=tok)."
        )
    raise TypeError(f"the first argument is a model, as iw.load() gives it; got {kind}.")


def _refuse_unfit(hf: nn.Module) -> None:
    """Modes that may change after loading, in which numbers would be wrong without an error."""
    if torch.get_default_device().type != "cpu":
        raise ValueError(
            f"torch makes new tensors on {torch.get_default_device()}; records live on the cpu. "
            "Call torch.set_default_device('cpu'), and say device= where a model is loaded."
        )
    for path, module in hf.named_modules():
        where = type(hf).__name__ + (f" (its part {path!r})" if path else "")
        if module.training:
            raise ValueError(
                f"{where} is in training mode, where dropout makes every run differ. "
                "Call hf_model.eval() first."
            )
        if module._compiled_call_impl is not None or "_orig_mod" in module._modules:
            raise ValueError(
                f"{where} was compiled, and compiled code runs past hooks. "
                "Give iw.load the model as it was before torch.compile."
            )
